/* Held nodes to groups of loops. Nodes come in an order in which their arguments are earlier; each joins the group of the
 * last value it reads where it reads that group's values at its own place alone, or opens a group of its own. So the groups
 * are in order too. */
#include "codegen/emit/unit.h"

#include <assert.h>
#include <string.h>

enum { LOOP_MEMBERS = 64, SCALAR_MEMBERS = 60 };
#define NO_GROUP UINT32_MAX

static const struct ir_node *node_of(const struct unit *u, ir_id id)
{
    return ir_at(u->g, id);
}

static bool is_reduce(const struct ir_node *n)
{
    return ir_ops[n->op].class == CLASS_REDUCE;
}

/* ---- roots ---- */

/* Outputs and gradients behind pointers, which may be NULL. */
bool emit_is_optional(const struct unit *u, int32_t root)
{
    if (root < 0) return false;
    const struct ir_root *r = &u->entry->root[root];
    return (r->role == ROLE_OUTPUT || r->role == ROLE_D_WRT) && node_of(u, r->node)->shape->rank > 0;
}

struct order { /* of a node among the held: for deciding what may be overwritten */
    uint32_t *of;
    uint32_t now;
    ir_id node;
    bool whole; /* no element of it is done before all are */
    uint32_t *last_reader; /* by root */
};

static void see_replaced(void *user, struct unit *u, const struct access *a)
{
    struct order *o = user;
    const struct ir_node *n = node_of(u, a->base);
    int32_t r = u->value[a->base].held ? -1 : emit_replacing_root(u, n);
    if (r < 0) return;
    o->last_reader[r] = o->now;
    bool here = !o->whole && !a->flat && !a->n_guards && index_plain_axes(&a->at, n->shape, 0) == n->shape->rank;
    if (o->node == u->entry->root[r].node && !here) u->root[r].direct = false; /* reads elements that it has replaced */
}

static bool is_leaf(const struct unit *u, ir_id id)
{
    return ir_ops[node_of(u, id)->op].class == CLASS_LEAF && node_of(u, id)->op != OP_random;
}

/* Values that depend on replaced ones come last, so that as many readers as possible come before. */
static void mark_after(struct unit *u)
{
    for (uint32_t i = 0; i < u->entry->n_roots; i++) {
        ir_id id = u->entry->root[i].node;
        if (u->root[i].replaces && u->root[i].direct) u->value[id].after = true;
    }
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct ir_node *n = node_of(u, id);
        for (uint32_t i = 0; i < n->n_arg && u->value[id].needed; i++)
            if (u->value[n->arg[i]].after) u->value[id].after = true;
    }
}

static enum group_kind kind_of(const struct unit *u, ir_id id)
{
    const struct ir_node *n = node_of(u, id);
    if (u->value[id].conv || u->value[id].product) return GROUP_PRODUCT;
    switch (n->op) {
    case OP_contract: return GROUP_PRODUCT;
    case OP_concat: case OP_scatter: case OP_overlap: return GROUP_SPREAD;
    case OP_cumsum: return GROUP_SCAN;
    case OP_loop: case OP_part: return GROUP_TURNS;
    case OP_place: /* without steps it is read in its argument's stead, and held like any map */
        for (unsigned k = 0; k < n->shape->rank; k++)
            if (n->attr[2 * k + 1] != 1) return GROUP_SPREAD;
        return GROUP_LOOPS;
    default: return ir_ops[n->op].class == CLASS_CALL ? GROUP_CALL : GROUP_LOOPS;
    }
}

/* Whether each replaced array may be overwritten element by element, or only once all is done. */
static void decide_direct(struct unit *u)
{
    uint32_t n_roots = u->entry->n_roots;
    bool any = false;
    for (uint32_t i = 0; i < n_roots; i++) any = any || u->root[i].replaces;
    if (!any) return;
    struct order o = {.of = arena_many(u->arena, uint32_t, u->g->n), .last_reader = arena_many(u->arena, uint32_t, n_roots)};
    for (int after = 0; after < 2; after++)
        for (ir_id id = 1; id < u->g->n; id++) {
            if (!u->value[id].needed || !u->value[id].held || u->value[id].after != after) continue;
            struct group g = {.kind = kind_of(u, id)};
            struct member m = {id, -1};
            o.of[id] = o.now = o.now + 1;
            o.node = id;
            o.whole = g.kind != GROUP_LOOPS && !u->value[id].product;
            emit_member_reads(u, &g, &m, see_replaced, &o);
        }
    for (uint32_t i = 0; i < n_roots; i++)
        if (u->root[i].replaces && o.last_reader[i] > o.of[u->entry->root[i].node]) u->root[i].direct = false;
}

static void set_up_roots(struct unit *u)
{
    const struct ir_entry *e = u->entry;
    for (uint32_t i = 0; i < e->n_roots; i++) {
        const struct ir_root *r = &e->root[i];
        int32_t *of = r->role == ROLE_PARAM ? u->param_root : r->role == ROLE_SLOT ? u->slot_root : u->state_root;
        if (r->role == ROLE_PARAM || r->role == ROLE_SLOT || r->role == ROLE_STATE) of[r->index] = (int32_t)i;
    }
    for (ir_id id = 1; id < u->g->n; id++) {
        int32_t r = u->value[id].needed ? emit_replacing_root(u, node_of(u, id)) : -1;
        if (r >= 0) u->root[r].replaces = true;
    }
    for (uint32_t i = 0; i < e->n_roots; i++) {
        ir_id id = e->root[i].node;
        u->root[i].direct = !is_leaf(u, id) && node_of(u, id)->op != OP_part && !is_reduce(node_of(u, id));
        /* the old value of one array becomes the new one of another, which may be overwritten before */
        int32_t other = emit_replacing_root(u, node_of(u, id));
        if (u->root[i].replaces && other >= 0 && other != (int32_t)i) u->value[id].held = true;
    }
    emit_find_updates(u);
    mark_after(u);
    decide_direct(u);
    emit_settle_updates(u);
    for (ir_id id = 0; id < u->g->n; id++) u->value[id].root = -1;
    for (int optional = 0; optional < 2; optional++)
        for (uint32_t i = 0; i < e->n_roots; i++) {
            struct value *v = &u->value[e->root[i].node];
            bool free = u->root[i].replaces ? u->root[i].direct : !is_leaf(u, e->root[i].node);
            if (free && v->root < 0 && emit_is_optional(u, (int32_t)i) == optional) v->root = (int32_t)i;
        }
}

/* Orthonormal vectors are made in place: initialisers have no workspace. */
static void share_arrays(struct unit *u)
{
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct ir_node *n = node_of(u, id);
        const struct value *v = &u->value[id];
        if (n->op != OP_orthonormal || v->root < 0 || u->root[v->root].replaces || emit_is_optional(u, v->root)) continue;
        struct value *x = &u->value[n->arg[0]];
        if (x->held && x->uses == 1 && x->root < 0 && node_of(u, n->arg[0])->shape == n->shape) x->root = v->root;
    }
}

/* ---- joining ---- */

struct reads { /* of the node being placed */
    uint32_t group;      /* the last group it reads from; NO_GROUP: none */
    uint32_t look;       /* the group that the rest is about */
    unsigned plain;      /* leading axes at which all reads are at the node's own place */
    uint32_t phase;      /* the last phase it reads from, plus 1 */
    bool inside;         /* and it can be in that phase itself */
    bool shares;         /* reads something that the group reads */
};

static bool reads_here(struct unit *u, const struct access *a)
{
    const struct ir_shape *s = node_of(u, a->base)->shape;
    return !a->flat && !a->n_guards && index_plain_axes(&a->at, s, 0) == s->rank;
}

static void see_group(void *user, struct unit *u, const struct access *a)
{
    struct reads *r = user;
    if (!u->value[a->base].held) return;
    uint32_t g = u->value[a->base].group;
    if (r->group == NO_GROUP || g > r->group) r->group = g;
}

static void see_place(void *user, struct unit *u, const struct access *a)
{
    struct reads *r = user;
    const struct value *v = &u->value[a->base];
    const struct ir_node *n = node_of(u, a->base);
    if (n->shape->rank && v->last == r->look + 1) r->shares = true;
    if (!v->held || v->group != r->look) return;
    unsigned plain = a->flat ? 0 : index_plain_axes(&a->at, n->shape, 0);
    if (plain < r->plain) r->plain = plain;
    bool inside = reads_here(u, a) && !is_reduce(n) && !v->of_rows;
    if (v->phase + 1 > r->phase) {
        r->phase = v->phase + 1;
        r->inside = inside;
    } else if (v->phase + 1 == r->phase)
        r->inside = r->inside && inside;
}

/* In what loops a node is computed: over the first `outer` axes, then over `inner`. */
struct loops {
    const struct ir_shape *all; /* outer and inner axes in order; for reductions, of the argument */
    unsigned least, most;       /* how many may be outer */
    bool crossed;               /* the axes that go are not the last: in no phase with others */
};

static struct loops loops_of(struct unit *u, ir_id id)
{
    const struct ir_node *n = node_of(u, id);
    struct loops l = {n->shape, 0, n->shape->rank, false};
    if (u->value[id].of_rows) l.least = l.most = n->shape->rank - emit_row_axes(u, id);
    if (!is_reduce(n)) return l;
    struct index at = index_argument(u, n, 0);
    l.all = node_of(u, n->arg[0])->shape;
    l.least = l.most;
    l.crossed = index_plain_axes(&at, l.all, 0) < l.all->rank;
    if (!l.crossed) return l;
    ir_size dim[RANK_MAX]; /* in the order of their loops */
    bool one = n->op == OP_argmax || n->op == OP_argmin;
    uint64_t gone = one ? (uint64_t)1 << n->attr[0] : (uint64_t)n->attr[0];
    unsigned stays = 0, goes = n->shape->rank;
    for (unsigned k = 0; k < l.all->rank; k++) dim[gone >> k & 1 ? goes++ : stays++] = l.all->dim[k];
    l.all = ir_shape_of(u->g->tables, l.all->rank, dim);
    return l;
}

static bool same_sizes(const ir_size *a, const ir_size *b, unsigned n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

static uint32_t member_count(const struct group *g)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->phases.n; i++) n += g->phases.at[i].members.n;
    return n;
}

/* Plain maps alone can have their outer axes made inner ones. */
static bool can_shrink(const struct unit *u, const struct group *g)
{
    if (g->phases.n != 1 || g->phases.at[0].n_inner) return false;
    const struct phase *ph = &g->phases.at[0];
    for (uint32_t i = 0; i < ph->members.n; i++)
        if (is_reduce(node_of(u, ph->members.at[i].node))) return false;
    return true;
}

static void shrink(struct group *g, unsigned outer)
{
    struct phase *ph = &g->phases.at[0];
    ph->n_inner = (uint8_t)(g->n_outer - outer);
    memcpy(ph->inner, g->outer + outer, ph->n_inner * sizeof *ph->inner);
    g->n_outer = (uint8_t)outer;
}

static struct phase *add_phase(struct unit *u, struct group *g, const ir_size *inner, unsigned n)
{
    struct phase ph = {.n_inner = (uint8_t)n};
    if (n) memcpy(ph.inner, inner, n * sizeof *inner);
    vec_push(u->arena, &g->phases, ph);
    return &g->phases.at[g->phases.n - 1];
}

static void set_inner(struct unit *u, const struct ir_node *n, struct phase *ph)
{
    /* reductions: the axes that go, in order */
    const struct ir_shape *s = node_of(u, n->arg[0])->shape;
    bool one = n->op == OP_argmax || n->op == OP_argmin;
    uint64_t gone = one ? (uint64_t)1 << n->attr[0] : (uint64_t)n->attr[0];
    ph->n_inner = 0;
    for (unsigned k = 0; k < s->rank; k++)
        if (gone >> k & 1) ph->inner[ph->n_inner++] = s->dim[k];
}

/* The phase of group `at` that a node with these reads may join, after making it so. NULL: none. */
static struct phase *join(struct unit *u, uint32_t at, const struct reads *r, const struct loops *l)
{
    struct group *g = &u->groups.at[at];
    bool scalar = l->all->rank == 0;
    if (g->kind != GROUP_LOOPS || (scalar && g->n_outer)) return NULL;
    if (member_count(g) >= (scalar ? SCALAR_MEMBERS : LOOP_MEMBERS)) return NULL;
    unsigned outer = g->n_outer;
    if (r->plain < outer) outer = r->plain;
    if (l->most < outer) outer = l->most;
    if (outer < l->least || !same_sizes(g->outer, l->all->dim, outer)) return NULL;
    bool shrinks = outer < g->n_outer;
    if (u->o->openmp && outer == 0 && (l->most || shrinks)) return NULL; /* a number and an array: one thread would make both */
    if (shrinks && !can_shrink(u, g)) return NULL;
    unsigned n_inner = l->all->rank - outer;
    const ir_size *inner = l->all->dim + outer;
    struct phase *last = &g->phases.at[g->phases.n - 1];
    bool same = shrinks ? n_inner == (unsigned)(g->n_outer - outer) && same_sizes(g->outer + outer, inner, n_inner)
                        : n_inner == last->n_inner && same_sizes(last->inner, inner, n_inner);
    if (same && r->phase == g->phases.n && !r->inside) same = false;
    if (same && last->members.n && (last->crossed || l->crossed)) same = false;
    if (!same && outer == 0 && !scalar) return NULL; /* loops one after the other, with nothing in common */
    if (shrinks) shrink(g, outer);
    if (same) return &g->phases.at[g->phases.n - 1];
    struct phase *ph = add_phase(u, g, inner, n_inner);
    ph->crossed = l->crossed;
    return ph;
}

static uint32_t new_group(struct unit *u, enum group_kind kind, ir_id node)
{
    struct group g = {.kind = kind, .node = node, .guard = -1};
    vec_push(u->arena, &u->groups, g);
    return u->groups.n - 1;
}

static struct phase *open_group(struct unit *u, const struct member *m, const struct loops *l)
{
    const struct ir_node *n = node_of(u, m->node);
    uint32_t at = new_group(u, GROUP_LOOPS, 0);
    struct group *g = &u->groups.at[at];
    g->n_outer = n->shape->rank;
    memcpy(g->outer, n->shape->dim, g->n_outer * sizeof *g->outer);
    struct phase *ph = add_phase(u, g, NULL, 0);
    if (m->copy_to < 0 && is_reduce(n)) {
        set_inner(u, n, ph);
        ph->crossed = l->crossed;
    } else if (m->copy_to < 0 && u->value[m->node].of_rows)
        shrink(g, l->most);
    return ph;
}

/* Notes that the group reads it: `last` is free for that until emit_plan(). */
static void see_noted(void *user, struct unit *u, const struct access *a)
{
    uint32_t g = *(uint32_t *)user;
    u->value[a->base].last = g + 1;
    if (u->value[a->base].held) return;
    int32_t r = emit_replacing_root(u, node_of(u, a->base));
    if (r < 0) return;
    struct root_state *s = &u->root[r];
    bool here = reads_here(u, a);
    if (!s->read || g > s->read_group) s->read_plain = here;
    else if (g == s->read_group) s->read_plain = s->read_plain && here;
    if (!s->read || g > s->read_group) s->read_group = g;
    s->read = true;
}

/* The first group that may write what the member writes. */
static uint32_t first_allowed(const struct unit *u, const struct member *m)
{
    int32_t i = m->copy_to >= 0 ? m->copy_to : u->value[m->node].root;
    uint32_t other = u->alike_groups; /* not with what the outputs need */
    if (i < 0 || !u->root[i].replaces || !u->root[i].read) return other;
    uint32_t read = u->root[i].read_group + !u->root[i].read_plain;
    return read > other ? read : other;
}

/* What each thread computes for itself has a group of its own. */
static bool is_free(const struct unit *u, const struct member *m)
{
    const struct value *v = &u->value[m->node];
    return v->free && v->root < 0 && m->copy_to < 0;
}

static struct phase *find_phase(struct unit *u, const struct member *m, const struct loops *l, uint32_t *at)
{
    struct reads r = {.group = NO_GROUP};
    struct group as = {.kind = GROUP_LOOPS};
    emit_member_reads(u, &as, m, see_group, &r);
    uint32_t allowed = first_allowed(u, m), last = u->groups.n - 1;
    uint32_t candidate[2] = {r.group == NO_GROUP || allowed > r.group ? allowed : r.group, last};
    for (int i = 0; i < 2; i++) {
        *at = candidate[i];
        if (*at >= u->groups.n || *at < allowed || (r.group != NO_GROUP && *at < r.group)) continue;
        const struct group *g = &u->groups.at[*at];
        if (u->o->openmp && g->kind == GROUP_LOOPS && is_free(u, m) != is_free(u, &g->phases.at[0].members.at[0])) continue;
        struct reads near = {.look = *at, .plain = RANK_MAX};
        bool scalar = l->all->rank == 0; /* reads nothing at another place */
        if (!scalar) emit_member_reads(u, &as, m, see_place, &near);
        if (*at != r.group && !near.shares && !scalar) continue;
        if (*at != r.group && !scalar && l->all->rank < u->groups.at[*at].n_outer) continue;
        struct phase *ph = join(u, *at, &near, l);
        if (ph) return ph;
    }
    return NULL;
}

static void place_loops(struct unit *u, struct member m)
{
    const struct ir_node *n = node_of(u, m.node);
    struct loops l = m.copy_to < 0 ? loops_of(u, m.node) : (struct loops){n->shape, 0, n->shape->rank, false};
    uint32_t at = 0;
    bool joins = u->groups.n && (pass_runs(u->p, PASS_fuse) || u->entry->kind < ENTRY_FORWARD); /* these have no workspace */
    struct phase *ph = joins ? find_phase(u, &m, &l, &at) : NULL;
    if (!ph) {
        ph = open_group(u, &m, &l);
        at = u->groups.n - 1;
    }
    struct group *g = &u->groups.at[at];
    vec_push(u->arena, &ph->members, m);
    if (m.copy_to < 0) {
        u->value[m.node].group = at;
        u->value[m.node].phase = (uint32_t)(ph - g->phases.at);
    }
    g->weight++;
    emit_member_reads(u, g, &m, see_noted, &at);
}

static void place_whole(struct unit *u, ir_id id, enum group_kind kind)
{
    uint32_t at = new_group(u, kind, id);
    struct member m = {id, -1};
    u->value[id].group = at;
    u->groups.at[at].weight = 4 + (kind == GROUP_TURNS ? emit_turns_of(u, id)->weight : 0);
    emit_member_reads(u, &u->groups.at[at], &m, see_noted, &at);
}

static void place_held(struct unit *u, bool after)
{
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct value *v = &u->value[id];
        if (!v->needed || !v->held || v->after != after) continue;
        if (u->alike_end && id > u->alike_end && !u->alike_groups) u->alike_groups = u->groups.n;
        enum group_kind kind = kind_of(u, id);
        if (node_of(u, id)->op == OP_part)
            u->value[id].group = u->value[node_of(u, id)->arg[0]].group;
        else if (kind == GROUP_LOOPS)
            place_loops(u, (struct member){id, -1});
        else
            place_whole(u, id, kind);
    }
}

/* Roots that are leaves, or the same node as another root. Replacing ones come last of all. */
static void place_copies(struct unit *u, bool after, bool replacing)
{
    for (uint32_t i = 0; i < u->entry->n_roots; i++) {
        ir_id id = u->entry->root[i].node;
        const struct value *v = &u->value[id];
        if (v->root == (int32_t)i || v->after != after || u->root[i].replaces != replacing) continue;
        if (emit_replacing_root(u, node_of(u, id)) == (int32_t)i) continue; /* stays as it is */
        place_loops(u, (struct member){id, (int32_t)i});
    }
}

void emit_fuse(struct unit *u, const struct ir_entry *forward)
{
    emit_hold(u);
    emit_find_alike(u, forward);
    if (forward && !u->alike_end) return;
    set_up_roots(u);
    share_arrays(u);
    place_held(u, false);
    place_copies(u, false, false);
    place_held(u, true);
    place_copies(u, true, false);
    place_copies(u, false, true);
    place_copies(u, true, true);
    if (u->alike_groups && !emit_is_alike(u, u->alike_groups)) u->alike_groups = 0;
}
