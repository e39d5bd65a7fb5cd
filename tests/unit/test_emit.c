/* The emitter: names, layout, expressions, the plan, and what every text promises. That the text computes the right numbers
 * is tested against the interpreter by tests/agree and in tests/lang on every backend. */
#include "emit_fixture.h"

/* ---- names ---- */

static void test_reserved_names_get_an_underscore(void **state)
{
    (void)state;
    static const char *const taken[] = {"class", "register", "and", "I", "unix", "NAN", "constexpr", "typeof", "size_t"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        assert_string_equal(name_member(&ctx.arena, taken[i]), arena_printf(&ctx.arena, "%s_", taken[i]));
    assert_string_equal(name_member(&ctx.arena, "gamma"), "gamma"); /* a function is no trouble as a member */
    assert_string_equal(name_member(&ctx.arena, "__x"), "u_x_");
    assert_string_equal(name_member(&ctx.arena, "a__b"), "a_b_");
    assert_string_equal(name_path(&ctx.arena, "fc1.class"), "fc1.class_");
    assert_string_equal(name_prefix(&ctx.arena, "2-layer net"), "m2_layer_net");
}

static void test_local_names_are_unique(void **state)
{
    (void)state;
    struct scope s;
    uint32_t next = 0;
    scope_init(&s, &ctx.arena);
    assert_string_equal(scope_name(&s, "x"), "x");
    assert_string_equal(scope_name(&s, "x"), "x_");
    assert_string_equal(scope_name(&s, "x"), "x_2");
    assert_string_equal(scope_name(&s, "exp"), "exp_");
    assert_string_equal(scope_name(&s, "sinhf"), "sinhf_");
    assert_string_equal(scope_name(&s, "fc1.z"), "fc1_z");
    assert_string_equal(scope_name(&s, "t1"), "t1");
    assert_string_equal(scope_numbered(&s, "t", &next), "t2");
}

/* ---- layout ---- */

static void test_members_lie_at_their_alignment(void **state)
{
    (void)state;
    struct compilation k = compiled("dim N <= 4, K = 3\ninput x[N, 3], y\ninput l[N] in K\nparam b[3] = zeros\nparam W[2, 3] = zeros\n"
                                    "loss L = sum(x * b) + y + sum(W)\ntrain momentum(lr = 0.1)\n");
    const struct abi *single = abi_new(k.program, true), *twice = abi_new(k.program, false);
    struct plain_inputs { size_t N; const float *x; float y; const int32_t *l; };
    struct plain_opt { uint64_t t; float lr, mu, v[9]; };
    struct plain_opt_twice { uint64_t t; double lr, mu, v[9]; };
    assert_int_equal(abi_find(&single->inputs, ABI_INPUT, 1)->offset, offsetof(struct plain_inputs, y));
    assert_int_equal(abi_find(&single->inputs, ABI_INPUT, 2)->offset, offsetof(struct plain_inputs, l));
    assert_int_equal(single->inputs.size, sizeof(struct plain_inputs));
    assert_int_equal(abi_find(&single->params, ABI_PARAM, 1)->offset, 3 * sizeof(float));
    assert_int_equal(single->opt.size, sizeof(struct plain_opt));
    assert_int_equal(twice->opt.size, sizeof(struct plain_opt_twice));
    assert_string_equal(abi_find(&single->opt, ABI_SLOT, 1)->path, "v.W");
    assert_null(abi_find(&single->outputs, ABI_WRT, 0));
}

/* ---- expressions ---- */

static void test_expressions_keep_their_order(void **state)
{
    (void)state;
    static const char *const row[][2] = {
        {"x - (y - z)", "in->x - (in->y - in->z)"},   {"x - y - z", "in->x - in->y - in->z"},
        {"x / (y * z)", "in->x / (in->y * in->z)"},   {"x * (y + z)", "in->x * (in->y + in->z)"},
        {"x + (y + z)", "in->x + (in->y + in->z)"},   {"-(x + y)", "-(in->x + in->y)"},
        {"-(-x) * y", "* in->y"},                     {"1 / (1 + exp(-(x + y)))", "1.0 / (1.0 + exp(-(in->x + in->y)))"},
        {"where(x < y, x, z)", "in->x < in->y ? in->x : in->z"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *text = arena_printf(&ctx.arena, "input x = 1, y = 2, z = 3\noutput q = %s\n", row[i][0]);
        const char *c = emitted(text, EMIT_FILE, false).c.s;
        assert_says(c, row[i][1]);
        assert_silent(c, "--");
    }
}

static void test_literals_read_back(void **state)
{
    (void)state;
    const char *text = "input x = 1\noutput y = x * 0.1 + 3, z = max(x, -inf), u = x - 16777216\n";
    struct emitted single = emitted(text, EMIT_FILE, true), jit = emitted(text, EMIT_JIT, true);
    assert_says(single.c.s, "in->x * 0.1f + 3.0f");
    assert_says(single.c.s, "-INFINITY");
    assert_says(jit.c.s, "0x1.99999ap-4f");
    assert_silent(jit.c.s, "INFINITY");
    assert_silent(jit.c.s, "#include");
}

static void test_long_chains_are_cut(void **state)
{
    (void)state;
    struct text t = text_new(&ctx.arena);
    text_put(&t, "input x = 1\ny = x\n");
    for (int i = 0; i < 3000; i++) text_put(&t, "y = sin(y) * 0.5 + x\n");
    text_put(&t, "output y\n");
    struct emitted e = emitted(t.s, EMIT_FILE, false);
    unsigned functions = 0, most = 0, lines = 0;
    for (const char *s = e.c.s; *s; s += strcspn(s, "\n") + 1) {
        lines = *s == '{' ? 0 : lines + 1;
        if (lines > most) most = lines;
        functions += *s == '{';
    }
    assert_true(functions > 6 && most < 2000);
}

/* ---- the plan ---- */

static const char *const models[] = {
    "dim N <= 5, K = 3\ninput x[N, 4]\ninput l[N] in K\nparam W[4, K] = glorot()\nparam b[K] = zeros()\nz = x @ W + b\n"
    "loss L = mean[N](cross_entropy[K](z, l))\noutput p = softmax(z), x2 = x.T\ntrain adam(lr = 0.1)\n",
    "dim A = 3, B = 4\ninput x[A, B]\nstate a[A] = zeros()\nstate m[B, A] = zeros()\nt = cumsum[A](x)\n"
    "a <- a + sum[B](t)\nm <- m + t.T\noutput y = sum(concat(t, x)), u = a, v = m[::-1]\nwrt x\n",
    "dim N <= 3, H = 6\ninput x[N, H]\nparam U[H, H] = orthogonal()\nh = tanh(x @ U)\nk = tanh(h @ U)\n"
    "loss L = sum((k - x) ** 2) + sum(U ** 2)\noutput k\ntrain clip_norm(1) |> momentum(lr = 0.1)\n",
};

static ir_id owner(const struct unit *u, ir_id id)
{
    while (u->value[id].takes_over) id = u->value[id].takes_over;
    return id;
}

static void test_live_values_do_not_overlap(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        struct compilation k = compiled(models[i]);
        for (int kind = ENTRY_FORWARD; kind < ENTRY_KINDS; kind++) {
            if (!k.entries[kind].present) continue;
            struct unit *u = planned(&k, kind);
            for (ir_id a = 1; a < u->g->n; a++)
                for (ir_id b = 1; b < a; b++) {
                    const struct value *v = &u->value[a], *w = &u->value[b];
                    const struct ir_node *m = ir_at(u->g, a), *n = ir_at(u->g, b);
                    if (!v->reserved || !w->reserved || m->type != n->type || owner(u, a) == owner(u, b)) continue;
                    if (v->group > w->last || w->group > v->last) continue;
                    size_t v_size = (size_t)size_bound(u->sizes, ir_elements(u->g->tables, m->shape));
                    size_t w_size = (size_t)size_bound(u->sizes, ir_elements(u->g->tables, n->shape));
                    assert_true(v->offset + v_size <= w->offset || w->offset + w_size <= v->offset);
                    assert_true(v->offset + v_size <= (m->type == IR_INT ? u->ints : u->reals));
                }
        }
    }
}

struct reading {
    uint32_t group;
};

static void see_order(void *user, struct unit *u, const struct access *a)
{
    const struct reading *r = user;
    if (u->value[a->base].held) {
        assert_true(u->value[a->base].group <= r->group);
        return;
    }
    int32_t root = emit_replacing_root(u, ir_at(u->g, a->base));
    if (root >= 0 && u->root[root].direct) assert_true(r->group <= u->value[u->entry->root[root].node].group);
}

/* Values are computed before they are read, and parameters read before they are replaced. */
static void test_groups_are_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        struct compilation k = compiled(models[i]);
        for (int kind = 0; kind < ENTRY_KINDS; kind++) {
            if (!k.entries[kind].present) continue;
            struct unit *u = planned(&k, kind);
            for (uint32_t g = 0; g < u->groups.n; g++) {
                const struct group *group = &u->groups.at[g];
                struct reading r = {g};
                struct member only = {group->node, -1};
                if (group->kind != GROUP_LOOPS) emit_member_reads(u, group, &only, see_order, &r);
                for (uint32_t p = 0; p < group->phases.n; p++)
                    for (uint32_t m = 0; m < group->phases.at[p].members.n; m++)
                        emit_member_reads(u, group, &group->phases.at[p].members.at[m], see_order, &r);
            }
        }
    }
}

static void test_elementwise_values_lie_in_place(void **state)
{
    (void)state;
    struct compilation k = compiled("dim N <= 8\ninput x[N, 4]\nparam W[4, 4] = glorot()\nh = sigmoid(x @ W)\nk = sigmoid(h @ W)\n"
                                    "output s = sum(k @ W)\n");
    struct unit *u = planned(&k, ENTRY_FORWARD);
    assert_true(u->reals <= 3 * 8 * 4);
}

/* ---- promises of the text ---- */

static void test_the_same_text_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        struct emitted a = emitted(models[i], EMIT_FILE, true), b = emitted(models[i], EMIT_FILE, true);
        assert_string_equal(a.c.s, b.c.s);
        assert_string_equal(a.h.s, b.h.s);
        assert_silent(a.c.s, "malloc");
        assert_silent(a.c.s, "t.nn");
    }
}

static void test_comments_end_where_they_should(void **state)
{
    (void)state;
    struct text t = text_new(&ctx.arena);
    static const char bad[] = "*/ ?\?/ /* \n\\ \x01*/";
    quote_text(&t, bad, sizeof bad - 1, 100);
    assert_string_equal(t.s, "* / ? ?/ / *  \\  * /");
    t.n = 0;
    quote_text(&t, "abcdef", 6, 4);
    assert_string_equal(t.s, "abcd...");
}

static void test_only_needed_kernels_are_carried(void **state)
{
    (void)state;
    struct text t = text_new(&ctx.arena);
    struct calls calls = {.uniform = true};
    carry_kernels(&calls, true, false, &t);
    assert_says(t.s, "static float nnrt_uniform(");
    assert_says(t.s, "static uint64_t nnrt_mix(");
    assert_silent(t.s, "polygamma");
    t.n = 0;
    calls = (struct calls){.gemm = true};
    calls.op[OP_atan2] = calls.op[OP_exp] = calls.op[OP_sigmoid] = true;
    carry_kernels(&calls, false, true, &t);
    assert_says(t.s, "void nnrt_gemm_f64(size_t m");
    assert_silent(t.s, "{");
    t.n = 0;
    carry_math(&calls, true, &t);
    assert_string_equal(t.s, "float expf(float);\nfloat atan2f(float, float);\n");
}

static void test_arguments_are_checked_first(void **state)
{
    (void)state;
    const char *c = emitted(models[0], EMIT_FILE, true).c.s;
    const char *f = strstr(c, "t_step(");
    assert_non_null(f);
    const char *null = strstr(f, "T_E_NULL"), *dim = strstr(f, "T_E_DIM"), *range = strstr(f, "T_E_RANGE"), *loop = strstr(f, "0;\n");
    assert_true(null && dim && range && loop && null < dim && dim < range);
    assert_says(f, "(size_t)in->l[i] >= 3) return T_E_RANGE;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_reserved_names_get_an_underscore), T(test_local_names_are_unique),
        T(test_members_lie_at_their_alignment),   T(test_expressions_keep_their_order),
        T(test_literals_read_back),               T(test_long_chains_are_cut),
        T(test_live_values_do_not_overlap),       T(test_groups_are_in_order),
        T(test_elementwise_values_lie_in_place),  T(test_the_same_text_twice),
        T(test_comments_end_where_they_should),   T(test_only_needed_kernels_are_carried),
        T(test_arguments_are_checked_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
