/* Dealing groups out to threads. Only files of this room include it. */
#ifndef NNGEN_EMIT_SHARE_H
#define NNGEN_EMIT_SHARE_H

#include "codegen/emit/conv.h"
#include "codegen/emit/unit.h"

/* Before functions are cut: deals the groups out to threads, in rounds with barriers between, if that pays; then they
 * are in another order. */
void emit_share(struct unit *u);

/* How many of so many portions each thread has a multiple of, but for the last one. */
int64_t emit_portions_by(struct unit *u, ir_size portions);

#endif
