#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""RunFuzzers.py PROGRAM [TARGET]...: runs the targets of the fuzzers, two at a time, and writes a JUnit
file with one test per target. What a fuzzer finds stays below the directory of --work."""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

# Inputs are requests and headers, not studies; no single one may take longer than this, or need more
MAX_BYTES = 16384
MAX_SECONDS = 10
MAX_MEGABYTES = 2560
OPTIONS = [f"-max_len={MAX_BYTES}", f"-timeout={MAX_SECONDS}", f"-rss_limit_mb={MAX_MEGABYTES}",
           "-print_final_stats=1", "-use_value_profile=1", "-reload=0", "-verbosity=1"]
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=0:detect_odr_violation=0",
               "UBSAN_OPTIONS": "print_stacktrace=1"}


def count_runs(text):
    match = re.search(r"stat::number_of_executed_units: *(\d+)", text)
    return int(match.group(1)) if match else 0


def run_target(program, target, arguments):
    """(target, seconds, executed inputs, what was found or "")."""
    found = os.path.join(arguments.work, "found", target)
    fresh = os.path.join(arguments.work, "corpus", target)
    seeds = os.path.join(arguments.corpus, target)
    for path in (found, fresh):
        os.makedirs(path, exist_ok=True)
    begin = time.monotonic()
    if not os.path.isdir(seeds):
        return target, 0.0, 0, f"no corpus: {seeds}"
    log_path = os.path.join(arguments.work, target + ".log")
    with open(log_path, "wb") as log:
        process = subprocess.run(
            [program, "--target=" + target, f"-max_total_time={arguments.seconds}",
             f"-artifact_prefix={found}/", *OPTIONS, fresh, seeds],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=arguments.work,
            env=dict(os.environ, **ENVIRONMENT), check=False)
    with open(log_path, encoding="utf-8", errors="replace") as log:
        text = log.read()
    runs = count_runs(text)
    complaint = ""
    if process.returncode != 0:
        lines = [line for line in text.splitlines()
                 if not line.startswith("#") or line.lstrip().startswith(("#0 ", "#1 "))]
        complaint = f"ended with {process.returncode}\n" + "\n".join(lines[-120:])
    elif runs < 100:
        complaint = f"only {runs} inputs were tried"
    return target, time.monotonic() - begin, runs, complaint


def write_results(path, results):
    suite = ElementTree.Element("testsuite", name="Fuzz", tests=str(len(results)))
    for target, seconds, _, complaint in results:
        case = ElementTree.SubElement(suite, "testcase", classname="Fuzz", name=target,
                                      time=f"{seconds:.1f}")
        if complaint:
            text = "".join(c if c in "\n\t" or " " <= c <= "~" else "?" for c in complaint)
            ElementTree.SubElement(case, "failure", message=text.splitlines()[0]).text = text
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--result", required=True)
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.program)
    arguments.work = os.path.abspath(arguments.work)
    os.makedirs(arguments.work, exist_ok=True)
    known = subprocess.run([program, "--list"], capture_output=True, text=True,
                           check=True).stdout.split()
    unknown = set(arguments.targets) - set(known)
    if unknown:
        parser.error("no such target: " + ", ".join(sorted(unknown)))
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda target: run_target(program, target, arguments),
                                arguments.targets or known))
    for target, seconds, runs, complaint in results:
        print(f"{target:20} {runs:10} inputs in {seconds:6.1f} s  {complaint or 'nothing found'}")
    write_results(arguments.result, results)
    return 1 if any(complaint for _, _, _, complaint in results) else 0


if __name__ == "__main__":
    sys.exit(main())
