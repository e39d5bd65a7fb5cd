/* A model that goes over to another text: what is carried, what is not, and that a broken text changes nothing. */
#include "runtime/host/host.h"

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

#define HEAD                                                                                                         \
    "dim N <= 4\n"                                                                                                   \
    "input x[N, 3] = [[1, 2, 3], [-1, 0, 1]], y[N, 1] = [[1], [-1]]\n"                                               \
    "param W[3, 5] = normal(0, 0.5)\n"                                                                               \
    "state seen = zeros()\n"                                                                                         \
    "h = dropout(tanh(x @ W), p = 0.25)\n"
#define TAIL                                                                                                         \
    "p = h |> dense[1] as out\n"                                                                                     \
    "seen <- seen + 1\n"                                                                                             \
    "loss l = mean((p - y)**2)\n"                                                                                    \
    "output p\n"
#define ADAM "train adam(lr = 0.05)\n"
#define DEEPER "param gate = 0\nh = h + gate * (h |> dense[5](act = tanh) as mid)\n"

static struct nngen_program *compile_ok(const char *text)
{
    struct nngen_program *p = nngen_compile_text(text, strlen(text), "text", NULL);
    if (!nngen_ok(p)) print_message("%s", nngen_messages(p, NNGEN_FULL, 0));
    assert_true(nngen_ok(p));
    return p;
}

static struct nngen_model *model_on(struct nngen_program *p, enum nngen_backend b)
{
    struct nngen_model *m = nngen_model_new(p, b, 0);
    if (!m) print_message("%s", nngen_messages(p, NNGEN_FULL, 0));
    assert_non_null(m);
    assert_int_equal(nngen_init(m, 7), 0);
    return m;
}

static void steps(struct nngen_model *m, int n)
{
    for (int i = 0; i < n; i++)
        if (nngen_step(m)) fail_msg("%s", nngen_error(m));
}

struct fates {
    char text[4096];
};

static void note(void *user, enum nngen_role role, const char *name, enum nngen_fate fate)
{
    static const char *const word[] = {"kept", "new", "reshaped", "dropped"};
    struct fates *f = user;
    size_t at = strlen(f->text);
    (void)role;
    snprintf(f->text + at, sizeof f->text - at, "%s %s\n", name, word[fate]);
}

static void test_the_same_text_goes_on_bit_for_bit(void **state)
{
    (void)state;
    for (int b = 0; b < 3; b++) {
        struct nngen_program *p = compile_ok(HEAD TAIL ADAM), *q = compile_ok(HEAD TAIL ADAM);
        struct nngen_model *whole = model_on(p, all_backends[b]), *m = model_on(p, all_backends[b]);
        assert_int_equal(nngen_set_number(m, "lr", 0.03), 0);
        assert_int_equal(nngen_set_number(whole, "lr", 0.03), 0);
        steps(whole, 9);
        steps(m, 4);
        assert_int_equal(nngen_reload(m, q, NULL, NULL), 0);
        assert_int_equal(nngen_model_backend(m), all_backends[b]);
        steps(m, 5);
        const char *const all[] = {"W", "out.W", "out.b", "m.W", "v.out.W", "seen", "lr"};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            double one[15], other[15];
            int rank = nngen_get(m, all[i], one, 15, NULL);
            assert_true(rank >= 0);
            assert_int_equal(nngen_get(whole, all[i], other, 15, NULL), rank);
            size_t n = !strcmp(all[i] + strlen(all[i]) - 1, "W") ? (strstr(all[i], "out") ? 5 : 15) : 1;
            assert_memory_equal(one, other, n * sizeof *one);
        }
        nngen_model_free(m);
        nngen_model_free(whole);
        nngen_program_free(q);
        nngen_program_free(p);
    }
}

static void test_an_added_layer_keeps_the_loss_and_all_the_rest(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(HEAD TAIL ADAM), *q = compile_ok(HEAD DEEPER TAIL ADAM);
    struct nngen_model *m = model_on(p, NNGEN_TCC);
    steps(m, 20);
    assert_int_equal(nngen_forward(m), 0);
    double before = nngen_scalar(m, "l"), moment[15], after[15];
    assert_int_equal(nngen_get(m, "m.W", moment, 15, NULL), 2);
    struct fates f = {{0}};
    assert_int_equal(nngen_reload(m, q, note, &f), 0);
    nngen_program_free(p); /* the model is q's now */
    assert_int_equal(nngen_forward(m), 0);
    assert_true(before == nngen_scalar(m, "l"));
    assert_int_equal(nngen_get(m, "m.W", after, 15, NULL), 2);
    assert_memory_equal(moment, after, sizeof moment);
    const char *const said[] = {"\nout.W kept\n",  "\ngate new\n",  "\nmid.W new\n", "\nm.W kept\n",
                                "\nv.mid.b new\n", "\nseen kept\n", "\nlr kept\n"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (!strstr(f.text, said[i])) fail_msg("no '%s' in\n%s", said[i], f.text);
    steps(m, 20);
    assert_true(nngen_scalar(m, "gate") != 0);
    nngen_model_free(m);
    nngen_program_free(q);
}

static void test_what_no_longer_fits_begins_afresh(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(HEAD DEEPER TAIL ADAM),
                         *q = compile_ok("dim N <= 4\n"
                                         "input x[N, 2] = [[1, 2]], z[N, 1] = [[1]]\nparam W[2, 5] = 0.5\nh = tanh(x "
                                         "@ W)\np = h |> dense[1] as out\n"
                                         "output p\nloss l = mean((p - z)**2)\ntrain sgd(lr = 0.5)\n");
    struct nngen_model *m = model_on(p, NNGEN_TCC);
    static const float x[4][3], y[4];
    static const int64_t sizes[] = {4, 3}, column[] = {4, 1};
    assert_int_equal(nngen_bind(m, "x", x, sizes, 2), 0);
    assert_int_equal(nngen_bind(m, "y", y, column, 2), 0);
    steps(m, 3);
    struct fates f = {{0}};
    assert_int_equal(nngen_reload(m, q, note, &f), 0);
    const char *const said[] = {"W reshaped\n",    "\nout.W kept\n", "\ngate dropped\n", "\nseen dropped\n",
                                "\nm.W dropped\n", "\nlr new\n",     "\nx reshaped\n",   "\ny dropped\n"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (!strstr(f.text, said[i])) fail_msg("no '%s' in\n%s", said[i], f.text);
    double W[10];
    assert_int_equal(nngen_get(m, "W", W, 10, NULL), 2);
    assert_true(W[9] == 0.5);
    assert_true(nngen_scalar(m, "lr") == 0.5);
    static const int64_t one[] = {1, 2}, two[] = {1, 1};
    assert_int_equal(nngen_set(m, "x", (const double[]){1, 2}, one, 2), 0);
    assert_int_equal(nngen_set(m, "z", (const double[]){1}, two, 2), 0);
    steps(m, 1);
    nngen_model_free(m);
    nngen_program_free(q);
    nngen_program_free(p);
}

static void test_a_broken_text_changes_nothing(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(HEAD TAIL ADAM), *q = nngen_compile_text("x = y\n", 6, "broken", NULL);
    struct nngen_model *m = model_on(p, NNGEN_TCC), *whole = model_on(p, NNGEN_TCC);
    steps(m, 3);
    assert_int_equal(nngen_reload(m, q, NULL, NULL), -1);
    assert_non_null(strstr(nngen_error(m), "goes on as it was"));
    assert_non_null(strstr(nngen_messages(q, NNGEN_SHORT, 0), "broken:1:5: error[E0301]"));
    assert_int_equal(nngen_reload(m, NULL, NULL, NULL), -1);
    assert_int_equal(nngen_reload(NULL, p, NULL, NULL), -1);
    nngen_program_free(q);
    steps(m, 3);
    steps(whole, 6);
    assert_true(nngen_scalar(m, "l") == nngen_scalar(whole, "l"));
    nngen_model_free(m);
    nngen_model_free(whole);
    nngen_program_free(p);
}

struct visit {
    struct nngen_model *m;
    struct nngen_program *p;
    int answer;
};

static int reload_inside(void *user, const struct nngen_progress *progress)
{
    struct visit *v = user;
    (void)progress;
    v->answer = nngen_reload(v->m, v->p, NULL, NULL);
    return 1;
}

static void test_training_with_rows_goes_on(void **state)
{
    (void)state;
    static const double x[30] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 1, 1, 1}, y[10] = {1, 0, 1, 0, 1, 1};
    static const int64_t wide[] = {10, 3}, narrow[] = {10, 1};
    struct nngen_program *p = compile_ok(HEAD TAIL ADAM), *q = compile_ok(HEAD TAIL ADAM);
    struct nngen_model *m[2] = {model_on(p, NNGEN_TCC), model_on(p, NNGEN_TCC)};
    struct nngen_training how = {.steps = 5, .seed = 3};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nngen_add_rows(m[i], "x", x, wide, 2), 0);
        assert_int_equal(nngen_add_rows(m[i], "y", y, narrow, 2), 0);
        assert_int_equal(nngen_train(m[i], &how, NULL, NULL), NNGEN_TRAINED);
    }
    struct visit v = {m[0], q, 0};
    how.steps = 8;
    assert_int_equal(nngen_train(m[0], &how, reload_inside, &v), NNGEN_STOPPED);
    assert_int_equal(v.answer, -1);
    assert_int_equal(nngen_reload(m[0], q, NULL, NULL), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(nngen_train(m[i], &how, NULL, NULL), NNGEN_TRAINED);
    assert_true(nngen_scalar(m[0], "l") == nngen_scalar(m[1], "l"));
    for (int i = 0; i < 2; i++) nngen_model_free(m[i]);
    nngen_program_free(q);
    nngen_program_free(p);
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void test_a_change_of_any_file_is_seen_once(void **state)
{
    (void)state;
    char folder[] = "/tmp/nngen-reload-XXXXXX", model[64], part[64];
    assert_non_null(mkdtemp(folder));
    snprintf(model, sizeof model, "%s/m.nn", folder);
    snprintf(part, sizeof part, "%s/part.nn", folder);
    write_text(model, "import \"part.nn\"\ninput x = 2\ny = twice(x)\noutput y\n");
    write_text(part, "fn twice(x) = 2 * x\n");
    struct nngen_program *p = nngen_compile_file(model, NULL);
    assert_true(nngen_ok(p));
    assert_int_equal(nngen_changed(p), 0);
    write_text(part, "fn twice(x) = x + x + 0\n");
    assert_int_equal(nngen_changed(p), 1);
    assert_int_equal(nngen_changed(p), 0);
    unlink(part);
    assert_int_equal(nngen_changed(p), 0);
    write_text(part, "fn twice(x) = 20 * x\n");
    assert_int_equal(nngen_changed(p), 1);
    struct nngen_program *q = nngen_compile_again(p);
    struct nngen_model *m = model_on(p, NNGEN_TCC);
    assert_int_equal(nngen_reload(m, q, NULL, NULL), 0);
    assert_int_equal(nngen_forward(m), 0);
    assert_true(nngen_scalar(m, "y") == 40);
    assert_null(nngen_compile_again(NULL));
    assert_int_equal(nngen_changed(NULL), 0);
    nngen_model_free(m);
    nngen_program_free(q);
    nngen_program_free(p);
    unlink(part);
    unlink(model);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_text_goes_on_bit_for_bit),
        cmocka_unit_test(test_an_added_layer_keeps_the_loss_and_all_the_rest),
        cmocka_unit_test(test_what_no_longer_fits_begins_afresh),
        cmocka_unit_test(test_a_broken_text_changes_nothing),
        cmocka_unit_test(test_training_with_rows_goes_on),
        cmocka_unit_test(test_a_change_of_any_file_is_seen_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
