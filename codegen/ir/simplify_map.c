/* Rules for elementwise nodes. Not here, because some input would tell: x - x, 0 * x, x / x, x + 0 (wrong for -0). */
#include "codegen/ir/simplify_rules.h"

#include <math.h>

static bool is_value(const struct ir_graph *g, ir_id x, double v)
{
    double c;
    return simple_constant(g, x, &c) && c == v && signbit(c) == signbit(v);
}

/* Only 0 and 1 come out. */
static bool is_truth(const struct ir_graph *g, ir_id x)
{
    static const bool truth[OP_COUNT] = {
        [OP_lt] = true, [OP_le] = true,  [OP_eq] = true,    [OP_ne] = true,      [OP_and] = true,
        [OP_or] = true, [OP_not] = true, [OP_isnan] = true, [OP_isfinite] = true};
    const struct ir_node *n = ir_at(g, x);
    return truth[n->op == OP_expand ? ir_at(g, n->arg[0])->op : n->op];
}

static ir_id inside(const struct ir_graph *g, ir_id x)
{
    return ir_at(g, x)->arg[0];
}

static ir_id rule_neg(struct ir_graph *g, const struct ir_node *n)
{
    return is_op(g, n->arg[0], OP_neg) ? inside(g, n->arg[0]) : 0;
}

static ir_id rule_add(struct ir_graph *g, const struct ir_node *n)
{
    ir_id a = n->arg[0], b = n->arg[1];
    if (is_op(g, b, OP_neg)) return simple2(g, OP_sub, a, inside(g, b));
    if (is_op(g, a, OP_neg)) return simple2(g, OP_sub, b, inside(g, a));
    return simple_sum_of_parts(g, n);
}

static ir_id rule_sub(struct ir_graph *g, const struct ir_node *n)
{
    ir_id a = n->arg[0], b = n->arg[1];
    if (is_value(g, b, 0)) return a;
    return is_op(g, b, OP_neg) ? simple2(g, OP_add, a, inside(g, b)) : 0;
}

/* mul and div: signs go outwards, where an addition may take them in. */
static ir_id negated(struct ir_graph *g, const struct ir_node *n)
{
    ir_id a = n->arg[0], b = n->arg[1];
    if (!is_op(g, a, OP_neg) && !is_op(g, b, OP_neg)) return 0;
    bool both = is_op(g, a, OP_neg) && is_op(g, b, OP_neg);
    if (is_op(g, a, OP_neg)) a = inside(g, a);
    if (is_op(g, b, OP_neg)) b = inside(g, b);
    ir_id x = simple2(g, (enum ir_op)n->op, a, b);
    return both ? x : simple1(g, OP_neg, x);
}

static ir_id rule_mul(struct ir_graph *g, const struct ir_node *n)
{
    for (unsigned i = 0; i < 2; i++) {
        if (is_value(g, n->arg[i], 1)) return n->arg[1 - i];
        if (is_value(g, n->arg[i], -1)) return simple1(g, OP_neg, n->arg[1 - i]);
    }
    return negated(g, n);
}

static ir_id rule_div(struct ir_graph *g, const struct ir_node *n)
{
    if (is_value(g, n->arg[1], 1)) return n->arg[0];
    if (is_value(g, n->arg[1], -1)) return simple1(g, OP_neg, n->arg[0]);
    return negated(g, n);
}

static ir_id rule_pow(struct ir_graph *g, const struct ir_node *n)
{
    return is_value(g, n->arg[1], 1) ? n->arg[0] : 0;
}

static ir_id rule_same(struct ir_graph *g, const struct ir_node *n) /* max, min */
{
    (void)g;
    return n->arg[0] == n->arg[1] ? n->arg[0] : 0;
}

static ir_id rule_and(struct ir_graph *g, const struct ir_node *n) /* and, or */
{
    double c;
    if (n->arg[0] == n->arg[1] && is_truth(g, n->arg[0])) return n->arg[0];
    for (unsigned i = 0; i < 2; i++) {
        if (!simple_constant(g, n->arg[i], &c)) continue;
        bool decides = (c != 0) == (n->op == OP_or);
        if (decides && (c == 0 || c == 1)) return n->arg[i];
        if (!decides && is_truth(g, n->arg[1 - i])) return n->arg[1 - i];
    }
    return 0;
}

static ir_id rule_not(struct ir_graph *g, const struct ir_node *n)
{
    ir_id x = n->arg[0];
    return is_op(g, x, OP_not) && is_truth(g, inside(g, x)) ? inside(g, x) : 0;
}

static ir_id rule_real(struct ir_graph *g, const struct ir_node *n)
{
    return ir_at(g, n->arg[0])->type == IR_REAL ? n->arg[0] : 0;
}

/* select(a or b, select(a, x, 0) + select(b, y, 0), 0): the sum is 0 already where neither holds. */
static bool masked_already(const struct ir_graph *g, ir_id either, ir_id sum)
{
    if (!is_op(g, either, OP_or) || !is_op(g, sum, OP_add)) return false;
    const ir_id *c = ir_at(g, either)->arg, *part = ir_at(g, sum)->arg;
    for (unsigned i = 0; i < 2; i++)
        if (!is_op(g, part[i], OP_select) || !is_value(g, ir_at(g, part[i])->arg[2], 0)) return false;
    ir_id a = ir_at(g, part[0])->arg[0], b = ir_at(g, part[1])->arg[0];
    return (a == c[0] && b == c[1]) || (a == c[1] && b == c[0]);
}

static ir_id rule_select(struct ir_graph *g, const struct ir_node *n)
{
    double v;
    ir_id c = n->arg[0], a = n->arg[1], b = n->arg[2];
    if (a == b) return a;
    if (simple_constant(g, c, &v)) return v != 0 ? a : b;
    if (is_op(g, c, OP_not)) return simple3(g, OP_select, inside(g, c), b, a);
    if (is_value(g, b, 0) && masked_already(g, c, a)) return a;
    if (is_op(g, a, OP_select) && ir_at(g, a)->arg[0] == c) return simple3(g, OP_select, c, ir_at(g, a)->arg[1], b);
    if (is_op(g, b, OP_select) && ir_at(g, b)->arg[0] == c) return simple3(g, OP_select, c, a, ir_at(g, b)->arg[2]);
    ir_id id = simple_ordered_choice(g, n);
    return id ? id : simple_masked_pool(g, n);
}

simple_rule *simple_map_rule(enum ir_op op)
{
    static simple_rule *const rules[OP_COUNT] = {
        [OP_neg] = rule_neg, [OP_add] = rule_add,   [OP_sub] = rule_sub,       [OP_mul] = rule_mul, [OP_div] = rule_div,
        [OP_pow] = rule_pow, [OP_max] = rule_same,  [OP_min] = rule_same,      [OP_and] = rule_and, [OP_or] = rule_and,
        [OP_not] = rule_not, [OP_real] = rule_real, [OP_select] = rule_select,
    };
    return rules[op];
}
