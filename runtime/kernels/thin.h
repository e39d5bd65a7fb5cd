/* Products of few rows, or few things summed over: they are as fast as the one large matrix among the three comes by, which is read, or
 * written, once and row by row. As tiles.h has it, whose macros and types these use. */
#ifndef NNRT_THIN_H
#define NNRT_THIN_H

#include "runtime/kernels/tiles.h"

/*@ nnrt_rows_product needs nnrt_product */
/* Of 2 or 3 rows, with as many as eight vectors of each in registers, or four where there are but sixteen registers. */
#if NNRT_BYTES
#if NNRT_BYTES == 64 || defined(__aarch64__) || defined(__VSX__)
#define NNRT_THIN 8
#else
#define NNRT_THIN 4
#endif
#define NNRT_EIGHT_PARTS(DO)                                                                                           \
    DO(0, whole > 0, nnrt_vec, 0)                                                                                      \
    DO(1, whole > 1, nnrt_vec, NNRT_AT(1))                                                                             \
    DO(2, whole > 2, nnrt_vec, NNRT_AT(2))                                                                             \
    DO(3, whole > 3, nnrt_vec, NNRT_AT(3))                                                                             \
    DO(4, whole > 4, nnrt_vec, NNRT_AT(4))                                                                             \
    DO(5, whole > 5, nnrt_vec, NNRT_AT(5))                                                                             \
    DO(6, whole > 6, nnrt_vec, NNRT_AT(6))                                                                             \
    DO(7, whole > 7, nnrt_vec, NNRT_AT(7))                                                                             \
    DO(8, edge == NNRT_HALF, nnrt_half, n - NNRT_HALF)                                                                 \
    DO(9, edge < NNRT_HALF && edge, nnrt_least, n - NNRT_LEAST)
#define NNRT_THREE_ZERO(i, is, T, at) T c0##i = {0}, c1##i = {0}, c2##i = {0};
#define NNRT_THREE_STEP(i, is, T, at)                                                                                  \
    if (is) {                                                                                                          \
        const T y = *(const T *)(row + (at));                                                                          \
        c0##i += x0 * y;                                                                                               \
        if (m > 1) c1##i += x1 * y;                                                                                    \
        if (m > 2) c2##i += x2 * y;                                                                                    \
    }
#define NNRT_THREE_END(r)                                                                                              \
    if (m > r) {                                                                                                       \
        nnrt_real *const to = c + r * c_row;                                                                           \
        NNRT_EIGHT_PARTS(NNRT_THREE_ADD_##r)                                                                           \
        NNRT_EIGHT_PARTS(NNRT_THREE_PUT_##r)                                                                           \
    }
#define NNRT_THREE_ADD_0(i, is, T, at) NNRT_ADD(0, i, is, T, at)
#define NNRT_THREE_ADD_1(i, is, T, at) NNRT_ADD(1, i, is, T, at)
#define NNRT_THREE_ADD_2(i, is, T, at) NNRT_ADD(2, i, is, T, at)
#define NNRT_THREE_PUT_0(i, is, T, at) NNRT_PUT(0, i, is, T, at)
#define NNRT_THREE_PUT_1(i, is, T, at) NNRT_PUT(1, i, is, T, at)
#define NNRT_THREE_PUT_2(i, is, T, at) NNRT_PUT(2, i, is, T, at)
NNRT_STRIP(nnrt_three)
{
    NNRT_SPLIT(n)
    (void)first;
    NNRT_EIGHT_PARTS(NNRT_THREE_ZERO)
    for (size_t p = 0; p < k; p++) {
        const nnrt_real *const row = b + p * b_k;
        const nnrt_real x0 = a[p * a_k], x1 = m > 1 ? a[a_row + p * a_k] : 0, x2 = m > 2 ? a[2 * a_row + p * a_k] : 0;
        NNRT_EIGHT_PARTS(NNRT_THREE_STEP)
        (void)x1, (void)x2;
    }
    NNRT_THREE_END(0)
    NNRT_THREE_END(1)
    NNRT_THREE_END(2)
}
NNRT_PRODUCT(nnrt_rows_product, nnrt_three, NNRT_THIN)
#else
#define nnrt_rows_product nnrt_product
#endif

/*@ nnrt_sums_product needs nnrt_rows_product */
/* Sums of 2 or 3 products each: of b's rows so many vectors stay in registers. */
#if NNRT_BYTES
#define NNRT_HOLD(i, is, T, at)                                                                                        \
    T c0##i = {0}, c1##i = {0}, c2##i = {0};                                                                           \
    if (is) c0##i = *(const T *)(b + (at));                                                                            \
    if ((is) && k > 1) c1##i = *(const T *)(b + b_k + (at));                                                           \
    if ((is) && k > 2) c2##i = *(const T *)(b + 2 * b_k + (at));
#define NNRT_SUM_OF(i, is, T, at)                                                                                      \
    T s##i = {0};                                                                                                      \
    if (is) {                                                                                                          \
        if (adds) s##i = *(const T *)(to + (at));                                                                      \
        s##i += x0 * c0##i;                                                                                            \
        if (k > 1) s##i += x1 * c1##i;                                                                                 \
        if (k > 2) s##i += x2 * c2##i;                                                                                 \
    }
#define NNRT_PUT_SUM(i, is, T, at)                                                                                     \
    if (is) *(T *)(to + (at)) = s##i;
NNRT_STRIP(nnrt_held)
{
    NNRT_SPLIT(n)
    (void)first;
    NNRT_EIGHT_PARTS(NNRT_HOLD)
    for (size_t i = 0; i < m; i++) {
        const nnrt_real *const x = a + i * a_row;
        const nnrt_real x0 = rate * x[0], x1 = k > 1 ? rate * x[a_k] : 0, x2 = k > 2 ? rate * x[2 * a_k] : 0;
        nnrt_real *const to = c + i * c_row;
        NNRT_EIGHT_PARTS(NNRT_SUM_OF)
        NNRT_EIGHT_PARTS(NNRT_PUT_SUM)
        (void)x1, (void)x2;
    }
}
NNRT_PRODUCT(nnrt_sums_product, nnrt_held, NNRT_THIN)
#else
#define nnrt_sums_product nnrt_product
#endif

/*@ nnrt_dots_product needs nnrt_rows_product */
/* Of 1 to 6 rows and of columns that are rows in memory: sums along both, in lanes, of four columns at a time or of two. */
#if NNRT_BYTES
NNRT_INLINE nnrt_real nnrt_across(nnrt_vec s)
{
    const nnrt_least *const part = (const nnrt_least *)&s;
    nnrt_least all = part[0];
    for (size_t i = 1; i < NNRT_BYTES / 16; i++) all += part[i];
    nnrt_real sum = all[0] + all[1];
    for (size_t i = 2; i < NNRT_LEAST; i++) sum += all[i];
    return sum;
}
/* What was read before it stays in a register: gcc would read it again for each use. */
#define NNRT_READ_ONCE __asm__("" ::: "memory");
#define NNRT_SIX(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5)
#define NNRT_DOT_BEGIN(r)                                                                                              \
    const nnrt_real *const a##r = a + (r < m ? r : 0) * a_row;                                                         \
    nnrt_vec s##r##0 = {0}, s##r##1 = {0}, s##r##2 = {0}, s##r##3 = {0};
#define NNRT_DOT_STEP(r)                                                                                               \
    if (r < m) {                                                                                                       \
        const nnrt_vec x = *(const nnrt_vec *)(a##r + p);                                                              \
        NNRT_READ_ONCE                                                                                                 \
        s##r##0 += x * y0;                                                                                             \
        if (n > 1) s##r##1 += x * y1;                                                                                  \
        if (n > 2) s##r##2 += x * y2;                                                                                  \
        if (n > 3) s##r##3 += x * y3;                                                                                  \
    }
#define NNRT_DOT_PUT(r, q)                                                                                             \
    if (r < m && q < n) {                                                                                              \
        nnrt_real sum = nnrt_across(s##r##q);                                                                         \
        for (size_t i = whole; i < k; i++) sum += a##r[i] * b##q[i];                                                   \
        c[r * c_row + q] = adds ? c[r * c_row + q] + rate * sum : sum;                                                 \
    }
#define NNRT_DOT_END(r) NNRT_DOT_PUT(r, 0) NNRT_DOT_PUT(r, 1) NNRT_DOT_PUT(r, 2) NNRT_DOT_PUT(r, 3)
NNRT_INLINE void nnrt_some_dots(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, const nnrt_real *b, size_t b_n,
                                nnrt_real *c, size_t c_row, int adds, nnrt_real rate)
{
    const nnrt_real *const b0 = b, *const b1 = b + (n > 1 ? b_n : 0), *const b2 = b + (n > 2 ? 2 * b_n : 0);
    const nnrt_real *const b3 = b + (n > 3 ? 3 * b_n : 0);
    const size_t whole = k / NNRT_LANES * NNRT_LANES;
    NNRT_SIX(NNRT_DOT_BEGIN)
    for (size_t p = 0; p < whole; p += NNRT_LANES) {
        const nnrt_vec y0 = *(const nnrt_vec *)(b0 + p), y1 = *(const nnrt_vec *)(b1 + p), y2 = *(const nnrt_vec *)(b2 + p);
        const nnrt_vec y3 = *(const nnrt_vec *)(b3 + p);
        NNRT_SIX(NNRT_DOT_STEP)
    }
    NNRT_SIX(NNRT_DOT_END)
}
NNRT_INLINE void nnrt_dots_product(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k, const nnrt_real *b,
                                   size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds, nnrt_real rate)
{
    const size_t wide = NNRT_THIN == 8 || m < 3 ? 4 : 2;
    size_t j = 0;
    (void)a_k, (void)b_k;
    for (; j + wide <= n; j += wide) nnrt_some_dots(m, wide, k, a, a_row, b + j * b_n, b_n, c + j, c_row, adds, rate);
    if (j < n) nnrt_some_dots(m, n % wide, k, a, a_row, b + j * b_n, b_n, c + j, c_row, adds, rate);
}
#else
#define nnrt_dots_product nnrt_product
#endif

/*@ end */
#endif
