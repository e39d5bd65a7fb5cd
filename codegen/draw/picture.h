/* What the files of this room share: boxes, what leaves them, and where they stand. */
#ifndef NNGEN_DRAW_PICTURE_H
#define NNGEN_DRAW_PICTURE_H

#include "codegen/draw/draw.h"

#define NONE UINT32_MAX

enum box_kind { BOX_INPUT, BOX_PARAM, BOX_LEAF, BOX_OP, BOX_CALL, BOX_ADJOINT };

struct box { /* a node, or all nodes of a call */
    enum box_kind kind;
    const char *sign;           /* "+", "dense" */
    const char *caption;        /* a layer's path, or the user's name of an operation's value; NULL */
    const struct ir_call *call; /* of a call */
    struct span at;
    bool varies;         /* something in it depends on inputs, parameters, ... */
    vec(uint32_t) ports; /* what leaves it */
    vec(uint32_t) wires; /* what arrives */
    vec(ir_id) params;   /* of a call: its own */
    uint32_t rank;
    int x, y, w, h; /* of the drawn box; y is its middle */
    int tall;       /* of box and labels */
};

enum { HEAT_ROWS = 6, HEAT_COLUMNS = 12 };
struct figures { /* of a tensor */
    bool there;
    double lo, hi; /* equal for a scalar; not a number if nothing else is in it */
    int64_t nans;
    unsigned rows, columns;
    double cell[HEAT_ROWS][HEAT_COLUMNS]; /* means */
};

struct port {             /* a value that leaves its box, or that the program gives out */
    ir_id node, gradient; /* gradient 0: none */
    const char *name;     /* the user's, or NULL */
    bool output;
    uint32_t box;
    struct figures value, slope;
    int dy, w, up, down; /* from the box's middle; room of the labels above and below the line */
};

struct wire {
    uint32_t port, box;
    int dy; /* where it arrives, from the box's middle */
};

struct drawing {
    struct ir_program *program;
    struct arena *arena;
    struct draw_options options;
    const int64_t *dims;             /* run-time dims, once measured; else NULL */
    bool *forward, *needed, *varies; /* [node]: the outputs need it; is drawn; depends on inputs, parameters, ... */
    ir_id *stands_for;               /* [node]: whose value it is: itself, or through what only renames or stretches */
    uint32_t *fold;                  /* [node]: the call it is folded into, NONE if it stands for itself */
    bool *inner;                     /* [node]: is folded, and made of its call's arguments alone */
    uint32_t *box_of;                /* [node], NONE where there is none; until the boxes are in order */
    uint32_t *port_of;               /* [node], NONE where there is none */
    const char **name_of;            /* [node]: the user's */
    vec(ir_id) roots;
    vec(struct box) boxes; /* in an order in which wires lead to later ones */
    vec(struct port) ports;
    vec(struct wire) wires;
    int width, height;
};

/* ---- folds.c ---- */
/* Fills fold and inner. Unless results are taken from the calls that made them first, boxes never form a circle. */
void draw_fold(struct drawing *d, bool take);

/* ---- wires.c ---- */
/* Ports and wires; boxes that nothing needs go, the rest is put in order. False if they form a circle. */
bool draw_wires(struct drawing *d);

/* ---- signs.c ---- */
bool is_plain(const struct ir_node *n); /* a constant that stands in its user's box */
/* "+", "* 2", "max(_, 0)" */
const char *sign_of(const struct drawing *d, ir_id id);
void shape_words(const struct drawing *d, const struct ir_shape *s, struct text *out); /* "[N, 10]", "" of a scalar */
/* Two or three numbers are said in words; of more there is a map. */
bool has_heat(const struct figures *f);
/* "715", "[1, 2]", "-1.2 .. 3.4", "" if it was not measured. */
void figure_words(const struct figures *f, struct text *out);
/* The line of a place: number and text without the blanks around it. */
struct line {
    const struct source *source;
    const char *file, *text; /* the file without its folders */
    uint32_t number, size;
};
struct line line_of(const struct drawing *d, struct span at);

/* ---- layout.c, ranks.c ---- */
enum { CHAR_W = 8, LINE_H = 15, CELL = 6, TRUNK = 34 };
struct point { /* a box, or a wire's way through a rank */
    uint32_t box, rank, port;
    int tall;
    double y;
    vec(struct leg *) in, out;
};
struct leg {           /* of a wire, from one rank to the next */
    uint32_t from, to; /* points */
    uint32_t wire;     /* that ends here, or NONE */
    uint32_t port;
    int x0, y0, x1, y1, bend; /* straight on to bend, then over to x1 */
};
struct ranks {
    vec(struct point) points;
    vec(struct leg *) legs;
    uint32_t n;
    vec(uint32_t) * row; /* [n]: points from top to bottom */
};
struct ranks rank_points(struct drawing *d);
struct ranks draw_layout(struct drawing *d);

#endif
