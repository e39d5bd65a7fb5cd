/* What lowering's files share. Only files of this room include it. */
#ifndef NNGEN_LOWER_INSIDE_H
#define NNGEN_LOWER_INSIDE_H

#include "codegen/lower/lower.h"
#include "codegen/ir/grad.h"
#include "codegen/ir/interp.h"

/* A dim's identity. Axes match when they point to the same one; an alias (`dim E = D`) points to D's. */
struct dim {
    const char *name;
    ir_size size;
    struct span at;
    bool local; /* made for a nameless axis inside a function's body: nameless again outside */
    uint32_t index; /* an index variable's number in its notation, from 1; 0: none */
};

struct axis {
    const struct dim *dim; /* NULL: nameless, matches by size; a nameless 1 stretches */
    ir_size size;
};

enum value_kind {
    VALUE_POISON,   /* an error was reported: whatever uses it stays silent and is poison too */
    VALUE_TENSOR,
    VALUE_DIM,      /* a dim where a value may stand: its number */
    VALUE_AXIS,     /* what a lower-case static parameter holds: a position, a dim, or several */
    VALUE_FUNCTION, /* fn, layer, optimizer or primitive */
    VALUE_INSTANCE, /* a layer with its sizes and parameters, without its first argument */
    VALUE_TUPLE,    /* several results */
    VALUE_STRING,
};

struct axis_ref { /* an axis said in [ ]: resolved against the value it is used on */
    const struct dim *dim; /* or NULL: */
    int64_t position;      /* negative counts from the end */
    bool rest;             /* `..`: the axes that `..` bound, or all that are not named otherwise */
    struct span at;
};

struct value {
    enum value_kind kind;
    struct span at;      /* the expression it came from */
    /* TENSOR, DIM */
    ir_id id;
    uint8_t rank;
    enum ir_type type;
    struct axis axis[RANK_MAX];
    const struct dim *below; /* INT: entries are smaller than this dim (range known, no check needed); or NULL */
    ir_size below_size;      /* the same as a size; 0 if unknown */
    bool known;          /* rank 0 and known at compile time: `number` (id is its constant node) */
    double number;
    const struct dim *dim;   /* DIM */
    union {
        struct { /* AXIS */
            const struct axis_ref *axes;
            uint32_t n_axes;
        };
        struct { /* TUPLE */
            const struct value *part;
            uint32_t n_parts;
        };
        const struct function *function; /* FUNCTION */
        struct instance *instance;       /* INSTANCE */
        const char *string;              /* STRING */
    };
};

struct low; /* lowering's state: defined in state.h, which only the statement side needs whole */

/* What every file uses of the state. */
struct context *low_context(struct low *l);
struct ir_graph *low_graph(struct low *l);
struct ir_tables *low_tables(struct low *l);
struct ir_sizes *low_sizes(struct low *l);

/* ---- value.c (expression side): making values, and reporting on them ---- */
/* Reports and gives poison. What is found in the prelude's text is said of the call once it ends. */
struct value fail(struct low *l, enum diag_code code, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void fail_note(struct low *l, struct span at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void fail_help(struct low *l, const char *text);
struct value as_value(struct low *l, struct value v); /* a tensor of either type, or poison after a report */
const struct ir_shape *shape_for(struct low *l, const struct axis *axis, uint8_t rank);
bool shape_fits(struct low *l, const struct axis *axis, uint8_t rank, struct span at); /* within 2^31 elements? */
bool known_constant(struct low *l, const struct value *v); /* known, and no variable of some derivative */
bool is_one(struct low *l, struct axis a);
/* r, made of entries of v[0..n-1], holds integers of the widest of their ranges. */
void keep_range(struct low *l, struct value *r, const struct value *v, uint32_t n);
bool known_number(struct low *l, struct value v, double *number); /* false after a report */

/* ---- expr.c: trees to values ---- */
struct value lower_expr(struct low *l, const struct ast *e);
/* A float tensor (INT is converted, DIM becomes its number); poison after a report if it is none of these. */
struct value lower_number(struct low *l, const struct ast *e);
/* Known at compile time; false after a report. */
bool lower_known(struct low *l, const struct ast *e, double *v);
bool lower_size(struct low *l, const struct ast *e, struct axis *a);   /* a size: dim name, whole number, 4*H, N-1 ... */
bool lower_shape(struct low *l, const struct ast *bracket, struct axis *axis, uint8_t *rank); /* `..`: what it bound */
struct value as_real(struct low *l, struct value v);
struct value make_number(struct low *l, double v, struct span at);
struct value make_tensor(struct low *l, ir_id id, uint8_t rank, const struct axis *axis, struct span at);
struct value poison(struct span at);
const struct ir_shape *shape_of(struct low *l, const struct value *v);

/* ---- literal.c, operator.c ---- */
struct value lower_literal(struct low *l, const struct ast *e);
struct value lower_binary(struct low *l, const struct ast *e, struct value a, struct value b);
struct value lower_unary(struct low *l, const struct ast *e);
/* An elementwise row of the table: floats (or integers compared), broadcast. what: "+", or a function's name. */
struct value map_values(struct low *l, enum ir_op op, struct value *v, uint32_t n, const char *what, struct span at);
struct value map_pair(struct low *l, enum ir_op op, struct value a, struct value b, const char *what, struct span at);
struct value matmul(struct low *l, struct value a, struct value b, struct span at); /* a @ b */
struct value cut_axes(struct low *l, struct value v, unsigned mask); /* without these axes, all of size 1 */

/* ---- broadcast.c ---- */
/* Both to one shape, explicit expand inserted; false after a report that shows both. what: "+" or a function's name. */
bool broadcast(struct low *l, struct value *a, struct value *b, const char *what, struct span at);
bool broadcast_all(struct low *l, struct value *v, uint32_t n, const char *what, struct span at);
bool axis_equal(struct low *l, struct axis a, struct axis b);
struct value expand_to(struct low *l, struct value v, const struct axis *axis, uint8_t rank, struct span at);
/* "[N, 28, 4*H]" for messages. */
const char *shape_text(struct low *l, const struct axis *axis, uint8_t rank);
const char *size_text(struct low *l, struct axis a);
const char *amount_text(struct low *l, ir_size s);
/* How a shape meets one of no higher rank: the axes of the result (as many as the larger has), and for each the axis of
 * the smaller operand, or -1. */
enum fit { FIT_FITS, FIT_DIFFERS, FIT_STRETCHES, FIT_TWICE };
struct meeting {
    enum fit fit;
    struct axis axis[RANK_MAX];
    int small[RANK_MAX];
    int bad_big, bad_small;  /* DIFFERS: the axes that do */
    const struct dim *twice; /* TWICE: the dim the larger has more often */
};
struct meeting meet(struct low *l, const struct axis *big, uint8_t nb, const struct axis *small, uint8_t ns);

/* ---- axes.c: sizes, shapes and axes said in brackets ---- */
/* What is made of numbers, dims and + - * / alone; NONE for anything else, without a report. */
struct amount {
    enum { AMOUNT_NONE, AMOUNT_WHOLE, AMOUNT_NUMBER } what;
    ir_size size;  /* WHOLE */
    double number; /* NaN where it depends on run-time dims */
};
struct amount lower_amount(struct low *l, const struct ast *e);
struct amount amount_of(struct low *l, const struct value *v);
bool size_is_positive(struct low *l, ir_size s); /* for every value of its dims */
/* The axes of v that r[0..n-1] name, as a bit mask; all of them if n is 0. false after a report. */
bool find_axes(struct low *l, const struct value *v, const struct axis_ref *r, uint32_t n, unsigned *mask);
/* Which axis of v; -1 after a report (no such axis, or more than one). */
int find_axis(struct low *l, const struct value *v, struct axis_ref r);

/* ---- index.c: x[...] of a value ---- */
struct value lower_index(struct low *l, struct value v, const struct ast *bracket, struct span at);

/* ---- turns.c: x[t], x[T-1-t] of a loop's number ---- */
struct turn_index {
    ir_size start, last;  /* in the first and last turn */
    int64_t step;
    struct axis turns;
    struct value by;      /* the number of the turn: indexes what the slice of start, turns and step has left */
    bool inside;          /* false: it leaves the axis, which was reported */
};
/* false: e is something else. */
bool lower_turn_index(struct low *l, const struct ast *e, const struct axis *axis, struct turn_index *out);

/* In a loop's body the turns before are not known: false after a report where y comes from what they left, and x from
 * outside, so that they may have used it. */
bool stays_in_turn(struct low *l, const struct value *y, const struct value *x, struct span at);

/* ---- builtin.c: primitives by table: name -> C function ---- */
struct call_arg {
    const char *name; /* NULL: positional */
    struct span name_at;
    struct value value;
    const struct ast *tree;
};
struct call {
    const char *name;            /* of the callee, for messages */
    const struct ast *bracket;   /* static arguments as written, or NULL */
    const struct call_arg *arg;
    uint32_t n;
    struct span at;
};
typedef struct value primitive(struct low *l, const struct call *c);
primitive *find_primitive(const char *name);
/* Axes said in a bracket (or by one item of it): [K], [B, K], [-1], [N, ..], an axis parameter. false after a report. */
bool lower_axes(struct low *l, const struct ast *bracket, const struct axis_ref **refs, uint32_t *n);

/* ---- builtin_shape.c ---- */
struct value transposed(struct low *l, struct value x, struct span at); /* the last two axes swapped */
/* Values of one shape joined along a new axis. */
struct value join_new_axis(struct low *l, const struct value *v, uint32_t n, int axis, struct span at);
struct value with_shape(struct low *l, struct value v, const struct axis *axis, uint8_t rank, struct span at); /* reshape */

/* ---- deriv.c: d(y)/d(x), grad, vjp, jvp, jacobian, hessian ---- */
struct value lower_deriv(struct low *l, const struct ast *e);

/* ---- call.c (statement side): functions, layers, instances, pipes ---- */
struct value lower_call(struct low *l, const struct ast *e);   /* AST_call; and a bare name or index that calls (`zeros[N, H]`) */
struct value lower_pipe(struct low *l, const struct ast *e);   /* AST_pipe, AST_as */
struct value apply(struct low *l, struct value f, const struct call *c); /* of a function value: act(x) */

/* ---- scope.c (statement side) ---- */
/* NULL if unbound, nothing reported. Primitives and prelude functions are found last. */
const struct value *find_name(struct low *l, const char *name);
/* Reports E0301 with the nearest name, or another cure. called: as a function. */
void report_unknown(struct low *l, const char *name, struct span at, bool called);
/* Values bound in the present scope. `declared`: bound once. A binding whose name some derivative in the file divides by
 * becomes a node of its own. */
void bind_name(struct low *l, const char *name, struct value v, struct span at, bool declared);
/* fc1.W, block1.dense1.W, enc.W: a parameter or state by its path from the layer (or file) whose text is being lowered.
 * NULL if there is none, nothing reported. Unlike names of values it is asked for only by AST_field. */
const struct value *find_path(struct low *l, const struct ast *field);
bool path_lost(struct low *l, const struct ast *field); /* there is none because of what was reported before */
/* The axes that `..` bound in the signature of the function being lowered; false if it has none. */
bool find_rest(struct low *l, const struct axis **axis, uint8_t *rank);
/* A scope inside the present one, for names that hide others a while (index variables). */
void open_scope(struct low *l);
void close_scope(struct low *l);
bool in_prelude(const struct low *l, struct span at);
/* Nodes made from now on stand for this text. The prelude's own text is passed over: its nodes stand for the call. */
void set_here(struct low *l, struct span at);
/* The stream of a new OP_random: a number of its own that depends on nothing but the parameter or layer it serves. */
int64_t next_stream(struct low *l);

/* ---- notation.c, subscript.c: s[i, j] = sum[d](...) ---- */
bool lower_notation(struct low *l, const struct ast *assign); /* a target with index variables; false after a report */
bool brings_variables(struct low *l, const struct ast *call); /* sum[d](...) in a notation? */
struct value lower_reducer(struct low *l, const struct ast *call);
bool is_notation(struct low *l, const struct ast *call); /* the same, in no notation: one number, sum[i](x[i] * y[i]) */
struct value lower_number_of(struct low *l, const struct ast *call);
bool has_subscripts(struct low *l, const struct ast *bracket); /* does it mention an index variable? */
struct value lower_subscripts(struct low *l, struct value x, const struct ast *bracket, struct span at);
bool is_indexed(const struct value *v);  /* some axis is an index variable */
bool all_indexed(const struct value *v); /* every axis is */
bool is_whole(struct low *l, const struct value *v, struct span at); /* none is; false after a report */
bool join_variables(struct low *l, struct value *v, uint32_t n, struct span at); /* broadcasting of all_indexed values */
struct value index_to(struct low *l, struct value v, const struct axis *axis, uint8_t rank, struct span at);
/* May this tensor index the axis? false after a report. */
bool check_gather(struct low *l, const struct ast *e, const struct value *by, const struct value *x, int axis);

#endif
