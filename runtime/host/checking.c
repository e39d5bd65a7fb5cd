/* Every derivative of the gradient entry against differences of the same entry's objective, in f64: element by element for
 * a dozen elements of each array, and along one direction through all of them. Of a program made for second derivatives
 * that objective is its gradient, weighted, and forward mode has to agree as well. */
#include "codegen/ir/loop.h"
#include "runtime/host/host.h"

#include <math.h>
#include <string.h>

enum { PROBES = 12, POINTS = 6, LEVELS = 3 };

struct target { /* what is varied: a parameter, or an input that is in wrt */
    const char *name;
    struct span at;
    unsigned rank;
    int64_t dims[RANK_MAX];
    size_t n;
    double *value;          /* in the model: written in place */
    const double *gradient; /* of the base point, copied */
    const double *forward;  /* second order: the same by forward mode */
    bool done, failed;
    bool unseen; /* differences see through a stop_gradient */
    const char *message;
};

struct checking {
    struct nngen_model *m;
    struct arena *arena;
    struct diags *diags;
    uint64_t random;
    double f; /* of the base point */
    unsigned char *state; /* as every evaluation finds it */
    struct target *target;
    uint32_t n;
    nngen_told *told;
    void *user;
    int failures;
    bool broken, second;
    enum nngen_backend backend;
    uint64_t seed;
    char why[ERROR_ROOM];
};

/* Uniform in [0, 1). */
static double draw(struct checking *c)
{
    c->random = c->random * 6364136223846793005u + 1442695040888963407u;
    return (double)(c->random >> 11) * 0x1p-53;
}

/* ---- a point ---- */

/* Dims that no sample fixes are small, and differ from each other where they may. */
bool model_choose_dims(struct nngen_model *m)
{
    for (uint32_t d = 0; d <= m->program->dims.n; d++) {
        if (model_dims(m)) return true;
        uint32_t unknown = 0;
        while (m->now[unknown]) unknown++;
        int64_t size = 2 + unknown % 2, most = m->program->dims.at[unknown].max;
        if (model_set_dim(m, unknown, size < most ? size : most)) return false;
    }
    return false;
}

/* Inputs without samples are drawn; at later points those with samples and the parameters are moved a little. */
static bool choose_inputs(struct checking *c, int point)
{
    struct nngen_model *m = c->m;
    const struct ir_program *p = m->program;
    for (uint32_t i = 0; i < p->inputs.n; i++) {
        const struct ir_array *a = &p->inputs.at[i];
        int64_t dims[RANK_MAX], below = a->below ? size_at(p->tables->sizes, a->below, m->now) : 3;
        size_t n = (size_t)shape_count(p->tables, a->shape, m->now);
        for (unsigned k = 0; k < a->shape->rank; k++) dims[k] = size_at(p->tables->sizes, a->shape->dim[k], m->now);
        double *v = arena_many(c->arena, double, n);
        for (size_t j = 0; j < n; j++) {
            double x = draw(c);
            if (a->type == IR_INT)
                v[j] = a->sample ? a->sample[j] : floor(x * (double)below);
            else if (a->sample)
                v[j] = a->sample[j] + (point ? (x - 0.5) * 0.1 * (0.1 + fabs(a->sample[j])) : 0);
            else
                v[j] = point % 2 ? 0.2 + 0.7 * x : 2 * x - 1; /* inside the domain of a logarithm every other time */
        }
        if (model_set_input(m, i, v, dims)) return false;
    }
    return true;
}

static void move_params(struct checking *c)
{
    for (uint32_t i = 0; i < c->m->program->params.n; i++) {
        const struct abi_field *f = abi_find(&c->m->code->abi->params, ABI_PARAM, i);
        double *v = (double *)(void *)(c->m->params + f->offset);
        for (size_t j = 0; j < f->count; j++) v[j] += (draw(c) - 0.5) * 0.1 * (1 + fabs(v[j]));
    }
}

static double objective(struct checking *c)
{
    const struct ir_program *p = c->m->program;
    size_t size = c->m->code->abi->state.size;
    if (size) memcpy(c->m->state, c->state, size); /* so that random numbers and statistics are the same */
    c->m->laid = false; /* inputs are moved in place */
    if (nngen_grad(c->m)) {
        c->broken = true;
        memcpy(c->why, c->m->error, sizeof c->why);
        return NAN;
    }
    for (uint32_t i = 0; i < p->outputs.n; i++)
        if (p->outputs.at[i].node == p->objective) return nngen_scalar(c->m, p->outputs.at[i].name);
    return NAN;
}

static const double *copy_of(struct checking *c, const char *name, size_t n)
{
    double *g = arena_many(c->arena, double, n);
    return nngen_get(c->m, name, g, n, NULL) < 0 ? NULL : g;
}

/* index: of the parameter, or of wrt, which comes after them. */
static void fill_target(struct checking *c, struct target *t, const struct ir_array *a, double *value, uint32_t index)
{
    t->name = a->name;
    t->at = a->at;
    t->rank = a->shape->rank;
    t->n = 1;
    for (unsigned k = 0; k < t->rank; k++) {
        t->dims[k] = size_at(c->m->program->tables->sizes, a->shape->dim[k], c->m->now);
        t->n *= (size_t)t->dims[k];
    }
    t->value = value;
    t->gradient = copy_of(c, arena_printf(c->arena, "d_%s", a->name), t->n);
    if (c->second) t->forward = copy_of(c, arena_printf(c->arena, SECOND_ALONG, index), t->n);
}

/* Parameters first, then what wrt names, where it is an input: other values cannot be moved from outside. */
static bool list_targets(struct checking *c)
{
    const struct ir_program *p = c->m->program;
    uint32_t n = 0;
    if (!c->target) c->target = arena_many(c->arena, struct target, (size_t)p->params.n + p->wrt.n);
    for (uint32_t i = 0; i < p->params.n; i++) {
        const struct abi_field *f = abi_find(&c->m->code->abi->params, ABI_PARAM, i);
        fill_target(c, &c->target[n++], &p->params.at[i], (double *)(void *)(c->m->params + f->offset), i);
    }
    for (uint32_t w = 0; w < p->wrt.n; w++)
        for (uint32_t i = 0; i < p->inputs.n; i++)
            if (!strcmp(p->inputs.at[i].name, p->wrt.at[w].name + 2) && p->inputs.at[i].type == IR_REAL)
                fill_target(c, &c->target[n++], &p->inputs.at[i], c->m->input[i].own, p->params.n + w);
    c->n = n;
    for (uint32_t i = 0; i < n; i++)
        if (!c->target[i].gradient || (c->second && !c->target[i].forward)) return false;
    return true;
}

/* False if the backend fails; *good if the objective is finite there. */
static bool choose_point(struct checking *c, int point, bool *good)
{
    *good = false;
    if (nngen_init(c->m, c->seed + (uint64_t)point) || !model_choose_dims(c->m) || !choose_inputs(c, point)) {
        memcpy(c->why, c->m->error, sizeof c->why);
        return false;
    }
    if (point) move_params(c);
    size_t size = c->m->code->abi->state.size;
    c->state = arena_alloc(c->arena, size);
    memcpy(c->state, c->m->state, size);
    c->f = objective(c);
    if (c->broken || !list_targets(c)) return false;
    *good = isfinite(c->f);
    return true;
}

/* ---- one derivative ---- */

struct line { /* through the base point */
    struct target *t;
    size_t element;          /* or: */
    const double *direction; /* NULL: along the element alone */
    const double *base;      /* all elements of the base point */
    double derivative, scale;
};

static double at(struct checking *c, const struct line *l, double step)
{
    double *v = l->t->value;
    if (!l->direction)
        v[l->element] = l->base[l->element] + step;
    else
        for (size_t i = 0; i < l->t->n; i++) v[i] = l->base[i] + step * l->direction[i];
    double f = objective(c);
    memcpy(v, l->base, l->t->n * sizeof *v);
    return f;
}

struct quotient {
    double value, error; /* by Richardson, and how sure of it */
    bool kink;           /* the two sides differ however small the step */
};

static struct quotient quotient(struct checking *c, const struct line *l, double h)
{
    double d[LEVELS], sides[LEVELS], most = fabs(c->f);
    double step = h;
    for (int i = 0; i < LEVELS; i++, step /= 2) {
        double up = at(c, l, step), down = at(c, l, -step);
        d[i] = (up - down) / (2 * step);
        sides[i] = fabs((up - c->f) - (c->f - down)) / step;
        if (fabs(up) > most) most = fabs(up);
        if (fabs(down) > most) most = fabs(down);
    }
    double r1 = (4 * d[1] - d[0]) / 3, r2 = (4 * d[2] - d[1]) / 3, noise = 16 * 0x1p-53 * most / (h / 4);
    struct quotient q = {.value = (16 * r2 - r1) / 15};
    q.error = fabs(q.value - r2) + noise;
    /* halving the step twice must bring the sides together by 4, if it is curvature that parts them */
    q.kink = sides[2] > 0.5 * sides[0] && sides[2] > 4 * noise + 1e-6 * fabs(q.value);
    if (!isfinite(q.value)) q.error = INFINITY;
    return q;
}

enum verdict { AGREE, DIFFER, UNDECIDED };

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static enum verdict compare(struct checking *c, const struct line *l, struct quotient *best)
{
    static const double steps[] = {1e-3, 1e-4, 1e-2, 1e-6};
    *best = (struct quotient){.error = INFINITY};
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !c->broken; i++) {
        struct quotient q = quotient(c, l, steps[i] * l->scale);
        double size = larger(fabs(q.value), fabs(l->derivative)), off = fabs(q.value - l->derivative);
        if (q.kink || !(q.error < INFINITY)) continue;
        if (q.error < best->error) *best = q;
        if (off <= 1e-6 * size + 4 * q.error && q.error <= 1e-3 * size + 1e-9 * larger(1, fabs(c->f))) return AGREE;
    }
    double size = larger(fabs(best->value), fabs(l->derivative)), off = fabs(best->value - l->derivative);
    if (isfinite(best->error) && best->error <= 1e-3 * size) return off <= 1e-6 * size + 4 * best->error ? AGREE : DIFFER;
    return UNDECIDED;
}

static const char *number_text(struct arena *a, double x)
{
    struct text t = text_new(a);
    text_number(&t, x, true); /* single: the digits that matter to a reader */
    return t.s;
}

static void tell_difference(struct checking *c, const struct line *l, const struct quotient *q)
{
    struct target *t = l->t;
    char entry[128] = "";
    if (!l->direction && t->rank) entry_text(t->rank, t->dims, (int64_t)l->element, entry, sizeof entry);
    const char *where = l->direction ? " along a direction through all elements" : t->rank ? " at " : "";
    diag_error(c->diags, E0905, t->at, "the %sderivative by %s%s%s is %s, the difference quotient %s",
               c->second ? "second " : "", t->name, where, entry, number_text(c->arena, l->derivative),
               number_text(c->arena, q->value));
    t->failed = true;
}

static double largest(const double *v, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = larger(most, fabs(v[i]));
    return most;
}

/* Reverse and forward mode are the same sums in another order. */
static bool modes_agree(struct checking *c, struct target *t)
{
    if (!t->forward) return true;
    double all = 0, here = larger(largest(t->gradient, t->n), largest(t->forward, t->n));
    for (uint32_t i = 0; i < c->n; i++) all = larger(all, largest(c->target[i].gradient, c->target[i].n));
    for (size_t i = 0; i < t->n; i++) {
        if (fabs(t->gradient[i] - t->forward[i]) <= 1e-8 * here + 1e-12 * all) continue;
        char entry[128] = "";
        if (t->rank) entry_text(t->rank, t->dims, (int64_t)i, entry, sizeof entry);
        diag_error(c->diags, E0905, t->at, "the second derivative by %s%s%s is %s in reverse mode, and %s in forward mode",
                   t->name, t->rank ? " at " : "", entry, number_text(c->arena, t->gradient[i]),
                   number_text(c->arena, t->forward[i]));
        t->failed = true;
        return false;
    }
    return true;
}

/* All probes of one target at this point. UNDECIDED: some other point must tell. */
static enum verdict check_target(struct checking *c, struct target *t)
{
    enum verdict all = AGREE;
    if (!modes_agree(c, t)) return DIFFER;
    double *base = arena_many(c->arena, double, t->n), *direction = arena_many(c->arena, double, t->n);
    memcpy(base, t->value, t->n * sizeof *base);
    size_t probes = t->n < PROBES ? t->n : PROBES;
    double along = 0;
    for (size_t i = 0; i < t->n; i++) {
        direction[i] = (2 * draw(c) - 1) * larger(fabs(base[i]), 0.1);
        along += direction[i] * t->gradient[i];
    }
    for (size_t i = 0; i <= probes && !c->broken; i++) {
        struct line l = {.t = t, .base = base};
        l.element = t->n <= PROBES ? i : (size_t)(draw(c) * (double)t->n);
        if (i == probes) {
            if (t->n < 2) break;
            l.direction = direction;
            l.derivative = along;
            l.scale = 1;
        } else {
            l.derivative = t->gradient[l.element];
            l.scale = base[l.element] == 0 ? 1 : fabs(base[l.element]);
        }
        struct quotient q;
        enum verdict v = compare(c, &l, &q);
        if (v == DIFFER) {
            tell_difference(c, &l, &q);
            return DIFFER;
        }
        if (v == UNDECIDED) all = UNDECIDED;
    }
    return all;
}

/* ---- stop_gradient ---- */

static bool body_stops(const struct ir_graph *g)
{
    for (ir_id id = 1; id < g->n; id++) {
        const struct ir_node *n = ir_at(g, id);
        if ((n->op == OP_stop && n->n_attr) || (n->op == OP_loop && body_stops(ir_loop_of(g, id)->body))) return true;
    }
    return false;
}

static ir_id leaf_named(const struct ir_program *p, const char *name)
{
    const ir_arrays *list[] = {&p->params, &p->inputs};
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < list[k]->n; i++)
            if (!strcmp(list[k]->at[i].name, name)) return list[k]->at[i].node;
    return 0;
}

/* Whether the objective depends on the target through a stop_gradient: then differences, which know of none, say nothing. */
static bool is_stopped(struct checking *c, const struct target *t)
{
    const struct ir_program *p = c->m->program;
    const struct ir_graph *g = p->graph;
    enum { MOVES = 1, STOPPED = 2 };
    unsigned char *state = arena_many(c->arena, unsigned char, g->n);
    ir_id leaf = leaf_named(p, t->name);
    for (ir_id id = leaf; leaf && id <= p->objective; id++) {
        const struct ir_node *n = ir_at(g, id);
        if (id == leaf) state[id] = MOVES;
        for (uint32_t i = 0; i < n->n_arg; i++) state[id] |= state[n->arg[i]];
        bool stops = (n->op == OP_stop && n->n_attr) || (n->op == OP_loop && body_stops(ir_loop_of(g, id)->body));
        if (stops && state[id] & MOVES) state[id] |= STOPPED;
    }
    return leaf && state[p->objective] & STOPPED;
}

/* ---- all ---- */

static void tell(struct checking *c, struct target *t)
{
    struct text text = text_new(c->arena);
    diags_print(c->diags, DIAG_FULL, false, &text);
    c->diags->list.n = 0;
    c->diags->errors = 0;
    c->failures += t->failed;
    t->done = true;
    const char *title = c->second ? arena_printf(c->arena, "%s, second order", t->name) : t->name;
    if (t->unseen) title = arena_printf(c->arena, "%s (partly behind stop_gradient: not checked)", t->name);
    if (c->told) c->told(c->user, &(struct nngen_outcome){title, !t->failed, text.s ? text.s : ""});
}

static bool check_points(struct checking *c)
{
    bool good, any = false;
    for (int point = 0; point < POINTS; point++) {
        if (!choose_point(c, point, &good)) return false;
        any |= good;
        bool left = false;
        for (uint32_t i = 0; i < c->n && good; i++) {
            struct target *t = &c->target[i];
            if (t->done) continue;
            enum verdict v = check_target(c, t);
            if (c->broken) return false;
            if (v == DIFFER && !c->second && is_stopped(c, t)) {
                c->diags->list.n = 0;
                t->failed = false;
                t->unseen = true;
            }
            if (v == UNDECIDED)
                left = true;
            else
                tell(c, t);
        }
        if (good && !left) return true;
    }
    for (uint32_t i = 0; i < c->n; i++) {
        struct target *t = &c->target[i];
        if (t->done) continue;
        t->failed = true;
        diag_error(c->diags, E0905, t->at, any ? "the difference quotient by %s settles nowhere near the samples"
                                               : "the objective is nowhere finite: the derivative by %s cannot be checked", t->name);
        if (!any) diag_help(c->diags, "inputs without samples are drawn at random: give samples at which it is finite");
        tell(c, t);
    }
    return true;
}

/* A value in the middle cannot be moved from outside: said, so that nobody believes it was checked. */
static void tell_unchecked(struct checking *c)
{
    const struct ir_program *p = c->m->program;
    for (uint32_t w = 0; w < p->wrt.n; w++) {
        bool input = false;
        for (uint32_t i = 0; i < p->inputs.n; i++) input |= !strcmp(p->inputs.at[i].name, p->wrt.at[w].name + 2);
        const char *title = arena_printf(c->arena, "%s (computed, not an input: not checked)", p->wrt.at[w].name + 2);
        if (!input && c->told) c->told(c->user, &(struct nngen_outcome){title, 1, ""});
    }
}

static void check(struct nngen_program *p, void *with)
{
    struct checking *c = with;
    struct diags diags;
    c->arena->oom = p->context.arena.oom;
    diags_init(&diags, c->arena, &p->context.sources);
    c->diags = &diags;
    c->random = c->seed * 2 + 1;
    c->broken = !check_points(c);
    if (!c->broken) tell_unchecked(c);
}

int nngen_check_gradients(struct nngen_program *p, enum nngen_backend backend, uint64_t seed, nngen_told *told, void *user)
{
    struct arena arena;
    if (!nngen_ok(p)) return -1;
    if (!nngen_has_gradient(p)) return 0;
    if (p->built) program_complain(p, "a built-in model has no text whose derivatives could be checked");
    if (p->built) return -1;
    struct nngen_model *m = nngen_model_new(p, backend, 1);
    if (!m) return -1;
    arena_init(&arena, NULL);
    struct checking c = {.m = m, .arena = &arena, .told = told, .user = user, .backend = backend, .seed = seed,
                         .second = p->options.second != 0,
                         .why = "out of memory"};
    bool done = program_try(p, check, &c) && !c.broken;
    if (!done) program_complain(p, c.why);
    arena_free(&arena);
    nngen_model_free(m);
    return done ? c.failures : -1;
}
