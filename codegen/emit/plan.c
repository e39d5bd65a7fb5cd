/* Where held values live: in a C variable where their readers see it, in the caller's arrays where they are a root, else in
 * the workspace for as long as they are read. */
#include "codegen/emit/share.h"
#include "codegen/emit/unit.h"
#include "codegen/ir/loop.h"

#include <stdlib.h>
#include <string.h>

/* Statements of a function: gcc's time for each grows with their number, as the loads and stores are compared in pairs. */
enum { PART_WEIGHT = 250 };

static const struct ir_node *node_of(const struct unit *u, ir_id id)
{
    return ir_at(u->g, id);
}

/* Functions without a workspace have no place for values that go from one part to the next. */
static bool can_cut(const struct unit *u)
{
    if (u->entry->kind >= ENTRY_FORWARD) return true;
    for (ir_id id = 1; id < u->g->n; id++)
        if (u->value[id].needed && u->value[id].held && u->value[id].root < 0) return false;
    return true;
}

static void cut_parts(struct unit *u)
{
    uint32_t weight = 0, total = 0;
    bool cut = !u->outer && can_cut(u);
    for (uint32_t i = 0; i < u->groups.n; i++) total += u->groups.at[i].weight;
    for (uint32_t i = 0; i < u->groups.n; i++) {
        struct group *g = &u->groups.at[i];
        bool long_enough = cut && total > WHOLE_WEIGHT && weight && weight + g->weight > PART_WEIGHT;
        if (g->everywhere) {
            g->part = EVERY_PART;
            continue;
        }
        const struct group *before = i && u->shared && !(g - 1)->everywhere ? g - 1 : g; /* threads take one stretch of portions of a part */
        bool apart = g->round != before->round || g->share.portions != before->share.portions;
        if (long_enough || apart || (i && i == u->alike_groups)) {
            u->n_parts++;
            weight = 0;
        }
        if (i < u->alike_groups) u->alike_parts = u->n_parts + 1;
        g->part = u->n_parts;
        weight += g->weight;
    }
    u->n_parts++;
}

/* ---- variables or memory ---- */

struct reader {
    uint32_t group, phase, at;
    const struct member *member;
};

bool emit_sees_variable(struct unit *u, const struct access *a, uint32_t group, uint32_t phase)
{
    const struct value *v = &u->value[a->base];
    const struct ir_node *n = node_of(u, a->base);
    const struct group *made = &u->groups.at[v->group], *here = &u->groups.at[group];
    if (made->everywhere) return true;
    if (n->shape->rank == 0) return made->n_outer == 0 && made->part == here->part && made->kind != GROUP_SPREAD;
    if (v->of_rows) return false; /* not yet done there */
    if (v->group != group || here->kind != GROUP_LOOPS || a->flat || a->n_guards) return false;
    if (index_plain_axes(&a->at, n->shape, 0) < n->shape->rank) return false;
    bool reduce = ir_ops[n->op].class == CLASS_REDUCE;
    return (v->phase == phase && !reduce) || n->shape->rank == made->n_outer;
}

static void see_read_of(void *user, struct unit *u, const struct access *a)
{
    const struct reader *r = user;
    struct value *v = &u->value[a->base];
    if (!v->held) return;
    if (emit_sees_variable(u, a, r->group, r->phase)) {
        v->local = true;
        return;
    }
    const struct ir_shape *s = node_of(u, a->base)->shape;
    bool plain = !a->flat && !a->n_guards && index_plain_axes(&a->at, s, 0) == s->rank;
    if (!v->stored || r->group > v->last) v->last = r->group, v->last_plain = true;
    v->last_plain = v->last_plain && plain;
    v->last_at = r->at;
    v->stored = true;
}

static void find_readers(struct unit *u)
{
    for (uint32_t i = 0; i < u->groups.n; i++) {
        struct group *g = &u->groups.at[i];
        struct reader r = {.group = i};
        if (g->kind != GROUP_LOOPS) {
            struct member m = {g->node, -1};
            r.member = &m;
            emit_member_reads(u, g, &m, see_read_of, &r);
        }
        for (r.phase = 0; r.phase < g->phases.n; r.phase++) {
            const struct phase *ph = &g->phases.at[r.phase];
            for (uint32_t k = 0; k < ph->members.n; k++, r.at++) {
                r.member = &ph->members.at[k];
                emit_member_reads(u, g, r.member, see_read_of, &r);
            }
        }
    }
}

/* A group that makes one output which nobody else reads is skipped where the caller does not want it. */
static void find_guards(struct unit *u)
{
    for (uint32_t i = 0; i < u->groups.n; i++) {
        struct group *g = &u->groups.at[i];
        ir_id only = g->node;
        int32_t root = -1;
        if (g->kind == GROUP_LOOPS) {
            if (g->phases.n != 1 || g->phases.at[0].members.n != 1) continue;
            const struct member *m = &g->phases.at[0].members.at[0];
            only = m->node;
            root = m->copy_to;
        }
        if (root < 0 && u->value[only].held && !u->value[only].stored) root = u->value[only].root;
        if (emit_is_optional(u, root)) g->guard = root;
    }
}

static void reserve(struct unit *u)
{
    for (uint32_t i = 0; i < u->groups.n; i++) {
        const struct group *g = &u->groups.at[i];
        struct value *whole = g->kind == GROUP_LOOPS || g->kind == GROUP_TURNS ? NULL : &u->value[g->node];
        if (whole && (node_of(u, g->node)->shape->rank || g->kind == GROUP_SPREAD)) whole->stored = true;
        if (whole && whole->stored && whole->last < i) whole->last = i;
    }
    for (ir_id id = 1; id < u->g->n; id++) {
        struct value *v = &u->value[id];
        if (!v->held || !v->needed) continue;
        if (node_of(u, id)->op == OP_part) { /* written whether it is read or not */
            v->stored = v->stored || node_of(u, id)->shape->rank > 0;
            v->local = node_of(u, id)->shape->rank == 0;
        }
        /* the caller's array, unless he may not have given one; scalars by value are written at the end of all */
        bool own = v->root >= 0 && node_of(u, id)->shape->rank > 0;
        bool skipped = own && u->groups.at[v->group].guard >= 0;
        if (own && emit_is_optional(u, v->root) && !skipped) v->stored = true;
        v->reserved = v->stored && (!own || (emit_is_optional(u, v->root) && !skipped));
        if (v->reserved && v->last < v->group) v->last = v->group;
        if (v->reserved && node_of(u, id)->shape->rank == 0) v->local = true; /* for other functions */
    }
}

/* ---- in place ---- */

struct taking {
    ir_id node;
    uint32_t group, at;
    ir_id found;
};

static void see_taken(void *user, struct unit *u, const struct access *a)
{
    struct taking *t = user;
    const struct value *v = &u->value[a->base];
    const struct ir_node *n = node_of(u, a->base), *own = node_of(u, t->node);
    if (t->found || !v->held || !v->reserved || v->root >= 0 || v->taken) return;
    if (u->groups.at[v->group].round != u->groups.at[t->group].round) return; /* other threads may still read it */
    if (v->group == t->group || v->last != t->group || !v->last_plain || v->last_at > t->at) return;
    if (n->shape == own->shape && n->type == own->type) t->found = a->base;
}

/* A value may lie where one did that it is the last to read, at its own place alone. */
static void take_over(struct unit *u)
{
    for (uint32_t i = 0; i < u->groups.n; i++) {
        const struct group *g = &u->groups.at[i];
        uint32_t at = 0;
        if (g->kind != GROUP_LOOPS) continue;
        for (uint32_t p = 0; p < g->phases.n; p++)
            for (uint32_t k = 0; k < g->phases.at[p].members.n; k++, at++) {
                const struct member *m = &g->phases.at[p].members.at[k];
                struct value *v = &u->value[m->node];
                bool map = ir_ops[node_of(u, m->node)->op].class != CLASS_REDUCE;
                if (!v->reserved || v->root >= 0 || m->copy_to >= 0 || !map || node_of(u, m->node)->shape->rank == 0) continue;
                struct taking t = {m->node, i, at, 0};
                emit_member_reads(u, g, m, see_taken, &t);
                v->takes_over = t.found;
                if (t.found) u->value[t.found].taken = true;
            }
    }
}

/* The value that a member or a kernel of group i is the last to read, at its own place alone; 0: none. */
static ir_id last_read_there(struct unit *u, const struct group *g, const struct member *m, uint32_t i, uint32_t at)
{
    struct taking t = {m->node, i, at, 0};
    if (g->kind == GROUP_LOOPS) {
        emit_member_reads(u, g, m, see_taken, &t);
        return t.found;
    }
    const struct ir_node *n = node_of(u, m->node), *x = node_of(u, n->arg[0]);
    const struct value *v = &u->value[n->arg[0]];
    bool free = v->held && v->reserved && v->root < 0 && !v->taken && v->group != i && v->last == i;
    return free && x->shape == n->shape && x->type == n->type ? n->arg[0] : 0;
}

/* Functions that initialise have no workspace: what leads to a parameter is worked out in its array, as far as it can be. */
static void settle_in_roots(struct unit *u)
{
    if (u->entry->kind >= ENTRY_FORWARD) return;
    for (uint32_t i = u->groups.n; i-- > 0;) {
        const struct group *g = &u->groups.at[i];
        bool loops = g->kind == GROUP_LOOPS && g->phases.n == 1 && g->phases.at[0].members.n == 1;
        if (!loops && g->kind != GROUP_CALL) continue;
        struct member call = {g->node, -1};
        const struct member *m = loops ? &g->phases.at[0].members.at[0] : &call;
        const struct value *v = &u->value[m->node];
        if (m->copy_to >= 0 || !v->held || v->reserved || v->root < 0 || node_of(u, m->node)->shape->rank == 0) continue;
        if (ir_ops[node_of(u, m->node)->op].class == CLASS_REDUCE) continue;
        ir_id x = last_read_there(u, g, m, i, 0); /* the only member is number 0 */
        if (!x) continue;
        u->value[x].root = v->root;
        u->value[x].reserved = false;
    }
}

/* ---- names ---- */

/* How unnamed values are called: by what made them. */
static const char *numbered_name(struct unit *u, const struct ir_node *n)
{
    static const char *const stem[] = {"t", "sum", "most", "prod", [6] = "tape"};
    bool carried = n->op == OP_part && (uint32_t)n->attr[0] < ir_loop_of(u->g, n->arg[0])->n_carry; /* most often a running sum */
    unsigned which = carried ? 1 : n->op == OP_part ? 6 : n->op == OP_contract ? 3 : ir_ops[n->op].class != CLASS_REDUCE ? 0 : n->op == OP_sum ? 1 : 2;
    return scope_numbered(u->scope, stem[which], &u->next_number[which]);
}

static const char *name_value(struct unit *u, ir_id id)
{
    const struct ir_node *n = node_of(u, id);
    const struct value *v = &u->value[id];
    const struct ir_root *r = v->root >= 0 ? &u->entry->root[v->root] : NULL;
    const char *wish = n->name;
    if (r && r->role == ROLE_NEXT) wish = emit_next_name(u, r->index);
    if (wish) return scope_name(u->scope, wish);
    if (r && r->role == ROLE_OUTPUT) wish = u->p->outputs.at[r->index].name;
    if (r && r->role == ROLE_D_WRT) wish = u->p->wrt.at[r->index].name;
    if (r && r->role == ROLE_D_PARAM) wish = arena_printf(u->arena, "d_%s", u->p->params.at[r->index].name);
    if (r && r->role == ROLE_PARAM) wish = arena_printf(u->arena, "%s_new", u->p->params.at[r->index].name);
    if (!wish && n->op == OP_part) wish = emit_part_name(u, n);
    return wish ? scope_name(u->scope, wish) : numbered_name(u, n);
}

const char *emit_short_name(struct unit *u, uint32_t part)
{
    uint32_t k = u->part_names[part]++;
    if (k == u->short_names.n) vec_push(u->arena, &u->short_names, scope_numbered(u->scope, "v", &u->next_number[6]));
    return u->short_names.at[k];
}

/* An array and the variable of one element of it may both be there: z and z_i. */
void emit_name(struct unit *u)
{
    if (u->n_parts > 1) u->kept_name = scope_name(u->scope, u->o->style == EMIT_JIT ? "m" : "kept");
    if (u->o->style == EMIT_JIT && u->n_parts > 1) u->part_names = arena_many(u->arena, uint32_t, u->n_parts);
    for (ir_id id = 1; id < u->g->n; id++) {
        struct value *v = &u->value[id];
        const struct ir_node *n = node_of(u, id);
        if (!v->needed) continue;
        if (!v->held && n->op == OP_input && n->shape->rank)
            u->pointer_name[id] = scope_name(u->scope, u->p->inputs.at[n->attr[0]].name);
        if (!v->held && n->op == OP_tensor)
            u->pointer_name[id] = arena_printf(u->arena, "%s_table%lld", u->prefix, (long long)n->attr[0]);
        if (!v->held && n->shape->rank == 0 && u->n_parts > 1 && n->op == OP_input)
            v->name = scope_name(u->scope, u->p->inputs.at[n->attr[0]].name);
        if (!v->held) continue;
        if (n->op == OP_loop) continue;
        if (u->part_names && n->shape->rank == 0 && !u->groups.at[v->group].everywhere) {
            v->name = emit_short_name(u, u->groups.at[v->group].part);
            continue;
        }
        const char *name = name_value(u, id);
        bool array = n->shape->rank > 0 && v->reserved;
        if (array) u->pointer_name[id] = name;
        v->name = !array ? name : v->local ? scope_name(u->scope, arena_printf(u->arena, "%s_i", name)) : NULL;
    }
    for (struct turns *t = u->turns; t; t = t->next) emit_name_turns(t);
}

size_t emit_work_bytes(const struct unit *u)
{
    return u->reals * (u->o->single ? 4 : 8) + u->ints * 4;
}

/* Largest first; of those that take each other's place one counts. */
static void insert_holder(struct emit_holder holder[HOLDERS], struct emit_holder h)
{
    for (unsigned i = 0; i < HOLDERS; i++)
        if (h.bytes > holder[i].bytes) {
            struct emit_holder less = holder[i];
            holder[i] = h;
            h = less;
        }
}

void emit_find_holders(const struct unit *u, struct emit_holder holder[HOLDERS])
{
    size_t real = u->o->single ? 4 : 8;
    memset(holder, 0, HOLDERS * sizeof *holder);
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct value *v = &u->value[id];
        const struct ir_node *n = node_of(u, id);
        if (!v->reserved || v->group > u->peak_group || v->last < u->peak_group) continue;
        size_t size = (size_t)size_bound(u->sizes, ir_elements(u->g->tables, n->shape)) * (n->type == IR_INT ? 4 : real);
        insert_holder(holder, (struct emit_holder){n->at, size});
    }
    for (const struct turns *t = u->turns; t; t = t->next)
        if (u->value[t->node].group == u->peak_group)
            insert_holder(holder, (struct emit_holder){node_of(u, t->node)->at, t->reals * real + t->ints * 4});
}

void emit_place_values(struct unit *u)
{
    for (ir_id id = 1; id < u->g->n; id++) { /* also what emit_fuse() noted there */
        struct value *v = &u->value[id];
        v->last = v->last_at = 0;
        v->local = v->stored = v->last_plain = v->taken = v->within = false;
        v->takes_over = 0;
    }
    find_readers(u);
    find_guards(u);
    reserve(u);
    settle_in_roots(u);
    if (pass_runs(u->p, PASS_reuse)) take_over(u);
    emit_lay_out(u);
}

/* A processor has so much memory near by, about: what is used soon after it was made is found there. */
enum { NEAR_BYTES = 1 << 20 };

void emit_plan(struct unit *u)
{
    if (u->o->openmp && u->entry->kind >= ENTRY_FORWARD && !u->outer) emit_share(u);
    cut_parts(u);
    emit_place_values(u);
    size_t as_written = emit_work_bytes(u);
    bool far = u->entry->kind == ENTRY_STEP && as_written > NEAR_BYTES; /* and with updates at the end, as they were written */
    if (u->o->style == EMIT_JIT && !far) return; /* who waits for it has memory */
    if (u->shared || !pass_runs(u->p, PASS_order)) return; /* threads need their order */
    const uint32_t *back, *order = emit_order(u, &back);
    if (!order) return;
    emit_put_in_order(u, order);
    emit_place_values(u);
    for (uint32_t i = 0; i < u->groups.n; i++) u->n_earlier += order[i] > i;
    size_t now = emit_work_bytes(u);
    if (now <= as_written - as_written / 32 || (now <= as_written && as_written > NEAR_BYTES)) return;
    u->n_earlier = 0;
    emit_put_in_order(u, back); /* not worth it */
    emit_place_values(u);
}
