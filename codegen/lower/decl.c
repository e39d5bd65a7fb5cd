/* Declarations: dim, const, input, param, state, and the update of a state. */
#include "codegen/lower/state.h"

#include <math.h>
#include <string.h>

const struct ast *nth_kid(const struct ast *t, uint32_t i)
{
    return i < t->n ? t->kid[i] : NULL;
}

/* -D name=value, or NULL. Only the model's own file is open to it. */
static const struct lower_define *define_of(struct low *l, const char *name)
{
    if (l->scope != l->file) return NULL;
    for (uint32_t i = 0; i < l->options->n_defines; i++)
        if (!strcmp(l->options->defines[i].name, name)) {
            l->define_used[i] = true;
            return &l->options->defines[i];
        }
    return NULL;
}

/* ---- dim ---- */

static void bind_dim(struct low *l, const struct ast *d, const struct dim *dim, enum bound_as as, uint32_t index)
{
    struct value v = {.kind = VALUE_DIM, .at = d->name_span, .dim = dim};
    struct binding *b = bind(l, d->name, v, d->name_span, true);
    if (!b) return;
    b->as = as;
    b->index = index;
}

static bool size_in(struct low *l, struct span at, const char *name, double v, double most)
{
    if (v == floor(v) && v >= 1 && v <= most) return true;
    if (most < 2147483648.0)
        fail(l, E0206, at, "the size of '%s' must be a whole number from 1 to %lld", name, (long long)most);
    else
        fail(l, E0206, at, "the size of '%s' must be a whole number of at least 1", name);
    return false;
}

static bool given_size(struct low *l, const struct ast *d, const struct lower_define *given, double most)
{
    if (size_in(l, d->name_span, d->name, given->value, most)) return true;
    fail_help(l, arena_printf(ARENA(l), "-D %s=... gives it another", d->name));
    return false;
}

/* The header of the emitted C names the file's constant dims. */
static void note_constant(struct low *l, const char *name, ir_size size)
{
    int64_t v;
    if (!(frame_of(l)->kind & SCOPE_FILE) || !size_known(l->sizes, size, &v)) return;
    struct ir_number row = {name, (double)v};
    vec_push(ARENA(l), &l->program->constants, row);
}

static void run_time_dim(struct low *l, const struct ast *d, const struct lower_define *given)
{
    double most;
    if (!(frame_of(l)->kind & SCOPE_FILE)) {
        fail(l, E0401, d->span, "a run-time dim is the model's: a block can only name sizes that are known");
        bind(l, d->name, poison(d->span), d->name_span, true);
        return;
    }
    struct dim *dim = arena_new(ARENA(l), struct dim);
    *dim = (struct dim){.name = d->name, .at = d->name_span, .size = 1};
    bool ok = lower_known(l, d->kid[0], &most) && size_in(l, d->kid[0]->span, d->name, most, 2147483648.0);
    if (ok && given) ok = given_size(l, d, given, most);
    if (!ok) {
        bind(l, d->name, poison(d->span), d->name_span, true);
        return;
    }
    if (given) {
        dim->size = size_const(l->sizes, (int64_t)given->value);
        note_constant(l, d->name, dim->size);
        bind_dim(l, d, dim, BOUND_VALUE, 0);
        return;
    }
    uint32_t index = size_new_dim(l->sizes, d->name, (int64_t)most);
    dim->size = size_of_dim(l->sizes, index);
    struct ir_dim row = {.name = d->name, .max = (int64_t)most, .doc = d->doc, .at = d->name_span};
    vec_push(ARENA(l), &l->program->dims, row);
    vec_push(ARENA(l), &l->sampled, (struct sampled_dim){0});
    bind_dim(l, d, dim, BOUND_DIM, index);
}

static void constant_dim(struct low *l, const struct ast *d, const struct lower_define *given)
{
    struct axis a = {0};
    bool ok = given ? given_size(l, d, given, 2147483648.0) : lower_size(l, d->kid[0], &a);
    if (!ok) {
        bind(l, d->name, poison(d->span), d->name_span, true);
        return;
    }
    if (given) a.size = size_const(l->sizes, (int64_t)given->value);
    const struct dim *dim = a.dim;
    int run_time = dim ? run_time_dim_of(l, a.size) : -1;
    if (!dim) {
        struct dim *own = arena_new(ARENA(l), struct dim);
        *own = (struct dim){.name = d->name, .size = a.size, .at = d->name_span};
        dim = own;
    }
    note_constant(l, d->name, dim->size);
    bind_dim(l, d, dim, run_time >= 0 ? BOUND_DIM : BOUND_VALUE, run_time >= 0 ? (uint32_t)run_time : 0);
}

void lower_dim(struct low *l, const struct ast *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct ast *d = s->kid[i];
        if (!name_free_in_turn(l, d->name, d->name_span)) continue;
        const struct lower_define *given = define_of(l, d->name);
        if (!(d->name[0] >= 'A' && d->name[0] <= 'Z'))
            fail(l, E0402, d->name_span, "the name of a dim begins with an upper-case letter");
        if (given) l->redefined = true;
        if (d->op == '<')
            run_time_dim(l, d, given);
        else
            constant_dim(l, d, given);
    }
}

/* ---- shapes of declarations ---- */

bool shape_known(struct low *l, const struct axis *axis, uint8_t rank, int64_t *dim)
{
    for (uint8_t i = 0; i < rank; i++)
        if (!size_known(l->sizes, axis[i].size, &dim[i])) return false;
    return true;
}

struct value fit_value(struct low *l, struct value v, const struct axis *axis, uint8_t rank, const char *what,
                       struct span at)
{
    v = as_real(l, v);
    if (v.kind != VALUE_TENSOR) return v;
    if (v.rank == 0) return rank ? expand_to(l, v, axis, rank, at) : v;
    bool same = v.rank == rank;
    for (uint8_t i = 0; same && i < rank; i++) same = axis_equal(l, v.axis[i], axis[i]);
    if (!same)
        return fail(l, E0201, at, "%s needs the shape %s, and this is %s", what, shape_text(l, axis, rank),
                    shape_text(l, v.axis, v.rank));
    memcpy(v.axis, axis, rank * sizeof *axis);
    return v;
}

static const char *quoted(struct low *l, const char *before, const char *name)
{
    return arena_printf(ARENA(l), "%s '%s'", before, name);
}

void fill_array(struct low *l, struct ir_array *a, const struct ast *decl, const struct value *v)
{
    a->type = v->type;
    a->shape = shape_of(l, v);
    for (uint8_t i = 0; i < v->rank; i++) {
        a->axis[i] = size_text(l, outer_axis(v->axis[i]));
    }
    a->below = v->below_size;
    a->doc = decl->doc;
    a->at = decl->name_span;
    a->node = v->id;
}

/* The parts of a declaration; what does not belong to its kind is reported. */
static bool declared_shape(struct low *l, const struct ast *d, bool in_dim, struct axis *axis, uint8_t *rank)
{
    const struct ast *bracket = nth_kid(d, 0), *below = nth_kid(d, 1);
    *rank = 0;
    if (below && !in_dim) {
        fail(l, E0402, below->span, "only inputs are integers `in` a dim");
        return false;
    }
    return !bracket || lower_shape(l, bracket, axis, rank);
}

/* ---- const ---- */

static struct value constant(struct low *l, const struct ast *d, const struct lower_define *given)
{
    struct axis axis[RANK_MAX];
    uint8_t rank;
    const struct ast *value = nth_kid(d, 2);
    if (!declared_shape(l, d, false, axis, &rank)) return poison(d->span);
    if (!value) return fail(l, E0402, d->span, "a constant needs a value: const %s = ...", d->name);
    struct value v = given ? number_value(l, given->value, d->name_span) : lower_expr(l, value);
    if (v.kind == VALUE_FUNCTION || v.kind == VALUE_INSTANCE)
        return fail(l, E0303, value->span, "a constant is a number or tensor");
    if (nth_kid(d, 0))
        v = fit_value(l, v, axis, rank, quoted(l, "the constant", d->name), value->span);
    else
        v = as_value(l, v);
    if (v.kind != VALUE_TENSOR || (v.known && !v.rank)) return v;
    const double *at = constant_values(l, &v, quoted(l, "the constant", d->name));
    if (!at) return poison(d->span);
    if (v.rank == 0) return number_value(l, at[0], v.at);
    if (v.type == IR_REAL) v.id = ir_tensor(l->graph, shape_of(l, &v), at);
    return v;
}

void lower_const(struct low *l, const struct ast *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct ast *d = s->kid[i];
        if (!name_free_in_turn(l, d->name, d->name_span)) continue;
        const struct lower_define *given = nth_kid(d, 0) ? NULL : define_of(l, d->name);
        if (given) l->redefined = true;
        bind(l, d->name, constant(l, d, given), d->name_span, true);
    }
}

/* ---- input ---- */

static struct value input_leaf(struct low *l, const struct ast *d, uint32_t index)
{
    struct axis axis[RANK_MAX], below = {0};
    uint8_t rank;
    const struct ast *in = nth_kid(d, 1);
    if (!declared_shape(l, d, true, axis, &rank)) return poison(d->span);
    if (in && !lower_size(l, in, &below)) return poison(d->span);
    if (rank && !shape_fits(l, axis, rank, d->span)) return poison(d->span);
    ir_id id = ir_leaf(l->graph, OP_input, in ? IR_INT : IR_REAL, shape_for(l, axis, rank), index, 0);
    struct value v = make_tensor(l, id, rank, axis, d->name_span);
    v.below = below.dim;
    v.below_size = below.size;
    return v;
}

void lower_input(struct low *l, const struct ast *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct ast *d = s->kid[i];
        if (!name_free(l, d->name, d->name_span)) continue;
        uint32_t index = l->program->inputs.n;
        struct value v = input_leaf(l, d, index);
        if (v.kind == VALUE_TENSOR) {
            struct ir_array a = {.name = d->name};
            fill_array(l, &a, d, &v);
            struct diags before = *DIAGS(l);
            if (nth_kid(d, 2)) lower_sample(l, d, &a, &v);
            forgive(l, &before);
            vec_push(ARENA(l), &l->program->inputs, a);
            const struct ast *sampled = a.sample ? d : NULL;
            vec_push(ARENA(l), &l->samples, sampled);
        }
        struct binding *b = bind(l, d->name, v, d->name_span, true);
        if (b && v.kind == VALUE_TENSOR) b->as = BOUND_INPUT, b->index = index;
    }
}

/* ---- param and state ---- */

/* What an earlier use of a shared layer declared, as its present body sees it: a state goes on from there. */
static struct value shared_array(struct low *l, const struct ast *d, const struct member *m, enum bound_as as,
                                 const struct axis *axis, uint8_t rank)
{
    struct value v = m->value;
    bool same = v.rank == rank;
    for (uint8_t i = 0; same && i < rank; i++) same = axis_equal(l, v.axis[i], outer_axis(axis[i]));
    if (!same)
        return fail(l, E0201, d->span,
                    "this use of a shared layer needs '%s' of the shape %s, and an earlier one made it %s", d->name,
                    shape_text(l, axis, rank), shape_text(l, v.axis, v.rank));
    if (as == BOUND_STATE && l->program->states.at[m->index].update) v.id = l->program->states.at[m->index].update;
    memcpy(v.axis, axis, rank * sizeof *axis);
    return v;
}

/* What both declare: an array of a known shape with an initial value, owned by the file or a layer. A shared layer's
 * second use finds the first one's. */
static struct value owned_array(struct low *l, const struct ast *d, enum bound_as as, struct member **where)
{
    const char *kind = as == BOUND_PARAM ? "param" : "state";
    ir_arrays *list = as == BOUND_PARAM ? &l->program->params : &l->program->states;
    struct axis axis[RANK_MAX];
    uint8_t rank;
    int64_t dim[RANK_MAX];
    if (!declared_shape(l, d, false, axis, &rank)) return poison(d->span);
    const struct ast *value = nth_kid(d, 2);
    if (!value)
        return fail(l, E0402, d->span, "a %s needs an initial value, as in `%s %s = zeros()`", kind, kind,
                    text_of(l, nth_kid(d, 0) ? span_join(d->name_span, d->kid[0]->span) : d->name_span));
    if (!shape_known(l, axis, rank, dim)) {
        fail(l, E0403, d->span, "the shape %s of a %s must be known at compile time", shape_text(l, axis, rank), kind);
        fail_help(l, "sizes of one call are for inputs; a dim for good is `dim N = 40`");
        return poison(d->span);
    }
    bool fresh;
    struct member *m = claim(l, l->owner, d->name, d->name_span, &fresh);
    if (!m) return poison(d->span);
    *where = m;
    if (!fresh) {
        if (m->as != as || m->owner)
            return fail(l, E0302, d->name_span, "'%s' is something else in another use", d->name);
        return shared_array(l, d, m, as, axis, rank);
    }
    if (frame_of(l)->kind & SCOPE_TEST || l->test)
        return fail(l, E0401, l->graph->here, "a test makes no parameters: use a layer of the model by its name");
    const char *path = path_in_owner(l, l->owner, d->name);
    struct ir_array a = {.name = path};
    m->as = as;
    m->index = list->n;
    ir_id leaf =
        ir_leaf(l->graph, as == BOUND_PARAM ? OP_param : OP_state, IR_REAL, shape_for(l, axis, rank), list->n, 0);
    struct value v = make_tensor(l, leaf, rank, axis, d->name_span);
    if (v.kind != VALUE_TENSOR) return v;
    ir_name(l->graph, leaf, path);
    fill_array(l, &a, d, &v);
    struct value init = lower_init(l, value, axis, rank, path);
    if (init.kind != VALUE_TENSOR) return poison(d->span);
    a.init = init.id;
    vec_push(ARENA(l), list, a);
    m->value = v;
    for (uint8_t i = 0; i < rank; i++) m->value.axis[i] = outer_axis(axis[i]);
    return v;
}

static void lower_owned(struct low *l, const struct ast *s, enum bound_as as)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct ast *d = s->kid[i];
        struct member *m = NULL;
        if (!name_free(l, d->name, d->name_span)) continue;
        struct value v = owned_array(l, d, as, &m);
        struct binding *b = bind(l, d->name, v, d->name_span, true);
        if (!b || v.kind != VALUE_TENSOR) continue;
        b->as = as;
        b->index = m->index;
    }
}

void lower_param(struct low *l, const struct ast *s)
{
    lower_owned(l, s, BOUND_PARAM);
}

void lower_state(struct low *l, const struct ast *s)
{
    if (frame_of(l)->kind != SCOPE_OPTIMIZER) {
        lower_owned(l, s, BOUND_STATE);
        return;
    }
    for (uint32_t i = 0; i < s->n; i++) lower_slot(l, s->kid[i]);
}

/* ---- mu <- e ---- */

void lower_update(struct low *l, const struct ast *s)
{
    struct scope *frame = frame_of(l);
    struct value v = lower_number(l, s->kid[0]);
    struct binding *b = scope_find(frame, s->name, UINT32_MAX);
    if (!b) {
        if (find_name(l, s->name))
            fail(l, E0303, s->name_span, "'%s' is no state of this block", s->name);
        else
            report_unknown(l, s->name, s->name_span, false);
        return;
    }
    if (b->value.kind == VALUE_POISON) return;
    if (b->as != BOUND_STATE && b->as != BOUND_STEP) {
        fail(l, E0303, s->name_span, "'%s' is no state: `<-` updates states, `=` binds", s->name);
        fail_note(l, b->at, "it is bound here");
        if (b->as == BOUND_PARAM) fail_help(l, "parameters are changed by what stands after `train`");
        return;
    }
    if (b->as == BOUND_STATE && l->loop) {
        fail(l, E0401, s->name_span, "a state is updated once a call, and this stands in a loop");
        fail_note(l, l->loop->tree->name_span, "the loop");
        fail_help(l, "carry the value, and update the state after the loop");
        return;
    }
    if (b->as == BOUND_STATE && b->updates++) {
        fail(l, E0401, s->name_span, "'%s' is updated once in a block", s->name);
        return;
    }
    v = fit_value(l, v, b->value.axis, b->value.rank, quoted(l, "the update of", s->name), s->kid[0]->span);
    if (v.kind != VALUE_TENSOR) return;
    if (b->as == BOUND_STATE) {
        l->program->states.at[b->index].update = v.id;
        for (uint32_t i = 0; i < l->owner->members.n; i++) /* so do paths, and another use of a shared layer */
            if (l->owner->members.at[i]->name == s->name) l->owner->members.at[i]->value.id = v.id;
    }
    b->value = v; /* lines below see the new value */
}
