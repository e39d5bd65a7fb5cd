#include "base/context.h"
#include "base/directives.h"

#include <limits.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct context ctx;
static jmp_buf oom;

static int setup(void **state)
{
    (void)state;
    context_init(&ctx, &oom);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    context_free(&ctx);
    return 0;
}

static void test_arena_jumps_when_it_runs_out(void **state)
{
    (void)state;
    struct arena a;
    jmp_buf here;
    arena_init(&a, &here);
    a.limit = 1 << 20;
    volatile int n = 0;
    if (setjmp(here) == 0)
        for (;;) {
            memset(arena_alloc(&a, 1000), 1, 1000);
            n++;
        }
    assert_in_range(n, 900, 1100);
    arena_free(&a);
}

static void test_arena_rewinds_and_zeroes(void **state)
{
    (void)state;
    struct arena_mark m = arena_mark(&ctx.arena);
    char *p = arena_alloc(&ctx.arena, 200000);
    memset(p, 7, 200000);
    arena_rewind(&ctx.arena, m);
    char *q = arena_alloc(&ctx.arena, 200000);
    for (int i = 0; i < 200000; i++) assert_int_equal(q[i], 0);
}

static void test_vec_grows_and_keeps(void **state)
{
    (void)state;
    vec(int) v = {0};
    for (int i = 0; i < 1000; i++) vec_push(&ctx.arena, &v, i);
    assert_int_equal(v.n, 1000);
    for (int i = 0; i < 1000; i++) assert_int_equal(v.at[i], i);
}

static void test_names_are_interned(void **state)
{
    (void)state;
    char s[32];
    const char *first[5000];
    for (int i = 0; i < 5000; i++) {
        snprintf(s, sizeof s, "name%d", i);
        first[i] = name_z(&ctx.names, s);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(s, sizeof s, "name%d", i);
        assert_ptr_equal(name_z(&ctx.names, s), first[i]);
    }
}

static void test_the_nearest_name_is_a_slip_away(void **state)
{
    (void)state;
    static const char *const names[] = {"softmax", "softplus", "sigmoid", "sum"};
    assert_string_equal(nearest_name("sofmax", names, 4), "softmax");
    assert_string_equal(nearest_name("sigmiod", names, 4), "sigmoid");
    assert_null(nearest_name("cholesky", names, 4));
}

static const char *real_text(double x, bool single)
{
    struct text t = text_new(&ctx.arena);
    text_real(&t, x, single);
    return t.s;
}

static void test_reals_print_shortest_and_read_back(void **state)
{
    (void)state;
    assert_string_equal(real_text(1, false), "1.0");
    assert_string_equal(real_text(0.1, false), "0.1");
    assert_string_equal(real_text((double)0.1f, true), "0.1");
    assert_string_equal(real_text(-0.0, false), "-0.0");
    assert_string_equal(real_text(1e300, false), "1e+300");
    assert_string_equal(real_text(-INFINITY, false), "-inf");
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double x, y;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x)) continue;
        const char *s = real_text(x, false);
        assert_int_equal(read_real(s, strlen(s), &y), strlen(s));
        assert_memory_equal(&x, &y, sizeof x);
    }
}

/* In rooms that are too small, too. */
static void same_as_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void same_as_printf(const char *fmt, ...)
{
    for (size_t room = 0; room < 100; room = room < 4 ? room + 1 : room * 2) {
        char ours[128], theirs[128];
        va_list ap;
        memset(ours, '?', sizeof ours);
        memset(theirs, '?', sizeof theirs);
        va_start(ap, fmt);
        size_t n = directives_print(ours, room, fmt, ap);
        va_end(ap);
        va_start(ap, fmt);
        int m = vsnprintf(theirs, room, fmt, ap);
        va_end(ap);
        assert_int_equal(n, m);
        assert_memory_equal(ours, theirs, sizeof ours);
    }
}

static void test_directives_print_as_the_library_does(void **state)
{
    (void)state;
    static const int small[] = {0, 1, -1, 9, 10, -10, 99999, INT_MAX, INT_MIN};
    static const long long large[] = {0, 1, -1, 1234567890123, LLONG_MAX, LLONG_MIN};
    static const char *const word[] = {"", "a", "abc", "nine char", "\xc3\xa4\xc3\xb6"};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        int x = small[i];
        same_as_printf("%d %i %+d|%5d|%-5d|%05d|%+05d|%*d|%-*d", x, x, x, x, x, x, x, 7, x, 7, x);
        same_as_printf("%u %x %X|%4u|%04x|%-12X|%*u", (unsigned)x, (unsigned)x, (unsigned)x, (unsigned)x, (unsigned)x,
                       (unsigned)x, -6, (unsigned)x);
    }
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        long long x = large[i];
        same_as_printf("%lld %llu %llx %ld %lu %zu %zx|%24lld|%-24llu|%016llx", x, (unsigned long long)x, (unsigned long long)x,
                       (long)x, (unsigned long)x, (size_t)x, (size_t)x, x, (unsigned long long)x, (unsigned long long)x);
    }
    for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
        const char *s = word[i];
        same_as_printf("%s", s);
        same_as_printf("<%s> 100%% %c%s|%5s|%-5s|%.2s|%.*s|%.*s|%-*.*s|", s, 'c', s, s, s, s, 0, s, -1, s, 6, 3, s);
    }
    same_as_printf("none %%%%");
    same_as_printf("%.3d %#x", 5, 255u); /* not ours */
    same_as_printf("%.1f %s", 0.25, "after");
}

static const char *hex_text(double x)
{
    struct text t = text_new(&ctx.arena);
    text_hex(&t, x);
    return t.s;
}

static void test_hex_floats_read_back(void **state)
{
    (void)state;
    static const double x[] = {0, -0.0, 1, -1.5, 0.1, 1e300, 1e-300, 5e-324, 2.2250738585072014e-308};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        double y = strtod(hex_text(x[i]), NULL);
        assert_memory_equal(&x[i], &y, sizeof y);
    }
    assert_string_equal(hex_text(1.5), "0x1.8p+0");
}

static void test_numbers_read_as_far_as_they_go(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        double value;
    } row[] = {{"1.5e3x", 5, 1500}, {"5.", 2, 5}, {".5", 2, .5}, {"0x10", 4, 16}, {"1e", 1, 1}, {"-3", 2, -3},
               {"+", 0, 0},         {"e5", 0, 0}, {".", 0, 0},   {"0xg", 0, 0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double x = 0;
        assert_int_equal(read_real(row[i].text, strlen(row[i].text), &x), row[i].n);
        if (row[i].n) assert_true(x == row[i].value);
    }
}

static void test_places_count_lines_and_code_points(void **state)
{
    (void)state;
    static const char text[] = "one\n\xc3\xa4\xc3\xb6 x\nlast";
    struct source *a = source_add(&ctx.sources, "a.nn", text, strlen(text));
    struct source *b = source_add(&ctx.sources, "b.nn", "", 0);
    struct place p = source_place(&ctx.sources, a->base + 9);
    assert_string_equal(p.file->path, "a.nn");
    assert_int_equal(p.line, 2);
    assert_int_equal(p.col, 4);
    p = source_place(&ctx.sources, a->base + (uint32_t)strlen(text));
    assert_int_equal(p.line, 3);
    assert_int_equal(p.col, 5);
    p = source_place(&ctx.sources, b->base);
    assert_string_equal(p.file->path, "b.nn");
    assert_null(source_place(&ctx.sources, 0).file);
}

static void test_a_diagnostic_shows_line_and_caret(void **state)
{
    (void)state;
    static const char text[] = "dim N = 4\nz = x + y\n";
    struct source *f = source_add(&ctx.sources, "m.nn", text, strlen(text));
    diag_error(&ctx.diags, E0201, (struct span){f->base + 14, f->base + 19}, "shapes [%s] and [%s] do not match", "N", "D");
    diag_note(&ctx.diags, (struct span){f->base + 4, f->base + 9}, "N is 4");
    diag_help(&ctx.diags, "say which axis is meant");
    diag_error(&ctx.diags, E0201, (struct span){f->base + 14, f->base + 19}, "the same place again");
    diag_note(&ctx.diags, (struct span){f->base, f->base + 3}, "dropped with it");
    struct text t = text_new(&ctx.arena);
    diags_print(&ctx.diags, DIAG_FULL, false, &t);
    assert_string_equal(t.s, "m.nn:2:5: error[E0201]: shapes [N] and [D] do not match\n"
                             "    2 | z = x + y\n"
                             "      |     ^~~~~\n"
                             "m.nn:1:5: note: N is 4\n"
                             "    1 | dim N = 4\n"
                             "      |     ^~~~~\n"
                             "help: say which axis is meant\n");
    t = text_new(&ctx.arena);
    diags_print(&ctx.diags, DIAG_JSON, false, &t);
    assert_non_null(strstr(t.s, "\"code\":\"E0201\",\"file\":\"m.nn\",\"line\":2,\"col\":5,\"end_line\":2,\"end_col\":10"));
}

static void test_errors_stop_at_twenty(void **state)
{
    (void)state;
    struct source *f = source_add(&ctx.sources, "m.nn", "....................................", 36);
    for (uint32_t i = 0; i < 30; i++) diag_error(&ctx.diags, E0100, (struct span){f->base + i, f->base + i + 1}, "no");
    assert_int_equal(ctx.diags.list.n, DIAG_MOST);
    assert_int_equal(ctx.diags.errors, 30);
    for (uint32_t i = 0; i < 30; i++) diag_error(&ctx.diags, E0100, (struct span){f->base + 25, f->base + 26}, "no");
    assert_int_equal(ctx.diags.errors, 30); /* what is not printed is one mistake all the same */
    struct text t = text_new(&ctx.arena);
    diags_print(&ctx.diags, DIAG_FULL, false, &t);
    assert_non_null(strstr(t.s, "\nand 10 more errors\n"));
}

int main(void)
{
    static const char *const locales[] = {"C", "de_DE.UTF-8"};
    int failed = 0;
    for (size_t i = 0; i < 2; i++) {
        if (!setlocale(LC_ALL, locales[i])) continue;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        const struct CMUnitTest tests[] = {
            TEST(test_arena_jumps_when_it_runs_out), TEST(test_arena_rewinds_and_zeroes),
            TEST(test_vec_grows_and_keeps),          TEST(test_names_are_interned),
            TEST(test_the_nearest_name_is_a_slip_away), TEST(test_reals_print_shortest_and_read_back),
            TEST(test_directives_print_as_the_library_does),
            TEST(test_hex_floats_read_back),         TEST(test_numbers_read_as_far_as_they_go),
            TEST(test_places_count_lines_and_code_points), TEST(test_a_diagnostic_shows_line_and_caret),
            TEST(test_errors_stop_at_twenty),
        };
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    return failed;
}
