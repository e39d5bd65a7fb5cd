#include "base/context.h"

void context_init(struct context *c, jmp_buf *oom)
{
    arena_init(&c->arena, oom);
    for (int i = 0; i < 2; i++) arena_init(&c->scratch[i], oom);
    names_init(&c->names, &c->arena);
    sources_init(&c->sources, &c->arena);
    diags_init(&c->diags, &c->arena, &c->sources);
}

void context_free(struct context *c)
{
    arena_free(&c->arena);
    for (int i = 0; i < 2; i++) arena_free(&c->scratch[i]);
}
