/* Faster code that takes over between two steps, and the objects that are kept on disk for it. */
#include "runtime/host/host.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char text[] = "dim N <= 8\n"
                           "input x[N, 3] = [[1, 2, 3], [-1, 0, 1]], y[N, 1] = [[1], [-1]]\n"
                           "h = dropout(x |> dense[9](act = tanh) as fc1, p = 0.25)\n"
                           "p = h |> dense[1] as out\n"
                           "loss l = mean((p - y)**2)\n"
                           "output p, sign = argmax[N](flatten(p))\n"
                           "train adam(lr = 0.01)\n";

enum { ROOM = 400 };
static char home[] = "/tmp/nngen-cache-XXXXXX", folder[64];

static struct nngen_program *compile_ok(const char *s)
{
    struct nngen_program *p = nngen_compile_text(s, strlen(s), "text", NULL);
    if (!nngen_ok(p)) print_message("%s", nngen_messages(p, NNGEN_FULL, 0));
    assert_true(nngen_ok(p));
    return p;
}

static struct nngen_model *model_on(struct nngen_program *p, enum nngen_backend b)
{
    struct nngen_model *m = nngen_model_new(p, b, 0);
    if (!m) print_message("%s", nngen_messages(p, NNGEN_FULL, 0));
    assert_non_null(m);
    assert_int_equal(nngen_init(m, 5), 0);
    return m;
}

/* A model on auto, whose code changes at this step. */
static struct nngen_model *model_that_swaps(struct nngen_program *p, uint64_t begin, uint64_t swap)
{
    struct nngen_model *m = model_on(p, NNGEN_AUTO);
    assert_true(p->tier[1].swap_at > p->tier[1].begin_at);
    p->tier[1].begin_at = begin;
    p->tier[1].swap_at = swap;
    return m;
}

static void steps(struct nngen_model *m, int n)
{
    for (int i = 0; i < n; i++)
        if (nngen_step(m)) fail_msg("%s", nngen_error(m));
}

static void assert_same_params(struct nngen_model *a, struct nngen_model *b)
{
    assert_memory_equal(a->params, b->params, a->code->abi->params.size);
    assert_memory_equal(a->opt, b->opt, a->code->abi->opt.size);
}

static bool is_there(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

/* How many files the cache has, their bytes, and the name of one. */
static int entries(size_t *bytes, char name[ROOM])
{
    DIR *d = opendir(folder);
    int n = 0;
    *bytes = 0;
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[360];
        struct stat s;
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        assert_int_equal(stat(path, &s), 0);
        *bytes += (size_t)s.st_size;
        if (name) snprintf(name, ROOM, "%s", path);
        n++;
    }
    if (d) closedir(d);
    return n;
}

static void empty_cache(void)
{
    char name[ROOM];
    size_t bytes;
    while (entries(&bytes, name)) {
        if (unlink(name) && rmdir(name)) fail_msg("cannot remove %s", name);
    }
}

/* ---- swapping ---- */

static void test_the_code_changes_at_its_step_and_no_other(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(text);
    struct nngen_model *m = model_that_swaps(p, 3, 20), *tcc = model_on(p, NNGEN_TCC);
    steps(m, 20);
    steps(tcc, 20);
    assert_int_equal(nngen_model_backend(m), NNGEN_TCC);
    assert_same_params(m, tcc);
    steps(m, 1);
    assert_int_equal(nngen_model_backend(m), NNGEN_CC);
    steps(m, 200);
    steps(tcc, 201);
    assert_true(fabs(nngen_scalar(m, "l") - nngen_scalar(tcc, "l")) < 1e-3);
    assert_string_equal(nngen_messages(p, NNGEN_FULL, 0), "");
    nngen_model_free(m);
    nngen_model_free(tcc);
    nngen_program_free(p);
}

/* The second program has the object at once, the first waits for the compiler: that must not show. */
static void test_a_run_has_the_same_numbers_each_time(void **state)
{
    (void)state;
    empty_cache();
    struct nngen_program *p = compile_ok(text), *q = compile_ok(text);
    struct nngen_model *slow = model_that_swaps(p, 30, 30), *quick = model_that_swaps(q, 1, 30);
    steps(slow, 60);
    steps(quick, 60);
    assert_int_equal(nngen_model_backend(quick), NNGEN_CC);
    assert_same_params(slow, quick);
    assert_int_equal(nngen_init(quick, 5), 0); /* and once more, though the fast code is there */
    steps(quick, 29);
    assert_int_equal(nngen_model_backend(quick), NNGEN_TCC);
    steps(quick, 31);
    assert_same_params(slow, quick);
    nngen_model_free(slow);
    nngen_model_free(quick);
    nngen_program_free(p);
    nngen_program_free(q);
}

static void *work(void *model)
{
    for (int i = 0; i < 60; i++)
        if (nngen_step(model)) return model;
    return NULL;
}

static void test_models_in_threads_change_over_alike(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    empty_cache();
    struct nngen_program *p = compile_ok(text);
    struct nngen_model *m[THREADS];
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++) m[i] = model_that_swaps(p, 5, 30);
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&thread[i], NULL, work, m[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(thread[i], &failed), 0);
        assert_null(failed);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(nngen_model_backend(m[i]), NNGEN_CC);
        assert_same_params(m[0], m[i]);
    }
    for (int i = 0; i < THREADS; i++) nngen_model_free(m[i]);
    nngen_program_free(p);
}

static void test_a_resumed_run_changes_over_at_the_same_step(void **state)
{
    (void)state;
    char file[64];
    snprintf(file, sizeof file, "%s/run.safetensors", home);
    for (int stop = 10; stop <= 50; stop += 20) {
        struct nngen_program *p = compile_ok(text), *q = compile_ok(text);
        struct nngen_model *whole = model_that_swaps(p, 5, 30), *first = model_on(p, NNGEN_AUTO);
        struct nngen_model *second = model_that_swaps(q, 5, 30);
        steps(whole, 60);
        steps(first, stop);
        assert_int_equal(nngen_save(first, file), 0);
        assert_int_equal(nngen_load(second, file), 0);
        steps(second, 60 - stop);
        assert_same_params(whole, second);
        nngen_model_free(whole);
        nngen_model_free(first);
        nngen_model_free(second);
        nngen_program_free(p);
        nngen_program_free(q);
    }
    unlink(file);
}

/* Derivative checks hold the program's lock while they run models, which the thread needs: they must not wait for it.
 */
static void test_checks_do_not_wait(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok(text);
    struct nngen_model *m = nngen_model_new(p, NNGEN_AUTO, 1);
    p->tier[0].begin_at = 1;
    p->tier[0].swap_at = 2;
    assert_int_equal(nngen_check_gradients(p, NNGEN_AUTO, 1, NULL, NULL), 0);
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_a_forked_process_stays_on_its_code(void **state)
{
    (void)state;
    empty_cache();
    struct nngen_program *p = compile_ok(text);
    struct nngen_model *m = model_that_swaps(p, 1, 5);
    steps(m, 3);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        int failed = 0;
        for (int i = 0; i < 20; i++) failed |= nngen_step(m);
        failed |= nngen_model_backend(m) != NNGEN_TCC;
        nngen_model_free(m);
        nngen_program_free(p);
        _exit(failed != 0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    steps(m, 20);
    assert_int_equal(nngen_model_backend(m), NNGEN_CC);
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_calls_count_where_nothing_is_trained(void **state)
{
    (void)state;
    struct nngen_program *p = compile_ok("dim N <= 9\ninput x[N]\noutput y = sum(exp(x))\n");
    struct nngen_model *m = model_that_swaps(p, 2, 6);
    static const int64_t size[] = {3};
    assert_int_equal(nngen_set(m, "x", (const double[]){1, 2, 3}, size, 1), 0);
    for (int i = 0; i < 7; i++) assert_int_equal(nngen_forward(m), 0);
    assert_int_equal(nngen_model_backend(m), NNGEN_CC);
    assert_true(fabs(nngen_scalar(m, "y") - exp(1) - exp(2) - exp(3)) < 1e-4);
    nngen_model_free(m);
    nngen_program_free(p);
}

static void test_without_a_compiler_nothing_is_said(void **state)
{
    (void)state;
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    struct nngen_program *p = compile_ok(text);
    struct nngen_model *m = model_that_swaps(p, 2, 8), *tcc = model_on(p, NNGEN_TCC);
    steps(m, 30);
    steps(tcc, 30);
    assert_same_params(m, tcc);
    assert_int_equal(nngen_model_backend(m), NNGEN_TCC);
    assert_string_equal(nngen_messages(p, NNGEN_FULL, 0), "");
    assert_string_equal(nngen_error(m), "");
    nngen_model_free(m);
    nngen_model_free(tcc);
    nngen_program_free(p);
    setenv("PATH", path, 1);
    free(path);
}

/* A compiler that answers with the object of another model: its numbers are found wrong, whoever made them. */
static void test_code_that_disagrees_is_not_used(void **state)
{
    (void)state;
    static const char script[] =
        "#!/bin/sh\nfor a; do case $last in -o) out=$a;; esac; case $a in *.c) in=$a;; esac; last=$a; done\n"
        "PATH=/usr/bin:/bin\nsed -i 's/3\\.0f/3.1f/' \"$in\"\nexec /usr/bin/cc \"$@\"\n";
    char bin[128], cc[160], *path = strdup(getenv("PATH"));
    snprintf(bin, sizeof bin, "%s/bin", home);
    snprintf(cc, sizeof cc, "%s/cc", bin);
    mkdir(bin, 0700);
    FILE *f = fopen(cc, "w");
    assert_non_null(f);
    fputs(script, f);
    assert_int_equal(fclose(f) | chmod(cc, 0700), 0);
    setenv("PATH", bin, 1);
    struct nngen_program *p =
        compile_ok("input x[5] = [1, 2, 3, 4, 5]\nparam W[5] = 0.5\nloss l = sum(3 * x * W)\ntrain sgd(lr = 0.1)\n");
    struct nngen_model *m = model_that_swaps(p, 2, 8);
    steps(m, 30);
    assert_int_equal(nngen_model_backend(m), NNGEN_TCC);
    assert_true(p->tier[1].finished && !p->tier[1].fast);
    nngen_model_free(m);
    nngen_program_free(p);
    setenv("PATH", path, 1);
    unlink(cc);
    rmdir(bin);
    free(path);
}

static void test_a_program_is_freed_while_its_code_is_built(void **state)
{
    (void)state;
    empty_cache();
    size_t bytes;
    for (int i = 0; i < 6; i++) {
        struct nngen_program *p = compile_ok(text);
        struct nngen_model *m = model_that_swaps(p, 1, 1000000);
        steps(m, 3);
        nanosleep(&(struct timespec){.tv_nsec = i * 7000000}, NULL);
        nngen_model_free(m);
        nngen_program_free(p);
    }
    assert_true(entries(&bytes, NULL) <= 1); /* nothing half made */
}

/* ---- the cache ---- */

static double cc_loss(void)
{
    struct nngen_program *p = compile_ok(text);
    struct nngen_model *m = model_on(p, NNGEN_CC);
    steps(m, 5);
    double l = nngen_scalar(m, "l");
    nngen_model_free(m);
    nngen_program_free(p);
    return l;
}

static void test_an_object_is_built_once(void **state)
{
    (void)state;
    char name[ROOM];
    size_t bytes;
    struct stat before, after;
    empty_cache();
    double l = cc_loss();
    assert_int_equal(entries(&bytes, name), 1);
    assert_int_equal(stat(name, &before), 0);
    assert_true(cc_loss() == l);
    assert_int_equal(entries(&bytes, name), 1);
    assert_int_equal(stat(name, &after), 0);
    assert_true(before.st_ino == after.st_ino);
    assert_false(before.st_mode & 077 & 022);
}

static void test_a_corrupted_entry_is_made_anew(void **state)
{
    (void)state;
    char name[ROOM];
    size_t bytes, was;
    empty_cache();
    double l = cc_loss();
    assert_int_equal(entries(&bytes, name), 1);
    was = bytes;
    const size_t places[] = {0, 5, 4096, was / 2, was - 60, was - 41, was - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places + 2; i++) {
        if (i < sizeof places / sizeof *places) {
            FILE *f = fopen(name, "r+b");
            assert_non_null(f);
            fseek(f, (long)places[i], SEEK_SET);
            int c = fgetc(f);
            fseek(f, (long)places[i], SEEK_SET);
            fputc(c ^ 4, f);
            fclose(f);
        } else
            assert_int_equal(truncate(name, i % 2 ? 0 : (off_t)was / 3), 0);
        assert_true(cc_loss() == l);
        assert_int_equal(entries(&bytes, name), 1);
        assert_int_equal(bytes, was);
    }
}

static void test_processes_may_build_the_same_at_once(void **state)
{
    (void)state;
    enum { PROCESSES = 4 };
    pid_t child[PROCESSES];
    size_t bytes;
    empty_cache();
    for (int i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            struct nngen_program *p = nngen_compile_text(text, strlen(text), "text", NULL);
            struct nngen_model *m = nngen_model_new(p, NNGEN_CC, 0);
            int failed = !m || nngen_init(m, 1) || nngen_step(m);
            nngen_model_free(m);
            nngen_program_free(p);
            _exit(failed ? 1 : 0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(entries(&bytes, NULL), 1);
}

static void test_the_cache_stays_small(void **state)
{
    (void)state;
    size_t bytes, one, kept = cache_most;
    empty_cache();
    cc_loss();
    entries(&one, NULL);
    cache_most = 2 * one + one / 2;
    for (int i = 0; i < 5; i++) {
        char other[128];
        snprintf(other, sizeof other, "input x = %d\noutput y = x * %d\n", i, i + 2);
        struct nngen_program *p = compile_ok(other);
        nngen_model_free(model_on(p, NNGEN_CC));
        nngen_program_free(p);
        assert_true(entries(&bytes, NULL) >= 1);
        assert_true(bytes <= cache_most);
    }
    cache_most = 1000; /* nothing fits: everything works, nothing is kept */
    empty_cache();
    cc_loss();
    assert_int_equal(entries(&bytes, NULL), 0);
    cache_most = kept;
}

static void test_a_folder_of_others_is_not_used(void **state)
{
    (void)state;
    size_t bytes;
    empty_cache();
    assert_int_equal(chmod(folder, 0777), 0);
    cc_loss();
    assert_int_equal(entries(&bytes, NULL), 0);
    assert_int_equal(chmod(folder, 0700), 0);
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
    cc_loss();
    setenv("XDG_CACHE_HOME", home, 1);
    assert_false(is_there("nowhere"));
}

int main(void)
{
    if (!mkdtemp(home)) return 1;
    snprintf(folder, sizeof folder, "%s/nngen", home);
    setenv("XDG_CACHE_HOME", home, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_code_changes_at_its_step_and_no_other),
        cmocka_unit_test(test_a_run_has_the_same_numbers_each_time),
        cmocka_unit_test(test_models_in_threads_change_over_alike),
        cmocka_unit_test(test_a_resumed_run_changes_over_at_the_same_step),
        cmocka_unit_test(test_checks_do_not_wait),
        cmocka_unit_test(test_a_forked_process_stays_on_its_code),
        cmocka_unit_test(test_calls_count_where_nothing_is_trained),
        cmocka_unit_test(test_without_a_compiler_nothing_is_said),
        cmocka_unit_test(test_code_that_disagrees_is_not_used),
        cmocka_unit_test(test_a_program_is_freed_while_its_code_is_built),
        cmocka_unit_test(test_an_object_is_built_once),
        cmocka_unit_test(test_a_corrupted_entry_is_made_anew),
        cmocka_unit_test(test_processes_may_build_the_same_at_once),
        cmocka_unit_test(test_the_cache_stays_small),
        cmocka_unit_test(test_a_folder_of_others_is_not_used),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    empty_cache();
    rmdir(folder);
    rmdir(home);
    return failed;
}
