# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""A real Orthanc on loopback, with or without the plugin, in a directory of its own."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import zipfile

import requests

ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
PLUGIN = os.environ.get("ADVANCED_REST_PLUGIN", "")
PRELOAD = os.environ.get("ADVANCED_REST_PRELOAD", "")

# No error line, but never fine
CRASH = re.compile(r"Segmentation|AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|"
                   r"terminate called|Assertion|double free|corrupted|Aborted")
ERROR = re.compile(r"^E\d{4} ", re.MULTILINE)


def read_version():
    text = subprocess.run([ORTHANC, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.match(r"\S*Orthanc (\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups())


# Of the Orthanc under test, for what differs between versions
VERSION = read_version()
CAN_STREAM = VERSION >= (1, 12, 6)

MEBIBYTE = 1 << 20


def list_ports():
    """Below those that the kernel gives to clients, apart for each process that runs tests."""
    worker = int(re.sub("[^0-9]", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
    first = 10000 + worker % 6 * 3500
    return itertools.cycle(range(first, first + 3500))


PORTS = list_ports()


def find_free_port():
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_until(condition, what, seconds=60.0, interval=0.02):
    """The first true value of condition(); fails after a time that no healthy machine needs."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(interval)


class Server:
    """Started by start() or as a context; stopped by its process ID."""

    def __init__(self, directory, configuration=None, with_plugin=True, environment=None):
        self.directory = str(directory)
        self.with_plugin = with_plugin
        self.environment = environment or {}
        self.process = None
        self.is_leaving = False
        self.auth = None            # user and password of requests that name none
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = os.path.join(self.directory, "orthanc.log")
        self.storage = os.path.join(self.directory, "storage")
        self.spool = os.path.join(self.storage, "AdvancedRestSpool")
        self.temporary = os.path.join(self.directory, "temporary")
        for path in (self.directory, self.storage, self.temporary):
            os.makedirs(path, exist_ok=True)
        self.checked_log_bytes = 0
        self.configuration = {
            "Name": "Test",
            "StorageDirectory": self.storage,
            "IndexDirectory": self.storage,
            "TemporaryDirectory": self.temporary,
            "HttpPort": self.port,
            "RemoteAccessAllowed": False,
            "DicomServerEnabled": False,
            "DicomPort": find_free_port(),
            "Plugins": [PLUGIN] if with_plugin and PLUGIN else [],
            "AdvancedRest": {},
        }
        if PRELOAD:
            self.configuration["MallocArenaMax"] = 0    # the allocator of the sanitizer has none
        self.configuration.update(configuration or {})

    def write_configuration(self):
        path = os.path.join(self.directory, "orthanc.json")
        with open(path, "w", encoding="utf-8") as stream:
            json.dump(self.configuration, stream, indent=2)
        return path

    def launch(self, *arguments):
        """Starts the process without waiting for it."""
        self.is_leaving = False
        environment = dict(os.environ, **self.environment)
        if PRELOAD and self.with_plugin:
            # What Orthanc itself forgets to free is not ours to report
            environment["LD_PRELOAD"] = PRELOAD
            environment["ASAN_OPTIONS"] = "detect_leaks=0:detect_odr_violation=0"
            environment["UBSAN_OPTIONS"] = "print_stacktrace=1"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.make_command(self.write_configuration(), *arguments), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, cwd=self.directory, env=environment)
        return self

    def make_command(self, *arguments):
        return [ORTHANC, *arguments]

    def start(self, *arguments):
        self.launch(*arguments)
        self.wait_start()
        if self.with_plugin and PLUGIN:
            assert "advanced-rest" in self.get("/plugins").json(), self.read_log()[-3000:]
        return self

    def wait_start(self):
        wait_until(self.is_up, "Orthanc to answer", interval=0.01)
        # It answers a moment before it can be asked to stop
        wait_until(self.catches_signals, "Orthanc to listen to signals", interval=0.01)

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Orthanc has stopped with {self.process.returncode}:\n"
                                 f"{self.read_log()[-5000:]}")
        try:
            return requests.get(self.url + "/system", timeout=30, auth=self.auth).status_code == 200
        except requests.ConnectionError:
            return False

    def catches_signals(self):
        return bool(int(self.read_status_text("SigCgt"), 16) & 1 << (signal.SIGTERM - 1))

    def ask_to_stop(self):
        """The oracle is not asked: its way to stop is not tested."""
        if self.process is not None and self.process.poll() is None and not self.is_leaving:
            # Once: a second signal would end it at once
            self.is_leaving = True
            self.process.send_signal(signal.SIGTERM if self.with_plugin else signal.SIGKILL)

    def stop(self):
        """A clean stop; a crash before or while stopping fails."""
        self.ask_to_stop()
        process, self.process = self.process, None
        if process is None:
            return
        if not self.with_plugin:
            process.wait()
            return
        try:
            status = process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("Orthanc does not stop:\n" + self.read_log()[-3000:]) from None
        assert status == 0, f"Orthanc stopped with {status}:\n{self.read_log()[-5000:]}"

    def kill(self):
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()

    def restart(self, *arguments):
        self.stop()
        return self.start(*arguments)

    def wait_for_end(self, seconds=60):
        """The exit code of a process that ends by itself."""
        process, self.process = self.process, None
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("Orthanc goes on running") from None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, traceback):
        if kind is None:
            self.stop()
        else:
            self.kill()

    # Log

    def read_log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as stream:
                return stream.read()
        except FileNotFoundError:
            return ""

    def take_new_log(self):
        """What was logged since the last call."""
        text = self.read_log()
        fresh, self.checked_log_bytes = text[self.checked_log_bytes:], len(text)
        return fresh

    # Requests

    def request(self, method, path, **options):
        options.setdefault("timeout", 120)
        options.setdefault("auth", self.auth)
        return requests.request(method, self.url + path, **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        if body is not None:
            options["data"] = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.request("POST", path, **options)

    def put(self, path, body=b"", **options):
        return self.request("PUT", path, data=body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def get_json(self, path):
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    # Content

    def upload(self, dicom):
        """The answer of the host: ID, ParentSeries, ParentStudy, ParentPatient."""
        answer = self.post("/instances", dicom)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload_all(self, dicoms):
        return [self.upload(dicom) for dicom in dicoms]

    def find_storage_file(self, instance_id):
        """The file of an instance in the storage area."""
        path = f"/instances/{instance_id}/attachments/dicom"
        if VERSION >= (1, 12, 0):
            uuid = self.get_json(path + "/info")["Uuid"]
            return os.path.join(self.storage, uuid[:2], uuid[2:4], uuid)
        md5 = self.get(path + "/compressed-md5").text
        found = [os.path.join(folder, name)
                 for folder, _, names in os.walk(self.storage) for name in names
                 if len(name) == 36 and name.count("-") == 4 and not folder.startswith(self.spool) and
                 md5_of(os.path.join(folder, name)) == md5]
        assert len(found) == 1, found
        return found[0]

    # Jobs

    def submit(self, path, **fields):
        """Posts an asynchronous archive; its job ID."""
        answer = self.post(path, dict(fields, Asynchronous=True))
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["Path"] == "/jobs/" + body["ID"]
        return body["ID"]

    def job(self, job_id):
        return self.get_json("/jobs/" + job_id)

    def wait_job(self, job_id, *states):
        """The job once it is in one of these states; by default once it has ended."""
        wanted = states or ("Success", "Failure")

        def reached():
            job = self.job(job_id)
            assert states and not {"Success", "Failure"} & set(states) or \
                job["State"] not in {"Success", "Failure"} - set(wanted), job
            return job if job["State"] in wanted else None

        return wait_until(reached, f"job state {wanted}")

    def wait_success(self, job_id):
        job = self.wait_job(job_id)
        assert job["State"] == "Success", job
        return job

    # Process

    @contextlib.contextmanager
    def watch_memory(self):
        """A list whose only item is, afterwards, by how many bytes the memory of the process grew at most that the
        kernel cannot take back. Files that are mapped do not count."""
        before = self.read_status("RssAnon")
        result = [0]
        is_over = threading.Event()

        def watch():
            while not is_over.wait(0.005):
                result[0] = max(result[0], (self.read_status("RssAnon") - before) * 1024)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield result
        finally:
            is_over.set()
            watcher.join()

    def read_status_text(self, key):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as stream:
            for line in stream:
                if line.startswith(key + ":"):
                    return line.split()[1]
        raise KeyError(key)

    def read_status(self, key):
        return int(self.read_status_text(key))

    def count_open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def list_open_files(self):
        """Those with something in them: a canceled paused job keeps its emptied file until it goes."""
        folder = f"/proc/{self.process.pid}/fd"
        files = []
        for name in os.listdir(folder):
            try:
                path = os.path.join(folder, name)
                if os.stat(path).st_size > 0:
                    files.append(os.readlink(path))
            except FileNotFoundError:
                pass
        return files

    def list_spool(self):
        try:
            return sorted(os.listdir(self.spool))
        except FileNotFoundError:
            return []


def check_no_success(send, *texts):
    """send() is refused with an error that contains the texts, or its transfer breaks."""
    try:
        answer = send()
    except requests.RequestException:
        assert CAN_STREAM, "an answer that is no stream breaks only if the server does"
        return
    assert answer.status_code == 500, answer.status_code
    for text in texts:
        assert text in answer.text


def md5_of(path):
    import hashlib
    with open(path, "rb") as stream:
        return hashlib.md5(stream.read()).hexdigest()


def open_zip(data):
    """A ZIP archive in memory, every entry checked."""
    import io
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def list_names(data):
    return [info.orig_filename for info in open_zip(data).infolist()]


def read_entries(data):
    """Name -> content."""
    archive = open_zip(data)
    return {info.orig_filename: archive.read(info) for info in archive.infolist()}
