/* What the files of the interpreter share. A step computes one node from the values of its arguments. */
#ifndef NNGEN_IR_INTERP_INSIDE_H
#define NNGEN_IR_INTERP_INSIDE_H

#include "codegen/ir/interp.h"

struct tensor { /* a value in the sizes of this call, row by row */
    const double *v;
    int64_t n; /* elements */
    unsigned rank;
    int64_t dim[RANK_MAX];
};

/* One turn of a loop, for the leaves of its body. */
struct interp_turn {
    double number;
    const double *const *carry, *const *row, *const *outer; /* by the leaf's k */
};

/* What a loop has left, for its OP_part nodes. */
struct interp_parts {
    const struct ir_node *loop;
    double **part;
};

struct interp {
    const struct ir_graph *graph;
    const struct interp_env *env;
    const struct interp_turn *turn; /* NULL outside of loops */
    const double **value; /* by node; NULL while not computed */
    struct arena *arena; /* what a step takes for itself, it rewinds */
    vec(struct interp_parts) parts;
    char why[160];
};

/* y has room for the node's elements, whose sizes `shape` holds (its v is not set). False after interp_fail. */
typedef bool interp_step(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y);

/* A step by the node's name for every row that is neither elementwise nor an identity: a row without one does not link.
 */
#define STEP_LEAF(name) STEP(name)
#define STEP_REDUCE(name) STEP(name)
#define STEP_MOVE(name) STEP(name)
#define STEP_CONTRACT(name) STEP(name)
#define STEP_CALL(name) STEP(name)
#define STEP_WRAP(name)
#define STEP_MAP(name)

#define STEP(name) interp_step interp_##name;
#define OP(name, arity, class, result, flags, lo, hi, text, prec, adjoint) STEP_##class(name)
#include "codegen/ir/ops.def"
#undef OP
#undef STEP

interp_step interp_map; /* all elementwise rows */

/* The sizes of a node in this call, and its value. False if a size is not to be had. */
bool interp_shape(struct interp *in, const struct ir_shape *s, struct tensor *t);
bool interp_size(struct interp *in, ir_size s, int64_t *v);
struct tensor interp_arg(struct interp *in, const struct ir_node *node, uint32_t k);
bool interp_fail(struct interp *in, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* returns false */

/* Evaluates the roots of a graph into value[i], which have room for them. False after interp_fail on `caller`. */
bool interp_body(struct interp *caller, const struct ir_graph *g, const struct interp_turn *turn, const ir_id *root,
                 uint32_t n, double *const *value);

/* psi and its derivatives; n = 0 is digamma. */
double interp_psi(double n, double x);

/* Sums in pairs, pairs of pairs, ...: the error grows like log2 of the number of terms. */
struct pairwise {
    uint64_t n;
    double part[64]; /* part[k]: the sum of 2^k neighbours, where bit k of n is set */
};
void pairwise_add(struct pairwise *p, double x);
double pairwise_sum(const struct pairwise *p); /* 0 of nothing */

#endif
