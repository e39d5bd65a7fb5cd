/* Lowering's door: what a program holds beside its graph. The language itself is tested in the language: tests/lang. */
#include "codegen/ir/interp.h"
#include "codegen/lower/lower.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct context ctx;
static jmp_buf oom;

static int set_up(void **state)
{
    (void)state;
    if (setjmp(oom)) fail_msg("out of memory");
    context_init(&ctx, &oom);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    context_free(&ctx);
    return 0;
}

/* Other files of a compilation, by name. */
static const char *const *files;

static bool read_file(void *user, const char *from, const char *path, struct text *out, const char **found, const char **why)
{
    (void)user, (void)from;
    *why = "there is none";
    for (const char *const *f = files; f && *f; f += 2)
        if (!strcmp(f[0], path)) {
            text_put(out, f[1]);
            *found = f[0];
            return true;
        }
    return false;
}

static struct lower_options options;

static struct ir_program *lowered(const char *text)
{
    struct source *s = source_add(&ctx.sources, "t.nn", text, strlen(text));
    struct ast *tree = parse_source(&ctx, s);
    assert_non_null(tree);
    options.stem = "t";
    options.path = "t.nn";
    options.read = read_file;
    return lower_file(&ctx, tree, &options);
}

static struct ir_program *program(const char *text)
{
    struct ir_program *p = lowered(text);
    struct text t = text_new(&ctx.arena);
    diags_print(&ctx.diags, DIAG_SHORT, false, &t);
    if (!p) fail_msg("%s", t.s);
    const char *why = ir_verify(p->graph);
    if (why) fail_msg("%s", why);
    return p;
}

static void assert_error(const char *text, const char *said)
{
    assert_null(lowered(text));
    assert_int_equal(ctx.diags.errors, 1);
    assert_string_equal(ctx.diags.list.at[0].text, said);
}

static const char *joined(const ir_arrays *list)
{
    struct text t = text_new(&ctx.arena);
    for (uint32_t i = 0; i < list->n; i++) text_printf(&t, "%s%s", i ? " " : "", list->at[i].name);
    return t.n ? t.s : "";
}

static void reset(void)
{
    options = (struct lower_options){0};
    files = NULL;
}

/* ---- what a program holds ---- */

static void test_lower_keeps_parameters_of_an_owner_together(void **state)
{
    (void)state;
    reset();
    const struct ir_program *p = program("input x[3]\n"
                                         "layer pair(x[.., I], f) { param a[I] = ones()\n y = f(x + a)\n param b[I] = ones()\n"
                                         "return y * b }\n"
                                         "enc = dense[3]\nparam w[3] = 1\n"
                                         "loss l = sum(pair(x, enc) * w + enc(x))\ntrain sgd(0.1)\n");
    assert_string_equal(joined(&p->params), "enc.W enc.b w pair1.a pair1.b");
    for (uint32_t i = 0; i < p->params.n; i++)
        assert_int_equal(ir_at(p->graph, p->params.at[i].node)->attr[0], i);
}

static void test_lower_orders_results_and_wrt(void **state)
{
    (void)state;
    reset();
    const struct ir_program *p = program("dim K = 3\ninput x[2], y[2], k in K\noutput a = x + y\nloss l = sum(x * y)\noutput b = k\n");
    assert_string_equal(joined(&p->outputs), "a l b");
    assert_int_equal(p->loss, 1);
    assert_int_equal(p->outputs.at[2].type, IR_INT);
    assert_int_equal(p->outputs.at[2].below, 3);
    assert_int_equal(p->wrt.n, 0); /* with a loss, only what is asked for */
    p = program("dim K = 3\ninput x[2], k in K\noutput s = sum(x) * k\n");
    assert_int_equal(p->objective, p->outputs.at[0].node);
    assert_string_equal(joined(&p->wrt), "d_x");
    p = program("input x[2], y\nh = x * y\noutput s = sum(h)\nwrt h\n");
    assert_string_equal(joined(&p->wrt), "d_h");
    p = program("input x\noutput a = x, b = x * 2\n");
    assert_int_equal(p->objective, 0);
}

static void test_lower_says_sizes_as_written(void **state)
{
    (void)state;
    reset();
    const struct ir_program *p = program("## how many\ndim N <= 7\ndim H = 4 ## width\ninput x[N, 4*H], y[2*N] ## seen\n"
                                         "output z = x |> dense[3]\n");
    assert_string_equal(p->inputs.at[0].axis[0], "N");
    assert_string_equal(p->inputs.at[1].axis[0], "2*N");
    assert_string_equal(p->inputs.at[1].doc, "seen");
    assert_string_equal(p->dims.at[0].doc, "how many");
    assert_int_equal(p->dims.at[0].max, 7);
    assert_string_equal(p->params.at[0].axis[0], "16");
    assert_string_equal(p->params.at[0].axis[1], "3");
}

static void test_lower_reads_the_head_of_the_file(void **state)
{
    (void)state;
    reset();
    assert_string_equal(program("# One line.\n# Another.\n\n# not this\ninput x\noutput x\n")->doc, "One line.\nAnother.");
    assert_string_equal(program("model m\ninput x\noutput x\n")->name, "m");
    assert_string_equal(program("input x\noutput x\n")->name, "t");
}

static void test_lower_tells_random_programs(void **state)
{
    (void)state;
    reset();
    assert_false(program("param w[3] = normal()\nloss l = sum(w)\n")->has_random);
    assert_true(program("input x[3]\noutput y = x |> dropout(0.5)\n")->has_random);
    assert_false(program("input x[3] = 1\noutput x\ntest \"t\" { expect max(uniform[3]) <= 1 }\n")->has_random);
}

static int64_t stream_of(const struct ir_program *p, ir_id id)
{
    while (ir_at(p->graph, id)->op != OP_random) id = ir_at(p->graph, id)->arg[ir_at(p->graph, id)->n_arg - 1];
    return ir_at(p->graph, id)->attr[0];
}

static void test_lower_gives_each_parameter_its_stream(void **state)
{
    (void)state;
    reset();
    const struct ir_program *p = program("input x[4]\ny = x |> dense[4] as a |> dense[4] as b\noutput y\n");
    const struct ir_program *q = program("input x[4]\ny = x |> dense[4] as c |> dense[4] as a |> dense[4] as b\noutput y\n");
    assert_int_equal(stream_of(p, p->params.at[0].init), stream_of(q, q->params.at[2].init));
    assert_int_equal(stream_of(p, p->params.at[2].init), stream_of(q, q->params.at[4].init));
    assert_int_not_equal(stream_of(p, p->params.at[0].init), stream_of(p, p->params.at[2].init));
}

/* ---- options ---- */

static void test_lower_takes_dims_from_outside(void **state)
{
    (void)state;
    reset();
    struct lower_define d[] = {{"N", 3}, {"D", 5}, {"k", 9}};
    options.defines = d;
    options.n_defines = 3;
    const char *text = "dim N <= 8, D = 2, E = D\nconst k = 1\ninput x[N, E] = [[1, 2]]\noutput y = x * k\n"
                       "test \"t\" { expect x = [[1, 2]] }\n";
    const struct ir_program *p = program(text);
    assert_int_equal(p->dims.n, 0);
    assert_int_equal(p->inputs.at[0].shape->dim[0], 3);
    assert_int_equal(p->inputs.at[0].shape->dim[1], 5);
    assert_null(p->inputs.at[0].sample); /* made for other sizes, as is the test */
    assert_int_equal(p->tests.n, 0);
    options.n_defines = 0;
    p = program(text);
    assert_non_null(p->inputs.at[0].sample);
    assert_int_equal(p->tests.n, 1);
}

static void test_lower_knows_no_such_dim(void **state)
{
    (void)state;
    reset();
    struct lower_define d[] = {{"Hidden", 3}};
    options.defines = d;
    options.n_defines = 1;
    assert_error("dim Hiden = 2\ninput x[Hiden]\noutput x\n", "-D Hidden: the file has no dim or constant of this name");
    assert_string_equal(ctx.diags.list.at[0].help, "did you mean 'Hiden'?");
}

static void test_lower_replaces_the_optimizer(void **state)
{
    (void)state;
    reset();
    options.optimizer = "adam(lr = 0.5)";
    const struct ir_program *p = program("param w = 1\nloss l = w ** 2\ntrain sgd(1)\n");
    assert_string_equal(p->train.text, "adam(lr = 0.5)");
    assert_int_equal(p->train.slots.n, 2);
    assert_string_equal(p->train.numbers.at[0].name, "lr");
    assert_true(p->train.numbers.at[0].value == 0.5);
}

/* ---- imports ---- */

static void test_lower_imports_definitions(void **state)
{
    (void)state;
    reset();
    static const char *const good[] = {"a.nn", "import \"b.nn\"\nconst k = 3\nfn f(x) = h(x) * k\nlayer l(x) { return f(x) }",
                                       "b.nn", "fn h(x) = x + 1\n", NULL};
    files = good;
    const struct ir_program *p = program("import \"a.nn\"\nimport \"b.nn\"\ninput x = 2\ny = f(x) + h(x) + l(x) + k\noutput y\n"
                                         "test \"t\" { expect y = 24 }\n");
    double *y;
    const char *why;
    struct interp_env env = {.inputs = &p->inputs.at[0].sample};
    assert_true(interp_run(p->graph, &env, &p->outputs.at[0].node, 1, &ctx.arena, &y, &why));
    assert_true(*y == 24);
}

static void test_lower_answers_bad_imports(void **state)
{
    (void)state;
    reset();
    static const char *const cycle[] = {"a.nn", "import \"b.nn\"\n", "b.nn", "import \"a.nn\"\n", NULL};
    files = cycle;
    assert_error("import \"a.nn\"\ninput x\noutput x\n", "\"a.nn\" imports itself, at once or by way of others");
    context_free(&ctx);
    set_up(NULL);
    static const char *const clash[] = {"a.nn", "fn f(x) = x\n", "b.nn", "fn f(x) = x\n", "c.nn", "input x\n", NULL};
    files = clash;
    assert_error("import \"a.nn\"\nimport \"b.nn\"\ninput x\noutput x\n", "'f' of \"b.nn\" is bound already");
    context_free(&ctx);
    set_up(NULL);
    assert_error("import \"c.nn\"\ninput x\noutput x\n",
                 "an imported file defines functions, layers, optimizers and constants");
    context_free(&ctx);
    set_up(NULL);
    assert_error("import \"t.nn\"\ninput x\noutput x\n", "cannot import \"t.nn\": there is none");
}

/* ---- optimizers: steps of l = 3 a**2 + a b + b**4, against the formulas ---- */

enum { STEPS = 5 };
struct formula_state {
    double u, v;
};
typedef double formula(double p, double g, double t, double norm, struct formula_state *s);

static void assert_steps(const char *optimizer, formula *f)
{
    reset();
    options.optimizer = optimizer;
    struct ir_program *p = program("param a = 1.5, b = -2\nloss l = 3 * a**2 + a * b + b**4\n");
    assert_true(derive(p));
    struct arena *a = &ctx.arena;
    uint32_t n_slots = 2 * p->train.slots.n;
    double x[2] = {1.5, -2}, *value[2], *slot[8], number[16];
    struct formula_state s[2] = {{0, 0}, {0, 0}};
    const double *params[2] = {&x[0], &x[1]}, *slots[8];
    const char *why = "";
    struct interp_env env = {.params = params, .slots = slots, .numbers = number, .n_params = 2};
    for (uint32_t i = 0; i < p->train.numbers.n; i++) number[i] = p->train.numbers.at[i].value;
    if (n_slots) assert_true(interp_run(p->graph, &env, p->train.slot_init, n_slots, a, slot, &why));
    for (uint32_t i = 0; i < n_slots; i++) slots[i] = slot[i];
    for (int t = 1; t <= STEPS; t++) {
        double g[2] = {6 * x[0] + x[1], x[0] + 4 * x[1] * x[1] * x[1]}, norm = sqrt(g[0] * g[0] + g[1] * g[1]);
        double want[2] = {f(x[0], g[0], t, norm, &s[0]), f(x[1], g[1], t, norm, &s[1])};
        env.tick = t;
        if (!interp_run(p->graph, &env, p->train.new_param, 2, a, value, &why)) fail_msg("%s", why);
        if (n_slots) assert_true(interp_run(p->graph, &env, p->train.new_slot, n_slots, a, slot, &why));
        for (uint32_t i = 0; i < n_slots; i++) slots[i] = slot[i];
        for (int i = 0; i < 2; i++) {
            x[i] = *value[i];
            if (fabs(x[i] - want[i]) > 1e-12 * fmax(1, fabs(want[i])))
                fail_msg("%s: step %d of parameter %d is %.17g, not %.17g", optimizer, t, i, x[i], want[i]);
        }
    }
}

static double sgd(double p, double g, double t, double norm, struct formula_state *s)
{
    (void)t, (void)norm, (void)s;
    return p - 0.1 * g;
}
static double momentum(double p, double g, double t, double norm, struct formula_state *s)
{
    (void)t, (void)norm;
    s->u = 0.5 * s->u + g;
    return p - 0.01 * s->u;
}
static double nesterov(double p, double g, double t, double norm, struct formula_state *s)
{
    (void)t, (void)norm;
    s->u = 0.9 * s->u + g;
    return p - 0.01 * (g + 0.9 * s->u);
}
static double adagrad(double p, double g, double t, double norm, struct formula_state *s)
{
    (void)t, (void)norm;
    s->u += g * g;
    return p - 0.1 * g / (sqrt(s->u) + 1e-10);
}
static double rmsprop(double p, double g, double t, double norm, struct formula_state *s)
{
    (void)t, (void)norm;
    s->u = 0.99 * s->u + 0.01 * g * g;
    return p - 0.1 * g / (sqrt(s->u) + 1e-8);
}
static double adam(double p, double g, double t, double norm, struct formula_state *s)
{
    (void)norm;
    s->u = 0.9 * s->u + 0.1 * g;
    s->v = 0.999 * s->v + 0.001 * g * g;
    return p - 0.1 * (s->u / (1 - pow(0.9, t))) / (sqrt(s->v / (1 - pow(0.999, t))) + 1e-8);
}
static double adamw(double p, double g, double t, double norm, struct formula_state *s)
{
    return adam(p, g, t, norm, s) - 0.1 * 0.01 * p;
}
static double nadam(double p, double g, double t, double norm, struct formula_state *s)
{
    (void)norm;
    s->u = 0.9 * s->u + 0.1 * g;
    s->v = 0.999 * s->v + 0.001 * g * g;
    double ahead = 0.9 * s->u / (1 - pow(0.9, t + 1)) + 0.1 * g / (1 - pow(0.9, t));
    return p - 0.1 * ahead / (sqrt(s->v / (1 - pow(0.999, t))) + 1e-8);
}
static double lion(double p, double g, double t, double norm, struct formula_state *s)
{
    (void)t, (void)norm;
    double u = 0.9 * s->u + 0.1 * g;
    s->u = 0.99 * s->u + 0.01 * g;
    return p - 0.1 * ((u > 0) - (u < 0) + 0.5 * p);
}
static double clipped_momentum(double p, double g, double t, double norm, struct formula_state *s)
{
    return momentum(p, norm > 3 ? g * 3 / norm : g, t, norm, s);
}
static double clamped(double p, double g, double t, double norm, struct formula_state *s)
{
    return sgd(p, fmax(-0.5, fmin(0.5, g)), t, norm, s);
}
static double decayed(double p, double g, double t, double norm, struct formula_state *s)
{
    return sgd(p, g + 0.2 * p, t, norm, s);
}
static double scheduled(double p, double g, double t, double norm, struct formula_state *s)
{
    (void)norm, (void)s;
    return p - g * 0.1 * (1 + cos(3.14159265358979323846 * fmin((t - 1) / 3, 1))) / 2;
}

static void test_lower_steps_by_the_formulas(void **state)
{
    (void)state;
    static const struct {
        const char *optimizer;
        formula *f;
    } cases[] = {{"sgd(0.1)", sgd},
                 {"momentum(mu = 0.5)", momentum},
                 {"nesterov()", nesterov},
                 {"adagrad(0.1)", adagrad},
                 {"rmsprop(0.1)", rmsprop},
                 {"adam(0.1)", adam},
                 {"adamw(0.1)", adamw},
                 {"nadam(0.1)", nadam},
                 {"lion(0.1, decay = 0.5)", lion},
                 {"clip_norm(3) |> momentum(mu = 0.5)", clipped_momentum},
                 {"clip_value(0.5) |> sgd(0.1)", clamped},
                 {"weight_decay(0.2) |> sgd(lr = 0.1)", decayed},
                 {"sgd(cosine(t, 0.1, 3))", scheduled}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_steps(cases[i].optimizer, cases[i].f);
}

static void test_lower_names_the_numbers_of_a_step(void **state)
{
    (void)state;
    reset();
    const struct ir_program *p = program("param w = 1\nloss l = w ** 2\n"
                                         "optimizer mine(lr = 0.1, k = 2) { state v = 0; v <- v + k * g; p <- p - lr * v }\n"
                                         "train momentum(lr = warmup(t, 1, 10)) |> mine() |> sgd(0.5) |> sgd(0.25)\n");
    struct text t = text_new(&ctx.arena);
    for (uint32_t i = 0; i < p->train.numbers.n; i++) text_printf(&t, "%s ", p->train.numbers.at[i].name);
    for (uint32_t i = 0; i < p->train.slots.n; i++) text_printf(&t, "%s ", p->train.slots.at[i]);
    assert_string_equal(t.s, "mu lr k sgd_lr sgd_lr2 v mine_v ");
}

/* ---- size ---- */

static void test_lower_walks_long_programs(void **state)
{
    (void)state;
    reset();
    enum { LINES = 20000 };
    struct text t = text_new(&ctx.arena);
    text_put(&t, "input x0 = 1\n");
    for (int i = 1; i < LINES; i++) text_printf(&t, "x%d = sin(x%d) + x%d\n", i, i - 1, i / 2);
    text_put(&t, "y = x0");
    for (int i = 1; i < LINES; i++) text_printf(&t, " + x%d", i);
    text_put(&t, "\nz = y");
    for (int i = 1; i < LINES; i++) text_put(&t, " |> exp");
    text_put(&t, "\noutput z\n");
    const struct ir_program *p = program(t.s);
    assert_int_equal(p->n_bindings, LINES + 1);
    assert_string_equal(p->bindings[0].name, "x1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_lower_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_parameters_of_an_owner_together),
        TEST(orders_results_and_wrt),
        TEST(says_sizes_as_written),
        TEST(reads_the_head_of_the_file),
        TEST(tells_random_programs),
        TEST(gives_each_parameter_its_stream),
        TEST(takes_dims_from_outside),
        TEST(knows_no_such_dim),
        TEST(replaces_the_optimizer),
        TEST(imports_definitions),
        TEST(answers_bad_imports),
        TEST(steps_by_the_formulas),
        TEST(names_the_numbers_of_a_step),
        TEST(walks_long_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
