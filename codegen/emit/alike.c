/* The entry point of gradients computes all outputs first. Where a program is so long that it is cut into parts, these parts
 * are functions of their own, and the entry point of outputs is made of them too: half the text for the same work. */
#include "codegen/emit/unit.h"

#include <string.h>

enum { ELEMENTS_MOST = 8 }; /* on average: where arrays are large, a plan of its own keeps the outputs' memory small */

/* The same node, its arguments mapped. */
static bool same_node(const struct ir_node *a, const struct ir_node *b, const ir_id *map)
{
    if (a->op != b->op || a->type != b->type || a->shape != b->shape || a->n_arg != b->n_arg || a->n_attr != b->n_attr) return false;
    for (uint32_t i = 0; i < a->n_arg; i++)
        if (map[a->arg[i]] != b->arg[i]) return false;
    return !a->n_attr || memcmp(a->attr, b->attr, a->n_attr * sizeof *a->attr) == 0;
}

/* Both graphs were made from one, in its order: the nodes of the smaller are found in the larger one by one. */
static ir_id *find_all(const struct unit *u, const struct ir_graph *small)
{
    ir_id *map = arena_many(u->arena, ir_id, small->n), at = 1;
    for (ir_id id = 1; id < small->n; id++, at++) {
        while (at < u->g->n && !same_node(ir_at(small, id), ir_at(u->g, at), map)) at++;
        if (at == u->g->n) return NULL;
        map[id] = at;
    }
    return map;
}

static bool is_outer_root(const struct ir_root *r)
{
    return r->role == ROLE_OUTPUT || r->role == ROLE_STATE;
}

/* Roots of both stand in the same order. */
static bool same_roots(const struct unit *u, const struct ir_entry *forward, const ir_id *map)
{
    const struct ir_root *r = u->entry->root, *end = r + u->entry->n_roots;
    for (uint32_t i = 0; i < forward->n_roots; i++, r++) {
        const struct ir_root *f = &forward->root[i];
        while (r < end && (r->role != f->role || r->index != f->index)) r++;
        if (r == end || r->node != map[f->node]) return false;
    }
    return true;
}

void emit_find_alike(struct unit *u, const struct ir_entry *forward)
{
    uint64_t n = 0, elements = 0;
    if (!forward) return;
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct ir_node *node = ir_at(u->g, id);
        if (!u->value[id].held) continue;
        n++;
        elements += node->shape->rank ? (uint64_t)size_bound(u->sizes, ir_elements(u->g->tables, node->shape)) : 1;
    }
    if (n <= WHOLE_WEIGHT || elements > ELEMENTS_MOST * n) return;
    const ir_id *map = find_all(u, forward->graph);
    if (!map || !same_roots(u, forward, map)) return;
    for (ir_id id = 1; id < forward->graph->n; id++) u->value[map[id]].alike = true;
    u->alike_end = map[forward->graph->n - 1];
}

/* What the groups before `end` write is the outputs' and the state's, and no other group writes those. */
bool emit_is_alike(const struct unit *u, uint32_t end)
{
    for (uint32_t i = 0; i < u->groups.n; i++) {
        const struct group *g = &u->groups.at[i];
        for (uint32_t p = 0; p < g->phases.n; p++)
            for (uint32_t k = 0; k < g->phases.at[p].members.n; k++) {
                int32_t copy = g->phases.at[p].members.at[k].copy_to;
                if (copy >= 0 && is_outer_root(&u->entry->root[copy]) != (i < end)) return false;
            }
    }
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct value *v = &u->value[id];
        if (!v->needed || !v->held) continue;
        if (v->alike && v->group >= end) return false;
        if (v->root >= 0 && is_outer_root(&u->entry->root[v->root]) != (v->group < end)) return false;
    }
    return true;
}
