/* Products of matrices for shapes that are literals where they are called: then nothing is left of the choices below but
 * straight-line tiles of accumulators in registers. Written for the type nnrt_real. */
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
typedef nnrt_real nnrt_vec __attribute__((vector_size(NNRT_BYTES), aligned(sizeof(nnrt_real)), may_alias));
#define NNRT_LANES (NNRT_BYTES / sizeof(nnrt_real))
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

/*@ nnrt_put needs nnrt_vec */
/* Stores x, or adds it, but for its first `skip` elements: c is the place of the next one. */
NNRT_INLINE void nnrt_put(nnrt_real *c, nnrt_vec x, size_t skip, int adds)
{
    if (skip)
        for (size_t l = skip; l < NNRT_LANES; l++) c[l - skip] = adds ? c[l - skip] + x[l] : x[l];
    else if (adds)
        *(nnrt_vec *)c += x;
    else
        *(nnrt_vec *)c = x;
}

/*@ nnrt_tile needs nnrt_put */
/* `rows` rows by `cols` vectors of c = a * b, or c +=. The last vector begins `skip` columns early, and these columns are
 * not its own. Of the rows only `held` exist: the last one stands in for those that do not. */
#define NNRT_FROM(r) const nnrt_real *const a##r = a + (r < held ? r : held - 1) * a_row
#define NNRT_ZERO(r) nnrt_vec c##r##0 = {0}, c##r##1 = {0}, c##r##2 = {0}
#define NNRT_STEP(r)                                                                                                   \
    if (r < rows) {                                                                                                    \
        const nnrt_real x = a##r[p * a_k];                                                                             \
        c##r##0 += x * b0;                                                                                             \
        if (cols > 1) c##r##1 += x * b1;                                                                               \
        if (cols > 2) c##r##2 += x * b2;                                                                               \
    }
#define NNRT_PUT(r)                                                                                                    \
    if (r < rows && r < held) {                                                                                        \
        nnrt_put(c + r * c_row, c##r##0, cols == 1 ? skip : 0, adds);                                                  \
        if (cols > 1) nnrt_put(c + r * c_row + NNRT_LANES, c##r##1, cols == 2 ? skip : 0, adds);                       \
        if (cols > 2) nnrt_put(c + r * c_row + 2 * NNRT_LANES, c##r##2, skip, adds);                                   \
    }
NNRT_INLINE void nnrt_tile(size_t rows, size_t held, size_t cols, size_t skip, size_t k, const nnrt_real *a, size_t a_row,
                           size_t a_k, const nnrt_real *b, size_t b_k, nnrt_real *c, size_t c_row, int adds)
{
    const nnrt_real *const b_last = b + (cols - 1) * NNRT_LANES - skip;
    NNRT_FROM(0); NNRT_FROM(1); NNRT_FROM(2); NNRT_FROM(3); NNRT_FROM(4); NNRT_FROM(5); NNRT_FROM(6); NNRT_FROM(7);
    NNRT_ZERO(0); NNRT_ZERO(1); NNRT_ZERO(2); NNRT_ZERO(3); NNRT_ZERO(4); NNRT_ZERO(5); NNRT_ZERO(6); NNRT_ZERO(7);
    for (size_t p = 0; p < k; p++) {
        const nnrt_vec b_end = *(const nnrt_vec *)(b_last + p * b_k);
        const nnrt_vec b0 = cols > 1 ? *(const nnrt_vec *)(b + p * b_k) : b_end;
        const nnrt_vec b1 = cols > 2 ? *(const nnrt_vec *)(b + p * b_k + NNRT_LANES) : b_end, b2 = b_end;
        NNRT_STEP(0) NNRT_STEP(1) NNRT_STEP(2) NNRT_STEP(3) NNRT_STEP(4) NNRT_STEP(5) NNRT_STEP(6) NNRT_STEP(7)
    }
    NNRT_PUT(0) NNRT_PUT(1) NNRT_PUT(2) NNRT_PUT(3) NNRT_PUT(4) NNRT_PUT(5) NNRT_PUT(6) NNRT_PUT(7)
}

/*@ nnrt_strip needs nnrt_tile */
/* All rows of `cols` vectors of columns: where their number is a literal in tiles that are alike to within a row, else
 * in full ones and one of what is left. */
NNRT_INLINE void nnrt_strip(size_t m, int literal, size_t cols, size_t skip, size_t k, const nnrt_real *a, size_t a_row,
                            size_t a_k, const nnrt_real *b, size_t b_k, nnrt_real *c, size_t c_row, int adds)
{
    const size_t tiles = (m + NNRT_ROWS - 1) / NNRT_ROWS, least = literal ? m / tiles : NNRT_ROWS;
    const size_t more = literal ? m % tiles * (least + 1) : 0, end = literal ? m : m / NNRT_ROWS * NNRT_ROWS;
    size_t i = 0;
    for (; i < more; i += least + 1)
        nnrt_tile(least + 1, least + 1, cols, skip, k, a + i * a_row, a_row, a_k, b, b_k, c + i * c_row, c_row, adds);
    for (; i < end; i += least)
        nnrt_tile(least, least, cols, skip, k, a + i * a_row, a_row, a_k, b, b_k, c + i * c_row, c_row, adds);
    if (literal || i == m) return;
    if (m - i > NNRT_ROWS / 2)
        nnrt_tile(NNRT_ROWS, m - i, cols, skip, k, a + i * a_row, a_row, a_k, b, b_k, c + i * c_row, c_row, adds);
    else
        nnrt_tile(NNRT_ROWS / 2, m - i, cols, skip, k, a + i * a_row, a_row, a_k, b, b_k, c + i * c_row, c_row, adds);
}

/*@ nnrt_columns needs nnrt_strip */
/* The same in parts along k. Where vectors cannot be read from b, because its columns are not neighbours or fewer than a
 * vector, b is packed: they are put together first. */
NNRT_INLINE void nnrt_columns(size_t m, int literal, int packs, size_t cols, size_t skip, size_t k,
                              const nnrt_real *a, size_t a_row, size_t a_k, const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds)
{
    enum { packed_deep = 80 };
    const size_t deep = packs ? (size_t)packed_deep : 512;
    const size_t width = cols * NNRT_LANES, own = width - skip;
    if (!packs) {
        for (size_t p = 0; p < k; p += deep)
            nnrt_strip(m, literal, cols, skip, k - p < deep ? k - p : deep, a + p * a_k, a_row, a_k, b + p * b_k, b_k, c, c_row,
                       adds || p > 0);
        return;
    }
    for (size_t p = 0; p < k; p += deep) {
        nnrt_real packed[packed_deep * NNRT_COLS * NNRT_LANES];
        const size_t part = k - p < deep ? k - p : deep, from = cols == 1 ? skip : 0;
        for (size_t j = 0; j < from + own; j++)
            for (size_t q = 0; q < part; q++) packed[q * width + j] = j < from ? 0 : b[(p + q) * b_k + (j - from) * b_n];
        nnrt_strip(m, literal, cols, skip, part, a + p * a_k, a_row, a_k, packed + from, width, c, c_row, adds || p > 0);
    }
}

/*@ nnrt_product needs nnrt_columns */
/* c[m, n] = a[m, k] * b[k, n], or c += where it adds; k > 0. Element (i, j) of b is at b[i * b_k + j * b_n] and so on; c's
 * columns are neighbours, and c overlaps neither. All but the pointers are literals, m too where so said; k may be none. */
NNRT_INLINE void nnrt_product(size_t m, int literal, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,
                              const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds)
{
    const size_t vectors = (n + NNRT_LANES - 1) / NNRT_LANES, skip = vectors * NNRT_LANES - n;
    const size_t strips = (vectors + NNRT_COLS - 1) / NNRT_COLS, narrow = strips * NNRT_COLS - vectors;
    const size_t last = strips == 1 ? vectors : narrow ? NNRT_COLS - 1 : NNRT_COLS;
    const size_t wide = strips == 1 ? 0 : (narrow ? strips - narrow : strips - 1) * NNRT_COLS * NNRT_LANES;
    const size_t before = (vectors - last) * NNRT_LANES;
    const int packs = b_n != 1 || n < NNRT_LANES;
    size_t j = 0;
    for (; j < wide; j += NNRT_COLS * NNRT_LANES)
        nnrt_columns(m, literal, packs, NNRT_COLS, 0, k, a, a_row, a_k, b + j * b_n, b_k, b_n, c + j, c_row, adds);
    for (; j < before; j += (NNRT_COLS - 1) * NNRT_LANES)
        nnrt_columns(m, literal, packs, NNRT_COLS - 1, 0, k, a, a_row, a_k, b + j * b_n, b_k, b_n, c + j, c_row, adds);
    nnrt_columns(m, literal, packs, last, skip, k, a, a_row, a_k, b + j * b_n, b_k, b_n, c + j, c_row, adds);
}
#else
static void nnrt_product(size_t m, int literal, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k,
                         const nnrt_real *b, size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds)
{
    (void)literal;
    for (size_t i = 0; i < m; i++, a += a_row, c += c_row) {
        for (size_t j = 0; j < n && !adds; j++) c[j] = 0;
        for (size_t p = 0; p < k && b_n == 1; p++)
            for (size_t j = 0; j < n; j++) c[j] += a[p * a_k] * b[p * b_k + j];
        for (size_t j = 0; j < n && b_n != 1; j++) {
            nnrt_real sum = 0;
            for (size_t p = 0; p < k; p++) sum += a[p * a_k] * b[p * b_k + j * b_n];
            c[j] += sum;
        }
    }
}
#endif

/*@ end */
#endif
