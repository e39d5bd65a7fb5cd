/* Derivatives: graph to graph, by the adjoint column of ops.def. */
#ifndef NNGEN_IR_GRAD_H
#define NNGEN_IR_GRAD_H

#include "codegen/ir/graph.h"

/* Reverse mode. dx[i] becomes the sum over y of seed * dy/dx[i], of x[i]'s shape; a zero tensor where y does not use
 * x[i]. seed has y's shape; 0 stands for ones (y a scalar). A node on the way that has no derivative is reported to d.
 * Returns false after a report. One walk, whatever n. */
bool grad_reverse(struct ir_graph *g, struct diags *d, ir_id y, ir_id seed, const ir_id *x, uint32_t n, ir_id *dx);

/* Forward mode: the derivative of y along xdot, by transposing the reverse one. */
ir_id grad_forward(struct ir_graph *g, struct diags *d, ir_id y, const ir_id *x, const ir_id *xdot, uint32_t n);

#endif
