/* For Graphviz, and what reads its language. */
#include "codegen/draw/picture.h"

#include <string.h>

static void quoted(struct text *out, const char *s, size_t n)
{
    text_char(out, '"');
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '"' || s[i] == '\\') text_char(out, '\\');
        text_char(out, s[i]);
    }
    text_char(out, '"');
}

static void put_box(const struct drawing *d, uint32_t i, struct text *out)
{
    static const char *const style[] = {[BOX_INPUT] = "shape=ellipse",  [BOX_PARAM] = "shape=ellipse, style=dashed",
                                        [BOX_LEAF] = "shape=plaintext", [BOX_OP] = "shape=circle",
                                        [BOX_CALL] = "shape=box",       [BOX_ADJOINT] = "shape=box, style=dashed"};
    const struct box *b = &d->boxes.at[i];
    struct line l = line_of(d, b->at);
    struct text label = text_new(d->arena), tip = text_new(d->arena), link = text_new(d->arena);
    text_put(&label, b->sign);
    text_printf(out, "  b%u [%s, label=", (unsigned)i, style[b->kind]);
    quoted(out, label.s, label.n);
    if (b->caption) {
        text_put(out, ", xlabel=");
        text_put(&tip, b->caption);
        quoted(out, tip.s, tip.n);
        tip.n = 0;
    }
    text_printf(&tip, "%s:%u: %.*s", l.file, (unsigned)l.number, (int)l.size, l.text);
    text_put(out, ", tooltip=");
    quoted(out, tip.s, tip.n);
    text_printf(&link, "%s#L%u", l.file, (unsigned)l.number);
    text_put(out, ", URL=");
    quoted(out, link.s, link.n);
    text_put(out, "];\n");
}

/* Value above gradient; without numbers the shape. */
static void put_label(const struct drawing *d, const struct port *p, struct text *out)
{
    struct text t = text_new(d->arena);
    const struct ir_shape *s = ir_at(d->program->graph, p->node)->shape;
    shape_words(d, s, &t);
    if (t.n && p->value.there) text_char(&t, ' ');
    figure_words(&p->value, &t);
    quoted(out, t.s, t.n);
    if (!p->slope.there) return;
    out->n--; /* the second line goes inside the quotes */
    text_put(out, "\\n");
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
    quoted(out, d->program->name, strlen(d->program->name));
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
        quoted(out, p->name ? p->name : "", p->name ? strlen(p->name) : 0);
        text_put(out, "];\n");
        put_wire(d, p, p->box, end, out);
    }
    text_put(out, "}\n");
}
