#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""How long a scrape takes, by Orthanc alone and by the plugin, with few and with many instances.

    /usr/bin/python3 Resources/Benchmarks/Scrape.py build/libOrthancAdvancedRest.so [--instances 100 20000]

Each instance is a study of its own. The answers are taken in turns over one connection each, without
compression; the plugin's is the one that Prometheus gets.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time

import requests

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "IntegrationTests"))
os.environ.setdefault("ADVANCED_REST_PLUGIN", os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ""))

import dicom_samples  # noqa: E402  pylint: disable=wrong-import-position
import orthanc_server  # noqa: E402  pylint: disable=wrong-import-position

HEADERS = {"Accept": "application/openmetrics-text;version=1.0.0", "Accept-Encoding": "identity"}


def make_instances(count):
    """UIDs of equal length are replaced in the bytes of one file: pydicom would take minutes."""
    template = dicom_samples.make_dicom(patient="P000000", rows=1, columns=1)
    uids = [dicom_samples.make_uid("P000000", *parts) for parts in (("1",), ("1", "1"), ("1", "1", 1))]
    for number in range(count):
        dicom = template.replace(b"P000000", b"P%06d" % number)
        for uid in uids:
            dicom = dicom.replace(uid.encode(), (uid[:-6] + "%06d" % number).encode())
        yield dicom


def fill(server, count):
    with requests.Session() as session:
        for dicom in make_instances(count):
            session.post(server.url + "/instances", data=dicom, timeout=60).raise_for_status()


def measure(servers, repeats):
    """Medians in milliseconds, one for each server, and the bytes of the answers."""
    sessions = [requests.Session() for _ in servers]
    milliseconds = [[] for _ in servers]
    sizes = [0] * len(servers)
    for turn in range(repeats + 20):
        for number, server in enumerate(servers):
            begin = time.perf_counter()
            answer = sessions[number].get(server.url + "/tools/metrics-prometheus", headers=HEADERS,
                                          timeout=60)
            elapsed = 1000 * (time.perf_counter() - begin)
            answer.raise_for_status()
            sizes[number] = len(answer.content)
            if turn >= 20:
                milliseconds[number].append(elapsed)
    return [statistics.median(values) for values in milliseconds], sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plugin")
    parser.add_argument("--instances", type=int, nargs="+", default=[100, 20000])
    parser.add_argument("--repeats", type=int, default=300)
    arguments = parser.parse_args()

    for count in arguments.instances:
        root = tempfile.mkdtemp(prefix="advanced-rest-scrape-")
        servers = [orthanc_server.Server(os.path.join(root, name), with_plugin=name == "plugin")
                   for name in ("core", "plugin")]
        try:
            for server in servers:
                server.start()
                fill(server, count)
            (core, plugin), sizes = measure(servers, arguments.repeats)
            print("%d instances: Orthanc %.2f ms (%d bytes), plugin %.2f ms (%d bytes), %.2f of it" % (
                count, core, sizes[0], plugin, sizes[1], plugin / core), flush=True)
        finally:
            for server in servers:
                server.kill()
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
