/* Unit directions along one axis: a matrix with ones on its diagonal, which linear operations leave diagonal as long as
 * they mix nothing along that axis. */
#include "codegen/ir/batch_inside.h"

#include <string.h>

ir_id batch_spread(const struct batch *b, ir_id x)
{
    struct ir_graph *g = b->graph;
    ir_id diagonal = b->diagonal[x - b->first];
    const struct ir_shape *s = ir_at(g, diagonal)->shape, *wide;
    int row[RANK_MAX], column[RANK_MAX], own[RANK_MAX];
    if (!batch_front(b, s, &wide)) return 0;
    for (int i = 0; i < wide->rank; i++) {
        row[i] = i ? -1 : 0;
        column[i] = i - 1 == b->along[x - b->first] ? 0 : -1;
        own[i] = i - 1;
    }
    ir_id iota = ir_iota(g, b->size), down = ir_expand(g, iota, wide, row), across = ir_expand(g, iota, wide, column);
    ir_id same = ir_map2(g, OP_eq, down, across), all = ir_expand(g, diagonal, wide, own);
    return ir_map3(g, OP_select, same, all, ir_full(g, 0, wide));
}

/* ---- what is 0 where its arguments are ---- */

enum linear { NOT, IN_ALL, IN_ONE, IN_FIRST };

static enum linear linear_in(enum ir_op op)
{
    static const enum linear rows[OP_COUNT] = {
        [OP_neg] = IN_ALL,     [OP_add] = IN_ALL,      [OP_sub] = IN_ALL,     [OP_concat] = IN_ALL,  [OP_mul] = IN_ONE,
        [OP_contract] = IN_ONE, [OP_div] = IN_FIRST,   [OP_sum] = IN_FIRST,   [OP_expand] = IN_FIRST,
        [OP_reshape] = IN_FIRST, [OP_permute] = IN_FIRST, [OP_slice] = IN_FIRST, [OP_place] = IN_FIRST,
        [OP_gather] = IN_FIRST, [OP_scatter] = IN_FIRST, [OP_window] = IN_FIRST, [OP_overlap] = IN_FIRST,
        [OP_cumsum] = IN_FIRST,
    };
    return rows[op];
}

static ir_id diagonal_of(const struct batch *b, ir_id x)
{
    return x >= b->first ? b->diagonal[x - b->first] : 0;
}

static bool depends(const struct batch *b, ir_id x)
{
    return x >= b->first && b->depends[x - b->first];
}

static bool is_zero(const struct ir_graph *g, ir_id x)
{
    while (ir_at(g, x)->op == OP_expand) x = ir_at(g, x)->arg[0];
    return ir_at(g, x)->op == OP_const && ir_const_value(ir_at(g, x)) == 0;
}

/* Where the arguments that depend are diagonal, is the node 0 off the diagonal? */
static bool stays_zero(const struct batch *b, const struct ir_node *n)
{
    uint32_t many = 0;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        if (!depends(b, n->arg[i])) continue;
        if (!diagonal_of(b, n->arg[i])) return false;
        many++;
    }
    switch (linear_in((enum ir_op)n->op)) {
    case IN_ALL:
        return many == n->n_arg;
    case IN_ONE:
        return many == 1;
    case IN_FIRST:
        return many == 1 && depends(b, n->arg[0]);
    default:
        break;
    }
    if (n->op != OP_select || depends(b, n->arg[0])) return false;
    for (uint32_t i = 1; i < 3; i++)
        if (!depends(b, n->arg[i]) && !is_zero(b->graph, n->arg[i])) return false;
    return true;
}

/* The axis that the diagonal is along in the result, -1: it is mixed. */
static int carried_to(const struct batch *b, const struct ir_node *n)
{
    int to = -1;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        if (!depends(b, n->arg[i])) continue;
        int now = ir_carry(b->graph, n, i, b->along[n->arg[i] - b->first]);
        if (now < 0 || (to >= 0 && to != now)) return -1;
        to = now;
    }
    return to;
}

/* A product that sums along the diagonal: each direction takes its own part, and nothing is summed. */
static ir_id own_parts(struct batch *b, const struct ir_node *n)
{
    uint8_t label[3][1 + RANK_MAX];
    const int64_t *from = n->attr + 3;
    uint32_t side = !depends(b, n->arg[0]);
    ir_id arg[2] = {n->arg[0], n->arg[1]};
    for (unsigned k = 0; k < 3; k++)
        for (int64_t i = 0; i < n->attr[k] && i < RANK_MAX; i++) label[k][i + (k == 2)] = (uint8_t)*from++;
    label[2][0] = label[side][b->along[n->arg[side] - b->first]];
    arg[side] = diagonal_of(b, n->arg[side]);
    return ir_contract(b->graph, arg[0], label[0], arg[1], label[1], label[2], (unsigned)n->attr[2] + 1);
}

/* A sum along the diagonal: the same. */
static ir_id own_elements(struct batch *b, const struct ir_node *n)
{
    unsigned along = b->along[n->arg[0] - b->first], gone = (unsigned)n->attr[0] & ~(1u << along);
    ir_id sum = ir_reduce(b->graph, OP_sum, diagonal_of(b, n->arg[0]), gone);
    int at = (int)along - __builtin_popcount(gone & ((1u << along) - 1)), source[RANK_MAX] = {at};
    for (int i = 1; i < ir_at(b->graph, sum)->shape->rank; i++) source[i] = i <= at ? i - 1 : i;
    return ir_permute(b->graph, sum, source);
}

bool batch_on_diagonal(struct batch *b, ir_id id)
{
    struct ir_node n = *ir_at(b->graph, id);
    struct ir_graph *g = b->graph;
    const struct ir_shape *wide;
    if (!stays_zero(b, &n)) return false;
    int to = carried_to(b, &n);
    if (to < 0 && !batch_front(b, n.shape, &wide)) return false;
    if (to >= 0) {
        ir_id *arg = arena_many(g->tables->arena, ir_id, n.n_arg);
        for (uint32_t i = 0; i < n.n_arg; i++) arg[i] = depends(b, n.arg[i]) ? diagonal_of(b, n.arg[i]) : n.arg[i];
        b->diagonal[id - b->first] =
            ir_add(g, (enum ir_op)n.op, (enum ir_type)n.type, n.shape, arg, n.n_arg, n.attr, n.n_attr);
        b->along[id - b->first] = (uint8_t)to;
    } else if (n.op == OP_contract) {
        b->map[id - b->first] = own_parts(b, &n);
    } else if (n.op == OP_sum) {
        b->map[id - b->first] = own_elements(b, &n);
    }
    return to >= 0 || n.op == OP_contract || n.op == OP_sum;
}
