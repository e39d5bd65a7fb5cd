/* Reductions in vector code. One running variable makes a loop that no compiler turns into vectors, so in files the
 * elements of a long row go to a row of their own first, which a kernel reduces in lanes; and what is reduced across
 * rows has a running variable for each column, so that the loop over columns is the inner one. */
#include "codegen/emit/reduce.h"

#include <string.h>

enum { SHORT_ROW = 8, SHORT_DEAR_ROW = 4, DEAR = 10 /* a function */, ROW_MOST = 1024, COLUMNS_MOST = 512, FLAT_ROW = 512, FLAT_LANES = 16, FLAT_MOST = 16384 };

const char *const emit_row_kernels[ROW_KERNELS] = {"sum", "most", "least", "careful"};

static const struct ir_node *node_of(const struct body *b, ir_id id)
{
    return ir_at(b->u->g, id);
}

static const char *argument(struct body *b, ir_id id)
{
    const struct ir_node *n = node_of(b, id);
    struct index at = index_argument(b->u, n, 0);
    return emit_expression(b, n->arg[0], &at, PREC_COND);
}

/* ---- rows ---- */

struct row { /* of a reduction's elements */
    const char *text; /* a pointer to the first */
    bool made;        /* an array of its own */
};

int rowwise_axis(const struct body *b, const struct phase *ph)
{
    int axis = -1;
    bool any = false, dear = false;
    if (b->u->o->style != EMIT_FILE || b->u->part_names || ph->crossed) return -1;
    for (int k = 0; k < ph->n_inner; k++)
        if (ph->inner[k] != 1) axis = k;
    for (uint32_t i = 0; i < ph->members.n; i++) {
        const struct ir_node *n = node_of(b, ph->members.at[i].node);
        bool reduction = reduce_is(b, &ph->members.at[i]);
        dear = dear || b->u->value[reduction ? n->arg[0] : ph->members.at[i].node].cost >= DEAR;
        if (!reduction) continue;
        if (reduce_is_index(n) || node_of(b, n->arg[0])->type != IR_REAL) return -1;
        any = true;
    }
    int64_t least = dear ? SHORT_DEAR_ROW : SHORT_ROW;
    return any && axis >= 0 && size_bound(b->u->sizes, ph->inner[axis]) >= least ? axis : -1;
}

static void drop_variable(struct affine *a, uint8_t var)
{
    for (unsigned i = 0; i < a->n; i++)
        if (a->term[i].var == var) affine_drop(a, i--);
}

/* The place in memory from which on the elements lie one after another, until the loop is over: where b->var[var] says;
 * NULL: nowhere. */
static const char *row_in_memory(struct body *b, ir_id id, uint8_t var)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, id);
    struct index at = index_argument(u, n, 0);
    struct access a;
    access_follow(u, n->arg[0], &at, &a);
    const struct ir_node *base = node_of(b, a.base);
    const struct value *v = &u->value[a.base];
    bool leaf = base->op == OP_input || base->op == OP_param || base->op == OP_tensor;
    leaf = leaf && emit_replacing_root(u, base) < 0;
    if (a.n_guards || base->type != IR_REAL || base->shape->rank == 0) return NULL;
    if (v->held ? !v->reserved || v->taken : !leaf) return NULL;
    struct affine flat = a.flat ? a.offset : index_flatten(u, &a.at, base->shape);
    unsigned steps = 0;
    for (unsigned i = 0; i < flat.n; i++)
        if (flat.term[i].var == var) steps += flat.term[i].by == 1 ? 1 : 2;
    if (steps != 1) return NULL;
    if (!b->var[var] && a.flat) drop_variable(&a.offset, var);
    for (unsigned k = 0; k < a.at.rank && !a.flat && !b->var[var]; k++) drop_variable(&a.at.at[k], var);
    return arena_printf(u->scratch, "&%s", emit_memory(b, &a));
}

static const char *reduced(struct body *b, const struct ir_node *n, const char *row, const char *size)
{
    enum row_kernel kernel = n->op == OP_sum ? ROW_SUM : reduce_is_most(n) ? ROW_MOST_OF : ROW_LEAST_OF;
    b->u->calls->row[kernel] = true;
    return arena_printf(b->u->scratch, "nnrt_%s_%s(%s, %s)", emit_row_kernels[kernel], b->u->o->single ? "f32" : "f64",
                        row, size);
}

static void add_row(struct body *b, ir_id id, const struct running *r, const char *row, const char *size)
{
    const struct ir_node *n = node_of(b, id);
    if (r->careful) {
        b->u->calls->row[ROW_CAREFUL] = true;
        emit_line(b, "nnrt_careful_f64(%s, %s, %s);", r->name, row, size);
    } else
        reduce_step(b, id, r, reduced(b, n, row, size));
}

/* The loop over a row: all that is no reduction, and the reductions' elements. */
static void print_row(struct body *b, const struct phase *ph, const struct row *row, uint8_t var, const char *size,
                      const char *from)
{
    const char *i = b->u->loop_name[var];
    uint32_t outer = b->serial;
    emit_line(b, "for (size_t %s = 0; %s < %s; %s++) {", i, i, size, i);
    b->indent++;
    b->var[var] = from ? arena_printf(b->u->scratch, "(%s + %s)", from, i) : i;
    emit_open_block(b);
    for (uint32_t k = 0; k < ph->members.n; k++) {
        const struct member *m = &ph->members.at[k];
        if (!reduce_is(b, m))
            emit_member(b, m);
        else if (row[k].made)
            emit_line(b, "%s[%s] = %s;", row[k].text, i, argument(b, m->node));
    }
    b->indent--;
    emit_line(b, "}");
    b->serial = outer;
}

/* Rows longer than that are taken part by part. */
static const char *open_parts(struct body *b, ir_size n, uint8_t var, int64_t most, const char **size)
{
    const char *first;
    emit_bounds(b, var, n, &first, size);
    if (size_bound(b->u->sizes, n) <= most) return NULL;
    const char *from = scope_numbered(b->u->scope, "from", &b->u->next_number[8]);
    const char *part = scope_numbered(b->u->scope, "part", &b->u->next_number[8]), *left;
    emit_line(b, "for (size_t %s = %s; %s < %s; %s += %d) {", from, first, from, *size, from, (int)most);
    b->indent++;
    left = arena_printf(b->u->scratch, "%s - %s", *size, from);
    emit_line(b, "const size_t %s = %s < %d ? %s : %d;", part, left, (int)most, left, (int)most);
    *size = part;
    return from;
}

static void close_parts(struct body *b, const char *from)
{
    if (!from) return;
    b->indent--;
    emit_line(b, "}");
}

static bool has_loop(struct body *b, const struct phase *ph, uint8_t var)
{
    for (uint32_t i = 0; i < ph->members.n; i++)
        if (!reduce_is(b, &ph->members.at[i]) || !row_in_memory(b, ph->members.at[i].node, var)) return true;
    return false;
}

/* Where each reduction's elements are, or come to be. */
static struct row *find_rows(struct body *b, const struct phase *ph, uint8_t var, int64_t most)
{
    struct unit *u = b->u;
    struct row *row = arena_many(u->scratch, struct row, ph->members.n);
    for (uint32_t i = 0; i < ph->members.n; i++) {
        if (!reduce_is(b, &ph->members.at[i])) continue;
        row[i].text = row_in_memory(b, ph->members.at[i].node, var);
        row[i].made = !row[i].text;
        if (!row[i].made) continue;
        row[i].text = scope_numbered(u->scope, "row", &u->next_number[7]);
        emit_line(b, "%s %s[%d];", u->real_type, row[i].text, (int)most);
    }
    return row;
}

void rowwise_phase(struct body *b, const struct group *g, const struct phase *ph, unsigned axis)
{
    struct unit *u = b->u;
    uint8_t var = (uint8_t)(g->n_outer + axis);
    int64_t longest = size_bound(u->sizes, ph->inner[axis]), most = longest < ROW_MOST ? longest : ROW_MOST;
    uint32_t n = ph->members.n, outer = b->serial;
    struct running *r = arena_many(u->scratch, struct running, n);
    b->n_vars = (uint8_t)(g->n_outer + ph->n_inner);
    b->var[var] = NULL;
    bool loop = has_loop(b, ph, var), once = !emit_any_loop(ph->inner, axis) && (!loop || longest == most);
    for (uint32_t i = 0; i < n; i++) {
        const struct member *m = &ph->members.at[i];
        bool first = reduce_is(b, m) && (!once || reduce_is_long_sum(b, node_of(b, m->node)));
        if (first) r[i] = reduce_begin(b, m->node, STEPS_LOOP, 0, NULL);
    }
    emit_open_loops(b, ph->inner, axis, g->n_outer);
    if (emit_any_loop(ph->inner, axis)) emit_open_block(b);
    const char *size, *from = open_parts(b, ph->inner[axis], var, loop ? ROW_MOST : INT64_MAX, &size);
    b->var[var] = from;
    struct row *row = find_rows(b, ph, var, most);
    if (loop) print_row(b, ph, row, var, size, from);
    for (uint32_t i = 0; i < n; i++) {
        ir_id id = ph->members.at[i].node;
        if (!reduce_is(b, &ph->members.at[i])) continue;
        if (once && !reduce_is_long_sum(b, node_of(b, id)))
            r[i] = reduce_begin(b, id, STEPS_LOOP, 0, reduced(b, node_of(b, id), row[i].text, size));
        else
            add_row(b, id, &r[i], row[i].text, size);
    }
    close_parts(b, from);
    emit_close_loops(b, ph->inner, axis);
    b->serial = outer;
    emit_rows(b, g, ph);
    for (uint32_t i = 0; i < n; i++)
        if (reduce_is(b, &ph->members.at[i])) reduce_end(b, ph->members.at[i].node, &r[i]);
}

/* ---- columns ---- */

enum { COLUMNS_AT_ONCE = 4 };

struct inside {
    uint32_t group;
    bool any;
};

static void see_inside(void *user, struct unit *u, const struct access *a)
{
    struct inside *in = user;
    in->any |= u->value[a->base].held && u->value[a->base].group == in->group;
}

/* The one reduction of the phase goes along columns, and reads nothing that the group makes. */
static bool is_of_columns(struct body *b, const struct group *g, const struct phase *ph, int axis)
{
    int along = -1;
    if (!ph->crossed || ph->members.n != 1) return false;
    const struct member *m = &ph->members.at[0];
    const struct ir_node *n = node_of(b, m->node);
    if (!reduce_is(b, m) || reduce_is_index(n) || node_of(b, n->arg[0])->type != IR_REAL) return false;
    struct index at = index_argument(b->u, n, 0);
    for (unsigned k = 0; k < at.rank; k++)
        if (at.at[k].n) along = at.at[k].term[0].var;
    struct inside in = {(uint32_t)(g - b->u->groups.at), false};
    emit_member_reads(b->u, g, m, see_inside, &in);
    return along == axis && !in.any;
}

/* How many phases are reductions of columns that go over the same rows: all that have loops. */
static uint32_t count_columns(struct body *b, const struct group *g, int axis)
{
    const struct phase *first = &g->phases.at[0];
    uint32_t n = 0;
    while (n < g->phases.n && g->phases.at[n].n_inner) {
        const struct phase *ph = &g->phases.at[n++];
        bool same = ph->n_inner == first->n_inner && !memcmp(ph->inner, first->inner, ph->n_inner * sizeof *ph->inner);
        if (!same || n > COLUMNS_AT_ONCE || !is_of_columns(b, g, ph, axis)) return 0;
    }
    for (uint32_t p = n; p < g->phases.n; p++)
        if (g->phases.at[p].n_inner) return 0;
    return n;
}

int rowwise_columns(struct body *b, const struct group *g)
{
    int axis = -1;
    if (b->u->o->style != EMIT_FILE || b->u->part_names) return -1;
    for (int k = 0; k < g->n_outer; k++)
        if (g->outer[k] != 1) axis = k;
    return count_columns(b, g, axis) ? axis : -1;
}

static void open_columns(struct body *b, uint8_t var, const char *size, const char *from)
{
    const char *i = b->u->loop_name[var], *first, *end;
    emit_bounds(b, var, 0, &first, &end);
    emit_line(b, "for (size_t %s = %s; %s < %s; %s++) {", i, from ? "0" : first, i, size, i);
    b->indent++;
    b->var[var] = from ? arena_printf(b->u->scratch, "(%s + %s)", from, i) : i;
}

static void close_columns(struct body *b)
{
    b->indent--;
    emit_line(b, "}");
}

static struct running begin_columns(struct body *b, ir_id id, uint8_t var, int64_t most, const char *size, bool in_parts)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, id);
    struct running r = {.careful = reduce_is_long_sum(b, n)};
    bool sum = n->op == OP_sum;
    const char *i = u->loop_name[var];
    const char *name = scope_numbered(u->scope, sum ? "acc" : "best", &u->next_number[sum ? 4 : 5]);
    r.name = arena_printf(u->scratch, "%s[%s]", name, i);
    u->calls->sum_apart = u->calls->sum_apart || r.careful;
    if (sum) emit_line(b, "double %s[%d] = {0};", name, (int)most);
    if (r.careful) {
        const char *lost = scope_numbered(u->scope, "lost", &u->next_number[4]);
        emit_line(b, "double %s[%d] = {0};", lost, (int)most);
        r.lost = arena_printf(u->scratch, "%s[%s]", lost, i);
    }
    if (!sum) {
        emit_line(b, "%s %s[%d];", u->real_type, name, (int)most);
        const char *first, *end;
        emit_bounds(b, var, 0, &first, &end);
        emit_line(b, "for (size_t %s = %s; %s < %s; %s++) %s = %s;", i, in_parts ? "0" : first, i, size, i, r.name, reduce_worst(u, n));
    }
    return r;
}

void rowwise_print_columns(struct body *b, const struct group *g, unsigned axis)
{
    const struct phase *ph = g->phases.at;
    uint32_t outer = b->serial, count = count_columns(b, g, (int)axis);
    uint8_t var = (uint8_t)axis;
    int64_t bound = size_bound(b->u->sizes, g->outer[axis]);
    struct running r[COLUMNS_AT_ONCE];
    const char *size, *from;
    emit_open_loops(b, g->outer, axis, 0);
    emit_open_block(b);
    from = open_parts(b, g->outer[axis], var, COLUMNS_MOST, &size);
    for (uint32_t i = 0; i < count; i++)
        r[i] = begin_columns(b, ph[i].members.at[0].node, var, bound < COLUMNS_MOST ? bound : COLUMNS_MOST, size, from != NULL);
    emit_open_loops(b, ph->inner, ph->n_inner, g->n_outer);
    open_columns(b, var, size, from);
    b->n_vars = (uint8_t)(g->n_outer + ph->n_inner);
    emit_open_block(b);
    for (uint32_t i = 0; i < count; i++) {
        ir_id id = ph[i].members.at[0].node;
        b->phase = i;
        reduce_step(b, id, &r[i], argument(b, id));
    }
    close_columns(b);
    emit_close_loops(b, ph->inner, ph->n_inner);
    open_columns(b, var, size, from);
    emit_open_block(b);
    for (b->phase = 0; b->phase < count; b->phase++) reduce_end(b, ph[b->phase].members.at[0].node, &r[b->phase]);
    for (; b->phase < g->phases.n; b->phase++) emit_phase(b, g, &ph[b->phase]);
    close_columns(b);
    close_parts(b, from);
    emit_close_loops(b, g->outer, axis);
    b->serial = outer;
}

/* ---- rows of functions ---- */

/* Whether all of the value lies in one stretch of memory of its own, and the function has a form in lanes. */
static bool goes_flat(const struct unit *u, ir_id id)
{
    const struct value *v = &u->value[id];
    const struct ir_root *r = v->root >= 0 ? &u->entry->root[v->root] : NULL;
    bool row = r && r->role == ROLE_ROW && !v->reserved && !u->of->loose[r->index] && ir_at(u->g, id)->shape->rank > 1;
    unsigned lanes = u->o->single ? FLAG_LANES_F32 : FLAG_LANES_F64;
    return ir_ops[ir_at(u->g, id)->op].flags & lanes && ir_at(u->g, id)->n_arg == 1 && !v->local && (row || (v->reserved && !r));
}

static bool is_flat(const struct body *b, const struct group *g)
{
    const struct unit *u = b->u;
    int64_t size, all = 1, last = 1;
    if (u->o->style != EMIT_FILE || u->part_names || u->o->trap_nan || g->phases.n != 1 || g->phases.at[0].n_inner) return false;
    for (uint32_t i = 0; i < g->phases.at[0].members.n; i++) {
        const struct member *m = &g->phases.at[0].members.at[i];
        if (m->copy_to >= 0 || !goes_flat(u, m->node)) return false;
    }
    for (unsigned k = 0; k < g->n_outer; k++) {
        if (!size_known(u->sizes, g->outer[k], &size) || all > FLAT_MOST) return false;
        if (size != 1) last = size;
        all *= size;
    }
    return last < FLAT_ROW && last % FLAT_LANES && all > last && all <= FLAT_MOST;
}

/* The function over all that the value has, which are its arguments so far. `row`: elements of what is dealt out to threads. */
static void print_flat(struct body *b, ir_id id, ir_size row)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, id);
    const struct share share = b->share;
    const char *i = u->loop_name[0];
    struct access flat = {.base = id, .flat = true, .offset = affine_var(0)};
    b->var[0] = i;
    u->calls->lanes[n->op] = true;
    const char *y = emit_memory(b, &flat), *type = u->o->single ? "f32" : "f64";
    const char *from = "0", *all = emit_size(b, ir_elements(u->g->tables, n->shape), PREC_PLUS);
    if (b->share.portions > 1) {
        b->share.each *= size_bound(u->sizes, row);
        emit_bounds(b, (uint8_t)b->share.var, 0, &from, &all);
        b->share = share;
    }
    emit_line(b, "for (size_t %s = %s; %s < %s; %s++) {", i, from, i, all, i);
    b->indent++;
    emit_line(b, "%s = nnrt_%s_%s(%s);", y, ir_ops[n->op].name, type, y);
    b->indent--;
    emit_line(b, "}");
}

bool rowwise_flat(struct body *b, const struct group *g)
{
    if (!is_flat(b, g)) return false;
    const struct phase *ph = &g->phases.at[0];
    uint32_t outer = b->serial;
    ir_size row = 1;
    for (int k = 0; k < g->n_outer; k++) {
        if (b->share.portions > 1 && k < b->share.var && g->outer[k] != 1) return false;
        if (k > b->share.var) row = size_mul(b->u->sizes, row, g->outer[k]);
    }
    emit_open_loops(b, g->outer, g->n_outer, 0);
    emit_open_block(b);
    for (uint32_t i = 0; i < ph->members.n; i++) {
        ir_id id = ph->members.at[i].node;
        struct access own = {.base = id, .at = index_own(node_of(b, id)->shape, 0)};
        const char *x = emit_expression(b, node_of(b, id)->arg[0], &own.at, PREC_COND);
        emit_line(b, "%s = %s;", emit_memory(b, &own), x);
    }
    emit_close_loops(b, g->outer, g->n_outer);
    b->serial = outer;
    for (uint32_t i = 0; i < ph->members.n; i++) print_flat(b, ph->members.at[i].node, row);
    return true;
}
