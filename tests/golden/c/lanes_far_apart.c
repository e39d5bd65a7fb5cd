/* lanes_far_apart: made by nngen, not by hand. See lanes_far_apart.h for what it does and how to use it. */
#include "lanes_far_apart.h"

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

/* Rows that are known to be short are reduced where they are; one function for all others saves compilers much time. */
#ifdef __GNUC__
#define NNRT_IS_SHORT(n) (__builtin_constant_p(n) && (n) < 64)
#define NNRT_LONG_ROW static __attribute__((noinline, unused))
#else
#define NNRT_IS_SHORT(n) 0
#define NNRT_LONG_ROW static inline
#endif

/* The one of two that is `than` the other. */
#define NNRT_BETTER(than, x, best) ((x) than (best) ? (x) : (best))
/* Of n > 0 numbers the one that is `than` all others, or none if one is none: which is found out beside, as processors
 * know how to choose between numbers alone. */
#define NNRT_BEST(real, type, name, than)                                                                              \
    NNRT_INLINE real nnrt_##name##_row_##type(const real *x, size_t n)                                                 \
    {                                                                                                                  \
        real lane[8], odd[8] = {0, 0, 0, 0, 0, 0, 0, 0}, best = x[0], none = 0;                                        \
        const size_t whole = n / 8 * 8;                                                                                \
        NNRT_EACH_LANE lane[i] = best;                                                                                 \
        for (size_t k = 0; k < whole; k += 8)                                                                          \
            NNRT_EACH_LANE {                                                                                           \
                const real v = x[k + i];                                                                               \
                lane[i] = NNRT_BETTER(than, v, lane[i]);                                                               \
                odd[i] = v != v ? v : odd[i];                                                                          \
            }                                                                                                          \
        for (size_t k = whole; k < n; k++) {                                                                           \
            best = NNRT_BETTER(than, x[k], best);                                                                      \
            none = x[k] != x[k] ? x[k] : none;                                                                         \
        }                                                                                                              \
        for (size_t i = 0; i < 4; i++) lane[i] = NNRT_BETTER(than, lane[i], lane[i + 4]);                              \
        for (size_t i = 0; i < 4; i++) odd[i] += odd[i + 4];                                                           \
        none += (odd[0] + odd[1]) + (odd[2] + odd[3]);                                                                 \
        lane[0] = NNRT_BETTER(than, lane[0], lane[1]);                                                                 \
        lane[2] = NNRT_BETTER(than, lane[2], lane[3]);                                                                 \
        lane[0] = NNRT_BETTER(than, lane[0], lane[2]);                                                                 \
        best = NNRT_BETTER(than, lane[0], best);                                                                       \
        return none != none ? none : best;                                                                             \
    }                                                                                                                  \
    NNRT_LONG_ROW real nnrt_##name##_long_##type(const real *x, size_t n)                                              \
    {                                                                                                                  \
        return nnrt_##name##_row_##type(x, n);                                                                         \
    }                                                                                                                  \
    NNRT_INLINE real nnrt_##name##_##type(const real *x, size_t n)                                                     \
    {                                                                                                                  \
        return NNRT_IS_SHORT(n) ? nnrt_##name##_row_##type(x, n) : nnrt_##name##_long_##type(x, n);                    \
    }

NNRT_BEST(float, f32, most, >)

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

/* Of no more than 89. The power of two comes in two halves, so that results may be denormal. */
NNRT_INLINE float nnrt_exp_to_f32(float x)
{
    float z, p;
    uint32_t n, half;
    p = nnrt_exp_core_f32(nnrt_choose_f32(x < -104.5f, -104.5f, x), &z) + 1.0f;
    n = nnrt_bits_f32(z) - 0x4b400000u + 254u;
    half = n >> 1;
    return p * nnrt_of_bits_f32(half << 23) * nnrt_of_bits_f32((n - half) << 23);
}

NNRT_INLINE float nnrt_exp_f32(float x)
{
    return nnrt_exp_to_f32(nnrt_choose_f32(x > 89.0f, 89.0f, x));
}

/* log(m), where x = 2^k * m is normal and positive and m is about 1. */
NNRT_INLINE float nnrt_log_core_f32(float x, float *k)
{
    const uint32_t u = nnrt_bits_f32(x) + 0x004afb0du; /* 1 less the square root of 1/2 */
    const float f = nnrt_of_bits_f32((u & 0x007fffffu) + 0x3f3504f3u) - 1.0f, s = f * f;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    *k = (float)((int32_t)(u >> 23) - 127);
    return f + (f * s * p - 0.5f * s);
}

/* y, or what a logarithm is where x is 0, infinite, negative or no number. */
NNRT_INLINE float nnrt_log_ends_f32(float x, float y)
{
    const float most = nnrt_of_bits_f32(0x7f800000u);
    const float end = nnrt_choose_f32(x == most, x, nnrt_choose_f32(x == 0.0f, -most, nnrt_of_bits_f32(0x7fc00000u)));
    return nnrt_choose_f32((uint32_t)(x > 0.0f) & (uint32_t)(x < most), y, end);
}

NNRT_INLINE float nnrt_log_f32(float x)
{
    const uint32_t small = x < 0x1p-126f;
    float k, y = nnrt_log_core_f32(nnrt_choose_f32(small, x * 0x1p23f, x), &k);
    k -= nnrt_choose_f32(small, 23.0f, 0.0f);
    return nnrt_log_ends_f32(x, k * 0x1.63p-1f + (y + k * -0x1.bd0106p-13f));
}


size_t lanes_far_apart_work_size(void)
{
    return sizeof(lanes_far_apart_work);
}

lanes_far_apart_status lanes_far_apart_forward(const lanes_far_apart_params *p,
                                               const lanes_far_apart_inputs *in,
                                               lanes_far_apart_outputs *out, lanes_far_apart_work *w)
{
    (void)p;
    if (!in || !out || !w) return LANES_FAR_APART_E_NULL;
    if (in->N < 1 || in->N > 20) return LANES_FAR_APART_E_DIM;
    if (!in->x) return LANES_FAR_APART_E_NULL;
    if (!in->y) return LANES_FAR_APART_E_NULL;
    if (!in->h) return LANES_FAR_APART_E_NULL;
    if (!in->a) return LANES_FAR_APART_E_NULL;
    const size_t N = in->N;
    const lanes_far_apart_real *const h = in->h;
    const lanes_far_apart_real *const a = in->a;
    lanes_far_apart_real *const t1 = w->real; /* [3][7][17] */
    const lanes_far_apart_real *const x = in->x;
    lanes_far_apart_real *const u = out->u ? out->u : w->real + 357; /* [3] */
    const lanes_far_apart_real *const y = in->y;
    lanes_far_apart_real *const v = out->v ? out->v : w->real + 360; /* [3] */
    /* u[k] = logsumexp[j, i, l](h[i, j] * a[k] * x[l, j, k]) */
    /* v[k] = sum[j, i, n](exp(h[i, j] * y[n, j, k])) / N */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 7; j++) {
            for (size_t k = 0; k < 17; k++) {
                t1[i * 119 + j * 17 + k] = h[k * 7 + j] * a[i];
            }
        }
        lanes_far_apart_real most1 = -INFINITY;
        for (size_t j = 0; j < 7; j++) {
            for (size_t k = 0; k < 17; k++) {
                lanes_far_apart_real row1[17];
                for (size_t l = 0; l < 17; l++) {
                    const lanes_far_apart_real t3 = t1[i * 119 + j * 17 + k] * x[l * 21 + j * 3 + i];
                    row1[l] = t3;
                }
                const lanes_far_apart_real x1 = nnrt_most_f32(row1, 17);
                most1 = x1 > most1 || x1 != x1 ? x1 : most1;
            }
        }
        const lanes_far_apart_real t2 = most1 - most1 == 0 ? most1 : 0.0f;
        double acc1[16] = {0};
        for (size_t l = 0; l < 16; l += 16) {
            for (size_t j = 0; j < 7; j++) {
                for (size_t k = 0; k < 17; k++) {
                    for (size_t i4 = 0; i4 < 16; i4++) {
                        const lanes_far_apart_real t4 = t1[i * 119 + j * 17 + k] * x[(l + i4) * 21 + j * 3 + i];
                        acc1[i4] += nnrt_exp_f32(t4 - t2);
                    }
                }
            }
        }
        for (size_t j = 0; j < 7; j++) {
            for (size_t k = 0; k < 17; k++) {
                for (size_t i4 = 0; i4 < 1; i4++) {
                    const lanes_far_apart_real t5 = t1[i * 119 + j * 17 + k] * x[(16 + i4) * 21 + j * 3 + i];
                    acc1[i4] += nnrt_exp_f32(t5 - t2);
                }
            }
        }
        for (size_t i4 = 1; i4 < 16; i4++) acc1[0] += acc1[i4];
        const lanes_far_apart_real sum1 = (lanes_far_apart_real)acc1[0];
        u[i] = sum1 == 0.0f ? -INFINITY : nnrt_log_f32(sum1 == 0.0f ? 1.0f : sum1) + t2;
        double acc2[16] = {0};
        for (size_t l = 0; l < N / 16 * 16; l += 16) {
            for (size_t j = 0; j < 7; j++) {
                for (size_t k = 0; k < 17; k++) {
                    for (size_t i4 = 0; i4 < 16; i4++) {
                        acc2[i4] += nnrt_exp_f32(h[k * 7 + j] * y[(l + i4) * 21 + j * 3 + i]);
                    }
                }
            }
        }
        for (size_t j = 0; j < 7; j++) {
            for (size_t k = 0; k < 17; k++) {
                for (size_t i4 = 0; i4 < N % 16; i4++) {
                    acc2[i4] += nnrt_exp_f32(h[k * 7 + j] * y[(N / 16 * 16 + i4) * 21 + j * 3 + i]);
                }
            }
        }
        for (size_t i4 = 1; i4 < 16; i4++) acc2[0] += acc2[i4];
        const lanes_far_apart_real sum2 = (lanes_far_apart_real)acc2[0];
        v[i] = sum2 / (lanes_far_apart_real)N;
    }
    /* loss total = sum(u ** 2) + sum(v) */
    double acc3 = 0;
    for (size_t i = 0; i < 3; i++) {
        acc3 += u[i] * u[i];
    }
    const lanes_far_apart_real sum3 = (lanes_far_apart_real)acc3;
    double acc4 = 0;
    for (size_t i = 0; i < 3; i++) {
        acc4 += v[i];
    }
    const lanes_far_apart_real sum4 = (lanes_far_apart_real)acc4;
    out->total = sum3 + sum4;
    return LANES_FAR_APART_OK;
}

lanes_far_apart_status lanes_far_apart_grad(const lanes_far_apart_params *p,
                                            const lanes_far_apart_inputs *in, lanes_far_apart_outputs *out,
                                            lanes_far_apart_params *g, lanes_far_apart_work *w)
{
    (void)p;
    (void)g;
    if (!in || !out || !w) return LANES_FAR_APART_E_NULL;
    if (in->N < 1 || in->N > 20) return LANES_FAR_APART_E_DIM;
    if (!in->x) return LANES_FAR_APART_E_NULL;
    if (!in->y) return LANES_FAR_APART_E_NULL;
    if (!in->h) return LANES_FAR_APART_E_NULL;
    if (!in->a) return LANES_FAR_APART_E_NULL;
    const size_t N = in->N;
    const lanes_far_apart_real *const h = in->h;
    const lanes_far_apart_real *const a = in->a;
    lanes_far_apart_real *const t1 = w->real; /* [3][7][17] */
    const lanes_far_apart_real *const x = in->x;
    lanes_far_apart_real *const u = out->u ? out->u : w->real + 357; /* [3] */
    const lanes_far_apart_real *const y = in->y;
    lanes_far_apart_real *const v = out->v ? out->v : w->real + 360; /* [3] */
    /* u[k] = logsumexp[j, i, l](h[i, j] * a[k] * x[l, j, k]) */
    /* v[k] = sum[j, i, n](exp(h[i, j] * y[n, j, k])) / N */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 7; j++) {
            for (size_t k = 0; k < 17; k++) {
                t1[i * 119 + j * 17 + k] = h[k * 7 + j] * a[i];
            }
        }
        lanes_far_apart_real most1 = -INFINITY;
        for (size_t j = 0; j < 7; j++) {
            for (size_t k = 0; k < 17; k++) {
                lanes_far_apart_real row1[17];
                for (size_t l = 0; l < 17; l++) {
                    const lanes_far_apart_real t3 = t1[i * 119 + j * 17 + k] * x[l * 21 + j * 3 + i];
                    row1[l] = t3;
                }
                const lanes_far_apart_real x1 = nnrt_most_f32(row1, 17);
                most1 = x1 > most1 || x1 != x1 ? x1 : most1;
            }
        }
        const lanes_far_apart_real t2 = most1 - most1 == 0 ? most1 : 0.0f;
        double acc1[16] = {0};
        for (size_t l = 0; l < 16; l += 16) {
            for (size_t j = 0; j < 7; j++) {
                for (size_t k = 0; k < 17; k++) {
                    for (size_t i4 = 0; i4 < 16; i4++) {
                        const lanes_far_apart_real t4 = t1[i * 119 + j * 17 + k] * x[(l + i4) * 21 + j * 3 + i];
                        acc1[i4] += nnrt_exp_f32(t4 - t2);
                    }
                }
            }
        }
        for (size_t j = 0; j < 7; j++) {
            for (size_t k = 0; k < 17; k++) {
                for (size_t i4 = 0; i4 < 1; i4++) {
                    const lanes_far_apart_real t5 = t1[i * 119 + j * 17 + k] * x[(16 + i4) * 21 + j * 3 + i];
                    acc1[i4] += nnrt_exp_f32(t5 - t2);
                }
            }
        }
        for (size_t i4 = 1; i4 < 16; i4++) acc1[0] += acc1[i4];
        const lanes_far_apart_real sum1 = (lanes_far_apart_real)acc1[0];
        u[i] = sum1 == 0.0f ? -INFINITY : nnrt_log_f32(sum1 == 0.0f ? 1.0f : sum1) + t2;
        double acc2[16] = {0};
        for (size_t l = 0; l < N / 16 * 16; l += 16) {
            for (size_t j = 0; j < 7; j++) {
                for (size_t k = 0; k < 17; k++) {
                    for (size_t i4 = 0; i4 < 16; i4++) {
                        acc2[i4] += nnrt_exp_f32(h[k * 7 + j] * y[(l + i4) * 21 + j * 3 + i]);
                    }
                }
            }
        }
        for (size_t j = 0; j < 7; j++) {
            for (size_t k = 0; k < 17; k++) {
                for (size_t i4 = 0; i4 < N % 16; i4++) {
                    acc2[i4] += nnrt_exp_f32(h[k * 7 + j] * y[(N / 16 * 16 + i4) * 21 + j * 3 + i]);
                }
            }
        }
        for (size_t i4 = 1; i4 < 16; i4++) acc2[0] += acc2[i4];
        const lanes_far_apart_real sum2 = (lanes_far_apart_real)acc2[0];
        v[i] = sum2 / (lanes_far_apart_real)N;
    }
    /* loss total = sum(u ** 2) + sum(v) */
    double acc3 = 0;
    for (size_t i = 0; i < 3; i++) {
        acc3 += u[i] * u[i];
    }
    const lanes_far_apart_real sum3 = (lanes_far_apart_real)acc3;
    double acc4 = 0;
    for (size_t i = 0; i < 3; i++) {
        acc4 += v[i];
    }
    const lanes_far_apart_real sum4 = (lanes_far_apart_real)acc4;
    out->total = sum3 + sum4;
    return LANES_FAR_APART_OK;
}
