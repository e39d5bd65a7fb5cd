/* Rows, training and files of runs through nngen.h: what it refuses and why, and that no file makes a run hang or break. */
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

static const char text[] = "dim N <= 4\ninput x[N, 2]\nparam w[2] = [1, 2]\nparam b = 0.5\nz = x @ w + b\n"
                           "loss l = mean[N](z**2)\noutput z, m = mean[N](z)\ntrain sgd(lr = 0.01)\n";

static const char with_class[] = "input k[N] in 3\n";

static struct nngen_model *model_of(struct nngen_program **p, const char *s)
{
    *p = nngen_compile_text(s, strlen(s), "t", NULL);
    if (!nngen_ok(*p)) fail_msg("%s", nngen_messages(*p, NNGEN_FULL, 0));
    struct nngen_model *m = nngen_model_new(*p, NNGEN_INTERP, 1);
    assert_non_null(m);
    return m;
}

static void assert_says(struct nngen_model *m, int done, const char *what)
{
    if (done >= 0) fail_msg("not refused: '%s'", what);
    if (!strstr(nngen_error(m), what)) fail_msg("'%s' does not say '%s'", nngen_error(m), what);
}

static const double rows[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const int64_t six[2] = {6, 2};

static int train(struct nngen_model *m, struct nngen_training how)
{
    return nngen_train(m, &how, NULL, NULL);
}

static void test_rows_that_are_refused(void **state)
{
    (void)state;
    struct nngen_program *p;
    char both[sizeof text + sizeof with_class];
    snprintf(both, sizeof both, "%s%s", text, with_class);
    struct nngen_model *m = model_of(&p, both);
    assert_says(m, nngen_add_rows(m, NULL, rows, six, 2), "a name, values and sizes");
    assert_says(m, nngen_add_rows(m, "y", rows, six, 2), "no input is called `y`");
    assert_says(m, nngen_add_rows(m, "x", rows, six, 9), "1 to 8 axes");
    assert_says(m, nngen_add_rows(m, "x", rows, (const int64_t[]){0, 2}, 2), "x has no rows");
    assert_says(m, nngen_add_rows(m, "x", rows, (const int64_t[]){4, 3}, 2), "rows of [N, 2] expected, [4, 3] given");
    assert_says(m, nngen_evaluate(m, NULL, (double[]){0}, 1, NULL), "no rows to evaluate");
    assert_int_equal(nngen_add_rows(m, "x", rows, six, 2), 0);
    assert_int_equal(nngen_rows(m), 6);
    assert_says(m, nngen_add_rows(m, "k", (const double[]){0, 1, 2}, (const int64_t[]){3}, 1), "k has 3 rows");
    assert_says(m, nngen_add_rows(m, "k", (const double[]){0, 1, 2, 3, 1, 1}, six, 1), "row 3 is 3, must be below 3");
    assert_int_equal(nngen_add_rows(m, "k", (const double[]){0, 1, 2, 2, 1, 1}, six, 1), 0);
    assert_says(m, nngen_evaluate(m, NULL, (double[]){0}, 1, NULL), "2 scalar outputs, room for 1");
    assert_says(m, train(m, (struct nngen_training){.batch = 3}), "training needs an end");
    assert_says(m, train(m, (struct nngen_training){.steps = 1, .batch = 5}), "a batch of 5: N is 1 to 4");
    assert_says(m, train(m, (struct nngen_training){.steps = 1, .valid = 1.5}), "0 to below 1");
    size_t n = 0;
    double mean[2];
    assert_int_equal(nngen_evaluate(m, NULL, mean, 2, &n), 2);
    assert_int_equal(n, 6);
    assert_true(fabs(mean[1] - 20.5) < 1e-12); /* of x0 + 2 x1 + 0.5, in batches of 4 and 2 */
    nngen_model_free(m);
    nngen_program_free(p);
    m = model_of(&p, "input x[2] = [1, 2]\nparam w = 1\nloss l = sum(x * w)\n");
    assert_says(m, train(m, (struct nngen_training){.steps = 1}), "no `train` line");
    nngen_model_free(m);
    nngen_program_free(p);
}

static int stop_at(void *user, const struct nngen_progress *p)
{
    return p->step >= *(const uint64_t *)user;
}

/* Stopped after every step and gone on with, by one call or the next: the same numbers. */
static void test_a_run_in_pieces(void **state)
{
    (void)state;
    struct nngen_program *p;
    struct nngen_model *whole = model_of(&p, text), *pieces = nngen_model_new(p, NNGEN_INTERP, 1);
    struct nngen_training how = {.epochs = 3, .valid = 0.2, .batch = 2, .seed = 5};
    struct nngen_model *const both[] = {whole, pieces};
    for (int i = 0; i < 2; i++) assert_int_equal(nngen_add_rows(both[i], "x", rows, six, 2), 0);
    assert_int_equal(nngen_train(whole, &how, NULL, NULL), NNGEN_TRAINED);
    int end = NNGEN_STOPPED;
    for (uint64_t step = 1; end == NNGEN_STOPPED; step++) end = nngen_train(pieces, &how, stop_at, &step);
    assert_int_equal(end, NNGEN_TRAINED);
    double a[2], b[2];
    assert_true(nngen_get(whole, "w", a, 2, NULL) == 1 && nngen_get(pieces, "w", b, 2, NULL) == 1);
    assert_memory_equal(a, b, sizeof a);
    nngen_model_free(whole);
    nngen_model_free(pieces);
    nngen_program_free(p);
}

static void test_runs_that_a_file_makes_up(void **state)
{
    (void)state;
    static const char *const word[] = {"run/seed", "run/epoch", "run/row", "run/step", "run/batch", "run/rows", "run/held_out", "run/waited"};
    static const uint64_t value[] = {0, 1, 2, 5, 6, 7, 1000, 1ull << 31, 1ull << 32, 1ull << 63, UINT64_MAX};
    char path[64];
    const char *why;
    struct nngen_program *p;
    struct nngen_model *m = model_of(&p, text);
    snprintf(path, sizeof path, "/tmp/nngen-test-run-%ld", (long)getpid());
    assert_int_equal(nngen_add_rows(m, "x", rows, six, 2), 0);
    assert_int_equal(train(m, (struct nngen_training){.steps = 2, .batch = 2, .valid = 0.2}), NNGEN_TRAINED);
    assert_int_equal(nngen_save(m, path), 0);
    struct bytes file;
    assert_true(file_read(path, 1 << 20, 0, &file, &why));
    size_t header = 8 + file.at[0] + ((size_t)file.at[1] << 8), refused = 0;
    for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
        const char *at = strstr((const char *)file.at + 8, word[i]);
        assert_non_null(at);
        unsigned char *number = file.at + header + strtoul(strchr(strstr(at, "data_offsets"), '[') + 1, NULL, 10);
        uint64_t old;
        memcpy(&old, number, sizeof old);
        for (size_t k = 0; k < sizeof value / sizeof *value; k++) {
            memcpy(number, &value[k], sizeof old);
            assert_true(file_write(path, file.at, file.n, &why));
            assert_int_equal(nngen_load(m, path), 0);
            int end = train(m, (struct nngen_training){.steps = 5, .epochs = 4, .patience = 3});
            if (end < 0) refused++;
            if (end < 0) assert_true(nngen_error(m)[0] != 0);
        }
        memcpy(number, &old, sizeof old);
    }
    assert_true(refused > 20);
    memcpy(strstr((char *)file.at + 8, "run/step"), "run/stop", 8);
    assert_true(file_write(path, file.at, file.n, &why));
    assert_says(m, nngen_load(m, path), "holds no run");
    free(file.at);
    unlink(path);
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_numbers_that_are_not_finite(void **state)
{
    (void)state;
    static const double wild[2] = {NAN, 1};
    struct nngen_program *p;
    struct nngen_model *m = model_of(&p, text);
    assert_int_equal(nngen_add_rows(m, "x", rows, six, 2), 0);
    assert_int_equal(nngen_set(m, "w", wild, NULL, 0), 0);
    assert_says(m, train(m, (struct nngen_training){.steps = 9}), "w holds nan before step 1");
    assert_null(nngen_emit_weights(m));
    assert_non_null(strstr(nngen_error(m), "w holds what is not finite"));
    assert_int_equal(nngen_init(m, 1), 0);
    assert_int_equal(nngen_set_number(m, "lr", INFINITY), 0);
    assert_says(m, train(m, (struct nngen_training){.steps = 1}), "the first that is not finite, at step 1");
    assert_int_equal(nngen_init(m, 1), 0);
    assert_int_equal(nngen_set_number(m, "lr", 1.7e308), 0); /* times a gradient over 1 */
    assert_says(m, train(m, (struct nngen_training){.steps = 1}), "the first that is not finite, at step 1");
    nngen_model_free(m);
    nngen_program_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_that_are_refused),
        cmocka_unit_test(test_a_run_in_pieces),
        cmocka_unit_test(test_runs_that_a_file_makes_up),
        cmocka_unit_test(test_numbers_that_are_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
