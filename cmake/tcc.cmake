# libtcc made private: one object in which only tcc_* can be seen, whose calls for memory, exit, locks, page rights and
# foreign symbols go to runtime/host/jit.c, and whose static data lies between two symbols so that it can be put back.
# Sets NNGEN_TCC_OBJECT (empty without libtcc) and NNGEN_TCC_DEFINITIONS.
set(NNGEN_TCC_OBJECT "")
set(NNGEN_TCC_DEFINITIONS "")
option(NNGEN_TCC "Compile in process through libtcc where it is installed" ON)
if(NOT NNGEN_TCC)
  return()
endif()

include(CheckCSourceCompiles)
find_path(NNGEN_TCC_INCLUDE libtcc.h)
find_library(NNGEN_TCC_LIBRARY NAMES libtcc.a)
if(NOT NNGEN_TCC_INCLUDE OR NOT NNGEN_TCC_LIBRARY OR NOT CMAKE_OBJCOPY OR NOT CMAKE_LINKER)
  message(STATUS "libtcc: not found; models run through cc or the interpreter")
  return()
endif()

# Debian 12's tcc_relocate takes where to put the code; upstream's keeps it.
set(CMAKE_REQUIRED_INCLUDES ${NNGEN_TCC_INCLUDE})
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
check_c_source_compiles("#include <libtcc.h>
  int f(TCCState *s); int f(TCCState *s) { return tcc_relocate(s, (void *)0); }" NNGEN_TCC_RELOCATE_TWO)
unset(CMAKE_TRY_COMPILE_TARGET_TYPE)
unset(CMAKE_REQUIRED_INCLUDES)

set(kept tcc_new tcc_delete tcc_set_error_func tcc_set_options tcc_set_output_type tcc_add_symbol tcc_compile_string
         tcc_relocate tcc_get_symbol)
set(flags --rename-section .data=nngen_tcc_data --rename-section .bss=nngen_tcc_bss)
foreach(name IN LISTS kept)
  list(APPEND flags --keep-global-symbol=${name})
endforeach()
set(ours malloc calloc realloc free exit strlen dlsym dlopen dlclose sem_init sem_wait sem_post)
if(NNGEN_TCC_RELOCATE_TWO) # else it maps the code itself
  list(APPEND ours mprotect)
endif()
foreach(name IN LISTS ours)
  list(APPEND flags --redefine-sym ${name}=nngen_tcc_${name})
endforeach()

set(NNGEN_TCC_OBJECT ${PROJECT_BINARY_DIR}/tcc_private.o)
add_custom_command(
  OUTPUT ${NNGEN_TCC_OBJECT}
  COMMAND ${CMAKE_LINKER} -r --whole-archive ${NNGEN_TCC_LIBRARY} -o ${NNGEN_TCC_OBJECT}.whole
  COMMAND ${CMAKE_OBJCOPY} ${flags} ${NNGEN_TCC_OBJECT}.whole ${NNGEN_TCC_OBJECT}
  COMMAND ${CMAKE_COMMAND} -E rm ${NNGEN_TCC_OBJECT}.whole
  DEPENDS ${NNGEN_TCC_LIBRARY} ${CMAKE_CURRENT_LIST_FILE}
  COMMENT "libtcc made private"
  VERBATIM)
set(NNGEN_TCC_DEFINITIONS NNGEN_HAVE_TCC)
if(NNGEN_TCC_RELOCATE_TWO)
  list(APPEND NNGEN_TCC_DEFINITIONS NNGEN_TCC_RELOCATE_TWO)
endif()
