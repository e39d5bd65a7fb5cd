/* The compiler's door: text to programs, entry points, C. */
#ifndef NNGEN_CODEGEN_COMPILE_H
#define NNGEN_CODEGEN_COMPILE_H

#include "codegen/emit/emit.h"
#include "codegen/lower/lower.h"
#include "codegen/numpy/numpy.h"
#include "codegen/teach/teach.h"

struct compilation {
    struct context *context;
    const struct source *source;
    struct ast *tree;
    struct ir_program *program;
    struct ir_entry entries[ENTRY_KINDS];
};

/* Scan, parse, lower, derive, simplify. False after reports to c->diags; what was made until then is filled in. */
bool compile(struct context *c, const char *path, const char *text, size_t size, const struct lower_options *o,
             struct compilation *out);

/* ast ir grad opt plan c h jit: prints that stage; numpy: the program in NumPy. False if there is no such stage, or after a
 * report. */
bool compile_dump(const struct compilation *k, const char *stage, const struct emit_options *o, struct text *out);
extern const char *const compile_stages[]; /* ends with NULL */

/* The file's statements in order; those in blocks of repeat and for stand for themselves, behind theirs. */
const struct statement *compile_statements(const struct compilation *k, uint32_t *n);

/* One stage of a test as a program of its own: no params trained, its expectations as outputs e0, q0, t0, e1, ... in
 * order (value, equal, tolerance where present), entries FORWARD, INIT and STATE_INIT alone. */
struct ir_program *test_program(const struct ir_program *p, const struct ir_stage *stage, struct ir_entry entries[ENTRY_KINDS]);

/* The optimizer alone: a program whose inputs are gradients, one a parameter in their order and of its shape, and whose step
 * updates parameters and moments by them; they lie as those of p. NULL if it draws random numbers, which have their place in
 * the model's state. */
struct ir_program *update_program(const struct ir_program *p, struct ir_entry entries[ENTRY_KINDS]);

#endif
