#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

/* The first word of each line of `nngen ops`. */
static const char *nearest_operation(const char *word)
{
    char *all = nngen_operations();
    const char **known = NULL;
    size_t n = 0;
    for (char *line = all; line && *line;) {
        char *end = line + strcspn(line, "\n"), *next = *end ? end + 1 : end;
        size_t name = strcspn(line, " ([\n");
        line[name] = 0;
        known = cli_grow(known, n + 1, sizeof *known);
        if (name) known[n++] = line;
        line = next;
    }
    const char *help = did_you_mean(word, known, n);
    free(known);
    nngen_text_free(all);
    return help;
}

/* "model.nn:12": where the line begins behind the colon, else NULL. */
static const char *line_of(const char *word)
{
    const char *colon = strrchr(word, ':');
    return colon && colon != word && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1) ? colon : NULL;
}

/* Numbers stand in it where every input has a sample or something is given. */
static bool has_numbers(const struct options *o, const struct nngen_program *p)
{
    struct nngen_info info;
    bool all = true;
    for (size_t i = 0; !nngen_info(p, NNGEN_INPUT, i, &info); i++) all = all && info.has_sample;
    return all || o->args.n;
}

/* What is asked about this model: a line, or with line NULL the page of it all. */
static int explain_model(struct options *o, const char *path, const char *line)
{
    struct nngen_program *p = NULL;
    struct nngen_model *m = NULL;
    int status = load_program(o, path, &p);
    if (status && p) print_messages(o, p);
    if (!status && has_numbers(o, p)) {
        m = nngen_model_new(p, NNGEN_INTERP, 1);
        if (!m) print_messages(o, p), status = STATUS_MODEL;
    }
    if (m) status = prepare_model(o, p, m);
    unsigned long number = line ? strtoul(line, NULL, 10) : 0;
    char *text = status ? NULL : line ? nngen_explain_line(p, m, number < UINT32_MAX ? (unsigned)number : UINT32_MAX)
                                      : nngen_explain_page(p, m);
    if (text && o->output && strcmp(o->output, "-"))
        status = write_files(&(struct file_out){o->output, text, strlen(text)}, 1);
    else if (text)
        fputs(text, stdout);
    else if (!status && m && *nngen_error(m))
        status = model_failed(m);
    else if (!status)
        print_messages(o, p), status = STATUS_MODEL;
    nngen_text_free(text);
    nngen_model_free(m);
    nngen_program_free(p);
    return status;
}

static int explain_line(struct options *o, const char *word, const char *colon)
{
    struct buffer path = {0};
    buffer_putn(&path, word, (size_t)(colon - word));
    int status = explain_model(o, path.s, colon + 1);
    buffer_free(&path);
    return status;
}

int cmd_explain(struct options *o)
{
    const char *path, *colon = o->args.n ? line_of(o->args.at[0]) : NULL;
    if (o->html) return take_model(o, &path) ? STATUS_USAGE : explain_model(o, path, NULL);
    if (o->output) return cli_fail(STATUS_USAGE, "nngen explain MODEL.nn --html -o FILE.html", "-o goes with --html");
    if (colon) return take_model(o, &path) ? STATUS_USAGE : explain_line(o, path, colon);
    if (!o->args.n) return cli_fail(STATUS_USAGE, "nngen explain E0201, nngen explain softmax", "explain what?");
    for (size_t i = 0; i < o->args.n; i++) {
        const char *text = nngen_explain(o->args.at[i]);
        if (!text)
            return cli_fail(STATUS_USAGE, nearest_operation(o->args.at[i]), "'%s' is no error code, operation or library function",
                        o->args.at[i]);
        size_t n = strlen(text);
        printf("%s%s%s", i ? "\n" : "", text, n && text[n - 1] == '\n' ? "" : "\n");
    }
    return STATUS_OK;
}

int cmd_ops(struct options *o)
{
    if (o->args.n) return cli_fail(STATUS_USAGE, "`nngen explain NAME` tells about one", "`nngen ops` takes no arguments");
    char *all = nngen_operations();
    if (!all) return cli_fail(STATUS_SYSTEM, NULL, "out of memory");
    fputs(all, stdout);
    nngen_text_free(all);
    return STATUS_OK;
}
