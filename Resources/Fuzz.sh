#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# Feeds damaged and random input to everything that reads what others send, under AddressSanitizer and UBSan

set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "${SOURCE}/Resources/Tools/Packages.sh"
. "${SOURCE}/Resources/Tools/Roots.sh"

usage()
{
  cat <<END
Usage: bash Resources/Fuzz.sh [SECONDS [TARGET]...]
Runs every target, or only these, for that long (600 seconds), two at a time; on Debian 12, whose clang-14
has libFuzzer. Inputs that reach something new are kept in ${ROOTS_DIRECTORY}/native/fuzz/corpus
for the next run, and what was found in .../fuzz/found. The exit code is 0 if nothing was found.
END
}

FUZZ_SECONDS=600
if [ $# -gt 0 ]
then
  [[ "$1" =~ ^[1-9][0-9]*$ ]] || { usage >&2; exit 2; }
  FUZZ_SECONDS=$1
  shift
fi
if [ "$(debian_codename)" != bookworm ]
then
  echo "The fuzzers are built by the clang-14 of Debian 12 only" >&2
  exit 2
fi
install_packages build tests
ADVANCED_REST_FUZZ_SECONDS=${FUZZ_SECONDS} exec nice -n 19 \
  bash "${SOURCE}/Resources/Tools/TestHost.sh" fuzz "${ROOTS_DIRECTORY}/native" "$@"
