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

int cmd_explain(struct options *o)
{
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
