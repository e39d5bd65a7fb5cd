/* Putting numbers into a model by name, and getting them out. */
#include "runtime/host/host.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

enum found_what { IS_NOTHING, IS_INPUT, IS_PARAM, IS_STATE, IS_OUTPUT, IS_WRT, IS_D_PARAM, IS_NUMBER, IS_MOMENT };
struct found {
    enum found_what what;
    uint32_t index;
    const struct ir_array *array;
};

static bool find_in(const ir_arrays *list, const char *name, enum found_what what, struct found *f)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (!strcmp(list->at[i].name, name)) {
            f->what = what;
            f->index = i;
            f->array = &list->at[i];
            return true;
        }
    return false;
}

/* Settable names first: an output that bears an input's name is the same number. */
static struct found find_name(const struct nngen_model *m, const char *name)
{
    const struct ir_program *p = m->program;
    struct found f = {0};
    if (find_in(&p->inputs, name, IS_INPUT, &f) || find_in(&p->params, name, IS_PARAM, &f) ||
        find_in(&p->states, name, IS_STATE, &f) || find_in(&p->outputs, name, IS_OUTPUT, &f) ||
        find_in(&p->wrt, name, IS_WRT, &f))
        return f;
    if (!strncmp(name, "d_", 2) && p->objective && find_in(&p->params, name + 2, IS_D_PARAM, &f)) return f;
    if (p != m->owner->k.program) return f; /* a test's */
    if (!find_in(&m->owner->numbers, name, IS_NUMBER, &f)) find_in(&m->owner->moments, name, IS_MOMENT, &f);
    return f;
}

static int fail_unknown(struct nngen_model *m, const char *name, bool settable)
{
    const struct ir_program *p = m->program;
    const ir_arrays *const list[] = {&p->inputs, &p->params, &p->states, &p->outputs, &p->wrt};
    const char *near = NULL, *candidate[256];
    size_t n = 0;
    for (int k = 0; k < (settable ? 3 : 5); k++)
        for (uint32_t i = 0; i < list[k]->n && n < 256; i++) candidate[n++] = list[k]->at[i].name;
    near = nearest_name(name, candidate, n);
    return model_fail(m, "no %s is called `%.100s`%s%s%s", settable ? "input, parameter or state" : "value of the model", name,
                      near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

/* ---- inputs ---- */

/* Do these sizes fit the array's shape by themselves? Direct run-time dims are taken over into m->dim. */
static int take_sizes(struct nngen_model *m, const struct ir_array *a, const int64_t *dims, unsigned rank)
{
    const struct ir_program *p = m->program;
    char wanted[128], given[128];
    axes_text(a, wanted, sizeof wanted);
    sizes_text(rank, dims, given, sizeof given);
    if (rank != a->shape->rank)
        return model_fail(m, "%s: %s expected, %s given", a->name, wanted, given);
    for (int pass = 0; pass < 2; pass++) /* nothing is taken over unless all fits */
        for (unsigned k = 0; k < rank; k++) {
            int64_t known;
            ir_size s = a->shape->dim[k];
            if (size_known(p->tables->sizes, s, &known)) {
                if (known != dims[k]) return model_fail(m, "%s: %s expected, %s given", a->name, wanted, given);
                continue;
            }
            for (uint32_t d = 0; d < p->dims.n; d++) {
                if (m->owner->dim_size[d] != s) continue;
                if (dims[k] < 1 || dims[k] > p->dims.at[d].max)
                    return model_fail(m, "%s: %s is 1 to %lld, %lld given", a->name, p->dims.at[d].name,
                                      (long long)p->dims.at[d].max, (long long)dims[k]);
                if (pass) m->dim[d] = dims[k];
                if (pass) m->laid = false;
            }
            if (dims[k] < size_least(p->tables->sizes, s) || dims[k] > size_bound(p->tables->sizes, s))
                return model_fail(m, "%s: %s expected, %s given", a->name, wanted, given);
        }
    return 0;
}

static int64_t count_of(const int64_t *dims, unsigned rank)
{
    int64_t n = 1;
    for (unsigned k = 0; k < rank; k++) n *= dims[k];
    return n;
}

static enum abi_type type_of(const struct ir_array *a)
{
    return a->type == IR_INT ? ABI_INT : ABI_REAL;
}

/* A number that is not whole must not be rounded in silence where integers are asked for. */
static int check_whole(struct nngen_model *m, const struct ir_array *a, const double *value, const int64_t *dims)
{
    int64_t n = a->type == IR_INT ? count_of(dims, a->shape->rank) : 0;
    for (int64_t i = 0; i < n; i++)
        if (!(value[i] >= INT32_MIN && value[i] <= INT32_MAX) || value[i] != floor(value[i])) {
            char entry[128];
            entry_text(a->shape->rank, dims, i, entry, sizeof entry);
            return model_fail(m, "%s: %s is no whole number of 32 bits", a->name, entry);
        }
    return 0;
}

int held_room(struct nngen_model *m, struct held *h, size_t bytes)
{
    if (!h->own || bytes > h->room) {
        void *wider = malloc(bytes ? bytes : 1);
        if (!wider) return model_fail(m, "out of memory");
        free(h->own);
        h->own = wider;
        h->room = bytes;
    }
    h->at = h->own;
    return 0;
}

static int hold(struct nngen_model *m, uint32_t i, const double *value, const int64_t *dims, enum where_from from)
{
    const struct ir_array *a = &m->program->inputs.at[i];
    struct held *h = &m->input[i];
    size_t n = (size_t)count_of(dims, a->shape->rank);
    if (check_whole(m, a, value, dims) || held_room(m, h, n * abi_bytes(m, type_of(a)))) return -1;
    numbers_in(type_of(a), m->single, h->own, value, n);
    memcpy(h->dim, dims, a->shape->rank * sizeof *dims);
    h->from = from;
    m->laid = false;
    return 0;
}

bool model_load_samples(struct nngen_model *m)
{
    for (uint32_t i = 0; i < m->program->inputs.n; i++) {
        const struct ir_array *a = &m->program->inputs.at[i];
        if (a->sample && hold(m, i, a->sample, a->sample_dim, FROM_SAMPLE)) return false;
    }
    return true;
}

int model_set_input(struct nngen_model *m, uint32_t index, const double *value, const int64_t *dims)
{
    const struct ir_array *a = &m->program->inputs.at[index];
    if (take_sizes(m, a, dims, a->shape->rank)) return -1;
    return hold(m, index, value, dims, FROM_CALLER);
}

int model_set_dim(struct nngen_model *m, uint32_t index, int64_t size)
{
    const struct ir_dim *d = &m->program->dims.at[index];
    if (size < 1 || size > d->max)
        return model_fail(m, "%s is 1 to %lld, %lld given", d->name, (long long)d->max, (long long)size);
    m->dim[index] = size;
    m->laid = false;
    return 0;
}

int nngen_set_dim(struct nngen_model *m, const char *name, int64_t size)
{
    if (!m || !name) return -1;
    for (uint32_t d = 0; d < m->program->dims.n; d++)
        if (!strcmp(m->program->dims.at[d].name, name)) return model_set_dim(m, d, size);
    return model_fail(m, "no run-time dim is called `%.100s`", name);
}

/* The sizes that an array has now; run-time dims are worked out only where it has some. */
static int sizes_now(struct nngen_model *m, const struct ir_array *a, int64_t dims[RANK_MAX])
{
    const struct ir_sizes *sizes = m->program->tables->sizes;
    bool all_known = true;
    for (unsigned k = 0; k < a->shape->rank; k++) all_known &= size_known(sizes, a->shape->dim[k], &dims[k]);
    if (all_known) return 0;
    if (!model_dims(m)) return -1;
    for (unsigned k = 0; k < a->shape->rank; k++) dims[k] = size_at(sizes, a->shape->dim[k], m->now);
    return 0;
}

/* What is held by value: its place in its image. */
static const struct abi_field *field_of(const struct nngen_model *m, const struct found *f, unsigned char **image)
{
    const struct abi *abi = m->code->abi;
    switch (f->what) {
    case IS_STATE: *image = m->state; return abi_find(&abi->state, ABI_STATE, f->index);
    case IS_NUMBER: *image = m->opt; return abi_find(&abi->opt, ABI_NUMBER, f->index);
    case IS_MOMENT: *image = m->opt; return abi_find(&abi->opt, ABI_SLOT, f->index);
    default: *image = f->what == IS_D_PARAM ? m->gradients : m->params; return abi_find(&abi->params, ABI_PARAM, f->index);
    }
}

static int set(struct nngen_model *m, const char *name, const double *value, const int64_t *dims, unsigned rank)
{
    struct found f = find_name(m, name);
    if (f.what == IS_NOTHING || f.what == IS_OUTPUT || f.what == IS_WRT) return fail_unknown(m, name, true);
    int64_t now[RANK_MAX] = {0};
    if (dims && take_sizes(m, f.array, dims, rank)) return -1;
    if (!dims && sizes_now(m, f.array, now)) return -1;
    if (!dims) dims = now;
    if (f.what == IS_INPUT) return hold(m, f.index, value, dims, FROM_CALLER);
    if (model_wake(m)) return -1;
    unsigned char *image;
    const struct abi_field *field = field_of(m, &f, &image);
    numbers_in(field->type, m->single, image + field->offset, value, (size_t)count_of(dims, f.array->shape->rank));
    return 0;
}

int nngen_set(struct nngen_model *m, const char *name, const double *value, const int64_t *dims, unsigned rank)
{
    if (!m || !name || !value) return m ? model_fail(m, "a name and a value are needed") : -1;
    model_reads(m);
    int done = set(m, name, value, dims, rank);
    model_has_read(m);
    return done;
}

static int bind(struct nngen_model *m, const char *name, const void *value, const int64_t *dims, unsigned rank)
{
    struct found f = find_name(m, name);
    if (f.what != IS_INPUT) return model_fail(m, "no input is called `%.100s`", name);
    if ((uintptr_t)value % abi_bytes(m, type_of(f.array)))
        return model_fail(m, "%s: the elements bound are not aligned to their size", f.array->name);
    int64_t now[RANK_MAX] = {0};
    if (dims && take_sizes(m, f.array, dims, rank)) return -1;
    if (!dims && sizes_now(m, f.array, now)) return -1;
    struct held *h = &m->input[f.index];
    h->at = value;
    h->from = FROM_CALLER;
    m->bound = true;
    m->laid = false;
    memcpy(h->dim, dims ? dims : now, f.array->shape->rank * sizeof *dims);
    return 0;
}

int nngen_bind(struct nngen_model *m, const char *name, const void *value, const int64_t *dims, unsigned rank)
{
    if (!m || !name || !value) return m ? model_fail(m, "a name and a value are needed") : -1;
    model_reads(m);
    int done = bind(m, name, value, dims, rank);
    model_has_read(m);
    return done;
}

int nngen_set_number(struct nngen_model *m, const char *name, double value)
{
    if (!m || !name) return -1;
    struct found f = {0};
    if (!find_in(&m->owner->numbers, name, IS_NUMBER, &f))
        return model_fail(m, "the optimizer has no number called `%.100s`", name);
    if (model_wake(m)) return -1;
    unsigned char *image;
    const struct abi_field *field = field_of(m, &f, &image);
    numbers_in(field->type, m->single, image + field->offset, &value, 1);
    return 0;
}

/* What calls make is there if the last one made it; a message if not. */
static bool made(struct nngen_model *m, const struct found *f)
{
    static const enum ir_role role[] = {[IS_OUTPUT] = ROLE_OUTPUT, [IS_WRT] = ROLE_D_WRT, [IS_D_PARAM] = ROLE_D_PARAM};
    if (f->what < IS_OUTPUT || f->what > IS_D_PARAM) return true;
    const struct ir_entry *e = m->last < 0 ? NULL : &m->code->entries[m->last];
    for (uint32_t i = 0; e && i < e->n_roots; i++)
        if (e->root[i].role == role[f->what] && e->root[i].index == f->index) return true;
    model_fail(m, "%s is not computed by the call made last", f->array->name);
    return false;
}

/* Where the elements of a found value lie; NULL after model_fail. dims are its sizes. */
static const void *elements_of(struct nngen_model *m, const struct found *f, int64_t dims[RANK_MAX], enum abi_type *type)
{
    unsigned char *image;
    const struct abi_field *field;
    const struct held *h = NULL;
    if (f->what == IS_INPUT) h = &m->input[f->index];
    if (f->what == IS_OUTPUT) h = &m->output[f->index];
    if (f->what == IS_WRT) h = &m->output[m->program->outputs.n + f->index];
    if (!h) {
        if (sizes_now(m, f->array, dims) || (f->what != IS_D_PARAM && model_wake(m))) return NULL;
        field = field_of(m, f, &image);
        *type = field->type;
        return image + field->offset;
    }
    *type = type_of(f->array);
    memcpy(dims, h->dim, sizeof h->dim);
    if (f->what != IS_INPUT && f->array->shape->rank == 0) {
        field = abi_find(&m->code->abi->outputs, f->what == IS_WRT ? ABI_WRT : ABI_OUTPUT, f->index);
        *type = field->type;
        return m->outputs + field->offset;
    }
    if (!h->at) model_fail(m, "%s has no value", f->array->name);
    return h->at;
}

int nngen_get(struct nngen_model *m, const char *name, double *value, size_t room, int64_t dims[NNGEN_RANK_MAX])
{
    if (!m || !name) return -1;
    struct found f = find_name(m, name);
    if (f.what == IS_NOTHING) return fail_unknown(m, name, false);
    if (!made(m, &f)) return -1;
    int64_t size[RANK_MAX] = {0};
    enum abi_type type;
    model_reads(m);
    const void *at = elements_of(m, &f, size, &type);
    model_has_read(m);
    if (!at) return -1;
    unsigned rank = f.array->shape->rank;
    size_t n = (size_t)count_of(size, rank);
    if (dims) memcpy(dims, size, rank * sizeof *dims);
    if (value && room < n) return model_fail(m, "%s has %zu elements, room for %zu", f.array->name, n, room);
    if (value) numbers_out(type, m->single, at, value, n);
    return (int)rank;
}

void *nngen_elements(struct nngen_model *m, const char *name, size_t *count)
{
    if (!m || !name) return NULL;
    struct found f = find_name(m, name);
    int64_t size[RANK_MAX] = {0};
    enum abi_type type;
    if (f.what == IS_NOTHING) fail_unknown(m, name, false);
    if (f.what == IS_INPUT) model_fail(m, "%s is an input: its elements are the caller's", name);
    if (f.what == IS_NOTHING || f.what == IS_INPUT || (f.what != IS_D_PARAM && !made(m, &f))) return NULL; /* that may be written */
    model_reads(m);
    const void *at = elements_of(m, &f, size, &type);
    model_has_read(m);
    if (count) *count = (size_t)count_of(size, f.array->shape->rank);
    return (void *)at; /* the model's own memory */
}

double nngen_scalar(struct nngen_model *m, const char *name)
{
    double value = NAN;
    return nngen_get(m, name, &value, 1, NULL) == 0 ? value : NAN;
}
