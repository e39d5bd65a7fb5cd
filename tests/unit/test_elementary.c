/* Elementary functions for vector code, against those of libm in the next wider type: 2 ulp at most over sampled bit
 * patterns, and exact where the result is 0, infinite or no number. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "runtime/kernels/elementary.h"

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
BOTH(exp) BOTH(expm1) BOTH(log) BOTH(log2) BOTH(log1p) BOTH(tanh) BOTH(sigmoid) BOTH(erf) SINGLE(erfc)

static const struct {
    const char *name;
    float (*single)(float);
    double (*wide)(double);
    double (*ours)(double);
    long double (*widest)(long double);
} function[] = {
#define ROW(name) {#name, single_##name, name, double_##name, name##l}
    ROW(exp), ROW(expm1), ROW(log), ROW(log2), ROW(log1p), ROW(tanh), ROW(sigmoid), ROW(erf),
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
        }
        for (uint64_t e = 0; e < 2048; e++)
            for (uint64_t sign = 0; sign < 2; sign++) {
                uint64_t at = (e << 52) | sign << 63;
                for (uint64_t by = 0; by < 7; by++) check_double(k, nnrt_of_bits_f64(at + by - 3), &bad);
            }
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_single), cmocka_unit_test(test_double)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
