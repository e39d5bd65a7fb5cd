/* The words on the picture. */
#include "codegen/draw/picture.h"

#include "codegen/ir/loop.h"

#include <math.h>
#include <string.h>

bool is_plain(const struct ir_node *n)
{
    return n->op == OP_const || n->op == OP_dimval || n->op == OP_training;
}

static bool is_list(const struct figures *f)
{
    return f->there && f->rows == 1 && f->columns > 1 && f->columns <= 3;
}

bool has_heat(const struct figures *f)
{
    return f->there && f->rows * f->columns > 1 && !is_list(f);
}

void figure_words(const struct figures *f, struct text *out)
{
    if (!f->there) return;
    for (unsigned c = 0; is_list(f) && c < f->columns; c++) {
        text_put(out, c ? ", " : "[");
        text_short(out, f->cell[0][c]);
    }
    if (is_list(f)) {
        text_char(out, ']');
        return;
    }
    text_short(out, f->lo);
    if (isnan(f->lo)) return;
    if (f->lo != f->hi) text_put(out, " .. ");
    if (f->lo != f->hi) text_short(out, f->hi);
    if (f->nans) text_printf(out, ", %lld nan", (long long)f->nans);
}

void shape_words(const struct drawing *d, const struct ir_shape *s, struct text *out)
{
    struct ir_sizes *sizes = d->program->tables->sizes;
    for (unsigned k = 0; k < s->rank; k++) {
        text_put(out, k ? ", " : "[");
        if (d->dims)
            text_printf(out, "%lld", (long long)size_at(sizes, s->dim[k], d->dims));
        else
            size_print(sizes, s->dim[k], NULL, NULL, out);
    }
    if (s->rank) text_put(out, "]");
}

/* Between its operands in the C of its row: `$0 + $1`. NULL if it does not stand there. */
static const char *infix(const struct drawing *d, const char *text)
{
    const char *left = strstr(text, "$0 "), *right = left ? strstr(left, " $1") : NULL;
    if (!right || right - left > 5 || (right[3] && right[3] != ')')) return NULL;
    return arena_strndup(d->arena, left + 3, (size_t)(right - left - 3));
}

static const char *leaf_sign(const struct drawing *d, const struct ir_node *n)
{
    const struct ir_program *p = d->program;
    switch (n->op) {
    case OP_input:
        return p->inputs.at[n->attr[0]].name;
    case OP_param:
        return p->params.at[n->attr[0]].name;
    case OP_state:
        return p->states.at[n->attr[0]].name;
    case OP_number:
        return p->train.numbers.at[n->attr[0]].name;
    case OP_tensor:
        return n->name ? n->name : "constant";
    case OP_iota:
        return "range";
    default:
        return ir_ops[n->op].name;
    }
}

static const char *word_of(const struct drawing *d, ir_id id)
{
    const struct ir_node *n = ir_at(d->program->graph, id);
    static const char *const words[OP_COUNT] = {
        [OP_contract] = "@",   [OP_max_of] = "max", [OP_min_of] = "min",     [OP_pow] = "**",        [OP_neg] = "-",
        [OP_select] = "where", [OP_eq] = "==",      [OP_window] = "windows", [OP_custom] = "adjoint"};
    if (ir_ops[n->op].class == CLASS_LEAF) return leaf_sign(d, n);
    if (is_loop(n)) return arena_printf(d->arena, "for %s", ir_loop_of(d->program->graph, id)->turn_name);
    if (words[n->op]) return words[n->op];
    const char *between = infix(d, ir_ops[n->op].text);
    return between ? between : ir_ops[n->op].name;
}

static void put_plain(const struct drawing *d, const struct ir_node *n, struct text *out)
{
    if (n->op == OP_const)
        text_short(out, ir_const_value(n));
    else if (n->op == OP_dimval)
        size_print(d->program->tables->sizes, (ir_size)n->attr[0], NULL, NULL, out);
    else
        text_put(out, ir_ops[n->op].name);
}

/* Constants stand in the box: "1 -", "max(_, 0)". */
const char *sign_of(const struct drawing *d, ir_id id)
{
    const struct ir_graph *g = d->program->graph;
    const struct ir_node *n = ir_at(g, id);
    const char *word = word_of(d, id);
    struct text t = text_new(d->arena);
    bool named = (*word >= 'a' && *word <= 'z') || (*word >= 'A' && *word <= 'Z'), any = false;
    for (uint32_t i = 0; i < n->n_arg; i++) any |= ir_reads(n, i) && is_plain(ir_at(g, d->stands_for[n->arg[i]]));
    if (!any || ir_ops[n->op].class != CLASS_MAP) return word;
    if (named) text_printf(&t, "%s(", word);
    for (uint32_t i = 0; i < n->n_arg; i++) {
        const struct ir_node *x = ir_at(g, d->stands_for[n->arg[i]]);
        if (!ir_reads(n, i)) continue;
        if (i) text_put(&t, named ? ", " : t.n ? " " : "");
        if (i && !named) text_printf(&t, "%s%s", word, is_plain(x) ? " " : "");
        if (is_plain(x))
            put_plain(d, x, &t);
        else if (named)
            text_put(&t, "_");
    }
    text_put(&t, named ? ")" : "");
    return t.s;
}

struct line line_of(const struct drawing *d, struct span at)
{
    struct line l = {.file = "", .text = ""};
    if (!at.hi) return l;
    struct place p = source_place(&d->program->context->sources, at.lo);
    const char *slash = strrchr(p.file->path, '/');
    l.file = slash ? slash + 1 : p.file->path;
    l.source = p.file;
    l.number = p.line;
    l.text = p.line_text;
    l.size = p.line_size;
    for (; l.size && (*l.text == ' ' || *l.text == '\t'); l.size--) l.text++;
    while (l.size && (l.text[l.size - 1] == ' ' || l.text[l.size - 1] == '\r' || l.text[l.size - 1] == '\n')) l.size--;
    return l;
}
