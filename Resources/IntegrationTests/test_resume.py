# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""A download that was cut goes on where it ended, in the hands of usual clients."""

import email.utils
import glob
import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import threading

import pytest
import requests

from dicom_samples import make_ballast, make_study
from orthanc_server import MEBIBYTE, VERSION, list_names, open_zip, wait_until


class Relay:
    """
    Between client and server: the n-th connection with an answer is cut after cuts[n] bytes of it, later
    ones are not. Remembers the requests.
    """

    def __init__(self, server, cuts=()):
        self.target = ("127.0.0.1", server.port)
        self.cuts = list(cuts)
        self.requests = []
        self.cut_count = 0
        self.lock = threading.Lock()
        self.threads = []
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.run(self.accept)

    def run(self, body, *arguments):
        thread = threading.Thread(target=body, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            with self.lock:
                self.sockets += [client, server]
            self.run(self.forward_requests, client, server)
            self.run(self.forward_answers, server, client)

    def forward_requests(self, client, server):
        pending = b""
        try:
            while data := client.recv(65536):
                pending += data
                while b"\r\n\r\n" in pending:
                    head, pending = pending.split(b"\r\n\r\n", 1)
                    with self.lock:
                        self.requests.append(head.decode("latin-1"))
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def take_limit(self):
        with self.lock:
            return self.cuts.pop(0) if self.cuts else None

    def forward_answers(self, server, client):
        limit, is_first = None, True
        try:
            while data := server.recv(65536):
                if is_first:
                    limit, is_first = self.take_limit(), False
                if limit is not None and len(data) >= limit:
                    with self.lock:
                        self.cut_count += 1
                    client.sendall(data[:limit])
                    break
                client.sendall(data)
                limit = limit - len(data) if limit is not None else None
        except OSError:
            pass
        for end in (client, server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def find_headers(self, name):
        """The values of that header in the requests so far, in order."""
        with self.lock:
            heads = list(self.requests)
        return [match[1] for head in heads
                if (match := re.search(rf"^{name}: *(.*?)\s*$", head, re.MULTILINE | re.IGNORECASE))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # A thread in accept() does not notice that its socket is closed
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for end in self.sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(timeout=60)
            assert not thread.is_alive()
        for end in self.sockets:
            end.close()


class Source:
    """One archive, as it is to be downloaded."""

    def __init__(self, path, expected):
        self.path = path
        self.expected = expected
        self.size = len(expected)

    def check(self, path):
        with open(path, "rb") as stream:
            data = stream.read()
        assert len(data) == self.size
        assert hashlib.sha256(data).digest() == hashlib.sha256(self.expected).digest()


@pytest.fixture(scope="module")
def server(start_module_server):
    return start_module_server()


@pytest.fixture(scope="module")
def study(server):
    stored = server.upload_all(make_ballast(count=8, megabytes=3, patient="resume"))
    return stored[0]["ParentStudy"]


def make_source(server, study, kind):
    if kind == "job":
        path = f"/jobs/{server.submit(f'/studies/{study}/archive')}/archive"
        server.wait_success(path.split("/")[2])
    else:
        path = f"/studies/{study}/archive?compression=store"
    data = server.get(path).content
    assert len(open_zip(data).infolist()) == 8
    return Source(path, data)


@pytest.fixture(scope="module", params=["job", "stored"])
def source(request, server, study):
    """The archive of a job, and one that is made while it is sent."""
    return make_source(server, study, request.param)


@pytest.fixture(scope="module")
def job(server, study):
    return make_source(server, study, "job")


@pytest.fixture
def make_relay(server, expect_errors):
    """make_relay(cuts): the host logs that its client has gone."""
    expect_errors()
    return lambda cuts: Relay(server, cuts)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False,
                          stdin=subprocess.DEVNULL)


# Headers


def test_answer_says_that_it_can_be_resumed(server, job):
    first = server.get(job.path)
    second = server.get(job.path)

    assert first.status_code == 200
    assert first.headers["Content-Length"] == str(job.size)
    assert first.headers["Accept-Ranges"] == "bytes"
    assert re.fullmatch(r'"[-0-9a-f]+"', first.headers["ETag"])
    assert first.headers["ETag"] == second.headers["ETag"]
    assert email.utils.format_datetime(email.utils.parsedate_to_datetime(
        first.headers["Last-Modified"]), usegmt=True) == first.headers["Last-Modified"]
    assert "filename=" in first.headers["Content-Disposition"]


def test_stored_answer_says_that_it_can_be_resumed(server, study):
    path = f"/studies/{study}/archive?compression=store"

    first = server.get(path)
    second = server.get(path)

    assert first.headers["Content-Length"] == str(len(first.content))
    assert first.headers["Accept-Ranges"] == "bytes"
    assert re.fullmatch(r'"[0-9a-f]{64}"', first.headers["ETag"])
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.content == second.content


def test_compressed_answer_does_not(server, study):
    for method, body in (("GET", None), ("POST", "{}"), ("POST", '{"Compression": "Store"}')):
        answer = server.request(method, f"/studies/{study}/archive", data=body,
                                headers={"Range": "bytes=10-19"})
        assert answer.status_code == 200
        assert not {"ETag", "Last-Modified", "Accept-Ranges"} & set(answer.headers)
        open_zip(answer.content)


def test_validators_survive_a_restart(start_server):
    server = start_server()
    study = server.upload_all(make_study("restart"))[0]["ParentStudy"]
    job = server.submit(f"/studies/{study}/archive")
    server.wait_success(job)
    paths = [f"/jobs/{job}/archive", f"/studies/{study}/archive?compression=store"]
    before = [server.get(path) for path in paths]

    server.restart()

    after = [server.get(path) for path in paths]
    for old, new in zip(before, after):
        assert old.headers["ETag"] == new.headers["ETag"]
        assert old.headers.get("Last-Modified") == new.headers.get("Last-Modified")
        assert old.content == new.content


@pytest.mark.parametrize("header, begin, end", [
    ("bytes=0-0", 0, 1),
    ("bytes=0-999", 0, 1000),
    ("bytes=1000000-", 1000000, None),
    ("bytes=-1", -1, None),
    ("bytes=-3000000", -3000000, None),
    ("bytes=4000000-99999999999", 4000000, None),
    ("Bytes=5-6", 5, 7),
])
def test_range(server, source, header, begin, end):
    answer = server.get(source.path, headers={"Range": header, "Accept-Encoding": "gzip"})

    part = source.expected[begin:end]
    first = begin if begin >= 0 else source.size + begin
    assert answer.status_code == 206
    assert answer.content == part
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{source.size}"
    assert answer.headers["Content-Length"] == str(len(part))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] == server.get(source.path).headers["ETag"]
    assert "filename=" in answer.headers["Content-Disposition"]
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("header", ["bytes=0-9,20-29", "bytes=9-8", "bytes=x-", "lines=0-9", "bytes", ""])
def test_other_ranges_give_everything(server, source, header):
    answer = server.get(source.path, headers={"Range": header})

    assert answer.status_code == 200
    assert "Content-Range" not in answer.headers
    assert answer.content == source.expected


@pytest.mark.parametrize("header", ["bytes={size}-", "bytes=99999999999999999999-", "bytes=-0"])
def test_range_outside(server, source, header):
    answer = server.get(source.path, headers={"Range": header.format(size=source.size)})

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{source.size}"
    assert answer.content == b""


def test_if_range(server, source):
    tag = server.get(source.path).headers["ETag"]

    def ask(condition):
        return server.get(source.path, headers={"Range": "bytes=1000-", "If-Range": condition})

    assert ask(tag).status_code == 206
    assert ask(tag).content == source.expected[1000:]
    for other in ('"other"', "W/" + tag, "Sun, 06 Nov 1994 08:49:37 GMT", tag.strip('"')):
        answer = ask(other)
        assert answer.status_code == 200, other
        assert answer.content == source.expected


def test_if_range_with_a_date(server, job):
    date = server.get(job.path).headers["Last-Modified"]

    answer = server.get(job.path, headers={"Range": "bytes=1000-", "If-Range": date})

    assert answer.status_code == 206
    assert answer.content == job.expected[1000:]


def test_changed_content_is_sent_as_a_whole(start_server):
    server = start_server()
    first, second, third = make_study("changing", series=1, instances=3)
    study = server.upload_all([first, second])[0]["ParentStudy"]
    path = f"/studies/{study}/archive?compression=store"
    before = server.get(path)
    server.upload(third)

    answer = server.get(path, headers={"Range": "bytes=1000-", "If-Range": before.headers["ETag"]})

    assert answer.status_code == 200
    assert answer.headers["ETag"] != before.headers["ETag"]
    assert len(list_names(answer.content)) == 3
    assert server.get(path, headers={"If-Match": before.headers["ETag"]}).status_code == 412


def test_new_file_of_a_job_is_another_one(start_server):
    server = start_server()
    study = server.upload_all(make_study("again", series=1, instances=1))[0]["ParentStudy"]
    paths = []
    for _ in range(2):
        job = server.submit(f"/studies/{study}/archive")
        server.wait_success(job)
        paths.append(f"/jobs/{job}/archive")

    first, second = (server.get(path) for path in paths)

    assert first.headers["ETag"] != second.headers["ETag"]


def read_raw(server, path, headers):
    """One answer on a connection that stays: status, headers, and what comes behind it."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        # The second request shows that the first answer has no content
        connection.sendall("\r\n".join(lines).encode() +
                           b"GET /system HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        data = b""
        while block := connection.recv(65536):
            data += block
    return data


def test_not_modified(server, source):
    tag = server.get(source.path).headers["ETag"]

    for condition in (tag, "W/" + tag, '"x", ' + tag, "*"):
        answer = server.get(source.path, headers={"If-None-Match": condition})
        assert answer.status_code == 304, condition
        assert answer.headers["ETag"] == tag
        assert answer.content == b""
        assert "Content-Type" not in answer.headers
    for condition in ('"x"', tag.strip('"'), ""):
        assert server.get(source.path, headers={"If-None-Match": condition}).status_code == 200
    data = read_raw(server, source.path, [f"If-None-Match: {tag}"])
    head, rest = data.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 304 ")
    assert rest == b"" or rest.startswith(b"HTTP/1.1 200 ")


def test_not_modified_since(server, job):
    date = server.get(job.path).headers["Last-Modified"]

    assert server.get(job.path, headers={"If-Modified-Since": date}).status_code == 304
    assert server.get(job.path, headers={"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"}
                      ).status_code == 200
    assert server.get(job.path, headers={"If-Modified-Since": date, "If-None-Match": '"x"'}
                      ).status_code == 200


def test_conditional_request_of_curl(server, source, tmp_path):
    """curl keeps the tag itself, and takes the 304 for what it is."""
    target, tag = str(tmp_path / "file"), str(tmp_path / "tag")
    command = ["curl", "-sS", "--etag-save", tag, "--etag-compare", tag, "-o", target,
               "-w", "%{http_code}", server.url + source.path]

    assert run(*command).stdout == "200"
    source.check(target)
    assert run(*command).stdout == "304"
    source.check(target)


def test_pages_go_on_and_can_be_resumed(server, job):
    path = job.path + "?offset=1000&length=5000"

    whole = server.get(path)
    part = server.get(path, headers={"Range": "bytes=4000-", "If-Range": whole.headers["ETag"]})

    assert whole.status_code == 200
    assert whole.content == job.expected[1000:6000]
    assert part.status_code == 206
    assert part.content == job.expected[5000:6000]
    assert part.headers["Content-Range"] == "bytes 4000-4999/5000"


def test_slow_reader_gets_its_range(start_server):
    """A range goes out as one buffer: the time-out of the host is for each progress, not for all of it."""
    server = start_server({"HttpRequestTimeout": 2})
    study = server.upload_all(make_ballast(count=4, megabytes=8, patient="slow"))[0]["ParentStudy"]
    job = server.submit(f"/studies/{study}/archive")
    server.wait_success(job)
    path = f"/jobs/{job}/archive"
    expected = server.get(path).content

    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.settimeout(120)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nRange: bytes=10-\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        content = b""
        pause = threading.Event()
        for _ in range(12):
            content += answer.read(MEBIBYTE)
            pause.wait(0.5)
        content += answer.read()

    assert answer.status == 206
    assert content == expected[10:]


# Clients, with connections that are cut


@pytest.mark.parametrize("cuts", [[MEBIBYTE], [5 * MEBIBYTE, 3 * MEBIBYTE, 20000], [30000] * 4])
def test_curl(make_relay, source, tmp_path, cuts):
    target = str(tmp_path / "file")

    with make_relay(cuts) as relay:
        results = [run("curl", "-fsS", "-C", "-", "-o", target, relay.url + source.path)
                   for _ in range(len(cuts) + 1)]

        assert [result.returncode for result in results] == [18] * len(cuts) + [0], results
        assert relay.cut_count == len(cuts)
        assert len(relay.find_headers("Range")) == len(cuts)
    source.check(target)


def test_curl_of_a_complete_file(server, source, tmp_path):
    target = str(tmp_path / "file")
    with open(target, "wb") as stream:
        stream.write(source.expected)

    # curl takes the 416 of a file that it has for success, from 7.84 on (it compares Content-Range)
    run("curl", "-sS", "-C", "-", "-o", target, server.url + source.path)

    source.check(target)


def test_wget(server, make_relay, source, tmp_path):
    target = str(tmp_path / "file")

    with make_relay([MEBIBYTE, 7 * MEBIBYTE, 4000]) as relay:
        result = run("wget", "-q", "-c", "--tries=8", "--waitretry=0", "-O", target,
                     relay.url + source.path)

        assert result.returncode == 0, result.stderr
        assert relay.cut_count == 3
        assert len(relay.find_headers("Range")) >= 2
    source.check(target)
    # What is complete is left alone
    assert run("wget", "-q", "-c", "-O", target, server.url + source.path).returncode == 0
    source.check(target)


def test_wget_in_two_runs(make_relay, source, tmp_path):
    target = str(tmp_path / "file")

    with make_relay([3 * MEBIBYTE]) as relay:
        first = run("wget", "-q", "-c", "--tries=1", "-O", target, relay.url + source.path)
        size = os.path.getsize(target)
        second = run("wget", "-q", "-c", "--tries=1", "-O", target, relay.url + source.path)

        assert first.returncode != 0
        assert 0 < size < source.size
        assert second.returncode == 0, second.stderr
        assert relay.find_headers("Range") == [f"bytes={size}-"]
    source.check(target)


def test_aria2(make_relay, source, tmp_path):
    with make_relay([2 * MEBIBYTE, MEBIBYTE, MEBIBYTE, 50000]) as relay:
        result = run("aria2c", "--no-conf", "-q", "-x4", "-s4", "-k1M", "--max-tries=10",
                     "--file-allocation=none", "-d", str(tmp_path), "-o", "file", relay.url + source.path)

        assert result.returncode == 0, result.stdout + result.stderr
        assert relay.cut_count == 4
        assert len(relay.find_headers("Range")) >= 4
    source.check(tmp_path / "file")


def test_requests(make_relay, source):
    have, tag, cuts = b"", None, [MEBIBYTE, 6 * MEBIBYTE, 100000]
    statuses = []

    with make_relay(cuts) as relay:
        while len(have) < source.size and len(statuses) <= len(cuts):
            headers = {"Range": f"bytes={len(have)}-", "If-Range": tag} if tag else {}
            with requests.get(relay.url + source.path, headers=headers, stream=True, timeout=60) as answer:
                statuses.append(answer.status_code)
                tag = answer.headers["ETag"]
                try:
                    for block in answer.iter_content(65536):
                        have += block
                except requests.RequestException:
                    pass    # cut; older versions do not even notice

    assert statuses == [200, 206, 206, 206]
    assert have == source.expected


class Chromium:
    """Headless, steered through its DevTools protocol over a pair of pipes."""

    def __init__(self, profile, downloads):
        self.next_id = 0
        self.events = []
        self.pending = b""
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        # The protocol wants descriptors 3 and 4
        script = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", shutil.which("chromium"), "--headless=new", "--no-sandbox",
             "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update", "--no-proxy-server",
             "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_browser, from_browser), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads),
                  eventsEnabled=True)

    def read_message(self):
        while b"\0" not in self.pending:
            data = os.read(self.input, 1 << 16)
            assert data, "Chromium has ended"
            self.pending += data
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.next_id += 1
        os.write(self.output, json.dumps({"id": self.next_id, "method": method, "params": parameters}
                                         ).encode() + b"\0")
        while True:
            message = self.read_message()
            if message.get("id") == self.next_id:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def wait_for_event(self, condition):
        while True:
            while self.events:
                event = self.events.pop(0)
                if condition(event):
                    return event
            self.events.append(self.read_message())

    def download(self, url):
        """The state in which the download of the URL ends: "completed" or "canceled"."""
        self.call("Target.createTarget", url=url)
        event = self.wait_for_event(
            lambda event: event["method"] == "Browser.downloadProgress" and
            event["params"]["state"] != "inProgress")
        return event["params"]["state"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
        except (OSError, AssertionError):
            pass
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.input)
        os.close(self.output)


def test_chromium(make_relay, source, tmp_path):
    downloads = tmp_path / "downloads"
    downloads.mkdir()

    with make_relay([5 * MEBIBYTE]) as relay, Chromium(tmp_path / "profile", downloads) as browser:
        assert browser.download(relay.url + source.path) == "completed"

        assert relay.cut_count == 1
        assert len(relay.find_headers("Range")) == 1
        assert len(relay.find_headers("If-Range")) == 1
    wait_until(lambda: len(glob.glob(str(downloads / "*.zip"))) == 1, "the file to get its name")
    source.check(glob.glob(str(downloads / "*.zip"))[0])
