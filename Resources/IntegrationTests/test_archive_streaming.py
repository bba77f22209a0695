# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""How an archive travels: a cut transfer is an error, nobody waits, nothing piles up, nothing stays."""

import http.client
import os
import socket
import subprocess
import threading
import time

import pytest
import requests

from dicom_samples import make_ballast, make_dicom, make_study
from nginx_proxy import run_nginx
from orthanc_server import (CAN_STREAM, MEBIBYTE, check_no_success, find_free_port, list_names, open_zip,
                            read_entries, wait_until)

# Nothing of a deleted file may come from the memory of the host
NO_CACHE = {"MaximumStorageCacheSize": 0}

needs_stream = pytest.mark.parametrize("can_stream", [CAN_STREAM])


@pytest.fixture(scope="module")
def server(start_module_server):
    return start_module_server(NO_CACHE)


@pytest.fixture(scope="module")
def study(server):
    dicoms = make_study("streaming", series=2, instances=4, rows=256, columns=256)

    class Study:
        files = sorted(dicoms)
        path = f"/studies/{server.upload_all(dicoms)[0]['ParentStudy']}/archive"

    return Study


@pytest.fixture(scope="module")
def ballast(server):
    """Too much for the buffers between server and client: the sender must wait for the reader."""
    dicoms = make_ballast(count=4, megabytes=8, patient="ballast")
    stored = server.upload_all(dicoms)

    class Ballast:
        size = 3 * sum(len(dicom) for dicom in dicoms)
        study = f"/studies/{stored[0]['ParentStudy']}/archive"
        resources = [item["ID"] for item in stored] * 3

    return Ballast


class SlowClient:
    """Sends a request and reads only when told."""

    def __init__(self, server, method, path, body=b"", headers=()):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=120)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}",
                 *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + body)
        self.answer = None

    def read_headers(self):
        self.answer = http.client.HTTPResponse(self.socket)
        self.answer.begin()
        return self.answer

    def read_all(self):
        if self.answer is None:
            self.read_headers()
        return self.answer.read()

    def close(self):
        if self.answer is not None:
            self.answer.close()
        self.socket.close()


def list_jobs(server):
    return {job["ID"]: job for job in server.get_json("/jobs?expand")}


def find_new_job(server, known):
    fresh = [job for key, job in list_jobs(server).items() if key not in known]
    return fresh[0] if fresh else None


def count_threads(server):
    return server.read_status("Threads")


def settle(server):
    """Threads and files of a server at rest, after every kind of request was made once."""
    return count_threads(server), len(server.list_open_files())


def check_rest(server, threads, files):
    """Back to what was before; a pool of the host may have grown by a thread or two."""
    wait_until(lambda: count_threads(server) <= threads + 2 and
               len(server.list_open_files()) <= files + 2,
               f"{threads} threads and {files} files, now {settle(server)}", seconds=90)
    assert not [name for name in server.list_spool() if name.endswith((".part", ".tmp")) or
                name.startswith("temporary")]
    assert not [name for name in server.list_open_files() if "deleted" in name and
                server.directory in name]


# Framing

def read_raw(server, path, headers=(), version="1.1"):
    """Status line and headers in lower case, and the body as it came."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as connection:
        request = [f"GET {path} HTTP/{version}", "Host: localhost", "Connection: close", *headers, "", ""]
        connection.sendall("\r\n".join(request).encode())
        data = b"".join(iter(lambda: connection.recv(MEBIBYTE), b""))
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, value = line.split(":", 1)
        assert name.lower() not in fields, f"{name} twice"
        fields[name.lower()] = value.strip()
    return lines[0], fields, body


def decode_chunks(body):
    """RFC 9112 7.1, strictly."""
    data = b""
    while True:
        size, body = body.split(b"\r\n", 1)
        length = int(size, 16)
        if length == 0:
            assert body == b"\r\n"
            return data
        data += body[:length]
        assert body[length:length + 2] == b"\r\n"
        body = body[length + 2:]


def test_framing_of_unknown_length(server, study):
    status, fields, body = read_raw(server, study.path)

    assert status.split()[1] == "200"
    if CAN_STREAM:
        assert fields["transfer-encoding"] == "chunked"
        assert "content-length" not in fields
        body = decode_chunks(body)
    else:
        assert "transfer-encoding" not in fields
        assert int(fields["content-length"]) == len(body)
    assert fields["content-type"] == "application/zip"
    assert sorted(read_entries(body).values()) == study.files


def test_length_is_announced_where_known(server, study):
    _, fields, body = read_raw(server, study.path + "?compression=store")

    assert int(fields["content-length"]) == len(body)
    assert "transfer-encoding" not in fields
    assert sorted(read_entries(body).values()) == study.files


@pytest.mark.parametrize("header", ["TE: identity", "te: Identity"])
def test_plain_stream_on_demand(server, study, header):
    _, fields, body = read_raw(server, study.path, [header])

    assert "transfer-encoding" not in fields
    assert sorted(read_entries(body).values()) == study.files


def test_plain_stream_by_configuration(start_server):
    server = start_server({"AdvancedRest": {"Archive": {"ChunkedFraming": False}}})
    stored = server.upload_all(make_study())

    _, fields, body = read_raw(server, f"/studies/{stored[0]['ParentStudy']}/archive")

    assert "transfer-encoding" not in fields
    assert len(list_names(body)) == 6


@pytest.mark.parametrize("encoding", ["gzip", "gzip, deflate, br", "deflate", "*"])
@pytest.mark.parametrize("query", ["", "?compression=store"])
def test_never_compressed_on_top(server, study, encoding, query):
    _, fields, body = read_raw(server, study.path + query, [f"Accept-Encoding: {encoding}"])

    assert "content-encoding" not in fields
    if "transfer-encoding" in fields:
        body = decode_chunks(body)
    assert body.startswith(b"PK\3\4")


def test_output_of_a_job_is_never_compressed_on_top(server, study):
    job = server.submit(study.path)
    server.wait_success(job)

    _, fields, body = read_raw(server, f"/jobs/{job}/archive", ["Accept-Encoding: gzip"])

    assert "content-encoding" not in fields
    assert int(fields["content-length"]) == len(body)
    assert sorted(read_entries(body).values()) == study.files


def test_small_answers_come_at_once(server, study):
    """A connection that stays open is not a body without an end."""
    for _ in range(3):
        with requests.Session() as session:
            for _ in range(3):
                answer = session.get(server.url + study.path, timeout=60)
                assert len(list_names(answer.content)) == 8


def test_attachment_by_configuration(start_server):
    server = start_server({"AdvancedRest": {"Archive": {"Attachment": True}}})
    stored = server.upload(make_dicom())
    path = f"/studies/{stored['ParentStudy']}/archive"

    answer = server.get(path)

    assert answer.headers["Content-Disposition"] == \
        f'attachment; filename="{stored["ParentStudy"]}.zip"'
    job = server.submit(path, Filename="x.zip")
    server.wait_success(job)
    answer = server.get(f"/jobs/{job}/archive")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="x.zip"'


# Clients

def fetch_with(tool, url, path):
    """The exit code of a download program."""
    commands = {
        "curl": ["curl", "-sS", "--fail", "-o", path, url],
        "curl 1.0": ["curl", "-sS", "--fail", "--http1.0", "-H", "TE: identity", "-o", path, url],
        "curl compressed": ["curl", "-sS", "--fail", "--compressed", "-o", path, url],
        "wget": ["wget", "-q", "--tries=1", "-O", path, url],
        "aria2c": ["aria2c", "-q", "--no-conf", "--max-tries=1", "--allow-overwrite=true",
                   "-d", os.path.dirname(path), "-o", os.path.basename(path), url],
    }
    return subprocess.run(commands[tool], check=False, capture_output=True, timeout=120,
                          stdin=subprocess.DEVNULL).returncode


TOOLS = ["curl", "curl compressed", "wget", "aria2c"]


@pytest.mark.parametrize("tool", TOOLS + ["curl 1.0"])
@pytest.mark.parametrize("query", ["", "?compression=store"])
def test_download_programs(server, study, tmp_path, tool, query):
    path = str(tmp_path / "study.zip")

    assert fetch_with(tool, server.url + study.path + query, path) == 0

    with open(path, "rb") as stream:
        assert sorted(read_entries(stream.read()).values()) == study.files


class Broken:
    """A study whose last file is missing in the storage area, after much that is not."""

    def __init__(self, server, patient):
        # Names and order follow the Orthanc IDs: the last instance of a series comes last
        stored = server.upload_all(make_ballast(count=6, megabytes=4, patient=patient))
        self.path = f"/studies/{stored[0]['ParentStudy']}/archive"
        self.instance = stored[-1]["ID"]
        os.remove(server.find_storage_file(self.instance))


@pytest.fixture(scope="module")
def broken(server):
    return Broken(server, "broken")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("query", ["", "?compression=store"])
def test_cut_transfer_is_an_error(server, broken, tmp_path, expect_errors, tool, query):
    expect_errors("")

    assert fetch_with(tool, server.url + broken.path + query, str(tmp_path / "cut.zip")) != 0


@pytest.mark.parametrize("query", ["", "?compression=store"])
def test_cut_transfer_is_an_error_for_requests(server, broken, expect_errors, query):
    expect_errors("")

    check_no_success(lambda: server.get(broken.path + query), broken.instance)


def test_cut_archive_does_not_open(server, broken, expect_errors):
    """Even a client that ignores the framing gets no ZIP."""
    expect_errors("")

    _, _, body = read_raw(server, broken.path, ["TE: identity"])

    assert b"PK\x05\x06" not in body[-70000:]


def test_failed_stream_is_a_failed_job(server, broken, expect_errors):
    expect_errors("")
    known = list_jobs(server)

    read_raw(server, broken.path)

    job = wait_until(lambda: find_new_job(server, known), "the job of a stream")
    job = server.wait_job(job["ID"])
    assert job["State"] == "Failure"
    assert job["ErrorCode"] != 0
    assert broken.instance in str(job)


# nginx in front

NGINX_SERVER = """server {{
  listen 127.0.0.1:{port};
  location / {{ proxy_pass http://127.0.0.1:{upstream}; {options} }}
}}"""


@pytest.fixture(params=["", "proxy_http_version 1.1;", "proxy_buffering off;"],
                ids=["default", "HTTP/1.1", "unbuffered"])
def nginx(request, server, tmp_path):
    """Its address. By default it speaks HTTP/1.0 to the server behind it."""
    port = find_free_port()
    block = NGINX_SERVER.format(port=port, upstream=server.port, options=request.param)
    with run_nginx(tmp_path, block, f"http://127.0.0.1:{port}") as url:
        yield url


@pytest.mark.parametrize("query", ["", "?compression=store"])
def test_behind_nginx(server, study, nginx, query):
    answer = requests.get(nginx + study.path + query, timeout=60)

    assert answer.status_code == 200
    assert sorted(read_entries(answer.content).values()) == study.files


@pytest.mark.parametrize("query", ["", "?compression=store"])
def test_cut_transfer_behind_nginx(server, broken, nginx, tmp_path, expect_errors, query):
    expect_errors("")

    assert fetch_with("curl", nginx + broken.path + query, str(tmp_path / "cut.zip")) != 0


# Slow clients and clients that leave

def start_ballast(server, ballast, **fields):
    """A client that does not read yet, and its job."""
    import json
    known = list_jobs(server)
    body = json.dumps({"Resources": ballast.resources, "Compression": "Store", **fields}).encode()
    client = SlowClient(server, "POST", "/tools/create-archive", body)
    job = wait_until(lambda: find_new_job(server, known), "the job of a stream")
    return client, job["ID"]


def test_stream_is_listed_while_it_runs(server, ballast, expect_errors):
    expect_errors()
    client, job_id = start_ballast(server, ballast)

    job = server.wait_job(job_id, "Running", "Success")
    assert job_id in server.get_json("/jobs")
    assert job["Type"] == "Archive"
    assert job["Content"]["InstancesCount"] == 12
    data = client.read_all()
    client.close()

    assert len(open_zip(data).namelist()) == 12
    job = server.wait_success(job_id)
    assert job["Progress"] == 100
    assert int(job["Content"]["ArchiveSize"]) == len(data)
    assert server.get(f"/jobs/{job_id}/archive").status_code == 404


@needs_stream
def test_slow_client_slows_the_reading(server, ballast, can_stream):
    """Where the host streams: what the client has not read is not in memory."""
    before = server.read_status("RssAnon")
    client, job_id = start_ballast(server, ballast)
    client.read_headers()
    if can_stream:
        time.sleep(2)

        job = server.job(job_id)
        assert job["State"] == "Running"
        assert int(job["Content"]["ArchiveSize"]) < ballast.size / 2
        assert job["Progress"] < 60
    assert server.read_status("RssAnon") - before < 64 * 1024
    data = client.read_all()
    client.close()
    assert len(open_zip(data).namelist()) == 12


@pytest.mark.sanitizer
def test_client_leaves(server, ballast, expect_errors):
    expect_errors("")
    start_ballast(server, ballast)[0].close()
    wait_until(lambda: all(job["State"] in ("Success", "Failure")
                           for job in list_jobs(server).values()), "jobs to end", seconds=120)
    threads, files = settle(server)

    for _ in range(3):
        client, job_id = start_ballast(server, ballast)
        client.read_headers().read(100000)
        client.close()
        job = server.wait_job(job_id)
        if CAN_STREAM:
            assert (job["State"], job["ErrorCode"]) == ("Failure", 14), job

    check_rest(server, threads, files)


@pytest.mark.sanitizer
@pytest.mark.parametrize("when", ["before the headers", "at once"])
def test_client_leaves_early(server, ballast, expect_errors, when):
    expect_errors("")
    threads, files = settle(server)
    known = list_jobs(server)

    for _ in range(4):
        if when == "at once":
            client = SlowClient(server, "GET", ballast.study)
        else:
            client, _ = start_ballast(server, ballast)
        client.close()

    wait_until(lambda: all(job["State"] in ("Success", "Failure")
                           for job in list_jobs(server).values()), "jobs to end", seconds=120)
    assert len(set(list_jobs(server)) - set(known)) <= 4
    check_rest(server, threads, files)


@pytest.mark.sanitizer
def test_cancel_of_a_stream(start_server, expect_errors):
    """The client sees a broken transfer or an error, never a short success."""
    expect_errors("")
    server = start_server({"AdvancedRest": {"Archive": {"Threads": 1}}})
    ids = [item["ID"] for item in server.upload_all(make_ballast(count=4, megabytes=8))]

    class Ballast:
        resources = ids * 10

    client, job_id = start_ballast(server, Ballast, Compression="Dense")
    server.wait_job(job_id, "Running")
    answer = server.post(f"/jobs/{job_id}/cancel", b"")
    assert (answer.status_code, answer.json()) == (200, {})

    if CAN_STREAM:
        with pytest.raises((http.client.HTTPException, OSError)):
            client.read_all()
    else:
        assert client.read_headers().status == 500
    client.close()
    job = server.wait_job(job_id)
    assert (job["State"], job["ErrorCode"]) == ("Failure", 37)
    # A second time: nothing to do, as for jobs of the host
    assert server.post(f"/jobs/{job_id}/cancel", b"").status_code == 200
    assert server.list_spool() == [name for name in server.list_spool() if not name.endswith(".part")]


def test_pausing_or_resubmitting_a_stream_is_refused(server, study):
    known = list_jobs(server)
    server.get(study.path)
    job = wait_until(lambda: find_new_job(server, known), "the job of a stream")

    for verb in ("resume", "resubmit"):
        answer = server.post(f"/jobs/{job['ID']}/{verb}", b"")
        assert (answer.status_code, answer.content) == (400, b""), verb


# Many at a time

def test_streams_do_not_wait_for_jobs(start_server):
    """Three slow downloads at once, although two jobs run at a time; a fourth comes through."""
    server = start_server({"ConcurrentJobs": 1})
    stored = server.upload_all(make_ballast(count=4, megabytes=8))

    class Ballast:
        resources = [item["ID"] for item in stored] * 2

    clients = [start_ballast(server, Ballast)[0] for _ in range(3)]
    for client in clients:
        assert client.read_headers().status == 200
    small = server.upload(make_dicom("small"))

    answer = server.get(f"/studies/{small['ParentStudy']}/archive")

    assert len(list_names(answer.content)) == 1
    for client in clients:
        assert len(open_zip(client.read_all()).namelist()) == 8
        client.close()


def test_limit_of_streams(start_server):
    """The others wait for their turn, by priority, and get the whole archive."""
    server = start_server({"AdvancedRest": {"Archive": {"MaxStreams": 1}}})
    stored = server.upload_all(make_ballast(count=4, megabytes=8))
    resources = [item["ID"] for item in stored] * 2
    finished = []

    class Ballast:
        pass

    Ballast.resources = resources
    first, _ = start_ballast(server, Ballast)
    known = list_jobs(server)
    threads = []

    def download(priority):
        answer = server.post("/tools/create-archive",
                             {"Resources": resources[:1], "Priority": priority})
        finished.append((priority, len(list_names(answer.content))))

    for priority in (1, 10, 5):
        threads.append(threading.Thread(target=download, args=(priority,)))
        threads[-1].start()
        wait_until(lambda: len(set(list_jobs(server)) - set(known)) == len(threads),
                   "the job of a waiting stream")
    if CAN_STREAM:
        states = [job["State"] for key, job in list_jobs(server).items() if key not in known]
        assert states == ["Pending"] * 3
    assert len(open_zip(first.read_all()).namelist()) == 8
    first.close()
    for thread in threads:
        thread.join()

    assert sorted(finished) == [(1, 1), (5, 1), (10, 1)]
    ends = {job["Priority"]: job["CompletionTime"] for key, job in list_jobs(server).items()
            if key not in known}
    if CAN_STREAM:
        assert ends[10] <= ends[5] <= ends[1]


@pytest.mark.sanitizer
def test_fifty_downloads(start_server):
    server = start_server()
    dicoms = make_study("fifty", series=2, instances=5, rows=128, columns=128)
    path = f"/studies/{server.upload_all(dicoms)[0]['ParentStudy']}/archive"
    expected = server.get(path).content
    threads, files = settle(server)
    results = []

    def download(index):
        query = ("", "?compression=store", "?compression=dense")[index % 3]
        results.append((index % 3, server.get(path + query).content))

    workers = [threading.Thread(target=download, args=(index,)) for index in range(50)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(results) == 50
    assert {data for kind, data in results if kind == 0} == {expected}
    assert all(sorted(read_entries(data).values()) == sorted(dicoms) for _, data in results)
    check_rest(server, threads, files)


# Beyond 2 GiB

def test_beyond_two_gibibytes(server, ballast, expect_errors):
    """Streamed with its exact length; a host that cannot stream refuses before it reads anything."""
    resources = ballast.resources[:4] * 80
    fields = {"Resources": resources, "Compression": "Store"}
    expected = 80 * ballast.size // 3
    if not CAN_STREAM:
        expect_errors("")

        answer = server.post("/tools/create-archive", fields)

        assert answer.status_code >= 400
        assert "Asynchronous" in answer.text
        return

    answer = server.post("/tools/create-archive", fields, stream=True)

    length = int(answer.headers["Content-Length"])
    assert length > expected > 2 << 30
    assert sum(len(piece) for piece in answer.iter_content(MEBIBYTE)) == length


# Pages

@pytest.fixture(scope="module")
def finished_job(server, study):
    job = server.submit(study.path)
    server.wait_success(job)
    return f"/jobs/{job}/archive"


@pytest.mark.parametrize("page", [1000, 65536, 1 << 30])
def test_pages_of_an_output(server, finished_job, page):
    whole = server.get(finished_job).content

    pages = [server.get(f"{finished_job}?offset={offset}&length={page}")
             for offset in range(0, min(len(whole), 100 * page), page)]

    assert {answer.status_code for answer in pages} == {200}
    assert b"".join(answer.content for answer in pages) == whole[:100 * page]


def test_page_without_a_length(server, finished_job):
    whole = server.get(finished_job).content

    assert server.get(f"{finished_job}?offset=10").content == whole[10:]
    assert server.get(f"{finished_job}?length=10").content == whole[:10]


@pytest.mark.parametrize("query, status", [
    ("offset=x", 400), ("offset=-1", 400), ("length=0", 400), ("length=x", 400), ("offset=1.5", 400),
    ("offset=99999999999999999999999", 400), ("offset=1000000000", 416),
])
def test_wrong_page(server, finished_job, expect_errors, query, status):
    expect_errors()

    assert server.get(f"{finished_job}?{query}").status_code == status


def test_loop_of_readme(server, finished_job, tmp_path):
    """As it stands there, but in smaller pages."""
    readme = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../README")
    with open(readme, encoding="utf-8") as stream:
        text = stream.read()
    begin = text.index("    size=$(curl")
    script = text[begin:text.index("> study.zip", begin) + len("> study.zip")]
    script = script.replace("http://localhost:8042", server.url).replace("1073741824", "100000")

    subprocess.run(["bash", "-c", f"set -eu; job={finished_job.split('/')[2]}; {script}"], check=True,
                   cwd=tmp_path, timeout=120)

    assert (tmp_path / "study.zip").read_bytes() == server.get(finished_job).content


# SynchronousZipStream

def test_file_first_on_demand(start_server, expect_errors):
    """SynchronousZipStream: false. The length is known, and errors are errors."""
    expect_errors("")
    core = start_server({"SynchronousZipStream": False, **NO_CACHE}, with_plugin=False)
    server = start_server({"SynchronousZipStream": False, **NO_CACHE})
    dicoms = make_study("file first", instances=3)
    stored = [(core.upload(dicom), server.upload(dicom))[1] for dicom in dicoms]
    path = f"/studies/{stored[0]['ParentStudy']}/archive"

    expected, answer = core.get(path), server.get(path)

    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert "Transfer-Encoding" not in answer.headers
    for header in ("Content-Type", "Content-Disposition"):
        assert answer.headers[header] == expected.headers[header]
    assert sorted(read_entries(answer.content).values()) == sorted(dicoms)
    os.remove(server.find_storage_file(stored[-1]["ID"]))
    failed = server.get(path)
    assert failed.status_code == 500
    assert stored[-1]["ID"] in failed.text
    assert not [name for name in server.list_open_files() if "deleted" in name and
                server.directory in name]
