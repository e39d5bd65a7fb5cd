#include "codegen/emit/twin_text.h"

#include "base/names.h"

#include <ctype.h>
#include <string.h>

enum { ARGS_MOST = 40, LOCALS_MOST = 200 };

struct word {
    const char *s;
    size_t n;
};

struct reading {
    const struct body *b;
    const struct twin_names *names;
    struct arena *arena;
    const char *from, *s, *end;
    struct text body, key;
    struct twin *twin;
    vec(struct word) locals;
    int depth; /* braces and parentheses that are open */
};

static bool is(struct word w, const char *text)
{
    return strlen(text) == w.n && !memcmp(w.s, text, w.n);
}

static bool among(struct word w, const char *const *list)
{
    for (; *list; list++)
        if (is(w, *list)) return true;
    return false;
}

static bool begins_word(int c)
{
    return isalpha(c) || c == '_';
}

static size_t word_length(const char *s)
{
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '_') n++;
    return n;
}

/* ---- arguments ---- */

/* The same memory is one argument, whatever it is called: what takes another's place is computed from it. */
static bool same_place(const struct twin_arg *x, const struct twin_arg *y)
{
    if (strcmp(x->type, y->type)) return false;
    return x->hi && y->hi ? x->lo == y->lo : !strcmp(x->said, y->said);
}

/* It goes by the name of what is made here: others are said where they are made. */
static bool join_names(struct reading *r, struct twin_arg *x, const struct twin_arg *y)
{
    if (y->hi > x->hi) x->hi = y->hi;
    x->written |= y->written;
    x->is_const &= y->is_const;
    if (!strcmp(x->said, y->said)) return true;
    if (x->made && y->made) return false;
    vec_push(r->arena, &r->twin->unsaid, y->made ? x->id : y->id);
    if (!y->made) return true;
    x->said = y->said;
    x->name = y->name;
    x->id = y->id;
    return x->made = true;
}

/* Whether it may change: it is assigned to, or an array that is passed on. */
static bool may_be_written(const struct reading *r, bool array, const char *behind)
{
    const char *before = r->key.s + r->key.n;
    bool indexed = false;
    while (behind < r->end && *behind == '[') {
        int depth = 0;
        do depth += (*behind == '[') - (*behind == ']');
        while (behind++ < r->end && depth);
        indexed = true;
    }
    while (*behind == ' ') behind++;
    if (*behind == '=') return behind[1] != '=';
    if (strchr("+-*/", *behind) && *behind && behind[1] == '=') return true;
    return (array && !indexed) || (before > r->key.s && before[-1] == '&');
}

static void put_mark(struct text *t, char mark, uint32_t number)
{
    text_char(t, mark);
    text_char(t, (char)number);
}

static bool take_argument(struct reading *r, struct twin_arg x, const char *behind, const char *instead)
{
    uint32_t i = 0;
    x.written = may_be_written(r, x.array, behind);
    if (x.written && !x.array) return false;
    while (i < r->twin->args.n && !same_place(&r->twin->args.at[i], &x)) i++;
    if (i == ARGS_MOST) return false;
    if (i == r->twin->args.n) {
        x.type = arena_strndup(r->arena, x.type, strlen(x.type)); /* the unit's memory goes */
        vec_push(r->arena, &r->twin->args, x);
    }
    else if (!join_names(r, &r->twin->args.at[i], &x))
        return false;
    put_mark(&r->body, TWIN_ARG, i + 1);
    put_mark(&r->key, TWIN_ARG, i + 1);
    text_put(&r->body, instead);
    text_put(&r->key, instead);
    r->s = behind;
    return true;
}

static struct twin_arg number(struct reading *r, struct word w, const char *type)
{
    const char *said = arena_strndup(r->arena, w.s, w.n);
    return (struct twin_arg){.said = said, .name = said, .type = type, .sizes = ""};
}

/* "p->fc1.W" as p_fc1_W. */
static const char *flat_name(struct reading *r, struct word path)
{
    struct text t = text_new(r->arena);
    for (size_t i = 0; i < path.n; i++)
        if (path.s[i] == '-')
            text_char(&t, '_'), i++;
        else
            text_char(&t, path.s[i] == '.' || path.s[i] == '[' || path.s[i] == ']' ? '_' : path.s[i]);
    return t.s;
}

static const struct abi_field *find_path(const struct abi_struct *s, struct word path)
{
    for (uint32_t i = 0; i < s->fields.n; i++)
        if (is(path, s->fields.at[i].path)) return &s->fields.at[i];
    return NULL;
}

static const struct ir_shape *shape_of(const struct unit *u, const struct abi_field *f)
{
    switch (f->what) {
    case ABI_PARAM: return u->p->params.at[f->index].shape;
    case ABI_SLOT: return u->p->params.at[f->index % u->p->params.n].shape;
    case ABI_STATE: return u->p->states.at[f->index].shape;
    default: return NULL;
    }
}

/* A member of a struct by its path. */
static bool take_path(struct reading *r, struct word head, size_t n)
{
    const struct unit *u = r->b->u;
    const struct abi *abi = u->abi;
    const struct abi_struct *owner = is(head, "p") || is(head, "g") ? &abi->params : is(head, "o") ? &abi->opt
                                     : is(head, "in") ? &abi->inputs : is(head, "out") ? &abi->outputs
                                     : is(head, "s") ? &abi->state : NULL;
    const struct abi_field *f = owner ? find_path(owner, (struct word){head.s + head.n + 2, n - head.n - 2}) : NULL;
    if (!f) return false;
    bool fixed = is(head, "in") || (is(head, "p") && u->entry->kind != ENTRY_STEP && u->entry->kind != ENTRY_INIT);
    struct twin_arg x = number(r, (struct word){head.s, n}, NULL);
    const struct ir_shape *shape = shape_of(u, f);
    struct text sizes = text_new(r->arena);
    x.name = flat_name(r, (struct word){head.s, n});
    x.is_const = fixed;
    x.type = f->type == ABI_SIZE ? "size_t" : f->type == ABI_U64 ? "uint64_t"
             : emit_type(u, f->type == ABI_INT || f->type == ABI_INT_PTR ? IR_INT : IR_REAL);
    x.array = f->type == ABI_REAL_PTR || f->type == ABI_INT_PTR || (shape && shape->rank);
    x.apart = x.array && shape;
    for (unsigned k = 1; shape && k < shape->rank; k++)
        text_printf(&sizes, "[%lld]", (long long)size_bound(u->sizes, shape->dim[k]));
    x.sizes = sizes.s;
    return take_argument(r, x, head.s + n, "");
}

/* w->real[12] */
static bool take_kept(struct reading *r, struct word head)
{
    const struct unit *u = r->b->u;
    const char *s = head.s + head.n + 2;
    size_t n = word_length(s), at = 0;
    bool whole = is((struct word){s, n}, "whole");
    if (s[n] != '[' || !isdigit((unsigned char)s[n + 1])) return false;
    const char *digit = s + n + 1;
    for (; isdigit((unsigned char)*digit); digit++) at = at * 10 + (size_t)(*digit - '0');
    if (*digit != ']') return false;
    struct twin_arg x = number(r, (struct word){head.s, (size_t)(digit + 1 - head.s)}, emit_type(u, whole ? IR_INT : IR_REAL));
    x.name = arena_printf(r->arena, "kept%u", r->twin->args.n + 1);
    x.said = arena_printf(r->arena, "&%s", x.said);
    x.array = x.apart = true;
    x.lo = at, x.hi = at + 1;
    return take_argument(r, x, digit + 1, "[0]");
}

static bool take_value(struct reading *r, struct word w, ir_id id)
{
    const struct unit *u = r->b->u;
    const struct ir_node *n = ir_at(u->g, id);
    const struct value *v = &u->value[id];
    struct twin_arg x = number(r, w, emit_type(u, n->type));
    x.array = u->pointer_name[id] != NULL;
    if ((x.array && n->op == OP_tensor && !v->held) || v->within) return false;
    x.is_const = x.array && !v->held;
    x.apart = x.array && v->held && v->root < 0;
    x.id = id;
    x.made = v->held && v->group == r->b->group;
    if (x.apart) {
        x.lo = emit_offset(u, id);
        x.hi = x.lo + (size_t)size_bound(u->sizes, ir_elements(u->g->tables, n->shape));
    }
    return take_argument(r, x, w.s + w.n, "");
}

/* ---- words ---- */

static const char *const types[] = {"double", "float", "int32_t", "int64_t", "int", "uint32_t", "uint64_t", "size_t", "ptrdiff_t",
                                    "real", NULL};
static const char *const others[] = {"const", "if", "else", "for", "while", "sizeof", "void", "do", NULL};

static bool is_type(const struct reading *r, struct word w)
{
    return among(w, types) || is(w, r->b->u->real_type);
}

/* Of a word that follows: whether a type stands before it, which makes it a name of its own. */
static bool is_declared_here(const struct reading *r)
{
    const char *s = r->s;
    for (;;) {
        while (s > r->from && (s[-1] == ' ' || s[-1] == '*')) s--;
        size_t n = 0;
        while (s - n > r->from && (isalnum((unsigned char)s[-(ptrdiff_t)n - 1]) || s[-(ptrdiff_t)n - 1] == '_')) n++;
        struct word before = {s - n, n};
        if (!n) return false;
        if (!is(before, "const")) return is_type(r, before);
        s -= n;
    }
}

static int find_local(struct reading *r, struct word w, bool make)
{
    for (uint32_t i = 0; i < r->locals.n; i++)
        if (r->locals.at[i].n == w.n && !memcmp(r->locals.at[i].s, w.s, w.n)) return (int)i + 1;
    if (!make || r->locals.n == LOCALS_MOST) return 0;
    vec_push(r->arena, &r->locals, w);
    return (int)r->locals.n;
}

static void copy(struct reading *r, size_t n)
{
    text_putn(&r->body, r->s, n);
    text_putn(&r->key, r->s, n);
    r->s += n;
}

static bool is_capital(struct word w)
{
    for (size_t i = 0; i < w.n; i++)
        if (islower((unsigned char)w.s[i])) return false;
    return true;
}

static const char *value_name(const struct unit *u, ir_id id)
{
    return u->pointer_name[id] ? u->pointer_name[id] : u->value[id].name;
}

struct twin_names twin_names_new(const struct unit *u, struct arena *a)
{
    struct twin_names t = {.cap = 64};
    while (t.cap < (size_t)u->g->n * 2) t.cap *= 2;
    t.slot = arena_many(a, ir_id, t.cap);
    for (ir_id id = 1; id < u->g->n; id++) {
        const char *name = value_name(u, id);
        if (!name) continue;
        size_t k = hash_bytes(0, name, strlen(name)) & (t.cap - 1);
        while (t.slot[k]) k = (k + 1) & (t.cap - 1);
        t.slot[k] = id;
    }
    return t;
}

static ir_id find_value(const struct reading *r, struct word w)
{
    const struct twin_names *t = r->names;
    size_t k = hash_bytes(0, w.s, w.n) & (t->cap - 1);
    while (t->slot[k] && !is(w, value_name(r->b->u, t->slot[k]))) k = (k + 1) & (t->cap - 1);
    return t->slot[k];
}

/* Of a name that is declared outside of all loops: others read numbers, but not what these are summed in. */
static bool is_own(const struct reading *r, struct word w)
{
    bool wide = w.s - r->from >= 7 && !memcmp(w.s - 7, "double ", 7);
    return (wide || w.s[w.n] == '[') && !find_value(r, w);
}

/* Of the function's own: sizes, and what random numbers and steps are counted with. */
static const char *number_type(const struct unit *u, struct word w)
{
    size_t stem = strlen(u->stream_stem);
    for (uint32_t i = 0; i < u->p->dims.n; i++)
        if (is(w, u->dim_name[i])) return "size_t";
    if (u->tick_name && is(w, u->tick_name)) return u->real_type;
    if (is(w, "key") || (w.n > stem && !memcmp(w.s, u->stream_stem, stem) && isdigit((unsigned char)w.s[stem]))) return "uint64_t";
    return NULL;
}

static bool take_word(struct reading *r)
{
    static const char *const heads[] = {"p", "g", "o", "in", "out", "s", "w", NULL};
    const struct unit *u = r->b->u;
    struct word w = {r->s, word_length(r->s)};
    if (r->s > r->from && (r->s[-1] == '.' || r->s[-1] == '>')) return false;
    if (w.s[w.n] == '-' && w.s[w.n + 1] == '>') {
        size_t n = w.n + 2;
        for (;; n++) {
            n += word_length(w.s + n);
            if (w.s[n] != '.') break;
        }
        if (!among(w, heads)) return false;
        return is(w, "w") ? take_kept(r, w) : take_path(r, w, n);
    }
    bool declared = is_declared_here(r);
    if (declared && !r->depth && !is_own(r, w)) return false;
    int local = find_local(r, w, declared);
    if (local) {
        put_mark(&r->key, TWIN_LOCAL, (uint32_t)local);
        text_putn(&r->body, w.s, w.n);
        r->s += w.n;
        return true;
    }
    if (w.s[w.n] == '(' || is_type(r, w) || among(w, others)) return copy(r, w.n), true;
    const char *type = number_type(u, w);
    if (type) return take_argument(r, number(r, w, type), w.s + w.n, "");
    ir_id id = find_value(r, w);
    if (id) return take_value(r, w, id);
    if (is_capital(w)) return copy(r, w.n), true; /* INFINITY */
    return false;
}

/* 0x1p-3f, 12, 1e-05f */
static size_t number_length(const char *s)
{
    size_t n = 0;
    const char *exponent = s[0] == '0' && s[1] == 'x' ? "pP" : "eE";
    while (isalnum((unsigned char)s[n]) || s[n] == '.' || ((s[n] == '-' || s[n] == '+') && n && strchr(exponent, s[n - 1]))) n++;
    return n;
}

static void skip_comment(struct reading *r)
{
    const char *stop = strstr(r->s, "*/") + 2;
    text_putn(&r->body, r->s, (size_t)(stop - r->s));
    r->s = stop;
    while (r->key.n && r->key.s[r->key.n - 1] == ' ') r->key.n--;
    if (r->key.n && r->key.s[r->key.n - 1] == '\n') r->key.n--; /* it had its line for itself */
    if (r->key.s) r->key.s[r->key.n] = 0;
}

/* ---- the whole ---- */

static bool meet(const struct twin_arg *x, const struct twin_arg *y)
{
    return !strcmp(x->type, y->type) && x->lo < y->hi && y->lo < x->hi;
}

static bool finish(struct reading *r)
{
    struct twin *t = r->twin;
    for (uint32_t i = 0; i < t->args.n; i++) {
        struct twin_arg *x = &t->args.at[i];
        for (uint32_t k = 0; k < i; k++)
            if (meet(x, &t->args.at[k])) return false;
        while (find_local(r, (struct word){x->name, strlen(x->name)}, false)) x->name = arena_printf(r->arena, "%s_", x->name);
        for (uint32_t k = 0; k < i; k++)
            if (!strcmp(x->name, t->args.at[k].name)) x->name = arena_printf(r->arena, "%s_%u", x->name, i);
        text_printf(&r->key, "%s %s %d %d;", x->type, x->sizes, x->array, x->apart);
    }
    t->body = r->body.s;
    t->key = r->key.s;
    return true;
}

bool twin_read(const struct body *b, const struct twin_names *names, struct arena *a, const char *s, size_t n, struct twin *out)
{
    struct reading r = {.b = b, .names = names, .arena = a, .s = s, .end = s + n, .body = text_new(a), .key = text_new(a), .twin = out};
    const char *from = s;
    *out = (struct twin){0};
    while (!strncmp(s + strspn(s, " "), "/*", 2)) s = strchr(s, '\n') + 1; /* each has its line */
    out->comment = arena_strndup(a, from, (size_t)(s - from));
    for (r.s = r.from = s; r.s < r.end;) {
        int c = (unsigned char)*r.s;
        if (c == '"' || c == '#' || c == '\'') return false;
        if (begins_word(c)) {
            if (!take_word(&r)) return false;
        } else if (c == '/' && r.s[1] == '*')
            skip_comment(&r);
        else if (isdigit(c))
            copy(&r, number_length(r.s));
        else {
            r.depth += (c == '{' || c == '(') - (c == '}' || c == ')');
            copy(&r, 1);
        }
    }
    return finish(&r);
}
