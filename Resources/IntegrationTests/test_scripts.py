# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The two commands of README: Resources/Run.sh does what it says. Resources/Test.sh runs this."""

import os
import re
import shlex
import signal
import socket
import subprocess

import pytest
import requests

from orthanc_server import PLUGIN, find_free_port, wait_until

RESOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir)
BUILD = os.path.dirname(os.path.abspath(PLUGIN))
# What is for the developers' builds and tests only
NOT_FOR_USERS = {"ccache", "binutils", "python3", "libgtest-dev", "uuid-dev"}


def run(*arguments):
    """Runs the script with the build at hand; its exit code and what it has printed."""
    result = subprocess.run(["bash", os.path.join(RESOURCES, "Run.sh"), "--build", BUILD, *arguments],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, timeout=900, check=False)
    return result.returncode, result.stdout


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def clean_up():
    """Nothing that the script leaves running outlives the test."""
    yield
    try:
        with open(os.path.join(BUILD, "Run", "orthanc.pid"), encoding="ascii") as stream:
            os.kill(int(stream.read()), signal.SIGKILL)
    except FileNotFoundError:
        pass


def check_calls(output):
    """The main job was performed: both archives, the poll, and both checks."""
    assert "Every call did what it should." in output
    calls = [line for line in output.splitlines() if line.startswith("$ curl ")]
    assert [line for line in calls if re.search(r"study\.zip http\S+/studies/[^/]+/archive$", line)]
    assert [line for line in calls if "Asynchronous" in line]
    assert [line for line in calls if re.search(r" http\S+/jobs/[^/]+$", line)]
    assert [line for line in calls if re.search(r"job\.zip http\S+/jobs/[^/]+/archive$", line)]
    assert output.count("$ unzip -tq ") == output.count("No errors detected") == 2


def test_run_and_exit(tmp_path, clean_up):
    port = find_free_port()

    status, output = run("--exit", "--port", str(port), "--storage", str(tmp_path / "storage"))

    assert status == 0, output
    check_calls(output)
    assert (tmp_path / "storage" / "index").exists()
    assert not is_listening(port)
    assert not os.path.exists(os.path.join(BUILD, "Run", "orthanc.pid"))


def test_run_leaves_the_server(tmp_path, clean_up):
    port = find_free_port()
    options = ("--port", str(port), "--storage", str(tmp_path / "storage"))

    status, output = run(*options)

    assert status == 0, output
    check_calls(output)
    urls = re.findall(rf"^ .* (http://127\.0\.0\.1:{port}\S*)$", output, re.MULTILINE)
    assert len(urls) == 4, output
    assert [requests.get(url, timeout=60).status_code for url in urls] == [200] * 4

    # Once more, over what is there: the first server makes room
    status, output = run("--exit", *options)

    assert status == 0, output
    assert "Stopping Orthanc" in output
    check_calls(output)
    wait_until(lambda: not is_listening(port), "the end of the server")


@pytest.mark.parametrize("arguments, text", [
    (["--port"], "--port"), (["--port", "x"], "--port"), (["--port", "123456"], "--port"),
    (["--storage"], "--storage"), (["--nonsense"], "--nonsense"),
])
def test_run_refuses_wrong_arguments(arguments, text):
    status, output = run("--exit", *arguments)

    assert status != 0
    assert text in output.splitlines()[-1]


def test_run_tells_that_a_port_is_taken(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        status, output = run("--exit", "--port", str(port), "--storage", str(tmp_path / "storage"))

    assert status != 0
    assert f"port {port} is in use" in output


def test_readme_installs_what_the_build_needs():
    with open(os.path.join(RESOURCES, os.pardir, "README"), encoding="utf-8") as stream:
        text = stream.read().replace("\\\n", " ")
    command = next(line for line in text.splitlines() if line.strip().startswith("apt install"))
    script = os.path.join(RESOURCES, "Tools", "Packages.sh")

    needed = subprocess.run(["bash", "-c", f'. {shlex.quote(script)}; echo "${{BUILD_PACKAGES[@]}}"'],
                            stdout=subprocess.PIPE, text=True, check=True).stdout.split()

    assert set(command.split()[2:]) == set(needed) - NOT_FOR_USERS
