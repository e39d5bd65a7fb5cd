/* short_rows: made by nngen, not by hand. See short_rows.h for what it does and how to use it. */
#include "short_rows.h"

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

/* 1 / (1 + e), where e is a power of two and that times what exp(-x) is more or less than it: added last, as little is
 * rounded then. Both of the ratio are divided by 2^32: e would be too large where the result is denormal. */
NNRT_INLINE float nnrt_sigmoid_f32(float x)
{
    const float y = nnrt_choose_f32(x > 60.0f, 60.0f, x);
    float z, p = nnrt_exp_core_f32(-nnrt_choose_f32(y < -104.5f, -104.5f, y), &z), two;
    two = nnrt_of_bits_f32((nnrt_bits_f32(z) << 23) + 0x2f800000u);
    return 0x1p-32f / ((two * p + 0x1p-32f) + two);
}


size_t short_rows_work_size(void)
{
    return sizeof(short_rows_work);
}

short_rows_status short_rows_init(short_rows_params *p, uint64_t seed)
{
    if (!p) return SHORT_ROWS_E_NULL;
    const uint64_t stream_1 = nnrt_stream(seed, 0x5adde1dbc2f4450du);
    const uint64_t stream_2 = nnrt_stream(seed, 0x3ae335d56afc21f1u);
    /* param x[6, 10] = normal(0, 1) */
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 10; j++) {
            const short_rows_real t1 = sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_1, i * 10 + j))) * nnrt_cos_f32(6.2831855f * nnrt_uniform(stream_2, i * 10 + j));
            p->x[i][j] = 0.0f + t1;
        }
    }
    /* param b[10] = zeros */
    for (size_t i = 0; i < 10; i++) {
        p->b[i] = 0.0f;
    }
    return SHORT_ROWS_OK;
}

short_rows_status short_rows_forward(const short_rows_params *p, const short_rows_inputs *in,
                                     short_rows_outputs *out, short_rows_work *w)
{
    (void)in;
    if (!p || !out || !w) return SHORT_ROWS_E_NULL;
    short_rows_real *const h = w->real; /* [6][10] */
    /* h = sigmoid(x + b) */
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 10; j++) {
            h[i * 10 + j] = p->x[i][j] + p->b[j];
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
    (void)in;
    if (!p || !out || !g || !w) return SHORT_ROWS_E_NULL;
    short_rows_real *const h = w->real; /* [6][10] */
    short_rows_real *const t1 = w->real + 60; /* [6][10] */
    /* h = sigmoid(x + b) */
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 10; j++) {
            h[i * 10 + j] = p->x[i][j] + p->b[j];
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
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 10; j++) {
            const short_rows_real d_h = h[i * 10 + 9 - j] + t1[i * 10 + j];
            g->x[i][j] = d_h * (h[i * 10 + j] * (1.0f - h[i * 10 + j]));
        }
    }
    double acc2[10] = {0};
    for (size_t j = 0; j < 6; j++) {
        for (size_t i = 0; i < 10; i++) {
            acc2[i] += g->x[j][i];
        }
    }
    for (size_t i = 0; i < 10; i++) {
        g->b[i] = (short_rows_real)acc2[i];
    }
    return SHORT_ROWS_OK;
}
