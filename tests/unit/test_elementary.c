/* Elementary functions for vector code, against those of libm in the next wider type: 2 ulp at most over sampled bit
 * patterns, and exact where the result is 0, infinite or no number. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NNRT_WIDE 1
#include "runtime/kernels/angles.h"
#include "runtime/kernels/elementary.h"
#include "runtime/kernels/powers.h"

/* How far `got` is from `want`, in units of the last place of a type with so many digits; huge where it may not differ. */
static double ulps(double got, long double want, double rounded, int digits, int least)
{
    int e;
    if (isnan(rounded)) return isnan(got) ? 0 : 1e9;
    if (isinf(got) || isinf(rounded)) {
        double beyond = ldexp(1, digits == 24 ? 128 : 1023); /* of a double, half of it */
        return got == rounded || fabsl(want) >= (long double)beyond * (1 - 1e-7L) ? 0 : 1e9;
    }
    if (got == 0 && rounded == 0) return !signbit(got) == !signbit(rounded) ? 0 : 1e9;
    if (want == 0) return 1e9;
    frexpl(want, &e);
    if (e < least) e = least;
    return (double)(fabsl((long double)got - want) / ldexpl(1, e - digits));
}

static double sigmoid(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static long double sigmoidl(long double x)
{
    return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x));
}

#define SINGLE(name) static float single_##name(float x) { return nnrt_##name##_f32(x); }
#define DOUBLE(name) static double double_##name(double x) { return nnrt_##name##_f64(x); }
#define BOTH(name) SINGLE(name) DOUBLE(name)
#define ROWS(name)                                                                                                     \
    static float single_##name(float x)                                                                                \
    {                                                                                                                  \
        const float one = nnrt_##name##_f32(x);                                                                        \
        nnrt_##name##_row_f32(&x, 1);                                                                                  \
        assert_true(x == one || x != x);                                                                               \
        return x;                                                                                                      \
    }                                                                                                                  \
    static double double_##name(double x)                                                                              \
    {                                                                                                                  \
        nnrt_##name##_row_f64(&x, 1);                                                                                  \
        return x;                                                                                                      \
    }
ROWS(sin) ROWS(cos) ROWS(tan)
BOTH(exp) BOTH(expm1) BOTH(log) BOTH(log2) BOTH(log1p) BOTH(tanh) BOTH(sigmoid) BOTH(erf) SINGLE(erfc)

static const struct {
    const char *name;
    float (*single)(float);
    double (*wide)(double);
    double (*ours)(double);
    long double (*widest)(long double);
} function[] = {
#define ROW(name) {#name, single_##name, name, double_##name, name##l}
    ROW(exp), ROW(expm1), ROW(log), ROW(log2), ROW(log1p), ROW(tanh), ROW(sigmoid), ROW(erf), ROW(sin), ROW(cos), ROW(tan),
    {"erfc", single_erfc, erfc, NULL, NULL},
};
enum { FUNCTIONS = sizeof function / sizeof *function };

static void check(const char *name, double x, double off, unsigned *bad)
{
    if (off <= 2) return;
    if ((*bad)++ < 5) printf("%s(%a) is %g ulp off\n", name, x, off);
}

static void check_single(unsigned k, float x, unsigned *bad)
{
    double want = function[k].wide((double)x);
    check(function[k].name, (double)x, ulps((double)function[k].single(x), want, (double)(float)want, 24, -125), bad);
}

static void check_double(unsigned k, double x, unsigned *bad)
{
    long double want = function[k].widest(x);
    check(function[k].name, x, ulps(function[k].ours(x), want, (double)want, 53, -1021), bad);
}

static void test_single(void **state)
{
    unsigned bad = 0;
    (void)state;
    for (unsigned k = 0; k < FUNCTIONS; k++) {
        for (uint64_t u = 0; u < UINT64_C(1) << 32; u += 40009) check_single(k, nnrt_of_bits_f32((uint32_t)u), &bad);
        for (uint32_t u = 0; u < 256; u++) /* on both sides of every power of two, 0, the infinities */
            for (uint32_t sign = 0; sign < 2; sign++) {
                uint32_t at = (u << 23) | sign << 31;
                for (uint32_t by = 0; by < 7; by++) check_single(k, nnrt_of_bits_f32(at + by - 3), &bad);
            }
    }
    assert_int_equal(bad, 0);
}

static void test_double(void **state)
{
    unsigned bad = 0;
    (void)state;
    for (unsigned k = 0; k < FUNCTIONS; k++) {
        uint64_t u = 1;
        if (!function[k].ours) continue;
        for (unsigned i = 0; i < 100000; i++) {
            u = u * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            double part = (double)(int64_t)u * 0x1p-63;
            check_double(k, nnrt_of_bits_f64(u), &bad);
            check_double(k, ldexp(part, (int)(i % 16) - 4), &bad);
            check_double(k, 1 + ldexp(part, -(int)(i % 50)), &bad);
            check_double(k, (double)(int64_t)(i * 13) * 1.5707963267948966, &bad); /* about where sines are 0 */
        }
        for (uint64_t e = 0; e < 2048; e++)
            for (uint64_t sign = 0; sign < 2; sign++) {
                uint64_t at = (e << 52) | sign << 63;
                for (uint64_t by = 0; by < 7; by++) check_double(k, nnrt_of_bits_f64(at + by - 3), &bad);
            }
    }
    assert_int_equal(bad, 0);
}

/* A row of which one angle is large goes another way: the others stay what they are. */
static void test_far(void **state)
{
    enum { N = 600 };
    double x[N], y[N];
    (void)state;
    for (int i = 0; i < N; i++) x[i] = y[i] = 0.37 * i;
    x[300] = y[300] = 1e22;
    nnrt_sin_row_f64(y, N);
    for (int i = 0; i < N; i++) assert_true(y[i] == nnrt_sin_f64(x[i]));
    assert_true(ulps(y[300], -0.8522008497671888017727L, -0.8522008497671888, 53, -1021) <= 1);
}

static void check_power(double x, double y, unsigned *bad)
{
    const float s = (float)x, t = (float)y, got = nnrt_pow_f32(s, t);
    const double want = pow((double)s, (double)t);
    const long double wide = powl((long double)x, (long double)y);
    double off = ulps((double)got, want, (double)(float)want, 24, -125);
    if (!(off <= 2) && (*bad)++ < 5) printf("pow(%a, %a) is %g ulp off in single precision\n", (double)s, (double)t, off);
    off = ulps(nnrt_pow_f64(x, y), wide, (double)wide, 53, -1021);
    if (!(off <= 2) && (*bad)++ < 5) printf("pow(%a, %a) is %g ulp off\n", x, y, off);
}

static void test_powers(void **state)
{
    const double some[] = {0, 1, 2, 3, 0.5, 2.5, INFINITY, 1e300, 1e-310, 1e-40, 0x1p52 + 0.5, 0x1p52 + 1, 0x1p53 + 2, 0x1p24 + 1, 5e-324,
                           1 + 0x1p-52, 1 - 0x1p-53, 1 + 0x1p-23, 1e19, 127, 128, 149, 150, 1023, 1024, 1074, 1075, 1.7, 1. / 3};
    enum { SOME = sizeof some / sizeof *some };
    unsigned bad = 0;
    uint64_t u = 1, v;
    (void)state;
    for (unsigned i = 0; i < 2 * SOME; i++) {
        const double x = i % 2 ? -some[i / 2] : some[i / 2];
        for (unsigned k = 0; k < 2 * SOME; k++) check_power(x, k % 2 ? -some[k / 2] : some[k / 2], &bad);
        check_power(x, NAN, &bad);
        check_power(NAN, x, &bad);
    }
    for (unsigned i = 0; i < 100000; i++) {
        u = u * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        v = u * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const double a = (double)(int64_t)u * 0x1p-63, b = (double)(int64_t)v * 0x1p-63;
        check_power(nnrt_of_bits_f64(u), nnrt_of_bits_f64(v), &bad);
        check_power(fabs(a) * 1000, (double)(int)(i % 60) / 4 - 7, &bad);
        check_power(ldexp(1 + a, (int)(i % 20) - 10), ldexp(b, (int)(i % 12)), &bad);
        check_power(1 + ldexp(a, -(int)(i % 50)), ldexp(b, (int)(i % 60)), &bad); /* logarithms near 0, large exponents */
        check_power(-ldexp(1 + a, (int)(i % 20) - 10), (double)(int)(i % 40) - 20, &bad);
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_single), cmocka_unit_test(test_double), cmocka_unit_test(test_far),
                                       cmocka_unit_test(test_powers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
