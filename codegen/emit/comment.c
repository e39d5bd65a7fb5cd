/* The user's lines above the code that they became. */
#include "codegen/emit/unit.h"

#include <string.h>

enum { QUOTED = 3, QUOTE_MOST = 100 };

/* Values that no output needs belong to the derivative; those that replace parameters or depend on new ones, to the update. */
static const char *kind_of(const struct unit *u, const struct member *m)
{
    const struct value *v = &u->value[m->node];
    if (u->entry->kind != ENTRY_GRAD && u->entry->kind != ENTRY_STEP) return "";
    int32_t i = m->copy_to >= 0 ? m->copy_to : v->root;
    if (!u->outer && ((v->after && !v->forward) || (i >= 0 && u->root[i].replaces))) return "update: ";
    return v->forward ? "" : "gradient: ";
}

struct quoting {
    const char *seen[QUOTED];
    unsigned n;
};

/* Debuggers and compilers then speak of the model's own lines. */
static void put_line_directive(struct body *b)
{
    text_printf(b->out, "#line %u \"", quote_number(b->quotes));
    for (const char *c = b->quotes->file->path; *c; c++) {
        if (*c == '"' || *c == '\\') text_char(b->out, '\\');
        text_char(b->out, (unsigned char)*c < ' ' ? '?' : *c);
    }
    text_put(b->out, "\"\n");
}

static void quote(struct body *b, const struct member *m, struct quoting *q)
{
    size_t n;
    if (b->u->o->style == EMIT_JIT) return; /* nobody reads it */
    const char *s = quote_line(b->quotes, ir_at(b->u->g, m->node)->at.lo, &n), *kind = kind_of(b->u, m);
    if (n == 0 || q->n == QUOTED) return;
    for (unsigned i = 0; i < q->n; i++)
        if (q->seen[i] == s) return;
    if (s == b->last_quote && !strcmp(kind, b->last_kind)) {
        if (b->u->o->line_directives && !q->n) put_line_directive(b);
        return;
    }
    q->seen[q->n++] = s;
    for (int i = 0; i < b->indent; i++) text_put(b->out, "    ");
    text_printf(b->out, "/* %s", kind);
    quote_text(b->out, s, n, QUOTE_MOST);
    text_put(b->out, " */\n");
    b->last_kind = kind;
    if (b->u->o->line_directives) put_line_directive(b);
}

void emit_comment_end(struct body *b)
{
    if (b->u->o->line_directives && b->u->o->style == EMIT_FILE) text_put(b->out, "#line 0\n");
}

/* Where a line's directive holds, until one of line 0: every line that is made of it has its number. */
struct line_map {
    struct text *out;
    const char *file;
    uint32_t lines;       /* written */
    const char *number;   /* of the model's line; NULL outside */
    size_t n_number;
    bool fresh;           /* the directive stands right above */
};

static void put_mapped_line(struct line_map *m, const char *s, size_t n)
{
    bool directive = !strncmp(s, "#line ", 6), end = !strncmp(s, "#line 0\n", 8);
    if (end && !m->number) return;
    if (end) {
        text_printf(m->out, "#line %u \"%s\"\n", m->lines + 2, m->file);
        m->number = NULL;
    } else {
        if (m->number && !m->fresh && s[0] != '#') {
            text_printf(m->out, "#line %.*s\n", (int)m->n_number, m->number);
            m->lines++;
        }
        text_putn(m->out, s, n);
    }
    if (directive && !end) {
        m->number = s + 6;
        m->n_number = strcspn(s + 6, " ");
    }
    m->fresh = directive;
    m->lines++;
}

void emit_line_map(struct text *c, const char *file)
{
    struct text out = text_new(c->arena);
    struct line_map m = {.out = &out, .file = file};
    for (const char *s = c->s, *end = c->s + c->n; s < end;) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        size_t n = (size_t)((stop ? stop + 1 : end) - s);
        put_mapped_line(&m, s, n);
        s += n;
    }
    *c = out;
}

static void remember(struct body *b, const struct quoting *q)
{
    if (q->n) b->last_quote = q->n == 1 ? q->seen[0] : NULL;
}

static void quote_members(struct body *b, const struct phase *ph, struct quoting *q)
{
    for (uint32_t i = 0; i < ph->members.n; i++) quote(b, &ph->members.at[i], q);
}

void emit_comment_member(struct body *b, const struct member *m)
{
    struct quoting q = {.n = 0};
    quote(b, m, &q);
    remember(b, &q);
}

void emit_comment_phase(struct body *b, const struct phase *ph)
{
    struct quoting q = {.n = 0};
    quote_members(b, ph, &q);
    remember(b, &q);
}

void emit_comment_group(struct body *b, const struct group *g)
{
    struct quoting q = {.n = 0};
    struct member only = {g->node, -1};
    if (g->kind != GROUP_LOOPS) quote(b, &only, &q);
    for (uint32_t i = 0; i < g->phases.n; i++) quote_members(b, &g->phases.at[i], &q);
    remember(b, &q);
}
