#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""CountResults.py FILE...: prints "PASSED FAILED", summed over JUnit files of ctest, pytest and GoogleTest.

A file that is missing, damaged or without a test counts as one failure, and so does a test that was
not run. The names of what failed go to the standard error.
"""

import sys
import xml.etree.ElementTree as ElementTree


def count(path):
    """(passed, names of what failed) of one file."""
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        return 0, [f"{path}: no result ({error.__class__.__name__})"]
    if not cases:
        return 0, [f"{path}: no test was run"]
    failed = []
    for case in cases:
        # ctest and GoogleTest: status="run"; pytest has no such attribute
        bad = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        if bad or case.get("status", "run") != "run":
            name = "::".join(part for part in (case.get("classname"), case.get("name")) if part)
            failed.append(f"{name} ({bad[0] if bad else case.get('status')})")
    return len(cases) - len(failed), failed


def main(paths):
    passed, failed = 0, []
    for path in paths:
        path_passed, path_failed = count(path)
        passed += path_passed
        failed += path_failed
    for name in failed:
        print("  failed:", name, file=sys.stderr)
    print(passed, len(failed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
