/* Reductions: their running variables, and the loops of a phase that has them. */
#include "codegen/emit/blocks.h"

#include <string.h>

static const struct ir_node *node_of(const struct body *b, ir_id id)
{
    return ir_at(b->u->g, id);
}

/* ---- reductions ---- */

bool reduce_is(const struct body *b, const struct member *m)
{
    return m->copy_to < 0 && ir_ops[node_of(b, m->node)->op].class == CLASS_REDUCE;
}

bool reduce_is_index(const struct ir_node *n)
{
    return n->op == OP_argmax || n->op == OP_argmin;
}

bool reduce_is_most(const struct ir_node *n)
{
    return n->op == OP_max_of || n->op == OP_argmax;
}

const char *reduce_worst(struct unit *u, const struct ir_node *n)
{
    return emit_literal(u, reduce_is_most(n) ? -__builtin_inf() : __builtin_inf());
}

enum { SHORT_SUM = 32, SUM_LANES = 16, SUM_LANES_SOME = 8, SUM_LANES_LEAST = 4, TERMS_WRITTEN_OUT = 4, TERMS_MANY = 256, ROW_SHORT = 64 };

/* In single precision long sums are made in double; in double precision, with care. */
bool reduce_is_long_sum(const struct body *b, const struct ir_node *n)
{
    const struct ir_shape *s = node_of(b, n->arg[0])->shape;
    int64_t terms = 1;
    for (unsigned k = 0; k < s->rank && terms <= SHORT_SUM; k++)
        if (n->attr[0] >> k & 1) terms *= size_bound(b->u->sizes, s->dim[k]);
    return n->op == OP_sum && !b->u->o->single && terms > SHORT_SUM;
}

/* The operation that is read there and computed where it is read; NULL: it is another. */
static const struct ir_node *unheld(struct unit *u, ir_id id, const struct index *at, enum ir_op op, struct access *a)
{
    access_follow(u, id, at, a);
    return ir_at(u->g, a->base)->op == op && !u->value[a->base].held && !a->n_guards ? ir_at(u->g, a->base) : NULL;
}

ir_id reduce_most_of(struct unit *u, const struct group *g, uint32_t phase, ir_id id)
{
    const struct ir_node *n = ir_at(u->g, id);
    struct access a, e, side[2];
    if (n->op != OP_sum || g->phases.at[phase].n_inner != 1) return 0;
    struct index at = index_argument(u, n, 0);
    const struct ir_node *choice = unheld(u, n->arg[0], &at, OP_select, &a);
    if (!choice || choice != ir_at(u->g, n->arg[0])) return 0;
    access_follow(u, choice->arg[2], &a.at, &e);
    if (ir_at(u->g, e.base)->op != OP_const || ir_const_value(ir_at(u->g, e.base)) != 0) return 0;
    const struct ir_node *eq = unheld(u, choice->arg[0], &a.at, OP_eq, &e);
    if (!eq || ir_at(u->g, eq->arg[0])->type != IR_INT) return 0;
    for (unsigned i = 0; i < 2; i++) access_follow(u, eq->arg[i], &e.at, &side[i]);
    unsigned which = ir_at(u->g, side[0].base)->op == OP_iota;
    const struct access *found = &side[which], *place = &side[1 - which];
    const struct ir_node *most = ir_at(u->g, found->base);
    const struct value *v = &u->value[found->base];
    struct affine inner = affine_var(g->n_outer);
    bool earlier = most->op == OP_argmax && v->held && &u->groups.at[v->group] == g && v->phase < phase;
    bool same = earlier && ir_at(u->g, place->base)->op == OP_iota && affine_equal(&place->at.at[0], &inner) && !found->flat &&
                index_plain_axes(&found->at, most->shape, 0) == most->shape->rank && most->shape == n->shape;
    return same && most->arg[0] == choice->arg[1] ? found->base : 0;
}

enum steps reduce_steps(const struct body *b, const struct group *g, const struct phase *ph)
{
    struct unit *u = b->u;
    int64_t all = 1, last = 1, size;
    bool sums = true, reductions = true;
    if (u->o->style != EMIT_FILE || !ph->n_inner) return STEPS_LOOP;
    for (uint32_t i = 0; i < ph->members.n; i++) {
        const struct member *m = &ph->members.at[i];
        reductions = reductions && reduce_is(b, m);
        sums = sums && reductions && node_of(b, m->node)->op == OP_sum && !reduce_is_long_sum(b, node_of(b, m->node));
    }
    bool known = true;
    for (unsigned k = 0; k < ph->n_inner; k++) {
        if (!known) return STEPS_LOOP;
        known = size_known(u->sizes, ph->inner[k], &size);
        if (!known && !k) return STEPS_LOOP; /* a row at run time: a sum along it has its own ways */
        last = known ? size : size_bound(u->sizes, ph->inner[k]);
        all = all < TERMS_MANY ? all * last : all;
    }
    bool few = known && ph->crossed && all > 1 && all <= TERMS_WRITTEN_OUT;
    if (reductions && few && emit_any_loop(g->outer, g->n_outer)) return STEPS_WRITTEN_OUT;
    bool lanes = sums && all >= TERMS_MANY && last <= ROW_SHORT && last >= SUM_LANES_LEAST;
    return lanes ? STEPS_IN_LANES : STEPS_LOOP;
}

/* Of a phase with sums in parts: how many there are. */
static int lanes_of(const struct body *b, const struct phase *ph)
{
    int64_t last;
    ir_size size = ph->inner[ph->n_inner - 1];
    if (!size_known(b->u->sizes, size, &last)) return size_bound(b->u->sizes, size) < SUM_LANES ? SUM_LANES_SOME : SUM_LANES;
    if (last >= SUM_LANES && last % SUM_LANES_SOME) return SUM_LANES;
    return last < SUM_LANES_SOME ? (int)last : last % SUM_LANES ? SUM_LANES_SOME : SUM_LANES;
}

struct running reduce_begin(struct body *b, ir_id id, enum steps steps, int lanes, const char *from)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, id);
    const struct value *v = &u->value[id];
    struct running r = {.brief = steps == STEPS_WRITTEN_OUT};
    bool sum = n->op == OP_sum, index = reduce_is_index(n);
    r.lanes = sum && steps == STEPS_IN_LANES ? lanes : 0;
    r.careful = !r.lanes && reduce_is_long_sum(b, n);
    r.own = v->local && !r.lanes && !r.careful && (!sum || r.brief || !u->o->single);
    if (r.own && !index)
        r.name = v->name;
    else
        r.name = scope_numbered(u->scope, sum ? "acc" : "best", &u->next_number[sum ? 4 : 5]);
    if (index) r.index = v->local ? v->name : arena_printf(u->scratch, "%s_at", r.name);
    u->calls->sum = u->calls->sum || r.careful;
    if (r.lanes)
        emit_line(b, "double %s[%d] = {0};", r.name, r.lanes);
    else if (r.careful)
        emit_line(b, "double %s[2] = {0, 0};", r.name);
    else {
        const char *first = sum ? "0" : reduce_worst(u, n);
        const char *type = sum && !r.brief ? "double" : u->real_type;
        emit_line(b, "%s%s %s = %s;", from ? "const " : "", type, r.name, from ? from : first);
    }
    if (index) emit_line(b, "int32_t %s = 0;", r.index);
    return r;
}

/* Variables from `first` on are these numbers. */
static void settle(struct body *b, struct index *at, uint8_t first, const int64_t *number)
{
    for (unsigned k = 0; k < at->rank; k++)
        for (unsigned t = at->at[k].n; t-- > 0;) {
            struct term x = at->at[k].term[t];
            if (x.var < first) continue;
            ir_size by = size_mul(b->u->sizes, x.by, size_const(b->u->sizes, number[x.var - first]));
            affine_drop(&at->at[k], t);
            at->at[k].plus = size_add(b->u->sizes, at->at[k].plus, by);
        }
}

static const char *named(struct body *b, const char *x)
{
    if (!strpbrk(x, " [(")) return x;
    const char *v = scope_numbered(b->u->scope, "x", &b->u->next_number[5]);
    emit_line(b, "const %s %s = %s;", b->u->real_type, v, x);
    return v;
}

void reduce_step(struct body *b, ir_id id, const struct running *r, const char *x)
{
    const struct ir_node *n = node_of(b, id);
    const char *best = r->name, *more = reduce_is_most(n) ? ">" : "<";
    if (n->op == OP_sum) {
        if (r->lanes) best = arena_printf(b->u->scratch, "%s[%s]", best, b->u->loop_name[b->n_vars]);
        if (r->lost)
            emit_line(b, "nnrt_sum_apart(&%s, &%s, %s);", best, r->lost, x);
        else
            emit_line(b, r->careful ? "nnrt_sum_add(%s, %s);" : "%s += %s;", best, x);
        return;
    }
    const char *v = named(b, x);
    emit_line(b, "%s = %s %s %s || %s != %s ? %s : %s;", best, v, more, best, v, v, v, best);
}

/* `number`: of this step, where steps are written out, else NULL. */
static void step_index(struct body *b, ir_id id, const struct running *r, const char *x, uint8_t inner,
                       const int64_t *number)
{
    const char *best = r->name, *v = named(b, x), *more = reduce_is_most(node_of(b, id)) ? ">" : "<";
    if (number && !*number) { /* the first one */
        emit_line(b, "%s = %s;", best, v);
    } else if (number) {
        const char *is = scope_numbered(b->u->scope, "more", &b->u->next_number[5]);
        b->u->calls->pick = b->u->calls->pick_int = true;
        emit_line(b, "const int %s = (%s %s %s) | ((%s != %s) & (%s == %s));", is, v, more, best, v, v, best, best);
        emit_line(b, "%s = nnrt_pick_%s(%s, %s, %s);", best, b->u->o->single ? "f32" : "f64", is, v, best);
        emit_line(b, "%s = nnrt_pick_i32(%s, %lld, %s);", r->index, is, (long long)*number, r->index);
    } else {
        emit_line(b, "if (%s %s %s || (%s != %s && %s == %s)) {", v, more, best, v, v, best, best);
        emit_line(b, "    %s = %s;", best, v);
        emit_line(b, "    %s = (int32_t)%s;", r->index, b->var[inner] ? b->var[inner] : "0");
        emit_line(b, "}");
    }
}

static void print_step(struct body *b, ir_id id, const struct running *r, uint8_t inner, const int64_t *number)
{
    const struct ir_node *n = node_of(b, id);
    struct index at = index_argument(b->u, n, 0);
    if (number) settle(b, &at, inner, number);
    const char *x = emit_expression(b, n->arg[0], &at, PREC_COND);
    if (reduce_is_index(n))
        step_index(b, id, r, x, inner, number);
    else
        reduce_step(b, id, r, x);
}

void reduce_end(struct body *b, ir_id id, const struct running *r)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, id);
    struct value *v = &u->value[id];
    struct index at = index_own(n->shape, 0);
    const char *text = r->index ? r->index : r->name;
    if (r->lanes) {
        const char *i = u->loop_name[b->n_vars];
        emit_line(b, "for (size_t %s = 1; %s < %d; %s++) %s[0] += %s[%s];", i, i, r->lanes, i, text, text, i);
        text = arena_printf(u->scratch, "%s[0]", text);
    }
    if (n->op == OP_sum && u->o->single && !r->brief) text = arena_printf(u->scratch, "(%s)%s", u->real_type, text);
    if (r->lost)
        text = arena_printf(u->scratch, "nnrt_total_apart(%s, %s)", text, r->lost);
    else if (r->careful)
        text = arena_printf(u->scratch, "nnrt_sum_total(%s)", text);
    v->local = v->local && !r->own;
    emit_store(b, id, &at, text);
    v->local = v->local || r->own;
    if (r->own) emit_trap(b, id, v->name);
    if (r->index && r->brief) b->most = (struct most){id, r->name};
}

/* ---- phases ---- */

static void print_steps(struct body *b, const struct group *g, const struct phase *ph, const struct running *r)
{
    for (uint32_t i = 0; i < ph->members.n; i++) {
        const struct member *m = &ph->members.at[i];
        if (g->n_outer == 0 && ph->n_inner == 0) emit_comment_member(b, m);
        if (reduce_is(b, m))
            print_step(b, m->node, &r[i], g->n_outer, NULL);
        else
            emit_member(b, m);
    }
}

static void print_written_out(struct body *b, const struct group *g, const struct phase *ph, const struct running *r)
{
    int64_t number[RANK_MAX] = {0}, size;
    for (bool more = true; more;) {
        emit_line(b, "{");
        b->indent++;
        emit_open_block(b);
        b->picks = true;
        for (uint32_t i = 0; i < ph->members.n; i++)
            if (!r[i].found) print_step(b, ph->members.at[i].node, &r[i], g->n_outer, number);
        b->picks = false;
        b->indent--;
        emit_line(b, "}");
        more = false;
        for (unsigned k = ph->n_inner; k-- > 0 && !more;) {
            size_known(b->u->sizes, ph->inner[k], &size);
            more = ++number[k] < size;
            if (!more) number[k] = 0;
        }
    }
}

/* The loops of a phase for `lanes` numbers of the innermost one, from the one called `from` on. */
static void print_lanes(struct body *b, const struct group *g, const struct phase *ph, const struct running *r, const char *from,
                        const char *lanes)
{
    struct unit *u = b->u;
    unsigned last = ph->n_inner - 1u;
    const char *lane = u->loop_name[b->n_vars];
    emit_open_loops(b, ph->inner, last, g->n_outer);
    emit_line(b, "for (size_t %s = 0; %s < %s; %s++) {", lane, lane, lanes, lane);
    b->indent++;
    emit_open_block(b);
    b->var[g->n_outer + last] = from ? arena_printf(u->scratch, "%s + %s", from, lane) : lane;
    print_steps(b, g, ph, r);
    b->indent--;
    emit_line(b, "}");
    emit_close_loops(b, ph->inner, last);
}

/* The innermost loop in steps of as many, around all others, and then what is left over: the sums stay in registers so. */
static void print_in_lanes(struct body *b, const struct group *g, const struct phase *ph, const struct running *r)
{
    struct unit *u = b->u;
    ir_size last = ph->inner[ph->n_inner - 1];
    int64_t size = 0, lanes = lanes_of(b, ph);
    bool known = size_known(u->sizes, last, &size);
    const char *i = u->loop_name[g->n_outer + ph->n_inner - 1u], *whole = arena_printf(u->scratch, "%lld", (long long)lanes);
    const char *even = arena_printf(u->scratch, "%lld", (long long)(size / lanes * lanes));
    const char *rest = arena_printf(u->scratch, "%lld", (long long)(size % lanes));
    if (size == lanes) {
        print_lanes(b, g, ph, r, NULL, whole);
        return;
    }
    if (!known) {
        const char *n = emit_size(b, last, PREC_MULT);
        even = arena_printf(u->scratch, "%s / %s * %s", n, whole, whole);
        rest = arena_printf(u->scratch, "%s %% %s", n, whole);
    }
    emit_line(b, "for (size_t %s = 0; %s < %s; %s += %s) {", i, i, even, i, whole);
    b->indent++;
    print_lanes(b, g, ph, r, i, whole);
    b->indent--;
    emit_line(b, "}");
    if (!known || size % lanes) print_lanes(b, g, ph, r, even, rest);
}

/* ---- loops over elements that have nothing to do with each other ---- */

/* Of more arrays, or of more pairs of which one is written, gcc does not find out that they are apart, and makes no vector
 * code. Where a dim is known at run time alone, any two arrays are such a pair. */
enum { ARRAYS_MANY = 8, PAIRS_MANY = 8 };

struct arrays {
    ir_id at[ARRAYS_MANY];
    unsigned n, n_written;
};

static bool add_array(struct arrays *s, const struct unit *u, ir_id id)
{
    unsigned k = 0;
    if (ir_at(u->g, id)->shape->rank == 0) return false;
    while (k < s->n && s->at[k] != id) k++;
    if (k < s->n || s->n == ARRAYS_MANY) return false;
    s->at[s->n++] = id;
    return true;
}

static void see_array(void *user, struct unit *u, const struct access *a)
{
    if (emit_in_memory(u, a->base)) add_array(user, u, a->base);
}

/* Elements alone, of many arrays, or of one that is read byte by byte: each at its own place, as far as one of them is
 * written. */
static bool touches_many(struct body *b, const struct group *g, const struct phase *ph)
{
    struct unit *u = b->u;
    struct arrays s = {{0}, 0, 0};
    if (u->o->style != EMIT_FILE || u->o->std_c99) return false;
    for (uint32_t i = 0; i < ph->members.n; i++) {
        const struct member *m = &ph->members.at[i];
        const struct value *v = &u->value[m->node];
        if (reduce_is(b, m)) return false;
        emit_member_reads(u, g, m, see_array, &s);
        if (m->copy_to >= 0 || v->reserved || v->root >= 0) s.n_written += add_array(&s, u, m->node);
    }
    unsigned pairs = s.n_written * (s.n - s.n_written) + s.n_written * (s.n_written - 1) / 2;
    bool bytes = false;
    for (unsigned k = 0; k < s.n; k++) bytes = bytes || u->value[s.at[k]].within;
    return bytes || s.n == ARRAYS_MANY || (s.n_written && pairs > PAIRS_MANY);
}

static void open_elements(struct body *b, const ir_size *size, unsigned n, uint8_t first, bool many)
{
    unsigned last = n;
    while (last > 0 && size[last - 1] == 1) last--;
    if (!many || !last) {
        emit_open_loops(b, size, n, first);
        return;
    }
    emit_open_loops(b, size, last - 1, first);
    emit_line(b, "%s_EACH", b->u->upper);
    emit_open_loops(b, size + last - 1, n - last + 1, (uint8_t)(first + last - 1));
    b->u->calls->each = true;
}

static void print_elements(struct body *b, const struct group *g, const struct phase *ph, const struct running *r)
{
    struct written_out few;
    if (g->n_outer && emit_write_out(b, &few, ph->inner, ph->n_inner, g->n_outer)) {
        do print_steps(b, g, ph, r);
        while (emit_write_next(b, &few));
        return;
    }
    open_elements(b, ph->inner, ph->n_inner, g->n_outer, ph->n_inner && touches_many(b, g, ph));
    if (emit_any_loop(ph->inner, ph->n_inner)) emit_open_block(b);
    print_steps(b, g, ph, r);
    emit_close_loops(b, ph->inner, ph->n_inner);
}

void reduce_phase(struct body *b, const struct group *g, const struct phase *ph, enum steps steps)
{
    uint32_t outer = b->serial;
    struct running *r = arena_many(b->u->scratch, struct running, ph->members.n);
    int lanes = steps == STEPS_IN_LANES ? lanes_of(b, ph) : 0;
    bool all_found = steps == STEPS_WRITTEN_OUT;
    for (uint32_t i = 0; i < ph->members.n; i++) {
        ir_id id = ph->members.at[i].node;
        bool found = steps == STEPS_WRITTEN_OUT && b->most.of && reduce_most_of(b->u, g, b->phase, id) == b->most.of;
        all_found = all_found && found;
        if (found)
            r[i] = (struct running){.name = b->most.name, .brief = true, .found = true};
        else if (reduce_is(b, &ph->members.at[i]))
            r[i] = reduce_begin(b, id, steps, lanes, NULL);
    }
    b->var[g->n_outer] = NULL;
    b->n_vars = (uint8_t)(g->n_outer + ph->n_inner);
    if (steps == STEPS_WRITTEN_OUT && !all_found)
        print_written_out(b, g, ph, r);
    else if (steps == STEPS_IN_LANES)
        print_in_lanes(b, g, ph, r);
    else if (!all_found && (!ph->n_inner || !emit_block_phase(b, g, ph, r)))
        print_elements(b, g, ph, r);
    b->serial = outer;
    emit_rows(b, g, ph);
    for (uint32_t i = 0; i < ph->members.n; i++)
        if (reduce_is(b, &ph->members.at[i])) reduce_end(b, ph->members.at[i].node, &r[i]);
}

void emit_phase(struct body *b, const struct group *g, const struct phase *ph)
{
    enum steps steps = ph->corner.is ? STEPS_LOOP : reduce_steps(b, g, ph);
    int axis = steps == STEPS_LOOP ? rowwise_axis(b, ph) : -1;
    if (g->n_outer == 0 && ph->n_inner) emit_comment_phase(b, ph);
    if (ph->n_inner) b->corner = ph->corner;
    if (axis >= 0)
        rowwise_phase(b, g, ph, (unsigned)axis);
    else
        reduce_phase(b, g, ph, steps);
    if (ph->n_inner) b->corner.is = false;
}

/* Reductions written out, positions among them: those are kept byte by byte, which may be anything's bytes for all a compiler
 * knows, so that it would not make vectors of a loop over places that have nothing to do with each other. */
static bool keeps_positions(const struct body *b, const struct group *g)
{
    bool any = false;
    for (uint32_t k = 0; k < g->phases.n; k++) {
        const struct phase *ph = &g->phases.at[k];
        if (ph->n_inner && reduce_steps(b, g, ph) != STEPS_WRITTEN_OUT) return false;
        for (uint32_t i = 0; i < ph->members.n; i++)
            any = any || (reduce_is(b, &ph->members.at[i]) && reduce_is_index(node_of(b, ph->members.at[i].node)));
    }
    return any && !b->u->o->std_c99;
}

/* JIT text of few elements: one after the other, without loops. */
static bool print_each_apart(struct body *b, const struct group *g)
{
    struct written_out few;
    for (uint32_t p = 0; p < g->phases.n; p++)
        if (g->phases.at[p].corner.is) return false;
    if (!emit_write_out(b, &few, g->outer, g->n_outer, 0)) return false;
    do
        for (b->phase = 0; b->phase < g->phases.n; b->phase++) emit_phase(b, g, &g->phases.at[b->phase]);
    while (emit_write_next(b, &few));
    return true;
}

void emit_loops(struct body *b, const struct group *g)
{
    if (print_each_apart(b, g) || rowwise_flat(b, g)) return;
    int axis = reduce_steps(b, g, &g->phases.at[0]) != STEPS_WRITTEN_OUT ? rowwise_columns(b, g) : -1;
    if (axis >= 0) {
        rowwise_print_columns(b, g, (unsigned)axis);
        return;
    }
    bool elements = g->phases.n == 1 && !g->phases.at[0].n_inner;
    unsigned axes = collapse_axes(b, g);
    if (axes)
        collapse_open(b, g, axes);
    else
        open_elements(b, g->outer, g->n_outer, 0, elements ? touches_many(b, g, &g->phases.at[0]) : keeps_positions(b, g));
    if (emit_any_loop(g->outer, g->n_outer)) emit_open_block(b);
    b->most.of = 0;
    for (b->phase = 0; b->phase < g->phases.n; b->phase++) emit_phase(b, g, &g->phases.at[b->phase]);
    if (axes)
        collapse_close(b, g, axes);
    else
        emit_close_loops(b, g->outer, g->n_outer);
}
