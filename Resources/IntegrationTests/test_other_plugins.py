# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The main flows with Debian's other plugins beside ours, and with options that change what is below us."""

import io
import os

import pydicom
import pytest

import exposition
from comparing import check_error
from dicom_samples import make_ballast, make_study, read_sample
from document_samples import make_pdf
from orthanc_server import PLUGIN, VERSION, open_zip, read_entries
from postgresql_server import PostgreSql
from test_jobs import post_verb

PLUGINS = "/usr/share/orthanc/plugins"
INDEX = os.path.join(PLUGINS, "libOrthancPostgreSQLIndex.so")
STORAGE = os.path.join(PLUGINS, "libOrthancPostgreSQLStorage.so")
DICOMWEB = os.path.join(PLUGINS, "libOrthancDicomWeb.so")
GDCM = os.path.join(PLUGINS, "libOrthancGdcm.so")

JPEG_2000 = "1.2.840.10008.1.2.4.90"
ONE_JOB = {"ConcurrentJobs": 1}


class Content:
    """A study, its files, and what the flows need of it."""

    def __init__(self, server):
        self.files = make_study("P1", "1", series=2, instances=2) + make_ballast(
            count=3, megabytes=1, patient="P1", study="1", series="3")
        self.study = server.upload_all(self.files)[0]["ParentStudy"]


@pytest.fixture
def database():
    with PostgreSql() as server:
        yield server


def check_archives(server, content):
    path = f"/studies/{content.study}/archive"
    whole = server.get(path)
    assert whole.status_code == 200, whole.text
    assert sorted(read_entries(whole.content).values()) == sorted(content.files)
    stored = server.get(path + "?compression=store")
    assert sorted(read_entries(stored.content).values()) == sorted(content.files)

    job = server.submit(path, Manifest=True)
    server.wait_success(job)
    entries = read_entries(server.get(f"/jobs/{job}/archive").content)
    assert set(content.files) < set(entries.values())


def check_media(server, content):
    answer = server.get(f"/studies/{content.study}/media")
    assert answer.status_code == 200, answer.text
    entries = read_entries(answer.content)
    directory = pydicom.dcmread(io.BytesIO(entries["DICOMDIR"]))
    referenced = ["/".join(record.ReferencedFileID) for record in directory.DirectoryRecordSequence
                  if "ReferencedFileID" in record]
    assert len(referenced) == len(content.files) and set(referenced) < set(entries)


def check_documents(server, content):
    pdf = make_pdf("Report", ballast=100_000)
    answer = server.post(f"/studies/{content.study}/documents", pdf,
                         headers={"Content-Type": "application/pdf"})
    assert answer.status_code == 200, answer.text
    stored = answer.json()
    assert stored["ParentStudy"] == content.study
    assert server.get(f"/instances/{stored['ID']}/pdf").content == pdf
    listed = server.get_json(f"/studies/{content.study}/documents")
    assert [item["Title"] for item in listed] == ["Report"]
    content.files.append(server.get(f"/instances/{stored['ID']}/file").content)


def check_create_dicom(server, content):
    answer = server.post("/tools/create-dicom", {
        "Parent": content.study, "PrivateCreator": "Tests",
        "Tags": {"Modality": "OT", "0405,1001": {"vr": "LO", "Value": ["private"]}}})
    assert answer.status_code == 200, answer.text
    made = server.get(f"/instances/{answer.json()['ID']}/file").content
    assert pydicom.dcmread(io.BytesIO(made))[0x0405, 0x1001].value in ("private", b"private ")
    content.files.append(made)


def check_metrics(server, content):
    exposition.wait_for_sum(server, len(content.files), "orthanc_count_instances")


def check_unfinished_job(server, content):
    """Paused means: not begun, or a part is there. Accepted is accepted."""
    job = server.submit(f"/studies/{content.study}/archive", Reuse=False, Compression="Dense")
    server.post(f"/jobs/{job}/pause", b"")
    server.kill()
    server.start()
    state = server.job(job)["State"]
    assert state in ("Paused", "Pending", "Running", "Success"), state
    if state == "Paused":
        post_verb(server, job, "resume")
    server.wait_success(job)
    data = server.get(f"/jobs/{job}/archive").content
    assert sorted(read_entries(data).values()) == sorted(content.files)
    server.restart()
    assert server.get(f"/jobs/{job}/archive").content == data


def check_main_flows(server):
    content = Content(server)
    check_archives(server, content)
    check_media(server, content)
    check_documents(server, content)
    check_create_dicom(server, content)
    check_archives(server, content)
    check_metrics(server, content)
    check_unfinished_job(server, content)
    return content


@pytest.mark.parametrize("has_storage", [False, True], ids=["index", "index and storage"])
def test_postgresql(start_server, expect_errors, database, has_storage):
    expect_errors("")    # of the server that is killed
    server = start_server({**ONE_JOB, **database.configure(has_storage),
                           "Plugins": [INDEX, PLUGIN] + ([STORAGE] if has_storage else [])})

    content = check_main_flows(server)

    assert server.get_json("/system")["DatabaseBackendPlugin"] is not None
    assert database.count_rows("Resources WHERE resourceType = 3") == len(content.files)
    server.stop()    # before its database


def test_compressed_storage(start_server, expect_errors):
    expect_errors("")
    server = start_server({**ONE_JOB, "StorageCompression": True})

    check_main_flows(server)

    statistics = server.get_json("/statistics")
    assert int(statistics["TotalDiskSize"]) < int(statistics["TotalUncompressedSize"])


def test_dicomweb_and_gdcm(start_server, expect_errors):
    expect_errors("")
    server = start_server({**ONE_JOB, "Plugins": [DICOMWEB, GDCM, PLUGIN]})

    content = check_main_flows(server)

    uid = pydicom.dcmread(io.BytesIO(content.files[0])).StudyInstanceUID
    found = server.get("/dicom-web/instances?StudyInstanceUID=" + uid,
                       headers={"Accept": "application/dicom+json"})
    assert len(found.json()) == len(content.files)
    sent = server.get(f"/dicom-web/studies/{uid}",
                      headers={"Accept": "multipart/related; type=application/dicom"})
    assert sent.status_code == 200 and len(sent.content) > sum(map(len, content.files))


def test_gdcm_transcodes(start_server):
    """Orthanc alone neither reads nor writes JPEG 2000."""
    server = start_server({"Plugins": [GDCM, PLUGIN]})
    study = server.upload(read_sample("CT_small.dcm"))["ParentStudy"]

    archive = open_zip(server.get(f"/studies/{study}/archive?transcode={JPEG_2000}").content)

    entry, = archive.namelist()
    made = pydicom.dcmread(io.BytesIO(archive.read(entry)))
    assert made.file_meta.TransferSyntaxUID == JPEG_2000


def start_read_only(start_server):
    server = start_server()
    content = Content(server)
    server.stop()
    server.configuration["ReadOnly"] = True
    server.start()
    return server, content


def post_document(server, content):
    return server.post(f"/studies/{content.study}/documents", make_pdf(),
                       headers={"Content-Type": "application/pdf"})


if VERSION >= (1, 12, 5):
    def test_read_only_server(start_server, expect_errors):
        """Archives are made all the same, in the spool, which is nothing of Orthanc's."""
        expect_errors("")
        server, content = start_read_only(start_server)

        check_archives(server, content)
        check_media(server, content)
        check_metrics(server, content)
        answer = post_document(server, content)
        assert 400 <= answer.status_code <= 599, answer.text
        check_error(answer, answer.status_code, answer.json()["OrthancStatus"])
        assert server.get_json("/statistics")["CountInstances"] == len(content.files)
else:
    def test_read_only_is_unknown_to_orthanc_before_1_12_5(start_server, expect_errors):
        """There, nothing is to be tested: this says so if that changes."""
        expect_errors("")
        server, content = start_read_only(start_server)

        assert post_document(server, content).status_code == 200
