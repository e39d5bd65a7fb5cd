/* Subscripts made of index variables: x[i, j], x[i, i], x[2*i + u], table[ids[n], k]. */
#include "codegen/lower/notation.h"

#include <string.h>

bool is_variable(const struct value *v)
{
    const struct dim *d = v->kind == VALUE_TENSOR && v->rank == 1 ? v->axis[0].dim : NULL;
    return d && d->index && ((const struct variable *)d)->value.id == v->id;
}

/* ---- affine forms ---- */

static bool add_term(struct affine *a, struct variable *v, int64_t by)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (a->term[i].v == v) {
            a->term[i].by += by;
            return true;
        }
    if (a->n == TERMS_MOST) return false;
    a->term[a->n].v = v;
    a->term[a->n++].by = by;
    return true;
}

static bool add_affine(struct low *l, const struct ast *e, int64_t by, struct affine *a, unsigned depth)
{
    if (depth > 64) return false;
    struct amount c = lower_amount(l, e);
    if (c.what == AMOUNT_WHOLE) {
        struct ir_sizes *t = low_sizes(l);
        a->rest = size_add(t, a->rest, size_mul(t, size_const(t, by), c.size));
        return a->rest != SIZE_BAD;
    }
    const struct value *v = e->kind == AST_name_ref ? find_name(l, e->name) : NULL;
    if (v && is_variable(v)) {
        struct variable *of = (struct variable *)v->axis[0].dim;
        a->rest = size_add(low_sizes(l), a->rest, size_const(low_sizes(l), by * of->from));
        return add_term(a, of, by);
    }
    if (v) return false;
    if (e->kind == AST_unary && e->op == '-') return add_affine(l, e->kid[0], -by, a, depth + 1);
    if (e->kind != AST_binary) return false;
    if (e->op == '+' || e->op == '-')
        return add_affine(l, e->kid[0], by, a, depth + 1) &&
               add_affine(l, e->kid[1], e->op == '-' ? -by : by, a, depth + 1);
    if (e->op != '*') return false;
    for (int side = 0; side < 2; side++) {
        int64_t k;
        c = lower_amount(l, e->kid[side]);
        if (c.what == AMOUNT_WHOLE && size_known(low_sizes(l), c.size, &k) && k > -4096 && k < 4096)
            return add_affine(l, e->kid[1 - side], by * k, a, depth + 1);
    }
    return false;
}

bool is_affine(struct low *l, const struct ast *e, struct affine *a)
{
    *a = (struct affine){.rest = size_const(low_sizes(l), 0)};
    if (e->kind != AST_name_ref && e->kind != AST_binary && e->kind != AST_unary && e->kind != AST_number) return false;
    if (!add_affine(l, e, 1, a, 0)) return false;
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->term[i].by) a->term[n++] = a->term[i];
    a->n = n;
    return true;
}

/* by times the last index of v. */
static ir_size reach(struct low *l, const struct variable *v, int64_t by)
{
    struct ir_sizes *t = low_sizes(l);
    return size_mul(t, size_const(t, by), size_sub(t, v->dim.dim.size, size_const(t, 1)));
}

bool affine_bounds(struct low *l, const struct affine *a, const struct variable *without, ir_size *least, ir_size *most)
{
    *least = *most = a->rest;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct variable *v = a->term[i].v;
        if (v == without) continue;
        if (!v->known) return false;
        ir_size *end = a->term[i].by > 0 ? most : least;
        *end = size_add(low_sizes(l), *end, reach(l, v, a->term[i].by));
    }
    return true;
}

/* ---- x[...] ---- */

static const struct ir_shape *shape_now(struct low *l, const struct pieces *p)
{
    return shape_for(l, p->axis, (uint8_t)p->n);
}

static bool replace_axis(struct low *l, struct pieces *p, unsigned at, const struct axis *with, unsigned n,
                         struct span span)
{
    if (p->n - 1 + n > RANK_MAX) {
        fail(l, E0601, span, "a tensor has at most 8 axes");
        return false;
    }
    memmove(&p->axis[at + n], &p->axis[at + 1], (p->n - at - 1) * sizeof *with);
    if (n) memcpy(&p->axis[at], with, n * sizeof *with);
    p->n += n - 1;
    return true;
}

static void take_slice(struct low *l, struct pieces *p, unsigned at, ir_size from, ir_size size, int64_t by)
{
    ir_size start[RANK_MAX], zero = size_const(low_sizes(l), 0);
    int64_t step[RANK_MAX];
    if (from == zero && size == p->axis[at].size && by == 1) return;
    for (unsigned i = 0; i < p->n; i++) start[i] = i == at ? from : zero, step[i] = i == at ? by : 1;
    p->axis[at].size = size;
    p->id = ir_slice(low_graph(l), p->id, shape_now(l, p), start, step);
}

/* Several variables along one axis: windows into it, the first variable outermost; a negative step runs backwards. */
static bool take_windows(struct low *l, struct pieces *p, unsigned at, const struct affine *a, ir_size least,
                         ir_size most, struct span span)
{
    struct ir_sizes *t = low_sizes(l);
    struct ir_graph *g = low_graph(l);
    struct axis with[TERMS_MOST];
    ir_size one = size_const(t, 1), extent = size_add(t, size_sub(t, most, least), one);
    if (ir_at(g, p->id)->type == IR_INT) p->id = ir_map1(g, OP_real, p->id);
    take_slice(l, p, at, least, extent, 1);
    for (uint32_t i = 0; i + 1 < a->n; i++) {
        int64_t by = a->term[i].by < 0 ? -a->term[i].by : a->term[i].by, next = 1;
        extent = size_sub(t, extent, reach(l, a->term[i].v, by));
        ir_size inner = extent;
        if (i + 2 == a->n) {
            next = a->term[i + 1].by < 0 ? -a->term[i + 1].by : a->term[i + 1].by;
            inner = a->term[i + 1].v->dim.dim.size;
        }
        p->id = ir_window(g, p->id, at + i, a->term[i].v->dim.dim.size, inner, by, next, 0);
    }
    for (uint32_t i = 0; i < a->n; i++) with[i] = (struct axis){&a->term[i].v->dim.dim, a->term[i].v->dim.dim.size};
    if (!replace_axis(l, p, at, with, a->n, span)) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->term[i].by < 0) take_slice(l, p, at + i, size_sub(t, with[i].size, one), with[i].size, -1);
    return true;
}

static bool in_range(struct low *l, const struct affine *a, const struct value *x, unsigned k, ir_size least,
                     ir_size most, struct span at)
{
    struct ir_sizes *t = low_sizes(l);
    ir_size last = size_sub(t, x->axis[k].size, size_const(t, 1)), left = size_sub(t, last, most);
    if (least != SIZE_BAD && most != SIZE_BAD && left != SIZE_BAD && size_least(t, least) >= 0 &&
        size_least(t, left) >= 0)
        return true;
    struct text said = text_new(ARENA(l));
    if (a->n)
        text_printf(&said, "runs from %s to ", amount_text(l, least));
    else
        text_put(&said, "is ");
    fail(l, E0205, at, "this index %s%s, and axis %u of %s ends at %s", said.s, amount_text(l, most), k,
         shape_text(l, x->axis, x->rank), amount_text(l, last));
    return false;
}

static bool take_affine(struct low *l, struct pieces *p, const struct value *x, unsigned k, const struct affine *a,
                        struct span at)
{
    ir_size least, most;
    if (!affine_bounds(l, a, NULL, &least, &most) || !in_range(l, a, x, k, least, most, at)) return false;
    if (a->n > 1) return take_windows(l, p, k, a, least, most, at);
    if (a->n == 0) {
        take_slice(l, p, k, least, size_const(low_sizes(l), 1), 1);
        if (!replace_axis(l, p, k, NULL, 0, at)) return false;
        p->id = ir_reshape(low_graph(l), p->id, shape_now(l, p));
        return true;
    }
    struct axis with = {&a->term[0].v->dim.dim, a->term[0].v->dim.dim.size};
    take_slice(l, p, k, a->rest, with.size, a->term[0].by);
    return replace_axis(l, p, k, &with, 1, at);
}

/* z[n, label[n]]: each row has its own index, so what is taken is selected in its row. */
void take_selected(struct low *l, struct pieces *p, unsigned at, const struct value *by, const unsigned *place)
{
    struct ir_graph *g = low_graph(l);
    const struct ir_shape *s = shape_now(l, p);
    int iota[RANK_MAX], source[RANK_MAX], order[RANK_MAX], n = 0;
    for (unsigned i = 0; i < p->n; i++) {
        iota[i] = i == at ? 0 : -1;
        source[i] = -1;
        for (int k = 0; k < by->rank; k++)
            if (place[k] == i) order[n] = k, source[i] = n++;
    }
    ir_id number = ir_iota(g, p->axis[at].size);
    if (by->type == IR_REAL) number = ir_map1(g, OP_real, number);
    ir_id wide = ir_expand(g, ir_permute(g, by->id, order), s, source);
    ir_id hit = ir_map2(g, OP_eq, wide, ir_expand(g, number, s, iota));
    p->id = ir_reduce(g, OP_sum, ir_map3(g, OP_select, hit, p->id, ir_full(g, 0, s)), 1u << at);
    memmove(&p->axis[at], &p->axis[at + 1], (--p->n - at) * sizeof *p->axis);
}

/* Along axis k of x, which stands at `at` now. */
static bool take_gather(struct low *l, struct pieces *p, const struct value *x, unsigned k, unsigned at,
                        const struct ast *e, uint8_t *width)
{
    struct turn_index turn;
    if (lower_turn_index(l, e, &x->axis[k], &turn)) {
        if (!turn.inside) return false;
        *width = 0;
        take_slice(l, p, at, turn.start, turn.turns.size, turn.step);
        p->id = ir_gather(low_graph(l), p->id, turn.by.id, at);
        return replace_axis(l, p, at, NULL, 0, e->span);
    }
    struct value by = as_value(l, lower_expr(l, e));
    unsigned place[RANK_MAX] = {0};
    if (by.kind == VALUE_POISON || !check_gather(l, e, &by, x, (int)k)) return false;
    bool there = by.rank && ir_at(low_graph(l), p->id)->type == IR_REAL;
    for (uint8_t i = 0; i < by.rank && there; i++) {
        while (place[i] < p->n && p->axis[place[i]].dim != by.axis[i].dim) place[i]++;
        there = place[i] < p->n && by.axis[i].dim && by.axis[i].dim->index;
    }
    *width = there ? 0 : by.rank;
    if (there) {
        take_selected(l, p, at, &by, place);
        return true;
    }
    p->id = ir_gather(low_graph(l), p->id, by.id, at);
    return replace_axis(l, p, at, by.axis, *width, e->span);
}

/* x[i, i]: the two axes become one, the diagonal. */
static void take_diagonal(struct low *l, struct pieces *p, unsigned first, unsigned second)
{
    struct ir_graph *g = low_graph(l);
    struct axis axis[RANK_MAX], both = p->axis[first];
    int source[RANK_MAX];
    unsigned n = 0;
    for (unsigned i = 0; i < p->n; i++)
        if (i != first && i != second) source[n] = (int)i, axis[n++] = p->axis[i];
    source[n] = (int)first;
    source[n + 1] = (int)second;
    axis[n] = axis[n + 1] = both;
    p->id = ir_permute(g, p->id, source);
    const struct ir_shape *s = shape_for(l, axis, (uint8_t)p->n);
    int row[RANK_MAX], column[RANK_MAX];
    for (unsigned i = 0; i < p->n; i++) row[i] = i == n ? 0 : -1, column[i] = i == n + 1 ? 0 : -1;
    ir_id iota = ir_iota(g, both.size),
          same = ir_map2(g, OP_eq, ir_expand(g, iota, s, row), ir_expand(g, iota, s, column));
    if (ir_at(g, p->id)->type == IR_INT) p->id = ir_map1(g, OP_real, p->id);
    p->id = ir_reduce(g, OP_sum, ir_map3(g, OP_select, same, p->id, ir_full(g, 0, s)), 1u << (n + 1));
    memcpy(p->axis, axis, (n + 1) * sizeof *axis);
    p->n = n + 1;
}

static void take_diagonals(struct low *l, struct pieces *p)
{
    for (unsigned i = 0; i < p->n; i++)
        for (unsigned k = i + 1; k < p->n; k++)
            if (p->axis[i].dim == p->axis[k].dim) {
                take_diagonal(l, p, i, k);
                i = (unsigned)-1;
                break;
            }
}

static bool mentions(struct low *l, const struct ast *e, unsigned depth)
{
    for (; e && depth < 64; e = e->n ? e->kid[0] : NULL) {
        const struct value *v = e->kind == AST_name_ref ? find_name(l, e->name) : NULL;
        if (v && is_variable(v)) return true;
        for (uint32_t i = 1; i < e->n; i++)
            if (mentions(l, e->kid[i], depth + 1)) return true;
    }
    return false;
}

bool has_subscripts(struct low *l, const struct ast *bracket)
{
    for (uint32_t i = 0; i < bracket->n; i++)
        if (mentions(l, bracket->kid[i], 0)) return true;
    return false;
}

static bool is_plain(struct low *l, const struct ast *e, struct affine *a)
{
    return is_affine(l, e, a) && a->n == 1 && a->term[0].by == 1 && a->rest == size_const(low_sizes(l), 0);
}

/* J[n, i, n, k] of a Jacobian that is 0 off that diagonal: the rest is never made. Its axis and subscript go. */
static void take_blocks(struct low *l, struct value *x, const struct ast **sub)
{
    for (int i = 0; i < x->rank; i++)
        for (int k = i + 1; k < x->rank; k++) {
            struct affine a, b;
            if (!is_plain(l, sub[i], &a) || !is_plain(l, sub[k], &b) || a.term[0].v != b.term[0].v) continue;
            if (a.term[0].v->dim.dim.size != x->axis[i].size || !diagonal_of(l, x, i, k)) continue;
            memmove(&sub[k], &sub[k + 1], (size_t)(x->rank - k) * sizeof *sub);
            k--;
        }
}

struct value lower_subscripts(struct low *l, struct value x, const struct ast *bracket, struct span at)
{
    bool whole = bracket->n == x.rank;
    for (uint32_t i = 0; i < bracket->n; i++) {
        enum ast_kind k = bracket->kid[i]->kind;
        whole = whole && k != AST_slice && k != AST_ellipsis && k != AST_new_axis && k != AST_in_item && k != AST_arg;
    }
    if (!whole)
        return fail(l, E0204, bracket->span, "in index notation every axis is indexed by a number, and this is %s",
                    shape_text(l, x.axis, x.rank));
    const struct ast *sub[RANK_MAX];
    memcpy(sub, bracket->kid, x.rank * sizeof *sub);
    take_blocks(l, &x, sub);
    struct pieces p = {.id = x.id, .n = x.rank};
    memcpy(p.axis, x.axis, x.rank * sizeof *x.axis);
    struct affine a[RANK_MAX];
    bool affine[RANK_MAX];
    uint8_t width[RANK_MAX];              /* how many axes each has become */
    for (unsigned k = x.rank; k-- > 0;) { /* from the last, so that the places of those before stay */
        affine[k] = is_affine(l, sub[k], &a[k]);
        width[k] = affine[k] ? (uint8_t)a[k].n : 1;
        if (affine[k] && !take_affine(l, &p, &x, k, &a[k], sub[k]->span)) return poison(at);
    }
    for (unsigned k = x.rank; k-- > 0;) {
        unsigned place = 0;
        for (unsigned i = 0; i < k; i++) place += width[i];
        if (!affine[k] && !take_gather(l, &p, &x, k, place, sub[k], &width[k])) return poison(at);
    }
    take_diagonals(l, &p);
    struct value v = make_tensor(l, p.id, (uint8_t)p.n, p.axis, at);
    if (v.type != IR_INT) return v;
    v.below = x.below;
    v.below_size = x.below_size;
    return v;
}
