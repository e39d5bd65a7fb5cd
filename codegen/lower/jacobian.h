/* Jacobians, and those whose rows are independent. */
#ifndef NNGEN_LOWER_JACOBIAN_H
#define NNGEN_LOWER_JACOBIAN_H

#include "codegen/lower/inside.h"

/* A Jacobian that is 0 where two of its axes, partners, differ: only what stands where they agree is worked out. */
struct blocks {
    ir_id whole, core;
    uint8_t rank;
    int source[RANK_MAX];  /* for each axis of the whole, that of the core, or -1 */
    int partner[RANK_MAX]; /* for each axis, the one it has to agree with, or -1 */
};

/* dy/dx of shape [y, x]; poison after a report. */
struct value jacobian_of(struct low *l, const struct value *y, const struct value *x, struct span at);

/* v[.., i, .., i, ..] of a Jacobian whose axes `first` < `second` are partners becomes v: its axes but the second.
 * false: v is no such thing, and nothing is done. */
bool diagonal_of(struct low *l, struct value *v, int first, int second);

#endif
