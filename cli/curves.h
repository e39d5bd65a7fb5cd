/* What a run of training has come through: means by epoch or step, in the log of --log and as curves. */
#ifndef NNGEN_CLI_CURVES_H
#define NNGEN_CLI_CURVES_H

#include "cli/cli.h"

struct curves {
    bool epochs;        /* points lie at epochs, else at steps */
    size_t n, points, room;
    char **name;        /* [n] */
    double *data;       /* [points][1 + 2 * n]: where; training; validation, NaN where there is none */
    double *sum;        /* [1 + 2 * n]: of the point that is being made */
    size_t stride, have; /* as many are averaged into a point; so many are there */
    bool logs;
    struct buffer log;
};

/* names: of the means that come. resumed: an old log at `log` is gone on with where its first line is the same, up to
 * `before`, the steps that the run has behind it. log may be NULL. */
void curves_begin(struct curves *c, const char *const *name, size_t n, bool epochs, bool valid, const char *log, bool resumed,
                  uint64_t before);
void curves_add(struct curves *c, uint64_t epoch, uint64_t step, const double *train, const double *valid);
/* The part that is not whole yet becomes a point. */
void curves_end(struct curves *c);
void curves_free(struct curves *c);

static inline double curve_at(const struct curves *c, size_t point)
{
    return c->data[point * (1 + 2 * c->n)];
}

static inline double curve_value(const struct curves *c, size_t point, size_t curve, bool valid)
{
    return c->data[point * (1 + 2 * c->n) + 1 + curve + (valid ? c->n : 0)];
}

/* ---- plot.c ---- */
/* A panel for each mean, `first` before the others. */
void plot_svg(const struct curves *c, const char *title, size_t first, struct buffer *out);
/* Some lines for a terminal. */
void plot_text(const struct curves *c, size_t which, struct buffer *out);

#endif
