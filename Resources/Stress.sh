#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# Many clients at once against a real Orthanc with the plugin

set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "${SOURCE}/Resources/Tools/Packages.sh"
. "${SOURCE}/Resources/Tools/Roots.sh"

usage()
{
  cat <<END
Usage: bash Resources/Stress.sh [--host bookworm|trixie|forky] [--sanitizer address|thread]
                                [--seconds N] [--clients N] [--kill]
  --host       whose Orthanc; that of another Debian than this machine's runs in a root below
               ${ROOTS_DIRECTORY}, which Resources/Test.sh makes
  --sanitizer  the plugin is built with it; Orthanc is Debian's. Without one, memory is compared
  --seconds    how long the clients work (60); the check of the results comes on top
  --clients    how many (50)
  --kill       ends Orthanc with kill -9 every 20 seconds; nothing that was accepted may be lost
The clients make archives and media at once and as jobs, documents and objects, fetch ranges, scrape, control
each other's jobs, and leave in the middle. Every answer is checked. The exit code is 0 if nothing was wrong.
END
}

HOST=$(debian_codename)
ARGUMENTS=()
while [ $# -gt 0 ]
do
  case "$1" in
    --host|--sanitizer|--seconds|--clients)
      [ $# -ge 2 ] || { usage >&2; exit 2; }
      if [ "$1" = --host ]
      then
        HOST=$2
      else
        ARGUMENTS+=("$1" "$2")
      fi
      shift
      ;;
    --kill) ARGUMENTS+=(--kill) ;;
    -h|--help) usage; exit 0 ;;
    *) echo "Unknown argument: $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

if [ "${HOST}" = "$(debian_codename)" ]
then
  install_packages build run tests
  exec bash "${SOURCE}/Resources/Tools/TestHost.sh" stress "${ROOTS_DIRECTORY}/native" \
       "${ARGUMENTS[@]+"${ARGUMENTS[@]}"}"
fi
install_packages roots
make_root "${HOST}"
in_root "${HOST}" "${SOURCE}" online bash /src/Resources/Tools/Packages.sh build run tests
in_root "${HOST}" "${SOURCE}" offline \
        bash /src/Resources/Tools/TestHost.sh stress "${WORK_IN_ROOT}" "${ARGUMENTS[@]+"${ARGUMENTS[@]}"}"
