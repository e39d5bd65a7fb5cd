/* Numbers between the caller's doubles and the images of emitted structs. */
#include "runtime/host/host.h"

#include <stdio.h>
#include <string.h>

size_t abi_bytes(const struct nngen_model *m, enum abi_type type)
{
    switch (type) {
    case ABI_REAL:
    case ABI_REAL_PTR: return m->real_bytes;
    case ABI_INT:
    case ABI_INT_PTR: return sizeof(int32_t);
    case ABI_SIZE: return sizeof(size_t);
    case ABI_U64: return sizeof(uint64_t);
    }
    return 0;
}

static bool is_int(enum abi_type type)
{
    return type == ABI_INT || type == ABI_INT_PTR;
}

void numbers_in(enum abi_type type, bool single, void *to, const double *from, size_t n)
{
    if (is_int(type))
        for (size_t i = 0; i < n; i++) ((int32_t *)to)[i] = (int32_t)from[i];
    else if (single)
        for (size_t i = 0; i < n; i++) ((float *)to)[i] = (float)from[i];
    else if (n)
        memcpy(to, from, n * sizeof *from);
}

void numbers_out(enum abi_type type, bool single, const void *from, double *to, size_t n)
{
    if (is_int(type))
        for (size_t i = 0; i < n; i++) to[i] = ((const int32_t *)from)[i];
    else if (single)
        for (size_t i = 0; i < n; i++) to[i] = (double)((const float *)from)[i];
    else if (n)
        memcpy(to, from, n * sizeof *to);
}

int64_t shape_count(const struct ir_tables *t, const struct ir_shape *s, const int64_t *dims)
{
    int64_t n = 1;
    for (unsigned k = 0; k < s->rank; k++) n *= size_at(t->sizes, s->dim[k], dims);
    return n;
}

static size_t put(char *out, size_t room, size_t at, const char *s)
{
    int n = snprintf(out + at, room - at, "%s", s);
    return n < 0 || (size_t)n >= room - at ? room - 1 : at + (size_t)n;
}

void axes_text(const struct ir_array *a, char *out, size_t room)
{
    size_t at = put(out, room, 0, "[");
    for (unsigned k = 0; k < a->shape->rank; k++) {
        if (k) at = put(out, room, at, ", ");
        at = put(out, room, at, a->axis[k] ? a->axis[k] : "?");
    }
    put(out, room, at, "]");
}

void sizes_text(unsigned rank, const int64_t *dim, char *out, size_t room)
{
    size_t at = put(out, room, 0, "[");
    for (unsigned k = 0; k < rank; k++) {
        char number[24];
        snprintf(number, sizeof number, "%s%lld", k ? ", " : "", (long long)dim[k]);
        at = put(out, room, at, number);
    }
    put(out, room, at, "]");
}

void entry_text(unsigned rank, const int64_t *dim, int64_t flat, char *out, size_t room)
{
    int64_t index[RANK_MAX];
    for (unsigned k = rank; k-- > 0; flat /= dim[k]) index[k] = flat % dim[k];
    if (rank == 0)
        put(out, room, 0, "it");
    else if (rank == 1)
        snprintf(out, room, "row %lld", (long long)index[0]);
    else
        sizes_text(rank, index, out, room);
}
