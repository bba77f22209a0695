# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""What the clients of the stress test do. Each of them checks every answer that it gets."""

import hashlib
import io
import json
import random
import socket
import threading
import time
import zipfile

import requests

import document_samples

# A connection that breaks, or cannot be made
GONE = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, requests.Timeout, OSError)
JOB_VERBS = ("cancel", "pause", "resume", "resubmit")

# A job that was erased meanwhile is no job: Orthanc itself answers with 400 or 404, Orthanc 1.10.1 also with 405
CONTROLLED = (200, 400, 404, 405, 409)


class Wrong(Exception):
    """An answer that must not be."""


class Library:
    """Studies that nobody changes, and one in which documents come and go."""

    def __init__(self, server, studies, notes):
        self.studies = {}    # ID -> its files by their hash
        self.instances = []
        for files in studies:
            stored = server.upload_all(files)
            self.studies[stored[0]["ParentStudy"]] = sorted(map(digest, files))
            self.instances += [item["ID"] for item in stored]
        self.notes = server.upload_all(notes)[0]["ParentStudy"]
        self.stored_archives = {study: server.get(f"/studies/{study}/archive?compression=store").content
                                for study in self.studies}


class Ledger:
    """What the server has accepted, and what has gone wrong. Thread-safe."""

    def __init__(self):
        self.lock = threading.Lock()
        self.jobs = {}         # ID -> {"study", "touched": asked to end or to wait, "sha": of the result}
        self.documents = {}    # instance -> hash of the document
        self.leaving = set()   # instances that were asked to go, and may be there if the server was killed
        self.wrong = []
        self.counts = {}
        self.is_over = threading.Event()

    def note(self, name, amount=1):
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + amount

    def count_all(self):
        with self.lock:
            return sum(self.counts.values())

    def complain(self, text):
        with self.lock:
            if len(self.wrong) < 100:
                self.wrong.append(text)

    def add_job(self, job, study):
        with self.lock:
            self.jobs[job] = {"study": study, "touched": False, "sha": None}

    def pick_job(self, generator):
        with self.lock:
            recent = list(self.jobs)[-40:]
        return generator.choice(recent) if recent else None


def digest(data):
    return hashlib.sha256(data).hexdigest()


def check(condition, text):
    if not condition:
        raise Wrong(text)


class Client(threading.Thread):
    """One user, who never waits long and sometimes leaves. "has_kills": the server may disappear."""

    def __init__(self, server, library, ledger, number, has_kills):
        super().__init__(name=f"client-{number}", daemon=True)
        self.server = server
        self.library = library
        self.ledger = ledger
        self.has_kills = has_kills
        self.generator = random.Random(number)
        self.session = requests.Session()
        self.actions = [(8, self.get_archive), (5, self.get_stored_archive), (6, self.get_range),
                        (4, self.get_media), (10, self.submit_job), (6, self.get_output),
                        (10, self.control_job), (4, self.erase_job), (6, self.list_jobs), (3, self.wait_job),
                        (8, self.post_document), (4, self.create_dicom), (8, self.scrape),
                        (2, self.change_dictionary), (8, self.leave), (2, self.ask_nonsense)]

    def run(self):
        weights = [weight for weight, _ in self.actions]
        while not self.ledger.is_over.is_set():
            action = self.generator.choices(self.actions, weights)[0][1]
            try:
                action()
                self.ledger.note(action.__name__)
            except GONE as error:
                # A broken connection is an error only if nobody has killed the server
                if not self.has_kills and not self.ledger.is_over.is_set():
                    self.ledger.complain(f"{action.__name__}: {error!r}"[:500])
                self.session.close()
                self.session = requests.Session()
                time.sleep(0.2)
            except Wrong as error:
                self.ledger.complain(f"{action.__name__}: {error}"[:500])
            except Exception as error:    # pylint: disable=broad-except
                self.ledger.complain(f"{action.__name__}: {error!r}"[:500])
        self.session.close()

    # Requests

    def send(self, method, path, **options):
        """Once more if the server has closed an idle connection at the moment in which it was used again."""
        try:
            return self.session.request(method, self.server.url + path, timeout=180, **options)
        except requests.ConnectionError as error:
            if self.has_kills or not ("RemoteDisconnected" in repr(error) or "reset by peer" in repr(error)):
                raise
        self.session.close()
        return self.session.request(method, self.server.url + path, timeout=180, **options)

    def ask(self, method, path, allowed=(200,), **options):
        answer = self.send(method, path, **options)
        if answer.status_code not in allowed:    # not by check(): to decode an archive as text takes long
            raise Wrong(f"{method} {path}: status {answer.status_code}: {answer.content[:300]!r}")
        length = answer.headers.get("Content-Length")
        if length is not None and "Content-Encoding" not in answer.headers:
            check(int(length) == len(answer.content), f"{path}: {len(answer.content)} of {length} bytes")
        if answer.status_code >= 400 and answer.content:
            check(answer.json()["HttpStatus"] == answer.status_code, f"{path}: not the host's error")
        return answer

    def pick_study(self):
        return self.generator.choice(list(self.library.studies))

    def check_archive(self, data, study, ignored=()):
        archive = zipfile.ZipFile(io.BytesIO(data))
        check(archive.testzip() is None, "a CRC is wrong")
        found = sorted(digest(archive.read(name)) for name in archive.namelist() if name not in ignored)
        check(found == self.library.studies[study], f"an archive with other files: {archive.namelist()}")

    # Archives and media

    def get_archive(self):
        study = self.pick_study()
        argument = self.generator.choice(["", "?compression=dense", "?manifest=true"])
        answer = self.ask("GET", f"/studies/{study}/archive" + argument)
        self.check_archive(answer.content, study, ["MANIFEST.sha256"])

    def get_stored_archive(self):
        study = self.pick_study()
        answer = self.ask("GET", f"/studies/{study}/archive?compression=store")
        check(answer.content == self.library.stored_archives[study], "a stored archive has other bytes")

    def get_range(self):
        study = self.pick_study()
        whole = self.library.stored_archives[study]
        begin = self.generator.randrange(len(whole))
        end = self.generator.randrange(begin, len(whole))
        answer = self.ask("GET", f"/studies/{study}/archive?compression=store", (206,),
                          headers={"Range": f"bytes={begin}-{end}", "Accept-Encoding": "identity"})
        check(answer.content == whole[begin:end + 1], "a range has other bytes")

    def get_media(self):
        study = self.pick_study()
        answer = self.ask("GET", f"/studies/{study}/media")
        self.check_archive(answer.content, study, ["DICOMDIR"])

    # Jobs

    def submit_job(self):
        study = self.pick_study()
        body = {"Asynchronous": True, "Priority": self.generator.randrange(-5, 6),
                "Reuse": self.generator.random() < 0.3,
                "Compression": self.generator.choice(["Fast", "Dense"])}
        kind = self.generator.choice(["archive", "archive", "media"])
        answer = self.ask("POST", f"/studies/{study}/{kind}", data=json.dumps(body))
        self.ledger.add_job(answer.json()["ID"], study)

    def get_output(self):
        job = self.ledger.pick_job(self.generator)
        if job is None:
            return
        answer = self.ask("GET", f"/jobs/{job}/archive", (200, 404))
        if answer.status_code == 200:
            entry = self.ledger.jobs[job]
            self.check_archive(answer.content, entry["study"], ["DICOMDIR"])
            sha = digest(answer.content)
            check(entry["sha"] in (None, sha) or entry["touched"], "a result has changed")
            entry["sha"] = sha
            begin = self.generator.randrange(len(answer.content))
            part = self.ask("GET", f"/jobs/{job}/archive", (206, 404),
                            headers={"Range": f"bytes={begin}-", "Accept-Encoding": "identity",
                                     "If-Match": answer.headers["ETag"]}
                            if "ETag" in answer.headers else {"Range": f"bytes={begin}-"})
            check(part.status_code == 404 or part.content == answer.content[begin:],
                  "a range of a result has other bytes")

    def control_job(self):
        job = self.ledger.pick_job(self.generator)
        if job is None:
            return
        if self.generator.random() < 0.25:
            self.ask("PUT", f"/jobs/{job}/priority", CONTROLLED, data=b"3")
            return
        verb = self.generator.choices(JOB_VERBS, [2, 3, 4, 2])[0]
        self.ledger.jobs[job]["touched"] = True
        self.ask("POST", f"/jobs/{job}/{verb}", CONTROLLED, data=b"")

    def erase_job(self):
        job = self.ledger.pick_job(self.generator)
        if job is None or self.has_kills:
            return    # there, everything that was accepted is looked for at the end
        self.ledger.jobs[job]["touched"] = True
        self.ask("DELETE", f"/jobs/{job}" + self.generator.choice(["", "/archive"]), CONTROLLED)

    def list_jobs(self):
        argument = self.generator.choice(["", "?expand", "?expand&state=Running&limit=20"])
        check(isinstance(self.ask("GET", "/jobs" + argument).json(), list), "/jobs is no list")

    def wait_job(self):
        job = self.ledger.pick_job(self.generator)
        if job is not None:
            answer = self.ask("GET", f"/jobs/{job}?wait=1", (200, 404, 503))
            check(answer.status_code != 200 or answer.json()["ID"] == job, "another job")

    # Documents

    def post_document(self):
        pdf = document_samples.make_pdf("Note", ballast=self.generator.randrange(200_000))
        answer = self.ask("POST", f"/studies/{self.library.notes}/documents", data=pdf,
                          headers={"Content-Type": "application/pdf"})
        instance = answer.json()["ID"]
        if self.has_kills:
            with self.ledger.lock:
                self.ledger.documents[instance] = digest(pdf)
        check(self.ask("GET", f"/instances/{instance}/pdf").content == pdf, "another document")
        if not self.has_kills or self.generator.random() < 0.5:
            with self.ledger.lock:
                self.ledger.leaving.add(instance)
            self.ask("DELETE", f"/instances/{instance}")

    def create_dicom(self):
        body = {"Parent": self.library.notes, "PrivateCreator": "Stress",
                "Tags": {"Modality": "OT", "0405,1001": {"vr": "LO", "Value": ["text"]}}}
        answer = self.ask("POST", "/tools/create-dicom", data=json.dumps(body))
        instance = answer.json()["ID"]
        check(b"Stress" in self.ask("GET", f"/instances/{instance}/file").content, "no private creator")
        self.ask("DELETE", f"/instances/{instance}")

    def change_dictionary(self):
        path = "/advanced-rest/private-dictionary"
        self.ask("PUT", path, data='(0405,"Stress",01)\tLO\tStressText\t1\tPrivateTag\n')
        check("StressText" in self.ask("GET", path).text, "the dictionary has forgotten")

    # Metrics

    def scrape(self):
        accept = self.generator.choice(["application/openmetrics-text;version=1.0.0", "text/plain"])
        text = self.ask("GET", "/tools/metrics-prometheus", headers={"Accept": accept}).text
        lines = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
        check(lines and text.endswith("\n"), "a cut exposition")
        check(not accept.startswith("application") or len(set(lines)) == len(lines), "repeated series")
        check(not accept.startswith("application") or text.endswith("# EOF\n"), "a cut exposition")

    # What users do

    def leave(self):
        """In the middle of a download, or before it begins."""
        path = self.generator.choice([f"/studies/{self.pick_study()}/archive",
                                      f"/studies/{self.pick_study()}/media",
                                      f"/studies/{self.pick_study()}/archive?compression=store"])
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            for _ in range(self.generator.randrange(4)):
                if not connection.recv(10_000):
                    break

    def ask_nonsense(self):
        study = self.pick_study()
        self.ask("GET", f"/studies/{study}/archive?compression=best", (400,))
        self.ask("POST", f"/studies/{study}/archive", (400,), data="{")
        self.ask("GET", "/jobs/nothing/archive", (404,))
        self.ask("POST", f"/studies/{study}/documents", (400,), data="no PDF",
                 headers={"Content-Type": "application/pdf"})
