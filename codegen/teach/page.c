/* A whole program side by side: source, mathematics, generated C. One HTML file, nothing loaded, no scripts. */
#include "codegen/teach/board.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct page {
    struct ir_program *program;
    const struct teach_options *options;
    const struct source *file;
    vec(struct board *) boards;
    struct text *out;
};

static const char style[] =
    ":root{--ink:#1c1e21;--dim:#6a7077;--paper:#fbfbf9;--box:#f1f1ec;--line:#d9d9d2;--back:#a3341f;--num:#1f5fa3}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e4df;--dim:#979ca3;--paper:#17191c;--box:#202327;--line:#383c42;"
    "--back:#ff9b80;--num:#8cc2ff}}\n"
    "body{margin:2rem;background:var(--paper);color:var(--ink);font:15px/1.5 Georgia,'DejaVu Serif',serif}\n"
    "h1{font-size:1.5rem;margin:0}header p{color:var(--dim);white-space:pre-line;max-width:60rem;margin:.3rem 0 "
    "1.5rem}\n"
    "figure{margin:0 0 1.5rem;overflow-x:auto}\n"
    ".row{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,7fr) minmax(0,6fr);gap:1.2rem;"
    "border-top:1px solid var(--line);padding:.5rem 0}\n"
    ".head{font-weight:bold;border:0}\n"
    "pre{margin:0;font:13px/1.45 'DejaVu Sans "
    "Mono',Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}\n"
    ".src b{color:var(--dim);font-weight:normal;display:inline-block;width:2.2em;user-select:none}\n"
    ".c{max-height:26rem;overflow:auto;background:var(--box);padding:.4rem .6rem}.c:empty{display:none}\n"
    ".c i{color:var(--dim);font-style:normal}\n"
    "ul{list-style:none;margin:0;padding:0}ul ul{margin-left:1.2rem}li{margin:.15rem 0}\n"
    ".b{color:var(--back)}.n{color:var(--num);font:12.5px 'DejaVu Sans "
    "Mono',Menlo,Consolas,monospace;overflow-wrap:anywhere}\n"
    ".s{color:var(--dim);font-size:.85em}.t{margin:.5rem 0 .1rem;color:var(--dim);font-size:.85em}\n"
    "@media(max-width:60rem){.head{display:none}.row{grid-template-columns:minmax(0,1fr)}body{margin:1rem}}\n"
    "@media print{.c{max-height:none}}\n";

static void put_char(struct text *out, char c)
{
    if (c == '<')
        text_put(out, "&lt;");
    else if (c == '>')
        text_put(out, "&gt;");
    else if (c == '&')
        text_put(out, "&amp;");
    else
        text_char(out, c);
}

static void put_plain(struct text *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) put_char(out, s[i]);
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* How many bytes of "[n,k]" are indices, which go below; 0 of other brackets. */
static size_t index_bracket(const char *s)
{
    size_t n = 1;
    while (islower((unsigned char)s[n]) && (s[n + 1] == ',' || s[n + 1] == ']')) {
        if (s[n + 1] == ']') return n + 2;
        n += 2;
    }
    return 0;
}

/* Slanted; the number of a step below. */
static void put_symbol(struct text *out, const char *s, size_t n)
{
    bool step = n > 1 && (*s == 't' || *s == 'u') && strspn(s + 1, "0123456789") >= n - 1;
    text_put(out, "<i>");
    put_plain(out, s, step ? 1 : n);
    text_put(out, "</i>");
    if (!step) return;
    text_put(out, "<sub>");
    put_plain(out, s + 1, n - 1);
    text_put(out, "</sub>");
}

/* A name: slanted; one that comes back, d_z, in its colour. Returns what is behind it. */
static const char *put_name(struct text *out, const char *s)
{
    bool back = s[0] == 'd' && s[1] == '_';
    size_t n = back ? 2 : 0;
    while (is_name(s[n]) || (s[n] == '.' && is_name(s[n + 1]) && !(s[n + 1] == 'T' && !is_name(s[n + 2])))) n++;
    bool function = s[n] == '(' || (s[n] == '[' && !index_bracket(s + n));
    if (back) text_put(out, "<span class=b>d<sub>");
    if (function)
        put_plain(out, s, n);
    else
        put_symbol(out, s + (back ? 2 : 0), n - (back ? 2 : 0));
    if (back) text_put(out, "</sub></span>");
    return s + n;
}

/* What the board says in one line of letters, as mathematics is set. */
static void put_math(struct text *out, const char *s)
{
    for (const char *at = s; *at;) {
        bool begins = at == s || !is_name(at[-1]);
        size_t n;
        if (!strncmp(at, "Σ_", 3)) {
            n = strcspn(at + 3, " ");
            text_put(out, "Σ<sub>");
            put_plain(out, at + 3, n);
            text_put(out, "</sub>");
            at += 3 + n;
        } else if (begins && (isalpha((unsigned char)*at) || *at == '_')) {
            at = put_name(out, at);
        } else if (*at == '[' && at > s && is_name(at[-1]) && (n = index_bracket(at))) {
            text_put(out, "<sub>");
            put_plain(out, at + 1, n - 2);
            text_put(out, "</sub>");
            at += n;
        } else if (!strncmp(at, ".T", 2) && !is_name(at[2])) {
            text_put(out, "<sup>T</sup>");
            at += 2;
        } else if (!strncmp(at, "**", 2) && isdigit((unsigned char)at[2])) {
            text_printf(out, "<sup>%c</sup>", at[2]);
            at += 3;
        } else if (!strncmp(at, " * ", 3)) {
            text_put(out, " · ");
            at += 3;
        } else if (!strncmp(at, " @ ", 3)) {
            text_put(out, "&thinsp;");
            at += 3;
        } else {
            put_char(out, *at++);
        }
    }
}

/* Formulas of a rule, or prose: words stand upright. */
static void put_rule(struct text *out, const char *s)
{
    if (strstr(s, "Σ_")) {
        put_math(out, s);
        return;
    }
    for (const char *end; (end = strstr(s, ";  ")); s = end + 3) {
        put_plain(out, s, (size_t)(end - s));
        text_put(out, "<br>");
    }
    put_plain(out, s, strlen(s));
}

static void put_numbers(struct text *out, const struct board *b, ir_id id, const double *v)
{
    if (!v) return;
    struct text t = text_new(b->arena);
    board_numbers(b, id, v, &t);
    text_printf(out, " <span class=n>= %s</span>", t.s);
}

static const double *value_of(const struct board *b, ir_id id)
{
    return b->figures ? b->figures[id].value : NULL;
}

/* ---- the middle column ---- */

static void put_forward(struct page *g, const struct board *b)
{
    struct text *out = g->out;
    text_put(out, "<p class=t>forward</p><ul>\n");
    for (uint32_t i = 0; i < b->steps.n; i++) {
        const struct step *s = &b->steps.at[i];
        text_put(out, "<li>");
        put_math(out, s->name);
        text_put(out, " = ");
        put_math(out, s->forward);
        text_printf(out, " <span class=s>%s</span>", s->shape);
        put_numbers(out, b, s->id, value_of(b, s->id));
        text_put(out, "</li>\n");
    }
    text_put(out, "</ul>\n");
}

static void put_back(struct page *g, const struct board *b, const struct back *k)
{
    struct text *out = g->out;
    const double *slope = b->figures ? b->figures[k->to].slope : NULL;
    text_put(out, "<li>");
    put_math(out, k->formula);
    if (slope && (k->last || !k->adds)) {
        if (k->last) text_put(out, " <span class=s>in all</span>");
        put_numbers(out, b, k->to, slope);
    }
    if (*k->local) {
        text_put(out, " <span class=s>");
        put_math(out, k->local);
        text_put(out, "</span>");
    }
    if (*k->why) {
        text_put(out, "<br><span class=s>");
        put_rule(out, k->why);
        text_put(out, "</span>");
    }
    text_put(out, "</li>\n");
}

static void put_backward(struct page *g, const struct board *b)
{
    struct text *out = g->out;
    bool any = false;
    for (uint32_t i = b->steps.n; i-- > 0;) {
        const struct step *s = &b->steps.at[i];
        if (!s->backs.n || (b->escape && s->id > b->escape)) continue;
        if (!any) {
            text_put(out, "<p class=t>back");
            ir_id from = b->escape ? b->escape : b->root;
            if (b->figures && b->figures[from].slope) {
                text_put(out, ", from ");
                put_math(out, arena_printf(b->arena, "d_%s", b->steps.at[b->step_of[from] - 1].name));
                put_numbers(out, b, from, b->figures[from].slope);
            }
            text_put(out, "</p><ul>\n");
        }
        any = true;
        if (*s->note) {
            text_put(out, "<li class=s>");
            put_rule(out, s->note);
            text_put(out, "</li>\n");
        }
        for (uint32_t k = 0; k < s->backs.n; k++) put_back(g, b, &s->backs.at[k]);
    }
    if (any) text_put(out, "</ul>\n");
}

/* Of a declaration: shape, value, and the derivative by it, all lines together. */
static void put_declared(struct page *g, const struct ir_array *a)
{
    struct text *out = g->out;
    const struct board *seen = NULL;
    const struct given *given = NULL;
    for (uint32_t i = 0; i < g->boards.n && !seen; i++)
        for (uint32_t k = 0; k < g->boards.at[i]->givens.n; k++)
            if (!strcmp(g->boards.at[i]->givens.at[k].name, a->name)) {
                seen = g->boards.at[i];
                given = &seen->givens.at[k];
            }
    text_put(out, "<li>");
    put_math(out, a->name);
    for (unsigned i = 0; i < a->shape->rank; i++) text_printf(out, "%s%s", i ? ", " : " <span class=s>[", a->axis[i]);
    if (a->shape->rank) text_put(out, "]</span>");
    if (seen) put_numbers(out, seen, given->id, value_of(seen, given->id));
    if (seen && seen->whole && seen->whole[given->id]) {
        text_put(out, "<br>");
        put_math(out, arena_printf(seen->arena, "d_%s", a->name));
        put_numbers(out, seen, given->id, seen->whole[given->id]);
    }
    text_put(out, "</li>\n");
}

static void put_middle(struct page *g, uint32_t statement)
{
    const struct ir_program *p = g->program;
    const ir_arrays *const lists[] = {&p->inputs, &p->params, &p->states};
    struct span at = g->options->statement[statement].at;
    bool any = false;
    for (int k = 0; k < 3; k++)
        for (uint32_t i = 0; i < lists[k]->n; i++) {
            const struct ir_array *a = &lists[k]->at[i];
            if (a->at.lo < at.lo || a->at.hi > at.hi || strchr(a->name, '.')) continue;
            if (!any) text_put(g->out, "<ul>\n");
            any = true;
            put_declared(g, a);
        }
    if (any) text_put(g->out, "</ul>\n");
    for (uint32_t i = 0; i < g->boards.n; i++)
        if (g->boards.at[i]->options->which == statement) {
            put_forward(g, g->boards.at[i]);
            put_backward(g, g->boards.at[i]);
        }
}

/* ---- the right column ---- */

static bool starts(const char *s, const char *word)
{
    return !strncmp(s, word, strlen(word));
}

/* "mlp_grad" of a line that begins a function; NULL else. */
static const char *function_name(struct arena *a, const char *line, size_t n)
{
    const char *open = memchr(line, '(', n);
    if (!n || !open || isspace((unsigned char)*line) || *line == '#' || *line == '/' || starts(line, "typedef"))
        return NULL;
    if (memchr(line, ';', n) || memchr(line, '=', n)) return NULL;
    const char *from = open;
    while (from > line && is_name(from[-1])) from--;
    return from < open && from > line ? arena_strndup(a, from, (size_t)(open - from)) : NULL;
}

/* The lines of C that stand for lines first..last of the source: the text has #line directives. */
static void put_c(struct page *g, const char *c, uint32_t first, uint32_t last)
{
    const char *function = "", *said = NULL;
    bool ours = false;
    for (const char *line = c; *line;) {
        size_t n = strcspn(line, "\n");
        if (starts(line, "#line ")) {
            const char *quote = memchr(line, '"', n);
            uint32_t number = (uint32_t)strtoul(line + 6, NULL, 10);
            if (quote)
                ours = n - (size_t)(quote - line) == strlen(g->file->path) + 2 && starts(quote + 1, g->file->path);
            else if (!ours)
                number = 0;
            ours = ours && number;
            if (ours && number >= first && number <= last && line[n]) {
                const char *next = line + n + 1;
                size_t m = strcspn(next, "\n");
                bool wanted = !strstr(function, "_step") && !strstr(function, "_init");
                wanted = wanted && !starts(next + strspn(next, " "), "/*"); /* the source, which stands there already */
                if (wanted && said != function) text_printf(g->out, "%s<i>%s</i>\n", said ? "\n" : "", function);
                if (wanted) said = function;
                size_t skip = m > 4 && starts(next, "    ") ? 4 : 0;
                if (wanted) put_plain(g->out, next + skip, m - skip), text_char(g->out, '\n');
            }
        } else {
            const char *name = function_name(g->program->tables->arena, line, n);
            if (name) function = name;
        }
        line += n + (line[n] == '\n');
    }
}

/* ---- rows ---- */

static void put_source(struct page *g, const char **at, uint32_t *number, uint32_t last)
{
    text_put(g->out, "<pre class=src>");
    for (; **at && *number <= last; ++*number) {
        size_t n = strcspn(*at, "\n");
        text_printf(g->out, "<b id=L%u>%u</b>", *number, *number);
        put_plain(g->out, *at, n);
        text_char(g->out, '\n');
        *at += n + ((*at)[n] == '\n');
    }
    text_put(g->out, "</pre>\n");
}

static bool make_boards(struct page *g, const char **why)
{
    struct arena *a = g->program->tables->arena;
    for (uint32_t i = 0; i < g->options->n_statements; i++) {
        if (*g->options->statement[i].what) continue;
        struct teach_options *o = arena_new(a, struct teach_options);
        *o = *g->options;
        o->which = i;
        for (uint32_t k = 0; k < board_count(g->program, o); k++) {
            struct board *b = board_new(g->program, o, k);
            if (!b) continue;
            if (!board_measure(b, why)) return false;
            vec_push(a, &g->boards, b);
        }
    }
    return true;
}

static void put_head(struct page *g)
{
    const struct ir_program *p = g->program;
    text_printf(
        g->out,
        "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content=\"width=device-width\">\n"
        "<title>%s</title>\n<style>\n%s</style>\n<header><h1>%s</h1>\n<p>",
        p->name, style, p->name);
    if (p->doc) put_plain(g->out, p->doc, strlen(p->doc));
    text_put(g->out, "</p></header>\n");
    if (g->options->picture) text_printf(g->out, "<figure>\n%s</figure>\n", g->options->picture);
    text_put(g->out, "<div class=\"row head\"><div>source</div><div>mathematics</div><div>C</div></div>\n");
}

bool teach_page(struct ir_program *p, const struct teach_options *o, const struct source *file, const char *c,
                struct text *out, const char **why)
{
    struct page g = {.program = p, .options = o, .file = file, .out = out};
    const char *at = file->text;
    uint32_t number = 1, done = 0;
    if (!make_boards(&g, why)) return false;
    put_head(&g);
    while (*at) {
        uint32_t last = UINT32_MAX, next = UINT32_MAX, which = o->n_statements;
        for (uint32_t i = 0; i < o->n_statements; i++) { /* the first statement that ends at this line or behind it */
            uint32_t from = source_place(&p->context->sources, o->statement[i].at.lo).line;
            uint32_t to = source_place(&p->context->sources, o->statement[i].at.hi - 1).line;
            if (to >= number && from < next) next = from, last = to, which = i;
        }
        text_put(out, "<div class=row>");
        uint32_t first = number;
        if (next > number) last = next - 1, which = o->n_statements; /* comments */
        put_source(&g, &at, &number, last);
        text_put(out, "<div>");
        for (uint32_t i = 0; i < o->n_statements && which < o->n_statements; i++) { /* there may be several on a line */
            uint32_t from = source_place(&p->context->sources, o->statement[i].at.lo).line;
            if (from >= first && from <= last) put_middle(&g, i);
        }
        text_put(out, "</div>\n<pre class=c>");
        if (which < o->n_statements) put_c(&g, c, first, last);
        text_put(out, "</pre></div>\n");
        done++;
    }
    text_put(out, "</html>\n");
    return done > 0;
}
