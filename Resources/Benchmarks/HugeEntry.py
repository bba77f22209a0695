#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""One instance beyond 4 GiB through the real server: deflated and stored, read back by independent tools.

Needs about 16 GB of memory (the server's, while it receives the file) and 20 GB of disk:

    /usr/bin/python3 Resources/Benchmarks/HugeEntry.py build/libOrthancAdvancedRest.so [--megabytes 4400]
"""

import argparse
import http.client
import io
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib

import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
RAW_DATA = "1.2.840.10008.5.1.4.1.1.66"
ELEMENT_BYTES = 1 << 30
PAGE_BYTES = 1 << 30


def make_head():
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = RAW_DATA
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.is_little_endian = True
    dataset.is_implicit_VR = False
    dataset.SOPClassUID = RAW_DATA
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.PatientID = "HUGE"
    dataset.PatientName = "Huge^Entry"
    dataset.StudyInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = generate_uid()
    dataset.Modality = "OT"
    dataset.InstanceNumber = 1
    dataset.private_block(0x7FE1, "HUGE ENTRY", create=True)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, write_like_original=False)
    return buffer.getvalue()


def make_blocks(megabytes):
    """The file in blocks: private OB elements (7FE1,10xx) of 1 GiB, in content that deflates by half"""
    pattern = os.urandom(1 << 19)
    block = bytes(1 << 19) + pattern
    yield make_head()
    element, left = 0x1001, megabytes << 20
    while left > 0:
        size = min(left, ELEMENT_BYTES)
        yield struct.pack("<HH2sHI", 0x7FE1, element, b"OB", 0, size)
        for _ in range(size >> 20):
            yield block
        element, left = element + 1, left - size


class Server:
    def __init__(self, root, plugin):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        path = os.path.join(root, "orthanc.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"HttpPort": self.port, "RemoteAccessAllowed": False, "DicomServerEnabled": False,
                       "StorageDirectory": os.path.join(root, "db"), "Plugins": [plugin]}, file)
        self.log = open(os.path.join(root, "log"), "wb")
        self.process = subprocess.Popen([ORTHANC, path], stdout=self.log, stderr=self.log)
        for _ in range(300):
            try:
                self.call("GET", "/system")
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("Orthanc does not start")

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1800)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError("%s %s: %d %s" % (method, path, answer.status, content[:500]))
        return content

    def save(self, path, target, mode="wb"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1800)
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError("GET %s: %d %s" % (path, answer.status, answer.read(500)))
        with open(target, mode) as file:
            shutil.copyfileobj(answer, file, 1 << 20)
        connection.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)


def fetch(server, instance, compression, target):
    """By the streamed answer where the host streams, else by a job and pages"""
    version = json.loads(server.call("GET", "/system"))["Version"]
    if tuple(int(part) for part in version.split(".")) >= (1, 12, 6):
        server.save("/instances/%s/archive?compression=%s" % (instance, compression), target)
        return
    body = json.dumps({"Asynchronous": True, "Compression": compression.capitalize()})
    job = json.loads(server.call("POST", "/instances/%s/archive" % instance, body))
    while True:
        state = json.loads(server.call("GET", job["Path"]))
        if state["State"] not in ("Pending", "Running"):
            break
        time.sleep(1)
    if state["State"] != "Success":
        raise RuntimeError(json.dumps(state))
    size, offset = int(state["Content"]["ArchiveSize"]), 0
    open(target, "wb").close()
    while offset < size:
        server.save("%s/archive?offset=%d&length=%d" % (job["Path"], offset, PAGE_BYTES), target, "ab")
        offset += PAGE_BYTES


def check(target, expected_bytes, expected_crc):
    with zipfile.ZipFile(target) as archive:
        entries = archive.infolist()
        if len(entries) != 1 or entries[0].file_size != expected_bytes or entries[0].CRC != expected_crc:
            raise RuntimeError("%s is not what was stored: %r" % (target, entries))
        if archive.testzip() is not None:
            raise RuntimeError("zipfile refuses " + target)
    for command in (["unzip", "-tq", target], ["7z", "t", target], ["bsdtar", "-tf", target]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plugin")
    parser.add_argument("--megabytes", type=int, default=4400)
    arguments = parser.parse_args()

    root = tempfile.mkdtemp(prefix="advanced-rest-huge-")
    server = None
    try:
        crc, total, source = 0, 0, os.path.join(root, "source.dcm")
        with open(source, "wb") as file:
            for block in make_blocks(arguments.megabytes):
                file.write(block)
                crc, total = zlib.crc32(block, crc), total + len(block)
        server = Server(root, os.path.abspath(arguments.plugin))
        with open(source, "rb") as file:
            instance = json.loads(server.call("POST", "/instances", file,
                                              {"Content-Length": str(total)}))["ID"]
        os.unlink(source)
        for compression in ("fast", "dense", "store"):
            target = os.path.join(root, compression + ".zip")
            begin = time.monotonic()
            fetch(server, instance, compression, target)
            seconds = time.monotonic() - begin
            check(target, total, crc)
            print("%s: an instance of %d bytes in a ZIP of %d, %.0f s, opened by zipfile, unzip, 7z, bsdtar"
                  % (compression, total, os.path.getsize(target), seconds))
            os.unlink(target)
    finally:
        if server:
            server.stop()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
