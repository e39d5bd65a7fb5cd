/* A stretch of printed C, read again: its words, and what they stand for. */
#ifndef NNGEN_EMIT_TWIN_TEXT_H
#define NNGEN_EMIT_TWIN_TEXT_H

#include "codegen/emit/unit.h"

/* What a stretch of text needs from around it. */
struct twin_arg {
    const char *said;  /* where it stands: "prod1", "p->fc1.W" */
    const char *name;  /* in the function */
    const char *type;  /* "float", "size_t" */
    const char *sizes; /* "[128]" of an array of rows; of numbers "" */
    bool array, is_const; /* is_const: what it leads to */
    bool written;      /* or may be */
    bool fixed;        /* as a parameter: const */
    bool apart;        /* no other argument leads to any of it */
    bool made;         /* by this group */
    size_t lo, hi;     /* elements of the workspace; both 0: elsewhere */
    ir_id id;          /* of a value with memory; 0: none */
};

enum { TWIN_ARG = 2, TWIN_LOCAL = 3 }; /* in texts: the byte after it is the number, from 1 */

struct twin {
    const char *comment; /* lines above it */
    const char *body;    /* with TWIN_ARG for arguments */
    const char *key;     /* the same without comments and with TWIN_LOCAL for its own names: equal for twins */
    vec(struct twin_arg) args;
    ids unsaid;          /* values that go by the name of another in the same place */
};

/* The values of a unit by the names they have in the text. */
struct twin_names {
    ir_id *slot; /* 0: free */
    size_t cap;  /* a power of two */
};
struct twin_names twin_names_new(const struct unit *u, struct arena *a);

/* False: it cannot stand in a function of its own. */
bool twin_read(const struct body *b, const struct twin_names *names, struct arena *a, const char *s, size_t n, struct twin *out);

#endif
