/* What a compiled program holds, for whoever asks. */
#include "runtime/host/host.h"

#include <string.h>

static const ir_arrays *arrays_of(const struct nngen_program *owner, enum nngen_role role)
{
    const struct ir_program *p = owner->k.program;
    switch (role) {
    case NNGEN_INPUT: return &p->inputs;
    case NNGEN_PARAM: return &p->params;
    case NNGEN_STATE: return &p->states;
    case NNGEN_OUTPUT: return &p->outputs;
    case NNGEN_NUMBER: return &owner->numbers;
    case NNGEN_MOMENT: return &owner->moments;
    default: return NULL;
    }
}

size_t nngen_count(const struct nngen_program *p, enum nngen_role role)
{
    if (!nngen_ok(p)) return 0;
    const struct ir_program *q = p->k.program;
    if (role == NNGEN_GRADIENT) return q->objective ? (size_t)q->params.n + q->wrt.n : 0;
    const ir_arrays *list = arrays_of(p, role);
    return list ? list->n : 0;
}

static int64_t most(const struct nngen_program *p, ir_size size)
{
    pthread_rwlock_t *tables = (pthread_rwlock_t *)&p->tables; /* reading a program leaves it as it is */
    pthread_rwlock_rdlock(tables);
    int64_t n = size_bound(p->k.program->tables->sizes, size);
    pthread_rwlock_unlock(tables);
    return n;
}

int nngen_info(const struct nngen_program *p, enum nngen_role role, size_t i, struct nngen_info *info)
{
    *info = (struct nngen_info){.role = role};
    if (i >= nngen_count(p, role)) return -1;
    const struct ir_program *q = p->k.program;
    const struct ir_array *a;
    if (role == NNGEN_GRADIENT) /* of params first */
        a = i < q->params.n ? &q->params.at[i] : &q->wrt.at[i - q->params.n];
    else
        a = &arrays_of(p, role)->at[i];
    info->name = role == NNGEN_GRADIENT && i < q->params.n ? p->gradient_name[i] : a->name;
    info->doc = a->doc;
    info->is_int = a->type == IR_INT;
    info->below = a->type == IR_INT && a->below ? most(p, a->below) : 0;
    info->rank = a->shape->rank;
    for (unsigned k = 0; k < info->rank; k++) {
        info->most[k] = most(p, a->shape->dim[k]);
        info->axis[k] = a->axis[k];
    }
    info->is_loss = role == NNGEN_OUTPUT && q->loss == (int)i;
    info->has_sample = role == NNGEN_INPUT && a->sample != NULL;
    return 0;
}

const char *nngen_name(const struct nngen_program *p)
{
    return nngen_ok(p) ? p->k.program->name : "";
}

size_t nngen_dims(const struct nngen_program *p)
{
    return nngen_ok(p) ? p->k.program->dims.n : 0;
}

const char *nngen_dim_name(const struct nngen_program *p, size_t i)
{
    return i < nngen_dims(p) ? p->k.program->dims.at[i].name : NULL;
}

int64_t nngen_dim_max(const struct nngen_program *p, size_t i)
{
    return i < nngen_dims(p) ? p->k.program->dims.at[i].max : 0;
}

size_t nngen_parameters(const struct nngen_program *p)
{
    size_t sum = 0;
    if (!nngen_ok(p)) return 0;
    const struct ir_program *q = p->k.program;
    for (uint32_t i = 0; i < q->params.n; i++) {
        size_t n = 1;
        for (unsigned k = 0; k < q->params.at[i].shape->rank; k++)
            n *= (size_t)most(p, q->params.at[i].shape->dim[k]);
        sum += n;
    }
    return sum;
}

int nngen_has_gradient(const struct nngen_program *p)
{
    return nngen_ok(p) && p->k.entries[ENTRY_GRAD].present;
}

int nngen_has_step(const struct nngen_program *p)
{
    return nngen_ok(p) && p->k.entries[ENTRY_STEP].present;
}

size_t nngen_work_bytes(struct nngen_program *p)
{
    if (nngen_ok(p) && p->built) return p->built->work_size;
    if (!nngen_emit_h(p)) return 0;
    return p->file.text.work_bytes;
}

uint64_t nngen_multiply_adds(struct nngen_program *p)
{
    if (!nngen_emit_h(p)) return 0;
    static const enum ir_entry_kind most_telling[] = {ENTRY_STEP, ENTRY_GRAD, ENTRY_FORWARD};
    for (int i = 0; i < 3; i++)
        if (p->k.entries[most_telling[i]].present) return p->file.text.multiply_adds[most_telling[i]];
    return 0;
}
