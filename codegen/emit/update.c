/* Updates that ride in products. Where a step replaces a parameter by p - rate * gradient, nobody else reads the
 * gradient, and this is a product that files or the library have a function for, the product adds to the parameter in place: one pass
 * over it less, and no memory for the gradient. */
#include "codegen/emit/unit.h"

static const struct ir_node *node_of(const struct unit *u, ir_id id)
{
    return ir_at(u->g, id);
}

/* One number, spread out. */
static ir_id spread_number(const struct unit *u, ir_id id)
{
    const struct ir_node *n = node_of(u, id);
    return n->op == OP_expand && node_of(u, n->arg[0])->shape->rank == 0 && !u->value[id].held ? n->arg[0] : 0;
}

bool emit_read_update(const struct unit *u, ir_id id, struct update *out)
{
    const struct ir_node *n = node_of(u, id);
    if (n->op != OP_sub || node_of(u, n->arg[0])->op != OP_param || node_of(u, n->arg[1])->op != OP_mul) return false;
    const struct ir_node *step = node_of(u, n->arg[1]);
    for (unsigned i = 0; i < 2; i++) {
        *out = (struct update){n->arg[0], spread_number(u, step->arg[i]), step->arg[!i]};
        enum ir_op op = node_of(u, out->product)->op;
        if (out->rate && (op == OP_contract || op == OP_mul)) return true;
    }
    return false;
}

/* What a product reads, which must not be what another update writes. */
static void see_parameter(void *user, struct unit *u, const struct access *a)
{
    if (!u->value[a->base].held && emit_replacing_root(u, node_of(u, a->base)) >= 0) *(bool *)user = true;
}

/* A column and a row that lie in memory; in JIT text, where loops cost more than memory does, they come to. held: what was
 * put there for that, or 0. */
static bool are_held(struct unit *u, const struct ir_node *n, ir_id held[2])
{
    struct index own = index_own(n->shape, 0);
    for (uint32_t i = 0; i < n->n_arg; i++) {
        struct access a;
        access_follow(u, n->arg[i], &own, &a);
        const struct ir_node *base = node_of(u, a.base);
        if (emit_in_memory(u, a.base)) continue;
        bool map = ir_ops[base->op].class == CLASS_MAP && base->shape->rank && base->type == IR_REAL;
        if (u->o->style != EMIT_JIT || !map || ir_elements(u->g->tables, base->shape) == ir_elements(u->g->tables, n->shape)) return false;
        u->value[held[i] = a.base].held = true;
    }
    return true;
}

static bool can_ride(struct unit *u, const struct ir_root *r, int32_t root)
{
    struct update x;
    if (r->role != ROLE_PARAM || !u->root[root].direct || !emit_read_update(u, r->node, &x)) return false;
    if (node_of(u, x.param)->attr[0] != (int64_t)r->index || u->value[r->node].uses > 1) return false;
    ir_id step = node_of(u, r->node)->arg[1];
    if (u->value[step].held || u->value[step].uses > 1 || u->value[x.product].uses > 1) return false;
    if (node_of(u, x.product)->shape != node_of(u, r->node)->shape) return false;
    bool outer = node_of(u, x.product)->op == OP_mul, reads = false;
    ir_id held[2] = {0, 0};
    bool can = !outer || (!u->value[x.product].held && are_held(u, node_of(u, x.product), held));
    struct group g = {.kind = GROUP_PRODUCT, .node = x.product};
    struct member m = {x.product, -1};
    if (can) emit_member_reads(u, &g, &m, see_parameter, &reads);
    if (can && !reads && emit_can_ride(u, x.product)) return true;
    for (unsigned i = 0; i < 2; i++)
        if (held[i]) u->value[held[i]].held = false;
    return false;
}

static void let_ride(struct unit *u, ir_id id, bool rides)
{
    struct update x;
    emit_read_update(u, id, &x);
    u->value[id].product = rides ? x.product : 0;
    u->value[x.product].held = !rides && node_of(u, x.product)->op == OP_contract;
}

void emit_find_updates(struct unit *u)
{
    if (u->entry->kind != ENTRY_STEP || u->outer || !pass_runs(u->p, PASS_update)) return;
    for (uint32_t i = 0; i < u->entry->n_roots; i++)
        if (can_ride(u, &u->entry->root[i], (int32_t)i)) let_ride(u, u->entry->root[i].node, true);
}

void emit_settle_updates(struct unit *u)
{
    for (uint32_t i = 0; i < u->entry->n_roots; i++)
        if (u->value[u->entry->root[i].node].product && !u->root[i].direct) let_ride(u, u->entry->root[i].node, false);
}
