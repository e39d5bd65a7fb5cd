/* Several models, one set of gradients: parameters that models share, elements where they lie, and the optimizer's
 * update on its own. The update is a program that reads gradients as inputs; a small model of it works on the
 * parameters and moments of the model that asks, on the same backend. */
#include "runtime/host/host.h"

#include <stdio.h>
#include <string.h>

struct making_updater {
    struct nngen_model *m;
    const char *why;
    char room[ERROR_ROOM];
};

static void make_updater(struct nngen_program *p, void *with)
{
    struct making_updater *q = with;
    struct nngen_model *m = q->m;
    struct update *u = &p->update;
    enum nngen_backend b = m->first->backend->kind;
    q->why = "out of memory";
    program_change(p);
    if (!u->made) u->program = update_program(p->k.program, u->entries);
    u->made = true;
    program_changed(p);
    if (!u->program) {
        q->why = "the optimizer draws random numbers: it is applied within a step only";
        return;
    }
    struct code **kept = &u->code[b][m->single];
    snprintf(q->room, sizeof q->room, "out of memory");
    if (!*kept) *kept = code_new(p, u->program, u->entries, b, m->single, q->room);
    q->why = q->room;
    if (*kept) m->updater = model_make(p, *kept, m->single);
    if (m->updater) m->updater->idle_dim = p->any_dim;
}

/* Gradients as they lie in the model, by value or by place. */
static void lay_gradients(struct nngen_model *m, struct nngen_model *u)
{
    for (uint32_t i = 0; i < u->program->inputs.n; i++) {
        const struct ir_shape *shape = u->program->inputs.at[i].shape;
        u->input[i].at = m->gradients + abi_find(&m->code->abi->params, ABI_PARAM, i)->offset;
        u->input[i].from = FROM_CALLER;
        for (unsigned k = 0; k < shape->rank; k++)
            u->input[i].dim[k] = size_bound(u->program->tables->sizes, shape->dim[k]);
    }
    memcpy(u->dim, m->now, m->program->dims.n * sizeof *u->dim);
    u->laid = false;
    u->params = m->params;
    u->opt = m->opt;
}

int nngen_apply(struct nngen_model *m)
{
    if (!m) return -1;
    m->error[0] = 0;
    if (!m->code->entries[ENTRY_STEP].present)
        return model_fail(m, "the model has no `train` line: there is no step");
    if (model_wake(m)) return -1;
    if (m->owner->built) return model_fail(m, "the optimizer of a built-in model is applied within a step only");
    if (!m->updater) {
        struct making_updater q = {.m = m};
        program_try(m->owner, make_updater, &q);
        if (!m->updater) return model_fail(m, "%s", q.why);
    }
    struct nngen_model *u = m->updater;
    model_reads(m);
    lay_gradients(m, u);
    model_has_read(m);
    if (!model_prepare(u) || model_call(u, ENTRY_STEP, 0)) return model_fail(m, "%s", u->error);
    return 0;
}

int nngen_share_params(struct nngen_model *m, struct nngen_model *from)
{
    if (!m) return -1;
    if (from && (from->owner != m->owner || from->single != m->single))
        return model_fail(m, "parameters are shared by models of one program and one precision");
    if (model_wake(m) || (from && model_wake(from))) return -1;
    m->params = from ? from->params : m->images[0].at;
    m->last = -1;
    return 0;
}
