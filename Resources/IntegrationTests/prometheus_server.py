# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Debian's own Prometheus, with the rules in the box, which scrapes the Orthanc of the tests."""

import json
import os
import subprocess

import requests

from exposition import RESOURCES, URI
from orthanc_server import find_free_port, wait_until

RULES = os.path.join(RESOURCES, "Prometheus")

# Prometheus shows a sample for five minutes after its time ("lookback"). What Orthanc alone publishes has the
# time of its last change, so most of it disappears when the server is idle for that long. Nothing in this
# depends on the length of five minutes: with a lookback of six seconds, seven idle seconds show the same
LOOKBACK_SECONDS = 6


class Prometheus:
    """Scrapes these servers twice a second; their names are the label "instance"."""

    def __init__(self, directory, servers):
        self.port = find_free_port()
        self.directory = str(directory)
        configuration = {
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms",
                       "evaluation_interval": "1s"},
            "rule_files": [os.path.join(RULES, name)
                           for name in ("orthanc-recording.yml", "orthanc-alerts.yml")],
            "scrape_configs": [
                {"job_name": "orthanc", "metrics_path": URI,
                 "static_configs": [{"targets": [f"127.0.0.1:{server.port}"],
                                     "labels": {"instance": name}}
                                    for name, server in servers.items()]},
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

    def __enter__(self):
        wait_until(self.is_ready, "Prometheus")
        return self

    def __exit__(self, kind, value, traceback):
        self.process.terminate()
        self.process.wait(timeout=60)

    def is_ready(self):
        assert self.process.poll() is None, self.read_log()
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/-/ready", timeout=60).status_code == 200
        except requests.ConnectionError:
            return False

    def read_log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as stream:
            return stream.read()

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

    def wait_for_idleness(self):
        """Scrapes of the slowest server for longer than the lookback."""
        def count():
            return self.value('min(count_over_time(up{job="orthanc"}[10m]))')

        wanted = count() + 2 * (LOOKBACK_SECONDS + 1)
        wait_until(lambda: count() >= wanted, "idle servers")

    def list_series(self, instance):
        return {(result["metric"]["__name__"],
                 tuple(sorted((name, value) for name, value in result["metric"].items()
                              if name not in ("__name__", "job", "instance"))))
                for result in self.query(f'{{job="orthanc",instance="{instance}"}}')}

    def list_remaining(self, instance, time):
        """The names that a server has left behind, without what Prometheus itself adds."""
        selector = f'{{job="orthanc",instance="{instance}",__name__!~"up|scrape_.*|ALERTS.*|.*:.*"}}'
        return {result["metric"]["__name__"] for result in self.query(selector, time=time)}

    def wait_for_end(self, instance):
        """The time of the first query that knows of a scrape that has failed."""
        def is_down():
            down = self.query(f'up{{job="orthanc",instance="{instance}"}} == 0')
            return float(down[0]["value"][0]) if down else None

        return wait_until(is_down, "the scrape that fails", interval=0.01)

    def check_nothing_is_refused(self):
        wait_until(lambda: self.query("prometheus_tsdb_head_samples_appended_total"),
                   "Prometheus' own metrics")
        for name in ("sample_out_of_bounds", "sample_duplicate_timestamp", "sample_out_of_order"):
            refused = self.query(f"prometheus_target_scrapes_{name}_total")
            assert [result["value"][1] for result in refused] == ["0"], name
        log = self.read_log()
        for text in ("Error on ingesting", "Append failed", "invalid", "level=error"):
            assert text not in log, log

    def check_rules(self):
        """All of them can be evaluated, and no alert fires."""
        def read_rules():
            rules = [rule for group in self.api("rules")["groups"] for rule in group["rules"]]
            return rules if all(rule["health"] != "unknown" for rule in rules) else None

        rules = wait_until(read_rules, "the first evaluation of all rules")
        assert len(rules) > 20
        assert [rule for rule in rules if rule["health"] != "ok"] == []
        firing = [alert for alert in self.api("alerts")["alerts"] if alert["state"] == "firing"]
        assert [alert["labels"]["alertname"] for alert in firing] == []
