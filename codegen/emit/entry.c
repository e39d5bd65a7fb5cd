#include "codegen/emit/entry.h"

#include "codegen/emit/lanes.h"
#include "codegen/emit/share.h"
#include "codegen/emit/twins.h"

#include "codegen/ir/loop.h"

#include <string.h>

enum { PIECE = 1 << 18 };

/* ---- set up ---- */

static bool reads_tick(const struct ir_graph *g)
{
    for (ir_id id = 1; g && id < g->n; id++) {
        enum ir_op op = (enum ir_op)ir_at(g, id)->op;
        if (op == OP_tick || (op == OP_loop && reads_tick(ir_loop_of(g, id)->body))) return true;
    }
    return false;
}

static void take_names(struct unit *u)
{
    static const char *const ours[] = {"p", "s", "o", "in", "out", "g", "w", "seed", "key", "real"};
    static const char *const loops[] = {"i", "j", "k", "l"};
    struct arena *a = u->arena;
    u->scope = arena_new(a, struct scope);
    scope_init(u->scope, a);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) scope_name(u->scope, ours[i]);
    u->loop_name = arena_many(a, const char *, VARS);
    for (unsigned i = 0; i < VARS; i++)
        u->loop_name[i] = scope_name(u->scope, i < 4 ? loops[i] : arena_printf(a, "i%u", i));
    u->dim_name = arena_many(a, const char *, u->p->dims.n + 1);
    for (uint32_t i = 0; i < u->p->dims.n; i++) u->dim_name[i] = scope_name(u->scope, u->p->dims.at[i].name);
    u->stream_stem = "stream_";
    if (u->o->openmp) {
        u->from_name = scope_name(u->scope, "from");
        u->to_name = scope_name(u->scope, "to");
    }
    u->turn_names = arena_new(a, turn_names);
}

static int32_t *no_roots(struct arena *a, size_t n)
{
    int32_t *root = arena_many(a, int32_t, n + 1);
    for (size_t i = 0; i < n; i++) root[i] = -1;
    return root;
}

static bool fuse_and_plan(struct unit *u, const struct ir_entry *forward)
{
    struct arena *a = u->arena;
    u->value = arena_many(a, struct value, u->g->n);
    u->root = arena_many(a, struct root_state, u->entry->n_roots + 1);
    u->pointer_name = arena_many(a, const char *, u->g->n);
    u->pointer_part = arena_many(a, uint32_t, u->g->n);
    u->made = arena_many(a, struct made, u->g->n);
    u->param_root = no_roots(a, u->p->params.n);
    u->slot_root = no_roots(a, (size_t)u->p->params.n * u->p->train.slots.n);
    u->state_root = no_roots(a, u->p->states.n);
    emit_fuse(u, forward);
    if (forward && !u->alike_groups) return false;
    emit_find_corners(u);
    emit_plan(u);
    return true;
}

struct unit *emit_body_new(struct unit *outer, const struct turns *of, const struct ir_entry *e)
{
    struct unit *u = arena_new(outer->arena, struct unit);
    *u = (struct unit){.p = outer->p, .o = outer->o, .abi = outer->abi, .arena = outer->arena, .scratch = outer->scratch,
                       .sizes = outer->sizes, .entry = e, .g = e->graph, .prefix = outer->prefix, .upper = outer->upper,
                       .real_type = outer->real_type, .calls = outer->calls, .scope = outer->scope,
                       .dim_name = outer->dim_name, .loop_name = outer->loop_name,
                       .stream_stem = outer->stream_stem, .from_name = outer->from_name, .to_name = outer->to_name, .turn_names = outer->turn_names, .outer = outer, .of = of};
    fuse_and_plan(u, NULL);
    return u;
}

struct unit *emit_unit_new(const struct ir_program *p, const struct ir_entry *e, const struct ir_entry *forward,
                           const struct emit_options *o, const struct abi *abi, const char *prefix, struct calls *calls)
{
    struct arena *a = &p->context->scratch[0];
    struct unit *u = arena_new(a, struct unit);
    *u = (struct unit){.p = p, .o = o, .abi = abi, .arena = a,
                       .scratch = &p->context->scratch[1], .sizes = p->tables->sizes, .entry = e, .prefix = prefix,
                       .calls = calls};
    u->real_type = o->style == EMIT_JIT ? "real" : arena_printf(a, "%s_real", prefix);
    u->upper = name_upper(a, prefix);
    if (!o->std_c99 && pass_runs(p, PASS_lanes)) {
        ids *copies = arena_new(a, ids);
        const struct ir_entry *as_it_was = e;
        u->entry = e = lanes_entry(p, e, a, copies);
        u->in_lanes = e != as_it_was;
        if (!u->in_lanes) u->entry = e = rows_entry(p, e, a);
        u->in_rows = !u->in_lanes && e != as_it_was;
        u->copies = copies;
    }
    u->g = e->present ? e->graph : NULL;
    take_names(u);
    if (!u->g) {
        u->n_parts = 1;
        return u;
    }
    if (!fuse_and_plan(u, forward)) return NULL;
    emit_name(u);
    if (reads_tick(u->g)) u->tick_name = scope_name(u->scope, "t"); /* if no loop of the user's counts by that name */
    return u;
}

/* ---- prologue: only what the text mentions ---- */

struct function {
    struct unit *u;
    const struct header *h;
    struct text *out;
    struct used used;
    ids pointers;
};

static void say(struct function *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct function *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    text_put(f->out, "    ");
    text_vprintf(f->out, fmt, ap);
    text_char(f->out, '\n');
    va_end(ap);
}

static const char *cast_u64(const struct unit *u)
{
    return u->o->style == EMIT_JIT ? "(int64_t)" : ""; /* libtcc has no other way to a float */
}

/* A run-time dim where no local has it yet. */
static const char *dim_member(void *user, uint32_t dim)
{
    struct unit *u = user;
    return arena_printf(u->arena, "in->%s", abi_find(&u->abi->inputs, ABI_DIM, dim)->path);
}

/* Functions that initialise have no workspace; what few need of one is small. */
static void declare_work(struct function *f)
{
    struct unit *u = f->u;
    say(f, "struct {");
    if (u->reals) say(f, "    %s real[%zu];", u->real_type, u->reals);
    if (u->ints) say(f, "    int32_t whole[%zu];", u->ints);
    say(f, "} work, *const w = &work;");
}

/* What one part leaves for others is stored and loaded as the text says: compilers would spend most of their time, twice as
 * much for parts twice as long, on which of these loads and stores meet, and find nothing. */
static void declare_kept(struct function *f)
{
    struct unit *u = f->u;
    f->used.w = true;
    say(f, "%s%s *const %s = w->real;", u->o->style == EMIT_FILE ? "volatile " : "", u->real_type, u->kept_name);
}

static void print_prologue(struct function *f)
{
    struct unit *u = f->u;
    bool seeded = u->entry->kind < ENTRY_FORWARD;
    for (uint32_t i = 0; i < u->p->dims.n; i++)
        if (f->used.dim[i]) {
            f->used.in = true;
            say(f, "const size_t %s = in->%s;", u->dim_name[i], abi_find(&u->abi->inputs, ABI_DIM, i)->path);
            if (u->shared) say(f, "if (%s < 1) return; /* has been checked, which compilers do not see from here */", u->dim_name[i]);
        }
    if (f->used.tick) say(f, "const %s %s = (%s)%s(o->t + 1);", u->real_type, u->tick_name, u->real_type, cast_u64(u));
    if (f->used.key && !seeded) {
        f->used.s = u->calls->mix = true;
        say(f, "const uint64_t key = nnrt_mix(s->seed + 0x9e3779b97f4a7c15u * s->calls);");
    }
    if (f->used.key && seeded) f->used.seed = true;
    for (uint32_t i = 0; i < f->used.streams.n; i++)
        say(f, "const uint64_t %s%u = nnrt_stream(%s, 0x%llxu);", u->stream_stem, i + 1, seeded ? "seed" : "key",
            (unsigned long long)f->used.streams.at[i]);
    if (seeded && (u->reals || u->ints)) declare_work(f);
    if (f->used.kept) declare_kept(f);
}

/* ---- functions ---- */

static void see_free(void *user, struct unit *u, const struct access *a)
{
    bool *reads = user;
    if (u->value[a->base].held && u->groups.at[u->value[a->base].group].everywhere) reads[a->base] = true;
}

static void see_members(struct unit *u, uint32_t i, bool *reads)
{
    const struct group *g = &u->groups.at[i];
    struct member whole = {g->node, -1};
    if (g->kind != GROUP_LOOPS) emit_member_reads(u, g, &whole, see_free, reads);
    for (uint32_t p = 0; p < g->phases.n; p++)
        for (uint32_t k = 0; k < g->phases.at[p].members.n; k++)
            emit_member_reads(u, g, &g->phases.at[p].members.at[k], see_free, reads);
}

/* The numbers that the part reads and all parts compute for themselves; they are the first groups. */
static void print_free(struct body *b, uint32_t part)
{
    struct unit *u = b->u;
    uint32_t n = 0;
    while (n < u->groups.n && u->groups.at[n].everywhere) n++;
    if (n == 0) return;
    bool *reads = arena_many(u->arena, bool, u->g->n);
    for (uint32_t i = u->next_group; i < u->groups.n && u->groups.at[i].part == part; i++) see_members(u, i, reads);
    for (ir_id id = u->g->n; --id > 0;) {
        struct member m = {id, -1};
        if (reads[id]) emit_member_reads(u, &u->groups.at[u->value[id].group], &m, see_free, reads);
    }
    for (ir_id id = 1; id < u->g->n; id++) {
        struct member m = {id, -1};
        if (reads[id]) emit_member(b, &m);
    }
}

static void print_part(struct function *f, struct quotes *q, uint32_t part)
{
    struct unit *u = f->u;
    struct text *inner = emit_begin(u);
    struct body b = {.u = u, .out = inner, .indent = 1, .made = u->made, .used = &f->used,
                     .pointers = &f->pointers, .quotes = q, .last_kind = ""};
    bool twins = u->twins && !u->part_names;
    f->used.part = part;
    b.serial = b.function_serial = b.next_serial = u->next_serial + 1;
    if (u->shared) print_free(&b, part);
    for (; u->next_group < u->groups.n && u->groups.at[u->next_group].part == part; u->next_group++) {
        size_t from = inner->n;
        uint32_t pointers = f->pointers.n;
        emit_group(&b, &u->groups.at[u->next_group]);
        emit_comment_end(&b);
        if (twins) twins_take(u->twins, &b, inner, from, pointers);
    }
    if (twins) twins_end(u->twins, &b);
    u->next_serial = b.next_serial;
    print_prologue(f);
    b.out = f->out;
    for (uint32_t i = 0; i < f->pointers.n; i++) emit_declare_pointer(&b, f->pointers.at[i]);
    text_putn(f->out, inner->s, inner->n);
    u->in_pool--;
}

static bool *flag_of(struct used *used, const char *name)
{
    switch (name[0]) {
    case 'p': return &used->p;
    case 's': return name[1] ? &used->seed : &used->s;
    case 'o': return name[1] ? &used->out : &used->o;
    case 'i': return &used->in;
    case 'g': return &used->g;
    default: return &used->w;
    }
}

static void begin_used(struct unit *u, struct used *used)
{
    *used = (struct used){.dim = arena_many(u->arena, bool, u->p->dims.n + 1)};
}

static void join_used(struct used *all, const struct used *one)
{
    all->p |= one->p, all->s |= one->s, all->o |= one->o, all->in |= one->in, all->out |= one->out;
    all->g |= one->g, all->w |= one->w, all->seed |= one->seed;
}

void pieces_take(struct pieces *p, struct text *t)
{
    struct text piece = {.arena = p->arena, .s = arena_strndup(p->arena, t->s, t->n), .n = t->n};
    vec_push(p->arena, &p->list, piece);
    p->n += t->n;
    t->n = 0;
    t->s[0] = 0;
}

/* Numbers alone, and no loop. */
static bool is_straight(const struct unit *u, uint32_t group)
{
    for (uint32_t part = u->groups.at[group].part; group < u->groups.n && u->groups.at[group].part == part; group++) {
        const struct group *g = &u->groups.at[group];
        if (g->kind != GROUP_LOOPS || g->n_outer) return false;
        for (uint32_t i = 0; i < g->phases.n; i++)
            if (g->phases.at[i].n_inner) return false;
    }
    return true;
}

/* The first group of a part. */
static const struct group *first_of(const struct unit *u, uint32_t part)
{
    uint32_t i = 0;
    while (u->groups.at[i].part != part) i++;
    return &u->groups.at[i];
}

/* Whether each thread runs its portions of it. */
static bool is_dealt_out(const struct unit *u, uint32_t part)
{
    return u->shared && first_of(u, part)->share.portions > 1;
}

struct stretch { /* of parts: an entry point's own */
    enum ir_entry_kind kind;
    uint32_t first, end;
};

/* Statements of a long entry are cut into functions: compilers take more than twice the time for twice the length. */
static void print_parts(struct unit *u, const struct stretch *s, const struct header *h, struct quotes *q, struct used *all,
                        struct pieces *pieces)
{
    struct text text = text_new(u->arena), *out = &text;
    for (uint32_t part = s->first; part < s->end; part++) {
        struct text *body = emit_begin(u);
        struct function f = {.u = u, .h = h, .out = body};
        while (u->groups.at[u->next_group].everywhere) u->next_group++;
        bool straight = is_straight(u, u->next_group);
        begin_used(u, &f.used);
        print_part(&f, q, part);
        join_used(all, &f.used);
        if (u->o->style == EMIT_FILE) text_printf(out, "%s_%s ", u->upper, straight ? "STRAIGHT" : "APART");
        header_signature(h, s->kind, "static void", arena_printf(u->arena, "_%u", part - s->first + 1), out);
        if (is_dealt_out(u, part)) {
            out->s[--out->n] = 0; /* the bracket */
            text_printf(out, ",\n    size_t %s, size_t %s)", u->from_name, u->to_name);
        }
        text_put(out, "\n{\n");
        for (const char *const *name = header_parameters(h, s->kind); *name; name++)
            if (!*flag_of(&f.used, *name)) text_printf(out, "    (void)%s;\n", *name);
        text_putn(out, body->s, body->n);
        text_put(out, "}\n\n");
        u->in_pool--;
        if (out->n > PIECE) pieces_take(pieces, out);
    }
    pieces_take(pieces, out);
}

/* ---- checks at entry ---- */

static void check_dims(struct unit *u, struct used *used, struct text *out)
{
    for (uint32_t i = 0; i < u->p->dims.n; i++) {
        const char *path = abi_find(&u->abi->inputs, ABI_DIM, i)->path;
        used->in = true;
        text_printf(out, "    if (in->%s < 1 || in->%s > %lld) return %s_E_DIM;\n", path, path, (long long)u->p->dims.at[i].max,
                    u->upper);
    }
}

static const char *size_here(struct unit *u, ir_size s)
{
    struct text t = text_new(u->arena);
    size_print(u->sizes, s, dim_member, u, &t);
    return t.s;
}

static void check_inputs(struct unit *u, enum ir_entry_kind kind, struct text *out)
{
    bool *read = arena_many(u->arena, bool, u->p->inputs.n + 1);
    for (ir_id id = 1; u->g && id < u->g->n; id++) {
        const struct value *v = &u->value[id];
        if (ir_at(u->g, id)->op == OP_input && v->needed && (kind == u->entry->kind || v->alike)) read[ir_at(u->g, id)->attr[0]] = true;
    }
    for (uint32_t i = 0; i < u->p->inputs.n; i++)
        if (read[i] && u->p->inputs.at[i].shape->rank)
            text_printf(out, "    if (!in->%s) return %s_E_NULL;\n", abi_find(&u->abi->inputs, ABI_INPUT, i)->path, u->upper);
    for (uint32_t i = 0; i < u->p->inputs.n; i++) {
        const struct ir_array *x = &u->p->inputs.at[i];
        const char *path = abi_find(&u->abi->inputs, ABI_INPUT, i)->path;
        if (!read[i] || x->type != IR_INT || !x->below) continue;
        if (x->shape->rank)
            text_printf(out, "    for (size_t i = 0; i < %s; i++)\n        if (in->%s[i] < 0 || (size_t)in->%s[i] >= %s) return %s_E_RANGE;\n",
                        size_here(u, ir_elements(u->g->tables, x->shape)), path, path, size_here(u, x->below), u->upper);
        else
            text_printf(out, "    if (in->%s < 0 || (size_t)in->%s >= %s) return %s_E_RANGE;\n", path, path,
                        size_here(u, x->below), u->upper);
    }
}

static void print_checks(struct unit *u, enum ir_entry_kind kind, const struct header *h, struct used *used, struct text *out)
{
    struct text dims = text_new(u->arena), nulls = text_new(u->arena);
    if (kind >= ENTRY_FORWARD) check_dims(u, used, &dims);
    for (const char *const *name = header_parameters(h, kind); *name; name++) {
        if (!*flag_of(used, *name))
            text_printf(out, "    (void)%s;\n", *name);
        else if (strcmp(*name, "seed"))
            text_printf(&nulls, "%s!%s", nulls.n ? " || " : "", *name);
    }
    if (nulls.n) text_printf(out, "    if (%s) return %s_E_NULL;\n", nulls.s, u->upper);
    text_put(out, dims.s);
    if (kind >= ENTRY_FORWARD) check_inputs(u, kind, out);
}

/* ---- what is not computed ---- */

static void set_plain(struct unit *u, struct used *used, struct text *out)
{
    const struct ir_train *t = &u->p->train;
    if (u->entry->kind == ENTRY_OPT_INIT) {
        used->o = true;
        text_put(out, "    o->t = 0;\n");
        for (uint32_t i = 0; i < t->numbers.n; i++)
            text_printf(out, "    o->%s = %s;\n", abi_find(&u->abi->opt, ABI_NUMBER, i)->path, emit_literal(u, t->numbers.at[i].value));
    }
    if (u->entry->kind == ENTRY_STATE_INIT && u->p->has_random) {
        used->s = used->seed = true;
        text_put(out, "    s->seed = seed;\n    s->calls = 0;\n");
    }
    if (u->entry->kind == ENTRY_STEP) used->o = true, text_put(out, "    o->t++;\n");
    if (u->entry->kind >= ENTRY_FORWARD && u->p->has_random) used->s = true, text_put(out, "    s->calls++;\n");
}

static void print_call(struct unit *u, const struct stretch *s, const struct header *h, uint32_t part, struct text *out)
{
    text_printf(out, "%s_%s%s_%u(", u->prefix, header_entry_names[s->kind], h->suffix ? h->suffix : "", part - s->first + 1);
    for (const char *const *name = header_parameters(h, s->kind), *const *n = name; *n; n++)
        text_printf(out, "%s%s", n == name ? "" : ", ", *n);
}

static void print_part_calls(struct unit *u, const struct stretch *s, const struct header *h, struct text *out)
{
    for (uint32_t part = s->first; part < s->end; part++) {
        text_put(out, "    ");
        print_call(u, s, h, part, out);
        text_put(out, ");\n");
    }
}

static const char *portions_text(struct unit *u, ir_size portions)
{
    struct text t = text_new(u->arena);
    size_print(u->sizes, portions, dim_member, u, &t);
    return strpbrk(t.s, " +*") ? arena_printf(u->arena, "(%s)", t.s) : t.s;
}

/* The first and the last of a thread's portions, whose number is a multiple of what the text's calls ask for. */
static void put_bounds(struct unit *u, ir_size portions, struct text *out)
{
    const char *n = portions_text(u, portions);
    int64_t by = emit_portions_by(u, portions);
    if (by == 1)
        text_printf(out, ", %s * thread / threads, %s * (thread + 1) / threads", n, n);
    else
        text_printf(out, ", %s / %lld * thread / threads * %lld, thread + 1 == threads ? %s : %s / %lld * (thread + 1) / threads * %lld",
                    n, (long long)by, (long long)by, n, n, (long long)by, (long long)by);
}

/* Where _OPENMP is not defined the same calls make one thread of it. */
static void print_threads(struct unit *u, const struct stretch *s, const struct header *h, struct text *out)
{
    int64_t known;
    uint32_t round = 0;
    u->calls->threads = true;
    text_put(out, "    /* Each thread takes its share of the portions; sums are never cut: the results do not depend on their number. */\n"
                  "#ifdef _OPENMP\n#pragma omp parallel");
    if (u->portions_least > 1 && !size_known(u->sizes, u->portions, &known))
        text_printf(out, " if (%s >= %llu)", portions_text(u, u->portions), (unsigned long long)u->portions_least);
    text_put(out, "\n#endif\n    {\n        size_t thread = 0, threads = 1;\n#ifdef _OPENMP\n"
                  "        thread = (size_t)omp_get_thread_num();\n        threads = (size_t)omp_get_num_threads();\n#endif\n");
    for (uint32_t part = s->first; part < s->end; part++) {
        const struct group *g = first_of(u, part);
        if (g->round != round) text_put(out, "#ifdef _OPENMP\n#pragma omp barrier\n#endif\n");
        round = g->round;
        text_put(out, g->share.portions > 1 ? "        " : "        if (thread + 1 == threads) ");
        print_call(u, s, h, part, out);
        if (g->share.portions > 1) put_bounds(u, g->share.portions, out);
        text_put(out, ");\n");
    }
    text_put(out, "    }\n");
}

/* JIT text: the rounds are a function that each thread of the host's calls. */
static void print_rounds(struct unit *u, const struct stretch *s, const struct header *h, struct text *out, struct pieces *pieces)
{
    struct text text = text_new(u->arena);
    const char *const *name = header_parameters(h, s->kind), *given = "";
    char *all = "1";
    uint32_t round = 0;
    int64_t known;
    u->calls->threads = true;
    text_printf(&text, "static void %s_%s_rounds(void *const *given, void *team, size_t thread, size_t threads)\n{\n", u->prefix,
                header_entry_names[s->kind]);
    for (int i = 0; name[i]; i++) {
        given = arena_printf(u->arena, "%s%s(void *)%s", given, i ? ", " : "", name[i]);
        if (u->p->dims.n && !strcmp(name[i], "in")) text_printf(&text, "    const %s_inputs *const in = given[%d];\n", u->prefix, i);
    }
    for (uint32_t part = s->first; part < s->end; part++) {
        const struct group *g = first_of(u, part);
        if (g->round != round) text_put(&text, "    nnrt_meet(team);\n");
        round = g->round;
        text_printf(&text, g->share.portions > 1 ? "    %s_%s_%u(" : "    if (thread + 1 == threads) %s_%s_%u(", u->prefix,
                    header_entry_names[s->kind], part - s->first + 1);
        for (int i = 0; name[i]; i++) text_printf(&text, "%sgiven[%d]", i ? ", " : "", i);
        if (g->share.portions > 1) put_bounds(u, g->share.portions, &text);
        text_put(&text, ");\n");
    }
    text_put(&text, "}\n\n");
    pieces_take(pieces, &text);
    if (u->portions_least > 1 && !size_known(u->sizes, u->portions, &known))
        all = arena_printf(u->arena, "%s >= %llu", portions_text(u, u->portions), (unsigned long long)u->portions_least);
    text_printf(out, "    void *const given[] = {%s};\n    nnrt_deal(%s_%s_rounds, given, %s);\n", given, u->prefix,
                header_entry_names[s->kind], all);
}

/* The function that users call: checks, then what is in `body`. */
static void print_entry(struct function *f, enum ir_entry_kind kind, const char *body, struct pieces *pieces)
{
    struct unit *u = f->u;
    struct text text = text_new(u->arena), plain = text_new(u->arena);
    set_plain(u, &f->used, &plain);
    header_signature(f->h, kind, arena_printf(u->arena, "%s%s_status", f->h->suffix ? "static " : "", u->prefix), "", &text);
    text_put(&text, "\n{\n");
    print_checks(u, kind, f->h, &f->used, &text);
    text_put(&text, body);
    text_put(&text, plain.s);
    text_printf(&text, "    return %s_OK;\n}\n", u->upper);
    pieces_take(pieces, &text);
}

/* Of a stretch that other parts may come before, which are called already. */
static void print_stretch(struct function *f, const struct stretch *s, struct quotes *q, struct pieces *pieces)
{
    print_parts(f->u, s, f->h, q, &f->used, pieces);
    if (f->u->shared && f->u->o->style == EMIT_JIT)
        print_rounds(f->u, s, f->h, f->out, pieces);
    else if (f->u->shared)
        print_threads(f->u, s, f->h, f->out);
    else
        print_part_calls(f->u, s, f->h, f->out);
    print_entry(f, s->kind, f->out->s, pieces);
}

void emit_entry(struct unit *u, const struct header *h, struct quotes *q, struct pieces *pieces)
{
    struct text body = text_new(u->arena), newline = text_new(u->arena);
    struct function f = {.u = u, .h = h, .out = &body};
    const struct stretch all = {u->entry->kind, u->alike_parts, u->n_parts};
    begin_used(u, &f.used);
    if (u->alike_parts) {
        print_stretch(&f, &(struct stretch){ENTRY_FORWARD, 0, u->alike_parts}, q, pieces);
        u->alike_multiply_adds = u->multiply_adds;
        text_char(&newline, '\n');
        pieces_take(pieces, &newline);
    }
    if (u->n_parts > 1 || u->shared) {
        print_stretch(&f, &all, q, pieces);
        return;
    }
    print_part(&f, q, 0);
    print_entry(&f, all.kind, body.s, pieces);
}
