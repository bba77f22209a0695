# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The Orthanc of three Debians at once, watched by one Prometheus.

The tests of a single host do not collect this file: "TestHost.sh all-hosts" names it.
"""

import pytest

from dicom_samples import make_study
from exposition import OLD_NAMES, scrape
from orthanc_server import wait_until
from prometheus_server import LOOKBACK_SECONDS, Prometheus
from root_server import start_on

# How many archives each one makes: numbers whose sums tell them apart
ARCHIVES = {"bookworm": 1, "trixie": 2, "forky": 4}


@pytest.fixture(scope="module")
def watched(start_module_server, tmp_path_factory):
    """Servers that were used, then idle for longer than the lookback, and the Prometheus of all."""
    configuration = {"AdvancedRest": {"Metrics": {"RefreshSeconds": 2}}}
    servers = {host: start_on(start_module_server, host, configuration, "all-hosts")
               for host in ARCHIVES}
    with Prometheus(tmp_path_factory.mktemp("prometheus"), servers) as prometheus:
        wait_until(lambda: prometheus.value('sum(up{job="orthanc"})') == 3, "the first scrapes")
        for host, server in servers.items():
            study = server.upload_all(make_study())[0]["ParentStudy"]
            for number in range(ARCHIVES[host]):
                assert server.get(f"/studies/{study}/archive").status_code == 200
                assert server.get(f"/studies/unknown{number}/archive").status_code == 404
            server.wait_success(server.submit(f"/studies/{study}/archive"))
        prometheus.wait_for_idleness()
        yield servers, prometheus


def find_invisible(prometheus, host, server):
    return set(scrape(server).values) - prometheus.list_series(host)


def test_three_versions_of_orthanc(watched):
    servers, prometheus = watched
    versions = {host: server.get_json("/system")["Version"] for host, server in servers.items()}

    assert len(set(versions.values())) == 3
    assert {result["metric"]["instance"]: result["metric"]["version"]
            for result in prometheus.query("orthanc_build_info")} == versions


@pytest.mark.parametrize("host", ARCHIVES)
def test_every_series_is_visible(watched, host):
    servers, prometheus = watched

    # A machine that is busy may miss a scrape, but a series with times of its own stays away
    wait_until(lambda: prometheus.value(f'up{{instance="{host}"}}'), "a scrape")
    assert find_invisible(prometheus, host, servers[host]) == set()
    assert OLD_NAMES <= {name for name, _ in prometheus.list_series(host)}


def test_nothing_is_refused(watched):
    _, prometheus = watched
    prometheus.check_nothing_is_refused()


def test_every_rule_works(watched):
    _, prometheus = watched
    prometheus.check_rules()


def test_sums_are_what_was_done(watched):
    _, prometheus = watched
    done = sum(ARCHIVES.values())

    assert prometheus.value('sum(orthanc_archives_total{outcome="success"})') == done + 3
    for host, count in ARCHIVES.items():
        selector = f'instance="{host}",kind="archive"'
        assert prometheus.value(f'orthanc_archives_total{{{selector},outcome="success"}}') == count + 1
    route = 'route="/studies/{id}/archive"'
    assert prometheus.value(f'sum(orthanc_http_requests_total{{{route},code="4xx"}})') == done
    assert prometheus.value(f'sum(orthanc_http_requests_total{{{route},code="2xx"}})') == done + 3
    assert prometheus.value(f'sum(orthanc_http_request_duration_seconds_count{{{route}}})') == 2 * done + 3
    assert prometheus.value('sum(orthanc_jobs_ended_total{type="Archive",outcome="success"})') == done + 3
    assert prometheus.value('sum(orthanc_instances_received_total{origin="rest"})') == 18
    assert prometheus.value("sum(orthanc_count_instances)") == 18
    assert prometheus.value('sum(orthanc_resources{level="instance"})') == 18


def test_a_stopped_server_is_gone_at_once_and_alone(watched):
    """The last of this file."""
    servers, prometheus = watched
    servers["trixie"].stop()
    now = prometheus.wait_for_end("trixie")

    assert prometheus.list_remaining("trixie", now) == set()
    assert prometheus.query(
        f'count_over_time(orthanc_resources{{instance="trixie"}}[{LOOKBACK_SECONDS}s])', time=now), \
        "the last sample is younger than the lookback: it was a marker that has ended the series"
    for host in set(ARCHIVES) - {"trixie"}:
        wait_until(lambda: prometheus.value(f'up{{instance="{host}"}}'), "a scrape")
        assert find_invisible(prometheus, host, servers[host]) == set()
    # The total is that of the others
    count = sum(ARCHIVES.values()) + 3 - (ARCHIVES["trixie"] + 1)
    assert prometheus.value('sum(orthanc_archives_total{outcome="success"})') == count
