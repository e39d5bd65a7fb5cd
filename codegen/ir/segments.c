/* `checkpoint k`: a loop over segments, each a loop of k turns; the last segment may end sooner. What an adjoint needs of
 * a segment's turns is computed again when it comes there.
 *
 * Sizes know no rounding: there are as many segments as the most turns need, and rows for all turns of those. The loops
 * stop where the turns of this call do, so that nobody reads or writes the rows beyond. */
#include "codegen/ir/loop_inside.h"

struct segments {
    struct ir_graph *g;
    struct ir_node node; /* of the plain loop */
    const struct ir_loop *l;
    ir_size n, every, all; /* so many segments of so many turns: all rows */
    ir_size stop;          /* the turns there are, or 0: all */
};

/* The shape with its first axis, or its first two, replaced by n[0] or n[0], n[1]. Where that makes too many axes the
 * last of those joins the next one. */
static const struct ir_shape *with_first(struct ir_tables *t, const struct ir_shape *s, unsigned gone, const ir_size *n,
                                         unsigned n_new)
{
    ir_size dim[RANK_MAX + 2];
    unsigned rank = 0;
    for (unsigned i = 0; i < n_new; i++) dim[rank++] = n[i];
    for (unsigned i = gone; i < s->rank; i++) dim[rank++] = s->dim[i];
    if (rank > RANK_MAX) {
        dim[n_new - 1] = size_mul(t->sizes, dim[n_new - 1], dim[n_new]);
        for (unsigned i = n_new; i + 1 < rank; i++) dim[i] = dim[i + 1];
        rank--;
    }
    return ir_shape_of(t, rank, dim);
}

/* x with rows for all turns of the segments. */
static ir_id filled_up(const struct segments *s, ir_id x)
{
    const struct ir_shape *of = ir_at(s->g, x)->shape;
    ir_size start[RANK_MAX];
    int64_t step[RANK_MAX];
    if (!s->stop) return x;
    if (ir_at(s->g, x)->op == OP_iota) return ir_iota(s->g, s->all);
    for (unsigned i = 0; i < of->rank; i++) start[i] = 0, step[i] = 1;
    return ir_place(s->g, x, with_first(s->g->tables, of, 1, &s->all, 1), start, step);
}

/* The rows of the turns there are. */
static ir_id cut_off(const struct segments *s, ir_id x)
{
    const struct ir_shape *of = ir_at(s->g, x)->shape;
    ir_size start[RANK_MAX];
    int64_t step[RANK_MAX];
    if (!s->stop) return x;
    for (unsigned i = 0; i < of->rank; i++) start[i] = 0, step[i] = 1;
    return ir_slice(s->g, x, with_first(s->g->tables, of, 1, &s->stop, 1), start, step);
}

/* The same body for a segment's turns, with collected values of its own. */
static struct ir_loop *segment(const struct segments *s)
{
    struct arena *a = s->g->tables->arena;
    struct ir_loop *l = arena_new(a, struct ir_loop);
    *l = *s->l;
    l->turns = s->every;
    l->stop = s->stop;
    l->collect.at = NULL;
    l->collect.n = l->collect.cap = 0;
    for (uint32_t i = 0; i < s->l->collect.n; i++) vec_push(a, &l->collect, s->l->collect.at[i]);
    return l;
}

/* The loop of one segment, in the body of the loop over all of them. */
static ir_id inner_loop(const struct segments *s, struct ir_graph *body)
{
    struct ir_tables *t = s->g->tables;
    const struct ir_loop *l = s->l;
    ir_id *arg = arena_many(t->arena, ir_id, s->node.n_arg);
    ir_size split[2] = {s->n, s->every};
    for (uint32_t i = 0; i < s->node.n_arg; i++) {
        ir_id x = s->node.arg[i];
        const struct ir_node *n = ir_at(s->g, x);
        if (i < l->n_carry) {
            arg[i] = ir_leaf(body, OP_carry, (enum ir_type)n->type, n->shape, i, 0);
            ir_name(body, arg[i], l->carry_name ? l->carry_name[i] : NULL);
        } else if (i >= l->n_carry + l->n_row) {
            arg[i] = ir_body_outer(s->g, body, x);
        } else {
            const struct ir_shape *row = with_first(t, n->shape, 1, &split[1], 1);
            x = filled_up(s, x);
            x = ir_reshape(s->g, x, with_first(t, ir_at(s->g, x)->shape, 1, split, 2));
            arg[i] = ir_reshape(body, ir_body_row(s->g, body, x), row);
        }
    }
    int64_t index = t->loops.n;
    struct ir_loop *inner = segment(s);
    vec_push(t->arena, &t->loops, inner);
    return ir_add(body, OP_loop, IR_REAL, ir_scalar_shape(t), arg, s->node.n_arg, &index, 1);
}

static void outer_loop(const struct segments *s, ir_id *final, ir_id *rows)
{
    struct ir_tables *t = s->g->tables;
    const struct ir_loop *l = s->l;
    struct ir_loop *o = arena_new(t->arena, struct ir_loop);
    *o = (struct ir_loop){.body = ir_graph_new(t),
                          .turn_name = l->turn_name,
                          .turns = s->n,
                          .stop = s->stop,
                          .each = s->stop ? s->every : 0,
                          .thrifty = true,
                          .n_carry = l->n_carry,
                          .next = arena_many(t->arena, ir_id, l->n_carry),
                          .carry_name = l->carry_name};
    ir_id inner = inner_loop(s, o->body);
    for (uint32_t k = 0; k < l->n_carry; k++) o->next[k] = ir_part(o->body, inner, k);
    for (uint32_t k = 0; k < l->collect.n; k++) {
        ir_id x = ir_part(o->body, inner, l->n_carry + k);
        const struct ir_shape *whole = ir_at(o->body, x)->shape;
        ir_size all = whole->rank ? whole->dim[0] : 0;
        if (whole->rank == RANK_MAX) /* its turns and the next axis as one */
            x = ir_reshape(o->body, x, with_first(t, whole, 2, (ir_size[]){size_mul(t->sizes, all, whole->dim[1])}, 1));
        vec_push(t->arena, &o->collect, x);
    }
    ir_id loop = ir_close_body(s->g, o, s->node.arg);
    for (uint32_t k = 0; k < l->n_carry; k++) final[k] = ir_part(s->g, loop, k);
    for (uint32_t k = 0; k < l->collect.n; k++) {
        const struct ir_shape *row = ir_at(l->body, l->collect.at[k])->shape;
        ir_id all = ir_part(s->g, loop, l->n_carry + k);
        rows[k] = cut_off(s, ir_reshape(s->g, all, ir_rows_shape(t, s->all, row)));
    }
}

void ir_loop_in_segments(struct ir_graph *g, ir_id loop, int64_t every, ir_id *final, ir_id *rows)
{
    const struct ir_loop *l = ir_loop_of(g, loop);
    struct ir_sizes *t = g->tables->sizes;
    int64_t n = (size_bound(t, l->turns) + every - 1) / every;
    struct segments s = {.g = g, .node = *ir_at(g, loop), .l = l};
    s.n = size_const(t, n);
    s.every = size_const(t, every);
    s.all = size_const(t, n * every);
    if (s.all != l->turns) s.stop = l->turns;
    outer_loop(&s, final, rows);
}
