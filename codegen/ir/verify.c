/* What must be true of every node. Sizes are compared as polynomials: a shape is right for every run-time dim. */
#include "codegen/ir/graph.h"
#include "codegen/ir/loop.h"

#define FAIL_UNLESS(condition, why)                                                                                    \
    if (!(condition)) return why

struct look {
    const struct ir_graph *g;
    const struct ir_node *n;
};

static const struct ir_node *argument(struct look v, uint32_t i)
{
    return ir_at(v.g, v.n->arg[i]);
}

static ir_size add(struct look v, ir_size a, ir_size b)
{
    return size_add(v.g->tables->sizes, a, b);
}

/* Shapes a and b equal, but for `na` axes of a and `nb` of b from `axis` on. */
static bool equal_but(const struct ir_shape *a, unsigned na, const struct ir_shape *b, unsigned nb, unsigned axis)
{
    if (axis + na > a->rank || axis + nb > b->rank || a->rank - na != b->rank - nb) return false;
    for (unsigned i = 0; i < axis; i++)
        if (a->dim[i] != b->dim[i]) return false;
    for (unsigned i = axis + na; i < a->rank; i++)
        if (a->dim[i] != b->dim[i - na + nb]) return false;
    return true;
}

static const char *check_scalar(struct look v)
{
    FAIL_UNLESS(v.n->n_attr == 1 && v.n->shape->rank == 0, "wants one attribute and rank 0");
    return NULL;
}

static const char *check_plain_scalar(struct look v)
{
    FAIL_UNLESS(v.n->n_attr == 0 && v.n->shape->rank == 0, "wants rank 0 and no attribute");
    return NULL;
}

static const char *check_indexed(struct look v)
{
    FAIL_UNLESS(v.n->n_attr == (v.n->op == OP_slot ? 2 : 1), "wrong number of attributes");
    return NULL;
}

static const char *check_tensor(struct look v)
{
    FAIL_UNLESS(v.n->n_attr == 1 && v.n->attr[0] >= 0 && v.n->attr[0] < v.g->tables->data.n, "names no data");
    int64_t size;
    for (unsigned i = 0; i < v.n->shape->rank; i++)
        FAIL_UNLESS(size_known(v.g->tables->sizes, v.n->shape->dim[i], &size), "data of a size that is not known");
    return NULL;
}

static const char *check_iota(struct look v)
{
    FAIL_UNLESS(v.n->n_attr == 0 && v.n->shape->rank == 1, "wants rank 1");
    return NULL;
}

static const char *check_same(struct look v)
{
    FAIL_UNLESS(v.n->shape == argument(v, 0)->shape, "changes the shape");
    return NULL;
}

static const char *check_custom(struct look v)
{
    int64_t n = v.n->n_attr ? v.n->attr[0] : -1;
    FAIL_UNLESS(n >= 0 && v.n->n_attr == 1 + n && v.n->n_arg >= 2 + n, "wrong number of arguments or attributes");
    FAIL_UNLESS(v.n->shape == argument(v, 0)->shape, "changes the shape");
    const struct ir_node *hole = argument(v, (uint32_t)n + 1);
    FAIL_UNLESS(hole->op == OP_hole && hole->shape == v.n->shape, "its hole is none, or of another shape");
    for (int64_t i = 0; i < n; i++) {
        int64_t k = v.n->attr[1 + i];
        FAIL_UNLESS(k == 0 || (k > n + 1 && k < v.n->n_arg), "an adjoint is no argument");
        FAIL_UNLESS(k == 0 || argument(v, (uint32_t)k)->shape == argument(v, (uint32_t)i + 1)->shape,
                    "an adjoint's shape is not its argument's");
    }
    return NULL;
}

static const char *check_map(struct look v)
{
    static const bool any_type[OP_COUNT] = {
        [OP_real] = true, [OP_select] = true, [OP_lt] = true,  [OP_le] = true, [OP_eq] = true,
        [OP_ne] = true,   [OP_not] = true,    [OP_and] = true, [OP_or] = true};
    FAIL_UNLESS(v.n->n_attr == 0, "has attributes");
    for (uint32_t i = 0; i < v.n->n_arg; i++) {
        FAIL_UNLESS(argument(v, i)->shape == v.n->shape, "an argument's shape is not the result's");
        FAIL_UNLESS(argument(v, i)->type == IR_REAL || any_type[v.n->op], "an argument is not real");
    }
    if (v.n->op == OP_select)
        FAIL_UNLESS(argument(v, 1)->type == v.n->type && argument(v, 2)->type == v.n->type, "branches of two types");
    return NULL;
}

static const char *check_axes(struct look v, unsigned axes)
{
    const struct ir_shape *s = argument(v, 0)->shape;
    FAIL_UNLESS(axes && axes < 1u << s->rank, "reduces axes that are not there");
    unsigned k = 0;
    for (unsigned i = 0; i < s->rank; i++) {
        if (axes >> i & 1) continue;
        FAIL_UNLESS(k < v.n->shape->rank && v.n->shape->dim[k] == s->dim[i], "keeps another shape");
        k++;
    }
    FAIL_UNLESS(k == v.n->shape->rank, "keeps another shape");
    return NULL;
}

static const char *check_reduce(struct look v)
{
    FAIL_UNLESS(v.n->n_attr == 1 && argument(v, 0)->type == IR_REAL, "wants a mask of axes and a real argument");
    return check_axes(v, (unsigned)v.n->attr[0]);
}

static const char *check_argreduce(struct look v)
{
    FAIL_UNLESS(v.n->n_attr == 1 && argument(v, 0)->type == IR_REAL, "wants an axis and a real argument");
    FAIL_UNLESS(v.n->attr[0] >= 0 && v.n->attr[0] < RANK_MAX, "wants an axis");
    return check_axes(v, 1u << v.n->attr[0]);
}

static const char *check_expand(struct look v)
{
    const struct ir_shape *s = argument(v, 0)->shape;
    FAIL_UNLESS(v.n->n_attr == v.n->shape->rank, "wants a source for each axis");
    unsigned used = 0, count = 0;
    for (unsigned i = 0; i < v.n->n_attr; i++) {
        int64_t from = v.n->attr[i];
        if (from == -1) continue;
        FAIL_UNLESS(from >= 0 && from < s->rank && !(used >> from & 1), "a source axis is missing or used twice");
        FAIL_UNLESS(s->dim[from] == v.n->shape->dim[i], "an axis changes its size");
        used |= 1u << from;
        count++;
    }
    FAIL_UNLESS(count == s->rank, "an axis of the argument is left out");
    return NULL;
}

static const char *check_reshape(struct look v)
{
    struct ir_tables *t = v.g->tables;
    FAIL_UNLESS(v.n->n_attr == 0, "has attributes");
    FAIL_UNLESS(ir_elements(t, v.n->shape) == ir_elements(t, argument(v, 0)->shape), "changes the number of elements");
    return NULL;
}

static const char *check_permute(struct look v)
{
    const char *why = check_expand(v);
    FAIL_UNLESS(why || v.n->shape->rank == argument(v, 0)->shape->rank, "changes the rank");
    return why;
}

/* The small side fits into the large one: its first and last element do, for the sizes that are known. */
static const char *check_strided(struct look v)
{
    const struct ir_shape *small = v.n->shape, *large = argument(v, 0)->shape;
    if (v.n->op == OP_place) {
        small = large;
        large = v.n->shape;
    }
    FAIL_UNLESS(small->rank == large->rank && v.n->n_attr == 2 * small->rank, "wants a start and a step for each axis");
    for (unsigned i = 0; i < small->rank; i++) {
        int64_t start, step = v.n->attr[2 * i + 1], n, limit;
        FAIL_UNLESS(step != 0, "a step is 0");
        if (!size_known(v.g->tables->sizes, (ir_size)v.n->attr[2 * i], &start)) continue;
        if (!size_known(v.g->tables->sizes, small->dim[i], &n) || n == 0) continue;
        if (!size_known(v.g->tables->sizes, large->dim[i], &limit)) continue;
        int64_t last = start + step * (n - 1);
        FAIL_UNLESS(start >= 0 && start < limit && last >= 0 && last < limit, "reaches outside");
    }
    return NULL;
}

static const char *check_concat(struct look v)
{
    FAIL_UNLESS(v.n->n_attr == 1 && v.n->n_arg, "wants an axis and arguments");
    unsigned axis = (unsigned)v.n->attr[0];
    FAIL_UNLESS(axis < v.n->shape->rank, "joins along an axis that is not there");
    int64_t whole = 0, length;
    ir_size open = 0;
    for (uint32_t i = 0; i < v.n->n_arg; i++) {
        const struct ir_node *x = argument(v, i);
        FAIL_UNLESS(equal_but(x->shape, 1, v.n->shape, 1, axis), "a part has another shape");
        FAIL_UNLESS(x->type == v.n->type, "a part has another type");
        if (size_known(v.g->tables->sizes, x->shape->dim[axis], &length))
            whole += length;
        else
            open = add(v, open, x->shape->dim[axis]);
    }
    FAIL_UNLESS(add(v, open, size_const(v.g->tables->sizes, whole)) == v.n->shape->dim[axis], "lengths do not add up");
    return NULL;
}

static const char *check_indices(struct look v, const struct ir_shape *table, const struct ir_shape *rows)
{
    const struct ir_shape *idx = argument(v, 1)->shape;
    FAIL_UNLESS(v.n->n_attr == 1 && argument(v, 1)->type == IR_INT, "wants an axis and integers");
    unsigned axis = (unsigned)v.n->attr[0];
    FAIL_UNLESS(equal_but(table, 1, rows, idx->rank, axis), "has another shape");
    for (unsigned i = 0; i < idx->rank; i++) FAIL_UNLESS(rows->dim[axis + i] == idx->dim[i], "has another shape");
    return NULL;
}

static const char *check_gather(struct look v)
{
    return check_indices(v, argument(v, 0)->shape, v.n->shape);
}

static const char *check_scatter(struct look v)
{
    return check_indices(v, v.n->shape, argument(v, 0)->shape);
}

static const char *check_windowed(struct look v)
{
    const struct ir_shape *flat = argument(v, 0)->shape, *wide = v.n->shape;
    if (v.n->op == OP_overlap) {
        wide = flat;
        flat = v.n->shape;
    }
    FAIL_UNLESS(v.n->n_attr == 4 && v.n->attr[1] > 0 && v.n->attr[2] > 0, "wants an axis, stride, dilation and pad");
    FAIL_UNLESS(equal_but(flat, 1, wide, 2, (unsigned)v.n->attr[0]), "has another shape");
    return NULL;
}

static const char *check_cumsum(struct look v)
{
    FAIL_UNLESS(v.n->n_attr == 3 && v.n->attr[0] >= 0 && v.n->attr[0] < v.n->shape->rank, "wants an axis");
    return check_same(v);
}

static const char *check_contract(struct look v)
{
    const struct ir_shape *s[3] = {argument(v, 0)->shape, argument(v, 1)->shape, v.n->shape};
    FAIL_UNLESS(v.n->n_attr >= 3, "wants labels");
    FAIL_UNLESS(v.n->n_attr == 3 + s[0]->rank + s[1]->rank + s[2]->rank, "wants a label for each axis");
    ir_size size[LABELS_MAX];
    unsigned seen[LABELS_MAX] = {0}, k = 3;
    for (unsigned side = 0; side < 3; side++) {
        FAIL_UNLESS(v.n->attr[side] == s[side]->rank, "ranks differ");
        for (unsigned i = 0; i < s[side]->rank; i++) {
            int64_t label = v.n->attr[k++];
            FAIL_UNLESS(label >= 0 && label < LABELS_MAX, "a label is out of range");
            FAIL_UNLESS(!(seen[label] >> side & 1), "a label is twice in one operand");
            FAIL_UNLESS(!seen[label] || size[label] == s[side]->dim[i], "a label has two sizes");
            size[label] = s[side]->dim[i];
            seen[label] |= 1u << side;
        }
    }
    for (unsigned i = 0; i < LABELS_MAX; i++)
        FAIL_UNLESS((seen[i] & (seen[i] - 1)) || !seen[i], "a label is in one place only");
    return NULL;
}

/* [.., n, n] */
static bool is_square(const struct ir_shape *s)
{
    return s->rank >= 2 && s->dim[s->rank - 1] == s->dim[s->rank - 2];
}

/* f is [.., n + 1, n] where a is [.., n, n]. */
static bool is_factored(struct look v, const struct ir_shape *a, const struct ir_shape *f)
{
    ir_size rows = add(v, a->dim[a->rank - 1], size_const(v.g->tables->sizes, 1));
    return equal_but(a, 1, f, 1, a->rank - 2u) && f->dim[a->rank - 2] == rows;
}

static const char *check_lu(struct look v)
{
    const struct ir_shape *a = argument(v, 0)->shape;
    FAIL_UNLESS(is_square(a) && v.n->n_attr == 0, "wants a square matrix and no attribute");
    FAIL_UNLESS(is_factored(v, a, v.n->shape), "has another shape");
    return NULL;
}

/* Argument i: in a loop's body it may come from outside, as the matrix may. */
static const char *check_factors(struct look v, uint32_t i)
{
    FAIL_UNLESS(is_factored(v, argument(v, 0)->shape, argument(v, i)->shape), "the factors have another shape");
    return NULL;
}

static const char *check_system(struct look v)
{
    const struct ir_shape *a = argument(v, 0)->shape, *b = argument(v, 1)->shape;
    FAIL_UNLESS(v.n->n_attr == (v.n->op == OP_solve ? 1 : 2), "wrong number of attributes");
    for (unsigned i = 0; i < v.n->n_attr; i++) FAIL_UNLESS((v.n->attr[i] | 1) == 1, "an attribute is not 0 or 1");
    FAIL_UNLESS(is_square(a) && equal_but(a, 1, b, 1, a->rank - 1u), "wants a square matrix and as many rows");
    FAIL_UNLESS(v.n->shape == b, "has another shape");
    return v.n->op == OP_solve ? check_factors(v, 2) : NULL;
}

static const char *check_logdet(struct look v)
{
    const struct ir_shape *a = argument(v, 0)->shape, *y = v.n->shape;
    FAIL_UNLESS(is_square(a) && v.n->n_attr == 0, "wants a square matrix and no attribute");
    FAIL_UNLESS(equal_but(a, 2, y, 1, a->rank - 2u), "has another shape");
    FAIL_UNLESS(y->dim[y->rank - 1] == size_const(v.g->tables->sizes, 1), "has another shape");
    return check_factors(v, 1);
}

static const char *check_cholesky(struct look v)
{
    FAIL_UNLESS(is_square(v.n->shape) && v.n->n_attr == 0, "wants a square matrix and no attribute");
    return check_same(v);
}

/* x is `row` with a first axis of `turns` before it. */
static bool is_rows(const struct ir_shape *x, ir_size turns, const struct ir_shape *row)
{
    return x->rank == row->rank + 1 && x->dim[0] == turns && equal_but(x, 1, row, 0, 0);
}

static const char *check_loop(struct look v)
{
    FAIL_UNLESS(v.n->n_attr == 1 && v.n->shape->rank == 0, "wants one attribute and rank 0");
    FAIL_UNLESS(v.n->attr[0] >= 0 && v.n->attr[0] < v.g->tables->loops.n, "no such loop");
    const struct ir_loop *l = v.g->tables->loops.at[v.n->attr[0]];
    FAIL_UNLESS(v.n->n_arg == l->n_carry + l->n_row + l->n_outer, "wrong number of arguments");
    for (uint32_t i = 0; i < v.n->n_arg; i++) {
        bool is_row = i >= l->n_carry && i < l->n_carry + l->n_row;
        ir_id leaf = i < l->n_carry ? l->carry[i] : is_row ? l->row[i - l->n_carry] : l->outer[i - l->n_carry - l->n_row];
        const struct ir_node *x = argument(v, i), *inside = i < l->n_carry ? ir_at(l->body, l->next[i]) : NULL;
        if (inside) FAIL_UNLESS(inside->shape == x->shape && inside->type == x->type, "a carried value changes");
        if (!leaf) continue;
        inside = ir_at(l->body, leaf);
        FAIL_UNLESS(inside->type == x->type, "an argument has another type in the body");
        FAIL_UNLESS(is_row ? is_rows(x->shape, l->turns, inside->shape) : x->shape == inside->shape,
                    "an argument has another shape in the body");
    }
    return NULL;
}

static const char *check_part(struct look v)
{
    const struct ir_node *of = argument(v, 0);
    FAIL_UNLESS(v.n->n_attr == 1 && v.n->attr[0] >= 0 && of->op == OP_loop, "wants a loop and a number");
    const struct ir_loop *l = v.g->tables->loops.at[of->attr[0]];
    FAIL_UNLESS(v.n->attr[0] < l->n_carry + l->collect.n, "no such part");
    bool carried = v.n->attr[0] < l->n_carry;
    const struct ir_node *x = ir_at(l->body, carried ? l->next[v.n->attr[0]] : l->collect.at[v.n->attr[0] - l->n_carry]);
    FAIL_UNLESS(v.n->type == x->type, "wrong type");
    FAIL_UNLESS(carried ? v.n->shape == x->shape : is_rows(v.n->shape, l->turns, x->shape), "has another shape");
    return NULL;
}

/* A body is well-formed, and its leaves are those the loop knows. */
static const char *check_body(const struct ir_loop *l)
{
    for (ir_id id = 1; id < l->body->n; id++) {
        const struct ir_node *n = ir_at(l->body, id);
        uint32_t most = n->op == OP_carry ? l->n_carry : n->op == OP_row ? l->n_row : l->n_outer;
        const ir_id *leaf = n->op == OP_carry ? l->carry : n->op == OP_row ? l->row : l->outer;
        FAIL_UNLESS(n->op != OP_input && n->op != OP_param && n->op != OP_state && n->op != OP_slot &&
                        n->op != OP_random,
                    "a body reads what is outside");
        if (n->op != OP_carry && n->op != OP_row && n->op != OP_outer) continue;
        FAIL_UNLESS(n->attr[0] < most && leaf[n->attr[0]] == id, "a leaf that its loop does not know");
    }
    for (uint32_t i = 0; i < l->n_carry; i++) FAIL_UNLESS(l->next[i] && l->next[i] < l->body->n, "next is not there");
    for (uint32_t i = 0; i < l->collect.n; i++)
        FAIL_UNLESS(l->collect.at[i] && l->collect.at[i] < l->body->n, "what is collected is not there");
    return ir_verify(l->body);
}

typedef const char *check(struct look v);

static check *const class_check[] = {
    [CLASS_WRAP] = check_same, [CLASS_MAP] = check_map, [CLASS_REDUCE] = check_reduce, [CLASS_CALL] = check_same};
static check *const op_check[OP_COUNT] = {
    [OP_const] = check_scalar,      [OP_dimval] = check_scalar,         [OP_number] = check_scalar,
    [OP_tick] = check_plain_scalar, [OP_training] = check_plain_scalar, [OP_tensor] = check_tensor,
    [OP_input] = check_indexed,     [OP_param] = check_indexed,         [OP_state] = check_indexed,
    [OP_slot] = check_indexed,      [OP_random] = check_indexed,        [OP_hole] = check_indexed,
    [OP_iota] = check_iota,         [OP_custom] = check_custom,         [OP_argmax] = check_argreduce,
    [OP_argmin] = check_argreduce,  [OP_expand] = check_expand,         [OP_reshape] = check_reshape,
    [OP_permute] = check_permute,   [OP_slice] = check_strided,         [OP_place] = check_strided,
    [OP_concat] = check_concat,     [OP_gather] = check_gather,         [OP_scatter] = check_scatter,
    [OP_window] = check_windowed,   [OP_overlap] = check_windowed,      [OP_cumsum] = check_cumsum,
    [OP_contract] = check_contract, [OP_lu] = check_lu,                 [OP_solve] = check_system,
    [OP_logdet] = check_logdet,     [OP_cholesky] = check_cholesky,     [OP_tri_solve] = check_system,
    [OP_turn] = check_scalar,       [OP_carry] = check_indexed,         [OP_row] = check_indexed,
    [OP_outer] = check_indexed,     [OP_loop] = check_loop,             [OP_part] = check_part,
};

const char *ir_verify_node(const struct ir_graph *g, const struct ir_node *n)
{
    FAIL_UNLESS(n->op > OP_none && n->op < OP_COUNT, "no such operation");
    const struct ir_op_info *op = &ir_ops[n->op];
    FAIL_UNLESS(op->arity == ARITY_ANY || (uint32_t)op->arity == n->n_arg, "wrong number of arguments");
    FAIL_UNLESS(n->shape && n->shape->rank <= RANK_MAX, "no shape");
    for (unsigned i = 0; i < n->shape->rank; i++) FAIL_UNLESS(n->shape->dim[i] != SIZE_BAD, "an axis without a size");
    for (uint32_t i = 0; i < n->n_arg; i++) FAIL_UNLESS(n->arg[i] > 0 && n->arg[i] < g->n, "an argument is not there");
    FAIL_UNLESS(op->result == IR_SAME || n->type == op->result, "wrong type");
    if (op->result == IR_SAME && n->n_arg && n->op != OP_select && n->op != OP_part)
        FAIL_UNLESS(n->type == ir_at(g, n->arg[0])->type, "wrong type");
    check *of = op_check[n->op] ? op_check[n->op] : class_check[op->class];
    return of ? of((struct look){g, n}) : "an operation without a rule for its shape";
}

const char *ir_verify(const struct ir_graph *g)
{
    for (ir_id id = 1; id < g->n; id++) {
        const struct ir_node *n = ir_at(g, id);
        for (uint32_t i = 0; i < n->n_arg; i++) FAIL_UNLESS(n->arg[i] < id, "a node before its argument");
        const char *why = ir_verify_node(g, n);
        if (!why && n->op == OP_loop) why = check_body(g->tables->loops.at[n->attr[0]]);
        if (why) return arena_printf(g->tables->arena, "%%%u = %s: %s", id, ir_ops[n->op % OP_COUNT].name, why);
    }
    return NULL;
}
