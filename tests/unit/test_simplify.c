#include "ir_fixture.h"

#include "codegen/ir/program.h"

/* One root, simplified, as text. */
static const char *simple(ir_id root)
{
    struct ir_graph *s = simplify(g, 0, &root, 1);
    const char *why = ir_verify(s);
    if (why) fail_msg("%s", why);
    struct text t = text_new(&ctx.arena);
    ir_print(s, &root, 1, &t);
    assert_int_equal(root, s->n - 1); /* nothing dead behind it */
    return t.s;
}

#define X "%1 = input{0} : real\n"
#define V "%1 = input{0} : real[3]\n"
#define M "%1 = input{0} : real[3, 4]\n"

static ir_id constant(double v)
{
    return ir_const(g, v);
}

static ir_id vector_of(double v)
{
    return ir_full(g, v, VECTOR(3));
}

static void test_simplify_folds_constants(void **state)
{
    (void)state;
    assert_string_equal(simple(MAP2(mul, MAP1(exp, constant(0)), constant(3))), "%1 = const{3} : real\n");
    assert_string_equal(simple(MAP2(add, vector_of(1), vector_of(2))),
                        "%1 = const{3} : real\n%2 = expand{-1} %1 : real[3]\n");
    assert_string_equal(simple(MAP1(log, constant(0))), "%1 = const{-inf} : real\n");
    assert_string_equal(simple(ir_dimval(g, 12)), "%1 = const{12} : real\n");
    ir_id open = ir_dimval(g, size_of_dim(sizes, size_new_dim(sizes, "N", 4)));
    assert_string_equal(simple(open), "%1 = dimval{N} : real\n");
}

static void test_simplify_replaces_training(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), t = ir_leaf(g, OP_training, IR_REAL, SCALAR, 0, 0);
    ir_id y = MAP3(select, t, MAP1(exp, x), x), root = y;
    assert_string_equal(simple(y), X);
    struct ir_graph *s = simplify(g, 1, &root, 1);
    assert_int_equal(ir_at(s, root)->op, OP_exp);
}

static void test_simplify_removes_wrappers(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), hole = ir_hole(g, SCALAR), adjoint = MAP1(sin, MAP2(mul, hole, x));
    ir_id y = ir_custom(g, ir_bind(g, ir_map1(g, OP_stop, MAP1(exp, x))), &x, 1, hole, &adjoint);
    assert_string_equal(simple(y), X "%2 = exp %1 : real\n");
}

static void test_simplify_exact_algebra(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), y = input(SCALAR), one = constant(1), nx = MAP1(neg, x), ny = MAP1(neg, y);
    const char *just_x = X;
    assert_string_equal(simple(MAP2(mul, x, one)), just_x);
    assert_string_equal(simple(MAP2(mul, one, x)), just_x);
    assert_string_equal(simple(MAP2(div, x, one)), just_x);
    assert_string_equal(simple(MAP2(sub, x, constant(0))), just_x);
    assert_string_equal(simple(MAP1(neg, nx)), just_x);
    assert_string_equal(simple(MAP2(pow, x, one)), just_x);
    assert_string_equal(simple(MAP2(max, x, x)), just_x);
    assert_string_equal(simple(MAP2(mul, x, constant(-1))), X "%2 = neg %1 : real\n");
#define XY X "%2 = input{1} : real\n"
    assert_string_equal(simple(MAP2(add, x, ny)), XY "%3 = sub %1 %2 : real\n");
    assert_string_equal(simple(MAP2(add, nx, y)), XY "%3 = sub %2 %1 : real\n");
    assert_string_equal(simple(MAP2(sub, x, ny)), XY "%3 = add %1 %2 : real\n");
    assert_string_equal(simple(MAP2(mul, nx, ny)), XY "%3 = mul %1 %2 : real\n");
    assert_string_equal(simple(MAP2(div, nx, y)), XY "%3 = div %1 %2 : real\n%4 = neg %3 : real\n");
}

static void test_simplify_keeps_what_some_input_would_tell(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), zero = constant(0);
    ir_id kept[] = {MAP2(sub, x, x),
                    MAP2(mul, x, zero),
                    MAP2(mul, zero, x),
                    MAP2(div, x, x),
                    MAP2(add, x, zero),
                    MAP2(sub, x, constant(-0.0)),
                    MAP2(div, zero, x),
                    MAP1(neg, MAP2(sub, x, constant(3))),
                    MAP1(not, MAP2(lt, x, zero)),
                    MAP1(not, MAP1(not, x)),
                    MAP1(exp, MAP1(log, x)),
                    MAP2(div, x, constant(3))};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        ir_id root = kept[i];
        struct ir_graph *s = simplify(g, 0, &root, 1);
        assert_int_equal(ir_at(s, root)->op, ir_at(g, kept[i])->op);
        static const double samples[] = {0, -0.0, 1, -2.5, 1e308, INFINITY, -INFINITY, NAN};
        for (size_t k = 0; k < sizeof samples / sizeof *samples; k++) {
            const double *in[] = {&samples[k]};
            double a = run(kept[i], in)[0], b = run_graph(s, root, in)[0];
            assert_true((a == b && signbit(a) == signbit(b)) || (a != a && b != b));
        }
    }
}

static void test_simplify_select(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), c = MAP2(lt, x, constant(2)), a = MAP1(exp, x), b = MAP1(sin, x);
    assert_string_equal(simple(MAP3(select, c, x, x)), X);
    assert_string_equal(simple(MAP3(select, constant(3), x, a)), X);
    assert_string_equal(simple(MAP3(select, constant(0), a, x)), X);
#define C X "%2 = const{2} : real\n%3 = lt %1 %2 : real\n"
    const char *plain = C "%4 = exp %1 : real\n%5 = sin %1 : real\n%6 = select %3 %4 %5 : real\n";
    assert_string_equal(simple(MAP3(select, MAP1(not, c), b, a)), plain);
    assert_string_equal(simple(MAP3(select, c, MAP3(select, c, a, x), b)), plain);
    assert_string_equal(simple(MAP3(select, c, a, MAP3(select, c, x, b))), plain);
    ir_id zero = constant(0), d = MAP2(lt, constant(1), x);
    ir_id masked = MAP2(add, MAP3(select, c, a, zero), MAP3(select, d, b, zero));
    assert_string_equal(simple(MAP3(select, MAP2(or, c, d), masked, zero)), simple(masked));
    assert_string_equal(simple(MAP1(not, MAP1(not, c))), C);
    assert_string_equal(simple(MAP2(and, c, c)), C);
    assert_string_equal(simple(MAP2(or, c, constant(0))), C);
    assert_string_equal(simple(MAP2(and, c, constant(0))), "%1 = const{0} : real\n");
}

static void test_simplify_commuted_twins_are_one(void **state)
{
    (void)state;
    ir_id x = input(SCALAR), y = input(SCALAR), xy = MAP2(mul, x, y), yx = MAP2(mul, y, x);
    assert_string_equal(simple(MAP2(sub, xy, yx)), XY "%3 = mul %1 %2 : real\n%4 = sub %3 %3 : real\n");
    ir_id less = MAP2(sub, x, y), more = MAP2(sub, y, x);
    assert_string_equal(simple(MAP2(sub, less, more)),
                        XY "%3 = sub %1 %2 : real\n%4 = sub %2 %1 : real\n%5 = sub %3 %4 : real\n");
}

static void test_simplify_moves_meet(void **state)
{
    (void)state;
    ir_id x = input(MATRIX(3, 4));
    ir_id r = ir_reshape(g, ir_reshape(g, x, VECTOR(12)), MATRIX(3, 4)),
          flat = ir_reshape(g, ir_reshape(g, x, MATRIX(2, 6)), VECTOR(12));
    assert_string_equal(simple(r), M);
    assert_string_equal(simple(flat), M "%2 = reshape %1 : real[12]\n");
    int swap[] = {1, 0};
    assert_string_equal(simple(ir_permute(g, ir_permute(g, x, swap), swap)), M);
    ir_id all = ir_slice(g, x, MATRIX(3, 4), (ir_size[]){0, 0}, (int64_t[]){1, 1});
    assert_string_equal(simple(all), M);
    ir_id part = ir_slice(g, x, MATRIX(2, 4), (ir_size[]){1, 0}, (int64_t[]){1, 1});
    ir_id back = ir_slice(g, part, MATRIX(2, 2), (ir_size[]){1, 3}, (int64_t[]){-1, -2});
    assert_string_equal(simple(back), M "%2 = slice{2:-1, 3:-2} %1 : real[2, 2]\n");
    ir_id wide =
        ir_expand(g, ir_expand(g, x, shape(3, 3, 4, 2), (int[]){0, 1, -1}), shape(4, 5, 3, 4, 2), (int[]){-1, 0, 1, 2});
    assert_string_equal(simple(wide), M "%2 = expand{-1, 0, 1, -1} %1 : real[5, 3, 4, 2]\n");
    ir_id two[] = {x, MAP1(exp, x)}, joined = ir_concat(g, two, 2, 0);
    ir_id second = ir_slice(g, joined, MATRIX(3, 4), (ir_size[]){3, 0}, (int64_t[]){1, 1});
    assert_string_equal(simple(second), M "%2 = exp %1 : real[3, 4]\n");
    ir_id across = ir_slice(g, joined, MATRIX(2, 4), (ir_size[]){2, 0}, (int64_t[]){1, 1}), root = across;
    struct ir_graph *s = simplify(g, 0, &root, 1);
    assert_int_equal(ir_at(s, ir_at(s, root)->arg[0])->op, OP_concat);
    ir_id three[] = {joined, x};
    assert_int_equal(ir_at(s, root)->op, OP_slice);
    root = ir_concat(g, three, 2, 0);
    s = simplify(g, 0, &root, 1);
    assert_int_equal(ir_at(s, root)->n_arg, 3);
    ir_id placed = ir_place(g, x, MATRIX(9, 9), (ir_size[]){1, 2}, (int64_t[]){2, 1});
    assert_string_equal(simple(ir_slice(g, placed, MATRIX(3, 4), (ir_size[]){1, 2}, (int64_t[]){2, 1})), M);
}

/* What was split and comes together again; in any order, but with nothing left out. */
static void test_simplify_joins_parts(void **state)
{
    (void)state;
    ir_id x = input(MATRIX(3, 4)), part[3] = {x, MAP1(exp, x), MAP1(neg, x)};
    for (ir_size i = 0; i < 3; i++)
        part[i] = ir_place(g, part[i], MATRIX(3, 12), (ir_size[]){0, 4 * i}, (int64_t[]){1, 1});
    ir_id two = MAP2(add, part[2], part[0]);
    assert_string_equal(simple(MAP2(add, two, part[1])), M "%2 = exp %1 : real[3, 4]\n"
                                                           "%3 = neg %1 : real[3, 4]\n"
                                                           "%4 = concat{1} %1 %2 %3 : real[3, 12]\n");
    assert_non_null(strstr(simple(two), "add"));
    assert_non_null(strstr(simple(MAP2(add, two, part[0])), "add"));
}

static void test_simplify_computes_below_an_expand(void **state)
{
    (void)state;
    ir_id x = input(VECTOR(3)), wide = ir_expand(g, x, MATRIX(3, 4), (int[]){0, -1});
    ir_id y = MAP1(exp, MAP2(mul, wide, ir_full(g, 2, MATRIX(3, 4))));
    assert_string_equal(simple(y), V "%2 = const{2} : real\n"
                                     "%3 = expand{-1} %2 : real[3]\n"
                                     "%4 = mul %1 %3 : real[3]\n"
                                     "%5 = exp %4 : real[3]\n"
                                     "%6 = expand{0, -1} %5 : real[3, 4]\n");
}

static void test_simplify_reshapes_sink_and_meet(void **state)
{
    (void)state;
    ir_id x = input(VECTOR(3)), tall = ir_reshape(g, x, MATRIX(3, 1));
    ir_id e = MAP1(exp, tall), y = ir_reshape(g, MAP2(max, e, ir_full(g, 2, MATRIX(3, 1))), VECTOR(3));
    assert_string_equal(simple(y), V "%2 = exp %1 : real[3]\n"
                                     "%3 = const{2} : real\n"
                                     "%4 = expand{-1} %3 : real[3]\n"
                                     "%5 = max %2 %4 : real[3]\n");
    assert_string_equal(simple(ir_reshape(g, ir_expand(g, x, MATRIX(1, 3), (int[]){-1, 0}), VECTOR(3))), V);
    assert_string_equal(simple(ir_permute(g, tall, (int[]){1, 0})), V "%2 = reshape %1 : real[1, 3]\n");
    ir_id other = ir_reshape(g, input(MATRIX(1, 3)), MATRIX(3, 1)), sum_of = MAP2(add, tall, other), root = sum_of;
    struct ir_graph *s = simplify(g, 0, &root, 1); /* two shapes below: stays */
    assert_int_equal(ir_at(s, root)->op, OP_add);
}

static void test_simplify_reductions(void **state)
{
    (void)state;
    ir_id x = input(VECTOR(3)), one = ir_reshape(g, x, MATRIX(3, 1));
    assert_string_equal(simple(ir_reduce(g, OP_sum, one, 2)), V);
    assert_string_equal(simple(sum(MAP1(neg, x))), V "%2 = sum{0} %1 : real\n%3 = neg %2 : real\n");
    ir_id wide = ir_expand(g, x, MATRIX(3, 4), (int[]){0, -1});
    assert_string_equal(simple(ir_reduce(g, OP_max_of, wide, 2)), V);
    assert_string_equal(simple(ir_reduce(g, OP_sum, wide, 2)), V "%2 = const{4} : real\n"
                                                                 "%3 = expand{-1} %2 : real[3]\n"
                                                                 "%4 = mul %1 %3 : real[3]\n");
    assert_string_equal(simple(ir_reduce(g, OP_sum, wide, 1)),
                        V "%2 = expand{0, -1} %1 : real[3, 4]\n%3 = sum{0} %2 : real[4]\n");
    assert_string_equal(simple(ir_reduce(g, OP_sum, ir_full(g, 0.5, MATRIX(3, 4)), 3)), "%1 = const{6} : real\n");
}

static void test_simplify_products_without_a_sum(void **state)
{
    (void)state;
    ir_id x = input(VECTOR(3)), y = input(VECTOR(4));
    ir_id outer = ir_contract(g, x, (uint8_t[]){0}, y, (uint8_t[]){1}, (uint8_t[]){1, 0}, 2);
    assert_string_equal(simple(outer), V "%2 = input{1} : real[4]\n"
                                         "%3 = expand{-1, 0} %1 : real[4, 3]\n"
                                         "%4 = expand{0, -1} %2 : real[4, 3]\n"
                                         "%5 = mul %3 %4 : real[4, 3]\n");
    ir_id column = ir_reshape(g, x, MATRIX(3, 1)), row = ir_reshape(g, y, MATRIX(1, 4));
    ir_id single = ir_contract(g, column, (uint8_t[]){0, 1}, row, (uint8_t[]){1, 2}, (uint8_t[]){2, 0}, 2);
    assert_string_equal(simple(single), simple(outer));
    ir_id m = ir_expand(g, MAP1(exp, x), MATRIX(4, 3), (int[]){-1, 0}), mixed = MAP2(mul, m, outer);
    ir_id ones = ir_contract(g, ir_full(g, 1, VECTOR(4)), (uint8_t[]){0}, mixed, (uint8_t[]){0, 1}, (uint8_t[]){1}, 1);
    assert_string_equal(simple(ones), simple(ir_reduce(g, OP_sum, mixed, 1)));
    ir_id inner = ir_contract(g, x, (uint8_t[]){0}, x, (uint8_t[]){0}, NULL, 0);
    assert_string_equal(simple(inner), V "%2 = contract{a,a->} %1 %1 : real\n");
}

static void test_simplify_windows_side_by_side(void **state)
{
    (void)state;
    ir_id x = input(VECTOR(7)), w = ir_window(g, x, 0, 3, 2, 2, 1, 0);
    assert_string_equal(simple(w), "%1 = input{0} : real[7]\n%2 = slice{0} %1 : real[6]\n"
                                   "%3 = reshape %2 : real[3, 2]\n");
    assert_string_equal(simple(ir_overlap(g, w, 0, 7, 2, 1, 0)),
                        "%1 = input{0} : real[7]\n%2 = slice{0} %1 : real[6]\n%3 = place{0} %2 : real[7]\n");
    assert_non_null(strstr(simple(ir_window(g, x, 0, 5, 2, 1, 2, 0)), "window"));
    assert_non_null(strstr(simple(ir_window(g, x, 0, 4, 2, 2, 1, 1)), "window"));
}

/* The windows' product with a kernel, back onto what the windows are of: a product over windows again, and as before. */
static void test_simplify_adjoint_of_a_convolution(void **state)
{
    (void)state;
    double a[2 * 4 * 5], b[3 * 2];
    const double *const inputs[] = {a, b};
    for (int i = 0; i < 40; i++) a[i] = sin(i + 1);
    for (int i = 0; i < 6; i++) b[i] = cos(i + 1);
    ir_id x = input(shape(3, (ir_size)2, (ir_size)4, (ir_size)5)), k = input(MATRIX(3, 2));
    for (ir_size step = 1; step <= 2; step++) {
        /* [n, i, j] and [u, v] to [n, i, u, j, v], to [n, h, w] */
        ir_id wide = ir_contract(g, x, (const uint8_t[]){0, 1, 2}, k, (const uint8_t[]){3, 4},
                                 (const uint8_t[]){0, 1, 3, 2, 4}, 5);
        ir_id y = ir_overlap(g, ir_overlap(g, wide, 3, 5 + step, 1, step, 0), 1, 4 + 2 * step, 1, step, 0), root = y;
        const double *before = run(y, inputs);
        struct ir_graph *s = simplify(g, 0, &root, 1);
        assert_null(ir_verify(s));
        for (ir_id id = 1; id < s->n; id++) {
            assert_int_not_equal(ir_at(s, id)->op, OP_overlap);
            if (ir_at(s, id)->op == OP_contract) assert_int_equal(ir_at(s, id)->shape->rank, 3);
        }
        const double *after = run_graph(s, root, inputs);
        for (ir_size i = 0; i < 2 * (4 + 2 * step) * (5 + step); i++) assert_true(fabs(before[i] - after[i]) < 1e-12);
    }
    ir_id twice = ir_contract(g, x, (const uint8_t[]){0, 1, 2}, k, (const uint8_t[]){3, 4},
                              (const uint8_t[]){0, 1, 3, 2, 4}, 5);
    assert_non_null(strstr(simple(ir_overlap(g, twice, 1, 9, 2, 1, 0)), "overlap")); /* not every place has a window */
}

static void test_simplify_keeps_names_and_places(void **state)
{
    (void)state;
    g->here = (struct span){5, 9};
    ir_id x = input(SCALAR), e = MAP1(exp, x), y = MAP2(mul, e, constant(1)), k = MAP2(add, constant(1), constant(2));
    ir_name(g, y, "y");
    ir_name(g, k, "k");
    assert_string_equal(simple(y), X "%2 = exp %1 : real  # y\n");
    assert_string_equal(simple(k), "%1 = const{3} : real\n");
    ir_id root = y;
    struct ir_graph *s = simplify(g, 0, &root, 1);
    assert_int_equal(ir_at(s, root)->at.lo, 5);
}

/* ---- entry points ---- */

static struct ir_program *program_of_square_loss(ir_id *w)
{
    struct ir_program *p = arena_new(&ctx.arena, struct ir_program);
    p->context = &ctx;
    p->tables = g->tables;
    p->graph = g;
    p->loss = 0;
    *w = ir_leaf(g, OP_param, IR_REAL, VECTOR(3), 0, 0);
    ir_id x = input(VECTOR(3));
    struct ir_array param = {.name = "w", .shape = VECTOR(3), .node = *w, .init = vector_of(0.5)};
    vec_push(&ctx.arena, &p->params, param);
    p->objective = sum(MAP2(mul, MAP2(mul, *w, *w), x));
    struct ir_array loss = {.name = "loss", .shape = SCALAR, .node = p->objective};
    vec_push(&ctx.arena, &p->outputs, loss);
    vec_push(&ctx.arena, &p->wrt_nodes, x);
    vec_push(&ctx.arena, &p->wrt_names, "x");
    p->train.present = true;
    p->train.hole = arena_many(&ctx.arena, ir_id, 1);
    p->train.new_param = arena_many(&ctx.arena, ir_id, 1);
    p->train.hole[0] = ir_hole(g, VECTOR(3));
    p->train.new_param[0] = MAP2(sub, *w, MAP2(mul, vector_of(0.1), p->train.hole[0]));
    return p;
}

static void test_entries_have_the_roots_of_their_kind(void **state)
{
    (void)state;
    ir_id w;
    struct ir_program *p = program_of_square_loss(&w);
    struct ir_entry e[ENTRY_KINDS];
    assert_true(derive(p));
    make_entries(p, e);
    assert_false(e[ENTRY_STATE_INIT].present);
    static const struct {
        enum ir_entry_kind kind;
        uint32_t n;
        enum ir_role role[3];
    } want[] = {
        {ENTRY_INIT, 1, {ROLE_PARAM}},
        {ENTRY_OPT_INIT, 0, {ROLE_SLOT}},
        {ENTRY_FORWARD, 1, {ROLE_OUTPUT}},
        {ENTRY_GRAD, 3, {ROLE_OUTPUT, ROLE_D_PARAM, ROLE_D_WRT}},
        {ENTRY_STEP, 3, {ROLE_OUTPUT, ROLE_D_WRT, ROLE_PARAM}},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct ir_entry *x = &e[want[i].kind];
        assert_true(x->present);
        assert_int_equal(x->kind, want[i].kind);
        assert_int_equal(x->n_roots, want[i].n);
        for (uint32_t k = 0; k < want[i].n; k++) assert_int_equal(x->root[k].role, want[i].role[k]);
        assert_null(ir_verify(x->graph));
        for (ir_id id = 1; id < x->graph->n; id++) assert_int_not_equal(ir_at(x->graph, id)->op, OP_hole);
    }
    assert_string_equal(p->wrt.at[0].name, "d_x");
    const double *params[] = {(double[]){1, 2, 3}}, *inputs[] = {(double[]){1, 1, 2}};
    struct interp_env env = {.params = params, .inputs = inputs, .n_params = 1};
    double *v;
    const char *why;
    assert_true(interp_run(e[ENTRY_STEP].graph, &env, &e[ENTRY_STEP].root[2].node, 1, &ctx.arena, &v, &why));
    assert_true(fabs(v[2] - (3 - 0.1 * 12)) < 1e-15);
}

static void test_entries_without_objective_have_no_gradient(void **state)
{
    (void)state;
    ir_id w;
    struct ir_program *p = program_of_square_loss(&w);
    p->objective = 0;
    struct ir_entry e[ENTRY_KINDS];
    assert_true(derive(p));
    make_entries(p, e);
    assert_true(e[ENTRY_FORWARD].present);
    assert_false(e[ENTRY_GRAD].present);
    assert_false(e[ENTRY_STEP].present);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_simplify_folds_constants),
        CASE(test_simplify_replaces_training),
        CASE(test_simplify_removes_wrappers),
        CASE(test_simplify_exact_algebra),
        CASE(test_simplify_keeps_what_some_input_would_tell),
        CASE(test_simplify_select),
        CASE(test_simplify_commuted_twins_are_one),
        CASE(test_simplify_moves_meet),
        CASE(test_simplify_joins_parts),
        CASE(test_simplify_computes_below_an_expand),
        CASE(test_simplify_reshapes_sink_and_meet),
        CASE(test_simplify_reductions),
        CASE(test_simplify_products_without_a_sum),
        CASE(test_simplify_windows_side_by_side),
        CASE(test_simplify_adjoint_of_a_convolution),
        CASE(test_simplify_keeps_names_and_places),
        CASE(test_entries_have_the_roots_of_their_kind),
        CASE(test_entries_without_objective_have_no_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
