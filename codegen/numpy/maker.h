/* What the files of this room share: a function in the making. */
#ifndef NNGEN_NUMPY_MAKER_H
#define NNGEN_NUMPY_MAKER_H

#include "codegen/ir/loop.h"
#include "codegen/numpy/numpy.h"

struct said { /* what stands for a node: a variable, or an expression that has one user */
    const char *text;
    enum ir_prec prec;
    bool thin; /* an expand that broadcasting does by itself: not of its full shape */
};

struct scope { /* one graph: a function's, or a loop's body */
    const struct ir_graph *graph;
    struct said *said; /* [node] */
    uint32_t *uses;    /* [node]: by nodes that are needed, and roots */
    struct scope *around;
    const struct ir_node *loop; /* of a body: its node in the graph around it */
    const struct ir_loop *of;
    const char *turn;   /* the number of the turn */
    const char **carry; /* names of the carried values */
};

struct passed_loop {
    const struct ir_graph *graph;
    ir_id loop;
    const char **part; /* the variable of each; NULL: nobody reads it */
};

struct maker {
    const struct ir_program *program;
    struct arena *arena;
    struct text *out;
    struct scope *scope;
    unsigned indent, temporaries;
    const char **taken; /* names of this function: an open table */
    uint32_t n_taken, room;
    uint32_t line;   /* of the model, said last */
    ir_id objective; /* in the function's graph; 0: none, or behind us */
    vec(struct passed_loop) loops;
    bool back;
    bool failed;
};

const char *python_name(struct arena *a, const char *name);
/* A variable of this name, or one like it that is free. */
const char *fresh_name(struct maker *m, const char *wish);
const char *next_temporary(struct maker *m);
void put_statement(struct maker *m, const char *to, const char *expression);
void numpy_refuse(struct maker *m, const struct ir_node *n, const char *what);

/* What is read in place of a node: the matrix for its factors. */
ir_id numpy_reads(const struct maker *m, ir_id id);

/* ---- phrases.c ---- */
struct said numpy_row(struct maker *m, const struct ir_node *n);
struct said numpy_expand(struct maker *m, const struct ir_node *n);
struct said numpy_leaf(struct maker *m, ir_id id);
const char *numpy_number(struct maker *m, double v);

/* ---- moves.c: everything that is not elementwise and no loop ---- */
struct said say_move(struct maker *m, ir_id id);
const char *python_size(struct maker *m, ir_size s);
const char *shape_tuple(struct maker *m, const struct ir_shape *s); /* "(N, 10)", "(3,)", "()" */
const char *operand_text(struct maker *m, ir_id id);                /* of the full shape, fit to be an argument */
const char *atom_text(struct maker *m, ir_id id);                   /* the same, fit to be indexed */

#endif
