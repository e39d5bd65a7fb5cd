/* Convolutions in blocks of samples (lanes.h) as calls of a kernel with literal shapes. */
#ifndef NNGEN_EMIT_CONV_H
#define NNGEN_EMIT_CONV_H

#include "codegen/emit/structs.h"
#include "codegen/emit/unit.h"

/* Whether the contraction is one, as what it reads is held so far: what is read through zeros put around it then stays so. */
bool conv_is(struct unit *u, ir_id id);
/* The convolution in a sum of one and a number for each output: 0 if it is none, or others read the convolution too. */
ir_id conv_in_sum(struct unit *u, ir_id id);
/* The label that can be dealt out to threads, as a mask: samples, or of gradients the outputs. */
uint32_t conv_shared_labels(struct unit *u, ir_id id, bool *outputs);
/* Whether it, or such a sum, was printed as a call. */
bool conv_print_product(struct body *b, ir_id id);
/* In JIT text: the kernels that these functions call. */
void conv_declare(const struct calls *calls, bool single, struct text *out);
/* The functions that were called. */
void conv_print(const struct header *h, const struct calls *calls, struct text *out);

#endif
