# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# Other Debians in directories, to build and test on. To be sourced after Packages.sh
#
# A root is made under a temporary name and renamed when it is complete. Nothing stays mounted: whatever
# a command needs is mounted in a mount namespace of its own, and its processes end with it.

ROOTS_DIRECTORY="${ADVANCED_REST_ROOTS:-/var/cache/orthanc-advanced-rest}"
# Where the tests build, as seen in a root
WORK_IN_ROOT=/var/cache/orthanc-advanced-rest-work
ROOT_MARKER=/etc/orthanc-advanced-rest-root

# make_root CODENAME [NAME]: a minimal Debian, once, in the directory NAME (by default CODENAME)
make_root()
{
  local codename=$1
  local root="${ROOTS_DIRECTORY}/${2:-${codename}}"
  local partial="${root}.partial"

  if [ -e "${root}${ROOT_MARKER}" ]
  then
    return 0
  fi
  mkdir -p "${ROOTS_DIRECTORY}"
  if [ ! -d "${root}" ]
  then
    echo "Making a root of Debian ${codename} in ${root}"
    rm -rf --one-file-system "${partial}"
    case "${codename}" in
      forky)
        # Older keyrings and script collections do not know it
        debootstrap --variant=minbase --no-check-gpg "${codename}" "${partial}" "" \
                    /usr/share/debootstrap/scripts/sid
        ;;
      *)
        debootstrap --variant=minbase "${codename}" "${partial}"
        ;;
    esac
    mv "${partial}" "${root}"
  fi
  # Also true for a complete root that somebody else made
  if [ -d "${root}/debootstrap" ] || ! chroot "${root}" dpkg --audit ||
     ! chroot "${root}" /usr/bin/apt-get --version > /dev/null
  then
    echo "${root} is no complete Debian: remove it, then it is made again" >&2
    return 1
  fi
  # A mirror that the machine at hand accepts, frozen or not, is good enough for the root
  apt-config dump Acquire::Check-Valid-Until > "${root}/etc/apt/apt.conf.d/90machine"
  apt-config dump Acquire::Check-Date >> "${root}/etc/apt/apt.conf.d/90machine"
  echo "${codename}" > "${root}${ROOT_MARKER}"
}

# in_root CODENAME SOURCE online|offline COMMAND...: runs it in the root as root, with SOURCE read-only at
# /src and a new /proc; "offline" is a network of its own with loopback only, "online" the one at hand
in_root()
{
  local root="${ROOTS_DIRECTORY}/$1" source=$2 network=$3
  shift 3
  local -a namespaces=(--mount --propagation private --pid --fork --kill-child)
  if [ "${network}" = offline ]
  then
    namespaces+=(--net)
  fi
  mkdir -p "${root}/src"
  unshare "${namespaces[@]}" bash -c '
    set -euo pipefail
    root=$1 source=$2 network=$3
    shift 3
    if [ "${network}" = offline ]
    then
      ip link set lo up
    fi
    mount --bind "${root}" "${root}"
    mount -t proc proc "${root}/proc"
    mount --rbind /dev "${root}/dev"
    mount -t tmpfs -o mode=1777 tmpfs "${root}/dev/shm"
    mount -t tmpfs -o mode=755 tmpfs "${root}/run"
    mount --bind "${source}" "${root}/src"
    mount -o remount,bind,ro "${root}/src"
    mkdir -p "${root}/run/lock"
    if [ -e /etc/resolv.conf ]
    then
      cat /etc/resolv.conf > "${root}/etc/resolv.conf"
    fi
    exec chroot "${root}" /usr/bin/env -i \
         HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
         PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
         "$@"' in_root "${root}" "${source}" "${network}" "$@"
}
