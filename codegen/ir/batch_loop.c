/* A loop for many settings at once: its body with the new axis, in a graph of its own. */
#include "codegen/ir/batch_inside.h"
#include "codegen/ir/loop_inside.h"

struct many {
    struct batch *b; /* of the graph around the loop */
    struct batch in; /* of the body */
    const struct ir_loop *l;
    bool *wide;      /* which arguments have the new axis */
    ir_id *arg;      /* what they become */
};

/* Which argument of the loop a leaf of the body stands for; -1: it is no such leaf. */
static int64_t argument_of(const struct ir_loop *l, const struct ir_node *n)
{
    if (n->op == OP_carry) return n->attr[0];
    if (n->op == OP_row) return l->n_carry + n->attr[0];
    return n->op == OP_outer ? l->n_carry + l->n_row + n->attr[0] : -1;
}

/* A carried value has the axis once anything that it becomes has it. */
static void find_wide(struct many *m)
{
    const struct ir_graph *body = m->l->body;
    for (bool more = true; more;) {
        more = false;
        for (ir_id id = 1; id < body->n; id++) {
            int64_t k = argument_of(m->l, ir_at(body, id));
            if (k >= 0) m->in.depends[id - 1] = m->wide[k];
        }
        batch_find_dependent(&m->in, body->n - 1);
        for (uint32_t k = 0; k < m->l->n_carry; k++) {
            more |= !m->wide[k] && m->in.depends[m->l->next[k] - 1];
            m->wide[k] |= m->in.depends[m->l->next[k] - 1];
        }
    }
}

/* The axis before last of the first two: rows have their turns in front. */
static ir_id swapped(struct ir_graph *g, ir_id x)
{
    int source[RANK_MAX] = {1, 0, 2, 3, 4, 5, 6, 7};
    return ir_permute(g, x, source);
}

static bool find_arguments(struct many *m)
{
    struct batch *b = m->b;
    for (uint32_t i = 0; i < b->n.n_arg; i++) {
        m->arg[i] = m->wide[i] ? batch_lifted(b, b->n.arg[i]) : batch_plain(b, b->n.arg[i]);
        if (!m->arg[i]) return false;
        bool row = i >= m->l->n_carry && i < m->l->n_carry + m->l->n_row;
        if (row && m->wide[i]) m->arg[i] = swapped(b->graph, m->arg[i]);
    }
    return true;
}

/* 0: there is no room for the axis. */
static ir_id leaf(struct many *m, const struct ir_node *n, int64_t k)
{
    const struct ir_shape *s = n->shape;
    struct ir_graph *body = m->in.graph;
    if (n->op == OP_row) return ir_body_row(m->b->graph, body, m->arg[k]);
    if (n->op == OP_outer) return ir_body_outer(m->b->graph, body, m->arg[k]);
    if (m->wide[k] && !batch_front(&m->in, s, &s)) return 0;
    return ir_leaf(body, OP_carry, (enum ir_type)n->type, s, k, 0);
}

static ir_id same(struct many *m, const struct ir_node *n)
{
    ir_id *arg = arena_many(m->in.graph->tables->arena, ir_id, n->n_arg);
    for (uint32_t i = 0; i < n->n_arg; i++) arg[i] = batch_plain(&m->in, n->arg[i]);
    return ir_add(m->in.graph, (enum ir_op)n->op, (enum ir_type)n->type, n->shape, arg, n->n_arg, n->attr, n->n_attr);
}

static bool copy_body(struct many *m)
{
    const struct ir_graph *from = m->l->body;
    for (ir_id id = 1; id < from->n; id++) {
        struct ir_node n = *ir_at(from, id);
        int64_t k = argument_of(m->l, &n);
        if (!m->in.needed[id - 1]) continue;
        bool wide = m->in.depends[id - 1];
        m->in.graph->here = n.at;
        ir_id copy = k >= 0 ? leaf(m, &n, k) : wide ? batch_wide(&m->in, id) : same(m, &n);
        (wide ? m->in.map : m->in.plain)[id - 1] = copy;
        if (!copy) return false;
        ir_name(m->in.graph, copy, n.name);
    }
    return true;
}

static ir_id of_body(struct many *m, ir_id x, bool wide)
{
    return wide ? batch_lifted(&m->in, x) : batch_plain(&m->in, x);
}

ir_id batch_loop(struct batch *b)
{
    struct ir_tables *t = b->graph->tables;
    struct ir_loop *l = t->loops.at[b->n.attr[0]], *wide = arena_new(t->arena, struct ir_loop);
    struct ir_graph *body = ir_graph_new(t);
    struct many m = {.b = b, .l = l, .in = batch_new(l->body, body, 1, l->body->n - 1, b->size)};
    m.in.plain = arena_many(t->arena, ir_id, l->body->n);
    m.wide = arena_many(t->arena, bool, b->n.n_arg);
    m.arg = arena_many(t->arena, ir_id, b->n.n_arg);
    for (uint32_t k = 0; k < l->n_carry; k++) m.in.needed[l->next[k] - 1] = true;
    for (uint32_t k = 0; k < l->collect.n; k++) m.in.needed[l->collect.at[k] - 1] = true;
    batch_find_needed(&m.in, l->body->n - 1);
    for (uint32_t i = 0; i < b->n.n_arg; i++) m.wide[i] = batch_copy(b, b->n.arg[i]) != 0;
    find_wide(&m);
    if (!find_arguments(&m) || !copy_body(&m)) return 0;
    *wide = (struct ir_loop){.body = body, .turn_name = l->turn_name, .turns = l->turns, .stop = l->stop,
                             .each = l->each, .backward = l->backward,
                             .thrifty = l->thrifty, .n_carry = l->n_carry, .carry_name = l->carry_name};
    wide->next = arena_many(t->arena, ir_id, l->n_carry);
    for (uint32_t k = 0; k < l->n_carry; k++)
        if (!(wide->next[k] = of_body(&m, l->next[k], m.wide[k]))) return 0;
    for (uint32_t k = 0; k < l->collect.n; k++)
        vec_push(t->arena, &wide->collect, of_body(&m, l->collect.at[k], m.in.depends[l->collect.at[k] - 1]));
    body->here = (struct span){0, 0};
    return ir_close_body(b->graph, wide, m.arg);
}

ir_id batch_part(struct batch *b)
{
    struct ir_graph *g = b->graph;
    ir_id loop = batch_copy(b, b->n.arg[0]), part = ir_part(g, loop, (uint32_t)b->n.attr[0]);
    const struct ir_shape *s;
    int source[RANK_MAX] = {-1, 0, 1, 2, 3, 4, 5, 6};
    if (!batch_front(b, b->n.shape, &s)) return 0;
    if (ir_at(g, part)->shape->rank == b->n.shape->rank) return ir_expand(g, part, s, source);
    return b->n.attr[0] < ir_loop_of(g, loop)->n_carry ? part : swapped(g, part);
}
