/* loop_of_a_body: made by nngen, not by hand. See loop_of_a_body.h for what it does and how to use it. */
#include "loop_of_a_body.h"

#include <math.h>
#include <string.h>

#ifndef NNRT_INLINE
#ifdef __GNUC__
#define NNRT_INLINE static inline __attribute__((always_inline, unused))
#else
#define NNRT_INLINE static inline
#endif
#endif

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


static const loop_of_a_body_real loop_of_a_body_table1[4] = {
    0.5f, -0.25f, 1.0f, 0.75f,
};

size_t loop_of_a_body_work_size(void)
{
    return sizeof(loop_of_a_body_work);
}

loop_of_a_body_status loop_of_a_body_init(loop_of_a_body_params *p, uint64_t seed)
{
    (void)seed;
    if (!p) return LOOP_OF_A_BODY_E_NULL;
    /* param W[H, H] = [[0.5, -0.25], [1, 0.75]] */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            p->W[i][j] = loop_of_a_body_table1[i * 2 + j];
        }
    }
    return LOOP_OF_A_BODY_OK;
}

loop_of_a_body_status loop_of_a_body_forward(const loop_of_a_body_params *p, const loop_of_a_body_inputs *in,
                                             loop_of_a_body_outputs *out, loop_of_a_body_work *w)
{
    if (!p || !in || !out || !w) return LOOP_OF_A_BODY_E_NULL;
    if (!in->x) return LOOP_OF_A_BODY_E_NULL;
    loop_of_a_body_real *const h = w->real + 16; /* [2][2] */
    const loop_of_a_body_real *const x = in->x;
    loop_of_a_body_real *const hs = out->hs ? out->hs : w->real; /* [3][2][2] */
    /* for t in T carry h = zeros[N, H] collect hs { */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            h[i * 2 + j] = 0.0f;
        }
    }
    for (size_t t = 0; t < 3; t++) {
        loop_of_a_body_real *const prod1 = w->real + 12; /* [2][2] */
        const loop_of_a_body_real *const x_t = &x[t * 4];
        loop_of_a_body_real *const hs_t = &hs[t * 4];
        /* h = tanh(x[t] + h @ W) */
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                prod1[i * 2 + j] = 0;
            }
            for (size_t j = 0; j < 2; j++) {
                const loop_of_a_body_real x1 = h[i * 2 + j];
                for (size_t k = 0; k < 2; k++) {
                    prod1[i * 2 + k] += x1 * p->W[j][k];
                }
            }
        }
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                const loop_of_a_body_real h_next = nnrt_tanh_f32(x_t[i * 2 + j] + prod1[i * 2 + j]);
                h[i * 2 + j] = h_next;
                hs_t[i * 2 + j] = h_next;
            }
        }
    }
    /* loss e = sum(h**2) */
    double acc1 = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc1 += h[i * 2 + j] * h[i * 2 + j];
        }
    }
    out->e = (loop_of_a_body_real)acc1;
    return LOOP_OF_A_BODY_OK;
}

loop_of_a_body_status loop_of_a_body_grad(const loop_of_a_body_params *p, const loop_of_a_body_inputs *in,
                                          loop_of_a_body_outputs *out, loop_of_a_body_params *g,
                                          loop_of_a_body_work *w)
{
    if (!p || !in || !out || !g || !w) return LOOP_OF_A_BODY_E_NULL;
    if (!in->x) return LOOP_OF_A_BODY_E_NULL;
    loop_of_a_body_real *const h = w->real + 36; /* [2][2] */
    const loop_of_a_body_real *const x = in->x;
    loop_of_a_body_real *const hs = out->hs ? out->hs : w->real; /* [3][2][2] */
    loop_of_a_body_real *const h_rows = w->real + 12; /* [3][2][2] */
    loop_of_a_body_real *const d_x = out->d_x ? out->d_x : w->real + 24; /* [3][2][2] */
    /* for t in T carry h = zeros[N, H] collect hs { */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            h[i * 2 + j] = 0.0f;
        }
    }
    for (size_t t = 0; t < 3; t++) {
        loop_of_a_body_real *const prod1 = w->real + 24; /* [2][2] */
        const loop_of_a_body_real *const x_t = &x[t * 4];
        loop_of_a_body_real *const hs_t = &hs[t * 4];
        loop_of_a_body_real *const h_rows_t = &h_rows[t * 4];
        /* h = tanh(x[t] + h @ W) */
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                prod1[i * 2 + j] = 0;
            }
            for (size_t j = 0; j < 2; j++) {
                const loop_of_a_body_real x1 = h[i * 2 + j];
                for (size_t k = 0; k < 2; k++) {
                    prod1[i * 2 + k] += x1 * p->W[j][k];
                }
            }
        }
        /* for t in T carry h = zeros[N, H] collect hs { */
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                h_rows_t[i * 2 + j] = h[i * 2 + j];
            }
        }
        /* h = tanh(x[t] + h @ W) */
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                const loop_of_a_body_real h_next = nnrt_tanh_f32(x_t[i * 2 + j] + prod1[i * 2 + j]);
                h[i * 2 + j] = h_next;
                hs_t[i * 2 + j] = h_next;
            }
        }
    }
    /* loss e = sum(h**2) */
    double acc1 = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc1 += h[i * 2 + j] * h[i * 2 + j];
        }
    }
    out->e = (loop_of_a_body_real)acc1;
    /* gradient: for t in T carry h = zeros[N, H] collect hs { */
    loop_of_a_body_real *const d_h = w->real + 40;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            const loop_of_a_body_real d_h_ = h[i * 2 + j] + h[i * 2 + j];
            d_h[i * 2 + j] = d_h_;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            g->W[i][j] = 0.0f;
        }
    }
    for (size_t t = 3; t-- > 0;) {
        const loop_of_a_body_real *const hs_t = &hs[t * 4];
        const loop_of_a_body_real *const h_rows_t = &h_rows[t * 4];
        loop_of_a_body_real *const d_x_t = &d_x[t * 4];
        /* gradient: h = tanh(x[t] + h @ W) */
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                d_x_t[i * 2 + j] = d_h[i * 2 + j] * (1.0f - hs_t[i * 2 + j] * hs_t[i * 2 + j]);
            }
        }
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                const loop_of_a_body_real x2 = h_rows_t[j * 2 + i];
                for (size_t k = 0; k < 2; k++) {
                    g->W[i][k] += x2 * d_x_t[j * 2 + k];
                }
            }
        }
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                loop_of_a_body_real acc2 = 0;
                for (size_t k = 0; k < 2; k++) {
                    acc2 += d_x_t[i * 2 + k] * p->W[j][k];
                }
                d_h[i * 2 + j] = acc2;
            }
        }
    }
    return LOOP_OF_A_BODY_OK;
}
