#include "codegen/emit/lanes.h"

#include <string.h>

struct rows {
    const struct ir_graph *from;
    struct ir_graph *to;
    struct ir_tables *tables;
    ir_id *copy;
    uint32_t *uses;
    bool *framed; /* by node: zeros around what is convolved */
    bool some;
};

enum { MOVES_MOST = 16 };

static const struct ir_node *node_of(const struct rows *r, ir_id id)
{
    return ir_at(r->from, id);
}

static bool reads_window(const struct rows *r, ir_id id)
{
    for (unsigned depth = 0; depth < MOVES_MOST; depth++) {
        const struct ir_node *n = node_of(r, id);
        if (ir_ops[n->op].class != CLASS_MOVE || n->n_arg != 1) return false;
        if (n->op == OP_window) return true;
        id = n->arg[0];
    }
    return false;
}

static void find_frame(struct rows *r, ir_id id)
{
    bool window = false;
    for (unsigned depth = 0; depth < MOVES_MOST; depth++) {
        const struct ir_node *n = node_of(r, id);
        if (ir_ops[n->op].class != CLASS_MOVE || n->n_arg != 1) return;
        window = window || n->op == OP_window;
        r->framed[id] = r->framed[id] || (window && n->op == OP_place);
        id = n->arg[0];
    }
}

static bool convolves(const struct rows *r, const struct ir_node *n)
{
    return n->op == OP_contract && (reads_window(r, n->arg[0]) || reads_window(r, n->arg[1]));
}

/* A convolution whose result is put in another order has it in that order. */
static ir_id ordered(struct rows *r, const struct ir_node *n)
{
    const struct ir_node *c = node_of(r, n->arg[0]);
    int64_t attr[3 + 3 * RANK_MAX];
    const ir_id arg[2] = {r->copy[c->arg[0]], r->copy[c->arg[1]]};
    int64_t *label = attr + c->n_attr - n->shape->rank;
    const int64_t *from = c->attr + c->n_attr - n->shape->rank;
    memcpy(attr, c->attr, c->n_attr * sizeof *attr);
    for (unsigned k = 0; k < n->shape->rank; k++) label[k] = from[n->attr[k]];
    return ir_add(r->to, OP_contract, IR_REAL, n->shape, arg, 2, attr, c->n_attr);
}

static bool is_whole(const struct ir_shape *from, const struct ir_shape *to, const int64_t *attr, unsigned k)
{
    return attr[2 * k] == 0 && attr[2 * k + 1] == 1 && from->dim[k] == to->dim[k];
}

/* Zeros at the ends of rows first, which come to lie in memory, and then rows of zeros, which do not. */
static ir_id row_ends_first(struct rows *r, ir_id x, const struct ir_shape *s, const int64_t *attr)
{
    const struct ir_shape *from = ir_at(r->to, x)->shape;
    unsigned last = s->rank - 1u;
    int64_t ends[2 * RANK_MAX], rest[2 * RANK_MAX];
    ir_size dim[RANK_MAX];
    bool others = false;
    for (unsigned k = 0; k < last; k++) others = others || !is_whole(from, s, attr, k);
    if (!others || is_whole(from, s, attr, last)) return ir_add(r->to, OP_place, IR_REAL, s, &x, 1, attr, 2u * s->rank);
    memcpy(rest, attr, 2u * s->rank * sizeof *attr);
    for (unsigned k = 0; k < s->rank; k++) {
        ends[2 * k] = size_const(r->tables->sizes, 0);
        ends[2 * k + 1] = 1;
        dim[k] = k < last ? from->dim[k] : s->dim[k];
    }
    memcpy(ends + 2 * last, attr + 2 * last, 2 * sizeof *attr);
    rest[2 * last] = size_const(r->tables->sizes, 0);
    rest[2 * last + 1] = 1;
    x = ir_add(r->to, OP_place, IR_REAL, ir_shape_of(r->tables, s->rank, dim), &x, 1, ends, 2u * s->rank);
    return ir_add(r->to, OP_place, IR_REAL, s, &x, 1, rest, 2u * s->rank);
}

/* Zeros around what is in another order are around it as it was. */
static ir_id framed(struct rows *r, const struct ir_node *n)
{
    const struct ir_node *x = node_of(r, n->arg[0]);
    int64_t attr[2 * RANK_MAX];
    ir_size dim[RANK_MAX];
    int source[RANK_MAX];
    if (x->op != OP_permute) return row_ends_first(r, r->copy[n->arg[0]], n->shape, n->attr);
    for (unsigned k = 0; k < n->shape->rank; k++) {
        source[k] = (int)x->attr[k];
        dim[source[k]] = n->shape->dim[k];
        memcpy(attr + 2 * source[k], n->attr + 2 * k, 2 * sizeof *attr);
    }
    const struct ir_shape *s = ir_shape_of(r->tables, n->shape->rank, dim);
    return ir_permute(r->to, row_ends_first(r, r->copy[x->arg[0]], s, attr), source);
}

static void copy(struct rows *r, struct arena *a, ir_id id)
{
    const struct ir_node *n = node_of(r, id);
    r->to->here = n->at;
    r->some = r->some || convolves(r, n);
    if (n->op == OP_permute && convolves(r, node_of(r, n->arg[0])) && r->uses[n->arg[0]] == 1)
        r->copy[id] = ordered(r, n);
    else if (n->op == OP_place && r->framed[id])
        r->copy[id] = framed(r, n);
    else {
        ir_id *arg = arena_many(a, ir_id, n->n_arg + 1);
        for (uint32_t i = 0; i < n->n_arg; i++) arg[i] = r->copy[n->arg[i]];
        r->copy[id] = ir_add(r->to, (enum ir_op)n->op, (enum ir_type)n->type, n->shape, arg, n->n_arg, n->attr, n->n_attr);
    }
    if (n->name) ir_name(r->to, r->copy[id], n->name);
}

const struct ir_entry *rows_entry(const struct ir_program *p, const struct ir_entry *e, struct arena *a)
{
    if (e->kind < ENTRY_FORWARD || !e->present) return e;
    struct rows r = {.from = e->graph, .tables = p->tables};
    uint32_t n = e->graph->n;
    for (ir_id id = 1; id < n && !r.some; id++) r.some = convolves(&r, ir_at(e->graph, id));
    if (!r.some) return e;
    r.to = ir_graph_new(p->tables);
    r.copy = arena_many(a, ir_id, n);
    r.uses = arena_many(a, uint32_t, n);
    r.framed = arena_many(a, bool, n);
    for (ir_id id = 1; id < n; id++)
        for (uint32_t i = 0; i < ir_at(e->graph, id)->n_arg; i++) r.uses[ir_at(e->graph, id)->arg[i]]++;
    for (uint32_t i = 0; i < e->n_roots; i++) r.uses[e->root[i].node]++;
    for (ir_id id = 1; id < n; id++)
        for (unsigned i = 0; i < 2 && convolves(&r, ir_at(e->graph, id)); i++) find_frame(&r, ir_at(e->graph, id)->arg[i]);
    for (ir_id id = 1; id < n; id++) copy(&r, a, id);
    struct ir_entry *out = arena_new(a, struct ir_entry);
    *out = *e;
    out->graph = r.to;
    out->root = arena_many(a, struct ir_root, e->n_roots + 1);
    for (uint32_t i = 0; i < e->n_roots; i++) {
        out->root[i] = e->root[i];
        out->root[i].node = r.copy[e->root[i].node];
    }
    return out;
}
