/* columns_at_once: made by nngen, not by hand. See columns_at_once.h for what it does and how to use it. */
#include "columns_at_once.h"

#include <math.h>

#ifndef NNRT_INLINE
#ifdef __GNUC__
#define NNRT_INLINE static inline __attribute__((always_inline, unused))
#else
#define NNRT_INLINE static inline
#endif
#endif

/* Loops over the lanes stay loops until they become vectors: gcc is better at that than at lanes one by one. */
#if defined __GNUC__ && !defined __clang__ && __GNUC__ >= 8
#define NNRT_EACH_LANE _Pragma("GCC unroll 1") for (size_t i = 0; i < 8; i++)
#else
#define NNRT_EACH_LANE for (size_t i = 0; i < 8; i++)
#endif

/* Rows that are known to be short are reduced where they are; one function for all others saves compilers much time. */
#ifdef __GNUC__
#define NNRT_IS_SHORT(n) (__builtin_constant_p(n) && (n) < 64)
#define NNRT_LONG_ROW static __attribute__((noinline, unused))
#else
#define NNRT_IS_SHORT(n) 0
#define NNRT_LONG_ROW static inline
#endif

NNRT_INLINE double nnrt_sum_row_f32(const float *x, size_t n)
{
    double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0}, rest = 0;
    const size_t whole = n / 8 * 8;
    for (size_t k = 0; k < whole; k += 8)
        NNRT_EACH_LANE lane[i] += (double)x[k + i];
    for (size_t k = whole; k < n; k++) rest += (double)x[k];
    return rest + (((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7])));
}
NNRT_LONG_ROW double nnrt_sum_long_f32(const float *x, size_t n)
{
    return nnrt_sum_row_f32(x, n);
}
NNRT_INLINE double nnrt_sum_f32(const float *x, size_t n)
{
    return NNRT_IS_SHORT(n) ? nnrt_sum_row_f32(x, n) : nnrt_sum_long_f32(x, n);
}


size_t columns_at_once_work_size(void)
{
    return sizeof(columns_at_once_work);
}

columns_at_once_status columns_at_once_init(columns_at_once_params *p, uint64_t seed)
{
    (void)seed;
    if (!p) return COLUMNS_AT_ONCE_E_NULL;
    /* param gain[40] = ones */
    for (size_t i = 0; i < 40; i++) {
        p->gain[i] = 1.0f;
    }
    /* param bias[40] = zeros */
    for (size_t i = 0; i < 40; i++) {
        p->bias[i] = 0.0f;
    }
    return COLUMNS_AT_ONCE_OK;
}

columns_at_once_status columns_at_once_forward(const columns_at_once_params *p,
                                               const columns_at_once_inputs *in,
                                               columns_at_once_outputs *out, columns_at_once_work *w)
{
    (void)w;
    if (!p || !in || !out) return COLUMNS_AT_ONCE_E_NULL;
    if (!in->x) return COLUMNS_AT_ONCE_E_NULL;
    const columns_at_once_real *const x = in->x;
    /* loss l = sum((x * gain + bias)**2) */
    double acc1[8] = {0};
    for (size_t j = 0; j < 40; j += 8) {
        for (size_t i = 0; i < 20; i++) {
            for (size_t k = 0; k < 8; k++) {
                const columns_at_once_real t1 = x[i * 40 + j + k] * p->gain[j + k] + p->bias[j + k];
                acc1[k] += t1 * t1;
            }
        }
    }
    for (size_t k = 1; k < 8; k++) acc1[0] += acc1[k];
    out->l = (columns_at_once_real)acc1[0];
    return COLUMNS_AT_ONCE_OK;
}

columns_at_once_status columns_at_once_grad(const columns_at_once_params *p,
                                            const columns_at_once_inputs *in, columns_at_once_outputs *out,
                                            columns_at_once_params *g, columns_at_once_work *w)
{
    if (!p || !in || !out || !g || !w) return COLUMNS_AT_ONCE_E_NULL;
    if (!in->x) return COLUMNS_AT_ONCE_E_NULL;
    const columns_at_once_real *const x = in->x;
    columns_at_once_real *const t1 = w->real; /* [20][40] */
    /* loss l = sum((x * gain + bias)**2) */
    double acc1 = 0;
    for (size_t i = 0; i < 20; i++) {
        columns_at_once_real row1[40];
        for (size_t j = 0; j < 40; j++) {
            const columns_at_once_real t2 = x[i * 40 + j] * p->gain[j] + p->bias[j];
            row1[j] = t2 * t2;
            t1[i * 40 + j] = t2 + t2;
        }
        acc1 += nnrt_sum_f32(row1, 40);
    }
    out->l = (columns_at_once_real)acc1;
    /* gradient: loss l = sum((x * gain + bias)**2) */
    double acc2[40] = {0};
    double acc3[40] = {0};
    for (size_t j = 0; j < 20; j++) {
        for (size_t i = 0; i < 40; i++) {
            acc2[i] += t1[j * 40 + i];
            acc3[i] += t1[j * 40 + i] * x[j * 40 + i];
        }
    }
    for (size_t i = 0; i < 40; i++) {
        g->bias[i] = (columns_at_once_real)acc2[i];
        g->gain[i] = (columns_at_once_real)acc3[i];
    }
    return COLUMNS_AT_ONCE_OK;
}
