/* Convolutions in vectors of BYTES of numbers of the type REAL, for shapes that are known at run time: included once
 * for each pair; names are made by OF(). Tiles of accumulators in registers, as in convolve.h, but their pixels are
 * wherever they are said to be: so rows of any length and steps of any size fill them, and ends of rows leave nothing
 * over. */

typedef REAL OF(lane) __attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));
typedef BITS OF(bits) __attribute__((vector_size(BYTES)));
#define LANE ((ptrdiff_t)(BYTES / sizeof(REAL)))
#define LOAD(at) (*(const OF(lane) *)(at))

/* ---- pixels by outputs ---- */

struct OF(spots) { /* of a tile's pixels: x at the first tap, the row and column there, and y */
    const REAL *x[PIXELS_MOST];
    REAL *y[PIXELS_MOST];
    ptrdiff_t row[PIXELS_MOST], col[PIXELS_MOST];
    unsigned rows[TAPS_NOTED], cols[TAPS_NOTED]; /* of not whole tiles: pixels that exist by u, and by v */
};

/* Pixels r for which from[r] + by is one of `size`. */
static inline unsigned OF(those)(const ptrdiff_t *from, int pixels, ptrdiff_t by, ptrdiff_t size)
{
    unsigned there = 0;
    for (int r = 0; r < pixels; r++) there |= (unsigned)(!size || (size_t)(from[r] + by) < (size_t)size) << r;
    return there;
}

#define BEGIN_PIXEL(r)                                                                                                 \
    const REAL *const x##r = at->x[r < pixels ? r : 0];                                                                \
    OF(lane) a##r##_0 = none + b0, a##r##_1 = none + b1, a##r##_2 = none + b2, a##r##_3 = none + b3;
#define STEP_PIXEL(r)                                                                                                  \
    if (r < pixels && STEP_IF(r)) {                                                                                    \
        const OF(lane) e = LOAD(x##r + from);                                                                          \
        a##r##_0 += w0 * e;                                                                                            \
        if (outs > 1) a##r##_1 += w1 * e;                                                                              \
        if (outs > 2) a##r##_2 += w2 * e;                                                                              \
        if (outs > 3) a##r##_3 += w3 * e;                                                                              \
    }
#define PUT_PIXEL(r)                                                                                                   \
    if (r < pixels) {                                                                                                  \
        REAL *const to = at->y[r] + out;                                                                               \
        *(OF(lane) *)to = a##r##_0;                                                                                    \
        if (outs > 1) *(OF(lane) *)(to + s->y_o * p) = a##r##_1;                                                       \
        if (outs > 2) *(OF(lane) *)(to + 2 * s->y_o * p) = a##r##_2;                                                   \
        if (outs > 3) *(OF(lane) *)(to + 3 * s->y_o * p) = a##r##_3;                                                   \
    }
#define WEIGHTS(at)                                                                                                    \
    const REAL *const wt = at;                                                                                         \
    const OF(lane) w0 = wt[0] - none, w1 = wt[outs > 1 ? s->w_o : 0] - none;                                           \
    const OF(lane) w2 = wt[outs > 2 ? 2 * s->w_o : 0] - none, w3 = wt[outs > 3 ? 3 * s->w_o : 0] - none;

static inline __attribute__((always_inline)) void OF(tile)(const struct nnrt_conv_shape *s, ptrdiff_t p, int pixels,
                                                           int outs, int whole, const struct OF(spots) * at,
                                                           ptrdiff_t o, const REAL *w, const REAL *bias)
{
    const OF(lane) none = {0};
    const ptrdiff_t out = o * s->y_o * p;
    const REAL b0 = bias ? bias[o] : 0, b1 = bias && outs > 1 ? bias[o + 1] : 0;
    const REAL b2 = bias && outs > 2 ? bias[o + 2] : 0, b3 = bias && outs > 3 ? bias[o + 3] : 0;
    EACH(BEGIN_PIXEL)
    w += o * s->w_o;
    if (whole)
        for (ptrdiff_t u = 0; u < s->nu; u++)
            for (ptrdiff_t c = 0; c < s->nc; c++) {
                ptrdiff_t from = (u * s->x_u + c * s->x_c) * p;
                const REAL *wc = w + (u * s->w_u + c * s->w_c);
#define STEP_IF(r) 1
                for (ptrdiff_t v = s->nv; v > 0; v--, from += s->x_v * p, wc += s->w_v) {
                    WEIGHTS(wc)
                    EACH(STEP_PIXEL)
                }
#undef STEP_IF
            }
    else
        for (ptrdiff_t u = 0; u < s->nu; u++)
            for (ptrdiff_t v = 0; v < s->nv; v++) {
                unsigned there = u < TAPS_NOTED ? at->rows[u] : OF(those)(at->row, pixels, u * s->u_step, s->tall);
                there &= v < TAPS_NOTED ? at->cols[v] : OF(those)(at->col, pixels, v * s->v_step, s->wide);
                if (!there) continue;
                ptrdiff_t from = (u * s->x_u + v * s->x_v) * p;
                const REAL *wc = w + (u * s->w_u + v * s->w_v);
#define STEP_IF(r) (there >> r & 1)
                for (ptrdiff_t c = s->nc; c > 0; c--, from += s->x_c * p, wc += s->w_c) {
                    WEIGHTS(wc)
                    EACH(STEP_PIXEL)
                }
#undef STEP_IF
            }
    EACH(PUT_PIXEL)
}

#define TILE(many, k)                                                                                                  \
    static __attribute__((noinline)) void OF(tile_##many##_##k)(const struct nnrt_conv_shape *s, ptrdiff_t p,          \
                                                                int whole, const struct OF(spots) * at, ptrdiff_t o,   \
                                                                const REAL *w, const REAL *bias)                       \
    {                                                                                                                  \
        if (whole)                                                                                                     \
            OF(tile)(s, p, many, k, 1, at, o, w, bias);                                                                \
        else                                                                                                           \
            OF(tile)(s, p, many, k, 0, at, o, w, bias);                                                                \
    }
CONV_TILES(TILE)
#undef TILE

typedef void OF(tile_function)(const struct nnrt_conv_shape *, ptrdiff_t, int, const struct OF(spots) *, ptrdiff_t,
                               const REAL *, const REAL *);

/* Of so many outputs, for a width of tiles that fits `widest`. */
static OF(tile_function) * OF(tile_of)(ptrdiff_t outs, ptrdiff_t widest)
{
#define TILE(many, k)                                                                                                  \
    if (many == CONV_PIXELS[widest] && k == outs) return OF(tile_##many##_##k);
    CONV_TILES(TILE)
#undef TILE
    return NULL;
}

/* The tile's pixels from this block, row and column on, blocks and rows after one another; the last one again where there
 * are no more. */
static void OF(find_spots)(const struct nnrt_conv_shape *s, ptrdiff_t p, const ptrdiff_t *from, ptrdiff_t pixels,
                           const REAL *x, REAL *y, struct OF(spots) * at)
{
    ptrdiff_t b = from[0], i = from[1], j = from[2];
    const REAL *one = x + (s->first + b * s->x_b + i * s->x_i + j * s->x_j) * p;
    REAL *to = y + (b * s->y_b + i * s->y_i + j * s->y_j) * p;
    if (j + pixels <= s->cols) { /* of one row */
        for (ptrdiff_t r = 0; r < pixels; r++) {
            at->x[r] = one + r * s->x_j * p;
            at->y[r] = to + r * s->y_j * p;
        }
        return;
    }
    for (ptrdiff_t r = 0; r < pixels; r++) {
        at->x[r] = one;
        at->y[r] = to;
        if (++j < s->cols)
            one += s->x_j * p, to += s->y_j * p;
        else {
            if (i + 1 == s->rows && b + 1 == s->samples) continue; /* the last one again */
            j = 0;
            if (++i == s->rows) i = 0, b++;
            one = x + (s->first + b * s->x_b + i * s->x_i) * p;
            to = y + (b * s->y_b + i * s->y_i) * p;
        }
    }
}

/* Which taps exist for them; the result: whether all taps of all of them do. */
static int OF(find_edges)(const struct nnrt_conv_shape *s, const ptrdiff_t *from, ptrdiff_t pixels, struct OF(spots) * at)
{
    const ptrdiff_t last_u = (s->nu - 1) * s->u_step, last_v = (s->nv - 1) * s->v_step;
    ptrdiff_t b = from[0], i = from[1], j = from[2];
    int whole = 1;
    if (!s->tall && !s->wide) return 1;
    for (ptrdiff_t r = 0; r < pixels; r++) {
        const ptrdiff_t row = i * s->i_step + s->i_first, col = j * s->j_step + s->j_first;
        at->row[r] = row;
        at->col[r] = col;
        if (s->tall) whole &= (size_t)row < (size_t)s->tall && (size_t)(row + last_u) < (size_t)s->tall;
        if (s->wide) whole &= (size_t)col < (size_t)s->wide && (size_t)(col + last_v) < (size_t)s->wide;
        if (++j == s->cols) {
            if (i + 1 == s->rows && b + 1 == s->samples) j--;
            else {
                j = 0;
                if (++i == s->rows) i = 0, b++;
            }
        }
    }
    for (ptrdiff_t u = 0; u < s->nu && u < TAPS_NOTED && !whole; u++)
        at->rows[u] = OF(those)(at->row, (int)pixels, u * s->u_step, s->tall);
    for (ptrdiff_t v = 0; v < s->nv && v < TAPS_NOTED && !whole; v++)
        at->cols[v] = OF(those)(at->col, (int)pixels, v * s->v_step, s->wide);
    return whole;
}

/* Of images whose taps all exist, or may not. */
static void OF(conv_part)(const struct nnrt_conv_shape *s, ptrdiff_t n, ptrdiff_t p, const REAL *x, const REAL *w,
                          const REAL *bias, REAL *y)
{
    const ptrdiff_t tiles = (s->outs + CONV_OUTS - 1) / CONV_OUTS, least = s->outs / tiles, more = s->outs % tiles;
    const ptrdiff_t widest = least + (more > 0), pixels = CONV_PIXELS[widest], all = s->samples * s->rows * s->cols;
    OF(tile_function) *const wide = OF(tile_of)(widest, widest), *const narrow =
                                                                     more ? OF(tile_of)(least, widest) : wide;
    struct OF(spots) at;
    for (ptrdiff_t l = 0; l < n; l += LANE) {
        const ptrdiff_t lane = l + LANE <= n ? l : n - LANE;
        ptrdiff_t from[3] = {0, 0, 0}; /* block, row, column */
        for (ptrdiff_t q = 0; q < all; q += pixels) {
            if (q + pixels > all && all > pixels) {
                q = all - pixels;
                from[0] = q / (s->rows * s->cols), from[1] = q / s->cols % s->rows, from[2] = q % s->cols;
            }
            OF(find_spots)(s, p, from, pixels, x + lane, y + lane, &at);
            const int whole = OF(find_edges)(s, from, pixels, &at);
            ptrdiff_t o = 0;
            for (ptrdiff_t t = 0; t < tiles; t++, o += least + (t <= more))
                (t < more ? wide : narrow)(s, p, whole, &at, o, w, bias);
            for (from[2] += pixels; from[2] >= s->cols; from[2] -= s->cols)
                if (++from[1] == s->rows) from[1] = 0, from[0]++;
        }
    }
}

/* Along one axis: neighbours for which the same taps exist. */
struct OF(stretch) {
    ptrdiff_t from, end, tap, taps;
};

/* The one that begins at `from`, of `size` places. */
static struct OF(stretch) OF(stretch_at)(ptrdiff_t from, ptrdiff_t size, ptrdiff_t taps, ptrdiff_t extent, ptrdiff_t step,
                                         ptrdiff_t tap_step, ptrdiff_t first)
{
    struct OF(stretch) e = {from, from, 0, extent ? 0 : taps};
    for (; extent && e.end < size; e.end++) {
        ptrdiff_t there = 0, tap = 0;
        for (ptrdiff_t u = 0; u < taps; u++) {
            const int is = (size_t)(e.end * step + u * tap_step + first) < (size_t)extent;
            if (is && !there) tap = u;
            there += is;
        }
        if (e.end > from && (tap != e.tap || there != e.taps)) return e;
        e.tap = tap;
        e.taps = there;
    }
    e.end = size;
    return e;
}

/* How many places along an axis have all taps. */
static ptrdiff_t OF(inside)(ptrdiff_t size, ptrdiff_t taps, ptrdiff_t extent, ptrdiff_t step, ptrdiff_t tap_step, ptrdiff_t first)
{
    ptrdiff_t all = 0;
    for (ptrdiff_t i = 0; extent && i < size; i++) {
        const ptrdiff_t at = i * step + first;
        all += (size_t)at < (size_t)extent && (size_t)(at + (taps - 1) * tap_step) < (size_t)extent;
    }
    return extent ? all : size;
}

/* Edges are parts with fewer taps, so that no tap has to be asked whether it is there, if most of an image is inside. */
static void OF(conv)(const struct nnrt_conv_shape *s, ptrdiff_t n, ptrdiff_t p, const REAL *x, const REAL *w,
                     const REAL *bias, REAL *y)
{
    const ptrdiff_t rows = OF(inside)(s->rows, s->nu, s->tall, s->i_step, s->u_step, s->i_first);
    const ptrdiff_t cols = OF(inside)(s->cols, s->nv, s->wide, s->j_step, s->v_step, s->j_first);
    if ((!s->tall && !s->wide) || (s->rows - rows) * INSIDE_MOST > s->rows || (s->cols - cols) * INSIDE_MOST > s->cols) {
        OF(conv_part)(s, n, p, x, w, bias, y);
        return;
    }
    struct OF(stretch) i, j;
    for (ptrdiff_t r = 0; r < s->rows; r = i.end) {
        i = OF(stretch_at)(r, s->rows, s->nu, s->tall, s->i_step, s->u_step, s->i_first);
        for (ptrdiff_t c = 0; c < s->cols; c = j.end) {
            j = OF(stretch_at)(c, s->cols, s->nv, s->wide, s->j_step, s->v_step, s->j_first);
            struct nnrt_conv_shape part = *s;
            part.rows = i.end - r, part.nu = i.taps;
            part.cols = j.end - c, part.nv = j.taps;
            part.tall = part.wide = 0;
            part.first = s->first + r * s->x_i + c * s->x_j + i.tap * s->x_u + j.tap * s->x_v;
            OF(conv_part)(&part, n, p, x, w + (i.tap * s->w_u + j.tap * s->w_v), bias, y + (r * s->y_i + c * s->y_j) * p);
        }
    }
}

/* ---- taps by outputs ---- */

struct OF(taps) { /* of a tile's taps: x, w, and how far it is from a pixel's row and column */
    const REAL *x[PIXELS_MOST];
    REAL *w[PIXELS_MOST];
    ptrdiff_t row[PIXELS_MOST], col[PIXELS_MOST];
    int first, end; /* those that are not in another tile too */
};

#define BEGIN_TAP(r)                                                                                                   \
    const REAL *const x##r = at->x[r < taps ? r : 0];                                                                  \
    OF(lane) a##r##_0 = none, a##r##_1 = none, a##r##_2 = none, a##r##_3 = none;
#define STEP_TAP(r)                                                                                                    \
    if (r < taps && STEP_IF(r)) {                                                                                      \
        const OF(lane) e = LOAD(x##r + from);                                                                          \
        a##r##_0 += y0 * e;                                                                                            \
        if (outs > 1) a##r##_1 += y1 * e;                                                                              \
        if (outs > 2) a##r##_2 += y2 * e;                                                                              \
        if (outs > 3) a##r##_3 += y3 * e;                                                                              \
    }
#define PUT_TAP(r)                                                                                                     \
    if (r < taps && r >= at->first && r < at->end) {                                                                   \
        OF(put_sum)(at->w[r] + out, a##r##_0, adds);                                                                   \
        if (outs > 1) OF(put_sum)(at->w[r] + out + s->w_o, a##r##_1, adds);                                            \
        if (outs > 2) OF(put_sum)(at->w[r] + out + 2 * s->w_o, a##r##_2, adds);                                        \
        if (outs > 3) OF(put_sum)(at->w[r] + out + 3 * s->w_o, a##r##_3, adds);                                        \
    }
#define OUTPUTS(l)                                                                                                     \
    const REAL *const yt = y + (b * s->y_b + i * s->y_i + j * s->y_j) * p + l;                                         \
    const OF(lane) y0 = OWN(LOAD(yt)), y1 = outs > 1 ? OWN(LOAD(yt + s->y_o * p)) : none;                              \
    const OF(lane) y2 = outs > 2 ? OWN(LOAD(yt + 2 * s->y_o * p)) : none;                                              \
    const OF(lane) y3 = outs > 3 ? OWN(LOAD(yt + 3 * s->y_o * p)) : none;                                              \
    const ptrdiff_t from = (b * s->x_b + i * s->x_i + j * s->x_j) * p + l;

static __attribute__((noinline)) void OF(put_sum)(REAL *to, OF(lane) x, int adds)
{
    REAL t[LANE];
    *(OF(lane) *)t = x;
#if BYTES > 16
    typedef REAL part __attribute__((vector_size(16), aligned(sizeof(REAL)), may_alias));
    const ptrdiff_t parts = 16 / sizeof(REAL);
    part sum = *(const part *)t + *(const part *)(t + parts);
    for (ptrdiff_t i = 2 * parts; i < LANE; i += parts) sum += *(const part *)(t + i);
    *(part *)t = sum;
#else
    const ptrdiff_t parts = LANE;
#endif
    for (ptrdiff_t i = 1; i < parts; i++) t[0] += t[i];
    *to = adds ? *to + t[0] : t[0];
}

/* The samples that a pass goes over: blocks from `first` on, before `end`, and in each the lanes from `lane` on, before
 * n. If these are less than a vector then lanes before them count as 0: of the last vector of a careful pass. */
struct OF(pass) {
    ptrdiff_t first, end, lane, n;
    int adds;
};

static inline __attribute__((always_inline)) void OF(sums)(const struct nnrt_conv_shape *s, ptrdiff_t p, int taps,
                                                           int outs, int careful, const struct OF(pass) * g,
                                                           const struct OF(taps) * at, ptrdiff_t o, const REAL *y)
{
    const OF(lane) none = {0};
    const ptrdiff_t out = o * s->w_o;
    const int adds = g->adds;
    EACH(BEGIN_TAP)
    y += o * s->y_o * p;
    if (!careful) {
        for (ptrdiff_t b = g->first; b < g->end; b++)
            for (ptrdiff_t l = g->lane; l < g->n; l += LANE)
                for (ptrdiff_t i = 0; i < s->rows; i++)
                    for (ptrdiff_t j = 0; j < s->cols; j++) {
#define OWN(e) (e)
#define STEP_IF(r) 1
                        OUTPUTS(l)
                        EACH(STEP_TAP)
#undef OWN
#undef STEP_IF
                    }
    } else {
        const unsigned every = (1u << taps) - 1;
        ptrdiff_t least = 0, most = 0;
        for (int r = 0; r < taps; r++) {
            if (!r || at->col[r] < least) least = at->col[r];
            if (!r || at->col[r] > most) most = at->col[r];
        }
        for (ptrdiff_t l = g->lane; l < g->n; l += LANE) {
            const ptrdiff_t lane = l + LANE <= g->n ? l : g->n - LANE;
            OF(bits) own;
            for (ptrdiff_t k = 0; k < LANE; k++) own[k] = lane + k >= l ? -1 : 0;
            for (ptrdiff_t b = g->first; b < g->end; b++)
                for (ptrdiff_t i = 0; i < s->rows; i++) {
                    unsigned there = 0;
                    for (int r = 0; r < taps; r++)
                        there |= (unsigned)(!s->tall || (size_t)(i * s->i_step + at->row[r]) < (size_t)s->tall) << r;
                    for (ptrdiff_t j = 0; there && j < s->cols; j++) {
#define OWN(e) ((OF(lane))((OF(bits))(e)&own))
                        const ptrdiff_t col = j * s->j_step;
                        const int inside = !s->wide || (col + least >= 0 && col + most < s->wide);
                        OUTPUTS(lane)
                        if (there == every && inside) {
#define STEP_IF(r) 1
                            EACH(STEP_TAP)
#undef STEP_IF
                        } else {
#define STEP_IF(r) ((there >> r & 1) && (!s->wide || (size_t)(col + at->col[r]) < (size_t)s->wide))
                            EACH(STEP_TAP)
#undef STEP_IF
                        }
#undef OWN
                    }
                }
        }
    }
    EACH(PUT_TAP)
}

#define TILE(many, k)                                                                                                  \
    static __attribute__((noinline)) void OF(sums_##many##_##k)(                                                       \
        const struct nnrt_conv_shape *s, ptrdiff_t p, int careful, const struct OF(pass) * g,                          \
        const struct OF(taps) * at, ptrdiff_t o, const REAL *y)                                                        \
    {                                                                                                                  \
        if (careful)                                                                                                   \
            OF(sums)(s, p, many, k, 1, g, at, o, y);                                                                   \
        else                                                                                                           \
            OF(sums)(s, p, many, k, 0, g, at, o, y);                                                                   \
    }
CONV_BACK_TILES(TILE)
#undef TILE

typedef void OF(sums_function)(const struct nnrt_conv_shape *, ptrdiff_t, int, const struct OF(pass) *,
                               const struct OF(taps) *, ptrdiff_t, const REAL *);

/* Of so many outputs, with as many taps as leave least over. */
static OF(sums_function) * OF(sums_of)(ptrdiff_t outs, ptrdiff_t all, ptrdiff_t *taps)
{
    OF(sums_function) *best = NULL;
    ptrdiff_t least = 0;
#define TILE(many, k)                                                                                                  \
    if (k == outs && (!best || (all + many - 1) / many * (many + 1) < least)) {                                        \
        best = OF(sums_##many##_##k);                                                                                  \
        *taps = many;                                                                                                  \
        least = (all + many - 1) / many * (many + 1);                                                                  \
    }
    CONV_BACK_TILES(TILE)
#undef TILE
    return best;
}

/* From number q on. Where no more of them are left the last ones are some of the tile before, or the last one again. */
static void OF(find_taps)(const struct nnrt_conv_shape *s, ptrdiff_t p, ptrdiff_t q, ptrdiff_t taps, const REAL *x,
                          REAL *w, struct OF(taps) * at)
{
    const ptrdiff_t all = s->nc * s->nu * s->nv, from = q + taps <= all ? q : all > taps ? all - taps : 0;
    ptrdiff_t v = from % s->nv, u = from / s->nv % s->nu, c = from / s->nv / s->nu;
    at->first = (int)(q - from);
    at->end = (int)(all < taps ? all : taps);
    for (ptrdiff_t r = 0; r < taps; r++) {
        at->x[r] = x + (s->first + c * s->x_c + u * s->x_u + v * s->x_v) * p;
        at->w[r] = w + (c * s->w_c + u * s->w_u + v * s->w_v);
        at->row[r] = u * s->u_step + s->i_first;
        at->col[r] = v * s->v_step + s->j_first;
        if (from + r + 1 >= all) continue;
        if (++v == s->nv) {
            v = 0;
            if (++u == s->nu) u = 0, c++;
        }
    }
}

/* One pass for all taps and outputs. */
static void OF(back_pass)(const struct nnrt_conv_shape *s, ptrdiff_t p, int careful, const struct OF(pass) * g,
                          const REAL *x, const REAL *y, REAL *w)
{
    const ptrdiff_t all = s->nc * s->nu * s->nv, tiles = (s->outs + CONV_OUTS - 1) / CONV_OUTS;
    const ptrdiff_t least = s->outs / tiles, more = s->outs % tiles;
    struct OF(taps) at;
    for (ptrdiff_t t = 0, o = 0, outs, taps = 1; t < tiles; t++, o += outs) {
        outs = least + (t < more);
        OF(sums_function) *const f = OF(sums_of)(outs, all, &taps);
        for (ptrdiff_t q = 0; q < all; q += taps) {
            OF(find_taps)(s, p, q, taps, x, w, &at);
            f(s, p, careful, g, &at, o, y);
        }
    }
}

/* As many blocks at a time as stay in a cache near by. */
static void OF(conv_back)(const struct nnrt_conv_shape *s, ptrdiff_t n, ptrdiff_t p, const REAL *x, const REAL *y,
                          REAL *w)
{
    const ptrdiff_t block = (s->outs + s->nc) * s->rows * s->cols * p * (ptrdiff_t)sizeof(REAL), even = n / LANE * LANE;
    const ptrdiff_t blocks = block < CONV_NEAR ? CONV_NEAR / block : 1;
    const int guarded = s->tall || s->wide;
    for (ptrdiff_t b = 0; b < s->samples; b += blocks) {
        const ptrdiff_t end = b + blocks < s->samples ? b + blocks : s->samples;
        const struct OF(pass) most = {b, end, 0, even, b > 0}, rest = {b, end, even, n, 1};
        OF(back_pass)(s, p, guarded, &most, x, y, w);
        if (even < n) OF(back_pass)(s, p, 1, &rest, x, y, w);
    }
}

#undef LANE
#undef LOAD
#undef BEGIN_PIXEL
#undef STEP_PIXEL
#undef PUT_PIXEL
#undef WEIGHTS
#undef BEGIN_TAP
#undef STEP_TAP
#undef PUT_TAP
#undef OUTPUTS
