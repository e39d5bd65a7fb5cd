#include "codegen/emit/desc.h"

#include "codegen/emit/quote.h"

#include <string.h>

/* The same in the header of every model: the first one read defines it. */
static const char types[] =
    "#ifndef NNGEN_DESC\n"
    "#define NNGEN_DESC 1\n"
    "/* What a model holds, for hosts that learn it at run time. An array lies in one of the structs NAME_params, _state,\n"
    " * _opt, _inputs, _outputs at `offset`: elements row by row, or where `pointer` is set a pointer to them. The\n"
    " * gradient of a parameter has the parameter's place in a NAME_params of its own. */\n"
    "enum nngen_desc_place { NNGEN_IN_PARAMS, NNGEN_IN_STATE, NNGEN_IN_OPT, NNGEN_IN_INPUTS, NNGEN_IN_OUTPUTS };\n"
    "enum nngen_desc_role {\n"
    "    NNGEN_IS_DIM, NNGEN_IS_INPUT, NNGEN_IS_OUTPUT, NNGEN_IS_GRADIENT, NNGEN_IS_PARAM, NNGEN_IS_STATE, NNGEN_IS_SEED,\n"
    "    NNGEN_IS_CALLS, NNGEN_IS_TICK, NNGEN_IS_NUMBER, NNGEN_IS_SLOT\n"
    "};\n"
    "enum nngen_desc_type { NNGEN_FLOAT, NNGEN_DOUBLE, NNGEN_INT32, NNGEN_UINT64, NNGEN_SIZE };\n"
    "typedef struct nngen_axis {\n"
    "    const char *text; /* as the model says it: \"N\", \"784\"; of several dims \"2*N - 1\" */\n"
    "    size_t most;      /* its size, or the bound of a size that is known at run time */\n"
    "    int dim;          /* the array that holds this size (role NNGEN_IS_DIM), -1: fixed, -2: made of several */\n"
    "} nngen_axis;\n"
    "typedef struct nngen_array_desc {\n"
    "    const char *name; /* as the model says it: \"fc1.W\"; d_x of a gradient */\n"
    "    enum nngen_desc_role role;\n"
    "    enum nngen_desc_type type;\n"
    "    enum nngen_desc_place place;\n"
    "    size_t offset;\n"
    "    int pointer;\n"
    "    int64_t below; /* integers are 0..below-1; a run-time dim is 1..below-1; 0: unlimited */\n"
    "    unsigned rank;\n"
    "    const nngen_axis *axis;\n"
    "} nngen_array_desc;\n"
    "typedef struct nngen_call { /* what an entry point does not take may be NULL */\n"
    "    void *params, *state, *opt;\n"
    "    const void *inputs;\n"
    "    void *outputs, *gradients, *work;\n"
    "    uint64_t seed;\n"
    "} nngen_call;\n"
    "struct nngen_desc;\n"
    "typedef int nngen_entry(const struct nngen_desc *d, const nngen_call *c); /* 0 or NAME_status */\n"
    "typedef struct nngen_desc {\n"
    "    const char *name;\n"
    "    size_t params_size, state_size, opt_size, inputs_size, outputs_size, work_size; /* of the structs; 0: there is none */\n"
    "    size_t n_arrays;\n"
    "    const nngen_array_desc *array; /* by place, in order of the struct */\n"
    "    int loss; /* that array is the loss, -1: none */\n"
    "    nngen_entry *init, *opt_init, *state_init, *forward, *grad, *step; /* given the description they are of; NULL: none */\n"
    "} nngen_desc;\n"
    "#endif\n";

void desc_declare(const struct header *h, struct text *out)
{
    text_put(out, types);
    text_printf(out, "extern const nngen_desc %s_desc;\n", h->prefix);
}

/* ---- arrays ---- */

static const char *const place_word[] = {"params", "state", "opt", "inputs", "outputs"};
static const char *const place_name[] = {"PARAMS", "STATE", "OPT", "INPUTS", "OUTPUTS"};
static const char *const role_name[] = {"DIM",   "INPUT", "OUTPUT", "GRADIENT", "PARAM", "STATE",
                                        "SEED",  "CALLS", "TICK",   "NUMBER",   "SLOT"}; /* as enum abi_what */

static const struct abi_struct *place_of(const struct header *h, int place)
{
    const struct abi_struct *all[] = {&h->abi->params, &h->abi->state, &h->abi->opt, &h->abi->inputs, &h->abi->outputs};
    return all[place];
}

static const struct ir_array *array_of(const struct ir_program *p, const struct abi_field *f)
{
    switch (f->what) {
    case ABI_INPUT: return &p->inputs.at[f->index];
    case ABI_OUTPUT: return &p->outputs.at[f->index];
    case ABI_WRT: return &p->wrt.at[f->index];
    case ABI_PARAM: return &p->params.at[f->index];
    case ABI_STATE: return &p->states.at[f->index];
    case ABI_SLOT: return &p->params.at[f->index % p->params.n];
    default: return NULL;
    }
}

static const char *said_name(const struct header *h, const struct abi_field *f, const struct ir_array *x, struct arena *a)
{
    const struct ir_program *p = h->p;
    if (f->what == ABI_DIM) return p->dims.at[f->index].name;
    if (f->what == ABI_NUMBER) return p->train.numbers.at[f->index].name;
    if (f->what == ABI_SLOT) return arena_printf(a, "%s.%s", p->train.slots.at[f->index / p->params.n], x->name);
    return x ? x->name : f->path;
}

static const char *type_name(const struct header *h, enum abi_type type)
{
    switch (type) {
    case ABI_REAL:
    case ABI_REAL_PTR: return h->o->single ? "FLOAT" : "DOUBLE";
    case ABI_INT:
    case ABI_INT_PTR: return "INT32";
    case ABI_U64: return "UINT64";
    default: return "SIZE";
    }
}

struct tables {
    const struct header *h;
    struct text arrays, axes;
    uint32_t n_arrays, n_axes;
    uint32_t first_input; /* where the dims stand */
};

static void put_string(struct text *out, const char *s)
{
    text_char(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') text_char(out, '\\');
        text_char(out, *s);
    }
    text_char(out, '"');
}

static int dim_of(const struct tables *t, ir_size s)
{
    int64_t known;
    if (size_known(t->h->p->tables->sizes, s, &known)) return -1;
    for (uint32_t d = 0; d < t->h->p->dims.n; d++)
        if (size_of_dim(t->h->p->tables->sizes, d) == s) return (int)(t->first_input + d);
    return -2;
}

static void put_axes(struct tables *t, const struct ir_array *x)
{
    struct ir_sizes *sizes = t->h->p->tables->sizes;
    for (unsigned k = 0; k < x->shape->rank; k++) {
        struct text said = text_new(t->axes.arena);
        size_print(sizes, x->shape->dim[k], NULL, NULL, &said);
        int dim = dim_of(t, x->shape->dim[k]);
        text_put(&t->axes, t->n_axes % 4 ? " {" : "\n    {");
        put_string(&t->axes, x->axis[k] && dim != -2 ? x->axis[k] : said.s);
        text_printf(&t->axes, ", %lld, %d},", (long long)size_bound(sizes, x->shape->dim[k]), dim);
        t->n_axes++;
    }
}

static void put_array(struct tables *t, int place, const struct abi_field *f)
{
    const struct header *h = t->h;
    const struct ir_array *x = array_of(h->p, f);
    int64_t below = 0;
    if (f->what == ABI_DIM) below = h->p->dims.at[f->index].max + 1;
    if (x && x->type == IR_INT && x->below) below = size_bound(h->p->tables->sizes, x->below);
    text_put(&t->arrays, "    {");
    put_string(&t->arrays, said_name(h, f, x, t->arrays.arena));
    text_printf(&t->arrays, ", NNGEN_IS_%s, NNGEN_%s, NNGEN_IN_%s, offsetof(%s_%s, %s), %d, %lld, %u, ", role_name[f->what],
                type_name(h, f->type), place_name[place], h->prefix, place_word[place], f->path,
                f->type == ABI_REAL_PTR || f->type == ABI_INT_PTR, (long long)below, x ? x->shape->rank : 0);
    if (x && x->shape->rank)
        text_printf(&t->arrays, "%s_axes + %u},\n", h->prefix, t->n_axes);
    else
        text_put(&t->arrays, "NULL},\n");
    if (x) put_axes(t, x);
    t->n_arrays++;
}

static bool is_empty(const struct abi_struct *s)
{
    return s->fields.n == 0 || s->fields.at[0].what == ABI_UNUSED;
}

static void put_tables(struct tables *t, struct text *out)
{
    const struct header *h = t->h;
    for (int place = 0; place < 3; place++)
        if (!is_empty(place_of(h, place))) t->first_input += place_of(h, place)->fields.n;
    for (int place = 0; place < 5; place++) {
        const struct abi_struct *s = place_of(h, place);
        for (uint32_t i = 0; i < s->fields.n && !is_empty(s); i++) put_array(t, place, &s->fields.at[i]);
    }
    if (t->n_axes) text_printf(out, "static const nngen_axis %s_axes[] = {%s\n};\n\n", h->prefix, t->axes.s);
    if (t->n_arrays) text_printf(out, "static const nngen_array_desc %s_arrays[] = {\n%s};\n\n", h->prefix, t->arrays.s);
}

/* ---- entry points ---- */

static void put_argument(const struct header *h, const char *name, struct text *out)
{
    static const struct {
        const char *name, *type, *member;
    } all[] = {{"p", "params", "params"}, {"s", "state", "state"},        {"o", "opt", "opt"},   {"in", "inputs", "inputs"},
               {"out", "outputs", "outputs"}, {"g", "params", "gradients"}, {"w", "work", "work"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i].name, name))
            text_printf(out, "(%s%s_%s *)c->%s", *name == 'i' ? "const " : "", h->prefix, all[i].type, all[i].member);
    if (!strcmp(name, "seed")) text_put(out, "c->seed");
}

static void put_call(const struct header *h, enum ir_entry_kind kind, struct text *out)
{
    const char *word = header_entry_names[kind];
    text_printf(out, "static int %s_call_%s(const nngen_desc *d, const nngen_call *c)\n{\n    (void)d;\n    return (int)%s_%s(", h->prefix, word, h->prefix, word);
    const char *const *name = header_parameters(h, kind);
    for (int i = 0; name[i]; i++) {
        if (i) text_put(out, ", ");
        put_argument(h, name[i], out);
    }
    text_put(out, ");\n}\n\n");
}

void desc_define(const struct header *h, struct text *out)
{
    struct tables t = {.h = h, .arrays = text_new(out->arena), .axes = text_new(out->arena)};
    text_put(out, "\n/* ---- the description ---- */\n\n");
    put_tables(&t, out);
    for (int kind = 0; kind < ENTRY_KINDS; kind++)
        if (h->present[kind]) put_call(h, (enum ir_entry_kind)kind, out);
    text_printf(out, "const nngen_desc %s_desc = {\n    \"%s\"", h->prefix, h->p->name);
    for (int place = 0; place < 5; place++) {
        bool there = place_of(h, place)->fields.n != 0;
        text_printf(out, there ? ", sizeof(%s_%s)" : ", 0", h->prefix, place_word[place]);
    }
    text_printf(out, ", sizeof(%s_work),\n    %u, ", h->prefix, t.n_arrays);
    text_printf(out, t.n_arrays ? "%s_arrays" : "NULL", h->prefix);
    text_printf(out, ", %d", h->p->loss < 0 ? -1 : (int)(t.first_input + h->p->dims.n + h->p->inputs.n) + h->p->loss);
    for (int kind = 0; kind < ENTRY_KINDS; kind++) {
        text_put(out, kind % 3 ? ", " : ",\n    ");
        text_printf(out, h->present[kind] ? "%s_call_%s" : "NULL", h->prefix, header_entry_names[kind]);
    }
    text_put(out, "\n};\n");
}
