/* Several models and one set of gradients: the update alone, parameters that are shared, elements where they lie. */
#include "runtime/host/host.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum nngen_backend all_backends[] = {NNGEN_INTERP, NNGEN_TCC, NNGEN_CC};

static const char body[] = "dim N <= 4\n"
                           "input x[N, 3] = [[1, 2, 3], [-1, 0, 1]], y[N, 1] = [[1], [-1]]\n"
                           "param scale = 0.5\n"
                           "param unused[2] = ones\n"
                           "state seen = zeros()\n"
                           "h = dropout((scale * x) |> dense[5](act = tanh) as fc1, p = 0.25)\n"
                           "p = h |> dense[1] as out\n"
                           "seen <- seen + 1\n"
                           "loss l = mean((p - y)**2)\n"
                           "output p\n";

static struct nngen_program *compile_with(const char *train)
{
    char text[2048];
    int n = snprintf(text, sizeof text, "%s%s\n", body, train);
    struct nngen_program *p = nngen_compile_text(text, (size_t)n, "text", NULL);
    if (!nngen_ok(p)) print_message("%s", nngen_messages(p, NNGEN_FULL, 0));
    assert_true(nngen_ok(p));
    return p;
}

static struct nngen_model *model_on(struct nngen_program *p, enum nngen_backend b, int f64)
{
    struct nngen_model *m = nngen_model_new(p, b, f64);
    if (!m) print_message("%s", nngen_messages(p, NNGEN_FULL, 0));
    assert_non_null(m);
    assert_int_equal(nngen_init(m, 7), 0);
    return m;
}

static void assert_params_equal(struct nngen_program *p, struct nngen_model *a, struct nngen_model *b, double within)
{
    struct nngen_info info;
    for (size_t i = 0; i < nngen_count(p, NNGEN_PARAM); i++) {
        double x[32], y[32];
        assert_int_equal(nngen_info(p, NNGEN_PARAM, i, &info), 0);
        size_t n = 1;
        for (unsigned k = 0; k < info.rank; k++) n *= (size_t)info.most[k];
        assert_true(nngen_get(a, info.name, x, 32, NULL) >= 0 && nngen_get(b, info.name, y, 32, NULL) >= 0);
        for (size_t j = 0; j < n; j++)
            if (!(fabs(x[j] - y[j]) <= within)) fail_msg("%s[%zu]: %.17g and %.17g", info.name, j, x[j], y[j]);
    }
}

/* cc may contract what the two texts have in different places; the others do the same operations in the same order.
 */
static void test_a_gradient_and_its_update_are_a_step(void **state)
{
    (void)state;
    static const char *const trains[] = {
        "train sgd(lr = 0.1)", "train clip_norm(0.5) |> adam(lr = 0.01)", "train momentum(lr = cosine(t, 0.1, 10))",
        "optimizer own(lr = 0.1) { state s = 1;  s <- s + abs(g);  p <- p - lr * g / s }\ntrain own"};
    for (size_t i = 0; i < sizeof trains / sizeof *trains; i++)
        for (int b = 0; b < 3; b++)
            for (int f64 = 0; f64 < 2; f64++) {
                if (all_backends[b] == NNGEN_CC && i != 1) continue;
                struct nngen_program *p = compile_with(trains[i]);
                struct nngen_model *whole = model_on(p, all_backends[b], f64),
                                   *parts = model_on(p, all_backends[b], f64);
                for (int k = 0; k < 6; k++) {
                    if (nngen_step(whole)) fail_msg("%s", nngen_error(whole));
                    if (nngen_grad(parts) || nngen_apply(parts)) fail_msg("%s", nngen_error(parts));
                }
                assert_params_equal(p, whole, parts, all_backends[b] == NNGEN_CC ? 1e-6 : 0);
                assert_true(nngen_scalar(parts, "seen") == 6);
                nngen_model_free(parts);
                nngen_model_free(whole);
                nngen_program_free(p);
            }
}

static void test_gradients_may_be_the_callers(void **state)
{
    (void)state;
    struct nngen_program *p = compile_with("train sgd(lr = 0.5)");
    struct nngen_model *m = model_on(p, NNGEN_AUTO, 0);
    assert_int_equal(nngen_set(m, "d_scale", (const double[]){2}, NULL, 0), 0);
    size_t n = 0;
    float *g = nngen_elements(m, "d_unused", &n);
    assert_non_null(g);
    assert_int_equal(n, 2);
    g[1] = 4;
    assert_int_equal(nngen_apply(m), 0);
    assert_true(nngen_scalar(m, "scale") == -0.5);
    const float *unused = nngen_elements(m, "unused", &n);
    assert_true(unused[0] == 1 && unused[1] == -1);
    assert_null(nngen_elements(m, "p", &n)); /* no call has made it */
    assert_null(nngen_elements(m, "x", &n));
    assert_null(nngen_elements(m, "nothing", &n));
    assert_null(nngen_elements(NULL, "p", &n));
    assert_int_equal(nngen_forward(m), 0);
    assert_non_null(nngen_elements(m, "p", &n));
    assert_int_equal(n, 2);
    assert_int_equal(nngen_apply(NULL), -1);
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_parameters_are_shared(void **state)
{
    (void)state;
    struct nngen_program *p = compile_with("train sgd(lr = 0.5)"), *q = compile_with("");
    for (int b = 0; b < 3; b++) {
        struct nngen_model *m = model_on(p, all_backends[b], 0), *reader = model_on(p, all_backends[b], 0);
        struct nngen_model *wide = model_on(p, all_backends[b], 1), *other = model_on(q, all_backends[b], 0);
        assert_int_equal(nngen_share_params(reader, m), 0);
        assert_int_equal(nngen_set(m, "scale", (const double[]){3}, NULL, 0), 0);
        assert_true(nngen_scalar(reader, "scale") == 3);
        assert_true(!nngen_forward(m) && !nngen_forward(reader));
        assert_true(nngen_scalar(m, "l") == nngen_scalar(reader, "l"));
        assert_int_equal(nngen_share_params(reader, wide), -1);
        assert_int_equal(nngen_share_params(reader, other), -1);
        assert_int_equal(nngen_share_params(reader, NULL), 0);
        assert_true(nngen_scalar(reader, "scale") == 0.5);
        assert_int_equal(nngen_apply(other), -1);
        nngen_model_free(reader);
        nngen_model_free(m);
        nngen_model_free(wide);
        nngen_model_free(other);
    }
    nngen_program_free(q);
    nngen_program_free(p);
}

static void test_an_optimizer_that_draws_needs_its_step(void **state)
{
    (void)state;
    struct nngen_program *p =
        compile_with("optimizer noisy(lr = 0.1) { p <- p - lr * g * sum(uniform[2]) }\ntrain noisy");
    struct nngen_model *m = model_on(p, NNGEN_AUTO, 0);
    assert_int_equal(nngen_grad(m), 0);
    assert_int_equal(nngen_apply(m), -1);
    assert_non_null(strstr(nngen_error(m), "draws random numbers"));
    assert_int_equal(nngen_step(m), 0);
    nngen_model_free(m);
    nngen_program_free(p);
}

/* Large enough to be dealt out. */
static const char wide[] = "dim N <= 61\n"
                           "input x[N, 256], y[N, 3]\n"
                           "h = x |> dense[512](act = tanh) as a |> dense[256](act = tanh) as b\n"
                           "loss l = mean(((h |> dense[3] as c) - y)**2)\n"
                           "train adam(lr = 0.01)\n";

static void run_wide(unsigned threads, double *out)
{
    static double x[61 * 256], y[61 * 3];
    const int64_t dims[] = {61, 256}, few[] = {61, 3};
    struct nngen_options how = {.threads = threads};
    struct nngen_program *p = nngen_compile_text(wide, sizeof wide - 1, "wide", &how);
    struct nngen_model *m = model_on(p, NNGEN_CC, 0);
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = sin((double)i);
    for (size_t i = 0; i < sizeof y / sizeof *y; i++) y[i] = cos((double)i);
    assert_int_equal(nngen_set(m, "x", x, dims, 2) | nngen_set(m, "y", y, few, 2), 0);
    for (int i = 0; i < 5; i++) assert_int_equal(nngen_step(m), 0);
    assert_true(nngen_get(m, "a.b", out, 512, NULL) == 1);
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_threads_compute_the_same(void **state)
{
    (void)state;
    double one[512], many[3][512];
    run_wide(1, one);
    for (unsigned i = 0; i < 3; i++) run_wide(2 + i, many[i]);
    for (int j = 0; j < 512; j++) {
        if (many[0][j] != many[1][j] || many[0][j] != many[2][j]) fail_msg("a.b[%d] depends on how many threads there are", j);
        if (!(fabs(one[j] - many[0][j]) <= 1e-5)) fail_msg("a.b[%d]: %.9g of one thread, %.9g of two", j, one[j], many[0][j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_gradient_and_its_update_are_a_step),
        cmocka_unit_test(test_gradients_may_be_the_callers),
        cmocka_unit_test(test_parameters_are_shared),
        cmocka_unit_test(test_an_optimizer_that_draws_needs_its_step),
        cmocka_unit_test(test_threads_compute_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
