/* The adjoint of a loop. Its body is the forward body with the reverse walk behind it, put together in a graph of its
 * own (the sketch); then what the walk needs of the forward values is recorded there, turn by turn, or computed anew.
 * Carried are the adjoints of what was carried, and one sum for each outer value that wants a gradient, which begins
 * with what that value has received so far: sums are chained, whatever loops stand inside each other. */
#include "codegen/ir/grad_loop.h"
#include "codegen/ir/loop_inside.h"

#include <string.h>

/* ---- what depends on what is differentiated by ---- */

/* One pass over the body; dep is by node. */
static void mark_body(const struct ir_loop *l, const bool *wanted, const bool *carry, bool *dep,
                      struct loop_flow **inner)
{
    const struct ir_graph *b = l->body;
    for (ir_id id = 1; id < b->n; id++) {
        const struct ir_node *n = ir_at(b, id);
        dep[id] = false;
        if (n->op == OP_carry) {
            dep[id] = carry[n->attr[0]];
        } else if (n->op == OP_row || n->op == OP_outer) {
            dep[id] = wanted[l->n_carry + (n->op == OP_outer ? l->n_row : 0) + (uint32_t)n->attr[0]];
        } else if (n->op == OP_part) {
            dep[id] = dep[n->arg[0]] && inner[n->arg[0]]->part[n->attr[0]];
        } else if (grad_passes[n->op]) {
            for (uint32_t i = 0; i < n->n_arg; i++) dep[id] |= dep[n->arg[i]];
        }
        if (n->op == OP_loop && dep[id]) {
            bool *of = arena_many(b->tables->arena, bool, n->n_arg);
            for (uint32_t i = 0; i < n->n_arg; i++) of[i] = dep[n->arg[i]];
            inner[id] = arena_new(b->tables->arena, struct loop_flow);
            *inner[id] = loop_flow(ir_loop_of(b, id), of);
        }
        if (n->type == IR_INT) dep[id] = false;
    }
}

struct loop_flow loop_flow(const struct ir_loop *l, const bool *wanted)
{
    struct arena *a = l->body->tables->arena;
    struct loop_flow f = {wanted, arena_many(a, bool, l->n_carry), arena_many(a, bool, l->n_carry + l->collect.n),
                          l->collect.n};
    bool *dep = arena_many(a, bool, l->body->n), more = true;
    struct loop_flow **inner = arena_many(a, struct loop_flow *, l->body->n);
    for (uint32_t k = 0; k < l->n_carry; k++) f.carry[k] = wanted[k];
    while (more) {
        more = false;
        mark_body(l, wanted, f.carry, dep, inner);
        for (uint32_t k = 0; k < l->n_carry; k++) {
            more |= dep[l->next[k]] && !f.carry[k];
            f.carry[k] |= dep[l->next[k]];
        }
    }
    for (uint32_t k = 0; k < l->n_carry; k++) f.part[k] = dep[l->next[k]];
    for (uint32_t k = 0; k < l->collect.n; k++) f.part[l->n_carry + k] = dep[l->collect.at[k]];
    return f;
}

/* ---- the sketch ---- */

enum { FORWARD, BACKWARD }; /* a node of the sketch: can be had in a forward turn, or depends on what is received */

struct sketch {
    struct ir_graph *g, *s;
    ir_id loop;
    struct ir_node node; /* of the loop */
    struct ir_loop *l;
    const struct loop_flow *flow;
    const struct adjoint *part;
    ir_id *copy;   /* of a node of the body in the sketch */
    bool *reached; /* by node of the body: some adjoint comes there */
    /* what is received in a turn, as holes of the sketch: 0 where nothing is */
    ir_id *final_seed, *row_seed, *sum_seed; /* by carried value, collected value, outer value */
    ir_id *d_carry, *d_row, *d_outer;        /* what a turn leaves for them */
    uint8_t *what;
    bool *needed;
    ir_id *recorded; /* by node of the sketch: the node of the body whose rows hold it; 0: computed anew */
};

static void copy_body(struct sketch *k)
{
    const struct ir_graph *b = k->l->body;
    struct arena *a = k->g->tables->arena;
    k->s = ir_graph_new(k->g->tables);
    k->copy = arena_many(a, ir_id, b->n);
    for (ir_id id = 1; id < b->n; id++) {
        struct ir_node n = *ir_at(b, id);
        ir_id *arg = arena_many(a, ir_id, n.n_arg);
        for (uint32_t i = 0; i < n.n_arg; i++) arg[i] = k->copy[n.arg[i]];
        k->s->here = n.at;
        k->copy[id] = ir_add(k->s, (enum ir_op)n.op, (enum ir_type)n.type, n.shape, arg, n.n_arg, n.attr, n.n_attr);
        ir_name(k->s, k->copy[id], n.name);
    }
}

/* Where adjoints come at all: a loop inside counts as one node here. */
static void find_reached(struct sketch *k)
{
    const struct ir_loop *l = k->l;
    bool more = true, *arrives = arena_many(k->g->tables->arena, bool, l->n_carry);
    k->reached = arena_many(k->g->tables->arena, bool, l->body->n);
    for (uint32_t i = 0; i < l->n_carry; i++) arrives[i] = k->part[i].g != 0;
    for (uint32_t i = 0; i < k->flow->n_collect; i++)
        if (k->flow->part[l->n_carry + i] && k->part[l->n_carry + i].g) k->reached[l->collect.at[i]] = true;
    while (more) {
        more = false;
        for (uint32_t i = 0; i < l->n_carry; i++)
            if (arrives[i] && k->flow->part[i]) k->reached[l->next[i]] = true;
        for (ir_id id = l->body->n - 1; id > 0; id--) {
            const struct ir_node *n = ir_at(l->body, id);
            if (!k->reached[id] || !grad_passes[n->op]) continue;
            for (uint32_t i = 0; i < n->n_arg; i++) k->reached[n->arg[i]] = true;
        }
        for (uint32_t i = 0; i < l->n_carry; i++) {
            if (!l->carry[i] || !k->reached[l->carry[i]] || arrives[i]) continue;
            arrives[i] = more = true;
        }
    }
}

static bool leaf_wants(const struct sketch *k, ir_id leaf, bool depends)
{
    return leaf && depends && k->reached[leaf];
}

static bool carry_wants(const struct sketch *k, uint32_t i)
{
    return leaf_wants(k, k->l->carry[i], k->flow->carry[i]);
}

static bool row_wants(const struct sketch *k, uint32_t i)
{
    return leaf_wants(k, k->l->row[i], k->flow->wanted[k->l->n_carry + i]);
}

static bool outer_wants(const struct sketch *k, uint32_t i)
{
    return leaf_wants(k, k->l->outer[i], k->flow->wanted[k->l->n_carry + k->l->n_row + i]);
}

/* Its adjoint is carried: something is received at the end, or in some turn. */
static bool carries(const struct sketch *k, uint32_t i)
{
    return carry_wants(k, i) || (k->part[i].g && k->flow->carry[i]);
}

static ir_id seed(struct sketch *k, const struct ir_node *like)
{
    return ir_hole(k->s, like->shape);
}

/* The reverse walk of one turn. */
static bool walk_back(struct sketch *k, struct diags *d)
{
    const struct ir_loop *l = k->l;
    struct arena *a = k->g->tables->arena;
    uint32_t most_y = l->n_carry + k->flow->n_collect, most_x = l->n_carry + l->n_row + l->n_outer;
    struct flow_ends e = {0};
    ir_id *y = arena_many(a, ir_id, most_y), *from = arena_many(a, ir_id, most_y), *x = arena_many(a, ir_id, most_x),
          *start = arena_many(a, ir_id, most_x), **to = arena_many(a, ir_id *, most_x),
          *dx = arena_many(a, ir_id, most_x);
    for (uint32_t i = 0; i < l->n_carry; i++) {
        if (carries(k, i)) k->final_seed[i] = seed(k, ir_at(l->body, l->next[i]));
        if (carries(k, i)) y[e.n_y] = k->copy[l->next[i]], from[e.n_y++] = k->final_seed[i];
        if (carry_wants(k, i)) to[e.n_x] = &k->d_carry[i], x[e.n_x++] = k->copy[l->carry[i]];
    }
    for (uint32_t i = 0; i < k->flow->n_collect; i++) {
        if (!k->part[l->n_carry + i].g || !k->flow->part[l->n_carry + i]) continue;
        k->row_seed[i] = seed(k, ir_at(l->body, l->collect.at[i]));
        y[e.n_y] = k->copy[l->collect.at[i]], from[e.n_y++] = k->row_seed[i];
    }
    for (uint32_t i = 0; i < l->n_row; i++)
        if (row_wants(k, i)) to[e.n_x] = &k->d_row[i], x[e.n_x++] = k->copy[l->row[i]];
    for (uint32_t i = 0; i < l->n_outer; i++) {
        if (!outer_wants(k, i)) continue;
        k->sum_seed[i] = start[e.n_x] = seed(k, ir_at(l->body, l->outer[i]));
        to[e.n_x] = &k->d_outer[i], x[e.n_x++] = k->copy[l->outer[i]];
    }
    e.y = y;
    e.seed = from;
    e.x = x;
    e.start = start;
    if (!grad_inside(k->s, d, &e, dx)) return false;
    for (uint32_t i = 0; i < e.n_x; i++) *to[i] = dx[i];
    for (uint32_t i = 0; i < l->n_carry; i++)
        if (k->final_seed[i] && !k->d_carry[i]) k->d_carry[i] = ir_full(k->s, 0, ir_at(l->body, l->next[i])->shape);
    return true;
}

/* ---- recorded or computed anew ---- */

/* What a backward turn had better not compute again. */
static bool dear(enum ir_op op)
{
    const struct ir_op_info *o = &ir_ops[op];
    switch (o->class) {
    case CLASS_LEAF:
    case CLASS_WRAP:
        return false;
    case CLASS_MAP: /* a function of the library, but for the few that are one instruction */
        return (strstr(o->text, "$f(") || strstr(o->text, "nnrt_")) && op != OP_abs && op != OP_floor &&
               op != OP_ceil && op != OP_round && op != OP_sqrt;
    case CLASS_MOVE:
        return op == OP_scatter || op == OP_overlap || op == OP_cumsum;
    default:
        return true;
    }
}

static bool is_seed(const struct sketch *k, ir_id x)
{
    const struct ir_loop *l = k->l;
    for (uint32_t i = 0; i < l->n_carry; i++)
        if (k->final_seed[i] == x) return true;
    for (uint32_t i = 0; i < k->flow->n_collect; i++)
        if (k->row_seed[i] == x) return true;
    for (uint32_t i = 0; i < l->n_outer; i++)
        if (k->sum_seed[i] == x) return true;
    return false;
}

static void need(struct sketch *k, ir_id x)
{
    if (x) k->needed[x] = true;
}

static void need_results(struct sketch *k)
{
    for (uint32_t i = 0; i < k->l->n_carry; i++) need(k, k->d_carry[i]);
    for (uint32_t i = 0; i < k->l->n_row; i++) need(k, k->d_row[i]);
    for (uint32_t i = 0; i < k->l->n_outer; i++) need(k, k->d_outer[i]);
}

/* Which nodes depend on what is received, and which forward values those read. */
static void divide(struct sketch *k)
{
    struct arena *a = k->g->tables->arena;
    k->what = arena_many(a, uint8_t, k->s->n);
    k->needed = arena_many(a, bool, k->s->n);
    k->recorded = arena_many(a, ir_id, k->s->n);
    for (ir_id id = 1; id < k->s->n; id++) {
        const struct ir_node *n = ir_at(k->s, id);
        if (n->op == OP_hole && is_seed(k, id)) k->what[id] = BACKWARD;
        for (uint32_t i = 0; i < n->n_arg; i++) k->what[id] |= k->what[n->arg[i]];
    }
    need_results(k);
    for (ir_id id = k->s->n - 1; id > 0; id--) {
        const struct ir_node *n = ir_at(k->s, id);
        for (uint32_t i = 0; k->needed[id] && k->what[id] == BACKWARD && i < n->n_arg; i++) need(k, n->arg[i]);
    }
}

/* Can every node of a forward turn be had again from rows, outer values, what is carried and what is marked already, by
 * nothing dear? What is needed and cannot is marked too where `mark` says so. */
static void find_had(struct sketch *k, bool *had, bool *marked, bool mark)
{
    for (ir_id id = 1; id < k->s->n; id++) {
        const struct ir_node *n = ir_at(k->s, id);
        if (k->what[id] == BACKWARD) continue;
        had[id] = k->l->thrifty || !dear((enum ir_op)n->op);
        for (uint32_t i = 0; i < n->n_arg; i++) had[id] &= had[n->arg[i]];
        if (mark && k->needed[id] && !had[id]) marked[id] = true;
        had[id] |= marked[id];
    }
}

/* The only argument that cannot be had, of a node that is cheap beyond it and no smaller; 0: there is none such. */
static ir_id only_lack(const struct sketch *k, ir_id id, const bool *had)
{
    const struct ir_node *n = ir_at(k->s, id);
    struct ir_tables *t = k->g->tables;
    ir_id lack = 0;
    if (dear((enum ir_op)n->op)) return 0;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        if (had[n->arg[i]] || n->arg[i] == lack) continue;
        if (lack) return 0;
        lack = n->arg[i];
    }
    ir_size room = size_sub(t->sizes, ir_elements(t, n->shape), lack ? ir_elements(t, ir_at(k->s, lack)->shape) : 0);
    return lack && room != SIZE_BAD && size_least(t->sizes, room) >= 0 ? lack : 0;
}

/* What is recorded: of what is needed, what cannot be had otherwise; sooner the dear value below it than what is
 * cheaply made of it, for others may share that. A thrifty loop records what is carried alone. */
static void choose(struct sketch *k, bool *record)
{
    bool *had = arena_many(k->g->tables->arena, bool, k->s->n);
    for (uint32_t i = 0; i < k->l->collect.n && !k->l->thrifty; i++) record[k->copy[k->l->collect.at[i]]] = true;
    find_had(k, had, record, false);
    for (ir_id id = k->s->n - 1; id > 0; id--)
        if (k->what[id] == FORWARD && k->needed[id] && !had[id]) need(k, only_lack(k, id, had));
    find_had(k, had, record, true);
    for (ir_id id = k->s->n - 1; id > 0; id--) {
        const struct ir_node *n = ir_at(k->s, id);
        if (n->op == OP_carry) record[id] = true;
        record[id] = record[id] && k->needed[id];
        for (uint32_t i = 0; k->needed[id] && !record[id] && i < n->n_arg; i++) need(k, n->arg[i]);
    }
}

/* What is recorded has its node in the forward body; what only the walk made is added to it. */
static void find_in_body(struct sketch *k, const bool *record)
{
    struct ir_graph *b = k->l->body;
    struct arena *a = k->g->tables->arena;
    bool *wanted = arena_many(a, bool, k->s->n);
    ir_id *of = arena_many(a, ir_id, k->s->n);
    for (ir_id id = 1; id < b->n; id++) of[k->copy[id]] = id;
    for (ir_id id = k->s->n - 1; id > 0; id--) {
        wanted[id] |= record[id];
        for (uint32_t i = 0; wanted[id] && !of[id] && i < ir_at(k->s, id)->n_arg; i++)
            wanted[ir_at(k->s, id)->arg[i]] = true;
    }
    for (ir_id id = 1; id < k->s->n; id++) {
        struct ir_node n = *ir_at(k->s, id);
        if (!wanted[id]) continue;
        if (!of[id]) {
            ir_id *arg = arena_many(a, ir_id, n.n_arg);
            for (uint32_t i = 0; i < n.n_arg; i++) arg[i] = of[n.arg[i]];
            b->here = n.at;
            of[id] = ir_add(b, (enum ir_op)n.op, (enum ir_type)n.type, n.shape, arg, n.n_arg, n.attr, n.n_attr);
        }
        if (record[id]) k->recorded[id] = of[id];
    }
}

/* ---- the body of the adjoint ---- */

/* The rows of a node of the forward body, as a part of the loop. */
static ir_id rows_of(struct sketch *k, ir_id x)
{
    struct ir_loop *l = k->l;
    uint32_t i = 0;
    while (i < l->collect.n && l->collect.at[i] != x) i++;
    if (i == l->collect.n) vec_push(k->g->tables->arena, &l->collect, x);
    return ir_part(k->g, k->loop, l->n_carry + i);
}

static ir_id recorded_row(struct sketch *k, struct ir_graph *b, ir_id x)
{
    struct ir_graph *body = k->l->body;
    const struct ir_shape *s = ir_at(body, x)->shape;
    ir_size flat = ir_elements(k->g->tables, s);
    if (s->rank == RANK_MAX) x = ir_reshape(body, x, ir_shape_of(k->g->tables, 1, &flat));
    ir_id row = ir_body_row(k->g, b, rows_of(k, x));
    ir_name(b, row, ir_at(body, x)->name);
    return ir_reshape(b, row, s);
}

/* A leaf of the sketch in the adjoint's body; 0: it is none of those that change. */
static ir_id adjoint_leaf(struct sketch *k, struct ir_graph *b, ir_id id, const uint32_t *number)
{
    const struct ir_loop *l = k->l;
    const struct ir_node *n = ir_at(k->s, id);
    if (k->recorded[id]) return recorded_row(k, b, k->recorded[id]);
    if (n->op == OP_row) return ir_body_row(k->g, b, k->node.arg[l->n_carry + (uint32_t)n->attr[0]]);
    if (n->op == OP_outer) return ir_body_outer(k->g, b, k->node.arg[l->n_carry + l->n_row + (uint32_t)n->attr[0]]);
    if (k->what[id] != BACKWARD || n->op != OP_hole) return 0;
    for (uint32_t i = 0; i < k->flow->n_collect; i++)
        if (k->row_seed[i] == id) return ir_body_row(k->g, b, grad_plain(k->g, k->part[l->n_carry + i]));
    return ir_leaf(b, OP_carry, IR_REAL, n->shape, number[id], 0);
}

static void build_body(struct sketch *k, struct ir_graph *b, const uint32_t *number, ir_id *to)
{
    struct arena *a = k->g->tables->arena;
    for (ir_id id = 1; id < k->s->n; id++) {
        struct ir_node n = *ir_at(k->s, id);
        if (!k->needed[id]) continue;
        b->here = n.at;
        to[id] = adjoint_leaf(k, b, id, number);
        if (!to[id]) {
            ir_id *arg = arena_many(a, ir_id, n.n_arg);
            for (uint32_t i = 0; i < n.n_arg; i++) arg[i] = to[n.arg[i]];
            to[id] = ir_add(b, (enum ir_op)n.op, (enum ir_type)n.type, n.shape, arg, n.n_arg, n.attr, n.n_attr);
        }
        ir_name(b, to[id], n.name);
    }
}

/* Too many elements to record? */
static bool fits(struct sketch *k, struct diags *d, const struct ir_loop *l)
{
    struct ir_tables *t = k->g->tables;
    for (uint32_t i = 0; i < l->collect.n; i++) {
        ir_size n = size_mul(t->sizes, l->turns, ir_elements(t, ir_at(l->body, l->collect.at[i])->shape));
        if (n != SIZE_BAD && size_bound(t->sizes, n) <= (int64_t)1 << 31) continue;
        diag_error(d, E0601, k->node.at, "the derivative of this loop records more than 2^31 elements");
        diag_help(d, "`checkpoint k` records what is carried into every k-th turn, and computes the rest anew");
        return false;
    }
    return true;
}

struct result { /* what a part of the adjoint is for */
    uint32_t argument;
    bool sum; /* all that an outer value has received, instead of one thing more */
};

static void give_back(struct sketch *k, struct grad *w, ir_id loop, const struct result *r, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        ir_id x = k->node.arg[r[i].argument];
        if (r[i].sum || grad_wants(w, x)) grad_receive(w, x, (struct adjoint){ir_part(k->g, loop, i), 0});
    }
}

static const char *name_of_adjoint(struct sketch *k, const char *of)
{
    return of ? arena_printf(k->g->tables->arena, "d_%s", of) : NULL;
}

static bool close(struct sketch *k, struct grad *w, struct diags *d)
{
    const struct ir_loop *l = k->l;
    struct arena *a = k->g->tables->arena;
    uint32_t *number = arena_many(a, uint32_t, k->s->n), n = 0;
    ir_id *init = arena_many(a, ir_id, l->n_carry + l->n_outer), *left = arena_many(a, ir_id, l->n_carry + l->n_outer);
    const char **name = arena_many(a, const char *, l->n_carry + l->n_outer);
    struct result *r = arena_many(a, struct result, k->node.n_arg);
    for (uint32_t i = 0; i < l->n_carry; i++) {
        if (!k->final_seed[i]) continue;
        number[k->final_seed[i]] = n;
        name[n] = name_of_adjoint(k, l->carry_name ? l->carry_name[i] : NULL);
        init[n] = k->part[i].g ? grad_plain(k->g, k->part[i]) : ir_full(k->g, 0, ir_at(l->body, l->next[i])->shape);
        r[n].argument = i;
        left[n++] = k->d_carry[i];
    }
    for (uint32_t i = 0; i < l->n_outer; i++) {
        if (!k->sum_seed[i]) continue;
        ir_id x = k->node.arg[l->n_carry + l->n_row + i];
        number[k->sum_seed[i]] = n;
        name[n] = name_of_adjoint(k, ir_at(k->g, x)->name);
        init[n] = grad_drain(w, x);
        if (!init[n]) init[n] = ir_full(k->g, 0, ir_at(k->g, x)->shape);
        r[n] = (struct result){l->n_carry + l->n_row + i, true};
        left[n++] = k->d_outer[i];
    }
    struct ir_loop *back = arena_new(a, struct ir_loop);
    *back = (struct ir_loop){.body = ir_graph_new(k->g->tables),
                             .turn_name = l->turn_name,
                             .turns = l->turns,
                             .stop = l->stop,
                             .each = l->each,
                             .backward = !l->backward,
                             .thrifty = l->thrifty,
                             .n_carry = n,
                             .next = left,
                             .carry_name = name};
    ir_id *to = arena_many(a, ir_id, k->s->n);
    build_body(k, back->body, number, to);
    for (uint32_t i = 0; i < n; i++) left[i] = to[left[i]];
    for (uint32_t i = 0; i < l->n_row; i++) {
        if (!k->d_row[i]) continue;
        vec_push(a, &back->collect, to[k->d_row[i]]);
        r[n++].argument = l->n_carry + i;
    }
    ir_id loop = ir_close_body(k->g, back, init);
    give_back(k, w, loop, r, n);
    return fits(k, d, l);
}

bool grad_loop(struct ir_graph *g, struct grad *w, struct diags *d, ir_id loop, const struct loop_flow *flow,
               const struct adjoint *part)
{
    struct arena *a = g->tables->arena;
    struct ir_loop *l = ir_loop_of(g, loop);
    struct sketch k = {.g = g, .loop = loop, .node = *ir_at(g, loop), .l = l, .flow = flow, .part = part};
    k.final_seed = arena_many(a, ir_id, l->n_carry);
    k.row_seed = arena_many(a, ir_id, flow->n_collect);
    k.sum_seed = arena_many(a, ir_id, l->n_outer);
    k.d_carry = arena_many(a, ir_id, l->n_carry);
    k.d_row = arena_many(a, ir_id, l->n_row);
    k.d_outer = arena_many(a, ir_id, l->n_outer);
    copy_body(&k);
    find_reached(&k);
    if (!walk_back(&k, d)) return false;
    divide(&k);
    bool *record = arena_many(a, bool, k.s->n);
    choose(&k, record);
    find_in_body(&k, record);
    return close(&k, w, d);
}
