/* How the structs of emitted C lie in memory: worked out once, printed into the header by the emitter, and read by the
 * host to drive a compiled model. Offsets are those of the usual ABI (every member aligned to its size); a test compares
 * them with offsetof. */
#ifndef NNGEN_EMIT_ABI_H
#define NNGEN_EMIT_ABI_H

#include "codegen/ir/program.h"

enum abi_type { ABI_REAL, ABI_INT, ABI_SIZE, ABI_U64, ABI_REAL_PTR, ABI_INT_PTR };

enum abi_what {
    ABI_DIM,     /* inputs: a run-time dim (size_t) */
    ABI_INPUT,   /* inputs: index of the input; by value where rank is 0, else a pointer */
    ABI_OUTPUT,  /* outputs: index; rank 0 by value, else a pointer, NULL if not wanted */
    ABI_WRT,     /* outputs: gradient of wrt[index] */
    ABI_PARAM,   /* params: index; an array by value */
    ABI_STATE,   /* state: index; an array by value */
    ABI_SEED,    /* state: uint64_t seed */
    ABI_CALLS,   /* state: uint64_t calls */
    ABI_TICK,    /* opt: uint64_t t */
    ABI_NUMBER,  /* opt: index of the optimizer number */
    ABI_SLOT,    /* opt: slot * n_params + param */
    ABI_UNUSED,  /* the one member of an empty struct */
};

struct abi_field {
    enum abi_what what;
    uint32_t index;
    enum abi_type type;
    const char *path; /* as said in C: "fc1.W", "m.fc1.W"; reserved names already with their underscore */
    size_t offset;
    size_t count;     /* elements held by value: at the bound of run-time dims */
};

struct abi_struct {
    vec(struct abi_field) fields; /* those of one kind stand together, by index */
    uint32_t first[ABI_UNUSED + 1]; /* the field of index 0 of a kind, plus 1; 0 if there is none */
    size_t size;
};

struct abi {
    bool single; /* reals are float */
    struct abi_struct params, inputs, outputs, opt, state;
    size_t work_size; /* bytes of NAME_work, filled by the emitter's memory plan */
};

struct abi *abi_new(const struct ir_program *p, bool single);
const struct abi_field *abi_find(const struct abi_struct *s, enum abi_what what, uint32_t index);

#endif
