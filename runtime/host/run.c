/* Calling a model's entry points: run-time dims worked out, inputs and outputs laid into the images, answers read. */
#include "runtime/host/host.h"

#include <string.h>

/* ---- run-time dims ---- */

/* The value of the one unknown dim d that gives axis size s `want`: sizes grow with their dims, so halving finds it. */
static int64_t solve_dim(const struct nngen_model *m, ir_size s, uint32_t d, int64_t want)
{
    const struct ir_sizes *sizes = m->program->tables->sizes;
    int64_t lo = 1, hi = m->program->dims.at[d].max;
    while (lo < hi) {
        m->now[d] = lo + (hi - lo) / 2;
        if (size_at(sizes, s, m->now) < want)
            lo = m->now[d] + 1;
        else
            hi = m->now[d];
    }
    m->now[d] = lo;
    bool found = size_at(sizes, s, m->now) == want;
    m->now[d] = 0;
    return found ? lo : 0;
}

/* Which dim alone of the unknown ones does this size depend on? -1: none, or several. */
static int only_unknown(const struct nngen_model *m, ir_size s)
{
    const struct ir_sizes *sizes = m->program->tables->sizes;
    int only = -1;
    for (uint32_t d = 0; d < m->program->dims.n; d++) {
        if (m->now[d]) continue;
        m->now[d] = 1;
        int64_t one = size_at(sizes, s, m->now);
        m->now[d] = 2;
        bool uses = size_at(sizes, s, m->now) != one;
        m->now[d] = 0;
        if (uses && only >= 0) return -1;
        if (uses) only = (int)d;
    }
    return only;
}

static bool learn_dims(struct nngen_model *m, enum where_from from)
{
    const struct ir_program *p = m->program;
    bool learned = false;
    for (uint32_t i = 0; i < p->inputs.n; i++) {
        const struct ir_array *a = &p->inputs.at[i];
        if (m->input[i].from != from) continue;
        for (unsigned k = 0; k < a->shape->rank; k++) {
            int64_t known;
            if (size_known(p->tables->sizes, a->shape->dim[k], &known)) continue;
            int d = only_unknown(m, a->shape->dim[k]);
            if (d < 0) continue;
            m->now[d] = solve_dim(m, a->shape->dim[k], (uint32_t)d, m->input[i].dim[k]);
            learned |= m->now[d] != 0;
        }
    }
    return learned;
}

bool model_dims(struct nngen_model *m)
{
    const struct ir_program *p = m->program;
    memcpy(m->now, m->dim, p->dims.n * sizeof *m->now);
    while (learn_dims(m, FROM_CALLER)) {}
    while (learn_dims(m, FROM_SAMPLE)) {}
    for (uint32_t d = 0; d < p->dims.n; d++)
        if (!m->now[d] && m->idle_dim && m->idle_dim[d])
            m->now[d] = 1;
        else if (!m->now[d]) {
            model_fail(m, "the size of %s is not known: set it, or an input that has it", p->dims.at[d].name);
            return false;
        }
    return true;
}

/* ---- inputs and outputs into their images ---- */

static bool check_input(struct nngen_model *m, uint32_t i)
{
    const struct ir_array *a = &m->program->inputs.at[i];
    const struct held *h = &m->input[i];
    if (h->from == FROM_NOWHERE && m->idle_input && m->idle_input[i]) return true;
    if (h->from == FROM_NOWHERE) {
        model_fail(m, "%s has no value and no sample", a->name);
        return false;
    }
    for (unsigned k = 0; k < a->shape->rank; k++) {
        int64_t want = size_at(m->program->tables->sizes, a->shape->dim[k], m->now);
        if (h->dim[k] == want) continue;
        char axes[128], has[128];
        axes_text(a, axes, sizeof axes);
        sizes_text(a->shape->rank, h->dim, has, sizeof has);
        model_fail(m, "%s%s: %s is %lld in this call, and its %s is %s%s", a->name, axes, a->axis[k] ? a->axis[k] : "the axis",
                   (long long)want, h->from == FROM_SAMPLE ? "sample" : "value", has,
                   h->from == FROM_SAMPLE ? ": set it as well" : "");
        return false;
    }
    return true;
}

static void lay_input(struct nngen_model *m, const struct abi_field *f)
{
    unsigned char *at = m->inputs + f->offset;
    const struct held *h = &m->input[f->index];
    if (!h->at) return; /* nobody reads it */
    if (f->type == ABI_REAL_PTR || f->type == ABI_INT_PTR)
        memcpy(at, &h->at, sizeof h->at);
    else
        memcpy(at, h->at, abi_bytes(m, f->type));
}

static bool lay_output(struct nngen_model *m, const struct abi_field *f)
{
    const struct ir_program *p = m->program;
    if (f->type != ABI_REAL_PTR && f->type != ABI_INT_PTR) return true;
    bool wrt = f->what == ABI_WRT;
    const struct ir_array *a = wrt ? &p->wrt.at[f->index] : &p->outputs.at[f->index];
    struct held *h = &m->output[wrt ? p->outputs.n + f->index : f->index];
    size_t n = (size_t)shape_count(p->tables, a->shape, m->now);
    if (held_room(m, h, n * abi_bytes(m, f->type))) return false;
    for (unsigned k = 0; k < a->shape->rank; k++) h->dim[k] = size_at(p->tables->sizes, a->shape->dim[k], m->now);
    memcpy(m->outputs + f->offset, &h->at, sizeof h->at);
    return true;
}

/* Inputs by value that are bound may have changed where they are. */
static void lay_values(struct nngen_model *m)
{
    const struct abi_struct *in = &m->code->abi->inputs;
    for (uint32_t i = 0; i < in->fields.n; i++)
        if (in->fields.at[i].what == ABI_INPUT) lay_input(m, &in->fields.at[i]);
}

static bool lay_all(struct nngen_model *m)
{
    const struct abi *abi = m->code->abi;
    if (!model_dims(m)) return false;
    for (uint32_t i = 0; i < m->program->inputs.n; i++)
        if (!check_input(m, i)) return false;
    for (uint32_t i = 0; i < abi->inputs.fields.n; i++) {
        const struct abi_field *f = &abi->inputs.fields.at[i];
        size_t size = f->what == ABI_DIM ? (size_t)m->now[f->index] : 0;
        if (f->what == ABI_DIM) memcpy(m->inputs + f->offset, &size, sizeof size);
        if (f->what == ABI_INPUT) lay_input(m, f);
    }
    for (uint32_t i = 0; i < abi->outputs.fields.n; i++) {
        const struct abi_field *f = &abi->outputs.fields.at[i];
        if ((f->what == ABI_OUTPUT || f->what == ABI_WRT) && !lay_output(m, f)) return false;
    }
    return true;
}

bool model_prepare(struct nngen_model *m)
{
    if (m->laid) { /* a step of a small model takes less time than working out what did not change */
        if (m->bound) lay_values(m);
        return true;
    }
    model_reads(m);
    m->laid = lay_all(m);
    model_has_read(m);
    return m->laid;
}

bool model_range_error(struct nngen_model *m)
{
    const struct ir_program *p = m->program;
    for (uint32_t i = 0; i < p->inputs.n; i++) {
        const struct ir_array *a = &p->inputs.at[i];
        if (a->type != IR_INT || !a->below || !m->input[i].at) continue;
        int64_t below = size_at(p->tables->sizes, a->below, m->now), n = shape_count(p->tables, a->shape, m->now);
        const int32_t *v = m->input[i].at;
        for (int64_t j = 0; j < n; j++) {
            if (v[j] >= 0 && v[j] < below) continue;
            char entry[128];
            entry_text(a->shape->rank, m->input[i].dim, j, entry, sizeof entry);
            model_fail(m, v[j] < 0 ? "%s: %s is %ld, must be 0 or more" : "%s: %s is %ld, must be below %lld", a->name, entry,
                       (long)v[j], (long long)below);
            return true;
        }
    }
    return false;
}

/* ---- calls ---- */

const char *const entry_word[ENTRY_KINDS] = {"init", "opt_init", "state_init", "forward", "grad", "step"};

typedef int init_entry(void *image, uint64_t seed);
typedef int opt_init_entry(void *opt);
typedef int forward_entry(const void *params, const void *in, void *out, void *work);
typedef int forward_state_entry(const void *params, void *state, const void *in, void *out, void *work);
typedef int grad_entry(const void *params, const void *in, void *out, void *gradients, void *work);
typedef int grad_state_entry(const void *params, void *state, const void *in, void *out, void *gradients, void *work);
typedef int step_entry(void *params, void *opt, const void *in, void *out, void *work);
typedef int step_state_entry(void *params, void *state, void *opt, const void *in, void *out, void *work);

/* The code of this entry point, which is made when it is called first, and room to work in. NULL after model_fail. */
static const struct code *ready_for(struct nngen_model *m, enum ir_entry_kind kind)
{
    const struct code *c = code_there(m->code, kind);
    if (!c) {
        double start = seconds_now();
        c = code_with(m->code, kind, m->error);
        m->seconds += seconds_now() - start;
    }
    if (c && c->work_bytes > m->work_bytes && !model_work_room(m, c->work_bytes)) {
        model_fail(m, "out of memory");
        return NULL;
    }
    return c;
}

/* The signatures of the emitted header. */
int code_call(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed)
{
    const struct code *c = ready_for(m, kind);
    if (!c) return STATUS_SAID;
    void (*f)(void) = c->entry[kind];
    bool state = m->program->states.n || m->program->has_random;
    switch (kind) {
    case ENTRY_INIT: return ((init_entry *)f)(m->params, seed);
    case ENTRY_OPT_INIT: return ((opt_init_entry *)f)(m->opt);
    case ENTRY_STATE_INIT: return ((init_entry *)f)(m->state, seed);
    case ENTRY_FORWARD:
        return state ? ((forward_state_entry *)f)(m->params, m->state, m->inputs, m->outputs, m->work)
                     : ((forward_entry *)f)(m->params, m->inputs, m->outputs, m->work);
    case ENTRY_GRAD:
        return state ? ((grad_state_entry *)f)(m->params, m->state, m->inputs, m->outputs, m->gradients, m->work)
                     : ((grad_entry *)f)(m->params, m->inputs, m->outputs, m->gradients, m->work);
    case ENTRY_STEP:
        return state ? ((step_state_entry *)f)(m->params, m->state, m->opt, m->inputs, m->outputs, m->work)
                     : ((step_entry *)f)(m->params, m->opt, m->inputs, m->outputs, m->work);
    default: return STATUS_NULL;
    }
}

int model_call(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed)
{
    if (m->tier) tier_choose(m, kind);
    int status = m->code->backend->call(m, kind, seed);
    if (status == STATUS_OK) return 0;
    if (status == STATUS_RANGE) {
        model_reads(m);
        bool found = model_range_error(m);
        model_has_read(m);
        if (found) return -1;
    }
    if (status == STATUS_SAID) return -1;
    return model_fail(m, "%s_%s refused its arguments (status %d): a bug of nngen", HOST_PREFIX, entry_word[kind], status);
}

int nngen_init(struct nngen_model *m, uint64_t seed)
{
    static const enum ir_entry_kind all[] = {ENTRY_INIT, ENTRY_OPT_INIT, ENTRY_STATE_INIT};
    if (!m) return -1;
    m->last = -1;
    for (int i = 0; i < 3; i++)
        if (m->code->entries[all[i]].present && model_call(m, all[i], seed)) return -1;
    course_begin(m);
    m->seed = seed;
    m->calls = m->first_tick = 0;
    m->ready = true;
    return 0;
}

int model_wake(struct nngen_model *m)
{
    return m->ready ? 0 : nngen_init(m, 1);
}

static int run(struct nngen_model *m, enum ir_entry_kind kind)
{
    if (!m) return -1;
    m->error[0] = 0;
    if (!m->code->entries[kind].present) {
        if (kind == ENTRY_STEP && m->code->entries[ENTRY_GRAD].present)
            return model_fail(m, "the model has no `train` line: there is no step");
        return model_fail(m, "error[%s]: the model has no loss and no single scalar output: add a loss", diag_info[E0502].code);
    }
    if (model_wake(m)) return -1;
    m->last = -1;
    if (!model_prepare(m)) return -1;
    if (model_call(m, kind, 0)) return -1;
    m->last = (int)kind;
    return 0;
}

int nngen_forward(struct nngen_model *m)
{
    return run(m, ENTRY_FORWARD);
}

int nngen_grad(struct nngen_model *m)
{
    return run(m, ENTRY_GRAD);
}

int nngen_step(struct nngen_model *m)
{
    return run(m, ENTRY_STEP);
}
