/* functions_of_rows: made by nngen, not by hand. See functions_of_rows.h for what it does and how to use it. */
#include "functions_of_rows.h"

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

/* One function for each: rows are many. */
#ifdef __GNUC__
#define NNRT_OF_ROWS static __attribute__((noinline, unused))
#else
#define NNRT_OF_ROWS static inline
#endif
#define NNRT_ANGLES(real, mask, type, name)                                                                            \
    NNRT_OF_ROWS void nnrt_##name##_row_##type(real *x, size_t n)                                                          \
    {                                                                                                                  \
        for (size_t part; n; x += part, n -= part) {                                                                   \
            mask far = 0;                                                                                              \
            part = n < 256 ? n : 256;                                                                                  \
            for (size_t i = 0; i < part; i++) far |= nnrt_far_##type(x[i]);                                            \
            if (far)                                                                                                   \
                for (size_t i = 0; i < part; i++) x[i] = nnrt_##name##_##type(x[i]);                                   \
            else                                                                                                       \
                for (size_t i = 0; i < part; i++) x[i] = nnrt_near_##name##_##type(x[i]);                              \
        }                                                                                                              \
    }

#define NNRT_ANGLE(real, type, name, far_one)                                                                          \
    NNRT_INLINE real nnrt_##name##_##type(real x)                                                                      \
    {                                                                                                                  \
        return nnrt_far_##type(x) ? far_one(x) : nnrt_near_##name##_##type(x);                                         \
    }

NNRT_INLINE uint32_t nnrt_bits_f32(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
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

NNRT_INLINE float nnrt_near_sin_f32(float x)
{
    return nnrt_sine_f32(x, 0);
}

NNRT_ANGLE(float, f32, sin, sinf)

NNRT_ANGLES(float, uint32_t, f32, sin)

NNRT_INLINE float nnrt_near_cos_f32(float x)
{
    return nnrt_sine_f32(x, 1);
}

NNRT_ANGLE(float, f32, cos, cosf)

NNRT_ANGLES(float, uint32_t, f32, cos)

NNRT_INLINE double nnrt_of_bits_f64(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* yes ? a : b */
NNRT_INLINE double nnrt_choose_f64(uint64_t yes, double a, double b)
{
    const uint64_t mask = 0u - yes;
    return nnrt_of_bits_f64((nnrt_bits_f64(a) & mask) | (nnrt_bits_f64(b) & ~mask));
}

/* In double precision: t, or -1 / t in odd quarters. */
NNRT_INLINE float nnrt_near_tan_f32(float x)
{
    double whole, t;
    const double r = nnrt_quarters_f32(x, &whole), s = r * r;
    const uint64_t odd = nnrt_bits_f64(whole) & 1u;
    double p = 9.46564784943673166728e-3;
    p = p * s + 2.97435743359967304927e-3;
    p = p * s + 2.45283181166547278873e-2;
    p = p * s + 5.33812378445670393523e-2;
    p = p * s + 1.33392002712976742718e-1;
    p = p * s + 3.33331395030791399758e-1;
    t = r + r * s * p;
    t = nnrt_choose_f64(odd, -1.0, t) / nnrt_choose_f64(odd, t, 1.0);
    return nnrt_of_bits_f32(nnrt_bits_f32((float)t) | (nnrt_bits_f32(x) & (0u - (uint32_t)(x == 0.0f))));
}

NNRT_ANGLE(float, f32, tan, tanf)

NNRT_ANGLES(float, uint32_t, f32, tan)


size_t functions_of_rows_work_size(void)
{
    return sizeof(functions_of_rows_work);
}

functions_of_rows_status functions_of_rows_init(functions_of_rows_params *p, uint64_t seed)
{
    if (!p) return FUNCTIONS_OF_ROWS_E_NULL;
    const uint64_t stream_1 = nnrt_stream(seed, 0x4fbdf771a5b84c56u);
    /* param w[4, 5] = uniform(0, 1) */
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 5; j++) {
            p->w[i][j] = 0.0f + nnrt_uniform(stream_1, i * 5 + j);
        }
    }
    return FUNCTIONS_OF_ROWS_OK;
}

functions_of_rows_status functions_of_rows_forward(const functions_of_rows_params *p,
                                                   const functions_of_rows_inputs *in,
                                                   functions_of_rows_outputs *out, functions_of_rows_work *w)
{
    if (!p || !in || !out || !w) return FUNCTIONS_OF_ROWS_E_NULL;
    if (in->N < 1 || in->N > 300) return FUNCTIONS_OF_ROWS_E_DIM;
    if (!in->x) return FUNCTIONS_OF_ROWS_E_NULL;
    const size_t N = in->N;
    const functions_of_rows_real *const x = in->x;
    functions_of_rows_real *const t1 = w->real; /* [N][20] */
    functions_of_rows_real *const t2 = w->real + 6000; /* [N][20] */
    functions_of_rows_real *const t3 = w->real; /* [4][5] */
    /* loss e = sum(x * sin(cos(x))) + sum(tan(w)) + abs(x[0, 0]) ** 1.7 */
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 20; j++) {
            t1[i * 20 + j] = x[i * 20 + j];
        }
        nnrt_cos_row_f32(&t1[i * 20], 20);
        for (size_t j = 0; j < 20; j++) {
            t2[i * 20 + j] = t1[i * 20 + j];
        }
        nnrt_sin_row_f32(&t2[i * 20], 20);
    }
    double acc1 = 0;
    for (size_t i = 0; i < N; i++) {
        functions_of_rows_real row1[20];
        for (size_t j = 0; j < 20; j++) {
            row1[j] = x[i * 20 + j] * t2[i * 20 + j];
        }
        acc1 += nnrt_sum_f32(row1, 20);
    }
    const functions_of_rows_real sum1 = (functions_of_rows_real)acc1;
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 5; j++) {
            t3[i * 5 + j] = p->w[i][j];
        }
    }
    nnrt_tan_row_f32(&t3[0], 20);
    double acc2 = 0;
    for (size_t i = 0; i < 4; i++) {
        acc2 += nnrt_sum_f32(&t3[i * 5], 5);
    }
    const functions_of_rows_real sum2 = (functions_of_rows_real)acc2;
    out->e = sum1 + sum2 + powf(fabsf(x[0]), 1.7f);
    return FUNCTIONS_OF_ROWS_OK;
}

functions_of_rows_status functions_of_rows_grad(const functions_of_rows_params *p,
                                                const functions_of_rows_inputs *in,
                                                functions_of_rows_outputs *out, functions_of_rows_params *g,
                                                functions_of_rows_work *w)
{
    if (!p || !in || !out || !g || !w) return FUNCTIONS_OF_ROWS_E_NULL;
    if (in->N < 1 || in->N > 300) return FUNCTIONS_OF_ROWS_E_DIM;
    if (!in->x) return FUNCTIONS_OF_ROWS_E_NULL;
    const size_t N = in->N;
    const functions_of_rows_real *const x = in->x;
    functions_of_rows_real *const t1 = w->real; /* [N][20] */
    functions_of_rows_real *const t2 = w->real + 6000; /* [N][20] */
    functions_of_rows_real *const t3 = w->real; /* [4][5] */
    /* loss e = sum(x * sin(cos(x))) + sum(tan(w)) + abs(x[0, 0]) ** 1.7 */
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 20; j++) {
            t1[i * 20 + j] = x[i * 20 + j];
        }
        nnrt_cos_row_f32(&t1[i * 20], 20);
        for (size_t j = 0; j < 20; j++) {
            t2[i * 20 + j] = t1[i * 20 + j];
        }
        nnrt_sin_row_f32(&t2[i * 20], 20);
    }
    double acc1 = 0;
    for (size_t i = 0; i < N; i++) {
        functions_of_rows_real row1[20];
        for (size_t j = 0; j < 20; j++) {
            row1[j] = x[i * 20 + j] * t2[i * 20 + j];
        }
        acc1 += nnrt_sum_f32(row1, 20);
    }
    const functions_of_rows_real sum1 = (functions_of_rows_real)acc1;
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 5; j++) {
            t3[i * 5 + j] = p->w[i][j];
        }
    }
    nnrt_tan_row_f32(&t3[0], 20);
    double acc2 = 0;
    for (size_t i = 0; i < 4; i++) {
        acc2 += nnrt_sum_f32(&t3[i * 5], 5);
    }
    const functions_of_rows_real sum2 = (functions_of_rows_real)acc2;
    out->e = sum1 + sum2 + powf(fabsf(x[0]), 1.7f);
    /* gradient: loss e = sum(x * sin(cos(x))) + sum(tan(w)) + abs(x[0, 0]) ** 1.7 */
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 5; j++) {
            g->w[i][j] = 1.0f + t3[i * 5 + j] * t3[i * 5 + j];
        }
    }
    return FUNCTIONS_OF_ROWS_OK;
}
