/* Matrices that are kept with rows and columns exchanged: where both numbers are literals, a call of the kernel that
 * turns squares over in registers, ten times as fast as loops. */
#include "codegen/emit/unit.h"

enum { SIDE_LEAST = 8 };

/* The only member of the group is a matrix that is another one turned over. */
static ir_id turned_matrix(const struct unit *u, const struct group *g)
{
    if (g->phases.n != 1 || g->phases.at[0].n_inner || g->phases.at[0].members.n != 1) return 0;
    const struct member *m = &g->phases.at[0].members.at[0];
    const struct ir_node *n = ir_at(u->g, m->node);
    const struct value *v = &u->value[m->node];
    bool own = v->reserved && !v->local && v->root < 0;
    return m->copy_to < 0 && own && n->op == OP_permute && n->type == IR_REAL && n->shape->rank == 2 ? m->node : 0;
}

/* How far apart in memory neighbours along this variable are; 0 where that is no literal. */
static int64_t literal_step(struct unit *u, const struct affine *at, uint8_t var)
{
    int64_t by = 0;
    for (unsigned k = 0; k < at->n; k++)
        if (at->term[k].var == var && !size_known(u->sizes, at->term[k].by, &by)) return 0;
    return by;
}

/* The matrix, its sizes and how far apart the other's rows are; 0: it is none that can be turned over so. */
static ir_id find_turned(struct unit *u, const struct group *g, int64_t size[2], int64_t *apart)
{
    ir_id id = g->kind == GROUP_LOOPS && pass_runs(u->p, PASS_turned) ? turned_matrix(u, g) : 0;
    if (!id || u->o->std_c99 || u->o->trap_nan) return 0;
    const struct ir_node *n = ir_at(u->g, id);
    for (unsigned k = 0; k < 2; k++)
        if (!size_known(u->sizes, n->shape->dim[k], &size[k]) || size[k] < SIDE_LEAST) return 0;
    struct index own = index_own(n->shape, 0), at = {.rank = 2, .at = {own.at[1], own.at[0]}};
    struct access from;
    access_follow(u, n->arg[0], &at, &from);
    if (!emit_in_memory(u, from.base) || from.n_guards) return 0;
    struct affine flat = from.flat ? from.offset : index_flatten(u, &from.at, ir_at(u->g, from.base)->shape);
    *apart = literal_step(u, &flat, 1);
    return literal_step(u, &flat, 0) == 1 && *apart >= 1 ? id : 0;
}

bool emit_is_turned(struct unit *u, const struct group *g)
{
    int64_t size[2], apart;
    return find_turned(u, g, size, &apart) != 0;
}

bool emit_turned(struct body *b, const struct group *g)
{
    struct unit *u = b->u;
    int64_t size[2], apart;
    ir_id id = find_turned(u, g, size, &apart);
    if (!id || (b->share.portions > 1 && b->share.var != 0)) return false;
    struct index zero = {.rank = 2};
    struct access from, to = {.base = id, .at = zero};
    access_follow(u, ir_at(u->g, id)->arg[0], &zero, &from);
    const char *x = emit_memory(b, &from), *y = emit_memory(b, &to);
    const char *name = u->o->style == EMIT_FILE ? "nnrt_turn" : u->o->single ? "nnrt_b_turn_f32" : "nnrt_b_turn_f64";
    if (u->o->style == EMIT_JIT)
        emit_calls_block(u, "turn");
    else
        u->calls->turn = true;
    if (b->share.portions <= 1)
        emit_line(b, "%s(%lld, %lld, &%s, %lld, &%s);", name, (long long)size[1], (long long)size[0], x, (long long)apart, y);
    else /* rows of the result */
        emit_line(b, "%s(%lld, (%s - %s) * %lld, &%s + %s * %lld, %lld, &%s + %s * %lld);", name, (long long)size[1], u->to_name,
                  u->from_name, (long long)b->share.each, x, u->from_name, (long long)b->share.each, (long long)apart, y,
                  u->from_name, (long long)(b->share.each * size[1]));
    return true;
}
