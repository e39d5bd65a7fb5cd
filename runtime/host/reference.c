/* The backend of the reference interpreter: a model's images to doubles, one graph evaluated, and back. */
#include "runtime/host/host.h"

#include <string.h>

#define GOLDEN 0x9e3779b97f4a7c15u

static uint64_t mix(uint64_t z)
{
    z ^= z >> 30;
    z *= 0xbf58476d1ce4e5b9u;
    z ^= z >> 27;
    z *= 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t word_at(const unsigned char *image, const struct abi_field *f)
{
    uint64_t v = 0;
    if (f) memcpy(&v, image + f->offset, sizeof v);
    return v;
}

static void put_word(unsigned char *image, const struct abi_field *f, uint64_t v)
{
    if (f) memcpy(image + f->offset, &v, sizeof v);
}

static double *doubles(const struct nngen_model *m, struct arena *a, enum abi_type type, const void *from, size_t n)
{
    double *to = arena_many(a, double, n);
    numbers_out(type, m->single, from, to, n);
    return to;
}

static const double *field_doubles(const struct nngen_model *m, struct arena *a, const struct abi_struct *s,
                                   const unsigned char *image, enum abi_what what, uint32_t i)
{
    const struct abi_field *f = abi_find(s, what, i);
    return f ? doubles(m, a, f->type, image + f->offset, f->count) : NULL;
}

void model_env(const struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed, struct arena *a, struct interp_env *env)
{
    const struct ir_program *p = m->program;
    const struct abi *abi = m->code->abi;
    const double **in = arena_many(a, const double *, p->inputs.n), **param = arena_many(a, const double *, p->params.n);
    const double **state = arena_many(a, const double *, p->states.n);
    uint32_t n_slots = p->train.slots.n * p->params.n;
    const double **slot = arena_many(a, const double *, n_slots);
    double *number = arena_many(a, double, p->train.numbers.n);
    for (uint32_t i = 0; i < p->inputs.n; i++) {
        const struct held *h = &m->input[i];
        const struct ir_array *x = &p->inputs.at[i];
        int64_t n = 1;
        for (unsigned k = 0; k < x->shape->rank; k++) n *= h->dim[k];
        if (h->at) in[i] = doubles(m, a, x->type == IR_INT ? ABI_INT : ABI_REAL, h->at, (size_t)n);
    }
    for (uint32_t i = 0; i < p->params.n; i++) param[i] = field_doubles(m, a, &abi->params, m->params, ABI_PARAM, i);
    for (uint32_t i = 0; i < p->states.n; i++) state[i] = field_doubles(m, a, &abi->state, m->state, ABI_STATE, i);
    for (uint32_t i = 0; i < n_slots; i++) slot[i] = field_doubles(m, a, &abi->opt, m->opt, ABI_SLOT, i);
    for (uint32_t i = 0; i < p->train.numbers.n; i++) {
        const double *v = field_doubles(m, a, &abi->opt, m->opt, ABI_NUMBER, i);
        number[i] = v ? *v : p->train.numbers.at[i].value;
    }
    const struct abi_field *calls = abi_find(&abi->state, ABI_CALLS, 0), *seeded = abi_find(&abi->state, ABI_SEED, 0);
    bool initial = kind == ENTRY_INIT || kind == ENTRY_OPT_INIT || kind == ENTRY_STATE_INIT;
    *env = (struct interp_env){
        .dims = m->now, .inputs = in, .params = param, .states = state, .slots = slot, .numbers = number,
        .tick = (double)word_at(m->opt, abi_find(&abi->opt, ABI_TICK, 0)) + 1,
        .key = initial ? seed : mix(word_at(m->state, seeded) + GOLDEN * word_at(m->state, calls)),
        .n_params = p->params.n, .single = m->single};
}

/* A root's elements to where its role says. */
static void store(struct nngen_model *m, const struct ir_root *r, const double *value)
{
    static const struct {
        enum abi_what what;
    } field_of[] = {[ROLE_OUTPUT] = {ABI_OUTPUT}, [ROLE_D_PARAM] = {ABI_PARAM}, [ROLE_D_WRT] = {ABI_WRT},
                    [ROLE_PARAM] = {ABI_PARAM},   [ROLE_SLOT] = {ABI_SLOT},     [ROLE_STATE] = {ABI_STATE}};
    const struct abi *abi = m->code->abi;
    const struct abi_struct *s = &abi->params;
    unsigned char *image = m->params;
    if (r->role == ROLE_D_PARAM) image = m->gradients;
    if (r->role == ROLE_SLOT) s = &abi->opt, image = m->opt;
    if (r->role == ROLE_STATE) s = &abi->state, image = m->state;
    if (r->role == ROLE_OUTPUT || r->role == ROLE_D_WRT) s = &abi->outputs, image = m->outputs;
    const struct abi_field *f = abi_find(s, field_of[r->role].what, r->index);
    if (!f) return;
    if (f->type == ABI_REAL_PTR || f->type == ABI_INT_PTR) {
        const struct ir_program *p = m->program;
        bool wrt = r->role == ROLE_D_WRT;
        const struct ir_array *a = wrt ? &p->wrt.at[r->index] : &p->outputs.at[r->index];
        void *to;
        memcpy(&to, image + f->offset, sizeof to);
        numbers_in(f->type, m->single, to, value, (size_t)shape_count(p->tables, a->shape, m->now));
    } else
        numbers_in(f->type, m->single, image + f->offset, value, f->count);
}

static void count_call(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed)
{
    const struct abi *abi = m->code->abi;
    const struct abi_field *calls = abi_find(&abi->state, ABI_CALLS, 0), *tick = abi_find(&abi->opt, ABI_TICK, 0);
    if (kind == ENTRY_STATE_INIT) {
        put_word(m->state, abi_find(&abi->state, ABI_SEED, 0), seed);
        put_word(m->state, calls, 0);
    }
    if (kind == ENTRY_OPT_INIT) {
        put_word(m->opt, tick, 0);
        for (uint32_t i = 0; i < m->program->train.numbers.n; i++) {
            const struct abi_field *f = abi_find(&abi->opt, ABI_NUMBER, i);
            if (f) numbers_in(f->type, m->single, m->opt + f->offset, &m->program->train.numbers.at[i].value, 1);
        }
    }
    if (kind == ENTRY_STEP) put_word(m->opt, tick, word_at(m->opt, tick) + 1);
    if (kind == ENTRY_FORWARD || kind == ENTRY_GRAD || kind == ENTRY_STEP)
        put_word(m->state, calls, word_at(m->state, calls) + 1);
}

static int evaluate(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed, struct arena *a)
{
    const struct ir_entry *e = &m->code->entries[kind];
    struct interp_env env;
    const char *why = "";
    bool call = kind == ENTRY_FORWARD || kind == ENTRY_GRAD || kind == ENTRY_STEP;
    if (call && model_range_error(m)) return STATUS_SAID;
    model_env(m, kind, seed, a, &env);
    ir_id *root = arena_many(a, ir_id, e->n_roots);
    double **value = arena_many(a, double *, e->n_roots);
    for (uint32_t i = 0; i < e->n_roots; i++) root[i] = e->root[i].node;
    if (!interp_run(e->graph, &env, root, e->n_roots, a, value, &why)) {
        model_fail(m, "%s", why);
        return STATUS_SAID;
    }
    for (uint32_t i = 0; i < e->n_roots; i++) store(m, &e->root[i], value[i]);
    count_call(m, kind, seed);
    return STATUS_OK;
}

static int interp_call(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed)
{
    jmp_buf oom;
    struct arena a;
    arena_init(&a, &oom);
    volatile int status = STATUS_SAID;
    model_reads(m);
    if (setjmp(oom) == 0)
        status = evaluate(m, kind, seed, &a);
    else
        model_fail(m, "out of memory");
    model_has_read(m);
    arena_free(&a);
    return status;
}

const struct backend backend_interp = {.kind = NNGEN_INTERP, .name = "interp", .call = interp_call};
