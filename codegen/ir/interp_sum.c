/* Steps that add up or choose: reductions, products, and the linear algebra of initialisers. */
#include "codegen/ir/interp_inside.h"
#include "codegen/ir/interp_walk.h"

#include <math.h>

void pairwise_add(struct pairwise *p, double x)
{
    unsigned k = 0;
    for (uint64_t n = p->n++; n & 1; n >>= 1) x = p->part[k++] + x;
    p->part[k] = x;
}

double pairwise_sum(const struct pairwise *p)
{
    double sum = 0;
    bool some = false;
    for (unsigned k = 0; k < 64; k++)
        if (p->n >> k & 1) {
            sum = some ? p->part[k] + sum : p->part[k]; /* not 0 + it: the sum of -0 is -0 */
            some = true;
        }
    return sum;
}

/* Splits the axes of x in those that stay and those that go. */
static void split_axes(const struct tensor *x, uint64_t gone, struct walk *stay, struct walk *go)
{
    int64_t stride[RANK_MAX];
    walk_strides(x, stride);
    for (unsigned k = 0; k < x->rank; k++) walk_axis(gone >> k & 1 ? go : stay, x->dim[k], stride[k], 0);
}

bool interp_sum(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor x = interp_arg(in, node, 0);
    struct walk stay = {0}, go = {0};
    (void)shape;
    split_axes(&x, (uint64_t)node->attr[0], &stay, &go);
    for (walk_start(&stay); stay.left > 0; walk_next(&stay)) {
        struct pairwise p;
        p.n = 0;
        for (walk_start(&go); go.left > 0; walk_next(&go)) pairwise_add(&p, x.v[stay.at[0] + go.at[0]]);
        *y++ = pairwise_sum(&p);
    }
    return true;
}

/* The first of the largest (direction 1) or smallest (-1) elements; a NaN counts as more extreme than any number. */
static bool extreme(struct interp *in, const struct ir_node *node, uint64_t axes, int direction, bool index, double *y)
{
    struct tensor x = interp_arg(in, node, 0);
    struct walk stay = {0}, go = {0};
    split_axes(&x, axes, &stay, &go);
    for (walk_start(&stay); stay.left > 0; walk_next(&stay)) {
        double best = 0;
        int64_t i = 0, at = -1;
        for (walk_start(&go); go.left > 0; walk_next(&go), i++) {
            double v = x.v[stay.at[0] + go.at[0]];
            bool more = direction > 0 ? v > best : v < best;
            if (at < 0 || (best == best && (more || v != v))) best = v, at = i;
        }
        if (at < 0) return interp_fail(in, "the %s of no elements", ir_ops[node->op].name);
        *y++ = index ? (double)at : best;
    }
    return true;
}

bool interp_max_of(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)shape;
    return extreme(in, node, (uint64_t)node->attr[0], 1, false, y);
}

bool interp_min_of(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)shape;
    return extreme(in, node, (uint64_t)node->attr[0], -1, false, y);
}

bool interp_argmax(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)shape;
    return extreme(in, node, (uint64_t)1 << node->attr[0], 1, true, y);
}

bool interp_argmin(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    (void)shape;
    return extreme(in, node, (uint64_t)1 << node->attr[0], -1, true, y);
}

bool interp_contract(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor a = interp_arg(in, node, 0), b = interp_arg(in, node, 1);
    const int64_t *la = node->attr + 3, *lb = la + a.rank, *lout = lb + b.rank;
    int64_t size[LABELS_MAX], stride_a[LABELS_MAX] = {0}, stride_b[LABELS_MAX] = {0}, stride[RANK_MAX];
    bool has[LABELS_MAX] = {false};
    walk_strides(&a, stride);
    for (unsigned k = 0; k < a.rank; k++) size[la[k]] = a.dim[k], stride_a[la[k]] = stride[k], has[la[k]] = true;
    walk_strides(&b, stride);
    for (unsigned k = 0; k < b.rank; k++) size[lb[k]] = b.dim[k], stride_b[lb[k]] = stride[k], has[lb[k]] = true;
    struct walk out = {0}, gone = {0};
    for (unsigned k = 0; k < shape->rank; k++) {
        int64_t l = lout[k];
        walk_axis(&out, size[l], stride_a[l], stride_b[l]);
        has[l] = false;
    }
    for (unsigned l = 0; l < LABELS_MAX; l++)
        if (has[l]) walk_axis(&gone, size[l], stride_a[l], stride_b[l]);
    for (walk_start(&out); out.left > 0; walk_next(&out)) {
        const double *x = a.v + out.at[0], *z = b.v + out.at[1];
        struct pairwise p;
        p.n = 0;
        for (walk_start(&gone); gone.left > 0; walk_next(&gone)) pairwise_add(&p, x[gone.at[0]] * z[gone.at[1]]);
        *y++ = pairwise_sum(&p);
    }
    return true;
}

static double dot(const double *x, const double *y, int64_t n, int64_t stride)
{
    double s = 0;
    for (int64_t i = 0; i < n; i++) s += x[i * stride] * y[i * stride];
    return s;
}

/* Modified Gram-Schmidt, each vector gone over twice, as said in program.h. */
bool interp_orthonormal(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor x = interp_arg(in, node, 0);
    for (int64_t i = 0; i < x.n; i++) y[i] = x.v[i];
    if (x.n == 0) return true;
    int64_t rows = shape->rank ? shape->dim[0] : 1, cols = x.n / rows;
    bool tall = rows >= cols;
    int64_t count = tall ? cols : rows, length = tall ? rows : cols, next = tall ? 1 : cols, stride = tall ? cols : 1;
    for (int64_t j = 0; j < count; j++) {
        double *v = y + j * next;
        for (int64_t k = 0; k < 2 * j; k++) {
            const double *q = y + k % j * next;
            double s = dot(q, v, length, stride);
            for (int64_t i = 0; i < length; i++) v[i * stride] -= s * q[i * stride];
        }
        double norm = sqrt(dot(v, v, length, stride));
        for (int64_t i = 0; norm > 0 && i < length; i++) v[i * stride] /= norm;
    }
    return true;
}
