#include "codegen/ir/batch_inside.h"

#include <string.h>

/* ---- a new axis in front ---- */

bool batch_front(const struct batch *b, const struct ir_shape *s, const struct ir_shape **out)
{
    struct ir_sizes *t = b->graph->tables->sizes;
    ir_size dim[RANK_MAX] = {b->size}, n = size_mul(t, b->size, ir_elements(b->graph->tables, s));
    if (s->rank == RANK_MAX || n == SIZE_BAD || size_bound(t, n) > (int64_t)1 << ELEMENTS_MOST_LOG2) return false;
    memcpy(dim + 1, s->dim, s->rank * sizeof *dim);
    *out = ir_shape_of(b->graph->tables, s->rank + 1u, dim);
    return true;
}

ir_id batch_copy(const struct batch *b, ir_id x)
{
    if (x < b->first) return 0;
    ir_id *copy = &b->map[x - b->first];
    if (!*copy && b->diagonal && b->diagonal[x - b->first]) *copy = batch_spread(b, x);
    return *copy;
}

ir_id batch_plain(const struct batch *b, ir_id x)
{
    return b->plain ? b->plain[x - b->first] : x;
}

ir_id batch_lifted(const struct batch *b, ir_id x)
{
    ir_id copy = batch_copy(b, x);
    if (copy) return copy;
    x = batch_plain(b, x);
    const struct ir_shape *s = ir_at(b->graph, x)->shape, *wide;
    int source[RANK_MAX] = {-1};
    if (!batch_front(b, s, &wide)) return 0;
    for (unsigned i = 0; i < s->rank; i++) source[i + 1] = (int)i;
    return ir_expand(b->graph, x, wide, source);
}

/* Elementwise, and calls that work on their last axes alone. */
static ir_id wide_map(struct batch *b)
{
    const struct ir_shape *s;
    ir_id *arg = arena_many(b->graph->tables->arena, ir_id, b->n.n_arg);
    if (!batch_front(b, b->n.shape, &s)) return 0;
    for (uint32_t i = 0; i < b->n.n_arg; i++)
        if (!(arg[i] = batch_lifted(b, b->n.arg[i]))) return 0;
    return ir_add(b->graph, (enum ir_op)b->n.op, (enum ir_type)b->n.type, s, arg, b->n.n_arg, b->n.attr, b->n.n_attr);
}

static ir_id wide_bind(struct batch *b)
{
    return ir_bind(b->graph, batch_copy(b, b->n.arg[0]));
}

static ir_id wide_custom(struct batch *b)
{
    uint32_t n = (uint32_t)b->n.attr[0];
    ir_id *x = arena_many(b->graph->tables->arena, ir_id, n), *adjoint = arena_many(b->graph->tables->arena, ir_id, n);
    for (uint32_t i = 0; i < n; i++) {
        int64_t at = b->n.attr[1 + i];
        if (!(x[i] = batch_lifted(b, b->n.arg[1 + i]))) return 0;
        if (at && !(adjoint[i] = batch_lifted(b, b->n.arg[at]))) return 0;
    }
    ir_id y = batch_lifted(b, b->n.arg[0]), hole = batch_lifted(b, b->n.arg[n + 1]);
    return y && hole ? ir_custom(b->graph, y, x, n, hole, adjoint) : 0;
}

static ir_id wide_reduce(struct batch *b)
{
    return ir_reduce(b->graph, (enum ir_op)b->n.op, batch_copy(b, b->n.arg[0]), (unsigned)b->n.attr[0] << 1);
}

static ir_id wide_argreduce(struct batch *b)
{
    return ir_argreduce(b->graph, (enum ir_op)b->n.op, batch_copy(b, b->n.arg[0]), (unsigned)b->n.attr[0] + 1);
}

static ir_id wide_expand(struct batch *b)
{
    const struct ir_shape *s;
    int source[RANK_MAX] = {0};
    if (!batch_front(b, b->n.shape, &s)) return 0;
    for (unsigned i = 0; i < b->n.n_attr; i++) source[i + 1] = b->n.attr[i] < 0 ? -1 : (int)b->n.attr[i] + 1;
    return ir_expand(b->graph, batch_copy(b, b->n.arg[0]), s, source);
}

static ir_id wide_reshape(struct batch *b)
{
    const struct ir_shape *s;
    return batch_front(b, b->n.shape, &s) ? ir_reshape(b->graph, batch_copy(b, b->n.arg[0]), s) : 0;
}

static ir_id wide_permute(struct batch *b)
{
    int source[RANK_MAX] = {0};
    for (unsigned i = 0; i < b->n.n_attr; i++) source[i + 1] = (int)b->n.attr[i] + 1;
    return ir_permute(b->graph, batch_copy(b, b->n.arg[0]), source);
}

static ir_id wide_strided(struct batch *b)
{
    const struct ir_shape *s;
    ir_size start[RANK_MAX] = {0};
    int64_t step[RANK_MAX] = {1};
    if (!batch_front(b, b->n.shape, &s)) return 0;
    for (unsigned i = 0; i < b->n.shape->rank; i++) {
        start[i + 1] = (ir_size)b->n.attr[2 * i];
        step[i + 1] = b->n.attr[2 * i + 1];
    }
    ir_id x = batch_copy(b, b->n.arg[0]);
    return b->n.op == OP_slice ? ir_slice(b->graph, x, s, start, step) : ir_place(b->graph, x, s, start, step);
}

static ir_id wide_concat(struct batch *b)
{
    ir_id *part = arena_many(b->graph->tables->arena, ir_id, b->n.n_arg);
    for (uint32_t i = 0; i < b->n.n_arg; i++)
        if (!(part[i] = batch_lifted(b, b->n.arg[i]))) return 0;
    return ir_concat(b->graph, part, b->n.n_arg, (unsigned)b->n.attr[0] + 1);
}

static ir_id wide_gather(struct batch *b)
{
    ir_id x = batch_copy(b, b->n.arg[0]), idx = batch_plain(b, b->n.arg[1]);
    const struct ir_shape *s;
    unsigned axis = (unsigned)b->n.attr[0] + 1;
    if (batch_copy(b, b->n.arg[1]) || !batch_front(b, b->n.shape, &s)) return 0;
    return b->n.op == OP_gather ? ir_gather(b->graph, x, idx, axis) : ir_scatter(b->graph, x, idx, s, axis);
}

static ir_id wide_window(struct batch *b)
{
    const int64_t *a = b->n.attr;
    ir_id x = batch_copy(b, b->n.arg[0]);
    const ir_size *dim = &b->n.shape->dim[a[0]];
    const struct ir_shape *s;
    if (!batch_front(b, b->n.shape, &s)) return 0;
    if (b->n.op == OP_overlap) return ir_overlap(b->graph, x, (unsigned)a[0] + 1, dim[0], a[1], a[2], a[3]);
    return ir_window(b->graph, x, (unsigned)a[0] + 1, dim[0], dim[1], a[1], a[2], a[3]);
}

static ir_id wide_cumsum(struct batch *b)
{
    const int64_t *a = b->n.attr;
    return ir_cumsum(b->graph, batch_copy(b, b->n.arg[0]), (unsigned)a[0] + 1, a[1], a[2]);
}

/* Labels of side 0, 1 (the operands), 2 (the result). */
static unsigned labels_of(const struct ir_node *n, unsigned side, uint8_t *label)
{
    const int64_t *from = n->attr + 3;
    for (unsigned i = 0; i < side; i++) from += n->attr[i];
    for (int64_t i = 0; i < n->attr[side] && i < RANK_MAX; i++) label[i] = (uint8_t)from[i];
    return (unsigned)n->attr[side];
}

static ir_id wide_contract(struct batch *b)
{
    uint8_t label[3][1 + RANK_MAX], free = 0;
    ir_id arg[2];
    unsigned n[3], used = 0;
    const struct ir_shape *s;
    for (unsigned side = 0; side < 3; side++) {
        n[side] = labels_of(&b->n, side, label[side] + 1);
        for (unsigned i = 1; i <= n[side]; i++) used |= 1u << label[side][i];
    }
    while (used >> free & 1) free++;
    if (free >= LABELS_MAX || !batch_front(b, b->n.shape, &s)) return 0;
    for (unsigned side = 0; side < 2; side++) {
        arg[side] = batch_copy(b, b->n.arg[side]);
        if (arg[side]) label[side][0] = free;
        if (!arg[side]) arg[side] = batch_plain(b, b->n.arg[side]), memmove(label[side], label[side] + 1, n[side]);
    }
    label[2][0] = free;
    return ir_contract(b->graph, arg[0], label[0], arg[1], label[1], label[2], n[2] + 1);
}

/* Systems of one matrix: the new axis goes into the columns of the right side, and the matrix is factored once. */
static ir_id wide_solve(struct batch *b)
{
    struct ir_graph *g = b->graph;
    const struct ir_shape *s = b->n.shape, *wide;
    unsigned rank = s->rank;
    int there[RANK_MAX], back[RANK_MAX] = {0};
    ir_size dim[RANK_MAX];
    bool right_side = batch_copy(b, b->n.arg[1]) != 0;
    for (uint32_t i = 0; i < b->n.n_arg; i++) right_side &= i == 1 || !batch_copy(b, b->n.arg[i]);
    if (!right_side || !batch_front(b, s, &wide)) return wide_map(b);
    for (unsigned i = 0; i + 1 < rank; i++) there[i] = (int)i + 1, back[i + 1] = (int)i, dim[i] = s->dim[i];
    there[rank - 1] = 0;
    there[rank] = back[rank] = (int)rank;
    back[0] = (int)rank - 1;
    dim[rank - 1] = size_mul(g->tables->sizes, b->size, s->dim[rank - 1]);
    ir_id columns = ir_permute(g, batch_copy(b, b->n.arg[1]), there);
    const struct ir_shape *between = ir_at(g, columns)->shape, *joined = ir_shape_of(g->tables, rank, dim);
    ir_id arg[3] = {batch_plain(b, b->n.arg[0]), ir_reshape(g, columns, joined)};
    if (b->n.n_arg > 2) arg[2] = batch_plain(b, b->n.arg[2]);
    ir_id x = ir_add(g, (enum ir_op)b->n.op, IR_REAL, joined, arg, b->n.n_arg, b->n.attr, b->n.n_attr);
    return ir_permute(g, ir_reshape(g, x, between), back);
}

/* ---- which axis stays ---- */

/* The axis of the result that `axis` of argument i becomes where nothing is mixed along it, else -1. */
typedef int carry(const struct ir_graph *g, const struct ir_node *n, uint32_t i, int axis);

static int carry_same(const struct ir_graph *g, const struct ir_node *n, uint32_t i, int axis)
{
    (void)g, (void)n, (void)i;
    return axis;
}

static int carry_reduce(const struct ir_graph *g, const struct ir_node *n, uint32_t i, int axis)
{
    unsigned gone = (unsigned)n->attr[0], below = gone & ((1u << axis) - 1);
    (void)g, (void)i;
    return gone >> axis & 1 ? -1 : axis - __builtin_popcount(below);
}

static int carry_source(const struct ir_graph *g, const struct ir_node *n, uint32_t i, int axis)
{
    (void)g, (void)i;
    for (int k = 0; k < n->n_attr; k++)
        if (n->attr[k] == axis) return k;
    return -1;
}

static int carry_reshape(const struct ir_graph *g, const struct ir_node *n, uint32_t i, int axis)
{
    struct ir_sizes *t = g->tables->sizes;
    const struct ir_shape *from = ir_at(g, n->arg[i])->shape;
    ir_size before = size_const(t, 1), now = before;
    for (int k = 0; k < axis; k++) before = size_mul(t, before, from->dim[k]);
    for (int k = 0; k < n->shape->rank; k++) {
        if (now == before && n->shape->dim[k] == from->dim[axis]) return k;
        now = size_mul(t, now, n->shape->dim[k]);
    }
    return -1;
}

static int carry_strided(const struct ir_graph *g, const struct ir_node *n, uint32_t i, int axis)
{
    bool whole = n->attr[2 * axis] == 0 && n->attr[2 * axis + 1] == 1;
    return whole && n->shape->dim[axis] == ir_at(g, n->arg[i])->shape->dim[axis] ? axis : -1;
}

/* concat, cumsum: all but the axis they work along */
static int carry_others(const struct ir_graph *g, const struct ir_node *n, uint32_t i, int axis)
{
    (void)g, (void)i;
    return axis == n->attr[0] ? -1 : axis;
}

/* gather, scatter, window, overlap: the axis they work along becomes several, or several become one. */
static int carry_replaced(const struct ir_graph *g, const struct ir_node *n, uint32_t i, int axis)
{
    int at = (int)n->attr[0], more = n->shape->rank - ir_at(g, n->arg[0])->shape->rank, gone = more < 0 ? 1 - more : 1;
    if (i > 0) return -1;
    if (more < 0 ? axis >= at && axis < at + gone : axis == at) return -1;
    return axis < at ? axis : axis + more;
}

static int carry_contract(const struct ir_graph *g, const struct ir_node *n, uint32_t i, int axis)
{
    uint8_t label[RANK_MAX], out[RANK_MAX];
    (void)g;
    (void)labels_of(n, i, label);
    unsigned n_out = labels_of(n, 2, out);
    for (unsigned k = 0; k < n_out; k++)
        if (out[k] == label[axis]) return (int)k;
    return -1;
}

/* Matrices are the last two axes; of a system each column is one of its own. */
static int carry_matrices(const struct ir_graph *g, const struct ir_node *n, uint32_t i, int axis)
{
    int rank = ir_at(g, n->arg[i])->shape->rank;
    bool columns = (n->op == OP_solve || n->op == OP_tri_solve) && i == 1;
    return axis < rank - 2 || (columns && axis == rank - 1) ? axis : -1;
}

/* ---- what is known of each operation ---- */

struct widening {
    ir_id (*wide)(struct batch *b); /* the node at hand with the new axis, 0 if there is no room for it */
    carry *carry;
};

static struct widening widening_of(enum ir_op op)
{
    static const struct widening rows[OP_COUNT] = {
        [OP_bind] = {wide_bind, carry_same},          [OP_stop] = {wide_map, carry_same},
        [OP_custom] = {wide_custom, carry_same},      [OP_sum] = {wide_reduce, carry_reduce},
        [OP_max_of] = {wide_reduce, carry_reduce},    [OP_min_of] = {wide_reduce, carry_reduce},
        [OP_argmax] = {wide_argreduce, NULL},         [OP_argmin] = {wide_argreduce, NULL},
        [OP_expand] = {wide_expand, carry_source},    [OP_reshape] = {wide_reshape, carry_reshape},
        [OP_permute] = {wide_permute, carry_source},  [OP_slice] = {wide_strided, carry_strided},
        [OP_place] = {wide_strided, carry_strided},   [OP_concat] = {wide_concat, carry_others},
        [OP_gather] = {wide_gather, carry_replaced},  [OP_scatter] = {wide_gather, carry_replaced},
        [OP_window] = {wide_window, carry_replaced},  [OP_overlap] = {wide_window, carry_replaced},
        [OP_cumsum] = {wide_cumsum, carry_others},    [OP_contract] = {wide_contract, carry_contract},
        [OP_lu] = {wide_map, carry_matrices},         [OP_logdet] = {wide_map, carry_matrices},
        [OP_cholesky] = {wide_map, carry_matrices},   [OP_solve] = {wide_solve, carry_matrices},
        [OP_tri_solve] = {wide_solve, carry_matrices}, [OP_loop] = {batch_loop, NULL},
        [OP_part] = {batch_part, NULL},
    };
    if (ir_ops[op].class == CLASS_MAP) return (struct widening){wide_map, carry_same};
    return rows[op];
}

int ir_carry(const struct ir_graph *g, const struct ir_node *n, uint32_t i, unsigned axis)
{
    carry *c = widening_of((enum ir_op)n->op).carry;
    return c ? c(g, n, i, (int)axis) : -1;
}

/* ---- the walks ---- */

/* Where the walk begins: an adjoint that was substituted into may have its hole from before. */
static ir_id first_of(const struct ir_graph *g, ir_id from, ir_id root)
{
    ir_id first = from;
    for (ir_id id = from; id <= root; id++) {
        const struct ir_node *n = ir_at(g, id);
        if (n->op == OP_custom && n->arg[n->attr[0] + 1] < first) first = n->arg[n->attr[0] + 1];
    }
    return first;
}

struct batch batch_new(const struct ir_graph *from, struct ir_graph *graph, ir_id first, ir_id last, ir_size size)
{
    struct arena *a = graph->tables->arena;
    size_t n = (size_t)(last - first) + 1;
    struct batch b = {.from = from, .graph = graph, .first = first, .size = size};
    b.needed = arena_many(a, bool, n);
    b.depends = arena_many(a, bool, n);
    b.map = arena_many(a, ir_id, n);
    return b;
}

void batch_find_needed(struct batch *b, ir_id last)
{
    for (ir_id id = last; id >= b->first; id--) {
        const struct ir_node *n = ir_at(b->from, id);
        for (uint32_t i = 0; b->needed[id - b->first] && i < n->n_arg; i++)
            if (n->arg[i] >= b->first) b->needed[n->arg[i] - b->first] = true;
    }
}

/* Of a hand-written adjoint what it is the adjoint of decides. Returns whether the hole of one came in: what stands
 * between the hole and its node has to be gone over again. */
static bool find_dependent(struct batch *b, ir_id last)
{
    bool more = false;
    for (ir_id id = b->first; id <= last; id++) {
        const struct ir_node *n = ir_at(b->from, id);
        uint32_t n_arg = n->op == OP_custom ? 1 + (uint32_t)n->attr[0] : n->n_arg;
        bool *mine = &b->depends[id - b->first];
        if (!b->needed[id - b->first]) continue;
        for (uint32_t i = 0; i < n_arg && !*mine; i++)
            *mine = n->arg[i] >= b->first && b->depends[n->arg[i] - b->first];
        if (n->op != OP_custom || !*mine) continue;
        ir_id hole = n->arg[n->attr[0] + 1];
        more |= !b->depends[hole - b->first];
        b->depends[hole - b->first] = true;
    }
    return more;
}

void batch_find_dependent(struct batch *b, ir_id last)
{
    while (find_dependent(b, last)) continue;
}

ir_id batch_wide(struct batch *b, ir_id id)
{
    const struct ir_shape *s;
    b->n = *ir_at(b->from, id);
    if (b->n.op == OP_hole) return batch_front(b, b->n.shape, &s) ? ir_hole(b->graph, s) : 0;
    struct widening w = widening_of((enum ir_op)b->n.op);
    return w.wide ? w.wide(b) : 0;
}

/* to 0: the unit directions along `axis`. */
static ir_id batch(struct ir_graph *g, ir_id root, ir_id from, ir_id to, unsigned axis)
{
    ir_size size = to ? ir_at(g, to)->shape->dim[0] : ir_at(g, from)->shape->dim[axis];
    struct batch b = {.from = g, .graph = g, .first = root + 1, .size = size};
    if (root < from) return batch_lifted(&b, root); /* nothing to copy */
    b = batch_new(g, g, first_of(g, from, root), root, size);
    if (!to) {
        b.diagonal = arena_many(g->tables->arena, ir_id, (size_t)(root - b.first) + 1);
        b.along = arena_many(g->tables->arena, uint8_t, (size_t)(root - b.first) + 1);
        b.diagonal[from - b.first] = ir_full(g, 1, ir_at(g, from)->shape);
        b.along[from - b.first] = (uint8_t)axis;
    }
    struct span here = g->here;
    b.needed[root - b.first] = true;
    batch_find_needed(&b, root);
    b.depends[from - b.first] = true;
    batch_find_dependent(&b, root);
    bool done = true;
    for (ir_id id = b.first; id <= root && done; id++) {
        if (!b.needed[id - b.first] || !b.depends[id - b.first]) continue;
        g->here = ir_at(g, id)->at;
        if (b.diagonal && (id == from || batch_on_diagonal(&b, id))) continue;
        ir_id copy = id == from ? to : batch_wide(&b, id);
        b.map[id - b.first] = copy;
        ir_name(g, copy, ir_at(g, id)->name);
        done = copy != 0;
    }
    g->here = here;
    return done ? batch_lifted(&b, root) : 0;
}

ir_id ir_batch(struct ir_graph *g, ir_id root, ir_id from, ir_id to)
{
    return batch(g, root, from, to, 0);
}

ir_id ir_batch_units(struct ir_graph *g, ir_id root, ir_id from, unsigned axis)
{
    return batch(g, root, from, 0, axis);
}

static const uint32_t *find_needed(struct ir_graph *g, ir_id first, ir_id root)
{
    uint32_t *needed = ir_scratch(g->tables, SCRATCH_NEEDED, (size_t)(root - first) + 1);
    needed[root - first] = 1;
    for (ir_id id = root; id >= first; id--) {
        const struct ir_node *n = ir_at(g, id);
        for (uint32_t i = 0; needed[id - first] && i < n->n_arg; i++)
            if (n->arg[i] >= first) needed[n->arg[i] - first] = 1;
    }
    return needed;
}

int ir_carried(struct ir_graph *g, ir_id root, ir_id from, unsigned axis)
{
    if (root < from) return -1;
    const uint32_t *needed = find_needed(g, from, root);
    uint32_t *at = ir_scratch(g->tables, SCRATCH_MAP, (size_t)(root - from) + 1); /* the axis + 1; 0: does not use it */
    at[0] = axis + 1;
    for (ir_id id = from + 1; id <= root; id++) {
        const struct ir_node *n = ir_at(g, id);
        uint32_t to = 0, n_arg = ir_ops[n->op].class == CLASS_WRAP ? 1 : n->n_arg;
        for (uint32_t i = 0; needed[id - from] && i < n_arg; i++) {
            uint32_t k = n->arg[i] >= from ? at[n->arg[i] - from] : 0;
            if (!k) continue;
            uint32_t now = (uint32_t)(1 + ir_carry(g, n, i, k - 1));
            if (!now || (to && to != now)) return -1;
            to = now;
        }
        at[id - from] = to;
    }
    return (int)at[root - from] - 1;
}
