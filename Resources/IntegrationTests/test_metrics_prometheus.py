# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The metrics in Debian's own Prometheus: nothing invisible, nothing refused, nothing left over."""

import json
import os
import subprocess

import pytest
import requests

from dicom_samples import make_study
from exposition import OLD_NAMES, RESOURCES, scrape
from orthanc_server import find_free_port, wait_until

RULES = os.path.join(RESOURCES, "Prometheus")

# Prometheus shows a sample for five minutes after its time ("lookback"). What Orthanc alone publishes has the
# time of its last change, so most of it disappears when the server is idle for that long. Nothing in this
# depends on the length of five minutes: with a lookback of six seconds, seven idle seconds show the same
LOOKBACK_SECONDS = 6


class Prometheus:
    def __init__(self, directory, targets):
        self.port = find_free_port()
        self.directory = str(directory)
        configuration = {
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms",
                       "evaluation_interval": "1s"},
            "rule_files": [os.path.join(RULES, name)
                           for name in ("orthanc-recording.yml", "orthanc-alerts.yml")],
            "scrape_configs": [
                {"job_name": "orthanc", "metrics_path": "/tools/metrics-prometheus",
                 "static_configs": [{"targets": targets}]},
                {"job_name": "self", "static_configs": [{"targets": [f"127.0.0.1:{self.port}"]}]}]}
        path = os.path.join(self.directory, "prometheus.yml")
        with open(path, "w", encoding="utf-8") as stream:
            json.dump(configuration, stream)    # JSON is YAML
        self.log_path = os.path.join(self.directory, "prometheus.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={path}",
                 f"--storage.tsdb.path={self.directory}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}",
                 f"--query.lookback-delta={LOOKBACK_SECONDS}s"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.directory)

    def is_ready(self):
        assert self.process.poll() is None, self.read_log()
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/-/ready", timeout=60).status_code == 200
        except requests.ConnectionError:
            return False

    def read_log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)

    def api(self, path, **parameters):
        answer = requests.get(f"http://127.0.0.1:{self.port}/api/v1/{path}", params=parameters,
                              timeout=60).json()
        assert answer["status"] == "success", (parameters, answer)
        return answer["data"]

    def query(self, expression, **parameters):
        return self.api("query", query=expression, **parameters)["result"]

    def value(self, expression):
        """The first value of the result, 0 if it is empty."""
        result = self.query(expression)
        return float(result[0]["value"][1]) if result else 0


@pytest.fixture(scope="module")
def watched(start_module_server, tmp_path_factory):
    """A server that has been used, then was idle for longer than the lookback, and its Prometheus."""
    server = start_module_server(
        {"MaximumStorageSize": 100, "AdvancedRest": {"Metrics": {"RefreshSeconds": 2}}})
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), [f"127.0.0.1:{server.port}"])
    try:
        wait_until(prometheus.is_ready, "Prometheus")
        wait_until(lambda: prometheus.value('up{job="orthanc"}'), "the first scrape")
        study = server.upload_all(make_study())[0]["ParentStudy"]
        assert server.get(f"/studies/{study}/archive").status_code == 200
        server.wait_success(server.submit(f"/studies/{study}/archive"))
        count = prometheus.value('count_over_time(up{job="orthanc"}[10m])')
        wanted = count + 2 * (LOOKBACK_SECONDS + 1)
        wait_until(lambda: prometheus.value('count_over_time(up{job="orthanc"}[10m])') >= wanted,
                   "an idle server")
        yield server, prometheus
    finally:
        prometheus.stop()


def list_series(prometheus):
    return {(result["metric"]["__name__"],
             tuple(sorted((name, value) for name, value in result["metric"].items()
                          if name not in ("__name__", "job", "instance"))))
            for result in prometheus.query('{job="orthanc"}')}


def test_every_series_is_visible(watched):
    server, prometheus = watched
    visible = list_series(prometheus)

    published = set(scrape(server).values)

    assert published - visible == set()
    assert OLD_NAMES <= {name for name, _ in visible}
    assert prometheus.value('min_over_time(up{job="orthanc"}[10m])') == 1


def test_nothing_is_refused(watched):
    _, prometheus = watched
    wait_until(lambda: prometheus.query("prometheus_tsdb_head_samples_appended_total"),
               "Prometheus' own metrics")

    for name in ("sample_out_of_bounds", "sample_duplicate_timestamp", "sample_out_of_order"):
        assert prometheus.value(f"prometheus_target_scrapes_{name}_total") == 0
    log = prometheus.read_log()
    for text in ("Error on ingesting", "Append failed", "invalid", "level=error"):
        assert text not in log, log


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

    def read_rules():
        rules = [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
        return rules if all(rule["health"] != "unknown" for rule in rules) else None

    rules = wait_until(read_rules, "the first evaluation of all rules")

    assert len(rules) > 20
    assert [rule for rule in rules if rule["health"] != "ok"] == []
    firing = [alert for alert in prometheus.api("alerts")["alerts"] if alert["state"] == "firing"]
    assert [alert["labels"]["alertname"] for alert in firing] == []


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

    def is_down():
        down = prometheus.query('up{job="orthanc"} == 0')
        return float(down[0]["value"][0]) if down else None

    now = wait_until(is_down, "the scrape that fails", interval=0.01)

    remaining = {result["metric"]["__name__"]
                 for result in prometheus.query('{job="orthanc",__name__!~"up|scrape_.*|ALERTS.*"}', time=now)
                 if ":" not in result["metric"]["__name__"]}
    assert remaining == set()
    assert prometheus.query(f"count_over_time(orthanc_resources[{LOOKBACK_SECONDS}s])", time=now), \
        "the last sample is younger than the lookback: it was a marker that has ended the series"
