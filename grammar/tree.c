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

/* -- statements that were reported: their END has just been delivered, and the filter still knows how they began -- */

static const struct open *statement_read(const struct parser *p)
{
    return &p->open.at[p->open.n - 1];
}

struct ast *tree_error(struct parser *p, const struct ast *blocks)
{
    const struct open *o = statement_read(p);
    struct ast *a = ast_new(p->c, AST_error, (struct span){o->first_at.lo, p->last.at.hi});
    bool declares = (token_roles(o->first) & (DECLARES | STARTS)) != 0, word = o->heads.n > 1 && o->heads.at[1].place == 1;
    a->op = o->first == TOK_RETURN ? 'r' : 0;
    for (uint32_t i = word; i < o->heads.n; i++) { /* `dim N`, `let y`: the first is a word */
        struct ast *name = tree_named(p, AST_name_ref, o->heads.at[i].at, o->heads.at[i].name, o->heads.at[i].at, NULL, 0);
        if (!o->bound && !declares) name->op = '?';
        ast_add(p->c, a, name);
    }
    bool own_names = o->first == TOK_FN || o->first == TOK_LAYER || o->first == TOK_OPTIMIZER || o->first == TOK_TEST;
    for (uint32_t i = 0; blocks && !own_names && i < blocks->n; i++) ast_add(p->c, a, blocks->kid[i]);
    return a;
}

static bool in_block(const struct parser *p, const struct ast *a, uint32_t place)
{
    while (a) {
        const struct ast *other = NULL;
        for (uint32_t i = 0; i < a->n; i++) {
            const struct ast *k = a->kid[i];
            if (k && k->kind == AST_block && p->file->text[k->span.lo - p->file->base] == '{' && place > k->span.lo &&
                place < k->span.hi)
                return true;
            if (k && k->kind == AST_if) other = k;
        }
        a = other;
    }
    return false;
}

struct ast *tree_sound(struct parser *p, struct ast *statement)
{
    const struct diags *d = &p->c->diags;
    uint32_t lo = statement_read(p)->first_at.lo, hi = p->last.at.hi;
    for (uint32_t i = 0; i < d->list.n; i++) {
        uint32_t at = d->list.at[i].at.lo;
        if (at < lo || at > hi || in_block(p, statement, at)) continue;
        struct ast *blocks = ast_new(p->c, AST_error, statement->span);
        for (const struct ast *a = statement; a; a = a->kind == AST_if && a->kid[2] && a->kid[2]->kind == AST_if ? a->kid[2] : NULL)
            for (uint32_t k = 0; k < a->n; k++)
                if (a->kid[k] && a->kid[k]->kind == AST_block) ast_add(p->c, blocks, a->kid[k]);
        return tree_error(p, blocks);
    }
    return statement;
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

/* `fc1.W = ...`, which tests say of a layer's parameter. */
static bool is_path(const struct ast *t)
{
    if (t->kind != AST_field) return false;
    while (t->kind == AST_field) t = t->kid[0];
    return t->kind == AST_name_ref;
}

struct ast *tree_assign(struct parser *p, struct span at, struct ast *value, struct ast *targets)
{
    struct ast *a = tree_node(p, AST_assign, at, &value, 1);
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct ast *t = targets->kid[i];
        if (t->kind != AST_target && !(targets->n == 1 && is_path(t))) refuse_target(p, t);
        ast_add(p->c, a, targets->kid[i]);
    }
    a->span = at;
    return a;
}
