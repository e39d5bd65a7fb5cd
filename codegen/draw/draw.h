/* The picture of a program: its graph as boxes, folded by the calls the user wrote, with values and gradients. */
#ifndef NNGEN_DRAW_DRAW_H
#define NNGEN_DRAW_DRAW_H

#include "codegen/ir/interp.h"

struct draw_options {
    unsigned depth;            /* calls that deep and deeper are one box each; 1: what the file itself calls */
    bool backward;             /* the gradients are drawn too */
    const struct source *page; /* the SVG stands in a page of HTML that has this file's lines as L1, L2, ... */
};

enum { DRAW_BOXES_MOST = 4000 };

struct drawing;
/* Derivatives are added to the program's graph, so its entry points are made before. NULL after a report. */
struct drawing *draw_new(struct ir_program *p, const struct draw_options *o);
uint32_t draw_boxes(const struct drawing *d);
/* What every edge carries, worked out. Without it the picture shows shapes alone. False and why. */
bool draw_measure(struct drawing *d, const struct interp_env *env, const char **why);

void draw_svg(struct drawing *d, struct text *out);
void draw_dot(struct drawing *d, struct text *out);
void draw_text(struct drawing *d, struct text *out);

#endif
