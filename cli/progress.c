#include "cli/curves.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LINES = 10, BAR = 20, NAME_MOST = 64 }; /* lines in a run without rows, beside the first */

struct progress {
    const struct options *o;
    const char *title, *objective;
    bool terminal, single;
    bool epochs;          /* rows are gone through */
    double start, shown;  /* seconds */
    uint64_t first_step, first_epoch;
    size_t seen;          /* rows in this process */
    size_t width;         /* of the line on the terminal */
    struct buffer last, valid; /* the means of the last epoch in full; of validation, as shown */
    struct curves curves;
    bool begun;           /* the curves are */
    bool in_epoch;        /* the last means are of an epoch that is not over */
    uint64_t step, epoch; /* as last told */
    size_t row;
};

static volatile sig_atomic_t interrupted; /* by which signal */
static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
enum { STOPS = sizeof stops / sizeof *stops };

static void interrupt(int number)
{
    interrupted = number;
    signal(number, SIG_DFL); /* sent again it ends the process at once */
}

double cli_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct progress *progress_new(const struct options *o, const char *title, const char *objective)
{
    struct progress *g = memset(cli_grow(NULL, 1, sizeof *g), 0, sizeof *g);
    const char *term = getenv("TERM");
    g->o = o;
    g->title = title;
    g->objective = objective;
    g->terminal = isatty(STDERR_FILENO) && !(term && !strcmp(term, "dumb"));
    g->single = !o->dtype || !strcmp(o->dtype, "f32");
    g->start = cli_seconds();
    for (unsigned i = 0; i < STOPS; i++) /* nohup's wish is kept */
        if (signal(stops[i], interrupt) == SIG_IGN && stops[i] != SIGINT) signal(stops[i], SIG_IGN);
    return g;
}

void progress_free(struct progress *g)
{
    for (unsigned i = 0; i < STOPS; i++)
        if (signal(stops[i], SIG_DFL) == SIG_IGN) signal(stops[i], SIG_IGN);
    buffer_free(&g->last);
    buffer_free(&g->valid);
    if (g->begun) curves_free(&g->curves);
    free(g);
}

/* "nll 0.1234  accuracy 0.97", as short as people read it or in full. */
static void put_means(struct buffer *b, const struct nngen_progress *p, const double *mean, const char *before, bool full)
{
    for (size_t i = 0; i < p->n; i++) {
        buffer_printf(b, "%s%s%s%s", i ? (full ? ", " : "  ") : "", before, p->name[i], full ? " = " : " ");
        if (full)
            buffer_number(b, mean[i], false);
        else
            buffer_printf(b, "%.4g", mean[i]);
    }
}

static void put_left(struct buffer *b, const struct progress *g, const struct nngen_progress *p)
{
    const struct options *o = g->o;
    double spent = cli_seconds() - g->start, part = p->rows ? (double)p->row / (double)p->rows : 0;
    double done = (double)(p->step - g->first_step), all = o->steps - (double)g->first_step;
    if (!isnan(o->epochs) && p->rows) {
        double by_epochs = (double)p->epoch - 1 + part - (double)g->first_epoch, most = o->epochs - (double)g->first_epoch;
        if (isnan(all) || by_epochs / most > done / all) done = by_epochs, all = most;
    }
    if (spent <= 0 || !(done > 0)) return;
    buffer_printf(b, "  %.0f/s", (double)(g->seen ? g->seen : (size_t)done) / spent);
    double left = spent * (all - done) / done;
    if (left >= 0 && left < 1e6) buffer_printf(b, "  %d:%02d left", (int)left / 60, (int)left % 60);
}

static void put_line(struct buffer *b, const struct progress *g, const struct nngen_progress *p, bool bar)
{
    double part = p->rows ? (double)p->row / (double)p->rows : (double)p->step / g->o->steps;
    int full = (int)(part * BAR);
    if (p->rows) {
        buffer_printf(b, "epoch %llu", (unsigned long long)p->epoch);
        if (!isnan(g->o->epochs)) buffer_printf(b, "/%.0f", g->o->epochs);
    } else
        buffer_printf(b, "step %llu/%.0f", (unsigned long long)p->step, g->o->steps);
    buffer_put(b, bar ? " [" : "");
    for (int i = 0; i < BAR && bar; i++) buffer_put(b, i < full ? "#" : "-");
    buffer_put(b, bar ? "] " : " ");
    put_means(b, p, p->train, "", false);
    if (g->valid.n) buffer_printf(b, "  %s", g->valid.s);
    put_left(b, g, p);
}

/* One line, written over the one before: one that is wider than the terminal could not be. */
static void show_line(struct progress *g, const struct nngen_progress *p)
{
    struct buffer b = {0};
    struct winsize size;
    size_t room = !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 1 ? (size_t)size.ws_col - 1 : SIZE_MAX;
    put_line(&b, g, p, true);
    if (b.n > room) {
        b.n = 0;
        put_line(&b, g, p, false);
    }
    if (b.n > room) b.s[b.n = room] = 0;
    fprintf(stderr, "\r%s%*s", b.s, b.n < g->width ? (int)(g->width - b.n) : 0, "");
    fflush(stderr);
    g->width = b.n;
    buffer_free(&b);
}

/* A line of its own, the same in every run from one seed. */
static void show_epoch(const struct nngen_progress *p, const struct buffer *valid)
{
    struct buffer b = {0};
    buffer_printf(&b, "epoch %-5llu ", (unsigned long long)p->epoch);
    put_means(&b, p, p->train, "", false);
    if (p->valid) buffer_printf(&b, "  %s", valid->s);
    fprintf(stderr, "%s\n", b.s);
    buffer_free(&b);
}

static double objective_of(const struct progress *g, const struct nngen_progress *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (g->objective && !strcmp(p->name[i], g->objective)) return p->train[i];
    return NAN;
}

static void show_step(const struct progress *g, const struct nngen_progress *p, double loss)
{
    uint64_t steps = (uint64_t)g->o->steps, every = steps / LINES ? steps / LINES : 1;
    if (p->step != 1 && p->step % every) return;
    struct buffer b = {0};
    buffer_number(&b, loss, g->single);
    fprintf(stderr, "step %-8llu %s %s\n", (unsigned long long)p->step, g->objective ? g->objective : "", b.s);
    buffer_free(&b);
}

/* The curves begin with the first means, when it is known which there are. */
static void begin_curves(struct progress *g, const struct nngen_progress *p)
{
    const struct options *o = g->o;
    bool epochs = p->rows > 0;
    const char *const only[] = {g->objective ? g->objective : "loss"};
    curves_begin(&g->curves, epochs ? p->name : only, epochs ? p->n : 1, epochs, p->valid != NULL, o->log, o->resume != NULL, g->first_step);
    g->begun = true;
}

static void watch_epochs(struct progress *g, const struct nngen_progress *p)
{
    if (p->valid) {
        g->valid.n = 0;
        put_means(&g->valid, p, p->valid, "valid ", false);
    }
    if (!p->epoch_over && (double)p->step == g->o->steps) { /* a run may end in the middle of one */
        g->last.n = 0;
        put_means(&g->last, p, p->train, "", true);
        g->in_epoch = true;
    }
    if (p->epoch_over) {
        g->last.n = 0;
        put_means(&g->last, p, p->train, "", true);
        if (p->valid) buffer_put(&g->last, ", "), put_means(&g->last, p, p->valid, "valid ", true);
        if (!g->terminal) show_epoch(p, &g->valid);
        if (!g->begun) begin_curves(g, p);
        curves_add(&g->curves, p->epoch, p->step, p->train, p->valid);
    }
}

static void watch_steps(struct progress *g, const struct nngen_progress *p)
{
    double loss = objective_of(g, p);
    g->last.n = 0;
    buffer_printf(&g->last, "%s = ", g->objective ? g->objective : "loss");
    buffer_number(&g->last, loss, g->single);
    if (!g->terminal) show_step(g, p, loss);
    if (!g->begun) begin_curves(g, p);
    curves_add(&g->curves, p->epoch, p->step, &loss, NULL);
}

int progress_watch(void *progress, const struct nngen_progress *p)
{
    struct progress *g = progress;
    if (!g->step) {
        g->first_step = p->step - 1;
        g->first_epoch = p->epoch - 1;
    }
    g->epochs = p->rows > 0;
    if (p->rows) g->seen += p->epoch == g->epoch ? p->row - g->row : p->row;
    g->row = p->row;
    if (p->rows)
        watch_epochs(g, p);
    else
        watch_steps(g, p);
    g->step = p->step;
    g->epoch = p->epoch;
    double now = g->terminal ? cli_seconds() : 0;
    if (g->terminal && (now - g->shown > 0.1 || (p->rows && p->epoch_over) || (double)p->step == g->o->steps)) {
        show_line(g, p);
        g->shown = now;
    }
    return interrupted;
}

int progress_signal(void)
{
    return interrupted;
}

void progress_break(struct progress *g)
{
    if (g->width) fputc('\n', stderr);
    g->width = 0;
}

/* Which of the curves is the loss's. */
static size_t main_curve(const struct progress *g)
{
    for (size_t i = 0; i < g->curves.n; i++)
        if (g->objective && !strcmp(g->curves.name[i], g->objective)) return i;
    return 0;
}

int progress_write(struct progress *g)
{
    const struct options *o = g->o;
    struct buffer svg = {0};
    struct file_out file[2];
    size_t n = 0;
    if (!g->begun) return STATUS_OK;
    if (o->plot) plot_svg(&g->curves, g->title, main_curve(g), &svg);
    if (o->log) file[n++] = (struct file_out){o->log, g->curves.log.s, g->curves.log.n};
    if (o->plot) file[n++] = (struct file_out){o->plot, svg.s, svg.n};
    int status = write_files(file, n);
    buffer_free(&svg);
    return status;
}

static void sketch(struct progress *g)
{
    struct buffer b = {0};
    if (!g->terminal || !g->begun) return;
    plot_text(&g->curves, main_curve(g), &b);
    if (b.n) fputs(b.s, stderr);
    buffer_free(&b);
}

int progress_end(struct progress *g, int end)
{
    progress_break(g);
    bool empty = !g->begun && !g->o->resume; /* a resumed run may have had no step left, and leaves its log alone */
    if (empty) begin_curves(g, &(struct nngen_progress){.rows = cli_has_rows(g->o), .n = 0});
    if (g->begun) curves_end(&g->curves);
    int status = progress_write(g);
    if (status || !g->step) return status;
    sketch(g);
    if (g->last.n && g->in_epoch)
        printf("%s after %llu step%s, in epoch %llu\n", g->last.s, (unsigned long long)g->step, g->step == 1 ? "" : "s",
               (unsigned long long)g->epoch);
    else if (g->last.n && g->epochs)
        printf("%s after %llu epoch%s\n", g->last.s, (unsigned long long)g->epoch, g->epoch == 1 ? "" : "s");
    else if (g->last.n)
        printf("%s after %llu step%s\n", g->last.s, (unsigned long long)g->step, g->step == 1 ? "" : "s");
    fflush(stdout);
    if (end == NNGEN_NO_BETTER) fprintf(stderr, "stopped: no better for %.0f epochs\n", g->o->patience);
    if (end == NNGEN_STOPPED) fprintf(stderr, "stopped after step %llu\n", (unsigned long long)g->step);
    return status;
}
