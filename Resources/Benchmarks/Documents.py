#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""What a large PDF costs on its way in and out: peak memory in times of the document, and seconds.

    /usr/bin/python3 Resources/Benchmarks/Documents.py build/libOrthancAdvancedRest.so [--megabytes 256]

Each way has a server of its own; their turns alternate. The clock runs from the first byte of the request, whose
body is there already, to the end of the answer. Memory is what the kernel cannot take back ("RssAnon", looked at
every 5 ms), from before the request; mapped files are not in it. The core is Orthanc without the plugin.
"""

import argparse
import base64
import os
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "IntegrationTests"))
os.environ.setdefault("ADVANCED_REST_PLUGIN", os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ""))

import document_samples  # noqa: E402  pylint: disable=wrong-import-position
import orthanc_server  # noqa: E402  pylint: disable=wrong-import-position


class Way:
    """How a document is sent, and what that costs."""

    def __init__(self, name, with_plugin, path, mime, body):
        self.name = name
        self.with_plugin = with_plugin
        self.path = path
        self.headers = {"Content-Type": mime}
        self.body = body
        self.results = []

    def send(self, server):
        return server.post(self.path, self.body, headers=self.headers)

    def get_medians(self):
        return [statistics.median(values) for values in zip(*self.results)]


def make_ways(pdf):
    text = b'{"Tags":{},"Content":"data:application/pdf;base64,' + base64.b64encode(pdf) + b'"}'
    return [Way("core, JSON", False, "/tools/create-dicom", "application/json", text),
            Way("plugin, JSON", True, "/tools/create-dicom", "application/json", text),
            Way("plugin, raw", True, "/tools/create-document", "application/pdf", pdf)]


def measure(way, pdf):
    """Seconds and growth of the peak in, the same out."""
    with tempfile.TemporaryDirectory() as directory:
        server = orthanc_server.Server(directory, with_plugin=way.with_plugin).start()
        try:
            with server.watch_memory() as grown_in:
                begin = time.monotonic()
                answer = way.send(server)
                seconds_in = time.monotonic() - begin
            assert answer.status_code == 200, answer.text
            server.stop()
            server.start()                      # nothing left of writing
            with server.watch_memory() as grown_out:
                begin = time.monotonic()
                content = server.get(answer.json()["Path"] + "/pdf").content
                seconds_out = time.monotonic() - begin
            if way.with_plugin:
                assert content == pdf
        finally:
            server.kill()
    return seconds_in, grown_in[0] / len(pdf), seconds_out, grown_out[0] / len(pdf)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plugin")
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()

    pdf = document_samples.make_pdf("Large", ballast=arguments.megabytes << 20)
    version = ".".join(str(part) for part in orthanc_server.VERSION)
    print(f"Orthanc {version}, a PDF of {arguments.megabytes} MiB, medians of {arguments.repeats}")
    ways = make_ways(pdf)
    for _ in range(arguments.repeats):
        for way in ways:
            way.results.append(measure(way, pdf))
    core_seconds = ways[0].get_medians()[0]
    print(f"{'':<14}{'in: s':>8}{'memory':>8}{'out: s':>8}{'memory':>8}{'speed':>8}")
    for way in ways:
        row = way.get_medians()
        print(f"{way.name:<14}" + "".join(f"{value:>8.2f}" for value in (*row, core_seconds / row[0])))


if __name__ == "__main__":
    main()
