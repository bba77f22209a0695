# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Images as Secondary Capture: nothing more is lost than the file has lost already."""

import base64
import io
import struct
import subprocess
import zlib

import numpy
import pydicom
import pydicom.encaps
import pytest

import dicom_samples
from document_samples import make_pdf, make_uri
from document_samples import make_png as make_small_png
from test_documents import check_conformant, make_parent, post_document, read_dicom

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
RED, GREEN, BLUE, GRAY = (200, 20, 30), (10, 180, 40), (20, 30, 220), (120, 120, 120)


@pytest.fixture(autouse=True)
def expect_refusals(expect_errors):
    expect_errors()


def run(tool, content, *arguments):
    return subprocess.run([tool, *arguments], input=content, capture_output=True, check=True).stdout


def make_pixels(rows=16, columns=32):
    """Four corners of different colors, with a slope in them."""
    pixels = numpy.zeros((rows, columns, 3), numpy.uint8)
    pixels[:rows // 2, :columns // 2], pixels[:rows // 2, columns // 2:] = RED, GREEN
    pixels[rows // 2:, :columns // 2], pixels[rows // 2:, columns // 2:] = BLUE, GRAY
    pixels[:, :, 1] += (numpy.arange(columns) % 8).astype(numpy.uint8)
    return pixels


def make_ppm(pixels):
    return b"P6\n%d %d\n255\n" % (pixels.shape[1], pixels.shape[0]) + pixels.tobytes()


def decode_jpeg(jpeg):
    ppm = run("djpeg", jpeg, "-dct", "int", "-pnm")
    kind, columns, rows, _ = ppm.split(None, 4)[:4]
    channels = 3 if kind == b"P6" else 1
    data = ppm[len(ppm) - int(rows) * int(columns) * channels:]
    return numpy.frombuffer(data, numpy.uint8).reshape(int(rows), int(columns), channels)


def make_jpeg(*arguments, pixels=None):
    return run("cjpeg", make_ppm(make_pixels() if pixels is None else pixels), "-quality", "90", *arguments)


def turn(jpeg, orientation, order="<"):
    """The same with an Exif segment that says how it lies."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    tiff = mark + struct.pack(order + "IH", 8, 1) + struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    segment = b"Exif\0\0" + tiff + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def get_upright(pixels, orientation):
    return {1: pixels, 2: pixels[:, ::-1], 3: pixels[::-1, ::-1], 4: pixels[::-1], 5: pixels.transpose(1, 0, 2),
            6: pixels[::-1].transpose(1, 0, 2), 7: pixels[::-1, ::-1].transpose(1, 0, 2),
            8: pixels[:, ::-1].transpose(1, 0, 2)}[orientation]


def get_frame(dataset):
    return next(pydicom.encaps.generate_pixel_data_frame(dataset.PixelData))


def check_lossy(dataset):
    assert dataset.LossyImageCompression == "01"
    assert dataset.LossyImageCompressionMethod == "ISO_10918_1"
    assert float(dataset.LossyImageCompressionRatio) > 0


@pytest.mark.sanitizer
@pytest.mark.parametrize("arguments", [("-progressive",), ("-progressive", "-grayscale"),
                                       ("-progressive", "-sample", "1x1"), ("-grayscale",),
                                       ("-progressive", "-restart", "1")])
def test_progressive_jpegs_become_baseline_with_the_same_pixels(pair, tmp_path, arguments):
    dicom = make_parent("progressive")
    parent = pair.plugin.upload(dicom)
    jpeg = make_jpeg(*arguments)
    stored = post_document(pair.plugin, f"/studies/{parent['ParentStudy']}/documents", jpeg, "image/jpeg")
    dataset = read_dicom(pair.plugin, stored["ID"])
    assert dataset.file_meta.TransferSyntaxUID == dicom_samples.JPEG_BASELINE
    assert dataset.SOPClassUID == SECONDARY_CAPTURE
    frame = get_frame(dataset)
    assert (decode_jpeg(frame) == decode_jpeg(jpeg)).all()
    assert b"\xff\xc0" in frame and b"\xff\xc2" not in frame
    assert (dataset.Rows, dataset.Columns) == (16, 32)
    assert dataset.PhotometricInterpretation == ("MONOCHROME2" if "-grayscale" in arguments else "YBR_FULL_422")
    check_lossy(dataset)
    assert pair.plugin.get(f"/instances/{stored['ID']}/preview").status_code == 200
    check_conformant(pair.plugin, stored["ID"], tmp_path, dicom)
    post_document(pair.plugin, "/tools/create-document", jpeg[:-40], "image/jpeg", status=400)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_stand_upright(pair, orientation, order):
    """The blocks of the first can be turned, those at the edges of the second cannot: it is decoded."""
    jpeg = turn(make_jpeg(), orientation, order)
    dataset = read_dicom(pair.plugin, post_document(pair.plugin, "/tools/create-document", jpeg, "image/jpeg")["ID"])
    assert dataset.file_meta.TransferSyntaxUID == dicom_samples.JPEG_BASELINE
    expected = get_upright(decode_jpeg(jpeg), orientation)
    assert (dataset.Rows, dataset.Columns) == expected.shape[:2]
    # Turned coefficients are decoded with other roundings
    assert abs(decode_jpeg(get_frame(dataset)).astype(int) - expected).max() <= 4
    check_lossy(dataset)

    jpeg = turn(make_jpeg(pixels=make_pixels(17, 33)), orientation, order)
    dataset = read_dicom(pair.plugin, post_document(pair.plugin, "/tools/create-document", jpeg, "image/jpeg")["ID"])
    expected = get_upright(decode_jpeg(jpeg), orientation)
    assert (dataset.Rows, dataset.Columns) == expected.shape[:2]
    if orientation in (3, 6, 7, 8):
        assert dataset.file_meta.TransferSyntaxUID == dicom_samples.EXPLICIT
        assert dataset.PhotometricInterpretation == "RGB"
        pixels = dataset.PixelData[:expected.size]
        assert abs(numpy.frombuffer(pixels, numpy.uint8).astype(int) - expected.ravel()).max() <= 4
    check_lossy(dataset)


def test_what_is_no_gray_or_rgb_jpeg_is_refused(pair, tmp_path):
    """CMYK has no place in DICOM; 12 bits are another process."""
    (tmp_path / "a.pdf").write_bytes(make_pdf())
    subprocess.run(["pdftoppm", "-jpegcmyk", "-singlefile", "a.pdf", "a"], cwd=tmp_path, check=True)
    cmyk = next(tmp_path.glob("a.j*")).read_bytes()
    answer = post_document(pair.plugin, "/tools/create-document", cmyk, "image/jpeg", status=400)
    assert "CMYK" in answer["Details"]
    jpeg = make_jpeg()
    deep = jpeg.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c")
    assert deep != jpeg
    post_document(pair.plugin, "/tools/create-document", deep, "image/jpeg", status=400)
    # A few bytes that announce gigabytes
    huge = make_jpeg("-progressive")
    at = huge.index(b"\xff\xc2") + 5
    huge = huge[:at] + b"\xff\xff\xff\xff" + huge[at + 4:]
    answer = pair.plugin.post("/tools/create-document", huge, headers={"Content-Type": "image/jpeg"})
    assert answer.status_code in (400, 413), answer.text
    assert pair.plugin.get("/system").status_code == 200


# ---- PNG


def make_png(rows, columns, depth, color, data, interlace=0, palette=None, transparency=None):
    """"data": the filtered rows."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, depth, color, 0, 0, interlace))
    png += chunk(b"gAMA", struct.pack(">I", 45455))         # must change no value
    if palette is not None:
        png += chunk(b"PLTE", palette)
    if transparency is not None:
        png += chunk(b"tRNS", transparency)
    return png + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


PNGS = [
    # depth, color type, rows, palette, transparency -> samples, bits, pixels
    (8, 0, b"\0\1\2\0\3\4", None, None, 1, 8, b"\1\2\3\4"),
    (16, 0, b"\0\x01\x02\x03\x04\0\x05\x06\x07\x08", None, None, 1, 16, b"\2\1\4\3\6\5\x08\7"),
    (1, 0, b"\0\x40\0\x80", None, None, 1, 8, b"\0\xff\xff\0"),
    (2, 0, b"\0\x10\0\xe0", None, None, 1, 8, b"\0\x55\xff\xaa"),
    (4, 0, b"\0\x12\0\x3f", None, None, 1, 8, b"\x11\x22\x33\xff"),
    (8, 2, b"\0abcdef\0ghijkl", None, None, 3, 8, b"abcdefghijkl"),
    (16, 2, b"\0abcdefghijkl\0ABCDEFGHIJKL", None, None, 3, 16, b"badcfehgjilkBADCFEHGJILK"),
    (8, 3, b"\0\0\1\0\1\0", b"abcdef", None, 3, 8, b"abcdefdefabc"),
    (1, 3, b"\0\x40\0\x80", b"abcdef", None, 3, 8, b"abcdefdefabc"),
    (8, 3, b"\0\0\1\0\1\0", b"abcdef", b"\xff\0", 3, 8, b"abc\xff\xff\xff\xff\xff\xffabc"),
    (8, 4, b"\0\x10\xff\x20\0\0\x30\xff\x40\0", None, None, 1, 8, b"\x10\xff\x30\xff"),
    (8, 6, b"\0abc\xffdef\0\0abc\xffdef\0", None, None, 3, 8, b"abc\xff\xff\xffabc\xff\xff\xff"),
    (16, 4, b"\0\1\2\xff\xff\3\4\0\0\0\1\2\xff\xff\3\4\0\0", None, None, 1, 16, b"\2\1\xff\xff\2\1\xff\xff"),
    (8, 0, b"\0\1\2\0\3\4", None, b"\0\1", 1, 8, b"\xff\2\3\4"),
]


@pytest.mark.sanitizer
@pytest.mark.parametrize("depth,color,data,palette,transparency,samples,bits,pixels", PNGS)
def test_values_of_pngs_are_kept(pair, tmp_path, depth, color, data, palette, transparency, samples, bits, pixels):
    dicom = make_parent("pngs")
    parent = pair.plugin.upload(dicom)
    png = make_png(2, 2, depth, color, data, palette=palette, transparency=transparency)
    stored = post_document(pair.plugin, f"/studies/{parent['ParentStudy']}/documents", png, "image/png")
    dataset = read_dicom(pair.plugin, stored["ID"])
    assert (dataset.SamplesPerPixel, dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit) == \
        (samples, bits, bits, bits - 1)
    assert dataset.PhotometricInterpretation == ("RGB" if samples == 3 else "MONOCHROME2")
    assert dataset["PixelData"].VR == ("OW" if bits == 16 else "OB")
    assert dataset.PixelData == pixels
    assert "LossyImageCompression" not in dataset
    if not (samples == 3 and bits == 16):                   # neither hosts nor dicom3tools know such colors
        assert pair.plugin.get(f"/instances/{stored['ID']}/preview").status_code == 200
        check_conformant(pair.plugin, stored["ID"], tmp_path, dicom)


def test_interlaced_pngs(pair):
    """Adam7: of 2 x 2 pixels the passes 1, 6 and 7 have something."""
    png = make_png(2, 2, 8, 0, b"\0\1\0\2\0\3\4", interlace=1)
    dataset = read_dicom(pair.plugin, post_document(pair.plugin, "/tools/create-document", png, "image/png")["ID"])
    assert dataset.PixelData == b"\1\2\3\4"


@pytest.mark.parametrize("spoil", [lambda png: png[:-12], lambda png: png[:40], lambda png: png[:-20] + bytes(20),
                                   lambda png: png.replace(b"IDAT", b"IDAX"),
                                   lambda png: png[:16] + b"\xff\xff\xff\xff" + png[20:]])
def test_broken_pngs_are_refused(pair, spoil):
    png = spoil(make_png(2, 2, 8, 0, b"\0\1\2\0\3\4"))
    answer = pair.plugin.post("/tools/create-document", png, headers={"Content-Type": "image/png"})
    assert answer.status_code == 400, answer.text
    assert "PNG" in answer.json()["Details"]


# ---- Beside private attributes, which the host cannot write


PRIVATE = {"0405,0010": "Maker", "0405,1001": {"vr": "LO", "Value": ["kept"]},
           "0405,1002": {"vr": "OW", "InlineBinary": base64.b64encode(b"abcd").decode()}}
PAM = b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 1\nMAXVAL 65535\nTUPLTYPE GRAYSCALE\nENDHDR\n\1\2\3\4\5\6\7\x08"
RAW_TAGS = {"Rows": "2", "Columns": "2", "BitsAllocated": "16", "BitsStored": "12", "HighBit": "11",
            "PixelRepresentation": "0", "SamplesPerPixel": "1", "PhotometricInterpretation": "MONOCHROME1"}
RAW = b"\1\2\3\4\5\6\7\x08"


def check_private(dataset):
    assert (dataset[0x0405, 0x0010].VR, dataset[0x0405, 0x0010].value) == ("LO", "Maker")
    assert (dataset[0x0405, 0x1001].VR, dataset[0x0405, 0x1001].value) == ("LO", "kept")
    assert (dataset[0x0405, 0x1002].VR, dataset[0x0405, 0x1002].value) == ("OW", b"abcd")


def create(server, content, status=200, tags=None, **fields):
    answer = server.post("/tools/create-dicom", dict(
        {"Tags": dict(PRIVATE, **(tags or {})), "Content": content}, **fields))
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize("content,tags,pixels,bits", [
    (make_uri(PAM, "image/x-portable-arbitrarymap"), {}, b"\2\1\4\3\6\5\x08\7", 16),
    (make_uri(RAW, "application/octet-stream"), RAW_TAGS, RAW, 16),
    (make_uri(b"abcd", "application/octet-stream"), {"0028,0010": 2, "0028-0011": 2, "BitsAllocated": 8}, b"abcd", 8),
    (make_uri(make_png(2, 2, 16, 0, b"\0\1\2\3\4\0\5\6\7\x08"), "image/png"), {}, b"\2\1\4\3\6\5\x08\7", 16)])
def test_private_attributes_beside_every_image(pair, content, tags, pixels, bits):
    dataset = read_dicom(pair.plugin, create(pair.plugin, content, tags=tags)["ID"])
    check_private(dataset)
    assert dataset.SOPClassUID == dataset.file_meta.MediaStorageSOPClassUID == SECONDARY_CAPTURE
    assert (dataset.PixelData, dataset.Rows, dataset.BitsAllocated) == (pixels, 2, bits)
    if tags is RAW_TAGS:
        assert (dataset.BitsStored, dataset.HighBit, dataset.PhotometricInterpretation) == (12, 11, "MONOCHROME1")
        assert dataset["PixelData"].VR == "OW"
    # A class of the client's own is kept, as by the host
    dataset = read_dicom(pair.plugin, create(pair.plugin, content, tags=dict(
        tags, SOPClassUID=dicom_samples.CT_STORAGE, Modality="CT"))["ID"])
    check_private(dataset)
    assert dataset.SOPClassUID == dataset.file_meta.MediaStorageSOPClassUID == dicom_samples.CT_STORAGE


def test_frames_of_raw_pixels(pair):
    tags = {"Rows": 1, "Columns": 2, "BitsAllocated": 8, "NumberOfFrames": 3}
    dataset = read_dicom(pair.plugin, create(pair.plugin, make_uri(b"abcdef", "application/octet-stream"), tags=tags)["ID"])
    assert (dataset.SOPClassUID, dataset.PixelData) == (SECONDARY_CAPTURE + ".2", b"abcdef")
    answer = pair.plugin.post("/tools/create-dicom", {      # made by the host
        "Tags": dict(tags, SamplesPerPixel="1", BitsStored="8", HighBit="7", PixelRepresentation="0",
                     PhotometricInterpretation="MONOCHROME2", Rows="1", Columns="2", BitsAllocated="8",
                     NumberOfFrames="3"), "Content": make_uri(b"abcdef", "application/octet-stream")})
    assert answer.status_code == 200, answer.text
    assert read_dicom(pair.plugin, answer.json()["ID"]).SOPClassUID == SECONDARY_CAPTURE + ".2"


@pytest.mark.parametrize("content,tags,part", [
    (make_uri(PAM[:-1], "image/x-portable-arbitrarymap"), {}, "PAM"),
    (make_uri(RAW[:-1], "application/octet-stream"), RAW_TAGS, "length"),
    (make_uri(RAW, "application/octet-stream"), {"Rows": 2}, "Columns"),
    (make_uri(RAW, "application/octet-stream"), dict(RAW_TAGS, Rows="x"), "Rows"),
    (make_uri(RAW, "application/octet-stream"), {}, "Rows"),
    (make_uri(b"x", "image/gif"), {}, "MIME"), (make_uri(b"x", "image/png"), {}, "PNG"),
    (make_uri(b"x", "image/jpeg"), {}, "JPEG"),
    (make_uri(PAM, "image/x-portable-arbitrarymap"), {"0405,1003": "orphan"}, "0405,1003")])
def test_images_that_are_refused(pair, content, tags, part):
    before = pair.plugin.get_json("/statistics")["CountInstances"]
    assert part in create(pair.plugin, content, status=400, tags=tags)["Details"]
    assert pair.plugin.get_json("/statistics")["CountInstances"] == before


def test_lists_of_images_with_private_attributes(pair):
    parent = pair.plugin.upload(make_parent("private list"))
    pam = make_uri(PAM, "image/x-portable-arbitrarymap")
    for fields in ({}, {"Parent": parent["ParentStudy"]}):
        answer = create(pair.plugin, [pam, {"Content": pam, "Tags": {"0405,1001": {"vr": "LO", "Value": ["own"]}}}],
                        **fields)
        listed = [read_dicom(pair.plugin, entry["ID"])
                  for entry in pair.plugin.get_json(answer["Path"] + "/instances")]
        assert sorted((int(one.InstanceNumber), one[0x0405, 0x1001].value) for one in listed) == [(1, "kept"), (2, "own")]
        assert {one.PixelData for one in listed} == {b"\2\1\4\3\6\5\x08\7"}
    # Only in an item
    answer = pair.plugin.post("/tools/create-dicom", {"Tags": {}, "Content": [{"Content": pam, "Tags": PRIVATE}]})
    assert answer.status_code == 200, answer.text
    check_private(read_dicom(pair.plugin, pair.plugin.get_json(answer.json()["Path"] + "/instances")[0]["ID"]))


def test_the_oldest_form_with_private_attributes(pair):
    answer = pair.plugin.post("/tools/create-dicom", {"PatientID": "legacy", "0405,0010": "Maker",
                                                      "PixelData": make_uri(make_small_png(), "image/png"),
                                                      "0405,1001": make_uri(b"ab", "application/octet-stream")})
    assert answer.status_code == 200, answer.text
    dataset = read_dicom(pair.plugin, answer.json()["ID"])
    assert (dataset.PatientID, dataset.PixelData) == ("legacy", b"\1\2\3\4")
    assert (dataset[0x0405, 0x1001].VR, dataset[0x0405, 0x1001].value) == ("UN", b"ab")
    answer = pair.plugin.post("/tools/create-dicom", {"PatientID": "legacy", "0405,1001": "orphan"})
    assert answer.status_code == 400
    assert "0405,1001" in answer.json()["Details"]


def test_jpegs_beside_private_attributes(pair):
    jpeg = make_jpeg()
    dataset = read_dicom(pair.plugin, create(pair.plugin, make_uri(jpeg, "image/jpeg"))["ID"])
    assert dataset.file_meta.TransferSyntaxUID == dicom_samples.EXPLICIT
    pixels = numpy.frombuffer(dataset.PixelData, numpy.uint8)
    assert abs(pixels.astype(int) - decode_jpeg(jpeg).ravel()).max() <= 4
    check_lossy(dataset)
    check_private(dataset)
    dataset = read_dicom(pair.plugin, create(pair.plugin, make_uri(jpeg, "image/jpeg"), Encapsulate=True)["ID"])
    assert dataset.file_meta.TransferSyntaxUID == dicom_samples.JPEG_BASELINE
    assert get_frame(dataset).rstrip(b"\0") == jpeg.rstrip(b"\0")


def test_dry_runs_of_images_and_lists(pair):
    before = pair.plugin.get_json("/statistics")["CountInstances"]
    pam = make_uri(PAM, "image/x-portable-arbitrarymap")
    answer = create(pair.plugin, pam, tags={"0405,1003": "x"}, DryRun=True)
    assert "0405,1003" in answer["Problems"][0]
    assert answer["Dicom"]["00280010"]["Value"] == [2]
    answer = create(pair.plugin, [pam, pam], DryRun=True)
    assert [entry["Problems"] for entry in answer] == [[], []]
    assert pair.plugin.get_json("/statistics")["CountInstances"] == before
