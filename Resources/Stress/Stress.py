#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Many clients at once, for a while, against the Orthanc of this Debian with the plugin; see
Resources/Stress.sh. Prints what was done and what was measured, and writes a JUnit file.

Without a sanitizer, the resident memory of the process is compared: after a warm-up and at the end. The warm-up is
a third of the time; in long runs it goes on, up to two thirds, until so much was done that everything of a limited
number is full (the events of jobs, 4,096 of them, are the last). Measured is, when the last job has ended, the
least of the idle seconds that follow, in long runs of so many that Orthanc itself has trimmed the heap meanwhile
(from 1.12 on, every 100 seconds). The C library returns freed memory late and unevenly; here it has one arena only
("MallocArenaMax") and fixed thresholds (glibc.malloc.trim_threshold, mmap_threshold), so most of what stays is held
by somebody.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

import requests

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "IntegrationTests"))
sys.path.insert(0, HERE)

import dicom_samples  # noqa: E402  pylint: disable=wrong-import-position
import orthanc_server  # noqa: E402  pylint: disable=wrong-import-position
import stress_clients  # noqa: E402  pylint: disable=wrong-import-position

GROWTH_PERCENT = 5
KILL_SECONDS = 20
LONG_SECONDS = 240
IDLE_SECONDS = 110
WARM_ACTIONS = 20_000
TUNABLES = "glibc.malloc.trim_threshold=131072:glibc.malloc.mmap_threshold=131072"

# Errors that the clients provoke: requests that are refused, by the host's own words, clients that leave, and
# what the end of a killed server left behind
PROVOKED = re.compile("|".join((
    r"(PluginsErrorDictionary|OrthancException|OrthancPlugins|HttpServer|Toolbox|HttpOutput)\.cpp",
    r"invoking plugin service \d+: (Accessing an inexistent item|Unknown resource|"
    r"Error in the network protocol)")))


# ThreadSanitizer sees Orthanc and its libraries through the functions of the C library only: what they do
# with them is theirs. Locks and threads count, whoever uses them
THREAD_OPTIONS = "ignore_noninstrumented_modules=1:second_deadlock_stack=1:history_size=4"


class Server(orthanc_server.Server):
    """With the environment of a sanitizer, and of steady memory without one."""

    def __init__(self, directory, configuration, sanitizer):
        environment = {"TSAN_OPTIONS": THREAD_OPTIONS} if sanitizer else {"GLIBC_TUNABLES": TUNABLES}
        if sanitizer:
            # With the runtime of a sanitizer in front, the C library of Debian 12 waits for itself as soon as
            # it looks for another locale
            configuration = {**configuration, "Locale": "C"}
        super().__init__(directory, configuration, environment=environment)

    def read_memory(self):
        """(resident, of that: not backed by a file), in KiB."""
        return self.read_status("VmRSS"), self.read_status("RssAnon")

    def read_levels(self):
        return {"open files": self.count_open_files(), "threads": self.read_status("Threads")}


class Results:
    """One test per promise."""

    def __init__(self):
        self.tests = {}

    def add(self, name, complaints):
        self.tests[name] = list(complaints)
        for text in self.tests[name][:20]:
            print(f"  {name}: {text}")

    def write(self, path):
        suite = ElementTree.Element("testsuite", name="Stress", tests=str(len(self.tests)))
        for name, complaints in self.tests.items():
            case = ElementTree.SubElement(suite, "testcase", classname="Stress", name=name)
            if complaints:
                text = "\n".join(complaints[:50])
                text = "".join(c if c in "\n\t" or " " <= c <= "~" else "?" for c in text)
                ElementTree.SubElement(case, "failure", message=text.splitlines()[0]).text = text
        ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)

    def is_good(self):
        return not any(self.tests.values())


def make_studies():
    studies = [dicom_samples.make_study(f"S{number}", "1", series=2, instances=3) for number in range(4)]
    return studies + [dicom_samples.make_ballast(count=3, megabytes=1, patient="S8"),
                      dicom_samples.make_study("S9", "1", series=1, instances=40)]


def configure(arguments):
    """Limits of what is kept are small, so that they are reached in the warm-up; not if nothing may be lost.
    So is the host's own cache of files, which would take in every new document."""
    spool = {"MaxDiskPercent": 0} if arguments.kill else {"MaxArchives": 10, "MaxRecords": 60}
    return {"ConcurrentJobs": 4, "HttpThreadsCount": 80, "MaximumStorageCacheSize": 4,
            "MallocArenaMax": 0 if arguments.sanitizer else 1,
            "AdvancedRest": {"Spool": spool, "Jobs": {"RetryDelaySeconds": 1}}}


def is_long(arguments):
    return arguments.seconds >= LONG_SECONDS and not arguments.sanitizer and not arguments.kill


def run_clients(server, library, ledger, arguments, seconds, most_seconds=0, actions=0):
    """For so many seconds, and longer, up to "most_seconds", as long as less than "actions" were done. How long."""
    ledger.is_over.clear()
    clients = [stress_clients.Client(server, library, ledger, number, arguments.kill)
               for number in range(arguments.clients)]
    for client in clients:
        client.start()
    begin = time.monotonic()
    end = begin + seconds
    kills = 0
    while time.monotonic() < end or (time.monotonic() < begin + most_seconds and
                                     ledger.count_all() < actions):
        time.sleep(min(KILL_SECONDS, max(0.0, end - time.monotonic())) if arguments.kill else 0.5)
        if server.process.poll() is not None:
            ledger.complain(f"Orthanc has died with {server.process.returncode}")
            break
        if arguments.kill and time.monotonic() < end:
            server.kill()
            server.start()
            kills += 1
    ledger.is_over.set()
    worked = time.monotonic() - begin
    deadline = time.monotonic() + 200
    for client in clients:
        client.join(max(0.0, deadline - time.monotonic()))
        if client.is_alive():
            ledger.complain(f"{client.name} still waits for an answer")
    if kills:
        print(f"  killed {kills} times")
    return worked


def list_unfinished(server):
    return [job for job in server.get_json("/jobs?expand")
            if job["State"] in ("Pending", "Running", "Retry", "Paused")]


def come_to_rest(server, seconds=300):
    """Resumes what is paused and waits for the end of all jobs. What has not ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        unfinished = list_unfinished(server)
        if not unfinished:
            return []
        for job in unfinished:
            if job["State"] == "Paused":
                server.post(f"/jobs/{job['ID']}/resume", b"")
        time.sleep(0.5)
    return [f"{job['ID']} is {job['State']}" for job in list_unfinished(server)]


def read_memory(server, arguments):
    """The least of some idle seconds: what was there all the time."""
    idle = IDLE_SECONDS if is_long(arguments) else 6
    values = []
    for _ in range(idle * 2):
        time.sleep(0.5)
        values.append(server.read_memory())
    return min(values)


def wait_for_levels(server, before):
    """Complaints about levels that do not come back: connections of clients end within seconds."""
    complaints = []
    for _ in range(100):
        levels = server.read_levels()
        complaints = [f"{levels[name]} {name} instead of {before[name]}" for name in before
                      if levels[name] > before[name]]
        if not complaints:
            break
        time.sleep(0.5)
    return complaints


def check_accepted(server, library, ledger):
    """Complaints about what was accepted and is lost."""
    complaints = []
    for job, entry in ledger.jobs.items():
        answer = server.get(f"/jobs/{job}")
        if answer.status_code != 200:
            complaints.append(f"job {job} is not known any more")
            continue
        state = answer.json()["State"]
        if state != "Success" and not (entry["touched"] and state == "Failure"):
            complaints.append(f"job {job} has ended with {state}")
            continue
        if state == "Success":
            output = server.get(f"/jobs/{job}/archive")
            if output.status_code != 200:
                complaints.append(f"the result of {job} is lost: {output.status_code}")
            elif entry["sha"] not in (None, stress_clients.digest(output.content)) and not entry["touched"]:
                complaints.append(f"the result of {job} has other bytes")
            else:
                client = stress_clients.Client(server, library, ledger, 0, False)
                client.check_archive(output.content, entry["study"], ["DICOMDIR"])
    for instance, sha in ledger.documents.items():
        answer = server.get(f"/instances/{instance}/pdf")
        if answer.status_code == 404 and instance in ledger.leaving:
            continue
        if answer.status_code != 200 or stress_clients.digest(answer.content) != sha:
            complaints.append(f"document {instance} is lost: {answer.status_code}")
    return complaints


def list_log_errors(server):
    text = server.read_log()
    return [line for line in text.splitlines()
            if orthanc_server.CRASH.search(line) or
            (orthanc_server.ERROR.match(line) and not PROVOKED.search(line))]


def run(arguments, directory):
    results = Results()
    ledger = stress_clients.Ledger()
    server = Server(directory, configure(arguments), arguments.sanitizer).start()
    try:
        library = stress_clients.Library(server, make_studies(), dicom_samples.make_study("Notes"))
        warm_up = 0 if arguments.kill else arguments.seconds // 3
        warm_up = run_clients(server, library, ledger, arguments, warm_up,
                              arguments.seconds * 2 // 3 if is_long(arguments) else 0, WARM_ACTIONS)
        warm_actions = ledger.count_all()
        unfinished = come_to_rest(server)
        memory, levels = read_memory(server, arguments), server.read_levels()
        run_clients(server, library, ledger, arguments, max(1, arguments.seconds - warm_up))
        unfinished += come_to_rest(server)
        results.add("jobs end", unfinished)
        if arguments.kill:
            results.add("nothing accepted is lost", check_accepted(server, library, ledger))
        else:
            results.add("open files and threads", wait_for_levels(server, levels))
            after = read_memory(server, arguments)
            growth = after[0] / memory[0] * 100 - 100
            print(f"  memory: {memory[0] / 1024:.1f} MiB after {warm_actions} actions, {growth:+.1f} % since;",
                  f"without files: {memory[1] / 1024:.1f} and {after[1] / 1024:.1f} MiB; {levels}")
            if not arguments.sanitizer:
                results.add("memory", [f"grown by {growth:.1f} %"] if growth > GROWTH_PERCENT else [])
        results.add("answers", ledger.wrong)
    finally:
        complaints = []
        try:
            server.stop()
        except AssertionError as error:
            complaints.append(str(error)[:2000])
        results.add("end of the server", complaints)
    results.add("log", list_log_errors(server))
    total = ledger.count_all()
    print(f"  {total} actions ({total / arguments.seconds:.0f} a second), {len(ledger.jobs)} jobs:",
          ", ".join(f"{name} {count}" for name, count in sorted(ledger.counts.items())))
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--kill", action="store_true", help=f"kill -9 every {KILL_SECONDS} seconds")
    parser.add_argument("--sanitizer", default="", choices=["", "address", "thread"])
    parser.add_argument("--result", required=True)
    arguments = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="advanced-rest-stress-")
    is_good = False
    try:
        results = run(arguments, directory)
        results.write(arguments.result)
        is_good = results.is_good()
    finally:
        if is_good:
            shutil.rmtree(directory, ignore_errors=True)
        else:
            print(f"  kept: {directory}")
    print("  nothing is wrong" if is_good else "  FAILED")
    return 0 if is_good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except requests.RequestException as error:
        sys.exit(f"Orthanc does not answer: {error!r}")
