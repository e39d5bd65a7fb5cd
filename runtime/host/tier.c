/* NNGEN_AUTO where there is libtcc: calls begin on its code at once; when a model has worked for a while a thread
 * builds the emitted text with `cc`, tries the result beside libtcc's, and hands it over if the two agree.
 *
 * Two compilers round differently. So that a run from one seed has the same numbers each time, what runs a call
 * follows from the number of steps done and nothing else, not from how long the build took: the code changes at a
 * step that the size of the program fixes, in a resumed run as in an uninterrupted one, and a model that comes there
 * early waits. Without `cc`, or where the two disagree, libtcc's code goes on; nobody is told. */
#include "codegen/ir/loop.h"
#include "runtime/host/host.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Some four seconds of libtcc's code, most of them time for the build; a model that ends sooner starts none. */
enum {
    SWAP_NS = 2000000000,
    BEGIN_SHARE = 16,
    SWAP_LEAST = 32,
    SWAP_MOST = 1 << 22,
    TRIED_DIM = 19,
    NODES_LARGE = 1 << 14
};

/* What a turn of all loops costs: about a nanosecond for so many multiply-adds or elements, and for so little text. */
static double work_of(const struct ir_graph *g)
{
    enum { PER_NS = 8, NODE_NS = 8 };
    struct ir_tables *t = g->tables;
    double ns = 0;
    for (ir_id id = 1; id < g->n; id++) {
        const struct ir_node *n = ir_at(g, id);
        double each = (double)size_bound(t->sizes, ir_elements(t, n->shape));
        if (is_loop(n)) {
            const struct ir_loop *l = ir_loop_of(g, id);
            ns += (double)size_bound(t->sizes, l->turns) * work_of(l->body); /* loops stand in few others */
            continue;
        }
        for (uint8_t label = 0; n->op == OP_contract && label < LABELS_MAX; label++) {
            const int64_t *a = n->attr + 3, na = n->attr[0], nb = n->attr[1], *out = a + na + nb;
            bool stays = false;
            for (int64_t k = 0; k < n->attr[2]; k++) stays = stays || out[k] == label;
            for (int64_t k = 0; k < na && !stays; k++)
                if (a[k] == label) each *= (double)size_bound(t->sizes, ir_at(g, n->arg[0])->shape->dim[k]);
        }
        ns += NODE_NS + each / PER_NS;
    }
    return ns;
}

void tier_plan(struct nngen_program *p, const struct code *first, bool single)
{
    struct tier *t = &p->tier[single];
    if (t->swap_at) return;
    static const enum ir_entry_kind most_telling[] = {ENTRY_STEP, ENTRY_GRAD, ENTRY_FORWARD};
    const struct ir_graph *g = NULL;
    for (int i = 0; i < 3 && !g; i++)
        if (first->entries[most_telling[i]].present) g = first->entries[most_telling[i]].graph;
    program_change(p); /* products of sizes are kept */
    double ns = 200 + (g ? work_of(g) : 0) + (double)first->abi->params.size / 8;
    program_changed(p);
    uint64_t n = (uint64_t)(2.0 * SWAP_NS / ns);
    t->swap_at = n < SWAP_LEAST ? SWAP_LEAST : n > SWAP_MOST ? SWAP_MOST : n;
    t->begin_at = t->swap_at / BEGIN_SHARE;
    if (g && g->n > NODES_LARGE) t->begin_at = t->swap_at = UINT64_MAX; /* gcc would take minutes */
    t->owner = p;
    t->single = single;
    t->first = first;
}

/* ---- do both codes agree? ---- */

struct trial {
    struct nngen_model *m[2];
    uint64_t random;
};

static double draw(struct trial *t)
{
    t->random = t->random * 6364136223846793005u + 1442695040888963407u;
    return (double)(t->random >> 11) * 0x1p-53;
}

static bool set_inputs(struct trial *t)
{
    const struct ir_program *p = t->m[0]->program;
    for (uint32_t d = 0; d < p->dims.n; d++)
        for (int k = 0; k < 2; k++)
            if (model_set_dim(t->m[k], d, p->dims.at[d].max < TRIED_DIM ? p->dims.at[d].max : TRIED_DIM))
                return false;
    if (!model_dims(t->m[0])) return false;
    for (uint32_t i = 0; i < p->inputs.n; i++) {
        const struct ir_array *a = &p->inputs.at[i];
        int64_t dims[RANK_MAX], n = shape_count(p->tables, a->shape, t->m[0]->now), samples = a->sample ? 1 : 0;
        double below = a->below ? (double)size_at(p->tables->sizes, a->below, t->m[0]->now) : 3;
        for (unsigned k = 0; k < a->shape->rank; k++) {
            dims[k] = size_at(p->tables->sizes, a->shape->dim[k], t->m[0]->now);
            samples *= a->sample_dim[k];
        }
        double *v = malloc(((size_t)n + 1) * sizeof *v);
        for (int64_t j = 0; v && j < n; j++)
            v[j] = samples             ? a->sample[j % samples]
                   : a->type == IR_INT ? floor(draw(t) * below)
                                       : 0.05 + 0.9 * draw(t);
        bool set = v && !model_set_input(t->m[0], i, v, dims) && !model_set_input(t->m[1], i, v, dims);
        free(v);
        if (!set) return false;
    }
    return true;
}

/* Both from the same numbers. Parameters are moved a little: equal ones make ties, which rounding decides. */
static void set_numbers(struct trial *t)
{
    struct nngen_model *a = t->m[0], *b = t->m[1];
    const struct abi *abi = a->code->abi;
    for (uint32_t i = 0; i < a->program->params.n; i++) {
        const struct abi_field *f = abi_find(&abi->params, ABI_PARAM, i);
        for (size_t j = 0; j < f->count; j++) {
            unsigned char *at = a->params + f->offset + j * a->real_bytes;
            double x;
            numbers_out(f->type, a->single, at, &x, 1);
            x += (draw(t) - 0.5) * 0.02 * (1 + fabs(x));
            numbers_in(f->type, a->single, at, &x, 1);
        }
    }
    memcpy(b->params, a->params, abi->params.size);
    memcpy(b->opt, a->opt, abi->opt.size);
    memcpy(b->state, a->state, abi->state.size);
}

static double element(const struct nngen_model *m, const void *at, size_t j)
{
    double x;
    numbers_out(ABI_REAL, m->single, (const unsigned char *)at + j * m->real_bytes, &x, 1);
    return x;
}

static double largest(const struct nngen_model *m, const void *at, size_t n, double so_far)
{
    for (size_t j = 0; j < n; j++) {
        double x = fabs(element(m, at, j));
        if (isfinite(x) && x > so_far) so_far = x;
    }
    return so_far;
}

/* Rounding apart; a few of many elements may have stood at a kink. */
static bool close_to(const struct trial *t, const void *a, const void *b, size_t n, double scale)
{
    double within = (scale + 1e-3) * (t->m[0]->single ? 2e-3 : 1e-9);
    size_t off = 0;
    for (size_t j = 0; j < n; j++) {
        double x = element(t->m[0], a, j), y = element(t->m[0], b, j);
        off += !(fabs(x - y) <= within || x == y || (isnan(x) && isnan(y)));
    }
    return off <= n / 200;
}

/* Arrays of the same size, in the order of the struct, compared with the scale of them all: some are noise and
 * nothing else. */
static bool images_agree(const struct trial *t, const struct abi_struct *s, enum abi_what what,
                         const unsigned char *a, const unsigned char *b)
{
    double scale = 0;
    for (uint32_t i = 0; i < s->fields.n; i++)
        if (s->fields.at[i].what == what)
            scale = largest(t->m[0], a + s->fields.at[i].offset, s->fields.at[i].count, scale);
    for (uint32_t i = 0; i < s->fields.n; i++) {
        const struct abi_field *f = &s->fields.at[i];
        if (f->what == what && !close_to(t, a + f->offset, b + f->offset, f->count, scale)) return false;
    }
    return true;
}

static bool outputs_agree(const struct trial *t)
{
    const struct abi_struct *s = &t->m[0]->code->abi->outputs;
    for (uint32_t i = 0; i < s->fields.n; i++) {
        const struct abi_field *f = &s->fields.at[i];
        const void *at[2] = {t->m[0]->outputs + f->offset, t->m[1]->outputs + f->offset};
        size_t n = 1;
        if (f->type != ABI_REAL && f->type != ABI_REAL_PTR) continue; /* whole numbers are made of comparisons */
        if (f->what == ABI_WRT && t->m[0]->last == ENTRY_FORWARD) continue;
        if (f->type == ABI_REAL_PTR) {
            const struct ir_program *p = t->m[0]->program;
            const struct ir_array *a = f->what == ABI_WRT ? &p->wrt.at[f->index] : &p->outputs.at[f->index];
            n = (size_t)shape_count(p->tables, a->shape, t->m[0]->now);
            for (int k = 0; k < 2; k++) memcpy(&at[k], at[k], sizeof at[k]);
        }
        if (!close_to(t, at[0], at[1], n, largest(t->m[0], at[0], n, 0))) return false;
    }
    return true;
}

static bool both(const struct trial *t, int (*call)(struct nngen_model *m))
{
    return !call(t->m[0]) && !call(t->m[1]);
}

static bool agree(struct trial *t)
{
    struct nngen_model *a = t->m[0], *b = t->m[1];
    const struct abi *abi = a->code->abi;
    const struct ir_entry *e = a->code->entries;
    if (model_wake(a) || model_wake(b)) return false;
    model_reads(a);
    bool set = set_inputs(t);
    set_numbers(t);
    model_has_read(a);
    if (!set || !both(t, nngen_forward) || !outputs_agree(t)) return false;
    if (e[ENTRY_GRAD].present && (!both(t, nngen_grad) || !outputs_agree(t) ||
                                  !images_agree(t, &abi->params, ABI_PARAM, a->gradients, b->gradients)))
        return false;
    if (e[ENTRY_STEP].present &&
        (!both(t, nngen_step) || !outputs_agree(t) || !images_agree(t, &abi->opt, ABI_SLOT, a->opt, b->opt)))
        return false;
    return images_agree(t, &abi->state, ABI_STATE, a->state, b->state);
}

static bool try_both(struct tier *t, const struct code *fast)
{
    struct trial q = {.random = 1};
    q.m[0] = model_make(t->owner, t->first, t->single);
    q.m[1] = model_make(t->owner, fast, t->single);
    bool good = q.m[0] && q.m[1] && agree(&q);
    nngen_model_free(q.m[0]);
    nngen_model_free(q.m[1]);
    return good;
}

/* ---- the thread ---- */

struct texts {
    bool single;
    const struct emitted *text;
};

static void emit_text(struct nngen_program *p, void *with)
{
    struct texts *q = with;
    q->text = code_text(p, p->k.program, p->k.entries, &backend_cc, q->single, code_kinds(p->k.entries));
}

/* Emission has the program to itself, the compiler has not: it may take seconds. */
static struct code *build_fast(struct tier *t)
{
    struct texts q = {.single = t->single};
    char why[ERROR_ROOM];
    if (!program_try(t->owner, emit_text, &q) || q.text->refused) return NULL;
    struct code *c = malloc(sizeof *c);
    if (!c) return NULL;
    *c = (struct code){.backend = &backend_cc,
                       .program = t->first->program,
                       .entries = t->first->entries,
                       .kinds = code_kinds(t->first->entries),
                       .abi = q.text->abi,
                       .work_bytes = q.text->work_bytes,
                       .stop = &t->stop};
    if (!backend_cc.build(c, q.text, why)) {
        free(c);
        return NULL;
    }
    if (try_both(t, c)) return c;
    code_free(c);
    return NULL;
}

static void *tier_thread(void *with)
{
    struct tier *t = with;
    struct code *fast = build_fast(t);
    pthread_mutex_lock(&t->stop.lock);
    t->fast = fast;
    t->finished = true;
    pthread_cond_broadcast(&t->change);
    pthread_mutex_unlock(&t->stop.lock);
    return NULL;
}

/* Signals stay the host's: the thread has them all blocked. */
static void begin(struct tier *t)
{
    pthread_mutex_lock(&t->stop.lock);
    if (!t->begun) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        t->begun = true;
        t->process = (long)getpid();
        t->threaded = !pthread_create(&t->thread, NULL, tier_thread, t);
        if (!t->threaded) t->finished = true;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_mutex_unlock(&t->stop.lock);
}

/* A process that was forked off meanwhile has the thread's notes and not the thread: it stays on libtcc. */
static const struct code *wait_for_fast(struct tier *t)
{
    begin(t);
    pthread_mutex_lock(&t->stop.lock);
    if (t->process != (long)getpid()) t->finished = true;
    while (!t->finished) pthread_cond_wait(&t->change, &t->stop.lock);
    pthread_mutex_unlock(&t->stop.lock);
    return t->fast;
}

void tier_end(struct tier *t)
{
    pthread_mutex_lock(&t->stop.lock);
    t->stop.asked = true;
    bool ours = t->threaded && t->process == (long)getpid();
    if (t->stop.child && ours) kill(-(pid_t)t->stop.child, SIGKILL);
    pthread_mutex_unlock(&t->stop.lock);
    if (ours) pthread_join(t->thread, NULL);
    code_free(t->fast);
    pthread_cond_destroy(&t->change);
    pthread_mutex_destroy(&t->stop.lock);
}

/* ---- models ---- */

uint64_t model_ticks(const struct nngen_model *m)
{
    const struct abi_field *f = abi_find(&m->code->abi->opt, ABI_TICK, 0);
    uint64_t n = 0;
    if (f) memcpy(&n, m->opt + f->offset, sizeof n);
    return n;
}

/* The code and room for what it works with. Without the room the model stays as it is. */
static void take_fast(struct nngen_model *m)
{
    const struct code *fast = wait_for_fast(m->tier);
    m->knows_fast = true;
    if (fast && fast->work_bytes > m->work_bytes && !model_work_room(m, fast->work_bytes)) return;
    m->fast = fast;
}

void tier_choose(struct nngen_model *m, enum ir_entry_kind kind)
{
    struct tier *t = m->tier;
    m->code = m->first; /* of the initialisers too: their numbers are a seed's */
    if (kind < ENTRY_FORWARD || program_is_tried())
        return; /* who has the program locked must not wait for the thread */
    uint64_t steps = model_ticks(m) - m->first_tick, n = steps ? steps : m->calls++;
    if (n < t->begin_at) return;
    if (n < t->swap_at) {
        if (!m->began) begin(t);
        m->began = true;
        return;
    }
    if (!m->knows_fast) take_fast(m);
    if (m->fast) m->code = m->fast;
}
