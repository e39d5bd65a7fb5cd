/* Which passes there are, and which of them a program does without: the results are the same, but for rounding. */
#ifndef NNGEN_IR_PASSES_H
#define NNGEN_IR_PASSES_H

#include <stdbool.h>
#include <stddef.h>

enum pass {
#define PASS(name, about, counted) PASS_##name,
#include "codegen/ir/passes.def"
#undef PASS
    PASS_COUNT
};

struct pass_info {
    const char *name, *about, *counted;
};
extern const struct pass_info pass_infos[PASS_COUNT];
extern const char *const pass_names[]; /* ends with NULL */

/* Of "fuse,order": a bit for each. False: *wrong, so many bytes, is the name of none. */
bool passes_read(const char *list, unsigned *without, const char **wrong, size_t *n_wrong);

#endif
