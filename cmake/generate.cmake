# nngen_generate(TARGET model.nn [PREFIX name] [DTYPE f64] [DEFINES H=16 K=3] [OPTIONS --selfcheck ...])
#
# Adds the C of a model to a target: runs nngen when the model, one of its imports or nngen itself changes. With the option
# --openmp the target is built with OpenMP, if there is one.
function(nngen_generate target model)
  cmake_parse_arguments(arg "" "PREFIX;DTYPE" "DEFINES;OPTIONS" ${ARGN})
  cmake_path(ABSOLUTE_PATH model BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  cmake_path(GET model STEM stem)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/nngen/${target}")
  file(MAKE_DIRECTORY "${folder}")
  set(flags ${arg_OPTIONS})
  if(arg_PREFIX)
    list(APPEND flags --prefix ${arg_PREFIX})
  endif()
  if(arg_DTYPE)
    list(APPEND flags --dtype ${arg_DTYPE})
  endif()
  foreach(define IN LISTS arg_DEFINES)
    list(APPEND flags -D ${define})
  endforeach()
  add_custom_command(
    OUTPUT "${folder}/${stem}.c" "${folder}/${stem}.h"
    COMMAND nngen::cli "${model}" -o "${folder}/${stem}.c" -MF "${folder}/${stem}.d" ${flags}
    DEPENDS "${model}" nngen::cli
    DEPFILE "${folder}/${stem}.d"
    COMMENT "nngen ${stem}.nn"
    VERBATIM)
  target_sources(${target} PRIVATE "${folder}/${stem}.c" "${folder}/${stem}.h")
  target_include_directories(${target} PRIVATE "${folder}")
  set_property(SOURCE "${folder}/${stem}.c" APPEND PROPERTY COMPILE_OPTIONS -fno-trapping-math -fno-math-errno)
  if("--openmp" IN_LIST flags OR "--openmp-always" IN_LIST flags) # without OpenMP it runs on one thread
    find_package(OpenMP COMPONENTS C)
    if(OpenMP_C_FOUND)
      target_link_libraries(${target} PRIVATE OpenMP::OpenMP_C)
    endif()
  endif()
  find_library(NNGEN_LIBM m)
  if(NNGEN_LIBM)
    target_link_libraries(${target} PRIVATE ${NNGEN_LIBM})
  endif()
endfunction()
