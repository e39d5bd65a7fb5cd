/* Functions that move elements and change none. */
#include "codegen/lower/builtin.h"

#include <math.h>
#include <string.h>

static bool number_tensor(struct low *l, const struct call *c, const char *names, struct value *x)
{
    if (!take_args(l, c, names, x)) return false;
    *x = as_value(l, *x);
    return x->kind == VALUE_TENSOR;
}

static ir_size zero(struct low *l)
{
    return size_const(low_sizes(l), 0);
}

struct value with_shape(struct low *l, struct value v, const struct axis *axis, uint8_t rank, struct span at)
{
    struct value r = make_tensor(l, ir_reshape(low_graph(l), v.id, shape_for(l, axis, rank)), rank, axis, at);
    r.below = v.below;
    r.below_size = v.below_size;
    return r;
}

/* Axis i of the result is axis source[i] of v. */
static struct value permuted(struct low *l, struct value v, const int *source, struct span at)
{
    struct axis axis[RANK_MAX];
    for (uint8_t i = 0; i < v.rank; i++) axis[i] = v.axis[source[i]];
    struct value r = make_tensor(l, ir_permute(low_graph(l), v.id, source), v.rank, axis, at);
    r.below = v.below;
    r.below_size = v.below_size;
    return r;
}

/* Part of v along one axis: `size` elements from `start` on, each `step` after the one before. */
static struct value part(struct low *l, struct value v, int axis, ir_size start, struct axis size, int64_t step)
{
    ir_size from[RANK_MAX];
    int64_t by[RANK_MAX];
    for (uint8_t i = 0; i < v.rank; i++) from[i] = i == axis ? start : zero(l), by[i] = i == axis ? step : 1;
    v.axis[axis] = size;
    v.id = ir_slice(low_graph(l), v.id, shape_of(l, &v), from, by);
    return v;
}

struct value transposed(struct low *l, struct value x, struct span at)
{
    if (x.kind != VALUE_TENSOR) return x;
    if (!is_whole(l, &x, at)) return poison(at);
    if (x.rank < 2)
        return fail(l, E0204, at, "a transpose needs two axes, and this is %s", shape_text(l, x.axis, x.rank));
    int source[RANK_MAX];
    for (int i = 0; i < x.rank; i++) source[i] = i;
    source[x.rank - 1] = x.rank - 2;
    source[x.rank - 2] = x.rank - 1;
    return permuted(l, x, source, at);
}

struct value lower_transpose(struct low *l, const struct call *c)
{
    struct value x;
    const struct axis_ref *refs;
    uint32_t n;
    unsigned mask;
    int source[RANK_MAX];
    if (!number_tensor(l, c, "x", &x) || !lower_axes(l, c->bracket, &refs, &n)) return poison(c->at);
    if (!n) return transposed(l, x, c->at);
    if (!find_axes(l, &x, refs, n, &mask)) return poison(c->at);
    if (n != x.rank) return wrong_arguments(l, c, "transpose takes all %u axes or none", (unsigned)x.rank);
    for (uint32_t i = 0; i < n; i++) source[i] = find_axis(l, &x, refs[i]);
    return permuted(l, x, source, c->at);
}

/* ---- reshape, flatten ---- */

static bool is_minus_one(struct low *l, const struct ast *e)
{
    struct amount a = e->kind == AST_unary ? lower_amount(l, e) : (struct amount){.what = AMOUNT_NONE};
    return a.what == AMOUNT_WHOLE && a.number == -1;
}

struct value lower_reshape(struct low *l, const struct call *c)
{
    struct value x;
    struct axis axis[RANK_MAX];
    struct ir_sizes *t = low_sizes(l);
    int open = -1;
    uint8_t rank = 0;
    if (!number_tensor(l, c, "x", &x)) return poison(c->at);
    ir_size all = size_const(t, 1), given = all;
    for (uint32_t i = 0; c->bracket && i < c->bracket->n; i++) {
        if (rank == RANK_MAX) return fail(l, E0601, c->bracket->span, "a tensor has at most 8 axes");
        if (is_minus_one(l, c->bracket->kid[i])) {
            if (open >= 0) return fail(l, E0206, c->bracket->kid[i]->span, "only one size may be -1");
            open = rank++;
            continue;
        }
        const struct axis *rest;
        uint8_t n_rest;
        if (c->bracket->kid[i]->kind == AST_ellipsis && find_rest(l, &rest, &n_rest) && rank + n_rest <= RANK_MAX) {
            for (uint8_t k = 0; k < n_rest; k++) given = size_mul(t, given, rest[k].size), axis[rank++] = rest[k];
            continue;
        }
        if (!lower_size(l, c->bracket->kid[i], &axis[rank])) return poison(c->at);
        given = size_mul(t, given, axis[rank++].size);
    }
    for (uint8_t i = 0; i < x.rank; i++) all = size_mul(t, all, x.axis[i].size);
    if (open >= 0) {
        axis[open] = (struct axis){NULL, size_div(t, all, given)};
        if (axis[open].size == SIZE_BAD)
            return fail(l, E0206, c->at, "%s has no whole number of elements left for the -1",
                        shape_text(l, x.axis, x.rank));
    } else if (given != all) {
        return fail(l, E0206, c->at, "%s and %s have different numbers of elements", shape_text(l, x.axis, x.rank),
                    shape_text(l, axis, rank));
    }
    return with_shape(l, x, axis, rank, c->at);
}

struct value lower_flatten(struct low *l, const struct call *c)
{
    struct value x;
    if (!no_bracket(l, c) || !number_tensor(l, c, "x", &x)) return poison(c->at);
    if (!x.rank) return fail(l, E0204, c->at, "flatten needs a tensor, and this is a number");
    if (x.rank <= 2) return x;
    struct axis axis[2] = {x.axis[0], {NULL, size_const(low_sizes(l), 1)}};
    for (uint8_t i = 1; i < x.rank; i++) axis[1].size = size_mul(low_sizes(l), axis[1].size, x.axis[i].size);
    return with_shape(l, x, axis, 2, c->at);
}

/* ---- concat, stack, split ---- */

/* The positional arguments, all floats or all integers. */
static struct value *operands(struct low *l, const struct call *c, uint32_t *n)
{
    struct value *v = arena_many(&low_context(l)->arena, struct value, c->n);
    bool whole = true;
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->arg[i].name) {
            wrong_arguments(l, c, "%s has no argument called %s", c->name, c->arg[i].name);
            return NULL;
        }
        v[i] = as_value(l, c->arg[i].value);
        if (v[i].kind == VALUE_POISON || !may_take(l, c, &v[i])) return NULL;
        whole &= v[i].type == IR_INT;
    }
    for (uint32_t i = 0; !whole && i < c->n; i++) v[i] = as_real(l, v[i]);
    *n = c->n;
    if (c->n == 1 && c->arg[0].tree && c->arg[0].tree->kind == AST_literal) {
        fail(l, E0304, c->at, "%s takes its values one by one", c->name);
        fail_help(l, arena_printf(&low_context(l)->arena, "write %s(a, b), without the [ ]", c->name));
        return NULL;
    }
    if (c->n) return v;
    wrong_arguments(l, c, "%s needs values to join", c->name);
    return NULL;
}

/* Of one shape, but for the axis `except`? */
static bool check_same(struct low *l, const struct call *c, const struct value *v, uint32_t n, int except)
{
    for (uint32_t i = 1; i < n; i++) {
        bool same = v[i].rank == v[0].rank;
        for (int k = 0; same && k < v[0].rank; k++) same = k == except || axis_equal(l, v[i].axis[k], v[0].axis[k]);
        if (same) continue;
        fail(l, E0201, c->at, "%s of %s and %s", c->name, shape_text(l, v[0].axis, v[0].rank),
             shape_text(l, v[i].axis, v[i].rank));
        fail_note(l, v[0].at, "this is %s", shape_text(l, v[0].axis, v[0].rank));
        fail_note(l, v[i].at, "this is %s", shape_text(l, v[i].axis, v[i].rank));
        return false;
    }
    return true;
}

static struct value join(struct low *l, const struct value *v, uint32_t n, int axis, struct span at)
{
    struct value r = v[0];
    if (n == 1) return r;
    ir_id *id = arena_many(&low_context(l)->arena, ir_id, n);
    ir_size whole = zero(l);
    for (uint32_t i = 0; i < n; i++) {
        id[i] = v[i].id;
        whole = size_add(low_sizes(l), whole, v[i].axis[axis].size);
        for (int k = 0; k < r.rank; k++)
            if (!r.axis[k].dim) r.axis[k] = v[i].axis[k];
    }
    r.axis[axis] = (struct axis){NULL, whole};
    r = make_tensor(l, ir_concat(low_graph(l), id, n, (unsigned)axis), r.rank, r.axis, at);
    keep_range(l, &r, v, n);
    return r;
}

struct value join_new_axis(struct low *l, const struct value *v, uint32_t n, int axis, struct span at)
{
    struct value *w = arena_many(&low_context(l)->arena, struct value, n);
    for (uint32_t i = 0; i < n; i++) {
        struct axis with[RANK_MAX];
        for (int k = 0; k <= v[i].rank; k++)
            with[k] = k == axis ? (struct axis){NULL, size_const(low_sizes(l), 1)} : v[i].axis[k > axis ? k - 1 : k];
        w[i] = with_shape(l, v[i], with, (uint8_t)(v[i].rank + 1), at);
        if (w[i].kind == VALUE_POISON) return w[i];
    }
    return join(l, w, n, axis, at);
}

struct value lower_concat(struct low *l, const struct call *c)
{
    uint32_t n;
    struct value *v = operands(l, c, &n);
    if (!v) return poison(c->at);
    int axis = one_axis(l, c, &v[0], v[0].rank - 1);
    if (axis < 0 || !check_same(l, c, v, n, axis)) return poison(c->at);
    return join(l, v, n, axis, c->at);
}

struct value lower_stack(struct low *l, const struct call *c)
{
    uint32_t n;
    struct value *v = operands(l, c, &n);
    if (!v || !check_same(l, c, v, n, -1)) return poison(c->at);
    if (v[0].rank == RANK_MAX) return fail(l, E0601, c->at, "a tensor has at most 8 axes");
    struct value with = v[0]; /* one axis more: positions are those of the result */
    with.axis[with.rank++] = (struct axis){NULL, size_const(low_sizes(l), 1)};
    int axis = one_axis(l, c, &with, v[0].rank);
    return axis < 0 ? poison(c->at) : join_new_axis(l, v, n, axis, c->at);
}

struct value lower_split(struct low *l, const struct call *c)
{
    struct value v[2];
    ir_size n;
    int64_t parts;
    if (!take_args(l, c, "x n", v) || !whole_or(l, &v[1], 0, &n)) return poison(c->at);
    struct value x = as_value(l, v[0]);
    if (x.kind == VALUE_POISON) return x;
    int axis = one_axis(l, c, &x, x.rank - 1);
    if (axis < 0) return poison(c->at);
    if (!size_known(low_sizes(l), n, &parts) || parts < 1 || parts > 4096)
        return fail(l, E0206, v[1].at, "split makes 1 to 4096 parts");
    struct axis each = {NULL, size_div(low_sizes(l), x.axis[axis].size, n)};
    if (each.size == SIZE_BAD)
        return fail(l, E0206, c->at, "axis %d of %s does not split into %lld equal parts", axis,
                    shape_text(l, x.axis, x.rank), (long long)parts);
    struct value *out = arena_many(&low_context(l)->arena, struct value, (size_t)parts);
    for (int64_t i = 0; i < parts; i++) {
        ir_size start = size_mul(low_sizes(l), size_const(low_sizes(l), i), each.size);
        out[i] = part(l, x, axis, start, each, 1);
        out[i].at = c->at;
    }
    if (parts == 1) return x;
    return (struct value){.kind = VALUE_TUPLE, .at = c->at, .part = out, .n_parts = (uint32_t)parts};
}

/* ---- pad, tile, flip, roll ---- */

static struct value filled(struct low *l, double number, struct value like, struct span at)
{
    return make_tensor(l, ir_full(low_graph(l), number, shape_of(l, &like)), like.rank, like.axis, at);
}

static struct value pad_axis(struct low *l, struct value x, int axis, ir_size before, ir_size after, double number,
                             struct span at)
{
    struct value piece[3], blank = x;
    uint32_t n = 0;
    if (size_is_positive(l, before)) {
        blank.axis[axis] = (struct axis){NULL, before};
        piece[n++] = filled(l, number, blank, at);
    }
    piece[n++] = x;
    if (size_is_positive(l, after)) {
        blank.axis[axis] = (struct axis){NULL, after};
        piece[n++] = filled(l, number, blank, at);
    }
    return join(l, piece, n, axis, at);
}

struct value lower_pad(struct low *l, const struct call *c)
{
    struct value v[4];
    const struct axis_ref *refs;
    uint32_t n;
    unsigned mask;
    ir_size before, after;
    double number;
    if (!take_args(l, c, "x before after? value?", v) || !lower_axes(l, c->bracket, &refs, &n)) return poison(c->at);
    struct value x = as_real(l, v[0]);
    if (x.kind == VALUE_POISON || !find_axes(l, &x, refs, n, &mask)) return poison(c->at);
    if (!whole_or(l, &v[1], 0, &before) || !whole_or(l, &v[2], before, &after) || !known_or(l, &v[3], 0, &number))
        return poison(c->at);
    if (size_least(low_sizes(l), before) < 0 || size_least(low_sizes(l), after) < 0)
        return fail(l, E0206, c->at, "padding is not negative");
    struct ir_sizes *t = low_sizes(l);
    if (number != 0) {
        for (uint8_t i = 0; i < x.rank; i++)
            if (mask & 1u << i) x = pad_axis(l, x, i, before, after, number, c->at);
        return x;
    }
    ir_size start[RANK_MAX];
    int64_t step[RANK_MAX];
    struct value y = x;
    for (uint8_t i = 0; i < x.rank; i++) {
        bool here = mask & 1u << i;
        start[i] = here ? before : zero(l);
        step[i] = 1;
        ir_size size = size_add(t, x.axis[i].size, size_add(t, before, after));
        if (here && size != x.axis[i].size) y.axis[i] = (struct axis){NULL, size};
    }
    return make_tensor(l, ir_place(low_graph(l), x.id, shape_of(l, &y), start, step), y.rank, y.axis, c->at);
}

struct value lower_tile(struct low *l, const struct call *c)
{
    struct value x;
    struct axis times[RANK_MAX], wide[2 * RANK_MAX], axis[RANK_MAX];
    uint8_t n, rank = 0;
    int source[2 * RANK_MAX];
    if (!number_tensor(l, c, "x", &x) || !lower_shape(l, c->bracket, times, &n)) return poison(c->at);
    uint8_t out = n > x.rank ? n : x.rank;
    for (uint8_t i = 0; i < out; i++) {
        int of = i - (out - x.rank), by = i - (out - n);
        axis[i] = of >= 0 ? x.axis[of] : (struct axis){NULL, size_const(low_sizes(l), 1)};
        if (by >= 0 && !is_one(l, times[by])) {
            axis[i] = (struct axis){NULL, size_mul(low_sizes(l), axis[i].size, times[by].size)};
            wide[rank] = times[by];
            source[rank++] = -1;
        }
        if (of < 0) continue;
        wide[rank] = x.axis[of];
        source[rank++] = of;
    }
    if (rank > RANK_MAX) return fail(l, E0601, c->at, "tile needs more than 8 axes on the way");
    if (!shape_fits(l, axis, out, c->at)) return poison(c->at);
    x.id = ir_expand(low_graph(l), x.id, shape_for(l, wide, rank), source);
    return with_shape(l, x, axis, out, c->at);
}

struct value lower_flip(struct low *l, const struct call *c)
{
    struct value x;
    const struct axis_ref *refs;
    uint32_t n;
    unsigned mask;
    if (!number_tensor(l, c, "x", &x) || !lower_axes(l, c->bracket, &refs, &n)) return poison(c->at);
    if (!x.rank) return fail(l, E0204, c->at, "flip needs a tensor, and this is a number");
    if (!find_axes(l, &x, refs, n, &mask)) return poison(c->at);
    if (!n) mask = 1u << (x.rank - 1);
    for (uint8_t i = 0; i < x.rank; i++)
        if (mask & 1u << i)
            x = part(l, x, i, size_sub(low_sizes(l), x.axis[i].size, size_const(low_sizes(l), 1)), x.axis[i], -1);
    x.at = c->at;
    return x;
}

struct value lower_roll(struct low *l, const struct call *c)
{
    struct value v[2];
    struct ir_sizes *t = low_sizes(l);
    ir_size k;
    int64_t n, by;
    if (!take_args(l, c, "x k", v) || !whole_or(l, &v[1], 0, &k)) return poison(c->at);
    struct value x = as_value(l, v[0]);
    if (x.kind == VALUE_POISON) return x;
    int axis = one_axis(l, c, &x, x.rank - 1);
    if (axis < 0) return poison(c->at);
    struct axis whole = x.axis[axis];
    if (size_known(t, whole.size, &n) && size_known(t, k, &by))
        k = size_const(t, ((by % n) + n) % n);
    else if (size_known(t, k, &by) && by < 0)
        k = size_add(t, whole.size, k);
    ir_size left = size_sub(t, whole.size, k);
    if (k == zero(l)) return x;
    if (!size_is_positive(l, k) || !size_is_positive(l, left))
        return fail(l, E0205, c->at, "roll may move by more than the size of axis %d of %s", axis,
                    shape_text(l, x.axis, x.rank));
    struct value piece[2] = {part(l, x, axis, left, (struct axis){NULL, k}, 1),
                             part(l, x, axis, zero(l), (struct axis){NULL, left}, 1)};
    struct value r = join(l, piece, 2, axis, c->at);
    r.axis[axis] = whole;
    r.below = x.below;
    r.below_size = x.below_size;
    return r;
}
