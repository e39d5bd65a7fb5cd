/* Elementary functions, at most 2 ulp off, without branches: a loop over them becomes vector code, which calls of libm
 * do not. Choices are masks of bits, since emitted files forbid gcc to make loops of conditional parts; rounding to whole
 * is adding 1.5 * 2^23 or 1.5 * 2^52, which leaves the whole number in the low bits. None of it needs fused
 * multiply-adds, or minds them. -ffast-math breaks it. Always carried inside, never in the library. */
#ifndef NNRT_ELEMENTARY_H
#define NNRT_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

/*@ nnrt_inline */
#ifndef NNRT_INLINE
#ifdef __GNUC__
#define NNRT_INLINE static inline __attribute__((always_inline, unused))
#else
#define NNRT_INLINE static inline
#endif
#endif

/*@ nnrt_wide */
/* Whether vectors are so wide that long functions of double numbers are worth it; else libm's are faster. */
#ifndef NNRT_WIDE
#ifdef __AVX2__
#define NNRT_WIDE 1
#else
#define NNRT_WIDE 0
#endif
#endif

/*@ nnrt_bits_f32 needs nnrt_inline */
NNRT_INLINE uint32_t nnrt_bits_f32(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

/*@ nnrt_of_bits_f32 needs nnrt_inline */
NNRT_INLINE float nnrt_of_bits_f32(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/*@ nnrt_choose_f32 needs nnrt_bits_f32 nnrt_of_bits_f32 */
/* yes ? a : b */
NNRT_INLINE float nnrt_choose_f32(uint32_t yes, float a, float b)
{
    const uint32_t mask = 0u - yes;
    return nnrt_of_bits_f32((nnrt_bits_f32(a) & mask) | (nnrt_bits_f32(b) & ~mask));
}

/*@ nnrt_signed_f32 needs nnrt_bits_f32 nnrt_of_bits_f32 */
/* x >= 0 with the sign of y. */
NNRT_INLINE float nnrt_signed_f32(float x, float y)
{
    return nnrt_of_bits_f32(nnrt_bits_f32(x) | (nnrt_bits_f32(y) & 0x80000000u));
}

/*@ nnrt_exp_core_f32 needs nnrt_inline */
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

/*@ nnrt_exp_to_f32 needs nnrt_exp_core_f32 nnrt_choose_f32 */
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

/*@ nnrt_exp_f32 needs nnrt_exp_to_f32 */
NNRT_INLINE float nnrt_exp_f32(float x)
{
    return nnrt_exp_to_f32(nnrt_choose_f32(x > 89.0f, 89.0f, x));
}

/*@ nnrt_sigmoid_f32 needs nnrt_exp_core_f32 nnrt_choose_f32 */
/* 1 / (1 + e), where e is a power of two and that times what exp(-x) is more or less than it: added last, as little is
 * rounded then. Both of the ratio are divided by 2^32: e would be too large where the result is denormal. */
NNRT_INLINE float nnrt_sigmoid_f32(float x)
{
    const float y = nnrt_choose_f32(x > 60.0f, 60.0f, x);
    float z, p = nnrt_exp_core_f32(-nnrt_choose_f32(y < -104.5f, -104.5f, y), &z), two;
    two = nnrt_of_bits_f32((nnrt_bits_f32(z) << 23) + 0x2f800000u);
    return 0x1p-32f / ((two * p + 0x1p-32f) + two);
}

/*@ nnrt_tanh_f32 needs nnrt_exp_core_f32 nnrt_choose_f32 nnrt_signed_f32 */
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

/*@ nnrt_alike_f32 needs nnrt_bits_f32 nnrt_of_bits_f32 */
/* y, the sign of which is x's unless y is 0. */
NNRT_INLINE float nnrt_alike_f32(float y, float x)
{
    return nnrt_of_bits_f32(nnrt_bits_f32(y) | (nnrt_bits_f32(x) & 0x80000000u));
}

/*@ nnrt_expm1_f32 needs nnrt_exp_core_f32 nnrt_choose_f32 nnrt_signed_f32 */
/* Half the power of two: the whole one may be too large. */
NNRT_INLINE float nnrt_expm1_f32(float x)
{
    float z, p, half, c = nnrt_choose_f32(x > 89.0f, 89.0f, x);
    c = nnrt_choose_f32(c < -20.0f, -20.0f, c);
    p = nnrt_exp_core_f32(c, &z);
    half = nnrt_of_bits_f32((nnrt_bits_f32(z) << 23) + 0x3f000000u);
    return nnrt_signed_f32((half * p + (half - 0.5f)) * 2.0f, x);
}

/*@ nnrt_log_core_f32 needs nnrt_bits_f32 nnrt_of_bits_f32 */
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

/*@ nnrt_log_ends_f32 needs nnrt_choose_f32 */
/* y, or what a logarithm is where x is 0, infinite, negative or no number. */
NNRT_INLINE float nnrt_log_ends_f32(float x, float y)
{
    const float most = nnrt_of_bits_f32(0x7f800000u);
    const float end = nnrt_choose_f32(x == most, x, nnrt_choose_f32(x == 0.0f, -most, nnrt_of_bits_f32(0x7fc00000u)));
    return nnrt_choose_f32((uint32_t)(x > 0.0f) & (uint32_t)(x < most), y, end);
}

/*@ nnrt_log_f32 needs nnrt_log_core_f32 nnrt_log_ends_f32 */
NNRT_INLINE float nnrt_log_f32(float x)
{
    const uint32_t small = x < 0x1p-126f;
    float k, y = nnrt_log_core_f32(nnrt_choose_f32(small, x * 0x1p23f, x), &k);
    k -= nnrt_choose_f32(small, 23.0f, 0.0f);
    return nnrt_log_ends_f32(x, k * 0x1.63p-1f + (y + k * -0x1.bd0106p-13f));
}

/*@ nnrt_log2_f32 needs nnrt_log_core_f32 nnrt_log_ends_f32 */
/* The factor 1 / log(2) is in two parts, the first of which multiplies exactly what is left of y's bits. */
NNRT_INLINE float nnrt_log2_f32(float x)
{
    const uint32_t small = x < 0x1p-126f;
    float k, y = nnrt_log_core_f32(nnrt_choose_f32(small, x * 0x1p23f, x), &k);
    const float high = nnrt_of_bits_f32(nnrt_bits_f32(y) & 0xfffff000u), low = y - high;
    k -= nnrt_choose_f32(small, 23.0f, 0.0f);
    return nnrt_log_ends_f32(x, k + (high * 0x1.714p+0f + (low * 0x1.714p+0f + y * 0x1.47652cp-12f)));
}

/*@ nnrt_log1p_f32 needs nnrt_log_core_f32 nnrt_log_ends_f32 nnrt_alike_f32 */
/* What 1 + x rounds off is made up for. */
NNRT_INLINE float nnrt_log1p_f32(float x)
{
    const float u = 1.0f + x, low = nnrt_choose_f32(x > 1.0f, 1.0f - (u - x), x - (u - 1.0f));
    float k, y = nnrt_log_core_f32(u, &k);
    y = k * 0x1.63p-1f + (y + (k * -0x1.bd0106p-13f + low / u));
    return nnrt_log_ends_f32(u, nnrt_alike_f32(y, x));
}

/*@ nnrt_erf_f32 needs nnrt_exp_f32 nnrt_signed_f32 */
/* After N. Juffa: an odd polynomial, and farther out 1 less the exponential of another. */
NNRT_INLINE float nnrt_erf_f32(float x)
{
    const float a = nnrt_of_bits_f32(nnrt_bits_f32(x) & 0x7fffffffu), s = x * x, c = nnrt_choose_f32(a > 4.0f, 4.0f, a);
    float p = -5.96761703e-4f, q = -1.72853470e-5f, r;
    p = p * s + 4.99119423e-3f;
    p = p * s - 2.67681349e-2f;
    p = p * s + 1.12819925e-1f;
    p = p * s - 3.76125336e-1f;
    p = p * s + 1.28379166e-1f;
    q = q * c + 3.83197126e-4f;
    r = -3.88396438e-3f * c + 2.42546219e-2f;
    q = q * (c * c) + r;
    q = q * c - 1.06777877e-1f;
    q = q * c - 6.34846687e-1f;
    q = q * c - 1.28717512e-1f;
    q = q * c - c;
    return nnrt_signed_f32(nnrt_choose_f32(a < 0.927734375f, a + a * p, 1.0f - nnrt_exp_f32(q)), x);
}

/*@ nnrt_bits_f64 needs nnrt_inline */
NNRT_INLINE uint64_t nnrt_bits_f64(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

/*@ nnrt_of_bits_f64 needs nnrt_inline */
NNRT_INLINE double nnrt_of_bits_f64(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/*@ nnrt_choose_f64 needs nnrt_bits_f64 nnrt_of_bits_f64 */
/* yes ? a : b */
NNRT_INLINE double nnrt_choose_f64(uint64_t yes, double a, double b)
{
    const uint64_t mask = 0u - yes;
    return nnrt_of_bits_f64((nnrt_bits_f64(a) & mask) | (nnrt_bits_f64(b) & ~mask));
}

/*@ nnrt_signed_f64 needs nnrt_bits_f64 nnrt_of_bits_f64 */
/* x >= 0 with the sign of y. */
NNRT_INLINE double nnrt_signed_f64(double x, double y)
{
    return nnrt_of_bits_f64(nnrt_bits_f64(x) | (nnrt_bits_f64(y) & 0x8000000000000000u));
}

/*@ nnrt_exp_core_f64 needs nnrt_inline */
/* exp(x) - 1 less its power of two: x = n * log(2) + r, and *z is n + 1.5 * 2^52. */
NNRT_INLINE double nnrt_exp_core_f64(double x, double *z)
{
    const double whole = x * 1.4426950408889634 + 0x1.8p+52, n = whole - 0x1.8p+52;
    const double high = x - n * 0x1.62e42feep-1, r = high - n * 0x1.a39ef35793c76p-33;
    const double s = r * r;
    double odd = 1.6059043836821613e-10, even = 2.08767569878681e-09; /* 1 / k!; two chains are shorter than one */
    odd = odd * s + 2.505210838544172e-08;
    even = even * s + 2.755731922398589e-07;
    odd = odd * s + 2.7557319223985893e-06;
    even = even * s + 2.48015873015873e-05;
    odd = odd * s + 1.984126984126984e-04;
    even = even * s + 1.388888888888889e-03;
    odd = odd * s + 8.333333333333333e-03;
    even = even * s + 4.1666666666666664e-02;
    odd = odd * s + 1.6666666666666666e-01;
    even = even * s + 0.5;
    *z = whole;
    return r + s * (odd * r + even);
}

/*@ nnrt_exp_to_f64 needs nnrt_exp_core_f64 nnrt_choose_f64 */
/* Of no more than 710. The power of two comes in two halves, so that results may be denormal. */
NNRT_INLINE double nnrt_exp_to_f64(double x)
{
    double z, p;
    uint64_t n, half;
    p = nnrt_exp_core_f64(nnrt_choose_f64(x < -746.0, -746.0, x), &z) + 1.0;
    n = nnrt_bits_f64(z) - 0x4338000000000000u + 2046u;
    half = n >> 1;
    return p * nnrt_of_bits_f64(half << 52) * nnrt_of_bits_f64((n - half) << 52);
}

/*@ nnrt_exp_f64 needs nnrt_exp_to_f64 */
NNRT_INLINE double nnrt_exp_f64(double x)
{
    return nnrt_exp_to_f64(nnrt_choose_f64(x > 710.0, 710.0, x));
}

/*@ nnrt_sigmoid_f64 needs nnrt_exp_to_f64 */
/* Of -|x|; what 1 + e rounds off is made up for. */
NNRT_INLINE double nnrt_sigmoid_f64(double x)
{
    const uint64_t u = nnrt_bits_f64(x);
    const double e = nnrt_exp_to_f64(nnrt_of_bits_f64(u | 0x8000000000000000u)), d = 1.0 + e, low = e - (d - 1.0);
    const double q = nnrt_choose_f64(u >> 63, e, 1.0) / d;
    return q - q * (low * (1.0 - 0.5 * e));
}

/*@ nnrt_tanh_f64 needs nnrt_exp_core_f64 nnrt_choose_f64 nnrt_signed_f64 */
/* 1 - 2 / (exp(2 |x|) + 1), or a ratio of polynomials where that would cancel: one division for both. */
NNRT_INLINE double nnrt_tanh_f64(double x)
{
    const double a = nnrt_of_bits_f64(nnrt_bits_f64(x) & 0x7fffffffffffffffu), c = nnrt_choose_f64(a > 20.0, 20.0, a);
    const double s = c * c;
    const uint64_t near = a < 0.625;
    double z, e, over, under;
    e = nnrt_exp_core_f64(c + c, &z) + 1.0;
    e = e * nnrt_of_bits_f64((nnrt_bits_f64(z) << 52) + 0x3ff0000000000000u);
    over = ((-9.64399179425052238628e-1 * s - 9.92877231001918586564e1) * s - 1.61468768441708447952e3) * s * c;
    under = ((s + 1.12811678491632931402e2) * s + 2.23548839060100448583e3) * s + 4.84406305325125486048e3;
    over = nnrt_choose_f64(near, over, -2.0) / nnrt_choose_f64(near, under, e + 1.0);
    return nnrt_signed_f64(nnrt_choose_f64(near, c, 1.0) + over, x);
}

/*@ nnrt_alike_f64 needs nnrt_bits_f64 nnrt_of_bits_f64 */
/* y, the sign of which is x's unless y is 0. */
NNRT_INLINE double nnrt_alike_f64(double y, double x)
{
    return nnrt_of_bits_f64(nnrt_bits_f64(y) | (nnrt_bits_f64(x) & 0x8000000000000000u));
}

/*@ nnrt_expm1_f64 needs nnrt_exp_core_f64 nnrt_choose_f64 nnrt_signed_f64 */
/* Half the power of two: the whole one may be too large. */
NNRT_INLINE double nnrt_expm1_f64(double x)
{
    double z, p, half, c = nnrt_choose_f64(x > 710.0, 710.0, x);
    c = nnrt_choose_f64(c < -50.0, -50.0, c);
    p = nnrt_exp_core_f64(c, &z);
    half = nnrt_of_bits_f64((nnrt_bits_f64(z) << 52) + 0x3fe0000000000000u);
    return nnrt_signed_f64((half * p + (half - 0.5)) * 2.0, x);
}

/*@ nnrt_log_core_f64 needs nnrt_bits_f64 nnrt_of_bits_f64 */
/* log(m), where x = 2^k * m is normal and positive and m is about 1: the series of atanh(f / (2 + f)). */
NNRT_INLINE double nnrt_log_core_f64(double x, double *k)
{
    const uint64_t u = nnrt_bits_f64(x) + 0x00095f619980c433u; /* 1 less the square root of 1/2 */
    const double f = nnrt_of_bits_f64((u & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0, s = f / (2.0 + f);
    const double half = 0.5 * f * f, z = s * s, w = z * z;
    double odd = 1.479819860511658591e-01, even = 1.531383769920937332e-01;
    odd = odd * w + 1.818357216161805012e-01;
    even = even * w + 2.222219843214978396e-01;
    odd = odd * w + 2.857142874366239149e-01;
    even = even * w + 3.999999999940941908e-01;
    odd = odd * w + 6.666666666666735130e-01;
    *k = nnrt_of_bits_f64((u >> 52) | 0x4330000000000000u) - 0x1.00000000003ffp+52;
    return f - (half - s * (half + (odd * z + even * w)));
}

/*@ nnrt_log_ends_f64 needs nnrt_choose_f64 */
/* y, or what a logarithm is where x is 0, infinite, negative or no number. */
NNRT_INLINE double nnrt_log_ends_f64(double x, double y)
{
    const double most = nnrt_of_bits_f64(0x7ff0000000000000u), none = nnrt_of_bits_f64(0x7ff8000000000000u);
    const double end = nnrt_choose_f64(x == most, x, nnrt_choose_f64(x == 0.0, -most, none));
    return nnrt_choose_f64((uint64_t)(x > 0.0) & (uint64_t)(x < most), y, end);
}

/*@ nnrt_log_f64 needs nnrt_log_core_f64 nnrt_log_ends_f64 */
NNRT_INLINE double nnrt_log_f64(double x)
{
    const uint64_t small = x < 0x1p-1022;
    double k, y = nnrt_log_core_f64(nnrt_choose_f64(small, x * 0x1p52, x), &k);
    k -= nnrt_choose_f64(small, 52.0, 0.0);
    return nnrt_log_ends_f64(x, k * 0x1.62e42feep-1 + (y + k * 0x1.a39ef35793c76p-33));
}

/*@ nnrt_log2_f64 needs nnrt_log_core_f64 nnrt_log_ends_f64 */
/* The factor 1 / log(2) is in two parts, the first of which multiplies exactly what is left of y's bits. */
NNRT_INLINE double nnrt_log2_f64(double x)
{
    const uint64_t small = x < 0x1p-1022;
    double k, y = nnrt_log_core_f64(nnrt_choose_f64(small, x * 0x1p52, x), &k);
    const double high = nnrt_of_bits_f64(nnrt_bits_f64(y) & 0xfffffffff8000000u), low = y - high;
    k -= nnrt_choose_f64(small, 52.0, 0.0);
    return nnrt_log_ends_f64(x, k + (high * 0x1.715476p+0 + (low * 0x1.715476p+0 + y * 0x1.4ae0bf85ddf44p-26)));
}

/*@ nnrt_log1p_f64 needs nnrt_log_core_f64 nnrt_log_ends_f64 nnrt_alike_f64 */
/* What 1 + x rounds off is made up for. */
NNRT_INLINE double nnrt_log1p_f64(double x)
{
    const double u = 1.0 + x, low = nnrt_choose_f64(x > 1.0, 1.0 - (u - x), x - (u - 1.0));
    double k, y = nnrt_log_core_f64(u, &k);
    y = k * 0x1.62e42feep-1 + (y + (k * 0x1.a39ef35793c76p-33 + low / u));
    return nnrt_log_ends_f64(u, nnrt_alike_f64(y, x));
}

/*@ nnrt_erf_f64 needs nnrt_exp_f64 nnrt_signed_f64 */
/* An odd polynomial, and from 1 on 1 less the exponential of another. */
NNRT_INLINE double nnrt_erf_f64(double x)
{
    const double a = nnrt_of_bits_f64(nnrt_bits_f64(x) & 0x7fffffffffffffffu), s = x * x;
    const double c = nnrt_choose_f64(a > 5.95, 5.95, a);
    double p = -7.7794629717580019e-10, q = -1.5079200910750293e-12;
    p = p * s + 1.3710988704188445e-08;
    p = p * s - 1.6206318752968687e-07;
    p = p * s + 1.6447132699786545e-06;
    p = p * s - 1.4924712439534808e-05;
    p = p * s + 1.205529358693695e-04;
    p = p * s - 8.5483259297662443e-04;
    p = p * s + 5.223977606130842e-03;
    p = p * s - 2.6866170643113415e-02;
    p = p * s + 1.12837916709442e-01;
    p = p * s - 3.7612638903183521e-01;
    p = p * s + 1.2837916709551256e-01;
    q = q * c + 6.7014028578795912e-11;
    q = q * c - 1.3944450100879272e-09;
    q = q * c + 1.8040336826200476e-08;
    q = q * c - 1.6231704435277724e-07;
    q = q * c + 1.0740817282195302e-06;
    q = q * c - 5.3676846844004147e-06;
    q = q * c + 2.0292387040223484e-05;
    q = q * c - 5.5883316736194808e-05;
    q = q * c + 9.5164701951422606e-05;
    q = q * c - 4.489806023412214e-07;
    q = q * c - 5.7533188604059072e-04;
    q = q * c + 1.6932749675113914e-03;
    q = q * c - 2.1253740037684369e-04;
    q = q * c - 1.9124689227617023e-02;
    q = q * c + 1.0277072258337382e-01;
    q = q * c + 6.3662027710441227e-01;
    q = q * c + 1.1283791082089347;
    return nnrt_signed_f64(nnrt_choose_f64(a < 1.0, a + a * p, 1.0 - nnrt_exp_f64(-(q * c))), x);
}

/*@ nnrt_erfc_f32 needs nnrt_exp_core_f64 nnrt_choose_f64 */
/* exp(-x^2) times a polynomial in 1 / (|x| + 3), in double precision, where nothing of x^2 is lost. */
NNRT_INLINE float nnrt_erfc_f32(float x)
{
    const double y = (double)x, b = nnrt_of_bits_f64(nnrt_bits_f64(y) & 0x7fffffffffffffffu);
    const double a = nnrt_choose_f64(b > 11.0, 11.0, b), t = 1.0 / (a + 3.0);
    double z, e, p = 3284.7182798065191;
    p = p * t - 5740.6066914163584;
    p = p * t + 3507.2039959050007;
    p = p * t - 961.4044999018754;
    p = p * t + 293.1979723671318;
    p = p * t - 0.2948038150445616;
    p = p * t + 15.544071569757403;
    p = p * t + 4.6298221108618032;
    p = p * t + 1.6981255796906058;
    p = p * t + 0.56410799757990859;
    e = nnrt_exp_core_f64(-(a * a), &z) + 1.0;
    e = e * nnrt_of_bits_f64((nnrt_bits_f64(z) << 52) + 0x3ff0000000000000u) * (p * t);
    return (float)nnrt_choose_f64(y < 0.0, 2.0 - e, e);
}

/*@ end */
#endif
