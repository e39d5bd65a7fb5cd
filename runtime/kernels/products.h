/* Products of matrices of run-time shapes in tiles of registers, for the library alone: included once for each type T,
 * whose functions end in _F. Columns of the result are cut into strips of few vectors, and strips into tiles of rows.
 * Each element is one sum along k, or in long products the sum of some: it depends on its row and its column alone. */
#ifndef TILE_INLINE
#define TILE_INLINE static inline __attribute__((always_inline))
#define PASTE(name, f) name##_##f
#define PASTED(name, f) PASTE(name, f)
#define OF(name) PASTED(name, F)
#if defined(__AVX512F__)
#define TILE_BYTES 64
enum { TILE_ROWS = 8, TILE_COLS = 3 };
#elif defined(__AVX__) && defined(__FMA__)
#define TILE_BYTES 32
enum { TILE_ROWS = 4, TILE_COLS = 3 };
#elif defined(__aarch64__)
#define TILE_BYTES 16
enum { TILE_ROWS = 8, TILE_COLS = 3 };
#else
#define TILE_BYTES 16
enum { TILE_ROWS = 4, TILE_COLS = 2 };
#endif
/* What is turned over or packed, in parts along k; a transposed operand as high as this is read in parts, too: each row
 * of tiles reads but some of every line of its memory, and finds the lines again where they are not too many. */
enum { DEEP = 128, HIGH = 768, HIGH_PART = 512, HALF_BYTES = TILE_BYTES > 16 ? TILE_BYTES / 2 : 16, LEAST_BYTES = 16 };

/* The parts of a row of a tile: whole vectors, of which the last may begin early; instead of them, where there are fewer
 * columns, a half or the least vector; and one of these at the end. What begins early is read before anything is
 * written over it. */
enum { NO_PART, LEAST_PART, HALF_PART };
#define PARTS(DO, r)                                                                                                   \
    DO(r, 0, whole > 0, vec, 0)                                                                                        \
    DO(r, 1, whole > 1, vec, (whole > 2 ? (ptrdiff_t)OF(lanes) : e->last))                                             \
    DO(r, 2, whole > 2, vec, e->last)                                                                                  \
    DO(r, 3, first == HALF_PART, half, 0)                                                                              \
    DO(r, 4, first == LEAST_PART, least, 0)                                                                            \
    DO(r, 5, end == HALF_PART, half, e->end)                                                                           \
    DO(r, 6, end == LEAST_PART, least, e->end)
#define ZERO(r, i, is, V, at) OF(V) c##r##i = {0};
#define READ(r, i, is, V, at)                                                                                          \
    OF(V) b##i = {0};                                                                                                  \
    if (is) b##i = *(const OF(V) *)(row + (at));
#define STEP(r, i, is, V, at)                                                                                          \
    if (is) c##r##i += x * b##i;
#define RISE(r, i, is, V, at)                                                                                          \
    if (is) c##r##i = *(const OF(V) *)(to + (at)) + e->rate * c##r##i;
#define PUT(r, i, is, V, at)                                                                                           \
    if (is) *(OF(V) *)(to + (at)) = c##r##i;
#define LINE(T) (64 / sizeof(T))
#define ZERO_ROW(r) PARTS(ZERO, r)
#define STEP_ROW(r)                                                                                                    \
    if (r < rows) {                                                                                                    \
        const T x = a[r * a_row];                                                                                      \
        PARTS(STEP, r)                                                                                                 \
    }
#define END_ROW(r)                                                                                                     \
    if (r < rows) {                                                                                                    \
        T *const to = c + r * e->c_row;                                                                                \
        if (e->adds) {                                                                                                 \
            PARTS(RISE, r)                                                                                             \
        }                                                                                                              \
        PARTS(PUT, r)                                                                                                  \
    }
#define EACH_ROW(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

/* One function for each way in which a strip ends. */
#define WAY(whole, first, end) ((whole) * 9 + (first) * 3 + (end))
#define WAYS(DO, rows)                                                                                                 \
    DO(rows, 0, 1, 0) DO(rows, 0, 1, 1) DO(rows, 0, 2, 0) DO(rows, 0, 2, 1) DO(rows, 0, 2, 2)                          \
    DO(rows, 1, 0, 0) DO(rows, 1, 0, 1) DO(rows, 1, 0, 2) DO(rows, 2, 0, 0) DO(rows, 2, 0, 1) DO(rows, 2, 0, 2)        \
    DO(rows, 3, 0, 0)
#define TILE_ARGUMENTS                                                                                                 \
    size_t k, const T *a, ptrdiff_t a_row, ptrdiff_t a_k, const T *b, ptrdiff_t b_k, T *c, const struct OF(ending) *e
#define TILE_NAME(rows, whole, first, end) OF(tile_##rows##_##whole##first##end)
#define TILE_FUNCTION(rows, whole, first, end)                                                                         \
    static void TILE_NAME(rows, whole, first, end)(TILE_ARGUMENTS)                                                     \
    {                                                                                                                  \
        OF(tile)(rows, whole, first, end, k, a, a_row, a_k, b, b_k, c, e);                                             \
    }
#define TILE_ENTRY(rows, whole, first, end) [WAY(whole, first, end)] = TILE_NAME(rows, whole, first, end),

/* A row of many vectors. */
#define EACH_LONG(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
enum { LONG = 8 };
#define LONG_ZERO(i) OF(vec) c##i = {0};
#define LONG_STEP(i) c##i += x * *(const OF(vec) *)(b + i * OF(lanes));
#define LONG_RISE(i) c##i = *(const OF(vec) *)(c + i * OF(lanes)) + rate * c##i;
#define LONG_PUT(i) *(OF(vec) *)(c + i * OF(lanes)) = c##i;
#define OUTER_READ(i)                                                                                                  \
    OF(vec) b##i = {0};                                                                                                \
    if (i < vectors) b##i = *(const OF(vec) *)(b + i * OF(lanes));
#define OUTER_STEP(i)                                                                                                  \
    if (i < vectors) {                                                                                                 \
        OF(vec) *const to = (OF(vec) *)(c + i * OF(lanes));                                                            \
        *to = adds ? *to + x * b##i : x * b##i;                                                                        \
    }
#endif

typedef T OF(vec) __attribute__((vector_size(TILE_BYTES), aligned(sizeof(T)), may_alias));
typedef T OF(half) __attribute__((vector_size(HALF_BYTES), aligned(sizeof(T)), may_alias));
typedef T OF(least) __attribute__((vector_size(LEAST_BYTES), aligned(sizeof(T)), may_alias));
enum {
    OF(lanes) = TILE_BYTES / sizeof(T),
    OF(half_lanes) = HALF_BYTES / sizeof(T),
    OF(least_lanes) = LEAST_BYTES / sizeof(T),
    OF(wide) = TILE_COLS * OF(lanes)
};

struct OF(ending) { /* where the parts of a row begin that are not at its beginning, and what becomes of the sums */
    ptrdiff_t last, end, c_row;
    int adds;
    T rate;
};

TILE_INLINE void OF(tile)(size_t rows, int whole, int first, int end, TILE_ARGUMENTS)
{
    EACH_ROW(ZERO_ROW)
    for (size_t p = 0; p < k; p++, a += a_k, b += b_k) {
        const T *const row = b;
        PARTS(READ, 0)
        EACH_ROW(STEP_ROW)
    }
    EACH_ROW(END_ROW)
}
WAYS(TILE_FUNCTION, 8)
WAYS(TILE_FUNCTION, 4)
WAYS(TILE_FUNCTION, 2)
WAYS(TILE_FUNCTION, 1)

/* n columns, at least the least vector and at most three, of all rows. */
static void OF(strip)(size_t m, size_t n, TILE_ARGUMENTS)
{
    typedef void tile(TILE_ARGUMENTS);
    static tile *const tiles[4][WAY(3, 0, 0) + 1] = {
        {WAYS(TILE_ENTRY, 1)}, {WAYS(TILE_ENTRY, 2)}, {WAYS(TILE_ENTRY, 4)}, {WAYS(TILE_ENTRY, 8)}};
    const size_t rest = n % OF(lanes), whole = n < OF(lanes) ? 0 : n / OF(lanes) + (rest > OF(half_lanes));
    const size_t first = whole ? 0 : n < OF(half_lanes) ? OF(least_lanes) : OF(half_lanes);
    const size_t left = whole ? rest > OF(half_lanes) ? 0 : rest : n - first;
    const size_t end = left == 0 ? 0 : left <= OF(least_lanes) ? OF(least_lanes) : OF(half_lanes);
    const int way = WAY((int)whole, first == 0 ? NO_PART : first == OF(least_lanes) ? LEAST_PART : HALF_PART,
                        end == 0 ? NO_PART : end == OF(least_lanes) ? LEAST_PART : HALF_PART);
    struct OF(ending) to = *e;
    to.last = (ptrdiff_t)(rest > OF(half_lanes) ? n - OF(lanes) : whole * OF(lanes) - OF(lanes));
    to.end = (ptrdiff_t)(n - end);
    for (int size = TILE_ROWS == 8 ? 3 : 2; size >= 0; size--) {
        const size_t rows = (size_t)1 << size;
        for (; m >= rows; m -= rows, a += (ptrdiff_t)rows * a_row, c += (ptrdiff_t)rows * e->c_row)
            tiles[size][way](k, a, a_row, a_k, b, b_k, c, &to);
    }
}

/* to[k][width] = from[n][k], or from[k][n] of any strides; columns from n on are 0. Squares are turned over in
 * registers, the last ones of them beginning early. */
static void OF(pack)(size_t n, size_t k, const T *from, ptrdiff_t k_step, ptrdiff_t n_step, T *to, size_t width)
{
    size_t j = 0;
#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
    typedef T four __attribute__((vector_size(4 * sizeof(T)), aligned(sizeof(T)), may_alias));
    for (; k_step == 1 && j < n && n > 3 && k > 3; j += 4)
        for (size_t p = 0; p < k; p += 4) {
            const size_t j0 = j + 4 > n ? n - 4 : j, p0 = p + 4 > k ? k - 4 : p;
            const T *const f = from + (ptrdiff_t)j0 * n_step + p0;
            T *const t = to + p0 * width + j0;
            const four x0 = *(const four *)f, x1 = *(const four *)(f + n_step);
            const four x2 = *(const four *)(f + 2 * n_step), x3 = *(const four *)(f + 3 * n_step);
            const four y0 = __builtin_shufflevector(x0, x1, 0, 4, 1, 5);
            const four y1 = __builtin_shufflevector(x0, x1, 2, 6, 3, 7);
            const four y2 = __builtin_shufflevector(x2, x3, 0, 4, 1, 5);
            const four y3 = __builtin_shufflevector(x2, x3, 2, 6, 3, 7);
            *(four *)t = __builtin_shufflevector(y0, y2, 0, 1, 4, 5);
            *(four *)(t + width) = __builtin_shufflevector(y0, y2, 2, 3, 6, 7);
            *(four *)(t + 2 * width) = __builtin_shufflevector(y1, y3, 0, 1, 4, 5);
            *(four *)(t + 3 * width) = __builtin_shufflevector(y1, y3, 2, 3, 6, 7);
        }
#endif
#endif
    for (size_t p = 0; p < k && n_step == 1; p++, j = n)
        for (size_t i = 0; i < n; i++) to[p * width + i] = from[(ptrdiff_t)p * k_step + (ptrdiff_t)i];
    for (size_t p = 0; p < k && j < n; p++)
        for (size_t i = j; i < n; i++) to[p * width + i] = from[(ptrdiff_t)p * k_step + (ptrdiff_t)i * n_step];
    for (size_t p = 0; p < k; p++)
        for (size_t i = n; i < width; i++) to[p * width + i] = 0;
}

/* The same where columns of c are no neighbours or too few: by way of a tile. */
static void OF(apart)(size_t m, size_t n, size_t width, ptrdiff_t c_col, TILE_ARGUMENTS)
{
    T t[TILE_ROWS * OF(wide)];
    const struct OF(ending) all = {.c_row = (ptrdiff_t)width};
    for (size_t i = 0; i < m; i += TILE_ROWS) {
        const size_t rows = m - i < TILE_ROWS ? m - i : TILE_ROWS;
        OF(strip)(rows, width, k, a + (ptrdiff_t)i * a_row, a_row, a_k, b, b_k, t, &all);
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < n; j++) {
                T *const to = c + (ptrdiff_t)(i + r) * e->c_row + (ptrdiff_t)j * c_col;
                *to = e->adds ? *to + e->rate * t[r * width + j] : t[r * width + j];
            }
    }
}

/* A column times a row: of so many vectors, which stay in registers; and of any length. */
TILE_INLINE void OF(outer_part)(size_t vectors, size_t m, const T *a, ptrdiff_t a_row, const T *b, T *c, ptrdiff_t c_row,
                                int adds, T rate)
{
    EACH_LONG(OUTER_READ)
    for (size_t i = 0; i < m; i++, a += a_row, c += c_row) {
        const T x = adds ? rate * *a : *a;
        EACH_LONG(OUTER_STEP)
    }
}

static void OF(outer)(size_t m, size_t n, const T *a, ptrdiff_t a_row, const T *b, T *c, ptrdiff_t c_row, int adds, T rate)
{
    const size_t lanes = OF(lanes);
    for (; n >= 8 * lanes; n -= 8 * lanes, b += 8 * lanes, c += 8 * lanes)
        adds ? OF(outer_part)(8, m, a, a_row, b, c, c_row, 1, rate) : OF(outer_part)(8, m, a, a_row, b, c, c_row, 0, 1);
    for (; n >= 3 * lanes; n -= 3 * lanes, b += 3 * lanes, c += 3 * lanes)
        adds ? OF(outer_part)(3, m, a, a_row, b, c, c_row, 1, rate) : OF(outer_part)(3, m, a, a_row, b, c, c_row, 0, 1);
    for (; n >= lanes; n -= lanes, b += lanes, c += lanes)
        adds ? OF(outer_part)(1, m, a, a_row, b, c, c_row, 1, rate) : OF(outer_part)(1, m, a, a_row, b, c, c_row, 0, 1);
    for (size_t i = 0; i < m && n > 0; i++, a += a_row, c += c_row) {
        const T x = adds ? rate * *a : *a;
        for (size_t k = 0; k < n; k++) c[k] = adds ? c[k] + x * b[k] : x * b[k];
    }
}

static void OF(long_row)(size_t k, const T *a, ptrdiff_t a_k, const T *b, ptrdiff_t b_k, T *c, int adds, T rate)
{
    EACH_LONG(LONG_ZERO)
    for (size_t p = 0; p < k; p++, a += a_k, b += b_k) {
        const T x = *a;
        EACH_LONG(LONG_STEP)
    }
    if (adds) {
        EACH_LONG(LONG_RISE)
    }
    EACH_LONG(LONG_PUT)
}

/* Few rows times rows of b that lie the other way: sums along memory, in lanes, of four rows of b at a time. */
enum { OF(dot_rows) = 4, OF(dot_least) = 2 * OF(lanes) };

TILE_INLINE T OF(across)(const OF(vec) *s)
{
    const OF(least) *const part = (const OF(least) *)s;
    OF(least) all = part[0];
    for (size_t i = 1; i < TILE_BYTES / LEAST_BYTES; i++) all += part[i];
    T sum = all[0] + all[1];
    for (int i = 2; i < OF(least_lanes); i++) sum += all[i];
    return sum;
}

static void OF(four_dots)(size_t rows, size_t k, const T *a, const T *b, ptrdiff_t b_col, T *sum)
{
    const T *const b1 = b + (rows > 1 ? b_col : 0), *const b2 = b1 + (rows > 2 ? b_col : 0);
    const T *const b3 = b2 + (rows > 3 ? b_col : 0);
    OF(vec) s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    size_t p = 0;
    for (; p + OF(lanes) <= k; p += OF(lanes)) {
        const OF(vec) x = *(const OF(vec) *)(a + p);
        s0 += x * *(const OF(vec) *)(b + p);
        s1 += x * *(const OF(vec) *)(b1 + p);
        s2 += x * *(const OF(vec) *)(b2 + p);
        s3 += x * *(const OF(vec) *)(b3 + p);
    }
    sum[0] = OF(across)(&s0);
    sum[1] = OF(across)(&s1);
    sum[2] = OF(across)(&s2);
    sum[3] = OF(across)(&s3);
    for (; p < k; p++) {
        sum[0] += a[p] * b[p];
        sum[1] += a[p] * b1[p];
        sum[2] += a[p] * b2[p];
        sum[3] += a[p] * b3[p];
    }
}

static void OF(dots)(size_t m, size_t n, size_t k, const T *a, ptrdiff_t a_row, const T *b, ptrdiff_t b_col, T *c,
                     ptrdiff_t c_row, ptrdiff_t c_col, int adds, T rate)
{
    for (size_t i = 0; i < m; i++, a += a_row, c += c_row)
        for (size_t j = 0; j < n; j += OF(dot_rows)) {
            const size_t rows = n - j < OF(dot_rows) ? n - j : OF(dot_rows);
            T sum[OF(dot_rows)], *to = c + (ptrdiff_t)j * c_col;
            OF(four_dots)(rows, k, a, b + (ptrdiff_t)j * b_col, b_col, sum);
            for (size_t r = 0; r < rows; r++, to += c_col) *to = adds ? *to + rate * sum[r] : sum[r];
        }
}

/* Columns of a product, at most three vectors, over all of k. Of short vectors these are so few that rows of b a page apart, or askew
 * to the cache's lines, are better copied side by side where many rows of a are to come. */
static void OF(columns)(size_t m, size_t n, size_t k, const T *a, ptrdiff_t a_row, ptrdiff_t a_k, const T *b, ptrdiff_t b_k,
                        ptrdiff_t b_col, T *c, ptrdiff_t c_row, ptrdiff_t c_col, int adds, T rate)
{
    T packed[DEEP * OF(wide)] __attribute__((aligned(TILE_BYTES)));
    const int near = TILE_BYTES == 64 || m < 64 || k < 64 || (b_k % (ptrdiff_t)LINE(T) == 0 && b_k < 16 * (ptrdiff_t)LINE(T));
    const int fit = b_col == 1 && n >= OF(least_lanes) && near, parts = a_k != 1 && k >= HIGH;
    const size_t width = n < OF(least_lanes) ? OF(least_lanes) : n;
    const size_t deep = !fit ? DEEP : parts ? (k - 1) / ((k + HIGH_PART - 1) / HIGH_PART) + 1 : k;
    struct OF(ending) e = {.c_row = c_row, .adds = adds, .rate = adds ? rate : 1};
    size_t p = 0;
    do { /* once even where k is 0: then c becomes 0 */
        const size_t part = k - p < deep ? k - p : deep;
        const T *const from = a + (ptrdiff_t)p * a_k, *by = b + (ptrdiff_t)p * b_k;
        if (!fit) OF(pack)(n, part, by, b_k, b_col, packed, width), by = packed;
        if (n < OF(least_lanes) || c_col != 1)
            OF(apart)(m, n, width, c_col, part, from, a_row, a_k, by, fit ? b_k : (ptrdiff_t)width, c, &e);
        else
            OF(strip)(m, n, part, from, a_row, a_k, by, fit ? b_k : (ptrdiff_t)width, c, &e);
        e.adds = 1;
        p += part;
    } while (p < k);
}

/* c[m, n] = a[m, k] * b[k, n], or c += rate * a * b where it adds. Element (i, j) of x is at x[i * x_row + j * x_col];
 * c overlaps neither. */
static void OF(product)(size_t m, size_t n, size_t k, const T *a, ptrdiff_t a_row, ptrdiff_t a_col, const T *b,
                        ptrdiff_t b_row, ptrdiff_t b_col, T *c, ptrdiff_t c_row, ptrdiff_t c_col, int adds, T rate)
{
    size_t j = 0;
    if (m == 0 || n == 0) return;
    const int few = n < OF(least_lanes) && m >= OF(least_lanes) && c_row == 1;
    if (few || (c_col != 1 && (c_row == 1 || m == 1))) { /* the other way round, so that columns of c are neighbours */
        OF(product)(n, m, k, b, b_col, b_row, a, a_col, a_row, c, c_col, 1, adds, rate);
        return;
    }
    if (m <= OF(dot_rows) && a_col == 1 && b_row == 1 && b_col != 1 && k >= OF(dot_least)) {
        OF(dots)(m, n, k, a, a_row, b, b_col, c, c_row, c_col, adds, rate);
        return;
    }
    if (k == 1 && b_col == 1 && c_col == 1) {
        OF(outer)(m, n, a, a_row, b, c, c_row, adds, rate);
        return;
    }
    for (; m == 1 && b_col == 1 && c_col == 1 && j + LONG * OF(lanes) <= n; j += LONG * OF(lanes))
        OF(long_row)(k, a, a_col, b + j, b_row, c + j, adds, rate);
    while (j < n) { /* strips that are alike to within a vector, the wider ones last: what begins early must not reach into another */
        const size_t vectors = (n - j + OF(lanes) - 1) / OF(lanes), strips = (vectors + TILE_COLS - 1) / TILE_COLS;
        const size_t cols = strips > 1 ? vectors / strips * OF(lanes) : n - j;
        OF(columns)(m, cols, k, a, a_row, a_col, b + (ptrdiff_t)j * b_col, b_row, b_col, c + (ptrdiff_t)j * c_col, c_row, c_col,
                    adds, rate);
        j += cols;
    }
}
