# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The metrics in Debian's own Prometheus: nothing invisible, nothing refused, nothing left over."""

import json
import os
import subprocess

import pytest

from dicom_samples import make_study
from exposition import OLD_NAMES, RESOURCES, scrape
from orthanc_server import wait_until
from prometheus_server import LOOKBACK_SECONDS, RULES, Prometheus


@pytest.fixture(scope="module")
def watched(start_module_server, tmp_path_factory):
    """A server that has been used, then was idle for longer than the lookback, and its Prometheus."""
    server = start_module_server(
        {"MaximumStorageSize": 100, "AdvancedRest": {"Metrics": {"RefreshSeconds": 2}}})
    with Prometheus(tmp_path_factory.mktemp("prometheus"), {"one": server}) as prometheus:
        wait_until(lambda: prometheus.value('up{job="orthanc"}'), "the first scrape")
        study = server.upload_all(make_study())[0]["ParentStudy"]
        assert server.get(f"/studies/{study}/archive").status_code == 200
        server.wait_success(server.submit(f"/studies/{study}/archive"))
        prometheus.wait_for_idleness()
        yield server, prometheus


def test_every_series_is_visible(watched):
    server, prometheus = watched
    visible = prometheus.list_series("one")

    published = set(scrape(server).values)

    assert published - visible == set()
    assert OLD_NAMES <= {name for name, _ in visible}
    assert prometheus.value('min_over_time(up{job="orthanc"}[10m])') == 1


def test_nothing_is_refused(watched):
    _, prometheus = watched
    prometheus.check_nothing_is_refused()


def test_sums_are_what_was_done(watched):
    _, prometheus = watched

    assert prometheus.value('sum(orthanc_archives_total{outcome="success"})') == 2
    assert prometheus.value('sum(orthanc_instances_received_total)') == 6
    assert prometheus.value('orthanc_count_instances') == 6
    assert prometheus.value('orthanc_storage_limit_bytes') == 100 << 20


def read_dashboard():
    with open(os.path.join(RESOURCES, "Grafana", "orthanc-dashboard.json"), encoding="utf-8") as stream:
        return json.load(stream)


def list_expressions(dashboard):
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def test_every_expression_of_the_dashboard_has_data(watched):
    _, prometheus = watched
    expressions = list_expressions(read_dashboard())
    assert len(expressions) > 40

    def find_empty():
        return [expression for expression in expressions
                if not prometheus.query(expression.replace("$job", ".*").replace("$instance", ".*"))]

    wait_until(lambda: not find_empty(), f"data for {find_empty()}", seconds=30, interval=1)


def test_annotations_and_variables_of_the_dashboard(watched):
    _, prometheus = watched
    dashboard = read_dashboard()

    for annotation in dashboard["annotations"]["list"]:
        prometheus.query(annotation["expr"].replace("$job", ".*").replace("$instance", ".*"))
    names = [variable["name"] for variable in dashboard["templating"]["list"]]
    assert names == ["datasource", "job", "instance"]
    assert prometheus.query("orthanc_build_info")
    identifiers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identifiers)) == len(identifiers)


def test_every_rule_works(watched):
    _, prometheus = watched
    prometheus.check_rules()


def test_rules_by_promtool():
    for arguments in (["check", "rules", "orthanc-alerts.yml", "orthanc-recording.yml"],
                      ["check", "config", "--syntax-only", "prometheus.yml"],
                      ["test", "rules", "orthanc-alerts.test.yml"]):
        run = subprocess.run(["promtool", *arguments], cwd=RULES, capture_output=True, text=True,
                             timeout=120, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


def test_a_stopped_server_is_gone_at_once(watched):
    """The last of this file. With times of their own, samples would stay for all of the lookback."""
    server, prometheus = watched
    server.stop()
    now = prometheus.wait_for_end("one")

    assert prometheus.list_remaining("one", now) == set()
    assert prometheus.query(f"count_over_time(orthanc_resources[{LOOKBACK_SECONDS}s])", time=now), \
        "the last sample is younger than the lookback: it was a marker that has ended the series"
