/* --selfcheck: the model's tests and a directional derivative, to be run where the model runs. */
#ifndef NNGEN_EMIT_SELFCHECK_H
#define NNGEN_EMIT_SELFCHECK_H

#include "codegen/emit/structs.h"

/* What the checks need of the workspace beside the model's own. */
struct check_room {
    size_t reals, ints;
};

/* "_check_3": what stands behind the names of stage 3. */
const char *selfcheck_suffix(struct arena *a, uint32_t stage);
/* The outputs of a stage: h is of its program. For the .c, before its forward function. */
void selfcheck_outputs(const struct header *h, struct text *out);
/* One stage whose forward function stands above. */
void selfcheck_stage(const struct header *h, const struct emit_stage *s, uint32_t stage, struct check_room *room, struct text *out);
/* Functions that stages use, the derivative's check, and NAME_selfcheck itself. h is of the model. */
void selfcheck_begin(const struct header *h, struct text *out);
void selfcheck_end(const struct header *h, struct check_room *room, struct text *out);

#endif
