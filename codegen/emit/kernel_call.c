/* Calls of kernels on whole arrays, as the row's text says:
 *     $T        f32 or f64
 *     $0 $1 ... $y   the first elements of the arguments and of the result
 *     $b $n     of argument 0, square matrices along its last two axes: how many, and their rows
 *     $m        the last axis of the result
 *     $r $c     of the result: its first axis, all others together
 *     #0 #1 ... attributes */
#include "codegen/emit/unit.h"

ir_id emit_call_argument(const struct unit *u, ir_id x)
{
    ir_id base = x;
    while (ir_at(u->g, base)->op == OP_reshape && !u->value[base].held) base = ir_at(u->g, base)->arg[0];
    const struct ir_node *n = ir_at(u->g, base);
    bool array = n->shape->rank > 0 && (ir_ops[n->op].class != CLASS_LEAF || emit_in_memory(u, base));
    return array ? base : x;
}

static ir_size product(struct unit *u, const struct ir_shape *s, unsigned from, unsigned to)
{
    ir_size all = size_const(u->sizes, 1);
    for (unsigned k = from; k < to; k++) all = size_mul(u->sizes, all, s->dim[k]);
    return all;
}

static ir_size size_of(struct unit *u, const struct ir_node *n, char word)
{
    const struct ir_shape *y = n->shape, *x = ir_at(u->g, n->arg[0])->shape;
    switch (word) {
    case 'b': return product(u, x, 0, x->rank - 2u);
    case 'n': return x->dim[x->rank - 1];
    case 'm': return y->dim[y->rank - 1];
    case 'r': return product(u, y, 0, y->rank > 0);
    default: return product(u, y, 1, y->rank);
    }
}

static const char *first_element(struct body *b, ir_id id)
{
    struct access a = {.base = id, .at.rank = ir_at(b->u->g, id)->shape->rank};
    return emit_memory(b, &a);
}

/* Multiply-adds of a call, in parts of n * n * m for each matrix. */
static void count_work(struct unit *u, const struct ir_node *n)
{
    static const uint8_t part[OP_COUNT] = {[OP_lu] = 3, [OP_solve] = 1, [OP_cholesky] = 6, [OP_tri_solve] = 2};
    if (!part[n->op]) return;
    uint64_t rows = (uint64_t)size_bound(u->sizes, size_of(u, n, 'n'));
    uint64_t work = rows * rows * (uint64_t)size_bound(u->sizes, size_of(u, n, 'm'));
    u->multiply_adds += (uint64_t)size_bound(u->sizes, size_of(u, n, 'b')) * (work / part[n->op]);
}

void emit_call(struct body *b, const struct group *g)
{
    struct unit *u = b->u;
    const struct ir_node *n = ir_at(u->g, g->node);
    struct text *t = emit_begin(u);
    for (const char *c = ir_ops[n->op].text; *c; c++) {
        if (*c != '$' && *c != '#') {
            text_char(t, *c);
            continue;
        }
        bool attribute = *c == '#', argument = c[1] >= '0' && c[1] <= '9';
        c++;
        if (attribute)
            text_printf(t, "%lld", (long long)n->attr[*c - '0']);
        else if (argument || *c == 'y')
            text_printf(t, "&%s", first_element(b, argument ? emit_call_argument(u, n->arg[*c - '0']) : g->node));
        else if (*c == 'T')
            text_put(t, u->o->single ? "f32" : "f64");
        else
            text_put(t, emit_size(b, size_of(u, n, *c), PREC_COND));
    }
    count_work(u, n);
    u->calls->op[n->op] = true;
    emit_line(b, "%s;", emit_end(u, t));
}
