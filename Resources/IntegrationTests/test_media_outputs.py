# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Media in several volumes, as images, encrypted, and what a restart leaves of them."""

import os
import subprocess

import pydicom
import pytest

from comparing import check_error
from dicom_samples import make_ballast, make_study
from media_checks import check_medium, read_medium, run
from orthanc_server import PLUGIN, read_entries, wait_until
from slow_jobs import ONE_SLOW_JOB, Slow
from test_jobs import get_output, post_verb

pytestmark = pytest.mark.skipif(not PLUGIN, reason="the host has none of this")

MEGABYTE = 1000000
PASSWORD = "Größe 12 \" $x"


@pytest.fixture(scope="module")
def server(start_module_server):
    return start_module_server()


@pytest.fixture(scope="module")
def small(server):
    """A study of six small files."""
    return server.upload_all(make_study(patient="small"))[0]["ParentStudy"]


@pytest.fixture(scope="module")
def large(server):
    """Three series of two files, 0.5 MiB each, that no codec makes smaller."""
    stored = [server.upload(dicom) for series in "123"
              for dicom in make_ballast(count=2, megabytes=1, patient="large", series=series)]
    return stored[0]["ParentStudy"], [one["ID"] for one in stored]


# Volumes

def test_volumes(server, large, tmp_path):
    study, instances = large
    job = server.submit(f"/studies/{study}/media", VolumeSizeMB=3)
    content = server.wait_success(job)["Content"]

    assert content["VolumesCount"] == 3
    volumes = content["Result"]["Volumes"]
    assert [volume["Path"] for volume in volumes] == [f"/jobs/{job}/archive-{i}" for i in (1, 2, 3)]
    sets, series, found = set(), [], 0
    for number, volume in enumerate(volumes, 1):
        answer = server.get(volume["Path"])
        assert answer.status_code == 200
        assert len(answer.content) == int(volume["Size"]) <= 3 * MEGABYTE
        assert f"-{number}.zip" in answer.headers["Content-Disposition"]
        entries = read_medium(answer, tmp_path / str(number))
        sets.add(pydicom.dcmread(os.path.join(str(tmp_path), str(number), "DICOMDIR")).FileSetID)
        found += len(entries) - 1
        series.append({pydicom.dcmread(os.path.join(str(tmp_path), str(number), *name.split("/")),
                                       stop_before_pixels=True).SeriesInstanceUID
                       for name in entries if name != "DICOMDIR"})
    assert found == len(instances)
    assert len(sets) == 3 and all(len(name) <= 16 for name in sets)
    assert [len(uids) for uids in series] == [1, 1, 1] and len(set.union(*series)) == 3


def test_outputs_of_volumes(server, large, expect_errors):
    expect_errors()
    job = server.submit(f"/studies/{large[0]}/media", VolumeSizeMB=3)
    server.wait_success(job)
    second = server.get(f"/jobs/{job}/archive-2")

    whole = server.get(f"/jobs/{job}/archive")
    check_error(whole, 404, 7)
    assert "archive-1 to archive-3" in whole.json()["Details"]
    for name in ("archive-0", "archive-4", "archive-01", "archive-x", "archive--1"):
        check_error(server.get(f"/jobs/{job}/{name}"), 404, 7)
    part = server.get(f"/jobs/{job}/archive-2", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, second.content[100:200])
    assert second.headers["ETag"] != server.get(f"/jobs/{job}/archive-1").headers["ETag"]
    not_modified = server.get(f"/jobs/{job}/archive-2",
                              headers={"If-None-Match": second.headers["ETag"]})
    assert not_modified.status_code == 304
    server.delete(f"/jobs/{job}/archive")
    check_error(server.get(f"/jobs/{job}/archive-1"), 404, 7)


def test_one_volume_is_the_archive(server, small, tmp_path):
    job = server.submit(f"/studies/{small}/media", VolumeSizeMB=700)
    server.wait_success(job)

    read_medium(server.get(f"/jobs/{job}/archive"), tmp_path)
    assert server.get(f"/jobs/{job}/archive-1").content == server.get(f"/jobs/{job}/archive").content
    read_medium(server.get(f"/studies/{small}/media?volume-size-mb=700"), tmp_path / "get")


def test_several_volumes_need_a_job(server, large, expect_errors):
    expect_errors()
    answer = server.get(f"/studies/{large[0]}/media?volume-size-mb=3")

    check_error(answer, 400, 8)
    assert "Asynchronous" in answer.json()["Details"]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_file_larger_than_a_volume_is_named(server, large, expect_errors, asynchronous):
    expect_errors()
    answer = server.post(f"/studies/{large[0]}/media",
                         {"VolumeSizeMB": 1, "Asynchronous": asynchronous})

    check_error(answer, 400, 3)
    assert any(instance in answer.json()["Details"] for instance in large[1])


# Images of volumes

def unpack_image(content, directory):
    """The files of an image as libarchive finds them."""
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(str(directory), "medium.iso")
    with open(path, "wb") as stream:
        stream.write(content)
    target = os.path.join(str(directory), "content")
    os.makedirs(target)
    assert run("bsdtar", "-xf", path, "-C", target) == []
    assert [line for line in run("7z", "t", "-bd", path) if "Everything is Ok" in line]
    entries = {}
    for folder, _, names in os.walk(target):
        for name in names:
            full = os.path.join(folder, name)
            with open(full, "rb") as stream:
                entries[os.path.relpath(full, target).replace(os.sep, "/")] = stream.read()
    return entries


@pytest.mark.parametrize("is_job", [False, True])
def test_image(server, small, tmp_path, is_job):
    expected = read_entries(server.get(f"/studies/{small}/media").content)
    if is_job:
        job = server.submit(f"/studies/{small}/media", Format="Iso")
        server.wait_success(job)
        answer = server.get(f"/jobs/{job}/archive")
    else:
        answer = server.get(f"/studies/{small}/media?format=iso")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/x-iso9660-image"
    entries = unpack_image(answer.content, tmp_path)
    assert entries == expected
    check_medium(entries, tmp_path / "again")


def test_images_of_several_volumes(server, large, tmp_path):
    job = server.submit(f"/studies/{large[0]}/media", Format="Iso", VolumeSizeMB=3)
    count = server.wait_success(job)["Content"]["VolumesCount"]

    files = 0
    for number in range(1, count + 1):
        answer = server.get(f"/jobs/{job}/archive-{number}")
        assert len(answer.content) <= 3 * MEGABYTE
        entries = unpack_image(answer.content, tmp_path / str(number))
        files += len(check_medium(entries, tmp_path / str(number) / "again"))
    assert files == len(large[1])


# Encryption

def decrypt(content, directory, password=PASSWORD):
    """What 7-Zip extracts; None if it refuses."""
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(str(directory), "encrypted.zip")
    with open(path, "wb") as stream:
        stream.write(content)
    target = os.path.join(str(directory), "decrypted")
    done = subprocess.run(["7z", "x", "-bd", "-y", "-p" + password, "-o" + target, path],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        return None
    entries = {}
    for folder, _, names in os.walk(target):
        for name in names:
            full = os.path.join(folder, name)
            with open(full, "rb") as stream:
                entries[os.path.relpath(full, target).replace(os.sep, "/")] = stream.read()
    return entries


def check_nothing_tells(server, job=None):
    for text in (server.read_log(), str(server.job(job)) if job else ""):
        assert "Größe" not in text and "Gr\\u00f6" not in text
    for name in server.list_spool():
        path = os.path.join(server.spool, name)
        if os.path.isfile(path):
            with open(path, "rb") as stream:
                content = stream.read()
            assert PASSWORD.encode() not in content and b"Gr\\u00f6" not in content


@pytest.mark.parametrize("route", ["archive", "media"])
@pytest.mark.parametrize("is_job", [False, True])
def test_encrypted(server, small, tmp_path, route, is_job):
    fields = {"Encrypt": {"Password": PASSWORD}, "Manifest": True}
    plain = read_entries(server.post(f"/studies/{small}/{route}", {"Manifest": True}).content)
    job = None
    if is_job:
        job = server.submit(f"/studies/{small}/{route}", **fields)
        content = server.wait_success(job)["Content"]
        assert content["Encrypted"] is True and content["Reused"] is False
        answer = server.get(f"/jobs/{job}/archive")
    else:
        answer = server.post(f"/studies/{small}/{route}", fields)

    assert answer.status_code == 200
    listing = run("7z", "l", "-slt", "-ba", "-bd", str(save(answer.content, tmp_path)))
    assert listing.count("Encrypted = +") == len(plain)
    assert not [line for line in listing if line.startswith("Method") and "AES-256" not in line]
    assert decrypt(answer.content, tmp_path / "right") == plain
    assert decrypt(answer.content, tmp_path / "wrong", "wrong") is None
    assert decrypt(answer.content, tmp_path / "none", "") is None
    check_nothing_tells(server, job)


def save(content, directory):
    path = directory / "listed.zip"
    path.write_bytes(content)
    return path


def test_encrypted_volumes(server, large, tmp_path):
    job = server.submit(f"/studies/{large[0]}/media", VolumeSizeMB=3, Encrypt={"Password": PASSWORD})
    server.wait_success(job)

    for number in (1, 2, 3):
        entries = decrypt(server.get(f"/jobs/{job}/archive-{number}").content, tmp_path / str(number))
        check_medium(entries, tmp_path / str(number) / "again")


def test_password_is_no_part_of_a_url(server, small, expect_errors):
    expect_errors()
    for query in ("encrypt=secret", "password=secret"):
        for route in ("archive", "media"):
            assert server.get(f"/studies/{small}/{route}?{query}").status_code == 400


# Restart

def test_killed_medium_is_continued(start_server, expect_errors):
    """After its last complete entry; the DICOMDIR is the same as without the crash."""
    expect_errors("")
    server = start_server(ONE_SLOW_JOB)
    slow = Slow(server, copies=40)
    expected = server.post("/tools/create-media", slow.fields).content
    job = server.submit("/tools/create-media", **slow.fields, Reuse=False)
    wait_until(lambda: server.job(job)["Progress"] >= 30, "some progress")
    post_verb(server, job, "pause")
    server.wait_job(job, "Paused")
    part, = [os.path.join(server.spool, name) for name in server.list_spool() if name.endswith(".part")]
    assert os.path.getsize(part) > 1 << 20
    server.kill()
    server.start()
    assert server.job(job)["State"] == "Paused" and server.job(job)["Type"] == "Media"

    post_verb(server, job, "resume")

    server.wait_success(job)
    assert get_output(server, job) == expected


def test_medium_killed_while_it_is_written(start_server, expect_errors):
    expect_errors("")
    server = start_server(ONE_SLOW_JOB)
    slow = Slow(server, copies=30)
    expected = server.post("/tools/create-media", slow.fields).content
    job = server.submit("/tools/create-media", **slow.fields, Reuse=False)
    for progress in (10, 40):
        wait_until(lambda: server.job(job)["Progress"] >= progress, "some progress")
        server.kill()
        server.start()

    server.wait_success(job)
    assert get_output(server, job) == expected


def test_encrypted_job_ends_with_a_restart(start_server, expect_errors):
    expect_errors("")
    server = start_server(ONE_SLOW_JOB)
    slow = Slow(server, copies=40)
    job = server.submit("/tools/create-media", **slow.fields, Encrypt={"Password": PASSWORD})
    wait_until(lambda: server.job(job)["State"] == "Running", "the job to run")
    server.kill()
    server.start()

    ended = server.wait_job(job, "Failure")

    assert "password" in ended["Content"]["ErrorDetails"]
    assert "restarted" in ended["Content"]["ErrorDetails"]
    check_nothing_tells(server, job)
