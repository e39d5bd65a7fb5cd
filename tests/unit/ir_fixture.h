/* A fresh graph a test, and short ways to build and read it. */
#ifndef NNGEN_TESTS_IR_FIXTURE_H
#define NNGEN_TESTS_IR_FIXTURE_H

#include "codegen/ir/grad.h"
#include "codegen/ir/interp.h"
#include "codegen/ir/simplify.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct context ctx;
static jmp_buf oom;
static struct ir_graph *g;
static struct ir_sizes *sizes;
static uint32_t n_inputs;

static int setup(void **state)
{
    (void)state;
    if (setjmp(oom)) return -1;
    context_init(&ctx, &oom);
    g = ir_graph_new(ir_tables_new(&ctx.arena));
    sizes = g->tables->sizes;
    n_inputs = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    context_free(&ctx);
    return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static inline const struct ir_shape *shape(unsigned rank, ...)
{
    ir_size dim[RANK_MAX];
    va_list ap;
    va_start(ap, rank);
    for (unsigned i = 0; i < rank; i++) dim[i] = va_arg(ap, ir_size);
    va_end(ap);
    return ir_shape_of(g->tables, rank, dim);
}
#define SCALAR shape(0)
#define VECTOR(n) shape(1, (ir_size)(n))
#define MATRIX(n, m) shape(2, (ir_size)(n), (ir_size)(m))

static inline ir_id input(const struct ir_shape *s)
{
    return ir_leaf(g, OP_input, IR_REAL, s, n_inputs++, 0);
}

#define MAP1(op, a) ir_map1(g, OP_##op, a)
#define MAP2(op, a, b) ir_map2(g, OP_##op, a, b)
#define MAP3(op, a, b, c) ir_map3(g, OP_##op, a, b, c)

static inline ir_id sum(ir_id x)
{
    return ir_reduce(g, OP_sum, x, (1u << ir_at(g, x)->shape->rank) - 1);
}

static inline ir_id grad(ir_id y, ir_id x)
{
    ir_id dx;
    assert_true(grad_reverse(g, &ctx.diags, y, 0, &x, 1, &dx));
    assert_null(ir_verify(g));
    return dx;
}

/* The elements of a root; inputs in order. */
static inline double *run_graph(const struct ir_graph *of, ir_id root, const double *const *inputs)
{
    double *v = NULL;
    const char *why = NULL;
    struct interp_env env = {.inputs = inputs};
    if (!interp_run(of, &env, &root, 1, &ctx.arena, &v, &why)) fail_msg("%s", why);
    return v;
}

static inline double *run(ir_id root, const double *const *inputs)
{
    return run_graph(g, root, inputs);
}

#endif
