#include "grammar/grammar.h"

#include "grammar/filter.h"

struct ast *parse_source(struct context *c, const struct source *file)
{
    uint32_t before = c->diags.errors;
    if (file->size > FILE_MOST) {
        diag_error(&c->diags, E0601, (struct span){file->base, file->base}, "a file of %u bytes; 16 MiB are the most",
                   file->size);
        return NULL;
    }
    struct parser p;
    parser_init(&p, c, file);
    int rc = nngen_yyparse(&p);
    return rc == 0 && c->diags.errors == before ? p.tree : NULL;
}
