/* Where in the workspace values lie that are there: for as long as they are read, largest first, in gaps between others. */
#include "codegen/emit/unit.h"

#include <stdlib.h>
#include <string.h>

/* Single elements, so few that there is time to look for gaps between arrays; arrays so few that there is time to try
 * other orders, and how many. */
enum { SINGLE_FEW = 256, SEARCH_MOST = 512, TRIES = 32 };

static const struct ir_node *node_of(const struct unit *u, ir_id id)
{
    return ir_at(u->g, id);
}

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

/* In their order, each at the lowest place that is free all its life. Returns the end of all. `placed` has room for all. */
static size_t fit(struct unit *u, blocks *all, struct block **placed)
{
    size_t end = 0;
    for (uint32_t i = 0; i < all->n; i++) {
        struct block *b = &all->at[i];
        uint32_t k = 0;
        b->offset = 0;
        for (; k < i && placed[k]->offset < b->offset + b->size; k++) {
            const struct block *p = placed[k];
            if (p->offset + p->size <= b->offset || !meet(u, p, b)) continue;
            if (p->offset != b->offset || !can_lie_together(u, p, b)) b->offset = p->offset + p->size;
        }
        while (k && placed[k - 1]->offset > b->offset) k--;
        memmove(placed + k + 1, placed + k, (i - k) * sizeof(struct block *));
        placed[k] = b;
        if (b->offset + b->size > end) end = b->offset + b->size;
    }
    return end;
}

/* What all that meet one of them take together, at most. */
static size_t least_of(const struct unit *u, const blocks *all)
{
    size_t least = 0;
    for (uint32_t i = 0; i < all->n; i++) {
        size_t sum = 0;
        for (uint32_t k = 0; k < all->n; k++)
            if (all->at[k].first <= all->at[i].first && meet(u, &all->at[k], &all->at[i])) sum += all->at[k].size;
        if (sum > least) least = sum;
    }
    return least;
}

/* Largest first. Where much is lost between few of them, the one that sticks out goes first, then the next that does. */
static size_t fit_well(struct unit *u, blocks *all)
{
    struct block **placed = arena_many(u->arena, struct block *, all->n + 1); /* by offset */
    if (all->n) qsort(all->at, all->n, sizeof *all->at, by_size);
    size_t best = fit(u, all, placed), least = all->n <= SEARCH_MOST ? least_of(u, all) : best;
    if (best <= least + least / 64) return best;
    struct block *kept = arena_many(u->arena, struct block, all->n);
    memcpy(kept, all->at, all->n * sizeof *kept);
    size_t end = best;
    for (uint32_t tries = 0; tries < TRIES && best > least; tries++) {
        uint32_t out = 0;
        while (all->at[out].offset + all->at[out].size != end) out++;
        struct block b = all->at[out];
        memmove(all->at + 1, all->at, out * sizeof b);
        all->at[0] = b;
        end = fit(u, all, placed);
        if (end >= best) continue;
        best = end;
        memcpy(kept, all->at, all->n * sizeof *kept);
    }
    memcpy(all->at, kept, all->n * sizeof *kept);
    return best;
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

/* Which of the workspace's two arrays it lies in. */
static enum ir_type region_of(const struct unit *u, ir_id id)
{
    return u->value[id].within ? IR_REAL : (enum ir_type)node_of(u, id)->type;
}

static size_t lay_out(struct unit *u, enum ir_type type, const uint32_t *last, size_t *change)
{
    blocks large = {0}, single = {0};
    uint32_t n_single = 0;
    for (ir_id id = 1; id < u->g->n; id++) n_single += u->value[id].reserved && node_of(u, id)->shape->rank == 0 && region_of(u, id) == type;
    single.at = arena_many(u->arena, struct block, single.cap = n_single + 1);
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct value *v = &u->value[id];
        if (!v->reserved || v->takes_over || region_of(u, id) != type) continue;
        size_t size = (size_t)size_bound(u->sizes, ir_elements(u->g->tables, node_of(u, id)->shape));
        if (v->within && !u->o->single) size = (size + 1) / 2;
        struct block b = {id, v->group, last[id], size, 0, portion_of(u, id), v->share.portions};
        if (size > 1 || n_single <= SINGLE_FEW)
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
    size_t end = fit_well(u, &large);
    if (single.n) qsort(single.at, single.n, sizeof *single.at, by_time);
    end = fit_single(u, &single, end);
    for (uint32_t i = 0; i < large.n; i++) u->value[large.at[i].node].offset = large.at[i].offset;
    for (struct turns *t = u->turns; t; t = t->next) *(type == IR_INT ? &t->int_at : &t->real_at) = u->value[t->node].offset;
    for (uint32_t i = 0; i < single.n; i++) u->value[single.at[i].node].offset = single.at[i].offset;
    for (ir_id id = 1; id < u->g->n; id++)
        if (u->value[id].takes_over) u->value[id].offset = u->value[u->value[id].takes_over].offset;
    return end;
}

/* ---- whole numbers among the others ---- */

static void see_unfit(void *user, struct unit *u, const struct access *a)
{
    const struct group *g = user;
    if (g->kind != GROUP_LOOPS || a->n_guards) u->value[a->base].within = false;
}

/* Arrays of whole numbers that loops alone make and read, element by element. Whether there are any. */
static bool find_within(struct unit *u)
{
    bool any = false;
    for (ir_id id = 1; id < u->g->n; id++) {
        struct value *v = &u->value[id];
        const struct ir_node *n = node_of(u, id);
        enum ir_class class = ir_ops[n->op].class;
        bool plain = v->reserved && v->root < 0 && !v->takes_over && !v->taken && n->shape->rank > 0;
        v->within = plain && n->type == IR_INT && (class == CLASS_MAP || class == CLASS_REDUCE);
    }
    for (uint32_t i = 0; i < u->groups.n; i++) {
        struct group *g = &u->groups.at[i];
        struct member whole = {g->node, -1};
        if (g->kind != GROUP_LOOPS) emit_member_reads(u, g, &whole, see_unfit, g);
        for (uint32_t p = 0; p < g->phases.n; p++)
            for (uint32_t k = 0; k < g->phases.at[p].members.n; k++)
                emit_member_reads(u, g, &g->phases.at[p].members.at[k], see_unfit, g);
    }
    for (ir_id id = 1; id < u->g->n; id++) any = any || u->value[id].within;
    return any;
}

static void lay_out_all(struct unit *u, const uint32_t *last, size_t *change)
{
    u->reals = lay_out(u, IR_REAL, last, change);
    u->ints = lay_out(u, IR_INT, last, change);
}

/* Whole numbers have an array of their own in the workspace, which is free when they are not in use. Where that is too
 * much, they lie among the others, and are copied in and out byte by byte: C has no other way to use memory for both. */
static void save_ints(struct unit *u, const uint32_t *last)
{
    size_t apart = emit_work_bytes(u), *change = arena_many(u->arena, size_t, u->groups.n + 1);
    bool file = u->o->style == EMIT_FILE && u->entry->kind >= ENTRY_FORWARD && !u->outer && !u->shared;
    if (!file || !u->ints || apart <= u->peak + u->peak / 16 || !find_within(u)) return;
    lay_out_all(u, last, change);
    if (emit_work_bytes(u) <= apart - apart / 32) return;
    for (ir_id id = 1; id < u->g->n; id++) u->value[id].within = false;
    lay_out_all(u, last, change);
}

void emit_lay_out(struct unit *u)
{
    size_t *change = arena_many(u->arena, size_t, u->groups.n + 1);
    const uint32_t *last = last_readers(u);
    lay_out_all(u, last, change);
    find_peak(u, change);
    save_ints(u, last);
}
