#include "cli/curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POINTS_MOST = 2048 }; /* twice as many steps make a point when there are more */

static size_t width(const struct curves *c)
{
    return 1 + 2 * c->n;
}

/* Every pair of points becomes one. */
static void halve(struct curves *c)
{
    size_t w = width(c);
    for (size_t i = 0; i + 1 < c->points; i += 2)
        for (size_t k = 0; k < w; k++) {
            double a = c->data[i * w + k], b = c->data[(i + 1) * w + k];
            c->data[i / 2 * w + k] = k == 0 || isnan(a) ? b : isnan(b) ? a : (a + b) / 2;
        }
    c->points /= 2;
    c->stride *= 2;
}

static void make_point(struct curves *c)
{
    size_t w = width(c);
    if (c->points == POINTS_MOST) halve(c);
    if (c->points == c->room) {
        c->room = c->room * 2 + 64;
        c->data = cli_grow(c->data, c->room * w, sizeof *c->data);
    }
    double *to = c->data + c->points++ * w;
    to[0] = c->sum[0];
    for (size_t k = 1; k < w; k++) to[k] = c->sum[k] / (double)c->have;
    c->have = 0;
}

static void add_point(struct curves *c, double at, const double *train, const double *valid)
{
    size_t w = width(c);
    if (!c->have) memset(c->sum, 0, w * sizeof *c->sum);
    c->sum[0] = at;
    for (size_t k = 0; k < c->n; k++) {
        c->sum[1 + k] += train[k];
        c->sum[1 + c->n + k] += valid ? valid[k] : NAN;
    }
    if (++c->have >= c->stride) make_point(c);
}

/* ---- the log ---- */

static void log_head(const struct curves *c, bool valid, struct buffer *b)
{
    buffer_put(b, c->epochs ? "epoch,step" : "step");
    for (size_t k = 0; k < c->n; k++) buffer_printf(b, ",%s", c->name[k]);
    for (size_t k = 0; k < c->n && valid; k++) buffer_printf(b, ",valid_%s", c->name[k]);
    buffer_put(b, "\n");
}

static void log_row(struct curves *c, uint64_t epoch, uint64_t step, const double *train, const double *valid)
{
    if (c->epochs) buffer_printf(&c->log, "%llu,", (unsigned long long)epoch);
    buffer_printf(&c->log, "%llu", (unsigned long long)step);
    for (size_t k = 0; k < c->n; k++) buffer_put(&c->log, ","), buffer_number(&c->log, train[k], false);
    for (size_t k = 0; k < c->n && valid; k++) buffer_put(&c->log, ","), buffer_number(&c->log, valid[k], false);
    buffer_put(&c->log, "\n");
}

/* One line of an old log; false where it is none of its kind or lies behind `before`. */
static bool take_line(struct curves *c, const char *line, const char *end, uint64_t before)
{
    size_t n = 0, w = width(c) + (c->epochs ? 1 : 0);
    double *x = cli_grow(NULL, w, sizeof *x);
    for (const char *s = line; s < end && n < w; n++) {
        char *stop;
        x[n] = strtod(s, &stop);
        if (stop == s) break;
        s = stop + (*stop == ',');
    }
    size_t first = c->epochs ? 2 : 1, step = first - 1;
    bool whole = n == first + c->n || n == first + 2 * c->n;
    bool ours = whole && x[step] <= (double)before;
    if (ours) {
        add_point(c, x[0], x + first, n > first + c->n ? x + first + c->n : NULL);
        buffer_putn(&c->log, line, (size_t)(end - line));
    }
    free(x);
    return ours;
}

static void take_old_log(struct curves *c, const char *path, uint64_t before)
{
    struct buffer old = {0};
    if (!access(path, R_OK) && read_whole(path, &old) == STATUS_OK && old.n > c->log.n && !memcmp(old.s, c->log.s, c->log.n))
        for (const char *s = old.s + c->log.n, *end; (end = strchr(s, '\n')); s = end + 1)
            if (!take_line(c, s, end + 1, before)) break;
    buffer_free(&old);
}

/* ---- life ---- */

void curves_begin(struct curves *c, const char *const *name, size_t n, bool epochs, bool valid, const char *log, bool resumed,
                  uint64_t before)
{
    *c = (struct curves){.epochs = epochs, .n = n, .stride = 1, .logs = log != NULL};
    c->name = cli_grow(NULL, n, sizeof *c->name);
    for (size_t k = 0; k < n; k++) c->name[k] = strcpy(cli_grow(NULL, strlen(name[k]) + 1, 1), name[k]);
    c->sum = cli_grow(NULL, width(c), sizeof *c->sum);
    if (log) log_head(c, valid, &c->log);
    if (log && resumed) take_old_log(c, log, before);
}

void curves_add(struct curves *c, uint64_t epoch, uint64_t step, const double *train, const double *valid)
{
    add_point(c, (double)(c->epochs ? epoch : step), train, valid);
    if (c->logs) log_row(c, epoch, step, train, valid);
}

void curves_end(struct curves *c)
{
    if (c->have) make_point(c);
}

void curves_free(struct curves *c)
{
    for (size_t k = 0; k < c->n; k++) free(c->name[k]);
    free(c->name);
    free(c->data);
    free(c->sum);
    buffer_free(&c->log);
}
