#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

/* As make wants it: spaces, # and $ escaped. */
static void put_make_name(struct buffer *b, const char *s)
{
    for (; *s; s++) {
        if (*s == ' ' || *s == '#') buffer_put(b, "\\");
        if (*s == '$') buffer_put(b, "$");
        buffer_putn(b, s, 1);
    }
}

static void put_rule(struct buffer *b, struct nngen_program *p, const char *c_path, const char *h_path)
{
    put_make_name(b, c_path);
    buffer_put(b, " ");
    put_make_name(b, h_path);
    buffer_put(b, ":");
    for (const char *const *d = nngen_dependencies(p); *d; d++) {
        buffer_put(b, " ");
        put_make_name(b, *d);
    }
    buffer_put(b, "\n");
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* mlp.c has its header in mlp.h. */
static void put_header_path(struct buffer *b, const char *path)
{
    const char *dot = strrchr(file_name(path), '.');
    buffer_putn(b, path, dot ? (size_t)(dot - path) : strlen(path));
    buffer_put(b, ".h");
}

static int write_product(const struct options *o, struct nngen_program *p)
{
    struct buffer h_path = {0}, rule = {0};
    put_header_path(&h_path, o->output);
    const char *c = nngen_emit_c(p, file_name(h_path.s)), *h = nngen_emit_h(p);
    int status = STATUS_OK;
    if (!c || !h) {
        print_messages(o, p);
        status = STATUS_MODEL;
    } else {
        if (o->depfile) put_rule(&rule, p, o->output, h_path.s);
        struct file_out files[3] = {
            {o->output, c, strlen(c)}, {h_path.s, h, strlen(h)}, {o->depfile, rule.s, rule.n}};
        status = write_files(files, o->depfile ? 3 : 2);
    }
    buffer_free(&h_path);
    buffer_free(&rule);
    return status;
}

static int print_c(const struct options *o, struct nngen_program *p)
{
    struct buffer header = {0};
    buffer_printf(&header, "%s.h", nngen_name(p));
    const char *text = nngen_emit_c(p, header.s);
    if (text)
        fputs(text, stdout);
    else
        print_messages(o, p);
    buffer_free(&header);
    return text ? STATUS_OK : STATUS_MODEL;
}

/* A stage that was reached is printed, whatever failed behind it. */
static int print_stage(const struct options *o, struct nngen_program *p, int status)
{
    const char *text = nngen_dump(p, o->dump);
    if (text)
        fputs(text, stdout);
    else
        print_messages(o, p);
    return text ? STATUS_OK : status ? status : STATUS_MODEL;
}

/* One text of a stage, to -o or to stdout. */
static int print_numpy(const struct options *o, struct nngen_program *p)
{
    const char *text = nngen_dump(p, "numpy");
    if (!text) {
        print_messages(o, p);
        return STATUS_MODEL;
    }
    if (o->output && strcmp(o->output, "-")) return write_files(&(struct file_out){o->output, text, strlen(text)}, 1);
    fputs(text, stdout);
    return STATUS_OK;
}

static bool emits_numpy(const struct options *o)
{
    return o->emit && *o->emit == 'n';
}

static int check_words(const struct options *o)
{
    const char *end = o->output ? strrchr(o->output, '.') : NULL;
    if (o->args.n) return cli_fail(STATUS_USAGE, NULL, "one model at a time: what is '%s'?", o->args.at[0]);
    if (emits_numpy(o) && (o->dump || o->depfile))
        return cli_fail(STATUS_USAGE, NULL, "--emit=numpy goes without --dump and -MF");
    if (!o->output && !o->dump && !emits_numpy(o)) return cli_fail(STATUS_USAGE, "-o MODEL.c writes it, -o - prints it", "where should the C go?");
    if (o->output && o->dump) return cli_fail(STATUS_USAGE, NULL, "--dump prints: it goes without -o");
    if (end && !strcmp(end, ".h")) return cli_fail(STATUS_USAGE, NULL, "-o takes the name of the .c: its .h goes beside it");
    if (o->output && !*o->output) return cli_fail(STATUS_USAGE, NULL, "-o needs the name of a file");
    if (o->depfile && (o->dump || !strcmp(o->output, "-"))) return cli_fail(STATUS_USAGE, NULL, "-MF needs a file to be written: -o FILE.c");
    return STATUS_OK;
}

int cmd_compile(struct options *o)
{
    const char *path;
    struct nngen_program *p = NULL;
    int status = take_model(o, &path);
    if (!status) status = check_words(o);
    if (!status) status = load_program(o, path, &p);
    if (p && o->dump)
        status = print_stage(o, p, status);
    else if (p && status)
        print_messages(o, p);
    else if (p && emits_numpy(o))
        status = print_numpy(o, p);
    else if (p)
        status = strcmp(o->output, "-") ? write_product(o, p) : print_c(o, p);
    nngen_program_free(p);
    return status;
}
