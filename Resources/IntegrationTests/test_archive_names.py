# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Names in the ZIP: the host's wherever they are safe, and safe wherever the host's are not."""

import os
import re
import subprocess

import pytest

from comparing import check_same_content
from dicom_samples import make_dicom
from orthanc_server import VERSION, list_names, open_zip

DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
HAS_NEW_NAMES = VERSION >= (1, 13, 0)


def check_safe(names):
    """Whether these can be unpacked on any file system, each into a file of its own."""
    folders, files = set(), set()
    for name in names:
        parts = name.split("/")
        assert len(name.encode()) <= 250, "long path"
        for part in parts:
            assert part not in ("", ".", ".."), name
            assert not re.search(r'[\x00-\x1f\x7f\\:*?"<>|]', part), ascii(part)
            assert part == part.strip(" ") and not part.endswith("."), ascii(part)
            assert not DEVICES.fullmatch(part), part
            assert len(part.encode()) <= 255, "long name"
        files.add(name.lower())
        for depth in range(1, len(parts)):
            folders.add("/".join(parts[:depth]).lower())
    assert len(files) == len(names), "duplicates"
    assert not files & folders


def check_extracts(tmp_path, data):
    """unzip makes as many files as there are entries, and none elsewhere."""
    path = tmp_path / "archive.zip"
    path.write_bytes(data)
    target = tmp_path / "outer" / "target"
    target.mkdir(parents=True)
    subprocess.run(["unzip", "-qq", str(path), "-d", str(target)], check=True,
                   stdin=subprocess.DEVNULL)
    extracted = [name for _, _, names in os.walk(target) for name in names]
    assert len(extracted) == len(list_names(data))
    assert os.listdir(tmp_path / "outer") == ["target"]


# The tags of the only instance of a patient; the PatientID makes the row unique unless it is given
LIKE_HOST = {
    "plain": {},
    "no accession": {"AccessionNumber": None},
    "empty accession": {"AccessionNumber": ""},
    "no study description": {"StudyDescription": None},
    "no study text": {"StudyDescription": None, "AccessionNumber": None},
    "no series description": {"SeriesDescription": None},
    "no modality": {"Modality": None},
    "empty modality": {"Modality": ""},
    "no series text": {"Modality": None, "SeriesDescription": None, "SeriesNumber": None},
    "modality of one letter": {"Modality": "X"},
    "modality of four letters": {"Modality": "MRPT"},
    "lower-case modality": {"Modality": "ct"},
    "modality with a digit": {"Modality": "3D"},
    "no series number": {"SeriesNumber": None},
    "large series number": {"SeriesNumber": "2147483647"},
    "negative series number": {"SeriesNumber": "-3"},
    "no instance number": {"InstanceNumber": None},
    "instance number 0": {"InstanceNumber": "0"},
    "instance number 1000": {"InstanceNumber": "1000"},
    "instance number 123456789": {"InstanceNumber": "123456789"},
    "negative instance number": {"InstanceNumber": "-7"},
    "no name": {"PatientName": None},
    "empty name": {"PatientName": ""},
    "name of five parts": {"PatientName": "Doe^John^Albert^Dr^Jr"},
    "name with empty parts": {"PatientName": "Doe^^^Dr"},
    "comma and dash": {"PatientName": "O'Neil-Smith^Anne, Marie"},
    "punctuation": {"StudyDescription": "a+b=c; (d) [e] {f} #5 & 100% ~x! @y `z' $"},
    "underscore and dot": {"SeriesDescription": "t1_fl3d.v1_5"},
    "inner spaces": {"SeriesDescription": "a   b  c"},
    "outer spaces": {"SeriesDescription": "  abc  "},
    "Latin-1": {"PatientName": "Müller^Jörg", "StudyDescription": "Schädel", "charset": "ISO_IR 100"},
    "UTF-8": {"PatientName": "Ångström^Élodie", "StudyDescription": "Étude", "charset": "ISO_IR 192"},
    "Japanese beside ASCII": {"PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう",
                              "charset": "ISO_IR 192"},
    "Cyrillic description": {"SeriesDescription": "Голова T1", "charset": "ISO_IR 192"},
    "caret in the description": {"StudyDescription": "HEAD^ROUTINE"},
    "digits": {"StudyDescription": "0123", "SeriesDescription": "42"},
}

# What the host's versions make of these is not the same, and not always safe; safe ones are the host's
ONLY_WHERE_SAFE = {
    "slash": {"StudyDescription": "a/b"},
    "backslash": {"SeriesDescription": "c\\d"},
    "reserved characters": {"StudyDescription": 'a:b*c?d"e<f>g|h'},
    "all Japanese": {"PatientName": "山田^太郎", "charset": "ISO_IR 192"},
    "no text left": {"StudyDescription": "^^^", "AccessionNumber": None},
    "only spaces": {"SeriesDescription": "   ", "Modality": None, "SeriesNumber": None},
}

UNSAFE = {
    "two dots": {"StudyDescription": "..", "AccessionNumber": None},
    "one dot": {"StudyDescription": ".", "AccessionNumber": None},
    "three dots": {"StudyDescription": "...", "AccessionNumber": None},
    "path upwards": {"StudyDescription": "../../../etc/passwd", "AccessionNumber": None},
    "path upwards, backslash": {"StudyDescription": "..\\..\\windows", "AccessionNumber": None},
    "two dots everywhere": {"StudyDescription": "..", "AccessionNumber": None, "Modality": None,
                            "SeriesDescription": "..", "SeriesNumber": None},
    "absolute": {"StudyDescription": "/etc", "AccessionNumber": None},
    "drive": {"StudyDescription": "C:\\x", "AccessionNumber": None},
    "device": {"StudyDescription": "CON", "AccessionNumber": None},
    "device with extension": {"StudyDescription": "aux.txt", "AccessionNumber": None},
    "device in lower case": {"SeriesDescription": "lpt1", "Modality": None, "SeriesNumber": None},
    "trailing dot": {"StudyDescription": "abc.", "AccessionNumber": None},
    "trailing dots and spaces": {"StudyDescription": "abc. . .", "AccessionNumber": None},
    "control characters": {"StudyDescription": "a\x01b\x1fc\x7fd", "AccessionNumber": None},
    "escape sequence": {"SeriesDescription": "a\x1b[31mb"},
    "tab and line": {"SeriesDescription": "a\tb\nc\r\nd"},
    "very long": {"StudyDescription": "x" * 5000, "SeriesDescription": "y" * 5000},
    "very long patient": {"PatientName": "^".join(["Z" * 1000] * 5)},
    "our own report": {"PatientName": None, "StudyDescription": "MISSING.txt"},
}


def upload_row(pair, name, tags):
    tags = dict(tags)
    return pair.upload(make_dicom(patient=tags.pop("patient", "row " + name), **tags))


def get_all(pair, stored):
    """Name of the request -> the archives of both."""
    answers = {}
    for level, parent in (("patients", "ParentPatient"), ("studies", "ParentStudy"),
                          ("series", "ParentSeries")):
        path = f"/{level}/{stored[parent]}/archive"
        answers["GET " + level] = pair.request("GET", path)
        answers["POST " + level] = pair.request("POST", path, data="{}")
        answers["batch " + level] = pair.request("POST", "/tools/create-archive",
                                                 data=f'["{stored[parent]}"]')
    answers["batch instance"] = pair.request("POST", "/tools/create-archive",
                                             data=f'["{stored["ID"]}"]')
    return answers


@pytest.mark.parametrize("name", LIKE_HOST)
def test_names_are_the_hosts(pair, name):
    stored = upload_row(pair, name, LIKE_HOST[name])

    for what, (core, plugin) in get_all(pair, stored).items():
        assert list_names(plugin.content) == list_names(core.content), what
        check_same_content(core.content, plugin.content)


@pytest.mark.parametrize("name", ONLY_WHERE_SAFE)
def test_names_are_the_hosts_if_safe(pair, name):
    stored = upload_row(pair, name, ONLY_WHERE_SAFE[name])

    for what, (core, plugin) in get_all(pair, stored).items():
        expected = list_names(core.content)
        check_safe(list_names(plugin.content))
        try:
            check_safe(expected)
        except AssertionError:
            continue
        assert list_names(plugin.content) == expected, what


@pytest.mark.parametrize("name", UNSAFE)
def test_names_are_never_unsafe(pair, tmp_path, name):
    stored = upload_row(pair, name, UNSAFE[name])

    for what, (core, plugin) in get_all(pair, stored).items():
        names = list_names(plugin.content)
        assert len(names) == len(list_names(core.content)) == 1, what
        check_safe(names)
    check_extracts(tmp_path, plugin.content)


def test_unsafe_names_in_utf8(pair):
    tags = {"StudyDescription": "..\u202eexe.mcd\u200b", "PatientName": "山田^太郎",
            "SeriesDescription": "\u0085a\u2028b", "charset": "ISO_IR 192"}
    stored = upload_row(pair, "utf8 unsafe", tags)

    answer = pair.plugin.post(f"/patients/{stored['ParentPatient']}/archive", {"Utf8": True})

    name = open_zip(answer.content).namelist()[0]
    assert "山田" in name
    assert not re.search("[\u0080-\u009f\u200b-\u200f\u2028-\u202e]", name)
    check_safe([name])


# Collisions. Several series in one study, or several studies of one patient

def upload_series(pair, patient, descriptions, **tags):
    stored = [pair.upload(make_dicom(patient=patient, series=str(index), SeriesDescription=text,
                                     SeriesNumber=None, **tags))
              for index, text in enumerate(descriptions)]
    return stored[0]


@pytest.mark.parametrize("descriptions", [["same", "same"], ["same", "same", "same"],
                                          ["a", "same", "b", "same"]])
def test_equal_series_get_the_hosts_suffix(pair, descriptions):
    stored = upload_series(pair, "equal " + "".join(descriptions), descriptions)

    core, plugin = pair.request("GET", f"/studies/{stored['ParentStudy']}/archive")

    check_same_content(core.content, plugin.content)


@pytest.mark.parametrize("descriptions", [
    ["same", "same", "same-2"], ["same-2", "same", "same"], ["same", "SAME"], ["same", "SAME", "Same"],
    ["same", "same", "SAME-2", "same-3", "same"], ["a.", "a", "a .", "A"], ["ß", "SS", "ss"],
])
def test_clashes_are_resolved(pair, tmp_path, descriptions):
    stored = upload_series(pair, "clash " + "|".join(descriptions), descriptions)

    answer = pair.plugin.get(f"/studies/{stored['ParentStudy']}/archive")

    names = list_names(answer.content)
    assert len(names) == len(descriptions)
    check_safe(names)
    check_extracts(tmp_path, answer.content)
    assert len({name.rsplit("/", 1)[0].lower() for name in names}) == len(descriptions)


def test_equal_studies(pair):
    for study in ("1", "2", "3"):
        stored = pair.upload(make_dicom("equal studies", study, StudyDescription="same",
                                        AccessionNumber="A"))

    core, plugin = pair.request("GET", f"/patients/{stored['ParentPatient']}/archive")

    check_same_content(core.content, plugin.content)


def test_equal_patients(pair):
    """Patients that differ in characters that the names lose."""
    ids = [pair.upload(make_dicom(f"equal patient{end}", "1", PatientName="Doe"))["ParentPatient"]
           for end in ("", "/", "\\")]

    answer = pair.plugin.post("/tools/create-archive", ids)

    names = list_names(answer.content)
    assert len({name.split("/")[0].lower() for name in names}) == 3
    check_safe(names)


def upload_instances(pair, patient, numbers):
    return [pair.upload(make_dicom(patient=patient, instance=index, InstanceNumber=number))
            for index, number in enumerate(numbers)]


@pytest.mark.parametrize("numbers", [["1", "2", "3"], ["3", "1", "2"], ["10", "200", "3000"],
                                     ["0", "1"], [None, None, None], ["7", None], ["-1", "5"],
                                     ["5", "5"], ["5", "5", "6"], ["1", "1", "2", "2"]],
                         ids=str)
def test_numbers_of_instances(pair, numbers):
    stored = upload_instances(pair, f"numbers {numbers}", numbers)

    for method, data in (("GET", None), ("POST", "{}")):
        core, plugin = pair.request(method, f"/studies/{stored[0]['ParentStudy']}/archive", data=data)

        check_same_content(core.content, plugin.content)
        check_safe(list_names(plugin.content))


def test_single_instances_with_one_number(pair):
    """The suffix comes before the extension, and the extension stays."""
    stored = upload_instances(pair, "single instances", ["5", "5", "5", "6"])

    core, plugin = pair.request("POST", "/tools/create-archive",
                                json=[instance["ID"] for instance in stored])

    names = list_names(plugin.content)
    assert len(names) == len(list_names(core.content)) == 4
    assert all(name.endswith(".dcm") for name in names)
    check_safe(names)


def test_patient_name_of_the_first_study(pair):
    """The host shows the patient's or the study's name, depending on route and version."""
    first = pair.upload(make_dicom("renamed", "1", PatientName="Maiden^Name"))
    second = pair.upload(make_dicom("renamed", "2", PatientName="Married^Name"))

    for what, (core, plugin) in get_all(pair, second).items():
        assert list_names(plugin.content) == list_names(core.content), what
    core, plugin = pair.request("GET", f"/patients/{first['ParentPatient']}/archive")
    check_same_content(core.content, plugin.content)


# UTF-8

@pytest.mark.parametrize("is_utf8", [False, True])
def test_utf8_names(pair, is_utf8):
    stored = upload_row(pair, "utf8", {"PatientName": "Müller^Jörg", "StudyDescription": "Schädel",
                                       "charset": "ISO_IR 192"})
    path = f"/patients/{stored['ParentPatient']}/archive"

    core, plugin = pair.request("POST", path, json={"Utf8": is_utf8})

    info = open_zip(plugin.content).infolist()[0]
    assert bool(info.flag_bits & 0x800) == is_utf8
    assert ("Müller" in info.filename) == ("Schädel" in info.filename) == is_utf8
    if not is_utf8:
        info.orig_filename.encode("ascii")
    if VERSION >= (1, 12, 11):
        check_same_content(core.content, plugin.content)
    got = pair.plugin.get(path + f"?utf8={str(is_utf8).lower()}")
    assert open_zip(got.content).namelist() == open_zip(plugin.content).namelist()


def test_ascii_names_need_no_flag(pair):
    stored = upload_row(pair, "plain", {})

    answer = pair.plugin.post(f"/patients/{stored['ParentPatient']}/archive", {"Utf8": True})

    assert open_zip(answer.content).infolist()[0].flag_bits & ~0x008 == 0


@pytest.mark.parametrize("configuration", [
    {"AdvancedRest": {"Archive": {"Utf8Names": True}}}, {"ZipUseUtf8": True},
])
def test_utf8_by_configuration(start_server, configuration):
    server = start_server(configuration)
    stored = server.upload(make_dicom("utf8", PatientName="Müller^Jörg", charset="ISO_IR 192"))
    path = f"/patients/{stored['ParentPatient']}/archive"

    assert "Müller" in open_zip(server.post(path, {}).content).namelist()[0]
    assert "Müller" not in open_zip(server.post(path, {"Utf8": False}).content).namelist()[0]
    assert "Müller" in open_zip(server.get(path).content).namelist()[0]
    job = server.submit(path)
    server.wait_success(job)
    assert "Müller" in open_zip(server.get(f"/jobs/{job}/archive").content).namelist()[0]


# Templates

TEMPLATES = {
    "{PatientID}/{StudyDate} {StudyDescription}/{SeriesNumber} {Modality}/{InstanceNumber}.dcm":
        ["T1/20200102 Study 1/1 CT/1.dcm", "T1/20200102 Study 1/1 CT/2.dcm",
         "T1/20200102 Study 1/2 CT/1.dcm", "T1/20200102 Study 1/2 CT/2.dcm"],
    "{Index}.dcm": ["00000001-2.dcm", "00000001.dcm", "00000002-2.dcm", "00000002.dcm"],
    "all/{{{Modality}}}/{SeriesNumber}-{InstanceNumber}":
        ["all/{CT}/1-1", "all/{CT}/1-2", "all/{CT}/2-1", "all/{CT}/2-2"],
    "x.dcm": ["x-2.dcm", "x-3.dcm", "x-4.dcm", "x.dcm"],
    "{ReferringPhysicianName}/{SeriesNumber}/{InstanceNumber}.dcm":
        ["Unknown/1/1.dcm", "Unknown/1/2.dcm", "Unknown/2/1.dcm", "Unknown/2/2.dcm"],
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_template(pair, template):
    for series in (1, 2):
        for instance in (1, 2):
            stored = pair.plugin.upload(make_dicom("T1", "1", series, instance,
                                                   SeriesNumber=str(series)))

    answer = pair.plugin.post(f"/studies/{stored['ParentStudy']}/archive", {"Naming": template})

    assert answer.status_code == 200, answer.text
    assert sorted(list_names(answer.content)) == TEMPLATES[template]


def test_template_by_configuration(start_server):
    server = start_server({"AdvancedRest": {"Archive": {"Naming": "{Modality}/{OrthancID}.dcm"}}})
    stored = server.upload(make_dicom())
    path = f"/studies/{stored['ParentStudy']}/archive"

    assert list_names(server.get(path).content) == [f"CT/{stored['ID']}.dcm"]
    host = list_names(server.post(path, {"Naming": "Host"}).content)
    assert host != [f"CT/{stored['ID']}.dcm"]


@pytest.mark.parametrize("value", ["..", "../../x", "a/b", "CON", "", "a\x01b", "x" * 200])
def test_template_with_hostile_values(pair, tmp_path, value):
    tags = {"StudyDescription": value, "SeriesDescription": value, "AccessionNumber": None}
    stored = upload_row(pair, f"hostile template {value[:20]}", tags)
    template = "{StudyDescription}/{SeriesDescription}/{StudyDescription}{AccessionNumber}.dcm"

    answer = pair.plugin.post(f"/studies/{stored['ParentStudy']}/archive", {"Naming": template})

    names = list_names(answer.content)
    assert len(names) == 1 and len(names[0].split("/")) == 3
    check_safe(names)
    check_extracts(tmp_path, answer.content)


def test_every_version_has_its_own_scheme(pair):
    """The reason for comparing with the host at hand."""
    stored = upload_row(pair, "plain", {})

    name = list_names(pair.plugin.get(f"/studies/{stored['ParentStudy']}/archive").content)[0]

    assert (" - " in name.split("/")[0]) == HAS_NEW_NAMES
