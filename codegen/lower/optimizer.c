/* What a training step does: the optimizers of `train`, their bodies lowered once for each parameter. A stage sees the
 * gradients the stage before it left; the first sees holes, which stand for d loss / d p. */
#include "codegen/lower/state.h"

#include <string.h>

struct slot {          /* a state of an optimizer: one array a parameter */
    ir_id *init, *now; /* [param] */
};

struct optimizer_state {
    const struct function *f;
    struct value *p, *g;    /* [param] */
    uint32_t n, param;      /* the one whose step is being lowered */
    vec(struct slot) slots; /* of all stages */
    uint32_t first_slot;    /* of this stage */
    uint32_t slots_seen;    /* in the body, so far */
    ir_id norm;             /* g_norm of this stage; 0 until asked for */
    bool updates_p;
};

static struct value whole_array(struct low *l, ir_id id, const struct ir_shape *s, struct span at)
{
    struct axis axis[RANK_MAX] = {{0}};
    for (uint8_t i = 0; i < s->rank; i++) axis[i].size = s->dim[i];
    return make_tensor(l, id, s->rank, axis, at);
}

/* ---- names of numbers and slots: the user's, made unique by the optimizer's ---- */

static bool number_taken(const struct ir_train *t, const char *name)
{
    bool taken = false;
    for (uint32_t i = 0; i < t->numbers.n; i++) taken = taken || !strcmp(t->numbers.at[i].name, name);
    for (uint32_t i = 0; i < t->slots.n; i++) taken = taken || (t->slots.at[i] && !strcmp(t->slots.at[i], name));
    return taken;
}

static const char *own_name(struct low *l, const char *name)
{
    const struct ir_train *t = &l->program->train;
    if (!number_taken(t, name)) return name;
    const char *longer = arena_printf(ARENA(l), "%s_%s", l->optimizer->f->name, name), *own = longer;
    for (unsigned i = 2; number_taken(t, own); i++) own = arena_printf(ARENA(l), "%s%u", longer, i);
    return own;
}

/* ---- what a body may use ---- */

void lower_slot(struct low *l, const struct ast *d)
{
    struct optimizer_state *o = l->optimizer;
    struct ir_train *t = &l->program->train;
    const struct value *p = &o->p[o->param];
    if (nth_kid(d, 0) || !nth_kid(d, 2)) {
        fail(l, E0402, d->span,
             "a state of an optimizer has p's shape and needs an initial value, as in `state %s = 0`", d->name);
        bind(l, d->name, poison(d->span), d->name_span, false);
        return;
    }
    uint32_t k = o->first_slot + o->slots_seen++;
    if (k == t->slots.n) {
        struct slot s = {arena_many(ARENA(l), ir_id, o->n), arena_many(ARENA(l), ir_id, o->n)};
        const char *name = own_name(l, d->name);
        vec_push(ARENA(l), &t->slots, name);
        vec_push(ARENA(l), &o->slots, s);
    }
    struct value init = lower_init(l, nth_kid(d, 2), p->axis, p->rank, d->name);
    ir_id leaf = ir_leaf(l->graph, OP_slot, IR_REAL, shape_of(l, p), k, o->param);
    o->slots.at[k].init[o->param] = init.id;
    o->slots.at[k].now[o->param] = leaf;
    struct binding *b = bind(l, d->name, whole_array(l, leaf, shape_of(l, p), d->span), d->name_span, true);
    if (b) b->as = BOUND_STEP, b->index = k;
}

/* The length of all gradients together, as this stage finds them. */
struct value gradient_norm(struct low *l)
{
    struct optimizer_state *o = l->optimizer;
    if (!o->norm) {
        ir_id total = 0; /* one sum for all parameters, in their order */
        for (uint32_t k = 0; k < o->n; k++) {
            const struct value *g = &o->g[k];
            ir_id part = ir_reduce(l->graph, OP_sum, ir_map2(l->graph, OP_mul, g->id, g->id), (1u << g->rank) - 1);
            total = total ? ir_map2(l->graph, OP_add, total, part) : part;
        }
        o->norm = ir_map1(l->graph, OP_sqrt, total);
    }
    return make_tensor(l, o->norm, 0, NULL, l->graph->here);
}

static struct binding *bind_given(struct low *l, const char *name, struct value v, enum bound_as as)
{
    struct binding *b = bind(l, name_z(&l->c->names, name), v, (struct span){0, 0}, true);
    b->as = as;
    return b;
}

static void bind_tick(struct low *l)
{
    ir_id t = ir_leaf(l->graph, OP_tick, IR_REAL, ir_scalar_shape(low_tables(l)), 0, 0);
    bind_given(l, "t", make_tensor(l, t, 0, NULL, l->graph->here), BOUND_VALUE);
}

/* Numbers known at compile time become fields of the step: the caller may change them between steps. */
static struct value as_field(struct low *l, const char *name, struct value v)
{
    struct ir_train *t = &l->program->train;
    if (v.kind == VALUE_DIM) v = as_value(l, v);
    if (v.kind != VALUE_TENSOR || !v.known || v.rank) return v;
    struct ir_number row = {own_name(l, name), v.number};
    vec_push(ARENA(l), &t->numbers, row);
    return make_tensor(l, ir_leaf(l->graph, OP_number, IR_REAL, ir_scalar_shape(low_tables(l)), t->numbers.n - 1, 0), 0,
                       NULL, v.at);
}

/* The arguments of a stage, evaluated once: those that stand after `train` and those left to their defaults. */
static bool lower_fields(struct low *l, const struct ast *stage, struct value *field)
{
    const struct function *f = l->optimizer->f;
    const struct ast *params = f->tree->kid[1];
    struct scope *outer = l->scope, *defaults = scope_of_function(l, f, SCOPE_OPTIMIZER);
    struct call c = {.name = f->name, .at = stage->span};
    bool *given = arena_many(ARENA(l), bool, params->n);
    l->scope = scope_new(l, SCOPE_OPTIMIZER, outer);
    bind_tick(l);
    lower_arguments(l, stage->kind == AST_call ? stage : NULL, NULL, &c);
    bool ok = place_arguments(l, &c, params, field, given);
    l->scope = defaults;
    bind_tick(l);
    for (uint32_t i = 0; ok && i < params->n; i++) {
        const struct ast *q = params->kid[i];
        if (!given[i]) field[i] = lower_expr(l, q->kid[1]);
        field[i] = as_field(l, q->name, field[i]);
        ok = field[i].kind != VALUE_POISON;
    }
    l->scope = outer;
    return ok;
}

/* One stage for one parameter. */
static void lower_body(struct low *l, const struct value *field)
{
    struct optimizer_state *o = l->optimizer;
    const struct function *f = o->f;
    const struct ast *params = f->tree->kid[1];
    struct scope *outer = l->scope, *frame = scope_of_function(l, f, SCOPE_OPTIMIZER);
    uint32_t i = o->param;
    l->scope = frame;
    o->slots_seen = 0;
    bind_tick(l);
    struct binding *p = bind_given(l, "p", o->p[i], BOUND_STEP), *g = bind_given(l, "g", o->g[i], BOUND_STEP);
    for (uint32_t k = 0; k < params->n; k++) bind(l, params->kid[k]->name, field[k], params->kid[k]->span, true);
    ir_id before = o->p[i].id;
    lower_block(l, f->tree->kid[2]);
    o->p[i] = p->value;
    o->g[i] = g->value;
    o->updates_p = o->updates_p || p->value.id != before;
    for (uint32_t k = 0; k < frame->cap; k++) {
        const struct binding *b = frame->slot[k];
        if (b && b->as == BOUND_STEP && b != p && b != g) o->slots.at[b->index].now[i] = b->value.id;
    }
    l->scope = outer;
}

static bool lower_stage(struct low *l, const struct ast *stage)
{
    struct optimizer_state *o = l->optimizer;
    const struct ast *callee = stage->kind == AST_call ? stage->kid[0] : stage;
    const struct value *v = callee->kind == AST_name_ref ? find_name(l, callee->name) : NULL;
    if (callee->kind == AST_name_ref && !v) {
        report_unknown(l, callee->name, callee->span, true);
        return false;
    }
    if (!v || v->kind != VALUE_FUNCTION || v->function->kind != FUNCTION_OPTIMIZER) {
        if (!v || v->kind != VALUE_POISON)
            fail(l, E0303, callee->span, "`train` takes optimizers, and '%s' is none", text_of(l, callee->span));
        return false;
    }
    o->f = v->function;
    o->norm = 0;
    o->first_slot = l->program->train.slots.n;
    struct value *field = arena_many(ARENA(l), struct value, o->f->tree->kid[1]->n);
    uint32_t errors = l->c->diags.errors, reports = l->c->diags.list.n;
    set_here(l, stage->span);
    if (!lower_fields(l, stage, field)) return false;
    /* Bodies read o->g of all parameters for the norm: the new ones take their place when all are made. */
    struct value *g = arena_many(ARENA(l), struct value, o->n), *old = o->g;
    for (o->param = 0; o->param < o->n && l->c->diags.errors == errors; o->param++) {
        struct value mine = old[o->param];
        lower_body(l, field);
        g[o->param] = o->g[o->param];
        old[o->param] = mine;
    }
    o->g = g;
    if (o->f->home->library) relocate_reports(l, reports, &(struct call){.name = o->f->name, .at = stage->span});
    return l->c->diags.errors == errors;
}

static void finish_train(struct low *l)
{
    const struct optimizer_state *o = l->optimizer;
    struct ir_train *t = &l->program->train;
    uint32_t n = o->n;
    t->slot_init = arena_many(ARENA(l), ir_id, n * t->slots.n);
    t->new_slot = arena_many(ARENA(l), ir_id, n * t->slots.n);
    for (uint32_t i = 0; i < n; i++) t->new_param[i] = o->p[i].id;
    for (uint32_t s = 0; s < t->slots.n; s++) {
        memcpy(t->slot_init + (size_t)s * n, o->slots.at[s].init, n * sizeof(ir_id));
        memcpy(t->new_slot + (size_t)s * n, o->slots.at[s].now, n * sizeof(ir_id));
    }
    t->present = true;
}

void lower_train(struct low *l)
{
    struct ir_program *p = l->program;
    bool sound = !l->c->diags.errors; /* else what stands after `train` is looked at, and no step made */
    if (!l->train || (sound && !p->objective)) return;
    if (sound && !p->params.n) {
        fail(l, E0502, l->train->span, "there are no parameters to train");
        return;
    }
    struct optimizer_state o = {.n = sound ? p->params.n : 0};
    o.p = arena_many(ARENA(l), struct value, o.n);
    o.g = arena_many(ARENA(l), struct value, o.n);
    p->train.text = text_of(l, l->train->kid[0]->span);
    p->train.hole = arena_many(ARENA(l), ir_id, o.n);
    p->train.new_param = arena_many(ARENA(l), ir_id, o.n);
    for (uint32_t i = 0; i < o.n; i++) {
        const struct ir_array *a = &p->params.at[i];
        p->train.hole[i] = ir_hole(l->graph, a->shape);
        o.p[i] = whole_array(l, a->node, a->shape, l->train->span);
        o.g[i] = whole_array(l, p->train.hole[i], a->shape, l->train->span);
    }
    vec(const struct ast *) stages = {0};
    const struct ast *e = l->train->kid[0];
    for (; e->kind == AST_pipe; e = e->kid[0]) vec_push(ARENA(l), &stages, e->kid[1]);
    l->optimizer = &o;
    l->scope = l->file;
    bool ok = lower_stage(l, e);
    while (stages.n) ok = lower_stage(l, stages.at[--stages.n]) && ok;
    if (ok && sound && !o.updates_p) {
        fail(l, E0401, l->train->span, "nothing here updates p: a step would change no parameter");
        ok = false;
    }
    if (ok && sound) finish_train(l);
    l->optimizer = NULL;
}
