# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Receivers are told when a job has ended: those that may be told, whatever happens in between."""

import hashlib
import hmac
import json
import os
import stat
import threading
import time

import pytest

from dicom_samples import make_dicom, make_study
from orthanc_server import Server, find_free_port, wait_until
from receiver import Receiver

SECRET = "a secret of this test"


@pytest.fixture
def start_receiver():
    """start_receiver(answer, port): answer(number, request) gives status and headers, or None for silence."""
    receivers = []

    def start(*arguments, **options):
        receivers.append(Receiver(*arguments, **options))
        return receivers[-1]

    yield start
    for receiver in receivers:
        receiver.close()


def make_configuration(*targets, **options):
    """Loopback is allowed unless the test says otherwise."""
    webhooks = {"Targets": [target if isinstance(target, dict) else {"Url": target}
                            for target in targets],
                "AllowedAddresses": ["127.0.0.1"], "RetryDelaySeconds": 1, "TimeoutSeconds": 10}
    return {"AdvancedRest": {"Webhooks": {**webhooks, **options}}}


def upload_study(server):
    stored = server.upload_all(make_study("Doe", "1", series=1, instances=2, PatientName="Doe^Jane"))
    return f"/studies/{stored[0]['ParentStudy']}/archive"


def get_deliveries(server, job_id):
    return server.get_json(f"/jobs/{job_id}/deliveries")


def wait_delivery(server, job_id, condition, what):
    """The only delivery of this job, once the condition is true."""
    def reached():
        deliveries = get_deliveries(server, job_id)
        assert len(deliveries) <= 1, deliveries
        return deliveries[0] if deliveries and condition(deliveries[0]) else None

    return wait_until(reached, what)


def wait_state(server, job_id, state):
    return wait_delivery(server, job_id, lambda delivery: delivery["State"] == state, state)


def wait_attempts(server, job_id, count=1):
    return wait_delivery(server, job_id, lambda delivery: len(delivery["Attempts"]) >= count,
                         f"{count} attempts")


def is_genuine(secret, headers, body, tolerance_seconds=300):
    """As Resources/Formats/Webhook.md tells receivers."""
    timestamp = headers["X-Advanced-Rest-Timestamp"]
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    is_signed = hmac.compare_digest("sha256=" + expected, headers["X-Advanced-Rest-Signature"])
    return is_signed and abs(time.time() - int(timestamp)) <= tolerance_seconds


# What is told

def test_success_is_told(start_server, start_receiver):
    receiver = start_receiver()
    server = start_server(make_configuration(receiver.origin + "/hook?token=1", Secret=SECRET))
    path = upload_study(server)

    job_id = server.submit(path, UserData={"about": "Doe"}, Filename="Doe.zip")
    request = receiver.wait_for(1)[0]

    assert (request["method"], request["path"]) == ("POST", "/hook?token=1")
    assert request["headers"]["Content-Type"] == "application/json"
    assert request["headers"]["User-Agent"].startswith("OrthancAdvancedRest/")
    assert is_genuine(SECRET, request["headers"], request["body"])
    assert not is_genuine("another", request["headers"], request["body"])
    assert b"Doe" not in request["body"] and b"Jane" not in request["body"]

    body = json.loads(request["body"])
    shown = server.wait_success(job_id)
    assert body["Event"] == "job.success"
    assert body["DeliveryID"] == request["headers"]["X-Advanced-Rest-Delivery"]
    told = body["Job"]
    assert told["ID"] == job_id
    for name in ("Type", "State", "ErrorCode", "ErrorDescription"):
        assert told[name] == shown[name], name
    assert told["Path"] == f"/jobs/{job_id}"
    result = server.get(told["ResultPath"])
    assert (result.status_code, len(result.content)) == (200, told["Size"])

    delivery = wait_state(server, job_id, "Delivered")
    assert delivery["ID"] == body["DeliveryID"]
    assert delivery["Url"] == receiver.origin + "/hook"
    assert [(attempt["HttpStatus"], attempt["Error"]) for attempt in delivery["Attempts"]] == [(200, "")]
    assert len(receiver.requests) == 1


def test_cancel_is_told(start_server, start_receiver):
    receiver = start_receiver()
    server = start_server({**make_configuration(receiver.origin), "ConcurrentJobs": 1})
    stored = server.upload_all([make_dicom("slow", instance=number, rows=1024, columns=1024)
                                for number in range(1, 5)])
    resources = [item["ID"] for item in stored] * 15
    job_id = server.submit("/tools/create-archive", Resources=resources, Compression="Dense")

    assert server.post(f"/jobs/{job_id}/cancel", b"").status_code == 200
    body = json.loads(receiver.wait_for(1)[0]["body"])

    assert body["Event"] == "job.failure"
    assert body["Job"]["ID"] == job_id
    assert (body["Job"]["State"], body["Job"]["ErrorCode"]) == ("Failure", 37)
    assert "ResultPath" not in body["Job"]


def test_synchronous_archive_is_not_told(start_server, start_receiver):
    receiver = start_receiver()
    server = start_server(make_configuration(receiver.origin))
    path = upload_study(server)

    assert server.get(path).status_code == 200
    job_id = server.submit(path)
    wait_state(server, job_id, "Delivered")

    assert len(receiver.requests) == 1


def test_every_target_is_told_with_its_own_secret(start_server, start_receiver):
    receivers = [start_receiver() for _ in range(3)]
    server = start_server(make_configuration(
        receivers[0].origin, {"Url": receivers[1].origin, "Secret": "own"},
        {"Url": receivers[2].origin, "Secret": ""}, Secret=SECRET))

    job_id = server.submit(upload_study(server))
    first, second, third = [receiver.wait_for(1)[0] for receiver in receivers]

    assert is_genuine(SECRET, first["headers"], first["body"])
    assert is_genuine("own", second["headers"], second["body"])
    assert "X-Advanced-Rest-Signature" not in third["headers"]
    assert len({json.loads(item["body"])["DeliveryID"] for item in (first, second, third)}) == 3
    assert len(get_deliveries(server, job_id)) == 3


# Receivers that fail

def test_receiver_is_down_then_up(start_server, start_receiver):
    port = find_free_port()
    server = start_server(make_configuration(f"http://127.0.0.1:{port}/"))
    job_id = server.submit(upload_study(server))

    delivery = wait_attempts(server, job_id)
    assert delivery["State"] == "Pending"
    assert delivery["Attempts"][0]["Error"] == "ConnectionFailed"
    assert delivery["NextAttemptTime"] > delivery["Attempts"][0]["Time"]
    receiver = start_receiver(port=port)

    receiver.wait_for(1)
    assert wait_state(server, job_id, "Delivered")["ID"] == delivery["ID"]


def test_slow_receiver_delays_nobody_else(start_server, start_receiver):
    slow = start_receiver(lambda number, request: None if number < 2 else (200, {}))
    quick = start_receiver()
    server = start_server(make_configuration(slow.origin, quick.origin, TimeoutSeconds=2))

    job_id = server.submit(upload_study(server))
    slow.wait_for(1)
    quick.wait_for(1)

    def settled():
        deliveries = {item["Url"]: item for item in get_deliveries(server, job_id)}
        return deliveries if {"Delivered"} == {item["State"] for item in deliveries.values()} else None

    deliveries = wait_until(settled, "both deliveries")
    attempts = deliveries[slow.origin + "/"]["Attempts"]
    assert [item["Error"] for item in attempts] == ["TimedOut", "TimedOut", ""]
    assert len(deliveries[quick.origin + "/"]["Attempts"]) == 1


def test_error_then_success(start_server, start_receiver):
    receiver = start_receiver(lambda number, request: (500 if number == 0 else 200, {}))
    server = start_server(make_configuration(receiver.origin, Secret=SECRET))

    job_id = server.submit(upload_study(server))
    first, second = receiver.wait_for(2)

    assert first["body"] == second["body"]
    name = "X-Advanced-Rest-Delivery"
    assert first["headers"][name] == second["headers"][name]
    assert all(is_genuine(SECRET, item["headers"], item["body"]) for item in (first, second))
    attempts = wait_state(server, job_id, "Delivered")["Attempts"]
    assert [(item["HttpStatus"], item["Error"]) for item in attempts] == [(500, "BadStatus"), (200, "")]


@pytest.mark.parametrize("status, attempts", [(410, 1), (503, 2)])
def test_receiver_is_given_up(start_server, start_receiver, status, attempts):
    receiver = start_receiver(lambda number, request: (status, {}))
    server = start_server(make_configuration(receiver.origin, MaxAttempts=2))

    job_id = server.submit(upload_study(server))

    assert len(wait_state(server, job_id, "Failed")["Attempts"]) == attempts
    assert len(receiver.requests) == attempts
    assert "was given up" in server.read_log()


def test_nothing_secret_is_logged(start_server):
    """Neither secrets nor what URLs may contain, nor anything about the patient."""
    url = f"http://127.0.0.1:{find_free_port()}/hook"
    server = start_server(make_configuration(url + "?token=hidden1", AllowedUrls=[url], Secret=SECRET,
                                             MaxAttempts=1))
    job_id = server.submit(upload_study(server), NotifyUrl=url + "?token=hidden2", Filename="Doe.zip",
                           UserData={"about": "Doe"})

    wait_until(lambda: [item["State"] for item in get_deliveries(server, job_id)] == ["Failed"] * 2,
               "both deliveries to be given up")

    log = server.read_log()
    assert log.count("was given up") == 2
    for text in (SECRET, "hidden", "Doe", "Jane"):
        assert text not in log, text
    shown = [server.get(path).text for path in (f"/jobs/{job_id}", f"/jobs/{job_id}/deliveries",
                                                "/advanced-rest/archives", "/system", "/plugins")]
    for text in (SECRET, "hidden"):
        assert not [answer for answer in shown if text in answer], text


# Where a delivery may go

def test_redirection_to_loopback_is_refused(start_server, start_receiver):
    other = start_receiver()
    receiver = start_receiver(lambda number, request: (302, {"Location": other.origin + "/"}))
    server = start_server(make_configuration(receiver.origin, MaxAttempts=1))

    job_id = server.submit(upload_study(server))

    attempt = wait_state(server, job_id, "Failed")["Attempts"][0]
    assert (attempt["HttpStatus"], attempt["Error"]) == (302, "RedirectNotAllowed")
    assert not other.requests


def test_address_of_a_redirection_is_checked(start_server, start_receiver):
    other = start_receiver(address="127.0.0.2")
    receiver = start_receiver(lambda number, request: (307, {"Location": other.origin + "/"}))
    server = start_server(make_configuration(receiver.origin, AllowedUrls=[other.origin], MaxAttempts=1))

    job_id = server.submit(upload_study(server))

    assert wait_state(server, job_id, "Failed")["Attempts"][0]["Error"] == "AddressNotAllowed"
    assert not other.requests


def test_allowed_redirection_is_followed(start_server, start_receiver):
    other = start_receiver()
    receiver = start_receiver(lambda number, request: (302, {"Location": other.origin + "/hooks/1"}))
    server = start_server(make_configuration(receiver.origin, AllowedUrls=[other.origin + "/hooks"]))

    job_id = server.submit(upload_study(server))
    request = other.wait_for(1)[0]

    assert (request["method"], request["path"]) == ("POST", "/hooks/1")
    assert request["body"] == receiver.requests[0]["body"]
    wait_state(server, job_id, "Delivered")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_private_address_is_refused(start_server, start_receiver, host):
    receiver = start_receiver()
    server = start_server(make_configuration(f"http://{host}:{receiver.port}/", AllowedAddresses=[],
                                             MaxAttempts=1))

    job_id = server.submit(upload_study(server))

    assert wait_state(server, job_id, "Failed")["Attempts"][0]["Error"] == "AddressNotAllowed"
    assert not receiver.requests


def test_proxy_of_the_environment_is_ignored(start_server, start_receiver):
    proxy = start_receiver()
    receiver = start_receiver()
    environment = {name: proxy.origin for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")}
    server = start_server(make_configuration(receiver.origin), environment=environment)

    job_id = server.submit(upload_study(server))

    wait_state(server, job_id, "Delivered")
    assert (len(receiver.requests), len(proxy.requests)) == (1, 0)


# "NotifyUrl"

def test_notify_url_of_a_request(start_server, start_receiver):
    receiver = start_receiver()
    server = start_server(make_configuration(AllowedUrls=[receiver.origin + "/hooks"], Secret=SECRET))
    path = upload_study(server)

    told = server.submit(path, NotifyUrl=receiver.origin + "/hooks/1?token=2")
    untold = server.submit(path, Filename="other.zip")
    request = receiver.wait_for(1)[0]

    assert request["path"] == "/hooks/1?token=2"
    assert json.loads(request["body"])["Job"]["ID"] == told
    assert is_genuine(SECRET, request["headers"], request["body"])
    assert wait_state(server, told, "Delivered")["Url"] == receiver.origin + "/hooks/1"
    server.wait_success(untold)
    assert get_deliveries(server, untold) == []
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("url", [
    "http://127.0.0.1:1/hooks", "https://127.0.0.1:{port}/hooks", "http://localhost:{port}/hooks",
    "http://127.0.0.1:{port}/", "http://127.0.0.1:{port}/hooks2", "http://127.0.0.1:{port}/hooks/../x",
    "http://127.0.0.1:{port}/hooks/%2e%2e/x", "http://user@127.0.0.1:{port}/hooks",
    "http://127.0.0.1:{port}@other/hooks", "http://127.1:{port}/hooks", "http://127.0.0.1:{port}\\hooks",
    "http://127.0.0.1:{port}/hooks#x", "ftp://127.0.0.1:{port}/hooks", "/hooks", "", 5, ["x"]])
def test_notify_url_must_be_allowed(notify_server, expect_errors, url):
    expect_errors()
    server, receiver, path = notify_server
    if isinstance(url, str):
        url = url.replace("{port}", str(receiver.port))

    answer = server.post(path, {"Asynchronous": True, "NotifyUrl": url})

    assert answer.status_code == 400
    assert "NotifyUrl" in answer.text
    assert not receiver.requests


@pytest.fixture(scope="module")
def notify_server(start_module_server):
    """A server that allows one URL, its receiver, and the path of an archive."""
    receiver = Receiver()
    server = start_module_server(make_configuration(
        AllowedUrls=[f"http://127.0.0.1:{receiver.port}/hooks"]))
    yield server, receiver, upload_study(server)
    receiver.close()


def test_notify_url_is_off_by_default(start_server, start_receiver, expect_errors):
    expect_errors()
    receiver = start_receiver()
    server = start_server()

    answer = server.post(upload_study(server), {"Asynchronous": True, "NotifyUrl": receiver.origin})

    assert answer.status_code == 400
    assert "AllowedUrls" in answer.text


# Restarts

def test_delivery_survives_a_kill(start_server, start_receiver):
    port = find_free_port()
    server = start_server(make_configuration(f"http://127.0.0.1:{port}/", MaxAttempts=50))
    job_id = server.submit(upload_study(server))
    delivery = wait_attempts(server, job_id)

    server.kill()
    receiver = start_receiver(port=port)
    server.start()

    body = json.loads(receiver.wait_for(1)[0]["body"])
    assert (body["DeliveryID"], body["Job"]["ID"]) == (delivery["ID"], job_id)
    assert len(wait_state(server, job_id, "Delivered")["Attempts"]) >= 2
    assert len(receiver.requests) == 1


def test_kill_during_an_attempt_repeats_it(start_server, start_receiver):
    receiver = start_receiver(lambda number, request: None if number == 0 else (200, {}))
    server = start_server(make_configuration(receiver.origin, TimeoutSeconds=300))
    job_id = server.submit(upload_study(server))
    receiver.wait_for(1)

    server.kill()
    server.start()

    first, second = receiver.wait_for(2)
    assert first["body"] == second["body"]
    wait_state(server, job_id, "Delivered")


def test_stop_does_not_wait_for_a_receiver(start_server, start_receiver):
    receiver = start_receiver(lambda number, request: None if number == 0 else (200, {}))
    server = start_server(make_configuration(receiver.origin, TimeoutSeconds=300))
    job_id = server.submit(upload_study(server))
    receiver.wait_for(1)

    server.restart()

    receiver.wait_for(2)
    wait_state(server, job_id, "Delivered")


def test_url_that_is_not_allowed_any_more(start_server, start_receiver):
    port = find_free_port()
    server = start_server(make_configuration(f"http://127.0.0.1:{port}/", MaxAttempts=50))
    job_id = server.submit(upload_study(server))
    wait_attempts(server, job_id)
    server.stop()
    receiver = start_receiver(port=port)

    server.configuration["AdvancedRest"] = {}
    server.start()

    assert wait_state(server, job_id, "Failed")["Attempts"][-1]["Error"] == "UrlNotAllowed"
    assert not receiver.requests


def test_files_are_for_the_owner_only(start_server):
    server = start_server(make_configuration(f"http://127.0.0.1:{find_free_port()}/"))
    job_id = server.submit(upload_study(server))
    delivery = wait_attempts(server, job_id)

    folder = os.path.join(server.spool, "deliveries")
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert os.listdir(folder) == [delivery["ID"] + ".json"]
    assert stat.S_IMODE(os.stat(os.path.join(folder, delivery["ID"] + ".json")).st_mode) == 0o600


# The rest of the interface

def test_jobs_without_deliveries(start_server, expect_errors):
    expect_errors()
    server = start_server()
    job_id = server.submit(upload_study(server))
    server.wait_success(job_id)

    assert get_deliveries(server, job_id) == []
    assert server.get("/jobs/00000000-0000-4000-8000-000000000000/deliveries").status_code == 404
    answer = server.delete(f"/jobs/{job_id}/deliveries")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize("options, name", [
    ({"Targets": [{"Url": "host"}]}, "AdvancedRest.Webhooks.Targets[0].Url"),
    ({"AllowedUrls": ["http://user@host/"]}, "AdvancedRest.Webhooks.AllowedUrls[0]"),
    ({"AllowedAddresses": ["127.0.0.1", "10.0.0.1/8"]}, "AdvancedRest.Webhooks.AllowedAddresses[1]"),
    ({"MaxAttempts": 0}, "AdvancedRest.Webhooks.MaxAttempts"),
    ({"Target": []}, "AdvancedRest.Webhooks.Target")], ids=str)
def test_wrong_options_stop_the_start(tmp_path, options, name):
    server = Server(tmp_path, {"AdvancedRest": {"Webhooks": options}})

    assert server.launch().wait_for_end() != 0
    assert f'"{name}"' in server.read_log()
