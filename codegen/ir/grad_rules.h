/* What one node passes on to its arguments: the adjoint column of ops.def as C.
 *
 * The vocabulary of the column. Statements:
 *   D(i, e)          argument i receives e           EACH(e)   every argument receives e
 *   ZERO             the derivative is 0             NODIFF("why")   asking for it is an error
 *   BY_HAND          the adjoint the user wrote      BY_LOOP   a loop that runs back: grad_loop.h
 * Expressions, over nodes of y's shape where nothing else is said:
 *   G Y X(i) C(v)    what y receives, y, argument i, a constant
 *   NEG MUL ...      rows of the table; MAP1(row, a) MAP2(row, a, b) for those without a word of their own
 *   WHERE(c, e)      e where c holds, nothing elsewhere: not even the NaN of an infinite derivative times 0
 *   WHERE_NOT(c, e)  e where c does not hold
 *   TRANSPOSED(e)    MOVE: the transpose of the move      PART(e)   concat: the part of e that argument i became
 *   UNREDUCE(e)      REDUCE: e along the axes that went   SUM_LIKE_Y(e)   e summed over those axes
 *   SAME_AS_Y        REDUCE: 1 where the argument is what the reduction found, 0 elsewhere
 *   CONTRACT_BACK(i) argument i's part in a product
 * Of matrices, the last two axes, each batch by itself:
 *   T(e) MATMUL(a, b) SYMMETRIC(e)   the transpose, the product, the mean of e and its transpose
 *   SOLVE_TRANSPOSED(e)   solve, tri_solve: y of the transposed system, of which e is the right side
 *   OUTER(e, y)      solve, tri_solve: e @ T(y), or where the row is of a transposed matrix y @ T(e)
 *   TRIANGLE(e)      tri_solve: e in the triangle that is read, 0 elsewhere
 *   SPREAD(e) INVERSE_TRANSPOSED   logdet: e for every element of argument 0; T of its inverse
 *   HALF_LOWER(e)    the lower triangle of e with half its diagonal, 0 above
 *   BETWEEN_INVERSES(e)   cholesky: inverse of T(y) @ e @ inverse of y */
#ifndef NNGEN_IR_GRAD_RULES_H
#define NNGEN_IR_GRAD_RULES_H

#include "codegen/ir/graph.h"

/* What a node receives: g where mask is not 0, exactly nothing elsewhere, whatever g holds there. mask 0 (no node):
 * g everywhere. Elementwise rules compute on g alone and hand the mask on, so that the NaN of a branch not taken is
 * dropped at the end, while 0 * inf of a branch that was taken stays NaN. */
struct adjoint {
    ir_id g, mask;
};

struct grad; /* the walk that collects: grad.c */

struct rule {
    struct ir_graph *graph;
    struct grad *grad;
    struct ir_node n; /* a copy: the graph may move while adjoints are added */
    ir_id y, g, mask;
    ir_id where;     /* what WHERE added for the argument at hand */
    ir_id stack[16]; /* operands on their way into a node, so that they are built left to right by every compiler */
    unsigned depth;
    ir_size offset; /* concat: where the argument at hand begins */
};

typedef void adjoint_rule(struct rule *r);
extern adjoint_rule *const grad_rules[OP_COUNT];
extern const bool grad_passes[OP_COUNT]; /* false: nothing reaches any argument */

/* Runs the rule of node y, which received a. */
void grad_pass_back(struct ir_graph *g, struct grad *grad, ir_id y, struct adjoint a);

/* The walk's side: does argument x lead to what is differentiated by, and taking in what it receives. */
bool grad_wants(const struct grad *grad, ir_id x);
void grad_receive(struct grad *grad, ir_id x, struct adjoint a);

/* ---- grad_linear.c: the words of linear algebra ---- */
ir_id grad_transpose(struct rule *r, ir_id x);
ir_id grad_matmul(struct rule *r, ir_id a, ir_id b);
ir_id grad_symmetric(struct rule *r, ir_id x);
ir_id grad_solve_transposed(struct rule *r, ir_id x);
ir_id grad_outer(struct rule *r, ir_id x, ir_id y);
ir_id grad_triangle(struct rule *r, ir_id x);
ir_id grad_spread(struct rule *r, ir_id x);
ir_id grad_inverse_transposed(struct rule *r);
ir_id grad_half_lower(struct rule *r, ir_id x);
ir_id grad_between_inverses(struct rule *r, ir_id x);

/* ---- grad_mask.c ---- */
/* Zeros of a select in place of the mask. */
ir_id grad_plain(struct ir_graph *g, struct adjoint a);
/* Both together, masked where neither counts. */
struct adjoint grad_join(struct ir_graph *g, struct adjoint a, struct adjoint b);
ir_id grad_mask_and(struct ir_graph *g, ir_id a, ir_id b); /* either may be 0 */
/* The mask of where a condition holds, or does not. */
ir_id grad_mask_of(struct ir_graph *g, ir_id condition, bool holds);
/* What n receives by this mask its argument i receives by the one that is returned: the axes along which the mask
 * differs came from the argument untouched. 0 where they did not. */
ir_id grad_mask_back(struct ir_graph *g, const struct ir_node *n, uint32_t i, ir_id mask);

#endif
