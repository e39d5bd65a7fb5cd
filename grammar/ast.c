#include "grammar/ast.h"

const char *const ast_word[AST_KINDS] = {
#define AST(kind, word) word,
#include "grammar/ast.def"
#undef AST
};

struct ast *ast_new(struct context *c, enum ast_kind kind, struct span at)
{
    struct ast *a = arena_new(&c->arena, struct ast);
    a->kind = kind;
    a->span = at;
    return a;
}

/* The capacity of `kid` is n rounded up to a power of two, and 2 at least. */
struct ast *ast_add(struct context *c, struct ast *to, struct ast *kid)
{
    if (to->n != 1 && (to->n & (to->n - 1)) == 0) {
        struct ast **more = arena_many(&c->arena, struct ast *, to->n ? (size_t)to->n * 2 : 2);
        for (uint32_t i = 0; i < to->n; i++) more[i] = to->kid[i];
        to->kid = more;
    }
    to->kid[to->n++] = kid;
    if (!kid) return to;
    to->span = span_join(to->span, kid->span);
    if (to->depth < kid->depth) to->depth = kid->depth;
    return to;
}

/* -- the dump --
 * A node is a line: its word, name, operator or number; its kids follow, two columns in; `none` is an absent one. Chains that
 * grow to the left, such as a + b + c or f[K](x).T, are as long as the user likes: the line `chain`, then the first operand
 * and, in order, each thing done to it, all at one level. */

static const char *op_text(int op)
{
    static const char *const words[] = {"**", "<=", ">=", "==", "!=", "and", "or"};
    static const char single[] = "+\0-\0*\0/\0@\0<\0>\0=";
    if (op >= AST_POW) return words[op - AST_POW];
    if (op == '!') return "not";
    for (size_t i = 0; i < sizeof single; i += 2)
        if (single[i] == op) return single + i;
    return "";
}

static void indent(struct text *out, uint32_t level)
{
    while (level--) text_put(out, "  ");
}

static void put_string(struct text *out, const char *s)
{
    text_char(out, '"');
    for (; *s; s++) {
        const char *e = *s == '"' ? "\\\"" : *s == '\\' ? "\\\\" : *s == '\n' ? "\\n" : *s == '\t' ? "\\t" : NULL;
        if (e)
            text_put(out, e);
        else
            text_char(out, *s);
    }
    text_char(out, '"');
}

static void put_doc(struct text *out, const char *doc, uint32_t level)
{
    while (*doc) {
        size_t n = 0;
        while (doc[n] && doc[n] != '\n') n++;
        indent(out, level);
        text_put(out, "## ");
        text_putn(out, doc, n);
        text_char(out, '\n');
        doc += n + (doc[n] == '\n');
    }
}

static bool grows_left(const struct ast *a)
{
    switch (a->kind) {
    case AST_binary:
    case AST_pipe:
    case AST_index:
    case AST_call:
    case AST_field: return true;
    default: return false;
    }
}

static void dump(const struct ast *a, uint32_t level, struct text *out);

static void dump_head(const struct ast *a, uint32_t level, struct text *out)
{
    indent(out, level);
    if (a->kind == AST_binary)
        text_put(out, op_text(a->op));
    else
        text_put(out, ast_word[a->kind]);
    if (a->kind == AST_string || a->kind == AST_test || a->kind == AST_import) {
        text_char(out, ' ');
        put_string(out, a->name);
    } else if (a->name)
        text_printf(out, " %s", a->name);
    if (a->kind == AST_number) {
        text_char(out, ' ');
        if (a->op == 'i')
            text_number(out, a->number, false);
        else
            text_real(out, a->number, false);
    } else if (a->op && a->kind != AST_binary)
        text_printf(out, " %s", a->kind == AST_dim_one && a->op == '<' ? "<=" : op_text(a->op));
    text_char(out, '\n');
}

static void dump_kids(const struct ast *a, uint32_t from, uint32_t level, struct text *out)
{
    for (uint32_t i = from; i < a->n; i++) dump(a->kid[i], level, out);
}

static void dump_chain(const struct ast *last, uint32_t level, struct text *out)
{
    uint32_t n = 0;
    const struct ast *a = last;
    for (; grows_left(a); a = a->kid[0]) n++;
    const struct ast **step = arena_many(out->arena, const struct ast *, n);
    a = last;
    for (uint32_t i = n; i-- > 0; a = a->kid[0]) step[i] = a;
    indent(out, level);
    text_put(out, "chain\n");
    dump(a, level + 1, out);
    for (uint32_t i = 0; i < n; i++) {
        dump_head(step[i], level + 1, out);
        dump_kids(step[i], 1, level + 2, out);
    }
}

static void dump(const struct ast *a, uint32_t level, struct text *out)
{
    if (!a) {
        indent(out, level);
        text_put(out, "none\n");
        return;
    }
    if (a->doc) put_doc(out, a->doc, level);
    if (grows_left(a)) {
        dump_chain(a, level, out);
        return;
    }
    dump_head(a, level, out);
    dump_kids(a, 0, level + 1, out);
}

void ast_dump(const struct ast *tree, struct text *out)
{
    dump(tree, 0, out);
}
