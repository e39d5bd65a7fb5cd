/* Steps of libtcc's code that are dealt out to threads: the models whose C is golden give the same bits on 2, 3 and 5
 * threads, and nearly those of one. */
#include "runtime/host/host.h"
#include "runtime/host/team.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NUMBERS = 1 << 20, PATH = 512 };

struct results {
    bool dealt_out;
    size_t n;
    double at[NUMBERS];
};

static void fill(struct nngen_model *m, const struct nngen_info *info)
{
    static double x[NUMBERS];
    size_t n = 1;
    int64_t dims[16] = {0};
    for (unsigned k = 0; k < info->rank; k++) n *= (size_t)(dims[k] = info->most[k]);
    assert_true(n <= NUMBERS);
    uint32_t r = 1;
    for (size_t i = 0; i < n; i++) {
        r = r * 1664525u + 1013904223u;
        x[i] = info->is_int ? (double)((r >> 8) % (info->below ? info->below : 2)) : (double)(r >> 8) / (1 << 23) - 1;
    }
    assert_int_equal(nngen_set(m, info->name, x, dims, info->rank), 0);
}

static void keep(struct nngen_program *p, struct nngen_model *m, enum nngen_role what, struct results *to)
{
    for (size_t i = 0; i < nngen_count(p, what); i++) {
        struct nngen_info info;
        assert_int_equal(nngen_info(p, what, i, &info), 0);
        size_t n = 1;
        for (unsigned k = 0; k < info.rank; k++) n *= (size_t)info.most[k];
        assert_true(to->n + n <= NUMBERS);
        memset(to->at + to->n, 0, n * sizeof *to->at);
        if (nngen_get(m, info.name, to->at + to->n, n, NULL) >= 0) to->n += n;
    }
}

/* False: it does not compile, or libtcc's code has no such entry. */
static bool run(const char *path, unsigned threads, int f64, struct results *to)
{
    struct nngen_options how = {.threads = threads, .openmp = 2};
    struct nngen_program *p = nngen_compile_file(path, &how);
    struct nngen_model *m = nngen_ok(p) ? nngen_model_new(p, NNGEN_TCC, f64) : NULL;
    struct nngen_info info;
    to->n = 0;
    if (m) {
        assert_int_equal(nngen_init(m, 1), 0);
        for (size_t i = 0; i < nngen_count(p, NNGEN_INPUT); i++) {
            assert_int_equal(nngen_info(p, NNGEN_INPUT, i, &info), 0);
            fill(m, &info);
        }
        if (nngen_has_gradient(p)) assert_int_equal(nngen_grad(m), 0);
        if (nngen_has_gradient(p)) keep(p, m, NNGEN_GRADIENT, to);
        for (int i = 0; i < 2; i++) assert_int_equal((nngen_has_step(p) ? nngen_step : nngen_forward)(m), 0);
        keep(p, m, NNGEN_OUTPUT, to);
        keep(p, m, NNGEN_PARAM, to);
        to->dealt_out = m->team != NULL;
    }
    nngen_model_free(m);
    nngen_program_free(p);
    return to->n > 0;
}

static bool is_same(double x, double y)
{
    return memcmp(&x, &y, sizeof x) == 0;
}

static bool is_near(const struct results *a, const struct results *b, double within)
{
    double most = 0;
    for (size_t i = 0; i < a->n; i++)
        if (isfinite(a->at[i]) && fabs(a->at[i]) > most) most = fabs(a->at[i]);
    for (size_t i = 0; i < a->n; i++)
        if (isfinite(a->at[i]) && !(fabs(a->at[i] - b->at[i]) <= within * (1 + most))) return false;
    return true;
}

static int check(const char *path, int f64)
{
    static const unsigned threads[] = {3, 5};
    static struct results one, two, more;
    if (!run(path, 1, f64, &one)) return 0;
    assert_true(run(path, 2, f64, &two));
    if (one.n != two.n || !is_near(&one, &two, f64 ? 1e-9 : 1e-4)) fail_msg("%s: two threads give something else than one", path);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        assert_true(run(path, threads[t], f64, &more));
        for (size_t i = 0; i < two.n; i++)
            if (!is_same(two.at[i], more.at[i])) fail_msg("%s: %u threads give %.17g, two %.17g", path, threads[t], more.at[i], two.at[i]);
    }
    return two.dealt_out;
}

static int check_folder(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));) {
        char path[PATH];
        size_t length = strlen(e->d_name);
        if (length < 3 || strcmp(e->d_name + length - 3, ".nn")) continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        for (int f64 = 0; f64 < 2; f64++) n += check(path, f64);
    }
    closedir(d);
    return n;
}

static void test_the_number_of_threads_changes_nothing(void **state)
{
    (void)state;
    int n = check_folder(NNGEN_TESTS "/golden/c") + check_folder(NNGEN_TESTS "/emitted/threads");
    print_message("%d on several threads\n", n);
    assert_true(n > 30);
}

static void count(void *const *given, void *team, size_t thread, size_t threads)
{
    unsigned *seen = given[0];
    nnrt_meet(team);
    seen[thread] += (unsigned)threads;
}

static void test_a_team_is_made_when_it_is_needed(void **state)
{
    (void)state;
    unsigned seen[4] = {0};
    void *const given[] = {seen};
    struct team *t = NULL;
    nnrt_deal(count, given, 1); /* nobody's */
    assert_true(seen[0] == 1 && seen[1] == 0);
    team_use(&t, 4);
    nnrt_deal(count, given, 0);
    assert_null(t);
    nnrt_deal(count, given, 1);
    nnrt_deal(count, given, 1);
    assert_non_null(t);
    assert_true(seen[0] == 10 && seen[1] == 8 && seen[2] == 8 && seen[3] == 8);
    pid_t child = fork(); /* it has none of the threads, and waits for none */
    if (child == 0) {
        nnrt_deal(count, given, 1);
        team_free(t);
        _exit(seen[0] == 11 ? 0 : 1);
    }
    int status = 1;
    assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    team_use(NULL, 1);
    team_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_number_of_threads_changes_nothing),
        cmocka_unit_test(test_a_team_is_made_when_it_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
