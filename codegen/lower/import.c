/* Definitions from elsewhere: the prelude, parsed once a compilation and lowered only where it is used, and files that
 * the model imports. */
#include "codegen/lower/state.h"

#include <string.h>

static bool signature_is_sound(struct low *l, const struct ast *s)
{
    const struct ast *params = s->kid[1], *formal = nth_kid(s, 0);
    for (uint32_t i = 0; formal && i < formal->n; i++) {
        const struct ast *k = formal->kid[i];
        if (k->kind == AST_name_ref || k->kind == AST_arg || k->kind == AST_ellipsis) continue;
        fail(l, E0402, k->span, "a static parameter is a name, in upper case for a size and in lower case for an axis");
        return false;
    }
    for (uint32_t i = 0; i < params->n; i++) {
        const struct ast *shape = nth_kid(params->kid[i], 0);
        for (uint32_t j = 0; shape && j < shape->n; j++) {
            const struct ast *k = shape->kid[j];
            if (k->kind != AST_name_ref || (k->name[0] >= 'A' && k->name[0] <= 'Z')) continue;
            fail(l, E0402, k->span, "the name of a dim begins with an upper-case letter");
            return false;
        }
        for (uint32_t j = 0; j < i; j++)
            if (params->kid[i]->name == params->kid[j]->name) {
                diag_error(DIAGS(l), E0302, params->kid[i]->name_span, "'%s' is a parameter already",
                           params->kid[i]->name);
                return false;
            }
    }
    return true;
}

void define_function(struct low *l, const struct ast *s)
{
    struct value v = {.kind = VALUE_FUNCTION, .at = s->name_span};
    if (!name_free(l, s->name, s->name_span)) return;
    if (!l->scope->library && !signature_is_sound(l, s)) v.kind = VALUE_POISON;
    struct function *f = arena_new(ARENA(l), struct function);
    *f = (struct function){.name = s->name, .tree = s, .home = l->scope};
    f->kind = s->kind == AST_fn ? FUNCTION_FN : s->kind == AST_layer ? FUNCTION_LAYER : FUNCTION_OPTIMIZER;
    v.function = f;
    struct binding *b = bind(l, s->name, v, s->name_span, true);
    if (b) f->serial = b->serial;
}

/* ---- the prelude ----
 * Every definition begins at the start of a line and goes on to the next one's. What a model does not use is never
 * parsed: that is most of it, and most of the time a small model takes. */

static const struct {
    const char *word;
    enum function_kind kind;
} definitions[] = {{"fn ", FUNCTION_FN}, {"layer ", FUNCTION_LAYER}, {"optimizer ", FUNCTION_OPTIMIZER}};

struct definition {
    const char *at; /* where its line begins; the end of the text if there is none */
    const char *name;
    enum function_kind kind;
};

static struct definition next_definition(const char *s)
{
    struct definition d = {s, s, FUNCTION_FN};
    for (; *d.at; d.at += strcspn(d.at, "\n"), d.at += *d.at == '\n')
        for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++) {
            size_t n = strlen(definitions[i].word);
            if (strncmp(d.at, definitions[i].word, n) != 0) continue;
            d.kind = definitions[i].kind;
            d.name = d.at + n;
            return d;
        }
    return d;
}

static void load_definitions(struct low *l, const struct source *file)
{
    struct definition next = next_definition(file->text);
    while (*next.at) {
        struct definition d = next;
        next = next_definition(d.name);
        struct function *f = arena_new(ARENA(l), struct function);
        size_t n = strcspn(d.name, "[( ");
        uint32_t at = file->base + (uint32_t)(d.name - file->text);
        *f = (struct function){.kind = d.kind, .name = name_of(&l->c->names, d.name, n), .home = l->scope};
        uint32_t start = (uint32_t)(d.at - file->text), size = (uint32_t)(next.at - d.at);
        f->text = (struct source){file->path, d.at, file->base + start, size};
        struct value v = {.kind = VALUE_FUNCTION, .at = {at, at + (uint32_t)n}, .function = f};
        bind(l, f->name, v, v.at, true);
    }
}

void load_prelude(struct low *l)
{
    l->prelude = l->scope = scope_new(l, SCOPE_PRELUDE, NULL);
    l->prelude->library = true;
    l->prelude_text.lo = l->c->sources.next;
    for (const struct prelude_file *p = prelude_files; p->text; p++) {
        const struct source *f = source_add(&l->c->sources, p->path, p->text, strlen(p->text));
        l->prelude_text.hi = l->c->sources.next;
        if (f) load_definitions(l, f);
    }
}

bool parse_definition(struct low *l, struct function *f)
{
    const struct ast *tree = parse_source(l->c, &f->text);
    if (tree && tree->n) f->tree = tree->kid[0];
    return f->tree != NULL;
}

/* ---- imports ---- */

/* What the file defines becomes visible here, in its order. */
static void take_names(struct low *l, const struct scope *from, const struct ast *s)
{
    struct binding **own;
    uint32_t n = bindings_in_order(l, from, &own);
    for (uint32_t i = 0; i < n; i++) {
        if (own[i]->imported || (!own[i]->declared && own[i]->value.kind != VALUE_POISON)) continue;
        struct binding *old = scope_find(l->scope, own[i]->name, UINT32_MAX);
        if (old && old->value.at.lo == own[i]->value.at.lo && old->value.at.lo) continue; /* by two ways */
        if (old && own[i]->value.kind == VALUE_POISON) continue;
        if (old) {
            diag_error(DIAGS(l), E0302, s->span, "'%s' of \"%s\" is bound already", own[i]->name, s->name);
            diag_note(DIAGS(l), old->at, "first bound here");
            continue;
        }
        struct binding *b = bind(l, own[i]->name, own[i]->value, own[i]->at, own[i]->declared);
        if (b) b->imported = true;
    }
}

static struct scope *read_file(struct low *l, const struct ast *s)
{
    const struct lower_options *o = l->options;
    struct text t = text_new(ARENA(l));
    const char *found = NULL, *why = "this use of the compiler reads no files";
    if (!o->read || !o->read(o->user, l->scope->path, s->name, &t, &found, &why)) {
        diag_error(DIAGS(l), E0901, s->name_span, "cannot import \"%s\": %s", s->name, why);
        return NULL;
    }
    bool itself = l->file->path && !strcmp(found, l->file->path);
    for (uint32_t i = 0; i < l->files.n && !itself; i++) {
        struct scope *f = l->files.at[i];
        if (strcmp(f->path, found) != 0) continue;
        if (!f->loading) return f;
        itself = true;
    }
    if (itself) {
        diag_error(DIAGS(l), E0602, s->name_span, "\"%s\" imports itself, at once or by way of others", s->name);
        return NULL;
    }
    struct scope *outer = l->scope, *f = scope_new(l, SCOPE_IMPORT, l->prelude);
    f->path = arena_strndup(ARENA(l), found, strlen(found));
    f->loading = true;
    vec_push(ARENA(l), &l->files, f);
    const struct source *text = source_add(&l->c->sources, found, t.s ? t.s : "", t.n);
    const struct ast *tree = text ? parse_recovered(l->c, text) : NULL;
    if (!tree) return NULL;
    f->tree = tree;
    wrt_collect(l, tree);
    l->scope = f;
    lower_block(l, tree);
    l->scope = outer;
    f->loading = false;
    return f;
}

void lower_import(struct low *l, const struct ast *s)
{
    const struct scope *f = read_file(l, s);
    if (f)
        take_names(l, f, s);
    else
        l->lost_import = true;
}
