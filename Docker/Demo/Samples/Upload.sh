#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# Sends the samples of pydicom to the Orthanc at URL, then fetches the archive of each study, once as a job

set -euo pipefail

SAMPLES=$(dirname "$(dpkg -L python3-pydicom | grep '/dicomdirtests/DICOMDIR$')")
COUNT=0
for file in "${SAMPLES}"/[79]*/*/*
do
  curl -sSf -o /dev/null --data-binary "@${file}" "${URL}/instances"
  COUNT=$((COUNT + 1))
done
echo "${COUNT} instances uploaded"

for study in $(curl -sSf "${URL}/studies" | grep -o '[0-9a-f-]\{44\}')
do
  curl -sSf -o /dev/null "${URL}/studies/${study}/archive"
  curl -sSf -o /dev/null -d '{"Asynchronous": true}' "${URL}/studies/${study}/archive"
done
echo "Archives made"
