/* What the edges carry: values, and derivatives of the objective. */
#include "codegen/draw/picture.h"

#include "codegen/ir/grad.h"

#include <math.h>

static int64_t count_of(const struct drawing *d, const struct ir_shape *s)
{
    int64_t n = 1;
    for (unsigned k = 0; k < s->rank; k++) n *= size_at(d->program->tables->sizes, s->dim[k], d->dims);
    return n;
}

/* The mean of each of at most HEAT_ROWS x HEAT_COLUMNS parts; rows are all axes but the last. */
static void fill_cells(struct figures *f, const double *v, int64_t rows, int64_t columns)
{
    f->rows = rows < HEAT_ROWS ? (unsigned)rows : HEAT_ROWS;
    f->columns = columns < HEAT_COLUMNS ? (unsigned)columns : HEAT_COLUMNS;
    for (unsigned r = 0; r < f->rows; r++)
        for (unsigned c = 0; c < f->columns; c++) {
            int64_t r0 = rows * r / f->rows, r1 = rows * (r + 1) / f->rows;
            int64_t c0 = columns * c / f->columns, c1 = columns * (c + 1) / f->columns;
            double sum = 0;
            for (int64_t i = r0; i < r1; i++)
                for (int64_t k = c0; k < c1; k++) sum += v[i * columns + k];
            f->cell[r][c] = sum / (double)((r1 - r0) * (c1 - c0));
        }
}

static struct figures figures_of(const struct drawing *d, const struct ir_shape *s, const double *v)
{
    int64_t n = count_of(d, s),
            columns = s->rank ? size_at(d->program->tables->sizes, s->dim[s->rank - 1], d->dims) : 1;
    struct figures f = {.there = n > 0, .lo = NAN, .hi = NAN};
    for (int64_t i = 0; i < n; i++) {
        f.nans += isnan(v[i]);
        if (!(v[i] >= f.lo)) f.lo = isnan(v[i]) ? f.lo : v[i];
        if (!(v[i] <= f.hi)) f.hi = isnan(v[i]) ? f.hi : v[i];
    }
    if (s->rank && n) fill_cells(&f, v, n / columns, columns);
    return f;
}

/* Where the objective does not come by, the derivative is this, and no number to show. */
static bool is_zero(const struct ir_graph *g, ir_id id)
{
    const struct ir_node *n = ir_at(g, id);
    if (n->op == OP_expand) n = ir_at(g, n->arg[0]);
    return n->op == OP_const && ir_const_value(n) == 0;
}

/* Of which ports the objective has a derivative: floats that it is made of. */
static bool find_gradients(struct drawing *d)
{
    struct ir_program *p = d->program;
    vec(ir_id) x = {0};
    vec(uint32_t) port = {0};
    for (uint32_t i = 0; i < d->ports.n; i++) {
        const struct ir_node *n = ir_at(p->graph, d->ports.at[i].node);
        if (n->type != IR_REAL) continue;
        vec_push(d->arena, &x, d->ports.at[i].node);
        vec_push(d->arena, &port, i);
    }
    ir_id *dx = arena_many(d->arena, ir_id, x.n);
    if (!p->objective || d->options.backward || !x.n) return true;
    if (!grad_reverse(p->graph, &p->context->diags, p->objective, 0, x.at, x.n, dx)) return false;
    for (uint32_t i = 0; i < x.n; i++)
        if (!is_zero(p->graph, dx[i])) d->ports.at[port.at[i]].gradient = dx[i];
    return true;
}

bool draw_measure(struct drawing *d, const struct interp_env *env, const char **why)
{
    struct arena *a = d->arena;
    const struct ir_graph *g = d->program->graph;
    if (!find_gradients(d)) {
        *why = "there is no derivative of it";
        return false;
    }
    uint32_t n = 0;
    ir_id *root = arena_many(a, ir_id, 2 * d->ports.n);
    double **value = arena_many(a, double *, 2 * d->ports.n);
    for (uint32_t i = 0; i < d->ports.n; i++) {
        root[n++] = d->ports.at[i].node;
        if (d->ports.at[i].gradient) root[n++] = d->ports.at[i].gradient;
    }
    d->dims = env->dims;
    struct arena_mark mark = arena_mark(a);
    if (!interp_run(g, env, root, n, a, value, why)) return false;
    n = 0;
    for (uint32_t i = 0; i < d->ports.n; i++) {
        struct port *p = &d->ports.at[i];
        const struct ir_shape *s = ir_at(g, p->node)->shape;
        p->value = figures_of(d, s, value[n++]);
        if (p->gradient) p->slope = figures_of(d, s, value[n++]);
    }
    arena_rewind(a, mark);
    return true;
}
