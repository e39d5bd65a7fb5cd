/* Derivatives as expressions: they are graph like anything else, so derivatives of derivatives just work. */
#include "codegen/lower/builtin.h"
#include "codegen/lower/jacobian.h"

#include <string.h>

/* What a derivative of y divides by: a name or a parameter's path, floats, and a node of its own. */
static bool lower_variable(struct low *l, const struct value *y, const struct ast *e, struct value *x)
{
    if (e && e->kind == AST_arg) e = e->kid[0];
    if (!e || (e->kind != AST_name_ref && e->kind != AST_field)) {
        fail(l, E0501, e ? e->span : (struct span){0, 0},
             "a derivative is by a name that is bound, or a parameter's path such as fc1.W");
        if (e) fail_help(l, "bind it first: t = ..., then use t, and write d(y)/d(t)");
        return false;
    }
    *x = lower_expr(l, e);
    if (x->kind == VALUE_POISON) return false;
    if (x->kind != VALUE_TENSOR) {
        fail(l, E0501, e->span, "this is not a value that anything can be differentiated by");
        return false;
    }
    if (x->type == IR_REAL) return y->kind != VALUE_TENSOR || stays_in_turn(l, y, x, e->span);
    fail(l, E0501, e->span, "a tensor of integers has no derivatives: nothing lies between two integers");
    return false;
}

/* The gradient of y weighted by seed (0: y is a scalar), of x's shape. */
static struct value pull_back(struct low *l, const struct value *y, ir_id seed, const struct value *x, struct span at)
{
    ir_id dx;
    if (!grad_reverse(low_graph(l), &low_context(l)->diags, y->id, seed, &x->id, 1, &dx)) return poison(at);
    return make_tensor(l, dx, x->rank, x->axis, at);
}

/* The gradient where y is a scalar. */
static struct value derivative(struct low *l, const struct value *y, const struct value *x, struct span at)
{
    return y->rank ? jacobian_of(l, y, x, at) : pull_back(l, y, 0, x, at);
}

struct value lower_deriv(struct low *l, const struct ast *e)
{
    struct value y = lower_number(l, e->kid[0]), x;
    if (!lower_variable(l, &y, e->kid[1], &x) || y.kind == VALUE_POISON) return poison(e->span);
    return derivative(l, &y, &x, e->span);
}

/* ---- the same as functions ---- */

/* y, x and what else is named; x as the name it is. */
static bool take_pair(struct low *l, const struct call *c, const char *names, struct value *v)
{
    if (!take_args(l, c, names, v)) return false;
    const struct ast *name = c->n > 1 ? c->arg[1].tree : NULL;
    for (uint32_t i = 0; i < c->n; i++)
        if (c->arg[i].name && strcmp(c->arg[i].name, "x") == 0) name = c->arg[i].tree;
    v[0] = as_real(l, v[0]);
    return v[0].kind != VALUE_POISON && lower_variable(l, &v[0], name, &v[1]);
}

static bool needs_scalar(struct low *l, const struct call *c, const struct value *y)
{
    if (!y->rank) return true;
    fail(l, E0501, y->at, "%s needs a scalar, and this is %s", c->name, shape_text(l, y->axis, y->rank));
    fail_help(l, "sum it, or ask for jacobian(y, x)");
    return false;
}

struct value lower_grad(struct low *l, const struct call *c)
{
    struct value v[2];
    if (!no_bracket(l, c) || !take_pair(l, c, "y x", v) || !needs_scalar(l, c, &v[0])) return poison(c->at);
    return pull_back(l, &v[0], 0, &v[1], c->at);
}

/* dy/dx where each row along the axes that c's bracket names is for itself: [y, the rest of x]. */
static struct value row_by_row(struct low *l, const struct call *c, const struct value *y, const struct value *x)
{
    const struct axis_ref *refs;
    uint32_t n;
    unsigned mask = 0;
    if (!lower_axes(l, c->bracket, &refs, &n) || (n && !find_axes(l, y, refs, n, &mask))) return poison(c->at);
    struct value j = derivative(l, y, x, c->at);
    for (int i = y->rank; i-- > 0 && j.kind != VALUE_POISON;) {
        if (!(mask >> i & 1)) continue;
        int k = j.rank;
        while (--k >= y->rank && !diagonal_of(l, &j, i, k)) continue;
        if (k < y->rank)
            return fail(l, E0501, c->at, "the rows of %s along axis %d do not each depend on a row of their own of %s alone",
                        shape_text(l, y->axis, y->rank), i, shape_text(l, x->axis, x->rank));
    }
    return j;
}

struct value lower_jacobian(struct low *l, const struct call *c)
{
    struct value v[2];
    if (!take_pair(l, c, "y x", v)) return poison(c->at);
    return row_by_row(l, c, &v[0], &v[1]);
}

struct value lower_hessian(struct low *l, const struct call *c)
{
    struct value v[2];
    if (!no_bracket(l, c) || !take_pair(l, c, "y x", v) || !needs_scalar(l, c, &v[0])) return poison(c->at);
    struct value dx = pull_back(l, &v[0], 0, &v[1], c->at);
    return dx.kind == VALUE_POISON ? dx : derivative(l, &dx, &v[1], c->at);
}

/* v of exactly the shape of `like`; a number stands for a tensor of it, and index variables stand in any order. */
static struct value weights(struct low *l, struct value v, const struct value *like, struct span at)
{
    v = as_real(l, v);
    if (v.kind != VALUE_POISON && v.rank && all_indexed(&v) && all_indexed(like)) return index_to(l, v, like->axis, like->rank, at);
    bool same = v.rank == like->rank || v.rank == 0;
    for (uint8_t i = 0; same && i < v.rank; i++) same = axis_equal(l, v.axis[i], like->axis[i]);
    if (v.kind == VALUE_POISON || same) return expand_to(l, v, like->axis, like->rank, at);
    return fail(l, E0201, at, "this needs the shape %s, and it is %s", shape_text(l, like->axis, like->rank),
                shape_text(l, v.axis, v.rank));
}

struct value lower_vjp(struct low *l, const struct call *c)
{
    struct value v[3];
    if (!no_bracket(l, c) || !take_pair(l, c, "y x ybar", v)) return poison(c->at);
    struct value seed = weights(l, v[2], &v[0], v[2].at);
    return seed.kind == VALUE_POISON ? seed : pull_back(l, &v[0], seed.id, &v[1], c->at);
}

struct value lower_jvp(struct low *l, const struct call *c)
{
    struct value v[3];
    if (!no_bracket(l, c) || !take_pair(l, c, "y x xdot", v)) return poison(c->at);
    struct value dot = weights(l, v[2], &v[1], v[2].at);
    if (dot.kind == VALUE_POISON) return dot;
    ir_id dy = grad_forward(low_graph(l), &low_context(l)->diags, v[0].id, &v[1].id, &dot.id, 1);
    return dy ? make_tensor(l, dy, v[0].rank, v[0].axis, c->at) : poison(c->at);
}
