/* What the files of this room share: what is on the board. */
#ifndef NNGEN_TEACH_BOARD_H
#define NNGEN_TEACH_BOARD_H

#include "codegen/teach/spoken.h"
#include "codegen/teach/teach.h"

struct back { /* what a step hands back to one of the values it was made of */
    ir_id to;
    const char *local;   /* "∂z/∂b = 1", "" where it is no formula */
    const char *formula; /* "d_b = sum[N](d_z)" */
    const char *why;     /* "" where nothing is to be said */
    bool adds;           /* not the first that this value receives in the line */
    bool last;
};

struct step {
    ir_id id;
    const char *name, *forward, *shape, *note;
    vec(struct back) backs;
};

struct given { /* what the line is made of: inputs, parameters, values of other lines */
    ir_id id;
    const char *name, *shape, *is; /* is: "input", "param", "from line 7" */
    const char *lines;             /* others that use it: "9, 14", "" if none */
    bool slope;                    /* a derivative by it has a meaning */
};

struct figure {                  /* worked out; NULL where there are none */
    const double *value, *slope; /* slope: of the line alone */
};

struct board {
    struct ir_program *program;
    struct ir_graph *graph;
    struct arena *arena;
    const struct teach_options *options;
    ir_id nodes;                /* of the program as lowered */
    bool *varies;               /* [node]: depends on inputs, parameters, ... */
    const char **axis;          /* [node * RANK_MAX]: how the user calls the axis, or NULL */
    const char **name_of;       /* [node]: given here */
    const char **is_of;         /* [node]: what it is */
    uint32_t *step_of;          /* [node]: index + 1 */
    uint32_t *uses;             /* [node]: how often the line's steps hand something back to it */
    const struct ir_loop *loop; /* the graph is its body; NULL: the program's own */
    int64_t loop_index;
    const struct ir_call **fold; /* [node]: a call that is one step, the node being its result */
    ir_id root, bound;           /* the value, and what later lines know it by */
    ir_id escape;                /* measured: the step that the objective uses in place of the value; 0: none */
    const char *name, *shape;
    vec(struct step) steps;
    vec(struct given) givens;
    struct figure *figures; /* [node] */
    const double **whole;   /* [node]: the derivative by a given, all lines together */
    uint32_t temporaries;
};

/* How many values the statement binds; some may have no board. */
uint32_t board_count(struct ir_program *p, const struct teach_options *o);
/* The board of the k-th value that the statement binds. NULL if there is none. */
struct board *board_new(struct ir_program *p, const struct teach_options *o, uint32_t k);
/* Numbers for it. False and *why. */
bool board_measure(struct board *b, const char **why);
/* Whether the objective depends on the line's value. */
bool board_matters(const struct board *b);
/* "[[1, 2], [3, 4]]", "-1.2 .. 3.4 in [64, 10]". */
void board_numbers(const struct board *b, ir_id id, const double *value, struct text *out);

/* The statement a place is in, or the number of statements. */
uint32_t board_statement(const struct board *b, struct span at);

/* ---- turn.c ---- */
uint32_t turn_count(const struct teach_options *o);
bool turn_begin(struct board *b, uint32_t k);
void turn_names(struct board *b);

/* ---- said.c ---- */
const char *board_shape(const struct board *b, ir_id id); /* "[N, 10]", "" of a number */
const char *board_axis(const struct board *b, ir_id id, unsigned axis);
const char *board_constant(const struct board *b, ir_id id);
/* An elementwise expression in one piece, over what has names. */
const char *board_expression(struct board *b, ir_id id, const char *hole);

struct operand {
    ir_id source;
    const char *text;     /* its name or number */
    const char *repeated; /* "N, T": axes along which it is repeated; NULL: none */
    bool slope, stopped;
};
struct operand board_operand(struct board *b, ir_id id);
bool board_is_through(const struct board *b, ir_id id); /* only renames, stretches or drops axes of 1 */

/* ---- steps.c: forward and back of one node that is not folded ---- */
const char *board_forward(struct board *b, ir_id id);
void board_back(struct board *b, struct step *s);
void board_add_back(struct board *b, struct step *s, const struct operand *to, const char *local, const char *formula,
                    const char *why);

/* ---- einsum.c ---- */
const char *board_product(struct board *b, ir_id id);
void board_product_back(struct board *b, struct step *s);

#endif
