/* How arguments meet parameters, and the shapes that parameters are written with.
 *
 * A size written in a shape is a name for the axis it meets. Where that axis bears a dim, the name is another name of
 * the dim; where it is nameless, or two names meet the same dim (x[T, T] for x[I, J]), the body gets a dim of its own,
 * which the results lose again on the way out. */
#include "codegen/lower/state.h"

#include <string.h>

struct axis outer_axis(struct axis a)
{
    while (a.dim && a.dim->local) a = ((const struct local_dim *)a.dim)->origin;
    return a;
}

static struct axis leave_axis(struct axis a, const struct scope *frame)
{
    while (a.dim && a.dim->local && ((const struct local_dim *)a.dim)->made_by == frame)
        a = ((const struct local_dim *)a.dim)->origin;
    return a;
}

struct value leave_frame(struct low *l, struct value v, const struct scope *frame)
{
    if (v.kind == VALUE_TUPLE) {
        struct value *part = arena_many(ARENA(l), struct value, v.n_parts);
        for (uint32_t i = 0; i < v.n_parts; i++) part[i] = leave_frame(l, v.part[i], frame);
        v.part = part;
        return v;
    }
    for (uint8_t i = 0; i < v.rank; i++) v.axis[i] = leave_axis(v.axis[i], frame);
    if (v.kind == VALUE_DIM && v.dim) {
        v.axis[0] = leave_axis((struct axis){v.dim, v.dim->size}, frame);
        v.dim = v.axis[0].dim;
    }
    if (v.below) v.below = leave_axis((struct axis){v.below, v.below_size}, frame).dim;
    return v;
}

/* ---- shapes of parameters ---- */

struct group { /* a name written in shapes, and the axis it stands for */
    const char *name;
    struct axis axis;
    const struct value *first; /* the argument that said so; NULL: said in [ ] */
    bool fixed;                /* a dim of the file */
    struct span at;
};
struct meets { /* an axis of an argument and what is written for it */
    const struct ast *item;
    uint32_t arg, group; /* group UINT32_MAX: a size to be worked out */
    uint8_t axis;
};
struct patterns {
    const struct function *f;
    const char *called;
    struct scope *frame;
    struct value *arg;
    const struct ast *params;
    vec(struct group) groups;
    vec(struct meets) meets;
};

static const char *arg_name(const struct patterns *p, uint32_t arg)
{
    return p->params->kid[arg]->name;
}

static bool axes_differ(struct low *l, const struct patterns *p, const struct meets *m, struct axis want,
                        const struct value *first)
{
    const struct value *v = &p->arg[m->arg];
    const char *item = text_of(l, m->item->span), *is = size_text(l, want);
    const char *with = strcmp(item, is) ? arena_printf(ARENA(l), " with %s = %s", item, is) : "";
    fail(l, E0201, v->at, "'%s' of '%s' is written %s%s, and this is %s", arg_name(p, m->arg), p->called,
         text_of(l, p->params->kid[m->arg]->kid[0]->span), with, shape_text(l, v->axis, v->rank));
    if (first)
        fail_note(l, first->at, "%s comes from here, %s", item, shape_text(l, first->axis, first->rank));
    else if (want.dim)
        fail_note(l, want.dim->at, "%s is declared here", want.dim->name);
    return false;
}

static uint32_t group_of(struct low *l, struct patterns *p, const struct ast *item, struct axis axis,
                         const struct value *first)
{
    for (uint32_t i = 0; i < p->groups.n; i++)
        if (p->groups.at[i].name == item->name) return i;
    struct group g = {.name = item->name, .axis = axis, .first = first, .at = item->span};
    const struct value *seen = find_name(l, item->name);
    if (seen && seen->kind == VALUE_DIM) {
        g.axis = seen->dim ? (struct axis){seen->dim, seen->dim->size} : seen->axis[0];
        g.fixed = true;
        g.first = NULL;
    }
    vec_push(ARENA(l), &p->groups, g);
    return p->groups.n - 1;
}

static bool meet_item(struct low *l, struct patterns *p, const struct ast *item, uint32_t arg, uint8_t k)
{
    struct meets m = {.item = item, .arg = arg, .group = UINT32_MAX, .axis = k};
    struct axis axis = p->arg[arg].axis[k];
    if (item->kind == AST_name_ref) {
        m.group = group_of(l, p, item, axis, &p->arg[arg]);
        struct group *g = &p->groups.at[m.group];
        if (!axis_equal(l, g->axis, axis)) return axes_differ(l, p, &m, g->axis, g->first);
        if (!g->axis.dim) g->axis = axis;
    }
    vec_push(ARENA(l), &p->meets, m);
    return true;
}

static bool meet_rest(struct low *l, struct patterns *p, uint32_t arg, uint8_t from, uint8_t n)
{
    struct scope *s = p->frame;
    struct value *v = &p->arg[arg];
    bool same = !s->has_rest || s->n_rest == n;
    for (uint8_t i = 0; same && s->has_rest && i < n; i++) same = axis_equal(l, s->rest[i], v->axis[from + i]);
    if (!same) {
        fail(l, E0201, v->at, "in '%s' the axes `..` are %s for what came before, and '%s' is %s", p->called,
             shape_text(l, s->rest, s->n_rest), arg_name(p, arg), shape_text(l, v->axis, v->rank));
        return false;
    }
    for (uint8_t i = 0; i < n; i++)
        if (!s->has_rest || !s->rest[i].dim) s->rest[i] = v->axis[from + i];
    s->has_rest = true;
    s->n_rest = n;
    return true;
}

static int ellipsis_in(const struct ast *bracket)
{
    for (uint32_t i = 0; i < bracket->n; i++)
        if (bracket->kid[i]->kind == AST_ellipsis) return (int)i;
    return -1;
}

static bool meet_shape(struct low *l, struct patterns *p, uint32_t arg)
{
    const struct ast *b = nth_kid(p->params->kid[arg], 0);
    struct value *v = &p->arg[arg];
    if (!b || v->kind == VALUE_POISON) return true;
    *v = as_value(l, *v);
    if (v->kind != VALUE_TENSOR) return false;
    int dots = ellipsis_in(b);
    uint32_t named = b->n - (dots >= 0);
    if (dots >= 0 ? v->rank < named : v->rank != named) {
        fail(l, E0204, v->at, "'%s' of '%s' is written %s, and this is %s", arg_name(p, arg), p->called,
             text_of(l, b->span), shape_text(l, v->axis, v->rank));
        return false;
    }
    uint8_t k = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        if ((int)i == dots) {
            uint8_t n = (uint8_t)(v->rank - named);
            if (!meet_rest(l, p, arg, k, n)) return false;
            k = (uint8_t)(k + n);
        } else if (!meet_item(l, p, b->kid[i], arg, k++)) {
            return false;
        }
    }
    return true;
}

static const struct dim *own_dim(struct low *l, struct patterns *p, const char *name, struct axis axis, struct span at)
{
    struct local_dim *d = arena_new(ARENA(l), struct local_dim);
    *d = (struct local_dim){{.name = name, .size = axis.size, .at = at, .local = true}, axis, p->frame};
    return &d->dim;
}

static bool says_dots(const struct ast *tree)
{
    for (; tree; tree = tree->n ? tree->kid[0] : NULL) {
        if (tree->kind == AST_ellipsis) return true;
        for (uint32_t i = 1; i < tree->n; i++)
            if (says_dots(tree->kid[i])) return true;
    }
    return false;
}

/* A body that says `..` may mean its axes by it: the nameless ones need dims to be told by. */
static void settle_rest(struct low *l, struct patterns *p)
{
    struct function *f = (struct function *)p->f;
    struct scope *s = p->frame;
    if (f->dots == DOTS_UNSEEN) f->dots = says_dots(f->tree->kid[2]) ? DOTS_USED : DOTS_NONE;
    for (uint8_t i = 0; s->has_rest && f->dots == DOTS_USED && i < s->n_rest; i++)
        if (!s->rest[i].dim) s->rest[i].dim = own_dim(l, p, size_text(l, s->rest[i]), s->rest[i], f->tree->name_span);
}

/* Every name gets its dim. */
static void settle_groups(struct low *l, struct patterns *p)
{
    for (uint32_t i = 0; i < p->groups.n; i++) {
        struct group *g = &p->groups.at[i];
        bool own = !g->axis.dim;
        for (uint32_t j = 0; j < p->groups.n && !own && !g->fixed; j++)
            own = j != i && p->groups.at[j].axis.dim == g->axis.dim;
        if (own) g->axis.dim = own_dim(l, p, g->name, g->axis, g->at);
    }
    for (uint32_t i = 0; i < p->groups.n; i++) {
        const struct group *g = &p->groups.at[i];
        if (!g->fixed) bind(l, g->name, size_value(g->axis, g->at), g->at, true);
    }
}

/* The arguments' axes go by the names of the body. */
static bool rename_axes(struct low *l, struct patterns *p)
{
    for (uint32_t i = 0; i < p->meets.n; i++) {
        const struct meets *m = &p->meets.at[i];
        struct value *v = &p->arg[m->arg];
        struct axis a;
        if (m->group != UINT32_MAX) {
            v->axis[m->axis] = p->groups.at[m->group].axis;
            continue;
        }
        if (!lower_size(l, m->item, &a)) return false;
        if (!axis_equal(l, v->axis[m->axis], a)) return axes_differ(l, p, m, a, NULL);
        if (a.dim) v->axis[m->axis] = a;
    }
    for (uint32_t i = 0; i < p->params->n; i++) {
        const struct ast *b = nth_kid(p->params->kid[i], 0);
        int dots = b && p->arg[i].kind == VALUE_TENSOR ? ellipsis_in(b) : -1;
        if (dots >= 0) memcpy(&p->arg[i].axis[dots], p->frame->rest, p->frame->n_rest * sizeof(struct axis));
    }
    return true;
}

/* ---- ordinary arguments ---- */

static int parameter_named(const struct ast *params, const char *name)
{
    for (uint32_t i = 0; i < params->n; i++)
        if (params->kid[i]->name == name) return (int)i;
    return -1;
}

static void report_argument(struct low *l, const struct call *c, const struct ast *params, const struct call_arg *a)
{
    const char **names = arena_many(ARENA(l), const char *, params->n);
    for (uint32_t i = 0; i < params->n; i++) names[i] = params->kid[i]->name;
    fail(l, E0304, a->name_at.hi ? a->name_at : c->at, "'%s' has no parameter '%s'", c->name, a->name);
    const char *near = nearest_name(a->name, names, params->n);
    struct text list = text_new(ARENA(l));
    for (uint32_t i = 0; i < params->n; i++) text_printf(&list, "%s%s", i ? ", " : "", names[i]);
    bool axis = !strcmp(a->name, "axis") || !strcmp(a->name, "dim") || !strcmp(a->name, "axes");
    const char *cure = foreign_name(a->name);
    if (near && (!cure || same_but_case(near, a->name)))
        fail_help(l, arena_printf(ARENA(l), "did you mean '%s'?", near));
    else if (axis)
        fail_help(l, arena_printf(ARENA(l), "axes stand in [ ]: %s[-1](...)", c->name));
    else if (cure)
        fail_help(l, cure);
    else if (params->n)
        fail_help(l, arena_printf(ARENA(l), "its parameters are: %s", list.s));
}

bool place_arguments(struct low *l, const struct call *c, const struct ast *params, struct value *arg, bool *given)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct call_arg *a = &c->arg[i];
        struct span at = a->name_at.hi ? a->name_at : a->tree ? a->tree->span : c->at;
        int to = a->name ? parameter_named(params, a->name) : (int)next++;
        if (to < 0) {
            report_argument(l, c, params, a);
            return false;
        }
        if (to >= (int)params->n) {
            fail(l, E0304, at, "'%s' has %u parameter%s, and this is argument %u", c->name, (unsigned)params->n,
                 params->n == 1 ? "" : "s", (unsigned)next);
            return false;
        }
        if (given[to]) {
            fail(l, E0304, at, "'%s' is given twice to '%s'", params->kid[to]->name, c->name);
            return false;
        }
        given[to] = true;
        arg[to] = a->value;
        if (!arg[to].at.hi) arg[to].at = at;
    }
    for (uint32_t i = 0; i < params->n; i++) {
        if (given[i] || nth_kid(params->kid[i], 1)) continue;
        fail(l, E0304, c->at, "'%s' needs its argument '%s'", c->name, params->kid[i]->name);
        return false;
    }
    return true;
}

static void bind_statics(struct low *l, struct patterns *p, const struct value *statics)
{
    const struct ast *formal = nth_kid(p->f->tree, 0);
    for (uint32_t i = 0; formal && i < formal->n; i++) {
        const struct ast *s = formal->kid[i];
        if (s->kind == AST_ellipsis) {
            p->frame->has_rest = true;
            p->frame->n_rest = statics[i].rank;
            memcpy(p->frame->rest, statics[i].axis, statics[i].rank * sizeof(struct axis));
        } else if (statics[i].kind == VALUE_DIM) {
            struct group g = {.name = s->name, .axis = statics[i].axis[0], .at = statics[i].at};
            vec_push(ARENA(l), &p->groups, g);
        } else {
            bind(l, s->name, statics[i], s->span, false);
        }
    }
}

bool bind_arguments(struct low *l, const struct function *f, const struct value *statics, const struct call *c,
                    struct scope *frame, struct value *arg)
{
    const struct ast *params = f->tree->kid[1];
    bool *given = arena_many(ARENA(l), bool, params->n);
    struct patterns p = {.f = f, .called = c->name, .frame = frame, .arg = arg, .params = params};
    struct scope *outer = l->scope;
    if (!place_arguments(l, c, params, arg, given)) return false;
    l->scope = frame;
    bind_statics(l, &p, statics);
    bool ok = true;
    for (uint32_t i = 0; ok && i < params->n; i++) ok = !given[i] || meet_shape(l, &p, i);
    if (ok) settle_groups(l, &p), settle_rest(l, &p);
    ok = ok && rename_axes(l, &p);
    for (uint32_t i = 0; ok && i < params->n; i++) {
        const struct ast *q = params->kid[i];
        if (!given[i]) continue;
        struct binding *b = bind(l, q->name, arg[i], q->name_span, false);
        if (b) arg[i] = b->value;
    }
    for (uint32_t i = 0; ok && i < params->n; i++) {
        const struct ast *q = params->kid[i];
        if (given[i]) continue;
        arg[i] = lower_expr(l, q->kid[1]);
        struct binding *b = bind(l, q->name, arg[i], q->name_span, false);
        if (b) arg[i] = b->value;
    }
    l->scope = outer;
    return ok;
}
