#include "codegen/ir/interp_inside.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    SMALL = 64,        /* values of at most so many elements are cut from chunks: a scalar takes 8 bytes */
    CHUNK = 16 * 1024, /* elements */
    KEPT_SIZES = 64    /* so many different sizes of large values are kept for another use */
};
#define MOST_ELEMENTS ((int64_t)1 << 31)
#define NEVER UINT32_MAX

/* A large value that no later node reads is kept here for the next one of its size. Its first word links the next. */
struct kept {
    int64_t n;
    double *first;
};

struct run {
    struct interp in;
    uint32_t
        *owner;     /* whose memory a node's value is: itself, or for an identity its argument's owner; 0: not needed */
    uint32_t *last; /* by owner: the last node that reads the memory; NEVER for roots and leaves of the caller */
    double *chunk;
    int64_t chunk_left;
    struct kept kept[KEPT_SIZES];
};

#define STEP(name) [OP_##name] = interp_##name,
#undef STEP_MAP
#define STEP_MAP(name) [OP_##name] = interp_map,
static interp_step *const step[OP_COUNT] = {
#define OP(name, arity, class, result, flags, lo, hi, text, prec, adjoint) STEP_##class(name)
#include "codegen/ir/ops.def"
#undef OP
};

bool interp_fail(struct interp *in, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(in->why, sizeof in->why, fmt, ap);
    va_end(ap);
    return false;
}

bool interp_size(struct interp *in, ir_size s, int64_t *v)
{
    const struct ir_sizes *sizes = in->graph->tables->sizes;
    if (size_known(sizes, s, v)) return true;
    if (!in->env->dims) return interp_fail(in, "a run-time size is not a constant");
    *v = size_at(sizes, s, in->env->dims);
    return true;
}

bool interp_shape(struct interp *in, const struct ir_shape *s, struct tensor *t)
{
    *t = (struct tensor){.n = 1, .rank = s->rank};
    for (unsigned k = 0; k < s->rank; k++) {
        if (!interp_size(in, s->dim[k], &t->dim[k])) return false;
        if (t->dim[k] < 0) return interp_fail(in, "a size is %lld", (long long)t->dim[k]);
        if (t->dim[k] > MOST_ELEMENTS) return interp_fail(in, "a tensor has over 2^31 elements");
        if (t->dim[k] == 0) t->n = 0;
    }
    for (unsigned k = 0; k < s->rank && t->n; k++) {
        if (t->n > MOST_ELEMENTS / t->dim[k]) return interp_fail(in, "a tensor has over 2^31 elements");
        t->n *= t->dim[k];
    }
    return true;
}

struct tensor interp_arg(struct interp *in, const struct ir_node *node, uint32_t k)
{
    struct tensor t;
    bool ok = interp_shape(in, ir_at(in->graph, node->arg[k])->shape, &t); /* it was computed, so its sizes are fine */
    assert(ok && in->value[node->arg[k]]);
    (void)ok;
    t.v = in->value[node->arg[k]];
    return t;
}

/* An identity for evaluation, whose value is its first argument's; the others only matter to differentiation. */
static bool is_identity(const struct ir_node *n)
{
    return ir_ops[n->op].class == CLASS_WRAP;
}

static uint32_t n_read(const struct ir_node *n)
{
    return is_identity(n) ? 1 : n->n_arg;
}

/* Fills owner and last. Arguments are below their users, so one walk down finds what is needed and one up the owners.
 */
static void find_uses(struct run *r, const ir_id *root, uint32_t n)
{
    const struct ir_graph *g = r->in.graph;
    r->owner = arena_many(r->in.arena, uint32_t, g->n);
    r->last = arena_many(r->in.arena, uint32_t, g->n);
    for (uint32_t i = 0; i < n; i++) r->owner[root[i]] = root[i];
    for (ir_id id = g->n; id-- > 1;)
        if (r->owner[id])
            for (uint32_t k = 0; k < n_read(ir_at(g, id)); k++) r->owner[ir_at(g, id)->arg[k]] = ir_at(g, id)->arg[k];
    for (ir_id id = 1; id < g->n; id++) {
        if (!r->owner[id]) continue;
        const struct ir_node *node = ir_at(g, id);
        if (is_identity(node))
            r->owner[id] = r->owner[node->arg[0]];
        else
            for (uint32_t k = 0; k < node->n_arg; k++) r->last[r->owner[node->arg[k]]] = id;
    }
    for (uint32_t i = 0; i < n; i++) r->last[r->owner[root[i]]] = NEVER;
}

static double *take(struct run *r, int64_t n)
{
    if (n > SMALL) {
        for (int k = 0; k < KEPT_SIZES; k++) {
            double *v = r->kept[k].first;
            if (r->kept[k].n != n || !v) continue;
            memcpy(&r->kept[k].first, v, sizeof(double *));
            return v;
        }
        return arena_many(r->in.arena, double, (size_t)n);
    }
    if (r->chunk_left < n) {
        r->chunk = arena_many(r->in.arena, double, CHUNK);
        r->chunk_left = CHUNK;
    }
    double *v = r->chunk;
    r->chunk += n;
    r->chunk_left -= n;
    return v;
}

static void keep(struct run *r, double *v, int64_t n)
{
    for (int k = 0; n > SMALL && k < KEPT_SIZES; k++)
        if (r->kept[k].n == n || r->kept[k].n == 0) {
            memcpy(v, &r->kept[k].first, sizeof(double *));
            r->kept[k] = (struct kept){n, v};
            return;
        }
}

/* Memory that node `id` was the last to read. */
static void release(struct run *r, ir_id id)
{
    const struct ir_node *node = ir_at(r->in.graph, id);
    for (uint32_t k = 0; k < n_read(node); k++) {
        ir_id own = r->owner[node->arg[k]];
        if (r->last[own] != id) continue;
        r->last[own] = NEVER;
        struct tensor t = interp_arg(&r->in, node, k);
        keep(r, (double *)(uintptr_t)t.v, t.n);
    }
}

static void round_to_single(double *y, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        volatile float f = (float)y[i]; /* gcc 12 loses the rounding of a plain cast there and back */
        y[i] = (double)f;
    }
}

static bool evaluate(struct run *r, ir_id id)
{
    const struct ir_node *node = ir_at(r->in.graph, id);
    if (is_identity(node)) {
        struct tensor t = interp_arg(&r->in, node, 0);
        r->in.value[id] = t.v;
        if (r->in.env->seen && !r->in.turn) r->in.env->seen(r->in.env->user, id, t.v, t.n);
        return true;
    }
    struct tensor shape;
    if (!interp_shape(&r->in, node->shape, &shape)) return false;
    double *y = take(r, shape.n ? shape.n : 1);
    if (!step[node->op](&r->in, node, &shape, y)) return false;
    if (r->in.env->single && node->type == IR_REAL) round_to_single(y, shape.n);
    r->in.value[id] = y;
    if (r->in.env->seen && !r->in.turn) r->in.env->seen(r->in.env->user, id, y, shape.n);
    release(r, id);
    return true;
}

/* The results stay, what they were made of goes. */
static bool run_into(struct run *r, const ir_id *root, uint32_t n, double *const *value)
{
    const struct ir_graph *g = r->in.graph;
    struct arena_mark mark = arena_mark(r->in.arena);
    bool ok = true;
    r->in.value = arena_many(r->in.arena, const double *, g->n);
    find_uses(r, root, n);
    for (ir_id id = 1; id < g->n && ok; id++)
        if (r->owner[id]) ok = evaluate(r, id);
    for (uint32_t i = 0; i < n && ok; i++) {
        struct tensor t;
        ok = interp_shape(&r->in, ir_at(g, root[i])->shape, &t);
        if (t.n) memcpy(value[i], r->in.value[root[i]], (size_t)t.n * sizeof(double));
    }
    arena_rewind(r->in.arena, mark);
    return ok;
}

bool interp_body(struct interp *caller, const struct ir_graph *g, const struct interp_turn *turn, const ir_id *root,
                 uint32_t n, double *const *value)
{
    struct run r = {.in = {.graph = g, .env = caller->env, .turn = turn, .arena = caller->arena}};
    return run_into(&r, root, n, value) || interp_fail(caller, "%s", r.in.why);
}

bool interp_run(const struct ir_graph *g, const struct interp_env *env, const ir_id *root, uint32_t n, struct arena *a,
                double **value, const char **why)
{
    struct run r = {.in = {.graph = g, .env = env, .arena = a}};
    bool ok = true;
    for (uint32_t i = 0; i < n && ok; i++) {
        struct tensor t;
        ok = interp_shape(&r.in, ir_at(g, root[i])->shape, &t);
        if (ok) value[i] = arena_many(a, double, (size_t)t.n);
    }
    ok = ok && run_into(&r, root, n, value);
    if (!ok) *why = arena_strndup(a, r.in.why, strlen(r.in.why));
    return ok;
}

bool interp_constant(const struct ir_graph *g, ir_id root, struct arena *a, double **value, const char **why)
{
    struct interp_env none = {.dims = NULL};
    return interp_run(g, &none, &root, 1, a, value, why);
}
