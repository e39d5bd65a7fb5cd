#include "cli/cli.h"

#include <string.h>

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n > m && !strcmp(s + n - m, end);
}

/* Do numbers stand at the edges? What is given, and samples of all the rest, say them. */
static bool has_numbers(const struct options *o, const struct nngen_program *p)
{
    bool all = true;
    for (size_t i = 0; i < nngen_count(p, NNGEN_INPUT); i++) {
        struct nngen_info info;
        nngen_info(p, NNGEN_INPUT, i, &info);
        all = all && info.has_sample;
    }
    return all || o->args.n;
}

static int draw(const struct options *o, struct nngen_program *p, struct nngen_model *m, enum nngen_picture as)
{
    int status = m ? prepare_model(o, p, m) : STATUS_OK;
    if (status) return status;
    char *text = nngen_graph(p, m, as, o->depth >= 1 ? (unsigned)o->depth : 1, o->backward);
    if (!text && m && *nngen_error(m)) return model_failed(m);
    if (!text) {
        print_messages(o, p);
        return STATUS_MODEL;
    }
    if (o->output && strcmp(o->output, "-"))
        status = write_files(&(struct file_out){o->output, text, strlen(text)}, 1);
    else
        fputs(text, stdout);
    nngen_text_free(text);
    return status;
}

/* By the ending of -o; `-` is a picture, and without -o it is text for the terminal. */
static int choose(const struct options *o, enum nngen_picture *as)
{
    *as = NNGEN_PLAIN;
    if (o->depth < 1 || o->depth > 1000) return cli_fail(STATUS_USAGE, NULL, "--depth counts calls from 1 on");
    if (o->plain || !o->output) return STATUS_OK;
    *as = ends_in(o->output, ".dot") || ends_in(o->output, ".gv") ? NNGEN_DOT : NNGEN_SVG;
    if (*as == NNGEN_SVG && !ends_in(o->output, ".svg") && strcmp(o->output, "-"))
        return cli_fail(STATUS_USAGE, "-o FILE.svg, -o FILE.dot, or --text", "what is '%s' to hold?", o->output);
    return STATUS_OK;
}

int cmd_graph(struct options *o)
{
    const char *path;
    struct nngen_program *p = NULL;
    struct nngen_model *m = NULL;
    enum nngen_picture as;
    int status = choose(o, &as);
    if (!status) status = take_model(o, &path);
    if (!status && (status = load_program(o, path, &p)) && p) print_messages(o, p);
    if (!status && has_numbers(o, p)) {
        m = nngen_model_new(p, NNGEN_INTERP, 1);
        if (!m) print_messages(o, p), status = STATUS_MODEL;
    }
    if (!status) status = draw(o, p, m, as);
    nngen_model_free(m);
    nngen_program_free(p);
    return status;
}
