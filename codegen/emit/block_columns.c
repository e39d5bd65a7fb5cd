/* Sums of JIT text across rows that lie in memory. */
#include "codegen/emit/block_rows.h"

/* The one axis that is summed over; n_inner if there is none, or several. */
static unsigned only_axis(const struct phase *ph)
{
    unsigned only = ph->n_inner;
    for (unsigned k = 0; k < ph->n_inner; k++) {
        if (ph->inner[k] == 1) continue;
        if (only < ph->n_inner) return ph->n_inner;
        only = k;
    }
    return only;
}

bool rows_add_columns(struct blocks *s, const struct phase *ph, const struct member *m)
{
    struct unit *u = s->b->u;
    const struct ir_node *n = ir_at(u->g, m->node);
    struct index at = index_argument(u, n, 0);
    struct access a;
    unsigned axis = only_axis(ph);
    access_follow(u, n->arg[0], &at, &a);
    if (axis == ph->n_inner || a.n_guards || !emit_in_memory(u, a.base) || rows_read_variable(s, &a)) return false;
    struct affine place = rows_place(s, &a);
    if (rows_step(&place, s->last) != 1) return false;
    for (unsigned k = 0; k < ph->n_inner; k++) s->b->var[s->g->n_outer + k] = "0";
    const char *to = rows_destination(s, m);
    struct row r = to ? (struct row){to, false, false} : rows_new(s, u->real_type);
    const char *apart = emit_size(s->b, rows_step(&place, (unsigned)s->g->n_outer + axis), PREC_COND);
    emit_line(s->b, "nnrt_b_column_sums_%s(%s, %s, %s, &%s, %s);", u->o->single ? "f32" : "f64", s->n, r.text,
              emit_size(s->b, ph->inner[axis], PREC_COND), emit_memory(s->b, &a), apart);
    rows_call(s, "column_sums");
    at = index_own(n->shape, 0);
    if (!to) rows_store(s, m, &at, r);
    return true;
}
