/* Loops in the emitter's room: one body of text whatever the number of turns, what is carried overwritten only where
 * that is right, and memory that nothing else uses meanwhile. The numbers are compared in tests/lang. */
#include "emit_fixture.h"

/* With `checkpoint` all that a turn does stays in it. */
#define RNN(turns)                                                                                                     \
    "dim T " turns ", N = 3, H = 4\ninput x[T, N, H]\nparam W[H, H] = glorot()\n"                                      \
    "for t in T checkpoint 1 carry h = zeros[N, H], s = zeros[H, H] collect hs {\n  s = s + h.T @ x[t]\n"             \
    "  h = tanh(h @ W + x[t])\n  hs = h\n}\noutput hs, s\n"

static unsigned times_said(const char *text, const char *what)
{
    unsigned n = 0;
    for (; (text = strstr(text, what)) != NULL; text++) n++;
    return n;
}

static void test_text_does_not_grow_with_turns(void **state)
{
    (void)state;
    struct emitted few = emitted(RNN("= 2"), EMIT_FILE, true), many = emitted(RNN("= 2000"), EMIT_FILE, true);
    assert_true(many.c.n <= few.c.n + 100);
    assert_int_equal(times_said(many.c.s, "nnrt_tanh_f32("), 2); /* and its definition */
    assert_says(many.c.s, "for (size_t t = 0; t < 2000; t++) {");
    assert_says(many.c.s, "/* h = tanh(h @ W + x[t]) */");
    assert_silent(many.c.s, "t2");
    assert_says(emitted(RNN("<= 9"), EMIT_FILE, true).c.s, "for (size_t t = 0; t < T; t++) {");
}

static void test_costs_are_times_turns(void **state)
{
    (void)state;
    struct emitted e = emitted(RNN("= 7"), EMIT_FILE, false), jit = emitted(RNN("= 7"), EMIT_JIT, false);
    assert_int_equal(e.multiply_adds[ENTRY_FORWARD], 7 * (4 * 3 * 4 + 3 * 4 * 4));
    assert_int_equal(jit.multiply_adds[ENTRY_FORWARD], e.multiply_adds[ENTRY_FORWARD]);
}

static void test_products_are_added_in_place(void **state)
{
    (void)state;
    const char *c = emitted(RNN("= 7"), EMIT_FILE, true).c.s, *jit = emitted(RNN("= 7"), EMIT_JIT, true).c.s;
    assert_int_equal(times_said(c, "prod"), 1 + times_said(c, "prod1["));
    assert_says(jit, "nnrt_gemm_few_f32(4, 4, 3, &h[0], 1, 4, &x_t[0], 4, 1, &s_[0], 4, 1, 1);");
    assert_int_equal(times_said(jit, "nnrt_gemm_few_f32("), 2); /* and its declaration */
    assert_says(jit, "nnrt_gemm_few_plus_f32(3, 4, 4,");
}

/* Rows are calls also where a program is cut into functions. */
static void test_rows_of_long_programs_are_calls(void **state)
{
    (void)state;
    const char *net = "input x[4, 32]\nh = x\nrepeat l in 0..120 {\n  h = h + (h |> layernorm as ln)\n}\nloss s = sum(h**2)\n";
    const char *jit = emitted(net, EMIT_JIT, true).c.s;
    assert_says(jit, "static void t_grad_2(");
    assert_true(times_said(jit, "nnrt_b_") > 1000);
    assert_silent(jit, "j < 32");
}

/* A gradient that only the update reads is added to the parameter by its product. */
static void test_updates_ride_in_calls(void **state)
{
    (void)state;
    const char *net = "input x[N, 40]\nparam W[40, 30] = glorot()\nparam b[30] = zeros()\nloss l = sum((x @ W + b)**2)\ntrain sgd(lr = 0.1)\n";
    const char *many = emitted(arena_printf(&ctx.arena, "dim N = 16\n%s", net), EMIT_JIT, true).c.s;
    assert_says(many, "nnrt_gemm_add_f32(-o->lr, 40, 30, 16, &x[0], 1, 40, &t1[0], 30, 1, &p->W[0][0], 30, 1);");
    assert_says(many, "void nnrt_gemm_add_f32(real, size_t");
    const char *one = emitted(arena_printf(&ctx.arena, "dim N = 1\n%s", net), EMIT_JIT, true).c.s;
    assert_says(one, "nnrt_gemm_few_add_f32(-o->lr, 40, 30, 1, &x[0], 1, 0, &t2[0], 0, 1, &p->W[0][0], 30, 1);");
    const char *few = emitted(arena_printf(&ctx.arena, "dim N = 6\n%s", net), EMIT_JIT, true).c.s;
    assert_says(few, "nnrt_gemm_few_add_f32(-o->lr, 40, 30, 6,");
    assert_silent(few, "nnrt_gemm_add_f32(-");
}

/* To a product of few elements an array is added by its call: a row, a matrix, but no number. */
static void test_arrays_are_added_by_calls(void **state)
{
    (void)state;
    const char *net = "dim N = 3\ninput x[N, 4], k\nparam W[4, 5] = glorot()\nparam b[5] = zeros()\noutput y = x @ W + ";
    assert_says(emitted(arena_printf(&ctx.arena, "%sb\n", net), EMIT_JIT, true).c.s,
                "nnrt_gemm_few_plus_f32(3, 5, 4, &x[0], 4, 1, &p->W[0][0], 5, 1, &out->y[0], 5, 1, &p->b[0], 0, 1);");
    assert_says(emitted(arena_printf(&ctx.arena, "%sx @ W[:, ::-1]\n", net), EMIT_JIT, true).c.s, "nnrt_gemm_few_plus_f32(3, 5, 4");
    assert_silent(emitted(arena_printf(&ctx.arena, "%sexp(k)\n", net), EMIT_JIT, true).c.s, "few_plus");
}

/* The way back through h @ W reads W by its columns: it is turned over before the turns, by the kernel unless it is very
 * small. */
static void test_fixed_matrices_are_turned_over_once(void **state)
{
    (void)state;
    const char *net = "input x[5, 8, H]\nparam W[H, H] = glorot()\nfor t in 0..5 carry h = zeros[8, H] {\n"
                      "  h = tanh(h @ W + x[t])\n}\nloss l = sum(h**2)\n";
    const char *c = emitted(arena_printf(&ctx.arena, "dim H = 16\n%s", net), EMIT_FILE, true).c.s;
    assert_says(c, "    nnrt_turn(16, 16, &p->W[0][0], 16, &t");
    assert_says(c, "NNRT_INLINE void nnrt_turn(");
    assert_silent(emitted(arena_printf(&ctx.arena, "dim H = 4\n%s", net), EMIT_FILE, true).c.s, "nnrt_turn(4");
    assert_silent(emitted(arena_printf(&ctx.arena, "dim H = 16\n%s", net), EMIT_JIT, true).c.s, "nnrt_turn");
    assert_says(emitted(arena_printf(&ctx.arena, "dim H = 16\n%s", net), EMIT_JIT, true).c.s, "nnrt_b_turn_f32(16, 16, &p->W[0][0], 16, &t");
}

/* What is carried may be written at once where it is read at the same place alone. */
static void test_what_is_carried_is_overwritten_last(void **state)
{
    (void)state;
    static const struct {
        const char *turn;
        unsigned copies; /* of what is computed elsewhere first */
    } row[] = {
        {"h = h * 2 + k", 0},   {"h = h[::-1] + k", 1}, {"h = cumsum(h)", 1},         {"m = h\n h = k\n k = m", 2},
        {"h = tanh(h @ W)", 0}, {"h = h @ W", 1},       {"k = k + h\n h = k @ W", 0},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *text =
            arena_printf(&ctx.arena,
                         "param W[4, 4] = glorot()\ninput x[4]\nfor t in 5 carry h = x, k = x * 3 {\n %s\n}\n"
                         "output h, k\n",
                         row[i].turn);
        struct compilation k = compiled(text);
        const struct unit *u = planned(&k, ENTRY_FORWARD);
        unsigned copies = 0;
        assert_non_null(u->turns);
        for (uint32_t g = 0; g < u->turns->body->groups.n; g++) {
            const struct group *group = &u->turns->body->groups.at[g];
            for (uint32_t p = 0; p < group->phases.n; p++)
                for (uint32_t m = 0; m < group->phases.at[p].members.n; m++)
                    copies += group->phases.at[p].members.at[m].copy_to >= 0;
        }
        if (copies != row[i].copies) fail_msg("%u copies in: %s", copies, row[i].turn);
    }
}

/* The loop's stretch of the workspace is apart from all that is alive while it runs, and its body's values are inside.
 */
static void check_stretches(const struct unit *u)
{
    for (const struct turns *t = u->turns; t; t = t->next) {
        uint32_t now = u->value[t->node].group;
        assert_true(t->body->reals <= t->reals && t->real_at + t->reals <= u->reals);
        for (ir_id id = 1; id < u->g->n; id++) {
            const struct value *v = &u->value[id];
            const struct ir_node *n = ir_at(u->g, id);
            if (!v->reserved || n->type != IR_REAL || v->group > now || v->last < now) continue;
            size_t size = (size_t)size_bound(u->sizes, ir_elements(u->g->tables, n->shape));
            assert_true(v->offset + size <= t->real_at || t->real_at + t->reals <= v->offset);
        }
        check_stretches(t->body);
    }
}

static void test_turns_have_memory_of_their_own(void **state)
{
    (void)state;
    static const char *const text[] = {
        RNN("<= 7"),
        "dim T = 6, N = 3\ninput x[T, N]\ny = x * 2 + 1\nfor t in T carry a = 0, q = zeros[N] collect qs {\n"
        " for n in N carry c = q[0] collect cs {\n  c = c * y[t, n] + a\n  cs = c\n }\n q = cs + cumsum(cs)\n a = c\n "
        "qs = q\n}\n"
        "output z = sum(qs * y), w = a * a\n",
    };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        struct compilation k = compiled(text[i]);
        for (int kind = ENTRY_FORWARD; kind < ENTRY_KINDS; kind++)
            if (k.entries[kind].present) check_stretches(planned(&k, kind));
    }
}

/* A loop is no value; what its turns make is. */
static void test_turns_are_trapped_inside(void **state)
{
    (void)state;
    struct compilation k = compiled("input x[5, 3]\nfor t in 5 carry h = 1 { h = h * x[t, 0] }\noutput y = h * x[0]\n");
    struct emit_options o = {.style = EMIT_FILE, .trap_nan = true};
    struct emitted e;
    emit(k.program, k.entries, &o, &e);
    assert_says(e.c.s, "t_trap(h, 2);");
    assert_silent(e.c.s, "w->real");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_text_does_not_grow_with_turns),  T(test_costs_are_times_turns),
        T(test_fixed_matrices_are_turned_over_once), T(test_updates_ride_in_calls),
        T(test_rows_of_long_programs_are_calls),  T(test_arrays_are_added_by_calls),
        T(test_products_are_added_in_place),    T(test_what_is_carried_is_overwritten_last),
        T(test_turns_have_memory_of_their_own), T(test_turns_are_trapped_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
