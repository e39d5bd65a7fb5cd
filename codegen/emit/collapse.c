/* Loops over elements whose rows no vector divides: where everything they touch goes on in memory from row to row, one loop
 * runs over all of it, and but its end is left over. */
#include "codegen/emit/reduce.h"

enum { VECTOR = 16 };

struct collapse {
    const struct group *g;
    unsigned axes; /* how many of the last ones are one */
    bool fails;
};

static ir_size step_of(const struct affine *a, unsigned var)
{
    for (unsigned t = 0; t < a->n; t++)
        if (a->term[t].var == var) return a->term[t].by;
    return 0;
}

/* An axis joins those behind it where steps along it go on where theirs end. */
static void note(struct collapse *c, struct unit *u, const struct affine *at)
{
    const struct group *g = c->g;
    ir_size all = 1, step = 0;
    unsigned k = 0;
    for (; k < c->axes; k++) {
        unsigned axis = g->n_outer - 1u - k;
        if (g->outer[axis] == 1) continue;
        if (all == 1)
            step = step_of(at, axis);
        else if (step_of(at, axis) != size_mul(u->sizes, step, all))
            break;
        all = size_mul(u->sizes, all, g->outer[axis]);
    }
    c->axes = k;
}

static void see(void *user, struct unit *u, const struct access *a)
{
    struct collapse *c = user;
    const struct ir_node *n = ir_at(u->g, a->base);
    const struct value *v = &u->value[a->base];
    bool array = n->shape->rank > 1 && (!v->held || v->root >= 0); /* its type in C may have its axes: p->W[i][j], g->W[i][j] */
    c->fails = c->fails || a->n_guards || (array && n->op != OP_input && n->op != OP_tensor && n->op != OP_carry);
    if (n->shape->rank == 0 || c->fails) return;
    struct affine at = a->flat ? a->offset : index_flatten(u, &a->at, n->shape);
    note(c, u, &at);
}

unsigned collapse_axes(struct body *b, const struct group *g)
{
    struct unit *u = b->u;
    struct collapse c = {.g = g, .axes = g->n_outer};
    int64_t size = 0;
    unsigned loops = 0;
    if (u->o->style != EMIT_FILE || u->o->trap_nan || b->share.portions > 1 || g->phases.n != 1 || g->phases.at[0].n_inner) return 0;
    for (unsigned k = g->n_outer; k-- > 0 && size <= 1;)
        if (!size_known(u->sizes, g->outer[k], &size)) return 0;
    if (size % VECTOR == 0) return 0;
    for (uint32_t i = 0; i < g->phases.at[0].members.n && !c.fails; i++) {
        const struct member *m = &g->phases.at[0].members.at[i];
        if (m->copy_to >= 0 || u->value[m->node].root >= 0 || reduce_is(b, m)) return 0;
        struct index own = index_own(ir_at(u->g, m->node)->shape, 0);
        struct affine at = index_flatten(u, &own, ir_at(u->g, m->node)->shape);
        note(&c, u, &at);
        emit_member_reads(u, g, m, see, &c);
    }
    for (unsigned k = 0; k < c.axes; k++) loops += g->outer[g->n_outer - 1u - k] != 1;
    return c.fails || loops < 2 ? 0 : c.axes;
}

void collapse_open(struct body *b, const struct group *g, unsigned axes)
{
    struct unit *u = b->u;
    unsigned first = g->n_outer - axes, last = g->n_outer - 1u;
    ir_size all = 1;
    for (unsigned k = first; k < g->n_outer; k++) {
        b->var[k] = "0";
        all = size_mul(u->sizes, all, g->outer[k]);
    }
    while (g->outer[last] == 1) last--;
    emit_open_loops(b, g->outer, first, 0);
    emit_line(b, "%s_EACH", u->upper);
    emit_open_loops(b, &all, 1, (uint8_t)last);
    u->calls->each = true;
}

void collapse_close(struct body *b, const struct group *g, unsigned axes)
{
    emit_close_loops(b, g->outer, g->n_outer - axes);
    b->indent--;
    emit_line(b, "}");
}

/* ---- loops of JIT text ---- */

struct joins {
    const struct group *g;
    uint32_t joined; /* as far as is known */
};

/* The next loop that has more than one turn; n_outer if there is none. */
static unsigned next_loop(const struct group *g, unsigned axis)
{
    do axis++;
    while (axis < g->n_outer && g->outer[axis] == 1);
    return axis;
}

static void keep_joins(struct joins *j, struct unit *u, const struct affine *at)
{
    for (unsigned k = 0; k < j->g->n_outer; k++) {
        unsigned next = next_loop(j->g, k);
        if (!(j->joined >> k & 1)) continue;
        if (step_of(at, k) != size_mul(u->sizes, step_of(at, next), j->g->outer[next])) j->joined &= ~(1u << k);
    }
}

static void see_joins(void *user, struct unit *u, const struct access *a)
{
    struct joins *j = user;
    const struct ir_node *n = ir_at(u->g, a->base);
    for (unsigned i = 0; i < a->n_guards; i++) keep_joins(j, u, &a->guard[i].at);
    if (n->shape->rank == 0) return;
    if (n->op == OP_row && !emit_in_memory(u, a->base)) j->joined = 0; /* read through what it is a row of */
    struct affine at = a->flat ? a->offset : index_flatten(u, &a->at, n->shape);
    keep_joins(j, u, &at);
}

/* What is left out in a corner is counted along the loops of its rows and columns. */
static void keep_corner(struct joins *j, const struct corner *c)
{
    for (unsigned k = 0; k < j->g->n_outer && c->is; k++) {
        unsigned next = next_loop(j->g, k);
        if (k == c->row || k == c->col || next == c->row || next == c->col) j->joined &= ~(1u << k);
    }
}

uint32_t collapse_joined(struct unit *u, const struct group *g)
{
    struct joins j = {g, 0};
    if (u->o->style != EMIT_JIT || g->kind != GROUP_LOOPS || g->share.portions > 1) return 0;
    for (unsigned k = 0; k < g->n_outer; k++)
        if (g->outer[k] != 1 && next_loop(g, k) < g->n_outer) j.joined |= 1u << k;
    for (uint32_t p = 0; p < g->phases.n && j.joined; p++) {
        const struct phase *ph = &g->phases.at[p];
        keep_corner(&j, &ph->corner);
        for (uint32_t i = 0; i < ph->members.n && j.joined; i++) {
            const struct member *m = &ph->members.at[i];
            const struct ir_node *n = ir_at(u->g, m->node);
            struct index own = index_own(n->shape, 0);
            struct affine at = index_flatten(u, &own, n->shape);
            keep_joins(&j, u, &at);
            emit_member_reads(u, g, m, see_joins, &j);
        }
    }
    return j.joined;
}
