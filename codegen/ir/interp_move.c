/* Steps that move elements. */
#include "codegen/ir/interp_inside.h"
#include "codegen/ir/interp_walk.h"

#include <string.h>

/* The strides of a tensor, row by row. */
void walk_strides(const struct tensor *t, int64_t *stride)
{
    int64_t s = 1;
    for (unsigned k = t->rank; k-- > 0; s *= t->dim[k]) stride[k] = s;
}

void walk_axis(struct walk *w, int64_t n, int64_t stride0, int64_t stride1)
{
    w->n[w->rank] = n;
    w->stride[0][w->rank] = stride0;
    w->stride[1][w->rank] = stride1;
    w->rank++;
}

void walk_start(struct walk *w)
{
    w->left = 1;
    w->at[0] = w->at[1] = 0;
    for (unsigned k = 0; k < w->rank; k++) {
        w->i[k] = 0;
        w->left *= w->n[k];
    }
}

void walk_next(struct walk *w)
{
    w->left--;
    for (unsigned k = w->rank; k-- > 0;) {
        w->at[0] += w->stride[0][k];
        w->at[1] += w->stride[1][k];
        if (++w->i[k] < w->n[k]) return;
        w->at[0] -= w->n[k] * w->stride[0][k];
        w->at[1] -= w->n[k] * w->stride[1][k];
        w->i[k] = 0;
    }
}

/* x as [outer, x.dim[axis], inner] */
static void around(const struct tensor *x, unsigned axis, int64_t *outer, int64_t *inner)
{
    *outer = *inner = 1;
    for (unsigned k = 0; k < axis; k++) *outer *= x->dim[k];
    for (unsigned k = axis + 1; k < x->rank; k++) *inner *= x->dim[k];
}

/* Each axis of the result is an axis of the argument, or new (-1). */
static bool pick_axes(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor x = interp_arg(in, node, 0);
    int64_t stride[RANK_MAX];
    walk_strides(&x, stride);
    struct walk w = {0};
    for (unsigned k = 0; k < shape->rank; k++)
        walk_axis(&w, shape->dim[k], node->attr[k] < 0 ? 0 : stride[node->attr[k]], 0);
    for (walk_start(&w); w.left > 0; walk_next(&w)) *y++ = x.v[w.at[0]];
    return true;
}

bool interp_expand(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    return pick_axes(in, node, shape, y);
}

bool interp_permute(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    return pick_axes(in, node, shape, y);
}

bool interp_reshape(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor x = interp_arg(in, node, 0);
    if (x.n != shape->n) return interp_fail(in, "%lld elements do not make %lld", (long long)x.n, (long long)shape->n);
    if (x.n) memcpy(y, x.v, (size_t)x.n * sizeof *y);
    return true;
}

/* A walk over `part`, which lies in `whole` at start + step * i of each axis; *base is where its first element is. */
static bool part_of(struct interp *in, const struct ir_node *node, const struct tensor *whole,
                    const struct tensor *part, struct walk *w, int64_t *base)
{
    int64_t stride[RANK_MAX];
    walk_strides(whole, stride);
    *base = 0;
    for (unsigned k = 0; k < whole->rank; k++) {
        int64_t start, step = node->attr[2 * k + 1], last;
        if (!interp_size(in, (ir_size)node->attr[2 * k], &start)) return false;
        last = start + step * (part->dim[k] - 1);
        if (part->n && (start < 0 || start >= whole->dim[k] || last < 0 || last >= whole->dim[k]))
            return interp_fail(in, "a slice from %lld to %lld of an axis of %lld", (long long)start, (long long)last,
                               (long long)whole->dim[k]);
        walk_axis(w, part->dim[k], step * stride[k], 0);
        *base += start * stride[k];
    }
    return true;
}

bool interp_slice(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor x = interp_arg(in, node, 0);
    struct walk w = {0};
    int64_t base;
    if (!part_of(in, node, &x, shape, &w, &base)) return false;
    for (walk_start(&w); w.left > 0; walk_next(&w)) *y++ = x.v[base + w.at[0]];
    return true;
}

bool interp_place(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor x = interp_arg(in, node, 0);
    struct walk w = {0};
    int64_t base;
    if (!part_of(in, node, shape, &x, &w, &base)) return false;
    for (int64_t i = 0; i < shape->n; i++) y[i] = 0;
    for (walk_start(&w); w.left > 0; walk_next(&w)) y[base + w.at[0]] = *x.v++;
    return true;
}

bool interp_concat(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    unsigned axis = (unsigned)node->attr[0];
    int64_t outer, inner, at = 0;
    around(shape, axis, &outer, &inner);
    for (uint32_t a = 0; a < node->n_arg; a++) {
        struct tensor x = interp_arg(in, node, a);
        int64_t run = x.dim[axis] * inner;
        for (int64_t o = 0; o < outer; o++)
            for (int64_t i = 0; i < run; i++) y[o * shape->dim[axis] * inner + at + i] = x.v[o * run + i];
        at += run;
    }
    return true;
}

static bool index_inside(struct interp *in, double index, int64_t n)
{
    if (index >= 0 && index < (double)n) return true;
    if (index != index) return interp_fail(in, "an index is not a number");
    return interp_fail(in, "index %lld is outside 0..%lld", (long long)index, (long long)(n - 1));
}

bool interp_gather(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor x = interp_arg(in, node, 0), idx = interp_arg(in, node, 1);
    unsigned axis = (unsigned)node->attr[0];
    int64_t outer, inner, n = x.dim[axis];
    (void)shape;
    around(&x, axis, &outer, &inner);
    for (int64_t j = 0; j < idx.n; j++)
        if (!index_inside(in, idx.v[j], n)) return false;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t j = 0; j < idx.n; j++)
            for (int64_t i = 0; i < inner; i++) *y++ = x.v[(o * n + (int64_t)idx.v[j]) * inner + i];
    return true;
}

bool interp_scatter(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor g = interp_arg(in, node, 0), idx = interp_arg(in, node, 1);
    unsigned axis = (unsigned)node->attr[0];
    int64_t outer, inner, n = shape->dim[axis];
    around(shape, axis, &outer, &inner);
    for (int64_t j = 0; j < idx.n; j++)
        if (!index_inside(in, idx.v[j], n)) return false;
    for (int64_t i = 0; i < shape->n; i++) y[i] = 0;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t j = 0; j < idx.n; j++)
            for (int64_t i = 0; i < inner; i++) y[(o * n + (int64_t)idx.v[j]) * inner + i] += *g.v++;
    return true;
}

/* The element of an axis of n that window o shows at u, or -1 in the padding. */
static int64_t seen(const struct ir_node *node, int64_t o, int64_t u, int64_t n)
{
    int64_t p = o * node->attr[1] + u * node->attr[2] - node->attr[3];
    return p >= 0 && p < n ? p : -1;
}

bool interp_window(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor x = interp_arg(in, node, 0);
    unsigned axis = (unsigned)node->attr[0];
    int64_t outer, inner, n = x.dim[axis];
    around(&x, axis, &outer, &inner);
    for (int64_t a = 0; a < outer; a++)
        for (int64_t o = 0; o < shape->dim[axis]; o++)
            for (int64_t u = 0; u < shape->dim[axis + 1]; u++) {
                int64_t p = seen(node, o, u, n);
                for (int64_t i = 0; i < inner; i++) *y++ = p < 0 ? 0 : x.v[(a * n + p) * inner + i];
            }
    return true;
}

bool interp_overlap(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor g = interp_arg(in, node, 0);
    unsigned axis = (unsigned)node->attr[0];
    int64_t outer, inner, n = shape->dim[axis];
    around(shape, axis, &outer, &inner);
    for (int64_t i = 0; i < shape->n; i++) y[i] = 0;
    for (int64_t a = 0; a < outer; a++)
        for (int64_t o = 0; o < g.dim[axis]; o++)
            for (int64_t u = 0; u < g.dim[axis + 1]; u++) {
                int64_t p = seen(node, o, u, n);
                for (int64_t i = 0; i < inner; i++, g.v++)
                    if (p >= 0) y[(a * n + p) * inner + i] += *g.v;
            }
    return true;
}

bool interp_cumsum(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor x = interp_arg(in, node, 0);
    unsigned axis = (unsigned)node->attr[0];
    bool reverse = node->attr[1], exclusive = node->attr[2];
    int64_t outer, inner, n = shape->dim[axis];
    around(shape, axis, &outer, &inner);
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < inner; i++) {
            double sum = 0;
            for (int64_t k = 0; k < n; k++) {
                int64_t at = (o * n + (reverse ? n - 1 - k : k)) * inner + i;
                double with = sum + x.v[at];
                y[at] = exclusive ? sum : with;
                sum = with;
            }
        }
    return true;
}
