/* The reference interpreter: evaluates a graph node by node in f64, written without a look at emission. The oracle. */
#ifndef NNGEN_IR_INTERP_H
#define NNGEN_IR_INTERP_H

#include "codegen/ir/program.h"

/* Where leaves find their values. Arrays are row by row in the sizes of this call; INT ones hold whole doubles. */
struct interp_env {
    const int64_t *dims;         /* run-time dims */
    const double *const *inputs; /* by index; likewise below */
    const double *const *params;
    const double *const *states;
    const double *const *slots;  /* [slot * n_params + param] */
    const double *numbers;
    double tick;
    uint64_t key;                /* of OP_random */
    uint32_t n_params;
    bool single;                 /* round every result to f32 */
    void (*seen)(void *user, ir_id id, const double *value, int64_t n); /* of each node, but of loops' bodies; or NULL */
    void *user;
};

/* value[i] becomes the i-th root's elements (allocated in a). False if memory or a size limit was hit, or an index was
 * out of range; *why says so. */
bool interp_run(const struct ir_graph *g, const struct interp_env *env, const ir_id *root, uint32_t n, struct arena *a,
                double **value, const char **why);

/* An elementwise row on numbers; x has three. Folding uses it too, so that a folded constant is what would be computed. */
double interp_scalar(enum ir_op op, const double *x);

/* A graph without leaves but constants: used by lowering for samples and constants. */
bool interp_constant(const struct ir_graph *g, ir_id root, struct arena *a, double **value, const char **why);

#endif
