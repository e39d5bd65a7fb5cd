/* Broadcasting: two shapes meet aligned from the right, or else by the names of the smaller one's dims. */
#include "codegen/lower/inside.h"

#include <ctype.h>
#include <string.h>

bool axis_equal(struct low *l, struct axis a, struct axis b)
{
    (void)l; /* sizes are interned: equal ones are equal numbers */
    bool variable = (a.dim && a.dim->index) || (b.dim && b.dim->index); /* an index variable matches itself alone */
    return variable || (a.dim && b.dim) ? a.dim == b.dim : a.size == b.size;
}

const char *amount_text(struct low *l, ir_size s)
{
    struct text t = text_new(&low_context(l)->arena);
    size_print(low_sizes(l), s, NULL, NULL, &t);
    return t.s;
}

const char *size_text(struct low *l, struct axis a)
{
    return a.dim && (!a.dim->local || a.dim->index) ? a.dim->name : amount_text(l, a.size);
}

const char *shape_text(struct low *l, const struct axis *axis, uint8_t rank)
{
    struct text t = text_new(&low_context(l)->arena);
    if (!rank) return "a number";
    text_char(&t, '[');
    for (uint8_t i = 0; i < rank; i++) {
        if (i) text_put(&t, ", ");
        text_put(&t, size_text(l, axis[i]));
    }
    text_char(&t, ']');
    return t.s;
}

static bool stretches(struct low *l, struct axis from, struct axis to)
{
    return !from.dim && is_one(l, from) && (!is_one(l, to) || (to.dim && to.dim->index)); /* an index variable has its own one */
}

static struct axis joined(struct low *l, struct axis a, struct axis b)
{
    if (stretches(l, a, b)) return b;
    if (stretches(l, b, a)) return a;
    return a.dim ? a : b;
}

static unsigned times(const struct axis *axis, uint8_t rank, const struct dim *dim)
{
    unsigned n = 0;
    for (uint8_t i = 0; i < rank; i++) n += axis[i].dim == dim;
    return n;
}

/* Some dim of the smaller operand that the larger has more often. */
static const struct dim *ambiguous(const struct axis *big, uint8_t nb, const struct axis *small, uint8_t ns)
{
    for (uint8_t i = 0; i < ns; i++)
        if (small[i].dim && times(big, nb, small[i].dim) > times(small, ns, small[i].dim)) return small[i].dim;
    return NULL;
}

static bool meet_from_right(struct low *l, const struct axis *big, uint8_t nb, const struct axis *small, uint8_t ns,
                            struct meeting *m)
{
    memcpy(m->axis, big, nb * sizeof *big);
    for (uint8_t i = 1; i <= ns; i++) {
        struct axis a = big[nb - i], b = small[ns - i];
        if (!axis_equal(l, a, b) && !stretches(l, a, b) && !stretches(l, b, a)) {
            m->bad_big = nb - i;
            m->bad_small = ns - i;
            return false;
        }
        m->axis[nb - i] = joined(l, a, b);
        m->small[nb - i] = ns - i;
        if (nb > ns && stretches(l, a, b)) m->fit = FIT_STRETCHES;
    }
    return true;
}

static bool meet_by_name(const struct axis *big, uint8_t nb, const struct axis *small, uint8_t ns, struct meeting *m)
{
    uint8_t at = 0;
    for (uint8_t i = 0; i < ns; i++, at++) {
        if (!small[i].dim) return false;
        while (at < nb && big[at].dim != small[i].dim) at++;
        if (at == nb) return false;
        m->small[at] = i;
    }
    memcpy(m->axis, big, nb * sizeof *big);
    return true;
}

/* The rank of `big` is at least that of `small`. */
struct meeting meet(struct low *l, const struct axis *big, uint8_t nb, const struct axis *small, uint8_t ns)
{
    struct meeting m = {.fit = FIT_FITS};
    for (int i = 0; i < RANK_MAX; i++) m.small[i] = -1;
    if (!ns || (nb == ns && meet_from_right(l, big, nb, small, ns, &m))) {
        if (!ns && nb) memcpy(m.axis, big, nb * sizeof *big);
        return m;
    }
    bool fits = nb > ns && meet_from_right(l, big, nb, small, ns, &m);
    if (nb > ns && !fits) {
        for (int i = 0; i < RANK_MAX; i++) m.small[i] = -1;
        m.fit = FIT_FITS;
        fits = meet_by_name(big, nb, small, ns, &m);
    }
    if (nb > ns && (m.twice = ambiguous(big, nb, small, ns)))
        m.fit = FIT_TWICE;
    else if (!fits)
        m.fit = FIT_DIFFERS;
    return m;
}

static void note_axis(struct low *l, const struct value *v, struct axis a)
{
    if (a.dim && !a.dim->local)
        fail_note(l, a.dim->at, "%s is declared here", a.dim->name);
    else
        fail_note(l, v->at, "this is %s", shape_text(l, v->axis, v->rank));
}

/* Inside a function two names may stand for one size. */
static void report_axes(struct low *l, const char *both, struct axis x, struct axis y, struct span at)
{
    const char *tx = size_text(l, x), *ty = size_text(l, y);
    if (x.dim && y.dim && !strcmp(tx, ty))
        fail(l, E0201, at, "%s: here the one %s is %s, the other %s", both, tx, x.dim->name, y.dim->name);
    else
        fail(l, E0201, at, "%s: %s is not %s", both, tx, ty);
}

/* Both operands, and where what differs came from. */
static void report_meeting(struct low *l, const struct meeting *m, const struct value *a, const struct value *b,
                           const char *what, struct span at)
{
    const struct value *big = a->rank >= b->rank ? a : b, *small = big == a ? b : a;
    const char *ta = shape_text(l, a->axis, a->rank), *tb = shape_text(l, b->axis, b->rank);
    struct axis x = big->axis[m->bad_big], y = small->axis[m->bad_small];
    struct text both = text_new(&low_context(l)->arena); /* "[N] + [M]", "max of [N] and [M]" */
    if (isalpha((unsigned char)*what))
        text_printf(&both, "%s of %s and %s", what, ta, tb);
    else
        text_printf(&both, "%s %s %s", ta, what, tb);
    switch (m->fit) {
    case FIT_FITS:
        return;
    case FIT_STRETCHES:
        fail(l, E0203, at, "%s would stretch the axis of 1 in %s", both.s, shape_text(l, big->axis, big->rank));
        fail_note(l, small->at, "this is %s", shape_text(l, small->axis, small->rank));
        fail_help(l, "give both the same rank: y[:, _] makes a column of y, y[_, :] a row");
        return;
    case FIT_TWICE:
        fail(l, E0201, at, "%s is ambiguous: %s stands in %s more often", both.s, m->twice->name,
             shape_text(l, big->axis, big->rank));
        fail_help(l, "keep the reduced axis with keep = 1, or place the operand: y[:, _] or y[_, :]");
        return;
    case FIT_DIFFERS:
        report_axes(l, both.s, big == a ? x : y, big == a ? y : x, at);
        note_axis(l, a, big == a ? x : y);
        note_axis(l, b, big == a ? y : x);
        if (x.dim && y.dim && x.size == y.size)
            fail_help(l, x.dim->local || y.dim->local ? "two dims of different names never match; an argument whose shape is not written keeps its axes"
                                                      : "two dims of different names never match, whatever their sizes");
        else if (*what == '*' && b->rank == 2 && a->rank && axis_equal(l, a->axis[a->rank - 1], b->axis[0]))
            fail_help(l, "the matrix product is a @ b");
        else if (a->rank == 2 && b->rank == 2 && axis_equal(l, a->axis[0], b->axis[1]) && axis_equal(l, a->axis[1], b->axis[0]))
            fail_help(l, "b.T has the axes the other way round");
        return;
    }
}

static bool join_shapes(struct low *l, struct value *into, const struct value *v, const char *what, struct span at)
{
    const struct value *big = into->rank >= v->rank ? into : v, *small = big == into ? v : into;
    struct meeting m = meet(l, big->axis, big->rank, small->axis, small->rank);
    if (m.fit != FIT_FITS) {
        report_meeting(l, &m, into, v, what, at);
        return false;
    }
    into->rank = big->rank;
    memcpy(into->axis, m.axis, sizeof into->axis);
    return true;
}

struct value expand_to(struct low *l, struct value v, const struct axis *axis, uint8_t rank, struct span at)
{
    if (v.kind != VALUE_TENSOR) return v;
    struct meeting m = meet(l, axis, rank, v.axis, v.rank);
    if (v.rank > rank || m.fit != FIT_FITS) {
        fail(l, E0201, at, "%s does not fit %s", shape_text(l, v.axis, v.rank), shape_text(l, axis, rank));
        return poison(at);
    }
    const struct ir_shape *shape = shape_for(l, axis, rank);
    if (shape != shape_of(l, &v)) {
        struct axis kept[RANK_MAX];
        int source[RANK_MAX];
        uint8_t n = 0;
        for (uint8_t i = 0; i < rank; i++) { /* stretched axes of 1 go before the expand, so that it only adds axes */
            bool here = m.small[i] >= 0 && (!is_one(l, v.axis[m.small[i]]) || is_one(l, axis[i]));
            source[i] = here ? n : -1;
            if (here) kept[n++] = v.axis[m.small[i]];
        }
        if (n < v.rank) v.id = ir_reshape(low_graph(l), v.id, shape_for(l, kept, n));
        v.id = ir_expand(low_graph(l), v.id, shape, source);
        v.known = false;
    }
    v.rank = rank;
    if (rank) memcpy(v.axis, axis, rank * sizeof *axis);
    return v;
}

bool broadcast_all(struct low *l, struct value *v, uint32_t n, const char *what, struct span at)
{
    bool scalars = true;
    for (uint32_t i = 0; i < n; i++) {
        if (v[i].kind == VALUE_POISON) return false;
        scalars &= v[i].rank == 0;
    }
    if (scalars) return true;
    bool indexed = true;
    for (uint32_t i = 0; i < n; i++) indexed = indexed && all_indexed(&v[i]);
    if (indexed) return join_variables(l, v, n, at);
    struct value all = v[0];
    for (uint32_t i = 1; i < n; i++)
        if (!join_shapes(l, &all, &v[i], what, at)) return false;
    if (!shape_fits(l, all.axis, all.rank, at)) return false;
    for (uint32_t i = 0; i < n; i++) v[i] = expand_to(l, v[i], all.axis, all.rank, at);
    for (uint32_t i = 0; i < n; i++)
        if (v[i].kind == VALUE_POISON) return false;
    return true;
}

bool broadcast(struct low *l, struct value *a, struct value *b, const char *what, struct span at)
{
    struct value v[2] = {*a, *b};
    bool ok = broadcast_all(l, v, 2, what, at);
    *a = v[0];
    *b = v[1];
    return ok;
}
