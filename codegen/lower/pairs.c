/* Indexing by tensors: numbers known at compile time become slices, and several tensors pair up. */
#include "codegen/lower/notation.h"

#include <math.h>
#include <string.h>

enum { RUNS_MOST = 4096 };

/* ---- entries known at compile time ---- */

static int64_t entries_of(struct low *l, const struct value *v)
{
    int64_t n = 1, size = 1;
    for (uint8_t i = 0; i < v->rank; i++, n *= size) size_known(low_sizes(l), v->axis[i].size, &size);
    return n;
}

/* Whole numbers inside the axis, counted from its end where negative; NULL after a report. */
static const double *known_entries(struct low *l, const struct tensor_index *t, const struct value *x)
{
    const double *at = constant_values(l, &t->by, "this index");
    ir_size size = x->axis[t->axis].size, last = size_sub(low_sizes(l), size, size_const(low_sizes(l), 1));
    int64_t n = at ? entries_of(l, &t->by) : 0;
    for (int64_t i = 0; i < n; i++) {
        if (at[i] != floor(at[i]) || fabs(at[i]) > INT32_MAX) {
            fail(l, E0404, t->tree->span, "an index is a whole number");
            return NULL;
        }
        ir_size place = size_const(low_sizes(l), (int64_t)at[i]);
        if (at[i] < 0) place = size_add(low_sizes(l), size, place);
        if (!check_range(l, t->tree, place, last, x, t->axis)) return NULL;
    }
    return at;
}

/* How many entries from the first on go by one step. */
static int64_t run_of(const double *at, int64_t n)
{
    int64_t k = 1;
    if (n < 2 || at[1] == at[0] || (at[0] < 0) != (at[1] < 0)) return 1;
    while (k < n && at[k] - at[k - 1] == at[1] - at[0] && (at[k] < 0) == (at[0] < 0)) k++;
    return k;
}

/* The axis becomes one of these entries: slices, joined. */
static bool take_known(struct low *l, struct pieces *p, const struct tensor_index *t, const struct value *x)
{
    struct ir_sizes *sizes = low_sizes(l);
    const double *at = known_entries(l, t, x);
    int64_t n = at ? entries_of(l, &t->by) : 0, step[RANK_MAX];
    ir_size start[RANK_MAX], whole = p->axis[t->place].size;
    vec(ir_id) parts = {0};
    for (unsigned k = 0; k < p->n; k++) start[k] = size_const(sizes, 0), step[k] = 1;
    for (int64_t i = 0, run; i < n && parts.n < RUNS_MOST; i += run) {
        run = run_of(at + i, n - i);
        start[t->place] = size_const(sizes, (int64_t)at[i]);
        if (at[i] < 0) start[t->place] = size_add(sizes, whole, start[t->place]);
        step[t->place] = run > 1 ? (int64_t)(at[i + 1] - at[i]) : 1;
        p->axis[t->place] = (struct axis){NULL, size_const(sizes, run)};
        ir_id part = ir_slice(low_graph(l), p->id, shape_for(l, p->axis, (uint8_t)p->n), start, step);
        vec_push(ARENA(l), &parts, part);
    }
    if (!at) return false;
    if (parts.n == RUNS_MOST) {
        fail(l, E0601, t->tree->span, "an index of more than %d entries in no order: make it an input", RUNS_MOST);
        return false;
    }
    p->id = parts.n > 1 ? ir_concat(low_graph(l), parts.at, parts.n, t->place) : parts.at[0];
    p->axis[t->place] = (struct axis){NULL, size_const(sizes, n)};
    return true;
}

/* Numbers known at compile time that are counted from the end become places. */
static bool as_places(struct low *l, struct tensor_index *t, const struct value *x)
{
    struct ir_graph *g = low_graph(l);
    if (t->by.type == IR_INT) return true;
    if (!known_entries(l, t, x)) return false;
    const struct ir_shape *s = shape_of(l, &t->by);
    int nowhere[RANK_MAX];
    for (int i = 0; i < RANK_MAX; i++) nowhere[i] = -1;
    struct value dim = {.kind = VALUE_DIM, .at = t->tree->span};
    dim.axis[0] = x->axis[t->axis];
    ir_id size = ir_expand(g, as_value(l, dim).id, s, nowhere), from_end = ir_map2(g, OP_add, t->by.id, size);
    t->by.id = ir_map3(g, OP_select, ir_map2(g, OP_lt, t->by.id, ir_full(g, 0, s)), from_end, t->by.id);
    return true;
}

/* ---- several ---- */

/* To one shape, explicit expand inserted. */
static bool pair_up(struct low *l, struct tensor_index *t, uint32_t n, const struct value *x, struct span at)
{
    struct value by[RANK_MAX];
    if (n > 1 && x->type == IR_INT) {
        fail(l, E0701, at, "two tensors that index a tensor of integers are not supported yet");
        return false;
    }
    for (uint32_t i = 0; i < n; i++) by[i] = t[i].by;
    if (n > 1 && !broadcast_all(l, by, n, "indexing by tensors", at)) return false;
    for (uint32_t i = 0; i < n; i++) t[i].by = by[i];
    return true;
}

bool take_tensors(struct low *l, struct pieces *p, struct tensor_index *t, uint32_t n, const struct value *x,
                  struct span at)
{
    if (!pair_up(l, t, n, x, at)) return false;
    unsigned rank = t->by.rank, here = t->place, place[RANK_MAX];
    if (p->n - 1 + rank > RANK_MAX) {
        fail(l, E0601, at, "a tensor has at most 8 axes");
        return false;
    }
    if (t->by.type == IR_INT)
        p->id = ir_gather(low_graph(l), p->id, t->by.id, here);
    else if (!take_known(l, p, t, x))
        return false;
    memmove(&p->axis[here + rank], &p->axis[here + 1], (p->n - here - 1) * sizeof *p->axis);
    memcpy(&p->axis[here], t->by.axis, rank * sizeof *p->axis);
    p->n += rank - 1;
    p->id = ir_reshape(low_graph(l), p->id, shape_for(l, p->axis, (uint8_t)p->n));
    for (unsigned i = 0; i < rank; i++) place[i] = here + i;
    while (n-- > 1) { /* from the last, so that those before keep their places */
        if (!as_places(l, &t[n], x)) return false;
        take_selected(l, p, t[n].place + rank - 1, &t[n].by, place);
    }
    return true;
}
