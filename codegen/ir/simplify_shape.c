/* Rules for moves, reductions and products: two moves in one, moves that change nothing, constants that stay constants.
 */
#include "codegen/ir/simplify_rules.h"

#include <math.h>
#include <string.h>

enum { PARTS_SEARCHED = 64 };

static const int64_t nowhere[RANK_MAX] = {-1, -1, -1, -1, -1, -1, -1, -1};

static bool in_order(const struct ir_node *n)
{
    for (unsigned i = 0; i < n->n_attr; i++)
        if (n->attr[i] != i) return false;
    return true;
}

/* The axes of the argument come in their order. */
static bool ascending(const int64_t *source, unsigned n)
{
    int64_t last = -1;
    for (unsigned i = 0; i < n; i++) {
        if (source[i] < 0) continue;
        if (source[i] < last) return false;
        last = source[i];
    }
    return true;
}

static bool is_scalar_expand(const struct ir_graph *g, ir_id x)
{
    return is_op(g, x, OP_expand) && ir_at(g, ir_at(g, x)->arg[0])->shape->rank == 0;
}

static ir_id like(struct ir_graph *g, const struct ir_node *n, ir_id arg, const int64_t *attr)
{
    struct ir_node m = *n;
    m.arg = &arg;
    m.attr = attr;
    return simple_node(g, &m);
}

static ir_id reshaped(struct ir_graph *g, ir_id x, const struct ir_shape *s)
{
    return simple_node(
        g, &(struct ir_node){.op = OP_reshape, .type = ir_at(g, x)->type, .n_arg = 1, .arg = &x, .shape = s});
}

/* Expand and permute that only add or move axes of 1 leave every element in its place. */
static bool only_ones_move(const struct ir_node *n)
{
    int64_t last = -1;
    for (unsigned i = 0; i < n->n_attr; i++) {
        if (n->shape->dim[i] == 1) continue;
        if (n->attr[i] < last || n->attr[i] < 0) return false;
        last = n->attr[i];
    }
    return true;
}

static ir_id rule_expand(struct ir_graph *g, const struct ir_node *n)
{
    struct ir_node x = *ir_at(g, n->arg[0]);
    if (x.shape == n->shape && in_order(n)) return n->arg[0];
    if (x.shape->rank && only_ones_move(n)) return reshaped(g, n->arg[0], n->shape);
    if (x.op != OP_expand) return 0;
    int64_t source[RANK_MAX];
    for (unsigned i = 0; i < n->n_attr; i++) source[i] = n->attr[i] < 0 ? -1 : x.attr[n->attr[i]];
    return like(g, n, x.arg[0], source);
}

static ir_id rule_reshape(struct ir_graph *g, const struct ir_node *n)
{
    struct ir_node x = *ir_at(g, n->arg[0]);
    if (x.shape == n->shape) return n->arg[0];
    if (is_scalar_expand(g, n->arg[0])) return simple_expand(g, x.arg[0], n->shape, nowhere);
    if (x.op == OP_reshape) return like(g, n, x.arg[0], NULL);
    return n->shape->rank && x.shape->rank == 0 ? simple_expand(g, n->arg[0], n->shape, nowhere) : 0;
}

static ir_id rule_permute(struct ir_graph *g, const struct ir_node *n)
{
    struct ir_node x = *ir_at(g, n->arg[0]);
    if (in_order(n)) return n->arg[0];
    if (only_ones_move(n)) return reshaped(g, n->arg[0], n->shape);
    if (x.op != OP_permute && x.op != OP_expand) return 0;
    int64_t source[RANK_MAX];
    for (unsigned i = 0; i < n->n_attr; i++) source[i] = x.attr[n->attr[i]];
    if (x.op == OP_permute) return like(g, n, x.arg[0], source);
    return ascending(source, n->n_attr) ? simple_expand(g, x.arg[0], n->shape, source) : 0;
}

static bool whole_axis(const struct ir_node *n, unsigned i, const struct ir_shape *of)
{
    return n->attr[2 * i] == 0 && n->attr[2 * i + 1] == 1 && n->shape->dim[i] == of->dim[i];
}

/* slice and place that take or put everything */
static bool whole(const struct ir_graph *g, const struct ir_node *n)
{
    const struct ir_shape *of = ir_at(g, n->arg[0])->shape;
    for (unsigned i = 0; i < n->shape->rank; i++)
        if (!whole_axis(n, i, of)) return false;
    return true;
}

static ir_id slice_of_slice(struct ir_graph *g, const struct ir_node *n, const struct ir_node *x)
{
    struct ir_sizes *t = g->tables->sizes;
    int64_t attr[2 * RANK_MAX];
    for (unsigned i = 0; i < n->shape->rank; i++) {
        ir_size far = size_mul(t, (ir_size)n->attr[2 * i], size_const(t, x->attr[2 * i + 1]));
        attr[2 * i] = size_add(t, (ir_size)x->attr[2 * i], far);
        if (attr[2 * i] == SIZE_BAD) return 0;
        if (__builtin_mul_overflow(n->attr[2 * i + 1], x->attr[2 * i + 1], &attr[2 * i + 1])) return 0;
    }
    return like(g, n, x->arg[0], attr);
}

/* Only the axes that were there before are cut; the rest is expanded to less. */
static ir_id slice_of_expand(struct ir_graph *g, const struct ir_node *n, const struct ir_node *x)
{
    if (!ascending(x->attr, x->n_attr)) return 0;
    int64_t attr[2 * RANK_MAX];
    ir_size dim[RANK_MAX];
    unsigned rank = 0;
    for (unsigned i = 0; i < x->n_attr; i++) {
        if (x->attr[i] < 0) continue;
        attr[2 * rank] = n->attr[2 * i];
        attr[2 * rank + 1] = n->attr[2 * i + 1];
        dim[rank++] = n->shape->dim[i];
    }
    struct ir_node small = *n;
    small.arg = x->arg;
    small.attr = attr;
    small.n_attr = (uint16_t)(2 * rank);
    small.shape = ir_shape_of(g->tables, rank, dim);
    return simple_expand(g, simple_node(g, &small), n->shape, x->attr);
}

/* A slice that lies in one part of what was joined. */
static ir_id slice_of_concat(struct ir_graph *g, const struct ir_node *n, const struct ir_node *x)
{
    struct ir_sizes *t = g->tables->sizes;
    unsigned axis = (unsigned)x->attr[0];
    int64_t start, count, step = n->attr[2 * axis + 1], begin = 0, length;
    if (x->n_arg > PARTS_SEARCHED || !size_known(t, (ir_size)n->attr[2 * axis], &start)) return 0;
    if (!size_known(t, n->shape->dim[axis], &count) || count < 1) return 0;
    int64_t last = start + step * (count - 1), low = start < last ? start : last, high = start < last ? last : start;
    for (uint32_t i = 0; i < x->n_arg; i++, begin += length) {
        if (!size_known(t, ir_at(g, x->arg[i])->shape->dim[axis], &length) || low < begin) return 0;
        if (high >= begin + length) continue;
        int64_t attr[2 * RANK_MAX];
        memcpy(attr, n->attr, n->n_attr * sizeof *attr);
        attr[2 * axis] = size_const(t, start - begin);
        return like(g, n, x->arg[i], attr);
    }
    return 0;
}

static ir_id rule_slice(struct ir_graph *g, const struct ir_node *n)
{
    struct ir_node x = *ir_at(g, n->arg[0]);
    if (whole(g, n)) return n->arg[0];
    switch (x.op) {
    case OP_slice:
        return slice_of_slice(g, n, &x);
    case OP_expand:
        return slice_of_expand(g, n, &x);
    case OP_concat:
        return slice_of_concat(g, n, &x);
    case OP_place:
        return ir_at(g, x.arg[0])->shape == n->shape && memcmp(x.attr, n->attr, n->n_attr * sizeof *n->attr) == 0
                   ? x.arg[0]
                   : 0;
    default:
        return 0;
    }
}

static ir_id place_of_place(struct ir_graph *g, const struct ir_node *n, const struct ir_node *x)
{
    struct ir_sizes *t = g->tables->sizes;
    int64_t attr[2 * RANK_MAX];
    for (unsigned i = 0; i < n->shape->rank; i++) {
        ir_size far = size_mul(t, (ir_size)x->attr[2 * i], size_const(t, n->attr[2 * i + 1]));
        attr[2 * i] = size_add(t, (ir_size)n->attr[2 * i], far);
        if (attr[2 * i] == SIZE_BAD) return 0;
        if (__builtin_mul_overflow(n->attr[2 * i + 1], x->attr[2 * i + 1], &attr[2 * i + 1])) return 0;
    }
    return like(g, n, x->arg[0], attr);
}

static ir_id rule_place(struct ir_graph *g, const struct ir_node *n)
{
    double v;
    struct ir_node x = *ir_at(g, n->arg[0]);
    if (whole(g, n)) return n->arg[0];
    if (x.op == OP_place) return place_of_place(g, n, &x);
    if (!simple_constant(g, n->arg[0], &v) || v != 0 || signbit(v)) return 0;
    return simple_expand(g, ir_const(g, 0), n->shape, nowhere);
}

/* What is joined to something joined is one row of parts, unless there are many. */
static ir_id rule_concat(struct ir_graph *g, const struct ir_node *n)
{
    if (n->n_arg == 1) return n->arg[0];
    ir_id part[PARTS_SEARCHED];
    uint32_t n_part = 0;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        const struct ir_node *x = ir_at(g, n->arg[i]);
        bool joined = x->op == OP_concat && x->attr[0] == n->attr[0];
        uint32_t more = joined ? x->n_arg : 1;
        if (n_part + more > PARTS_SEARCHED) return 0;
        memcpy(part + n_part, joined ? x->arg : &n->arg[i], more * sizeof *part);
        n_part += more;
    }
    if (n_part == n->n_arg) return 0;
    struct ir_node m = *n;
    m.arg = part;
    m.n_arg = n_part;
    return simple_node(g, &m);
}

static ir_id rule_gather(struct ir_graph *g, const struct ir_node *n)
{
    if (!is_scalar_expand(g, n->arg[0])) return 0;
    return simple_expand(g, ir_at(g, n->arg[0])->arg[0], n->shape, nowhere);
}

static ir_id rule_dimval(struct ir_graph *g, const struct ir_node *n)
{
    int64_t v;
    return size_known(g->tables->sizes, (ir_size)n->attr[0], &v) ? ir_const(g, (double)v) : 0;
}

/* A reduction of what was expanded along some of the axes that go: those count, or do nothing to a maximum. */
static ir_id reduce_expand(struct ir_graph *g, const struct ir_node *n, const struct ir_node *x)
{
    struct ir_tables *t = g->tables;
    const struct ir_shape *inner = ir_at(g, x->arg[0])->shape;
    int64_t mask = 0, source[RANK_MAX], left[RANK_MAX], next = 0;
    unsigned rank = 0, made = 0;
    ir_size count = 1, dim[RANK_MAX];
    if (!ascending(x->attr, x->n_attr)) return 0;
    for (unsigned i = 0; i < x->n_attr; i++) {
        bool goes = n->attr[0] >> i & 1;
        if (goes && x->attr[i] >= 0) mask |= (int64_t)1 << x->attr[i];
        if (goes && x->attr[i] < 0) {
            count = size_mul(t->sizes, count, x->shape->dim[i]);
            made++;
        }
        if (!goes) left[rank++] = x->attr[i];
    }
    if (!made || count == SIZE_BAD) return 0;
    for (unsigned i = 0; i < rank; i++) source[i] = left[i] < 0 ? -1 : next++;
    rank = 0;
    for (unsigned i = 0; i < inner->rank; i++)
        if (!(mask >> i & 1)) dim[rank++] = inner->dim[i];
    ir_id id = x->arg[0];
    if (mask)
        id = simple_node(g, &(struct ir_node){.op = n->op,
                                              .type = n->type,
                                              .n_arg = 1,
                                              .arg = &id,
                                              .n_attr = 1,
                                              .attr = &mask,
                                              .shape = ir_shape_of(t, rank, dim)});
    if (n->op == OP_sum) {
        struct ir_node number = {.op = OP_dimval, .n_attr = 1, .attr = &(int64_t){count}, .shape = ir_scalar_shape(t)};
        id = simple2(g, OP_mul, id, simple_expand(g, simple_node(g, &number), ir_at(g, id)->shape, nowhere));
    }
    return simple_expand(g, id, n->shape, source);
}

static ir_id rule_reduce(struct ir_graph *g, const struct ir_node *n)
{
    struct ir_node x = *ir_at(g, n->arg[0]);
    bool ones = true;
    for (unsigned i = 0; i < x.shape->rank; i++) ones &= !(n->attr[0] >> i & 1) || x.shape->dim[i] == 1;
    if (ones) return reshaped(g, n->arg[0], n->shape);
    if (x.op == OP_neg && n->op == OP_sum) return simple1(g, OP_neg, like(g, n, x.arg[0], n->attr));
    ir_id id = x.op == OP_expand ? reduce_expand(g, n, &x) : 0;
    return id || n->op != OP_sum ? id : simple_sum_of_pool(g, n);
}

/* ---- products ---- */

struct product {
    ir_id arg[2];
    unsigned n[3], mask[3]; /* axes and labels of a, b, the result */
    int64_t label[3][RANK_MAX];
};

static struct product product_of(const struct ir_node *n)
{
    struct product p = {.arg = {n->arg[0], n->arg[1]}};
    const int64_t *label = n->attr + 3;
    for (unsigned side = 0; side < 3; side++) {
        p.n[side] = (unsigned)n->attr[side];
        for (unsigned i = 0; i < p.n[side]; i++) {
            p.label[side][i] = *label++;
            p.mask[side] |= 1u << p.label[side][i];
        }
    }
    return p;
}

/* Sums of one term: axes of 1 that are summed over go from both operands. */
static bool drop_single_sums(struct ir_graph *g, struct product *p)
{
    unsigned gone = 0;
    for (unsigned side = 0; side < 2; side++) {
        const struct ir_shape *s = ir_at(g, p->arg[side])->shape;
        ir_size dim[RANK_MAX];
        unsigned rank = 0;
        for (unsigned i = 0; i < p->n[side]; i++) {
            int64_t label = p->label[side][i];
            if (s->dim[i] == 1 && !(p->mask[2] >> label & 1)) {
                gone |= 1u << label;
                continue;
            }
            p->label[side][rank] = label;
            dim[rank++] = s->dim[i];
        }
        if (rank == p->n[side]) continue;
        p->n[side] = rank;
        p->arg[side] = reshaped(g, p->arg[side], ir_shape_of(g->tables, rank, dim));
    }
    for (unsigned side = 0; side < 2; side++) p->mask[side] &= ~gone;
    return gone;
}

static ir_id rebuilt(struct ir_graph *g, const struct ir_node *n, const struct product *p)
{
    int64_t attr[3 + 3 * RANK_MAX];
    unsigned k = 3;
    for (unsigned side = 0; side < 3; side++) {
        attr[side] = p->n[side];
        for (unsigned i = 0; i < p->n[side]; i++) attr[k++] = p->label[side][i];
    }
    struct ir_node m = *n;
    m.arg = p->arg;
    m.attr = attr;
    m.n_attr = (uint16_t)k;
    return simple_node(g, &m);
}

/* An operand whose labels are all in the result, as a tensor of the result's shape. */
static ir_id spread(struct ir_graph *g, ir_id x, const int64_t *label, const struct ir_node *n, const struct product *p)
{
    const struct ir_shape *from = ir_at(g, x)->shape;
    int64_t source[RANK_MAX], order[RANK_MAX], next = 0;
    ir_size dim[RANK_MAX];
    for (unsigned i = 0; i < p->n[2]; i++) {
        source[i] = -1;
        for (unsigned k = 0; k < from->rank; k++) {
            if (label[k] != p->label[2][i]) continue;
            order[next] = k;
            dim[next] = n->shape->dim[i];
            source[i] = next++;
        }
    }
    ir_id moved = simple_node(g, &(struct ir_node){.op = OP_permute,
                                                   .type = IR_REAL,
                                                   .n_arg = 1,
                                                   .arg = &x,
                                                   .n_attr = from->rank,
                                                   .attr = order,
                                                   .shape = ir_shape_of(g->tables, from->rank, dim)});
    return simple_expand(g, moved, n->shape, source);
}

/* A product with ones is a sum over the labels that go. */
static ir_id sum_instead(struct ir_graph *g, const struct ir_node *n, const struct product *p, unsigned side)
{
    ir_id x = p->arg[side];
    ir_size dim[RANK_MAX];
    int64_t label[RANK_MAX], axes = 0;
    unsigned rank = 0;
    for (unsigned i = 0; i < p->n[side]; i++) {
        if (p->mask[2] >> p->label[side][i] & 1) {
            dim[rank] = ir_at(g, x)->shape->dim[i];
            label[rank++] = p->label[side][i];
        } else {
            axes |= (int64_t)1 << i;
        }
    }
    if (axes)
        x = simple_node(g, &(struct ir_node){.op = OP_sum,
                                             .type = IR_REAL,
                                             .n_arg = 1,
                                             .arg = &x,
                                             .n_attr = 1,
                                             .attr = &axes,
                                             .shape = ir_shape_of(g->tables, rank, dim)});
    return spread(g, x, label, n, p);
}

static ir_id rule_contract(struct ir_graph *g, const struct ir_node *n)
{
    struct product p = product_of(n);
    double v;
    if (drop_single_sums(g, &p)) return rebuilt(g, n, &p);
    for (unsigned side = 0; side < 2; side++)
        if (simple_constant(g, p.arg[side], &v) && v == 1) return sum_instead(g, n, &p, 1 - side);
    if ((p.mask[0] | p.mask[1]) & ~p.mask[2]) return 0;
    ir_id a = spread(g, p.arg[0], p.label[0], n, &p), b = spread(g, p.arg[1], p.label[1], n, &p);
    return simple2(g, OP_mul, a, b);
}

simple_rule *simple_shape_rule(enum ir_op op)
{
    static simple_rule *const rules[OP_COUNT] = {
        [OP_expand] = rule_expand, [OP_reshape] = rule_reshape, [OP_permute] = rule_permute,
        [OP_slice] = rule_slice,   [OP_place] = rule_place,     [OP_concat] = rule_concat,
        [OP_gather] = rule_gather, [OP_dimval] = rule_dimval,   [OP_sum] = rule_reduce,
        [OP_window] = simple_window, [OP_overlap] = simple_overlap,
        [OP_max_of] = rule_reduce, [OP_min_of] = rule_reduce,   [OP_contract] = rule_contract,
    };
    return rules[op];
}
