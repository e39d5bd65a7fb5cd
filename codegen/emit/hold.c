/* Which nodes are held: computed once and kept in a variable or in memory. All others are expressions that their reader
 * prints anew. Also the walks over what an expression reads. */
#include "codegen/emit/conv.h"
#include "codegen/emit/unit.h"
#include "codegen/ir/loop.h"

#include <assert.h>

/* An expression deeper than this is split: longer ones are hard to read, and libtcc has little room. */
enum { DEPTH_MOST = 6, COST_MOST = 10000, TIMES_FEW = 3 };

/* What costs no more is computed again by each reader. */
static unsigned cheap(const struct unit *u, const struct ir_node *n)
{
    static const unsigned most[THRIFT_MOST + 1] = {2, 12, 40, 120};
    return most[n->shape->rank ? u->o->thrift : 0];
}

bool emit_in_memory(const struct unit *u, ir_id id)
{
    switch (ir_at(u->g, id)->op) {
    case OP_tensor: case OP_input: case OP_param: case OP_state: case OP_slot: return true;
    case OP_carry: case OP_outer: return ir_at(u->g, id)->shape->rank > 0 || u->value[id].held;
    case OP_row: return (ir_at(u->g, id)->shape->rank > 0 && !u->of->loose[ir_at(u->g, id)->attr[0]]) || u->value[id].held;
    default: return u->value[id].held;
    }
}

int32_t emit_replacing_root(const struct unit *u, const struct ir_node *n)
{
    switch (n->op) {
    case OP_param: return u->param_root[n->attr[0]];
    case OP_slot: return u->slot_root[n->attr[0] * u->p->params.n + n->attr[1]];
    case OP_state: return u->state_root[n->attr[0]];
    case OP_carry: return (int32_t)n->attr[0]; /* the first roots of a body are the next carried values */
    default: return -1;
    }
}

static enum ir_class class_of(const struct unit *u, ir_id id)
{
    return ir_ops[ir_at(u->g, id)->op].class;
}

/* ---- the decision ---- */

static ir_id below_moves(const struct unit *u, ir_id id)
{
    while (class_of(u, id) == CLASS_MOVE && !u->value[id].held && ir_at(u->g, id)->op != OP_gather)
        id = ir_at(u->g, id)->arg[0];
    return id;
}

/* What is moved comes to lie in memory, or is a number. */
static void hold_base(struct unit *u, ir_id id)
{
    ir_id base = below_moves(u, id);
    bool number = class_of(u, base) == CLASS_LEAF && ir_at(u->g, base)->shape->rank == 0;
    if (!number && ir_at(u->g, base)->op != OP_iota && !emit_in_memory(u, base)) u->value[base].held = true;
}

/* A pointer to it can be passed: a product's operand. */
static void hold_operand(struct unit *u, ir_id id)
{
    ir_id base = below_moves(u, id);
    if (class_of(u, base) == CLASS_LEAF && !emit_in_memory(u, base))
        u->value[id].held = true; /* a constant, spread out */
    else if (!emit_in_memory(u, base))
        u->value[base].held = true;
}

static void hold_reshaped(struct unit *u, const struct ir_node *n)
{
    ir_id x = n->arg[0];
    if (access_splits(u, ir_at(u->g, x)->shape, n->shape)) return;
    while (ir_at(u->g, x)->op == OP_reshape && !u->value[x].held) x = ir_at(u->g, x)->arg[0];
    if (!emit_in_memory(u, x)) u->value[x].held = true;
}

/* Whether elements are repeated: 1, or 2 if along the last axes alone, so that loops over these have them at hand. */
static int is_stretched(const struct ir_node *n)
{
    int stretched = 0;
    for (unsigned k = 0; k < n->shape->rank; k++) {
        if (n->attr[k] < 0 && n->shape->dim[k] != 1) stretched = stretched ? stretched : 2;
        if (n->attr[k] >= 0 && stretched) stretched = 1;
    }
    return stretched;
}

/* Pools' gradients: a number is read two or three times, next to itself. */
static unsigned few_times(const struct unit *u, const struct ir_node *n)
{
    int64_t times = 1, size;
    for (unsigned k = 0; k < n->shape->rank; k++) {
        if (n->attr[k] >= 0) continue;
        if (!size_known(u->sizes, n->shape->dim[k], &size) || size > TIMES_FEW) return 1;
        times *= size;
    }
    return u->in_lanes && times <= TIMES_FEW ? 2 : 1;
}

/* The zeros around what a convolution reads, in memory, if it is one then. */
static bool hold_frame(struct unit *u, ir_id id)
{
    const struct ir_node *n = ir_at(u->g, id);
    for (unsigned i = 0; i < 2 && u->in_rows; i++) {
        ir_id frame = 0;
        for (ir_id x = n->arg[i], base = below_moves(u, x); x != base; x = ir_at(u->g, x)->arg[0])
            if (ir_at(u->g, x)->op == OP_place) frame = x;
        if (!frame) continue;
        u->value[frame].held = true;
        if (conv_is(u, id)) return true;
        u->value[frame].held = false;
    }
    return false;
}

static void hold_arguments(struct unit *u, ir_id id)
{
    const struct ir_node *n = ir_at(u->g, id);
    int stretched;
    switch (n->op) {
    case OP_contract:
        hold_operand(u, n->arg[0]);
        hold_operand(u, n->arg[1]);
        if ((u->value[n->arg[0]].guards || u->value[n->arg[1]].guards) && !conv_is(u, id) && !hold_frame(u, id))
            for (unsigned i = 0; i < 2; i++)
                if (u->value[n->arg[i]].guards) u->value[n->arg[i]].held = true;
        break;
    case OP_add: {
        struct value *v = &u->value[id];
        if (!(v->conv = conv_in_sum(u, id)) && !(v->conv = emit_product_in_sum(u, id))) break;
        u->value[v->conv].held = false;
        v->held = true;
        break;
    }
    case OP_reshape: hold_reshaped(u, n); break;
    case OP_loop:
        for (uint32_t i = ir_loop_of(u->g, id)->n_carry; i < n->n_arg; i++) hold_base(u, n->arg[i]);
        break;
    case OP_expand:
        stretched = is_stretched(n);
        if (stretched && u->value[n->arg[0]].cost > (stretched == 2 ? 0 : cheap(u, n) * few_times(u, n))) hold_base(u, n->arg[0]);
        break;
    case OP_window: case OP_place: hold_base(u, n->arg[0]); break;
    case OP_gather:
        if (u->value[n->arg[0]].cost > cheap(u, n) && u->value[n->arg[0]].uses > 1) hold_base(u, n->arg[0]);
        break;
    default: break;
    }
    bool kernel = ir_ops[n->op].class == CLASS_CALL && *ir_ops[n->op].text;
    for (uint32_t i = 0; i < n->n_arg && kernel; i++) {
        ir_id x = emit_call_argument(u, n->arg[i]);
        if (ir_reads(n, i) && !emit_in_memory(u, x)) u->value[x].held = true;
    }
    for (uint32_t i = 0; i < n->n_arg; i++)
        if (u->value[n->arg[i]].guards + (n->op == OP_window ? 1 : n->shape->rank) > GUARDS && (n->op == OP_window || n->op == OP_place))
            u->value[n->arg[i]].held = true;
}

static unsigned own_cost(const struct ir_node *n)
{
    switch (ir_ops[n->op].class) {
    case CLASS_MAP: {
        const char *c = ir_ops[n->op].text;
        for (; *c; c++)
            if (*c == '/' || (*c >= 'a' && *c <= 'z')) return 10; /* a division or a function */
        return 1;
    }
    case CLASS_LEAF: return n->op == OP_random ? 10 : 0;
    default: return n->op == OP_gather || n->op == OP_window || n->op == OP_place;
    }
}

static bool place_has_steps(const struct ir_node *n)
{
    for (unsigned k = 0; k < n->shape->rank; k++)
        if (n->attr[2 * k + 1] != 1) return true;
    return false;
}

/* Where a node is not an expression at all. */
static bool is_made_whole(const struct ir_node *n)
{
    switch (n->op) {
    case OP_concat: case OP_scatter: case OP_overlap: case OP_cumsum: case OP_loop: case OP_part: return true;
    case OP_place: return place_has_steps(n);
    default:
        return ir_ops[n->op].class == CLASS_REDUCE || ir_ops[n->op].class == CLASS_CONTRACT ||
               ir_ops[n->op].class == CLASS_CALL;
    }
}

/* Numbers that need nothing that is computed from arrays: functions that threads run work them out each for itself. */
static bool is_free(const struct unit *u, ir_id id)
{
    const struct ir_node *n = ir_at(u->g, id);
    if (!u->o->openmp || u->outer || n->shape->rank) return false;
    switch (n->op) {
    case OP_const: case OP_dimval: case OP_training: case OP_number: case OP_tick: case OP_input: return true;
    default: break;
    }
    if (ir_ops[n->op].class != CLASS_MAP && n->op != OP_expand && n->op != OP_reshape) return false;
    for (uint32_t i = 0; i < n->n_arg; i++)
        if (!u->value[n->arg[i]].free) return false;
    return true;
}

enum { ROWS_LEAST = 16 };

unsigned emit_row_axes(const struct unit *u, ir_id id)
{
    const struct ir_shape *s = ir_at(u->g, id)->shape;
    int64_t all = 1;
    unsigned axes = 0;
    while (axes < s->rank && all < ROWS_LEAST) all *= size_bound(u->sizes, s->dim[s->rank - ++axes]);
    return all < ROWS_LEAST ? 0 : axes;
}

/* Its values need a place in memory that is theirs alone. */
static bool is_of_rows(const struct unit *u, ir_id id)
{
    const struct emit_options *o = u->o;
    if (!(ir_ops[ir_at(u->g, id)->op].flags & FLAG_ROWS) || o->style != EMIT_FILE || u->entry->kind < ENTRY_FORWARD) return false;
    if (o->trap_nan || o->thrift || !pass_runs(u->p, PASS_fuse) || !emit_row_axes(u, id)) return false;
    for (uint32_t i = 0; i < u->entry->n_roots; i++) {
        const struct ir_root *r = &u->entry->root[i];
        bool plain = r->role == ROLE_OUTPUT || r->role == ROLE_D_WRT || r->role == ROLE_ROW || r->role == ROLE_NEXT;
        if (r->node == id && !plain) return false;
    }
    return true;
}

/* The depth, cost and guards of reading v as an expression, and whether it had better be held. */
static void weigh(struct unit *u, ir_id id)
{
    const struct ir_node *n = ir_at(u->g, id);
    struct value *v = &u->value[id];
    unsigned depth = 0, cost = own_cost(n), guards = 0;
    bool map = ir_ops[n->op].class == CLASS_MAP;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        const struct value *x = &u->value[n->arg[i]];
        if (x->held) continue;
        if (x->depth > depth) depth = x->depth;
        cost += x->cost;
        if (!map) guards += x->guards;
    }
    if (n->op == OP_place || n->op == OP_window) { /* those of the arguments and its own */
        struct index own = index_own(n->shape, 0);
        struct access a;
        access_follow(u, id, &own, &a);
        guards = a.n_guards;
    }
    v->depth = (uint8_t)(depth + map);
    v->cost = (uint16_t)(cost < COST_MOST ? cost : COST_MOST);
    v->guards = (uint8_t)guards;
    v->of_rows = is_of_rows(u, id);
    if (is_made_whole(n) || v->of_rows) v->held = true;
    if (!map && n->op != OP_random) return;
    if (u->entry->kind < ENTRY_FORWARD && n->shape->rank) return; /* there is no workspace: rather compute twice */
    if (v->depth >= DEPTH_MOST + 2 * (n->shape->rank ? u->o->thrift : 0)) v->held = true;
    if (n->shape->rank == 0 && n->op != OP_random && (v->uses > 1 || n->name)) v->held = true;
    bool named = n->name && !(n->shape->rank && u->o->thrift); /* its name is a reason to keep it where memory is not scarce */
    if (v->uses > 1 && (cost > cheap(u, n) || named || !pass_runs(u->p, PASS_again))) v->held = true;
}

static void mark_needed(struct unit *u)
{
    bool forward = u->outer && u->outer->value[u->of->node].forward;
    for (uint32_t i = 0; i < u->entry->n_roots; i++) {
        struct value *v = &u->value[u->entry->root[i].node];
        v->needed = true;
        v->forward = v->forward || forward || u->entry->root[i].role == ROLE_OUTPUT;
        v->uses++;
    }
    for (ir_id id = u->g->n; --id > 0;) {
        const struct ir_node *n = ir_at(u->g, id);
        if (!u->value[id].needed) continue;
        for (uint32_t i = 0; i < n->n_arg; i++) {
            if (!ir_reads(n, i)) continue;
            u->value[n->arg[i]].needed = true;
            if (u->value[id].forward) u->value[n->arg[i]].forward = true;
            u->value[n->arg[i]].uses++;
        }
    }
}

/* What a product was chosen for to begin with a row may be gone: its operand is in memory now, for another that reads it. */
static void leave_sum(struct unit *u, ir_id id)
{
    struct value *v = &u->value[id];
    if (!v->conv || conv_is(u, v->conv) || emit_product_in_sum(u, id) == v->conv) return;
    u->value[v->conv].held = true;
    v->conv = 0;
}

void emit_hold(struct unit *u)
{
    mark_needed(u);
    for (uint32_t i = 0; i < u->entry->n_roots; i++) {
        ir_id id = u->entry->root[i].node;
        if (class_of(u, id) != CLASS_LEAF || ir_at(u->g, id)->op == OP_random) u->value[id].held = true;
    }
    for (uint32_t i = 0; u->copies && i < u->copies->n; i++) u->value[u->copies->at[i]].held = true;
    for (ir_id id = 1; id < u->g->n; id++) {
        if (!u->value[id].needed) continue;
        u->value[id].free = is_free(u, id);
        hold_arguments(u, id);
        weigh(u, id);
    }
    for (ir_id id = 1; id < u->g->n; id++)
        if (u->value[id].needed) leave_sum(u, id);
    emit_turns(u);
}

/* ---- what is read ---- */

void index_gather(struct unit *u, const struct ir_node *n, const struct index *at, struct index *idx, struct index *x,
                  uint8_t chosen)
{
    unsigned axis = (unsigned)n->attr[0], ranks = ir_at(u->g, n->arg[1])->shape->rank;
    idx->rank = (uint8_t)ranks;
    for (unsigned k = 0; k < ranks; k++) idx->at[k] = at->at[axis + k];
    x->rank = ir_at(u->g, n->arg[0])->shape->rank;
    for (unsigned k = 0; k < axis; k++) x->at[k] = at->at[k];
    x->at[axis] = affine_var(chosen);
    for (unsigned k = axis + 1; k < x->rank; k++) x->at[k] = at->at[k + ranks - 1];
}

void emit_each_read(struct unit *u, ir_id node, const struct index *at, see_read *see, void *user)
{
    struct access a;
    const struct ir_node *n = ir_at(u->g, node);
    if (n->shape->rank == 0 && (u->value[node].held || ir_ops[n->op].class == CLASS_LEAF)) { /* most, in long programs */
        a.base = node;
        a.flat = false;
        a.n_guards = a.at.rank = 0;
        see(user, u, &a);
        return;
    }
    access_follow(u, node, at, &a);
    n = ir_at(u->g, a.base);
    if (u->value[a.base].held || ir_ops[n->op].class == CLASS_LEAF)
        see(user, u, &a);
    else if (n->op == OP_gather) {
        struct index idx, x;
        index_gather(u, n, &a.at, &idx, &x, VARS - 1);
        emit_each_read(u, n->arg[1], &idx, see, user);
        emit_each_read(u, n->arg[0], &x, see, user);
    } else {
        assert(ir_ops[n->op].class == CLASS_MAP && !a.flat);
        for (uint32_t i = 0; i < n->n_arg; i++) emit_each_read(u, n->arg[i], &a.at, see, user);
    }
}

/* The expression of a held node, as if it were not. */
static void own_reads(struct unit *u, ir_id node, const struct index *at, see_read *see, void *user)
{
    u->value[node].held = false;
    emit_each_read(u, node, at, see, user);
    u->value[node].held = true;
}

struct index index_argument(struct unit *u, const struct ir_node *n, uint8_t first)
{
    const struct ir_shape *s = ir_at(u->g, n->arg[0])->shape;
    bool one = n->op == OP_argmax || n->op == OP_argmin;
    uint64_t gone = one ? (uint64_t)1 << n->attr[0] : (uint64_t)n->attr[0];
    struct index at = {.rank = s->rank};
    uint8_t stays = first, goes = (uint8_t)(first + n->shape->rank);
    for (unsigned k = 0; k < s->rank; k++) {
        uint8_t var = gone >> k & 1 ? goes++ : stays++;
        at.at[k] = s->dim[k] == 1 ? affine_size(0) : affine_var(var);
    }
    return at;
}

static void product_reads(struct unit *u, ir_id id, see_read *see, void *user)
{
    const struct ir_node *n = ir_at(u->g, id);
    struct update x;
    if (u->value[id].product && emit_read_update(u, id, &x)) {
        struct index own = index_own(n->shape, 0), none = {.rank = 0};
        emit_each_read(u, x.param, &own, see, user);
        emit_each_read(u, x.rate, &none, see, user);
        n = ir_at(u->g, x.product);
    }
    for (uint32_t i = 0; i < 2; i++) {
        struct index at = index_operand(u, n, i);
        emit_each_read(u, n->arg[i], &at, see, user);
    }
}

void emit_member_reads(struct unit *u, const struct group *g, const struct member *m, see_read *see, void *user)
{
    const struct ir_node *n = ir_at(u->g, m->node);
    struct index own = index_own(n->shape, 0);
    if (m->copy_to >= 0)
        emit_each_read(u, m->node, &own, see, user);
    else if (n->op == OP_part) /* comes with its loop */
        return;
    else if (g->kind == GROUP_TURNS)
        emit_turn_reads(u, n, see, user);
    else if (g->kind == GROUP_PRODUCT) {
        ir_id conv = u->value[m->node].conv;
        product_reads(u, conv ? conv : m->node, see, user);
        if (conv) emit_each_read(u, n->arg[n->arg[0] == conv], &own, see, user);
    }
    else if (g->kind != GROUP_LOOPS)
        for (uint32_t i = 0; i < n->n_arg; i++) {
            if (g->kind == GROUP_CALL && !ir_reads(n, i)) continue;
            own = index_own(ir_at(u->g, n->arg[i])->shape, 0);
            emit_each_read(u, n->arg[i], &own, see, user);
        }
    else if (ir_ops[n->op].class == CLASS_REDUCE) {
        own = index_argument(u, n, 0);
        emit_each_read(u, n->arg[0], &own, see, user);
    } else
        own_reads(u, m->node, &own, see, user);
}
