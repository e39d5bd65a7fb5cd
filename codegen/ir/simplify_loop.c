/* Loops: what nobody reads is dropped, and with it what only that needed, round by round; constants move in. */
#include "codegen/ir/simplify_loop.h"
#include "codegen/ir/loop_inside.h"
#include "codegen/ir/simplify_rules.h"

#include <string.h>

static const struct ir_loop *old_loop(const struct simplify *s, const struct ir_node *n)
{
    return s->from->tables->loops.at[n->attr[0]];
}

/* ---- which carried values, and which nodes of a body, the wanted parts need ---- */

struct live {
    const struct ir_graph *body;
    const ir_id *next, *collect;
    uint32_t n_carry, n_collect;
    const bool *want; /* by part */
    bool *carry;      /* by number of the OP_carry leaf */
    bool *seen;       /* by node of the body */
};

static void find_live(struct live *v)
{
    struct arena *a = v->body->tables->arena;
    vec(ir_id) todo = {0};
    v->carry = arena_many(a, bool, v->n_carry);
    v->seen = arena_many(a, bool, v->body->n);
    for (uint32_t k = 0; k < v->n_carry; k++)
        if (v->want[k]) {
            v->carry[k] = true;
            vec_push(a, &todo, v->next[k]);
        }
    for (uint32_t k = 0; k < v->n_collect; k++)
        if (v->want[v->n_carry + k]) vec_push(a, &todo, v->collect[k]);
    while (todo.n) {
        ir_id id = todo.at[--todo.n];
        const struct ir_node *n = ir_at(v->body, id);
        if (v->seen[id]) continue;
        v->seen[id] = true;
        if (n->op == OP_carry && !v->carry[n->attr[0]]) {
            v->carry[n->attr[0]] = true;
            vec_push(a, &todo, v->next[n->attr[0]]);
        }
        for (uint32_t i = 0; i < n->n_arg; i++)
            if (ir_reads(n, i)) vec_push(a, &todo, n->arg[i]);
    }
}

void simple_want_part(struct simplify *s, ir_id loop, uint32_t part)
{
    struct arena *a = s->from->tables->arena;
    const struct ir_loop *l = old_loop(s, ir_at(s->from, loop));
    uint32_t n = l->n_carry + l->collect.n;
    if (!s->loops.n) vec_push(a, &s->loops, (struct kept_loop){0});
    if (!s->needed[loop]) {
        s->needed[loop] = s->loops.n;
        struct kept_loop kept = {arena_many(a, bool, n), arena_many(a, uint32_t, n), arena_many(a, ir_id, n), 0};
        vec_push(a, &s->loops, kept);
    }
    s->loops.at[s->needed[loop]].want[part] = true;
}

void simple_want_arguments(struct simplify *s, ir_id loop)
{
    const struct ir_node *n = ir_at(s->from, loop);
    const struct ir_loop *l = old_loop(s, n);
    struct live v = {.body = l->body,
                     .next = l->next,
                     .collect = l->collect.at,
                     .n_carry = l->n_carry,
                     .n_collect = l->collect.n,
                     .want = s->loops.at[s->needed[loop]].want};
    find_live(&v);
    for (uint32_t i = 0; i < n->n_arg; i++) {
        bool row = i < l->n_carry + l->n_row;
        ir_id leaf = i < l->n_carry ? 0 : row ? l->row[i - l->n_carry] : l->outer[i - l->n_carry - l->n_row];
        if (i < l->n_carry ? v.carry[i] : leaf && v.seen[leaf]) s->needed[n->arg[i]] = 1;
    }
}

/* ---- the new loop ---- */

/* No turn changes it. */
static bool stays(const struct ir_loop *l, uint32_t k)
{
    return l->next[k] == l->carry[k];
}

static ir_id reshaped(struct ir_graph *g, ir_id x, const struct ir_shape *s)
{
    return simple_node(
        g, &(struct ir_node){.op = OP_reshape, .type = ir_at(g, x)->type, .n_arg = 1, .arg = &x, .shape = s});
}

/* Of the only turn, in the graph around the loop. */
static ir_id leaf_of_one_turn(struct simplify *s, const struct ir_node *leaf)
{
    const struct ir_loop *l = old_loop(s->outside, s->loop);
    const ir_id *arg = s->loop->arg + (leaf->op == OP_row     ? l->n_carry
                                       : leaf->op == OP_outer ? l->n_carry + l->n_row
                                                              : 0);
    if (leaf->op == OP_turn) return reshaped(s->to, ir_iota(s->to, 1), leaf->shape);
    ir_id x = s->outside->map[arg[leaf->attr[0]]];
    return leaf->op == OP_row ? reshaped(s->to, x, leaf->shape) : x;
}

/* Rows for segments, but for those beyond the last turn, which nobody reads. */
static ir_id filled_up_from(const struct ir_graph *g, ir_id rows)
{
    if (is_op(g, rows, OP_reshape)) rows = ir_at(g, rows)->arg[0];
    return is_op(g, rows, OP_place) ? ir_at(g, rows)->arg[0] : rows;
}

ir_id simple_body_leaf(struct simplify *s, const struct ir_node *leaf)
{
    if (s->once) return leaf_of_one_turn(s, leaf);
    if (leaf->op == OP_turn) return ir_leaf(s->to, OP_turn, IR_INT, leaf->shape, leaf->attr[0], 0);
    const struct ir_loop *l = old_loop(s->outside, s->loop);
    const struct simplify *o = s->outside;
    uint32_t k = (uint32_t)leaf->attr[0];
    double v;
    if (leaf->op == OP_carry) {
        if (stays(l, k)) return ir_body_outer(o->to, s->to, o->map[s->loop->arg[k]]);
        return ir_leaf(s->to, OP_carry, (enum ir_type)leaf->type, leaf->shape, k, 0);
    }
    if (leaf->op == OP_outer) return ir_body_outer(o->to, s->to, o->map[s->loop->arg[l->n_carry + l->n_row + k]]);
    ir_id rows = o->map[s->loop->arg[l->n_carry + k]];
    if (simple_constant(o->to, l->each ? filled_up_from(o->to, rows) : rows, &v)) return ir_full(s->to, v, leaf->shape);
    if (is_op(o->to, rows, OP_iota)) return ir_leaf(s->to, OP_turn, IR_INT, leaf->shape, 0, 0);
    return ir_body_row(o->to, s->to, rows);
}

/* The body made simple, in the graph `to`. roots: next of what is carried, then what is collected; 0 where nobody wants
 * it. */
static void simple_body(struct simplify *s, const struct ir_node *n, struct ir_graph *to, ir_id *root)
{
    const struct ir_loop *l = old_loop(s, n);
    struct arena *a = s->from->tables->arena;
    uint32_t n_root = l->n_carry + l->collect.n, m = 0;
    ir_id *used = arena_many(a, ir_id, n_root);
    struct simplify in = {.from = l->body,
                          .to = to,
                          .training = s->training,
                          .needed = arena_many(a, uint32_t, l->body->n),
                          .map = arena_many(a, uint32_t, l->body->n),
                          .outside = s,
                          .loop = n,
                          .once = to == s->to};
    struct span here = to->here;
    for (uint32_t k = 0; k < n_root; k++)
        if (root[k]) used[m++] = root[k];
    simple_pass(&in, used, m);
    m = 0;
    for (uint32_t k = 0; k < n_root; k++)
        if (root[k]) root[k] = used[m++];
    to->here = here;
}

/* What is left of it: carried values and collected ones change their numbers. */
static ir_id rebuild(struct simplify *s, const struct ir_node *n, struct kept_loop *kept, struct ir_graph *body,
                     const ir_id *root)
{
    const struct ir_loop *l = old_loop(s, n);
    struct arena *a = s->from->tables->arena;
    struct live v = {.body = body,
                     .next = root,
                     .collect = root + l->n_carry,
                     .n_carry = l->n_carry,
                     .n_collect = l->collect.n,
                     .want = kept->want};
    find_live(&v);
    struct ir_loop *to = arena_new(a, struct ir_loop);
    *to = *l;
    to->body = body;
    to->n_carry = 0;
    uint32_t m = 0, n_root = l->n_carry + l->collect.n;
    ir_id *left = arena_many(a, ir_id, n_root), *init = arena_many(a, ir_id, l->n_carry);
    const char **name = arena_many(a, const char *, l->n_carry);
    to->carry_name = name;
    for (uint32_t k = 0; k < n_root; k++) {
        if (k < l->n_carry ? !v.carry[k] : !kept->want[k]) continue;
        if (k < l->n_carry && l->carry_name) name[m] = l->carry_name[k];
        if (k < l->n_carry) init[m] = s->map[n->arg[k]];
        kept->part[k] = m;
        left[m++] = root[k];
        if (k < l->n_carry) to->n_carry = m;
    }
    ir_keep(body, left, m);
    for (ir_id id = 1; id < body->n; id++) {
        if (ir_at(body, id)->op != OP_carry) continue;
        int64_t *attr = arena_new(a, int64_t);
        *attr = kept->part[ir_at(body, id)->attr[0]];
        ir_edit(body, id)->attr = attr;
    }
    to->next = left;
    to->collect.at = left + to->n_carry;
    to->collect.n = to->collect.cap = m - to->n_carry;
    ir_id loop = ir_close_body(s->to, to, init);
    for (uint32_t k = 0; k < m; k++)
        (void)ir_part(s->to, loop, k); /* who lives on has a node, even if only turns read it */
    return loop;
}

static void keep_one_turn(struct simplify *s, const struct ir_loop *l, struct kept_loop *kept, const ir_id *root)
{
    struct ir_tables *t = s->from->tables;
    for (uint32_t k = 0; k < l->n_carry + l->collect.n; k++) {
        if (!root[k] || !kept->want[k]) continue;
        const struct ir_shape *of = ir_at(s->to, root[k])->shape;
        kept->fixed[k] = k < l->n_carry ? root[k] : reshaped(s->to, root[k], ir_rows_shape(t, l->turns, of));
    }
}

ir_id simple_loop(struct simplify *s, ir_id loop)
{
    struct ir_node n = *ir_at(s->from, loop);
    const struct ir_loop *l = old_loop(s, &n);
    struct kept_loop *kept = &s->loops.at[s->needed[loop]];
    ir_id *root = arena_many(s->from->tables->arena, ir_id, l->n_carry + l->collect.n);
    bool any = false;
    for (uint32_t k = 0; k < l->n_carry; k++) {
        if (stays(l, k)) {
            kept->fixed[k] = s->map[n.arg[k]];
            kept->want[k] = false;
        }
        any |= kept->want[k];
    }
    for (uint32_t k = 0; k < l->collect.n; k++) any |= kept->want[l->n_carry + k];
    if (!any) return 0;
    struct live v = {.body = l->body,
                     .next = l->next,
                     .collect = l->collect.at,
                     .n_carry = l->n_carry,
                     .n_collect = l->collect.n,
                     .want = kept->want};
    find_live(&v);
    for (uint32_t k = 0; k < l->n_carry; k++) root[k] = v.carry[k] && !stays(l, k) ? l->next[k] : 0;
    for (uint32_t k = 0; k < l->collect.n; k++)
        root[l->n_carry + k] = kept->want[l->n_carry + k] ? l->collect.at[k] : 0;
    int64_t turns;
    if (size_known(s->from->tables->sizes, l->turns, &turns) && turns == 1) {
        simple_body(s, &n, s->to, root);
        keep_one_turn(s, l, kept, root);
        return 0;
    }
    struct ir_graph *body = ir_graph_new(s->from->tables);
    simple_body(s, &n, body, root);
    return kept->to = rebuild(s, &n, kept, body, root);
}

ir_id simple_part(struct simplify *s, const struct ir_node *part)
{
    const struct kept_loop *kept = &s->loops.at[s->needed[part->arg[0]]];
    uint32_t k = (uint32_t)part->attr[0];
    return kept->fixed[k] ? kept->fixed[k] : ir_part(s->to, kept->to, kept->part[k]);
}
