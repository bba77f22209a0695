# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""A DICOM node that takes connections and says nothing: a job that sends to it runs until the node is closed."""

import socket


class Occupant:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))

    def configure(self):
        """For a server whose only worker is to be occupied, so that all further jobs wait."""
        port = self.listener.getsockname()[1]
        return {"ConcurrentJobs": 1, "DicomScuTimeout": 600, "DicomModalities": {"silent": ["SILENT", "127.0.0.1", port]}}

    @staticmethod
    def occupy(server, resource):
        """The ID of the job, which is one of Orthanc itself."""
        answer = server.post("/modalities/silent/store", {"Resources": [resource], "Asynchronous": True,
                                                          "Priority": 1000})
        assert answer.status_code == 200, answer.text
        server.wait_job(answer.json()["ID"], "Running")
        return answer.json()["ID"]

    def close(self):
        self.listener.close()
