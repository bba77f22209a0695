# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

# Compiles each header alone: a header that leans on its includer's includes does not build.
# Headers of Core, Http and Rest are compiled without the SDK on the include path
function(add_header_self_test target)
  foreach(part Core Host)
    if(part STREQUAL Core)
      file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/Plugin/Core/*.h
        ${CMAKE_SOURCE_DIR}/Plugin/Http/*.h ${CMAKE_SOURCE_DIR}/Plugin/Rest/*.h)
    else()
      file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/Plugin/Host/*.h
        ${CMAKE_SOURCE_DIR}/Plugin/*.h)
    endif()
    set(sources)
    foreach(header IN LISTS headers)
      file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR}/Plugin ${header})
      string(REPLACE "/" "_" name ${relative})
      set(source ${CMAKE_BINARY_DIR}/${target}/${name}.cpp)
      file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
      list(APPEND sources ${source})
    endforeach()
    if(sources)
      add_library(${target}${part} OBJECT ${sources})
      enable_project_warnings(${target}${part})
      if(part STREQUAL Host)
        target_include_directories(${target}${part} SYSTEM PRIVATE ${ORTHANC_SDK_INCLUDE_DIR})
      endif()
      target_link_libraries(${target}${part} PRIVATE Boost::thread)
    endif()
  endforeach()
endfunction()
