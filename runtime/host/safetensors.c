/* Parameters and states in .safetensors: eight bytes of length, a JSON header, the elements. Everything the header claims is
 * checked before anything is taken over; a file is written aside and renamed. */
#include "runtime/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MOST = 16 << 20, TENSORS_MOST = 65536, NESTING_MOST = 64 };
#define FILE_MOST ((size_t)1 << 36)

struct tensor_entry {
    const char *name; /* not terminated; escapes as they stand */
    size_t name_size;
    char kind;        /* 'f' floats, 'b' bfloat16, 'o' others: checked for, never read */
    unsigned size;
    unsigned rank;
    int64_t dims[NNGEN_RANK_MAX];
    uint64_t begin, end;
};

struct reader {
    const char *at, *end;
    struct tensor_entry *list;
    size_t n, room;
    char *why;
};

static bool bad(struct reader *r, const char *what)
{
    snprintf(r->why, ERROR_ROOM, "%s", what);
    return false;
}

/* ---- just so much of JSON ---- */

static void blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')) r->at++;
}

static bool take(struct reader *r, char c)
{
    blanks(r);
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

static bool take_string(struct reader *r, const char **s, size_t *n)
{
    if (!take(r, '"')) return false;
    *s = r->at;
    while (r->at < r->end && *r->at != '"') {
        if ((unsigned char)*r->at < 32) return false;
        if (*r->at == '\\' && r->at + 1 < r->end) r->at++;
        r->at++;
    }
    *n = (size_t)(r->at - *s);
    return take(r, '"');
}

static bool take_whole(struct reader *r, uint64_t *v)
{
    int digits = 0;
    blanks(r);
    for (*v = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, digits++) {
        if (digits == 18) return false;
        *v = *v * 10 + (uint64_t)(*r->at - '0');
    }
    return digits > 0;
}

/* Passes over one value of any kind, nested at most so deep. */
static bool skip_value(struct reader *r)
{
    const char *s;
    size_t n;
    int depth = 0;
    do {
        blanks(r);
        if (r->at == r->end) return false;
        if (*r->at == '{' || *r->at == '[') {
            if (++depth > NESTING_MOST) return false;
            r->at++;
        } else if (*r->at == '}' || *r->at == ']') {
            depth--;
            r->at++;
        } else if (*r->at == ',' || *r->at == ':') {
            if (!depth) return false;
            r->at++;
        } else if (*r->at == '"') {
            if (!take_string(r, &s, &n)) return false;
        } else {
            size_t word = 0;
            while (r->at < r->end && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *r->at) && *r->at) r->at++, word++;
            if (!word) return false;
        }
    } while (depth > 0);
    return depth == 0;
}

/* ---- the header ---- */

static bool is(const char *s, size_t n, const char *word)
{
    return n == strlen(word) && !memcmp(s, word, n);
}

static bool take_dtype(struct reader *r, struct tensor_entry *t)
{
    static const struct {
        const char *word;
        char kind;
        unsigned size;
    } types[] = {{"F64", 'f', 8}, {"F32", 'f', 4}, {"BF16", 'b', 2}, {"F16", 'o', 2},  {"I64", 'o', 8}, {"I32", 'o', 4}, {"I16", 'o', 2},
                 {"I8", 'o', 1},  {"U64", 'o', 8}, {"U32", 'o', 4},  {"U16", 'o', 2}, {"U8", 'o', 1},  {"BOOL", 'o', 1}};
    const char *s;
    size_t n;
    if (!take_string(r, &s, &n)) return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is(s, n, types[i].word)) {
            t->kind = types[i].kind;
            t->size = types[i].size;
            return true;
        }
    return bad(r, "a tensor has an unknown dtype");
}

static bool take_shape(struct reader *r, struct tensor_entry *t)
{
    if (!take(r, '[')) return false;
    for (t->rank = 0; !take(r, ']');) {
        uint64_t v;
        if (t->rank && !take(r, ',')) return false;
        if (t->rank == NNGEN_RANK_MAX || !take_whole(r, &v) || v > INT32_MAX) return false;
        t->dims[t->rank++] = (int64_t)v;
    }
    return true;
}

static bool take_offsets(struct reader *r, struct tensor_entry *t)
{
    return take(r, '[') && take_whole(r, &t->begin) && take(r, ',') && take_whole(r, &t->end) && take(r, ']');
}

static bool take_tensor(struct reader *r, struct tensor_entry *t)
{
    bool dtype = false, shape = false, offsets = false;
    if (!take(r, '{')) return false;
    while (!take(r, '}')) {
        const char *key;
        size_t n;
        if ((dtype || shape || offsets) && !take(r, ',')) return false;
        if (!take_string(r, &key, &n) || !take(r, ':')) return false;
        bool *seen = is(key, n, "dtype") ? &dtype : is(key, n, "shape") ? &shape : is(key, n, "data_offsets") ? &offsets : NULL;
        if (!seen || *seen) return false;
        *seen = true;
        if (seen == &dtype ? !take_dtype(r, t) : seen == &shape ? !take_shape(r, t) : !take_offsets(r, t)) return false;
    }
    if (!dtype || !shape || !offsets) return false;
    uint64_t bytes = t->size;
    for (unsigned k = 0; k < t->rank; k++) {
        uint64_t d = (uint64_t)t->dims[k];
        if (d && bytes > FILE_MOST / d) return bad(r, "a tensor is too large");
        bytes *= d;
    }
    if (t->end < t->begin || t->end - t->begin != bytes) return bad(r, "a tensor's offsets do not fit its shape");
    return true;
}

static bool add_entry(struct reader *r, const struct tensor_entry *t)
{
    if (r->n == TENSORS_MOST) return bad(r, "it has over 65,536 tensors");
    if (r->n == r->room) {
        size_t room = r->room ? r->room * 2 : 16;
        struct tensor_entry *wider = realloc(r->list, room * sizeof *wider);
        if (!wider) return bad(r, "out of memory");
        r->list = wider;
        r->room = room;
    }
    r->list[r->n++] = *t;
    return true;
}

static int by_offset(const void *a, const void *b)
{
    const struct tensor_entry *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static int by_name(const void *a, const void *b)
{
    const struct tensor_entry *x = a, *y = b;
    size_t n = x->name_size < y->name_size ? x->name_size : y->name_size;
    int c = memcmp(x->name, y->name, n);
    return c ? c : (x->name_size > y->name_size) - (x->name_size < y->name_size);
}

/* Leaves the entries sorted by name. */
static bool read_header(struct reader *r, const struct bytes *file)
{
    bad(r, "it is no .safetensors file, or it is cut off");
    uint64_t size = 0;
    if (file->n < 8) return false;
    for (int i = 8; i-- > 0;) size = size << 8 | file->at[i];
    if (size > HEADER_MOST) return bad(r, "its header is over 16 MiB long");
    if (size > file->n - 8) return false;
    r->at = (const char *)file->at + 8;
    r->end = r->at + size;
    bad(r, "its header is malformed");
    if (!take(r, '{')) return false;
    for (bool first = true; !take(r, '}'); first = false) {
        struct tensor_entry t = {0};
        if (!first && !take(r, ',')) return false;
        if (!take_string(r, &t.name, &t.name_size) || !take(r, ':')) return false;
        if (is(t.name, t.name_size, "__metadata__")) {
            if (!skip_value(r)) return false;
        } else if (!take_tensor(r, &t) || !add_entry(r, &t))
            return false;
    }
    blanks(r);
    if (r->at != r->end) return false;
    uint64_t next = 0;
    if (r->n) qsort(r->list, r->n, sizeof *r->list, by_offset);
    for (size_t i = 0; i < r->n; i++) {
        if (r->list[i].begin != next) return bad(r, "its tensors overlap or leave holes");
        next = r->list[i].end;
    }
    if (next != file->n - 8 - size) return bad(r, "its length is not what its header says");
    if (r->n) qsort(r->list, r->n, sizeof *r->list, by_name);
    for (size_t i = 1; i < r->n; i++)
        if (!by_name(&r->list[i - 1], &r->list[i])) return bad(r, "it has two tensors of one name");
    return true;
}

/* ---- loading ---- */

struct slot { /* a parameter or state of the model: where its elements are */
    const struct ir_array *array;
    const struct abi_field *field;
    unsigned char *image;
    bool state;
};

static struct slot slot_at(struct nngen_model *m, uint32_t i)
{
    const struct ir_program *p = m->program;
    const struct abi *abi = m->code->abi;
    if (i < p->params.n) return (struct slot){&p->params.at[i], abi_find(&abi->params, ABI_PARAM, i), m->params, false};
    i -= p->params.n;
    return (struct slot){&p->states.at[i], abi_find(&abi->state, ABI_STATE, i), m->state, true};
}

/* Sizes at the bound: states of run-time sizes lie so in their image. */
static bool fits(const struct nngen_model *m, const struct ir_array *a, const struct tensor_entry *t)
{
    bool ok = t->rank == a->shape->rank;
    for (unsigned k = 0; ok && k < t->rank; k++) ok = t->dims[k] == size_bound(m->program->tables->sizes, a->shape->dim[k]);
    return ok;
}

static int check_entry(struct nngen_model *m, const struct slot *s, const struct tensor_entry *t, const char *path)
{
    char wanted[128], given[128];
    if (!t) return s->state ? 0 : model_fail(m, "%s has no %s", path, s->array->name);
    axes_text(s->array, wanted, sizeof wanted);
    sizes_text(t->rank, t->dims, given, sizeof given);
    if (!fits(m, s->array, t)) return model_fail(m, "%s: %s is %s, the model's is %s", path, s->array->name, given, wanted);
    if (t->kind == 'o') return model_fail(m, "%s: the elements of %s are not F32, F64 or BF16", path, s->array->name);
    return 0;
}

static void load_entry(struct nngen_model *m, const struct slot *s, const struct tensor_entry *t, const unsigned char *data)
{
    unsigned char *to = s->image + s->field->offset;
    for (size_t i = 0; i < s->field->count; i++) {
        const unsigned char *at = data + t->begin + i * t->size;
        unsigned char widened[4] = {0, 0, at[0], at[1]};
        double x = t->kind == 'b' ? number_from_bytes(widened, 'f', 4, false) : number_from_bytes(at, 'f', t->size, false);
        numbers_in(s->field->type, m->single, to + i * abi_bytes(m, s->field->type), &x, 1);
    }
}

/* A tensor of the file that the model lacks, or NULL. */
static const struct tensor_entry *extra(struct nngen_model *m, const struct reader *r)
{
    uint32_t n = m->program->params.n + m->program->states.n;
    for (size_t k = 0; k < r->n; k++) {
        bool known = false;
        for (uint32_t i = 0; i < n && !known; i++) {
            const char *name = slot_at(m, i).array->name;
            known = is(r->list[k].name, r->list[k].name_size, name);
        }
        if (!known) return &r->list[k];
    }
    return NULL;
}

/* All is checked before the first number changes. */
static int load(struct nngen_model *m, struct reader *r, const struct bytes *file, const char *path)
{
    char why[ERROR_ROOM];
    r->why = why;
    if (!read_header(r, file)) return model_fail(m, "%s: %s", path, why);
    const struct tensor_entry *more = extra(m, r);
    if (more) return model_fail(m, "%s has %.*s, the model has not", path, more->name_size < 100 ? (int)more->name_size : 100, more->name);
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < m->program->params.n + m->program->states.n; i++) {
            struct slot s = slot_at(m, i);
            struct tensor_entry key = {.name = s.array->name, .name_size = strlen(s.array->name)};
            const struct tensor_entry *t = r->n ? bsearch(&key, r->list, r->n, sizeof *r->list, by_name) : NULL;
            if (!pass && check_entry(m, &s, t, path)) return -1;
            if (pass && t) load_entry(m, &s, t, (const unsigned char *)r->end);
        }
    return 0;
}

int nngen_load_params(struct nngen_model *m, const char *path)
{
    struct bytes file;
    const char *why;
    if (!m || !path) return -1;
    if (model_wake(m)) return -1;
    if (!file_read(path, FILE_MOST, 0, &file, &why)) return model_fail(m, "%s: %s", path, why);
    struct reader r = {0};
    model_reads(m);
    int done = load(m, &r, &file, path);
    model_has_read(m);
    free(r.list);
    free(file.at);
    return done;
}

/* ---- saving ---- */

struct buffer {
    unsigned char *at;
    size_t n, room;
    bool lost; /* out of memory */
};

static void put(struct buffer *b, const void *bytes, size_t n)
{
    if (b->n + n > b->room && !b->lost) {
        size_t room = (b->n + n) * 2;
        unsigned char *wider = realloc(b->at, room);
        if (wider) {
            b->at = wider;
            b->room = room;
        } else
            b->lost = true;
    }
    if (b->lost) return;
    memcpy(b->at + b->n, bytes, n);
    b->n += n;
}

static void put_text(struct buffer *b, const char *s)
{
    put(b, s, strlen(s));
}

static void put_header(struct nngen_model *m, struct buffer *b)
{
    uint32_t n = m->program->params.n + m->program->states.n;
    uint64_t next = 0;
    char text[64];
    put_text(b, "{");
    for (uint32_t i = 0; i < n; i++) {
        struct slot s = slot_at(m, i);
        int64_t dims[RANK_MAX];
        for (unsigned k = 0; k < s.array->shape->rank; k++)
            dims[k] = size_bound(m->program->tables->sizes, s.array->shape->dim[k]);
        put_text(b, i ? ",\"" : "\"");
        put_text(b, s.array->name);
        put_text(b, "\":{\"dtype\":");
        put_text(b, m->single ? "\"F32\",\"shape\":[" : "\"F64\",\"shape\":[");
        for (unsigned k = 0; k < s.array->shape->rank; k++) {
            snprintf(text, sizeof text, "%s%lld", k ? "," : "", (long long)dims[k]);
            put_text(b, text);
        }
        uint64_t end = next + s.field->count * abi_bytes(m, s.field->type);
        snprintf(text, sizeof text, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)next, (unsigned long long)end);
        put_text(b, text);
        next = end;
    }
    put_text(b, "}");
    while (b->n % 8 && !b->lost) put_text(b, " ");
}

int nngen_save_params(struct nngen_model *m, const char *path)
{
    static const unsigned char length_later[8];
    struct buffer b = {0};
    const char *why;
    if (!m || !path) return -1;
    if (model_wake(m)) return -1;
    put(&b, length_later, sizeof length_later);
    model_reads(m);
    put_header(m, &b);
    model_has_read(m);
    for (int i = 0; i < 8 && !b.lost; i++) b.at[i] = (unsigned char)((uint64_t)(b.n - 8) >> (8 * i));
    for (uint32_t i = 0; i < m->program->params.n + m->program->states.n; i++) {
        struct slot s = slot_at(m, i);
        put(&b, s.image + s.field->offset, s.field->count * abi_bytes(m, s.field->type));
    }
    int done = 0;
    if (b.lost)
        done = model_fail(m, "out of memory");
    else if (!file_write(path, b.at, b.n, &why))
        done = model_fail(m, "%s: %s", path, why);
    free(b.at);
    return done;
}
