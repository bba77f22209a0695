# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The Orthanc and the plugin of another Debian, in the network at hand."""

import os
import shutil
import signal

from exposition import RESOURCES
from orthanc_server import Server, wait_until

NATIVE = os.environ.get("ADVANCED_REST_NATIVE", "")
ROOTS = os.environ.get("ADVANCED_REST_ROOTS", "")
WORK_IN_ROOT = os.environ.get("ADVANCED_REST_WORK_IN_ROOT", "")
SOURCE = os.path.abspath(os.path.join(RESOURCES, ".."))

IN_ROOT = """
. "$1/Resources/Tools/Packages.sh"
. "$1/Resources/Tools/Roots.sh"
shift
in_root "$@"
"""


class RootServer(Server):
    """Started in its root, by the tools that run the tests there."""

    def __init__(self, directory, configuration=None, with_plugin=True, host=None):
        self.host = host
        self.root = os.path.join(ROOTS, host)
        super().__init__(directory, configuration, with_plugin)
        for option in ("StorageDirectory", "IndexDirectory", "TemporaryDirectory"):
            self.configuration[option] = self.path_in_root(self.configuration[option])
        self.configuration["Plugins"] = [WORK_IN_ROOT + "/build/libOrthancAdvancedRest.so"]

    def path_in_root(self, path):
        return "/" + os.path.relpath(path, self.root)

    def make_command(self, *arguments):
        configuration, *others = arguments
        return ["bash", "-c", IN_ROOT, "in_root", SOURCE, self.host, SOURCE, "online", "Orthanc",
                self.path_in_root(configuration), *others]

    def catches_signals(self):
        return True                             # it gets none

    def ask_to_stop(self):
        """A signal would end the tools around it; what they leave ends with the namespace of the tests."""
        if self.process is not None and self.process.poll() is None and not self.is_leaving:
            self.is_leaving = True
            assert self.post("/tools/shutdown").status_code == 200

    def kill(self):
        """Orthanc itself; the tools around it end by that."""
        if self.process is not None and self.process.poll() is None:
            os.kill(self.find_orthanc(), signal.SIGKILL)
            process = self.process
            wait_until(lambda: process.poll() is not None, "the end of the tools")
        self.process = None

    def find_orthanc(self):
        """The process that runs with our configuration."""
        path = self.path_in_root(os.path.join(self.directory, "orthanc.json")).encode()
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as stream:
                    arguments = stream.read().split(b"\0")
            except OSError:
                continue
            if arguments[0].endswith(b"Orthanc") and path in arguments:
                return int(entry)
        raise AssertionError(f"no Orthanc of {self.host} runs")


def start_on(start, host, configuration, name, auth=None, should_start=True):
    """start: one of the fixtures; "name" is that of the directory in a root; "auth": user and password."""
    options = {}
    if host != NATIVE:
        options = {"directory": f"{ROOTS}/{host}{WORK_IN_ROOT}/{name}", "kind": RootServer, "host": host}
        shutil.rmtree(options["directory"], ignore_errors=True)
    server = start(configuration, should_start=False, **options)
    server.auth = auth
    return server.start() if should_start else server
