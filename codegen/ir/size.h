/* Sizes of axes: polynomials with whole coefficients over the run-time dims, interned, so that equal sizes are equal
 * numbers. A constant is itself: (ir_size)28 is 28. */
#ifndef NNGEN_IR_SIZE_H
#define NNGEN_IR_SIZE_H

#include "base/context.h"

typedef uint32_t ir_size;
#define SIZE_BAD ((ir_size)0xFFFFFFFFu) /* overflow, or a division that does not come out */

struct ir_sizes; /* the table of polynomials of one program */

struct ir_sizes *sizes_new(struct arena *a);
/* A run-time dim, 1..max. Returns its index; dims are numbered from 0 in order. */
uint32_t size_new_dim(struct ir_sizes *t, const char *name, int64_t max);
ir_size size_of_dim(struct ir_sizes *t, uint32_t dim);

ir_size size_const(struct ir_sizes *t, int64_t v); /* negative ones too */
ir_size size_add(struct ir_sizes *t, ir_size a, ir_size b);
ir_size size_sub(struct ir_sizes *t, ir_size a, ir_size b);
ir_size size_mul(struct ir_sizes *t, ir_size a, ir_size b);
ir_size size_div(struct ir_sizes *t, ir_size a, ir_size b);                /* exact, as polynomials; else SIZE_BAD */
bool size_known(const struct ir_sizes *t, ir_size s, int64_t *v);          /* a constant? */
int64_t size_at(const struct ir_sizes *t, ir_size s, const int64_t *dims); /* its value for these run-time dims */
int64_t size_bound(const struct ir_sizes *t, ir_size s); /* no value of it is larger (interval arithmetic) */
int64_t size_least(const struct ir_sizes *t, ir_size s); /* no value of it is smaller, every dim being at least 1 */
/* `64`, `N`, `2*N - 1`, `N*T`: valid C and .nn alike; dim_text gives the text of a run-time dim, NULL: its name. */
void size_print(const struct ir_sizes *t, ir_size s, const char *(*dim_text)(void *user, uint32_t dim), void *user,
                struct text *out);

#endif
