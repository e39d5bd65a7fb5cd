/* Hot reload: a model goes over to another program and takes along what has a place there, by name and shape. The new
 * model is made whole beside the old one and the two change places at the end, so that whatever fails leaves the old
 * one as it was. */
#include "runtime/host/host.h"

#include <stdlib.h>
#include <string.h>

/* ---- has a file changed? ---- */

static void look(struct nngen_program *p, void *with)
{
    int *changed = with;
    for (uint32_t i = 0; i < p->dependencies.n; i++) {
        struct dependency *d = &p->dependencies.at[i];
        struct stamp now = file_stamp(d->path);
        if (now.missing || stamps_equal(&now, &d->stamp)) continue; /* an editor may take a file away for a moment */
        d->stamp = now;
        *changed = 1;
    }
}

int nngen_changed(struct nngen_program *p)
{
    int changed = 0;
    if (p) program_try(p, look, &changed);
    return changed;
}

struct nngen_program *nngen_compile_again(const struct nngen_program *p)
{
    return p && p->path ? nngen_compile_file(p->path, &p->options) : NULL;
}

/* ---- what is carried over ---- */

struct move {
    struct nngen_model *from, *to;
    nngen_carried *told;
    void *user;
};

static void tell(const struct move *v, enum nngen_role role, const char *name, enum nngen_fate fate)
{
    if (v->told) v->told(v->user, role, name, fate);
}

static int find(const ir_arrays *list, const char *name)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (!strcmp(list->at[i].name, name)) return (int)i;
    return -1;
}

/* Arrays lie at the bound of their sizes: these are compared. */
static bool alike(const struct move *v, const struct ir_array *a, const struct ir_array *b)
{
    bool same = a->type == b->type && a->shape->rank == b->shape->rank;
    for (unsigned k = 0; same && k < a->shape->rank; k++)
        same = size_bound(v->from->program->tables->sizes, a->shape->dim[k]) ==
               size_bound(v->to->program->tables->sizes, b->shape->dim[k]);
    return same;
}

struct kind { /* arrays of one role, held by value in one image */
    enum nngen_role role;
    enum abi_what what;
    const ir_arrays *(*list)(const struct nngen_model *m);
    unsigned char *(*image)(const struct nngen_model *m, const struct abi_struct **layout);
};

static const ir_arrays *params_of(const struct nngen_model *m)
{
    return &m->program->params;
}

static const ir_arrays *states_of(const struct nngen_model *m)
{
    return &m->program->states;
}

static const ir_arrays *moments_of(const struct nngen_model *m)
{
    return &m->owner->moments;
}

static unsigned char *params_image(const struct nngen_model *m, const struct abi_struct **layout)
{
    *layout = &m->code->abi->params;
    return m->params;
}

static unsigned char *state_image(const struct nngen_model *m, const struct abi_struct **layout)
{
    *layout = &m->code->abi->state;
    return m->state;
}

static unsigned char *opt_image(const struct nngen_model *m, const struct abi_struct **layout)
{
    *layout = &m->code->abi->opt;
    return m->opt;
}

static const struct kind kinds[] = {{NNGEN_PARAM, ABI_PARAM, params_of, params_image},
                                    {NNGEN_STATE, ABI_STATE, states_of, state_image},
                                    {NNGEN_MOMENT, ABI_SLOT, moments_of, opt_image}};

static void copy_field(const struct move *v, const struct kind *k, uint32_t from, uint32_t to)
{
    const struct abi_struct *was, *is;
    unsigned char *source = k->image(v->from, &was), *target = k->image(v->to, &is);
    const struct abi_field *f = abi_find(was, k->what, from), *g = abi_find(is, k->what, to);
    memcpy(target + g->offset, source + f->offset, g->count * abi_bytes(v->to, g->type));
}

static void carry_arrays(const struct move *v, const struct kind *k)
{
    const ir_arrays *was = k->list(v->from), *is = k->list(v->to);
    for (uint32_t i = 0; i < is->n; i++) {
        int j = find(was, is->at[i].name);
        bool same = j >= 0 && alike(v, &was->at[j], &is->at[i]);
        if (same) copy_field(v, k, (uint32_t)j, i);
        tell(v, k->role, is->at[i].name, same ? NNGEN_KEPT : j >= 0 ? NNGEN_RESHAPED : NNGEN_INITIALISED);
    }
    for (uint32_t j = 0; j < was->n; j++)
        if (find(is, was->at[j].name) < 0) tell(v, k->role, was->at[j].name, NNGEN_DROPPED);
}

/* A number that the text says otherwise now is the text's; one that it says as before stays as the caller set it. */
static void carry_numbers(const struct move *v)
{
    const struct ir_train *was = &v->from->program->train, *is = &v->to->program->train;
    for (uint32_t i = 0; i < is->numbers.n; i++) {
        const char *name = is->numbers.at[i].name;
        bool kept = false;
        for (uint32_t j = 0; j < was->numbers.n && !kept; j++) {
            kept = !strcmp(was->numbers.at[j].name, name) && was->numbers.at[j].value == is->numbers.at[i].value;
            if (!kept) continue;
            const struct abi_field *f = abi_find(&v->from->code->abi->opt, ABI_NUMBER, j);
            const struct abi_field *g = abi_find(&v->to->code->abi->opt, ABI_NUMBER, i);
            memcpy(v->to->opt + g->offset, v->from->opt + f->offset, abi_bytes(v->to, g->type));
        }
        tell(v, NNGEN_NUMBER, name, kept ? NNGEN_KEPT : NNGEN_INITIALISED);
    }
}

/* Steps done, and where the random streams stand. */
static void carry_counters(const struct move *v)
{
    static const enum abi_what all[] = {ABI_TICK, ABI_SEED, ABI_CALLS};
    for (int k = 0; k < 3; k++) {
        bool tick = all[k] == ABI_TICK;
        const struct abi *was = v->from->code->abi, *is = v->to->code->abi;
        const struct abi_field *f = abi_find(tick ? &was->opt : &was->state, all[k], 0);
        const struct abi_field *g = abi_find(tick ? &is->opt : &is->state, all[k], 0);
        if (f && g)
            memcpy((tick ? v->to->opt : v->to->state) + g->offset, (tick ? v->from->opt : v->from->state) + f->offset,
                   sizeof(uint64_t));
    }
}

/* May an array of these sizes be this input's? From axis `first` on. */
static bool may_be(const struct nngen_model *m, const struct ir_array *a, const int64_t *dim, unsigned first)
{
    const struct ir_sizes *sizes = m->program->tables->sizes;
    for (unsigned k = first; k < a->shape->rank; k++)
        if (dim[k] < size_least(sizes, a->shape->dim[k]) || dim[k] > size_bound(sizes, a->shape->dim[k]))
            return false;
    return true;
}

static void carry_dims(const struct move *v)
{
    const struct ir_program *was = v->from->program, *is = v->to->program;
    for (uint32_t i = 0; i < is->dims.n; i++)
        for (uint32_t j = 0; j < was->dims.n; j++)
            if (!strcmp(was->dims.at[j].name, is->dims.at[i].name) && v->from->dim[j] <= is->dims.at[i].max)
                v->to->dim[i] = v->from->dim[j];
}

/* Values that the caller gave go over as they lie. */
static void carry_inputs(const struct move *v)
{
    const ir_arrays *was = &v->from->program->inputs, *is = &v->to->program->inputs;
    for (uint32_t j = 0; j < was->n; j++) {
        struct held *from = &v->from->input[j];
        if (from->from != FROM_CALLER) continue;
        int i = find(is, was->at[j].name);
        const struct ir_array *a = i < 0 ? NULL : &is->at[i];
        bool kept = a && a->type == was->at[j].type && a->shape->rank == was->at[j].shape->rank &&
                    may_be(v->to, a, from->dim, 0);
        if (kept) {
            struct held *to = &v->to->input[i], empty = *to;
            *to = *from;
            *from = empty;
        }
        tell(v, NNGEN_INPUT, was->at[j].name, kept ? NNGEN_KEPT : a ? NNGEN_RESHAPED : NNGEN_DROPPED);
    }
    v->to->bound = v->from->bound;
}

static bool carry_input_rows(const struct move *v, uint32_t j, uint32_t i)
{
    const struct ir_array *a = &v->from->program->inputs.at[j], *b = &v->to->program->inputs.at[i];
    struct input_rows *from = &v->from->rows.input[j], *to = &v->to->rows.input[i];
    if (a->type != b->type || a->shape->rank != b->shape->rank || !may_be(v->to, b, from->dim, 1) ||
        v->to->owner->dim_size[v->to->rows.dim - 1] != b->shape->dim[0])
        return false;
    *to = *from;
    from->at = NULL;
    return true;
}

/* Rows of data, and where training with them stands. */
static void carry_rows(const struct move *v)
{
    const struct ir_program *was = v->from->program, *is = v->to->program;
    struct rows *from = &v->from->rows, *to = &v->to->rows;
    for (uint32_t d = 0; from->dim && d < is->dims.n; d++)
        if (!strcmp(is->dims.at[d].name, was->dims.at[from->dim - 1].name)) to->dim = (int)d + 1;
    bool any = false;
    for (uint32_t j = 0; to->dim && j < was->inputs.n; j++) {
        int i = from->input[j].at ? find(&is->inputs, was->inputs.at[j].name) : -1;
        if (i >= 0) any |= carry_input_rows(v, j, (uint32_t)i);
    }
    if (!any) to->dim = 0;
    to->n = any ? from->n : 0;
}

static void carry_course(const struct move *v)
{
    struct course *to = &v->to->course;
    double *sum = to->sum;
    *to = v->from->course;
    to->sum = sum;
    const ir_arrays *was = &v->from->program->outputs, *is = &v->to->program->outputs;
    for (uint32_t i = 0; i < is->n; i++) {
        int j = find(was, is->at[i].name);
        if (j >= 0) sum[i] = v->from->course.sum[j];
    }
    uint64_t most = v->to->rows.dim ? (uint64_t)v->to->program->dims.at[v->to->rows.dim - 1].max : 0;
    if (to->batch > most) to->batch = most;
}

/* ---- the exchange ---- */

/* Both programs are compiled, so no table changes but by emission: to's is over, from's lock is held. */
static void carry(const struct move *v)
{
    model_reads(v->from);
    model_reads(v->to);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) carry_arrays(v, &kinds[k]);
    carry_numbers(v);
    carry_counters(v);
    carry_dims(v);
    carry_inputs(v);
    carry_rows(v);
    carry_course(v);
    model_has_read(v->to);
    model_has_read(v->from);
}

int nngen_reload(struct nngen_model *m, struct nngen_program *next, nngen_carried *told, void *user)
{
    if (!m) return -1;
    m->error[0] = 0;
    if (m->training) return model_fail(m, "a model in training is reloaded after nngen_train has returned");
    if (!nngen_ok(next))
        return model_fail(m, "the new text has errors, which its program tells: the model goes on as it was");
    if (model_wake(m)) return -1;
    struct nngen_model *fresh = nngen_model_new(next, m->asked, !m->single);
    if (!fresh) return model_fail(m, "the new program cannot be made callable: its messages say why");
    if (nngen_init(fresh, m->seed)) {
        model_fail(m, "%s", fresh->error);
        nngen_model_free(fresh);
        return -1;
    }
    fresh->first_tick = model_ticks(m);
    carry(&(struct move){m, fresh, told, user});
    struct nngen_model old = *m;
    *m = *fresh;
    *fresh = old;
    nngen_model_free(fresh);
    return 0;
}
