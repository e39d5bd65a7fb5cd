#include "cli/cli.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *values_of(const struct nngen_tensors *t, size_t i, const struct nngen_tensor *x)
{
    double *value = cli_grow(NULL, x->count, sizeof *value);
    nngen_tensor_values(t, i, value);
    return value;
}

/* ---- the list ---- */

static void put_sizes(struct buffer *b, const struct nngen_tensor *x)
{
    buffer_put(b, "[");
    for (unsigned k = 0; k < x->rank; k++) buffer_printf(b, "%s%lld", k ? ", " : "", (long long)x->dims[k]);
    buffer_put(b, "]");
}

/* "-0.5 to 2.25", a single number, and how many are none. */
static void put_range(struct buffer *b, const double *value, size_t n, bool single)
{
    double least = INFINITY, most = -INFINITY;
    size_t wild = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(value[i])) {
            wild++;
            continue;
        }
        if (value[i] < least) least = value[i];
        if (value[i] > most) most = value[i];
    }
    if (n == 1)
        buffer_number(b, value[0], single);
    else if (least <= most)
        buffer_printf(b, "%.4g to %.4g%s", least, most, wild ? ", " : "");
    if (n > 1 && wild) buffer_printf(b, "%zu not finite", wild);
}

static void list(const struct nngen_tensors *t, struct buffer *out)
{
    struct nngen_tensor x;
    size_t longest = 0, widest = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; nngen_tensor(t, i, &x) == 0; i++) {
            struct buffer sizes = {0};
            put_sizes(&sizes, &x);
            if (strlen(x.name) > longest) longest = strlen(x.name);
            if (sizes.n > widest) widest = sizes.n;
            if (pass) {
                double *value = values_of(t, i, &x);
                size_t line = out->n;
                buffer_printf(out, "%-*s  %-4s  %-*s  ", (int)longest, x.name, x.type, (int)widest, sizes.s);
                put_range(out, value, x.count, x.type[0] != 'F' || strcmp(x.type, "F64"));
                while (out->n > line && out->s[out->n - 1] == ' ') out->s[--out->n] = 0;
                buffer_put(out, "\n");
                free(value);
            }
            buffer_free(&sizes);
        }
}

/* ---- arrays in C ---- */

static bool is_word_of_c(const char *name)
{
    static const char *const words[] = {
        "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for",
        "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct",
        "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "bool", "class", "new", "this", "template", "main"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(name, words[i])) return true;
    return false;
}

/* "fc1.W" as fc1_W. */
static void put_name(struct buffer *b, const char *prefix, const char *name)
{
    size_t from = b->n;
    if (prefix) buffer_printf(b, "%s_", prefix);
    if (!prefix && isdigit((unsigned char)*name)) buffer_put(b, "w");
    for (; *name; name++) buffer_printf(b, "%c", isalnum((unsigned char)*name) ? *name : '_');
    if (is_word_of_c(b->s + from)) buffer_put(b, "_");
}

static void put_element(struct buffer *b, double x, bool whole, bool single)
{
    size_t from = b->n;
    buffer_number(b, x, single);
    if (whole) return;
    if (!strpbrk(b->s + from, ".e")) buffer_put(b, ".0");
    if (single) buffer_put(b, "f");
}

static void put_array(struct buffer *b, const struct nngen_tensor *x, const double *value, const char *prefix)
{
    enum { LINE = 100 };
    bool whole = x->type[0] == 'I' || x->type[0] == 'U' || !strcmp(x->type, "BOOL"), single = strcmp(x->type, "F64") != 0;
    size_t step[NNGEN_RANK_MAX + 1] = {0}, n = 1, line;
    for (unsigned k = x->rank; k > 0; k--) {
        step[k] = n;
        n *= (size_t)x->dims[k - 1];
    }
    buffer_printf(b, "static const %s ", whole ? "long long" : single ? "float" : "double");
    put_name(b, prefix, x->name);
    for (unsigned k = 0; k < x->rank; k++) buffer_printf(b, "[%lld]", (long long)x->dims[k]);
    buffer_put(b, " = ");
    line = b->n - 40;
    for (size_t i = 0; i < n; i++) {
        for (unsigned k = 1; k <= x->rank; k++)
            if (i % (step[k] * (size_t)x->dims[k - 1]) == 0) buffer_put(b, "{");
        put_element(b, value[i], whole, single);
        for (unsigned k = x->rank; k > 0; k--)
            if ((i + 1) % (step[k] * (size_t)x->dims[k - 1]) == 0) buffer_put(b, "}");
        if (i + 1 == n) break;
        buffer_put(b, b->n - line > LINE ? ",\n    " : ", ");
        if (b->s[b->n - 5] == '\n') line = b->n;
    }
    buffer_put(b, ";\n");
}

/* What is of a run, not of the model, stays out; so does what C has no number for. */
static int put_arrays(const struct options *o, const struct nngen_tensors *t, const char *path, struct buffer *out)
{
    struct nngen_tensor x;
    int status = STATUS_OK;
    const char *slash = strrchr(path, '/');
    buffer_printf(out, "/* %s as C, for memory that is only read. */\n", slash ? slash + 1 : path);
    for (size_t i = 0; !status && nngen_tensor(t, i, &x) == 0; i++) {
        if (strchr(x.name, '/') || !x.count) continue;
        double *value = values_of(t, i, &x);
        for (size_t k = 0; !status && k < x.count; k++)
            if (!isfinite(value[k]))
                status = cli_fail(STATUS_MODEL, NULL, "%s: %s holds what is not finite: C has no number for it", path, x.name);
        if (!status) put_array(out, &x, value, o->prefix);
        free(value);
    }
    return status;
}

/* ---- a struct of the model's ---- */

static int put_struct(struct options *o, const char *path, const char *model, struct buffer *out)
{
    struct nngen_program *p = NULL;
    struct nngen_model *m = NULL;
    int status = load_program(o, model, &p);
    if (status && p) print_messages(o, p);
    if (!status) status = load_model(o, p, NNGEN_INTERP, &m);
    if (!status && nngen_load_params(m, path)) status = model_failed(m);
    char *text = status ? NULL : nngen_emit_weights(m);
    if (!status && !text) status = model_failed(m);
    if (text) buffer_put(out, text);
    nngen_text_free(text);
    nngen_model_free(m);
    nngen_program_free(p);
    return status;
}

static int write_product(const struct options *o, const struct buffer *b)
{
    if (o->output && strcmp(o->output, "-")) return write_files(&(struct file_out){o->output, b->s, b->n}, 1);
    if (b->n) fwrite(b->s, 1, b->n, stdout);
    return STATUS_OK;
}

int cmd_weights(struct options *o)
{
    const char *why, *path = o->args.n ? o->args.at[0] : NULL, *model = o->args.n > 1 ? o->args.at[1] : NULL;
    struct buffer out = {0};
    if (!path) return cli_fail(STATUS_USAGE, NULL, "which file? `nngen weights %s`", o->command->arguments);
    if (o->args.n > 2) return cli_fail(STATUS_USAGE, NULL, "one file and one model at a time: what is '%s'?", o->args.at[2]);
    if (!o->emit && (model || o->output || o->prefix)) return cli_fail(STATUS_USAGE, NULL, "a model, -o and --prefix go with --emit=c");
    int status = cli_readable(path);
    if (status) return status;
    struct nngen_tensors *t = nngen_tensors_read(path, &why);
    if (!t) return cli_fail(STATUS_MODEL, NULL, "%s: %s", path, why);
    if (!o->emit)
        list(t, &out);
    else
        status = model ? put_struct(o, path, model, &out) : put_arrays(o, t, path, &out);
    if (!status) status = write_product(o, &out);
    buffer_free(&out);
    nngen_tensors_free(t);
    return status;
}
