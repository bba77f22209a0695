#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# Builds with warnings as errors, then runs the unit tests (also under sanitizers) and the integration
# tests against the Orthanc of this Debian, or of several

set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "${SOURCE}/Resources/Tools/Packages.sh"
. "${SOURCE}/Resources/Tools/Roots.sh"

usage()
{
  cat <<END
Usage: bash Resources/Test.sh [--all-hosts | --hosts NAME,NAME...] [--no-sanitizers]
                              [--pytest-args ARGUMENT...]
  --all-hosts      the Orthanc of Debian bookworm, trixie and forky; those that are not this
                   machine's run in roots below ${ROOTS_DIRECTORY}
                   (another place: environment variable ADVANCED_REST_ROOTS)
  --hosts          only these of them
  --no-sanitizers  leaves the sanitizer builds out: unit tests under AddressSanitizer and
                   ThreadSanitizer and a minute of Resources/Stress.sh on this machine's Debian,
                   20 seconds for each fuzzer on bookworm, some integration tests on trixie
  --pytest-args    everything that follows goes to pytest
With all three, their Orthanc also runs at once, for what watches all of them, and one after the other on the same
storage; and the image of Docker/Debian13 is built and tested. Last come the tests in a browser, against the Orthanc of
each of the chosen hosts.
The last line is "N passed, N failed"; the exit code is 0 only if nothing failed.
END
}

NATIVE=$(debian_codename)
HOSTS="${NATIVE}"
SANITIZERS=yes
PYTEST_ARGS=()
while [ $# -gt 0 ]
do
  case "$1" in
    --all-hosts) HOSTS=bookworm,trixie,forky ;;
    --hosts)
      [ $# -ge 2 ] || { usage >&2; exit 2; }
      HOSTS=$2
      shift
      ;;
    --no-sanitizers) SANITIZERS=no ;;
    --pytest-args) shift; PYTEST_ARGS=("$@"); break ;;
    -h|--help) usage; exit 0 ;;
    *) echo "Unknown argument: $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

if [ "$(id -u)" != 0 ]
then
  echo "Resources/Test.sh installs packages and makes namespaces: run it as root" >&2
  exit 2
fi

IFS=, read -r -a HOST_LIST <<< "${HOSTS}"
for host in "${HOST_LIST[@]}"
do
  case "${host}" in
    bookworm|trixie|forky) ;;
    *) echo "No such host: ${host} (bookworm, trixie or forky)" >&2; exit 2 ;;
  esac
done

LOGS=$(mktemp -d /tmp/orthanc-advanced-rest-tests.XXXXXX)
FAILED_LOGS=()

# Where the sources appear on this machine's host: the compiler cache of one clone serves another one
NATIVE_SOURCE="${ROOTS_DIRECTORY}/native/src"

# Where the work of a host is, seen from here
work_of()
{
  if [ "$1" = "${NATIVE}" ]
  then
    echo "${ROOTS_DIRECTORY}/native"
  else
    echo "${ROOTS_DIRECTORY}/$1${WORK_IN_ROOT}"
  fi
}

# on_host HOST online|offline COMMAND...; "@SOURCE@" and "@WORK@" in arguments are replaced
on_host()
{
  local host=$1 network=$2 source=/src work=${WORK_IN_ROOT} argument
  local -a command=()
  shift 2
  if [ "${host}" = "${NATIVE}" ]
  then
    source=${SOURCE}
    work=$(work_of "${host}")
    if [ "${network}" = offline ]
    then
      source=${NATIVE_SOURCE}
      mkdir -p "${source}"
    fi
  fi
  for argument in "$@"
  do
    argument=${argument//@SOURCE@/${source}}
    command+=("${argument//@WORK@/${work}}")
  done
  if [ "${host}" != "${NATIVE}" ]
  then
    in_root "${host}" "${SOURCE}" "${network}" "${command[@]}"
  elif [ "${network}" = offline ]
  then
    unshare --mount --propagation private --net --pid --fork --kill-child --mount-proc \
            bash -c 'ip link set lo up && mount --bind "$1" "$2" && shift 2 && exec "$@"' offline \
            "${SOURCE}" "${NATIVE_SOURCE}" "${command[@]}"
  else
    "${command[@]}"
  fi
}

# step HOST NAME COMMAND...: runs it with its output in a log, says how long it took
step()
{
  local host=$1 name=$2 log="${LOGS}/$1-$2.log" begin=${SECONDS} status=0
  shift 2
  # In a process group of its own, so that an interrupted run takes its servers with it
  set -m
  "$@" > "${log}" 2>&1 < /dev/null &
  STEP=$!
  set +m
  wait "${STEP}" || status=$?
  STEP=
  if [ "${status}" = 0 ]
  then
    echo "[${host}] ${name}: done in $((SECONDS - begin)) s"
  else
    echo "[${host}] ${name}: FAILED after $((SECONDS - begin)) s (exit ${status}), see ${log}"
    FAILED_LOGS+=("${log}")
  fi
  return "${status}"
}

stop_step()
{
  trap - INT TERM
  if [ -n "${STEP}" ]
  then
    # An installation may end what it is doing; unshare ignores the first signal, its end is its
    # children's end
    kill -TERM -- "-${STEP}" 2>/dev/null || true
    for _ in 1 2 3 4 5
    do
      kill -0 -- "-${STEP}" 2>/dev/null || break
      sleep 1
    done
    kill -KILL -- "-${STEP}" 2>/dev/null || true
    wait "${STEP}" 2>/dev/null || true
  fi
  echo "Interrupted" >&2
  exit 130
}

STEP=
trap stop_step INT TERM

# All steps of one host; what cannot be run counts as a failure by its missing results
test_host()
{
  local host=$1 counts passed failed version lock failures_before=${#FAILED_LOGS[@]}
  local -a results=(unit.xml integration.xml package.xml)
  local work
  work=$(work_of "${host}")

  # One run at a time in a root
  mkdir -p "${ROOTS_DIRECTORY}"
  exec {lock}> "${ROOTS_DIRECTORY}/${host}.lock"
  if ! flock -n "${lock}"
  then
    echo "[${host}] waiting for another run of the tests on this machine"
    flock "${lock}"
  fi

  if [ "${SANITIZERS}" = yes ] && [ "${host}" = "${NATIVE}" ]
  then
    results+=(address-UnitTests.xml address-HostUnitTests.xml
              thread-UnitTests.xml thread-HostUnitTests.xml stress.xml)
  fi
  # The compiler of the fuzzers is that of Debian 12
  if [ "${SANITIZERS}" = yes ] && [ "${host}" = "${NATIVE}" ] && [ "${host}" = bookworm ]
  then
    results+=(fuzz.xml)
  fi
  # The C library of Debian 12 hangs in the start of Orthanc when AddressSanitizer is loaded into it
  if [ "${SANITIZERS}" = yes ] && [ "${host}" = trixie ]
  then
    results+=(integration-address.xml)
  fi
  rm -rf --one-file-system "${work}/results"

  if prepare_host "${host}" &&
     step "${host}" build on_host "${host}" offline \
          bash @SOURCE@/Resources/Tools/TestHost.sh build @WORK@
  then
    step "${host}" unit on_host "${host}" offline \
         bash @SOURCE@/Resources/Tools/TestHost.sh unit @WORK@ || true
    step "${host}" integration on_host "${host}" offline \
         bash @SOURCE@/Resources/Tools/TestHost.sh integration @WORK@ \
         "${PYTEST_ARGS[@]+"${PYTEST_ARGS[@]}"}" || true
    step "${host}" package on_host "${host}" offline \
         bash @SOURCE@/Resources/Tools/TestHost.sh package @WORK@ || true
    if [ "${SANITIZERS}" = yes ] && [ "${host}" = "${NATIVE}" ]
    then
      step "${host}" address on_host "${host}" offline \
           bash @SOURCE@/Resources/Tools/TestHost.sh address @WORK@ || true
      step "${host}" thread on_host "${host}" offline \
           bash @SOURCE@/Resources/Tools/TestHost.sh thread @WORK@ || true
      # With the plugin that the unit tests were built with
      step "${host}" stress on_host "${host}" offline \
           bash @SOURCE@/Resources/Tools/TestHost.sh stress @WORK@ --sanitizer thread || true
    fi
    if [ "${SANITIZERS}" = yes ] && [ "${host}" = "${NATIVE}" ] && [ "${host}" = bookworm ]
    then
      step "${host}" fuzz on_host "${host}" offline \
           bash @SOURCE@/Resources/Tools/TestHost.sh fuzz @WORK@ || true
    fi
    if [ "${SANITIZERS}" = yes ] && [ "${host}" = trixie ]
    then
      step "${host}" integration-address on_host "${host}" offline \
           bash @SOURCE@/Resources/Tools/TestHost.sh integration-address @WORK@ || true
    fi
  fi

  counts=$(cd "${work}/results" 2>/dev/null || cd /
           python3 "${SOURCE}/Resources/Tools/CountResults.py" "${results[@]}")
  read -r passed failed <<< "${counts}"
  if [ "${failed}" = 0 ] && [ "${#FAILED_LOGS[@]}" != "${failures_before}" ]
  then
    failed=1
  fi
  version=$(on_host "${host}" offline Orthanc --version 2>/dev/null |
            sed -n '1s,^[^ ]*Orthanc \([0-9.]*\|mainline\).*,\1,p') || true
  echo "${passed} ${failed} ${version:-not installed}" > "${LOGS}/${host}.result"
  exec {lock}>&-
}

# count_part NAME STATUS: what NAME.xml says of a part that is no host's; one that failed without saying so
# counts as a failure
count_part()
{
  local passed failed
  read -r passed failed <<< "$(cd "$(work_of "${NATIVE}")/results" 2>/dev/null || cd /
                               python3 "${SOURCE}/Resources/Tools/CountResults.py" "$1.xml")"
  if [ "${failed}" = 0 ]
  then
    failed=$2
  fi
  echo "${passed} ${failed}" > "${LOGS}/$1.result"
  printf '%s\n' "${FAILED_LOGS[@]+"${FAILED_LOGS[@]}"}" > "${LOGS}/$1.failed"
}

# lock_hosts HOST...: the root of a host is nobody else's until unlock_hosts
lock_hosts()
{
  local host lock
  HOST_LOCKS=()
  for host in $(printf '%s\n' "$@" | sort -u)
  do
    exec {lock}> "${ROOTS_DIRECTORY}/${host}.lock"
    flock "${lock}"
    HOST_LOCKS+=("${lock}")
  done
}

unlock_hosts()
{
  local lock
  for lock in "${HOST_LOCKS[@]}"
  do
    exec {lock}>&-
  done
}

# The Orthanc of all hosts at once, after they were built
test_all_hosts()
{
  local status=0
  lock_hosts "${HOST_LIST[@]}"
  rm -f "$(work_of "${NATIVE}")/results/all-hosts.xml"
  step all-hosts metrics-and-change on_host "${NATIVE}" offline \
       bash @SOURCE@/Resources/Tools/TestHost.sh all-hosts @WORK@ || status=1
  unlock_hosts
  count_part all-hosts "${status}"
}

# The image, built with the network at hand and tested without
test_image()
{
  local status=0
  STEP=
  trap stop_step INT TERM
  lock_hosts image
  rm -f "$(work_of "${NATIVE}")/results/image.xml"
  { step image build on_host "${NATIVE}" online \
         bash @SOURCE@/Resources/Tools/Image.sh -DWARNINGS_AS_ERRORS=ON &&
      step image tests on_host "${NATIVE}" offline bash @SOURCE@/Resources/Tools/TestHost.sh image @WORK@
  } || status=1
  count_part image "${status}"
}

# The browser of this machine against the Orthanc of each host, after they were built
test_browser()
{
  local status=0
  lock_hosts "${NATIVE}" "${HOST_LIST[@]}"
  rm -f "$(work_of "${NATIVE}")/results/browser.xml"
  { step browser packages install_browser "$(work_of "${NATIVE}")" &&
      step browser tests on_host "${NATIVE}" offline \
           env ADVANCED_REST_BROWSER_HOSTS="$(IFS=,; echo "${HOST_LIST[*]}")" \
           bash @SOURCE@/Resources/Tools/TestHost.sh browser @WORK@
  } || status=1
  unlock_hosts
  count_part browser "${status}"
}

install_browser()
{
  install_packages browser && install_node_modules "${SOURCE}" "$1/browser"
}

# What needs the hosts together
test_together()
{
  STEP=
  trap stop_step INT TERM
  if [ "${ALL_HOSTS}" = yes ]
  then
    test_all_hosts
  fi
  test_browser
}

# The hosts one after the other; the logs that tell of failures go into a file
test_hosts()
{
  local host
  STEP=
  trap stop_step INT TERM
  for host in "$@"
  do
    test_host "${host}"
  done
  printf '%s\n' "${FAILED_LOGS[@]+"${FAILED_LOGS[@]}"}" > "${LOGS}/$1.failed"
}

stop_chains()
{
  trap - INT TERM
  kill -TERM "${CHAINS[@]}" 2>/dev/null || true
  wait "${CHAINS[@]}" 2>/dev/null || true
  exit 130
}

prepare_host()
{
  local host=$1
  if [ "${host}" = "${NATIVE}" ]
  then
    step "${host}" packages install_packages build run tests package
  else
    step "${host}" root make_root "${host}" &&
      step "${host}" packages on_host "${host}" online \
           bash @SOURCE@/Resources/Tools/Packages.sh build run tests package
  fi
}

# For the namespaces, the counting, the roots and the image
TOOLS=(run roots)
if [ "$(printf '%s\n' "${HOST_LIST[@]}" | sort -u | wc -l)" = 3 ]
then
  TOOLS+=(image)
fi
step "${NATIVE}" tools install_packages "${TOOLS[@]}" || { cat "${FAILED_LOGS[@]}" >&2; exit 1; }

# This machine's host beside the others: while one waits for a server, the other compiles
NATIVE_LIST=()
ROOT_LIST=()
for host in "${HOST_LIST[@]}"
do
  if [ "${host}" = "${NATIVE}" ]
  then
    NATIVE_LIST+=("${host}")
  else
    ROOT_LIST+=("${host}")
  fi
done
CHAINS=()
trap stop_chains INT TERM
if [ "${#NATIVE_LIST[@]}" != 0 ]
then
  test_hosts "${NATIVE_LIST[@]}" &
  CHAINS+=($!)
fi
if [ "${#ROOT_LIST[@]}" != 0 ]
then
  test_hosts "${ROOT_LIST[@]}" &
  CHAINS+=($!)
fi
for chain in "${CHAINS[@]}"
do
  wait "${chain}" || true
done
trap stop_step INT TERM

# In whatever order they were named
ALL_HOSTS=no
if [ "${#NATIVE_LIST[@]}" != 0 ] && [ "$(printf '%s\n' "${HOST_LIST[@]}" | sort -u | wc -l)" = 3 ]
then
  ALL_HOSTS=yes
fi
# One beside the other: both wait more than they work
CHAINS=()
trap stop_chains INT TERM
if [ "${ALL_HOSTS}" = yes ]
then
  test_image &
  CHAINS+=($!)
fi
test_together &
CHAINS+=($!)
for chain in "${CHAINS[@]}"
do
  wait "${chain}" || true
done
trap stop_step INT TERM

while read -r log
do
  if [ -n "${log}" ]
  then
    FAILED_LOGS+=("${log}")
  fi
done < <(sort -u "${LOGS}"/*.failed 2>/dev/null)
for log in "${FAILED_LOGS[@]+"${FAILED_LOGS[@]}"}"
do
  echo
  echo "==== end of ${log} ===="
  tail -n 60 "${log}"
done

echo
TOTAL_PASSED=0
TOTAL_FAILED=0
for host in "${HOST_LIST[@]}"
do
  # A chain that has died leaves no result: that is a failure
  passed=0 failed=1 version="not tested"
  if [ -e "${LOGS}/${host}.result" ]
  then
    read -r passed failed version < "${LOGS}/${host}.result"
  fi
  echo "host ${host} (Orthanc ${version}): ${passed} passed, ${failed} failed"
  TOTAL_PASSED=$((TOTAL_PASSED + passed))
  TOTAL_FAILED=$((TOTAL_FAILED + failed))
done
PARTS=(browser)
if [ "${ALL_HOSTS}" = yes ]
then
  PARTS+=(all-hosts image)
fi
for part in "${PARTS[@]}"
do
  passed=0 failed=1
  if [ -e "${LOGS}/${part}.result" ]
  then
    read -r passed failed < "${LOGS}/${part}.result"
  fi
  echo "${part}: ${passed} passed, ${failed} failed"
  TOTAL_PASSED=$((TOTAL_PASSED + passed))
  TOTAL_FAILED=$((TOTAL_FAILED + failed))
done
STATUS=0
if [ "${TOTAL_FAILED}" != 0 ] || [ "${TOTAL_PASSED}" = 0 ]
then
  STATUS=1
fi
if [ "${#FAILED_LOGS[@]}" = 0 ]
then
  rm -rf "${LOGS}"
fi
echo "${TOTAL_PASSED} passed, ${TOTAL_FAILED} failed"
exit "${STATUS}"
