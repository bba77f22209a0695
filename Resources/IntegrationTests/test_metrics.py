# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The metrics: formats, old names, right values, the switch, sums that equal what was done."""

import concurrent.futures
import gzip
import os
import re
import subprocess

import numpy
import pytest
import requests

from dicom_samples import make_ballast, make_dicom, make_study
from document_samples import make_pdf
from exposition import (ALL_OLD_NAMES, OLD_NAMES, OPEN, RESOURCES, TEXT, URI, Samples, fetch, scrape,
                        wait_for_sum)
from orthanc_server import MEBIBYTE, VERSION, check_no_success

QUICK = {"AdvancedRest": {"Metrics": {"RefreshSeconds": 1}}}


@pytest.fixture(scope="module")
def server(start_module_server):
    """With a study, and one answer to each kind of request."""
    server = start_module_server(dict(QUICK, StorageCompression=True))
    stored = server.upload_all(make_study())[0]
    server.study = stored["ParentStudy"]
    assert server.get(f"/studies/{server.study}/archive").status_code == 200
    server.wait_success(server.submit(f"/studies/{server.study}/archive"))
    return server


# Formats

@pytest.mark.parametrize("accept", [TEXT, "Text/Plain; Version=\"0.0.4\"; q=0.3, */*;q=0.1"])
def test_plain_text(server, accept):
    answer = fetch(server, accept)

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "Accept" in answer.headers["Vary"]
    samples = Samples(answer.text, is_open=False)
    assert samples.sum("orthanc_resources", level="instance") == 6
    assert all(sample.timestamp is None for family in samples.families for sample in family.samples)
    assert "# EOF" not in answer.text


@pytest.mark.parametrize("accept", [
    OPEN,
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.1"])
def test_openmetrics(server, accept):
    answer = fetch(server, accept)

    assert answer.headers["Content-Type"] == \
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    samples = Samples(answer.text)     # the parser is strict about the format
    assert answer.text.endswith("# EOF\n") and "\n\n" not in answer.text
    assert samples.sum("orthanc_resources", level="instance") == 6
    assert "# UNIT orthanc_received_bytes bytes\n" in answer.text
    assert {family.type for family in samples.families} >= {"counter", "gauge", "histogram"}


@pytest.mark.parametrize("accept", ["*/*", "application/json, text/plain, */*", "text/html"])
def test_lines_of_the_host(server, accept):
    """As Orthanc Explorer 2 reads them: cells between blanks, those of three count."""
    answer = fetch(server, accept)

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4"
    lines = answer.text.splitlines()
    cells = {line.split(" ")[0]: line.split(" ") for line in lines if not line.startswith("#")}
    assert all(len(line.split(" ")) != 3 for line in lines if line.startswith("#"))
    for name in OLD_NAMES:
        _, value, time = cells[name]
        float(value)
        assert int(time) > 1_600_000_000_000
    assert float(cells["orthanc_up_time_s"][1]) >= 0


@pytest.mark.parametrize("accept", [TEXT, OPEN, "*/*"])
def test_compressed(server, accept):
    headers = {"Accept": accept, "Accept-Encoding": "gzip"}
    with requests.get(server.url + URI, headers=headers, stream=True, timeout=60) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        text = gzip.decompress(answer.raw.read())
    assert b"# TYPE orthanc_resources gauge\n" in text

    plain = requests.get(server.url + URI, timeout=60,
                         headers={"Accept": accept, "Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert "# TYPE orthanc_resources gauge\n" in plain.text


@pytest.mark.parametrize("is_compressing", [True, False], ids=str)
def test_compressed_once(start_server, is_compressing):
    """Whoever compresses, the host or the plugin."""
    server = start_server({"HttpCompressionEnabled": is_compressing})
    with requests.get(server.url + URI, headers={"Accept-Encoding": "gzip"}, stream=True,
                      timeout=60) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.raw.read()).startswith(b"# HELP ")


def test_official_linter(server):
    text = fetch(server, TEXT).text
    run = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                         timeout=60, check=False)
    complaints = (run.stdout + run.stderr).splitlines()
    assert [line for line in complaints if line.split(" ")[0] not in ALL_OLD_NAMES] == []


def test_few_series(server):
    assert len(scrape(server).values) < 1000


# Names and values

def test_union_of_old_names(start_server, server):
    core = start_server(with_plugin=False)
    core.upload(make_dicom())
    names = {line.split(" ")[0] for line in core.get(URI).text.splitlines()}

    ours = scrape(server).names()

    assert names - ours == set()
    assert OLD_NAMES - ours == set()
    assert names <= ALL_OLD_NAMES


def test_right_values(server):
    statistics = server.get_json("/statistics")
    samples = scrape(server)

    disk, uncompressed = int(statistics["TotalDiskSize"]), int(statistics["TotalUncompressedSize"])
    assert disk < uncompressed, "the storage compresses"
    assert samples.sum("orthanc_storage_bytes") == disk
    assert samples.sum("orthanc_storage_uncompressed_bytes") == uncompressed
    assert samples.sum("orthanc_uncompressed_size_mb") == uncompressed / 1048576
    assert samples.sum("orthanc_disk_size_mb") == disk / 1048576
    for level in ("patient", "study", "series", "instance"):
        plural = {"study": "studies", "series": "series"}.get(level, level + "s")
        count = statistics["Count" + plural.capitalize()]
        assert samples.sum("orthanc_resources", level=level) == count
        assert samples.sum(f"orthanc_count_{plural}") == count
    assert samples.sum("orthanc_changes_total") == server.get_json("/changes?last")["Last"]


def test_the_process_and_its_disks(server):
    samples = scrape(server)

    resident = samples.sum("process_resident_memory_bytes")
    assert 0.2 < resident / (server.read_status("VmRSS") * 1024) < 5
    assert abs(samples.sum("process_open_fds") - server.count_open_files()) <= 5
    assert abs(samples.sum("process_threads") - server.read_status("Threads")) <= 10
    for area in ("storage", "index", "temporary", "spool"):
        assert 0 < samples.sum("orthanc_filesystem_avail_bytes", area=area) \
            <= samples.sum("orthanc_filesystem_size_bytes", area=area)
    version = ".".join(str(part) for part in VERSION)
    assert samples.sum("orthanc_build_info", version=version) == 1
    for collector in ("process", "jobs", "spool", "host", "statistics", "server", "filesystem"):
        assert samples.sum("orthanc_exporter_collector_success", collector=collector) == 1


def test_without_old_names(start_server):
    server = start_server({"AdvancedRest": {"Metrics": {"LegacyMetrics": False}}})

    assert scrape(server).names() & ALL_OLD_NAMES == set()


# The switch

def test_switch_as_the_host(pair, expect_errors):
    expect_errors()
    for method, path, body in [("GET", "/tools/metrics", None), ("PUT", "/tools/metrics", "yes"),
                               ("PUT", "/tools/metrics", ""), ("PUT", "/tools/metrics", "True"),
                               ("PUT", "/tools/metrics", " false\n"), ("GET", "/tools/metrics", None),
                               ("PUT", "/tools/metrics", "1"), ("GET", "/tools/metrics", None),
                               ("POST", "/tools/metrics", "1"), ("DELETE", "/tools/metrics", None),
                               ("POST", URI, ""), ("PUT", URI, "")]:
        expected, answer = pair.request(method, path, data=body)
        assert answer.status_code == expected.status_code, (method, path, body)
        if expected.status_code == 200:
            assert answer.content == expected.content, (method, path, body)
            assert answer.headers.get("Content-Type") == expected.headers.get("Content-Type")
        elif expected.status_code == 405:
            assert answer.headers["Allow"] == expected.headers["Allow"]


def test_switched_off_and_on(start_server, expect_errors):
    expect_errors()
    server = start_server({"MetricsEnabled": False})

    assert server.get(URI).status_code == 503
    assert "MetricsEnabled" in server.get(URI).text
    assert server.put("/tools/metrics", b"1").status_code == 200
    assert scrape(server).sum("orthanc_count_instances") == 0
    assert server.put("/tools/metrics", b"0").status_code == 200
    assert server.get(URI).status_code == 503


def test_switched_off_as_the_host(start_server):
    server = start_server({"MetricsEnabled": False,
                           "AdvancedRest": {"Metrics": {"EmptyWhenDisabled": True}}})

    answer = server.get(URI)

    assert (answer.status_code, answer.content) == (200, b"")


def test_routes_of_the_host_again(start_server, expect_errors):
    expect_errors()
    server = start_server({"AdvancedRest": {"Metrics": False}})

    assert "#" not in server.get(URI).text
    assert server.get("/tools/metrics").text == "1"
    assert server.get("/advanced-rest/monitoring").status_code == 404


# Sums

def test_instances_and_resources(start_server):
    server = start_server({"AdvancedRest": {"Metrics": {"RefreshSeconds": 1,
                                                        "ReceivedByModality": True}}})
    files = make_study(series=2, instances=2)
    stored = server.upload_all(files + [make_dicom("P2", Modality="XX")])
    assert server.delete(f"/patients/{stored[-1]['ParentPatient']}").status_code == 200

    samples = wait_for_sum(server, 4, "orthanc_resources_deleted_total")

    assert samples.sum("orthanc_instances_received_total", origin="rest") == 5
    assert samples.sum("orthanc_instances_received_total") == 5
    sizes = sum(map(len, files)) + len(make_dicom("P2", Modality="XX"))
    assert samples.sum("orthanc_received_bytes_total", origin="rest") == sizes
    assert samples.sum("orthanc_instances_received_by_modality_total", modality="CT") == 4
    assert samples.sum("orthanc_instances_received_by_modality_total", modality="other") == 1
    for level, count in [("patient", 2), ("study", 2), ("series", 3), ("instance", 5)]:
        assert samples.sum("orthanc_resources_created_total", level=level) == count
    assert samples.sum("orthanc_resources_deleted_total", level="patient") == 1
    assert samples.sum("orthanc_last_instance_received_timestamp_seconds") > 1_600_000_000


@pytest.mark.sanitizer
def test_archives_jobs_and_requests(start_server, expect_errors):
    """Four archives, one of them reused, a failure, a cancel, and a job of Orthanc that fails."""
    expect_errors(r".")
    server = start_server(dict(QUICK, MaximumStorageCacheSize=0,
                               OrthancPeers={"nobody": ["http://127.0.0.1:1/"]}))
    stored = server.upload_all(make_study(series=1, instances=3))
    study, path = stored[0]["ParentStudy"], f"/studies/{stored[0]['ParentStudy']}/archive"
    broken = server.upload(make_dicom("P2"))

    sizes = [len(server.get(path).content), len(server.get(path).content)]
    job = server.submit(path)
    server.wait_success(job)
    sizes.append(int(server.job(job)["Content"]["ArchiveSize"]))
    server.wait_success(server.submit(path))
    os.remove(server.find_storage_file(broken["ID"]))
    check_no_success(lambda: server.get(f"/studies/{broken['ParentStudy']}/archive"))
    assert server.get("/studies/unknown/archive").status_code == 404
    foreign = server.post("/peers/nobody/store",
                          {"Resources": [study], "Asynchronous": True}).json()["ID"]
    server.wait_job(foreign, "Failure")

    samples = wait_for_sum(server, 1, "orthanc_jobs_ended_total", type="OrthancPeerStore")
    assert samples.sum("orthanc_jobs_ended_total", type="OrthancPeerStore", outcome="failure") == 1
    assert samples.sum("orthanc_jobs_submitted_total", type="OrthancPeerStore") == 1
    samples = wait_for_sum(server, 6, "orthanc_jobs_completed")
    assert samples.sum("orthanc_jobs_total_success") == 4
    assert samples.sum("orthanc_jobs_failed") == 2
    assert samples.sum("orthanc_jobs_ended_total", type="Archive", outcome="success") == 4
    assert samples.sum("orthanc_jobs_ended_total", type="Archive", outcome="failure") == 1
    assert samples.sum("orthanc_jobs_submitted_total", type="Archive") == 5
    assert samples.sum("orthanc_job_duration_seconds_count", type="Archive") == 5
    assert samples.sum("orthanc_job_wait_seconds_count", type="OrthancPeerStore") == 1

    assert samples.sum("orthanc_archives_total", kind="archive", outcome="success") == 4
    assert samples.sum("orthanc_archives_total", kind="archive", outcome="failure") == 1
    assert samples.sum("orthanc_archives_total", kind="media") == 0
    assert samples.sum("orthanc_archives_reused_total", kind="archive") == 1
    assert samples.sum("orthanc_archive_bytes_total", kind="archive") == sum(sizes)
    assert samples.sum("orthanc_archive_instances_total", kind="archive") == 9
    assert samples.sum("orthanc_archive_duration_seconds_count", kind="archive") == 3
    assert samples.sum("orthanc_archives_incomplete_total") == 0

    route = "/studies/{id}/archive"
    assert samples.sum("orthanc_http_requests_total", route=route, method="GET", code="2xx") == 2
    assert samples.sum("orthanc_http_requests_total", route=route, method="POST", code="2xx") == 2
    assert samples.sum("orthanc_http_requests_total", route=route, code="4xx") == 1
    assert samples.sum("orthanc_http_requests_total", route=route, code="5xx") == 1
    assert samples.sum("orthanc_http_request_duration_seconds_count", route=route) == 6
    assert samples.sum("orthanc_http_response_bytes_total", route=route) > sizes[0] + sizes[1]
    assert samples.sum("orthanc_http_requests_in_flight") == 1, "the scrape itself"

    samples = wait_for_sum(server, 2, "orthanc_job_outputs")
    assert samples.sum("orthanc_job_outputs_bytes") == 2 * sizes[2]
    assert samples.sum("orthanc_spool_bytes") >= sizes[2]
    for state in ("pending", "running", "paused", "retry"):
        assert samples.sum("orthanc_jobs", state=state) == 0
    texts = fetch(server).text
    for secret in (study, job, "P2", "unknown", "Doe"):
        assert secret not in texts


def test_media_and_documents(start_server, expect_errors):
    """Two media, one of them refused; three documents stored and two refused."""
    expect_errors()
    server = start_server(QUICK)
    study = server.upload_all(make_study(series=1, instances=2))[0]["ParentStudy"]
    pdf, headers = make_pdf(), {"Content-Type": "application/pdf"}

    size = len(server.get(f"/studies/{study}/media").content)
    job = server.submit(f"/studies/{study}/media")
    server.wait_success(job)
    for _ in range(3):
        assert server.request("POST", f"/studies/{study}/documents", data=pdf,
                              headers=headers).status_code == 200
    for content in (b"", b"no PDF"):
        assert server.request("POST", f"/studies/{study}/documents", data=content,
                              headers=headers).status_code == 400

    samples = wait_for_sum(server, 2, "orthanc_jobs_ended_total", type="Media")
    assert samples.sum("orthanc_archives_total", kind="media", outcome="success") == 2
    assert samples.sum("orthanc_archives_total", kind="archive") == 0
    assert samples.sum("orthanc_archive_bytes_total", kind="media") >= 2 * size - 1000
    assert samples.sum("orthanc_documents_embedded_total", type="pdf", outcome="success") == 3
    assert samples.sum("orthanc_document_bytes_total", type="pdf") == 3 * len(pdf)
    assert samples.sum("orthanc_create_dicom_rejected_total") == 2
    assert samples.sum("orthanc_instances_received_total", origin="plugin") == 3


def test_incomplete_archive(start_server, expect_errors):
    expect_errors(r".")
    server = start_server(dict(QUICK, MaximumStorageCacheSize=0))
    stored = server.upload_all(make_study(series=1, instances=3))
    os.remove(server.find_storage_file(stored[0]["ID"]))

    answer = server.get(f"/studies/{stored[0]['ParentStudy']}/archive?on-missing=report")

    assert answer.status_code == 200
    samples = scrape(server)
    assert samples.sum("orthanc_archives_incomplete_total", kind="archive") == 1
    assert samples.sum("orthanc_archive_instances_skipped_total", kind="archive") == 1
    assert samples.sum("orthanc_archive_instances_total", kind="archive") == 2


def test_jobs_by_state(start_server, expect_errors):
    """Paused and canceled."""
    expect_errors()
    server = start_server(dict(QUICK, ConcurrentJobs=1))
    stored = server.upload_all(make_ballast())
    path = f"/studies/{stored[0]['ParentStudy']}/archive"
    first = server.submit(path, Compression="Dense")
    second = server.submit(path, Compression="Dense", Reuse=False)
    assert server.post(f"/jobs/{second}/pause", b"").status_code == 200

    wait_for_sum(server, 1, "orthanc_jobs", state="paused")
    server.wait_success(first)
    assert server.post(f"/jobs/{second}/cancel", b"").status_code == 200

    samples = wait_for_sum(server, 0, "orthanc_jobs", state="paused")
    assert samples.sum("orthanc_jobs_ended_total", type="Archive", outcome="cancelled") == 1
    assert samples.sum("orthanc_archives_total", kind="archive", outcome="cancelled") == 1


# Load

def test_a_hundred_scrapes_during_an_archive(start_server):
    server = start_server()
    pixels = numpy.random.default_rng(1).bytes(20 * MEBIBYTE)
    for instance in range(1, 26):
        stored = server.upload(make_dicom(instance=instance, rows=512, columns=20480, pixels=pixels))
    path = f"/studies/{stored['ParentStudy']}/archive"

    with concurrent.futures.ThreadPoolExecutor(101) as pool:
        # It does not end before it is read
        archive = pool.submit(server.get, path, stream=True)
        before = wait_for_sum(server, 2, "orthanc_http_requests_in_flight")
        answers = list(pool.map(lambda _: fetch(server), range(100)))
        with archive.result() as answer:
            assert answer.status_code == 200
            assert sum(map(len, answer.iter_content(MEBIBYTE))) > 500 * MEBIBYTE

    for answer in answers:
        assert Samples(answer.text).sum("orthanc_http_requests_in_flight") >= 2
    count = before.sum("orthanc_exporter_scrapes_total")
    assert scrape(server).sum("orthanc_exporter_scrapes_total") == count + 101


# Other plugins

HOSTILE = r"""
#include <orthanc/OrthancCPlugin.h>

static const char* const NAMES[] = {
  "good_metric", "labelled{site=\"a\\\"b\\\\c\\nd\",x=\"1\"}", "labelled{site=\"open", "bad name", "", " ",
  "1digit", "# TYPE orthanc_resources counter", "# EOF", "split 1 2\ninjected", "tab\tbed", "caf\xC3\xA9",
  "byte\xFF", "q{le=\"1\"}", "orthanc_http_requests", "orthanc_job_wait_seconds_bucket", "good_total",
  "orthanc_count_instances", "good_info" };

static OrthancPluginContext* context_ = NULL;

/* Not earlier: some versions need their database for it */
static OrthancPluginErrorCode OnChange(OrthancPluginChangeType change, OrthancPluginResourceType type,
                                       const char* resource)
{
  unsigned int i;
  (void) type;
  (void) resource;
  for (i = 0; change == OrthancPluginChangeType_OrthancStarted && i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
  {
    OrthancPluginSetMetricsValue(context_, NAMES[i], 0.5f + (float) i, OrthancPluginMetricsType_Default);
  }
  return OrthancPluginErrorCode_Success;
}

ORTHANC_PLUGINS_API int32_t OrthancPluginInitialize(OrthancPluginContext* context)
{
  context_ = context;
  OrthancPluginRegisterOnChangeCallback(context, OnChange);
  return 0;
}

ORTHANC_PLUGINS_API void OrthancPluginFinalize(void) {}
ORTHANC_PLUGINS_API const char* OrthancPluginGetName(void) { return "hostile"; }
ORTHANC_PLUGINS_API const char* OrthancPluginGetVersion(void) { return "1"; }
"""


@pytest.mark.sanitizer
def test_hostile_names_of_another_plugin(start_server, tmp_path):
    source, library = tmp_path / "hostile.c", tmp_path / "libHostile.so"
    source.write_text(HOSTILE)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True, timeout=120)
    server = start_server(QUICK, should_start=False)
    server.configuration["Plugins"].append(str(library))
    server.start()

    samples = wait_for_sum(server, 18.5, "good_info")

    assert samples.sum("good_metric") == 0.5
    assert samples.sum("labelled", site='a"b\\c\nd', x="1") == 1.5
    assert samples.sum("orthanc_count_instances") == 0
    assert samples.sum("orthanc_http_requests_in_flight") == 1
    assert all(re.fullmatch("[a-zA-Z_:][a-zA-Z0-9_:]*", name) for name in samples.names())
    foreign = samples.names() - set(Samples(fetch(start_server()).text).names())
    assert foreign == {"good_metric", "labelled", "good_total", "good_info", "split", "injected"}
    plain = fetch(server, TEXT).text
    assert Samples(plain, is_open=False).sum("good_metric") == 0.5
    run = subprocess.run(["promtool", "check", "metrics"], input=plain, capture_output=True, text=True,
                         timeout=60, check=False)
    assert "error while linting" not in run.stderr, run.stderr


CROWD = r"""
#include <orthanc/OrthancCPlugin.h>

#include <stdio.h>

static OrthancPluginContext* context_ = NULL;

static void Finalize(void* job) { (void) job; }
static float GetProgress(void* job) { (void) job; return 1; }
static const char* GetContent(void* job) { (void) job; return "{}"; }
static const char* GetSerialized(void* job) { (void) job; return NULL; }
static OrthancPluginJobStepStatus Step(void* job) { (void) job; return OrthancPluginJobStepStatus_Success; }

static OrthancPluginErrorCode Stop(void* job, OrthancPluginJobStopReason reason)
{
  (void) job;
  (void) reason;
  return OrthancPluginErrorCode_Success;
}

static OrthancPluginErrorCode Reset(void* job)
{
  (void) job;
  return OrthancPluginErrorCode_Success;
}

static OrthancPluginErrorCode OnChange(OrthancPluginChangeType change, OrthancPluginResourceType type,
                                       const char* resource)
{
  unsigned int i;
  char name[32];
  (void) type;
  (void) resource;
  for (i = 0; change == OrthancPluginChangeType_OrthancStarted && i < 1000; i++)
  {
    sprintf(name, "crowd_%u", i);
    OrthancPluginSetMetricsValue(context_, name, 1, OrthancPluginMetricsType_Default);
  }
  return OrthancPluginErrorCode_Success;
}

/* Not in the callback above: Orthanc tells of a new job under the lock of its jobs */
static OrthancPluginErrorCode SubmitJobs(OrthancPluginRestOutput* output, const char* url,
                                         const OrthancPluginHttpRequest* request)
{
  unsigned int i;
  char name[32];
  (void) url;
  (void) request;
  for (i = 0; i < 20; i++)
  {
    sprintf(name, "Crowd%u", i);
    OrthancPluginFreeString(context_, OrthancPluginSubmitJob(context_,
      OrthancPluginCreateJob(context_, context_, Finalize, name, GetProgress, GetContent, GetSerialized, Step,
                             Stop, Reset), 0));
  }
  OrthancPluginAnswerBuffer(context_, output, "", 0, "text/plain");
  return OrthancPluginErrorCode_Success;
}

ORTHANC_PLUGINS_API int32_t OrthancPluginInitialize(OrthancPluginContext* context)
{
  context_ = context;
  OrthancPluginRegisterOnChangeCallback(context, OnChange);
  OrthancPluginRegisterRestCallbackNoLock(context, "/crowd", SubmitJobs);
  return 0;
}

ORTHANC_PLUGINS_API void OrthancPluginFinalize(void) {}
ORTHANC_PLUGINS_API const char* OrthancPluginGetName(void) { return "crowd"; }
ORTHANC_PLUGINS_API const char* OrthancPluginGetVersion(void) { return "1"; }
"""


PLUGIN_SOURCES = os.path.join(RESOURCES, "..", "Plugin")


def list_routes():
    """The expressions of all routes of the plugin."""
    with open(os.path.join(PLUGIN_SOURCES, "RouteTable.cpp"), encoding="utf-8") as stream:
        return re.findall(r'^ +\{ Feature::\w+, +"(/[^"]+)"', stream.read(), re.MULTILINE)


def list_modalities():
    """Those that have a label of their own."""
    with open(os.path.join(PLUGIN_SOURCES, "Core", "Metrics", "PluginMetrics.cpp"),
              encoding="utf-8") as stream:
        return re.findall('"(.*?)"', re.search(r" MODALITIES\[\] = \{(.*?)\}", stream.read(), re.DOTALL)[1])


def call_everything(server, identifiers):
    """Each route with each method; "identifiers" by the first part of the path."""
    for method in ("GET", "POST", "PUT", "DELETE"):
        for route in list_routes():
            path = route.replace("([^/]+)", identifiers.get(route.split("/")[1], "unknown"), 1)
            path = re.sub(r"\((\w+)(\|[^)]*)?\)", r"\1", path).replace("([^/]+)", "unknown")
            server.request(method, path, data="1", stream=path.endswith("/events")).close()


def test_never_more_than_2000_series(start_server, expect_errors, tmp_path):
    """All routes, all methods, all modalities, many types of jobs, and the metrics of another plugin."""
    expect_errors(r".")
    source, library = tmp_path / "crowd.c", tmp_path / "libCrowd.so"
    source.write_text(CROWD)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True, timeout=120)
    metrics = {"RefreshSeconds": 1, "ReceivedByModality": True}
    server = start_server({"JobsHistorySize": 100, "AdvancedRest": {"Metrics": metrics}}, should_start=False)
    server.configuration["Plugins"].append(str(library))
    server.start()
    modalities = list_modalities() + ["XX"]
    stored = server.upload_all(make_dicom(instance=number, Modality=modality)
                               for number, modality in enumerate(modalities))[0]
    job = server.submit(f"/studies/{stored['ParentStudy']}/archive")
    server.wait_success(job)
    assert server.get("/crowd").status_code == 200
    wait_for_sum(server, 21, "orthanc_jobs_ended_total", outcome="success")

    call_everything(server, {"patients": stored["ParentPatient"], "studies": stored["ParentStudy"],
                             "series": stored["ParentSeries"], "instances": stored["ID"], "jobs": job})
    call_everything(server, {})

    samples = wait_for_sum(server, 1, "crowd_0")
    # Two rows have the same template; with methods and codes there are more than are kept apart
    routes = list_labels(samples, "orthanc_http_request_duration_seconds_count", "route")
    assert len(routes) == len(list_routes()) - 1 and "other" not in routes
    assert list_labels(samples, "orthanc_http_requests_total", "route") == routes | {"other"}
    assert list_labels(samples, "orthanc_instances_received_by_modality_total", "modality") == \
        set(modalities) - {"XX"} | {"other"}
    types = list_labels(samples, "orthanc_jobs_ended_total", "type")
    assert len(types) == 11 and "other" in types
    assert 1400 < len(samples.values) < 2000


def list_labels(samples, family, label):
    return {dict(pairs)[label] for name, pairs in samples.values if name == family}


# In the box

def test_files_for_monitoring(server):
    names = server.get_json("/advanced-rest/monitoring")

    assert set(names) == {"orthanc-alerts.yml", "orthanc-dashboard.json", "orthanc-recording.yml",
                          "prometheus.yml"}
    for name in names:
        folder = "Grafana" if name.endswith(".json") else "Prometheus"
        with open(os.path.join(RESOURCES, folder, name), "rb") as stream:
            assert server.get(f"/advanced-rest/monitoring/{name}").content == stream.read()
    assert server.get_json("/advanced-rest/monitoring/orthanc-dashboard.json")["title"] == "Orthanc"


def test_missing_file_for_monitoring(server, expect_errors):
    expect_errors()
    assert server.get("/advanced-rest/monitoring/secrets.yml").status_code == 404


def test_every_family_is_documented(server):
    with open(os.path.join(RESOURCES, "Formats", "Metrics.md"), encoding="utf-8") as stream:
        page = stream.read()
    text = fetch(server, TEXT).text
    names = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    assert {name for name in names if f"`{name}`" not in page} == set()
