# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Seeing, steering and waiting for jobs: filters, waits, events, actions on many, whose jobs are whose."""

import json
import threading
import time

import pytest
import requests

from comparing import check_error
from dicom_samples import make_dicom
from orthanc_server import CAN_STREAM, VERSION, find_free_port, list_names, wait_until
from slow_jobs import ONE_SLOW_JOB, Slow

HAS_OUTPUT_DELETION = VERSION >= (1, 12, 1)

UNKNOWN = "00000000-0000-4000-8000-000000000000"
NAMES = ["state", "type", "since", "until", "limit", "offset", "order", "count"]


def upload_slow(server, copies=15):
    server.slow = Slow(server, copies)
    server.study = f"/studies/{server.slow.study}/archive"
    return server


@pytest.fixture
def slow_server(start_server):
    return upload_slow(start_server(ONE_SLOW_JOB))


@pytest.fixture(scope="module")
def server(start_module_server):
    server = start_module_server({"JobsHistorySize": 2})
    stored = server.upload(make_dicom())
    server.study = f"/studies/{stored['ParentStudy']}/archive"
    return server


def finish(server, **fields):
    job = server.submit(server.study, Reuse=False, **fields)
    server.wait_success(job)
    return job


def post_verb(server, job, verb):
    assert server.post(f"/jobs/{job}/{verb}", b"").status_code == 200


def start_foreign(server):
    """A job of Orthanc itself: paused before it runs, so that it stays what it is."""
    answer = server.post("/modalities/nobody/store",
                         {"Resources": [server.study.split("/")[2]], "Asynchronous": True,
                          "Permissive": False, "Priority": -1000})
    assert answer.status_code == 200, answer.text
    return answer.json()["ID"]


class InBackground:
    """A request that waits, and how long it did. No answer: the connection was closed."""

    def __init__(self, server, path, **options):
        def run():
            begin = time.monotonic()
            try:
                self.answer = server.get(path, **options)
            except requests.ConnectionError:
                pass
            self.seconds = time.monotonic() - begin

        self.answer = None
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def is_waiting(self):
        return self.thread.is_alive()

    def wait(self, seconds=60):
        self.thread.join(seconds)
        assert not self.thread.is_alive(), "the request goes on waiting"
        return self.answer


# Filters

def test_filters_see_the_whole_history(server):
    jobs = [finish(server) for _ in range(4)]

    assert [job for job in server.get_json("/jobs") if job in jobs] == sorted(jobs[2:])
    assert [job for job in server.get_json("/jobs?order=asc") if job in jobs] == jobs
    assert [job for job in server.get_json("/jobs?order=desc") if job in jobs] == jobs[::-1]
    assert server.get_json("/jobs?order=desc&limit=2") == jobs[:1:-1]
    assert server.get_json("/jobs?order=desc&offset=1&limit=2") == [jobs[2], jobs[1]]
    created = server.job(jobs[2])["CreationTime"]
    assert server.get_json(f"/jobs?since={created}") == jobs[2:]
    assert jobs[2] not in server.get_json(f"/jobs?until={created}")
    assert server.get_json("/jobs?state=Running") == []
    assert server.get_json("/jobs?type=ResourceModification") == []
    total = server.get_json("/jobs?count")["Count"]
    assert total == len(server.get_json("/jobs?state=Success&type=Archive"))
    expanded = server.get_json("/jobs?expand&order=desc&limit=1")
    assert [job["ID"] for job in expanded] == [jobs[3]]
    expanded[0].pop("Timestamp")
    shown = server.job(jobs[3])
    shown.pop("Timestamp")
    assert expanded[0] == shown


@pytest.mark.parametrize("name", NAMES)
def test_wrong_filters_name_the_argument(server, expect_errors, name):
    expect_errors()

    answer = server.get(f"/jobs?{name}=-wrong,")

    check_error(answer, 400, 3)
    assert f'"{name}"' in answer.json()["Details"]


def test_long_list_is_complete(start_server):
    """Longer than what is sent in one piece."""
    server = start_server()
    server.study = f"/studies/{server.upload(make_dicom())['ParentStudy']}/archive"
    server.wait_success(server.submit(server.study, UserData="x" * 300_000))
    for _ in range(10):
        server.wait_success(server.submit(server.study, UserData="x" * 300_000))

    expanded = server.get_json("/jobs?expand&order=asc")

    assert len(expanded) == 11
    assert {len(job["UserData"]) for job in expanded} == {300_000}


# What a job shows

def test_job_tells_where_its_result_is(server):
    job = server.job(finish(server))

    result = job["Content"]["Result"]
    assert result["Path"] == f"/jobs/{job['ID']}/archive"
    data = server.get(result["Path"]).content
    assert len(data) == int(result["Size"]) and len(list_names(data)) == 1
    assert job["CompletionTime"] < result["Expires"]
    assert job["Content"]["Resources"] == [server.study.split("/")[2]]
    assert job["Content"]["Reused"] is False
    assert server.job(job["ID"])["Content"]["Result"]["Downloads"] == 1


def test_places_in_the_queue(busy_server):
    server = busy_server
    study = f"/studies/{server.slow.study}/archive"
    waiting = [server.submit(study, Reuse=False, Priority=priority) for priority in (1, 5)]

    assert [server.job(job)["Content"]["QueuePosition"] for job in waiting] == [2, 1]


def test_speed(slow_server):
    server = slow_server
    running = server.slow.submit(server, Reuse=False)

    seen = wait_until(lambda: "BytesPerSecond" in server.job(running)["Content"] and
                      server.job(running), "a speed")

    assert seen["EffectiveRuntime"] > 0 or seen["State"] != "Running"
    server.wait_success(running)


# Waiting

def test_wait_returns_at_the_end(slow_server):
    server = slow_server
    job = server.slow.submit(server, Reuse=False)

    shown = server.get_json(f"/jobs/{job}?wait=120")

    assert shown["State"] == "Success"


def test_wait_returns_when_the_time_is_over(slow_server):
    server = slow_server
    job = server.slow.submit(server, Reuse=False)
    post_verb(server, job, "pause")
    server.wait_job(job, "Paused")

    waiting = InBackground(server, f"/jobs/{job}?wait=1")

    assert waiting.wait().json()["State"] == "Paused"
    assert waiting.seconds >= 1


@pytest.mark.parametrize("state", ["Pending", "Paused", "Running"])
def test_cancel_ends_the_wait(busy_server, expect_errors, state):
    """The host has no event for what is canceled before it runs."""
    expect_errors("")
    server = busy_server
    if state == "Running":
        server.release()
    job = server.slow.submit(server, Resources=server.slow.fields["Resources"] * 10, Reuse=False)
    if state == "Paused":
        post_verb(server, job, "pause")
    server.wait_job(job, state)
    waiting = InBackground(server, f"/jobs/{job}?wait=100")
    time.sleep(0.3)                             # either order is right
    assert waiting.is_waiting()

    post_verb(server, job, "cancel")

    assert waiting.wait().json()["ErrorCode"] == 37


def test_wait_for_a_job_of_orthanc(start_server, expect_errors):
    expect_errors("")
    server = start_server({"DicomModalities": {"nobody": ["NOBODY", "127.0.0.1", find_free_port()]},
                           "DicomScuTimeout": 2, **ONE_SLOW_JOB})
    upload_slow(server, copies=100)
    blocker = server.slow.submit(server, Reuse=False)
    server.wait_job(blocker, "Running")
    job = start_foreign(server)
    canceled = start_foreign(server)
    waits = [InBackground(server, f"/jobs/{name}?wait=100") for name in (job, canceled)]
    time.sleep(0.3)
    assert [wait.is_waiting() for wait in waits] == [True, True]

    post_verb(server, canceled, "cancel")
    assert waits[1].wait().json()["ErrorCode"] == 37
    post_verb(server, blocker, "cancel")

    assert waits[0].wait().json()["State"] == "Failure"
    assert waits[0].answer.json()["Type"] == "DicomModalityStore"


def test_nobody_waits_for_what_is_not_there(server, expect_errors):
    expect_errors()

    waiting = InBackground(server, f"/jobs/{UNKNOWN}?wait=100")

    assert waiting.wait(20).status_code == 404
    assert waiting.answer.content == b""
    job = finish(server)
    assert InBackground(server, f"/jobs/{job}?wait=100").wait(20).json()["State"] == "Success"
    check_error(server.get(f"/jobs/{job}?wait=soon"), 400, 3)


def test_waiters_are_bounded_and_leave_at_shutdown(start_server, expect_errors):
    expect_errors("")
    server = start_server({"AdvancedRest": {"Jobs": {"MaxWaiters": 2}, "Archive": {"Threads": 1}}})
    upload_slow(server)
    job = server.slow.submit(server, Reuse=False)
    post_verb(server, job, "pause")
    server.wait_job(job, "Paused")
    waits = [InBackground(server, f"/jobs/{job}?wait=200") for _ in range(3)]

    wait_until(lambda: [wait.is_waiting() for wait in waits].count(False) == 1, "a refusal")
    assert server.job(job)["State"] == "Paused"  # not for who does not wait
    begin = time.monotonic()
    server.stop()

    assert time.monotonic() - begin < 30
    answers = [wait.wait() for wait in waits]
    # A host may close its connections before the answers are out
    assert {answer.status_code for answer in answers if answer is not None} == {503}


# Events

class Events:
    """What a client of Server-Sent Events gets, in a thread of its own."""

    def __init__(self, server, path, headers=None, auth=None):
        self.received = []
        self.comments = 0
        self.changed = threading.Condition()
        self.is_over = False
        self.answer = requests.get(server.url + path, stream=True, timeout=60, headers=headers,
                                   auth=auth)
        assert self.answer.status_code == 200, self.answer.text
        assert self.answer.headers["Content-Type"].startswith("text/event-stream")
        assert self.answer.headers["Cache-Control"] == "no-store"
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        event = {}
        try:
            for line in self.answer.iter_lines(chunk_size=1, decode_unicode=True):
                with self.changed:
                    if line.startswith(":"):
                        self.comments += 1
                    elif line:
                        name, value = line.split(": ", 1)
                        event[name] = value
                    elif event:
                        event["data"] = json.loads(event["data"])
                        self.received.append(event)
                        event = {}
                    self.changed.notify_all()
        except requests.RequestException:
            pass
        with self.changed:
            self.is_over = True
            self.changed.notify_all()

    def wait_for(self, condition, seconds=60):
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), seconds), self.received
        return self.received

    def wait_end(self):
        return self.wait_for(lambda events: events.is_over)

    def list_states(self, job=None):
        return [event["data"]["State"] for event in self.received
                if event["event"] == "state" and job in (None, event["data"]["ID"])]


@pytest.mark.parametrize("path", ["/advanced-rest/events", "/jobs/{job}/events"])
def test_events_where_nothing_can_be_streamed(server, expect_errors, path):
    expect_errors("")
    job = finish(server)

    answer = requests.get(server.url + path.format(job=job), stream=True, timeout=60)

    assert answer.status_code == (200 if CAN_STREAM else 501)
    if not CAN_STREAM:
        assert "?wait=" in answer.json()["Details"]
    answer.close()
    assert server.get(f"/jobs/{UNKNOWN}/events").status_code == 404


def check_job_events(server):
    job = server.slow.submit(server, Reuse=False)

    events = Events(server, f"/jobs/{job}/events")
    received = events.wait_end()

    states = events.list_states()
    assert states[-1] == "Success" and states[0] in ("Pending", "Running")
    progress = [event["data"]["Progress"] for event in received]
    assert progress == sorted(progress) and progress[-1] == 100
    assert {event["event"] for event in received} <= {"state", "progress"}
    assert all(event["data"]["ID"] == job for event in received)
    return job, received


def check_continued_events(server, job, received):
    again = Events(server, f"/jobs/{job}/events", {"Last-Event-ID": received[0]["id"]}).wait_end()
    assert [event["id"] for event in again] == [event["id"] for event in received[1:]]
    seen = server.get(f"/jobs/{job}/events", headers={"Last-Event-ID": received[-1]["id"]})
    assert (seen.status_code, seen.content) == (204, b"")
    reset = Events(server, f"/jobs/{job}/events", {"Last-Event-ID": "another-5"}).wait_end()
    assert [event["event"] for event in reset] == ["reset", "state"]


def check_all_events(server):
    events = Events(server, "/advanced-rest/events")
    job = finish(server)
    events.wait_for(lambda events: "Success" in events.list_states(job))
    server.get(server.study)
    events.wait_for(lambda events: events.list_states().count("Success") >= 2)
    assert server.delete(f"/jobs/{job}").status_code == 200
    events.wait_for(lambda events: any(event["event"] == "removed" and event["data"]["ID"] == job
                                       for event in events.received))
    return events


def test_events(slow_server, expect_errors):
    """From the first state to the end of the server."""
    expect_errors("")
    server = slow_server
    if not CAN_STREAM:
        assert server.get("/advanced-rest/events").status_code == 501
        return
    job, received = check_job_events(server)
    check_continued_events(server, job, received)

    everything = check_all_events(server)
    everything.wait_for(lambda events: events.comments >= 1, seconds=40)
    begin = time.monotonic()
    server.stop()

    everything.wait_end()
    assert time.monotonic() - begin < 30


# Actions on many

def act(server, verb, **body):
    answer = server.post(f"/advanced-rest/jobs/{verb}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_actions_on_many(slow_server, expect_errors):
    expect_errors("")
    server = slow_server
    done = finish(server)
    running = server.slow.submit(server, Resources=server.slow.fields["Resources"] * 10)
    server.wait_job(running, "Running")
    waiting = [server.submit(server.study, Reuse=False) for _ in range(3)]

    canceled = act(server, "cancel", State=["Pending", "Running"])

    assert sorted(canceled["Done"]) == sorted([running, *waiting])
    assert canceled["Failed"] == {}
    for job in canceled["Done"]:
        assert server.wait_job(job)["ErrorCode"] == 37
    again = act(server, "resubmit", Ids=[waiting[0], done, UNKNOWN])
    assert again["Done"] == [waiting[0]]
    assert set(again["Failed"]) == {done, UNKNOWN}
    server.wait_success(waiting[0])
    deleted = act(server, "delete", All=True)
    assert sorted(deleted["Done"]) == sorted([done, running, *waiting])
    assert server.get_json("/jobs") == []
    assert server.get_json("/jobs?count")["Count"] == 0
    assert not [name for name in server.list_spool() if name.endswith((".zip", ".part"))]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"All": false}', '{"Stat": "Failure"}',
                                  '{"State": "Done"}', '{"Since": 5}', '{"All": true'])
@pytest.mark.parametrize("verb", ["cancel", "resubmit", "delete"])
def test_wrong_filters_do_nothing(server, expect_errors, verb, body):
    expect_errors()
    job = finish(server)

    answer = server.post(f"/advanced-rest/jobs/{verb}", body)

    assert answer.status_code == 400
    assert server.job(job)["State"] == "Success"


@pytest.mark.parametrize("method, path, allowed", [
    ("GET", "/advanced-rest/jobs/cancel", "POST"), ("PUT", "/advanced-rest/jobs/delete", "POST"),
    ("POST", "/advanced-rest/archives", "GET"), ("PUT", "/advanced-rest/archives/x", "GET,DELETE"),
    ("POST", "/advanced-rest/events", "GET"), ("DELETE", "/jobs/x/events", "GET"),
    ("GET", "/jobs/x/archive/pin", "PUT,DELETE"), ("POST", "/jobs/x/priority", "GET,PUT,DELETE"),
])
def test_wrong_methods(server, expect_errors, method, path, allowed):
    expect_errors()

    answer = server.request(method, path, data=b"")

    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("body, code", [(b"", 15), (b"five", 15), (b'"5"', 15), (b"5.5", 15),
                                        (b"99999999999", 5)])
def test_wrong_priorities(server, expect_errors, body, code):
    expect_errors()
    check_error(server.put(f"/jobs/{finish(server)}/priority", body), 400, code)


def test_priority_of_what_does_not_wait(server, expect_errors):
    expect_errors("")

    answer = server.put(f"/jobs/{finish(server)}/priority", b"5")

    assert answer.status_code == 409 and answer.json()["Details"]
    check_error(server.put(f"/jobs/{UNKNOWN}/priority", b"5"), 404, 7)


def test_deleted_job_does_not_come_back(server, expect_errors):
    """Also on hosts that delete no jobs: theirs has worked for us."""
    expect_errors()
    job = finish(server)

    assert server.delete(f"/jobs/{job}").status_code == 200

    assert job not in server.get_json("/jobs")
    assert job not in [shown["ID"] for shown in server.get_json("/jobs?expand")]
    assert job not in server.get_json("/jobs?order=asc")
    assert server.get(f"/jobs/{job}").status_code == 404
    assert server.post(f"/jobs/{job}/resubmit", b"").status_code == 400


# Whose jobs are whose

USERS = {"alice": "a", "bob": "b", "root": "r"}


@pytest.fixture
def private_server(start_server):
    server = start_server({
        "AuthenticationEnabled": True, "RegisteredUsers": USERS, "RemoteAccessAllowed": True,
        "AdvancedRest": {"Jobs": {"OwnJobsOnly": True, "Administrators": ["root"]}}},
        should_start=False)
    server.is_up = lambda: is_up(server)
    server.launch()
    server.wait_start()
    return server


def is_up(server):
    assert server.process.poll() is None, server.read_log()[-3000:]
    try:
        return requests.get(server.url + "/system", auth=("root", "r"), timeout=30).status_code == 200
    except requests.ConnectionError:
        return False


def test_users_see_their_own(private_server, expect_errors):
    expect_errors("")
    server = private_server
    auth = {name: (name, password) for name, password in USERS.items()}
    study = server.post("/instances", make_dicom(), auth=auth["root"]).json()["ParentStudy"]
    path = f"/studies/{study}/archive"
    job = server.post(path, {"Asynchronous": True}, auth=auth["alice"]).json()["ID"]
    assert server.get(f"/jobs/{job}?wait=60", auth=auth["alice"]).json()["State"] == "Success"
    server.get(path, auth=auth["alice"])
    archive = server.get("/advanced-rest/archives", auth=auth["alice"]).json()[0]["Id"]

    for name in ("alice", "root"):
        assert job in server.get("/jobs", auth=auth[name]).json()
        assert server.get("/jobs?count", auth=auth[name]).json()["Count"] == 2
        assert server.get(f"/jobs/{job}/archive", auth=auth[name]).status_code == 200
        assert server.get(f"/advanced-rest/archives/{archive}", auth=auth[name]).status_code == 200

    bob = {"auth": auth["bob"]}
    assert server.get("/jobs", **bob).json() == []
    assert server.get("/jobs?count", **bob).json() == {"Count": 0}
    assert server.get("/advanced-rest/archives", **bob).json() == []
    for method, suffix, status in (("GET", "", 404), ("GET", "/archive", 404), ("GET", "/events", 404),
                                   ("GET", "/deliveries", 404), ("POST", "/cancel", 400),
                                   ("PUT", "/priority", 404), ("PUT", "/archive/pin", 404),
                                   ("DELETE", "/archive", 404 if HAS_OUTPUT_DELETION else 405)):
        answers = [server.request(method, f"/jobs/{name}{suffix}", data=b"5", **bob)
                   for name in (job, UNKNOWN)]
        assert [answer.status_code for answer in answers] == [status] * 2, (method, suffix)
        texts = [answer.text.replace(job, UNKNOWN) for answer in answers]
        assert texts[0] == texts[1]
    for verb in ("cancel", "resubmit", "delete"):
        answer = server.post(f"/advanced-rest/jobs/{verb}", {"All": True}, **bob)
        assert answer.json() == {"Done": [], "Failed": {}}
        answer = server.post(f"/advanced-rest/jobs/{verb}", {"Ids": [job]}, **bob)
        assert (answer.json()["Done"], list(answer.json()["Failed"])) == ([], [job])
    assert server.get(f"/jobs/{job}?wait=60", **bob).status_code == 404
    assert server.get(f"/advanced-rest/archives/{archive}", **bob).status_code == 404
    assert server.delete(f"/advanced-rest/archives/{archive}", **bob).status_code == 404

    # What another user has made is not used again
    own = server.post(path, {"Asynchronous": True}, **bob).json()["ID"]
    shown = server.get(f"/jobs/{own}?wait=60", **bob).json()
    assert (shown["State"], shown["Content"]["Reused"]) == ("Success", False)


def test_users_have_their_own_keys(private_server, expect_errors):
    """The same Idempotency-Key of two users is two jobs."""
    expect_errors("")
    server = private_server
    auth = {name: (name, password) for name, password in USERS.items()}
    study = server.post("/instances", make_dicom(), auth=auth["root"]).json()["ParentStudy"]

    def submit(name):
        answer = server.post(f"/studies/{study}/archive", {"Asynchronous": True}, auth=auth[name],
                             headers={"Idempotency-Key": "shared"})
        assert answer.status_code == 200, answer.text
        return answer.json()["ID"]

    first = {name: submit(name) for name in auth}

    assert len(set(first.values())) == 3
    assert {name: submit(name) for name in auth} == first


def test_users_hear_of_their_own(private_server, expect_errors):
    expect_errors("")
    server = private_server
    auth = {name: (name, password) for name, password in USERS.items()}
    path = "/studies/" + server.post("/instances", make_dicom(),
                                     auth=auth["root"]).json()["ParentStudy"] + "/archive"
    if not CAN_STREAM:
        assert server.get("/advanced-rest/events", auth=auth["bob"]).status_code == 501
        return
    streams = {name: Events(server, "/advanced-rest/events", auth=auth[name]) for name in ("bob", "root")}

    jobs = {}
    for name in ("alice", "bob"):
        jobs[name] = server.post(path, {"Asynchronous": True}, auth=auth[name]).json()["ID"]
        shown = server.get(f"/jobs/{jobs[name]}?wait=60", auth=auth[name]).json()
        assert shown["State"] == "Success"

    for name, events in streams.items():
        events.wait_for(lambda events: "Success" in events.list_states(jobs["bob"]))
        heard = {event["data"]["ID"] for event in events.received}
        assert heard == ({jobs["bob"]} if name == "bob" else set(jobs.values()))
