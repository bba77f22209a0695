#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""What ten thousand records in the spool cost: time to start, time and memory of the list of jobs.

    /usr/bin/python3 Resources/Benchmarks/SpoolStart.py build/libOrthancAdvancedRest.so [--records 10000]
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "IntegrationTests"))
os.environ.setdefault("ADVANCED_REST_PLUGIN", os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ""))

import dicom_samples  # noqa: E402  pylint: disable=wrong-import-position
import orthanc_server  # noqa: E402  pylint: disable=wrong-import-position
import spool_records  # noqa: E402  pylint: disable=wrong-import-position


def measure_start(server, repeats):
    seconds = []
    for _ in range(repeats):
        begin = time.monotonic()
        server.start()
        seconds.append(time.monotonic() - begin)
        server.stop()
    return statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plugin")
    parser.add_argument("--records", type=int, default=10000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()

    root = tempfile.mkdtemp(prefix="advanced-rest-records-")
    server = orthanc_server.Server(root, {"AdvancedRest": {"Spool": {"MaxRecords": arguments.records + 1000}}})
    try:
        server.start()
        study = server.upload(dicom_samples.make_dicom())["ParentStudy"]
        job = server.submit("/studies/%s/archive" % study)
        server.wait_success(job)
        server.delete("/jobs/%s/archive" % job)
        server.stop()
        before = measure_start(server, arguments.repeats)
        spool_records.multiply_records(server.spool, arguments.records)
        after = measure_start(server, arguments.repeats)
        print("start: %.2f s with 1 record, %.2f s with %d" % (before, after, arguments.records))

        server.start()
        for path in ("/jobs", "/jobs?expand", "/jobs?expand&limit=100", "/jobs?count",
                     "/jobs?expand&limit=%d" % arguments.records):
            memory = server.read_status("RssAnon")
            begin = time.monotonic()
            answer = server.get(path)
            seconds = time.monotonic() - begin
            if answer.status_code != 200:
                raise RuntimeError(answer.text)
            print("GET %s: %.0f ms, %d bytes, %+d KiB" % (
                path, 1000 * seconds, len(answer.content), server.read_status("RssAnon") - memory))
        count = json.loads(server.get("/jobs?count").text)["Count"]
        print("%d jobs are counted" % count)
    finally:
        server.kill()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
