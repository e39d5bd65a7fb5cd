#include "codegen/draw/picture.h"

#include <string.h>

/* Calls of one level never overlap, so each node is made in at most one of them. */
static void fold_calls(struct drawing *d)
{
    const struct ir_program *p = d->program;
    for (uint32_t i = 0; i < p->calls.n; i++) {
        const struct ir_call *c = &p->calls.at[i];
        if (c->level != d->options.depth) continue;
        for (ir_id id = c->from; id < c->to; id++) d->fold[id] = i;
    }
}

/* What is one operation by the name of its call is that operation, with the numbers that it was given: sqrt(16). */
static void unfold_operations(struct drawing *d)
{
    const struct ir_program *p = d->program;
    for (uint32_t i = 0; i < p->calls.n; i++) {
        const struct ir_call *c = &p->calls.at[i];
        uint32_t n = 0, named = 0;
        for (ir_id id = c->from; c->level == d->options.depth && id < c->to; id++) {
            const struct ir_node *node = ir_at(p->graph, id);
            if (is_plain(node) || d->stands_for[id] != id) continue;
            n++;
            named += !strcmp(ir_ops[node->op].name, c->name);
        }
        for (ir_id id = c->from; n == 1 && named == 1 && id < c->to; id++) d->fold[id] = NONE;
    }
}

/* Whatever a call works out of what is given to it, and of nothing that it owns. */
static void find_inner(struct drawing *d)
{
    const struct ir_graph *g = d->program->graph;
    for (ir_id id = 1; id < g->n; id++) {
        const struct ir_node *n = ir_at(g, id);
        d->inner[id] = d->fold[id] != NONE && (ir_ops[n->op].class != CLASS_LEAF || !d->varies[id]);
        for (uint32_t i = 0; d->inner[id] && i < n->n_arg; i++) {
            ir_id x = n->arg[i];
            d->inner[id] = !ir_reads(n, i) || d->inner[x] || d->fold[x] != d->fold[id];
        }
    }
}

/* What a call returns is its own even where another that came first has worked it out on its way. */
static void claim_results(struct drawing *d)
{
    const struct ir_program *p = d->program;
    bool *returned = arena_many(d->arena, bool, p->graph->n);
    for (uint32_t i = 0; i < p->calls.n; i++) {
        const struct ir_call *c = &p->calls.at[i];
        for (uint32_t k = 0; c->level == d->options.depth && k < c->result.n; k++) {
            ir_id id = d->stands_for[c->result.at[k]];
            if (d->inner[id] && !returned[id]) d->fold[id] = i;
            returned[id] = true;
        }
    }
}

void draw_fold(struct drawing *d, bool take)
{
    uint32_t n = d->program->graph->n;
    d->fold = arena_many(d->arena, uint32_t, n);
    d->inner = arena_many(d->arena, bool, n);
    for (ir_id id = 0; id < n; id++) d->fold[id] = NONE;
    fold_calls(d);
    unfold_operations(d);
    find_inner(d);
    if (take) claim_results(d);
}
