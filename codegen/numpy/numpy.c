/* The functions of a program, statement by statement in the order of its graphs. */
#include "codegen/numpy/maker.h"

#include <stdlib.h>
#include <string.h>

enum { INLINE_MOST = 64 };

static const struct ir_node *node_at(const struct maker *m, ir_id id)
{
    return ir_at(m->scope->graph, id);
}

/* ---- names ---- */

static const char *const reserved[] = {
    "and",        "as",       "assert",   "break",    "class",    "continue", "def",     "del",     "elif",
    "else",       "except",   "finally",  "for",      "from",     "global",   "if",      "import",  "in",
    "is",         "lambda",   "nonlocal", "not",      "or",       "pass",     "raise",   "return",  "try",
    "while",      "with",     "yield",    "True",     "False",    "None",     "np",      "math",    "json",
    "sys",        "params",   "inputs",   "state",    "opt",      "seed",     "key",     "range",   "reversed",
    "min",        "slice",    "float",    "int",      "len",      "init",     "forward", "grad",    "step",
    "state_init", "opt_init", "sigmoid",  "erf",      "erfc",     "lgamma",   "place",   "scatter", "window_places",
    "windows",    "overlap",  "cumsum",   "matrices", "cholesky", "factors",  "solve",   "logdet",  "orthonormal",
    "mix",        "uniform",  "call_key", "GOLDEN",   "SAMPLES",
};

const char *python_name(struct arena *a, const char *name)
{
    char *s = arena_strndup(a, name, strlen(name));
    for (char *c = s; *c; c++)
        if (*c == '.') *c = '_';
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (!strcmp(reserved[i], s)) return arena_printf(a, "%s_", s);
    bool temporary = s[0] == 't' && s[1] && strspn(s + 1, "0123456789") == strlen(s + 1);
    return temporary ? arena_printf(a, "%s_", s) : s;
}

static uint32_t slot_of(const struct maker *m, const char *name)
{
    uint32_t h = 2166136261u;
    for (const char *c = name; *c; c++) h = (h ^ (unsigned char)*c) * 16777619u;
    uint32_t i = h & (m->room - 1);
    while (m->taken[i] && strcmp(m->taken[i], name)) i = (i + 1) & (m->room - 1);
    return i;
}

static void take_name(struct maker *m, const char *name)
{
    if (2 * m->n_taken >= m->room) {
        const char **old = m->taken;
        uint32_t n = m->room;
        m->room = n ? 2 * n : 64;
        m->taken = arena_many(m->arena, const char *, m->room);
        for (uint32_t i = 0; i < n; i++)
            if (old[i]) m->taken[slot_of(m, old[i])] = old[i];
    }
    uint32_t i = slot_of(m, name);
    m->n_taken += !m->taken[i];
    m->taken[i] = name;
}

const char *fresh_name(struct maker *m, const char *wish)
{
    const char *name = python_name(m->arena, wish);
    for (unsigned k = 2; m->room && m->taken[slot_of(m, name)]; k++)
        name = arena_printf(m->arena, "%s_%u", python_name(m->arena, wish), k);
    take_name(m, name);
    return name;
}

const char *next_temporary(struct maker *m)
{
    return arena_printf(m->arena, "t%u", ++m->temporaries);
}

/* ---- statements ---- */

static void begin_line(struct maker *m)
{
    for (unsigned i = 0; i < m->indent; i++) text_put(m->out, "    ");
}

void put_statement(struct maker *m, const char *to, const char *expression)
{
    begin_line(m);
    text_printf(m->out, "%s = %s\n", to, expression);
}

void numpy_refuse(struct maker *m, const struct ir_node *n, const char *what)
{
    if (!m->failed) diag_error(&m->program->context->diags, E0701, n->at, "`%s` has no counterpart in NumPy", what);
    m->failed = true;
}

/* The user's line before what it became. */
static void quote_line(struct maker *m, const struct ir_node *n)
{
    struct place p = source_place(&m->program->context->sources, n->at.lo);
    if (!n->at.hi || !p.file || *p.file->path == '<' || p.line == m->line) return;
    m->line = p.line;
    const char *text = p.line_text + strspn(p.line_text, " \t");
    uint32_t size = p.line_size - (uint32_t)(text - p.line_text);
    while (size && strchr(" \t\r\n", text[size - 1])) size--;
    begin_line(m);
    text_printf(m->out, "# %s%.*s\n", m->back ? "back: " : "", (int)size, text);
}

/* ---- graphs ---- */

static bool is_held(const struct ir_node *n) /* a leaf that a variable holds from the function's beginning on */
{
    return n->op == OP_input || n->op == OP_param || n->op == OP_state || n->op == OP_slot;
}

ir_id numpy_reads(const struct maker *m, ir_id id)
{
    return node_at(m, id)->op == OP_lu ? node_at(m, id)->arg[0] : id;
}

/* How often each node's text stands somewhere; a stretched one stands for its argument. */
static void count_uses(struct maker *m, const ir_id *root, uint32_t n_roots)
{
    struct scope *s = m->scope;
    s->uses = arena_many(m->arena, uint32_t, s->graph->n);
    s->said = arena_many(m->arena, struct said, s->graph->n);
    for (uint32_t i = 0; i < n_roots; i++)
        if (root[i]) s->uses[root[i]] += 2;
    for (ir_id id = s->graph->n; id-- > 1;) {
        const struct ir_node *n = node_at(m, id);
        for (uint32_t i = 0; s->uses[id] && i < n->n_arg; i++) {
            bool solves = n->op == OP_solve || n->op == OP_logdet;
            ir_id x = solves ? numpy_reads(m, n->arg[i]) : n->arg[i];
            if (is_loop(n) || ir_reads(n, i)) s->uses[x] += n->op == OP_expand ? s->uses[id] : is_loop(n) ? 2 : 1;
        }
    }
}

static void put_node(struct maker *m, ir_id id)
{
    struct scope *s = m->scope;
    const struct ir_node *n = node_at(m, id);
    enum ir_class class = ir_ops[n->op].class;
    struct said said = class == CLASS_LEAF  ? numpy_leaf(m, id)
                       : class == CLASS_MAP ? numpy_row(m, n)
                       : n->op == OP_expand ? numpy_expand(m, n)
                                            : say_move(m, id);
    bool small = class == CLASS_LEAF && n->op != OP_tensor && n->op != OP_random && n->op != OP_iota && !is_held(n);
    bool once = s->uses[id] == 1 && !n->name && strlen(said.text) < INLINE_MOST && n->op != OP_random;
    if (said.thin || small || once) {
        s->said[id] = said;
        return;
    }
    if (!is_held(n)) quote_line(m, n);
    const char *name = n->name ? fresh_name(m, n->name) : next_temporary(m);
    put_statement(m, name, said.text);
    s->said[id] = (struct said){name, PREC_ATOM, false};
    if (!s->around && id == m->objective) m->back = true;
}

static void put_loop(struct maker *m, ir_id id);

static void put_part(struct maker *m, ir_id id)
{
    const struct ir_node *n = node_at(m, id);
    for (uint32_t i = m->loops.n; i-- > 0;)
        if (m->loops.at[i].graph == m->scope->graph && m->loops.at[i].loop == n->arg[0]) {
            m->scope->said[id] = (struct said){m->loops.at[i].part[n->attr[0]], PREC_ATOM, false};
            return;
        }
}

static void put_nodes(struct maker *m)
{
    for (ir_id id = 1; id < m->scope->graph->n && !m->failed; id++)
        if (m->scope->uses[id] && is_held(node_at(m, id))) put_node(m, id);
    for (ir_id id = 1; id < m->scope->graph->n && !m->failed; id++) {
        const struct ir_node *n = node_at(m, id);
        if (!m->scope->uses[id] || is_held(n)) continue;
        if (is_loop(n))
            put_loop(m, id);
        else if (is_part(n))
            put_part(m, id);
        else
            put_node(m, id);
    }
}

/* ---- loops ---- */

/* Variables for what a loop leaves: carried values begin with the first turn's, rows with zeros. */
static const char **name_parts(struct maker *m, ir_id id)
{
    const struct ir_loop *l = ir_loop_of(m->scope->graph, id);
    const struct ir_node *loop = node_at(m, id);
    const char **part = arena_many(m->arena, const char *, l->n_carry + l->collect.n);
    for (uint32_t k = 0; k < l->n_carry; k++) {
        part[k] = l->carry_name && l->carry_name[k] ? fresh_name(m, l->carry_name[k]) : next_temporary(m);
        put_statement(m, part[k], operand_text(m, loop->arg[k]));
    }
    for (ir_id user = id + 1; user < m->scope->graph->n; user++) {
        const struct ir_node *n = node_at(m, user);
        if (!is_part(n) || n->arg[0] != id || (uint32_t)n->attr[0] < l->n_carry || part[n->attr[0]]) continue;
        part[n->attr[0]] = n->name ? fresh_name(m, n->name) : next_temporary(m);
        put_statement(
            m, part[n->attr[0]],
            arena_printf(m->arena, "np.zeros(%s%s)", shape_tuple(m, n->shape), n->type == IR_INT ? ", int" : ""));
    }
    return part;
}

static const char *turns_text(struct maker *m, const struct ir_loop *l)
{
    const char *turns = python_size(m, l->turns);
    if (!l->stop) return turns;
    if (l->each)
        return arena_printf(m->arena, "(%s + %s - 1) // (%s)", python_size(m, l->stop), python_size(m, l->each),
                            python_size(m, l->each));
    return arena_printf(m->arena, "min(%s, %s - %s * (%s))", turns, python_size(m, l->stop),
                        m->scope->turn ? m->scope->turn : "0", turns);
}

static void put_turn_end(struct maker *m, const struct ir_loop *l, const char **part, const char *turn)
{
    struct text to = text_new(m->arena), from = text_new(m->arena);
    for (uint32_t k = 0; k < l->collect.n; k++)
        if (part[l->n_carry + k])
            put_statement(m, arena_printf(m->arena, "%s[%s]", part[l->n_carry + k], turn),
                          operand_text(m, l->collect.at[k]));
    for (uint32_t k = 0; k < l->n_carry; k++) {
        text_printf(&to, "%s%s", k ? ", " : "", part[k]);
        text_printf(&from, "%s%s", k ? ", " : "", operand_text(m, l->next[k]));
    }
    if (l->n_carry) put_statement(m, to.s, from.s);
}

static void put_loop(struct maker *m, ir_id id)
{
    const struct ir_loop *l = ir_loop_of(m->scope->graph, id);
    struct scope *around = m->scope, body = {.graph = l->body, .around = around, .loop = node_at(m, id), .of = l};
    quote_line(m, node_at(m, id));
    const char **part = name_parts(m, id), *turns = turns_text(m, l);
    struct passed_loop passed = {around->graph, id, part};
    vec_push(m->arena, &m->loops, passed);
    body.turn = fresh_name(m, l->turn_name ? l->turn_name : "turn");
    body.carry = part;
    begin_line(m);
    text_printf(m->out, l->backward ? "for %s in reversed(range(%s)):\n" : "for %s in range(%s):\n", body.turn, turns);
    uint32_t n = 0;
    ir_id *root = arena_many(m->arena, ir_id, l->n_carry + l->collect.n);
    for (uint32_t k = 0; k < l->n_carry; k++) root[n++] = l->next[k];
    for (uint32_t k = 0; k < l->collect.n; k++)
        if (part[l->n_carry + k]) root[n++] = l->collect.at[k];
    m->scope = &body;
    m->indent++;
    count_uses(m, root, n);
    put_nodes(m);
    if (!m->failed) put_turn_end(m, l, part, body.turn);
    m->indent--;
    m->scope = around;
}

/* ---- functions ---- */

static const struct function {
    const char *head, *does;
} functions[ENTRY_KINDS] = {
    [ENTRY_INIT] = {"def init(seed=1):", "The parameters as training begins with them."},
    [ENTRY_OPT_INIT] = {"def opt_init():", "The optimizer's numbers and moments."},
    [ENTRY_STATE_INIT] = {"def state_init(seed=1):", "What the model keeps between calls."},
    [ENTRY_FORWARD] = {"def forward(params, inputs, state=None):", "The outputs."},
    [ENTRY_GRAD] = {"def grad(params, inputs, state=None):", "The outputs, and every derivative by its name."},
    [ENTRY_STEP] = {"def step(params, opt, inputs, state=None):",
                    "One step of training, which changes params and opt; the outputs before it."},
};

/* Whether the size is slope * dim + offset, of no other dim. */
static bool is_linear(struct maker *m, ir_size size, uint32_t dim, int64_t *slope, int64_t *offset)
{
    const struct ir_sizes *sizes = m->program->tables->sizes;
    uint32_t n = m->program->dims.n;
    int64_t *v = arena_many(m->arena, int64_t, n), at[4];
    for (int64_t k = 0; k < 3; k++) {
        v[dim] = k;
        at[k] = size_at(sizes, size, v);
    }
    for (uint32_t i = 0; i < n; i++) v[i] = i == dim ? 2 : 3;
    at[3] = size_at(sizes, size, v);
    *slope = at[1] - at[0];
    *offset = at[0];
    return *slope > 0 && at[2] - at[1] == *slope && at[3] == at[2];
}

/* Run-time dims come with the arrays that have them. */
static void put_dims(struct maker *m)
{
    const struct ir_program *p = m->program;
    for (uint32_t d = 0; d < p->dims.n; d++) {
        const char *from = arena_printf(m->arena, "inputs[\"%s\"]", p->dims.at[d].name);
        int64_t slope, offset;
        for (uint32_t i = p->inputs.n; i-- > 0;)
            for (unsigned k = p->inputs.at[i].shape->rank; k-- > 0;) {
                if (!is_linear(m, p->inputs.at[i].shape->dim[k], d, &slope, &offset)) continue;
                from = arena_printf(m->arena, "np.shape(inputs[\"%s\"])[%u]", p->inputs.at[i].name, k);
                if (slope != 1 || offset)
                    from = arena_printf(m->arena, "(%s - %lld) // %lld", from, (long long)offset, (long long)slope);
            }
        take_name(m, p->dims.at[d].name);
        put_statement(m, p->dims.at[d].name, from);
    }
}

static const char *root_text(struct maker *m, const struct ir_root *r)
{
    return operand_text(m, r->node);
}

static void put_dict(struct maker *m, const struct ir_entry *e, enum ir_role a, enum ir_role b)
{
    const struct ir_program *p = m->program;
    bool any = false;
    text_char(m->out, '{');
    for (uint32_t i = 0; i < e->n_roots; i++) {
        const struct ir_root *r = &e->root[i];
        if (r->role != a && r->role != b) continue;
        const char *name = r->role == ROLE_OUTPUT                             ? p->outputs.at[r->index].name
                           : r->role == ROLE_D_PARAM || r->role == ROLE_PARAM ? p->params.at[r->index].name
                           : r->role == ROLE_STATE                            ? p->states.at[r->index].name
                                                                              : p->wrt_names.at[r->index];
        text_printf(m->out, "%s\"%s\": %s", any ? ", " : "", name, root_text(m, r));
        any = true;
    }
    text_char(m->out, '}');
}

/* What is kept changes after all was computed. */
static void put_updates(struct maker *m, const struct ir_entry *e)
{
    const struct ir_program *p = m->program;
    uint32_t n = p->params.n ? p->params.n : 1;
    for (uint32_t i = 0; i < e->n_roots; i++) {
        const struct ir_root *r = &e->root[i];
        const char *to = NULL;
        if (r->role == ROLE_STATE) to = arena_printf(m->arena, "state[\"%s\"]", p->states.at[r->index].name);
        if (r->role == ROLE_PARAM) to = arena_printf(m->arena, "params[\"%s\"]", p->params.at[r->index].name);
        if (r->role == ROLE_SLOT)
            to = arena_printf(m->arena, "opt[\"%s\"][\"%s\"]", p->train.slots.at[r->index / n],
                              p->params.at[r->index % n].name);
        if (to) put_statement(m, to, root_text(m, r));
    }
    if (e->kind == ENTRY_STEP) {
        begin_line(m);
        text_put(m->out, "opt[\"t\"] += 1\n");
    }
}

static void put_opt_result(struct maker *m, const struct ir_entry *e)
{
    const struct ir_program *p = m->program;
    text_put(m->out, "    opt = {\"t\": 0");
    for (uint32_t i = 0; i < p->train.numbers.n; i++)
        text_printf(m->out, ", \"%s\": %s", p->train.numbers.at[i].name, numpy_number(m, p->train.numbers.at[i].value));
    for (uint32_t i = 0; i < p->train.slots.n; i++) text_printf(m->out, ", \"%s\": {}", p->train.slots.at[i]);
    text_put(m->out, "}\n");
    put_updates(m, e);
    text_put(m->out, "    return opt\n");
}

static void put_result(struct maker *m, const struct ir_entry *e)
{
    const struct ir_program *p = m->program;
    if (e->kind == ENTRY_OPT_INIT) {
        put_opt_result(m, e);
        return;
    }
    if (e->kind >= ENTRY_FORWARD) put_updates(m, e);
    text_put(m->out, "    return ");
    if (e->kind == ENTRY_INIT || e->kind == ENTRY_STATE_INIT) {
        put_dict(m, e, e->kind == ENTRY_INIT ? ROLE_PARAM : ROLE_STATE, ROLE_NEXT);
        if (e->kind == ENTRY_STATE_INIT && p->has_random) text_put(m->out, " | {\"seed\": seed, \"calls\": 0}");
    } else {
        put_dict(m, e, ROLE_OUTPUT, ROLE_NEXT);
    }
    if (e->kind == ENTRY_GRAD) {
        text_put(m->out, ", ");
        put_dict(m, e, ROLE_D_PARAM, ROLE_D_WRT);
    }
    text_char(m->out, '\n');
}

static ir_id objective_in(const struct ir_program *p, const struct ir_entry *e)
{
    for (uint32_t i = 0; i < e->n_roots; i++)
        if (e->root[i].role == ROLE_OUTPUT && p->outputs.at[e->root[i].index].node == p->objective)
            return e->root[i].node;
    return 0;
}

static bool draws(const struct ir_graph *g)
{
    for (ir_id id = 1; id < g->n; id++)
        if (ir_at(g, id)->op == OP_random) return true;
    return false;
}

static void put_function(struct maker *m, const struct ir_entry *e)
{
    struct scope s = {.graph = e->graph};
    ir_id *root = arena_many(m->arena, ir_id, e->n_roots);
    for (uint32_t i = 0; i < e->n_roots; i++) root[i] = e->root[i].node;
    text_printf(m->out, "\n\n%s\n    \"\"\"%s\"\"\"\n", functions[e->kind].head, functions[e->kind].does);
    m->scope = &s;
    m->indent = 1;
    m->temporaries = m->n_taken = m->room = m->line = 0;
    m->taken = NULL;
    m->loops.n = 0;
    m->back = false;
    m->objective = e->kind == ENTRY_GRAD || e->kind == ENTRY_STEP ? objective_in(m->program, e) : 0;
    take_name(m, "");
    bool initial = e->kind < ENTRY_FORWARD;
    if (!initial) put_dims(m);
    if (initial ? draws(e->graph) : m->program->has_random)
        put_statement(m, "key", initial ? "seed" : "call_key(state)");
    count_uses(m, root, e->n_roots);
    put_nodes(m);
    if (!m->failed) put_result(m, e);
}

/* ---- the whole ---- */

/* A function of helpers.py is brought where it is called. */
static void put_helpers(struct maker *m, const char *body, struct text *out)
{
    enum { MOST = 64 };
    const char *block[MOST];
    size_t size[MOST];
    bool wanted[MOST] = {false};
    uint32_t n = 0;
    for (const char *s = numpy_texts[0].text; *s && n < MOST;) {
        const char *end = strstr(s, "\n\n\n");
        block[n] = s;
        size[n] = end ? (size_t)(end - s) : strlen(s);
        while (size[n] && s[size[n] - 1] == '\n') size[n]--;
        s = end ? end + 3 : s + strlen(s);
        n++;
    }
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < n; i++) {
            bool function = !strncmp(block[i], "def ", 4);
            const char *name = block[i] + (function ? 4 : 0);
            const char *call = arena_strndup(m->arena, name, strcspn(name, function ? "(" : " ") + (function ? 1 : 0));
            bool needed = function && strstr(body, call);
            for (uint32_t k = 0; k < n && !needed; k++)
                needed = k != i && wanted[k] && strstr(arena_strndup(m->arena, block[k], size[k]), call);
            if (!needed || wanted[i]) continue;
            wanted[i] = more = true;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        if (wanted[i]) text_printf(out, "\n\n%.*s\n", (int)size[i], block[i]);
}

static void put_samples(struct maker *m, struct text *out)
{
    const struct ir_program *p = m->program;
    text_put(out, "\n\nSAMPLES = {");
    for (uint32_t i = 0, any = 0; i < p->inputs.n; i++) {
        const struct ir_array *a = &p->inputs.at[i];
        if (!a->sample) continue;
        struct text t = text_new(m->arena);
        int64_t n = 1;
        for (unsigned k = 0; k < a->shape->rank; k++) n *= a->sample_dim[k];
        for (int64_t k = 0; k < n; k++) text_printf(&t, "%s%s", k ? ", " : "", numpy_number(m, a->sample[k]));
        text_printf(out, "%s\n    \"%s\": ", any++ ? "," : "", a->name);
        if (!a->shape->rank) {
            text_put(out, t.s);
            continue;
        }
        text_printf(out, "np.reshape([%s], (", t.n ? t.s : "");
        for (unsigned k = 0; k < a->shape->rank; k++) text_printf(out, "%lld,", (long long)a->sample_dim[k]);
        text_put(out, "))");
    }
    text_put(out, "}\n");
}

static void put_main(const struct ir_program *p, const struct ir_entry *entries, struct text *out)
{
    bool grad = entries[ENTRY_GRAD].present, state = entries[ENTRY_STATE_INIT].present;
    text_put(
        out,
        "\n\nif __name__ == \"__main__\":  # the samples, and NAME=VALUE as JSON: prints what `nngen eval --json` "
        "does\n"
        "    given = {k: np.asarray(json.loads(v)) for k, v in (word.split(\"=\", 1) for word in sys.argv[1:])}\n");
    text_printf(out, "    params = %s\n", entries[ENTRY_INIT].present ? "init()" : "{}");
    text_put(out, "    inputs = SAMPLES | {k: v for k, v in given.items() if k not in params}\n"
                  "    params |= {k: v for k, v in given.items() if k in params}\n");
    const char *last = state || p->has_random ? "state_init()" : "None";
    if (p->has_random && !state) last = "{\"seed\": 1, \"calls\": 0}";
    text_printf(out,
                grad ? "    outputs, gradients = grad(params, inputs, %s)\n"
                     : "    outputs, gradients = forward(params, inputs, %s), {}\n",
                last);
    text_put(out, "    said = {\"outputs\": outputs, \"gradients\": gradients}\n");
    text_printf(
        out,
        "    print(json.dumps({k: {n: np.asarray(x).tolist() for n, x in v.items()} for k, v in said.items()%s}))\n",
        grad ? "" : " if v");
}

bool emit_numpy(const struct ir_program *p, const struct ir_entry entries[ENTRY_KINDS], struct text *out)
{
    struct arena *a = p->tables->arena;
    struct text body = text_new(a);
    struct maker m = {.program = p, .arena = a, .out = &body};
    for (int k = 0; k < ENTRY_KINDS && !m.failed; k++)
        if (entries[k].present) put_function(&m, &entries[k]);
    if (m.failed) return false;
    text_printf(out, "\"\"\"%s: made by nngen, not by hand.\n", p->name);
    if (p->doc) text_printf(out, "\n%s\n", p->doc);
    text_put(out, "\"\"\"\nimport json\nimport math\nimport sys\n\nimport numpy as np\n");
    put_helpers(&m, body.s ? body.s : "", out);
    put_samples(&m, out);
    text_put(out, body.s ? body.s : "");
    put_main(p, entries, out);
    return true;
}
