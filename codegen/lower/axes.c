/* What stands in brackets: sizes (whole polynomials over dims), shapes, and the axes a function works along. */
#include "codegen/lower/inside.h"

#include <math.h>
#include <string.h>

/* ---- amounts: numbers, dims, and what + - * / make of them ---- */

static bool whole(double v)
{
    return v == floor(v) && fabs(v) < 9007199254740992.0;
}

static struct amount amount_number(struct low *l, double v)
{
    struct amount a = {.what = AMOUNT_NUMBER, .number = v, .size = SIZE_BAD};
    if (whole(v)) {
        a.what = AMOUNT_WHOLE;
        a.size = size_const(low_sizes(l), (int64_t)v);
    }
    return a;
}

static struct amount amount_size(struct low *l, ir_size s)
{
    int64_t n;
    if (size_known(low_sizes(l), s, &n)) return amount_number(l, (double)n);
    return (struct amount){.what = AMOUNT_WHOLE, .size = s, .number = NAN};
}

struct amount amount_of(struct low *l, const struct value *v)
{
    if (v->kind == VALUE_DIM && v->dim) return amount_size(l, v->dim->size);
    if (v->kind == VALUE_TENSOR && v->known) return amount_number(l, v->number);
    return (struct amount){.what = AMOUNT_NONE};
}

static struct amount amount_leaf(struct low *l, const struct ast *e)
{
    if (e->kind == AST_number) return amount_number(l, e->number);
    if (e->kind == AST_unary && (e->op == '-' || e->op == '+')) {
        struct amount a = lower_amount(l, e->kid[0]);
        if (e->op == '+' || (a.what != AMOUNT_NUMBER && a.what != AMOUNT_WHOLE)) return a;
        return a.what == AMOUNT_NUMBER ? amount_number(l, -a.number)
                                       : amount_size(l, size_sub(low_sizes(l), size_const(low_sizes(l), 0), a.size));
    }
    const struct value *v = e->kind == AST_name_ref ? find_name(l, e->name) : NULL;
    return v ? amount_of(l, v) : (struct amount){.what = AMOUNT_NONE};
}

static struct amount amount_both(struct low *l, int op, struct amount a, struct amount b)
{
    struct amount none = {.what = AMOUNT_NONE};
    if (a.what == AMOUNT_NONE || b.what == AMOUNT_NONE) return none;
    bool known = !isnan(a.number) && !isnan(b.number);
    struct ir_sizes *t = low_sizes(l);
    if (a.what == AMOUNT_WHOLE && b.what == AMOUNT_WHOLE) {
        ir_size s = op == '+'   ? size_add(t, a.size, b.size)
                    : op == '-' ? size_sub(t, a.size, b.size)
                    : op == '*' ? size_mul(t, a.size, b.size)
                    : op == '/' ? size_div(t, a.size, b.size)
                                : SIZE_BAD;
        if (s != SIZE_BAD) return amount_size(l, s);
    }
    if (!known) return none;
    double v = op == '+' ? a.number + b.number : op == '-' ? a.number - b.number : op == '*' ? a.number * b.number : 0;
    if (op == '/') v = a.number / b.number;
    if (op == AST_POW) v = pow(a.number, b.number);
    return amount_number(l, v);
}

static bool counts(int op)
{
    return op == '+' || op == '-' || op == '*' || op == '/' || op == AST_POW;
}

struct amount lower_amount(struct low *l, const struct ast *e)
{
    vec(const struct ast *) spine = {0};
    for (; e->kind == AST_binary && counts(e->op); e = e->kid[0]) vec_push(&low_context(l)->arena, &spine, e);
    struct amount a = amount_leaf(l, e);
    while (spine.n && a.what != AMOUNT_NONE) {
        const struct ast *b = spine.at[--spine.n];
        a = amount_both(l, b->op, a, lower_amount(l, b->kid[1]));
    }
    return a;
}

/* ---- sizes and shapes ---- */

bool size_is_positive(struct low *l, ir_size s)
{
    return s != SIZE_BAD && size_least(low_sizes(l), s) >= 1;
}

bool lower_size(struct low *l, const struct ast *e, struct axis *axis)
{
    const struct value *v = e->kind == AST_name_ref ? find_name(l, e->name) : NULL;
    if (v && v->kind == VALUE_DIM && v->dim) {
        *axis = (struct axis){v->dim, v->dim->size};
        return true;
    }
    struct amount a = lower_amount(l, e);
    if (a.what == AMOUNT_NONE) {
        double number;
        struct value w = lower_expr(l, e);
        if (w.kind == VALUE_TENSOR && w.rank == 0 && !w.known && e->kind == AST_binary) {
            fail(l, E0206, e->span, "this size is not a whole number for every value of its dims");
            return false;
        }
        if (!known_number(l, w, &number)) return false;
        a = amount_number(l, number);
    }
    *axis = (struct axis){NULL, a.size};
    if (a.what == AMOUNT_WHOLE && size_is_positive(l, a.size)) return true;
    struct text t = text_new(&low_context(l)->arena);
    if (isnan(a.number))
        text_put(&t, amount_text(l, a.size));
    else
        text_number(&t, a.number, false);
    fail(l, E0206, e->span, "a size is a whole number of at least 1, and this is %s", t.s);
    if (e->kind == AST_binary && e->op == '/' && a.number > 1 && !in_prelude(l, e->span))
        fail_help(l, arena_printf(&low_context(l)->arena, "floor(...) and ceil(...) round it"));
    return false;
}

bool lower_shape(struct low *l, const struct ast *bracket, struct axis *axis, uint8_t *rank)
{
    const struct axis *rest;
    uint8_t n_rest;
    *rank = 0;
    for (uint32_t i = 0; bracket && i < bracket->n; i++) {
        const struct ast *item = bracket->kid[i];
        if (item->kind == AST_ellipsis && find_rest(l, &rest, &n_rest) && *rank + n_rest <= RANK_MAX) {
            for (uint8_t k = 0; k < n_rest; k++) axis[(*rank)++] = rest[k];
            continue;
        }
        if (item->kind == AST_ellipsis || item->kind == AST_new_axis || item->kind == AST_slice ||
            item->kind == AST_in_item || item->kind == AST_arg) {
            fail(l, E0304, item->span, "a size is needed here");
            return false;
        }
        if (*rank == RANK_MAX) {
            fail(l, E0601, bracket->span, "a tensor has at most 8 axes");
            return false;
        }
        if (!lower_size(l, item, &axis[*rank])) return false;
        ++*rank;
    }
    return shape_fits(l, axis, *rank, bracket ? bracket->span : (struct span){0, 0});
}

/* ---- axes ---- */

typedef vec(struct axis_ref) refs;

static void push_rest(struct low *l, refs *r, struct span at)
{
    const struct axis *axis;
    uint8_t rank;
    bool named = find_rest(l, &axis, &rank);
    for (uint8_t i = 0; named && i < rank; i++) named = axis[i].dim != NULL;
    if (!named)
        vec_push(&low_context(l)->arena, r, ((struct axis_ref){.rest = true, .at = at}));
    else
        for (uint8_t i = 0; i < rank; i++)
            vec_push(&low_context(l)->arena, r, ((struct axis_ref){.dim = axis[i].dim, .at = at}));
}

static bool push_axis(struct low *l, const struct ast *item, refs *r)
{
    struct arena *arena = &low_context(l)->arena;
    if (item->kind == AST_arg) item = item->kid[0];
    if (item->kind == AST_ellipsis) {
        push_rest(l, r, item->span);
        return true;
    }
    bool named = item->kind == AST_name_ref || item->kind == AST_in_item;
    const struct value *v = named ? find_name(l, item->name) : NULL;
    if (v && v->kind == VALUE_TENSOR && v->rank == 1 && v->axis[0].dim && v->axis[0].dim->index) {
        vec_push(arena, r, ((struct axis_ref){.dim = v->axis[0].dim, .at = item->span})); /* an index variable */
        return true;
    }
    if (v && v->kind == VALUE_AXIS) {
        for (uint32_t i = 0; i < v->n_axes; i++) {
            vec_push(arena, r, v->axes[i]);
        }
        return true;
    }
    if (v && v->kind == VALUE_DIM && v->dim) {
        vec_push(arena, r, ((struct axis_ref){.dim = v->dim, .at = item->span}));
        return true;
    }
    if (named && !v) {
        report_unknown(l, item->name, item->span, false);
        return false;
    }
    struct amount a = lower_amount(l, item);
    if (a.what != AMOUNT_WHOLE || isnan(a.number)) {
        fail(l, E0202, item->span, "an axis is a dim's name or a position such as -1");
        return false;
    }
    vec_push(arena, r, ((struct axis_ref){.position = (int64_t)a.number, .at = item->span}));
    return true;
}

bool lower_axes(struct low *l, const struct ast *bracket, const struct axis_ref **out, uint32_t *n)
{
    refs r = {0};
    bool ok = true;
    if (bracket && bracket->kind != AST_bracket)
        ok = push_axis(l, bracket, &r);
    else
        for (uint32_t i = 0; bracket && ok && i < bracket->n; i++) ok = push_axis(l, bracket->kid[i], &r);
    *out = r.at;
    *n = r.n;
    return ok;
}

int find_axis(struct low *l, const struct value *v, struct axis_ref r)
{
    const char *shape = shape_text(l, v->axis, v->rank);
    if (!r.dim) {
        int64_t at = r.position < 0 ? r.position + v->rank : r.position;
        if (at >= 0 && at < v->rank && !is_indexed(v)) return (int)at; /* one number of a notation has no axes */
        fail(l, E0202, r.at, "there is no axis %lld in %s", (long long)r.position, shape);
        return -1;
    }
    int found = -1, n = 0;
    for (uint8_t i = 0; i < v->rank; i++) {
        if (v->axis[i].dim != r.dim) continue;
        found = i;
        n++;
    }
    if (n == 1) return found;
    if (n == 0) {
        fail(l, E0202, r.at, "there is no axis %s in %s", r.dim->name, shape);
        fail_note(l, v->at, "this is %s", shape);
    } else {
        fail(l, E0202, r.at, "%s stands in %s more than once: name the axis by its position", r.dim->name, shape);
        fail_note(l, v->at, "this is %s", shape);
    }
    return -1;
}

bool find_axes(struct low *l, const struct value *v, const struct axis_ref *r, uint32_t n, unsigned *mask)
{
    bool rest = false;
    *mask = 0;
    unsigned all = 0; /* but for the variables of an index notation: a number for each setting has no axes */
    for (uint8_t i = 0; i < v->rank; i++)
        if (!v->axis[i].dim || !v->axis[i].dim->index) all |= 1u << i;
    if (n == 0) *mask = all;
    for (uint32_t i = 0; i < n; i++) {
        rest |= r[i].rest;
        if (r[i].rest) continue;
        int at = find_axis(l, v, r[i]);
        if (at < 0) return false;
        if (*mask & 1u << at) {
            fail(l, E0202, r[i].at, "this axis is named twice");
            return false;
        }
        *mask |= 1u << at;
    }
    if (rest) *mask |= all; /* `..`: all the others too */
    return true;
}
