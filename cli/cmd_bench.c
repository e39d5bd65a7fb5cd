#include "cli/cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 1501 }; /* samples of one measurement */

typedef int entry(struct nngen_model *m);

struct timing {
    enum nngen_backend backend;
    double ready, forward, grad, step; /* seconds; negative: not measured */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, ascending);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* The median over samples of at least 0.2 ms each, for about a third of a second: others on the machine slow it down for
 * some hundredths. -1 where the call fails. */
static double measure(entry *call, struct nngen_model *m)
{
    double sample[MOST], begin = now();
    if (call(m)) return -1; /* the first call warms up */
    double once = now() - begin;
    size_t inner = once < 2e-4 ? (size_t)(2e-4 / (once + 1e-8)) + 1 : 1, n = 0;
    begin = now();
    do {
        double from = now();
        for (size_t i = 0; i < inner; i++)
            if (call(m)) return -1;
        sample[n++] = (now() - from) / (double)inner;
    } while (n < MOST && now() - begin < 0.35);
    return median(sample, n);
}

/* Inputs that have no sample get numbers from a counter: the same in every run. */
static int fill_input(struct nngen_model *m, const struct nngen_info *info)
{
    int64_t dims[NNGEN_RANK_MAX];
    size_t n = 1;
    for (unsigned i = 0; i < info->rank; i++) n *= (size_t)(dims[i] = info->most[i]);
    double *x = cli_grow(NULL, n, sizeof *x);
    uint32_t r = 1;
    for (size_t i = 0; i < n; i++) {
        r = r * 1664525u + 1013904223u;
        int64_t below = info->below ? info->below : 2;
        x[i] = info->is_int ? (double)((r >> 8) % below) : (double)(r >> 8) / (1 << 23) - 1;
    }
    int bad = nngen_set(m, info->name, x, dims, info->rank);
    free(x);
    return bad ? model_failed(m) : STATUS_OK;
}

static int prepare(const struct nngen_program *p, struct nngen_model *m, bool at_bound)
{
    if (nngen_init(m, 1)) return model_failed(m);
    for (size_t i = 0; i < nngen_count(p, NNGEN_INPUT); i++) {
        struct nngen_info info;
        nngen_info(p, NNGEN_INPUT, i, &info);
        int status = info.has_sample && !(at_bound && info.rank) ? STATUS_OK : fill_input(m, &info);
        if (status) return status;
    }
    return STATUS_OK;
}

/* Compiled anew: being ready counts from the text's arrival to a gradient that can be called, or outputs where there is none. */
static int time_backend(struct options *o, const char *path, struct timing *t)
{
    double ready[5];
    unsigned n = t->backend == NNGEN_CC ? 1 : 5; /* a C compiler takes its time */
    struct nngen_program *p = NULL;
    struct nngen_model *m = NULL;
    int status = STATUS_OK;
    for (unsigned i = 0; i < n && !status; i++) {
        nngen_model_free(m);
        nngen_program_free(p);
        m = NULL;
        if ((status = load_program(o, path, &p)) && p) print_messages(o, p);
        if (!status) status = load_model(o, p, t->backend, &m);
        if (!status) status = prepare(p, m, nngen_dims(p) > 0);
        if (!status && (nngen_has_gradient(p) ? nngen_grad : nngen_forward)(m)) status = model_failed(m);
        if (!status) ready[i] = nngen_ready_seconds(m);
    }
    if (!status) {
        t->ready = median(ready, n);
        t->forward = measure(nngen_forward, m);
        t->grad = nngen_has_gradient(p) ? measure(nngen_grad, m) : -1;
        t->step = nngen_has_step(p) ? measure(nngen_step, m) : -1;
        if (t->forward < 0) status = model_failed(m);
    }
    nngen_model_free(m);
    nngen_program_free(p);
    return status;
}

static void put_microseconds(struct buffer *b, const char *name, double seconds)
{
    if (seconds >= 0) buffer_printf(b, ", \"%s_us\": %.3f", name, seconds * 1e6);
}

static void put_json(struct buffer *b, const struct timing *t, size_t n, uint64_t multiply_adds, size_t bytes)
{
    buffer_put(b, "{\"backends\": {");
    for (size_t i = 0; i < n; i++) {
        buffer_printf(b, "%s\"%s\": {\"ready_ms\": %.3f", i ? ", " : "", backend_name(t[i].backend), t[i].ready * 1e3);
        put_microseconds(b, "forward", t[i].forward);
        put_microseconds(b, "grad", t[i].grad);
        put_microseconds(b, "step", t[i].step);
        buffer_put(b, "}");
    }
    buffer_printf(b, "}, \"multiply_adds\": %llu, \"work_bytes\": %zu}\n", (unsigned long long)multiply_adds, bytes);
}

static void put_cell(struct buffer *b, double x, const char *fmt)
{
    char s[32] = "-";
    if (x >= 0) snprintf(s, sizeof s, fmt, x);
    buffer_printf(b, "%12s", s);
}

static void put_table(struct buffer *b, const struct timing *t, size_t n, uint64_t multiply_adds, size_t bytes)
{
    buffer_printf(b, "%-8s%12s%12s%12s%12s%12s\n", "backend", "ready ms", "forward us", "grad us", "step us", "GFLOP/s");
    for (size_t i = 0; i < n; i++) {
        double whole = t[i].step > 0 ? t[i].step : t[i].grad > 0 ? t[i].grad : t[i].forward;
        buffer_printf(b, "%-8s", backend_name(t[i].backend));
        put_cell(b, t[i].ready * 1e3, "%.3f");
        put_cell(b, t[i].forward * 1e6, "%.2f");
        put_cell(b, t[i].grad < 0 ? -1 : t[i].grad * 1e6, "%.2f");
        put_cell(b, t[i].step < 0 ? -1 : t[i].step * 1e6, "%.2f");
        put_cell(b, multiply_adds ? 2e-9 * (double)multiply_adds / whole : -1, "%.3f");
        buffer_put(b, "\n");
    }
    buffer_printf(b, "%llu multiply-adds, %zu bytes of workspace\n", (unsigned long long)multiply_adds, bytes);
}

/* N=64 fixes the dim, as -D would: memory and counts are then those of the size measured. */
static int sizes_are_defines(struct options *o)
{
    for (size_t i = 0; i < o->args.n; i++) {
        if (!isupper((unsigned char)*o->args.at[i]))
            return cli_fail(STATUS_USAGE, NULL, "expected DIM=SIZE, not '%s'", o->args.at[i]);
        o->defines.at = cli_grow(o->defines.at, o->defines.n + 1, sizeof *o->defines.at);
        o->defines.at[o->defines.n++] = o->args.at[i];
    }
    return STATUS_OK;
}

static int bench(struct options *o, const char *path, uint64_t multiply_adds, size_t bytes)
{
    struct timing t[3] = {{.backend = NNGEN_TCC}, {.backend = NNGEN_CC}, {.backend = NNGEN_INTERP}};
    size_t n = 2;
    if (o->backend && !strcmp(o->backend, "all"))
        n = 3;
    else if (o->backend) {
        t[0].backend = backend_named(o->backend);
        n = 1;
    }
    for (size_t i = 0; i < n; i++) {
        int status = time_backend(o, path, &t[i]);
        if (status) return status;
    }
    struct buffer b = {0};
    (o->json ? put_json : put_table)(&b, t, n, multiply_adds, bytes);
    fputs(b.s, stdout);
    buffer_free(&b);
    return STATUS_OK;
}

int cmd_bench(struct options *o)
{
    const char *path;
    struct nngen_program *p = NULL;
    int status = take_model(o, &path);
    if (!status) status = sizes_are_defines(o);
    if (!status && (status = load_program(o, path, &p)) && p) print_messages(o, p);
    if (!status) status = bench(o, path, nngen_multiply_adds(p), nngen_work_bytes(p));
    nngen_program_free(p);
    return status;
}
