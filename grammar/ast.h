/* The tree, as written: no names resolved, no sugar removed, so that it can be printed back. */
#ifndef NNGEN_GRAMMAR_AST_H
#define NNGEN_GRAMMAR_AST_H

#include "base/context.h"

enum ast_kind {
#define AST(kind, word) AST_##kind,
#include "grammar/ast.def"
#undef AST
    AST_KINDS
};

/* Operators are their character, or one of these. */
enum ast_op {
    AST_POW = 256, /* ** */
    AST_LE,
    AST_GE,
    AST_EQ,
    AST_NE,
    AST_AND,
    AST_OR,
    /* '+' '-' '*' '/' '@' '<' '>' '=' stand for themselves; '!' is not */
};

struct ast {
    enum ast_kind kind;
    int op;
    struct span span;     /* all of it */
    struct span name_span; /* of `name`, where it has one of its own */
    const char *name;     /* interned; NULL if none */
    double number;
    const char *doc;      /* doc comment of a declaration (decl, dim_one, fn, layer, ...), or NULL */
    uint32_t n;
    uint32_t depth;       /* levels of nesting in it, at most 256: recursion over kids, but for the first of a chain, is bounded */
    struct ast **kid;     /* n of them; a NULL kid is an absent part */
};

extern const char *const ast_word[AST_KINDS];

/* Constructors: the only way a grammar action makes a node. Kids that are NULL are absent parts. */
struct ast *ast_new(struct context *c, enum ast_kind kind, struct span at);
struct ast *ast_add(struct context *c, struct ast *to, struct ast *kid); /* returns `to`, its span widened */

/* Prints the tree as indented words, one node a line: what --dump=ast shows. */
void ast_dump(const struct ast *tree, struct text *out);
/* Prints the program back in the one canonical layout, comments kept. `file` is the source it was parsed from. */
void ast_format(struct context *c, const struct ast *tree, const struct source *file, struct text *out);

#endif
