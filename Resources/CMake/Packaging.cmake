# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# "cpack -G DEB" in the directory of the build makes the package of the Debian at hand, "cpack --config
# CPackSourceConfig.cmake" the tarball of the sources. With SOURCE_DATE_EPOCH in the environment, the same sources
# give the same package

set(PACKAGE_MAINTAINER "OrthancAdvancedRest contributors <maintainers@orthanc-advanced-rest.invalid>"
    CACHE STRING "Who answers for the package")

# The Debian that the package is for, as part of its version: an upgrade of Debian is one of the package
set(debian_release unknown)
if(EXISTS /etc/os-release)
  file(STRINGS /etc/os-release release_lines REGEX "^(VERSION_ID|VERSION_CODENAME)=")
  foreach(line IN LISTS release_lines)
    string(REGEX MATCH "^([A-Z_]+)=\"?([^\"]*)" matched "${line}")
    set(${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
  endforeach()
  if(VERSION_ID)
    set(debian_release ${VERSION_ID})
  elseif(VERSION_CODENAME STREQUAL "forky")
    set(debian_release 14) # has no number before it is released
  elseif(VERSION_CODENAME)
    set(debian_release ${VERSION_CODENAME})
  endif()
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME orthanc-advanced-rest)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "${PACKAGE_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Fast, complete archives, media and documents for Orthanc")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# The configuration belongs to /etc whatever the prefix is
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_CMAKE_PROJECTS
    "${CMAKE_BINARY_DIR};${PROJECT_NAME};ALL;/" "${CMAKE_BINARY_DIR};${PROJECT_NAME};Debian;/")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "1+deb${debian_release}")
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "orthanc (>= 1.10.1)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "poppler-utils")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A plugin for the DICOM server Orthanc. It takes over the routes that download
patients, studies and series as ZIP archives or as media with DICOMDIR, those
of PDF documents and those of Prometheus: many times faster, in constant
memory, and with complete results.

Results of jobs are kept in a spool and survive a restart; downloads can be
resumed, media have volumes, ISO images and encryption, and webhooks tell who
waits for them. URIs, parameters and answers stay those of Orthanc.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/Resources/Debian/conffiles ${CMAKE_SOURCE_DIR}/Resources/Debian/triggers
    ${CMAKE_SOURCE_DIR}/Resources/Debian/postinst ${CMAKE_SOURCE_DIR}/Resources/Debian/postrm)

set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME ${PROJECT_NAME}-${PROJECT_VERSION})
set(CPACK_SOURCE_IGNORE_FILES "/[.]git(/|$)" "/build[^/]*/" "/__pycache__/" "/[.]pytest_cache/")

# What only a package has
set(documentation share/doc/${CPACK_PACKAGE_NAME})
install(FILES Resources/Configuration.json DESTINATION /etc/orthanc RENAME advanced-rest.json
        COMPONENT Debian EXCLUDE_FROM_ALL)
install(FILES README Resources/Debian/copyright Resources/Debian/README.Debian DESTINATION ${documentation}
        COMPONENT Debian EXCLUDE_FROM_ALL)
install(DIRECTORY Resources/Formats Resources/Documentation DESTINATION ${documentation} COMPONENT Debian EXCLUDE_FROM_ALL)
install(FILES Resources/Authorization.json DESTINATION ${documentation}/examples
        COMPONENT Debian EXCLUDE_FROM_ALL)
install(DIRECTORY Resources/Prometheus Resources/Grafana Resources/OrthancExplorer2
        DESTINATION ${documentation}/examples
        COMPONENT Debian EXCLUDE_FROM_ALL)
install(CODE "
  set(DOCUMENTATION \"\$ENV{DESTDIR}/usr/${documentation}\")
  set(NEWS \"${CMAKE_SOURCE_DIR}/NEWS\")
  set(PACKAGE \"${CPACK_PACKAGE_NAME} (${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})\")
  set(MAINTAINER \"${PACKAGE_MAINTAINER}\")"
  COMPONENT Debian EXCLUDE_FROM_ALL)
install(SCRIPT Resources/CMake/DebianChangelog.cmake COMPONENT Debian EXCLUDE_FROM_ALL)

include(CPack)
