/* Linear algebra: systems of equations, factors and determinants of the matrices along the last two axes. */
#include "codegen/lower/builtin.h"

#include <string.h>

/* Floats, and the last two axes are equal; false after a report. */
static bool take_square(struct low *l, const struct call *c, struct value *a)
{
    *a = as_real(l, *a);
    if (a->kind == VALUE_POISON) return false;
    bool matrix = a->rank >= 2;
    if (matrix && axis_equal(l, a->axis[a->rank - 1], a->axis[a->rank - 2])) return true;
    fail(l, matrix ? E0201 : E0204, c->at, "%s needs a square matrix, and this is %s", c->name,
         a->rank ? shape_text(l, a->axis, a->rank) : "a number");
    return false;
}

struct value lower_cholesky(struct low *l, const struct call *c)
{
    struct value a;
    if (!no_bracket(l, c) || !take_args(l, c, "A", &a) || !take_square(l, c, &a)) return poison(c->at);
    return make_tensor(l, ir_map1(low_graph(l), OP_cholesky, a.id), a.rank, a.axis, c->at);
}

struct value lower_logdet(struct low *l, const struct call *c)
{
    struct value a;
    if (!no_bracket(l, c) || !take_args(l, c, "A", &a) || !take_square(l, c, &a)) return poison(c->at);
    uint8_t rank = (uint8_t)(a.rank - 2);
    ir_id lu = ir_lu(low_graph(l), a.id), y = ir_logdet(low_graph(l), a.id, lu);
    return make_tensor(l, ir_reshape(low_graph(l), y, shape_for(l, a.axis, rank)), rank, a.axis, c->at);
}

/* ---- systems ---- */

/* a @ x = b as the user wrote it: shapes fit but for the batch, and a vector b has become a matrix of one column. */
struct system {
    const struct call *call;
    struct value a, b;
    bool vector;
};

/* The right sides are rows where columns are needed. */
static void help_with_rows(struct low *l, const struct system *s)
{
    bool each = s->a.rank > 2 && s->b.rank + 1 == s->a.rank;
    fail_help(l, arena_printf(&low_context(l)->arena,
                              each ? "%s(A, b[.., _])[.., 0] has a vector for each matrix"
                                   : "right sides are columns: transpose(%s(A, transpose(b))) takes rows",
                              s->call->name));
}

static bool take_system(struct low *l, struct system *s)
{
    struct value *a = &s->a, *b = &s->b;
    if (!take_square(l, s->call, a)) return false;
    *b = as_real(l, *b);
    if (b->kind == VALUE_POISON) return false;
    if (!b->rank) {
        fail(l, E0204, s->call->at, "the right side of %s is a vector or a matrix, and this is a number", s->call->name);
        return false;
    }
    s->vector = b->rank == 1;
    struct axis rows = a->axis[a->rank - 1], given = b->axis[s->vector ? 0 : b->rank - 2];
    if (!axis_equal(l, rows, given)) {
        fail(l, E0201, s->call->at, "%s of %s and %s: %s is not %s", s->call->name, shape_text(l, a->axis, a->rank),
             shape_text(l, b->axis, b->rank), size_text(l, rows), size_text(l, given));
        fail_note(l, a->at, "the rows of this are %s", size_text(l, rows));
        fail_note(l, b->at, "%s of this is %s", s->vector ? "the only axis" : "the last axis but one", size_text(l, given));
        if (b->rank > 1 && axis_equal(l, rows, b->axis[b->rank - 1])) help_with_rows(l, s);
        return false;
    }
    if (!s->vector) return true;
    struct axis axis[2] = {given, {NULL, size_const(low_sizes(l), 1)}};
    *b = with_shape(l, *b, axis, 2, b->at);
    return true;
}

/* v's batch spread to `batch`, axis i of which is v's own[i], or -1. */
static struct value spread(struct low *l, struct value v, const struct axis *batch, uint8_t n, const int *own)
{
    struct axis axis[RANK_MAX], kept[RANK_MAX];
    int source[RANK_MAX];
    uint8_t rank = 0;
    for (uint8_t i = 0; i < n + 2; i++) {
        int at = i < n ? own[i] : v.rank - 2 + (i - n);
        axis[i] = i < n ? batch[i] : v.axis[at];
        bool here = at >= 0 && (i >= n || !is_one(l, v.axis[at]) || is_one(l, batch[i]));
        source[i] = here ? rank : -1;
        if (here) kept[rank++] = v.axis[at];
    }
    if (!shape_fits(l, axis, (uint8_t)(n + 2), v.at)) return poison(v.at);
    v.id = ir_reshape(low_graph(l), v.id, shape_for(l, kept, rank)); /* stretched axes of 1 go first */
    v.id = ir_expand(low_graph(l), v.id, shape_for(l, axis, (uint8_t)(n + 2)), source);
    return make_tensor(l, v.id, (uint8_t)(n + 2), axis, v.at);
}

/* Both get the batch axes of either, met as for `@`. */
static bool share_batch(struct low *l, struct system *s)
{
    uint8_t na = (uint8_t)(s->a.rank - 2), nb = (uint8_t)(s->b.rank - 2);
    bool a_big = na >= nb;
    struct value *big = a_big ? &s->a : &s->b, *small = a_big ? &s->b : &s->a;
    uint8_t n = a_big ? na : nb, n_small = a_big ? nb : na;
    struct meeting m = meet(l, big->axis, n, small->axis, n_small);
    if (m.fit != FIT_FITS) {
        fail(l, E0201, s->call->at, "%s of %s and %s: the axes before the last two do not match", s->call->name,
             shape_text(l, s->a.axis, s->a.rank), shape_text(l, s->b.axis, s->b.rank));
        return false;
    }
    int own[RANK_MAX];
    for (int i = 0; i < n; i++) own[i] = i;
    *big = spread(l, *big, m.axis, n, own);
    *small = spread(l, *small, m.axis, n, m.small);
    return big->kind != VALUE_POISON && small->kind != VALUE_POISON;
}

/* Axis `from` of v becomes axis `to`. */
static struct value move_axis(struct low *l, struct value v, int from, int to)
{
    struct axis axis[RANK_MAX];
    int source[RANK_MAX];
    for (int i = 0, k = 0; i < v.rank; i++) {
        k += k == from;
        source[i] = i == to ? from : k++;
        axis[i] = v.axis[source[i]];
    }
    return make_tensor(l, ir_permute(low_graph(l), v.id, source), v.rank, axis, v.at);
}

typedef ir_id solver(struct low *l, const struct system *s, unsigned upper);

static ir_id by_factors(struct low *l, const struct system *s, unsigned upper)
{
    (void)upper;
    ir_id lu = ir_lu(low_graph(l), s->a.id);
    return ir_solve(low_graph(l), s->a.id, s->b.id, lu, false);
}

static ir_id by_triangle(struct low *l, const struct system *s, unsigned upper)
{
    return ir_tri_solve(low_graph(l), s->a.id, s->b.id, upper, false);
}

/* One matrix with right sides of any batch is one system: they become its columns. */
static struct value solve_once(struct low *l, struct system *s, solver *by, unsigned upper)
{
    int rows = s->b.rank - 2;
    struct value wide = move_axis(l, s->b, rows, 0);
    struct axis axis[2] = {wide.axis[0], {NULL, size_const(low_sizes(l), 1)}};
    for (uint8_t i = 1; i < wide.rank; i++) axis[1].size = size_mul(low_sizes(l), axis[1].size, wide.axis[i].size);
    s->b = with_shape(l, wide, axis, 2, s->b.at);
    struct value x = make_tensor(l, by(l, s, upper), 2, axis, s->call->at);
    return move_axis(l, with_shape(l, x, wide.axis, wide.rank, x.at), 0, rows);
}

static struct value solve_system(struct low *l, struct system *s, solver *by, unsigned upper)
{
    if (!take_system(l, s)) return poison(s->call->at);
    struct axis rows = s->a.axis[s->a.rank - 1];
    struct value x;
    if (s->a.rank == 2 && s->b.rank > 2)
        x = solve_once(l, s, by, upper);
    else if (!share_batch(l, s))
        return poison(s->call->at);
    else
        x = make_tensor(l, by(l, s, upper), s->b.rank, s->b.axis, s->call->at);
    if (rows.dim) x.axis[x.rank - 2] = rows;
    return s->vector ? cut_axes(l, x, 1u << (x.rank - 1)) : x;
}

struct value lower_solve(struct low *l, const struct call *c)
{
    struct value v[2];
    if (!no_bracket(l, c) || !take_args(l, c, "A b", v)) return poison(c->at);
    return solve_system(l, &(struct system){c, v[0], v[1], false}, by_factors, 0);
}

struct value lower_tri_solve(struct low *l, const struct call *c)
{
    struct value v[3];
    double upper;
    if (!no_bracket(l, c) || !take_args(l, c, "L b upper?", v) || !known_or(l, &v[2], 0, &upper)) return poison(c->at);
    return solve_system(l, &(struct system){c, v[0], v[1], false}, by_triangle, upper != 0);
}
