/* nobodys_zeros: made by nngen, not by hand. See nobodys_zeros.h for what it does and how to use it. */
#include "nobodys_zeros.h"

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

/* yes ? a : b */
NNRT_INLINE float nnrt_choose_f32(uint32_t yes, float a, float b)
{
    const uint32_t mask = 0u - yes;
    return nnrt_of_bits_f32((nnrt_bits_f32(a) & mask) | (nnrt_bits_f32(b) & ~mask));
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

/* x >= 0 with the sign of y. */
NNRT_INLINE float nnrt_signed_f32(float x, float y)
{
    return nnrt_of_bits_f32(nnrt_bits_f32(x) | (nnrt_bits_f32(y) & 0x80000000u));
}

/* 1 - 2 / (exp(2 |x|) + 1), or a polynomial where that would cancel. */
NNRT_INLINE float nnrt_tanh_f32(float x)
{
    const float a = nnrt_of_bits_f32(nnrt_bits_f32(x) & 0x7fffffffu), c = nnrt_choose_f32(a > 10.0f, 10.0f, a), s = x * x;
    float z, e, far, p = -5.70498872745e-3f;
    p = p * s + 2.06390887954e-2f;
    p = p * s - 5.37397155531e-2f;
    p = p * s + 1.33314422036e-1f;
    p = p * s - 3.33332819422e-1f;
    e = nnrt_exp_core_f32(c + c, &z) + 1.0f;
    e = e * nnrt_of_bits_f32((nnrt_bits_f32(z) << 23) + 0x3f800000u);
    far = 1.0f - 2.0f / (e + 1.0f);
    return nnrt_signed_f32(nnrt_choose_f32(a < 0.625f, a + a * s * p, far), x);
}


size_t nobodys_zeros_work_size(void)
{
    return sizeof(nobodys_zeros_work);
}

nobodys_zeros_status nobodys_zeros_init(nobodys_zeros_params *p, uint64_t seed)
{
    if (!p) return NOBODYS_ZEROS_E_NULL;
    const uint64_t stream_1 = nnrt_stream(seed, 0x35a42129b898ef1eu);
    const uint64_t stream_2 = nnrt_stream(seed, 0x559ecd36c719cb6cu);
    /* param a[B, B] = normal(0, 1), unused[B, B] = zeros */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            const nobodys_zeros_real unused_new = 0.0f;
            p->unused[i][j] = unused_new;
            const nobodys_zeros_real t1 = sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_1, i * 3 + j))) * nnrt_cos_f32(6.2831855f * nnrt_uniform(stream_2, i * 3 + j));
            p->a[i][j] = unused_new + t1;
        }
    }
    return NOBODYS_ZEROS_OK;
}

nobodys_zeros_status nobodys_zeros_forward(const nobodys_zeros_params *p, const nobodys_zeros_inputs *in,
                                           nobodys_zeros_outputs *out, nobodys_zeros_work *w)
{
    if (!p || !in || !out || !w) return NOBODYS_ZEROS_E_NULL;
    if (!in->x) return NOBODYS_ZEROS_E_NULL;
    if (!in->m) return NOBODYS_ZEROS_E_NULL;
    nobodys_zeros_real *const prod1 = w->real; /* [3][3] */
    const nobodys_zeros_real *const x = in->x;
    const nobodys_zeros_real *const m = in->m;
    /* y = tanh(where(m > 0, x @ a, -2)) */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            prod1[i * 3 + j] = 0;
        }
        for (size_t j = 0; j < 3; j++) {
            const nobodys_zeros_real x1 = x[i * 3 + j];
            for (size_t k = 0; k < 3; k++) {
                prod1[i * 3 + k] += x1 * p->a[j][k];
            }
        }
    }
    /* loss total = mean(y ** 2) */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            const nobodys_zeros_real x2 = prod1[i * 3 + j];
            const nobodys_zeros_real y = nnrt_tanh_f32(0.0f < m[i * 3 + j] ? x2 : -2.0f);
            acc1 += y * y;
        }
    }
    const nobodys_zeros_real sum1 = (nobodys_zeros_real)acc1;
    out->total = sum1 / 9.0f;
    return NOBODYS_ZEROS_OK;
}

nobodys_zeros_status nobodys_zeros_grad(const nobodys_zeros_params *p, const nobodys_zeros_inputs *in,
                                        nobodys_zeros_outputs *out, nobodys_zeros_params *g,
                                        nobodys_zeros_work *w)
{
    if (!p || !in || !out || !g || !w) return NOBODYS_ZEROS_E_NULL;
    if (!in->x) return NOBODYS_ZEROS_E_NULL;
    if (!in->m) return NOBODYS_ZEROS_E_NULL;
    nobodys_zeros_real *const prod1 = w->real; /* [3][3] */
    const nobodys_zeros_real *const x = in->x;
    const nobodys_zeros_real *const m = in->m;
    nobodys_zeros_real *const y = w->real; /* [3][3] */
    nobodys_zeros_real *const t1 = w->real; /* [3][3] */
    /* param a[B, B] = normal(0, 1), unused[B, B] = zeros */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            g->unused[i][j] = 0.0f;
        }
    }
    /* y = tanh(where(m > 0, x @ a, -2)) */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            prod1[i * 3 + j] = 0;
        }
        for (size_t j = 0; j < 3; j++) {
            const nobodys_zeros_real x1 = x[i * 3 + j];
            for (size_t k = 0; k < 3; k++) {
                prod1[i * 3 + k] += x1 * p->a[j][k];
            }
        }
    }
    /* loss total = mean(y ** 2) */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            const nobodys_zeros_real x2 = prod1[i * 3 + j];
            const nobodys_zeros_real y_i = nnrt_tanh_f32(g->unused[i][j] < m[i * 3 + j] ? x2 : -2.0f);
            y[i * 3 + j] = y_i;
            const nobodys_zeros_real t2 = y_i * y_i;
            acc1 += t2;
        }
    }
    const nobodys_zeros_real sum1 = (nobodys_zeros_real)acc1;
    out->total = sum1 / 9.0f;
    /* gradient: y = tanh(where(m > 0, x @ a, -2)) */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            const nobodys_zeros_real t3 = 0.11111111f * y[i * 3 + j];
            const nobodys_zeros_real d_y = t3 + t3;
            const nobodys_zeros_real t2 = y[i * 3 + j] * y[i * 3 + j];
            const nobodys_zeros_real x3 = g->unused[i][j];
            t1[i * 3 + j] = g->unused[i][j] < m[i * 3 + j] ? d_y * (1.0f - t2) : x3;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            g->a[i][j] = 0;
        }
        for (size_t j = 0; j < 3; j++) {
            const nobodys_zeros_real x4 = x[j * 3 + i];
            for (size_t k = 0; k < 3; k++) {
                g->a[i][k] += x4 * t1[j * 3 + k];
            }
        }
    }
    return NOBODYS_ZEROS_OK;
}
