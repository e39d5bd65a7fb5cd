#include "base/context.h"

void context_init(struct context *c, jmp_buf *oom)
{
    arena_init(&c->arena, oom);
    arena_init(&c->scratch, oom);
    names_init(&c->names, &c->arena);
    sources_init(&c->sources, &c->arena);
    diags_init(&c->diags, &c->arena, &c->sources);
}

void context_free(struct context *c)
{
    arena_free(&c->arena);
    arena_free(&c->scratch);
}
