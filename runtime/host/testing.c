/* The program's own tests: stage by stage, the expectations of one stage being the outputs of a program of its own. */
#include "runtime/host/host.h"

#include <math.h>
#include <string.h>

/* What a test has set so far lives in a model of the whole program on the interpreter; every stage's model, on the backend
 * under test, starts as a copy of it. */
struct testing {
    const struct ir_test *test;
    enum nngen_backend backend;
    bool single;                 /* the stages compute in float */
    struct nngen_model *setting; /* f64, interpreter */
    struct nngen_model *stage;
    struct arena arena;          /* of one test */
    struct diags diags;
    const char *message;         /* of the failures, printed */
    uint32_t failures;
    bool broken;                 /* the backend failed: no verdict */
    struct stages *collect;      /* stages are not run but taken down here */
    char why[ERROR_ROOM];
};

/* ---- settings ---- */

static bool set_value(struct testing *t, const struct ir_setting *s, const double *value, const int64_t *dims)
{
    struct nngen_model *m = t->setting;
    const struct ir_program *p = m->program;
    if (s->what == SET_DIM) return model_set_dim(m, s->index, (int64_t)*value) == 0;
    if (s->what == SET_INPUT) return model_set_input(m, s->index, value, dims) == 0;
    const struct ir_array *a = s->what == SET_PARAM ? &p->params.at[s->index] : &p->states.at[s->index];
    return nngen_set(m, a->name, value, dims, a->shape->rank) == 0;
}

/* The value under what is set so far; its sizes, known ones or of present run-time dims, set those of the input. */
static bool apply_setting(struct testing *t, const struct ir_setting *s)
{
    struct nngen_model *m = t->setting;
    const struct ir_program *p = m->program;
    const struct ir_shape *shape = ir_at(p->graph, s->value)->shape;
    struct interp_env env;
    double *value;
    const char *why = "";
    int64_t dims[RANK_MAX], known;
    bool all_known = true;
    for (unsigned k = 0; k < shape->rank; k++) all_known &= size_known(p->tables->sizes, shape->dim[k], &known);
    bool resolved = model_dims(m);
    if (!resolved && !all_known) {
        diag_error(&t->diags, E0801, s->at, "%s", m->error);
        return false;
    }
    for (unsigned k = 0; k < shape->rank; k++) dims[k] = size_at(p->tables->sizes, shape->dim[k], m->now);
    model_env(m, ENTRY_FORWARD, 0, &t->arena, &env);
    if (!interp_run(p->graph, &env, &s->value, 1, &t->arena, &value, &why)) {
        diag_error(&t->diags, E0904, s->at, "the value cannot be computed: %s", why);
        return false;
    }
    if (set_value(t, s, value, dims)) return true;
    diag_error(&t->diags, E0801, s->at, "%s", m->error);
    return false;
}

/* Everything that is set, into the stage's model. Both programs number inputs, params and states alike. */
static bool copy_settings(const struct nngen_model *from, struct nngen_model *to, struct arena *a)
{
    const struct ir_program *p = from->program;
    struct interp_env env;
    memcpy(to->dim, from->dim, p->dims.n * sizeof *to->dim);
    model_env(from, ENTRY_FORWARD, 0, a, &env);
    for (uint32_t i = 0; i < p->inputs.n; i++)
        if (from->input[i].from == FROM_CALLER && model_set_input(to, i, env.inputs[i], from->input[i].dim)) return false;
    memcpy(to->dim, from->dim, p->dims.n * sizeof *to->dim); /* what was set last holds */
    to->laid = false;
    if (nngen_init(to, 1)) return false;
    for (int what = 0; what < 2; what++) {
        const ir_arrays *list = what ? &p->states : &p->params;
        const struct abi_struct *s = what ? &to->code->abi->state : &to->code->abi->params;
        unsigned char *image = what ? to->state : to->params;
        for (uint32_t i = 0; i < list->n; i++) {
            const struct abi_field *f = abi_find(s, what ? ABI_STATE : ABI_PARAM, i);
            numbers_in(f->type, to->single, image + f->offset, what ? env.states[i] : env.params[i], f->count);
        }
    }
    return true;
}

/* ---- expectations ---- */

struct values {
    const double *at; /* NULL: the expectation has none */
    int64_t n, dims[RANK_MAX];
    unsigned rank;
};

static bool fetch(struct testing *t, uint32_t expect, char which, struct values *v)
{
    char name[24];
    struct text text = text_new(&t->arena);
    text_printf(&text, "%c%u", which, expect);
    if (text.n >= sizeof name) return false;
    memcpy(name, text.s, text.n + 1);
    int rank = nngen_get(t->stage, name, NULL, 0, v->dims);
    if (rank < 0) return false;
    v->rank = (unsigned)rank;
    v->n = 1;
    for (int k = 0; k < rank; k++) v->n *= v->dims[k];
    double *at = arena_many(&t->arena, double, (size_t)v->n);
    v->at = at;
    return nngen_get(t->stage, name, at, (size_t)v->n, NULL) >= 0;
}

static bool same_sizes(const struct values *a, const struct values *b)
{
    return b->rank == 0 || (a->rank == b->rank && !memcmp(a->dims, b->dims, a->rank * sizeof *a->dims));
}

/* How far a is beyond what is allowed: 0 if equal enough. nan equals nan, inf equals inf. */
static double excess(double a, double b, double allowed)
{
    if (a == b || (isnan(a) && isnan(b))) return 0;
    double off = fabs(a - b);
    if (off <= allowed) return 0;
    return isnan(off) || isinf(off) ? INFINITY : off;
}

static const char *number_text(struct arena *a, double x, bool single)
{
    struct text t = text_new(a);
    text_number(&t, x, single);
    return t.s;
}

static double allowed_for(const struct testing *t, const struct values *q, int64_t i, double b)
{
    double size = fabs(b) > 1 && isfinite(b) ? fabs(b) : 1, allowed = q->at ? q->at[q->rank ? i : 0] : 1e-9 * size;
    if (t->single && allowed < 1e-5 * size) allowed = 1e-5 * size;
    return allowed;
}

/* The text without its word. */
static const char *wanted(const struct ir_expect *e)
{
    const char *s = e->text;
    if (strncmp(s, "expect", 6)) return s;
    return s + 6 + strspn(s + 6, " \t");
}

/* The worst element of an expectation that fails becomes its message. */
static void judge(struct testing *t, const struct ir_expect *e, const struct values *a, const struct values *b,
                  const struct values *q)
{
    int64_t worst = -1;
    double most = 0;
    for (int64_t i = 0; i < a->n; i++) {
        double by = b->at ? b->at[b->rank ? i : 0] : 0;
        double off = b->at ? excess(a->at[i], by, allowed_for(t, q, i, by)) : isnan(a->at[i]) || a->at[i] == 0;
        if (off <= most) continue;
        most = off;
        worst = i;
    }
    if (worst < 0) return;
    char entry[128] = "", where[160] = "";
    if (a->rank) entry_text(a->rank, a->dims, worst, entry, sizeof entry);
    if (a->rank) strcat(strcpy(where, " at "), entry);
    const char *found = number_text(&t->arena, a->at[worst], t->single), *text = wanted(e);
    if (!b->at)
        diag_error(&t->diags, E0904, e->at, "`%s` does not hold%s", text, where);
    else if (!a->rank)
        diag_error(&t->diags, E0904, e->at, "`%s` expected, %s found", text, found);
    else
        diag_error(&t->diags, E0904, e->at, "`%s` expected, %s found%s in place of %s", text, found, where,
                   number_text(&t->arena, b->at[b->rank ? worst : 0], t->single));
}

static bool judge_all(struct testing *t, const struct ir_stage *stage)
{
    for (uint32_t i = 0; i < stage->expects.n; i++) {
        const struct ir_expect *e = &stage->expects.at[i];
        struct values a = {0}, b = {0}, q = {0};
        if (!fetch(t, i, 'e', &a) || (e->equal && !fetch(t, i, 'q', &b)) || (e->tolerance && !fetch(t, i, 't', &q))) return false;
        if ((b.at && !same_sizes(&a, &b)) || (q.at && !same_sizes(&a, &q))) {
            char left[128], right[128];
            sizes_text(a.rank, a.dims, left, sizeof left);
            sizes_text(b.rank, b.dims, right, sizeof right);
            diag_error(&t->diags, E0904, e->at, "`%s` compares %s with %s", wanted(e), left, right);
            continue;
        }
        judge(t, e, &a, &b, &q);
    }
    return true;
}

/* ---- running ---- */

static bool mentions(const struct ir_tables *t, const struct ir_node *n, const int64_t *ones, const int64_t *two)
{
    if (n->op == OP_dimval) return size_at(t->sizes, (ir_size)n->attr[0], ones) != size_at(t->sizes, (ir_size)n->attr[0], two);
    for (unsigned k = 0; k < n->shape->rank; k++)
        if (size_at(t->sizes, n->shape->dim[k], ones) != size_at(t->sizes, n->shape->dim[k], two)) return true;
    return false;
}

/* A test says what its expectations need, and need not know what else the model reads. */
static void find_idle(struct testing *t, const struct ir_program *q, const struct ir_graph *g)
{
    bool *input = arena_many(&t->arena, bool, q->inputs.n), *dim = arena_many(&t->arena, bool, q->dims.n);
    int64_t *ones = arena_many(&t->arena, int64_t, q->dims.n), *two = arena_many(&t->arena, int64_t, q->dims.n);
    for (uint32_t i = 0; i < q->inputs.n; i++) input[i] = true;
    for (uint32_t d = 0; d < q->dims.n; d++) ones[d] = two[d] = 1;
    for (ir_id id = 1; id < g->n; id++)
        if (ir_at(g, id)->op == OP_input) input[ir_at(g, id)->attr[0]] = false;
    for (uint32_t d = 0; d < q->dims.n; d++) {
        two[d] = 2;
        dim[d] = true;
        for (ir_id id = 1; dim[d] && id < g->n; id++) dim[d] = !mentions(q->tables, ir_at(g, id), ones, two);
        two[d] = 1;
    }
    t->stage->idle_input = input;
    t->stage->idle_dim = dim;
}

/* Did this or an earlier setting of the test set it? */
static bool is_set(const struct testing *t, const struct ir_stage *last, int what, uint32_t index)
{
    for (uint32_t i = 0; i < t->test->stages.n; i++) {
        const struct ir_stage *s = &t->test->stages.at[i];
        for (uint32_t k = 0; k < s->settings.n; k++)
            if ((int)s->settings.at[k].what == what && s->settings.at[k].index == index) return true;
        if (s == last) break;
    }
    return false;
}

static struct emit_array copy_array(struct arena *a, const double *from, size_t n)
{
    double *to = arena_many(a, double, n);
    memcpy(to, from, n * sizeof *to);
    return (struct emit_array){to, (int64_t)n};
}

/* Values of the inputs as they stand in a model that is prepared; those that are idle or have none are left out. */
static struct emit_array *copy_inputs(const struct nngen_model *m, const struct interp_env *env, struct arena *a)
{
    const struct ir_program *q = m->program;
    struct emit_array *input = arena_many(a, struct emit_array, q->inputs.n);
    for (uint32_t i = 0; i < q->inputs.n; i++)
        if (m->input[i].at && !(m->idle_input && m->idle_input[i]))
            input[i] = copy_array(a, env->inputs[i], (size_t)shape_count(q->tables, q->inputs.at[i].shape, m->now));
    return input;
}

static const int64_t *copy_dims(const struct nngen_model *m, struct arena *a)
{
    int64_t *dim = arena_many(a, int64_t, m->program->dims.n);
    memcpy(dim, m->now, m->program->dims.n * sizeof *dim);
    return dim;
}

/* The stage's model, prepared, as data for the emitter. */
static void take_down(struct nngen_program *p, struct testing *t, const struct ir_stage *stage, const struct ir_entry *forward)
{
    struct arena *a = &p->context.arena;
    const struct nngen_model *m = t->stage;
    const struct ir_program *q = m->program;
    struct interp_env env;
    model_env(m, ENTRY_FORWARD, 0, &t->arena, &env);
    struct emit_array *param = arena_many(a, struct emit_array, q->params.n), *state = arena_many(a, struct emit_array, q->states.n);
    for (uint32_t i = 0; i < q->params.n; i++)
        if (is_set(t, stage, SET_PARAM, i))
            param[i] = copy_array(a, env.params[i], abi_find(&m->code->abi->params, ABI_PARAM, i)->count);
    for (uint32_t i = 0; i < q->states.n; i++)
        if (is_set(t, stage, SET_STATE, i))
            state[i] = copy_array(a, env.states[i], abi_find(&m->code->abi->state, ABI_STATE, i)->count);
    const char *title = t->test->title ? t->test->title : "";
    struct emit_stage s = {.title = title, .program = q, .forward = forward, .dim = copy_dims(m, a),
                           .input = copy_inputs(m, &env, a), .param = param, .state = state};
    vec_push(a, &t->collect->list, s);
}

static bool run_stage(struct nngen_program *p, struct testing *t, const struct ir_stage *stage)
{
    for (uint32_t i = 0; i < stage->settings.n; i++)
        if (!apply_setting(t, &stage->settings.at[i])) return true;
    if (!stage->expects.n) return true;
    struct ir_entry *entries = arena_many(&p->context.arena, struct ir_entry, ENTRY_KINDS);
    program_change(p);
    struct ir_program *q = test_program(p->k.program, stage, entries);
    program_changed(p);
    struct code *code = code_new(p, q, entries, t->backend, t->single, t->why);
    if (!code) return false;
    t->stage = model_make(p, code, t->single);
    if (!t->stage) {
        code_free(code);
        return false;
    }
    t->stage->own_code = code;
    if (entries[ENTRY_FORWARD].present) find_idle(t, q, entries[ENTRY_FORWARD].graph);
    if (t->collect && copy_settings(t->setting, t->stage, &t->arena) && model_prepare(t->stage)) {
        take_down(p, t, stage, &entries[ENTRY_FORWARD]);
        return true;
    }
    if (!t->collect && copy_settings(t->setting, t->stage, &t->arena) && nngen_forward(t->stage) == 0) return judge_all(t, stage);
    diag_error(&t->diags, E0801, stage->expects.at[0].at, "%s", t->stage->error);
    return true;
}

/* In a try: what is allocated in the program goes with it, what is not with finish(). */
static void run_test(struct nngen_program *p, void *with)
{
    struct testing *t = with;
    t->arena.oom = p->context.arena.oom;
    diags_init(&t->diags, &t->arena, &p->context.sources);
    strcpy(t->why, "out of memory");
    struct code *code = code_new(p, p->k.program, p->k.entries, NNGEN_INTERP, false, t->why);
    t->setting = code ? model_make(p, code, false) : NULL;
    if (!t->setting) {
        code_free(code);
        return;
    }
    t->setting->own_code = code;
    if (nngen_init(t->setting, 1)) {
        memcpy(t->why, t->setting->error, sizeof t->why);
        return;
    }
    for (uint32_t i = 0; i < t->test->stages.n; i++) {
        if (!run_stage(p, t, &t->test->stages.at[i])) return;
        nngen_model_free(t->stage);
        t->stage = NULL;
        if (t->diags.errors) break; /* later stages build on this one */
    }
    struct text text = text_new(&t->arena);
    diags_print(&t->diags, DIAG_FULL, false, &text);
    t->message = text.s ? text.s : "";
    t->failures = t->diags.errors;
    t->broken = false;
}

/* ---- for --selfcheck ---- */

/* A test of which a stage cannot be prepared: its messages, without the frame of a run. */
static bool collect_test(struct nngen_program *p, const struct ir_test *test, struct stages *all)
{
    struct testing t = {.test = test, .backend = NNGEN_INTERP, .broken = true, .collect = all};
    arena_init(&t.arena, NULL);
    bool done = program_try(p, run_test, &t) && !t.broken && !t.failures;
    if (!done) program_complain(p, t.failures ? "a test that cannot be prepared cannot be checked: `nngen test` says why" : t.why);
    nngen_model_free(t.stage);
    nngen_model_free(t.setting);
    arena_free(&t.arena);
    return done;
}

struct pointing {
    struct emit_stage *point;
    struct nngen_model *m;
    struct arena arena;
};

/* Samples where the model has them; other inputs are drawn on the target. */
static void take_point(struct nngen_program *p, void *with)
{
    struct pointing *q = with;
    struct arena *a = &p->context.arena;
    struct interp_env env;
    q->arena.oom = a->oom;
    model_env(q->m, ENTRY_GRAD, 0, &q->arena, &env);
    *q->point = (struct emit_stage){.title = "", .dim = copy_dims(q->m, a)};
    struct emit_array *input = arena_many(a, struct emit_array, q->m->program->inputs.n);
    for (uint32_t i = 0; i < q->m->program->inputs.n; i++) {
        const struct held *h = &q->m->input[i];
        const struct ir_array *x = &q->m->program->inputs.at[i];
        bool fits = h->at != NULL;
        for (unsigned k = 0; fits && k < x->shape->rank; k++)
            fits = h->dim[k] == size_at(q->m->program->tables->sizes, x->shape->dim[k], q->m->now);
        if (fits) input[i] = copy_array(a, env.inputs[i], (size_t)shape_count(q->m->program->tables, x->shape, q->m->now));
    }
    q->point->input = input;
}

bool program_stages(struct nngen_program *p, struct stages *all)
{
    for (uint32_t i = 0; i < p->k.program->tests.n; i++)
        if (!collect_test(p, &p->k.program->tests.at[i], all)) return false;
    if (!nngen_has_gradient(p)) return true;
    struct pointing q = {.point = &all->point, .m = nngen_model_new(p, NNGEN_INTERP, 1)};
    arena_init(&q.arena, NULL);
    bool done = q.m && model_choose_dims(q.m) && program_try(p, take_point, &q);
    all->has_point = done;
    arena_free(&q.arena);
    nngen_model_free(q.m);
    return done;
}

int nngen_run_tests(struct nngen_program *p, enum nngen_backend backend, const char *only, nngen_told *told, void *user)
{
    int failures = 0;
    if (!nngen_ok(p) || (unsigned)backend >= BACKENDS) return -1;
    for (uint32_t i = 0; i < p->k.program->tests.n; i++) {
        const struct ir_test *test = &p->k.program->tests.at[i];
        const char *title = test->title ? test->title : "";
        if (only && !strstr(title, only)) continue;
        struct testing t = {.test = test, .backend = backend, .single = p->options.f32 != 0, .broken = true};
        arena_init(&t.arena, NULL);
        bool done = program_try(p, run_test, &t) && !t.broken;
        if (done && told) told(user, &(struct nngen_outcome){title, t.failures == 0, t.message});
        nngen_model_free(t.stage);
        nngen_model_free(t.setting);
        arena_free(&t.arena);
        if (!done) {
            program_complain(p, t.why);
            return -1;
        }
        failures += t.failures != 0;
    }
    return failures;
}
