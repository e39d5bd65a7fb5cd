/* initial_values_in_place: made by nngen, not by hand. See initial_values_in_place.h for what it does and how to use it. */
#include "initial_values_in_place.h"

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

/* The same in single precision; dot products add up in double. */
static void nnrt_orthonormal_f32(size_t rows, size_t cols, const float *x, float *y)
{
    size_t count = rows < cols ? rows : cols, length = rows < cols ? cols : rows;
    size_t next = rows < cols ? cols : 1, step = rows < cols ? 1 : cols;
    for (size_t i = 0; i < rows * cols; i++) y[i] = x[i];
    for (size_t j = 0; j < count; j++) {
        float *v = y + j * next;
        double s;
        for (size_t k = 0; k < 2 * j; k++) {
            const float *q = y + k % j * next;
            s = 0;
            for (size_t i = 0; i < length; i++) s += (double)q[i * step] * (double)v[i * step];
            for (size_t i = 0; i < length; i++) v[i * step] = (float)((double)v[i * step] - s * (double)q[i * step]);
        }
        s = 0;
        for (size_t i = 0; i < length; i++) s += (double)v[i * step] * (double)v[i * step];
        s = sqrt(s);
        for (size_t i = 0; s > 0 && i < length; i++) v[i * step] = (float)((double)v[i * step] / s);
    }
}


size_t initial_values_in_place_work_size(void)
{
    return sizeof(initial_values_in_place_work);
}

initial_values_in_place_status initial_values_in_place_init(initial_values_in_place_params *p, uint64_t seed)
{
    if (!p) return INITIAL_VALUES_IN_PLACE_E_NULL;
    const uint64_t stream_1 = nnrt_stream(seed, 0x1bc5376eab3ed1b4u);
    const uint64_t stream_2 = nnrt_stream(seed, 0x7bca8b65c0b5f546u);
    const uint64_t stream_3 = nnrt_stream(seed, 0x2f292e35f48e9cc6u);
    const uint64_t stream_4 = nnrt_stream(seed, 0x4f23da3a9ae37814u);
    /* param V[3, 3] = orthogonal() */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            const initial_values_in_place_real t1 = sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_1, i * 3 + j))) * nnrt_cos_f32(6.2831855f * nnrt_uniform(stream_2, i * 3 + j));
            p->V[i][j] = 0.0f + t1;
        }
    }
    nnrt_orthonormal_f32(3, 3, &p->V[0][0], &p->V[0][0]);
    /* param U[3, 4] = orthogonal() * 2 */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            const initial_values_in_place_real t2 = sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_3, i * 4 + j))) * nnrt_cos_f32(6.2831855f * nnrt_uniform(stream_4, i * 4 + j));
            p->U[i][j] = 0.0f + t2;
        }
    }
    nnrt_orthonormal_f32(3, 4, &p->U[0][0], &p->U[0][0]);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            p->U[i][j] = p->U[i][j] * 2.0f;
        }
    }
    return INITIAL_VALUES_IN_PLACE_OK;
}

initial_values_in_place_status initial_values_in_place_forward(const initial_values_in_place_params *p,
                                                               const initial_values_in_place_inputs *in,
                                                               initial_values_in_place_outputs *out,
                                                               initial_values_in_place_work *w)
{
    (void)in;
    (void)w;
    if (!p || !out) return INITIAL_VALUES_IN_PLACE_E_NULL;
    /* loss l = sum(V ** 3) + sum(U ** 3) */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            acc1 += p->V[i][j] * (p->V[i][j] * p->V[i][j]);
        }
    }
    const initial_values_in_place_real sum1 = (initial_values_in_place_real)acc1;
    double acc2 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            acc2 += p->U[i][j] * (p->U[i][j] * p->U[i][j]);
        }
    }
    const initial_values_in_place_real sum2 = (initial_values_in_place_real)acc2;
    out->l = sum1 + sum2;
    return INITIAL_VALUES_IN_PLACE_OK;
}

initial_values_in_place_status initial_values_in_place_grad(const initial_values_in_place_params *p,
                                                            const initial_values_in_place_inputs *in,
                                                            initial_values_in_place_outputs *out,
                                                            initial_values_in_place_params *g,
                                                            initial_values_in_place_work *w)
{
    (void)in;
    (void)w;
    if (!p || !out || !g) return INITIAL_VALUES_IN_PLACE_E_NULL;
    /* loss l = sum(V ** 3) + sum(U ** 3) */
    /* gradient: param V[3, 3] = orthogonal() */
    double acc1 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            const initial_values_in_place_real t1 = p->V[i][j] * p->V[i][j];
            acc1 += p->V[i][j] * t1;
            g->V[i][j] = t1 + t1 + t1;
        }
    }
    const initial_values_in_place_real sum1 = (initial_values_in_place_real)acc1;
    /* loss l = sum(V ** 3) + sum(U ** 3) */
    double acc2 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            const initial_values_in_place_real t2 = p->U[i][j] * p->U[i][j];
            acc2 += p->U[i][j] * t2;
        }
    }
    const initial_values_in_place_real sum2 = (initial_values_in_place_real)acc2;
    out->l = sum1 + sum2;
    /* gradient: param U[3, 4] = orthogonal() * 2 */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            const initial_values_in_place_real t2 = p->U[i][j] * p->U[i][j];
            g->U[i][j] = t2 + t2 + t2;
        }
    }
    return INITIAL_VALUES_IN_PLACE_OK;
}
