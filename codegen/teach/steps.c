/* One node forward, and what it hands back: elementwise rows by the adjoint column, all others by a table of words. */
#include "codegen/teach/board.h"

#include "codegen/ir/loop.h"

#include <string.h>

static const struct ir_node *node_at(const struct board *b, ir_id id)
{
    return ir_at(b->graph, id);
}

/* What goes back through a row that is not elementwise. $g is what the result receives, $a the axes it goes along. */
static const struct row_words {
    const char *local, *formula, *why;
} row_words[OP_COUNT] = {
    [OP_sum] = {"1 for every term", "$g, repeated along $a", "a sum hands what it receives to each of its terms"},
    [OP_max_of] = {"1 for the largest, 0 for the others", "$g where the largest was, 0 elsewhere",
                   "equal ones share it"},
    [OP_min_of] = {"1 for the smallest, 0 for the others", "$g where the smallest was, 0 elsewhere",
                   "equal ones share it"},
    [OP_reshape] = {"", "$g, in the shape it had", "the elements are the same ones"},
    [OP_permute] = {"", "$g, its axes back in their order", "the elements are the same ones"},
    [OP_slice] = {"1 inside the part, 0 outside", "$g where the part was cut out, 0 elsewhere", ""},
    [OP_place] = {"1", "the part of $g where it was put", "what stands around it is constant"},
    [OP_concat] = {"1", "its part of $g", ""},
    [OP_gather] = {"1 for the rows that were looked up", "$g added to the rows that were looked up, 0 elsewhere",
                   "a row that was looked up twice receives both"},
    [OP_scatter] = {"1", "the rows of $g that it was added to", ""},
    [OP_window] = {"", "for each element the sum of $g over the windows that show it",
                   "an element in several windows is used several times"},
    [OP_overlap] = {"", "the windows of $g", ""},
    [OP_cumsum] = {"", "running sums of $g from the other end", "an element is in every sum from its place on"},
};

/* ---- forward ---- */

static const char *mask_axes(struct board *b, ir_id of, int64_t mask)
{
    struct text t = text_new(b->arena);
    for (unsigned i = 0; i < RANK_MAX; i++)
        if (mask >> i & 1) text_printf(&t, "%s%s", t.n ? ", " : "", board_axis(b, of, i));
    return t.n ? t.s : "";
}

static const char *reduction(struct board *b, ir_id id, const char *word, int64_t mask)
{
    const struct ir_node *n = node_at(b, id);
    unsigned all = (1u << node_at(b, n->arg[0])->shape->rank) - 1;
    const char *x = board_operand(b, n->arg[0]).text;
    if ((unsigned)mask == all) return arena_printf(b->arena, "%s(%s)", word, x);
    return arena_printf(b->arena, "%s[%s](%s)", word, mask_axes(b, n->arg[0], mask), x);
}

static const char *slice_forward(struct board *b, ir_id id)
{
    const struct ir_node *n = node_at(b, id);
    struct text t = text_new(b->arena);
    text_printf(&t, "%s[", board_operand(b, n->arg[0]).text);
    for (unsigned i = 0; i < n->shape->rank; i++) {
        const struct ir_shape *whole = node_at(b, n->arg[0])->shape;
        int64_t start = 0, size = 0;
        if (i) text_put(&t, ", ");
        if (whole->dim[i] == n->shape->dim[i] && n->attr[2 * i + 1] == 1) {
            text_char(&t, ':');
        } else if (size_known(b->program->tables->sizes, (ir_size)n->attr[2 * i], &start) &&
                   size_known(b->program->tables->sizes, n->shape->dim[i], &size) && n->attr[2 * i + 1] == 1) {
            if (size == 1)
                text_printf(&t, "%lld", (long long)start);
            else
                text_printf(&t, "%lld:%lld", (long long)start, (long long)(start + size));
        } else {
            text_put(&t, "from ");
            size_print(b->program->tables->sizes, (ir_size)n->attr[2 * i], NULL, NULL, &t);
            if (n->attr[2 * i + 1] != 1) text_printf(&t, " by %lld", (long long)n->attr[2 * i + 1]);
        }
    }
    text_char(&t, ']');
    return t.s;
}

static const char *part_forward(struct board *b, const struct ir_node *n)
{
    const struct ir_loop *l = ir_loop_of(b->graph, n->arg[0]);
    uint32_t k = (uint32_t)n->attr[0];
    if (k < l->n_carry && l->carry_name && l->carry_name[k])
        return arena_printf(b->arena, "%s after the last turn of the loop over %s", l->carry_name[k], l->turn_name);
    return arena_printf(b->arena, "collected by the loop over %s", l->turn_name);
}

const char *board_forward(struct board *b, ir_id id)
{
    const struct ir_node *n = node_at(b, id);
    static const char *const words[OP_COUNT] = {[OP_place] = "pad",
                                                [OP_window] = "windows",
                                                [OP_overlap] = "overlapping",
                                                [OP_custom] = "by hand",
                                                [OP_loop] = "loop"};
    struct text t = text_new(b->arena);
    const char *name[3] = {"", "", ""};
    switch (n->op) {
    case OP_contract:
        return board_product(b, id);
    case OP_sum:
        return reduction(b, id, "sum", n->attr[0]);
    case OP_max_of:
        return reduction(b, id, "max", n->attr[0]);
    case OP_min_of:
        return reduction(b, id, "min", n->attr[0]);
    case OP_argmax:
        return reduction(b, id, "argmax", 1ll << n->attr[0]);
    case OP_argmin:
        return reduction(b, id, "argmin", 1ll << n->attr[0]);
    case OP_slice:
        return slice_forward(b, id);
    case OP_part:
        return part_forward(b, n);
    case OP_gather:
        return arena_printf(b->arena, "%s[%s]", board_operand(b, n->arg[0]).text, board_operand(b, n->arg[1]).text);
    case OP_custom:
        return board_expression(b, n->arg[0], "g");
    case OP_permute:
        if (n->shape->rank == 2) return arena_printf(b->arena, "%s.T", board_operand(b, n->arg[0]).text);
        for (unsigned i = 0; i < n->shape->rank; i++)
            text_printf(&t, "%s%lld", i ? ", " : "permute[", (long long)n->attr[i]);
        text_printf(&t, "](%s)", board_operand(b, n->arg[0]).text);
        return t.s;
    default:
        break;
    }
    if (ir_ops[n->op].class == CLASS_MAP) {
        for (uint32_t i = 0; i < n->n_arg; i++) name[i] = board_operand(b, n->arg[i]).text;
        say_row((enum ir_op)n->op, name, &t);
        return t.s;
    }
    text_printf(&t, "%s(", words[n->op] ? words[n->op] : ir_ops[n->op].name);
    for (uint32_t i = 0, k = 0; i < n->n_arg; i++)
        if (n->op == OP_solve || n->op == OP_logdet ? i < 2 - (n->op == OP_logdet) : ir_reads(n, i))
            text_printf(&t, "%s%s", k++ ? ", " : "", board_operand(b, n->arg[i]).text);
    text_char(&t, ')');
    return t.s;
}

/* ---- back ---- */

/* An axis without a name goes by its size. */
static const char *along(const struct board *b, const char *axes)
{
    return *axes >= '0' && *axes <= '9' ? arena_printf(b->arena, "the axis of %s", axes) : axes;
}

void board_add_back(struct board *b, struct step *s, const struct operand *to, const char *local, const char *formula,
                    const char *why)
{
    struct back back = {.to = to->source, .why = why, .adds = b->uses[to->source]++ > 0};
    back.local = *local ? arena_printf(b->arena, "∂%s/∂%s = %s", s->name, to->text, local) : "";
    if (to->repeated) {
        formula = arena_printf(b->arena, "sum[%s](%s)", to->repeated, formula);
        if (!*why)
            back.why = arena_printf(b->arena, "%s is repeated along %s: what its copies receive adds up", to->text,
                                    along(b, to->repeated));
    }
    back.formula = arena_printf(b->arena, "d_%s %s %s", to->text, back.adds ? "+=" : "=", formula);
    vec_push(b->arena, &s->backs, back);
}

static void row_backs(struct board *b, struct step *s)
{
    const struct ir_node *n = node_at(b, s->id);
    struct spoken spoken = speak_adjoint(b->arena, (enum ir_op)n->op);
    struct term_names names = {arena_printf(b->arena, "d_%s", s->name), s->name, {"", "", ""}};
    for (uint32_t i = 0; i < n->n_arg && i < 3; i++) names.x[i] = board_operand(b, n->arg[i]).text;
    for (unsigned i = 0; i < spoken.n; i++) {
        struct operand to = board_operand(b, n->arg[spoken.part[i].argument]);
        struct text local = text_new(b->arena), formula = text_new(b->arena);
        if (!to.slope) continue;
        say_term(local_term(b->arena, spoken.part[i].receives), &names, &local);
        say_term(spoken.part[i].receives, &names, &formula);
        board_add_back(b, s, &to, ir_ops[n->op].class == CLASS_MAP ? local.s : "", formula.s, "");
    }
}

static const char *fill(struct board *b, const struct step *s, const char *words)
{
    const struct ir_node *n = node_at(b, s->id);
    struct text t = text_new(b->arena);
    for (; *words; words++)
        if (*words != '$')
            text_char(&t, *words);
        else if (*++words == 'g')
            text_printf(&t, "d_%s", s->name);
        else
            text_put(&t, along(b, mask_axes(b, n->arg[0], n->attr[0])));
    return t.s;
}

static void worded_backs(struct board *b, struct step *s, const struct row_words *w)
{
    const struct ir_node *n = node_at(b, s->id);
    uint32_t args = n->op == OP_concat ? n->n_arg : 1;
    for (uint32_t i = 0; i < args; i++) {
        struct operand to = board_operand(b, n->arg[i]);
        if (to.slope && n->op == OP_permute && n->shape->rank == 2)
            board_add_back(b, s, &to, "", arena_printf(b->arena, "d_%s.T", s->name), w->why);
        else if (to.slope)
            board_add_back(b, s, &to, w->local, fill(b, s, w->formula), w->why);
    }
}

/* The adjoint that the user wrote, with what comes in in place of its name. */
static void custom_backs(struct board *b, struct step *s)
{
    const struct ir_node *n = node_at(b, s->id);
    const char *received = arena_printf(b->arena, "d_%s", s->name);
    for (int64_t i = 0; i < n->attr[0]; i++) {
        struct operand to = board_operand(b, n->arg[1 + i]);
        int64_t at = n->attr[1 + i];
        if (to.slope && at)
            board_add_back(b, s, &to, "", board_expression(b, n->arg[at], received), "an adjoint written by hand");
    }
}

static void solve_backs(struct board *b, struct step *s)
{
    const struct ir_node *n = node_at(b, s->id);
    struct operand a = board_operand(b, n->arg[0]), right = board_operand(b, n->arg[1]);
    const char *back = arena_printf(b->arena, "solve(%s%s, d_%s)", a.text, n->attr[0] ? "" : ".T", s->name);
    const char *matrix = arena_printf(b->arena, "-%s @ %s.T", n->attr[0] ? s->name : back, n->attr[0] ? back : s->name);
    if (right.slope) board_add_back(b, s, &right, "", back, "");
    if (a.slope) board_add_back(b, s, &a, "", matrix, "");
}

static void logdet_backs(struct board *b, struct step *s)
{
    struct operand a = board_operand(b, node_at(b, s->id)->arg[0]);
    if (a.slope) board_add_back(b, s, &a, "", arena_printf(b->arena, "d_%s * inv(%s).T", s->name, a.text), "");
}

static void loop_backs(struct board *b, struct step *s)
{
    const struct ir_node *loop = node_at(b, s->id);
    for (uint32_t i = 0; i < loop->n_arg; i++) {
        struct operand to = board_operand(b, loop->arg[i]);
        if (to.slope)
            board_add_back(b, s, &to, "", "by a loop that runs back from the last turn",
                           "each turn hands on what it received, by its own chain rule");
    }
}

void board_back(struct board *b, struct step *s)
{
    const struct ir_node *n = node_at(b, s->id);
    for (uint32_t i = 0; i < n->n_arg && ir_reads(n, i); i++)
        if (board_operand(b, n->arg[i]).stopped) s->note = "nothing goes back through stop_gradient";
    if (n->op == OP_contract)
        board_product_back(b, s);
    else if (n->op == OP_custom)
        custom_backs(b, s);
    else if (n->op == OP_solve)
        solve_backs(b, s);
    else if (n->op == OP_logdet)
        logdet_backs(b, s);
    else if (is_loop(n))
        loop_backs(b, s);
    else if (is_part(n)) {
        struct operand to = board_operand(b, n->arg[0]);
        if (to.slope)
            board_add_back(b, s, &to, "", arena_printf(b->arena, "d_%s, where it left the loop", s->name), "");
    } else if (row_words[n->op].formula)
        worded_backs(b, s, &row_words[n->op]);
    else
        row_backs(b, s);
}
