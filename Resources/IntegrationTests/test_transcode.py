# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Transcoding: like the host where it can, and never an instance less."""

import io
import json
import subprocess

import pydicom
import pytest

import dicom_samples
from dicom_samples import get_transfer_syntax, make_dicom, make_pixels, read_sample
from orthanc_server import VERSION, check_no_success, list_names, read_entries

pytestmark = pytest.mark.sanitizer

TARGETS = {
    "implicit": dicom_samples.IMPLICIT,
    "explicit": dicom_samples.EXPLICIT,
    "big endian": dicom_samples.BIG_ENDIAN,
    "deflated": "1.2.840.10008.1.2.1.99",
    "JPEG baseline": dicom_samples.JPEG_BASELINE,
    "JPEG extended": "1.2.840.10008.1.2.4.51",
    "JPEG lossless": "1.2.840.10008.1.2.4.57",
    "JPEG lossless SV1": dicom_samples.JPEG_LOSSLESS,
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG-LS near-lossless": "1.2.840.10008.1.2.4.81",
    "JPEG 2000": dicom_samples.JPEG2000_LOSSLESS,
    "RLE": dicom_samples.RLE,
}

SOURCES = {
    "8 bit": lambda: make_dicom("t8", bits=8, rows=64, columns=64),
    "12 bit": lambda: make_dicom("t12", rows=64, columns=64),
    "frames": lambda: make_dicom("frames", bits=8, rows=64, columns=64, frames=3),
    "JPEG": lambda: read_sample("SC_rgb_jpeg_dcmtk.dcm"),
    "RLE": lambda: read_sample("MR_small_RLE.dcm"),
    "JPEG 2000": lambda: read_sample("JPEG2000.dcm"),
    "report": lambda: read_sample("test-SR.dcm"),
    "plan": lambda: read_sample("rtplan.dcm"),
}


@pytest.fixture(scope="module")
def sources(pair):
    """Name -> (content, Orthanc ID), in both servers."""
    result = {}
    for name, make in SOURCES.items():
        dicom = make()
        result[name] = (dicom, pair.upload(dicom)["ID"])
    return result


def read_dataset(dicom):
    return pydicom.dcmread(io.BytesIO(dicom), force=True)


def get_pixels(dataset):
    """What decoders see: DCMTK leaves the byte behind a JPEG stream of odd length to chance."""
    text = bytes(dataset.PixelData)
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return text
    fragments = []
    position = 0
    while position < len(text):
        length = int.from_bytes(text[position + 4:position + 8], "little")
        fragment = text[position + 8:position + 8 + length]
        end = fragment.rfind(b"\xff\xd9", len(fragment) - 4)
        fragments.append(fragment[:end] if end >= 0 else fragment)
        position += 8 + length
    return fragments


def request_one(server, instance, **fields):
    """The only entry of an archive, or none."""
    answer = server.post("/tools/create-archive", {"Resources": [instance], **fields})
    assert answer.status_code == 200, answer.text
    entries = list(read_entries(answer.content).values())
    assert len(entries) <= 1
    return entries[0] if entries else None


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", SOURCES)
def test_like_the_host_or_the_original(pair, sources, expect_errors, source, target):
    expect_errors("")
    original, instance = sources[source]

    core = request_one(pair.core, instance, Transcode=TARGETS[target])
    plugin = request_one(pair.plugin, instance, Transcode=TARGETS[target])

    assert plugin is not None
    if core is None or core == original or get_transfer_syntax(original) == TARGETS[target]:
        # The core of 1.13.0 leaves out, silently, what it cannot transcode, and writes anew what is in
        # the target syntax already
        assert plugin == original
        return
    assert get_transfer_syntax(plugin) == get_transfer_syntax(core) == TARGETS[target]
    core_dataset, plugin_dataset = read_dataset(core), read_dataset(plugin)
    assert set(plugin_dataset.keys()) == set(core_dataset.keys())
    is_lossy = core_dataset.SOPInstanceUID != read_dataset(original).SOPInstanceUID
    assert (plugin_dataset.SOPInstanceUID != read_dataset(original).SOPInstanceUID) == is_lossy
    if "PixelData" in core_dataset:
        assert get_pixels(plugin_dataset) == get_pixels(core_dataset)
    if not is_lossy and "JPEG" not in target:
        assert plugin == core


def test_transcoded_and_kept_together(pair, sources, expect_errors):
    """What could not be transcoded is there, and the job says so."""
    expect_errors("")
    names = ["8 bit", "12 bit", "JPEG 2000"]
    instances = [sources[name][1] for name in names]

    job = pair.plugin.submit("/tools/create-archive", Resources=instances,
                             Transcode=dicom_samples.JPEG_BASELINE)
    content = pair.plugin.wait_success(job)["Content"]
    entries = read_entries(pair.plugin.get(f"/jobs/{job}/archive").content)

    assert content["Transcode"] == dicom_samples.JPEG_BASELINE
    assert content["NotTranscoded"]["Count"] == 2
    assert sorted(content["NotTranscoded"]["Instances"]) == sorted(instances[1:])
    assert len(entries) == 3
    syntaxes = sorted(get_transfer_syntax(dicom) for dicom in entries.values())
    assert syntaxes == sorted([dicom_samples.JPEG_BASELINE, dicom_samples.EXPLICIT,
                               get_transfer_syntax(sources["JPEG 2000"][0])])


def test_nothing_kept_says_nothing_kept(pair, sources):
    job = pair.plugin.submit("/tools/create-archive", Resources=[sources["12 bit"][1]],
                             Transcode=dicom_samples.IMPLICIT)

    content = pair.plugin.wait_success(job)["Content"]

    assert content["NotTranscoded"] == {"Count": 0, "Instances": []}


def test_already_in_the_target(pair, sources):
    original, instance = sources["8 bit"]

    assert request_one(pair.plugin, instance, Transcode=dicom_samples.EXPLICIT) == original


@pytest.mark.parametrize("is_asynchronous", [False, True])
def test_refusing_what_cannot_be_transcoded(pair, sources, expect_errors, is_asynchronous):
    expect_errors("")
    instances = [sources["8 bit"][1], sources["JPEG 2000"][1]]
    fields = {"Resources": instances, "Transcode": dicom_samples.JPEG_BASELINE,
              "OnTranscodeFailure": "Fail"}

    if is_asynchronous:
        job = pair.plugin.submit("/tools/create-archive", **fields)
        shown = pair.plugin.wait_job(job)
        assert shown["State"] == "Failure"
        assert instances[1] in json.dumps(shown["Content"])
    else:
        check_no_success(lambda: pair.plugin.post("/tools/create-archive", fields), instances[1])


def test_refusing_by_configuration(start_server, expect_errors):
    expect_errors("")
    server = start_server({"AdvancedRest": {"Archive": {"OnTranscodeFailure": "Fail"}}})
    study = server.upload(read_sample("JPEG2000.dcm"))["ParentStudy"]

    job = server.submit(f"/studies/{study}/archive", Transcode=dicom_samples.EXPLICIT)
    assert server.wait_job(job)["State"] == "Failure"

    job = server.submit(f"/studies/{study}/archive", Transcode=dicom_samples.EXPLICIT,
                        OnTranscodeFailure="KeepOriginal")
    assert server.wait_success(job)["Content"]["NotTranscoded"]["Count"] == 1


# Quality

def test_lossy_quality_changes_the_size(pair, expect_errors):
    """On every host, although 1.10.1 does not know it."""
    expect_errors("")
    dicom = make_dicom("quality", bits=8, rows=256, columns=256, pixels=make_pixels(256, 256, 8, 1))
    instance = pair.upload(dicom)["ID"]
    sizes = {}

    for quality in (10, 50, 90, 100):
        fields = {"Transcode": dicom_samples.JPEG_BASELINE, "LossyQuality": quality}
        plugin = request_one(pair.plugin, instance, **fields)
        assert get_transfer_syntax(plugin) == dicom_samples.JPEG_BASELINE
        sizes[quality] = len(read_dataset(plugin).PixelData)
        if VERSION >= (1, 12, 7):
            core = request_one(pair.core, instance, **fields)
            assert get_pixels(read_dataset(core)) == get_pixels(read_dataset(plugin))
        got = pair.plugin.get(f"/tools/create-archive?resources={instance}&lossy-quality={quality}"
                              f"&transcode={dicom_samples.JPEG_BASELINE}")
        entry = list(read_entries(got.content).values())[0]
        assert len(read_dataset(entry).PixelData) == sizes[quality]

    assert sizes[10] < sizes[50] < sizes[90] < sizes[100]


def test_default_quality_is_the_hosts(start_server):
    sizes = {}
    dicom = make_dicom("quality", bits=8, rows=256, columns=256)
    for quality in (20, 80):
        both = []
        for with_plugin in (False, True):
            server = start_server({"DicomLossyTranscodingQuality": quality}, with_plugin=with_plugin)
            instance = server.upload(dicom)["ID"]
            entry = request_one(server, instance, Transcode=dicom_samples.JPEG_BASELINE)
            both.append(get_pixels(read_dataset(entry)))
        assert both[0] == both[1]
        sizes[quality] = sum(map(len, both[1]))

    assert sizes[20] < sizes[80]


# What the archive says about it

def test_manifest_tells_what_was_kept(pair, sources, expect_errors, tmp_path):
    expect_errors("")
    kept = sources["JPEG 2000"][1]
    fields = {"Resources": [sources["8 bit"][1], kept], "Transcode": dicom_samples.JPEG_BASELINE,
              "Manifest": True}

    data = pair.plugin.post("/tools/create-archive", fields).content

    (tmp_path / "a.zip").write_bytes(data)
    subprocess.run(["unzip", "-qq", "a.zip"], cwd=tmp_path, check=True)
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "MANIFEST.sha256"], cwd=tmp_path,
                   check=True)
    texts = {name: content for name, content in read_entries(data).items()
             if not name.endswith(".dcm")}
    told = b"".join(texts.values()).decode()
    assert kept in told, list_names(data)


def test_transcoded_files_are_valid(pair, sources, tmp_path):
    """As an independent reader sees them."""
    for target in ("implicit", "deflated", "JPEG lossless SV1", "JPEG-LS"):
        dicom = request_one(pair.plugin, sources["12 bit"][1], Transcode=TARGETS[target])
        path = tmp_path / "file.dcm"
        path.write_bytes(dicom)
        subprocess.run(["dcmftest", str(path)], check=True, stdout=subprocess.DEVNULL)
        decoder = {"JPEG lossless SV1": "dcmdjpeg", "JPEG-LS": "dcmdjpls"}.get(target, "dcmconv")
        command = [decoder, str(path), str(tmp_path / "plain.dcm")]
        subprocess.run(command + (["+te"] if decoder == "dcmconv" else []), check=True)
        original = read_dataset(sources["12 bit"][0])
        assert read_dataset((tmp_path / "plain.dcm").read_bytes()).PixelData == original.PixelData


def test_same_bytes_for_lossless_targets(pair, sources):
    instance = sources["12 bit"][1]
    fields = {"Resources": [instance], "Transcode": dicom_samples.JPEG_LOSSLESS}

    archives = {pair.plugin.post("/tools/create-archive", fields).content for _ in range(3)}

    assert len(archives) == 1
