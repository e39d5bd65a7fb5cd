#include "grammar/ast.h"

void ast_format(struct context *c, const struct ast *tree, const struct source *file, struct text *out)
{
    (void)c, (void)tree, (void)file, (void)out;
}
