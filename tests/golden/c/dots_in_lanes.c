/* dots_in_lanes: made by nngen, not by hand. See dots_in_lanes.h for what it does and how to use it. */
#include "dots_in_lanes.h"

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


size_t dots_in_lanes_work_size(void)
{
    return sizeof(dots_in_lanes_work);
}

dots_in_lanes_status dots_in_lanes_init(dots_in_lanes_params *p, uint64_t seed)
{
    if (!p) return DOTS_IN_LANES_E_NULL;
    const uint64_t stream_1 = nnrt_stream(seed, 0x15c87ba3d37b5693u);
    const uint64_t stream_2 = nnrt_stream(seed, 0x35c327ae7d777547u);
    /* param W[2, 40] = normal(0, 1) */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 40; j++) {
            const dots_in_lanes_real t1 = sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_1, i * 40 + j))) * cosf(6.2831855f * nnrt_uniform(stream_2, i * 40 + j));
            p->W[i][j] = 0.0f + t1;
        }
    }
    return DOTS_IN_LANES_OK;
}

dots_in_lanes_status dots_in_lanes_forward(const dots_in_lanes_params *p, const dots_in_lanes_inputs *in,
                                           dots_in_lanes_outputs *out, dots_in_lanes_work *w)
{
    if (!p || !in || !out || !w) return DOTS_IN_LANES_E_NULL;
    if (in->N < 1 || in->N > 100) return DOTS_IN_LANES_E_DIM;
    if (!in->x) return DOTS_IN_LANES_E_NULL;
    const size_t N = in->N;
    dots_in_lanes_real *const y = w->real; /* [2][2] */
    const dots_in_lanes_real *const x = in->x;
    /* y = W @ W.T */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            dots_in_lanes_real acc2[16] = {0};
            for (size_t k = 0; k < 32; k += 16) {
                for (size_t l = 0; l < 16; l++) {
                    acc2[l] += p->W[i][k + l] * p->W[j][k + l];
                }
            }
            for (size_t k = 32; k < 40; k++) {
                acc2[0] += p->W[i][k] * p->W[j][k];
            }
            dots_in_lanes_real acc1 = 0;
            for (size_t k = 0; k < 16; k++) acc1 += acc2[k];
            y[i * 2 + j] = acc1;
        }
    }
    /* loss e = x @ x + sum(y**2) */
    dots_in_lanes_real acc3[16] = {0};
    for (size_t i = 0; i < N / 16 * 16; i += 16) {
        for (size_t j = 0; j < 16; j++) {
            acc3[j] += x[i + j] * x[i + j];
        }
    }
    for (size_t i = N / 16 * 16; i < N; i++) {
        acc3[0] += x[i] * x[i];
    }
    dots_in_lanes_real prod1 = 0;
    for (size_t i = 0; i < 16; i++) prod1 += acc3[i];
    double acc4 = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc4 += y[i * 2 + j] * y[i * 2 + j];
        }
    }
    const dots_in_lanes_real sum1 = (dots_in_lanes_real)acc4;
    out->e = prod1 + sum1;
    return DOTS_IN_LANES_OK;
}

dots_in_lanes_status dots_in_lanes_grad(const dots_in_lanes_params *p, const dots_in_lanes_inputs *in,
                                        dots_in_lanes_outputs *out, dots_in_lanes_params *g,
                                        dots_in_lanes_work *w)
{
    if (!p || !in || !out || !g || !w) return DOTS_IN_LANES_E_NULL;
    if (in->N < 1 || in->N > 100) return DOTS_IN_LANES_E_DIM;
    if (!in->x) return DOTS_IN_LANES_E_NULL;
    const size_t N = in->N;
    dots_in_lanes_real *const y = w->real + 160; /* [2][2] */
    const dots_in_lanes_real *const x = in->x;
    dots_in_lanes_real *const d_y = w->real + 160; /* [2][2] */
    dots_in_lanes_real *const prod2 = w->real; /* [2][40] */
    dots_in_lanes_real *const prod3 = w->real + 80; /* [40][2] */
    /* y = W @ W.T */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            dots_in_lanes_real acc2[16] = {0};
            for (size_t k = 0; k < 32; k += 16) {
                for (size_t l = 0; l < 16; l++) {
                    acc2[l] += p->W[i][k + l] * p->W[j][k + l];
                }
            }
            for (size_t k = 32; k < 40; k++) {
                acc2[0] += p->W[i][k] * p->W[j][k];
            }
            dots_in_lanes_real acc1 = 0;
            for (size_t k = 0; k < 16; k++) acc1 += acc2[k];
            y[i * 2 + j] = acc1;
        }
    }
    /* loss e = x @ x + sum(y**2) */
    dots_in_lanes_real acc3[16] = {0};
    for (size_t i = 0; i < N / 16 * 16; i += 16) {
        for (size_t j = 0; j < 16; j++) {
            acc3[j] += x[i + j] * x[i + j];
        }
    }
    for (size_t i = N / 16 * 16; i < N; i++) {
        acc3[0] += x[i] * x[i];
    }
    dots_in_lanes_real prod1 = 0;
    for (size_t i = 0; i < 16; i++) prod1 += acc3[i];
    double acc4 = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc4 += y[i * 2 + j] * y[i * 2 + j];
        }
    }
    const dots_in_lanes_real sum1 = (dots_in_lanes_real)acc4;
    out->e = prod1 + sum1;
    /* gradient: loss e = x @ x + sum(y**2) */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            d_y[i * 2 + j] = y[i * 2 + j] + y[i * 2 + j];
        }
    }
    if (out->d_x) {
        for (size_t i = 0; i < N; i++) {
            out->d_x[i] = x[i] + x[i];
        }
    }
    /* gradient: y = W @ W.T */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 40; j++) {
            prod2[i * 40 + j] = 0;
        }
        for (size_t j = 0; j < 2; j++) {
            const dots_in_lanes_real x1 = d_y[i * 2 + j];
            for (size_t k = 0; k < 40; k++) {
                prod2[i * 40 + k] += x1 * p->W[j][k];
            }
        }
    }
    for (size_t i = 0; i < 40; i++) {
        for (size_t j = 0; j < 2; j++) {
            prod3[i * 2 + j] = 0;
        }
        for (size_t j = 0; j < 2; j++) {
            const dots_in_lanes_real x2 = p->W[j][i];
            for (size_t k = 0; k < 2; k++) {
                prod3[i * 2 + k] += x2 * d_y[j * 2 + k];
            }
        }
    }
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 40; j++) {
            g->W[i][j] = prod2[i * 40 + j] + prod3[j * 2 + i];
        }
    }
    return DOTS_IN_LANES_OK;
}
