#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# One step of the tests, on the Debian it runs on:
#   bash TestHost.sh STEP WORK_DIRECTORY [argument]...
# STEP: build, unit, integration, address, thread, integration-address, stress, fuzz, package, all-hosts, image or
# browser. Results are JUnit files in WORK_DIRECTORY/results. "all-hosts" and "browser" want the builds in the roots too

set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "${SOURCE}/Resources/Tools/Packages.sh"
STEP=$1
WORK=$2
shift 2

RESULTS="${WORK}/results"
mkdir -p "${RESULTS}"

export CCACHE_DIR="${CCACHE_DIR:-${WORK}/ccache}"
export CCACHE_BASEDIR="${SOURCE}"
export CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=pch_defines,time_macros
export PYTHONDONTWRITEBYTECODE=1
JOBS=$(nproc)

# Directories of builds know their sources by time stamps only: another source tree, another build
prepare_build()
{
  local build=$1 identity
  identity=$(stat -c '%d:%i' "${SOURCE}")
  if [ -d "${build}" ] && [ "$(cat "${build}/.source" 2>/dev/null)" != "${identity}" ]
  then
    rm -rf --one-file-system "${build}"
  fi
  mkdir -p "${build}"
  echo "${identity}" > "${build}/.source"
}

# configure BUILD_DIRECTORY [cmake option]...
configure()
{
  local build=$1
  shift
  prepare_build "${build}"
  cmake -S "${SOURCE}" -B "${build}" -G Ninja -DWARNINGS_AS_ERRORS=ON \
        -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"
}

# configure_sanitized NAME: with assertions
configure_sanitized()
{
  configure "${WORK}/build-${1,,}" -DSANITIZER="$1" -DCMAKE_BUILD_TYPE=None \
            -DCMAKE_CXX_FLAGS="-O1 -g1"
}

# sanitize NAME: the unit suites
sanitize()
{
  local name=$1 suite status=0
  local build="${WORK}/build-${name,,}"
  rm -f "${RESULTS}/${name,,}"-*.xml
  configure_sanitized "${name}"
  cmake --build "${build}" --parallel "${JOBS}" --target UnitTests HostUnitTests
  export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
  export UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
  for suite in UnitTests HostUnitTests
  do
    # A report ends the process, then there is no file with results, or the exit code says so
    if ! (cd "${build}" && timeout -k 30 1200 "./UnitTests/${suite}" --gtest_brief=1 \
          --gtest_output="xml:${RESULTS}/${name,,}-${suite}.xml")
    then
      status=1
      if ! python3 "${SOURCE}/Resources/Tools/CountResults.py" "${RESULTS}/${name,,}-${suite}.xml" \
           2>&1 | grep -q failed:
      then
        rm -f "${RESULTS}/${name,,}-${suite}.xml"
      fi
    fi
  done
  return "${status}"
}

# For what talks to the Orthanc of this Debian and to those in the roots, in the network of whoever calls
prepare_roots()
{
  export ADVANCED_REST_PLUGIN="${WORK}/build/libOrthancAdvancedRest.so"
  . "${SOURCE}/Resources/Tools/Roots.sh"
  export ADVANCED_REST_ROOTS="${ROOTS_DIRECTORY}"
  export ADVANCED_REST_WORK_IN_ROOT="${ADVANCED_REST_WORK_IN_ROOT:-${WORK_IN_ROOT}}"
  ADVANCED_REST_NATIVE=$(debian_codename)
  export ADVANCED_REST_NATIVE
}

case "${STEP}" in
  build)
    # Headers alone: on the machine itself only, the roots have the same ones
    OPTIONS=()
    if [ -e /etc/orthanc-advanced-rest-root ]
    then
      OPTIONS+=(-DBUILD_HEADER_SELF_TEST=OFF)
    fi
    if [ "$(debian_codename)" = bookworm ]
    then
      OPTIONS+=(-DCHECK_STYLE=ON)
    fi
    configure "${WORK}/build" "${OPTIONS[@]+"${OPTIONS[@]}"}"
    cmake --build "${WORK}/build" --parallel "${JOBS}"
    ;;

  unit)
    rm -f "${RESULTS}/unit.xml"
    ctest --test-dir "${WORK}/build" --parallel "${JOBS}" --timeout 300 --output-on-failure \
          --no-tests=error --output-junit "${RESULTS}/unit.xml"
    ;;

  address)
    sanitize Address
    ;;

  thread)
    sanitize Thread
    ;;

  integration)
    rm -f "${RESULTS}/integration.xml"
    export ADVANCED_REST_PLUGIN="${WORK}/build/libOrthancAdvancedRest.so"
    # Most of their time is waiting for Orthanc to start and to stop
    timeout -k 30 1500 /usr/bin/python3 -m pytest -p no:cacheprovider -n 3 --dist loadfile \
            --junit-xml="${RESULTS}/integration.xml" "$@" "${SOURCE}/Resources/IntegrationTests"
    ;;

  integration-address)
    # The tests marked "sanitizer" again, the plugin under AddressSanitizer in the plain Orthanc
    rm -f "${RESULTS}/integration-address.xml"
    configure_sanitized Address
    cmake --build "${WORK}/build-address" --parallel "${JOBS}" --target OrthancAdvancedRest
    export ADVANCED_REST_PLUGIN="${WORK}/build-address/libOrthancAdvancedRest.so"
    ADVANCED_REST_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so)"
    export ADVANCED_REST_PRELOAD
    timeout -k 30 1500 /usr/bin/python3 -m pytest -p no:cacheprovider -m sanitizer \
            --junit-xml="${RESULTS}/integration-address.xml" "${SOURCE}/Resources/IntegrationTests"
    ;;

  stress)
    # Arguments are those of Resources/Stress/Stress.py
    rm -f "${RESULTS}/stress.xml"
    case " $* " in
      *" --sanitizer address "*)
        configure_sanitized Address
        BUILD="${WORK}/build-address"
        ADVANCED_REST_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so)"
        export ADVANCED_REST_PRELOAD
        ;;
      *" --sanitizer thread "*)
        configure_sanitized Thread
        BUILD="${WORK}/build-thread"
        ADVANCED_REST_PRELOAD=$(g++ -print-file-name=libtsan.so)
        export ADVANCED_REST_PRELOAD
        ;;
      *)
        configure "${WORK}/build"
        BUILD="${WORK}/build"
        ;;
    esac
    cmake --build "${BUILD}" --parallel "${JOBS}" --target OrthancAdvancedRest
    export ADVANCED_REST_PLUGIN="${BUILD}/libOrthancAdvancedRest.so"
    /usr/bin/python3 "${SOURCE}/Resources/Stress/Stress.py" --result "${RESULTS}/stress.xml" "$@"
    ;;

  fuzz)
    # Every target for ADVANCED_REST_FUZZ_SECONDS; its results are a test per target. Arguments: only
    # these targets. New inputs are collected in WORK_DIRECTORY/fuzz
    rm -f "${RESULTS}/fuzz.xml"
    configure "${WORK}/build-fuzz" -DBUILD_FUZZERS=ON -DBUILD_UNIT_TESTS=OFF \
              -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="-O1 -g1"
    cmake --build "${WORK}/build-fuzz" --parallel "${JOBS}" --target FuzzTests
    /usr/bin/python3 "${SOURCE}/Resources/Tools/RunFuzzers.py" \
                     --seconds "${ADVANCED_REST_FUZZ_SECONDS:-20}" --work "${WORK}/fuzz" \
                     --corpus "${SOURCE}/UnitTests/Fuzz/Corpus" --result "${RESULTS}/fuzz.xml" \
                     "${WORK}/build-fuzz/UnitTests/Fuzz/FuzzTests" "$@"
    ;;

  package)
    # The package of this Debian, made of the build, and once more elsewhere
    rm -f "${RESULTS}/package.xml"
    export ADVANCED_REST_BUILD="${WORK}/build" ADVANCED_REST_PACKAGES="${WORK}/packages"
    mkdir -p "${ADVANCED_REST_PACKAGES}"
    timeout -k 30 1200 /usr/bin/python3 -m pytest -p no:cacheprovider \
            --junit-xml="${RESULTS}/package.xml" "$@" "${SOURCE}/Resources/IntegrationTests/packaging_checks.py"
    ;;

  image)
    # After Image.sh has built it
    rm -f "${RESULTS}/image.xml"
    . "${SOURCE}/Resources/Tools/Roots.sh"
    export ADVANCED_REST_ROOTS="${ROOTS_DIRECTORY}"
    timeout -k 30 600 /usr/bin/python3 -m pytest -p no:cacheprovider \
            --junit-xml="${RESULTS}/image.xml" "$@" "${SOURCE}/Resources/IntegrationTests/image_checks.py"
    ;;

  all-hosts)
    rm -f "${RESULTS}/all-hosts.xml"
    prepare_roots
    timeout -k 30 600 /usr/bin/python3 -m pytest -p no:cacheprovider \
            --junit-xml="${RESULTS}/all-hosts.xml" "$@" \
            "${SOURCE}/Resources/IntegrationTests/all_hosts_metrics.py" \
            "${SOURCE}/Resources/IntegrationTests/all_hosts_change.py"
    ;;

  browser)
    # On the machine itself, against the hosts that ADVANCED_REST_BROWSER_HOSTS names, with commas
    rm -f "${RESULTS}/browser.xml"
    prepare_roots
    export ADVANCED_REST_BROWSER_HOSTS="${ADVANCED_REST_BROWSER_HOSTS:-${ADVANCED_REST_NATIVE}}"
    if [ ! -e "${ADVANCED_REST_PLUGIN}" ]
    then
      # Only hosts in roots: their plugin counts
      ADVANCED_REST_PLUGIN="${ROOTS_DIRECTORY}/${ADVANCED_REST_BROWSER_HOSTS%%,*}"
      ADVANCED_REST_PLUGIN+="${ADVANCED_REST_WORK_IN_ROOT}/build/libOrthancAdvancedRest.so"
    fi
    export ADVANCED_REST_NODE_MODULES="${WORK}/browser/node_modules"
    timeout -k 30 1500 /usr/bin/python3 -m pytest -p no:cacheprovider \
            --junit-xml="${RESULTS}/browser.xml" "$@" \
            "${SOURCE}"/Resources/IntegrationTests/browser_app.py \
            "${SOURCE}"/Resources/IntegrationTests/browser_explorer.py
    ;;

  *)
    echo "No such step: ${STEP}" >&2
    exit 2
    ;;
esac
