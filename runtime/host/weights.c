/* What a model keeps in a file: parameters and states by their names and, of a run, what else decides its next number:
 * optimizer/..., random/... and run/..., which no name of a model can begin with. */
#include "runtime/host/safetensors.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum part { PART_PARAM, PART_STATE, PART_RUN };

struct kept {
    struct tensor_out t;
    char *name; /* malloc */
    enum part part;
    enum abi_type type;
    bool f64;   /* a double whatever the model computes in */
    void *to;
};

struct kept_list {
    struct nngen_model *m;
    struct kept *at;
    size_t n, room;
    bool lost; /* out of memory */
};

/* ---- the list ---- */

static char *join(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *join(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *s = malloc((size_t)n + 1);
    va_start(ap, fmt);
    if (s) vsnprintf(s, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return s;
}

static const char *dtype_of(const struct nngen_model *m, const struct kept *k)
{
    if (k->type == ABI_INT) return "I32";
    if (k->type == ABI_U64) return "I64"; /* older readers know no U64; the bits are the same */
    return k->f64 || !m->single ? "F64" : "F32";
}

/* The name is taken over. */
static void keep(struct kept_list *l, struct kept k)
{
    if (l->n == l->room) {
        size_t room = l->room * 2 + 16;
        struct kept *wider = realloc(l->at, room * sizeof *wider);
        if (wider) {
            l->at = wider;
            l->room = room;
        }
    }
    if (!k.name || l->n == l->room) {
        free(k.name);
        l->lost = true;
        return;
    }
    k.t.name = k.name;
    k.t.dtype = dtype_of(l->m, &k);
    k.t.at = k.to;
    l->at[l->n++] = k;
}

/* A field of an image; a: whose shape it has, NULL for a number. Sizes at the bound: states of run-time sizes lie so. */
static void keep_field(struct kept_list *l, char *name, enum part part, const struct abi_field *f, unsigned char *image,
                       const struct ir_array *a)
{
    struct kept k = {.name = name, .part = part};
    if (!f) {
        l->lost |= !name;
        free(name);
        return;
    }
    k.type = f->type;
    k.to = image + f->offset;
    k.t.rank = a ? a->shape->rank : 0;
    for (unsigned i = 0; i < k.t.rank; i++) k.t.dims[i] = size_bound(l->m->program->tables->sizes, a->shape->dim[i]);
    k.t.bytes = f->count * abi_bytes(l->m, f->type);
    keep(l, k);
}

static void keep_optimizer(struct kept_list *l)
{
    struct nngen_model *m = l->m;
    const struct ir_program *p = m->program;
    const struct ir_train *t = &p->train;
    const struct abi_struct *s = &m->code->abi->opt;
    if (!t->present) return;
    keep_field(l, join("optimizer/t"), PART_RUN, abi_find(s, ABI_TICK, 0), m->opt, NULL);
    for (uint32_t i = 0; i < t->numbers.n; i++)
        keep_field(l, join("optimizer/%s", t->numbers.at[i].name), PART_RUN, abi_find(s, ABI_NUMBER, i), m->opt, NULL);
    for (uint32_t k = 0; k < t->slots.n; k++)
        for (uint32_t i = 0; i < p->params.n; i++)
            keep_field(l, join("optimizer/%s/%s", t->slots.at[k], p->params.at[i].name), PART_RUN,
                       abi_find(s, ABI_SLOT, k * p->params.n + i), m->opt, &p->params.at[i]);
}

static void keep_course(struct kept_list *l)
{
    static const struct {
        const char *name;
        size_t at;
    } words[] = {{"run/seed", offsetof(struct course, seed)},         {"run/epoch", offsetof(struct course, epoch)},
                 {"run/row", offsetof(struct course, at)},            {"run/step", offsetof(struct course, steps)},
                 {"run/batch", offsetof(struct course, batch)},       {"run/rows", offsetof(struct course, rows)},
                 {"run/held_out", offsetof(struct course, held_out)}, {"run/waited", offsetof(struct course, waited)}};
    struct course *c = &l->m->course;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        keep(l, (struct kept){.name = join("%s", words[i].name), .part = PART_RUN, .type = ABI_U64,
                              .to = (unsigned char *)c + words[i].at, .t.bytes = sizeof(uint64_t)});
    size_t n = l->m->program->outputs.n;
    keep(l, (struct kept){.name = join("run/best"), .part = PART_RUN, .f64 = true, .to = &c->best, .t.bytes = sizeof c->best});
    keep(l, (struct kept){.name = join("run/sums"), .part = PART_RUN, .f64 = true, .to = c->sum, .t.rank = 1,
                          .t.dims = {(int64_t)n}, .t.bytes = n * sizeof *c->sum});
}

static void list_kept(struct kept_list *l, bool whole_run)
{
    struct nngen_model *m = l->m;
    const struct ir_program *p = m->program;
    const struct abi *abi = m->code->abi;
    for (uint32_t i = 0; i < p->params.n; i++)
        keep_field(l, join("%s", p->params.at[i].name), PART_PARAM, abi_find(&abi->params, ABI_PARAM, i), m->params, &p->params.at[i]);
    for (uint32_t i = 0; i < p->states.n; i++)
        keep_field(l, join("%s", p->states.at[i].name), PART_STATE, abi_find(&abi->state, ABI_STATE, i), m->state, &p->states.at[i]);
    if (!whole_run) return;
    keep_optimizer(l);
    keep_field(l, join("random/seed"), PART_RUN, abi_find(&abi->state, ABI_SEED, 0), m->state, NULL);
    keep_field(l, join("random/calls"), PART_RUN, abi_find(&abi->state, ABI_CALLS, 0), m->state, NULL);
    keep_course(l);
}

static void free_kept(struct kept_list *l)
{
    for (size_t i = 0; i < l->n; i++) free(l->at[i].name);
    free(l->at);
}

/* ---- saving ---- */

static int save(struct nngen_model *m, const char *path, bool whole_run)
{
    if (!m || !path) return -1;
    if (model_wake(m)) return -1;
    struct kept_list l = {.m = m};
    model_reads(m);
    list_kept(&l, whole_run);
    model_has_read(m);
    struct tensor_out *t = malloc((l.n + 1) * sizeof *t);
    for (size_t i = 0; t && i < l.n; i++) t[i] = l.at[i].t;
    char *about = join("{\"model\":\"%s\"}", m->program->name);
    struct bytes file = {0};
    const char *why = "out of memory";
    int done = 0;
    if (l.lost || !t || !about || !tensors_pack(t, l.n, about, &file))
        done = model_fail(m, "out of memory");
    else if (!file_write(path, file.at, file.n, &why))
        done = model_fail(m, "%s: %s", path, why);
    free(file.at);
    free(about);
    free(t);
    free_kept(&l);
    return done;
}

int nngen_save_params(struct nngen_model *m, const char *path)
{
    return save(m, path, false);
}

int nngen_save(struct nngen_model *m, const char *path)
{
    return save(m, path, true);
}

/* ---- what a file has and the model has not, and the other way round ---- */

struct misfits {
    struct nngen_model *m;
    size_t n, at; /* how many; the length of the message */
};

static void misfit(struct misfits *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void misfit(struct misfits *f, const char *fmt, ...)
{
    enum { MOST = 8, LINE = 160 };
    char line[LINE];
    struct nngen_model *m = f->m;
    if (f->n++ >= MOST) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    int n = snprintf(m->error + f->at, sizeof m->error - f->at, "\n  %s", line);
    f->at += n > 0 && (size_t)n < sizeof m->error - f->at ? (size_t)n : 0;
    if (f->n == MOST) snprintf(m->error + f->at, sizeof m->error - f->at, "\n  ...");
}

static void compare(struct misfits *f, const struct kept *k, const struct tensor *t, bool whole_run)
{
    char wanted[128], given[128];
    sizes_text(k->t.rank, k->t.dims, wanted, sizeof wanted);
    if (!t) {
        if (whole_run || k->part == PART_PARAM) misfit(f, "it has no %.60s %.60s", k->name, wanted);
        return;
    }
    sizes_text(t->rank, t->dims, given, sizeof given);
    bool floats = t->kind == 'f' || t->kind == 'b', exact = whole_run || k->type != ABI_REAL;
    if (strcmp(wanted, given))
        misfit(f, "its %.60s is %.40s, the model's is %.40s", k->name, given, wanted);
    else if (exact && strcmp(t->dtype, k->t.dtype))
        misfit(f, "its %.60s is of type %s, the model's is %s", k->name, t->dtype, k->t.dtype);
    else if (!exact && !floats)
        misfit(f, "its %.60s is of type %s, not F64, F32, F16 or BF16", k->name, t->dtype);
}

static bool of_a_run(const struct tensor *t)
{
    static const char *const part[] = {"optimizer/", "random/", "run/"};
    for (int i = 0; i < 3; i++)
        if (!strncmp(t->name, part[i], strlen(part[i]))) return true;
    return false;
}

/* All differences, before the first number changes. */
static int compare_all(const struct kept_list *l, const struct tensor_file *file, const char *path, bool whole_run)
{
    struct nngen_model *m = l->m;
    struct misfits f = {.m = m};
    bool *known = calloc(file->n + 1, sizeof *known);
    if (!known) return model_fail(m, "out of memory");
    model_fail(m, "%.200s does not fit the model:", path);
    f.at = strlen(m->error);
    for (size_t i = 0; i < l->n; i++) {
        const struct tensor *t = tensor_named(file, l->at[i].name);
        compare(&f, &l->at[i], t, whole_run);
        if (t) known[t - file->list] = true;
    }
    for (size_t i = 0; i < file->n; i++) {
        char given[128];
        const struct tensor *t = &file->list[i];
        if (known[i] || (!whole_run && of_a_run(t))) continue;
        sizes_text(t->rank, t->dims, given, sizeof given);
        misfit(&f, "its %.60s %.60s is none of the model's", t->name, given);
    }
    free(known);
    if (!f.n) m->error[0] = 0;
    return f.n ? -1 : 0;
}

/* ---- loading ---- */

static void take_over(const struct nngen_model *m, const struct kept *k, const struct tensor_file *file, const struct tensor *t)
{
    if (k->type == ABI_U64 || k->f64) { /* bit for bit */
        memcpy(k->to, file->data + t->begin, k->t.bytes);
        return;
    }
    size_t size = abi_bytes(m, k->type), n = k->t.bytes / size;
    for (size_t i = 0; i < n; i++) {
        double x = tensor_number(file, t, i);
        numbers_in(k->type, m->single, (unsigned char *)k->to + i * size, &x, 1);
    }
}

static int load_file(struct nngen_model *m, const struct tensor_file *file, const char *path, bool whole_run)
{
    struct kept_list l = {.m = m};
    if (whole_run && !tensor_named(file, "run/step"))
        return model_fail(m, "%s holds no run that could go on: --params takes what it has", path);
    list_kept(&l, whole_run);
    int done = l.lost ? model_fail(m, "out of memory") : compare_all(&l, file, path, whole_run);
    for (size_t i = 0; i < l.n && !done; i++) {
        const struct tensor *t = tensor_named(file, l.at[i].name);
        if (t) take_over(m, &l.at[i], file, t);
    }
    free_kept(&l);
    return done;
}

static int load(struct nngen_model *m, const char *path, bool whole_run)
{
    char why[ERROR_ROOM];
    struct tensor_file file;
    if (!m || !path) return -1;
    if (model_wake(m)) return -1;
    model_reads(m);
    int done = tensors_read(path, &file, why) ? load_file(m, &file, path, whole_run) : model_fail(m, "%s: %s", path, why);
    model_has_read(m);
    tensors_free(&file);
    return done;
}

int nngen_load_params(struct nngen_model *m, const char *path)
{
    return load(m, path, false);
}

int nngen_load(struct nngen_model *m, const char *path)
{
    return load(m, path, true);
}
