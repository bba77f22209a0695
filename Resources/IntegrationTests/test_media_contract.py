# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Requests for media: the same as in the Orthanc that the plugin runs in, row by row."""

import json

import pytest

from comparing import check_error, check_same_error, check_same_headers
from media_checks import check_medium, list_records, verify
from orthanc_server import VERSION, list_names, read_entries, wait_until
from test_archive_contract import BATCHES, HAS_BATCH_GET, LEVELS, get_id, make_batches

pytestmark = pytest.mark.sanitizer

TOOLS = ["create-media", "create-media-extended"]


def check_same_medium(core, plugin, directory):
    """The same files, and a DICOMDIR that says the same of each of them."""
    assert (core.status_code, plugin.status_code) == (200, 200), (core.text[:300], plugin.text[:300])
    check_same_headers(core, plugin)
    check_same_files(core.content, plugin.content, directory)


def check_same_files(core, plugin, directory):
    assert list_names(plugin) == list_names(core)
    expected, entries = read_entries(core), read_entries(plugin)
    records = list_records(entries["DICOMDIR"])
    assert records == list_records(expected["DICOMDIR"])
    del expected["DICOMDIR"]
    assert {name: entries[name] for name in expected} == expected
    if records:
        check_medium(entries, directory)


@pytest.mark.parametrize("query", ["", "?extended", "?extended=false"])
@pytest.mark.parametrize("level", LEVELS)
def test_get(pair, library, tmp_path, level, query):
    core, plugin = pair.request("GET", f"/{level}/{get_id(library, level)}/media{query}")

    check_same_medium(core, plugin, tmp_path)


@pytest.mark.parametrize("fields", [{}, {"Extended": True}, {"Extended": False},
                                    {"Transcode": "1.2.840.10008.1.2"}, {"Filename": 5}, []])
@pytest.mark.parametrize("level", LEVELS)
def test_post(pair, library, tmp_path, level, fields):
    core, plugin = pair.request("POST", f"/{level}/{get_id(library, level)}/media",
                                data=json.dumps(fields))

    check_same_medium(core, plugin, tmp_path)


@pytest.mark.parametrize("level", LEVELS)
def test_job(pair, library, tmp_path, level):
    jobs, outputs = [], []
    for server in (pair.core, pair.plugin):
        job = server.submit(f"/{level}/{get_id(library, level)}/media", Extended=True)
        jobs.append(server.wait_success(job))
        outputs.append(server.get(f"/jobs/{job}/archive"))

    check_same_medium(*outputs, tmp_path)
    core, plugin = jobs
    assert (core["Type"], plugin["Type"]) == ("Media", "Media")
    for name in ("Description", "InstancesCount", "UncompressedSizeMB", "UncompressedSize"):
        assert plugin["Content"][name] == core["Content"][name], name
    assert set(core["Content"]) <= set(plugin["Content"])
    assert plugin["Content"]["Warnings"] == []


def test_stream_is_a_job_of_type_media(pair, library):
    assert pair.plugin.get(f"/studies/{library.study}/media").status_code == 200

    def find_job():
        return pair.plugin.get_json("/jobs?expand&type=Media&limit=1&order=desc")[0]

    assert find_job()["Type"] == "Media"
    # The client has the last byte a moment before
    wait_until(lambda: find_job()["State"] == "Success", "the end of the job")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", [*BATCHES, "instance twice", "instance thrice"])
def test_batch(pair, library, tmp_path, name, tool):
    body = json.dumps(make_batches(library)[name])

    core, plugin = pair.request("POST", "/tools/" + tool, data=body)

    if "instance t" not in name:
        check_same_medium(core, plugin, tmp_path)
        return
    # The core leaves all but the first copy out of its DICOMDIR
    assert list_names(plugin.content) == list_names(core.content)
    check_medium(read_entries(plugin.content), tmp_path)


@pytest.mark.parametrize("tool", TOOLS)
def test_batch_by_get(pair, library, tmp_path, tool):
    path = f"/tools/{tool}?resources={library.study},{library.other_study}"
    posted = pair.core.post("/tools/" + tool,
                            sorted({library.study, library.other_study}))

    core, plugin = pair.request("GET", path)

    if HAS_BATCH_GET:
        check_same_medium(core, plugin, tmp_path)
    else:
        assert core.status_code == 405
        check_same_files(posted.content, plugin.content, tmp_path)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("extended", [True, False])
def test_extended_of_a_batch(pair, library, tmp_path, tool, extended):
    body = json.dumps({"Resources": [library.study], "Extended": extended})

    core, plugin = pair.request("POST", "/tools/" + tool, data=body)

    check_same_medium(core, plugin, tmp_path)


def test_instance_media_is_new(pair, library, tmp_path):
    core, plugin = pair.request("GET", f"/instances/{library.instance}/media")

    assert core.status_code == 404
    expected = pair.core.post("/tools/create-media", [library.instance])
    check_same_files(expected.content, plugin.content, tmp_path)
    posted = pair.plugin.post(f"/instances/{library.instance}/media", {})
    check_same_files(expected.content, posted.content, tmp_path)


# Errors

@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_resource(pair, library, expect_errors, method, level):
    expect_errors()
    data = b"{}" if method == "POST" else None

    core, plugin = pair.request(method, f"/{level}/{library.unknown}/media", data=data)

    check_same_error(core, plugin)


@pytest.mark.parametrize("path", ["patients/{study}", "studies/{series}", "series/{patient}"])
def test_resource_of_another_level(pair, library, expect_errors, tmp_path, path):
    expect_errors()
    path = "/" + path.format(study=library.study, series=library.series, patient=library.patient)

    core, plugin = pair.request("GET", path + "/media")

    if core.status_code == 200:
        check_same_medium(core, plugin, tmp_path)
    else:
        check_same_error(core, plugin)


@pytest.mark.parametrize("body", [b"", b"{", b'{"Extended": 1}', b'{"Extended": "true"}',
                                  b'{"Asynchronous": 1}', b'{"Priority": "1"}', b'{"Transcode": ""}',
                                  b'{"Transcode": 5}'])
def test_refused_bodies(pair, library, expect_errors, body):
    expect_errors()

    core, plugin = pair.request("POST", f"/studies/{library.study}/media", data=body)

    check_same_error(core, plugin)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("body", [b"{}", b"1", b'"text"', b'[1]', b'{"Resources": "a"}',
                                  b'["unknown"]', b'{"Resources": ["unknown"]}'])
def test_refused_batches(pair, library, expect_errors, tool, body):
    expect_errors()

    core, plugin = pair.request("POST", "/tools/" + tool, data=body)

    check_same_error(core, plugin)


@pytest.mark.parametrize("fields, text", [
    ({"Profile": "STD-GEN"}, "Profile"),
    ({"Profile": "STD-GEN-CD", "Transcode": "1.2.840.10008.1.2.4.50"}, "Transcode"),
    ({"Overlay": "../../etc"}, "Overlay"),
    ({"VolumeSizeMB": 0}, "VolumeSizeMB"),
    ({"Format": "Tar"}, "Format"),
    ({"Format": "Iso", "Encrypt": {"Password": "secret"}}, "Encrypt"),
])
def test_wrong_values_of_ours_are_named(pair, library, expect_errors, fields, text):
    expect_errors()

    answer = pair.plugin.post(f"/studies/{library.study}/media", fields)

    check_error(answer, 400, 3)
    assert text in answer.json()["Details"]
    assert "secret" not in answer.text + pair.plugin.read_log()


def test_archives_are_no_media(pair, library, expect_errors):
    expect_errors()
    for fields in ({"Extended": 1}, {"Profile": "STD-GEN-CD"}, {"Format": "Iso"}, {"Index": True}):
        assert pair.plugin.post(f"/studies/{library.study}/archive", fields).status_code == 400
    assert pair.plugin.post(f"/studies/{library.study}/archive",
                            {"Extended": True}).status_code == 200


# DICOMDIR

@pytest.mark.parametrize("extended", [False, True])
def test_dciodvfy_says_no_more_than_of_the_core(pair, library, tmp_path, extended):
    lines = []
    for name, server in (("core", pair.core), ("plugin", pair.plugin)):
        answer = server.post(f"/studies/{library.study}/media", {"Extended": extended})
        errors, said = verify(read_entries(answer.content), tmp_path / name)
        assert errors == []
        lines.append(said)

    assert lines[0] == lines[1]


def test_same_request_same_bytes(pair, library):
    first, second = (pair.plugin.get(f"/patients/{library.patient}/media") for _ in range(2))

    assert first.content == second.content


def test_estimate(pair, library):
    estimate = pair.plugin.get_json(f"/studies/{library.study}/media?estimate")

    answer = pair.plugin.get(f"/studies/{library.study}/media")

    assert estimate["InstancesCount"] == len(list_names(answer.content)) - 1
    assert estimate["IsExact"] is False
    assert int(estimate["ArchiveSize"]) > len(answer.content) / 2
