/* Loops of JIT text as calls of loops over blocks of rows. */
#ifndef NNGEN_EMIT_BLOCKS_H
#define NNGEN_EMIT_BLOCKS_H

#include "codegen/emit/reduce.h"

/* A group without reductions. Whether it was printed so. */
bool emit_block_maps(struct body *b, const struct group *g);
/* ---- block_few.c ---- */
/* A group that reduces over few elements, as pools do. */
bool emit_block_few(struct body *b, const struct group *g);
/* Windows that are added where they overlap. */
bool emit_block_overlap(struct body *b, const struct group *g);

/* ---- blocks.c ---- */
/* A group that sums across rows. */
bool emit_block_columns(struct body *b, const struct group *g);
/* A phase's inner loops, whose reductions have begun. */
bool emit_block_phase(struct body *b, const struct group *g, const struct phase *ph, const struct running *r);
/* An array of zeros; an argument of a concat, with `before` of the axis before it, or of a scatter. */
bool emit_block_zero(struct body *b, ir_id id);
bool emit_block_part(struct body *b, const struct group *g, uint32_t part, ir_size before);
/* What the text calls. */
void blocks_declare(const struct calls *calls, bool single, struct text *out);

#endif
