/* The header's text: types and prototypes, and the comment that tells how to use them. */
#ifndef NNGEN_EMIT_STRUCTS_H
#define NNGEN_EMIT_STRUCTS_H

#include "codegen/emit/abi.h"
#include "codegen/emit/emit.h"

struct header {
    const struct ir_program *p;
    const struct emit_options *o;
    const struct abi *abi;
    const char *prefix, *upper, *real;
    size_t reals, ints; /* of the workspace */
    uint64_t multiply_adds[ENTRY_KINDS];
    bool present[ENTRY_KINDS];
    const char *suffix;            /* of a stage's names, see selfcheck.h; NULL: the model's own */
    size_t check_reals, check_ints; /* of the workspace for --selfcheck */
};

void header_types(const struct header *h, struct text *out);
void header_outputs(const struct header *h, struct text *out);
void header_prototypes(const struct header *h, struct text *out);
void header_print(const struct header *h, struct text *out);
/* "mlp_status mlp_forward(const mlp_params *p, ...)". Parts of a function have its parameters too. */
void header_signature(const struct header *h, enum ir_entry_kind kind, const char *result, const char *suffix, struct text *out);
/* The parameters of an entry, by their one-letter names: "p s o in out g w seed" as far as it has them. */
const char *const *header_parameters(const struct header *h, enum ir_entry_kind kind);

extern const char *const header_entry_names[ENTRY_KINDS];

#endif
