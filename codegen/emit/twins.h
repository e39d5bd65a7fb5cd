/* Loops whose text differs in names alone: layers of one kind, and what forward, grad and step have in common. In a long
 * text they are one function, which keeps it short to read and to compile. */
#ifndef NNGEN_EMIT_TWINS_H
#define NNGEN_EMIT_TWINS_H

#include "codegen/emit/entry.h"

struct twins *twins_new(struct arena *a);
void twins_begin(struct twins *w, struct unit *u);
/* What the group that was just printed made of `t`, from `from` on: if it may be shared, a mark takes its place. The first
 * `pointers` of the function were there before. */
void twins_take(struct twins *w, const struct body *b, struct text *t, size_t from, uint32_t pointers);
/* Behind the last group of a function, before its pointers are declared. */
void twins_end(struct twins *w, const struct body *b);
/* Once all is printed: marks become calls, or again the text that was there. The functions go to `out`. */
void twins_join(struct twins *w, const struct header *h, struct pieces *pieces, struct text *out);

#endif
