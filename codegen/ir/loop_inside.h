/* How bodies are made: for the files of this room that make loops. While a body is built its OP_row and OP_outer leaves
 * bear the outer node they stand for, so that one node has one leaf; ir_close_body() numbers them. */
#ifndef NNGEN_IR_LOOP_INSIDE_H
#define NNGEN_IR_LOOP_INSIDE_H

#include "codegen/ir/loop.h"

/* x of g as every turn sees it: constants and what only repeats are made in the body, all else is handed in. */
ir_id ir_body_outer(const struct ir_graph *g, struct ir_graph *body, ir_id x);
/* The turn's row of what has the turns along its first axis. */
ir_id ir_body_row(const struct ir_graph *g, struct ir_graph *body, ir_id rows);
/* Fills in what follows from the body's leaves (row, outer, carry) and adds the node. Set before: body, turns, n_carry,
 * next, collect, the names and flags. */
ir_id ir_close_body(struct ir_graph *g, struct ir_loop *l, const ir_id *init);

/* The same turns as a loop over segments of so many, of which the adjoint records only what is carried into each. The
 * body does not ask for the turn's number. */
void ir_loop_in_segments(struct ir_graph *g, ir_id loop, int64_t every, ir_id *final, ir_id *rows);

const struct ir_shape *ir_rows_shape(struct ir_tables *t, ir_size turns, const struct ir_shape *row);

#endif
