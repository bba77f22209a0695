# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Private attributes by PS3.5 7.8, with the dictionary of the host and our own."""

import base64
import glob
import io
import json
import os

import pydicom
import pydicom.datadict
import pytest

from document_samples import make_pdf, make_png, make_uri
from test_documents import make_parent

CREATOR = "RawDataStore"
DICTIONARY = {
    "0405,1001": ["ST", "RawText", 1, 1, CREATOR], "0405,1002": ["US", "RawShort", 1, 3, CREATOR],
    "0405,1003": ["DS", "RawDecimal", 1, 1, CREATOR], "0405,1004": ["OW", "RawWords", 1, 1, CREATOR],
    "0405,1005": ["SQ", "RawItems", 1, 1, CREATOR], "0405,1006": ["IS", "RawInteger", 1, 1, CREATOR],
    "0405,1007": ["US", "RawOne", 1, 1, CREATOR], "0405,1008": ["UI", "RawUid", 1, 1, CREATOR],
    "0405,1009": ["DA", "RawDate", 1, 1, CREATOR], "0405,100a": ["LO", "RawLong", 1, 1, CREATOR],
    "0405,100b": ["OF", "RawFloats", 1, 1, CREATOR], "0405,100c": ["OB", "RawBytes", 1, 1, CREATOR],
    "0405,100d": ["FD", "RawDoubles", 1, 0, CREATOR], "0405,100e": ["AT", "RawTag", 1, 1, CREATOR],
    "0407,1001": ["LO", "OtherText", 1, 1, "Other"],
}


@pytest.fixture(scope="module")
def server(start_module_server):
    server = start_module_server({"Dictionary": DICTIONARY})
    # The option has one entry for each number, and old hosts stop at newer VRs
    answer = server.put("/advanced-rest/private-dictionary", json.dumps({
        "0405,1001": ["LO", "ThirdText", 1, 1, "Third"], "0405,100f": ["OD", "RawOtherDoubles", 1, 1, CREATOR],
        "0405,1011": ["OL", "RawOtherLongs", 1, 1, CREATOR]}))
    assert answer.status_code == 200, answer.text
    return server


@pytest.fixture(autouse=True)
def expect_refusals(expect_errors):
    expect_errors()


def read_dcmtk_dictionary():
    """The private attributes that its tools know."""
    for folder in sorted(glob.glob("/usr/share/*dcmtk*")):
        path = os.path.join(folder, "private.dic")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as stream:
                # Some are in groups that must not be used (PS3.5 7.8), or in a range of groups
                return "".join(line for line in stream if "-o-" not in line and
                               not line.startswith(("(0001", "(0003", "(0005", "(0007")))
    raise AssertionError("DCMTK has no dictionary of private attributes")


def create(server, tags, status=200, **fields):
    body = dict({"Tags": tags, "PrivateCreator": CREATOR}, **fields)
    answer = server.post("/tools/create-dicom", {key: value for key, value in body.items()
                                                 if value is not None})
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["Details"]
        return answer.json()["Details"]
    content = server.get(f"/instances/{answer.json()['ID']}/file").content
    return pydicom.dcmread(io.BytesIO(content))


def test_the_example_of_the_documentation(server):
    dataset = create(server, {"0405,0010": CREATOR, "0405,1001": "An ST string",
                              "PatientID": "private"})
    assert (dataset[0x0405, 0x0010].VR, dataset[0x0405, 0x0010].value) == ("LO", CREATOR)
    assert (dataset[0x0405, 0x1001].VR, dataset[0x0405, 0x1001].value) == ("ST", "An ST string")
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.66"
    assert dataset.file_meta.MediaStorageSOPClassUID == dataset.SOPClassUID


@pytest.mark.sanitizer
@pytest.mark.parametrize("tags,creator,expected", [
    # creator written, found, or that of the block
    ({"0405,1001": "x"}, CREATOR, {(0x0405, 0x0010): ("LO", CREATOR), (0x0405, 0x1001): ("ST", "x")}),
    ({"0405,0010": CREATOR, "0405,1001": "x"}, None, {(0x0405, 0x1001): ("ST", "x")}),
    ({"0407,0010": "Other", "0407,1001": "x"}, CREATOR, {(0x0407, 0x1001): ("LO", "x")}),
    # several blocks, creators and groups
    ({"0405,0010": CREATOR, "0405,0011": "Unknown", "0405,1001": "x",
      "0405,1101": {"vr": "LO", "Value": ["y"]}, "0407,0010": "Other", "0407,1001": "z"}, CREATOR,
     {(0x0405, 0x1001): ("ST", "x"), (0x0405, 0x1101): ("LO", "y"), (0x0407, 0x1001): ("LO", "z")}),
    ({"0405,0020": CREATOR, "0405,2001": "x"}, None, {(0x0405, 0x2001): ("ST", "x")}),
    ({"0405,00ff": CREATOR, "0405,ff01": "x"}, None, {(0x0405, 0xff01): ("ST", "x")}),
    ({"0405,0010": "Unknown", "0405,xx01": "x"}, CREATOR,
     {(0x0405, 0x0011): ("LO", CREATOR), (0x0405, 0x1101): ("ST", "x")}),
    # a creator that nobody knows: its own VR, or bytes
    ({"0405,0010": "Nobody", "0405,1001": {"vr": "ST", "Value": ["x"]}}, CREATOR,
     {(0x0405, 0x0010): ("LO", "Nobody"), (0x0405, 0x1001): ("ST", "x")}),
    ({"0405,0010": "Nobody", "0405,1001": make_uri(b"abc", "application/octet-stream")}, None,
     {(0x0405, 0x0010): ("LO", "Nobody"), (0x0405, 0x1001): ("UN", b"abc\0")}),
    # a creator in the tags wins over that of the request
    ({"0405,0010": "Third", "0405,1001": "x"}, CREATOR, {(0x0405, 0x0010): ("LO", "Third"), (0x0405, 0x1001): ("LO", "x")}),
    # the dictionary does not know it
    ({"0405,10ee": {"vr": "LO", "Value": ["x"]}}, CREATOR, {(0x0405, 0x10ee): ("LO", "x")}),
    ({"0405,10ee": make_uri(b"ab", "application/octet-stream")}, CREATOR,
     {(0x0405, 0x10ee): ("UN", b"ab")}),
    # bytes and numbers
    ({"0405,1004": make_uri(b"abcd", "application/octet-stream")}, CREATOR,
     {(0x0405, 0x1004): ("OW", b"abcd")}),
    ({"0405,1004": [1, 2]}, CREATOR, {(0x0405, 0x1004): ("OW", b"\1\0\2\0")}),
    ({"0405,100b": [1.5]}, CREATOR, {(0x0405, 0x100b): ("OF", b"\0\0\xc0\x3f")}),
    ({"0405,100c": make_uri(b"abc", "application/octet-stream")}, CREATOR,
     {(0x0405, 0x100c): ("OB", b"abc\0")}),
    ({"0405,100b": make_uri(b"\0\0\xc0\x3f", "application/octet-stream")}, CREATOR,
     {(0x0405, 0x100b): ("OF", b"\0\0\xc0\x3f")}),
    ({"0405,100f": make_uri(b"12345678", "application/octet-stream")}, CREATOR, {(0x0405, 0x100f): ("OD", b"12345678")}),
    ({"0405,100f": [0.5]}, CREATOR, {(0x0405, 0x100f): ("OD", b"\0\0\0\0\0\0\xe0\x3f")}),
    ({"0405,1011": make_uri(b"1234", "application/octet-stream")}, CREATOR, {(0x0405, 0x1011): ("OL", b"1234")}),
    ({"0405,1011": [1]}, CREATOR, {(0x0405, 0x1011): ("OL", b"\1\0\0\0")}),
    ({"0405,10ee": {"vr": "OV", "InlineBinary": base64.b64encode(b"12345678").decode()}}, CREATOR,
     {(0x0405, 0x10ee): ("OV", b"12345678")}),
    ({"0405,10ee": {"vr": "OV", "Value": [1, 18446744073709551615]}}, CREATOR,
     {(0x0405, 0x10ee): ("OV", b"\1" + bytes(7) + b"\xff" * 8)}),
    ({"0405,10ee": {"vr": "OV", "BulkDataURI": make_uri(b"12345678", "application/octet-stream")}}, CREATOR,
     {(0x0405, 0x10ee): ("OV", b"12345678")}),
    ({"0405,100c": "text"}, CREATOR, {(0x0405, 0x100c): ("OB", b"text")}),
    # numbers are bytes, one as well as many; texts of digits are texts
    ({"0405,100c": [7]}, CREATOR, {(0x0405, 0x100c): ("OB", b"\7\0")}),
    ({"0405,100c": 7}, CREATOR, {(0x0405, 0x100c): ("OB", b"\7\0")}),
    ({"0405,100c": [7, 255, 0]}, CREATOR, {(0x0405, 0x100c): ("OB", b"\7\xff\0\0")}),
    ({"0405,100c": "71"}, CREATOR, {(0x0405, 0x100c): ("OB", b"71")}),
    ({"0405,10ee": {"vr": "UN", "Value": [1, 2]}}, CREATOR, {(0x0405, 0x10ee): ("UN", b"\1\2")}),
    # a text stays one, however it begins
    ({"0405,1001": "data: see below"}, CREATOR, {(0x0405, 0x1001): ("ST", "data: see below")}),
    ({"0405,1001": "data:text/plain;base64,####"}, CREATOR, {(0x0405, 0x1001): ("ST", "data:text/plain;base64,####")}),
    ({"0405,1001": make_uri(b"x", "text/plain")}, CREATOR, {(0x0405, 0x1001): ("ST", make_uri(b"x", "text/plain"))}),
    ({"0405,1001": "one\\value"}, CREATOR, {(0x0405, 0x1001): ("ST", "one\\value")}),
    # two creators that the dictionary knows, with the same low byte
    ({"0405,0010": CREATOR, "0405,0011": "Third", "0405,1001": "x", "0405,1101": "y"}, CREATOR,
     {(0x0405, 0x1001): ("ST", "x"), (0x0405, 0x1101): ("LO", "y")}),
    ({"0405,xx01": "x", "0407,xx01": {"vr": "LO", "PrivateCreator": "Other", "Value": ["z"]}}, CREATOR,
     {(0x0405, 0x1001): ("ST", "x"), (0x0407, 0x0010): ("LO", "Other"), (0x0407, 0x1001): ("LO", "z")}),
    ({"0405,1005": [{"0405,0010": CREATOR, "0405,1007": 5}, {"0405,1001": "y"}]}, CREATOR,
     {(0x0405, 0x0010): ("LO", CREATOR)}),
    ({"0405,1007": 7}, CREATOR, {(0x0405, 0x1007): ("US", 7)}),
    ({"0405,1002": "7\\8\\9"}, CREATOR, {(0x0405, 0x1002): ("US", [7, 8, 9])}),
    ({"0405,100d": "1.5\\2.5"}, CREATOR, {(0x0405, 0x100d): ("FD", [1.5, 2.5])}),
    ({"0405,100e": "(0010,0020)"}, CREATOR, {(0x0405, 0x100e): ("AT", 0x00100020)}),
    ({"0405,100e": "0010,0020"}, CREATOR, {(0x0405, 0x100e): ("AT", 0x00100020)}),
    ({"0405,1001": None}, CREATOR, {(0x0405, 0x1001): ("ST", "")}),
])
def test_what_is_stored(server, tags, creator, expected):
    dataset = create(server, tags, PrivateCreator=creator)
    for tag, (vr, value) in expected.items():
        element = dataset[tag]
        assert element.VR == vr
        assert list(element.value) == value if isinstance(value, list) else element.value == value


def test_nested_creators_are_added(server):
    dataset = create(server, {"0405,1005": [{"0405,1001": "x"}]})
    item = dataset[0x0405, 0x1005].value[0]
    assert item[0x0405, 0x0010].value == CREATOR
    assert item[0x0405, 0x1001].VR == "ST"


def test_other_characters_make_it_unicode(server):
    dataset = create(server, {"0405,1001": "aЖ検b", "PatientName": "Ä"})
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert dataset[0x0405, 0x1001].value == "aЖ検b"
    assert dataset.PatientName == "Ä"


@pytest.mark.parametrize("tag,value", [
    ("0405,1003", "abc"), ("0405,1003", "1" * 28), ("0405,1006", "99999999999"),
    ("0405,1008", "1.2.abc.03"), ("0405,1009", "31/12/2020"), ("0405,1001", "x" * 2000),
    ("0405,100a", "x" * 100), ("0405,1007", "70000"), ("0405,1007", "seven"), ("0405,1007", "-1"),
    ("0405,1007", "7\\8"), ("0405,0010", "x" * 100), ("0405,0010", "Rawé"), ("0404,1001", "x"),
    ("0001,1001", "x"), ("ffff,1001", "x"), ("0405,0001", "x"), ("0405,10ee", "x"),
    ("0405,1004", make_uri(b"abc", "application/octet-stream")), ("0405,1001", [{"0405,1001": "x"}]),
    ("0405,1005", "x"), ("0405,1001", True), ("0405,100b", make_uri(b"abc", "application/octet-stream")),
    ("0405,100f", make_uri(b"1234", "application/octet-stream")), ("0405,1011", make_uri(b"ab", "application/octet-stream")),
    ("0405,1006", "1.5"), ("0405,1003", "1\\2"), ("0405,1008", "1..2"), ("0405,1009", "20201332"),
    ("0405,100e", "patient"), ("0405,1004", [70000]), ("0405,100d", ["x"]), ("0405,0010", ""),
    ("0405,0010", [CREATOR, CREATOR]), ("0405,10ee", {"vr": "XX", "Value": ["x"]}), ("0405,10ee", {"Value": ["x"]}),
    ("0405,10ee", {"vr": "OB", "Value": [1], "InlineBinary": "AAAA"}),
    ("0405,1005", {"vr": "SQ", "InlineBinary": "AAAA"}), ("0405,10ee", {"vr": "OB", "InlineBinary": "####"}),
    ("0405,100c", "data:application/octet-stream;base64,####"), ("0405,1004", "data:incomplete"), ("0405,100c", 256),
    ("0405,1001", ["two", "values"]), ("0405,10ee", {"vr": "OV", "Value": [-1]}), ("0405-1002", 2), ("00090010", "Rawé")])
def test_what_is_refused(server, tag, value):
    before = server.get_json("/statistics")["CountInstances"]
    details = create(server, {"PatientID": "refused", tag: value, "0405,1002": 1}, status=400)
    assert tag in details
    assert server.get_json("/statistics")["CountInstances"] == before


def test_a_creator_without_the_element_in_its_dictionary(server):
    """The block is that of another creator, which has no such element: not typed by that of the request."""
    details = create(server, {"0405,0010": "Other", "0405,1001": "x"}, status=400)
    assert "0405,1001" in details
    details = create(server, {"0405,0010": "Nobody", "0405,1001": "x"}, status=400)
    assert "0405,1001" in details


def test_a_group_without_a_free_block(server):
    tags = {f"0409,{block:04x}": f"Creator {block}" for block in range(0x10, 0x100)}
    dataset = create(server, dict(tags, **{"0409,ff01": {"vr": "LO", "Value": ["x"]}}))
    assert dataset[0x0409, 0xff01].value == "x"
    assert "0409" in create(server, dict(tags, **{"0409,xx01": {"vr": "LO", "Value": ["x"]}}), status=400)


def test_bytes_come_back_by_the_route_of_the_core(server):
    answer = server.post("/tools/create-dicom", {"PrivateCreator": CREATOR, "Tags": {
        "0405,1004": make_uri(b"abcd", "application/octet-stream"),
        "0405,10ee": make_uri(b"ab", "application/octet-stream")}})
    for tag, content in (("0405-1004", b"abcd"), ("0405-10ee", b"ab")):
        assert server.get(answer.json()["Path"] + f"/content/{tag}").content == content


def test_texts_stored_as_bytes_are_warned_of(server):
    answer = server.post("/tools/create-dicom", {"Tags": {"0405,100c": "text"}, "PrivateCreator": CREATOR,
                                                 "DryRun": True}).json()
    assert answer["Problems"] == []
    assert "0405,100c" in answer["Warnings"][0]
    server.take_new_log()
    create(server, {"0405,100c": "text"})
    assert "0405,100c" in server.take_new_log()


def test_the_dictionary_of_the_host_is_checked(start_server):
    server = start_server({"Dictionary": {"0405,0010": ["ST", "Creator", 1, 1, CREATOR],
                                          "0405,1001": ["ST", "PatientName", 1, 1, CREATOR],
                                          "0405,1002": ["ST", "Nobodys", 1, 1],
                                          "0405,1003": ["ST", "Good", 1, 1, CREATOR]}})
    log = server.read_log()
    for tag in ("0405,0010", "0405,1001", "0405,1002"):
        assert f'"Dictionary", entry {tag}' in log
    assert "entry 0405,1003" not in log
    dataset = create(server, {"PatientName": "The standard one", "0405,1001": "x"})
    assert dataset.PatientName == "The standard one"
    assert (dataset[0x0405, 0x1001].VR, dataset[0x0405, 0x1001].value) == ("ST", "x")


def test_orphans_are_refused(server):
    assert "0405,1001" in create(server, {"0405,1001": "x"}, status=400, PrivateCreator=None)


def test_dicom_json(server):
    dataset = create(server, {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎"}]},
        "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.66"]},
        "04050010": {"vr": "LO", "Value": [CREATOR]},
        "04051001": {"vr": "ST", "Value": ["x"]},
        "04051004": {"vr": "OW", "InlineBinary": base64.b64encode(b"abcd").decode()},
        "04051005": {"vr": "SQ", "Value": [{"04050010": {"vr": "LO", "Value": [CREATOR]},
                                            "04051007": {"vr": "US", "Value": [5]}}]}},
        PrivateCreator=None)
    assert dataset.PatientName.ideographic == "山田^太郎"
    assert dataset[0x0405, 0x1004].value == b"abcd"
    assert dataset[0x0405, 0x1005].value[0][0x0405, 0x1007].value == 5


def test_private_tags_of_documents(server):
    pdf = make_pdf()
    dataset = create(server, {"0405,1001": "x"}, Content=make_uri(pdf))
    assert dataset[0x0405, 0x1001].value == "x"
    assert dataset.EncapsulatedDocument[:len(pdf)] == pdf


def test_private_tags_of_images(server):
    dataset = create(server, {"0405,1001": "x"}, Content=make_uri(make_png(), "image/png"))
    assert dataset[0x0405, 0x1001].value == "x"
    assert (dataset.Rows, dataset.PixelData) == (2, b"\1\2\3\4")


def test_dry_run_stores_nothing(server):
    before = server.get_json("/statistics")["CountInstances"]
    answer = server.post("/tools/create-dicom", {
        "Tags": {"0405,1001": "x", "0405,1003": "abc", "0405,1007": "70000", "PatientName": "Ä"},
        "PrivateCreator": CREATOR, "DryRun": True})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert len(body["Problems"]) == 2
    assert "0405,1003" in body["Problems"][0]
    assert body["Dicom"]["04051001"] == {"vr": "ST", "Value": ["x"]}
    assert "00080016" in body["Dicom"]
    answer = server.post("/tools/create-dicom", {"Tags": {}, "Content": make_uri(make_pdf()), "DryRun": True})
    assert answer.json()["Problems"] == []
    assert server.get_json("/statistics")["CountInstances"] == before


def test_a_dry_run_finds_everything_at_once(server):
    """Of the request, of the content, of the parent, and of every attribute."""
    before = server.get_json("/statistics")["CountInstances"]
    tags = {"0405,1003": "abc", "0405,1007": "70000", "0404,1001": "x", "0405,1001": True,
            "0405,10ee": {"Value": ["x"]}, "0405,1005": [{"0405,1007": -1}], "PixelData": "x", "NoSuchTag": "x",
            "StudyInstanceUID": "1.2.3", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "StudyDate": "today",
            "PatientName": "Kept"}
    answer = server.post("/tools/create-dicom", {
        "Tags": tags, "PrivateCreator": CREATOR, "DryRun": True, "Parent": "nothing", "Replaces": "nothing",
        "Content": make_uri(make_pdf()[:-20])})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    for part in set(tags) - {"StudyDate", "PatientName", "0405,1005"} | {"truncated", "Parent"}:
        assert [problem for problem in body["Problems"] if part in problem], (part, body["Problems"])
    assert len(body["Problems"]) == len(tags) - 2 + 3
    assert ["StudyDate" in warning for warning in body["Warnings"]] == [True]
    assert body["Dicom"]["00100010"]["Value"] == [{"Alphabetic": "Kept"}]
    assert body["Dicom"]["00080016"]["Value"] == ["1.2.840.10008.5.1.4.1.1.104.1"]

    for content, part in (("no URI", "data URI"), (make_uri(b"x", "image/png"), "PNG"), (make_uri(b"x", "a/b"), "MIME"),
                          ("data:application/pdf;base64,####", "base64"), (1, "data URI")):
        for contents in (content, [content, make_uri(make_pdf())]):
            answer = server.post("/tools/create-dicom", {"Tags": {"0405,1003": "abc"}, "PrivateCreator": CREATOR,
                                                         "DryRun": True, "Content": contents})
            assert answer.status_code == 200, answer.text
            first = answer.json()[0] if isinstance(contents, list) else answer.json()
            assert len(first["Problems"]) == 2, first["Problems"]
            assert [problem for problem in first["Problems"] if part in problem], first["Problems"]
            if isinstance(contents, list):
                assert len(answer.json()[1]["Problems"]) == 1
    answer = server.post("/tools/create-dicom", {"Tags": {"SpecificCharacterSet": "nothing"}, "DryRun": True}).json()
    assert len(answer["Problems"]) == 1
    assert server.get_json("/statistics")["CountInstances"] == before


def test_a_dry_run_answers_what_is_stored_then(server):
    """Apart from what is new each time."""
    parent = server.upload(make_parent("dry", SeriesNumber="7", InstanceNumber="4"))
    for level in ("ParentPatient", "ParentStudy", "ParentSeries"):
        for content in (make_uri(make_pdf("Title")), make_uri(make_png(), "image/png"), None):
            body = {"Tags": {"0405,1001": "x"}, "PrivateCreator": CREATOR, "Parent": parent[level], "Content": content}
            body = {key: value for key, value in body.items() if value is not None}
            dry = server.post("/tools/create-dicom", dict(body, DryRun=True)).json()
            assert dry["Problems"] == []
            stored = server.post("/tools/create-dicom", body).json()
            dataset = pydicom.dcmread(io.BytesIO(server.get(f"/instances/{stored['ID']}/file").content))
            expected = {f"{element.tag:08X}" for element in dataset} - {"00420011", "00420015", "7FE00010"}
            assert set(dry["Dicom"]) - {"00420011", "00420015", "7FE00010"} == expected
            for keyword in ("SeriesNumber", "InstanceNumber", "Modality", "SOPClassUID"):
                tag = f"{pydicom.datadict.tag_for_keyword(keyword):08X}"
                assert str(dry["Dicom"][tag]["Value"][0]) == str(dataset[keyword].value), (level, keyword)
    dry = server.post("/tools/create-dicom", {"Tags": {}, "DryRun": True, "Content": [make_uri(make_pdf())] * 3}).json()
    assert [int(one["Dicom"]["00200013"]["Value"][0]) for one in dry] == [1, 2, 3]


def test_a_file_of_dcmtk_is_a_dictionary(start_server):
    """The one that comes with it has placeholders for VRs, and names with spaces."""
    server = start_server()
    path = "/advanced-rest/private-dictionary"
    text = read_dcmtk_dictionary()
    answer = server.put(path, text)
    assert answer.status_code == 200, answer.text
    listed = server.get_json(path)
    assert len(listed) > 2000
    assert server.put(path, json.dumps(listed)).status_code == 200         # as GET has it
    assert server.get_json(path) == listed
    dataset = create(server, {"7fe1,xx10": make_uri(b"ab", "application/octet-stream")}, PrivateCreator="SPI-P Release 1")
    assert (dataset[0x7fe1, 0x0010].value, dataset[0x7fe1, 0x1010].VR) == ("SPI-P Release 1", "OW")
    assert server.put(path, "[]").status_code == 200
    assert server.get_json(path) == []


def test_dictionary_without_restart(start_server, expect_errors):
    expect_errors()
    server = start_server()
    create(server, {"0405,1001": "x"}, status=400)
    path = "/advanced-rest/private-dictionary"
    assert server.get_json(path) == []
    answer = server.put(path, b'{"0405,1001": ["ST", "RawText", 1, 1, "RawDataStore"]}')
    assert answer.status_code == 200, answer.text
    dataset = create(server, {"0405,1001": "x", "PatientID": "now"})
    assert dataset[0x0405, 0x1001].VR == "ST"

    answer = server.post(path, '(0405,"RawDataStore",02)\tUS\tRawNumbers\t1-n\tPrivateTag\n')
    assert answer.status_code == 200, answer.text
    server.kill()
    server.start()
    listed = server.get_json(path)
    assert [entry["Tag"] for entry in listed] == ["0405,1001", "0405,1002"]
    assert list(create(server, {"0405,1002": [1, 2]})[0x0405, 0x1002].value) == [1, 2]
    text = server.get(path, headers={"Accept": "text/plain"}).text
    assert text.splitlines()[0] == '(0405,"RawDataStore",01)\tST\tRawText\t1\tPrivateTag'
    assert server.put(path, text).status_code == 200

    for bad in ('{"0404,1001": ["ST", "N", 1, 1, "C"]}', '{"0405,1001": ["ST"]}', "nothing",
                '{"0405,1001": ["XX", "N", 1, 1, "C"]}', '{"0405,1001": ["ST", "N", 1, 1, "é"]}'):
        answer = server.put(path, bad.encode())
        assert answer.status_code == 400, bad
        assert answer.json()["Details"]
    assert len(server.get_json(path)) == 2

    for bad in ("[1]", '[{"Tag": "0405,1001"}]', '[{"Tag": "0404,1001", "VR": "ST", "Name": "N", "PrivateCreator": "C"}]'):
        assert server.put(path, bad).status_code == 400, bad
    assert len(server.get_json(path)) == 2

    assert server.delete(path).status_code == 200
    create(server, {"0405,1001": "x"}, status=400)
    assert server.get_json(path) == []
    # The host has forgotten it, too
    server.kill()
    server.start()
    assert server.get_json(path) == []
    create(server, {"0405,1001": "x"}, status=400)
    dataset = create(server, {"0405,1001": {"vr": "ST", "Value": ["x"]}, "PatientID": "forgotten"})
    assert dataset[0x0405, 0x1001].value == "x"
    shown = server.get_json("/instances/" + server.get_json("/instances")[-1] + "/tags")
    assert {entry["Name"] for tag, entry in shown.items() if tag == "0405,1001"} <= {"Unknown Tag & Data"}
