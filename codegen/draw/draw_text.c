/* For a terminal: a line a value, in the order they are worked out. */
#include "codegen/draw/picture.h"

#include <string.h>

enum { COLUMNS = 5 };

static const char *port_name(const struct drawing *d, uint32_t port)
{
    const struct port *p = &d->ports.at[port];
    const struct box *b = &d->boxes.at[p->box];
    if (b->kind == BOX_INPUT || b->kind == BOX_PARAM || b->kind == BOX_LEAF) return b->sign;
    if (p->name) return p->name;
    return arena_printf(d->arena, "t%u", (unsigned)port + 1);
}

/* "1 + t8", "t8 / 2", "-t6": an operator with one operand beside it, if that is what the sign is. */
static bool put_between(const struct box *b, const char *operand, struct text *out)
{
    size_t n = strlen(b->sign);
    if (b->wires.n != 1 || !strpbrk(b->sign, "+-*/<>=") || strchr(b->sign, '(')) return false;
    if (strchr("+-*/<>=", b->sign[n - 1]))
        text_printf(out, "%s%s%s", b->sign, n > 1 ? " " : "", operand);
    else
        text_printf(out, "%s %s", operand, b->sign);
    return true;
}

/* "apple * apple_num", "dense(x)" */
static const char *made_of(const struct drawing *d, const struct box *b)
{
    struct text t = text_new(d->arena);
    bool leaf = b->kind == BOX_INPUT || b->kind == BOX_PARAM || b->kind == BOX_LEAF;
    if (leaf) return b->kind == BOX_INPUT ? "input" : b->kind == BOX_PARAM ? "param" : "";
    bool between = b->wires.n == 2 && !strpbrk(b->sign, "abcdefghijklmnopqrstuvwxyz 0123456789");
    if (b->wires.n && put_between(b, port_name(d, d->wires.at[b->wires.at[0]].port), &t)) return t.s;
    if (!between) text_printf(&t, "%s(", b->sign);
    for (uint32_t i = 0; i < b->wires.n; i++) {
        if (i && between)
            text_printf(&t, " %s ", b->sign);
        else if (i)
            text_put(&t, ", ");
        text_put(&t, port_name(d, d->wires.at[b->wires.at[i]].port));
    }
    if (!between) text_put(&t, ")");
    return t.s;
}

static const char *figures_text(const struct drawing *d, const struct figures *f)
{
    struct text t = text_new(d->arena);
    figure_words(f, &t);
    return t.s;
}

static void fill_row(const struct drawing *d, uint32_t port, const char *cell[COLUMNS])
{
    const struct port *p = &d->ports.at[port];
    const struct box *b = &d->boxes.at[p->box];
    struct text name = text_new(d->arena);
    text_put(&name, port_name(d, port));
    shape_words(d, ir_at(d->program->graph, p->node)->shape, &name);
    cell[0] = arena_printf(d->arena, "%4u", (unsigned)line_of(d, b->at).number);
    cell[1] = name.s;
    cell[2] = made_of(d, b);
    cell[3] = figures_text(d, &p->value);
    cell[4] = figures_text(d, &p->slope);
}

void draw_text(struct drawing *d, struct text *out)
{
    static const char *const head[COLUMNS] = {"line", "name", "made by", "value", "gradient"};
    const char *(*row)[COLUMNS] = arena_array(d->arena, d->ports.n + 1, sizeof *row);
    size_t width[COLUMNS] = {0};
    uint32_t n = 1;
    memcpy(row[0], head, sizeof head);
    for (uint32_t i = 0; i < d->boxes.n; i++)
        for (uint32_t k = 0; k < d->boxes.at[i].ports.n; k++) fill_row(d, d->boxes.at[i].ports.at[k], row[n++]);
    for (uint32_t i = 1; i < n; i++)
        for (int c = 0; c < COLUMNS; c++)
            if (strlen(row[i][c]) > width[c]) width[c] = strlen(row[i][c]);
    for (int c = 0; c < COLUMNS; c++) /* a column of nothing is left out */
        if (width[c] && width[c] < strlen(head[c])) width[c] = strlen(head[c]);
    for (uint32_t i = 0; i < n; i++) {
        size_t end = out->n;
        for (int c = 0; c < COLUMNS; c++) {
            if (!width[c]) continue;
            text_printf(out, "%s%-*s", c ? "  " : "", (int)width[c], row[i][c]);
            if (*row[i][c]) end = out->n - (width[c] - strlen(row[i][c]));
        }
        out->s[out->n = end] = 0;
        text_char(out, '\n');
    }
}
