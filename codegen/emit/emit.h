/* From entry points to text. */
#ifndef NNGEN_EMIT_EMIT_H
#define NNGEN_EMIT_EMIT_H

#include "codegen/emit/abi.h"

enum emit_style {
    EMIT_FILE, /* a .c and a .h for people and compilers */
    EMIT_JIT,  /* one text for libtcc: no header, hex floats, kernels called by name; entry points have external linkage */
};

struct emit_array { /* value NULL: none, or left as it begins */
    const double *value;
    int64_t n;
};

/* Where --selfcheck runs the model: a stage of a test, its settings worked out; or the point at which a derivative is taken. */
struct emit_stage {
    const char *title;
    const struct ir_program *program; /* see test_program; NULL of the derivative's point */
    const struct ir_entry *forward;
    const int64_t *dim;               /* run-time dims */
    const struct emit_array *input, *param, *state;
};

enum { THRIFT_MOST = 3 };

struct emit_options {
    enum emit_style style;
    bool single;         /* float, else double */
    const char *prefix;  /* NULL: the program's name */
    bool std_c99;        /* nothing but C99 in the text: no GNU vectors */
    bool line_directives;
    bool blas;           /* of files: large products are calls of CBLAS */
    bool shared_runtime; /* call libnnrt instead of carrying kernels inside */
    bool desc;           /* also the descriptor of names, shapes, offsets */
    unsigned thrift;     /* 0..THRIFT_MOST: how dear a value may be and still be computed anew rather than kept in memory */
    bool selfcheck, trap_nan;
    bool openmp, openmp_always; /* entry points run on several threads where OpenMP is on, if they are worth it or always */
    const struct emit_stage *stage, *point; /* of selfcheck; point NULL: no derivative */
    uint32_t n_stages;
    const char *header_name; /* what the .c includes: "mlp.h" */
    unsigned only;           /* of the entry points these, as bits by kind; 0: all */
};

enum { HOLDERS = 3 };

struct emit_holder { /* a value that holds memory when most of it is in use */
    struct span at;
    size_t bytes;
};

struct emitted {
    struct text c, h;    /* JIT: only c */
    size_t declarations; /* bytes at the beginning of c in which every function that it calls and has not is declared */
    struct abi *abi;
    size_t work_bytes;   /* memory the entry points need beside the caller's arrays */
    size_t ram_bytes;    /* that, and params, state and what the optimizer keeps */
    struct emit_holder holder[HOLDERS]; /* of the entry point that needs most; bytes 0 behind the last */
    bool threads;        /* some entry point is dealt out to threads */
    uint64_t multiply_adds[ENTRY_KINDS]; /* at the bound of run-time dims */
    const char *refused; /* why there is no text, or NULL */
    struct span refused_at;
};

/* Entry points in the text: NAME_init(params *, uint64_t), NAME_opt_init(opt *), NAME_state_init(state *, uint64_t),
 * NAME_forward, NAME_grad, NAME_step as ARCHITECTURE's "What emitted C promises". In JIT text they take and give the same
 * pointers and int status. */
void emit(const struct ir_program *p, const struct ir_entry entries[ENTRY_KINDS], const struct emit_options *o,
          struct emitted *out);

/* What stands before every exported name: the model's name, or the one that was asked for, as an identifier. */
const char *name_prefix(struct arena *a, const char *name);

/* --dump=plan: groups, steps, buffers, offsets. */
void emit_plan_dump(const struct ir_program *p, const struct ir_entry entries[ENTRY_KINDS], const struct emit_options *o,
                    struct text *out);

#endif
