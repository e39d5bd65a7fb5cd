/* Constructors: they work out type and shape, the attributes are as ops.def says. */
#include "codegen/ir/graph.h"

#include <assert.h>
#include <string.h>

static enum ir_type result_type(enum ir_op op, enum ir_type first)
{
    return ir_ops[op].result == IR_SAME ? first : ir_ops[op].result;
}

static ir_id add1(struct ir_graph *g, enum ir_op op, ir_id x, const struct ir_shape *s, const int64_t *attr,
                  uint32_t n_attr)
{
    return ir_add(g, op, result_type(op, (enum ir_type)ir_at(g, x)->type), s, &x, 1, attr, n_attr);
}

/* ---- leaves ---- */

ir_id ir_leaf(struct ir_graph *g, enum ir_op op, enum ir_type type, const struct ir_shape *shape, int64_t a0,
              int64_t a1)
{
    int64_t attr[2] = {a0, a1};
    uint32_t n = op == OP_slot ? 2 : op == OP_tick || op == OP_training || op == OP_iota ? 0 : 1;
    return ir_add(g, op, type, shape, NULL, 0, attr, n);
}

ir_id ir_const(struct ir_graph *g, double v)
{
    int64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return ir_leaf(g, OP_const, IR_REAL, ir_scalar_shape(g->tables), bits, 0);
}

ir_id ir_tensor(struct ir_graph *g, const struct ir_shape *s, const double *v)
{
    struct ir_tables *t = g->tables;
    vec_push(t->arena, &t->data, v);
    return ir_leaf(g, OP_tensor, IR_REAL, s, t->data.n - 1, 0);
}

ir_id ir_dimval(struct ir_graph *g, ir_size s)
{
    return ir_leaf(g, OP_dimval, IR_REAL, ir_scalar_shape(g->tables), s, 0);
}

ir_id ir_iota(struct ir_graph *g, ir_size n)
{
    return ir_leaf(g, OP_iota, IR_INT, ir_shape_of(g->tables, 1, &n), 0, 0);
}

ir_id ir_hole(struct ir_graph *g, const struct ir_shape *s)
{
    return ir_leaf(g, OP_hole, IR_REAL, s, g->tables->next_unique++, 0);
}

ir_id ir_bind(struct ir_graph *g, ir_id x)
{
    int64_t unique = g->tables->next_unique++;
    return add1(g, OP_bind, x, ir_at(g, x)->shape, &unique, 1);
}

/* ---- elementwise ---- */

static ir_id map_node(struct ir_graph *g, enum ir_op op, const ir_id *arg, uint32_t n)
{
    assert(ir_ops[op].class == CLASS_MAP || ir_ops[op].class == CLASS_WRAP || ir_ops[op].class == CLASS_CALL);
    enum ir_type type =
        result_type(op, (enum ir_type)ir_at(g, arg[n > 1])->type); /* select's is that of its branches */
    return ir_add(g, op, type, ir_at(g, arg[0])->shape, arg, n, NULL, 0);
}

ir_id ir_map1(struct ir_graph *g, enum ir_op op, ir_id a)
{
    return map_node(g, op, &a, 1);
}

ir_id ir_map2(struct ir_graph *g, enum ir_op op, ir_id a, ir_id b)
{
    return map_node(g, op, (ir_id[]){a, b}, 2);
}

ir_id ir_map3(struct ir_graph *g, enum ir_op op, ir_id a, ir_id b, ir_id c)
{
    return map_node(g, op, (ir_id[]){a, b, c}, 3);
}

/* ---- reductions ---- */

static const struct ir_shape *without(struct ir_graph *g, const struct ir_shape *s, unsigned axes)
{
    ir_size dim[RANK_MAX];
    unsigned rank = 0;
    for (unsigned i = 0; i < s->rank; i++)
        if (!(axes >> i & 1)) dim[rank++] = s->dim[i];
    return ir_shape_of(g->tables, rank, dim);
}

ir_id ir_reduce(struct ir_graph *g, enum ir_op op, ir_id x, unsigned axes)
{
    if (axes == 0) return x;
    int64_t attr = axes;
    return add1(g, op, x, without(g, ir_at(g, x)->shape, axes), &attr, 1);
}

ir_id ir_argreduce(struct ir_graph *g, enum ir_op op, ir_id x, unsigned axis)
{
    int64_t attr = axis;
    return add1(g, op, x, without(g, ir_at(g, x)->shape, 1u << axis), &attr, 1);
}

/* ---- moves ---- */

/* A shape with `n` axes of `with` in place of `gone` axes from `axis` on. */
static const struct ir_shape *replaced(struct ir_graph *g, const struct ir_shape *s, unsigned axis, unsigned gone,
                                       const ir_size *with, unsigned n)
{
    ir_size dim[2 * RANK_MAX];
    unsigned rank = 0;
    for (unsigned i = 0; i < axis; i++) dim[rank++] = s->dim[i];
    for (unsigned i = 0; i < n; i++) dim[rank++] = with[i];
    for (unsigned i = axis + gone; i < s->rank; i++) dim[rank++] = s->dim[i];
    return ir_shape_of(g->tables, rank, dim);
}

static bool in_order(const int *source, unsigned rank)
{
    for (unsigned i = 0; i < rank; i++)
        if (source[i] != (int)i) return false;
    return true;
}

ir_id ir_expand(struct ir_graph *g, ir_id x, const struct ir_shape *s, const int *source)
{
    if (s == ir_at(g, x)->shape && in_order(source, s->rank)) return x;
    int64_t attr[RANK_MAX];
    for (unsigned i = 0; i < s->rank; i++) attr[i] = source[i];
    return add1(g, OP_expand, x, s, attr, s->rank);
}

ir_id ir_full(struct ir_graph *g, double v, const struct ir_shape *s)
{
    static const int nowhere[RANK_MAX] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return ir_expand(g, ir_const(g, v), s, nowhere);
}

ir_id ir_reshape(struct ir_graph *g, ir_id x, const struct ir_shape *s)
{
    return s == ir_at(g, x)->shape ? x : add1(g, OP_reshape, x, s, NULL, 0);
}

ir_id ir_permute(struct ir_graph *g, ir_id x, const int *source)
{
    const struct ir_shape *s = ir_at(g, x)->shape;
    if (in_order(source, s->rank)) return x;
    ir_size dim[RANK_MAX];
    int64_t attr[RANK_MAX];
    for (unsigned i = 0; i < s->rank; i++) {
        attr[i] = source[i];
        dim[i] = s->dim[source[i]];
    }
    return add1(g, OP_permute, x, ir_shape_of(g->tables, s->rank, dim), attr, s->rank);
}

static ir_id strided(struct ir_graph *g, enum ir_op op, ir_id x, const struct ir_shape *s, const ir_size *start,
                     const int64_t *step)
{
    int64_t attr[2 * RANK_MAX];
    for (unsigned i = 0; i < s->rank; i++) {
        attr[2 * i] = start[i];
        attr[2 * i + 1] = step[i];
    }
    return add1(g, op, x, s, attr, 2u * s->rank);
}

ir_id ir_slice(struct ir_graph *g, ir_id x, const struct ir_shape *s, const ir_size *start, const int64_t *step)
{
    return strided(g, OP_slice, x, s, start, step);
}

ir_id ir_place(struct ir_graph *g, ir_id x, const struct ir_shape *s, const ir_size *start, const int64_t *step)
{
    return strided(g, OP_place, x, s, start, step);
}

ir_id ir_concat(struct ir_graph *g, const ir_id *x, uint32_t n, unsigned axis)
{
    assert(n > 0);
    const struct ir_shape *s = ir_at(g, x[0])->shape;
    int64_t whole = 0, length, attr = axis;
    ir_size open = 0; /* the part that depends on the call */
    for (uint32_t i = 0; i < n; i++) {
        ir_size d = ir_at(g, x[i])->shape->dim[axis];
        if (size_known(g->tables->sizes, d, &length))
            whole += length;
        else
            open = size_add(g->tables->sizes, open, d);
    }
    ir_size sum = size_add(g->tables->sizes, open, size_const(g->tables->sizes, whole));
    enum ir_type type = (enum ir_type)ir_at(g, x[0])->type;
    return ir_add(g, OP_concat, type, replaced(g, s, axis, 1, &sum, 1), x, n, &attr, 1);
}

ir_id ir_gather(struct ir_graph *g, ir_id x, ir_id idx, unsigned axis)
{
    const struct ir_shape *s = ir_at(g, x)->shape, *si = ir_at(g, idx)->shape;
    int64_t attr = axis;
    return ir_add(g, OP_gather, (enum ir_type)ir_at(g, x)->type, replaced(g, s, axis, 1, si->dim, si->rank),
                  (ir_id[]){x, idx}, 2, &attr, 1);
}

ir_id ir_scatter(struct ir_graph *g, ir_id grad, ir_id idx, const struct ir_shape *s, unsigned axis)
{
    int64_t attr = axis;
    return ir_add(g, OP_scatter, IR_REAL, s, (ir_id[]){grad, idx}, 2, &attr, 1);
}

ir_id ir_cumsum(struct ir_graph *g, ir_id x, unsigned axis, bool reverse, bool exclusive)
{
    return add1(g, OP_cumsum, x, ir_at(g, x)->shape, (int64_t[]){axis, reverse, exclusive}, 3);
}

ir_id ir_window(struct ir_graph *g, ir_id x, unsigned axis, ir_size out, ir_size span, int64_t stride, int64_t dilation,
                int64_t pad)
{
    const struct ir_shape *s = replaced(g, ir_at(g, x)->shape, axis, 1, (ir_size[]){out, span}, 2);
    return add1(g, OP_window, x, s, (int64_t[]){axis, stride, dilation, pad}, 4);
}

ir_id ir_overlap(struct ir_graph *g, ir_id x, unsigned axis, ir_size length, int64_t stride, int64_t dilation,
                 int64_t pad)
{
    const struct ir_shape *s = replaced(g, ir_at(g, x)->shape, axis, 2, &length, 1);
    return add1(g, OP_overlap, x, s, (int64_t[]){axis, stride, dilation, pad}, 4);
}

/* ---- products ---- */

static unsigned label_mask(const uint8_t *label, unsigned n)
{
    unsigned m = 0;
    for (unsigned i = 0; i < n; i++) m |= 1u << label[i];
    return m;
}

/* Sums over the axes of x whose labels are not in `kept`; label[] shrinks to those that stay. */
static ir_id sum_lonely(struct ir_graph *g, ir_id x, uint8_t *label, unsigned *n, unsigned kept)
{
    unsigned axes = 0, left = 0;
    for (unsigned i = 0; i < *n; i++) {
        if (kept >> label[i] & 1)
            label[left++] = label[i];
        else
            axes |= 1u << i;
    }
    *n = left;
    return ir_reduce(g, OP_sum, x, axes);
}

ir_id ir_contract(struct ir_graph *g, ir_id a, const uint8_t *la, ir_id b, const uint8_t *lb, const uint8_t *lout,
                  unsigned n_out)
{
    uint8_t label[2][RANK_MAX];
    unsigned n[2] = {ir_at(g, a)->shape->rank, ir_at(g, b)->shape->rank};
    memcpy(label[0], la, n[0]);
    memcpy(label[1], lb, n[1]);
    unsigned out = label_mask(lout, n_out), ma = label_mask(la, n[0]), mb = label_mask(lb, n[1]);
    a = sum_lonely(g, a, label[0], &n[0], out | mb);
    b = sum_lonely(g, b, label[1], &n[1], out | ma);
    ir_size size[LABELS_MAX] = {0}, dim[RANK_MAX];
    int64_t attr[3 + 3 * RANK_MAX] = {n[0], n[1], n_out};
    unsigned k = 3;
    for (unsigned i = 0; i < n[0]; i++) size[attr[k++] = label[0][i]] = ir_at(g, a)->shape->dim[i];
    for (unsigned i = 0; i < n[1]; i++) size[attr[k++] = label[1][i]] = ir_at(g, b)->shape->dim[i];
    for (unsigned i = 0; i < n_out; i++) dim[i] = size[attr[k++] = lout[i]];
    return ir_add(g, OP_contract, IR_REAL, ir_shape_of(g->tables, n_out, dim), (ir_id[]){a, b}, 2, attr, k);
}

/* ---- linear algebra ---- */

ir_id ir_lu(struct ir_graph *g, ir_id a)
{
    const struct ir_shape *s = ir_at(g, a)->shape;
    ir_size rows = size_add(g->tables->sizes, s->dim[s->rank - 1], size_const(g->tables->sizes, 1));
    return add1(g, OP_lu, a, replaced(g, s, s->rank - 2u, 1, &rows, 1), NULL, 0);
}

ir_id ir_solve(struct ir_graph *g, ir_id a, ir_id b, ir_id lu, bool transposed)
{
    int64_t attr = transposed;
    return ir_add(g, OP_solve, IR_REAL, ir_at(g, b)->shape, (ir_id[]){a, b, lu}, 3, &attr, 1);
}

ir_id ir_logdet(struct ir_graph *g, ir_id a, ir_id lu)
{
    const struct ir_shape *s = ir_at(g, a)->shape;
    ir_size one = size_const(g->tables->sizes, 1);
    return ir_add(g, OP_logdet, IR_REAL, replaced(g, s, s->rank - 2u, 2, &one, 1), (ir_id[]){a, lu}, 2, NULL, 0);
}

ir_id ir_tri_solve(struct ir_graph *g, ir_id t, ir_id b, bool upper, bool transposed)
{
    return ir_add(g, OP_tri_solve, IR_REAL, ir_at(g, b)->shape, (ir_id[]){t, b}, 2, (int64_t[]){upper, transposed}, 2);
}

/* ---- the user's own derivatives ---- */

ir_id ir_custom(struct ir_graph *g, ir_id y, const ir_id *x, uint32_t n, ir_id hole, const ir_id *adjoint)
{
    struct arena *a = g->tables->arena;
    ir_id *arg = arena_many(a, ir_id, 2u + 2u * n);
    int64_t *attr = arena_many(a, int64_t, 1u + n);
    uint32_t k = 0;
    arg[k++] = y;
    for (uint32_t i = 0; i < n; i++) arg[k++] = x[i];
    arg[k++] = hole;
    attr[0] = n;
    for (uint32_t i = 0; i < n; i++) {
        if (!adjoint[i]) continue;
        attr[1 + i] = k;
        arg[k++] = adjoint[i];
    }
    return ir_add(g, OP_custom, IR_REAL, ir_at(g, y)->shape, arg, k, attr, 1 + n);
}
