#include "codegen/ir/loop.h"

/* Attributes stand in braces after the operation's name: what they are depends on the operation. */
typedef void print_attr(const struct ir_graph *g, const struct ir_node *n, struct text *out);

static void put_size(const struct ir_graph *g, ir_size s, struct text *out)
{
    size_print(g->tables->sizes, s, NULL, NULL, out);
}

static void put_number(const struct ir_graph *g, const struct ir_node *n, struct text *out)
{
    (void)g;
    text_number(out, ir_const_value(n), false);
}

static void put_one_size(const struct ir_graph *g, const struct ir_node *n, struct text *out)
{
    put_size(g, (ir_size)n->attr[0], out);
}

static void put_axes(const struct ir_graph *g, const struct ir_node *n, struct text *out)
{
    (void)g;
    const char *comma = "";
    for (unsigned i = 0; i < RANK_MAX; i++) {
        if (!(n->attr[0] >> i & 1)) continue;
        text_printf(out, "%s%u", comma, i);
        comma = ", ";
    }
}

static void put_strides(const struct ir_graph *g, const struct ir_node *n, struct text *out)
{
    for (unsigned i = 0; i + 1 < n->n_attr; i += 2) {
        if (i) text_put(out, ", ");
        put_size(g, (ir_size)n->attr[i], out);
        if (n->attr[i + 1] != 1) text_printf(out, ":%lld", (long long)n->attr[i + 1]);
    }
}

/* ab,bc->ac */
static void put_labels(const struct ir_graph *g, const struct ir_node *n, struct text *out)
{
    (void)g;
    static const char *const between[] = {",", "->", ""};
    unsigned k = 3;
    for (unsigned side = 0; side < 3; side++) {
        for (int64_t i = 0; i < n->attr[side]; i++) text_char(out, (char)('a' + n->attr[k++]));
        text_put(out, between[side]);
    }
}

static void put_list(const struct ir_graph *g, const struct ir_node *n, struct text *out)
{
    (void)g;
    for (unsigned i = 0; i < n->n_attr; i++) text_printf(out, "%s%lld", i ? ", " : "", (long long)n->attr[i]);
}

static void put_turns(const struct ir_graph *g, const struct ir_node *n, struct text *out)
{
    const struct ir_loop *l = g->tables->loops.at[n->attr[0]];
    text_printf(out, "%s in ", l->turn_name);
    put_size(g, l->turns, out);
    if (l->stop) text_put(out, l->each ? ", while before " : ", segment before ");
    if (l->stop) put_size(g, l->stop, out);
    if (l->backward) text_put(out, ", backward");
    if (l->thrifty) text_put(out, ", thrifty");
}

static print_attr *const printer[OP_COUNT] = {
    [OP_const] = put_number, [OP_dimval] = put_one_size, [OP_sum] = put_axes,      [OP_max_of] = put_axes,
    [OP_min_of] = put_axes,  [OP_slice] = put_strides,   [OP_place] = put_strides, [OP_contract] = put_labels,
    [OP_loop] = put_turns,
};

void ir_print_node(const struct ir_graph *g, ir_id id, struct text *out)
{
    const struct ir_node *n = ir_at(g, id);
    text_printf(out, "%%%u = %s", id, ir_ops[n->op].name);
    if (n->n_attr) {
        text_char(out, '{');
        (printer[n->op] ? printer[n->op] : put_list)(g, n, out);
        text_char(out, '}');
    }
    for (uint32_t i = 0; i < n->n_arg; i++) text_printf(out, " %%%u", n->arg[i]);
    text_printf(out, " : %s", n->type == IR_INT ? "int" : "real");
    if (n->shape->rank) text_char(out, '[');
    for (unsigned i = 0; i < n->shape->rank; i++) {
        if (i) text_put(out, ", ");
        put_size(g, n->shape->dim[i], out);
    }
    if (n->shape->rank) text_char(out, ']');
    if (n->name) text_printf(out, "  # %s", n->name);
}

static void print_nodes(const struct ir_graph *g, uint32_t *needed, unsigned indent, struct text *out);

static void put_roots(const char *what, const ir_id *id, uint32_t n, struct text *out)
{
    for (uint32_t i = 0; i < n; i++) text_printf(out, "%s%%%u", i ? ", " : what, id[i]);
}

/* The body stands below its loop, further in, and then what it hands to the next turn and what it collects. */
static void print_body(const struct ir_loop *l, unsigned indent, struct text *out)
{
    uint32_t *needed = arena_many(l->body->tables->arena, uint32_t, l->body->n);
    for (uint32_t i = 0; i < l->n_carry; i++) needed[l->next[i]] = 1;
    for (uint32_t i = 0; i < l->collect.n; i++) needed[l->collect.at[i]] = 1;
    print_nodes(l->body, needed, indent, out);
    for (unsigned i = 0; i < indent; i++) text_put(out, "    ");
    put_roots("next ", l->next, l->n_carry, out);
    put_roots(l->n_carry ? ", collect " : "collect ", l->collect.at, l->collect.n, out);
    text_char(out, '\n');
}

static void print_nodes(const struct ir_graph *g, uint32_t *needed, unsigned indent, struct text *out)
{
    for (ir_id id = g->n - 1; id > 0; id--)
        for (uint32_t i = 0; needed[id] && i < ir_at(g, id)->n_arg; i++) needed[ir_at(g, id)->arg[i]] = 1;
    for (ir_id id = 1; id < g->n; id++) {
        if (!needed[id]) continue;
        for (unsigned i = 0; i < indent; i++) text_put(out, "    ");
        ir_print_node(g, id, out);
        text_char(out, '\n');
        if (ir_at(g, id)->op == OP_loop) print_body(g->tables->loops.at[ir_at(g, id)->attr[0]], indent + 1, out);
    }
}

void ir_print(const struct ir_graph *g, const ir_id *root, uint32_t n_roots, struct text *out)
{
    uint32_t *needed = ir_scratch(g->tables, SCRATCH_NEEDED, g->n);
    for (ir_id id = 1; id < g->n && !n_roots; id++) needed[id] = 1;
    for (uint32_t i = 0; i < n_roots; i++) needed[root[i]] = 1;
    print_nodes(g, needed, 0, out);
}
