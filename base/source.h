/* Where text came from: every file read in one compilation, on one line of 32-bit offsets, so that a place is two
 * numbers. Lines and columns are worked out when a message is printed. */
#ifndef NNGEN_BASE_SOURCE_H
#define NNGEN_BASE_SOURCE_H

#include "base/arena.h"

struct span {
    uint32_t lo, hi; /* bytes lo..hi-1 of the line of offsets; {0, 0} is nowhere */
};

struct source {
    const char *path; /* as the user gave it; prelude files are "<prelude>/name.nn" */
    const char *text; /* NUL-terminated copy */
    uint32_t base, size;
};

struct sources {
    struct arena *arena;
    vec(struct source *) files;
    uint32_t next; /* the first free offset; offset 0 is never given */
};

struct place {
    const struct source *file;
    uint32_t line, col; /* from 1; col counts code points */
    const char *line_text;
    uint32_t line_size;
};

void sources_init(struct sources *s, struct arena *a);
/* Copies the text. NULL when the line of offsets is full. */
struct source *source_add(struct sources *s, const char *path, const char *text, size_t size);
const struct source *source_of(const struct sources *s, uint32_t offset);
struct place source_place(const struct sources *s, uint32_t offset);
struct span span_join(struct span a, struct span b);

#endif
