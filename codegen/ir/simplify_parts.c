/* A sum of parts that lie beside each other, as the derivatives of what was split are, is those parts joined. */
#include "codegen/ir/simplify_rules.h"

enum { PARTS_MOST = 64 };

struct parts {
    ir_id at[PARTS_MOST]; /* places in zeros */
    unsigned n;
};

/* What is added up, as far as it is at most so many places. */
static bool find_parts(const struct ir_graph *g, ir_id x, ir_id y, struct parts *p)
{
    ir_id todo[PARTS_MOST] = {x, y};
    unsigned n = 2;
    while (n) {
        ir_id id = todo[--n];
        const struct ir_node *part = ir_at(g, id);
        if (part->op == OP_place && p->n < PARTS_MOST) {
            p->at[p->n++] = id;
        } else if (part->op == OP_add && n + 2 <= PARTS_MOST) {
            todo[n++] = part->arg[0];
            todo[n++] = part->arg[1];
        } else
            return false;
    }
    return true;
}

/* The axis along which alone it is not all there, without steps; -1: there is no such one. */
static int axis_of(const struct ir_graph *g, const struct ir_node *place)
{
    const struct ir_shape *part = ir_at(g, place->arg[0])->shape;
    int axis = -1;
    for (int k = 0; k < place->shape->rank; k++) {
        if (place->attr[2 * k + 1] != 1) return -1;
        if (place->attr[2 * k] == 0 && part->dim[k] == place->shape->dim[k]) continue;
        if (axis >= 0) return -1;
        axis = k;
    }
    return axis;
}

ir_id simple_sum_of_parts(struct ir_graph *g, const struct ir_node *n)
{
    struct parts p = {{0}, 0};
    struct ir_sizes *t = g->tables->sizes;
    if (!find_parts(g, n->arg[0], n->arg[1], &p)) return 0;
    int axis = axis_of(g, ir_at(g, p.at[0]));
    for (unsigned i = 0; i < p.n; i++)
        if (axis < 0 || axis_of(g, ir_at(g, p.at[i])) != axis) return 0;
    ir_id row[PARTS_MOST];
    ir_size end = 0;
    for (unsigned done = 0; done < p.n; done++) {
        unsigned i = 0;
        while (i < p.n && (!p.at[i] || (ir_size)ir_at(g, p.at[i])->attr[2 * axis] != end)) i++;
        if (i == p.n) return 0;
        row[done] = ir_at(g, p.at[i])->arg[0];
        end = size_add(t, end, ir_at(g, row[done])->shape->dim[axis]);
        p.at[i] = 0;
    }
    if (end != n->shape->dim[axis]) return 0;
    return simple_node(g, &(struct ir_node){.op = OP_concat, .type = n->type, .n_arg = p.n, .arg = row,
                                            .n_attr = 1, .attr = &(int64_t){axis}, .shape = n->shape});
}
