/* Words for shapes, axes, constants, operands. */
#include "codegen/teach/board.h"

#include <math.h>
#include <string.h>

enum { DEEP = 12 }; /* an expression in one piece nests no deeper */

static const struct ir_node *node_at(const struct board *b, ir_id id)
{
    return ir_at(b->graph, id);
}

const char *board_axis(const struct board *b, ir_id id, unsigned axis)
{
    const char *name = b->axis[(size_t)id * RANK_MAX + axis];
    if (name) return name;
    struct text t = text_new(b->arena);
    size_print(b->program->tables->sizes, node_at(b, id)->shape->dim[axis], NULL, NULL, &t);
    return t.s;
}

const char *board_shape(const struct board *b, ir_id id)
{
    unsigned rank = node_at(b, id)->shape->rank;
    struct text t = text_new(b->arena);
    for (unsigned i = 0; i < rank; i++) text_printf(&t, "%s%s", i ? ", " : "[", board_axis(b, id, i));
    if (rank) text_char(&t, ']');
    return rank ? t.s : "";
}

/* Same sizes but for axes of 1. */
static bool only_ones_differ(const struct ir_shape *s, const struct ir_shape *t)
{
    unsigned i = 0, k = 0;
    for (;;) {
        while (i < s->rank && s->dim[i] == 1) i++;
        while (k < t->rank && t->dim[k] == 1) k++;
        if (i == s->rank || k == t->rank) return i == s->rank && k == t->rank;
        if (s->dim[i++] != t->dim[k++]) return false;
    }
}

bool board_is_through(const struct board *b, ir_id id)
{
    const struct ir_node *n = node_at(b, id);
    if (n->op == OP_reshape) return only_ones_differ(n->shape, node_at(b, n->arg[0])->shape);
    return n->op == OP_bind || n->op == OP_expand || n->op == OP_real || n->op == OP_stop;
}

/* The number of a constant expression of scalars. */
static bool constant_value(const struct board *b, ir_id id, unsigned deep, double *v)
{
    const struct ir_node *n = node_at(b, id);
    double x[3] = {0};
    if (n->op == OP_const) {
        *v = ir_const_value(n);
        return true;
    }
    if (n->op == OP_expand || n->op == OP_bind || n->op == OP_stop || n->op == OP_reshape)
        return deep < DEEP && constant_value(b, n->arg[0], deep + 1, v);
    if (ir_ops[n->op].class != CLASS_MAP || deep == DEEP) return false;
    for (uint32_t i = 0; i < n->n_arg; i++)
        if (!constant_value(b, n->arg[i], deep + 1, &x[i])) return false;
    *v = interp_scalar((enum ir_op)n->op, x);
    return true;
}

const char *board_constant(const struct board *b, ir_id id)
{
    double v;
    struct text t = text_new(b->arena);
    if (constant_value(b, id, 0, &v)) {
        text_short(&t, v);
        return v < 0 ? arena_printf(b->arena, "(%s)", t.s) : t.s;
    }
    const struct ir_node *n = node_at(b, id);
    while (board_is_through(b, id)) n = node_at(b, id = n->arg[0]);
    if (n->op == OP_dimval) {
        size_print(b->program->tables->sizes, (ir_size)n->attr[0], NULL, NULL, &t);
        return t.s;
    }
    return n->name ? n->name : n->op == OP_iota ? "index" : n->op == OP_training ? "training" : "constant";
}

/* Axes that an expand repeats along, those of 1 aside. */
static const char *repeated_by(const struct board *b, ir_id id, const char *before)
{
    const struct ir_node *n = node_at(b, id);
    struct text t = text_new(b->arena);
    if (before) text_put(&t, before);
    for (unsigned i = 0; i < n->shape->rank; i++)
        if (n->attr[i] < 0 && n->shape->dim[i] != 1) text_printf(&t, "%s%s", t.n ? ", " : "", board_axis(b, id, i));
    return t.n ? t.s : NULL;
}

struct operand board_operand(struct board *b, ir_id id)
{
    struct operand o = {.slope = true};
    for (; board_is_through(b, id) && !b->name_of[id]; id = node_at(b, id)->arg[0]) {
        if (node_at(b, id)->op == OP_expand) o.repeated = repeated_by(b, id, o.repeated);
        if (node_at(b, id)->op == OP_stop) o.stopped = b->varies[id] && node_at(b, id)->n_attr;
        if (node_at(b, id)->op == OP_stop) o.slope = false;
    }
    o.source = id;
    o.slope = o.slope && b->varies[id] && node_at(b, id)->type == IR_REAL && node_at(b, id)->op != OP_random;
    o.text = b->varies[id] && b->name_of[id] ? b->name_of[id] : board_constant(b, id);
    return o;
}

static const char *whole(struct board *b, ir_id id, const char *hole, unsigned deep)
{
    struct operand o = board_operand(b, id);
    const struct ir_node *n = node_at(b, o.source);
    if (n->op == OP_hole) return hole;
    if (!b->varies[o.source] || b->name_of[o.source]) return o.text;
    if (ir_ops[n->op].class != CLASS_MAP || deep == DEEP) return arena_printf(b->arena, "%s(..)", ir_ops[n->op].name);
    const char *name[3] = {"", "", ""};
    struct text t = text_new(b->arena);
    for (uint32_t i = 0; i < n->n_arg; i++) name[i] = whole(b, n->arg[i], hole, deep + 1);
    say_row((enum ir_op)n->op, name, &t);
    bool call = t.n && t.s[t.n - 1] == ')' && strcspn(t.s, "(") < strcspn(t.s, " -*/+");
    return deep && !call ? arena_printf(b->arena, "(%s)", t.s) : t.s;
}

const char *board_expression(struct board *b, ir_id id, const char *hole)
{
    return whole(b, id, hole, 0);
}

/* ---- numbers ---- */

enum { SHOWN_MOST = 24 };

static const double *put_list(const double *v, unsigned axis, unsigned rank, const int64_t *dim, struct text *out)
{
    if (axis == rank) {
        text_short(out, *v);
        return v + 1;
    }
    text_char(out, '[');
    for (int64_t i = 0; i < dim[axis]; i++) {
        if (i) text_put(out, ", ");
        v = put_list(v, axis + 1, rank, dim, out);
    }
    text_char(out, ']');
    return v;
}

void board_numbers(const struct board *b, ir_id id, const double *value, struct text *out)
{
    const struct ir_shape *s = node_at(b, id)->shape;
    int64_t dim[RANK_MAX], n = 1;
    for (unsigned i = 0; i < s->rank; i++)
        n *= dim[i] = size_at(b->program->tables->sizes, s->dim[i], b->options->env->dims);
    if (n <= SHOWN_MOST) {
        (void)put_list(value, 0, s->rank, dim, out);
        return;
    }
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        if (value[i] < lo) lo = value[i];
        if (value[i] > hi) hi = value[i];
    }
    text_put(out, "from ");
    text_short(out, lo);
    text_put(out, " to ");
    text_short(out, hi);
}
