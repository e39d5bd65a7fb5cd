/* Files: the .c and .h of a model, or the one text for libtcc. */
#include "codegen/emit/emit.h"

#include "codegen/emit/carry.h"
#include "codegen/emit/entry.h"

#include <math.h>
#include <string.h>

/* Whether there is such a function, even where its graph has nothing to compute. */
static bool is_present(const struct ir_program *p, const struct ir_entry *e, const struct abi *abi, enum ir_entry_kind kind)
{
    switch (kind) {
    case ENTRY_INIT: return p->params.n > 0;
    case ENTRY_OPT_INIT: return p->train.present;
    case ENTRY_STATE_INIT: return abi->state.fields.n > 0;
    default: return e->present;
    }
}

/* Entry points of all kinds use the same memory. */
static void plan_entries(const struct ir_program *p, const struct ir_entry *entries, struct header *h, struct calls *calls,
                         struct unit **unit)
{
    for (int kind = 0; kind < ENTRY_KINDS; kind++) {
        const struct ir_entry *e = &entries[kind];
        struct ir_entry empty = {.kind = (enum ir_entry_kind)kind};
        h->present[kind] = is_present(p, e, h->abi, (enum ir_entry_kind)kind);
        if (!h->present[kind]) continue;
        if (!e->present) {
            struct ir_entry *none = arena_new(p->tables->arena, struct ir_entry);
            *none = empty;
            e = none;
        }
        unit[kind] = emit_unit_new(p, e, h->o, h->abi, h->prefix, calls);
        if (kind < ENTRY_FORWARD) continue;
        if (unit[kind]->reals > h->reals) h->reals = unit[kind]->reals;
        if (unit[kind]->ints > h->ints) h->ints = unit[kind]->ints;
    }
}

static size_t work_size(const struct header *h)
{
    size_t real = h->o->single ? sizeof(float) : sizeof(double);
    size_t bytes = h->reals * real + h->ints * sizeof(int32_t);
    if (!bytes) return real;
    return h->reals ? (bytes + real - 1) / real * real : bytes;
}

/* libtcc takes no infinity or NaN as a constant: then the bits of all elements stand there. */
static void print_table(const struct header *h, struct unit *u, const char *name, const double *x, int64_t n, struct text *out)
{
    bool single = h->o->single, bits = false;
    for (int64_t k = 0; k < n && h->o->style == EMIT_JIT; k++) bits = bits || !isfinite(single ? (float)x[k] : x[k]);
    if (bits)
        text_printf(out, "static const uint%d_t %s_bits[%lld] = {", single ? 32 : 64, name, (long long)n);
    else
        text_printf(out, "static const %s %s[%lld] = {", h->real, name, (long long)n);
    for (int64_t k = 0; k < n; k++) {
        text_put(out, k % 8 ? " " : "\n    ");
        union { double d; uint64_t u; } wide = {.d = x[k]};
        union { float f; uint32_t u; } half = {.f = (float)x[k]};
        if (bits)
            text_printf(out, "0x%llxu,", (unsigned long long)(single ? half.u : wide.u));
        else
            text_printf(out, "%s,", emit_literal(u, x[k]));
    }
    text_put(out, "\n};\n");
    if (bits) text_printf(out, "#define %s ((const %s *)%s_bits)\n", name, h->real, name);
    text_char(out, '\n');
}

static void print_tables(const struct ir_program *p, const struct header *h, struct unit *const *unit, struct text *out)
{
    struct arena *a = p->tables->arena;
    const struct ir_shape **shape = arena_many(a, const struct ir_shape *, p->tables->data.n + 1);
    struct unit *any = NULL;
    for (int kind = 0; kind < ENTRY_KINDS; kind++) {
        if (!unit[kind] || !unit[kind]->g) continue;
        any = unit[kind];
        for (ir_id id = 1; id < any->g->n; id++) {
            const struct ir_node *n = ir_at(any->g, id);
            if (any->value[id].needed && n->op == OP_tensor) shape[n->attr[0]] = n->shape;
        }
    }
    for (uint32_t i = 0; i < p->tables->data.n; i++) {
        if (!shape[i]) continue;
        int64_t n = size_bound(p->tables->sizes, ir_elements(p->tables, shape[i]));
        const char *name = arena_printf(a, "%s_table%u", h->prefix, i);
        print_table(h, any, name, p->tables->data.at[i], n, out);
    }
}

/* Functions that are called once are put into their caller unasked. */
static void print_apart(const struct header *h, struct unit *const *unit, struct text *out)
{
    bool cut = false;
    for (int kind = 0; kind < ENTRY_KINDS; kind++) cut = cut || (unit[kind] && unit[kind]->n_parts > 1);
    if (!cut) return;
    text_printf(out, "/* Parts of a long function stay apart, and are not worth much optimizing: compilers take more than twice\n"
                     " * the time for twice the length. */\n"
                     "#if defined(__GNUC__) && !defined(__clang__)\n#define %s_APART __attribute__((noinline, optimize(\"O1\")))\n"
                     "#elif defined(__GNUC__)\n#define %s_APART __attribute__((noinline))\n#else\n#define %s_APART\n#endif\n\n",
                h->upper, h->upper, h->upper);
}

static void print_file_head(const struct ir_program *p, const struct header *h, const struct calls *calls, struct text *out)
{
    const char *header = h->o->header_name ? h->o->header_name : arena_printf(p->tables->arena, "%s.h", h->prefix);
    text_printf(out, "/* %s: made by nngen, not by hand. See %s for what it does and how to use it. */\n", h->prefix, header);
    text_printf(out, "#include \"%s\"\n\n#include <math.h>\n\n", header);
    if (!carry_any(calls)) return;
    if (h->o->shared_runtime) text_put(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    carry_kernels(calls, h->o->single, h->o->shared_runtime, out);
    if (h->o->shared_runtime) text_put(out, "#ifdef __cplusplus\n}\n#endif\n");
    text_char(out, '\n');
}

static void print_jit_head(const struct header *h, const struct calls *calls, struct text *out)
{
    text_put(out, "typedef unsigned long size_t;\ntypedef long ptrdiff_t;\ntypedef int int32_t;\ntypedef long int64_t;\n"
                  "typedef unsigned int uint32_t;\ntypedef unsigned long uint64_t;\n");
    carry_math(calls, h->o->single, out);
    carry_kernels(calls, h->o->single, true, out);
    header_types(h, out);
}

/* Long texts are not grown bit by bit. */
static void join(struct text *out, const struct text *a, const struct text *b)
{
    out->cap = a->n + b->n + 1;
    out->s = arena_alloc(out->arena, out->cap);
    text_putn(out, a->s, a->n);
    text_putn(out, b->s, b->n);
}

void emit(const struct ir_program *p, const struct ir_entry entries[ENTRY_KINDS], const struct emit_options *o,
          struct emitted *out)
{
    struct arena *a = p->tables->arena;
    struct unit *unit[ENTRY_KINDS] = {NULL};
    struct calls calls = {.gemm = false};
    struct quotes q;
    struct abi *abi = abi_new(p, o->single);
    struct header h = {.p = p, .o = o, .abi = abi, .prefix = name_prefix(a, o->prefix ? o->prefix : p->name)};
    h.upper = name_upper(a, h.prefix);
    h.real = arena_printf(a, "%s_real", h.prefix);
    *out = (struct emitted){.c = text_new(a), .h = text_new(a), .abi = abi};
    plan_entries(p, entries, &h, &calls, unit);
    abi->work_size = out->work_bytes = work_size(&h);

    struct text functions = text_new(a);
    p->context->scratch.oom = a->oom;
    quotes_init(&q, a, &p->context->sources);
    for (int kind = 0; kind < ENTRY_KINDS; kind++) {
        if (!unit[kind]) continue;
        text_char(&functions, '\n');
        emit_entry(unit[kind], &h, &q, &functions);
        h.multiply_adds[kind] = out->multiply_adds[kind] = unit[kind]->multiply_adds;
    }
    struct text head = text_new(a);
    if (o->style == EMIT_FILE) {
        print_file_head(p, &h, &calls, &head);
        print_apart(&h, unit, &head);
        print_tables(p, &h, unit, &head);
        text_printf(&head, "size_t %s_work_size(void)\n{\n    return sizeof(%s_work);\n}\n", h.prefix, h.prefix);
        header_print(&h, &out->h);
    } else {
        print_jit_head(&h, &calls, &head);
        print_tables(p, &h, unit, &head);
    }
    join(&out->c, &head, &functions);
}
