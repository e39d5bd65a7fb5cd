/* Dealing a step out to threads. Each group is cut along one of its loops into portions, of which every thread takes a
 * stretch. What a group reads of an array that is made in the same round it reads of its own portion alone; else it
 * comes a round later, and between rounds all threads wait for one another. Portions are what the shapes say and sums are
 * never cut, so that results have the same bits for any number of threads.
 *
 * Groups choose one after the other, the earliest round first; what most of the step is cut into is tried out. */
#include "codegen/emit/share.h"
#include "codegen/ir/loop.h"

#include <string.h>

enum {
    TRIED_MOST = 12, OPTIONS_MOST = 64, FAMILIES_MOST = 24,
    SMALL = 20000,        /* additions that one thread makes before another could be asked */
    PORTIONS_GOOD = 16,   /* so many are even enough */
    GROUPS_MOST = 4000,
};
/* Two threads that sleep meet: 80 us, in multiply-adds. */
static const double waiting = 4.6e6;

typedef vec(uint32_t) numbers;

struct sharing {
    struct unit *u;
    ir_size wish;     /* what most of the step is to be cut into */
    numbers *readers; /* by root: the groups that read the array which it replaces */
    ir_size family[FAMILIES_MOST];
    unsigned n_families;
};

static const struct ir_node *node_of(const struct unit *u, ir_id id)
{
    return ir_at(u->g, id);
}

/* ---- work ---- */

static double bound_of(const struct unit *u, ir_size s)
{
    return (double)size_bound(u->sizes, s);
}

static double members_work(const struct unit *u, const struct phase *ph)
{
    double work = 0;
    for (uint32_t i = 0; i < ph->members.n; i++) {
        const struct ir_node *n = node_of(u, ph->members.at[i].node);
        bool reduce = ir_ops[n->op].class == CLASS_REDUCE;
        work += 4.0 * (1 + u->value[reduce ? n->arg[0] : ph->members.at[i].node].cost);
    }
    return work;
}

static double group_work(struct unit *u, const struct group *g);

static double body_work(struct unit *u, const struct group *g)
{
    const struct turns *t = emit_turns_of(u, g->node);
    double work = 0;
    for (uint32_t i = 0; i < t->body->groups.n; i++) work += group_work(t->body, &t->body->groups.at[i]);
    return work * bound_of(u, t->loop->turns);
}

/* About, in multiply-adds. */
static double group_work(struct unit *u, const struct group *g)
{
    double work = 0, outer = 1;
    bool outputs;
    ir_size size[LABELS_MAX] = {0};
    switch (g->kind) {
    case GROUP_LOOPS:
        for (unsigned k = 0; k < g->n_outer; k++) outer *= bound_of(u, g->outer[k]);
        for (uint32_t p = 0; p < g->phases.n; p++) {
            double inner = members_work(u, &g->phases.at[p]);
            for (unsigned k = 0; k < g->phases.at[p].n_inner; k++) inner *= bound_of(u, g->phases.at[p].inner[k]);
            work += inner;
        }
        return work * outer;
    case GROUP_PRODUCT:
        emit_shared_labels(u, g->node, size, &outputs);
        for (unsigned l = 0; l < LABELS_MAX; l++)
            if (size[l]) outer *= bound_of(u, size[l]);
        return outer;
    case GROUP_TURNS: return body_work(u, g); /* no deeper than the program's loops are nested */
    default: return 4 * bound_of(u, ir_elements(u->g->tables, node_of(u, g->node)->shape));
    }
}

/* ---- whose is what is read ---- */

struct check { /* of what a group reads, if it is dealt out so */
    const struct sharing *s;
    uint32_t group;
    struct share share;
    ir_size size[VARS];    /* of loops by variable; 0: not known */
    int32_t root;          /* -1, or: only the array that this root replaces, which is written so: */
    struct share written;
    uint32_t round;
    bool owns, reads, apart; /* reads of its own portion; reads anything made before; reads of others' */
    const struct turns *of;  /* the group is in the body of this loop, of the unit that is dealt out; else NULL */
    const struct sharing *around;
};

/* Whether plus and the terms but that of `var` stay in 0 <= .. < end; terms that are a multiple of `period` do not count. */
static bool stays_below(const struct check *c, const struct affine *at, int64_t own, int64_t end, ir_size period)
{
    const struct unit *u = c->s->u;
    int64_t most, by, size;
    ir_size plus = at->plus;
    if (period && plus && size_div(u->sizes, plus, period) != SIZE_BAD) plus = 0;
    if (!size_known(u->sizes, plus, &most) || most < 0) return false;
    most += own;
    for (unsigned i = 0; i < at->n; i++) {
        const struct term *t = &at->term[i];
        if (t->var == c->share.var) continue;
        if (period && size_div(u->sizes, t->by, period) != SIZE_BAD) continue;
        if (!size_known(u->sizes, t->by, &by) || by < 0 || !c->size[t->var]) return false;
        size = size_bound(u->sizes, c->size[t->var]);
        if (size > 1 && by > (int64_t)1 << 40) return false;
        most += by * (size - 1);
        if (most >= end) return false;
    }
    return most < end;
}

/* Whether an index that goes over portions of `each` steps is in the reader's portion. */
static bool is_in_portion(const struct check *c, const struct affine *at, int64_t reach, int64_t each, ir_size period)
{
    const struct unit *u = c->s->u;
    int64_t by = 0;
    for (unsigned i = 0; i < at->n; i++)
        if (at->term[i].var == c->share.var && !size_known(u->sizes, at->term[i].by, &by)) return false;
    return by > 0 && by <= each && by * c->share.each == each && stays_below(c, at, reach + by * (c->share.each - 1), each, period);
}

/* What a guard lets through goes over so many places of the array as it says: the offset without that, and how far that
 * reaches. False: it is not clear. */
static bool take_guard(struct unit *u, const struct guard *g, struct affine *flat, int64_t *reach)
{
    int64_t by, in_guard, lo, hi, plus, step = 0;
    for (unsigned i = 0; i < g->at.n; i++) {
        unsigned k = 0;
        while (k < flat->n && flat->term[k].var != g->at.term[i].var) k++;
        if (k == flat->n || !size_known(u->sizes, flat->term[k].by, &by) || !size_known(u->sizes, g->at.term[i].by, &in_guard)) return false;
        if (in_guard <= 0 || by != by / in_guard * in_guard || (step && by / in_guard != step)) return false;
        step = by / in_guard;
        affine_drop(flat, k);
    }
    if (!size_known(u->sizes, g->lo, &lo) || !size_known(u->sizes, g->hi, &hi) || !size_known(u->sizes, g->at.plus, &plus)) return false;
    flat->plus = size_sub(u->sizes, flat->plus, size_const(u->sizes, (plus - lo) * step));
    *reach += (hi - lo - 1) * step;
    return step > 0;
}

static bool is_own(const struct check *c, const struct access *a, const struct share *x)
{
    struct unit *u = c->s->u;
    const struct ir_shape *s = node_of(u, a->base)->shape;
    int64_t inner = 1, reach = 0, size;
    if (x->portions != c->share.portions || x->portions == 0) return false;
    if (x->portions == 1) return true;
    if (!a->flat && is_in_portion(c, &a->at.at[x->var], 0, x->each, 0)) return true;
    for (int k = x->var + 1; k < s->rank; k++) {
        if (!size_known(u->sizes, s->dim[k], &size)) return false;
        inner *= size;
    }
    struct affine flat = a->flat ? a->offset : index_flatten(u, &a->at, s);
    ir_size period = size_mul(u->sizes, x->portions, size_const(u->sizes, inner * x->each));
    for (unsigned k = 0; k < a->n_guards; k++)
        if (!take_guard(u, &a->guard[k], &flat, &reach)) return false;
    return period != SIZE_BAD && is_in_portion(c, &flat, reach, inner * x->each, period);
}

static void see_shared(void *user, struct unit *u, const struct access *a)
{
    struct check *c = user;
    const struct value *v = &u->value[a->base];
    if (c->root >= 0) {
        if (!v->held && emit_replacing_root(u, node_of(u, a->base)) == c->root && !is_own(c, a, &c->written)) c->apart = true;
        return;
    }
    if (!v->held || v->group == c->group) return;
    const struct group *made = &u->groups.at[v->group], *g = &u->groups.at[c->group];
    bool own = is_own(c, a, &v->share);
    if (made->everywhere) return;
    /* the index of what is added to a convolution goes by axes, not by labels */
    if (g->kind == GROUP_PRODUCT && u->value[g->node].conv && node_of(u, a->base)->shape->rank == 1) own = false;
    uint32_t round = made->round + !own;
    c->reads = true;
    c->owns = c->owns || own;
    if (round > c->round) c->round = round;
}

/* ---- in the body of a loop: a thread has the same portions in all turns ---- */

/* What a row or a value from outside is made of. The loops are the body's, and of the turn. */
static void see_outside(void *user, struct unit *u, const struct access *a)
{
    struct check *c = user, outside = *c;
    const struct value *v = &u->value[a->base];
    if (!v->held || u->groups.at[v->group].everywhere) return;
    outside.s = c->around;
    bool own = is_own(&outside, a, &v->share);
    uint32_t round = u->groups.at[v->group].round + !own;
    c->reads = true;
    c->owns = c->owns || own;
    if (round > c->round) c->round = round;
}

static void see_handed(struct check *c, const struct ir_node *n, const struct access *a)
{
    struct unit *u = c->around->u;
    const struct ir_loop *l = c->of->loop;
    bool row = n->op == OP_row;
    ir_id x = node_of(u, c->of->node)->arg[l->n_carry + (row ? 0 : l->n_row) + (uint32_t)n->attr[0]];
    struct index at = {.rank = (uint8_t)(n->shape->rank + row), .at = {affine_var(TURN_VAR)}};
    if (a->flat) { /* nobody's portion */
        struct share whole = c->share;
        c->share.var = NO_VAR;
        at = index_own(node_of(u, x)->shape, 0);
        emit_each_read(u, x, &at, see_outside, c);
        c->share = whole;
        return;
    }
    for (unsigned k = 0; k < n->shape->rank; k++) at.at[k + row] = a->at.at[k];
    if (row && node_of(u, x)->shape->dim[0] == 1) at.at[0] = affine_size(0);
    emit_each_read(u, x, &at, see_outside, c);
}

static void see_in_body(void *user, struct unit *u, const struct access *a)
{
    struct check *c = user;
    const struct ir_node *n = node_of(u, a->base);
    const struct value *v = &u->value[a->base];
    if (n->op == OP_carry)
        c->apart = c->apart || !is_own(c, a, &c->of->carry[n->attr[0]]);
    else if (n->op == OP_row || n->op == OP_outer)
        see_handed(c, n, a);
    else if (v->held && v->group != c->group && n->shape->rank)
        c->apart = c->apart || !is_own(c, a, &v->share);
}

static void see(struct unit *u, struct check *c, const struct group *g, const struct member *m)
{
    emit_member_reads(u, g, m, c->of ? see_in_body : see_shared, c);
}

static void set_sizes(struct unit *u, struct check *c, const struct group *g, const struct phase *ph)
{
    bool outputs;
    memset(c->size, 0, sizeof c->size);
    if (g->kind == GROUP_LOOPS) {
        memcpy(c->size, g->outer, g->n_outer * sizeof *g->outer);
        memcpy(c->size + g->n_outer, ph->inner, ph->n_inner * sizeof *ph->inner);
    } else if (g->kind == GROUP_PRODUCT)
        emit_shared_labels(u, g->node, c->size, &outputs);
}

/* What a spread reads is read by its arguments' axes; where to is no index of a portion. */
static void see_spread(struct unit *u, struct check *c, const struct group *g)
{
    const struct ir_node *n = node_of(u, g->node);
    struct share share = c->share;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        const struct ir_shape *s = node_of(u, n->arg[i])->shape;
        struct index own = index_own(s, 0);
        bool place = n->op == OP_scatter && i == 1;
        for (unsigned k = 0; k < VARS; k++) c->size[k] = k < s->rank ? s->dim[k] : 0;
        c->share.var = place || share.portions <= 1 ? NO_VAR : emit_spread_var(u, n, share.var);
        emit_each_read(u, n->arg[i], &own, c->of ? see_in_body : see_shared, c);
    }
    c->share = share;
}

static void see_group(struct unit *u, struct check *c)
{
    const struct group *g = &u->groups.at[c->group];
    struct member whole = {g->node, -1};
    if (g->kind == GROUP_SPREAD) {
        see_spread(u, c, g);
        return;
    }
    if (g->kind != GROUP_LOOPS) {
        set_sizes(u, c, g, NULL);
        see(u, c, g, &whole);
    }
    for (uint32_t p = 0; p < g->phases.n; p++) {
        set_sizes(u, c, g, &g->phases.at[p]);
        for (uint32_t k = 0; k < g->phases.at[p].members.n; k++)
            see(u, c, g, &g->phases.at[p].members.at[k]);
    }
}

/* ---- whose is what is written ---- */

int emit_spread_var(const struct unit *u, const struct ir_node *n, int axis)
{
    const struct ir_shape *from = node_of(u, n->arg[0])->shape;
    if (axis < 0) return NO_VAR;
    switch (n->op) {
    case OP_concat: return axis == n->attr[0] ? NO_VAR : axis;
    case OP_place: return n->attr[2 * axis] || n->attr[2 * axis + 1] != 1 || from->dim[axis] != n->shape->dim[axis] ? NO_VAR : axis;
    case OP_scatter: case OP_overlap:
        if (axis == n->attr[0]) return NO_VAR;
        return axis < n->attr[0] ? axis : axis + from->rank - n->shape->rank;
    default: return NO_VAR;
    }
}

/* The axis of the node that the group's variable goes along. */
static struct share share_of(const struct unit *u, const struct group *g, ir_id id, struct share s)
{
    const struct ir_node *n = node_of(u, id);
    if (s.portions <= 1) return s;
    if (g->kind == GROUP_PRODUCT) {
        ir_id by = u->value[id].conv ? u->value[id].conv : u->value[id].product ? u->value[id].product : id;
        const struct ir_node *product = node_of(u, by);
        int axis = product->op == OP_contract ? NO_VAR : s.var;
        for (int k = 0; k < n->shape->rank && product->op == OP_contract; k++)
            if (product->attr[product->n_attr - n->shape->rank + k] == s.var) axis = k;
        s.var = axis;
    }
    if (s.var < 0 || s.var >= n->shape->rank) return (struct share){.var = NO_VAR};
    return s;
}

/* Rounds that must be over before the array of root r is written so. */
static void wait_for_readers(struct sharing *sh, struct check *c, int32_t r, struct share written)
{
    struct unit *u = sh->u;
    if (r < 0 || !u->root[r].replaces) return;
    for (uint32_t i = 0; i < sh->readers[r].n; i++) {
        uint32_t h = sh->readers[r].at[i];
        if (h == c->group) continue;
        struct check reader = {.s = sh, .group = h, .share = u->groups.at[h].share, .root = r, .written = written};
        see_group(u, &reader);
        uint32_t round = u->groups.at[h].round + reader.apart;
        if (round > c->round) c->round = round;
    }
}

static void each_member(struct unit *u, uint32_t group, struct sharing *sh, struct check *c)
{
    const struct group *g = &u->groups.at[group];
    const struct turns *t = g->kind == GROUP_TURNS ? emit_turns_of(u, g->node) : NULL;
    for (uint32_t k = 0; t && k < t->loop->n_carry + t->loop->collect.n; k++)
        if (t->part[k]) wait_for_readers(sh, c, u->value[t->part[k]].root, u->value[t->part[k]].share);
    if (g->kind != GROUP_LOOPS) wait_for_readers(sh, c, u->value[g->node].root, share_of(u, g, g->node, c->share));
    for (uint32_t p = 0; p < g->phases.n; p++)
        for (uint32_t k = 0; k < g->phases.at[p].members.n; k++) {
            const struct member *m = &g->phases.at[p].members.at[k];
            int32_t r = m->copy_to >= 0 ? m->copy_to : u->value[m->node].root;
            wait_for_readers(sh, c, r, share_of(u, g, m->node, c->share));
        }
}

/* ---- a group's choice ---- */

struct options {
    struct share at[OPTIONS_MOST];
    unsigned n;
};

static void add_option(struct options *o, ir_size portions, int var, int64_t each)
{
    for (unsigned i = 0; i < o->n; i++)
        if (o->at[i].portions == portions && o->at[i].var == var) return;
    if (o->n < OPTIONS_MOST) o->at[o->n++] = (struct share){portions, var, each};
}

static void add_divided(struct sharing *sh, struct options *o, int var, ir_size size, ir_size portions)
{
    int64_t each;
    if (portions <= 1 || size == 1) return;
    ir_size by = size_div(sh->u->sizes, size, portions);
    if (by != SIZE_BAD && size_known(sh->u->sizes, by, &each) && each > 0) add_option(o, portions, var, each);
}

static void add_variable(struct sharing *sh, struct options *o, int var, ir_size size)
{
    if (size == 1) return;
    add_divided(sh, o, var, size, sh->wish);
    for (unsigned i = 0; i < sh->n_families; i++) add_divided(sh, o, var, size, sh->family[i]);
    add_option(o, size, var, 1);
}

/* The outputs of a convolution are worked out some at a time. */
static void add_outputs(struct sharing *sh, struct options *o, int var, ir_size size)
{
    int64_t n;
    if (!size_known(sh->u->sizes, size, &n)) return;
    for (int64_t each = n % 4 == 0 ? 4 : n % 2 == 0 ? 2 : 1; each > 0; each -= 2)
        if (n % each == 0 && n > each) add_option(o, (ir_size)(n / each), var, each);
}

/* Whether the loop leaves a corner out. */
static bool ends_early(const struct group *g, int var)
{
    for (uint32_t p = 0; p < g->phases.n; p++)
        if (g->phases.at[p].corner.is && g->phases.at[p].corner.col == var) return true;
    return false;
}

/* Functions of rows, and what leads to them, in loops that are all inner ones. */
static bool is_of_rows(const struct unit *u, const struct group *g)
{
    const struct phase *ph = &g->phases.at[0];
    bool all = !g->n_outer && g->phases.n == 1 && ph->n_inner;
    for (uint32_t k = 0; k < ph->members.n; k++) all = all && ir_ops[node_of(u, ph->members.at[k].node)->op].class != CLASS_REDUCE;
    return all;
}

static void find_options(struct sharing *sh, const struct group *g, struct options *o)
{
    struct unit *u = sh->u;
    ir_size size[LABELS_MAX];
    const struct ir_node *n = g->kind == GROUP_LOOPS ? NULL : node_of(u, g->node);
    o->n = 0;
    if (g->kind == GROUP_LOOPS)
        for (int k = 0; k < g->n_outer; k++)
            if (!ends_early(g, k)) add_variable(sh, o, k, g->outer[k]);
    if (g->kind == GROUP_LOOPS && is_of_rows(u, g)) add_variable(sh, o, 0, g->phases.at[0].inner[0]);
    if (g->kind == GROUP_PRODUCT) {
        bool outputs;
        uint32_t mask = emit_shared_labels(u, g->node, size, &outputs);
        for (int l = 0; l < LABELS_MAX; l++) {
            if (!(mask >> l & 1)) continue;
            if (outputs)
                add_outputs(sh, o, l, size[l]);
            else
                add_variable(sh, o, l, size[l]);
        }
    }
    if (g->kind == GROUP_SPREAD)
        for (int k = 0; k < n->shape->rank; k++)
            if (emit_spread_var(u, n, k) >= 0) add_variable(sh, o, k, n->shape->dim[k]);
    if (g->kind == GROUP_TURNS && sh->wish > 1) add_option(o, sh->wish, NO_VAR, 0);
    if (g->kind == GROUP_SCAN)
        for (int k = 0; k < n->shape->rank; k++)
            if (k != n->attr[0]) add_variable(sh, o, k, n->shape->dim[k]);
    add_option(o, 1, NO_VAR, 0);
}

/* Among options of one round the lower is taken. */
static int rank_of(struct sharing *sh, const struct check *c, double work)
{
    double portions = bound_of(sh->u, c->share.portions);
    if (c->owns) return 0;
    if (!c->reads && c->share.portions == sh->wish) return c->share.each == 1 ? 1 : 2;
    if (c->share.portions == 1) return work < SMALL && !sh->u->o->openmp_always ? 3 : 7;
    for (unsigned i = 0; i < sh->n_families && portions >= PORTIONS_GOOD; i++)
        if (sh->family[i] == c->share.portions) return 4;
    return portions >= PORTIONS_GOOD ? 5 : 6;
}

static void note_family(struct sharing *sh, ir_size portions)
{
    for (unsigned i = 0; i < sh->n_families; i++)
        if (sh->family[i] == portions) return;
    if (sh->n_families < FAMILIES_MOST && portions > 1) sh->family[sh->n_families++] = portions;
}

static void see_reader(void *user, struct unit *u, const struct access *a)
{
    struct check *c = user;
    int32_t r = u->value[a->base].held ? -1 : emit_replacing_root(u, node_of(u, a->base));
    if (r < 0) return;
    numbers *all = &c->s->readers[r];
    if (!all->n || all->at[all->n - 1] != c->group) vec_push(u->arena, all, c->group);
}

static void note_reads(struct sharing *sh, uint32_t i)
{
    struct unit *u = sh->u;
    const struct group *g = &u->groups.at[i];
    struct member whole = {g->node, -1};
    struct check c = {.s = sh, .group = i};
    if (g->kind != GROUP_LOOPS) emit_member_reads(u, g, &whole, see_reader, &c);
    for (uint32_t p = 0; p < g->phases.n; p++)
        for (uint32_t k = 0; k < g->phases.at[p].members.n; k++)
            emit_member_reads(u, g, &g->phases.at[p].members.at[k], see_reader, &c);
}

static void settle(struct unit *u, struct group *g)
{
    if (g->kind != GROUP_LOOPS) u->value[g->node].share = share_of(u, g, g->node, g->share);
    for (uint32_t p = 0; p < g->phases.n; p++)
        for (uint32_t k = 0; k < g->phases.at[p].members.n; k++) {
            const struct member *m = &g->phases.at[p].members.at[k];
            if (m->copy_to < 0) u->value[m->node].share = share_of(u, g, m->node, g->share);
        }
}

/* ---- loops of the program ---- */

static bool same_share(struct share a, struct share b)
{
    return a.portions == b.portions && a.var == b.var && a.each == b.each;
}

/* The first axis that comes out in portions. */
static struct share carry_share(struct unit *u, const struct ir_shape *s, ir_size portions)
{
    int64_t each;
    for (int k = 0; k < s->rank; k++) {
        ir_size by = size_div(u->sizes, s->dim[k], portions);
        if (by != SIZE_BAD && size_known(u->sizes, by, &each) && each > 0) return (struct share){portions, k, each};
    }
    return (struct share){.var = NO_VAR};
}

/* Numbers alone, which each thread works out for itself. */
static bool is_of_numbers(const struct unit *u, const struct group *g)
{
    if (g->kind != GROUP_LOOPS || g->n_outer) return false;
    for (uint32_t p = 0; p < g->phases.n; p++) {
        const struct phase *ph = &g->phases.at[p];
        for (uint32_t k = 0; k < ph->members.n; k++)
            if (ph->n_inner || ph->members.at[k].copy_to >= 0 || u->value[ph->members.at[k].node].root >= 0) return false;
    }
    return true;
}

/* Group i of the body, so that it reads of its own portions alone. */
static bool share_in_body(struct sharing *in, uint32_t i, struct check *all)
{
    struct unit *body = in->u;
    struct group *g = &body->groups.at[i];
    struct options o;
    g->share = (struct share){.var = NO_VAR};
    if (is_of_numbers(body, g)) return true;
    if (g->kind == GROUP_CALL || g->kind == GROUP_TURNS) return false;
    find_options(in, g, &o);
    for (unsigned k = 0; k < o.n; k++) {
        struct check c = {.s = in, .group = i, .share = o.at[k], .root = -1, .of = all->of, .around = all->around};
        if (o.at[k].portions != in->wish) continue;
        see_group(body, &c);
        if (c.apart) continue;
        g->share = c.share;
        if (c.round > all->round) all->round = c.round;
        all->owns = all->owns || c.owns;
        all->reads = all->reads || c.reads;
        settle(body, g);
        return true;
    }
    return false;
}

/* What the loop makes: its parts' shares. False: a carried value goes over to another thread. */
static bool settle_roots(struct unit *u, const struct turns *t)
{
    struct unit *body = t->body;
    for (uint32_t i = 0; i < body->groups.n; i++) {
        const struct group *g = &body->groups.at[i];
        struct member whole = {g->node, -1};
        bool loops = g->kind == GROUP_LOOPS;
        for (uint32_t p = 0; p < (loops ? g->phases.n : 1); p++)
            for (uint32_t k = 0; k < (loops ? g->phases.at[p].members.n : 1); k++) {
                const struct member *m = loops ? &g->phases.at[p].members.at[k] : &whole;
                int32_t r = m->copy_to >= 0 ? m->copy_to : body->value[m->node].root;
                if (r < 0) continue;
                const struct ir_root *root = &body->entry->root[r];
                struct share s = share_of(body, g, m->node, g->share);
                if (s.portions <= 1) return false;
                if (root->role == ROLE_NEXT && !same_share(s, t->carry[root->index])) return false;
                s.var += root->role != ROLE_NEXT; /* behind the turns' axis */
                ir_id part = t->part[(root->role == ROLE_NEXT ? 0 : t->loop->n_carry) + root->index];
                if (part) u->value[part].share = s;
            }
    }
    return true;
}

/* Whether each thread can go through all turns with its own portions. */
static bool share_turns(struct sharing *sh, struct turns *t, struct check *c)
{
    struct unit *u = sh->u;
    struct sharing in = {.u = t->body, .wish = c->share.portions};
    c->of = t;
    c->around = sh;
    for (uint32_t k = 0; k < t->loop->n_carry; k++) {
        ir_id x = node_of(u, t->node)->arg[k];
        const struct ir_shape *s = node_of(u, x)->shape;
        struct index own = index_own(s, 0);
        t->carry[k] = carry_share(u, s, c->share.portions);
        if (t->carry[k].portions <= 1) return false;
        struct check first = *c;
        first.share = t->carry[k];
        for (unsigned v = 0; v < VARS; v++) first.size[v] = v < s->rank ? s->dim[v] : 0;
        emit_each_read(u, x, &own, see_outside, &first);
        if (first.round > c->round) c->round = first.round;
    }
    for (uint32_t i = 0; i < t->body->groups.n; i++)
        if (!share_in_body(&in, i, c)) return false;
    return settle_roots(u, t);
}

static void share_alone(struct unit *u, struct turns *t)
{
    for (uint32_t k = 0; k < t->loop->n_carry + t->loop->collect.n; k++)
        if (t->part[k]) u->value[t->part[k]].share = (struct share){1, NO_VAR, 0};
    for (uint32_t i = 0; i < t->body->groups.n; i++) t->body->groups.at[i].share = (struct share){0};
    for (ir_id id = 1; id < t->body->g->n; id++) t->body->value[id].share = (struct share){0};
}

/* Of a loop: what is read, if it is dealt out so. False: it cannot be. */
static bool see_turns(struct sharing *sh, const struct group *g, struct check *c)
{
    struct turns *t = emit_turns_of(sh->u, g->node);
    if (c->share.portions > 1)
        return share_turns(sh, t, c);
    share_alone(sh->u, t);
    see_group(sh->u, c);
    return true;
}

static void choose(struct sharing *sh, uint32_t i)
{
    struct unit *u = sh->u;
    struct group *g = &u->groups.at[i];
    struct options o;
    struct check best = {.round = 0};
    uint32_t best_round = UINT32_MAX;
    int best_rank = 0;
    double work = group_work(u, g);
    if (g->everywhere) return;
    find_options(sh, g, &o);
    for (unsigned k = 0; k < o.n; k++) {
        struct check c = {.s = sh, .group = i, .share = o.at[k], .root = -1};
        if (g->kind == GROUP_TURNS && !see_turns(sh, g, &c)) continue;
        if (g->kind != GROUP_TURNS) see_group(u, &c);
        each_member(u, i, sh, &c);
        int rank = rank_of(sh, &c, work);
        uint32_t round = c.round + (c.share.portions == 1 && work > waiting); /* others could begin a round later, and be done */
        if (round > best_round || (round == best_round && rank >= best_rank)) continue;
        best = c;
        best_rank = rank;
        best_round = round;
    }
    g->share = best.share;
    g->round = best.round;
    if (g->kind == GROUP_TURNS) {
        struct check c = {.s = sh, .group = i, .share = best.share, .root = -1};
        see_turns(sh, g, &c); /* as it was, whatever was tried after it */
    }
    note_family(sh, g->share.portions);
    settle(u, g);
}

/* ---- the whole ---- */

static int64_t portions_by(struct unit *u, ir_size portions)
{
    int64_t by = 1;
    for (uint32_t i = 0; i < u->groups.n; i++) {
        const struct group *g = &u->groups.at[i];
        int64_t of_this = g->kind == GROUP_PRODUCT && g->share.portions == portions ? emit_portions_of_product(u, g) : 1;
        if (of_this > by) by = of_this;
    }
    return by;
}

int64_t emit_portions_by(struct unit *u, ir_size portions)
{
    int64_t by = portions_by(u, portions);
    for (struct turns *t = u->turns; t; t = t->next) {
        int64_t in_body = portions_by(t->body, portions);
        if (in_body > by) by = in_body;
    }
    return by;
}

static double cost_of(struct unit *u, double threads, uint32_t *rounds)
{
    double cost = 0;
    *rounds = 0;
    for (uint32_t i = 0; i < u->groups.n; i++) {
        const struct group *g = &u->groups.at[i];
        if (g->everywhere) continue;
        double portions = bound_of(u, g->share.portions), turns = (double)(int64_t)((portions + threads - 1) / threads);
        cost += group_work(u, g) * turns / portions;
        if (g->round + 1 > *rounds) *rounds = g->round + 1;
    }
    return cost + (u->o->openmp_always ? 1 : waiting) * *rounds;
}

static double try_wish(struct sharing *sh, ir_size wish)
{
    struct unit *u = sh->u;
    uint32_t rounds;
    sh->wish = wish;
    sh->n_families = 0;
    for (uint32_t r = 0; r < u->entry->n_roots; r++) sh->readers[r].n = 0;
    for (uint32_t i = 0; i < u->groups.n; i++) {
        choose(sh, i);
        note_reads(sh, i);
    }
    return cost_of(u, 2, &rounds) + cost_of(u, 4, &rounds);
}

struct wish {
    ir_size size;
    double work;
};

static void add_wish(struct wish *all, unsigned *n, ir_size size, double work)
{
    unsigned k = 0;
    while (k < *n && all[k].size != size) k++;
    if (k == *n && *n == TRIED_MOST) return;
    if (k == *n) all[(*n)++] = (struct wish){size, 0};
    all[k].work += work;
}

/* What the loops of the step go over. */
static unsigned find_wishes(struct sharing *sh, struct wish *all)
{
    struct unit *u = sh->u;
    struct options o;
    unsigned n = 0;
    sh->wish = 1;
    sh->n_families = 0;
    for (uint32_t i = 0; i < u->groups.n; i++) {
        find_options(sh, &u->groups.at[i], &o);
        for (unsigned k = 0; k < o.n; k++)
            if (o.at[k].portions > 1) add_wish(all, &n, o.at[k].portions, group_work(u, &u->groups.at[i]));
    }
    return n;
}

static void put_in_rounds(struct unit *u)
{
    uint32_t n = u->groups.n, done = 0, *order = arena_many(u->arena, uint32_t, n + 1);
    bool *is_done = arena_many(u->arena, bool, n + 1);
    for (uint32_t i = 0; i < n; i++)
        if (u->groups.at[i].everywhere) is_done[i] = true, order[done++] = i;
    for (uint32_t round = 0; done < n; round++)
        for (int last = 0; last < 2; last++) /* what one thread does alone comes last */
            for (uint32_t i = 0; i < n; i++) {
                const struct group *g = &u->groups.at[i];
                if (is_done[i] || g->round != round || (g->share.portions == 1) != last) continue;
                for (uint32_t k = i; k < n; k++)
                    if (!is_done[k] && u->groups.at[k].round == round && u->groups.at[k].share.portions == g->share.portions)
                        is_done[k] = true, order[done++] = k;
            }
    emit_put_in_order(u, order);
}

static void find_free(struct unit *u)
{
    for (uint32_t i = 0; i < u->groups.n; i++) {
        struct group *g = &u->groups.at[i];
        if (g->kind != GROUP_LOOPS || g->n_outer || g->phases.at[0].n_inner) continue;
        const struct member *m = &g->phases.at[0].members.at[0];
        g->everywhere = u->value[m->node].free && u->value[m->node].root < 0 && m->copy_to < 0;
    }
}

static void forget(struct unit *u)
{
    for (uint32_t i = 0; i < u->groups.n; i++) {
        u->groups.at[i].share = (struct share){0};
        u->groups.at[i].round = 0;
        u->groups.at[i].everywhere = false;
    }
    for (ir_id id = 1; id < u->g->n; id++) u->value[id].share = (struct share){0};
    for (struct turns *t = u->turns; t; t = t->next) share_alone(u, t);
}

void emit_share(struct unit *u)
{
    if (u->groups.n > GROUPS_MOST || u->groups.n == 0) return;
    struct sharing sh = {.u = u, .readers = arena_many(u->arena, numbers, u->entry->n_roots + 1)};
    struct wish wish[TRIED_MOST];
    find_free(u);
    unsigned n = find_wishes(&sh, wish);
    double best = 0, serial = 0;
    ir_size best_wish = 1;
    for (unsigned k = 0; k < n; k++) {
        double cost = try_wish(&sh, wish[k].size);
        if (k && cost >= best) continue;
        best = cost;
        best_wish = wish[k].size;
    }
    for (uint32_t i = 0; i < u->groups.n; i++) serial += group_work(u, &u->groups.at[i]);
    if (n) try_wish(&sh, best_wish);
    double shared = n ? cost_of(u, 2, &u->n_rounds) : 0;
    if (!n || (shared > 0.8 * serial && !u->o->openmp_always)) {
        forget(u);
        return;
    }
    u->shared = true;
    for (struct turns *t = u->turns; t; t = t->next)
        if (u->groups.at[u->value[t->node].group].share.portions > 1) emit_plan_body(u, t);
    u->portions = best_wish;
    u->portions_least = u->o->openmp_always ? 0 : 1 + (uint64_t)(waiting * u->n_rounds / 0.3 * bound_of(u, best_wish) / serial);
    put_in_rounds(u);
}
