/* Contractions. In a file: where they are products of matrices that are worth it a call of a function for this very shape,
 * else a nest of literal loops, ordered so that the innermost one runs along memory. In JIT text, which
 * libtcc would compile badly: calls of the kernel for products of matrices. */
#include "codegen/emit/product.h"
#include "codegen/emit/conv.h"
#include "codegen/emit/tiled.h"

#include <assert.h>
#include <string.h>

struct index index_operand(struct unit *u, const struct ir_node *n, uint32_t i)
{
    if (n->op == OP_mul) return index_own(n->shape, 0);
    const struct ir_shape *s = ir_at(u->g, n->arg[i])->shape;
    const int64_t *label = n->attr + 3 + (i ? n->attr[0] : 0);
    struct index at = {.rank = s->rank};
    for (unsigned k = 0; k < s->rank; k++)
        at.at[k] = s->dim[k] == 1 ? affine_size(0) : affine_var((uint8_t)label[k]);
    return at;
}

static void spread_strides(const struct affine *at, ir_size *by)
{
    for (unsigned l = 0; l < LABELS_MAX; l++) by[l] = 0;
    for (unsigned k = 0; k < at->n; k++)
        if (at->term[k].var < LABELS_MAX) by[at->term[k].var] = at->term[k].by;
}

static void read_product(struct unit *u, ir_id id, struct product *p)
{
    bool rides = u->value[id].product != 0;
    const struct ir_node *n = ir_at(u->g, rides ? u->value[id].product : id);
    int64_t own[3 * RANK_MAX];
    for (unsigned k = 0; k < 3u * n->shape->rank; k++) own[k] = k % n->shape->rank;
    const int64_t *label = n->op == OP_mul ? own : n->attr + 3;
    memset(p, 0, sizeof *p);
    p->shared = NO_VAR;
    p->n = n;
    p->id = id;
    p->rated = rides;
    p->adds = rides || emit_adds(u, id);
    for (uint32_t i = 0; i < 2; i++) {
        const struct ir_shape *s = ir_at(u->g, n->arg[i])->shape;
        for (unsigned k = 0; k < s->rank; k++, label++) p->in[i][*label] = true, p->size[*label] = s->dim[k];
        struct index at = index_operand(u, n, i);
        access_follow(u, n->arg[i], &at, &p->operand[i]);
        struct access *a = &p->operand[i];
        struct affine flat = a->flat ? a->offset : index_flatten(u, &a->at, ir_at(u->g, a->base)->shape);
        spread_strides(&flat, p->by[i]);
        for (unsigned l = 0; l < LABELS_MAX && n->op == OP_mul; l++) p->in[i][l] = p->by[i][l] != 0;
    }
    p->to.rank = n->shape->rank;
    for (unsigned k = 0; k < n->shape->rank; k++, label++) {
        p->in[2][*label] = true;
        p->to.at[k] = n->shape->dim[k] == 1 ? affine_size(0) : affine_var((uint8_t)*label);
        if (n->shape->dim[k] != 1) p->out[p->n_out++] = (uint8_t)*label;
    }
    struct affine flat = index_flatten(u, &p->to, n->shape);
    spread_strides(&flat, p->by[2]);
    for (uint8_t l = 0; l < LABELS_MAX; l++)
        if (p->in[0][l] && !p->in[2][l] && p->size[l] != 1) p->sum[p->n_sum++] = l;
}

static void count_work(struct unit *u, const struct product *p)
{
    uint64_t work = 1;
    for (unsigned l = 0; l < LABELS_MAX; l++)
        if (p->in[0][l] || p->in[1][l]) work *= (uint64_t)size_bound(u->sizes, p->size[l]);
    u->multiply_adds += work;
}

/* ---- calls of the kernel ---- */

struct run { /* labels that are one axis in memory */
    ir_size size, by[3];
    uint32_t labels; /* mask */
};

/* The longest run at the end of the list, outermost label first. */
static struct run find_run(struct unit *u, const struct product *p, const uint8_t *label, unsigned n)
{
    struct run r = {1, {0, 0, 0}, 0};
    for (unsigned k = n; k-- > 0;) {
        uint8_t l = label[k];
        bool fits = true;
        for (unsigned i = 0; i < 3 && r.labels; i++)
            if (p->by[i][l] != size_mul(u->sizes, r.by[i], r.size)) fits = false;
        if (!fits) break;
        if (!r.labels)
            for (unsigned i = 0; i < 3; i++) r.by[i] = p->by[i][l];
        r.size = size_mul(u->sizes, r.size, p->size[l]);
        r.labels |= 1u << l;
        if (l == p->shared) break; /* a part of it is to be one axis still */
    }
    return r;
}

static const char *stride_text(struct body *b, ir_size by)
{
    const char *t = emit_size(b, by, PREC_ATOM);
    return strspn(t, "0123456789") == strlen(t) ? t : arena_printf(b->u->scratch, "(ptrdiff_t)%s", t);
}

/* The address of a matrix: labels within the runs are 0. */
static const char *address(struct body *b, struct access a, uint32_t within)
{
    struct unit *u = b->u;
    struct affine none = affine_size(0);
    for (unsigned l = 0; l < LABELS_MAX; l++) {
        if (!(within >> l & 1)) continue;
        for (unsigned k = 0; k <= a.at.rank; k++) {
            struct affine *at = k < a.at.rank ? &a.at.at[k] : a.flat ? &a.offset : &none;
            for (unsigned t = 0; t < at->n; t++)
                if (at->term[t].var == l) {
                    struct affine minus = affine_var((uint8_t)l);
                    affine_add(u, at, &minus, size_sub(u->sizes, 0, at->term[t].by));
                    break;
                }
        }
    }
    return arena_printf(u->scratch, "&%s", emit_memory(b, &a));
}

/* With no more multiply-adds, they are rounded one by one, as gcc does without flags: training of small nets goes the same way.
 * A column times a row of as many elements at least is added to a parameter by a call. */
enum { FEW_MOST = 8192, OUTER_LEAST = 16 };

struct call { /* a product of matrices within loops over the labels that are not in it */
    struct run m, n, s;
    uint32_t within;
    double work;
};

static struct call find_call(struct unit *u, const struct product *p)
{
    uint8_t rows[RANK_MAX], cols[RANK_MAX];
    unsigned n_rows = 0, n_cols = 0;
    for (unsigned k = 0; k < p->n_out; k++) {
        uint8_t l = p->out[k];
        if (p->in[0][l] && !p->in[1][l]) rows[n_rows++] = l;
        if (p->in[1][l] && !p->in[0][l]) cols[n_cols++] = l;
    }
    struct call c = {.m = find_run(u, p, rows, n_rows), .n = find_run(u, p, cols, n_cols), .s = find_run(u, p, p->sum, p->n_sum)};
    c.within = c.m.labels | c.n.labels | c.s.labels;
    c.work = (double)size_bound(u->sizes, c.m.size) * (double)size_bound(u->sizes, c.n.size) * (double)size_bound(u->sizes, c.s.size);
    return c;
}

static bool call_can_ride(struct unit *u, const struct product *p)
{
    struct call c = find_call(u, p);
    return p->n_sum || (c.work >= OUTER_LEAST && c.m.labels && c.n.labels);
}

/* An array that is added to the products of few elements as they are stored. */
struct addend {
    ir_id id;
    struct access at;
    ir_size by[2]; /* how far apart neighbours along the rows and columns are */
};

static bool steps_alike(struct unit *u, const struct product *p, const struct run *r, const uint8_t *label, unsigned n,
                        const ir_size *by, ir_size *step)
{
    ir_size all = 1;
    *step = 0;
    for (unsigned k = n; k-- > 0;) {
        if (!(r->labels >> label[k] & 1)) continue;
        if (all == 1) *step = by[label[k]];
        if (by[label[k]] != size_mul(u->sizes, *step, all)) return false;
        all = size_mul(u->sizes, all, p->size[label[k]]);
    }
    return true;
}

static bool is_array(struct unit *u, const struct access *a)
{
    return emit_in_memory(u, a->base) && ir_at(u->g, a->base)->shape->rank > 0 && !a->n_guards;
}

/* Whether x can be that. */
static bool find_addend(struct unit *u, const struct product *p, const struct call *c, ir_id x, struct addend *out)
{
    ir_size by[LABELS_MAX];
    *out = (struct addend){.id = x};
    access_follow(u, x, &p->to, &out->at);
    if (!is_array(u, &out->at)) return false;
    struct affine flat = out->at.flat ? out->at.offset : index_flatten(u, &out->at.at, ir_at(u->g, out->at.base)->shape);
    spread_strides(&flat, by);
    struct run rows = c->m, cols = c->n; /* of the result's labels, in order */
    return steps_alike(u, p, &rows, p->out, p->n_out, by, &out->by[0]) && steps_alike(u, p, &cols, p->out, p->n_out, by, &out->by[1]);
}

static bool are_arrays(struct unit *u, const struct product *p)
{
    return is_array(u, &p->operand[0]) && is_array(u, &p->operand[1]) && p->n->shape->rank > 0;
}

/* One call, of few elements and with sums. */
static bool is_one_call(const struct product *p, const struct call *c)
{
    uint32_t all = 0;
    for (unsigned k = 0; k < p->n_out; k++) all |= 1u << p->out[k];
    for (unsigned k = 0; k < p->n_sum; k++) all |= 1u << p->sum[k];
    return p->n_sum && (all & ~c->within) == 0 && c->work <= FEW_MOST;
}

static const char *rate_text(struct body *b, const struct product *p)
{
    struct update x;
    struct index none = {.rank = 0};
    bool is = p->rated && emit_read_update(b->u, p->id, &x);
    return is ? arena_printf(b->u->scratch, "-%s, ", emit_expression(b, x.rate, &none, PREC_UNARY)) : "";
}

/* The last arguments, and which call has them. */
static const char *end_text(struct body *b, const struct product *p, const struct call *c, bool adds, const char **call)
{
    struct unit *u = b->u;
    const struct ir_node *sum = ir_at(u->g, p->id);
    struct addend x;
    const bool few = c->work <= FEW_MOST;
    *call = few ? "few_" : "";
    if (p->rated) {
        *call = few ? "few_add_" : "add_";
        *(few ? &u->calls->gemm_few_add : &u->calls->gemm_add) = true;
        return "";
    }
    if (u->value[p->id].conv) {
        find_addend(u, p, c, sum->arg[sum->arg[0] == u->value[p->id].conv], &x); /* as when it was chosen */
        *call = "few_plus_";
        u->calls->gemm_few_plus = true;
        return arena_printf(u->scratch, ", %s, %s, %s", address(b, x.at, c->within), stride_text(b, x.by[0]), stride_text(b, x.by[1]));
    }
    *(few ? &u->calls->gemm_few : &u->calls->gemm) = true;
    return adds ? ", 1" : ", 0";
}

/* Whether the run is dealt out to threads. */
static bool is_dealt_out(const struct product *p, const struct run *r)
{
    return p->shared != NO_VAR && r->labels >> p->shared & 1;
}

/* How far behind the beginning the thread's portions of an operand begin; nothing is said where all have all of it. */
static const char *behind(struct body *b, const struct product *p, unsigned i)
{
    struct unit *u = b->u;
    if (!p->by[i][p->shared]) return "";
    ir_size by = size_mul(u->sizes, p->by[i][p->shared], size_const(u->sizes, b->share.each));
    return by == 1 ? arena_printf(u->scratch, " + %s", u->from_name)
                   : arena_printf(u->scratch, " + %s * %s", u->from_name, emit_size(b, by, PREC_UNARY));
}

/* How much of the run the thread's portions are. */
static const char *dealt(struct body *b, const struct product *p, const struct run *r)
{
    struct unit *u = b->u;
    ir_size steps = size_div(u->sizes, size_mul(u->sizes, r->size, size_const(u->sizes, b->share.each)), p->size[p->shared]);
    return steps == 1 ? arena_printf(u->scratch, "%s - %s", u->to_name, u->from_name)
                      : arena_printf(u->scratch, "(%s - %s) * %s", u->to_name, u->from_name, emit_size(b, steps, PREC_UNARY));
}

static void print_calls(struct body *b, const struct product *p)
{
    struct unit *u = b->u;
    struct call c = find_call(u, p);
    struct access to = {.base = p->id, .at = p->to};
    bool adds = p->adds;
    unsigned depth = 0;
    const bool rows = is_dealt_out(p, &c.m), cols = is_dealt_out(p, &c.n), part = rows || cols;
    const char *ms = rows ? dealt(b, p, &c.m) : emit_size(b, c.m.size, PREC_COND);
    const char *ns = cols ? dealt(b, p, &c.n) : emit_size(b, c.n.size, PREC_COND), *call;
    const char *at[3] = {part ? behind(b, p, 0) : "", part ? behind(b, p, 1) : "", part ? behind(b, p, 2) : ""};
    const char *rs = stride_text(b, c.m.by[2]), *cs = stride_text(b, c.n.by[2]), *f = u->o->single ? "f32" : "f64";
    for (unsigned k = 0; k < p->n_sum; k++) adds = adds || !(c.s.labels >> p->sum[k] & 1);
    for (unsigned k = 0; k < p->n_out; k++)
        if (!(c.within >> p->out[k] & 1)) product_open(b, p, p->out[k], depth++);
    const char *end = end_text(b, p, &c, adds, &call);
    if (adds && !p->adds) /* an empty sum */
        emit_line(b, "nnrt_gemm_%s%s(%s, %s, 0, 0, 0, 0, 0, 0, 0, %s%s, %s, %s, 0);", call, f, ms, ns, address(b, to, c.within), at[2],
                  rs, cs);
    for (unsigned k = 0; k < p->n_sum; k++)
        if (!(c.within >> p->sum[k] & 1)) product_open(b, p, p->sum[k], depth++);
    emit_line(b, "nnrt_gemm_%s%s(%s%s, %s, %s, %s%s, %s, %s, %s%s, %s, %s, %s%s, %s, %s%s);", call, f, rate_text(b, p), ms, ns,
              emit_size(b, c.s.size, PREC_COND), address(b, p->operand[0], c.within), at[0], stride_text(b, c.m.by[0]),
              stride_text(b, c.s.by[0]), address(b, p->operand[1], c.within), at[1], stride_text(b, c.s.by[1]),
              stride_text(b, c.n.by[1]), address(b, to, c.within), at[2], rs, cs, end);
    product_close(b, depth);
}

/* ---- calls of a function for the shape ---- */

/* Less work than this is done before the call is, and fewer rows before b is packed. */
enum {
    TILED_LEAST = 64, THIN_LEAST = 1024, COLUMNS_LEAST = 4, NARROW_ROWS_LEAST = 8, PACKED_ROWS_LEAST = 3, PACKED_FEW = 400, PART_LEAST = 16,
    WIDE_LEAST = 64, DOT_ROWS_MOST = 6
};

struct matrices {
    unsigned a, b;      /* which operand has the rows of the result, and which its columns */
    struct run m, n, k;
    uint32_t within;    /* labels of these */
    bool in_parts;      /* sums go over more than k */
};

static bool is_literal(struct unit *u, ir_size s, int64_t *value)
{
    return size_known(u->sizes, s, value);
}

/* How the product is one of matrices, if it is: with loops around it over labels that all three have. */
static bool find_matrices(struct unit *u, const struct product *p, struct matrices *x)
{
    uint8_t rows[RANK_MAX], cols[RANK_MAX];
    unsigned n_rows = 0, n_cols = 0;
    if (p->n_out < 1u + (p->n_sum == 0) || (p->n_sum == 0 && !p->rated)) return false;
    uint8_t inner = p->out[p->n_out - 1];
    x->b = p->in[1][inner];
    x->a = !x->b;
    if (p->in[x->a][inner]) return false;
    for (unsigned k = 0; k < p->n_out; k++) {
        uint8_t l = p->out[k];
        if (!p->in[x->b][l]) rows[n_rows++] = l;
        if (!p->in[x->a][l]) cols[n_cols++] = l;
    }
    x->m = find_run(u, p, rows, n_rows);
    x->n = find_run(u, p, cols, n_cols);
    x->k = find_run(u, p, p->sum, p->n_sum);
    x->within = x->m.labels | x->n.labels | x->k.labels;
    x->in_parts = false;
    for (unsigned k = 0; k < p->n_sum; k++) x->in_parts = x->in_parts || !(x->k.labels >> p->sum[k] & 1);
    return n_rows || p->n_sum;
}

/* Of so many rows and sums of so many, at most. */
static enum thin find_thin(const struct tiled *t, int64_t m, int64_t k)
{
    bool flat = t->b_n == 1, wide = flat && t->n >= WIDE_LEAST;
    if (t->m == 1 && (flat || k < LANES_LEAST)) return THIN_ROW;
    if (t->rated && t->k == 1 && flat) return THIN_OUTER;
    if (wide && (t->m == 2 || t->m == 3)) return THIN_ROWS;
    if (wide && (t->k == 2 || t->k == 3) && m >= NARROW_ROWS_LEAST) return THIN_SUMS;
    bool dots = !flat && t->a_k == 1 && t->b_k == 1 && t->m && t->m <= DOT_ROWS_MOST && t->k >= WIDE_LEAST;
    return dots ? THIN_DOTS : THIN_NONE;
}

/* The function that computes it, but for its name; false if loops do as well. */
static bool find_tiled(struct unit *u, const struct product *p, const struct matrices *x, struct tiled *t)
{
    if (!pass_runs(u->p, PASS_tiles)) return false;
    int64_t c_col, k = size_bound(u->sizes, x->k.size), m = size_bound(u->sizes, x->m.size);
    *t = (struct tiled){.adds = p->adds || x->in_parts, .rated = p->rated};
    if (!is_literal(u, x->n.size, &t->n) || !is_literal(u, x->m.by[x->a], &t->a_row) ||
        !is_literal(u, x->k.by[x->a], &t->a_k) || !is_literal(u, x->k.by[x->b], &t->b_k) ||
        !is_literal(u, x->n.by[x->b], &t->b_n) || !is_literal(u, x->m.by[2], &t->c_row) || !is_literal(u, x->n.by[2], &c_col))
        return false;
    if (t->a_row < 0 || t->a_k < 0 || t->b_k < 0 || t->b_n < 0 || t->c_row < 0 || c_col != 1) return false;
    bool dealt_out = is_dealt_out(p, &x->m);
    if (!is_literal(u, x->m.size, &t->m) || dealt_out) t->m = 0;
    if (!is_literal(u, x->k.size, &t->k)) t->k = 0;
    if (x->in_parts && k < PART_LEAST) return false;
    if (t->n < COLUMNS_LEAST) /* dealt out these would be rounded as each thread's number of rows has it */
        return !dealt_out && t->n > 1 && (t->a_row == 1 || t->a_k == 1) && m >= NARROW_ROWS_LEAST && t->m != 1 && (double)m * (double)k >= TILED_LEAST;
    t->thin = find_thin(t, m, k);
    bool row = t->thin == THIN_ROW, few = (double)t->n * (double)k <= PACKED_FEW;
    if (t->thin == THIN_DOTS) return (double)m * (double)t->n * (double)k >= THIN_LEAST;
    if (t->b_n != 1 && (t->b_k != 1 || (m < PACKED_ROWS_LEAST && !few && !row))) return false;
    return (m > 1 || row) && (double)m * (double)t->n * (double)k >= (row || t->thin == THIN_OUTER ? THIN_LEAST : TILED_LEAST);
}

/* ---- corners that are left out ---- */

static bool goes_along(const struct product *p, const struct run *r, unsigned side, unsigned axis)
{
    const int64_t *label = p->n->attr + 3;
    for (unsigned k = 0; k < side; k++) label += p->n->attr[k];
    return r->labels == 1u << label[axis];
}

/* What can be left out for this corner of operand `side`, or of the result. */
static enum corner_use corner_use(const struct unit *u, const struct product *p, const struct matrices *x, const struct tiled *t,
                                  unsigned side, const struct corner *c)
{
    bool plain = p->n->op == OP_contract && !x->in_parts && !t->rated && !t->thin && t->m && t->k && t->n > 3;
    if (u->o->style == EMIT_JIT) plain = plain && (double)t->m * (double)t->n * (double)t->k > FEW_MOST;
    if (!plain || !c->is) return CORNER_NONE;
    if (side == 2) {
        bool all = goes_along(p, &x->m, 2, c->row) && goes_along(p, &x->n, 2, c->col);
        return all && !t->adds && t->n > c->shift ? CORNER_OF_C : CORNER_NONE;
    }
    if (side != x->a || t->b_n != 1) return CORNER_NONE;
    if (goes_along(p, &x->m, side, c->row) && goes_along(p, &x->k, side, c->col)) return CORNER_OF_A;
    bool turned = goes_along(p, &x->k, side, c->row) && goes_along(p, &x->m, side, c->col);
    return turned && t->m <= t->k + c->shift ? CORNER_OF_A_TURNED : CORNER_NONE;
}

/* A contraction's tiles, if it is done in tiles. */
static bool tiles_of(struct unit *u, ir_id id, struct product *p, struct matrices *x, struct tiled *t)
{
    read_product(u, id, p);
    bool tiled = !u->o->std_c99 && !conv_is(u, id) && are_arrays(u, p);
    return tiled && find_matrices(u, p, x) && find_tiled(u, p, x, t);
}

enum corner_use emit_corner_use(struct unit *u, ir_id id, unsigned operand, const struct corner *c)
{
    struct product p;
    struct matrices x;
    struct tiled t;
    return tiles_of(u, id, &p, &x, &t) ? corner_use(u, &p, &x, &t, operand, c) : CORNER_NONE;
}

bool emit_is_tiled(struct unit *u, ir_id id)
{
    struct product p;
    struct matrices x;
    struct tiled t;
    bool chosen = u->value[id].product || (u->value[id].conv && !conv_is(u, u->value[id].conv));
    if (chosen) return u->o->style == EMIT_FILE; /* else it would not ride there */
    return u->o->style == EMIT_FILE && ir_at(u->g, id)->op == OP_contract && tiles_of(u, id, &p, &x, &t);
}

/* Of operands first: what they leave out is not there. */
static void find_corner(struct unit *u, const struct product *p, const struct matrices *x, struct tiled *t)
{
    for (unsigned side = 0; side < 3 && u->corner && t->corner == CORNER_NONE; side++) {
        const struct corner *c = &u->corner[side < 2 ? p->n->arg[side] : p->id];
        t->corner = corner_use(u, p, x, t, side, c);
        t->shift = c->shift;
    }
}

static bool leaves_corner(struct unit *u, const struct product *p, struct matrices *x, struct tiled *t)
{
    if (!u->corner || !find_matrices(u, p, x) || !find_tiled(u, p, x, t)) return false;
    find_corner(u, p, x, t);
    return t->corner != CORNER_NONE;
}

/* JIT text: calls of the kernel for blocks of what leaves a corner out. Whether it is that. */
static bool print_corner_calls(struct body *b, const struct product *p)
{
    struct unit *u = b->u;
    struct matrices x;
    struct tiled t;
    if (!leaves_corner(u, p, &x, &t)) return false;
    struct access to = {.base = p->id, .at = p->to};
    const char *name[3], *from[3], *real = u->real_type;
    unsigned depth = 0;
    for (unsigned k = 0; k < p->n_out; k++)
        if (!(x.within >> p->out[k] & 1)) product_open(b, p, p->out[k], depth++);
    from[0] = address(b, p->operand[x.a], x.within);
    from[1] = address(b, p->operand[x.b], x.within);
    from[2] = address(b, to, x.within);
    emit_line(b, "{");
    for (unsigned k = 0; k < 3; k++) {
        name[k] = scope_numbered(u->scope, "at", &u->next_number[5]);
        emit_line(b, "    %s%s *const %s = %s;", k < 2 ? "const " : "", real, name[k], from[k]);
    }
    struct corner_text text = {name[0], name[1], name[2], u->o->single ? "nnrt_gemm_f32" : "nnrt_gemm_f64"};
    tiled_print_corner(&t, &text, b->out);
    emit_line(b, "}");
    product_close(b, depth);
    u->calls->gemm = true;
    return true;
}

/* A row that is added to all rows of a product, all of which is in one function; whether or not it is dealt out. */
static bool adds_row(struct unit *u, const struct product *dealt_out, ir_id x, struct addend *out)
{
    struct product whole = *dealt_out, *p = &whole;
    struct matrices ms;
    struct tiled t;
    p->shared = NO_VAR;
    struct call c = find_call(u, p);
    bool tiled = !u->o->std_c99 && are_arrays(u, p) && is_one_call(p, &c) && find_matrices(u, p, &ms) && find_tiled(u, p, &ms, &t);
    if (!tiled || ms.in_parts || t.thin || t.n < COLUMNS_LEAST) return false;
    c.m = ms.m;
    c.n = ms.n;
    return find_addend(u, p, &c, x, out) && out->by[0] == 0 && out->by[1] == 1;
}

ir_id emit_product_in_sum(struct unit *u, ir_id id)
{
    const struct ir_node *n = ir_at(u->g, id);
    struct product p;
    struct addend x;
    if (n->op != OP_add || n->shape->rank == 0) return 0;
    for (unsigned i = 0; i < 2; i++) {
        ir_id by = n->arg[i], other = n->arg[1 - i];
        if (ir_at(u->g, by)->op != OP_contract || u->value[by].uses > 1 || conv_is(u, by)) continue;
        read_product(u, by, &p);
        struct call c = find_call(u, &p);
        bool one = u->o->style == EMIT_JIT && are_arrays(u, &p) && is_one_call(&p, &c) && find_addend(u, &p, &c, other, &x);
        if (one || (u->o->style == EMIT_FILE && adds_row(u, &p, other, &x))) return by;
    }
    return 0;
}

/* The row as an argument, if there is one. */
static const char *plus_text(struct body *b, const struct product *p, struct tiled *t)
{
    struct unit *u = b->u;
    const struct ir_node *sum = ir_at(u->g, p->id);
    ir_id by = u->value[p->id].conv;
    struct addend x;
    if (!by) return "";
    adds_row(u, p, sum->arg[sum->arg[0] == by], &x); /* as when it was chosen */
    t->plus = t->adds = true;
    return arena_printf(u->scratch, "%s, ", address(b, x.at, UINT32_MAX));
}

/* Whether it was done so. */
static bool print_tiled(struct body *b, const struct product *p)
{
    struct unit *u = b->u;
    struct matrices x;
    struct tiled t;
    if (!find_matrices(u, p, &x) || !find_tiled(u, p, &x, &t)) return false;
    find_corner(u, p, &x, &t);
    const char *row = plus_text(b, p, &t), *name = tiled_name(u, &t);
    struct access to = {.base = p->id, .at = p->to};
    unsigned depth = 0;
    if (x.in_parts && !p->adds) {
        for (unsigned k = 0; k < p->n_out; k++) product_open(b, p, p->out[k], k);
        emit_line(b, "%s = 0;", product_result(b, p));
        product_close(b, p->n_out);
    }
    for (unsigned k = 0; k < p->n_out; k++)
        if (!(x.within >> p->out[k] & 1)) product_open(b, p, p->out[k], depth++);
    for (unsigned k = 0; k < p->n_sum; k++)
        if (!(x.within >> p->sum[k] & 1)) product_open(b, p, p->sum[k], depth++);
    struct text *sizes = emit_begin(u);
    text_put(sizes, rate_text(b, p));
    bool part = is_dealt_out(p, &x.m);
    if (!t.m) text_printf(sizes, "%s, ", part ? dealt(b, p, &x.m) : emit_size(b, x.m.size, PREC_COND));
    if (!t.k) text_printf(sizes, "%s, ", emit_size(b, x.k.size, PREC_COND));
    const char *run_time = emit_end(u, sizes), *from = address(b, p->operand[x.a], x.within);
    const char *by = address(b, p->operand[x.b], x.within);
    emit_line(b, "%s(%s%s%s, %s, %s%s%s);", name, run_time, from, part ? behind(b, p, x.a) : "", by, row,
              address(b, to, x.within), part ? behind(b, p, 2) : "");
    product_close(b, depth);
    return true;
}

bool emit_can_ride(struct unit *u, ir_id id)
{
    struct product p;
    struct matrices x;
    struct tiled t;
    if (u->o->std_c99 || (ir_at(u->g, id)->op == OP_contract && conv_is(u, id))) return false;
    read_product(u, id, &p);
    p.rated = p.adds = true;
    if (!are_arrays(u, &p)) return false;
    return u->o->style == EMIT_JIT ? call_can_ride(u, &p) : find_matrices(u, &p, &x) && find_tiled(u, &p, &x, &t);
}

static bool is_tiled(struct unit *u, const struct product *p, struct matrices *x, struct tiled *t)
{
    *t = (struct tiled){.m = 0};
    if (u->o->style != EMIT_FILE || u->o->std_c99 || !are_arrays(u, p) || !find_matrices(u, p, x) || !find_tiled(u, p, x, t)) return false;
    find_corner(u, p, x, t);
    return true;
}

/* JIT text. A row that is alone is added up by its columns in another way than some of them are. */
static uint32_t labels_of_calls(struct unit *u, struct product *p)
{
    struct matrices x;
    struct tiled t;
    uint32_t mask = 0;
    int64_t rows;
    if (!are_arrays(u, p)) return 0;
    bool corner = leaves_corner(u, p, &x, &t);
    for (unsigned k = 0; k < p->n_out; k++) {
        p->shared = p->out[k];
        if (leaves_corner(u, p, &x, &t) != corner) continue;
        struct call c = find_call(u, p);
        if (!is_dealt_out(p, &c.n) || (size_known(u->sizes, c.m.size, &rows) && rows > 1)) mask |= 1u << p->out[k];
    }
    return mask;
}

/* JIT text: of more rows or columns than these the kernel adds up each element alike, see products.h. */
int64_t emit_portions_of_product(struct unit *u, const struct group *g)
{
    enum { ALIKE = 8 };
    struct product p;
    int64_t steps;
    if (u->o->style != EMIT_JIT || u->value[g->node].conv) return 1;
    read_product(u, g->node, &p);
    if (!p.rated && p.n->op == OP_contract && conv_is(u, g->node)) return 1;
    p.shared = g->share.var;
    struct call c = find_call(u, &p);
    const struct run *r = is_dealt_out(&p, &c.m) ? &c.m : &c.n;
    if (!is_dealt_out(&p, r)) return 1;
    ir_size each = size_div(u->sizes, size_mul(u->sizes, r->size, size_const(u->sizes, g->share.each)), p.size[p.shared]);
    return size_known(u->sizes, each, &steps) && steps > 0 ? (ALIKE + steps - 1) / steps : ALIKE;
}

uint32_t emit_shared_labels(struct unit *u, ir_id id, ir_size size[LABELS_MAX], bool *outputs)
{
    struct product p;
    struct matrices x;
    struct tiled whole, part;
    uint32_t mask = 0;
    *outputs = false;
    ir_id conv = u->value[id].conv;
    read_product(u, conv ? conv : id, &p);
    memcpy(size, p.size, sizeof p.size);
    if (!p.rated && p.n->op == OP_contract && conv_is(u, conv ? conv : id)) return conv_shared_labels(u, conv ? conv : id, outputs);
    if (u->o->style == EMIT_JIT) return conv ? 0 : labels_of_calls(u, &p);
    bool tiled = is_tiled(u, &p, &x, &whole);
    uint32_t columns = tiled ? x.n.labels : 0;
    for (unsigned k = 0; k < p.n_out; k++) {
        p.shared = p.out[k];
        if (columns >> p.out[k] & 1) continue;
        bool same = is_tiled(u, &p, &x, &part) == tiled && part.corner == whole.corner && part.shift == whole.shift;
        if (same || (tiled && whole.n < COLUMNS_LEAST && !p.rated)) mask |= 1u << p.out[k];
    }
    return mask;
}

enum { DOT_LEAST = 256 };

/* JIT text: one number, a long sum of products along memory. Whether it was a call. */
static bool print_dot_call(struct body *b, const struct product *p)
{
    struct unit *u = b->u;
    const struct value *v = &u->value[p->id];
    struct call c = find_call(u, p);
    bool whole = is_array(u, &p->operand[0]) && is_array(u, &p->operand[1]);
    for (unsigned k = 0; k < p->n_sum; k++) whole = whole && c.s.labels >> p->sum[k] & 1;
    if (!whole || p->n->shape->rank || p->adds || c.work < DOT_LEAST) return false;
    emit_line(b, "%s %s = 0;", u->real_type, v->name);
    const char *x = address(b, p->operand[0], c.within), *y = address(b, p->operand[1], c.within);
    emit_line(b, "nnrt_gemm_%s(1, 1, %s, %s, 0, %s, %s, %s, 0, &%s, 1, 1, 0);", u->o->single ? "f32" : "f64",
              emit_size(b, c.s.size, PREC_COND), x, stride_text(b, c.s.by[0]), y, stride_text(b, c.s.by[1]), v->name);
    if (v->reserved) emit_line(b, "%s = %s;", product_result(b, p), v->name);
    if (v->root >= 0) emit_line(b, "%s = %s;", emit_place(b, p->id, v->root, &p->to), v->name);
    u->calls->gemm = true;
    return true;
}

void emit_product(struct body *b, const struct group *g)
{
    struct product p;
    ir_id conv = b->u->value[g->node].conv;
    read_product(b->u, conv ? conv : g->node, &p);
    if (b->share.portions > 1) p.shared = b->share.var;
    count_work(b->u, &p);
    if (!p.rated && conv_print_product(b, g->node)) return;
    b->n_vars = LABELS_MAX;
    p.id = g->node;
    bool arrays = are_arrays(b->u, &p);
    if (b->u->o->style == EMIT_JIT && arrays) {
        if (!product_written_out(b, &p) && !print_corner_calls(b, &p)) print_calls(b, &p);
    } else if (b->u->o->style == EMIT_JIT && print_dot_call(b, &p))
        return;
    else if (b->u->o->style == EMIT_FILE && !b->u->o->std_c99 && arrays && print_tiled(b, &p))
        return;
    else if (product_rows_are_best(&p))
        product_rows(b, &p);
    else
        product_dots(b, &p);
}
