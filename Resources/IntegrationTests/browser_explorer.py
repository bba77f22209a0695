# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""What is added to Orthanc Explorer, in a real browser."""

import base64
import http.server
import json
import os
import re
import threading

import pytest
import requests

from browser_driver import host, run_scenario, start_on_host  # noqa: F401, pylint: disable=unused-import
from dicom_samples import make_dicom, make_study
from document_samples import make_pdf, make_stl
from exposition import RESOURCES
from orthanc_server import list_names, open_zip

# What a script would be, were it not text
EVIL_NAME = "<img src=x onerror=alert(1)>^<b>Bold"
EVIL_TITLE = "<script>alert(2)</script> & \"Thorax\""

# The browser complains about each answer that is an error, which these tests provoke
VIEWER = r"chrome(-extension)?://"    # which shows PDF files
STATUS = r"Failed to load resource: the server responded with a status of {}"


@pytest.fixture(autouse=True)
def browsers_leave(expect_errors):
    """A browser that is closed leaves previews half sent, which the host calls an error."""
    expect_errors(r"Error in the network protocol|has not sent the proper number of bytes")


@pytest.fixture(scope="module")
def server(start_on_host):  # noqa: F811
    return start_on_host({"ConcurrentJobs": 1, "AdvancedRest": {"Archive": {"Threads": 1}},
                          "ExecuteLuaEnabled": True, "MaximumStorageCacheSize": 0})


@pytest.fixture(scope="module")
def study(server):
    """The answer to the upload of its first instance."""
    return server.upload_all(make_study(
        "P1", series=2, instances=4, rows=256, columns=256, PatientName=EVIL_NAME,
        StudyDescription=EVIL_TITLE, SeriesDescription="<i>axial</i>"))[0]


@pytest.fixture
def page(study):
    return "study?uuid=" + study["ParentStudy"]


def decode(file):
    return base64.b64decode(file["content"])


def make_file(name, mime, content):
    return {"name": name, "mimeType": mime, "base64": base64.b64encode(content).decode()}


# Entries of the pages

def list_pages(study):
    return [f"{level}?uuid={study['Parent' + level.capitalize()]}"
            for level in ("patient", "study", "series")]


def test_entries_and_names_with_markup(server, study, host):  # noqa: F811
    patient, middle, series = run_scenario("explorer_pages", server, pages=list_pages(study),
                                           shot=host)

    assert patient["entries"] == middle["entries"] == ["Download…", "Attach document…"]
    assert series["entries"] == ["Download…"]
    assert EVIL_TITLE in middle["text"]


def test_french(server, study, host):  # noqa: F811
    found = run_scenario("explorer_pages", server, pages=list_pages(study)[1:2],
                         context={"locale": "fr-CA"}, shot=host + "-fr")[0]

    assert found["entries"] == ["Télécharger…", "Joindre un document…"]


@pytest.mark.parametrize("off, entries", [
    ({"Documents": False}, ["Download…"]),
    ({"Archive": False, "Media": False}, ["Attach document…"]),
    ({"App": False}, []),
], ids=["documents", "archives", "app"])
def test_what_is_off_is_not_offered(start_on_host, off, entries):  # noqa: F811
    with_less = start_on_host({"AdvancedRest": off})
    stored = with_less.upload_all(make_study(series=1, instances=2))[0]
    if "Documents" not in off:
        with_less.post(f"/studies/{stored['ParentStudy']}/documents", make_pdf(),
                       headers={"Content-Type": "application/pdf"})

    found = run_scenario("explorer_pages", with_less, pages=list_pages(stored)[1:2])[0]

    assert found["entries"] == entries
    assert found["documents"] == (0 if off.keys() & {"Documents", "App"} else 1)
    assert "Delete this study" in found["text"] and found["host"] > 5


def test_a_medium_alone(start_on_host):  # noqa: F811
    media = start_on_host({"AdvancedRest": {"Archive": False, "Jobs": False}})
    stored = media.upload_all(make_study(series=1, instances=2))[0]

    result = run_scenario("explorer_download", media, page="study?uuid=" + stored["ParentStudy"])

    assert list_names(decode(result["file"]))[-1] == "DICOMDIR"


def test_the_page_of_the_host_survives_a_broken_part(server, page, expect_errors):
    """A proxy that lets nothing of ours through but the script that the host has taken in."""
    expect_errors()

    with Proxy(server, "", refused="/advanced-rest/") as proxy:
        found = run_scenario("explorer_pages", proxy, pages=[page],
                             allowed=[STATUS.format(502), "OrthancAdvancedRest: "])[0]

    assert found["entries"] == [] and "Download ZIP" in found["text"] and found["host"] > 5


# Downloads

def test_download_at_once(server, study, page, host):  # noqa: F811
    result = run_scenario("explorer_download", server, page=page, shot=host)

    assert re.match(r"\d+ instances, about \d+ kB\. Made in ", result["estimate"])
    assert result["file"]["name"] == study["ParentStudy"] + ".zip"
    assert len(list_names(decode(result["file"]))) >= 8


def test_options_of_an_archive(server, page, host):  # noqa: F811
    result = run_scenario("explorer_download", server, page=page, shot=host + "-options", fields=[
        ["Compression", "Store"], ["Transfer syntax", "1.2.840.10008.1.2"],
        ["File names", "own"], ["Template", "{PatientID}/é {SeriesNumber}/{InstanceNumber}.dcm"]])

    archive = open_zip(decode(result["file"]))
    assert {info.compress_type for info in archive.infolist()} == {0}
    assert all(info.filename.startswith("P1/") for info in archive.infolist())
    # Implicit VR little endian, in the file meta information
    assert b"1.2.840.10008.1.2\0" in archive.read(archive.infolist()[0])[:400]
    assert result["estimate"] != result["first"]


def test_options_of_a_medium(server, page, host):  # noqa: F811
    result = run_scenario("explorer_download", server, page=page, shot=host + "-medium", fields=[
        ["Medium with DICOMDIR", ""], ["Profile", "STD-GEN-CD"],
        ["Page with previews (INDEX.HTM)", ""], ["Notes for the receiver (README.TXT)", ""]])

    names = list_names(decode(result["file"]))
    assert {"DICOMDIR", "INDEX.HTM", "README.TXT"} <= set(names)


def test_password(server, page):
    result = run_scenario("explorer_download", server, page=page, fields=[["Password", "gehéim"]])

    from zipfile import ZipFile  # pylint: disable=import-outside-toplevel
    import io                    # pylint: disable=import-outside-toplevel
    entries = ZipFile(io.BytesIO(decode(result["file"]))).infolist()
    assert entries and all(info.flag_bits & 1 and info.compress_type == 99 for info in entries)


def test_refused_options_in_words(server, page, expect_errors):
    expect_errors()

    result = run_scenario("explorer_download", server, page=page, isRefused=True,
                          allowed=[STATUS.format(400)],
                          fields=[["File names", "own"], ["Template", "{Nonsense}"]])

    assert "{Nonsense}" in result["estimate"]


def test_refused_download_in_words(server, page, expect_errors, host):  # noqa: F811
    """Where the page would be left by an error of the server, it is told in the page."""
    expect_errors()

    result = run_scenario("explorer_refused", server, page=page, refuse="?compression=Best",
                          allowed=[STATUS.format(400)], shot=host)

    assert "compression" in result["note"] and "Dense" in result["note"] and result["isGone"]


def test_background_survives_a_reload(server, study, page, host):  # noqa: F811
    result = run_scenario("explorer_background", server, page=page, shot=host)

    assert "<b>Bold" in result["ready"] and "Ready" in result["ready"]
    kept = json.loads(result["kept"])
    assert len(kept) == 1 and server.job(kept[0]["id"])["State"] == "Success"
    assert "Bold" not in result["kept"]
    assert result["left"] == "[]"
    assert len(list_names(decode(result["file"]))) >= 8


def test_background_where_the_host_has_the_jobs(start_on_host, expect_errors):  # noqa: F811
    expect_errors()
    plain = start_on_host({"AdvancedRest": {"Jobs": False}})
    stored = plain.upload_all(make_study(series=1, instances=2))[0]

    result = run_scenario("explorer_background", plain, page="study?uuid=" + stored["ParentStudy"])

    assert len(list_names(decode(result["file"]))) == 2


def test_volumes_come_by_themselves(server, host):  # noqa: F811
    stored = server.upload_all(
        [make_dicom("volumes", instance=number, rows=512, columns=512) for number in range(1, 6)])[0]

    result = run_scenario("explorer_volumes", server, megabytes=1, shot=host,
                          page="study?uuid=" + stored["ParentStudy"])

    assert len(result["texts"]) >= 2
    assert all(text.startswith(f"Volume {number}") for number, text in enumerate(result["texts"], 1))
    assert [url.split("/")[-1] for url in result["files"]] == [
        f"archive-{number}" for number in range(1, len(result["texts"]) + 1)]


def test_behind_a_proxy_with_a_prefix(server, page):
    with Proxy(server, "/pacs/one") as proxy:
        result = run_scenario("explorer_background", proxy, page=page)

    assert len(list_names(decode(result["file"]))) >= 8


def test_behind_a_proxy_that_forbids_frames(server, page):
    with Proxy(server, "", headers={"X-Frame-Options": "DENY"}) as proxy:
        result = run_scenario("explorer_download", proxy, page=page,
                              allowed=["X-Frame-Options"])

    assert len(list_names(decode(result["file"]))) >= 8


def test_keyboard_alone(server, page):
    result = run_scenario("explorer_keyboard", server, page=page)

    assert result["back"] == "oar-attach-study" and result["previous"] == "oar-download-study"
    assert result["label"] == "Download this study"
    assert all(result["stays"])
    assert result["chosen"] == "Dense"
    assert list_names(decode(result["file"]))
    assert result["unnamed"] == 0


# Documents

def test_attach_a_pdf(server, study, page, host):  # noqa: F811
    pdf = make_pdf(pages=2)

    result = run_scenario("explorer_attach", server, page=page, shot=host, isShot=True,
                          allowed=[VIEWER],
                          file=make_file("Befund 1.pdf", "application/pdf", pdf),
                          title="Résumé <b>1</b>", type="Radiology report")

    assert not result["wasReady"] and not result["isOpen"]
    assert result["suggested"] == "Befund 1"
    assert "Befund 1.pdf" in result["preview"]["text"] and result["preview"]["frames"] == 1
    documents = server.get_json(f"/studies/{study['ParentStudy']}/documents")
    stored = [entry for entry in documents if entry["Title"] == "Résumé <b>1</b>"][-1]
    assert server.get(stored["Path"]).content == pdf
    tags = server.get_json(f"/instances/{stored['ID']}/simplified-tags")
    assert tags["ConceptNameCodeSequence"][0]["CodeValue"] == "11528-7"


@pytest.mark.parametrize("level", ["study", "patient"])
def test_drop_something_else(server, study, level):
    result = run_scenario("explorer_attach", server, isDropped=True,
                          page=f"{level}?uuid={study['Parent' + level.capitalize()]}",
                          file=make_file("implant.stl", "", make_stl()))

    assert result["status"] == 200 and result["preview"]["frames"] == 0


def test_refused_document_in_words(server, page, expect_errors, host):  # noqa: F811
    expect_errors()

    result = run_scenario("explorer_attach", server, page=page, allowed=[STATUS.format(400)],
                          file=make_file("text.pdf", "application/pdf", b"no PDF"), shot=host)

    assert result["isOpen"] and "This is no PDF" in result["failure"]
    assert result["preview"]["frames"] == 0


def test_documents_of_a_study(server, host):  # noqa: F811
    stored = server.upload_all(make_study("documents", series=1, instances=1))[0]
    path = f"/studies/{stored['ParentStudy']}/documents"
    for number in range(14):
        answer = server.post(path, make_pdf(pages=1 + number % 2), headers={
            "Content-Type": "application/pdf", "Document-Title": f"<i>{number}</i>",
            "Document-Content-Date": f"202611{number + 10}", "Document-Content-Time": "101500"})
        assert answer.status_code == 200, answer.text
    server.post(path, make_stl(), headers={"Content-Type": "model/stl", "Document-Title": "Implant",
                                           "Document-Content-Date": "20261130"})

    result = run_scenario("explorer_documents", server, shot=host,
                          page="study?uuid=" + stored["ParentStudy"])

    assert len(result["shown"]) == 6 and result["hasMore"]
    assert result["all"] == 15 and result["isEnd"]
    first, second = result["shown"][:2]
    assert first["title"] == "Implant" and not first["hasPicture"] and "STL" in first["text"]
    assert first["actions"] == ["Download “Implant”"]
    assert second["title"] == "<i>13</i>" and second["hasPicture"]
    assert "Nov 23, 2026" in second["text"] and "2 pages" in second["text"]
    assert second["actions"] == ["Open “<i>13</i>”", "Download “<i>13</i>”"]
    assert decode(result["file"]) == make_stl()


# Jobs

def test_jobs_in_words(server, study, expect_errors, host):  # noqa: F811
    expect_errors()
    server.delete("/jobs/" + server.submit(f"/studies/{study['ParentStudy']}/archive", Reuse=False))
    done = server.submit(f"/studies/{study['ParentStudy']}/archive", Compression="Dense", Reuse=False)
    server.wait_success(done)
    lost = server.upload(make_dicom("lost", PatientName="Lost^File"))
    os.remove(server.find_storage_file(lost["ID"]))
    failed = server.submit(f"/studies/{lost['ParentStudy']}/media")
    assert server.wait_job(failed)["State"] == "Failure"
    paused = pause_one(server, study)

    result = run_scenario("explorer_jobs", server, press="Cancel", pressedText="Canceled",
                          waitFor="Paused", shot=host)

    first, second, third = result["rows"][:3]
    assert first.startswith("ZIP archive") and "Paused" in first and "<b>Bold" in first
    words = server.job(failed)["ErrorDetails"]
    assert "Medium with DICOMDIR" in " ".join(result["rows"]) and words
    assert any("Lost File" in row and "Failed" in row and words in row for row in result["rows"])
    assert any("dense compression" in row and "Ready" in row and "Download" in row
               for row in result["rows"])
    assert second != third
    assert any(name.startswith("ZIP archive – <img") for name in result["host"])
    assert result["console"].endswith("/advanced-rest/app/")
    assert "Canceled" in result["after"]
    assert server.job(paused)["ErrorCode"] == 37


def pause_one(server, study):
    """A job that waits behind a slow one until it is paused, hence for ever."""
    slow = server.upload_all(
        [make_dicom("slow", instance=number, rows=1024, columns=1024) for number in range(1, 5)])
    resources = [stored["ID"] for stored in slow] * 15
    running = server.submit("/tools/create-archive", Resources=resources, Compression="Dense",
                            Priority=10, Reuse=False)
    job = server.submit(f"/studies/{study['ParentStudy']}/archive", Reuse=False)
    assert server.post(f"/jobs/{job}/pause", b"{}").status_code == 200
    assert server.job(job)["State"] == "Paused"
    server.post(f"/jobs/{running}/cancel", b"{}")
    server.wait_job(running)
    return job


# Who may not

def test_forbidden_in_words(server, page, expect_errors):
    """A filter as an administrator would write it."""
    expect_errors("")
    script = """
function IncomingHttpRequestFilter(method, uri, ip, username, httpHeaders)
  return not (method == 'POST' and string.find(uri, 'documents') ~= nil) and
         not (method == 'GET' and string.find(uri, 'studies/.*/archive') ~= nil)
end
"""
    assert server.post("/tools/execute-script", script).status_code == 200
    try:
        download = run_scenario("explorer_download", server, page=page, isRefused=True,
                                allowed=[STATUS.format(403)])
        attach = run_scenario("explorer_attach", server, page=page, allowed=[STATUS.format(403), VIEWER],
                              file=make_file("a.pdf", "application/pdf", make_pdf()))
    finally:
        server.post("/tools/execute-script",
                    "function IncomingHttpRequestFilter() return true end")

    assert download["estimate"] == "You are not allowed to do this."
    assert attach["failure"] == "You are not allowed to do this." and attach["isOpen"]


USERS = {"root": "r", "alice": "a", "bob": "b"}


@pytest.fixture(scope="module")
def private_server(start_on_host):  # noqa: F811
    """Users see their own jobs only; requests without user are those of root."""
    return start_on_host({
        "AuthenticationEnabled": True, "RegisteredUsers": USERS,
        "AdvancedRest": {"Jobs": {"OwnJobsOnly": True, "Administrators": ["root"]}}},
        auth=("root", USERS["root"]))


def test_users_see_their_own_jobs(private_server, expect_errors):
    expect_errors("")
    stored = private_server.upload_all(make_study(series=1, instances=2))[0]
    for name, fields in (("alice", {}), ("bob", {"Compression": "Store"})):
        answer = private_server.post(f"/studies/{stored['ParentStudy']}/archive",
                                     {"Asynchronous": True, **fields}, auth=(name, USERS[name]))
        private_server.wait_success(answer.json()["ID"])

    seen = {}
    for name in USERS:
        seen[name] = run_scenario("explorer_jobs", private_server, context={
            "httpCredentials": {"username": name, "password": USERS[name]}},
            allowed=[STATUS.format(401)])["rows"]

    assert len(seen["root"]) == 2
    assert len(seen["alice"]) == 1 and "fast compression" in seen["alice"][0]
    assert len(seen["bob"]) == 1 and "not compressed" in seen["bob"][0]


# Sources and messages

def list_keys():
    """Without "explorer."; that all languages have the same is tested with those of our page."""
    path = os.path.join(RESOURCES, "..", "Plugin", "App", "messages", "en.json")
    with open(path, encoding="utf-8") as stream:
        return {key[len("explorer."):] for key in json.load(stream) if key.startswith("explorer.")}


def read_sources():
    folder = os.path.join(RESOURCES, "..", "Plugin", "App", "Explorer")
    sources = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".js"):
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                sources[name] = stream.read()
    return sources


def test_no_text_can_become_markup():
    for name, source in read_sources().items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|"
                             r"\.html\(|new Function|javascript:", source), name


def test_what_every_page_loads_is_small():
    assert len(read_sources()["explorer.js"]) < 3000


def test_every_message_is_used_and_every_used_one_is_there():
    source = "".join(read_sources().values())
    keys = list_keys()
    literal = set(re.findall(r"'((?:[a-z]+\.)?[a-z-]+(?:\.[A-Za-z]+)?)'", source))
    prefixes = tuple(re.findall(r"`([a-z.]+\.)\$\{", source))
    used = set(re.findall(r"\bt\('([A-Za-z.-]+)'", source))

    assert used <= keys
    assert [key for key in sorted(keys - literal) if not key.startswith(prefixes)] == []


# A proxy as hospitals have

class Proxy:
    """Gives the server a prefix and headers; requests with "refused" in their path are a 502."""

    def __init__(self, server, prefix, refused=None, headers=None):
        added = headers or {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def answer(self):
                if not self.path.startswith(prefix + "/"):
                    self.send_error(404)
                    return
                path = self.path[len(prefix):]
                if refused is not None and refused in path:
                    self.send_error(502)
                    return
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name: value for name, value in self.headers.items()
                           if name.lower() not in ("host", "connection", "accept-encoding")}
                answer = requests.request(self.command, server.url + path, headers=headers,
                                          data=self.rfile.read(length), timeout=120)
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in ("connection", "transfer-encoding", "keep-alive",
                                            "content-length", "content-encoding"):
                        self.send_header(name, value)
                for name, value in added.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}{prefix}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()
