# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# Part of the installation of a package: compressed NEWS, and the changelog of the package, in DOCUMENTATION.
# gzip -n, so that neither has a time of its own

if(DEFINED ENV{SOURCE_DATE_EPOCH})
  set(moment "@$ENV{SOURCE_DATE_EPOCH}")
else()
  set(moment now)
endif()
execute_process(COMMAND date -u -R -d "${moment}" OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
file(WRITE "${DOCUMENTATION}/changelog.Debian"
     "${PACKAGE} unstable; urgency=medium\n\n  * See NEWS.gz for what is new\n\n -- ${MAINTAINER}  ${date}\n")
configure_file("${NEWS}" "${DOCUMENTATION}/NEWS" COPYONLY)
execute_process(COMMAND gzip -9nf "${DOCUMENTATION}/changelog.Debian" "${DOCUMENTATION}/NEWS"
                COMMAND_ERROR_IS_FATAL ANY)
foreach(name changelog.Debian NEWS)
  file(CHMOD "${DOCUMENTATION}/${name}.gz" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endforeach()
