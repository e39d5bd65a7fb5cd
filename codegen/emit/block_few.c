/* Reductions of JIT text over few elements, for many at a time: a row has an element for each result, and the loops
 * over what is reduced are around the calls. Pools are such, and all that samples side by side are reduced over. */
#include "codegen/emit/block_rows.h"

enum {
    ELEMENTS_LEAST = 64,
    INNER_MOST = 64,
    INNER_SHORT = 8,
    TERMS_REAL = 4 /* sums of so few are made in their own type */
};

static const struct ir_node *node_of(const struct blocks *s, ir_id id)
{
    return ir_at(s->b->u->g, id);
}

static const char *f_of(const struct blocks *s)
{
    return s->b->u->o->single ? "f32" : "f64";
}

static int64_t bound_of(const struct unit *u, const ir_size *size, unsigned n)
{
    int64_t all = 1;
    for (unsigned k = 0; k < n && all <= INT32_MAX; k++) all *= size_bound(u->sizes, size[k]);
    return all;
}

/* ---- whether ---- */

static bool can_member(struct blocks *s, const struct phase *ph, const struct member *m)
{
    const struct ir_node *n = node_of(s, m->node);
    struct value *v = &s->b->u->value[m->node];
    if (reduce_is(s->b, m)) {
        struct index at = index_argument(s->b->u, n, 0);
        return ph->n_inner && n->op != OP_argmin && views_can(s, n->arg[0], &at);
    }
    if (ph->n_inner || n->type != IR_REAL) return false;
    struct index at = index_own(n->shape, 0);
    bool held = v->held;
    if (m->copy_to < 0) v->held = false;
    bool can = views_can(s, m->node, &at);
    v->held = held;
    return can;
}

static bool can_group(struct blocks *s)
{
    struct unit *u = s->b->u;
    bool reduces = false;
    if (bound_of(u, s->size, s->n_axes) < ELEMENTS_LEAST) return false;
    for (s->b->phase = 0; s->b->phase < s->g->phases.n; s->b->phase++) {
        const struct phase *ph = &s->g->phases.at[s->b->phase];
        int64_t most = bound_of(u, ph->inner, ph->n_inner);
        if (ph->n_inner && (most > INNER_MOST || (!ph->crossed && most >= INNER_SHORT))) return false;
        for (uint32_t i = 0; i < ph->members.n; i++)
            if (!can_member(s, ph, &ph->members.at[i])) return false;
        reduces = reduces || ph->n_inner;
    }
    return reduces;
}

/* ---- what ---- */

struct tally { /* a reduction on its way: a row of numbers so far, and for a position one of integers */
    const char *row, *where;
    bool real;                 /* a sum in the type of its terms */
    bool placed, where_placed; /* made right where its value is kept */
    ir_id of;                  /* a sum that is the most that another member found: that member */
};

static bool is_many(const struct blocks *s, ir_size size)
{
    int64_t n;
    return size_known(s->b->u->sizes, size, &n) && n > 1;
}

/* The position of the most along one axis, of numbers in memory or of what of these is above 0: one call for all of
 * them. */
static bool print_tops(struct blocks *s, const struct member *m, const struct phase *ph, const struct tally *t)
{
    struct unit *u = s->b->u;
    const struct ir_node *n = node_of(s, m->node);
    struct index at = index_argument(u, n, 0);
    struct access a;
    uint8_t inner = (uint8_t)s->g->n_outer;
    if (n->op != OP_argmax || ph->n_inner != 1 || ph->members.n != 1 || !is_many(s, ph->inner[0])) return false;
    access_follow(u, n->arg[0], &at, &a);
    const struct ir_node *x = node_of(s, a.base);
    bool here = !u->value[a.base].held && ir_ops[x->op].class == CLASS_MAP, above = here && views_relu(s, x, &a.at, &a);
    if ((here && !above) || !emit_in_memory(u, a.base) || a.n_guards || rows_made(s, a.base, &a.at)) return false;
    struct affine place = rows_place(s, &a);
    ir_size apart = rows_step(&place, inner);
    s->b->var[inner] = "0";
    const char *from = views_address(s, &a);
    emit_line(s->b, "nnrt_b_tops_%s(%s, %s, %s, %s, %s, %s, %s, %s, %d);", f_of(s), s->n, t->row, t->where, from,
              views_from(s), views_table(s, &place), emit_size(s->b, ph->inner[0], PREC_COND),
              emit_size(s->b, apart, PREC_COND), above);
    rows_call(s, "tops");
    return true;
}

/* Where a value is kept, if its block can be made there; else NULL. */
static const char *own_place(struct blocks *s, ir_id id)
{
    const struct value *v = &s->b->u->value[id];
    struct access own = {.base = id, .at = index_own(node_of(s, id)->shape, 0)};
    if (!v->reserved || v->root >= 0) return NULL;
    struct affine place = rows_place(s, &own);
    return views_direct(s, views_address(s, &own), &place);
}

/* The most that is looked for may be a value itself: a later phase's. */
static const char *place_of_most(struct blocks *s, const struct member *m)
{
    const char *place = NULL;
    for (uint32_t p = s->b->phase + 1; p < s->g->phases.n && !place; p++) {
        const struct phase *ph = &s->g->phases.at[p];
        for (uint32_t i = 0; i < ph->members.n && !place; i++)
            if (reduce_most_of(s->b->u, s->g, p, ph->members.at[i].node) == m->node) place = own_place(s, ph->members.at[i].node);
    }
    return place;
}

static void begin_tally(struct blocks *s, const struct member *m, const struct phase *ph, struct tally *t)
{
    struct unit *u = s->b->u;
    const struct ir_node *n = node_of(s, m->node);
    if ((t->of = reduce_most_of(u, s->g, s->b->phase, m->node))) return;
    t->real = n->op != OP_sum || bound_of(u, ph->inner, ph->n_inner) <= TERMS_REAL;
    t->row = scope_numbered(u->scope, n->op == OP_sum ? "acc" : "best", &u->next_number[n->op == OP_sum ? 4 : 5]);
    if (reduce_is_index(n)) {
        t->where = own_place(s, m->node);
        t->where_placed = t->where != NULL;
        if (!t->where) t->where = rows_new(s, "int32_t").text;
        const char *place = place_of_most(s, m);
        t->placed = place != NULL;
        if (place) emit_line(s->b, "%s *const %s = %s;", u->real_type, t->row, place);
        if (place) return;
    }
    if (!t->real) {
        emit_line(s->b, "double %s[%d] = {0};", t->row, rows_block(s));
        return;
    }
    emit_line(s->b, "%s %s[%d];", u->real_type, t->row, rows_block(s));
    if (reduce_is_index(n)) return; /* begins with the first one */
    const char *one = scope_numbered(u->scope, "one", &u->next_number[5]);
    emit_line(s->b, "const %s %s = %s;", u->real_type, one, n->op == OP_sum ? "0" : reduce_worst(u, n));
    emit_line(s->b, "nnrt_b_fill_%s(%s, %s, &%s);", f_of(s), s->n, t->row, one);
    rows_call(s, "fill");
}

static void step_tally(struct blocks *s, const struct member *m, const struct tally *t)
{
    const struct ir_node *n = node_of(s, m->node);
    struct index at = index_argument(s->b->u, n, 0);
    struct row r = rows_spread(s, rows_of(s, n->arg[0], &at));
    const char *f = f_of(s);
    if (reduce_is_index(n)) {
        emit_line(s->b, "nnrt_b_top_%s(%s, %s, %s, %s, %s);", f, s->n, t->row, t->where, r.text,
                  s->b->var[s->g->n_outer]);
        rows_call(s, "top");
    } else if (!t->real) {
        emit_line(s->b, "nnrt_b_gather_sums_%s(%s, %s, %s);", f, s->n, t->row, r.text);
        rows_call(s, "gather_sums");
    } else {
        const char *op = n->op == OP_sum ? "add" : n->op == OP_max_of ? "max" : "min";
        emit_line(s->b, "nnrt_b_%s_%s(%s, %s, %s, 1, %s, 1);", op, f, s->n, t->row, r.text, t->row);
        rows_call(s, op);
    }
}

/* ---- results ---- */

static void store(struct blocks *s, const struct member *m, struct row r, bool whole)
{
    struct body *b = s->b;
    const struct ir_node *n = node_of(s, m->node);
    const struct value *v = &b->u->value[m->node];
    struct index at = index_own(n->shape, 0);
    struct access own = {.base = m->node, .at = at};
    struct affine place = rows_place(s, &own);
    if (v->reserved) views_put(s, views_address(s, &own), &place, r, whole);
    if (v->root >= 0 && !v->reserved)
        views_put(s, arena_printf(b->u->scratch, "&%s", emit_place(b, m->node, v->root, &at)), &place, r, whole);
    if (v->local) rows_keep(s, m->node, &at, r);
}

static void end_tally(struct blocks *s, const struct member *m, struct tally *t, const struct tally *most)
{
    struct unit *u = s->b->u;
    const struct ir_node *n = node_of(s, m->node);
    struct row r = {t->where ? t->where : most ? most->row : t->row, false, false};
    if (!most && !t->real) {
        r = rows_new(s, u->real_type);
        emit_line(s->b, "nnrt_b_rounded_%s(%s, %s, %s);", f_of(s), s->n, r.text, t->row);
        rows_call(s, "rounded");
    }
    r.spare = false;
    bool placed = most ? most->placed : t->where_placed;
    if (placed && s->b->u->value[m->node].local) {
        struct index at = index_own(n->shape, 0);
        rows_keep(s, m->node, &at, r);
    }
    if (!placed) store(s, m, r, reduce_is_index(n));
}

struct tallies {
    struct tally *of; /* by member, of all phases */
    const ir_id *node;
    uint32_t n;
};

static const struct tally *tally_of(const struct tallies *all, ir_id node)
{
    for (uint32_t i = 0; i < all->n; i++)
        if (all->node[i] == node) return &all->of[i];
    return NULL;
}

static void print_phase(struct blocks *s, const struct phase *ph, struct tallies *all, ir_id *node)
{
    struct body *b = s->b;
    uint32_t n = ph->members.n, outer = b->serial, made = s->made.n;
    struct tally *t = all->of + all->n;
    bool steps = false, called = false;
    if (!ph->n_inner) {
        for (uint32_t i = 0; i < n; i++) rows_print(s, &ph->members.at[i]);
        return;
    }
    for (uint32_t i = 0; i < n; i++) begin_tally(s, &ph->members.at[i], ph, &t[i]);
    called = print_tops(s, &ph->members.at[0], ph, &t[0]);
    for (uint32_t i = 0; i < n; i++) steps = steps || (!called && !t[i].of);
    if (steps) {
        emit_open_loops(b, ph->inner, ph->n_inner, s->g->n_outer);
        if (emit_any_loop(ph->inner, ph->n_inner)) emit_open_block(b);
        for (uint32_t i = 0; i < n; i++)
            if (!t[i].of) step_tally(s, &ph->members.at[i], &t[i]);
        emit_close_loops(b, ph->inner, ph->n_inner);
        b->serial = outer;
        s->made.n = made; /* rows of the loops' blocks are gone */
    }
    for (uint32_t i = 0; i < n; i++) {
        end_tally(s, &ph->members.at[i], &t[i], t[i].of ? tally_of(all, t[i].of) : NULL);
        node[all->n + i] = ph->members.at[i].node;
    }
    all->n += n;
}

bool emit_block_few(struct body *b, const struct group *g)
{
    struct blocks s;
    uint32_t members = 0, outer = b->serial;
    if (g->phases.n == 0 || !rows_begin(&s, b, g, 0, g->outer, g->n_outer)) return false;
    s.apart = true;
    s.run = s.n_axes;
    s.last = s.first + s.n_axes - 1;
    rows_deal(&s);
    if (s.run < s.n_axes) return false;
    bool can = can_group(&s);
    b->phase = 0;
    if (!can) return false;
    b->n_vars = g->n_outer;
    for (uint32_t p = 0; p < g->phases.n; p++) {
        const struct phase *ph = &g->phases.at[p];
        members += ph->members.n;
        if (g->n_outer + ph->n_inner > b->n_vars) b->n_vars = (uint8_t)(g->n_outer + ph->n_inner);
    }
    ir_id *node = arena_many(b->u->scratch, ir_id, members);
    struct tallies all = {arena_many(b->u->scratch, struct tally, members), node, 0};
    rows_open(&s);
    for (b->phase = 0; b->phase < g->phases.n; b->phase++) print_phase(&s, &g->phases.at[b->phase], &all, node);
    rows_close(&s);
    b->serial = outer;
    return true;
}

/* ---- windows that overlap ---- */

/* Where an element of the windows goes, if none is outside of the result. */
static bool window_to(struct blocks *s, const struct ir_node *n, const struct index *at, struct index *to)
{
    struct ir_sizes *t = s->b->u->sizes;
    unsigned axis = (unsigned)n->attr[0];
    int64_t places, taps, all;
    bool known = size_known(t, s->size[axis], &places) && size_known(t, s->size[axis + 1], &taps) &&
                 size_known(t, n->shape->dim[axis], &all);
    if (!known || n->attr[3] || (places - 1) * n->attr[1] + (taps - 1) * n->attr[2] >= all) return false;
    *to = *at;
    to->rank = n->shape->rank;
    to->at[axis] = affine_size(0);
    affine_add(s->b->u, &to->at[axis], &at->at[axis], size_const(t, n->attr[1]));
    affine_add(s->b->u, &to->at[axis], &at->at[axis + 1], size_const(t, n->attr[2]));
    for (unsigned i = axis + 1; i < to->rank; i++) to->at[i] = at->at[i + 1];
    return true;
}

bool emit_block_overlap(struct body *b, const struct group *g)
{
    struct blocks s;
    const struct ir_node *n = ir_at(b->u->g, g->node);
    const struct ir_shape *shape = ir_at(b->u->g, n->arg[0])->shape;
    struct index at = index_own(shape, 0);
    struct access to = {.base = g->node};
    uint32_t outer = b->serial;
    if (n->op != OP_overlap || !rows_begin(&s, b, g, 0, shape->dim, shape->rank)) return false;
    unsigned tap = (unsigned)n->attr[0] + 1;
    if (!window_to(&s, n, &at, &to.at) || n->type != IR_REAL || !views_can(&s, n->arg[0], &at)) return false;
    if (bound_of(b->u, shape->dim, shape->rank) < ELEMENTS_LEAST) return false;
    s.apart = true;
    s.run = s.n_axes;
    s.outside = 1u << tap; /* elements of one tap are all apart */
    s.last = shape->rank - 1u == tap ? tap - 1 : shape->rank - 1u;
    rows_deal(&s);
    if (s.run < s.n_axes) return false;
    b->n_vars = shape->rank;
    views_open_outside(&s);
    rows_open(&s);
    struct affine place = rows_place(&s, &to);
    struct row r = rows_spread(&s, rows_of(&s, n->arg[0], &at));
    const char *dest = views_address(&s, &to);
    emit_line(b, "nnrt_b_lay_sums_%s(%s, %s, %s, %s, %s);", f_of(&s), s.n, dest, views_from(&s),
              views_table(&s, &place), r.text);
    rows_call(&s, "lay_sums");
    rows_close(&s);
    views_close_outside(&s);
    b->serial = outer;
    return true;
}
