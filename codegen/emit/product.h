/* A product on its way to text: what the files that print products share. */
#ifndef NNGEN_EMIT_PRODUCT_H
#define NNGEN_EMIT_PRODUCT_H

#include "codegen/emit/unit.h"

struct product {
    const struct ir_node *n;
    ir_id id;
    ir_size size[LABELS_MAX];
    bool in[3][LABELS_MAX];           /* a, b, result */
    struct access operand[2];
    struct index to;                  /* the result's index, by label */
    ir_size by[3][LABELS_MAX];        /* how far apart in memory neighbours along a label are: a, b, result */
    uint8_t out[RANK_MAX], n_out;     /* labels of the result, in order */
    uint8_t sum[LABELS_MAX], n_sum;   /* labels summed over */
    bool adds, rated;                 /* to what is there; it is an update */
    int shared;                       /* the label that is dealt out to threads; NO_VAR */
};

enum { LANES_LEAST = 32 }; /* products that are added up in lanes, if they lie along memory */

/* ---- product_loops.c ---- */

/* The loop over a label, of which a thread may have a part. */
void product_open(struct body *b, const struct product *p, uint8_t l, unsigned depth);
void product_close(struct body *b, unsigned n);
const char *product_operand(struct body *b, const struct product *p, unsigned i);
const char *product_result(struct body *b, const struct product *p);
/* Whether rows of sums read memory in order, and sums of one number each do not. */
bool product_rows_are_best(const struct product *p);
void product_rows(struct body *b, const struct product *p);
void product_dots(struct body *b, const struct product *p);

/* ---- written_out.c ---- */

/* Sums of few products in JIT text, one statement each; whether it is so. */
bool product_written_out(struct body *b, const struct product *p);

#endif
