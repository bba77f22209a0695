# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The buttons for Orthanc Explorer 2: each does what it says on a server with the plugin."""

import json
import os
import re
from urllib.parse import urljoin, urlsplit

import pytest

from dicom_samples import make_study
from document_samples import make_pdf

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# Where Orthanc Explorer 2 has its page
PAGE = "/ui/app/"


def read_levels():
    path = os.path.join(SOURCE, "Resources", "OrthancExplorer2", "CustomButtons.json")
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)["OrthancExplorer2"]["UiOptions"]["CustomButtons"]


BUTTONS = [(level, button) for level, buttons in read_levels().items() for button in buttons]


@pytest.fixture(scope="module")
def server(start_module_server):
    return start_module_server()


@pytest.fixture(scope="module")
def ids(server):
    """One resource of each level, the instance a document."""
    stored = server.upload_all(make_study(series=1, instances=2))[0]
    other = server.upload_all(make_study("P2", series=1, instances=1))[0]
    document = server.post(f"/studies/{stored['ParentStudy']}/documents", make_pdf(),
                           headers={"Content-Type": "application/pdf"}).json()
    return {"study": stored["ParentStudy"], "series": stored["ParentSeries"],
            "instance": document["ID"],
            "bulk-studies": [stored["ParentStudy"], other["ParentStudy"]]}


def fill(value, identifiers):
    """As Orthanc Explorer 2 does: each name once, a list for the name of one."""
    if value == "{JsonArrayUUIDs}":
        return identifiers
    if isinstance(value, dict):
        return {name: fill(item, identifiers) for name, item in value.items()}
    if isinstance(value, str) and isinstance(identifiers, list):
        return value.replace("{CommaSeparatedUUIDs}", ",".join(identifiers), 1)
    return value.replace("{UUID}", identifiers, 1) if isinstance(value, str) else value


def test_every_level_is_one_that_orthanc_explorer_2_has():
    assert set(read_levels()) == {"study", "series", "instance", "bulk-studies"}


def test_identifiers_are_unique():
    identifiers = [button["Id"] for _, button in BUTTONS]

    assert len(set(identifiers)) == len(identifiers)
    assert all(re.fullmatch("[a-z-]+", identifier) for identifier in identifiers)


@pytest.mark.parametrize("level, button", BUTTONS, ids=[button["Id"] for _, button in BUTTONS])
def test_button_works(server, ids, level, button):
    assert button["Tooltip"] and re.fullmatch("bi bi-[a-z-]+", button["Icon"])
    url = urlsplit(urljoin(PAGE, fill(button["Url"], ids[level])))
    assert "{" not in url.geturl() and not url.netloc

    path = url.path + (f"?{url.query}" if url.query else "")
    if button["HttpMethod"] == "GET":
        answer = server.get(path)
    else:
        answer = server.request(button["HttpMethod"], path,
                                data=json.dumps(fill(button["Payload"], ids[level])))

    assert answer.status_code == 200, (path, answer.status_code, answer.text)
    if url.fragment:
        page, arguments = url.fragment.split("?")
        assert f'id="{page}"' in answer.text and f"uuid={ids[level]}&open=" in arguments
    elif url.path.endswith(("/archive", "/media", "/create-archive")):
        if button["HttpMethod"] == "POST":
            server.wait_success(answer.json()["ID"])
        else:
            assert answer.content[:2] == b"PK"
