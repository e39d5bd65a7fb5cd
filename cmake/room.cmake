# nngen_room(NAME SOURCES...): a room of the house as an object library, compiled the one way all rooms are.
function(nngen_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
                                           -Wmissing-prototypes $<$<BOOL:${NNGEN_WERROR}>:-Werror>)
  if(NNGEN_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L)
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
endfunction()

function(nngen_room name)
  add_library(${name} OBJECT ${ARGN})
  nngen_warnings(${name})
  set_property(GLOBAL APPEND PROPERTY NNGEN_ROOMS ${name})
endfunction()
