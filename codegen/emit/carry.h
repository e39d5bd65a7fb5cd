/* Kernels as text: cut out of the headers of runtime/kernels for a file to carry, or declared for JIT text to call. */
#ifndef NNGEN_EMIT_CARRY_H
#define NNGEN_EMIT_CARRY_H

#include "codegen/emit/unit.h"

struct kernel_text {
    const char *name, *text;
};
extern const struct kernel_text kernel_texts[]; /* made by cmake/embed.cmake; ends with NULLs */

/* Definitions of the kernels that are called and of those they need, each once, as static functions; or declarations of
 * those that are called. */
void carry_kernels(const struct calls *calls, bool single, bool declare, struct text *out);
/* Declarations of the <math.h> functions that operations call: JIT text includes no header. */
void carry_math(const struct calls *calls, bool single, struct text *out);
bool carry_any(const struct calls *calls);

#endif
