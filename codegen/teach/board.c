/* From a statement to what is on the board: which nodes are steps, which are given, and in what order. */
#include "codegen/teach/board.h"

#include "codegen/ir/grad.h"
#include "codegen/ir/loop.h"

#include <string.h>

static const struct ir_node *node_at(const struct board *b, ir_id id)
{
    return ir_at(b->graph, id);
}

/* ---- what is known of all nodes ---- */

static void find_varying(struct board *b)
{
    b->varies = arena_many(b->arena, bool, b->nodes);
    for (ir_id id = 1; id < b->nodes; id++) {
        const struct ir_node *n = node_at(b, id);
        bool fixed =
            n->op == OP_const || n->op == OP_dimval || n->op == OP_tensor || n->op == OP_iota || n->op == OP_training;
        b->varies[id] = ir_ops[n->op].class == CLASS_LEAF && !fixed;
        for (uint32_t i = 0; i < n->n_arg; i++) b->varies[id] |= b->varies[n->arg[i]];
    }
}

static void take_axis(struct board *b, ir_id id, unsigned axis, ir_id from, unsigned of)
{
    const char **to = &b->axis[(size_t)id * RANK_MAX + axis];
    if (!*to) *to = b->axis[(size_t)from * RANK_MAX + of];
}

static void pass_product_axes(struct board *b, ir_id id, const struct ir_node *n)
{
    unsigned na = (unsigned)n->attr[0], nb = (unsigned)n->attr[1], n_out = (unsigned)n->attr[2];
    const int64_t *label = n->attr + 3;
    for (unsigned i = 0; i < n_out; i++)
        for (unsigned k = 0; k < na + nb; k++)
            if (label[k] == label[na + nb + i]) take_axis(b, id, i, n->arg[k >= na], k < na ? k : k - na);
}

static void pass_gathered_axes(struct board *b, ir_id id, const struct ir_node *n)
{
    unsigned at = (unsigned)n->attr[0], rank = node_at(b, n->arg[1])->shape->rank;
    for (unsigned i = 0; i < n->shape->rank; i++)
        if (i < at)
            take_axis(b, id, i, n->arg[0], i);
        else if (i < at + rank)
            take_axis(b, id, i, n->arg[1], i - at);
        else
            take_axis(b, id, i, n->arg[0], i - rank + 1);
}

/* Names of axes go from arguments to results wherever an axis stays the same. */
static void pass_axes(struct board *b, ir_id id)
{
    const struct ir_node *n = node_at(b, id);
    unsigned rank = n->shape->rank;
    if (n->op == OP_contract) pass_product_axes(b, id, n);
    if (n->op == OP_gather) pass_gathered_axes(b, id, n);
    for (uint32_t k = 0; k < n->n_arg && n->op != OP_contract && n->op != OP_gather; k++) {
        const struct ir_shape *s = node_at(b, n->arg[k])->shape;
        unsigned kept = 0;
        for (unsigned i = 0; i < (n->op == OP_sum || n->op == OP_max_of || n->op == OP_min_of ? s->rank : rank); i++)
            if (n->op == OP_expand || n->op == OP_permute) {
                if (n->attr[i] >= 0) take_axis(b, id, i, n->arg[k], (unsigned)n->attr[i]);
            } else if (ir_ops[n->op].class == CLASS_REDUCE) {
                if (n->op != OP_argmax && n->op != OP_argmin && !(n->attr[0] >> i & 1))
                    take_axis(b, id, kept++, n->arg[k], i);
            } else if (s->rank == rank && s->dim[i] == n->shape->dim[i])
                take_axis(b, id, i, n->arg[k], i);
    }
}

static void find_axes(struct board *b)
{
    const struct ir_program *p = b->program;
    const ir_arrays *const lists[] = {&p->inputs, &p->params, &p->states};
    b->axis = arena_many(b->arena, const char *, (size_t)b->nodes *RANK_MAX);
    for (int k = 0; k < 3 && !b->loop; k++)
        for (uint32_t i = 0; i < lists[k]->n; i++) {
            const struct ir_array *a = &lists[k]->at[i];
            for (unsigned j = 0; j < a->shape->rank; j++) b->axis[(size_t)a->node * RANK_MAX + j] = a->axis[j];
        }
    for (ir_id id = 1; id < b->nodes; id++) pass_axes(b, id);
    for (ir_id id = b->nodes; id-- > 1;) { /* what is stretched to fit has the names of what it fits */
        const struct ir_node *n = node_at(b, id);
        for (uint32_t k = 0; k < n->n_arg && ir_ops[n->op].class == CLASS_MAP; k++)
            for (unsigned i = 0; i < n->shape->rank; i++) take_axis(b, n->arg[k], i, id, i);
    }
}

static uint32_t line_of(const struct board *b, struct span at)
{
    return at.hi ? source_place(&b->program->context->sources, at.lo).line : 0;
}

uint32_t board_statement(const struct board *b, struct span at)
{
    const struct teach_options *o = b->options;
    for (uint32_t i = 0; i < o->n_statements; i++)
        if (at.hi && at.lo >= o->statement[i].at.lo && at.lo < o->statement[i].at.hi) return i;
    return o->n_statements;
}

static void call_it(struct board *b, ir_id id, const char *name, const char *is)
{
    for (; id && !b->name_of[id]; id = node_at(b, id)->op == OP_bind ? node_at(b, id)->arg[0] : 0) {
        b->name_of[id] = name;
        b->is_of[id] = is;
    }
}

/* What is known by a name before the binding `which`. */
static void find_names(struct board *b, uint32_t which)
{
    const struct ir_program *p = b->program;
    static const char *const is[] = {"input", "param", "state"};
    const ir_arrays *const lists[] = {&p->inputs, &p->params, &p->states};
    b->name_of = arena_many(b->arena, const char *, b->nodes);
    b->is_of = arena_many(b->arena, const char *, b->nodes);
    for (int k = 0; k < 3; k++)
        for (uint32_t i = 0; i < lists[k]->n; i++) call_it(b, lists[k]->at[i].node, lists[k]->at[i].name, is[k]);
    for (uint32_t i = 0; i < which; i++) {
        ir_id id = p->bindings[i].node;
        bool leaf = ir_ops[node_at(b, id)->op].class == CLASS_LEAF, again = !strcmp(p->bindings[i].name, b->name);
        if (leaf) continue;
        const char *name = again ? arena_printf(b->arena, "%s_before", b->name) : p->bindings[i].name;
        call_it(b, id, name, arena_printf(b->arena, "line %u", line_of(b, p->bindings[i].at)));
    }
    for (ir_id id = 1; id < b->nodes; id++) /* a bound leaf goes by the leaf's name, whoever differentiates by it */
        if (node_at(b, id)->op == OP_bind) {
            ir_id of = node_at(b, id)->arg[0];
            call_it(b, id, b->name_of[of], b->is_of[of]);
        }
}

/* ---- calls that are one step ---- */

/* Nothing but the arguments and constants comes in between the arguments and the result. */
static bool is_closed(const struct board *b, const struct ir_call *c)
{
    ir_id result = c->result.at[0];
    bool *in = arena_many(b->arena, bool, result + 1), any = false;
    in[result] = true;
    for (uint32_t i = 0; i < c->given.n; i++)
        if (c->given.at[i] == result) return false;
    for (ir_id id = result; id > 0; id--) {
        if (!in[id] || !b->varies[id]) continue;
        const struct ir_node *n = node_at(b, id);
        bool arg = false;
        for (uint32_t i = 0; i < c->given.n; i++)
            arg |= c->given.at[i] == id || board_operand((struct board *)b, c->given.at[i]).source == id;
        any |= arg;
        if (arg) continue;
        if (ir_ops[n->op].class == CLASS_LEAF || is_loop(n)) return false;
        for (uint32_t i = 0; i < n->n_arg; i++)
            if (ir_reads(n, i)) in[n->arg[i]] = true;
    }
    return any;
}

static void find_folds(struct board *b)
{
    b->fold = arena_many(b->arena, const struct ir_call *, b->nodes);
    for (uint32_t i = 0; i < b->program->calls.n && !b->loop; i++) { /* outer ones later: they win */
        const struct ir_call *c = &b->program->calls.at[i];
        ir_id result = c->result.n == 1 ? c->result.at[0] : 0;
        if (!result || c->path || !c->given.n || result > b->root || board_statement(b, c->at) != b->options->which)
            continue;
        if (ir_ops[node_at(b, result)->op].class == CLASS_LEAF || !b->varies[result]) continue;
        if (*b->options->math(c->name) && is_closed(b, c)) b->fold[result] = c;
    }
}

/* ---- steps and givens ---- */

/* Made by an equation of another line, and not named there. */
static bool is_foreign(const struct board *b, ir_id id)
{
    uint32_t s = board_statement(b, node_at(b, id)->at);
    return s < b->options->n_statements && s != b->options->which && b->options->statement[s].equation;
}

static bool is_given(const struct board *b, ir_id id)
{
    if (id == b->root) return false;
    return b->name_of[id] || ir_ops[node_at(b, id)->op].class == CLASS_LEAF || (!b->fold[id] && is_foreign(b, id));
}

static const char *other_lines(const struct board *b, ir_id id)
{
    const struct teach_options *o = b->options;
    bool *uses = arena_many(b->arena, bool, o->n_statements + 1);
    for (ir_id user = 1; user < b->nodes; user++) {
        const struct ir_node *n = node_at(b, user);
        for (uint32_t i = 0; i < n->n_arg && ir_reads(n, i) && n->op != OP_bind; i++) {
            const struct ir_node *x = node_at(b, n->arg[i]);
            if (n->arg[i] == id || (x->op == OP_bind && x->arg[0] == id)) uses[board_statement(b, n->at)] = true;
        }
    }
    struct text t = text_new(b->arena);
    for (uint32_t s = 0, last = 0; s < o->n_statements; s++) {
        uint32_t line = line_of(b, o->statement[s].at);
        if (!uses[s] || s == o->which || !o->statement[s].equation || line == last) continue;
        text_printf(&t, "%s%u", t.n ? ", " : "", line);
        last = line;
    }
    return t.n ? t.s : "";
}

static void add_given(struct board *b, ir_id id)
{
    const struct ir_node *n = node_at(b, id);
    if (!b->name_of[id]) {
        b->name_of[id] = n->op == OP_random ? "r" : arena_printf(b->arena, "u%u", ++b->temporaries);
        b->is_of[id] = n->op == OP_random ? "random" : arena_printf(b->arena, "inside line %u", line_of(b, n->at));
    }
    struct given g = {.id = id,
                      .name = b->name_of[id],
                      .shape = board_shape(b, id),
                      .is = b->is_of[id],
                      .lines = other_lines(b, id),
                      .slope = n->type == IR_REAL && n->op != OP_random};
    vec_push(b->arena, &b->givens, g);
}

static bool name_is_taken(const struct board *b, const char *name)
{
    for (uint32_t i = 0; i < b->steps.n; i++)
        if (!strcmp(b->steps.at[i].name, name)) return true;
    for (uint32_t i = 0; i < b->givens.n; i++)
        if (!strcmp(b->givens.at[i].name, name)) return true;
    return !strcmp(b->name, name);
}

/* A call as the user wrote it. */
struct written {
    const char *bracket; /* "[K]" of `softmax[K](z)` */
    size_t n_bracket;
    uint32_t arguments; /* those that come by default are not among them */
};

static const char *behind(const char *s, const char *end, uint32_t *commas) /* the bracket that begins at s */
{
    int depth = 0;
    for (; s < end; s++) {
        depth += strchr("([", *s) != NULL;
        depth -= strchr(")]", *s) != NULL;
        if (depth == 1 && *s == ',') ++*commas;
        if (!depth) return s + 1;
    }
    return end;
}

static struct written written_call(const struct board *b, const struct ir_call *c)
{
    struct place p = source_place(&b->program->context->sources, c->at.lo);
    const char *text = p.file->text + (c->at.lo - p.file->base), *end = p.file->text + (c->at.hi - p.file->base),
               *at = text;
    struct written w = {.bracket = ""};
    size_t n = strlen(c->name);
    uint32_t commas = 0;
    while (at + n <= end && strncmp(at, c->name, n)) at++;
    if (at + n > end) return w;
    w.arguments = at > text; /* by a pipe */
    at += n;
    if (at < end && *at == '[') {
        w.bracket = at;
        at = behind(at, end, &commas);
        w.n_bracket = (size_t)(at - w.bracket);
    }
    commas = 0;
    if (at < end && *at == '(' && at[1] != ')') behind(at, end, &commas), w.arguments += commas + 1;
    return w;
}

static const char *fold_forward(struct board *b, const struct ir_call *c)
{
    struct text t = text_new(b->arena);
    struct written w = written_call(b, c);
    text_put(&t, c->name);
    text_putn(&t, w.bracket, w.n_bracket);
    text_char(&t, '(');
    for (uint32_t i = 0, n = 0; i < c->given.n; i++)
        if (i < w.arguments || b->varies[c->given.at[i]])
            text_printf(&t, "%s%s", n++ ? ", " : "", board_operand(b, c->given.at[i]).text);
    text_char(&t, ')');
    return t.s;
}

static void add_step(struct board *b, ir_id id, uint32_t *temporary)
{
    const struct ir_node *n = node_at(b, id);
    struct step s = {.id = id, .name = id == b->root ? b->name : n->name, .shape = board_shape(b, id), .note = ""};
    if (!s.name || (id != b->root && name_is_taken(b, s.name))) s.name = arena_printf(b->arena, "t%u", ++*temporary);
    s.forward = b->fold[id] ? fold_forward(b, b->fold[id]) : board_forward(b, id);
    if (b->fold[id]) s.note = b->options->math(b->fold[id]->name);
    vec_push(b->arena, &b->steps, s);
    b->step_of[id] = b->steps.n;
    b->name_of[id] = s.name; /* for those above it; the givens are found by now */
}

/* Which arguments a step is explained by: of what is solved the matrix, not its factors. */
static bool is_told(const struct ir_node *n, uint32_t i)
{
    if (n->op == OP_custom) return i > 0 && i <= (uint32_t)n->attr[0];
    if (n->op == OP_solve || n->op == OP_logdet) return i < (n->op == OP_solve ? 2 : 1);
    return ir_reads(n, i);
}

static void collect(struct board *b)
{
    bool *need = arena_many(b->arena, bool, b->root + 1);
    uint32_t temporary = 0;
    need[b->root] = true;
    for (ir_id id = b->root; id > 0; id--) {
        if (!need[id] || !b->varies[id]) continue;
        const struct ir_node *n = node_at(b, id);
        if (is_given(b, id)) continue;
        const ir_id *arg = b->fold[id] ? b->fold[id]->given.at : n->arg;
        for (uint32_t i = 0; i < (b->fold[id] ? b->fold[id]->given.n : n->n_arg); i++)
            if (b->fold[id] || is_told(n, i)) need[arg[i]] = true;
    }
    for (ir_id id = 1; id <= b->root; id++)
        if (need[id] && b->varies[id] && is_given(b, id)) add_given(b, id);
    for (ir_id id = 1; id <= b->root; id++)
        if (need[id] && b->varies[id] && !is_given(b, id) && (id == b->root || b->fold[id] || !board_is_through(b, id)))
            add_step(b, id, &temporary);
}

static void fold_backs(struct board *b, struct step *s)
{
    const struct ir_call *c = b->fold[s->id];
    for (uint32_t i = 0; i < c->given.n; i++) {
        struct operand to = board_operand(b, c->given.at[i]);
        if (to.slope) board_add_back(b, s, &to, "", arena_printf(b->arena, "this, g being d_%s", s->name), "");
    }
}

static void hand_back(struct board *b)
{
    b->uses = arena_many(b->arena, uint32_t, b->nodes);
    for (uint32_t i = b->steps.n; i-- > 0;) {
        struct step *s = &b->steps.at[i];
        if (b->fold[s->id])
            fold_backs(b, s);
        else
            board_back(b, s);
    }
    for (uint32_t i = 0; i < b->steps.n; i++) /* the last comes from the first step: backwards */
        for (uint32_t k = b->steps.at[i].backs.n; k-- > 0;) {
            struct back *k_th = &b->steps.at[i].backs.at[k];
            k_th->last = b->uses[k_th->to] != UINT32_MAX;
            if (k_th->last && b->uses[k_th->to] < 2) k_th->last = false;
            b->uses[k_th->to] = UINT32_MAX;
        }
}

static bool is_ours(const struct board *b, uint32_t binding)
{
    return board_statement(b, b->program->bindings[binding].at) == b->options->which;
}

/* The statement's k-th binding; of those that turns of a repeat bind again and again the last counts. */
static uint32_t nth_binding(const struct board *b, uint32_t k)
{
    const struct ir_program *p = b->program;
    uint32_t i = 0;
    for (; i < p->n_bindings; i++) {
        bool last = is_ours(b, i);
        for (uint32_t j = i + 1; j < p->n_bindings && last; j++)
            last = !is_ours(b, j) || strcmp(p->bindings[i].name, p->bindings[j].name) != 0;
        if (last && k-- == 0) break;
    }
    return i;
}

/* The first binding of the statement in the same turn. */
static uint32_t first_of_turn(const struct board *b, uint32_t which)
{
    uint32_t first = which;
    for (; first > 0 && is_ours(b, first - 1); first--)
        for (uint32_t j = first; j <= which; j++)
            if (!strcmp(b->program->bindings[first - 1].name, b->program->bindings[j].name)) return first;
    return first;
}

uint32_t board_count(struct ir_program *p, const struct teach_options *o)
{
    struct board b = {.program = p, .options = o};
    uint32_t n = 0;
    while (nth_binding(&b, n) < p->n_bindings) n++;
    return n ? n : turn_count(o);
}

struct board *board_new(struct ir_program *p, const struct teach_options *o, uint32_t k)
{
    struct board *b = arena_new(p->tables->arena, struct board);
    *b = (struct board){.program = p, .graph = p->graph, .arena = p->tables->arena, .options = o, .nodes = p->graph->n};
    uint32_t which = nth_binding(b, k);
    if (which < p->n_bindings) {
        b->name = p->bindings[which].name;
        b->bound = b->root = p->bindings[which].node;
    } else if (!turn_begin(b, k)) {
        return NULL;
    }
    while (node_at(b, b->root)->op == OP_bind) b->root = node_at(b, b->root)->arg[0];
    find_varying(b);
    find_axes(b);
    if (b->loop)
        turn_names(b);
    else
        find_names(b, first_of_turn(b, which));
    if (b->name_of[b->root] || !b->varies[b->root])
        return NULL; /* another name for a value that has one, or a constant */
    find_folds(b);
    b->step_of = arena_many(b->arena, uint32_t, b->nodes);
    b->shape = board_shape(b, b->root);
    collect(b);
    hand_back(b);
    return b;
}

/* ---- numbers ---- */

bool board_matters(const struct board *b)
{
    return b->figures && b->figures[b->escape ? b->escape : b->root].slope;
}

static bool is_zero(const struct ir_graph *g, ir_id id)
{
    const struct ir_node *n = ir_at(g, id);
    if (n->op == OP_expand) n = ir_at(g, n->arg[0]);
    return n->op == OP_const && ir_const_value(n) == 0;
}

struct asked {
    vec(ir_id) root; /* of the interpreter */
    vec(const double **) to;
};

static void ask(struct board *b, struct asked *q, ir_id id, const double **to)
{
    vec_push(b->arena, &q->root, id);
    vec_push(b->arena, &q->to, to);
}

/* The objective may use a step of the line and not its value: bce of a sigmoid takes what the sigmoid was applied to.
 * The last such step and its derivative; the root's, which is 0, where there is none. 0 after a report. */
static ir_id find_escape(struct board *b, ir_id *from)
{
    struct ir_program *p = b->program;
    ir_id *x = arena_many(b->arena, ir_id, b->steps.n), *dx = arena_many(b->arena, ir_id, b->steps.n);
    uint32_t n = 0, last = 0;
    for (uint32_t i = 0; i < b->steps.n; i++)
        if (node_at(b, b->steps.at[i].id)->type == IR_REAL) x[n++] = b->steps.at[i].id;
    if (!grad_reverse(p->graph, &p->context->diags, p->objective, 0, x, n, dx)) return 0;
    for (uint32_t i = 0; i < n; i++)
        if (!is_zero(p->graph, dx[i])) last = i;
    if (is_zero(p->graph, dx[last])) last = n - 1; /* the root is the last step */
    *from = x[last];
    return dx[last];
}

/* Derivatives of the objective by the value and by what is given, and along the line alone. */
static bool ask_slopes(struct board *b, struct asked *q)
{
    struct ir_program *p = b->program;
    uint32_t n = 0, n_given = 0;
    uint32_t most = b->steps.n + b->givens.n + 1;
    ir_id *x = arena_many(b->arena, ir_id, most), *dx = arena_many(b->arena, ir_id, most);
    x[n_given++] = b->bound;
    for (uint32_t i = 0; i < b->givens.n; i++)
        if (b->givens.at[i].slope) x[n_given++] = b->givens.at[i].id;
    if (!grad_reverse(p->graph, &p->context->diags, p->objective, 0, x, n_given, dx)) return false;
    ir_id from = b->root, seed = dx[0];
    if (is_zero(p->graph, seed)) seed = find_escape(b, &from);
    if (!seed) return false;
    if (from == b->root && is_zero(p->graph, seed)) return true;
    b->escape = from == b->root ? 0 : from;
    for (uint32_t i = 1; i < n_given; i++) ask(b, q, dx[i], &b->whole[x[i]]);
    for (uint32_t i = 0; i < b->givens.n; i++)
        if (b->givens.at[i].slope) x[n++] = b->givens.at[i].id;
    for (uint32_t i = 0; i < b->steps.n; i++)
        if (node_at(b, b->steps.at[i].id)->type == IR_REAL && b->steps.at[i].id < from) x[n++] = b->steps.at[i].id;
    if (!grad_reverse(p->graph, &p->context->diags, from, seed, x, n, dx)) return false;
    for (uint32_t i = 0; i < n; i++) ask(b, q, dx[i], &b->figures[x[i]].slope);
    ask(b, q, seed, &b->figures[from].slope);
    return true;
}

bool board_measure(struct board *b, const char **why)
{
    if (b->loop || !b->options->env) return true;
    struct asked q = {0};
    b->figures = arena_many(b->arena, struct figure, b->nodes);
    b->whole = arena_many(b->arena, const double *, b->nodes);
    for (uint32_t i = 0; i < b->steps.n; i++) ask(b, &q, b->steps.at[i].id, &b->figures[b->steps.at[i].id].value);
    for (uint32_t i = 0; i < b->givens.n; i++) ask(b, &q, b->givens.at[i].id, &b->figures[b->givens.at[i].id].value);
    if (b->program->objective && node_at(b, b->root)->type == IR_REAL && !ask_slopes(b, &q)) {
        *why = "there is no derivative of it";
        return false;
    }
    double **value = arena_many(b->arena, double *, q.root.n);
    if (!interp_run(b->graph, b->options->env, q.root.at, q.root.n, b->arena, value, why)) return false;
    for (uint32_t i = 0; i < q.root.n; i++) *q.to.at[i] = value[i];
    return true;
}
