/* Where values come from: constants, the caller's arrays, counters put through a mixer. */
#include "codegen/ir/interp_inside.h"

#include <string.h>

#define GOLDEN 0x9e3779b97f4a7c15u

static bool copy(struct interp *in, const char *what, const double *const *from, uint64_t index,
                 const struct tensor *shape, double *y)
{
    if (!from || !from[index]) return interp_fail(in, "%s has no value here", what);
    if (shape->n) memcpy(y, from[index], (size_t)shape->n * sizeof *y);
    return true;
}

bool interp_const(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)in, (void)shape;
    *y = ir_const_value(node);
    return true;
}

bool interp_tensor(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    return copy(in, "a constant", in->graph->tables->data.at, (uint64_t)node->attr[0], shape, y);
}

bool interp_input(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    return copy(in, "an input", in->env->inputs, (uint64_t)node->attr[0], shape, y);
}

bool interp_param(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    return copy(in, "a parameter", in->env->params, (uint64_t)node->attr[0], shape, y);
}

bool interp_state(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    return copy(in, "a state", in->env->states, (uint64_t)node->attr[0], shape, y);
}

bool interp_slot(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    uint64_t index = (uint64_t)node->attr[0] * in->env->n_params + (uint64_t)node->attr[1];
    return copy(in, "a state of the optimizer", in->env->slots, index, shape, y);
}

bool interp_dimval(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)shape;
    int64_t v = 0;
    if (!interp_size(in, (ir_size)node->attr[0], &v)) return false;
    *y = (double)v;
    return true;
}

bool interp_number(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)shape;
    if (!in->env->numbers) return interp_fail(in, "a number of the optimizer has no value here");
    *y = in->env->numbers[node->attr[0]];
    return true;
}

bool interp_tick(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)node, (void)shape;
    *y = in->env->tick;
    return true;
}

/* simplify() puts the number of the entry point in its place; a graph as lowered is that of forward and of tests. */
bool interp_training(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)in, (void)node, (void)shape;
    *y = 0;
    return true;
}

static uint64_t mix(uint64_t z)
{
    z ^= z >> 30;
    z *= 0xbf58476d1ce4e5b9u;
    z ^= z >> 27;
    z *= 0x94d049bb133111ebu;
    z ^= z >> 31;
    return z;
}

bool interp_random(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    uint64_t stream = mix(in->env->key + GOLDEN * (uint64_t)node->attr[0]);
    for (int64_t i = 0; i < shape->n; i++) y[i] = (double)(mix(stream + GOLDEN * (uint64_t)(i + 1)) >> 40) / 16777216.0;
    return true;
}

bool interp_iota(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)in, (void)node;
    for (int64_t i = 0; i < shape->n; i++) y[i] = (double)i;
    return true;
}

bool interp_hole(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)node, (void)shape, (void)y;
    return interp_fail(in, "a value that is given later has none yet");
}
