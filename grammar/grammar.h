/* The front end's door: text to tree. */
#ifndef NNGEN_GRAMMAR_GRAMMAR_H
#define NNGEN_GRAMMAR_GRAMMAR_H

#include "grammar/ast.h"

/* Parses one file. Returns its AST_file, or NULL after reporting at least one error to c->diags. */
struct ast *parse_source(struct context *c, const struct source *file);
/* The same, and what could be read of a file with errors: AST_error stands for each statement that was reported. NULL
 * where there is no sense in reading on. */
struct ast *parse_recovered(struct context *c, const struct source *file);

/* What a name that others use is here, to be said where it is unknown; NULL for all others. */
const char *foreign_name(const char *name);

/* The standard library, embedded at build time: `text` is a .nn program. Ends with a row of NULLs. */
struct prelude_file {
    const char *path; /* "<prelude>/loss.nn" */
    const char *text;
};
extern const struct prelude_file prelude_files[];

#endif
