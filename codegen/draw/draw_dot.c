/* For Graphviz, and what reads its language. */
#include "codegen/draw/picture.h"

#include <string.h>

/* As part of a text in quotes; lines end in \n there. */
static void put_escaped(struct text *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '"' || s[i] == '\\') text_char(out, '\\');
        text_char(out, s[i]);
    }
}

static void quoted(struct text *out, const char *s)
{
    text_char(out, '"');
    put_escaped(out, s, strlen(s));
    text_char(out, '"');
}

static void put_box(const struct drawing *d, uint32_t i, struct text *out)
{
    static const char *const style[] = {[BOX_INPUT] = "shape=ellipse",  [BOX_PARAM] = "shape=ellipse, style=dashed",
                                        [BOX_LEAF] = "shape=plaintext", [BOX_OP] = "shape=box, style=rounded",
                                        [BOX_CALL] = "shape=box",       [BOX_ADJOINT] = "shape=box, style=dashed"};
    const struct box *b = &d->boxes.at[i];
    struct line l = line_of(d, b->at);
    text_printf(out, "  b%u [%s, label=\"", (unsigned)i, style[b->kind]);
    put_escaped(out, b->sign, strlen(b->sign));
    if (b->caption) {
        text_put(out, "\\n");
        put_escaped(out, b->caption, strlen(b->caption));
    }
    text_put(out, "\", tooltip=\"");
    put_escaped(out, l.file, strlen(l.file));
    text_printf(out, ":%u: ", (unsigned)l.number);
    put_escaped(out, l.text, l.size);
    text_put(out, "\", URL=\"");
    put_escaped(out, l.file, strlen(l.file));
    text_printf(out, "#L%u\"];\n", (unsigned)l.number);
}

/* Value above gradient; without numbers the shape. */
static void put_label(const struct drawing *d, const struct port *p, struct text *out)
{
    const struct ir_shape *s = ir_at(d->program->graph, p->node)->shape;
    text_char(out, '"');
    shape_words(d, s, out);
    if (s->rank && p->value.there) text_char(out, ' ');
    figure_words(&p->value, out);
    if (p->slope.there) text_put(out, "\\n");
    figure_words(&p->slope, out);
    text_char(out, '"');
}

static void put_wire(const struct drawing *d, const struct port *p, uint32_t from, const char *to, struct text *out)
{
    text_printf(out, "  b%u -> %s [label=", (unsigned)from, to);
    put_label(d, p, out);
    text_put(out, "];\n");
}

void draw_dot(struct drawing *d, struct text *out)
{
    text_put(out, "digraph ");
    quoted(out, d->program->name);
    text_put(out, " {\n  rankdir=LR;\n  node [fontname=\"monospace\"];\n  edge [fontname=\"monospace\"];\n");
    for (uint32_t i = 0; i < d->boxes.n; i++) put_box(d, i, out);
    for (uint32_t i = 0; i < d->wires.n; i++) {
        const struct port *p = &d->ports.at[d->wires.at[i].port];
        put_wire(d, p, p->box, arena_printf(d->arena, "b%u", (unsigned)d->wires.at[i].box), out);
    }
    for (uint32_t i = 0; i < d->ports.n; i++) {
        const struct port *p = &d->ports.at[i];
        if (!p->output) continue;
        const char *end = arena_printf(d->arena, "out%u", (unsigned)i);
        text_printf(out, "  %s [shape=plaintext, label=", end);
        quoted(out, p->name ? p->name : "");
        text_put(out, "];\n");
        put_wire(d, p, p->box, end, out);
    }
    text_put(out, "}\n");
}
