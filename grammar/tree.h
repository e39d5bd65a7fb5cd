/* Constructors for the grammar's actions: one call an action. They check what the grammar is too coarse to say, and
 * count nesting; no names are resolved. */
#ifndef NNGEN_GRAMMAR_TREE_H
#define NNGEN_GRAMMAR_TREE_H

#include "grammar/filter.h"

struct ast *tree_node(struct parser *p, enum ast_kind kind, struct span at, struct ast **kids, size_t n);
struct ast *tree_named(struct parser *p, enum ast_kind kind, struct span at, const char *name, struct span name_span,
                       struct ast **kids, size_t n);
/* The same node with another kind, span or operator; returned for use in one expression. */
struct ast *tree_as(struct ast *a, enum ast_kind kind, struct span at);
struct ast *tree_op(struct ast *a, int op);
/* One more level of nesting around `a`; too many are reported once. */
struct ast *tree_deeper(struct parser *p, struct ast *a);

struct ast *tree_unary(struct parser *p, int op, struct span at, struct ast *a);
struct ast *tree_binary(struct parser *p, int op, struct span at, struct ast *left, struct ast *right);
/* What was reported, and the names it would have bound, so that nobody misses them too. blocks: those in it, or NULL. */
struct ast *tree_error(struct parser *p, const struct ast *blocks);
/* The statement, or an error in its place if something in it, outside its blocks, has been reported. */
struct ast *tree_sound(struct parser *p, struct ast *statement);
struct ast *tree_block(struct parser *p, struct ast *statements, struct span at);
struct ast *tree_equals_block(struct parser *p, struct span equals, struct ast *block);
struct ast *tree_call(struct parser *p, struct span at, struct ast *callee, struct ast *arguments);
struct ast *tree_deriv(struct parser *p, struct span at, struct ast *y, struct ast *x);
struct ast *tree_adjoint(struct parser *p, struct span at, struct ast *names, struct ast *values);
struct ast *tree_target(struct parser *p, struct ast *call);
struct ast *tree_assign(struct parser *p, struct span at, struct ast *value, struct ast *targets);

#endif
