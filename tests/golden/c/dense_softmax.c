/* dense_softmax: made by nngen, not by hand. See dense_softmax.h for what it does and how to use it. */
#include "dense_softmax.h"

#include <math.h>
#include <string.h>

static uint64_t nnrt_mix(uint64_t z)
{
    z ^= z >> 30;
    z *= UINT64_C(0xbf58476d1ce4e5b9);
    z ^= z >> 27;
    z *= UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* What a stream's numbers have in common. */
static uint64_t nnrt_stream(uint64_t key, uint64_t stream)
{
    return nnrt_mix(key + UINT64_C(0x9e3779b97f4a7c15) * stream);
}

/* Number i of a stream: a multiple of 2^-24 in [0, 1), the same in either precision. */
static float nnrt_uniform(uint64_t stream, size_t i)
{
    uint64_t z = nnrt_mix(stream + UINT64_C(0x9e3779b97f4a7c15) * ((uint64_t)i + 1));
    return (float)(int32_t)(z >> 40) * 0x1p-24f;
}

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

#define NNRT_ANGLE(real, type, name, far_one)                                                                          \
    NNRT_INLINE real nnrt_##name##_##type(real x)                                                                      \
    {                                                                                                                  \
        return nnrt_far_##type(x) ? far_one(x) : nnrt_near_##name##_##type(x);                                         \
    }

/* Larger than 2^20, or no number. */
NNRT_INLINE uint32_t nnrt_far_f32(float x)
{
    return (nnrt_bits_f32(x) & 0x7fffffffu) > 0x49800000u;
}

NNRT_INLINE uint64_t nnrt_bits_f64(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

/* x less n quarters of a turn, where n is in the low bits of *whole. */
NNRT_INLINE double nnrt_quarters_f32(float angle, double *whole)
{
    const double x = (double)angle, w = x * 0x1.45f306dc9c883p-1 + 0x1.8p+52, n = w - 0x1.8p+52;
    *whole = w;
    return (x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34;
}

/* y, the sign of which is x's unless y is 0. */
NNRT_INLINE float nnrt_alike_f32(float y, float x)
{
    return nnrt_of_bits_f32(nnrt_bits_f32(y) | (nnrt_bits_f32(x) & 0x80000000u));
}

/* Of x and `more` quarters. */
NNRT_INLINE float nnrt_sine_f32(float x, uint32_t more)
{
    double whole;
    const float r = (float)nnrt_quarters_f32(x, &whole), s = r * r;
    const uint32_t quarter = (uint32_t)nnrt_bits_f64(whole) + more;
    float p = -1.9515295891e-4f, q = 2.443315711809948e-5f, y;
    p = p * s + 8.3321608736e-3f;
    q = q * s - 1.388731625493765e-3f;
    p = p * s - 1.6666654611e-1f;
    q = q * s + 4.166664568298827e-2f;
    p = nnrt_alike_f32(r + r * s * p, r);
    q = 1.0f - 0.5f * s + s * s * q;
    y = nnrt_choose_f32(quarter & 1u, q, p);
    return nnrt_of_bits_f32(nnrt_bits_f32(y) ^ (quarter & 2u) << 30);
}

NNRT_INLINE float nnrt_near_cos_f32(float x)
{
    return nnrt_sine_f32(x, 1);
}

NNRT_ANGLE(float, f32, cos, cosf)


size_t dense_softmax_work_size(void)
{
    return sizeof(dense_softmax_work);
}

dense_softmax_status dense_softmax_init(dense_softmax_params *p, uint64_t seed)
{
    if (!p) return DENSE_SOFTMAX_E_NULL;
    const uint64_t stream_1 = nnrt_stream(seed, 0x1b4453dc413b7932u);
    const uint64_t stream_2 = nnrt_stream(seed, 0x3b3effe128b85b40u);
    /* z = x |> dense[K] as fc */
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            const dense_softmax_real t1 = 0.5345225f * sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_1, i * 3 + j))) * nnrt_cos_f32(6.2831855f * nnrt_uniform(stream_2, i * 3 + j));
            p->fc.W[i][j] = 0.0f + t1;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        p->fc.b[i] = 0.0f;
    }
    return DENSE_SOFTMAX_OK;
}

dense_softmax_status dense_softmax_opt_init(dense_softmax_opt *o)
{
    if (!o) return DENSE_SOFTMAX_E_NULL;
    /* z = x |> dense[K] as fc */
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            o->v.fc.W[i][j] = 0.0f;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        o->v.fc.b[i] = 0.0f;
    }
    o->t = 0;
    o->lr = 0.1f;
    o->mu = 0.9f;
    return DENSE_SOFTMAX_OK;
}

dense_softmax_status dense_softmax_forward(const dense_softmax_params *p, const dense_softmax_inputs *in,
                                           dense_softmax_outputs *out, dense_softmax_work *w)
{
    if (!p || !in || !out || !w) return DENSE_SOFTMAX_E_NULL;
    if (in->N < 1 || in->N > 8) return DENSE_SOFTMAX_E_DIM;
    if (!in->x) return DENSE_SOFTMAX_E_NULL;
    if (!in->label) return DENSE_SOFTMAX_E_NULL;
    for (size_t i = 0; i < in->N; i++)
        if (in->label[i] < 0 || (size_t)in->label[i] >= 3) return DENSE_SOFTMAX_E_RANGE;
    const size_t N = in->N;
    dense_softmax_real *const prod1 = w->real; /* [N][3] */
    const dense_softmax_real *const x = in->x;
    dense_softmax_real *const z = w->real; /* [N][3] */
    dense_softmax_real *const t2 = w->real + 24; /* [N][3] */
    const int32_t *const label = in->label;
    dense_softmax_real *const sum1 = w->real + 72; /* [N] */
    dense_softmax_real *const sum2 = w->real + 80; /* [N] */
    dense_softmax_real *const p_ = out->p ? out->p : w->real + 48; /* [N][3] */
    int32_t *const most2 = w->whole; /* [N] */
    /* z = x |> dense[K] as fc */
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 3; j++) {
            prod1[i * 3 + j] = 0;
        }
        for (size_t j = 0; j < 4; j++) {
            const dense_softmax_real x1 = x[i * 4 + j];
            for (size_t k = 0; k < 3; k++) {
                prod1[i * 3 + k] += x1 * p->fc.W[j][k];
            }
        }
    }
    /* loss nll = mean[N](cross_entropy[K](z, label)) */
    /* output p = softmax[K](z), right = mean[N](argmax[K](z) == label) */
    for (size_t i = 0; i < N; i++) {
        dense_softmax_real most1 = -INFINITY;
        for (size_t j = 0; j < 3; j++) {
            const dense_softmax_real z_i = prod1[i * 3 + j] + p->fc.b[j];
            z[i * 3 + j] = z_i;
            most1 = z_i > most1 || z_i != z_i ? z_i : most1;
        }
        const dense_softmax_real t1 = most1 == -INFINITY ? 0.0f : most1;
        double acc1 = 0;
        double acc2 = 0;
        for (size_t j = 0; j < 3; j++) {
            const dense_softmax_real t4 = z[i * 3 + j] - t1;
            const dense_softmax_real t2_i = nnrt_exp_f32(t4);
            t2[i * 3 + j] = t2_i;
            acc1 += t2_i;
            acc2 += label[i] == (int32_t)j ? t4 : 0.0f;
        }
        const dense_softmax_real sum1_i = (dense_softmax_real)acc1;
        sum1[i] = sum1_i;
        sum2[i] = (dense_softmax_real)acc2;
        const dense_softmax_real t5 = sum1_i == 0.0f ? 1.0f : sum1_i;
        const dense_softmax_real t3 = 1.0f / t5;
        dense_softmax_real best2 = -INFINITY;
        int32_t best2_at = 0;
        for (size_t j = 0; j < 3; j++) {
            p_[i * 3 + j] = t2[i * 3 + j] * t3;
            const dense_softmax_real x3 = z[i * 3 + j];
            if (x3 > best2 || (x3 != x3 && best2 == best2)) {
                best2 = x3;
                best2_at = (int32_t)j;
            }
        }
        most2[i] = best2_at;
    }
    /* loss nll = mean[N](cross_entropy[K](z, label)) */
    dense_softmax_real row1[8];
    for (size_t i = 0; i < N; i++) {
        const dense_softmax_real x4 = sum1[i];
        const dense_softmax_real t5 = sum1[i] == 0.0f ? 1.0f : x4;
        const dense_softmax_real x5 = sum2[i];
        row1[i] = sum1[i] == 0.0f ? INFINITY : nnrt_log_f32(t5) - x5;
    }
    const double acc3 = nnrt_sum_f32(row1, N);
    const dense_softmax_real sum3 = (dense_softmax_real)acc3;
    out->nll = sum3 / (dense_softmax_real)N;
    /* output p = softmax[K](z), right = mean[N](argmax[K](z) == label) */
    dense_softmax_real row2[8];
    for (size_t i = 0; i < N; i++) {
        row2[i] = (dense_softmax_real)(most2[i] == label[i]);
    }
    const double acc4 = nnrt_sum_f32(row2, N);
    const dense_softmax_real sum4 = (dense_softmax_real)acc4;
    out->right = sum4 / (dense_softmax_real)N;
    return DENSE_SOFTMAX_OK;
}

dense_softmax_status dense_softmax_grad(const dense_softmax_params *p, const dense_softmax_inputs *in,
                                        dense_softmax_outputs *out, dense_softmax_params *g,
                                        dense_softmax_work *w)
{
    if (!p || !in || !out || !g || !w) return DENSE_SOFTMAX_E_NULL;
    if (in->N < 1 || in->N > 8) return DENSE_SOFTMAX_E_DIM;
    if (!in->x) return DENSE_SOFTMAX_E_NULL;
    if (!in->label) return DENSE_SOFTMAX_E_NULL;
    for (size_t i = 0; i < in->N; i++)
        if (in->label[i] < 0 || (size_t)in->label[i] >= 3) return DENSE_SOFTMAX_E_RANGE;
    const size_t N = in->N;
    dense_softmax_real *const prod1 = w->real; /* [N][3] */
    const dense_softmax_real *const x = in->x;
    dense_softmax_real *const z = w->real; /* [N][3] */
    dense_softmax_real *const t1 = w->real + 72; /* [N] */
    dense_softmax_real *const t3 = w->real + 24; /* [N][3] */
    const int32_t *const label = in->label;
    dense_softmax_real *const sum1 = w->real + 80; /* [N] */
    dense_softmax_real *const sum2 = w->real + 88; /* [N] */
    dense_softmax_real *const p_ = out->p ? out->p : w->real + 48; /* [N][3] */
    int32_t *const most2 = w->whole; /* [N] */
    dense_softmax_real *const d_z = w->real; /* [N][3] */
    /* z = x |> dense[K] as fc */
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 3; j++) {
            prod1[i * 3 + j] = 0;
        }
        for (size_t j = 0; j < 4; j++) {
            const dense_softmax_real x1 = x[i * 4 + j];
            for (size_t k = 0; k < 3; k++) {
                prod1[i * 3 + k] += x1 * p->fc.W[j][k];
            }
        }
    }
    /* loss nll = mean[N](cross_entropy[K](z, label)) */
    /* output p = softmax[K](z), right = mean[N](argmax[K](z) == label) */
    for (size_t i = 0; i < N; i++) {
        dense_softmax_real most1 = -INFINITY;
        for (size_t j = 0; j < 3; j++) {
            const dense_softmax_real z_i = prod1[i * 3 + j] + p->fc.b[j];
            z[i * 3 + j] = z_i;
            most1 = z_i > most1 || z_i != z_i ? z_i : most1;
        }
        const dense_softmax_real t1_i = (dense_softmax_real)(most1 == -INFINITY);
        t1[i] = t1_i;
        const dense_softmax_real t2 = t1_i != 0 ? 0.0f : most1;
        double acc1 = 0;
        double acc2 = 0;
        for (size_t j = 0; j < 3; j++) {
            const dense_softmax_real t6 = z[i * 3 + j] - t2;
            const dense_softmax_real t3_i = nnrt_exp_f32(t6);
            t3[i * 3 + j] = t3_i;
            acc1 += t3_i;
            acc2 += label[i] == (int32_t)j ? t6 : 0.0f;
        }
        const dense_softmax_real sum1_i = (dense_softmax_real)acc1;
        sum1[i] = sum1_i;
        sum2[i] = (dense_softmax_real)acc2;
        const dense_softmax_real t7 = sum1_i == 0.0f ? 1.0f : sum1_i;
        const dense_softmax_real t4 = 1.0f / t7;
        dense_softmax_real best2 = -INFINITY;
        int32_t best2_at = 0;
        for (size_t j = 0; j < 3; j++) {
            p_[i * 3 + j] = t3[i * 3 + j] * t4;
            const dense_softmax_real x3 = z[i * 3 + j];
            if (x3 > best2 || (x3 != x3 && best2 == best2)) {
                best2 = x3;
                best2_at = (int32_t)j;
            }
        }
        most2[i] = best2_at;
    }
    /* loss nll = mean[N](cross_entropy[K](z, label)) */
    dense_softmax_real row1[8];
    for (size_t i = 0; i < N; i++) {
        const dense_softmax_real x4 = sum1[i];
        const dense_softmax_real t7 = sum1[i] == 0.0f ? 1.0f : x4;
        const dense_softmax_real x5 = sum2[i];
        row1[i] = sum1[i] == 0.0f ? INFINITY : nnrt_log_f32(t7) - x5;
    }
    const double acc3 = nnrt_sum_f32(row1, N);
    const dense_softmax_real sum3 = (dense_softmax_real)acc3;
    out->nll = sum3 / (dense_softmax_real)N;
    /* output p = softmax[K](z), right = mean[N](argmax[K](z) == label) */
    dense_softmax_real row2[8];
    for (size_t i = 0; i < N; i++) {
        row2[i] = (dense_softmax_real)(most2[i] == label[i]);
    }
    const double acc4 = nnrt_sum_f32(row2, N);
    const dense_softmax_real sum4 = (dense_softmax_real)acc4;
    out->right = sum4 / (dense_softmax_real)N;
    /* gradient: loss nll = mean[N](cross_entropy[K](z, label)) */
    const dense_softmax_real t5 = 1.0f / (dense_softmax_real)N;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 3; j++) {
            const dense_softmax_real x6 = p_[i * 3 + j];
            const dense_softmax_real t8 = (dense_softmax_real)(label[i] == (int32_t)j);
            d_z[i * 3 + j] = t1[i] != 0 ? 0.0f : t5 * (x6 - t8);
        }
    }
    /* gradient: z = x |> dense[K] as fc */
    double acc5[3] = {0};
    for (size_t j = 0; j < N; j++) {
        for (size_t i = 0; i < 3; i++) {
            acc5[i] += d_z[j * 3 + i];
        }
    }
    for (size_t i = 0; i < 3; i++) {
        g->fc.b[i] = (dense_softmax_real)acc5[i];
    }
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            g->fc.W[i][j] = 0;
        }
        for (size_t j = 0; j < N; j++) {
            const dense_softmax_real x7 = x[j * 4 + i];
            for (size_t k = 0; k < 3; k++) {
                g->fc.W[i][k] += x7 * d_z[j * 3 + k];
            }
        }
    }
    return DENSE_SOFTMAX_OK;
}

dense_softmax_status dense_softmax_step(dense_softmax_params *p, dense_softmax_opt *o,
                                        const dense_softmax_inputs *in, dense_softmax_outputs *out,
                                        dense_softmax_work *w)
{
    if (!p || !o || !in || !out || !w) return DENSE_SOFTMAX_E_NULL;
    if (in->N < 1 || in->N > 8) return DENSE_SOFTMAX_E_DIM;
    if (!in->x) return DENSE_SOFTMAX_E_NULL;
    if (!in->label) return DENSE_SOFTMAX_E_NULL;
    for (size_t i = 0; i < in->N; i++)
        if (in->label[i] < 0 || (size_t)in->label[i] >= 3) return DENSE_SOFTMAX_E_RANGE;
    const size_t N = in->N;
    dense_softmax_real *const prod1 = w->real; /* [N][3] */
    const dense_softmax_real *const x = in->x;
    dense_softmax_real *const z = w->real; /* [N][3] */
    dense_softmax_real *const t1 = w->real + 72; /* [N] */
    dense_softmax_real *const t3 = w->real + 24; /* [N][3] */
    const int32_t *const label = in->label;
    dense_softmax_real *const sum1 = w->real + 80; /* [N] */
    dense_softmax_real *const sum2 = w->real + 88; /* [N] */
    dense_softmax_real *const p_ = out->p ? out->p : w->real + 48; /* [N][3] */
    int32_t *const most2 = w->whole; /* [N] */
    dense_softmax_real *const d_z = w->real; /* [N][3] */
    dense_softmax_real *const d_fc_W = w->real + 24; /* [4][3] */
    /* z = x |> dense[K] as fc */
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 3; j++) {
            prod1[i * 3 + j] = 0;
        }
        for (size_t j = 0; j < 4; j++) {
            const dense_softmax_real x1 = x[i * 4 + j];
            for (size_t k = 0; k < 3; k++) {
                prod1[i * 3 + k] += x1 * p->fc.W[j][k];
            }
        }
    }
    /* loss nll = mean[N](cross_entropy[K](z, label)) */
    /* output p = softmax[K](z), right = mean[N](argmax[K](z) == label) */
    for (size_t i = 0; i < N; i++) {
        dense_softmax_real most1 = -INFINITY;
        for (size_t j = 0; j < 3; j++) {
            const dense_softmax_real z_i = prod1[i * 3 + j] + p->fc.b[j];
            z[i * 3 + j] = z_i;
            most1 = z_i > most1 || z_i != z_i ? z_i : most1;
        }
        const dense_softmax_real t1_i = (dense_softmax_real)(most1 == -INFINITY);
        t1[i] = t1_i;
        const dense_softmax_real t2 = t1_i != 0 ? 0.0f : most1;
        double acc1 = 0;
        double acc2 = 0;
        for (size_t j = 0; j < 3; j++) {
            const dense_softmax_real t8 = z[i * 3 + j] - t2;
            const dense_softmax_real t3_i = nnrt_exp_f32(t8);
            t3[i * 3 + j] = t3_i;
            acc1 += t3_i;
            acc2 += label[i] == (int32_t)j ? t8 : 0.0f;
        }
        const dense_softmax_real sum1_i = (dense_softmax_real)acc1;
        sum1[i] = sum1_i;
        sum2[i] = (dense_softmax_real)acc2;
        const dense_softmax_real t9 = sum1_i == 0.0f ? 1.0f : sum1_i;
        const dense_softmax_real t4 = 1.0f / t9;
        dense_softmax_real best2 = -INFINITY;
        int32_t best2_at = 0;
        for (size_t j = 0; j < 3; j++) {
            p_[i * 3 + j] = t3[i * 3 + j] * t4;
            const dense_softmax_real x3 = z[i * 3 + j];
            if (x3 > best2 || (x3 != x3 && best2 == best2)) {
                best2 = x3;
                best2_at = (int32_t)j;
            }
        }
        most2[i] = best2_at;
    }
    /* loss nll = mean[N](cross_entropy[K](z, label)) */
    dense_softmax_real row1[8];
    for (size_t i = 0; i < N; i++) {
        const dense_softmax_real x4 = sum1[i];
        const dense_softmax_real t9 = sum1[i] == 0.0f ? 1.0f : x4;
        const dense_softmax_real x5 = sum2[i];
        row1[i] = sum1[i] == 0.0f ? INFINITY : nnrt_log_f32(t9) - x5;
    }
    const double acc3 = nnrt_sum_f32(row1, N);
    const dense_softmax_real sum3 = (dense_softmax_real)acc3;
    out->nll = sum3 / (dense_softmax_real)N;
    /* output p = softmax[K](z), right = mean[N](argmax[K](z) == label) */
    dense_softmax_real row2[8];
    for (size_t i = 0; i < N; i++) {
        row2[i] = (dense_softmax_real)(most2[i] == label[i]);
    }
    const double acc4 = nnrt_sum_f32(row2, N);
    const dense_softmax_real sum4 = (dense_softmax_real)acc4;
    out->right = sum4 / (dense_softmax_real)N;
    /* gradient: loss nll = mean[N](cross_entropy[K](z, label)) */
    const dense_softmax_real t5 = 1.0f / (dense_softmax_real)N;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 3; j++) {
            const dense_softmax_real x6 = p_[i * 3 + j];
            const dense_softmax_real t10 = (dense_softmax_real)(label[i] == (int32_t)j);
            d_z[i * 3 + j] = t1[i] != 0 ? 0.0f : t5 * (x6 - t10);
        }
    }
    /* gradient: z = x |> dense[K] as fc */
    /* update: train momentum(lr = 0.1) */
    double acc5[3] = {0};
    for (size_t j = 0; j < N; j++) {
        for (size_t i = 0; i < 3; i++) {
            acc5[i] += d_z[j * 3 + i];
        }
    }
    for (size_t i = 0; i < 3; i++) {
        const dense_softmax_real d_fc_b = (dense_softmax_real)acc5[i];
        const dense_softmax_real t7 = o->mu * o->v.fc.b[i] + d_fc_b;
        o->v.fc.b[i] = t7;
        p->fc.b[i] = p->fc.b[i] - o->lr * t7;
    }
    /* gradient: z = x |> dense[K] as fc */
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            d_fc_W[i * 3 + j] = 0;
        }
        for (size_t j = 0; j < N; j++) {
            const dense_softmax_real x7 = x[j * 4 + i];
            for (size_t k = 0; k < 3; k++) {
                d_fc_W[i * 3 + k] += x7 * d_z[j * 3 + k];
            }
        }
    }
    /* update: train momentum(lr = 0.1) */
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            const dense_softmax_real t6 = o->mu * o->v.fc.W[i][j] + d_fc_W[i * 3 + j];
            o->v.fc.W[i][j] = t6;
            p->fc.W[i][j] = p->fc.W[i][j] - o->lr * t6;
        }
    }
    o->t++;
    return DENSE_SOFTMAX_OK;
}
