# cmake -DROOT=FOLDER -P rooms.cmake: the house keeps its borders. Each rule of ARCHITECTURE is a table or a line here.
cmake_minimum_required(VERSION 3.21)
set(checked 0)
set(failed 0)

function(wrong text)
  message("FAILED  ${text}")
  math(EXPR n "${failed} + 1")
  set(failed ${n} PARENT_SCOPE)
endfunction()

# ---- who may include whom ----
# A room is a pattern of paths; the first that fits a file is its room. Behind it what its quoted includes may be.
set(ir_doors "codegen/ir/(graph|program|size|loop|grad|batch|simplify|interp)\\.h|codegen/ir/ops\\.def")
set(rooms
  "base/"                  "base/"
  "grammar/"               "base/|grammar/|(parse|scan)\\.h$"
  "codegen/ir/"            "base/|codegen/ir/"
  "codegen/lower/"         "base/|codegen/lower/|grammar/(ast|grammar)\\.h|grammar/ast\\.def|${ir_doors}"
  "codegen/emit/"          "base/|codegen/emit/|${ir_doors}"
  "codegen/draw/"          "base/|codegen/draw/|${ir_doors}"
  "codegen/numpy/"         "base/|codegen/numpy/|${ir_doors}"
  "codegen/teach/"         "base/|codegen/teach/|${ir_doors}"
  "codegen/compile\\.[ch]" "base/|codegen/compile\\.h|codegen/(emit/emit|emit/abi|lower/lower|numpy/numpy|teach/teach)\\.h|grammar/(ast|grammar)\\.h|${ir_doors}"
  "runtime/kernels/"       "runtime/kernels/"
  "runtime/include/"       "^$"
  "runtime/host/"          "runtime/(host|include)/|runtime/kernels/nnrt\\.h|base/|codegen/compile\\.h|codegen/(draw/draw|teach/spoken|teach/teach|emit/emit|emit/abi|lower/lower)\\.h|${ir_doors}"
  "cli/"                   "cli/|runtime/include/nngen\\.h$"
  "examples/|bench/"       "[a-z0-9_]+\\.h$"
)
# What these rooms may take from outside the tree; others are free.
set(kernel_headers "<(stddef|stdint|string|math|float|limits)\\.h>|<immintrin\\.h>|<arm_neon\\.h>")

file(GLOB_RECURSE sources RELATIVE "${ROOT}" "${ROOT}/base/*" "${ROOT}/grammar/*" "${ROOT}/codegen/*" "${ROOT}/runtime/*"
     "${ROOT}/cli/*" "${ROOT}/examples/*" "${ROOT}/bench/*")
list(FILTER sources INCLUDE REGEX "\\.([chly]|def)$")

function(check_include file allowed line)
  if(line MATCHES "include[ \t]*\"([^\"]+)\"" AND NOT CMAKE_MATCH_1 MATCHES "^(${allowed})")
    wrong("${file} includes \"${CMAKE_MATCH_1}\"")
  elseif(line MATCHES "<libtcc\\.h>" AND NOT file STREQUAL "runtime/host/jit.c")
    wrong("${file} sees libtcc: only runtime/host/jit.c may")
  elseif(file MATCHES "^runtime/kernels/" AND line MATCHES "<" AND NOT line MATCHES "${kernel_headers}")
    wrong("${file} includes ${line}: kernels are carried inside emitted C")
  endif()
  set(failed ${failed} PARENT_SCOPE)
endfunction()

foreach(file IN LISTS sources)
  set(pairs ${rooms})
  while(pairs)
    list(POP_FRONT pairs room allowed)
    if(file MATCHES "^(${room})")
      file(STRINGS "${ROOT}/${file}" includes REGEX "^[ \t]*#[ \t]*include")
      foreach(line IN LISTS includes)
        check_include("${file}" "${allowed}" "${line}")
        math(EXPR checked "${checked} + 1")
      endforeach()
      break()
    endif()
  endwhile()
endforeach()

# ---- sizes: 800 lines a file, 60 a function; and no two files of one name in the rooms ----
function(lines_of file result)
  file(READ "${ROOT}/${file}" text)
  string(REGEX REPLACE "[;\\[\\\\]|\\]" "." text "${text}")
  string(REPLACE "\n" ";" text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

set(names "")
foreach(file IN LISTS sources)
  lines_of("${file}" lines)
  list(LENGTH lines n)
  math(EXPR checked "${checked} + 2")
  if(n GREATER 801)
    wrong("${file} has ${n} lines")
  endif()
  set(length -100000)
  foreach(line IN LISTS lines)
    math(EXPR length "${length} + 1")
    if(line STREQUAL "{")
      set(length 0)
    elseif(line STREQUAL "}" AND length GREATER 61)
      wrong("${file} has a function of ${length} lines")
    elseif(line STREQUAL "}")
      set(length -100000)
    endif()
  endforeach()
  get_filename_component(name "${file}" NAME)
  if(name IN_LIST names)
    wrong("${file} is not the only ${name}")
  endif()
  list(APPEND names "${name}")
endforeach()

# ---- no knowledge where it does not belong ----
# The names of layers and optimizers as the prelude defines them, and of its losses.
file(GLOB prelude "${ROOT}/grammar/prelude/*.nn")
set(owners "")
set(losses "")
foreach(file IN LISTS prelude)
  file(STRINGS "${file}" lines REGEX "^(layer|optimizer|fn) ")
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^([a-z]+) +([A-Za-z0-9_]+)" ignored "${line}")
    set(name "${CMAKE_MATCH_2}")
    if(NOT CMAKE_MATCH_1 STREQUAL "fn")
      list(APPEND owners "${name}")
    elseif(file MATCHES "/loss\\.nn$")
      list(APPEND losses "${name}")
    endif()
  endforeach()
endforeach()
list(LENGTH owners n)
list(LENGTH losses m)
if(n LESS 3 OR m LESS 5)
  wrong("only ${n} layers and optimizers and ${m} losses were found in the prelude")
endif()
list(JOIN owners "|" owners)
list(JOIN losses "|" losses)

set(compiler ${sources})
list(FILTER compiler INCLUDE REGEX "^(base|grammar|codegen)/.*\\.[chly]$")
set(library ${sources})
list(FILTER library INCLUDE REGEX "^(base|grammar|codegen|runtime)/.*\\.[chly]$")

function(code_of file result) # without comments, and without texts for people
  file(READ "${ROOT}/${file}" text)
  string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" " " text "${text}")
  string(REGEX REPLACE "\"[^\"\n]* [^\"\n]*\"" " " text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

foreach(file IN LISTS compiler)
  code_of("${file}" text)
  math(EXPR checked "${checked} + 1")
  if(text MATCHES "[^A-Za-z0-9_](${owners})[^A-Za-z0-9_]" OR text MATCHES "\"(${losses})\"")
    wrong("${file} names '${CMAKE_MATCH_1}', which is the prelude's")
  endif()
endforeach()

# The library never prints, exits, aborts or changes the locale.
foreach(file IN LISTS library)
  code_of("${file}" text)
  math(EXPR checked "${checked} + 1")
  if(text MATCHES "[^A-Za-z0-9_](printf|vprintf|puts|putchar|perror|exit|_exit|abort|setlocale|fesetenv|fesetround)[ ]*\\(")
    wrong("${file} calls ${CMAKE_MATCH_1}")
  endif()
endforeach()

# Adjoints come from the table: grad.c knows addition and constants, and nothing else by name.
code_of("codegen/ir/grad.c" text)
string(REGEX MATCHALL "OP_[A-Za-z0-9_]+" named "${text}")
list(REMOVE_DUPLICATES named)
list(REMOVE_ITEM named OP_add OP_const OP_zero OP_COUNT)
math(EXPR checked "${checked} + 1")
if(named)
  wrong("codegen/ir/grad.c names ${named}")
endif()

math(EXPR passed "${checked} - ${failed}")
message("${passed} passed, ${failed} failed")
if(failed)
  message(FATAL_ERROR "the borders are crossed")
endif()
