/* The board as text. */
#include "codegen/teach/board.h"

#include <string.h>

static uint32_t width(const char *s) /* in letters */
{
    uint32_t n = 0;
    for (; *s; s++) n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static void pad_to(struct text *out, uint32_t have, uint32_t want)
{
    for (; have < want; have++) text_char(out, ' ');
}

static void put_statement(const struct board *b, struct text *out)
{
    struct span at = b->options->statement[b->options->which].at;
    struct place p = source_place(&b->program->context->sources, at.lo);
    text_printf(out, "%s:%u\n\n", p.file->path, p.line);
    text_put(out, "    ");
    const char *end = p.file->text + (at.hi - p.file->base);
    for (const char *s = p.line_text; *s && (s < end || *s != '\n'); s++) {
        text_char(out, *s);
        if (*s == '\n') text_put(out, "    ");
    }
    text_put(out, "\n\n");
}

static void put_givens(const struct board *b, struct text *out)
{
    if (!b->givens.n) return;
    text_put(out, "Given\n");
    uint32_t wide = 0;
    for (uint32_t i = 0; i < b->givens.n; i++) {
        uint32_t w = width(b->givens.at[i].name) + width(b->givens.at[i].shape);
        if (w > wide) wide = w;
    }
    for (uint32_t i = 0; i < b->givens.n; i++) {
        const struct given *g = &b->givens.at[i];
        text_printf(out, "  %s%s", g->name, g->shape);
        pad_to(out, width(g->name) + width(g->shape), wide + 2);
        text_printf(out, "%s\n", g->is ? g->is : "");
    }
    text_char(out, '\n');
}

static void put_forward(const struct board *b, struct text *out)
{
    uint32_t wide = 0;
    text_put(out, "Forward\n");
    for (uint32_t i = 0; i < b->steps.n; i++) {
        const struct step *s = &b->steps.at[i];
        uint32_t w = width(s->name) + width(s->forward) + 3;
        if (w > wide && w < 48) wide = w;
    }
    for (uint32_t i = 0; i < b->steps.n; i++) {
        const struct step *s = &b->steps.at[i];
        text_printf(out, "  %s = %s", s->name, s->forward);
        pad_to(out, width(s->name) + width(s->forward) + 3, wide);
        text_printf(out, "  %s", *s->shape ? s->shape : "a number");
        if (b->figures && b->figures[s->id].value) {
            text_put(out, "  = ");
            board_numbers(b, s->id, b->figures[s->id].value, out);
        }
        text_char(out, '\n');
    }
    text_char(out, '\n');
}

static void put_back(const struct board *b, const struct back *k, struct text *out)
{
    const double *slope = b->figures ? b->figures[k->to].slope : NULL;
    text_put(out, "    ");
    if (*k->local) {
        text_put(out, k->local);
        pad_to(out, width(k->local), 28);
        text_put(out, "  ");
    }
    text_put(out, k->formula);
    if (slope && !k->adds && !k->last) {
        text_put(out, "  = ");
        board_numbers(b, k->to, slope, out);
    } else if (slope && k->last) {
        text_put(out, "  in all ");
        board_numbers(b, k->to, slope, out);
    }
    if (*k->why) text_printf(out, "\n        %s", k->why);
    text_char(out, '\n');
}

static const char *objective_name(const struct board *b)
{
    const struct ir_program *p = b->program;
    for (uint32_t i = 0; i < p->outputs.n; i++)
        if (p->outputs.at[i].node == p->objective) return p->outputs.at[i].name;
    return "the objective";
}

static void put_arrival(const struct board *b, struct text *out)
{
    const struct ir_program *p = b->program;
    const char *of = objective_name(b);
    if (b->loop) {
        text_printf(out, "Back, from d_%s, what the rest of the turn and the later turns hand to it\n", b->name);
    } else if (!p->objective) {
        text_printf(out, "Back: let d_%s be what comes back, the derivative of some number by %s\n", b->name, b->name);
    } else if (b->bound == p->objective || b->root == p->objective) {
        text_printf(out, "Back, from d_%s = 1: it is what is differentiated\n", b->name);
    } else if (b->escape) {
        const char *name = b->steps.at[b->step_of[b->escape] - 1].name;
        text_printf(out, "Back: %s does not use %s itself, but %s of this line\n  d_%s = ", of, b->name, name, name);
        board_numbers(b, b->escape, b->figures[b->escape].slope, out);
        text_char(out, '\n');
    } else {
        text_printf(out, "Back, from d_%s = ∂%s/∂%s, what later lines hand to it", b->name, of, b->name);
        if (board_matters(b)) {
            text_put(out, "\n  d_");
            text_printf(out, "%s%s = ", b->name, b->shape);
            board_numbers(b, b->root, b->figures[b->root].slope, out);
        } else if (b->figures) {
            text_printf(out, "\n  which is 0: %s does not depend on it", of);
        }
        text_char(out, '\n');
    }
}

static void put_backward(const struct board *b, struct text *out)
{
    put_arrival(b, out);
    for (uint32_t i = b->steps.n; i-- > 0;) {
        const struct step *s = &b->steps.at[i];
        if ((!s->backs.n && !*s->note) || (b->escape && s->id > b->escape)) continue;
        text_printf(out, "  %s = %s\n", s->name, s->forward);
        if (*s->note) {
            text_put(out, "    ");
            for (const char *c = s->note; *c; c++)
                if (!strncmp(c, ";  ", 3)) {
                    text_put(out, "\n    ");
                    c += 2;
                } else {
                    text_char(out, *c);
                }
            text_char(out, '\n');
        }
        for (uint32_t k = 0; k < s->backs.n; k++) put_back(b, &s->backs.at[k], out);
    }
    text_char(out, '\n');
}

static bool same(const struct board *b, ir_id id, const double *x, const double *y)
{
    const struct ir_shape *s = ir_at(b->graph, id)->shape;
    for (int64_t i = 0, n = 1; i < n; i++) {
        if (i == 0)
            for (unsigned k = 0; k < s->rank; k++)
                n *= size_at(b->program->tables->sizes, s->dim[k], b->options->env->dims);
        double d = x[i] - y[i], most = x[i] < 0 ? -x[i] : x[i];
        if (d > 1e-9 * (1 + most) || d < -1e-9 * (1 + most)) return false;
    }
    return true;
}

/* What the line gives is not all that its values receive, where other lines use them. */
static void put_wholes(const struct board *b, struct text *out)
{
    bool any = false;
    for (uint32_t i = 0; i < b->givens.n; i++) {
        const struct given *g = &b->givens.at[i];
        const double *whole = b->whole ? b->whole[g->id] : NULL, *part = whole ? b->figures[g->id].slope : NULL;
        if (!*g->lines || !g->slope || (part && same(b, g->id, part, whole))) continue;
        if (!any) text_put(out, "Used in other lines as well, whose parts are added\n");
        any = true;
        text_printf(out, "  %s, in line%s %s", g->name, strchr(g->lines, ',') ? "s" : "", g->lines);
        if (whole) {
            text_printf(out, ": d_%s is in all ", g->name);
            board_numbers(b, g->id, whole, out);
        }
        text_char(out, '\n');
    }
    if (any) text_char(out, '\n');
}

static void put_given_values(const struct board *b, struct text *out)
{
    if (!b->figures || !b->givens.n) return;
    text_put(out, "With\n");
    for (uint32_t i = 0; i < b->givens.n; i++) {
        text_printf(out, "  %s = ", b->givens.at[i].name);
        board_numbers(b, b->givens.at[i].id, b->figures[b->givens.at[i].id].value, out);
        text_char(out, '\n');
    }
    text_char(out, '\n');
}

bool teach_text(struct ir_program *p, const struct teach_options *o, struct text *out, const char **why)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < board_count(p, o); k++) {
        struct board *b = board_new(p, o, k);
        if (!b) continue;
        if (!board_measure(b, why)) return false;
        if (n++ == 0) put_statement(b, out);
        put_givens(b, out);
        put_given_values(b, out);
        put_forward(b, out);
        put_backward(b, out);
        put_wholes(b, out);
    }
    while (out->n > 1 && out->s[out->n - 1] == '\n' && out->s[out->n - 2] == '\n') out->s[--out->n] = 0;
    if (n == 0) *why = "this is a constant, or another name for a value that has one: there is nothing to derive";
    return n > 0;
}
