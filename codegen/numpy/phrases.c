/* Elementwise operations, stretching, and leaves in NumPy. */
#include "codegen/numpy/maker.h"

#include <string.h>

enum { CONSTANTS_A_LINE = 8 };

static const struct row {
    const char *text;
    enum ir_prec prec;
} rows[OP_COUNT] = {
#define NUMPY(op, text, binds) [OP_##op] = {text, PREC_##binds},
#include "codegen/numpy/numpy_rows.def"
#undef NUMPY
};

static const struct ir_node *node_at(const struct maker *m, ir_id id)
{
    return ir_at(m->scope->graph, id);
}

/* ---- elementwise ---- */

static bool is_full(const struct maker *m, ir_id id)
{
    return !m->scope->said[id].thin;
}

/* The operand in a row's text; broadcasting stretches it where another operand is of the full shape. */
static const char *row_operand(struct maker *m, const struct ir_node *n, uint32_t i)
{
    bool other = node_at(m, n->arg[i])->shape->rank == 0;
    for (uint32_t k = 0; k < n->n_arg; k++) other |= k != i && is_full(m, n->arg[k]);
    for (uint32_t k = 0; k < i; k++) other |= !is_full(m, n->arg[k]); /* the first was stretched then */
    return other ? m->scope->said[n->arg[i]].text : operand_text(m, n->arg[i]);
}

/* "a < b" of "(a < b) * 1.0". */
static const char *bare_condition(struct maker *m, const char *s)
{
    size_t n = strlen(s);
    if (n < 8 || s[0] != '(' || strcmp(s + n - 7, ") * 1.0")) return NULL;
    int depth = 0;
    for (size_t i = 0; i < n - 7; i++) {
        depth += (s[i] == '(') - (s[i] == ')');
        if (i && depth == 0) return NULL;
    }
    return arena_strndup(m->arena, s, n - 6);
}

struct said numpy_row(struct maker *m, const struct ir_node *n)
{
    const struct row *row = &rows[n->op];
    struct text t = text_new(m->arena);
    if (!row->text) numpy_refuse(m, n, ir_ops[n->op].name);
    bool infix = row->text && row->prec != PREC_ATOM && row->text[0] != '(' && strncmp(row->text, "np.", 3) != 0;
    for (const char *c = row->text ? row->text : ""; *c; c++) {
        if (*c != '$') {
            text_char(&t, *c);
            continue;
        }
        uint32_t i = (uint32_t)(*++c - '0');
        const char *s = row_operand(m, n, i), *bare = !strncmp(c + 1, " != 0", 5) ? bare_condition(m, s) : NULL;
        enum ir_prec prec =
            is_full(m, n->arg[i]) || s == m->scope->said[n->arg[i]].text ? m->scope->said[n->arg[i]].prec : PREC_ATOM;
        bool close = infix && (prec > row->prec || (prec == row->prec && i));
        if (bare) {
            text_put(&t, bare);
            c += 5;
        } else {
            text_printf(&t, close ? "(%s)" : "%s", s);
        }
    }
    return (struct said){t.n ? t.s : "None", row->prec, false};
}

/* An expand as broadcasting takes it: new axes between, those on the left come by themselves. */
struct said numpy_expand(struct maker *m, const struct ir_node *n)
{
    const struct ir_shape *x = node_at(m, n->arg[0])->shape;
    struct text t = text_new(m->arena);
    unsigned first = 0;
    bool between = false, turned = false;
    int64_t last = -1;
    while (first < n->shape->rank && n->attr[first] < 0) first++;
    for (unsigned i = first; i < n->shape->rank; i++) {
        between |= n->attr[i] < 0;
        turned |= n->attr[i] >= 0 && n->attr[i] < last;
        if (n->attr[i] >= 0) last = n->attr[i];
        text_printf(&t, "%s%s", i > first ? ", " : "", n->attr[i] < 0 ? "None" : ":");
    }
    if (!x->rank || (!between && !turned))
        return (struct said){operand_text(m, n->arg[0]), m->scope->said[n->arg[0]].prec, true};
    const char *base = atom_text(m, n->arg[0]);
    if (turned) {
        struct text order = text_new(m->arena);
        for (unsigned i = first; i < n->shape->rank; i++)
            if (n->attr[i] >= 0) text_printf(&order, "%s%lld", order.n ? ", " : "", (long long)n->attr[i]);
        base = arena_printf(m->arena, "np.transpose(%s, (%s))", base, order.s);
    }
    return (struct said){between ? arena_printf(m->arena, "%s[%s]", base, t.s) : base, PREC_ATOM, true};
}

/* ---- leaves ---- */

const char *numpy_number(struct maker *m, double v)
{
    struct text t = text_new(m->arena);
    text_real(&t, v, false);
    if (!strcmp(t.s, "inf")) return "np.inf";
    if (!strcmp(t.s, "-inf")) return "-np.inf";
    return strcmp(t.s, "nan") ? t.s : "np.nan";
}

static const char *tensor_text(struct maker *m, const double *v, const struct ir_shape *s, bool whole)
{
    struct text t = text_new(m->arena);
    int64_t n = 1, size = 0;
    for (unsigned i = 0; i < s->rank; i++) n *= size_known(m->program->tables->sizes, s->dim[i], &size) ? size : 0;
    text_put(&t, s->rank == 1 ? "np.array([" : "np.reshape([");
    for (int64_t i = 0; i < n; i++) {
        if (i) text_put(&t, i % CONSTANTS_A_LINE ? ", " : ",\n        ");
        if (whole)
            text_number(&t, v[i], false);
        else
            text_put(&t, numpy_number(m, v[i]));
    }
    text_put(&t, s->rank == 1 ? "])" : arena_printf(m->arena, "], %s)", shape_tuple(m, s)));
    return t.s;
}

static const char *array_leaf(struct maker *m, const char *from, const ir_arrays *list, const struct ir_node *n)
{
    const struct ir_array *a = &list->at[n->attr[0]];
    return arena_printf(m->arena, "np.asarray(%s[\"%s\"], dtype=%s)", from, a->name,
                        a->type == IR_INT ? "int" : "float");
}

/* Argument k of the loop that the scope is the body of. */
static const char *around_text(struct maker *m, uint32_t k)
{
    struct scope *inside = m->scope;
    m->scope = inside->around;
    const char *s = atom_text(m, inside->loop->arg[k]);
    m->scope = inside;
    return s;
}

static const char *slot_leaf(struct maker *m, const struct ir_node *n)
{
    const struct ir_program *p = m->program;
    return arena_printf(m->arena, "np.asarray(opt[\"%s\"][\"%s\"], dtype=float)", p->train.slots.at[n->attr[0]],
                        p->params.at[n->attr[1]].name);
}

struct said numpy_leaf(struct maker *m, ir_id id)
{
    const struct ir_node *n = node_at(m, id);
    const struct ir_program *p = m->program;
    const struct scope *s = m->scope;
    struct said said = {.prec = PREC_ATOM};
    switch (n->op) {
    case OP_const:
        said.text = numpy_number(m, ir_const_value(n));
        if (*said.text == '-') said.prec = PREC_UNARY;
        break;
    case OP_tensor:
        said.text = tensor_text(m, p->tables->data.at[n->attr[0]], n->shape, false);
        break;
    case OP_input:
        said.text = array_leaf(m, "inputs", &p->inputs, n);
        break;
    case OP_param:
        said.text = array_leaf(m, "params", &p->params, n);
        break;
    case OP_state:
        said.text = array_leaf(m, "state", &p->states, n);
        break;
    case OP_dimval:
        said.text = python_size(m, (ir_size)n->attr[0]);
        if (strpbrk(said.text, " -+*")) said.text = arena_printf(m->arena, "(%s)", said.text);
        break;
    case OP_number:
        said.text = arena_printf(m->arena, "opt[\"%s\"]", p->train.numbers.at[n->attr[0]].name);
        break;
    case OP_tick:
        said.text = "(opt[\"t\"] + 1)";
        break;
    case OP_slot:
        said.text = slot_leaf(m, n);
        break;
    case OP_training:
        said.text = "0.0";
        break;
    case OP_random:
        said.text = arena_printf(m->arena, "uniform(key, %lld, %s)", (long long)n->attr[0], shape_tuple(m, n->shape));
        break;
    case OP_iota:
        said.text = arena_printf(m->arena, "np.arange(%s)", python_size(m, n->shape->dim[0]));
        break;
    case OP_turn:
        said.text = s->turn;
        break;
    case OP_carry:
        said.text = s->carry[n->attr[0]];
        break;
    case OP_row:
        said.text = arena_printf(m->arena, "%s[%s]", around_text(m, s->of->n_carry + (uint32_t)n->attr[0]), s->turn);
        break;
    case OP_outer:
        said.text = around_text(m, s->of->n_carry + s->of->n_row + (uint32_t)n->attr[0]);
        break;
    default:
        numpy_refuse(m, n, ir_ops[n->op].name);
    }
    if (!said.text) said.text = "None";
    return said;
}
