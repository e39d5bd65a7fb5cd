/* Programs: compiling, messages, text out, and what a program holds. */
#include "runtime/host/host.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static _Thread_local unsigned tries;

bool program_is_tried(void)
{
    return tries != 0;
}

bool program_try(struct nngen_program *p, void (*work)(struct nngen_program *p, void *with), void *with)
{
    jmp_buf oom, *outer;
    pthread_mutex_lock(&p->lock);
    unsigned before = tries++;
    outer = p->context.arena.oom;
    volatile bool done = false;
    p->context.arena.oom = &oom;
    p->ran_out = false;
    if (setjmp(oom) == 0) {
        work(p, with);
        done = true;
    } else {
        p->ran_out = true;
        program_changed(p);
        free(p->held);
        p->held = NULL;
    }
    p->context.arena.oom = outer;
    tries = before;
    pthread_mutex_unlock(&p->lock);
    return done;
}

void program_change(struct nngen_program *p)
{
    pthread_rwlock_wrlock(&p->tables);
    p->changing = true;
}

void program_changed(struct nngen_program *p)
{
    if (p->changing) {
        p->changing = false;
        pthread_rwlock_unlock(&p->tables);
    }
}

/* ---- compiling ---- */

struct request {
    const char *path, *name, *text;
    size_t size;
    const struct nngen_options *options;
};

static const char *copy(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

/* More than the environment asks for are not begun, nor so many that the machine has no room for them. */
static unsigned threads_of(unsigned asked)
{
    enum { THREADS_MOST = 256 };
    const char *said = getenv("NNGEN_THREADS");
    unsigned long n = asked ? asked : said ? strtoul(said, NULL, 10) : 1;
    return n < 1 ? 1 : n > THREADS_MOST ? THREADS_MOST : (unsigned)n;
}

static void copy_options(struct nngen_program *p, const struct nngen_options *o)
{
    if (!o) return;
    struct arena *a = &p->context.arena;
    p->options = *o;
    p->options.threads = threads_of(o->threads);
    p->options.optimizer = copy(a, o->optimizer);
    p->options.prefix = copy(a, o->prefix);
    p->options.without = copy(a, o->without);
    struct nngen_define *d = arena_many(a, struct nngen_define, o->n_defines);
    struct lower_define *l = arena_many(a, struct lower_define, o->n_defines);
    for (size_t i = 0; i < o->n_defines; i++) {
        d[i] = (struct nngen_define){copy(a, o->defines[i].name), o->defines[i].value};
        l[i] = (struct lower_define){d[i].name, d[i].value};
    }
    p->options.defines = d;
    p->lower.defines = l;
    p->lower.n_defines = (uint32_t)o->n_defines;
    const char **dir = arena_many(a, const char *, o->n_include_dirs);
    for (size_t i = 0; i < o->n_include_dirs; i++) dir[i] = copy(a, o->include_dirs[i]);
    p->options.include_dirs = dir;
}

/* "models/two-layer.nn" gives "two_layer": what a file that has no `model` line is called. */
static const char *stem_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strchr(name, '.');
    size_t n = dot && dot != name ? (size_t)(dot - name) : strlen(name);
    if (n > 63) n = 63;
    char *s = arena_strndup(a, name, n);
    for (char *c = s; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_';
        if (!letter && (c == s || *c < '0' || *c > '9')) *c = '_';
    }
    return *s ? s : "model";
}

/* A text that is not even looked at: the message stands at its beginning. */
static void too_large(struct nngen_program *p, const char *name)
{
    const struct source *begin = source_add(&p->context.sources, name, "", 0);
    diag_error(&p->context.diags, E0601, (struct span){begin->base, begin->base}, "the text is over 16 MiB");
    diag_help(&p->context.diags, "large arrays go to files of their own: param W[N, D] = file(\"w.npy\"), or inputs given as data");
}

/* Names for what the text does not name: gradients, and the numbers and moments of the optimizer. */
void program_name_the_rest(struct nngen_program *p)
{
    static const struct ir_shape scalar;
    struct arena *a = &p->context.arena;
    const struct ir_program *q = p->k.program;
    p->gradient_name = arena_many(a, const char *, q->params.n);
    for (uint32_t i = 0; i < q->params.n; i++) p->gradient_name[i] = arena_printf(a, "d_%s", q->params.at[i].name);
    for (uint32_t i = 0; i < q->train.numbers.n; i++) {
        struct ir_array number = {.name = q->train.numbers.at[i].name, .shape = &scalar};
        vec_push(a, &p->numbers, number);
    }
    for (uint32_t i = 0; i < q->train.slots.n * q->params.n; i++) {
        struct ir_array moment = q->params.at[i % q->params.n];
        moment.name = arena_printf(a, "%s.%s", q->train.slots.at[i / q->params.n], moment.name);
        vec_push(a, &p->moments, moment);
    }
    bool *any = arena_many(a, bool, q->dims.n);
    for (uint32_t i = 0; i < q->dims.n; i++) any[i] = true;
    p->any_dim = any;
    p->dim_size = arena_many(a, ir_size, q->dims.n);
    for (uint32_t i = 0; i < q->dims.n; i++)
        p->dim_size[i] = size_of_dim(q->tables->sizes, i);
}

struct emit_options program_emission(const struct nngen_program *p, enum emit_style style, bool single)
{
    const struct nngen_options *o = &p->options;
    return (struct emit_options){.style = style,
                                 .single = single,
                                 .prefix = o->prefix,
                                 .std_c99 = o->std_c99 != 0,
                                 .line_directives = o->line_directives != 0,
                                 .blas = o->blas != 0,
                                 .shared_runtime = o->shared_runtime != 0,
                                 .desc = o->desc != 0,
                                 .selfcheck = o->selfcheck != 0,
                                 .trap_nan = o->trap_nan != 0,
                                 .openmp = o->openmp != 0,
                                 .openmp_always = o->openmp > 1,
                                 .thrift = p->thrift};
}

/* Is there a thrift at which the text for people keeps to its budget? */
static bool fits(struct nngen_program *p, struct emitted *e)
{
    for (p->thrift = 0; p->thrift <= THRIFT_MOST; p->thrift++) {
        struct emit_options o = program_emission(p, EMIT_FILE, !p->options.f64);
        o.header_name = "model.h";
        emit(p->k.program, p->k.entries, &o, e);
        if (e->ram_bytes <= p->options.ram) return true;
    }
    return false;
}

static void over_budget(struct nngen_program *p, const struct emitted *e)
{
    struct diags *d = &p->context.diags;
    diag_error(d, E0601, e->holder[0].at, "the model needs %zu bytes and may have %zu, and this holds %zu of them", e->ram_bytes,
               p->options.ram, e->holder[0].bytes);
    for (int i = 1; i < HOLDERS && e->holder[i].bytes; i++)
        diag_note(d, e->holder[i].at, "this holds %zu at the same time", e->holder[i].bytes);
    diag_help(d, "smaller bounds of run-time dims (-D N=1) need less; without `train` there is no optimizer to hold");
}

/* First with what is computed anew, then with checkpoints in long loops too. False after a report. */
static bool keep_to_budget(struct nngen_program *p, const char *name, const char *text, size_t size)
{
    struct emitted e;
    if (!p->options.ram || fits(p, &e)) return true;
    p->lower.thrifty = true;
    if (!compile(&p->context, name, text, size, &p->lower, &p->k)) return false;
    if (fits(p, &e)) return true;
    over_budget(p, &e);
    return false;
}

static void compile_request(struct nngen_program *p, void *with)
{
    const struct request *r = with;
    struct arena *a = &p->context.arena;
    context_init(&p->context, a->oom);
    copy_options(p, r->options);
    p->path = copy(a, r->path);
    p->lower.stem = stem_of(a, r->name);
    p->lower.path = p->path ? p->path : r->name;
    p->lower.optimizer = p->options.optimizer;
    p->lower.read = import_read;
    p->lower.array = import_array;
    p->lower.user = p;
    p->lower.second = p->options.second;
    p->lower.without = p->options.without;
    p->failed = NNGEN_BAD_MODEL;
    const char *text = r->text, *why = "";
    size_t size = r->size;
    if (r->path) {
        struct bytes file;
        struct dependency read = {p->path, file_stamp(p->path)};
        if (!file_read(r->path, TEXT_MOST, 0, &file, &why)) {
            if (why == file_too_large) {
                too_large(p, p->path);
                return;
            }
            diag_error(&p->context.diags, E0901, (struct span){0, 0}, "cannot read %s: %s", r->path, why);
            p->failed = NNGEN_BAD_FILE;
            return;
        }
        p->held = file.at;
        text = (const char *)file.at;
        size = file.n;
        vec_push(a, &p->dependencies, read);
    }
    if (size > TEXT_MOST)
        too_large(p, r->name);
    else
        p->ok = compile(&p->context, p->path ? p->path : r->name, text, size, &p->lower, &p->k) &&
                keep_to_budget(p, p->path ? p->path : r->name, text, size);
    free(p->held);
    p->held = NULL;
    if (!p->ok) return;
    p->failed = NNGEN_FINE;
    program_name_the_rest(p);
}

struct nngen_program *program_empty(void)
{
    struct nngen_program *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&p->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    pthread_rwlock_init(&p->tables, NULL);
    for (int j = 0; j < 2; j++) {
        pthread_mutex_init(&p->tier[j].stop.lock, NULL);
        pthread_cond_init(&p->tier[j].change, NULL);
    }
    return p;
}

static struct nngen_program *program_new(const struct request *r)
{
    double start = seconds_now();
    struct nngen_program *p = program_empty();
    if (!p) return NULL;
    if (!program_try(p, compile_request, (void *)r)) {
        p->ok = false;
        p->failed = NNGEN_NO_MEMORY;
    }
    p->n_diags = p->context.diags.list.n;
    p->seconds = seconds_now() - start;
    return p;
}

struct nngen_program *nngen_compile_file(const char *path, const struct nngen_options *options)
{
    return program_new(&(struct request){.path = path, .name = path, .options = options});
}

struct nngen_program *nngen_compile_text(const char *text, size_t size, const char *name,
                                         const struct nngen_options *options)
{
    return program_new(&(struct request){.text = text, .size = size, .name = name ? name : "text", .options = options});
}

void nngen_program_free(struct nngen_program *p)
{
    if (!p) return;
    for (int j = 0; j < 2; j++) tier_end(&p->tier[j]); /* it works with the code */
    for (int i = 0; i < BACKENDS; i++)
        for (int j = 0; j < 2; j++) {
            code_free(p->code[i][j]);
            code_free(p->update.code[i][j]);
        }

    context_free(&p->context);
    pthread_mutex_destroy(&p->lock);
    pthread_rwlock_destroy(&p->tables);
    free(p);
}

int nngen_ok(const struct nngen_program *p)
{
    return p && p->ok;
}

enum nngen_failure nngen_failed(const struct nngen_program *p)
{
    return p ? p->failed : NNGEN_NO_MEMORY;
}

/* ---- messages ---- */

struct asked {
    int a, b;
    const char *text;
    const char *answer;
};

static void print_messages(struct nngen_program *p, void *with)
{
    struct asked *q = with;
    static const enum diag_format format[] = {DIAG_FULL, DIAG_SHORT, DIAG_JSON};
    struct text t = text_new(&p->context.arena);
    diags_print(&p->context.diags, format[q->a], q->b != 0, &t);
    q->answer = t.s;
}

const char *nngen_messages(struct nngen_program *p, enum nngen_format format, int color)
{
    static const char *const no_memory[] = {
        "error[E0903]: out of memory\n", "error[E0903]: out of memory\n",
        "{\"code\":\"E0903\",\"file\":null,\"message\":\"out of memory\",\"notes\":[],\"help\":null}\n"};
    struct asked q = {.a = format >= NNGEN_FULL && format <= NNGEN_JSON ? (int)format : 0, .b = color};
    if (!p || p->failed == NNGEN_NO_MEMORY || (p->ran_out && !p->context.diags.list.n)) return no_memory[q.a];
    if (!program_try(p, print_messages, &q)) return no_memory[q.a];
    return q.answer ? q.answer : "";
}

static void complain(struct nngen_program *p, void *why)
{
    p->context.diags.list.n = p->context.diags.errors = p->n_diags;
    diag_error(&p->context.diags, E0902, (struct span){0, 0}, "%s", (const char *)why);
}

void program_complain(struct nngen_program *p, const char *why)
{
    program_try(p, complain, (void *)why);
}

/* ---- text out ---- */

/* What the options of the text for people need of the program. Before program_change: it runs models. */
static bool prepare_emission(struct nngen_program *p, struct emit_options *o)
{
    if (!o->selfcheck || !p->ok) return true;
    struct stages *s = arena_new(&p->context.arena, struct stages);
    *s = (struct stages){.has_point = false};
    if (!program_stages(p, s)) return false;
    o->stage = s->list.at;
    o->n_stages = s->list.n;
    o->point = s->has_point ? &s->point : NULL;
    return true;
}

/* The text for people, emitted at most once a header name. */
static void emit_for_people(struct nngen_program *p, void *with)
{
    const char *header = with;
    if (!p->ok || p->built || (p->file.made && (!header || !strcmp(header, p->file.header)))) return;
    struct emit_options o = program_emission(p, EMIT_FILE, !p->options.f64);
    struct arena *a = &p->context.arena;
    p->file.made = false;
    p->file.header = header ? copy(a, header) : arena_printf(a, "%s.h", nngen_name(p));
    o.header_name = p->file.header;
    if (!prepare_emission(p, &o)) return;
    program_change(p);
    emit(p->k.program, p->k.entries, &o, &p->file.text);
    program_changed(p);
    p->file.made = !p->file.text.refused;
    if (p->file.made) return;
    p->context.diags.list.n = p->context.diags.errors = p->n_diags;
    diag_error(&p->context.diags, E0601, p->file.text.refused_at, "%s", p->file.text.refused);
    diag_help(&p->context.diags, "work them out elsewhere and read them: param W[N, D] = file(\"w.npy\")");
}

static const struct emitted *emitted_file(struct nngen_program *p, const char *header)
{
    if (!nngen_ok(p) || !program_try(p, emit_for_people, (void *)header)) return NULL;
    return p->file.made ? &p->file.text : NULL;
}

const char *nngen_emit_c(struct nngen_program *p, const char *header_name)
{
    const struct emitted *e = emitted_file(p, header_name);
    return e ? e->c.s : NULL;
}

const char *nngen_emit_h(struct nngen_program *p)
{
    const struct emitted *e = emitted_file(p, NULL);
    return e ? e->h.s : NULL;
}

/* A stage can be printed as far as the compilation came: the tree of a file that does not lower, for one. */
static void dump_stage(struct nngen_program *p, void *with)
{
    struct asked *q = with;
    bool there = !strcmp(q->text, "ast") ? p->k.tree != NULL : p->ok && !p->built;
    struct text t = text_new(&p->context.arena);
    struct emit_options o = program_emission(p, EMIT_FILE, !p->options.f64);
    o.header_name = arena_printf(&p->context.arena, "%s.h", p->ok ? nngen_name(p) : "model");
    if (!prepare_emission(p, &o)) return;
    if (there && !strcmp(q->text, "numpy")) p->context.diags.list.n = p->context.diags.errors = p->n_diags;
    program_change(p);
    if (there && compile_dump(&p->k, q->text, &o, &t)) q->answer = t.s ? t.s : "";
    program_changed(p);
}

const char *nngen_dump(struct nngen_program *p, const char *stage)
{
    struct asked q = {.text = stage};
    return p && program_try(p, dump_stage, &q) ? q.answer : NULL;
}

const char *const *nngen_stages(void)
{
    return compile_stages;
}

const char *const *nngen_passes(void)
{
    return pass_names;
}

static void format_tree(struct nngen_program *p, void *with)
{
    char **out = with;
    struct text t = text_new(&p->context.arena);
    ast_format(&p->context, p->k.tree, p->k.source, &t);
    *out = strdup(t.s ? t.s : "");
}

char *nngen_formatted(struct nngen_program *p)
{
    char *out = NULL;
    if (!p || !p->k.tree) return NULL;
    program_try(p, format_tree, &out);
    return out;
}

void nngen_text_free(char *text)
{
    free(text);
}

static void list_dependencies(struct nngen_program *p, void *with)
{
    const char ***out = with;
    *out = arena_many(&p->context.arena, const char *, p->dependencies.n + 1);
    for (uint32_t i = 0; i < p->dependencies.n; i++) (*out)[i] = p->dependencies.at[i].path;
}

const char *const *nngen_dependencies(struct nngen_program *p)
{
    static const char *const none[] = {NULL};
    const char **out = NULL;
    return p && program_try(p, list_dependencies, &out) ? out : none;
}
