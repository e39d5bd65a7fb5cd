/* Arrays in files: which reader, and what all readers share. */
#include "runtime/host/host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST ((size_t)1 << 33)
#define ELEMENTS_MOST ((int64_t)1 << 31)

bool array_room(struct nngen_array *a, char why[ERROR_ROOM])
{
    int64_t n = 1;
    bool empty = false;
    for (unsigned k = 0; k < a->rank; k++) {
        if (a->dims[k] < 0 || a->dims[k] > ELEMENTS_MOST) n = ELEMENTS_MOST + 1;
        empty |= a->dims[k] == 0;
    }
    for (unsigned k = 0; k < a->rank && n <= ELEMENTS_MOST && !empty; k++)
        n = n > ELEMENTS_MOST / a->dims[k] ? ELEMENTS_MOST + 1 : n * a->dims[k];
    if (n > ELEMENTS_MOST) {
        snprintf(why, ERROR_ROOM, "it has over 2^31 elements");
        return false;
    }
    a->value = malloc(empty ? 1 : (size_t)n * sizeof(double));
    if (!a->value) snprintf(why, ERROR_ROOM, "out of memory");
    return a->value != NULL;
}

static bool ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && !strcmp(s + n - m, suffix);
}

/* By what the file begins with; a text of numbers where nothing says otherwise. */
static array_reader *reader_of(const char *path, const struct bytes *file)
{
    if (file->n >= 6 && !memcmp(file->at, "\x93NUMPY", 6)) return npy_read;
    if (ends_with(path, ".npy")) return npy_read;
    if (file->n >= 4 && file->at[0] == 0 && file->at[1] == 0 && file->at[2] >= 8 && file->at[2] <= 14) return idx_read;
    return csv_read;
}

static bool take_only(void *with, const char *name, struct nngen_array *a, char why[ERROR_ROOM])
{
    struct nngen_array *out = with;
    snprintf(why, ERROR_ROOM, "it holds several arrays, %.100s among them: --data gives each to the input of its name", name);
    if (out->value) return false;
    *out = *a;
    a->value = NULL;
    return true;
}

static bool read_any(const char *path, struct bytes *file, struct nngen_array *out, char why[ERROR_ROOM])
{
    if (!gzip_expand(file, why)) return false;
    bool zip = is_zip(file);
    if (!zip && !is_tensors(file)) return reader_of(path, file)(file, out, why);
    if (!(zip ? npz_each(file, take_only, out, why) : tensors_each(file, take_only, out, why))) return false;
    snprintf(why, ERROR_ROOM, "it holds no array");
    return out->value != NULL;
}

int nngen_read_array(const char *path, struct nngen_array *out, const char **why)
{
    static _Thread_local char said[ERROR_ROOM];
    struct bytes file;
    *out = (struct nngen_array){0};
    if (!file_read(path, FILE_MOST, 0, &file, why)) return -1;
    bool ok = read_any(path, &file, out, said);
    free(file.at);
    if (ok) return 0;
    nngen_array_free(out);
    *why = said;
    return -1;
}

void nngen_array_free(struct nngen_array *a)
{
    free(a->value);
    a->value = NULL;
}

/* ---- numbers as bytes ---- */

/* Sign, five bits of exponent, ten of fraction. */
static double half(unsigned bits)
{
    unsigned exponent = bits >> 10 & 31, fraction = bits & 1023;
    double x = exponent == 31 ? (fraction ? NAN : INFINITY) : exponent ? ldexp(1024 + fraction, (int)exponent - 25) : ldexp(fraction, -24);
    return bits >> 15 ? -x : x;
}

double number_from_bytes(const unsigned char *at, char kind, unsigned size, bool big)
{
    unsigned char b[8];
    uint64_t u = 0;
    for (unsigned i = 0; i < size; i++) b[i] = at[big ? size - 1 - i : i];
    for (unsigned i = size; i-- > 0;) u = u << 8 | b[i];
    if (kind == 'f' && size == 8) {
        double x;
        memcpy(&x, &u, sizeof x);
        return x;
    }
    if (kind == 'f' && size == 2) return half((unsigned)u);
    if (kind == 'f') {
        uint32_t v = (uint32_t)u;
        float x;
        memcpy(&x, &v, sizeof x);
        return (double)x;
    }
    if (kind == 'i' && size < 8 && u >> (size * 8 - 1)) return (double)u - (double)((uint64_t)1 << (size * 8));
    return kind == 'i' ? (double)(int64_t)u : (double)u;
}
