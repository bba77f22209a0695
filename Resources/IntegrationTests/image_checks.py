# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The image and the demonstration around it, without a daemon.

The tests of the server do not collect this file: "TestHost.sh image" names it, after "Image.sh" has built
the image. Containers run in the network, and among the processes, of the tests.
"""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest
import requests
import yaml

from dicom_samples import make_study
from exposition import RESOURCES
from orthanc_server import find_free_port, open_zip, wait_until

SOURCE = os.path.abspath(os.path.join(RESOURCES, ".."))
DOCKER = os.path.join(SOURCE, "Docker")
IMAGE_TOOL = '. "$1"; shift; image "$@"'
USER = 900


def image_tool(*arguments):
    """The command line of buildah with the storage of our images."""
    return ["bash", "-c", IMAGE_TOOL, "image", os.path.join(RESOURCES, "Tools", "Image.sh"), *arguments]


def buildah(*arguments):
    done = subprocess.run(image_tool(*arguments), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, (arguments, done.stdout + done.stderr)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def settings():
    """What the image says about itself."""
    return json.loads(buildah("inspect", "--type", "image", "localhost/orthanc-advanced-rest"))["Docker"]["config"]


class Container:
    """A container of the image; runs() of it one after the other see what earlier ones have left."""

    def __init__(self, directory, settings):
        self.settings = settings
        self.log_path = os.path.join(str(directory), "container.log")
        self.name = buildah("from", "--pull-never", "localhost/orthanc-advanced-rest")
        self.root = buildah("mount", self.name)
        self.process = None
        self.orthanc = None
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.auth = ("ward", "secret of the ward")

    def run(self, *command, environment=None, **options):
        """A command in the container, as the user of the image."""
        variables = [part for name, value in (environment or {}).items() for part in ("--env", f"{name}={value}")]
        return subprocess.run(image_tool("run", "--isolation", "chroot", *variables, self.name, "--", *command),
                              stdin=subprocess.DEVNULL, timeout=120, check=False, **options)

    def run_entrypoint(self, **environment):
        """Of a configuration that cannot work: exit code and messages."""
        done = self.run(*self.settings["Entrypoint"], environment=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def start(self, *arguments, **environment):
        """The image's entrypoint, until Orthanc answers or asks who is there."""
        environment = {"ORTHANC__HTTP_PORT": str(self.port), "ORTHANC__DICOM_SERVER_ENABLED": "false",
                       **environment}
        variables = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                image_tool("run", "--isolation", "chroot", *variables, self.name, "--",
                           *self.settings["Entrypoint"], *arguments),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.is_up, "Orthanc in the container")
        self.orthanc = self.find_orthanc()
        return self

    def is_up(self):
        assert self.process.poll() is None, self.read_log()
        try:
            return requests.get(self.url + "/system", timeout=60).status_code in (200, 401)
        except requests.ConnectionError:
            return False

    def read_log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def find_orthanc(self):
        """The process ID of the only Orthanc here."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as stream:
                    if stream.read().startswith(b"Orthanc\0/run/orthanc/orthanc.json\0"):
                        found.append(int(entry))
            except OSError:
                pass
        process, = found
        return process

    def stop(self):
        """As the daemon of a container does it."""
        os.kill(self.orthanc, signal.SIGTERM)
        assert self.process.wait(timeout=60) == 0, self.read_log()
        assert "Orthanc has stopped" in self.read_log()
        self.process = None

    def is_healthy(self):
        kind, *command = self.settings["Healthcheck"]["Test"]
        assert kind == "CMD"
        return self.run(*command).returncode == 0

    def request(self, method, path, **options):
        options.setdefault("auth", self.auth)
        return requests.request(method, self.url + path, timeout=60, **options)

    def get(self, path, **options):
        answer = self.request("GET", path, **options)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer

    def configuration_path(self):
        return os.path.join(self.root, "run/orthanc/orthanc.json")

    def read_configuration(self):
        with open(self.configuration_path(), encoding="utf-8") as stream:
            return json.load(stream)

    def write(self, path, text):
        path = os.path.join(self.root, path.lstrip("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(path, 0o644)
        return path

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        buildah("rm", self.name)


@pytest.fixture
def container(tmp_path, settings):
    made = Container(tmp_path, settings)
    yield made
    made.close()


USERS = {"ORTHANC__REGISTERED_USERS": '{"ward": "secret of the ward"}'}


def test_what_the_image_says(settings):
    assert settings["User"] == "orthanc"
    assert set(settings["Volumes"]) == {"/var/lib/orthanc/db", "/var/lib/orthanc/spool"}
    assert set(settings["ExposedPorts"]) == {"8042/tcp", "4242/tcp"}
    assert settings["Entrypoint"] == ["/usr/local/bin/orthanc-entrypoint"]


def test_nothing_is_left_of_the_build(container):
    for path in ("src", "build", "package", "tmp/plugin.deb", "usr/bin/cmake", "usr/bin/g++"):
        assert not os.path.lexists(os.path.join(container.root, path)), path
    assert os.listdir(os.path.join(container.root, "etc/orthanc")) == []
    assert os.listdir(os.path.join(container.root, "var/lib/apt/lists")) == []
    archives = os.listdir(os.path.join(container.root, "var/cache/apt/archives"))
    assert [name for name in archives if name.endswith(".deb")] == []


def test_without_any_setting(container):
    """Nobody comes in but with the password of this start; nothing runs as root."""
    container.start()

    assert container.request("GET", "/system", auth=None).status_code == 401
    assert container.request("GET", "/system", auth=("orthanc", "orthanc")).status_code == 401
    password = re.search(r'user "orthanc" has the password (\S+)', container.read_log()).group(1)
    plugins = container.get("/plugins", auth=("orthanc", password)).json()
    assert "advanced-rest" in plugins
    with open(f"/proc/{container.orthanc}/status", encoding="ascii") as stream:
        status = dict(line.split(":\t", 1) for line in stream.read().splitlines() if ":\t" in line)
    assert status["Uid"].split() == [str(USER)] * 4
    assert status["Gid"].split() == [str(USER)] * 4
    with open(f"/proc/{container.orthanc}/environ", "rb") as stream:
        assert b"ORTHANC_" not in stream.read()
    file = os.stat(container.configuration_path())
    assert (file.st_uid, file.st_mode & 0o777) == (USER, 0o600)
    assert container.is_healthy()

    container.stop()
    assert not container.is_healthy()


def test_variables_and_secrets_and_files(container):
    """The least important first: defaults, files, ORTHANC_JSON, variables."""
    container.write("/etc/orthanc/mine.json", """{
      // A comment with "quotes" and a URL: http://host/*not a comment*/
      "Name" : "of the file", "DicomAet" : "FILE", "DicomModalities" : { "a" : [ "A", "http://host//x", 104 ] },
      "AdvancedRest" : { "Archive" : { "Threads" : 3 } } }""")
    container.write("/run/secrets/more.json", '{"AdvancedRest": {"Jobs": {"MaxRetries": 5}}}')
    secret = container.write("/run/secrets/ORTHANC__REGISTERED_USERS", '{"ward": "secret of the ward"}\n')
    container.start(
        "--verbose",
        ORTHANC_JSON='{"DicomAet": "JSON", "StableAge": 7, "AdvancedRest": {"Archive": {"Utf8Names": true}}}',
        ORTHANC__STABLE_AGE="8", ORTHANC__NAME="2026", ORTHANC__STORE_MD5_FOR_ATTACHMENTS="false",
        ORTHANC__ADVANCED_REST__SPOOL__MAX_AGE_HOURS="36", ORTHANC__ADVANCED_REST__SPOOL__MAX_SIZE_MB="900",
        ORTHANC__ADVANCED_REST__WEBHOOKS__ALLOWED_URLS='["https://host/hooks"]',
        ORTHANC__FOREIGN_PLUGIN__SOME_NAME="text", ORTHANC_NAME="a mistake")

    system = container.get("/system").json()
    assert (system["Name"], system["DicomAet"]) == ("2026", "JSON")
    made = container.read_configuration()
    assert made["StableAge"] == 8
    assert made["StoreMD5ForAttachments"] is False
    assert made["DicomModalities"] == {"a": ["A", "http://host//x", 104]}
    assert made["AdvancedRest"] == {
        "Archive": {"Threads": 3, "Utf8Names": True}, "Jobs": {"MaxRetries": 5},
        "Spool": {"Directory": "/var/lib/orthanc/spool", "MaxAgeHours": 36, "MaxSizeMB": 900},
        "Webhooks": {"AllowedUrls": ["https://host/hooks"]}}
    assert made["ForeignPlugin"] == {"SomeName": "text"}
    log = container.read_log()
    assert 'warning: ORTHANC__FOREIGN_PLUGIN__SOME_NAME is taken for "ForeignPlugin.SomeName"' in log
    assert "warning: ORTHANC_NAME is not used" in log
    assert "secret of the ward" not in log
    assert re.search(r"^I\d{4} ", log, re.MULTILINE), "--verbose reaches Orthanc"
    assert container.is_healthy()
    container.stop()
    os.remove(secret)


@pytest.mark.parametrize("environment, text", [
    ({"ORTHANC__ADVANCED_REST__SPOOL__MAX_AGE": "1"}, 'the plugin has no option "AdvancedRest.Spool.MaxAge"'),
    ({"ORTHANC__HTTP_PORT": "eighty"}, "ORTHANC__HTTP_PORT must be a number"),
    ({"ORTHANC__ADVANCED_REST__ARCHIVE__MANIFEST": "1"}, "must be true or false"),
    ({"ORTHANC__NAME__FIRST": "x"}, '"Name" has no options below it'),
    ({"ORTHANC__name": "x"}, "is no name of an option"),
    ({"ORTHANC_JSON": "[1]"}, "ORTHANC_JSON is no JSON object"),
    ({"ORTHANC_JSON": "{"}, "ORTHANC_JSON is no JSON"),
])
def test_what_cannot_be_meant_is_refused(container, environment, text):
    status, log = container.run_entrypoint(**environment)

    assert (status, text in log) == (1, True), log


def test_an_option_in_two_files_is_refused(container):
    container.write("/etc/orthanc/a.json", '{"AdvancedRest": {"Jobs": {"MaxRetries": 1}}}')
    container.write("/etc/orthanc/b.json", '{"AdvancedRest": {"Jobs": {"MaxRetries": 2}}}')

    status, log = container.run_entrypoint()

    assert status == 1
    assert '"AdvancedRest.Jobs.MaxRetries" is set in /etc/orthanc/a.json and in /etc/orthanc/b.json' in log


def test_other_commands(container):
    done = container.run(*container.settings["Entrypoint"], "id", "-u", capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, str(USER))


def test_archives_survive_the_container(container, tmp_path):
    """The main job: upload, an archive at once and as a job, both complete; and again after a restart."""
    container.start(**USERS)
    for dicom in make_study("P1", "1", series=2, instances=3):
        assert container.request("POST", "/instances", data=dicom).status_code == 200
    study, = container.get("/studies").json()
    direct = container.get(f"/studies/{study}/archive").content
    job = container.request("POST", f"/studies/{study}/archive", json={"Asynchronous": True}).json()["ID"]
    assert container.get(f"/jobs/{job}?wait=60").json()["State"] == "Success"
    data = container.get(f"/jobs/{job}/archive").content
    for content in (direct, data):
        path = tmp_path / "archive.zip"
        path.write_bytes(content)
        subprocess.run(["unzip", "-tq", str(path)], check=True, capture_output=True)
        assert len(open_zip(content).namelist()) == 6
    media = open_zip(container.get(f"/studies/{study}/media").content)
    assert "DICOMDIR" in media.namelist()

    container.stop()
    container.start(**USERS)

    assert container.get(f"/jobs/{job}/archive").content == data
    container.stop()


# The demonstration

def read_yaml(*names):
    with open(os.path.join(DOCKER, *names), encoding="utf-8") as stream:
        return yaml.safe_load(stream)


def list_mounts(service):
    """Source -> target of the files and volumes that a service sees."""
    return dict(volume.split(":")[:2] for volume in service.get("volumes", []))


def test_the_demonstration_fits_together(settings):
    compose = read_yaml("compose.yaml")
    services = compose["services"]
    assert set(services) == {"orthanc", "samples", "prometheus", "grafana"}
    for service in services.values():
        for source, target in list_mounts(service).items():
            assert target.startswith("/")
            assert source in compose["volumes"] or os.path.isfile(os.path.join(DOCKER, source)), source
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), "the passwords are no secrets"
    orthanc = services["orthanc"]
    assert set(list_mounts(orthanc).values()) == set(settings["Volumes"])
    build = orthanc["build"]
    context = os.path.join(DOCKER, build["context"])
    assert os.path.isfile(os.path.join(context, build["dockerfile"]))
    assert f"/run/orthanc:uid={USER},gid={USER},mode=750" in orthanc["tmpfs"]
    assert os.path.isfile(os.path.join(DOCKER, services["samples"]["build"], "Dockerfile"))
    # Grafana finds Prometheus and the dashboard
    source, = read_yaml("Demo", "grafana-datasources.yml")["datasources"]
    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", "http://prometheus:9090", True)
    provider, = read_yaml("Demo", "grafana-dashboards.yml")["providers"]
    dashboards = [target for target in list_mounts(services["grafana"]).values() if target.endswith(".json")]
    assert [os.path.dirname(path) for path in dashboards] == [provider["options"]["path"]]


def test_the_base_is_a_plain_debian():
    for names in (("Debian13", "Dockerfile"), ("Demo", "Samples", "Dockerfile")):
        with open(os.path.join(DOCKER, *names), encoding="utf-8") as stream:
            text = stream.read()
        assert re.search("^ARG BASE=debian:trixie$", text, re.MULTILINE)
        assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) <= {"${BASE}", "packages"}


def test_the_demonstration_is_scraped(container, tmp_path):
    """With the settings of compose.yaml: samples, then Debian's Prometheus with what is shipped."""
    services = read_yaml("compose.yaml")["services"]
    container.port = 8042
    container.url = "http://127.0.0.1:8042"
    container.auth = ("demo", "demo")
    container.start(**{name: str(value) for name, value in services["orthanc"]["environment"].items()})
    # Services know each other by name
    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"127.0.0.1 {name}\n" for name in ("localhost", *services)), encoding="ascii")
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)
    try:
        subprocess.run(["bash", os.path.join(DOCKER, "Demo", "Samples", "Upload.sh")], check=True, timeout=120,
                       env=dict(os.environ, **services["samples"]["environment"]), capture_output=True)
        scrape(container, services["prometheus"], tmp_path)
    finally:
        subprocess.run(["umount", "/etc/hosts"], check=True)
    container.stop()


def scrape(container, service, directory):
    etc = directory / "prometheus"
    etc.mkdir()
    for source, target in list_mounts(service).items():
        shutil.copy(os.path.join(DOCKER, source), etc / os.path.basename(target))
    port = find_free_port()
    with open(directory / "prometheus.log", "wb") as log:
        prometheus = subprocess.Popen(
            ["prometheus", f"--config.file={etc}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
             f"--web.listen-address=127.0.0.1:{port}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def api(path, **parameters):
        try:
            answer = requests.get(f"http://127.0.0.1:{port}/api/v1/{path}", params=parameters, timeout=60)
        except requests.ConnectionError:
            return None
        return answer.json()["data"] if answer.status_code == 200 else None

    def query(expression):
        data = api("query", query=expression)
        return data["result"] if data else []

    try:
        instances = container.get("/statistics").json()["CountInstances"]
        assert instances >= 30
        wait_until(lambda: query(f'orthanc_resources{{level="instance"}} == {instances}'), "the scrape",
                   interval=0.2)
        assert query('sum(orthanc_archives_total{outcome="success"}) > 3')
        # The dashboard, as Grafana would ask
        dashboard = os.path.join(RESOURCES, "Grafana", "orthanc-dashboard.json")
        with open(dashboard, encoding="utf-8") as stream:
            panels = json.load(stream)["panels"]
        expressions = [target["expr"] for panel in panels for target in panel.get("targets", [])]
        for expression in expressions:
            expression = expression.replace("$job", "orthanc").replace("$instance", "orthanc:8042")
            assert api("query", query=expression) is not None, expression
        rules = api("rules")["groups"]
        assert len(rules) >= 2
    finally:
        prometheus.terminate()
        prometheus.wait(timeout=60)
