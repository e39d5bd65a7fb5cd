/* Reverse mode: one walk from y down to what is differentiated by, over the nodes in between. What a node is and what
 * it passes on stand in ops.def alone. */
#include "codegen/ir/grad.h"
#include "codegen/ir/grad_rules.h"

#include <assert.h>

/* Contributions to one node wait as sums of 1, 2, 4, ... of them, at most one of each size: the tree of additions is
 * balanced, and few of them have to be kept. */
struct partial {
    struct adjoint a;
    uint32_t level, next; /* next: index in partials, 0 ends; levels rise along the list */
};

enum { LEADS = 1, TARGET };

struct grad {
    struct ir_graph *graph;
    struct diags *diags;
    ir_id first, last;       /* nodes before have no part in it, those after are new */
    const uint32_t *depends; /* [id - first]: LEADS to some x, or is a TARGET itself; or 0 */
    uint32_t *head;          /* [id - first]: index in partials, 0: received nothing */
    vec(struct partial) partials;
    uint32_t free; /* partials to use again, chained by next */
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

static void find_dependent(struct grad *w, uint32_t *depends, const ir_id *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (x[i] <= w->last) depends[x[i] - w->first] = TARGET;
    for (ir_id id = w->first; id <= w->last; id++) {
        const struct ir_node *node = ir_at(w->graph, id);
        if (depends[id - w->first] || !grad_passes[node->op]) continue;
        for (uint32_t i = 0; i < node->n_arg && !depends[id - w->first]; i++)
            if (grad_wants(w, node->arg[i])) depends[id - w->first] = LEADS;
    }
}

static bool passes_on(const struct grad *w, ir_id id)
{
    const struct ir_node *n = ir_at(w->graph, id);
    if (!grad_passes[n->op]) return false;
    for (uint32_t i = 0; i < n->n_arg; i++)
        if (grad_wants(w, n->arg[i])) return true;
    return false;
}

static void walk(struct grad *w)
{
    struct ir_graph *g = w->graph;
    ir_id before = g->n;
    for (ir_id id = w->last; id >= w->first && !w->failed; id--) {
        if (!w->head[id - w->first]) continue;
        struct ir_node n = *ir_at(g, id);
        g->here = n.at;
        struct adjoint a = take(w, id);
        if (w->depends[id - w->first] != TARGET) (void)drop(w, w->head[id - w->first]);
        if (n.name && !a.mask && a.g >= before && !ir_at(g, a.g)->name)
            ir_name(g, a.g, arena_printf(g->tables->arena, "d_%s", n.name));
        if (!passes_on(w, id)) continue;
        const char *why = ir_ops[n.op].no_derivative;
        if (why) {
            diag_error(w->diags, E0501, n.at, "`%s` has no derivative: %s", ir_ops[n.op].name, why);
            w->failed = true;
        } else {
            grad_pass_back(g, w, id, a);
        }
    }
}

/* dx[i] = the sum over k of seed[k] * dy[k]/dx[i]. */
static bool reverse(struct ir_graph *g, struct diags *d, const ir_id *y, const ir_id *seed, uint32_t n_y,
                    const ir_id *x, uint32_t n, ir_id *dx)
{
    struct grad w = {.graph = g, .diags = d, .first = n ? x[0] : 1};
    for (uint32_t i = 0; i < n; i++)
        if (x[i] < w.first) w.first = x[i];
    for (uint32_t k = 0; k < n_y; k++)
        if (y[k] > w.last) w.last = y[k];
    if (w.last >= w.first && n) {
        size_t span = (size_t)(w.last - w.first) + 1;
        uint32_t *depends = ir_scratch(g->tables, SCRATCH_DEPENDS, span);
        w.depends = depends;
        w.head = ir_scratch(g->tables, SCRATCH_ADJOINT, span);
        vec_push(g->tables->arena, &w.partials, (struct partial){0}); /* index 0 is none */
        find_dependent(&w, depends, x, n);
        struct span here = g->here;
        for (uint32_t k = 0; k < n_y; k++)
            if (grad_wants(&w, y[k])) grad_receive(&w, y[k], (struct adjoint){seed[k], 0});
        walk(&w);
        g->here = here;
    }
    for (uint32_t i = 0; i < n && !w.failed; i++) {
        bool reached = x[i] <= w.last && w.head[x[i] - w.first];
        dx[i] = reached ? grad_plain(g, take(&w, x[i])) : ir_full(g, 0, ir_at(g, x[i])->shape);
    }
    return !w.failed;
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
