/* Functions of a file for products of matrices, one for all products of a shape. */
#ifndef NNGEN_EMIT_TILED_H
#define NNGEN_EMIT_TILED_H

#include "codegen/emit/structs.h"
#include "codegen/emit/unit.h"

/* The name of the function that does so: one that is there, or a new one. */
const char *tiled_name(struct unit *u, const struct tiled *t);
/* What leaves a corner out is a call for each block of rows or columns: these, of the matrices by these names. */
struct corner_text {
    const char *a, *b, *c;
    const char *kernel; /* the library's; NULL: the functions that files carry */
};
void tiled_print_corner(const struct tiled *t, const struct corner_text *x, struct text *out);
/* All of them. */
void tiled_print(const struct header *h, const struct calls *calls, struct text *out);

#endif
