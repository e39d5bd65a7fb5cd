/* The description of a program that was compiled in process: what --desc emits, made of the same layout, with entry
 * points that find the code by the description they are given. A host with a loop over descriptions drives both
 * kinds. */
#include "runtime/host/host.h"

#include <stdlib.h>
#include <string.h>

struct described {
    nngen_desc desc; /* first: entry points are given its address */
    struct nngen_program *owner;
    const struct code *code;
};

/* ---- entry points ---- */

static int run_entry(const nngen_desc *d, const nngen_call *c, enum ir_entry_kind kind)
{
    const struct described *x = (const struct described *)(const void *)d;
    struct nngen_model m = {.owner = x->owner,
                            .program = x->owner->k.program,
                            .code = x->code,
                            .single = x->code->abi->single,
                            .params = c->params,
                            .state = c->state,
                            .opt = c->opt,
                            .inputs = (unsigned char *)c->inputs,
                            .outputs = c->outputs,
                            .gradients = c->gradients,
                            .work = c->work,
                            .work_bytes = SIZE_MAX}; /* the caller's: enough for all */
    return x->code->backend->call(&m, kind, c->seed);
}

static int run_init(const nngen_desc *d, const nngen_call *c)
{
    return run_entry(d, c, ENTRY_INIT);
}

static int run_opt_init(const nngen_desc *d, const nngen_call *c)
{
    return run_entry(d, c, ENTRY_OPT_INIT);
}

static int run_state_init(const nngen_desc *d, const nngen_call *c)
{
    return run_entry(d, c, ENTRY_STATE_INIT);
}

static int run_forward(const nngen_desc *d, const nngen_call *c)
{
    return run_entry(d, c, ENTRY_FORWARD);
}

static int run_grad(const nngen_desc *d, const nngen_call *c)
{
    return run_entry(d, c, ENTRY_GRAD);
}

static int run_step(const nngen_desc *d, const nngen_call *c)
{
    return run_entry(d, c, ENTRY_STEP);
}

/* ---- arrays: as codegen/emit/desc.c prints them ---- */

struct describing {
    struct nngen_program *p;
    const struct code *code;
    vec(nngen_array_desc) list;
    int first_dim; /* the array of the first run-time dim */
};

static const struct ir_array *array_of(const struct nngen_program *p, const struct abi_field *f)
{
    const struct ir_program *q = p->k.program;
    switch (f->what) {
    case ABI_INPUT:
        return &q->inputs.at[f->index];
    case ABI_OUTPUT:
        return &q->outputs.at[f->index];
    case ABI_WRT:
        return &q->wrt.at[f->index];
    case ABI_PARAM:
        return &q->params.at[f->index];
    case ABI_STATE:
        return &q->states.at[f->index];
    case ABI_SLOT:
        return &p->moments.at[f->index];
    case ABI_NUMBER:
        return &p->numbers.at[f->index];
    default:
        return NULL;
    }
}

static enum nngen_desc_type type_of(const struct abi *abi, enum abi_type type)
{
    switch (type) {
    case ABI_INT:
    case ABI_INT_PTR:
        return NNGEN_INT32;
    case ABI_U64:
        return NNGEN_UINT64;
    case ABI_SIZE:
        return NNGEN_SIZE;
    default:
        return abi->single ? NNGEN_FLOAT : NNGEN_DOUBLE;
    }
}

static nngen_axis axis_of(const struct describing *w, const struct ir_array *x, unsigned k)
{
    const struct ir_program *q = w->p->k.program;
    ir_size s = x->shape->dim[k];
    nngen_axis a = {x->axis[k], (size_t)size_bound(q->tables->sizes, s), -2};
    int64_t known;
    if (size_known(q->tables->sizes, s, &known)) a.dim = -1;
    for (uint32_t d = 0; a.dim == -2 && d < q->dims.n; d++)
        if (w->p->dim_size[d] == s) a.dim = w->first_dim + (int)d;
    if (a.text && a.dim != -2) return a;
    struct text said = text_new(&w->p->context.arena);
    size_print(q->tables->sizes, s, NULL, NULL, &said);
    a.text = said.s;
    return a;
}

static void put_array(struct describing *w, enum nngen_desc_place place, const struct abi_field *f)
{
    const struct ir_program *q = w->p->k.program;
    const struct ir_array *x = array_of(w->p, f);
    nngen_array_desc d = {.name = x                    ? x->name
                                  : f->what == ABI_DIM ? q->dims.at[f->index].name
                                                       : f->path,
                          .role = (enum nngen_desc_role)f->what,
                          .type = type_of(w->code->abi, f->type),
                          .place = place,
                          .offset = f->offset,
                          .pointer = f->type == ABI_REAL_PTR || f->type == ABI_INT_PTR};
    if (f->what == ABI_DIM) d.below = q->dims.at[f->index].max + 1;
    if (x && x->type == IR_INT && x->below) d.below = size_bound(q->tables->sizes, x->below);
    if (x && x->shape->rank) {
        nngen_axis *axis = arena_many(&w->p->context.arena, nngen_axis, x->shape->rank);
        d.rank = x->shape->rank;
        for (unsigned k = 0; k < d.rank; k++) axis[k] = axis_of(w, x, k);
        d.axis = axis;
    }
    vec_push(&w->p->context.arena, &w->list, d);
}

static void put_arrays(struct describing *w)
{
    const struct abi *abi = w->code->abi;
    const struct abi_struct *all[] = {&abi->params, &abi->state, &abi->opt, &abi->inputs, &abi->outputs};
    for (int place = 0; place < 5; place++) {
        if (place == NNGEN_IN_INPUTS) w->first_dim = (int)w->list.n;
        for (uint32_t i = 0; i < all[place]->fields.n; i++)
            if (all[place]->fields.at[i].what != ABI_UNUSED)
                put_array(w, (enum nngen_desc_place)place, &all[place]->fields.at[i]);
    }
}

struct wish {
    enum nngen_backend backend;
    bool single;
    struct described *made;
};

/* Makes what is to be called; the most bytes of workspace that one needs. 0 and why if one cannot be made. */
static size_t all_ready(const struct code *c, char why[ERROR_ROOM])
{
    size_t most = 0;
    for (int kind = 0; kind < ENTRY_KINDS; kind++) {
        if (!c->entries[kind].present) continue;
        const struct code *part = code_with(c, (enum ir_entry_kind)kind, why);
        if (!part) return 0;
        if (part->work_bytes > most) most = part->work_bytes;
    }
    return most;
}

static void describe(struct nngen_program *p, void *with)
{
    struct wish *q = with;
    char why[ERROR_ROOM] = "out of memory";
    struct described **kept = &p->described[q->backend][q->single];
    struct code **code = &p->code[q->backend][q->single];
    if (!*kept) {
        if (!*code) *code = code_new(p, p->k.program, p->k.entries, q->backend, q->single, why);
        if (*code && (*code)->backend == &backend_interp)
            strcpy(why, "the interpreter has no entry points to describe");
        if (!*code || (*code)->backend == &backend_interp) {
            program_complain(p, why);
            return;
        }
        size_t work_bytes = all_ready(*code, why);
        if (!work_bytes) {
            program_complain(p, why);
            return;
        }
        struct describing w = {.p = p, .code = *code};
        const struct abi *abi = w.code->abi;
        const struct ir_entry *e = w.code->entries;
        put_arrays(&w);
        struct described *d = arena_new(&p->context.arena, struct described);
        *d = (struct described){.owner = p, .code = w.code};
        int loss = p->k.program->loss, outputs = w.first_dim + (int)(p->k.program->dims.n + p->k.program->inputs.n);
        d->desc = (nngen_desc){p->k.program->name,
                               abi->params.size,
                               abi->state.size,
                               abi->opt.size,
                               abi->inputs.size,
                               abi->outputs.size,
                               work_bytes,
                               w.list.n,
                               w.list.at,
                               loss < 0 ? -1 : outputs + loss,
                               e[ENTRY_INIT].present ? run_init : NULL,
                               e[ENTRY_OPT_INIT].present ? run_opt_init : NULL,
                               e[ENTRY_STATE_INIT].present ? run_state_init : NULL,
                               run_forward,
                               e[ENTRY_GRAD].present ? run_grad : NULL,
                               e[ENTRY_STEP].present ? run_step : NULL};
        *kept = d;
    }
    q->made = *kept;
}

const nngen_desc *nngen_describe(struct nngen_program *p, enum nngen_backend backend, int f64)
{
    if (!nngen_ok(p) || (unsigned)backend >= BACKENDS) return NULL;
    if (p->built) return p->built;
    struct wish q = {.backend = backend, .single = !f64};
    program_try(p, describe, &q);
    return q.made ? &q.made->desc : NULL;
}
