/* The adjoint of a loop is a loop that runs the other way. */
#ifndef NNGEN_IR_GRAD_LOOP_H
#define NNGEN_IR_GRAD_LOOP_H

#include "codegen/ir/grad_rules.h"
#include "codegen/ir/loop.h"

/* What of a loop depends on what is differentiated by, where the arguments do that are said to. */
struct loop_flow {
    const bool *wanted; /* by argument */
    bool *carry;        /* what is carried into some turn does */
    bool *part;         /* the part does */
    uint32_t n_collect; /* how many were collected then: recording adds to them */
};
struct loop_flow loop_flow(const struct ir_loop *l, const bool *wanted);

/* Hands what the parts received on to the loop's arguments; false after a report. */
bool grad_loop(struct ir_graph *g, struct grad *w, struct diags *d, ir_id loop, const struct loop_flow *flow,
               const struct adjoint *part);

/* ---- the walk's side: grad.c ---- */
/* All that x has received so far, which it has not received any more; 0: nothing. */
ir_id grad_drain(struct grad *w, ir_id x);

/* A walk of its own over a body: dx[i] = start[i] + the sum over k of seed[k] * dy[k]/dx[i]; start or start[i] 0: none. */
struct flow_ends {
    const ir_id *y, *seed, *x, *start;
    uint32_t n_y, n_x;
};
bool grad_inside(struct ir_graph *g, struct diags *d, const struct flow_ends *e, ir_id *dx);

#endif
