# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

import os
import re

import pytest

import dicom_samples
import orthanc_server
from occupant import Occupant
from slow_jobs import ONE_SLOW_JOB, Slow

# A refused request is logged as an error by the host itself, also without plugin
REFUSED = re.compile(r"(PluginsErrorDictionary|OrthancException|OrthancPlugins|PluginsManager|"
                     r"HttpServer|Toolbox)\.cpp")


class Watch:
    """The servers of the session, and which errors the running test has announced."""

    def __init__(self):
        self.servers = []
        self.expected = []
        self.leaving = []

    def check(self):
        """What is wrong in the logs of the running servers since the last call."""
        return [complaint for server in self.servers
                for complaint in find_complaints(server, self.expected, is_running=True)]

    def let_go(self, server):
        """Orthanc takes seconds to stop: the next test does not wait for it."""
        self.servers.remove(server)
        server.ask_to_stop()
        self.leaving.append((server, os.environ.get("PYTEST_CURRENT_TEST", ""), self.expected))

    def collect(self, is_last):
        """What is wrong with the ends of servers that were let go."""
        complaints, remaining = [], []
        for server, test, expected in self.leaving:
            if not is_last and server.process is not None and server.process.poll() is None:
                remaining.append((server, test, expected))
                continue
            try:
                server.stop()
            except AssertionError as failure:
                complaints.append(f"{test}: {failure}")
            complaints += [f"{test}: {text}" for text in find_complaints(server, expected, False)]
        self.leaving = remaining
        return complaints


def find_complaints(server, expected, is_running):
    complaints = []
    fresh = server.take_new_log()
    if not (server.with_plugin and orthanc_server.PLUGIN):
        return complaints
    for line in fresh.splitlines():
        if orthanc_server.CRASH.search(line) or (
                orthanc_server.ERROR.match(line) and
                not any(pattern.search(line) for pattern in expected)):
            complaints.append(line)
    if is_running and server.process is not None and server.process.poll() is not None:
        complaints.append(f"Orthanc has died with {server.process.returncode}")
    return complaints


WATCH = Watch()


@pytest.fixture(autouse=True, scope="session")
def check_ends():
    """Every server that was started ends in peace, the last ones too."""
    yield
    complaints = WATCH.collect(is_last=True)
    assert not complaints, "\n".join(complaints)


@pytest.fixture(autouse=True)
def check_logs():
    """No test leaves an error in a server's log that it did not announce."""
    WATCH.expected = []
    for server in WATCH.servers:
        server.take_new_log()
    yield
    complaints = WATCH.check() + WATCH.collect(is_last=False)
    assert not complaints, "errors in the log:\n" + "\n".join(complaints[:40])


@pytest.fixture
def expect_errors(check_logs):
    """expect_errors(pattern): this test is right to leave error lines that match."""
    def announce(pattern=REFUSED.pattern):
        WATCH.expected.append(re.compile(pattern))
    return announce


def run_factory(tmp_path_factory):
    servers = []

    def start(configuration=None, with_plugin=True, should_start=True, directory=None,
              kind=orthanc_server.Server, **options):
        server = kind(directory or tmp_path_factory.mktemp("orthanc"), configuration, with_plugin,
                      **options)
        WATCH.servers.append(server)
        servers.append(server)
        return server.start() if should_start else server

    yield start
    complaints = WATCH.check()
    for server in servers:
        WATCH.let_go(server)
    assert not complaints, complaints


@pytest.fixture
def start_server(tmp_path_factory, check_logs):
    """start_server(configuration, with_plugin=True): an Orthanc that lives as long as the test."""
    yield from run_factory(tmp_path_factory)


@pytest.fixture(scope="module")
def start_module_server(tmp_path_factory):
    """The same for all tests of a file."""
    yield from run_factory(tmp_path_factory)


@pytest.fixture
def slow_server(start_server):
    server = start_server(ONE_SLOW_JOB)
    server.slow = Slow(server)
    return server


@pytest.fixture
def busy_server(start_server):
    """The only worker is occupied until release()."""
    occupant = Occupant()
    server = start_server({**ONE_SLOW_JOB, **occupant.configure()})
    server.slow = Slow(server)
    server.busy = occupant.occupy(server, server.slow.fields["Resources"][0])
    server.release = occupant.release
    yield server
    occupant.close()


class Pair:
    """The oracle and the server under test, with the same content."""

    def __init__(self, core, plugin):
        self.core = core
        self.plugin = plugin

    def upload(self, dicom):
        stored = self.core.upload(dicom)
        assert self.plugin.upload(dicom)["ID"] == stored["ID"]
        return stored

    def upload_all(self, dicoms):
        return [self.upload(dicom) for dicom in dicoms]

    def request(self, method, path, **options):
        """The answers of both."""
        return (self.core.request(method, path, **options),
                self.plugin.request(method, path, **options))


@pytest.fixture(scope="module")
def pair(start_module_server):
    """An Orthanc alone and one with the plugin, both empty."""
    return Pair(start_module_server(with_plugin=False), start_module_server())


@pytest.fixture(scope="module")
def library(pair):
    """Two patients, in both servers: what most requests need."""
    class Library:
        pass

    content = Library()
    first = pair.upload_all(dicom_samples.make_study("P1", "1", series=2, instances=3))
    second = pair.upload_all(dicom_samples.make_study("P1", "2", series=1, instances=2))
    other = pair.upload_all(dicom_samples.make_study("P2", "1", series=1, instances=2,
                                                     PatientName="Roe^Richard"))
    content.patient = first[0]["ParentPatient"]
    content.study = first[0]["ParentStudy"]
    content.series = first[0]["ParentSeries"]
    content.other_series = first[3]["ParentSeries"]
    content.instance = first[0]["ID"]
    content.instances = [stored["ID"] for stored in first]
    content.second_study = second[0]["ParentStudy"]
    content.other_patient = other[0]["ParentPatient"]
    content.other_study = other[0]["ParentStudy"]
    content.unknown = "00000000-00000000-00000000-00000000-00000000"
    return content


def pytest_report_header():
    version = ".".join(str(part) for part in orthanc_server.VERSION)
    plugin = orthanc_server.PLUGIN
    if plugin and not os.path.isfile(plugin):
        raise pytest.UsageError(f"ADVANCED_REST_PLUGIN names no file: {plugin}")
    return f"Orthanc {version}, plugin: {plugin or 'NONE, the core is compared with itself'}"
