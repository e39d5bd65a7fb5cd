#include "grammar/grammar.h"

#include "grammar/filter.h"

#include <string.h>

/* -- doc comments: for the declaration that ends before them or whose head they stand in; alone on a line or after
 * something else, for the next -- */

struct documented {
    struct ast *node;
    uint32_t outer; /* the declaration it stands in, by index + 1; 0: none */
};

struct documents {
    struct context *c;
    vec(struct documented) list; /* in order of place */
};

static bool takes_doc(const struct ast *a)
{
    switch (a->kind) {
    case AST_model:
    case AST_import:
    case AST_dim_one:
    case AST_decl:
    case AST_out:
    case AST_loss:
    case AST_test:
    case AST_assign:
    case AST_fn:
    case AST_layer:
    case AST_optimizer: return true;
    default: return false;
    }
}

static bool holds_statements(const struct ast *a)
{
    switch (a->kind) {
    case AST_out:
    case AST_decl:
    case AST_dim_one:
    case AST_loss:
    case AST_assign: return false;
    default: return a->kind < AST_return; /* the rest are expressions */
    }
}

static void collect(struct documents *d, struct ast *a, uint32_t outer)
{
    if (!a) return;
    if (takes_doc(a)) {
        struct documented one = {a, outer};
        vec_push(&d->c->arena, &d->list, one);
        outer = d->list.n;
    }
    if (holds_statements(a))
        for (uint32_t i = 0; i < a->n; i++) collect(d, a->kid[i], outer);
}

/* How many begin before `offset`. */
static uint32_t before(const struct documents *d, uint32_t offset)
{
    uint32_t lo = 0, hi = d->list.n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (d->list.at[mid].node->span.lo < offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool only_separators(const struct parser *p, uint32_t from, uint32_t to)
{
    const char *s = p->file->text + (from - p->file->base);
    return strspn(s, " \t\r\f\v\n;,") >= to - from;
}

/* The comment stands in `a` before the first statement of its body. */
static bool in_head(const struct ast *a, uint32_t comment)
{
    if (a->span.hi <= comment) return false;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct ast *body = a->kid[i];
        if (body && body->kind == AST_block) return !body->n || body->kid[0]->span.lo > comment;
    }
    return true;
}

static struct ast *documented_by(const struct parser *p, const struct documents *d, const struct comment *doc)
{
    uint32_t next = before(d, doc->at.lo);
    struct ast *found = NULL;
    for (uint32_t i = doc->alone ? 0 : next; i; i = d->list.at[i - 1].outer) {
        struct ast *a = d->list.at[i - 1].node;
        if (a->span.hi <= doc->at.lo && only_separators(p, a->span.hi, doc->at.lo)) found = a;
    }
    if (found) return found;
    if (!doc->alone && next && in_head(d->list.at[next - 1].node, doc->at.lo)) return d->list.at[next - 1].node;
    return next < d->list.n ? d->list.at[next].node : NULL;
}

static void attach_docs(struct parser *p)
{
    struct documents d = {.c = p->c};
    struct text lines = {0};
    struct ast *last = NULL;
    collect(&d, p->tree, 0);
    for (uint32_t i = 0; i < p->comments.n; i++) {
        struct span at = p->comments.at[i].at;
        const char *s = p->file->text + (at.lo - p->file->base);
        if (s[1] != '#' || s[2] == '#') continue;
        struct ast *a = documented_by(p, &d, &p->comments.at[i]);
        if (!a) continue;
        if (a != last) {
            lines = text_new(&p->c->arena);
            if (a->doc) text_put(&lines, a->doc);
        }
        if (lines.n) text_char(&lines, '\n');
        uint32_t skip = s[2] == ' ' ? 3 : 2;
        if (at.hi - at.lo > skip) text_putn(&lines, s + skip, at.hi - at.lo - skip);
        a->doc = lines.s;
        last = a;
    }
}

struct ast *parse_recovered(struct context *c, const struct source *file)
{
    if (file->size > FILE_MOST) {
        diag_error(&c->diags, E0601, (struct span){file->base, file->base}, "a file of %u bytes; 16 MiB are the most",
                   file->size);
        return NULL;
    }
    struct parser p;
    parser_init(&p, c, file);
    int rc = nngen_yyparse(&p);
    if (rc != 0 || p.nested || p.over) return NULL; /* the tree may be deeper than anyone may walk */
    attach_docs(&p);
    return p.tree;
}

struct ast *parse_source(struct context *c, const struct source *file)
{
    uint32_t before = c->diags.errors;
    struct ast *tree = parse_recovered(c, file);
    return c->diags.errors == before ? tree : NULL;
}
