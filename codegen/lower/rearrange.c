/* rearrange(x, [N, T, NH*D] -> [N, NH, T, D]): axes split into factors, factors permuted, and joined again. */
#include "codegen/lower/builtin.h"

#include <string.h>

struct factors {
    struct axis axis[RANK_MAX]; /* all but nameless ones of size 1 */
    uint8_t n;
    uint8_t of[RANK_MAX];       /* which item each belongs to */
    struct axis item[RANK_MAX]; /* an item of one factor is that axis, a product is nameless */
    uint8_t items;
};

static bool add_item(struct low *l, const struct ast *e, struct factors *f, struct span at)
{
    struct axis whole = {NULL, size_const(low_sizes(l), 1)};
    bool single = e->kind != AST_binary;
    for (bool last = false; !last; e = e->kid[0]) { /* a*b*c leans left: the last factor is met first */
        struct axis a;
        last = e->kind != AST_binary || e->op != '*';
        if (!lower_size(l, last ? e : e->kid[1], &a)) return false;
        whole = single ? a : (struct axis){NULL, size_mul(low_sizes(l), whole.size, a.size)};
        if (a.dim || !is_one(l, a)) {
            if (f->n == RANK_MAX) {
                fail(l, E0601, at, "rearrange needs more than 8 axes on the way");
                return false;
            }
            f->axis[f->n] = a;
            f->of[f->n++] = f->items;
        }
        if (last) break;
    }
    uint8_t first = f->n;
    while (first && f->of[first - 1] == f->items) first--;
    for (uint8_t i = first, j = f->n; i + 1 < j; i++) {
        struct axis a = f->axis[i];
        f->axis[i] = f->axis[--j];
        f->axis[j] = a;
    }
    f->item[f->items++] = whole;
    return true;
}

static bool lower_factors(struct low *l, const struct ast *e, struct factors *f)
{
    if (e->kind != AST_literal || e->n > RANK_MAX) {
        fail(l, E0304, e->span, "rearrange needs up to 8 axes in [ ] on both sides of ->");
        return false;
    }
    for (uint32_t i = 0; i < e->n; i++)
        if (!add_item(l, e->kid[i], f, e->span)) return false;
    return true;
}

static bool check_from(struct low *l, const struct value *x, const struct factors *from, struct span at)
{
    bool same = from->items == x->rank;
    for (uint8_t i = 0; same && i < x->rank; i++) same = axis_equal(l, from->item[i], x->axis[i]);
    if (same) return true;
    fail(l, E0201, at, "the left side is %s and the value is %s", shape_text(l, from->item, from->items),
         shape_text(l, x->axis, x->rank));
    return false;
}

/* For each factor on the right the one on the left. */
static bool match(struct low *l, const struct factors *from, const struct factors *to, int *source, struct span at)
{
    bool used[RANK_MAX] = {false};
    for (uint8_t i = 0; i < to->n; i++) {
        int found = -1;
        for (uint8_t k = 0; k < from->n; k++) {
            bool same = (from->axis[k].dim == to->axis[i].dim) && from->axis[k].size == to->axis[i].size;
            if (same && !used[k] && found >= 0) {
                fail(l, E0202, at, "%s stands on the left more than once: give its axes dims of different names",
                     size_text(l, to->axis[i]));
                return false;
            }
            if (same && !used[k]) found = k;
        }
        if (found < 0) {
            fail(l, E0202, at, "%s does not stand on the left, or not that often", size_text(l, to->axis[i]));
            return false;
        }
        used[found] = true;
        source[i] = found;
    }
    for (uint8_t k = 0; k < from->n; k++)
        if (!used[k]) {
            fail(l, E0202, at, "%s does not stand on the right: every factor stands on both sides",
                 size_text(l, from->axis[k]));
            return false;
        }
    return true;
}

struct value lower_rearrange(struct low *l, const struct call *c)
{
    struct value v[2];
    struct factors from = {.n = 0}, to = {.n = 0};
    int source[RANK_MAX];
    if (!no_bracket(l, c) || !take_args(l, c, "x axes", v)) return poison(c->at);
    struct value x = as_value(l, v[0]);
    const struct ast *arrow = c->arg[1].tree;
    if (x.kind == VALUE_POISON) return x;
    if (!arrow || arrow->kind != AST_arrow)
        return wrong_arguments(l, c, "rearrange lacks the arrow between two shapes");
    if (!lower_factors(l, arrow->kid[0], &from) || !lower_factors(l, arrow->kid[1], &to)) return poison(c->at);
    if (!check_from(l, &x, &from, arrow->kid[0]->span) || !match(l, &from, &to, source, arrow->kid[1]->span))
        return poison(c->at);
    ir_id id = ir_reshape(low_graph(l), x.id, shape_for(l, from.axis, from.n));
    x.id = ir_permute(low_graph(l), id, source);
    return with_shape(l, x, to.item, to.items, c->at);
}
