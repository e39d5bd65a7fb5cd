/* One entry point as functions of C. */
#ifndef NNGEN_EMIT_ENTRY_H
#define NNGEN_EMIT_ENTRY_H

#include "codegen/emit/inside.h"
#include "codegen/emit/quote.h"
#include "codegen/emit/structs.h"

/* Fused and planned; what it needs of the workspace is in reals and ints. */
struct unit *emit_unit_new(const struct ir_program *p, const struct ir_entry *e, const struct emit_options *o, const struct abi *abi,
                      const char *prefix, struct calls *calls);
/* Also where there is nothing to compute: the function then only sets what is not computed (t, seed, numbers). */
void emit_entry(struct unit *u, const struct header *h, struct quotes *q, struct text *out);

#endif
