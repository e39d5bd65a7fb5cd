/* Scalar expressions: what a node is at an index, as C. The texts of operations come from ops.def. */
#include "codegen/emit/unit.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 84 }; /* longer expressions are cut by a variable */

static const struct ir_node *node_of(const struct body *b, ir_id id)
{
    return ir_at(b->u->g, id);
}

void emit_line(struct body *b, const char *fmt, ...)
{
    va_list ap;
    static const char spaces[] = "                                                                ";
    size_t n = b->u->part_names ? 0 : (size_t)b->indent * 4; /* nobody reads that much */
    for (; n >= sizeof spaces; n -= sizeof spaces - 1) text_putn(b->out, spaces, sizeof spaces - 1);
    text_putn(b->out, spaces, n);
    va_start(ap, fmt);
    text_vprintf(b->out, fmt, ap);
    va_end(ap);
    text_char(b->out, '\n');
}

struct text *emit_begin(struct unit *u)
{
    assert(u->in_pool < POOL);
    struct text *t = &u->pool[u->in_pool++];
    if (!t->s) *t = text_new(u->arena);
    t->n = 0;
    t->s[0] = 0;
    return t;
}

const char *emit_end(struct unit *u, struct text *t)
{
    assert(t == &u->pool[u->in_pool - 1]);
    u->in_pool--;
    return arena_strndup(u->scratch, t->s, t->n);
}

static const char *parenthesize(struct body *b, const char *s, bool yes)
{
    return yes ? arena_printf(b->u->scratch, "(%s)", s) : s;
}

/* ---- numbers and indices ---- */

const char *emit_literal(struct unit *u, double x)
{
    bool jit = u->o->style == EMIT_JIT, single = u->o->single;
    const char *f = single ? "f" : "", *sign = x < 0 ? "-" : "";
    struct text *t = emit_begin(u);
    if (single) x = (double)(float)x;
    if (jit && single && !isfinite(x)) text_put(t, "(float)");
    if (isnan(x))
        text_put(t, jit ? "(0x0p+0 / 0x0p+0)" : "NAN");
    else if (isinf(x))
        text_printf(t, jit ? "%s(0x1p+1023 * 0x1p+1)" : "%sINFINITY", sign);
    else if (jit) {
        text_hex(t, x);
        text_put(t, f);
    } else {
        text_real(t, x, single);
        text_put(t, f);
    }
    return emit_end(u, t);
}

static const char *dim_text(void *user, uint32_t dim)
{
    struct body *b = user;
    b->used->dim[dim] = true;
    return b->u->dim_name[dim];
}

const char *emit_size(struct body *b, ir_size s, enum ir_prec need)
{
    struct text *out = emit_begin(b->u);
    size_print(b->u->sizes, s, dim_text, b, out);
    const char *t = emit_end(b->u, out);
    enum ir_prec prec = strchr(t, ' ') || t[0] == '-' ? PREC_PLUS : strchr(t, '*') ? PREC_MULT : PREC_ATOM;
    return parenthesize(b, t, prec > need);
}

static bool negative(const struct body *b, ir_size s)
{
    return size_bound(b->u->sizes, s) < 0;
}

/* A variable may be the sum of two: i + lane. */
static bool is_sum(const char *var)
{
    return var && *var != '(' && strchr(var, ' ');
}

static const char *term_text(struct body *b, const struct term *t, ir_size by, bool minus)
{
    const char *var = b->var[t->var];
    if (by == 1 && !minus) return var;
    var = parenthesize(b, var, is_sum(var));
    if (by == 1) return var;
    return arena_printf(b->u->scratch, "%s * %s", var, emit_size(b, by, PREC_UNARY));
}

/* The farther apart in memory, the earlier. */
static void sort_terms(struct body *b, struct affine *a)
{
    for (unsigned i = 1; i < a->n; i++)
        for (unsigned k = i; k > 0; k--) {
            struct term x = a->term[k - 1], y = a->term[k];
            if (size_bound(b->u->sizes, x.by) >= size_bound(b->u->sizes, y.by)) break;
            a->term[k - 1] = y, a->term[k] = x;
        }
}

/* Variables that are numbers, of what is written out. */
static void add_numbers(struct body *b, struct affine *a)
{
    for (unsigned i = a->n; i-- > 0;) {
        const char *name = b->var[a->term[i].var];
        int64_t by;
        if (!name || name[strspn(name, "0123456789")] || !size_known(b->u->sizes, a->term[i].by, &by)) continue;
        a->plus = size_add(b->u->sizes, a->plus, size_const(b->u->sizes, by * strtol(name, NULL, 10)));
        affine_drop(a, i);
    }
}

/* Positive terms first: indices are unsigned. */
const char *emit_affine(struct body *b, const struct affine *in_order, enum ir_prec need)
{
    struct affine sorted = *in_order, *a = &sorted;
    add_numbers(b, a);
    sort_terms(b, a);
    struct text *out = emit_begin(b->u);
    unsigned parts = 0;
    bool product = false, sum = false;
    for (int minus = 0; minus < 2; minus++) {
        for (unsigned i = 0; i < a->n; i++) {
            const struct term *x = &a->term[i];
            const char *name = b->var[x->var]; /* NULL: of a loop yet to come, in a text that is only tried */
            if (negative(b, x->by) != minus || (name && !strcmp(name, "0"))) continue;
            ir_size by = minus ? size_sub(b->u->sizes, 0, x->by) : x->by;
            product = product || by != 1;
            sum = sum || (by == 1 && !minus && is_sum(name));
            text_printf(out, "%s%s", parts++ ? minus ? " - " : " + " : minus ? "0 - " : "", term_text(b, x, by, minus));
        }
        if ((a->plus != 0 || (minus && parts == 0)) && negative(b, a->plus) == minus) {
            ir_size plus = minus ? size_sub(b->u->sizes, 0, a->plus) : a->plus;
            text_printf(out, "%s%s", parts++ ? minus ? " - " : " + " : minus ? "0 - " : "", emit_size(b, plus, PREC_MULT));
        }
        if (minus && parts == 0) text_put(out, "0"), parts = 1;
    }
    const char *t = emit_end(b->u, out);
    enum ir_prec prec = parts > 1 || sum ? PREC_PLUS : product || strchr(t, ' ') ? PREC_MULT : PREC_UNARY;
    return parenthesize(b, t, prec > need);
}

/* ---- memory ---- */

static void use_pointer(struct body *b, ir_id id)
{
    struct used *used = b->used;
    if (b->u->pointer_part[id] == used->part + 1) return;
    b->u->pointer_part[id] = used->part + 1;
    vec_push(b->u->arena, b->pointers, id);
}

const char *emit_flat(struct body *b, const struct access *a, const struct ir_shape *s)
{
    struct affine at = a->flat ? a->offset : index_flatten(b->u, &a->at, s);
    return emit_affine(b, &at, PREC_COND);
}

const char *emit_type(const struct unit *u, unsigned type)
{
    return type == IR_INT ? "int32_t" : u->real_type;
}

const char *emit_stretch(struct body *b, unsigned type, size_t offset)
{
    const char *pool = type == IR_INT ? "w->whole" : "w->real";
    b->used->w = true;
    return offset ? arena_printf(b->u->scratch, "%s + %zu", pool, offset) : pool;
}

size_t emit_base(const struct unit *u, unsigned type)
{
    size_t at = 0;
    for (; u->of; u = u->outer) at += type == IR_INT ? u->of->int_at : u->of->real_at;
    return at;
}

size_t emit_offset(const struct unit *u, ir_id id)
{
    return u->value[id].offset + emit_base(u, u->value[id].within ? IR_REAL : ir_at(u->g, id)->type);
}

static const char *output_path(const struct unit *u, const struct ir_root *r)
{
    return abi_find(&u->abi->outputs, r->role == ROLE_OUTPUT ? ABI_OUTPUT : ABI_WRT, r->index)->path;
}

/* For people. */
static const char *shape_comment(const struct unit *u, const struct ir_shape *s)
{
    if (u->o->style == EMIT_JIT) return "";
    struct text t = text_new(u->scratch);
    text_put(&t, " /* ");
    for (unsigned k = 0; k < s->rank; k++) {
        text_char(&t, '[');
        size_print(u->sizes, s->dim[k], NULL, NULL, &t);
        text_char(&t, ']');
    }
    text_put(&t, " */");
    return t.s;
}

static void declare_held(struct body *b, ir_id id)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, id);
    const struct value *v = &u->value[id];
    const char *place = emit_stretch(b, v->within ? IR_REAL : n->type, emit_offset(u, id)), *path = NULL;
    if (v->root >= 0) {
        path = output_path(u, &u->entry->root[v->root]);
        place = arena_printf(u->scratch, "out->%s ? out->%s : %s", path, path, place);
        b->used->out = true;
    }
    const char *type = v->within ? "void" : emit_type(u, n->type);
    emit_line(b, "%s *const %s = %s;%s", type, u->pointer_name[id], place, shape_comment(u, n->shape));
}

void emit_declare_pointer(struct body *b, ir_id id)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, id);
    const char *name = u->pointer_name[id];
    if (u->value[id].held)
        declare_held(b, id);
    else if (n->op == OP_row)
        emit_line(b, "const %s *const %s = %s;", emit_type(u, n->type), name, emit_turn_row(b, id));
    else if (n->op == OP_input) {
        b->used->in = true;
        emit_line(b, "const %s *const %s = in->%s;", emit_type(u, n->type), name,
                  abi_find(&u->abi->inputs, ABI_INPUT, (uint32_t)n->attr[0])->path);
    } /* else a table of the file */
}

/* An array in a struct: p->fc1.W[i][j]; as one row of elements where it is read through a reshape. */
static const char *member_text(struct body *b, const char *owner, const struct abi_field *f, const struct access *a,
                               const struct ir_shape *s)
{
    struct text *t = emit_begin(b->u);
    bool row = a->flat && s->rank;
    text_printf(t, "%s%s->%s", row ? "(&" : "", owner, f->path);
    for (unsigned k = 0; k < s->rank; k++)
        text_printf(t, "[%s]", row ? "0" : emit_affine(b, &a->at.at[k], PREC_COND));
    if (row) text_printf(t, ")[%s]", emit_affine(b, &a->offset, PREC_COND));
    return emit_end(b->u, t);
}

static const char *root_text(struct body *b, int32_t root, ir_id id, const struct access *a)
{
    struct unit *u = b->u;
    const struct ir_root *r = &u->entry->root[root];
    const struct ir_shape *s = node_of(b, id)->shape;
    switch (r->role) {
    case ROLE_PARAM: b->used->p = true; return member_text(b, "p", abi_find(&u->abi->params, ABI_PARAM, r->index), a, s);
    case ROLE_D_PARAM: b->used->g = true; return member_text(b, "g", abi_find(&u->abi->params, ABI_PARAM, r->index), a, s);
    case ROLE_SLOT: b->used->o = true; return member_text(b, "o", abi_find(&u->abi->opt, ABI_SLOT, r->index), a, s);
    case ROLE_STATE: b->used->s = true; return member_text(b, "s", abi_find(&u->abi->state, ABI_STATE, r->index), a, s);
    default: break;
    }
    if (r->role == ROLE_NEXT || r->role == ROLE_ROW) return emit_turn_root(b, r, a);
    b->used->out = true;
    enum abi_what what = r->role == ROLE_OUTPUT ? ABI_OUTPUT : ABI_WRT;
    const struct abi_field *f = abi_find(&u->abi->outputs, what, r->index);
    if (s->rank == 0) return arena_printf(u->scratch, "out->%s", f->path);
    return arena_printf(u->scratch, "out->%s[%s]", f->path, emit_flat(b, a, s));
}

/* The element's place in memory. */
const char *emit_memory(struct body *b, const struct access *a)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, a->base);
    const struct value *v = &u->value[a->base];
    if (v->held && v->root >= 0 && !v->reserved) return root_text(b, v->root, a->base, a);
    if (!v->held) switch (n->op) {
        case OP_input:
            if (n->shape->rank) break;
            b->used->in = true;
            return arena_printf(u->scratch, "in->%s", abi_find(&u->abi->inputs, ABI_INPUT, (uint32_t)n->attr[0])->path);
        case OP_param:
            b->used->p = true;
            return member_text(b, "p", abi_find(&u->abi->params, ABI_PARAM, (uint32_t)n->attr[0]), a, n->shape);
        case OP_state:
            b->used->s = true;
            return member_text(b, "s", abi_find(&u->abi->state, ABI_STATE, (uint32_t)n->attr[0]), a, n->shape);
        case OP_slot:
            b->used->o = true;
            return member_text(b, "o",
                               abi_find(&u->abi->opt, ABI_SLOT, (uint32_t)(n->attr[0] * u->p->params.n + n->attr[1])), a, n->shape);
        case OP_carry: case OP_outer: return emit_turn_leaf(b, a, PREC_ATOM);
        default: break;
        }
    if (v->held && n->shape->rank == 0) {
        b->used->w = true;
        return arena_printf(u->scratch, "w->%s[%zu]", n->type == IR_INT ? "whole" : "real", emit_offset(u, a->base));
    }
    use_pointer(b, a->base);
    if (v->within) {
        u->calls->within = true;
        return arena_printf(u->scratch, "%s_whole(%s, %s)", u->prefix, u->pointer_name[a->base], emit_flat(b, a, n->shape));
    }
    return arena_printf(u->scratch, "%s[%s]", u->pointer_name[a->base], emit_flat(b, a, n->shape));
}

static bool variable_is_seen(struct body *b, const struct access *a)
{
    const struct value *v = &b->u->value[a->base];
    return v->held && emit_sees_variable(b->u, a, b->group, b->phase);
}

const char *emit_kept(struct body *b, const struct access *a)
{
    struct unit *u = b->u;
    const struct value *v = &u->value[a->base];
    bool loop = b->in_guard || b->serial != b->function_serial, root = v->root >= 0 && !v->reserved;
    if (u->n_parts == 1 || loop || root || !v->held || node_of(b, a->base)->type != IR_REAL) return emit_memory(b, a);
    b->used->kept = true;
    return arena_printf(u->scratch, "%s[%zu]", u->kept_name, emit_offset(u, a->base));
}

/* A number that another function computed is loaded once, where it is first read, unless that is inside a loop. */
static const char *left_number(struct body *b, const struct access *a)
{
    struct unit *u = b->u;
    struct made *made = &b->made[a->base];
    const char *name = u->value[a->base].name, *t;
    if (made->name == name && made->serial == b->function_serial) return name;
    t = emit_kept(b, a);
    if (u->part_names || b->in_guard || b->serial != b->function_serial) return t;
    *made = (struct made){b->serial, b->group, name, NULL};
    emit_line(b, "const %s %s = %s;", node_of(b, a->base)->type == IR_INT ? "int32_t" : u->real_type, name, t);
    return name;
}

/* What a condition may leave unread is read before it all the same: gcc 12 vectorizes loads on a condition wrongly
 * (-O3 -mavx, pools of two), and no compiler is fast with them. */
static const char *loaded(struct body *b, const struct ir_node *n, const char *text)
{
    const char *name = scope_numbered(b->u->scope, "x", &b->u->next_number[5]);
    emit_line(b, "const %s %s = %s;", emit_type(b->u, n->type), name, text);
    return name;
}

static const char *element_text(struct body *b, const struct access *a)
{
    const struct ir_node *n = node_of(b, a->base);
    bool seen = variable_is_seen(b, a), input = n->op == OP_input && b->u->n_parts > 1;
    if (n->shape->rank == 0 && !seen && (b->u->value[a->base].held || input)) return left_number(b, a);
    if (seen) return b->u->value[a->base].name;
    const char *t = emit_memory(b, a);
    return n->shape->rank && b->in_branch && !b->in_guard && b->u->o->style == EMIT_FILE ? loaded(b, n, t) : t;
}

const char *emit_place(struct body *b, ir_id node, int32_t copy_to, const struct index *at)
{
    struct access a = {.base = node, .at = *at};
    if (copy_to >= 0) return root_text(b, copy_to, node, &a);
    return emit_memory(b, &a);
}

/* ---- leaves ---- */

/* What the numbers of a random stream have in common is worked out once a function. */
const char *emit_stream(struct body *b, const struct ir_node *n)
{
    const int64_t stream = n->attr[0];
    struct used *used = b->used;
    uint32_t i = 0;
    while (i < used->streams.n && used->streams.at[i] != stream) i++;
    if (i == used->streams.n) vec_push(b->u->arena, &used->streams, stream);
    used->key = b->u->calls->uniform = true;
    return arena_printf(b->u->scratch, "%s%u", b->u->stream_stem, i + 1);
}

static const char *leaf_text(struct body *b, const struct access *a, enum ir_prec need)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, a->base);
    const char *t;
    switch (n->op) {
    case OP_const:
        t = emit_literal(u, ir_const_value(n));
        return parenthesize(b, t, (*t == '-' ? PREC_UNARY : PREC_ATOM) > need || (*t == '-' && need == PREC_UNARY));
    case OP_dimval:
        t = emit_size(b, (ir_size)n->attr[0], PREC_ATOM);
        if (u->o->style == EMIT_JIT) t = arena_printf(u->scratch, "(int64_t)%s", t); /* libtcc has no other such cast */
        return parenthesize(b, arena_printf(u->scratch, "(%s)%s", u->real_type, t), need < PREC_UNARY);
    case OP_number:
        b->used->o = true;
        return arena_printf(u->scratch, "o->%s", abi_find(&u->abi->opt, ABI_NUMBER, (uint32_t)n->attr[0])->path);
    case OP_tick:
        while (u->outer) u = u->outer;
        b->used->tick = b->used->o = true;
        return u->tick_name;
    case OP_training: return emit_literal(u, u->entry->kind == ENTRY_FORWARD ? 0 : 1);
    case OP_iota:
        t = emit_affine(b, &a->at.at[0], PREC_UNARY);
        return parenthesize(b, arena_printf(u->scratch, "(int32_t)%s", t), need < PREC_UNARY);
    case OP_random:
        return arena_printf(u->scratch, "nnrt_uniform(%s, %s)", emit_stream(b, n), emit_flat(b, a, n->shape));
    case OP_turn: return parenthesize(b, arena_printf(u->scratch, "(int32_t)%s", u->of->turn_name), need < PREC_UNARY);
    case OP_carry: case OP_row: case OP_outer:
        if (n->shape->rank == 0 || !emit_in_memory(u, a->base)) return emit_turn_leaf(b, a, need);
        return element_text(b, a);
    default: return element_text(b, a);
    }
}

/* ---- variables ---- */

static bool index_equal(const struct index *a, const struct index *b)
{
    for (unsigned k = 0; k < a->rank; k++)
        if (!affine_equal(&a->at[k], &b->at[k])) return false;
    return true;
}

/* The variable of this block that holds the node at this index, or NULL. */
static const char *find_variable(struct body *b, ir_id id, const struct index *at)
{
    if (b->made[id].serial != b->serial) return NULL;
    return at->rank == 0 || index_equal(b->made[id].at, at) ? b->made[id].name : NULL;
}

/* A name is used again in another group, but for those of the function's own block. */
static const char *variable_name(struct body *b, ir_id id)
{
    struct unit *u = b->u;
    const struct made *m = &b->made[id];
    const char *wish = node_of(b, id)->name;
    if (u->part_names) return emit_short_name(u, b->used->part);
    if (m->name && m->group != b->group && m->serial != b->function_serial && !u->value[id].held) return m->name;
    return wish ? scope_name(u->scope, wish) : scope_numbered(u->scope, "t", &u->next_number[0]);
}

static const char *make_variable(struct body *b, ir_id id, const struct index *at, const char *text)
{
    struct unit *u = b->u;
    const char *name = variable_name(b, id);
    struct index *copy = NULL;
    if (at->rank) {
        copy = arena_new(u->arena, struct index);
        *copy = *at;
    }
    b->made[id] = (struct made){b->serial, b->group, name, copy};
    emit_line(b, "const %s %s = %s;", node_of(b, id)->type == IR_INT ? "int32_t" : u->real_type, name, text);
    return name;
}

/* ---- operations ---- */

/* How tightly an argument must bind that stands between these characters of an operation's text. */
static enum ir_prec context(const char *text, const char *from, const char *to)
{
    const char *l = from, *r = to;
    while (l > text && l[-1] == ' ') l--;
    while (*r == ' ') r++;
    char before = l > text ? l[-1] : 0, after = *r;
    if ((before == '(' || before == ',') && (after == ')' || after == ',')) return PREC_COND;
    if (before == '*' || before == '/' || before == ')') return PREC_UNARY;
    if (before == '-' && (l - 1 == text || l[-2] == '(')) return PREC_UNARY; /* a sign */
    if (before == '+' || before == '-' || after == '*' || after == '/') return PREC_MULT;
    return PREC_PLUS;
}

static int times_said(const char *text, char which)
{
    int n = 0;
    for (const char *c = text; *c; c++) n += c[0] == '$' && c[1] == which;
    return n;
}

static bool is_condition(const struct ir_node *n)
{
    const char *t = ir_ops[n->op].text;
    return ir_ops[n->op].class == CLASS_MAP && n->op != OP_sign && strncmp(t, "($R)(", 5) == 0 && t[strlen(t) - 1] == ')';
}

static const char *fill_in(struct body *b, const struct ir_node *n, const char *text, const char *from, const char *to,
                           const struct index *at);

/* The comparison itself, where an argument that is one is only asked whether it is 0. NULL if it is none. */
static const char *condition_text(struct body *b, ir_id id, const struct index *at)
{
    struct access a;
    access_follow(b->u, id, at, &a);
    const struct ir_node *n = node_of(b, a.base);
    if (b->u->value[a.base].held || a.n_guards || !is_condition(n) || find_variable(b, a.base, &a.at)) return NULL;
    const char *t = ir_ops[n->op].text;
    return fill_in(b, n, t, t + 5, t + strlen(t) - 1, &a.at);
}

/* Arguments that C evaluates on a condition. */
static bool is_branch(const struct body *b, const struct ir_node *n, char which)
{
    if (b->picks && n->op == OP_select) return false;
    return n->op == OP_select ? which != '0' : (n->op == OP_and || n->op == OP_or) && which == '1';
}

/* Texts with spaces or calls are put in a variable where they would stand twice. */
static const char *argument(struct body *b, const struct ir_node *n, const char *text, const char *c, const struct index *at)
{
    ir_id x = n->arg[c[1] - '0'];
    enum ir_prec need = context(text, c, c + 2);
    if (times_said(text, c[1]) == 1) {
        bool outer = b->in_branch;
        b->in_branch = outer || is_branch(b, n, c[1]);
        const char *t = emit_expression(b, x, at, need);
        b->in_branch = outer;
        return parenthesize(b, t, *t == '-' && need == PREC_UNARY);
    }
    const char *t = emit_expression(b, x, at, b->in_guard ? PREC_ATOM : PREC_COND);
    return b->in_guard || !strpbrk(t, " [(") ? t : make_variable(b, x, at, t);
}

static const char *fill_in(struct body *b, const struct ir_node *n, const char *text, const char *from, const char *to,
                           const struct index *at)
{
    struct text *t = emit_begin(b->u);
    const char *said[3] = {NULL, NULL, NULL};
    for (const char *c = from; c < to; c++) {
        if (*c != '$') {
            text_char(t, *c);
            continue;
        }
        char which = *++c;
        if (which == 'f') text_put(t, b->u->o->single ? "f" : "");
        else if (which == 'R') text_put(t, b->u->real_type);
        else if (which == 'T') text_put(t, b->u->o->single ? "f32" : "f64");
        else {
            unsigned k = (unsigned)(which - '0');
            bool not_0 = strncmp(c + 1, " != 0", 5) == 0, is_0 = strncmp(c + 1, " == 0", 5) == 0;
            const char *condition = not_0 || is_0 ? condition_text(b, n->arg[k], at) : NULL;
            if (condition) {
                bool alone = !is_0 && (c[6] == 0 || c[6] == ')' || c[7] == '?') && t->n == 0;
                text_printf(t, alone ? "%s%s" : "%s(%s)", is_0 ? "!" : "", condition);
                c += 5;
                continue;
            }
            if (!said[k]) said[k] = argument(b, n, text, c - 1, at);
            text_put(t, said[k]);
        }
    }
    return emit_end(b->u, t);
}

/* What compilers make vectors of, as they do not of calls. */
static const char *lanes_text(struct body *b, const struct ir_node *n, const struct index *at)
{
    const char *x = emit_expression(b, n->arg[0], at, PREC_COND), *name = ir_ops[n->op].name, *f = b->u->o->single ? "f32" : "f64";
    b->u->calls->lanes[n->op] = true;
    if (n->n_arg == 1) return arena_printf(b->u->scratch, "nnrt_%s_%s(%s)", name, f, x);
    return arena_printf(b->u->scratch, "nnrt_%s_%s(%s, %s)", name, f, x, emit_expression(b, n->arg[1], at, PREC_COND));
}

static bool in_lanes(const struct body *b, const struct ir_node *n)
{
    bool loop = b->serial != b->function_serial;
    return loop && ir_ops[n->op].flags & (FLAG_ROWS | (b->u->o->single ? FLAG_LANES_F32 : FLAG_LANES_F64));
}

static const char *map_text(struct body *b, ir_id id, const struct index *at, enum ir_prec *prec)
{
    const struct ir_node *n = node_of(b, id);
    const char *text = ir_ops[n->op].text;
    *prec = PREC_ATOM;
    if (in_lanes(b, n)) return lanes_text(b, n, at);
    b->u->calls->op[n->op] = true;
    *prec = ir_ops[n->op].prec;
    if (b->picks && n->op == OP_select) {
        text = n->type == IR_INT ? "nnrt_pick_i32($0 != 0, $1, $2)" : "nnrt_pick_$T($0 != 0, $1, $2)";
        *(n->type == IR_INT ? &b->u->calls->pick_int : &b->u->calls->pick) = true;
        *prec = PREC_ATOM;
    }
    return fill_in(b, n, text, text, text + strlen(text), at);
}

static const char *gather_text(struct body *b, const struct access *a, enum ir_prec need)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, a->base);
    struct index idx, x;
    uint8_t var = b->n_vars;
    assert(var < VARS);
    index_gather(u, n, &a->at, &idx, &x, var);
    struct access chosen;
    access_follow(u, n->arg[1], &idx, &chosen);
    bool known = !u->value[chosen.base].held && !chosen.n_guards;
    if (known && node_of(b, chosen.base)->op == OP_iota)
        x.at[n->attr[0]] = chosen.at.at[0];
    else if (known && node_of(b, chosen.base)->op == OP_turn)
        x.at[n->attr[0]] = affine_var(TURN_VAR);
    else
        b->var[var] = arena_printf(u->scratch, "(size_t)%s", emit_expression(b, n->arg[1], &idx, PREC_UNARY));
    b->n_vars++;
    const char *t = emit_expression(b, n->arg[0], &x, need);
    b->n_vars--;
    return t;
}

/* ---- anything ---- */

static const char *guard_text(struct body *b, const struct access *a)
{
    struct text *t = emit_begin(b->u);
    for (unsigned i = 0; i < a->n_guards; i++) {
        const struct guard *g = &a->guard[i];
        const char *at = emit_affine(b, &g->at, PREC_PLUS);
        if (g->below) text_printf(t, "%s%s >= %s", t->n ? " && " : "", at, emit_size(b, g->lo, PREC_PLUS));
        if (g->above) text_printf(t, "%s%s < %s", t->n ? " && " : "", at, emit_size(b, g->hi, PREC_PLUS));
    }
    return emit_end(b->u, t);
}

static const char *base_text(struct body *b, const struct access *a, enum ir_prec need)
{
    const struct ir_node *n = node_of(b, a->base);
    if (b->u->value[a->base].held) return element_text(b, a);
    if (ir_ops[n->op].class == CLASS_LEAF) return leaf_text(b, a, need);
    if (n->op == OP_gather) return gather_text(b, a, need);
    const char *made = find_variable(b, a->base, &a->at);
    if (made) return made;
    enum ir_prec prec;
    bool variable = n->name || b->u->value[a->base].uses > 1, outer = b->in_branch;
    b->in_branch = outer && (!variable || b->in_guard); /* a variable is computed before the condition */
    const char *t = map_text(b, a->base, &a->at, &prec);
    b->in_branch = outer;
    if ((variable || strlen(t) > LINE_MOST) && !b->in_guard) return make_variable(b, a->base, &a->at, t);
    return parenthesize(b, t, prec > need);
}

/* gcc 12 vectorizes loads on a condition wrongly (-O3 -mavx): a loop with one says that it stays as it is. */
static void stay_scalar(struct body *b)
{
    bool loop = b->serial != b->function_serial || b->outer;
    if (!loop || b->u->o->style != EMIT_FILE || b->scalar_serial == b->serial) return;
    b->scalar_serial = b->serial;
    b->u->calls->guarded = true;
    emit_line(b, "%s_SCALAR;", b->u->upper);
}

/* The term along which elements follow one another in memory, where no guard asks for it: all of a row is there or nothing.
 * -1: there is none. */
static int along(const struct access *a, const struct affine *flat)
{
    int found = -1;
    for (unsigned t = 0; t < flat->n; t++)
        if (flat->term[t].by == 1) found = (int)t;
    for (unsigned i = 0; i < a->n_guards && found >= 0; i++)
        for (unsigned t = 0; t < a->guard[i].at.n; t++)
            if (a->guard[i].at.term[t].var == flat->term[found].var) return -1;
    return found;
}

static bool is_guarded(const struct access *a, int var)
{
    for (unsigned i = 0; i < a->n_guards; i++)
        for (unsigned t = 0; t < a->guard[i].at.n; t++)
            if (a->guard[i].at.term[t].var == var) return true;
    return false;
}

/* Takes the term out by which portions go: what is loaded for nothing is of the thread's own too. */
static const char *own_portion(struct body *b, const struct access *a, struct affine *flat)
{
    struct affine own = affine_size(0);
    for (unsigned t = 0; t < flat->n && b->share.portions > 1; t++) {
        if (flat->term[t].var != b->share.var || is_guarded(a, b->share.var)) continue;
        struct affine var = affine_var((uint8_t)b->share.var);
        affine_add(b->u, &own, &var, flat->term[t].by);
        affine_drop(flat, t);
        return arena_printf(b->u->scratch, "%s + ", emit_affine(b, &own, PREC_PLUS));
    }
    return "";
}

/* An element that may not be there, loaded without a condition: from the row's place in the first one if it is not. NULL if
 * it cannot be done so. */
static const char *masked_text(struct body *b, const struct access *a)
{
    struct unit *u = b->u;
    const struct ir_node *n = node_of(b, a->base);
    const struct value *v = &u->value[a->base];
    bool pointer = n->shape->rank && (v->held ? v->root < 0 || v->reserved : n->op == OP_input || n->op == OP_tensor);
    if (u->o->style != EMIT_FILE || b->in_guard || !pointer || variable_is_seen(b, a)) return NULL;
    struct affine flat = a->flat ? a->offset : index_flatten(u, &a->at, n->shape);
    int t = along(a, &flat);
    if (t < 0) return NULL;
    const char *var = b->var[flat.term[t].var], *is = scope_numbered(u->scope, "is", &u->next_number[5]);
    affine_drop(&flat, (unsigned)t);
    struct text *all = emit_begin(u);
    for (unsigned i = 0; i < a->n_guards; i++) {
        const struct guard *g = &a->guard[i];
        const char *at = emit_affine(b, &g->at, PREC_PLUS), *and = all->n ? " & " : "";
        if (g->below) text_printf(all, "%s(%s >= %s)", and, at, emit_size(b, g->lo, PREC_PLUS));
        if (g->above) text_printf(all, "%s(%s < %s)", all->n ? " & " : "", at, emit_size(b, g->hi, PREC_PLUS));
    }
    emit_line(b, "const int %s = %s;", is, emit_end(u, all));
    use_pointer(b, a->base);
    const char *own = own_portion(b, a, &flat);
    *(n->type == IR_INT ? &u->calls->pick_int : &u->calls->pick) = true;
    const char *zero = n->type == IR_INT ? "0" : emit_literal(u, 0), *kind = n->type == IR_INT ? "i32" : u->o->single ? "f32" : "f64";
    return arena_printf(u->scratch, "nnrt_pick_%s(%s, %s[%s(size_t)%s * (%s) + %s], %s)", kind, is, u->pointer_name[a->base], own, is,
                        emit_affine(b, &flat, PREC_COND), var, zero);
}

const char *emit_expression(struct body *b, ir_id id, const struct index *at, enum ir_prec need)
{
    struct access a;
    access_follow(b->u, id, at, &a);
    if (!a.n_guards) return base_text(b, &a, need);
    const char *masked = masked_text(b, &a);
    if (masked) return masked;
    bool outer = b->in_guard;
    if (!outer) stay_scalar(b);
    b->in_guard = true;
    const char *t = arena_printf(b->u->scratch, "%s ? %s : 0", guard_text(b, &a), base_text(b, &a, PREC_PLUS));
    b->in_guard = outer;
    return parenthesize(b, t, need < PREC_COND);
}

const char *emit_own_expression(struct body *b, ir_id id, const struct index *at)
{
    struct value *v = &b->u->value[id];
    struct access a;
    enum ir_prec prec;
    bool held = v->held;
    v->held = false;
    access_follow(b->u, id, at, &a);
    bool map = a.base == id && ir_ops[node_of(b, id)->op].class == CLASS_MAP;
    const char *t = map ? map_text(b, id, &a.at, &prec) : emit_expression(b, id, at, PREC_COND);
    v->held = held;
    return t;
}
