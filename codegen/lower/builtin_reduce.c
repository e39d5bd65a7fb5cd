/* Reductions and what runs along an axis. */
#include "codegen/ir/loop.h"
#include "codegen/lower/builtin.h"

#include <string.h>

/* x of [axes](x, keep), and the axes as a mask. */
static bool reduction_args(struct low *l, const struct call *c, struct value *x, unsigned *mask, bool *keep)
{
    struct value v[2];
    double number;
    const struct axis_ref *refs;
    uint32_t n;
    if (c->n > 1 && !c->arg[1].name) {
        wrong_arguments(l, c, "%s takes one value", c->name);
        return false;
    }
    if (!take_args(l, c, "x keep?", v) || !known_or(l, &v[1], 0, &number)) return false;
    *x = as_real(l, v[0]);
    *keep = number != 0;
    return x->kind == VALUE_TENSOR && lower_axes(l, c->bracket, &refs, &n) && find_axes(l, x, refs, n, mask);
}

/* What is left of x's axes; of the others an axis of 1 stays with `keep`. */
static struct value reduced(struct low *l, const struct value *x, ir_id id, unsigned mask, bool keep, struct span at)
{
    struct axis axis[RANK_MAX];
    uint8_t n = 0;
    for (uint8_t i = 0; i < x->rank; i++) {
        if (!(mask & 1u << i))
            axis[n++] = x->axis[i];
        else if (keep)
            axis[n++] = (struct axis){NULL, size_const(low_sizes(l), 1)};
    }
    return make_tensor(l, ir_reshape(low_graph(l), id, shape_for(l, axis, n)), n, axis, at);
}

static struct value reduce_by(struct low *l, const struct call *c, enum ir_op op)
{
    struct value x;
    unsigned mask;
    bool keep;
    if (!reduction_args(l, c, &x, &mask, &keep)) return poison(c->at);
    return reduced(l, &x, ir_reduce(low_graph(l), op, x.id, mask), mask, keep, c->at);
}

struct value lower_reduce(struct low *l, const struct call *c)
{
    return reduce_by(l, c, OP_sum);
}

/* Of one value a reduction, of several the elementwise kind. */
struct value lower_extreme(struct low *l, const struct call *c)
{
    bool most = strcmp(c->name, "max") == 0;
    if (c->bracket || c->n < 2 || c->arg[1].name) return reduce_by(l, c, most ? OP_max_of : OP_min_of);
    struct value v = c->arg[0].value;
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->arg[i].name) return wrong_arguments(l, c, "%s of several values takes no %s", c->name, c->arg[i].name);
        if (c->arg[i].value.kind == VALUE_POISON) return poison(c->at);
        if (i) v = map_pair(l, most ? OP_max : OP_min, v, c->arg[i].value, c->name, c->at);
        if (v.kind == VALUE_POISON) return v;
    }
    return v;
}

/* The product along an axis by halves: as many steps as the size has bits, and a derivative without a division. */
static ir_id prod_axis(struct low *l, ir_id x, const struct ir_shape *s, unsigned axis, int64_t n)
{
    struct ir_graph *g = low_graph(l);
    ir_size start[RANK_MAX], dim[RANK_MAX];
    int64_t step[RANK_MAX];
    ir_id odd = 0;
    for (unsigned i = 0; i < s->rank; i++) start[i] = size_const(low_sizes(l), 0), step[i] = 1, dim[i] = s->dim[i];
    for (; n > 1; n /= 2) {
        dim[axis] = size_const(low_sizes(l), 1);
        start[axis] = size_const(low_sizes(l), n - 1);
        if (n & 1) {
            ir_id last = ir_slice(g, x, ir_shape_of(low_tables(l), s->rank, dim), start, step);
            odd = odd ? ir_map2(g, OP_mul, last, odd) : last;
        }
        dim[axis] = size_const(low_sizes(l), n / 2);
        const struct ir_shape *half = ir_shape_of(low_tables(l), s->rank, dim);
        start[axis] = size_const(low_sizes(l), 0);
        ir_id low = ir_slice(g, x, half, start, step);
        start[axis] = size_const(low_sizes(l), n / 2);
        x = ir_map2(g, OP_mul, low, ir_slice(g, x, half, start, step));
    }
    return odd ? ir_map2(g, OP_mul, x, odd) : x;
}

/* The same of a run-time size, one by one. */
static ir_id prod_in_turns(struct low *l, ir_id x, const struct ir_shape *s, unsigned axis)
{
    struct ir_graph *g = low_graph(l);
    ir_size dim[RANK_MAX];
    unsigned rank = 0;
    for (unsigned i = 0; i < s->rank; i++)
        if (i != axis) dim[rank++] = s->dim[i];
    const struct ir_shape *rest = ir_shape_of(low_tables(l), rank, dim);
    struct ir_turn turn = {.name = "i", .turns = s->dim[axis], .n_carry = 1};
    ir_id one = ir_full(g, 1, rest), so_far, next, out;
    turn.turn = ir_turn_leaf(g);
    so_far = ir_hole(g, rest);
    next = ir_map2(g, OP_mul, so_far, ir_gather(g, x, turn.turn, axis));
    turn.init = &one;
    turn.carry = &so_far;
    turn.next = &next;
    ir_loop(g, &turn, &out, NULL);
    for (unsigned i = 0; i < s->rank; i++) dim[i] = i == axis ? size_const(low_sizes(l), 1) : s->dim[i];
    return ir_reshape(g, out, ir_shape_of(low_tables(l), s->rank, dim));
}

struct value lower_prod(struct low *l, const struct call *c)
{
    struct value x;
    unsigned mask;
    bool keep;
    if (!reduction_args(l, c, &x, &mask, &keep)) return poison(c->at);
    struct value v = x;
    for (uint8_t i = 0; i < x.rank; i++) {
        int64_t n;
        if (!(mask & 1u << i)) continue;
        bool known = size_known(low_sizes(l), x.axis[i].size, &n);
        const struct ir_shape *s = shape_of(l, &v);
        v.id = known ? prod_axis(l, v.id, s, i, n) : prod_in_turns(l, v.id, s, i);
        v.axis[i] = (struct axis){NULL, size_const(low_sizes(l), 1)};
    }
    return reduced(l, &x, v.id, mask, keep, c->at);
}

struct value lower_argreduce(struct low *l, const struct call *c)
{
    struct value x;
    unsigned mask;
    bool keep;
    if (!reduction_args(l, c, &x, &mask, &keep)) return poison(c->at);
    if (!x.rank) return fail(l, E0204, c->at, "%s needs a tensor, and this is a number", c->name);
    struct axis along = {NULL, ir_elements(low_tables(l), shape_of(l, &x))};
    unsigned axis = 0, all = (1u << x.rank) - 1;
    struct value flat = x;
    while (!(mask & 1u << axis)) axis++;
    if (mask == 1u << axis) {
        along = x.axis[axis];
    } else if (mask == all) {
        flat.id = ir_reshape(low_graph(l), x.id, shape_for(l, &along, 1));
        axis = 0;
    } else {
        return wrong_arguments(l, c, "%s takes one axis or all of them", c->name);
    }
    enum ir_op op = strcmp(c->name, "argmax") == 0 ? OP_argmax : OP_argmin;
    struct value v = reduced(l, &x, ir_argreduce(low_graph(l), op, flat.id, axis), mask, keep, c->at);
    v.below = along.dim;
    v.below_size = along.size;
    return v;
}

struct value lower_count(struct low *l, const struct call *c)
{
    struct value x;
    unsigned mask;
    bool keep;
    if (!reduction_args(l, c, &x, &mask, &keep)) return poison(c->at);
    ir_size n = size_const(low_sizes(l), 1);
    int64_t known;
    for (uint8_t i = 0; i < x.rank; i++)
        if (mask & 1u << i) n = size_mul(low_sizes(l), n, x.axis[i].size);
    if (size_known(low_sizes(l), n, &known)) return make_number(l, (double)known, c->at);
    return make_tensor(l, ir_dimval(low_graph(l), n), 0, NULL, c->at);
}

struct value lower_cumsum(struct low *l, const struct call *c)
{
    struct value x;
    if (!take_args(l, c, "x", &x)) return poison(c->at);
    x = as_real(l, x);
    if (x.kind == VALUE_POISON) return x;
    int axis = one_axis(l, c, &x, x.rank - 1);
    if (axis < 0) return poison(c->at);
    return make_tensor(l, ir_cumsum(low_graph(l), x.id, (unsigned)axis, false, false), x.rank, x.axis, c->at);
}

/* The label's axes are x's others. */
struct value lower_is_label(struct low *l, const struct call *c)
{
    struct value v[2];
    if (!take_args(l, c, "x label", v)) return poison(c->at);
    struct value x = as_real(l, v[0]), label = as_value(l, v[1]);
    if (x.kind == VALUE_POISON || label.kind == VALUE_POISON) return poison(c->at);
    int axis = one_axis(l, c, &x, x.rank - 1);
    if (axis < 0) return poison(c->at);
    if (label.type != IR_INT) return fail(l, E0404, label.at, "labels are integers: this is a tensor of floats");
    struct axis along = x.axis[axis];
    bool inside =
        label.below_size && size_least(low_sizes(l), size_sub(low_sizes(l), along.size, label.below_size)) >= 0;
    if (!inside && !(label.below && label.below == along.dim))
        return fail(l, E0205, label.at, "labels along %s have to be below %s, and these are %s", size_text(l, along),
                    amount_text(l, along.size),
                    label.below_size
                        ? arena_printf(&low_context(l)->arena, "below %s", amount_text(l, label.below_size))
                        : "of an unknown range");
    int source[RANK_MAX], iota[RANK_MAX];
    bool same = label.rank + 1 == x.rank;
    for (int i = 0, k = 0; i < x.rank; i++) {
        source[i] = i == axis ? -1 : k;
        iota[i] = i == axis ? 0 : -1;
        if (i != axis && same) same = axis_equal(l, x.axis[i], label.axis[k++]);
    }
    if (!same)
        return fail(l, E0201, c->at, "a label for each row along %s of %s is needed, and the labels are %s",
                    size_text(l, along), shape_text(l, x.axis, x.rank), shape_text(l, label.axis, label.rank));
    struct ir_graph *g = low_graph(l);
    const struct ir_shape *s = shape_of(l, &x);
    ir_id hit = ir_map2(g, OP_eq, ir_expand(g, label.id, s, source), ir_expand(g, ir_iota(g, along.size), s, iota));
    return make_tensor(l, hit, x.rank, x.axis, c->at);
}
