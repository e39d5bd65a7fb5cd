/* Indices, and reading through moves: an expand, permute, slice, window or place is never carried out where its argument can
 * be read in its stead. */
#include "codegen/emit/unit.h"

#include <assert.h>
#include <string.h>

/* There is room for many terms, and mostly there is one: what is behind the last is neither set nor copied. */
static void set_size(struct affine *a, ir_size plus)
{
    a->plus = plus;
    a->n = 0;
}

static void set_var(struct affine *a, uint8_t var)
{
    a->plus = 0;
    a->n = 1;
    a->term[0] = (struct term){var, 1};
}

static void copy_affine(struct affine *to, const struct affine *from)
{
    to->plus = from->plus;
    to->n = from->n;
    for (unsigned i = 0; i < from->n; i++) to->term[i] = from->term[i];
}

struct affine affine_size(ir_size plus)
{
    return (struct affine){.plus = plus};
}

struct affine affine_var(uint8_t var)
{
    return (struct affine){.n = 1, .term = {{var, 1}}};
}

void affine_drop(struct affine *a, unsigned term)
{
    memmove(&a->term[term], &a->term[term + 1], (--a->n - term) * sizeof *a->term);
}

static void add_term(struct unit *u, struct affine *a, uint8_t var, ir_size by)
{
    unsigned i = 0;
    while (i < a->n && a->term[i].var < var) i++;
    if (i < a->n && a->term[i].var == var) {
        a->term[i].by = size_add(u->sizes, a->term[i].by, by);
        if (a->term[i].by == 0) affine_drop(a, i);
        return;
    }
    assert(a->n < TERMS); /* there are no more variables at once */
    memmove(&a->term[i + 1], &a->term[i], (a->n++ - i) * sizeof *a->term);
    a->term[i] = (struct term){var, by};
}

void affine_add(struct unit *u, struct affine *a, const struct affine *b, ir_size by)
{
    if (b->plus) a->plus = size_add(u->sizes, a->plus, size_mul(u->sizes, b->plus, by));
    for (unsigned i = 0; i < b->n; i++) add_term(u, a, b->term[i].var, size_mul(u->sizes, b->term[i].by, by));
}

bool affine_equal(const struct affine *a, const struct affine *b)
{
    if (a->plus != b->plus || a->n != b->n) return false;
    for (unsigned i = 0; i < a->n; i++)
        if (a->term[i].var != b->term[i].var || a->term[i].by != b->term[i].by) return false;
    return true;
}

struct affine index_flatten(struct unit *u, const struct index *at, const struct ir_shape *s)
{
    struct affine sum = affine_size(0);
    ir_size stride = 1;
    for (unsigned k = s->rank; k-- > 0;) {
        affine_add(u, &sum, &at->at[k], stride);
        stride = size_mul(u->sizes, stride, s->dim[k]);
    }
    return sum;
}

struct index index_own(const struct ir_shape *s, uint8_t first)
{
    struct index at;
    at.rank = s->rank;
    for (unsigned k = 0; k < s->rank; k++) {
        if (s->dim[k] == 1)
            set_size(&at.at[k], 0);
        else
            set_var(&at.at[k], (uint8_t)(first + k));
    }
    return at;
}

unsigned index_plain_axes(const struct index *at, const struct ir_shape *s, uint8_t first)
{
    unsigned k = 0;
    for (; k < s->rank && k < at->rank; k++) {
        const struct affine *a = &at->at[k];
        bool own = s->dim[k] == 1 ? a->n == 0 : a->n == 1 && a->term[0].var == first + k && a->term[0].by == 1;
        if (a->plus || !own) break;
    }
    return k;
}

/* ---- reshape ---- */

/* Groups of axes with equal products: from[i0..i1) against to[j0..j1). */
struct segment {
    unsigned i0, i1, j0, j1;
};

static bool next_segment(struct unit *u, const struct ir_shape *from, const struct ir_shape *to, struct segment *s)
{
    s->i0 = s->i1, s->j0 = s->j1;
    if (s->i0 == from->rank && s->j0 == to->rank) return false;
    ir_size a = 1, b = 1;
    do {
        bool more_from = size_bound(u->sizes, a) < size_bound(u->sizes, b) || s->j1 == to->rank;
        if (a == b && s->i1 < from->rank) more_from = true;
        if (more_from && s->i1 == from->rank) more_from = false;
        if (!more_from && s->j1 == to->rank) break;
        if (more_from)
            a = size_mul(u->sizes, a, from->dim[s->i1++]);
        else
            b = size_mul(u->sizes, b, to->dim[s->j1++]);
    } while (a != b);
    return true;
}

/* The one axis of the segment that is not of size 1; the last if all are; -1 if there are several. */
static int only_axis(const struct ir_shape *s, unsigned lo, unsigned hi)
{
    int found = -1;
    for (unsigned k = lo; k < hi; k++) {
        if (s->dim[k] == 1) continue;
        if (found >= 0) return -1;
        found = (int)k;
    }
    return found >= 0 ? found : (int)hi - 1;
}

bool access_splits(struct unit *u, const struct ir_shape *from, const struct ir_shape *to)
{
    struct segment s = {0};
    while (next_segment(u, from, to, &s))
        if (s.i1 > s.i0 && only_axis(from, s.i0, s.i1) < 0) return false;
    return true;
}

static void through_split(struct unit *u, const struct ir_shape *from, const struct ir_shape *to, const struct index *at,
                          struct index *out)
{
    struct segment s = {0};
    for (unsigned k = 0; k < from->rank; k++) set_size(&out->at[k], 0);
    while (next_segment(u, from, to, &s)) {
        if (s.i1 == s.i0) continue;
        struct affine *sum = &out->at[only_axis(from, s.i0, s.i1)];
        ir_size stride = 1;
        for (unsigned k = s.j1; k-- > s.j0;) {
            affine_add(u, sum, &at->at[k], stride);
            stride = size_mul(u->sizes, stride, to->dim[k]);
        }
    }
}

/* ---- moves ---- */

static void add_guard(struct access *a, struct affine at, ir_size lo, ir_size hi, bool below, bool above)
{
    if (!below && !above) return;
    assert(a->n_guards < GUARDS);
    a->guard[a->n_guards++] = (struct guard){at, lo, hi, below, above};
}

static void through_place(struct unit *u, const struct ir_node *n, const struct ir_shape *from, const struct index *at,
                          struct access *a, struct index *out)
{
    for (unsigned k = 0; k < from->rank; k++) {
        ir_size start = (ir_size)n->attr[2 * k], end = size_add(u->sizes, start, from->dim[k]);
        add_guard(a, at->at[k], start, end, start != 0, end != n->shape->dim[k]);
        copy_affine(&out->at[k], &at->at[k]);
        out->at[k].plus = size_sub(u->sizes, at->at[k].plus, start);
    }
}

static void through_window(struct unit *u, const struct ir_node *n, const struct ir_shape *from, const struct index *at,
                           struct access *a, struct index *out)
{
    unsigned axis = (unsigned)n->attr[0];
    ir_size stride = size_const(u->sizes, n->attr[1]), dilation = size_const(u->sizes, n->attr[2]);
    ir_size pad = size_const(u->sizes, n->attr[3]);
    for (unsigned k = 0; k < axis; k++) copy_affine(&out->at[k], &at->at[k]);
    for (unsigned k = axis + 1; k < from->rank; k++) copy_affine(&out->at[k], &at->at[k + 1]);
    struct affine sum = affine_size(0);
    affine_add(u, &sum, &at->at[axis], stride);
    affine_add(u, &sum, &at->at[axis + 1], dilation);
    /* the largest index, were there no end: (O-1)*stride + (S-1)*dilation - pad */
    ir_size most = size_mul(u->sizes, size_sub(u->sizes, n->shape->dim[axis], 1), stride);
    most = size_add(u->sizes, most, size_mul(u->sizes, size_sub(u->sizes, n->shape->dim[axis + 1], 1), dilation));
    most = size_sub(u->sizes, most, pad);
    bool above = size_least(u->sizes, size_sub(u->sizes, size_sub(u->sizes, from->dim[axis], 1), most)) < 0;
    add_guard(a, sum, pad, size_add(u->sizes, from->dim[axis], pad), n->attr[3] > 0, above);
    sum.plus = size_sub(u->sizes, sum.plus, pad);
    out->at[axis] = sum;
}

static void through_move(struct unit *u, const struct ir_node *n, const struct ir_shape *from, const struct index *at,
                         struct access *a, struct index *out)
{
    out->rank = from->rank;
    switch (n->op) {
    case OP_expand:
        for (unsigned k = 0; k < from->rank; k++) set_size(&out->at[k], 0);
        for (unsigned k = 0; k < n->shape->rank; k++)
            if (n->attr[k] >= 0) copy_affine(&out->at[n->attr[k]], &at->at[k]);
        break;
    case OP_permute:
        for (unsigned k = 0; k < from->rank; k++) copy_affine(&out->at[n->attr[k]], &at->at[k]);
        break;
    case OP_slice:
        for (unsigned k = 0; k < from->rank; k++) {
            set_size(&out->at[k], (ir_size)n->attr[2 * k]);
            affine_add(u, &out->at[k], &at->at[k], size_const(u->sizes, n->attr[2 * k + 1]));
        }
        break;
    case OP_reshape: through_split(u, from, n->shape, at, out); break;
    case OP_place: through_place(u, n, from, at, a, out); break;
    default: through_window(u, n, from, at, a, out); break;
    }
    for (unsigned k = 0; k < from->rank && k < RANK_MAX; k++) /* which gcc does not know */
        if (from->dim[k] == 1) set_size(&out->at[k], 0);
}

static void copy_index(struct index *to, const struct index *from)
{
    to->rank = from->rank;
    for (unsigned k = 0; k < from->rank; k++) copy_affine(&to->at[k], &from->at[k]);
}

void access_follow(struct unit *u, ir_id id, const struct index *at, struct access *a)
{
    a->base = id;
    a->flat = false;
    a->n_guards = 0;
    copy_index(&a->at, at);
    for (;;) {
        const struct ir_node *n = ir_at(u->g, a->base);
        if (ir_ops[n->op].class != CLASS_MOVE || n->op == OP_gather || u->value[a->base].held) return;
        const struct ir_shape *from = ir_at(u->g, n->arg[0])->shape;
        if (n->op == OP_reshape && !access_splits(u, from, n->shape)) break;
        struct index out;
        through_move(u, n, from, &a->at, a, &out);
        copy_index(&a->at, &out);
        a->base = n->arg[0];
    }
    /* All elements in order, whatever the shape: memory alone can be read so, which emit_fuse() sees to. */
    a->flat = true;
    a->offset = index_flatten(u, &a->at, ir_at(u->g, a->base)->shape);
    while (ir_at(u->g, a->base)->op == OP_reshape && !u->value[a->base].held) a->base = ir_at(u->g, a->base)->arg[0];
}
