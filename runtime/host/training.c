/* The loop over epochs and minibatches. All that decides the next number is in the model and its course: the order of an
 * epoch's rows follows from the seed and the epoch's number alone, so that a run can stop after any step and go on. */
#include "runtime/host/host.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct loop {
    struct nngen_model *m;
    const struct nngen_training *how;
    uint32_t *order;    /* [rows]: the training rows as this epoch takes them; the rows held out behind them */
    uint32_t *base;     /* [rows]: as the seed parts them */
    uint64_t shuffled;  /* the epoch whose order it is, plus 1 */
    size_t n_train, n_valid, batch;
    uint32_t *scalar;   /* [n]: which outputs */
    uint32_t n;
    int loss;           /* among the scalars, -1: none */
    const char **name;  /* [n] */
    double *train, *valid;
    struct moment window; /* at most WINDOW steps ago, in this epoch */
};

enum { WINDOW = 64 };

/* ---- scalars among the outputs ---- */

uint32_t scalar_outputs(const struct nngen_model *m, uint32_t *list)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->program->outputs.n; i++) {
        if (m->program->outputs.at[i].shape->rank) continue;
        if (list) list[n] = i;
        n++;
    }
    return n;
}

double scalar_output(const struct nngen_model *m, uint32_t output)
{
    const struct abi_field *f = abi_find(&m->code->abi->outputs, ABI_OUTPUT, output);
    double x = NAN;
    if (f) numbers_out(f->type, m->single, m->outputs + f->offset, &x, 1);
    return x;
}

/* ---- the order of rows ---- */

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void shuffle(uint32_t *row, size_t n, uint64_t seed, uint64_t epoch)
{
    uint64_t key = mix(seed * 0x9e3779b97f4a7c15u + 1) ^ mix(epoch * 0xd1342543de82ef95u + 2);
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)(mix(key += 0x9e3779b97f4a7c15u) % i);
        uint32_t other = row[k];
        row[k] = row[i - 1];
        row[i - 1] = other;
    }
}

static void order_epoch(struct loop *l)
{
    const struct course *c = &l->m->course;
    if (l->shuffled == c->epoch + 1 || !l->m->rows.n) return;
    memcpy(l->order, l->base, (l->n_train + l->n_valid) * sizeof *l->order);
    shuffle(l->order, l->n_train, c->seed, c->epoch + 1);
    l->shuffled = c->epoch + 1;
}

/* ---- beginning ---- */

void course_begin(struct nngen_model *m)
{
    double *sum = m->course.sum;
    m->course = (struct course){.best = INFINITY, .sum = sum};
    memset(sum, 0, m->program->outputs.n * sizeof *sum);
}

/* A run that goes on keeps what it began with; another wish is an error, for its numbers would be another run's. */
static int settle(struct nngen_model *m, const struct nngen_training *how)
{
    struct course *c = &m->course;
    if (!(how->valid >= 0 && how->valid < 1)) return model_fail(m, "the share of rows held out is 0 to below 1");
    uint64_t held_out = (uint64_t)floor(how->valid * (double)m->rows.n), batch = how->batch;
    uint64_t most = m->rows.dim ? (uint64_t)m->program->dims.at[m->rows.dim - 1].max : 0;
    if (!m->rows.n && (how->valid > 0 || batch)) return model_fail(m, "minibatches and rows held out need rows of data");
    if (batch > most)
        return model_fail(m, "a batch of %llu: %s is 1 to %llu", (unsigned long long)batch,
                          m->program->dims.at[m->rows.dim - 1].name, (unsigned long long)most);
    if (!c->steps) {
        c->seed = how->seed ? how->seed : 1;
        c->rows = m->rows.n;
        c->held_out = held_out;
        c->batch = batch ? batch : most;
        return 0;
    }
    if (c->rows && !m->rows.n) return model_fail(m, "the run began with %llu rows: give them again", (unsigned long long)c->rows);
    if (c->rows != m->rows.n)
        return model_fail(m, "the run began with %llu rows, now there are %zu", (unsigned long long)c->rows, m->rows.n);
    if (how->seed && how->seed != c->seed)
        return model_fail(m, "the run began with seed %llu", (unsigned long long)c->seed);
    if (batch && batch != c->batch)
        return model_fail(m, "the run began with batches of %llu rows", (unsigned long long)c->batch);
    if (how->valid > 0 && held_out != c->held_out)
        return model_fail(m, "the run began with %llu rows held out", (unsigned long long)c->held_out);
    if (c->rows && (c->batch < 1 || c->batch > most || c->held_out >= c->rows || c->at >= c->rows - c->held_out))
        return model_fail(m, "where the run stands is no place in these rows"); /* only a file can say so */
    return 0;
}

static int find_scalars(struct loop *l)
{
    const struct ir_program *p = l->m->program;
    uint32_t n = scalar_outputs(l->m, NULL), room = n + 1;
    l->scalar = malloc(room * sizeof *l->scalar);
    l->name = malloc(room * sizeof *l->name);
    l->train = malloc(room * sizeof *l->train);
    l->valid = malloc(room * sizeof *l->valid);
    if (!l->scalar || !l->name || !l->train || !l->valid) return model_fail(l->m, "out of memory");
    l->n = scalar_outputs(l->m, l->scalar);
    l->loss = n == 1 ? 0 : -1;
    for (uint32_t i = 0; i < n; i++) {
        l->name[i] = p->outputs.at[l->scalar[i]].name;
        if (p->loss == (int)l->scalar[i]) l->loss = (int)i;
    }
    return 0;
}

static int loop_begin(struct loop *l)
{
    struct nngen_model *m = l->m;
    if (model_wake(m) || settle(m, l->how) || find_scalars(l)) return -1;
    size_t n = m->rows.n;
    l->n_valid = (size_t)m->course.held_out;
    l->n_train = n - l->n_valid;
    l->batch = (size_t)m->course.batch;
    l->order = malloc((n + 1) * sizeof *l->order);
    l->base = malloc((n + 1) * sizeof *l->base);
    if (!l->order || !l->base) return model_fail(m, "out of memory");
    for (size_t i = 0; i < n; i++) l->base[i] = (uint32_t)i;
    if (l->n_valid) shuffle(l->base, n, m->course.seed, 0);
    memcpy(l->order, l->base, n * sizeof *l->order);
    return 0;
}

static void loop_end(struct loop *l)
{
    free(l->order);
    free(l->base);
    free(l->scalar);
    free(l->name);
    free(l->train);
    free(l->valid);
    free(l->window.at);
}

/* ---- going on ---- */

/* Means over these rows, a batch at a time in their order. */
static int average(struct loop *l, const uint32_t *row, size_t n, double *mean)
{
    memset(mean, 0, l->n * sizeof *mean);
    for (size_t i = 0; i < n; i += l->batch) {
        size_t size = n - i < l->batch ? n - i : l->batch;
        if (rows_fill(l->m, row + i, size) || nngen_forward(l->m)) return -1;
        for (uint32_t k = 0; k < l->n; k++) mean[k] += scalar_output(l->m, l->scalar[k]) * (double)size;
    }
    for (uint32_t k = 0; k < l->n; k++) mean[k] /= (double)n;
    return 0;
}

static size_t next_batch(struct loop *l)
{
    const struct course *c = &l->m->course;
    order_epoch(l);
    return !l->m->rows.n ? 1 : l->n_train - c->at < l->batch ? l->n_train - (size_t)c->at : l->batch;
}

/* One step; train[] are then the means of the epoch so far. */
static int run_step(struct loop *l)
{
    struct nngen_model *m = l->m;
    struct course *c = &m->course;
    size_t size = next_batch(l);
    if (m->rows.n && rows_fill(m, l->order + c->at, size)) return -1;
    if (nngen_step(m)) return -1;
    c->at += size;
    c->steps++;
    for (uint32_t k = 0; k < l->n; k++) {
        c->sum[l->scalar[k]] += scalar_output(m, l->scalar[k]) * (double)size;
        l->train[k] = c->sum[l->scalar[k]] / (double)c->at;
    }
    return 0;
}

static bool loss_finite(const struct loop *l)
{
    return l->loss < 0 || isfinite(scalar_output(l->m, l->scalar[l->loss]));
}

/* Goes through the last steps again, up to the one that made the first number that is not finite. */
static int find_wild(struct loop *l)
{
    struct nngen_model *m = l->m;
    struct moment before = {0};
    uint64_t end = m->course.steps;
    int done = 0;
    moment_return(m, &l->window);
    while (!done && m->course.steps < end) {
        if (!moment_take(m, &before)) done = model_fail(m, "the loss is not finite at step %llu", (unsigned long long)end);
        if (!done) done = run_step(l);
        if (!done && loss_finite(l) && params_finite(m)) continue;
        if (!done) moment_return(m, &before);
        break;
    }
    if (!done && m->rows.n) done = rows_fill(m, l->order + m->course.at, next_batch(l));
    if (!done) blame_step(m, m->rows.n ? l->order + m->course.at : NULL);
    free(before.at);
    return -1;
}

static int take_step(struct loop *l)
{
    const struct course *c = &l->m->course;
    if ((c->steps % WINDOW == 0 || (l->m->rows.n && c->at == 0) || !l->window.at) && !moment_take(l->m, &l->window))
        return model_fail(l->m, "out of memory");
    if (run_step(l)) return -1;
    return loss_finite(l) ? 0 : find_wild(l);
}

static int end_epoch(struct loop *l)
{
    struct course *c = &l->m->course;
    if (l->n_valid && average(l, l->order + l->n_train, l->n_valid, l->valid)) return -1;
    double loss = l->loss < 0 ? 0 : (l->n_valid ? l->valid : l->train)[l->loss];
    c->waited = loss < c->best ? 0 : c->waited + 1;
    if (loss < c->best) c->best = loss;
    c->epoch++;
    c->at = 0;
    memset(c->sum, 0, l->m->program->outputs.n * sizeof *c->sum);
    return 0;
}

static bool all_done(const struct loop *l)
{
    const struct course *c = &l->m->course;
    return (l->how->epochs && c->epoch >= l->how->epochs) || (l->how->steps && c->steps >= l->how->steps);
}

static bool no_better(const struct loop *l)
{
    const struct course *c = &l->m->course;
    return c->at == 0 && c->epoch && l->how->patience && c->waited >= l->how->patience;
}

static int go_on(struct loop *l, nngen_watch *watch, void *user)
{
    struct course *c = &l->m->course;
    while (!all_done(l)) {
        if (no_better(l)) return NNGEN_NO_BETTER;
        if (take_step(l)) return -1;
        struct nngen_progress p = {.epoch = c->epoch + 1, .step = c->steps, .row = (size_t)c->at, .rows = l->n_train, .n = l->n};
        p.epoch_over = !l->m->rows.n || c->at == l->n_train;
        p.name = l->name;
        p.train = l->train;
        if (p.epoch_over && end_epoch(l)) return -1;
        if (((p.epoch_over && l->m->rows.n) || all_done(l)) && !params_finite(l->m)) return find_wild(l);
        if (p.epoch_over && l->n_valid) p.valid = l->valid;
        if (watch && watch(user, &p)) return NNGEN_STOPPED;
    }
    return no_better(l) ? NNGEN_NO_BETTER : NNGEN_TRAINED;
}

int nngen_train(struct nngen_model *m, const struct nngen_training *how, nngen_watch *watch, void *user)
{
    if (!m || !how) return -1;
    if (!m->code->entries[ENTRY_STEP].present) return model_fail(m, "the model has no `train` line: there is no step");
    if (!how->epochs && !how->steps) return model_fail(m, "training needs an end: epochs or steps");
    struct loop l = {.m = m, .how = how};
    int end = loop_begin(&l);
    if (!end && !l.n_train && m->rows.n) end = model_fail(m, "no row is left to train on");
    m->training = true; /* the loop knows outputs by their places */
    if (!end) end = go_on(&l, watch, user);
    m->training = false;
    loop_end(&l);
    return end;
}

int nngen_evaluate(struct nngen_model *m, const struct nngen_training *how, double *mean, size_t room, size_t *rows)
{
    static const struct nngen_training plain;
    if (!m || !mean) return -1;
    if (!m->rows.n) return model_fail(m, "there are no rows to evaluate");
    struct course kept = m->course;
    struct loop l = {.m = m, .how = how ? how : &plain};
    m->course.steps = 0; /* its own seed and sizes, whatever a run has */
    int done = loop_begin(&l);
    if (!done && room < l.n) done = model_fail(m, "%u scalar outputs, room for %zu", l.n, room);
    bool part = l.n_valid > 0;
    if (!done) done = average(&l, l.order + (part ? l.n_train : 0), part ? l.n_valid : l.n_train, mean);
    if (!done && rows) *rows = part ? l.n_valid : l.n_train;
    m->course = kept;
    loop_end(&l);
    return done ? -1 : (int)l.n;
}
