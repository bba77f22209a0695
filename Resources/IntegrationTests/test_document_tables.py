# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""What a created document holds, attribute by attribute, below every kind of parent."""

import base64
import io
import json
import os
import subprocess
import time

import pydicom
import pytest

import dicom_samples
from comparing import check_error
from document_samples import PDF_CLASS, make_cda, make_even, make_pdf, make_png, make_stl, make_uri
from orthanc_server import MEBIBYTE
from test_documents import check_conformant, make_parent, post_document, read_dicom, read_jpeg

ENCAPSULATED = "1.2.840.10008.5.1.4.1.1.104."
SR = "1.2.840.10008.5.1.4.1.1.88.11"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"


@pytest.fixture(autouse=True)
def expect_refusals(expect_errors):
    expect_errors()


def create(server, content=None, status=200, **fields):
    """By the JSON route; the data set, or what is said of the refusal."""
    body = {"Tags": {}, "Content": make_uri(make_pdf()) if content is None else content}
    body.update(fields)
    answer = server.post("/tools/create-dicom", body)
    assert answer.status_code == status, answer.text
    return read_dicom(server, answer.json()["ID"]) if status == 200 else answer.json()["Details"]


# ---- The requests


@pytest.mark.parametrize("name", ["name=Arzt%20Brief.pdf", "filename=Arzt%20Brief.pdf;charset=binary"])
def test_the_name_in_the_uri_is_the_title_of_a_pdf_without_one(pair, name):
    def make(pdf):
        return f"data:application/pdf;{name};base64," + base64.b64encode(pdf).decode()
    assert create(pair.plugin, make(make_pdf())).DocumentTitle == "Arzt Brief"
    assert create(pair.plugin, make(make_pdf("Own"))).DocumentTitle == "Own"
    assert create(pair.plugin).DocumentTitle == ""


# Bytes whose base64 has every letter of its alphabet, and a length of each remainder
EVERY_LETTER = bytes(range(256)) + base64.b64decode("-_-_-_-_", altchars=b"-_")


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_both_alphabets_with_and_without_padding(pair, padding):
    pdf = b"%PDF-1.4\n%" + EVERY_LETTER + make_pdf()
    pdf += b" " * ((3 - padding - len(pdf)) % 3)
    plain = base64.b64encode(pdf).decode()
    assert plain.count("=") == padding and "+" in plain and "/" in plain
    for encoded in (plain, plain.translate(str.maketrans("+/", "-_")), plain.rstrip("="),
                    plain.translate(str.maketrans("+/", "-_")).rstrip("=")):
        answer = pair.plugin.post("/tools/create-dicom", {
            "Tags": {}, "Content": "data:application/pdf;base64," + encoded})
        assert answer.status_code == 200, answer.text
        assert pair.plugin.get(answer.json()["Path"] + "/pdf").content == pdf


@pytest.mark.parametrize("spoil", [lambda text: text[:40] + "!" + text[40:],
                                   lambda text: text[:40] + "=" + text[40:],
                                   lambda text: text + "A", lambda text: text + "====",
                                   lambda text: text[:40] + "\u00e9" + text[40:]])
def test_garbage_within_base64_is_refused(pair, spoil):
    pdf = make_pdf()
    pdf += b" " * (-len(pdf) % 3)
    assert "base64" in create(pair.plugin, spoil(make_uri(pdf)), status=400)


def test_escapes_of_other_json_writers(pair):
    """PHP escapes slashes, .NET everything that is not safe in HTML."""
    pdf = b"%PDF-1.4\n%" + EVERY_LETTER + make_pdf()
    uri = make_uri(pdf)
    named = uri.replace(";base64", ";name=\\u00dc\\u691C\\ud83d\\ude00 A.pdf;base64")
    for text in (uri.replace("/", "\\/"), uri.replace("+", "\\u002B").replace("=", "\\u003d"), named):
        answer = pair.plugin.post("/tools/create-dicom", '{"Tags":{"Modality":"CT"},"Content":"' + text + '"}')
        assert answer.status_code == 200, answer.text
        assert pair.plugin.get(answer.json()["Path"] + "/pdf").content == pdf
    assert read_dicom(pair.plugin, answer.json()["ID"]).DocumentTitle == "Ü検\U0001F600 A"


def test_the_recipe_of_the_documentation(pair, tmp_path):
    """As users type it: base64 of coreutils wraps its lines; curl removes line feeds only with -d."""
    pdf = make_pdf("Hello", ballast=500)
    (tmp_path / "hello.pdf").write_bytes(pdf)
    for option in ("-d", "--data-binary"):
        script = ('(echo -n \'{"Tags" : {"PatientName" : "Benjamino", "Modality" : "CT"},"Content" : '
                  '"data:application/pdf;base64,\'; base64 hello.pdf; echo \'"}\') > foo && '
                  f'curl -sf {pair.plugin.url}/tools/create-dicom {option} @foo')
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=True)
        stored = json.loads(done.stdout)
        dataset = read_dicom(pair.plugin, stored["ID"])
        assert (dataset.Modality, dataset.PatientName) == ("CT", "Benjamino")
        assert pair.plugin.get(stored["Path"] + "/pdf").content == pdf


def test_lines_of_other_systems(pair):
    """PowerShell has lines that end with two characters, raw or escaped."""
    pdf = make_pdf(ballast=300)
    lines = base64.encodebytes(pdf).decode().replace("\n", "\r\n")
    for encoded in (lines, lines.replace("\r\n", "\\r\\n")):
        body = '{\r\n  "Tags": {"Modality": "CT"},\r\n  "Content": "data:application/pdf;base64,' + encoded + '"\r\n}\r\n'
        answer = pair.plugin.post("/tools/create-dicom", body)
        assert answer.status_code == 200, answer.text
        assert pair.plugin.get(answer.json()["Path"] + "/pdf").content == pdf


@pytest.mark.parametrize("mime,content,sop_class", [
    ("application/sla", make_stl(), "3"), ("model/stl", make_stl(2), "3"), ("text/xml", make_cda(), "2"),
    ("text/XML", make_cda(), "2"), ("application/xml", make_cda(), "2"),
    ("model/obj", b"v 0 0 0", "4"), ("model/mtl", b"newmtl red", "5")])
def test_types_of_the_json_route(pair, mime, content, sop_class):
    answer = pair.plugin.post("/tools/create-dicom", {"Tags": {}, "Content": make_uri(content, mime)})
    assert answer.status_code == 200, answer.text
    assert read_dicom(pair.plugin, answer.json()["ID"]).SOPClassUID == ENCAPSULATED + sop_class
    assert pair.plugin.get(answer.json()["Path"] + "/document").content == content


@pytest.mark.parametrize("mime,content", [
    ("application/zip", b"x"), ("application/dicom", b"x"), ("text/plain", b"x"), ("application/pdf", b""),
    ("application/pdf", b"%PDF-"), ("application/pdf", b"%PDF-1.4"), ("application/pdf", make_png()),
    ("application/pdf", make_pdf()[:-30]), ("application/octet-stream", b"no PDF"), ("text/xml", b"<a/>"),
    ("text/xml", make_cda()[:-20]), ("model/stl", b"hello"), ("model/stl", b""), ("model/stl", make_stl()[:-1]),
    ("application/sla", b"solid"), ("model/obj", b"hello"), ("model/mtl", b"hello")])
def test_contents_that_are_refused(pair, mime, content):
    before = pair.plugin.get_json("/statistics")["CountInstances"]
    assert create(pair.plugin, make_uri(content, mime), status=400)
    assert pair.plugin.get_json("/statistics")["CountInstances"] == before


def test_a_list_is_one_series_with_numbers_in_its_order(pair):
    pdfs = [make_pdf(f"Title {number}") for number in range(3)]
    answer = pair.plugin.post("/tools/create-dicom", {"Tags": {"PatientID": "ordered"},
                                                      "Content": [make_uri(pdf) for pdf in pdfs]})
    listed = [read_dicom(pair.plugin, entry["ID"])
              for entry in pair.plugin.get_json(answer.json()["Path"] + "/instances")]
    assert len({dataset.SeriesInstanceUID for dataset in listed}) == 1
    assert sorted((int(dataset.InstanceNumber), dataset.DocumentTitle) for dataset in listed) == \
        [(1, "Title 0"), (2, "Title 1"), (3, "Title 2")]


RAW = {"Rows": "2", "Columns": "2", "BitsAllocated": "8", "BitsStored": "8", "HighBit": "7", "SamplesPerPixel": "1",
       "PixelRepresentation": "0", "PhotometricInterpretation": "MONOCHROME2"}
PAM = b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n\1\2\3\4"


def list_core_requests():
    """Bodies that are neither about documents nor about private attributes, and what the core makes of them."""
    png, pam = make_uri(make_png(), "image/png"), make_uri(PAM, "image/x-portable-arbitrarymap")
    jpeg = make_uri(read_jpeg(), "image/jpeg")
    return {
        "PNG": {"Tags": {"PatientID": "x"}, "Content": png},
        "PAM": {"Tags": {"PatientID": "x"}, "Content": pam},
        "JPEG": {"Tags": {"PatientID": "x"}, "Content": jpeg},
        "encapsulated JPEG": {"Tags": {"PatientID": "x"}, "Content": jpeg, "Encapsulate": True},
        "raw": {"Tags": RAW, "Content": make_uri(b"\1\2\3\4", "application/octet-stream")},
        "own class": {"Tags": {"SOPClassUID": dicom_samples.CT_STORAGE}, "Content": png},
        "force": {"Tags": {"StudyInstanceUID": "2.25.5"}, "Content": png, "Force": True},
        "no force": {"Tags": {"StudyInstanceUID": "2.25.5"}, "Content": png},
        "texts that look like bytes": {"Tags": {"PatientComments": make_uri(b"x", "text/plain")},
                                       "InterpretBinaryTags": False},
        "sequence": {"Tags": {"ProcedureCodeSequence": [{"CodeValue": "1"}]}, "Content": png},
        "oldest form": {"PatientName": "Legacy", "PixelData": png},
        "oldest form without pixels": {"PatientName": "Legacy"},
        "nothing": {}, "no tag": {"hello": "world"}, "unknown tag": {"Tags": {"Hello": "world"}},
        "a number": {"Tags": {"PatientID": 5}}, "empty list": {"Tags": {"PatientID": "x"}, "Content": []}}


@pytest.mark.parametrize("name", list_core_requests())
def test_other_requests_as_the_core(pair, name):
    core, plugin = pair.request("POST", "/tools/create-dicom", json=list_core_requests()[name])
    # Where the core says that it is the server's fault, we say that it is the client's
    assert plugin.status_code == core.status_code or (core.status_code, plugin.status_code) == (500, 400)
    if core.status_code != 200:
        return
    assert set(core.json()) == set(plugin.json())
    check_as_the_core(read_dicom(pair.core, core.json()["ID"]), read_dicom(pair.plugin, plugin.json()["ID"]))


def check_as_the_core(theirs, ours):
    assert ours.file_meta.TransferSyntaxUID == theirs.file_meta.TransferSyntaxUID
    generated = {"SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID", "SOPClassUID"}
    for element in theirs:
        if element.keyword not in generated and not element.keyword.endswith(("Date", "Time")):
            assert ours.get(element.keyword) == element.value, element.keyword
    assert ours.SOPClassUID == ours.file_meta.MediaStorageSOPClassUID     # the core has none of its own


@pytest.mark.parametrize("fields", [
    {}, {"InterpretBinaryTags": False, "Tags": {"PatientComments": make_uri(b"x", "text/plain")}},
    {"Tags": {"StudyInstanceUID": "2.25.50", "SeriesInstanceUID": "2.25.51"}, "Force": True}])
def test_lists_of_images_as_the_core(pair, fields):
    body = {"Tags": {"PatientID": f"list {fields}"[:64], "StudyDescription": "Study"}}
    body["Tags"].update(fields.get("Tags", {}))
    body.update({key: value for key, value in fields.items() if key != "Tags"})
    jpeg = make_uri(read_jpeg(), "image/jpeg")
    body["Content"] = [jpeg, {"Content": jpeg, "Tags": {"InstanceNumber": "7", "ImageComments": "Seventh"}},
                       {"Content": make_uri(make_png(), "image/png"), "Tags": {"ImageComments": "Third"}}]
    core, plugin = pair.request("POST", "/tools/create-dicom", json=body)
    assert (core.status_code, plugin.status_code) == (200, 200), plugin.text
    assert set(core.json()) == set(plugin.json())
    lists = [sorted((read_dicom(server, entry["ID"]) for entry in
                     server.get_json(answer.json()["Path"] + "/instances")), key=lambda dataset: dataset.ImageIndex)
             for server, answer in ((pair.core, core), (pair.plugin, plugin))]
    assert [len(found) for found in lists] == [3, 3]
    for theirs, ours in zip(*lists):
        check_as_the_core(theirs, ours)
    for found in lists:
        assert len({(dataset.StudyInstanceUID, dataset.SeriesInstanceUID) for dataset in found}) == 1


# ---- The attributes


def check_common(dataset, pdf):
    """What every PDF has if the request does not say otherwise."""
    assert dataset.file_meta.TransferSyntaxUID == dicom_samples.EXPLICIT
    assert dataset.file_meta.MediaStorageSOPClassUID == dataset.SOPClassUID == PDF_CLASS
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert dataset["AcquisitionDateTime"].value in ("", None)
    assert "AcquisitionDate" not in dataset and "AcquisitionTime" not in dataset
    assert dataset.ConversionType == "WSD"
    assert dataset.BurnedInAnnotation == "YES"
    assert len(dataset.ConceptNameCodeSequence) == 0
    assert dataset.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert dataset.EncapsulatedDocumentLength == len(pdf)
    assert "SourceInstanceSequence" not in dataset
    assert dataset.ContentDate and dataset.ContentTime and dataset.SeriesDate and dataset.SeriesTime


def test_attributes_without_parent(pair):
    pdf = make_pdf()
    dataset = create(pair.plugin, make_uri(pdf))
    check_common(dataset, pdf)
    assert dataset.SpecificCharacterSet == "ISO_IR 100"     # DefaultEncoding
    assert (dataset.Modality, dataset.Manufacturer, dataset.ManufacturerModelName) == ("OT", "", "Orthanc")
    assert dataset.SoftwareVersions[0].startswith("OrthancAdvancedRest ")
    assert dataset.SoftwareVersions[1].startswith("Orthanc ")
    assert (int(dataset.SeriesNumber), int(dataset.InstanceNumber)) == (1, 1)
    assert dataset.DocumentTitle == ""
    for keyword in ("PatientName", "PatientBirthDate", "PatientSex", "ReferringPhysicianName", "StudyID",
                    "AccessionNumber"):
        assert keyword in dataset
    assert dataset.StudyDate == dataset.ContentDate
    assert "TimezoneOffsetFromUTC" not in dataset


REFERENCE = {"ReferencedSOPClassUID": "1.2.840.10008.3.1.2.3.1", "ReferencedSOPInstanceUID": "2.25.1"}
CODE = {"CodeValue": "1", "CodingSchemeDesignator": "99T", "CodeMeaning": "Meaning"}

# Of every module that a document shares with its parent, strings, long texts and sequences
PATIENT = {"PatientBirthTime": "010203", "IssuerOfPatientID": "Issuer", "OtherPatientNames": "Other^Name",
           "OtherPatientIDsSequence": [{"PatientID": "Q", "IssuerOfPatientID": "I", "TypeOfPatientID": "TEXT"}],
           "EthnicGroup": "Group", "PatientComments": "comment " * 1000, "PatientIdentityRemoved": "NO",
           "ReferencedPatientSequence": [REFERENCE]}
STUDY = {"StudyInstanceUID": "2.25.77", "ReferringPhysicianIdentificationSequence": [{
    "PersonIdentificationCodeSequence": [CODE], "InstitutionName": "I"}],
    "ProcedureCodeSequence": [CODE], "ReferencedStudySequence": [REFERENCE], "PatientAge": "050Y",
    "PatientWeight": "70", "AdditionalPatientHistory": "history " * 1000, "AdmissionID": "ADM",
    "NameOfPhysiciansReadingStudy": "Reader^One", "RequestingService": "Ward", "ClinicalTrialTimePointID": "T1"}
SERIES = {"SeriesNumber": "7", "SeriesDate": "20200103", "SeriesTime": "111213", "SeriesDescription": "The series",
          "BodyPartExamined": "CHEST", "ProtocolName": "Protocol", "PatientPosition": "HFS",
          "PerformedProcedureStepID": "PPS", "OperatorsName": "Operator", "Manufacturer": "Maker",
          "InstitutionName": "Institution", "InstitutionAddress": "Street 1", "StationName": "STATION",
          "InstitutionalDepartmentName": "Department", "ManufacturerModelName": "Model",
          "DeviceSerialNumber": "SN1", "SoftwareVersions": ["1", "2"],
          "RequestAttributesSequence": [{"RequestedProcedureID": "RP", "ScheduledProcedureStepID": "SPS"}]}


@pytest.mark.parametrize("level", ["patients", "studies", "series"])
def test_attributes_of_every_parent(pair, tmp_path, level):
    dicom = make_parent(f"all {level}", **PATIENT, **STUDY, **SERIES)
    parent, original = pair.plugin.upload(dicom), pydicom.dcmread(io.BytesIO(dicom))
    pdf = make_pdf()
    key = {"patients": "ParentPatient", "studies": "ParentStudy", "series": "ParentSeries"}[level]
    stored = post_document(pair.plugin, f"/{level}/{parent[key]}/documents", pdf)
    dataset = read_dicom(pair.plugin, stored["ID"])
    kept = list(PATIENT) + ["PatientID", "PatientName", "PatientBirthDate", "PatientSex"]
    if level != "patients":
        kept += list(STUDY) + ["StudyDate", "StudyTime", "StudyID", "AccessionNumber",
                               "ReferringPhysicianName", "StudyDescription"]
    if level == "series":
        kept += list(SERIES) + ["Modality", "SeriesInstanceUID"]
    for keyword in kept:
        assert dataset.get(keyword) == original.get(keyword), keyword
    if level != "series":
        for keyword in SERIES.keys() - {"SeriesDate", "SeriesTime", "SeriesNumber", "Manufacturer",
                                        "ManufacturerModelName", "SoftwareVersions"}:
            assert keyword not in dataset, keyword
        assert int(dataset.SeriesNumber) == (8 if level == "studies" else 1)
        check_common(dataset, pdf)
    assert "SOPClassUID" in dataset and "PixelData" not in dataset and "Rows" not in dataset
    assert int(dataset.InstanceNumber) == (2 if level == "series" else 1)
    check_conformant(pair.plugin, stored["ID"], tmp_path, dicom)


def make_parents():
    """Of several families of SOP classes, complete or as poor as real ones are."""
    poor = dict(PatientBirthDate=None, PatientSex=None, StudyID=None, AccessionNumber=None,
                ReferringPhysicianName=None, StudyDescription=None, SeriesNumber=None, StudyDate="", StudyTime="")
    yield "poor", make_parent("poor", **poor)
    yield "SR", dicom_samples.make_object(SR, patient="sr", Modality="SR", SeriesNumber="")
    yield "RTSTRUCT", dicom_samples.make_object(RTSTRUCT, patient="rt", Modality="RTSTRUCT")
    yield "PDF", dicom_samples.make_object(PDF_CLASS, patient="pdf", Modality="DOC",
                                           MIMETypeOfEncapsulatedDocument="application/pdf")
    for name in ("MR_small.dcm", "CT_small.dcm", "SC_rgb_dcmtk_+eb+cr.dcm", "rtplan.dcm",
                 "test-SR.dcm", "JPEG2000.dcm", "693_J2KR.dcm", "liver.dcm", "chrH31.dcm", "chrX1.dcm"):
        if os.path.exists(os.path.join(dicom_samples.SAMPLES, name)):
            yield name, dicom_samples.read_sample(name)


@pytest.mark.parametrize("level", ["patients", "studies", "series"])
@pytest.mark.parametrize("name,dicom", list(make_parents()), ids=lambda value: value if isinstance(value, str) else "")
def test_conformance_below_other_classes(pair, tmp_path, level, name, dicom):
    parent = pair.plugin.upload(dicom)
    key = {"patients": "ParentPatient", "studies": "ParentStudy", "series": "ParentSeries"}[level]
    stored = post_document(pair.plugin, f"/{level}/{parent[key]}/documents", make_pdf())
    check_conformant(pair.plugin, stored["ID"], tmp_path, dicom)


def test_the_charset_of_a_parent_beside_one_in_the_request(pair):
    parent = pair.plugin.upload(make_parent("charsets", charset="ISO_IR 144", PatientName="Люк"))
    dataset = create(pair.plugin, Parent=parent["ParentStudy"], Tags={"SpecificCharacterSet": "ISO_IR 13"})
    assert (dataset.SpecificCharacterSet, dataset.PatientName) == ("ISO_IR 144", "Люк")
    dataset = create(pair.plugin, Parent=parent["ParentStudy"], Tags={"SeriesDescription": "Bericht 検査"})
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert (dataset.PatientName, dataset.SeriesDescription) == ("Люк", "Bericht 検査")


@pytest.mark.parametrize("zone,hours", [("EAST-14", 14), ("WEST+10", -10)])
def test_local_time(start_server, zone, hours):
    server = start_server({"AdvancedRest": {"Documents": {"AcquisitionTimes": True}}}, environment={"TZ": zone})
    before = time.gmtime(time.time() + hours * 3600)
    dataset = create(server)
    after = time.gmtime(time.time() + hours * 3600)
    moment = dataset.ContentDate + dataset.ContentTime[:6]
    assert time.strftime("%Y%m%d%H%M%S", before) <= moment <= time.strftime("%Y%m%d%H%M%S", after)
    for keyword in ("Study", "Series", "Acquisition", "InstanceCreation"):
        assert dataset[keyword + "Date"].value + dataset[keyword + "Time"].value[:6] == moment
    assert "TimezoneOffsetFromUTC" not in dataset


def test_replacing_by_json(pair):
    old = pair.plugin.post("/tools/create-dicom", {"Tags": {}, "Content": make_uri(make_pdf())}).json()
    replaced = read_dicom(pair.plugin, old["ID"]).SOPInstanceUID
    alone = pair.plugin.post("/tools/create-dicom", {"Tags": {}, "Replaces": old["ID"]}).json()
    for dataset in (create(pair.plugin, Replaces=old["ID"]), read_dicom(pair.plugin, alone["ID"]),
                    create(pair.plugin, make_uri(make_png(), "image/png"), Replaces=old["ID"])):
        series = dataset.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
        assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == replaced
    assert pair.plugin.get(f"/instances/{old['ID']}").status_code == 200
    assert create(pair.plugin, status=400, Replaces="../x")


def test_what_a_request_may_set(pair):
    dataset = create(pair.plugin, BurnedInAnnotation=False, ConceptNameCode={
        "CodeValue": "18842-5", "CodingSchemeDesignator": "LN", "CodeMeaning": "Discharge summary"}, Tags={
            "DocumentTitle": "Given", "ConversionType": "SD", "AcquisitionDateTime": "20200102",
            "SeriesNumber": "5", "InstanceNumber": "6", "Manufacturer": "Maker", "SeriesDate": "20200103",
            "SourceInstanceSequence": [REFERENCE]})
    assert (dataset.DocumentTitle, dataset.ConversionType, dataset.Manufacturer) == ("Given", "SD", "Maker")
    assert (dataset.AcquisitionDateTime, dataset.SeriesDate) == ("20200102", "20200103")
    assert (int(dataset.SeriesNumber), int(dataset.InstanceNumber)) == (5, 6)
    assert dataset.BurnedInAnnotation == "NO"
    assert dataset.ConceptNameCodeSequence[0].CodeMeaning == "Discharge summary"
    assert dataset.SourceInstanceSequence[0].ReferencedSOPInstanceUID == "2.25.1"
    for bad in ({"ConceptNameCode": "18842-5"}, {"ConceptNameCode": {"CodeValue": "1"}}, {"BurnedInAnnotation": 1},
                {"Replaces": 1}, {"DryRun": "yes"}):
        answer = pair.plugin.post("/tools/create-dicom", dict({"Tags": {}, "Content": make_uri(make_pdf())}, **bad))
        check_error(answer, 400, 15)
        assert next(iter(bad)) in answer.json()["Details"]


@pytest.mark.parametrize("mime,content", [("model/stl", make_stl()), ("model/obj", b"v 0 0 0"),
                                          ("model/mtl", b"newmtl red")])
def test_attributes_of_models(pair, mime, content):
    dataset = read_dicom(pair.plugin, post_document(pair.plugin, "/tools/create-document", content, mime)["ID"])
    assert dataset.Modality == "M3D"
    assert dataset.FrameOfReferenceUID and "PositionReferenceIndicator" in dataset
    for keyword in ("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions"):
        assert dataset.get(keyword), keyword
    unit = dataset.MeasurementUnitsCodeSequence[0]
    assert (unit.CodeValue, unit.CodingSchemeDesignator) == ("um", "UCUM")
    assert dataset.MIMETypeOfEncapsulatedDocument == mime


def test_attributes_of_cda(pair):
    dataset = read_dicom(pair.plugin, post_document(pair.plugin, "/tools/create-document", make_cda("Brief"),
                                                    "text/xml")["ID"])
    assert (dataset.MIMETypeOfEncapsulatedDocument, dataset.DocumentTitle) == ("text/XML", "Brief")
    assert dataset.HL7InstanceIdentifier == "1.2.3^7"
    assert dataset.Modality == "OT"


# ---- A series of something else


def test_a_series_of_images_is_warned_of(pair):
    parent = pair.plugin.upload(make_parent("mixed"))
    for path, count in ((f"/series/{parent['ParentSeries']}/documents", 1),
                        (f"/studies/{parent['ParentStudy']}/documents", 0)):
        stored = post_document(pair.plugin, path, make_pdf())
        assert len(stored.get("Warnings", [])) == count
    own = stored["ParentSeries"]
    stored = post_document(pair.plugin, f"/series/{own}/documents", make_pdf())
    assert "Warnings" not in stored                         # a series of documents
    stl = post_document(pair.plugin, f"/series/{own}/documents", make_stl(), "model/stl")
    assert "1.2.840.10008.5.1.4.1.1.104.1" in stl["Warnings"][0]


def test_a_series_of_images_is_refused_by_option(start_server, expect_errors):
    expect_errors()
    server = start_server({"AdvancedRest": {"Documents": {"Strict": True}}})
    parent = server.upload(make_parent("strict"))
    series = f"/series/{parent['ParentSeries']}/documents"
    answer = server.post(series, make_pdf(), headers={"Content-Type": "application/pdf"})
    check_error(answer, 400, 3)
    assert "series" in answer.json()["Details"]
    create(server, status=400, Parent=parent["ParentSeries"])
    create(server, [make_uri(make_pdf())] * 2, status=400, Parent=parent["ParentSeries"])
    # Neither does it make objects of which nobody has said what they are
    for tags in ({"PatientID": "x"}, {"0405,0010": "Maker", "0405,1001": {"vr": "LO", "Value": ["x"]}}):
        answer = server.post("/tools/create-dicom", {"Tags": tags})
        check_error(answer, 400, 3)
        assert "SOPClassUID" in answer.json()["Details"]
    stored = post_document(server, f"/studies/{parent['ParentStudy']}/documents", make_pdf())
    assert "Warnings" not in stored
    post_document(server, f"/series/{stored['ParentSeries']}/documents", make_pdf())
    assert server.get_json("/statistics")["CountInstances"] == 3


# ---- Reading


@pytest.mark.parametrize("option", ["+te", "+ti", "+tb", "+td"])
def test_even_documents_of_dcmtk_in_every_syntax(pair, tmp_path, option):
    pdf = make_even(make_pdf("Syntax " + option))
    (tmp_path / "a.pdf").write_bytes(pdf)
    subprocess.run(["pdf2dcm", "-q", str(tmp_path / "a.pdf"), str(tmp_path / "a.dcm")], check=True)
    subprocess.run(["dcmconv", option, str(tmp_path / "a.dcm"), str(tmp_path / "b.dcm")], check=True)
    stored = pair.plugin.upload((tmp_path / "b.dcm").read_bytes())
    assert pair.plugin.get(f"/instances/{stored['ID']}/pdf").content == pdf
    assert pair.plugin.get(f"/instances/{stored['ID']}/document").content == pdf


@pytest.mark.parametrize("ending", [b"", b"x"])
def test_256_megabytes_come_back(start_server, ending):
    """Sent raw, as a whole and in parts, of an even and of an odd length."""
    server = start_server()
    pdf = make_pdf("Large", ballast=256 * MEBIBYTE, ending=ending)
    stored = post_document(server, "/tools/create-document", pdf)
    part = server.get(f"/instances/{stored['ID']}/document", headers={"Range": f"bytes={len(pdf) - 100}-"})
    assert (part.status_code, part.content) == (206, pdf[-100:])
    for route in ("pdf", "document"):
        assert server.get(f"/instances/{stored['ID']}/{route}").content == pdf
    listed = server.get_json(f"/series/{stored['ParentSeries']}/documents")
    assert [(entry["Title"], entry["SizeBytes"]) for entry in listed] == [("Large", len(pdf))]


def test_a_large_document(start_server):
    """There and back, with the memory that is promised; larger ones: Resources/Benchmarks/Documents.py."""
    server = start_server()
    pdf = make_even(make_pdf("Large", ballast=64 * MEBIBYTE))
    with server.watch_memory() as grown:
        stored = post_document(server, "/tools/create-document", pdf)
    assert len(pdf) / 2 < grown[0] < 3.5 * len(pdf)
    assert server.get(f"/instances/{stored['ID']}/pdf").content == pdf
    body = b'{"Tags":{},"Content":"data:application/pdf;base64,' + base64.b64encode(pdf) + b'"}'
    with server.watch_memory() as grown:
        assert server.post("/tools/create-dicom", body).status_code == 200
    assert grown[0] < 5 * len(pdf)
