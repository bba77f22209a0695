# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""A peer that does not answer: a job that sends to it runs until the peer is released."""

import threading

from receiver import Receiver


class Occupant:
    def __init__(self):
        self.may_end = threading.Event()
        self.receiver = Receiver(lambda number, request: (200 if self.may_end.wait(600) else 503, {}))

    def configure(self):
        """For a server whose only worker is to be occupied, so that all further jobs wait."""
        return {"ConcurrentJobs": 1, "HttpTimeout": 600, "OrthancPeers": {"silent": [self.receiver.origin + "/"]}}

    def occupy(self, server, resource):
        """The ID of the job, which is one of Orthanc itself."""
        answer = server.post("/peers/silent/store", {"Resources": [resource], "Asynchronous": True, "Priority": 1000})
        assert answer.status_code == 200, answer.text
        self.receiver.wait_for(1)
        server.wait_job(answer.json()["ID"], "Running")
        return answer.json()["ID"]

    def release(self):
        """The job succeeds."""
        self.may_end.set()

    def close(self):
        self.release()
        self.receiver.close()
