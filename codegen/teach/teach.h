/* The adjoint of one line of a program, as on a board: steps forward, local derivatives, the chain rule, numbers. */
#ifndef NNGEN_TEACH_TEACH_H
#define NNGEN_TEACH_TEACH_H

#include "codegen/ir/interp.h"

struct statement { /* of the file, in order; those of the block of a repeat or for stand for themselves */
    struct span at;
    bool equation;
    const char *what;   /* where it is none: "declares inputs" */
    const char **names; /* what it binds, of an equation of the form a, b = e */
    uint32_t n_names;
};

struct teach_options {
    const struct statement *statement;
    uint32_t n_statements, which;
    const char *(*math)(const char *name); /* what is known of a library function: "y = ...;  dx = ..."; "": nothing */
    const struct interp_env *env;          /* NULL: without numbers */
    const char *picture;                   /* SVG for the head of the page; or NULL */
};

/* Derivatives are added to the program's graph, so its entry points are made before. False and *why if the statement
 * has no value to derive, or there are no numbers. */
bool teach_text(struct ir_program *p, const struct teach_options *o, struct text *out, const char **why);
/* The whole file as a page of HTML: source, mathematics, and the C that the lines became, which has #line directives.
 */
bool teach_page(struct ir_program *p, const struct teach_options *o, const struct source *file, const char *c,
                struct text *out, const char **why);

#endif
