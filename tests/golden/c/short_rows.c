/* short_rows: made by nngen, not by hand. See short_rows.h for what it does and how to use it. */
#include "short_rows.h"

#include <math.h>
#include <string.h>

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

NNRT_INLINE double nnrt_sum_f32(const float *x, size_t n)
{
    double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0}, rest = 0;
    const size_t whole = n / 8 * 8;
    for (size_t k = 0; k < whole; k += 8)
        NNRT_EACH_LANE lane[i] += (double)x[k + i];
    for (size_t k = whole; k < n; k++) rest += (double)x[k];
    return rest + (((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7])));
}

/* exp(x) - 1 less its power of two: x = n * log(2) + r, and *z is n + 1.5 * 2^23. */
NNRT_INLINE float nnrt_exp_core_f32(float x, float *z)
{
    const float whole = x * 0x1.715476p+0f + 0x1.8p+23f, n = whole - 0x1.8p+23f;
    const float high = x - n * 0x1.62e4p-1f, r = high - n * 0x1.7f7d1cp-20f;
    float p = 0x1.6850e4p-10f;
    p = p * r + 0x1.123bccp-7f;
    p = p * r + 0x1.555b98p-5f;
    p = p * r + 0x1.55548ep-3f;
    p = p * r + 0x1.fffff8p-2f;
    *z = whole;
    return r + r * r * p;
}

NNRT_INLINE uint32_t nnrt_bits_f32(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

NNRT_INLINE float nnrt_of_bits_f32(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* yes ? a : b */
NNRT_INLINE float nnrt_choose_f32(uint32_t yes, float a, float b)
{
    const uint32_t mask = 0u - yes;
    return nnrt_of_bits_f32((nnrt_bits_f32(a) & mask) | (nnrt_bits_f32(b) & ~mask));
}

/* The power of two comes in two halves, so that results may be denormal. */
NNRT_INLINE float nnrt_exp_f32(float x)
{
    float z, p, c = nnrt_choose_f32(x > 89.0f, 89.0f, x);
    uint32_t n, half;
    c = nnrt_choose_f32(c < -104.5f, -104.5f, c);
    p = nnrt_exp_core_f32(c, &z) + 1.0f;
    n = nnrt_bits_f32(z) - 0x4b400000u + 254u;
    half = n >> 1;
    return p * nnrt_of_bits_f32(half << 23) * nnrt_of_bits_f32((n - half) << 23);
}

/* Of -|x|; what 1 + e rounds off is made up for. */
NNRT_INLINE float nnrt_sigmoid_f32(float x)
{
    const uint32_t u = nnrt_bits_f32(x);
    const float e = nnrt_exp_f32(nnrt_of_bits_f32(u | 0x80000000u)), d = 1.0f + e, low = e - (d - 1.0f);
    const float q = nnrt_choose_f32(u >> 31, e, 1.0f) / d;
    return q - q * (low * (1.0f - 0.5f * e));
}


size_t short_rows_work_size(void)
{
    return sizeof(short_rows_work);
}

short_rows_status short_rows_init(short_rows_params *p, uint64_t seed)
{
    (void)seed;
    if (!p) return SHORT_ROWS_E_NULL;
    /* param b[10] = zeros */
    for (size_t i = 0; i < 10; i++) {
        p->b[i] = 0.0f;
    }
    return SHORT_ROWS_OK;
}

short_rows_status short_rows_forward(const short_rows_params *p, const short_rows_inputs *in,
                                     short_rows_outputs *out, short_rows_work *w)
{
    if (!p || !in || !out || !w) return SHORT_ROWS_E_NULL;
    if (!in->x) return SHORT_ROWS_E_NULL;
    const short_rows_real *const x = in->x;
    short_rows_real *const h = w->real; /* [6][10] */
    /* h = sigmoid(x + b) */
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 10; j++) {
            h[i * 10 + j] = x[i * 10 + j] + p->b[j];
        }
    }
    for (size_t i = 0; i < 60; i++) {
        h[i] = nnrt_sigmoid_f32(h[i]);
    }
    /* loss e = sum(h[:, ::-1] * h) */
    double acc1 = 0;
    for (size_t i = 0; i < 6; i++) {
        short_rows_real row1[10];
        for (size_t j = 0; j < 10; j++) {
            row1[j] = h[i * 10 + 9 - j] * h[i * 10 + j];
        }
        acc1 += nnrt_sum_f32(row1, 10);
    }
    out->e = (short_rows_real)acc1;
    return SHORT_ROWS_OK;
}

short_rows_status short_rows_grad(const short_rows_params *p, const short_rows_inputs *in,
                                  short_rows_outputs *out, short_rows_params *g, short_rows_work *w)
{
    if (!p || !in || !out || !g || !w) return SHORT_ROWS_E_NULL;
    if (!in->x) return SHORT_ROWS_E_NULL;
    const short_rows_real *const x = in->x;
    short_rows_real *const h = w->real; /* [6][10] */
    short_rows_real *const t1 = w->real + 60; /* [6][10] */
    /* h = sigmoid(x + b) */
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 10; j++) {
            h[i * 10 + j] = x[i * 10 + j] + p->b[j];
        }
    }
    for (size_t i = 0; i < 60; i++) {
        h[i] = nnrt_sigmoid_f32(h[i]);
    }
    /* loss e = sum(h[:, ::-1] * h) */
    double acc1 = 0;
    for (size_t i = 0; i < 6; i++) {
        short_rows_real row1[10];
        for (size_t j = 0; j < 10; j++) {
            row1[j] = h[i * 10 + 9 - j] * h[i * 10 + j];
        }
        acc1 += nnrt_sum_f32(row1, 10);
    }
    out->e = (short_rows_real)acc1;
    /* gradient: loss e = sum(h[:, ::-1] * h) */
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 10; j++) {
            t1[i * 10 + j] = 0;
        }
    }
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 10; j++) {
            t1[i * 10 + 9 - j] = h[i * 10 + j];
        }
    }
    /* gradient: h = sigmoid(x + b) */
    double acc2[10] = {0};
    for (size_t j = 0; j < 6; j++) {
        for (size_t i = 0; i < 10; i++) {
            const short_rows_real d_h = h[j * 10 + 9 - i] + t1[j * 10 + i];
            acc2[i] += d_h * (h[j * 10 + i] * (1.0f - h[j * 10 + i]));
        }
    }
    for (size_t i = 0; i < 10; i++) {
        g->b[i] = (short_rows_real)acc2[i];
    }
    return SHORT_ROWS_OK;
}
