/* Groups as loops of C. */
#include "codegen/emit/unit.h"

#include <string.h>

static const struct ir_node *node_of(const struct body *b, ir_id id)
{
    return ir_at(b->u->g, id);
}

/* ---- blocks ---- */

uint32_t emit_open_block(struct body *b)
{
    uint32_t outer = b->serial;
    b->serial = ++b->next_serial;
    return outer;
}

bool emit_any_loop(const ir_size *size, unsigned n)
{
    for (unsigned k = 0; k < n; k++)
        if (size[k] != 1) return true;
    return false;
}

void emit_open_loops(struct body *b, const ir_size *size, unsigned n, uint8_t first)
{
    for (unsigned k = 0; k < n; k++) {
        if (size[k] == 1) continue;
        const char *i = b->u->loop_name[first + k];
        b->var[first + k] = i;
        emit_line(b, "for (size_t %s = 0; %s < %s; %s++) {", i, i, emit_size(b, size[k], PREC_PLUS), i);
        b->indent++;
    }
}

void emit_close_loops(struct body *b, const ir_size *size, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        if (size[k] == 1) continue;
        b->indent--;
        emit_line(b, "}");
    }
}

/* ---- values that are not numbers ---- */

static void trap(struct body *b, ir_id id, const char *text)
{
    struct unit *u = b->u;
    size_t quoted;
    if (!u->o->trap_nan || u->o->style != EMIT_FILE || node_of(b, id)->type != IR_REAL) return;
    quote_line(b->quotes, node_of(b, id)->at.lo, &quoted);
    u->calls->trap = true;
    emit_line(b, "%s_trap(%s, %u);", u->prefix, text, quoted ? quote_number(b->quotes) : 0);
}

/* Of a value that is made all in memory. */
static void trap_array(struct body *b, ir_id id)
{
    const struct ir_shape *s = node_of(b, id)->shape;
    struct access a = {.base = id, .at = index_own(s, 0)};
    if (!b->u->o->trap_nan || b->u->o->style != EMIT_FILE) return;
    emit_open_loops(b, s->dim, s->rank, 0);
    trap(b, id, emit_memory(b, &a));
    emit_close_loops(b, s->dim, s->rank);
}

/* ---- storing ---- */

static const char *c_type(const struct body *b, const struct ir_node *n)
{
    return n->type == IR_INT ? "int32_t" : b->u->real_type;
}

void emit_store(struct body *b, ir_id id, const struct index *at, const char *text)
{
    const struct ir_node *n = node_of(b, id);
    const struct value *v = &b->u->value[id];
    bool to_root = v->root >= 0 && (n->shape->rank == 0 || !v->reserved);
    if (v->local) {
        emit_line(b, "%s%s %s = %s;", b->u->part_names ? "" : "const ", c_type(b, n), v->name, text);
        text = v->name;
    }
    if (v->reserved) {
        struct access a = {.base = id, .at = *at};
        emit_line(b, "%s = %s;", n->shape->rank ? emit_memory(b, &a) : emit_kept(b, &a), text);
    }
    if (to_root) emit_line(b, "%s = %s;", emit_place(b, id, v->root, at), text);
    struct access a = {.base = id, .at = *at};
    if (v->local || v->reserved || to_root) trap(b, id, v->local ? v->name : to_root ? emit_place(b, id, v->root, at) : emit_memory(b, &a));
}

/* ---- reductions ---- */

static bool is_reduction(const struct body *b, const struct member *m)
{
    return m->copy_to < 0 && ir_ops[node_of(b, m->node)->op].class == CLASS_REDUCE;
}

struct sum { /* of one reduction while its loop runs */
    const char *name, *index;
    bool careful; /* name[0] + name[1], see sum.h of the kernels */
    int lanes;    /* 0, or as many parts side by side: name[0..lanes) */
    bool brief;   /* of so few terms that they are written out: in the type of the result */
};

enum { SHORT_SUM = 32, SUM_LANES = 16, SUM_LANES_LEAST = 8, TERMS_WRITTEN_OUT = 4, TERMS_MANY = 256 };

/* How the reductions of a phase are made: in loops; all steps written out, where they are few, so that the loop around them is
 * the innermost; or sums in parts, which compilers can make at once, as they may not change the order of additions. */
enum steps { STEPS_LOOP, STEPS_WRITTEN_OUT, STEPS_IN_LANES };

/* In single precision long sums are made in double; in double precision, with care. */
static bool is_long_sum(struct body *b, const struct ir_node *n)
{
    const struct ir_shape *s = node_of(b, n->arg[0])->shape;
    int64_t terms = 1;
    for (unsigned k = 0; k < s->rank && terms <= SHORT_SUM; k++)
        if (n->attr[0] >> k & 1) terms *= size_bound(b->u->sizes, s->dim[k]);
    return !b->u->o->single && terms > SHORT_SUM;
}

static enum steps steps_of(struct body *b, const struct group *g, const struct phase *ph)
{
    struct unit *u = b->u;
    int64_t all = 1, last = 1, size;
    bool sums = true, reductions = true;
    if (u->o->style != EMIT_FILE || !ph->n_inner) return STEPS_LOOP;
    for (uint32_t i = 0; i < ph->members.n; i++) {
        const struct member *m = &ph->members.at[i];
        reductions = reductions && is_reduction(b, m);
        sums = sums && reductions && node_of(b, m->node)->op == OP_sum && (u->o->single || !is_long_sum(b, node_of(b, m->node)));
    }
    for (unsigned k = 0; k < ph->n_inner; k++) {
        if (!size_known(u->sizes, ph->inner[k], &size)) return STEPS_LOOP;
        last = size;
        all = all < TERMS_MANY ? all * size : all;
    }
    if (reductions && ph->crossed && all > 1 && all <= TERMS_WRITTEN_OUT && emit_any_loop(g->outer, g->n_outer)) return STEPS_WRITTEN_OUT;
    return sums && all >= TERMS_MANY && last % SUM_LANES_LEAST == 0 ? STEPS_IN_LANES : STEPS_LOOP;
}

/* Of a phase with sums in parts: how many there are. */
static int lanes_of(struct body *b, const struct phase *ph)
{
    int64_t last;
    return size_known(b->u->sizes, ph->inner[ph->n_inner - 1], &last) && last % SUM_LANES == 0 ? SUM_LANES : SUM_LANES_LEAST;
}

static void begin_reduction(struct body *b, ir_id id, enum steps steps, int lanes, struct sum *s)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, id);
    const struct value *v = &u->value[id];
    *s = (struct sum){.brief = steps == STEPS_WRITTEN_OUT, .lanes = steps == STEPS_IN_LANES ? lanes : 0};
    if (n->op == OP_sum && s->lanes) {
        s->name = scope_numbered(u->scope, "acc", &u->next_number[4]);
        emit_line(b, "double %s[%d] = {0};", s->name, s->lanes);
        return;
    }
    if (n->op == OP_sum && (s->careful = is_long_sum(b, n))) {
        u->calls->sum = true;
        s->name = scope_numbered(u->scope, "acc", &u->next_number[4]);
        emit_line(b, "double %s[2] = {0, 0};", s->name);
        return;
    }
    if (n->op == OP_sum) {
        bool own = v->local && (s->brief || !u->o->single);
        s->name = own ? v->name : scope_numbered(u->scope, "acc", &u->next_number[4]);
        emit_line(b, "%s %s = 0;", s->brief ? u->real_type : "double", s->name);
        return;
    }
    bool most = n->op == OP_max_of || n->op == OP_argmax, index = n->op == OP_argmax || n->op == OP_argmin;
    s->name = v->local && !index ? v->name : scope_numbered(u->scope, "best", &u->next_number[5]);
    if (index) s->index = v->local ? v->name : arena_printf(u->scratch, "%s_at", s->name);
    emit_line(b, "%s %s = %s;", u->real_type, s->name, emit_literal(u, most ? -__builtin_inf() : __builtin_inf()));
    if (index) emit_line(b, "int32_t %s = 0;", s->index);
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

/* `number`: of this step, where steps are written out, else NULL. */
static void step_reduction(struct body *b, ir_id id, const struct sum *s, uint8_t inner, const int64_t *number)
{
    const struct ir_node *n = node_of(b, id);
    struct index at = index_argument(b->u, n, 0);
    if (number) settle(b, &at, inner, number);
    const char *x = emit_expression(b, n->arg[0], &at, PREC_COND), *best = s->name;
    if (n->op == OP_sum && s->lanes) best = arena_printf(b->u->scratch, "%s[%s]", best, b->u->loop_name[b->n_vars]);
    if (n->op == OP_sum) {
        emit_line(b, s->careful ? "nnrt_sum_add(%s, %s);" : "%s += %s;", best, x);
        return;
    }
    const char *v = x, *more = n->op == OP_max_of || n->op == OP_argmax ? ">" : "<";
    if (strpbrk(x, " [(")) {
        v = scope_numbered(b->u->scope, "x", &b->u->next_number[5]);
        emit_line(b, "const %s %s = %s;", b->u->real_type, v, x);
    }
    if (number && !*number && s->index) { /* the first one */
        emit_line(b, "%s = %s;", best, v);
        return;
    }
    if (!s->index) {
        emit_line(b, "%s = %s %s %s || %s != %s ? %s : %s;", best, v, more, best, v, v, v, best);
        return;
    }
    if (number) {
        const char *is = scope_numbered(b->u->scope, "more", &b->u->next_number[5]);
        b->u->calls->pick = b->u->calls->pick_int = true;
        emit_line(b, "const int %s = (%s %s %s) | ((%s != %s) & (%s == %s));", is, v, more, best, v, v, best, best);
        emit_line(b, "%s = nnrt_pick_%s(%s, %s, %s);", best, b->u->o->single ? "f32" : "f64", is, v, best);
        emit_line(b, "%s = nnrt_pick_i32(%s, %lld, %s);", s->index, is, (long long)*number, s->index);
        return;
    }
    emit_line(b, "if (%s %s %s || (%s != %s && %s == %s)) {", v, more, best, v, v, best, best);
    emit_line(b, "    %s = %s;", best, v);
    emit_line(b, "    %s = (int32_t)%s;", s->index, b->var[inner] ? b->var[inner] : "0");
    emit_line(b, "}");
}

static void end_reduction(struct body *b, ir_id id, const struct sum *s)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, id);
    struct value *v = &u->value[id];
    struct index at = index_own(n->shape, 0);
    bool cast = n->op == OP_sum && u->o->single && !s->brief;
    const char *text = s->index ? s->index : s->name;
    if (s->lanes) {
        const char *i = u->loop_name[b->n_vars];
        emit_line(b, "for (size_t %s = 1; %s < %d; %s++) %s[0] += %s[%s];", i, i, s->lanes, i, text, text, i);
        text = arena_printf(u->scratch, "%s[0]", text);
    }
    if (cast) text = arena_printf(u->scratch, "(%s)%s", u->real_type, text);
    if (s->careful) text = arena_printf(u->scratch, "nnrt_sum_total(%s)", text);
    bool declared = v->local && !cast && !s->careful && !s->lanes;
    v->local = v->local && !declared; /* the running variable is the value's own */
    emit_store(b, id, &at, text);
    v->local = v->local || declared;
    if (declared) trap(b, id, v->name);
}

/* ---- loops ---- */

static void print_member(struct body *b, const struct member *m)
{
    struct index at = index_own(node_of(b, m->node)->shape, 0);
    if (m->copy_to >= 0) {
        const char *text = emit_expression(b, m->node, &at, PREC_COND);
        emit_line(b, "%s = %s;", emit_place(b, m->node, m->copy_to, &at), text);
    } else
        emit_store(b, m->node, &at, emit_own_expression(b, m->node, &at));
}

static void print_steps(struct body *b, const struct group *g, const struct phase *ph, const struct sum *sum)
{
    for (uint32_t i = 0; i < ph->members.n; i++) {
        const struct member *m = &ph->members.at[i];
        if (g->n_outer == 0 && ph->n_inner == 0) emit_comment_member(b, m);
        if (is_reduction(b, m))
            step_reduction(b, m->node, &sum[i], g->n_outer, NULL);
        else
            print_member(b, m);
    }
}

static void print_written_out(struct body *b, const struct group *g, const struct phase *ph, const struct sum *sum)
{
    int64_t number[RANK_MAX] = {0}, size;
    for (bool more = true; more;) {
        emit_line(b, "{");
        b->indent++;
        emit_open_block(b);
        b->picks = true;
        for (uint32_t i = 0; i < ph->members.n; i++) step_reduction(b, ph->members.at[i].node, &sum[i], g->n_outer, number);
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

/* The innermost loop in steps of as many, and one over these in it. */
static void print_in_lanes(struct body *b, const struct group *g, const struct phase *ph, const struct sum *sum)
{
    struct unit *u = b->u;
    int lanes = lanes_of(b, ph);
    unsigned last = ph->n_inner - 1u, at = g->n_outer + last;
    const char *i = u->loop_name[at], *lane = u->loop_name[b->n_vars];
    emit_open_loops(b, ph->inner, last, g->n_outer);
    emit_line(b, "for (size_t %s = 0; %s < %s; %s += %d) {", i, i, emit_size(b, ph->inner[last], PREC_PLUS), i, lanes);
    b->indent++;
    emit_line(b, "for (size_t %s = 0; %s < %d; %s++) {", lane, lane, lanes, lane);
    b->indent++;
    emit_open_block(b);
    b->var[at] = arena_printf(u->scratch, "%s + %s", i, lane);
    print_steps(b, g, ph, sum);
    for (int k = 0; k < 2; k++) {
        b->indent--;
        emit_line(b, "}");
    }
    emit_close_loops(b, ph->inner, last);
}

static void print_phase(struct body *b, const struct group *g, const struct phase *ph)
{
    uint32_t outer = b->serial;
    enum steps steps = steps_of(b, g, ph);
    if (g->n_outer == 0 && ph->n_inner) emit_comment_phase(b, ph);
    struct sum *sum = arena_many(b->u->scratch, struct sum, ph->members.n);
    for (uint32_t i = 0; i < ph->members.n; i++)
        if (is_reduction(b, &ph->members.at[i])) begin_reduction(b, ph->members.at[i].node, steps, ph->n_inner ? lanes_of(b, ph) : 0, &sum[i]);
    b->var[g->n_outer] = NULL;
    b->n_vars = (uint8_t)(g->n_outer + ph->n_inner);
    if (steps == STEPS_WRITTEN_OUT)
        print_written_out(b, g, ph, sum);
    else if (steps == STEPS_IN_LANES)
        print_in_lanes(b, g, ph, sum);
    else {
        emit_open_loops(b, ph->inner, ph->n_inner, g->n_outer);
        if (emit_any_loop(ph->inner, ph->n_inner)) emit_open_block(b);
        print_steps(b, g, ph, sum);
        emit_close_loops(b, ph->inner, ph->n_inner);
    }
    b->serial = outer;
    for (uint32_t i = 0; i < ph->members.n; i++)
        if (is_reduction(b, &ph->members.at[i])) end_reduction(b, ph->members.at[i].node, &sum[i]);
}

static void print_loops(struct body *b, const struct group *g)
{
    emit_open_loops(b, g->outer, g->n_outer, 0);
    if (emit_any_loop(g->outer, g->n_outer)) emit_open_block(b);
    for (b->phase = 0; b->phase < g->phases.n; b->phase++) print_phase(b, g, &g->phases.at[b->phase]);
    emit_close_loops(b, g->outer, g->n_outer);
}

/* ---- whole arrays ---- */

static void fill_zero(struct body *b, ir_id id)
{
    const struct ir_shape *s = node_of(b, id)->shape;
    struct index at = index_own(s, 0);
    emit_open_loops(b, s->dim, s->rank, 0);
    struct access a = {.base = id, .at = at};
    emit_line(b, "%s = 0;", emit_memory(b, &a));
    emit_close_loops(b, s->dim, s->rank);
}

/* Where an overlapping window's element goes, and the condition that this is not outside. */
static struct index window_goes_to(struct body *b, const struct ir_node *n, const struct index *at, const char **guard)
{
    struct unit *u = b->u;
    struct index to = *at;
    unsigned axis = (unsigned)n->attr[0];
    struct affine sum = affine_size(0);
    affine_add(u, &sum, &at->at[axis], size_const(u->sizes, n->attr[1]));
    affine_add(u, &sum, &at->at[axis + 1], size_const(u->sizes, n->attr[2]));
    ir_size pad = size_const(u->sizes, n->attr[3]), end = size_add(u->sizes, n->shape->dim[axis], pad);
    const char *text = emit_affine(b, &sum, PREC_PLUS);
    *guard = arena_printf(u->scratch, "%s < %s", text, emit_size(b, end, PREC_PLUS));
    if (pad) *guard = arena_printf(u->scratch, "%s >= %s && %s", text, emit_size(b, pad, PREC_PLUS), *guard);
    sum.plus = size_sub(u->sizes, sum.plus, pad);
    to.rank = n->shape->rank;
    to.at[axis] = sum;
    for (unsigned i = axis + 1; i < to.rank; i++) to.at[i] = at->at[i + 1];
    return to;
}

/* Where element `at` of an argument goes; those of concat's arguments `before` this one go first. */
static struct index goes_to(struct body *b, const struct ir_node *n, ir_size before, const struct index *at, const char **guard)
{
    struct unit *u = b->u;
    struct index to = *at;
    if (n->op == OP_overlap) return window_goes_to(b, n, at, guard);
    if (n->op == OP_place)
        for (unsigned i = 0; i < n->shape->rank; i++) {
            to.at[i] = affine_size((ir_size)n->attr[2 * i]);
            affine_add(u, &to.at[i], &at->at[i], size_const(u->sizes, n->attr[2 * i + 1]));
        }
    else if (n->op == OP_concat)
        to.at[n->attr[0]].plus = size_add(u->sizes, to.at[n->attr[0]].plus, before);
    else { /* scatter */
        struct index idx;
        index_gather(u, n, at, &idx, &to, b->n_vars);
        to.rank = n->shape->rank;
        unsigned axis = (unsigned)n->attr[0], ranks = idx.rank;
        for (unsigned i = axis + 1; i < to.rank; i++) to.at[i] = at->at[i + ranks - 1];
        b->var[b->n_vars] = arena_printf(u->scratch, "(size_t)%s", emit_expression(b, n->arg[1], &idx, PREC_UNARY));
    }
    return to;
}

static void print_spread(struct body *b, const struct group *g)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, g->node);
    ir_size before = 0;
    uint32_t parts = n->op == OP_concat ? n->n_arg : 1, outer = b->serial;
    if (n->op != OP_concat) fill_zero(b, g->node);
    for (uint32_t k = 0; k < parts; k++) {
        const struct ir_shape *s = node_of(b, n->arg[k])->shape;
        struct index at = index_own(s, 0);
        emit_open_loops(b, s->dim, s->rank, 0);
        if (emit_any_loop(s->dim, s->rank)) emit_open_block(b);
        b->n_vars = s->rank;
        const char *guard = NULL;
        struct index to = goes_to(b, n, before, &at, &guard);
        b->n_vars = (uint8_t)(s->rank + 1);
        const char *x = emit_expression(b, n->arg[k], &at, PREC_COND);
        struct access a = {.base = g->node, .at = to};
        bool adds = n->op == OP_scatter || n->op == OP_overlap;
        if (guard) emit_line(b, "if (%s)", guard);
        emit_line(b, "%s%s %s %s;", guard ? "    " : "", emit_memory(b, &a), adds ? "+=" : "=", x);
        emit_close_loops(b, s->dim, s->rank);
        b->serial = outer;
        if (n->op == OP_concat) before = size_add(u->sizes, before, s->dim[n->attr[0]]);
    }
}

static void print_scan(struct body *b, const struct group *g)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, g->node);
    const struct ir_shape *s = n->shape;
    unsigned axis = (unsigned)n->attr[0];
    uint32_t outer = b->serial;
    struct index at = index_own(s, 0);
    const char *sum = scope_numbered(u->scope, "acc", &u->next_number[4]);
    for (unsigned k = 0; k < s->rank; k++)
        if (k != axis) emit_open_loops(b, &s->dim[k], 1, (uint8_t)k);
    emit_line(b, "double %s = 0;", sum);
    emit_open_loops(b, &s->dim[axis], 1, (uint8_t)axis);
    if (emit_any_loop(s->dim, s->rank)) emit_open_block(b);
    b->n_vars = s->rank;
    if (n->attr[1] && s->dim[axis] != 1) { /* from the end */
        struct affine back = affine_size(size_sub(u->sizes, s->dim[axis], 1));
        affine_add(u, &back, &at.at[axis], size_const(u->sizes, -1));
        at.at[axis] = back;
    }
    const char *x = emit_expression(b, n->arg[0], &at, PREC_COND);
    struct access a = {.base = g->node, .at = at};
    const char *y = emit_memory(b, &a), *cast = u->o->single ? arena_printf(u->scratch, "(%s)", u->real_type) : "";
    if (n->attr[2]) emit_line(b, "%s = %s%s;", y, cast, sum);
    emit_line(b, "%s += %s;", sum, x);
    if (!n->attr[2]) emit_line(b, "%s = %s%s;", y, cast, sum);
    emit_close_loops(b, s->dim, s->rank);
    b->serial = outer;
}

void emit_group(struct body *b, const struct group *g)
{
    struct unit *u = b->u;
    uint32_t outer = b->serial;
    struct arena_mark mark = arena_mark(u->scratch);
    b->group = (uint32_t)(g - u->groups.at);
    b->phase = 0;
    b->n_vars = RANK_MAX * 2;
    if (g->n_outer || g->kind != GROUP_LOOPS) emit_comment_group(b, g);
    if (g->guard >= 0) {
        const struct ir_root *r = &u->entry->root[g->guard];
        const struct abi_field *f = abi_find(&u->abi->outputs, r->role == ROLE_OUTPUT ? ABI_OUTPUT : ABI_WRT, r->index);
        b->used->out = true;
        emit_line(b, "if (out->%s) {", f->path);
        b->indent++;
        emit_open_block(b);
    }
    switch (g->kind) {
    case GROUP_LOOPS:
        if (!emit_turned(b, g)) print_loops(b, g);
        break;
    case GROUP_PRODUCT: emit_product(b, g); break;
    case GROUP_SPREAD: print_spread(b, g); break;
    case GROUP_SCAN: print_scan(b, g); break;
    case GROUP_CALL: emit_call(b, g); break;
    case GROUP_TURNS: emit_print_turns(b, g); break;
    }
    if (g->kind != GROUP_LOOPS && g->kind != GROUP_TURNS) trap_array(b, g->node);
    if (g->guard >= 0) {
        b->indent--;
        emit_line(b, "}");
    }
    b->serial = outer;
    arena_rewind(u->scratch, mark);
}
