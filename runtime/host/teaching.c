/* A line of a program explained, with the numbers of a model. */
#include "runtime/host/host.h"

#include "codegen/draw/draw.h"

#include <stdlib.h>
#include <string.h>

struct lecture {
    struct nngen_model *model;
    unsigned line;
    bool page;
    char *out;
};

static const char *math_of(const char *name)
{
    const struct lesson *l = lesson_of(name);
    return l && l->teaches ? l->math : "";
}

static uint32_t line_at(const struct nngen_program *p, uint32_t offset)
{
    return source_place(&p->context.sources, offset).line;
}

/* The statement on the line, the innermost where there are several. */
static bool find_statement(struct nngen_program *p, unsigned line, struct teach_options *o)
{
    for (uint32_t i = 0; i < o->n_statements; i++) {
        struct span at = o->statement[i].at;
        if (line < line_at(p, at.lo) || line > line_at(p, at.hi - 1)) continue;
        o->which = i;
        return true;
    }
    return false;
}

/* "lines 7, 9 and 12 have one" */
static void help_lines(struct nngen_program *p, const struct teach_options *o)
{
    enum { MOST = 20 };
    struct text t = text_new(&p->context.arena);
    uint32_t n = 0, last = 0;
    for (uint32_t i = 0; i < o->n_statements && n < MOST; i++) {
        uint32_t line = line_at(p, o->statement[i].at.lo);
        if (*o->statement[i].what || line == last) continue;
        text_printf(&t, "%s%u", n++ ? ", " : "", line);
        last = line;
    }
    if (n) diag_help(&p->context.diags, "equations stand on line%s %s%s", n > 1 ? "s" : "", t.s, n == MOST ? ", ..." : "");
}

static bool lecture_on(struct nngen_program *p, const struct lecture *l, struct teach_options *o, struct text *t)
{
    struct diags *d = &p->context.diags;
    const struct source *file = p->k.source;
    const char *why = "";
    if (!find_statement(p, l->line, o)) {
        uint32_t lines = line_at(p, file->base + file->size);
        if (l->line > lines || !l->line)
            diag_error(d, E0205, (struct span){0, 0}, "there is no line %u: the file has %u", l->line, lines);
        else
            diag_error(d, E0502, (struct span){0, 0}, "line %u is empty or a comment", l->line);
        help_lines(p, o);
        return false;
    }
    const struct statement *s = &o->statement[o->which];
    if (*s->what) {
        diag_error(d, E0502, s->at, "this line %s", s->what);
        help_lines(p, o);
        return false;
    }
    if (teach_text(p->k.program, o, t, &why)) return true;
    diag_error(d, E0502, s->at, "%s", why);
    return false;
}

enum { PICTURE_BOXES = 200 };

/* The graph for the head of the page, if it fits one. */
static const char *picture_on(struct nngen_program *p, const struct interp_env *env)
{
    struct text t = text_new(&p->context.arena);
    struct draw_options how = {.depth = 1, .page = p->k.source};
    const char *why;
    struct drawing *d = draw_new(p->k.program, &how);
    p->context.diags.list.n = p->context.diags.errors = p->n_diags;
    if (!d || draw_boxes(d) > PICTURE_BOXES || (env && !draw_measure(d, env, &why))) return NULL;
    draw_svg(d, &t);
    return t.s;
}

static bool page_on(struct nngen_program *p, struct teach_options *o, struct text *t)
{
    const char *why = "";
    struct emit_options how = program_emission(p, EMIT_FILE, !p->options.f64);
    struct emitted e;
    how.line_directives = true;
    how.selfcheck = how.desc = how.trap_nan = how.openmp = false;
    how.header_name = arena_printf(&p->context.arena, "%s.h", nngen_name(p));
    emit(p->k.program, p->k.entries, &how, &e); /* before derivatives are added to the graph */
    o->picture = picture_on(p, o->env);
    if (teach_page(p->k.program, o, p->k.source, e.refused ? "" : e.c.s, t, &why)) return true;
    diag_error(&p->context.diags, E0502, (struct span){0, 0}, "%s", why);
    return false;
}

static void lecture(struct nngen_program *p, void *with)
{
    struct lecture *l = with;
    struct arena *a = &p->context.arena;
    struct text t = text_new(a);
    struct interp_env env;
    struct teach_options o = {.math = math_of};
    p->context.diags.list.n = p->context.diags.errors = p->n_diags;
    program_change(p);
    o.statement = compile_statements(&p->k, &o.n_statements);
    if (l->model) {
        model_env(l->model, ENTRY_GRAD, 0, a, &env);
        o.env = &env;
    }
    bool done = l->page ? page_on(p, &o, &t) : lecture_on(p, l, &o, &t);
    program_changed(p);
    if (done) l->out = strdup(t.s);
}

static char *lecture_with(struct nngen_program *p, struct nngen_model *m, struct lecture l)
{
    l.model = m;
    if (!nngen_ok(p) || p->built) return NULL;
    if (m) m->error[0] = 0;
    if (m && (m->owner != p || model_wake(m) || !model_prepare(m) || model_range_error(m))) return NULL;
    return program_try(p, lecture, &l) ? l.out : NULL;
}

char *nngen_explain_line(struct nngen_program *p, struct nngen_model *m, unsigned line)
{
    return lecture_with(p, m, (struct lecture){.line = line});
}

char *nngen_explain_page(struct nngen_program *p, struct nngen_model *m)
{
    return lecture_with(p, m, (struct lecture){.page = true});
}
