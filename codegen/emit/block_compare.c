/* Rows of JIT text: whole numbers that count along a row, or stay the same, compared with each other. */
#include "codegen/emit/block_rows.h"

static const struct ir_node *node_of(const struct blocks *s, ir_id id)
{
    return ir_at(s->b->u->g, id);
}

bool rows_compare(const struct blocks *s, const struct access *a)
{
    const struct ir_node *n = node_of(s, a->base);
    bool compares = n->op == OP_lt || n->op == OP_le || n->op == OP_eq || n->op == OP_ne;
    return compares && !a->n_guards && !s->b->u->value[a->base].held && node_of(s, n->arg[0])->type == IR_INT;
}

bool rows_growth(struct blocks *s, ir_id id, const struct index *at, ir_size *by)
{
    struct access a;
    access_follow(s->b->u, id, at, &a);
    bool counts = !a.n_guards && node_of(s, a.base)->op == OP_iota && !s->b->u->value[a.base].held;
    *by = counts ? rows_step(&a.at.at[0], s->last) : 0;
    return counts || !rows_vary(s, id, at);
}

bool rows_grow_evenly(struct blocks *s, const struct ir_node *n, const struct index *at)
{
    ir_size by;
    s->run = 1; /* it makes no longer row */
    s->last = s->first + s->n_axes - 1;
    bool even = rows_growth(s, n->arg[0], at, &by) && rows_growth(s, n->arg[1], at, &by);
    s->run = s->last = 0;
    return even;
}

struct row rows_compared(struct blocks *s, const struct ir_node *n, const struct index *at)
{
    struct body *b = s->b;
    struct row r = rows_new(s, b->u->real_type);
    const char *name = arena_printf(b->u->p->tables->arena, "int_%s", ir_ops[n->op].name), *from[2], *step[2];
    for (unsigned i = 0; i < 2; i++) {
        ir_size by;
        rows_growth(s, n->arg[i], at, &by);
        from[i] = emit_expression(b, n->arg[i], at, PREC_COND);
        step[i] = emit_size(b, by, PREC_COND);
    }
    emit_line(b, "nnrt_b_%s_%s(%s, %s, %s, %s, %s, %s);", name, b->u->o->single ? "f32" : "f64", s->n, r.text, from[0], step[0], from[1], step[1]);
    rows_call(s, name);
    return r;
}
