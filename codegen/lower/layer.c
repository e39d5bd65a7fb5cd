/* Layers: who owns which parameters, and by which path. Unnamed uses are numbered by layer and owner in order of
 * evaluation. A shared instance runs its body once a use; from the second on, the body finds what the first one made.
 */
#include "codegen/lower/state.h"

const char *path_in_owner(struct low *l, const struct owner *o, const char *name)
{
    return *o->path ? arena_printf(ARENA(l), "%s.%s", o->path, name) : name;
}

struct member *claim(struct low *l, struct owner *o, const char *name, struct span at, bool *fresh)
{
    for (uint32_t i = 0; i < o->members.n; i++) {
        struct member *m = o->members.at[i];
        if (m->name != name) continue;
        if (m->run == o->run) {
            fail(l, E0302, at, "the path '%s' is taken", path_in_owner(l, o, name));
            fail_note(l, m->at, "first used here");
            return NULL;
        }
        m->run = o->run;
        *fresh = false;
        return m;
    }
    struct member *m = arena_new(ARENA(l), struct member);
    *m = (struct member){.name = name, .run = o->run, .at = at};
    vec_push(ARENA(l), &o->members, m);
    *fresh = true;
    return m;
}

static const char *numbered(struct low *l, struct owner *o, const char *name)
{
    struct count *c = NULL;
    for (uint32_t i = 0; i < o->counts.n && !c; i++)
        if (o->counts.at[i].name == name) c = &o->counts.at[i];
    if (!c) {
        vec_push(ARENA(l), &o->counts, ((struct count){.name = name}));
        c = &o->counts.at[o->counts.n - 1];
    }
    return name_z(&l->c->names, arena_printf(ARENA(l), "%s%u", name, (unsigned)++c->n));
}

/* The owner that a use of this name in the present layer is; NULL after a report. */
static struct owner *owner_of_use(struct low *l, const char *name, struct span at)
{
    bool fresh;
    struct member *m = claim(l, l->owner, name, at, &fresh);
    if (!m) return NULL;
    if (fresh) {
        m->owner = arena_new(ARENA(l), struct owner);
        m->owner->path = path_in_owner(l, l->owner, name);
        m->owner->parent = l->owner;
    }
    if (!m->owner) fail(l, E0302, at, "'%s' is a parameter in another use", name);
    return m->owner;
}

/* `as fc`: the instance's name, fc1 fc2 ... under repeat. */
static const char *given_name(struct low *l, const struct ast *as)
{
    return frame_of(l)->repeats ? numbered(l, l->owner, as->name) : as->name;
}

static struct value run(struct low *l, const struct function *f, const struct value *statics, const struct call *c,
                        struct owner *o)
{
    o->run++;
    o->counts.n = 0;
    struct value v = call_body(l, f, statics, c, o);
    if (v.kind == VALUE_TENSOR && *o->path) vec_push(ARENA(l), &l->made, ((struct layer_result){v.id, o->path}));
    return v;
}

static bool first_given(const struct function *f, const struct call *c)
{
    const struct ast *params = f->tree->kid[1];
    if (!params->n) return true;
    for (uint32_t i = 0; i < c->n; i++)
        if (!c->arg[i].name || c->arg[i].name == params->kid[0]->name) return true;
    return false;
}

static struct value bind_instance(struct low *l, struct instance *i, const char *name, struct span at)
{
    struct value v = {.kind = VALUE_INSTANCE, .at = at, .instance = i};
    if (frame_of(l)->kind & (SCOPE_FILE | SCOPE_LAYER)) bind(l, name, v, at, true);
    return v;
}

struct value apply_layer(struct low *l, const struct function *f, const struct call *c, const struct ast *as)
{
    struct value *statics;
    if (frame_of(l)->kind == SCOPE_FN || frame_of(l)->kind == SCOPE_OPTIMIZER)
        return fail(l, E0401, c->at, "a function owns no parameters, so it uses no layers: make it a layer");
    if (!lower_statics(l, f, c, &statics)) return poison(c->at);
    struct instance *i = arena_new(ARENA(l), struct instance);
    *i = (struct instance){.function = f, .statics = statics, .at = c->at};
    if (!first_given(f, c)) {
        i->arg = c->arg;
        i->n_args = c->n;
        if (!as) return (struct value){.kind = VALUE_INSTANCE, .at = c->at, .instance = i};
    }
    const char *name = as ? given_name(l, as) : numbered(l, l->owner, f->name);
    struct span at = as ? as->name_span : c->at;
    i->owner = owner_of_use(l, name, at);
    if (!i->owner) return poison(c->at);
    struct value bound = as ? bind_instance(l, i, name, at) : poison(at);
    return first_given(f, c) ? run(l, f, statics, c, i->owner) : bound;
}

void name_instance(struct low *l, struct instance *i, const char *name, struct span at)
{
    struct ast as = {.name = name};
    i->owner = owner_of_use(l, given_name(l, &as), at);
    if (!i->owner) i->owner = arena_new(ARENA(l), struct owner), i->owner->path = name;
}

struct value apply_instance(struct low *l, struct instance *i, const struct call *c)
{
    struct call all = *c;
    struct call_arg *arg = arena_many(ARENA(l), struct call_arg, c->n + i->n_args);
    for (uint32_t k = 0; k < c->n; k++) arg[k] = c->arg[k];
    for (uint32_t k = 0; k < i->n_args; k++) arg[c->n + k] = i->arg[k];
    all.arg = arg;
    all.n = c->n + i->n_args;
    if (!i->owner) i->owner = owner_of_use(l, numbered(l, l->owner, i->function->name), i->at);
    if (!i->owner) return poison(c->at);
    return run(l, i->function, i->statics, &all, i->owner);
}

void name_layer_results(struct low *l)
{
    for (uint32_t i = 0; i < l->made.n; i++) ir_name(l->graph, l->made.at[i].id, l->made.at[i].path);
}

/* ---- paths ---- */

static const struct member *member_named(const struct owner *o, const char *name)
{
    for (uint32_t i = 0; o && i < o->members.n; i++)
        if (o->members.at[i]->name == name) return o->members.at[i];
    return NULL;
}

enum { PATH_MOST = 32 }; /* longer chains of fields are no paths */

/* The layer that all but the last word of a path lead to. */
static const struct owner *owner_at(struct low *l, const struct ast *e)
{
    const char *word[PATH_MOST];
    int n = 0;
    for (; e->kind == AST_field && n < PATH_MOST; e = e->kid[0]) word[n++] = e->name;
    if (e->kind != AST_name_ref) return NULL;
    const struct value *v = find_name(l, e->name);
    bool instance = v && v->kind == VALUE_INSTANCE;
    const struct member *m = instance ? NULL : member_named(l->owner, e->name); /* a library's name hides no path */
    const struct owner *o = instance ? v->instance->owner : m ? m->owner : NULL;
    while (n--) {
        m = member_named(o, word[n]);
        o = m ? m->owner : NULL;
    }
    return o;
}

const struct member *find_member(struct low *l, const struct ast *field)
{
    const struct member *m = member_named(owner_at(l, field->kid[0]), field->name);
    return m && !m->owner && m->value.kind == VALUE_TENSOR ? m : NULL;
}

const struct value *find_path(struct low *l, const struct ast *field)
{
    const struct member *m = find_member(l, field);
    return m ? &m->value : NULL;
}

/* Is a path missing that may have been lost with the layer that would own it? */
bool path_lost(struct low *l, const struct ast *field)
{
    if (!l->lost) return false;
    while (field->kind == AST_field) field = field->kid[0];
    const struct value *v = field->kind == AST_name_ref ? find_name(l, field->name) : NULL;
    return field->kind == AST_name_ref && (!v || v->kind == VALUE_INSTANCE);
}

/* ---- order ---- */

static void collect(struct low *l, const struct owner *o, uint32_t *order, uint32_t *n)
{
    for (uint32_t i = 0; i < o->members.n; i++) {
        struct member *m = o->members.at[i];
        if (m->owner) {
            collect(l, m->owner, order, n);
        } else if (m->as == BOUND_PARAM && m->value.kind == VALUE_TENSOR) {
            order[(*n)++] = m->index;
            m->index = *n - 1;
        }
    }
}

/* The parameters of an owner stand together, even where a shared instance was first used inside another layer. */
void group_params(struct low *l)
{
    struct ir_program *p = l->program;
    uint32_t n = 0, *order = arena_many(ARENA(l), uint32_t, p->params.n),
             *place = arena_many(ARENA(l), uint32_t, p->params.n);
    collect(l, l->root, order, &n);
    bool moved = false;
    for (uint32_t i = 0; i < n; i++) moved = moved || order[i] != i;
    if (!moved || n != p->params.n) return;
    struct ir_array *old = p->params.at;
    p->params.at = arena_many(ARENA(l), struct ir_array, n);
    p->params.cap = n;
    for (uint32_t i = 0; i < n; i++) {
        struct ir_array *a = &p->params.at[i];
        *a = old[order[i]];
        place[order[i]] = i;
        int64_t *attr = arena_many(ARENA(l), int64_t, 2); /* the leaf says its place; nobody asks for it anew */
        attr[0] = i;
        ir_edit(l->graph, a->node)->attr = attr;
    }
    for (uint32_t t = 0; t < p->tests.n; t++)
        for (uint32_t s = 0; s < p->tests.at[t].stages.n; s++) {
            struct ir_stage *stage = &p->tests.at[t].stages.at[s];
            for (uint32_t k = 0; k < stage->settings.n; k++)
                if (stage->settings.at[k].what == SET_PARAM)
                    stage->settings.at[k].index = place[stage->settings.at[k].index];
        }
}
