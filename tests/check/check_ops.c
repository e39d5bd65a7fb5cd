/* Every row of ops.def, differentiated at random points in every variant of its attributes: forward against reverse
 * mode, the dot-product test, central differences, second order, and all of it again after simplify(); reverse mode for
 * several seeds at once, and for seeds that an axis of which is carried through keeps apart. What is drawn
 * comes from the table; a move, product or call needs a line in `makers` below, and fails without one. */
#include "codegen/ir/batch.h"
#include "codegen/ir/grad.h"
#include "codegen/ir/interp.h"
#include "codegen/ir/loop.h"
#include "codegen/ir/simplify.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES = 24, INPUTS_MAX = 16, SHAPES = 6 };

struct trial {
    struct context ctx;
    struct ir_graph *g;
    enum ir_op op;
    unsigned variant, n; /* n inputs to differentiate by; their seeds, tangents and directions come after them */
    ir_id x[INPUTS_MAX];
    uint32_t n_leaves;
    const struct ir_shape *shape[INPUTS_MAX];
    double lo[INPUTS_MAX], hi[INPUTS_MAX];
    double *value[INPUTS_MAX];
    uint64_t seed;
    int failures;
};

static double draw(struct trial *t, double lo, double hi)
{
    t->seed = t->seed * 6364136223846793005u + 1442695040888963407u;
    return lo + (hi - lo) * ((double)(t->seed >> 11) * 0x1p-53);
}

static const struct ir_shape *shape(struct trial *t, unsigned rank, ...)
{
    va_list ap;
    ir_size dim[RANK_MAX];
    va_start(ap, rank);
    for (unsigned i = 0; i < rank; i++) dim[i] = (ir_size)va_arg(ap, int);
    va_end(ap);
    return ir_shape_of(t->g->tables, rank, dim);
}

static int64_t elements(struct trial *t, const struct ir_shape *s)
{
    int64_t n = 0;
    size_known(t->g->tables->sizes, ir_elements(t->g->tables, s), &n);
    return n;
}

static ir_id leaf(struct trial *t, const struct ir_shape *s, double lo, double hi)
{
    uint32_t i = t->n_leaves++;
    t->shape[i] = s;
    t->lo[i] = lo;
    t->hi[i] = hi;
    return ir_leaf(t->g, OP_input, IR_REAL, s, i, 0);
}

/* Something to differentiate by, from the row's interval. */
static ir_id variable(struct trial *t, const struct ir_shape *s)
{
    return t->x[t->n++] = leaf(t, s, ir_ops[t->op].lo, ir_ops[t->op].hi);
}

/* ---- one node of each row ---- */

static const struct ir_shape *some_shape(struct trial *t)
{
    switch (t->variant % SHAPES) {
    case 0:
        return shape(t, 0);
    case 1:
        return shape(t, 1, 1);
    case 2:
        return shape(t, 1, 7);
    case 3:
        return shape(t, 2, 2, 3);
    case 4:
        return shape(t, 2, 5, 1);
    default:
        return shape(t, 3, 2, 3, 5);
    }
}

static ir_id integers(struct trial *t, const struct ir_shape *s, int below)
{
    const int64_t n = elements(t, s);
    double *v = arena_many(&t->ctx.arena, double, (size_t)(below * n));
    for (int64_t i = 0; i < n; i++) v[i * below + (int64_t)draw(t, 0, below)] = 1;
    ir_size dim[RANK_MAX];
    memcpy(dim, s->dim, sizeof dim);
    dim[s->rank] = (ir_size)below;
    ir_id picked = ir_tensor(t->g, ir_shape_of(t->g->tables, s->rank + 1u, dim), v);
    return ir_argreduce(t->g, OP_argmax, picked, s->rank);
}

static ir_id make_map(struct trial *t)
{
    ir_id arg[3] = {0};
    const struct ir_shape *s = some_shape(t);
    for (int i = 0; i < ir_ops[t->op].arity; i++) {
        if (t->op == OP_real)
            arg[i] = integers(t, s, 3);
        else if (t->op == OP_polygamma && i == 0) /* an order: a whole number, no variable */
            arg[i] = ir_full(t->g, t->variant / SHAPES % 3, s);
        else
            arg[i] = variable(t, s);
    }
    switch (ir_ops[t->op].arity) {
    case 1:
        return ir_map1(t->g, t->op, arg[0]);
    case 2:
        return ir_map2(t->g, t->op, arg[0], arg[1]);
    default:
        return ir_map3(t->g, t->op, arg[0], arg[1], arg[2]);
    }
}

static ir_id make_reduce(struct trial *t)
{
    static const struct {
        unsigned rank;
        int dim[3];
        unsigned axes;
    } row[] = {{1, {7}, 1},       {2, {3, 5}, 1},    {2, {3, 5}, 2}, {2, {3, 5}, 3},
               {3, {2, 3, 5}, 2}, {3, {2, 3, 5}, 5}, {1, {1}, 1},    {3, {1, 3, 1}, 4}};
    unsigned k = t->variant % 8;
    const int *d = row[k].dim;
    ir_id x = variable(t, shape(t, row[k].rank, d[0], d[1], d[2]));
    if (ir_ops[t->op].result != IR_INT) return ir_reduce(t->g, t->op, x, row[k].axes);
    unsigned axis = 0;
    while (!(row[k].axes >> axis & 1)) axis++;
    return ir_map1(t->g, OP_real, ir_argreduce(t->g, t->op, x, axis));
}

static ir_id make_expand(struct trial *t)
{
    switch (t->variant % 5) {
    case 0:
        return ir_expand(t->g, variable(t, shape(t, 0)), shape(t, 2, 2, 3), (int[]){-1, -1});
    case 1:
        return ir_expand(t->g, variable(t, shape(t, 1, 3)), shape(t, 2, 2, 3), (int[]){-1, 0});
    case 2:
        return ir_expand(t->g, variable(t, shape(t, 1, 3)), shape(t, 2, 3, 2), (int[]){0, -1});
    case 3:
        return ir_expand(t->g, variable(t, shape(t, 2, 3, 5)), shape(t, 3, 3, 2, 5), (int[]){0, -1, 1});
    default:
        return ir_expand(t->g, variable(t, shape(t, 2, 3, 5)), shape(t, 3, 5, 2, 3), (int[]){1, -1, 0});
    }
}

static ir_id make_reshape(struct trial *t)
{
    switch (t->variant % 4) {
    case 0:
        return ir_reshape(t->g, variable(t, shape(t, 2, 2, 6)), shape(t, 2, 3, 4));
    case 1:
        return ir_reshape(t->g, variable(t, shape(t, 0)), shape(t, 2, 1, 1));
    case 2:
        return ir_reshape(t->g, variable(t, shape(t, 2, 1, 1)), shape(t, 0));
    default:
        return ir_reshape(t->g, variable(t, shape(t, 1, 30)), shape(t, 3, 2, 3, 5));
    }
}

static ir_id make_permute(struct trial *t)
{
    ir_id x = variable(t, shape(t, 3, 2, 3, 5));
    static const int order[][3] = {{1, 0, 2}, {2, 0, 1}, {1, 2, 0}, {2, 1, 0}, {0, 2, 1}};
    return ir_permute(t->g, x, order[t->variant % 5]);
}

static ir_id make_strided(struct trial *t)
{
    static const struct {
        int large[2], small[2];
        ir_size start[2];
        int64_t step[2];
    } row[] = {{{7, 5}, {3, 2}, {1, 3}, {2, 1}},
               {{7, 5}, {7, 1}, {6, 4}, {-1, -3}},
               {{3, 5}, {1, 5}, {2, 0}, {1, 1}},
               {{1, 1}, {1, 1}, {0, 0}, {1, 1}},
               {{11, 2}, {3, 2}, {10, 1}, {-5, -1}}};
    unsigned k = t->variant % 5;
    const struct ir_shape *large = shape(t, 2, row[k].large[0], row[k].large[1]);
    const struct ir_shape *small = shape(t, 2, row[k].small[0], row[k].small[1]);
    if (t->op == OP_slice) return ir_slice(t->g, variable(t, large), small, row[k].start, row[k].step);
    return ir_place(t->g, variable(t, small), large, row[k].start, row[k].step);
}

static ir_id make_concat(struct trial *t)
{
    bool second = t->variant % 2;
    ir_id part[3] = {variable(t, shape(t, 2, 3, 2)), variable(t, second ? shape(t, 2, 3, 5) : shape(t, 2, 1, 2))};
    part[2] = part[0];
    return ir_concat(t->g, part, t->variant % 3 ? 3 : 2, second);
}

static ir_id make_gather(struct trial *t)
{
    unsigned axis = t->variant % 2, rank = t->variant / 2 % 3;
    const struct ir_shape *table = shape(t, 2, 3, 5), *index = shape(t, rank, 4, 2);
    ir_id idx = integers(t, index, (int)table->dim[axis]);
    if (t->op == OP_gather) return ir_gather(t->g, variable(t, table), idx, axis);
    int dim[4] = {0}, n = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (i != axis) dim[n++] = (int)table->dim[i];
        for (unsigned k = 0; i == axis && k < rank; k++) dim[n++] = (int)index->dim[k];
    }
    return ir_scatter(t->g, variable(t, shape(t, (unsigned)n, dim[0], dim[1], dim[2], dim[3])), idx, table, axis);
}

static ir_id make_window(struct trial *t)
{
    static const struct {
        int length, out, span;
        int64_t stride, dilation, pad;
    } row[] = {{7, 5, 3, 1, 1, 0},  {7, 7, 3, 1, 1, 1}, {11, 5, 3, 2, 1, 0},
               {11, 3, 3, 3, 2, 1}, {5, 2, 2, 2, 1, 0}, {1, 1, 1, 1, 1, 0}};
    unsigned k = t->variant % 6, axis = t->variant / 6 % 2;
    const struct ir_shape *flat = axis ? shape(t, 2, 2, row[k].length) : shape(t, 2, row[k].length, 2);
    const struct ir_shape *wide =
        axis ? shape(t, 3, 2, row[k].out, row[k].span) : shape(t, 3, row[k].out, row[k].span, 2);
    if (t->op == OP_window)
        return ir_window(t->g, variable(t, flat), axis, (ir_size)row[k].out, (ir_size)row[k].span, row[k].stride,
                         row[k].dilation, row[k].pad);
    return ir_overlap(t->g, variable(t, wide), axis, (ir_size)row[k].length, row[k].stride, row[k].dilation,
                      row[k].pad);
}

static ir_id make_cumsum(struct trial *t)
{
    unsigned v = t->variant;
    return ir_cumsum(t->g, variable(t, shape(t, 2, 3, 5)), v & 1, v >> 1 & 1, v >> 2 & 1);
}

static ir_id make_contract(struct trial *t)
{
    static const char *const form[] = {"ab,bc->ac", "ab,cb->ac",    "ba,bc->ca", "a,a->",   "a,b->ab",
                                       ",ab->ba",   "abc,acd->abd", "ab,ab->ab", "ab,b->a", "abc,bc->a",
                                       "ab,bc->a",  "abd,ce->cab",  ",->",       "ab,a->ab"};
    static const int size[] = {2, 3, 5, 1, 7};
    const char *s = form[t->variant % (sizeof form / sizeof *form)];
    uint8_t label[3][RANK_MAX];
    int dim[2][4] = {{0}};
    unsigned n[3] = {0}, side = 0;
    for (; *s; s++) {
        if (*s == ',' || *s == '>') side++;
        if (*s < 'a') continue;
        uint8_t l = (uint8_t)(*s - 'a');
        if (side < 2) dim[side][n[side]] = size[l];
        label[side][n[side]++] = l;
    }
    ir_id a = variable(t, shape(t, n[0], dim[0][0], dim[0][1], dim[0][2])), b = a;
    if (t->variant % 14 != 3 || t->variant < 14) b = variable(t, shape(t, n[1], dim[1][0], dim[1][1], dim[1][2]));
    return ir_contract(t->g, a, label[0], b, label[1], label[2], n[2]);
}

/* A variable matrix, or several, plus a multiple of the identity: far from singular, and its symmetric part is positive
 * definite. With `turned` its rows are the other way round, so that they have to be swapped. */
static ir_id make_matrices(struct trial *t, bool turned)
{
    static const int row[][2] = {{1, 3}, {1, 1}, {2, 2}, {1, 4}, {3, 3}};
    const int *size = row[t->variant % 5];
    int64_t n = size[1];
    const struct ir_shape *one = shape(t, 2, size[1], size[1]), *s = one;
    if (size[0] > 1) s = shape(t, 3, size[0], size[1], size[1]);
    double *far = arena_many(&t->ctx.arena, double, (size_t)(n * n));
    for (int64_t i = 0; i < n; i++) far[i * n + (turned ? n - 1 - i : i)] = turned ? -4 : 4;
    ir_id x = variable(t, s), by = ir_tensor(t->g, one, far);
    by = ir_expand(t->g, by, s, s == one ? (int[]){0, 1} : (int[]){-1, 0, 1});
    return ir_map2(t->g, OP_add, x, by);
}

static ir_id make_linear(struct trial *t)
{
    bool square = t->op == OP_lu || t->op == OP_logdet || t->op == OP_cholesky;
    bool turned = (t->op == OP_solve || t->op == OP_lu) && t->variant / 2 % 2;
    ir_id a = make_matrices(t, turned), b = a;
    if (t->op == OP_cholesky) return ir_map1(t->g, OP_cholesky, a);
    const struct ir_shape *s = ir_at(t->g, a)->shape;
    int n = (int)s->dim[s->rank - 1], m = 1 + (int)(t->variant % 3);
    if (!square) b = variable(t, s->rank == 2 ? shape(t, 2, n, m) : shape(t, 3, (int)s->dim[0], n, m));
    if (t->op == OP_tri_solve) return ir_tri_solve(t->g, a, b, t->variant & 1, t->variant >> 1 & 1);
    ir_id lu = ir_lu(t->g, a);
    if (t->op == OP_solve) return ir_solve(t->g, a, b, lu, t->variant & 1);
    return t->op == OP_lu ? lu : ir_logdet(t->g, a, lu);
}

static ir_id make_custom(struct trial *t)
{
    ir_id x = variable(t, some_shape(t)), y = ir_map2(t->g, OP_mul, x, ir_map1(t->g, OP_sin, x));
    ir_id hole = ir_hole(t->g, ir_at(t->g, x)->shape);
    ir_id slope = ir_map2(t->g, OP_add, ir_map1(t->g, OP_sin, x), ir_map2(t->g, OP_mul, x, ir_map1(t->g, OP_cos, x)));
    ir_id adjoint = ir_map2(t->g, OP_mul, hole, slope);
    return ir_custom(t->g, y, &x, 1, hole, &adjoint);
}

static ir_id make_bind(struct trial *t)
{
    return ir_bind(t->g, variable(t, some_shape(t)));
}

/* A leaf is linear in itself: an input plays its part. */
static ir_id make_leaf(struct trial *t)
{
    return variable(t, some_shape(t));
}

/* h = tanh(h*w + x[t]*h) and k = k + h*t, swapped in some variants; collected: h*x[t]. */
static ir_id make_loop(struct trial *t)
{
    unsigned v = t->variant;
    struct ir_graph *g = t->g;
    const struct ir_shape *s = shape(t, v % 3, 2, 3), *all = shape(t, v % 3 + 1, 1 + v % 4, 2, 3);
    if (v % 3 == 0) all = shape(t, 1, 1 + v % 4);
    ir_id x = variable(t, all), w = variable(t, s), first[2] = {variable(t, s), variable(t, s)}, out[2], rows;
    static const char *const names[] = {"h", "k"};
    struct ir_turn turn = {.name = "t", .turns = all->dim[0], .n_carry = 2, .n_collect = 1, .carry_name = names};
    static const int nowhere[RANK_MAX] = {-1, -1, -1};
    turn.turn = ir_turn_leaf(g);
    ir_id hole[2] = {ir_hole(g, s), ir_hole(g, s)}, xt = ir_gather(g, x, turn.turn, 0);
    ir_id hw = ir_map2(g, OP_mul, hole[0], w), hx = ir_map2(g, OP_mul, xt, hole[0]);
    ir_id h = ir_map1(g, OP_tanh, ir_map2(g, OP_add, hw, hx)), number = ir_map1(g, OP_real, turn.turn);
    ir_id k = ir_map2(g, OP_add, hole[1], ir_map2(g, OP_mul, h, ir_expand(g, number, s, nowhere)));
    ir_id next[2] = {v & 1 ? k : h, v & 1 ? h : k}, collect = ir_map2(g, OP_mul, h, xt);
    turn.carry = hole;
    turn.init = first;
    turn.next = next;
    turn.collect = &collect;
    ir_loop(g, &turn, out, &rows);
    if (v % 4 == 3) return rows;
    return v % 4 == 2 ? ir_map2(g, OP_add, out[1], ir_reduce(g, OP_sum, rows, 1)) : out[v % 2];
}

typedef ir_id maker(struct trial *t);

static maker *maker_of(enum ir_op op)
{
    static maker *const makers[OP_COUNT] = {
        [OP_expand] = make_expand,   [OP_reshape] = make_reshape, [OP_permute] = make_permute,
        [OP_slice] = make_strided,   [OP_place] = make_strided,   [OP_concat] = make_concat,
        [OP_gather] = make_gather,   [OP_scatter] = make_gather,  [OP_window] = make_window,
        [OP_overlap] = make_window,  [OP_cumsum] = make_cumsum,   [OP_contract] = make_contract,
        [OP_custom] = make_custom,   [OP_bind] = make_bind,       [OP_stop] = make_map,
        [OP_orthonormal] = make_map, [OP_lu] = make_linear,       [OP_solve] = make_linear,
        [OP_logdet] = make_linear,   [OP_cholesky] = make_linear, [OP_tri_solve] = make_linear,
        [OP_loop] = make_loop,       [OP_part] = make_loop,
    };
    if (makers[op]) return makers[op];
    switch (ir_ops[op].class) {
    case CLASS_LEAF:
        return make_leaf;
    case CLASS_MAP:
        return make_map;
    case CLASS_REDUCE:
        return make_reduce;
    default:
        return NULL;
    }
}

/* ---- evaluation ---- */

static void fail(struct trial *t, const char *what, double is, double should)
{
    struct text s = text_new(&t->ctx.arena);
    text_real(&s, is, false);
    text_put(&s, " where ");
    text_real(&s, should, false);
    printf("%s, variant %u: %s: %s was expected\n", ir_ops[t->op].name, t->variant, what, s.s);
    t->failures++;
}

static bool run(struct trial *t, const struct ir_graph *g, const ir_id *root, uint32_t n, double **value)
{
    const char *why = NULL;
    struct interp_env env = {.inputs = (const double *const *)t->value};
    if (interp_run(g, &env, root, n, &t->ctx.arena, value, &why)) return true;
    printf("%s, variant %u: %s\n", ir_ops[t->op].name, t->variant, why);
    t->failures++;
    return false;
}

static double dot(const double *a, const double *b, int64_t n)
{
    double s = 0;
    for (int64_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * fmax(1, fabs(b));
}

/* What is checked of one graph; leaves: x 0..n-1, then w (y's seed), then the directions of each x. */
struct plan {
    const struct ir_graph *g;
    ir_id y, jvp, dx[INPUTS_MAX], hv[INPUTS_MAX], seed, rows[INPUTS_MAX];
    uint32_t w, along;
};

/* The directional derivative of f, <p[i], weight[i]> summed, by moving element k of leaf i. */
static double difference(struct trial *t, const struct plan *p, const ir_id *root, const double *const *weight,
                         const int64_t *size, uint32_t n, uint32_t i, int64_t k)
{
    const double h = 1e-5;
    double x = t->value[i][k], sum = 0, *v[INPUTS_MAX];
    struct arena_mark mark = arena_mark(&t->ctx.arena);
    for (int side = -1; side <= 1; side += 2) {
        t->value[i][k] = x + side * h;
        if (!run(t, p->g, root, n, v)) break;
        for (uint32_t r = 0; r < n; r++) sum += side * dot(v[r], weight[r], size[r]);
    }
    t->value[i][k] = x;
    arena_rewind(&t->ctx.arena, mark);
    return sum / (2 * h);
}

static void check_point(struct trial *t, const struct plan *p)
{
    double *y, *jvp, *dx[INPUTS_MAX], *hv[INPUTS_MAX], left, right = 0, size = 1;
    bool constant = t->op == OP_stop || t->op == OP_lu; /* to derivatives, whatever its value */
    int64_t n_y = elements(t, ir_at(p->g, p->y)->shape), n[INPUTS_MAX];
    if (!run(t, p->g, &p->y, 1, &y) || !run(t, p->g, &p->jvp, 1, &jvp) || !run(t, p->g, p->dx, t->n, dx)) return;
    if (!run(t, p->g, p->hv, t->n, hv)) return;
    double *const *w = &t->value[p->w], *const *along = &t->value[p->along];
    left = dot(*w, jvp, n_y);
    for (uint32_t i = 0; i < t->n; i++) {
        n[i] = elements(t, t->shape[i]);
        right += dot(dx[i], along[i], n[i]);
        for (int64_t k = 0; k < n[i]; k++) size += fabs(dx[i][k] * along[i][k]);
    }
    if (fabs(left - right) > 1e-13 * size) fail(t, "dot-product test", left, right);
    for (uint32_t i = 0; i < t->n; i++)
        for (int64_t k = 0; k < n[i]; k++) {
            double d = constant ? 0 : difference(t, p, &p->y, (const double *const *)w, &n_y, 1, i, k);
            if (!near(dx[i][k], d, 1e-6)) fail(t, "reverse mode against differences", dx[i][k], d);
            double dd = difference(t, p, p->dx, (const double *const *)along, n, t->n, i, k);
            if (!near(hv[i][k], dd, 1e-5)) fail(t, "second order against differences", hv[i][k], dd);
        }
    /* forward mode along each axis of each x */
    double *saved[INPUTS_MAX], *zero[INPUTS_MAX];
    for (uint32_t i = 0; i < t->n; i++) {
        saved[i] = t->value[p->along + i];
        zero[i] = t->value[p->along + i] = arena_many(&t->ctx.arena, double, (size_t)n[i]);
    }
    for (uint32_t i = 0; i < t->n; i++)
        for (int64_t k = 0; k < n[i]; k++) {
            zero[i][k] = 1;
            if (!run(t, p->g, &p->jvp, 1, &jvp)) return;
            double d = dot(*w, jvp, n_y);
            if (!near(dx[i][k], d, 1e-12)) fail(t, "reverse against forward mode", dx[i][k], d);
            zero[i][k] = 0;
        }
    for (uint32_t i = 0; i < t->n; i++) t->value[p->along + i] = saved[i];
}

/* ---- many seeds at once ---- */

enum { ROWS = 3 };

/* dx[i] for a seed, before and after the seed's axis `axis` is 0 but at k: the parts of x[i] along `carried` but k's
 * receive nothing then, and k's what they did. */
static void check_carried(struct trial *t, const struct plan *p, uint32_t i, unsigned axis, unsigned carried)
{
    const struct ir_shape *s[2] = {ir_at(p->g, p->y)->shape, t->shape[i]};
    double *whole, *part, *seed = t->value[p->w];
    int64_t n[2], inner[2] = {1, 1}, size = (int64_t)s[0]->dim[axis], k = size - 1;
    for (int j = 0; j < 2; j++) {
        n[j] = elements(t, s[j]);
        for (unsigned a = (j ? carried : axis) + 1; a < s[j]->rank; a++) inner[j] *= (int64_t)s[j]->dim[a];
    }
    double *kept = arena_many(&t->ctx.arena, double, (size_t)n[0]);
    for (int64_t e = 0; e < n[0]; e++) kept[e] = e / inner[0] % size == k ? seed[e] : 0;
    if (!run(t, p->g, &p->dx[i], 1, &whole)) return;
    t->value[p->w] = kept;
    bool ran = run(t, p->g, &p->dx[i], 1, &part);
    t->value[p->w] = seed;
    for (int64_t e = 0; e < n[1] && ran; e++) {
        double should = e / inner[1] % size == k ? whole[e] : 0;
        if (!near(part[e], should, 1e-13)) fail(t, "an axis carried through", part[e], should);
    }
}

/* All unit directions along an axis of the seed, against one after the other. */
static void check_units(struct trial *t, const struct plan *p, uint32_t i, unsigned axis)
{
    const struct ir_shape *s = ir_at(p->g, p->y)->shape;
    int64_t n_y = elements(t, s), n = elements(t, t->shape[i]), inner = 1, size = (int64_t)s->dim[axis];
    ir_id all = ir_batch_units(t->g, p->dx[i], p->seed, axis);
    for (unsigned a = axis + 1; a < s->rank; a++) inner *= (int64_t)s->dim[a];
    double *rows, *one, *seed = t->value[p->w], *unit = arena_many(&t->ctx.arena, double, (size_t)n_y);
    if (!all) fail(t, "no graph for units", 0, 1);
    if (!all || !run(t, p->g, &all, 1, &rows)) return;
    t->value[p->w] = unit;
    for (int64_t k = 0; k < size; k++) {
        for (int64_t e = 0; e < n_y; e++) unit[e] = e / inner % size == k;
        if (!run(t, p->g, &p->dx[i], 1, &one)) break;
        for (int64_t e = 0; e < n; e++)
            if (!near(rows[k * n + e], one[e], 1e-13)) fail(t, "units at once", rows[k * n + e], one[e]);
    }
    t->value[p->w] = seed;
}

static void check_batch(struct trial *t, const struct plan *p)
{
    int64_t n_y = elements(t, ir_at(p->g, p->y)->shape);
    double *many = t->value[p->w + 1 + t->n], *seed = t->value[p->w], *rows, *one;
    for (uint32_t i = 0; i < t->n; i++) {
        int64_t n = elements(t, t->shape[i]);
        if (t->op == OP_loop || t->op == OP_part) return; /* seeds go through a loop one by one */
        if (!run(t, p->g, &p->rows[i], 1, &rows)) return;
        for (int64_t r = 0; r < ROWS; r++) {
            t->value[p->w] = many + r * n_y;
            if (!run(t, p->g, &p->dx[i], 1, &one)) break;
            for (int64_t k = 0; k < n; k++)
                if (!near(rows[r * n + k], one[k], 1e-13)) fail(t, "seeds at once", rows[r * n + k], one[k]);
        }
        t->value[p->w] = seed;
        for (unsigned axis = 0; axis < ir_at(p->g, p->y)->shape->rank; axis++) {
            int to = ir_carried(t->g, p->dx[i], p->seed, axis);
            if (to >= 0) check_carried(t, p, i, axis, (unsigned)to);
            check_units(t, p, i, axis);
        }
    }
}

/* ---- one trial ---- */

static bool differentiate(struct trial *t, struct plan *p)
{
    ir_id along[INPUTS_MAX], h[INPUTS_MAX];
    struct diags *d = &t->ctx.diags;
    p->g = t->g;
    p->w = t->n_leaves;
    ir_id w = leaf(t, ir_at(t->g, p->y)->shape, -1, 1);
    p->along = t->n_leaves;
    for (uint32_t i = 0; i < t->n; i++) along[i] = leaf(t, t->shape[i], -1, 1);
    ir_size dim[RANK_MAX] = {ROWS};
    const struct ir_shape *s = ir_at(t->g, p->y)->shape;
    memcpy(dim + 1, s->dim, s->rank * sizeof *dim);
    ir_id many = leaf(t, ir_shape_of(t->g->tables, s->rank + 1u, dim), -1, 1);
    if (!grad_reverse(t->g, d, p->y, w, t->x, t->n, p->dx)) return false;
    p->jvp = grad_forward(t->g, d, p->y, t->x, along, t->n);
    if (!p->jvp) return false;
    p->seed = w;
    for (uint32_t i = 0; i < t->n; i++)
        if (!(p->rows[i] = ir_batch(t->g, p->dx[i], w, many)) && t->op != OP_loop && t->op != OP_part)
            fail(t, "no graph for seeds at once", 0, 1);
    for (uint32_t i = 0; i < t->n; i++) {
        if (!grad_reverse(t->g, d, p->dx[i], along[i], t->x, t->n, h)) return false;
        for (uint32_t k = 0; k < t->n; k++) p->hv[k] = i ? ir_map2(t->g, OP_add, p->hv[k], h[k]) : h[k];
    }
    return true;
}

static struct plan simplified(struct trial *t, const struct plan *p)
{
    struct plan q = *p;
    ir_id root[2 + 2 * INPUTS_MAX];
    uint32_t n = 0;
    root[n++] = p->y;
    root[n++] = p->jvp;
    for (uint32_t i = 0; i < t->n; i++) root[n++] = p->dx[i];
    for (uint32_t i = 0; i < t->n; i++) root[n++] = p->hv[i];
    q.g = simplify(p->g, 0, root, n);
    q.y = root[0];
    q.jvp = root[1];
    for (uint32_t i = 0; i < t->n; i++) {
        q.dx[i] = root[2 + i];
        q.hv[i] = root[2 + t->n + i];
    }
    return q;
}

static void check_sound(struct trial *t, const struct ir_graph *g)
{
    const char *why = ir_verify(g);
    if (!why) return;
    printf("%s, variant %u: %s\n", ir_ops[t->op].name, t->variant, why);
    t->failures++;
}

static int run_trial(enum ir_op op, unsigned variant)
{
    static struct trial t;
    static jmp_buf oom;
    t = (struct trial){.op = op, .variant = variant, .seed = (uint64_t)op * 1000 + variant};
    context_init(&t.ctx, &oom);
    if (setjmp(oom)) {
        printf("%s: out of memory\n", ir_ops[op].name);
        return 1;
    }
    t.g = ir_graph_new(ir_tables_new(&t.ctx.arena));
    struct plan p = {0};
    maker *make = maker_of(op);
    if (!make) {
        printf("%s: no maker\n", ir_ops[op].name);
        t.failures++;
    } else if (p.y = make(&t), t.n == 0) {
        /* nothing to differentiate by */
    } else if (differentiate(&t, &p) != !ir_ops[op].no_derivative) {
        printf("%s: differentiates against the table\n", ir_ops[op].name);
        t.failures++;
    } else if (!ir_ops[op].no_derivative) {
        for (uint32_t i = 0; i < t.n_leaves; i++) {
            int64_t n = elements(&t, t.shape[i]);
            t.value[i] = arena_many(&t.ctx.arena, double, (size_t)n);
            for (int64_t k = 0; k < n; k++) t.value[i][k] = draw(&t, t.lo[i], t.hi[i]);
        }
        struct plan q = simplified(&t, &p);
        check_sound(&t, p.g);
        check_sound(&t, q.g);
        check_point(&t, &p);
        check_point(&t, &q);
        check_batch(&t, &p);
    }
    context_free(&t.ctx);
    return t.failures;
}

int main(void)
{
    int failures = 0;
    for (int op = OP_none + 1; op < OP_COUNT; op++)
        for (unsigned variant = 0; variant < SAMPLES; variant++) failures += run_trial((enum ir_op)op, variant);
    printf("%d rows at %d samples: %d failures\n", OP_COUNT - 1, SAMPLES, failures);
    return failures != 0;
}
