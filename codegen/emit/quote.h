/* The user's own lines in comments. */
#ifndef NNGEN_EMIT_QUOTE_H
#define NNGEN_EMIT_QUOTE_H

#include "base/source.h"
#include "base/text.h"

/* Finds lines fast, however many are asked for. */
struct quotes {
    struct arena *arena;
    const struct sources *sources;
    const struct source *file; /* whose lines are known */
    vec(uint32_t) starts;      /* offsets in it */
    uint32_t last;             /* the line quoted last, from 0 */
};

void quotes_init(struct quotes *q, struct arena *a, const struct sources *s);
/* The line at this offset, without the blanks around it and the comment behind it; *size 0 if there is none. */
const char *quote_line(struct quotes *q, uint32_t offset, size_t *size);
/* The number, from 1, of the line quoted last; its file is q->file. */
uint32_t quote_number(const struct quotes *q);
/* Any text as a part of a comment: it can neither end the comment nor go on in the next line. At most `most` bytes. */
void quote_text(struct text *out, const char *s, size_t n, size_t most);

#endif
