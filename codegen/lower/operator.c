/* Operators: arithmetic, powers, comparisons, logic and products. */
#include "codegen/lower/inside.h"

#include <math.h>
#include <string.h>

enum { POWER_MOST = 64 };

/* ---- elementwise ---- */

static bool compares(enum ir_op op)
{
    return op == OP_lt || op == OP_le || op == OP_eq || op == OP_ne;
}

/* Two tensors of integers compare as integers; everything else computes with floats. */
static bool convert(struct low *l, enum ir_op op, struct value *v, uint32_t n)
{
    bool whole = compares(op) && v[0].type == IR_INT && v[1].type == IR_INT;
    for (uint32_t i = 0; i < n; i++) {
        v[i] = whole ? as_value(l, v[i]) : as_real(l, v[i]);
        if (v[i].kind == VALUE_POISON) return false;
    }
    return true;
}

struct value map_values(struct low *l, enum ir_op op, struct value *v, uint32_t n, const char *what, struct span at)
{
    if (!convert(l, op, v, n) || !broadcast_all(l, v, n, what, at)) return poison(at);
    struct ir_graph *g = low_graph(l);
    ir_id id = n == 1   ? ir_map1(g, op, v[0].id)
               : n == 2 ? ir_map2(g, op, v[0].id, v[1].id)
                        : ir_map3(g, op, v[0].id, v[1].id, v[2].id);
    return make_tensor(l, id, v[0].rank, v[0].axis, at);
}

struct value map_pair(struct low *l, enum ir_op op, struct value a, struct value b, const char *what, struct span at)
{
    struct value v[2] = {a, b};
    return map_values(l, op, v, 2, what, at);
}

/* What the operators make of numbers known at compile time. */
static double fold(int op, double a, double b)
{
    switch (op) {
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    case '/':
        return a / b;
    case '<':
        return a < b;
    case '>':
        return a > b;
    case AST_LE:
        return a <= b;
    case AST_GE:
        return a >= b;
    case AST_EQ:
        return a == b;
    case AST_NE:
        return a != b;
    case AST_AND:
        return a != 0 && b != 0;
    case AST_OR:
        return a != 0 || b != 0;
    case AST_POW:
        return pow(a, b);
    default:
        return NAN;
    }
}

static const struct operator
{
    int op;
    enum ir_op row;
    bool swapped; /* a > b is b < a */
    const char *text;
}
operators[] = {
    {'+', OP_add, false, "+"},      {'-', OP_sub, false, "-"},       {'*', OP_mul, false, "*"},
    {'/', OP_div, false, "/"},      {'<', OP_lt, false, "<"},        {'>', OP_lt, true, ">"},
    {AST_LE, OP_le, false, "<="},   {AST_GE, OP_le, true, ">="},     {AST_EQ, OP_eq, false, "=="},
    {AST_NE, OP_ne, false, "!="},   {AST_AND, OP_and, false, "and"}, {AST_OR, OP_or, false, "or"},
    {AST_POW, OP_pow, false, "**"}, {'@', OP_contract, false, "@"},
};

static const struct operator* operator_of(int op)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (operators[i].op == op) return &operators[i];
    return NULL;
}

static struct value elementwise(struct low *l, const struct operator* o, struct value a, struct value b, struct span at)
{
    struct value v[2] = {a, b};
    if (!convert(l, o->row, v, 2) || !broadcast_all(l, v, 2, o->text, at)) return poison(at);
    ir_id id = ir_map2(low_graph(l), o->row, v[o->swapped].id, v[!o->swapped].id);
    return make_tensor(l, id, v[0].rank, v[0].axis, at);
}

/* ---- powers ---- */

/* x ** n by products, so that it is right for negative x and has derivatives of every order. */
static ir_id whole_power(struct ir_graph *g, ir_id x, unsigned n)
{
    ir_id y = 0;
    for (; n; n >>= 1) {
        if (n & 1) y = y ? ir_map2(g, OP_mul, y, x) : x;
        if (n > 1) x = ir_map2(g, OP_mul, x, x);
    }
    return y;
}

static struct value power(struct low *l, struct value x, struct value n, struct span at)
{
    bool whole = known_constant(l, &n) && n.number == floor(n.number) && fabs(n.number) <= POWER_MOST;
    if (!whole) return map_pair(l, OP_pow, x, n, "**", at);
    x = as_real(l, x);
    if (x.kind == VALUE_POISON) return x;
    struct ir_graph *g = low_graph(l);
    const struct ir_shape *shape = shape_of(l, &x);
    unsigned times = (unsigned)fabs(n.number);
    ir_id id = times ? whole_power(g, x.id, times) : ir_full(g, 1, shape);
    if (n.number < 0) id = ir_map2(g, OP_div, ir_full(g, 1, shape), id);
    return make_tensor(l, id, x.rank, x.axis, at);
}

/* ---- a @ b ---- */

/* The batch axes of both: labels from 1 on, the smaller's by where they meet the larger's. A nameless 1 that stretches
 * against the other is cut off first. */
struct batch {
    uint8_t rank;
    struct axis axis[RANK_MAX];
};

struct value cut_axes(struct low *l, struct value v, unsigned mask)
{
    struct axis axis[RANK_MAX];
    uint8_t n = 0;
    for (uint8_t i = 0; i < v.rank; i++)
        if (!(mask & 1u << i)) axis[n++] = v.axis[i];
    if (n == v.rank) return v;
    return make_tensor(l, ir_reshape(low_graph(l), v.id, shape_for(l, axis, n)), n, axis, v.at);
}

static void label_batch(struct low *l, struct value *v, uint8_t n, const int *of, const struct batch *all,
                        uint8_t *label)
{
    unsigned cut = 0;
    uint8_t at = 0;
    for (uint8_t i = 0; i < n; i++) {
        int in = of[i];
        if (is_one(l, v->axis[i]) && !is_one(l, all->axis[in]))
            cut |= 1u << i;
        else
            label[at++] = (uint8_t)(1 + in);
    }
    *v = cut_axes(l, *v, cut);
}

static struct value report_product(struct low *l, const struct value *a, const struct value *b, struct axis x,
                                   struct axis y, struct span at)
{
    fail(l, E0201, at, "%s @ %s: %s is not %s", shape_text(l, a->axis, a->rank), shape_text(l, b->axis, b->rank),
         size_text(l, x), size_text(l, y));
    fail_note(l, a->at, "the last axis of this is %s", size_text(l, x));
    fail_note(l, b->at, "%s of this is %s", b->rank > 1 ? "the last axis but one" : "the only axis", size_text(l, y));
    if (b->rank == 2 && axis_equal(l, x, b->axis[1]))
        fail_help(l, "a @ b.T contracts the last axes of both");
    else if (a->rank == 2 && axis_equal(l, a->axis[0], y))
        fail_help(l, "a.T @ b contracts the first axes of both");
    return poison(at);
}

struct value matmul(struct low *l, struct value a, struct value b, struct span at)
{
    a = as_real(l, a);
    b = as_real(l, b);
    if (a.kind == VALUE_POISON || b.kind == VALUE_POISON) return poison(at);
    if (!is_whole(l, &a, at) || !is_whole(l, &b, at)) return poison(at);
    if (!a.rank || !b.rank)
        return fail(l, E0204, at, "%s @ %s: a product of numbers is written a * b", shape_text(l, a.axis, a.rank),
                    shape_text(l, b.axis, b.rank));
    struct axis x = a.axis[a.rank - 1], y = b.axis[b.rank > 1 ? b.rank - 2 : 0];
    if (!axis_equal(l, x, y)) return report_product(l, &a, &b, x, y, at);
    /* a is [batch, row?, 0], b is [batch, 0, column?] */
    uint8_t row = a.rank > 1, column = b.rank > 1, na = a.rank > 2 ? a.rank - 2 : 0, nb = b.rank > 2 ? b.rank - 2 : 0;
    bool a_big = na >= nb;
    struct meeting m = meet(l, a_big ? a.axis : b.axis, a_big ? na : nb, a_big ? b.axis : a.axis, a_big ? nb : na);
    if (m.fit != FIT_FITS)
        return fail(l, E0201, at, "%s @ %s: the axes before the last two do not match", shape_text(l, a.axis, a.rank),
                    shape_text(l, b.axis, b.rank));
    struct batch all = {.rank = a_big ? na : nb};
    memcpy(all.axis, m.axis, sizeof all.axis);
    int big[RANK_MAX], small[RANK_MAX] = {0};
    for (int i = 0; i < RANK_MAX; i++) big[i] = i;
    for (int i = 0; i < all.rank; i++)
        if (m.small[i] >= 0) small[m.small[i]] = i;
    if (all.rank + row + column > RANK_MAX) return fail(l, E0601, at, "a tensor has at most 8 axes");
    uint8_t la[RANK_MAX], lb[RANK_MAX], out[RANK_MAX];
    struct axis axis[RANK_MAX], rows = a.axis[a.rank - 1 - row], columns = b.axis[b.rank - 1];
    label_batch(l, &a, na, a_big ? big : small, &all, la);
    label_batch(l, &b, nb, a_big ? small : big, &all, lb);
    enum { ROW = 10, COLUMN = 11, SHARED = 0 };
    if (row) la[a.rank - 2] = ROW;
    la[a.rank - 1] = SHARED;
    lb[b.rank - 1 - column] = SHARED;
    if (column) lb[b.rank - 1] = COLUMN;
    unsigned n = 0;
    for (uint8_t i = 0; i < all.rank; i++, n++) out[n] = (uint8_t)(1 + i), axis[n] = all.axis[i];
    if (row) out[n] = ROW, axis[n++] = rows;
    if (column) out[n] = COLUMN, axis[n++] = columns;
    ir_id id = ir_contract(low_graph(l), a.id, la, b.id, lb, out, n);
    return make_tensor(l, id, (uint8_t)n, axis, at);
}

/* ---- doors ---- */

struct value lower_binary(struct low *l, const struct ast *e, struct value a, struct value b)
{
    const struct operator* o = operator_of(e->op);
    if (a.kind == VALUE_POISON || b.kind == VALUE_POISON) return poison(e->span);
    a = as_value(l, a);
    b = as_value(l, b);
    if (a.kind == VALUE_POISON || b.kind == VALUE_POISON) return poison(e->span);
    if (e->op == '@') return matmul(l, a, b, e->span);
    bool known = a.known && b.known && !a.rank && !b.rank;
    if (known && known_constant(l, &a) && known_constant(l, &b))
        return make_number(l, fold(e->op, a.number, b.number), e->span);
    struct value v = e->op == AST_POW ? power(l, a, b, e->span) : elementwise(l, o, a, b, e->span);
    v.known = known && v.kind == VALUE_TENSOR;
    if (known) v.number = fold(e->op, a.number, b.number);
    return v;
}

struct value lower_unary(struct low *l, const struct ast *e)
{
    struct value x = lower_number(l, e->kid[0]);
    if (x.kind == VALUE_POISON) return x;
    x.at = e->span;
    if (e->op == '+') return x;
    double number = e->op == '!' ? x.number == 0 : -x.number;
    if (known_constant(l, &x)) return make_number(l, number, e->span);
    struct value v = map_values(l, e->op == '!' ? OP_not : OP_neg, &x, 1, "-", e->span);
    v.known = x.known;
    v.number = number;
    return v;
}
