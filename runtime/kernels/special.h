/* Functions that libm lacks. */
#ifndef NNRT_SPECIAL_H
#define NNRT_SPECIAL_H

#include <math.h>

/*@ nnrt_zeta */
/* The sum of (x + k)^-s over k = 0, 1, ... for whole s >= 2 and x > 0: term by term up to where Euler and Maclaurin's
 * series has converged. */
static double nnrt_zeta(int s, double x)
{
    /* B_2k / (2k)! */
    const double c[12] = {8.333333333333333e-2,   -1.3888888888888889e-3,  3.306878306878307e-5,
                          -8.267195767195768e-7,  2.08767569878681e-8,     -5.284190138687493e-10,
                          1.3382536530684679e-11, -3.3896802963225828e-13, 8.586062056277845e-15,
                          -2.174868698558062e-16, 5.5090028283602296e-18,  -1.3954464685812524e-19};
    double sum = 0, p, t;
    int k, n = 15 + s;
    for (k = 0; k < n && x < (double)n; k++, x += 1) sum += pow(x, -(double)s);
    p = pow(x, -(double)s);
    sum += p * x / (double)(s - 1) + 0.5 * p;
    t = p * (double)s / x;
    for (k = 0; k < 12; k++) {
        sum += c[k] * t;
        t *= (double)(s + 2 * k + 1) / x * ((double)(s + 2 * k + 2) / x);
    }
    return sum;
}

/*@ nnrt_digamma */
/* For x > 0: up to where the asymptotic series has converged. */
static double nnrt_digamma(double x)
{
    double sum = 0, z;
    for (; x < 12; x += 1) sum += 1 / x;
    z = 1 / x / x;
    z *= 1. / 12 -
         z * (1. / 120 -
              z * (1. / 252 -
                   z * (1. / 240 -
                        z * (1. / 132 - z * (691. / 32760 - z * (1. / 12 - z * (3617. / 8160))))))); /* B_2k / 2k */
    return log(x) - 0.5 / x - z - sum;
}

/*@ nnrt_cot */
/* The n-th derivative of pi * cot(pi x): pi^(n+1) P_n(cot pi x), where P_0(c) = c and P_n+1 = -(1 + c^2) P_n'. */
static double nnrt_cot(int n, double x)
{
    const double pi = 3.14159265358979323846;
    double p[102], r = x - rint(x), c, y = 0, below, here;
    int j, k;
    c = fabs(r) < 0.25 ? 1 / tan(pi * r) : copysign(tan(pi * (0.5 - fabs(r))), r);
    for (j = 0; j <= n + 1; j++) p[j] = j == 1;
    for (k = 0; k < n; k++) {
        below = 0; /* -j p_j of the j below */
        for (j = 0; j <= k + 2; j++) {
            here = j <= k + 1 ? -(double)j * p[j] : 0;
            p[j] = below + (j <= k ? -(double)(j + 1) * p[j + 1] : 0);
            below = here;
        }
    }
    for (j = n + 1; j >= 0; j--) y = y * c + p[j];
    return y * pow(pi, (double)(n + 1));
}

/*@ nnrt_polygamma_f64 needs nnrt_zeta nnrt_digamma nnrt_cot */
/* The order-th derivative of digamma, for whole orders 0..100; NaN for others. At 0 and, for odd orders, at negative
 * whole x the infinity it tends to. */
static double nnrt_polygamma_f64(double order, double x)
{
    int n, k;
    double y;
    if (!(order >= 0 && order <= 100) || order != floor(order) || x != x) return NAN;
    n = (int)order;
    if (x == 0) return n % 2 ? INFINITY : copysign(INFINITY, -x);
    if (x < 0 && x == floor(x)) return n % 2 && x - x == 0 ? INFINITY : NAN;
    if (x > 0 && x - x != 0) return n ? 0 : x;
    if (x < 0) {
        y = nnrt_polygamma_f64(order, 1 - x);
        return (n % 2 ? -y : y) - nnrt_cot(n, x);
    }
    if (n == 0) return nnrt_digamma(x);
    y = nnrt_zeta(n + 1, x);
    for (k = 2; k <= n; k++) y *= k;
    return n % 2 ? y : -y;
}

/*@ nnrt_polygamma_f32 needs nnrt_polygamma_f64 */
static float nnrt_polygamma_f32(float order, float x)
{
    return (float)nnrt_polygamma_f64((double)order, (double)x);
}

/*@ end */
#endif
