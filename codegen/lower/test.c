/* Test blocks: settings and expectations, in stages. A setting after an expectation begins the next stage. */
#include "codegen/lower/state.h"

#include <math.h>

struct test_state {
    struct ir_test test;
};

static struct ir_stage *stage(struct low *l, bool sets)
{
    struct ir_test *t = &l->test->test;
    if (!t->stages.n || (sets && t->stages.at[t->stages.n - 1].expects.n))
        vec_push(ARENA(l), &t->stages, (struct ir_stage){0});
    return &t->stages.at[t->stages.n - 1];
}

static void add_setting(struct low *l, struct ir_setting s)
{
    struct ir_stage *in = stage(l, true);
    vec_push(ARENA(l), &in->settings, s);
}

/* Could the value be given for an array of this shape? Run-time dims take their sizes from it. */
static bool may_fill(struct low *l, const struct value *v, const struct value *array)
{
    if (v->rank != array->rank) return false;
    for (uint8_t i = 0; i < v->rank; i++) {
        int64_t have, want;
        if (!size_known(l->sizes, v->axis[i].size, &have)) return axis_equal(l, v->axis[i], array->axis[i]);
        if (size_known(l->sizes, array->axis[i].size, &want) ? have != want
                                                             : have > size_bound(l->sizes, array->axis[i].size))
            return false;
    }
    return true;
}

static bool dim_setting(struct low *l, const struct binding *b, const struct ast *e, struct ir_setting *s)
{
    double v;
    const struct ir_dim *d = &l->program->dims.at[b->index];
    if (!lower_known(l, e, &v)) return false;
    if (v != floor(v) || v < 1 || v > (double)d->max) {
        fail(l, E0206, e->span, "%s is a whole number from 1 to %lld", d->name, (long long)d->max);
        return false;
    }
    s->what = SET_DIM;
    s->value = ir_const(l->graph, v);
    return true;
}

static bool array_setting(struct low *l, const struct binding *b, const struct ast *e, struct ir_setting *s)
{
    int64_t dim[RANK_MAX];
    struct value v = as_value(l, lower_expr(l, e));
    if (v.kind != VALUE_TENSOR) return false;
    if (v.rank == 0 && b->value.rank && shape_known(l, b->value.axis, b->value.rank, dim))
        v = expand_to(l, as_real(l, v), b->value.axis, b->value.rank, e->span);
    if (v.kind != VALUE_TENSOR) return false;
    if (!may_fill(l, &v, &b->value)) {
        fail(l, E0801, e->span, "'%s' has the shape %s, and this is %s", b->name,
             shape_text(l, b->value.axis, b->value.rank), shape_text(l, v.axis, v.rank));
        fail_note(l, b->at, "declared here");
        return false;
    }
    s->what = b->as == BOUND_INPUT ? SET_INPUT : b->as == BOUND_PARAM ? SET_PARAM : SET_STATE;
    s->value = v.id;
    return true;
}

bool lower_setting(struct low *l, const struct ast *target, const struct ast *value)
{
    const struct binding *b = nth_kid(target, 0) ? NULL : find_binding(l, target->name);
    if (!b || (b->as != BOUND_DIM && b->as != BOUND_INPUT && b->as != BOUND_PARAM && b->as != BOUND_STATE))
        return false;
    struct ir_setting s = {.index = b->index, .at = span_join(target->span, value->span)};
    if (b->as == BOUND_DIM ? dim_setting(l, b, value, &s) : array_setting(l, b, value, &s)) add_setting(l, s);
    return true;
}

void lower_path_setting(struct low *l, const struct ast *path, const struct ast *value)
{
    const struct member *m = l->scope->kind == SCOPE_TEST ? find_member(l, path) : NULL;
    if (m) {
        struct binding b = {.name = text_of(l, path->span), .value = m->value, .at = m->at, .as = m->as};
        struct ir_setting s = {.index = m->index, .at = span_join(path->span, value->span)};
        if (array_setting(l, &b, value, &s)) add_setting(l, s);
    } else if (l->scope->kind != SCOPE_TEST) {
        fail(l, E0100, path->span, "only a name, or a name with [ ], can be bound");
        fail_help(l, "a parameter of a layer is set in a test, in nngen eval, or by the host program");
    } else if (!l->lost) /* the layer may be what was lost */
        fail(l, E0301, path->span, "no layer has a parameter '%s'", text_of(l, path->span));
}

static bool may_equal(struct low *l, const struct value *a, const struct value *b)
{
    if (b->rank == 0) return true;
    if (a->rank != b->rank) return false;
    for (uint8_t i = 0; i < a->rank; i++) {
        int64_t x, y;
        if (size_known(l->sizes, a->axis[i].size, &x) && size_known(l->sizes, b->axis[i].size, &y) && x != y)
            return false;
    }
    return true;
}

void lower_expect(struct low *l, const struct ast *s)
{
    const struct ast *equal = nth_kid(s, 1), *within = nth_kid(s, 2);
    struct ir_expect e = {.at = s->span, .text = text_of(l, s->span)};
    struct value v = lower_number(l, s->kid[0]), w = {0}, tolerance = {0};
    if (equal) w = lower_number(l, equal);
    if (within) tolerance = lower_number(l, within);
    if (v.kind != VALUE_TENSOR || (equal && w.kind != VALUE_TENSOR) || (within && tolerance.kind != VALUE_TENSOR))
        return;
    if (equal && !may_equal(l, &v, &w)) {
        fail(l, E0201, s->span, "%s cannot equal %s", shape_text(l, v.axis, v.rank), shape_text(l, w.axis, w.rank));
        return;
    }
    if (within && tolerance.rank) {
        fail(l, E0204, within->span, "a tolerance is one number");
        return;
    }
    e.value = v.id;
    e.equal = w.id;
    e.tolerance = tolerance.id;
    struct ir_stage *in = stage(l, false);
    vec_push(ARENA(l), &in->expects, e);
}

void lower_test(struct low *l, const struct ast *s)
{
    struct test_state t = {.test = {.title = s->name, .at = s->span}};
    struct scope *outer = l->scope;
    bool random = l->program->has_random;
    struct diags before = *DIAGS(l);
    l->test = &t;
    l->scope = scope_new(l, SCOPE_TEST, outer);
    lower_block(l, s->kid[0]);
    l->scope = outer;
    l->test = NULL;
    l->program->has_random = random; /* a test's own random numbers are not the model's */
    if (!forgive(l, &before)) vec_push(ARENA(l), &l->program->tests, t.test);
}
