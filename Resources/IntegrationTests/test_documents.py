# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Documents into DICOM and out of it."""

import base64
import concurrent.futures
import io
import re
import subprocess

import pydicom
import pydicom.encaps
import pytest
from pydicom.dataset import Dataset

import dicom_samples
import document_samples
from comparing import check_error, check_same_error
from document_samples import PDF_CLASS, make_cda, make_even, make_pdf, make_png, make_stl, make_uri
from orthanc_server import PRELOAD, find_free_port, wait_until

pytestmark = pytest.mark.usefixtures("expect_errors")


@pytest.fixture(autouse=True)
def expect_refusals(expect_errors):
    expect_errors()


def read_dicom(server, instance):
    return pydicom.dcmread(io.BytesIO(server.get(f"/instances/{instance}/file").content))


def find_errors(tool, directory, *files):
    """The errors that dicom3tools find in these files."""
    paths = []
    for number, content in enumerate(files):
        path = directory / f"{tool}-{number}.dcm"
        path.write_bytes(content)
        paths.append(str(path))
    if tool == "dcentvfy":
        outputs = [subprocess.run([tool, *paths], capture_output=True, check=False)]
    else:
        outputs = [subprocess.run([tool, path], capture_output=True, check=False) for path in paths]
    lines = [line for output in outputs
             for line in (output.stdout + output.stderr).decode("utf-8", "replace").splitlines()]
    return [line for line in lines if line.startswith("Error")]


def check_conformant(server, instance, directory, *siblings):
    content = server.get(f"/instances/{instance}/file").content
    # What the tool cannot read of the parent's values, it cannot read here
    inherited = [line for sibling in siblings for line in find_errors("dciodvfy", directory, sibling)
                 if "invalid for character repertoire" in line or
                 "contains invalid data values" in line]
    assert [line for line in find_errors("dciodvfy", directory, content) if line not in inherited] == []
    if siblings:
        assert find_errors("dcentvfy", directory, content, *siblings) == []


def post_document(server, path, content, mime="application/pdf", status=200, **headers):
    answer = server.post(path, content, headers=dict({"Content-Type": mime}, **headers))
    assert answer.status_code == status, answer.text
    return answer.json()


def make_parent(name="P", charset="ISO_IR 100", **tags):
    values = dict(PatientBirthDate="19700101", PatientSex="F", ReferringPhysicianName="Ref^Er",
                  Manufacturer="M", StudyDescription="Study")
    values.update(tags)
    return dicom_samples.make_dicom(name, charset=charset, **values)


# ---- One line


@pytest.mark.sanitizer
def test_one_line_below_a_study(pair, tmp_path):
    dicom = make_parent("line")
    parent = pair.plugin.upload(dicom)
    pdf = make_pdf("In the PDF")
    stored = post_document(pair.plugin, f"/studies/{parent['ParentStudy']}/documents", pdf,
                           **{"Document-Title": "UTF-8''Bericht%20%E6%A4%9C",
                              "Document-Series-Description": "Reports",
                              "Document-Concept-Name-Code": "18842-5^LN^Discharge summary",
                              "Document-Burned-In-Annotation": "NO",
                              "Document-Content-Date": "20260102"})
    assert stored["Status"] == "Success"
    assert stored["ParentStudy"] == parent["ParentStudy"]
    assert stored["ParentSeries"] != parent["ParentSeries"]
    dataset = read_dicom(pair.plugin, stored["ID"])
    assert dataset.SOPClassUID == PDF_CLASS
    assert dataset.DocumentTitle == "Bericht 検"
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert dataset.SeriesDescription == "Reports"
    assert dataset.ConceptNameCodeSequence[0].CodeValue == "18842-5"
    assert dataset.BurnedInAnnotation == "NO"
    assert dataset.ContentDate == "20260102"
    assert dataset.Modality == "OT"
    assert int(dataset.SeriesNumber) == 2
    assert int(dataset.InstanceNumber) == 1
    assert dataset.EncapsulatedDocumentLength == len(pdf)
    assert dataset.ConversionType == "WSD"
    assert dataset.StudyDescription == "Study"
    check_conformant(pair.plugin, stored["ID"], tmp_path, dicom)


@pytest.mark.parametrize("level", ["patients", "studies", "series"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_every_level(pair, level, method):
    parent = pair.plugin.upload(make_parent("levels"))
    key = {"patients": "ParentPatient", "studies": "ParentStudy", "series": "ParentSeries"}[level]
    answer = pair.plugin.request(method, f"/{level}/{parent[key]}/documents", data=make_pdf(),
                                 headers={"Content-Type": "application/pdf"})
    assert answer.status_code == 200, answer.text
    assert answer.json()[key] == parent[key]
    dataset = read_dicom(pair.plugin, answer.json()["ID"])
    assert dataset.PatientID == "levels"
    assert dataset.Modality == ("CT" if level == "series" else "OT")


def test_multipart(pair):
    """Orthanc takes a form that is posted apart, and answers with nothing: only PUT can serve forms."""
    parent = pair.plugin.upload(make_parent("multipart"))
    path = f"/studies/{parent['ParentStudy']}/documents"
    pdf = make_pdf()
    answer = pair.plugin.request("PUT", path, files={"file": ("Über.pdf", pdf, "application/pdf")},
                                 data={"Modality": "DOC", "Title": "Ä"})
    assert answer.status_code == 200, answer.text
    dataset = read_dicom(pair.plugin, answer.json()["ID"])
    assert (dataset.Modality, dataset.DocumentTitle) == ("DOC", "Ä")
    assert pair.plugin.get(f"/instances/{answer.json()['ID']}/pdf").content == pdf

    answer = pair.plugin.request("PUT", path, files={"file": ("Über.pdf", pdf)})
    assert read_dicom(pair.plugin, answer.json()["ID"]).DocumentTitle == "Über"

    count = pair.plugin.get_json("/statistics")["CountInstances"]
    answer = pair.plugin.request("POST", path, files={"file": ("Über.pdf", pdf, "application/pdf")})
    assert answer.status_code == 400
    assert "PUT" in answer.json()["Details"]
    assert pair.plugin.get_json("/statistics")["CountInstances"] == count


def test_types_without_content_type(pair):
    parent = pair.plugin.upload(make_parent("vague"))
    path = f"/studies/{parent['ParentStudy']}/documents"
    stored = post_document(pair.plugin, path, make_pdf(), "application/x-www-form-urlencoded")
    assert read_dicom(pair.plugin, stored["ID"]).SOPClassUID == PDF_CLASS
    stored = post_document(pair.plugin, path, make_cda(), "application/octet-stream")
    assert read_dicom(pair.plugin, stored["ID"]).SOPClassUID == "1.2.840.10008.5.1.4.1.1.104.2"


@pytest.mark.parametrize("mime,content,sop_class", [
    ("text/xml", make_cda(), "1.2.840.10008.5.1.4.1.1.104.2"),
    ("model/stl", make_stl(), "1.2.840.10008.5.1.4.1.1.104.3"),
    ("model/stl", b"solid x\nfacet\nendsolid", "1.2.840.10008.5.1.4.1.1.104.3"),
    ("model/stl", b"solid x\nfacet\nendsolid\n", "1.2.840.10008.5.1.4.1.1.104.3"),
    ("model/obj", b"v 0 0 0\nv 1 0 0\n\n", "1.2.840.10008.5.1.4.1.1.104.4"),
    ("model/mtl", b"newmtl red\n", "1.2.840.10008.5.1.4.1.1.104.5")])
def test_other_documents(pair, tmp_path, mime, content, sop_class):
    dicom = make_parent("others")
    parent = pair.plugin.upload(dicom)
    stored = post_document(pair.plugin, f"/studies/{parent['ParentStudy']}/documents", content, mime)
    dataset = read_dicom(pair.plugin, stored["ID"])
    assert dataset.SOPClassUID == sop_class
    assert dataset.EncapsulatedDocumentLength == len(content)
    if sop_class[-1] in "23":                   # dicom3tools do not know the others
        check_conformant(pair.plugin, stored["ID"], tmp_path, dicom)
    if sop_class.endswith(".2"):
        assert dataset.DocumentTitle == "Bericht"
        assert dataset.HL7InstanceIdentifier == "1.2.3^7"
    answer = pair.plugin.get(f"/instances/{stored['ID']}/document")
    assert answer.content == content
    assert answer.headers["Content-Type"].lower().startswith(mime)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert pair.plugin.get(f"/instances/{stored['ID']}/pdf").status_code == 404


@pytest.mark.parametrize("content", [b"", b"%PDF-", b"%PDF-1.", b"text", make_pdf()[:-40],
                                     b" " * 1025 + make_pdf()])
def test_what_is_no_pdf_is_refused(pair, content):
    parent = pair.plugin.upload(make_parent("bad"))
    answer = pair.plugin.post(f"/studies/{parent['ParentStudy']}/documents", content,
                              headers={"Content-Type": "application/pdf"})
    check_error(answer, 400, 15)
    assert answer.json()["Details"]
    if content:
        answer = pair.plugin.post("/tools/create-dicom", {"Tags": {}, "Content": make_uri(content)})
        check_error(answer, 400, 15)


def test_what_readers_accept_is_accepted(pair, tmp_path):
    parent = pair.plugin.upload(make_parent("good"))
    path = f"/studies/{parent['ParentStudy']}/documents"
    plain = make_pdf("Title")
    for pdf in (document_samples.run_qpdf(plain, tmp_path, "--linearize"),
                document_samples.run_qpdf(plain, tmp_path, "--encrypt", "", "owner", "256", "--"),
                document_samples.run_qpdf(plain, tmp_path, "--encrypt", "user", "owner", "256", "--"),
                document_samples.run_qpdf(plain, tmp_path, "--object-streams=generate"),
                make_pdf(version="2.0"), b"\xef\xbb\xbf" + plain, b"x" * 1000 + plain):
        stored = post_document(pair.plugin, path, pdf)
        assert pair.plugin.get(f"/instances/{stored['ID']}/pdf").content == pdf


def test_options_are_checked(pair):
    parent = pair.plugin.upload(make_parent("options"))
    path = f"/studies/{parent['ParentStudy']}/documents"
    for name, value in (("Document-Titel", "x"), ("Document-Burned-In-Annotation", "maybe"),
                        ("Document-Concept-Name-Code", "x"), ("Document-Replaces", "../x")):
        answer = pair.plugin.post(path, make_pdf(), headers={"Content-Type": "application/pdf",
                                                            name: value})
        assert answer.status_code == 400, name
        assert answer.json()["Details"]
    answer = pair.plugin.post(path, b"x", headers={"Content-Type": "application/zip"})
    assert answer.status_code == 400
    answer = pair.plugin.post("/studies/nothing/documents", make_pdf(),
                              headers={"Content-Type": "application/pdf"})
    check_error(answer, 404, 17)


@pytest.mark.parametrize("option, value", [
    ("ContentDate", "2026-11-26"), ("ContentDate", "20261326"), ("ContentTime", "25:00"), ("Modality", "ot"),
    ("SeriesDescription", "two\\values"), ("SeriesDescription", "x" * 65), ("StudyInstanceUID", "no-uid"),
    ("StudyDate", "yesterday"), ("PatientBirthDate", "1970-01-31"), ("AccessionNumber", "12345678901234567"),
])
def test_options_are_of_their_vr(pair, option, value):
    before = pair.plugin.get_json("/statistics")["CountInstances"]
    header = "Document-" + re.sub("(?<=[a-z])(?=[A-Z])", "-", option)

    answer = pair.plugin.post("/tools/create-document", make_pdf(),
                              headers={"Content-Type": "application/pdf", header: value})

    check_error(answer, 400, 3)
    assert option in answer.json()["Details"]
    assert value not in answer.text
    assert pair.plugin.get_json("/statistics")["CountInstances"] == before


def test_create_document_finds_its_study(pair):
    first = pair.plugin.upload(make_parent("find", AccessionNumber="FIND1"))
    headers = {"Document-Patient-ID": "find", "Document-Accession-Number": "FIND1"}
    stored = post_document(pair.plugin, "/tools/create-document", make_pdf(), **headers)
    assert stored["ParentStudy"] == first["ParentStudy"]

    headers = {"Document-Patient-ID": "find", "Document-Accession-Number": "OTHER"}
    stored = post_document(pair.plugin, "/tools/create-document", make_pdf(), **headers)
    assert stored["ParentStudy"] != first["ParentStudy"]
    assert stored["ParentPatient"] == first["ParentPatient"]
    assert read_dicom(pair.plugin, stored["ID"]).AccessionNumber == "OTHER"

    headers = {"Document-Patient-ID": "found", "Document-Patient-Name": "New^Patient"}
    stored = post_document(pair.plugin, "/tools/create-document", make_pdf(), **headers)
    assert read_dicom(pair.plugin, stored["ID"]).PatientName == "New^Patient"

    headers = {"Document-Patient-ID": "find", "Document-Patient-Name": "Some^Body^Else"}
    post_document(pair.plugin, "/tools/create-document", make_pdf(), status=409, **headers)
    headers = {"Document-Patient-ID": "fin*"}
    post_document(pair.plugin, "/tools/create-document", make_pdf(), status=400, **headers)


@pytest.mark.sanitizer
def test_uploads_at_the_same_time_have_numbers_of_their_own(pair):
    parent = pair.plugin.upload(make_parent("many"))
    for level, key, number in (("studies", "ParentStudy", "SeriesNumber"),
                               ("series", "ParentSeries", "InstanceNumber")):
        path = f"/{level}/{parent[key]}/documents"
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            futures = [pool.submit(post_document, pair.plugin, path, make_pdf()) for _ in range(16)]
            stored = [future.result()["ID"] for future in futures]
        numbers = {int(read_dicom(pair.plugin, instance)[number].value) for instance in stored}
        assert numbers == set(range(2, 18))


@pytest.mark.sanitizer
def test_first_documents_at_the_same_time_are_in_one_study(pair):
    headers = {"Document-Accession-Number": "at once", "Document-Patient-ID": "at once"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(post_document, pair.plugin, "/tools/create-document", make_pdf(), **headers)
                   for _ in range(8)]
        stored = [future.result() for future in futures]
    assert len({item["ParentStudy"] for item in stored}) == 1
    assert len({item["ParentSeries"] for item in stored}) == 8


def test_replacing_keeps_and_references_the_old_one(pair, tmp_path):
    parent = pair.plugin.upload(make_parent("replace"))
    path = f"/studies/{parent['ParentStudy']}/documents"
    old = post_document(pair.plugin, path, make_pdf())["ID"]
    new = post_document(pair.plugin, path, make_pdf("new"), **{"Document-Replaces": old})["ID"]
    reference = read_dicom(pair.plugin, new).PredecessorDocumentsSequence[0]
    series = reference.ReferencedSeriesSequence[0]
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == \
        read_dicom(pair.plugin, old).SOPInstanceUID
    assert pair.plugin.get(f"/instances/{old}").status_code == 200
    check_conformant(pair.plugin, new, tmp_path)


# ---- Conformance below all kinds of parents


PARENTS = [
    ("", "Doe^Jane"), ("ISO_IR 100", "Äneas^Rüdiger"), ("ISO_IR 101", "Wałęsa"),
    ("ISO_IR 144", "Люкceмбypг"), ("ISO_IR 126", "Διονυσιος"), ("ISO_IR 127", "قباني^لنزار"),
    ("ISO_IR 138", "שרון^דבורה"), ("ISO_IR 192", "王^小东"), ("GB18030", "王^小东"),
    (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    (["ISO 2022 IR 13", "ISO 2022 IR 87"], "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
    (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ"), ("ISO_IR 109", "Ĵaŭdo^Ĉielo"), ("ISO_IR 110", "Bērziņš^Jānis"),
    ("ISO_IR 148", "Çavuşoğlu^İpek"), ("ISO_IR 166", "สมชาย^ใจดี"), ("GBK", "王^小东"),
    (["", "ISO 2022 IR 58"], "Zhang^XiaoDong=张^小东"),
    (["", "ISO 2022 IR 87", "ISO 2022 IR 159"], "Yamada^Tarou=山田^丂丄"),
    (["ISO 2022 IR 100", "ISO 2022 IR 144"], "Äneas=Люкceмбypг"),
]


# What pydicom writes without escape sequences: as in PS3.5 K.2
ENCODED = {"Zhang^XiaoDong=张^小东": b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab"}


@pytest.mark.parametrize("charset,name", PARENTS)
def test_character_sets_of_parents(pair, tmp_path, charset, name):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "99T", "Meaning"
    dicom = make_parent(f"charset {charset}", charset=charset, PatientName=ENCODED.get(name, name),
                        ProcedureCodeSequence=[code], AdditionalPatientHistory="x" * 3000)
    parent = pair.plugin.upload(dicom)
    path = f"/studies/{parent['ParentStudy']}/documents"

    # ASCII: every byte of the parent stays
    stored = post_document(pair.plugin, path, make_pdf())
    dataset, original = read_dicom(pair.plugin, stored["ID"]), pydicom.dcmread(io.BytesIO(dicom))
    assert (dataset.get("SpecificCharacterSet") or "") == (original.get("SpecificCharacterSet") or "")
    assert dataset.PatientName.original_string == original.PatientName.original_string
    assert dataset.ProcedureCodeSequence == original.ProcedureCodeSequence
    assert dataset.AdditionalPatientHistory == "x" * 3000
    check_conformant(pair.plugin, stored["ID"], tmp_path, dicom)

    # What no other character set holds: Unicode, and the same name
    stored = post_document(pair.plugin, path, make_pdf("Ж検査Ä"))
    dataset = read_dicom(pair.plugin, stored["ID"])
    assert dataset.DocumentTitle == "Ж検査Ä"
    assert str(dataset.PatientName).rstrip("=") == name.rstrip("=")
    assert find_errors("dciodvfy", tmp_path, pair.plugin.get(f"/instances/{stored['ID']}/file").content) == []


def test_times_of_the_parents_zone(pair):
    parent = pair.plugin.upload(make_parent("zone", TimezoneOffsetFromUTC="+1400"))
    east = read_dicom(pair.plugin, post_document(
        pair.plugin, f"/studies/{parent['ParentStudy']}/documents", make_pdf())["ID"])
    parent = pair.plugin.upload(make_parent("zone west", TimezoneOffsetFromUTC="-1000"))
    west = read_dicom(pair.plugin, post_document(
        pair.plugin, f"/studies/{parent['ParentStudy']}/documents", make_pdf())["ID"])
    assert east.TimezoneOffsetFromUTC == "+1400"
    assert west.TimezoneOffsetFromUTC == "-1000"
    assert east.ContentDate > west.ContentDate  # 24 hours apart


def test_standalone_is_conformant(pair, tmp_path):
    for path, body in (("/tools/create-document", make_pdf()),
                       ("/tools/create-dicom", {"Tags": {}, "Content": make_uri(make_pdf())})):
        answer = pair.plugin.post(path, body)
        assert answer.status_code == 200, answer.text
        check_conformant(pair.plugin, answer.json()["ID"], tmp_path)


# ---- Reading


def list_corpus():
    plain = make_pdf("x")
    corpus = []
    for ending in (b"", b"\n", b"\r", b"\r\n", b" ", b"\0", b"\x1a"):
        pdf = plain + ending
        corpus += [pdf, b"%PDF-1.4\n%x" + pdf if len(pdf) % 2 else b"%PDF-1.4\n%xx" + pdf]
    return corpus


@pytest.mark.sanitizer
def test_every_byte_comes_back(pair):
    parent = pair.plugin.upload(make_parent("bytes"))
    path = f"/studies/{parent['ParentStudy']}/documents"
    corpus = list_corpus()
    assert {len(pdf) % 2 for pdf in corpus} == {0, 1}
    for pdf in corpus:
        stored = post_document(pair.plugin, path, pdf)
        assert pair.plugin.get(f"/instances/{stored['ID']}/pdf").content == pdf
        assert pair.plugin.get(f"/instances/{stored['ID']}/document").content == pdf


def test_documents_of_other_writers(pair, tmp_path):
    """pdf2dcm writes, we read; we write, dcm2pdf reads."""
    for number, pdf in enumerate(list_corpus()):
        (tmp_path / "a.pdf").write_bytes(pdf)
        subprocess.run(["pdf2dcm", "-q", "+t", "Title", str(tmp_path / "a.pdf"), str(tmp_path / "a.dcm")],
                       check=True)
        stored = pair.plugin.upload((tmp_path / "a.dcm").read_bytes())
        assert pair.plugin.get(f"/instances/{stored['ID']}/pdf").content == pdf, number

        answer = pair.plugin.post("/tools/create-document", pdf,
                                  headers={"Content-Type": "application/pdf"}).json()
        (tmp_path / "b.dcm").write_bytes(pair.plugin.get(f"/instances/{answer['ID']}/file").content)
        subprocess.run(["dcm2pdf", "-q", str(tmp_path / "b.dcm"), str(tmp_path / "b.pdf")], check=True)
        # That tool takes last bytes like these for padding, whatever the length says
        padding = b"\0 \x1a"
        assert (tmp_path / "b.pdf").read_bytes().rstrip(padding) == pdf.rstrip(padding), number


@pytest.mark.parametrize("syntax", [dicom_samples.IMPLICIT, dicom_samples.EXPLICIT,
                                    dicom_samples.BIG_ENDIAN])
@pytest.mark.parametrize("mime", ["application/pdf", "APPLICATION/PDF", "Application/pdf", None])
def test_reading_rule(pair, syntax, mime):
    pdf = make_even(make_pdf())
    dataset = pydicom.dcmread(io.BytesIO(make_parent(f"rule {mime} {syntax}")))
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
                    "PixelRepresentation", "SamplesPerPixel", "PhotometricInterpretation"):
        delattr(dataset, keyword)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = PDF_CLASS
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.is_implicit_VR = syntax == dicom_samples.IMPLICIT
    dataset.is_little_endian = syntax != dicom_samples.BIG_ENDIAN
    if mime is not None:
        dataset.MIMETypeOfEncapsulatedDocument = mime
    dataset.EncapsulatedDocument = pdf
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, write_like_original=False)
    stored = pair.plugin.upload(buffer.getvalue())
    answer = pair.plugin.get(f"/instances/{stored['ID']}/pdf")
    assert answer.content == pdf
    assert answer.headers["Content-Type"] == "application/pdf"


SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


@pytest.mark.parametrize("sop_class,mime,is_pdf", [
    (PDF_CLASS, "text/plain", True), (SECONDARY_CAPTURE, "Application/PDF", True), (SECONDARY_CAPTURE, None, True),
    (SECONDARY_CAPTURE, "text/plain", True)])
@pytest.mark.parametrize("ending", [b"", b"x", b" ", b"\n", b"\x1a"])
def test_any_of_class_type_and_content_makes_a_pdf(pair, sop_class, mime, is_pdf, ending):
    """Without a length: at most one byte is padding, and only if it is zero."""
    for pdf in (make_pdf() + ending, b"%PDF-1.4\n%x" + make_pdf() + ending):
        if mime == "Application/PDF":
            pdf = b"\xef\xbb\xbf" + pdf + ending             # only by its type
        tags = {} if mime is None else {"MIMETypeOfEncapsulatedDocument": mime}
        dicom = dicom_samples.make_object(sop_class, patient=f"any {sop_class} {mime} {pdf[-1:]} {len(pdf)}",
                                          EncapsulatedDocument=pdf + bytes(len(pdf) % 2), **tags)
        stored = pair.plugin.upload(dicom)
        answer = pair.plugin.get(f"/instances/{stored['ID']}/pdf")
        assert (answer.status_code == 200) == is_pdf
        assert answer.content == pdf
        assert answer.headers["Content-Type"] == "application/pdf"


def test_what_has_no_document_is_not_found_as_in_the_core(pair):
    stored = pair.upload(make_parent("none"))
    for path in (f"/instances/{stored['ID']}/pdf", "/instances/nothing/pdf"):
        check_same_error(*pair.request("GET", path))
    check_same_error(*pair.request("POST", f"/instances/{stored['ID']}/pdf"))
    assert pair.plugin.get(f"/instances/{stored['ID']}/document").status_code == 404


def test_ranges_and_conditions(pair):
    pdf = make_pdf("Ünter/suchung", ballast=100000)
    instance = pair.plugin.post("/tools/create-document", pdf,
                                headers={"Content-Type": "application/pdf"}).json()["ID"]
    path = f"/instances/{instance}/pdf"
    whole = pair.plugin.get(path)
    assert whole.headers["Content-Disposition"].startswith("inline; filename=")
    assert "filename*=UTF-8''%C3%9Cnter_suchung.pdf" in whole.headers["Content-Disposition"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert pair.plugin.get(path + "?attachment").headers["Content-Disposition"].startswith("attachment")
    tag = whole.headers["ETag"]
    assert read_dicom(pair.plugin, instance).SOPInstanceUID in tag
    part = pair.plugin.get(path, headers={"Range": "bytes=100-199", "If-Range": tag})
    assert (part.status_code, part.content) == (206, pdf[100:200])
    part = pair.plugin.get(path, headers={"Range": "bytes=-5"})
    assert (part.status_code, part.content) == (206, b"%%EOF")
    assert pair.plugin.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert pair.plugin.get(path, headers={"Range": f"bytes={len(pdf)}-"}).status_code == 416


def test_lists(pair):
    parent = pair.plugin.upload(make_parent("list"))
    study = f"/studies/{parent['ParentStudy']}/documents"
    assert pair.plugin.get_json(study) == []
    first = post_document(pair.plugin, study, make_pdf("Ä", pages=3),
                          **{"Document-Content-Date": "20260102"})
    second = post_document(pair.plugin, study, make_stl(), "model/stl")
    for level in ("patients", "studies"):
        listed = pair.plugin.get_json(f"/{level}/{parent['ParentPatient' if level[0] == 'p' else 'ParentStudy']}/documents")
        assert {entry["ID"] for entry in listed} == {first["ID"], second["ID"]}
        entry = next(entry for entry in listed if entry["ID"] == first["ID"])
        assert entry["Title"] == "Ä"
        assert entry["Pages"] == 3
        assert entry["Date"] == "20260102"
        assert entry["Type"] == "application/pdf"
        assert entry["SizeBytes"] == len(make_pdf("Ä", pages=3))
        entry = next(entry for entry in listed if entry["ID"] == second["ID"])
        assert (entry["Type"], entry["Pages"]) == ("model/stl", None)
    assert len(pair.plugin.get_json(f"/series/{first['ParentSeries']}/documents")) == 1
    check_error(pair.plugin.get("/studies/nothing/documents"), 404, 17)


# ---- /tools/create-dicom


@pytest.mark.parametrize("make_content", [
    lambda pdf: make_uri(pdf), lambda pdf: make_uri(pdf, "Application/PDF"),
    lambda pdf: make_uri(pdf, "application/pdf;name=report.pdf"),
    lambda pdf: make_uri(pdf, "application/pdf;charset=binary"),
    lambda pdf: make_uri(pdf, "application/x-pdf"),
    lambda pdf: make_uri(pdf, "application/octet-stream"),
    lambda pdf: make_uri(pdf).rstrip("="),
    lambda pdf: make_uri(pdf).replace("+", "-").replace("/", "_").replace("data:application_pdf", "data:application/pdf"),
    lambda pdf: "data:application/pdf;base64," + base64.encodebytes(pdf).decode(),
    lambda pdf: "data:application/pdf," + "".join(f"%{byte:02x}" for byte in pdf)])
def test_data_uris(pair, make_content):
    pdf = make_pdf("Title")
    answer = pair.plugin.post("/tools/create-dicom", {"Tags": {"Modality": "CT"},
                                                      "Content": make_content(pdf)})
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"ID", "Path", "Status", "ParentPatient", "ParentStudy",
                                  "ParentSeries"}
    assert pair.plugin.get(answer.json()["Path"] + "/pdf").content == pdf
    dataset = read_dicom(pair.plugin, answer.json()["ID"])
    assert (dataset.Modality, dataset.DocumentTitle) == ("CT", "Title")


def test_the_mark_of_utf8_in_front_of_json(pair):
    """As PowerShell writes files."""
    body = b"\xef\xbb\xbf" + b'{"Tags":{"Modality":"CT"},"Content":"' + make_uri(make_pdf()).encode() + b'"}'
    core, plugin = pair.request("POST", "/tools/create-dicom", data=body)
    assert plugin.status_code == 200 or core.status_code != 200, plugin.text


def test_raw_line_feeds_in_json(pair):
    pdf = make_pdf()
    body = b'{"Tags":{"Modality":"CT"},"Content":"data:application/pdf;base64,' + \
        base64.encodebytes(pdf) + b'"}'
    answer = pair.plugin.post("/tools/create-dicom", body)
    assert answer.status_code == 200, answer.text
    assert pair.plugin.get(answer.json()["Path"] + "/pdf").content == pdf


@pytest.mark.parametrize("content", ["data:application/pdf;base64,!!!!", "no URI", "data:application/pdf",
                                     make_uri(b"x", "application/zip"), make_uri(b"bytes", "application/octet-stream"),
                                     make_uri(b"hello", "model/stl"), make_uri(b"", "model/stl")])
def test_bad_contents(pair, content):
    answer = pair.plugin.post("/tools/create-dicom", {"Tags": {}, "Content": content})
    assert answer.status_code == 400
    assert answer.json()["Details"]


def test_contract_of_the_core(pair, tmp_path):
    """What existing clients rely on, against the core's own objects."""
    parent = pair.upload(make_parent("contract"))
    pdf = make_pdf()
    for body in ({"Tags": {"PatientName": "Jodogne", "Modality": "CT"}, "Content": make_uri(pdf)},
                 {"Tags": {}, "Parent": parent["ParentPatient"], "Content": make_uri(pdf)},
                 {"Tags": {"SeriesDescription": "S"}, "Parent": parent["ParentStudy"], "Content": make_uri(pdf)},
                 {"Tags": {"SpecificCharacterSet": "ISO_IR 13"}, "Parent": parent["ParentSeries"],
                  "Content": make_uri(pdf)}):
        core, plugin = pair.request("POST", "/tools/create-dicom", json=body)
        assert (core.status_code, plugin.status_code) == (200, 200), plugin.text
        assert set(core.json()) == set(plugin.json())
        theirs, ours = read_dicom(pair.core, core.json()["ID"]), read_dicom(pair.plugin, plugin.json()["ID"])
        for keyword in ("SOPClassUID", "Modality", "ConversionType", "MIMETypeOfEncapsulatedDocument",
                        "EncapsulatedDocument", "PatientName", "StudyDescription", "SpecificCharacterSet",
                        "StudyDate", "SeriesDescription"):
            assert ours.get(keyword) == theirs.get(keyword), keyword
        if "Parent" in body:
            assert ours.PatientID == theirs.PatientID
    refused = [{"Tags": {"PatientName": "Other"}, "Parent": parent["ParentStudy"], "Content": make_uri(pdf)},
               {"Tags": {}, "Parent": parent["ID"], "Content": make_uri(pdf)},
               {"Tags": {}, "Parent": "nothing", "Content": make_uri(pdf)},
               {"Tags": {"PixelData": "x"}, "Content": make_uri(pdf)},
               {"Tags": {"SpecificCharacterSet": "nothing"}, "Content": make_uri(pdf)},
               {"Tags": 1}, [], {"Tags": {}, "Force": 1}]
    for body in refused:
        core, plugin = pair.request("POST", "/tools/create-dicom", json=body)
        assert (core.status_code, plugin.status_code) == (400, 400), (body, plugin.text)
    core, plugin = pair.request("GET", "/tools/create-dicom")
    assert plugin.status_code == core.status_code == 405


def test_force_and_sop_class(pair):
    uid = "1.2.826.0.1.3680043.10.99.5"
    answer = pair.plugin.post("/tools/create-dicom", {"Tags": {"StudyInstanceUID": uid}, "Force": True,
                                                      "Content": make_uri(make_pdf())})
    assert read_dicom(pair.plugin, answer.json()["ID"]).StudyInstanceUID == uid
    answer = pair.plugin.post("/tools/create-dicom", {"Tags": {"StudyInstanceUID": uid},
                                                      "Content": make_uri(make_pdf())})
    assert answer.status_code == 400
    answer = pair.plugin.post("/tools/create-dicom", {
        "Tags": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "Force": True,
        "Content": make_uri(make_pdf())})
    assert answer.status_code == 400


def read_jpeg():
    """A JPEG of the baseline process, out of a sample."""
    dataset = pydicom.dcmread(io.BytesIO(dicom_samples.read_sample("SC_rgb_dcmtk_+eb+cr.dcm")))
    return next(pydicom.encaps.generate_pixel_data_frame(dataset.PixelData))


@pytest.mark.parametrize("mime", ["image/png", "application/octet-stream"])
def test_png_as_secondary_capture(pair, tmp_path, mime):
    dicom = make_parent("png", PatientName="Äneas")
    parent = pair.plugin.upload(dicom)
    path = f"/studies/{parent['ParentStudy']}/documents"
    for content, samples, pixels in ((make_png(), 1, b"\1\2\3\4"),
                                     (make_png(2, b"\0" + b"abcdef" + b"\0" + b"ghijkl"), 3,
                                      b"abcdefghijkl")):
        stored = post_document(pair.plugin, path, content, mime, **{"Document-Title": "Scan"})
        dataset = read_dicom(pair.plugin, stored["ID"])
        assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
        assert (dataset.SamplesPerPixel, dataset.PixelData) == (samples, pixels)
        assert (dataset.PatientName, dataset.ImageComments) == ("Äneas", "Scan")
        assert pair.plugin.get(f"/instances/{stored['ID']}/preview").status_code == 200
        check_conformant(pair.plugin, stored["ID"], tmp_path, dicom)
    post_document(pair.plugin, path, make_png()[:-30], "image/png", status=400)


def test_jpeg_as_secondary_capture(pair, tmp_path):
    dicom = make_parent("jpeg")
    parent = pair.plugin.upload(dicom)
    path = f"/studies/{parent['ParentStudy']}/documents"
    jpeg = read_jpeg()
    stored = post_document(pair.plugin, path, jpeg, "image/jpeg")
    dataset = read_dicom(pair.plugin, stored["ID"])
    assert dataset.file_meta.TransferSyntaxUID == dicom_samples.JPEG_BASELINE
    frame = next(pydicom.encaps.generate_pixel_data_frame(dataset.PixelData))
    assert frame.rstrip(b"\0") == jpeg.rstrip(b"\0")
    assert dataset.LossyImageCompression == "01"
    assert (dataset.Rows, dataset.Columns) == (100, 100)
    assert pair.plugin.get(f"/instances/{stored['ID']}/preview").status_code == 200
    check_conformant(pair.plugin, stored["ID"], tmp_path, dicom)
    post_document(pair.plugin, path, jpeg.replace(b"\xff\xc0", b"\xff\xc2"), "image/jpeg", status=400)
    post_document(pair.plugin, path, jpeg[:100], "image/jpeg", status=400)


def test_lists_of_contents(pair):
    pdf = make_pdf()
    answer = pair.plugin.post("/tools/create-dicom", {
        "Tags": {"PatientID": "array"}, "Content": [make_uri(pdf), {"Content": make_uri(pdf), "Tags": {"InstanceNumber": "7"}}]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["Path"] == "/series/" + answer.json()["ID"]
    instances = pair.plugin.get_json(answer.json()["Path"] + "/instances")
    assert len(instances) == 2
    numbers = {int(read_dicom(pair.plugin, instance["ID"]).InstanceNumber) for instance in instances}
    assert numbers == {1, 7}


def test_a_failing_item_removes_nothing_that_was_there(pair):
    parent = pair.plugin.upload(make_parent("undo"))
    bad = make_uri(b"no PDF")
    for content in ([make_uri(make_pdf()), bad], [bad], [make_uri(make_png(), "image/png"), bad],
                    [make_uri(make_png(), "image/png"), make_uri(b"no PNG", "image/png")]):
        answer = pair.plugin.post("/tools/create-dicom", {
            "Tags": {}, "Parent": parent["ParentSeries"], "Content": content})
        assert answer.status_code == 400, answer.text
        listed = pair.plugin.get_json(f"/series/{parent['ParentSeries']}/instances")
        assert [entry["ID"] for entry in listed] == [parent["ID"]]


@pytest.mark.parametrize("mime,content", [("application/pdf", make_pdf()), ("image/png", make_png()),
                                          ("image/x-portable-arbitrarymap", b"P7")])
def test_a_failing_item_leaves_nothing_of_its_list(pair, mime, content):
    """In a new series, below each parent, and in a series that is named by force."""
    dicom = make_parent(f"list of {mime}")
    parent = pair.plugin.upload(dicom)
    original = pydicom.dcmread(io.BytesIO(dicom))
    items = [make_uri(make_pdf()) if mime == "application/pdf" else make_uri(make_png(), "image/png")] * 2
    bad = make_uri(content[:-20] if mime == "image/png" else b"no content", mime)
    forced = {"Tags": {keyword: str(original[keyword].value) for keyword in
                       ("PatientID", "StudyInstanceUID", "SeriesInstanceUID")}, "Force": True}
    before = sorted(entry["ID"] for entry in pair.plugin.get_json("/instances?expand"))
    for fields in ({"Tags": {}}, forced, *({"Tags": {}, "Parent": parent["Parent" + level]}
                                           for level in ("Patient", "Study", "Series"))):
        for content_list in (items + [bad], [items[0], bad, items[0]], [bad] + items):
            answer = pair.plugin.post("/tools/create-dicom", dict(fields, Content=content_list))
            assert answer.status_code == 400, answer.text
            assert sorted(entry["ID"] for entry in pair.plugin.get_json("/instances?expand")) == before, fields
    answer = pair.plugin.post("/tools/create-dicom", dict(forced, Content=items))
    assert answer.status_code == 200, answer.text
    assert answer.json()["ID"] == parent["ParentSeries"]
    assert len(pair.plugin.get_json(f"/series/{parent['ParentSeries']}/instances")) == 3


@pytest.mark.parametrize("level", [None, "ParentPatient", "ParentStudy", "ParentSeries"])
def test_attributes_alone_are_conformant(pair, tmp_path, level):
    dicom = make_parent(f"alone {level}")
    parent = pair.plugin.upload(dicom)
    for tags in ({}, {"0008-0060": "CT"}, {"00200013": "5"}, {"0008,9123": "1.2.3"}):
        if "0008-0060" in tags and level == "ParentSeries":
            continue
        body = {"Tags": tags} if level is None else {"Tags": tags, "Parent": parent[level]}
        answer = pair.plugin.post("/tools/create-dicom", body)
        assert answer.status_code == 200, answer.text
        dataset = read_dicom(pair.plugin, answer.json()["ID"])
        assert dataset.SOPClassUID == dataset.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.66"
        assert dataset.Modality == ("CT" if "0008-0060" in tags or level == "ParentSeries" else "OT")
        for keyword in ("InstanceNumber", "CreatorVersionUID", "ContentDate", "ContentTime", "SeriesInstanceUID"):
            assert dataset[keyword].value, keyword


def test_images_are_made_by_the_core_with_a_sop_class(pair):
    for content in (make_uri(make_png(), "image/png"), [make_uri(make_png(), "image/png")] * 2, None):
        body = {"Tags": {"PatientID": "images", "PatientName": "A"}}
        if content is not None:
            body["Content"] = content
        core, plugin = pair.request("POST", "/tools/create-dicom", json=body)
        assert (core.status_code, plugin.status_code) == (200, 200), plugin.text
        assert set(core.json()) == set(plugin.json())
        path = plugin.json()["Path"]
        instance = pair.plugin.get_json(path + "/instances")[0]["ID"] if "series" in path else plugin.json()["ID"]
        dataset = read_dicom(pair.plugin, instance)
        assert dataset.SOPClassUID == ("1.2.840.10008.5.1.4.1.1.66" if content is None
                                       else "1.2.840.10008.5.1.4.1.1.7")
        assert dataset.file_meta.MediaStorageSOPClassUID == dataset.SOPClassUID


def test_origin_is_the_plugin(pair):
    """The documented difference: who has asked is not recorded by the host."""
    stored = [pair.plugin.post("/tools/create-document", make_pdf()).json()]
    for content in ({"Content": make_uri(make_pdf())}, {"Content": make_uri(make_png(), "image/png")}, {}):
        body = dict({"Tags": {"PatientID": "origin"}}, **content)
        core, plugin = pair.request("POST", "/tools/create-dicom", json=body)
        assert pair.core.get(f"/instances/{core.json()['ID']}/metadata/Origin").text == "RestApi"
        assert pair.core.get(f"/instances/{core.json()['ID']}/metadata/RemoteIP").text
        stored.append(plugin.json())
    for answer in stored:
        metadata = f"/instances/{answer['ID']}/metadata"
        assert pair.plugin.get(metadata + "/Origin").text == "Plugins"
        assert {"RemoteIP", "HttpUsername"}.isdisjoint(pair.plugin.get_json(metadata))


def test_active_content(start_server, expect_errors, tmp_path):
    expect_errors()
    script = make_pdf(catalog="/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")
    server = start_server({"AdvancedRest": {"Documents": {"ActiveContent": "Refuse",
                                                          "DocumentModality": "DOC"}}})
    answer = server.post("/tools/create-document", script)
    check_error(answer, 400, 15)
    assert "JavaScript" in answer.json()["Details"]
    for name, catalog in (("Launch", "/AA<</WC<</S/Launch/F(x)>>>>"),
                          ("EmbeddedFile", "/Names<</EmbeddedFiles<</Names[]>>>>")):
        answer = server.post("/tools/create-document", make_pdf(catalog=catalog))
        check_error(answer, 400, 15)
        assert name in answer.json()["Details"]
    secret = document_samples.run_qpdf(make_pdf(), tmp_path, "--encrypt", "user", "owner", "256", "--")
    check_error(server.post("/tools/create-document", secret), 400, 15)     # nobody can look into it
    stored = server.post("/tools/create-document", make_pdf())
    assert read_dicom(server, stored.json()["ID"]).Modality == "DOC"
    server = start_server({"AdvancedRest": {"Documents": {"ActiveContent": "Warn"}}})
    assert "JavaScript" in server.post("/tools/create-document", script).json()["Warnings"][0]
    answer = server.post("/tools/create-dicom", {"Tags": {}, "Content": make_uri(script)})
    assert "JavaScript" in answer.json()["Warnings"][0]


# ---- Previews


def test_preview(pair, tmp_path):
    pdf = make_pdf(pages=2)
    instance = pair.plugin.post("/tools/create-document", pdf).json()["ID"]
    path = f"/instances/{instance}/document/preview"
    for query in ("", "?page=2", "?page=2&size=50"):
        answer = pair.plugin.get(path + query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "image/png"
        width, height = (int.from_bytes(answer.content[at:at + 4], "big") for at in (16, 20))
        assert (width, height) == ((50, 25) if "size" in query else (1000, 500))
        assert pair.plugin.get(path + query).content == answer.content
    assert pair.plugin.get(path + "?page=3").status_code == 404
    for query in ("?page=0", "?page=x", "?size=100000"):
        assert pair.plugin.get(path + query).status_code == 400
    secret = document_samples.run_qpdf(pdf, tmp_path, "--encrypt", "user", "owner", "256", "--")
    instance = pair.plugin.post("/tools/create-document", secret).json()["ID"]
    check_error(pair.plugin.get(f"/instances/{instance}/document/preview"), 400, 15)
    stl = post_document(pair.plugin, "/tools/create-document", make_stl(), "model/stl")["ID"]
    assert pair.plugin.get(f"/instances/{stl}/document/preview").status_code == 404
    image = pair.plugin.upload(make_parent("preview"))["ID"]
    assert pair.plugin.get(f"/instances/{image}/document/preview").status_code == 404


def test_preview_within_its_limits(start_server, expect_errors):
    """A page that would take forever ends its process, and the server goes on."""
    expect_errors()
    server = start_server({"AdvancedRest": {"Documents": {"PreviewTimeoutSeconds": 1,
                                                          "PreviewMemoryMB": 64}}})
    drawing = b"q 0.1 0 0 0.1 0 0 cm " + b"0 0 m 1000 1000 l 500 3 700 900 30 40 c S " * 300000 + b" Q"
    pdf = make_pdf()
    pdf = pdf.replace(b"/MediaBox[0 0 200 100]", b"/Contents 5 0 R/MediaBox[0 0 200 100]")
    start = pdf.index(b"5 0 obj")
    end = pdf.index(b"endobj", start)
    pdf = pdf[:start] + b"5 0 obj\n<</Length %d>>stream\n" % len(drawing) + drawing + \
        b"\nendstream\n" + pdf[end:]
    instance = server.post("/tools/create-document", pdf).json()["ID"]
    check_error(server.get(f"/instances/{instance}/document/preview?size=4000"), 400, 15)
    assert server.get("/system").status_code == 200


# ---- Differences because the plugin stores them


def test_lua_and_routing_see_documents(start_server, tmp_path):
    script = tmp_path / "hook.lua"
    script.write_text("""
function OnStoredInstance(instanceId, tags, metadata, origin)
  RestApiPut('/instances/' .. instanceId .. '/metadata/5000', origin['RequestOrigin'])
end
function ReceivedInstanceFilter(dicom, origin)
  return dicom.PatientID ~= 'filtered'
end
""")
    server = start_server({"LuaScripts": [str(script)]})
    stored = server.post("/tools/create-document", make_pdf()).json()
    wait_until(lambda: server.get(f"/instances/{stored['ID']}/metadata/5000").text == "Plugins",
               "the script to see the document")
    answer = post_document(server, "/tools/create-document", make_pdf(),
                           **{"Document-Patient-ID": "filtered"})
    assert answer["Status"] == "FilteredOut"


def test_the_routes_can_be_given_back(start_server, expect_errors):
    expect_errors()
    server = start_server({"AdvancedRest": {"Documents": False}})
    answer = server.post("/tools/create-dicom", {"Tags": {}, "Content": make_uri(make_pdf() + b"xx")})
    assert "DocumentTitle" not in read_dicom(server, answer.json()["ID"])
    assert server.post("/tools/create-document", make_pdf()).status_code == 404


def test_auto_routing_sends_documents(start_server, tmp_path):
    """Over a real association, to the storage SCP of DCMTK."""
    script = tmp_path / "route.lua"
    script.write_text("""
function OnStoredInstance(instanceId, tags, metadata, origin)
  SendToModality(instanceId, 'peer')
end
""")
    received = tmp_path / "received"
    received.mkdir()
    port = find_free_port()
    peer = subprocess.Popen(["storescp", "-q", "-aet", "PEER", "-od", str(received), "+xa", str(port)])
    try:
        server = start_server({"LuaScripts": [str(script)],
                               "DicomModalities": {"peer": ["PEER", "127.0.0.1", port]}})
        for mime, content in (("application/pdf", make_even(make_pdf("Routed"))), ("model/stl", make_stl())):
            stored = post_document(server, "/tools/create-document", content, mime)
            uid = read_dicom(server, stored["ID"]).SOPInstanceUID

            def find_routed():
                # The name is there before the last byte
                files = [path for path in received.iterdir() if path.name.endswith(uid)]
                return files and content in files[0].read_bytes() and files[0]

            dataset = pydicom.dcmread(wait_until(find_routed, "the document to be sent"))
            assert dataset.SOPInstanceUID == uid
            assert dataset.EncapsulatedDocument[:dataset.EncapsulatedDocumentLength] == content
    finally:
        peer.terminate()
        peer.wait()


# ---- Hostile documents


@pytest.mark.sanitizer
def test_hostile_pdfs_harm_nobody(start_server, expect_errors):
    """They are stored as they are, or refused; nobody reads them without limits."""
    expect_errors()
    hostile = document_samples.list_hostile_pdfs()
    server = start_server()
    before = server.read_status("VmRSS")
    largest = max(len(pdf) for pdf in hostile.values())
    pages = {}
    for name, pdf in hostile.items():
        answer = server.post("/tools/create-document", pdf, headers={"Document-Patient-ID": "hostile"})
        assert answer.status_code == 200, (name, answer.text)
        assert server.get(answer.json()["Path"] + "/pdf").content == pdf, name
        listed = server.get_json(f"/series/{answer.json()['ParentSeries']}/documents")
        pages[name] = listed[0]["Pages"]
    # What a sanitizer keeps of freed memory is not counted
    assert PRELOAD or server.read_status("VmHWM") - before < (100 << 10) + 8 * (largest >> 10)
    assert pages["good object stream"] == 1
    assert [name for name, count in pages.items() if "bomb" in name and count is not None] == []
    assert server.get("/system").status_code == 200
