/* Loops: a turn that was lowered in the outer graph becomes a body of its own. What does not depend on the turn stays
 * where it is, before the loop. */
#include "codegen/ir/loop_inside.h"

#include <assert.h>

ir_id ir_turn_leaf(struct ir_graph *g)
{
    return ir_leaf(g, OP_turn, IR_INT, ir_scalar_shape(g->tables), g->tables->next_unique++, 0);
}

struct ir_loop *ir_loop_of(const struct ir_graph *g, ir_id loop)
{
    assert(ir_at(g, loop)->op == OP_loop);
    return g->tables->loops.at[ir_at(g, loop)->attr[0]];
}

const struct ir_shape *ir_rows_shape(struct ir_tables *t, ir_size turns, const struct ir_shape *row)
{
    ir_size dim[RANK_MAX];
    assert(row->rank < RANK_MAX);
    dim[0] = turns;
    for (unsigned i = 0; i < row->rank; i++) dim[i + 1] = row->dim[i];
    return ir_shape_of(t, row->rank + 1u, dim);
}

ir_id ir_part(struct ir_graph *g, ir_id loop, uint32_t k)
{
    const struct ir_loop *l = ir_loop_of(g, loop);
    const struct ir_node *x = ir_at(l->body, k < l->n_carry ? l->next[k] : l->collect.at[k - l->n_carry]);
    const struct ir_shape *s = k < l->n_carry ? x->shape : ir_rows_shape(g->tables, l->turns, x->shape);
    int64_t attr = k;
    return ir_add(g, OP_part, (enum ir_type)x->type, s, &loop, 1, &attr, 1);
}

/* ---- a body under construction ---- */

ir_id ir_body_outer(const struct ir_graph *g, struct ir_graph *body, ir_id x)
{
    const struct ir_node *n = ir_at(g, x);
    switch (n->op) {
    case OP_const:
    case OP_tensor:
    case OP_dimval:
    case OP_iota:
    case OP_training:
    case OP_number:
    case OP_tick:
        return ir_add(body, (enum ir_op)n->op, (enum ir_type)n->type, n->shape, NULL, 0, n->attr, n->n_attr);
    case OP_expand: {
        if (ir_at(g, n->arg[0])->op == OP_expand) break; /* simplify() makes one of both */
        ir_id small = ir_body_outer(g, body, n->arg[0]);
        return ir_add(body, OP_expand, (enum ir_type)n->type, n->shape, &small, 1, n->attr, n->n_attr);
    }
    default:
        break;
    }
    ir_id leaf = ir_leaf(body, OP_outer, (enum ir_type)n->type, n->shape, x, 0);
    ir_name(body, leaf, n->name);
    return leaf;
}

ir_id ir_body_row(const struct ir_graph *g, struct ir_graph *body, ir_id rows)
{
    const struct ir_node *n = ir_at(g, rows);
    ir_size dim[RANK_MAX];
    for (unsigned i = 1; i < n->shape->rank; i++) dim[i - 1] = n->shape->dim[i];
    const struct ir_shape *s = ir_shape_of(g->tables, n->shape->rank - 1u, dim);
    return ir_leaf(body, OP_row, (enum ir_type)n->type, s, rows, 0);
}

static void set_attr(struct ir_graph *g, ir_id id, int64_t v)
{
    int64_t *attr = arena_new(g->tables->arena, int64_t);
    *attr = v;
    ir_edit(g, id)->attr = attr;
}

static uint32_t count(const struct ir_graph *g, enum ir_op op)
{
    uint32_t n = 0;
    for (ir_id id = 1; id < g->n; id++) n += ir_at(g, id)->op == op;
    return n;
}

/* Leaves of one kind are numbered in order; what they stood for outside is their argument. */
static uint32_t number_leaves(struct ir_graph *body, enum ir_op op, ir_id *leaf, ir_id *arg)
{
    uint32_t n = 0;
    for (ir_id id = 1; id < body->n; id++) {
        if (ir_at(body, id)->op != op) continue;
        arg[n] = (ir_id)ir_at(body, id)->attr[0];
        leaf[n] = id;
        set_attr(body, id, n++);
    }
    return n;
}

ir_id ir_close_body(struct ir_graph *g, struct ir_loop *l, const ir_id *init)
{
    struct ir_tables *t = g->tables;
    struct ir_graph *body = l->body;
    l->n_row = count(body, OP_row);
    l->n_outer = count(body, OP_outer);
    l->row = arena_many(t->arena, ir_id, l->n_row);
    l->outer = arena_many(t->arena, ir_id, l->n_outer);
    l->carry = arena_many(t->arena, ir_id, l->n_carry);
    ir_id *arg = arena_many(t->arena, ir_id, l->n_carry + l->n_row + l->n_outer);
    for (uint32_t k = 0; k < l->n_carry; k++) arg[k] = init[k];
    (void)number_leaves(body, OP_row, l->row, arg + l->n_carry);
    (void)number_leaves(body, OP_outer, l->outer, arg + l->n_carry + l->n_row);
    for (ir_id id = 1; id < body->n; id++)
        if (ir_at(body, id)->op == OP_carry) l->carry[ir_at(body, id)->attr[0]] = id;
    body->bucket = NULL; /* leaves are not what they were hashed by */
    int64_t index = t->loops.n;
    vec_push(t->arena, &t->loops, l);
    return ir_add(g, OP_loop, IR_REAL, ir_scalar_shape(t), arg, l->n_carry + l->n_row + l->n_outer, &index, 1);
}

/* ---- cutting a turn out of the graph it was lowered in ---- */

enum { FREE, DEPENDS, NEEDED };

struct cut {
    struct ir_graph *g;
    const struct ir_turn *turn;
    ir_id first;    /* what comes before knows nothing of the turn */
    ir_id end;      /* what comes from here on was made by the cut */
    uint32_t *what; /* [id - first] */
    ir_id *copy;    /* [id - first] in the body */
    struct ir_graph *body;
    bool segmented; /* the turns will be numbered otherwise: their numbers are read like any row */
};

static bool depends(const struct cut *c, ir_id x)
{
    return x >= c->first && c->what[x - c->first];
}

/* A hand-written adjoint goes where its value goes. */
static bool node_depends(const struct cut *c, ir_id id)
{
    const struct ir_node *n = ir_at(c->g, id);
    uint32_t n_arg = n->op == OP_custom ? (uint32_t)n->attr[0] + 1 : n->n_arg;
    for (uint32_t i = 0; i < n_arg; i++)
        if (depends(c, n->arg[i])) return true;
    return n->op == OP_random && id > c->turn->turn;
}

static ir_id hole_of(const struct ir_node *custom)
{
    return custom->arg[custom->attr[0] + 1];
}

/* Where it begins: a hand-written adjoint that was substituted into has its hole from before. */
static ir_id first_of(const struct cut *c)
{
    ir_id first = c->turn->turn;
    for (ir_id id = c->turn->turn; id < c->end; id++) {
        const struct ir_node *n = ir_at(c->g, id);
        if (n->op == OP_custom && hole_of(n) < first) first = hole_of(n);
    }
    return first;
}

static void find_dependent(struct cut *c)
{
    c->what[c->turn->turn - c->first] = DEPENDS;
    for (uint32_t k = 0; k < c->turn->n_carry; k++) c->what[c->turn->carry[k] - c->first] = DEPENDS;
    for (bool more = true; more;) {
        more = false;
        for (ir_id id = c->first; id < c->end; id++) {
            const struct ir_node *n = ir_at(c->g, id);
            if (!depends(c, id) && node_depends(c, id)) c->what[id - c->first] = DEPENDS;
            if (!depends(c, id) || n->op != OP_custom || depends(c, hole_of(n))) continue;
            c->what[hole_of(n) - c->first] = DEPENDS;
            more = true;
        }
    }
}

/* x[t] of an array that is there before the loop. */
static bool is_row(const struct cut *c, const struct ir_node *n)
{
    return n->op == OP_gather && n->arg[1] == c->turn->turn && !depends(c, n->arg[0]);
}

/* table[ids[t]] of a table and integers that are there before the loop, where all that the turns take of it is no more
 * than the table itself: taken at once, before the loop, its derivative is one scatter instead of one a turn. */
static bool is_row_of_table(const struct cut *c, const struct ir_node *n)
{
    struct ir_tables *t = c->g->tables;
    if (n->op != OP_gather || depends(c, n->arg[0]) || n->shape->rank == RANK_MAX) return false;
    if (!depends(c, n->arg[1]) || !is_row(c, ir_at(c->g, n->arg[1]))) return false;
    ir_size all = size_mul(t->sizes, c->turn->turns, ir_elements(t, n->shape));
    return all != SIZE_BAD &&
           size_bound(t->sizes, all) <= size_bound(t->sizes, ir_elements(t, ir_at(c->g, n->arg[0])->shape));
}

static void need(struct cut *c, ir_id x)
{
    if (depends(c, x)) c->what[x - c->first] = NEEDED;
}

static void find_needed(struct cut *c)
{
    const struct ir_turn *t = c->turn;
    for (uint32_t k = 0; k < t->n_carry; k++) need(c, t->next[k]);
    for (uint32_t k = 0; k < t->n_collect; k++) need(c, t->collect[k]);
    for (ir_id id = c->end; id-- > c->first;) {
        const struct ir_node *n = ir_at(c->g, id);
        if (c->what[id - c->first] != NEEDED || is_row(c, n) || is_row_of_table(c, n)) continue;
        for (uint32_t i = 0; i < n->n_arg; i++) need(c, n->arg[i]);
    }
}

/* The turns along the first axis, and no more of them than there are. */
static ir_id rows_of(struct cut *c, ir_id x, unsigned axis)
{
    const struct ir_shape *s = ir_at(c->g, x)->shape;
    struct ir_tables *t = c->g->tables;
    int source[RANK_MAX], n = 0;
    source[n++] = (int)axis;
    for (unsigned i = 0; i < s->rank; i++)
        if (i != axis) source[n++] = (int)i;
    x = ir_permute(c->g, x, source);
    s = ir_at(c->g, x)->shape;
    if (s->dim[0] == c->turn->turns) return x;
    ir_size dim[RANK_MAX], start[RANK_MAX];
    int64_t step[RANK_MAX];
    for (unsigned i = 0; i < s->rank; i++) {
        dim[i] = i ? s->dim[i] : c->turn->turns;
        start[i] = size_const(t->sizes, 0);
        step[i] = 1;
    }
    return ir_slice(c->g, x, ir_shape_of(t, s->rank, dim), start, step);
}

/* Every turn has its own numbers: those of all turns are drawn before the loop. */
static ir_id random_row(struct cut *c, const struct ir_node *n)
{
    struct ir_tables *t = c->g->tables;
    const struct ir_shape *s = n->shape;
    ir_size flat = ir_elements(t, s);
    if (s->rank == RANK_MAX) s = ir_shape_of(t, 1, &flat);
    ir_id all = ir_leaf(c->g, OP_random, IR_REAL, ir_rows_shape(t, c->turn->turns, s), n->attr[0], 0);
    return ir_reshape(c->body, ir_body_row(c->g, c->body, all), n->shape);
}

static int carry_of(const struct cut *c, ir_id x)
{
    for (uint32_t k = 0; k < c->turn->n_carry; k++)
        if (c->turn->carry[k] == x) return (int)k;
    return -1;
}

static ir_id inside(struct cut *c, ir_id x)
{
    return depends(c, x) ? c->copy[x - c->first] : ir_body_outer(c->g, c->body, x);
}

static ir_id copy_node(struct cut *c, ir_id id, ir_id *arg)
{
    struct ir_node n = *ir_at(c->g, id);
    int k = n.op == OP_hole ? carry_of(c, id) : -1;
    if (k >= 0) return ir_leaf(c->body, OP_carry, (enum ir_type)n.type, n.shape, k, 0);
    if (id == c->turn->turn && c->segmented) return ir_body_row(c->g, c->body, ir_iota(c->g, c->turn->turns));
    if (id == c->turn->turn) return ir_leaf(c->body, OP_turn, IR_INT, n.shape, 0, 0);
    if (n.op == OP_random) return random_row(c, &n);
    if (is_row(c, &n)) return ir_body_row(c->g, c->body, rows_of(c, n.arg[0], (unsigned)n.attr[0]));
    if (is_row_of_table(c, &n)) {
        struct ir_node idx = *ir_at(c->g, n.arg[1]);
        ir_id ids = rows_of(c, idx.arg[0], (unsigned)idx.attr[0]),
              all = ir_gather(c->g, n.arg[0], ids, (unsigned)n.attr[0]);
        return ir_body_row(c->g, c->body, rows_of(c, all, (unsigned)n.attr[0]));
    }
    for (uint32_t i = 0; i < n.n_arg; i++) arg[i] = inside(c, n.arg[i]);
    return ir_add(c->body, (enum ir_op)n.op, (enum ir_type)n.type, n.shape, arg, n.n_arg, n.attr, n.n_attr);
}

static void copy_needed(struct cut *c)
{
    uint32_t most = 1;
    for (ir_id id = c->first; id < c->end; id++)
        if (c->what[id - c->first] == NEEDED && ir_at(c->g, id)->n_arg > most) most = ir_at(c->g, id)->n_arg;
    ir_id *arg = arena_many(c->g->tables->arena, ir_id, most);
    for (ir_id id = c->first; id < c->end; id++) {
        if (c->what[id - c->first] != NEEDED) continue;
        c->body->here = ir_at(c->g, id)->at;
        c->copy[id - c->first] = copy_node(c, id, arg);
        ir_name(c->body, c->copy[id - c->first], ir_at(c->g, id)->name);
    }
}

/* Worth it? */
static bool is_segmented(const struct ir_graph *g, const struct ir_turn *turn)
{
    return turn->checkpoint > 1 && turn->checkpoint < size_bound(g->tables->sizes, turn->turns);
}

void ir_loop(struct ir_graph *g, const struct ir_turn *turn, ir_id *final, ir_id *rows)
{
    struct arena *a = g->tables->arena;
    struct cut c = {.g = g, .turn = turn, .end = g->n, .body = ir_graph_new(g->tables)};
    c.first = first_of(&c);
    c.segmented = is_segmented(g, turn);
    c.what = arena_many(a, uint32_t, c.end - c.first);
    c.copy = arena_many(a, ir_id, c.end - c.first);
    find_dependent(&c);
    find_needed(&c);
    copy_needed(&c);
    struct ir_loop *l = arena_new(a, struct ir_loop);
    *l = (struct ir_loop){.body = c.body,
                          .turn_name = turn->name,
                          .turns = turn->turns,
                          .thrifty = turn->checkpoint == 1,
                          .n_carry = turn->n_carry};
    l->next = arena_many(a, ir_id, l->n_carry);
    l->carry_name = turn->carry_name;
    for (uint32_t k = 0; k < turn->n_carry; k++) l->next[k] = inside(&c, turn->next[k]);
    for (uint32_t k = 0; k < turn->n_collect; k++) vec_push(a, &l->collect, inside(&c, turn->collect[k]));
    ir_id loop = ir_close_body(g, l, turn->init);
    if (c.segmented) {
        ir_loop_in_segments(g, loop, turn->checkpoint, final, rows);
        return;
    }
    for (uint32_t k = 0; k < turn->n_carry; k++) final[k] = ir_part(g, loop, k);
    for (uint32_t k = 0; k < turn->n_collect; k++) rows[k] = ir_part(g, loop, turn->n_carry + k);
}
