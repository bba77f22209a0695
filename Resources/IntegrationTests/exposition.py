# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The metrics of a server, read by the parsers of Prometheus' own Python client."""

import os

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from orthanc_server import wait_until

RESOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

URI = "/tools/metrics-prometheus"
TEXT = "text/plain;version=0.0.4"
OPEN = "application/openmetrics-text;version=1.0.0"

# What hosts of all versions publish, as far as every one of them has the values
OLD_NAMES = {f"orthanc_{name}" for name in """
    count_patients count_studies count_series count_instances disk_size_mb uncompressed_size_mb jobs_pending
    jobs_running jobs_completed jobs_success jobs_failed jobs_total_completed jobs_total_success
    jobs_total_failed rest_api_active_requests rest_api_duration_ms dicom_cache_count dicom_cache_size
    dicom_cache_size_mb up_time_s last_change""".split()}

# With what some versions have beside, or only after something has happened
ALL_OLD_NAMES = OLD_NAMES | {f"orthanc_{name}" for name in """
    storage_create_duration_ms storage_read_duration_ms storage_remove_duration_ms store_dicom_duration_ms
    find_scp_duration_ms get_scp_duration_ms move_scp_duration_ms storage_cache_count storage_cache_size_mb
    storage_cache_hit_count storage_cache_miss_count storage_read_bytes storage_written_bytes
    memory_trimming_duration_ms available_dicom_threads available_http_threads_count logged_errors_count
    logged_warnings_count storage_available_threads storage_memory_capacity_mb storage_memory_count
    storage_memory_max_usage_mb storage_memory_usage_mb dicom_parser_available_threads
    dicom_parser_cache_count dicom_parser_cache_hit_count dicom_parser_cache_miss_count
    dicom_parser_cache_size_mb dicom_parser_memory_capacity_mb dicom_parser_memory_count
    dicom_parser_memory_max_usage_mb dicom_parser_memory_usage_mb transcoder_available_threads
    transcoder_cache_count transcoder_cache_hit_count transcoder_cache_miss_count transcoder_cache_size_mb
    transcoder_memory_capacity_mb transcoder_memory_count transcoder_memory_max_usage_mb
    transcoder_memory_usage_mb sequential_reader_available_threads""".split()}


def fetch(server, accept=OPEN, **options):
    answer = server.get(URI, headers={"Accept": accept}, **options)
    assert answer.status_code == 200, answer.text
    return answer


class Samples:
    """The samples of one answer."""

    def __init__(self, text, is_open=True):
        self.families = list((parse_openmetrics if is_open else parse_text)(text))
        self.values = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
                       for family in self.families for sample in family.samples}

    def sum(self, name, **labels):
        """Over all labels that are not given; None if there is no such sample."""
        found = [value for (other, pairs), value in self.values.items()
                 if other == name and set(labels.items()) <= set(pairs)]
        return sum(found) if found else None

    def names(self):
        return {name for name, _ in self.values}


def scrape(server):
    return Samples(fetch(server).text)


def wait_for_sum(server, expected, name, **labels):
    """The samples once this sum is there: what is read in the background follows within seconds."""
    def read():
        samples = scrape(server)
        return samples if samples.sum(name, **labels) == expected else None

    try:
        return wait_until(read, f"{name}{labels} == {expected}", seconds=30, interval=0.1)
    except AssertionError as failure:
        value = scrape(server).sum(name, **labels)
        raise AssertionError(f"{name}{labels} is {value} instead of {expected}") from failure
