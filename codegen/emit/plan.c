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

/* ---- offsets ---- */

struct block { /* memory for one value and those that take it over */
    ir_id node;
    uint32_t first, last; /* groups */
    size_t size, offset;
    size_t portion;       /* dealt out to threads: elements of a portion, if these follow one another in memory */
    ir_size portions;
};

typedef vec(struct block) blocks;

static int by_size(const void *a, const void *b)
{
    const struct block *x = a, *y = b;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return x->node < y->node ? -1 : 1;
}

static int by_offset(const void *a, const void *b)
{
    const struct block *x = *(const struct block *const *)a, *y = *(const struct block *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Whether both are in use at a time. Threads that share the work are not all at the same group, but in the same round. */
static bool meet(const struct unit *u, const struct block *a, const struct block *b)
{
    const struct group *g = u->groups.at;
    if (!u->shared) return a->first <= b->last && b->first <= a->last;
    return g[a->first].round <= g[b->last].round && g[b->first].round <= g[a->last].round;
}

/* Of blocks that meet, though no group needs both: whether each thread needs them one after the other, in the same
 * stretch of memory, if they begin at the same place. */
static bool can_lie_together(const struct unit *u, const struct block *a, const struct block *b)
{
    const struct block *old = a->first < b->first ? a : b, *young = old == a ? b : a;
    uint32_t round = u->groups.at[young->first].round;
    bool alike = a->portion && a->portion == b->portion && a->portions == b->portions;
    return alike && old->last < young->first && u->groups.at[old->first].round == round && u->groups.at[old->last].round == round;
}

/* Largest first, each at the lowest place that is free all its life. Returns the end of all. */
static size_t fit(struct unit *u, blocks *all)
{
    size_t end = 0;
    struct block **busy = arena_many(u->arena, struct block *, all->n + 1);
    if (all->n) qsort(all->at, all->n, sizeof *all->at, by_size);
    for (uint32_t i = 0; i < all->n; i++) {
        struct block *b = &all->at[i];
        uint32_t n = 0;
        for (uint32_t k = 0; k < i; k++)
            if (meet(u, &all->at[k], b)) busy[n++] = &all->at[k];
        if (n) qsort(busy, n, sizeof *busy, by_offset);
        for (uint32_t k = 0; k < n && busy[k]->offset < b->offset + b->size; k++) {
            bool together = busy[k]->offset == b->offset && can_lie_together(u, busy[k], b);
            if (!together && busy[k]->offset + busy[k]->size > b->offset) b->offset = busy[k]->offset + busy[k]->size;
        }
        if (b->offset + b->size > end) end = b->offset + b->size;
    }
    return end;
}

/* Single elements, which may be many: places are used again in the order of time. */
static size_t fit_single(struct unit *u, blocks *all, size_t from)
{
    uint32_t n_groups = u->groups.n;
    vec(size_t) spare = {0};
    uint32_t *chain = arena_many(u->arena, uint32_t, all->n + 1), *ending = arena_many(u->arena, uint32_t, n_groups + 1);
    size_t end = from;
    uint32_t done = 0; /* groups before this one have given their places back */
    for (uint32_t i = 0; i < all->n; i++) { /* in order of time */
        struct block *b = &all->at[i];
        for (; done < b->first && u->groups.at[done].round < u->groups.at[b->first].round + !u->shared; done++)
            for (uint32_t k = ending[done]; k; k = chain[k]) vec_push(u->arena, &spare, all->at[k - 1].offset);
        b->offset = spare.n ? spare.at[--spare.n] : end++;
        chain[i + 1] = ending[b->last];
        ending[b->last] = i + 1;
    }
    return end;
}

static int by_time(const void *a, const void *b)
{
    const struct block *x = a, *y = b;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return x->node < y->node ? -1 : 1;
}

/* Counts a block into what is in use at a time: `change` wraps where it shrinks. */
static void count_block(const struct unit *u, const struct block *b, enum ir_type type, size_t *change)
{
    size_t bytes = b->size * (type == IR_INT || u->o->single ? 4 : 8);
    change[b->first] += bytes;
    change[b->last + 1] -= bytes;
}

static void find_peak(struct unit *u, const size_t *change)
{
    size_t now = 0;
    u->peak = 0;
    for (uint32_t i = 0; i < u->groups.n; i++) {
        now += change[i];
        if (now > u->peak) u->peak = now, u->peak_group = i;
    }
}

/* Only if the array is cut along its first axis. */
static size_t portion_of(const struct unit *u, ir_id id)
{
    const struct share *s = &u->value[id].share;
    const struct ir_shape *shape = node_of(u, id)->shape;
    size_t portion = (size_t)s->each;
    if (s->portions <= 1 || s->var < 0) return 0;
    for (int k = 0; k < s->var; k++)
        if (shape->dim[k] != 1) return 0;
    for (int k = s->var + 1; k < shape->rank; k++) portion *= (size_t)size_bound(u->sizes, shape->dim[k]);
    return portion;
}

/* By value: the last group that reads what lies in its place, with those that take over. */
static uint32_t *last_readers(struct unit *u)
{
    uint32_t *last = arena_many(u->arena, uint32_t, u->g->n);
    for (ir_id id = u->g->n; --id > 0;) {
        const struct value *v = &u->value[id];
        if (!v->reserved) continue;
        if (v->last > last[id]) last[id] = v->last;
        if (v->takes_over && last[id] > last[v->takes_over]) last[v->takes_over] = last[id];
    }
    return last;
}

static size_t lay_out(struct unit *u, enum ir_type type, const uint32_t *last, size_t *change)
{
    blocks large = {0}, single = {0};
    uint32_t n_single = 0;
    for (ir_id id = 1; id < u->g->n; id++) n_single += u->value[id].reserved && node_of(u, id)->shape->rank == 0 && node_of(u, id)->type == type;
    single.at = arena_many(u->arena, struct block, single.cap = n_single + 1);
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct value *v = &u->value[id];
        if (!v->reserved || v->takes_over || node_of(u, id)->type != type) continue;
        size_t size = (size_t)size_bound(u->sizes, ir_elements(u->g->tables, node_of(u, id)->shape));
        struct block b = {id, v->group, last[id], size, 0, portion_of(u, id), v->share.portions};
        if (size > 1)
            vec_push(u->arena, &large, b);
        else
            vec_push(u->arena, &single, b);
    }
    for (const struct turns *t = u->turns; t; t = t->next) {
        uint32_t group = u->value[t->node].group;
        struct block b = {t->node, group, group, type == IR_INT ? t->ints : t->reals, 0, 0, 0};
        if (b.size) vec_push(u->arena, &large, b);
    }
    for (uint32_t i = 0; i < large.n; i++) count_block(u, &large.at[i], type, change);
    for (uint32_t i = 0; i < single.n; i++) count_block(u, &single.at[i], type, change);
    size_t end = fit(u, &large);
    if (single.n) qsort(single.at, single.n, sizeof *single.at, by_time);
    end = fit_single(u, &single, end);
    for (uint32_t i = 0; i < large.n; i++) u->value[large.at[i].node].offset = large.at[i].offset;
    for (struct turns *t = u->turns; t; t = t->next) *(type == IR_INT ? &t->int_at : &t->real_at) = u->value[t->node].offset;
    for (uint32_t i = 0; i < single.n; i++) u->value[single.at[i].node].offset = single.at[i].offset;
    for (ir_id id = 1; id < u->g->n; id++)
        if (u->value[id].takes_over) u->value[id].offset = u->value[u->value[id].takes_over].offset;
    return end;
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
        if (u->part_names && n->shape->rank == 0) {
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
        v->local = v->stored = v->last_plain = v->taken = false;
        v->takes_over = 0;
    }
    find_readers(u);
    find_guards(u);
    reserve(u);
    settle_in_roots(u);
    if (pass_runs(u->p, PASS_reuse)) take_over(u);
    size_t *change = arena_many(u->arena, size_t, u->groups.n + 1);
    const uint32_t *last = last_readers(u);
    u->reals = lay_out(u, IR_REAL, last, change);
    u->ints = lay_out(u, IR_INT, last, change);
    find_peak(u, change);
}

/* A processor has so much memory near by, about: what is used soon after it was made is found there. */
enum { NEAR_BYTES = 1 << 20 };

void emit_plan(struct unit *u)
{
    if (u->o->openmp && u->o->style == EMIT_FILE && u->entry->kind >= ENTRY_FORWARD && !u->outer) emit_share(u);
    cut_parts(u);
    emit_place_values(u);
    if (u->o->style == EMIT_JIT || u->shared) return; /* who waits for it has memory; threads need their order */
    if (!pass_runs(u->p, PASS_order)) return;
    const uint32_t *back, *order = emit_order(u, &back);
    size_t as_written = emit_work_bytes(u);
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
