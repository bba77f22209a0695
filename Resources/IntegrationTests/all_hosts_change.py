# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Debian is upgraded: the storage, the index and the spool of one host are opened by the next one.

The tests of a single host do not collect this file: "TestHost.sh all-hosts" names it. The tests are the
steps of one life, in this order.
"""

import io
import os

import pydicom
import pytest

from dicom_samples import make_study
from document_samples import make_pdf
from orthanc_server import find_free_port, list_names, wait_until
from receiver import Receiver
from root_server import start_on
from slow_jobs import Slow
from test_durability import wait_result

HOSTS = ("bookworm", "trixie", "forky")

DICTIONARY = "/advanced-rest/private-dictionary"
CREATOR = "RawDataStore"


class Life:
    """What clients of the first hosts know, and the host that runs now."""

    def __init__(self, start_server):
        self.start_server = start_server
        self.hook_port = find_free_port()
        self.receiver = None        # of webhooks: nobody listens before the third host
        self.server = None
        self.host = None
        self.slow = None
        self.study = None
        self.results = {}           # job -> bytes
        self.interrupted = {}       # job -> number of its entries
        self.documents = {}         # instance -> bytes
        self.instances = {}         # instance -> bytes

    def start(self, host):
        """On what the host before has left. Everything but names and paths stays as it was."""
        server = start_on(self.start_server, host, {
            "ConcurrentJobs": 1, "AdvancedRest": {
                "Archive": {"Threads": 1},
                "Webhooks": {"Targets": [{"Url": f"http://127.0.0.1:{self.hook_port}/hook"}],
                             "AllowedAddresses": ["127.0.0.1"], "RetryDelaySeconds": 1,
                             "MaxAttempts": 100}}}, "change-of-host", should_start=False)
        if self.server is not None:
            os.rmdir(server.storage)
            os.rename(self.server.storage, server.storage)
        self.host, self.server = host, server.start()

    def fetch(self, instance):
        answer = self.server.get(f"/instances/{instance}/file")
        assert answer.status_code == 200, answer.text
        return answer.content

    def add(self):
        """A document, a private attribute and a finished archive of the study, made by this host."""
        server = self.server
        pdf = make_pdf(title=f"Report of {self.host}", ballast=1001)
        stored = server.post(f"/studies/{self.study}/documents", pdf,
                             headers={"Content-Type": "application/pdf"})
        assert stored.status_code == 200, stored.text
        self.documents[stored.json()["ID"]] = pdf
        self.instances[self.add_private()] = None
        self.instances = {instance: self.fetch(instance) for instance in (*self.instances, *self.documents)}
        job = server.submit(f"/studies/{self.study}/archive", Manifest=True, UserData={"made by": self.host})
        server.wait_success(job)
        self.results[job] = wait_result(server, job)

    def add_private(self):
        answer = self.server.post("/tools/create-dicom", {
            "Parent": self.study, "PrivateCreator": CREATOR, "Tags": {"0405,1001": f"by {self.host}"}})
        assert answer.status_code == 200, answer.text
        dataset = pydicom.dcmread(io.BytesIO(self.fetch(answer.json()["ID"])), force=True)
        assert (dataset[0x0405, 0x1001].VR, dataset[0x0405, 0x1001].value) == ("ST", f"by {self.host}")
        return answer.json()["ID"]

    def die(self):
        """Killed in the middle of an archive."""
        job = self.slow.submit(self.server, Reuse=False)
        wait_until(lambda: self.server.job(job)["Progress"] >= 20, "some progress")
        assert self.server.job(job)["State"] == "Running"
        self.server.kill()
        self.interrupted[job] = self.slow.count

    def check(self):
        """Everything that earlier hosts have made is there, under its name, byte by byte."""
        server = self.server
        for job, count in self.interrupted.items():
            self.results[job] = wait_result(server, job)
            assert len(list_names(self.results[job])) == count
        self.interrupted.clear()
        for job, data in self.results.items():
            assert wait_result(server, job) == data
            shown = server.wait_success(job)
            assert (shown["ID"], shown["Type"]) == (job, "Archive")
            assert shown["Content"]["ArchiveSize"] == str(len(data))
        assert set(server.get_json("/jobs")) >= set(self.results)
        for instance, data in self.instances.items():
            assert self.fetch(instance) == data
        for instance, data in self.documents.items():
            assert server.get(f"/instances/{instance}/document").content == data
            assert server.get(f"/instances/{instance}/pdf").content == data
        listed = server.get_json(f"/studies/{self.study}/documents")
        assert {document["ID"] for document in listed} == set(self.documents)
        assert [entry["Tag"] for entry in server.get_json(DICTIONARY)] == ["0405,1001"]


@pytest.fixture(scope="module")
def life(start_module_server):
    a_life = Life(start_module_server)
    yield a_life
    if a_life.receiver is not None:
        a_life.receiver.close()


@pytest.fixture(autouse=True)
def expect_unreachable_hook(expect_errors):
    """Of a webhook that nobody receives; and a host that was killed tells of it at its next start."""
    expect_errors("")


def test_the_first_host_is_killed(life):
    life.start(HOSTS[0])
    server = life.server
    life.study = server.upload_all(make_study("P1", "1", series=2, instances=3))[0]["ParentStudy"]
    life.slow = Slow(server, copies=25)
    dictionary = b'{"0405,1001": ["ST", "RawText", 1, 1, "%s"]}' % CREATOR.encode()
    assert server.put(DICTIONARY, dictionary).status_code == 200
    life.add()
    life.pinned = next(iter(life.results))
    assert server.put(f"/jobs/{life.pinned}/archive/pin").status_code == 200
    life.die()


def test_the_second_host_has_everything(life):
    life.start(HOSTS[1])
    life.check()


def test_the_second_host_adds_and_is_killed(life):
    life.add()
    life.die()


def test_the_third_host_has_everything(life):
    life.receiver = Receiver(port=life.hook_port)
    life.start(HOSTS[2])
    life.check()


def test_the_third_host_goes_on(life):
    """Reuse, pins and records are those of the first one."""
    server = life.server
    pinned = server.job(life.pinned)
    assert pinned["Content"]["UserData"] == {"made by": HOSTS[0]}
    kept = {archive["Job"]: archive for archive in server.get_json("/advanced-rest/archives")}
    assert set(kept) >= set(life.results)
    assert [job for job, archive in kept.items() if archive["Pinned"]] == [life.pinned]

    life.add()
    life.check()


def test_every_end_is_told_at_last(life):
    """By the deliveries of all hosts, which could not be made while nobody listened."""
    wanted = {delivery["ID"] for job in life.results
              for delivery in life.server.get_json(f"/jobs/{job}/deliveries")}
    assert len(wanted) == len(life.results)

    wait_until(lambda: wanted <= {request["headers"]["X-Advanced-Rest-Delivery"]
                                  for request in life.receiver.requests}, "the deliveries")
