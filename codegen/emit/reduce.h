/* Reductions in loops. Only files of this room include it. */
#ifndef NNGEN_EMIT_REDUCE_H
#define NNGEN_EMIT_REDUCE_H

#include "codegen/emit/unit.h"

/* How the reductions of a phase are made: in loops; all steps written out, where they are few, so that the loop around
 * them is the innermost; or sums in parts, which compilers can make at once, as they may not change the order of
 * additions. */
enum steps { STEPS_LOOP, STEPS_WRITTEN_OUT, STEPS_IN_LANES };

struct running { /* the running variable of a reduction */
    const char *name, *index;
    const char *lost; /* where sums are side by side: the sum's error */
    bool careful; /* name[0] + name[1], or name + lost, see sum.h of the kernels */
    bool found;   /* the most that was found with its position */
    bool brief;   /* of so few terms that they are written out: in the type of the result */
    bool own;     /* the value's own variable */
    int lanes;    /* 0, or as many parts side by side: name[0..lanes) */
};

bool reduce_is(const struct body *b, const struct member *m);
/* The position of an extreme, not the extreme itself. */
bool reduce_is_index(const struct ir_node *n);
bool reduce_is_most(const struct ir_node *n);
/* What an extreme begins with. */
const char *reduce_worst(struct unit *u, const struct ir_node *n);
/* In double precision: made with care. */
bool reduce_is_long_sum(const struct body *b, const struct ir_node *n);
/* sum(where(argmax(x) == i, x, 0)), of an earlier phase's position: the most there was. 0: it is none. */
ir_id reduce_most_of(struct unit *u, const struct group *g, uint32_t phase, ir_id id);
enum steps reduce_steps(const struct body *b, const struct group *g, const struct phase *ph);
/* With `from`, a constant that is that. */
struct running reduce_begin(struct body *b, ir_id id, enum steps steps, int lanes, const char *from);
void reduce_step(struct body *b, ir_id id, const struct running *r, const char *x);
void reduce_end(struct body *b, ir_id id, const struct running *r);
/* One running variable for each. */
void reduce_phase(struct body *b, const struct group *g, const struct phase *ph, enum steps steps);

/* ---- collapse.c ---- */
/* How many of the last loops of a group of elements are better one; 0: none. */
unsigned collapse_axes(struct body *b, const struct group *g);
/* All loops of the group, these as one. */
void collapse_open(struct body *b, const struct group *g, unsigned axes);
void collapse_close(struct body *b, const struct group *g, unsigned axes);
/* Of JIT text, which has no types to keep to: bit k for each loop that may run on in the next one, as its steps through
 * memory go on everywhere where those of that one end. */
uint32_t collapse_joined(struct unit *u, const struct group *g);

/* ---- rowwise.c ---- */
/* The inner loop of a phase that rows run along which are reduced one by one, or -1. */
int rowwise_axis(const struct body *b, const struct phase *ph);
void rowwise_phase(struct body *b, const struct group *g, const struct phase *ph, unsigned axis);
/* The outer loop of a group that runs along the rows which its reduction crosses, or -1. */
int rowwise_columns(struct body *b, const struct group *g);
void rowwise_print_columns(struct body *b, const struct group *g, unsigned axis);
/* Rows that no vector divides, of functions that are not cheap: their arguments first, then each function over all of its own.
 * False: the group is something else. */
bool rowwise_flat(struct body *b, const struct group *g);

#endif
