/* NumPy's .npy, versions 1 to 3: a magic, a header that is a Python dictionary, and the elements. */
#include "runtime/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct header {
    const char *at, *end;
    char order, kind; /* of '<f8' */
    unsigned size;
    bool fortran;
    struct nngen_array *array;
    bool descr, has_order, shape;
};

static void blanks(struct header *h)
{
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\t')) h->at++;
}

static bool take(struct header *h, char c)
{
    blanks(h);
    if (h->at == h->end || *h->at != c) return false;
    h->at++;
    return true;
}

/* A quoted word of at most room - 1 characters. */
static bool take_word(struct header *h, char *word, size_t room)
{
    blanks(h);
    if (h->at == h->end || (*h->at != '\'' && *h->at != '"')) return false;
    char quote = *h->at++;
    size_t n = 0;
    while (h->at < h->end && *h->at != quote) {
        if (n + 1 == room) return false;
        word[n++] = *h->at++;
    }
    word[n] = 0;
    return take(h, quote);
}

static bool take_truth(struct header *h, bool *v)
{
    static const char *const word[] = {"False", "True"};
    blanks(h);
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(word[i]);
        if ((size_t)(h->end - h->at) < n || memcmp(h->at, word[i], n)) continue;
        h->at += n;
        *v = i == 1;
        return true;
    }
    return false;
}

static bool take_shape(struct header *h)
{
    struct nngen_array *a = h->array;
    if (!take(h, '(')) return false;
    while (!take(h, ')')) {
        int64_t v = 0;
        int digits = 0;
        blanks(h);
        for (; h->at < h->end && *h->at >= '0' && *h->at <= '9' && digits < 12; h->at++, digits++) v = v * 10 + (*h->at - '0');
        if (!digits || a->rank == NNGEN_RANK_MAX) return false;
        a->dims[a->rank++] = v;
        if (!take(h, ',')) return take(h, ')');
    }
    return true;
}

static bool take_descr(struct header *h)
{
    char word[8];
    if (!take_word(h, word, sizeof word) || strlen(word) != 3 || !strchr("<>|=", word[0])) return false;
    h->order = word[0];
    h->kind = word[1];
    h->size = (unsigned)(word[2] - '0');
    return true;
}

static bool take_dictionary(struct header *h)
{
    if (!take(h, '{')) return false;
    while (!take(h, '}')) {
        char key[20];
        if (!take_word(h, key, sizeof key) || !take(h, ':')) return false;
        bool *seen = !strcmp(key, "descr")         ? &h->descr
                     : !strcmp(key, "fortran_order") ? &h->has_order
                     : !strcmp(key, "shape")         ? &h->shape
                                                     : NULL;
        if (!seen || *seen) return false;
        *seen = true;
        if (seen == &h->descr ? !take_descr(h) : seen == &h->shape ? !take_shape(h) : !take_truth(h, &h->fortran)) return false;
        if (!take(h, ',')) {
            if (!take(h, '}')) return false;
            break;
        }
    }
    blanks(h);
    return h->at == h->end && h->descr && h->has_order && h->shape;
}

static bool known_type(const struct header *h)
{
    switch (h->kind) {
    case 'f': return h->size == 2 || h->size == 4 || h->size == 8;
    case 'i':
    case 'u': return h->size == 1 || h->size == 2 || h->size == 4 || h->size == 8;
    case 'b': return h->size == 1;
    default: return false;
    }
}

/* Where element i of row-major order stands in a file of the other order. */
static size_t fortran_index(const struct nngen_array *a, size_t i)
{
    size_t index[NNGEN_RANK_MAX], at = 0;
    for (unsigned k = a->rank; k-- > 0; i /= (size_t)a->dims[k]) index[k] = i % (size_t)a->dims[k];
    for (unsigned k = a->rank; k-- > 0;) at = at * (size_t)a->dims[k] + index[k];
    return at;
}

bool npy_read(const struct bytes *file, struct nngen_array *out, char why[ERROR_ROOM])
{
    const unsigned char *b = file->at;
    *out = (struct nngen_array){0};
    snprintf(why, ERROR_ROOM, "it is no .npy file, or its header is cut off");
    if (file->n < 10 || memcmp(b, "\x93NUMPY", 6) || b[6] < 1 || b[6] > 3) return false;
    size_t start = b[6] == 1 ? 10 : 12, size = (size_t)b[8] | (size_t)b[9] << 8;
    if (file->n < start) return false;
    if (b[6] > 1) size |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (size > file->n - start) return false;
    struct header h = {.at = (const char *)b + start, .end = (const char *)b + start + size, .array = out};
    snprintf(why, ERROR_ROOM, "its .npy header is malformed");
    if (!take_dictionary(&h)) return false;
    snprintf(why, ERROR_ROOM, "its elements are '%c%c%u': only f2 f4 f8 i1..i8 u1..u8 b1 are read", h.order, h.kind, h.size);
    if (!known_type(&h)) return false;
    size_t n = 1, left = (file->n - start - size) / h.size;
    for (unsigned k = 0; k < out->rank; k++) { /* before any allocation: what the header claims must be there */
        size_t d = (size_t)out->dims[k];
        n = d && n > SIZE_MAX / d ? SIZE_MAX : n * d;
    }
    snprintf(why, ERROR_ROOM, "its header promises %zu elements, the file has %zu", n, left);
    if (n != left || (file->n - start - size) % h.size) return false;
    if (!array_room(out, why)) return false;
    const unsigned char *data = b + start + size;
    for (size_t i = 0; i < n; i++) {
        size_t from = h.fortran ? fortran_index(out, i) : i;
        out->value[i] = number_from_bytes(data + from * h.size, h.kind == 'b' ? 'u' : h.kind, h.size, h.order == '>');
    }
    return true;
}
