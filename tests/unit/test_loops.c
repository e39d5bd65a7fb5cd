/* Loops in the graph: what goes into a body and what stays outside, what is recorded for an adjoint, what is dropped. */
#include "ir_fixture.h"

#include "codegen/ir/hoist.h"
#include "codegen/ir/loop.h"

enum { TURNS = 4 };

struct made {
    ir_id final[2], rows[2];
};

/* What a test's body leaves; made with t.turn and t.carry[]. */
static struct ir_turn begin(ir_id *hole, uint32_t n_carry, const struct ir_shape *s)
{
    struct ir_turn t = {.name = "t", .turns = TURNS, .n_carry = n_carry, .turn = ir_turn_leaf(g)};
    for (uint32_t i = 0; i < n_carry; i++) hole[i] = ir_hole(g, s);
    t.carry = hole;
    return t;
}

static struct made end(struct ir_turn *t, const ir_id *init, const ir_id *next, const ir_id *collect, uint32_t n)
{
    struct made m = {{0}, {0}};
    t->init = init;
    t->next = next;
    t->collect = collect;
    t->n_collect = n;
    ir_loop(g, t, m.final, m.rows);
    assert_null(ir_verify(g));
    return m;
}

static const char *printed(const struct ir_graph *of, ir_id root)
{
    struct text t = text_new(&ctx.arena);
    ir_print(of, &root, 1, &t);
    return t.s;
}

static const char *simple(ir_id root)
{
    struct ir_graph *s = simplify(g, 0, &root, 1);
    const char *why = ir_verify(s);
    if (why) fail_msg("%s", why);
    return printed(s, root);
}

static void test_what_no_turn_changes_stays_outside(void **state)
{
    (void)state;
    ir_id x = input(MATRIX(TURNS, 3)), w = input(VECTOR(3)), zero = ir_full(g, 0, VECTOR(3)), hole[1];
    struct ir_turn t = begin(hole, 1, VECTOR(3));
    ir_id scaled = MAP2(mul, hole[0], MAP1(exp, w)), row = ir_gather(g, x, t.turn, 0), next = MAP2(add, scaled, row);
    struct made m = end(&t, &zero, &next, NULL, 0);
    assert_string_equal(printed(g, m.final[0]), "%1 = input{0} : real[4, 3]\n"
                                                "%2 = input{1} : real[3]\n"
                                                "%3 = const{0} : real\n"
                                                "%4 = expand{-1} %3 : real[3]\n"
                                                "%7 = exp %2 : real[3]\n"
                                                "%11 = loop{t in 4} %4 %1 %7 : real\n"
                                                "    %1 = carry{0} : real[3]\n"
                                                "    %2 = outer{0} : real[3]\n"
                                                "    %3 = mul %1 %2 : real[3]\n"
                                                "    %4 = row{0} : real[3]\n"
                                                "    %5 = add %3 %4 : real[3]\n"
                                                "    next %5\n"
                                                "%12 = part{0} %11 : real[3]\n");
}

/* Of y' = tanh(y*w + x[t]) the adjoint needs y and the tanh: both are recorded, and nothing else. */
static void test_an_adjoint_records_what_it_needs(void **state)
{
    (void)state;
    ir_id x = input(VECTOR(TURNS)), w = input(SCALAR), one = ir_const(g, 1), hole[1];
    struct ir_turn t = begin(hole, 1, SCALAR);
    ir_id next = MAP1(tanh, MAP2(add, MAP2(mul, hole[0], w), ir_gather(g, x, t.turn, 0)));
    struct made m = end(&t, &one, &next, NULL, 0);
    const struct ir_loop *l = ir_loop_of(g, ir_at(g, m.final[0])->arg[0]);
    assert_int_equal(l->collect.n, 0);
    ir_id dw = grad(m.final[0], w);
    assert_int_equal(l->collect.n, 2);
    const struct ir_loop *back = ir_loop_of(g, ir_at(g, dw)->arg[0]);
    assert_true(back->backward);
    assert_int_equal(back->n_row, 2);
    assert_int_equal(back->n_outer, 1);
    double xs[TURNS] = {.1, .2, -.3, .4}, ws = .5;
    const double *inputs[] = {xs, &ws};
    double y = 1, slope = 0;
    for (int i = 0; i < TURNS; i++) {
        double next_y = tanh(y * ws + xs[i]);
        slope = (1 - next_y * next_y) * (y + ws * slope);
        y = next_y;
    }
    assert_true(fabs(*run_graph(g, dw, inputs) - slope) < 1e-15);
}

/* Two outer values and two loops: the second sum begins where the first ended. */
static void test_sums_go_through_all_loops(void **state)
{
    (void)state;
    ir_id w = input(SCALAR), y = ir_const(g, 1);
    for (int i = 0; i < 2; i++) {
        ir_id hole[1];
        struct ir_turn t = begin(hole, 1, SCALAR);
        ir_id next = MAP2(mul, hole[0], w);
        y = end(&t, &y, &next, NULL, 0).final[0];
    }
    ir_id dw = grad(y, w), loop = ir_at(g, dw)->arg[0];
    const struct ir_node *sum_before = ir_at(g, ir_at(g, loop)->arg[1]);
    assert_int_equal(sum_before->op, OP_part);
    double two = 2;
    const double *inputs[] = {&two};
    assert_true(*run_graph(g, dw, inputs) == 8 * 128.0);
}

static void test_what_nobody_reads_is_dropped(void **state)
{
    (void)state;
    ir_id x = input(VECTOR(TURNS)), z = input(VECTOR(TURNS)), w = input(SCALAR), hole[2];
    ir_id init[2] = {ir_const(g, 0), w}, next[2], collect[2];
    struct ir_turn t = begin(hole, 2, SCALAR);
    next[0] = MAP2(add, hole[0], ir_gather(g, x, t.turn, 0));
    next[1] = MAP2(mul, hole[1], ir_gather(g, z, t.turn, 0)); /* nothing but itself reads it */
    collect[0] = MAP2(mul, next[1], w);
    collect[1] = MAP2(add, hole[0], ir_leaf(g, OP_training, IR_REAL, SCALAR, 0, 0));
    struct made m = end(&t, init, next, collect, 2);
    assert_string_equal(simple(m.rows[1]), "%1 = input{0} : real[4]\n"
                                           "%2 = const{0} : real\n"
                                           "%3 = loop{t in 4} %2 %1 : real\n"
                                           "    %1 = carry{0} : real\n"
                                           "    %2 = row{0} : real\n"
                                           "    %3 = add %1 %2 : real\n"
                                           "    %4 = const{0} : real\n"
                                           "    %5 = add %1 %4 : real\n"
                                           "    next %3, collect %5\n"
                                           "%5 = part{1} %3 : real[4]\n");
}

static void test_what_stays_the_same_is_not_carried(void **state)
{
    (void)state;
    ir_id w = input(SCALAR), hole[2], init[2] = {w, ir_const(g, 1)};
    struct ir_turn t = begin(hole, 2, SCALAR);
    ir_id next[2] = {hole[0], MAP2(mul, hole[1], hole[0])};
    struct made m = end(&t, init, next, NULL, 0);
    assert_string_equal(simple(m.final[0]), "%1 = input{0} : real\n");
    assert_string_equal(simple(m.final[1]), "%1 = input{0} : real\n"
                                            "%2 = const{1} : real\n"
                                            "%3 = loop{t in 4} %2 %1 : real\n"
                                            "    %1 = outer{0} : real\n"
                                            "    %2 = carry{0} : real\n"
                                            "    %3 = mul %2 %1 : real\n"
                                            "    next %3\n"
                                            "%4 = part{0} %3 : real\n");
}

static void test_constants_move_in(void **state)
{
    (void)state;
    ir_id k = ir_bind(g, ir_const(g, 3)), one = ir_const(g, 1), hole[1];
    struct ir_turn t = begin(hole, 1, SCALAR);
    ir_id next = MAP2(mul, hole[0], k);
    struct made m = end(&t, &one, &next, NULL, 0);
    assert_string_equal(simple(m.final[0]), "%1 = const{1} : real\n"
                                            "%2 = loop{t in 4} %1 : real\n"
                                            "    %1 = carry{0} : real\n"
                                            "    %2 = const{3} : real\n"
                                            "    %3 = mul %1 %2 : real\n"
                                            "    next %3\n"
                                            "%3 = part{0} %2 : real\n");
}

static void test_one_turn_is_no_loop(void **state)
{
    (void)state;
    ir_id x = input(MATRIX(1, 3)), one = ir_full(g, 1, VECTOR(3)), hole[1];
    struct ir_turn t = begin(hole, 1, VECTOR(3));
    t.turns = 1;
    ir_id next = MAP2(mul, hole[0], ir_gather(g, x, t.turn, 0));
    struct made m = end(&t, &one, &next, NULL, 0);
    assert_string_equal(simple(m.final[0]), "%1 = input{0} : real[1, 3]\n%2 = reshape %1 : real[3]\n");
}

/* 4 turns by 3: two segments, and the second ends after a turn. */
static void test_checkpoints_are_loops_of_loops(void **state)
{
    (void)state;
    ir_id x = input(VECTOR(TURNS)), one = ir_const(g, 1), hole[1];
    struct ir_turn t = begin(hole, 1, SCALAR);
    t.checkpoint = 3;
    ir_id next = MAP1(tanh, MAP2(add, hole[0], ir_gather(g, x, t.turn, 0)));
    struct made m = end(&t, &one, &next, &next, 1);
    const struct ir_loop *outer = ir_loop_of(g, ir_at(g, m.final[0])->arg[0]);
    const struct ir_loop *inner = ir_loop_of(outer->body, ir_at(outer->body, outer->next[0])->arg[0]);
    assert_int_equal(ir_at(g, m.rows[0])->op, OP_slice);
    assert_true(outer->thrifty && !inner->thrifty);
    assert_int_equal(outer->turns, 2);
    assert_int_equal(inner->turns, 3);
    assert_int_equal(ir_turns_run(outer, 2, TURNS, 0), 2);
    assert_int_equal(ir_turns_run(inner, 3, TURNS, 0), 3);
    assert_int_equal(ir_turns_run(inner, 3, TURNS, 1), 1);
    assert_int_equal(ir_turns_run(outer, 2, 3, 0), 1);
    (void)grad(m.final[0], x);
    assert_int_equal(outer->collect.n, 2); /* the rows, and what is carried in */
}

/* ---- what the turns need not do one by one ---- */

static ir_id product(ir_id a, const char *la, ir_id b, const char *lb, const char *out)
{
    uint8_t label[3][RANK_MAX];
    const char *text[3] = {la, lb, out};
    for (int i = 0; i < 3; i++)
        for (size_t k = 0; k < strlen(text[i]); k++) label[i][k] = (uint8_t)(text[i][k] - 'a');
    return ir_contract(g, a, label[0], b, label[1], label[2], (unsigned)strlen(out));
}

/* Simplified, hoisted and simplified again; the values stay but for rounding. */
static struct ir_graph *hoisted(ir_id *root, const double *const *inputs)
{
    const double *was = run(*root, inputs);
    uint32_t loops;
    struct ir_graph *s = simplify(g, 0, root, 1);
    s = hoist(s, root, 1, 0, &loops);
    assert_null(ir_verify(s));
    s = simplify(s, 0, root, 1);
    assert_null(ir_verify(s));
    const double *now = run_graph(s, *root, inputs);
    int64_t n = size_bound(sizes, ir_elements(s->tables, ir_at(s, *root)->shape));
    for (int64_t i = 0; i < n; i++) assert_true(fabs(now[i] - was[i]) <= 1e-12 * (1 + fabs(was[i])));
    return s;
}

static unsigned count(const struct ir_graph *of, enum ir_op op)
{
    unsigned n = 0;
    for (ir_id id = 1; id < of->n; id++) n += ir_at(of, id)->op == op;
    return n;
}

/* The only loop's body. */
static const struct ir_graph *body_of(const struct ir_graph *of)
{
    for (ir_id id = 1; id < of->n; id++)
        if (ir_at(of, id)->op == OP_loop) return ir_loop_of(of, id)->body;
    fail_msg("no loop is left");
    return NULL;
}

enum { SAMPLES = 128 };
static double sample[SAMPLES];
static const double *const same_sample[] = {sample, sample + 7, sample + 3};

static void fill_samples(void)
{
    for (int i = 0; i < SAMPLES; i++) sample[i] = sin(i + 1);
}

/* h' = tanh(h @ w + x[t] @ v); x[t] @ v comes before the turns, hs[t] @ v after them. */
static void test_products_of_rows_are_made_at_once(void **state)
{
    (void)state;
    fill_samples();
    ir_id x = input(shape(3, (ir_size)TURNS, (ir_size)2, (ir_size)3)), w = input(MATRIX(3, 3)), v = input(MATRIX(3, 3)),
          zero = ir_full(g, 0, MATRIX(2, 3)), hole[1];
    struct ir_turn t = begin(hole, 1, MATRIX(2, 3));
    ir_id given = product(ir_gather(g, x, t.turn, 0), "ab", v, "bc", "ac"),
          next = MAP1(tanh, MAP2(add, product(hole[0], "ab", w, "bc", "ac"), given)),
          y = MAP1(exp, product(next, "ab", v, "cb", "ac"));
    struct made m = end(&t, &zero, &next, &y, 1);
    ir_id root = m.rows[0];
    const struct ir_graph *s = hoisted(&root, same_sample), *body = body_of(s);
    assert_int_equal(count(s, OP_contract), 2);
    assert_int_equal(count(body, OP_contract), 1);
    assert_int_equal(count(s, OP_exp), 1);
    assert_int_equal(count(body, OP_exp), 0);
}

/* s' = s + h.T @ x[t] - h.T @ h and nobody reads s: two products after the turns, from all h, and s is not carried. */
static void test_sums_of_products_are_made_at_once(void **state)
{
    (void)state;
    fill_samples();
    const struct ir_shape *of = MATRIX(3, 3);
    ir_id x = input(shape(3, (ir_size)TURNS, (ir_size)3, (ir_size)3)), init[] = {input(of), ir_full(g, 0.5, of)}, hole[2];
    struct ir_turn t = begin(hole, 2, of);
    ir_id row = ir_gather(g, x, t.turn, 0);
    ir_id sum = MAP2(sub, MAP2(add, hole[1], product(hole[0], "ba", row, "bc", "ac")),
                     product(hole[0], "ba", hole[0], "bc", "ac"));
    ir_id next[] = {MAP1(tanh, MAP2(mul, hole[0], row)), sum};
    struct made m = end(&t, init, next, NULL, 0);
    ir_id root = MAP2(add, m.final[0], m.final[1]);
    const struct ir_graph *s = hoisted(&root, same_sample);
    assert_int_equal(count(s, OP_contract), 2);
    assert_int_equal(count(body_of(s), OP_contract), 0);
    assert_int_equal(count(body_of(s), OP_carry), 1);
}

/* What comes into a turn is what the one before left, and zeros at first: h' = tanh(h * x[t]) and then the sum of
 * h[t].T @ x[t], by a loop that walks back over both, is a product of all turns but the first with what hs has. */
static void test_rows_carried_in_are_those_left(void **state)
{
    (void)state;
    fill_samples();
    const struct ir_shape *of = MATRIX(3, 3);
    ir_id x = input(shape(3, (ir_size)TURNS, (ir_size)3, (ir_size)3)), zero = ir_full(g, 0, of), hole[2];
    struct ir_turn t = begin(hole, 1, of);
    ir_id next = MAP1(tanh, MAP2(add, hole[0], ir_gather(g, x, t.turn, 0))), rows[] = {hole[0], next};
    struct made first = end(&t, &zero, &next, rows, 2);
    struct ir_turn u = begin(hole + 1, 1, of);
    ir_id in = ir_gather(g, first.rows[0], u.turn, 0), out = ir_gather(g, first.rows[1], u.turn, 0);
    ir_id sum = MAP2(add, hole[1], product(in, "ba", MAP1(exp, out), "bc", "ac"));
    struct made second = end(&u, &zero, &sum, NULL, 0);
    ir_id root = second.final[0];
    const struct ir_graph *s = hoisted(&root, same_sample);
    assert_int_equal(count(s, OP_loop), 1);
    assert_int_equal(count(s, OP_slice), 2);
    for (ir_id id = 1; id < s->n; id++)
        if (ir_at(s, id)->op == OP_loop) assert_int_equal(ir_loop_of(s, id)->collect.n, 1);
}

/* A sum that a turn reads is made turn by turn. */
static void test_sums_that_turns_read_stay(void **state)
{
    (void)state;
    fill_samples();
    const struct ir_shape *of = MATRIX(3, 3);
    ir_id x = input(shape(3, (ir_size)TURNS, (ir_size)3, (ir_size)3)), init = ir_full(g, 0.5, of), hole[1];
    struct ir_turn t = begin(hole, 1, of);
    ir_id row = ir_gather(g, x, t.turn, 0), next = MAP2(add, hole[0], product(hole[0], "ba", row, "bc", "ac"));
    struct made m = end(&t, &init, &next, NULL, 0);
    ir_id root = m.final[0];
    assert_int_equal(count(body_of(hoisted(&root, same_sample)), OP_contract), 1);
}

/* h' = h @ w.T reads both along their rows: w is turned once, unless h is no more than a few rows. */
static void test_fixed_operands_are_turned_once(void **state)
{
    (void)state;
    fill_samples();
    for (ir_size rows = 1; rows <= 8; rows += 7) {
        ir_id w = input(MATRIX(3, 3)), x = input(MATRIX(TURNS, 3)), init = ir_full(g, 0.5, MATRIX(rows, 3)), hole[1];
        struct ir_turn t = begin(hole, 1, MATRIX(rows, 3));
        ir_id row = ir_expand(g, ir_gather(g, x, t.turn, 0), MATRIX(rows, 3), (int[]){-1, 0});
        ir_id next = MAP2(add, row, product(hole[0], "ab", w, "cb", "ac"));
        struct made m = end(&t, &init, &next, &next, 1);
        ir_id root = m.rows[0];
        const double *inputs[] = {sample, sample + 7, sample + 3, sample + 5};
        assert_int_equal(count(hoisted(&root, inputs), OP_permute), rows == 8);
    }
}

/* Checkpoints are there to save memory: nothing more is recorded. */
static void test_thrifty_loops_stay_as_they_are(void **state)
{
    (void)state;
    fill_samples();
    ir_id x = input(shape(3, (ir_size)TURNS, (ir_size)2, (ir_size)3)), v = input(MATRIX(3, 3)),
          zero = ir_full(g, 0, MATRIX(2, 3)), hole[1];
    struct ir_turn t = begin(hole, 1, MATRIX(2, 3));
    t.checkpoint = 1;
    ir_id given = product(ir_gather(g, x, t.turn, 0), "ab", v, "bc", "ac"), next = MAP1(tanh, MAP2(add, hole[0], given));
    struct made m = end(&t, &zero, &next, NULL, 0);
    ir_id root = m.final[0];
    assert_int_equal(count(body_of(hoisted(&root, same_sample)), OP_contract), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_what_no_turn_changes_stays_outside),
        CASE(test_an_adjoint_records_what_it_needs),
        CASE(test_sums_go_through_all_loops),
        CASE(test_what_nobody_reads_is_dropped),
        CASE(test_what_stays_the_same_is_not_carried),
        CASE(test_constants_move_in),
        CASE(test_one_turn_is_no_loop),
        CASE(test_checkpoints_are_loops_of_loops),
        CASE(test_products_of_rows_are_made_at_once),
        CASE(test_sums_of_products_are_made_at_once),
        CASE(test_rows_carried_in_are_those_left),
        CASE(test_sums_that_turns_read_stay),
        CASE(test_fixed_operands_are_turned_once),
        CASE(test_thrifty_loops_stay_as_they_are),
    };
    return cmocka_run_group_tests_name("loops", tests, NULL, NULL);
}
