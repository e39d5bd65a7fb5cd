/* Functions of a file for products of matrices, one for all products of a shape. */
#ifndef NNGEN_EMIT_TILED_H
#define NNGEN_EMIT_TILED_H

#include "codegen/emit/structs.h"
#include "codegen/emit/unit.h"

/* The name of the function that does so: one that is there, or a new one. */
const char *tiled_name(struct unit *u, const struct tiled *t);
/* All of them. */
void tiled_print(const struct header *h, const struct calls *calls, struct text *out);

#endif
