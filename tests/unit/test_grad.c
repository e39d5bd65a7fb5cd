#include "ir_fixture.h"

static ir_id times(double c, ir_id x)
{
    return MAP2(mul, ir_full(g, c, ir_at(g, x)->shape), x);
}

static ir_id positive(ir_id x)
{
    return MAP2(lt, ir_full(g, 0, ir_at(g, x)->shape), x);
}

static ir_id zeros_like(ir_id x)
{
    return ir_full(g, 0, ir_at(g, x)->shape);
}

/* The value at x of a scalar node over input 0, before and after simplify(). */
static double at(ir_id y, double x)
{
    const double *in[] = {&x};
    double a = run(y, in)[0];
    ir_id root = y;
    struct ir_graph *s = simplify(g, 0, &root, 1);
    assert_null(ir_verify(s));
    double b = run_graph(s, root, in)[0];
    if (!(a == b || (a != a && b != b) || fabs(a - b) <= 1e-14 * fabs(a))) fail_msg("simplify changes the value");
    return a;
}

#define assert_value(is, should)                                                                                       \
    do {                                                                                                               \
        double a_ = (is), b_ = (should);                                                                               \
        if (!(a_ == b_ || (a_ != a_ && b_ != b_) || fabs(a_ - b_) <= 1e-12 * fabs(b_)))                                \
            fail_msg("line %d: %d/1000000 where %d/1000000 was expected", __LINE__, (int)(a_ * 1e6), (int)(b_ * 1e6)); \
    } while (0)

/* ---- structure ---- */

static void test_grad_of_what_is_not_used_is_zero(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), z = input(VECTOR(3)), y = MAP1(exp, x);
    ir_id d = grad(y, z);
    assert_ptr_equal(ir_at(g, d)->shape, VECTOR(3));
    assert_value(run(d, (const double *[]){(double[]){1}, (double[]){1, 2, 3}})[2], 0);
    ir_id later = input(SCALAR);
    assert_value(at(grad(y, later), 1), 0);
}

static void test_grad_stops_at_a_binding_and_goes_on_for_others(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), u = ir_bind(g, MAP2(mul, x, x)), y = MAP2(mul, u, x), target[2] = {u, x}, d[2];
    assert_true(grad_reverse(g, &ctx.diags, y, 0, target, 2, d));
    assert_value(at(d[0], 3), 3);
    assert_value(at(d[1], 3), 27);
    assert_value(at(grad(y, u), 3), 3);
    ir_id twin = ir_bind(g, MAP2(mul, x, x)); /* an equal value, another variable */
    assert_value(at(grad(y, twin), 3), 0);
}

static void test_grad_of_a_variable_by_itself_is_one(void **state)
{
    (void)state;
    ir_id x = input(SCALAR);
    assert_value(at(grad(x, x), 3), 1);
}

static void test_grad_same_operand_twice(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), a = MAP2(mul, x, x), y = MAP2(add, a, MAP2(mul, a, x)), dy = grad(y, x);
    assert_value(at(grad(a, x), 3), 6);
    assert_value(at(dy, 2), 16);
    assert_value(at(grad(dy, x), 2), 14);
    assert_value(at(grad(MAP2(sub, x, x), x), 3), 0);
    assert_value(at(grad(MAP2(div, x, x), x), 3), 0);
}

static void test_grad_stop_detaches(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), y = MAP2(mul, x, ir_map1(g, OP_stop, x)), dy = grad(y, x);
    assert_value(at(dy, 3), 3);
    assert_value(at(grad(dy, x), 3), 0);
}

static void test_grad_sums_contributions_in_a_balanced_tree(void **state)
{
    (void)state;
    enum { USES = 1000 };
    ir_id x = input(SCALAR), y = x;
    for (int i = 0; i < USES; i++) y = MAP2(add, y, MAP2(mul, MAP1(sin, ir_const(g, i)), x));
    ir_id before = g->n, dx = grad(y, x);
    uint32_t *depth = arena_many(&ctx.arena, uint32_t, g->n);
    for (ir_id id = before; id < g->n; id++)
        for (uint32_t i = 0; i < ir_at(g, id)->n_arg; i++)
            if (depth[ir_at(g, id)->arg[i]] >= depth[id]) depth[id] = depth[ir_at(g, id)->arg[i]] + 1;
    assert_in_range(depth[dx], 1, 14);
}

static void test_grad_adjoints_are_named_and_placed_after_the_user(void **state)
{
    (void)state;
    g->here = (struct span){10, 20};
    ir_id x = input(SCALAR), h = MAP1(exp, x);
    ir_name(g, h, "h");
    g->here = (struct span){30, 40};
    ir_id y = MAP1(tanh, h), d = 0;
    (void)grad(y, x);
    for (ir_id id = 1; id < g->n; id++)
        if (ir_at(g, id)->name && strcmp(ir_at(g, id)->name, "d_h") == 0) d = id;
    assert_true(d > y);
    assert_int_equal(ir_at(g, d)->at.lo, 30);
    assert_int_equal(ir_at(g, g->n - 1)->at.lo, 10);
}

static void test_grad_refuses_with_the_reason(void **state)
{
    (void)state;
    ir_id x = input(MATRIX(2, 2)), y = sum(ir_map1(g, OP_orthonormal, x)), dx;
    assert_false(grad_reverse(g, &ctx.diags, y, 0, &x, 1, &dx));
    assert_int_equal(ctx.diags.list.n, 1);
    assert_int_equal(ctx.diags.list.at[0].code, E0501);
    assert_non_null(strstr(ctx.diags.list.at[0].text, ir_ops[OP_orthonormal].no_derivative));
}

static void test_grad_long_chains_take_no_stack(void **state)
{
    (void)state;
    enum { LONG = 300000 };
    ir_id x = input(SCALAR), y = x;
    for (int i = 0; i < LONG; i++) y = MAP2(add, MAP2(mul, y, ir_const(g, 0.5)), x);
    ir_id dx;
    assert_true(grad_reverse(g, &ctx.diags, y, 0, &x, 1, &dx));
    assert_value(at(dx, 1), 2);
}

/* ---- adjoints written by hand ---- */

static void test_grad_custom_takes_the_given_adjoint(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), hole = ir_hole(g, SCALAR), fake = times(100, MAP2(mul, hole, x));
    ir_id y = ir_custom(g, MAP1(exp, x), &x, 1, hole, &fake), dy = grad(times(2, y), x);
    assert_value(at(y, 0), 1);
    assert_value(at(dy, 3), 600);
    assert_value(at(grad(dy, x), 3), 200); /* of the adjoint, not of exp */
    ir_id two = ir_const(g, 2), forward = grad_forward(g, &ctx.diags, y, &x, &two, 1);
    assert_value(at(forward, 3), 600);
}

static void test_grad_custom_without_adjoint_passes_nothing(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), none = 0, y = ir_custom(g, MAP1(exp, x), &x, 1, ir_hole(g, SCALAR), &none);
    assert_value(at(grad(y, x), 3), 0);
}

static void test_grad_custom_may_bend_what_comes_in(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), hole = ir_hole(g, SCALAR), one = ir_const(g, 1);
    ir_id clipped = MAP2(min, hole, one), y = ir_custom(g, x, &x, 1, hole, &clipped);
    assert_value(at(grad(times(5, y), x), 0), 1);
    ir_id forward = grad_forward(g, &ctx.diags, y, &x, &one, 1);
    assert_value(at(forward, 0), 1); /* the slope at 0; no hole is left in it */
}

/* ---- points where libraries differ: the rows of NUMERICS ---- */

static void test_grad_numerics_kinks(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), one = ir_const(g, 1);
    assert_value(at(grad(MAP1(abs, x), x), 0), 0);
    assert_value(at(grad(MAP1(abs, x), x), -2), -1);
    assert_value(at(grad(MAP1(floor, x), x), 1.5), 0);
    assert_value(at(grad(MAP2(max, x, one), x), 1), 0.5);
    assert_value(at(grad(MAP2(min, x, one), x), 1), 0.5);
    assert_value(at(grad(MAP2(max, x, one), x), 2), 1);
    assert_value(at(grad(MAP2(max, x, one), x), 0), 0);
    ir_id v = input(VECTOR(3)), d = grad(ir_reduce(g, OP_max_of, v, 1), v);
    double *share = run(d, (const double *[]){(double[]){0}, (double[]){1, 1, 0}});
    assert_value(share[0], 0.5);
    assert_value(share[1], 0.5);
    assert_value(share[2], 0);
}

static void test_grad_numerics_singular_points(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), root = MAP1(sqrt, x), zero = ir_const(g, 0);
    assert_value(at(grad(root, x), 0), INFINITY);
    assert_value(at(grad(grad(root, x), x), 0), -INFINITY);
    assert_value(at(grad(MAP2(mul, root, zero), x), 0), NAN);
    assert_value(at(grad(MAP2(mul, MAP1(log, x), zero), x), 0), NAN);
    assert_value(at(grad(MAP1(rsqrt, x), x), 0), -INFINITY);
    assert_value(at(grad(MAP1(log, x), x), 0), INFINITY);
    assert_value(at(grad(MAP1(log, x), x), -1), -1);
    assert_value(at(grad(MAP2(div, ir_const(g, 1), x), x), 0), -INFINITY);
    assert_value(at(MAP2(div, x, x), 0), NAN);
    assert_value(at(grad(MAP2(div, x, x), x), 0), NAN);
    assert_value(at(grad(MAP2(hypot, x, x), x), 0), 0);
    assert_value(at(grad(MAP2(atan2, x, x), x), 0), NAN);
    assert_value(at(grad(MAP1(asin, x), x), 1), INFINITY);
    assert_value(at(grad(MAP1(acos, x), x), 1), -INFINITY);
    assert_value(at(grad(MAP1(acosh, x), x), 1), INFINITY);
    assert_value(at(grad(MAP1(sigmoid, x), x), 1000), 0);
    assert_value(at(grad(MAP1(sigmoid, x), x), -1000), 0);
    assert_value(at(grad(MAP1(tanh, x), x), 20), 0);
}

static void test_grad_numerics_powers(void **state)
{
    (void)state;
    static const struct {
        double x, y, dx, dy;
    } row[] = {
        {0, 0, 0, 0},     {0, 2, 0, 0},        {0, .5, INFINITY, 0},          {0, -1, -INFINITY, -INFINITY},
        {-2, 3, 12, NAN}, {-2, 2.5, NAN, NAN}, {2, 3, 12, 5.545177444479562}, {1, NAN, NAN, 0},
        {NAN, 0, 0, NAN},
    };
    ir_id x = input(SCALAR), y = input(SCALAR), p = MAP2(pow, x, y), dx = grad(p, x), dy = grad(p, y);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const double *in[] = {&row[i].x, &row[i].y};
        assert_value(run(dx, in)[0], row[i].dx);
        assert_value(run(dy, in)[0], row[i].dy);
    }
    ir_id square = MAP2(pow, x, ir_const(g, 2)), second = grad(grad(square, x), x);
    assert_value(at(second, 0), 2);
}

/* ---- where: the branch not taken leaves nothing ---- */

static void test_grad_where_drops_the_branch_not_taken(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), zero = ir_const(g, 0), c = positive(x), in = MAP2(lt, x, ir_const(g, 1));
    ir_id log_x = MAP3(select, c, MAP1(log, x), zero), root = MAP3(select, c, MAP1(sqrt, x), zero);
    ir_id decay = MAP3(select, in, x, MAP1(exp, MAP1(neg, x)));
    assert_value(at(grad(log_x, x), 0), 0);
    assert_value(at(grad(log_x, x), 2), 0.5);
    assert_value(at(grad(root, x), 0), 0);
    assert_value(at(grad(decay, x), -1000), 1);
    assert_value(at(grad(decay, x), 2), -exp(-2));
    assert_value(at(grad(grad(log_x, x), x), 0), 0);
    assert_value(at(grad(grad(log_x, x), x), 2), -0.25);
    assert_value(at(grad(grad(root, x), x), 0), 0);
    assert_value(at(grad(grad(decay, x), x), -1000), 0);
    assert_value(at(grad(grad(decay, x), x), 2), exp(-2));
}

static void test_grad_where_nested_and_shared(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), zero = ir_const(g, 0), c = positive(x), big = MAP2(lt, ir_const(g, 1), x),
          s = MAP1(sqrt, x);
    ir_id nested = MAP3(select, c, MAP3(select, big, MAP1(log, s), s), times(-1, x)), d = grad(nested, x);
    assert_value(at(d, 0), -1);
    assert_value(at(d, 4), 0.125);
    assert_value(at(d, 0.25), 1);
    /* two selects of one square root, neither taken */
    ir_id both = MAP2(add, MAP3(select, c, s, zero), MAP3(select, big, times(2, s), zero));
    assert_value(at(grad(both, x), 0), 0);
    assert_value(at(grad(both, x), 4), 0.75);
    assert_value(at(grad(both, x), 0.25), 1);
    assert_value(at(grad(grad(both, x), x), 0), 0);
    /* taken once plainly: honest again */
    assert_value(at(grad(MAP2(add, both, MAP2(mul, s, zero)), x), 0), NAN);
    /* after the select the chain goes on */
    ir_id after = MAP1(exp, MAP3(select, c, MAP1(log, x), x));
    assert_value(at(grad(after, x), 3), 1);
    assert_value(at(grad(after, x), 0), 1);
}

static void test_grad_where_reaches_through_sums_and_moves(void **state)
{
    (void)state;
    ir_id v = input(VECTOR(3)), c = input(SCALAR), logs = MAP1(log, v), zero = ir_const(g, 0);
    ir_id w = ir_tensor(g, MATRIX(3, 3), (double[]){1, 2, 3, 4, 5, 6, 7, 8, 9});
    ir_id first = ir_slice(g, logs, VECTOR(1), (ir_size[]){0}, (int64_t[]){1});
    ir_id product = ir_contract(g, logs, (uint8_t[]){0}, w, (uint8_t[]){0, 1}, (uint8_t[]){1}, 1);
    ir_id column = ir_expand(g, logs, MATRIX(3, 2), (int[]){0, -1}), cs = ir_expand(g, c, VECTOR(3), (int[]){-1});
    ir_id ys[] = {
        MAP3(select, c, sum(logs), zero),
        MAP3(select, c, sum(first), zero),
        MAP3(select, c, sum(product), zero),
        sum(MAP3(select, cs, ir_cumsum(g, logs, 0, false, false), zeros_like(v))),
        sum(MAP3(select, ir_full(g, 0, MATRIX(3, 2)), column, ir_full(g, 1, MATRIX(3, 2)))),
        sum(MAP3(select, positive(ir_reshape(g, v, MATRIX(3, 1))), ir_reshape(g, logs, MATRIX(3, 1)),
                 ir_full(g, 0, MATRIX(3, 1)))),
        sum(MAP3(select, ir_expand(g, positive(v), MATRIX(3, 2), (int[]){0, -1}), column, ir_full(g, 0, MATRIX(3, 2)))),
        sum(MAP3(select, positive(ir_place(g, v, VECTOR(5), (ir_size[]){1}, (int64_t[]){1})),
                 ir_place(g, logs, VECTOR(5), (ir_size[]){1}, (int64_t[]){1}), ir_full(g, 0, VECTOR(5)))),
    };
    for (size_t i = 0; i < sizeof ys / sizeof *ys; i++) {
        ir_id d = grad(ys[i], v), dd = grad(sum(d), v);
        const double *in[] = {(double[]){0, 0, 0}, (double[]){0}};
        for (int k = 0; k < 3; k++) {
            assert_value(run(d, in)[k], 0);
            assert_value(run(dd, in)[k], 0);
        }
    }
    const double *taken[] = {(double[]){2, 4, 8}, (double[]){1}};
    assert_value(run(grad(ys[0], v), taken)[1], 0.25);
    assert_value(run(grad(ys[2], v), taken)[0], 3);
}

/* ---- forward mode ---- */

static void test_grad_forward_is_the_directional_derivative(void **state)
{
    (void)state;
    ir_id x = input(VECTOR(2)), along = input(VECTOR(2)), y = MAP2(mul, x, MAP1(exp, x));
    ir_id dot = grad_forward(g, &ctx.diags, y, &x, &along, 1);
    const double *in[] = {(double[]){0, 1}, (double[]){3, -1}};
    assert_value(run(dot, in)[0], 3);
    assert_value(run(dot, in)[1], -2 * exp(1));
    ir_id unused = input(VECTOR(2)), zero = grad_forward(g, &ctx.diags, y, &unused, &along, 1);
    assert_value(run(zero, in)[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_grad_of_what_is_not_used_is_zero),
        CASE(test_grad_stops_at_a_binding_and_goes_on_for_others),
        CASE(test_grad_of_a_variable_by_itself_is_one),
        CASE(test_grad_same_operand_twice),
        CASE(test_grad_stop_detaches),
        CASE(test_grad_sums_contributions_in_a_balanced_tree),
        CASE(test_grad_adjoints_are_named_and_placed_after_the_user),
        CASE(test_grad_refuses_with_the_reason),
        CASE(test_grad_long_chains_take_no_stack),
        CASE(test_grad_custom_takes_the_given_adjoint),
        CASE(test_grad_custom_without_adjoint_passes_nothing),
        CASE(test_grad_custom_may_bend_what_comes_in),
        CASE(test_grad_numerics_kinks),
        CASE(test_grad_numerics_singular_points),
        CASE(test_grad_numerics_powers),
        CASE(test_grad_where_drops_the_branch_not_taken),
        CASE(test_grad_where_nested_and_shared),
        CASE(test_grad_where_reaches_through_sums_and_moves),
        CASE(test_grad_forward_is_the_directional_derivative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
