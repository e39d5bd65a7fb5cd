/* x[...]: positions, slices, new axes and gathering by integers. What might reach outside its axis for some value of
 * the run-time dims is an error; slices never clamp. */
#include "codegen/lower/notation.h"

#include <math.h>
#include <string.h>

/* What one axis of x becomes. */
struct pick {
    enum { PICK_ALL, PICK_ONE, PICK_SLICE, PICK_GATHER, PICK_TURN, PICK_BY } what;
    ir_size start, size;
    int64_t step;
    struct value by; /* GATHER, BY; TURN: of what the slice leaves */
};

struct picks {
    struct pick pick[RANK_MAX];
    uint8_t new_before[RANK_MAX + 1]; /* how many new axes stand before each axis of x */
    struct tensor_index tensor[RANK_MAX]; /* BY: what is not a single number, in order of their axes */
    uint32_t tensors;
};

static bool never_negative(struct low *l, ir_size s)
{
    return s != SIZE_BAD && size_least(low_sizes(l), s) >= 0;
}

/* A position counted from the end where negative. false after a report. */
static bool lower_position(struct low *l, const struct ast *e, struct axis axis, ir_size *at)
{
    struct amount a = lower_amount(l, e);
    double number = a.number;
    if (a.what == AMOUNT_NONE) {
        if (!lower_known(l, e, &number)) return false;
        a.what = number == floor(number) ? AMOUNT_WHOLE : AMOUNT_NUMBER;
        a.size = a.what == AMOUNT_WHOLE ? size_const(low_sizes(l), (int64_t)number) : SIZE_BAD;
    }
    if (a.what != AMOUNT_WHOLE) {
        fail(l, E0404, e->span, "an index is a whole number");
        return false;
    }
    *at = number < 0 ? size_add(low_sizes(l), axis.size, a.size) : a.size;
    return true;
}

/* 0 <= at, at <= most, for every value of the run-time dims? */
bool check_range(struct low *l, const struct ast *e, ir_size at, ir_size most, const struct value *x, int axis)
{
    if (never_negative(l, at) && never_negative(l, size_sub(low_sizes(l), most, at))) return true;
    struct text t = text_new(&low_context(l)->arena);
    int64_t n;
    bool known = size_known(low_sizes(l), x->axis[axis].size, &n);
    text_printf(&t, "axis %d of %s", axis, shape_text(l, x->axis, x->rank));
    if (known)
        fail(l, E0205, e->span, "this reaches outside %s, which has %lld elements", t.s, (long long)n);
    else {
        fail(l, E0205, e->span, "this may reach outside %s, whose size is only known at run time", t.s);
        fail_help(l, "it is 1 at least: the places 0 and -1 are always there");
    }
    return false;
}

/* How many steps of `step` fit between; SIZE_BAD if that is no polynomial. */
static ir_size steps(struct low *l, ir_size from, ir_size to, int64_t step)
{
    struct ir_sizes *t = low_sizes(l);
    ir_size span = step > 0 ? size_sub(t, to, from) : size_sub(t, from, to);
    int64_t by = step > 0 ? step : -step, n;
    if (by == 1) return span;
    if (size_known(t, span, &n)) return size_const(t, (n + by - 1) / by);
    return size_div(t, span, size_const(t, by));
}

static bool lower_step(struct low *l, const struct ast *e, int64_t *step)
{
    double number = 1;
    if (e && !lower_known(l, e, &number)) return false;
    *step = (int64_t)number;
    if (number == (double)*step && *step != 0) return true;
    fail(l, E0404, e->span, "a step is a whole number other than 0");
    return false;
}

static bool lower_slice(struct low *l, const struct ast *e, const struct value *x, int axis, struct pick *p)
{
    struct ir_sizes *t = low_sizes(l);
    struct axis of = x->axis[axis];
    const struct ast *from = e->kid[0], *to = e->n > 1 ? e->kid[1] : NULL, *step = e->n > 2 ? e->kid[2] : NULL;
    ir_size zero = size_const(t, 0), last = size_sub(t, of.size, size_const(t, 1)), end;
    if (!from && !to && !step) return true;
    if (!lower_step(l, step, &p->step)) return false;
    bool back = p->step < 0;
    p->start = back ? last : zero;
    end = back ? size_const(t, -1) : of.size;
    if (from && !lower_position(l, from, of, &p->start)) return false;
    if (to && !lower_position(l, to, of, &end)) return false;
    if (from && !check_range(l, from, p->start, back ? last : of.size, x, axis)) return false;
    if (to && !check_range(l, to, end, of.size, x, axis)) return false;
    ir_size span = back ? size_sub(t, p->start, end) : size_sub(t, end, p->start);
    if (!size_is_positive(l, span)) {
        fail(l, E0205, e->span, "this slice of %s is empty, or may be", shape_text(l, x->axis, x->rank));
        return false;
    }
    p->size = steps(l, p->start, end, p->step);
    if (p->size == SIZE_BAD) {
        fail(l, E0206, e->span, "%s elements in steps of %lld: not a whole number for every value of the dims",
             amount_text(l, span), (long long)p->step);
        return false;
    }
    p->what = p->start == zero && p->size == of.size && p->step == 1 ? PICK_ALL : PICK_SLICE;
    return true;
}

/* Are all entries of `by` inside the axis? */
bool check_gather(struct low *l, const struct ast *e, const struct value *by, const struct value *x, int axis)
{
    if (by->type != IR_INT) {
        fail(l, E0404, e->span, "only integers index: this is a %s", by->rank ? "tensor of floats" : "float");
        fail_help(l, "inputs are integers where they say their range, as in `input ids[N] in K`");
        return false;
    }
    struct axis of = x->axis[axis];
    if (by->below && by->below == of.dim) return true;
    if (by->below_size && never_negative(l, size_sub(low_sizes(l), of.size, by->below_size))) return true;
    if (by->below_size)
        fail(l, E0205, e->span, "the entries of this index are below %s, and axis %d of %s has %s elements",
             amount_text(l, by->below_size), axis, shape_text(l, x->axis, x->rank), amount_text(l, of.size));
    else
        fail(l, E0205, e->span, "nothing says that this index is below %s", amount_text(l, of.size));
    return false;
}

static bool looks_like_amount(const struct ast *e)
{
    return e->kind == AST_number || e->kind == AST_name_ref || e->kind == AST_binary || e->kind == AST_unary;
}

static bool lower_turn(struct low *l, const struct ast *e, struct axis axis, struct pick *p, bool *ok)
{
    struct turn_index t;
    if (!lower_turn_index(l, e, &axis, &t)) return false;
    *p = (struct pick){PICK_TURN, t.start, t.turns.size, t.step, t.by};
    *ok = t.inside;
    return true;
}

static bool lower_item(struct low *l, const struct ast *e, const struct value *x, int axis, struct picks *all)
{
    struct pick *p = &all->pick[axis];
    if (e->kind == AST_slice) return lower_slice(l, e, x, axis, p);
    if (e->kind == AST_arg || e->kind == AST_in_item) {
        fail(l, E0304, e->span, "an index is a number, a slice, `..`, `_` or a tensor of integers");
        return false;
    }
    bool ok;
    if (lower_turn(l, e, x->axis[axis], p, &ok)) return ok;
    struct amount a = looks_like_amount(e) ? lower_amount(l, e) : (struct amount){.what = AMOUNT_NONE};
    if (a.what == AMOUNT_NONE) {
        p->by = as_value(l, lower_expr(l, e));
        if (p->by.kind == VALUE_POISON) return false;
        a = amount_of(l, &p->by);
    }
    if (a.what == AMOUNT_NONE) {
        bool known = p->by.type == IR_REAL && p->by.rank && constant_only(l, p->by.id, false);
        if (!known && !check_gather(l, e, &p->by, x, axis)) return false;
        p->what = p->by.rank ? PICK_BY : PICK_GATHER;
        if (p->by.rank) all->tensor[all->tensors++] = (struct tensor_index){.by = p->by, .tree = e, .axis = axis};
        return true;
    }
    if (a.what != AMOUNT_WHOLE) {
        fail(l, E0404, e->span, "an index is a whole number");
        return false;
    }
    p->what = PICK_ONE;
    p->start = a.number < 0 ? size_add(low_sizes(l), x->axis[axis].size, a.size) : a.size;
    return check_range(l, e, p->start, size_sub(low_sizes(l), x->axis[axis].size, size_const(low_sizes(l), 1)), x,
                       axis);
}

static bool lower_items(struct low *l, const struct ast *bracket, const struct value *x, struct picks *all)
{
    unsigned items = 0, dots = 0;
    for (uint32_t i = 0; i < bracket->n; i++) {
        dots += bracket->kid[i]->kind == AST_ellipsis;
        items += bracket->kid[i]->kind != AST_ellipsis && bracket->kid[i]->kind != AST_new_axis;
    }
    if (items > x->rank || dots > 1) {
        fail(l, dots > 1 ? E0304 : E0204, bracket->span,
             dots > 1 ? "`..` stands once in an index" : "%u indices, and this is %s", items,
             shape_text(l, x->axis, x->rank));
        return false;
    }
    int axis = 0;
    for (uint32_t i = 0; i < bracket->n; i++) {
        const struct ast *e = bracket->kid[i];
        if (e->kind == AST_ellipsis)
            axis += (int)(x->rank - items);
        else if (e->kind == AST_new_axis)
            all->new_before[axis]++;
        else if (!lower_item(l, e, x, axis++, all))
            return false;
    }
    return true;
}

static bool whole_turns(struct low *l, const struct pick *p, const struct value *x, uint8_t axis)
{
    return p->start == size_const(low_sizes(l), 0) && p->step == 1 && p->size == x->axis[axis].size;
}

/* All slices and positions at once; a position leaves an axis of 1. */
static ir_id take_slices(struct low *l, const struct value *x, const struct picks *all)
{
    struct axis axis[RANK_MAX];
    ir_size start[RANK_MAX];
    int64_t step[RANK_MAX];
    bool any = false;
    for (uint8_t i = 0; i < x->rank; i++) {
        const struct pick *p = &all->pick[i];
        bool slices = p->what == PICK_ONE || p->what == PICK_SLICE || (p->what == PICK_TURN && !whole_turns(l, p, x, i));
        any |= slices;
        axis[i] = x->axis[i];
        if (slices) axis[i] = (struct axis){NULL, p->what == PICK_ONE ? size_const(low_sizes(l), 1) : p->size};
        start[i] = slices ? p->start : size_const(low_sizes(l), 0);
        step[i] = slices && p->what != PICK_ONE ? p->step : 1;
    }
    return any ? ir_slice(low_graph(l), x->id, shape_for(l, axis, x->rank), start, step) : x->id;
}

/* Outer loops' numbers and what is there before any loop first, so that inner loops find rows. */
static ir_id take_gathers(struct low *l, ir_id id, const struct value *x, const struct picks *all)
{
    bool done[RANK_MAX] = {false};
    for (;;) {
        int next = -1, place = 0;
        for (uint8_t i = 0; i < x->rank; i++) {
            const struct pick *p = &all->pick[i];
            bool gathers = (p->what == PICK_GATHER || p->what == PICK_TURN) && !done[i];
            if (gathers && (next < 0 || p->by.id < all->pick[next].by.id)) next = i;
        }
        if (next < 0) return id;
        for (int i = 0; i < next; i++) place += done[i] ? all->pick[i].by.rank : 1;
        done[next] = true;
        id = ir_gather(low_graph(l), id, all->pick[next].by.id, (unsigned)place);
    }
}

/* What tensors index: one of integers gathers like a single integer does; for others see there. */
static bool take_rest(struct low *l, ir_id *id, const struct value *x, struct picks *all, struct span at)
{
    struct pieces p = {.id = 0};
    bool one = all->tensors == 1 && all->tensor[0].by.type == IR_INT;
    if (one) all->pick[all->tensor[0].axis].what = PICK_GATHER;
    *id = take_gathers(l, *id, x, all);
    if (one || !all->tensors) return true;
    for (uint8_t i = 0, k = 0; i < x->rank; i++) {
        const struct pick *q = &all->pick[i];
        if (q->what == PICK_BY) all->tensor[k++].place = p.n;
        if (q->what == PICK_GATHER || q->what == PICK_TURN) continue;
        p.axis[p.n] = (struct axis){NULL, q->what == PICK_ONE ? size_const(low_sizes(l), 1) : q->size};
        if (q->what == PICK_ALL || q->what == PICK_BY) p.axis[p.n] = x->axis[i];
        p.n++;
    }
    p.id = *id;
    if (!take_tensors(l, &p, all->tensor, all->tensors, x, at)) return false;
    *id = p.id;
    all->pick[all->tensor[0].axis].by = all->tensor[0].by;
    return true;
}

struct value lower_index(struct low *l, struct value x, const struct ast *bracket, struct span at)
{
    struct picks all = {.tensors = 0};
    if (x.kind == VALUE_POISON) return x;
    if (x.kind != VALUE_TENSOR) return fail(l, E0303, at, "this cannot be indexed");
    if (!is_whole(l, &x, at)) return poison(at);
    if (has_subscripts(l, bracket)) return lower_subscripts(l, x, bracket, at);
    if (!lower_items(l, bracket, &x, &all)) return poison(at);
    ir_id id = take_slices(l, &x, &all);
    if (!take_rest(l, &id, &x, &all, at)) return poison(at);
    struct axis axis[4 * RANK_MAX], one = {NULL, size_const(low_sizes(l), 1)};
    unsigned n = 0;
    for (uint8_t i = 0; i <= x.rank; i++) {
        for (unsigned k = 0; k < all.new_before[i] && n < RANK_MAX + 1; k++) axis[n++] = one;
        if (i == x.rank) break;
        const struct pick *p = &all.pick[i];
        bool by = p->what == PICK_GATHER || p->what == PICK_BY;
        if (by) /* what several tensors take together stands where the first of them does */
            for (uint8_t k = 0; (p->what == PICK_GATHER || i == all.tensor[0].axis) && k < p->by.rank; k++) axis[n++] = p->by.axis[k];
        else if (p->what != PICK_ONE && p->what != PICK_TURN)
            axis[n++] = p->what == PICK_ALL ? x.axis[i] : (struct axis){NULL, p->size};
    }
    if (n > RANK_MAX) return fail(l, E0601, at, "a tensor has at most 8 axes");
    id = ir_reshape(low_graph(l), id, shape_for(l, axis, (uint8_t)n));
    struct value v = make_tensor(l, id, (uint8_t)n, axis, at);
    v.below = x.below;
    v.below_size = x.below_size;
    return v;
}
