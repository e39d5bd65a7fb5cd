/* The ranges of index variables: given, or the axis they index alone, or the longest that keeps 2*i + u inside. */
#include "codegen/lower/notation.h"

#include <math.h>
#include <string.h>

enum { RANGE_MOST = 1 << 24 };

static const char *const reducers[] = {"sum", "mean", "max", "min", "prod",   "logsumexp", "any",
                                       "all", "norm", "var", "std", "argmax", "argmin"};

bool is_reducer(const struct ast *e)
{
    const struct ast *f = e->kind == AST_call ? e->kid[0] : NULL;
    if (!f || f->kind != AST_index || f->kid[0]->kind != AST_name_ref) return false;
    for (size_t i = 0; i < sizeof reducers / sizeof *reducers; i++) {
        if (strcmp(f->kid[0]->name, reducers[i]) != 0) continue;
        for (uint32_t k = 0; k < f->kid[1]->n; k++) {
            const struct ast *item = f->kid[1]->kid[k];
            if (item->kind != AST_in_item && (item->kind != AST_name_ref || item->name[0] < 'a')) return false;
        }
        return true;
    }
    return false;
}

struct variable *variable_of(const struct notation *n, const struct ast *owner, const char *name)
{
    for (uint32_t i = 0; i < n->variables.n; i++)
        if (n->variables.at[i]->owner == owner && n->variables.at[i]->dim.dim.name == name) return n->variables.at[i];
    return NULL;
}

static void set_range(struct variable *v, struct axis a)
{
    v->known = true;
    v->dim.origin = a;
    v->dim.dim.size = a.size;
}

/* -1..2 and its like, where a reducer counts. */
static bool given_from(struct low *l, struct variable *v, const struct ast *range, double from, struct axis *a)
{
    struct ir_sizes *t = low_sizes(l);
    double to = 0;
    struct amount end = lower_amount(l, range->kid[1]);
    if (end.what == AMOUNT_NONE && !lower_known(l, range->kid[1], &to)) return false;
    if (end.what == AMOUNT_NONE && to == floor(to)) end = (struct amount){AMOUNT_WHOLE, size_const(t, (int64_t)to), to};
    if (end.what != AMOUNT_WHOLE || from != floor(from) || fabs(from) > RANGE_MOST) {
        fail(l, E0206, range->span, "a range goes from a whole number to a whole number");
        return false;
    }
    if (!v->owner) {
        fail(l, E0402, range->span, "an index on the left begins with 0: it is the place in the result");
        fail_help(l, arena_printf(ARENA(l), "write `%s in N`, and shift it on the right: x[%s + 1]", v->dim.dim.name,
                                  v->dim.dim.name));
        return false;
    }
    v->from = (int64_t)from;
    *a = (struct axis){NULL, size_sub(t, end.size, size_const(t, v->from))};
    if (size_is_positive(l, a->size)) return true;
    fail(l, E0206, range->span, "this range is empty, or may be");
    return false;
}

/* u in K, u in 0..3, u in -1..2 */
static bool given_range(struct low *l, struct variable *v, const struct ast *range)
{
    struct axis a;
    double from = 0;
    if (range->kind == AST_range && !lower_known(l, range->kid[0], &from)) return false;
    if (from != 0) {
        if (!given_from(l, v, range, from, &a)) return false;
    } else if (!lower_size(l, range->kind == AST_range ? range->kid[1] : range, &a)) {
        return false;
    }
    v->given = true;
    set_range(v, a);
    return true;
}

struct variable *new_variable(struct low *l, struct notation *n, const struct ast *item, const struct ast *owner)
{
    if ((item->kind != AST_name_ref && item->kind != AST_in_item) || item->name[0] < 'a' || item->name[0] > 'z') {
        fail(l, E0304, item->span, "an index variable is a name in lower case, perhaps with its range: t in T");
        return NULL;
    }
    if (variable_of(n, owner, item->name)) {
        fail(l, E0302, item->span, "the index variable %s stands here twice", item->name);
        return NULL;
    }
    struct variable *v = arena_new(ARENA(l), struct variable);
    v->dim.dim = (struct dim){.name = item->name, .at = item->span, .local = true, .index = n->variables.n + 1};
    v->owner = owner;
    v->at = item->span;
    v->value = (struct value){.kind = VALUE_TENSOR, .at = item->span, .type = IR_INT, .rank = 1};
    v->value.axis[0].dim = &v->dim.dim;
    vec_push(ARENA(l), &n->variables, v);
    if (item->kind == AST_in_item && !given_range(l, v, item->kid[0])) return NULL;
    return v;
}

/* ---- what subscripts say ---- */

static bool plain_use(struct low *l, struct variable *v, struct axis a, struct span at)
{
    if (v->given) return true;
    if (v->plain) {
        if (axis_equal(l, a, v->dim.origin)) {
            if (!v->dim.origin.dim) set_range(v, a);
            return true;
        }
        bool later = at.lo > v->value.at.lo;
        const char *here = size_text(l, later ? a : v->dim.origin), *there = size_text(l, later ? v->dim.origin : a);
        fail(l, E0201, later ? at : v->value.at, "%s runs over %s here and over %s before", v->dim.dim.name, here,
             there);
        fail_note(l, later ? v->value.at : at, "over %s", there);
        return false;
    }
    set_range(v, a);
    v->plain = true;
    v->value.at = at;
    return true;
}

static bool walk(struct low *l, struct notation *n, const struct ast *e);

static bool walk_index(struct low *l, struct notation *n, const struct ast *e)
{
    const struct ast *base = e->kid[0], *b = e->kid[1];
    const struct value *x = base->kind == AST_name_ref ? find_name(l, base->name)
                            : base->kind == AST_field  ? find_path(l, base)
                                                       : NULL;
    if (x && x->kind == VALUE_POISON) return false; /* what its axes would have said was reported where it failed */
    bool tensor = x && x->kind == VALUE_TENSOR && !is_variable(x);
    if (tensor && x->rank != b->n && has_subscripts(l, b)) {
        fail(l, E0204, b->span, "in index notation every axis is indexed by a number, and this is %s",
             shape_text(l, x->axis, x->rank));
        return false;
    }
    tensor = tensor && x->rank == b->n;
    for (uint32_t i = 0; i < b->n; i++) {
        struct affine a;
        if (!is_affine(l, b->kid[i], &a)) {
            if (!walk(l, n, b->kid[i])) return false;
            continue;
        }
        if (!tensor || !a.n) continue;
        bool alone = a.n == 1 && a.term[0].by == 1 && a.rest == size_const(low_sizes(l), 0);
        if (alone && !plain_use(l, a.term[0].v, x->axis[i], b->kid[i]->span)) return false;
        if (!alone) vec_push(ARENA(l), &n->subscripts, ((struct subscript){a, x->axis[i], b->kid[i]->span}));
    }
    return true;
}

static bool walk_reducer(struct low *l, struct notation *n, const struct ast *e)
{
    const struct ast *b = e->kid[0]->kid[1];
    bool ok = true;
    open_scope(l);
    for (uint32_t i = 0; ok && i < b->n; i++) {
        struct variable *v = new_variable(l, n, b->kid[i], e);
        if (v)
            bind(l, v->dim.dim.name, v->value, v->at, false);
        else
            ok = false;
    }
    for (uint32_t i = 1; ok && i < e->n; i++) ok = walk(l, n, e->kid[i]);
    close_scope(l);
    return ok;
}

/* Chains lean to the left and are walked in a loop. */
static bool walk(struct low *l, struct notation *n, const struct ast *e)
{
    for (; e; e = e->n ? e->kid[0] : NULL) {
        if (is_reducer(e)) return walk_reducer(l, n, e);
        if (e->kind == AST_index && !walk_index(l, n, e)) return false;
        for (uint32_t i = 1; e->kind != AST_index && i < e->n; i++)
            if (e->kid[i] && !walk(l, n, e->kid[i])) return false;
    }
    return true;
}

/* ---- 2*i + u: the longest range that stays inside ---- */

/* How far v may go: v's last index is at most room / by. SIZE_BAD if that cannot be said. */
static ir_size longest(struct low *l, ir_size room, int64_t by)
{
    struct ir_sizes *t = low_sizes(l);
    int64_t n;
    if (by < 0) by = -by;
    if (room == SIZE_BAD) return SIZE_BAD;
    if (size_known(t, room, &n)) return n < 0 ? SIZE_BAD : size_const(t, n / by + 1);
    room = size_div(t, room, size_const(t, by));
    return room == SIZE_BAD ? SIZE_BAD : size_add(t, room, size_const(t, 1));
}

/* true: the range of one variable more is known, or shorter. */
static bool use_subscript(struct low *l, const struct subscript *s)
{
    struct ir_sizes *t = low_sizes(l);
    struct variable *open = NULL;
    int64_t by = 0;
    for (uint32_t i = 0; i < s->of.n; i++) {
        struct variable *v = s->of.term[i].v;
        if (v->known && (v->given || v->plain)) continue;
        if (v->known) continue;
        if (open) return false;
        open = v;
        by = s->of.term[i].by;
    }
    ir_size least, most;
    if (!open || !affine_bounds(l, &s->of, open, &least, &most)) return false;
    ir_size room = by > 0 ? size_sub(t, size_sub(t, s->axis.size, size_const(t, 1)), most) : least;
    ir_size size = longest(l, room, by);
    if (!size_is_positive(l, size)) return false;
    set_range(open, (struct axis){NULL, size});
    return true;
}

/* Its numbers: integers that index, or floats where they begin below 0. */
static void number_variable(struct low *l, struct variable *v)
{
    struct ir_graph *g = l->graph;
    struct ir_sizes *t = l->sizes;
    ir_size size = v->dim.dim.size, from = size_const(t, v->from);
    v->value.axis[0].size = size;
    if (v->from < 0) {
        const struct ir_shape *s = shape_for(l, v->value.axis, 1);
        v->value.type = IR_REAL;
        v->value.id = ir_map2(g, OP_add, ir_map1(g, OP_real, ir_iota(g, size)), ir_full(g, (double)v->from, s));
        return;
    }
    v->value.below_size = size_add(t, from, size);
    v->value.below = v->from ? NULL : v->dim.origin.dim;
    v->value.id = ir_iota(g, v->value.below_size);
    if (v->from) v->value.id = ir_slice(g, v->value.id, shape_for(l, v->value.axis, 1), &from, &(int64_t){1});
}

/* Is there no room for v where it stands with others, whose ranges are known? Says so. */
static bool has_no_room(struct low *l, const struct subscript *s, const struct variable *v)
{
    ir_size least, most;
    bool stands = false;
    for (uint32_t i = 0; i < s->of.n; i++) stands = stands || s->of.term[i].v == v;
    if (!stands || !affine_bounds(l, &s->of, v, &least, &most) || least == SIZE_BAD || most == SIZE_BAD) return false;
    bool below = size_least(low_sizes(l), least) < 0;
    fail(l, E0205, s->at, "this index reaches %s where %s is 0, and the axis has %s elements",
         amount_text(l, below ? least : most), v->dim.dim.name, amount_text(l, s->axis.size));
    return true;
}

static void report_no_range(struct low *l, const struct notation *n, const struct variable *v)
{
    for (uint32_t i = 0; i < n->subscripts.n; i++)
        if (has_no_room(l, &n->subscripts.at[i], v)) return;
    fail(l, E0403, v->at, "nothing says how far the index variable %s runs", v->dim.dim.name);
    fail_help(l, arena_printf(ARENA(l), v->owner ? "give its range: sum[%s in N](...)" : "give its range, as in `y[%s in N] = ...`",
                              v->dim.dim.name));
}

bool find_ranges(struct low *l, struct notation *n, const struct ast *e)
{
    if (!walk(l, n, e)) return false;
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < n->subscripts.n; i++) more |= use_subscript(l, &n->subscripts.at[i]);
    }
    for (uint32_t i = 0; i < n->variables.n; i++) {
        struct variable *v = n->variables.at[i];
        if (!v->known) {
            report_no_range(l, n, v);
            return false;
        }
        v->value.at = v->at;
        number_variable(l, v);
    }
    return true;
}
