/* Random graphs. Exact ones, over small whole numbers, NaN and infinities: simplify() changes no value. Smooth ones:
 * the vjp and the jvp are transposes of each other, before and after simplify(). */
#include "codegen/ir/grad.h"
#include "codegen/ir/interp.h"
#include "codegen/ir/loop.h"
#include "codegen/ir/simplify.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { GRAPHS = 20000, NODES = 40, INPUTS = 4, LEAVES = 3 * INPUTS, SIZE_MOST = 64 };

static struct context ctx;
static jmp_buf oom;
static struct ir_graph *g;
static uint64_t seed;
static ir_id node[2 * NODES]; /* bodies of loops stand behind the others while they are made */
static unsigned n_nodes;
static double value[LEAVES][SIZE_MOST];
static const double *inputs[LEAVES];

static unsigned pick(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static const struct ir_shape *shape_of(ir_id x)
{
    return ir_at(g, x)->shape;
}

static const struct ir_shape *random_shape(void)
{
    static const ir_size size[] = {1, 2, 3};
    ir_size dim[3];
    unsigned rank = pick(4);
    for (unsigned i = 0; i < rank; i++) dim[i] = size[pick(3)];
    return ir_shape_of(g->tables, rank, dim);
}

static ir_id any(void)
{
    return node[n_nodes - 1 - pick(n_nodes < 12 ? n_nodes : 12)];
}

/* Brought to that shape: a node that has it, or a sum of all, expanded. */
static ir_id shaped(const struct ir_shape *s)
{
    static const int nowhere[RANK_MAX] = {-1, -1, -1, -1, -1, -1, -1, -1};
    for (unsigned tries = 0; tries < 8; tries++) {
        ir_id x = any();
        if (shape_of(x) == s) return x;
    }
    ir_id x = any();
    return ir_expand(g, ir_reduce(g, OP_sum, x, (1u << shape_of(x)->rank) - 1), s, nowhere);
}

/* ---- moves, reductions, products ---- */

static ir_id random_expand(ir_id x)
{
    const struct ir_shape *s = shape_of(x);
    ir_size dim[RANK_MAX];
    int source[RANK_MAX];
    unsigned rank = 0, next = 0;
    while (next < s->rank || (rank < 3 && pick(2))) {
        bool made = rank < 3 && s->rank - next < 3 - rank && pick(2);
        if (!made && next == s->rank) break;
        dim[rank] = made ? 1 + pick(3) : s->dim[next];
        source[rank++] = made ? -1 : (int)next++;
    }
    return ir_expand(g, x, ir_shape_of(g->tables, rank, dim), source);
}

static ir_id random_permute(ir_id x)
{
    int source[RANK_MAX] = {0, 1, 2};
    for (unsigned i = shape_of(x)->rank; i > 1; i--) {
        unsigned k = pick(i);
        int t = source[k];
        source[k] = source[i - 1];
        source[i - 1] = t;
    }
    return ir_permute(g, x, source);
}

/* Flat, or with an axis of 1 more or less. */
static ir_id random_reshape(ir_id x)
{
    const struct ir_shape *s = shape_of(x);
    ir_size dim[RANK_MAX], flat = ir_elements(g->tables, s);
    unsigned rank = 0, at = pick(3);
    if (pick(3) == 0) return ir_reshape(g, x, ir_shape_of(g->tables, 1, &flat));
    for (unsigned i = 0; i < s->rank; i++) {
        if (i == at && s->rank < 3) dim[rank++] = 1;
        if (i != at || s->dim[i] != 1) dim[rank++] = s->dim[i];
    }
    return ir_reshape(g, x, ir_shape_of(g->tables, rank, dim));
}

static ir_id random_strided(ir_id x, bool place)
{
    const struct ir_shape *s = shape_of(x);
    ir_size start[RANK_MAX], dim[RANK_MAX];
    int64_t step[RANK_MAX];
    for (unsigned i = 0; i < s->rank; i++) {
        ir_size large = s->dim[i];
        dim[i] = place ? large : 1 + pick(large);
        bool back = pick(3) == 0;
        if (place) large += pick(2);
        ir_size room = large - dim[i], from = pick(room + 1);
        start[i] = back ? from + dim[i] - 1 : from;
        step[i] = back ? -1 : 1;
        if (place) dim[i] = large;
    }
    const struct ir_shape *to = ir_shape_of(g->tables, s->rank, dim);
    return place ? ir_place(g, x, to, start, step) : ir_slice(g, x, to, start, step);
}

static ir_id random_contract(ir_id x)
{
    uint8_t la[3] = {0, 1, 2}, lb[3], lout[3];
    unsigned rank = shape_of(x)->rank, nb = 0, nout = 0;
    ir_size dim[3];
    for (unsigned i = 0; i < rank; i++) {
        bool shared = pick(2), kept = pick(2) || !shared;
        if (shared) {
            lb[nb] = la[i];
            dim[nb++] = shape_of(x)->dim[i];
        }
        if (kept) lout[nout++] = la[i];
    }
    if (nb < 2 && nout < 3 && pick(2)) {
        lb[nb] = 5;
        dim[nb++] = 2;
        lout[nout++] = 5;
    }
    for (unsigned i = nout; i > 1; i--) {
        unsigned k = pick(i);
        uint8_t t = lout[k];
        lout[k] = lout[i - 1];
        lout[i - 1] = t;
    }
    ir_id y = shaped(ir_shape_of(g->tables, nb, dim));
    return ir_contract(g, x, la, y, lb, lout, nout);
}

static ir_id random_shape_node(void)
{
    ir_id x = any();
    unsigned rank = shape_of(x)->rank, axes = rank ? 1 + pick((1u << rank) - 1) : 0;
    static const enum ir_op reduce[] = {OP_sum, OP_sum, OP_max_of, OP_min_of};
    switch (pick(9)) {
    case 0:
        return random_expand(x);
    case 1:
        return random_permute(x);
    case 2:
        return random_reshape(x);
    case 3:
        return random_strided(x, false);
    case 4:
        return random_strided(x, true);
    case 5:
        return random_contract(x);
    case 6:
        return rank && shape_of(x)->dim[rank - 1] < 4 ? ir_concat(g, (ir_id[]){x, shaped(shape_of(x))}, 2, rank - 1)
                                                      : x;
    case 7:
        return ir_full(g, (double)pick(3) - 1, random_shape());
    default:
        return ir_reduce(g, reduce[pick(4)], x, axes);
    }
}

/* ---- elementwise ---- */

static ir_id random_map(const enum ir_op *op, unsigned n)
{
    enum ir_op o = op[pick(n)];
    ir_id a = any(), b, c;
    switch (ir_ops[o].arity) {
    case 1:
        return ir_map1(g, o, a);
    case 2:
        b = shaped(shape_of(a));
        return ir_map2(g, o, a, b);
    default:
        b = shaped(shape_of(a));
        c = shaped(shape_of(a));
        return ir_map3(g, o, ir_map2(g, OP_lt, a, b), b, c);
    }
}

static const enum ir_op exact[] = {OP_neg, OP_neg, OP_abs, OP_sign,   OP_add,    OP_sub,  OP_mul,
                                   OP_max, OP_min, OP_lt,  OP_le,     OP_eq,     OP_ne,   OP_and,
                                   OP_or,  OP_not, OP_not, OP_select, OP_select, OP_isnan};
static const enum ir_op smooth[] = {OP_neg, OP_add,    OP_sub,    OP_mul,   OP_mul, OP_tanh, OP_sin, OP_sigmoid,
                                    OP_erf, OP_select, OP_select, OP_hypot, OP_max, OP_min,  OP_atan};

static ir_id random_loop(const enum ir_op *op, unsigned n);

static ir_id random_node(const enum ir_op *op, unsigned n)
{
    for (;;) {
        unsigned kind = pick(12);
        ir_id x = kind < 5 ? random_shape_node() : kind < 11 ? random_map(op, n) : random_loop(op, n);
        /* kept small and, where smooth, bounded */
        int64_t size = size_bound(g->tables->sizes, ir_elements(g->tables, shape_of(x)));
        if (size > SIZE_MOST || shape_of(x)->rank > 3) continue;
        return op == smooth && pick(4) == 0 ? ir_map1(g, OP_tanh, x) : x;
    }
}

/* The rows of some node, if one has as many as the loop has turns. */
static void add_row(const struct ir_turn *t)
{
    for (unsigned tries = 0; tries < 4; tries++) {
        ir_id x = any();
        for (unsigned axis = 0; axis < shape_of(x)->rank; axis++) {
            if (shape_of(x)->dim[axis] != t->turns || !pick(2)) continue;
            node[n_nodes++] = ir_gather(g, x, t->turn, axis);
            return;
        }
    }
}

static ir_id random_loop(const enum ir_op *op, unsigned n)
{
    unsigned before = n_nodes;
    if (before + 12 > 2 * NODES) return any();
    ir_id init[2], hole[2], next[2], collect, final[2], rows;
    struct ir_turn t = {.name = "t", .turns = 1 + pick(3), .checkpoint = pick(3), .n_carry = 1 + pick(2)};
    for (unsigned i = 0; i < t.n_carry; i++) init[i] = any();
    t.turn = ir_turn_leaf(g);
    for (unsigned i = 0; i < t.n_carry; i++) node[n_nodes++] = hole[i] = ir_hole(g, shape_of(init[i]));
    node[n_nodes++] = ir_map1(g, OP_real, t.turn);
    add_row(&t);
    for (unsigned i = 2 + pick(5); i > 0; i--) {
        ir_id x = random_node(op, n);
        node[n_nodes++] = x;
    }
    for (unsigned i = 0; i < t.n_carry; i++) next[i] = shaped(shape_of(init[i]));
    do collect = any();
    while (shape_of(collect)->rank > 2);
    t.n_collect = 1;
    t.init = init;
    t.carry = hole;
    t.next = next;
    t.collect = &collect;
    ir_loop(g, &t, final, &rows);
    n_nodes = before;
    return pick(2) ? rows : final[pick(t.n_carry)];
}

static void random_graph(const enum ir_op *op, unsigned n)
{
    g = ir_graph_new(ir_tables_new(&ctx.arena));
    n_nodes = 0;
    for (unsigned i = 0; i < INPUTS; i++) node[n_nodes++] = ir_leaf(g, OP_input, IR_REAL, random_shape(), i, 0);
    while (n_nodes < NODES) {
        ir_id x = random_node(op, n);
        node[n_nodes++] = x;
    }
}

/* ---- checks ---- */

static int report(const char *what, unsigned which, const struct ir_graph *before, const ir_id *root, uint32_t n)
{
    struct text t = text_new(&ctx.arena);
    ir_print(before, root, n, &t);
    printf("graph %u: %s\n%s", which, what, t.s);
    return 1;
}

static bool evaluate(const struct ir_graph *of, const ir_id *root, uint32_t n, double **out)
{
    struct interp_env env = {.inputs = inputs};
    const char *why;
    return interp_run(of, &env, root, n, &ctx.arena, out, &why);
}

static int64_t elements(ir_id x)
{
    return size_bound(g->tables->sizes, ir_elements(g->tables, shape_of(x)));
}

static int check_exact(unsigned which)
{
    static const double drawn[] = {0, 1, -1, 2, -2, 1, 0, 2, -0.0, NAN, INFINITY, -INFINITY};
    random_graph(exact, sizeof exact / sizeof *exact);
    unsigned usual = pick(2) ? 12 : 8; /* half of them without NaN and infinities, which soon cover everything */
    for (unsigned i = 0; i < INPUTS; i++)
        for (unsigned k = 0; k < SIZE_MOST; k++) value[i][k] = drawn[pick(usual)];
    ir_id root[3], simple[3];
    double *a[3], *b[3];
    for (unsigned i = 0; i < 3; i++) simple[i] = root[i] = node[NODES - 1 - i];
    struct ir_graph *s = simplify(g, 0, simple, 3);
    if (ir_verify(g) || ir_verify(s)) return report("unsound", which, g, root, 3);
    if (!evaluate(g, root, 3, a) || !evaluate(s, simple, 3, b)) return report("not evaluated", which, g, root, 3);
    for (unsigned i = 0; i < 3; i++)
        for (int64_t k = 0; k < elements(root[i]); k++)
            if (!(a[i][k] == b[i][k] || (a[i][k] != a[i][k] && b[i][k] != b[i][k])) && fabs(a[i][k]) < 0x1p50)
                return report("simplify changes a value", which, g, &root[i], 1);
    return 0;
}

static double dot(const double *a, const double *b, int64_t n, double *size)
{
    double s = 0;
    for (int64_t i = 0; i < n; i++) {
        s += a[i] * b[i];
        *size += fabs(a[i] * b[i]);
    }
    return s;
}

static int check_smooth(unsigned which)
{
    random_graph(smooth, sizeof smooth / sizeof *smooth);
    ir_id y = node[NODES - 1], x[INPUTS], along[INPUTS], root[INPUTS + 1];
    ir_id w = ir_leaf(g, OP_input, IR_REAL, shape_of(y), INPUTS, 0);
    for (unsigned i = 0; i < INPUTS; i++) {
        x[i] = node[i];
        along[i] = ir_leaf(g, OP_input, IR_REAL, shape_of(x[i]), INPUTS + 1 + i, 0);
    }
    for (unsigned i = 0; i < LEAVES; i++)
        for (unsigned k = 0; k < SIZE_MOST; k++) value[i][k] = (double)pick(1000000) * 2e-6 - 1;
    if (!grad_reverse(g, &ctx.diags, y, w, x, INPUTS, root)) return report("no gradient", which, g, &y, 1);
    root[INPUTS] = grad_forward(g, &ctx.diags, y, x, along, INPUTS);
    for (unsigned round = 0; round < 2; round++) {
        double *v[INPUTS + 1], size = 1e-3, left = 0;
        const struct ir_graph *of = g;
        ir_id simple[INPUTS + 1];
        for (unsigned i = 0; i <= INPUTS; i++) simple[i] = root[i];
        if (round) of = simplify(g, 0, simple, INPUTS + 1);
        if (ir_verify(of)) return report("unsound", which, g, root, INPUTS + 1);
        if (!evaluate(of, simple, INPUTS + 1, v)) return report("not evaluated", which, g, root, INPUTS + 1);
        for (unsigned i = 0; i < INPUTS; i++) left += dot(v[i], value[INPUTS + 1 + i], elements(x[i]), &size);
        double right = dot(v[INPUTS], value[INPUTS], elements(y), &size);
        if (!(fabs(left - right) <= 1e-10 * size)) return report("vjp and jvp disagree", which, g, &y, 1);
    }
    return 0;
}

static int check(unsigned which)
{
    context_init(&ctx, &oom);
    volatile int failed = 1;
    if (!setjmp(oom)) failed = which % 2 ? check_exact(which) : check_smooth(which);
    context_free(&ctx);
    return failed;
}

int main(int argc, char **argv)
{
    unsigned graphs = argc > 1 ? (unsigned)atoi(argv[1]) : GRAPHS;
    int failures = 0;
    for (unsigned i = 0; i < LEAVES; i++) inputs[i] = value[i];
    for (unsigned i = 0; i < graphs && failures < 5; i++) {
        seed = i * 7919 + 1;
        failures += check(i);
    }
    printf("%u graphs: %d failures\n", graphs, failures);
    return failures != 0;
}
