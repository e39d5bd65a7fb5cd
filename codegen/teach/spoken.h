/* The adjoint column of ops.def as what people write: `D(0, MUL(G, SUB(C(1), MUL(Y, Y))))` is dx = g * (1 - y * y). */
#ifndef NNGEN_TEACH_SPOKEN_H
#define NNGEN_TEACH_SPOKEN_H

#include "codegen/ir/graph.h"

struct term;

enum spoken_kind { SPOKEN_PARTS, SPOKEN_ZERO, SPOKEN_NONE, SPOKEN_EACH, SPOKEN_BY_HAND, SPOKEN_BY_LOOP };
struct spoken {
    enum spoken_kind kind;
    unsigned n;
    struct {
        unsigned argument;
        const struct term *receives;
    } part[3];            /* SPOKEN_EACH: one, of every argument */
    const char *why_none; /* SPOKEN_NONE */
};
struct spoken speak_adjoint(struct arena *a, enum ir_op op);

struct term_names {
    const char *g, *y, *x[3]; /* what y receives, y, the arguments */
};
/* "x", or "a", "b", "c", with g and y: where nothing has a name of its own. */
struct term_names plain_names(enum ir_op op);
void say_term(const struct term *t, const struct term_names *names, struct text *out);
/* The derivative alone: the term with 1 for what y receives. */
const struct term *local_term(struct arena *a, const struct term *t);
bool term_is_received(const struct term *t); /* exactly what y receives */

/* The scalar of an elementwise row over these names: "a * b", "1 / x", "tanh(x)". */
void say_row(enum ir_op op, const char *const name[3], struct text *out);

#endif
