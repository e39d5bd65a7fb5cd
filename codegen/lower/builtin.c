/* Functions of the language that are made in C: the table, their arguments, and the small ones. Every elementwise row
 * of ops.def is one of them by its name. */
#include "codegen/lower/builtin.h"

#include <stdio.h>
#include <string.h>

const struct builtin_info builtin_infos[] = {
#define PRIMITIVE(name, function, form, text) {#name, form, text},
#define EACH PRIMITIVE
#include "codegen/lower/builtins.def"
#define OP(name, arity, class, result, flags, lo, hi, text, prec, adjoint) ROW_##class(name, arity)
#define ROW_MAP(name, arity) {#name, #name FORM_##arity, "elementwise"},
#define ROW_LEAF(name, arity)
#define ROW_WRAP(name, arity)
#define ROW_REDUCE(name, arity)
#define ROW_MOVE(name, arity)
#define ROW_CONTRACT(name, arity)
#define ROW_CALL(name, arity)
#define FORM_1 "(x)"
#define FORM_2 "(a, b)"
#define FORM_3 "(a, b, c)"
#include "codegen/ir/ops.def"
#undef OP
    {NULL, NULL, NULL},
};

static const struct {
    const char *name;
    primitive *function;
    bool each;
} primitives[] = {
#define PRIMITIVE(name, function, form, text) {#name, function, false},
#define EACH(name, function, form, text) {#name, function, true},
#include "codegen/lower/builtins.def"
};

static enum ir_op map_row(const char *name)
{
    for (int op = 1; op < OP_COUNT; op++)
        if (ir_ops[op].class == CLASS_MAP && strcmp(ir_ops[op].name, name) == 0) return (enum ir_op)op;
    return OP_none;
}

static struct value lower_map(struct low *l, const struct call *c)
{
    static const char *const names[] = {"x", "a b", "a b c"};
    enum ir_op op = map_row(c->name);
    struct value v[3];
    int n = ir_ops[op].arity;
    assert(n >= 1 && n <= 3);
    if (!no_bracket(l, c) || !take_args(l, c, names[n - 1], v)) return poison(c->at);
    return map_values(l, op, v, (uint32_t)n, c->name, c->at);
}

primitive *find_primitive(const char *name)
{
    for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++)
        if (strcmp(primitives[i].name, name) == 0) return primitives[i].function;
    return map_row(name) ? lower_map : NULL;
}

/* ---- arguments ---- */

bool may_take(struct low *l, const struct call *c, const struct value *v)
{
    if (v->kind != VALUE_TENSOR || !is_indexed(v)) return true;
    for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++)
        if (!primitives[i].each && strcmp(primitives[i].name, c->name) == 0) return is_whole(l, v, c->at);
    return true;
}

static struct value wrong(struct low *l, const struct call *c, struct span at, const char *text)
{
    fail(l, E0304, at, "%s", text);
    for (const struct builtin_info *i = builtin_infos; i->name; i++) {
        if (strcmp(i->name, c->name) != 0) continue;
        struct text help = text_new(&low_context(l)->arena);
        text_printf(&help, "it is %s", i->form);
        fail_help(l, help.s);
        break;
    }
    return poison(at);
}

struct value wrong_arguments(struct low *l, const struct call *c, const char *fmt, ...)
{
    struct text t = text_new(&low_context(l)->arena);
    va_list ap;
    va_start(ap, fmt);
    text_vprintf(&t, fmt, ap);
    va_end(ap);
    return wrong(l, c, c->at, t.s);
}

/* The place of `name` among the blank-separated names, each perhaps with a `?`; -1 if it is none. */
static int place_of(const char *names, const char *name)
{
    size_t n = strlen(name);
    for (int at = 0; *names; at++) {
        size_t k = strcspn(names, " ?");
        if (k == n && memcmp(names, name, n) == 0) return at;
        names += k + (names[k] == '?');
        names += *names == ' ';
    }
    return -1;
}

bool take_args(struct low *l, const struct call *c, const char *names, struct value *v)
{
    int n = 1, next = 0;
    for (const char *s = names; *s; s++) n += *s == ' ';
    bool ok = true;
    for (int i = 0; i < n; i++) v[i] = poison((struct span){0, 0});
    for (uint32_t i = 0; i < c->n; i++) {
        const struct call_arg *a = &c->arg[i];
        int at = a->name ? place_of(names, a->name) : next++;
        if (at < 0 || at >= n || v[at].at.hi) {
            char text[160];
            snprintf(text, sizeof text,
                     at < 0    ? "%.60s has no argument called %.60s"
                     : at >= n ? "%.60s has more arguments than it takes"
                               : "%.60s is given %.60s twice",
                     c->name, a->name ? a->name : "an argument");
            wrong(l, c, a->tree ? a->tree->span : c->at, text);
            return false;
        }
        v[at] = a->value;
        if (!may_take(l, c, &v[at])) return false;
        if (!v[at].at.hi) v[at].at = c->at;
        ok &= v[at].kind != VALUE_POISON || (a->tree && a->tree->kind == AST_arrow); /* an arrow has no value */
    }
    const char *s = names;
    for (int i = 0; i < n; i++) {
        size_t k = strcspn(s, " ?");
        if (s[k] != '?' && !v[i].at.hi) {
            wrong_arguments(l, c, "%s lacks its argument %.*s", c->name, (int)k, s);
            return false;
        }
        s += k + (s[k] == '?');
        s += *s == ' ';
    }
    return ok;
}

bool is_given(const struct value *v)
{
    return v->at.hi != 0;
}

bool no_bracket(struct low *l, const struct call *c)
{
    if (!c->bracket) return true;
    wrong(l, c, c->bracket->span, "this function takes nothing in [ ]");
    return false;
}

bool known_or(struct low *l, const struct value *v, double otherwise, double *number)
{
    *number = otherwise;
    return !is_given(v) || known_number(l, *v, number);
}

bool whole_or(struct low *l, const struct value *v, ir_size otherwise, ir_size *size)
{
    *size = otherwise;
    if (!is_given(v)) return true;
    struct amount a = amount_of(l, v);
    double number;
    if (a.what == AMOUNT_NONE) {
        if (!known_number(l, *v, &number)) return false;
        struct value w = make_number(l, number, v->at);
        a = amount_of(l, &w);
    }
    *size = a.size;
    if (a.what == AMOUNT_WHOLE) return true;
    fail(l, E0206, v->at, "a whole number is needed here");
    return false;
}

int one_axis(struct low *l, const struct call *c, const struct value *x, int otherwise)
{
    const struct axis_ref *refs;
    uint32_t n;
    unsigned mask;
    int axis = otherwise;
    if (!lower_axes(l, c->bracket, &refs, &n) || !find_axes(l, x, refs, n, &mask)) return -1;
    if (n)
        for (axis = 0; !(mask & 1u << axis);) axis++;
    if (n && mask != 1u << axis) {
        wrong(l, c, c->bracket->span, "one axis is needed here");
        return -1;
    }
    if (axis >= 0 && axis < x->rank) return axis;
    fail(l, E0204, c->at, "%s needs an axis to work along, and this is a number", c->name);
    return -1;
}

/* ---- the small ones ---- */

struct value lower_where(struct low *l, const struct call *c)
{
    struct value v[3];
    if (!no_bracket(l, c) || !take_args(l, c, "c a b", v)) return poison(c->at);
    bool whole = v[1].type == IR_INT && v[2].type == IR_INT && v[1].kind == VALUE_TENSOR && v[2].kind == VALUE_TENSOR;
    if (!whole) return map_values(l, OP_select, v, 3, c->name, c->at);
    v[0] = as_real(l, v[0]);
    if (!broadcast_all(l, v, 3, c->name, c->at)) return poison(c->at);
    ir_id id = ir_map3(low_graph(l), OP_select, v[0].id, v[1].id, v[2].id);
    struct value r = make_tensor(l, id, v[0].rank, v[0].axis, c->at);
    keep_range(l, &r, v + 1, 2);
    return r;
}

struct value lower_stop(struct low *l, const struct call *c)
{
    struct value x;
    if (!no_bracket(l, c) || !take_args(l, c, "x", &x)) return poison(c->at);
    x = as_real(l, x);
    if (x.kind == VALUE_POISON) return x;
    struct ir_graph *g = low_graph(l);
    static const int64_t by_user = 1; /* the library's change no derivative */
    x.id = ir_add(g, OP_stop, IR_REAL, ir_at(g, x.id)->shape, &x.id, 1, &by_user, !in_prelude(l, c->at));
    return x;
}

struct value lower_integer(struct low *l, const struct call *c)
{
    struct value x;
    if (!no_bracket(l, c) || !take_args(l, c, "x", &x)) return poison(c->at);
    x = as_value(l, x);
    return x.kind == VALUE_POISON ? x : make_number(l, x.type == IR_INT, c->at);
}

struct value lower_same_shape(struct low *l, const struct call *c)
{
    struct value v[3];
    if (!no_bracket(l, c) || !take_args(l, c, "x y help?", v)) return poison(c->at);
    for (int i = 0; i < 2; i++) {
        v[i] = as_real(l, v[i]);
        if (v[i].kind == VALUE_POISON) return v[i];
    }
    bool same = v[0].rank == v[1].rank;
    for (uint8_t i = 0; same && i < v[0].rank; i++) same = axis_equal(l, v[0].axis[i], v[1].axis[i]);
    if (same) return v[0];
    if (!v[0].rank && v[0].known) return expand_to(l, v[0], v[1].axis, v[1].rank, c->at); /* a number as written */
    fail(l, E0201, c->at, "both tensors need one shape here, and these are %s and %s",
         shape_text(l, v[1].axis, v[1].rank), shape_text(l, v[0].axis, v[0].rank));
    fail_note(l, v[1].at, "this is %s", shape_text(l, v[1].axis, v[1].rank));
    fail_note(l, v[0].at, "this is %s", shape_text(l, v[0].axis, v[0].rank));
    if (v[2].kind == VALUE_STRING) fail_help(l, v[2].string);
    return poison(c->at);
}

struct value lower_made_by(struct low *l, const struct call *c)
{
    struct value v[2];
    if (!no_bracket(l, c) || !take_args(l, c, "x by", v)) return poison(c->at);
    if (v[1].kind != VALUE_STRING) return fail(l, E0304, v[1].at, "the name of an elementwise function is needed here");
    enum ir_op op = map_row(v[1].string);
    if (!op) return fail(l, E0301, v[1].at, "there is no elementwise function called %s", v[1].string);
    return make_number(l, v[0].kind == VALUE_TENSOR && ir_at(low_graph(l), v[0].id)->op == op, c->at);
}

struct value lower_argument_of(struct low *l, const struct call *c)
{
    struct value x;
    if (!no_bracket(l, c) || !take_args(l, c, "x", &x)) return poison(c->at);
    x = as_real(l, x);
    if (x.kind == VALUE_POISON) return x;
    const struct ir_node *n = ir_at(low_graph(l), x.id);
    if (ir_ops[n->op].class != CLASS_MAP || n->n_arg != 1)
        return fail(l, E0304, c->at, "this is not the result of an elementwise function of one argument");
    return make_tensor(l, n->arg[0], x.rank, x.axis, c->at);
}

struct value lower_require(struct low *l, const struct call *c)
{
    struct value v[2];
    double *holds;
    const char *why;
    if (!no_bracket(l, c) || !take_args(l, c, "c text", v)) return poison(c->at);
    v[0] = as_real(l, v[0]);
    if (v[0].kind == VALUE_POISON) return v[0];
    if (v[1].kind != VALUE_STRING) return fail(l, E0304, v[1].at, "the text of an error is needed here");
    bool known = !v[0].rank && interp_constant(low_graph(l), v[0].id, &low_context(l)->arena, &holds, &why);
    return known && !*holds ? fail(l, E0206, c->at, "%s", v[1].string) : make_number(l, 1, c->at);
}

struct value lower_outer(struct low *l, const struct call *c)
{
    struct value v[2];
    if (!no_bracket(l, c) || !take_args(l, c, "a b", v)) return poison(c->at);
    v[0] = as_real(l, v[0]);
    v[1] = as_real(l, v[1]);
    if (v[0].kind == VALUE_POISON || v[1].kind == VALUE_POISON) return poison(c->at);
    if (v[0].rank + v[1].rank > RANK_MAX) return fail(l, E0601, c->at, "a tensor has at most 8 axes");
    uint8_t label[2 * RANK_MAX], n = (uint8_t)(v[0].rank + v[1].rank);
    struct axis axis[RANK_MAX];
    for (uint8_t i = 0; i < n; i++) {
        label[i] = i;
        axis[i] = i < v[0].rank ? v[0].axis[i] : v[1].axis[i - v[0].rank];
    }
    if (!shape_fits(l, axis, n, c->at)) return poison(c->at);
    ir_id id = ir_contract(low_graph(l), v[0].id, label, v[1].id, label + v[0].rank, label, n);
    return make_tensor(l, id, n, axis, c->at);
}
