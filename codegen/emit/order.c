/* The order of groups. They come as the program is written; one that gives back more memory than it takes goes as early as
 * what it reads and overwrites lets it, so that a gradient is used up where it is made. */
#include "codegen/emit/unit.h"

#include <string.h>

/* Of longer programs, numbers one by one, the order matters little and the search much. */
enum { GROUPS_MOST = 2000 };

static size_t bytes_of(const struct unit *u, ir_id id)
{
    const struct ir_node *n = ir_at(u->g, id);
    size_t real = u->o->single ? 4 : 8;
    return (size_t)size_bound(u->sizes, ir_elements(u->g->tables, n->shape)) * (n->type == IR_INT ? 4 : real);
}

/* ---- which group must come after which ---- */

typedef vec(uint32_t) numbers;

struct bonds {
    bool *after; /* [i * n + k]: group i reads what group k makes, or overwrites what it reads */
    uint32_t n, here;
    numbers *readers; /* by root: the groups that read the array which it replaces */
};

static void see_bond(void *user, struct unit *u, const struct access *a)
{
    struct bonds *b = user;
    if (u->value[a->base].held) {
        b->after[b->here * b->n + u->value[a->base].group] = true;
        return;
    }
    int32_t r = emit_replacing_root(u, ir_at(u->g, a->base));
    if (r >= 0) vec_push(u->arena, &b->readers[r], b->here);
}

/* Calls `see` for each member of the group, one that stands for the group itself included. */
static void each_member(struct unit *u, uint32_t i, void (*see)(struct bonds *, struct unit *, const struct member *), struct bonds *b)
{
    const struct group *g = &u->groups.at[i];
    struct member whole = {g->node, -1};
    b->here = i;
    if (g->kind != GROUP_LOOPS) see(b, u, &whole);
    for (uint32_t p = 0; p < g->phases.n; p++)
        for (uint32_t k = 0; k < g->phases.at[p].members.n; k++) see(b, u, &g->phases.at[p].members.at[k]);
}

static void note_reads(struct bonds *b, struct unit *u, const struct member *m)
{
    emit_member_reads(u, &u->groups.at[b->here], m, see_bond, b);
}

static void note_writes(struct bonds *b, struct unit *u, const struct member *m)
{
    int32_t r = m->copy_to >= 0 ? m->copy_to : u->value[m->node].root;
    if (r < 0 || !u->root[r].replaces) return;
    for (uint32_t i = 0; i < b->readers[r].n; i++) b->after[b->here * b->n + b->readers[r].at[i]] = true;
}

static struct bonds find_bonds(struct unit *u)
{
    uint32_t n = u->groups.n;
    struct bonds b = {.n = n, .after = arena_many(u->arena, bool, (size_t)n * n), .readers = arena_many(u->arena, numbers, u->entry->n_roots + 1)};
    for (uint32_t i = 0; i < n; i++) each_member(u, i, note_reads, &b);
    for (uint32_t i = 0; i < n; i++) each_member(u, i, note_writes, &b);
    return b;
}

/* ---- the order ---- */

/* What is free once the group is done, less what it has made for others. */
static bool *find_givers(struct unit *u)
{
    size_t *gives = arena_many(u->arena, size_t, u->groups.n), *takes = arena_many(u->arena, size_t, u->groups.n);
    bool *giver = arena_many(u->arena, bool, u->groups.n);
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct value *v = &u->value[id];
        if (!v->reserved) continue;
        takes[v->group] += bytes_of(u, id);
        gives[v->last] += bytes_of(u, id);
    }
    for (uint32_t i = 0; i < u->groups.n; i++) giver[i] = gives[i] > takes[i] && u->groups.at[i].kind != GROUP_TURNS;
    return giver;
}

void emit_put_in_order(struct unit *u, const uint32_t *order)
{
    uint32_t n = u->groups.n, *place = arena_many(u->arena, uint32_t, n);
    struct group *old = arena_many(u->arena, struct group, n);
    memcpy(old, u->groups.at, n * sizeof *old);
    for (uint32_t i = 0; i < n; i++) {
        u->groups.at[i] = old[order[i]];
        place[order[i]] = i;
    }
    for (ir_id id = 1; id < u->g->n; id++)
        if (u->value[id].needed && u->value[id].held) u->value[id].group = place[u->value[id].group];
}

const uint32_t *emit_order(struct unit *u, const uint32_t **back)
{
    uint32_t n = u->groups.n;
    if (u->outer || u->n_parts > 1 || n < 2 || n > GROUPS_MOST) return NULL;
    struct bonds b = find_bonds(u);
    const bool *giver = find_givers(u);
    uint32_t *order = arena_many(u->arena, uint32_t, n), *place = arena_many(u->arena, uint32_t, n);
    bool moved = false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = i;
        while (giver[i] && at > u->alike_groups && !b.after[i * n + order[at - 1]]) at--;
        while (at < i && giver[order[at]]) at++; /* they are as early as they can be, and stay as they were written */
        memmove(order + at + 1, order + at, (i - at) * sizeof *order);
        order[at] = i;
        moved = moved || at < i;
    }
    for (uint32_t i = 0; i < n; i++) place[order[i]] = i;
    *back = place;
    return moved ? order : NULL;
}
