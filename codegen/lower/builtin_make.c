/* Functions that make tensors: filled, counted, masked. */
#include "codegen/lower/builtin.h"

#include <string.h>

struct sizes {
    struct axis axis[RANK_MAX];
    uint8_t rank;
};

static bool take_sizes(struct low *l, const struct call *c, struct sizes *s)
{
    return lower_shape(l, c->bracket, s->axis, &s->rank);
}

static struct value filled(struct low *l, double number, const struct sizes *s, struct span at)
{
    return make_tensor(l, ir_full(low_graph(l), number, shape_for(l, s->axis, s->rank)), s->rank, s->axis, at);
}

static struct value fill(struct low *l, const struct call *c, double number)
{
    struct sizes s;
    if (!take_sizes(l, c, &s)) return poison(c->at);
    if (c->n) return wrong_arguments(l, c, "%s takes sizes in [ ] and no arguments", c->name);
    return s.rank ? filled(l, number, &s, c->at) : make_number(l, number, c->at);
}

struct value lower_zeros(struct low *l, const struct call *c)
{
    return fill(l, c, 0);
}

struct value lower_ones(struct low *l, const struct call *c)
{
    return fill(l, c, 1);
}

struct value lower_full(struct low *l, const struct call *c)
{
    struct sizes s;
    struct value v;
    if (!take_sizes(l, c, &s) || !take_args(l, c, "v", &v)) return poison(c->at);
    return expand_to(l, as_real(l, v), s.axis, s.rank, c->at);
}

/* ---- masks by position ---- */

/* The index along one axis, over a whole shape. */
static ir_id positions(struct low *l, const struct axis *axis, uint8_t rank, int along)
{
    int source[RANK_MAX];
    for (int i = 0; i < rank; i++) source[i] = i == along ? 0 : -1;
    return ir_expand(low_graph(l), ir_iota(low_graph(l), axis[along].size), shape_for(l, axis, rank), source);
}

struct value lower_eye(struct low *l, const struct call *c)
{
    struct sizes s;
    if (!take_sizes(l, c, &s)) return poison(c->at);
    if (s.rank == 1) s.axis[s.rank++] = s.axis[0];
    if (s.rank != 2 || c->n) return wrong_arguments(l, c, "eye takes one or two sizes");
    if (!shape_fits(l, s.axis, 2, c->at)) return poison(c->at);
    ir_id id = ir_map2(low_graph(l), OP_eq, positions(l, s.axis, 2, 0), positions(l, s.axis, 2, 1));
    return make_tensor(l, id, 2, s.axis, c->at);
}

struct value lower_range(struct low *l, const struct call *c)
{
    struct sizes s;
    if (!take_sizes(l, c, &s)) return poison(c->at);
    if (s.rank != 1 || c->n) return wrong_arguments(l, c, "range takes one size");
    struct value v = make_tensor(l, ir_iota(low_graph(l), s.axis[0].size), 1, s.axis, c->at);
    v.below = s.axis[0].dim;
    v.below_size = s.axis[0].size;
    return v;
}

struct value lower_one_hot(struct low *l, const struct call *c)
{
    struct sizes s;
    struct value ids;
    if (!take_sizes(l, c, &s) || !take_args(l, c, "ids", &ids)) return poison(c->at);
    if (s.rank != 1) return wrong_arguments(l, c, "one_hot takes one size");
    ids = as_value(l, ids);
    if (ids.kind == VALUE_POISON) return ids;
    if (ids.type != IR_INT) return fail(l, E0404, ids.at, "one_hot needs integers: this is a tensor of floats");
    if (ids.rank == RANK_MAX) return fail(l, E0601, c->at, "a tensor has at most 8 axes");
    bool same = ids.below && ids.below == s.axis[0].dim;
    if (!same && ids.below_size && size_least(low_sizes(l), size_sub(low_sizes(l), s.axis[0].size, ids.below_size)) < 0)
        return fail(l, E0205, c->at, "these integers may be %s or more", size_text(l, s.axis[0]));
    struct axis axis[RANK_MAX];
    int source[RANK_MAX];
    for (int i = 0; i < ids.rank; i++) axis[i] = ids.axis[i], source[i] = i;
    axis[ids.rank] = s.axis[0];
    source[ids.rank] = -1;
    uint8_t rank = (uint8_t)(ids.rank + 1);
    if (!shape_fits(l, axis, rank, c->at)) return poison(c->at);
    ir_id wide = ir_expand(low_graph(l), ids.id, shape_for(l, axis, rank), source);
    return make_tensor(l, ir_map2(low_graph(l), OP_eq, wide, positions(l, axis, rank, ids.rank)), rank, axis, c->at);
}

/* x where the mask holds, 0 elsewhere: exact whatever stands elsewhere. */
static struct value masked(struct low *l, struct value x, ir_id mask, struct span at)
{
    ir_id blank = ir_full(low_graph(l), 0, shape_of(l, &x));
    return make_tensor(l, ir_map3(low_graph(l), OP_select, mask, x.id, blank), x.rank, x.axis, at);
}

static struct value triangle(struct low *l, const struct call *c, bool lower)
{
    struct value v[2];
    if (!no_bracket(l, c) || !take_args(l, c, "x k?", v)) return poison(c->at);
    struct value x = as_real(l, v[0]);
    double k;
    if (x.kind == VALUE_POISON || !known_or(l, &v[1], 0, &k)) return poison(c->at);
    if (x.rank < 2)
        return fail(l, E0204, c->at, "%s needs two axes, and this is %s", c->name, shape_text(l, x.axis, x.rank));
    struct ir_graph *g = low_graph(l);
    ir_id row = positions(l, x.axis, x.rank, x.rank - 2), column = positions(l, x.axis, x.rank, x.rank - 1);
    if (k != 0) { /* shifted, they are compared as floats: far below 2^24 in any tensor of two axes that fits */
        row = ir_map2(g, OP_add, ir_map1(g, OP_real, row), ir_full(g, k, shape_of(l, &x)));
        column = ir_map1(g, OP_real, column);
    }
    return masked(l, x, lower ? ir_map2(g, OP_le, column, row) : ir_map2(g, OP_le, row, column), c->at);
}

struct value lower_tril(struct low *l, const struct call *c)
{
    return triangle(l, c, true);
}

struct value lower_triu(struct low *l, const struct call *c)
{
    return triangle(l, c, false);
}

struct value lower_diag(struct low *l, const struct call *c)
{
    struct value x;
    if (!no_bracket(l, c) || !take_args(l, c, "x", &x)) return poison(c->at);
    x = as_real(l, x);
    if (x.kind == VALUE_POISON) return x;
    if (x.rank < 1 || x.rank > 2)
        return fail(l, E0204, c->at, "diag needs a vector or a matrix, and this is %s", shape_text(l, x.axis, x.rank));
    if (x.rank == 2 && !axis_equal(l, x.axis[0], x.axis[1]))
        return fail(l, E0201, c->at, "diag needs a square matrix, and this is %s", shape_text(l, x.axis, x.rank));
    struct value wide = x;
    if (x.rank == 1) {
        wide.axis[wide.rank++] = x.axis[0];
        if (!shape_fits(l, wide.axis, 2, c->at)) return poison(c->at);
        wide.id = ir_expand(low_graph(l), x.id, shape_of(l, &wide), (const int[]){0, -1});
    }
    ir_id same = ir_map2(low_graph(l), OP_eq, positions(l, wide.axis, 2, 0), positions(l, wide.axis, 2, 1));
    struct value v = masked(l, wide, same, c->at);
    return x.rank == 1 ? v : make_tensor(l, ir_reduce(low_graph(l), OP_sum, v.id, 2), 1, x.axis, c->at);
}
