/* The library's convolutions, of each instruction set that this machine has, against the same number by number. */
#include "runtime/kernels/isa.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define nnrt_real double
#define NNRT_LANES_BYTES 16
#include "runtime/kernels/convolve.h"

enum { ROOM = 1 << 17, WEIGHTS = 1 << 11, SHAPES = 120 };

struct arrays {
    double *x, *w, *y, *want;
    float *xf, *wf, *yf;
};

static unsigned state = 1;

static ptrdiff_t below(unsigned n)
{
    state = state * 1103515245u + 12345u;
    return (ptrdiff_t)((state >> 16) % n);
}

static void draw(double *x, float *f, size_t n)
{
    for (size_t i = 0; i < n; i++) f[i] = (float)(x[i] = (double)(below(201) - 100) / 128); /* exact in both */
}

/* Kernels of one to three rows and up to five columns; some with zeros around. The number of pixels of x, or 0. */
static ptrdiff_t draw_shape(struct nnrt_conv_shape *s)
{
    const ptrdiff_t samples = 1 + below(2), outs = 1 + below(10), c = 1 + below(4), rows = 1 + below(7),
                    cols = 1 + below(8);
    const ptrdiff_t nu = 1 + below(3), nv = 1 + below(5), step = 1 + below(2),
                    pad = below(2) * (nu < nv ? nu / 2 : nv / 2);
    const ptrdiff_t tall = (rows - 1) * step + nu - 2 * pad, wide = (cols - 1) * step + nv - 2 * pad;
    if (tall < 1 || wide < 1) return 0;
    *s = (struct nnrt_conv_shape){samples,
                                  c * tall * wide,
                                  outs * rows * cols,
                                  outs,
                                  c * nu * nv,
                                  rows * cols,
                                  rows,
                                  step * wide,
                                  cols,
                                  cols,
                                  step,
                                  1,
                                  nu,
                                  wide,
                                  nv,
                                  c,
                                  tall * wide,
                                  nu * nv,
                                  nv,
                                  1,
                                  1,
                                  -pad * wide - pad,
                                  pad ? tall : 0,
                                  step,
                                  1,
                                  -pad,
                                  pad ? wide : 0,
                                  step,
                                  1,
                                  -pad};
    return samples * c * tall * wide;
}

typedef void conv_f32(NNRT_CONV_ARGUMENTS(float));
typedef void conv_f64(NNRT_CONV_ARGUMENTS(double));
typedef void back_f32(NNRT_CONV_BACK_ARGUMENTS(float));
typedef void back_f64(NNRT_CONV_BACK_ARGUMENTS(double));

/* Of the lanes that are somebody's. */
static void compare(const struct arrays *a, ptrdiff_t count, ptrdiff_t n, ptrdiff_t p)
{
    for (ptrdiff_t i = 0; i < count; i++) {
        if (i % p >= n) continue;
        assert_true(fabs(a->y[i] - a->want[i]) <= 1e-11);
        assert_true(fabs((double)a->yf[i] - a->want[i]) <= 1e-3);
    }
}

static void try_shape(conv_f32 *f32, conv_f64 *f64, back_f32 *b32, back_f64 *b64, const struct arrays *a)
{
    static const ptrdiff_t samples[] = {1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 20, 37};
    struct nnrt_conv_shape s;
    const ptrdiff_t n = samples[below(12)], p = below(2) ? n : (n + 7) / 8 * 8, pixels = draw_shape(&s);
    const ptrdiff_t y_pixels = s.samples * s.outs * s.rows * s.cols, *const shape = (const ptrdiff_t *)&s;
    if (!pixels || pixels * p > ROOM || y_pixels * p > ROOM) return;
    const double *const bias = below(2) ? a->w : NULL;
    draw(a->x, a->xf, (size_t)(pixels * p));
    draw(a->w, a->wf, WEIGHTS);
    nnrt_conv_plain(&s, n, p, a->x, a->w, bias, a->want);
    f32(shape, n, p, a->xf, a->wf, bias ? a->wf : NULL, a->yf);
    f64(shape, n, p, a->x, a->w, bias, a->y);
    compare(a, y_pixels * p, n, p);
    draw(a->y, a->yf, (size_t)(y_pixels * p));
    nnrt_conv_back_plain(&s, n, p, a->x, a->y, a->want);
    b32(shape, n, p, a->xf, a->yf, a->wf);
    b64(shape, n, p, a->x, a->y, a->w);
    const struct arrays sums = {.y = a->w, .yf = a->wf, .want = a->want};
    compare(&sums, s.outs * s.nc * s.nu * s.nv, 1, 1);
}

static void try_all(conv_f32 *f32, conv_f64 *f64, back_f32 *b32, back_f64 *b64)
{
    struct arrays a = {.x = calloc(ROOM, 8),
                       .w = calloc(WEIGHTS, 8),
                       .y = calloc(ROOM, 8),
                       .want = calloc(ROOM, 8),
                       .xf = calloc(ROOM, 4),
                       .wf = calloc(WEIGHTS, 4),
                       .yf = calloc(ROOM, 4)};
    for (int i = 0; i < SHAPES; i++) try_shape(f32, f64, b32, b64, &a);
    free(a.x), free(a.w), free(a.y), free(a.want), free(a.xf), free(a.wf), free(a.yf);
}

static void test_convolutions_of_any_shape(void **unused)
{
    (void)unused;
    try_all(nnrt_conv_f32_base, nnrt_conv_f64_base, nnrt_conv_back_f32_base, nnrt_conv_back_f64_base);
#ifdef __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        try_all(nnrt_conv_f32_v3, nnrt_conv_f64_v3, nnrt_conv_back_f32_v3, nnrt_conv_back_f64_v3);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        try_all(nnrt_conv_f32_v4, nnrt_conv_f64_v4, nnrt_conv_back_f32_v4, nnrt_conv_back_f64_v4);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_convolutions_of_any_shape)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
