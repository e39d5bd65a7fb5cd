/* What the turns of a loop need not do one by one: work that does not depend on what is carried is done for all of them
 * before the loop, and work that only leaves something behind after it, from what is recorded of each turn.
 *
 *   before   a product of the turn's row and of what no turn changes: x[t] @ W becomes rows of x @ W
 *   after    what is only collected and takes such a product to make: hs[t] @ W; and products that are only added to a
 *            carried value, turn by turn: the sum of a[t].T @ b[t] becomes one product over all turns
 *   turned   what no turn changes, as an operand whose rows a product reads crosswise: transposed once
 *
 * Only where it pays: rows that are recorded or made ahead for this alone may be a few times what the loop reads and
 * leaves anyway, and checkpointed loops, which are there to save memory, stay as they are. */
#ifndef NNGEN_IR_HOIST_H
#define NNGEN_IR_HOIST_H

#include "codegen/ir/graph.h"

/* The roots' graph made anew; rewrites root[] and counts the loops that are lighter. What is left dead or trivial by it is simplify()'s to clear away. */
struct ir_graph *hoist(const struct ir_graph *g, ir_id *root, uint32_t n_roots, double least, uint32_t *hoisted);

/* Loops whose turns multiply less than `least` stay as they are written: little would be gained, and their derivatives are
 * the same bits with checkpoints and without. */
enum { HOIST_LEAST = 4096 };

#endif
