/* Which corners are left out: backwards from the readers. A sum of zeros, a largest of -inf and a product with zeros do
 * without them; an elementwise value reads of a corner what its own readers read. Loops end at the diagonal, rounded up
 * to whole blocks, where that goes for all they compute. A zero that is left out meets no infinity, which it would have
 * made no number of. */
#include "codegen/emit/corner.h"

#include <math.h>

enum { SIDE_LEAST = 2 * CORNER_BLOCK };

static const struct ir_node *node_of(const struct unit *u, ir_id id)
{
    return ir_at(u->g, id);
}

static bool same(const struct corner *a, const struct corner *b)
{
    return a->is && b->is && a->row == b->row && a->col == b->col && a->shift == b->shift;
}

/* With a diagonal where blocks end, and not beyond the first element of the first row. */
static struct corner in_blocks(struct corner c)
{
    int64_t blocks = c.shift <= 0 ? 0 : (c.shift + CORNER_BLOCK - 1) / CORNER_BLOCK;
    c.shift = blocks * CORNER_BLOCK;
    return c;
}

/* What is known, if it is so all over the corner. */
static bool is_all(const struct known *k, const struct corner *c, double value)
{
    for (int side = 0; side < 2; side++) {
        const struct corner *at = &k->at[side];
        if (at->is && at->row == c->row && at->col == c->col && at->shift <= c->shift) return k->value[side] == value;
    }
    return false;
}

/* ---- which there may be ---- */

static bool is_large(struct unit *u, const struct ir_node *n, const struct corner *c)
{
    int64_t rows, cols;
    if (!c->is || n->type != IR_REAL || !size_known(u->sizes, n->shape->dim[c->row], &rows)) return false;
    return size_known(u->sizes, n->shape->dim[c->col], &cols) && rows >= SIDE_LEAST && cols >= SIDE_LEAST &&
           cols > c->shift;
}

static void propose(struct unit *u, const struct known *known)
{
    bool *root = arena_many(u->arena, bool, u->g->n);
    for (uint32_t i = 0; i < u->entry->n_roots; i++) root[u->entry->root[i].node] = true;
    for (ir_id id = u->g->n; --id > 0;) {
        const struct ir_node *n = node_of(u, id);
        struct corner *c = &u->corner[id];
        for (int side = 0; side < 2; side++)
            if (known[id].at[side].is && (!c->is || side == 0)) *c = in_blocks(known[id].at[side]);
        bool map = ir_ops[n->op].class == CLASS_MAP, moves = ir_ops[n->op].class == CLASS_MOVE && n->n_arg == 1;
        c->is = c->is && u->value[id].needed && !root[id] && !u->value[id].conv && is_large(u, n, c);
        for (uint32_t i = 0; i < n->n_arg && c->is && (map || moves); i++) {
            struct corner *to = &u->corner[n->arg[i]];
            if (!to->is) *to = moves ? corner_before(u, n, c) : *c;
        }
    }
}

/* ---- loops ---- */

/* The corner of the loops' variables in which the member does nothing that matters. */
static struct corner member_corner(struct unit *u, const struct known *known, const struct member *m)
{
    const struct ir_node *n = node_of(u, m->node);
    struct corner none = {.is = false}, c;
    if (m->copy_to >= 0 || u->value[m->node].of_rows) return none;
    if (ir_ops[n->op].class != CLASS_REDUCE) return u->corner[m->node];
    double neutral = n->op == OP_sum ? 0 : n->op == OP_max_of ? -INFINITY : INFINITY;
    if (n->op != OP_sum && n->op != OP_max_of && n->op != OP_min_of) return none;
    c = u->corner[n->arg[0]];
    if (!c.is || !is_all(&known[n->arg[0]], &c, neutral)) return none;
    struct index at = index_argument(u, n, 0);
    c.row = at.at[c.row].term[0].var;
    c.col = at.at[c.col].term[0].var;
    return c;
}

/* The last loop that there is; -1: none. */
static int last_loop(const struct group *g, const struct phase *ph)
{
    for (int k = ph->n_inner; k-- > 0;)
        if (ph->inner[k] != 1) return g->n_outer + k;
    for (int k = g->n_outer; k-- > 0 && !ph->n_inner;)
        if (g->outer[k] != 1) return k;
    return -1;
}

static struct corner phase_corner(struct unit *u, const struct known *known, const struct group *g,
                                  const struct phase *ph)
{
    struct corner none = {.is = false}, c = none;
    if (g->kind != GROUP_LOOPS || ph->crossed || (!ph->n_inner && g->phases.n > 1)) return none;
    for (uint32_t i = 0; i < ph->members.n; i++) {
        struct corner m = member_corner(u, known, &ph->members.at[i]);
        if (!m.is || (i && !same(&m, &c))) return none;
        c = m;
    }
    return c.is && c.row < c.col && c.col == last_loop(g, ph) ? c : none;
}

/* Whether any phase lost its corner. */
static bool settle_phases(struct unit *u, const struct known *known, bool first)
{
    bool lost = false;
    for (uint32_t i = 0; i < u->groups.n; i++) {
        struct group *g = &u->groups.at[i];
        for (uint32_t p = 0; p < g->phases.n; p++) {
            struct phase *ph = &g->phases.at[p];
            struct corner c = phase_corner(u, known, g, ph);
            if (!first && !ph->corner.is) continue;
            lost = lost || (!first && !same(&c, &ph->corner));
            ph->corner = c;
        }
    }
    return lost;
}

/* ---- readers ---- */

/* Whether the node reads nothing in its argument's corner. */
static bool ignores(struct unit *u, const struct known *known, ir_id id, uint32_t i)
{
    const struct ir_node *n = node_of(u, id);
    const struct value *v = &u->value[id];
    const struct corner *c = &u->corner[n->arg[i]];
    struct corner moved;
    switch (ir_ops[n->op].class) {
    case CLASS_MAP:
        if (same(&u->corner[id], c)) return true;
        return n->op == OP_select && i && is_all(&known[n->arg[0]], c, i == 1 ? 0 : 1);
    case CLASS_MOVE:
        if (n->n_arg != 1) return false;
        moved = corner_moved(u, n, c);
        return same(&u->corner[id], &moved);
    case CLASS_REDUCE:
        moved = member_corner(u, known, &(struct member){id, -1});
        return v->held && same(&moved, &u->groups.at[v->group].phases.at[v->phase].corner);
    case CLASS_CONTRACT:
        return v->held && u->groups.at[v->group].node == id && is_all(&known[n->arg[i]], c, 0) &&
               emit_corner_use(u, id, i, c) != CORNER_NONE;
    default:
        return false;
    }
}

static void settle_values(struct unit *u, const struct known *known)
{
    for (ir_id id = u->g->n; --id > 0;) {
        const struct ir_node *n = node_of(u, id);
        for (uint32_t i = 0; i < n->n_arg && u->value[id].needed; i++) {
            struct corner *c = &u->corner[n->arg[i]];
            if (c->is && ir_reads(n, i) && !ignores(u, known, id, i)) c->is = false;
        }
    }
}

void emit_find_corners(struct unit *u)
{
    if (u->o->trap_nan || !pass_runs(u->p, PASS_corner)) return;
    struct known *known = corner_known(u);
    if (!known) return;
    u->corner = arena_many(u->arena, struct corner, u->g->n);
    propose(u, known);
    settle_phases(u, known, true);
    do settle_values(u, known);
    while (settle_phases(u, known, false));
}
