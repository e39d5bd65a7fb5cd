/* What the files of ir_batch() share. */
#ifndef NNGEN_IR_BATCH_INSIDE_H
#define NNGEN_IR_BATCH_INSIDE_H

#include "codegen/ir/batch.h"

/* Nodes of `from` become nodes of `graph`, which is the same one but for the body of a loop. All arrays by [id - first]. */
struct batch {
    const struct ir_graph *from;
    struct ir_graph *graph;
    ir_id first;
    ir_size size;     /* of the new axis */
    bool *needed;     /* the roots use it */
    bool *depends;    /* on what has the new axis, or it is the hole of an adjoint that does */
    ir_id *map;       /* its copy with the new axis; 0: it is the same for all */
    ir_id *plain;     /* its copy without, in another graph; NULL: it stays what it is */
    ir_id *diagonal;  /* its copy where the new axis and `along` agree, without the new one; it is 0 elsewhere. 0, NULL: none */
    uint8_t *along;
    struct ir_node n; /* the node at hand: a copy, the graph may move */
};

/* Arrays for nodes up to `last`; the roots' needed have to be set, then find_needed() called. */
struct batch batch_new(const struct ir_graph *from, struct ir_graph *graph, ir_id first, ir_id last, ir_size size);
void batch_find_needed(struct batch *b, ir_id last);
/* Sets `depends` of all that uses what depends. */
void batch_find_dependent(struct batch *b, ir_id last);
/* The copy of a node that depends, with the new axis; 0: it cannot have it. */
ir_id batch_wide(struct batch *b, ir_id id);

/* The shape with the new axis in front; false: there is no room for it. */
bool batch_front(const struct batch *b, const struct ir_shape *s, const struct ir_shape **out);
ir_id batch_copy(const struct batch *b, ir_id x);   /* 0 for what is the same for all */
ir_id batch_plain(const struct batch *b, ir_id x);  /* of what is the same for all */
ir_id batch_lifted(const struct batch *b, ir_id x); /* with the axis, also where it is the same along it; 0: no room */

/* ---- batch_units.c ---- */
/* The matrix of a diagonal. 0: no room for it. */
ir_id batch_spread(const struct batch *b, ir_id x);
/* A node that depends, if it can be worked out on diagonals: sets its diagonal, or its copy. */
bool batch_on_diagonal(struct batch *b, ir_id id);

/* ---- batch_loop.c ---- */
ir_id batch_loop(struct batch *b);
ir_id batch_part(struct batch *b);

#endif
