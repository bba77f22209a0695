# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Our own page in a real browser."""

import re

import pytest

from browser_driver import host, run_scenario, start_on_host  # noqa: F401, pylint: disable=unused-import
from dicom_samples import make_study
from document_samples import make_pdf

MARKUP = '<img src=x onerror="alert(1)">'
PDF = {"Content-Type": "application/pdf"}
CAN_STREAM = {"bookworm": False, "trixie": True, "forky": True}


class Content:
    """A server with some jobs, one of them failed, and documents."""

    def __init__(self, server):
        self.server = server
        stored = server.upload_all(make_study("P1", "1"))
        self.study = stored[0]["ParentStudy"]
        evil = server.upload_all(make_study("<b>P2</b>", "2", series=1, PatientName=MARKUP,
                                            StudyDescription=MARKUP))
        self.evil_study = evil[0]["ParentStudy"]
        for number, title in enumerate(["First", MARKUP]):
            answer = server.request("POST", f"/studies/{self.evil_study}/documents", data=make_pdf(title, pages=number + 2),
                                    headers={**PDF, "Document-Title": title})
            assert answer.status_code == 200, answer.text
        self.jobs = [self.make_job(self.study, f"CT {number}.zip") for number in range(3)]
        self.evil_job = self.make_job(self.evil_study, MARKUP + ".zip")
        # Nobody listens there
        server.put("/modalities/dead", '{"AET": "DEAD", "Host": "127.0.0.1", "Port": 1}')
        failing = server.post("/modalities/dead/store", {"Resources": [self.study], "Asynchronous": True})
        self.failed = failing.json()["ID"]
        assert server.wait_job(self.failed)["State"] == "Failure"

    def make_job(self, study, name):
        job = self.server.submit(f"/studies/{study}/archive", Filename=name, Reuse=False)
        self.server.wait_success(job)
        return job


@pytest.fixture(scope="module")
def server(start_on_host):  # noqa: F811
    """An empty one."""
    return start_on_host()


@pytest.fixture(scope="module")
def content(start_on_host):  # noqa: F811
    # A page that has left is noticed with the next heartbeat
    return Content(start_on_host({"ConcurrentJobs": 1, "DicomScuTimeout": 300,
                                  "AdvancedRest": {"Jobs": {"MaxWaiters": 45}}}))


@pytest.fixture(autouse=True)
def errors_of_peers(expect_errors):
    """Receivers that do not answer, and pages that leave while they hear of events, are part of the tests."""
    expect_errors(r"DicomAssociation|TCP Initialization|DICOM|JobsRegistry|Association|OrthancException|"
                  r"Error in the network protocol")


@pytest.mark.parametrize("path", ["/advanced-rest/app", "/advanced-rest/app/",
                                  "/advanced-rest/app/index.html"])
def test_the_page_opens(server, path):
    result = run_scenario("open", server, path=path, selector="html[data-ready]")

    assert result == {"title": "Jobs – Orthanc Advanced REST", "status": 200}


def test_policy_size_and_proxy(server):
    result = run_scenario("policy", server)

    assert result["bytes"] < 100_000
    assert result["markup"] == "TypeError"
    assert result["inline"] == "style-src-elem"
    assert result["wrong"] == []


def test_jobs(content, host):  # noqa: F811
    result = run_scenario("jobs", content.server, text="ct 1", found=1)

    assert "CT 0.zip" in result["names"] and MARKUP + ".zip" in result["names"]
    assert result["markup"] == 0
    assert result["live"] == ("Live" if CAN_STREAM[host] else "Every 2 seconds")
    assert "Failed\n1" in result["chips"] or "Failed1" in result["chips"], result["chips"]
    assert result["failed"] == ["Sending by DICOM → DEAD"]
    assert "did not answer" in result["failure"] and "Orthanc says" in result["failure"]
    assert result["found"] == ["CT 1.zip"]
    assert result["expanded"] == "true"
    assert content.study in result["details"].replace("\n", "") and content.jobs[1] in result["details"]
    assert result["download"] == 200


def test_a_job_while_the_page_is_open(content, host):  # noqa: F811
    result = run_scenario("live", content.server, study=content.study)

    assert result == {"mode": "Live" if CAN_STREAM[host] else "Every 2 seconds", "name": "Live.zip"}


def test_actions(content):
    job = content.make_job(content.study, MARKUP + "2")

    result = run_scenario("actions", content.server, job=job, allowed=["403"])

    assert "You are not allowed to do this" in result["refused"] and "Orthanc says: No" in result["refused"]
    assert MARKUP + "2" in result["pinned"] and MARKUP + "2" in result["question"]
    assert result["rows"] == 1
    assert content.server.get(f"/jobs/{job}").status_code == 404


def test_a_download_is_announced_after_a_reload(content):
    result = run_scenario("reload", content.server, study=content.study)

    assert result["state"] == "Success"
    assert result["stillRunning"] == ['"Waited for.zip" is still running (0%).']
    assert result["announced"] == ['"Waited for.zip" is ready.']
    assert result["path"] == f"/jobs/{result['job']}/archive"
    assert result["again"] == []


def test_documents(content):
    result = run_scenario("documents", content.server, patient="P2")

    assert result["studies"] == [MARKUP]
    assert MARKUP in result["patients"][0] and "<b>P2</b>" in result["patients"][0]
    assert sorted(result["titles"]) == sorted(["First", MARKUP])
    assert result["markup"] == 0
    assert result["address"] == "#documents/"
    assert result["preview"] == result["focus"] == result["titles"][0]
    assert result["firstPage"].startswith("Page 1 of ") and result["secondPage"].startswith("Page 2 of ")
    assert result["download"] == [200, "%PDF-"]


def test_10000_jobs_and_1000_documents(server, record_property):
    result = run_scenario("many", server, jobs=10_000, documents=1_000)

    assert (result["jobRows"], result["secondRows"], result["searchRows"], result["documentRows"]) == (50,) * 4
    assert result["range"] == "1–50 of 10,000"
    assert result["documents"] == "1,000 documents"
    for name in ("jobsMilliseconds", "searchMilliseconds", "documentsMilliseconds"):
        record_property(name, result[name])


def test_health(content, host):  # noqa: F811
    result = run_scenario("health", content.server)

    levels = {name: level for level, name, _, _ in result["findings"]}
    assert levels["jobs"] == "warn"
    assert levels["stream"] == ("good" if CAN_STREAM[host] else "note")
    assert levels["metrics"] == "good" and levels["preview"] == "good"
    assert all(todo for level, _, _, todo in result["findings"] if level != "good")
    # That of the fixture, and that of the receiver which never answers
    assert re.search(r"Failed jobs in the last 24 hours: [12] ", str(result["findings"]))
    assert result["off"] == []


def test_health_of_a_server_with_much_switched_off(start_on_host):  # noqa: F811
    server = start_on_host({"MetricsEnabled": False, "AdvancedRest": {
        "Documents": False, "Media": False, "Spool": {"MaxSizeMB": 1}}})

    result = run_scenario("health", server)

    found = {(level, name) for level, name, _, _ in result["findings"]}
    assert {("warn", "metrics"), ("note", "takeover"), ("good", "spool")} <= found
    assert result["summary"].startswith("1 warning") or "warnings" in result["summary"]
    assert [text for _, name, text, _ in result["findings"] if name == "takeover"] == [
        '"Media" is switched off: media with DICOMDIR are made by Orthanc itself.',
        '"Documents" is switched off: documents cannot be attached, listed or previewed.']
    assert result["off"] == ["Documents"]


def test_jobs_of_the_host_alone(start_on_host):  # noqa: F811
    server = start_on_host({"AdvancedRest": {"Jobs": False}})
    study = server.upload_all(make_study("P1", "1"))[0]["ParentStudy"]
    server.put("/modalities/dead", '{"AET": "DEAD", "Host": "127.0.0.1", "Port": 1}')
    job = server.post("/modalities/dead/store", {"Resources": [study], "Asynchronous": True}).json()["ID"]
    server.wait_job(job)

    result = run_scenario("plain", server)

    assert result["names"] == ["Sending by DICOM → DEAD"]
    assert "switched off" in result["notice"]
    assert result["off"] == ["Archives"]


def test_own_jobs_only(start_on_host):  # noqa: F811
    users = {"alice": "a", "bob": "b", "root": "r"}
    server = start_on_host({
        "AuthenticationEnabled": True, "RegisteredUsers": users, "RemoteAccessAllowed": True,
        "AdvancedRest": {"Jobs": {"OwnJobsOnly": True, "Administrators": ["root"]}}}, auth=("root", "r"))
    study = server.upload_all(make_study("P1", "1"))[0]["ParentStudy"]
    for name in ("alice", "bob"):
        answer = server.post(f"/studies/{study}/archive", {"Asynchronous": True, "Filename": f"{name}.zip"},
                             auth=(name, users[name]))
        assert answer.status_code == 200, answer.text

    seen = {name: run_scenario("plain", server, context={"httpCredentials": {"username": name, "password": password}})
            for name, password in users.items()}

    assert seen["alice"]["names"] == ["alice.zip"] and seen["bob"]["names"] == ["bob.zip"]
    assert sorted(seen["root"]["names"]) == ["alice.zip", "bob.zip"]
    assert seen["alice"]["notice"] == "You see your own jobs only." and seen["root"]["notice"] == ""
    assert seen["alice"]["user"] == "alice"


def test_graphs(content):
    result = run_scenario("graphs", content.server)

    assert len(result["texts"]) == 8
    assert all("now" in text and "highest" in text for text in result["texts"])
    assert not any("NaN" in text or "undefined" in text for text in result["texts"])
    assert any(text.startswith("Memory of Orthanc: in use now ") and "MB" in text for text in result["texts"])
    assert "every 5 seconds" in result["status"]


@pytest.mark.parametrize("language, jobs", [("en", "Jobs"), ("fr", "Tâches"), ("de", "Aufträge"), ("es", "Tareas")])
def test_languages(content, language, jobs):
    result = run_scenario("texts", content.server, context={"locale": language})

    assert result["language"] == language
    assert result["titles"][0] == jobs and len(set(result["titles"])) == 5
    assert result["missing"] == []
    assert result["chosen"] == "Estado del servidor"


def test_keyboard_and_narrow_screens(content):
    result = run_scenario("keyboard", content.server)

    assert result["first"]["text"] == "Skip to content" and result["first"]["outline"] != "none"
    assert result["content"] == "main"
    assert result["expander"]["outline"] != "none"
    assert result["expanded"] == "true"
    assert result["afterMove"] == "main" and result["current"] == ["Health"]
    assert result["landmarks"] == [True] * 5
    assert result["overflow"] == 0
