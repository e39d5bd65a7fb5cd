/* Lowering: a tree becomes a program. This file walks statements; what each of them does is next door. */
#include "codegen/lower/state.h"

#include <string.h>

struct context *low_context(struct low *l)
{
    return l->c;
}
struct ir_graph *low_graph(struct low *l)
{
    return l->graph;
}
struct ir_tables *low_tables(struct low *l)
{
    return l->graph->tables;
}
struct ir_sizes *low_sizes(struct low *l)
{
    return l->sizes;
}

bool in_prelude(const struct low *l, struct span at)
{
    return at.lo >= l->prelude_text.lo && at.lo < l->prelude_text.hi;
}

void set_here(struct low *l, struct span at)
{
    if (at.hi && !in_prelude(l, at)) l->graph->here = at;
}

const char *text_of(struct low *l, struct span at)
{
    const struct source *f = source_of(&l->c->sources, at.lo);
    struct text t = text_new(ARENA(l));
    if (!f) return "";
    const char *s = f->text + (at.lo - f->base), *end = f->text + (at.hi - f->base);
    for (; s < end; s++) {
        bool blank = *s == ' ' || *s == '\t' || *s == '\n' || *s == '\r';
        if (!blank)
            text_char(&t, *s);
        else if (t.n && t.s[t.n - 1] != ' ')
            text_char(&t, ' ');
    }
    return t.s ? t.s : "";
}

bool forgive(struct low *l, const struct diags *before)
{
    if (!l->redefined || DIAGS(l)->errors == before->errors) return false;
    DIAGS(l)->errors = before->errors;
    DIAGS(l)->list.n = before->list.n;
    DIAGS(l)->dropped.n = before->dropped.n;
    return true;
}

/* ---- y = e ---- */

static bool in_notation(const struct ast *target)
{
    const struct ast *b = nth_kid(target, 0);
    for (uint32_t i = 0; b && i < b->n; i++) {
        const struct ast *k = b->kid[i];
        if (k->kind == AST_in_item || (k->kind == AST_name_ref && k->name[0] >= 'a' && k->name[0] <= 'z')) return true;
    }
    return false;
}

/* h[N, H] = e: the value has this shape, and bears these names. */
static struct value check_shape(struct low *l, const struct ast *target, struct value v)
{
    const struct ast *b = nth_kid(target, 0);
    struct axis axis[RANK_MAX];
    uint8_t rank;
    if (!b || v.kind == VALUE_POISON) return v;
    if (!lower_shape(l, b, axis, &rank)) return poison(target->span);
    v = as_value(l, v);
    if (v.kind != VALUE_TENSOR) return v;
    bool same = v.rank == rank;
    for (uint8_t i = 0; same && i < rank; i++) same = axis_equal(l, v.axis[i], axis[i]);
    if (!same) {
        fail(l, E0201, target->span, "'%s' is written %s and its value is %s", target->name, shape_text(l, axis, rank),
             shape_text(l, v.axis, v.rank));
        fail_note(l, v.at, "the value comes from here");
        return poison(target->span);
    }
    for (uint8_t i = 0; i < rank; i++)
        if (axis[i].dim) v.axis[i] = axis[i];
    return v;
}

void record_binding(struct low *l, const char *name, const struct value *v, struct span at)
{
    struct ir_program *p = l->program;
    if (v->kind != VALUE_TENSOR) return;
    if (p->n_bindings == l->bindings_cap)
        p->bindings = vec_grow(ARENA(l), p->bindings, &l->bindings_cap, sizeof *p->bindings);
    p->bindings[p->n_bindings].name = name;
    p->bindings[p->n_bindings].node = v->id;
    p->bindings[p->n_bindings++].at = at;
}

static void bind_target(struct low *l, const struct ast *target, struct value v)
{
    if (!strcmp(target->name, "_")) return;
    if (v.kind == VALUE_INSTANCE && !v.instance->owner) {
        name_instance(l, v.instance, target->name, target->name_span);
        bind(l, target->name, v, target->name_span, true);
        return;
    }
    if (v.kind == VALUE_TUPLE) {
        fail(l, E0304, target->span, "%u results and one name: write `a, b = ...`, with _ for those not wanted",
             (unsigned)v.n_parts);
        v = poison(target->span);
    }
    v = check_shape(l, target, v);
    struct binding *b = bind(l, target->name, v, target->name_span, false);
    if (b && l->scope->kind == SCOPE_FILE) record_binding(l, target->name, &b->value, target->span);
}

/* ---- statements that failed ---- */

static void lose_name(struct low *l, const char *name, struct span at, bool perhaps)
{
    const struct binding *old = scope_find(l->scope, name, UINT32_MAX);
    if (!strcmp(name, "_") || (old && old->declared) || (perhaps && find_name(l, name))) return;
    bind(l, name, poison(at), at, false);
}

static bool binds_by_kids(enum ast_kind k)
{
    return k == AST_decl || k == AST_out || k == AST_target || k == AST_dim_one || k == AST_carry;
}

/* A statement that failed still binds its names, and those its blocks would: what is built on them is poison, so that
 * nobody misses them too. */
static void lose(struct low *l, const struct ast *s)
{
    bool error = s->kind == AST_error, runs = error || s->kind == AST_if || s->kind == AST_repeat || s->kind == AST_for;
    frame_of(l)->lost = l->lost = true;
    if (frame_of(l)->kind == SCOPE_FILE && (error || s->kind == AST_output || s->kind == AST_loss)) l->lost_result = true;
    if (s->kind == AST_fn || s->kind == AST_layer || s->kind == AST_loss || s->kind == AST_repeat)
        lose_name(l, s->name, s->name_span, false);
    for (uint32_t i = 0; i < s->n; i++) {
        const struct ast *k = s->kid[i];
        if (k && (binds_by_kids(k->kind) || (error && k->kind == AST_name_ref)))
            lose_name(l, k->name, k->name_span, k->op == '?');
        if (k && k->kind == AST_names)
            for (uint32_t j = 0; j < k->n; j++) lose_name(l, k->kid[j]->name, k->kid[j]->span, false);
        if (k && runs && k->kind == AST_if) lose(l, k);
        if (k && runs && k->kind == AST_block)
            for (uint32_t j = 0; j < k->n; j++) lose(l, k->kid[j]);
    }
}

/* It was reported when the file was read. */
static void lower_error(struct low *l, const struct ast *s)
{
    struct scope *frame = frame_of(l);
    lose(l, s);
    if (s->op != 'r') return;
    frame->returned = true;
    frame->result = poison(s->span);
}

static void lower_assign(struct low *l, const struct ast *s)
{
    const struct ast *first = s->kid[1];
    uint32_t n = s->n - 1;
    if (first->kind == AST_field) {
        lower_path_setting(l, first, s->kid[0]);
        return;
    }
    if (n == 1 && l->scope->kind == SCOPE_TEST && lower_setting(l, first, s->kid[0])) return;
    if (in_notation(first)) {
        if (!lower_notation(l, s)) lose(l, s);
        return;
    }
    struct value v = lower_expr(l, s->kid[0]);
    if (n == 1) {
        bind_target(l, first, v);
        return;
    }
    bool fits = v.kind == VALUE_TUPLE && v.n_parts == n;
    if (!fits && v.kind != VALUE_POISON)
        fail(l, E0304, s->kid[0]->span, "%u result%s for %u names", v.kind == VALUE_TUPLE ? (unsigned)v.n_parts : 1u,
             v.kind == VALUE_TUPLE && v.n_parts != 1 ? "s" : "", (unsigned)n);
    for (uint32_t i = 0; i < n; i++) bind_target(l, s->kid[1 + i], fits ? v.part[i] : poison(s->span));
}

/* ---- control ---- */

static void lower_if(struct low *l, const struct ast *s)
{
    for (;;) {
        double v;
        struct value c = as_value(l, lower_expr(l, s->kid[0]));
        bool known = c.kind == VALUE_TENSOR && c.known && !c.rank;
        if (!known) {
            if (c.kind == VALUE_TENSOR) {
                fail(l, E0403, s->kid[0]->span, "`if` chooses by what is known at compile time, and this is not");
                fail_help(l, "where(c, a, b) chooses between tensors");
            }
            lose(l, s);
            return;
        }
        v = c.number;
        if (v != 0) {
            lower_block(l, s->kid[1]);
            return;
        }
        const struct ast *other = nth_kid(s, 2);
        if (!other) return;
        if (other->kind != AST_if) {
            lower_block(l, other);
            return;
        }
        s = other;
    }
}

static bool whole_number(struct low *l, const struct ast *e, double *v)
{
    if (!lower_known(l, e, v)) return false;
    if (*v == (double)(int64_t)*v && *v > -1e9 && *v < 1e9) return true;
    fail(l, E0206, e->span, "a range goes from a whole number to a whole number");
    return false;
}

static void lower_repeat(struct low *l, const struct ast *s)
{
    const struct ast *range = s->kid[0];
    double from = 0, to;
    bool ok = range->kind == AST_range ? whole_number(l, range->kid[0], &from) && whole_number(l, range->kid[1], &to)
                                       : whole_number(l, range, &to);
    if (!ok) {
        lose(l, s);
        return;
    }
    struct scope *frame = frame_of(l);
    frame->repeats++;
    for (double i = from; i < to && !frame->returned && !l->too_large; i++) {
        uint32_t errors = l->c->diags.errors;
        bind(l, s->name, number_value(l, i, s->name_span), s->name_span, false);
        lower_block(l, s->kid[1]);
        if (l->c->diags.errors != errors) break; /* the next turns would say it again */
    }
    frame->repeats--;
}

static void lower_return(struct low *l, const struct ast *s)
{
    struct scope *frame = frame_of(l);
    frame->returned = true;
    if (s->n == 1) {
        frame->result = lower_expr(l, s->kid[0]);
        return;
    }
    struct value *part = arena_many(ARENA(l), struct value, s->n);
    for (uint32_t i = 0; i < s->n; i++) part[i] = lower_expr(l, s->kid[i]);
    frame->result = (struct value){.kind = VALUE_TUPLE, .at = s->span, .part = part, .n_parts = s->n};
}

static void lower_model(struct low *l, const struct ast *s)
{
    if (l->model) {
        diag_error(DIAGS(l), E0302, s->span, "a file has one name");
        diag_note(DIAGS(l), l->model->span, "first named here");
        return;
    }
    l->model = s;
    l->program->name = s->name;
}

static void keep_train(struct low *l, const struct ast *s)
{
    if (l->train) {
        diag_error(DIAGS(l), E0302, s->span, "a model is trained one way");
        diag_note(DIAGS(l), l->train->span, "first said here");
        return;
    }
    l->train = s;
}

/* ---- which statement may stand where ---- */

enum {
    FILES = SCOPE_FILE,
    DEFINITIONS = SCOPE_FILE | SCOPE_IMPORT | SCOPE_PRELUDE,
    BODIES = SCOPE_FN | SCOPE_LAYER | SCOPE_OPTIMIZER,
    EVERYWHERE = SCOPE_FILE | BODIES | SCOPE_TEST | SCOPE_LOOP,
};

static const struct {
    enum ast_kind kind;
    unsigned where;
    void (*lower)(struct low *l, const struct ast *s);
    const char *misplaced; /* what to say elsewhere; in an imported file the same is said of all */
} statements[] = {
    {AST_model, FILES, lower_model, "`model` stands at the top of a file"},
    {AST_import, FILES | SCOPE_IMPORT, lower_import, "`import` stands at the top of a file"},
    {AST_dim, EVERYWHERE | SCOPE_PRELUDE, lower_dim, NULL},
    {AST_const, EVERYWHERE | SCOPE_IMPORT | SCOPE_PRELUDE, lower_const, NULL},
    {AST_input, FILES, lower_input, "inputs are declared in the model, not in a block"},
    {AST_param, FILES | SCOPE_LAYER | SCOPE_LOOP, lower_param, "only the model and its layers own parameters"},
    {AST_state, FILES | SCOPE_LAYER | SCOPE_OPTIMIZER, lower_state, "only the model, layers and optimizers keep state"},
    {AST_update, FILES | SCOPE_LAYER | SCOPE_OPTIMIZER | SCOPE_LOOP, lower_update,
     "`<-` updates a state, in the model, a layer or an optimizer"},
    {AST_output, FILES, lower_output, "outputs are named in the model, not in a block"},
    {AST_loss, FILES, lower_loss, "the loss stands in the model, not in a block"},
    {AST_wrt, FILES, lower_wrt, "`wrt` stands in the model, not in a block"},
    {AST_train, FILES, keep_train, "`train` stands in the model, not in a block"},
    {AST_test, FILES, lower_test, "a test stands in the model, not in a block"},
    {AST_expect, SCOPE_TEST, lower_expect, "`expect` stands in a test block"},
    {AST_assign, EVERYWHERE, lower_assign, NULL},
    {AST_fn, DEFINITIONS, define_function, "functions are defined in a file, not in a block"},
    {AST_layer, DEFINITIONS, define_function, "layers are defined in a file, not in a block"},
    {AST_optimizer, DEFINITIONS, define_function, "optimizers are defined in a file, not in a block"},
    {AST_repeat, EVERYWHERE, lower_repeat, NULL},
    {AST_for, EVERYWHERE, lower_for, NULL},
    {AST_if, EVERYWHERE, lower_if, NULL},
    {AST_return, SCOPE_FN | SCOPE_LAYER, lower_return, "`return` stands in a function or layer"},
    {AST_error, EVERYWHERE | DEFINITIONS, lower_error, NULL},
};

static void lower_statement(struct low *l, const struct ast *s)
{
    set_here(l, s->span);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (statements[i].kind != s->kind) continue;
        unsigned where = frame_of(l)->kind;
        bool in_loop = l->loop && l->scope == l->loop->scope, fits = statements[i].where & where;
        if (fits && (!in_loop || statements[i].where & SCOPE_LOOP)) {
            statements[i].lower(l, s);
        } else {
            bool imported = where & SCOPE_IMPORT;
            fail(l, E0401,
                 s->name_span.hi ? span_join((struct span){s->span.lo, s->span.lo + 1}, s->name_span) : s->span, "%s",
                 fits       ? "this stands outside of loops, not in the body of one"
                 : imported ? "an imported file defines functions, layers, optimizers and constants"
                            : statements[i].misplaced);
            lose(l, s);
        }
        break;
    }
    if (l->graph->full && !l->too_large) {
        l->too_large = true;
        fail(l, E0601, s->span, "the program has more than a million nodes here");
    }
}

void lower_block(struct low *l, const struct ast *block)
{
    struct scope *frame = frame_of(l);
    for (uint32_t i = 0; i < block->n && !frame->returned && !l->too_large; i++)
        if (block->kid[i]) lower_statement(l, block->kid[i]);
}

/* ---- the file ---- */

/* The comment lines that begin the file, without their marks. */
static const char *leading_comment(struct low *l, const struct ast *file)
{
    const struct source *f = source_of(&l->c->sources, file->span.lo);
    struct text t = text_new(ARENA(l));
    const char *s = f ? f->text : "";
    while (*s == '#') {
        const char *end = strchr(s, '\n');
        if (!end) end = s + strlen(s);
        while (*s == '#') s++;
        if (*s == ' ') s++;
        const char *stop = end;
        while (stop > s && (stop[-1] == '\r' || stop[-1] == ' ')) stop--;
        if (t.n) text_char(&t, '\n');
        text_putn(&t, s, (size_t)(stop - s));
        s = *end ? end + 1 : end;
    }
    return t.n ? t.s : NULL;
}

static void check_defines(struct low *l)
{
    const struct lower_options *o = l->options;
    for (uint32_t i = 0; i < o->n_defines; i++) {
        if (l->define_used[i]) continue;
        vec(const char *) names = {0};
        struct binding **list;
        uint32_t n = bindings_in_order(l, l->file, &list);
        for (uint32_t j = 0; j < n; j++)
            if (list[j]->value.kind == VALUE_DIM || (list[j]->declared && list[j]->value.known))
                vec_push(ARENA(l), &names, list[j]->name);
        diag_error(DIAGS(l), E0301, (struct span){0, 0}, "-D %s: the file has no dim or constant of this name",
                   o->defines[i].name);
        const char *near = nearest_name(o->defines[i].name, names.at, names.n);
        if (near) diag_help(DIAGS(l), "did you mean '%s'?", near);
    }
}

static void check_passes(struct low *l)
{
    const char *wrong;
    size_t n;
    if (!l->options->without || passes_read(l->options->without, &l->program->without, &wrong, &n)) return;
    struct text all = text_new(ARENA(l));
    for (const char *const *name = pass_names; *name; name++) text_printf(&all, "%s%s", all.n ? ", " : "", *name);
    diag_error(DIAGS(l), E0301, (struct span){0, 0}, "there is no pass '%.*s' to do without", (int)n, wrong);
    diag_help(DIAGS(l), "the passes are %s", all.s);
}

/* --optimizer replaces what the file says. */
static void parse_optimizer(struct low *l)
{
    const char *text = l->options->optimizer;
    struct text t = text_new(ARENA(l));
    text_put(&t, "train ");
    text_put(&t, text);
    const struct source *f = source_add(&l->c->sources, "--optimizer", t.s, t.n);
    const struct ast *tree = f ? parse_source(l->c, f) : NULL;
    if (!tree) return;
    if (tree->n == 1 && tree->kid[0]->kind == AST_train)
        l->train = tree->kid[0];
    else
        diag_error(DIAGS(l), E0401, tree->span, "--optimizer takes what may stand after `train`");
}

static struct low *low_new(struct context *c, const struct lower_options *o)
{
    struct low *l = arena_new(&c->arena, struct low);
    l->c = c;
    l->options = o;
    l->program = arena_new(&c->arena, struct ir_program);
    l->program->context = c;
    l->program->name = o->stem;
    l->program->loss = -1;
    l->program->tables = ir_tables_new(&c->arena);
    l->program->graph = l->graph = ir_graph_new(l->program->tables);
    l->sizes = l->program->tables->sizes;
    l->define_used = arena_many(&c->arena, bool, o->n_defines);
    l->root = l->owner = arena_new(&c->arena, struct owner);
    l->root->path = "";
    l->root->run = 1;
    return l;
}

struct ir_program *lower_file(struct context *c, const struct ast *file, const struct lower_options *o)
{
    struct low *l = low_new(c, o);
    load_prelude(l);
    l->program->doc = leading_comment(l, file);
    l->scope = l->file = scope_new(l, SCOPE_FILE, l->prelude);
    l->file->path = o->path;
    l->file->tree = file;
    wrt_collect(l, file);
    for (uint32_t i = 0; i < file->n; i++)
        if (file->kid[i] && file->kid[i]->kind == AST_wrt)
            for (uint32_t j = 0; j < file->kid[i]->n; j++)
                if (file->kid[i]->kid[j]->kind == AST_name_ref) wrt_add(l, file->kid[i]->kid[j]->name);
    lower_block(l, file);
    if (o->optimizer) parse_optimizer(l);
    check_defines(l);
    check_passes(l);
    if (!c->diags.errors) {
        check_samples(l);
        group_params(l);
        name_layer_results(l);
    }
    finish_results(l);
    lower_train(l);
    return c->diags.errors ? NULL : l->program;
}
