# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Asynchronous archives as jobs of the host's engine, and everybody else's jobs through our routes."""

import json
import re
import subprocess

import pytest

import dicom_samples
from comparing import check_error, check_same_content, check_same_error
from dicom_samples import make_ballast, make_dicom, make_study
from orthanc_server import (VERSION, find_free_port, list_names, open_zip, read_entries, wait_until)
from slow_jobs import ONE_SLOW_JOB, Slow

HAS_OUTPUT_DELETION = VERSION >= (1, 12, 1)
HAS_JOB_DELETION = VERSION >= (1, 12, 2)
TIMESTAMP = re.compile(r"\d{8}T\d{6}\.\d{6}")

@pytest.fixture
def very_slow_server(start_server):
    """A job goes on while Orthanc stops its HTTP server, which takes two seconds."""
    server = start_server(ONE_SLOW_JOB)
    server.slow = Slow(server, copies=40)
    return server


def list_states(server):
    return {job["ID"]: job["State"] for job in server.get_json("/jobs?expand")}


def get_output(server, job_id):
    answer = server.get(f"/jobs/{job_id}/archive")
    assert answer.status_code == 200, answer.text
    return answer.content


def post_verb(server, job_id, verb):
    answer = server.post(f"/jobs/{job_id}/{verb}", b"")
    assert (answer.status_code, answer.json()) == (200, {}), (verb, answer.text)


# What a job shows

def test_fields_are_the_hosts(pair, library):
    jobs = []
    for server in (pair.core, pair.plugin):
        job = server.submit(f"/studies/{library.study}/archive", Priority=7)
        jobs.append(server.wait_success(job))
    core, plugin = jobs

    assert set(core) <= set(plugin)
    for name in ("Type", "Priority", "State", "Progress", "ErrorCode", "ErrorDescription",
                 "ErrorDetails"):
        assert plugin[name] == core[name], name
    for name in ("CreationTime", "Timestamp", "CompletionTime"):
        assert TIMESTAMP.fullmatch(plugin[name])
    for name in core["Content"]:
        assert type(plugin["Content"][name]) is type(core["Content"][name]), name
    for name in ("Description", "InstancesCount", "UncompressedSize", "UncompressedSizeMB"):
        assert plugin["Content"][name] == core["Content"][name], name


def test_archive_size_is_the_files(pair, library):
    job = pair.plugin.submit(f"/studies/{library.study}/archive")

    content = pair.plugin.wait_success(job)["Content"]

    assert int(content["ArchiveSize"]) == len(get_output(pair.plugin, job))


def test_fields_of_a_stream_are_the_hosts(pair, library):
    shown = []
    for server in (pair.core, pair.plugin):
        known = server.get_json("/jobs")
        server.get(f"/studies/{library.study}/archive")
        fresh = wait_until(lambda: set(server.get_json("/jobs")) - set(known), "the stream's job")
        shown.append(server.wait_success(fresh.pop()))
    core, plugin = shown

    assert set(core) <= set(plugin)
    assert set(core["Content"]) <= set(plugin["Content"])
    for name in ("Type", "Priority", "State", "Progress", "ErrorCode", "ErrorDescription",
                 "ErrorDetails"):
        assert plugin[name] == core[name], name
    for name in ("Description", "InstancesCount", "UncompressedSize", "UncompressedSizeMB"):
        assert plugin["Content"][name] == core["Content"][name], name
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", plugin["ID"])


@pytest.mark.parametrize("fields", [{"Transcode": dicom_samples.IMPLICIT}, {"Utf8": True}, {}],
                         ids=str)
def test_content_names_the_request(pair, library, fields):
    contents = []
    for server in (pair.core, pair.plugin):
        job = server.submit(f"/studies/{library.study}/archive", **fields)
        contents.append(server.wait_success(job)["Content"])
    core, plugin = contents

    for name in ("Transcode", "LossyQuality", "Utf8"):
        if name in core:
            assert plugin[name] == core[name], name
    assert ("Transcode" in plugin) == ("Transcode" in fields)


# Merged lists

LIST_QUERIES = ["", "?expand", "?expand=", "?expand=true", "?expand=1", "?expand=false", "?expand=0",
                "?expand=maybe", "?other"]


@pytest.mark.parametrize("query", LIST_QUERIES)
def test_list_of_jobs(pair, library, expect_errors, query):
    expect_errors()
    for server in (pair.core, pair.plugin):
        server.wait_success(server.submit(f"/studies/{library.study}/archive"))
        server.get(f"/studies/{library.study}/archive")

    core, plugin = pair.request("GET", "/jobs" + query)

    assert plugin.status_code == core.status_code
    if core.status_code != 200:
        check_same_error(core, plugin)
        return
    assert plugin.headers["Content-Type"] == core.headers["Content-Type"]
    core_jobs, plugin_jobs = core.json(), plugin.json()
    assert {type(job) for job in plugin_jobs} == {type(job) for job in core_jobs}
    ids = [job["ID"] if isinstance(job, dict) else job for job in plugin_jobs]
    assert ids == sorted(ids) and len(ids) == len(set(ids))
    if isinstance(plugin_jobs[0], dict):
        assert all(job["Type"] == "Archive" for job in plugin_jobs)


def test_list_contains_streams_and_jobs(start_server):
    server = start_server()
    study = server.upload(make_dicom())["ParentStudy"]
    job = server.submit(f"/studies/{study}/archive")
    server.wait_success(job)
    server.get(f"/studies/{study}/archive")

    jobs = wait_until(lambda: len(server.get_json("/jobs")) == 2 and server.get_json("/jobs"), "both")

    assert job in jobs
    expanded = server.get_json("/jobs?expand")
    assert sorted(item["ID"] for item in expanded) == sorted(jobs)
    for item in expanded:
        assert server.job(item["ID"])["Type"] == "Archive"


def test_history_of_streams_is_limited(start_server):
    server = start_server({"JobsHistorySize": 3})
    study = server.upload(make_dicom())["ParentStudy"]

    for _ in range(6):
        server.get(f"/studies/{study}/archive")

    wait_until(lambda: len(server.get_json("/jobs")) == 3, "a history of three")


# Errors of the job routes

@pytest.mark.parametrize("method, path", [
    ("GET", "/jobs/nope"), ("DELETE", "/jobs/nope"), ("POST", "/jobs/nope"), ("PUT", "/jobs/nope"),
    ("POST", "/jobs"), ("PUT", "/jobs"), ("DELETE", "/jobs"),
    ("POST", "/jobs/nope/cancel"), ("POST", "/jobs/nope/pause"), ("POST", "/jobs/nope/resume"),
    ("POST", "/jobs/nope/resubmit"), ("POST", "/jobs/nope/other"), ("POST", "/jobs/nope/archive"),
    ("GET", "/jobs/nope/archive"), ("GET", "/jobs/nope/cancel"), ("GET", "/jobs/nope/other"),
    ("DELETE", "/jobs/nope/archive"), ("DELETE", "/jobs/nope/cancel"), ("DELETE", "/jobs/nope/other"),
    ("PUT", "/jobs/nope/archive"), ("PUT", "/jobs/nope/cancel"), ("GET", "/jobs/nope/archive/more"),
    ("HEAD", "/jobs"), ("OPTIONS", "/jobs"), ("PATCH", "/jobs"),
    ("GET", "/jobs/%2e%2e"), ("GET", "/jobs/a%3fexpand"), ("GET", "/jobs/a%2farchive"),
    ("POST", "/jobs/..%2f..%2ftools/cancel"),
])
def test_errors_of_the_job_routes(pair, expect_errors, method, path):
    expect_errors()

    core, plugin = pair.request(method, path, data=b"")

    # On 1.10.1 nothing can be deleted; streams of ours can
    check_same_error(core, plugin, has_more_verbs=not HAS_JOB_DELETION)


@pytest.mark.parametrize("verb", ["cancel", "pause", "resume", "resubmit"])
def test_verbs_on_a_finished_job(pair, library, verb):
    answers = []
    for server in (pair.core, pair.plugin):
        job = server.submit(f"/studies/{library.study}/archive")
        server.wait_success(job)
        answers.append(server.post(f"/jobs/{job}/{verb}", b"{}"))

    assert answers[1].status_code == answers[0].status_code
    assert answers[1].content.strip() == answers[0].content.strip()
    assert answers[1].headers.get("Content-Type") == answers[0].headers.get("Content-Type")


def test_wrong_verbs_on_a_finished_job(pair, library, expect_errors):
    expect_errors()
    ids = []
    for server in (pair.core, pair.plugin):
        ids.append(server.submit(f"/studies/{library.study}/archive"))
        server.wait_success(ids[-1])

    for method, path in (("PUT", ""), ("POST", ""), ("PUT", "/archive"), ("POST", "/archive"),
                         ("GET", "/other"), ("GET", "/cancel")):
        # The identifiers differ, and are part of the error
        core = pair.core.request(method, f"/jobs/{ids[0]}{path}")
        plugin = pair.plugin.request(method, f"/jobs/{ids[1]}{path}")
        assert plugin.status_code == core.status_code, (method, path)
        assert bool(plugin.content) == bool(core.content), (method, path)
        assert plugin.headers.get("Content-Type") == core.headers.get("Content-Type")
        verbs = [set(answer.headers.get("Allow", "").split(",")) for answer in (core, plugin)]
        assert verbs[0] == verbs[1] or (verbs[0] < verbs[1] and not HAS_JOB_DELETION)


# Control

def test_progress_grows(slow_server):
    server = slow_server
    job = server.slow.submit(server)
    seen = []

    def has_ended():
        shown = server.job(job)
        seen.append((shown["Progress"], int(shown["Content"]["ArchiveSize"])))
        return shown["State"] == "Success"

    wait_until(has_ended, "the job", seconds=120)

    assert seen == sorted(seen)
    assert seen[-1][0] == 100
    assert len({progress for progress, _ in seen}) >= 3, seen
    assert len(list_names(get_output(server, job))) == server.slow.count


def test_priority(busy_server):
    server = busy_server
    path = f"/studies/{server.slow.study}/archive"
    waiting = {priority: server.submit(path, Priority=priority, Reuse=False)
               for priority in (1, 10, -5, 5)}
    assert {server.job(job)["State"] for job in waiting.values()} == {"Pending"}

    server.release()
    ends = {priority: server.wait_success(job)["CompletionTime"] for priority, job in waiting.items()}

    assert sorted(ends, key=ends.get) == [10, 5, 1, -5]


@pytest.mark.sanitizer
def test_pause_and_resume_while_running(slow_server, expect_errors):
    expect_errors()
    server = slow_server
    job = server.slow.submit(server)
    server.wait_job(job, "Running")

    post_verb(server, job, "pause")
    server.wait_job(job, "Paused")
    assert server.get(f"/jobs/{job}/archive").status_code == 404
    post_verb(server, job, "resume")

    server.wait_success(job)
    archive = open_zip(get_output(server, job))
    assert len(archive.namelist()) == server.slow.count


def test_pause_and_resume_while_pending(busy_server):
    server = busy_server
    job = server.submit(f"/studies/{server.slow.study}/archive")

    post_verb(server, job, "pause")
    assert server.job(job)["State"] == "Paused"
    server.release()
    server.wait_success(server.busy)
    assert server.job(job)["State"] == "Paused"
    post_verb(server, job, "resume")

    server.wait_success(job)
    assert len(list_names(get_output(server, job))) == 4


@pytest.mark.parametrize("state", ["Pending", "Running", "Paused"])
def test_cancel_and_resubmit(busy_server, expect_errors, state):
    """The core answers 500 to a resubmission."""
    expect_errors()
    server = busy_server
    if state != "Pending":
        server.release()
    job = server.slow.submit(server)
    server.wait_job(job, "Pending" if state == "Pending" else "Running")
    if state == "Paused":
        post_verb(server, job, "pause")
        server.wait_job(job, "Paused")

    post_verb(server, job, "cancel")

    shown = server.wait_job(job)
    assert (shown["State"], shown["ErrorCode"]) == ("Failure", 37)
    answer = server.get(f"/jobs/{job}/archive")
    assert answer.status_code == 404
    wait_until(lambda: not [name for name in server.list_spool() if name.endswith(".part")],
               "the part file to go")

    post_verb(server, job, "resubmit")
    server.release()

    server.wait_success(job)
    assert len(list_names(get_output(server, job))) == server.slow.count


def test_cancel_is_quick(slow_server):
    """Within the time of a step, not of the archive: it would take many seconds."""
    server = slow_server
    fields = dict(server.slow.fields, Resources=server.slow.fields["Resources"] * 20)
    job = server.submit("/tools/create-archive", **fields)
    server.wait_job(job, "Running")

    post_verb(server, job, "cancel")

    shown = server.wait_job(job)
    assert shown["ErrorCode"] == 37
    assert shown["Progress"] < 100


def test_resubmit_after_a_failure(start_server, expect_errors, tmp_path):
    expect_errors("")
    server = start_server({"MaximumStorageCacheSize": 0})
    stored = server.upload_all(make_study(instances=3, series=1))
    path = server.find_storage_file(stored[1]["ID"])
    saved = tmp_path / "saved"
    subprocess.run(["mv", path, str(saved)], check=True)
    job = server.submit(f"/studies/{stored[0]['ParentStudy']}/archive")
    assert server.wait_job(job)["State"] == "Failure"

    subprocess.run(["mv", str(saved), path], check=True)
    post_verb(server, job, "resubmit")

    server.wait_success(job)
    assert len(list_names(get_output(server, job))) == 3


# Results

def test_several_results_are_kept(pair, library):
    """The core keeps one."""
    paths = [f"/studies/{library.study}/archive", f"/patients/{library.patient}/archive",
             f"/series/{library.series}/archive"]
    expected = [pair.plugin.post(path, {}).content for path in paths]

    jobs = [pair.plugin.submit(path) for path in paths]
    for job in jobs:
        pair.plugin.wait_success(job)

    assert [get_output(pair.plugin, job) for job in jobs] == expected
    # Again: a download does not consume the result
    assert [get_output(pair.plugin, job) for job in jobs] == expected


@pytest.mark.parametrize("configuration, kept", [
    ({"AdvancedRest": {"Spool": {"MaxArchives": 1}}}, 1),
    ({"AdvancedRest": {"Spool": {"MaxArchives": 2}}}, 2),
    ({"MediaArchiveSize": 2}, 2),
    ({"MediaArchiveSize": 1}, 4),
    ({"MediaArchiveSize": 3, "AdvancedRest": {"Spool": {"MaxArchives": 1}}}, 1),
    ({"MediaArchiveSize": 3, "AdvancedRest": {"Spool": {"MaxArchives": 0}}}, 4),
])
def test_number_of_results(start_server, expect_errors, configuration, kept):
    expect_errors()
    server = start_server(configuration)
    study = server.upload(make_dicom())["ParentStudy"]
    jobs = []
    for _ in range(4):
        jobs.append(server.submit(f"/studies/{study}/archive"))
        server.wait_success(jobs[-1])

    statuses = [server.get(f"/jobs/{job}/archive").status_code for job in jobs]

    assert statuses == [404] * (4 - kept) + [200] * kept
    assert len([name for name in server.list_spool() if name.endswith(".zip")]) == kept
    for job in jobs:
        assert server.job(job)["State"] == "Success"


def test_result_of_an_unfinished_job(slow_server, expect_errors):
    expect_errors()
    server = slow_server
    job = server.slow.submit(server)
    server.wait_job(job, "Running")

    answer = server.get(f"/jobs/{job}/archive")

    check_error(answer, 404, 7)


@pytest.mark.parametrize("requested", [None, "mine.zip"])
def test_name_of_the_result(pair, library, requested):
    fields = {"Filename": requested} if requested else {}
    answers = []
    for server in (pair.core, pair.plugin):
        job = server.submit(f"/studies/{library.study}/archive", **fields)
        server.wait_success(job)
        answers.append(server.get(f"/jobs/{job}/archive"))
    core, plugin = (answer.headers["Content-Disposition"] for answer in answers)

    if requested:
        assert plugin == 'filename="mine.zip"'
    else:
        assert plugin == core


def test_delete_of_a_result(pair, library, expect_errors):
    expect_errors()
    job = pair.plugin.submit(f"/studies/{library.study}/archive")
    pair.plugin.wait_success(job)

    answer = pair.plugin.delete(f"/jobs/{job}/archive")

    assert (answer.status_code, answer.content) == (200, b"")
    check_error(pair.plugin.delete(f"/jobs/{job}/archive"), 404, 7)
    check_error(pair.plugin.get(f"/jobs/{job}/archive"), 404, 7)
    assert pair.plugin.job(job)["State"] == "Success"


def test_delete_of_a_job(pair, library, expect_errors):
    expect_errors()
    job = pair.plugin.submit(f"/studies/{library.study}/archive")
    pair.plugin.wait_success(job)
    spool = pair.plugin.list_spool()

    answer = pair.plugin.delete(f"/jobs/{job}")

    # Also on a host that deletes no jobs itself
    assert (answer.status_code, answer.content) == (200, b"")
    assert pair.plugin.get(f"/jobs/{job}").status_code == 404
    check_error(pair.plugin.get(f"/jobs/{job}/archive"), 404, 7)
    if HAS_JOB_DELETION:
        check_error(pair.plugin.delete(f"/jobs/{job}"), 404, 7)
    else:
        assert pair.plugin.delete(f"/jobs/{job}").status_code == 405
    assert job not in pair.plugin.get_json("/jobs")
    assert len(pair.plugin.list_spool()) < len(spool)


def test_delete_of_a_running_job_is_refused(slow_server, expect_errors):
    expect_errors()
    server = slow_server
    job = server.slow.submit(server)
    server.wait_job(job, "Running")

    answer = server.delete(f"/jobs/{job}")

    check_error(answer, 404, 7)
    server.wait_success(job)


def test_delete_of_a_stream(start_server, expect_errors):
    expect_errors()
    server = start_server()
    study = server.upload(make_dicom())["ParentStudy"]
    server.get(f"/studies/{study}/archive")
    job = wait_until(lambda: server.get_json("/jobs"), "the stream's job")[0]
    server.wait_success(job)

    answer = server.delete(f"/jobs/{job}")

    assert answer.status_code == 200
    assert server.get_json("/jobs") == []
    assert server.get(f"/jobs/{job}").status_code == 404


def test_result_outlives_the_history(start_server):
    server = start_server({"JobsHistorySize": 1})
    study = server.upload(make_dicom())["ParentStudy"]
    jobs = []
    for _ in range(3):
        jobs.append(server.submit(f"/studies/{study}/archive"))
        server.wait_success(jobs[-1])

    # The list is as short as the host's, but nothing is forgotten
    assert server.get_json("/jobs") == [jobs[2]]
    assert server.job(jobs[0])["State"] == "Success"
    for job in jobs:
        assert len(list_names(get_output(server, job))) == 1


# Restart

@pytest.mark.parametrize("how", ["stop", "kill"])
def test_result_survives_a_restart(start_server, how):
    server = start_server()
    stored = server.upload_all(make_study())
    job = server.submit(f"/studies/{stored[0]['ParentStudy']}/archive", Filename="mine.zip",
                        UserData={"a": 1})
    before = server.wait_success(job)
    data = get_output(server, job)

    if how == "kill":
        # Orthanc writes its list of jobs at once when one ends, but not in the same moment
        server.kill()
    else:
        server.stop()
    server.start()

    assert get_output(server, job) == data
    assert server.get(f"/jobs/{job}/archive").headers["Content-Disposition"] == 'filename="mine.zip"'
    if how == "stop":
        after = server.job(job)
        for name in ("ID", "Type", "State", "Priority", "CreationTime", "Progress"):
            assert after[name] == before[name], name
        for shown in (before, after):
            shown["Content"]["Result"].pop("Downloads")
        assert after["Content"] == before["Content"]


@pytest.mark.parametrize("how", ["stop", "kill"])
@pytest.mark.parametrize("state", ["Pending", "Running", "Paused"])
def test_unfinished_job_is_finished_after_a_restart(very_slow_server, expect_errors, state, how):
    expect_errors("")
    server = very_slow_server
    first = server.slow.submit(server)
    server.wait_job(first, "Running")
    job, count = first, server.slow.count
    if state == "Pending":
        job, count = server.submit(f"/studies/{server.slow.study}/archive"), 4
        server.wait_job(job, "Pending")
    elif state == "Paused":
        post_verb(server, job, "pause")
        server.wait_job(job, "Paused")

    if how == "kill":
        server.kill()
    else:
        server.stop()
    assert not [name for name in server.list_spool() if name.endswith(".zip")]
    server.start()

    if state == "Paused" and server.get(f"/jobs/{job}").status_code == 200 and \
            server.job(job)["State"] == "Paused":
        post_verb(server, job, "resume")
    data = wait_until(lambda: server.get(f"/jobs/{job}/archive").status_code == 200, "the result",
                      seconds=120)
    assert data
    assert len(list_names(get_output(server, job))) == count
    wait_until(lambda: "Running" not in list_states(server).values() and
               "Pending" not in list_states(server).values(), "all jobs", seconds=120)
    assert not [name for name in server.list_spool() if name.endswith(".part")]


@pytest.mark.parametrize("configuration, argument", [({"SaveJobs": False}, None),
                                                     ({}, "--no-jobs")], ids=str)
def test_restart_without_saved_jobs(start_server, expect_errors, configuration, argument):
    """What the host forgets, the spool knows."""
    expect_errors("")
    server = start_server({**ONE_SLOW_JOB, **configuration})
    slow = Slow(server, copies=40)
    done = server.submit(f"/studies/{slow.study}/archive")
    server.wait_success(done)
    unfinished = slow.submit(server)
    server.wait_job(unfinished, "Running")

    server.stop()
    server.start(*([argument] if argument else []))

    assert len(list_names(get_output(server, done))) == 4
    wait_until(lambda: server.get(f"/jobs/{unfinished}/archive").status_code == 200, "the result",
               seconds=120)
    assert len(list_names(get_output(server, unfinished))) == slow.count


def test_canceled_jobs_stay_so_after_a_restart(slow_server, expect_errors):
    expect_errors("")
    server = slow_server
    job = server.slow.submit(server)
    server.wait_job(job, "Running")
    post_verb(server, job, "cancel")
    server.wait_job(job)

    server.restart()

    shown = server.job(job)
    assert (shown["State"], shown["ErrorCode"]) == ("Failure", 37)
    assert server.get(f"/jobs/{job}/archive").status_code == 404
    post_verb(server, job, "resubmit")
    server.wait_success(job)
    assert len(list_names(get_output(server, job))) == server.slow.count


def test_spool_elsewhere(start_server, tmp_path):
    spool = tmp_path / "spool"
    server = start_server({"AdvancedRest": {"Spool": {"Directory": str(spool)}}})
    study = server.upload(make_dicom())["ParentStudy"]

    job = server.submit(f"/studies/{study}/archive")
    server.wait_success(job)

    assert [path.suffix for path in spool.iterdir() if path.suffix == ".zip"] == [".zip"]
    assert spool.stat().st_mode & 0o077 == 0
    assert not server.list_spool()


# Other people's jobs

@pytest.fixture
def neighbours(start_server):
    """Two servers with the same content: alone, and with the plugin; both know unreachable others."""
    closed = find_free_port()
    third = start_server({"DicomServerEnabled": True, "DicomAet": "THIRD", "DicomAlwaysAllowMove": True,
                          "DicomAlwaysAllowFind": True,
                          "DicomModalities": {"self": ["THIRD", "127.0.0.1", 1]}}, with_plugin=False,
                         should_start=False)
    third.configuration["DicomModalities"]["self"][2] = third.configuration["DicomPort"]
    third.start()
    configuration = {
        "DicomModalities": {"nobody": ["NOBODY", "127.0.0.1", closed],
                            "third": ["THIRD", "127.0.0.1", third.configuration["DicomPort"]]},
        "OrthancPeers": {"nobody": [f"http://127.0.0.1:{closed}/"], "third": [third.url + "/"]},
        "DicomScuTimeout": 2, "HttpTimeout": 5,
    }

    class Neighbours:
        core = start_server(configuration, with_plugin=False)
        plugin = start_server({**configuration, "AdvancedRest": {"Media": False}})

    both = Neighbours()
    third.upload(make_dicom("third"))
    dicoms = make_study("foreign", instances=2)
    both.stored = [(both.core.upload(dicom), both.plugin.upload(dicom))[1] for dicom in dicoms]
    both.study = both.stored[0]["ParentStudy"]
    return both


FOREIGN_JOBS = {
    "modification": ("/studies/{study}/modify", {"Replace": {"StudyDescription": "New"},
                                                 "Asynchronous": True}, "Success"),
    "anonymization": ("/studies/{study}/anonymize", {"Asynchronous": True}, "Success"),
    "split": ("/studies/{study}/split", {"Series": ["{series}"], "Asynchronous": True}, "Success"),
    "store to a peer": ("/peers/nobody/store", {"Resources": ["{study}"], "Asynchronous": True},
                        "Failure"),
    "store to a modality": ("/modalities/nobody/store", {"Resources": ["{study}"],
                                                         "Asynchronous": True}, "Failure"),
    "store to a good peer": ("/peers/third/store", {"Resources": ["{study}"], "Asynchronous": True},
                             "Success"),
    "store to a good modality": ("/modalities/third/store", {"Resources": ["{study}"],
                                                             "Asynchronous": True}, "Success"),
    "retrieve": ("/queries/{query}/retrieve", {"TargetAet": "THIRD", "Asynchronous": True}, "Success"),
    "failing retrieve": ("/queries/{query}/retrieve", {"TargetAet": "UNKNOWN", "Asynchronous": True},
                         "Failure"),
    "media": ("/studies/{study}/media", {"Asynchronous": True}, "Success"),
}


def run_foreign(server, study, series, name):
    path, body, _ = FOREIGN_JOBS[name]
    if "{query}" in path:
        query = server.post("/modalities/third/query", {"Level": "Study", "Query": {}}).json()["ID"]
        path = path.replace("{query}", query)
    text = json.dumps(body).replace("{study}", study).replace("{series}", series)
    answer = server.post(path.replace("{study}", study), text)
    assert answer.status_code == 200, answer.text
    return answer.json()["ID"]


@pytest.mark.sanitizer
@pytest.mark.parametrize("name", FOREIGN_JOBS)
def test_foreign_job(neighbours, expect_errors, name):
    expect_errors("")
    study, series = neighbours.study, neighbours.stored[0]["ParentSeries"]
    servers = (neighbours.core, neighbours.plugin)
    ids = [run_foreign(server, study, series, name) for server in servers]

    core, plugin = (server.wait_job(job) for server, job in zip(servers, ids))

    assert core["State"] == FOREIGN_JOBS[name][2]
    assert set(plugin) == set(core)
    for key in ("Type", "State", "Priority", "Progress", "ErrorCode", "ErrorDescription",
                "ErrorDetails"):
        assert plugin[key] == core[key], key
    assert set(plugin["Content"]) == set(core["Content"])
    assert ids[1] in neighbours.plugin.get_json("/jobs")
    listed = {job["ID"]: job for job in neighbours.plugin.get_json("/jobs?expand")}[ids[1]]
    listed.pop("Timestamp"), plugin.pop("Timestamp")
    assert listed == plugin

    for method, path in (("GET", "/archive"), ("GET", "/other"), ("POST", "/cancel"),
                         ("POST", "/pause"), ("POST", "/resume"), ("POST", "/resubmit"),
                         ("DELETE", "/archive"), ("DELETE", "/archive"), ("DELETE", ""), ("GET", "")):
        expected = servers[0].request(method, f"/jobs/{ids[0]}{path}")
        answer = servers[1].request(method, f"/jobs/{ids[1]}{path}")
        what = (method, path, expected.text, answer.text)
        assert answer.status_code == expected.status_code, what
        assert answer.headers.get("Allow") == expected.headers.get("Allow"), what
        assert answer.headers.get("Content-Type") == expected.headers.get("Content-Type"), what
        if expected.status_code != 200:
            assert bool(answer.content) == bool(expected.content), what
        elif (name, path) == ("media", "/archive") and method == "GET":
            assert answer.headers["Content-Disposition"] == expected.headers["Content-Disposition"]
            assert list_names(answer.content) == list_names(expected.content)
        if path == "/resubmit" and expected.status_code == 200:
            for server, job in zip(servers, ids):
                server.wait_job(job)


def test_foreign_job_with_plugin_data_keeps_its_user_data(neighbours, expect_errors):
    expect_errors("")
    if VERSION < (1, 12, 9):
        path, body = f"/studies/{neighbours.study}/modify", {"Replace": {"StudyDescription": "x"}}
    else:
        path = f"/studies/{neighbours.study}/modify"
        body = {"Replace": {"StudyDescription": "x"}, "UserData": {"a": ["b"]}}
    shown = []
    for server in (neighbours.core, neighbours.plugin):
        job = server.post(path, {**body, "Asynchronous": True}).json()["ID"]
        shown.append(server.wait_job(job))

    assert shown[1].get("UserData") == shown[0].get("UserData")


def test_synchronous_foreign_jobs(neighbours):
    answers = [server.post(f"/studies/{neighbours.study}/modify",
                           {"Replace": {"StudyDescription": "New"}, "Synchronous": True})
               for server in (neighbours.core, neighbours.plugin)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert set(answers[1].json()) == set(answers[0].json())


def test_media_are_the_hosts(neighbours):
    core, plugin = (server.get(f"/studies/{neighbours.study}/media")
                    for server in (neighbours.core, neighbours.plugin))

    assert list_names(plugin.content) == list_names(core.content)
    assert "DICOMDIR" in list_names(plugin.content)


# Many

def test_many_jobs_at_once(start_server):
    server = start_server({"JobsHistorySize": 100, "ConcurrentJobs": 4})
    dicoms = make_study("many", instances=4, rows=64, columns=64)
    study = server.upload_all(dicoms)[0]["ParentStudy"]
    expected = server.get(f"/studies/{study}/archive").content

    jobs = [server.submit(f"/studies/{study}/archive") for _ in range(40)]
    for job in jobs:
        server.wait_success(job)

    assert {get_output(server, job) for job in jobs} == {expected}
    assert sorted(read_entries(expected).values()) == sorted(dicoms)


def test_job_of_a_ballast(start_server):
    """Larger than any buffer."""
    server = start_server()
    dicoms = make_ballast(count=3, megabytes=20)
    study = server.upload_all(dicoms)[0]["ParentStudy"]
    job = server.submit(f"/studies/{study}/archive")
    server.wait_success(job)

    streamed = server.get(f"/studies/{study}/archive").content

    check_same_content(streamed, get_output(server, job))
    assert sorted(read_entries(streamed).values()) == sorted(dicoms)
