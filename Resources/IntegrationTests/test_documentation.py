# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Resources/Documentation: links lead somewhere, options are all there, commands work, and so does nginx.conf."""

import glob
import json
import os
import re
import subprocess

import pytest
import requests

from dicom_samples import make_dicom, make_study
from document_samples import make_pdf
from nginx_proxy import run_nginx
from openapi_file import DOCUMENT, RESOURCES, check_events
from occupant import Occupant
from orthanc_server import CAN_STREAM, find_free_port, open_zip
from test_switches import read_resource

FOLDER = os.path.join(RESOURCES, "Documentation")
PAGES = sorted(glob.glob(os.path.join(FOLDER, "*.md")))
ALL_PAGES = PAGES + sorted(glob.glob(os.path.join(RESOURCES, "Formats", "*.md")))


def read(path):
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def by_page(pages):
    return pytest.mark.parametrize("page", pages, ids=os.path.basename)


# Links

def make_anchor(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@by_page(ALL_PAGES)
def test_links(page):
    text = re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        assert "://" not in target, "pages are read without a network, too"
        path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        assert os.path.isfile(path), target
        if anchor:
            assert anchor in map(make_anchor, re.findall(r"^#+ (.*)$", read(path), re.MULTILINE)), target


def test_every_file_is_listed():
    linked = set(re.findall(r"\]\(([^)#\s]+)", "".join(map(read, PAGES))))
    assert set(os.listdir(FOLDER)) - {"README.md"} <= linked
    assert "Resources/Documentation" in read(os.path.join(RESOURCES, os.pardir, "README"))


@by_page(PAGES)
def test_paths_of_the_rest_api_exist(page):
    """Whatever looks like one of our paths in a page is one."""
    known = [re.compile(re.sub(r"\\\{\w+\\\}", "[^/?]+", re.escape(path)) + r"(\?.*)?") for path in DOCUMENT["paths"]]
    used = re.findall(r"(?:\$ORTHANC|`)(/(?:jobs|advanced-rest)/[\w{}$?=&./-]+)", read(page))
    for path in used:
        path = path.rstrip(".")
        assert any(pattern.fullmatch(path) for pattern in known) or \
            any(other.startswith(path.rstrip("/") + "/") for other in DOCUMENT["paths"]), path


# Configuration.md

def read_documented_options():
    """Name -> default, as text of the page."""
    text = read(os.path.join(FOLDER, "Configuration.md"))
    return dict(re.findall(r"^\| `(\w+\.\w+)` \| (.*?) \|", text, re.MULTILINE))


def read_parsed_options():
    """The names that Plugin/SettingsParser.cpp reads, with their sections."""
    sections = {"ReadArchiveSettings": "Archive", "ReadMediaSettings": "Media", "ReadOverlays": "Media",
                "ReadJobSettings": "Jobs", "ReadSpoolSettings": "Spool", "ReadMetricsSettings": "Metrics",
                "ReadDocumentSettings": "Documents", "ReadAppSettings": "App",
                "ReadWebhookSettings": "Webhooks", "ReadWebhookTargets": "Webhooks",
                "ReadWebhookTarget": None}
    source = read(os.path.join(RESOURCES, os.pardir, "Plugin", "SettingsParser.cpp"))
    # What can be switched off is read by one function
    options = {f"{name}.Enabled" for name in re.findall(r'FindSection\(root, "(\w+)"', source)}
    section = None
    for function, option in re.findall(
            r'^    (?:[\w:]+ )?(Read\w+)\(|section\.(?:Read\w+|Find\w+|Get)(?:<\w+>)?\(\s*"(\w+)"', source, re.MULTILINE):
        if function:
            section = sections.get(function, section)
        elif section:
            options.add(f"{section}.{option}")
    return options


def test_options_are_all_documented():
    documented = read_documented_options()
    example = read(os.path.join(RESOURCES, "Configuration.json"))
    defaults = {f"{section}.{name}": value
                for section, members in read_resource("Configuration.json")["AdvancedRest"].items()
                for name, value in members.items()}
    absent = {"Spool.Directory", "Spool.MaxArchives", "Spool.MaxSizeMB"}    # in comments there

    assert set(documented) == read_parsed_options()
    assert set(documented) == set(defaults) | absent
    for name in absent:
        assert f'// "{name.split(".")[1]}"' in example and documented[name] == "absent"
    for name, value in defaults.items():
        assert json.loads(documented[name].strip("`")) == value, name


def test_documented_defaults_are_accepted(start_server):
    section = {}
    for name, default in read_documented_options().items():
        if default != "absent":
            group, option = name.split(".")
            section.setdefault(group, {})[option] = json.loads(default.strip("`"))
    start_server({"AdvancedRest": section})


# Commands

@pytest.fixture(scope="module")
def server(start_module_server):
    server = start_module_server()
    stored = server.upload_all(make_study(series=1, instances=2))[0]
    server.study, server.instance = stored["ParentStudy"], stored["ID"]
    return server


def find_blocks(page, language):
    return re.findall(rf"^```{language} run\n(.*?)^```", read(page), re.MULTILINE | re.DOTALL)


@by_page([page for page in PAGES if find_blocks(page, "bash") or find_blocks(page, "python")])
def test_commands(server, tmp_path, page):
    (tmp_path / "report.pdf").write_bytes(make_pdf())
    names = {"ORTHANC": server.url, "study": server.study, "instance": server.instance}

    script = "\n".join(find_blocks(page, "bash"))
    result = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env={**os.environ, **names},
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=120, check=False)
    assert result.returncode == 0, result.stdout
    assert '"HttpError"' not in result.stdout, result.stdout
    for block in find_blocks(page, "python"):
        prologue = "".join(f"{name} = {value!r}\n" for name, value in names.items())
        subprocess.run(["/usr/bin/python3", "-c", prologue + block], cwd=tmp_path, timeout=120, check=True)
    for archive in tmp_path.glob("*.zip"):
        open_zip(archive.read_bytes())
    written = {path.name for path in tmp_path.iterdir()}
    assert set(re.findall(r" -o ([\w.]+)", script)) <= written


# nginx.conf

@pytest.fixture(scope="module")
def busy_server(start_module_server):
    """One with a large archive, and a job that waits because the only worker is occupied."""
    occupant = Occupant()
    server = start_module_server(occupant.configure())
    stored = server.upload_all([make_dicom("large", instance=number, rows=2048, columns=2048) for number in range(4)])
    server.study = stored[0]["ParentStudy"]
    server.done = server.submit(f"/studies/{server.study}/archive", Compression="Store")
    server.wait_success(server.done)
    occupant.occupy(server, stored[0]["ID"])
    server.waiting = server.submit(f"/studies/{server.study}/archive", Reuse=False)
    yield server
    occupant.close()


@pytest.fixture(scope="module")
def proxy(busy_server, tmp_path_factory):
    """The address of nginx with the example, below /orthanc."""
    directory, port = tmp_path_factory.mktemp("nginx"), find_free_port()
    example = read(os.path.join(FOLDER, "nginx.conf"))
    assert example.count("127.0.0.1:8042") == example.count("listen 80;") == 1
    example = example.replace("127.0.0.1:8042", f"127.0.0.1:{busy_server.port}")
    example = example.replace("listen 80;", f"listen 127.0.0.1:{port};")
    with run_nginx(directory, example, f"http://127.0.0.1:{port}/orthanc") as url:
        yield url


def test_nginx_waits_longer_than_orthanc():
    """A wait as long as the plugin allows cannot be tried here; that nginx allows it is in its file."""
    hours = re.search(r"proxy_read_timeout (\d+)h;", read(os.path.join(FOLDER, "nginx.conf"))).group(1)
    assert int(hours) * 3600 > read_resource("Configuration.json")["AdvancedRest"]["Jobs"]["MaxWaitSeconds"]


def test_nginx_passes_waits(busy_server, proxy):
    job = requests.get(f"{proxy}/jobs/{busy_server.waiting}?wait=2", timeout=60).json()
    assert job["ID"] == busy_server.waiting
    assert requests.get(f"{proxy}/jobs/{busy_server.done}?wait=60", timeout=60).json()["State"] == "Success"


def test_nginx_passes_downloads_and_ranges(busy_server, proxy):
    path = f"/jobs/{busy_server.done}/archive"
    whole = requests.get(proxy + path, timeout=60)
    assert whole.status_code == 200 and len(whole.content) > 30 << 20
    assert len(open_zip(whole.content).namelist()) == 4
    part = requests.get(proxy + path, headers={"Range": "bytes=1000000-", "If-Range": whole.headers["ETag"]}, timeout=60)
    assert part.status_code == 206 and part.content == whole.content[1000000:]
    direct = requests.get(f"{proxy}/studies/{busy_server.study}/archive", timeout=60)
    assert len(open_zip(direct.content).namelist()) == 4


def test_nginx_passes_uploads(proxy):
    answer = requests.post(proxy + "/instances", data=make_dicom("upload", rows=2048, columns=2048), timeout=60)
    assert answer.status_code == 200, answer.text
    answer = requests.put(proxy + "/tools/create-document", timeout=60,
                          files={"file": ("report.pdf", make_pdf(ballast=3 << 20)), "PatientID": (None, "P9")})
    assert answer.status_code == 200, answer.text


def test_nginx_passes_events_at_once(busy_server, proxy, expect_errors):
    expect_errors("")
    answer = requests.get(f"{proxy}/jobs/{busy_server.waiting}/events", stream=True, timeout=60)
    if not CAN_STREAM:
        assert answer.status_code == 501
        return
    # The job does not end: what arrives has not waited for the end of the stream
    events = DOCUMENT["components"]["responses"]["Events"]["content"]["text/event-stream"]["x-events"]
    text = b""
    for piece in answer.iter_content(1):
        text += piece
        if text.endswith(b"\n\n"):
            break
    answer.close()
    assert check_events(events, text.decode())[0]["event"] == "state"
    assert busy_server.job(busy_server.waiting)["State"] == "Pending"
