# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""What a medium has for its receiver beside the DICOM files."""

import html.parser
import os

import pydicom
import pytest

from comparing import check_error
from dicom_samples import make_dicom, make_object
from media_checks import check_medium, read_medium
from orthanc_server import PLUGIN, read_entries
from test_media_outputs import unpack_image

pytestmark = pytest.mark.skipif(not PLUGIN, reason="the host has none of this")

PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF"
INSTITUTION = "Städtisches Klinikum\nHauptstraße 1"
OURS = {"README.TXT", "INDEX.HTM", "DICOMDIR"}


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    folder = tmp_path_factory.mktemp("overlay")
    (folder / "AUTORUN.INF").write_bytes(b"[autorun]\r\nopen=VIEWER/VIEW.EXE\r\n")
    (folder / "VIEWER").mkdir()
    (folder / "VIEWER" / "VIEW.EXE").write_bytes(os.urandom(300000))
    (folder / "link").symlink_to("/etc/passwd")
    return folder


@pytest.fixture(scope="module")
def server(start_module_server, overlay):
    return start_module_server({"AdvancedRest": {"Media": {
        "InstitutionText": INSTITUTION, "Overlays": {"viewer": str(overlay)}}}})


@pytest.fixture(scope="module")
def study(server):
    """Two series of images and a PDF."""
    options = dict(patient="Extras", PatientName="Secret<b>^Name")
    stored = [server.upload(dicom) for dicom in (
        [make_dicom(series=series, instance=instance, **options)
         for series in ("1", "2") for instance in (1, 2, 3)] +
        [make_object("1.2.840.10008.5.1.4.1.1.104.1", series="3", Modality="DOC",
                     DocumentTitle="The report", MIMETypeOfEncapsulatedDocument="application/pdf",
                     EncapsulatedDocument=PDF + b"\0" * (len(PDF) % 2),
                     EncapsulatedDocumentLength=len(PDF), ConceptNameCodeSequence=[], **options)])]
    return stored[0]["ParentStudy"]


class Links(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.targets = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.targets += [os.path.normpath(value) for name, value in attrs if name in ("href", "src")]


def test_everything(server, study, overlay, tmp_path):
    fields = {"Readme": True, "Pdf": True, "Index": True, "Overlay": "viewer", "Manifest": True}

    entries = read_medium(server.post(f"/studies/{study}/media", fields), tmp_path)

    pictures = [name for name in entries if name.startswith("PREVIEW/")]
    assert len(pictures) == 2
    assert all(entries[name].startswith(b"\xff\xd8\xff") for name in pictures)
    document, = [name for name in entries if name.startswith("DOCUMENT/")]
    assert entries[document] == PDF
    for name in ("AUTORUN.INF", "VIEWER/VIEW.EXE"):
        with open(os.path.join(str(overlay), name), "rb") as stream:
            assert entries[name] == stream.read()
    assert "link" not in entries
    assert OURS <= set(entries) and len(entries["MANIFEST.sha256"].splitlines()) == len(entries) - 1
    assert not any("Secret" in name or "Extras" in name for name in entries)

    readme = entries["README.TXT"].decode("ascii")
    assert readme.endswith("\r\n") and "\n" not in readme.replace("\r\n", "")
    assert all(len(line) <= 72 for line in readme.split("\r\n"))
    assert "Klinikum" in readme and "Secret" not in readme and "Extras" not in readme
    dicomdir = pydicom.dcmread(os.path.join(str(tmp_path), "DICOMDIR"))
    assert dicomdir.FileSetDescriptorFileID == "README.TXT"

    index = entries["INDEX.HTM"].decode("utf-8")
    assert "Secret<b>" not in index and "Secret&lt;b&gt;" in index
    assert "Städtisches" in index and "<script" not in index.lower()
    targets = set(Links(index).targets)
    assert set(pictures) | {document} <= targets
    assert {target for target in targets if not target.startswith("#")} <= set(entries)


@pytest.mark.parametrize("option, added", [
    ("readme", {"README.TXT"}),
    ("pdf", {"DOCUMENT/DC000000.PDF"}),
    ("index", {"INDEX.HTM", "PREVIEW/PV000000.JPG", "PREVIEW/PV000001.JPG"}),
    ("overlay=viewer", {"AUTORUN.INF", "VIEWER/VIEW.EXE"}),
])
def test_one_option_alone(server, study, tmp_path, option, added):
    plain = set(read_entries(server.get(f"/studies/{study}/media").content))

    entries = read_medium(server.get(f"/studies/{study}/media?{option}"), tmp_path)

    assert set(entries) == plain | added


def test_job_and_image(server, study, tmp_path):
    fields = dict(Readme=True, Pdf=True, Index=True, Overlay="viewer")
    expected = read_entries(server.post(f"/studies/{study}/media", fields).content)
    job = server.submit(f"/studies/{study}/media", Format="Iso", **fields)
    server.wait_success(job)

    entries = unpack_image(server.get(f"/jobs/{job}/archive").content, tmp_path)

    assert entries == expected
    check_medium(entries, tmp_path / "again")


def test_volumes_have_their_own(server, study, tmp_path, expect_errors):
    expect_errors()
    job = server.submit(f"/studies/{study}/media", VolumeSizeMB=1, Readme=True, Index=True, Pdf=True,
                        Overlay="viewer")
    server.wait_success(job)

    answer = server.get(f"/jobs/{job}/archive-1")
    assert len(answer.content) <= 1000000
    entries = read_medium(answer, tmp_path)
    assert {"README.TXT", "INDEX.HTM", "AUTORUN.INF"} <= set(entries)


def test_overlay_is_chosen_by_name_only(server, study, overlay, expect_errors):
    expect_errors()
    for name in (str(overlay), "../viewer", "viewer/VIEWER", "VIEWER", "", "viewer\0"):
        answer = server.post(f"/studies/{study}/media", {"Overlay": name})
        check_error(answer, 400, 3)
        assert "Overlay" in answer.json()["Details"]


@pytest.mark.parametrize("name", ["missing", "reserved"])
def test_wrong_overlay_stops_the_start(start_server, tmp_path, expect_errors, name):
    expect_errors("")
    folder = tmp_path / name
    if name == "reserved":
        folder.mkdir()
        (folder / "dicomdir").write_bytes(b"x")
    server = start_server({"AdvancedRest": {"Media": {"Overlays": {"viewer": str(folder)}}}},
                          should_start=False)

    server.launch()

    assert server.wait_for_end() != 0
    assert "AdvancedRest.Media.Overlays.viewer" in server.read_log()
