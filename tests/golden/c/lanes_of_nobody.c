/* lanes_of_nobody: made by nngen, not by hand. See lanes_of_nobody.h for what it does and how to use it. */
#include "lanes_of_nobody.h"

#include <math.h>
#include <string.h>

/* No turn of the loop reads what another writes: more arrays than gcc would find that out of. */
#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__
#define LANES_OF_NOBODY_EACH _Pragma("GCC ivdep")
#else
#define LANES_OF_NOBODY_EACH
#endif

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

typedef float nnrt_real;
#define NNRT_LANES_BYTES 16
/* y[b][o][i][j] is the sum over u, c and v of x[b][c][i, u][j, v] * w[o][c][u][v], with bias[o] where there is one. How far apart
 * neighbours are is said for each array and index: in numbers for w, in pixels for x and y. x's first pixel is `first` behind
 * the pointer. Rows of x exist where 0 <= i * i_step + u * u_step + i_first < tall, all of them where tall is 0; columns
 * likewise by j and v. What does not exist counts as 0. */
struct nnrt_conv_shape {
    ptrdiff_t samples, x_b, y_b;
    ptrdiff_t outs, w_o, y_o;
    ptrdiff_t rows, x_i, y_i;
    ptrdiff_t cols, x_j, y_j;
    ptrdiff_t nu, x_u, w_u;
    ptrdiff_t nc, x_c, w_c;
    ptrdiff_t nv, x_v, w_v;
    ptrdiff_t first;
    ptrdiff_t tall, i_step, u_step, i_first;
    ptrdiff_t wide, j_step, v_step, j_first;
};

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

#ifndef NNRT_INLINE
#ifdef __GNUC__
#define NNRT_INLINE static inline __attribute__((always_inline, unused))
#else
#define NNRT_INLINE static inline
#endif
#endif

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

/* yes ? a : b */
NNRT_INLINE float nnrt_choose_f32(uint32_t yes, float a, float b)
{
    const uint32_t mask = 0u - yes;
    return nnrt_of_bits_f32((nnrt_bits_f32(a) & mask) | (nnrt_bits_f32(b) & ~mask));
}

/* y, or what a logarithm is where x is 0, infinite, negative or no number. */
NNRT_INLINE float nnrt_log_ends_f32(float x, float y)
{
    const float most = nnrt_of_bits_f32(0x7f800000u);
    const float end = nnrt_choose_f32(x == most, x, nnrt_choose_f32(x == 0.0f, -most, nnrt_of_bits_f32(0x7fc00000u)));
    return nnrt_choose_f32((uint32_t)(x > 0.0f) & (uint32_t)(x < most), y, end);
}

NNRT_INLINE float nnrt_log_f32(float x)
{
    const uint32_t small = x < 0x1p-126f;
    float k, y = nnrt_log_core_f32(nnrt_choose_f32(small, x * 0x1p23f, x), &k);
    k -= nnrt_choose_f32(small, 23.0f, 0.0f);
    return nnrt_log_ends_f32(x, k * 0x1.63p-1f + (y + k * -0x1.bd0106p-13f));
}

#define NNRT_ANGLE(real, type, name, far_one)                                                                          \
    NNRT_INLINE real nnrt_##name##_##type(real x)                                                                      \
    {                                                                                                                  \
        return nnrt_far_##type(x) ? far_one(x) : nnrt_near_##name##_##type(x);                                         \
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

NNRT_INLINE float nnrt_near_cos_f32(float x)
{
    return nnrt_sine_f32(x, 1);
}

NNRT_ANGLE(float, f32, cos, cosf)


/* Parts of a long function stay apart: compilers take more than twice the time for twice the length. Those without
 * loops have nothing to gain from more than -O1. */
#if defined(__GNUC__) && !defined(__clang__)
#define LANES_OF_NOBODY_APART __attribute__((noinline, noclone))
#elif defined(__clang__)
#define LANES_OF_NOBODY_APART __attribute__((noinline))
#else
#define LANES_OF_NOBODY_APART
#endif
#if defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__) && !defined(__clang__)
#define LANES_OF_NOBODY_STRAIGHT __attribute__((noinline, optimize("O1")))
#else
#define LANES_OF_NOBODY_STRAIGHT LANES_OF_NOBODY_APART
#endif

static LANES_OF_NOBODY_APART void lanes_of_nobody_conv1(const lanes_of_nobody_real *x, const lanes_of_nobody_real *w, const lanes_of_nobody_real *bias, lanes_of_nobody_real *y)
{
    static const struct nnrt_conv_shape shape = {1, 0, 0, 2, 9, 20, 4, 5, 5, 5, 1, 1, 3, 5, 3, 1,
        0, 0, 3, 1, 1, -6, 4, 1, 1, -1, 5, 1, 1, -1};
    nnrt_conv(&shape, 8, 8, x, w, bias, y);
}

static LANES_OF_NOBODY_APART void lanes_of_nobody_conv_back2(const lanes_of_nobody_real *x, const lanes_of_nobody_real *y, lanes_of_nobody_real *w)
{
    static const struct nnrt_conv_shape shape = {1, 0, 0, 2, 9, 20, 4, 5, 5, 5, 1, 1, 3, 5, 3, 1,
        0, 0, 3, 1, 1, -6, 4, 1, 1, -1, 5, 1, 1, -1};
    nnrt_conv_back(&shape, 5, 8, x, y, w);
}

size_t lanes_of_nobody_work_size(void)
{
    return sizeof(lanes_of_nobody_work);
}

lanes_of_nobody_status lanes_of_nobody_init(lanes_of_nobody_params *p, uint64_t seed)
{
    if (!p) return LANES_OF_NOBODY_E_NULL;
    const uint64_t stream_1 = nnrt_stream(seed, 0x1322de514109f19bu);
    const uint64_t stream_2 = nnrt_stream(seed, 0x7328324a18a8d4c8u);
    /* y = x |> conv2d[2, 3](pad = 1) */
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 3; k++) {
            for (size_t l = 0; l < 3; l++) {
                const lanes_of_nobody_real t1 = 0.47140452f * sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_1, i * 9 + k * 3 + l)));
                p->conv2d1.W[i][0][k][l] = 0.0f + t1 * nnrt_cos_f32(6.2831855f * nnrt_uniform(stream_2, i * 9 + k * 3 + l));
            }
        }
    }
    for (size_t i = 0; i < 2; i++) {
        p->conv2d1.b[i] = 0.0f;
    }
    return LANES_OF_NOBODY_OK;
}

lanes_of_nobody_status lanes_of_nobody_forward(const lanes_of_nobody_params *p,
                                               const lanes_of_nobody_inputs *in,
                                               lanes_of_nobody_outputs *out, lanes_of_nobody_work *w)
{
    if (!p || !in || !out || !w) return LANES_OF_NOBODY_E_NULL;
    if (!in->x) return LANES_OF_NOBODY_E_NULL;
    const lanes_of_nobody_real *const x = in->x;
    lanes_of_nobody_real *const t1 = w->real + 320; /* [1][1][4][5][8] */
    lanes_of_nobody_real *const y = w->real; /* [1][2][4][5][8] */
    /* y = x |> conv2d[2, 3](pad = 1) */
    for (size_t k = 0; k < 4; k++) {
        for (size_t l = 0; l < 5; l++) {
            for (size_t i4 = 0; i4 < 5; i4++) {
                t1[k * 40 + l * 8 + i4] = x[i4 * 20 + k * 5 + l];
            }
        }
    }
    for (size_t k = 0; k < 4; k++) {
        for (size_t l = 0; l < 5; l++) {
            for (size_t i4 = 0; i4 < 3; i4++) {
                t1[k * 40 + l * 8 + i4 + 5] = x[i4 * 20 + k * 5 + l];
            }
        }
    }
    lanes_of_nobody_conv1(&t1[0], &p->conv2d1.W[0][0][0][0], &p->conv2d1.b[0], &y[0]);
    /* loss e = mean(y ** 2) */
    double acc1 = 0;
    for (size_t j = 0; j < 2; j++) {
        for (size_t k = 0; k < 4; k++) {
            for (size_t l = 0; l < 5; l++) {
                for (size_t i4 = 0; i4 < 5; i4++) {
                    acc1 += y[j * 160 + k * 40 + l * 8 + i4] * y[j * 160 + k * 40 + l * 8 + i4];
                }
            }
        }
    }
    const lanes_of_nobody_real sum1 = (lanes_of_nobody_real)acc1;
    out->e = sum1 / 200.0f;
    return LANES_OF_NOBODY_OK;
}

lanes_of_nobody_status lanes_of_nobody_grad(const lanes_of_nobody_params *p,
                                            const lanes_of_nobody_inputs *in, lanes_of_nobody_outputs *out,
                                            lanes_of_nobody_params *g, lanes_of_nobody_work *w)
{
    if (!p || !in || !out || !g || !w) return LANES_OF_NOBODY_E_NULL;
    if (!in->x) return LANES_OF_NOBODY_E_NULL;
    const lanes_of_nobody_real *const x = in->x;
    lanes_of_nobody_real *const t1 = w->real + 320; /* [1][1][4][5][8] */
    lanes_of_nobody_real *const y = w->real; /* [1][2][4][5][8] */
    lanes_of_nobody_real *const d_y = w->real; /* [1][2][4][5][8] */
    /* y = x |> conv2d[2, 3](pad = 1) */
    for (size_t k = 0; k < 4; k++) {
        for (size_t l = 0; l < 5; l++) {
            for (size_t i4 = 0; i4 < 5; i4++) {
                t1[k * 40 + l * 8 + i4] = x[i4 * 20 + k * 5 + l];
            }
        }
    }
    for (size_t k = 0; k < 4; k++) {
        for (size_t l = 0; l < 5; l++) {
            for (size_t i4 = 0; i4 < 3; i4++) {
                t1[k * 40 + l * 8 + i4 + 5] = x[i4 * 20 + k * 5 + l];
            }
        }
    }
    lanes_of_nobody_conv1(&t1[0], &p->conv2d1.W[0][0][0][0], &p->conv2d1.b[0], &y[0]);
    /* loss e = mean(y ** 2) */
    double acc1 = 0;
    for (size_t j = 0; j < 2; j++) {
        for (size_t k = 0; k < 4; k++) {
            for (size_t l = 0; l < 5; l++) {
                for (size_t i4 = 0; i4 < 5; i4++) {
                    acc1 += y[j * 160 + k * 40 + l * 8 + i4] * y[j * 160 + k * 40 + l * 8 + i4];
                }
            }
        }
    }
    const lanes_of_nobody_real sum1 = (lanes_of_nobody_real)acc1;
    out->e = sum1 / 200.0f;
    /* gradient: loss e = mean(y ** 2) */
    LANES_OF_NOBODY_EACH
    for (size_t i4 = 0; i4 < 320; i4++) {
        const lanes_of_nobody_real t2 = 0.005f * y[i4];
        d_y[i4] = t2 + t2;
    }
    /* gradient: y = x |> conv2d[2, 3](pad = 1) */
    for (size_t i = 0; i < 2; i++) {
        double acc2 = 0;
        for (size_t k = 0; k < 4; k++) {
            for (size_t l = 0; l < 5; l++) {
                for (size_t i4 = 0; i4 < 5; i4++) {
                    acc2 += d_y[i * 160 + k * 40 + l * 8 + i4];
                }
            }
        }
        g->conv2d1.b[i] = (lanes_of_nobody_real)acc2;
    }
    lanes_of_nobody_conv_back2(&t1[0], &d_y[0], &g->conv2d1.W[0][0][0][0]);
    return LANES_OF_NOBODY_OK;
}
