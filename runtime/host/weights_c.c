/* Numbers that were learned as text: a model's parameters as a C struct, and any file of tensors for whoever asks. */
#include "runtime/host/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a model's parameters as C ---- */

struct weights_text {
    const struct nngen_model *m;
    struct text *out;
    char *owner; /* path of the structs that are open: "block1.dense1." */
    int depth;
    const char *bad; /* the array that holds what C cannot say */
};

static void new_line(struct weights_text *w)
{
    text_printf(w->out, "\n%*s", w->depth * 4, "");
}

/* Closes and opens structs until those of `path` are open; what follows the last dot is the member. */
static void enter(struct weights_text *w, const char *path)
{
    const char *dot = strrchr(path, '.');
    size_t n = dot ? (size_t)(dot - path) + 1 : 0;
    while (strncmp(path, w->owner, strlen(w->owner)) || strlen(w->owner) > n) {
        size_t k = strlen(w->owner) - 1;
        while (k && w->owner[k - 1] != '.') k--;
        w->owner[k] = 0;
        w->depth--;
        new_line(w);
        text_put(w->out, "},");
    }
    while (strlen(w->owner) < n) {
        size_t k = strlen(w->owner), part = strcspn(path + k, ".") + 1;
        new_line(w);
        text_printf(w->out, "{ /* %.*s */", (int)part - 1, path + k);
        memcpy(w->owner + k, path + k, part);
        w->owner[k + part] = 0;
        w->depth++;
    }
}

static void put_value(struct weights_text *w, const struct abi_field *f, size_t i)
{
    double x;
    size_t size = abi_bytes(w->m, f->type);
    numbers_out(f->type, w->m->single, (f->what == ABI_STATE ? w->m->state : w->m->params) + f->offset + i * size, &x, 1);
    if (!isfinite(x)) w->bad = f->path;
    if (f->type == ABI_INT)
        text_printf(w->out, "%ld", (long)x);
    else {
        text_real(w->out, x, w->m->single);
        if (w->m->single) text_put(w->out, "f");
    }
}

/* Braces as deep as the array; a row a line, broken where it is long. */
static void put_field(struct weights_text *w, const struct abi_field *f, const struct ir_shape *s)
{
    enum { LINE = 100 };
    const struct ir_sizes *sizes = w->m->program->tables->sizes;
    size_t step[RANK_MAX + 1] = {0}, n = 1;
    for (unsigned k = s->rank; k > 0; k--) {
        step[k] = n;
        n *= (size_t)size_bound(sizes, s->dim[k - 1]);
    }
    enter(w, f->path);
    new_line(w);
    const char *dot = strrchr(f->path, '.');
    text_printf(w->out, "/* %s */ ", dot ? dot + 1 : f->path);
    size_t from = w->out->n;
    for (size_t i = 0; i < n; i++) {
        for (unsigned k = 1; k <= s->rank; k++)
            if (i % (step[k] * (size_t)size_bound(sizes, s->dim[k - 1])) == 0) text_put(w->out, "{");
        put_value(w, f, i);
        for (unsigned k = s->rank; k > 0; k--)
            if ((i + 1) % (step[k] * (size_t)size_bound(sizes, s->dim[k - 1])) == 0) text_put(w->out, "}");
        text_put(w->out, i + 1 == n || w->out->n - from >= LINE ? "," : ", ");
        if (w->out->n - from < LINE || i + 1 == n) continue;
        new_line(w);
        from = w->out->n;
    }
}

static void put_struct(struct weights_text *w, const struct abi_struct *s, const char *prefix, const char *type, const char *name)
{
    const struct ir_program *p = w->m->program;
    text_printf(w->out, "\nextern const %s_%s %s_%s;\n", prefix, type, prefix, name); /* C++ would keep it to the file */
    text_printf(w->out, "const %s_%s %s_%s = {", prefix, type, prefix, name);
    w->depth = 1;
    *w->owner = 0;
    for (uint32_t i = 0; i < s->fields.n; i++) {
        const struct abi_field *f = &s->fields.at[i];
        if (f->what == ABI_PARAM || f->what == ABI_STATE)
            put_field(w, f, (f->what == ABI_PARAM ? &p->params : &p->states)->at[f->index].shape);
        else if (f->what == ABI_UNUSED)
            text_put(w->out, "\n    0,");
        else {
            uint64_t v;
            memcpy(&v, w->m->state + f->offset, sizeof v);
            enter(w, f->path);
            text_printf(w->out, "\n    /* %s */ %lluu,", f->path, (unsigned long long)v);
        }
    }
    enter(w, "");
    text_put(w->out, "\n};\n");
}

struct wanted {
    struct nngen_model *m;
    char *text;
    const char *bad;
};

static void emit_weights(struct nngen_program *p, void *with)
{
    struct wanted *q = with;
    const struct abi *abi = q->m->code->abi;
    struct text t = text_new(&p->context.arena);
    size_t longest = 1;
    for (uint32_t i = 0; i < abi->params.fields.n; i++) longest += strlen(abi->params.fields.at[i].path);
    for (uint32_t i = 0; i < abi->state.fields.n; i++) longest += strlen(abi->state.fields.at[i].path);
    struct weights_text w = {.m = q->m, .out = &t, .owner = arena_alloc(&p->context.arena, longest + 1)};
    const char *name = name_prefix(&p->context.arena, p->options.prefix ? p->options.prefix : q->m->program->name);
    text_printf(&t, "/* What model %s learned, for memory that is only read:\n", q->m->program->name);
    text_printf(&t, " *     extern const %s_params %s_weights;\n *     %s_forward(&%s_weights, ...) */\n", name, name, name, name);
    text_printf(&t, "#include \"%s.h\"\n", name);
    put_struct(&w, &abi->params, name, "params", "weights");
    if (abi->state.fields.n) put_struct(&w, &abi->state, name, "state", "weights_state");
    q->bad = w.bad;
    if (!w.bad) q->text = strdup(t.s);
}

char *nngen_emit_weights(struct nngen_model *m)
{
    struct wanted q = {.m = m};
    if (!m || model_wake(m)) return NULL;
    bool done = program_try(m->owner, emit_weights, &q);
    if (q.bad)
        model_fail(m, "%s holds what is not finite: C has no number for it", q.bad);
    else if (!done || !q.text)
        model_fail(m, "out of memory");
    return q.text;
}

/* ---- any file ---- */

struct nngen_tensors {
    struct tensor_file file;
    struct tensor **order; /* [n] as their numbers lie */
};

static int by_place(const void *a, const void *b)
{
    const struct tensor *x = *(struct tensor *const *)a, *y = *(struct tensor *const *)b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end != y->end ? (x->end < y->end ? -1 : 1) : x < y ? -1 : x > y;
}

struct nngen_tensors *nngen_tensors_read(const char *path, const char **why)
{
    static _Thread_local char said[ERROR_ROOM];
    struct nngen_tensors *t = calloc(1, sizeof *t);
    *why = "out of memory";
    if (!t) return NULL;
    bool ok = tensors_read(path, &t->file, said);
    t->order = ok ? malloc((t->file.n + 1) * sizeof *t->order) : NULL;
    if (!ok) *why = said;
    if (!t->order) {
        nngen_tensors_free(t);
        return NULL;
    }
    for (size_t i = 0; i < t->file.n; i++) t->order[i] = &t->file.list[i];
    qsort(t->order, t->file.n, sizeof *t->order, by_place);
    return t;
}

void nngen_tensors_free(struct nngen_tensors *t)
{
    if (!t) return;
    tensors_free(&t->file);
    free(t->order);
    free(t);
}

size_t nngen_tensors_count(const struct nngen_tensors *t)
{
    return t ? t->file.n : 0;
}

int nngen_tensor(const struct nngen_tensors *t, size_t i, struct nngen_tensor *info)
{
    if (!t || i >= t->file.n) return -1;
    const struct tensor *x = t->order[i];
    *info = (struct nngen_tensor){.name = x->name, .type = x->dtype, .rank = x->rank, .count = tensor_count(x)};
    memcpy(info->dims, x->dims, sizeof info->dims);
    return 0;
}

int nngen_tensor_values(const struct nngen_tensors *t, size_t i, double *value)
{
    if (!t || i >= t->file.n) return -1;
    const struct tensor *x = t->order[i];
    for (size_t k = 0, n = tensor_count(x); k < n; k++) value[k] = tensor_number(&t->file, x, k);
    return 0;
}
