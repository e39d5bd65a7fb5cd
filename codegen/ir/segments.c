/* `checkpoint k`: a loop over segments, each a loop of k turns, and a loop over the turns that are left. All share one
 * body. What an adjoint needs of a segment's turns is computed again when it comes there. */
#include "codegen/ir/loop_inside.h"

struct segments {
    struct ir_graph *g;
    struct ir_node node; /* of the plain loop */
    const struct ir_loop *l;
    int64_t first, turns, every; /* a stretch of the turns, in segments of so many (0: in one) */
    const ir_id *init;
};

static ir_size size(const struct segments *s, int64_t n)
{
    return size_const(s->g->tables->sizes, n);
}

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

/* Those turns' rows of x. */
static ir_id stretch(const struct segments *s, ir_id x)
{
    const struct ir_shape *of = ir_at(s->g, x)->shape;
    ir_size dim[RANK_MAX], start[RANK_MAX];
    int64_t step[RANK_MAX];
    for (unsigned i = 0; i < of->rank; i++) {
        dim[i] = i ? of->dim[i] : size(s, s->turns);
        start[i] = size(s, i ? 0 : s->first);
        step[i] = 1;
    }
    if (dim[0] == of->dim[0]) return x;
    return ir_slice(s->g, x, ir_shape_of(s->g->tables, of->rank, dim), start, step);
}

/* The same body for other turns, with collected values of its own. */
static struct ir_loop *like(const struct segments *s, int64_t turns)
{
    struct arena *a = s->g->tables->arena;
    struct ir_loop *l = arena_new(a, struct ir_loop);
    *l = *s->l;
    l->turns = size(s, turns);
    l->collect.at = NULL;
    l->collect.n = l->collect.cap = 0;
    for (uint32_t i = 0; i < s->l->collect.n; i++) vec_push(a, &l->collect, s->l->collect.at[i]);
    return l;
}

static ir_id add(struct ir_graph *g, struct ir_loop *l, const ir_id *arg, uint32_t n)
{
    int64_t index = g->tables->loops.n;
    vec_push(g->tables->arena, &g->tables->loops, l);
    return ir_add(g, OP_loop, IR_REAL, ir_scalar_shape(g->tables), arg, n, &index, 1);
}

static ir_id plain_loop(const struct segments *s)
{
    const struct ir_loop *l = s->l;
    ir_id *arg = arena_many(s->g->tables->arena, ir_id, s->node.n_arg);
    for (uint32_t i = 0; i < s->node.n_arg; i++) {
        bool row = i >= l->n_carry && i < l->n_carry + l->n_row;
        arg[i] = i < l->n_carry ? s->init[i] : row ? stretch(s, s->node.arg[i]) : s->node.arg[i];
    }
    return add(s->g, like(s, s->turns), arg, s->node.n_arg);
}

/* The loop of one segment, in the body of the loop over all of them. */
static ir_id inner_loop(const struct segments *s, struct ir_graph *body)
{
    struct ir_tables *t = s->g->tables;
    const struct ir_loop *l = s->l;
    ir_id *arg = arena_many(t->arena, ir_id, s->node.n_arg);
    ir_size split[2] = {size(s, s->turns / s->every), size(s, s->every)};
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
            x = stretch(s, x);
            x = ir_reshape(s->g, x, with_first(t, ir_at(s->g, x)->shape, 1, split, 2));
            arg[i] = ir_reshape(body, ir_body_row(s->g, body, x), row);
        }
    }
    return add(body, like(s, s->every), arg, s->node.n_arg);
}

/* Leaves what is carried at the end in final, and the rows of these turns. */
static void outer_loop(const struct segments *s, ir_id *final, ir_id *rows)
{
    struct ir_tables *t = s->g->tables;
    const struct ir_loop *l = s->l;
    struct ir_loop *o = arena_new(t->arena, struct ir_loop);
    *o = (struct ir_loop){.body = ir_graph_new(t),
                          .turn_name = l->turn_name,
                          .turns = size(s, s->turns / s->every),
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
    ir_id loop = ir_close_body(s->g, o, s->init);
    ir_size turns = size(s, s->turns);
    for (uint32_t k = 0; k < l->n_carry; k++) final[k] = ir_part(s->g, loop, k);
    for (uint32_t k = 0; k < l->collect.n; k++) {
        const struct ir_shape *row = ir_at(l->body, l->collect.at[k])->shape;
        rows[k] = ir_reshape(s->g, ir_part(s->g, loop, l->n_carry + k), ir_rows_shape(t, turns, row));
    }
}

void ir_loop_in_segments(struct ir_graph *g, ir_id loop, int64_t every, ir_id *final, ir_id *rows)
{
    const struct ir_loop *l = ir_loop_of(g, loop);
    struct segments s = {.g = g, .node = *ir_at(g, loop), .l = l, .every = every};
    int64_t turns = 0;
    (void)size_known(g->tables->sizes, l->turns, &turns);
    s.init = s.node.arg;
    s.turns = turns - turns % every;
    outer_loop(&s, final, rows);
    if (s.turns == turns) return;
    s.init = final;
    s.first = s.turns;
    s.turns = turns % every;
    ir_id rest = plain_loop(&s);
    for (uint32_t k = 0; k < l->n_carry; k++) final[k] = ir_part(g, rest, k);
    for (uint32_t k = 0; k < l->collect.n; k++)
        rows[k] = ir_concat(g, (ir_id[]){rows[k], ir_part(g, rest, l->n_carry + k)}, 2, 0);
}
