# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The package of this Debian, and the tarball of the sources.

The tests of the server do not collect this file: "TestHost.sh package" names it. What is installed is
installed into an overlay on top of this machine, which is gone afterwards.
"""

import gzip
import os
import re
import shutil
import socket
import subprocess
import tarfile

import pytest
import requests

from dicom_samples import make_study
from exposition import RESOURCES
from orthanc_server import open_zip, wait_until

BUILD = os.environ["ADVANCED_REST_BUILD"]
WORK = os.environ["ADVANCED_REST_PACKAGES"]
SOURCE = os.path.abspath(os.path.join(RESOURCES, ".."))
NAME = "orthanc-advanced-rest"
CONFIGURATION = "/etc/orthanc/advanced-rest.json"
LIBRARY = "usr/lib/orthanc/libOrthancAdvancedRest.so"
SPOOL = "/var/lib/orthanc/db-v6/AdvancedRestSpool"
# Of what is made here: any moment will do, if it is the same
MOMENT = "1767225600"


def run(*command, status=0, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, **options)
    text = done.stdout + done.stderr
    assert status is None or done.returncode == status, (command, done.returncode, text[-4000:])
    return text


def make_package(build, target):
    """cpack in the directory of a build; the path of the package."""
    shutil.rmtree(target, ignore_errors=True)
    run("cpack", "-G", "DEB", "-B", target, cwd=build, env=dict(os.environ, SOURCE_DATE_EPOCH=MOMENT))
    made, = [name for name in os.listdir(target) if name.endswith(".deb")]
    return os.path.join(target, made)


def read_bytes(path):
    with open(path, "rb") as stream:
        return stream.read()


@pytest.fixture(scope="module")
def package():
    return make_package(BUILD, os.path.join(WORK, "first"))


@pytest.fixture(scope="module")
def content(package):
    """The unpacked package."""
    target = os.path.join(WORK, "content")
    shutil.rmtree(target, ignore_errors=True)
    run("dpkg-deb", "-R", package, target)
    return target


@pytest.fixture(scope="module")
def tarball():
    target = os.path.join(WORK, "source")
    shutil.rmtree(target, ignore_errors=True)
    run("cpack", "--config", os.path.join(BUILD, "CPackSourceConfig.cmake"), "-B", target, cwd=BUILD)
    made, = [name for name in os.listdir(target) if name.endswith(".tar.gz")]
    return os.path.join(target, made)


def get_field(package, field):
    return run("dpkg-deb", "-f", package, field).strip()


def read_version():
    """As NEWS tells it; that this is the version of the project is a test of the build."""
    with open(os.path.join(SOURCE, "NEWS"), encoding="utf-8") as stream:
        return re.search(r"^Version (\d+\.\d+\.\d+)", stream.read(), re.MULTILINE).group(1)


def test_content(package, content):
    assert get_field(package, "Version").startswith(read_version() + "-1+deb")
    link = os.path.join(content, "usr/share/orthanc/plugins/libOrthancAdvancedRest.so")
    assert os.path.realpath(link) == os.path.join(content, LIBRARY)
    assert os.path.isfile(link)
    with open(os.path.join(content, "DEBIAN/conffiles"), encoding="ascii") as stream:
        assert stream.read().split() == [CONFIGURATION]
    assert read_bytes(content + CONFIGURATION) == read_bytes(os.path.join(RESOURCES, "Configuration.json"))
    documentation = os.path.join(content, "usr/share/doc", NAME)
    with gzip.open(os.path.join(documentation, "changelog.Debian.gz"), "rt", encoding="utf-8") as stream:
        assert stream.readline().startswith(f"{NAME} ({get_field(package, 'Version')}) ")
    with gzip.open(os.path.join(documentation, "NEWS.gz"), "rb") as stream:
        assert stream.read() == read_bytes(os.path.join(SOURCE, "NEWS"))


def test_lintian_is_content(package):
    assert run("lintian", "--allow-root", package) == ""


def test_symbols_of_the_packaged_library(content):
    run("python3", os.path.join(RESOURCES, "Tools", "CheckSymbols.py"), os.path.join(content, LIBRARY))


def test_dependencies(package, content):
    """Every library that is needed belongs to a package that is named, and all of them can be had."""
    depends = {re.match(r"[a-z0-9.+-]+", item.strip()).group()
               for item in get_field(package, "Depends").split(",")}
    assert "orthanc" in depends
    listing = run("readelf", "-d", os.path.join(content, LIBRARY))
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", listing)
    assert len(needed) > 10
    owners = {library: set() for library in needed}
    for line in run("dpkg-query", "-S", *(f"*/{library}" for library in needed)).splitlines():
        owner, path = line.split(": ")
        owners.get(os.path.basename(path), set()).add(owner.split(":")[0])
    for library, packages in owners.items():
        assert packages & depends, (library, packages)
    # Into a system without any package
    simulated = run("apt-get", "--simulate", "--no-install-recommends", "-o", "Dir::State::status=/dev/null",
                    "install", package)
    assert f"Inst {NAME} " in simulated
    assert "Inst orthanc " in simulated


def test_the_tarball_has_the_sources_only(tarball):
    top = f"OrthancAdvancedRest-{read_version()}"
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
    assert {name.split("/")[0] for name in names} == {top}
    parts = {part for name in names for part in name.split("/")}
    assert not parts & {".git", "__pycache__", ".pytest_cache", "build", "CMakeCache.txt"}
    for name in ("CMakeLists.txt", "NEWS", "Plugin/Plugin.cpp", "UnitTests/CMakeLists.txt", "Docker/compose.yaml"):
        assert f"{top}/{name}" in names


def test_another_build_gives_the_same_package(package, content, tarball):
    """From the tarball, in another directory, without a network."""
    assert [name for _, name in socket.if_nameindex()] == ["lo"]
    place = os.path.join(WORK, "elsewhere", "and deeper")
    shutil.rmtree(place, ignore_errors=True)
    # The way from one to the other is the same, or the compiler's cache would be of no use
    source, build = place + SOURCE, place + BUILD
    os.makedirs(source)
    run("tar", "-xf", tarball, "-C", source, "--strip-components=1")
    environment = dict(os.environ, CCACHE_BASEDIR=source)
    run("cmake", "-S", source, "-B", build, "-G", "Ninja", "-DBUILD_UNIT_TESTS=OFF", "-DWARNINGS_AS_ERRORS=ON",
        "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", env=environment)
    run("cmake", "--build", build, env=environment)

    again = make_package(build, os.path.join(WORK, "second"))

    assert read_bytes(again) == read_bytes(package)
    assert os.path.basename(again) == os.path.basename(package)
    library = read_bytes(os.path.join(content, LIBRARY))
    for path in (SOURCE, BUILD, source, build):
        assert path.encode() + b"/" not in library


# Installed

class Machine:
    """An overlay on top of this Debian: packages can be installed, and Orthanc's own service script starts it."""

    URL = "http://127.0.0.1:8042"

    def __init__(self, directory):
        self.directory = str(directory)
        self.root = os.path.join(self.directory, "root")
        run("mount", "-t", "tmpfs", "tmpfs", self.directory)
        for name in ("upper", "work", "root"):
            os.mkdir(os.path.join(self.directory, name))
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir=/,upperdir={self.directory}/upper,workdir={self.directory}/work", self.root)
        run("mount", "--rbind", "/dev", f"{self.root}/dev")
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", f"{self.root}/run")
        os.mkdir(f"{self.root}/run/lock")
        # Services may start, nothing else has one here; and as there is no init, somebody has to tell the runlevel
        if os.path.lexists(f"{self.root}/usr/sbin/policy-rc.d"):
            os.remove(f"{self.root}/usr/sbin/policy-rc.d")
        runlevel = f"{self.root}/usr/sbin/runlevel"
        if os.path.lexists(runlevel):
            os.remove(runlevel)
        with open(runlevel, "w", encoding="ascii") as stream:
            stream.write("#!/bin/sh\necho N 2\n")
        os.chmod(runlevel, 0o755)
        # Its first process: in a chroot alone, Debian starts no service. It also waits for the orphans
        self.init = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "chroot", self.root, "bash", "-c",
             "mount -t proc proc /proc && touch /run/ready && sleep infinity & wait; wait"],
            stdin=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists(f"{self.root}/run/ready"), "the first process")
        with open(f"/proc/{self.init.pid}/task/{self.init.pid}/children", encoding="ascii") as stream:
            self.first = stream.read().split()[0]

    def run(self, *command, **options):
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                       "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
        return run("nsenter", f"--target={self.first}", "--mount", "--pid", "--root", "--wd", *command, env=environment, stdin=subprocess.DEVNULL, **options)

    def install(self, package):
        shutil.copy(package, f"{self.root}/tmp/package.deb")
        return self.run("dpkg", "-i", "/tmp/package.deb")

    def path(self, path):
        return self.root + path

    def request(self, method, path, **options):
        return requests.request(method, self.URL + path, auth=("orthanc", "orthanc"), timeout=60, **options)

    def get(self, path):
        answer = self.request("GET", path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer

    def wait_for_orthanc(self):
        """The plugins of the Orthanc that runs."""
        def ask():
            try:
                answer = self.request("GET", "/plugins")
            except requests.ConnectionError:
                return None
            return answer.json() if answer.status_code == 200 else None

        return wait_until(ask, "Orthanc's service")

    def read_pid(self):
        """Of the service, as it sees itself."""
        with open(self.path("/run/orthanc.pid"), encoding="ascii") as stream:
            return stream.read().strip()

    def close(self):
        self.run("/etc/init.d/orthanc", "stop", status=None)
        self.init.kill()
        self.init.wait()
        run("umount", "--recursive", "--lazy", self.directory)


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    made = Machine(tmp_path_factory.mktemp("machine"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def older_package(content):
    """The same as version 0.0.9."""
    target = os.path.join(WORK, "older")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(content, target, symlinks=True)
    control = os.path.join(target, "DEBIAN/control")
    with open(control, encoding="utf-8") as stream:
        text = stream.read()
    with open(control, "w", encoding="utf-8") as stream:
        stream.write(re.sub("^Version: .*", "Version: 0.0.9-1", text, flags=re.MULTILINE))
    run("dpkg-deb", "-b", target, target + ".deb")
    return target + ".deb"


@pytest.fixture(scope="module")
def installed(machine, older_package):
    machine.install(older_package)
    machine.loaded = machine.wait_for_orthanc()
    return machine


def read_spool(machine):
    """Name -> bytes of what is kept."""
    folder = machine.path(SPOOL)
    return {name: read_bytes(os.path.join(folder, name)) for name in os.listdir(folder)
            if name.endswith((".zip", ".job"))}


def test_install(installed):
    """The service runs with the plugin, by nothing but the installation; and nobody else reads secrets."""
    assert "advanced-rest" in installed.loaded
    status = os.stat(installed.path(CONFIGURATION))
    group = installed.run("getent", "group", "orthanc").split(":")[2]
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (0, int(group), 0o640)
    assert installed.run("dpkg", "--audit") == ""
    assert installed.run("ps", "-o", "user=", "-p", installed.read_pid()).strip() == "orthanc"


def test_upgrade_over_a_spool(installed, package):
    for dicom in make_study("P1", "1", series=2, instances=3):
        assert installed.request("POST", "/instances", data=dicom).status_code == 200
    study, = installed.get("/studies").json()
    job = installed.request("POST", f"/studies/{study}/archive", json={"Asynchronous": True}).json()["ID"]
    wait_until(lambda: installed.get(f"/jobs/{job}").json()["State"] == "Success", "the archive")
    installed.archive = f"/jobs/{job}/archive"
    installed.data = installed.get(installed.archive).content
    assert len(open_zip(installed.data).namelist()) == 6
    # An administrator's changes
    with open(installed.path(CONFIGURATION), encoding="utf-8") as stream:
        changed = stream.read().replace('"MaxAgeHours" : 24', '"MaxAgeHours" : 0')
    with open(installed.path(CONFIGURATION), "w", encoding="utf-8") as stream:
        stream.write(changed)
    os.chmod(installed.path(CONFIGURATION), 0o600)
    os.chown(installed.path(CONFIGURATION), int(installed.run("id", "-u", "orthanc")), 0)
    before = installed.read_pid()

    installed.install(package)

    assert "advanced-rest" in installed.wait_for_orthanc()
    assert installed.read_pid() != before
    assert installed.get("/plugins/advanced-rest").json()["Version"] == read_version()
    assert installed.get(installed.archive).content == installed.data
    assert "Expires" not in installed.get("/advanced-rest/archives").json()[0]
    with open(installed.path(CONFIGURATION), encoding="utf-8") as stream:
        assert stream.read() == changed
    assert os.stat(installed.path(CONFIGURATION)).st_mode & 0o777 == 0o600


def test_a_section_in_two_files_is_refused(installed):
    """What README.Debian says about the configuration."""
    extra = installed.path("/etc/orthanc/mine.json")
    with open(extra, "w", encoding="utf-8") as stream:
        stream.write('{"AdvancedRest": {"Spool": {"MaxAgeHours": 1}}}')
    try:
        text = installed.run("timeout", "60", "Orthanc", "/etc/orthanc", status=None)
    finally:
        os.remove(extra)
    assert re.search(r'^E.*"AdvancedRest"', text, re.MULTILINE), text


def test_remove_keeps_the_spool(installed):
    before = read_spool(installed)
    assert len(before) == 2

    installed.run("dpkg", "-r", NAME)

    assert "advanced-rest" not in installed.wait_for_orthanc()
    assert read_spool(installed) == before
    assert os.path.exists(installed.path(CONFIGURATION))
    assert not os.path.lexists(installed.path("/usr/share/orthanc/plugins/libOrthancAdvancedRest.so"))


def test_a_return_finds_everything(installed, package):
    installed.install(package)

    assert "advanced-rest" in installed.wait_for_orthanc()
    assert installed.get(installed.archive).content == installed.data


def test_purge_takes_the_configuration_and_leaves_the_spool(installed):
    before = read_spool(installed)

    text = installed.run("dpkg", "--purge", NAME)

    assert SPOOL in text
    assert "advanced-rest" not in installed.wait_for_orthanc()
    assert read_spool(installed) == before
    assert not os.path.exists(installed.path(CONFIGURATION))
    assert installed.run("dpkg-query", "-W", NAME, status=1)
