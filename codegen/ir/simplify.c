#include "codegen/ir/simplify.h"
#include "codegen/ir/interp.h"
#include "codegen/ir/simplify_loop.h"
#include "codegen/ir/simplify_rules.h"

#include <string.h>

/* ---- the rewriting constructor ---- */

bool simple_constant(const struct ir_graph *g, ir_id x, double *v)
{
    if (is_op(g, x, OP_expand)) x = ir_at(g, x)->arg[0];
    if (!is_op(g, x, OP_const)) return false;
    *v = ir_const_value(ir_at(g, x));
    return true;
}

static ir_id fold(struct ir_graph *g, const struct ir_node *n)
{
    double x[3] = {0, 0, 0};
    if (!(ir_ops[n->op].flags & FLAG_FOLDS) || n->shape->rank || n->type != IR_REAL) return 0;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        if (!is_op(g, n->arg[i], OP_const)) return 0;
        x[i] = ir_const_value(ir_at(g, n->arg[i]));
    }
    return ir_const(g, interp_scalar((enum ir_op)n->op, x));
}

static const int64_t nowhere[RANK_MAX] = {-1, -1, -1, -1, -1, -1, -1, -1};

static bool same_move(const struct ir_graph *g, const struct ir_node *a, const struct ir_node *b)
{
    return a->op == b->op && ir_at(g, a->arg[0])->shape == ir_at(g, b->arg[0])->shape &&
           (!a->n_attr || memcmp(a->attr, b->attr, a->n_attr * sizeof *a->attr) == 0);
}

static bool scalar_expand(const struct ir_graph *g, const struct ir_node *n)
{
    return n->op == OP_expand && ir_at(g, n->arg[0])->shape->rank == 0;
}

/* f(expand(a), expand(b)) is expand(f(a, b)): computed once for all elements that are equal; and f(reshape(a),
 * reshape(b)) is reshape(f(a, b)), which lets reshapes meet. Expanded scalars go with any other move. */
static ir_id below_move(struct ir_graph *g, const struct ir_node *n)
{
    struct ir_node move = {0};
    for (uint32_t i = 0; i < n->n_arg; i++) {
        const struct ir_node *a = ir_at(g, n->arg[i]);
        if (a->op != OP_expand && a->op != OP_reshape) return 0;
        if (!move.op || scalar_expand(g, &move)) move = *a;
    }
    ir_id arg[3];
    const struct ir_shape *inner = ir_at(g, move.arg[0])->shape;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        const struct ir_node *a = ir_at(g, n->arg[i]);
        arg[i] = a->arg[0];
        if (same_move(g, a, &move)) continue;
        if (!scalar_expand(g, a)) return 0;
        arg[i] = simple_expand(g, arg[i], inner, nowhere);
    }
    struct ir_node small = *n;
    small.arg = arg;
    small.shape = inner;
    move.type = n->type;
    move.arg = (ir_id[]){simple_node(g, &small)};
    return simple_node(g, &move);
}

/* The user's order of operands stays, unless the other order is there already. */
static ir_id commuted(struct ir_graph *g, const struct ir_node *n)
{
    if (ir_ops[n->op].class != CLASS_MAP || !(ir_ops[n->op].flags & FLAG_COMMUTES)) return 0;
    return ir_find(g, (enum ir_op)n->op, (enum ir_type)n->type, n->shape, (ir_id[]){n->arg[1], n->arg[0]}, 2, n->attr,
                   n->n_attr);
}

ir_id simple_node(struct ir_graph *g, const struct ir_node *n)
{
    ir_id id = 0;
    enum ir_op op = (enum ir_op)n->op;
    simple_rule *rule = ir_ops[op].class == CLASS_MAP ? simple_map_rule(op) : simple_shape_rule(op);
    if (rule) id = rule(g, n);
    if (!id && ir_ops[op].class == CLASS_MAP) id = fold(g, n);
    if (!id && ir_ops[op].class == CLASS_MAP) id = below_move(g, n);
    if (!id) id = commuted(g, n);
    return id ? id : ir_add(g, op, (enum ir_type)n->type, n->shape, n->arg, n->n_arg, n->attr, n->n_attr);
}

static ir_id simple_map(struct ir_graph *g, enum ir_op op, const ir_id *arg, uint32_t n_arg)
{
    const struct ir_node *last = ir_at(g, arg[n_arg - 1]);
    enum ir_type type = ir_ops[op].result == IR_SAME ? (enum ir_type)last->type : ir_ops[op].result;
    return simple_node(
        g,
        &(struct ir_node){.op = (uint8_t)op, .type = (uint8_t)type, .n_arg = n_arg, .arg = arg, .shape = last->shape});
}

ir_id simple1(struct ir_graph *g, enum ir_op op, ir_id a)
{
    return simple_map(g, op, &a, 1);
}

ir_id simple2(struct ir_graph *g, enum ir_op op, ir_id a, ir_id b)
{
    return simple_map(g, op, (ir_id[]){a, b}, 2);
}

ir_id simple3(struct ir_graph *g, enum ir_op op, ir_id a, ir_id b, ir_id c)
{
    return simple_map(g, op, (ir_id[]){a, b, c}, 3);
}

ir_id simple_expand(struct ir_graph *g, ir_id x, const struct ir_shape *s, const int64_t *source)
{
    return simple_node(g, &(struct ir_node){.op = OP_expand,
                                            .type = ir_at(g, x)->type,
                                            .n_arg = 1,
                                            .arg = &x,
                                            .n_attr = s->rank,
                                            .attr = source,
                                            .shape = s});
}

/* ---- the pass ---- */

/* Marks what the roots need. What a node keeps alive for derivatives alone (a hand-written adjoint, the matrix beside its
 * factors) is not needed here. */
static void find_needed(struct simplify *s, const ir_id *root, uint32_t n_roots)
{
    const struct ir_graph *g = s->from;
    uint32_t most = 1;
    for (uint32_t i = 0; i < n_roots; i++) s->needed[root[i]] = 1;
    for (ir_id id = g->n - 1; id > 0; id--) {
        const struct ir_node *n = ir_at(g, id);
        if (!s->needed[id]) continue;
        if (n->op == OP_part) {
            simple_want_part(s, n->arg[0], (uint32_t)n->attr[0]);
        } else if (n->op == OP_loop) {
            simple_want_arguments(s, id);
        } else {
            if (n->n_arg > most) most = n->n_arg;
            for (uint32_t i = 0; i < n->n_arg; i++)
                if (ir_reads(n, i)) s->needed[n->arg[i]] = 1;
        }
    }
    s->arg = arena_many(g->tables->arena, ir_id, most);
}

static ir_id rewrite(struct simplify *s, ir_id id)
{
    struct ir_node n = *ir_at(s->from, id);
    if (ir_ops[n.op].class == CLASS_WRAP) return s->map[n.arg[0]];
    switch (n.op) {
    case OP_training:
        return ir_const(s->to, s->training);
    case OP_turn:
    case OP_carry:
    case OP_row:
    case OP_outer:
        return simple_body_leaf(s, &n);
    case OP_loop:
        return simple_loop(s, id);
    case OP_part:
        return simple_part(s, &n);
    default:
        for (uint32_t i = 0; i < n.n_arg; i++)
            s->arg[i] = ir_reads(&n, i) ? s->map[n.arg[i]] : ir_full(s->to, 0, ir_at(s->from, n.arg[i])->shape);
        n.arg = s->arg;
        return simple_node(s->to, &n);
    }
}

void simple_pass(struct simplify *s, ir_id *root, uint32_t n_roots)
{
    find_needed(s, root, n_roots);
    uint32_t n = s->to->n;
    for (ir_id id = 1; id < s->from->n; id++) n += s->needed[id] != 0;
    ir_expect(s->to, n);
    for (ir_id id = 1; id < s->from->n; id++) {
        if (!s->needed[id]) continue;
        s->to->here = ir_at(s->from, id)->at;
        ir_id to = s->map[id] = rewrite(s, id);
        double v; /* constants are shared by those who never heard of the name */
        if (to && !simple_constant(s->to, to, &v)) ir_name(s->to, to, ir_at(s->from, id)->name);
    }
    for (uint32_t i = 0; i < n_roots; i++) root[i] = s->map[root[i]];
    s->to->here = (struct span){0, 0};
}

struct ir_graph *simplify(const struct ir_graph *g, double training, ir_id *root, uint32_t n_roots)
{
    struct simplify s = {.from = g, .to = ir_graph_new(g->tables), .training = training};
    s.needed = ir_scratch(g->tables, SCRATCH_NEEDED, g->n);
    s.map = ir_scratch(g->tables, SCRATCH_COPIES, g->n);
    simple_pass(&s, root, n_roots);
    ir_keep(s.to, root, n_roots);
    return s.to;
}
