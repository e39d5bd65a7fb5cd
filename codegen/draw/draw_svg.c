/* For browsers: colours that follow the reader's light or dark background, titles and links to the lines. */
#include "codegen/draw/picture.h"

#include <math.h>
#include <string.h>

enum { SHADES = 17 };

static void escaped(struct text *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) switch (s[i]) {
        case '&':
            text_put(out, "&amp;");
            break;
        case '<':
            text_put(out, "&lt;");
            break;
        case '>':
            text_put(out, "&gt;");
            break;
        case '"':
            text_put(out, "&quot;");
            break;
        default:
            if ((unsigned char)s[i] >= ' ' || s[i] == '\t' || s[i] == '\n') text_char(out, s[i]);
        }
}

static void put_words(struct text *out, int x, int y, const char *look, const char *s)
{
    text_printf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", look, x, y);
    escaped(out, s, strlen(s));
    text_put(out, "</text>\n");
}

/* ---- heat maps: blue below 0, red above, the lightest in between ---- */

static double largest(const struct figures *f)
{
    double most = 0;
    for (unsigned r = 0; r < f->rows; r++)
        for (unsigned c = 0; c < f->columns; c++)
            if (isfinite(f->cell[r][c]) && fabs(f->cell[r][c]) > most) most = fabs(f->cell[r][c]);
    return most;
}

static int shade_of(double x, double most)
{
    if (!(most > 0) || isnan(x)) return SHADES / 2;
    if (isinf(x)) return x < 0 ? 0 : SHADES - 1;
    return (int)(x / most * (SHADES / 2) + SHADES / 2 + 0.5);
}

static void put_heat(struct text *out, const struct figures *f, int x, int y)
{
    double most = largest(f);
    text_put(out, "<g><title>");
    for (unsigned r = 0; r < f->rows; r++)
        for (unsigned c = 0; c < f->columns; c++) {
            text_put(out, c ? "  " : r ? "\n" : "");
            text_short(out, f->cell[r][c]);
        }
    text_put(out, "</title>\n");
    for (int shade = 0; shade < SHADES; shade++) {
        bool any = false;
        for (unsigned r = 0; r < f->rows; r++)
            for (unsigned c = 0; c < f->columns; c++) {
                if (shade_of(f->cell[r][c], most) != shade) continue;
                if (!any) text_printf(out, "<path class=\"h%d\" d=\"", shade);
                any = true;
                text_printf(out, "M%d %dh%dv%dh-%dz", x + (int)c * CELL, y + (int)r * CELL, CELL, CELL, CELL);
            }
        if (any) text_put(out, "\"/>\n");
    }
    text_printf(out, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", x, y,
                (int)f->columns * CELL, (int)f->rows * CELL);
    text_put(out, "</g>\n");
}

/* The picture may stand in a page, whose own style it leaves alone. */
static void put_rule(struct text *out, const char *what, const char *how)
{
    if (how) text_printf(out, ".nngen %s{%s}\n", what, how);
}

static void put_style(struct text *out)
{
    static const struct {
        const char *what, *shape, *light, *dark;
    } looks[] = {
        {"text", "font:13px 'DejaVu Sans Mono',Menlo,Consolas,monospace;text-anchor:middle", NULL, NULL},
        {".paper", NULL, "fill:#fff", "fill:#0d1117"},
        {".wire", "fill:none", "stroke:#6e7781", "stroke:#8b949e"},
        {".tip", NULL, "fill:#6e7781", "fill:#8b949e"},
        {".box", NULL, "fill:#f6f8fa;stroke:#57606a", "fill:#161b22;stroke:#8b949e"},
        {".input", NULL, "fill:#ddf4ff;stroke:#0969da", "fill:#0c2d4e;stroke:#58a6ff"},
        {".param", NULL, "fill:#fff8c5;stroke:#9a6700", "fill:#3a2d08;stroke:#d29922"},
        {".call", NULL, "fill:#fbefff;stroke:#8250df", "fill:#2a1a45;stroke:#bc8cff"},
        {".adjoint", "stroke-dasharray:4 3", "fill:#ffebe9;stroke:#cf222e", "fill:#42141a;stroke:#ff7b72"},
        {"a:hover .box", "stroke-width:2.5", NULL, NULL},
        {".sign", NULL, "fill:#1f2328", "fill:#f0f6fc"},
        {".caption", "font-size:11px", "fill:#57606a", "fill:#9ea7b3"},
        {".value", NULL, "fill:#0550ae", "fill:#79c0ff"},
        {".slope", NULL, "fill:#a40e26", "fill:#ff938a"},
        {".out", "font-weight:bold", NULL, NULL},
        {".frame", "fill:none;stroke:#8b949e;stroke-width:.5", NULL, NULL},
    };
    enum { N = sizeof looks / sizeof *looks };
    text_put(out, "<style>\n");
    for (int i = 0; i < N; i++) put_rule(out, looks[i].what, looks[i].shape);
    for (int i = 0; i < N; i++) put_rule(out, looks[i].what, looks[i].light);
    for (int i = 0; i < SHADES; i++) { /* from #2166ac over #f7f7f7 to #b2182b */
        double t = (i - SHADES / 2) / (double)(SHADES / 2), s = fabs(t);
        int red = (int)(247 + s * ((t < 0 ? 33 : 178) - 247)), green = (int)(247 + s * ((t < 0 ? 102 : 24) - 247));
        int blue = (int)(247 + s * ((t < 0 ? 172 : 43) - 247));
        text_printf(out, ".nngen .h%d{fill:#%02x%02x%02x}\n", i, (unsigned)red, (unsigned)green, (unsigned)blue);
    }
    text_put(out, "@media(prefers-color-scheme:dark){\n");
    for (int i = 0; i < N; i++) put_rule(out, looks[i].what, looks[i].dark);
    text_put(out, "}\n</style>\n");
}

/* ---- boxes, labels, lines ---- */

/* A file's name as part of an address. */
static void put_address(struct text *out, const char *file)
{
    for (const char *s = file; *s; s++) {
        bool plain =
            (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr("-._~", *s);
        text_printf(out, plain ? "%c" : "%%%02X", (unsigned char)*s);
    }
}

static void put_link(const struct drawing *d, struct line l, struct text *out)
{
    if (d->options.page && d->options.page != l.source) {
        text_put(out, "<a>");
        return;
    }
    text_put(out, "<a href=\"");
    if (!d->options.page) put_address(out, l.file);
    text_printf(out, "#L%u\">", (unsigned)l.number);
}

/* What shows when the pointer rests on a box: its line, and the parameters in it. */
static void put_title(const struct drawing *d, const struct box *b, struct line l, struct text *out)
{
    struct text t = text_new(d->arena);
    for (uint32_t i = 0; b->kind == BOX_CALL && i < b->params.n; i++) {
        const struct ir_node *n = ir_at(d->program->graph, b->params.at[i]);
        text_printf(&t, "\nparam %s", sign_of(d, b->params.at[i]));
        shape_words(d, n->shape, &t);
    }
    text_put(out, "<title>");
    escaped(out, l.file, strlen(l.file));
    text_printf(out, ":%u: ", (unsigned)l.number);
    escaped(out, l.text, l.size);
    escaped(out, t.s, t.n);
    text_put(out, "</title>\n");
}

static void put_box(const struct drawing *d, const struct box *b, struct text *out)
{
    static const char *const looks[] = {
        [BOX_INPUT] = "box input", [BOX_PARAM] = "box param", [BOX_LEAF] = "box",
        [BOX_OP] = "box",          [BOX_CALL] = "box call",   [BOX_ADJOINT] = "box adjoint"};
    struct line l = line_of(d, b->at);
    int x = b->x + b->w / 2, y = b->y + 5 - (b->caption ? LINE_H / 2 : 0);
    int round = b->kind == BOX_CALL || b->kind == BOX_ADJOINT ? 4 : 16;
    put_link(d, l, out);
    put_title(d, b, l, out);
    text_printf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>\n", looks[b->kind],
                b->x, b->y - b->h / 2, b->w, b->h, round);
    put_words(out, x, y, "sign", b->sign);
    if (b->caption) put_words(out, x, y + LINE_H, "caption", b->caption);
    text_put(out, "</a>\n");
}

static int heat_rows(const struct figures *f)
{
    return has_heat(f) ? (int)f->rows * CELL : 0;
}

static void put_labels(const struct drawing *d, const struct box *b, const struct port *p, struct text *out)
{
    bool leaf = b->kind == BOX_INPUT || b->kind == BOX_PARAM || b->kind == BOX_LEAF;
    int left = b->x + b->w, x = left + p->w / 2, y = b->y + p->dy;
    struct text t = text_new(d->arena);
    text_printf(out, "<path class=\"wire\" d=\"M%d %dh%d\"/>\n", left, y, p->w);
    if (p->output) text_printf(out, "<circle class=\"tip\" cx=\"%d\" cy=\"%d\" r=\"3\"/>\n", left + p->w, y);
    int at = y - 5;
    figure_words(&p->value, &t);
    if (t.n) put_words(out, x, at, p->output ? "value out" : "value", t.s), at -= LINE_H;
    t.s[t.n = 0] = 0;
    if (p->name && !leaf && (!b->caption || strcmp(b->caption, p->name))) text_printf(&t, "%s ", p->name);
    shape_words(d, ir_at(d->program->graph, p->node)->shape, &t);
    if (t.n) put_words(out, x, at, "caption", t.s), at -= LINE_H;
    if (heat_rows(&p->value))
        put_heat(out, &p->value, x - (int)p->value.columns * CELL / 2, at + LINE_H - 13 - heat_rows(&p->value));
    t.s[t.n = 0] = 0;
    figure_words(&p->slope, &t);
    if (t.n) put_words(out, x, y + LINE_H - 1, "slope", t.s);
    if (heat_rows(&p->slope)) put_heat(out, &p->slope, x - (int)p->slope.columns * CELL / 2, y + LINE_H + 4);
}

static void put_leg(const struct ranks *r, const struct leg *leg, struct text *out)
{
    int half = (leg->bend + leg->x1) / 2;
    bool arrives = r->points.at[leg->to].box != NONE;
    text_printf(out, "<path class=\"wire\" d=\"M%d %d", leg->x0, leg->y0);
    if (leg->bend != leg->x0) text_printf(out, "H%d", leg->bend);
    if (leg->y1 == leg->y0)
        text_printf(out, "H%d", leg->x1);
    else
        text_printf(out, "C%d %d %d %d %d %d", half, leg->y0, half, leg->y1, leg->x1, leg->y1);
    text_put(out, arrives ? "\" marker-end=\"url(#tip)\"/>\n" : "\"/>\n");
}

void draw_svg(struct drawing *d, struct text *out)
{
    struct ranks r = draw_layout(d);
    text_put(out, "<svg class=\"nngen\"");
    if (!d->options.page) text_put(out, " xmlns=\"http://www.w3.org/2000/svg\"");
    text_printf(out, " width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n<title>", d->width, d->height, d->width,
                d->height);
    escaped(out, d->program->name, strlen(d->program->name));
    text_put(out, "</title>\n");
    put_style(out);
    text_put(out, "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
                  "markerHeight=\"7\" orient=\"auto\">"
                  "<path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n");
    if (!d->options.page) text_printf(out, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", d->width, d->height);
    for (uint32_t i = 0; i < r.legs.n; i++) put_leg(&r, r.legs.at[i], out);
    for (uint32_t i = 0; i < d->ports.n; i++) put_labels(d, &d->boxes.at[d->ports.at[i].box], &d->ports.at[i], out);
    for (uint32_t i = 0; i < d->boxes.n; i++) put_box(d, &d->boxes.at[i], out);
    text_put(out, "</svg>\n");
}
