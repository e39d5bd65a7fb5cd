/* Values: how they are made, turned into numbers, and reported on. */
#include "codegen/lower/inside.h"

#include <string.h>

struct value fail(struct low *l, enum diag_code code, struct span at, const char *fmt, ...)
{
    struct text t = text_new(&low_context(l)->arena);
    va_list ap;
    va_start(ap, fmt);
    text_vprintf(&t, fmt, ap);
    va_end(ap);
    diag_error(&low_context(l)->diags, code, at.hi ? at : low_graph(l)->here, "%s", t.s);
    return poison(at);
}

void fail_note(struct low *l, struct span at, const char *fmt, ...)
{
    if (!at.hi) return;
    struct text t = text_new(&low_context(l)->arena);
    va_list ap;
    va_start(ap, fmt);
    text_vprintf(&t, fmt, ap);
    va_end(ap);
    diag_note(&low_context(l)->diags, at, "%s", t.s);
}

void fail_help(struct low *l, const char *text)
{
    diag_help(&low_context(l)->diags, "%s", text);
}

struct value poison(struct span at)
{
    return (struct value){.kind = VALUE_POISON, .at = at};
}

struct value make_number(struct low *l, double v, struct span at)
{
    return (struct value){
        .kind = VALUE_TENSOR, .at = at, .id = ir_const(low_graph(l), v), .type = IR_REAL, .known = true, .number = v};
}

const struct ir_shape *shape_for(struct low *l, const struct axis *axis, uint8_t rank)
{
    ir_size dim[RANK_MAX];
    for (uint8_t i = 0; i < rank; i++) dim[i] = axis[i].size;
    return ir_shape_of(low_tables(l), rank, dim);
}

const struct ir_shape *shape_of(struct low *l, const struct value *v)
{
    return shape_for(l, v->axis, v->rank);
}

bool shape_fits(struct low *l, const struct axis *axis, uint8_t rank, struct span at)
{
    ir_size n = 1;
    for (uint8_t i = 0; i < rank && n != SIZE_BAD; i++) n = size_mul(low_sizes(l), n, axis[i].size);
    if (n != SIZE_BAD && size_bound(low_sizes(l), n) <= (int64_t)1 << ELEMENTS_MOST_LOG2) return true;
    fail(l, E0601, at, "a tensor %s may have more than 2^31 elements", shape_text(l, axis, rank));
    return false;
}

struct value make_tensor(struct low *l, ir_id id, uint8_t rank, const struct axis *axis, struct span at)
{
    if (rank && !shape_fits(l, axis, rank, at)) return poison(at);
    struct value v = {.kind = VALUE_TENSOR, .at = at, .id = id, .rank = rank, .type = IR_REAL};
    if (id) v.type = (enum ir_type)ir_at(low_graph(l), id)->type;
    if (rank) memcpy(v.axis, axis, rank * sizeof *axis);
    return v;
}

static struct value number_of_size(struct low *l, ir_size size, struct span at)
{
    int64_t n;
    if (size_known(low_sizes(l), size, &n)) return make_number(l, (double)n, at);
    return make_tensor(l, ir_dimval(low_graph(l), size), 0, NULL, at);
}

struct value as_value(struct low *l, struct value v)
{
    switch (v.kind) {
    case VALUE_POISON:
    case VALUE_TENSOR:
        return v;
    case VALUE_DIM:
        return number_of_size(l, v.dim ? v.dim->size : v.axis[0].size, v.at);
    case VALUE_AXIS:
        return fail(l, E0303, v.at, "an axis is not a value");
    case VALUE_FUNCTION:
        return fail(l, E0303, v.at, "a function is not a value: call it, as in f(x)");
    case VALUE_INSTANCE:
        return fail(l, E0303, v.at, "a layer is not a value: call it, as in f(x)");
    case VALUE_TUPLE:
        return fail(l, E0303, v.at, "%u results where one is needed", (unsigned)v.n_parts);
    case VALUE_STRING:
        return fail(l, E0303, v.at, "a string is not a value");
    }
    return poison(v.at);
}

struct value as_real(struct low *l, struct value v)
{
    v = as_value(l, v);
    if (v.kind != VALUE_TENSOR || v.type == IR_REAL) return v;
    v.id = ir_map1(low_graph(l), OP_real, v.id);
    v.type = IR_REAL;
    v.below = NULL;
    v.below_size = 0;
    return v;
}

void keep_range(struct low *l, struct value *r, const struct value *v, uint32_t n)
{
    const struct value *most = &v[0];
    for (uint32_t i = 0; i < n; i++) {
        if (r->kind != VALUE_TENSOR || v[i].type != IR_INT || !v[i].below_size) return;
        ir_size more = size_sub(low_sizes(l), v[i].below_size, most->below_size);
        ir_size less = size_sub(low_sizes(l), most->below_size, v[i].below_size);
        if (more != SIZE_BAD && size_least(low_sizes(l), more) > 0)
            most = &v[i];
        else if (less == SIZE_BAD || size_least(low_sizes(l), less) < 0)
            return; /* which one is larger depends on this call's dims */
    }
    r->below = most->below;
    r->below_size = most->below_size;
}

/* Known, and not a variable that some derivative divides by. */
bool known_constant(struct low *l, const struct value *v)
{
    return v->kind == VALUE_TENSOR && v->known && ir_at(low_graph(l), v->id)->op == OP_const;
}

bool is_one(struct low *l, struct axis a)
{
    int64_t n;
    return size_known(low_sizes(l), a.size, &n) && n == 1;
}

struct value lower_number(struct low *l, const struct ast *e)
{
    return as_real(l, lower_expr(l, e));
}

bool known_number(struct low *l, struct value v, double *number)
{
    v = as_value(l, v);
    if (v.kind == VALUE_POISON) return false;
    if (v.rank) {
        fail(l, E0204, v.at, "one number is needed here, and this is a tensor %s", shape_text(l, v.axis, v.rank));
        return false;
    }
    if (v.known) {
        *number = v.number;
        return true;
    }
    double *at;
    const char *why;
    if (interp_constant(low_graph(l), v.id, &low_context(l)->arena, &at, &why)) {
        *number = *at;
        return true;
    }
    fail(l, E0403, v.at, "this has to be known at compile time");
    fail_help(l, "numbers, constants and dims of a fixed size are; inputs, parameters and run-time dims are not");
    return false;
}

bool lower_known(struct low *l, const struct ast *e, double *v)
{
    return known_number(l, lower_expr(l, e), v);
}
