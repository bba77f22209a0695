# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The ZIP itself: other programs open it, whatever the compression; its bytes are reproducible."""

import datetime
import io
import subprocess
import zipfile

import numpy
import pytest

import dicom_samples
from dicom_samples import make_dicom, make_study, read_sample
from orthanc_server import list_names, open_zip, read_entries

COMPRESSIONS = ["Fast", "Dense", "Store"]

# Samples of pydicom whose transfer syntax is compressed
COMPRESSED_SAMPLES = {
    "JPEG baseline": "SC_rgb_jpeg_dcmtk.dcm",
    "JPEG extended": "JPGExtended.dcm",
    "JPEG-LS": "MR_small_jpeg_ls_lossless.dcm",
    "JPEG 2000": "JPEG2000.dcm",
    "JPEG 2000 lossless": "MR_small_jp2klossless.dcm",
    "RLE": "MR_small_RLE.dcm",
    "deflated": "image_dfl.dcm",
}
PLAIN_SAMPLES = {
    "implicit": "MR_small_implicit.dcm",
    "explicit": "CT_small.dcm",
    "big endian": "MR_small_bigendian.dcm",
    "structured report": "test-SR.dcm",
    "plan": "rtplan.dcm",
}


@pytest.fixture(scope="module")
def server(start_module_server):
    return start_module_server()


@pytest.fixture(scope="module")
def study(server):
    """Sizes from a few hundred bytes to several pieces of the pipeline."""
    dicoms = make_study("formats", "1", series=2, instances=4, rows=256, columns=256)
    dicoms.append(make_dicom("formats", "1", "tiny", pixels=b"\1\0", rows=1, columns=1))
    dicoms.append(make_dicom("formats", "1", "multi-frame", rows=512, columns=512, frames=21))
    dicoms.append(make_dicom("formats", "1", "zeros", rows=2048, columns=2048,
                             pixels=bytes(2 * 2048 * 2048)))
    dicoms.append(make_dicom("formats", "1", "noise", rows=1024, columns=1024,
                             pixels=numpy.random.default_rng(1).bytes(2 * 1024 * 1024)))
    stored = server.upload_all(dicoms)

    class Study:
        id = stored[0]["ParentStudy"]
        path = f"/studies/{stored[0]['ParentStudy']}/archive"
        files = sorted(dicoms)
        instances = [item["ID"] for item in stored]

    return Study


def get_by(server, study, way, fields):
    """The archive, streamed or through a job."""
    if way == "GET":
        query = "&".join(f"{name.lower()}={str(value).lower()}" for name, value in fields.items())
        answer = server.get(f"{study.path}?{query}")
    elif way == "POST":
        answer = server.post(study.path, fields)
    else:
        job = server.submit(study.path, **fields)
        server.wait_success(job)
        answer = server.get(f"/jobs/{job}/archive")
    assert answer.status_code == 200, answer.text[:500]
    return answer.content


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("way", ["GET", "POST", "job"])
def test_other_programs_open_it(server, study, tmp_path, compression, way):
    path = tmp_path / "study.zip"
    path.write_bytes(get_by(server, study, way, {"Compression": compression}))

    for command in (["unzip", "-tqq", str(path)], ["7z", "t", str(path)],
                    ["bsdtar", "-xOf", str(path)], ["python3", "-m", "zipfile", "-t", str(path)]):
        result = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        output = (result.stdout if command[0] != "bsdtar" else b"") + result.stderr
        assert result.returncode == 0, output
        for warning in (b"warning", b"Warning", b"WARNING", b"extra bytes"):
            assert warning not in output, output
    extracted = subprocess.run(["bsdtar", "-xOf", str(path)], capture_output=True, check=True).stdout
    assert len(extracted) == sum(len(dicom) for dicom in study.files)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_files_are_what_was_stored(server, study, compression):
    entries = read_entries(get_by(server, study, "GET", {"Compression": compression}))

    assert sorted(entries.values()) == study.files


def test_methods(server, study):
    for compression, method in (("Store", zipfile.ZIP_STORED), ("Fast", zipfile.ZIP_DEFLATED),
                                ("Dense", zipfile.ZIP_DEFLATED)):
        infos = open_zip(get_by(server, study, "POST", {"Compression": compression})).infolist()

        assert {info.compress_type for info in infos if info.file_size > 1000} == {method}


def test_sizes(server, study, start_server):
    core = start_server(with_plugin=False)
    dicoms = make_study("sizes", "1", series=1, instances=8, rows=512, columns=512)
    sizes = {}
    for target in (core, server):
        stored = target.upload_all(dicoms)
    path = f"/studies/{stored[0]['ParentStudy']}/archive"
    sizes["core"] = len(core.get(path).content)
    for compression in COMPRESSIONS:
        sizes[compression] = len(server.post(path, {"Compression": compression}).content)

    assert sizes["Dense"] <= sizes["core"]
    assert sizes["Fast"] <= 1.03 * sizes["core"]
    assert sizes["Store"] >= sum(len(dicom) for dicom in dicoms)
    assert sizes["Fast"] < 0.8 * sizes["Store"]


def test_compression_is_fast_by_default(server, study):
    assert get_by(server, study, "GET", {}) == get_by(server, study, "GET", {"Compression": "Fast"})


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_compression_by_configuration(start_server, compression):
    server = start_server({"AdvancedRest": {"Archive": {"Compression": compression}}})
    stored = server.upload(make_dicom(rows=64, columns=64))
    path = f"/studies/{stored['ParentStudy']}/archive"

    assert server.get(path).content == server.post(path, {"Compression": compression}).content
    info = open_zip(server.get(path).content).infolist()[0]
    assert (info.compress_type == zipfile.ZIP_STORED) == (compression == "Store")


@pytest.mark.parametrize("compression", ["Fast", "Dense"])
@pytest.mark.parametrize("name", list(COMPRESSED_SAMPLES) + list(PLAIN_SAMPLES))
def test_compressed_transfer_syntaxes_are_stored(server, name, compression):
    dicom = read_sample({**COMPRESSED_SAMPLES, **PLAIN_SAMPLES}[name])
    stored = server.upload(dicom)

    answer = server.post("/tools/create-archive", {"Resources": [stored["ID"]],
                                                   "Compression": compression})

    # Some samples are the same image in another form
    assert server.delete("/instances/" + stored["ID"]).status_code == 200
    archive = open_zip(answer.content)
    info = archive.infolist()[0]
    assert archive.read(info) == dicom
    assert info.compress_type == (zipfile.ZIP_STORED if name in COMPRESSED_SAMPLES
                                  else zipfile.ZIP_DEFLATED)


# Determinism

@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("way", ["GET", "POST", "job"])
def test_same_request_same_bytes(server, study, compression, way):
    fields = {"Compression": compression}

    assert get_by(server, study, way, fields) == get_by(server, study, way, fields)


def test_same_bytes_after_a_restart_in_another_zone(start_server):
    server = start_server()
    stored = server.upload_all(make_study())
    path = f"/studies/{stored[0]['ParentStudy']}/archive"
    before = server.get(path).content

    server.stop()
    server.environment["TZ"] = "America/New_York"
    server.start()

    assert server.get(path).content == before


def test_same_bytes_however_many_threads(start_server):
    archives = set()
    dicoms = make_study("threads", series=2, instances=3, rows=128, columns=128)
    dicoms.append(make_dicom("threads", "1", "large", rows=2048, columns=2048))
    directory = None
    for threads, window in ((1, 1), (4, 16), (64, 1)):
        server = start_server({"AdvancedRest": {"Archive": {"Threads": threads, "WindowMB": window}}},
                              directory=directory, should_start=False)
        if directory:
            server.configuration["StorageDirectory"] = storage
            server.configuration["IndexDirectory"] = storage
        server.start()
        if not directory:
            stored = server.upload_all(dicoms)
            directory, storage = server.directory + "-again", server.storage
        archives.add(server.get(f"/studies/{stored[0]['ParentStudy']}/archive").content)
        server.stop()

    assert len(archives) == 1


def test_timestamps_are_receptions(server, study):
    times = {open_zip(get_by(server, study, "GET", {})).infolist()[index].date_time
             for index in range(len(study.files))}

    expected = set()
    for instance in study.instances:
        text = server.get(f"/instances/{instance}/metadata/ReceptionDate").text
        received = datetime.datetime.strptime(text, "%Y%m%dT%H%M%S")
        expected.add(tuple(received.replace(second=received.second // 2 * 2).timetuple()[:6]))
    assert times == expected


# Structure

def test_no_exotic_fields(server, study):
    for info in open_zip(get_by(server, study, "POST", {})).infolist():
        # At most the time in UTC (Info-ZIP's "UT"), which the older fields cannot tell
        assert info.extra[:5] in (b"", b"UT\x05\x00\x01") and len(info.extra) in (0, 9)
        assert not info.is_dir()
        assert info.filename and not info.filename.startswith("/")
        assert info.flag_bits & ~0x808 == 0


def test_65600_entries(server, tmp_path):
    """ZIP64: more entries than two bytes count."""
    stored = server.upload(make_dicom("many", rows=1, columns=1, pixels=b"\0\0"))
    count = 65600

    answer = server.post("/tools/create-archive", {"Resources": [stored["ID"]] * count,
                                                   "Naming": "{Index}.dcm"})

    assert answer.status_code == 200, answer.text
    path = tmp_path / "many.zip"
    path.write_bytes(answer.content)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names)) == count
    for command in (["unzip", "-tqq", str(path)], ["7z", "t", "-bd", str(path)]):
        result = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]


def test_just_below_and_above_zip32(server):
    stored = server.upload(make_dicom("many", rows=1, columns=1, pixels=b"\0\0"))

    for count, has_zip64 in ((65534, False), (65536, True)):
        answer = server.post("/tools/create-archive", {"Resources": [stored["ID"]] * count,
                                                       "Compression": "Store"})

        assert (b"PK\x06\x06" in answer.content[-200:]) == has_zip64
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert len(archive.namelist()) == count


# Manifest

@pytest.mark.parametrize("way", ["GET", "POST", "job"])
def test_manifest(server, study, tmp_path, way):
    data = get_by(server, study, way, {"Manifest": True})

    (tmp_path / "study.zip").write_bytes(data)
    subprocess.run(["unzip", "-qq", "study.zip", "-d", "out"], cwd=tmp_path, check=True)
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "MANIFEST.sha256"],
                   cwd=tmp_path / "out", check=True)
    lines = (tmp_path / "out" / "MANIFEST.sha256").read_text().splitlines()
    names = list_names(data)
    assert sorted(line.split("  ", 1)[1] for line in lines) == sorted(
        name for name in names if name != "MANIFEST.sha256")
    assert len(names) == len(study.files) + 1


def test_manifest_finds_a_damage(server, study, tmp_path):
    data = get_by(server, study, "POST", {"Manifest": True})
    (tmp_path / "study.zip").write_bytes(data)
    subprocess.run(["unzip", "-qq", "study.zip"], cwd=tmp_path, check=True)
    victim = tmp_path / list_names(data)[0]

    victim.write_bytes(victim.read_bytes()[:-1] + b"\x55")

    result = subprocess.run(["sha256sum", "--quiet", "-c", "MANIFEST.sha256"], cwd=tmp_path,
                            capture_output=True, check=False)
    assert result.returncode == 1


def test_no_manifest_by_default(server, study):
    assert "MANIFEST.sha256" not in list_names(get_by(server, study, "GET", {}))


def test_manifest_by_configuration(start_server):
    server = start_server({"AdvancedRest": {"Archive": {"Manifest": True}}})
    stored = server.upload(make_dicom())
    path = f"/studies/{stored['ParentStudy']}/archive"

    assert "MANIFEST.sha256" in list_names(server.get(path).content)
    assert "MANIFEST.sha256" not in list_names(server.post(path, {"Manifest": False}).content)


# Where the files come from

@pytest.mark.parametrize("configuration", [
    {"StorageCompression": True},
    {"StorageCompression": True, "AdvancedRest": {"Archive": {"DirectStorage": False}}},
    {"AdvancedRest": {"Archive": {"DirectStorage": False}}},
    {"AdvancedRest": {"Archive": {"WindowMB": 1, "Threads": 1}}},
    {"StorageDirectory": "relative/storage", "IndexDirectory": "relative/storage"},
], ids=str)
def test_kinds_of_storage(start_server, configuration):
    server = start_server(configuration)
    dicoms = make_study("storage", series=1, instances=3, rows=128, columns=128)
    dicoms.append(make_dicom("storage", "1", "large", rows=2048, columns=2048))
    stored = server.upload_all(dicoms)
    path = f"/studies/{stored[0]['ParentStudy']}/archive"

    for compression in COMPRESSIONS:
        entries = read_entries(server.post(path, {"Compression": compression}).content)
        assert sorted(entries.values()) == sorted(dicoms)


def test_storage_compression_switched_on_later(start_server):
    """Some attachments are compressed, some are not."""
    server = start_server()
    first = make_dicom("mixed", instance=1)
    second = make_dicom("mixed", instance=2)
    server.upload(first)
    server.stop()
    server.configuration["StorageCompression"] = True
    server.start()
    stored = server.upload(second)

    entries = read_entries(server.get(f"/studies/{stored['ParentStudy']}/archive").content)

    assert sorted(entries.values()) == sorted([first, second])


def test_zip_of_real_files(server):
    """Whatever pydicom has, as far as Orthanc stores it."""
    dicoms = [dicom_samples.read_file(path) for path in dicom_samples.list_dicomdirtests()]
    stored = server.upload_all(dicoms)

    answer = server.post("/tools/create-archive", sorted({item["ParentStudy"] for item in stored}))

    assert sorted(read_entries(answer.content).values()) == sorted(dicoms)
