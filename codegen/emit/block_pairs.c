/* Rows of JIT text: additions, subtractions and products two at a time. What comes between them needs no memory, and there are half
 * as many calls. */
#include "codegen/emit/block_rows.h"

static const struct ir_node *node_of(const struct blocks *s, ir_id id)
{
    return ir_at(s->b->u->g, id);
}

static bool is_one_of_a_pair(const struct ir_node *n)
{
    return n->type == IR_REAL && (n->op == OP_add || n->op == OP_sub || n->op == OP_mul);
}

/* Whether the operation read there is made for this reader alone. */
static bool is_inner(struct blocks *s, ir_id id, const struct index *at, struct access *a)
{
    access_follow(s->b->u, id, at, a);
    const struct value *v = &s->b->u->value[a->base];
    if (a->n_guards || v->held || v->uses > 1 || !is_one_of_a_pair(node_of(s, a->base))) return false;
    return !rows_made(s, a->base, &a->at) && rows_vary(s, id, at);
}

bool rows_pair(struct blocks *s, const struct ir_node *n, const struct index *at, const char *to, struct row *r)
{
    struct unit *u = s->b->u;
    struct access a;
    struct row x[3];
    if (!is_one_of_a_pair(n)) return false;
    uint32_t side = is_inner(s, n->arg[0], at, &a) ? 0 : 1;
    if (side && !is_inner(s, n->arg[1], at, &a)) return false;
    const struct ir_node *inner = node_of(s, a.base);
    x[0] = rows_of(s, inner->arg[0], &a.at);
    x[1] = rows_of(s, inner->arg[1], &a.at);
    x[2] = rows_of(s, n->arg[1 - side], at);
    *r = (struct row){to, false, false};
    for (unsigned i = 0; i < 3 && !r->text; i++)
        if (x[i].spare) *r = x[i];
    if (!r->text) *r = rows_new(s, u->real_type);
    const char *outer = side && n->op == OP_sub ? "minus" : ir_ops[n->op].name;
    const char *name = arena_printf(u->p->tables->arena, "%s_%s", ir_ops[inner->op].name, outer);
    emit_line(s->b, "nnrt_b_%s_%s(%s, %s, %s, %d, %s, %d, %s, %d);", name, u->o->single ? "f32" : "f64", s->n, r->text, x[0].text,
              !x[0].one, x[1].text, !x[1].one, x[2].text, !x[2].one);
    rows_call(s, name);
    return true;
}
