/* Rules for windows and what overlaps. */
#include "codegen/ir/simplify_rules.h"

#include <string.h>

static ir_id moved(struct ir_graph *g, enum ir_op op, ir_id x, const struct ir_shape *s, const int64_t *attr,
                   unsigned n)
{
    struct ir_node m = {.op = (uint8_t)op, .type = ir_at(g, x)->type, .n_arg = 1, .arg = &x, .shape = s, .attr = attr};
    m.n_attr = (uint16_t)n;
    return simple_node(g, &m);
}

static ir_id reshape(struct ir_graph *g, ir_id x, const struct ir_shape *s)
{
    return moved(g, OP_reshape, x, s, NULL, 0);
}

/* Windows side by side, without a gap and from the start, are the axis cut into pieces: how many elements they cover;
 * SIZE_BAD for others. n: the window or overlap, of: the shape that has the windows. */
static ir_size covered(struct ir_graph *g, const struct ir_node *n, const struct ir_shape *of)
{
    int64_t span, axis = n->attr[0];
    struct ir_sizes *t = g->tables->sizes;
    if (!size_known(t, of->dim[axis + 1], &span) || n->attr[3] != 0 || n->attr[1] != span) return SIZE_BAD;
    if (n->attr[2] != 1 && span != 1) return SIZE_BAD;
    return size_mul(t, of->dim[axis], of->dim[axis + 1]);
}

/* x's shape with another size along one axis, cut out of x or put into zeros from the start on. */
static ir_id resized(struct ir_graph *g, enum ir_op op, ir_id x, const struct ir_shape *s)
{
    int64_t attr[2 * RANK_MAX];
    for (unsigned i = 0; i < s->rank; i++) attr[2 * i] = size_const(g->tables->sizes, 0), attr[2 * i + 1] = 1;
    return moved(g, op, x, s, attr, 2 * s->rank);
}

static const struct ir_shape *with_axis(struct ir_graph *g, const struct ir_shape *s, int64_t axis, ir_size size)
{
    ir_size dim[RANK_MAX];
    memcpy(dim, s->dim, sizeof dim);
    dim[axis] = size;
    return ir_shape_of(g->tables, s->rank, dim);
}

ir_id simple_window(struct ir_graph *g, const struct ir_node *n)
{
    ir_size most = covered(g, n, n->shape);
    const struct ir_shape *all = ir_at(g, n->arg[0])->shape;
    if (most == SIZE_BAD) return 0;
    return reshape(g, resized(g, OP_slice, n->arg[0], with_axis(g, all, n->attr[0], most)), n->shape);
}

/* ---- what overlaps ---- */

/* What is multiplied, as a contraction has it: labels for the axes of a, of b and of the result. */
struct product {
    ir_id arg[2];
    int64_t label[3][RANK_MAX];
    unsigned n[3];
};

static void operand_of_map(const struct ir_graph *g, ir_id id, unsigned rank, struct product *p, unsigned side)
{
    const struct ir_node *x = ir_at(g, id);
    bool wide = x->op == OP_expand;
    p->arg[side] = wide ? x->arg[0] : id;
    p->n[side] = ir_at(g, p->arg[side])->shape->rank;
    for (unsigned i = 0; i < rank; i++)
        if (!wide || x->attr[i] >= 0) p->label[side][wide ? x->attr[i] : i] = i;
}

/* A contraction, or the elementwise product that is left of one without a sum. */
static bool product_of(const struct ir_graph *g, const struct ir_node *n, struct product *p)
{
    const int64_t *label = n->attr + 3;
    if (n->op == OP_mul) {
        for (unsigned side = 0; side < 2; side++) operand_of_map(g, n->arg[side], n->shape->rank, p, side);
        p->n[2] = n->shape->rank;
        for (unsigned i = 0; i < p->n[2]; i++) p->label[2][i] = i;
        return true;
    }
    if (n->op != OP_contract) return false;
    for (unsigned side = 0; side < 3; side++) {
        if (side < 2) p->arg[side] = n->arg[side];
        p->n[side] = (unsigned)n->attr[side];
        for (unsigned i = 0; i < p->n[side]; i++) p->label[side][i] = *label++;
    }
    return true;
}

/* The axis of one operand that has the label; -1: none. */
static int labelled(const struct product *p, unsigned side, int64_t label)
{
    for (unsigned i = 0; i < p->n[side]; i++)
        if (p->label[side][i] == label) return (int)i;
    return -1;
}

static void insert_label(struct product *p, unsigned side, int at, int64_t label)
{
    memmove(&p->label[side][at + 1], &p->label[side][at], (p->n[side]++ - (unsigned)at) * sizeof label);
    p->label[side][at] = label;
}

static ir_id contraction(struct ir_graph *g, const struct product *p, const struct ir_shape *s)
{
    int64_t attr[3 + 3 * RANK_MAX];
    unsigned k = 3;
    for (unsigned side = 0; side < 3; side++) {
        attr[side] = p->n[side];
        for (unsigned i = 0; i < p->n[side]; i++) attr[k++] = p->label[side][i];
    }
    struct ir_node m = {.op = OP_contract, .type = IR_REAL, .n_arg = 2, .arg = p->arg, .shape = s, .attr = attr};
    m.n_attr = (uint16_t)k;
    return simple_node(g, &m);
}

/* x with zeros before and behind along one axis; under a window along another, so that both frames are one. */
static ir_id framed(struct ir_graph *g, ir_id x, int axis, ir_size before, ir_size length)
{
    const struct ir_node n = *ir_at(g, x);
    int64_t attr[2 * RANK_MAX];
    if (n.op == OP_window && axis != n.attr[0] && axis != n.attr[0] + 1) {
        ir_id inner = framed(g, n.arg[0], axis < n.attr[0] ? axis : axis - 1, before, length);
        return moved(g, OP_window, inner, with_axis(g, n.shape, axis, length), n.attr, 4);
    }
    for (unsigned i = 0; i < n.shape->rank; i++) attr[2 * i] = size_const(g->tables->sizes, 0), attr[2 * i + 1] = 1;
    attr[2 * axis] = before;
    return moved(g, OP_place, x, with_axis(g, n.shape, axis, length), attr, 2 * n.shape->rank);
}

/* Windows of `span` elements that reach every element that any window reaches. */
static ir_id windows_into(struct ir_graph *g, ir_id x, int axis, ir_size length, ir_size span, int64_t step)
{
    struct ir_sizes *t = g->tables->sizes;
    const struct ir_shape *s = ir_at(g, x)->shape;
    ir_size reach = size_mul(t, size_sub(t, span, size_const(t, 1)), size_const(t, step)), dim[RANK_MAX];
    if (reach == SIZE_BAD) return 0;
    x = framed(g, x, axis, reach, size_add(t, length, reach));
    memcpy(dim, s->dim, (size_t)axis * sizeof *dim);
    dim[axis] = length;
    dim[axis + 1] = span;
    memcpy(dim + axis + 2, s->dim + axis + 1, (s->rank - (size_t)axis - 1) * sizeof *dim);
    return moved(g, OP_window, x, ir_shape_of(g->tables, s->rank + 1u, dim), (int64_t[]){axis, 1, step, 0}, 4);
}

static ir_id backwards(struct ir_graph *g, ir_id x, int axis)
{
    const struct ir_shape *s = ir_at(g, x)->shape;
    struct ir_sizes *t = g->tables->sizes;
    int64_t attr[2 * RANK_MAX];
    for (unsigned i = 0; i < s->rank; i++) attr[2 * i] = size_const(t, 0), attr[2 * i + 1] = 1;
    attr[2 * axis] = size_sub(t, s->dim[axis], size_const(t, 1));
    attr[2 * axis + 1] = -1;
    return moved(g, OP_slice, x, s, attr, 2 * s->rank);
}

/* The adjoint of a convolution by what it reads is one too: y[h], the sum of a[i] * b[u] with i + u*step = h, is the
 * sum over u of windows into a times b backwards. Nothing is made that has both axes. What lies outside of a counts as 0,
 * also times an infinite b. */
static ir_id convolution(struct ir_graph *g, const struct ir_node *n)
{
    const struct ir_shape *s = ir_at(g, n->arg[0])->shape;
    int64_t axis = n->attr[0], step = n->attr[2];
    struct product p;
    if (n->attr[1] != 1 || n->attr[3] != 0 || !product_of(g, ir_at(g, n->arg[0]), &p)) return 0;
    int64_t at = p.label[2][axis], tap = p.label[2][axis + 1];
    for (unsigned side = 0; side < 2; side++) {
        int from = labelled(&p, side, at), taps = labelled(&p, 1 - side, tap);
        if (from < 0 || taps < 0 || labelled(&p, 1 - side, at) >= 0 || labelled(&p, side, tap) >= 0) continue;
        if (p.n[side] == RANK_MAX) continue;
        ir_id x = windows_into(g, p.arg[side], from, n->shape->dim[axis], s->dim[axis + 1], step);
        if (!x) continue;
        p.arg[side] = x;
        p.arg[1 - side] = backwards(g, p.arg[1 - side], taps);
        insert_label(&p, side, from + 1, tap);
        memmove(&p.label[2][axis + 1], &p.label[2][axis + 2], (--p.n[2] - (unsigned)axis - 1) * sizeof tap);
        return contraction(g, &p, n->shape);
    }
    return 0;
}

ir_id simple_overlap(struct ir_graph *g, const struct ir_node *n)
{
    ir_size most = covered(g, n, ir_at(g, n->arg[0])->shape);
    if (most == SIZE_BAD) return convolution(g, n);
    return resized(g, OP_place, reshape(g, n->arg[0], with_axis(g, n->shape, n->attr[0], most)), n->shape);
}
