/* Where everything stands. Columns from left to right; in a column the order that follows the neighbours' middles; then
 * heights as near to the neighbours as the order allows. A label belongs to its box's room, so nothing lies on another.
 */
#include "codegen/draw/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BOX_H = 34,
    MARGIN = 16,
    APART = 14,
    SWEEPS = 10,
    PASSES = 48,
    POINTS_SLOW = 50000,
    STRAIGHT = 8,
    GAP_STRAIGHT = 16,
    GAP_LEAST = 36,
    GAP_MOST = 110
};

/* ---- how large ---- */

static int words_width(const struct figures *f, struct text *t)
{
    t->s[t->n = 0] = 0;
    figure_words(f, t);
    return (int)t->n * CHAR_W;
}

static int wider(int a, int b)
{
    return a > b ? a : b;
}

static int heat_height(const struct figures *f)
{
    return has_heat(f) ? (int)f->rows * CELL + 4 : 0;
}

static void measure_port(struct drawing *d, struct port *p, bool says_name)
{
    struct text t = text_new(d->arena);
    if (says_name) text_printf(&t, "%s ", p->name);
    shape_words(d, ir_at(d->program->graph, p->node)->shape, &t);
    int w = (int)t.n * CHAR_W;
    p->up = (t.n ? LINE_H : 0) + (p->value.there ? LINE_H : 0) + heat_height(&p->value) + 3;
    p->down = (p->slope.there ? LINE_H : 0) + heat_height(&p->slope) + 3;
    w = wider(w, words_width(&p->value, &t));
    w = wider(w, words_width(&p->slope, &t));
    w = wider(w, (int)p->value.columns * CELL);
    p->w = wider(w + 10, TRUNK);
}

static void measure_box(struct drawing *d, struct box *b)
{
    int y = 0, caption = b->caption ? (int)strlen(b->caption) * (CHAR_W - 1) : 0;
    b->w = wider(wider((int)strlen(b->sign) * CHAR_W + 20, caption + 12), BOX_H);
    b->h = wider(BOX_H + (b->caption ? LINE_H : 0), (int)b->wires.n * 12);
    for (uint32_t k = 0; k < b->ports.n; k++) {
        struct port *p = &d->ports.at[b->ports.at[k]];
        bool leaf = b->kind == BOX_INPUT || b->kind == BOX_PARAM || b->kind == BOX_LEAF;
        measure_port(d, p, p->name && !leaf && (!b->caption || strcmp(b->caption, p->name)));
        p->dy = y + p->up;
        y += p->up + p->down + 4;
    }
    /* one label lies with its line on the box's middle, several share it out */
    int shift = b->ports.n == 1 ? d->ports.at[b->ports.at[0]].dy : y / 2;
    for (uint32_t k = 0; k < b->ports.n; k++) d->ports.at[b->ports.at[k]].dy -= shift;
    if (b->ports.n > 1) b->h = wider(b->h, y);
    b->tall = b->h;
    for (uint32_t k = 0; k < b->ports.n; k++) {
        const struct port *p = &d->ports.at[b->ports.at[k]];
        b->tall = wider(b->tall, 2 * wider(p->up - p->dy, p->down + p->dy));
    }
}

/* ---- the order in a column ---- */

static double middle(const struct ranks *r, const struct point *p, bool before)
{
    uint32_t n = before ? p->in.n : p->out.n;
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct leg *leg = before ? p->in.at[i] : p->out.at[i];
        sum += r->points.at[before ? leg->from : leg->to].y;
    }
    return n ? sum / n : p->y;
}

/* Sorted by keys, equal ones as they were. */
static void sort_row(uint32_t *row, const double *key, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint32_t x = row[i], k = i;
        for (; k > 0 && key[row[k - 1]] > key[x]; k--) row[k] = row[k - 1];
        row[k] = x;
    }
}

static void number_row(struct ranks *r, uint32_t k)
{
    double y = 0;
    for (uint32_t i = 0; i < r->row[k].n; i++) {
        struct point *p = &r->points.at[r->row[k].at[i]];
        p->y = y + p->tall / 2.0;
        y += p->tall + APART;
    }
}

static void order_rows(struct drawing *d, struct ranks *r)
{
    double *key = arena_many(d->arena, double, r->points.n);
    for (uint32_t k = 0; k < r->n; k++) number_row(r, k);
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (uint32_t s = 0; s < r->n; s++) {
            bool before = sweep % 2 == 0;
            uint32_t k = before ? s : r->n - 1 - s;
            for (uint32_t i = 0; i < r->row[k].n; i++) {
                uint32_t p = r->row[k].at[i];
                key[p] = middle(r, &r->points.at[p], before);
            }
            sort_row(r->row[k].at, key, r->row[k].n);
            number_row(r, k);
        }
}

/* ---- heights ---- */

/* Long ways are straight ones. */
static double stiffness(const struct point *p, const struct point *q)
{
    return p->box == NONE && q->box == NONE ? 8 : p->box == NONE || q->box == NONE ? 2 : 1;
}

static double wish(const struct drawing *d, const struct ranks *r, const struct point *p, double *weight)
{
    double sum = 0;
    *weight = 0;
    for (uint32_t i = 0; i < p->in.n; i++) {
        const struct point *q = &r->points.at[p->in.at[i]->from];
        double w = stiffness(p, q);
        sum += w * (q->y + (q->box == NONE ? 0 : d->ports.at[p->in.at[i]->port].dy));
        *weight += w;
    }
    for (uint32_t i = 0; i < p->out.n; i++) {
        const struct point *q = &r->points.at[p->out.at[i]->to];
        double w = stiffness(p, q);
        sum += w * (q->y - (p->box == NONE ? 0 : d->ports.at[p->out.at[i]->port].dy));
        *weight += w;
    }
    if (*weight > 0) return sum / *weight;
    *weight = 0.01;
    return p->y;
}

/* The heights nearest to the wishes, in least squares over the legs, that keep order and distance: where neighbours
 * would overlap they become a block, which stands at the mean of its wishes (pool adjacent violators). The sum of
 * squares of all rows falls with every row settled, so nothing drifts. */
static void settle_row(struct drawing *d, struct ranks *r, uint32_t k)
{
    uint32_t n = r->row[k].n, blocks = 0;
    struct arena_mark mark = arena_mark(d->arena);
    double *place = arena_many(d->arena, double, n), *mean = arena_many(d->arena, double, n), offset = 0;
    double *weight = arena_many(d->arena, double, n);
    uint32_t *count = arena_many(d->arena, uint32_t, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct point *p = &r->points.at[r->row[k].at[i]];
        if (i) offset += (p->tall + r->points.at[r->row[k].at[i - 1]].tall) / 2.0 + APART;
        place[i] = offset;
        mean[blocks] = wish(d, r, p, &weight[blocks]) - offset;
        count[blocks++] = 1;
        for (; blocks > 1 && mean[blocks - 2] > mean[blocks - 1]; blocks--) {
            double a = weight[blocks - 2], b = weight[blocks - 1];
            mean[blocks - 2] = (mean[blocks - 2] * a + mean[blocks - 1] * b) / (a + b);
            weight[blocks - 2] = a + b;
            count[blocks - 2] += count[blocks - 1];
        }
    }
    for (uint32_t b = 0, i = 0; b < blocks; b++)
        for (uint32_t c = 0; c < count[b]; c++, i++) r->points.at[r->row[k].at[i]].y = mean[b] + place[i];
    arena_rewind(d->arena, mark);
}

/* Does the point i stand far enough from its neighbour on that side, were it at y? An input gives way a little. */
static bool has_room(struct ranks *r, uint32_t k, uint32_t i, int side, double y)
{
    uint32_t last = r->row[k].n - 1;
    if (side < 0 ? i == 0 : i == last) return true;
    const struct point *p = &r->points.at[r->row[k].at[i]];
    uint32_t next = side < 0 ? i - 1 : i + 1;
    struct point *q = &r->points.at[r->row[k].at[next]];
    double near = y + side * ((p->tall + q->tall) / 2.0 + APART);
    if (side * (q->y - near) >= 0) return true;
    if (q->in.n || fabs(q->y - near) > STRAIGHT || !has_room(r, k, next, side, near)) return false;
    q->y = near;
    return true;
}

/* A lone line that is straight but for a few pixels becomes so, where the neighbours leave room. */
static void straighten(struct drawing *d, struct ranks *r)
{
    for (uint32_t k = 1; k < r->n; k++)
        for (uint32_t i = 0; i < r->row[k].n; i++) {
            struct point *p = &r->points.at[r->row[k].at[i]];
            if (p->in.n != 1) continue;
            const struct leg *leg = p->in.at[0];
            const struct point *from = &r->points.at[leg->from];
            double y = floor(from->y) + (from->box == NONE ? 0 : d->ports.at[leg->port].dy);
            if (fabs(y - p->y) <= STRAIGHT && has_room(r, k, i, -1, y) && has_room(r, k, i, 1, y)) p->y = y;
        }
}

static void settle(struct drawing *d, struct ranks *r)
{
    for (uint32_t k = 0; k < r->n; k++) { /* from columns around one line */
        uint32_t n = r->row[k].n;
        double bottom = 0;
        for (uint32_t i = 0; i < n; i++) {
            const struct point *p = &r->points.at[r->row[k].at[i]];
            bottom = p->y + p->tall / 2.0;
        }
        for (uint32_t i = 0; i < n; i++) r->points.at[r->row[k].at[i]].y -= bottom / 2;
    }
    int passes = r->points.n < POINTS_SLOW ? PASSES : PASSES / 8;
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t s = 0; s < r->n; s++) settle_row(d, r, pass % 2 ? r->n - 1 - s : s);
    straighten(d, r);
    double top = 0, bottom = 0;
    for (uint32_t i = 0; i < r->points.n; i++) {
        const struct point *p = &r->points.at[i];
        if (!i || p->y - p->tall / 2.0 < top) top = p->y - p->tall / 2.0;
        if (!i || p->y + p->tall / 2.0 > bottom) bottom = p->y + p->tall / 2.0;
    }
    for (uint32_t i = 0; i < r->points.n; i++) r->points.at[i].y += MARGIN - floor(top);
    d->height = (int)(bottom - top) + 2 * MARGIN;
}

/* ---- columns and lines ---- */

/* Wires arrive from top to bottom as they come. */
static void share_arrivals(struct drawing *d, struct ranks *r)
{
    double *from = arena_many(d->arena, double, d->wires.n);
    for (uint32_t i = 0; i < r->legs.n; i++) {
        const struct leg *leg = r->legs.at[i];
        const struct point *p = &r->points.at[leg->from];
        if (leg->wire != NONE) from[leg->wire] = p->y + (p->box == NONE ? 0 : d->ports.at[leg->port].dy);
    }
    for (uint32_t i = 0; i < d->boxes.n; i++) {
        struct box *b = &d->boxes.at[i];
        uint32_t n = b->wires.n, *order = arena_many(d->arena, uint32_t, n);
        if (n) memcpy(order, b->wires.at, n * sizeof *order);
        sort_row(order, from, n);
        for (uint32_t k = 0; k < n; k++) d->wires.at[order[k]].dy = (int)(k + 1) * b->h / (int)(n + 1) - b->h / 2;
    }
}

static int column_width(const struct drawing *d, const struct ranks *r, uint32_t k)
{
    int width = 0;
    for (uint32_t i = 0; i < r->row[k].n; i++) {
        uint32_t box = r->points.at[r->row[k].at[i]].box;
        if (box == NONE) continue;
        const struct box *b = &d->boxes.at[box];
        int label = 0;
        for (uint32_t p = 0; p < b->ports.n; p++) label = wider(label, d->ports.at[b->ports.at[p]].w);
        width = wider(width, b->w + label);
    }
    return width;
}

/* Between columns there is room for the lines that bend. */
static int gap_width(const struct ranks *r, uint32_t k)
{
    int bent = 0;
    for (uint32_t i = 0; i < r->row[k].n; i++) {
        const struct point *p = &r->points.at[r->row[k].at[i]];
        for (uint32_t l = 0; l < p->out.n; l++) bent += p->out.at[l]->y0 != p->out.at[l]->y1;
    }
    if (!bent) return GAP_STRAIGHT;
    return bent * 4 > GAP_MOST - GAP_LEAST ? GAP_MOST : GAP_LEAST + bent * 4;
}

static void place_columns(struct drawing *d, struct ranks *r)
{
    int x = MARGIN, *left = arena_many(d->arena, int, r->n), *right = arena_many(d->arena, int, r->n);
    for (uint32_t i = 0; i < d->boxes.n; i++) d->boxes.at[i].y = (int)r->points.at[i].y;
    for (uint32_t i = 0; i < r->legs.n; i++) {
        struct leg *leg = r->legs.at[i];
        const struct point *from = &r->points.at[leg->from], *to = &r->points.at[leg->to];
        leg->y0 = (int)from->y + (from->box == NONE ? 0 : d->ports.at[leg->port].dy);
        leg->y1 = (int)to->y + (to->box == NONE ? 0 : d->wires.at[leg->wire].dy);
    }
    for (uint32_t k = 0; k < r->n; k++) {
        left[k] = x;
        right[k] = x + column_width(d, r, k);
        x = right[k] + gap_width(r, k);
    }
    d->width = right[r->n - 1] + MARGIN;
    for (uint32_t i = 0; i < d->boxes.n; i++) d->boxes.at[i].x = left[d->boxes.at[i].rank];
    for (uint32_t i = 0; i < r->legs.n; i++) {
        struct leg *leg = r->legs.at[i];
        const struct point *from = &r->points.at[leg->from], *to = &r->points.at[leg->to];
        const struct box *b = from->box == NONE ? NULL : &d->boxes.at[from->box];
        leg->x0 = b ? b->x + b->w + d->ports.at[leg->port].w : left[from->rank];
        leg->bend = right[from->rank];
        leg->x1 = left[to->rank];
    }
}

struct ranks draw_layout(struct drawing *d)
{
    for (uint32_t i = 0; i < d->boxes.n; i++) measure_box(d, &d->boxes.at[i]);
    struct ranks r = rank_points(d);
    order_rows(d, &r);
    settle(d, &r);
    share_arrivals(d, &r);
    place_columns(d, &r);
    return r;
}
