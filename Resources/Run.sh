#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# From a fresh Debian to a running Orthanc with the plugin, some real studies in it, and their archives

set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "${SOURCE}/Resources/Tools/Packages.sh"

BUILD="${SOURCE}/build"
STORAGE=
PORT=
EXIT=no

usage()
{
  cat <<END
Usage: bash Resources/Run.sh [--port N] [--storage DIRECTORY] [--build DIRECTORY] [--exit]
  --port     HTTP port on 127.0.0.1; by default the first free one from 8042 on
  --storage  where Orthanc keeps its database and files (default: "Run/storage" in the directory of the build)
  --build    where the plugin is built and the server runs (default ${BUILD})
  --exit     stops the server at the end; the exit code is 0 only if every call did what it should
END
}

fail()
{
  echo "Run.sh: $*" >&2
  exit 1
}

is_port_free()
{
  [ -z "$(ss -Hltn "sport = :$1")" ]
}

# The server that an earlier call has left running, if it still is that one
running_server()
{
  local pid
  pid=$(cat "${RUN}/orthanc.pid" 2>/dev/null) || return 1
  tr '\0' '\n' 2>/dev/null < "/proc/${pid}/cmdline" | grep -qxF "${RUN}/orthanc.json" || return 1
  echo "${pid}"
}

stop_server()
{
  local pid
  if pid=$(running_server)
  then
    echo "Stopping Orthanc (process ${pid})"
    kill "${pid}" 2>/dev/null || true
    for _ in $(seq 300)
    do
      running_server > /dev/null || break
      sleep 0.1
    done
    if running_server > /dev/null
    then
      kill -KILL "${pid}" 2>/dev/null || true
    fi
  fi
  rm -f "${RUN}/orthanc.pid"
}

choose_port()
{
  if [ -n "${PORT}" ]
  then
    is_port_free "${PORT}" || fail "port ${PORT} is in use: choose another one with --port"
    return
  fi
  for PORT in $(seq 8042 8099)
  do
    if is_port_free "${PORT}"
    then
      [ "${PORT}" = 8042 ] || echo "Port 8042 is in use, taking ${PORT}"
      return
    fi
  done
  fail "no free port between 8042 and 8099: choose one with --port"
}

write_configuration()
{
  python3 - "${RUN}/orthanc.json" "${STORAGE}" "${PORT}" "${BUILD}/libOrthancAdvancedRest.so" <<'END'
import json
import sys

target, storage, port, plugin = sys.argv[1:]
with open(target, "w", encoding="utf-8") as stream:
    json.dump({
        "Name": "OrthancAdvancedRest",
        "StorageDirectory": storage,
        "IndexDirectory": storage,
        "HttpPort": int(port),
        "HttpBindAddresses": ["127.0.0.1"],
        "RemoteAccessAllowed": False,
        "DicomServerEnabled": False,
        "Plugins": [plugin],
        "AdvancedRest": {},
    }, stream, indent=2)
END
}

start_server()
{
  local pid
  nohup setsid Orthanc "${RUN}/orthanc.json" > "${RUN}/orthanc.log" 2>&1 < /dev/null &
  pid=$!
  echo "${pid}" > "${RUN}/orthanc.pid"
  for _ in $(seq 600)
  do
    if ! kill -0 "${pid}" 2>/dev/null
    then
      rm -f "${RUN}/orthanc.pid"
      tail -n 20 "${RUN}/orthanc.log" >&2
      fail "Orthanc has stopped, see ${RUN}/orthanc.log"
    fi
    if curl -sf -o "${RUN}/system.json" "${URL}/system"
    then
      return
    fi
    sleep 0.1
  done
  fail "Orthanc does not answer, see ${RUN}/orthanc.log"
}

# show COMMAND...: prints a command as one could type it
show()
{
  local word line='$'
  for word in "$@"
  do
    case "${word}" in
      *[!A-Za-z0-9_./:=,@%+-]*|'') line+=" '${word//\'/\'\\\'\'}'" ;;
      *) line+=" ${word}" ;;
    esac
  done
  echo "${line}"
}

# call STATUS FILE CURL_ARGUMENT...: prints and performs a call; its body goes to FILE
call()
{
  local expected=$1 file=$2 status
  shift 2
  show curl -sS -o "${file}" "$@"
  status=$(curl -sS -o "${file}" -w '%{http_code}' "$@") || fail "curl has failed (exit $?)"
  [ "${status}" = "${expected}" ] || fail "status ${status} instead of ${expected}: $(head -c 500 "${file}")"
}

# json FILE EXPRESSION: a value of a JSON answer, as Python would say it
json()
{
  python3 -c 'import json, sys; answer = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"
}

check_zip()
{
  local file=$1 expected=$2 entries
  show unzip -tq "${file}"
  unzip -tq "${file}" || fail "${file} is no complete ZIP archive"
  entries=$(python3 -c 'import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).namelist()))' "${file}")
  [ "${entries}" = "${expected}" ] || fail "${file} has ${entries} entries instead of ${expected}"
}

upload_studies()
{
  local samples file status count=0
  samples=$(dirname "$(dpkg -L python3-pydicom | grep '/dicomdirtests/DICOMDIR$')")
  [ -d "${samples}" ] || fail "the package python3-pydicom has no directory dicomdirtests"
  echo "\$ for file in ${samples}/[79]*/*/*; do curl -sS --data-binary @\${file} ${URL}/instances; done"
  for file in "${samples}"/[79]*/*/*
  do
    status=$(curl -sS -o "${RUN}/upload.json" -w '%{http_code}' --data-binary "@${file}" "${URL}/instances")
    [ "${status}" = 200 ] || fail "status ${status} for ${file}: $(head -c 500 "${RUN}/upload.json")"
    count=$((count + 1))
  done
  echo "${count} instances uploaded"
}

wait_for_job()
{
  local path=$1 state=
  show curl -sS "${URL}${path}"
  for _ in $(seq 1200)
  do
    curl -sSf -o "${RUN}/job.json" "${URL}${path}" || fail "the job cannot be read"
    state=$(json "${RUN}/job.json" 'answer["State"]')
    case "${state}" in
      Success) echo "Job: Success, $(json "${RUN}/job.json" 'answer["Content"]["ArchiveSize"]') bytes"; return ;;
      Failure) fail "the job has failed: $(cat "${RUN}/job.json")" ;;
    esac
    sleep 0.1
  done
  fail "the job does not end (${state})"
}

archive_studies()
{
  local study instances path
  call 200 "${RUN}/studies.json" "${URL}/studies?expand"
  study=$(json "${RUN}/studies.json" \
          'max(answer, key=lambda study: (len(study["Series"]), study["ID"]))["ID"]')
  call 200 "${RUN}/statistics.json" "${URL}/studies/${study}/statistics"
  instances=$(json "${RUN}/statistics.json" 'answer["CountInstances"]')

  echo; echo "# The archive of a study, at once"
  call 200 "${RUN}/study.zip" "${URL}/studies/${study}/archive"
  check_zip "${RUN}/study.zip" "${instances}"

  echo; echo "# The same as a job"
  call 200 "${RUN}/submitted.json" -d '{"Asynchronous": true}' "${URL}/studies/${study}/archive"
  path=$(json "${RUN}/submitted.json" 'answer["Path"]')
  wait_for_job "${path}"
  call 200 "${RUN}/job.zip" "${URL}${path}/archive"
  check_zip "${RUN}/job.zip" "${instances}"

  STUDY_URL="${URL}/studies/${study}/archive"
  JOB_URL="${URL}${path}"
}

while [ $# -gt 0 ]
do
  case "$1" in
    --port)
      [[ "${2:-}" =~ ^[0-9]{1,5}$ ]] || fail "--port needs a number"
      PORT=$2
      shift
      ;;
    --storage)
      [ -n "${2:-}" ] || fail "--storage needs a directory"
      STORAGE=$(realpath -m -- "$2")
      shift
      ;;
    --build)
      [ -n "${2:-}" ] || fail "--build needs a directory"
      BUILD=$(realpath -m -- "$2")
      shift
      ;;
    --exit) EXIT=yes ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; fail "unknown argument: $1" ;;
  esac
  shift
done
RUN="${BUILD}/Run"
STORAGE="${STORAGE:-${RUN}/storage}"

install_packages build run
export PATH="${PATH}:/usr/sbin:/sbin"

show cmake -S "${SOURCE}" -B "${BUILD}" -G Ninja
cmake -S "${SOURCE}" -B "${BUILD}" -G Ninja > /dev/null || fail "cmake has failed"
show cmake --build "${BUILD}" --target OrthancAdvancedRest
cmake --build "${BUILD}" --target OrthancAdvancedRest || fail "the build has failed"

mkdir -p "${RUN}" "${STORAGE}"
stop_server
choose_port
URL="http://127.0.0.1:${PORT}"
write_configuration
if [ "${EXIT}" = yes ]
then
  trap stop_server EXIT
fi
start_server
echo "Orthanc $(json "${RUN}/system.json" 'answer["Version"]') runs on ${URL}"

call 200 "${RUN}/plugins.json" "${URL}/plugins"
json "${RUN}/plugins.json" '"advanced-rest" in answer' | grep -qx True || fail "the plugin is not loaded"
upload_studies
archive_studies

echo
echo "Every call did what it should."
if [ "${EXIT}" = no ]
then
  echo "  Server             ${URL}"
  echo "  A study's archive  ${STUDY_URL}"
  echo "  The finished job   ${JOB_URL}"
  echo "  Its archive        ${JOB_URL}/archive"
  echo "  Log                ${RUN}/orthanc.log"
  echo "Stop it with: kill $(cat "${RUN}/orthanc.pid")"
fi
