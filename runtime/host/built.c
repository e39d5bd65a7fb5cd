/* Models that were compiled into the host program: from the description that --desc emits to a program like any
 * other, but that there is no text, graph or tests to ask about. What the description says is what abi.h would lay
 * out; where the two differ the object comes from another version or another ABI, and is refused. */
#include "runtime/host/host.h"

#include <stdio.h>
#include <string.h>

struct reading {
    const nngen_desc *desc;
    struct nngen_program *p;
    struct ir_program *q;
    size_t first_dim;
    bool is_double;
    const char *why;
};

/* ---- sizes: "2*N - 1" over the run-time dims, as size_print writes them ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static const char *take_factor(const struct reading *r, const char *s, ir_size *out)
{
    struct ir_sizes *t = r->q->tables->sizes;
    size_t n = 0;
    *out = SIZE_BAD;
    if (is_digit(*s)) {
        int64_t v = 0;
        for (; is_digit(*s) && v < INT32_MAX; s++) v = v * 10 + (*s - '0');
        *out = size_const(t, v);
        return s;
    }
    while (is_letter(s[n])) n++;
    for (uint32_t d = 0; d < r->q->dims.n; d++)
        if (strlen(r->q->dims.at[d].name) == n && !strncmp(r->q->dims.at[d].name, s, n)) *out = size_of_dim(t, d);
    return s + n;
}

static ir_size read_size(const struct reading *r, const char *s)
{
    struct ir_sizes *t = r->q->tables->sizes;
    ir_size sum = 0;
    bool minus = *s == '-';
    if (minus) s++;
    for (;;) {
        ir_size term, factor;
        while (*s == ' ') s++;
        s = take_factor(r, s, &term);
        while (*s == '*') {
            s = take_factor(r, s + 1, &factor);
            term = size_mul(t, term, factor);
        }
        sum = minus ? size_sub(t, sum, term) : size_add(t, sum, term);
        while (*s == ' ') s++;
        if (!*s || sum == SIZE_BAD) return sum;
        minus = *s == '-';
        if (*s != '-' && *s != '+') return SIZE_BAD;
        s++;
    }
}

/* ---- arrays ---- */

static bool read_shape(struct reading *r, const nngen_array_desc *d, struct ir_array *a)
{
    ir_size dim[RANK_MAX];
    if (d->rank > RANK_MAX) return false;
    for (unsigned k = 0; k < d->rank; k++) {
        const nngen_axis *x = &d->axis[k];
        if (x->most < 1 || x->most > INT32_MAX || x->dim < -2 || x->dim >= (int)(r->first_dim + r->q->dims.n))
            return false;
        dim[k] = x->dim == -1   ? size_const(r->q->tables->sizes, (int64_t)x->most)
                 : x->dim == -2 ? read_size(r, x->text)
                                : size_of_dim(r->q->tables->sizes, (uint32_t)(x->dim - (int)r->first_dim));
        if (dim[k] == SIZE_BAD) return false;
        a->axis[k] = x->text;
    }
    a->shape = ir_shape_of(r->q->tables, d->rank, dim);
    return true;
}

static void put_slot(struct reading *r, const char *name)
{
    struct ir_train *t = &r->q->train;
    const char *param = r->q->params.at[0].name;
    size_t n = strlen(name), tail = strlen(param) + 1;
    if (n <= tail || strcmp(name + n - tail + 1, param)) return;
    const char *slot = arena_strndup(&r->p->context.arena, name, n - tail);
    vec_push(&r->p->context.arena, &t->slots, slot);
}

static bool read_array(struct reading *r, const nngen_array_desc *d)
{
    struct arena *a = &r->p->context.arena;
    struct ir_program *q = r->q;
    struct ir_array x = {.name = d->name, .type = d->type == NNGEN_INT32 ? IR_INT : IR_REAL};
    struct ir_number number = {d->name, 0};
    if (d->role != NNGEN_IS_DIM && !read_shape(r, d, &x)) return false;
    if (d->type == NNGEN_DOUBLE) r->is_double = true;
    if (x.type == IR_INT && d->below > 0) x.below = size_const(q->tables->sizes, d->below);
    switch (d->role) {
    case NNGEN_IS_INPUT:
        vec_push(a, &q->inputs, x);
        break;
    case NNGEN_IS_OUTPUT:
        vec_push(a, &q->outputs, x);
        break;
    case NNGEN_IS_GRADIENT:
        vec_push(a, &q->wrt, x);
        break;
    case NNGEN_IS_PARAM:
        vec_push(a, &q->params, x);
        break;
    case NNGEN_IS_STATE:
        vec_push(a, &q->states, x);
        break;
    case NNGEN_IS_SEED:
        q->has_random = true;
        break;
    case NNGEN_IS_NUMBER:
        vec_push(a, &q->train.numbers, number);
        break;
    case NNGEN_IS_SLOT:
        if (q->params.n) put_slot(r, d->name);
        break;
    default:
        break;
    }
    return true;
}

static bool read_dims(struct reading *r)
{
    const nngen_desc *d = r->desc;
    bool any = false;
    for (size_t i = 0; i < d->n_arrays; i++) {
        if (d->array[i].role != NNGEN_IS_DIM) continue;
        if (!any) r->first_dim = i;
        any = true;
        struct ir_dim dim = {.name = d->array[i].name, .max = d->array[i].below - 1};
        if (dim.max < 1) return false;
        vec_push(&r->p->context.arena, &r->q->dims, dim);
        size_new_dim(r->q->tables->sizes, dim.name, dim.max);
    }
    return true;
}

/* ---- entry points: what they make ---- */

static void put_roots(struct ir_entry *e, enum ir_role role, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) e->root[e->n_roots++] = (struct ir_root){role, i, 0};
}

static void make_roots(struct reading *r)
{
    struct arena *a = &r->p->context.arena;
    const struct ir_program *q = r->q;
    const nngen_desc *d = r->desc;
    const bool there[] = {d->init != NULL,    d->opt_init != NULL, d->state_init != NULL,
                          d->forward != NULL, d->grad != NULL,     d->step != NULL};
    for (int k = 0; k < ENTRY_KINDS; k++) {
        struct ir_entry *e = &r->p->k.entries[k];
        *e = (struct ir_entry){.kind = (enum ir_entry_kind)k, .present = there[k]};
        e->root = arena_many(a, struct ir_root, q->outputs.n + q->wrt.n + q->params.n);
        if (k >= ENTRY_FORWARD) put_roots(e, ROLE_OUTPUT, q->outputs.n);
        if (k >= ENTRY_GRAD) put_roots(e, ROLE_D_WRT, q->wrt.n);
        if (k == ENTRY_GRAD) put_roots(e, ROLE_D_PARAM, q->params.n);
    }
}

/* ---- the layout must be ours ---- */

static bool same_struct(const struct reading *r, const struct abi_struct *s, enum nngen_desc_place place, size_t size)
{
    uint32_t k = 0;
    if (s->size != size) return false;
    for (size_t i = 0; i < r->desc->n_arrays; i++) {
        const nngen_array_desc *d = &r->desc->array[i];
        if (d->place != place) continue;
        while (k < s->fields.n && s->fields.at[k].what == ABI_UNUSED) k++;
        if (k == s->fields.n || s->fields.at[k].offset != d->offset || (int)s->fields.at[k].what != (int)d->role)
            return false;
        k++;
    }
    return k == s->fields.n || s->fields.at[k].what == ABI_UNUSED;
}

static bool same_layout(const struct reading *r, const struct abi *abi)
{
    const nngen_desc *d = r->desc;
    return same_struct(r, &abi->params, NNGEN_IN_PARAMS, d->params_size) &&
           same_struct(r, &abi->state, NNGEN_IN_STATE, d->state_size) &&
           same_struct(r, &abi->opt, NNGEN_IN_OPT, d->opt_size) &&
           same_struct(r, &abi->inputs, NNGEN_IN_INPUTS, d->inputs_size) &&
           same_struct(r, &abi->outputs, NNGEN_IN_OUTPUTS, d->outputs_size);
}

static bool read_desc(struct reading *r)
{
    const nngen_desc *d = r->desc;
    struct ir_program *q = r->q;
    if (!read_dims(r)) return false;
    for (size_t i = 0; i < d->n_arrays; i++)
        if (!read_array(r, &d->array[i])) return false;
    q->train.present = d->opt_init != NULL;
    q->loss = -1;
    for (size_t i = 0, output = 0; i < d->n_arrays; i++) {
        if ((int)i == d->loss) q->loss = (int)output;
        output += d->array[i].role == NNGEN_IS_OUTPUT;
    }
    q->objective = d->grad ? 1 : 0; /* some node: that there is one is all that is asked */
    make_roots(r);
    return d->forward && same_layout(r, r->p->built_abi = abi_new(q, !r->is_double));
}

static void read_built(struct nngen_program *p, void *with)
{
    struct reading *r = with;
    struct arena *a = &p->context.arena;
    context_init(&p->context, a->oom);
    p->failed = NNGEN_BAD_MODEL;
    r->q = arena_new(a, struct ir_program);
    *r->q = (struct ir_program){.context = &p->context, .name = r->desc->name, .tables = ir_tables_new(a)};
    p->k.program = r->q;
    p->ok = read_desc(r);
    if (!p->ok) {
        diag_error(&p->context.diags, E0902, (struct span){0, 0}, "%s is described by another version of nngen",
                   r->desc->name);
        return;
    }
    p->failed = NNGEN_FINE;
    p->built = r->desc;
    program_name_the_rest(p);
}

struct nngen_program *nngen_built(const nngen_desc *desc)
{
    struct nngen_program *p = desc ? program_empty() : NULL;
    struct reading r = {.desc = desc, .p = p};
    if (p && !program_try(p, read_built, &r)) {
        p->ok = false;
        p->failed = NNGEN_NO_MEMORY;
    }
    if (p) p->n_diags = p->context.diags.list.n;
    return p;
}

/* ---- the backend ---- */

static int built_call(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed)
{
    const nngen_desc *d = m->owner->built;
    nngen_entry *const entry[] = {d->init, d->opt_init, d->state_init, d->forward, d->grad, d->step};
    nngen_call c = {m->params, m->state, m->opt, m->inputs, m->outputs, m->gradients, m->work, seed};
    return entry[kind](d, &c);
}

const struct backend backend_built = {.kind = NNGEN_BUILT, .name = "built", .call = built_call};
