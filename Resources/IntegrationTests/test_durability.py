# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""What was accepted is finished, whatever happens to the server, and kept as the rules say."""

import os
import random
import subprocess
import threading
import time
import uuid

import pytest
import requests

from dicom_samples import make_ballast, make_dicom, make_study
from document_samples import make_pdf
from orthanc_server import CAN_STREAM, MEBIBYTE, list_names, open_zip, wait_until
from slow_jobs import ONE_SLOW_JOB, Slow
from spool_records import multiply_records
from test_jobs import get_output, list_states, post_verb

HISTORY = {"AdvancedRest": {"Spool": {"MaxDiskPercent": 0}}}


def list_results(server):
    return [name for name in server.list_spool() if name.endswith(".zip")]


def list_leftovers(server):
    names = server.list_spool()
    records = [name[:-len(".json")] for name in names if name.endswith(".json")]
    return [name for name in names
            if name.endswith((".part", ".journal", ".tmp")) or name.startswith("temporary") or
            name.endswith(".zip") and name[:-len(".zip")] not in records]


def check_no_leftovers(server):
    wait_until(lambda: not list_leftovers(server), "a clean spool")


def wait_result(server, job):
    """The bytes of a result, whatever the host remembers of the job, and while it starts again."""
    path = f"/jobs/{job}/archive"

    def read():
        try:
            answer = server.get(path)
        except requests.RequestException:
            return None
        return answer.content if answer.status_code == 200 else None

    return wait_until(read, f"the result of {job}", seconds=180)


def measure(folder):
    """Bytes of the files in a directory, each inode once, whatever comes and goes meanwhile."""
    sizes = {}
    for name in os.listdir(folder):
        try:
            status = os.stat(os.path.join(folder, name))
            sizes[status.st_ino] = status.st_size
        except FileNotFoundError:
            pass
    return sum(sizes.values())


# The server is killed

def test_killed_at_random_points(start_server, expect_errors):
    """Thirty-two times: pending, running, paused, publishing, ready; one worker or eight."""
    expect_errors("")
    server = start_server(HISTORY)
    generator = random.Random(1)
    sources = []
    for patient in range(4):
        stored = server.upload_all(make_ballast(count=4, megabytes=2, patient=f"K{patient}"))
        path = f"/studies/{stored[0]['ParentStudy']}/archive"
        sources.append((path, server.get(path).content))
    jobs = []

    for turn in range(32):
        for _ in range(generator.randint(1, 3)):
            path, expected = generator.choice(sources)
            jobs.append((server.submit(path, Reuse=generator.random() < 0.3), expected))
        if generator.random() < 0.2:
            server.post(f"/jobs/{jobs[-1][0]}/pause")
        time.sleep(generator.random() * 0.3)
        server.kill()
        server.configuration["ConcurrentJobs"] = 1 if turn % 2 else 8
        server.start()

    for job, expected in jobs:
        shown = server.job(job)
        assert shown["ID"] == job
        if shown["State"] == "Paused":
            post_verb(server, job, "resume")
        assert wait_result(server, job) == expected
    states = list_states(server)
    wait_until(lambda: set(list_states(server).values()) <= {"Success"}, f"the end of {states}")
    assert {job["ID"] for job in server.get_json("/jobs?expand&limit=1000")
            if job["Type"] == "Archive"} == {job for job, _ in jobs}
    check_no_leftovers(server)


def test_half_written_archive_is_continued(start_server, expect_errors):
    """From its last complete entry: the part file is never begun anew."""
    expect_errors("")
    server = start_server({**ONE_SLOW_JOB})
    slow = Slow(server, copies=40)
    expected = server.post("/tools/create-archive", slow.fields).content
    job = slow.submit(server, Reuse=False)
    wait_until(lambda: server.job(job)["Progress"] >= 30, "some progress")
    post_verb(server, job, "pause")
    server.wait_job(job, "Paused")
    part, = [os.path.join(server.spool, name) for name in server.list_spool() if name.endswith(".part")]
    written = os.path.getsize(part)
    assert written > MEBIBYTE
    server.kill()
    server.start()
    assert server.job(job)["State"] == "Paused"
    sizes = [os.path.getsize(part)]

    post_verb(server, job, "resume")
    while True:
        try:
            sizes.append(os.path.getsize(part))
        except FileNotFoundError:
            break
        time.sleep(0.002)

    server.wait_success(job)
    assert min(sizes) >= written * 0.9, (min(sizes), written)
    assert get_output(server, job) == expected


def test_followers_survive_a_kill(start_server, expect_errors):
    """Who waits for the archive of another request has no job in the host."""
    expect_errors("")
    server = start_server({**ONE_SLOW_JOB})
    slow = Slow(server)
    first = slow.submit(server)
    server.wait_job(first, "Running")
    followers = [slow.submit(server) for _ in range(2)]

    server.kill()
    server.start()

    data = wait_result(server, first)
    assert len(list_names(data)) == slow.count
    for job in followers:
        assert server.job(job)["ID"] == job
        assert wait_result(server, job) == data
    assert len({os.stat(os.path.join(server.spool, name)).st_ino for name in list_results(server)}) == 1


def test_changed_sources_begin_anew(start_server, expect_errors):
    expect_errors("")
    server = start_server({**ONE_SLOW_JOB})
    slow = Slow(server, copies=40)
    job = server.submit(f"/studies/{slow.study}/archive", Compression="Dense", Reuse=False)
    blocker = slow.submit(server)
    server.wait_success(job)
    again = server.submit(f"/patients/{server.get_json('/patients')[0]}/archive", Reuse=False)
    post_verb(server, again, "pause")
    server.kill()
    server.start()

    server.upload(make_dicom("slow", instance=99, rows=1024, columns=1024))
    if server.job(again)["State"] == "Paused":
        post_verb(server, again, "resume")

    assert len(list_names(wait_result(server, again))) == 5
    wait_result(server, blocker)


@pytest.mark.parametrize("configuration, argument", [({}, "--no-jobs"), ({"SaveJobs": False}, None),
                                                     ({"JobsHistorySize": 0}, None)])
def test_the_id_of_the_client_stays(start_server, expect_errors, configuration, argument):
    """The host gives a new job: nobody sees it."""
    expect_errors("")
    server = start_server({**ONE_SLOW_JOB, **configuration})
    slow = Slow(server, copies=40)
    done = server.submit(f"/studies/{slow.study}/archive")
    wait_result(server, done)
    job = slow.submit(server)
    wait_until(lambda: server.job(job)["State"] == "Running", "the job to run")

    server.stop()
    server.start(*([argument] if argument else []))

    assert server.job(done)["State"] == "Success"
    assert server.job(job)["ID"] == job
    unfinished = {shown["ID"] for shown in server.get_json("/jobs?expand")
                  if shown["State"] in ("Pending", "Running")}
    assert unfinished <= {job}
    assert len(list_names(wait_result(server, job))) == slow.count
    assert server.job(job)["State"] == "Success"
    listed = [shown["ID"] for shown in server.get_json("/jobs?expand&limit=100")]
    assert sorted(listed) == sorted([done, job])


def test_verbs_behind_an_alias(start_server, expect_errors):
    expect_errors("")
    server = start_server({**ONE_SLOW_JOB, "SaveJobs": False})
    slow = Slow(server, copies=40)
    job = slow.submit(server)
    server.wait_job(job, "Running")
    server.stop()
    server.start()

    wait_until(lambda: server.job(job)["State"] == "Running", "the job to go on")
    post_verb(server, job, "pause")
    server.wait_job(job, "Paused")
    post_verb(server, job, "cancel")
    shown = server.wait_job(job)
    assert (shown["State"], shown["ErrorCode"]) == ("Failure", 37)
    post_verb(server, job, "resubmit")

    server.wait_success(job)
    assert len(list_names(get_output(server, job))) == slow.count


def test_reset_keeps_jobs(start_server, expect_errors):
    """POST /tools/reset starts Orthanc again in the same process."""
    expect_errors("")
    server = start_server({**ONE_SLOW_JOB})
    slow = Slow(server, copies=40)
    done = server.submit(f"/studies/{slow.study}/archive")
    data = wait_result(server, done)
    job = slow.submit(server)

    server.post("/tools/reset", b"")
    # It goes on answering for a while before
    wait_until(lambda: server.read_log().count("Orthanc has started") == 2, "Orthanc to start again")
    server.wait_start()

    assert wait_result(server, done) == data
    assert len(list_names(wait_result(server, job))) == slow.count


# Retention

def test_quota_is_never_exceeded(start_server, expect_errors):
    """Two hundred jobs of five megabytes with room for forty."""
    expect_errors()
    quota = 200
    server = start_server({"ConcurrentJobs": 2, "JobsHistorySize": 500,
                           "AdvancedRest": {"Spool": {"MaxSizeMB": quota}}})
    studies = [server.upload_all(make_ballast(count=5, megabytes=1, patient=f"Q{number}"))[0]["ParentStudy"]
               for number in range(4)]
    seen, complete, problems, is_over = [], [], [], threading.Event()

    def watch():
        while not is_over.is_set():
            seen.append(measure(server.spool))
            time.sleep(0.005)

    jobs = []

    def download():
        generator = random.Random(2)
        while not is_over.is_set():
            if not jobs:
                time.sleep(0.01)
                continue
            answer = server.get(f"/jobs/{generator.choice(jobs)}/archive")
            if answer.status_code == 200:
                try:
                    complete.append(len(open_zip(answer.content).namelist()))
                except Exception as error:  # pylint: disable=broad-except
                    problems.append(repr(error))
            elif answer.status_code != 404:
                problems.append(answer.text)

    threads = [threading.Thread(target=watch), threading.Thread(target=download)]
    for thread in threads:
        thread.start()
    try:
        for number in range(200):
            jobs.append(server.submit(f"/studies/{studies[number % 4]}/archive", Reuse=False,
                                      Compression="Store"))
        for job in jobs:
            wait_until(lambda: server.job(job)["State"] in ("Success", "Failure"), job, seconds=240)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()

    assert {server.job(job)["State"] for job in jobs} == {"Success"}
    assert max(seen) <= quota * MEBIBYTE
    assert max(seen) > quota * MEBIBYTE // 2
    assert not problems
    assert set(complete) == {5}
    kept = [job for job in jobs if server.get(f"/jobs/{job}/archive").status_code == 200]
    assert 30 <= len(kept) <= 40


def test_what_cannot_fit_is_refused(start_server, expect_errors):
    expect_errors()
    server = start_server({"AdvancedRest": {"Spool": {"MaxSizeMB": 5}}})
    large = server.upload_all(make_ballast(count=4, megabytes=4, patient="large"))[0]["ParentStudy"]
    small = server.upload(make_dicom("small"))["ParentStudy"]

    answer = server.post(f"/studies/{large}/archive", {"Asynchronous": True, "Compression": "Store"})

    assert answer.status_code >= 400
    assert answer.json()["Details"]
    assert server.get_json("/jobs") == []
    server.wait_success(server.submit(f"/studies/{small}/archive"))


def test_pinned_results_are_spared(start_server, expect_errors):
    expect_errors()
    server = start_server({"AdvancedRest": {"Spool": {"MaxArchives": 2}}})
    study = server.upload(make_dicom())["ParentStudy"]
    jobs = []
    for number in range(4):
        jobs.append(server.submit(f"/studies/{study}/archive", Reuse=False))
        server.wait_success(jobs[-1])
        if number == 0:
            assert server.put(f"/jobs/{jobs[0]}/archive/pin").status_code == 200

    def find():
        return [server.get(f"/jobs/{job}/archive").status_code for job in jobs]

    wait_until(lambda: find().count(200) <= 3, "the end of an older one")
    found = find()
    assert found[0] == 200
    assert found[3] == 200
    assert server.job(jobs[0])["Content"]["Result"]["Pinned"] is True
    assert server.delete(f"/jobs/{jobs[0]}/archive/pin").status_code == 200
    for _ in range(3):
        server.wait_success(server.submit(f"/studies/{study}/archive", Reuse=False))
    wait_until(lambda: server.get(f"/jobs/{jobs[0]}/archive").status_code == 404, "the end of the first")


def test_files_of_the_spool_are_private(start_server):
    server = start_server()
    job = server.submit(f"/studies/{server.upload(make_dicom())['ParentStudy']}/archive")
    server.wait_success(job)

    for folder, _, names in os.walk(server.spool):
        assert os.stat(folder).st_mode & 0o777 == 0o700
        for name in names:
            assert os.stat(os.path.join(folder, name)).st_mode & 0o777 == 0o600, name


# The same again

def test_finished_result_is_used_again(start_server, expect_errors):
    expect_errors()
    server = start_server()
    study = server.upload_all(make_study())[0]["ParentStudy"]
    path = f"/studies/{study}/archive"
    first = server.submit(path)
    server.wait_success(first)
    data = get_output(server, first)

    second = server.submit(path, Filename="other.zip", UserData={"n": 2})
    shown = server.wait_success(second)

    assert second != first
    assert shown["Content"]["Reused"] is True
    assert server.job(first)["Content"]["Reused"] is False
    answer = server.get(f"/jobs/{second}/archive")
    assert answer.content == data
    assert 'filename="other.zip"' in answer.headers["Content-Disposition"]
    inodes = {os.stat(os.path.join(server.spool, name)).st_ino for name in list_results(server)}
    assert len(inodes) == 1

    assert server.delete(f"/jobs/{first}/archive").status_code == 200
    assert server.get(f"/jobs/{first}/archive").status_code == 404
    assert get_output(server, second) == data

    fresh = server.submit(path, Reuse=False)
    assert server.wait_success(fresh)["Content"]["Reused"] is False
    assert get_output(server, fresh) == data

    server.upload(make_dicom("P1", "1", "9", 9))
    changed = server.submit(path)
    assert server.wait_success(changed)["Content"]["Reused"] is False
    assert len(list_names(get_output(server, changed))) == len(list_names(data)) + 1


def test_running_archive_is_shared(start_server, expect_errors):
    expect_errors("")
    server = start_server({**ONE_SLOW_JOB})
    slow = Slow(server, copies=100)
    first = slow.submit(server)
    server.wait_job(first, "Running")
    followers = [slow.submit(server) for _ in range(3)]
    assert len({first, *followers}) == 4
    assert {server.job(job)["State"] for job in followers} == {"Pending"}

    post_verb(server, followers[0], "cancel")
    assert server.job(followers[0])["State"] == "Failure"
    post_verb(server, first, "cancel")

    shown = server.wait_job(first)
    assert (shown["State"], shown["ErrorCode"]) == ("Failure", 37)
    contents = {wait_result(server, job) for job in followers[1:]}
    assert len(contents) == 1
    assert len(list_names(contents.pop())) == slow.count
    assert server.job(followers[0])["State"] == "Failure"


def test_idempotency_key(start_server, expect_errors):
    expect_errors()
    server = start_server()
    study = server.upload(make_dicom())["ParentStudy"]
    path = f"/studies/{study}/archive"
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def submit(headers):
        answer = server.post(path, {"Asynchronous": True}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["ID"]

    first = submit(key)
    assert submit(key) == first
    server.wait_success(first)
    assert submit(key) == first
    server.restart()
    assert submit(key) == first
    assert submit({"Idempotency-Key": "another"}) != first
    answer = server.post(path, {"Asynchronous": True, "Manifest": True}, headers=key)
    assert (answer.status_code, "Idempotency-Key" in answer.text) == (409, True)
    answer = server.post(path, {"Asynchronous": True}, headers={"Idempotency-Key": "x" * 300})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["Details"]


def test_idempotency_key_of_many_at_once(start_server):
    server = start_server()
    path = f"/studies/{server.upload(make_dicom())['ParentStudy']}/archive"
    ids = []

    def submit():
        answer = requests.post(server.url + path, json={"Asynchronous": True}, timeout=60,
                               headers={"Idempotency-Key": "same"})
        ids.append(answer.json().get("ID"))

    threads = [threading.Thread(target=submit) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 16
    assert len(set(ids)) == 1 and ids[0]
    assert len(server.get_json("/jobs")) == 1


# Retries

@pytest.fixture
def small_disk(tmp_path):
    """A directory with room for eight megabytes."""
    directory = tmp_path / "small"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(directory)],
                   check=True)
    yield directory
    subprocess.run(["umount", "-l", str(directory)], check=True)


def test_document_needs_no_room_in_the_spool(start_server, small_disk):
    server = start_server({"AdvancedRest": {"Spool": {"Directory": str(small_disk)}}})
    pdf = make_pdf("Large", ballast=9 * MEBIBYTE)
    stored = server.post("/tools/create-document", pdf, headers={"Content-Type": "application/pdf"})
    assert stored.status_code == 200, stored.text
    assert server.get(stored.json()["Path"] + "/pdf").content == pdf
    assert sum(os.path.getsize(small_disk / name) for name in os.listdir(small_disk)) < MEBIBYTE


@pytest.mark.parametrize("is_freed", [True, False], ids=["freed", "full"])
def test_full_disk_is_tried_again(start_server, small_disk, expect_errors, is_freed):
    expect_errors("")
    server = start_server({"AdvancedRest": {
        "Spool": {"Directory": str(small_disk), "MaxDiskPercent": 0},
        "Jobs": {"MaxRetries": 3 if is_freed else 1, "RetryDelaySeconds": 1}}})
    # A size that cannot be foreseen: the file ends in the middle of the disk
    study = server.upload_all(make_ballast(count=3, megabytes=2))[0]["ParentStudy"]
    filler = small_disk / "filler"
    filler.write_bytes(bytes(3 * MEBIBYTE))

    job = server.submit(f"/studies/{study}/archive")
    wait_until(lambda: server.job(job)["State"] in ("Retry", "Failure"), "the disk to be full")
    if is_freed:
        shown = server.job(job)
        assert shown["State"] == "Retry", shown
        assert shown["Content"]["Attempts"] >= 1
        filler.unlink()
        server.wait_job(job, "Success")
        assert len(list_names(get_output(server, job))) == 3
    else:
        shown = server.wait_job(job, "Failure")
        assert shown["Content"]["ErrorCode"] == 19, shown
        assert not [name for name in os.listdir(small_disk) if name.endswith((".part", ".zip"))]


def test_retry_survives_a_kill(start_server, small_disk, expect_errors):
    expect_errors("")
    server = start_server({"AdvancedRest": {
        "Spool": {"Directory": str(small_disk), "MaxDiskPercent": 0},
        "Jobs": {"MaxRetries": 5, "RetryDelaySeconds": 3}}})
    study = server.upload_all(make_ballast(count=3, megabytes=2))[0]["ParentStudy"]
    filler = small_disk / "filler"
    filler.write_bytes(bytes(3 * MEBIBYTE))
    job = server.submit(f"/studies/{study}/archive")
    server.wait_job(job, "Retry")

    server.kill()
    filler.unlink()
    server.start()

    shown = server.job(job)
    assert shown["State"] != "Failure"
    assert shown["Content"]["Attempts"] >= 1
    assert len(list_names(wait_result(server, job))) == 3
    assert server.job(job)["State"] == "Success"


# Steering

def test_priority_of_a_waiting_job(busy_server, expect_errors):
    expect_errors()
    server = busy_server
    path = f"/studies/{server.slow.study}/archive"
    jobs = [server.submit(path, Reuse=False, Filename=f"{number}.zip") for number in range(3)]

    answer = server.put(f"/jobs/{jobs[2]}/priority", b"7")

    assert answer.status_code == 200, answer.text
    shown = server.job(jobs[2])
    assert (shown["ID"], shown["Priority"], shown["State"]) == (jobs[2], 7, "Pending")
    assert sorted(server.get_json("/jobs")) == sorted([server.busy, *jobs])
    server.release()
    ends = {job: server.wait_success(job)["CompletionTime"] for job in jobs}
    assert min(ends, key=ends.get) == jobs[2]
    assert server.put(f"/jobs/{jobs[2]}/priority", b"1").status_code == 409
    assert server.put(f"/jobs/{jobs[2]}/priority", b"x").status_code == 400
    assert server.put("/jobs/nothing/priority", b"1").status_code == 404


def test_history_is_long(start_server):
    server = start_server({"JobsHistorySize": 2})
    path = f"/studies/{server.upload(make_dicom())['ParentStudy']}/archive"
    jobs = []
    for _ in range(6):
        jobs.append(server.submit(path, Reuse=False))
        server.wait_success(jobs[-1])

    assert len(server.get_json("/jobs")) == 2
    assert [job["ID"] for job in server.get_json("/jobs?expand&order=asc&limit=100")] == jobs
    assert server.get_json("/jobs?order=desc&limit=2&offset=1") == jobs[4:2:-1]
    assert server.get_json("/jobs?count&state=Success") == {"Count": 6}
    assert server.get_json("/jobs?state=Failure") == []
    for job in jobs:
        assert server.job(job)["State"] == "Success"


def read_cpu_seconds(server):
    """Of the process so far: other processes of the machine do not count."""
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as stream:
        fields = stream.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_peak(server, path):
    """The answer, and by how many bytes the memory of the server grew for it at most."""
    with open(f"/proc/{server.process.pid}/clear_refs", "w", encoding="ascii") as stream:
        stream.write("5")                       # forget the peak so far
    before = server.read_status("VmRSS")
    answer = server.get_json(path)
    return answer, (server.read_status("VmHWM") - before) << 10


def test_ten_thousand_records(start_server):
    """A second more to start at most, a list of all of them in bounded memory."""
    count = 10_000
    server = start_server({"AdvancedRest": {"Spool": {"MaxRecords": count + 1}}})
    job = server.submit(f"/studies/{server.upload(make_dicom())['ParentStudy']}/archive")
    server.wait_success(job)
    assert server.delete(f"/jobs/{job}/archive").status_code == 200
    server.restart()
    alone = read_cpu_seconds(server)
    server.stop()
    multiply_records(server.spool, count)

    server.start()

    assert read_cpu_seconds(server) - alone < 1
    assert server.get_json("/jobs?count&state=Success") == {"Count": count + 1}
    assert len(server.get_json("/jobs")) == 10, "as many as the host would remember"
    page, growth = measure_peak(server, "/jobs?expand&limit=100&offset=5000")
    assert len(page) == 100
    assert growth < 32 * MEBIBYTE
    everything, growth = measure_peak(server, "/jobs?expand&order=asc")
    assert len({shown["ID"] for shown in everything}) == count + 1
    assert growth < (32 if CAN_STREAM else 128) * MEBIBYTE
    archives, growth = measure_peak(server, "/advanced-rest/archives")
    assert len(archives) == count + 1
    assert growth < (32 if CAN_STREAM else 128) * MEBIBYTE


def test_archives_of_the_spool(start_server, expect_errors):
    expect_errors()
    server = start_server({"JobsHistorySize": 1})
    study = server.upload(make_dicom())["ParentStudy"]
    jobs = []
    for _ in range(3):
        jobs.append(server.submit(f"/studies/{study}/archive", Reuse=False))
        server.wait_success(jobs[-1])
    get_output(server, jobs[0])

    listed = server.get_json("/advanced-rest/archives")

    assert sorted(item["Job"] for item in listed) == sorted(jobs)
    first, = [item for item in listed if item["Job"] == jobs[0]]
    assert first["Resources"] == [study]
    assert first["Downloads"] == 1
    assert first["State"] == "Ready"
    assert first["Expires"]
    assert server.get_json(f"/advanced-rest/archives/{first['Id']}")["Job"] == jobs[0]
    assert server.delete(f"/advanced-rest/archives/{first['Id']}").status_code == 200
    assert server.get(f"/jobs/{jobs[0]}/archive").status_code == 404
    assert server.get("/advanced-rest/archives/unknown").status_code == 404


def test_estimate(start_server):
    server = start_server()
    study = server.upload_all(make_study(series=1, instances=3))[0]["ParentStudy"]
    path = f"/studies/{study}/archive"

    stored = server.get_json(path + "?compression=store&estimate")
    expected = server.post(path, {"Estimate": True}).json()

    data = server.get(path + "?compression=store").content
    assert stored["IsExact"] is True
    assert (stored["InstancesCount"], int(stored["ArchiveSize"])) == (3, len(data))
    assert (expected["IsExact"], expected["InstancesCount"]) == (False, 3)
    assert expected["UncompressedSize"] == stored["UncompressedSize"]
