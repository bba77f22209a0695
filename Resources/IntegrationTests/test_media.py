# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Media of every kind of object, as readers that are not ours find them."""

import io
import os

import pydicom
import pytest

import dicom_samples
from dicom_samples import make_dicom, make_object, make_uid, read_sample
from media_checks import check_medium, get_files, list_records, read_medium, run, verify, walk
from orthanc_server import PLUGIN, read_entries

# Of the package orthanc-gdcm, beside the plugins of Orthanc itself
GDCM = "/usr/share/orthanc/plugins/libOrthancGdcm.so"

pytestmark = pytest.mark.skipif(not PLUGIN, reason="what the host alone does wrong")

SR_TITLE = {"ConceptNameCodeSequence": [{"CodeValue": "113000", "CodingSchemeDesignator": "DCM",
                                         "CodeMeaning": "Of Interest"}]}

# Name -> (record type, keys of its record besides the SOP class, arguments of make_object)
CLASSES = {
    "multi-frame": ("IMAGE", {"InstanceNumber"},
                    dict(sop_class="1.2.840.10008.5.1.4.1.1.2.1", Modality="CT")),
    "segmentation": ("IMAGE", {"InstanceNumber"},
                     dict(sop_class="1.2.840.10008.5.1.4.1.1.66.4", Modality="SEG")),
    "structured report": ("SR DOCUMENT", {"InstanceNumber", "CompletionFlag", "VerificationFlag",
                                          "ContentDate", "ContentTime", "ConceptNameCodeSequence"},
                          dict(sop_class="1.2.840.10008.5.1.4.1.1.88.33", Modality="SR",
                               CompletionFlag="COMPLETE", VerificationFlag="UNVERIFIED", **SR_TITLE)),
    "key objects": ("KEY OBJECT DOC", {"InstanceNumber", "ContentDate", "ContentTime",
                                       "ConceptNameCodeSequence"},
                    dict(sop_class="1.2.840.10008.5.1.4.1.1.88.59", Modality="KO", **SR_TITLE)),
    "presentation": ("PRESENTATION", {"PresentationCreationDate", "PresentationCreationTime",
                                      "InstanceNumber", "ContentLabel", "ContentDescription",
                                      "ContentCreatorName"},
                     dict(sop_class="1.2.840.10008.5.1.4.1.1.11.1", Modality="PR",
                          PresentationCreationDate="20200102", PresentationCreationTime="101112",
                          ReferencedSeriesSequence=[{
                              "SeriesInstanceUID": make_uid("referenced"),
                              "ReferencedImageSequence": [{
                                  "ReferencedSOPClassUID": dicom_samples.CT_STORAGE,
                                  "ReferencedSOPInstanceUID": make_uid("referenced", 1)}]}],
                          ContentLabel="LABEL", ContentDescription="What it is",
                          ContentCreatorName="Doe^John")),
    "structure set": ("RT STRUCTURE SET", {"InstanceNumber", "StructureSetLabel", "StructureSetDate",
                                           "StructureSetTime"},
                      dict(sop_class="1.2.840.10008.5.1.4.1.1.481.3", Modality="RTSTRUCT",
                           StructureSetLabel="Organs", StructureSetDate="20200102",
                           StructureSetTime="101112")),
    "plan": ("RT PLAN", {"InstanceNumber", "RTPlanLabel", "RTPlanDate", "RTPlanTime"},
             dict(sop_class="1.2.840.10008.5.1.4.1.1.481.5", Modality="RTPLAN", RTPlanLabel="Plan",
                  RTPlanDate="20200102", RTPlanTime="101112")),
    "dose": ("RT DOSE", {"InstanceNumber", "DoseSummationType"},
             dict(sop_class="1.2.840.10008.5.1.4.1.1.481.2", Modality="RTDOSE",
                  DoseSummationType="PLAN")),
    "pdf": ("ENCAP DOC", {"ContentDate", "ContentTime", "InstanceNumber", "DocumentTitle",
                          "MIMETypeOfEncapsulatedDocument", "ConceptNameCodeSequence"},
            dict(sop_class="1.2.840.10008.5.1.4.1.1.104.1", Modality="DOC", DocumentTitle="Report",
                 MIMETypeOfEncapsulatedDocument="application/pdf", ConceptNameCodeSequence=[],
                 EncapsulatedDocument=b"%PDF-1.4 no more than a begin ")),
    "stl": ("ENCAP DOC", {"ContentDate", "ContentTime", "InstanceNumber", "DocumentTitle",
                          "MIMETypeOfEncapsulatedDocument", "ConceptNameCodeSequence"},
            dict(sop_class="1.2.840.10008.5.1.4.1.1.104.3", Modality="M3D", DocumentTitle="Bone",
                 MIMETypeOfEncapsulatedDocument="model/stl", ConceptNameCodeSequence=[],
                 EncapsulatedDocument=b"solid x endsolid")),
    "waveform": ("WAVEFORM", {"InstanceNumber", "ContentDate", "ContentTime"},
                 dict(sop_class="1.2.840.10008.5.1.4.1.1.9.1.1", Modality="ECG")),
    "raw data": ("RAW DATA", {"ContentDate", "ContentTime", "InstanceNumber"},
                 dict(sop_class="1.2.840.10008.5.1.4.1.1.66", Modality="MR")),
    "private": ("PRIVATE", {"PrivateRecordUID"},
                dict(sop_class="1.2.826.0.1.3680043.2.1143.999.1", Modality="OT")),
}


@pytest.fixture(scope="module")
def server(start_module_server):
    """Its host makes objects itself, also those without SOP class."""
    return start_module_server({"AdvancedRest": {"Documents": False}})


def upload_study(server, dicoms):
    """The study of the first one, with only these files."""
    stored = server.upload_all(dicoms)
    return stored[0]["ParentStudy"], [one["ID"] for one in stored]


# Record types

@pytest.mark.parametrize("name", CLASSES)
def test_record_of_each_class(server, tmp_path, name):
    record_type, keys, options = CLASSES[name]
    study, _ = upload_study(server, [make_object(patient="classes", study=list(CLASSES).index(name),
                                                 **options)])

    entries = read_medium(server.get(f"/studies/{study}/media"), tmp_path)

    branches = [branch for branch in walk(entries["DICOMDIR"]) if len(branch) == 4]
    assert [branch[3].DirectoryRecordType for branch in branches] == [record_type]
    assert [item.DirectoryRecordType for item in branches[0][:3]] == ["PATIENT", "STUDY", "SERIES"]
    present = {element.keyword for element in branches[0][3]}
    assert keys <= present, keys - present
    errors, lines = verify(entries, tmp_path / "again")
    assert errors == [], lines


def test_everything_on_one_medium(server, tmp_path):
    ids = [server.upload(make_object(patient="all", study="1", series=name, **options))["ID"]
           for name, (_, _, options) in CLASSES.items()]

    entries = read_medium(server.post("/tools/create-media", ids), tmp_path)

    errors, lines = verify(entries, tmp_path / "again")
    assert errors == [], lines
    types = sorted(record[0x00041430] for record in get_files(
        list_records(entries["DICOMDIR"])).values())
    assert types == sorted(record_type for record_type, _, _ in CLASSES.values())


# Missing and colliding identifiers

def test_missing_keys_are_invented_and_stay_the_same(server, tmp_path):
    ids = [server.upload(make_dicom(patient="keys", study=study, PatientID=None, StudyID=None,
                                    StudyDate=None, StudyTime="", SeriesNumber="",
                                    InstanceNumber=None, Modality=None, AccessionNumber=None,
                                    PatientName=name))["ID"]
           for study, name in (("1", "One^A"), ("2", "Two^B"))]

    first = server.post("/tools/create-media", ids)
    second = server.post("/tools/create-media", ids)

    entries = read_medium(first, tmp_path)
    assert first.content == second.content
    errors, lines = verify(entries, tmp_path / "again")
    assert errors == [], lines
    patients = [item for item in pydicom.dcmread(io.BytesIO(entries["DICOMDIR"]))
                .DirectoryRecordSequence if item.DirectoryRecordType == "PATIENT"]
    assert len({item.PatientID for item in patients} - {""}) == 2


def test_never_under_another_patient(server, tmp_path):
    """The same study UID with two patients, the same series UID in two studies."""
    shared = make_uid("shared study")
    dicoms = [make_dicom(patient="CA", StudyInstanceUID=shared, PatientName="A"),
              make_dicom(patient="CB", StudyInstanceUID=shared, PatientName="B"),
              make_dicom(patient="CA", study="x", SeriesInstanceUID=make_uid("shared series")),
              make_dicom(patient="CB", study="y", SeriesInstanceUID=make_uid("shared series"))]
    ids = [server.upload(dicom)["ID"] for dicom in dicoms]

    job = server.submit("/tools/create-media", Resources=ids)
    content = server.wait_success(job)["Content"]
    entries = read_medium(server.get(f"/jobs/{job}/archive"), tmp_path)

    assert len(get_files(list_records(entries["DICOMDIR"]))) == 4
    assert len(content["Warnings"]) >= 2
    assert not any("CA" in text or "CB" in text for text in content["Warnings"])


def test_both_instances_of_a_repeated_uid(server, tmp_path):
    uid = make_uid("repeated")
    ids = [server.upload(make_dicom(patient="twice", series=series, SOPInstanceUID=uid))["ID"]
           for series in ("1", "2")]

    entries = read_medium(server.post("/tools/create-media", ids), tmp_path)

    assert len(get_files(list_records(entries["DICOMDIR"]))) == 2


# Instances that no DICOMDIR can reference

@pytest.fixture(scope="module")
def broken(server):
    """A study with one good image and one object without SOP class, as the host makes them."""
    good = server.upload(make_dicom(patient="broken"))
    made = server.post("/tools/create-dicom", {
        "Parent": good["ParentStudy"], "Tags": {"SeriesDescription": "No class"}})
    assert made.status_code == 200
    bad = made.json()["ID"]
    assert "SOPClassUID" not in server.get_json(f"/instances/{bad}/simplified-tags")
    return good["ParentStudy"], good["ID"], bad


def test_unreferable_instance_is_an_error(server, broken, expect_errors):
    expect_errors()
    study, _, bad = broken

    job = server.submit(f"/studies/{study}/media")
    answer = server.get(f"/studies/{study}/media")

    assert answer.status_code != 200
    ended = server.wait_job(job, "Failure")
    assert bad in ended["Content"]["ErrorDetails"]


def test_unreferable_instance_is_reported(server, broken, tmp_path):
    study, good, bad = broken

    job = server.submit(f"/studies/{study}/media", OnMissing="Report")
    content = server.wait_success(job)["Content"]

    entries = read_entries(server.get(f"/jobs/{job}/archive").content)
    assert content["Missing"] == {"Count": 1, "Instances": [bad]}
    report = entries.pop("MISSING.txt").decode()
    assert bad in report and good not in report
    assert len(check_medium(entries, tmp_path)) == 1


# Character sets: (value of 0008,0005, patient's name as bytes)
CHARACTER_SETS = {
    "latin1": ("ISO_IR 100", "Äneas^Rüdiger".encode("latin-1")),
    "latin2": ("ISO_IR 101", "Wałęsa^Łucja".encode("iso8859_2")),
    "greek": ("ISO_IR 126", "Διονυσιος".encode("iso8859_7")),
    "cyrillic": ("ISO_IR 144", "Люкceмбypг".encode("iso8859_5")),
    "shift jis": ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ".encode("shift_jis")),
    "japanese": ("\\ISO 2022 IR 87",
                 b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"),
    "korean": ("\\ISO 2022 IR 149",
               b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf"),
    "gb18030": ("GB18030", "Wang^XiaoDong=王^小东".encode("gb18030")),
    "utf8": ("ISO_IR 192", "Wang^XiaoDong=王^小東".encode("utf-8")),
}


@pytest.mark.parametrize("name", CHARACTER_SETS)
def test_character_set(server, tmp_path, name):
    charset, raw = CHARACTER_SETS[name]
    dicom = make_dicom(patient="charset", study=name, charset=charset.split("\\"),
                       PatientID="charset " + name, PatientName=raw,
                       StudyDescription=b"plain")
    study, _ = upload_study(server, [dicom])

    entries = read_medium(server.get(f"/studies/{study}/media"), tmp_path)

    padded = raw + b" " * (len(raw) % 2)
    assert padded in dicom, "the sample has the bytes that are looked for"
    assert padded in entries["DICOMDIR"]
    patient = walk(entries["DICOMDIR"])[0][0]
    found = patient.get("SpecificCharacterSet", "")
    assert (found if isinstance(found, str) else "\\".join(found)) == charset
    errors, lines = verify(entries, tmp_path / "again")
    inherited = run("dciodvfy", str(tmp_path / "IMAGES" / "IM0"))
    assert [line for line in errors if "PN [1]" in line and line not in inherited] == [], lines


# Transfer syntaxes

SYNTAXES = {
    "CT_small.dcm": "1.2.840.10008.1.2.1",
    "MR_small_bigendian.dcm": "1.2.840.10008.1.2.2",
    "MR_small_RLE.dcm": "1.2.840.10008.1.2.5",
    "image_dfl.dcm": "1.2.840.10008.1.2.1.99",
    "SC_rgb_jpeg_dcmtk.dcm": "1.2.840.10008.1.2.4.50",
    "JPEG-LL.dcm": "1.2.840.10008.1.2.4.70",
    "JPEG2000.dcm": "1.2.840.10008.1.2.4.91",
    "rtplan.dcm": "1.2.840.10008.1.2",
    "waveform_ecg.dcm": None,
}


def upload_alone(server, sample):
    """Samples share identifiers: the host keeps the first one that comes."""
    stored = server.upload(sample)
    if stored["Status"] == "AlreadyStored":
        server.delete("/instances/" + stored["ID"])
        stored = server.upload(sample)
    return stored


def available_samples():
    return [name for name in SYNTAXES if os.path.isfile(os.path.join(dicom_samples.SAMPLES, name))]


@pytest.mark.parametrize("name", available_samples())
def test_files_of_every_transfer_syntax(server, tmp_path, name):
    stored = upload_alone(server, read_sample(name))

    entries = read_medium(server.get(f"/instances/{stored['ID']}/media"), tmp_path)

    assert entries["IMAGES/IM0"] == server.get(f"/instances/{stored['ID']}/file").content
    record = get_files(list_records(entries["DICOMDIR"]))["IMAGES/IM0"]
    assert SYNTAXES[name] in (None, record[0x00041512])


# Profiles

PROFILES = {
    "STD-GEN-CD": {"1.2.840.10008.1.2.1"},
    "STD-GEN-DVD-JPEG": {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50",
                         "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.70"},
    "STD-GEN-USB-J2K": {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"},
}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", available_samples())
def test_profile(server, expect_errors, tmp_path, name, profile):
    """What fits is kept as it is, the rest is transcoded, or refused by name."""
    expect_errors(".*")
    stored = upload_alone(server, read_sample(name))
    syntax = SYNTAXES[name] or dicom_samples.get_transfer_syntax(read_sample(name))

    answer = server.post(f"/instances/{stored['ID']}/media", {"Profile": profile})

    if answer.status_code != 200:
        assert answer.status_code == 409 and syntax not in PROFILES[profile]
        assert stored["ID"] in answer.text and syntax in answer.text
        assert "JPEG2000" in name or "JPEG" in name, "the host can transcode this"
        return
    entries = read_medium(answer, tmp_path)
    made = dicom_samples.get_transfer_syntax(entries["IMAGES/IM0"])
    assert made == (syntax if syntax in PROFILES[profile] else "1.2.840.10008.1.2.1")


def test_profile_of_a_job(server, expect_errors):
    expect_errors(".*")
    stored = upload_alone(server, read_sample("JPEG2000.dcm"))

    job = server.submit(f"/instances/{stored['ID']}/media", Profile="STD-GEN-CD")

    ended = server.wait_job(job)
    if ended["State"] == "Failure":    # no codec
        assert stored["ID"] in ended["Content"]["ErrorDetails"]
        assert "1.2.840.10008.1.2.4.91" in ended["Content"]["ErrorDetails"]
    else:
        assert ended["Content"]["Profile"] == "STD-GEN-CD"


def test_profile_with_the_codec_of_a_plugin(start_server, tmp_path):
    """Orthanc alone reads no JPEG 2000: with a plugin that does, the profile takes such files."""
    server = start_server({"Plugins": [GDCM, PLUGIN]})
    study = upload_study(server, [read_sample("JPEG2000.dcm")])[0]
    reference = pydicom.dcmread(io.BytesIO(read_sample("JPEG2000.dcm")))

    for profile, syntax in (("STD-GEN-CD", "1.2.840.10008.1.2.1"),
                            ("STD-GEN-DVD-JPEG", "1.2.840.10008.1.2.1"),
                            ("STD-GEN-USB-J2K", "1.2.840.10008.1.2.4.91")):
        entries = read_medium(server.post(f"/studies/{study}/media", {"Profile": profile}), tmp_path)

        made = pydicom.dcmread(io.BytesIO(entries["IMAGES/IM0"]))
        assert made.file_meta.TransferSyntaxUID == syntax
        assert (made.Rows, made.Columns) == (reference.Rows, reference.Columns)
        if syntax == "1.2.840.10008.1.2.1":
            assert len(made.PixelData) == made.Rows * made.Columns * made.BitsAllocated // 8
        record = get_files(list_records(entries["DICOMDIR"]))["IMAGES/IM0"]
        assert record[0x00041512] == syntax
        assert record[0x00041511] == made.SOPInstanceUID


def test_transcoded_media_reference_what_they_hold(server, tmp_path):
    """Lossy transcoding gives new SOP Instance UIDs."""
    study, _ = upload_study(server, [make_dicom(patient="lossy", instance=number, bits=8)
                                     for number in (1, 2)])

    entries = read_medium(server.post(f"/studies/{study}/media",
                                      {"Transcode": dicom_samples.JPEG_BASELINE}), tmp_path)

    assert {record[0x00041512] for record in get_files(
        list_records(entries["DICOMDIR"])).values()} == {dicom_samples.JPEG_BASELINE}
