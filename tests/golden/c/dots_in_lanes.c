/* dots_in_lanes: made by nngen, not by hand. See dots_in_lanes.h for what it does and how to use it. */
#include "dots_in_lanes.h"

#include <math.h>
#include <string.h>

/* No turn of the loop reads what another writes: more arrays than gcc would find that out of. */
#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__
#define DOTS_IN_LANES_EACH _Pragma("GCC ivdep")
#else
#define DOTS_IN_LANES_EACH
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
#define DOTS_IN_LANES_APART __attribute__((noinline, noclone))
#elif defined(__clang__)
#define DOTS_IN_LANES_APART __attribute__((noinline))
#else
#define DOTS_IN_LANES_APART
#endif
#if defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__) && !defined(__clang__)
#define DOTS_IN_LANES_STRAIGHT __attribute__((noinline, optimize("O1")))
#else
#define DOTS_IN_LANES_STRAIGHT DOTS_IN_LANES_APART
#endif

/* c[2][40] = a[2][2] * b[2][40] */
static DOTS_IN_LANES_APART void dots_in_lanes_nn_2x40x2(const dots_in_lanes_real *a, const dots_in_lanes_real *b, dots_in_lanes_real *c)
{
    nnrt_product(2, 40, 2, a, 2, 1, b, 40, 1, c, 40, 0, 1);
}

/* c[40][2] = a[2][40] transposed * b[2][2] */
static DOTS_IN_LANES_APART void dots_in_lanes_tn_40x2x2(const dots_in_lanes_real *a, const dots_in_lanes_real *b, dots_in_lanes_real *c)
{
    nnrt_narrow_product(40, 2, 2, a, 1, 40, b, 2, 1, c, 2, 0, 1);
}

size_t dots_in_lanes_work_size(void)
{
    return sizeof(dots_in_lanes_work);
}

dots_in_lanes_status dots_in_lanes_init(dots_in_lanes_params *p, uint64_t seed)
{
    if (!p) return DOTS_IN_LANES_E_NULL;
    const uint64_t stream_1 = nnrt_stream(seed, 0x15c87ba3d37b5693u);
    const uint64_t stream_2 = nnrt_stream(seed, 0x35c327ae7d777547u);
    /* param W[2, 40] = normal(0, 1) */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 40; j++) {
            const dots_in_lanes_real t1 = sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_1, i * 40 + j))) * nnrt_cos_f32(6.2831855f * nnrt_uniform(stream_2, i * 40 + j));
            p->W[i][j] = 0.0f + t1;
        }
    }
    return DOTS_IN_LANES_OK;
}

dots_in_lanes_status dots_in_lanes_forward(const dots_in_lanes_params *p, const dots_in_lanes_inputs *in,
                                           dots_in_lanes_outputs *out, dots_in_lanes_work *w)
{
    if (!p || !in || !out || !w) return DOTS_IN_LANES_E_NULL;
    if (in->N < 1 || in->N > 100) return DOTS_IN_LANES_E_DIM;
    if (!in->x) return DOTS_IN_LANES_E_NULL;
    const size_t N = in->N;
    dots_in_lanes_real *const y = w->real; /* [2][2] */
    const dots_in_lanes_real *const x = in->x;
    /* y = W @ W.T */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            dots_in_lanes_real acc2[16] = {0};
            for (size_t k = 0; k < 32; k += 16) {
                for (size_t l = 0; l < 16; l++) {
                    acc2[l] += p->W[i][k + l] * p->W[j][k + l];
                }
            }
            for (size_t k = 32; k < 40; k++) {
                acc2[0] += p->W[i][k] * p->W[j][k];
            }
            dots_in_lanes_real acc1 = 0;
            for (size_t k = 0; k < 16; k++) acc1 += acc2[k];
            y[i * 2 + j] = acc1;
        }
    }
    /* loss e = x @ x + sum(y**2) */
    dots_in_lanes_real acc3[16] = {0};
    for (size_t i = 0; i < N / 16 * 16; i += 16) {
        for (size_t j = 0; j < 16; j++) {
            acc3[j] += x[i + j] * x[i + j];
        }
    }
    for (size_t i = N / 16 * 16; i < N; i++) {
        acc3[0] += x[i] * x[i];
    }
    dots_in_lanes_real prod1 = 0;
    for (size_t i = 0; i < 16; i++) prod1 += acc3[i];
    double acc4 = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc4 += y[i * 2 + j] * y[i * 2 + j];
        }
    }
    const dots_in_lanes_real sum1 = (dots_in_lanes_real)acc4;
    out->e = prod1 + sum1;
    return DOTS_IN_LANES_OK;
}

dots_in_lanes_status dots_in_lanes_grad(const dots_in_lanes_params *p, const dots_in_lanes_inputs *in,
                                        dots_in_lanes_outputs *out, dots_in_lanes_params *g,
                                        dots_in_lanes_work *w)
{
    if (!p || !in || !out || !g || !w) return DOTS_IN_LANES_E_NULL;
    if (in->N < 1 || in->N > 100) return DOTS_IN_LANES_E_DIM;
    if (!in->x) return DOTS_IN_LANES_E_NULL;
    const size_t N = in->N;
    dots_in_lanes_real *const y = w->real + 160; /* [2][2] */
    const dots_in_lanes_real *const x = in->x;
    dots_in_lanes_real *const d_y = w->real + 160; /* [2][2] */
    dots_in_lanes_real *const prod2 = w->real; /* [2][40] */
    dots_in_lanes_real *const prod3 = w->real + 80; /* [40][2] */
    /* y = W @ W.T */
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            dots_in_lanes_real acc2[16] = {0};
            for (size_t k = 0; k < 32; k += 16) {
                for (size_t l = 0; l < 16; l++) {
                    acc2[l] += p->W[i][k + l] * p->W[j][k + l];
                }
            }
            for (size_t k = 32; k < 40; k++) {
                acc2[0] += p->W[i][k] * p->W[j][k];
            }
            dots_in_lanes_real acc1 = 0;
            for (size_t k = 0; k < 16; k++) acc1 += acc2[k];
            y[i * 2 + j] = acc1;
        }
    }
    /* loss e = x @ x + sum(y**2) */
    dots_in_lanes_real acc3[16] = {0};
    for (size_t i = 0; i < N / 16 * 16; i += 16) {
        for (size_t j = 0; j < 16; j++) {
            acc3[j] += x[i + j] * x[i + j];
        }
    }
    for (size_t i = N / 16 * 16; i < N; i++) {
        acc3[0] += x[i] * x[i];
    }
    dots_in_lanes_real prod1 = 0;
    for (size_t i = 0; i < 16; i++) prod1 += acc3[i];
    double acc4 = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc4 += y[i * 2 + j] * y[i * 2 + j];
        }
    }
    const dots_in_lanes_real sum1 = (dots_in_lanes_real)acc4;
    out->e = prod1 + sum1;
    /* gradient: loss e = x @ x + sum(y**2) */
    DOTS_IN_LANES_EACH
    for (size_t j = 0; j < 4; j++) {
        d_y[j] = y[j] + y[j];
    }
    if (out->d_x) {
        for (size_t i = 0; i < N; i++) {
            out->d_x[i] = x[i] + x[i];
        }
    }
    /* gradient: y = W @ W.T */
    dots_in_lanes_nn_2x40x2(&d_y[0], &p->W[0][0], &prod2[0]);
    dots_in_lanes_tn_40x2x2(&p->W[0][0], &d_y[0], &prod3[0]);
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 40; j++) {
            g->W[i][j] = prod2[i * 40 + j] + prod3[j * 2 + i];
        }
    }
    return DOTS_IN_LANES_OK;
}
