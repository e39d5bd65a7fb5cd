#include "codegen/emit/lanes.h"

#include <string.h>

struct lanes {
    const struct ir_graph *from;
    struct ir_graph *to;
    struct ir_tables *tables;
    ids *copies;
    struct arena *arena;
    ir_id *plain, *wide; /* by node: its copy as it was, and in blocks; 0: none yet */
    int8_t *axis;        /* by node: the axis of its samples if it is computed in blocks; -1: it is not */
    uint32_t *uses;
    ir_size samples, blocks, width; /* samples 0: none yet */
    int64_t least;                  /* of fewer samples rows are taken, see in_rows.c */
    bool none;                      /* the first convolution has too few: channels of later ones are none */
    bool some_idle;                 /* one block, and not all of its lanes are somebody's: nothing is read of those */
    unsigned depth;
};

enum { LANES_MOST = 16, LANES_LEAST = 8, SAMPLES_LEAST = 4, ROW_LONG = 8, MOVES_MOST = 16 /* one below the other */, LEAST_RANK = 4 /* of what is convolved by one element */ };

static const struct ir_node *node_of(const struct lanes *l, ir_id id)
{
    return ir_at(l->from, id);
}

static const struct ir_shape *blocks_of(const struct lanes *l, const struct ir_shape *s, unsigned axis)
{
    ir_size dim[RANK_MAX];
    memcpy(dim, s->dim, sizeof dim);
    dim[axis] = l->blocks;
    dim[s->rank] = l->width;
    return ir_shape_of(l->tables, s->rank + 1u, dim);
}

static ir_id add_like(struct lanes *l, ir_id like, const struct ir_shape *s, const ir_id *arg, uint32_t n_arg,
                      const int64_t *attr, uint32_t n_attr)
{
    const struct ir_node *n = node_of(l, like);
    l->to->here = n->at;
    ir_id id = ir_add(l->to, (enum ir_op)n->op, (enum ir_type)n->type, s, arg, n_arg, attr, n_attr);
    if (n->name) ir_name(l->to, id, n->name);
    return id;
}

/* ---- from one layout to the other ---- */

/* The first `size` along the last axis. */
static ir_id first_lanes(struct lanes *l, ir_id x, ir_size size)
{
    const struct ir_shape *s = ir_at(l->to, x)->shape;
    ir_size dim[RANK_MAX], start[RANK_MAX];
    int64_t step[RANK_MAX];
    for (unsigned k = 0; k < s->rank; k++) dim[k] = s->dim[k], start[k] = size_const(l->tables->sizes, 0), step[k] = 1;
    dim[s->rank - 1] = size;
    return ir_slice(l->to, x, ir_shape_of(l->tables, s->rank, dim), start, step);
}

/* Without lanes that are nobody's. */
static ir_id own_lanes(struct lanes *l, ir_id wide)
{
    return l->some_idle ? first_lanes(l, wide, l->samples) : wide;
}

/* With them: they do what the first ones do. */
static ir_id all_lanes(struct lanes *l, ir_id x)
{
    ir_size idle = size_sub(l->tables->sizes, l->width, l->samples);
    return l->some_idle ? ir_concat(l->to, (ir_id[]){x, first_lanes(l, x, idle)}, 2, ir_at(l->to, x)->shape->rank - 1u) : x;
}

/* Samples as blocks of neighbours, the neighbours' axis last. */
static ir_id deal_out(struct lanes *l, ir_id plain, unsigned axis)
{
    const struct ir_node *n = ir_at(l->to, plain);
    unsigned rank = n->shape->rank;
    ir_size dim[RANK_MAX];
    int source[RANK_MAX];
    for (unsigned k = 0, i = 0; k < rank; k++) {
        source[k] = (int)i;
        dim[i++] = k == axis ? l->blocks : n->shape->dim[k];
        if (k == axis) dim[source[rank] = (int)i, i++] = l->some_idle ? l->samples : l->width;
    }
    bool made = n->op == OP_random || n->op == OP_expand;
    ir_id id = ir_permute(l->to, ir_reshape(l->to, plain, ir_shape_of(l->tables, rank + 1, dim)), source);
    if (!made && !l->some_idle) vec_push(l->arena, l->copies, id);
    return all_lanes(l, id);
}

static ir_id gather_in(struct lanes *l, ir_id wide, const struct ir_shape *s, unsigned axis)
{
    int source[RANK_MAX];
    for (unsigned k = 0, i = 0; k < s->rank; k++) {
        source[i++] = (int)k;
        if (k == axis) source[i++] = s->rank;
    }
    ir_id id = ir_permute(l->to, own_lanes(l, wide), source);
    vec_push(l->arena, l->copies, id);
    return ir_reshape(l->to, id, s);
}

static ir_id plain_of(struct lanes *l, ir_id id)
{
    if (!l->plain[id]) l->plain[id] = gather_in(l, l->wide[id], node_of(l, id)->shape, (unsigned)l->axis[id]);
    return l->plain[id];
}

/* ---- moves ---- */

/* The axis of the argument that axis `to` of a move is, or -1. */
static int axis_before(const struct lanes *l, const struct ir_node *n, int to)
{
    const struct ir_shape *from = node_of(l, n->arg[0])->shape;
    int64_t start = n->op == OP_slice || n->op == OP_place ? n->attr[2 * to] : 0;
    switch (n->op) {
    case OP_expand: case OP_permute: return (int)n->attr[to];
    case OP_slice: case OP_place:
        return start == 0 && n->attr[2 * to + 1] == 1 && from->dim[to] == n->shape->dim[to] ? to : -1;
    case OP_window: return to == n->attr[0] || to == n->attr[0] + 1 ? -1 : to > n->attr[0] ? to - 1 : to;
    case OP_overlap: return to == n->attr[0] ? -1 : to > n->attr[0] ? to + 1 : to;
    case OP_cumsum: return to == n->attr[0] ? -1 : to;
    case OP_reshape: {
        ir_size before = 1, other = 1;
        for (int k = 0; k < to; k++) before = size_mul(l->tables->sizes, before, n->shape->dim[k]);
        for (int k = 0; k < from->rank; k++) {
            if (other == before && from->dim[k] == n->shape->dim[to]) return k;
            other = size_mul(l->tables->sizes, other, from->dim[k]);
        }
        return -1;
    }
    default: return -1;
    }
}

static int axis_after(const struct lanes *l, const struct ir_node *n, int from)
{
    for (int to = 0; to < n->shape->rank; to++)
        if (n->shape->dim[to] == l->samples && axis_before(l, n, to) == from) return to;
    return -1;
}

/* Whether it is a reshape that makes one axis of several, which only memory can be read through. Of the axes of its argument
 * axis k is made of those from first[k] to first[k + 1]. */
static bool merges(const struct lanes *l, const struct ir_node *n, unsigned *first)
{
    if (n->op != OP_reshape) return false;
    const struct ir_shape *from = ir_at(l->to, n->arg[0])->shape;
    unsigned i = 0;
    for (unsigned k = 0; k < n->shape->rank; k++) {
        ir_size all = 1;
        first[k] = i;
        while (i < from->rank && (i == first[k] || all != n->shape->dim[k])) all = size_mul(l->tables->sizes, all, from->dim[i++]);
        if (all != n->shape->dim[k]) return false;
    }
    first[n->shape->rank] = i;
    return i == from->rank && from->rank > n->shape->rank;
}

/* A stretched reshape that merges axes, as a reshape that does so of what is stretched. 0: it is none. */
static ir_id stretch_apart(struct lanes *l, ir_id id, ir_id x, const int64_t *source, const struct ir_shape *s)
{
    unsigned first[RANK_MAX + 1], rank = 0;
    const struct ir_node *n = ir_at(l->to, x);
    ir_size dim[2 * RANK_MAX];
    int64_t attr[2 * RANK_MAX];
    bool stretches = false;
    for (unsigned k = 0; k < s->rank; k++) stretches = stretches || source[k] < 0;
    if (!stretches || !merges(l, n, first)) return 0;
    const struct ir_shape *from = ir_at(l->to, n->arg[0])->shape;
    for (unsigned k = 0; k < s->rank; k++) {
        unsigned i = source[k] < 0 ? 0 : first[source[k]], end = source[k] < 0 ? 1 : first[source[k] + 1];
        if (rank + (end - i) > RANK_MAX) return 0;
        for (; i < end; i++, rank++) {
            dim[rank] = source[k] < 0 ? s->dim[k] : from->dim[i];
            attr[rank] = source[k] < 0 ? -1 : (int64_t)i;
        }
    }
    l->to->here = node_of(l, id)->at;
    ir_id apart = ir_add(l->to, (enum ir_op)node_of(l, id)->op, (enum ir_type)n->type, ir_shape_of(l->tables, rank, dim), &n->arg[0], 1,
                         attr, rank);
    return ir_reshape(l->to, apart, s);
}

/* A move of `x`, which is in blocks unless it is stretched along the samples. */
static ir_id wide_move(struct lanes *l, ir_id id, ir_id x, bool stretched, unsigned axis)
{
    const struct ir_node *n = node_of(l, id);
    int64_t attr[2 * RANK_MAX + 2];
    uint32_t m = n->n_attr;
    memcpy(attr, n->attr, m * sizeof *attr);
    if (n->op == OP_expand || n->op == OP_permute) {
        attr[m++] = stretched ? -1 : ir_at(l->to, x)->shape->rank - 1;
        ir_id apart = stretched ? 0 : stretch_apart(l, id, x, attr, blocks_of(l, n->shape, axis));
        if (apart) return apart;
    } else if (n->op == OP_slice || n->op == OP_place) {
        attr[m++] = size_const(l->tables->sizes, 0);
        attr[m++] = 1;
    }
    if (n->op == OP_reshape && ir_at(l->to, x)->op == OP_reshape) x = ir_at(l->to, x)->arg[0];
    return add_like(l, id, blocks_of(l, n->shape, axis), &x, 1, attr, m);
}

/* The node in blocks, whose samples are along this axis: as it was computed; through moves what these read; else dealt out. */
static ir_id wide_of(struct lanes *l, ir_id id, int axis)
{
    const struct ir_node *n = node_of(l, id);
    if (l->axis[id] == axis) return l->wide[id];
    bool moves = ir_ops[n->op].class == CLASS_MOVE && n->n_arg == 1 && l->axis[id] < 0 && l->depth < MOVES_MOST;
    int before = moves ? axis_before(l, n, axis) : -1;
    ir_id wide;
    if (moves && n->op == OP_expand && before < 0) return wide_move(l, id, plain_of(l, n->arg[0]), true, (unsigned)axis);
    if (moves && before >= 0 && node_of(l, n->arg[0])->shape->rank < RANK_MAX) {
        l->depth++;
        ir_id x = wide_of(l, n->arg[0], before);
        l->depth--;
        return wide_move(l, id, x, false, (unsigned)axis);
    }
    wide = deal_out(l, plain_of(l, id), (unsigned)axis);
    return wide;
}

/* ---- contractions ---- */

struct labels {
    int64_t of[3][RANK_MAX];
    unsigned n[3];
};

static struct labels labels_of(const struct ir_node *n)
{
    struct labels x;
    const int64_t *label = n->attr + 3;
    for (unsigned i = 0; i < 3; i++) {
        x.n[i] = (unsigned)n->attr[i];
        for (unsigned k = 0; k < x.n[i]; k++) x.of[i][k] = *label++;
    }
    return x;
}

static int find_label(const struct labels *x, unsigned i, int64_t label)
{
    for (unsigned k = 0; k < x->n[i]; k++)
        if (x->of[i][k] == label) return (int)k;
    return -1;
}

/* Whether a window is read, of which this axis is none. */
static bool reads_window(const struct lanes *l, ir_id id, int axis)
{
    bool found = false;
    for (unsigned depth = 0; depth < MOVES_MOST && axis >= 0; depth++) {
        const struct ir_node *n = node_of(l, id);
        if (ir_ops[n->op].class != CLASS_MOVE || n->n_arg != 1) return found;
        found = found || n->op == OP_window;
        axis = axis_before(l, n, axis);
        id = n->arg[0];
    }
    return false;
}

static bool deal_samples(struct lanes *l, ir_size size)
{
    int64_t n;
    struct ir_sizes *t = l->tables->sizes;
    if (l->samples) return l->samples == size;
    bool literal = size_known(t, size, &n);
    if (!literal) n = size_bound(t, size);
    if (n < (literal ? l->least : SAMPLES_LEAST)) return false;
    l->samples = l->width = size;
    l->blocks = size_const(t, 1);
    l->some_idle = literal && n % LANES_LEAST != 0;
    if (l->some_idle)
        l->width = size_const(t, (n / LANES_LEAST + 1) * LANES_LEAST);
    else if (literal) {
        l->width = size_const(t, n % LANES_MOST ? LANES_LEAST : LANES_MOST);
        l->blocks = size_div(t, size, l->width);
    }
    return true;
}

/* The label of the samples: that of what is in blocks already, or that of the outermost axis of a convolution which goes from
 * what is windowed to the result. -1: it is none. */
static int64_t samples_of(struct lanes *l, const struct ir_node *n, const struct labels *x)
{
    bool windows = false;
    for (unsigned i = 0; i < 2; i++)
        for (unsigned k = 0; k < x->n[i]; k++) windows = windows || reads_window(l, n->arg[i], (int)k);
    for (unsigned i = 0; i < 2; i++) {
        int axis = l->axis[n->arg[i]];
        if (axis >= 0 && (windows || x->n[i] >= LEAST_RANK)) return x->of[i][axis];
    }
    for (unsigned i = 0; i < 2; i++)
        for (unsigned k = 0; k < x->n[i]; k++) {
            int64_t label = x->of[i][k];
            if (find_label(x, 1 - i, label) >= 0 || !reads_window(l, n->arg[i], (int)k)) continue;
            ir_size size = node_of(l, n->arg[i])->shape->dim[k];
            if (!l->none && deal_samples(l, size)) return label;
            break;
        }
    l->none = l->none || (windows && !l->samples);
    return -1;
}

/* Where its samples went: an axis of the result, -2 if they are summed over, -1 if it is not computed in blocks. `order`: of
 * the result's labels, or NULL. */
static int wide_contract(struct lanes *l, ir_id id, const int64_t *order, const struct ir_shape *s, ir_id like, ir_id *out)
{
    const struct ir_node *n = node_of(l, id);
    struct labels x = labels_of(n), y;
    int64_t label = samples_of(l, n, &x), free = 0;
    if (label < 0) return -1;
    bool used[LABELS_MAX] = {false};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned k = 0; k < x.n[i]; k++) used[x.of[i][k]] = true;
    while (free < LABELS_MAX && used[free]) free++;
    if (free == LABELS_MAX) return -1;
    if (order)
        for (unsigned k = 0; k < x.n[2]; k++) y.of[2][k] = x.of[2][order[k]];
    if (order) memcpy(x.of[2], y.of[2], sizeof x.of[2]);
    for (unsigned i = 0; i < 3; i++)
        if (find_label(&x, i, label) >= 0 && x.n[i] == RANK_MAX) return -1;
    ir_id arg[2];
    int64_t attr[3 + 3 * RANK_MAX];
    int at = find_label(&x, 2, label);
    uint32_t m = 3;
    for (unsigned i = 0; i < 3; i++) {
        int axis = find_label(&x, i, label);
        if (i < 2) arg[i] = axis < 0 ? plain_of(l, n->arg[i]) : wide_of(l, n->arg[i], axis);
        if (i < 2 && axis >= 0 && at < 0) arg[i] = own_lanes(l, arg[i]);
        attr[i] = x.n[i] + (axis >= 0);
        for (unsigned k = 0; k < x.n[i]; k++) attr[m++] = x.of[i][k];
        if (axis >= 0) attr[m++] = free;
    }
    l->to->here = n->at;
    *out = ir_add(l->to, OP_contract, IR_REAL, at < 0 ? s : blocks_of(l, s, (unsigned)at), arg, 2, attr, m);
    const char *name = node_of(l, like)->name;
    if (name) ir_name(l->to, *out, name);
    return at < 0 ? -2 : at;
}

/* ---- everything ---- */

static int tagged(const struct lanes *l, const struct ir_node *n)
{
    for (uint32_t i = 0; i < n->n_arg; i++)
        if (l->axis[n->arg[i]] >= 0) return (int)i;
    return -1;
}

/* A choice by what is not so is one the other way round. */
static void turn_choice(const struct lanes *l, const struct ir_node *n, ir_id *arg)
{
    if (n->op != OP_select || ir_at(l->to, arg[0])->op != OP_not) return;
    ir_id other = arg[1];
    arg[0] = ir_at(l->to, arg[0])->arg[0];
    arg[1] = arg[2];
    arg[2] = other;
}

/* The map of what such a reshape is made of. 0: no argument is one. */
static ir_id map_apart(struct lanes *l, ir_id id, const ir_id *arg, const struct ir_shape *s)
{
    unsigned first[RANK_MAX + 1];
    const struct ir_node *n = node_of(l, id), *x = NULL;
    ir_id own[4];
    for (uint32_t i = 0; i < n->n_arg && !x; i++)
        if (merges(l, ir_at(l->to, arg[i]), first)) x = ir_at(l->to, arg[i]);
    if (!x) return 0;
    const struct ir_shape *apart = ir_at(l->to, x->arg[0])->shape;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        const struct ir_node *y = ir_at(l->to, arg[i]);
        bool same = y->op == OP_reshape && ir_at(l->to, y->arg[0])->shape == apart;
        own[i] = same ? y->arg[0] : ir_reshape(l->to, arg[i], apart);
    }
    return ir_reshape(l->to, add_like(l, id, apart, own, n->n_arg, n->attr, n->n_attr), s);
}

static ir_id build_map(struct lanes *l, ir_id id, ir_id *arg, const struct ir_shape *s)
{
    const struct ir_node *n = node_of(l, id);
    turn_choice(l, n, arg);
    ir_id apart = map_apart(l, id, arg, s);
    return apart ? apart : add_like(l, id, s, arg, n->n_arg, n->attr, n->n_attr);
}

/* The order of axes that a move alone makes: which axis of the argument each one is. NULL if it does more, or nothing. */
static const int64_t *order_of(const struct ir_node *n)
{
    bool all = n->op == OP_permute || n->op == OP_expand, in_order = true;
    unsigned found = 0;
    for (unsigned k = 0; all && k < n->shape->rank; k++) {
        all = n->attr[k] >= 0;
        if (all) found |= 1u << n->attr[k];
        in_order = in_order && n->attr[k] == (int64_t)k;
    }
    return all && !in_order && found + 1 == 1u << n->shape->rank ? n->attr : NULL;
}

/* The map with its arguments as they are stored, where all are read in one and the same other order; then that order is put
 * on the result, which may be there already in its own. 0: that is not so. */
static ir_id map_in_order(struct lanes *l, ir_id id, const ir_id *arg, const struct ir_shape *s)
{
    const struct ir_node *n = node_of(l, id);
    const int64_t *order = NULL;
    ir_size dim[RANK_MAX];
    ir_id own[4];
    int source[RANK_MAX];
    for (uint32_t i = 0; i < n->n_arg && !order; i++) order = order_of(ir_at(l->to, arg[i]));
    if (!order) return 0;
    for (unsigned k = 0; k < s->rank; k++) dim[order[k]] = s->dim[k], source[k] = (int)order[k];
    const struct ir_shape *stored = ir_shape_of(l->tables, s->rank, dim);
    for (uint32_t i = 0; i < n->n_arg; i++) {
        const struct ir_node *x = ir_at(l->to, arg[i]);
        int from[RANK_MAX];
        if (x->op != OP_permute && x->op != OP_expand) return 0;
        for (unsigned k = 0; k < s->rank; k++) from[order[k]] = (int)x->attr[k];
        own[i] = ir_expand(l->to, x->arg[0], stored, from);
    }
    return ir_permute(l->to, build_map(l, id, own, stored), source);
}

static int wide_map(struct lanes *l, ir_id id, ir_id *out)
{
    const struct ir_node *n = node_of(l, id);
    ir_id arg[4];
    int first = tagged(l, n), axis;
    if (first < 0 || n->n_arg > 4 || n->shape->rank == RANK_MAX) return -1;
    axis = l->axis[n->arg[first]];
    for (uint32_t i = 0; i < n->n_arg; i++) arg[i] = wide_of(l, n->arg[i], axis);
    const struct ir_shape *s = blocks_of(l, n->shape, (unsigned)axis);
    if (!(*out = map_in_order(l, id, arg, s))) *out = build_map(l, id, arg, s);
    return axis;
}

static int wide_reduce(struct lanes *l, ir_id id, ir_id *out)
{
    const struct ir_node *n = node_of(l, id);
    int axis = l->axis[n->arg[0]], after = axis;
    if (axis < 0) return -1;
    bool one = n->op == OP_argmax || n->op == OP_argmin;
    uint64_t gone = one ? (uint64_t)1 << n->attr[0] : (uint64_t)n->attr[0];
    if (gone >> axis & 1) {
        int64_t all = n->attr[0] | (int64_t)1 << node_of(l, n->arg[0])->shape->rank;
        if (one) return -1;
        ir_id x = own_lanes(l, l->wide[n->arg[0]]);
        *out = add_like(l, id, n->shape, &x, 1, &all, 1);
        return -2;
    }
    for (int k = 0; k < axis; k++) after -= (int)(gone >> k & 1);
    *out = add_like(l, id, blocks_of(l, n->shape, (unsigned)after), &l->wide[n->arg[0]], 1, n->attr, n->n_attr);
    return after;
}

static int wide_moved(struct lanes *l, ir_id id, ir_id *out)
{
    const struct ir_node *n = node_of(l, id), *x = node_of(l, n->arg[0]);
    if (n->op == OP_permute && x->op == OP_contract && l->uses[n->arg[0]] == 1 && l->axis[n->arg[0]] >= 0)
        return wide_contract(l, n->arg[0], n->attr, n->shape, id, out);
    bool moves = n->op == OP_expand || n->op == OP_permute || n->op == OP_slice || n->op == OP_place || n->op == OP_window ||
                 n->op == OP_overlap || n->op == OP_cumsum || n->op == OP_reshape;
    if (!moves || l->axis[n->arg[0]] < 0 || n->shape->rank == RANK_MAX) return -1;
    int axis = axis_after(l, n, l->axis[n->arg[0]]);
    if (axis < 0) return -1;
    *out = wide_move(l, id, l->wide[n->arg[0]], false, (unsigned)axis);
    return axis;
}

static int wide_concat(struct lanes *l, ir_id id, ir_id *out)
{
    const struct ir_node *n = node_of(l, id);
    int first = tagged(l, n), axis = first < 0 ? -1 : l->axis[n->arg[first]];
    if (axis < 0 || axis == n->attr[0] || n->shape->rank == RANK_MAX) return -1;
    ir_id *arg = arena_many(l->arena, ir_id, n->n_arg);
    for (uint32_t i = 0; i < n->n_arg; i++) arg[i] = wide_of(l, n->arg[i], axis);
    *out = add_like(l, id, blocks_of(l, n->shape, (unsigned)axis), arg, n->n_arg, n->attr, n->n_attr);
    return axis;
}

static int in_blocks(struct lanes *l, ir_id id, ir_id *out)
{
    const struct ir_node *n = node_of(l, id);
    switch (ir_ops[n->op].class) {
    case CLASS_CONTRACT: return wide_contract(l, id, NULL, n->shape, id, out);
    case CLASS_MAP: return wide_map(l, id, out);
    case CLASS_REDUCE: return wide_reduce(l, id, out);
    case CLASS_MOVE: return n->op == OP_concat ? wide_concat(l, id, out) : wide_moved(l, id, out);
    default: return -1;
    }
}

static void visit(struct lanes *l, ir_id id)
{
    const struct ir_node *n = node_of(l, id);
    ir_id out = 0;
    int axis = in_blocks(l, id, &out);
    l->axis[id] = (int8_t)(axis >= 0 ? axis : -1);
    if (axis >= 0) l->wide[id] = out;
    if (axis == -2) l->plain[id] = out;
    if (axis != -1) return;
    ir_id *arg = arena_many(l->arena, ir_id, n->n_arg + 1);
    for (uint32_t i = 0; i < n->n_arg; i++) arg[i] = plain_of(l, n->arg[i]);
    l->plain[id] = add_like(l, id, n->shape, arg, n->n_arg, n->attr, n->n_attr);
}

static bool convolves(const struct ir_graph *g)
{
    bool window = false;
    for (ir_id id = 1; id < g->n; id++) {
        window = window || ir_at(g, id)->op == OP_window;
        if (window && ir_at(g, id)->op == OP_contract) return true;
    }
    return false;
}

/* Fewer samples than a vector has lanes leave more idle than rows do, where these are long and have all their pixels read. */
static int64_t least_samples(const struct lanes *l)
{
    for (ir_id id = 1; id < l->from->n; id++) {
        const struct ir_node *n = node_of(l, id);
        if (n->op != OP_window) continue;
        if (n->attr[1] != 1 || size_bound(l->tables->sizes, n->shape->dim[n->attr[0]]) < ROW_LONG) return SAMPLES_LEAST;
    }
    return LANES_LEAST;
}

const struct ir_entry *lanes_entry(const struct ir_program *p, const struct ir_entry *e, struct arena *a, ids *copies)
{
    uint32_t n = e->present ? e->graph->n : 0;
    if (e->kind < ENTRY_FORWARD || !e->present || !convolves(e->graph)) return e;
    struct lanes l = {.from = e->graph, .to = ir_graph_new(p->tables), .tables = p->tables, .copies = copies, .arena = a};
    l.least = least_samples(&l);
    l.plain = arena_many(a, ir_id, n);
    l.wide = arena_many(a, ir_id, n);
    l.uses = arena_many(a, uint32_t, n);
    l.axis = arena_many(a, int8_t, n);
    memset(l.axis, -1, n);
    for (ir_id id = 1; id < n; id++)
        for (uint32_t i = 0; i < ir_at(e->graph, id)->n_arg; i++) l.uses[ir_at(e->graph, id)->arg[i]]++;
    for (uint32_t i = 0; i < e->n_roots; i++) l.uses[e->root[i].node]++;
    for (ir_id id = 1; id < n; id++) visit(&l, id);
    if (!l.samples) return e;
    struct ir_entry *out = arena_new(a, struct ir_entry);
    *out = *e;
    out->graph = l.to;
    out->root = arena_many(a, struct ir_root, e->n_roots + 1);
    for (uint32_t i = 0; i < e->n_roots; i++) {
        out->root[i] = e->root[i];
        out->root[i].node = plain_of(&l, e->root[i].node);
    }
    return out;
}
