# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The configuration: routes go back to Orthanc when switched off, and wrong options stop the start."""

import json
import os
import re

import pytest

from comparing import check_error, check_same_content
from dicom_samples import make_dicom, make_study
from orthanc_server import VERSION, list_names, open_zip, wait_until

CORE_COMMENT = b"Created by Orthanc"


def upload(server):
    return server.upload_all(make_study())[0]


# Switches

@pytest.mark.parametrize("switch", [False, {"Enabled": False}], ids=str)
def test_archives_are_the_hosts_again(start_server, expect_errors, switch):
    expect_errors()
    core = start_server(with_plugin=False)
    server = start_server({"AdvancedRest": {"Archive": switch}})
    upload(core)
    stored = upload(server)
    path = f"/studies/{stored['ParentStudy']}/archive"

    expected, answer = core.get(path), server.get(path)

    assert "Transfer-Encoding" not in answer.headers and "Content-Length" not in answer.headers
    assert {info.compress_type for info in open_zip(answer.content).infolist()} == {8}
    check_same_content(expected.content, answer.content)
    for target in ("/tools/create-archive", "/tools/create-archive?resources=" + stored["ID"]):
        assert server.get(target).status_code == core.get(target).status_code
    check_error(server.get(f"/instances/{stored['ID']}/archive"), 404, 17)
    assert server.post(path, {"Compression": "Best"}).status_code == 200


@pytest.mark.parametrize("switch", [False, {"Enabled": False}], ids=str)
def test_media_are_the_hosts_again(start_server, expect_errors, switch):
    expect_errors()
    core = start_server(with_plugin=False)
    server = start_server({"AdvancedRest": {"Media": switch}})
    upload(core)
    stored = upload(server)
    path = f"/studies/{stored['ParentStudy']}/media"

    expected, answer = core.get(path), server.get(path)

    assert "Transfer-Encoding" not in answer.headers and "Content-Length" not in answer.headers
    assert list_names(answer.content) == list_names(expected.content)
    assert {info.compress_type for info in open_zip(answer.content).infolist()} == {8}
    for tool in ("create-media", "create-media-extended"):
        target = f"/tools/{tool}?resources={stored['ID']}"
        assert server.get(target).status_code == core.get(target).status_code
    check_error(server.get(f"/instances/{stored['ID']}/media"), 404, 17)
    assert server.post(path, {"Profile": "no profile"}).status_code == 200
    archive = f"/studies/{stored['ParentStudy']}/archive"
    assert server.post(archive, {"Compression": "Best"}).status_code == 400


def test_media_without_archives(start_server, expect_errors):
    expect_errors()
    server = start_server({"AdvancedRest": {"Archive": False, "Jobs": False}})
    stored = upload(server)

    job = server.submit(f"/studies/{stored['ParentStudy']}/media")

    assert server.wait_success(job)["Type"] == "Media"
    assert list_names(server.get(f"/jobs/{job}/archive").content)[-1] == "DICOMDIR"
    check_error(server.get(f"/jobs/{job}/archive-2"), 404, 7)


def test_jobs_of_the_host_through_our_routes(start_server):
    """Archives are Orthanc's, the job routes are ours."""
    server = start_server({"AdvancedRest": {"Archive": False}})
    stored = upload(server)

    job = server.submit(f"/studies/{stored['ParentStudy']}/archive")

    assert server.wait_success(job)["Type"] == "Archive"
    answer = server.get(f"/jobs/{job}/archive")
    assert answer.status_code == 200
    assert len(list_names(answer.content)) == 6
    assert server.list_spool() == [name for name in server.list_spool() if not name.endswith(".zip")]


def test_job_routes_are_the_hosts_again(start_server, expect_errors):
    expect_errors()
    server = start_server({"AdvancedRest": {"Jobs": False}})
    stored = upload(server)
    path = f"/studies/{stored['ParentStudy']}/archive"

    assert len(list_names(server.get(path).content)) == 6
    assert server.get_json("/jobs") == [], "streams are no jobs of the host"
    job = server.submit(path)
    shown = server.wait_success(job)

    assert shown["Type"] == "Archive"
    assert server.get_json("/jobs") == [job]
    assert len(list_names(server.get(f"/jobs/{job}/archive").content)) == 6
    assert server.post(f"/jobs/{job}/cancel", b"").status_code == 200
    check_error(server.get(f"/jobs/{job}/other"), 404, 7)


def test_everything_off(start_server):
    server = start_server({"AdvancedRest": {"Archive": False, "Jobs": False, "Media": False}})
    stored = upload(server)
    path = f"/studies/{stored['ParentStudy']}/archive"

    assert "Content-Length" not in server.get(path).headers
    jobs = wait_until(lambda: server.get_json("/jobs"), "the job of the host")
    server.wait_success(jobs[0])
    job = server.submit(path)
    server.wait_success(job)
    assert len(list_names(server.get(f"/jobs/{job}/archive").content)) == 6


def test_no_section_at_all(start_server):
    server = start_server(should_start=False)
    del server.configuration["AdvancedRest"]
    server.start()
    stored = upload(server)

    answer = server.get(f"/studies/{stored['ParentStudy']}/archive")

    assert "Transfer-Encoding" in answer.headers or "Content-Length" in answer.headers
    assert len(list_names(answer.content)) == 6


def test_plugin_describes_itself(start_server):
    server = start_server()

    described = server.get_json("/plugins/advanced-rest")

    assert described["ID"] == "advanced-rest"
    assert described["Version"]
    assert described["Description"]


def read_resource(name):
    """JSON with comments, as Orthanc reads it."""
    path = os.path.join(os.path.dirname(__file__), "..", name)
    with open(path, encoding="utf-8") as stream:
        text = re.sub(r"/\*.*?\*/", "", stream.read(), flags=re.DOTALL)
    return json.loads("\n".join(line for line in text.splitlines()
                                if not line.strip().startswith("//")))


def test_documented_configuration_is_accepted(start_server):
    """Resources/Configuration.json, with every option at its default."""
    section = read_resource("Configuration.json")["AdvancedRest"]
    server = start_server({"AdvancedRest": section})
    stored = upload(server)

    plain = start_server()
    upload(plain)

    path = f"/studies/{stored['ParentStudy']}/archive"
    assert list_names(server.get(path).content) == list_names(plain.get(path).content)
    assert server.get(path).headers.keys() == plain.get(path).headers.keys()


# Wrong options

WRONG = {
    "AdvancedRest": [5, "x", [], True],
    "AdvancedRest.App": [5, "yes", []],
    "AdvancedRest.App.Enabled": ["yes", 1],
    "AdvancedRest.Archive": [5, "yes", []],
    "AdvancedRest.Archive.Enabled": ["yes", 1],
    "AdvancedRest.Archive.Compression": ["Best", "fast ", 5, ""],
    "AdvancedRest.Archive.OnMissing": ["Ignore", False],
    "AdvancedRest.Archive.OnTranscodeFailure": ["Drop", 1],
    "AdvancedRest.Archive.Naming": ["", "{Nonsense}.dcm", "{PatientID", 5],
    "AdvancedRest.Archive.Utf8Names": ["true", 0],
    "AdvancedRest.Archive.Manifest": ["true", {}],
    "AdvancedRest.Archive.ChunkedFraming": ["x"],
    "AdvancedRest.Archive.Attachment": [1],
    "AdvancedRest.Archive.MaxStreams": [-1, "20", 1.5, 100000],
    "AdvancedRest.Archive.Threads": [0, -1, 65, "2"],
    "AdvancedRest.Archive.WindowMB": [0, 100000, "16"],
    "AdvancedRest.Archive.DirectStorage": ["x"],
    "AdvancedRest.Archive.Unknown": [1],
    "AdvancedRest.Jobs": ["x", 1, []],
    "AdvancedRest.Jobs.Enabled": ["yes", 1],
    "AdvancedRest.Jobs.Reuse": ["yes", 0],
    "AdvancedRest.Jobs.MaxRetries": [-1, 1000, "3"],
    "AdvancedRest.Jobs.RetryDelaySeconds": [-1, "10"],
    "AdvancedRest.Jobs.MaxWaiters": [-1, "20"],
    "AdvancedRest.Jobs.MaxWaitSeconds": [-1, "300"],
    "AdvancedRest.Jobs.OwnJobsOnly": ["yes", True],
    "AdvancedRest.Jobs.Administrators": ["root", [5]],
    "AdvancedRest.Jobs.Unknown": [1],
    "AdvancedRest.Spool": [5, "/var/spool", True],
    "AdvancedRest.Spool.Directory": [5, "", "/dev/null/x"],
    "AdvancedRest.Spool.MaxArchives": [-1, "1", 1.5],
    "AdvancedRest.Spool.MaxAgeHours": [-1, "24", []],
    "AdvancedRest.Spool.MaxSizeMB": [0, -1, "200"],
    "AdvancedRest.Spool.MaxDiskPercent": [-1, 101, "20"],
    "AdvancedRest.Spool.HistoryHours": [0, -1, "168"],
    "AdvancedRest.Spool.MaxRecords": [0, -1, []],
    "AdvancedRest.Spool.Unknown": [1],
    "AdvancedRest.Webhooks": [True, []],
    "AdvancedRest.Webhooks.Targets": [{}, ["http://host/"]],
    "AdvancedRest.Webhooks.AllowedUrls": ["http://host/", ["*"], ["http://user@host/"]],
    "AdvancedRest.Webhooks.AllowedAddresses": ["10.0.0.0/8", ["localhost"], ["10.0.0.0/33"]],
    "AdvancedRest.Webhooks.Unknown": [1],
    "AdvancedRest.Unknown": [{}],
}


def make_configuration(option, value):
    for name in reversed(option.split(".")):
        value = {name: value}
    return value


@pytest.mark.parametrize("option", WRONG)
def test_wrong_option_stops_the_start(start_server, expect_errors, option):
    """With a message that names it. All values of an option at once: processes of their own."""
    expect_errors("")
    servers = [(value, start_server(make_configuration(option, value), should_start=False).launch())
               for value in WRONG[option]]

    for value, server in servers:
        assert server.wait_for_end() != 0, value
        log = server.read_log()
        assert option in log or (option.endswith("Directory") and "/dev/null/x" in log), (value, log)


@pytest.mark.parametrize("option, value", [
    ("AdvancedRest.Archive.MaxStreams", 0), ("AdvancedRest.Archive.MaxStreams", 1000),
    ("AdvancedRest.Archive.Threads", 64), ("AdvancedRest.Archive.WindowMB", 4096),
    ("AdvancedRest.Spool.MaxArchives", 0), ("AdvancedRest.Spool.MaxAgeHours", 0),
    ("AdvancedRest.Spool.MaxDiskPercent", 0), ("AdvancedRest.Spool.MaxDiskPercent", 100),
    ("AdvancedRest.Jobs", {}), ("AdvancedRest.Webhooks", {}), ("AdvancedRest.Jobs.MaxRetries", 0),
    ("AdvancedRest.Archive", True), ("AdvancedRest.Archive", {}), ("AdvancedRest.Spool", {}),
])
def test_extreme_options_are_accepted(start_server, option, value):
    server = start_server(make_configuration(option, value))
    stored = server.upload(make_dicom())

    assert len(list_names(server.get(f"/studies/{stored['ParentStudy']}/archive").content)) == 1


def test_relative_spool(start_server):
    """Relative to the configuration file, like Orthanc's own directories."""
    server = start_server({"AdvancedRest": {"Spool": {"Directory": "my/spool"}}})
    stored = server.upload(make_dicom())

    server.wait_success(server.submit(f"/studies/{stored['ParentStudy']}/archive"))

    assert [name for name in os.listdir(os.path.join(server.directory, "my", "spool"))
            if name.endswith(".zip")]


def test_start_up_says_what_the_host_cannot_do(start_server):
    """1.10.1 cannot stream: said once, at the start; elsewhere it would be wrong."""
    server = start_server()

    assert ("cannot stream" in server.read_log()) == (VERSION < (1, 12, 6))


def test_media_archive_size_of_one_is_ignored_and_said(start_server):
    server = start_server({"MediaArchiveSize": 1})

    assert "MediaArchiveSize" in server.read_log()
