#include "grammar/tree.h"

struct ast *tree_node(struct parser *p, enum ast_kind kind, struct span at, struct ast **kids, size_t n)
{
    struct ast *a = ast_new(p->c, kind, at);
    for (size_t i = 0; i < n; i++) ast_add(p->c, a, kids[i]);
    a->span = at;
    return a;
}

struct ast *tree_named(struct parser *p, enum ast_kind kind, struct span at, const char *name, struct span name_span,
                       struct ast **kids, size_t n)
{
    struct ast *a = tree_node(p, kind, at, kids, n);
    a->name = name;
    a->name_span = name_span;
    return a;
}

struct ast *tree_as(struct ast *a, enum ast_kind kind, struct span at)
{
    a->kind = kind;
    a->span = at;
    return a;
}

struct ast *tree_op(struct ast *a, int op)
{
    a->op = op;
    return a;
}

struct ast *tree_deeper(struct parser *p, struct ast *a)
{
    if (++a->depth > NESTING_MOST) {
        report_nesting(p, a->span);
        a->depth = 0;
    }
    return a;
}

struct ast *tree_unary(struct parser *p, int op, struct span at, struct ast *a)
{
    return tree_deeper(p, tree_op(tree_node(p, AST_unary, at, &a, 1), op));
}

struct ast *tree_binary(struct parser *p, int op, struct span at, struct ast *left, struct ast *right)
{
    return tree_op(tree_node(p, AST_binary, at, (struct ast *[]){left, right}, 2), op);
}

struct ast *tree_block(struct parser *p, struct ast *statements, struct span at)
{
    return tree_deeper(p, tree_as(statements, AST_block, at));
}

struct ast *tree_equals_block(struct parser *p, struct span equals, struct ast *block)
{
    diag_error(&p->c->diags, E0103, equals, "a body in { } takes no `=`");
    diag_help(&p->c->diags, "`fn f(x) = value` or `fn f(x) { return value }`");
    return block;
}

/* A chain f(a)(b)(c) nests in its arguments only. */
struct ast *tree_call(struct parser *p, struct span at, struct ast *callee, struct ast *arguments)
{
    tree_deeper(p, arguments);
    struct ast *a = tree_node(p, AST_call, at, &callee, 1);
    for (uint32_t i = 0; i < arguments->n; i++) ast_add(p->c, a, arguments->kid[i]);
    if (a->depth < arguments->depth) a->depth = arguments->depth;
    a->span = at;
    return a;
}

struct ast *tree_deriv(struct parser *p, struct span at, struct ast *y, struct ast *x)
{
    const struct ast *path = x;
    while (path->kind == AST_field) path = path->kid[0];
    if (path->kind != AST_name_ref) {
        diag_error(&p->c->diags, E0100, x->span, "d(y)/d(x) differentiates by a name");
        diag_help(&p->c->diags, "bind the value first: `x = ...`, and compute y from x");
    }
    return tree_deeper(p, tree_node(p, AST_deriv, at, (struct ast *[]){y, x}, 2));
}

struct ast *tree_adjoint(struct parser *p, struct span at, struct ast *names, struct ast *values)
{
    struct ast *a = tree_node(p, AST_adjoint, at, &names, 1);
    for (uint32_t i = 0; i < values->n; i++) ast_add(p->c, a, values->kid[i]);
    a->span = at;
    return a;
}

struct ast *tree_target(struct parser *p, struct ast *call)
{
    bool indexed = call->kind == AST_index;
    const struct ast *base = indexed ? call->kid[0] : call;
    struct ast *bracket = indexed ? call->kid[1] : NULL;
    if (base->kind == AST_name_ref)
        return tree_named(p, AST_target, call->span, base->name, base->name_span, &bracket, 1);
    return call; /* refused once its `=` is seen: `f(x)` alone is another mistake */
}

static void refuse_target(struct parser *p, const struct ast *t)
{
    diag_error(&p->c->diags, E0100, t->span, "only a name, or a name with [ ], can be bound");
    const struct ast *base = t;
    while (base->kind == AST_index || base->kind == AST_call) base = base->kid[0];
    if (t->kind == AST_call && base->kind == AST_name_ref)
        diag_help(&p->c->diags, "a function is declared with fn: `fn %s(...) = ...`", base->name);
}

struct ast *tree_assign(struct parser *p, struct span at, struct ast *value, struct ast *targets)
{
    struct ast *a = tree_node(p, AST_assign, at, &value, 1);
    for (uint32_t i = 0; i < targets->n; i++) {
        if (targets->kid[i]->kind != AST_target) refuse_target(p, targets->kid[i]);
        ast_add(p->c, a, targets->kid[i]);
    }
    a->span = at;
    return a;
}
