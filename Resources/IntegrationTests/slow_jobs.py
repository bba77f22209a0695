# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Jobs that take their time."""

from dicom_samples import make_dicom

# One job at a time, and slow enough that a request of a few milliseconds comes before its end
ONE_SLOW_JOB = {"ConcurrentJobs": 1, "AdvancedRest": {"Archive": {"Threads": 1}}}


class Slow:
    """Fields of an archive that takes a second or more: instances many times over, densely packed."""

    def __init__(self, server, copies=15):
        stored = server.upload_all(
            [make_dicom("slow", instance=number, rows=1024, columns=1024) for number in range(1, 5)])
        self.study = stored[0]["ParentStudy"]
        self.fields = {"Resources": [item["ID"] for item in stored] * copies, "Compression": "Dense"}
        self.count = 4 * copies

    def submit(self, server, **fields):
        return server.submit("/tools/create-archive", **{**self.fields, **fields})
