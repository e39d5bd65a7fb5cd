/* Tensor literals: constants become the program's data, anything else is stacked. */
#include "codegen/lower/inside.h"

#include <string.h>

struct rows {
    uint8_t rank;
    uint32_t size[RANK_MAX];
    vec(double) number;
};

/* A number as written, or something with a value of its own? */
static bool written_number(const struct ast *e, double *v)
{
    bool minus = e->kind == AST_unary && e->op == '-';
    const struct ast *n = minus || (e->kind == AST_unary && e->op == '+') ? e->kid[0] : e;
    if (n->kind != AST_number) return false;
    *v = minus ? -n->number : n->number;
    return true;
}

/* Numbers as written, all of them, in rows of one length? Reports nothing: stacking does. */
static bool collect(struct low *l, const struct ast *e, unsigned depth, struct rows *r)
{
    if (e->kind != AST_literal) {
        double v;
        if (depth != r->rank || !written_number(e, &v)) return false;
        vec_push(&low_context(l)->arena, &r->number, v);
        return true;
    }
    if (depth >= r->rank || e->n != r->size[depth]) return false;
    for (uint32_t i = 0; i < e->n; i++)
        if (!collect(l, e->kid[i], depth + 1, r)) return false;
    return true;
}

static struct value all_known(struct low *l, const struct value *v, uint32_t n, struct span at)
{
    double *number = arena_many(&low_context(l)->arena, double, n);
    for (uint32_t i = 0; i < n; i++) {
        if (v[i].rank || !known_constant(l, &v[i])) return poison(at);
        number[i] = v[i].number;
    }
    struct axis axis = {NULL, size_const(low_sizes(l), n)};
    return make_tensor(l, ir_tensor(low_graph(l), shape_for(l, &axis, 1), number), 1, &axis, at);
}

static struct value stack_items(struct low *l, const struct ast *e)
{
    struct arena *arena = &low_context(l)->arena;
    struct value *v = arena_many(arena, struct value, e->n);
    for (uint32_t i = 0; i < e->n; i++) {
        const struct ast *item = e->kid[i];
        if (item->kind == AST_slice || item->kind == AST_ellipsis || item->kind == AST_new_axis ||
            item->kind == AST_in_item || item->kind == AST_arg)
            return fail(l, E0303, item->span, "a tensor literal holds values");
        v[i] = lower_number(l, item);
        if (v[i].kind == VALUE_POISON) return v[i];
        if (v[i].rank == RANK_MAX) return fail(l, E0601, e->span, "a tensor has at most 8 axes");
        bool same = v[i].rank == v[0].rank;
        for (uint8_t k = 0; same && k < v[0].rank; k++) same = axis_equal(l, v[i].axis[k], v[0].axis[k]);
        if (!same)
            return fail(l, E0201, item->span, "the parts of a tensor literal differ: %s here, %s in the first",
                        shape_text(l, v[i].axis, v[i].rank), shape_text(l, v[0].axis, v[0].rank));
    }
    struct value known = all_known(l, v, e->n, e->span);
    return known.kind == VALUE_TENSOR ? known : join_new_axis(l, v, e->n, 0, e->span);
}

struct value lower_literal(struct low *l, const struct ast *e)
{
    struct rows r = {0};
    if (e->n == 0) return fail(l, E0206, e->span, "a tensor has at least one element");
    for (const struct ast *k = e; k->kind == AST_literal; k = k->kid[0]) {
        if (r.rank == RANK_MAX) return fail(l, E0601, e->span, "a tensor has at most 8 axes");
        if (k->n == 0) return fail(l, E0206, k->span, "a tensor has at least one element");
        r.size[r.rank++] = k->n;
    }
    if (!collect(l, e, 0, &r)) return stack_items(l, e);
    struct axis axis[RANK_MAX];
    for (uint8_t i = 0; i < r.rank; i++) axis[i] = (struct axis){NULL, size_const(low_sizes(l), r.size[i])};
    return make_tensor(l, ir_tensor(low_graph(l), shape_for(l, axis, r.rank), r.number.at), r.rank, axis, e->span);
}
