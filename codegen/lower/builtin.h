/* What the files of primitives share. */
#ifndef NNGEN_LOWER_BUILTIN_H
#define NNGEN_LOWER_BUILTIN_H

#include "codegen/lower/inside.h"

#include <assert.h>

#define PRIMITIVE(name, function, form, text) primitive function;
#define EACH PRIMITIVE
#include "codegen/lower/builtins.def"

/* Sorts the arguments by name and place: names are "x keep?", those with a `?` may be absent, and v has one place a
 * name. false after a report, or if one of them is poison. */
bool take_args(struct low *l, const struct call *c, const char *names, struct value *v);
bool may_take(struct low *l, const struct call *c, const struct value *v); /* false after a report: see EACH */
bool is_given(const struct value *v);
bool no_bracket(struct low *l, const struct call *c);
struct value wrong_arguments(struct low *l, const struct call *c, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Arguments that have to be known at compile time; false after a report. */
bool known_or(struct low *l, const struct value *v, double otherwise, double *number);
bool whole_or(struct low *l, const struct value *v, ir_size otherwise, ir_size *size);
/* The one axis of x that c's bracket names; `otherwise` without a bracket; -1 after a report. */
int one_axis(struct low *l, const struct call *c, const struct value *x, int otherwise);

#endif
