# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# What Debian builds its own packages with. Not under sanitizers, which check more than this and dislike it
function(harden_target target)
  if(NOT SANITIZER)
    target_compile_options(${target} PRIVATE
      -fstack-protector-strong $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
    target_link_options(${target} PRIVATE "LINKER:-z,relro,-z,now")
  endif()
endfunction()

# The place of the sources and of the build is no part of the result: the same sources give the same bytes
# wherever they are built. The deeper one last, which is the one that the compiler tries first
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}=." "-ffile-prefix-map=${CMAKE_BINARY_DIR}=./build")
