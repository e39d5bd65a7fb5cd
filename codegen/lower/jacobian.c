/* Jacobians: a whole basis of directions goes through the linearised graph at once, along an axis of its own, in the
 * mode that needs fewer of them. Axes that the derivative carries through untouched share one direction: what depends
 * on them in another place is 0. */
#include "codegen/ir/batch.h"
#include "codegen/ir/loop.h"
#include "codegen/lower/jacobian.h"
#include "codegen/lower/state.h"

#include <string.h>

/* ---- one direction, and all of them ---- */

struct directions { /* along the axes of v that are not `shared` */
    const struct value *v;
    unsigned shared;
    ir_size count;
};

static struct directions directions_of(struct low *l, const struct value *v, unsigned shared)
{
    struct directions d = {v, shared, size_const(low_sizes(l), 1)};
    for (unsigned i = 0; i < v->rank; i++)
        if (!(shared >> i & 1)) d.count = size_mul(low_sizes(l), d.count, v->axis[i].size);
    return d;
}

/* The number of each element's direction, of the shape s that has `before` axes before those of v. */
static ir_id numbers(struct low *l, const struct directions *d, const struct ir_shape *s, int before)
{
    struct ir_graph *g = low_graph(l);
    struct axis own[RANK_MAX];
    int source[RANK_MAX];
    uint8_t n = 0;
    for (int i = 0; i < before; i++) source[i] = -1;
    for (uint8_t i = 0; i < d->v->rank; i++) {
        source[before + i] = d->shared >> i & 1 ? -1 : n;
        if (source[before + i] >= 0) own[n++] = d->v->axis[i];
    }
    ir_id iota = ir_iota(g, d->count);
    return ir_expand(g, n == 1 ? iota : ir_reshape(g, iota, shape_for(l, own, n)), s, source);
}

/* 1 where the direction is the one of the first axis, 0 elsewhere. */
static ir_id basis(struct low *l, const struct directions *d)
{
    struct ir_graph *g = low_graph(l);
    struct axis axis[RANK_MAX] = {{NULL, d->count}};
    int row[RANK_MAX] = {0, -1, -1, -1, -1, -1, -1, -1};
    memcpy(axis + 1, d->v->axis, d->v->rank * sizeof *axis);
    const struct ir_shape *s = shape_for(l, axis, (uint8_t)(d->v->rank + 1));
    ir_id wide = ir_expand(g, ir_iota(g, d->count), s, row), own = numbers(l, d, s, 1);
    return ir_map2(g, OP_eq, wide, own);
}

/* The direction of that number, an integer. */
static ir_id direction(struct low *l, const struct directions *d, ir_id number)
{
    struct ir_graph *g = low_graph(l);
    const struct ir_shape *s = shape_of(l, d->v);
    static const int nowhere[RANK_MAX] = {-1, -1, -1, -1, -1, -1, -1, -1};
    ir_id own = numbers(l, d, s, 0), this = ir_expand(g, number, s, nowhere);
    return ir_map2(g, OP_eq, own, this);
}

/* The one axis that the directions go along, -1 if there are several. */
static int only_axis(const struct directions *d)
{
    int axis = -1;
    for (int i = 0; i < d->v->rank; i++) {
        if (d->shared >> i & 1) continue;
        if (axis >= 0) return -1;
        axis = i;
    }
    return axis;
}

/* One after the other, in a loop. */
static ir_id each_direction(struct low *l, ir_id root, ir_id from, const struct directions *d)
{
    struct ir_graph *g = low_graph(l);
    struct ir_turn turn = {.name = "i", .turns = d->count, .turn = ir_turn_leaf(g), .n_collect = 1};
    ir_id to = direction(l, d, turn.turn), one = ir_substitute(g, root, &from, &to, 1), rows;
    turn.collect = &one;
    ir_loop(g, &turn, NULL, &rows);
    return rows;
}

/* root for each direction in the place of `from`: [directions, root]. 0: there is no room for that. */
static ir_id all_directions(struct low *l, ir_id root, ir_id from, const struct directions *d)
{
    struct ir_graph *g = low_graph(l);
    const struct ir_shape *s = ir_at(g, root)->shape;
    ir_size dim[RANK_MAX];
    int64_t n;
    if (s->rank == RANK_MAX) return 0;
    memcpy(dim + 1, s->dim, s->rank * sizeof *dim);
    if (size_known(low_sizes(l), d->count, &n) && n == 1) {
        ir_id one = ir_full(g, 1, shape_of(l, d->v));
        dim[0] = d->count;
        return ir_reshape(g, ir_substitute(g, root, &from, &one, 1), ir_shape_of(g->tables, s->rank + 1u, dim));
    }
    int axis = only_axis(d);
    ir_id wide = 0;
    if (axis >= 0)
        wide = ir_batch_units(g, root, from, (unsigned)axis);
    else if (d->v->rank < RANK_MAX)
        wide = ir_batch(g, root, from, basis(l, d));
    return wide ? wide : each_direction(l, root, from, d);
}

/* ---- blocks on a diagonal ---- */

/* All of it: the core where the axes of each pair agree, 0 elsewhere. */
static ir_id spread(struct low *l, const struct blocks *b, const struct axis *axis)
{
    struct ir_graph *g = low_graph(l);
    const struct ir_shape *s = shape_for(l, axis, b->rank);
    ir_id whole = ir_expand(g, b->core, s, b->source), same = 0;
    for (int i = 0; i < b->rank; i++) {
        int row[RANK_MAX], column[RANK_MAX];
        if (b->partner[i] < i) continue;
        for (int k = 0; k < b->rank; k++) row[k] = k == i ? 0 : -1, column[k] = k == b->partner[i] ? 0 : -1;
        ir_id iota = ir_iota(g, axis[i].size), down = ir_expand(g, iota, s, row), across = ir_expand(g, iota, s, column);
        ir_id here = ir_map2(g, OP_eq, down, across);
        same = same ? ir_map2(g, OP_and, same, here) : here;
    }
    return same ? ir_map3(g, OP_select, same, whole, ir_full(g, 0, s)) : whole;
}

static struct value finished(struct low *l, struct blocks b, const struct axis *axis, struct span at)
{
    b.whole = spread(l, &b, axis);
    bool paired = false;
    for (int i = 0; i < b.rank; i++) paired |= b.partner[i] >= 0;
    if (paired) vec_push(ARENA(l), &l->blocks, b);
    return make_tensor(l, b.whole, b.rank, axis, at);
}

bool diagonal_of(struct low *l, struct value *v, int first, int second)
{
    for (uint32_t i = l->blocks.n; i-- > 0;) {
        struct blocks b = l->blocks.at[i];
        if (b.whole != v->id || b.partner[first] != second) continue;
        struct axis axis[RANK_MAX];
        memcpy(axis, v->axis, sizeof axis);
        if (b.source[first] < 0) b.source[first] = b.source[second];
        b.partner[first] = -1;
        b.rank--;
        for (int k = second; k < b.rank; k++) {
            b.source[k] = b.source[k + 1];
            b.partner[k] = b.partner[k + 1];
            axis[k] = axis[k + 1];
        }
        for (int k = 0; k < b.rank; k++) b.partner[k] -= b.partner[k] > second;
        *v = finished(l, b, axis, v->at);
        return v->kind != VALUE_POISON;
    }
    return false;
}

/* ---- the Jacobian ---- */

/* v is x's part for the weight u of y, so v's axes are x's: which of them each axis of y stays. */
static void find_pairs(struct low *l, const struct value *y, ir_id v, ir_id u, int *pair)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < y->rank; i++) {
        pair[i] = ir_carried(low_graph(l), v, u, i);
        if (pair[i] >= 0 && taken >> pair[i] & 1) pair[i] = -1;
        if (pair[i] >= 0) taken |= 1u << pair[i];
    }
}

/* Fewer directions to take by y (reverse mode) than by x? */
static bool by_rows(struct low *l, const struct directions *y, const struct directions *x)
{
    return size_bound(low_sizes(l), y->count) <= size_bound(low_sizes(l), x->count);
}

/* The core of rows, [directions, x], or of columns, [directions, y], as [y, x] without what pairs share. */
static ir_id arranged(struct low *l, ir_id core, const struct directions *d, const struct value *other, bool rows,
                      struct blocks *b)
{
    struct ir_graph *g = low_graph(l);
    struct axis axis[RANK_MAX];
    int order[RANK_MAX], *own = b->source + (rows ? 0 : other->rank), *others = b->source + (rows ? d->v->rank : 0);
    int n = 0;
    for (int i = 0; i < d->v->rank; i++) {
        own[i] = d->shared >> i & 1 ? -1 : n;
        if (own[i] >= 0) axis[n++] = d->v->axis[i];
    }
    for (int i = 0; i < other->rank; i++) {
        axis[n + i] = other->axis[i];
        others[i] = rows ? n + i : i;
    }
    core = ir_reshape(g, core, shape_for(l, axis, (uint8_t)(n + other->rank)));
    if (rows) return core;
    for (int i = 0; i < d->v->rank; i++)
        if (own[i] >= 0) own[i] += other->rank;
    for (int i = 0; i < n + other->rank; i++) order[i] = i < other->rank ? n + i : i - other->rank;
    return ir_permute(g, core, order);
}

static struct value too_many(struct low *l, const struct value *y, const struct value *x, struct span at)
{
    return fail(l, E0701, at, "the Jacobian of %s by %s cannot be worked out in one piece, and has too many rows for "
                              "one after the other", shape_text(l, y->axis, y->rank), shape_text(l, x->axis, x->rank));
}

struct value jacobian_of(struct low *l, const struct value *y, const struct value *x, struct span at)
{
    struct ir_graph *g = low_graph(l);
    struct axis axis[RANK_MAX];
    struct blocks b = {.rank = (uint8_t)(y->rank + x->rank)};
    int pair[RANK_MAX];
    unsigned shared_y = 0, shared_x = 0;
    if (y->rank + x->rank > RANK_MAX) return fail(l, E0601, at, "a tensor has at most 8 axes");
    memcpy(axis, y->axis, y->rank * sizeof *axis);
    memcpy(axis + y->rank, x->axis, x->rank * sizeof *axis);
    if (!shape_fits(l, axis, b.rank, at)) return poison(at);
    ir_id u = ir_hole(g, shape_of(l, y)), v, w = 0;
    if (!grad_reverse(g, DIAGS(l), y->id, u, &x->id, 1, &v)) return poison(at);
    find_pairs(l, y, v, u, pair);
    for (uint8_t i = 0; i < b.rank; i++) b.partner[i] = -1;
    for (uint8_t i = 0; i < y->rank; i++) {
        if (pair[i] < 0) continue;
        shared_y |= 1u << i;
        shared_x |= 1u << pair[i];
        b.partner[i] = y->rank + pair[i];
        b.partner[y->rank + pair[i]] = i;
    }
    struct directions of_y = directions_of(l, y, shared_y), of_x = directions_of(l, x, shared_x);
    bool rows = by_rows(l, &of_y, &of_x);
    if (!rows) {
        w = ir_hole(g, shape_of(l, x));
        v = grad_forward(g, DIAGS(l), y->id, &x->id, &w, 1);
        if (!v) return poison(at);
    }
    ir_id core = all_directions(l, v, rows ? u : w, rows ? &of_y : &of_x);
    if (!core) return too_many(l, y, x, at);
    b.core = arranged(l, core, rows ? &of_y : &of_x, rows ? x : y, rows, &b);
    return finished(l, b, axis, at);
}
