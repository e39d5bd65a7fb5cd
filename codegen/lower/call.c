/* Calls: what is called, with what, and the lowering of a function's body in the place of the call. */
#include "codegen/lower/state.h"

#include <string.h>

/* Bodies are lowered inside each other, so the levels of their trees add up on the stack. */
enum { NESTING_MOST = 800, BODY_LEVELS = 4, CALLS_MOST = 1000000 };

/* ---- hand-written adjoints ---- */

static const struct value *part_of(const struct value *v, uint32_t i)
{
    return v->kind == VALUE_TUPLE ? &v->part[i] : v;
}

/* What each argument receives if only result r has a gradient. 0: nothing. */
static bool lower_adjoint(struct low *l, const struct function *f, const struct value *result, uint32_t r, ir_id hole,
                          const struct value *arg, ir_id *adjoint)
{
    const struct ast *a = f->tree->kid[3], *names = a->kid[0];
    bool ok = true;
    open_scope(l);
    for (uint32_t i = 0; i < names->n; i++) {
        struct value g = *part_of(result, i);
        g.id = i == r ? hole : ir_full(l->graph, 0, shape_of(l, &g));
        g.known = false;
        bind(l, names->kid[i]->name, g, names->kid[i]->span, false);
    }
    for (uint32_t i = 0; i + 1 < a->n; i++) {
        struct value v = lower_number(l, a->kid[1 + i]);
        adjoint[i] = 0;
        if (v.kind != VALUE_TENSOR) ok = false;
        if (v.kind != VALUE_TENSOR || arg[i].kind != VALUE_TENSOR || arg[i].type != IR_REAL) continue;
        v = fit_value(l, v, arg[i].axis, arg[i].rank,
                      arena_printf(ARENA(l), "the adjoint of '%s'", f->tree->kid[1]->kid[i]->name),
                      a->kid[1 + i]->span);
        if (v.kind != VALUE_TENSOR)
            ok = false;
        else
            adjoint[i] = v.id;
    }
    close_scope(l);
    return ok;
}

static struct value with_adjoint(struct low *l, const struct function *f, struct value result, const struct value *arg)
{
    const struct ast *a = f->tree->kid[3], *params = f->tree->kid[1];
    uint32_t n_results = result.kind == VALUE_TUPLE ? result.n_parts : 1, n = a->n - 1, least = 0;
    for (uint32_t i = 0; i < params->n; i++)
        if (!nth_kid(params->kid[i], 1)) least = i + 1;
    if (result.kind == VALUE_POISON) return result;
    if (a->kid[0]->n != n_results)
        return fail(l, E0304, a->kid[0]->span, "'%s' has %u result%s, and an adjoint takes one name for each", f->name,
                    (unsigned)n_results, n_results == 1 ? "" : "s");
    if (n < least || n > params->n)
        return fail(l, E0304, a->span, "'%s' has %u parameter%s, and an adjoint gives one value for each", f->name,
                    (unsigned)params->n, params->n == 1 ? "" : "s");
    struct value *part = arena_many(ARENA(l), struct value, n_results);
    for (uint32_t r = 0; r < n_results; r++) part[r] = as_real(l, *part_of(&result, r));
    result.part = part;
    result.n_parts = n_results;
    struct value whole = n_results == 1 && result.kind != VALUE_TUPLE ? part[0] : result;
    for (uint32_t r = 0; r < n_results; r++) {
        if (part[r].kind != VALUE_TENSOR) return poison(a->span);
        ir_id *adjoint = arena_many(ARENA(l), ir_id, n), *x = arena_many(ARENA(l), ir_id, n),
              *dx = arena_many(ARENA(l), ir_id, n);
        ir_id hole = ir_hole(l->graph, shape_of(l, &part[r]));
        uint32_t used = 0;
        if (!lower_adjoint(l, f, &whole, r, hole, arg, adjoint)) return poison(a->span);
        for (uint32_t i = 0; i < n; i++) {
            if (arg[i].kind != VALUE_TENSOR || arg[i].type != IR_REAL) continue;
            x[used] = arg[i].id;
            dx[used++] = adjoint[i];
        }
        part[r].id = ir_custom(l->graph, part[r].id, x, used, hole, dx);
        part[r].known = false;
    }
    return n_results == 1 && result.kind != VALUE_TUPLE ? part[0] : result;
}

/* ---- bodies ---- */

/* " of [N, K] and [N]": the tensors of a call. */
static const char *tensors_of(struct low *l, const struct call *c)
{
    struct text t = text_new(ARENA(l));
    for (uint32_t i = 0; i < c->n; i++) {
        const struct value *v = &c->arg[i].value;
        if (v->kind != VALUE_TENSOR || !v->rank) continue;
        text_printf(&t, "%s%s", t.n ? " and " : " of ", shape_text(l, v->axis, v->rank));
    }
    return t.n ? t.s : "";
}

/* What was reported of the prelude's text since `from` is said of the user's, once, and shows the shapes there. */
void relocate_reports(struct low *l, uint32_t from, const struct call *c)
{
    struct diags *d = DIAGS(l);
    uint32_t kept = from;
    bool said = false;
    for (uint32_t i = from; i < d->list.n; i++) {
        struct diag e = d->list.at[i];
        if (in_prelude(l, e.at)) {
            if (said) {
                d->errors--;
                continue;
            }
            said = true;
            e.at = c->at;
            e.text = arena_printf(ARENA(l), "in '%s'%s: %s", c->name, strchr(e.text, '[') ? "" : tensors_of(l, c), e.text);
        }
        uint32_t notes = 0;
        for (uint32_t k = 0; k < e.notes.n; k++)
            if (!in_prelude(l, e.notes.at[k].at)) e.notes.at[notes++] = e.notes.at[k];
        e.notes.n = notes;
        d->list.at[kept++] = e;
    }
    d->list.n = kept;
}

static bool may_enter(struct low *l, const struct function *f, const struct call *c)
{
    if (l->nesting + f->tree->depth < NESTING_MOST && ++l->calls <= CALLS_MOST) return true;
    if (!l->too_large) {
        bool many = l->calls > CALLS_MOST;
        fail(l, E0601, c->at, many ? "the program makes more than a million calls" : "calls nest too deep here");
    }
    l->too_large = true;
    return false;
}

/* A misfit in a body comes from what a call gave it: the innermost call is shown. */
static void note_call(struct low *l, const struct function *f, uint32_t from, struct span at)
{
    static const char *const text = "in this call";
    for (uint32_t i = from; i < DIAGS(l)->list.n; i++) {
        struct diag *e = &DIAGS(l)->list.at[i];
        bool inside = e->at.lo >= f->tree->span.lo && e->at.hi <= f->tree->span.hi;
        bool noted = e->notes.n && e->notes.at[e->notes.n - 1].text == text;
        if (!inside || noted || e->code < E0201 || e->code > E0206) continue;
        struct diag_note note = {at, text};
        vec_push(ARENA(l), &e->notes, note);
    }
}

/* What a call was lowered to is known by its ids: nodes made in between are its own. */
static ir_id begin_call(struct low *l)
{
    l->level++;
    return l->graph->n;
}

static void add_id(struct low *l, struct ir_ids *ids, const struct value *v, uint32_t room)
{
    if (v->kind != VALUE_TENSOR) return;
    if (!ids->at) ids->at = arena_many(ARENA(l), ir_id, room);
    ids->at[ids->n++] = v->id;
}

/* NULL if nobody is to know; else what is given to it is added. */
static struct ir_call *end_call(struct low *l, const struct function *f, const struct owner *owner, ir_id from,
                                struct value v)
{
    struct ir_call c = {f->name, NULL, l->graph->here, from, l->graph->n, l->level--, {NULL, 0}, {NULL, 0}};
    if (f->kind == FUNCTION_PRIMITIVE && c.to - c.from == 1) return NULL;
    if (owner && *owner->path) c.path = owner->path;
    if (v.kind != VALUE_TUPLE) add_id(l, &c.result, &v, 1);
    for (uint32_t i = 0; v.kind == VALUE_TUPLE && i < v.n_parts; i++) add_id(l, &c.result, &v.part[i], v.n_parts);
    if (!c.result.n) return NULL;
    vec_push(ARENA(l), &l->program->calls, c);
    return &l->program->calls.at[l->program->calls.n - 1];
}

struct value call_body(struct low *l, const struct function *f, const struct value *statics, const struct call *c,
                       struct owner *owner)
{
    if (!may_enter(l, f, c)) return poison(c->at);
    ir_id from = begin_call(l);
    struct function *own = (struct function *)f;
    uint32_t reports = l->c->diags.list.n;
    own->active++;
    l->nesting += f->tree->depth + BODY_LEVELS;
    struct scope *outer = l->scope;
    struct owner *outer_owner = l->owner;
    struct span here = l->graph->here;
    struct scope *frame = scope_of_function(l, f, f->kind == FUNCTION_LAYER ? SCOPE_LAYER : SCOPE_FN);
    struct value *arg = arena_many(ARENA(l), struct value, f->tree->kid[1]->n), result = poison(c->at);
    if (bind_arguments(l, f, statics, c, frame, arg)) {
        uint32_t errors = l->c->diags.errors;
        l->scope = frame;
        l->owner = owner;
        lower_block(l, f->tree->kid[2]);
        if (frame->returned)
            result = frame->result;
        else if (l->c->diags.errors == errors && !frame->lost)
            {
            fail(l, E0402, f->tree->name_span, "'%s' returns nothing", f->name);
            fail_help(l, "the last line of its body is `return ...`");
        }
        if (nth_kid(f->tree, 3)) result = with_adjoint(l, f, result, arg);
    }
    l->scope = outer;
    l->owner = outer_owner;
    l->graph->here = here;
    struct ir_call *made = end_call(l, f, f->kind == FUNCTION_LAYER ? owner : NULL, from, result);
    uint32_t n_args = f->tree->kid[1]->n;
    for (uint32_t i = 0; made && i < n_args; i++) add_id(l, &made->given, &arg[i], n_args);
    l->nesting -= f->tree->depth + BODY_LEVELS;
    own->active--;
    if (!f->home->library)
        note_call(l, f, reports, c->at);
    else if (!outer->library)
        relocate_reports(l, reports, &(struct call){.name = f->name, .at = c->at, .arg = c->arg, .n = c->n});
    result = leave_frame(l, result, frame);
    result.at = c->at;
    return result;
}

/* ---- what is called ---- */

static bool any_poison(const struct call *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (c->arg[i].value.kind == VALUE_POISON) return true;
    return false;
}

static struct value apply_as(struct low *l, struct value f, const struct call *call, const struct ast *as)
{
    struct call c = *call;
    if (f.kind == VALUE_POISON || any_poison(&c)) l->lost = true;
    if (f.kind == VALUE_POISON) return poison(c.at);
    if (f.kind == VALUE_INSTANCE) {
        if (c.bracket) return fail(l, E0304, c.bracket->span, "'%s' has its sizes already", c.name);
        if (as) return fail(l, E0303, as->name_span, "'%s' has its parameters already: `as` would name others", c.name);
        return any_poison(&c) ? poison(c.at) : apply_instance(l, f.instance, &c);
    }
    if (f.kind != VALUE_FUNCTION) {
        if (!c.name) {
            fail(l, E0303, c.at, "this value is not a function");
            fail_help(l, "a product has its `*`: 2 * (x + 1)");
            return poison(c.at);
        }
        fail(l, E0303, c.at, "'%s' is not a function", c.name);
        fail_note(l, f.at, "it is bound here");
        return poison(c.at);
    }
    if (f.function->active && c.name == f.function->name) { /* under another name it is an argument, and may end */
        fail(l, E0602, c.at, "'%s' calls itself", c.name);
        fail_note(l, f.function->tree->name_span, "defined here");
        return poison(c.at);
    }
    if (f.function->kind != FUNCTION_LAYER && as)
        return fail(l, E0303, as->name_span, "`as` names the parameters of a layer, and '%s' owns none", c.name);
    if (!c.bracket) c.bracket = implied_bracket(l, f.function, c.at);
    if (any_poison(&c)) return poison(c.at);
    struct value *statics;
    switch (f.function->kind) {
    case FUNCTION_PRIMITIVE: {
        ir_id from = begin_call(l);
        c.name = f.function->name; /* not that of the parameter it came by */
        struct value v = f.function->primitive(l, &c);
        struct ir_call *made = end_call(l, f.function, NULL, from, v);
        for (uint32_t i = 0; made && i < c.n; i++) add_id(l, &made->given, &c.arg[i].value, c.n);
        return v;
    }
    case FUNCTION_LAYER: {
        struct value v = apply_layer(l, f.function, &c, as);
        l->lost = l->lost || v.kind == VALUE_POISON;
        return v;
    }
    case FUNCTION_FN:
        if (!lower_statics(l, f.function, &c, &statics)) return poison(c.at);
        return call_body(l, f.function, statics, &c, l->owner);
    case FUNCTION_OPTIMIZER:
        break;
    }
    return fail(l, E0303, c.at, "the optimizer '%s' stands after `train`", c.name);
}

struct value apply(struct low *l, struct value f, const struct call *c)
{
    return apply_as(l, f, c, NULL);
}

static struct value callee_value(struct low *l, const struct ast *e)
{
    if (e->kind == AST_call || e->kind == AST_index) {
        fail(l, E0303, e->span, "this is a value, and only functions are called");
        const struct value *f = e->kid[0]->kind == AST_name_ref ? find_name(l, e->kid[0]->name) : NULL;
        if (f && f->kind == VALUE_FUNCTION)
            fail_help(l, arena_printf(ARENA(l), "sizes stand in [ ]: %s[10](x)", e->kid[0]->name));
        return poison(e->span);
    }
    if (e->kind != AST_name_ref) return lower_expr(l, e);
    const struct value *v = find_name(l, e->name);
    if (v) return *v;
    report_unknown(l, e->name, e->span, true);
    return poison(e->span);
}

void lower_arguments(struct low *l, const struct ast *call, const struct value *first, struct call *c)
{
    struct call_arg *arg = arena_many(ARENA(l), struct call_arg, (call ? call->n - 1 : 0) + (first != NULL));
    c->arg = arg;
    if (first) arg[c->n++].value = *first;
    for (uint32_t i = 1; call && i < call->n; i++) {
        const struct ast *a = call->kid[i], *value = a->kind == AST_arg ? a->kid[0] : a;
        if (a->kind == AST_arg) arg[c->n].name = a->name, arg[c->n].name_at = a->name_span;
        arg[c->n].tree = value;
        arg[c->n++].value = lower_expr(l, value);
    }
}

/* e is callee, callee[statics], callee(arguments) or callee[statics](arguments); `first`, if any, comes by a pipe. */
static struct value lower_application(struct low *l, const struct ast *e, const struct value *first,
                                      const struct ast *as)
{
    const struct ast *callee = e, *args = NULL;
    struct call c = {.at = e->span};
    if (callee->kind == AST_call) args = callee, callee = callee->kid[0];
    if (callee->kind == AST_index) c.bracket = callee->kid[1], callee = callee->kid[0];
    c.name = callee->name;
    struct value f = callee_value(l, callee);
    if (!c.name && f.kind != VALUE_TENSOR) c.name = "this";
    if (f.kind == VALUE_TENSOR && c.bracket) return fail(l, E0303, e->span, "'%s' is a value, not a function", c.name ? c.name : "this");
    lower_arguments(l, args, first, &c);
    set_here(l, e->span);
    return apply_as(l, f, &c, as);
}

struct value lower_call(struct low *l, const struct ast *e)
{
    return lower_application(l, e, NULL, NULL);
}

static struct value lower_step(struct low *l, const struct ast *e, const struct value *first)
{
    const struct ast *as = e->kind == AST_as ? e : NULL;
    return lower_application(l, as ? as->kid[0] : e, first, as);
}

/* a |> f |> g: as deep to the left as it is long, so it is walked in a loop. */
struct value lower_pipe(struct low *l, const struct ast *e)
{
    if (e->kind == AST_as) return lower_step(l, e, NULL);
    vec(const struct ast *) steps = {0};
    for (; e->kind == AST_pipe; e = e->kid[0]) vec_push(ARENA(l), &steps, e->kid[1]);
    struct value v = lower_expr(l, e);
    while (steps.n) v = lower_step(l, steps.at[--steps.n], &v);
    return v;
}
