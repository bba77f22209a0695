# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Everything that can go wrong ends in a clear error, and nothing half-written looks finished."""

import hashlib
import itertools
import json
import os
import re
import subprocess
import threading

import pytest
import requests

from dicom_samples import make_ballast, make_dicom, make_study
from orthanc_server import CAN_STREAM, check_no_success, list_names, open_zip, read_entries, wait_until

# Nothing of a deleted file may come from the memory of the host
NO_CACHE = {"MaximumStorageCacheSize": 0}


def make_last_patient():
    """A PatientID whose Orthanc ID sorts behind most others: its files come last in a batch."""
    return next(name for name in map(str, range(100000))
                if hashlib.sha1(name.encode()).hexdigest().startswith("fff"))


def check_spool_is_clean(server):
    wait_until(lambda: not [name for name in server.list_spool()
                            if name.endswith((".part", ".tmp")) or name.startswith("temporary")],
               f"a clean spool: {server.list_spool()}")
    wait_until(lambda: not [name for name in server.list_open_files()
                            if "deleted" in name and server.directory in name],
               "deleted files to be closed")


class Damaged:
    """A study of four instances, one of which cannot be read."""

    def __init__(self, server, damage):
        self.dicoms = make_study("damaged", series=2, instances=2)
        self.stored = server.upload_all(self.dicoms)
        self.path = f"/studies/{self.stored[0]['ParentStudy']}/archive"
        self.victim = self.stored[2]["ID"]
        damage(server.find_storage_file(self.victim))


def truncate(path):
    os.truncate(path, os.path.getsize(path) - 1)


def empty(path):
    os.truncate(path, 0)


@pytest.mark.sanitizer
@pytest.mark.parametrize("damage", [os.remove, truncate, empty])
@pytest.mark.parametrize("configuration", [{}, {"AdvancedRest": {"Archive": {"DirectStorage": False}}}],
                         ids=["direct", "indirect"])
def test_unreadable_file(start_server, expect_errors, configuration, damage):
    expect_errors("")
    server = start_server({**NO_CACHE, **configuration})
    damaged = Damaged(server, damage)

    # A job: Failure that names the instance
    job = server.submit(damaged.path)
    shown = server.wait_job(job)
    assert shown["State"] == "Failure"
    assert damaged.victim in json.dumps(shown)
    assert shown["Content"]["ErrorCode"] != 0
    assert server.get(f"/jobs/{job}/archive").status_code == 404

    # A stream: an error, or a broken transfer
    check_no_success(lambda: server.get(damaged.path), damaged.victim)

    # On demand: a complete ZIP that says what is missing
    answer = server.post(damaged.path, {"OnMissing": "Report"})
    entries = read_entries(answer.content)
    report = entries.pop("MISSING.txt").decode()
    assert damaged.victim in report
    others = [dicom for index, dicom in enumerate(damaged.dicoms) if index != 2]
    assert sorted(entries.values()) == sorted(others)

    job = server.submit(damaged.path, OnMissing="Report", Manifest=True)
    shown = server.wait_success(job)
    assert shown["Content"]["Missing"] == {"Count": 1, "Instances": [damaged.victim]}
    names = list_names(server.get(f"/jobs/{job}/archive").content)
    assert {"MISSING.txt", "MANIFEST.sha256"} < set(names)
    assert len(names) == 5
    check_spool_is_clean(server)


def test_report_by_configuration(start_server, expect_errors):
    expect_errors("")
    server = start_server({**NO_CACHE, "AdvancedRest": {"Archive": {"OnMissing": "Report"}}})
    damaged = Damaged(server, os.remove)

    assert "MISSING.txt" in list_names(server.get(damaged.path).content)
    job = server.submit(damaged.path, OnMissing="Fail")
    assert server.wait_job(job)["State"] == "Failure"


def test_nothing_is_reported_if_nothing_is_missing(start_server):
    server = start_server()
    study = server.upload(make_dicom())["ParentStudy"]

    job = server.submit(f"/studies/{study}/archive", OnMissing="Report")

    assert server.wait_success(job)["Content"]["Missing"] == {"Count": 0, "Instances": []}
    assert len(list_names(server.get(f"/jobs/{job}/archive").content)) == 1


def test_no_patient_data_in_errors(start_server, expect_errors):
    expect_errors("")
    server = start_server(NO_CACHE)
    stored = server.upload(make_dicom("SecretId", PatientName="SecretName^X",
                                      StudyDescription="SecretStudy"))
    os.remove(server.find_storage_file(stored["ID"]))

    job = server.submit(f"/studies/{stored['ParentStudy']}/archive")
    shown = json.dumps(server.wait_job(job))

    assert "Secret" not in shown
    assert "Secret" not in server.read_log()


# Deletion at the wrong time

@pytest.mark.parametrize("policy", ["Fail", "Report"])
def test_instance_deleted_while_the_job_runs(start_server, expect_errors, policy):
    expect_errors("")
    server = start_server({"AdvancedRest": {"Archive": {"Threads": 1}}, **NO_CACHE})
    stored = server.upload_all([make_dicom("slow", instance=number, rows=1024, columns=1024)
                                for number in range(1, 5)])
    victim = server.upload(make_dicom(make_last_patient()))
    resources = [item["ID"] for item in stored] * 25 + [victim["ID"]]
    job = server.submit("/tools/create-archive", Resources=resources, Compression="Dense",
                        OnMissing=policy)
    # Files are being written: all of them are planned
    wait_until(lambda: int(server.job(job)["Content"]["ArchiveSize"]) > 0, "first bytes of the archive")

    assert server.delete("/instances/" + victim["ID"]).status_code == 200

    shown = server.wait_job(job)
    if policy == "Fail":
        assert shown["State"] == "Failure"
        assert victim["ID"] in json.dumps(shown)
    else:
        assert shown["State"] == "Success", shown
        assert shown["Content"]["Missing"]["Instances"] == [victim["ID"]]
        entries = open_zip(server.get(f"/jobs/{job}/archive").content)
        assert victim["ID"] in entries.read("MISSING.txt").decode()
        assert len(entries.namelist()) == 101
    check_spool_is_clean(server)


def test_study_deleted_while_the_job_waits(start_server, expect_errors):
    expect_errors("")
    server = start_server({"ConcurrentJobs": 1, "AdvancedRest": {"Archive": {"Threads": 1}}})
    stored = server.upload_all([make_dicom("slow", instance=number, rows=1024, columns=1024)
                                for number in range(1, 5)])
    victim = server.upload(make_dicom("victim"))
    blocker = server.submit("/tools/create-archive", Compression="Dense",
                            Resources=[item["ID"] for item in stored] * 15)
    server.wait_job(blocker, "Running")
    job = server.submit(f"/studies/{victim['ParentStudy']}/archive")

    server.delete("/studies/" + victim["ParentStudy"])

    shown = server.wait_job(job)
    assert shown["State"] == "Failure"
    assert shown["Content"]["ErrorDetails"]
    assert server.get(f"/jobs/{job}/archive").status_code == 404
    server.wait_success(blocker)


# Full disk. Tests run as root, in a mount namespace of their own

@pytest.fixture
def small_disk(tmp_path):
    """A directory with room for eight megabytes."""
    directory = tmp_path / "small"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(directory)],
                   check=True)
    yield directory
    subprocess.run(["umount", "-l", str(directory)], check=True)


def test_disk_full_while_spooling(start_server, small_disk, expect_errors):
    expect_errors("")
    # A size that cannot be foreseen, so that it is not refused at once: images that compress badly
    server = start_server({"AdvancedRest": {
        "Spool": {"Directory": str(small_disk), "MaxDiskPercent": 0}, "Jobs": {"MaxRetries": 0}}})
    large = server.upload_all(make_ballast(count=3, megabytes=4, patient="large"))[0]["ParentStudy"]
    small = server.upload(make_dicom("small"))["ParentStudy"]

    job = server.submit(f"/studies/{large}/archive")
    shown = server.wait_job(job)

    assert shown["State"] == "Failure"
    assert shown["Content"]["ErrorCode"] == 19, shown
    assert shown["Content"]["ErrorDetails"]
    assert not [name for name in os.listdir(small_disk) if name.endswith((".part", ".zip"))]
    usage = os.statvfs(small_disk)
    assert usage.f_bavail * usage.f_frsize > 7 << 20, "space was not given back"
    check = server.submit(f"/studies/{small}/archive")
    server.wait_success(check)
    assert len(list_names(server.get(f"/jobs/{check}/archive").content)) == 1


def test_disk_full_while_a_client_waits(start_server, small_disk, expect_errors):
    """A synchronous archive that is a file first."""
    expect_errors("")
    server = start_server({"SynchronousZipStream": False,
                           "AdvancedRest": {"Spool": {"Directory": str(small_disk)}}})
    study = server.upload_all(make_ballast(count=5, megabytes=4))[0]["ParentStudy"]

    answer = server.get(f"/studies/{study}/archive")

    assert answer.status_code == 500
    assert answer.json()["Details"]
    usage = os.statvfs(small_disk)
    assert usage.f_bavail * usage.f_frsize > 7 << 20, "space was not given back"


def test_disk_full_at_submission(start_server, small_disk, expect_errors):
    expect_errors("")
    server = start_server({"AdvancedRest": {"Spool": {"Directory": str(small_disk)}}})
    study = server.upload(make_dicom())["ParentStudy"]
    with open(small_disk / "filler", "wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(1 << 16))
        except OSError:
            pass

    answer = server.post(f"/studies/{study}/archive", {"Asynchronous": True})

    assert answer.status_code == 500, answer.text
    assert server.get_json("/jobs") == []
    os.remove(small_disk / "filler")
    server.wait_success(server.submit(f"/studies/{study}/archive"))


# A spool that somebody has damaged

def test_damaged_spool(start_server, expect_errors):
    expect_errors("")
    server = start_server()
    study = server.upload(make_dicom())["ParentStudy"]
    good, broken = (server.submit(f"/studies/{study}/archive") for _ in range(2))
    server.wait_success(good)
    server.wait_success(broken)
    record = None
    for name in server.list_spool():
        path = os.path.join(server.spool, name)
        if name == broken + ".job":
            with open(path, encoding="utf-8") as stream:
                record = stream.read().strip()
    server.stop()
    for name in server.list_spool():
        if record and name.endswith(".json") and name[:-5] in record:
            with open(os.path.join(server.spool, name), "w", encoding="utf-8") as stream:
                stream.write("{damaged")
    for name in ("README", "x.zip", "..zip", "00000000-0000-4000-8000-000000000000.part",
                 "00000000-0000-4000-8000-000000000001.zip"):
        with open(os.path.join(server.spool, name), "w", encoding="utf-8") as stream:
            stream.write("foreign")

    server.start()

    assert server.get(f"/jobs/{good}/archive").status_code == 200
    assert server.get(f"/jobs/{broken}/archive").status_code in (200, 404)
    assert os.path.exists(os.path.join(server.spool, "README")), "not ours to remove"
    fresh = server.submit(f"/studies/{study}/archive")
    server.wait_success(fresh)


def test_two_servers_cannot_share_a_spool(start_server, tmp_path, expect_errors):
    expect_errors("")
    configuration = {"AdvancedRest": {"Spool": {"Directory": str(tmp_path / "spool")}}}
    start_server(configuration)
    second = start_server(configuration, should_start=False).launch()

    assert second.wait_for_end() != 0
    assert str(tmp_path / "spool") in second.read_log() or "pool" in second.read_log()


# Hostile requests

def read_routes(stored):
    """The paths of every route of the plugin, as its table has them, with IDs that exist where they can."""
    table = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Plugin/RouteTable.cpp")
    with open(table, encoding="utf-8") as stream:
        patterns = re.findall(r'\{ Feature::\w+,\s*"([^"]+)"', stream.read())
    levels = {"patients": "ParentPatient", "studies": "ParentStudy", "series": "ParentSeries",
              "instances": "ID"}
    paths = []
    for pattern in patterns:
        parts = pattern.replace("([^/]+)", "*").split("/")
        choices = [part.strip("()").split("|") for part in parts]
        for choice in itertools.product(*choices):
            paths.append("/".join(part.replace("*", stored[levels[before]] if before in levels else "x")
                                  for before, part in zip(("",) + choice, choice)))
    return paths


def is_archive_of_a_resource(path):
    return path.endswith("/archive") and not path.startswith("/jobs") or path == "/tools/create-archive"


DEEP = {
    "lists": b"[" * 1000 + b"]" * 1000,
    "open lists": b"[" * 1000,
    "objects": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "in a field": b'{"UserData":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "in Resources": b'{"Resources":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "a hundred thousand": b"[" * 100000 + b"]" * 100000,
    "a million open": b'[{"a":' * 1000000,
}


@pytest.mark.sanitizer
@pytest.mark.parametrize("name", DEEP)
def test_deep_json(start_server, expect_errors, name):
    expect_errors("")
    server = start_server()
    stored = server.upload(make_dicom())

    paths = read_routes(stored)
    assert sum(is_archive_of_a_resource(path) for path in paths) == 5
    for path in paths:
        for method in ("POST", "PUT"):
            answer = server.request(method, path, data=DEEP[name])
            assert answer.status_code in (400, 404, 405), (method, path, answer.status_code)
            if is_archive_of_a_resource(path) and method == "POST":
                assert (answer.status_code, answer.json()["OrthancStatus"]) == (400, 15)
    assert server.get_json("/jobs") == []


@pytest.mark.sanitizer
@pytest.mark.parametrize("body", [
    b"\xff\xfe\x00", b"\x00", b'{"Filename": "\xff\xfe"}', b'{"UserData": "\xc3"}',
    b'{"Filename": "\\u0000\\u0001\\r\\n"}', b'{"UserData": "' + b"x" * 10000000 + b'"}',
    b'{"Naming": "' + b"{PatientID}" * 10000 + b'"}', b'{"Naming": "' + b"a/" * 10000 + b'x"}',
    b'{"Transcode": "' + b"1." * 100000 + b'"}', b'{"LossyQuality": 1e400, "Transcode": "1.2"}',
    b'{"Priority": 99999999999999999999999999999999999999}', b'{"Filename": "' + b"f" * 30000 + b'"}',
    b"[" + b'"x",' * 100000 + b'"x"]', b'{"Resources": ["' + b"x" * 1000000 + b'"]}',
    b'{"a": 1, "a": 2}', b"// comment", b'{"Synchronous": tru}',
], ids=lambda body: repr(body[:24]))
def test_strange_bodies(start_server, expect_errors, body):
    expect_errors("")
    server = start_server()
    stored = server.upload(make_dicom())

    for path in filter(is_archive_of_a_resource, read_routes(stored)):
        answer = server.post(path, body)
        assert answer.status_code in (200, 400, 404), (path, answer.status_code, answer.text[:300])
    assert len(list_names(server.get(f"/studies/{stored['ParentStudy']}/archive").content)) == 1


@pytest.mark.sanitizer
@pytest.mark.parametrize("query", [
    "resources=" + ",".join(["x"] * 2000), "resources=,,,", "resources=%00", "resources=..%2f..",
    "filename=" + "%ff" * 500, "filename=%0d%0aX: y", "transcode=%00", "compression=%ff",
    "lossy-quality=" + "9" * 400, "&&&&", "=", "naming=" + "%7B" * 500, "%", "a=%zz&b=%1",
])
def test_strange_queries(start_server, expect_errors, query):
    expect_errors("")
    server = start_server()
    stored = server.upload(make_dicom())

    for path in (f"/studies/{stored['ParentStudy']}/archive", "/tools/create-archive", "/jobs",
                 "/jobs/x", "/jobs/x/archive"):
        answer = server.get(f"{path}?{query}")
        assert answer.status_code in (200, 400, 404), (path, answer.status_code)
        assert "X" not in answer.headers
    assert server.get("/system").status_code == 200


@pytest.mark.sanitizer
def test_everything_at_once(start_server, expect_errors):
    """Archives, jobs, cancels and clients that leave, from several threads."""
    expect_errors("")
    server = start_server({"JobsHistorySize": 5, "AdvancedRest": {"Spool": {"MaxArchives": 3}}})
    stored = server.upload_all(make_study(instances=4, rows=128, columns=128))
    path = f"/studies/{stored[0]['ParentStudy']}/archive"
    failures = []

    def run(index):
        for round_number in range(6):
            try:
                if index % 4 == 0:
                    assert len(list_names(server.get(path).content)) == 8
                elif index % 4 == 1:
                    job = server.submit(path)
                    server.post(f"/jobs/{job}/{('cancel', 'pause', 'resume')[round_number % 3]}", b"")
                    server.post(f"/jobs/{job}/cancel", b"")
                    server.get(f"/jobs/{job}/archive")
                    server.delete(f"/jobs/{job}")
                elif index % 4 == 2:
                    with requests.get(server.url + path, stream=True, timeout=60) as answer:
                        next(answer.iter_content(100))
                else:
                    assert isinstance(server.get_json("/jobs?expand"), list)
            except Exception as error:  # pylint: disable=broad-except
                failures.append(repr(error))

    threads = [threading.Thread(target=run, args=(index,)) for index in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    wait_until(lambda: all(job["State"] in ("Success", "Failure", "Paused")
                           for job in server.get_json("/jobs?expand")), "jobs to end")
    # A cancel that meets a pause may be lost in the host
    for job in server.get_json("/jobs?expand"):
        server.post(f"/jobs/{job['ID']}/cancel", b"")
    check_spool_is_clean(server)


# Shutdown

def test_stop_while_streams_run(start_server, expect_errors):
    """The clients see broken transfers; the server stops and leaves nothing."""
    expect_errors("")
    server = start_server()
    stored = server.upload_all(make_ballast(count=4, megabytes=8))
    body = json.dumps({"Resources": [item["ID"] for item in stored] * 4, "Compression": "Store"})
    answers = []
    if CAN_STREAM:
        answers = [requests.post(server.url + "/tools/create-archive", data=body, stream=True,
                                 timeout=120) for _ in range(3)]

    server.stop()

    for answer in answers:
        with pytest.raises(requests.RequestException):
            for _ in answer.iter_content(1 << 20):
                pass
    assert not [name for name in server.list_spool() if name.endswith((".part", ".zip"))]


@pytest.mark.sanitizer
def test_reset_of_the_host(start_server, expect_errors):
    """/tools/reset ends and begins the plugins in the same process."""
    expect_errors("")
    server = start_server()
    study = server.upload(make_dicom())["ParentStudy"]
    job = server.submit(f"/studies/{study}/archive")
    server.wait_success(job)
    expected = server.get(f"/studies/{study}/archive").content

    assert server.post("/tools/reset", b"").status_code == 200

    wait_until(lambda: server.read_log().count("Orthanc has started") == 2, "the second start")
    server.wait_start()
    assert server.get(f"/studies/{study}/archive").content == expected
    assert server.get(f"/jobs/{job}/archive").content == expected
