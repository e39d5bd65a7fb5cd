#include "codegen/draw/picture.h"

/* Calls of one level never overlap, so each node is in at most one of them. */
static void fold_calls(struct drawing *d, uint32_t *fold)
{
    const struct ir_program *p = d->program;
    for (uint32_t i = 0; i < p->calls.n; i++) {
        const struct ir_call *c = &p->calls.at[i];
        if (c->level != d->options.depth) continue;
        for (ir_id id = c->from; id < c->to; id++) fold[id] = i;
    }
}

uint32_t *folds_of(struct drawing *d)
{
    uint32_t n = d->program->graph->n, *fold = arena_many(d->arena, uint32_t, n);
    for (ir_id id = 0; id < n; id++) fold[id] = NONE;
    fold_calls(d, fold);
    return fold;
}
