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

struct made { /* by what of which ports */
    const char *sign;
    vec(uint32_t) of;
};

/* A derivative that stands in a box with others is said by itself, if what it is made of has names. */
static bool is_said_alone(const struct drawing *d, const struct port *p, struct made *m)
{
    const struct ir_node *n = ir_at(d->program->graph, p->node);
    if (d->boxes.at[p->box].kind != BOX_ADJOINT) return false;
    m->sign = sign_of(d, p->node);
    for (uint32_t i = 0; i < n->n_arg; i++) {
        ir_id x = d->stands_for[n->arg[i]];
        if (!ir_reads(n, i) || is_plain(ir_at(d->program->graph, x))) continue;
        if (d->port_of[x] == NONE) return false;
        vec_push(d->arena, &m->of, d->port_of[x]);
    }
    return true;
}

static struct made made_by(const struct drawing *d, const struct port *p)
{
    struct made alone = {NULL, {0}}, m = {d->boxes.at[p->box].sign, {0}};
    const struct box *b = &d->boxes.at[p->box];
    if (is_said_alone(d, p, &alone)) return alone;
    for (uint32_t i = 0; i < b->wires.n; i++) vec_push(d->arena, &m.of, d->wires.at[b->wires.at[i]].port);
    return m;
}

/* "1 + t8", "t8 / 2", "-t6": an operator with one operand beside it, if that is what the sign is. */
static bool put_between(const struct made *m, const char *operand, struct text *out)
{
    size_t n = strlen(m->sign);
    if (m->of.n != 1 || !strpbrk(m->sign, "+-*/<>=")) return false;
    if (strchr("+-*/<>=", m->sign[n - 1]))
        text_printf(out, "%s%s%s", m->sign, n > 1 ? " " : "", operand);
    else
        text_printf(out, "%s %s", operand, m->sign);
    return true;
}

/* "max(_, 0)" of x: max(x, 0). */
static void put_filled(const struct drawing *d, const struct made *m, struct text *out)
{
    uint32_t next = 0;
    for (const char *s = m->sign; *s; s++) {
        bool hole = *s == '_' && s > m->sign && (s[-1] == '(' || s[-1] == ' ') && next < m->of.n;
        if (hole)
            text_put(out, port_name(d, m->of.at[next++]));
        else
            text_char(out, *s);
    }
}

/* "apple * apple_num", "dense(x)" */
static const char *made_of(const struct drawing *d, const struct port *p)
{
    struct text t = text_new(d->arena);
    enum ir_op op = ir_at(d->program->graph, p->node)->op;
    if (op == OP_input || op == OP_param) return op == OP_input ? "input" : "param"; /* a layer gives out its own */
    if (d->boxes.at[p->box].kind == BOX_LEAF) return "";
    struct made m = made_by(d, p);
    bool between = m.of.n == 2 && !strpbrk(m.sign, "abcdefghijklmnopqrstuvwxyz 0123456789");
    if (!m.of.n) return m.sign;
    if (strchr(m.sign, '(')) {
        put_filled(d, &m, &t);
        return t.s;
    }
    if (put_between(&m, port_name(d, m.of.at[0]), &t)) return t.s;
    if (!between) text_printf(&t, "%s(", m.sign);
    for (uint32_t i = 0; i < m.of.n; i++) {
        if (i && between)
            text_printf(&t, " %s ", m.sign);
        else if (i)
            text_put(&t, ", ");
        text_put(&t, port_name(d, m.of.at[i]));
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
    cell[2] = made_of(d, p);
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
