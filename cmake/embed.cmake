# Writes text files into a C table:
#   cmake "-DFILES=a.nn;b.nn" -DPREFIX=<prelude>/ -DTABLE=prelude_files -DTYPE=prelude_file
#         -DHEADER=grammar/grammar.h -DOUT=prelude.c -P embed.cmake
# A row is {PREFIX + file name, text}; the last is {0, 0}. The texts are arrays of characters, since C99 promises string
# literals of 4095 only.
cmake_minimum_required(VERSION 3.21)

set(texts "")
set(rows "")
set(n 0)
foreach(file IN LISTS FILES)
    get_filename_component(name "${file}" NAME)
    file(READ "${file}" hex HEX)
    string(REGEX REPLACE "(..)" "'\\\\x\\1'," hex "${hex}")
    string(REPLACE "'\\x0a'," "'\\n',\n    " hex "${hex}")
    string(APPEND texts "/* ${name} */\nstatic const char text_${n}[] = {\n    ${hex}0};\n\n")
    string(APPEND rows "    {\"${PREFIX}${name}\", text_${n}},\n")
    math(EXPR n "${n} + 1")
endforeach()

file(WRITE "${OUT}"
    "/* Made by cmake/embed.cmake. */\n#include \"${HEADER}\"\n\n${texts}const struct ${TYPE} ${TABLE}[] = {\n${rows}    {0, 0},\n};\n")
