/* The pass over one graph, and what it does at loops: a body is simplified like the graph it stands in, and keeps only
 * what is read of it. */
#ifndef NNGEN_IR_SIMPLIFY_LOOP_H
#define NNGEN_IR_SIMPLIFY_LOOP_H

#include "codegen/ir/loop.h"

struct kept_loop {
    bool *want;     /* by part of the old loop: somebody reads it */
    uint32_t *part; /* its number in the new one */
    ir_id *fixed;   /* not 0: the part is this node, which no turn changes */
    ir_id to;
};

struct simplify {
    const struct ir_graph *from;
    struct ir_graph *to;
    double training;
    uint32_t *needed; /* by node of `from`; of a loop: its index in `loops` */
    uint32_t *map;    /* in `to` */
    ir_id *arg;       /* room for the arguments of any node */
    vec(struct kept_loop) loops; /* at[0] is none */
    const struct simplify *outside; /* of a body: the pass that met its loop, and */
    const struct ir_node *loop;     /* the loop there */
    bool once;                      /* it has one turn: its body goes where the loop stood */
};

/* Rebuilds in s->to what the roots need; root[] follows. needed and map are all 0. */
void simple_pass(struct simplify *s, ir_id *root, uint32_t n_roots);

void simple_want_part(struct simplify *s, ir_id loop, uint32_t part);
/* After all of its parts that are wanted were seen: marks the arguments that those need. */
void simple_want_arguments(struct simplify *s, ir_id loop);
ir_id simple_loop(struct simplify *s, ir_id loop);
ir_id simple_part(struct simplify *s, const struct ir_node *part);
ir_id simple_body_leaf(struct simplify *s, const struct ir_node *leaf);

#endif
