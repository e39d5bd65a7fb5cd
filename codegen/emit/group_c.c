/* Groups as loops of C. */
#include "codegen/emit/blocks.h"
#include "codegen/emit/corner.h"

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

const char *emit_extent(struct body *b, ir_size size, uint8_t var)
{
    const struct corner *c = &b->corner;
    int64_t all;
    if (!c->is || var != c->col || !size_known(b->u->sizes, size, &all)) return emit_size(b, size, PREC_PLUS);
    const char *end = arena_printf(b->u->scratch, "%s / %d * %d + %lld", b->var[c->row], CORNER_BLOCK, CORNER_BLOCK,
                                   (long long)(c->shift + CORNER_BLOCK));
    if (c->shift == 0 && all % CORNER_BLOCK == 0) return end;
    return arena_printf(b->u->scratch, "(%s < %lld ? %s : %lld)", end, (long long)all, end, (long long)all);
}

void emit_bounds(struct body *b, uint8_t var, ir_size size, const char **from, const char **to)
{
    struct arena *a = b->u->scratch;
    const struct unit *u = b->u;
    *from = "0";
    if (b->share.portions <= 1 || b->share.var != var) {
        *to = emit_extent(b, size, var);
        return;
    }
    *from = b->share.each == 1 ? u->from_name : arena_printf(a, "%s * %lld", u->from_name, (long long)b->share.each);
    *to = b->share.each == 1 ? u->to_name : arena_printf(a, "%s * %lld", u->to_name, (long long)b->share.each);
}

/* Whether the loop is run by one of the others that are open. */
static bool is_joined(const struct body *b, const ir_size *size, unsigned k, unsigned n)
{
    return size == b->joined_size && b->joined >> k & 1 && emit_any_loop(size + k + 1, n - k - 1);
}

void emit_open_loops(struct body *b, const ir_size *size, unsigned n, uint8_t first)
{
    ir_size all = 1;
    for (unsigned k = 0; k < n; k++) {
        if (size[k] == 1) continue;
        const char *i = b->u->loop_name[first + k], *from, *to;
        all = size_mul(b->u->sizes, all, size[k]);
        b->var[first + k] = "0";
        if (is_joined(b, size, k, n)) continue;
        emit_bounds(b, (uint8_t)(first + k), all, &from, &to);
        b->var[first + k] = i;
        all = 1;
        emit_line(b, "for (size_t %s = %s; %s < %s; %s++) {", i, from, i, to, i);
        b->indent++;
    }
}

void emit_close_loops(struct body *b, const ir_size *size, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        if (size[k] == 1 || is_joined(b, size, k, n)) continue;
        b->indent--;
        emit_line(b, "}");
    }
}

/* ---- values that are not numbers ---- */

void emit_trap(struct body *b, ir_id id, const char *text)
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
    emit_trap(b, id, emit_memory(b, &a));
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
        const char *to = n->shape->rank ? emit_memory(b, &a) : emit_kept(b, &a);
        if (v->within)
            emit_line(b, "%s_keep(%s, %s, %s);", b->u->prefix, b->u->pointer_name[id], emit_flat(b, &a, n->shape), text);
        else
            emit_line(b, "%s = %s;", to, text);
    }
    if (to_root) emit_line(b, "%s = %s;", emit_place(b, id, v->root, at), text);
    struct access a = {.base = id, .at = *at};
    if (v->local || v->reserved || to_root) emit_trap(b, id, v->local ? v->name : to_root ? emit_place(b, id, v->root, at) : emit_memory(b, &a));
}

void emit_member(struct body *b, const struct member *m)
{
    struct index at = index_own(node_of(b, m->node)->shape, 0);
    if (m->copy_to >= 0) {
        const char *text = emit_expression(b, m->node, &at, PREC_COND);
        emit_line(b, "%s = %s;", emit_place(b, m->node, m->copy_to, &at), text);
    } else if (b->u->value[m->node].of_rows)
        emit_store(b, m->node, &at, emit_expression(b, node_of(b, m->node)->arg[0], &at, PREC_COND));
    else
        emit_store(b, m->node, &at, emit_own_expression(b, m->node, &at));
}

void emit_rows(struct body *b, const struct group *g, const struct phase *ph)
{
    struct unit *u = b->u;
    for (uint32_t i = 0; i < ph->members.n; i++) {
        ir_id id = ph->members.at[i].node;
        const struct ir_node *n = node_of(b, id);
        const struct value *v = &u->value[id];
        if (ph->members.at[i].copy_to >= 0 || !v->of_rows) continue;
        bool dealt = b->share.portions > 1 && b->share.var == g->n_outer; /* else an outer loop is, or none */
        struct access a = {.base = id, .at = index_own(n->shape, 0)};
        ir_size all = 1;
        for (unsigned k = g->n_outer; k < n->shape->rank; k++) {
            if (dealt && k == g->n_outer) continue;
            all = size_mul(u->sizes, all, n->shape->dim[k]);
            a.at.at[k] = affine_size(0);
        }
        const char *size = emit_size(b, all, PREC_UNARY), *from, *to;
        if (dealt) {
            emit_bounds(b, g->n_outer, ph->inner[0], &from, &to);
            b->var[g->n_outer] = strchr(from, ' ') ? arena_printf(u->scratch, "(%s)", from) : from;
            size = all == 1 ? arena_printf(u->scratch, "%s - %s", to, from) : arena_printf(u->scratch, "(%s - %s) * %s", to, from, size);
        }
        const char *y = v->reserved ? emit_memory(b, &a) : emit_place(b, id, v->root, &a.at);
        u->calls->rows[n->op] = true;
        emit_line(b, "nnrt_%s_row_%s(&%s, %s);", ir_ops[n->op].name, u->o->single ? "f32" : "f64", y, size);
    }
}

/* ---- whole arrays ---- */

static void fill_zero(struct body *b, ir_id id)
{
    const struct ir_shape *s = node_of(b, id)->shape;
    struct index at = index_own(s, 0);
    if (emit_block_zero(b, id)) return;
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

enum { SIDE_BY_SIDE = 8 };

/* Parts of one shape are put side by side in one loop: what several of them read is read once. False: they are not so. */
static bool print_side_by_side(struct body *b, const struct group *g)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, g->node);
    const struct ir_shape *s = node_of(b, n->arg[0])->shape;
    uint32_t outer = b->serial;
    unsigned last = s->rank;
    if (u->o->style != EMIT_FILE || n->op != OP_concat || n->n_arg > SIDE_BY_SIDE || b->share.portions > 1) return false;
    for (uint32_t k = 1; k < n->n_arg; k++)
        if (node_of(b, n->arg[k])->shape != s) return false;
    while (last > 0 && s->dim[last - 1] == 1) last--;
    if (!last || n->n_arg < 2) return false;
    emit_open_loops(b, s->dim, --last, 0);
    if (!u->o->std_c99) emit_line(b, "%s_EACH", u->upper);
    u->calls->each = u->calls->each || !u->o->std_c99;
    emit_open_loops(b, s->dim + last, s->rank - last, (uint8_t)last);
    emit_open_block(b);
    b->n_vars = s->rank;
    struct access a = {.base = g->node, .at = index_own(s, 0)};
    for (uint32_t k = 0; k < n->n_arg; k++) {
        struct index at = index_own(s, 0);
        const char *x = emit_expression(b, n->arg[k], &at, PREC_COND);
        emit_line(b, "%s = %s;", emit_memory(b, &a), x);
        ir_size *plus = &a.at.at[n->attr[0]].plus;
        *plus = size_add(u->sizes, *plus, s->dim[n->attr[0]]);
    }
    emit_close_loops(b, s->dim, s->rank);
    b->serial = outer;
    return true;
}

static void print_spread(struct body *b, const struct group *g)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, g->node);
    ir_size before = 0;
    if (print_side_by_side(b, g)) return;
    uint32_t parts = n->op == OP_concat ? n->n_arg : 1, outer = b->serial;
    if (n->op != OP_concat) fill_zero(b, g->node);
    if (b->share.portions > 1) b->share.var = emit_spread_var(u, n, g->share.var);
    for (uint32_t k = 0; k < parts; k++) {
        const struct ir_shape *s = node_of(b, n->arg[k])->shape;
        struct index at = index_own(s, 0);
        ir_size from = before;
        if (n->op == OP_concat) before = size_add(u->sizes, before, s->dim[n->attr[0]]);
        if (emit_block_part(b, g, k, from) || emit_block_overlap(b, g)) continue;
        emit_open_loops(b, s->dim, s->rank, 0);
        if (emit_any_loop(s->dim, s->rank)) emit_open_block(b);
        b->n_vars = s->rank;
        const char *guard = NULL;
        struct index to = goes_to(b, n, from, &at, &guard);
        b->n_vars = (uint8_t)(s->rank + 1);
        const char *x = emit_expression(b, n->arg[k], &at, PREC_COND);
        struct access a = {.base = g->node, .at = to};
        bool adds = n->op == OP_scatter || n->op == OP_overlap;
        if (guard) emit_line(b, "if (%s)", guard);
        emit_line(b, "%s%s %s %s;", guard ? "    " : "", emit_memory(b, &a), adds ? "+=" : "=", x);
        emit_close_loops(b, s->dim, s->rank);
        b->serial = outer;
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
    b->share = g->share;
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
        b->joined = collapse_joined(u, g);
        b->joined_size = g->outer;
        if (!emit_turned(b, g) && !emit_block_maps(b, g) && !emit_block_few(b, g) && !emit_block_columns(b, g)) emit_loops(b, g);
        break;
    case GROUP_PRODUCT: emit_product(b, g); break;
    case GROUP_SPREAD: print_spread(b, g); break;
    case GROUP_SCAN: print_scan(b, g); break;
    case GROUP_CALL: emit_call(b, g); break;
    case GROUP_TURNS: emit_print_turns(b, g); break;
    }
    b->joined = 0;
    if (g->kind != GROUP_LOOPS && g->kind != GROUP_TURNS) {
        b->share = u->value[g->node].share; /* by axes */
        trap_array(b, g->node);
    }
    if (g->guard >= 0) {
        b->indent--;
        emit_line(b, "}");
    }
    b->serial = outer;
    arena_rewind(u->scratch, mark);
}
