/* Index notation: s[i, j] = sum[d](q[i, d] * k[j, d]). Sums of products become contractions; all else is elementwise
 * work and reductions over tensors whose axes are the index variables. */
#include "codegen/lower/notation.h"

#include <math.h>
#include <string.h>

/* ---- tensors over index variables ---- */

bool is_indexed(const struct value *v)
{
    for (uint8_t i = 0; i < v->rank; i++)
        if (v->axis[i].dim && v->axis[i].dim->index) return true;
    return false;
}

bool all_indexed(const struct value *v)
{
    for (uint8_t i = 0; i < v->rank; i++)
        if (!v->axis[i].dim || !v->axis[i].dim->index) return false;
    return true;
}

bool is_whole(struct low *l, const struct value *v, struct span at)
{
    if (v->kind != VALUE_TENSOR || !is_indexed(v)) return true;
    fail(l, E0204, at, "in index notation values are single numbers, and this function needs whole tensors");
    return false;
}

static int axis_of(const struct value *v, const struct dim *d)
{
    for (uint8_t i = 0; i < v->rank; i++)
        if (v->axis[i].dim == d) return i;
    return -1;
}

struct value index_to(struct low *l, struct value v, const struct axis *axis, uint8_t rank, struct span at)
{
    int permute[RANK_MAX], source[RANK_MAX];
    uint8_t n = 0;
    for (uint8_t i = 0; i < rank; i++) {
        int from = axis_of(&v, axis[i].dim);
        source[i] = from < 0 ? -1 : n;
        if (from < 0) continue;
        permute[n++] = from;
    }
    if (n != v.rank)
        return fail(l, E0201, at, "in index notation every axis is indexed, and this is %s",
                    shape_text(l, v.axis, v.rank));
    ir_id id = ir_permute(low_graph(l), v.id, permute);
    struct value r = make_tensor(l, ir_expand(low_graph(l), id, shape_for(l, axis, rank), source), rank, axis, at);
    r.below = v.below;
    r.below_size = v.below_size;
    return r;
}

/* All variables of the values, by number. */
bool join_variables(struct low *l, struct value *v, uint32_t n, struct span at)
{
    struct axis all[RANK_MAX];
    uint8_t rank = 0;
    for (uint32_t i = 0; i < n; i++) {
        for (uint8_t k = 0; k < v[i].rank; k++) {
            uint8_t to = 0;
            while (to < rank && all[to].dim->index < v[i].axis[k].dim->index) to++;
            if (to < rank && all[to].dim == v[i].axis[k].dim) continue;
            if (rank == RANK_MAX) {
                fail(l, E0601, at, "this depends on more than 8 index variables at once");
                return false;
            }
            memmove(&all[to + 1], &all[to], (size_t)(rank++ - to) * sizeof *all);
            all[to] = v[i].axis[k];
        }
    }
    bool same = true; /* all of one shape already, in whatever order */
    for (uint32_t i = 0; i < n; i++)
        same = same && v[i].rank == v[0].rank && (!v[0].rank || !memcmp(v[i].axis, v[0].axis, v[0].rank * sizeof *all));
    if (same) return true;
    if (!shape_fits(l, all, rank, at)) return false;
    for (uint32_t i = 0; i < n; i++) {
        bool known = v[i].known && !rank;
        v[i] = index_to(l, v[i], all, rank, v[i].at);
        v[i].known = known;
        if (v[i].kind == VALUE_POISON) return false;
    }
    return true;
}

/* ---- sums of products ---- */

enum { FACTORS_MOST = 16 };

/* The factors of a * b * c, which leans left; a single one if there are too many. */
static uint32_t factors_of(const struct ast *e, const struct ast **factor)
{
    const struct ast *whole = e;
    uint32_t n = 0;
    for (; e->kind == AST_binary && e->op == '*' && n < FACTORS_MOST - 1; e = e->kid[0]) factor[n++] = e->kid[1];
    if (e->kind == AST_binary && e->op == '*') {
        factor[0] = whole;
        return 1;
    }
    factor[n++] = e;
    return n;
}

/* The axes in the order of their variables, the left side's first, if the innermost one stays: what is written
 * s[b, h, i, j] is made so at once, rather than moved afterwards. */
static void in_written_order(struct axis *axis, uint8_t *label, unsigned n)
{
    for (unsigned i = 0; i + 1 < n; i++)
        if (axis[i].dim->index > axis[n - 1].dim->index) return;
    for (unsigned i = 1; i + 1 < n; i++)
        for (unsigned k = i; k > 0 && axis[k - 1].dim->index > axis[k].dim->index; k--) {
            struct axis a = axis[k];
            uint8_t l = label[k];
            axis[k] = axis[k - 1], axis[k - 1] = a;
            label[k] = label[k - 1], label[k - 1] = l;
        }
}

/* a * b, summed over the variables in `over` that `rest` (the factors still to come) does not have. */
static struct value contract(struct low *l, struct value a, struct value b, const struct value *rest, uint32_t n_rest,
                             unsigned long long over, struct span at)
{
    uint8_t la[RANK_MAX], lb[RANK_MAX], out[RANK_MAX];
    struct axis axis[RANK_MAX];
    const struct dim *seen[LABELS_MAX];
    unsigned n_seen = 0, n_out = 0;
    for (int side = 0; side < 2; side++) {
        const struct value *v = side ? &b : &a;
        for (uint8_t i = 0; i < v->rank; i++) {
            const struct dim *d = v->axis[i].dim;
            unsigned k = 0;
            while (k < n_seen && seen[k] != d) k++;
            (side ? lb : la)[i] = (uint8_t)k;
            if (k < n_seen) continue;
            seen[n_seen++] = d;
            bool kept = !(over >> (d->index - 1) & 1);
            for (uint32_t r = 0; r < n_rest && !kept; r++) kept = axis_of(&rest[r], d) >= 0;
            if (!kept) continue;
            if (n_out == RANK_MAX) return fail(l, E0601, at, "this depends on more than 8 index variables at once");
            axis[n_out] = v->axis[i];
            out[n_out++] = (uint8_t)k;
        }
    }
    if (!shape_fits(l, axis, (uint8_t)n_out, at)) return poison(at);
    in_written_order(axis, out, n_out);
    ir_id id = ir_contract(low_graph(l), a.id, la, b.id, lb, out, n_out);
    return make_tensor(l, id, (uint8_t)n_out, axis, at);
}

/* How many elements a * b has at most, summed over what no other factor has. */
static double cost(struct low *l, const struct value *f, uint32_t n, uint32_t a, uint32_t b, unsigned long long over)
{
    double elements = 1;
    unsigned rank = 0;
    for (int side = 0; side < 2; side++) {
        const struct value *v = side ? &f[b] : &f[a];
        for (uint8_t i = 0; i < v->rank; i++) {
            const struct dim *d = v->axis[i].dim;
            bool kept = !(over >> (d->index - 1) & 1);
            for (uint32_t r = 0; r < n && !kept; r++) kept = r != a && r != b && axis_of(&f[r], d) >= 0;
            if (!kept || (side && axis_of(&f[a], d) >= 0)) continue;
            elements *= (double)size_bound(low_sizes(l), v->axis[i].size);
            rank++;
        }
    }
    return rank > RANK_MAX ? INFINITY : elements;
}

/* f[0] * f[1] * ..., two at a time: each time those that leave the least, the first of equal ones. */
static struct value product_of_all(struct low *l, struct value *f, uint32_t n, unsigned long long over, struct span at)
{
    for (; n > 1; n--) {
        uint32_t a = 0, b = 1;
        double least = INFINITY;
        for (uint32_t i = 0; i < n && n > 2; i++)
            for (uint32_t j = i + 1; j < n; j++) {
                double c = cost(l, f, n, i, j, over);
                if (c < least) least = c, a = i, b = j;
            }
        struct value second = f[b];
        memmove(&f[b], &f[b + 1], (n - 1 - b) * sizeof *f);
        struct value first = f[a];
        memmove(&f[1], &f[0], a * sizeof *f); /* the rest behind it */
        f[0] = contract(l, first, second, f + 1, n - 2, over, at);
        if (f[0].kind == VALUE_POISON) return f[0];
    }
    return f[0];
}

/* The reduced variables that no factor has: they count how often the same is added. */
static struct value times_count(struct low *l, struct value v, struct variable *const *by, uint32_t n,
                                unsigned long long found, struct span at)
{
    ir_size times = size_const(low_sizes(l), 1);
    for (uint32_t i = 0; i < n; i++)
        if (!(found >> (by[i]->dim.dim.index - 1) & 1)) times = size_mul(low_sizes(l), times, by[i]->dim.dim.size);
    int64_t k;
    if (size_known(low_sizes(l), times, &k))
        return k == 1 ? v : map_pair(l, OP_mul, v, make_number(l, (double)k, at), "*", at);
    return map_pair(l, OP_mul, v, make_tensor(l, ir_dimval(low_graph(l), times), 0, NULL, at), "*", at);
}

static struct value sum_of_products(struct low *l, const struct ast *e, struct variable *const *by, uint32_t n_by)
{
    const struct ast *tree[FACTORS_MOST];
    struct value f[FACTORS_MOST], scale = {.kind = VALUE_POISON};
    unsigned long long over = 0, found = 0;
    uint32_t many = factors_of(e->kid[1], tree), k = 0;
    for (uint32_t i = 0; i < n_by; i++) over |= 1ull << (by[i]->dim.dim.index - 1);
    for (uint32_t i = many; i-- > 0;) {
        struct value v = lower_number(l, tree[i]);
        if (v.kind == VALUE_POISON) return v;
        if (!all_indexed(&v))
            return fail(l, E0204, tree[i]->span, "in index notation every axis is indexed, and this is %s",
                        shape_text(l, v.axis, v.rank));
        for (uint8_t a = 0; a < v.rank; a++) found |= 1ull << (v.axis[a].dim->index - 1);
        if (v.rank)
            f[k++] = v;
        else
            scale = scale.kind == VALUE_POISON ? v : map_pair(l, OP_mul, scale, v, "*", e->span);
    }
    struct value v = k ? f[0] : make_number(l, 1, e->span);
    if (k == 1) { /* no product: a plain sum */
        unsigned mask = 0;
        struct axis axis[RANK_MAX];
        uint8_t rank = 0;
        for (uint8_t a = 0; a < v.rank; a++) {
            if (over >> (v.axis[a].dim->index - 1) & 1)
                mask |= 1u << a;
            else
                axis[rank++] = v.axis[a];
        }
        v = make_tensor(l, ir_reduce(low_graph(l), OP_sum, v.id, mask), rank, axis, e->span);
    }
    if (k > 1) v = product_of_all(l, f, k, over, e->span);
    if (v.kind != VALUE_POISON && scale.kind != VALUE_POISON) v = map_pair(l, OP_mul, v, scale, "*", e->span);
    return v.kind == VALUE_POISON ? v : times_count(l, v, by, n_by, found, e->span);
}

static struct value divide_by_count(struct low *l, struct value v, struct variable *const *by, uint32_t n,
                                    struct span at)
{
    return map_pair(l, OP_div, v, times_count(l, make_number(l, 1, at), by, n, 0, at), "/", at);
}

/* ---- doors ---- */

/* Is this call one that brings index variables into the notation being lowered? */
bool brings_variables(struct low *l, const struct ast *e)
{
    const struct notation *n = l->notation;
    return n && e->span.lo >= n->text.lo && e->span.hi <= n->text.hi && is_reducer(e);
}

/* Is something in the tree indexed by this name? */
static bool indexes_by(const struct ast *e, const char *name, bool in_bracket)
{
    for (; e; in_bracket = in_bracket || e->kind == AST_bracket, e = e->n ? e->kid[0] : NULL) {
        bool inside = in_bracket || e->kind == AST_bracket;
        if (in_bracket && e->kind == AST_name_ref && e->name == name) return true;
        for (uint32_t i = 1; i < e->n; i++)
            if (e->kid[i] && indexes_by(e->kid[i], name, inside)) return true;
    }
    return false;
}

/* sum[i](x[i] * y[i]) where no notation is around it: one number. Not sum[a](x), whose a is an axis. */
bool is_notation(struct low *l, const struct ast *e)
{
    if (brings_variables(l, e) || !is_reducer(e) || e->n < 2) return false;
    const struct ast *b = e->kid[0]->kid[1];
    for (uint32_t i = 0; i < b->n; i++) {
        const struct value *v = find_name(l, b->kid[i]->name);
        if (v && v->kind == VALUE_AXIS) return false;
        if (b->kid[i]->kind != AST_in_item && !indexes_by(e->kid[1], b->kid[i]->name, false)) return false;
    }
    return true;
}

struct value lower_number_of(struct low *l, const struct ast *e)
{
    struct notation n = {.text = e->span}, *outer = l->notation;
    l->notation = &n;
    open_scope(l);
    bool ok = find_ranges(l, &n, e);
    close_scope(l);
    struct value v = ok ? lower_reducer(l, e) : poison(e->span);
    l->notation = outer;
    return v;
}

struct value lower_reducer(struct low *l, const struct ast *e)
{
    const struct notation *n = l->notation;
    const struct ast *b = e->kid[0]->kid[1];
    const char *name = e->kid[0]->kid[0]->name;
    struct variable **by = arena_many(ARENA(l), struct variable *, b->n);
    open_scope(l);
    for (uint32_t i = 0; i < b->n; i++) {
        by[i] = variable_of(n, e, b->kid[i]->name);
        bind(l, by[i]->dim.dim.name, by[i]->value, by[i]->at, false);
    }
    struct value v;
    bool sum = !strcmp(name, "sum"), mean = !strcmp(name, "mean");
    if ((sum || mean) && e->n == 2 && e->kid[1]->kind != AST_arg && n->variables.n <= 64) {
        v = sum_of_products(l, e, by, b->n);
        if (mean && v.kind != VALUE_POISON) v = divide_by_count(l, v, by, b->n, e->span);
    } else {
        v = lower_call(l, e);
    }
    close_scope(l);
    if (v.kind == VALUE_TENSOR && v.below && v.below->index) v.below = ((const struct local_dim *)v.below)->origin.dim;
    return v;
}

bool lower_notation(struct low *l, const struct ast *s)
{
    struct notation n = {.text = s->span}, *outer = l->notation;
    const struct ast *target = s->kid[1], *b = target->kid[0];
    struct axis axis[RANK_MAX];
    uint8_t rank = 0;
    bool ok = b->n <= RANK_MAX;
    set_here(l, s->span);
    if (!ok) fail(l, E0601, b->span, "a tensor has at most 8 axes");
    l->notation = &n;
    open_scope(l);
    for (uint32_t i = 0; ok && i < b->n; i++) {
        struct variable *v = new_variable(l, &n, b->kid[i], NULL);
        if ((ok = v != NULL)) bind(l, v->dim.dim.name, v->value, v->at, false);
    }
    ok = ok && find_ranges(l, &n, s->kid[0]);
    close_scope(l);
    open_scope(l);
    for (uint32_t i = 0; ok && i < b->n; i++) {
        struct variable *v = n.variables.at[i];
        bind(l, v->dim.dim.name, v->value, v->at, false);
        axis[rank++] = (struct axis){&v->dim.dim, v->dim.dim.size};
    }
    struct value v = ok ? as_value(l, lower_expr(l, s->kid[0])) : poison(s->span);
    close_scope(l);
    l->notation = outer;
    if (v.kind != VALUE_POISON && !all_indexed(&v))
        v = fail(l, E0204, s->kid[0]->span,
                 "the right side is one number for each setting of the indices, and this is %s",
                 shape_text(l, v.axis, v.rank));
    if (v.kind == VALUE_POISON) return false;
    v = index_to(l, v, axis, rank, s->span);
    if (v.kind == VALUE_POISON) return false;
    for (uint8_t i = 0; i < rank; i++) v.axis[i] = n.variables.at[i]->dim.origin;
    struct binding *bound = bind(l, target->name, v, target->name_span, false);
    if (bound && l->scope->kind == SCOPE_FILE) record_binding(l, target->name, &bound->value, target->span);
    return true;
}
