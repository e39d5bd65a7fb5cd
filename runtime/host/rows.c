/* Rows of data for a model's inputs: kept as the inputs hold them, copied a minibatch at a time. */
#include "runtime/host/host.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void rows_free(struct nngen_model *m)
{
    for (uint32_t i = 0; m->rows.input && i < m->program->inputs.n; i++) free(m->rows.input[i].at);
    free(m->rows.input);
}

static enum abi_type type_of(const struct ir_array *a)
{
    return a->type == IR_INT ? ABI_INT : ABI_REAL;
}

int row_dim(const struct nngen_model *m, const struct ir_array *a)
{
    for (uint32_t d = 0; a->shape->rank && d < m->program->dims.n; d++)
        if (m->owner->dim_size[d] == a->shape->dim[0]) return (int)d;
    return -1;
}

static int misfit(struct nngen_model *m, const struct ir_array *a, const int64_t *dims, unsigned rank)
{
    char wanted[128], given[128];
    axes_text(a, wanted, sizeof wanted);
    sizes_text(rank, dims, given, sizeof given);
    return model_fail(m, "%s: rows of %s expected, %s given", a->name, wanted, given);
}

/* The sizes of a minibatch behind its first axis; another arrangement of as many elements is taken too. */
static int row_sizes(struct nngen_model *m, const struct ir_array *a, const int64_t *dims, unsigned rank, int64_t out[RANK_MAX])
{
    const struct ir_sizes *sizes = m->program->tables->sizes;
    bool all_known = true;
    int64_t want = 1, have = 1;
    for (unsigned k = 1; k < rank; k++) have *= dims[k];
    for (unsigned k = 1; k < a->shape->rank; k++) {
        all_known &= size_known(sizes, a->shape->dim[k], &out[k]);
        want = all_known ? want * out[k] : 0;
    }
    if (all_known) return have == want ? 0 : misfit(m, a, dims, rank);
    if (rank != a->shape->rank) return misfit(m, a, dims, rank);
    for (unsigned k = 1; k < rank; k++) {
        out[k] = dims[k];
        if (dims[k] < size_least(sizes, a->shape->dim[k]) || dims[k] > size_bound(sizes, a->shape->dim[k]))
            return misfit(m, a, dims, rank);
    }
    return 0;
}

/* Integers must be so, and in range, before training begins. */
static int check_entries(struct nngen_model *m, const struct ir_array *a, const double *value, const int64_t *dims, unsigned rank)
{
    int64_t n = a->type == IR_INT ? 1 : 0, below = a->below ? size_bound(m->program->tables->sizes, a->below) : 0;
    for (unsigned k = 0; k < rank && n; k++) n *= dims[k];
    for (int64_t i = 0; i < n; i++) {
        bool whole = value[i] >= INT32_MIN && value[i] <= INT32_MAX && value[i] == floor(value[i]);
        if (whole && (!below || (value[i] >= 0 && value[i] < (double)below))) continue;
        char entry[128];
        entry_text(rank, dims, i, entry, sizeof entry);
        if (!whole) return model_fail(m, "%s: %s is no whole number of 32 bits", a->name, entry);
        return model_fail(m, value[i] < 0 ? "%s: %s is %ld, must be 0 or more" : "%s: %s is %ld, must be below %lld", a->name, entry,
                          (long)value[i], (long long)below);
    }
    return 0;
}

static int add_rows(struct nngen_model *m, uint32_t i, const double *value, const int64_t *dims, unsigned rank)
{
    const struct ir_array *a = &m->program->inputs.at[i];
    struct rows *rows = &m->rows;
    struct input_rows *to = &rows->input[i];
    int d = row_dim(m, a);
    if (d < 0) return model_fail(m, "%s cannot have rows: its first axis is no run-time dim", a->name);
    if (rank < 1 || rank > RANK_MAX) return model_fail(m, "%s: rows have 1 to %d axes", a->name, RANK_MAX);
    if (rows->dim && rows->dim != d + 1)
        return model_fail(m, "%s: its rows lie along %s, those before along %s", a->name, m->program->dims.at[d].name,
                          m->program->dims.at[rows->dim - 1].name);
    if (dims[0] < 1 || dims[0] > INT32_MAX) return model_fail(m, "%s has no rows", a->name);
    if (rows->dim && rows->n != (size_t)dims[0])
        return model_fail(m, "%s has %lld rows, the inputs before it have %zu", a->name, (long long)dims[0], rows->n);
    if (row_sizes(m, a, dims, rank, to->dim) || check_entries(m, a, value, dims, rank)) return -1;
    size_t n = 1;
    for (unsigned k = 1; k < rank; k++) n *= (size_t)dims[k];
    to->bytes = n * abi_bytes(m, type_of(a));
    free(to->at);
    to->at = malloc(to->bytes * (size_t)dims[0] + 1);
    if (!to->at) return model_fail(m, "out of memory");
    numbers_in(type_of(a), m->single, to->at, value, n * (size_t)dims[0]);
    rows->dim = d + 1;
    rows->n = (size_t)dims[0];
    return 0;
}

int nngen_add_rows(struct nngen_model *m, const char *input, const double *value, const int64_t *dims, unsigned rank)
{
    if (!m || !input || !value || !dims) return m ? model_fail(m, "a name, values and sizes are needed") : -1;
    for (uint32_t i = 0; i < m->program->inputs.n; i++) {
        if (strcmp(m->program->inputs.at[i].name, input)) continue;
        model_reads(m);
        int done = add_rows(m, i, value, dims, rank);
        model_has_read(m);
        return done;
    }
    return model_fail(m, "no input is called `%.100s`", input);
}

size_t nngen_rows(const struct nngen_model *m)
{
    return m ? m->rows.n : 0;
}

/* What was laid for the last call stays so while neither sizes nor places change. */
int rows_fill(struct nngen_model *m, const uint32_t *row, size_t n)
{
    int64_t *size = &m->dim[m->rows.dim - 1];
    if (*size != (int64_t)n) m->laid = false;
    *size = (int64_t)n;
    for (uint32_t i = 0; i < m->program->inputs.n; i++) {
        const struct input_rows *from = &m->rows.input[i];
        struct held *h = &m->input[i];
        if (!from->at) continue;
        const void *before = h->at;
        if (held_room(m, h, n * from->bytes)) return -1;
        if (before != h->at || h->from != FROM_CALLER) m->laid = false;
        for (size_t k = 0; k < n; k++)
            memcpy((unsigned char *)h->own + k * from->bytes, from->at + row[k] * from->bytes, from->bytes);
        h->from = FROM_CALLER;
        memcpy(h->dim, from->dim, sizeof h->dim);
        h->dim[0] = (int64_t)n;
    }
    return 0;
}
