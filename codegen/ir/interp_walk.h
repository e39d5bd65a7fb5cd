/* A walk over the elements of a box in row order, with two offsets that move along. */
#ifndef NNGEN_IR_INTERP_WALK_H
#define NNGEN_IR_INTERP_WALK_H

#include "codegen/ir/interp_inside.h"

struct walk { /* begins as {0}; walk_axis adds axes, the slowest first */
    unsigned rank;
    int64_t n[LABELS_MAX], i[LABELS_MAX], stride[2][LABELS_MAX];
    int64_t at[2], left;
};

void walk_strides(const struct tensor *t, int64_t *stride);
void walk_axis(struct walk *w, int64_t n, int64_t stride0, int64_t stride1);
/* for (walk_start(&w); w.left > 0; walk_next(&w)) ... w.at[0] ... */
void walk_start(struct walk *w);
void walk_next(struct walk *w);

#endif
