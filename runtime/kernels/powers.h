/* Powers, in the manner of elementary.h: at most 2 ulp off, and what C99's Annex F says of zeros, infinities, negative bases
 * and what is no number. */
#ifndef NNRT_POWERS_H
#define NNRT_POWERS_H

#include <math.h>

#include "runtime/kernels/elementary.h"

/*@ nnrt_size_f64 needs nnrt_bits_f64 nnrt_of_bits_f64 */
NNRT_INLINE double nnrt_size_f64(double x)
{
    return nnrt_of_bits_f64(nnrt_bits_f64(x) & 0x7fffffffffffffffu);
}

/*@ nnrt_whole_f64 needs nnrt_choose_f64 */
/* x >= 0, rounded to a whole number. */
NNRT_INLINE double nnrt_whole_f64(double x)
{
    return nnrt_choose_f64(x < 0x1p+52, (x + 0x1p+52) - 0x1p+52, x);
}

/*@ nnrt_power_ends_f64 needs nnrt_size_f64 nnrt_whole_f64 nnrt_choose_f64 */
/* p, which is |x|^y where x is neither 0 nor infinite, or what x^y is else. Most of it is of y alone, which is most often
 * the same all along a loop. */
NNRT_INLINE double nnrt_power_ends_f64(double x, double y, double p)
{
    const double most = nnrt_of_bits_f64(0x7ff0000000000000u), none = nnrt_of_bits_f64(0x7ff8000000000000u);
    const double a = nnrt_size_f64(x), b = nnrt_size_f64(y), half = 0.5 * b;
    const double odd = nnrt_choose_f64(nnrt_whole_f64(half) == half, 0.0, nnrt_choose_f64(nnrt_whole_f64(b) == b, -0.0, 0.0));
    const double broken = nnrt_choose_f64(nnrt_whole_f64(b) == b, 0.0, none);
    double r = nnrt_choose_f64(x < 0.0, p + broken, p);
    r = nnrt_choose_f64(a == 0.0, nnrt_choose_f64(y < 0.0, most, 0.0), r);
    r = nnrt_choose_f64(a == most, nnrt_choose_f64(y < 0.0, 0.0, most), r);
    r = nnrt_of_bits_f64(nnrt_bits_f64(r) | (nnrt_bits_f64(x) & nnrt_bits_f64(odd)));
    r = nnrt_choose_f64(x != x, x, nnrt_choose_f64(y != y, y, r));
    return nnrt_choose_f64(y == 0.0, 1.0, nnrt_choose_f64(x == 1.0, 1.0, r));
}

/*@ nnrt_bounded_f64 needs nnrt_choose_f64 */
/* An exponent with which a base that is not 1 gives 0 or infinity, instead of a larger one. */
NNRT_INLINE double nnrt_bounded_f64(double y)
{
    const double z = nnrt_choose_f64(y > 0x1p+64, 0x1p+64, y);
    return nnrt_choose_f64(z < -0x1p+64, -0x1p+64, z);
}

/*@ nnrt_pow_f32 needs nnrt_power_ends_f64 nnrt_bounded_f64 nnrt_wide */
/* In double precision, as 2 to the power of y times the binary logarithm: the series of 2 atanh((m - 1) / (m + 1)) / log(2)
 * and of 2^f are as long as single precision wants them. */
NNRT_INLINE float nnrt_pow_f32(float base, float exponent)
{
#if NNRT_WIDE
    const double x = (double)base, y = nnrt_bounded_f64((double)exponent);
    const uint64_t u = nnrt_bits_f64(nnrt_size_f64(x)) + 0x00095f619980c433u; /* 1 less the square root of 1/2 */
    const double f = nnrt_of_bits_f64((u & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0, s = f / (2.0 + f), q = s * s;
    const double k = nnrt_of_bits_f64((u >> 52) | 0x4330000000000000u) - 0x1.00000000003ffp+52;
    double p = 0.2623081892525388, t, whole;
    p = p * q + 0.3205988979753252;
    p = p * q + 0.4121985831111324;
    p = p * q + 0.5770780163555853;
    p = p * q + 0.9617966939259756;
    p = p * q + 2.8853900817779268;
    t = y * (p * s + k);
    t = nnrt_choose_f64(t > 200.0, 200.0, t);
    t = nnrt_choose_f64(t < -200.0, -200.0, t);
    whole = t + 0x1.8p+52;
    t -= whole - 0x1.8p+52;
    p = 1.5252733804059838e-05;
    p = p * t + 0.00015403530393381606;
    p = p * t + 0.0013333558146428441;
    p = p * t + 0.009618129107628477;
    p = p * t + 0.055504108664821576;
    p = p * t + 0.2402265069591007;
    p = p * t + 0.6931471805599453;
    p = p * t + 1.0;
    p *= nnrt_of_bits_f64((nnrt_bits_f64(whole) << 52) + 0x3ff0000000000000u);
    return (float)nnrt_power_ends_f64(x, (double)exponent, p);
#else
    return powf(base, exponent);
#endif
}

/*@ nnrt_head_f64 needs nnrt_bits_f64 nnrt_of_bits_f64 */
/* The first 21 bits of it: two such multiply exactly. */
NNRT_INLINE double nnrt_head_f64(double x)
{
    return nnrt_of_bits_f64(nnrt_bits_f64(x) & 0xffffffff00000000u);
}

/*@ nnrt_log2_parts_f64 needs nnrt_head_f64 nnrt_choose_f64 */
/* The binary logarithm of x > 0, in two parts, after fdlibm's pow: of 2^k * m, where m is near c = 1 or 3/2, it is k,
 * log2(c) and the series of atanh((m - c) / (m + c)). */
NNRT_INLINE double nnrt_log2_parts_f64(double x, double *low)
{
    const uint64_t small = x < 0x1p-1022;
    const uint64_t u = nnrt_bits_f64(nnrt_choose_f64(small, x * 0x1p53, x)), digits = u & 0x000fffffffffffffu;
    const double one = nnrt_of_bits_f64(digits | 0x3ff0000000000000u), last = 0x1.bb67ap+0; /* about the root of 3 */
    const double m = nnrt_choose_f64(one >= last, 0.5 * one, one), middle = nnrt_choose_f64(one > 0x1.3988ep+0, 1.0, 0.0);
    const double upper = nnrt_choose_f64(one >= last, 0.0, middle), c = 1.0 + 0.5 * upper;
    const double over = m - c, v = 1.0 / (m + c), s = over * v;
    const double k = nnrt_of_bits_f64((u >> 52) | 0x4330000000000000u) - nnrt_choose_f64(small, 0x1.0000000000434p+52, 0x1.00000000003ffp+52) +
                     nnrt_choose_f64(one >= last, 1.0, 0.0);
    const double sh = nnrt_head_f64(s), uh = nnrt_head_f64(m + c), ul = m - (uh - c);
    const double sl = v * ((over - sh * uh) - sh * ul), q = s * s, qh = sh * sh;
    double r = 2.06975017800338417784e-1, t, tl, p, pl, z, zl;
    r = r * q + 2.30660745775561754067e-1;
    r = r * q + 2.72728123808534006489e-1;
    r = r * q + 3.33333329818377432918e-1;
    r = r * q + 4.28571428578550184252e-1;
    r = r * q + 5.99999999999994648725e-1;
    r = q * q * r + sl * (sh + s);
    t = nnrt_head_f64(3.0 + qh + r);
    tl = r - ((t - 3.0) - qh);
    z = sh * t;
    zl = sl * t + tl * s;
    p = nnrt_head_f64(z + zl);
    pl = zl - (p - z);
    z = 9.61796700954437255859e-1 * p;
    zl = -7.02846165095275826516e-9 * p + pl * 9.61796693925975554329e-1 + upper * 1.35003920212974897128e-8;
    t = upper * 5.84962487220764160156e-1;
    p = nnrt_head_f64(((z + zl) + t) + k);
    *low = zl - (((p - k) - t) - z);
    return p;
}

/*@ nnrt_exp2_parts_f64 needs nnrt_head_f64 nnrt_choose_f64 */
/* 2 to the power of x + low, after the same. */
NNRT_INLINE double nnrt_exp2_parts_f64(double x, double low)
{
    const double all = x + low;
    const double below = nnrt_choose_f64(all > 1030.0, 1030.0, x), high = nnrt_choose_f64(all < -1080.0, -1080.0, below);
    const double l = nnrt_choose_f64(high == x, low, 0.0), whole = (high + l) + 0x1.8p+52, f = high - (whole - 0x1.8p+52);
    const double t = nnrt_head_f64(f + l), u = t * 6.93147182464599609375e-1;
    const double v = (l - (t - f)) * 6.93147180559945286227e-1 + t * -1.90465429995776804525e-9, z = u + v, w = v - (z - u);
    const double q = z * z;
    const uint64_t n = nnrt_bits_f64(whole) - 0x4338000000000000u + 2046u, half = n >> 1;
    double p = 4.13813679705723846039e-8;
    p = p * q - 1.65339022054652515390e-6;
    p = p * q + 6.61375632143793436117e-5;
    p = p * q - 2.77777777770155933842e-3;
    p = p * q + 1.66666666666666019037e-1;
    p = z - q * p;
    p = 1.0 - (((z * p) / (p - 2.0) - (w + z * w)) - z);
    return p * nnrt_of_bits_f64(half << 52) * nnrt_of_bits_f64((n - half) << 52);
}

/*@ nnrt_pow_f64 needs nnrt_log2_parts_f64 nnrt_exp2_parts_f64 nnrt_power_ends_f64 nnrt_bounded_f64 nnrt_wide */
NNRT_INLINE double nnrt_pow_f64(double x, double exponent)
{
#if NNRT_WIDE
    const double y = nnrt_bounded_f64(exponent), head = nnrt_head_f64(y);
    double low, high = nnrt_log2_parts_f64(nnrt_size_f64(x), &low);
    return nnrt_power_ends_f64(x, exponent, nnrt_exp2_parts_f64(head * high, (y - head) * high + y * low));
#else
    return pow(x, exponent);
#endif
}

/*@ end */
#endif
