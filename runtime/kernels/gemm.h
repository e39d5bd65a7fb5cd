/* Products of matrices of any strides: the one kernel for shapes that are not literals. Elements add up in blocks of
 * 128 along k, each from the first on, so that a result depends on nothing but its row and its column. */
#ifndef NNRT_GEMM_H
#define NNRT_GEMM_H

#include <stddef.h>

/*@ nnrt_vec_f32 */
/* One vector register, at any address; a compiler without vectors counts by ones. */
#if defined(__TINYC__) || !defined(__GNUC__)
enum { nnrt_lanes_f32 = 1 };
typedef float nnrt_vec_f32;
#else
#if defined(__AVX512F__)
enum { nnrt_lanes_f32 = 16 };
#elif defined(__AVX__)
enum { nnrt_lanes_f32 = 8 };
#else
enum { nnrt_lanes_f32 = 4 };
#endif
typedef float nnrt_vec_f32
    __attribute__((vector_size(nnrt_lanes_f32 * sizeof(float)), aligned(sizeof(float)), may_alias));
#endif

/*@ nnrt_tile6_f32 needs nnrt_vec_f32 */
/* t = the product of six rows of k elements, row r of a at a + rs[r], with k rows of two vectors at b. Named
 * accumulators stay in registers where arrays of them do not. */
static void nnrt_tile6_f32(size_t k, const float *a, const ptrdiff_t *rs, ptrdiff_t acs, const float *b, ptrdiff_t brs,
                           float *t)
{
    const float *a0 = a + rs[0], *a1 = a + rs[1], *a2 = a + rs[2], *a3 = a + rs[3], *a4 = a + rs[4], *a5 = a + rs[5];
    nnrt_vec_f32 c0 = {0}, c1 = {0}, c2 = {0}, c3 = {0}, c4 = {0}, c5 = {0};
    nnrt_vec_f32 d0 = {0}, d1 = {0}, d2 = {0}, d3 = {0}, d4 = {0}, d5 = {0}, *to = (nnrt_vec_f32 *)t;
    for (size_t p = 0; p < k; p++, b += brs) {
        const nnrt_vec_f32 y = *(const nnrt_vec_f32 *)b, z = *(const nnrt_vec_f32 *)(b + nnrt_lanes_f32);
        const ptrdiff_t at = (ptrdiff_t)p * acs;
        c0 += a0[at] * y;
        d0 += a0[at] * z;
        c1 += a1[at] * y;
        d1 += a1[at] * z;
        c2 += a2[at] * y;
        d2 += a2[at] * z;
        c3 += a3[at] * y;
        d3 += a3[at] * z;
        c4 += a4[at] * y;
        d4 += a4[at] * z;
        c5 += a5[at] * y;
        d5 += a5[at] * z;
    }
    to[0] = c0;
    to[1] = d0;
    to[2] = c1;
    to[3] = d1;
    to[4] = c2;
    to[5] = d2;
    to[6] = c3;
    to[7] = d3;
    to[8] = c4;
    to[9] = d4;
    to[10] = c5;
    to[11] = d5;
}

/*@ nnrt_tile6n_f32 needs nnrt_vec_f32 */
/* The same of rows of one vector at b; results lie as those of two. */
static void nnrt_tile6n_f32(size_t k, const float *a, const ptrdiff_t *rs, ptrdiff_t acs, const float *b, ptrdiff_t brs,
                           float *t)
{
    const float *a0 = a + rs[0], *a1 = a + rs[1], *a2 = a + rs[2], *a3 = a + rs[3], *a4 = a + rs[4], *a5 = a + rs[5];
    nnrt_vec_f32 c0 = {0}, c1 = {0}, c2 = {0}, c3 = {0}, c4 = {0}, c5 = {0}, *to = (nnrt_vec_f32 *)t;
    for (size_t p = 0; p < k; p++, b += brs) {
        const nnrt_vec_f32 y = *(const nnrt_vec_f32 *)b;
        const ptrdiff_t at = (ptrdiff_t)p * acs;
        c0 += a0[at] * y;
        c1 += a1[at] * y;
        c2 += a2[at] * y;
        c3 += a3[at] * y;
        c4 += a4[at] * y;
        c5 += a5[at] * y;
    }
    to[0] = c0;
    to[2] = c1;
    to[4] = c2;
    to[6] = c3;
    to[8] = c4;
    to[10] = c5;
}

/*@ nnrt_tile1_f32 needs nnrt_vec_f32 */
/* The same of one row: for the one or two that are left over. */
static void nnrt_tile1_f32(size_t k, const float *a, ptrdiff_t acs, const float *b, ptrdiff_t brs, float *t)
{
    nnrt_vec_f32 c = {0}, d = {0}, *to = (nnrt_vec_f32 *)t;
    for (size_t p = 0; p < k; p++, b += brs) {
        c += a[(ptrdiff_t)p * acs] * *(const nnrt_vec_f32 *)b;
        d += a[(ptrdiff_t)p * acs] * *(const nnrt_vec_f32 *)(b + nnrt_lanes_f32);
    }
    to[0] = c;
    to[1] = d;
}

/*@ nnrt_pack_f32 needs nnrt_vec_f32 */
/* k rows of b of at most two vectors of columns, one after the other, the missing columns 0. */
static void nnrt_pack_f32(size_t k, size_t cols, const float *b, ptrdiff_t brs, ptrdiff_t bcs, float *to)
{
    const size_t width = 2 * (size_t)nnrt_lanes_f32;
    for (size_t j = 0; j < width; j++)
        for (size_t p = 0; p < k; p++) to[p * width + j] = j < cols ? b[(ptrdiff_t)p * brs + (ptrdiff_t)j * bcs] : 0;
}

/*@ nnrt_put_f32 needs nnrt_vec_f32 */
/* The rows and columns of a tile that are inside c, stored or added. */
static void nnrt_put_f32(size_t rows, size_t cols, const float *t, float *c, ptrdiff_t crs, ptrdiff_t ccs, int add)
{
    const size_t width = 2 * (size_t)nnrt_lanes_f32;
    for (size_t i = 0; i < rows; i++, c += crs, t += width) {
        if (ccs == 1 && add)
            for (size_t j = 0; j < cols; j++) c[j] += t[j];
        else if (ccs == 1)
            for (size_t j = 0; j < cols; j++) c[j] = t[j];
        else
            for (size_t j = 0; j < cols; j++) c[(ptrdiff_t)j * ccs] = add ? c[(ptrdiff_t)j * ccs] + t[j] : t[j];
    }
}

/*@ nnrt_panel_f32 needs nnrt_tile6_f32 nnrt_tile6n_f32 nnrt_tile1_f32 nnrt_put_f32 */
/* All rows of c by at most two vectors of columns, over k rows of b that lie brs apart and may be read to the full
 * width. */
static void nnrt_panel_f32(size_t m, size_t cols, size_t k, const float *a, ptrdiff_t ars, ptrdiff_t acs,
                           const float *b, ptrdiff_t brs, float *c, ptrdiff_t crs, ptrdiff_t ccs, int add)
{
    float t[12 * nnrt_lanes_f32];
    ptrdiff_t rs[6];
    size_t i = 0, rows;
    while (i < m) {
        rows = m - i < 3 ? 1 : m - i < 6 ? m - i : 6; /* of a short tile the last row is done again and dropped */
        for (size_t r = 0; r < 6; r++) rs[r] = (ptrdiff_t)(r < rows ? r : rows - 1) * ars;
        if (rows == 1)
            nnrt_tile1_f32(k, a, acs, b, brs, t);
        else if (cols <= nnrt_lanes_f32)
            nnrt_tile6n_f32(k, a, rs, acs, b, brs, t);
        else
            nnrt_tile6_f32(k, a, rs, acs, b, brs, t);
        nnrt_put_f32(rows, cols, t, c, crs, ccs, add);
        i += rows;
        a += (ptrdiff_t)rows * ars;
        c += (ptrdiff_t)rows * crs;
    }
}

/*@ nnrt_outer_f32 needs nnrt_vec_f32 */
/* A column times a row. */
static void nnrt_outer_f32(size_t m, size_t n, const float *a, ptrdiff_t ars, const float *b, float *c, ptrdiff_t crs, int add)
{
    for (size_t i = 0; i < m; i++, a += ars, c += crs) {
        const float x = *a;
        if (add)
            for (size_t j = 0; j < n; j++) c[j] += x * b[j];
        else
            for (size_t j = 0; j < n; j++) c[j] = x * b[j];
    }
}

/*@ nnrt_gemm_f32 needs nnrt_panel_f32 nnrt_pack_f32 nnrt_outer_f32 */
/* c[m, n] = a[m, k] * b[k, n], or c += where add. Element (i, j) of x is at x[i * xrs + j * xcs]; c overlaps neither.
 */
static void nnrt_gemm_f32(size_t m, size_t n, size_t k, const float *a, ptrdiff_t ars, ptrdiff_t acs, const float *b,
                          ptrdiff_t brs, ptrdiff_t bcs, float *c, ptrdiff_t crs, ptrdiff_t ccs, int add)
{
    const size_t width = 2 * (size_t)nnrt_lanes_f32;
    float packed[128 * 2 * nnrt_lanes_f32];
    if (k == 1 && bcs == 1 && ccs == 1) {
        nnrt_outer_f32(m, n, a, ars, b, c, crs, add);
        return;
    }
    for (size_t j = 0; j < n; j += width) {
        size_t cols = n - j < width ? n - j : width, p = 0;
        int fit = bcs == 1 && cols == width;
        do { /* once even where k is 0: then c becomes 0 */
            size_t part = k - p < 128 ? k - p : 128;
            const float *from = b + (ptrdiff_t)p * brs + (ptrdiff_t)j * bcs;
            if (!fit) nnrt_pack_f32(part, cols, from, brs, bcs, packed);
            nnrt_panel_f32(m, cols, part, a + (ptrdiff_t)p * acs, ars, acs, fit ? from : packed,
                           fit ? brs : (ptrdiff_t)width, c + (ptrdiff_t)j * ccs, crs, ccs, add || p > 0);
            p += part;
        } while (p < k);
    }
}

/*@ nnrt_vec_f64 */
/* One vector register, at any address; a compiler without vectors counts by ones. */
#if defined(__TINYC__) || !defined(__GNUC__)
enum { nnrt_lanes_f64 = 1 };
typedef double nnrt_vec_f64;
#else
#if defined(__AVX512F__)
enum { nnrt_lanes_f64 = 8 };
#elif defined(__AVX__)
enum { nnrt_lanes_f64 = 4 };
#else
enum { nnrt_lanes_f64 = 2 };
#endif
typedef double nnrt_vec_f64
    __attribute__((vector_size(nnrt_lanes_f64 * sizeof(double)), aligned(sizeof(double)), may_alias));
#endif

/*@ nnrt_tile6_f64 needs nnrt_vec_f64 */
/* t = the product of six rows of k elements, row r of a at a + rs[r], with k rows of two vectors at b. Named
 * accumulators stay in registers where arrays of them do not. */
static void nnrt_tile6_f64(size_t k, const double *a, const ptrdiff_t *rs, ptrdiff_t acs, const double *b,
                           ptrdiff_t brs, double *t)
{
    const double *a0 = a + rs[0], *a1 = a + rs[1], *a2 = a + rs[2], *a3 = a + rs[3], *a4 = a + rs[4], *a5 = a + rs[5];
    nnrt_vec_f64 c0 = {0}, c1 = {0}, c2 = {0}, c3 = {0}, c4 = {0}, c5 = {0};
    nnrt_vec_f64 d0 = {0}, d1 = {0}, d2 = {0}, d3 = {0}, d4 = {0}, d5 = {0}, *to = (nnrt_vec_f64 *)t;
    for (size_t p = 0; p < k; p++, b += brs) {
        const nnrt_vec_f64 y = *(const nnrt_vec_f64 *)b, z = *(const nnrt_vec_f64 *)(b + nnrt_lanes_f64);
        const ptrdiff_t at = (ptrdiff_t)p * acs;
        c0 += a0[at] * y;
        d0 += a0[at] * z;
        c1 += a1[at] * y;
        d1 += a1[at] * z;
        c2 += a2[at] * y;
        d2 += a2[at] * z;
        c3 += a3[at] * y;
        d3 += a3[at] * z;
        c4 += a4[at] * y;
        d4 += a4[at] * z;
        c5 += a5[at] * y;
        d5 += a5[at] * z;
    }
    to[0] = c0;
    to[1] = d0;
    to[2] = c1;
    to[3] = d1;
    to[4] = c2;
    to[5] = d2;
    to[6] = c3;
    to[7] = d3;
    to[8] = c4;
    to[9] = d4;
    to[10] = c5;
    to[11] = d5;
}

/*@ nnrt_tile6n_f64 needs nnrt_vec_f64 */
/* The same of rows of one vector at b; results lie as those of two. */
static void nnrt_tile6n_f64(size_t k, const double *a, const ptrdiff_t *rs, ptrdiff_t acs, const double *b, ptrdiff_t brs,
                           double *t)
{
    const double *a0 = a + rs[0], *a1 = a + rs[1], *a2 = a + rs[2], *a3 = a + rs[3], *a4 = a + rs[4], *a5 = a + rs[5];
    nnrt_vec_f64 c0 = {0}, c1 = {0}, c2 = {0}, c3 = {0}, c4 = {0}, c5 = {0}, *to = (nnrt_vec_f64 *)t;
    for (size_t p = 0; p < k; p++, b += brs) {
        const nnrt_vec_f64 y = *(const nnrt_vec_f64 *)b;
        const ptrdiff_t at = (ptrdiff_t)p * acs;
        c0 += a0[at] * y;
        c1 += a1[at] * y;
        c2 += a2[at] * y;
        c3 += a3[at] * y;
        c4 += a4[at] * y;
        c5 += a5[at] * y;
    }
    to[0] = c0;
    to[2] = c1;
    to[4] = c2;
    to[6] = c3;
    to[8] = c4;
    to[10] = c5;
}

/*@ nnrt_tile1_f64 needs nnrt_vec_f64 */
/* The same of one row: for the one or two that are left over. */
static void nnrt_tile1_f64(size_t k, const double *a, ptrdiff_t acs, const double *b, ptrdiff_t brs, double *t)
{
    nnrt_vec_f64 c = {0}, d = {0}, *to = (nnrt_vec_f64 *)t;
    for (size_t p = 0; p < k; p++, b += brs) {
        c += a[(ptrdiff_t)p * acs] * *(const nnrt_vec_f64 *)b;
        d += a[(ptrdiff_t)p * acs] * *(const nnrt_vec_f64 *)(b + nnrt_lanes_f64);
    }
    to[0] = c;
    to[1] = d;
}

/*@ nnrt_pack_f64 needs nnrt_vec_f64 */
/* k rows of b of at most two vectors of columns, one after the other, the missing columns 0. */
static void nnrt_pack_f64(size_t k, size_t cols, const double *b, ptrdiff_t brs, ptrdiff_t bcs, double *to)
{
    const size_t width = 2 * (size_t)nnrt_lanes_f64;
    for (size_t j = 0; j < width; j++)
        for (size_t p = 0; p < k; p++) to[p * width + j] = j < cols ? b[(ptrdiff_t)p * brs + (ptrdiff_t)j * bcs] : 0;
}

/*@ nnrt_put_f64 needs nnrt_vec_f64 */
/* The rows and columns of a tile that are inside c, stored or added. */
static void nnrt_put_f64(size_t rows, size_t cols, const double *t, double *c, ptrdiff_t crs, ptrdiff_t ccs, int add)
{
    const size_t width = 2 * (size_t)nnrt_lanes_f64;
    for (size_t i = 0; i < rows; i++, c += crs, t += width) {
        if (ccs == 1 && add)
            for (size_t j = 0; j < cols; j++) c[j] += t[j];
        else if (ccs == 1)
            for (size_t j = 0; j < cols; j++) c[j] = t[j];
        else
            for (size_t j = 0; j < cols; j++) c[(ptrdiff_t)j * ccs] = add ? c[(ptrdiff_t)j * ccs] + t[j] : t[j];
    }
}

/*@ nnrt_panel_f64 needs nnrt_tile6_f64 nnrt_tile6n_f64 nnrt_tile1_f64 nnrt_put_f64 */
/* All rows of c by at most two vectors of columns, over k rows of b that lie brs apart and may be read to the full
 * width. */
static void nnrt_panel_f64(size_t m, size_t cols, size_t k, const double *a, ptrdiff_t ars, ptrdiff_t acs,
                           const double *b, ptrdiff_t brs, double *c, ptrdiff_t crs, ptrdiff_t ccs, int add)
{
    double t[12 * nnrt_lanes_f64];
    ptrdiff_t rs[6];
    size_t i = 0, rows;
    while (i < m) {
        rows = m - i < 3 ? 1 : m - i < 6 ? m - i : 6; /* of a short tile the last row is done again and dropped */
        for (size_t r = 0; r < 6; r++) rs[r] = (ptrdiff_t)(r < rows ? r : rows - 1) * ars;
        if (rows == 1)
            nnrt_tile1_f64(k, a, acs, b, brs, t);
        else if (cols <= nnrt_lanes_f64)
            nnrt_tile6n_f64(k, a, rs, acs, b, brs, t);
        else
            nnrt_tile6_f64(k, a, rs, acs, b, brs, t);
        nnrt_put_f64(rows, cols, t, c, crs, ccs, add);
        i += rows;
        a += (ptrdiff_t)rows * ars;
        c += (ptrdiff_t)rows * crs;
    }
}

/*@ nnrt_outer_f64 needs nnrt_vec_f64 */
/* A column times a row. */
static void nnrt_outer_f64(size_t m, size_t n, const double *a, ptrdiff_t ars, const double *b, double *c, ptrdiff_t crs, int add)
{
    for (size_t i = 0; i < m; i++, a += ars, c += crs) {
        const double x = *a;
        if (add)
            for (size_t j = 0; j < n; j++) c[j] += x * b[j];
        else
            for (size_t j = 0; j < n; j++) c[j] = x * b[j];
    }
}

/*@ nnrt_gemm_f64 needs nnrt_panel_f64 nnrt_pack_f64 nnrt_outer_f64 */
/* c[m, n] = a[m, k] * b[k, n], or c += where add. Element (i, j) of x is at x[i * xrs + j * xcs]; c overlaps neither.
 */
static void nnrt_gemm_f64(size_t m, size_t n, size_t k, const double *a, ptrdiff_t ars, ptrdiff_t acs, const double *b,
                          ptrdiff_t brs, ptrdiff_t bcs, double *c, ptrdiff_t crs, ptrdiff_t ccs, int add)
{
    const size_t width = 2 * (size_t)nnrt_lanes_f64;
    double packed[128 * 2 * nnrt_lanes_f64];
    if (k == 1 && bcs == 1 && ccs == 1) {
        nnrt_outer_f64(m, n, a, ars, b, c, crs, add);
        return;
    }
    for (size_t j = 0; j < n; j += width) {
        size_t cols = n - j < width ? n - j : width, p = 0;
        int fit = bcs == 1 && cols == width;
        do { /* once even where k is 0: then c becomes 0 */
            size_t part = k - p < 128 ? k - p : 128;
            const double *from = b + (ptrdiff_t)p * brs + (ptrdiff_t)j * bcs;
            if (!fit) nnrt_pack_f64(part, cols, from, brs, bcs, packed);
            nnrt_panel_f64(m, cols, part, a + (ptrdiff_t)p * acs, ars, acs, fit ? from : packed,
                           fit ? brs : (ptrdiff_t)width, c + (ptrdiff_t)j * ccs, crs, ccs, add || p > 0);
            p += part;
        } while (p < k);
    }
}

/*@ end */
#endif
