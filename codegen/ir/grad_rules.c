#include "codegen/ir/grad_rules.h"

#include <assert.h>

/* ---- the words of the adjoint column ---- */

static bool wants(const struct rule *r, uint32_t i)
{
    return grad_wants(r->grad, r->n.arg[i]);
}

static void push(struct rule *r, ir_id x)
{
    assert(r->depth < sizeof r->stack / sizeof *r->stack);
    r->stack[r->depth++] = x;
}

static ir_id node1(struct rule *r, enum ir_op op)
{
    r->depth -= 1;
    return ir_map1(r->graph, op, r->stack[r->depth]);
}

static ir_id node2(struct rule *r, enum ir_op op)
{
    r->depth -= 2;
    return ir_map2(r->graph, op, r->stack[r->depth], r->stack[r->depth + 1]);
}

static ir_id node3(struct rule *r, enum ir_op op)
{
    r->depth -= 3;
    return ir_map3(r->graph, op, r->stack[r->depth], r->stack[r->depth + 1], r->stack[r->depth + 2]);
}

static ir_id constant(struct rule *r, double v)
{
    return ir_full(r->graph, v, r->n.shape);
}

static const struct ir_shape *argument_shape(const struct rule *r, uint32_t i)
{
    return ir_at(r->graph, r->n.arg[i])->shape;
}

/* ---- reductions ---- */

static ir_id unreduce(struct rule *r, ir_id x)
{
    const struct ir_shape *s = argument_shape(r, 0);
    int source[RANK_MAX], next = 0;
    for (unsigned i = 0; i < s->rank; i++) source[i] = r->n.attr[0] >> i & 1 ? -1 : next++;
    return ir_expand(r->graph, x, s, source);
}

static ir_id sum_like_y(struct rule *r, ir_id x)
{
    return ir_reduce(r->graph, OP_sum, x, (unsigned)r->n.attr[0]);
}

static ir_id same_as_y(struct rule *r)
{
    ir_id found = unreduce(r, r->y);
    return ir_map2(r->graph, OP_eq, r->n.arg[0], found);
}

/* ---- moves ---- */

/* Sums over the axes that expand made, and puts what is left into the argument's order. */
static ir_id back_expand(struct rule *r, ir_id x)
{
    unsigned made = 0;
    int source[RANK_MAX], next = 0;
    for (unsigned i = 0; i < r->n.n_attr; i++) {
        if (r->n.attr[i] < 0)
            made |= 1u << i;
        else
            source[r->n.attr[i]] = next++;
    }
    return ir_permute(r->graph, ir_reduce(r->graph, OP_sum, x, made), source);
}

static ir_id back_reshape(struct rule *r, ir_id x)
{
    return ir_reshape(r->graph, x, argument_shape(r, 0));
}

static ir_id back_permute(struct rule *r, ir_id x)
{
    int source[RANK_MAX];
    for (unsigned i = 0; i < r->n.n_attr; i++) source[r->n.attr[i]] = (int)i;
    return ir_permute(r->graph, x, source);
}

typedef ir_id strided(struct ir_graph *, ir_id, const struct ir_shape *, const ir_size *, const int64_t *);

static ir_id back_strided(struct rule *r, ir_id x, strided *transpose)
{
    ir_size start[RANK_MAX];
    int64_t step[RANK_MAX];
    for (unsigned i = 0; i < r->n.shape->rank; i++) {
        start[i] = (ir_size)r->n.attr[2 * i];
        step[i] = r->n.attr[2 * i + 1];
    }
    return transpose(r->graph, x, argument_shape(r, 0), start, step);
}

static ir_id back_slice(struct rule *r, ir_id x)
{
    return back_strided(r, x, ir_place);
}

static ir_id back_place(struct rule *r, ir_id x)
{
    return back_strided(r, x, ir_slice);
}

static ir_id back_gather(struct rule *r, ir_id x)
{
    return ir_scatter(r->graph, x, r->n.arg[1], argument_shape(r, 0), (unsigned)r->n.attr[0]);
}

static ir_id back_scatter(struct rule *r, ir_id x)
{
    return ir_gather(r->graph, x, r->n.arg[1], (unsigned)r->n.attr[0]);
}

static ir_id back_window(struct rule *r, ir_id x)
{
    const int64_t *a = r->n.attr;
    return ir_overlap(r->graph, x, (unsigned)a[0], argument_shape(r, 0)->dim[a[0]], a[1], a[2], a[3]);
}

static ir_id back_overlap(struct rule *r, ir_id x)
{
    const int64_t *a = r->n.attr;
    const ir_size *dim = &argument_shape(r, 0)->dim[a[0]];
    return ir_window(r->graph, x, (unsigned)a[0], dim[0], dim[1], a[1], a[2], a[3]);
}

static ir_id back_cumsum(struct rule *r, ir_id x)
{
    return ir_cumsum(r->graph, x, (unsigned)r->n.attr[0], !r->n.attr[1], r->n.attr[2]);
}

/* sums: several elements of y may add up into one of the argument. */
static const struct {
    ir_id (*back)(struct rule *r, ir_id x);
    bool sums;
} moves[OP_COUNT] = {
    [OP_expand] = {back_expand, true},    [OP_reshape] = {back_reshape, false}, [OP_permute] = {back_permute, false},
    [OP_slice] = {back_slice, false},     [OP_place] = {back_place, false},     [OP_gather] = {back_gather, true},
    [OP_scatter] = {back_scatter, false}, [OP_window] = {back_window, true},    [OP_overlap] = {back_overlap, false},
    [OP_cumsum] = {back_cumsum, true},
};

static ir_id part(struct rule *r, uint32_t i, ir_id x)
{
    ir_size start[RANK_MAX] = {0};
    int64_t step[RANK_MAX];
    for (unsigned k = 0; k < RANK_MAX; k++) step[k] = 1;
    start[r->n.attr[0]] = r->offset;
    return ir_slice(r->graph, x, argument_shape(r, i), start, step);
}

/* ---- products and the user's own ---- */

static ir_id contract_back(struct rule *r, unsigned i)
{
    uint8_t label[3][RANK_MAX];
    unsigned k = 3;
    for (unsigned side = 0; side < 3; side++)
        for (int64_t j = 0; j < r->n.attr[side]; j++) label[side][j] = (uint8_t)r->n.attr[k++];
    unsigned n = (unsigned)r->n.attr[i];
    if (i == 0) return ir_contract(r->graph, r->g, label[2], r->n.arg[1], label[1], label[0], n);
    return ir_contract(r->graph, r->n.arg[0], label[0], r->g, label[2], label[1], n);
}

static void give(struct rule *r, uint32_t i, ir_id e);

static void by_hand(struct rule *r)
{
    uint32_t n = (uint32_t)r->n.attr[0], k = 0;
    ir_id *root = arena_many(r->graph->tables->arena, ir_id, n);
    for (uint32_t i = 0; i < n; i++) {
        int64_t adjoint = r->n.attr[1 + i];
        root[i] = adjoint && wants(r, 1 + i) ? r->n.arg[adjoint] : 0;
        k += root[i] != 0;
    }
    if (!k) return;
    ir_substitute_all(r->graph, root, n, &r->n.arg[n + 1], &r->g, 1);
    for (uint32_t i = 0; i < n; i++)
        if (root[i]) give(r, 1 + i, root[i]);
}

/* ---- masks on their way ---- */

/* Moves that do not add up take along any mask, also one that differs along the axes they work on. */
static bool moves_mask(const struct rule *r)
{
    return ir_ops[r->n.op].class == CLASS_MOVE && !moves[r->n.op].sums;
}

static bool mask_can_move(struct rule *r)
{
    if (moves_mask(r)) return true;
    bool custom = r->n.op == OP_custom; /* which gives to what follows its value, up to the hole */
    uint32_t end = custom ? 1 + (uint32_t)r->n.attr[0] : r->n.n_arg;
    for (uint32_t i = custom; i < end; i++)
        if (wants(r, i) && (!custom || r->n.attr[i]) && !grad_mask_back(r->graph, &r->n, i, r->mask)) return false;
    return true;
}

/* The mask of y as one of argument i. */
static ir_id mask_of_argument(struct rule *r, uint32_t i)
{
    if (!r->mask) return 0;
    ir_id mask = grad_mask_back(r->graph, &r->n, i, r->mask);
    if (mask || !moves_mask(r)) return mask;
    return moves[r->n.op].back ? moves[r->n.op].back(r, r->mask) : part(r, i, r->mask);
}

static void give(struct rule *r, uint32_t i, ir_id e)
{
    assert(r->depth == 0);
    ir_id mask = grad_mask_and(r->graph, r->where, mask_of_argument(r, i));
    r->where = 0;
    grad_receive(r->grad, r->n.arg[i], (struct adjoint){e, mask});
}

void grad_pass_back(struct ir_graph *g, struct grad *grad, ir_id y, struct adjoint a)
{
    struct rule r = {.graph = g, .grad = grad, .n = *ir_at(g, y), .y = y, .g = a.g, .mask = a.mask};
    if (r.mask && !mask_can_move(&r)) {
        r.g = grad_plain(g, a);
        r.mask = 0;
    }
    grad_rules[r.n.op](&r);
}

/* ---- the column as functions ---- */

#define G r->g
#define Y r->y
#define X(i) r->n.arg[i]
#define C(v) constant(r, v)
#define MAP1(row, a) (push(r, a), node1(r, OP_##row))
#define MAP2(row, a, b) (push(r, a), push(r, b), node2(r, OP_##row))
#define MAP3(row, a, b, c) (push(r, a), push(r, b), push(r, c), node3(r, OP_##row))
#define NEG(a) MAP1(neg, a)
#define SIGN(a) MAP1(sign, a)
#define EXP(a) MAP1(exp, a)
#define LOG(a) MAP1(log, a)
#define SQRT(a) MAP1(sqrt, a)
#define SIN(a) MAP1(sin, a)
#define COS(a) MAP1(cos, a)
#define SINH(a) MAP1(sinh, a)
#define COSH(a) MAP1(cosh, a)
#define ADD(a, b) MAP2(add, a, b)
#define SUB(a, b) MAP2(sub, a, b)
#define MUL(a, b) MAP2(mul, a, b)
#define DIV(a, b) MAP2(div, a, b)
#define POW(a, b) MAP2(pow, a, b)
#define HYPOT(a, b) MAP2(hypot, a, b)
#define EQ(a, b) MAP2(eq, a, b)
#define LT(a, b) MAP2(lt, a, b)
#define LE(a, b) MAP2(le, a, b)
#define AND(a, b) MAP2(and, a, b)
#define SELECT(c, a, b) MAP3(select, c, a, b)
#define POLYGAMMA(n, a) MAP2(polygamma, C(n), a)
#define WHERE(c, e) (r->where = grad_mask_of(r->graph, c, true), e)
#define WHERE_NOT(c, e) (r->where = grad_mask_of(r->graph, c, false), e)
#define UNREDUCE(e) unreduce(r, e)
#define SUM_LIKE_Y(e) sum_like_y(r, e)
#define SAME_AS_Y same_as_y(r)
#define TRANSPOSED(e) moves[r->n.op].back(r, e)
#define PART(e) part(r, i, e)
#define CONTRACT_BACK(i) contract_back(r, i)
#define T(e) grad_transpose(r, e)
#define MATMUL(a, b) grad_matmul(r, a, b)
#define SYMMETRIC(e) grad_symmetric(r, e)
#define SOLVE_TRANSPOSED(e) grad_solve_transposed(r, e)
#define OUTER(e, y) grad_outer(r, e, y)
#define TRIANGLE(e) grad_triangle(r, e)
#define SPREAD(e) grad_spread(r, e)
#define INVERSE_TRANSPOSED grad_inverse_transposed(r)
#define HALF_LOWER(e) grad_half_lower(r, e)
#define BETWEEN_INVERSES(e) grad_between_inverses(r, e)

#define D(i, e)                                                                                                        \
    if (wants(r, i)) give(r, i, e);
#define EACH(e)                                                                                                        \
    for (uint32_t i = 0; i < r->n.n_arg; i++) {                                                                        \
        if (wants(r, i)) give(r, i, e);                                                                                \
        r->offset = size_add(r->graph->tables->sizes, r->offset, argument_shape(r, i)->dim[r->n.attr[0]]);             \
    }
#define ZERO
#define NODIFF(why)
#define BY_HAND by_hand(r);
#define BY_LOOP

#define OP(name, arity, class, result, flags, lo, hi, text, prec, adjoint)                                             \
    _Static_assert(sizeof #adjoint > 1, "row " #name " must say D(...), ZERO or NODIFF(...)");                         \
    static void adjoint_##name(struct rule *r)                                                                         \
    {                                                                                                                  \
        (void)r;                                                                                                       \
        adjoint                                                                                                        \
    }
#include "codegen/ir/ops.def"
#undef OP

adjoint_rule *const grad_rules[OP_COUNT] = {
#define OP(name, arity, class, result, flags, lo, hi, text, prec, adjoint) [OP_##name] = adjoint_##name,
#include "codegen/ir/ops.def"
#undef OP
};

#undef D
#undef EACH
#undef BY_HAND
#undef BY_LOOP
#undef NODIFF
#define D(i, e) || true
#define EACH(e) || true
#define BY_HAND || true
#define BY_LOOP || true
#define NODIFF(why) || true

const bool grad_passes[OP_COUNT] = {
#define OP(name, arity, class, result, flags, lo, hi, text, prec, adjoint) [OP_##name] = false adjoint,
#include "codegen/ir/ops.def"
#undef OP
};
