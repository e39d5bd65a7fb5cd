/* Pictures of programs, with the numbers of a model. */
#include "runtime/host/host.h"

#include "codegen/draw/draw.h"

#include <stdlib.h>
#include <string.h>

struct wanted {
    struct nngen_model *model;
    enum nngen_picture as;
    struct draw_options options;
    bool drawn;
    char *out;
};

static bool measure(struct nngen_program *p, struct nngen_model *m, struct drawing *d)
{
    struct interp_env env;
    const char *why = "";
    model_env(m, ENTRY_GRAD, 0, &p->context.arena, &env);
    if (!draw_measure(d, &env, &why)) model_fail(m, "%s", why);
    return !*why;
}

static void draw(struct nngen_program *p, void *with)
{
    static void (*const draw_as[])(struct drawing * d, struct text * out) = {
        [NNGEN_SVG] = draw_svg, [NNGEN_DOT] = draw_dot, [NNGEN_PLAIN] = draw_text};
    struct wanted *w = with;
    struct text t = text_new(&p->context.arena);
    p->context.diags.list.n = p->context.diags.errors = p->n_diags;
    program_change(p);
    struct drawing *d = draw_new(p->k.program, &w->options);
    if (d && (!w->model || measure(p, w->model, d))) {
        draw_as[w->as](d, &t);
        w->drawn = true;
    }
    program_changed(p);
    if (w->drawn) w->out = strdup(t.s);
    p->ran_out = w->drawn && !w->out;
}

char *nngen_graph(struct nngen_program *p, struct nngen_model *m, enum nngen_picture as, unsigned depth, int backward)
{
    struct wanted w = {.model = m, .as = as, .options = {.depth = depth ? depth : 1, .backward = backward != 0}};
    if (!nngen_ok(p) || p->built || as < NNGEN_SVG || as > NNGEN_PLAIN) return NULL;
    if (m) m->error[0] = 0;
    if (m && (m->owner != p || model_wake(m) || !model_prepare(m) || model_range_error(m))) return NULL;
    return program_try(p, draw, &w) ? w.out : NULL;
}
