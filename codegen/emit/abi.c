#include "codegen/emit/abi.h"

#include "codegen/emit/spelling.h"

static const size_t width_of[] = {[ABI_REAL] = 0, [ABI_INT] = 4, [ABI_SIZE] = sizeof(size_t), [ABI_U64] = 8,
                                  [ABI_REAL_PTR] = sizeof(void *), [ABI_INT_PTR] = sizeof(void *)};

struct layout {
    struct arena *arena;
    struct ir_tables *tables;
    bool single;
};

static size_t width(const struct layout *l, enum abi_type type)
{
    return type == ABI_REAL ? l->single ? sizeof(float) : sizeof(double) : width_of[type];
}

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static void add(struct layout *l, struct abi_struct *s, enum abi_what what, uint32_t index, enum abi_type type,
                const char *path, size_t count)
{
    size_t w = width(l, type);
    struct abi_field f = {what, index, type, name_path(l->arena, path), round_up(s->size, w), count};
    s->size = f.offset + w * count;
    vec_push(l->arena, &s->fields, f);
    if (!s->first[what]) s->first[what] = s->fields.n;
}

/* A struct's size is a multiple of its widest member's; C has no empty structs. */
static void finish(struct layout *l, struct abi_struct *s)
{
    size_t most = 1;
    if (s->fields.n == 0) add(l, s, ABI_UNUSED, 0, ABI_REAL, "unused", 1);
    for (uint32_t i = 0; i < s->fields.n; i++) {
        size_t w = width(l, s->fields.at[i].type);
        if (w > most) most = w;
    }
    s->size = round_up(s->size, most);
}

static size_t count_of(struct layout *l, const struct ir_array *x)
{
    return (size_t)size_bound(l->tables->sizes, ir_elements(l->tables, x->shape));
}

static void add_held(struct layout *l, struct abi_struct *s, enum abi_what what, const ir_arrays *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        const struct ir_array *x = &list->at[i];
        add(l, s, what, i, x->type == IR_INT ? ABI_INT : ABI_REAL, x->name, count_of(l, x));
    }
}

/* By value where the rank is 0, else a pointer. */
static void add_passed(struct layout *l, struct abi_struct *s, enum abi_what what, const ir_arrays *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        const struct ir_array *x = &list->at[i];
        bool whole = x->type == IR_INT;
        if (x->shape->rank == 0)
            add(l, s, what, i, whole ? ABI_INT : ABI_REAL, x->name, 1);
        else
            add(l, s, what, i, whole ? ABI_INT_PTR : ABI_REAL_PTR, x->name, 1);
    }
}

static void lay_opt(struct layout *l, const struct ir_program *p, struct abi_struct *s)
{
    const struct ir_train *t = &p->train;
    add(l, s, ABI_TICK, 0, ABI_U64, "t", 1);
    for (uint32_t i = 0; i < t->numbers.n; i++) add(l, s, ABI_NUMBER, i, ABI_REAL, t->numbers.at[i].name, 1);
    for (uint32_t k = 0; k < t->slots.n; k++)
        for (uint32_t i = 0; i < p->params.n; i++) {
            const struct ir_array *x = &p->params.at[i];
            add(l, s, ABI_SLOT, k * p->params.n + i, ABI_REAL, arena_printf(l->arena, "%s.%s", t->slots.at[k], x->name),
                count_of(l, x));
        }
    finish(l, s);
}

struct abi *abi_new(const struct ir_program *p, bool single)
{
    struct layout l = {p->tables->arena, p->tables, single};
    struct abi *abi = arena_new(l.arena, struct abi);
    abi->single = single;
    add_held(&l, &abi->params, ABI_PARAM, &p->params);
    finish(&l, &abi->params);
    for (uint32_t i = 0; i < p->dims.n; i++) add(&l, &abi->inputs, ABI_DIM, i, ABI_SIZE, p->dims.at[i].name, 1);
    add_passed(&l, &abi->inputs, ABI_INPUT, &p->inputs);
    finish(&l, &abi->inputs);
    add_passed(&l, &abi->outputs, ABI_OUTPUT, &p->outputs);
    add_passed(&l, &abi->outputs, ABI_WRT, &p->wrt);
    finish(&l, &abi->outputs);
    if (p->train.present) lay_opt(&l, p, &abi->opt);
    add_held(&l, &abi->state, ABI_STATE, &p->states);
    if (p->has_random) {
        add(&l, &abi->state, ABI_SEED, 0, ABI_U64, "seed", 1);
        add(&l, &abi->state, ABI_CALLS, 0, ABI_U64, "calls", 1);
    }
    if (abi->state.fields.n) finish(&l, &abi->state);
    return abi;
}

const struct abi_field *abi_find(const struct abi_struct *s, enum abi_what what, uint32_t index)
{
    if (!s->first[what]) return NULL;
    uint32_t at = s->first[what] - 1 + index;
    return at < s->fields.n && s->fields.at[at].what == what ? &s->fields.at[at] : NULL;
}
