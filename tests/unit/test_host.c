/* The public API, on every backend; and what a host must never see of libtcc. */
#include "runtime/host/host.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const enum nngen_backend all_backends[] = {NNGEN_INTERP, NNGEN_TCC, NNGEN_CC};

static struct nngen_program *compile_with(const char *text, const struct nngen_options *o)
{
    struct nngen_program *p = nngen_compile_text(text, strlen(text), "text", o);
    if (!nngen_ok(p)) print_message("%s", nngen_messages(p, NNGEN_FULL, 0));
    assert_true(nngen_ok(p));
    return p;
}

static struct nngen_program *compile_ok(const char *text)
{
    return compile_with(text, NULL);
}

static struct nngen_model *model_on(struct nngen_program *p, enum nngen_backend b, int f64)
{
    struct nngen_model *m = nngen_model_new(p, b, f64);
    if (!m) print_message("%s", nngen_messages(p, NNGEN_FULL, 0));
    assert_non_null(m);
    return m;
}

static void assert_said(const struct nngen_model *m, const char *part)
{
    if (!strstr(nngen_error(m), part)) fail_msg("'%s' does not say '%s'", nngen_error(m), part);
}

static const char line_model[] = "dim N <= 5\n"
                                 "input x[N, 2], y[N]\n"
                                 "param W[2] = ones\n"
                                 "param b = 0.5\n"
                                 "p = x @ W + b\n"
                                 "loss l = mean[N]((p - y)**2)\n"
                                 "output p\n"
                                 "wrt x\n"
                                 "train sgd(lr = 0.1)\n";

/* ---- programs ---- */

static void test_a_program_that_is_wrong_says_where(void **state)
{
    (void)state;
    struct nngen_program *p = nngen_compile_text("x = yy + 1\n", 11, "m", NULL);
    assert_non_null(p);
    assert_false(nngen_ok(p));
    assert_int_equal(nngen_failed(p), NNGEN_BAD_MODEL);
    assert_non_null(strstr(nngen_messages(p, NNGEN_SHORT, 0), "m:1:5: error[E0301]"));
    assert_null(nngen_emit_c(p, "m.h"));
    assert_null(nngen_model_new(p, NNGEN_AUTO, 0));
    assert_int_equal(nngen_count(p, NNGEN_INPUT), 0);
    assert_int_equal(nngen_run_tests(p, NNGEN_INTERP, NULL, NULL, NULL), -1);
    nngen_program_free(p);
}

static void test_a_missing_file_is_the_systems_fault(void **state)
{
    (void)state;
    struct nngen_program *p = nngen_compile_file("/nowhere/at/all.nn", NULL);
    assert_int_equal(nngen_failed(p), NNGEN_BAD_FILE);
    assert_non_null(strstr(nngen_messages(p, NNGEN_FULL, 0), "/nowhere/at/all.nn"));
    nngen_program_free(p);
}

static void test_messages_are_data(void **state)
{
    (void)state;
    static const char text[] = "input x[3]\nx = 2\ny = zz + 1\noutput y\n";
    struct nngen_program *p = nngen_compile_text(text, strlen(text), "m", NULL);
    struct nngen_diagnostic d, note;
    assert_int_equal(nngen_diagnostic(p, 0, &d), 0);
    assert_string_equal(d.file, "m");
    assert_int_equal(d.line, 2);
    assert_int_equal(d.column, 1);
    assert_int_equal(d.end_column, 2);
    assert_true(d.notes >= 1);
    assert_int_equal(nngen_diagnostic_note(p, 0, 0, &note), 0);
    assert_int_equal(note.line, 1);
    assert_null(note.code);
    assert_int_equal(nngen_diagnostic_note(p, 0, d.notes, &note), -1);
    assert_int_equal(nngen_diagnostic(p, 1, &d), 0);
    assert_string_equal(d.code, "E0301");
    assert_int_equal(d.line, 3);
    assert_int_equal(nngen_diagnostic(p, 2, &d), -1);
    nngen_program_free(p);
    p = nngen_compile_file("/nowhere/at/all.nn", NULL);
    assert_int_equal(nngen_diagnostic(p, 0, &d), 0);
    assert_null(d.file);
    nngen_program_free(p);
    assert_int_equal(nngen_diagnostic(NULL, 0, &d), 0);
    assert_string_equal(d.code, "E0903");
    assert_int_equal(nngen_diagnostic(NULL, 1, &d), -1);
    assert_int_equal(nngen_diagnostic(NULL, 0, NULL), -1);
}

static void test_nothing_is_asked_of_nothing(void **state)
{
    (void)state;
    nngen_program_free(NULL);
    nngen_model_free(NULL);
    assert_false(nngen_ok(NULL));
    assert_int_equal(nngen_failed(NULL), NNGEN_NO_MEMORY);
    assert_null(nngen_model_new(NULL, NNGEN_AUTO, 0));
    assert_int_equal(nngen_init(NULL, 1), -1);
    assert_int_equal(nngen_step(NULL), -1);
    assert_int_equal(nngen_set(NULL, "x", NULL, NULL, 0), -1);
    assert_int_equal(nngen_get(NULL, "x", NULL, 0, NULL), -1);
    assert_true(isnan(nngen_scalar(NULL, "x")));
}

static void test_a_program_tells_what_it_holds(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(line_model);
    struct nngen_info info;
    assert_int_equal(nngen_count(p, NNGEN_INPUT), 2);
    assert_int_equal(nngen_count(p, NNGEN_PARAM), 2);
    assert_int_equal(nngen_count(p, NNGEN_OUTPUT), 2);
    assert_int_equal(nngen_count(p, NNGEN_GRADIENT), 3);
    assert_int_equal(nngen_info(p, NNGEN_INPUT, 0, &info), 0);
    assert_string_equal(info.name, "x");
    assert_int_equal(info.rank, 2);
    assert_int_equal(info.most[0], 5);
    assert_string_equal(info.axis[0], "N");
    assert_int_equal(nngen_info(p, NNGEN_GRADIENT, 0, &info), 0);
    assert_string_equal(info.name, "d_W");
    assert_int_equal(nngen_info(p, NNGEN_GRADIENT, 2, &info), 0);
    assert_string_equal(info.name, "d_x");
    assert_int_equal(nngen_info(p, NNGEN_GRADIENT, 3, &info), -1);
    assert_int_equal(nngen_parameters(p), 3);
    assert_int_equal(nngen_dims(p), 1);
    assert_string_equal(nngen_dim_name(p, 0), "N");
    assert_int_equal(nngen_dim_max(p, 0), 5);
    assert_null(nngen_dim_name(p, 1));
    assert_true(nngen_has_gradient(p) && nngen_has_step(p));
    nngen_program_free(p);
}

static void test_stages_print_and_unknown_ones_do_not(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(line_model);
    for (const char *const *s = nngen_stages(); *s; s++) assert_non_null(nngen_dump(p, *s));
    assert_null(nngen_dump(p, "nonsense"));
    assert_non_null(strstr(nngen_emit_c(p, "other.h"), "other.h"));
    char *layout = nngen_formatted(p);
    assert_non_null(strstr(layout, "train sgd(lr = 0.1)"));
    nngen_text_free(layout);
    nngen_program_free(p);
}

static void test_words_are_explained(void **state)
{
    (void)state;
    assert_non_null(strstr(nngen_explain("E0201"), "shapes do not match"));
    assert_non_null(strstr(nngen_explain("tanh"), "g * (1 - y * y)"));
    assert_non_null(nngen_explain("dense"));
    assert_non_null(nngen_explain("sgd"));
    assert_non_null(nngen_explain("concat"));
    assert_null(nngen_explain("nonsense"));
    char *all = nngen_operations();
    assert_non_null(strstr(all, "\nconcat["));
    assert_non_null(strstr(all, "\ntanh(x)  elementwise, y = tanh(x); dx = g * (1 - y * y)\n"));
    nngen_text_free(all);
}

/* ---- numbers in and out ---- */

static void test_dims_come_from_what_is_given(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(line_model);
    struct nngen_model *m = model_on(p, NNGEN_INTERP, 1);
    const double x[6] = {1, 2, 3, 4, 5, 6}, y[3] = {1, 1, 1};
    assert_int_equal(nngen_forward(m), -1);
    assert_said(m, "size of N is not known");
    assert_int_equal(nngen_set(m, "x", x, (const int64_t[]){3, 2}, 2), 0);
    assert_int_equal(nngen_forward(m), -1);
    assert_said(m, "y has no value");
    assert_int_equal(nngen_set(m, "y", y, NULL, 0), 0);
    assert_int_equal(nngen_grad(m), 0);
    int64_t dims[NNGEN_RANK_MAX];
    double p3[3];
    assert_int_equal(nngen_get(m, "p", p3, 3, dims), 1);
    assert_int_equal(dims[0], 3);
    assert_true(p3[0] == 3.5 && p3[1] == 7.5 && p3[2] == 11.5);
    assert_int_equal(nngen_get(m, "d_x", NULL, 0, dims), 2);
    assert_int_equal(dims[0], 3);

    assert_int_equal(nngen_set(m, "x", x, (const int64_t[]){2, 2}, 2), 0);
    assert_int_equal(nngen_get(m, "x", NULL, 0, dims), 2);
    assert_int_equal(dims[0], 2);
    assert_int_equal(nngen_get(m, "p", p3, 3, dims), 1); /* still of the call before */
    assert_int_equal(dims[0], 3);
    assert_int_equal(nngen_grad(m), -1);
    assert_said(m, "y[N]: N is 2");
    assert_int_equal(nngen_get(m, "p", p3, 3, dims), -1);
    assert_int_equal(nngen_set(m, "y", y, NULL, 0), 0);
    assert_int_equal(nngen_grad(m), 0);
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(line_model);
    struct nngen_model *m = model_on(p, NNGEN_INTERP, 1);
    const double x[12] = {0};
    assert_int_equal(nngen_set(m, "x", x, (const int64_t[]){6, 2}, 2), -1);
    assert_said(m, "N is 1 to 5, 6 given");
    assert_int_equal(nngen_set(m, "x", x, (const int64_t[]){0, 2}, 2), -1);
    assert_int_equal(nngen_set(m, "x", x, (const int64_t[]){4, 3}, 2), -1);
    assert_said(m, "[N, 2] expected, [4, 3] given");
    assert_int_equal(nngen_set(m, "x", x, (const int64_t[]){4}, 1), -1);
    assert_int_equal(nngen_set(m, "xx", x, NULL, 0), -1);
    assert_said(m, "did you mean `x`?");
    assert_int_equal(nngen_set(m, "p", x, NULL, 0), -1);
    assert_int_equal(nngen_set_dim(m, "N", 6), -1);
    assert_int_equal(nngen_set_dim(m, "M", 1), -1);
    assert_int_equal(nngen_set_number(m, "momentum", 1), -1);
    assert_int_equal(nngen_get(m, "p", NULL, 0, NULL), -1);
    assert_said(m, "not computed");
    double two[1];
    assert_int_equal(nngen_get(m, "W", two, 1, NULL), -1);
    assert_said(m, "2 elements");
    assert_true(isnan(nngen_scalar(m, "nothing")));
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_passes_to_leave_out_have_names(void **state)
{
    (void)state;
    static const char text[] = "input x = 1\noutput y = x\n";
    size_t n = 0;
    for (const char *const *name = nngen_passes(); *name; name++, n++) {
        struct nngen_options one = {.without = *name};
        struct nngen_program *p = nngen_compile_text(text, sizeof text - 1, "one", &one);
        assert_true(nngen_ok(p));
        nngen_program_free(p);
    }
    assert_true(n >= 10);
    struct nngen_options wrong = {.without = "fuse,nothing"};
    struct nngen_program *p = nngen_compile_text(text, sizeof text - 1, "wrong", &wrong);
    assert_false(nngen_ok(p));
    assert_non_null(strstr(nngen_messages(p, NNGEN_FULL, 0), "there is no pass 'nothing' to do without"));
    assert_non_null(strstr(nngen_messages(p, NNGEN_FULL, 0), "the passes are hoist, lanes"));
    nngen_program_free(p);
}

static void test_a_model_without_a_loss_has_no_gradient(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok("input x[2] = [1, 2]\ny = x * 2\noutput y\n");
    struct nngen_model *m = model_on(p, NNGEN_INTERP, 0);
    assert_false(nngen_has_gradient(p));
    assert_int_equal(nngen_grad(m), -1);
    assert_said(m, "add a loss");
    assert_int_equal(nngen_step(m), -1);
    assert_int_equal(nngen_forward(m), 0);
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_parameters_and_states_keep_what_is_set(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok("input x = 1\nparam W[2] = zeros\nstate s[2] = ones\ns <- s + x\n"
                                         "loss l = sum(W * s)\ntrain sgd(lr = 0.5)\n");
    for (size_t b = 0; b < 3; b++) {
        struct nngen_model *m = model_on(p, all_backends[b], 1);
        double v[2] = {3, 4}, got[2];
        assert_int_equal(nngen_set(m, "W", v, NULL, 0), 0); /* before anything: wakes the model, then sets */
        assert_int_equal(nngen_forward(m), 0);
        assert_int_equal(nngen_get(m, "W", got, 2, NULL), 1);
        assert_true(got[0] == 3 && got[1] == 4);
        nngen_get(m, "s", got, 2, NULL);
        assert_true(got[0] == 2 && got[1] == 2);
        assert_true(nngen_scalar(m, "l") == 14);
        assert_int_equal(nngen_step(m), 0);
        nngen_get(m, "W", got, 2, NULL);
        assert_true(got[0] == 1.5 && got[1] == 2.5);
        assert_int_equal(nngen_set_number(m, "lr", 1), 0);
        assert_int_equal(nngen_step(m), 0);
        nngen_get(m, "W", got, 2, NULL);
        assert_true(got[0] == -2.5 && got[1] == -1.5);
        assert_int_equal(nngen_init(m, 1), 0);
        nngen_get(m, "s", got, 2, NULL);
        assert_true(got[0] == 1);
        nngen_model_free(m);
    }
    nngen_program_free(p);
}

static void test_bound_inputs_are_read_in_place(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok("dim K = 3\ninput x[2], i[2] in K\ny = x * 10 + i\noutput y\n");
    for (size_t b = 0; b < 3; b++) {
        struct nngen_model *m = model_on(p, all_backends[b], 0);
        float x[2] = {1, 2};
        int32_t i[2] = {0, 2};
        double y[2];
        assert_int_equal(nngen_bind(m, "x", x, (const int64_t[]){2}, 1), 0);
        assert_int_equal(nngen_bind(m, "i", i, NULL, 0), 0);
        assert_int_equal(nngen_forward(m), 0);
        x[0] = 5;
        i[0] = 1;
        assert_int_equal(nngen_forward(m), 0);
        nngen_get(m, "y", y, 2, NULL);
        assert_true(y[0] == 51 && y[1] == 22);
        i[1] = 3;
        assert_int_equal(nngen_forward(m), -1);
        assert_said(m, "i: row 1 is 3, must be below 3");
        i[1] = -1;
        assert_int_equal(nngen_forward(m), -1);
        assert_said(m, "must be 0 or more");
        assert_int_equal(nngen_bind(m, "y", x, NULL, 0), -1);
        assert_int_equal(nngen_set(m, "i", (const double[]){0.5, 1}, NULL, 0), -1);
        assert_said(m, "no whole number");
        nngen_model_free(m);
    }
    nngen_program_free(p);
}

/* ---- backends ---- */

static void collect(struct nngen_model *m, const struct nngen_program *p, enum nngen_role role, double *to, size_t *n, size_t room)
{
    for (size_t i = 0; i < nngen_count(p, role); i++) {
        struct nngen_info info;
        int64_t dims[NNGEN_RANK_MAX];
        nngen_info(p, role, i, &info);
        int rank = nngen_get(m, info.name, NULL, 0, dims);
        assert_true(rank >= 0);
        size_t size = 1;
        for (int k = 0; k < rank; k++) size *= (size_t)dims[k];
        assert_true(*n + size <= room);
        assert_true(nngen_get(m, info.name, to + *n, size, dims) >= 0);
        *n += size;
    }
}

/* Outputs, gradients, and after three steps parameters and outputs again. */
static size_t life_of(struct nngen_program *p, enum nngen_backend b, int f64, double *to, size_t room)
{
    struct nngen_model *m = model_on(p, b, f64);
    size_t n = 0;
    assert_int_equal(nngen_init(m, 7), 0);
    collect(m, p, NNGEN_PARAM, to, &n, room);
    assert_int_equal(nngen_forward(m), 0);
    collect(m, p, NNGEN_OUTPUT, to, &n, room);
    if (nngen_has_gradient(p)) {
        assert_int_equal(nngen_grad(m), 0);
        collect(m, p, NNGEN_OUTPUT, to, &n, room);
        collect(m, p, NNGEN_GRADIENT, to, &n, room);
    }
    for (int i = 0; i < 3 && nngen_has_step(p); i++) assert_int_equal(nngen_step(m), 0);
    collect(m, p, NNGEN_PARAM, to, &n, room);
    collect(m, p, NNGEN_STATE, to, &n, room);
    nngen_model_free(m);
    return n;
}

static const char *const small_models[] = {
    "input a = 3, b = 2\nc = a * b + sin(a)\noutput c\n",
    "dim N <= 4\ninput x[N, 3] = [[1, 2, 3], [4, 5, 6]]\nparam W[3, 2] = glorot()\nparam b[2] = zeros\n"
    "h = tanh(x @ W + b)\nloss l = mean(h**2)\nwrt x\ntrain sgd(lr = 0.1)\n",
    "dim N <= 4, K = 3\ninput x[N, 2] = [[1, -1], [0.5, 2]]\ninput label[N] in K = [2, 0]\nparam W[2, K] = normal(0, 1)\n"
    "z = x @ W\nloss nll = mean[N](cross_entropy[K](z, label))\noutput s = softmax[K](z), a = argmax[K](z)\ntrain adam(lr = 0.01)\n",
    "input x[5] = [1, 2, 3, 4, 5]\nparam w = 2\nstate m = 0\nm <- 0.9*m + 0.1*mean(x)\nloss l = sum(max(x * w - m, 0))\n"
    "train momentum(lr = 1e-3)\n",
    "input x[6] = [1, 2, 3, 4, 5, 6]\nparam w[6] = uniform(-1, 1)\nloss l = sum(dropout(x * w, p = 0.5)**2)\ntrain sgd(lr = 0.01)\n",
    "input x[2, 3] = [[1, 2, 3], [4, 5, 6]]\ny = x.T\nz = concat(x, x * 2)\noutput y, z, s = x[:, 1:], t = sum[0](x)\n",
};

static void test_backends_agree(void **state)
{
    (void)state;
    static double want[2000], got[2000];
    for (size_t i = 0; i < sizeof small_models / sizeof *small_models; i++) {
        struct nngen_program *p = compile_ok(small_models[i]);
        for (int f64 = 0; f64 < 2; f64++) {
            size_t n = life_of(p, NNGEN_INTERP, f64, want, 2000);
            for (size_t b = 1; b < 3; b++) {
                assert_int_equal(life_of(p, all_backends[b], f64, got, 2000), n);
                for (size_t k = 0; k < n; k++) {
                    double size = fabs(want[k]) > 1 ? fabs(want[k]) : 1;
                    if (!(fabs(got[k] - want[k]) <= (f64 ? 1e-12 : 1e-5) * size))
                        fail_msg("model %zu, backend %d, f64 %d, number %zu: %.17g, not %.17g", i, (int)all_backends[b], f64, k,
                                 got[k], want[k]);
                }
            }
        }
        nngen_program_free(p);
    }
}

static const char xor_model[] =
    "dim N <= 4, H = 10\ninput x[N, 2] = [[0, 0], [0, 1], [1, 0], [1, 1]]\ninput y[N, 1] = [[0], [1], [1], [0]]\n"
    "p = x |> dense[H](act = sigmoid) |> dense[H](act = sigmoid) |> dense[H](act = sigmoid) |> dense[1](act = sigmoid)\n"
    "loss bce = mean(binary_cross_entropy(p, y))\noutput p\ntrain sgd(lr = 1)\n";

static void test_xor_is_learned_by_most_seeds(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(xor_model);
    struct nngen_model *m = model_on(p, NNGEN_AUTO, 0);
    int learned = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        assert_int_equal(nngen_init(m, seed), 0);
        for (int i = 0; i < 10001; i++) assert_int_equal(nngen_step(m), 0);
        learned += nngen_scalar(m, "bce") < 0.01;
    }
    if (learned < 8) fail_msg("%d of 10 seeds learn", learned);
    nngen_model_free(m);
    nngen_program_free(p);
}

static int writable_code(void)
{
    char line[600];
    int found = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    if (!f) return 0;
    while (fgets(line, sizeof line, f)) found += strstr(line, " rwx") || strstr(line, " -wx");
    fclose(f);
    return found;
}

static void test_no_page_is_writable_and_executable(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(xor_model);
    struct nngen_model *m = model_on(p, NNGEN_TCC, 0);
    assert_int_equal(nngen_step(m), 0);
    assert_int_equal(writable_code(), 0);
    nngen_model_free(m);
    nngen_program_free(p);
}

/* The guest alone: texts that do not compile, and one that does, in turns. */
static bool jit(const char *text, char why[ERROR_ROOM], struct code *c)
{
    static const struct ir_entry entries[ENTRY_KINDS] = {[ENTRY_OPT_INIT] = {.present = true}};
    char copy[400];
    struct emitted e = {.c = {.s = copy}, .declarations = strlen(text)};
    snprintf(copy, sizeof copy, "%s", text);
    *c = (struct code){.backend = &backend_tcc, .entries = entries, .kinds = 1u << ENTRY_OPT_INIT};
    return backend_tcc.build(c, &e, why);
}

static void test_libtcc_fails_without_a_trace(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"int m_opt_init(int *p) { return undeclared(p); }", "undeclared"},
        {"int m_opt_init(int *p) {", "error"},
        {"int system(const char *); int m_opt_init(char *p) { return system(p); }", "undefined symbol 'system'"},
        {"int other(int *p) { return *p; }", "m_opt_init"},
        {"#include <stdio.h>\nint m_opt_init(int *p) { return *p; }", "stdio.h"},
        {"#error stop", "stop"},
    };
    for (int turn = 0; turn < 20; turn++)
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            char why[ERROR_ROOM];
            struct code c;
            assert_false(jit(wrong[i].text, why, &c));
            if (!strstr(why, wrong[i].says)) fail_msg("'%s' does not say '%s'", why, wrong[i].says);
            assert_true(jit("double sqrt(double); int m_opt_init(double *p) { *p = sqrt(*p) + 0x1.8p+1; return 0; }", why, &c));
            double x = 16;
            ((int (*)(double *))c.entry[ENTRY_OPT_INIT])(&x);
            assert_true(x == 7);
            backend_tcc.release(&c);
        }
    assert_int_equal(writable_code(), 0);
}

static int files_like(const char *folder, const char *start)
{
    int n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) n += !strncmp(e->d_name, start, strlen(start));
    closedir(d);
    return n;
}

static void test_cc_leaves_no_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/nngen-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    setenv("TMPDIR", folder, 1);
    char *cache = getenv("XDG_CACHE_HOME") ? strdup(getenv("XDG_CACHE_HOME")) : NULL;
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
    struct nngen_program *p = compile_ok(line_model);
    struct nngen_model *m = model_on(p, NNGEN_CC, 0);
    assert_int_equal(files_like(folder, "nngen-"), 0);
    nngen_model_free(m);
    nngen_program_free(p);
    setenv("TMPDIR", "/nowhere", 1);
    p = compile_ok(line_model);
    assert_null(nngen_model_new(p, NNGEN_CC, 0));
    assert_non_null(strstr(nngen_messages(p, NNGEN_FULL, 0), "error[E0902]"));
    assert_non_null(strstr(nngen_messages(p, NNGEN_FULL, 0), "temporary folder"));
    nngen_program_free(p);
    unsetenv("TMPDIR");
    if (cache)
        setenv("XDG_CACHE_HOME", cache, 1);
    else
        unsetenv("XDG_CACHE_HOME");
    free(cache);
    assert_int_equal(rmdir(folder), 0);
}

static void test_a_path_without_cc_is_said(void **state)
{
    (void)state;
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    struct nngen_program *p = compile_ok(line_model);
    assert_null(nngen_model_new(p, NNGEN_CC, 0));
    assert_non_null(strstr(nngen_messages(p, NNGEN_FULL, 0), "`cc` is not on the PATH"));
    nngen_program_free(p);
    setenv("PATH", path, 1);
    free(path);
}

static void test_models_share_a_programs_code(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(line_model);
    struct nngen_model *a = model_on(p, NNGEN_AUTO, 0), *b = model_on(p, NNGEN_AUTO, 0);
    assert_ptr_equal(a->code, b->code);
    assert_int_equal(nngen_set(a, "W", (const double[]){5, 6}, NULL, 0), 0);
    double w[2];
    assert_int_equal(nngen_get(b, "W", w, 2, NULL), 1);
    assert_true(w[0] == 1);
    assert_true(nngen_ready_seconds(a) > 0);
    nngen_model_free(a);
    nngen_model_free(b);
    nngen_program_free(p);
}

struct alone {
    struct nngen_program *p;
    enum nngen_backend backend;
    int f64;
    double loss;
};

static void *train_alone(void *user)
{
    struct alone *a = user;
    static const double x[4] = {1, 0, 0, 1}, y[2] = {1, 1};
    static const int64_t dims[] = {2, 2};
    struct nngen_model *m = nngen_model_new(a->p, a->backend, a->f64);
    if (!m || nngen_init(m, 3)) return NULL;
    for (int i = 0; i < 50; i++) nngen_step(m);
    nngen_set(m, "x", x, dims, 2);
    nngen_set(m, "y", y, (const int64_t[]){2, 1}, 2);
    for (int i = 0; i < 50; i++) nngen_step(m);
    a->loss = nngen_scalar(m, "bce");
    nngen_model_free(m);
    return a;
}

/* All kinds of code are made while models of the others run. */
static void test_threads_share_a_program(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    pthread_t thread[THREADS];
    struct alone alone[THREADS];
    struct nngen_program *p = compile_ok(xor_model);
    for (int i = 0; i < THREADS; i++) {
        alone[i] = (struct alone){.p = p, .backend = i & 1 ? NNGEN_TCC : NNGEN_INTERP, .f64 = i >> 1 & 1};
        assert_int_equal(pthread_create(&thread[i], NULL, train_alone, &alone[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *done;
        pthread_join(thread[i], &done);
        assert_non_null(done);
        assert_true(fabs(alone[i].loss - alone[i & 2].loss) <= (i & 2 ? 1e-12 : 1e-5));
    }
    nngen_program_free(p);
}

/* ---- tests and checks of programs ---- */

struct heard {
    int passed, failed;
    char last[2000];
};

static void hear(void *user, const struct nngen_outcome *o)
{
    struct heard *h = user;
    o->passed ? h->passed++ : h->failed++;
    if (!o->passed) snprintf(h->last, sizeof h->last, "%s", o->message);
}

static const char tested_model[] = "dim N <= 4\ninput x[N, 2] = [[1, 2], [3, 4]]\nparam W[2] = [1, 1]\ns = sum(x @ W)\noutput s\n"
                                   "test \"holds\" { expect s = 10; expect s > 9; expect x = [[1, 2], [3, 4]]; expect nan = nan }\n"
                                   "test \"sets\" { x = [[1, 1], [1, 1], [2, 2]]\nexpect s = 8\nW = [0, 1]; expect s = 4\n"
                                   "N = 1; x = [[1, 5]]; expect s = 5 }\n";

static void test_test_blocks_run_on_every_backend(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(tested_model);
    for (size_t b = 0; b < 3; b++) {
        struct heard h = {0};
        assert_int_equal(nngen_run_tests(p, all_backends[b], NULL, hear, &h), 0);
        if (h.failed) print_message("%s", h.last);
        assert_int_equal(h.passed, 2);
        h.passed = 0;
        assert_int_equal(nngen_run_tests(p, all_backends[b], "set", hear, &h), 0);
        assert_int_equal(h.passed, 1);
    }
    nngen_program_free(p);
}

static void test_a_failing_expectation_shows_the_worst_element(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok("input x[2, 2] = [[1, 2], [3, 4]]\noutput s = sum(x)\n"
                                         "test \"t\" { expect x = [[1, 2.1], [3.5, 4]] }\ntest \"u\" { expect s = 10 +- 1e-12\nexpect s = 11 }\n"
                                         "test \"v\" { expect s > 10 }\n");
    struct heard h = {0};
    assert_int_equal(nngen_run_tests(p, NNGEN_INTERP, "t", hear, &h), 1);
    assert_non_null(strstr(h.last, "text:3:12: error[E0904]: `x = [[1, 2.1], [3.5, 4]]` expected, 3 found at [1, 0] in place of 3.5\n"));
    assert_int_equal(nngen_run_tests(p, NNGEN_INTERP, "u", hear, &h), 1);
    assert_non_null(strstr(h.last, "text:5:1: error[E0904]: `s = 11` expected, 10 found\n"));
    assert_null(strstr(h.last, "text:4"));
    assert_int_equal(nngen_run_tests(p, NNGEN_INTERP, "v", hear, &h), 1);
    assert_non_null(strstr(h.last, "`s > 10` does not hold"));
    nngen_program_free(p);
}

static void test_tolerances_are_wider_in_float(void **state)
{
    (void)state;
    static const char text[] = "input x = 0.1\noutput y = x * 3\ntest \"t\" { expect y = 0.300001 }\n";
    struct nngen_program *p = compile_ok(text);
    assert_int_equal(nngen_run_tests(p, NNGEN_INTERP, NULL, NULL, NULL), 1);
    nngen_program_free(p);
    p = compile_with(text, &(struct nngen_options){.f32 = 1});
    assert_int_equal(nngen_run_tests(p, NNGEN_INTERP, NULL, NULL, NULL), 0);
    nngen_program_free(p);
}

static void test_right_derivatives_pass_the_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof small_models / sizeof *small_models; i++) {
        struct heard h = {0};
        struct nngen_program *p = compile_ok(small_models[i]);
        if (nngen_check_gradients(p, NNGEN_INTERP, 1, hear, &h)) fail_msg("model %zu: %s", i, h.last);
        nngen_program_free(p);
    }
}

static void test_wrong_derivatives_do_not(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "fn f(x) = x * x adjoint(g) = g\ninput x = 3\nparam w[3] = ones\nloss l = sum(f(w * x))\nwrt x\n",
        "fn f(x) = x * x adjoint(g) = g * x * 2.001\ninput x = 3\nparam w[3] = ones\nloss l = sum(f(w * x))\nwrt x\n",
        "fn f(x) = 1e-6 * x * x adjoint(g) = 0 * g\ninput x = 3\nparam w[3] = ones\nloss l = sum(f(w * x))\nwrt x\n",
        "fn f(x) = relu(x) adjoint(g) = g\ninput x = -3\nparam w[3] = ones\nloss l = sum(f(w * x))\nwrt x\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct heard h = {0};
        struct nngen_program *p = compile_ok(wrong[i]);
        assert_int_equal(nngen_check_gradients(p, NNGEN_INTERP, 1, hear, &h), 2);
        assert_non_null(strstr(h.last, "error[E0905]"));
        nngen_program_free(p);
    }
}

static void test_kinks_are_walked_around(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok("input x[3] = [0, -1, 1]\nparam b[3] = zeros\nloss l = sum(relu(x + b)) + sum(abs(b))\nwrt x\n");
    struct heard h = {0};
    if (nngen_check_gradients(p, NNGEN_INTERP, 1, hear, &h)) fail_msg("%s", h.last);
    assert_int_equal(h.passed, 2);
    nngen_program_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_program_that_is_wrong_says_where),
        cmocka_unit_test(test_a_missing_file_is_the_systems_fault),
        cmocka_unit_test(test_messages_are_data),
        cmocka_unit_test(test_nothing_is_asked_of_nothing),
        cmocka_unit_test(test_a_program_tells_what_it_holds),
        cmocka_unit_test(test_stages_print_and_unknown_ones_do_not),
        cmocka_unit_test(test_words_are_explained),
        cmocka_unit_test(test_dims_come_from_what_is_given),
        cmocka_unit_test(test_what_does_not_fit_is_refused),
        cmocka_unit_test(test_passes_to_leave_out_have_names),
        cmocka_unit_test(test_a_model_without_a_loss_has_no_gradient),
        cmocka_unit_test(test_parameters_and_states_keep_what_is_set),
        cmocka_unit_test(test_bound_inputs_are_read_in_place),
        cmocka_unit_test(test_backends_agree),
        cmocka_unit_test(test_xor_is_learned_by_most_seeds),
        cmocka_unit_test(test_no_page_is_writable_and_executable),
        cmocka_unit_test(test_libtcc_fails_without_a_trace),
        cmocka_unit_test(test_cc_leaves_no_files),
        cmocka_unit_test(test_a_path_without_cc_is_said),
        cmocka_unit_test(test_models_share_a_programs_code),
        cmocka_unit_test(test_threads_share_a_program),
        cmocka_unit_test(test_test_blocks_run_on_every_backend),
        cmocka_unit_test(test_a_failing_expectation_shows_the_worst_element),
        cmocka_unit_test(test_tolerances_are_wider_in_float),
        cmocka_unit_test(test_right_derivatives_pass_the_check),
        cmocka_unit_test(test_wrong_derivatives_do_not),
        cmocka_unit_test(test_kinks_are_walked_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
