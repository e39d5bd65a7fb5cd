/* A program as NumPy: init, forward, the backward pass written out, and the training step, for people and as an oracle.
 */
#ifndef NNGEN_NUMPY_NUMPY_H
#define NNGEN_NUMPY_NUMPY_H

#include "codegen/ir/program.h"

/* False after a report: an operation that cannot be said in NumPy, where it stands. */
bool emit_numpy(const struct ir_program *p, const struct ir_entry entries[ENTRY_KINDS], struct text *out);

struct numpy_text { /* a function that emitted text may carry: "helpers.py" cut at its blank lines */
    const char *path, *text;
};
extern const struct numpy_text numpy_texts[]; /* ends with a NULL path */

#endif
