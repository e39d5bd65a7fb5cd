/* Products of few elements, of type T, whose suffix is F: included once for each type, in files built without fused
 * multiply-adds. Sums go from the first element on, one by one, as in loops of numbers; nothing is packed but a matrix
 * whose columns lie apart, and rows narrower than a vector are done in one piece. */
#ifndef NNRT_FEW
#define NNRT_FEW
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { FEW_BYTES = 64 };
#elif defined(__AVX2__)
enum { FEW_BYTES = 32 };
#else
enum { FEW_BYTES = 16 };
#endif
/* What becomes of a row of sums: c = sum, c += sum, c = sum + with, c += with * sum. */
enum few_end { FEW_SET, FEW_ADD, FEW_PLUS, FEW_RATED };
typedef int32_t few_int_f32;
typedef int64_t few_int_f64;
#define FEW_INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define EVEN(x, y) __builtin_shufflevector(x, y, 0, 2, 4, 6)
#define ODD(x, y) __builtin_shufflevector(x, y, 1, 3, 5, 7)
#else /* gcc before 12 has no shufflevector */
#define EVEN(x, y) __builtin_shuffle(x, y, (OF(four_at)){0, 2, 4, 6})
#define ODD(x, y) __builtin_shuffle(x, y, (OF(four_at)){1, 3, 5, 7})
#endif

/* In stores that later loads can be taken from, which is not so of a store under a mask. */
typedef unsigned char few_bytes __attribute__((vector_size(FEW_BYTES)));
FEW_INLINE void few_put(void *to, few_bytes v, size_t n)
{
    unsigned char *y = to;
#ifdef __AVX2__
#ifdef __AVX512F__
    __m256i half = _mm512_castsi512_si256((__m512i)v);
    if (n & 32) {
        _mm256_storeu_si256((__m256i *)(void *)y, half);
        half = _mm512_extracti64x4_epi64((__m512i)v, 1);
        y += 32;
    }
#else
    const __m256i half = (__m256i)v;
#endif
    __m128i part = _mm256_castsi256_si128(half);
    if (n & 16) {
        _mm_storeu_si128((__m128i *)(void *)y, part);
        part = _mm256_extracti128_si256(half, 1);
        y += 16;
    }
    if (n & 8) {
        _mm_storel_epi64((__m128i *)(void *)y, part);
        part = _mm_unpackhi_epi64(part, part);
        y += 8;
    }
    if (n & 4) _mm_storeu_si32(y, part);
#else
    unsigned char t[FEW_BYTES];
    memcpy(t, &v, sizeof t);
    if (n & 8) memcpy(y, t, 8);
    if (n & 4) memcpy(y + (n & 8), t + (n & 8), 4);
#endif
}

#define FEW_PASTE(name, f) name##_##f
#define FEW_NAME(name, f) FEW_PASTE(name, f)
#endif

#define OF(name) FEW_NAME(name, F)
#define VEC OF(few_vec)
#define LANES_OF (FEW_BYTES / sizeof(T))
#define STEP_OF (ptrdiff_t)LANES_OF
typedef OF(few_int) OF(four_at) __attribute__((vector_size(4 * sizeof(T))));
typedef T VEC __attribute__((vector_size(FEW_BYTES), aligned(sizeof(T)), may_alias));

/* The first n elements, 1 to all lanes; zeros in the others. */
FEW_INLINE VEC OF(some)(const T *x, size_t n)
{
#if defined(__AVX512F__)
    if (sizeof(T) == 4) return (VEC)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), x);
    return (VEC)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), x);
#elif defined(__AVX2__)
    static const int32_t mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    const __m256i m = _mm256_loadu_si256((const __m256i *)(const void *)(mask + 8 - n * (sizeof(T) / 4)));
    if (sizeof(T) == 4) return (VEC)_mm256_maskload_ps((const float *)(const void *)x, m);
    return (VEC)_mm256_maskload_pd((const double *)(const void *)x, m);
#else
    VEC v = {0};
    if (n == LANES_OF) return *(const VEC *)x;
    for (size_t i = 0; i < n; i++) v[i] = x[i];
    return v;
#endif
}

/* The other way. */
FEW_INLINE void OF(put_some)(T *y, VEC v, size_t n)
{
    if (n == LANES_OF)
        *(VEC *)y = v;
    else
        few_put(y, (few_bytes)v, n * sizeof(T));
}

struct OF(few) {
    size_t m, n, k;
    const T *a;
    ptrdiff_t ars, acs;
    const T *b;
    ptrdiff_t brs, bcs;
    T *c;
    ptrdiff_t crs, ccs;
    enum few_end end;
    const T *with; /* of element (i, j) at i * wrs + j * wcs */
    ptrdiff_t wrs, wcs;
};

/* The row of `with` that row i of c gets. */
FEW_INLINE VEC OF(with_row)(const struct OF(few) *q, size_t i, size_t j, size_t n)
{
    const T *w = q->with + (ptrdiff_t)i * q->wrs + (ptrdiff_t)j * q->wcs;
    const VEC zero = {0};
    if (q->wcs == 0) return *w + zero;
    return OF(some)(w, n);
}

/* The sums of so many rows, at most four, of at most a vector of n columns, become rows of c. */
FEW_INLINE void OF(end_rows)(const struct OF(few) *q, int rows, size_t i, size_t j, VEC s0, VEC s1, VEC s2, VEC s3, size_t n)
{
    T *c0 = q->c + (ptrdiff_t)i * q->crs + j, *c1 = c0 + q->crs, *c2 = c1 + q->crs, *c3 = c2 + q->crs;
    if (q->end == FEW_PLUS) {
        const VEC w = OF(with_row)(q, i, j, n);
        const int same = q->wrs == 0;
        s0 += w;
        if (rows > 1) s1 += same ? w : OF(with_row)(q, i + 1, j, n);
        if (rows > 2) s2 += same ? w : OF(with_row)(q, i + 2, j, n);
        if (rows > 3) s3 += same ? w : OF(with_row)(q, i + 3, j, n);
    } else if (q->end != FEW_SET) {
        if (q->end == FEW_RATED) {
            const T rate = *q->with;
            s0 = rate * s0, s1 = rate * s1, s2 = rate * s2, s3 = rate * s3;
        }
        s0 = OF(some)(c0, n) + s0;
        if (rows > 1) s1 = OF(some)(c1, n) + s1;
        if (rows > 2) s2 = OF(some)(c2, n) + s2;
        if (rows > 3) s3 = OF(some)(c3, n) + s3;
    }
    OF(put_some)(c0, s0, n);
    if (rows > 1) OF(put_some)(c1, s1, n);
    if (rows > 2) OF(put_some)(c2, s2, n);
    if (rows > 3) OF(put_some)(c3, s3, n);
}

/* So many rows of c from i on, at most four, by n columns of at most a vector. */
FEW_INLINE void OF(few_rows)(const struct OF(few) *q, int rows, size_t i, size_t j, const T *b, ptrdiff_t brs, size_t n)
{
    const T *a = q->a + (ptrdiff_t)i * q->ars, *a1 = a + q->ars, *a2 = a1 + q->ars, *a3 = a2 + q->ars;
    const ptrdiff_t acs = q->acs;
    VEC s0 = {0}, s1 = s0, s2 = s0, s3 = s0;
    for (size_t p = q->k; p > 0; p--, b += brs) {
        const VEC x = OF(some)(b, n);
        s0 += *a * x, a += acs;
        if (rows > 1) s1 += *a1 * x, a1 += acs;
        if (rows > 2) s2 += *a2 * x, a2 += acs;
        if (rows > 3) s3 += *a3 * x, a3 += acs;
    }
    OF(end_rows)(q, rows, i, j, s0, s1, s2, s3, n);
}

/* One row by four vectors, the last of n columns. */
static inline void OF(few_row)(const struct OF(few) *q, size_t i, size_t j, const T *b, ptrdiff_t brs, size_t n)
{
    const T *a = q->a + (ptrdiff_t)i * q->ars;
    VEC s0 = {0}, s1 = s0, s2 = s0, s3 = s0;
    for (size_t p = 0; p < q->k; p++, b += brs) {
        const T x = a[(ptrdiff_t)p * q->acs];
        s0 += x * *(const VEC *)b;
        s1 += x * *(const VEC *)(b + LANES_OF);
        s2 += x * *(const VEC *)(b + 2 * LANES_OF);
        s3 += x * OF(some)(b + 3 * LANES_OF, n);
    }
    OF(end_rows)(q, 1, i, j, s0, s0, s0, s0, LANES_OF);
    OF(end_rows)(q, 1, i, j + LANES_OF, s1, s1, s1, s1, LANES_OF);
    OF(end_rows)(q, 1, i, j + 2 * LANES_OF, s2, s2, s2, s2, LANES_OF);
    OF(end_rows)(q, 1, i, j + 3 * LANES_OF, s3, s3, s3, s3, n);
}

/* All rows by n columns from j on. */
static inline void OF(few_panel)(const struct OF(few) *q, size_t j, const T *b, ptrdiff_t brs, size_t n)
{
    size_t i = 0;
    for (; i + 4 <= q->m; i += 4) OF(few_rows)(q, 4, i, j, b, brs, n);
    if (q->m % 4 == 3) OF(few_rows)(q, 3, i, j, b, brs, n);
    if (q->m % 4 == 2) OF(few_rows)(q, 2, i, j, b, brs, n);
    if (q->m % 4 == 1) OF(few_rows)(q, 1, i, j, b, brs, n);
}

/* k rows of at most a vector of columns, one after the other, of a matrix whose columns lie apart: in squares of four,
 * of which the last ones may begin early. */
FEW_INLINE void OF(few_turn)(size_t k, size_t n, const T *b, ptrdiff_t brs, ptrdiff_t bcs, T *to)
{
    typedef T four __attribute__((vector_size(4 * sizeof(T)), aligned(sizeof(T)), may_alias));
    if (brs != 1 || k < 4 || n < 4) {
        for (size_t j = 0; j < n; j++)
            for (size_t p = 0; p < k; p++) to[p * LANES_OF + j] = b[(ptrdiff_t)p * brs + (ptrdiff_t)j * bcs];
        return;
    }
    for (size_t j = 0; j < n; j += 4) {
        if (j > n - 4) j = n - 4;
        for (size_t p = 0; p < k; p += 4) {
            if (p > k - 4) p = k - 4;
            const T *x = b + (ptrdiff_t)j * bcs + p;
            const four r0 = *(const four *)x, r1 = *(const four *)(x + bcs), r2 = *(const four *)(x + 2 * bcs);
            const four r3 = *(const four *)(x + 3 * bcs), even01 = EVEN(r0, r1), even23 = EVEN(r2, r3);
            const four odd01 = ODD(r0, r1), odd23 = ODD(r2, r3);
            T *y = to + p * LANES_OF + j;
            *(four *)y = EVEN(even01, even23);
            *(four *)(y + LANES_OF) = EVEN(odd01, odd23);
            *(four *)(y + 2 * LANES_OF) = ODD(even01, even23);
            *(four *)(y + 3 * LANES_OF) = ODD(odd01, odd23);
        }
    }
}

/* A sum of products of two rows, in sixteen parts where it is long. */
static inline T OF(few_dot)(size_t k, const T *a, const T *b)
{
    enum { PARTS = 16, LONG = 32 };
    T part[PARTS] = {0}, sum = 0;
    size_t p = 0;
    if (k < LONG) {
        for (; p < k; p++) sum += a[p] * b[p];
        return sum;
    }
    for (; p + PARTS <= k; p += PARTS)
        for (size_t l = 0; l < PARTS; l++) part[l] += a[p + l] * b[p + l];
    for (; p < k; p++) part[0] += a[p] * b[p];
    for (size_t l = 0; l < PARTS; l++) sum += part[l];
    return sum;
}

static void OF(few_slow)(const struct OF(few) *q)
{
    for (size_t i = 0; i < q->m; i++)
        for (size_t j = 0; j < q->n; j++) {
            const T *a = q->a + (ptrdiff_t)i * q->ars, *b = q->b + (ptrdiff_t)j * q->bcs;
            T *c = q->c + (ptrdiff_t)i * q->crs + (ptrdiff_t)j * q->ccs, sum = 0;
            if (q->acs == 1 && q->brs == 1)
                sum = OF(few_dot)(q->k, a, b);
            else
                for (size_t p = 0; p < q->k; p++) sum += a[(ptrdiff_t)p * q->acs] * b[(ptrdiff_t)p * q->brs];
            if (q->end == FEW_SET) *c = sum;
            if (q->end == FEW_ADD) *c += sum;
            if (q->end == FEW_PLUS) *c = sum + q->with[(ptrdiff_t)i * q->wrs + (ptrdiff_t)j * q->wcs];
            if (q->end == FEW_RATED) *c += *q->with * sum;
        }
}

static void OF(few_all)(const struct OF(few) *q)
{
    enum { PACKED = 128 };
    T packed[PACKED * LANES_OF];
    size_t j = 0, n;
    if (q->bcs != 1 && q->k > PACKED) {
        OF(few_slow)(q);
        return;
    }
    for (; q->m == 1 && q->bcs == 1 && q->n - j > LANES_OF; j += n) {
        n = q->n - j < 4 * LANES_OF ? q->n - j : 4 * LANES_OF;
        if (n <= 3 * LANES_OF) break;
        OF(few_row)(q, 0, j, q->b + j, q->brs, n - 3 * LANES_OF);
    }
    for (; j < q->n; j += n) {
        n = q->n - j < LANES_OF ? q->n - j : LANES_OF;
        if (q->bcs != 1) OF(few_turn)(q->k, n, q->b + (ptrdiff_t)j * q->bcs, q->brs, q->bcs, packed);
        OF(few_panel)(q, j, q->bcs != 1 ? packed : q->b + j, q->bcs != 1 ? STEP_OF : q->brs, n);
    }
}

/* Rows of the result are taken for its columns where that gives the longer stretches of memory. */
static void OF(few)(struct OF(few) q)
{
    const int one_column = q.n == 1, one_row = q.m == 1, lies = q.wcs == 1 || q.wcs == 0, stands = q.wrs == 1 || q.wrs == 0;
    const int along = (q.ccs == 1 || one_column) && (q.end != FEW_PLUS || lies);
    const int across = (q.crs == 1 || one_row) && (q.end != FEW_PLUS || stands);
    if (one_row && one_column) {
        OF(few_slow)(&q);
        return;
    }
    if (!along || (one_column && across)) {
        if (!across) {
            OF(few_slow)(&q);
            return;
        }
        const struct OF(few) t = {q.n,   q.m, q.k,   q.b,   q.bcs, q.brs,  q.a,   q.acs,
                                  q.ars, q.c, q.ccs, q.crs, q.end, q.with, q.wcs, q.wrs};
        OF(few_all)(&t);
        return;
    }
    OF(few_all)(&q);
}

#undef LANES_OF
#undef STEP_OF
#undef VEC
#undef OF
