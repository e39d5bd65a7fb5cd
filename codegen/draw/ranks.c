/* Which box stands in which column, and what passes through columns in between: one way for all wires of a port. */
#include "codegen/draw/picture.h"

/* The longest way from a leaf; leaves themselves stand right before their first reader. */
static uint32_t choose_ranks(struct drawing *d)
{
    uint32_t n = 1, *first = arena_many(d->arena, uint32_t, d->boxes.n);
    for (uint32_t i = 0; i < d->boxes.n; i++) {
        struct box *b = &d->boxes.at[i];
        first[i] = NONE;
        for (uint32_t k = 0; k < b->wires.n; k++) {
            uint32_t from = d->ports.at[d->wires.at[b->wires.at[k]].port].box;
            if (b->rank <= d->boxes.at[from].rank) b->rank = d->boxes.at[from].rank + 1;
        }
        for (uint32_t k = 0; k < b->wires.n; k++) {
            uint32_t from = d->ports.at[d->wires.at[b->wires.at[k]].port].box;
            if (b->rank < first[from]) first[from] = b->rank;
        }
        if (b->rank >= n) n = b->rank + 1;
    }
    for (uint32_t i = 0; i < d->boxes.n; i++)
        if (!d->boxes.at[i].wires.n && first[i] != NONE) d->boxes.at[i].rank = first[i] - 1;
    return n;
}

static uint32_t add_point(struct drawing *d, struct ranks *r, struct point p)
{
    uint32_t i = r->points.n;
    vec_push(d->arena, &r->points, p);
    vec_push(d->arena, &r->row[p.rank], i);
    return i;
}

static void add_leg(struct drawing *d, struct ranks *r, uint32_t from, uint32_t to, uint32_t wire, uint32_t port)
{
    struct leg *leg = arena_new(d->arena, struct leg);
    *leg = (struct leg){.from = from, .to = to, .wire = wire, .port = port};
    vec_push(d->arena, &r->legs, leg);
    vec_push(d->arena, &r->points.at[from].out, leg);
    vec_push(d->arena, &r->points.at[to].in, leg);
}

/* The points of a port's way: way[k] is in the k-th column behind its box. */
static void lead(struct drawing *d, struct ranks *r, uint32_t wire, uint32_t *end)
{
    const struct wire *w = &d->wires.at[wire];
    const struct port *p = &d->ports.at[w->port];
    uint32_t rank = d->boxes.at[w->box].rank, *at = &end[w->port];
    if (*at == NONE) *at = p->box;
    while (r->points.at[*at].rank + 1 < rank) {
        uint32_t next = add_point(
            d, r, (struct point){.box = NONE, .rank = r->points.at[*at].rank + 1, .port = w->port, .tall = 12});
        add_leg(d, r, *at, next, NONE, w->port);
        *at = next;
    }
    add_leg(d, r, *at, w->box, wire, w->port);
}

struct ranks rank_points(struct drawing *d)
{
    struct ranks r = {.n = choose_ranks(d)};
    r.row = arena_array(d->arena, r.n, sizeof *r.row);
    for (uint32_t i = 0; i < d->boxes.n; i++) /* a box is the point of its number */
        add_point(d, &r,
                  (struct point){.box = i, .rank = d->boxes.at[i].rank, .port = NONE, .tall = d->boxes.at[i].tall});
    uint32_t *end = arena_many(d->arena, uint32_t, d->ports.n), *order = arena_many(d->arena, uint32_t, d->wires.n),
             n = 0;
    for (uint32_t i = 0; i < d->ports.n; i++) end[i] = NONE;
    for (uint32_t k = 0; k < r.n; k++) /* near readers first, so that the way to the far ones goes on from there */
        for (uint32_t i = 0; i < r.row[k].n; i++) {
            uint32_t box = r.points.at[r.row[k].at[i]].box;
            for (uint32_t w = 0; box != NONE && w < d->boxes.at[box].wires.n; w++)
                order[n++] = d->boxes.at[box].wires.at[w];
        }
    for (uint32_t i = 0; i < n; i++) lead(d, &r, order[i], end);
    return r;
}
