#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""What a large PDF costs on its way in and out: peak memory in times of the document, and seconds.

    /usr/bin/python3 Resources/Benchmarks/Documents.py build/libOrthancAdvancedRest.so [--megabytes 256]

Each way has a server of its own. Memory is what the kernel cannot take back ("RssAnon", looked at every 5 ms),
from before the request; mapped files are not in it. The core is Orthanc without the plugin.
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


def send_raw(server, pdf):
    return server.post("/tools/create-document", pdf, headers={"Content-Type": "application/pdf"})


def send_json(server, pdf):
    body = b'{"Tags":{},"Content":"data:application/pdf;base64,' + base64.b64encode(pdf) + b'"}'
    return server.post("/tools/create-dicom", body)


def measure(with_plugin, send, pdf):
    """Seconds and growth of the peak in, the same out."""
    with tempfile.TemporaryDirectory() as directory:
        server = orthanc_server.Server(directory, with_plugin=with_plugin).start()
        try:
            with server.watch_memory() as grown_in:
                begin = time.monotonic()
                answer = send(server, pdf)
                seconds_in = time.monotonic() - begin
            assert answer.status_code == 200, answer.text
            server.stop()
            server.start()                      # nothing left of writing
            with server.watch_memory() as grown_out:
                begin = time.monotonic()
                content = server.get(answer.json()["Path"] + "/pdf").content
                seconds_out = time.monotonic() - begin
            if with_plugin:
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
    print(f"{'':<14}{'in: s':>8}{'memory':>8}{'out: s':>8}{'memory':>8}")
    for name, with_plugin, send in (("core, JSON", False, send_json), ("plugin, JSON", True, send_json),
                                    ("plugin, raw", True, send_raw)):
        results = [measure(with_plugin, send, pdf) for _ in range(arguments.repeats)]
        row = [statistics.median(values) for values in zip(*results)]
        print(f"{name:<14}" + "".join(f"{value:>8.2f}" for value in row))


if __name__ == "__main__":
    main()
