/* Loops: the body is lowered once, over holes for what is carried and a leaf for the number of the turn; ir_loop() cuts
 * it out. */
#include "codegen/ir/loop.h"
#include "codegen/lower/state.h"

struct carried {
    const struct ast *tree; /* name = value */
    struct value init, hole, next;
};

/* ---- the head ---- */

static bool lower_range(struct low *l, const struct ast *e, struct for_loop *f)
{
    struct ir_sizes *t = l->sizes;
    struct axis to;
    if (e->kind != AST_range) {
        if (!lower_size(l, e, &f->axis)) return false;
    } else {
        struct amount from = lower_amount(l, e->kid[0]);
        if (from.what != AMOUNT_WHOLE || size_least(t, from.size) < 0) {
            fail(l, E0206, e->kid[0]->span, "a loop counts from a whole number, 0 or more");
            return false;
        }
        if (!lower_size(l, e->kid[1], &to)) return false;
        f->from = from.size;
        f->axis = f->from == size_const(t, 0) ? to : (struct axis){NULL, size_sub(t, to.size, f->from)};
    }
    if (f->axis.size != SIZE_BAD && size_is_positive(l, f->axis.size)) return true;
    fail(l, E0206, e->span, "a loop has one turn at least, and this makes %s", amount_text(l, f->axis.size));
    fail_help(l, "let a dim count the turns: `dim S`, an axis of `S + 1`, `for t in S`");
    return false;
}

static bool lower_checkpoint(struct low *l, const struct ast *e, int64_t *every)
{
    double v;
    if (!e) return true;
    if (!lower_known(l, e, &v)) return false;
    *every = (int64_t)v;
    if (v >= 1 && v == (double)*every) return true;
    fail(l, E0206, e->span, "`checkpoint` takes how many turns lie between two that are stored: a whole number");
    return false;
}

static bool lower_inits(struct low *l, const struct ast *carries, struct carried *c)
{
    bool ok = true;
    for (uint32_t i = 0; carries && i < carries->n; i++) {
        c[i].tree = carries->kid[i];
        c[i].init = as_value(l, lower_expr(l, carries->kid[i]->kid[0]));
        ok = ok && c[i].init.kind == VALUE_TENSOR;
        for (uint32_t j = 0; j < i; j++) {
            if (c[j].tree->name != c[i].tree->name) continue;
            fail(l, E0302, c[i].tree->name_span, "'%s' is carried already", c[i].tree->name);
            ok = false;
        }
    }
    return ok;
}

/* t itself: from + the number of the turn, an integer below what the range ends with. */
static struct value turn_value(struct low *l, const struct ast *s, const struct for_loop *f)
{
    struct ir_graph *g = l->graph;
    struct value v = {.kind = VALUE_TENSOR, .at = s->name_span, .type = IR_INT, .id = f->leaf};
    int64_t one = 1;
    v.below = f->axis.dim;
    v.below_size = size_add(l->sizes, f->from, f->axis.size);
    if (f->from != size_const(l->sizes, 0))
        v.id = ir_gather(
            g, ir_slice(g, ir_iota(g, v.below_size), ir_shape_of(g->tables, 1, &f->axis.size), &f->from, &one), f->leaf,
            0);
    return v;
}

/* ---- the body ---- */

static void bind_carried(struct low *l, struct carried *c, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct value v = c[i].init;
        int64_t unique = l->graph->tables->next_unique++;
        v.id = ir_leaf(l->graph, OP_hole, v.type, shape_of(l, &v), unique, 0);
        v.known = false;
        v.at = c[i].tree->name_span;
        c[i].hole = v;
        bind(l, c[i].tree->name, v, c[i].tree->name_span, false);
    }
}

/* What the body leaves of a carried value: of the shape and type that came in. */
static bool check_next(struct low *l, const struct scope *body, struct carried *c)
{
    const struct value *in = &c->init;
    const struct binding *b = scope_find(body, c->tree->name, UINT32_MAX);
    struct value v = as_value(l, b->value);
    c->next = v;
    if (v.kind != VALUE_TENSOR) return false;
    if (in->type == IR_REAL) v = as_real(l, v);
    bool same = v.rank == in->rank;
    for (uint8_t i = 0; same && i < v.rank; i++) same = axis_equal(l, v.axis[i], in->axis[i]);
    if (!same) {
        fail(l, E0201, b->at, "'%s' is carried as %s, and after a turn it is %s", c->tree->name,
             shape_text(l, in->axis, in->rank), shape_text(l, v.axis, v.rank));
        fail_note(l, c->tree->span, "its first value");
        return false;
    }
    if (v.type != in->type || v.below != in->below || v.below_size != in->below_size) {
        fail(l, E0404, b->at, "'%s' is carried as integers, and after a turn it is %s", c->tree->name,
             v.type == IR_INT ? "integers of another range" : "floats");
        fail_note(l, c->tree->span, "its first value");
        return false;
    }
    c->next = v;
    return true;
}

static bool check_collected(struct low *l, const struct scope *body, const struct ast *name, const struct carried *c,
                            uint32_t n, const struct for_loop *f, struct value *v)
{
    for (uint32_t i = 0; i < n; i++) {
        if (c[i].tree->name != name->name) continue;
        fail(l, E0302, name->span, "'%s' is carried: after the loop it is the last one", name->name);
        fail_help(l, "bind another name in the body, and collect that");
        return false;
    }
    const struct binding *b = scope_find(body, name->name, UINT32_MAX);
    if (!b) {
        fail(l, E0301, name->span, "the body binds no '%s' to collect", name->name);
        return false;
    }
    *v = as_value(l, b->value);
    if (v->kind != VALUE_TENSOR) return false;
    if (v->rank == RANK_MAX) {
        fail(l, E0601, name->span, "a tensor has at most 8 axes, and the turns are one more");
        return false;
    }
    struct axis axis[RANK_MAX];
    axis[0] = f->axis;
    for (uint8_t i = 0; i < v->rank; i++) axis[i + 1] = v->axis[i];
    return shape_fits(l, axis, (uint8_t)(v->rank + 1), name->span);
}

/* ---- the whole ---- */

static void bind_result(struct low *l, const char *name, struct value v, struct span at)
{
    v.at = at;
    v.known = false;
    struct binding *b = bind(l, name, v, at, false);
    if (b && l->scope->kind == SCOPE_FILE) record_binding(l, name, &b->value, at);
}

static void bind_all(struct low *l, const struct ast *s, const struct carried *c, const struct value *collected,
                     const struct for_loop *f, const ir_id *final, const ir_id *rows)
{
    const struct ast *carries = nth_kid(s, 2), *collects = nth_kid(s, 3);
    for (uint32_t i = 0; carries && i < carries->n; i++) {
        struct value v = final ? c[i].init : poison(s->span);
        if (final) v.id = final[i];
        bind_result(l, carries->kid[i]->name, v, carries->kid[i]->name_span);
    }
    for (uint32_t i = 0; collects && i < collects->n; i++) {
        struct value v = final ? collected[i] : poison(s->span);
        if (final) {
            v.id = rows[i];
            v.axis[0] = f->axis;
            for (uint8_t k = 0; k < collected[i].rank; k++) v.axis[k + 1] = collected[i].axis[k];
            v.rank++;
        }
        bind_result(l, collects->kid[i]->name, v, collects->kid[i]->span);
    }
}

static void make_loop(struct low *l, const struct ast *s, const struct for_loop *f, int64_t checkpoint,
                      const struct carried *c, uint32_t n, const struct value *collected, uint32_t n_collect)
{
    struct arena *a = ARENA(l);
    ir_id *init = arena_many(a, ir_id, n), *hole = arena_many(a, ir_id, n), *next = arena_many(a, ir_id, n),
          *collect = arena_many(a, ir_id, n_collect), *final = arena_many(a, ir_id, n + 1),
          *rows = arena_many(a, ir_id, n_collect);
    const char **name = arena_many(a, const char *, n);
    for (uint32_t i = 0; i < n; i++) {
        init[i] = c[i].init.id;
        hole[i] = c[i].hole.id;
        next[i] = c[i].next.id;
        name[i] = c[i].tree->name;
    }
    for (uint32_t i = 0; i < n_collect; i++) collect[i] = collected[i].id;
    struct ir_turn turn = {.name = s->name,
                           .turns = f->axis.size,
                           .checkpoint = checkpoint,
                           .turn = f->leaf,
                           .n_carry = n,
                           .n_collect = n_collect,
                           .carry = hole,
                           .init = init,
                           .next = next,
                           .collect = collect,
                           .carry_name = name};
    set_here(l, s->span);
    ir_loop(l->graph, &turn, final, rows);
    bind_all(l, s, c, collected, f, final, rows);
}

/* Of long loops, the number whose square is nearest: as many turns are stored as there are in between. */
static int64_t thrifty_checkpoint(const struct low *l, const struct for_loop *f)
{
    enum { LONG = 16 };
    int64_t k = 1, turns = size_bound(l->sizes, f->axis.size);
    while (k * k < turns) k++;
    return l->options->thrifty && turns >= LONG ? k : 0;
}

void lower_for(struct low *l, const struct ast *s)
{
    const struct ast *carries = nth_kid(s, 2), *collects = nth_kid(s, 3);
    uint32_t n = carries ? carries->n : 0, n_collect = collects ? collects->n : 0, errors = l->c->diags.errors;
    struct carried *c = arena_many(ARENA(l), struct carried, n);
    struct value *collected = arena_many(ARENA(l), struct value, n_collect);
    struct for_loop f = {.outer = l->loop, .tree = s, .from = size_const(l->sizes, 0)};
    int64_t checkpoint = 0;
    bool ok = lower_range(l, s->kid[0], &f) && lower_checkpoint(l, nth_kid(s, 1), &checkpoint);
    ok = lower_inits(l, carries, c) && ok;
    if (ok && !checkpoint) checkpoint = thrifty_checkpoint(l, &f);
    if (ok) {
        open_scope(l);
        f.leaf = ir_turn_leaf(l->graph);
        f.value = turn_value(l, s, &f);
        f.scope = l->scope;
        struct binding *t = bind(l, s->name, f.value, s->name_span, true);
        f.value = t->value;
        bind_carried(l, c, n);
        f.body = l->graph->n;
        l->loop = &f;
        lower_block(l, s->kid[4]);
        ok = l->c->diags.errors == errors;
        for (uint32_t i = 0; ok && i < n; i++) ok = check_next(l, f.scope, &c[i]);
        for (uint32_t i = 0; ok && i < n_collect; i++)
            ok = check_collected(l, f.scope, collects->kid[i], c, n, &f, &collected[i]);
        l->loop = f.outer;
        close_scope(l);
    }
    if (ok && !n && !n_collect) {
        fail(l, E0402, s->name_span, "this loop leaves nothing behind: what its body binds is its own");
        fail_help(l, "`carry y = first { y = ... }` hands a value from turn to turn, `collect ys { ys = ... }` keeps "
                     "one of each");
    } else if (ok)
        make_loop(l, s, &f, checkpoint, c, n, collected, n_collect);
    else
        bind_all(l, s, c, collected, &f, NULL, NULL);
}

/* A body binds names of its own; those around it live on only where they are carried. */
bool may_bind_in_loop(struct low *l, const char *name, struct span at)
{
    const struct for_loop *f = l->loop;
    if (!f || l->scope != f->scope || scope_find(f->scope, name, UINT32_MAX)) return true;
    const struct ast *collects = nth_kid(f->tree, 3);
    for (uint32_t i = 0; collects && i < collects->n; i++)
        if (collects->kid[i]->name == name) return true;
    for (const struct scope *s = f->scope; s != frame_of(l);) {
        s = s->parent;
        const struct binding *b = scope_find(s, name, UINT32_MAX);
        if (!b) continue;
        fail(l, E0302, at, "'%s' is bound outside of this loop, whose turns leave it as it is", name);
        fail_note(l, b->at, "bound here");
        fail_help(l, arena_printf(ARENA(l), "carry it, `for %s in ... carry %s = %s`, or use another name",
                                  f->tree->name, name, name));
        return false;
    }
    return true;
}

/* ---- derivatives in a body ---- */

/* A carried value of f that y is made of; 0: none. */
static ir_id carried_in(struct low *l, const struct for_loop *f, ir_id y)
{
    if (y < f->leaf) return 0;
    struct arena_mark mark = arena_mark(ARENA(l));
    bool *seen = arena_many(ARENA(l), bool, y - f->leaf + 1);
    ir_id found = 0;
    seen[y - f->leaf] = true;
    for (ir_id id = y; id > f->leaf && !found; id--) {
        const struct ir_node *n = ir_at(l->graph, id);
        if (!seen[id - f->leaf]) continue;
        if (n->op == OP_hole && id < f->body) found = id;
        for (uint32_t i = 0; i < n->n_arg; i++)
            if (n->arg[i] > f->leaf) seen[n->arg[i] - f->leaf] = true;
    }
    arena_rewind(ARENA(l), mark);
    return found;
}

bool stays_in_turn(struct low *l, const struct value *y, const struct value *x, struct span at)
{
    enum ir_op op = (enum ir_op)ir_at(l->graph, x->id)->op;
    for (const struct for_loop *f = l->loop; f; f = f->outer) {
        ir_id hole = x->id < f->leaf || op == OP_param || op == OP_state ? carried_in(l, f, y->id) : 0;
        if (!hole) continue;
        fail(l, E0501, at, "this is bound outside of the loop, whose turns before may have used it for '%s'",
             ir_at(l->graph, hole)->name);
        fail_note(l, f->tree->name_span, "the loop");
        fail_help(l,
                  "bind it to another name in the body, use and differentiate by that, and the derivative is that of "
                  "one turn; or differentiate after the loop");
        return false;
    }
    return true;
}

/* ---- x[2*t + 1] ---- */

struct turn_form { /* by * (the turn's number) + rest */
    const struct for_loop *loop;
    int64_t by;
    ir_size rest;
    bool mixed; /* the numbers of two loops are in it */
};

static const struct for_loop *loop_of(const struct low *l, const struct value *v)
{
    const struct for_loop *f = l->loop;
    while (f && (v->kind != VALUE_TENSOR || v->id != f->value.id)) f = f->outer;
    return f;
}

static bool add_form(struct low *l, const struct ast *e, int64_t by, struct turn_form *form, unsigned depth)
{
    struct ir_sizes *t = l->sizes;
    int64_t k;
    if (depth > 64) return false;
    struct amount c = lower_amount(l, e);
    if (c.what == AMOUNT_WHOLE) {
        form->rest = size_add(t, form->rest, size_mul(t, size_const(t, by), c.size));
        return form->rest != SIZE_BAD;
    }
    const struct value *v = e->kind == AST_name_ref ? find_name(l, e->name) : NULL;
    const struct for_loop *f = v ? loop_of(l, v) : NULL;
    if (f && form->loop && form->loop != f) form->mixed = true;
    if (form->mixed) return false;
    if (f) {
        form->loop = f;
        form->by += by;
        form->rest = size_add(t, form->rest, size_mul(t, size_const(t, by), f->from));
        return form->rest != SIZE_BAD;
    }
    if (e->kind == AST_unary && e->op == '-') return add_form(l, e->kid[0], -by, form, depth + 1);
    if (e->kind != AST_binary) return false;
    if (e->op == '+' || e->op == '-')
        return add_form(l, e->kid[0], by, form, depth + 1) &&
               add_form(l, e->kid[1], e->op == '-' ? -by : by, form, depth + 1);
    for (int side = 0; e->op == '*' && side < 2; side++) {
        c = lower_amount(l, e->kid[side]);
        if (c.what == AMOUNT_WHOLE && size_known(t, c.size, &k) && k > -4096 && k < 4096)
            return add_form(l, e->kid[1 - side], by * k, form, depth + 1);
    }
    return false;
}

bool lower_turn_index(struct low *l, const struct ast *e, const struct axis *axis, struct turn_index *out)
{
    struct ir_sizes *t = l->sizes;
    struct turn_form form = {.rest = size_const(t, 0)};
    bool affine = e->kind == AST_name_ref || e->kind == AST_binary || e->kind == AST_unary;
    if (!l->loop || !affine) return false;
    bool fits = add_form(l, e, 1, &form, 0) && form.loop && form.by;
    *out = (struct turn_index){.inside = false};
    if (form.mixed) {
        fail(l, E0701, e->span, "an index made of the numbers of two loops is not supported yet");
        fail_help(l, "index notation has such: y[i, j] = x[2*i + j]; bind it before the loops, and index that by both");
    }
    if (!fits) return form.mixed;
    ir_size last = size_sub(t, form.loop->axis.size, size_const(t, 1)), end = size_sub(t, axis->size, size_const(t, 1));
    *out = (struct turn_index){.start = form.rest, .turns = form.loop->axis, .step = form.by};
    out->last = size_add(t, form.rest, size_mul(t, size_const(t, form.by), last));
    out->by = form.loop->value;
    out->by.id = form.loop->leaf;
    ir_size low = form.by > 0 ? out->start : out->last, high = form.by > 0 ? out->last : out->start;
    ir_size left = size_sub(t, end, high);
    out->inside = low != SIZE_BAD && left != SIZE_BAD && size_least(t, low) >= 0 && size_least(t, left) >= 0;
    if (!out->inside)
        fail(l, E0205, e->span, "this index runs from %s to %s, and the axis ends at %s", amount_text(l, out->start),
             amount_text(l, out->last), amount_text(l, end));
    return true;
}
