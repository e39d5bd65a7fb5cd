#include "cli/cli.h"

#include <string.h>

/* What the file holds now and what it should. */
static int lay_out(struct options *o, const char *path, struct buffer *old, struct buffer *new)
{
    struct nngen_program *p = NULL;
    int status = o->text ? (buffer_put(old, o->text), STATUS_OK) : read_whole(path, old);
    if (status) return status;
    p = nngen_compile_text(old->s, old->n, o->text ? "text" : path, NULL);
    char *text = p ? nngen_formatted(p) : NULL;
    if (text)
        buffer_put(new, text);
    else if (p)
        print_messages(o, p);
    status = text ? STATUS_OK : STATUS_MODEL;
    nngen_text_free(text);
    nngen_program_free(p);
    return status;
}

static int format_one(struct options *o, const char *path)
{
    struct buffer old = {0}, new = {0};
    int status = lay_out(o, path, &old, &new);
    bool same = !status && old.n == new.n && !memcmp(old.s, new.s, old.n);
    if (!status && o->check && !same) {
        printf("%s\n", path ? path : "text");
        status = STATUS_MODEL;
    } else if (!status && o->write)
        status = write_files(&(struct file_out){path, new.s, new.n}, 1);
    else if (!status && !o->check)
        fwrite(new.s, 1, new.n, stdout);
    buffer_free(&old);
    buffer_free(&new);
    return status;
}

int cmd_fmt(struct options *o)
{
    const char *path;
    int status = take_model(o, &path);
    if (status) return status;
    if (o->write && o->check) return cli_fail(STATUS_USAGE, NULL, "-w rewrites, --check only looks: one of them");
    if (o->write && (!path || !strcmp(path, "-"))) return cli_fail(STATUS_USAGE, NULL, "-w needs a file to rewrite");
    status = format_one(o, path);
    for (size_t i = 0; i < o->args.n; i++) {
        int next = format_one(o, o->args.at[i]);
        if (!status) status = next;
    }
    return status;
}
