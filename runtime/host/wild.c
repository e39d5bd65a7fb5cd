/* Where numbers stopped being finite: a step is gone through value by value, and the first of those that the loss or a
 * parameter was spoilt by is named with its line. */
#include "runtime/host/host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a model is between two steps ---- */

static size_t sums_bytes(const struct nngen_model *m)
{
    return m->program->outputs.n * sizeof(double);
}

bool moment_take(struct nngen_model *m, struct moment *t)
{
    const struct abi *abi = m->code->abi;
    size_t params = abi->params.size, opt = abi->opt.size, state = abi->state.size;
    if (!t->at) t->at = malloc(params + opt + state + sums_bytes(m) + 1);
    if (!t->at) return false;
    memcpy(t->at, m->params, params);
    memcpy(t->at + params, m->opt, opt);
    memcpy(t->at + params + opt, m->state, state);
    memcpy(t->at + params + opt + state, m->course.sum, sums_bytes(m));
    t->course = m->course;
    return true;
}

void moment_return(struct nngen_model *m, const struct moment *t)
{
    const struct abi *abi = m->code->abi;
    size_t params = abi->params.size, opt = abi->opt.size, state = abi->state.size;
    memcpy(m->params, t->at, params);
    memcpy(m->opt, t->at + params, opt);
    memcpy(m->state, t->at + params + opt, state);
    double *sum = m->course.sum;
    m->course = t->course;
    m->course.sum = sum;
    memcpy(sum, t->at + params + opt + state, sums_bytes(m));
}

bool params_finite(const struct nngen_model *m)
{
    const struct abi_struct *s = &m->code->abi->params;
    for (uint32_t i = 0; i < s->fields.n; i++) {
        const struct abi_field *f = &s->fields.at[i];
        const unsigned char *at = m->params + f->offset;
        double x = 0;
        for (size_t k = 0; k < f->count && f->what == ABI_PARAM; k++) {
            numbers_out(f->type, m->single, at + k * abi_bytes(m, f->type), &x, 1);
            if (!isfinite(x)) return false;
        }
    }
    return true;
}

/* ---- one step, value by value ---- */

struct sight { /* of a node: how many of its elements are not finite, and the first of them */
    int64_t wild, n, at;
    double x;
};

struct search {
    struct nngen_model *m;
    const struct ir_entry *entry;
    struct sight *seen; /* [nodes] */
    const uint32_t *row; /* of the data, that the minibatch was made of; NULL: none */
};

static void see(void *user, ir_id id, const double *v, int64_t n)
{
    struct sight *s = &((struct search *)user)->seen[id];
    s->n = n;
    for (int64_t i = 0; i < n; i++) {
        if (isfinite(v[i])) continue;
        if (!s->wild++) {
            s->at = i;
            s->x = v[i];
        }
    }
}

static bool run_step(struct search *s, struct arena *a)
{
    const struct ir_entry *e = s->entry;
    struct interp_env env;
    const char *why;
    model_env(s->m, ENTRY_STEP, 0, a, &env);
    env.seen = see;
    env.user = s;
    s->seen = arena_many(a, struct sight, e->graph->n);
    ir_id *root = arena_many(a, ir_id, e->n_roots);
    double **value = arena_many(a, double *, e->n_roots);
    for (uint32_t i = 0; i < e->n_roots; i++) root[i] = e->root[i].node;
    return interp_run(e->graph, &env, root, e->n_roots, a, value, &why);
}

/* The loss if it is spoilt, else the first parameter; 0: none. */
static ir_id spoilt(const struct search *s)
{
    ir_id found = 0;
    for (uint32_t i = 0; i < s->entry->n_roots; i++) {
        const struct ir_root *r = &s->entry->root[i];
        if (!s->seen[r->node].wild) continue;
        if (r->role == ROLE_OUTPUT && (int)r->index == s->m->program->loss) return r->node;
        if (!found && (r->role == ROLE_PARAM || r->role == ROLE_OUTPUT)) found = r->node;
    }
    return found;
}

/* Back to a value of which all that it is made of is finite. A number of the text that is infinite, as in a mask, is meant. */
static ir_id origin(const struct search *s, ir_id id)
{
    const struct ir_graph *g = s->entry->graph;
    for (;;) {
        const struct ir_node *n = ir_at(g, id);
        ir_id next = 0;
        for (uint32_t k = 0; k < n->n_arg; k++) {
            const struct ir_node *from = ir_at(g, n->arg[k]);
            bool constant = from->n_arg == 0 && from->op != OP_input && from->op != OP_param && from->op != OP_state;
            if (ir_reads(n, k) && !constant && s->seen[n->arg[k]].wild && (!next || n->arg[k] < next)) next = n->arg[k];
        }
        if (!next) return id;
        id = next;
    }
}

static void number_text(double x, char *out, size_t room)
{
    snprintf(out, room, "%s", isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
}

/* "`h`", "the new `W`". */
static void name_text(const struct search *s, ir_id id, char *out, size_t room)
{
    const struct ir_node *n = ir_at(s->entry->graph, id);
    snprintf(out, room, "what this line makes");
    if (n->name) snprintf(out, room, "`%.60s`", n->name);
    for (uint32_t i = 0; i < s->entry->n_roots; i++) {
        const struct ir_root *r = &s->entry->root[i];
        if (r->node == id && r->role == ROLE_PARAM) snprintf(out, room, "the new `%.60s`", s->m->program->params.at[r->index].name);
    }
}

static int blame_line(const struct search *s, ir_id id, uint64_t step)
{
    const struct ir_node *n = ir_at(s->entry->graph, id);
    const struct sight *seen = &s->seen[id];
    struct place at = source_place(&s->m->owner->context.sources, n->at.lo);
    char name[96], entry[128], number[8], where[ERROR_ROOM / 2] = "", line[ERROR_ROOM / 4] = "";
    int64_t dims[RANK_MAX] = {0};
    for (unsigned k = 0; k < n->shape->rank; k++) dims[k] = size_at(s->m->program->tables->sizes, n->shape->dim[k], s->m->now);
    name_text(s, id, name, sizeof name);
    entry_text(n->shape->rank, dims, seen->at, entry, sizeof entry);
    number_text(seen->x, number, sizeof number);
    if (at.file) snprintf(where, sizeof where, "%.200s:%u: ", at.file->path, at.line);
    if (at.file) snprintf(line, sizeof line, "\n%5u | %.*s", at.line, (int)(at.line_size < 200 ? at.line_size : 200), at.line_text);
    if (n->shape->rank == 0)
        return model_fail(s->m, "%s%s is the first that is not finite, at step %llu: it is %s%s", where, name,
                          (unsigned long long)step, number, line);
    return model_fail(s->m, "%s%s is the first that is not finite, at step %llu: %lld of %lld elements, %s is %s%s", where, name,
                      (unsigned long long)step, (long long)seen->wild, (long long)seen->n, entry, number, line);
}

static int blame(const struct search *s, uint64_t step)
{
    struct nngen_model *m = s->m;
    const struct ir_program *p = m->program;
    ir_id id = spoilt(s);
    if (!id) return model_fail(m, "the loss or a parameter is not finite at step %llu", (unsigned long long)step);
    id = origin(s, id);
    const struct ir_node *n = ir_at(s->entry->graph, id);
    const struct sight *seen = &s->seen[id];
    char number[8];
    number_text(seen->x, number, sizeof number);
    uint32_t index = n->n_attr ? (uint32_t)n->attr[0] : 0;
    if (n->op == OP_input) {
        int64_t rows = n->shape->rank ? size_at(p->tables->sizes, n->shape->dim[0], m->now) : 1;
        bool numbered = s->row && m->rows.input[index].at;
        long long row = seen->at / (seen->n / rows);
        return model_fail(m, "%s holds %s, in row %lld%s", p->inputs.at[index].name, number, numbered ? (long long)s->row[row] : row,
                          numbered ? " of the data, counted from 0" : "");
    }
    if (n->op == OP_param || n->op == OP_state)
        return model_fail(m, "%s holds %s before step %llu", (n->op == OP_param ? &p->params : &p->states)->at[index].name, number,
                          (unsigned long long)step);
    return blame_line(s, id, step);
}

int blame_step(struct nngen_model *m, const uint32_t *row)
{
    uint64_t step = m->course.steps + 1;
    struct search s = {.m = m, .entry = &m->code->entries[ENTRY_STEP], .row = row};
    jmp_buf oom;
    struct arena a;
    model_fail(m, "the loss is not finite at step %llu", (unsigned long long)step);
    if (!s.entry->graph || !model_prepare(m)) return -1;
    arena_init(&a, &oom);
    model_reads(m);
    if (setjmp(oom) == 0 && run_step(&s, &a)) blame(&s, step);
    model_has_read(m);
    arena_free(&a);
    return -1;
}
