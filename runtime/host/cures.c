/* What `nngen explain E0301` says: the row of errors.def, and its example from cures.def with the message it gets. */
#include "runtime/host/host.h"

#include <string.h>

static const struct cure {
    enum diag_code code;
    const char *before, *command, *wrong, *better, *right;
} cures[] = {
#define CURE(code, before, command, wrong, better, right) {code, before, command, wrong, better, right},
#include "base/cures.def"
#undef CURE
};
_Static_assert(sizeof cures / sizeof *cures == DIAG_CODES - 1, "every code has an example in cures.def, in order");

static void take_message(void *user, const struct nngen_outcome *outcome)
{
    if (!outcome->passed) text_put(user, outcome->message);
}

/* What is said about it, where compiling, testing or checking makes the mistake. */
static void put_message(struct text *out, const struct cure *c)
{
    bool compiles = !strcmp(c->command, "nngen model.nn -o -"), tests = !strcmp(c->command, "nngen test model.nn");
    if (*c->before || (!compiles && !tests && strcmp(c->command, "nngen check model.nn"))) return;
    struct nngen_program *p = nngen_compile_text(c->wrong, strlen(c->wrong), "model.nn", NULL);
    struct text said = text_new(out->arena);
    if (p && !nngen_ok(p))
        text_put(&said, nngen_messages(p, NNGEN_FULL, 0));
    else if (p && tests)
        (void)nngen_run_tests(p, NNGEN_INTERP, NULL, take_message, &said);
    else if (p)
        (void)nngen_check_gradients(p, NNGEN_INTERP, 1, take_message, &said);
    if (said.n) {
        text_put(out, "\nsays\n\n");
        put_indented(out, said.s);
    }
    nngen_program_free(p);
}

void error_text(int code, struct text *out)
{
    const struct diag_info *e = &diag_info[code];
    const struct cure *c = &cures[code - 1];
    text_printf(out, "%s: %s\n\n%s\n\n", e->code, e->title, e->text);
    if (*c->before) text_printf(out, "For example, after `%s`, ", c->before);
    text_printf(out, "%s`%s` with this in model.nn\n\n", *c->before ? "" : "For example, ", c->command);
    put_indented(out, c->wrong);
    put_message(out, c);
    if (strcmp(c->command, c->better)) text_printf(out, "\nThe cure is `%s`", c->better);
    else text_put(out, "\nThe cure");
    text_put(out, ":\n\n");
    put_indented(out, c->right);
}

void errors_page(struct text *out)
{
    text_put(out, "# Errors\n\nEvery code, what it means, an example that gives it, and the cure. `nngen explain E0301` prints one, and\n"
                  "`nngen explain errors` this page. Codes never change their meaning.\n\n");
    for (int i = E_NONE + 1; i < DIAG_CODES; i++)
        text_printf(out, "- [%s](#%s) %s\n", diag_info[i].code, diag_info[i].code, diag_info[i].title);
    for (int i = E_NONE + 1; i < DIAG_CODES; i++) {
        text_printf(out, "\n<a id=\"%s\"></a>\n\n## ", diag_info[i].code);
        error_text(i, out);
    }
}
