/* Masks: kept as small as they are, a condition that is expanded to the shape it is needed in, so that they pass through
 * whatever leaves the axes alone that the condition differs along. */
#include "codegen/ir/batch.h"
#include "codegen/ir/grad_rules.h"

#include <string.h>

enum { NARROW_DEPTH = 4, ADJOINT_SPAN = 256 };

struct thin { /* m, expanded: source is OP_expand's attribute */
    ir_id m;
    int source[RANK_MAX];
};

static struct thin thin_of(const struct ir_graph *g, ir_id x)
{
    struct thin t = {x, {0, 1, 2, 3, 4, 5, 6, 7}};
    unsigned rank = ir_at(g, x)->shape->rank;
    for (const struct ir_node *n; n = ir_at(g, t.m), n->op == OP_expand; t.m = n->arg[0])
        for (unsigned i = 0; i < rank; i++) t.source[i] = t.source[i] < 0 ? -1 : (int)n->attr[t.source[i]];
    return t;
}

static unsigned used_axes(const struct thin *t, unsigned rank)
{
    unsigned used = 0;
    for (unsigned i = 0; i < rank; i++)
        if (t->source[i] >= 0) used |= 1u << i;
    return used;
}

/* ---- conditions made of conditions ---- */

static ir_id mask_not(struct ir_graph *g, ir_id a)
{
    const struct ir_shape *s = ir_at(g, a)->shape;
    struct thin t = thin_of(g, a);
    return ir_expand(g, ir_map1(g, OP_not, t.m), s, t.source);
}

/* Over the axes that either of them has. */
static ir_id mask_pair(struct ir_graph *g, enum ir_op op, ir_id a, ir_id b)
{
    const struct ir_shape *s = ir_at(g, a)->shape;
    struct thin t[2] = {thin_of(g, a), thin_of(g, b)};
    unsigned used = used_axes(&t[0], s->rank) | used_axes(&t[1], s->rank), n = 0;
    int inner[2][RANK_MAX], outer[RANK_MAX];
    ir_size dim[RANK_MAX];
    if (used + 1 == 1u << s->rank) return ir_map2(g, op, a, b);
    for (unsigned i = 0; i < s->rank; i++) {
        outer[i] = used >> i & 1 ? (int)n : -1;
        if (outer[i] < 0) continue;
        for (int k = 0; k < 2; k++) inner[k][n] = t[k].source[i];
        dim[n++] = s->dim[i];
    }
    const struct ir_shape *small = ir_shape_of(g->tables, n, dim);
    ir_id x = ir_expand(g, t[0].m, small, inner[0]), y = ir_expand(g, t[1].m, small, inner[1]);
    return ir_expand(g, ir_map2(g, op, x, y), s, outer);
}

/* A condition that was written of expanded values, as an expanded one. */
static ir_id narrowed(struct ir_graph *g, ir_id x, unsigned depth)
{
    struct ir_node n = *ir_at(g, x);
    if (!depth || ir_ops[n.op].class != CLASS_MAP || n.n_arg > 2 || !n.shape->rank) return x;
    ir_id arg[2] = {0, 0};
    unsigned used = 0;
    for (uint32_t i = 0; i < n.n_arg; i++) {
        arg[i] = narrowed(g, n.arg[i], depth - 1);
        struct thin t = thin_of(g, arg[i]);
        used |= used_axes(&t, n.shape->rank);
    }
    if (used + 1 == 1u << n.shape->rank) return x;
    if (n.n_arg == 2) return mask_pair(g, (enum ir_op)n.op, arg[0], arg[1]);
    struct thin t = thin_of(g, arg[0]);
    return ir_expand(g, ir_map1(g, (enum ir_op)n.op, t.m), n.shape, t.source);
}

ir_id grad_mask_of(struct ir_graph *g, ir_id condition, bool holds)
{
    ir_id mask = narrowed(g, condition, NARROW_DEPTH);
    return holds ? mask : mask_not(g, mask);
}

ir_id grad_mask_and(struct ir_graph *g, ir_id a, ir_id b)
{
    if (!a || !b || a == b) return a ? a : b;
    return mask_pair(g, OP_and, a, b);
}

/* ---- from a node to its arguments ---- */

/* The axis of argument i that axis k of n came from untouched, or -1. */
static int came_from(struct ir_graph *g, const struct ir_node *n, uint32_t i, unsigned k)
{
    if (n->op == OP_custom) {
        uint32_t adjoint = i ? (uint32_t)n->attr[i] : 0;
        ir_id hole = n->arg[n->attr[0] + 1], to = adjoint ? n->arg[adjoint] : 0;
        return to > hole && to - hole < ADJOINT_SPAN ? ir_carried(g, to, hole, k) : -1;
    }
    const struct ir_shape *s = ir_at(g, n->arg[i])->shape;
    for (unsigned axis = 0; axis < s->rank; axis++)
        if (ir_carry(g, n, i, axis) == (int)k) return (int)axis;
    return -1;
}

ir_id grad_mask_back(struct ir_graph *g, const struct ir_node *n, uint32_t i, ir_id mask)
{
    struct thin t = thin_of(g, mask);
    int source[RANK_MAX] = {-1, -1, -1, -1, -1, -1, -1, -1};
    for (unsigned k = 0; k < n->shape->rank; k++) {
        int axis = t.source[k] < 0 ? -1 : came_from(g, n, i, k);
        if (axis >= 0)
            source[axis] = t.source[k];
        else if (t.source[k] >= 0)
            return 0;
    }
    return ir_expand(g, t.m, ir_at(g, n->arg[i])->shape, source);
}

/* ---- sums of what is masked ---- */

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
static bool two_branches(struct ir_graph *g, ir_id a, ir_id b, ir_id *condition, ir_id *rest)
{
    const struct ir_shape *s = ir_at(g, a)->shape;
    struct thin ta = thin_of(g, a), tb = thin_of(g, b);
    if (memcmp(ta.source, tb.source, s->rank * sizeof *ta.source) != 0) return false;
    *condition = ta.m;
    *rest = 0;
    bool found = opposite(g, ta.m, tb.m);
    if (!found && is(g, ta.m, OP_and) && is(g, tb.m, OP_and)) {
        const ir_id *x = ir_at(g, ta.m)->arg, *y = ir_at(g, tb.m)->arg;
        for (unsigned i = 0; i < 4 && !found; i++) {
            found = x[i / 2] == y[i % 2] && opposite(g, x[1 - i / 2], y[1 - i % 2]);
            *condition = x[1 - i / 2];
            *rest = x[i / 2];
        }
    }
    if (!found) return false;
    *condition = ir_expand(g, *condition, s, ta.source);
    if (*rest) *rest = ir_expand(g, *rest, s, ta.source);
    return true;
}

struct adjoint grad_join(struct ir_graph *g, struct adjoint a, struct adjoint b)
{
    ir_id condition, rest, either = 0;
    if (a.mask == b.mask) return (struct adjoint){ir_map2(g, OP_add, a.g, b.g), a.mask};
    if (a.mask && b.mask) {
        if (two_branches(g, a.mask, b.mask, &condition, &rest))
            return (struct adjoint){ir_map3(g, OP_select, condition, a.g, b.g), rest};
        either = mask_pair(g, OP_or, a.mask, b.mask);
    }
    ir_id left = grad_plain(g, a), right = grad_plain(g, b);
    return (struct adjoint){ir_map2(g, OP_add, left, right), either};
}
