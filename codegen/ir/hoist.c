#include "codegen/ir/hoist_inside.h"
#include "codegen/ir/batch_inside.h"
#include "codegen/ir/loop_inside.h"

#include <assert.h>
#include <string.h>

/* A graph on its way into another: what it becomes, and of loops what their parts become. */
struct moved {
    const struct ir_graph *from;
    struct ir_graph *to;
    ir_id *map;   /* by node */
    ir_id **part; /* by node that is a loop, then by part: 0 where it is still that part of map[] */
    double least;
    uint32_t hoisted;
};

/* A loop on its way. */
struct turned {
    struct moved *around;
    const struct ir_node *n; /* the loop */
    struct hoisting h;
    struct moved body;
    struct batch wide;       /* of what is made outside */
    ir_id loop;              /* the new one */
    uint32_t *row;           /* by node that is collected or recorded: 1 + which part it is; else 0 */
};

static struct moved move_to(const struct ir_graph *from, struct ir_graph *to)
{
    struct arena *a = to->tables->arena;
    ir_id *map = arena_many(a, ir_id, from->n);
    return (struct moved){.from = from, .to = to, .map = map, .part = arena_many(a, ir_id *, from->n)};
}

static ir_id copied(struct ir_graph *to, const struct ir_node *n, const ir_id *map)
{
    ir_id *arg = arena_many(to->tables->arena, ir_id, n->n_arg);
    for (uint32_t i = 0; i < n->n_arg; i++) arg[i] = map[n->arg[i]];
    return ir_add(to, (enum ir_op)n->op, (enum ir_type)n->type, n->shape, arg, n->n_arg, n->attr, n->n_attr);
}

/* ---- outside ---- */

static ir_id argument(const struct turned *t, const struct ir_node *leaf)
{
    const struct ir_loop *l = t->h.l;
    uint32_t first = leaf->op == OP_outer ? l->n_carry + l->n_row : leaf->op == OP_row ? l->n_carry : 0;
    return t->around->map[t->n->arg[first + (uint32_t)leaf->attr[0]]];
}

/* A node of the body in the graph around it: with the turns as first axis where it depends on them. */
static void make_outside(struct turned *t, ir_id id)
{
    const struct ir_node *n = ir_at(t->h.l->body, id);
    struct ir_graph *to = t->around->to;
    ir_id *with = &t->wide.map[id - 1], *without = &t->wide.plain[id - 1];
    if (*with || *without) return;
    to->here = n->at;
    if (n->op == OP_row) *with = argument(t, n);
    else if (n->op == OP_turn) *with = ir_iota(to, t->h.l->turns);
    else if (n->op == OP_outer) *without = argument(t, n);
    else if (t->wide.depends[id - 1]) *with = batch_wide(&t->wide, id);
    else {
        ir_id *arg = arena_many(to->tables->arena, ir_id, n->n_arg);
        for (uint32_t i = 0; i < n->n_arg; i++) arg[i] = t->wide.plain[n->arg[i] - 1];
        *without = ir_add(to, (enum ir_op)n->op, (enum ir_type)n->type, n->shape, arg, n->n_arg, n->attr, n->n_attr);
    }
    if (*with && n->op != OP_row && n->op != OP_turn) ir_name(to, *with, n->name);
}

static void make_all_outside(struct turned *t, const bool *those)
{
    for (ir_id id = 1; id < t->h.l->body->n; id++)
        if (those[id]) make_outside(t, id);
}

/* Of each operand and the result of a product: its labels. */
static void labels_of(const struct ir_node *n, unsigned *count, uint8_t label[3][RANK_MAX + 1])
{
    const int64_t *from = n->attr + 3;
    for (unsigned side = 0; side < 3; side++) {
        count[side] = (unsigned)n->attr[side];
        for (unsigned i = 0; i < count[side]; i++) label[side][i] = (uint8_t)*from++;
    }
}

static bool is_zero(const struct ir_graph *g, ir_id x)
{
    if (ir_at(g, x)->op == OP_expand) x = ir_at(g, x)->arg[0];
    return ir_at(g, x)->op == OP_const && ir_const_value(ir_at(g, x)) == 0;
}

/* Rows of what a loop carries into each turn, which begins with zeros: all but the first are what the turn before it
 * leaves. The rows of that, where they are recorded anyway; else 0. */
static ir_id rows_left(const struct ir_graph *g, ir_id x)
{
    const struct ir_node *part = ir_at(g, x);
    if (part->op != OP_part) return 0;
    const struct ir_node *loop = ir_at(g, part->arg[0]);
    const struct ir_loop *l = ir_loop_of(g, part->arg[0]);
    uint32_t k = (uint32_t)part->attr[0];
    if (l->backward || l->stop || k < l->n_carry) return 0;
    const struct ir_node *leaf = ir_at(l->body, l->collect.at[k - l->n_carry]);
    if (leaf->op != OP_carry || !is_zero(g, loop->arg[leaf->attr[0]])) return 0;
    for (ir_id id = 1; id < g->n; id++) {
        const struct ir_node *other = ir_at(g, id);
        if (other->op != OP_part || other->arg[0] != part->arg[0] || (uint32_t)other->attr[0] < l->n_carry) continue;
        if (l->collect.at[(uint32_t)other->attr[0] - l->n_carry] == l->next[leaf->attr[0]]) return id;
    }
    return 0;
}

/* So many rows from one on. */
static ir_id some_rows(struct ir_graph *g, ir_id x, ir_size from, ir_size n)
{
    const struct ir_shape *s = ir_at(g, x)->shape;
    ir_size start[RANK_MAX] = {from}, dim[RANK_MAX] = {n};
    int64_t step[RANK_MAX] = {1};
    for (unsigned k = 1; k < s->rank; k++) dim[k] = s->dim[k], step[k] = 1;
    return ir_slice(g, x, ir_shape_of(g->tables, s->rank, dim), start, step);
}

/* Where an operand is what was carried into each turn: the products of all turns but the first, where it is 0, with what
 * the turn before left, so that nobody records it twice. */
static void skip_zeros(struct turned *t, const ir_id *of, ir_id *arg)
{
    struct ir_graph *to = t->around->to;
    int64_t turns;
    for (unsigned side = 0; side < 2; side++) {
        bool both = t->wide.map[of[0] - 1] && t->wide.map[of[1] - 1];
        ir_id left = both && size_known(to->tables->sizes, t->h.l->turns, &turns) && turns > 1 ? rows_left(to, arg[side]) : 0;
        if (!left) continue;
        ir_size less = size_const(to->tables->sizes, turns - 1);
        arg[side] = some_rows(to, left, 0, less);
        arg[1 - side] = some_rows(to, arg[1 - side], size_const(to->tables->sizes, 1), less);
        return;
    }
}

/* The same of an outer product: the arrays that it is of have the labels of the result's axes along which they lie. */
static void labels_of_outer(const struct ir_graph *b, const struct ir_node *n, unsigned *count, uint8_t label[3][RANK_MAX + 1])
{
    for (unsigned i = 0; i < 2; i++) {
        const struct ir_node *x = ir_at(b, n->arg[i]);
        count[i] = ir_at(b, x->arg[0])->shape->rank;
        for (unsigned k = 0; k < x->n_attr; k++)
            if (x->attr[k] >= 0) label[i][x->attr[k]] = (uint8_t)k;
    }
    count[2] = n->shape->rank;
    for (unsigned k = 0; k < count[2]; k++) label[2][k] = (uint8_t)k;
}

/* The sum over all turns of a product. */
static ir_id sum_of_products(struct turned *t, const struct ir_node *n)
{
    const struct ir_graph *b = t->h.l->body;
    uint8_t label[3][RANK_MAX + 1], turn = 0;
    unsigned count[3], used = 0;
    ir_id arg[2], of[2] = {n->arg[0], n->arg[1]};
    if (hoist_is_outer(b, n, of)) labels_of_outer(b, n, count, label);
    else labels_of(n, count, label);
    for (unsigned side = 0; side < 2; side++)
        for (unsigned i = 0; i < count[side]; i++) used |= 1u << label[side][i];
    while (used >> turn & 1) turn++;
    assert(turn < LABELS_MAX);
    for (unsigned side = 0; side < 2; side++) {
        ir_id with = t->wide.map[of[side] - 1];
        arg[side] = with ? with : t->wide.plain[of[side] - 1];
        if (!with) continue;
        memmove(label[side] + 1, label[side], count[side]);
        label[side][0] = turn;
    }
    skip_zeros(t, of, arg);
    return ir_contract(t->around->to, arg[0], label[0], arg[1], label[1], label[2], count[2]);
}

static ir_id sum_over_turns(struct turned *t, ir_id id)
{
    const struct ir_node *n = ir_at(t->h.l->body, id);
    t->around->to->here = n->at;
    if (n->op == OP_contract || n->op == OP_mul) return sum_of_products(t, n);
    return ir_reduce(t->around->to, OP_sum, t->wide.map[n->arg[0] - 1], (unsigned)n->attr[0] << 1 | 1u);
}

/* ---- the new body ---- */

/* The last label of an operand is summed over. */
static bool is_crosswise(const struct ir_node *n, unsigned side)
{
    const int64_t *label = n->attr + 3 + (side ? n->attr[0] : 0), *out = n->attr + 3 + n->attr[0] + n->attr[1];
    for (int64_t i = 0; i < n->attr[2] && n->attr[side]; i++)
        if (out[i] == label[n->attr[side] - 1]) return false;
    return n->attr[side] > 0;
}

enum { ROWS_LEAST = 4 }; /* of fewer, transposing costs more than it gains */

/* A matrix that no turn changes, both operands of whose product are read along what is summed over: transposed before
 * the loop. 0: it is not that. */
static ir_id transposed(struct turned *t, const struct ir_node *n, unsigned side)
{
    const struct ir_graph *b = t->h.l->body;
    const struct ir_node *x = ir_at(b, n->arg[side]), *other = ir_at(b, n->arg[1 - side]);
    struct ir_sizes *sizes = b->tables->sizes;
    if (x->op != OP_outer || x->shape->rank != 2 || !is_crosswise(n, side) || !is_crosswise(n, 1 - side)) return 0;
    ir_size rows = size_div(sizes, ir_elements(b->tables, other->shape), x->shape->dim[1]);
    if (rows == SIZE_BAD || size_bound(sizes, rows) < ROWS_LEAST) return 0;
    ir_id turned = ir_permute(t->around->to, argument(t, x), (int[]){1, 0});
    return ir_body_outer(t->around->to, t->body.to, turned);
}

static ir_id copied_product(struct turned *t, const struct ir_node *n)
{
    ir_id arg[2];
    unsigned count[3];
    uint8_t label[3][RANK_MAX + 1];
    bool any = false;
    labels_of(n, count, label);
    for (unsigned side = 0; side < 2; side++) {
        arg[side] = any ? 0 : transposed(t, n, side);
        any |= arg[side] != 0;
        if (arg[side]) {
            uint8_t first = label[side][0];
            label[side][0] = label[side][1], label[side][1] = first;
        } else
            arg[side] = t->body.map[n->arg[side]];
    }
    return any ? ir_contract(t->body.to, arg[0], label[0], arg[1], label[1], label[2], count[2])
               : copied(t->body.to, n, t->body.map);
}

static void move_node(struct moved *m, ir_id id);

static ir_id copied_inside(struct turned *t, ir_id id)
{
    const struct ir_node *n = ir_at(t->h.l->body, id);
    const struct ir_graph *around = t->around->to;
    struct ir_graph *body = t->body.to;
    if (t->h.ahead && t->h.ahead[id] && t->h.before[id]) return ir_body_row(around, body, t->wide.map[id - 1]);
    switch (n->op) {
    case OP_carry: return ir_leaf(body, OP_carry, (enum ir_type)n->type, n->shape, n->attr[0], 0);
    case OP_row: return ir_body_row(around, body, argument(t, n));
    case OP_outer: return ir_body_outer(around, body, argument(t, n));
    case OP_turn: return ir_leaf(body, OP_turn, IR_INT, n->shape, n->attr[0], 0);
    case OP_contract: return copied_product(t, n);
    default: move_node(&t->body, id); return t->body.map[id];
    }
}

static void copy_inside(struct turned *t)
{
    for (ir_id id = 1; id < t->h.l->body->n; id++) {
        if (!t->h.inside[id]) continue;
        const struct ir_node *n = ir_at(t->h.l->body, id);
        t->body.to->here = n->at;
        t->body.map[id] = copied_inside(t, id);
        ir_name(t->body.to, t->body.map[id], n->name);
    }
}

/* What is carried on: of sums what is still added in the turn. */
static ir_id next_of(struct turned *t, uint32_t k)
{
    const struct ir_loop *l = t->h.l;
    struct ir_graph *body = t->body.to;
    if (!t->h.added[k]) return t->body.map[l->next[k]];
    const struct ir_node *leaf = ir_at(l->body, l->carry[k]);
    ir_id x = ir_leaf(body, OP_carry, (enum ir_type)leaf->type, leaf->shape, k, 0);
    body->here = ir_at(l->body, l->next[k])->at;
    for (uint32_t i = t->h.summands.n; i-- > 0;) {
        const struct summand *s = &t->h.summands.at[i];
        if (s->carry == k && !s->after) x = ir_map2(body, s->minus ? OP_sub : OP_add, x, t->body.map[s->x]);
    }
    return x;
}

static void collect(struct turned *t, struct ir_loop *l, ir_id x)
{
    if (t->row[x]) return;
    vec_push(l->body->tables->arena, &l->collect, t->body.map[x]);
    t->row[x] = l->n_carry + l->collect.n;
}

static void close(struct turned *t)
{
    const struct ir_loop *old = t->h.l;
    struct arena *a = t->around->to->tables->arena;
    struct ir_loop *l = arena_new(a, struct ir_loop);
    *l = *old;
    l->body = t->body.to;
    l->next = arena_many(a, ir_id, l->n_carry);
    l->collect.at = NULL;
    l->collect.n = l->collect.cap = 0;
    ir_id *init = arena_many(a, ir_id, l->n_carry);
    for (uint32_t k = 0; k < l->n_carry; k++) {
        init[k] = t->around->map[t->n->arg[k]];
        l->next[k] = next_of(t, k);
    }
    for (uint32_t k = 0; k < old->collect.n; k++)
        if (t->h.inside[old->collect.at[k]]) collect(t, l, old->collect.at[k]);
    for (ir_id id = 1; id < old->body->n; id++)
        if (t->h.record && t->h.record[id]) collect(t, l, id);
    l->body->here = (struct span){0, 0};
    t->loop = ir_close_body(t->around->to, l, init);
}

/* ---- after the loop ---- */

static ir_id sum_of(struct turned *t, uint32_t k)
{
    struct ir_graph *to = t->around->to;
    ir_id x = ir_part(to, t->loop, k);
    bool all = true;
    for (uint32_t i = 0; i < t->h.summands.n; i++)
        all &= t->h.summands.at[i].carry != k || t->h.summands.at[i].after;
    if (all) x = t->around->map[t->n->arg[k]];
    bool nothing = all && is_zero(to, x);
    for (uint32_t i = t->h.summands.n; i-- > 0;) {
        const struct summand *s = &t->h.summands.at[i];
        if (s->carry != k || !s->after) continue;
        ir_id more = sum_over_turns(t, s->x);
        if (nothing) x = s->minus ? ir_map1(to, OP_neg, more) : more;
        else x = ir_map2(to, s->minus ? OP_sub : OP_add, x, more);
        nothing = false;
    }
    return x;
}

static void make_parts(struct turned *t, ir_id *part)
{
    const struct ir_loop *l = t->h.l;
    struct ir_graph *to = t->around->to;
    for (ir_id id = 1; id < l->body->n; id++)
        if (t->h.record && t->h.record[id]) t->wide.map[id - 1] = ir_part(to, t->loop, t->row[id] - 1);
    if (t->h.after) make_all_outside(t, t->h.after);
    for (uint32_t k = 0; k < l->n_carry; k++) part[k] = t->h.added[k] ? sum_of(t, k) : ir_part(to, t->loop, k);
    for (uint32_t k = 0; k < l->collect.n; k++) {
        ir_id x = l->collect.at[k];
        part[l->n_carry + k] = t->row[x] ? ir_part(to, t->loop, t->row[x] - 1) : batch_lifted(&t->wide, x);
    }
}

/* ---- the pass ---- */

/* All in the turns, as it was; loops within may still change. */
static void leave(struct hoisting *h, const struct ir_loop *l)
{
    struct arena *a = l->body->tables->arena;
    *h = (struct hoisting){.l = l, .inside = arena_many(a, bool, l->body->n), .added = arena_many(a, bool, l->n_carry)};
    memset(h->inside, 1, l->body->n);
}

static void move_loop(struct moved *m, ir_id id)
{
    struct ir_tables *tables = m->to->tables;
    const struct ir_node *n = ir_at(m->from, id);
    const struct ir_loop *l = tables->loops.at[n->attr[0]];
    struct turned t = {.around = m, .n = n, .body = move_to(l->body, ir_graph_new(tables))};
    t.body.least = m->least;
    struct span here = m->to->here;
    if (hoist_choose(l, &t.h, m->least))
        m->hoisted++;
    else
        leave(&t.h, l);
    t.row = arena_many(tables->arena, uint32_t, l->body->n);
    t.wide = batch_new(l->body, m->to, 1, l->body->n - 1, l->turns);
    t.wide.plain = arena_many(tables->arena, ir_id, l->body->n);
    for (ir_id x = 1; x < l->body->n && t.h.turn; x++) t.wide.depends[x - 1] = t.h.turn[x] || t.h.carry[x];
    if (t.h.before) make_all_outside(&t, t.h.before);
    m->to->here = here;
    copy_inside(&t);
    close(&t);
    m->map[id] = t.loop;
    m->part[id] = arena_many(tables->arena, ir_id, l->n_carry + l->collect.n);
    make_parts(&t, m->part[id]);
    m->to->here = here;
}

static void move_node(struct moved *m, ir_id id)
{
    const struct ir_node *n = ir_at(m->from, id);
    if (n->op == OP_loop) move_loop(m, id);
    else if (n->op == OP_part) m->map[id] = m->part[n->arg[0]][n->attr[0]];
    else m->map[id] = copied(m->to, n, m->map);
    ir_name(m->to, m->map[id], n->name);
}

struct ir_graph *hoist(const struct ir_graph *g, ir_id *root, uint32_t n_roots, double least, uint32_t *hoisted)
{
    struct moved m = move_to(g, ir_graph_new(g->tables));
    m.least = least;
    ir_expect(m.to, g->n);
    for (ir_id id = 1; id < g->n; id++) {
        m.to->here = ir_at(g, id)->at;
        move_node(&m, id);
    }
    m.to->here = (struct span){0, 0};
    for (uint32_t i = 0; i < n_roots; i++) root[i] = m.map[root[i]];
    *hoisted = m.hoisted;
    return m.to;
}
