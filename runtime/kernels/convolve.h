/* Convolutions whose samples are neighbours in memory: a pixel is n numbers, one of each sample, and pixels are p numbers
 * apart. For shapes that are literals where they are called: then nothing is left of the choices below but straight-line
 * tiles of accumulators in registers; n and p may be run-time numbers. Written for the type nnrt_real; NNRT_LANES_BYTES is what vectors are not to exceed. */
#ifndef NNRT_CONVOLVE_H
#define NNRT_CONVOLVE_H

#include "runtime/kernels/conv_shape.h"

/*@ nnrt_conv_plain needs nnrt_conv_shape */
/* The same number by number: for few samples, and for compilers without vectors. */
#ifdef __GNUC__
#define NNRT_CONV_PLAIN static inline __attribute__((unused))
#else
#define NNRT_CONV_PLAIN static inline
#endif
NNRT_CONV_PLAIN int nnrt_conv_is_there(const struct nnrt_conv_shape *s, ptrdiff_t i, ptrdiff_t j, ptrdiff_t u, ptrdiff_t v)
{
    const ptrdiff_t row = i * s->i_step + u * s->u_step + s->i_first, col = j * s->j_step + v * s->v_step + s->j_first;
    return (!s->tall || (row >= 0 && row < s->tall)) && (!s->wide || (col >= 0 && col < s->wide));
}

NNRT_CONV_PLAIN void nnrt_conv_pixel(const struct nnrt_conv_shape *s, ptrdiff_t n, ptrdiff_t p, ptrdiff_t o, ptrdiff_t i, ptrdiff_t j,
                                   const nnrt_real *x, const nnrt_real *w, nnrt_real *y)
{
    for (ptrdiff_t u = 0; u < s->nu; u++)
        for (ptrdiff_t c = 0; c < s->nc; c++)
            for (ptrdiff_t v = 0; v < s->nv; v++) {
                const nnrt_real k = w[o * s->w_o + u * s->w_u + c * s->w_c + v * s->w_v];
                const ptrdiff_t from = s->first + i * s->x_i + j * s->x_j + u * s->x_u + c * s->x_c + v * s->x_v;
                if (!nnrt_conv_is_there(s, i, j, u, v)) continue;
                for (ptrdiff_t l = 0; l < n; l++) y[l] += k * x[from * p + l];
            }
}

NNRT_CONV_PLAIN void nnrt_conv_plain(const struct nnrt_conv_shape *s, ptrdiff_t n, ptrdiff_t p, const nnrt_real *x, const nnrt_real *w,
                                   const nnrt_real *bias, nnrt_real *y)
{
    for (ptrdiff_t b = 0; b < s->samples; b++)
        for (ptrdiff_t o = 0; o < s->outs; o++)
            for (ptrdiff_t i = 0; i < s->rows; i++)
                for (ptrdiff_t j = 0; j < s->cols; j++) {
                    nnrt_real *const to = y + (b * s->y_b + o * s->y_o + i * s->y_i + j * s->y_j) * p;
                    for (ptrdiff_t l = 0; l < n; l++) to[l] = bias ? bias[o] : 0;
                    nnrt_conv_pixel(s, n, p, o, i, j, x + b * s->x_b * p, w, to);
                }
}

NNRT_CONV_PLAIN nnrt_real nnrt_conv_tap(const struct nnrt_conv_shape *s, ptrdiff_t n, ptrdiff_t p, ptrdiff_t u, ptrdiff_t v, const nnrt_real *x,
                                      const nnrt_real *y)
{
    nnrt_real sum = 0;
    for (ptrdiff_t b = 0; b < s->samples; b++)
        for (ptrdiff_t i = 0; i < s->rows; i++)
            for (ptrdiff_t j = 0; j < s->cols; j++) {
                const ptrdiff_t from = s->first + b * s->x_b + i * s->x_i + j * s->x_j + u * s->x_u + v * s->x_v;
                const ptrdiff_t with = b * s->y_b + i * s->y_i + j * s->y_j;
                if (!nnrt_conv_is_there(s, i, j, u, v)) continue;
                for (ptrdiff_t l = 0; l < n; l++) sum += x[from * p + l] * y[with * p + l];
            }
    return sum;
}

NNRT_CONV_PLAIN void nnrt_conv_back_plain(const struct nnrt_conv_shape *s, ptrdiff_t n, ptrdiff_t p, const nnrt_real *x, const nnrt_real *y,
                                        nnrt_real *w)
{
    for (ptrdiff_t o = 0; o < s->outs; o++)
        for (ptrdiff_t c = 0; c < s->nc; c++)
            for (ptrdiff_t u = 0; u < s->nu; u++)
                for (ptrdiff_t v = 0; v < s->nv; v++)
                    w[o * s->w_o + c * s->w_c + u * s->w_u + v * s->w_v] =
                        nnrt_conv_tap(s, n, p, u, v, x + c * s->x_c * p, y + o * s->y_o * p);
}

/*@ nnrt_lane needs nnrt_conv_plain */
#if !defined(__GNUC__) || defined(__TINYC__)
#define NNRT_LANE 0
#elif defined(__AVX512F__) && NNRT_LANES_BYTES >= 64
#define NNRT_LANE 64
#elif defined(__AVX__) && NNRT_LANES_BYTES >= 32
#define NNRT_LANE 32
#elif (defined(__SSE2__) || defined(__ARM_NEON) || defined(__VSX__)) && NNRT_LANES_BYTES >= 16
#define NNRT_LANE 16
#else
#define NNRT_LANE 0
#endif
#if NNRT_LANE
#if defined(__AVX512F__) || defined(__aarch64__) || defined(__VSX__)
#define NNRT_CONV_PIXELS 12
#define NNRT_CONV_SUMS 24
#else
#define NNRT_CONV_PIXELS 6
#define NNRT_CONV_SUMS 12
#endif
#define NNRT_CONV static inline __attribute__((always_inline, unused))
typedef nnrt_real nnrt_lane __attribute__((vector_size(NNRT_LANE), aligned(sizeof(nnrt_real)), may_alias));
typedef int nnrt_lane_bits __attribute__((vector_size(NNRT_LANE)));
#define NNRT_LANE_N ((ptrdiff_t)(NNRT_LANE / sizeof(nnrt_real)))
#else
#define NNRT_CONV NNRT_CONV_PLAIN
#endif

/*@ nnrt_conv_tile needs nnrt_lane */
#if NNRT_LANE
/* `pixels` of a row by `outs`, at most NNRT_CONV_PIXELS by 4. */
#define NNRT_EACH_PIXEL(m) m(0) m(1) m(2) m(3) m(4) m(5) m(6) m(7) m(8) m(9) m(10) m(11)
#define NNRT_BEGIN_PIXEL(r) nnrt_lane a##r##_0 = none + b0, a##r##_1 = none + b1, a##r##_2 = none + b2, a##r##_3 = none + b3;
#define NNRT_STEP_PIXEL(r)                                                                                             \
    if (r < pixels && (!s->wide || (size_t)(col + r * s->j_step + v * s->v_step) < (size_t)s->wide)) {                 \
        const nnrt_lane e = *(const nnrt_lane *)(xc + (r * s->x_j + v * s->x_v) * p);                                  \
        a##r##_0 += w0 * e;                                                                                            \
        if (outs > 1) a##r##_1 += w1 * e;                                                                              \
        if (outs > 2) a##r##_2 += w2 * e;                                                                              \
        if (outs > 3) a##r##_3 += w3 * e;                                                                              \
    }
#define NNRT_PUT_PIXEL(r)                                                                                              \
    if (r < pixels) {                                                                                                  \
        *(nnrt_lane *)(y + r * s->y_j * p) = a##r##_0;                                                                 \
        if (outs > 1) *(nnrt_lane *)(y + (r * s->y_j + s->y_o) * p) = a##r##_1;                                        \
        if (outs > 2) *(nnrt_lane *)(y + (r * s->y_j + 2 * s->y_o) * p) = a##r##_2;                                    \
        if (outs > 3) *(nnrt_lane *)(y + (r * s->y_j + 3 * s->y_o) * p) = a##r##_3;                                    \
    }
NNRT_CONV void nnrt_conv_tile(const struct nnrt_conv_shape *s, ptrdiff_t p, ptrdiff_t pixels, ptrdiff_t outs, ptrdiff_t row,
                                ptrdiff_t col, const nnrt_real *x, ptrdiff_t first, const nnrt_real *w, const nnrt_real *bias,
                                nnrt_real *y)
{
    const nnrt_lane none = {0};
    const nnrt_real b0 = bias ? bias[0] : 0, b1 = bias && outs > 1 ? bias[1] : 0;
    const nnrt_real b2 = bias && outs > 2 ? bias[2] : 0, b3 = bias && outs > 3 ? bias[3] : 0;
    NNRT_EACH_PIXEL(NNRT_BEGIN_PIXEL)
    for (ptrdiff_t u = 0; u < s->nu; u++) {
        if (s->tall && (size_t)(row + u * s->u_step) >= (size_t)s->tall) continue;
        for (ptrdiff_t c = 0; c < s->nc; c++) {
            const nnrt_real *const xc = x + (first + u * s->x_u + c * s->x_c) * p, *const wc = w + (u * s->w_u + c * s->w_c);
#ifndef __clang__ /* it does so unasked, in a tenth of the time */
#pragma GCC unroll 16
#endif
            for (ptrdiff_t v = 0; v < s->nv; v++) {
                const nnrt_real w0 = wc[v * s->w_v], w1 = outs > 1 ? wc[v * s->w_v + s->w_o] : 0;
                const nnrt_real w2 = outs > 2 ? wc[v * s->w_v + 2 * s->w_o] : 0, w3 = outs > 3 ? wc[v * s->w_v + 3 * s->w_o] : 0;
                NNRT_EACH_PIXEL(NNRT_STEP_PIXEL)
            }
        }
    }
    NNRT_EACH_PIXEL(NNRT_PUT_PIXEL)
}

/* A row for `outs` outputs, in tiles of as many pixels; the last one begins where it ends with the row. */
NNRT_CONV void nnrt_conv_row(const struct nnrt_conv_shape *s, ptrdiff_t p, ptrdiff_t pixels, ptrdiff_t outs, ptrdiff_t row,
                               const nnrt_real *x, ptrdiff_t first, const nnrt_real *w, const nnrt_real *bias, nnrt_real *y)
{
    const ptrdiff_t end = s->cols - pixels;
    nnrt_conv_tile(s, p, pixels, outs, row, s->j_first, x, first, w, bias, y);
    for (ptrdiff_t j = pixels; j < end; j += pixels)
        nnrt_conv_tile(s, p, pixels, outs, row, s->j_first + j * s->j_step, x, first + j * s->x_j, w, bias, y + j * s->y_j * p);
    if (end > 0)
        nnrt_conv_tile(s, p, pixels, outs, row, s->j_first + end * s->j_step, x, first + end * s->x_j, w, bias, y + end * s->y_j * p);
}

/* All rows of one block for `outs` outputs from number `o` on. */
NNRT_CONV void nnrt_conv_rows(const struct nnrt_conv_shape *s, ptrdiff_t p, ptrdiff_t pixels, ptrdiff_t o, ptrdiff_t outs,
                                const nnrt_real *x, const nnrt_real *w, const nnrt_real *bias, nnrt_real *y)
{
    for (ptrdiff_t i = 0; i < s->rows; i++)
        nnrt_conv_row(s, p, pixels, outs, i * s->i_step + s->i_first, x, s->first + i * s->x_i, w + o * s->w_o, bias ? bias + o : bias,
                      y + (o * s->y_o + i * s->y_i) * p);
}
#endif

/*@ nnrt_conv needs nnrt_conv_tile */
/* Outputs in tiles that are alike, if one that leaves none over fills the registers well enough, else alike to within one. */
NNRT_CONV void nnrt_conv(const struct nnrt_conv_shape *s, ptrdiff_t n, ptrdiff_t p, const nnrt_real *x, const nnrt_real *w,
                           const nnrt_real *bias, nnrt_real *y)
{
#if NNRT_LANE
    const ptrdiff_t parts = (s->cols + NNRT_CONV_PIXELS - 1) / NNRT_CONV_PIXELS, pixels = (s->cols + parts - 1) / parts;
    const ptrdiff_t most = NNRT_CONV_SUMS / pixels < 4 ? NNRT_CONV_SUMS / pixels : 4, least = (NNRT_CONV_SUMS / 2 + pixels - 1) / pixels;
    const ptrdiff_t fit = s->outs % most == 0 ? most : s->outs % (most - 1) == 0 ? most - 1 : s->outs % 2 == 0 ? 2 : 1;
    const ptrdiff_t tiles = fit >= least ? s->outs / fit : (s->outs + most - 1) / most;
    const ptrdiff_t outs = s->outs / tiles, more = s->outs % tiles * (outs + 1);
    for (ptrdiff_t b = 0; b < s->samples && n >= NNRT_LANE_N; b++)
        for (ptrdiff_t l = 0; l < n; l += NNRT_LANE_N) {
            const ptrdiff_t from = l + NNRT_LANE_N <= n ? l : n - NNRT_LANE_N;
            const nnrt_real *const xb = x + (b * s->x_b * p + from);
            nnrt_real *const yb = y + (b * s->y_b * p + from);
            for (ptrdiff_t o = 0; o < more; o += outs + 1) nnrt_conv_rows(s, p, pixels, o, outs + 1, xb, w, bias, yb);
            for (ptrdiff_t o = more; o < s->outs; o += outs) nnrt_conv_rows(s, p, pixels, o, outs, xb, w, bias, yb);
        }
    if (n >= NNRT_LANE_N) return;
#endif
    nnrt_conv_plain(s, n, p, x, w, bias, y);
}

/*@ nnrt_conv_taps needs nnrt_lane */
#if NNRT_LANE
/* `taps` of a row of w by `outs`, at most 6 by 4 or 3 by 8. Of the last lanes those that were seen before count as 0. */
#define NNRT_EACH_TAP(m) m(0) m(1) m(2) m(3) m(4) m(5)
#define NNRT_ZERO_TAP(r)                                                                                               \
    nnrt_lane a##r##_0 = {0}, a##r##_1 = {0}, a##r##_2 = {0}, a##r##_3 = {0}, a##r##_4 = {0}, a##r##_5 = {0}, a##r##_6 = {0}, a##r##_7 = {0};
#define NNRT_STEP_TAP(r)                                                                                               \
    if (r < taps && (!s->wide || (size_t)(col + r * s->v_step) < (size_t)s->wide)) {                                   \
        const nnrt_lane e = nnrt_lane_of(xj + r * s->x_v * p, last, own);                                              \
        a##r##_0 += y0 * e;                                                                                            \
        if (outs > 1) a##r##_1 += y1 * e;                                                                              \
        if (outs > 2) a##r##_2 += y2 * e;                                                                              \
        if (outs > 3) a##r##_3 += y3 * e;                                                                              \
        if (outs > 4) a##r##_4 += y4 * e;                                                                              \
        if (outs > 5) a##r##_5 += y5 * e;                                                                              \
        if (outs > 6) a##r##_6 += y6 * e;                                                                              \
        if (outs > 7) a##r##_7 += y7 * e;                                                                              \
    }
#define NNRT_PUT_TAP(r)                                                                                                \
    if (r < taps) {                                                                                                    \
        w[r * s->w_v] = nnrt_lane_sum(a##r##_0);                                                                       \
        if (outs > 1) w[r * s->w_v + s->w_o] = nnrt_lane_sum(a##r##_1);                                                \
        if (outs > 2) w[r * s->w_v + 2 * s->w_o] = nnrt_lane_sum(a##r##_2);                                            \
        if (outs > 3) w[r * s->w_v + 3 * s->w_o] = nnrt_lane_sum(a##r##_3);                                            \
        if (outs > 4) w[r * s->w_v + 4 * s->w_o] = nnrt_lane_sum(a##r##_4);                                            \
        if (outs > 5) w[r * s->w_v + 5 * s->w_o] = nnrt_lane_sum(a##r##_5);                                            \
        if (outs > 6) w[r * s->w_v + 6 * s->w_o] = nnrt_lane_sum(a##r##_6);                                            \
        if (outs > 7) w[r * s->w_v + 7 * s->w_o] = nnrt_lane_sum(a##r##_7);                                            \
    }
NNRT_CONV nnrt_real nnrt_lane_sum(nnrt_lane x)
{
    nnrt_real t[NNRT_LANE_N];
    *(nnrt_lane *)t = x;
    for (ptrdiff_t m = NNRT_LANE_N / 2; m > 0; m /= 2)
        for (ptrdiff_t i = 0; i < m; i++) t[i] += t[i + m];
    return t[0];
}

NNRT_CONV nnrt_lane nnrt_lane_of(const nnrt_real *x, int last, nnrt_lane_bits own)
{
    const nnrt_lane all = *(const nnrt_lane *)x;
    return last ? (nnrt_lane)((nnrt_lane_bits)all & own) : all;
}

#define NNRT_OUT(k) (outs > k ? nnrt_lane_of(yj + k * s->y_o * p, last, own) : none)
#define NNRT_STEP_TAPS(l, part)                                                                                        \
    {                                                                                                                  \
        const int last = part;                                                                                         \
        const nnrt_real *const xj = x + ((first + b * s->x_b + i * s->x_i + j * s->x_j) * p + (l));                    \
        const nnrt_real *const yj = y + ((b * s->y_b + i * s->y_i + j * s->y_j) * p + (l));                            \
        const nnrt_lane y0 = NNRT_OUT(0), y1 = NNRT_OUT(1), y2 = NNRT_OUT(2), y3 = NNRT_OUT(3);                        \
        const nnrt_lane y4 = NNRT_OUT(4), y5 = NNRT_OUT(5), y6 = NNRT_OUT(6), y7 = NNRT_OUT(7);                        \
        NNRT_EACH_TAP(NNRT_STEP_TAP)                                                                                   \
    }
NNRT_CONV void nnrt_conv_taps(const struct nnrt_conv_shape *s, ptrdiff_t n, ptrdiff_t p, ptrdiff_t taps, ptrdiff_t outs, ptrdiff_t u,
                                ptrdiff_t v, const nnrt_real *x, ptrdiff_t first, const nnrt_real *y, nnrt_real *w)
{
    const nnrt_lane none = {0};
    const ptrdiff_t even = n / NNRT_LANE_N * NNRT_LANE_N, seen = even + NNRT_LANE_N - n; /* where some are left over */
    nnrt_lane_bits own = {0};
    for (ptrdiff_t k = 0; k < NNRT_LANE / 4; k++) own[k] = k * 4 >= seen * (ptrdiff_t)sizeof(nnrt_real) ? -1 : 0;
    NNRT_EACH_TAP(NNRT_ZERO_TAP)
    for (ptrdiff_t b = 0; b < s->samples; b++)
        for (ptrdiff_t i = 0; i < s->rows; i++) {
            if (s->tall && (size_t)(i * s->i_step + u * s->u_step + s->i_first) >= (size_t)s->tall) continue;
            for (ptrdiff_t j = 0; j < s->cols; j++) {
                const ptrdiff_t col = j * s->j_step + v * s->v_step + s->j_first;
                for (ptrdiff_t l = 0; l < even; l += NNRT_LANE_N) NNRT_STEP_TAPS(l, 0)
                if (even < n) NNRT_STEP_TAPS(n - NNRT_LANE_N, 1)
            }
        }
    NNRT_EACH_TAP(NNRT_PUT_TAP)
}
#endif

/*@ nnrt_conv_back needs nnrt_conv_taps nnrt_conv */
/* w[o][c][u][v], the sum over b, i and j of x * y. */
NNRT_CONV void nnrt_conv_back(const struct nnrt_conv_shape *s, ptrdiff_t n, ptrdiff_t p, const nnrt_real *x, const nnrt_real *y, nnrt_real *w)
{
#if NNRT_LANE
    const ptrdiff_t wide = NNRT_CONV_SUMS / 4 < s->nv ? NNRT_CONV_SUMS / 4 : s->nv, parts = (s->nv + wide - 1) / wide;
    const ptrdiff_t taps = (s->nv + parts - 1) / parts, most = NNRT_CONV_SUMS / taps < 8 ? NNRT_CONV_SUMS / taps : 8;
    const ptrdiff_t tiles = (s->outs + most - 1) / most, outs = (s->outs + tiles - 1) / tiles;
    for (ptrdiff_t o = 0; o < s->outs && n >= NNRT_LANE_N; o += outs) { /* the last tile ends with them */
        const ptrdiff_t from = o + outs <= s->outs ? o : s->outs - outs;
        for (ptrdiff_t c = 0; c < s->nc; c++)
            for (ptrdiff_t u = 0; u < s->nu; u++)
                for (ptrdiff_t v = 0; v < s->nv; v += taps) {
                    const ptrdiff_t tap = v + taps <= s->nv ? v : s->nv - taps;
                    nnrt_conv_taps(s, n, p, taps, outs, u, tap, x, s->first + c * s->x_c + u * s->x_u + tap * s->x_v,
                                   y + from * s->y_o * p, w + (from * s->w_o + c * s->w_c + u * s->w_u + tap * s->w_v));
                }
    }
    if (n >= NNRT_LANE_N) return;
#endif
    nnrt_conv_back_plain(s, n, p, x, y, w);
}

/*@ end */
#endif
