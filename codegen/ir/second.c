/* A program whose objective is the gradient of another's, for checks of second derivatives. */
#include "codegen/ir/grad.h"
#include "codegen/ir/program.h"

#include <math.h>

/* Numbers of both signs that no symmetry of a model has, of x's shape. */
static ir_id weights(struct ir_graph *g, ir_id x, uint32_t k)
{
    const struct ir_shape *s = ir_at(g, x)->shape;
    if (!s->rank) return ir_const(g, sin(k + 1));
    ir_id number = ir_map1(g, OP_real, ir_reshape(g, ir_iota(g, ir_elements(g->tables, s)), s));
    ir_id slope = ir_full(g, 1.7, s), start = ir_full(g, k + 1, s);
    return ir_map1(g, OP_sin, ir_map2(g, OP_add, ir_map2(g, OP_mul, number, slope), start));
}

static ir_id dot(struct ir_graph *g, ir_id a, ir_id b)
{
    return ir_reduce(g, OP_sum, ir_map2(g, OP_mul, a, b), (1u << ir_at(g, a)->shape->rank) - 1);
}

static void put_out(struct ir_program *p, const char *name, ir_id node)
{
    struct ir_array out = {.name = name, .shape = ir_at(p->graph, node)->shape, .node = node};
    vec_push(p->tables->arena, &p->outputs, out);
}

bool second_order(struct ir_program *p)
{
    if (!p->objective) return true;
    struct ir_graph *g = p->graph;
    struct arena *a = p->tables->arena;
    struct diags *d = &p->context->diags;
    uint32_t n_params = p->params.n, n = n_params + p->wrt_nodes.n;
    ir_id *x = arena_many(a, ir_id, n), *dx = arena_many(a, ir_id, n), *w = arena_many(a, ir_id, n), sum = 0;
    for (uint32_t k = 0; k < n; k++) x[k] = k < n_params ? p->params.at[k].node : p->wrt_nodes.at[k - n_params];
    if (!grad_reverse(g, d, p->objective, 0, x, n, dx)) return false;
    for (uint32_t k = 0; k < n; k++) w[k] = weights(g, x[k], k);
    p->outputs = (ir_arrays){0};
    p->train = (struct ir_train){0};
    p->loss = -1;
    for (uint32_t k = 0; k < n; k++) {
        ir_id term = dot(g, dx[k], w[k]), along = grad_forward(g, d, dx[k], x, w, n);
        if (!along) return false;
        sum = sum ? ir_map2(g, OP_add, sum, term) : term;
        put_out(p, arena_printf(a, SECOND_ALONG, k), along);
    }
    p->objective = sum;
    if (sum) put_out(p, "slope", sum);
    return true;
}
