/* Linear algebra, by other ways than the kernels': systems by elimination of the matrix and its right side together with
 * full pivoting, so that there are no factors to keep. */
#include "codegen/ir/interp_inside.h"

#include <math.h>
#include <string.h>

struct system { /* a @ x = b; the rows are where row says, unknowns of the columns where column says */
    int64_t n, m;
    double *a, *b;
    int64_t *row, *column;
    bool negative; /* so many swaps and pivots that the determinant is below 0 */
};

static void swap(int64_t *at, int64_t i, int64_t k)
{
    int64_t other = at[k];
    at[k] = at[i];
    at[i] = other;
}

static double *entry(const struct system *s, int64_t i, int64_t k)
{
    return &s->a[s->row[i] * s->n + s->column[k]];
}

/* The largest element of what is left goes to place k, k. */
static void choose(struct system *s, int64_t k)
{
    int64_t row = k, column = k;
    for (int64_t i = k; i < s->n; i++)
        for (int64_t j = k; j < s->n; j++)
            if (fabs(*entry(s, i, j)) > fabs(*entry(s, row, column))) row = i, column = j;
    if (row != k) s->negative = !s->negative;
    if (column != k) s->negative = !s->negative;
    swap(s->row, row, k);
    swap(s->column, column, k);
}

/* Upper triangular afterwards. The logarithm of the determinant's size. */
static double eliminate(struct system *s)
{
    double log_size = 0;
    s->negative = false;
    for (int64_t k = 0; k < s->n; k++) s->row[k] = s->column[k] = k;
    for (int64_t k = 0; k < s->n; k++) {
        choose(s, k);
        double pivot = *entry(s, k, k);
        log_size += log(fabs(pivot));
        if (pivot < 0) s->negative = !s->negative;
        for (int64_t i = k + 1; i < s->n && pivot != 0; i++) {
            double times = *entry(s, i, k) / pivot;
            for (int64_t j = k; j < s->n; j++) *entry(s, i, j) -= times * *entry(s, k, j);
            for (int64_t j = 0; j < s->m; j++) s->b[s->row[i] * s->m + j] -= times * s->b[s->row[k] * s->m + j];
        }
    }
    return log_size;
}

static struct system new_system(struct interp *in, int64_t n, int64_t m)
{
    struct system s = {.n = n, .m = m};
    s.a = arena_many(in->arena, double, (size_t)(n * n));
    s.b = arena_many(in->arena, double, (size_t)(n * m) + 1);
    s.row = arena_many(in->arena, int64_t, (size_t)n);
    s.column = arena_many(in->arena, int64_t, (size_t)n);
    return s;
}

static void take_matrix(struct system *s, const double *a, bool transposed)
{
    for (int64_t i = 0; i < s->n; i++)
        for (int64_t j = 0; j < s->n; j++) s->a[i * s->n + j] = transposed ? a[j * s->n + i] : a[i * s->n + j];
}

/* The matrix itself, and a row of zeros: there is nothing to keep. */
bool interp_lu(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor a = interp_arg(in, node, 0);
    int64_t n = shape->dim[shape->rank - 1];
    for (int64_t i = 0; i < shape->n; i++) {
        int64_t matrix = i / (n * n + n), at = i % (n * n + n);
        y[i] = at < n * n ? a.v[matrix * n * n + at] : 0;
    }
    return true;
}

bool interp_solve(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor b = interp_arg(in, node, 1), a = interp_arg(in, node, 2);
    struct arena_mark mark = arena_mark(in->arena);
    int64_t n = a.dim[a.rank - 1], m = shape->dim[shape->rank - 1], size = n * m;
    struct system s = new_system(in, n, m);
    for (int64_t done = 0; done < shape->n; done += size, a.v += n * n + n, y += size) {
        take_matrix(&s, a.v, node->attr[0] != 0);
        memcpy(s.b, b.v + done, (size_t)size * sizeof *y);
        eliminate(&s);
        bool singular = *entry(&s, n - 1, n - 1) == 0; /* the last pivot is the smallest */
        for (int64_t i = n; i-- > 0;)
            for (int64_t j = 0; j < m; j++) {
                struct pairwise p;
                p.n = 0;
                pairwise_add(&p, s.b[s.row[i] * m + j]);
                for (int64_t k = i + 1; k < n; k++) pairwise_add(&p, -*entry(&s, i, k) * y[s.column[k] * m + j]);
                y[s.column[i] * m + j] = singular ? NAN : pairwise_sum(&p) / *entry(&s, i, i);
            }
    }
    arena_rewind(in->arena, mark);
    return true;
}

bool interp_logdet(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor a = interp_arg(in, node, 1);
    struct arena_mark mark = arena_mark(in->arena);
    int64_t n = a.dim[a.rank - 1];
    struct system s = new_system(in, n, 0);
    for (int64_t i = 0; i < shape->n; i++) {
        take_matrix(&s, a.v + i * (n * n + n), false);
        y[i] = eliminate(&s);
        if (s.negative && y[i] != -INFINITY) y[i] = NAN;
    }
    arena_rewind(in->arena, mark);
    return true;
}

/* Row by row, from the elements of the rows above. */
static bool factor(double *y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k <= i; k++) {
            struct pairwise p;
            p.n = 0;
            pairwise_add(&p, y[i * n + k]);
            for (int64_t j = 0; j < k; j++) pairwise_add(&p, -y[i * n + j] * y[k * n + j]);
            double left = pairwise_sum(&p);
            if (k == i && (!(left > 0) || left == INFINITY)) return false;
            y[i * n + k] = k == i ? sqrt(left) : left / y[k * n + k];
        }
    return true;
}

bool interp_cholesky(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor a = interp_arg(in, node, 0);
    int64_t n = a.dim[a.rank - 1], size = n * n;
    for (int64_t done = 0; done < shape->n; done += size, y += size, a.v += size) {
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) y[i * n + j] = j > i ? 0 : 0.5 * (a.v[i * n + j] + a.v[j * n + i]);
        bool fine = factor(y, n);
        for (int64_t i = 0; i < size && !fine; i++) y[i] = NAN;
    }
    return true;
}

bool interp_tri_solve(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    struct tensor t = interp_arg(in, node, 0), b = interp_arg(in, node, 1);
    int64_t n = t.dim[t.rank - 1], m = shape->dim[shape->rank - 1], size = n * m;
    bool upper = node->attr[0] != 0, transposed = node->attr[1] != 0, down = upper == transposed;
    for (int64_t done = 0; done < shape->n; done += size, y += size, t.v += n * n) {
        bool singular = false;
        for (int64_t i = 0; i < n; i++) singular = singular || t.v[i * n + i] == 0;
        for (int64_t j = 0; j < m; j++)
            for (int64_t s = 0; s < n; s++) {
                int64_t i = down ? s : n - 1 - s;
                struct pairwise p;
                p.n = 0;
                pairwise_add(&p, b.v[done + i * m + j]);
                for (int64_t k = down ? 0 : i + 1; k < (down ? i : n); k++)
                    pairwise_add(&p, -t.v[transposed ? k * n + i : i * n + k] * y[k * m + j]);
                y[i * m + j] = singular ? NAN : pairwise_sum(&p) / t.v[i * n + i];
            }
    }
    return true;
}
