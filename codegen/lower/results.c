/* What the program gives back: outputs, the loss, and the gradients asked for. */
#include "codegen/lower/state.h"

static int result_named(const struct ir_program *p, const char *name)
{
    for (uint32_t i = 0; i < p->outputs.n; i++)
        if (p->outputs.at[i].name == name) return (int)i;
    return -1;
}

static int add_result(struct low *l, const struct ast *s, const struct value *v)
{
    struct ir_program *p = l->program;
    int there = result_named(p, s->name);
    if (there >= 0) {
        if (p->outputs.at[there].node == v->id) return there;
        diag_error(DIAGS(l), E0302, s->name_span, "two results are called '%s'", s->name);
        diag_note(DIAGS(l), p->outputs.at[there].at, "the first one");
        return -1;
    }
    struct ir_array a = {.name = s->name};
    fill_array(l, &a, s, v);
    vec_push(ARENA(l), &p->outputs, a);
    return (int)p->outputs.n - 1;
}

void lower_output(struct low *l, const struct ast *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct ast *o = s->kid[i], *e = o->kid[0];
        bool by_name = e->kind == AST_name_ref && e->name == o->name;
        struct value v = as_value(l, lower_expr(l, e));
        l->lost_result = l->lost_result || v.kind != VALUE_TENSOR;
        if (!by_name) {
            struct binding *b = bind(l, o->name, v, o->name_span, false);
            if (!b) continue;
            v = b->value;
        }
        if (v.kind != VALUE_TENSOR) continue;
        add_result(l, o, &v);
        if (!by_name) record_binding(l, o->name, &v, o->span);
    }
}

void lower_loss(struct low *l, const struct ast *s)
{
    struct value v = lower_number(l, s->kid[0]);
    if (l->loss) {
        diag_error(DIAGS(l), E0302, s->span, "a model has one loss");
        diag_note(DIAGS(l), l->loss->span, "the first one");
        diag_help(DIAGS(l), "add them up: loss total = a + b");
        return;
    }
    l->loss = s;
    if (v.kind == VALUE_TENSOR && v.rank) {
        fail(l, E0204, s->kid[0]->span, "the loss is one number, and this is %s", shape_text(l, v.axis, v.rank));
        fail_help(l, "mean(...) or sum(...) makes it one");
        v = poison(s->span);
    }
    struct binding *b = bind(l, s->name, v, s->name_span, false);
    if (!b || v.kind != VALUE_TENSOR) return;
    v = b->value;
    record_binding(l, s->name, &v, s->span);
    l->program->loss = add_result(l, s, &v);
    l->program->objective = v.id;
}

static void add_wrt(struct low *l, const char *name, const struct value *v, struct span at)
{
    struct ir_program *p = l->program;
    struct ast decl = {.name = name, .name_span = at};
    struct ir_array a = {.name = arena_printf(ARENA(l), "d_%s", name)};
    for (uint32_t i = 0; i < p->wrt_nodes.n; i++)
        if (p->wrt_nodes.at[i] == v->id) return;
    fill_array(l, &a, &decl, v);
    a.node = 0;
    vec_push(ARENA(l), &p->wrt_nodes, v->id);
    vec_push(ARENA(l), &p->wrt_names, name);
    vec_push(ARENA(l), &p->wrt, a);
}

/* A parameter's gradient is returned anyway; of anything else, from here on. */
static void lower_wrt_name(struct low *l, const struct ast *e)
{
    if (e->kind == AST_field) {
        if (!find_path(l, e) && !path_lost(l, e)) fail(l, E0301, e->span, "there is no parameter %s", text_of(l, e->span));
        return;
    }
    struct binding *b = find_binding(l, e->name);
    if (!b) {
        report_unknown(l, e->name, e->span, false);
        return;
    }
    struct value v = b->value;
    if (v.kind == VALUE_POISON || b->as == BOUND_PARAM) return;
    if (v.kind != VALUE_TENSOR)
        fail(l, E0303, e->span, "'%s' is no value: there is no gradient by it", e->name);
    else if (v.type == IR_INT)
        fail(l, E0404, e->span, "'%s' holds integers: there is no gradient by them", e->name);
    else
        add_wrt(l, e->name, &v, b->at);
}

void lower_wrt(struct low *l, const struct ast *s)
{
    if (!l->wrt_first) l->wrt_first = s;
    for (uint32_t i = 0; i < s->n; i++) lower_wrt_name(l, s->kid[i]);
}

/* Without a loss the only scalar output is what gradients are of, and every float input is asked for. */
void finish_results(struct low *l)
{
    struct ir_program *p = l->program;
    const struct ast *needs = l->wrt_first ? l->wrt_first : l->train;
    uint32_t scalars = 0;
    for (uint32_t i = 0; i < p->outputs.n && !p->objective; i++)
        scalars += p->outputs.at[i].type == IR_REAL && p->outputs.at[i].shape->rank == 0;
    for (uint32_t i = 0; i < p->outputs.n && !p->objective && scalars == 1; i++)
        if (p->outputs.at[i].type == IR_REAL && p->outputs.at[i].shape->rank == 0) p->objective = p->outputs.at[i].node;
    if (!p->objective) {
        if (!needs || l->loss || l->lost_result || l->lost_import) return;
        fail(l, E0502, needs->span, "gradients are of one scalar, and there %s: add a loss",
             scalars ? "are several" : "is none");
        fail_help(l, "`loss l = mean(squared_error(y, t))`, or another number to make small");
        return;
    }
    if (l->wrt_first || p->loss >= 0) return;
    for (uint32_t i = 0; i < p->inputs.n; i++) {
        const struct binding *b = scope_find(l->file, p->inputs.at[i].name, UINT32_MAX);
        if (b && p->inputs.at[i].type == IR_REAL) add_wrt(l, b->name, &b->value, b->at);
    }
}
