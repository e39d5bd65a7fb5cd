/* --desc: a table of the model's arrays and entry points, so that one host loop drives any model. */
#ifndef NNGEN_EMIT_DESC_H
#define NNGEN_EMIT_DESC_H

#include "codegen/emit/structs.h"

/* Types shared by the headers of all models, and the declaration of NAME_desc. */
void desc_declare(const struct header *h, struct text *out);
/* The tables, for the end of the .c. */
void desc_define(const struct header *h, struct text *out);

#endif
