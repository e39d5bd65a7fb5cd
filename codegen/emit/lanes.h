/* The layout of convolutions: samples side by side. */
#ifndef NNGEN_EMIT_LANES_H
#define NNGEN_EMIT_LANES_H

#include "codegen/emit/unit.h"

/* The same entry point with what is convolved, and all that is computed element by element between convolutions, in blocks
 * of samples: an array [N, C, H, W] there is [N / L, C, H, W, L], so that whatever is done is done to L neighbours in memory. L is 16 or 8 where these divide N, else there is
 * one block of N, or a few more lanes that nobody reads.
 * `e` itself where nothing is convolved or the samples cannot be dealt out. The nodes that copy from one layout to the
 * other are added to `copies`: they are to be held. */
const struct ir_entry *lanes_entry(const struct ir_program *p, const struct ir_entry *e, struct arena *a, ids *copies);

/* For one sample, and for a few where rows are long, with the pixels of a row side by side as they are: the same entry point with the results of convolutions, and
 * zeros around what they read, in an order that ends with rows. `e` itself where nothing is convolved. */
const struct ir_entry *rows_entry(const struct ir_program *p, const struct ir_entry *e, struct arena *a);
#endif
