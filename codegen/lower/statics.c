/* Static arguments: what stands in a call's [ ], and what a function takes there. Upper-case parameters are sizes,
 * lower-case ones axes, `..` any number of sizes. */
#include "codegen/lower/state.h"

static bool is_upper(const char *name)
{
    return name[0] >= 'A' && name[0] <= 'Z';
}

struct value size_value(struct axis a, struct span at)
{
    struct value v = {.kind = VALUE_DIM, .at = at, .dim = a.dim};
    v.axis[0] = a;
    return v;
}

/* One static argument as it is written: a size, or part of what `..` holds. */
struct item {
    const struct ast *tree;
    struct axis axis; /* of `..` */
};

static bool size_of_item(struct low *l, const struct item *i, struct axis *a)
{
    if (i->tree->kind != AST_ellipsis) return lower_size(l, i->tree, a);
    *a = i->axis;
    return true;
}

static bool lower_static(struct low *l, const struct ast *p, const struct item *i, struct value *v)
{
    struct axis a;
    if (is_upper(p->name)) {
        if (!size_of_item(l, i, &a)) return false;
        *v = size_value(a, i->tree->span);
        return true;
    }
    *v = (struct value){.kind = VALUE_AXIS, .at = i->tree->span};
    return lower_axes(l, i->tree, &v->axes, &v->n_axes);
}

struct scope *scope_of_function(struct low *l, const struct function *f, enum scope_kind kind)
{
    struct scope *s = scope_new(l, kind, f->home);
    s->library = f->home->library;
    s->cut = s->library ? UINT32_MAX : f->serial;
    return s;
}

static bool lower_static_default(struct low *l, const struct function *f, const struct ast *p, struct value *v)
{
    struct scope *outer = l->scope;
    l->scope = scope_of_function(l, f, SCOPE_FN);
    bool ok = lower_static(l, p, &(struct item){.tree = p->kid[0]}, v);
    l->scope = outer;
    return ok;
}

/* What stands in the call's [ ], with `..` replaced by what it holds there. */
struct items {
    struct item at[2 * RANK_MAX];
    uint32_t n, next; /* the first that no parameter has taken */
};

static bool written_items(struct low *l, const struct call *c, struct items *out)
{
    const struct ast *b = c->bracket;
    for (uint32_t i = 0; b && i < b->n; i++) {
        const struct ast *k = b->kid[i];
        const struct axis *rest = NULL;
        uint8_t n = 1;
        if (k->kind == AST_arg) continue;
        if (k->kind == AST_ellipsis && !find_rest(l, &rest, &n)) {
            fail(l, E0202, k->span, "`..` holds nothing here");
            return false;
        }
        for (uint8_t j = 0; j < n; j++) {
            if (out->n == 2 * RANK_MAX) {
                fail(l, E0304, b->span, "too many sizes for '%s'", c->name);
                return false;
            }
            out->at[out->n++] = (struct item){k, rest ? rest[j] : (struct axis){0}};
        }
    }
    return true;
}

static const struct ast *named_item(const struct ast *bracket, const char *name)
{
    for (uint32_t i = 0; bracket && i < bracket->n; i++)
        if (bracket->kid[i]->kind == AST_arg && bracket->kid[i]->name == name) return bracket->kid[i]->kid[0];
    return NULL;
}

static bool names_known(struct low *l, const struct call *c, const struct ast *formal)
{
    for (uint32_t i = 0; c->bracket && i < c->bracket->n; i++) {
        const struct ast *k = c->bracket->kid[i];
        bool known = k->kind != AST_arg;
        for (uint32_t j = 0; formal && !known && j < formal->n; j++) known = formal->kid[j]->name == k->name;
        if (known) continue;
        fail(l, E0304, k->span, "'%s' has no static parameter '%s'", c->name, k->name);
        return false;
    }
    return true;
}

/* The i-th of n static parameters, from what is left of the items. */
static bool fill_static(struct low *l, const struct function *f, const struct call *c, struct items *items, uint32_t i,
                        struct value *v)
{
    const struct ast *formal = f->tree->kid[0], *p = formal->kid[i];
    const struct ast *named = p->name ? named_item(c->bracket, p->name) : NULL;
    if (p->kind == AST_ellipsis) { /* takes all but what the parameters after it need */
        uint32_t after = formal->n - i - 1, left = items->n - items->next, many = left > after ? left - after : 0;
        *v = (struct value){.kind = VALUE_DIM, .at = c->at};
        if (many > RANK_MAX) many = RANK_MAX;
        for (; many--; items->next++)
            if (!size_of_item(l, &items->at[items->next], &v->axis[v->rank++])) return false;
        return true;
    }
    if (named) return lower_static(l, p, &(struct item){.tree = named}, v);
    if (items->next < items->n) return lower_static(l, p, &items->at[items->next++], v);
    if (p->kind == AST_arg) return lower_static_default(l, f, p, v);
    const char *what = is_upper(p->name) ? "size" : "axis";
    fail(l, E0304, c->at, "'%s' needs its %s '%s': %s[%s]", c->name, what, p->name, c->name, p->name);
    return false;
}

bool lower_statics(struct low *l, const struct function *f, const struct call *c, struct value **statics)
{
    const struct ast *formal = nth_kid(f->tree, 0);
    uint32_t n = formal ? formal->n : 0;
    struct items items = {.n = 0};
    struct value *out = *statics = arena_many(ARENA(l), struct value, n);
    if (!names_known(l, c, formal)) return false;
    if (n == 1 && formal->kid[0]->name && !is_upper(formal->kid[0]->name) && c->bracket && c->bracket->n &&
        c->bracket->kid[0]->kind != AST_arg) { /* one axis parameter takes the whole bracket */
        out[0] = (struct value){.kind = VALUE_AXIS, .at = c->bracket->span};
        return lower_axes(l, c->bracket, &out[0].axes, &out[0].n_axes);
    }
    if (!written_items(l, c, &items)) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!fill_static(l, f, c, &items, i, &out[i])) return false;
    if (items.next == items.n) return true;
    if (!n)
        fail(l, E0304, c->bracket->span, "'%s' takes nothing in brackets", c->name);
    else
        fail(l, E0304, items.at[items.next].tree->span, "'%s' takes %u in its brackets, and this is one more", c->name,
             n);
    return false;
}
