/* Linear algebra's words of the adjoint column. Matrices are the last two axes. */
#include "codegen/ir/grad_rules.h"

static unsigned rank_of(const struct rule *r, ir_id x)
{
    return ir_at(r->graph, x)->shape->rank;
}

ir_id grad_transpose(struct rule *r, ir_id x)
{
    int source[RANK_MAX];
    unsigned rank = rank_of(r, x);
    for (unsigned i = 0; i < rank; i++) source[i] = (int)i;
    source[rank - 1] = (int)rank - 2;
    source[rank - 2] = (int)rank - 1;
    return ir_permute(r->graph, x, source);
}

/* a @ b, or of their transposes. */
static ir_id product(struct rule *r, ir_id a, bool ta, ir_id b, bool tb)
{
    enum { ROW = 10, COLUMN, SHARED };
    uint8_t label[3][RANK_MAX];
    unsigned rank = rank_of(r, a);
    for (unsigned i = 0; i + 2 < rank; i++) label[0][i] = label[1][i] = label[2][i] = (uint8_t)i;
    label[0][rank - 2] = ta ? SHARED : ROW;
    label[0][rank - 1] = ta ? ROW : SHARED;
    label[1][rank - 2] = tb ? COLUMN : SHARED;
    label[1][rank - 1] = tb ? SHARED : COLUMN;
    label[2][rank - 2] = ROW;
    label[2][rank - 1] = COLUMN;
    return ir_contract(r->graph, a, label[0], b, label[1], label[2], rank);
}

ir_id grad_matmul(struct rule *r, ir_id a, ir_id b)
{
    return product(r, a, false, b, false);
}

ir_id grad_symmetric(struct rule *r, ir_id x)
{
    ir_id sum = ir_map2(r->graph, OP_add, x, grad_transpose(r, x));
    ir_id half = ir_full(r->graph, 0.5, ir_at(r->graph, x)->shape);
    return ir_map2(r->graph, OP_mul, half, sum);
}

ir_id grad_solve_transposed(struct rule *r, ir_id x)
{
    const int64_t *attr = r->n.attr;
    if (r->n.op == OP_solve) return ir_solve(r->graph, r->n.arg[0], x, r->n.arg[2], !attr[0]);
    return ir_tri_solve(r->graph, r->n.arg[0], x, attr[0] != 0, !attr[1]);
}

ir_id grad_outer(struct rule *r, ir_id x, ir_id y)
{
    bool transposed = r->n.attr[r->n.n_attr - 1] != 0;
    return transposed ? product(r, y, false, x, true) : product(r, x, false, y, true);
}

/* The number of the row (0) or the column (1) of each element. */
static ir_id position(struct rule *r, const struct ir_shape *s, unsigned column)
{
    unsigned axis = s->rank - 2u + column;
    int source[RANK_MAX];
    for (unsigned i = 0; i < s->rank; i++) source[i] = i == axis ? 0 : -1;
    return ir_expand(r->graph, ir_iota(r->graph, s->dim[axis]), s, source);
}

/* op(a, b) of positions: le(1, 0) holds on and below the diagonal. */
static ir_id where(struct rule *r, const struct ir_shape *s, enum ir_op op, unsigned a, unsigned b)
{
    ir_id x = position(r, s, a), y = position(r, s, b);
    return ir_map2(r->graph, op, x, y);
}

static ir_id keep(struct rule *r, ir_id condition, ir_id x)
{
    ir_id zeros = ir_full(r->graph, 0, ir_at(r->graph, x)->shape);
    return ir_map3(r->graph, OP_select, condition, x, zeros);
}

ir_id grad_triangle(struct rule *r, ir_id x)
{
    bool upper = r->n.attr[0] != 0;
    return keep(r, where(r, ir_at(r->graph, x)->shape, OP_le, !upper, upper), x);
}

ir_id grad_half_lower(struct rule *r, ir_id x)
{
    const struct ir_shape *s = ir_at(r->graph, x)->shape;
    ir_id lower = keep(r, where(r, s, OP_le, 1, 0), x);
    ir_id halved = ir_map2(r->graph, OP_mul, ir_full(r->graph, 0.5, s), lower);
    return ir_map3(r->graph, OP_select, where(r, s, OP_eq, 0, 1), halved, lower);
}

ir_id grad_spread(struct rule *r, ir_id x)
{
    const struct ir_shape *s = ir_at(r->graph, r->n.arg[0])->shape;
    int source[RANK_MAX];
    for (unsigned i = 0; i < s->rank; i++) source[i] = i + 2u < s->rank ? (int)i : -1;
    ir_id each = ir_reshape(r->graph, x, ir_shape_of(r->graph->tables, s->rank - 2u, s->dim));
    return ir_expand(r->graph, each, s, source);
}

ir_id grad_inverse_transposed(struct rule *r)
{
    ir_id one = where(r, ir_at(r->graph, r->n.arg[0])->shape, OP_eq, 0, 1);
    return ir_solve(r->graph, r->n.arg[0], one, r->n.arg[1], true);
}

ir_id grad_between_inverses(struct rule *r, ir_id x)
{
    ir_id left = ir_tri_solve(r->graph, r->y, x, false, true);
    ir_id right = ir_tri_solve(r->graph, r->y, grad_transpose(r, left), false, true);
    return grad_transpose(r, right);
}
