/* Pools whose windows lie side by side: of each window the first of the largest alone receives the gradient. What is left
 * out of that gradient, and its sums, are found from one number a window instead of one an element. */
#include "codegen/ir/simplify_rules.h"

#include <string.h>

/* select(argmax along one axis of x == position, g, 0), where g is the same along that axis. The axes of the choice may
 * come in another order than those of x. */
struct unpool {
    ir_id choice, most, x, g; /* choice: in the order of x */
    int64_t source[RANK_MAX]; /* for each axis here, that of x */
    unsigned rank, axis;      /* the axis along which it chooses: here */
    int64_t along;            /* and of x */
};

static ir_id moved(struct ir_graph *g, enum ir_op op, ir_id x, const struct ir_shape *s, const int64_t *attr, unsigned n)
{
    struct ir_node m = {.op = (uint8_t)op, .type = ir_at(g, x)->type, .n_arg = 1, .arg = &x, .shape = s, .attr = attr};
    m.n_attr = (uint16_t)n;
    return simple_node(g, &m);
}

static bool is_zero(const struct ir_graph *g, ir_id x)
{
    double v;
    return simple_constant(g, x, &v) && v == 0;
}

/* Whether it has all axes of its argument, each once: their order in `source`. */
static bool orders(const struct ir_node *n)
{
    unsigned seen = 0;
    if (n->op != OP_expand && n->op != OP_permute) return false;
    for (unsigned k = 0; k < n->shape->rank; k++) {
        if (n->attr[k] < 0) return false;
        seen |= 1u << n->attr[k];
    }
    return seen + 1 == 1u << n->shape->rank;
}

/* The places of an axis as an array: which axis. -1: it is something else. */
static int64_t counted_axis(const struct ir_graph *g, ir_id x)
{
    const struct ir_node *n = ir_at(g, x);
    if (n->op != OP_expand || !is_op(g, n->arg[0], OP_iota)) return -1;
    for (unsigned k = 0; k < n->shape->rank; k++)
        if (n->attr[k] == 0) return k;
    return -1;
}

/* An argmax whose axis this array is stretched along, all others in their place. 0: it is none. */
static ir_id stretched_argmax(const struct ir_graph *g, ir_id x, int64_t axis)
{
    const struct ir_node *n = ir_at(g, x);
    int64_t next = 0;
    if (n->op != OP_expand || !is_op(g, n->arg[0], OP_argmax) || ir_at(g, n->arg[0])->attr[0] != axis) return 0;
    for (unsigned k = 0; k < n->shape->rank; k++)
        if (n->attr[k] != (k == axis ? -1 : next++)) return 0;
    return n->arg[0];
}

static bool find_choice(const struct ir_graph *g, ir_id choice, struct unpool *u)
{
    const struct ir_node *n = ir_at(g, choice);
    u->choice = choice;
    for (unsigned i = 0; n->op == OP_eq && i < 2; i++) {
        u->along = counted_axis(g, n->arg[i]);
        u->most = u->along < 0 ? 0 : stretched_argmax(g, n->arg[1 - i], u->along);
        if (!u->most) continue;
        u->x = ir_at(g, u->most)->arg[0];
        return ir_at(g, u->x)->shape == n->shape;
    }
    return false;
}

static bool find_unpool(const struct ir_graph *g, ir_id id, struct unpool *u)
{
    const struct ir_node *n = ir_at(g, id);
    if (n->op != OP_select || !is_zero(g, n->arg[2])) return false;
    const struct ir_node *c = ir_at(g, n->arg[0]), *spread = ir_at(g, n->arg[1]);
    bool other = orders(c);
    u->rank = n->shape->rank;
    u->g = n->arg[1];
    if (!find_choice(g, other ? c->arg[0] : n->arg[0], u)) return false;
    for (unsigned k = 0; k < u->rank; k++) {
        u->source[k] = other ? c->attr[k] : k;
        if (u->source[k] == u->along) u->axis = k;
    }
    return spread->op == OP_expand && spread->attr[u->axis] < 0;
}

/* The gradient by windows that this is, with windows as rows and columns. */
static ir_id by_windows(const struct ir_graph *g, ir_id id)
{
    return is_op(g, id, OP_reshape) ? ir_at(g, id)->arg[0] : id;
}

/* What was pooled, as it was before it was cut into windows: x, if it is this. */
static bool pools(struct ir_graph *g, const struct unpool *u, ir_id before)
{
    ir_size dim[RANK_MAX];
    ir_id x = u->x;
    for (unsigned k = 0; k < u->rank; k++) dim[k] = ir_at(g, x)->shape->dim[u->source[k]];
    x = moved(g, OP_permute, x, ir_shape_of(g->tables, u->rank, dim), u->source, u->rank);
    return moved(g, OP_reshape, x, ir_at(g, before)->shape, NULL, 0) == before;
}

/* The largest of each window as the pool computed it: a sum of what is chosen. 0: nobody did. */
static ir_id pooled(struct ir_graph *g, const struct unpool *u)
{
    const struct ir_shape *s = ir_at(g, u->x)->shape;
    ir_id arg[3] = {u->choice, u->x, simple_expand(g, ir_const(g, 0), s, (int64_t[]){-1, -1, -1, -1, -1, -1, -1, -1})};
    ir_id own = ir_find(g, OP_select, IR_REAL, s, arg, 3, NULL, 0);
    int64_t axes = (int64_t)1 << u->along;
    return own ? ir_find(g, OP_sum, IR_REAL, ir_at(g, u->most)->shape, &own, 1, &axes, 1) : 0;
}

/* The gradient of relu, of what was then pooled, is 0 where the pool is: asked once a window. */
ir_id simple_masked_pool(struct ir_graph *g, const struct ir_node *n)
{
    const struct ir_node *c = ir_at(g, n->arg[0]);
    struct unpool u;
    if (c->op != OP_le || !is_zero(g, c->arg[1]) || !is_zero(g, n->arg[1])) return 0;
    ir_id windows = by_windows(g, n->arg[2]);
    if (!find_unpool(g, windows, &u)) return 0;
    ir_id zero = n->arg[1], x = c->arg[0], most = pooled(g, &u);
    ir_id relu = ir_find(g, OP_select, IR_REAL, n->shape, (ir_id[]){n->arg[0], zero, x}, 3, NULL, 0);
    if (!most || (!pools(g, &u, x) && !(relu && pools(g, &u, relu)))) return 0;
    const struct ir_node *choice = ir_at(g, windows);
    ir_id chooses = choice->arg[0], nothing = choice->arg[2];
    const struct ir_shape *s = choice->shape;
    int64_t source[RANK_MAX];
    for (unsigned k = 0; k < u.rank; k++)
        source[k] = u.source[k] == u.along ? -1 : u.source[k] - (u.source[k] > u.along);
    ir_id spread = simple_expand(g, most, s, source);
    ir_id none = simple2(g, OP_le, spread, nothing);
    ir_id left = simple3(g, OP_select, none, nothing, u.g);
    return moved(g, OP_reshape, simple3(g, OP_select, chooses, left, nothing), n->shape, NULL, 0);
}

/* Which axes of `from` go where these of a reshape of it do. 0: they are not the same ones. */
static int64_t axes_before(struct ir_graph *g, const struct ir_shape *to, const struct ir_shape *from, int64_t axes)
{
    int64_t before = 0;
    unsigned k = 0;
    for (unsigned i = 0; i < to->rank; i++) {
        ir_size all = 1;
        for (bool first = true; k < from->rank && (first || all != to->dim[i]); k++, first = false) {
            if (axes >> i & 1) before |= (int64_t)1 << k;
            all = size_mul(g->tables->sizes, all, from->dim[k]);
        }
        if (all != to->dim[i]) return 0;
    }
    return k == from->rank ? before : 0;
}

/* The sum of such a gradient is that of what came to the pool. */
ir_id simple_sum_of_pool(struct ir_graph *g, const struct ir_node *n)
{
    ir_id windows = by_windows(g, n->arg[0]);
    struct unpool u;
    if (!find_unpool(g, windows, &u)) return 0;
    const struct ir_shape *s = ir_at(g, windows)->shape;
    int64_t axes = axes_before(g, ir_at(g, n->arg[0])->shape, s, n->attr[0]), own = (int64_t)1 << u.axis, source[RANK_MAX];
    if (!(axes & own)) return 0;
    const struct ir_node *spread = ir_at(g, u.g);
    ir_size dim[RANK_MAX];
    unsigned rank = 0;
    for (unsigned k = 0; k < u.rank; k++) {
        if (k == u.axis) continue;
        source[rank] = spread->attr[k];
        dim[rank++] = s->dim[k];
    }
    ir_id x = simple_expand(g, spread->arg[0], ir_shape_of(g->tables, rank, dim), source);
    axes = (axes & (own - 1)) | (axes >> 1 & ~(own - 1));
    struct ir_node sum = *n;
    sum.arg = &x;
    sum.attr = &axes;
    return simple_node(g, &sum);
}

/* A choice between what is in another order and a number is made in the order that it came in. */
ir_id simple_ordered_choice(struct ir_graph *g, const struct ir_node *n)
{
    double v;
    const struct ir_node *c = ir_at(g, n->arg[0]);
    unsigned side = simple_constant(g, n->arg[2], &v) ? 1 : 2;
    const struct ir_node x = *ir_at(g, n->arg[side]), choice = *c;
    if (!orders(&choice) || !orders(&x) || !simple_constant(g, n->arg[3 - side], &v)) return 0;
    if (memcmp(choice.attr, x.attr, n->shape->rank * sizeof *x.attr) != 0) return 0;
    const struct ir_shape *s = ir_at(g, x.arg[0])->shape;
    ir_id arg[3] = {choice.arg[0], x.arg[0], x.arg[0]};
    arg[3 - side] = ir_full(g, v, s);
    ir_id own = simple3(g, OP_select, arg[0], arg[1], arg[2]);
    return moved(g, OP_permute, own, n->shape, x.attr, n->shape->rank);
}
