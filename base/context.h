/* What every pass of one compilation is handed. */
#ifndef NNGEN_BASE_CONTEXT_H
#define NNGEN_BASE_CONTEXT_H

#include "base/diag.h"
#include "base/names.h"

struct context {
    struct arena arena;      /* lives as long as the compilation's results */
    struct arena scratch[2]; /* for whoever runs at the moment, who sets their oom, marks and rewinds them */
    struct names names;
    struct sources sources;
    struct diags diags;
};

/* The caller arms `oom` first; the context must not move afterwards. */
void context_init(struct context *c, jmp_buf *oom);
void context_free(struct context *c);

#endif
