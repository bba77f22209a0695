#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Archives of the plugin against the host's own route: ratios in one run.

Two servers hold the same synthetic studies: one with the plugin, one without. Every figure is the median
of interleaved repeats. Throughput is measured by curl; the first byte is the first one of the body, in
downloads of their own that are broken off, as a server may send its headers before it has done anything.
Prints Markdown: a table of what was measured, then each target and whether it is met.

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
SETTLE_SECONDS = 0.5    # until a server has noticed that its client is gone
MEMORY_TARGET = 64      # MiB


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
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{time_total} %{size_download}"]
    if rate:
        command += ["--limit-rate", rate, "--max-time", str(seconds)]
    watch = MemoryWatch(server) if server else None
    if watch:
        watch.start()
    output = subprocess.run(command + [url], capture_output=True, text=True, check=False)
    growth = watch.stop() if watch else 0
    status, total, size = output.stdout.split()
    if status != "200" or (output.returncode != 0 and not rate):
        raise RuntimeError("%s: status %s, curl %d" % (url, status, output.returncode))
    return {"seconds": float(total), "bytes": int(float(size)), "memory": growth}


def first_byte(server, path):
    """Seconds from the request to the first byte of the body"""
    request = "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path
    with socket.create_connection(("127.0.0.1", server.port), timeout=300) as connection:
        begin = time.perf_counter()
        connection.sendall(request.encode("ascii"))
        answer = b""
        while not answer.partition(b"\r\n\r\n")[2]:
            block = connection.recv(65536)
            if not block:
                raise RuntimeError("%s: %r" % (path, answer[:200]))
            answer += block
        seconds = time.perf_counter() - begin
    if answer.split(None, 2)[1] != b"200":
        raise RuntimeError("%s: %r" % (path, answer[:200]))
    time.sleep(SETTLE_SECONDS)
    return seconds


def median(samples, key):
    return statistics.median(sample[key] for sample in samples)


# Studies of which media are made as well
WITH_MEDIA = ("CT", "multi-frame")


class Figures:
    """The medians of one run"""

    def __init__(self, results, sizes, nginx_speed, slow, version):
        self.results, self.sizes, self.nginx_speed, self.slow = results, sizes, nginx_speed, slow
        self.is_streaming = tuple(int(part) for part in version.split(".")[:3]) >= (1, 12, 6) \
            if version[0].isdigit() else True

    def get(self, name, label, key):
        return median(self.results[(name, label)], key)

    def rate(self, name, label):
        """MB/s on the wire"""
        return self.get(name, label, "bytes") / self.get(name, label, "seconds") / 1e6

    def times_the_core(self, name, label):
        return self.get(name, "core", "seconds") / self.get(name, label, "seconds")

    def size(self, name, label):
        return self.get(name, label, "bytes") / self.get(name, "core", "bytes")

    def growth(self):
        """Ten times the instances: how many times as long"""
        return self.get("small", "Fast", "seconds") / self.get("small-tenth", "Fast", "seconds")

    def memory(self):
        ours = [sample["memory"] for (_, label), samples in self.results.items() if label != "core"
                for sample in samples]
        return max(ours + [self.slow["Fast"]])

    def targets(self):
        """(what, measured, limit, whether more is better)"""
        rows = []
        for name, label, least in (("CT", "Fast", 20), ("multi-frame", "Fast", 20), ("CT", "Dense", 10),
                                   ("CT", "Store", 20), ("JPEG", "Fast", 20), ("small", "Fast", 8),
                                   ("CT media", "Fast", 15)):
            rows.append(("%s %s: times the core" % (name, label), self.times_the_core(name, label), least, True))
        rows.append(("CT Fast: size / core", self.size("CT", "Fast"), 1.03, False))
        rows.append(("CT Dense: size / core", self.size("CT", "Dense"), 1.0, False))
        if self.is_streaming:
            for name in ("CT", "JPEG"):
                rows.append(("%s Store: part of nginx" % name, self.rate(name, "Store") / self.nginx_speed,
                             1 / 3, True))
            for name in self.sizes:
                rows.append(("%s Fast: first byte, ms" % name, 1000 * self.get(name, "Fast", "first"),
                             1000 * self.get(name, "core", "first"), False))
        rows.append(("Peak memory growth, MiB", self.memory(), MEMORY_TARGET, False))
        rows.append(("Ten times the instances: times as long", self.growth(), 11, False))
        return rows


def print_targets(rows):
    print("\n| Target | Measured | Limit | |")
    print("|---|---:|---:|---|")
    for what, measured, limit, is_least in rows:
        is_met = measured >= limit if is_least else measured <= limit
        print("| %s | %.2f | %s %.2f | %s |" % (
            what, measured, "at least" if is_least else "at most", limit, "met" if is_met else "**not met**"))


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
                    sample = download(server, path)
                    sample["first"] = first_byte(server, path)
                    results.setdefault((name, label), []).append(sample)
                if name in WITH_MEDIA:
                    for label, server in (("core", core), ("Fast", ours)):
                        path = "/studies/%s/media" % ids[name]
                        sample = download(server, path)
                        sample["first"] = first_byte(server, path)
                        results.setdefault((name + " media", label), []).append(sample)
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
        speed = median(from_nginx, "bytes") / median(from_nginx, "seconds") / 1e6
        figures = Figures(results, sizes, speed, slow, version)
        for name, label in results:
            size = sizes[name.replace(" media", "")]
            print("| %s | %s | %.1f | %.1f | %.4f | %.0f | %.0f |" % (
                name, label, size / figures.get(name, label, "seconds") / 1e6,
                figures.times_the_core(name, label), figures.size(name, label),
                1000 * figures.get(name, label, "first"), figures.get(name, label, "memory")))
        for name in ("CT", "JPEG"):
            rate = figures.rate(name, "Store")
            print("\n%s stored: %.0f MB/s, nginx from a plain file: %.0f MB/s, ratio %.2f" % (
                name, rate, speed, rate / speed))
        print("\nClient at 2 MB/s, memory growth: core %.0f MiB, plugin %.0f MiB" % (slow["core"], slow["Fast"]))
        print("\nTen times the instances take %.1f times as long" % figures.growth())
        print_targets(figures.targets())
    finally:
        if nginx:
            nginx.terminate()
            nginx.wait(10)
        for server in servers:
            server.stop()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
