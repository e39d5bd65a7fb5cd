#include "grammar/grammar.h"

#include "grammar/filter.h"

/* -- doc comments: for the declaration that ends before them on their line, else the one that begins there; alone on a
 * line, for the next -- */

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

static struct ast *on_line(const struct documents *d, uint32_t line, uint32_t comment)
{
    struct ast *found = NULL;
    uint32_t last = before(d, comment);
    for (uint32_t i = last; i; i = d->list.at[i - 1].outer) {
        struct ast *a = d->list.at[i - 1].node;
        if (a->span.hi > line && a->span.hi <= comment) found = a;
    }
    if (!found && last && d->list.at[last - 1].node->span.lo >= line) found = d->list.at[last - 1].node;
    return found;
}

static struct ast *documented_by(const struct parser *p, const struct documents *d, const struct comment *doc)
{
    if (doc->alone) {
        uint32_t next = before(d, doc->at.hi);
        return next < d->list.n ? d->list.at[next].node : NULL;
    }
    const char *text = p->file->text, *line = text + (doc->at.lo - p->file->base);
    while (line > text && line[-1] != '\n') line--;
    return on_line(d, p->file->base + (uint32_t)(line - text), doc->at.lo);
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

struct ast *parse_source(struct context *c, const struct source *file)
{
    uint32_t before = c->diags.errors;
    if (file->size > FILE_MOST) {
        diag_error(&c->diags, E0601, (struct span){file->base, file->base}, "a file of %u bytes; 16 MiB are the most",
                   file->size);
        return NULL;
    }
    struct parser p;
    parser_init(&p, c, file);
    int rc = nngen_yyparse(&p);
    if (rc != 0 || c->diags.errors != before) return NULL;
    attach_docs(&p);
    return p.tree;
}
