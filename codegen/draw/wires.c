/* What goes from box to box. */
#include "codegen/draw/picture.h"

static uint32_t port_for(struct drawing *d, ir_id id)
{
    if (d->port_of[id] != NONE) return d->port_of[id];
    struct port p = {.node = id, .box = d->box_of[id], .name = d->name_of[id]};
    d->port_of[id] = d->ports.n;
    vec_push(d->arena, &d->boxes.at[p.box].ports, d->ports.n);
    vec_push(d->arena, &d->ports, p);
    return d->port_of[id];
}

static void wire_up(struct drawing *d, ir_id from, uint32_t to, bool again)
{
    uint32_t port = port_for(d, from);
    struct box *b = &d->boxes.at[to];
    for (uint32_t i = 0; !again && i < b->wires.n; i++)
        if (d->wires.at[b->wires.at[i]].port == port) return;
    vec_push(d->arena, &b->wires, d->wires.n);
    vec_push(d->arena, &d->wires, ((struct wire){.port = port, .box = to}));
}

/* Calls of equal sizes share their ones, ranges and masks; who made them first is nobody's business. */
static bool is_shared_constant(const struct drawing *d, ir_id id)
{
    const struct box *b = &d->boxes.at[d->box_of[id]];
    return b->kind == BOX_CALL && b->varies && !d->varies[id];
}

struct walk {            /* from a box to what it is made of */
    uint32_t box, *seen; /* [node]: the box it was met for, and 1 */
    vec(ir_id) todo;
};

static void push_arguments(struct drawing *d, struct walk *w, ir_id id)
{
    const struct ir_node *n = ir_at(d->program->graph, id);
    for (uint32_t i = n->n_arg; i-- > 0;)
        if (ir_reads(n, i)) vec_push(d->arena, &w->todo, d->stands_for[n->arg[i]]);
}

/* What two calls work out is made once, and yet no business between them unless one was given to the other: the wire
 * comes from farther back. */
static bool is_own_way(const struct drawing *d, const struct box *b, ir_id from)
{
    if (!b->call || !d->inner[from]) return false;
    for (uint32_t i = 0; i < b->call->given.n; i++)
        if (d->stands_for[b->call->given.at[i]] == from) return false;
    return true;
}

static void wire_arguments(struct drawing *d, struct walk *w, ir_id id)
{
    bool pair =
        d->boxes.at[w->box].kind == BOX_OP && ir_at(d->program->graph, id)->n_arg == 2; /* x * x has two wires */
    push_arguments(d, w, id);
    while (w->todo.n) {
        ir_id from = w->todo.at[--w->todo.n];
        if (d->box_of[from] == NONE || d->box_of[from] == w->box || (!pair && w->seen[from] == w->box + 1)) continue;
        w->seen[from] = w->box + 1;
        if (is_own_way(d, &d->boxes.at[w->box], from))
            push_arguments(d, w, from);
        else if (!is_shared_constant(d, from))
            wire_up(d, from, w->box, pair);
    }
}

static void make_wires(struct drawing *d)
{
    ir_id n = d->program->graph->n;
    struct walk w = {.seen = arena_many(d->arena, uint32_t, n)};
    d->ports.n = d->wires.n = 0;
    d->port_of = arena_many(d->arena, uint32_t, n);
    for (ir_id id = 0; id < n; id++) d->port_of[id] = NONE;
    for (ir_id id = 1; id < n; id++) {
        w.box = d->box_of[id];
        if (w.box != NONE) wire_arguments(d, &w, id);
    }
    for (uint32_t i = 0; i < d->roots.n; i++) {
        ir_id id = d->stands_for[d->roots.at[i]];
        uint32_t port = d->box_of[id] == NONE ? NONE : port_for(d, id);
        if (port != NONE) d->ports.at[port].output = true;
    }
}

static uint32_t box_behind(const struct drawing *d, uint32_t wire)
{
    return d->ports.at[d->wires.at[wire].port].box;
}

/* As they were, but every box behind those it reads. False if some are in a circle. */
static bool sort_boxes(const struct drawing *d, uint32_t *order)
{
    uint32_t n = d->boxes.n, done = 0;
    bool *placed = arena_many(d->arena, bool, n);
    for (uint32_t first = 0; done < n; done++) {
        uint32_t i = first, ready = NONE;
        for (; i < n && ready == NONE; i++) {
            ready = placed[i] ? NONE : i;
            for (uint32_t k = 0; ready != NONE && k < d->boxes.at[i].wires.n; k++)
                if (!placed[box_behind(d, d->boxes.at[i].wires.at[k])]) ready = NONE;
        }
        if (ready == NONE) return false;
        order[done] = ready;
        placed[ready] = true;
        for (; first < n && placed[first]; first++) {
        }
    }
    return true;
}

/* What is read only on the way of calls that now read farther back is not needed. */
static bool *find_live(const struct drawing *d, const uint32_t *order)
{
    bool *live = arena_many(d->arena, bool, d->boxes.n);
    for (uint32_t i = 0; i < d->ports.n; i++)
        if (d->ports.at[i].output) live[d->ports.at[i].box] = true;
    for (uint32_t i = d->boxes.n; i-- > 0;) {
        const struct box *b = &d->boxes.at[order[i]];
        for (uint32_t k = 0; live[order[i]] && k < b->wires.n; k++) live[box_behind(d, b->wires.at[k])] = true;
    }
    return live;
}

/* A box with those of its ports that are read. */
static void keep_box(struct drawing *d, const struct drawing *old, struct box b, const bool *read, uint32_t *port)
{
    uint32_t n = b.ports.n;
    b.ports.n = 0;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = b.ports.at[k];
        struct port p = old->ports.at[i];
        if (!p.output && !read[i]) continue;
        p.box = d->boxes.n;
        port[i] = b.ports.at[b.ports.n++] = d->ports.n;
        vec_push(d->arena, &d->ports, p);
    }
    vec_push(d->arena, &d->boxes, b);
}

/* Boxes in their order, ports and wires in that of the boxes. */
static void renumber(struct drawing *d, const uint32_t *order, const bool *live)
{
    struct drawing old = *d;
    uint32_t *port = arena_many(d->arena, uint32_t, old.ports.n);
    bool *read = arena_many(d->arena, bool, old.ports.n);
    d->boxes.at = NULL, d->boxes.n = d->boxes.cap = 0;
    d->ports.at = NULL, d->ports.n = d->ports.cap = 0;
    d->wires.at = NULL, d->wires.n = d->wires.cap = 0;
    for (uint32_t i = 0; i < old.wires.n; i++) read[old.wires.at[i].port] |= live[old.wires.at[i].box];
    for (uint32_t i = 0; i < old.boxes.n; i++)
        if (live[order[i]]) keep_box(d, &old, old.boxes.at[order[i]], read, port);
    for (uint32_t i = 0; i < old.ports.n; i++) d->port_of[old.ports.at[i].node] = NONE;
    for (uint32_t i = 0; i < d->ports.n; i++) d->port_of[d->ports.at[i].node] = i;
    for (uint32_t i = 0; i < d->boxes.n; i++)
        for (uint32_t k = 0; k < d->boxes.at[i].wires.n; k++) {
            uint32_t *wire = &d->boxes.at[i].wires.at[k];
            struct wire w = {.port = port[old.wires.at[*wire].port], .box = i};
            *wire = d->wires.n;
            vec_push(d->arena, &d->wires, w);
        }
}

bool draw_wires(struct drawing *d)
{
    uint32_t *order = arena_many(d->arena, uint32_t, d->boxes.n);
    make_wires(d);
    if (!sort_boxes(d, order)) return false;
    renumber(d, order, find_live(d, order));
    return true;
}
