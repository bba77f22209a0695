#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Archives of the plugin against the host's own route: ratios in one run.

Two servers hold the same synthetic studies: one with the plugin, one without. Every figure is the median
of interleaved repeats, the client is curl. Prints a Markdown table.

    /usr/bin/python3 Resources/Benchmarks/Benchmark.py build/libOrthancAdvancedRest.so [--repeats 3]
"""

import argparse
import http.client
import io
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import numpy
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import generate_uid

ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
EXPLICIT = "1.2.840.10008.1.2.1"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"


def make_file(study, series, number, modality, sop_class, frames, rows, columns, pixels, bits, syntax):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = syntax
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.is_little_endian = True
    dataset.is_implicit_VR = False
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.PatientID = "BENCH"
    dataset.PatientName = "Bench^Mark"
    dataset.StudyInstanceUID = study
    dataset.SeriesInstanceUID = series
    dataset.StudyDescription = modality
    dataset.SeriesDescription = modality
    dataset.AccessionNumber = "1"
    dataset.StudyDate = "20260101"
    dataset.StudyTime = "120000"
    dataset.Modality = modality
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = number
    if frames > 1:
        dataset.NumberOfFrames = frames
    dataset.Rows = rows
    dataset.Columns = columns
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = bits
    dataset.BitsStored = 12 if bits == 16 else bits
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = pixels
    if syntax != EXPLICIT:
        dataset["PixelData"].is_undefined_length = True
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, write_like_original=False)
    return buffer.getvalue()


def phantom(rows, columns, seed, noise):
    """A slice with smooth structure, air around it, and noise: deflates like a real CT."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:rows, 0:columns]
    radius = numpy.hypot((x - columns / 2) / columns, (y - rows / 2) / rows)
    image = numpy.where(radius < 0.42, 1000 + 120 * numpy.sin(x / 37.0 + seed) * numpy.cos(y / 29.0), 24)
    image += numpy.where(radius < 0.42, random.normal(0, noise, (rows, columns)),
                         random.normal(0, 4, (rows, columns)))
    return numpy.clip(image, 0, 4095).astype("<u2")


def studies(scale):
    """name -> iterable of files"""
    ct = "1.2.840.10008.5.1.4.1.1.2"
    mr = "1.2.840.10008.5.1.4.1.1.4"
    multiframe = "1.2.840.10008.5.1.4.1.1.7.3"
    secondary = "1.2.840.10008.5.1.4.1.1.7"

    def series_of(count, make):
        study, series = generate_uid(), generate_uid()
        for number in range(1, count + 1):
            yield make(study, series, number)

    slices = [phantom(512, 512, seed, 20).tobytes() for seed in range(40)]
    tiles = [phantom(112, 112, seed, 20).tobytes() for seed in range(40)]
    random = numpy.random.default_rng(7)
    return {
        "CT": series_of(int(950 * scale), lambda study, series, n: make_file(
            study, series, n, "CT", ct, 1, 512, 512, slices[n % 40], 16, EXPLICIT)),
        "small": series_of(int(5000 * scale), lambda study, series, n: make_file(
            study, series, n, "MR", mr, 1, 112, 112, tiles[n % 40], 16, EXPLICIT)),
        "small-tenth": series_of(int(500 * scale), lambda study, series, n: make_file(
            study, series, n, "MR", mr, 1, 112, 112, tiles[n % 40], 16, EXPLICIT)),
        "multi-frame": series_of(1, lambda study, series, n: make_file(
            study, series, n, "US", multiframe, int(600 * scale), 512, 512,
            b"".join(slices[i % 40] for i in range(int(600 * scale))), 16, EXPLICIT)),
        "JPEG": series_of(int(600 * scale), lambda study, series, n: make_file(
            study, series, n, "OT", secondary, 1, 1024, 1024,
            encapsulate([b"\xff\xd8" + random.bytes(500000) + b"\xff\xd9"]), 8, JPEG_BASELINE)),
    }


class Server:
    def __init__(self, name, root, plugin):
        self.root = os.path.join(root, name)
        os.makedirs(self.root)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        configuration = {
            "Name": name, "HttpPort": self.port, "RemoteAccessAllowed": False, "DicomServerEnabled": False,
            "StorageDirectory": os.path.join(self.root, "db"), "SaveJobs": False,
            "Plugins": [plugin] if plugin else [], "JobsHistorySize": 5,
        }
        path = os.path.join(self.root, "orthanc.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(configuration, file)
        self.log = open(os.path.join(self.root, "log"), "wb")
        self.process = subprocess.Popen([ORTHANC, path], stdout=self.log, stderr=self.log)
        for _ in range(300):
            try:
                self.get("/system")
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("Orthanc does not start, see " + self.log.name)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return json.loads(body) if answer.status == 200 else None

    def upload(self, files):
        study = None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        for file in files:
            connection.request("POST", "/instances", body=file)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(body.decode())
            study = json.loads(body)["ParentStudy"]
        return study

    def anonymous_memory(self):
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            for line in file:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) / 1024
        return 0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class MemoryWatch(threading.Thread):
    """Peak growth of the anonymous memory of a server, MiB, sampled every 10 ms"""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.start_value, self.peak, self.ended = server, server.anonymous_memory(), 0, False

    def run(self):
        while not self.ended:
            self.peak = max(self.peak, self.server.anonymous_memory())
            time.sleep(0.01)

    def stop(self):
        self.ended = True
        self.join()
        return max(0.0, self.peak - self.start_value)


def download(server, path, rate=None, seconds=None):
    url = path if path.startswith("http") else "http://127.0.0.1:%d%s" % (server.port, path)
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{time_total} %{time_starttransfer} %{size_download}"]
    if rate:
        command += ["--limit-rate", rate, "--max-time", str(seconds)]
    watch = MemoryWatch(server) if server else None
    if watch:
        watch.start()
    output = subprocess.run(command + [url], capture_output=True, text=True, check=False)
    growth = watch.stop() if watch else 0
    status, total, first, size = output.stdout.split()
    if status != "200" or (output.returncode != 0 and not rate):
        raise RuntimeError("%s: status %s, curl %d" % (url, status, output.returncode))
    return {"seconds": float(total), "first": float(first), "bytes": int(float(size)), "memory": growth}


def median(samples, key):
    return statistics.median(sample[key] for sample in samples)


def serve_by_nginx(root, size):
    path = os.path.join(root, "nginx")
    os.makedirs(path)
    with open(os.path.join(path, "file.zip"), "wb") as file:
        for _ in range(size >> 20):
            file.write(b"\x5a" * (1 << 20))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open(os.path.join(path, "nginx.conf"), "w", encoding="ascii") as file:
        file.write("daemon off; master_process off; user root; pid %s/pid; error_log %s/error.log;\n"
                   "events {}\nhttp { access_log off; sendfile on; server { listen 127.0.0.1:%d; root %s; } }\n"
                   % (path, path, port, path))
    process = subprocess.Popen(["nginx", "-p", path, "-c", os.path.join(path, "nginx.conf")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    return process, "http://127.0.0.1:%d/file.zip" % port


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plugin")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="size of the studies, 1 as published")
    arguments = parser.parse_args()

    root = tempfile.mkdtemp(prefix="advanced-rest-benchmark-")
    servers = []
    nginx = None
    try:
        core = Server("core", root, None)
        servers.append(core)
        ours = Server("plugin", root, os.path.abspath(arguments.plugin))
        servers.append(ours)
        version = core.get("/system")["Version"]

        ids, sizes = {}, {}
        for name, files in studies(arguments.scale).items():
            content = list(files)
            sizes[name] = sum(len(file) for file in content)
            ids[name] = core.upload(content)
            if ours.upload(content) != ids[name]:
                raise RuntimeError("the servers disagree on " + name)
            print("# %s: %d files, %d MB" % (name, len(content), sizes[name] >> 20), file=sys.stderr)
            del content

        variants = [("core", core, ""), ("Fast", ours, ""), ("Dense", ours, "?compression=dense"),
                    ("Store", ours, "?compression=store")]
        results = {}
        for name in ids:
            for _ in range(arguments.repeats):
                for label, server, query in variants:
                    path = "/studies/%s/archive%s" % (ids[name], query)
                    results.setdefault((name, label), []).append(download(server, path))
            print("# %s done" % name, file=sys.stderr)

        nginx, url = serve_by_nginx(root, sizes["CT"])
        from_nginx = [download(None, url) for _ in range(arguments.repeats + 2)]

        slow = {}
        for label, server in (("core", core), ("Fast", ours)):
            slow[label] = download(server, "/studies/%s/archive" % ids["CT"], "2M", 45)["memory"]

        print("Orthanc %s, %d cores, %s, medians of %d interleaved repeats\n" % (
            version, os.cpu_count(), platform.machine(), arguments.repeats))
        print("| Study | Variant | MB/s | times the core | size / core | first byte, ms | memory growth, MiB |")
        print("|---|---|---:|---:|---:|---:|---:|")
        for name in ids:
            base = results[(name, "core")]
            for label, _, _ in variants:
                samples = results[(name, label)]
                print("| %s | %s | %.1f | %.1f | %.4f | %.0f | %.0f |" % (
                    name, label, sizes[name] / median(samples, "seconds") / 1e6,
                    median(base, "seconds") / median(samples, "seconds"),
                    median(samples, "bytes") / median(base, "bytes"),
                    1000 * median(samples, "first"), median(samples, "memory")))
        speed = median(from_nginx, "bytes") / median(from_nginx, "seconds") / 1e6
        for name in ("CT", "JPEG"):
            rate = median(results[(name, "Store")], "bytes") / median(results[(name, "Store")], "seconds") / 1e6
            print("\n%s stored: %.0f MB/s, nginx from a plain file: %.0f MB/s, ratio %.2f" % (
                name, rate, speed, rate / speed))
        print("\nClient at 2 MB/s, memory growth: core %.0f MiB, plugin %.0f MiB" % (slow["core"], slow["Fast"]))
        print("\nTen times the instances take %.1f times as long" % (
            median(results[("small", "Fast")], "seconds") / median(results[("small-tenth", "Fast")], "seconds")))
    finally:
        if nginx:
            nginx.terminate()
            nginx.wait(10)
        for server in servers:
            server.stop()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
