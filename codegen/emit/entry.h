/* One entry point as functions of C. */
#ifndef NNGEN_EMIT_ENTRY_H
#define NNGEN_EMIT_ENTRY_H

#include "codegen/emit/unit.h"
#include "codegen/emit/quote.h"
#include "codegen/emit/structs.h"

/* A long text is kept in pieces: grown in one, it would be copied again and again. */
struct pieces {
    struct arena *arena;
    vec(struct text) list;
    size_t n; /* bytes in all */
};

/* Takes what was written, and leaves the text empty. */
void pieces_take(struct pieces *p, struct text *t);

/* Fused and planned, in scratch memory; what it needs of the workspace is in reals and ints. With `forward` NULL is the result
 * unless that can be made of the parts that come first, see alike.c. */
struct unit *emit_unit_new(const struct ir_program *p, const struct ir_entry *e, const struct ir_entry *forward,
                           const struct emit_options *o, const struct abi *abi, const char *prefix, struct calls *calls);
/* Also where there is nothing to compute: the function then only sets what is not computed (t, seed, numbers). */
void emit_entry(struct unit *u, const struct header *h, struct quotes *q, struct pieces *out);

#endif
