/* lookup_and_reduce: made by nngen, not by hand. See lookup_and_reduce.h for what it does and how to use it. */
#include "lookup_and_reduce.h"

#include <math.h>

static const lookup_and_reduce_real lookup_and_reduce_table1[10] = {
    0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f,
    8.0f, 9.0f,
};

size_t lookup_and_reduce_work_size(void)
{
    return sizeof(lookup_and_reduce_work);
}

lookup_and_reduce_status lookup_and_reduce_init(lookup_and_reduce_params *p, uint64_t seed)
{
    (void)seed;
    if (!p) return LOOKUP_AND_REDUCE_E_NULL;
    /* param table[V, E] = [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]] */
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 2; j++) {
            p->table[i][j] = lookup_and_reduce_table1[i * 2 + j];
        }
    }
    return LOOKUP_AND_REDUCE_OK;
}

lookup_and_reduce_status lookup_and_reduce_forward(const lookup_and_reduce_params *p,
                                                   const lookup_and_reduce_inputs *in,
                                                   lookup_and_reduce_outputs *out, lookup_and_reduce_work *w)
{
    (void)w;
    if (!p || !in || !out) return LOOKUP_AND_REDUCE_E_NULL;
    if (in->N < 1 || in->N > 3) return LOOKUP_AND_REDUCE_E_DIM;
    if (!in->ids) return LOOKUP_AND_REDUCE_E_NULL;
    for (size_t i = 0; i < in->N; i++)
        if (in->ids[i] < 0 || (size_t)in->ids[i] >= 5) return LOOKUP_AND_REDUCE_E_RANGE;
    const size_t N = in->N;
    const int32_t *const ids = in->ids;
    /* output best = argmax[E](rows), top = max[N](rows) */
    if (out->best) {
        for (size_t i = 0; i < N; i++) {
            lookup_and_reduce_real best1 = -INFINITY;
            int32_t best1_at = 0;
            for (size_t j = 0; j < 2; j++) {
                const lookup_and_reduce_real x2 = p->table[(size_t)ids[i]][j];
                if (x2 > best1 || (x2 != x2 && best1 == best1)) {
                    best1 = x2;
                    best1_at = (int32_t)j;
                }
            }
            out->best[i] = best1_at;
        }
    }
    if (out->top) {
        lookup_and_reduce_real best3[2];
        for (size_t i = 0; i < 2; i++) best3[i] = -INFINITY;
        for (size_t j = 0; j < N; j++) {
            for (size_t i = 0; i < 2; i++) {
                const lookup_and_reduce_real x4 = p->table[(size_t)ids[j]][i];
                best3[i] = x4 > best3[i] || x4 != x4 ? x4 : best3[i];
            }
        }
        for (size_t i = 0; i < 2; i++) {
            out->top[i] = best3[i];
        }
    }
    /* loss s = sum(rows ** 2) */
    double acc1 = 0;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc1 += p->table[(size_t)ids[i]][j] * p->table[(size_t)ids[i]][j];
        }
    }
    out->s = (lookup_and_reduce_real)acc1;
    return LOOKUP_AND_REDUCE_OK;
}

lookup_and_reduce_status lookup_and_reduce_grad(const lookup_and_reduce_params *p,
                                                const lookup_and_reduce_inputs *in,
                                                lookup_and_reduce_outputs *out, lookup_and_reduce_params *g,
                                                lookup_and_reduce_work *w)
{
    (void)w;
    if (!p || !in || !out || !g) return LOOKUP_AND_REDUCE_E_NULL;
    if (in->N < 1 || in->N > 3) return LOOKUP_AND_REDUCE_E_DIM;
    if (!in->ids) return LOOKUP_AND_REDUCE_E_NULL;
    for (size_t i = 0; i < in->N; i++)
        if (in->ids[i] < 0 || (size_t)in->ids[i] >= 5) return LOOKUP_AND_REDUCE_E_RANGE;
    const size_t N = in->N;
    const int32_t *const ids = in->ids;
    /* output best = argmax[E](rows), top = max[N](rows) */
    if (out->best) {
        for (size_t i = 0; i < N; i++) {
            lookup_and_reduce_real best1 = -INFINITY;
            int32_t best1_at = 0;
            for (size_t j = 0; j < 2; j++) {
                const lookup_and_reduce_real x2 = p->table[(size_t)ids[i]][j];
                if (x2 > best1 || (x2 != x2 && best1 == best1)) {
                    best1 = x2;
                    best1_at = (int32_t)j;
                }
            }
            out->best[i] = best1_at;
        }
    }
    if (out->top) {
        lookup_and_reduce_real best3[2];
        for (size_t i = 0; i < 2; i++) best3[i] = -INFINITY;
        for (size_t j = 0; j < N; j++) {
            for (size_t i = 0; i < 2; i++) {
                const lookup_and_reduce_real x4 = p->table[(size_t)ids[j]][i];
                best3[i] = x4 > best3[i] || x4 != x4 ? x4 : best3[i];
            }
        }
        for (size_t i = 0; i < 2; i++) {
            out->top[i] = best3[i];
        }
    }
    /* loss s = sum(rows ** 2) */
    double acc1 = 0;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc1 += p->table[(size_t)ids[i]][j] * p->table[(size_t)ids[i]][j];
        }
    }
    out->s = (lookup_and_reduce_real)acc1;
    /* gradient: rows = table[ids] */
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 2; j++) {
            g->table[i][j] = 0;
        }
    }
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 2; j++) {
            const lookup_and_reduce_real d_rows = p->table[(size_t)ids[i]][j] + p->table[(size_t)ids[i]][j];
            g->table[(size_t)ids[i]][j] += d_rows;
        }
    }
    return LOOKUP_AND_REDUCE_OK;
}
