#include "codegen/ir/graph.h"

#include <string.h>

bool ir_reads(const struct ir_node *n, uint32_t i)
{
    const char word[] = {'$', (char)('0' + i), 0};
    switch (ir_ops[n->op].class) {
    case CLASS_WRAP:
        return i == 0;
    case CLASS_CALL:
        return !*ir_ops[n->op].text || strstr(ir_ops[n->op].text, word);
    default:
        return true;
    }
}

#define COMMUTES FLAG_COMMUTES
#define FOLDS FLAG_FOLDS
#define LANES (FLAG_LANES_F32 | FLAG_LANES_F64)
#define LANES_F32 FLAG_LANES_F32
#define ROWS FLAG_ROWS

/* Of the adjoint column only the refusal is data; the rest is code, in grad_rules.c. */
#define D(i, e)
#define ZERO
#define EACH(e)
#define BY_HAND
#define BY_LOOP
#define NODIFF(why) .no_derivative = why,

#define OP(op_name, op_arity, op_class, op_result, op_flags, op_lo, op_hi, op_text, op_prec, adjoint)                  \
    [OP_##op_name] = {.name = #op_name,                                                                                \
                      .arity = op_arity,                                                                               \
                      .class = CLASS_##op_class,                                                                       \
                      .result = IR_##op_result,                                                                        \
                      .flags = op_flags,                                                                               \
                      .lo = op_lo,                                                                                     \
                      .hi = op_hi,                                                                                     \
                      .text = op_text,                                                                                 \
                      .prec = PREC_##op_prec,                                                                          \
                      adjoint},
#define ANY ARITY_ANY

const struct ir_op_info ir_ops[OP_COUNT] = {
    [OP_none] = {.name = "none", .text = ""},
#include "codegen/ir/ops.def"
};
