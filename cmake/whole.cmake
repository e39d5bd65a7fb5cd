# nngen_one_object(RESULT OBJECTS...): one object of them all, in which only the functions of nngen.h can be seen, so that
# no name of ours meets one of the host program's. Without GNU's tools RESULT is the objects as they are.
function(nngen_one_object result)
  if(NOT CMAKE_OBJCOPY OR NOT CMAKE_LINKER OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    message(STATUS "objcopy: not found; the library's inner names can be seen")
    set(${result} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  set(whole ${PROJECT_BINARY_DIR}/nngen_whole.o)
  add_custom_command(
    OUTPUT ${whole}
    COMMAND ${CMAKE_LINKER} -r -o ${whole}.seen ${ARGN}
    COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=nngen_* --localize-symbol=nngen_tcc_* --localize-symbol=nngen_yy*
            --localize-symbol=nngen_scan_*
            ${whole}.seen ${whole}
    COMMAND ${CMAKE_COMMAND} -E rm ${whole}.seen
    DEPENDS ${ARGN} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    COMMENT "The rooms as one object"
    COMMAND_EXPAND_LISTS
    VERBATIM)
  set_source_files_properties(${whole} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  set(${result} ${whole} PARENT_SCOPE)
endfunction()
