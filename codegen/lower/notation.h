/* Index notation: what its three files share.
 *
 * An index variable is a dim of its own kind (dim.index is its number), and its value the integers along that dim. What
 * is lowered inside a notation is a tensor whose axes are index variables, one axis each, in any order: it stands for
 * one number for each setting of them. Broadcasting joins such tensors by their variables. */
#ifndef NNGEN_LOWER_NOTATION_H
#define NNGEN_LOWER_NOTATION_H

#include "codegen/lower/builtin.h"
#include "codegen/lower/state.h"

struct variable {
    struct local_dim dim;    /* first: a dim with an index is one of these. origin: the axis it runs along */
    const struct ast *owner; /* the reducer that brings it in; NULL: it stands on the left */
    struct span at;
    bool known, given, plain; /* has a range; written with `in`; used alone as an index */
    int64_t from;             /* the number it begins with */
    struct value value;       /* once the range is known */
};

enum { TERMS_MOST = 4 };

/* A subscript such as 2*i + u - 1. */
struct affine {
    uint32_t n;
    struct {
        struct variable *v;
        int64_t by;
    } term[TERMS_MOST];
    ir_size rest;
};

/* Where an affine subscript stands: what it may say about the range of a variable without one. */
struct subscript {
    struct affine of;
    struct axis axis;
    struct span at;
};

struct notation {
    struct span text;
    vec(struct variable *) variables;
    vec(struct subscript) subscripts; /* of more than a variable alone */
};

struct pieces { /* a tensor whose axes are taken one after the other */
    ir_id id;
    struct axis axis[2 * RANK_MAX];
    unsigned n;
};

/* ---- subscript.c ---- */
/* The axis `at` goes: `by`, whose axis i is the tensor's axis place[i], says which entry of it is taken. */
void take_selected(struct low *l, struct pieces *p, unsigned at, const struct value *by, const unsigned *place);
bool is_variable(const struct value *v);
bool is_affine(struct low *l, const struct ast *e, struct affine *a); /* nothing is reported */
/* The least and largest value; false if a range is missing. */
bool affine_bounds(struct low *l, const struct affine *a, const struct variable *without, ir_size *least,
                   ir_size *most);

/* ---- pairs.c: x[[2, 0]], x[rows, columns] ---- */
struct tensor_index {
    struct value by;        /* integers, or numbers known at compile time */
    const struct ast *tree; /* as written */
    int axis;               /* of what is indexed */
    unsigned place;         /* of that axis in the pieces */
};
/* Several tensors of one shape say together which entries are taken; `by` of the first is given that shape. */
bool take_tensors(struct low *l, struct pieces *p, struct tensor_index *t, uint32_t n, const struct value *x,
                  struct span at);
/* 0 <= at <= most for every value of the run-time dims? false after a report. */
bool check_range(struct low *l, const struct ast *e, ir_size at, ir_size most, const struct value *x, int axis);

/* ---- ranges.c ---- */
/* Finds the variables of an expression and their ranges. false after a report. */
bool find_ranges(struct low *l, struct notation *n, const struct ast *e);
struct variable *new_variable(struct low *l, struct notation *n, const struct ast *item, const struct ast *owner);
bool is_reducer(const struct ast *call); /* sum[d](e) and its like, which bring in their variables */
struct variable *variable_of(const struct notation *n, const struct ast *owner, const char *name);

#endif
