/* What the files of hoist() share. */
#ifndef NNGEN_IR_HOIST_INSIDE_H
#define NNGEN_IR_HOIST_INSIDE_H

#include "codegen/ir/hoist.h"
#include "codegen/ir/loop.h"

/* Of carried value `carry`, which is only added to: what is added, or taken away, in a turn. */
struct summand {
    uint32_t carry;
    ir_id x;
    bool minus;
    bool after; /* added up after the loop */
};

/* What is done with each node of a body, by node. A node may be made in the turns and outside as well. */
struct hoisting {
    const struct ir_loop *l;
    bool *turn, *carry; /* it depends on the turn, on what is carried */
    bool *light;        /* made of leaves by elementwise operations and moves alone: as well made again outside */
    bool *over;         /* made by a product that could come after the loop, or of such */
    bool *inside;       /* made in the turns; those that are `ahead` are rows there */
    bool *ahead;        /* a product for all turns before the loop, */
    bool *before;       /* and what it is made of */
    bool *record;       /* its rows are read after the loop, */
    bool *after;        /* by these, which are made there */
    bool *wanted;       /* after the loop, either way */
    bool *added;        /* by carried value: it is only added to, and `summands` says what */
    vec(struct summand) summands;
};

/* Whether it is the product of two arrays that are spread along each other, as gradients of weights are where there is one sample: an
 * outer product. Of which arrays. */
bool hoist_is_outer(const struct ir_graph *body, const struct ir_node *n, ir_id of[2]);

/* False: the loop is best left as it is. */
bool hoist_choose(const struct ir_loop *l, struct hoisting *h, double least);

#endif
