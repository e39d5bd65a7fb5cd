/* Rows of JIT text on their way: what the files that print them share. */
#ifndef NNGEN_EMIT_BLOCK_ROWS_H
#define NNGEN_EMIT_BLOCK_ROWS_H

#include "codegen/emit/blocks.h"

enum {
    ROW_SHORT = 64,
    BLOCK = 256,
    BLOCK_APART = 1024 /* numbers in a block: more where each call finds its way through memory */
};

struct row {          /* n numbers, or one where step is 0 */
    const char *text; /* a pointer */
    bool one, spare;  /* spare: a block that nobody else reads, so that a result may take its place */
};

struct made_row {
    ir_id id;
    const struct index *at;
    struct row row;
};

struct blocks {
    struct body *b;
    const struct group *g;
    unsigned first, n_axes; /* the variables of the loops whose last `run` are one row */
    const ir_size *size;
    unsigned run, last; /* `last`: the variable along which the row lies */
    bool apart;         /* the row's axes are no neighbours in all arrays: these are read by views */
    uint32_t outside;   /* bit k: axis k is no part of such a row, but a loop around it */
    bool dealt;         /* the row's first axis is dealt out to threads */
    bool fails;
    uint32_t wanted;       /* bit k: the last k + 1 axes can be a row, as far as is known */
    const char *n, *from;  /* the numbers in a block, and its beginning */
    bool skips;            /* dry: something is read whose neighbours along the last axis lie apart */
    unsigned calls, plain; /* dry: operations that are calls, and parts that are loops of their own */
    bool functions;        /* dry: some of these are functions that vectors are much better at */
    const char *dest; /* where the next result had best be put, which is no row there, and how that lies; else NULL */
    const struct affine *dest_place;
    bool put;        /* it was put there */
    unsigned chosen; /* gathers around what is printed: their rows are no one else's */
    vec(struct made_row) made;
};

/* ---- block_open.c ---- */
bool rows_begin(struct blocks *s, struct body *b, const struct group *g, unsigned first, const ir_size *size,
                unsigned n);
/* Once the row is settled: where threads have portions of it, it begins at the axis that these are of. */
void rows_deal(struct blocks *s);
/* The row's beginning in a block. */
void rows_open(struct blocks *s);
void rows_close(struct blocks *s);

/* ---- blocks.c ---- */
struct row rows_of(struct blocks *s, ir_id id, const struct index *at);
int rows_block(const struct blocks *s);
struct row rows_new(struct blocks *s, const char *type);
struct row *rows_made(struct blocks *s, ir_id id, const struct index *at);
void rows_keep(struct blocks *s, ir_id id, const struct index *at, struct row r);
bool rows_vary(struct blocks *s, ir_id id, const struct index *at);
struct row rows_spread(struct blocks *s, struct row r);
void rows_print(struct blocks *s, const struct member *m);
/* The one place where a member's row is wanted, if it can be made right there; else NULL. */
const char *rows_destination(struct blocks *s, const struct member *m);
void rows_store(struct blocks *s, const struct member *m, const struct index *at, struct row r);
struct affine rows_place(struct blocks *s, const struct access *a);
ir_size rows_step(const struct affine *a, unsigned var);
bool rows_read_variable(struct blocks *s, const struct access *a);
/* What the text calls: "add", or with its type "copy_i32". */
void rows_call(struct blocks *s, const char *name);

/* ---- block_views.c ---- */
/* Dry: whether the node can be a row whose axes are apart. */
bool views_can(struct blocks *s, ir_id id, const struct index *at);
bool views_can_member(struct blocks *s, const struct member *m);
/* Some of the axes become loops around the row, and `run` less: before and behind rows_open and rows_close. */
void views_find_outside(struct blocks *s, const struct phase *ph);
void views_open_outside(struct blocks *s);
void views_close_outside(struct blocks *s);
/* All of what a concat is made of becomes one row, if it can. */
void views_take_part(struct blocks *s, ir_id id, const struct index *at);
/* Whether what each phase of a group sums over can be a long row. */
bool views_can_go_along(struct body *b, const struct group *g);
/* The axes whose places are compared with integers there: bit k for axis k. */
uint32_t views_places(struct blocks *s, ir_id id, const struct index *at);
/* `to`: where the row must lie, or NULL. */
struct row views_read(struct blocks *s, const struct access *a, const char *to);
/* Whether the node is an array that lies elsewhere, as it is read at `a`. */
bool views_moves(struct blocks *s, ir_id id, const struct index *at, struct access *a);
/* `whole`: of integers. */
void views_put(struct blocks *s, const char *to, const struct affine *place, struct row r, bool whole);
/* The block of the row right in this place, or NULL where it is not one there. */
const char *views_direct(struct blocks *s, const char *to, const struct affine *place);
const char *views_address(struct blocks *s, const struct access *a);
const char *views_table(struct blocks *s, const struct affine *place);
const char *views_from(const struct blocks *s);
bool views_zero(struct blocks *s, ir_id id, const struct index *at);
/* What is read there, if it is this operation and is to be computed in the reader. */
const struct ir_node *views_operation(struct blocks *s, ir_id id, const struct index *at, enum ir_op op,
                                      struct access *a);
/* x where that is above 0, else 0: of what is read at `x`. */
bool views_relu(struct blocks *s, const struct ir_node *n, const struct index *at, struct access *x);
/* Choices by sign and by integers, and what compares these. False: it is something else. */
bool views_special(struct blocks *s, const struct ir_node *n, const struct index *at, const char *to, struct row *r);

/* ---- block_compare.c ---- */
/* Integers are compared, of which each stays the same or counts along the row. */
bool rows_compare(const struct blocks *s, const struct access *a);
/* By how much the integer grows along the row: 0 or what a count is scaled by; false if by nothing that is known. */
bool rows_growth(struct blocks *s, ir_id id, const struct index *at, ir_size *by);
/* Dry: both sides of a comparison grow evenly. */
bool rows_grow_evenly(struct blocks *s, const struct ir_node *n, const struct index *at);
struct row rows_compared(struct blocks *s, const struct ir_node *n, const struct index *at);

/* ---- block_numbers.c ---- */
/* A number of the row's kind: in a variable that is there, one of the file for what is known, or one that lives as long as the
 * block. */
struct row rows_number(struct blocks *s, ir_id id, const struct index *at);
/* Random numbers of a stream, one behind the other along the variable `last`, or one for all of the row. */
bool rows_random(struct blocks *s, const struct access *a, unsigned last);
/* `to`: where the row must lie, or NULL. */
struct row rows_draw(struct blocks *s, const struct access *a, const char *to);

/* ---- block_pairs.c ---- */
/* An operation together with one that it alone reads, if there is a call for both; `to`: where the result must lie, or NULL. */
bool rows_pair(struct blocks *s, const struct ir_node *n, const struct index *at, const char *to, struct row *r);

/* ---- block_columns.c ---- */
/* The columns of an array added up, if that is all there is to do: one call. */
bool rows_add_columns(struct blocks *s, const struct phase *ph, const struct member *m);

#endif
