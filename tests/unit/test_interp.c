#include "codegen/ir/interp.h"
#include "codegen/ir/loop.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define INF INFINITY

static struct arena arena;
static jmp_buf oom;
static struct ir_graph *g;
static struct interp_env env;
static const char *why;
static bool seen[OP_COUNT]; /* operations that some test evaluated */

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, &oom);
    if (setjmp(oom)) return -1;
    g = ir_graph_new(ir_tables_new(&arena));
    env = (struct interp_env){.dims = NULL};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static double *try(ir_id root)
{
    double *v = NULL;
    const char *wrong = ir_verify(g);
    if (wrong) fail_msg("%s", wrong);
    for (ir_id id = 1; id < g->n; id++) seen[ir_at(g, id)->op] = true;
    return interp_run(g, &env, &root, 1, &arena, &v, &why) ? v : NULL;
}

static double *run(ir_id root)
{
    double *v = try(root);
    if (!v) fail_msg("%s", why);
    return v;
}

static bool same(double a, double b, double tolerance)
{
    if (a != a || b != b) return a != a && b != b;
    return a == b || fabs(a - b) <= tolerance * fabs(b);
}

static void expect_at(ir_id root, const double *want, size_t n, int line)
{
    const double *v = run(root);
    for (size_t i = 0; i < n; i++)
        if (!same(v[i], want[i], 1e-15)) fail_msg("line %d: element %zu is %.17g, not %.17g", line, i, v[i], want[i]);
}
#define EXPECT(root, ...)                                                                                              \
    expect_at((root), (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double), __LINE__)

static const struct ir_shape *shape_of(unsigned rank, const ir_size *dim)
{
    return ir_shape_of(g->tables, rank, dim);
}
#define SHAPE(...) shape_of(sizeof((ir_size[]){__VA_ARGS__}) / sizeof(ir_size), (const ir_size[]){__VA_ARGS__})

static ir_id tensor(const struct ir_shape *s, const double *v, size_t n)
{
    double *copy = arena_many(&arena, double, n);
    if (n) memcpy(copy, v, n * sizeof *copy);
    return ir_tensor(g, s, copy);
}
#define TENSOR(s, ...)                                                                                                 \
    tensor((s), (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))
#define VECTOR(...) TENSOR(SHAPE((ir_size)(sizeof((const double[]){__VA_ARGS__}) / sizeof(double))), __VA_ARGS__)

/* Whole numbers as an INT tensor: where(1, iota gathered, ...) is long, so an input is used. */
static ir_id integers(const struct ir_shape *s, const double *v, int64_t index)
{
    static const double *input[4];
    input[index] = v;
    env.inputs = input;
    return ir_leaf(g, OP_input, IR_INT, s, index, 0);
}

static const struct {
    enum ir_op op;
    double x[3], want;
} map[] = {
    {OP_neg, {0}, -0.0},
    {OP_neg, {3}, -3},
    {OP_neg, {NAN}, NAN},
    {OP_abs, {-2}, 2},
    {OP_abs, {-0.0}, 0},
    {OP_abs, {NAN}, NAN},
    {OP_sign, {-.1}, -1},
    {OP_sign, {0}, 0},
    {OP_sign, {-0.0}, 0},
    {OP_sign, {INF}, 1},
    {OP_sign, {NAN}, 0},
    {OP_floor, {1.5}, 1},
    {OP_floor, {-1.5}, -2},
    {OP_ceil, {1.5}, 2},
    {OP_ceil, {-1.5}, -1},
    {OP_round, {.5}, 0},
    {OP_round, {1.5}, 2},
    {OP_round, {2.5}, 2},
    {OP_round, {-.5}, 0},
    {OP_round, {-2.6}, -3},
    {OP_exp, {1000}, INF},
    {OP_exp, {-1000}, 0},
    {OP_exp, {1}, 2.718281828459045},
    {OP_exp, {-INF}, 0},
    {OP_expm1, {1e-10}, 1.00000000005e-10},
    {OP_expm1, {-INF}, -1},
    {OP_log, {0}, -INF},
    {OP_log, {-1}, NAN},
    {OP_log, {INF}, INF},
    {OP_log2, {8}, 3},
    {OP_log2, {0}, -INF},
    {OP_log1p, {1e-20}, 1e-20},
    {OP_log1p, {-1}, -INF},
    {OP_log1p, {-2}, NAN},
    {OP_sqrt, {4}, 2},
    {OP_sqrt, {0}, 0},
    {OP_sqrt, {-1}, NAN},
    {OP_rsqrt, {0}, INF},
    {OP_rsqrt, {4}, .5},
    {OP_rsqrt, {INF}, 0},
    {OP_cbrt, {-8}, -2},
    {OP_cbrt, {0}, 0},
    {OP_sin, {1}, 0.8414709848078965},
    {OP_sin, {INF}, NAN},
    {OP_cos, {0}, 1},
    {OP_cos, {1}, 0.5403023058681398},
    {OP_tan, {1.5707963267948966}, 1.633123935319537e16},
    {OP_asin, {1}, 1.5707963267948966},
    {OP_asin, {2}, NAN},
    {OP_acos, {1}, 0},
    {OP_acos, {1.5}, NAN},
    {OP_atan, {INF}, 1.5707963267948966},
    {OP_atan, {1}, 0.7853981633974483},
    {OP_sinh, {1}, 1.1752011936438014},
    {OP_cosh, {1}, 1.5430806348152437},
    {OP_cosh, {-1000}, INF},
    {OP_tanh, {1000}, 1},
    {OP_tanh, {20}, 1},
    {OP_tanh, {0}, 0},
    {OP_tanh, {-INF}, -1},
    {OP_asinh, {1}, 0.881373587019543},
    {OP_acosh, {1}, 0},
    {OP_acosh, {.5}, NAN},
    {OP_atanh, {1}, INF},
    {OP_atanh, {2}, NAN},
    {OP_sigmoid, {0}, .5},
    {OP_sigmoid, {1000}, 1},
    {OP_sigmoid, {-1000}, 0},
    {OP_sigmoid, {-INF}, 0},
    {OP_sigmoid, {-740}, 4.198728695691259e-322},
    {OP_sigmoid, {-2}, 0.11920292202211755},
    {OP_sigmoid, {NAN}, NAN},
    {OP_erf, {0}, 0},
    {OP_erf, {INF}, 1},
    {OP_erf, {.5}, 0.5204998778130465},
    {OP_erfc, {-INF}, 2},
    {OP_erfc, {10}, 2.088487583762545e-45},
    {OP_lgamma, {0}, INF},
    {OP_lgamma, {-1}, INF},
    {OP_lgamma, {5}, 3.1780538303479458},
    {OP_isnan, {NAN}, 1},
    {OP_isnan, {INF}, 0},
    {OP_isfinite, {1}, 1},
    {OP_isfinite, {INF}, 0},
    {OP_isfinite, {NAN}, 0},
    {OP_not, {0}, 1},
    {OP_not, {-0.0}, 1},
    {OP_not, {2}, 0},
    {OP_not, {NAN}, 0},
    {OP_real, {3}, 3},
    {OP_add, {1, 2}, 3},
    {OP_add, {INF, -INF}, NAN},
    {OP_sub, {1, 2}, -1},
    {OP_sub, {INF, INF}, NAN},
    {OP_mul, {3, 2}, 6},
    {OP_mul, {0, INF}, NAN},
    {OP_div, {1, 0}, INF},
    {OP_div, {1, -0.0}, -INF},
    {OP_div, {0, 0}, NAN},
    {OP_pow, {0, 0}, 1},
    {OP_pow, {0, 2}, 0},
    {OP_pow, {0, .5}, 0},
    {OP_pow, {0, -1}, INF},
    {OP_pow, {-2, 3}, -8},
    {OP_pow, {-2, 2.5}, NAN},
    {OP_pow, {1, NAN}, 1},
    {OP_pow, {NAN, 0}, 1},
    {OP_pow, {2, 3}, 8},
    {OP_atan2, {0, 0}, 0},
    {OP_atan2, {0, -1}, 3.141592653589793},
    {OP_atan2, {-0.0, -1}, -3.141592653589793},
    {OP_hypot, {0, 0}, 0},
    {OP_hypot, {3, 4}, 5},
    {OP_hypot, {1e300, 1e300}, 1.4142135623730951e300},
    {OP_max, {1, 1}, 1},
    {OP_max, {NAN, 1}, NAN},
    {OP_max, {1, NAN}, NAN},
    {OP_max, {-INF, 2}, 2},
    {OP_min, {1, 2}, 1},
    {OP_min, {NAN, 1}, NAN},
    {OP_min, {1, NAN}, NAN},
    {OP_lt, {1, 2}, 1},
    {OP_lt, {2, 2}, 0},
    {OP_lt, {NAN, 1}, 0},
    {OP_le, {2, 2}, 1},
    {OP_le, {NAN, NAN}, 0},
    {OP_eq, {0, -0.0}, 1},
    {OP_eq, {NAN, NAN}, 0},
    {OP_ne, {NAN, NAN}, 1},
    {OP_ne, {1, 1}, 0},
    {OP_and, {1, 2}, 1},
    {OP_and, {1, 0}, 0},
    {OP_or, {0, 0}, 0},
    {OP_or, {0, 3}, 1},
    {OP_select, {1, 5, NAN}, 5},
    {OP_select, {0, NAN, 7}, 7},
    {OP_select, {-0.0, 1, 2}, 2},
    {OP_select, {NAN, 1, 2}, 1},
    {OP_polygamma, {0, 0}, -INF},
    {OP_polygamma, {0, -1}, NAN},
    {OP_polygamma, {1, 0}, INF},
    {OP_polygamma, {0, INF}, INF},
    {OP_polygamma, {2, INF}, 0},
    {OP_polygamma, {.5, 1}, NAN},
    {OP_polygamma, {-1, 1}, NAN},
    {OP_polygamma, {1, NAN}, NAN},
};

static void test_every_scalar_function(void **state)
{
    (void)state;
    bool tried[OP_COUNT] = {false};
    for (size_t i = 0; i < sizeof map / sizeof *map; i++) {
        ir_id x[3];
        for (int k = 0; k < ir_ops[map[i].op].arity; k++) x[k] = ir_const(g, map[i].x[k]);
        ir_id y =
            ir_add(g, map[i].op, IR_REAL, ir_scalar_shape(g->tables), x, (uint32_t)ir_ops[map[i].op].arity, NULL, 0);
        double v = *run(y);
        if (!same(v, map[i].want, 4e-16))
            fail_msg("%s(%g, %g, %g) is %.17g, not %.17g", ir_ops[map[i].op].name, map[i].x[0], map[i].x[1],
                     map[i].x[2], v, map[i].want);
        tried[map[i].op] = true;
    }
    for (int op = 1; op < OP_COUNT; op++)
        if (ir_ops[op].class == CLASS_MAP && !tried[op]) fail_msg("%s was not tried", ir_ops[op].name);
}

static void test_signs_of_zero(void **state)
{
    (void)state;
    assert_true(signbit(*run(ir_map1(g, OP_neg, ir_const(g, 0)))));
    assert_false(signbit(*run(ir_map1(g, OP_abs, ir_const(g, -0.0)))));
    assert_true(signbit(*run(ir_map1(g, OP_round, ir_const(g, -0.5)))));
    assert_true(signbit(*run(ir_reduce(g, OP_sum, VECTOR(-0.0, -0.0, -0.0), 1))));
}

static void test_polygamma_is_right_to_thirteen_digits(void **state)
{
    (void)state;
    static const double psi[][3] = {
        /* order, x, value: from a library of arbitrary precision */
        {0, 1, -0.57721566490153286},    {0, 0.5, -1.9635100260214235},  {0, 1e-5, -100000.57719921567},
        {0, 1e10, 23.025850929890457},   {0, -20.3, 5.3175499242397496}, {0, -1000.25, 10.050097693066706},
        {1, 1, 1.6449340668482264},      {1, -0.3, 13.945160267805722},  {1, 1e6, 1.0000005000001667e-6},
        {2, 4.5, -0.061556821321027695}, {2, -0.01, 1999997.5296818326}, {3, -3.2, 3768.5777610937342},
        {4, 2.5, -0.31375599950673136},  {5, -1.1, 120000296.33827108},  {10, 30, -7.2320510345857084e-10},
        {20, 3.3, -31551777.702590306}};
    for (size_t i = 0; i < sizeof psi / sizeof *psi; i++) {
        double v = *run(ir_map2(g, OP_polygamma, ir_const(g, psi[i][0]), ir_const(g, psi[i][1])));
        if (!same(v, psi[i][2], 1e-13)) fail_msg("psi_%g(%g) is %.17g, not %.17g", psi[i][0], psi[i][1], v, psi[i][2]);
    }
    double zero = *run(ir_map2(g, OP_polygamma, ir_const(g, 0), ir_const(g, 1.4616321449683622)));
    assert_true(fabs(zero) < 1e-15);
}

static void test_leaves_find_their_values(void **state)
{
    (void)state;
    uint32_t dim = size_new_dim(g->tables->sizes, "N", 9);
    ir_size n = size_of_dim(g->tables->sizes, dim);
    const struct ir_shape *s = SHAPE(n);
    const double a[] = {1, 2}, b[] = {3, 4}, c[] = {5, 6}, d[] = {7, 8}, numbers[] = {0.5, 0.25};
    env = (struct interp_env){.dims = (int64_t[]){2},
                              .inputs = (const double *[]){NULL, a},
                              .params = (const double *[]){b, b},
                              .states = (const double *[]){c},
                              .slots = (const double *[]){a, a, a, d},
                              .numbers = numbers,
                              .tick = 12,
                              .n_params = 2};
    EXPECT(ir_leaf(g, OP_input, IR_REAL, s, 1, 0), 1, 2);
    EXPECT(ir_leaf(g, OP_param, IR_REAL, s, 0, 0), 3, 4);
    EXPECT(ir_leaf(g, OP_state, IR_REAL, s, 0, 0), 5, 6);
    EXPECT(ir_leaf(g, OP_slot, IR_REAL, s, 1, 1), 7, 8);
    EXPECT(ir_leaf(g, OP_number, IR_REAL, ir_scalar_shape(g->tables), 1, 0), 0.25);
    EXPECT(ir_leaf(g, OP_tick, IR_REAL, ir_scalar_shape(g->tables), 0, 0), 12);
    EXPECT(ir_leaf(g, OP_training, IR_REAL, ir_scalar_shape(g->tables), 0, 0), 0);
    EXPECT(ir_dimval(g, size_mul(g->tables->sizes, n, size_const(g->tables->sizes, 3))), 6);
    EXPECT(ir_iota(g, size_add(g->tables->sizes, n, size_const(g->tables->sizes, 1))), 0, 1, 2);
    EXPECT(ir_map1(g, OP_real, ir_iota(g, 2)), 0, 1);
    assert_null(try(ir_leaf(g, OP_input, IR_REAL, s, 0, 0)));
    assert_string_equal(why, "an input has no value here");
    assert_null(try(ir_hole(g, s)));
}

static void test_random_numbers_are_the_formula(void **state)
{
    (void)state;
    env.key = 1;
    EXPECT(ir_leaf(g, OP_random, IR_REAL, SHAPE(2, 2), 0, 0), 12578688 / 16777216., 6247724 / 16777216.,
           7353183 / 16777216., 16007422 / 16777216.);
    env.key = UINT64_MAX;
    EXPECT(ir_leaf(g, OP_random, IR_REAL, SHAPE(1), 7, 0), 11593934 / 16777216.);
}

static void test_identities_pass_their_value_on(void **state)
{
    (void)state;
    ir_id x = VECTOR(1, 2), y = ir_map2(g, OP_mul, x, x), hole = ir_hole(g, SHAPE(2));
    EXPECT(ir_bind(g, y), 1, 4);
    EXPECT(ir_map1(g, OP_stop, y), 1, 4);
    /* the adjoint hangs on a hole that has no value: evaluating it would fail */
    EXPECT(ir_custom(g, y, &x, 1, hole, (const ir_id[]){ir_map1(g, OP_neg, hole)}), 1, 4);
}

static void test_reductions(void **state)
{
    (void)state;
    ir_id x = TENSOR(SHAPE(2, 3), 1, 5, 3, 5, 2, 5);
    EXPECT(ir_reduce(g, OP_sum, x, 1), 6, 7, 8);
    EXPECT(ir_reduce(g, OP_sum, x, 2), 9, 12);
    EXPECT(ir_reduce(g, OP_sum, x, 3), 21);
    EXPECT(ir_reduce(g, OP_max_of, x, 2), 5, 5);
    EXPECT(ir_reduce(g, OP_min_of, x, 1), 1, 2, 3);
    EXPECT(ir_argreduce(g, OP_argmax, x, 1), 1, 0);
    EXPECT(ir_argreduce(g, OP_argmin, x, 0), 0, 1, 0);
}

static void test_extremes_pass_on_nan_and_begin_with_an_element(void **state)
{
    (void)state;
    EXPECT(ir_reduce(g, OP_max_of, VECTOR(1, NAN, 3), 1), NAN);
    EXPECT(ir_reduce(g, OP_min_of, VECTOR(NAN, 1), 1), NAN);
    EXPECT(ir_reduce(g, OP_max_of, VECTOR(-INF, -INF), 1), -INF);
    EXPECT(ir_reduce(g, OP_max_of, VECTOR(-3, -2), 1), -2);
    EXPECT(ir_argreduce(g, OP_argmax, VECTOR(1, NAN, 3, NAN), 0), 1);
    EXPECT(ir_argreduce(g, OP_argmin, VECTOR(1, NAN, -3), 0), 1);
    EXPECT(ir_argreduce(g, OP_argmax, VECTOR(-INF, -INF), 0), 0);
}

static void test_reductions_of_nothing(void **state)
{
    (void)state;
    ir_id none = tensor(SHAPE(0), NULL, 0), rows = tensor(SHAPE(2, 0), NULL, 0);
    EXPECT(ir_reduce(g, OP_sum, none, 1), 0);
    EXPECT(ir_reduce(g, OP_sum, rows, 2), 0, 0);
    EXPECT(ir_contract(g, rows, (const uint8_t[]){0, 1}, none, (const uint8_t[]){1}, (const uint8_t[]){0}, 1), 0, 0);
    assert_null(try(ir_reduce(g, OP_max_of, none, 1)));
    assert_string_equal(why, "the max_of of no elements");
    assert_null(try(ir_reduce(g, OP_max_of, rows, 2)));
    assert_non_null(try(ir_reduce(g, OP_max_of, rows, 1))); /* nothing of nothing is nothing */
}

static void test_sums_err_little(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    double *x = arena_many(&arena, double, N), exact = 0;
    for (int i = 0; i < N; i++) x[i] = 0.1;
    exact = 0.1 * N;
    double v = *run(ir_reduce(g, OP_sum, ir_tensor(g, SHAPE(N), x), 1));
    assert_true(v == exact); /* a power of two of equal terms: every partial sum is exact */
    double naive = 0;
    for (int i = 0; i < N; i++) naive += x[i];
    assert_true(naive != exact);
}

static void test_moves(void **state)
{
    (void)state;
    ir_id x = TENSOR(SHAPE(2, 3), 1, 2, 3, 4, 5, 6), v = VECTOR(1, 2, 3);
    EXPECT(ir_expand(g, v, SHAPE(2, 3), (const int[]){-1, 0}), 1, 2, 3, 1, 2, 3);
    EXPECT(ir_expand(g, v, SHAPE(3, 2), (const int[]){0, -1}), 1, 1, 2, 2, 3, 3);
    EXPECT(ir_full(g, 7, SHAPE(2)), 7, 7);
    EXPECT(ir_reshape(g, x, SHAPE(3, 2)), 1, 2, 3, 4, 5, 6);
    EXPECT(ir_permute(g, x, (const int[]){1, 0}), 1, 4, 2, 5, 3, 6);
    EXPECT(ir_slice(g, x, SHAPE(1, 2), (const ir_size[]){1, 0}, (const int64_t[]){1, 2}), 4, 6);
    EXPECT(ir_slice(g, v, SHAPE(3), (const ir_size[]){2}, (const int64_t[]){-1}), 3, 2, 1);
    EXPECT(ir_place(g, VECTOR(1, 2), SHAPE(5), (const ir_size[]){1}, (const int64_t[]){2}), 0, 1, 0, 2, 0);
    EXPECT(ir_place(g, v, SHAPE(3), (const ir_size[]){2}, (const int64_t[]){-1}), 3, 2, 1);
    EXPECT(ir_concat(g, (const ir_id[]){x, TENSOR(SHAPE(2, 1), 8, 9)}, 2, 1), 1, 2, 3, 8, 4, 5, 6, 9);
    EXPECT(ir_concat(g, (const ir_id[]){x, TENSOR(SHAPE(1, 3), 7, 8, 9)}, 2, 0), 1, 2, 3, 4, 5, 6, 7, 8, 9);
    EXPECT(ir_cumsum(g, x, 1, false, false), 1, 3, 6, 4, 9, 15);
    EXPECT(ir_cumsum(g, x, 0, false, false), 1, 2, 3, 5, 7, 9);
    EXPECT(ir_cumsum(g, x, 1, true, false), 6, 5, 3, 15, 11, 6);
    EXPECT(ir_cumsum(g, x, 1, false, true), 0, 1, 3, 0, 4, 9);
    EXPECT(ir_cumsum(g, x, 1, true, true), 5, 3, 0, 11, 6, 0);
}

static void test_windows_and_their_transpose(void **state)
{
    (void)state;
    ir_id x = VECTOR(1, 2, 3, 4, 5);
    EXPECT(ir_window(g, x, 0, 3, 3, 1, 1, 0), 1, 2, 3, 2, 3, 4, 3, 4, 5);
    EXPECT(ir_window(g, x, 0, 3, 3, 2, 1, 1), 0, 1, 2, 2, 3, 4, 4, 5, 0);
    EXPECT(ir_window(g, x, 0, 1, 3, 1, 2, 0), 1, 3, 5);
    EXPECT(ir_window(g, TENSOR(SHAPE(3, 2), 1, 2, 3, 4, 5, 6), 0, 2, 2, 1, 1, 0), 1, 2, 3, 4, 3, 4, 5, 6);
    ir_id w = TENSOR(SHAPE(3, 3), 1, 1, 1, 1, 1, 1, 1, 1, 1);
    EXPECT(ir_overlap(g, w, 0, 5, 1, 1, 0), 1, 2, 3, 2, 1);
    EXPECT(ir_overlap(g, w, 0, 5, 2, 1, 1), 1, 2, 1, 2, 1);
}

static void test_gather_and_scatter(void **state)
{
    (void)state;
    static const double at[] = {2, 0, 2, 1}, far[] = {3, 0, 0, 0}, below[] = {-1, 0, 0, 0}, nan[] = {NAN, 0, 0, 0};
    ir_id x = TENSOR(SHAPE(3, 2), 1, 2, 3, 4, 5, 6), idx = integers(SHAPE(2, 2), at, 0);
    EXPECT(ir_gather(g, x, idx, 0), 5, 6, 1, 2, 5, 6, 3, 4);
    EXPECT(ir_gather(g, ir_permute(g, x, (const int[]){1, 0}), idx, 1), 5, 1, 5, 3, 6, 2, 6, 4);
    ir_id ones = ir_full(g, 1, SHAPE(2, 2, 2));
    EXPECT(ir_scatter(g, ones, idx, SHAPE(3, 2), 0), 1, 1, 1, 1, 2, 2);
    assert_null(try(ir_gather(g, x, integers(SHAPE(2, 2), far, 1), 0)));
    assert_string_equal(why, "index 3 is outside 0..2");
    assert_null(try(ir_scatter(g, ones, integers(SHAPE(2, 2), below, 2), SHAPE(3, 2), 0)));
    assert_string_equal(why, "index -1 is outside 0..2");
    assert_null(try(ir_gather(g, x, integers(SHAPE(2, 2), nan, 3), 0)));
    assert_string_equal(why, "an index is not a number");
}

static void test_contract_any_labels(void **state)
{
    (void)state;
    ir_id a = TENSOR(SHAPE(2, 3), 1, 2, 3, 4, 5, 6), b = TENSOR(SHAPE(3, 2), 1, 2, 3, 4, 5, 6), v = VECTOR(1, 10, 100);
    EXPECT(ir_contract(g, a, (const uint8_t[]){0, 1}, b, (const uint8_t[]){1, 2}, (const uint8_t[]){0, 2}, 2), 22, 28,
           49, 64);
    EXPECT(ir_contract(g, a, (const uint8_t[]){0, 1}, b, (const uint8_t[]){1, 2}, (const uint8_t[]){2, 0}, 2), 22, 49,
           28, 64);
    EXPECT(ir_contract(g, a, (const uint8_t[]){0, 1}, v, (const uint8_t[]){1}, (const uint8_t[]){0}, 1), 321, 654);
    EXPECT(ir_contract(g, v, (const uint8_t[]){0}, v, (const uint8_t[]){0}, NULL, 0), 10101);
    EXPECT(ir_contract(g, v, (const uint8_t[]){0}, VECTOR(1, 2), (const uint8_t[]){5}, (const uint8_t[]){5, 0}, 2), 1,
           10, 100, 2, 20, 200);
    EXPECT(ir_contract(g, a, (const uint8_t[]){3, 4}, a, (const uint8_t[]){3, 4}, (const uint8_t[]){3}, 1), 14, 77);
    EXPECT(ir_contract(g, VECTOR(INF, 1), (const uint8_t[]){0}, VECTOR(0, 1), (const uint8_t[]){0}, NULL, 0), NAN);
}

static void test_orthonormal(void **state)
{
    (void)state;
    EXPECT(ir_map1(g, OP_orthonormal, TENSOR(SHAPE(2, 1), 3, 4)), .6, .8);
    EXPECT(ir_map1(g, OP_orthonormal, TENSOR(SHAPE(1, 2), 3, -4)), .6, -.8);
    EXPECT(ir_map1(g, OP_orthonormal, TENSOR(SHAPE(2, 2), 2, 5, 0, 3)), 1, 0, 0, 1); /* the columns of a square */
    const double *y = run(ir_map1(g, OP_orthonormal, TENSOR(SHAPE(2, 3, 1), 1, 2, 3, 3, 1, 2)));
    double s00 = 0, s01 = 0, s11 = 0;
    for (int i = 0; i < 3; i++) {
        s00 += y[i] * y[i];
        s01 += y[i] * y[3 + i];
        s11 += y[3 + i] * y[3 + i];
    }
    assert_true(fabs(s00 - 1) < 1e-15 && fabs(s01) < 1e-15 && fabs(s11 - 1) < 1e-15);
}

static void test_systems(void **state)
{
    (void)state;
    ir_id a = TENSOR(SHAPE(2, 2), 0, 2, 4, 1), b = TENSOR(SHAPE(2, 2), 2, 4, 5, 2), lu = ir_lu(g, a);
    EXPECT(ir_solve(g, a, b, lu, false), 1, 0, 1, 2);
    EXPECT(ir_solve(g, a, b, lu, true), 2.25, .5, .5, 1);
    ir_id two = TENSOR(SHAPE(2, 1, 1), 2, 0), of = TENSOR(SHAPE(2, 1, 1), 3, 1); /* the second is singular */
    EXPECT(ir_solve(g, two, of, ir_lu(g, two), false), 1.5, NAN);
    EXPECT(ir_logdet(g, two, ir_lu(g, two)), log(2), -INF);
    EXPECT(ir_logdet(g, a, lu), NAN); /* its determinant is -8 */
    ir_id turned = TENSOR(SHAPE(2, 2), 0, -2, 4, 1);
    EXPECT(ir_logdet(g, turned, ir_lu(g, turned)), log(8));
    ir_id flat = TENSOR(SHAPE(2, 2), 1, 2, 2, 4);
    EXPECT(ir_solve(g, flat, b, ir_lu(g, flat), false), NAN, NAN, NAN, NAN);
}

static void test_triangles(void **state)
{
    (void)state;
    ir_id t = TENSOR(SHAPE(2, 2), 2, 8, 1, 4), b = TENSOR(SHAPE(2, 1), 8, 4);
    EXPECT(ir_tri_solve(g, t, b, false, false), 4, 0);
    EXPECT(ir_tri_solve(g, t, b, false, true), 3.5, 1);
    EXPECT(ir_tri_solve(g, t, b, true, false), 0, 1);
    EXPECT(ir_tri_solve(g, t, b, true, true), 4, -7);
    EXPECT(ir_tri_solve(g, TENSOR(SHAPE(2, 2), 1, 0, 1, 0), b, false, false), NAN, NAN);
}

static void test_cholesky(void **state)
{
    (void)state;
    EXPECT(ir_map1(g, OP_cholesky, TENSOR(SHAPE(2, 2), 4, 8, -4, 10)), 2, 0, 1, 3);
    EXPECT(ir_map1(g, OP_cholesky, TENSOR(SHAPE(2, 1, 1), 9, -9)), 3, NAN);
    EXPECT(ir_map1(g, OP_cholesky, TENSOR(SHAPE(2, 2), 1, 1, 1, 1)), NAN, NAN, NAN, NAN);
}

/* a, b = b, a + b; and what is read by row, whole, and by the number of the turn. */
static void test_loops(void **state)
{
    (void)state;
    ir_id x = TENSOR(SHAPE(4), 10, 20, 30, 40), w = ir_const(g, .5), out[2], rows[2];
    struct ir_turn turn = {.name = "t", .turns = 4, .turn = ir_turn_leaf(g), .n_carry = 2, .n_collect = 2};
    ir_id hole[2] = {ir_hole(g, ir_scalar_shape(g->tables)), ir_hole(g, ir_scalar_shape(g->tables))};
    ir_id sum = ir_map2(g, OP_add, hole[0], hole[1]), wide = ir_map2(g, OP_mul, ir_bind(g, w), ir_bind(g, w));
    ir_id first[2] = {ir_const(g, 0), ir_const(g, 1)}, next[2] = {hole[1], sum};
    ir_id number = ir_map1(g, OP_real, turn.turn), row = ir_gather(g, x, turn.turn, 0);
    ir_id collect[2] = {sum, ir_map2(g, OP_add, row, ir_map2(g, OP_mul, wide, number))};
    turn.carry = hole;
    turn.init = first;
    turn.next = next;
    turn.collect = collect;
    ir_loop(g, &turn, out, rows);
    EXPECT(out[0], 3);
    EXPECT(out[1], 5);
    EXPECT(rows[0], 1, 2, 3, 5);
    EXPECT(rows[1], 10, 20.25, 30.5, 40.75);
    ir_loop_of(g, ir_at(g, out[0])->arg[0])->backward = true;
    EXPECT(rows[0], 5, 3, 2, 1);
    EXPECT(rows[1], 10, 20.25, 30.5, 40.75);
    const struct ir_graph *body = ir_loop_of(g, ir_at(g, out[0])->arg[0])->body;
    for (ir_id id = 1; id < body->n; id++) seen[ir_at(body, id)->op] = true;
    assert_null(try(turn.turn)); /* outside of its loop it has no value */
    assert_null(try(ir_leaf(g, OP_row, IR_REAL, ir_scalar_shape(g->tables), 0, 0)));
}

static void test_single_rounds_every_result(void **state)
{
    (void)state;
    env.single = true;
    ir_id third = ir_map2(g, OP_div, ir_const(g, 1), ir_const(g, 3));
    EXPECT(third, (double)(1.f / 3.f));
    EXPECT(ir_const(g, 0.1), (double)0.1f);
    EXPECT(ir_map1(g, OP_exp, ir_const(g, 88.73)), INF);
    EXPECT(ir_map2(g, OP_add, ir_const(g, 16777216), ir_const(g, 1)), 16777216);
    EXPECT(ir_iota(g, 3), 0, 1, 2);
    static const double big[] = {16777217};
    EXPECT(integers(SHAPE(1), big, 0), 16777217);
    EXPECT(ir_map1(g, OP_real, integers(SHAPE(1), big, 0)), 16777216);
}

static void test_sizes_of_a_call_have_limits(void **state)
{
    (void)state;
    struct ir_sizes *t = g->tables->sizes;
    ir_size n = size_of_dim(t, size_new_dim(t, "N", (int64_t)1 << 40));
    env.dims = (int64_t[]){(int64_t)1 << 16};
    ir_id big = ir_reduce(g, OP_sum, ir_full(g, 1, SHAPE(n, n)), 3);
    assert_null(try(big));
    assert_string_equal(why, "a tensor has over 2^31 elements");
    env.dims = (int64_t[]){8};
    EXPECT(big, 64);
    ir_id x = ir_full(g, 1, SHAPE(n));
    env.dims = (int64_t[]){4};
    EXPECT(ir_slice(g, x, SHAPE(2), (const ir_size[]){2}, (const int64_t[]){1}), 1, 1);
    assert_null(try(ir_slice(g, x, SHAPE(2), (const ir_size[]){3}, (const int64_t[]){1})));
    assert_string_equal(why, "a slice from 3 to 4 of an axis of 4");
}

static void test_constants_need_no_surroundings(void **state)
{
    (void)state;
    double *v;
    ir_id two = ir_map2(g, OP_add, ir_const(g, 1), ir_const(g, 1));
    assert_true(interp_constant(g, two, &arena, &v, &why));
    assert_true(*v == 2);
    ir_size n = size_of_dim(g->tables->sizes, size_new_dim(g->tables->sizes, "N", 4));
    assert_false(interp_constant(g, ir_dimval(g, n), &arena, &v, &why));
    assert_string_equal(why, "a run-time size is not a constant");
    assert_false(interp_constant(g, ir_leaf(g, OP_param, IR_REAL, SHAPE(1), 0, 0), &arena, &v, &why));
}

static void test_several_roots_and_only_what_they_need(void **state)
{
    (void)state;
    ir_id x = VECTOR(1, 2, 3), hole = ir_hole(g, SHAPE(3)), y = ir_map1(g, OP_neg, x);
    (void)ir_map2(g, OP_add, hole, y); /* has no value; nobody asks */
    ir_id root[] = {y, x, y, ir_bind(g, x)};
    double *v[4];
    assert_true(interp_run(g, &env, root, 4, &arena, v, &why));
    for (int i = 0; i < 3; i++)
        assert_true(v[0][i] == -(i + 1) && v[1][i] == i + 1 && v[2][i] == v[0][i] && v[3][i] == v[1][i]);
}

static void test_a_million_scalars_in_a_row(void **state)
{
    (void)state;
    ir_id one = ir_const(g, 1), x = ir_const(g, 0);
    for (int i = 0; i < 1000000; i++) x = ir_map2(g, OP_add, x, one);
    assert_true(x != 0);
    size_t before = arena.used;
    double *v;
    arena.limit = before + (40u << 20);
    assert_true(interp_run(g, &env, &x, 1, &arena, &v, &why));
    arena.limit = 0;
    assert_true(*v == 1000000);
    assert_true(arena.used - before < 64);
}

static void test_large_values_are_used_again(void **state)
{
    (void)state;
    enum { N = 1 << 14 };
    ir_id x = ir_full(g, 1, SHAPE(N)), sum = x;
    for (int i = 0; i < 1000; i++) {
        sum = ir_map2(g, OP_add, ir_reshape(g, ir_bind(g, ir_map1(g, OP_neg, sum)), SHAPE(N / 2, 2)),
                      ir_full(g, 1, SHAPE(N / 2, 2)));
        sum = ir_map2(g, OP_add, ir_reshape(g, sum, SHAPE(N)), x);
    }
    double *v;
    arena.limit = arena.used + 20 * N * sizeof(double);
    assert_true(interp_run(g, &env, &sum, 1, &arena, &v, &why));
    /* s -> 2 - s, a thousand times from 1 */
    for (int i = 0; i < N; i += 1000) assert_true(v[i] == 1);
}

static void test_every_operation_was_tried(void **state)
{
    (void)state;
    for (int op = 1; op < OP_COUNT; op++)
        if (!seen[op]) fail_msg("%s was not tried", ir_ops[op].name);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_every_scalar_function),
        TEST(test_signs_of_zero),
        TEST(test_polygamma_is_right_to_thirteen_digits),
        TEST(test_leaves_find_their_values),
        TEST(test_random_numbers_are_the_formula),
        TEST(test_identities_pass_their_value_on),
        TEST(test_reductions),
        TEST(test_extremes_pass_on_nan_and_begin_with_an_element),
        TEST(test_reductions_of_nothing),
        TEST(test_sums_err_little),
        TEST(test_moves),
        TEST(test_windows_and_their_transpose),
        TEST(test_gather_and_scatter),
        TEST(test_contract_any_labels),
        TEST(test_orthonormal),
        TEST(test_loops),
        TEST(test_systems),
        TEST(test_triangles),
        TEST(test_cholesky),
        TEST(test_single_rounds_every_result),
        TEST(test_sizes_of_a_call_have_limits),
        TEST(test_constants_need_no_surroundings),
        TEST(test_several_roots_and_only_what_they_need),
        TEST(test_a_million_scalars_in_a_row),
        TEST(test_large_values_are_used_again),
        TEST(test_every_operation_was_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
