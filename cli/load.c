#include "cli/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const backend_words[] = {"auto", "tcc", "cc", "interp"}; /* in the order of enum nngen_backend */

enum nngen_backend backend_named(const char *name)
{
    for (unsigned i = 0; name && i < sizeof backend_words / sizeof *backend_words; i++)
        if (!strcmp(name, backend_words[i])) return (enum nngen_backend)i;
    return NNGEN_AUTO;
}

const char *backend_name(enum nngen_backend backend)
{
    return backend_words[backend];
}

/* To a person at a terminal: where more is said about the first error. */
static void tell_of_explain(const char *messages)
{
    const char *code = strstr(messages, "error[E");
    if (code) fprintf(stderr, "\033[2m`nngen explain %.5s` says more\033[0m\n", code + 6);
}

void print_messages(const struct options *o, struct nngen_program *p)
{
    const char *said = o->error_format;
    enum nngen_format format = !said || *said == 'f' ? NNGEN_FULL : *said == 's' ? NNGEN_SHORT : NNGEN_JSON;
    const char *messages = nngen_messages(p, format, cli_colored());
    fflush(stdout);
    fputs(messages, stderr);
    if (format == NNGEN_FULL && cli_colored()) tell_of_explain(messages);
}

int take_model(struct options *o, const char **path)
{
    *path = NULL;
    if (o->text) return STATUS_OK;
    if (!o->args.n) {
        cli_fail(STATUS_USAGE, NULL, "which model? `nngen %s%s%s`", o->command->name, *o->command->name ? " " : "",
             o->command->arguments);
        return STATUS_USAGE;
    }
    *path = o->args.at[0];
    o->args.n--;
    memmove(o->args.at, o->args.at + 1, o->args.n * sizeof *o->args.at);
    return STATUS_OK;
}

/* "H=64"; the name is from malloc. */
static int read_define(const char *word, struct nngen_define *d)
{
    const char *equal = strchr(word, '=');
    if (!equal || equal == word || !read_number(equal + 1, &d->value))
        return cli_fail(STATUS_USAGE, NULL, "-D takes DIM=SIZE, not '%s'", word);
    size_t n = (size_t)(equal - word);
    char *name = cli_grow(NULL, n, 1);
    memcpy(name, word, n);
    name[n] = 0;
    d->name = name;
    return STATUS_OK;
}

static struct nngen_program *compile(const struct options *o, const char *path, const struct nngen_options *how, int *status)
{
    struct buffer text = {0};
    struct nngen_program *p = NULL;
    if (o->text)
        p = nngen_compile_text(o->text, strlen(o->text), "text", how);
    else if (strcmp(path, "-"))
        p = nngen_compile_file(path, how);
    else if (!(*status = read_whole(path, &text)))
        p = nngen_compile_text(text.s, text.n, "stdin", how);
    buffer_free(&text);
    return p;
}

/* "ram=64K": bytes, or so many K or M of 1,024. */
static int read_budget(const char *text, size_t *bytes)
{
    static const char is[] = "ram=";
    char number[32];
    double x = 0, unit = 1;
    size_t n = strncmp(text, is, sizeof is - 1) ? 0 : strlen(text += sizeof is - 1);
    if (n && (text[n - 1] == 'K' || text[n - 1] == 'M')) unit = text[--n] == 'K' ? 1024 : 1024 * 1024;
    snprintf(number, sizeof number, "%.*s", (int)(n < sizeof number ? n : 0), text);
    if (!read_number(number, &x) || !(x >= 1) || x * unit > 9e15)
        return cli_fail(STATUS_USAGE, "--budget ram=64K", "a budget is so many bytes of memory, K or M of 1,024");
    *bytes = (size_t)(x * unit);
    return STATUS_OK;
}

static int compile_options(const struct options *o, struct nngen_options *how, struct nngen_define *d)
{
    *how = (struct nngen_options){
        .defines = d,
        .include_dirs = o->includes.at,
        .n_include_dirs = o->includes.n,
        .optimizer = o->optimizer,
        .prefix = o->prefix,
        .without = o->without,
        .f64 = o->dtype && !strcmp(o->dtype, "f64"),
        .f32 = o->dtype && !strcmp(o->dtype, "f32"),
        .std_c99 = o->std && !strcmp(o->std, "c99"),
        .line_directives = o->line,
        .blas = o->blas,
        .shared_runtime = o->runtime && !strcmp(o->runtime, "shared"),
        .desc = o->desc,
        .selfcheck = o->selfcheck,
        .trap_nan = o->trap_nan,
        .threads = o->threads > 0 ? (unsigned)o->threads : 0,
        .openmp = o->openmp_always ? 2 : o->openmp,
        .second = o->second,
    };
    if (o->budget) {
        int status = read_budget(o->budget, &how->ram);
        if (status) return status;
    }
    for (size_t i = 0; i < o->defines.n; i++) {
        int status = read_define(o->defines.at[i], &d[i]);
        if (status) return status;
        how->n_defines++;
    }
    return STATUS_OK;
}

int load_program(struct options *o, const char *path, struct nngen_program **p)
{
    setenv("OMP_WAIT_POLICY", "passive", 0); /* threads that spin would be in the way of reading data */
    struct nngen_define *d = cli_grow(NULL, o->defines.n, sizeof *d);
    struct nngen_options how;
    *p = NULL;
    int status = compile_options(o, &how, d);
    if (!status) *p = compile(o, path, &how, &status);
    if (!*p && !status) status = cli_fail(STATUS_SYSTEM, NULL, "out of memory");
    for (size_t i = 0; i < how.n_defines; i++) free((char *)(size_t)d[i].name);
    free(d);
    if (status || nngen_ok(*p)) return status;
    return nngen_failed(*p) == NNGEN_BAD_MODEL ? STATUS_MODEL : STATUS_SYSTEM;
}

int load_model(const struct options *o, struct nngen_program *p, enum nngen_backend backend, struct nngen_model **m)
{
    *m = nngen_model_new(p, backend, o->dtype && !strcmp(o->dtype, "f64"));
    if (*m) return STATUS_OK;
    print_messages(o, p);
    return STATUS_MODEL;
}

int model_failed(const struct nngen_model *m)
{
    return cli_fail(STATUS_MODEL, NULL, "%s", nngen_error(m));
}

const char *cli_objective(const struct nngen_program *p)
{
    struct nngen_info info;
    const char *scalar = NULL;
    unsigned scalars = 0;
    for (size_t i = 0; i < nngen_count(p, NNGEN_OUTPUT); i++) {
        nngen_info(p, NNGEN_OUTPUT, i, &info);
        if (info.is_loss) return info.name;
        if (info.rank || info.is_int) continue;
        scalar = info.name;
        scalars++;
    }
    return scalars == 1 ? scalar : NULL;
}

/* ---- NAME=VALUE ---- */

static bool is_dim(const struct nngen_program *p, const char *name)
{
    for (size_t i = 0; i < nngen_dims(p); i++)
        if (!strcmp(nngen_dim_name(p, i), name)) return true;
    return false;
}

static const enum nngen_role settable[] = {NNGEN_INPUT, NNGEN_PARAM, NNGEN_STATE};
enum { SETTABLE = sizeof settable / sizeof *settable };

static bool find_array(const struct nngen_program *p, const char *name, struct nngen_info *info)
{
    for (unsigned r = 0; r < SETTABLE; r++)
        for (size_t i = 0; i < nngen_count(p, settable[r]); i++) {
            nngen_info(p, settable[r], i, info);
            if (!strcmp(info->name, name)) return true;
        }
    return false;
}

static int unknown_name(const struct nngen_program *p, const char *name)
{
    size_t n = 0, most = nngen_dims(p);
    for (unsigned r = 0; r < SETTABLE; r++) most += nngen_count(p, settable[r]);
    const char **known = cli_grow(NULL, most, sizeof *known);
    for (size_t i = 0; i < nngen_dims(p); i++) known[n++] = nngen_dim_name(p, i);
    for (unsigned r = 0; r < SETTABLE; r++)
        for (size_t i = 0; i < nngen_count(p, settable[r]); i++) {
            struct nngen_info info;
            nngen_info(p, settable[r], i, &info);
            known[n++] = info.name;
        }
    int status = cli_fail(STATUS_MODEL, did_you_mean(name, known, n), "model '%s' has no input, parameter or run-time dim '%s'",
                      nngen_name(p), name);
    free(known);
    return status;
}

static int set_dim(struct nngen_model *m, const char *name, const char *text)
{
    double x;
    if (!read_number(text, &x) || x != floor(x) || fabs(x) > 9007199254740992.0)
        return cli_fail(STATUS_MODEL, NULL, "%s is a dim: it takes a whole number, not '%s'", name, text);
    return nngen_set_dim(m, name, (int64_t)x) ? model_failed(m) : STATUS_OK;
}

/* A table with one column (or row) is a list where a list is asked for. */
static void as_list(struct nngen_array *a, const struct nngen_info *info)
{
    if (a->rank != 2 || info->rank != 1 || (a->dims[0] != 1 && a->dims[1] != 1)) return;
    a->dims[0] *= a->dims[1];
    a->rank = 1;
}

/* With rows asked for, an input whose first axis is a run-time dim has them from its array. */
static bool takes_rows(const struct options *o, const struct nngen_program *p, const struct nngen_info *info)
{
    return cli_has_rows(o) && info->role == NNGEN_INPUT && info->rank && info->axis[0] && is_dim(p, info->axis[0]);
}

static int set_array(const struct options *o, const struct nngen_program *p, struct nngen_model *m,
                     const struct nngen_info *info, const char *text)
{
    struct nngen_array a = {0};
    const char *why = "";
    double x;
    bool literal = *text == '[' || read_number(text, &x);
    if (literal) {
        if (!read_literal(text, &a, &why)) return cli_fail(STATUS_MODEL, NULL, "%s=%.60s: %s", info->name, text, why);
    } else {
        int status = cli_readable(text);
        if (status) return status;
        if (nngen_read_array(text, &a, &why)) return cli_fail(STATUS_MODEL, NULL, "%s: %s", text, why);
        as_list(&a, info);
    }
    int bad = takes_rows(o, p, info) ? nngen_add_rows(m, info->name, a.value, a.dims, a.rank)
                                     : nngen_set(m, info->name, a.value, a.dims, a.rank);
    if (literal)
        free(a.value);
    else
        nngen_array_free(&a);
    return bad ? model_failed(m) : STATUS_OK;
}

static int set_word(const struct options *o, const struct nngen_program *p, struct nngen_model *m, const char *word, bool dims)
{
    struct nngen_info info;
    const char *equal = strchr(word, '=');
    if (!equal || equal == word || !equal[1])
        return cli_fail(STATUS_USAGE, NULL, "expected NAME=VALUE, not '%s'", word);
    struct buffer name = {0};
    buffer_putn(&name, word, (size_t)(equal - word));
    int status = STATUS_OK;
    if (is_dim(p, name.s) == dims)
        status = dims                             ? set_dim(m, name.s, equal + 1)
                 : find_array(p, name.s, &info) ? set_array(o, p, m, &info, equal + 1)
                                                : unknown_name(p, name.s);
    buffer_free(&name);
    return status;
}

bool cli_has_rows(const struct options *o)
{
    return o->data.n || !isnan(o->epochs) || !isnan(o->batch) || !isnan(o->valid);
}

struct nngen_training cli_training(const struct options *o)
{
    struct nngen_training how = {0};
    if (!isnan(o->epochs)) how.epochs = (uint64_t)o->epochs;
    if (!isnan(o->steps)) how.steps = (uint64_t)o->steps;
    if (!isnan(o->batch)) how.batch = (uint64_t)o->batch;
    if (!isnan(o->patience)) how.patience = (uint64_t)o->patience;
    if (!isnan(o->valid)) how.valid = o->valid;
    if (!isnan(o->seed)) how.seed = (uint64_t)o->seed;
    return how;
}

int prepare_model(const struct options *o, struct nngen_program *p, struct nngen_model *m)
{
    if (nngen_init(m, isnan(o->seed) ? 1 : (uint64_t)o->seed)) return model_failed(m);
    if (o->params) {
        int status = cli_readable(o->params);
        if (status) return status;
        if (nngen_load_params(m, o->params)) return model_failed(m);
    }
    if (o->resume) {
        int status = cli_readable(o->resume);
        if (status) return status;
        if (nngen_load(m, o->resume)) return model_failed(m);
    }
    for (size_t i = 0; i < o->data.n; i++) {
        int status = cli_readable(o->data.at[i]);
        if (status) return status;
        if (nngen_add_data(m, o->data.at[i], o->bind)) return model_failed(m);
    }
    for (int dims = 1; dims >= 0; dims--) /* dims first: arrays must fit them */
        for (size_t i = 0; i < o->args.n; i++) {
            int status = set_word(o, p, m, o->args.at[i], dims);
            if (status) return status;
        }
    return STATUS_OK;
}
