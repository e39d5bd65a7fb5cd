/* Expressions to values. Chains lean to the left and may be as long as the file: they are walked in a loop, and only
 * what the grammar limits to 256 levels is recursed into. */
#include "codegen/lower/inside.h"

#include <string.h>

static struct value lower_name(struct low *l, const struct ast *e)
{
    const struct value *found = find_name(l, e->name);
    if (!found) {
        report_unknown(l, e->name, e->span, false);
        return poison(e->span);
    }
    struct value v = *found;
    if (!in_prelude(l, e->span) || !v.at.hi) v.at = e->span; /* in the prelude it stays where the user wrote it */
    return v;
}

static struct value report_field(struct low *l, const struct ast *e)
{
    const struct value *f = find_name(l, e->name);
    const char *cure = foreign_name(e->name);
    fail(l, E0301, e->name_span, "there is nothing called .%s here: .T transposes, and layers have parameters", e->name);
    if (f && f->kind == VALUE_FUNCTION)
        fail_help(l, arena_printf(&low_context(l)->arena, "functions take values in ( ): %s(x)", e->name));
    else if (cure)
        fail_help(l, cure);
    return poison(e->span);
}

static struct value lower_field(struct low *l, const struct ast *e, struct value v)
{
    if (v.kind == VALUE_POISON) return v;
    if (strcmp(e->name, "T") != 0)
        return report_field(l, e);
    return transposed(l, as_value(l, v), e->span);
}

/* A function's name with sizes, `zeros[N, H]`, is a call; so is nothing else that is indexed. */
static bool is_function_name(struct low *l, const struct ast *e)
{
    const struct value *v = e->kind == AST_name_ref ? find_name(l, e->name) : NULL;
    return v && (v->kind == VALUE_FUNCTION || v->kind == VALUE_INSTANCE);
}

static bool leans_left(struct low *l, const struct ast *e)
{
    switch (e->kind) {
    case AST_binary:
        return true;
    case AST_index:
        return !is_function_name(l, e->kid[0]);
    case AST_field:
        return !find_path(l, e) && !path_lost(l, e);
    default:
        return false;
    }
}

static struct value lower_leaf(struct low *l, const struct ast *e)
{
    switch (e->kind) {
    case AST_number:
        return make_number(l, e->number, e->span);
    case AST_name_ref:
        return lower_name(l, e);
    case AST_literal:
        return lower_literal(l, e);
    case AST_unary:
        return lower_unary(l, e);
    case AST_call:
    case AST_index:
        return brings_variables(l, e) ? lower_reducer(l, e)
               : is_notation(l, e)    ? lower_number_of(l, e)
                                      : lower_call(l, e);
    case AST_pipe:
    case AST_as:
        return lower_pipe(l, e);
    case AST_deriv:
        return lower_deriv(l, e);
    case AST_string:
    case AST_arrow: /* only rearrange looks at one, and it looks at the tree */
        return (struct value){.kind = VALUE_STRING, .at = e->span, .string = e->name};
    case AST_field: {
        const struct value *found = find_path(l, e);
        struct value v = found ? *found : poison(e->span);
        v.at = e->span;
        return v;
    }
    case AST_error:
        return poison(e->span);
    default:
        return fail(l, E0303, e->span, "this is not a value");
    }
}

struct value lower_expr(struct low *l, const struct ast *e)
{
    const struct ast *few[8], **spine = few, *leaf = e;
    uint32_t n = 0, k = 0;
    for (; leans_left(l, leaf); leaf = leaf->kid[0]) n++;
    if (n > sizeof few / sizeof *few) spine = arena_many(&low_context(l)->arena, const struct ast *, n);
    for (; e != leaf; e = e->kid[0]) spine[k++] = e;
    struct value v = lower_leaf(l, leaf);
    while (n) {
        e = spine[--n];
        if (e->kind == AST_binary)
            v = lower_binary(l, e, v, lower_expr(l, e->kid[1]));
        else if (e->kind == AST_index)
            v = lower_index(l, as_value(l, v), e->kid[1], e->span);
        else
            v = lower_field(l, e, v);
    }
    return v;
}
