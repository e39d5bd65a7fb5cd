/* What is known of corners: comparisons of an element's places, and what selects, products and sums make of them. */
#include "codegen/emit/corner.h"
#include "codegen/ir/interp.h"

#include <math.h>

enum { LINE_DEPTH = 12 };

static const struct ir_node *node_of(const struct unit *u, ir_id id)
{
    return ir_at(u->g, id);
}

/* ---- moves ---- */

/* Elements behind each step along the axis. */
static ir_size behind(struct unit *u, const struct ir_shape *s, unsigned axis)
{
    ir_size n = 1;
    for (unsigned k = axis + 1; k < s->rank; k++) n = size_mul(u->sizes, n, s->dim[k]);
    return n;
}

/* The axis of `to` that goes over the same elements as one of `from`, or -1. */
static int same_axis(struct unit *u, const struct ir_shape *from, unsigned axis, const struct ir_shape *to)
{
    for (unsigned k = 0; k < to->rank; k++)
        if (to->dim[k] == from->dim[axis] && behind(u, to, k) == behind(u, from, axis)) return (int)k;
    return -1;
}

static struct corner corner_of(int row, int col, int64_t shift)
{
    if (row < 0 || col < 0) return (struct corner){.is = false};
    return (struct corner){true, (uint8_t)row, (uint8_t)col, shift};
}

static int axis_after(struct unit *u, const struct ir_node *move, unsigned axis)
{
    if (move->op == OP_reshape) return same_axis(u, node_of(u, move->arg[0])->shape, axis, move->shape);
    for (unsigned k = 0; k < move->n_attr && (move->op == OP_permute || move->op == OP_expand); k++)
        if (move->attr[k] == axis) return (int)k;
    return -1;
}

static int axis_before(struct unit *u, const struct ir_node *move, unsigned axis)
{
    if (move->op == OP_reshape) return same_axis(u, move->shape, axis, node_of(u, move->arg[0])->shape);
    return move->op == OP_permute || move->op == OP_expand ? (int)move->attr[axis] : -1;
}

struct corner corner_moved(struct unit *u, const struct ir_node *move, const struct corner *c)
{
    if (!c->is) return *c;
    return corner_of(axis_after(u, move, c->row), axis_after(u, move, c->col), c->shift);
}

struct corner corner_before(struct unit *u, const struct ir_node *move, const struct corner *c)
{
    if (!c->is) return *c;
    return corner_of(axis_before(u, move, c->row), axis_before(u, move, c->col), c->shift);
}

/* ---- comparisons of places ---- */

struct line { /* plus + the sum of by * the number of an element along an axis */
    int64_t by[RANK_MAX];
    double plus;
};

static bool is_constant(const struct unit *u, ir_id id, double *v)
{
    const struct ir_node *n = node_of(u, id);
    int64_t size;
    if (n->op == OP_expand) n = node_of(u, n->arg[0]);
    if (n->op == OP_dimval && size_known(u->sizes, (ir_size)n->attr[0], &size)) {
        *v = (double)size;
        return true;
    }
    if (n->op != OP_const) return false;
    *v = ir_const_value(n);
    return true;
}

/* Adds `by` times the node, whose axes are `axis`, if it is one. */
static bool add_line(const struct unit *u, ir_id id, const int8_t *axis, int64_t by, struct line *l, unsigned depth)
{
    const struct ir_node *n = node_of(u, id);
    int8_t inner[RANK_MAX] = {0};
    double v;
    if (depth > LINE_DEPTH) return false;
    if (is_constant(u, id, &v)) {
        l->plus += (double)by * v;
        return true;
    }
    switch (n->op) {
    case OP_iota:
        l->by[axis[0]] += by;
        return true;
    case OP_real:
        return add_line(u, n->arg[0], axis, by, l, depth + 1);
    case OP_neg:
        return add_line(u, n->arg[0], axis, -by, l, depth + 1);
    case OP_add:
    case OP_sub:
        return add_line(u, n->arg[0], axis, by, l, depth + 1) &&
               add_line(u, n->arg[1], axis, n->op == OP_add ? by : -by, l, depth + 1);
    case OP_permute:
    case OP_expand:
        for (unsigned k = 0; k < n->n_attr; k++)
            if (n->attr[k] >= 0) inner[n->attr[k]] = axis[k];
        return add_line(u, n->arg[0], inner, by, l, depth + 1);
    default:
        return false;
    }
}

static void learn(struct known *k, int row, int col, int64_t shift, double value)
{
    k->at[col < row] = corner_of(row, col, shift);
    k->value[col < row] = value;
}

/* a < b and a <= b: 0 on one side of a diagonal, 1 on the other. */
static void compare(const struct unit *u, const struct ir_node *n, struct known *k)
{
    static const int8_t axis[RANK_MAX] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct line l = {.plus = 0};
    int more = -1, less = -1;
    if (n->shape->rank < 2 || !add_line(u, n->arg[0], axis, 1, &l, 0) || !add_line(u, n->arg[1], axis, -1, &l, 0))
        return;
    for (int i = 0; i < n->shape->rank; i++) {
        if (l.by[i] == 0) continue;
        if (l.by[i] == 1 && more < 0)
            more = i;
        else if (l.by[i] == -1 && less < 0)
            less = i;
        else
            return;
    }
    if (more < 0 || less < 0 || fabs(l.plus) > 1e9 || floor(l.plus) != l.plus) return;
    int64_t plus = (int64_t)l.plus, strict = n->op == OP_lt;
    learn(k, less, more, -plus - strict, 0);
    learn(k, more, less, plus + strict - 1, 1);
}

/* ---- what follows ---- */

struct operand { /* of a map, on one side */
    bool constant;
    struct corner at; /* of others: none if nothing is known there */
    double value;
};

static bool settles(const struct ir_node *n, uint32_t i, const struct operand *x)
{
    bool nothing = !x->constant && x->at.is && x->value == 0, far = !x->constant && x->at.is && isinf(x->value);
    return n->op == OP_mul || n->op == OP_and ? nothing
           : n->op == OP_div                  ? nothing && i == 0
                                              : (n->op == OP_add || n->op == OP_sub) && far;
}

static struct corner meet(const struct corner *a, const struct corner *b)
{
    if (!a->is || !b->is || a->row != b->row || a->col != b->col) return (struct corner){.is = false};
    return a->shift > b->shift ? *a : *b;
}

/* Of a choice: what the branch taken in the corner is there. */
static void choose(const struct operand *x, int side, struct known *k)
{
    if (x[0].constant || !x[0].at.is) return;
    const struct operand *y = x[0].value != 0 ? &x[1] : &x[2];
    k->at[side] = y->constant ? x[0].at : meet(&x[0].at, &y->at);
    k->value[side] = y->value;
}

static void combine(const struct ir_node *n, const struct operand *x, int side, struct known *k)
{
    double v[3] = {0, 0, 0};
    bool all = true;
    const struct corner *at = NULL;
    struct corner both;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        if (settles(n, i, &x[i])) {
            for (uint32_t j = 0; j < n->n_arg; j++) v[j] = j == i ? x[i].value : n->op == OP_div;
            k->at[side] = x[i].at;
            k->value[side] = interp_scalar((enum ir_op)n->op, v);
            return;
        }
        v[i] = x[i].value;
        all = all && (x[i].constant || x[i].at.is);
        if (x[i].constant || !all) continue;
        both = at ? meet(at, &x[i].at) : x[i].at;
        at = &both;
    }
    if (!all || !at || !at->is || !(ir_ops[n->op].flags & FLAG_FOLDS)) return;
    k->at[side] = *at;
    k->value[side] = interp_scalar((enum ir_op)n->op, v);
}

static void map(const struct unit *u, const struct ir_node *n, const struct known *known, struct known *k)
{
    for (int side = 0; side < 2; side++) {
        struct operand x[3] = {{.constant = false}};
        bool any = false;
        for (uint32_t i = 0; i < n->n_arg; i++) {
            x[i].constant = is_constant(u, n->arg[i], &x[i].value);
            if (x[i].constant) continue;
            x[i].at = known[n->arg[i]].at[side];
            x[i].value = known[n->arg[i]].value[side];
            any = any || x[i].at.is;
        }
        if (!any) continue;
        if (n->op == OP_select)
            choose(x, side, k);
        else
            combine(n, x, side, k);
    }
}

static void move(struct unit *u, const struct ir_node *n, const struct known *known, struct known *k)
{
    const struct known *x = &known[n->arg[0]];
    for (int side = 0; side < 2; side++) {
        struct corner c = corner_moved(u, n, &x->at[side]);
        if (c.is) learn(k, c.row, c.col, c.shift, x->value[side]);
    }
}

struct known *corner_known(struct unit *u)
{
    struct known *known = NULL;
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct ir_node *n = node_of(u, id);
        bool compares = n->op == OP_lt || n->op == OP_le;
        if (!u->value[id].needed || (!known && (!compares || n->shape->rank < 2))) continue;
        if (!known) known = arena_many(u->arena, struct known, u->g->n);
        if (compares)
            compare(u, n, &known[id]);
        else if (ir_ops[n->op].class == CLASS_MAP && n->n_arg <= 3)
            map(u, n, known, &known[id]);
        else if (ir_ops[n->op].class == CLASS_MOVE && n->n_arg == 1)
            move(u, n, known, &known[id]);
    }
    return known;
}
