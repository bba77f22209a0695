#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# Builds the image of Docker/Debian13 without a daemon, on a base made by debootstrap:
#   bash Image.sh [CMake option]...
# Or, to be sourced: the function "image" is buildah with the storage of our images. Wants the packages "image"

IMAGE_TOOLS=$(dirname "${BASH_SOURCE[0]}")
. "${IMAGE_TOOLS}/Packages.sh"
. "${IMAGE_TOOLS}/Roots.sh"

IMAGE_NAME=localhost/orthanc-advanced-rest
IMAGE_BASE=localhost/orthanc-advanced-rest-base

image()
{
  buildah --root "${ROOTS_DIRECTORY}/containers" --runroot /run/orthanc-advanced-rest-containers \
          --storage-driver overlay "$@"
}

# What Docker calls debian:trixie, with the mirror and the settings of the machine at hand
make_base_image()
{
  local container
  if image inspect --type image "${IMAGE_BASE}" > /dev/null 2>&1
  then
    return 0
  fi
  make_root trixie trixie-base
  rm -rf "${ROOTS_DIRECTORY}/trixie-base/var/cache/apt/archives"/*.deb
  container=$(image from scratch)
  image add --quiet "${container}" "${ROOTS_DIRECTORY}/trixie-base" /
  image config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${container}"
  image commit --quiet --rm "${container}" "${IMAGE_BASE}"
}

# build_image SOURCE [CMake option]...: with the compiler's cache of the tests. What it is built with is an image of its
# own, which stays when older builds are removed
build_image()
{
  local source=$1 cache="${ROOTS_DIRECTORY}/trixie${WORK_IN_ROOT}/ccache" policy launcher
  shift
  launcher="env;CCACHE_DIR=/ccache;CCACHE_BASEDIR=/src;CCACHE_NOHASHDIR=1;ccache"
  mkdir -p "${cache}" "${ROOTS_DIRECTORY}/containers"
  # What interrupted tests have left
  image rm --all > /dev/null
  policy="${ROOTS_DIRECTORY}/containers/policy.json"
  echo '{"default": [{"type": "insecureAcceptAnything"}]}' > "${policy}"
  local -a build=(image build --isolation chroot --format docker --layers --signature-policy "${policy}" --pull-never
                  --build-arg "BASE=${IMAGE_BASE}" --volume "${cache}:/ccache"
                  --file "${source}/Docker/Debian13/Dockerfile")
  "${build[@]}" --target packages --tag "${IMAGE_NAME}-packages" "${source}" || return 1
  "${build[@]}" --build-arg "CMAKE_OPTIONS=-DCMAKE_CXX_COMPILER_LAUNCHER=${launcher} $*" --tag "${IMAGE_NAME}" \
                "${source}" || return 1
  image rmi --prune --force
}

if [ "${BASH_SOURCE[0]}" = "$0" ]
then
  set -euo pipefail
  make_base_image
  build_image "$(cd "${IMAGE_TOOLS}/../.." && pwd)" "$@"
fi
