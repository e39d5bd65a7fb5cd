/* Scopes: who sees which name. A body's frame hangs below the file its function stands in, a file below the prelude;
 * the primitives come last. What was bound later than the function is out of its sight. */
#include "codegen/lower/state.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t hash_name(const char *name)
{
    return (uint32_t)(((uintptr_t)name >> 3) * 0x9E3779B1u);
}

struct scope *scope_new(struct low *l, enum scope_kind kind, struct scope *parent)
{
    struct scope *s = arena_new(ARENA(l), struct scope);
    *s = (struct scope){.kind = kind, .parent = parent, .cut = UINT32_MAX, .cap = kind == SCOPE_FILE ? 256 : 8};
    if (parent) s->path = parent->path, s->library = parent->library && kind != SCOPE_FILE && kind != SCOPE_IMPORT;
    s->slot = arena_many(ARENA(l), struct binding *, s->cap);
    return s;
}

static struct binding **slot_of(const struct scope *s, const char *name)
{
    uint32_t i = hash_name(name) & (s->cap - 1);
    while (s->slot[i] && s->slot[i]->name != name) i = (i + 1) & (s->cap - 1);
    return &s->slot[i];
}

static void grow(struct low *l, struct scope *s)
{
    struct binding **old = s->slot;
    uint32_t cap = s->cap;
    s->cap *= 4;
    s->slot = arena_many(ARENA(l), struct binding *, s->cap);
    for (uint32_t i = 0; i < cap; i++)
        if (old[i]) *slot_of(s, old[i]->name) = old[i];
}

struct binding *scope_find(const struct scope *s, const char *name, uint32_t cut)
{
    struct binding *b = *slot_of(s, name);
    while (b && b->serial > cut) b = b->older;
    return b;
}

static struct binding *put(struct low *l, struct scope *s, const char *name, struct value v, struct span at)
{
    if (s->n * 2 >= s->cap) grow(l, s);
    struct binding **slot = slot_of(s, name), *b = arena_new(ARENA(l), struct binding);
    *b = (struct binding){.name = name, .value = v, .at = at, .serial = ++l->serial, .older = *slot};
    s->n += !*slot;
    *slot = b;
    return b;
}

struct scope *frame_of(struct low *l)
{
    struct scope *s = l->scope;
    while (s->kind == SCOPE_INNER) s = s->parent;
    return s;
}

struct value number_value(struct low *l, double v, struct span at)
{
    return (struct value){
        .kind = VALUE_TENSOR, .at = at, .type = IR_REAL, .known = true, .number = v, .id = ir_const(l->graph, v)};
}

/* What is known beforehand: constants, the sizes an initialiser may use, and primitives, bound on first use. */
static struct binding *find_given(struct low *l, const char *name)
{
    static const struct {
        const char *name;
        double value;
    } numbers[] = {{"pi", 3.14159265358979323846}, {"inf", INFINITY}, {"nan", NAN}, {"none", 1}}; /* none: all may be seen */
    struct span nowhere = {0, 0};
    if (l->init.on && (!strcmp(name, "fan_in") || !strcmp(name, "fan_out"))) {
        struct binding *b = arena_new(ARENA(l), struct binding);
        double fan = name[4] == 'i' ? l->init.fan_in : l->init.fan_out;
        *b = (struct binding){.name = name, .value = number_value(l, fan, nowhere)};
        return b;
    }
    if (l->optimizer && !strcmp(name, "g_norm")) {
        struct binding *b = arena_new(ARENA(l), struct binding);
        *b = (struct binding){.name = name, .value = gradient_norm(l)};
        return b;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!strcmp(name, numbers[i].name))
            return put(l, l->prelude, name, number_value(l, numbers[i].value, nowhere), nowhere);
    if (!strcmp(name, "training")) {
        ir_id id = ir_leaf(l->graph, OP_training, IR_REAL, ir_scalar_shape(l->graph->tables), 0, 0);
        struct value v = {.kind = VALUE_TENSOR, .type = IR_REAL, .id = id};
        return put(l, l->prelude, name, v, nowhere);
    }
    primitive *p = find_primitive(name);
    if (!p) return NULL;
    struct function *f = arena_new(ARENA(l), struct function);
    *f = (struct function){.kind = FUNCTION_PRIMITIVE, .name = name, .primitive = p};
    return put(l, l->prelude, name, (struct value){.kind = VALUE_FUNCTION, .function = f}, nowhere);
}

/* What the prelude defines is parsed when it is first asked for. */
static void use_definition(struct low *l, struct binding *b)
{
    struct function *f = (struct function *)b->value.function;
    if (b->value.kind != VALUE_FUNCTION || f->kind == FUNCTION_PRIMITIVE || f->tree) return;
    if (!parse_definition(l, f)) b->value.kind = VALUE_POISON;
}

struct binding *find_binding(struct low *l, const char *name)
{
    uint32_t cut = UINT32_MAX;
    for (const struct scope *s = l->scope; s; s = s->parent) {
        if (s->kind == SCOPE_PRELUDE) cut = UINT32_MAX;
        struct binding *b = scope_find(s, name, cut);
        if (b && s->kind == SCOPE_PRELUDE) use_definition(l, b);
        if (b) return b;
        if (s->cut < cut) cut = s->cut;
    }
    return find_given(l, name);
}

const struct value *find_name(struct low *l, const char *name)
{
    struct binding *b = find_binding(l, name);
    return b ? &b->value : NULL;
}

/* Where the file binds the name below the place that wants it; NULL if nowhere. */
static const struct ast *bound_below(const struct ast *file, const char *name, uint32_t after)
{
    for (uint32_t i = 0; i < file->n; i++) {
        const struct ast *s = file->kid[i];
        if (s->span.lo < after) continue;
        if ((s->kind == AST_fn || s->kind == AST_layer || s->kind == AST_optimizer || s->kind == AST_loss) &&
            s->name == name)
            return s;
        for (uint32_t j = 0; j < s->n; j++) {
            const struct ast *k = s->kid[j];
            if (k && k->name == name &&
                (k->kind == AST_target || k->kind == AST_decl || k->kind == AST_dim_one || k->kind == AST_out))
                return k;
        }
    }
    return NULL;
}

static int by_serial(const void *a, const void *b)
{
    uint32_t x = (*(struct binding *const *)a)->serial, y = (*(struct binding *const *)b)->serial;
    return (x > y) - (x < y);
}

uint32_t bindings_in_order(struct low *l, const struct scope *s, struct binding ***list)
{
    uint32_t n = 0;
    *list = arena_many(ARENA(l), struct binding *, s->n);
    for (uint32_t i = 0; i < s->cap; i++)
        if (s->slot[i]) (*list)[n++] = s->slot[i];
    if (n) qsort(*list, n, sizeof **list, by_serial);
    return n;
}

/* What is near by its letters, what others call so, or how names come to be. */
static void help_unknown(struct low *l, const char *name, const char *near, bool called)
{
    bool letter = strlen(name) == 1, typo = near && (!letter || same_but_case(name, near)); /* all letters are near */
    const char *cure = foreign_name(name);
    if (l->notation && !typo && !called && name[0] >= 'a' && name[0] <= 'z')
        diag_help(DIAGS(l), "an index variable stands on the left or in a reducer: y[%s] = ..., sum[%s](...)", name, name);
    else if (typo && (!cure || same_but_case(name, near)))
        diag_help(DIAGS(l), "did you mean '%s'?", near);
    else if (cure)
        diag_help(DIAGS(l), "%s", cure);
    else if (called)
        diag_help(DIAGS(l), "functions are defined above their use, as in `fn %s(x) = ...`; `nngen ops` lists the rest", name);
    else if (name[0] >= 'A' && name[0] <= 'Z')
        diag_help(DIAGS(l), "names are declared above their use: `dim %s = 4` a size, `input %s[..]` or `param` a tensor", name,
                  name);
    else
        diag_help(DIAGS(l), "names are declared or bound above their use: `input %s`, `param %s = 0`, `%s = ...`", name, name,
                  name);
}

void report_unknown(struct low *l, const char *name, struct span at, bool called)
{
    vec(const char *) names = {0};
    const struct ast *below = NULL;
    uint32_t cut = UINT32_MAX;
    if (l->lost_import) return;
    diag_error(DIAGS(l), E0301, at, "nothing called '%s' is bound here", name);
    if (DIAGS(l)->last_dropped) return;
    for (const struct scope *s = l->scope; s; s = s->parent) {
        struct binding **list;
        uint32_t n = bindings_in_order(l, s, &list);
        if (s->kind == SCOPE_PRELUDE) cut = UINT32_MAX;
        for (uint32_t i = 0; i < n; i++)
            if (scope_find(s, list[i]->name, cut)) vec_push(ARENA(l), &names, list[i]->name);
        if (s->tree && !below) below = bound_below(s->tree, name, at.lo);
        if (s->cut < cut) cut = s->cut;
    }
    for (const struct builtin_info *b = builtin_infos; b->name; b++) vec_push(ARENA(l), &names, b->name);
    if (below) {
        diag_note(DIAGS(l), below->name_span.hi ? below->name_span : below->span, "it is bound below its use");
        return;
    }
    const char *near = nearest_name(name, names.at, names.n);
    help_unknown(l, name, near, called);
}

static void report_taken(struct low *l, const char *name, struct span at, const struct binding *old, bool declared)
{
    diag_error(DIAGS(l), E0302, at, "'%s' is bound already", name);
    diag_note(DIAGS(l), old->at, "first bound here");
    if (declared) return;
    if (old->as == BOUND_STATE)
        diag_help(DIAGS(l), "a state is updated by `%s <- ...`", name);
    else
        diag_help(DIAGS(l), "what is declared keeps its value: take another name");
}

static bool same_place(struct span a, struct span b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

/* What a broken statement of an imported file may have bound, or not. */
static bool only_perhaps(const struct binding *b)
{
    return b->imported && b->value.kind == VALUE_POISON;
}

bool name_free(struct low *l, const char *name, struct span at)
{
    struct binding *old = scope_find(frame_of(l), name, UINT32_MAX);
    if (old && only_perhaps(old)) return true;
    if (old) report_taken(l, name, at, old, true);
    return !old;
}

bool name_free_in_turn(struct low *l, const char *name, struct span at)
{
    struct binding *old = scope_find(frame_of(l), name, UINT32_MAX);
    return (old && same_place(old->at, at)) || name_free(l, name, at);
}

/* A node of its own, that nothing equal is taken for. A known number may still say a size. Integers have no derivative,
 * and index variables are known by their node. */
static void make_own(struct low *l, struct value *v)
{
    if (v->kind != VALUE_TENSOR || !v->id || v->type == IR_INT) return;
    v->id = ir_bind(l->graph, v->id);
}

static bool in_wrt(const struct low *l, const char *name)
{
    if (!l->wrt_cap) return false;
    uint32_t i = hash_name(name) & (l->wrt_cap - 1);
    while (l->wrt[i] && l->wrt[i] != name) i = (i + 1) & (l->wrt_cap - 1);
    return l->wrt[i] != NULL;
}

struct binding *bind(struct low *l, const char *name, struct value v, struct span at, bool declared)
{
    struct scope *s = l->scope;
    struct binding *old = *slot_of(s, name);
    bool again = old && same_place(old->at, at); /* another turn of a `repeat` */
    if (old && !again && !only_perhaps(old) && (declared || old->declared)) {
        report_taken(l, name, at, old, declared);
        if (old->value.kind == VALUE_INSTANCE)
            old->value.kind = VALUE_POISON; /* `h = dense[3](x) as h`: h is asked for below */
        return NULL;
    }
    if (!may_bind_in_loop(l, name, at)) return NULL;
    if (v.kind == VALUE_TENSOR && v.id && !s->library) {
        /* equal numbers are one node, and a test names nothing of the model */
        if (!known_constant(l, &v) && !l->test) ir_name(l->graph, v.id, name);
        if (in_wrt(l, name)) {
            make_own(l, &v);
            ir_name(l->graph, v.id, name);
        }
    } /* nothing in the prelude divides by its own names: what the file divides by is another name there */
    struct binding *b = put(l, s, name, v, at);
    b->declared = declared;
    return b;
}

void bind_name(struct low *l, const char *name, struct value v, struct span at, bool declared)
{
    bind(l, name, v, at, declared);
}

bool find_rest(struct low *l, const struct axis **axis, uint8_t *rank)
{
    const struct scope *s = l->scope;
    while (s->kind == SCOPE_INNER && !s->has_rest) s = s->parent;
    if (!s->has_rest) return false;
    *axis = s->rest;
    *rank = s->n_rest;
    return true;
}

void open_scope(struct low *l)
{
    l->scope = scope_new(l, SCOPE_INNER, l->scope);
}

void close_scope(struct low *l)
{
    assert(l->scope->kind == SCOPE_INNER);
    l->scope = l->scope->parent;
}

/* ---- the names that derivatives divide by ---- */

void wrt_add(struct low *l, const char *name)
{
    if (in_wrt(l, name)) return;
    if (l->n_wrt * 2 >= l->wrt_cap) {
        const char **old = l->wrt;
        uint32_t cap = l->wrt_cap;
        l->wrt_cap = cap ? cap * 2 : 16;
        l->wrt = arena_many(ARENA(l), const char *, l->wrt_cap);
        l->n_wrt = 0;
        for (uint32_t i = 0; i < cap; i++)
            if (old[i]) wrt_add(l, old[i]);
    }
    uint32_t i = hash_name(name) & (l->wrt_cap - 1);
    while (l->wrt[i]) i = (i + 1) & (l->wrt_cap - 1);
    l->wrt[i] = name;
    l->n_wrt++;
}

static bool differentiates(const struct ast *e)
{
    static const char *const names[] = {"grad", "jacobian", "hessian", "vjp", "jvp"};
    if (e->kind != AST_call || e->n < 3 || e->kid[0]->kind != AST_name_ref) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(e->kid[0]->name, names[i])) return true;
    return false;
}

/* Chains grow to the left and may be as long as the file: those are walked in a loop. */
void wrt_collect(struct low *l, const struct ast *tree)
{
    while (tree) {
        const struct ast *x = tree->kind == AST_deriv ? tree->kid[1] : differentiates(tree) ? tree->kid[2] : NULL;
        if (x && x->kind == AST_arg) x = x->kid[0];
        if (x && x->kind == AST_name_ref) wrt_add(l, x->name);
        for (uint32_t i = 1; i < tree->n; i++)
            if (tree->kid[i]) wrt_collect(l, tree->kid[i]);
        tree = tree->n ? tree->kid[0] : NULL;
    }
}
