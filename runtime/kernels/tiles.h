/* Products of matrices for shapes that are literals where they are called: then nothing is left of the choices below
 * but straight-line tiles of accumulators in registers. Written for the type nnrt_real. */
#ifndef NNRT_TILES_H
#define NNRT_TILES_H

#include <stddef.h>

/*@ nnrt_vec */
/* Vectors as the target has them, and the tile of NNRT_ROWS by NNRT_COLS vectors that its registers hold. */
#if !defined(__GNUC__) || defined(__TINYC__)
#define NNRT_BYTES 0
#elif defined(__AVX512F__)
#define NNRT_BYTES 64
#elif defined(__AVX__)
#define NNRT_BYTES 32
#elif defined(__SSE2__) || defined(__ARM_NEON) || defined(__VSX__)
#define NNRT_BYTES 16
#else
#define NNRT_BYTES 0
#endif
#if NNRT_BYTES
#define NNRT_INLINE static inline __attribute__((always_inline))
#define NNRT_HALF_BYTES (NNRT_BYTES > 16 ? NNRT_BYTES / 2 : 16)
#define NNRT_VECTOR(bytes) __attribute__((vector_size(bytes), aligned(sizeof(nnrt_real)), may_alias))
typedef nnrt_real nnrt_vec NNRT_VECTOR(NNRT_BYTES), nnrt_half NNRT_VECTOR(NNRT_HALF_BYTES), nnrt_least NNRT_VECTOR(16);
#define NNRT_LANES (NNRT_BYTES / sizeof(nnrt_real))
#define NNRT_HALF (NNRT_HALF_BYTES / sizeof(nnrt_real))
#define NNRT_LEAST (16 / sizeof(nnrt_real))
#if NNRT_BYTES == 64 || defined(__aarch64__) || defined(__VSX__)
#define NNRT_ROWS 8
#define NNRT_COLS 3
#elif defined(__FMA__)
#define NNRT_ROWS 4
#define NNRT_COLS 3
#else
#define NNRT_ROWS 4
#define NNRT_COLS 2
#endif

/*@ nnrt_tile needs nnrt_vec */
/* `rows` rows by n columns of c = a * b, or c += rate * a * b. Of the rows only `held` exist: the last one stands in
 * for those that do not. Columns are whole vectors and then one that may be narrower and begin early; fewer than a vector
 * are a narrow one and another. What begins early is read before anything is written over it. */
#define NNRT_SPLIT(n)                                                                                                  \
    const size_t rest = n % NNRT_LANES, whole = n < NNRT_LANES ? 0 : n / NNRT_LANES + (rest > NNRT_HALF);              \
    const size_t first = whole ? 0 : n < NNRT_HALF ? NNRT_LEAST : NNRT_HALF;                                           \
    const size_t left = whole ? (rest > NNRT_HALF ? 0 : rest) : n - first;                                             \
    const size_t edge = left == 0 ? 0 : left <= NNRT_LEAST ? NNRT_LEAST : NNRT_HALF;
#define NNRT_AT(i) (n < ((i) + 1) * NNRT_LANES ? n - NNRT_LANES : (i) * NNRT_LANES)
#define NNRT_PARTS(DO, r)                                                                                              \
    DO(r, 0, whole > 0, nnrt_vec, 0)                                                                                   \
    DO(r, 1, whole > 1, nnrt_vec, NNRT_AT(1))                                                                          \
    DO(r, 2, whole > 2, nnrt_vec, NNRT_AT(2))                                                                          \
    DO(r, 3, first == NNRT_HALF, nnrt_half, 0)                                                                         \
    DO(r, 4, first < NNRT_HALF && first, nnrt_least, 0)                                                                \
    DO(r, 5, edge == NNRT_HALF, nnrt_half, n - NNRT_HALF)                                                              \
    DO(r, 6, edge < NNRT_HALF && edge, nnrt_least, n - NNRT_LEAST)
#define NNRT_ZERO(r, i, is, T, at) T c##r##i = {0};
#define NNRT_READ(r, i, is, T, at)                                                                                     \
    T b##i = {0};                                                                                                      \
    if (is) b##i = *(const T *)(row + (at));
#define NNRT_STEP(r, i, is, T, at)                                                                                     \
    if (is) c##r##i += x * b##i;
#define NNRT_ADD(r, i, is, T, at)                                                                                      \
    if (adds && (is)) c##r##i = *(const T *)(to + (at)) + rate * c##r##i;
#define NNRT_RISE(r, i, is, T, at)                                                                                     \
    T c##r##i = {0};                                                                                                   \
    if (is) c##r##i = *(const T *)(to + (at)) + x * b##i;
#define NNRT_PUT(r, i, is, T, at)                                                                                      \
    if (is) *(T *)(to + (at)) = c##r##i;
#define NNRT_BEGIN(r)                                                                                                  \
    const nnrt_real *const a##r = a + (r < held ? r : held - 1) * a_row;                                               \
    NNRT_PARTS(NNRT_ZERO, r)
#define NNRT_ROW(r)                                                                                                    \
    if (r < rows) {                                                                                                    \
        const nnrt_real x = a##r[p * a_k];                                                                             \
        NNRT_PARTS(NNRT_STEP, r)                                                                                       \
    }
#define NNRT_END(r)                                                                                                    \
    if (r < rows && r < held) {                                                                                        \
        nnrt_real *const to = c + r * c_row;                                                                           \
        NNRT_PARTS(NNRT_ADD, r)                                                                                        \
        NNRT_PARTS(NNRT_PUT, r)                                                                                        \
    }
NNRT_INLINE void nnrt_tile(size_t rows, size_t held, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,
                           const nnrt_real *b, size_t b_k, nnrt_real *c, size_t c_row, int adds, nnrt_real rate)
{
    NNRT_SPLIT(n)
    NNRT_BEGIN(0) NNRT_BEGIN(1) NNRT_BEGIN(2) NNRT_BEGIN(3) NNRT_BEGIN(4) NNRT_BEGIN(5) NNRT_BEGIN(6) NNRT_BEGIN(7)
    for (size_t p = 0; p < k; p++) {
        const nnrt_real *const row = b + p * b_k;
        NNRT_PARTS(NNRT_READ, 0)
        NNRT_ROW(0) NNRT_ROW(1) NNRT_ROW(2) NNRT_ROW(3) NNRT_ROW(4) NNRT_ROW(5) NNRT_ROW(6) NNRT_ROW(7)
    }
    NNRT_END(0) NNRT_END(1) NNRT_END(2) NNRT_END(3) NNRT_END(4) NNRT_END(5) NNRT_END(6) NNRT_END(7)
}

/*@ nnrt_strip needs nnrt_tile */
/* All rows of n columns: where their number is a literal in tiles that are alike to within a row, else in full ones and
 * one of what is left. */
NNRT_INLINE void nnrt_strip(size_t m, int literal, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,
                            const nnrt_real *b, size_t b_k, nnrt_real *c, size_t c_row, int adds, nnrt_real rate)
{
    const size_t tiles = (m + NNRT_ROWS - 1) / NNRT_ROWS, least = literal ? m / tiles : NNRT_ROWS;
    const size_t more = literal ? m % tiles * (least + 1) : 0, end = literal ? m : m / NNRT_ROWS * NNRT_ROWS;
    size_t i = 0;
    for (; i < more; i += least + 1)
        nnrt_tile(least + 1, least + 1, n, k, a + i * a_row, a_row, a_k, b, b_k, c + i * c_row, c_row, adds, rate);
    for (; i < end; i += least)
        nnrt_tile(least, least, n, k, a + i * a_row, a_row, a_k, b, b_k, c + i * c_row, c_row, adds, rate);
    if (literal || i == m) return;
    if (m - i > NNRT_ROWS / 2)
        nnrt_tile(NNRT_ROWS, m - i, n, k, a + i * a_row, a_row, a_k, b, b_k, c + i * c_row, c_row, adds, rate);
    else
        nnrt_tile(NNRT_ROWS / 2, m - i, n, k, a + i * a_row, a_row, a_k, b, b_k, c + i * c_row, c_row, adds, rate);
}

/*@ nnrt_row needs nnrt_tile */
/* One row of a product, with as many as eight vectors of it in registers; and one of a column and a row, which adds. */
#define NNRT_LONG 8
#define NNRT_LONG_PARTS(DO)                                                                                            \
    NNRT_PARTS(DO, 0)                                                                                                  \
    DO(0, 7, whole > 3, nnrt_vec, NNRT_AT(3))                                                                          \
    DO(0, 8, whole > 4, nnrt_vec, NNRT_AT(4))                                                                          \
    DO(0, 9, whole > 5, nnrt_vec, NNRT_AT(5))                                                                          \
    DO(0, 10, whole > 6, nnrt_vec, NNRT_AT(6))                                                                         \
    DO(0, 11, whole > 7, nnrt_vec, NNRT_AT(7))
NNRT_INLINE void nnrt_row(size_t n, size_t k, const nnrt_real *a, size_t a_k, const nnrt_real *b, size_t b_k,
                          nnrt_real *to, int adds, nnrt_real rate)
{
    NNRT_SPLIT(n)
    NNRT_LONG_PARTS(NNRT_ZERO)
    for (size_t p = 0; p < k; p++) {
        const nnrt_real *const row = b + p * b_k, x = a[p * a_k];
        NNRT_LONG_PARTS(NNRT_READ)
        NNRT_LONG_PARTS(NNRT_STEP)
    }
    NNRT_LONG_PARTS(NNRT_ADD)
    NNRT_LONG_PARTS(NNRT_PUT)
}
NNRT_INLINE void nnrt_outer(size_t m, size_t n, const nnrt_real *a, size_t a_row, const nnrt_real *row, nnrt_real *c,
                            size_t c_row, nnrt_real rate)
{
    NNRT_SPLIT(n)
    NNRT_LONG_PARTS(NNRT_READ)
    for (size_t i = 0; i < m; i++) {
        const nnrt_real x = rate * a[i * a_row];
        nnrt_real *const to = c + i * c_row;
        NNRT_LONG_PARTS(NNRT_RISE)
        NNRT_LONG_PARTS(NNRT_PUT)
    }
}

/*@ nnrt_turn needs nnrt_vec */
/* to[k][n] = from[n][k], rows of from being `apart`. Squares are turned over in registers, the last ones of them beginning
 * early. */
NNRT_INLINE void nnrt_turn(size_t n, size_t k, const nnrt_real *from, size_t apart, nnrt_real *to)
{
#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
    typedef nnrt_real four NNRT_VECTOR(4 * sizeof(nnrt_real));
    for (size_t j = 0; j < n && n > 3 && k > 3; j += 4)
        for (size_t p = 0; p < k; p += 4) {
            const size_t j0 = j + 4 > n ? n - 4 : j, p0 = p + 4 > k ? k - 4 : p;
            const nnrt_real *const f = from + j0 * apart + p0;
            nnrt_real *const t = to + p0 * n + j0;
            const four x0 = *(const four *)f, x1 = *(const four *)(f + apart);
            const four x2 = *(const four *)(f + 2 * apart), x3 = *(const four *)(f + 3 * apart);
            const four y0 = __builtin_shufflevector(x0, x1, 0, 4, 1, 5);
            const four y1 = __builtin_shufflevector(x0, x1, 2, 6, 3, 7);
            const four y2 = __builtin_shufflevector(x2, x3, 0, 4, 1, 5);
            const four y3 = __builtin_shufflevector(x2, x3, 2, 6, 3, 7);
            *(four *)t = __builtin_shufflevector(y0, y2, 0, 1, 4, 5);
            *(four *)(t + n) = __builtin_shufflevector(y0, y2, 2, 3, 6, 7);
            *(four *)(t + 2 * n) = __builtin_shufflevector(y1, y3, 0, 1, 4, 5);
            *(four *)(t + 3 * n) = __builtin_shufflevector(y1, y3, 2, 3, 6, 7);
        }
    if (n > 3 && k > 3) return;
#endif
#endif
    for (size_t j = 0; j < n; j++)
        for (size_t p = 0; p < k; p++) to[p * n + j] = from[j * apart + p];
}

/*@ nnrt_columns needs nnrt_row nnrt_strip nnrt_turn */
/* A product of n columns, which are no more than `wide`. Where b's columns are not neighbours it is turned over first, in
 * parts along k. */
NNRT_INLINE void nnrt_columns(size_t wide, size_t m, int literal, size_t n, size_t k, const nnrt_real *a, size_t a_row,
                              size_t a_k, const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row,
                              int adds, nnrt_real rate)
{
    if (b_n == 1) {
        if (wide == NNRT_COLS * NNRT_LANES)
            nnrt_strip(m, literal, n, k, a, a_row, a_k, b, b_k, c, c_row, adds, rate);
        else if (m == 1)
            nnrt_row(n, k, a, a_k, b, b_k, c, adds, rate);
        else
            nnrt_outer(m, n, a, a_row, b, c, c_row, rate);
        return;
    }
    enum { room = 15360 / sizeof(nnrt_real) };
    const size_t most = room / wide;
    for (size_t p = 0; p < k; p += most) {
        nnrt_real turned[room] __attribute__((aligned(NNRT_BYTES)));
        const size_t part = k - p < most ? k - p : most;
        nnrt_turn(n, part, b + p, b_n, turned);
        if (m == 1 && literal)
            nnrt_row(n, part, a + p * a_k, a_k, turned, n, c, adds || p > 0, rate);
        else
            nnrt_strip(m, literal, n, part, a + p * a_k, a_row, a_k, turned, n, c, c_row, adds || p > 0, rate);
    }
}

/*@ nnrt_product needs nnrt_columns */
/* c[m, n] = a[m, k] * b[k, n], or c += rate * a * b where it adds; n > 3, k > 0. Element (i, j) of b is at
 * b[i * b_k + j * b_n] and so on, and one of the two is 1; c's columns are neighbours, and c overlaps neither. All but
 * rate, which is 1 unless it adds, and the pointers are literals, m too where so said; k may be none. Thin: of one row,
 * or one that adds a column times a row. Columns are cut into strips that are alike to within a vector, the wider ones
 * last: what begins early at the end must not reach into another. */
NNRT_INLINE void nnrt_product(size_t m, int literal, int thin, size_t n, size_t k, const nnrt_real *a, size_t a_row,
                              size_t a_k, const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row,
                              int adds, nnrt_real rate)
{
    const size_t most = thin ? NNRT_LONG : NNRT_COLS, wide = most * NNRT_LANES;
    const size_t vectors = (n + NNRT_LANES - 1) / NNRT_LANES, strips = (vectors + most - 1) / most;
    const size_t least = vectors / strips * NNRT_LANES, more = vectors % strips;
    const size_t middle = (more ? strips - more : strips - 1) * least;
    const size_t last = more ? middle + (more - 1) * (least + NNRT_LANES) : middle;
    size_t j = 0;
    for (; j < middle; j += least)
        nnrt_columns(wide, m, literal, least, k, a, a_row, a_k, b + j * b_n, b_k, b_n, c + j, c_row, adds, rate);
    for (; j < last; j += least + NNRT_LANES)
        nnrt_columns(wide, m, literal, least + NNRT_LANES, k, a, a_row, a_k, b + j * b_n, b_k, b_n, c + j, c_row, adds,
                     rate);
    nnrt_columns(wide, m, literal, n - last, k, a, a_row, a_k, b + last * b_n, b_k, b_n, c + last, c_row, adds, rate);
}
#else
#define NNRT_INLINE static inline
NNRT_INLINE void nnrt_turn(size_t n, size_t k, const nnrt_real *from, size_t apart, nnrt_real *to)
{
    for (size_t p = 0; p < k; p++)
        for (size_t j = 0; j < n; j++) to[p * n + j] = from[j * apart + p];
}
NNRT_INLINE void nnrt_product(size_t m, int literal, int thin, size_t n, size_t k, const nnrt_real *a, size_t a_row,
                              size_t a_k, const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row,
                              int adds, nnrt_real rate)
{
    (void)literal;
    (void)thin;
    for (size_t i = 0; i < m; i++, a += a_row, c += c_row) {
        for (size_t j = 0; j < n && !adds; j++) c[j] = 0;
        for (size_t p = 0; p < k && b_n == 1; p++) {
            const nnrt_real x = adds ? rate * a[p * a_k] : a[p * a_k];
            for (size_t j = 0; j < n; j++) c[j] += x * b[p * b_k + j];
        }
        for (size_t j = 0; j < n && b_n != 1; j++) {
            nnrt_real sum = 0;
            for (size_t p = 0; p < k; p++) sum += a[p * a_k] * b[p * b_k + j * b_n];
            c[j] += adds ? rate * sum : sum;
        }
    }
}
#endif

/*@ end */
#endif
