#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Fails unless the library exports exactly the four functions that Orthanc looks up."""

import subprocess
import sys

EXPECTED = {"OrthancPluginInitialize", "OrthancPluginFinalize",
            "OrthancPluginGetName", "OrthancPluginGetVersion"}


def main(library):
    # The linker may list local symbols too, those that a library of ours also has
    listing = subprocess.run(["nm", "-D", "--defined-only", "--extern-only", library],
                             check=True, capture_output=True, text=True).stdout
    exported = {line.split()[-1] for line in listing.splitlines() if line.strip()}
    if exported != EXPECTED:
        print("unexpected:", sorted(exported - EXPECTED), "missing:", sorted(EXPECTED - exported))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
