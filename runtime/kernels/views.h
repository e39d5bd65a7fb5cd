/* Rows of JIT text that lie here and there: elements from number `at` on of an array read along axes that are not
 * neighbours in memory, and what pools do with them. Included by blocks_for.c once for each type of numbers, T called
 * f. v says how: the number of axes, then for each one from the innermost on its size and how far apart its elements
 * are. The outermost one's size is not read. */

enum { VIEW_AXES = 8 };

/* How far elements are into the arrays, `ways` of them, as long as they run along the innermost axis; over and over
 * along the next one, as long as that goes on. */
#define VIEW_BEGIN(ways)                                                                                               \
    ptrdiff_t place[VIEW_AXES], go[ways] = {0}, again[ways];                                                           \
    const ptrdiff_t axes = v[0], *const axis = v + 1, inner = axes > 1 ? axis[0] : PTRDIFF_MAX;                        \
    const ptrdiff_t second = axes > 2 ? axis[ways + 1] : PTRDIFF_MAX;                                                  \
    place[1] = 0;                                                                                                      \
    for (ptrdiff_t k = 0, left = (ptrdiff_t)at; k < axes; k++) {                                                       \
        place[k] = k + 1 < axes ? left % axis[k * (ways + 1)] : left;                                                  \
        left = k + 1 < axes ? left / axis[k * (ways + 1)] : 0;                                                         \
        for (int w = 0; w < ways; w++) go[w] += place[k] * axis[k * (ways + 1) + 1 + w];                               \
    }                                                                                                                  \
    for (int w = 0; w < ways; w++) again[w] = axes > 1 ? axis[ways + 2 + w] : 0;                                       \
    for (size_t i = 0; i < n;) {                                                                                       \
        const size_t some = (size_t)(inner - place[0]) < n - i ? (size_t)(inner - place[0]) : n - i;                   \
        const size_t turns = some < (size_t)inner || (n - i) / some < 2     ? 1                                        \
                             : (size_t)(second - place[1]) < (n - i) / some ? (size_t)(second - place[1])              \
                                                                            : (n - i) / some;                          \
        for (size_t turn = 0; turn < turns; turn++) {
#define VIEW_END(ways)                                                                                                 \
    i += some;                                                                                                         \
    for (int w = 0; w < ways; w++) go[w] += again[w];                                                                  \
    }                                                                                                                  \
    for (int w = 0; w < ways; w++) go[w] -= place[0] * axis[1 + w];                                                    \
    place[0] = 0;                                                                                                      \
    place[1] += (ptrdiff_t)turns;                                                                                      \
    for (ptrdiff_t k = 1; k + 1 < axes && place[k] >= axis[k * (ways + 1)]; k++) {                                     \
        for (int w = 0; w < ways; w++)                                                                                 \
            go[w] += axis[(k + 1) * (ways + 1) + 1 + w] - place[k] * axis[k * (ways + 1) + 1 + w];                     \
        place[k] = 0;                                                                                                  \
        place[k + 1]++;                                                                                                \
    }                                                                                                                  \
    }

/* Mostly a block of samples: a loop whose turns are vectors, and one for what is left over. */
#define SOME(step)                                                                                                     \
    {                                                                                                                  \
        const size_t even = some & ~(size_t)15;                                                                        \
        NNRT_APART for (size_t q = 0; q < even; q++) step;                                                             \
        for (size_t q = even; q < some; q++) step;                                                                     \
    }

/* In loops with loads on a condition, of which gcc 12 makes wrong vectors. */
#define ALONE __asm__ volatile("")

#define VIEWS(T, f)                                                                                                    \
    static void view_##f(size_t n, T *y, const T *x, size_t at, const ptrdiff_t *v)                                    \
    {                                                                                                                  \
        const ptrdiff_t by = v[2];                                                                                     \
        VIEW_BEGIN(1)                                                                                                  \
        const T *const from = x + go[0];                                                                               \
        T *const to = y + i;                                                                                           \
        if (by != 1 && turns > 1 && again[0] == 1) { /* another order of two axes: read along memory */                \
            for (size_t q = 0; q < some; q++)                                                                          \
                for (size_t r = 0; r < turns; r++) to[r * some + q] = from[(ptrdiff_t)q * by + (ptrdiff_t)r];          \
            i += (turns - 1) * some;                                                                                   \
            go[0] += (ptrdiff_t)turns - 1;                                                                             \
            turn = turns - 1;                                                                                          \
        } else if (by == 1)                                                                                            \
            SOME(to[q] = from[q])                                                                                      \
        else                                                                                                           \
            for (size_t q = 0; q < some; q++) to[q] = from[(ptrdiff_t)q * by];                                         \
        VIEW_END(1)                                                                                                    \
    }                                                                                                                  \
    static void lay_##f(size_t n, T *y, size_t at, const ptrdiff_t *v, const T *x)                                     \
    {                                                                                                                  \
        const ptrdiff_t by = v[2];                                                                                     \
        VIEW_BEGIN(1)                                                                                                  \
        const T *const from = x + i;                                                                                   \
        T *const to = y + go[0];                                                                                       \
        if (by == 1)                                                                                                   \
            SOME(to[q] = from[q])                                                                                      \
        else                                                                                                           \
            for (size_t q = 0; q < some; q++) to[(ptrdiff_t)q * by] = from[q];                                         \
        VIEW_END(1)                                                                                                    \
    }

static void places_i32(size_t n, int32_t *y, size_t at, const ptrdiff_t *v, ptrdiff_t plus)
{
    const ptrdiff_t by = v[2];
    VIEW_BEGIN(1)
    for (size_t q = 0; q < some; q++) y[i + q] = (int32_t)(plus + go[0] + (ptrdiff_t)q * by);
    VIEW_END(1)
}

static void copy_i32(size_t n, int32_t *y, const int32_t *x)
{
    for (size_t i = 0; i < n; i++) y[i] = x[i];
}

/* is: x where the number in `which` is that of the place, else 0; three ways: x, which and places. `row`: x is a row
 * already. where: x where `one` is p1 and, of those that are given, `two` is p2 and c is above 0; `lay`: put where the
 * fifth way says. top: the most of x and where it is, number `turn` of what is looked at. tops: of `many`, `apart` in
 * memory; at least two; with `above` what is not above 0 counts as 0. */
/* within: x where p1 and what goes on from it is below size1, and likewise p2 if there is a size2; else 0; three ways:
 * x, p1, p2. */
#define POOLS(T, f)                                                                                                    \
    static void within_##f(size_t n, T *y, const T *x, size_t at, const ptrdiff_t *v, ptrdiff_t p1, ptrdiff_t size1,   \
                           ptrdiff_t p2, ptrdiff_t size2)                                                              \
    {                                                                                                                  \
        const ptrdiff_t b0 = v[2], b1 = v[3], b2 = v[4];                                                               \
        VIEW_BEGIN(3)                                                                                                  \
        const ptrdiff_t first = go[0], g1 = go[1] + p1, g2 = go[2] + p2;                                               \
        T *const to = y + i;                                                                                           \
        const int there = (size_t)g1 < (size_t)size1 && (!size2 || (size_t)g2 < (size_t)size2);                        \
        if (b1 || b2)                                                                                                  \
            for (ptrdiff_t q = 0; q < (ptrdiff_t)some; q++) {                                                          \
                ALONE;                                                                                                 \
                const int is =                                                                                         \
                    (size_t)(g1 + q * b1) < (size_t)size1 && (!size2 || (size_t)(g2 + q * b2) < (size_t)size2);        \
                to[q] = is ? x[first + q * b0] : 0;                                                                    \
            }                                                                                                          \
        else if (!there)                                                                                               \
            SOME(to[q] = 0)                                                                                            \
        else if (b0 == 1)                                                                                              \
            SOME(to[q] = (x + first)[q])                                                                               \
        else                                                                                                           \
            for (ptrdiff_t q = 0; q < (ptrdiff_t)some; q++) to[q] = x[first + q * b0];                                 \
        VIEW_END(3)                                                                                                    \
    }                                                                                                                  \
    static void lay_sums_##f(size_t n, T *y, size_t at, const ptrdiff_t *v, const T *x)                                \
    {                                                                                                                  \
        const ptrdiff_t by = v[2];                                                                                     \
        VIEW_BEGIN(1)                                                                                                  \
        const T *const from = x + i;                                                                                   \
        T *const to = y + go[0];                                                                                       \
        if (by == 1)                                                                                                   \
            SOME(to[q] += from[q])                                                                                     \
        else                                                                                                           \
            for (size_t q = 0; q < some; q++) to[(ptrdiff_t)q * by] += from[q];                                        \
        VIEW_END(1)                                                                                                    \
    }                                                                                                                  \
    static void same_##f(size_t n, T *y, const int32_t *a, size_t by, const int32_t *b, size_t other)                  \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++) y[i] = (T)(a[i * by] == b[i * other]);                                          \
    }                                                                                                                  \
    static void real_of_##f(size_t n, T *y, const int32_t *x, size_t by)                                               \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++) y[i] = (T)x[i * by];                                                            \
    }                                                                                                                  \
    static void above_##f(size_t n, T *y, const T *x, const T *g)                                                      \
    {                                                                                                                  \
        EACH y[i] = x[i] <= 0 ? 0 : g[i];                                                                              \
    }                                                                                                                  \
    static void is_##f(size_t n, T *y, const T *x, int row, const int32_t *which, size_t at, const ptrdiff_t *v,       \
                       ptrdiff_t plus)                                                                                 \
    {                                                                                                                  \
        const ptrdiff_t b0 = row ? 1 : v[2], b1 = v[3], b2 = v[4];                                                     \
        VIEW_BEGIN(3)                                                                                                  \
        const T *const from = row ? x + i : x + go[0];                                                                 \
        const int32_t *const found = which + go[1];                                                                    \
        const int32_t here = (int32_t)(go[2] + plus);                                                                  \
        T *const to = y + i;                                                                                           \
        if (b0 == 1 && b1 == 1 && b2 == 0)                                                                             \
            SOME(CHOOSE_IF(found[q] == here, from[q], T))                                                              \
        else                                                                                                           \
            for (ptrdiff_t q = 0; q < (ptrdiff_t)some; q++) {                                                          \
                ALONE;                                                                                                 \
                to[q] = found[q * b1] == here + (int32_t)(q * b2) ? from[q * b0] : 0;                                  \
            }                                                                                                          \
        VIEW_END(3)                                                                                                    \
    }                                                                                                                  \
    static void where_##f(size_t n, T *y, int lay, const T *x, int row, size_t at, const ptrdiff_t *v,                 \
                          const int32_t *one, ptrdiff_t p1, const int32_t *two, ptrdiff_t p2, const T *c)              \
    {                                                                                                                  \
        const int32_t k1 = (int32_t)p1, k2 = (int32_t)p2;                                                              \
        const int even_steps =                                                                                         \
            (row || v[2] == 1) && v[3] == 1 && (!two || v[4] == 1) && (!c || v[5] == 1) && (!lay || v[6] == 1);        \
        VIEW_BEGIN(5)                                                                                                  \
        const T *const from = row ? x + i : x + go[0];                                                                 \
        const int32_t *const w1 = one + go[1], *const w2 = two ? two + go[2] : w1;                                     \
        const T *const above = c ? c + go[3] : from;                                                                   \
        T *const to = lay ? y + go[4] : y + i;                                                                         \
        if (!even_steps)                                                                                               \
            for (ptrdiff_t q = 0; q < (ptrdiff_t)some; q++) {                                                          \
                ALONE;                                                                                                 \
                const int yes = w1[q * v[3]] == k1 && (!two || w2[q * v[4]] == k2) && !(c && above[q * v[5]] <= 0);    \
                to[lay ? q * v[6] : q] = yes ? from[row ? q : q * v[2]] : 0;                                           \
            }                                                                                                          \
        else if (two && c)                                                                                             \
            SOME(WHERE(T, (w1[q] == k1) & (w2[q] == k2), above[q] <= 0 ? 0 : e))                                       \
        else if (two)                                                                                                  \
            SOME(WHERE(T, (w1[q] == k1) & (w2[q] == k2), e))                                                           \
        else                                                                                                           \
            SOME(WHERE(T, w1[q] == k1, above[q] <= 0 ? 0 : e))                                                         \
        VIEW_END(5)                                                                                                    \
    }                                                                                                                  \
    static void top_##f(size_t n, T *best, int32_t *where, const T *x, size_t turn)                                    \
    {                                                                                                                  \
        const int32_t t = (int32_t)turn;                                                                               \
        for (size_t i = 0; i < n && !t; i++) best[i] = x[i], where[i] = 0;                                             \
        EACH                                                                                                           \
        {                                                                                                              \
            const T e = x[i], b = best[i];                                                                             \
            const int up = e <= b ? 0 : 1, more = b == b ? up : 0;                                                     \
            best[i] = more ? e : b;                                                                                    \
            where[i] = more ? t : where[i];                                                                            \
        }                                                                                                              \
    }                                                                                                                  \
    static void tops_##f(size_t n, T *best, int32_t *where, const T *x, size_t at, const ptrdiff_t *v, size_t many,    \
                         ptrdiff_t apart, int above)                                                                   \
    {                                                                                                                  \
        const ptrdiff_t by = v[2];                                                                                     \
        VIEW_BEGIN(1)                                                                                                  \
        T *const b = best + i;                                                                                         \
        int32_t *const at_most = where + i;                                                                            \
        const T *const from = x + go[0], *const next = from + apart;                                                   \
        if (by == 1 && above)                                                                                          \
            SOME(FIRST_TOP(T, ABOVE(p0), ABOVE(p1)))                                                                   \
        else if (by == 1)                                                                                              \
            SOME(FIRST_TOP(T, p0, p1))                                                                                 \
        for (size_t t = by == 1 ? 2 : 0; t < many; t++) {                                                              \
            const T *const other = from + (ptrdiff_t)t * apart;                                                        \
            const int32_t k = (int32_t)t;                                                                              \
            if (by == 1 && above)                                                                                      \
                SOME(NEXT_TOP(T, ABOVE(p0)))                                                                           \
            else if (by == 1)                                                                                          \
                SOME(NEXT_TOP(T, p0))                                                                                  \
            else                                                                                                       \
                for (size_t q = 0; q < some; q++) {                                                                    \
                    const T e = other[(ptrdiff_t)q * by], g = above ? ABOVE(e) : e;                                    \
                    if (!t) b[q] = g, at_most[q] = 0;                                                                  \
                    TOP_OF(T, g)                                                                                       \
                }                                                                                                      \
        }                                                                                                              \
        VIEW_END(1)                                                                                                    \
    }
#define WHERE(T, yes, chosen)                                                                                          \
    {                                                                                                                  \
        const T all = from[q], e = yes ? all : 0;                                                                      \
        to[q] = chosen;                                                                                                \
    }
#define CHOOSE_IF(yes, x, T)                                                                                           \
    {                                                                                                                  \
        const T e = x; /* read in any case */                                                                          \
        to[q] = yes ? e : 0;                                                                                           \
    }
#define ABOVE(x) ((x) <= 0 ? 0 : (x))
/* e > b, or e is the first that is no number. */
#define FIRST_TOP(T, x, y)                                                                                             \
    {                                                                                                                  \
        const T p0 = from[q], p1 = next[q], one = x, e = y;                                                            \
        const int up = e <= one ? 0 : 1, more = one == one ? up : 0;                                                   \
        b[q] = more ? e : one;                                                                                         \
        at_most[q] = more;                                                                                             \
    }
#define NEXT_TOP(T, x)                                                                                                 \
    {                                                                                                                  \
        const T p0 = other[q];                                                                                         \
        TOP_OF(T, x)                                                                                                   \
    }
#define TOP_OF(T, x)                                                                                                   \
    {                                                                                                                  \
        const T e1 = x, old = b[q];                                                                                    \
        const int up = e1 <= old ? 0 : 1, more = old == old ? up : 0;                                                  \
        b[q] = more ? e1 : old;                                                                                        \
        at_most[q] = more ? k : at_most[q];                                                                            \
    }
