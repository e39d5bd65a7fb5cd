/* Reverse mode: one walk from y down to what is differentiated by, over the nodes in between. What a node is and what
 * it passes on stand in ops.def alone. */
#include "codegen/ir/grad.h"
#include "codegen/ir/grad_loop.h"

#include <assert.h>

/* Contributions to one node wait as sums of 1, 2, 4, ... of them, at most one of each size: the tree of additions is
 * balanced, and few of them have to be kept. */
struct partial {
    struct adjoint a;
    uint32_t level, next; /* next: index in partials, 0 ends; levels rise along the list */
};

enum { LEADS = 1, TARGET };

/* A loop on the way: what of it is passed by, and what its parts have received, which comes before it is met. */
struct passed_loop {
    ir_id loop;
    struct loop_flow flow;
    struct adjoint *part; /* g 0: nothing */
    bool received;
};

struct grad {
    struct ir_graph *graph;
    struct diags *diags;
    ir_id first, last;       /* nodes before have no part in it, those after are new */
    const uint32_t *depends; /* [id - first]: LEADS to some x, or is a TARGET itself; or 0 */
    uint32_t *head;          /* [id - first]: index in partials, 0: received nothing */
    vec(struct partial) partials;
    uint32_t free; /* partials to use again, chained by next */
    vec(struct passed_loop) loops; /* ids rise */
    bool failed;
};

bool grad_wants(const struct grad *w, ir_id x)
{
    return x >= w->first && w->depends[x - w->first];
}

/* Returns the one that came after it. */
static uint32_t drop(struct grad *w, uint32_t i)
{
    uint32_t next = w->partials.at[i].next;
    w->partials.at[i].next = w->free;
    w->free = i;
    return next;
}

void grad_receive(struct grad *w, ir_id x, struct adjoint a)
{
    assert(x <= w->last && ir_at(w->graph, a.g)->shape == ir_at(w->graph, x)->shape);
    uint32_t level = 0, rest = w->head[x - w->first];
    for (; rest && w->partials.at[rest].level == level; level++) {
        a = grad_join(w->graph, w->partials.at[rest].a, a);
        rest = drop(w, rest);
    }
    uint32_t i = w->free;
    if (i) {
        w->free = w->partials.at[i].next;
    } else {
        i = w->partials.n;
        vec_push(w->graph->tables->arena, &w->partials, (struct partial){0});
    }
    w->partials.at[i] = (struct partial){a, level, rest};
    w->head[x - w->first] = i;
}

/* All that x received, as one; x's list is that one afterwards. */
static struct adjoint take(struct grad *w, ir_id x)
{
    struct partial *p = &w->partials.at[w->head[x - w->first]];
    struct adjoint sum = p->a;
    for (uint32_t i = p->next; i; i = drop(w, i)) sum = grad_join(w->graph, w->partials.at[i].a, sum);
    p->a = sum;
    p->next = 0;
    return sum;
}

ir_id grad_drain(struct grad *w, ir_id x)
{
    if (!w->head[x - w->first]) return 0;
    struct adjoint sum = take(w, x);
    w->head[x - w->first] = drop(w, w->head[x - w->first]);
    return grad_plain(w->graph, sum);
}

/* ---- loops ---- */

static struct passed_loop *passed_loop(const struct grad *w, ir_id loop)
{
    uint32_t from = 0, to = w->loops.n;
    while (from < to) {
        uint32_t k = (from + to) / 2;
        if (w->loops.at[k].loop == loop) return &w->loops.at[k];
        if (w->loops.at[k].loop < loop)
            from = k + 1;
        else
            to = k;
    }
    return NULL;
}

static bool meet_loop(struct grad *w, ir_id id)
{
    const struct ir_node *n = ir_at(w->graph, id);
    struct arena *a = w->graph->tables->arena;
    bool *wanted = arena_many(a, bool, n->n_arg), any = false;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        wanted[i] = grad_wants(w, n->arg[i]) && ir_at(w->graph, n->arg[i])->type == IR_REAL;
        any |= wanted[i];
    }
    if (!any) return false;
    const struct ir_loop *l = ir_loop_of(w->graph, id);
    struct passed_loop p = {.loop = id, .flow = loop_flow(l, wanted)};
    p.part = arena_many(a, struct adjoint, l->n_carry + l->collect.n);
    vec_push(a, &w->loops, p);
    return true;
}

static bool part_depends(const struct grad *w, const struct ir_node *part)
{
    const struct passed_loop *p = grad_wants(w, part->arg[0]) ? passed_loop(w, part->arg[0]) : NULL;
    return p && p->flow.part[part->attr[0]];
}

static bool node_depends(struct grad *w, ir_id id)
{
    const struct ir_node *n = ir_at(w->graph, id);
    if (!grad_passes[n->op]) return false;
    if (is_loop(n)) return meet_loop(w, id);
    if (is_part(n)) return part_depends(w, n);
    for (uint32_t i = 0; i < n->n_arg; i++)
        if (grad_wants(w, n->arg[i])) return true;
    return false;
}

static void find_dependent(struct grad *w, uint32_t *depends, const ir_id *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (x[i] <= w->last) depends[x[i] - w->first] = TARGET;
    for (ir_id id = w->first; id <= w->last; id++)
        if (!depends[id - w->first] && node_depends(w, id)) depends[id - w->first] = LEADS;
}

static bool passes_on(const struct grad *w, ir_id id)
{
    const struct ir_node *n = ir_at(w->graph, id);
    if (!grad_passes[n->op]) return false;
    if (is_part(n)) return part_depends(w, n);
    for (uint32_t i = 0; i < n->n_arg; i++)
        if (grad_wants(w, n->arg[i])) return true;
    return false;
}

static void walk(struct grad *w)
{
    struct ir_graph *g = w->graph;
    ir_id before = g->n;
    for (ir_id id = w->last; id >= w->first && !w->failed; id--) {
        if (is_loop(ir_at(g, id))) {
            struct passed_loop *p = grad_wants(w, id) ? passed_loop(w, id) : NULL;
            g->here = ir_at(g, id)->at;
            if (p && p->received) w->failed |= !grad_loop(g, w, w->diags, id, &p->flow, p->part);
        }
        if (!w->head[id - w->first]) continue;
        struct ir_node n = *ir_at(g, id);
        g->here = n.at;
        struct adjoint a = take(w, id);
        if (w->depends[id - w->first] != TARGET) (void)drop(w, w->head[id - w->first]);
        if (n.name && !a.mask && a.g >= before && !ir_at(g, a.g)->name)
            ir_name(g, a.g, arena_printf(g->tables->arena, "d_%s", n.name));
        if (!passes_on(w, id)) continue;
        if (is_part(&n)) {
            struct passed_loop *p = passed_loop(w, n.arg[0]);
            p->part[n.attr[0]] = a;
            p->received = true;
            continue;
        }
        const char *why = ir_ops[n.op].no_derivative;
        if (why) {
            diag_error(w->diags, E0501, n.at, "`%s` has no derivative: %s", ir_ops[n.op].name, why);
            w->failed = true;
        } else {
            grad_pass_back(g, w, id, a);
        }
    }
}

/* The whole: what y received goes down to x. Room for depends and head is the caller's, all 0. */
static bool run(struct grad *w, uint32_t *depends, const struct flow_ends *e, ir_id *dx)
{
    struct ir_graph *g = w->graph;
    w->depends = depends;
    vec_push(g->tables->arena, &w->partials, (struct partial){0}); /* index 0 is none */
    find_dependent(w, depends, e->x, e->n_x);
    struct span here = g->here;
    for (uint32_t k = 0; e->start && k < e->n_x; k++)
        if (e->start[k]) grad_receive(w, e->x[k], (struct adjoint){e->start[k], 0});
    for (uint32_t k = 0; k < e->n_y; k++)
        if (grad_wants(w, e->y[k])) grad_receive(w, e->y[k], (struct adjoint){e->seed[k], 0});
    walk(w);
    g->here = here;
    for (uint32_t i = 0; i < e->n_x && !w->failed; i++)
        if (e->x[i] <= w->last && w->head[e->x[i] - w->first]) dx[i] = grad_plain(g, take(w, e->x[i]));
    return !w->failed;
}

static bool reverse_in(struct ir_graph *g, struct diags *d, const struct flow_ends *e, ir_id *dx, bool inside)
{
    struct ir_tables *t = g->tables;
    struct grad w = {.graph = g, .diags = d, .first = e->n_x ? e->x[0] : 1};
    for (uint32_t i = 0; i < e->n_x; i++) {
        dx[i] = 0;
        if (e->x[i] < w.first) w.first = e->x[i];
    }
    for (uint32_t k = 0; k < e->n_y; k++)
        if (e->y[k] > w.last) w.last = e->y[k];
    for (uint32_t i = 0; e->start && i < e->n_x; i++)
        if (e->start[i] && e->x[i] > w.last) w.last = e->x[i];
    if (w.last >= w.first && e->n_x) {
        size_t span = (size_t)(w.last - w.first) + 1;
        uint32_t *depends =
            inside ? arena_many(t->arena, uint32_t, span) : ir_scratch(t, SCRATCH_DEPENDS, span);
        w.head = inside ? arena_many(t->arena, uint32_t, span) : ir_scratch(t, SCRATCH_ADJOINT, span);
        if (!run(&w, depends, e, dx)) return false;
    }
    for (uint32_t i = 0; i < e->n_x; i++)
        if (!dx[i]) dx[i] = ir_full(g, 0, ir_at(g, e->x[i])->shape);
    return true;
}

bool grad_inside(struct ir_graph *g, struct diags *d, const struct flow_ends *e, ir_id *dx)
{
    return reverse_in(g, d, e, dx, true);
}

/* dx[i] = the sum over k of seed[k] * dy[k]/dx[i]. */
static bool reverse(struct ir_graph *g, struct diags *d, const ir_id *y, const ir_id *seed, uint32_t n_y,
                    const ir_id *x, uint32_t n, ir_id *dx)
{
    struct flow_ends e = {.y = y, .seed = seed, .n_y = n_y, .x = x, .n_x = n};
    return reverse_in(g, d, &e, dx, false);
}

bool grad_reverse(struct ir_graph *g, struct diags *d, ir_id y, ir_id seed, const ir_id *x, uint32_t n, ir_id *dx)
{
    if (!seed) seed = ir_full(g, 1, ir_at(g, y)->shape);
    return reverse(g, d, &y, &seed, 1, x, n, dx);
}

/* The vjp is linear in its seed u, so the transpose of that map takes xdot to the derivative of y along xdot. */
ir_id grad_forward(struct ir_graph *g, struct diags *d, ir_id y, const ir_id *x, const ir_id *xdot, uint32_t n)
{
    ir_id u = ir_hole(g, ir_at(g, y)->shape), along;
    ir_id *v = arena_many(g->tables->arena, ir_id, n);
    if (!reverse(g, d, &y, &u, 1, x, n, v)) return 0;
    if (!reverse(g, d, v, xdot, n, &u, 1, &along)) return 0;
    /* An adjoint written by hand need not be linear: its slope at 0 then. */
    ir_id zeros = ir_full(g, 0, ir_at(g, y)->shape);
    return ir_substitute(g, along, &u, &zeros, 1);
}
