/* Values at compile time: constants, and the samples of inputs with the sizes they give run-time dims. */
#include "codegen/lower/state.h"

#include <math.h>

/* A node that holds its elements, or NULL. */
static const double *held_values(struct low *l, ir_id id)
{
    const struct ir_node *n = ir_at(l->graph, id);
    if (n->op == OP_tensor) return l->graph->tables->data.at[n->attr[0]];
    if (n->op != OP_const) return NULL;
    double *v = arena_new(ARENA(l), double);
    *v = ir_const_value(n);
    return v;
}

const double *constant_values(struct low *l, const struct value *v, const char *what)
{
    int64_t dim[RANK_MAX];
    const double *held = held_values(l, v->id);
    if (held) return held;
    if (!shape_known(l, v->axis, v->rank, dim)) {
        fail(l, E0403, v->at, "%s has the shape %s, which is known only at run time", what,
             shape_text(l, v->axis, v->rank));
        return NULL;
    }
    double *at;
    const char *why = NULL;
    if (constant_only(l, v->id, false) && interp_constant(l->graph, v->id, ARENA(l), &at, &why)) return at;
    fail(l, E0403, v->at, "%s is not known at compile time", what);
    if (why) fail_help(l, why);
    return NULL;
}

/* Does nothing but constants (and random numbers) lead to it? A walk over what the root needs, each node once. */
bool constant_only(struct low *l, ir_id root, bool random)
{
    struct arena_mark mark = arena_mark(ARENA(l));
    uint32_t cap = 64, n = 0;
    ir_id *seen = arena_many(ARENA(l), ir_id, cap);
    vec(ir_id) todo = {0};
    bool ok = true;
    vec_push(ARENA(l), &todo, root);
    while (ok && todo.n) {
        ir_id id = todo.at[--todo.n];
        uint32_t at = id * 0x9E3779B1u & (cap - 1);
        while (seen[at] && seen[at] != id) at = (at + 1) & (cap - 1);
        if (seen[at]) continue;
        seen[at] = id;
        if (++n * 2 > cap) {
            ir_id *old = seen;
            seen = arena_many(ARENA(l), ir_id, cap * 2);
            for (uint32_t i = 0; i < cap; i++) {
                if (!old[i]) continue;
                uint32_t to = old[i] * 0x9E3779B1u & (cap * 2 - 1);
                while (seen[to]) to = (to + 1) & (cap * 2 - 1);
                seen[to] = old[i];
            }
            cap *= 2;
        }
        const struct ir_node *node = ir_at(l->graph, id);
        bool leaf = ir_ops[node->op].class == CLASS_LEAF;
        ok = !leaf || node->op == OP_const || node->op == OP_tensor || node->op == OP_iota ||
             (node->op == OP_random && random);
        for (uint32_t i = 0; i < node->n_arg; i++) vec_push(ARENA(l), &todo, node->arg[i]);
    }
    arena_rewind(ARENA(l), mark);
    return ok;
}

static bool note_dim(struct low *l, const struct ast *d, uint32_t dim, int64_t size)
{
    struct sampled_dim *s = &l->sampled.at[dim];
    const struct ir_dim *row = &l->program->dims.at[dim];
    if (size < 1 || size > row->max) {
        fail(l, E0801, d->kid[2]->span, "the sample makes %s %lld, and it is 1 to %lld", row->name, (long long)size,
             (long long)row->max);
        fail_note(l, row->at, "declared here");
        return false;
    }
    if (s->size && s->size != size) {
        fail(l, E0801, d->kid[2]->span, "the sample makes %s %lld, and that of '%s' makes it %lld", row->name,
             (long long)size, s->input, (long long)s->size);
        fail_note(l, s->at, "the other sample");
        return false;
    }
    *s = (struct sampled_dim){size, d->kid[2]->span, d->name};
    return true;
}

int run_time_dim_of(struct low *l, ir_size size)
{
    for (uint32_t i = 0; i < l->program->dims.n; i++)
        if (size_of_dim(l->sizes, i) == size) return (int)i;
    return -1;
}

static bool sample_shape(struct low *l, const struct ast *d, const struct value *v, const struct value *sample,
                         struct ir_array *a)
{
    struct span at = d->kid[2]->span;
    bool same = sample->rank == v->rank;
    for (uint8_t i = 0; same && i < v->rank; i++) {
        int64_t size;
        if (!size_known(l->sizes, sample->axis[i].size, &a->sample_dim[i])) {
            fail(l, E0403, at, "the sample of '%s' has a size that is known only at run time", d->name);
            return false;
        }
        same = !size_known(l->sizes, v->axis[i].size, &size) || size == a->sample_dim[i];
    }
    if (!same) {
        fail(l, E0801, at, "'%s' has the shape %s, and its sample is %s", d->name, shape_text(l, v->axis, v->rank),
             shape_text(l, sample->axis, sample->rank));
        return false;
    }
    for (uint8_t i = 0; i < v->rank; i++) {
        int dim = run_time_dim_of(l, v->axis[i].size);
        if (dim >= 0 && !note_dim(l, d, (uint32_t)dim, a->sample_dim[i])) return false;
    }
    return true;
}

static bool whole_entries(struct low *l, const struct ast *d, const struct value *v, const double *at, int64_t n)
{
    int64_t below = INT32_MAX;
    if (v->below_size) below = size_bound(l->sizes, v->below_size);
    for (int64_t i = 0; i < n; i++)
        if (!(at[i] == floor(at[i]) && at[i] >= 0 && at[i] < (double)below)) {
            fail(l, E0801, d->kid[2]->span, "the entries of '%s' are whole numbers from 0 to %lld", d->name,
                 (long long)below - 1);
            return false;
        }
    return true;
}

void lower_sample(struct low *l, const struct ast *d, struct ir_array *a, const struct value *v)
{
    int64_t n = 1;
    struct value sample = as_value(l, lower_expr(l, d->kid[2]));
    if (sample.kind != VALUE_TENSOR) return;
    if (sample.rank == 0 && v->rank) {
        if (!shape_known(l, v->axis, v->rank, a->sample_dim)) {
            fail(l, E0801, d->kid[2]->span, "one number cannot fill %s: its size is known only at run time",
                 shape_text(l, v->axis, v->rank));
            return;
        }
        sample = expand_to(l, as_real(l, sample), v->axis, v->rank, d->kid[2]->span);
    }
    if (!nth_kid(d, 0) && sample.rank) {
        fail(l, E0402, d->span, "'%s' has no shape and its sample is %s", d->name,
             shape_text(l, sample.axis, sample.rank));
        fail_help(l,
                  arena_printf(ARENA(l), "write `input %s%s = ...`", d->name, shape_text(l, sample.axis, sample.rank)));
        return;
    }
    if (!sample_shape(l, d, v, &sample, a)) return;
    const double *at = constant_values(l, &sample, arena_printf(ARENA(l), "the sample of '%s'", d->name));
    if (!at) return;
    for (uint8_t i = 0; i < v->rank; i++) n *= a->sample_dim[i];
    if (v->type == IR_INT && !whole_entries(l, d, v, at, n)) return;
    a->sample = at;
}

/* Sizes made of run-time dims agree with what the samples say those are. */
void check_samples(struct low *l)
{
    const struct ir_program *p = l->program;
    int64_t *dims = arena_many(ARENA(l), int64_t, p->dims.n + 1u);
    for (uint32_t i = 0; i < p->dims.n; i++) dims[i] = l->sampled.at[i].size;
    for (uint32_t i = 0; i < p->inputs.n; i++) {
        struct ir_array *a = &p->inputs.at[i];
        struct diags before = *DIAGS(l);
        if (!a->sample) continue;
        for (uint8_t k = 0; k < a->shape->rank; k++) {
            bool told = true; /* every dim is sampled */
            for (uint32_t j = 0; j < p->dims.n; j++) told = told && dims[j];
            if (!told || size_at(l->sizes, a->shape->dim[k], dims) == a->sample_dim[k]) continue;
            fail(l, E0801, l->samples.at[i]->kid[2]->span,
                 "the sample of '%s' has %lld along %s, which the samples make %lld", a->name,
                 (long long)a->sample_dim[k], a->axis[k], (long long)size_at(l->sizes, a->shape->dim[k], dims));
            if (forgive(l, &before)) a->sample = NULL;
            break;
        }
    }
}
