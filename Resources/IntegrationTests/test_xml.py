# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""JSON answers as XML, where and how the Orthanc that the plugin runs in gives them."""

import xml.etree.ElementTree as ElementTree

import pytest

from comparing import check_same_error
from orthanc_server import list_names

XML = {"Accept": "application/xml"}
# What is the same for the same request on both servers
STABLE = ["Type", "State", "Priority", "Progress", "ErrorCode", "ErrorDescription", "ErrorDetails"]


def parse(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert answer.text.startswith('<?xml version="1.0" encoding="utf-8"?>\n<root')
    return ElementTree.fromstring(answer.content)


def submit(server, library, **fields):
    answer = server.post(f"/studies/{library.study}/archive", dict(fields, Asynchronous=True), headers=XML)
    element = parse(answer)
    assert [child.tag for child in element] == ["ID", "Path"]
    assert element.findtext("Path") == "/jobs/" + element.findtext("ID")
    server.wait_success(element.findtext("ID"))
    return element.findtext("ID"), answer.text


@pytest.mark.parametrize("accept", [
    "application/xml", "application/xml;q=0.5, application/json", "application/xml; charset=utf-8",
    "application/xml ;q=1", "application/xml, text/html", "text/html, application/xml;q=0.9",
    "application/json, application/xml", "text/xml", "application/*", "*/*", "APPLICATION/XML",
    "application/json;application/xml", "application/json; application/xml",
    "application/xml;application/json", "text/html;application/xml;q=1", "image/png",
])
@pytest.mark.parametrize("path", ["/jobs", "/jobs?expand"])
def test_who_gets_xml(pair, path, accept):
    core, plugin = pair.request("GET", path, headers={"Accept": accept})

    assert plugin.headers["Content-Type"] == core.headers["Content-Type"]


def test_empty_list_is_the_hosts(start_server):
    core, plugin = (start_server(with_plugin=flag).get("/jobs", headers=XML) for flag in (False, True))

    assert plugin.text == core.text


def test_answers_are_the_hosts(pair, library):
    jobs = [submit(server, library) for server in (pair.core, pair.plugin)]

    assert jobs[1][1].replace(jobs[1][0], jobs[0][0]) == jobs[0][1]
    for path in ("/jobs/{}", "/jobs?expand"):
        core, plugin = (parse(server.get(path.format(job), headers=XML))
                        for server, (job, _) in zip((pair.core, pair.plugin), jobs))
        core, plugin = (next(element for element in answer.iter() if element.findtext("ID") == job)
                        for answer, (job, _) in zip((core, plugin), jobs))
        assert {child.tag for child in core} <= {child.tag for child in plugin}
        for name in STABLE:
            assert plugin.findtext(name) == core.findtext(name), name
    listed = parse(pair.plugin.get("/jobs", headers=XML))
    assert jobs[1][0] in [item.text for item in listed.findall("item")]
    core, plugin = (server.post(f"/jobs/{job}/cancel", b"", headers=XML)
                    for server, (job, _) in zip((pair.core, pair.plugin), jobs))
    assert plugin.text == core.text
    assert plugin.headers["Content-Type"] == core.headers["Content-Type"]


def test_anything_may_be_in_user_data(pair, library):
    value = {"a<b>": "</root>&\u0085", "": [None, True, {"x y": 1.5}], "\u00e9": "\"'"}

    job, _ = submit(pair.plugin, library, UserData=value)

    shown = parse(pair.plugin.get(f"/jobs/{job}", headers=XML)).find("UserData")
    assert shown.findtext("a_b_") == value["a<b>"]
    assert [item.text for item in shown.findall("_/item")][:2] == ["null", "true"]
    assert shown.findtext("_/item/x_y") == "1.5"
    assert shown.findtext("\u00e9") == value["\u00e9"]


def test_archives_stay_what_they_are(pair, library):
    job, _ = submit(pair.plugin, library)

    for path in (f"/studies/{library.study}/archive", f"/jobs/{job}/archive"):
        answer = pair.plugin.get(path, headers=XML)
        assert answer.headers["Content-Type"] == "application/zip"
        assert len(list_names(answer.content)) == 6


@pytest.mark.parametrize("method, path", [("GET", "/jobs/x"), ("POST", "/jobs/x/cancel"), ("PUT", "/jobs"),
                                          ("POST", "/studies/x/archive"), ("GET", "/jobs/x/archive")])
def test_errors_are_the_hosts(pair, expect_errors, method, path):
    expect_errors()

    check_same_error(*pair.request(method, path, headers=XML, data=b"{}"))
