/* Names that are safe in C99 and C++17, whatever headers are included around them. */
#ifndef NNGEN_EMIT_SPELLING_H
#define NNGEN_EMIT_SPELLING_H

#include "base/arena.h"

#include <stdbool.h>

/* A name as a member of a struct: "class" -> "class_". Only keywords and macros matter there. */
const char *name_member(struct arena *a, const char *name);
/* The same for each part of a path: "fc1.class" -> "fc1.class_". */
const char *name_path(struct arena *a, const char *path);
const char *name_upper(struct arena *a, const char *name);

/* The local names of one function; no two are equal, and none is a word of C, C++ or the headers. */
struct scope_stem {
    const char *name;
    uint32_t tried; /* the last number that was put behind it */
};
struct scope {
    struct arena *arena;
    const char **slot;
    uint32_t n, cap;
    struct scope_stem *stem; /* what was wished for more than once */
    uint32_t n_stems, cap_stems;
};

void scope_init(struct scope *s, struct arena *a);
/* The wish itself where it is free ("fc1.z" as fc1_z), else with an underscore or a number behind. */
const char *scope_name(struct scope *s, const char *wish);
/* "sum1", "sum2", ...: the first from *next that is free. */
const char *scope_numbered(struct scope *s, const char *stem, uint32_t *next);

#endif
