#include "codegen/ir/grad_rules.h"

ir_id grad_plain(struct ir_graph *g, struct adjoint a)
{
    if (!a.mask) return a.g;
    return ir_map3(g, OP_select, a.mask, a.g, ir_full(g, 0, ir_at(g, a.g)->shape));
}

static bool is(const struct ir_graph *g, ir_id x, enum ir_op op)
{
    return ir_at(g, x)->op == op;
}

static bool opposite(const struct ir_graph *g, ir_id a, ir_id b)
{
    return (is(g, a, OP_not) && ir_at(g, a)->arg[0] == b) || (is(g, b, OP_not) && ir_at(g, b)->arg[0] == a);
}

/* a = (condition and rest), b = (not condition and rest): the two branches of one select, inside `rest` or (0)
 * anywhere. */
static bool two_branches(const struct ir_graph *g, ir_id a, ir_id b, ir_id *condition, ir_id *rest)
{
    *condition = a;
    *rest = 0;
    if (opposite(g, a, b)) return true;
    if (!is(g, a, OP_and) || !is(g, b, OP_and)) return false;
    const ir_id *x = ir_at(g, a)->arg, *y = ir_at(g, b)->arg;
    for (unsigned i = 0; i < 4; i++) {
        if (x[i / 2] != y[i % 2] || !opposite(g, x[1 - i / 2], y[1 - i % 2])) continue;
        *condition = x[1 - i / 2];
        *rest = x[i / 2];
        return true;
    }
    return false;
}

struct adjoint grad_join(struct ir_graph *g, struct adjoint a, struct adjoint b)
{
    ir_id condition, rest, either = 0;
    if (a.mask == b.mask) return (struct adjoint){ir_map2(g, OP_add, a.g, b.g), a.mask};
    if (a.mask && b.mask) {
        if (two_branches(g, a.mask, b.mask, &condition, &rest))
            return (struct adjoint){ir_map3(g, OP_select, condition, a.g, b.g), rest};
        either = ir_map2(g, OP_or, a.mask, b.mask);
    }
    ir_id left = grad_plain(g, a), right = grad_plain(g, b);
    return (struct adjoint){ir_map2(g, OP_add, left, right), either};
}

ir_id grad_mask_and(struct ir_graph *g, ir_id a, ir_id b)
{
    if (!a || !b || a == b) return a ? a : b;
    return ir_map2(g, OP_and, a, b);
}

ir_id grad_mask_uniform(const struct ir_graph *g, ir_id mask)
{
    while (is(g, mask, OP_expand)) mask = ir_at(g, mask)->arg[0];
    return ir_at(g, mask)->shape->rank == 0 ? mask : 0;
}
