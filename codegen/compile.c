#include "codegen/compile.h"

#include "codegen/ir/simplify.h"

#include <string.h>

/* The way through, a line a pass. */
bool compile(struct context *c, const char *path, const char *text, size_t size, const struct lower_options *o,
             struct compilation *out)
{
    *out = (struct compilation){.context = c};
    out->source = source_add(&c->sources, path, text, size);
    if (!out->source) {
        diag_error(&c->diags, E0601, (struct span){0, 0}, "%s is too large", path);
        return false;
    }
    struct ast *tree = parse_recovered(c, out->source);
    if (c->diags.errors) { /* what can be read of it may hold mistakes of its own */
        if (tree && c->diags.errors < DIAG_MOST) lower_file(c, tree, o);
        return false;
    }
    out->tree = tree;
    if (!(out->program = lower_file(c, tree, o))) return false;
    if (o->second && !second_order(out->program)) return false;
    if (!derive(out->program)) return false;
    make_entries(out->program, out->entries);
    return c->diags.errors == 0;
}

const char *const compile_stages[] = {"ast", "ir", "grad", "opt", "plan", "c", "h", "jit", NULL};

static void dump_lowered(const struct ir_program *p, bool gradients, struct text *out)
{
    vec(ir_id) roots = {0};
    struct arena *a = p->tables->arena;
    for (uint32_t i = 0; i < p->outputs.n; i++) vec_push(a, &roots, p->outputs.at[i].node);
    if (gradients && p->objective) {
        for (uint32_t i = 0; i < p->params.n; i++) vec_push(a, &roots, p->d_param[i]);
        for (uint32_t i = 0; i < p->wrt.n; i++) vec_push(a, &roots, p->wrt.at[i].node);
    }
    ir_print(p->graph, roots.at, roots.n, out);
}

static void dump_entries(const struct compilation *k, struct text *out)
{
    static const char *const word[ENTRY_KINDS] = {"init", "opt_init", "state_init", "forward", "grad", "step"};
    for (int i = 0; i < ENTRY_KINDS; i++) {
        const struct ir_entry *e = &k->entries[i];
        if (!e->present) continue;
        vec(ir_id) roots = {0};
        for (uint32_t j = 0; j < e->n_roots; j++) vec_push(k->program->tables->arena, &roots, e->root[j].node);
        text_printf(out, "-- %s\n", word[i]);
        ir_print(e->graph, roots.at, roots.n, out);
    }
}

bool compile_dump(const struct compilation *k, const char *stage, const struct emit_options *o, struct text *out)
{
    struct emit_options options = *o;
    struct emitted e;
    if (!strcmp(stage, "ast"))
        ast_dump(k->tree, out);
    else if (!strcmp(stage, "ir") || !strcmp(stage, "grad"))
        dump_lowered(k->program, *stage == 'g', out);
    else if (!strcmp(stage, "opt"))
        dump_entries(k, out);
    else if (!strcmp(stage, "numpy"))
        return emit_numpy(k->program, k->entries, out);
    else if (!strcmp(stage, "plan"))
        emit_plan_dump(k->program, k->entries, o, out);
    else if (!strcmp(stage, "c") || !strcmp(stage, "h") || !strcmp(stage, "jit")) {
        options.style = *stage == 'j' ? EMIT_JIT : EMIT_FILE;
        emit(k->program, k->entries, &options, &e);
        text_put(out, *stage == 'h' ? e.h.s : e.c.s);
    } else
        return false;
    return true;
}

struct ir_program *test_program(const struct ir_program *p, const struct ir_stage *stage, struct ir_entry entries[ENTRY_KINDS])
{
    struct arena *a = p->tables->arena;
    struct ir_program *t = arena_new(a, struct ir_program);
    *t = *p;
    t->outputs = (ir_arrays){0};
    t->loss = -1;
    t->objective = 0;
    t->wrt = (ir_arrays){0};
    t->train = (struct ir_train){0};
    for (uint32_t i = 0; i < stage->expects.n; i++) {
        const struct ir_expect *e = &stage->expects.at[i];
        const ir_id node[3] = {e->value, e->equal, e->tolerance};
        for (int j = 0; j < 3; j++) {
            if (!node[j]) continue;
            const struct ir_node *n = ir_at(p->graph, node[j]);
            struct ir_array out = {.name = arena_printf(a, "%c%u", "eqt"[j], i), .type = (enum ir_type)n->type,
                                   .shape = n->shape, .at = e->at, .node = node[j]};
            vec_push(a, &t->outputs, out);
        }
    }
    make_entries(t, entries);
    return t;
}

static bool draws(const struct ir_graph *g)
{
    for (ir_id id = 1; id < g->n; id++)
        if (ir_at(g, id)->op == OP_random) return true;
    return false;
}

struct ir_program *update_program(const struct ir_program *p, struct ir_entry entries[ENTRY_KINDS])
{
    struct arena *a = p->tables->arena;
    uint32_t n = p->params.n, n_slots = p->train.slots.n * n, holes = 0;
    struct ir_program *t = arena_new(a, struct ir_program);
    ir_id *root = arena_many(a, ir_id, n + n_slots), *from = arena_many(a, ir_id, n), *to = arena_many(a, ir_id, n);
    *t = *p;
    t->inputs = t->outputs = t->states = t->wrt = (ir_arrays){0};
    t->loss = -1;
    t->has_random = false;
    for (uint32_t i = 0; i < n; i++) {
        struct ir_array g = p->params.at[i];
        g.name = arena_printf(a, "g%u", i);
        g.node = ir_leaf(p->graph, OP_input, IR_REAL, g.shape, i, 0);
        vec_push(a, &t->inputs, g);
        if (!p->train.hole[i]) continue;
        from[holes] = p->train.hole[i];
        to[holes++] = g.node;
    }
    if (n) memcpy(root, p->train.param_over_hole, n * sizeof *root);
    if (n_slots) memcpy(root + n, p->train.slot_over_hole, n_slots * sizeof *root);
    ir_substitute_all(p->graph, root, n + n_slots, from, to, holes);
    t->train.new_param = root;
    t->train.new_slot = root + n;
    make_entries(t, entries);
    for (int k = 0; k < ENTRY_STEP; k++) entries[k].present = false;
    return draws(entries[ENTRY_STEP].graph) ? NULL : t;
}

/* What a statement is that has no value to differentiate; "" for those that have one. */
static const char *const statement_words[AST_KINDS] = {
    [AST_assign] = "", [AST_output] = "", [AST_loss] = "", [AST_update] = "",
    [AST_model] = "names the model", [AST_import] = "imports a file", [AST_dim] = "declares dims",
    [AST_input] = "declares inputs: what they receive is in the lines that use them",
    [AST_param] = "declares parameters: what they receive is in the lines that use them", [AST_const] = "declares constants",
    [AST_state] = "declares states", [AST_wrt] = "says what is differentiated by", [AST_train] = "says how to train",
    [AST_test] = "begins a test", [AST_fn] = "defines a function: explain a line that calls it",
    [AST_layer] = "defines a layer: explain a line that uses it", [AST_optimizer] = "defines an optimizer",
    [AST_repeat] = "repeats: explain a line of its block",
    [AST_for] = "begins a loop, which runs back from its last turn: explain a line of its block",
};

struct statements {
    struct arena *arena;
    vec(struct statement) list;
};

static void add_statement(struct statements *s, const struct ast *tree)
{
    bool turns = tree->kind == AST_repeat || tree->kind == AST_for;
    const struct ast *block = turns ? tree->kid[tree->n - 1] : NULL;
    struct statement one = {.at = tree->span, .what = statement_words[tree->kind]};
    if (!one.what) one.what = "has no equation";
    one.equation = !*one.what || tree->kind == AST_for;
    for (uint32_t i = 0; block && i < block->n; i++) /* depth is bounded: nesting is */
        if (block->kid[i]) add_statement(s, block->kid[i]);
    if (tree->kind == AST_assign) one.names = arena_many(s->arena, const char *, tree->n);
    for (uint32_t i = 1; one.names && i < tree->n; i++) one.names[one.n_names++] = tree->kid[i]->name;
    vec_push(s->arena, &s->list, one);
}

const struct statement *compile_statements(const struct compilation *k, uint32_t *n)
{
    struct statements s = {.arena = &k->context->arena};
    for (uint32_t i = 0; i < k->tree->n; i++)
        if (k->tree->kid[i]) add_statement(&s, k->tree->kid[i]);
    *n = s.list.n;
    return s.list.at;
}
