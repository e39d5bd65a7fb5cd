/* Loops, turn by turn: what is carried lives twice, before and after a turn. */
#include "codegen/ir/interp_inside.h"
#include "codegen/ir/loop.h"

#include <string.h>

struct turning {
    struct interp *in;
    const struct ir_loop *loop;
    int64_t turns, run; /* of those */
    const double **before, **row, **outer;
    double **after, **part;
    int64_t *n_carry, *n_row, *n_collect; /* elements of each */
};

static bool elements(struct interp *in, const struct ir_shape *s, int64_t *n)
{
    struct tensor t;
    if (!interp_shape(in, s, &t)) return false;
    *n = t.n;
    return true;
}

/* Room for what comes out, and what goes in in its place. */
static bool begin(struct turning *w, const struct ir_node *node)
{
    struct interp *in = w->in;
    struct arena *a = in->arena;
    const struct ir_loop *l = w->loop;
    uint32_t n_part = l->n_carry + l->collect.n;
    w->before = arena_many(a, const double *, l->n_carry);
    w->after = arena_many(a, double *, n_part);
    w->row = arena_many(a, const double *, l->n_row);
    w->outer = arena_many(a, const double *, l->n_outer);
    w->part = arena_many(a, double *, n_part);
    w->n_carry = arena_many(a, int64_t, l->n_carry);
    w->n_row = arena_many(a, int64_t, l->n_row);
    w->n_collect = arena_many(a, int64_t, l->collect.n);
    int64_t stop;
    if (!interp_size(in, l->turns, &w->turns) || !interp_size(in, l->stop, &stop)) return false;
    w->run = ir_turns_run(l, w->turns, stop, in->turn ? (int64_t)in->turn->number : 0);
    for (uint32_t k = 0; k < l->n_carry; k++) {
        struct tensor x = interp_arg(in, node, k);
        w->n_carry[k] = x.n;
        w->part[k] = arena_many(a, double, (size_t)x.n);
        w->after[k] = arena_many(a, double, (size_t)x.n);
        if (x.n) memcpy(w->part[k], x.v, (size_t)x.n * sizeof(double));
        w->before[k] = w->part[k];
    }
    for (uint32_t k = 0; k < l->n_row; k++) {
        struct tensor x = interp_arg(in, node, l->n_carry + k);
        if (x.dim[0] != w->turns) return interp_fail(in, "a loop has other turns than what it reads has rows");
        w->n_row[k] = x.n / (w->turns ? w->turns : 1);
    }
    for (uint32_t k = 0; k < l->n_outer; k++) w->outer[k] = interp_arg(in, node, l->n_carry + l->n_row + k).v;
    for (uint32_t k = 0; k < l->collect.n; k++) {
        if (!elements(in, ir_at(l->body, l->collect.at[k])->shape, &w->n_collect[k])) return false;
        w->part[l->n_carry + k] = arena_many(a, double, (size_t)(w->n_collect[k] * w->turns));
    }
    return true;
}

static bool turn(struct turning *w, const struct ir_node *node, const ir_id *root, int64_t t)
{
    const struct ir_loop *l = w->loop;
    for (uint32_t k = 0; k < l->n_row; k++) w->row[k] = interp_arg(w->in, node, l->n_carry + k).v + t * w->n_row[k];
    for (uint32_t k = 0; k < l->collect.n; k++)
        w->after[l->n_carry + k] = w->part[l->n_carry + k] + t * w->n_collect[k];
    struct interp_turn now = {(double)t, w->before, w->row, w->outer};
    if (!interp_body(w->in, l->body, &now, root, l->n_carry + l->collect.n, w->after)) return false;
    for (uint32_t k = 0; k < l->n_carry; k++)
        if (w->n_carry[k]) memcpy(w->part[k], w->after[k], (size_t)w->n_carry[k] * sizeof(double));
    return true;
}

bool interp_loop(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)shape;
    const struct ir_loop *l = in->graph->tables->loops.at[node->attr[0]];
    struct turning w = {.in = in, .loop = l};
    *y = 0;
    if (!begin(&w, node)) return false;
    ir_id *root = arena_many(in->arena, ir_id, l->n_carry + l->collect.n);
    for (uint32_t k = 0; k < l->n_carry; k++) root[k] = l->next[k];
    for (uint32_t k = 0; k < l->collect.n; k++) root[l->n_carry + k] = l->collect.at[k];
    for (int64_t i = 0; i < w.run; i++)
        if (!turn(&w, node, root, l->backward ? w.run - 1 - i : i)) return false;
    struct interp_parts parts = {node, w.part};
    vec_push(in->arena, &in->parts, parts);
    return true;
}

bool interp_part(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    const struct ir_node *loop = ir_at(in->graph, node->arg[0]);
    for (uint32_t i = 0; i < in->parts.n; i++)
        if (in->parts.at[i].loop == loop && shape->n)
            memcpy(y, in->parts.at[i].part[node->attr[0]], (size_t)shape->n * sizeof *y);
    return true;
}

static bool leaf(struct interp *in, const double *v, const struct tensor *shape, double *y)
{
    if (!v) return interp_fail(in, "what a loop's body reads has no value outside of it");
    if (shape->n) memcpy(y, v, (size_t)shape->n * sizeof *y);
    return true;
}

bool interp_turn(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)node;
    return leaf(in, in->turn ? &in->turn->number : NULL, shape, y);
}

bool interp_carry(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    return leaf(in, in->turn ? in->turn->carry[node->attr[0]] : NULL, shape, y);
}

bool interp_row(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    return leaf(in, in->turn ? in->turn->row[node->attr[0]] : NULL, shape, y);
}

bool interp_outer(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    return leaf(in, in->turn ? in->turn->outer[node->attr[0]] : NULL, shape, y);
}
