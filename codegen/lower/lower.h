/* Lowering's door: a tree becomes a program. */
#ifndef NNGEN_LOWER_LOWER_H
#define NNGEN_LOWER_LOWER_H

#include "codegen/ir/program.h"
#include "grammar/grammar.h"

struct lower_define { /* -D name=value */
    const char *name;
    double value;
};

struct lower_options {
    const char *stem;                    /* the model's name where the file gives none */
    const char *path;                    /* of the file: imports and file("..") are relative to its folder */
    const struct lower_define *defines;
    uint32_t n_defines;
    const char *optimizer;               /* --optimizer: replaces `train ...`; source text such as "adam(lr = 1e-3)"; or NULL */
    bool thrifty;                        /* loops that say nothing of it store every so many turns alone, as `checkpoint` does */
    const char *without;                 /* passes to leave out: "fuse,order"; or NULL */
    bool second;                         /* for a check of second derivatives: see second_order() */
    /* Reads a whole file beside the model or on the search path. False and *why if it cannot. May be NULL: no imports. */
    bool (*read)(void *user, const char *from, const char *path, struct text *out, const char **found, const char **why);
    /* Reads an array for `param W[..] = file("w.npy")`. */
    bool (*array)(void *user, const char *from, const char *path, struct arena *a, unsigned *rank, int64_t *dim,
                  double **value, const char **why);
    void *user;
};

/* NULL after at least one report to c->diags. */
struct ir_program *lower_file(struct context *c, const struct ast *file, const struct lower_options *o);

/* For `nngen ops` and did-you-mean: every name of the language that is not in the prelude's files, with its forms.
 * Ends with a row of NULLs. */
struct builtin_info {
    const char *name, *form, *text; /* "concat", "concat[a](x, y, ...)", "joins along an axis, the last unless named" */
};
extern const struct builtin_info builtin_infos[];

#endif
