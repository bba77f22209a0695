# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# What must be installed, and how. To be sourced, or run as: bash Packages.sh build run tests

BUILD_PACKAGES=(
  g++ cmake ninja-build ccache binutils python3
  orthanc orthanc-dev libdcmtk-dev libjsoncpp-dev
  libboost-thread-dev libisal-dev libdeflate-dev zlib1g-dev libssl-dev
  libcurl4-openssl-dev libisofs-dev prometheus-cpp-dev libqpdf-dev libpng-dev libturbojpeg0-dev libgtest-dev
  uuid-dev)
RUN_PACKAGES=(orthanc curl unzip python3 python3-pydicom iproute2 procps)
TEST_PACKAGES=(
  orthanc python3-pydicom python3-pytest python3-pytest-xdist python3-requests python3-numpy python3-jsonschema
  curl wget aria2 chromium unzip libarchive-tools nginx-light dcmtk dicom3tools qpdf poppler-utils
  libjpeg-turbo-progs iproute2 procps coreutils prometheus python3-prometheus-client lintian
  orthanc-gdcm orthanc-dicomweb orthanc-postgresql postgresql)
# For the browser tests, which run on the machine itself; "npm ci" adds the library that drives the browser
BROWSER_PACKAGES=(
  chromium orthanc python3-pydicom python3-pytest python3-requests python3-numpy iproute2)
# For packages and images of ours
PACKAGE_PACKAGES=(dpkg-dev file gzip)
IMAGE_PACKAGES=(buildah debootstrap python3-yaml)

ROOT_PACKAGES=(debootstrap util-linux mount iproute2)

# Prints the code name of the Debian at hand
debian_codename()
{
  local name
  name=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  if [ -z "${name}" ]
  then
    # Debian's testing has no code name in the file before its freeze
    name=$(. /etc/os-release && echo "${PRETTY_NAME:-unknown}" | sed -n 's,.* \([a-z]*\)/sid$,\1,p')
  fi
  echo "${name:-unknown}"
}

is_installed()
{
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Prints the packages of the tests whose names differ between versions of Debian: 7-Zip's "7z", the tools
# that decide about the style of the sources, and the compiler of the fuzzers
other_test_packages()
{
  if [ "$(debian_codename)" = bookworm ]
  then
    echo p7zip-full clang-format-14 clang-tidy-14 clang-14 libclang-rt-14-dev llvm-14
  else
    echo 7zip
  fi
}

# Prints the packages that bring node and npm, if the machine has none of its own
node_packages()
{
  if ! command -v node > /dev/null || ! command -v npm > /dev/null
  then
    echo nodejs npm
  fi
}

# install_node_modules SOURCE DIRECTORY: the library that drives the browser, outside of the source tree
install_node_modules()
{
  mkdir -p "$2"
  if ! cmp -s "$1/Resources/BrowserTests/package-lock.json" "$2/package-lock.json" ||
     [ ! -e "$2/node_modules/.package-lock.json" ]
  then
    cp "$1/Resources/BrowserTests/package.json" "$1/Resources/BrowserTests/package-lock.json" "$2/"
    (cd "$2" && npm ci --ignore-scripts --no-audit --no-fund)
  fi
}

# Prints the packages of these groups that are missing
missing_packages()
{
  local group package
  local -a wanted=()
  for group in "$@"
  do
    case "${group}" in
      build) wanted+=("${BUILD_PACKAGES[@]}") ;;
      run) wanted+=("${RUN_PACKAGES[@]}") ;;
      tests) wanted+=("${TEST_PACKAGES[@]}" $(other_test_packages)) ;;
      browser) wanted+=("${BROWSER_PACKAGES[@]}" $(node_packages)) ;;
      package) wanted+=("${PACKAGE_PACKAGES[@]}") ;;
      image) wanted+=("${IMAGE_PACKAGES[@]}") ;;
      roots) wanted+=("${ROOT_PACKAGES[@]}") ;;
      *) echo "No such group of packages: ${group}" >&2; return 1 ;;
    esac
  done
  for package in $(printf '%s\n' "${wanted[@]}" | sort -u)
  do
    is_installed "${package}" || echo "${package}"
  done
}

# Debian starts a service as soon as it is installed, unless a policy says no. In a subshell, so that the
# trap which restores the machine's own policy is nobody else's
install_without_services()
(
  set -euo pipefail
  export DEBIAN_FRONTEND=noninteractive
  policy=/usr/sbin/policy-rc.d
  saved=

  restore_policy()
  {
    rm -f "${policy}"
    if [ -n "${saved}" ]
    then
      mv "${saved}" "${policy}"
    fi
  }

  if [ -e "${policy}" ]
  then
    saved="${policy}.before-orthanc-advanced-rest"
    mv "${policy}" "${saved}"
  fi
  trap restore_policy EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' > "${policy}"
  chmod 755 "${policy}"

  apt-get -q update
  apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install "$@"
)

# install_packages GROUP...: installs what is missing of them; quick when nothing is
install_packages()
{
  local missing
  missing=$(missing_packages "$@") || return 1
  if [ -z "${missing}" ]
  then
    return 0
  fi
  if [ "$(id -u)" != 0 ]
  then
    echo "Missing packages, to be installed by root:" ${missing} >&2
    return 1
  fi
  echo "Installing:" ${missing}
  # shellcheck disable=SC2086
  install_without_services ${missing} < /dev/null
  missing=$(missing_packages "$@")
  if [ -n "${missing}" ]
  then
    echo "Still missing after the installation:" ${missing} >&2
    return 1
  fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]
then
  set -euo pipefail
  install_packages "$@"
fi
