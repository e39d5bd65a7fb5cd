/* A node as it should have been written: the rewriting constructor that simplify() builds its new graph with. */
#ifndef NNGEN_IR_SIMPLIFY_RULES_H
#define NNGEN_IR_SIMPLIFY_RULES_H

#include "codegen/ir/graph.h"

/* Like ir_add for arguments that are simple already. Never changes what is computed on any input, NaN, infinities and
 * signed zeros included, but for the rounding of sums over repeated values, for zeros beyond an image's edge that meet an
 * infinite kernel (simplify_window.c), and for the sign of a zero that zeros were added to (simplify_parts.c). */
ir_id simple_node(struct ir_graph *g, const struct ir_node *n);

/* ---- what the rules' files share ---- */
/* NULL: no rule. A rule gives the id of an equal node, or 0 where it does not apply. */
typedef ir_id simple_rule(struct ir_graph *g, const struct ir_node *n);
simple_rule *simple_map_rule(enum ir_op op);
simple_rule *simple_shape_rule(enum ir_op op);
simple_rule simple_window, simple_overlap, simple_sum_of_parts;
simple_rule simple_ordered_choice, simple_masked_pool, simple_sum_of_pool; /* of select; of sum */

ir_id simple1(struct ir_graph *g, enum ir_op op, ir_id a); /* elementwise */
ir_id simple2(struct ir_graph *g, enum ir_op op, ir_id a, ir_id b);
ir_id simple3(struct ir_graph *g, enum ir_op op, ir_id a, ir_id b, ir_id c);
ir_id simple_expand(struct ir_graph *g, ir_id x, const struct ir_shape *s, const int64_t *source);
/* Is x one constant everywhere? */
bool simple_constant(const struct ir_graph *g, ir_id x, double *v);
static inline bool is_op(const struct ir_graph *g, ir_id x, enum ir_op op)
{
    return ir_at(g, x)->op == op;
}

#endif
