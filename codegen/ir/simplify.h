/* From the graph as lowered and differentiated to the one that is compiled for one entry point. */
#ifndef NNGEN_IR_SIMPLIFY_H
#define NNGEN_IR_SIMPLIFY_H

#include "codegen/ir/graph.h"

/* Rebuilds what the roots need in a new graph of the same tables: bind, stop and custom gone, `training` the number
 * given, constants folded, equal nodes one, algebra that is exact on every input (never x-x to 0, 0*x to 0, x/x to 1).
 * Rewrites root[] to the new ids. */
struct ir_graph *simplify(const struct ir_graph *g, double training, ir_id *root, uint32_t n_roots);

#endif
