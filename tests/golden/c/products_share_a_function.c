/* products_share_a_function: made by nngen, not by hand. See products_share_a_function.h for what it does and how to use it. */
#include "products_share_a_function.h"

#include <math.h>

typedef float nnrt_real;
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
#define NNRT_INLINE static inline __attribute__((always_inline, unused))
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

/* `rows` rows by n columns of c = a * b, or c += rate * a * b. Of the rows only `held` exist: the last one stands in
 * for those that do not. Columns are whole vectors and then one that may be narrower and begin early; fewer than a
 * vector are a narrow one and another. What begins early is read before anything is written over it. */
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
/* Eight pointers to rows of c, kept while the tile is made, would leave too few registers: there is one at a time. */
#define NNRT_STEP_ON(pointer) __asm__("" : "+r"(pointer))
#define NNRT_BEGIN(PARTS, r)                                                                                           \
    const nnrt_real *const a##r = a + (r < held ? r : held - 1) * a_row;                                               \
    PARTS(NNRT_ZERO, r)
#define NNRT_ROW(PARTS, r)                                                                                             \
    if (r < rows) {                                                                                                    \
        const nnrt_real x = a##r[p * a_k];                                                                             \
        PARTS(NNRT_STEP, r)                                                                                            \
    }
#define NNRT_END(PARTS, r)                                                                                             \
    if (r < rows && r < held) {                                                                                        \
        PARTS(NNRT_ADD, r)                                                                                             \
        PARTS(NNRT_PUT, r)                                                                                             \
        to += c_row;                                                                                                   \
        NNRT_STEP_ON(to);                                                                                              \
    }
#define NNRT_EIGHT(DO, PARTS)                                                                                          \
    DO(PARTS, 0) DO(PARTS, 1) DO(PARTS, 2) DO(PARTS, 3) DO(PARTS, 4) DO(PARTS, 5) DO(PARTS, 6) DO(PARTS, 7)
#define NNRT_TILE_OF(PARTS)                                                                                            \
    NNRT_EIGHT(NNRT_BEGIN, PARTS)                                                                                      \
    for (size_t p = 0; p < k; p++) {                                                                                   \
        const nnrt_real *const row = b + p * b_k;                                                                      \
        PARTS(NNRT_READ, 0)                                                                                            \
        NNRT_EIGHT(NNRT_ROW, PARTS)                                                                                    \
    }                                                                                                                  \
    nnrt_real *to = c;                                                                                                 \
    NNRT_STEP_ON(to);                                                                                                  \
    NNRT_EIGHT(NNRT_END, PARTS)
NNRT_INLINE void nnrt_tile(size_t rows, size_t held, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,
                           const nnrt_real *b, size_t b_k, nnrt_real *c, size_t c_row, int adds, nnrt_real rate)
{
    NNRT_SPLIT(n)
    NNRT_TILE_OF(NNRT_PARTS)
}

/* Columns of a product, few enough for a tile, in all rows: where the number of rows is a literal in tiles that are
 * alike to within a row, else in full ones and one of what is left. */
#define NNRT_STRIP(name)                                                                                               \
    NNRT_INLINE void name(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,                  \
                          const nnrt_real *b, size_t b_k, nnrt_real *c, size_t c_row, int adds, nnrt_real rate)
#define NNRT_TILE(rows, held)                                                                                          \
    nnrt_tile(rows, held, n, k, a + i * a_row, a_row, a_k, b, b_k, c + i * c_row, c_row, adds, rate)
NNRT_STRIP(nnrt_fixed)
{
    const size_t tiles = (m + NNRT_ROWS - 1) / NNRT_ROWS, least = m / tiles, more = m % tiles * (least + 1);
    size_t i = 0;
    for (; i < more; i += least + 1) NNRT_TILE(least + 1, least + 1);
    for (; i < m; i += least) NNRT_TILE(least, least);
}
NNRT_STRIP(nnrt_some)
{
    size_t i = 0;
    for (; i + NNRT_ROWS <= m; i += NNRT_ROWS) NNRT_TILE(NNRT_ROWS, NNRT_ROWS);
    if (m - i > NNRT_ROWS / 2)
        NNRT_TILE(NNRT_ROWS, m - i);
    else if (i < m)
        NNRT_TILE(NNRT_ROWS / 2, m - i);
}

/* The same of one row, with as many as eight vectors of it in registers; and of a column times a row, which adds. */
#define NNRT_LONG 8
#define NNRT_LONG_PARTS(DO)                                                                                            \
    NNRT_PARTS(DO, 0)                                                                                                  \
    DO(0, 7, whole > 3, nnrt_vec, NNRT_AT(3))                                                                          \
    DO(0, 8, whole > 4, nnrt_vec, NNRT_AT(4))                                                                          \
    DO(0, 9, whole > 5, nnrt_vec, NNRT_AT(5))                                                                          \
    DO(0, 10, whole > 6, nnrt_vec, NNRT_AT(6))                                                                         \
    DO(0, 11, whole > 7, nnrt_vec, NNRT_AT(7))
NNRT_STRIP(nnrt_row)
{
    nnrt_real *const to = c;
    (void)m, (void)a_row, (void)c_row;
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
NNRT_STRIP(nnrt_outer)
{
    const nnrt_real *const row = b;
    (void)k, (void)a_k, (void)b_k, (void)adds;
    NNRT_SPLIT(n)
    NNRT_LONG_PARTS(NNRT_READ)
    for (size_t i = 0; i < m; i++) {
        const nnrt_real x = rate * a[i * a_row];
        nnrt_real *const to = c + i * c_row;
        NNRT_LONG_PARTS(NNRT_RISE)
        NNRT_LONG_PARTS(NNRT_PUT)
    }
}

/* to[k][n] = from[n][k], rows of from being `apart`. Squares are turned over in registers, the last ones of them
 * beginning early: of 8 rows where vectors hold as many, else of 4. */
#if NNRT_BYTES >= 32
#define NNRT_BY_EIGHT (sizeof(nnrt_real) == 4)
#else
#define NNRT_BY_EIGHT 0
#endif
#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define NNRT_MIX __builtin_shufflevector
NNRT_INLINE void nnrt_turn_4(size_t n, const nnrt_real *f, size_t apart, nnrt_real *t)
{
    typedef nnrt_real four NNRT_VECTOR(4 * sizeof(nnrt_real));
    const four x0 = *(const four *)f, x1 = *(const four *)(f + apart);
    const four x2 = *(const four *)(f + 2 * apart), x3 = *(const four *)(f + 3 * apart);
    const four y0 = NNRT_MIX(x0, x1, 0, 4, 1, 5), y1 = NNRT_MIX(x0, x1, 2, 6, 3, 7);
    const four y2 = NNRT_MIX(x2, x3, 0, 4, 1, 5), y3 = NNRT_MIX(x2, x3, 2, 6, 3, 7);
    *(four *)t = NNRT_MIX(y0, y2, 0, 1, 4, 5);
    *(four *)(t + n) = NNRT_MIX(y0, y2, 2, 3, 6, 7);
    *(four *)(t + 2 * n) = NNRT_MIX(y1, y3, 0, 1, 4, 5);
    *(four *)(t + 3 * n) = NNRT_MIX(y1, y3, 2, 3, 6, 7);
}
#if NNRT_BYTES >= 32
typedef nnrt_real nnrt_eight NNRT_VECTOR(8 * sizeof(nnrt_real));
#define NNRT_PAIR(i)                                                                                                   \
    const nnrt_eight x##i = *(const nnrt_eight *)(f + (i) * apart), z##i = *(const nnrt_eight *)(f + ((i) + 1) * apart); \
    const nnrt_eight l##i = NNRT_MIX(x##i, z##i, 0, 8, 1, 9, 4, 12, 5, 13), h##i = NNRT_MIX(x##i, z##i, 2, 10, 3, 11, 6, 14, 7, 15);
#define NNRT_PUT_PAIR(i, a, b, c, d, ...)                                                                              \
    {                                                                                                                  \
        const nnrt_eight low = NNRT_MIX(a, b, __VA_ARGS__), high = NNRT_MIX(c, d, __VA_ARGS__);                        \
        *(nnrt_eight *)(t + (i) * n) = NNRT_MIX(low, high, 0, 1, 2, 3, 8, 9, 10, 11);                                  \
        *(nnrt_eight *)(t + ((i) + 4) * n) = NNRT_MIX(low, high, 4, 5, 6, 7, 12, 13, 14, 15);                          \
    }
NNRT_INLINE void nnrt_turn_8(size_t n, const nnrt_real *f, size_t apart, nnrt_real *t)
{
    NNRT_PAIR(0) NNRT_PAIR(2) NNRT_PAIR(4) NNRT_PAIR(6)
    NNRT_PUT_PAIR(0, l0, l2, l4, l6, 0, 1, 8, 9, 4, 5, 12, 13)
    NNRT_PUT_PAIR(1, l0, l2, l4, l6, 2, 3, 10, 11, 6, 7, 14, 15)
    NNRT_PUT_PAIR(2, h0, h2, h4, h6, 0, 1, 8, 9, 4, 5, 12, 13)
    NNRT_PUT_PAIR(3, h0, h2, h4, h6, 2, 3, 10, 11, 6, 7, 14, 15)
}
#else
#define nnrt_turn_8 nnrt_turn_4
#endif
#endif
#endif
NNRT_INLINE void nnrt_turn(size_t n, size_t k, const nnrt_real *from, size_t apart, nnrt_real *to)
{
#ifdef NNRT_MIX
    const size_t eight = NNRT_BY_EIGHT && n > 15 && k > 15, step = eight ? 8 : 4;
    const size_t wide = n > 64 ? 16 : step; /* where rows of `to` are far apart, as much of each at once as lies together */
    for (size_t first = 0; first < n && n > 3 && k > 3; first += wide)
        for (size_t p = 0; p < k; p += step)
            for (size_t j = first; j < first + wide && j < n; j += step) {
                const size_t j0 = j + step > n ? n - step : j, p0 = p + step > k ? k - step : p;
                if (eight)
                    nnrt_turn_8(n, from + j0 * apart + p0, apart, to + p0 * n + j0);
                else
                    nnrt_turn_4(n, from + j0 * apart + p0, apart, to + p0 * n + j0);
            }
    if (n > 3 && k > 3) return;
#endif
    for (size_t j = 0; j < n; j++)
        for (size_t p = 0; p < k; p++) to[p * n + j] = from[j * apart + p];
}

/* c[m, n] = a[m, k] * b[k, n], or c += rate * a * b where it adds; n > 3 but in narrow ones, k > 0. Element (i, j) of a is at
 * a[i * a_row + j * a_k] and so on; c's columns are neighbours, and c overlaps neither. b's columns are neighbours too,
 * or b_k is 1, and b is turned over first, in parts along k. All but rate, which is 1 unless it adds,
 * and the pointers are literals; k may be none, nor m in products of some rows. Columns are cut into strips that are
 * alike to within a vector, the wider ones last: what begins early at the end must not reach into another. */
#define NNRT_CALL(strip, n, j)                                                                                         \
    strip(m, n, k, a, a_row, a_k, b + (j) * b_n, b_n == 1 ? b_k : b_n, c + (j), c_row, adds, rate)
#define NNRT_PRODUCT(name, strip, most)                                                                                \
    NNRT_INLINE void name(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,                  \
                          const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds,            \
                          nnrt_real rate)                                                                              \
    {                                                                                                                  \
        const size_t vectors = (n + NNRT_LANES - 1) / NNRT_LANES, strips = (vectors + (most) - 1) / (most);            \
        const size_t least = vectors / strips * NNRT_LANES, more = vectors % strips;                                   \
        const int even = n % NNRT_LANES == 0;                                                                          \
        const size_t middle = (more || even ? strips - more : strips - 1) * least;                                     \
        const size_t last = even ? n : more ? middle + (more - 1) * (least + NNRT_LANES) : middle;                     \
        size_t j = 0;                                                                                                  \
        for (; j < middle; j += least) NNRT_CALL(strip, least, j);                                                     \
        for (; j < last; j += least + NNRT_LANES) NNRT_CALL(strip, least + NNRT_LANES, j);                             \
        if (last < n) NNRT_CALL(strip, n - last, last);                                                                \
    }
#define NNRT_ROOM (15360 / sizeof(nnrt_real))
/* Of short vectors a strip is so narrow that rows of b a page apart, or askew to the cache's lines, are better copied side by
 * side where many rows of a are to come. */
#define NNRT_NEAR(name, strip, most)                                                                                   \
    NNRT_STRIP(name)                                                                                                   \
    {                                                                                                                  \
        const size_t deep = NNRT_ROOM / ((most) * NNRT_LANES), line = 64 / sizeof(nnrt_real);                          \
        if (NNRT_BYTES == 64 || m < 64 || k < 64 || (b_k % line == 0 && b_k < 16 * line)) {                            \
            strip(m, n, k, a, a_row, a_k, b, b_k, c, c_row, adds, rate);                                               \
            return;                                                                                                    \
        }                                                                                                              \
        for (size_t p = 0; p < k; p += deep) {                                                                         \
            nnrt_real near[NNRT_ROOM] __attribute__((aligned(NNRT_BYTES)));                                            \
            const size_t part = k - p < deep ? k - p : deep;                                                           \
            for (size_t q = 0; q < part; q++)                                                                          \
                for (size_t j = 0; j < n; j++) near[q * n + j] = b[(p + q) * b_k + j];                                 \
            strip(m, n, part, a + p * a_k, a_row, a_k, near, n, c, c_row, adds || p > 0, rate);                        \
        }                                                                                                              \
    }
#define NNRT_TURNED(name, strip, most)                                                                                 \
    NNRT_STRIP(name)                                                                                                   \
    {                                                                                                                  \
        const size_t deep = NNRT_ROOM / ((most) * NNRT_LANES);                                                         \
        for (size_t p = 0; p < k; p += deep) {                                                                         \
            nnrt_real turned[NNRT_ROOM] __attribute__((aligned(NNRT_BYTES)));                                          \
            const size_t part = k - p < deep ? k - p : deep;                                                           \
            nnrt_turn(n, part, b + p, b_k, turned);                                                                    \
            strip(m, n, part, a + p * a_k, a_row, a_k, turned, n, c, c_row, adds || p > 0, rate);                      \
        }                                                                                                              \
    }
NNRT_TURNED(nnrt_fixed_turned, nnrt_fixed, NNRT_COLS)
NNRT_TURNED(nnrt_some_turned, nnrt_some, NNRT_COLS)
NNRT_TURNED(nnrt_row_turned, nnrt_row, NNRT_LONG)
NNRT_NEAR(nnrt_fixed_near, nnrt_fixed, NNRT_COLS)
NNRT_PRODUCT(nnrt_whole_product, nnrt_fixed_near, NNRT_COLS)
NNRT_PRODUCT(nnrt_along_turned, nnrt_fixed_turned, NNRT_COLS)
NNRT_PRODUCT(nnrt_some_product, nnrt_some, NNRT_COLS)
NNRT_PRODUCT(nnrt_some_product_turned, nnrt_some_turned, NNRT_COLS)
NNRT_PRODUCT(nnrt_row_product, nnrt_row, NNRT_LONG)
NNRT_PRODUCT(nnrt_row_product_turned, nnrt_row_turned, NNRT_LONG)
NNRT_PRODUCT(nnrt_outer_product, nnrt_outer, NNRT_LONG)

/* The same of 1 to 3 columns, a's rows or its columns neighbours in memory: as many rows of c transposed, from row `from` on,
 * and those from `done` on turned over into c. */
#define NNRT_NARROW 256
NNRT_INLINE void nnrt_narrow_rows(size_t from, size_t rows, size_t done, size_t n, size_t k, const nnrt_real *a, size_t a_row,
                                  size_t a_k, const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds,
                                  nnrt_real rate)
{
    nnrt_real side[3 * NNRT_NARROW] __attribute__((aligned(NNRT_BYTES)));
    if (a_row == 1 && n == 1)
        nnrt_row_product(n, rows, k, b, b_n, b_k, a + from, a_k, a_row, side, rows, 0, 1);
    else if (a_row == 1)
        nnrt_whole_product(n, rows, k, b, b_n, b_k, a + from, a_k, a_row, side, rows, 0, 1);
    else
        nnrt_along_turned(n, rows, k, b, b_n, b_k, a + from * a_row, a_k, a_row, side, rows, 0, 1);
    for (size_t i = done; i < from + rows; i++)
        for (size_t j = 0; j < n; j++) {
            const nnrt_real sum = side[j * rows + (i - from)];
            c[i * c_row + j] = adds ? c[i * c_row + j] + rate * sum : sum;
        }
}

/* Of m > 3 rows, which are taken in parts that are alike, the last of which begins early; of some rows. */
#define NNRT_ROWS_FROM(from, rows, done)                                                                               \
    nnrt_narrow_rows(from, rows, done, n, k, a, a_row, a_k, b, b_k, b_n, c, c_row, adds, rate)
NNRT_INLINE void nnrt_narrow_product(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k, const nnrt_real *b,
                                     size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds, nnrt_real rate)
{
    const size_t parts = (m + NNRT_NARROW - 1) / NNRT_NARROW, part = (m + parts - 1) / parts;
    for (size_t done = 0; done < m; done += part) NNRT_ROWS_FROM(done + part > m ? m - part : done, part, done);
}
NNRT_INLINE void nnrt_some_narrow_product(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,
                                          const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds,
                                          nnrt_real rate)
{
    for (size_t done = 0; m >= NNRT_LANES && done < m; done += NNRT_LANES)
        NNRT_ROWS_FROM(done + NNRT_LANES > m ? m - NNRT_LANES : done, NNRT_LANES, done);
    for (size_t i = 0; m < NNRT_LANES && i < m; i++)
        for (size_t j = 0; j < n; j++) {
            nnrt_real sum = 0;
            for (size_t p = 0; p < k; p++) sum += a[i * a_row + p * a_k] * b[p * b_k + j * b_n];
            c[i * c_row + j] = adds ? c[i * c_row + j] + rate * sum : sum;
        }
}

/* Where a has few rows and b many, it is cheaper to turn over a, and then the result, which is made in parts that are alike. */
NNRT_INLINE void nnrt_cross_part(size_t m, size_t part, size_t skip, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,
                                 const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds, nnrt_real rate)
{
    nnrt_real side[NNRT_ROOM / 2] __attribute__((aligned(NNRT_BYTES))), turned[NNRT_ROOM / 2] __attribute__((aligned(NNRT_BYTES)));
    if (a_row == 1)
        nnrt_whole_product(part, m, k, b, b_n, b_k, a, a_k, a_row, side, m, 0, 1);
    else
        nnrt_along_turned(part, m, k, b, b_n, b_k, a, a_k, a_row, side, m, 0, 1);
    nnrt_turn(part, m, side, m, turned);
    for (size_t i = 0; i < m; i++)
        for (size_t j = skip; j < part; j++)
            c[i * c_row + j] = adds ? c[i * c_row + j] + rate * turned[i * part + j] : turned[i * part + j];
}
/* The same of matrices that are few vectors: nothing is stored wider or narrower than it is read. */
#define NNRT_FEW 128
#define NNRT_ARE_FEW(m, n, k) ((m) == 4 && (n) > 3 && (k) > 3 && (n) * (k) <= NNRT_FEW)
NNRT_INLINE void nnrt_few_turned(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, const nnrt_real *b, size_t b_n,
                                 nnrt_real *c)
{
    nnrt_real across[NNRT_FEW / 4 * NNRT_LANES] __attribute__((aligned(NNRT_BYTES)));
    nnrt_real side[NNRT_FEW / 4 * NNRT_LANES] __attribute__((aligned(NNRT_BYTES)));
    nnrt_turn(m, k, a, a_row, across);
    nnrt_whole_product(n, m, k, b, b_n, 1, across, m, 1, side, m, 0, 1);
    nnrt_turn(n, m, side, m, c);
}
NNRT_INLINE void nnrt_product_turned(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k, const nnrt_real *b,
                                     size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds, nnrt_real rate)
{
    const size_t most = NNRT_ROOM / 2 / m, parts = (n + most - 1) / most, part = (n + parts - 1) / parts;
    if (NNRT_ARE_FEW(m, n, k) && a_k == 1 && c_row == n && !adds)
        nnrt_few_turned(m, n, k, a, a_row, b, b_n, c);
    else if (m < 8 || m > 32 || n < 4 * m || k < 4 * m)
        nnrt_along_turned(m, n, k, a, a_row, a_k, b, b_k, b_n, c, c_row, adds, rate);
    else
        for (size_t j = 0; j < n; j += part) {
            const size_t from = j + part > n ? n - part : j;
            nnrt_cross_part(m, part, j - from, k, a, a_row, a_k, b + from * b_n, b_k, b_n, c + from, c_row, adds, rate);
        }
}

/* Of the columns behind whole vectors so few that they are cheaper by themselves. */
NNRT_INLINE void nnrt_product(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,
                              const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds,
                              nnrt_real rate)
{
    const size_t rest = n % NNRT_LANES, few = a_row == 1 && m >= 64 && n > NNRT_LANES && rest < 4 ? rest : 0;
    nnrt_whole_product(m, n - few, k, a, a_row, a_k, b, b_k, b_n, c, c_row, adds, rate);
    if (few) nnrt_narrow_product(m, few, k, a, a_row, a_k, b + (n - few), b_k, b_n, c + (n - few), c_row, adds, rate);
}

/* The same where m is a multiple of 8 and n of 16, 32 at least: then there are two kinds of tiles at most, which
 * differ by a vector. The sizes need not be literals, nor how far apart anything is but a's rows, where a_k is 1. */
#define NNRT_EVEN_PARTS(DO, r)                                                                                        \
    DO(r, 0, n > 0, nnrt_vec, 0)                                                                                       \
    DO(r, 1, n > NNRT_LANES, nnrt_vec, NNRT_LANES)                                                                     \
    DO(r, 2, n > 2 * NNRT_LANES, nnrt_vec, 2 * NNRT_LANES)
NNRT_STRIP(nnrt_even_tile)
{
    const size_t rows = NNRT_ROWS, held = NNRT_ROWS;
    (void)m;
    NNRT_TILE_OF(NNRT_EVEN_PARTS)
}
NNRT_STRIP(nnrt_even)
{
    for (size_t i = 0; i < m; i += NNRT_ROWS)
        nnrt_even_tile(NNRT_ROWS, n, k, a + i * a_row, a_row, a_k, b, b_k, c + i * c_row, c_row, adds, rate);
}
NNRT_TURNED(nnrt_even_turned, nnrt_even, NNRT_COLS)
#define NNRT_EVEN(name, strip)                                                                                        \
    NNRT_INLINE void name(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,                  \
                          const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds,            \
                          nnrt_real rate)                                                                              \
    {                                                                                                                  \
        const size_t wide = NNRT_COLS * NNRT_LANES, narrow = wide - NNRT_LANES, strips = (n + wide - 1) / wide;        \
        const size_t first = (strips * wide - n) / NNRT_LANES * narrow;                                                \
        size_t j = 0;                                                                                                  \
        for (; j < first; j += narrow) NNRT_CALL(strip, narrow, j);                                                    \
        for (; j < n; j += wide) NNRT_CALL(strip, wide, j);                                                            \
    }
NNRT_NEAR(nnrt_even_near, nnrt_even, NNRT_COLS)
NNRT_EVEN(nnrt_even_product, nnrt_even_near)
NNRT_EVEN(nnrt_even_product_turned, nnrt_even_turned)
#else
#define NNRT_INLINE static inline
NNRT_INLINE void nnrt_turn(size_t n, size_t k, const nnrt_real *from, size_t apart, nnrt_real *to)
{
    for (size_t p = 0; p < k; p++)
        for (size_t j = 0; j < n; j++) to[p * n + j] = from[j * apart + p];
}
NNRT_INLINE void nnrt_product(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,
                              const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds,
                              nnrt_real rate)
{
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
#define nnrt_product_turned nnrt_product
#define nnrt_some_product nnrt_product
#define nnrt_some_product_turned nnrt_product
#define nnrt_row_product nnrt_product
#define nnrt_row_product_turned nnrt_product
#define nnrt_outer_product nnrt_product
#define nnrt_narrow_product nnrt_product
#define nnrt_some_narrow_product nnrt_product
#define nnrt_even_product nnrt_product
#define nnrt_even_product_turned nnrt_product
#endif


/* Parts of a long function stay apart: compilers take more than twice the time for twice the length. Those without
 * loops have nothing to gain from more than -O1. */
#if defined(__GNUC__) && !defined(__clang__)
#define PRODUCTS_SHARE_A_FUNCTION_APART __attribute__((noinline, noclone))
#elif defined(__clang__)
#define PRODUCTS_SHARE_A_FUNCTION_APART __attribute__((noinline))
#else
#define PRODUCTS_SHARE_A_FUNCTION_APART
#endif
#if defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__) && !defined(__clang__)
#define PRODUCTS_SHARE_A_FUNCTION_STRAIGHT __attribute__((noinline, optimize("O1")))
#else
#define PRODUCTS_SHARE_A_FUNCTION_STRAIGHT PRODUCTS_SHARE_A_FUNCTION_APART
#endif

/* c[32][24] = a[32][40] * b[40][24] */
static PRODUCTS_SHARE_A_FUNCTION_APART void products_share_a_function_nn_32x24x40(const products_share_a_function_real *a, const products_share_a_function_real *b, products_share_a_function_real *c)
{
    nnrt_product(32, 24, 40, a, 40, 1, b, 24, 1, c, 24, 0, 1);
}

/* c[m][24] = a[m][40] * b[40][24] */
static PRODUCTS_SHARE_A_FUNCTION_APART void products_share_a_function_nn_mx24x40(size_t m, const products_share_a_function_real *a, const products_share_a_function_real *b, products_share_a_function_real *c)
{
    nnrt_some_product(m, 24, 40, a, 40, 1, b, 24, 1, c, 24, 0, 1);
}

size_t products_share_a_function_work_size(void)
{
    return sizeof(products_share_a_function_work);
}

products_share_a_function_status products_share_a_function_forward(const products_share_a_function_params *p,
                                                                   const products_share_a_function_inputs *in,
                                                                   products_share_a_function_outputs *out,
                                                                   products_share_a_function_work *w)
{
    (void)p;
    (void)w;
    if (!in || !out) return PRODUCTS_SHARE_A_FUNCTION_E_NULL;
    if (in->N < 1 || in->N > 64) return PRODUCTS_SHARE_A_FUNCTION_E_DIM;
    if (!in->x) return PRODUCTS_SHARE_A_FUNCTION_E_NULL;
    if (!in->rows) return PRODUCTS_SHARE_A_FUNCTION_E_NULL;
    if (!in->a) return PRODUCTS_SHARE_A_FUNCTION_E_NULL;
    if (!in->b) return PRODUCTS_SHARE_A_FUNCTION_E_NULL;
    const size_t N = in->N;
    const products_share_a_function_real *const x = in->x;
    const products_share_a_function_real *const a = in->a;
    const products_share_a_function_real *const b = in->b;
    const products_share_a_function_real *const rows = in->rows;
    /* output p = x @ a, q = x @ b, r = rows @ a */
    if (out->p) {
        products_share_a_function_nn_32x24x40(&x[0], &a[0], &out->p[0]);
    }
    if (out->q) {
        products_share_a_function_nn_32x24x40(&x[0], &b[0], &out->q[0]);
    }
    if (out->r) {
        products_share_a_function_nn_mx24x40(N, &rows[0], &a[0], &out->r[0]);
    }
    return PRODUCTS_SHARE_A_FUNCTION_OK;
}
