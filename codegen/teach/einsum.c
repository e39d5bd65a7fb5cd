/* Products, in index notation and where they are matrix products as those. */
#include "codegen/teach/board.h"

#include <ctype.h>
#include <string.h>

struct product {
    struct board *board;
    const char *name[3]; /* of a, b and the result, or what it receives */
    unsigned n[3];
    const int64_t *label[3];
    char letter[LABELS_MAX];
};

static char free_letter(const struct product *p, const char *axis)
{
    char wish = (char)tolower((unsigned char)*axis);
    if (wish >= 'a' && wish <= 'z' && !memchr(p->letter, wish, sizeof p->letter)) return wish;
    for (const char *c = "ijklmnopqrstuvwabcdefgh"; *c; c++)
        if (!memchr(p->letter, *c, sizeof p->letter)) return *c;
    return '?';
}

static struct product product_of(struct board *b, ir_id id)
{
    const struct ir_node *n = ir_at(b->graph, id);
    struct product p = {.board = b, .n = {(unsigned)n->attr[0], (unsigned)n->attr[1], (unsigned)n->attr[2]}};
    const ir_id of[3] = {n->arg[0], n->arg[1], id};
    p.label[0] = n->attr + 3;
    p.label[1] = p.label[0] + p.n[0];
    p.label[2] = p.label[1] + p.n[1];
    for (int side = 0; side < 2; side++) {
        p.name[side] = board_operand(b, n->arg[side]).text;
        for (unsigned i = 0; i < p.n[side]; i++)
            if (!p.letter[p.label[side][i]]) p.letter[p.label[side][i]] = free_letter(&p, board_axis(b, of[side], i));
    }
    return p;
}

static bool has_label(const struct product *p, int side, int64_t label)
{
    for (unsigned i = 0; i < p->n[side]; i++)
        if (p->label[side][i] == label) return true;
    return false;
}

static void put_indexed(const struct product *p, int side, struct text *out)
{
    text_put(out, p->name[side]);
    for (unsigned i = 0; i < p->n[side]; i++) text_printf(out, "%s%c", i ? "," : "[", p->letter[p->label[side][i]]);
    if (p->n[side]) text_char(out, ']');
}

/* z[n,k] = Σ_d x[n,d] * W[d,k], with the side `to` on the left. */
static const char *indexed(const struct product *p, int to, bool equation)
{
    struct text t = text_new(p->board->arena), sum = text_new(p->board->arena);
    int first = to == 0 ? 2 : to == 1 ? 0 : 0, second = to == 1 ? 2 : 1;
    for (int64_t label = 0; label < LABELS_MAX; label++)
        if (p->letter[label] && !has_label(p, to, label) && (has_label(p, first, label) || has_label(p, second, label)))
            text_printf(&sum, "%s%c", sum.n ? "," : "Σ_", p->letter[label]);
    if (equation) {
        put_indexed(p, to, &t);
        text_put(&t, " = ");
    }
    if (sum.n) text_printf(&t, "%s ", sum.s);
    put_indexed(p, first, &t);
    text_put(&t, " * ");
    put_indexed(p, second, &t);
    return t.s;
}

/* "x @ W", "d_z @ W.T" where it is one product of matrices; NULL else. */
static const char *as_matrices(const struct product *p, int to)
{
    int first = to == 0 ? 2 : 0, second = to == 1 ? 2 : 1;
    if (p->n[0] > 2 || p->n[1] > 2 || p->n[2] > 2 || p->n[first] + p->n[second] < 3 || p->n[to] == 0) return NULL;
    const int64_t *x = p->label[first], *y = p->label[second], *z = p->label[to];
    unsigned nx = p->n[first], ny = p->n[second], nz = p->n[to];
    if (nx + ny != nz + 2) return NULL;
    for (int tx = 0; tx <= (nx == 2); tx++)
        for (int ty = 0; ty <= (ny == 2); ty++)
            for (int swap = 0; swap < 2; swap++) {
                int64_t left = nx == 2 ? x[tx] : -1, in = nx == 2 ? x[1 - tx] : x[0];
                int64_t also = ny == 2 ? y[ty] : y[0], right = ny == 2 ? y[1 - ty] : -1;
                if (swap && nx + ny < 4) continue;
                if (in != also) continue;
                bool plain = nz == 2 ? z[0] == left && z[1] == right : z[0] == (left >= 0 ? left : right);
                bool turned = nz == 2 && z[0] == right && z[1] == left;
                if (swap ? !turned : !plain) continue;
                const char *a = p->name[first], *b = p->name[second];
                if (swap) /* (x y).T is y.T x.T */
                    return arena_printf(p->board->arena, "%s%s @ %s%s", b, ty ? "" : ".T", a, tx ? "" : ".T");
                return arena_printf(p->board->arena, "%s%s @ %s%s", a, tx ? ".T" : "", b, ty ? ".T" : "");
            }
    return NULL;
}

const char *board_product(struct board *b, ir_id id)
{
    struct product p = product_of(b, id);
    const char *matrices = as_matrices(&p, 2);
    if (!matrices) return indexed(&p, 2, false);
    return matrices;
}

void board_product_back(struct board *b, struct step *s)
{
    const struct ir_node *n = ir_at(b->graph, s->id);
    struct product p = product_of(b, s->id);
    p.name[2] = s->name;
    if (as_matrices(&p, 2)) s->note = indexed(&p, 2, true);
    for (int side = 0; side < 2; side++) {
        struct operand to = board_operand(b, n->arg[side]);
        struct product back = p;
        if (!to.slope) continue;
        back.name[2] = arena_printf(b->arena, "d_%s", s->name);
        back.name[side] = arena_printf(b->arena, "d_%s", to.text);
        const char *matrices = as_matrices(&back, side), *sums = indexed(&back, side, true);
        if (matrices)
            board_add_back(b, s, &to, "", matrices, sums);
        else
            board_add_back(b, s, &to, "", strstr(sums, " = ") + 3,
                           "every element meets all of the other factor that share its sum");
    }
}
