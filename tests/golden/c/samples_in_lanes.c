/* samples_in_lanes: made by nngen, not by hand. See samples_in_lanes.h for what it does and how to use it. */
#include "samples_in_lanes.h"

#include <math.h>
#include <string.h>

/* No turn of the loop reads what another writes: more arrays than gcc would find that out of. */
#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__
#define SAMPLES_IN_LANES_EACH _Pragma("GCC ivdep")
#else
#define SAMPLES_IN_LANES_EACH
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

#ifndef NNRT_INLINE
#ifdef __GNUC__
#define NNRT_INLINE static inline __attribute__((always_inline, unused))
#else
#define NNRT_INLINE static inline
#endif
#endif

/* Loops over the lanes stay loops until they become vectors: gcc is better at that than at lanes one by one. */
#if defined __GNUC__ && !defined __clang__ && __GNUC__ >= 8
#define NNRT_EACH_LANE _Pragma("GCC unroll 1") for (size_t i = 0; i < 8; i++)
#else
#define NNRT_EACH_LANE for (size_t i = 0; i < 8; i++)
#endif

/* Rows that are known to be short are reduced where they are; one function for all others saves compilers much time. */
#ifdef __GNUC__
#define NNRT_IS_SHORT(n) (__builtin_constant_p(n) && (n) < 64)
#define NNRT_LONG_ROW static __attribute__((noinline, unused))
#else
#define NNRT_IS_SHORT(n) 0
#define NNRT_LONG_ROW static inline
#endif

NNRT_INLINE double nnrt_sum_row_f32(const float *x, size_t n)
{
    double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0}, rest = 0;
    const size_t whole = n / 8 * 8;
    for (size_t k = 0; k < whole; k += 8)
        NNRT_EACH_LANE lane[i] += (double)x[k + i];
    for (size_t k = whole; k < n; k++) rest += (double)x[k];
    return rest + (((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7])));
}
NNRT_LONG_ROW double nnrt_sum_long_f32(const float *x, size_t n)
{
    return nnrt_sum_row_f32(x, n);
}
NNRT_INLINE double nnrt_sum_f32(const float *x, size_t n)
{
    return NNRT_IS_SHORT(n) ? nnrt_sum_row_f32(x, n) : nnrt_sum_long_f32(x, n);
}

static inline float nnrt_pick_f32(int yes, float a, float b)
{
    union { float x; uint32_t bits; } one, other;
    const uint32_t mask = 0u - (uint32_t)yes;
    one.x = a;
    other.x = b;
    one.bits = (one.bits & mask) | (other.bits & ~mask);
    return one.x;
}

static inline int32_t nnrt_pick_i32(int yes, int32_t a, int32_t b)
{
    return (a & -yes) | (b & ~-yes);
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

#define NNRT_LANES_BYTES 32
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

/* exp(x) - 1 less its power of two: x = n * log(2) + r, and *z is n + 1.5 * 2^23. */
NNRT_INLINE float nnrt_exp_core_f32(float x, float *z)
{
    const float whole = x * 0x1.715476p+0f + 0x1.8p+23f, n = whole - 0x1.8p+23f;
    const float high = x - n * 0x1.62e4p-1f, r = high - n * 0x1.7f7d1cp-20f;
    float p = 0x1.6850e4p-10f;
    p = p * r + 0x1.123bccp-7f;
    p = p * r + 0x1.555b98p-5f;
    p = p * r + 0x1.55548ep-3f;
    p = p * r + 0x1.fffff8p-2f;
    *z = whole;
    return r + r * r * p;
}

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

/* yes ? a : b */
NNRT_INLINE float nnrt_choose_f32(uint32_t yes, float a, float b)
{
    const uint32_t mask = 0u - yes;
    return nnrt_of_bits_f32((nnrt_bits_f32(a) & mask) | (nnrt_bits_f32(b) & ~mask));
}

/* Of no more than 89. The power of two comes in two halves, so that results may be denormal. */
NNRT_INLINE float nnrt_exp_to_f32(float x)
{
    float z, p;
    uint32_t n, half;
    p = nnrt_exp_core_f32(nnrt_choose_f32(x < -104.5f, -104.5f, x), &z) + 1.0f;
    n = nnrt_bits_f32(z) - 0x4b400000u + 254u;
    half = n >> 1;
    return p * nnrt_of_bits_f32(half << 23) * nnrt_of_bits_f32((n - half) << 23);
}

NNRT_INLINE float nnrt_exp_f32(float x)
{
    return nnrt_exp_to_f32(nnrt_choose_f32(x > 89.0f, 89.0f, x));
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
#define SAMPLES_IN_LANES_APART __attribute__((noinline, noclone))
#elif defined(__clang__)
#define SAMPLES_IN_LANES_APART __attribute__((noinline))
#else
#define SAMPLES_IN_LANES_APART
#endif
#if defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__) && !defined(__clang__)
#define SAMPLES_IN_LANES_STRAIGHT __attribute__((noinline, optimize("O1")))
#else
#define SAMPLES_IN_LANES_STRAIGHT SAMPLES_IN_LANES_APART
#endif

/* c[8][3] = a[8][64] * b[64][3] */
static SAMPLES_IN_LANES_APART void samples_in_lanes_nn_8x3x64(const samples_in_lanes_real *a, const samples_in_lanes_real *b, samples_in_lanes_real *c)
{
    nnrt_narrow_product(8, 3, 64, a, 64, 1, b, 3, 1, c, 3, 0, 1);
}

/* c[8][64] = a[8][3] * b[64][3] transposed */
static SAMPLES_IN_LANES_APART void samples_in_lanes_nt_8x64x3(const samples_in_lanes_real *a, const samples_in_lanes_real *b, samples_in_lanes_real *c)
{
    nnrt_even_product_turned(8, 64, 3, a, 3, 1, b, 1, 3, c, 64, 0, 1);
}

/* c[64][3] = a[8][64] transposed * b[8][3] */
static SAMPLES_IN_LANES_APART void samples_in_lanes_tn_64x3x8(const samples_in_lanes_real *a, const samples_in_lanes_real *b, samples_in_lanes_real *c)
{
    nnrt_narrow_product(64, 3, 8, a, 1, 64, b, 3, 1, c, 3, 0, 1);
}

static SAMPLES_IN_LANES_APART void samples_in_lanes_conv1(const samples_in_lanes_real *x, const samples_in_lanes_real *w, const samples_in_lanes_real *bias, samples_in_lanes_real *y)
{
    static const struct nnrt_conv_shape shape = {1, 0, 0, 3, 18, 36, 6, 6, 6, 6, 1, 1, 3, 6, 3, 2,
        36, 9, 3, 1, 1, -7, 6, 1, 1, -1, 6, 1, 1, -1};
    nnrt_conv(&shape, 8, 8, x, w, bias, y);
}

static SAMPLES_IN_LANES_APART void samples_in_lanes_conv2(const samples_in_lanes_real *x, const samples_in_lanes_real *w, const samples_in_lanes_real *bias, samples_in_lanes_real *y)
{
    static const struct nnrt_conv_shape shape = {1, 0, 0, 4, 12, 16, 4, 3, 4, 4, 1, 1, 2, 3, 2, 3,
        9, 4, 2, 1, 1, -4, 3, 1, 1, -1, 3, 1, 1, -1};
    nnrt_conv(&shape, 8, 8, x, w, bias, y);
}

static SAMPLES_IN_LANES_APART void samples_in_lanes_conv_back3(const samples_in_lanes_real *x, const samples_in_lanes_real *y, samples_in_lanes_real *w)
{
    static const struct nnrt_conv_shape shape = {1, 0, 0, 4, 12, 16, 4, 3, 4, 4, 1, 1, 2, 3, 2, 3,
        9, 4, 2, 1, 1, -4, 3, 1, 1, -1, 3, 1, 1, -1};
    nnrt_conv_back(&shape, 8, 8, x, y, w);
}

static SAMPLES_IN_LANES_APART void samples_in_lanes_conv4(const samples_in_lanes_real *x, const samples_in_lanes_real *w, samples_in_lanes_real *y)
{
    static const struct nnrt_conv_shape shape = {1, 0, 0, 3, 4, 25, 5, 4, 5, 5, 1, 1, 2, 4, -2, 4,
        16, 12, 2, 1, -1, -5, 4, 1, 1, -1, 4, 1, 1, -1};
    nnrt_conv(&shape, 8, 8, x, w, NULL, y);
}

static SAMPLES_IN_LANES_APART void samples_in_lanes_conv_back5(const samples_in_lanes_real *x, const samples_in_lanes_real *y, samples_in_lanes_real *w)
{
    static const struct nnrt_conv_shape shape = {1, 0, 0, 3, 18, 36, 6, 6, 6, 6, 1, 1, 3, 6, 3, 2,
        36, 9, 3, 1, 1, -7, 6, 1, 1, -1, 6, 1, 1, -1};
    nnrt_conv_back(&shape, 8, 8, x, y, w);
}

size_t samples_in_lanes_work_size(void)
{
    return sizeof(samples_in_lanes_work);
}

samples_in_lanes_status samples_in_lanes_init(samples_in_lanes_params *p, uint64_t seed)
{
    if (!p) return SAMPLES_IN_LANES_E_NULL;
    const uint64_t stream_1 = nnrt_stream(seed, 0x39f775e48f7407f9u);
    const uint64_t stream_2 = nnrt_stream(seed, 0x19fcc9d8257fa2a5u);
    const uint64_t stream_3 = nnrt_stream(seed, 0x1ddd4fb1f4031129u);
    const uint64_t stream_4 = nnrt_stream(seed, 0x7de2a3ab2ba6ad56u);
    const uint64_t stream_5 = nnrt_stream(seed, 0x7dbbc1a4b97808eau);
    const uint64_t stream_6 = nnrt_stream(seed, 0x1db66daf4768afdcu);
    /* h = x |> conv2d[3, 3](pad = 1) as c1 |> relu |> maxpool2d(2) */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 2; j++) {
            for (size_t k = 0; k < 3; k++) {
                for (size_t l = 0; l < 3; l++) {
                    const samples_in_lanes_real t1 = sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_1, i * 18 + j * 9 + k * 3 + l)));
                    const samples_in_lanes_real t2 = 0.33333334f * t1 * nnrt_cos_f32(6.2831855f * nnrt_uniform(stream_2, i * 18 + j * 9 + k * 3 + l));
                    p->c1.W[i][j][k][l] = 0.0f + t2;
                }
            }
        }
    }
    for (size_t i = 0; i < 3; i++) {
        const samples_in_lanes_real c1_b_new = 0.0f;
        p->c1.b[i] = c1_b_new;
        p->dense1.b[i] = c1_b_new;
    }
    /* y = h |> conv2d[4, 2](pad = 1) as c2 |> flatten |> dense[3] */
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            for (size_t k = 0; k < 2; k++) {
                for (size_t l = 0; l < 2; l++) {
                    const samples_in_lanes_real t3 = sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_3, i * 12 + j * 4 + k * 2 + l)));
                    const samples_in_lanes_real t4 = 0.4082483f * t3 * nnrt_cos_f32(6.2831855f * nnrt_uniform(stream_4, i * 12 + j * 4 + k * 2 + l));
                    p->c2.W[i][j][k][l] = 0.0f + t4;
                }
            }
        }
    }
    for (size_t i = 0; i < 4; i++) {
        p->c2.b[i] = 0.0f;
    }
    for (size_t i = 0; i < 64; i++) {
        for (size_t j = 0; j < 3; j++) {
            const samples_in_lanes_real t5 = 0.17277369f * sqrtf(-2.0f * nnrt_log_f32(1.0f - nnrt_uniform(stream_5, i * 3 + j))) * nnrt_cos_f32(6.2831855f * nnrt_uniform(stream_6, i * 3 + j));
            p->dense1.W[i][j] = 0.0f + t5;
        }
    }
    return SAMPLES_IN_LANES_OK;
}

samples_in_lanes_status samples_in_lanes_forward(const samples_in_lanes_params *p,
                                                 const samples_in_lanes_inputs *in,
                                                 samples_in_lanes_outputs *out, samples_in_lanes_work *w)
{
    if (!p || !in || !out || !w) return SAMPLES_IN_LANES_E_NULL;
    if (!in->x) return SAMPLES_IN_LANES_E_NULL;
    if (!in->label) return SAMPLES_IN_LANES_E_NULL;
    for (size_t i = 0; i < 8; i++)
        if (in->label[i] < 0 || (size_t)in->label[i] >= 3) return SAMPLES_IN_LANES_E_RANGE;
    const samples_in_lanes_real *const x = in->x;
    samples_in_lanes_real *const t1 = w->real + 864; /* [1][2][6][6][8] */
    samples_in_lanes_real *const c1 = w->real; /* [1][3][6][6][8] */
    samples_in_lanes_real *const sum1 = w->real + 864; /* [1][3][6][3][8] */
    samples_in_lanes_real *const h = w->real + 512; /* [1][3][3][3][8] */
    samples_in_lanes_real *const c2 = w->real; /* [1][4][4][4][8] */
    samples_in_lanes_real *const t2 = w->real + 512; /* [1][8][64] */
    samples_in_lanes_real *const prod1 = w->real; /* [8][3] */
    samples_in_lanes_real *const y = w->real; /* [8][3] */
    const int32_t *const label = in->label;
    samples_in_lanes_real *const sum2 = w->real + 24; /* [8] */
    samples_in_lanes_real *const sum3 = w->real + 32; /* [8] */
    /* h = x |> conv2d[3, 3](pad = 1) as c1 |> relu |> maxpool2d(2) */
    for (size_t j = 0; j < 2; j++) {
        for (size_t k = 0; k < 6; k++) {
            for (size_t l = 0; l < 6; l++) {
                for (size_t i4 = 0; i4 < 8; i4++) {
                    t1[j * 288 + k * 48 + l * 8 + i4] = x[i4 * 72 + j * 36 + k * 6 + l];
                }
            }
        }
    }
    samples_in_lanes_conv1(&t1[0], &p->c1.W[0][0][0][0], &p->c1.b[0], &c1[0]);
    for (size_t j = 0; j < 3; j++) {
        for (size_t k = 0; k < 6; k++) {
            for (size_t l = 0; l < 3; l++) {
                SAMPLES_IN_LANES_EACH
                for (size_t i4 = 0; i4 < 8; i4++) {
                    samples_in_lanes_real best1 = -INFINITY;
                    int32_t most1 = 0;
                    {
                        const samples_in_lanes_real t4 = nnrt_pick_f32((c1[j * 288 + k * 48 + l * 16 + i4] <= 0.0f), 0.0f, c1[j * 288 + k * 48 + l * 16 + i4]);
                        best1 = t4;
                    }
                    {
                        const samples_in_lanes_real t5 = nnrt_pick_f32((c1[j * 288 + k * 48 + l * 16 + i4 + 8] <= 0.0f), 0.0f, c1[j * 288 + k * 48 + l * 16 + i4 + 8]);
                        const int more2 = (t5 > best1) | ((t5 != t5) & (best1 == best1));
                        best1 = nnrt_pick_f32(more2, t5, best1);
                        most1 = nnrt_pick_i32(more2, 1, most1);
                    }
                    sum1[j * 144 + k * 24 + l * 8 + i4] = best1;
                }
            }
        }
    }
    for (size_t j = 0; j < 3; j++) {
        for (size_t k = 0; k < 3; k++) {
            for (size_t l = 0; l < 3; l++) {
                SAMPLES_IN_LANES_EACH
                for (size_t i4 = 0; i4 < 8; i4++) {
                    samples_in_lanes_real best3 = -INFINITY;
                    int32_t most2 = 0;
                    {
                        const samples_in_lanes_real x4 = sum1[j * 144 + k * 48 + l * 8 + i4];
                        best3 = x4;
                    }
                    {
                        const samples_in_lanes_real x5 = sum1[j * 144 + k * 48 + l * 8 + i4 + 24];
                        const int more6 = (x5 > best3) | ((x5 != x5) & (best3 == best3));
                        best3 = nnrt_pick_f32(more6, x5, best3);
                        most2 = nnrt_pick_i32(more6, 1, most2);
                    }
                    h[j * 72 + k * 24 + l * 8 + i4] = best3;
                }
            }
        }
    }
    /* y = h |> conv2d[4, 2](pad = 1) as c2 |> flatten |> dense[3] */
    samples_in_lanes_conv2(&h[0], &p->c2.W[0][0][0][0], &p->c2.b[0], &c2[0]);
    for (size_t j = 0; j < 8; j++) {
        for (size_t k = 0; k < 64; k++) {
            t2[j * 64 + k] = c2[k * 8 + j];
        }
    }
    samples_in_lanes_nn_8x3x64(&t2[0], &p->dense1.W[0][0], &prod1[0]);
    /* loss e = mean[N](cross_entropy[-1](y, label)) */
    for (size_t i = 0; i < 8; i++) {
        samples_in_lanes_real most3 = -INFINITY;
        for (size_t j = 0; j < 3; j++) {
            const samples_in_lanes_real y_i = prod1[i * 3 + j] + p->dense1.b[j];
            y[i * 3 + j] = y_i;
            most3 = y_i > most3 || y_i != y_i ? y_i : most3;
        }
        const samples_in_lanes_real t3 = most3 == -INFINITY ? 0.0f : most3;
        double acc1 = 0;
        double acc2 = 0;
        for (size_t j = 0; j < 3; j++) {
            const samples_in_lanes_real t6 = y[i * 3 + j] - t3;
            acc1 += nnrt_exp_f32(t6);
            acc2 += label[i] == (int32_t)j ? t6 : 0.0f;
        }
        sum2[i] = (samples_in_lanes_real)acc1;
        sum3[i] = (samples_in_lanes_real)acc2;
    }
    samples_in_lanes_real row1[8];
    for (size_t i = 0; i < 8; i++) {
        const samples_in_lanes_real x7 = sum2[i];
        const samples_in_lanes_real x8 = sum2[i];
        const samples_in_lanes_real x9 = sum3[i];
        row1[i] = sum2[i] == 0.0f ? INFINITY : nnrt_log_f32(x7 == 0.0f ? 1.0f : x8) - x9;
    }
    const double acc3 = nnrt_sum_f32(row1, 8);
    const samples_in_lanes_real sum4 = (samples_in_lanes_real)acc3;
    out->e = sum4 / 8.0f;
    return SAMPLES_IN_LANES_OK;
}

samples_in_lanes_status samples_in_lanes_grad(const samples_in_lanes_params *p,
                                              const samples_in_lanes_inputs *in,
                                              samples_in_lanes_outputs *out, samples_in_lanes_params *g,
                                              samples_in_lanes_work *w)
{
    if (!p || !in || !out || !g || !w) return SAMPLES_IN_LANES_E_NULL;
    if (!in->x) return SAMPLES_IN_LANES_E_NULL;
    if (!in->label) return SAMPLES_IN_LANES_E_NULL;
    for (size_t i = 0; i < 8; i++)
        if (in->label[i] < 0 || (size_t)in->label[i] >= 3) return SAMPLES_IN_LANES_E_RANGE;
    const samples_in_lanes_real *const x = in->x;
    samples_in_lanes_real *const t1 = w->real + 1464; /* [1][2][6][6][8] */
    samples_in_lanes_real *const c1 = w->real; /* [1][3][6][6][8] */
    int32_t *const most1 = w->whole; /* [1][3][6][3][8] */
    samples_in_lanes_real *const sum1 = w->real + 864; /* [1][3][6][3][8] */
    int32_t *const most2 = w->whole + 432; /* [1][3][3][3][8] */
    samples_in_lanes_real *const h = w->real + 2040; /* [1][3][3][3][8] */
    samples_in_lanes_real *const c2 = w->real + 512; /* [1][4][4][4][8] */
    samples_in_lanes_real *const t2 = w->real; /* [1][8][64] */
    samples_in_lanes_real *const prod1 = w->real + 512; /* [8][3] */
    samples_in_lanes_real *const y = w->real + 512; /* [8][3] */
    samples_in_lanes_real *const t5 = w->real + 536; /* [8][3] */
    const int32_t *const label = in->label;
    samples_in_lanes_real *const sum2 = w->real + 560; /* [8] */
    samples_in_lanes_real *const sum3 = w->real + 568; /* [8] */
    samples_in_lanes_real *const d_y = w->real + 1024; /* [8][3] */
    samples_in_lanes_real *const prod2 = w->real + 512; /* [8][64] */
    samples_in_lanes_real *const t7 = w->real; /* [1][64][8] */
    samples_in_lanes_real *const prod3 = w->real + 864; /* [1][3][5][5][8] */
    samples_in_lanes_real *const t8 = w->real; /* [1][3][3][2][3][2][8] */
    /* h = x |> conv2d[3, 3](pad = 1) as c1 |> relu |> maxpool2d(2) */
    for (size_t j = 0; j < 2; j++) {
        for (size_t k = 0; k < 6; k++) {
            for (size_t l = 0; l < 6; l++) {
                for (size_t i4 = 0; i4 < 8; i4++) {
                    t1[j * 288 + k * 48 + l * 8 + i4] = x[i4 * 72 + j * 36 + k * 6 + l];
                }
            }
        }
    }
    samples_in_lanes_conv1(&t1[0], &p->c1.W[0][0][0][0], &p->c1.b[0], &c1[0]);
    for (size_t j = 0; j < 3; j++) {
        for (size_t k = 0; k < 6; k++) {
            for (size_t l = 0; l < 3; l++) {
                SAMPLES_IN_LANES_EACH
                for (size_t i4 = 0; i4 < 8; i4++) {
                    samples_in_lanes_real best1 = -INFINITY;
                    int32_t most1_i = 0;
                    {
                        const samples_in_lanes_real t9 = nnrt_pick_f32((c1[j * 288 + k * 48 + l * 16 + i4] <= 0.0f), 0.0f, c1[j * 288 + k * 48 + l * 16 + i4]);
                        best1 = t9;
                    }
                    {
                        const samples_in_lanes_real t10 = nnrt_pick_f32((c1[j * 288 + k * 48 + l * 16 + i4 + 8] <= 0.0f), 0.0f, c1[j * 288 + k * 48 + l * 16 + i4 + 8]);
                        const int more2 = (t10 > best1) | ((t10 != t10) & (best1 == best1));
                        best1 = nnrt_pick_f32(more2, t10, best1);
                        most1_i = nnrt_pick_i32(more2, 1, most1_i);
                    }
                    most1[j * 144 + k * 24 + l * 8 + i4] = most1_i;
                    sum1[j * 144 + k * 24 + l * 8 + i4] = best1;
                }
            }
        }
    }
    for (size_t j = 0; j < 3; j++) {
        for (size_t k = 0; k < 3; k++) {
            for (size_t l = 0; l < 3; l++) {
                SAMPLES_IN_LANES_EACH
                for (size_t i4 = 0; i4 < 8; i4++) {
                    samples_in_lanes_real best3 = -INFINITY;
                    int32_t most2_i = 0;
                    {
                        const samples_in_lanes_real x4 = sum1[j * 144 + k * 48 + l * 8 + i4];
                        best3 = x4;
                    }
                    {
                        const samples_in_lanes_real x5 = sum1[j * 144 + k * 48 + l * 8 + i4 + 24];
                        const int more6 = (x5 > best3) | ((x5 != x5) & (best3 == best3));
                        best3 = nnrt_pick_f32(more6, x5, best3);
                        most2_i = nnrt_pick_i32(more6, 1, most2_i);
                    }
                    most2[j * 72 + k * 24 + l * 8 + i4] = most2_i;
                    h[j * 72 + k * 24 + l * 8 + i4] = best3;
                }
            }
        }
    }
    /* y = h |> conv2d[4, 2](pad = 1) as c2 |> flatten |> dense[3] */
    samples_in_lanes_conv2(&h[0], &p->c2.W[0][0][0][0], &p->c2.b[0], &c2[0]);
    for (size_t j = 0; j < 8; j++) {
        for (size_t k = 0; k < 64; k++) {
            t2[j * 64 + k] = c2[k * 8 + j];
        }
    }
    samples_in_lanes_nn_8x3x64(&t2[0], &p->dense1.W[0][0], &prod1[0]);
    /* loss e = mean[N](cross_entropy[-1](y, label)) */
    for (size_t i = 0; i < 8; i++) {
        samples_in_lanes_real most3 = -INFINITY;
        for (size_t j = 0; j < 3; j++) {
            const samples_in_lanes_real y_i = prod1[i * 3 + j] + p->dense1.b[j];
            y[i * 3 + j] = y_i;
            most3 = y_i > most3 || y_i != y_i ? y_i : most3;
        }
        const samples_in_lanes_real t3 = (samples_in_lanes_real)(most3 == -INFINITY);
        const samples_in_lanes_real t4 = t3 != 0 ? 0.0f : most3;
        double acc1 = 0;
        double acc2 = 0;
        for (size_t j = 0; j < 3; j++) {
            const samples_in_lanes_real t11 = y[i * 3 + j] - t4;
            const samples_in_lanes_real t5_i = nnrt_exp_f32(t11);
            t5[i * 3 + j] = t5_i;
            acc1 += t5_i;
            acc2 += label[i] == (int32_t)j ? t11 : 0.0f;
        }
        const samples_in_lanes_real sum2_i = (samples_in_lanes_real)acc1;
        sum2[i] = sum2_i;
        sum3[i] = (samples_in_lanes_real)acc2;
        const samples_in_lanes_real t12 = sum2_i == 0.0f ? 1.0f : sum2_i;
        const samples_in_lanes_real t6 = 1.0f / t12;
        for (size_t j = 0; j < 3; j++) {
            const samples_in_lanes_real x7 = t5[i * 3 + j];
            const samples_in_lanes_real t13 = (samples_in_lanes_real)(label[i] == (int32_t)j);
            d_y[i * 3 + j] = t3 != 0 ? 0.0f : 0.125f * (x7 * t6 - t13);
        }
    }
    samples_in_lanes_real row1[8];
    for (size_t i = 0; i < 8; i++) {
        const samples_in_lanes_real x8 = sum2[i];
        const samples_in_lanes_real t12 = sum2[i] == 0.0f ? 1.0f : x8;
        const samples_in_lanes_real x9 = sum3[i];
        row1[i] = sum2[i] == 0.0f ? INFINITY : nnrt_log_f32(t12) - x9;
    }
    const double acc3 = nnrt_sum_f32(row1, 8);
    const samples_in_lanes_real sum4 = (samples_in_lanes_real)acc3;
    out->e = sum4 / 8.0f;
    /* gradient: y = h |> conv2d[4, 2](pad = 1) as c2 |> flatten |> dense[3] */
    double acc4[3] = {0};
    for (size_t j = 0; j < 8; j++) {
        for (size_t i = 0; i < 3; i++) {
            acc4[i] += d_y[j * 3 + i];
        }
    }
    for (size_t i = 0; i < 3; i++) {
        g->dense1.b[i] = (samples_in_lanes_real)acc4[i];
    }
    samples_in_lanes_nt_8x64x3(&d_y[0], &p->dense1.W[0][0], &prod2[0]);
    samples_in_lanes_tn_64x3x8(&t2[0], &d_y[0], &g->dense1.W[0][0]);
    for (size_t i = 0; i < 4; i++) {
        double acc5 = 0;
        for (size_t j = 0; j < 8; j++) {
            for (size_t k = 0; k < 4; k++) {
                for (size_t l = 0; l < 4; l++) {
                    acc5 += prod2[j * 64 + i * 16 + k * 4 + l];
                }
            }
        }
        g->c2.b[i] = (samples_in_lanes_real)acc5;
    }
    for (size_t j = 0; j < 64; j++) {
        for (size_t k = 0; k < 8; k++) {
            t7[j * 8 + k] = prod2[k * 64 + j];
        }
    }
    samples_in_lanes_conv_back3(&h[0], &t7[0], &g->c2.W[0][0][0][0]);
    samples_in_lanes_conv4(&t7[0], &p->c2.W[0][0][1][1], &prod3[0]);
    /* gradient: h = x |> conv2d[3, 3](pad = 1) as c1 |> relu |> maxpool2d(2) */
    for (size_t j = 0; j < 3; j++) {
        for (size_t k = 0; k < 3; k++) {
            for (size_t l = 0; l < 2; l++) {
                for (size_t i4 = 0; i4 < 3; i4++) {
                    for (size_t i5 = 0; i5 < 2; i5++) {
                        for (size_t i6 = 0; i6 < 8; i6++) {
                            const int32_t x10 = most2[j * 72 + k * 24 + i4 * 8 + i6];
                            const samples_in_lanes_real x11 = prod3[j * 200 + k * 40 + i4 * 8 + i6 + 48];
                            const samples_in_lanes_real t14 = h[j * 72 + k * 24 + i4 * 8 + i6] <= 0.0f ? 0.0f : x11;
                            t8[j * 288 + k * 96 + l * 48 + i4 * 16 + i5 * 8 + i6] = most1[j * 144 + k * 48 + l * 24 + i4 * 8 + i6] == (int32_t)i5 ? (x10 == (int32_t)l ? t14 : 0.0f) : 0.0f;
                        }
                    }
                }
            }
        }
    }
    for (size_t i = 0; i < 3; i++) {
        double acc6 = 0;
        for (size_t k = 0; k < 3; k++) {
            for (size_t l = 0; l < 3; l++) {
                for (size_t i4 = 0; i4 < 8; i4++) {
                    const samples_in_lanes_real x12 = prod3[i * 200 + k * 40 + l * 8 + i4 + 48];
                    const samples_in_lanes_real t14 = h[i * 72 + k * 24 + l * 8 + i4] <= 0.0f ? 0.0f : x12;
                    acc6 += t14;
                }
            }
        }
        g->c1.b[i] = (samples_in_lanes_real)acc6;
    }
    samples_in_lanes_conv_back5(&t1[0], &t8[0], &g->c1.W[0][0][0][0]);
    return SAMPLES_IN_LANES_OK;
}
