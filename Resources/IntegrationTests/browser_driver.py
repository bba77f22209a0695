# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Scenarios of Resources/BrowserTests in a real browser, against the Orthanc of each host.

The files browser_*.py are not collected by the tests of a single host: "TestHost.sh browser" names them.
"""

import json
import os
import re
import subprocess

import pytest

from exposition import RESOURCES
from root_server import start_on

HOSTS = [host for host in os.environ.get("ADVANCED_REST_BROWSER_HOSTS", "").split(",") if host]
RUNNER = os.path.join(RESOURCES, "BrowserTests", "run.js")


@pytest.fixture(scope="module", params=HOSTS)
def host(request):
    """The code name of the Debian whose Orthanc is used."""
    return request.param


@pytest.fixture(scope="module")
def start_on_host(host, start_module_server):
    """start_on_host(configuration, auth=None): an Orthanc of that host, for the tests of a file."""
    count = 0

    def start(configuration=None, auth=None):
        nonlocal count
        count += 1
        return start_on(start_module_server, host, configuration or {}, f"browser-{count}", auth)
    return start


def run_scenario(name, server, allowed=(), **options):
    """What scenarios/NAME.js returns. "options" are its options; what the browser complains about fails
    the test, unless one of the patterns in "allowed" is found in it."""
    process = subprocess.run(["node", RUNNER, name, server.url, json.dumps(options)],
                             capture_output=True, text=True, check=False, timeout=300)
    assert process.returncode == 0, process.stderr[-5000:]
    answer = json.loads(process.stdout)
    complaints = [text for text in answer["complaints"]
                  if not any(re.search(pattern, text) for pattern in allowed)]
    assert not complaints, "\n".join(complaints)
    return answer["result"]
