/* One graph for many settings of a value: a new axis that every node on the way has in front and no node mixes. */
#ifndef NNGEN_IR_BATCH_H
#define NNGEN_IR_BATCH_H

#include "codegen/ir/graph.h"

/* A copy of root in which `from` is `to`, which has one more axis in front: root for each setting along it, that axis
 * in front too. 0 where an operation on the way cannot do that: by itself, or because it has 8 axes already, or would
 * have more elements than a tensor may. */
ir_id ir_batch(struct ir_graph *g, ir_id root, ir_id from, ir_id to);

/* The same for all unit directions along one axis of `from`: 1 where the new axis and that one agree, 0 elsewhere. Such a
 * matrix is not made before something needs it whole; what is linear works on its diagonal. */
ir_id ir_batch_units(struct ir_graph *g, ir_id root, ir_id from, unsigned axis);

/* The axis of root that `axis` of `from` is carried to untouched: part k of root along it depends on part k of `from`
 * alone. -1 if there is none. Where root does not use `from` it is -1 as well. May be asked during a walk of derivatives. */
int ir_carried(struct ir_graph *g, ir_id root, ir_id from, unsigned axis);

/* The axis of n that `axis` of its argument i becomes where n mixes nothing along it, or -1. */
int ir_carry(const struct ir_graph *g, const struct ir_node *n, uint32_t i, unsigned axis);

#endif
