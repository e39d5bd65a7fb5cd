#include "codegen/emit/structs.h"

#include "codegen/emit/desc.h"
#include "codegen/emit/spelling.h"
#include "codegen/emit/quote.h"

#include <string.h>

const char *const header_entry_names[ENTRY_KINDS] = {"init", "opt_init", "state_init", "forward", "grad", "step"};

enum { LINE_MOST = 108 };

/* ---- members ---- */

struct owners { /* structs that are open: fc1 of fc1.W */
    const char *name[64];
    size_t length[64];
    unsigned n;
};

static void indent(struct text *out, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++) text_put(out, "    ");
}

static void close_owners(struct owners *w, unsigned keep, struct text *out)
{
    while (w->n > keep) {
        w->n--;
        indent(out, w->n + 1);
        text_printf(out, "} %.*s;\n", (int)w->length[w->n], w->name[w->n]);
    }
}

/* Opens the structs that the path goes through; returns its last part. */
static const char *open_owners(struct owners *w, const char *path, struct text *out)
{
    unsigned depth = 0;
    const char *part = path;
    for (const char *dot; (dot = strchr(part, '.')) && depth < 64; part = dot + 1, depth++) {
        size_t n = (size_t)(dot - part);
        if (depth < w->n && w->length[depth] == n && !strncmp(w->name[depth], part, n)) continue;
        close_owners(w, depth, out);
        indent(out, depth + 1);
        text_put(out, "struct {\n");
        w->name[depth] = part;
        w->length[depth] = n;
        w->n = depth + 1;
    }
    close_owners(w, depth, out);
    indent(out, depth + 1);
    return part;
}

static void put_axes(const struct header *h, const struct ir_array *x, struct text *out)
{
    for (unsigned k = 0; k < x->shape->rank; k++) {
        text_char(out, '[');
        if (x->axis[k])
            quote_text(out, x->axis[k], strlen(x->axis[k]), 60);
        else
            size_print(h->p->tables->sizes, x->shape->dim[k], NULL, NULL, out);
        text_char(out, ']');
    }
}

static void put_doc(const char *doc, struct text *out)
{
    if (!doc) return;
    text_put(out, " ");
    quote_text(out, doc, strlen(doc), 400);
}

/* What it says besides the types. */
static bool for_people(const struct header *h)
{
    return h->o->style == EMIT_FILE;
}

static const char *element_type(const struct header *h, const struct ir_array *x)
{
    return x->type == IR_INT ? "int32_t" : h->real;
}

/* Held by value, all sizes known. */
static void put_array(const struct header *h, struct owners *w, const struct abi_field *f, const struct ir_array *x,
                      struct text *out)
{
    const char *name = open_owners(w, f->path, out);
    text_printf(out, "%s %s", element_type(h, x), name);
    for (unsigned k = 0; k < x->shape->rank; k++)
        text_printf(out, "[%lld]", (long long)size_bound(h->p->tables->sizes, x->shape->dim[k]));
    text_put(out, ";");
    if (for_people(h) && (x->shape->rank || x->doc)) {
        text_put(out, " /*");
        if (x->shape->rank) text_char(out, ' ');
        put_axes(h, x, out);
        put_doc(x->doc, out);
        text_put(out, " */");
    }
    text_char(out, '\n');
}

/* By value where the rank is 0, else a pointer. */
static void put_passed(const struct header *h, const struct abi_field *f, const struct ir_array *x, bool given, struct text *out)
{
    if (x->shape->rank == 0)
        text_printf(out, "    %s %s;", element_type(h, x), f->path);
    else
        text_printf(out, "    %s%s *%s;", given ? "const " : "", element_type(h, x), f->path);
    if (!for_people(h)) {
        text_char(out, '\n');
        return;
    }
    struct text about = text_new(out->arena);
    put_axes(h, x, &about);
    if (given && x->below) {
        text_put(&about, about.n ? ", 0.." : "0..");
        size_print(h->p->tables->sizes, size_sub(h->p->tables->sizes, x->below, 1), NULL, NULL, &about);
    }
    if (!given && x->shape->rank) text_put(&about, ", NULL if not wanted");
    put_doc(x->doc, &about);
    if (about.n) text_printf(out, " /* %s */", about.s + (about.s[0] == ' '));
    text_char(out, '\n');
}

static void put_unused(const struct header *h, const struct abi_struct *s, struct text *out)
{
    if (s->fields.n == 1 && s->fields.at[0].what == ABI_UNUSED) text_printf(out, "    %s unused;\n", h->real);
}

static void open_struct(const struct header *h, const char *name, struct text *out)
{
    text_printf(out, "typedef struct %s_%s {\n", h->prefix, name);
}

static void close_struct(const struct header *h, const char *name, struct text *out)
{
    text_printf(out, "} %s_%s;\n\n", h->prefix, name);
}

static void print_params(const struct header *h, struct text *out)
{
    struct owners w = {.n = 0};
    open_struct(h, "params", out);
    for (uint32_t i = 0; i < h->p->params.n; i++)
        put_array(h, &w, abi_find(&h->abi->params, ABI_PARAM, i), &h->p->params.at[i], out);
    close_owners(&w, 0, out);
    put_unused(h, &h->abi->params, out);
    close_struct(h, "params", out);
}

static void print_state(const struct header *h, struct text *out)
{
    struct owners w = {.n = 0};
    if (!h->abi->state.fields.n) return;
    open_struct(h, "state", out);
    for (uint32_t i = 0; i < h->p->states.n; i++)
        put_array(h, &w, abi_find(&h->abi->state, ABI_STATE, i), &h->p->states.at[i], out);
    close_owners(&w, 0, out);
    if (h->p->has_random) text_put(out, "    uint64_t seed, calls; /* of the random numbers; calls done so far */\n");
    close_struct(h, "state", out);
}

static void print_opt(const struct header *h, struct text *out)
{
    const struct ir_train *t = &h->p->train;
    if (!t->present) return;
    if (t->text && for_people(h)) {
        text_put(out, "/* ");
        quote_text(out, t->text, strlen(t->text), 200);
        text_put(out, " */\n");
    }
    open_struct(h, "opt", out);
    text_put(out, "    uint64_t t; /* steps done */\n");
    for (uint32_t i = 0; i < t->numbers.n; i++)
        text_printf(out, "    %s %s;\n", h->real, abi_find(&h->abi->opt, ABI_NUMBER, i)->path);
    for (uint32_t k = 0; k < t->slots.n && h->p->params.n; k++)
        text_printf(out, "    %s_params %s;\n", h->prefix, name_member(out->arena, t->slots.at[k]));
    close_struct(h, "opt", out);
}

static void print_inputs(const struct header *h, struct text *out)
{
    const struct ir_program *p = h->p;
    open_struct(h, "inputs", out);
    for (uint32_t i = 0; i < p->dims.n; i++) {
        text_printf(out, "    size_t %s; /* 1..%lld", abi_find(&h->abi->inputs, ABI_DIM, i)->path, (long long)p->dims.at[i].max);
        put_doc(p->dims.at[i].doc, out);
        text_put(out, " */\n");
    }
    for (uint32_t i = 0; i < p->inputs.n; i++)
        put_passed(h, abi_find(&h->abi->inputs, ABI_INPUT, i), &p->inputs.at[i], true, out);
    put_unused(h, &h->abi->inputs, out);
    close_struct(h, "inputs", out);
}

static const char *suffix_of(const struct header *h)
{
    return h->suffix ? h->suffix : "";
}

void header_outputs(const struct header *h, struct text *out)
{
    const struct ir_program *p = h->p;
    const char *name = h->suffix ? arena_printf(out->arena, "%s_outputs", h->suffix + 1) : "outputs";
    open_struct(h, name, out);
    for (uint32_t i = 0; i < p->outputs.n; i++)
        put_passed(h, abi_find(&h->abi->outputs, ABI_OUTPUT, i), &p->outputs.at[i], false, out);
    for (uint32_t i = 0; i < p->wrt.n; i++)
        put_passed(h, abi_find(&h->abi->outputs, ABI_WRT, i), &p->wrt.at[i], false, out);
    put_unused(h, &h->abi->outputs, out);
    close_struct(h, name, out);
}

static void print_check_room(const struct header *h, struct text *out)
{
    text_printf(out, "    struct {\n        %s_params p, g;\n", h->prefix);
    if (h->abi->state.fields.n) text_printf(out, "        %s_state s;\n", h->prefix);
    if (h->check_reals) text_printf(out, "        %s real[%zu];\n", h->real, h->check_reals);
    if (h->check_ints) text_printf(out, "        int32_t whole[%zu];\n", h->check_ints);
    text_printf(out, "    } check; /* of %s_selfcheck alone */\n", h->prefix);
}

static void print_work(const struct header *h, struct text *out)
{
    if (for_people(h)) text_put(out, "/* What a call computes with: nothing in it lasts from one call to the next. */\n");
    open_struct(h, "work", out);
    if (h->reals) text_printf(out, "    %s real[%zu];\n", h->real, h->reals);
    if (h->ints) text_printf(out, "    int32_t whole[%zu];\n", h->ints);
    if (!h->reals && !h->ints) text_printf(out, "    %s unused;\n", h->real);
    if (h->o->selfcheck && h->o->style == EMIT_FILE) print_check_room(h, out);
    close_struct(h, "work", out);
}

/* ---- numbers ---- */

/* An enumerator is an int; larger numbers are macros. */
static void put_number(const char *name, int64_t v, struct text *enums, struct text *macros, struct scope *scope)
{
    name = scope_name(scope, name);
    if (v >= INT32_MIN && v <= INT32_MAX)
        text_printf(enums, "%s%s = %lld", enums->n ? ", " : "", name, (long long)v);
    else
        text_printf(macros, "#define %s (%lldLL)\n", name, (long long)v);
}

static void print_numbers(const struct header *h, struct text *out)
{
    struct arena *a = out->arena;
    struct text enums = text_new(a), macros = text_new(a);
    struct scope scope;
    int64_t count = 0;
    scope_init(&scope, a);
    scope_name(&scope, arena_printf(a, "%s_OK", h->upper)); /* not a dim's */
    for (int i = 0; i < 4; i++)
        scope_name(&scope, arena_printf(a, "%s_E_%s", h->upper, (const char *[]){"NULL", "DIM", "RANGE", "CHECK"}[i]));
    for (uint32_t i = 0; i < h->p->params.n; i++) count += (int64_t)h->abi->params.fields.at[i].count;
    struct text ours = text_new(a);
    for (uint32_t i = 0; i < h->p->dims.n; i++)
        put_number(arena_printf(a, "%s_MAX_%s", h->upper, h->p->dims.at[i].name), h->p->dims.at[i].max, &ours, &macros, &scope);
    put_number(arena_printf(a, "%s_NUM_PARAMS", h->upper), count, &ours, &macros, &scope);
    for (uint32_t i = 0; i < h->p->constants.n; i++)
        put_number(arena_printf(a, "%s_%s", h->upper, h->p->constants.at[i].name), (int64_t)h->p->constants.at[i].value, &enums,
                   &macros, &scope);
    if (ours.n) text_printf(&enums, "%s%s", enums.n ? ", " : "", ours.s);
    if (enums.n) text_printf(out, "enum { %s };\n", enums.s);
    text_put(out, macros.s);
}

void header_types(const struct header *h, struct text *out)
{
    const unsigned runs = 1u << ENTRY_FORWARD | 1u << ENTRY_GRAD | 1u << ENTRY_STEP, trains = 1u << ENTRY_OPT_INIT | 1u << ENTRY_STEP;
    unsigned kinds = h->o->only ? h->o->only : runs | trains; /* the types of the others are among these */
    text_printf(out, "typedef %s %s;\n", h->o->single ? "float" : "double", h->real);
    if (for_people(h)) print_numbers(h, out);
    text_printf(out, "typedef enum %s_status { %s_OK = 0, %s_E_NULL, %s_E_DIM, %s_E_RANGE", h->prefix, h->upper, h->upper, h->upper,
                h->upper);
    if (h->o->selfcheck) text_printf(out, ", %s_E_CHECK", h->upper);
    text_printf(out, " } %s_status;\n\n", h->prefix);
    print_params(h, out);
    print_state(h, out);
    if (kinds & trains) print_opt(h, out);
    if (!(kinds & runs)) return;
    print_inputs(h, out);
    header_outputs(h, out);
    print_work(h, out);
}

/* ---- functions ---- */

const char *const *header_parameters(const struct header *h, enum ir_entry_kind kind)
{
    static const char *const plain[ENTRY_KINDS][8] = {
        {"p", "seed"}, {"o"}, {"s", "seed"}, {"p", "in", "out", "w"}, {"p", "in", "out", "g", "w"}, {"p", "o", "in", "out", "w"},
    };
    static const char *const with_state[ENTRY_KINDS][8] = {
        {"p", "seed"}, {"o"}, {"s", "seed"}, {"p", "s", "in", "out", "w"}, {"p", "s", "in", "out", "g", "w"},
        {"p", "s", "o", "in", "out", "w"},
    };
    return h->abi->state.fields.n ? with_state[kind] : plain[kind];
}

static const char *parameter_type(enum ir_entry_kind kind, const char *name)
{
    bool writes = kind == ENTRY_INIT || kind == ENTRY_STEP;
    switch (name[0]) {
    case 'p': return writes ? "%s_params *p" : "const %s_params *p";
    case 's': return name[1] ? "uint64_t seed" : "%s_state *s";
    case 'i': return "const %s_inputs *in";
    case 'g': return "%s_params *g";
    case 'w': return "%s_work *w";
    default: return name[1] ? "%s_outputs *out" : "%s_opt *o";
    }
}

void header_signature(const struct header *h, enum ir_entry_kind kind, const char *result, const char *suffix, struct text *out)
{
    size_t line = out->n, open;
    text_printf(out, "%s %s_%s%s%s(", result, h->prefix, header_entry_names[kind], suffix_of(h), suffix);
    open = out->n - line;
    const char *const *name = header_parameters(h, kind);
    for (int i = 0; name[i]; i++) {
        const char *type = parameter_type(kind, name[i]), *hole = strstr(type, "%s");
        if (h->suffix && !strcmp(name[i], "out")) type = arena_printf(out->arena, "%%s%s_outputs *out", h->suffix);
        hole = strstr(type, "%s");
        bool full = out->n - line + strlen(type) + (hole ? strlen(h->prefix) : 2) > LINE_MOST;
        if (i) text_put(out, full ? ",\n" : ", ");
        if (i && full) {
            line = out->n;
            for (size_t k = 0; k < open; k++) text_char(out, ' ');
        }
        if (hole)
            text_printf(out, "%.*s%s%s", (int)(hole - type), type, h->prefix, hole + 2);
        else
            text_put(out, type);
    }
    text_put(out, ")");
}

void header_prototypes(const struct header *h, struct text *out)
{
    static const char *const about[ENTRY_KINDS] = {
        "parameters as the model begins, from a seed", "the optimizer's numbers and state as it begins",
        "the model's state as it begins", "outputs", "outputs and gradients; g is overwritten",
        "one step of training: outputs, then p and o are updated",
    };
    const char *result = arena_printf(out->arena, "%s_status", h->prefix);
    for (int kind = 0; kind < ENTRY_KINDS; kind++) {
        if (!h->present[kind]) continue;
        text_printf(out, "/* %s */\n", about[kind]);
        header_signature(h, (enum ir_entry_kind)kind, result, "", out);
        text_put(out, ";\n");
    }
    if (h->o->selfcheck)
        text_printf(out, "/* runs the model's tests and holds a gradient against differences: %s_E_CHECK if one is wrong here */\n"
                         "%s_status %s_selfcheck(uint64_t seed, %s_work *w);\n",
                    h->upper, h->prefix, h->prefix, h->prefix);
    text_printf(out, "/* sizeof(%s_work) */\nsize_t %s_work_size(void);\n", h->prefix, h->prefix);
}

/* ---- the comment at the head ---- */

/* 101770 as 101,770 */
static void put_count(struct text *out, uint64_t n)
{
    char digits[24];
    int k = 0;
    do {
        digits[k++] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    while (k) {
        text_char(out, digits[--k]);
        if (k && k % 3 == 0) text_char(out, ',');
    }
}

static void put_figures(const struct header *h, struct text *out)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < h->p->params.n; i++) count += (int64_t)h->abi->params.fields.at[i].count;
    text_put(out, " * parameters     ");
    put_count(out, (uint64_t)count);
    for (int kind = ENTRY_FORWARD; kind < ENTRY_KINDS; kind++) {
        if (!h->present[kind]) continue;
        text_printf(out, "\n * %-14s ", header_entry_names[kind]);
        put_count(out, h->multiply_adds[kind]);
        text_put(out, " multiply-adds in products");
    }
    text_put(out, "\n * workspace      ");
    put_count(out, h->abi->work_size);
    text_put(out, " bytes\n");
    if (h->p->params.n) {
        text_put(out, " * params         ");
        put_count(out, h->abi->params.size);
        text_put(out, " bytes\n");
    }
    if (h->p->train.present) {
        text_put(out, " * optimizer      ");
        put_count(out, h->abi->opt.size);
        text_put(out, " bytes\n");
    }
}

static void put_given(const struct header *h, struct text *out)
{
    const struct ir_program *p = h->p;
    for (uint32_t i = 0; i < p->dims.n; i++)
        text_printf(out, " *     in.%s = %lld;\n", abi_find(&h->abi->inputs, ABI_DIM, i)->path, (long long)p->dims.at[i].max);
    for (uint32_t i = 0; i < p->inputs.n && i < 4; i++) {
        const struct ir_array *x = &p->inputs.at[i];
        const char *path = abi_find(&h->abi->inputs, ABI_INPUT, i)->path;
        int64_t n = size_bound(p->tables->sizes, ir_elements(p->tables, x->shape));
        if (x->shape->rank)
            text_printf(out, " *     static %s %s_data[%lld];\n *     in.%s = %s_data;\n", element_type(h, x), path, (long long)n,
                        path, path);
        else
            text_printf(out, " *     in.%s = 1;\n", path);
    }
    if (p->inputs.n > 4) text_put(out, " *     (and so on)\n");
}

static void put_usage(const struct header *h, struct text *out)
{
    static const char *const type[] = {"params", "opt", "state", "work", "inputs", "outputs"};
    static const char *const name[] = {"p", "o", "s", "w", "in", "out"};
    const bool there[] = {true, h->p->train.present, h->abi->state.fields.n != 0, true, true, true};
    text_put(out, " *\n * Use:\n");
    for (int i = 0; i < 6; i++)
        if (there[i]) text_printf(out, " *     static %s_%s %s;\n", h->prefix, type[i], name[i]);
    if (h->present[ENTRY_GRAD] && !h->p->train.present) text_printf(out, " *     static %s_params g;\n", h->prefix);
    put_given(h, out);
    enum ir_entry_kind last = h->present[ENTRY_STEP] ? ENTRY_STEP : h->present[ENTRY_GRAD] ? ENTRY_GRAD : ENTRY_FORWARD;
    for (int kind = 0; kind < ENTRY_KINDS; kind++) {
        if (!h->present[kind] || (kind > ENTRY_STATE_INIT && kind != (int)last)) continue;
        const char *const *par = header_parameters(h, (enum ir_entry_kind)kind);
        text_printf(out, " *     %s_%s(", h->prefix, header_entry_names[kind]);
        for (int i = 0; par[i]; i++)
            text_printf(out, "%s%s%s", i ? ", " : "", strcmp(par[i], "seed") ? "&" : "", strcmp(par[i], "seed") ? par[i] : "1");
        text_put(out, ");\n");
    }
}

static void put_lines(const char *s, struct text *out)
{
    while (*s) {
        size_t n = strcspn(s, "\n");
        text_put(out, " * ");
        quote_text(out, s, n, 200);
        text_char(out, '\n');
        s += n + (s[n] == '\n');
    }
}

void header_print(const struct header *h, struct text *out)
{
    text_printf(out, "/* %s: made by nngen, not by hand.\n", h->prefix);
    if (h->p->doc) {
        text_put(out, " *\n");
        put_lines(h->p->doc, out);
    }
    text_put(out, " *\n");
    put_figures(h, out);
    put_usage(h, out);
    text_put(out, " *\n * Each function returns 0 (OK) or says what is wrong with its arguments, before anything is written. None allocates;\n"
                  " * threads may share all but what they write. Build with -O3 -march=native -fno-trapping-math -fno-math-errno, never\n"
                  " * with -ffast-math, nor with gcc 12's -fno-thread-jumps, which miscompiles padding.");
    if (h->o->openmp)
        text_put(out, " With -fopenmp too what is worth\n * it runs on as many threads as OMP_NUM_THREADS says; they had better sleep while they wait (OMP_WAIT_POLICY=passive).\n"
                      " * The results have the same bits for any number of them, and without.");
    if (h->o->blas) text_put(out, "\n * Large products call CBLAS: link with one, -lopenblas.");
    text_put(out, " */\n");
    text_printf(out, "#ifndef NNGEN_MODEL_%s\n#define NNGEN_MODEL_%s\n\n#include <stddef.h>\n#include <stdint.h>\n\n", h->upper, h->upper);
    text_put(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    header_types(h, out);
    header_prototypes(h, out);
    if (h->o->desc) desc_declare(h, out);
    text_put(out, "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}
