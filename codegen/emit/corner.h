/* Corners of matrices: the elements beyond a diagonal. Under a causal mask all that leads to a row's weights is 0, or
 * as good as not there, in one of them, which is then left out: neither computed nor read, in blocks of rows. Only
 * files of this room include it. */
#ifndef NNGEN_EMIT_CORNER_H
#define NNGEN_EMIT_CORNER_H

#include "codegen/emit/unit.h"

enum { CORNER_BLOCK = 16 }; /* rows; and as many columns, since what is left out begins at a multiple of it */

/* What is known of the elements of a node in a corner; `side` says which: 0, beyond the diagonal along the later axis.
 */
struct known {
    struct corner at[2];
    double value[2];
};

/* By node; NULL: nothing is known of any. */
struct known *corner_known(struct unit *u);
/* The corner of what is moved as one of where it goes to; none if it is torn apart. */
struct corner corner_moved(struct unit *u, const struct ir_node *move, const struct corner *c);
/* The other way round: of what is moved. */
struct corner corner_before(struct unit *u, const struct ir_node *move, const struct corner *c);

#endif
