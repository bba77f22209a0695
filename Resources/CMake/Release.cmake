# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# What is delivered: hardened as Debian's own packages are, and the same bytes wherever it is built. The builds under
# sanitizers are for nobody else, and check more than the hardening does
function(enable_release_options target)
  if(SANITIZER)
    return()
  endif()
  # The place of the build is below that of the sources, or elsewhere: of two prefixes, the later one is tried first
  target_compile_options(${target} PRIVATE
    -fstack-protector-strong
    "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>"
    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=." "-ffile-prefix-map=${CMAKE_BINARY_DIR}=./build")
  target_link_options(${target} PRIVATE "LINKER:-z,relro,-z,now")
endfunction()
