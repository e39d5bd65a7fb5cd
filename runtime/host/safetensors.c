#include "runtime/host/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MOST = 16 << 20, TENSORS_MOST = 65536, NESTING_MOST = 64 };
#define FILE_MOST ((size_t)1 << 36)

struct reader {
    const char *at, *end;
    struct tensor *list;
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

static bool take_dtype(struct reader *r, struct tensor *t)
{
    static const struct {
        const char *word;
        char kind;
        unsigned size;
    } types[] = {{"F64", 'f', 8}, {"F32", 'f', 4}, {"F16", 'f', 2}, {"BF16", 'b', 2}, {"I64", 'i', 8}, {"I32", 'i', 4}, {"I16", 'i', 2},
                 {"I8", 'i', 1},  {"U64", 'u', 8}, {"U32", 'u', 4}, {"U16", 'u', 2},  {"U8", 'u', 1},  {"BOOL", 'u', 1}};
    const char *s;
    size_t n;
    if (!take_string(r, &s, &n)) return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is(s, n, types[i].word)) {
            t->dtype = types[i].word;
            t->kind = types[i].kind;
            t->size = types[i].size;
            return true;
        }
    return bad(r, "a tensor has an unknown dtype");
}

static bool take_shape(struct reader *r, struct tensor *t)
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

static bool take_offsets(struct reader *r, struct tensor *t)
{
    return take(r, '[') && take_whole(r, &t->begin) && take(r, ',') && take_whole(r, &t->end) && take(r, ']');
}

static bool take_tensor(struct reader *r, struct tensor *t)
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

static bool add_entry(struct reader *r, const struct tensor *t)
{
    if (r->n == TENSORS_MOST) return bad(r, "it has over 65,536 tensors");
    if (r->n == r->room) {
        size_t room = r->room ? r->room * 2 : 16;
        struct tensor *wider = realloc(r->list, room * sizeof *wider);
        if (!wider) return bad(r, "out of memory");
        r->list = wider;
        r->room = room;
    }
    r->list[r->n++] = *t;
    return true;
}

static int by_offset(const void *a, const void *b)
{
    const struct tensor *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static int by_name(const void *a, const void *b)
{
    const struct tensor *x = a, *y = b;
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
    if (size > HEADER_MOST) return bad(r, "it is no .safetensors file, or its header is over 16 MiB long");
    if (size > file->n - 8) return false;
    r->at = (const char *)file->at + 8;
    r->end = r->at + size;
    bad(r, "its header is malformed");
    if (!take(r, '{')) return false;
    for (bool first = true; !take(r, '}'); first = false) {
        struct tensor t = {0};
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

/* ---- reading ---- */

bool tensors_parse(struct bytes bytes, struct tensor_file *f, char why[ERROR_ROOM])
{
    struct reader r = {.why = why};
    *f = (struct tensor_file){.file = bytes};
    bool ok = read_header(&r, &bytes);
    f->list = r.list;
    f->n = ok ? r.n : 0;
    f->data = (const unsigned char *)r.end;
    for (size_t i = 0; i < f->n; i++) /* their closing quotes are read: names end there */
        bytes.at[(const unsigned char *)f->list[i].name - bytes.at + (ptrdiff_t)f->list[i].name_size] = 0;
    return ok;
}

bool tensors_read(const char *path, struct tensor_file *f, char why[ERROR_ROOM])
{
    struct bytes file;
    const char *said;
    *f = (struct tensor_file){0};
    if (file_read(path, FILE_MOST, 0, &file, &said)) return tensors_parse(file, f, why);
    snprintf(why, ERROR_ROOM, "%s", said);
    return false;
}

void tensors_free(struct tensor_file *f)
{
    free(f->list);
    free(f->file.at);
    *f = (struct tensor_file){0};
}

const struct tensor *tensor_named(const struct tensor_file *f, const char *name)
{
    struct tensor key = {.name = name, .name_size = strlen(name)};
    return f->n ? bsearch(&key, f->list, f->n, sizeof *f->list, by_name) : NULL;
}

size_t tensor_count(const struct tensor *t)
{
    return (size_t)(t->end - t->begin) / t->size;
}

double tensor_number(const struct tensor_file *f, const struct tensor *t, size_t i)
{
    const unsigned char *at = f->data + t->begin + i * t->size;
    if (t->kind != 'b') return number_from_bytes(at, t->kind, t->size, false);
    const unsigned char widened[4] = {0, 0, at[0], at[1]};
    return number_from_bytes(widened, 'f', 4, false);
}

bool is_tensors(const struct bytes *file)
{
    static const unsigned char none[4];
    return file->n > 8 && file->at[8] == '{' && !memcmp(file->at + 4, none, 4); /* no text has zero bytes */
}

static bool take_array(const struct tensor_file *f, const struct tensor *t, array_taker *taker, void *with, char why[ERROR_ROOM])
{
    struct nngen_array a = {.rank = t->rank};
    memcpy(a.dims, t->dims, sizeof a.dims);
    if (!array_room(&a, why)) return false;
    for (size_t i = 0, n = tensor_count(t); i < n; i++) a.value[i] = tensor_number(f, t, i);
    bool ok = taker(with, t->name, &a, why);
    nngen_array_free(&a);
    return ok;
}

bool tensors_each(struct bytes *file, array_taker *taker, void *with, char why[ERROR_ROOM])
{
    struct tensor_file f;
    bool ok = tensors_parse(*file, &f, why);
    *file = (struct bytes){0};
    for (size_t i = 0; i < f.n && ok; i++) ok = take_array(&f, &f.list[i], taker, with, why);
    tensors_free(&f);
    return ok;
}

/* ---- writing ---- */

struct packing {
    unsigned char *at;
    size_t n, room;
    bool lost; /* out of memory */
};

static void put(struct packing *b, const void *bytes, size_t n)
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
    if (b->lost || !n) return;
    memcpy(b->at + b->n, bytes, n);
    b->n += n;
}

static void put_text(struct packing *b, const char *s)
{
    put(b, s, strlen(s));
}

static void put_entry(struct packing *b, const struct tensor_out *t, size_t begin)
{
    char text[64];
    put_text(b, "\"");
    put_text(b, t->name);
    put_text(b, "\":{\"dtype\":\"");
    put_text(b, t->dtype);
    put_text(b, "\",\"shape\":[");
    for (unsigned k = 0; k < t->rank; k++) {
        snprintf(text, sizeof text, "%s%lld", k ? "," : "", (long long)t->dims[k]);
        put_text(b, text);
    }
    snprintf(text, sizeof text, "],\"data_offsets\":[%zu,%zu]}", begin, begin + t->bytes);
    put_text(b, text);
}

bool tensors_pack(const struct tensor_out *list, size_t n, const char *metadata, struct bytes *out)
{
    static const unsigned char length_later[8];
    struct packing b = {0};
    size_t next = 0;
    put(&b, length_later, sizeof length_later);
    put_text(&b, "{\"__metadata__\":");
    put_text(&b, metadata);
    for (size_t i = 0; i < n; i++) {
        put_text(&b, ",");
        put_entry(&b, &list[i], next);
        next += list[i].bytes;
    }
    put_text(&b, "}");
    while (b.n % 8 && !b.lost) put_text(&b, " "); /* the elements begin aligned */
    for (int i = 0; i < 8 && !b.lost; i++) b.at[i] = (unsigned char)((uint64_t)(b.n - 8) >> (8 * i));
    for (size_t i = 0; i < n; i++) put(&b, list[i].at, list[i].bytes);
    if (b.lost) {
        free(b.at);
        return false;
    }
    *out = (struct bytes){b.at, b.n};
    return true;
}
