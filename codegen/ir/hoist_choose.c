/* Which work of a loop's turns is done before or after it. */
#include "codegen/ir/hoist_inside.h"

#include <string.h>

/* Rows made for this alone may be so many times those that the loop reads and leaves. */
enum { ROWS_MOST = 4 };

static bool is_move(const struct ir_node *n)
{
    return n->op == OP_expand || n->op == OP_reshape || n->op == OP_permute || n->op == OP_slice;
}

static ir_size elements(const struct ir_loop *l, ir_id x)
{
    return ir_elements(l->body->tables, ir_at(l->body, x)->shape);
}

/* It can have an axis more, for the turns. */
static bool widens(const struct ir_loop *l, ir_id id)
{
    struct ir_tables *t = l->body->tables;
    const struct ir_node *n = ir_at(l->body, id);
    ir_size all = size_mul(t->sizes, l->turns, ir_elements(t, n->shape));
    bool known = ir_ops[n->op].class == CLASS_MAP || is_move(n) || n->op == OP_place || n->op == OP_concat ||
                 n->op == OP_sum || n->op == OP_max_of || n->op == OP_min_of || n->op == OP_contract;
    return known && n->shape->rank < RANK_MAX && all != SIZE_BAD && size_bound(t->sizes, all) <= (int64_t)1 << 31;
}

/* A product of what varies and of an array that does not. */
static bool by_fixed_array(const struct hoisting *h, const struct ir_node *n, const bool *varies)
{
    if (n->op != OP_contract) return false;
    for (unsigned i = 0; i < 2; i++) {
        ir_id x = n->arg[i], fixed = n->arg[1 - i];
        if (!varies[x] || h->turn[fixed] || h->carry[fixed]) continue;
        if (ir_at(h->l->body, fixed)->shape->rank > 0) return true;
    }
    return false;
}

static void find_kinds(struct hoisting *h)
{
    const struct ir_graph *b = h->l->body;
    for (ir_id id = 1; id < b->n; id++) {
        const struct ir_node *n = ir_at(b, id);
        bool light = ir_ops[n->op].class == CLASS_LEAF || ir_ops[n->op].class == CLASS_MAP || is_move(n);
        h->turn[id] = n->op == OP_row || n->op == OP_turn;
        h->carry[id] = n->op == OP_carry;
        for (uint32_t i = 0; i < n->n_arg; i++) {
            h->turn[id] |= h->turn[n->arg[i]];
            h->carry[id] |= h->carry[n->arg[i]];
            light &= h->light[n->arg[i]];
            h->over[id] |= h->over[n->arg[i]];
        }
        h->over[id] |= by_fixed_array(h, n, h->carry);
        h->light[id] = light && !h->carry[id] && (widens(h->l, id) || ir_ops[n->op].class == CLASS_LEAF);
    }
}

/* ---- what is only added to ---- */

static uint32_t *count_uses(const struct ir_loop *l)
{
    uint32_t *uses = arena_many(l->body->tables->arena, uint32_t, l->body->n);
    for (ir_id id = 1; id < l->body->n; id++)
        for (uint32_t i = 0; i < ir_at(l->body, id)->n_arg; i++) uses[ir_at(l->body, id)->arg[i]]++;
    for (uint32_t k = 0; k < l->n_carry; k++) uses[l->next[k]]++;
    for (uint32_t k = 0; k < l->collect.n; k++) uses[l->collect.at[k]]++;
    return uses;
}

/* What else is added where the sum goes on, or 0. */
static ir_id summand_of(const struct ir_graph *b, ir_id sum, const bool *of, ir_id *rest, bool *minus)
{
    const struct ir_node *n = ir_at(b, sum);
    *minus = n->op == OP_sub;
    if (n->op != OP_add && n->op != OP_sub) return 0;
    if (of[n->arg[0]] && !of[n->arg[1]]) return *rest = n->arg[0], n->arg[1];
    if (n->op == OP_add && of[n->arg[1]] && !of[n->arg[0]]) return *rest = n->arg[1], n->arg[0];
    return 0;
}

static void find_summands(struct hoisting *h, uint32_t k, const uint32_t *uses)
{
    const struct ir_loop *l = h->l;
    struct arena *a = l->body->tables->arena;
    ir_id leaf = l->carry[k], x = l->next[k];
    uint32_t before = h->summands.n;
    if (!leaf || uses[leaf] != 1 || x == leaf) return;
    bool *of = arena_many(a, bool, l->body->n);
    of[leaf] = true;
    for (ir_id id = leaf + 1; id < l->body->n; id++)
        for (uint32_t i = 0; i < ir_at(l->body, id)->n_arg; i++) of[id] |= of[ir_at(l->body, id)->arg[i]];
    while (x != leaf) {
        struct summand s = {.carry = k};
        ir_id sum = x;
        s.x = summand_of(l->body, sum, of, &x, &s.minus);
        if (!s.x || uses[sum] != 1) {
            h->summands.n = before;
            return;
        }
        vec_push(a, &h->summands, s);
    }
    h->added[k] = true;
}

/* Moves are made where their argument is, so that this is what is recorded. */
static bool shrinks(const struct hoisting *h, ir_id id)
{
    struct ir_tables *t = h->l->body->tables;
    ir_size less = size_sub(t->sizes, elements(h->l, id), elements(h->l, ir_at(h->l->body, id)->arg[0]));
    return less != SIZE_BAD && size_least(t->sizes, less) >= 0;
}

static bool is_recorded(const struct ir_loop *l, ir_id x)
{
    for (uint32_t k = 0; k < l->collect.n; k++)
        if (l->collect.at[k] == x) return true;
    return false;
}

bool hoist_is_outer(const struct ir_graph *body, const struct ir_node *n, ir_id of[2])
{
    uint32_t axes[2] = {0, 0}, all = (1u << n->shape->rank) - 1;
    if (n->op != OP_mul || n->type != IR_REAL) return false;
    for (unsigned i = 0; i < 2; i++) {
        const struct ir_node *x = ir_at(body, n->arg[i]);
        if (x->op != OP_expand) return false;
        of[i] = x->arg[0];
        unsigned spread = ir_at(body, of[i])->shape->rank;
        for (unsigned k = 0; k < x->n_attr; k++) axes[i] |= (uint32_t)(x->attr[k] >= 0) << k, spread -= x->attr[k] >= 0;
        if (spread) return false; /* axes of 1 that are gone */
    }
    return axes[0] && axes[1] && (axes[0] | axes[1]) == all && !(axes[0] & axes[1]);
}

/* A product of two things that vary is better made once for all turns; a sum of what is recorded anyway as well. */
static bool adds_up_later(const struct hoisting *h, ir_id x)
{
    const struct ir_node *n = ir_at(h->l->body, x);
    ir_id of[2];
    if (!widens(h->l, x)) return false;
    if (n->op == OP_contract) return n->shape->rank > 0;
    if (hoist_is_outer(h->l->body, n, of)) return n->shape->rank < RANK_MAX;
    return n->op == OP_sum && (h->light[n->arg[0]] || is_recorded(h->l, n->arg[0]));
}

/* ---- what is made where ---- */

static bool made_after(const struct hoisting *h, ir_id id)
{
    const struct ir_node *n = ir_at(h->l->body, id);
    if (ir_ops[n->op].class == CLASS_LEAF) return n->op != OP_carry;
    if (h->light[id]) return true;
    if (!widens(h->l, id) || is_recorded(h->l, id)) return h->over[id] && !h->inside[id] && widens(h->l, id);
    return (h->over[id] && !h->inside[id]) || (is_move(n) && shrinks(h, id));
}

static void divide(struct hoisting *h)
{
    const struct ir_graph *b = h->l->body;
    for (ir_id id = b->n - 1; id > 0; id--) {
        const struct ir_node *n = ir_at(b, id);
        h->after[id] = h->wanted[id] && made_after(h, id);
        h->record[id] = h->wanted[id] && !h->after[id];
        h->inside[id] |= h->record[id];
        if (h->inside[id] && h->ahead[id]) h->before[id] = true;
        for (uint32_t i = 0; i < n->n_arg; i++) {
            if (h->after[id]) h->wanted[n->arg[i]] = true;
            if (h->inside[id] && !h->ahead[id]) h->inside[n->arg[i]] = true;
            if (h->before[id]) h->before[n->arg[i]] = true;
        }
    }
}

static void find_ahead(struct hoisting *h)
{
    const struct ir_graph *b = h->l->body;
    for (ir_id id = 1; id < b->n; id++) {
        const struct ir_node *n = ir_at(b, id);
        if (h->carry[id] || !widens(h->l, id) || !by_fixed_array(h, n, h->turn)) continue;
        h->ahead[id] = h->light[n->arg[0]] && h->light[n->arg[1]];
    }
}

/* Where everything begins: what is carried, collected and added up. */
static void start(struct hoisting *h, bool collected)
{
    const struct ir_loop *l = h->l;
    for (uint32_t k = 0; k < l->n_carry; k++)
        if (!h->added[k]) h->inside[l->next[k]] = true;
    for (uint32_t i = 0; i < h->summands.n; i++) {
        struct summand *s = &h->summands.at[i];
        s->after = adds_up_later(h, s->x);
        const struct ir_node *n = ir_at(l->body, s->x);
        ir_id of[2];
        bool outer = hoist_is_outer(l->body, n, of);
        for (uint32_t k = 0; s->after && k < n->n_arg; k++) h->wanted[outer ? of[k] : n->arg[k]] = true;
        if (!s->after) h->inside[s->x] = true;
    }
    for (uint32_t k = 0; k < l->collect.n; k++) {
        ir_id x = l->collect.at[k];
        bool later = collected && h->over[x] && widens(l, x);
        (later ? h->wanted : h->inside)[x] = true;
    }
}

static bool any_hoisted(const struct hoisting *h)
{
    for (ir_id id = 1; id < h->l->body->n; id++)
        if (h->before[id] || (h->after[id] && h->over[id])) return true;
    for (uint32_t i = 0; i < h->summands.n; i++)
        if (h->summands.at[i].after) return true;
    return false;
}

/* Rows that there are only because of this are not too many. */
static bool is_cheap(const struct hoisting *h)
{
    const struct ir_loop *l = h->l;
    struct ir_sizes *t = l->body->tables->sizes;
    double there = 0, more = 0;
    for (ir_id id = 1; id < l->body->n; id++) {
        double n = (double)size_bound(t, elements(l, id));
        bool row = ir_at(l->body, id)->op == OP_row;
        if (row || is_recorded(l, id)) there += n;
        if (h->ahead[id] && h->before[id]) more += n;
        if (h->record[id] && !row && !is_recorded(l, id)) more += n;
        if (h->record[id] && ir_at(l->body, id)->shape->rank == RANK_MAX) return false;
    }
    return more <= ROWS_MOST * there;
}

static void reset(struct hoisting *h)
{
    size_t n = h->l->body->n;
    memset(h->inside, 0, n), memset(h->before, 0, n), memset(h->record, 0, n);
    memset(h->after, 0, n), memset(h->wanted, 0, n);
}

static bool choose(struct hoisting *h, bool collected)
{
    reset(h);
    start(h, collected);
    divide(h);
    return any_hoisted(h) && is_cheap(h);
}

/* Multiply-adds of the products in a turn. */
static double multiplies(const struct ir_loop *l)
{
    struct ir_sizes *t = l->body->tables->sizes;
    double all = 0;
    for (ir_id id = 1; id < l->body->n; id++) {
        const struct ir_node *n = ir_at(l->body, id);
        if (n->op != OP_contract) continue;
        const int64_t *label = n->attr + 3;
        double work = 1;
        uint32_t seen = 0;
        for (unsigned i = 0; i < 2; i++)
            for (int64_t k = 0; k < n->attr[i]; k++, label++) {
                if (seen >> *label & 1) continue;
                seen |= 1u << *label;
                work *= (double)size_bound(t, ir_at(l->body, n->arg[i])->shape->dim[k]);
            }
        all += work;
    }
    return all;
}

bool hoist_choose(const struct ir_loop *l, struct hoisting *h, double least)
{
    struct arena *a = l->body->tables->arena;
    uint32_t n = l->body->n;
    bool **by_node[] = {&h->turn, &h->carry, &h->light, &h->over, &h->inside, &h->ahead, &h->before, &h->record,
                        &h->after, &h->wanted};
    *h = (struct hoisting){.l = l, .added = arena_many(a, bool, l->n_carry)};
    if (l->thrifty || l->stop || multiplies(l) < least) return false;
    for (size_t i = 0; i < sizeof by_node / sizeof *by_node; i++) *by_node[i] = arena_many(a, bool, n);
    find_kinds(h);
    find_ahead(h);
    const uint32_t *uses = count_uses(l);
    for (uint32_t k = 0; k < l->n_carry; k++) find_summands(h, k, uses);
    return choose(h, true) || choose(h, false);
}
