/* Sine, cosine and tangent, at most 2 ulp off, in the manner of elementary.h. An angle is taken modulo a quarter of a turn
 * by subtracting multiples of pi/2 in parts, which is right up to 2^20. Beyond that, where a table of 2/pi would be needed,
 * libm is asked; lest each element be a branch, a stretch of a row without such an angle goes another way than one with it.
 * So these are functions of rows, in place, and give each element what they give it alone. */
#ifndef NNRT_ANGLES_H
#define NNRT_ANGLES_H

#include <math.h>
#include <stddef.h>

#include "runtime/kernels/elementary.h"

/*@ nnrt_far_f32 needs nnrt_bits_f32 */
/* Larger than 2^20, or no number. */
NNRT_INLINE uint32_t nnrt_far_f32(float x)
{
    return (nnrt_bits_f32(x) & 0x7fffffffu) > 0x49800000u;
}

/*@ nnrt_far_f64 needs nnrt_bits_f64 nnrt_wide */
NNRT_INLINE uint64_t nnrt_far_f64(double x)
{
    return !NNRT_WIDE | ((nnrt_bits_f64(x) & 0x7fffffffffffffffu) > 0x4130000000000000u);
}

/*@ nnrt_quarters_f32 needs nnrt_bits_f64 */
/* x less n quarters of a turn, where n is in the low bits of *whole. */
NNRT_INLINE double nnrt_quarters_f32(float angle, double *whole)
{
    const double x = (double)angle, w = x * 0x1.45f306dc9c883p-1 + 0x1.8p+52, n = w - 0x1.8p+52;
    *whole = w;
    return (x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34;
}

/*@ nnrt_sine_f32 needs nnrt_quarters_f32 nnrt_choose_f32 nnrt_alike_f32 */
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

/*@ nnrt_near_sin_f32 needs nnrt_sine_f32 */
NNRT_INLINE float nnrt_near_sin_f32(float x)
{
    return nnrt_sine_f32(x, 0);
}

/*@ nnrt_near_cos_f32 needs nnrt_sine_f32 */
NNRT_INLINE float nnrt_near_cos_f32(float x)
{
    return nnrt_sine_f32(x, 1);
}

/*@ nnrt_near_tan_f32 needs nnrt_quarters_f32 nnrt_choose_f64 nnrt_alike_f32 */
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

/*@ nnrt_quarters_f64 needs nnrt_bits_f64 */
/* The same; what *low says is to be added. The parts of pi/2 but the last have 33 bits, so that n times them is exact. */
NNRT_INLINE double nnrt_quarters_f64(double x, double *whole, double *low)
{
    const double w = x * 0x1.45f306dc9c883p-1 + 0x1.8p+52, n = w - 0x1.8p+52;
    const double a = x - n * 0x1.921fb544p+0, b = n * 0x1.0b4611a6p-34, high = a - b, back = high - a;
    const double lost = ((a - (high - back)) - (b + back)) - n * 0x1.3198a2ep-69, most = high + lost;
    const double rest = ((high - most) + lost) - n * 0x1.b839a252049c1p-104, y = most + rest;
    *whole = w;
    *low = (most - y) + rest;
    return y;
}

/*@ nnrt_half_sine_f64 needs nnrt_inline */
/* The sine of r + low, for |r| of at most an eighth of a turn, and what rounding it lost. */
NNRT_INLINE double nnrt_half_sine_f64(double r, double low, double *rest)
{
    const double s = r * r;
    double v = s * r, p = 1.58969099521155010221e-10;
    p = p * s - 2.50507602534068634195e-8;
    p = p * s + 2.75573137070700676789e-6;
    p = p * s - 1.98412698298579493134e-4;
    p = p * s + 8.33333333332248946124e-3;
    p = (s * (0.5 * low - v * p) - low) - v * -1.66666666666666324348e-1;
    v = r - p;
    *rest = (r - v) - p;
    return v;
}

/*@ nnrt_half_cosine_f64 needs nnrt_inline */
NNRT_INLINE double nnrt_half_cosine_f64(double r, double low, double *rest)
{
    const double s = r * r, h = 0.5 * s, w = 1.0 - h;
    double y, p = -1.13596475577881948265e-11;
    p = p * s + 2.08757232129817482790e-9;
    p = p * s - 2.75573143513906633035e-7;
    p = p * s + 2.48015872894767294178e-5;
    p = p * s - 1.38888888888741095749e-3;
    p = p * s + 4.16666666666666019037e-2;
    p = ((1.0 - w) - h) + (s * s * p - r * low);
    y = w + p;
    *rest = (w - y) + p;
    return y;
}

/*@ nnrt_sine_f64 needs nnrt_quarters_f64 nnrt_half_sine_f64 nnrt_half_cosine_f64 nnrt_choose_f64 */
NNRT_INLINE double nnrt_sine_f64(double x, uint64_t more)
{
    double whole, low, rest, y;
    const double r = nnrt_quarters_f64(x, &whole, &low);
    const double s = nnrt_choose_f64(x == 0.0, x, nnrt_half_sine_f64(r, low, &rest)), c = nnrt_half_cosine_f64(r, low, &rest);
    const uint64_t quarter = nnrt_bits_f64(whole) + more;
    y = nnrt_choose_f64(quarter & 1u, c, s);
    return nnrt_of_bits_f64(nnrt_bits_f64(y) ^ (quarter & 2u) << 62);
}

/*@ nnrt_near_sin_f64 needs nnrt_sine_f64 */
NNRT_INLINE double nnrt_near_sin_f64(double x)
{
    return nnrt_sine_f64(x, 0);
}

/*@ nnrt_near_cos_f64 needs nnrt_sine_f64 */
NNRT_INLINE double nnrt_near_cos_f64(double x)
{
    return nnrt_sine_f64(x, 1);
}

/*@ nnrt_near_tan_f64 needs nnrt_quarters_f64 nnrt_half_sine_f64 nnrt_half_cosine_f64 nnrt_choose_f64 */
/* Sine by cosine, or the negative inverse; what rounding them lost is made up for. */
NNRT_INLINE double nnrt_near_tan_f64(double x)
{
    double whole, low, s_rest, c_rest, over, under, y;
    const double r = nnrt_quarters_f64(x, &whole, &low);
    const double s = nnrt_half_sine_f64(r, low, &s_rest), c = nnrt_half_cosine_f64(r, low, &c_rest);
    const uint64_t odd = nnrt_bits_f64(whole) & 1u;
    over = nnrt_choose_f64(odd, -c, s);
    under = nnrt_choose_f64(odd, s, c);
    y = over / under;
    y += (nnrt_choose_f64(odd, -c_rest, s_rest) - y * nnrt_choose_f64(odd, s_rest, c_rest)) / under;
    return nnrt_choose_f64(x == 0.0, x, y);
}

/*@ nnrt_angles */
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

/*@ nnrt_angle */
#define NNRT_ANGLE(real, type, name, far_one)                                                                          \
    NNRT_INLINE real nnrt_##name##_##type(real x)                                                                      \
    {                                                                                                                  \
        return nnrt_far_##type(x) ? far_one(x) : nnrt_near_##name##_##type(x);                                         \
    }

/*@ nnrt_sin_f32 needs nnrt_angle nnrt_far_f32 nnrt_near_sin_f32 */
NNRT_ANGLE(float, f32, sin, sinf)

/*@ nnrt_sin_row_f32 needs nnrt_angles nnrt_sin_f32 */
NNRT_ANGLES(float, uint32_t, f32, sin)

/*@ nnrt_cos_f32 needs nnrt_angle nnrt_far_f32 nnrt_near_cos_f32 */
NNRT_ANGLE(float, f32, cos, cosf)

/*@ nnrt_cos_row_f32 needs nnrt_angles nnrt_cos_f32 */
NNRT_ANGLES(float, uint32_t, f32, cos)

/*@ nnrt_tan_f32 needs nnrt_angle nnrt_far_f32 nnrt_near_tan_f32 */
NNRT_ANGLE(float, f32, tan, tanf)

/*@ nnrt_tan_row_f32 needs nnrt_angles nnrt_tan_f32 */
NNRT_ANGLES(float, uint32_t, f32, tan)

/*@ nnrt_sin_f64 needs nnrt_angle nnrt_far_f64 nnrt_near_sin_f64 */
NNRT_ANGLE(double, f64, sin, sin)

/*@ nnrt_sin_row_f64 needs nnrt_angles nnrt_sin_f64 */
NNRT_ANGLES(double, uint64_t, f64, sin)

/*@ nnrt_cos_f64 needs nnrt_angle nnrt_far_f64 nnrt_near_cos_f64 */
NNRT_ANGLE(double, f64, cos, cos)

/*@ nnrt_cos_row_f64 needs nnrt_angles nnrt_cos_f64 */
NNRT_ANGLES(double, uint64_t, f64, cos)

/*@ nnrt_tan_f64 needs nnrt_angle nnrt_far_f64 nnrt_near_tan_f64 */
NNRT_ANGLE(double, f64, tan, tan)

/*@ nnrt_tan_row_f64 needs nnrt_angles nnrt_tan_f64 */
NNRT_ANGLES(double, uint64_t, f64, tan)

/*@ end */
#endif
