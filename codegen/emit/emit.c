/* Files: the .c and .h of a model, or the one text for libtcc. */
#include "codegen/emit/blocks.h"
#include "codegen/emit/emit.h"

#include "codegen/emit/carry.h"
#include "codegen/emit/conv.h"
#include "codegen/emit/desc.h"
#include "codegen/emit/entry.h"
#include "codegen/emit/selfcheck.h"
#include "codegen/emit/tiled.h"
#include "codegen/emit/twins.h"

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

static bool is_wanted(const struct emit_options *o, int kind)
{
    return !o->only || o->only >> kind & 1;
}

static size_t up(size_t bytes, size_t align)
{
    return (bytes + align - 1) / align * align;
}

static size_t work_size(const struct header *h)
{
    size_t real = h->o->single ? sizeof(float) : sizeof(double);
    size_t bytes = h->reals * real + h->ints * sizeof(int32_t);
    if (!bytes) bytes = real;
    if (!h->o->selfcheck || h->o->style != EMIT_FILE) return h->reals ? up(bytes, real) : bytes;
    size_t align = h->abi->state.fields.n && h->p->has_random ? sizeof(uint64_t) : real;
    bytes = up(bytes, align) + 2 * h->abi->params.size;
    if (h->abi->state.fields.n) bytes = up(bytes, align) + h->abi->state.size;
    bytes = up(bytes, real) + h->check_reals * real + h->check_ints * sizeof(int32_t);
    return up(bytes, align);
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

/* Constant data that some entry point reads. */
static void print_tables(const struct ir_program *p, const struct header *h, const struct ir_shape *const *shape,
                         struct unit *any, struct text *out)
{
    for (uint32_t i = 0; i < p->tables->data.n; i++) {
        if (!shape[i]) continue;
        int64_t n = size_bound(p->tables->sizes, ir_elements(p->tables, shape[i]));
        print_table(h, any, arena_printf(out->arena, "%s_table%u", h->prefix, i), p->tables->data.at[i], n, out);
    }
}

/* Functions that are called once are put into their caller unasked. Where there are numbers alone and no loops, -O2 finds
 * nothing to do that -O1 would not, and takes half again as long to say so. */
static void print_apart(const struct header *h, struct text *out)
{
    if (h->o->std_c99) {
        text_printf(out, "#define %s_APART\n#define %s_STRAIGHT\n\n", h->upper, h->upper);
        return;
    }
    text_printf(out, "/* Parts of a long function stay apart: compilers take more than twice the time for twice the length. Those without\n"
                     " * loops have nothing to gain from more than -O1. */\n"
                     "#if defined(__GNUC__) && !defined(__clang__)\n#define %s_APART __attribute__((noinline, noclone))\n"
                     "#elif defined(__clang__)\n#define %s_APART __attribute__((noinline))\n#else\n#define %s_APART\n#endif\n"
                     "#if defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__) && !defined(__clang__)\n"
                     "#define %s_STRAIGHT __attribute__((noinline, optimize(\"O1\")))\n#else\n#define %s_STRAIGHT %s_APART\n#endif\n\n",
                h->upper, h->upper, h->upper, h->upper, h->upper, h->upper);
}

/* What functions that are called for many arrays may know of them. */
static void print_alone(const struct header *h, struct text *out)
{
    text_printf(out, "/* No other pointer leads to the same array. */\n"
                     "#if defined __GNUC__ || defined __TINYC__\n#define %s_ALONE __restrict\n"
                     "#elif defined __cplusplus\n#define %s_ALONE\n#else\n#define %s_ALONE restrict\n#endif\n\n",
                h->upper, h->upper, h->upper);
}

/* With --trap-nan. */
static void print_trap(const struct header *h, struct text *out)
{
    text_printf(out, "/* At the first value that is not a number, with the line of the model that makes it. Define it to do something else. */\n"
                     "#ifndef %s_TRAP\n#include <stdio.h>\n#include <stdlib.h>\n"
                     "#define %s_TRAP(line) (fprintf(stderr, \"%s: line %%u makes a value that is not a number\\n\", line), abort())\n"
                     "#endif\n\n"
                     "static void %s_trap(%s x, unsigned line)\n{\n    if (x != x) %s_TRAP(line);\n}\n\n",
                h->upper, h->upper, h->p->name, h->prefix, h->real, h->upper);
}

/* Whole numbers in memory that holds others at other times. */
static void print_within(const struct header *h, struct text *out)
{
    text_printf(out, "/* Memory that is used for numbers of both kinds, whole ones go in and out of byte by byte. */\n"
                     "static int32_t %s_whole(const void *x, size_t i)\n{\n    int32_t a;\n"
                     "    memcpy(&a, (const char *)x + i * sizeof a, sizeof a);\n    return a;\n}\n\n"
                     "static void %s_keep(void *x, size_t i, int32_t a)\n{\n"
                     "    memcpy((char *)x + i * sizeof a, &a, sizeof a);\n}\n\n", h->prefix, h->prefix);
}

static void print_file_head(const struct ir_program *p, const struct header *h, const struct calls *calls, struct text *out)
{
    const char *header = h->o->header_name ? h->o->header_name : arena_printf(p->tables->arena, "%s.h", h->prefix);
    text_printf(out, "/* %s: made by nngen, not by hand. See %s for what it does and how to use it. */\n", h->prefix, header);
    struct text kernels = text_new(out->arena);
    carry_kernels(calls, h->o->single, h->o->shared_runtime, &kernels);
    bool copies = h->o->selfcheck || calls->within || (kernels.s && strstr(kernels.s, "memcpy("));
    text_printf(out, "#include \"%s\"\n\n#include <math.h>\n%s%s%s\n", header, copies ? "#include <string.h>\n" : "",
                calls->n_blas ? "#include <cblas.h>\n" : "",
                calls->threads ? "#ifdef _OPENMP\n#include <omp.h>\n#endif\n" : "");
    if (calls->guarded)
        text_printf(out, "/* gcc 12 -O3 -march=native makes wrong vector code of loads on a condition: not in a loop with this. */\n"
                         "#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__\n"
                         "#define %s_SCALAR __asm__ volatile(\"\")\n#else\n#define %s_SCALAR (void)0\n#endif\n\n",
                    h->upper, h->upper);
    if (calls->each)
        text_printf(out, "/* No turn of the loop reads what another writes: more arrays than gcc would find that out of. */\n"
                         "#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__\n"
                         "#define %s_EACH _Pragma(\"GCC ivdep\")\n#else\n#define %s_EACH\n#endif\n\n",
                    h->upper, h->upper);
    if (calls->trap) print_trap(h, out);
    if (calls->within) print_within(h, out);
    if (!carry_any(calls)) return;
    if (h->o->shared_runtime) text_put(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    text_putn(out, kernels.s, kernels.n);
    if (h->o->shared_runtime) text_put(out, "#ifdef __cplusplus\n}\n#endif\n");
    text_char(out, '\n');
}

static void print_jit_head(const struct header *h, const struct calls *calls, struct text *out)
{
    text_put(out, "typedef unsigned long size_t;\ntypedef long ptrdiff_t;\ntypedef int int32_t;\ntypedef long int64_t;\n"
                  "typedef unsigned int uint32_t;\ntypedef unsigned long uint64_t;\n");
    carry_math(calls, h->o->single, out);
    struct calls others = *calls;
    memset(others.lanes, 0, sizeof others.lanes); /* the host has these one number at a time */
    others.convs.n = 0; /* and these for any shape */
    carry_kernels(&others, h->o->single, true, out);
    header_types(h, out);
    blocks_declare(calls, h->o->single, out);
    if (calls->threads)
        text_put(out, "void nnrt_deal(void (*)(void *const *, void *, size_t, size_t), void *const *, int);\nvoid nnrt_meet(void *);\n");
}

struct emission { /* what all entry points have together */
    struct header h;
    struct calls calls;
    struct quotes quotes;
    struct pieces functions;
    struct twins *twins;
    struct text shared; /* functions made of these */
    const struct ir_shape **table; /* by constant data: its shape, if it is read */
    bool cut;
    size_t most; /* bytes of workspace of an entry point until now */
};

static void find_tables(struct emission *m, const struct unit *u)
{
    for (ir_id id = 1; u->g && id < u->g->n; id++) {
        const struct ir_node *n = ir_at(u->g, id);
        if (u->value[id].needed && n->op == OP_tensor) m->table[n->attr[0]] = n->shape;
    }
    for (const struct turns *t = u->turns; t; t = t->next) find_tables(m, t->body);
}

static int64_t elements_most(const struct unit *u, ir_id id)
{
    return size_bound(u->sizes, ir_elements(u->g->tables, ir_at(u->g, id)->shape));
}

/* Functions that initialise work on the stack, which may be small where the text runs. */
static void refuse_large(const struct unit *u, struct emitted *out)
{
    enum { STACK_MOST = 16 << 10 };
    size_t bytes = u->reals * (u->o->single ? sizeof(float) : sizeof(double)) + u->ints * sizeof(int32_t);
    ir_id most = 0;
    if (bytes <= STACK_MOST || out->refused) return;
    for (ir_id id = 1; id < u->g->n; id++)
        if (u->value[id].reserved && (!most || elements_most(u, id) > elements_most(u, most))) most = id;
    out->refused_at = ir_at(u->g, most)->at;
    out->refused = arena_printf(u->p->tables->arena, "initial values take %zu bytes to work out, and %d are the most", bytes, STACK_MOST);
}

static void finish_one(struct emission *m, struct unit *u, struct emitted *out)
{
    enum ir_entry_kind kind = u->entry->kind;
    emit_entry(u, &m->h, &m->quotes, &m->functions);
    if (u->alike_parts) m->h.multiply_adds[ENTRY_FORWARD] = out->multiply_adds[ENTRY_FORWARD] = u->alike_multiply_adds;
    m->h.multiply_adds[kind] = out->multiply_adds[kind] = u->multiply_adds;
    m->cut = m->cut || u->n_parts > 1 || u->shared;
    if (kind < ENTRY_FORWARD) refuse_large(u, out);
    if (kind >= ENTRY_FORWARD && emit_work_bytes(u) > m->most) {
        m->most = emit_work_bytes(u);
        emit_find_holders(u, out->holder);
    }
    if (kind >= ENTRY_FORWARD && u->reals > m->h.reals) m->h.reals = u->reals;
    if (kind >= ENTRY_FORWARD && u->ints > m->h.ints) m->h.ints = u->ints;
    find_tables(m, u);
}

/* Reading the text again takes longer than libtcc does for a short one. */
static bool may_share(const struct header *h, const struct unit *u)
{
    enum { LONG = 128 };
    return (h->o->style == EMIT_FILE || u->groups.n >= LONG) && !h->suffix && !h->o->line_directives && pass_runs(h->p, PASS_same);
}

/* One entry point after the other, each in the same memory, as their workspaces are. With `forward` that comes too, if it is
 * like the other's beginning; else nothing does and the result is false. */
static bool emit_one(struct emission *m, const struct ir_entry *e, const struct ir_entry *forward, struct emitted *out)
{
    struct arena *scratch = &m->h.p->context->scratch[0];
    struct arena_mark mark = arena_mark(scratch);
    struct unit *u = emit_unit_new(m->h.p, e, forward, m->h.o, m->h.abi, m->h.prefix, &m->calls);
    if (u && may_share(&m->h, u)) twins_begin(m->twins, u);
    if (u) finish_one(m, u, out);
    arena_rewind(scratch, mark);
    return u != NULL;
}

static bool emit_alike(struct emission *m, const struct ir_entry entries[ENTRY_KINDS], struct emitted *out)
{
    const struct ir_entry *forward = &entries[ENTRY_FORWARD], *grad = &entries[ENTRY_GRAD];
    return grad->present && !m->h.o->openmp && forward->graph->n > WHOLE_WEIGHT && emit_one(m, grad, forward, out);
}

/* The model's header for a while becomes that of the stage's program: same types, its own outputs. */
static void emit_stage(struct emission *m, uint32_t i, struct check_room *room)
{
    const struct emit_stage *s = &m->h.o->stage[i];
    struct header model = m->h;
    struct emitted unused = {0};
    struct arena *a = m->h.p->tables->arena;
    struct text text = text_new(a);
    struct emit_options alone = *m->h.o;
    alone.openmp = false;
    m->h.o = &alone;
    m->h.p = s->program;
    m->h.abi = abi_new(s->program, m->h.o->single);
    m->h.suffix = selfcheck_suffix(a, i);
    text_char(&text, '\n');
    selfcheck_outputs(&m->h, &text);
    pieces_take(&m->functions, &text);
    emit_one(m, s->forward, NULL, &unused);
    selfcheck_stage(&m->h, s, i, room, &text);
    pieces_take(&m->functions, &text);
    size_t reals = m->h.reals, ints = m->h.ints;
    m->h = model;
    m->h.reals = reals;
    m->h.ints = ints;
}

static void emit_selfcheck(struct emission *m)
{
    struct check_room room = {0, 0};
    struct text text = text_new(m->h.p->tables->arena);
    selfcheck_begin(&m->h, &text);
    pieces_take(&m->functions, &text);
    for (uint32_t i = 0; i < m->h.o->n_stages; i++) emit_stage(m, i, &room);
    selfcheck_end(&m->h, &room, &text);
    pieces_take(&m->functions, &text);
    m->h.check_reals = room.reals;
    m->h.check_ints = room.ints;
}

static void print_head(struct emission *m, struct emitted *out, struct text *head)
{
    struct unit plain = {.p = m->h.p, .o = m->h.o, .arena = head->arena, .scratch = head->arena};
    if (m->h.o->style == EMIT_FILE) {
        header_print(&m->h, &out->h);
        print_file_head(m->h.p, &m->h, &m->calls, head);
        if (m->cut || m->calls.tiled.n || m->calls.convs.n || m->shared.n) print_apart(&m->h, head);
        if (m->shared.n) print_alone(&m->h, head);
        tiled_print(&m->h, &m->calls, head);
        conv_print(&m->h, &m->calls, head);
        print_tables(m->h.p, &m->h, m->table, &plain, head);
        text_putn(head, m->shared.s, m->shared.n);
        text_printf(head, "size_t %s_work_size(void)\n{\n    return sizeof(%s_work);\n}\n", m->h.prefix, m->h.prefix);
    } else {
        print_jit_head(&m->h, &m->calls, head);
        conv_declare(&m->calls, m->h.o->single, head);
        conv_print(&m->h, &m->calls, head);
        print_tables(m->h.p, &m->h, m->table, &plain, head);
        text_putn(head, m->shared.s, m->shared.n);
    }
}

static void join(struct text *out, const struct text *head, const struct pieces *rest)
{
    out->cap = head->n + rest->n + 1;
    out->s = arena_alloc(out->arena, out->cap);
    text_putn(out, head->s, head->n);
    for (uint32_t i = 0; i < rest->list.n; i++) text_putn(out, rest->list.at[i].s, rest->list.at[i].n);
}

/* The .c beside the header. */
static const char *c_name(struct arena *a, const struct header *h)
{
    const char *name = h->o->header_name, *dot = name ? strrchr(name, '.') : NULL;
    return name ? arena_printf(a, "%.*s.c", (int)(dot ? dot - name : (ptrdiff_t)strlen(name)), name)
                : arena_printf(a, "%s.c", h->prefix);
}

void emit(const struct ir_program *p, const struct ir_entry entries[ENTRY_KINDS], const struct emit_options *o,
          struct emitted *out)
{
    struct arena *a = p->tables->arena;
    struct abi *abi = abi_new(p, o->single);
    const char *prefix = name_prefix(a, o->prefix ? o->prefix : p->name);
    struct emission m = {
        .h = {.p = p, .o = o, .abi = abi, .prefix = prefix, .upper = name_upper(a, prefix)},
        .functions.arena = &p->context->scratch[1],
        .table = arena_many(a, const struct ir_shape *, p->tables->data.n + 1),
    };
    m.h.real = o->style == EMIT_JIT ? "real" : arena_printf(a, "%s_real", prefix);
    struct text head = text_new(a), newline = text_new(a);
    *out = (struct emitted){.c = text_new(a), .h = text_new(a), .abi = abi};
    for (int i = 0; i < 2; i++) p->context->scratch[i].oom = a->oom;
    struct arena_mark mark = arena_mark(&p->context->scratch[1]);
    m.twins = twins_new(a);
    m.shared = text_new(a);
    quotes_init(&m.quotes, a, &p->context->sources);
    for (int kind = 0; kind < ENTRY_KINDS; kind++) m.h.present[kind] = is_present(p, &entries[kind], abi, (enum ir_entry_kind)kind);
    for (int kind = 0; kind < ENTRY_KINDS; kind++) {
        struct ir_entry e = {.kind = (enum ir_entry_kind)kind};
        if (!m.h.present[kind] || !is_wanted(o, kind)) continue;
        text_char(&newline, '\n');
        pieces_take(&m.functions, &newline);
        if (kind == ENTRY_FORWARD && is_wanted(o, ENTRY_GRAD) && emit_alike(&m, entries, out))
            kind = ENTRY_GRAD;
        else
            emit_one(&m, entries[kind].present ? &entries[kind] : &e, NULL, out);
    }
    if (o->selfcheck && o->style == EMIT_FILE) emit_selfcheck(&m);
    out->threads = m.calls.threads;
    abi->work_size = out->work_bytes = work_size(&m.h);
    out->ram_bytes = abi->work_size + abi->params.size + abi->opt.size + abi->state.size;
    if (o->desc && o->style == EMIT_FILE) {
        desc_define(&m.h, &newline);
        pieces_take(&m.functions, &newline);
    }
    twins_join(m.twins, &m.h, &m.functions, &m.shared);
    print_head(&m, out, &head);
    out->declarations = head.n;
    join(&out->c, &head, &m.functions);
    if (o->line_directives && o->style == EMIT_FILE) emit_line_map(&out->c, c_name(a, &m.h));
    arena_rewind(&p->context->scratch[1], mark);
}
