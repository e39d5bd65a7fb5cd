/* A manual page of a command, in mdoc, made of the same tables as --help. */
#include "cli/cli.h"

#include <string.h>

static const char dated[] = "November 21, 2026"; /* when this text was last gone over */

/* What --help has no room for. */
static const struct {
    const char *command, *text;
} more[] = {
    {"", "A model is equations over named arrays, in a small language. nngen differentiates them and writes C that computes the "
         "values, every derivative and a whole step of training, without allocating memory and without any library but libc and "
         "libm. The header that is written beside the C says how to call it. Without a mistake in the model there are both files; "
         "with one there is neither, and what stood there before stays."},
    {"eval", "Inputs that are not given take the samples that the model states. A VALUE is a number, nested lists, or a file: "
             ".npy, .csv and .safetensors."},
    {"test", "Each test block of a model sets inputs and parameters and states what must come out, values or derivatives. It is run "
             "in double precision unless --dtype says otherwise."},
    {"train", "With --data a file of rows is cut into minibatches whose order follows from the seed and the epoch; without it each "
              "step sees the samples of the model or the inputs given. Ctrl-C ends training after the step, and saves. Training begins "
              "on libtcc; after some seconds of work it goes over to what cc, where there is one, made of the emitted C. The step "
              "at which it does follows from the model alone, so that one seed gives the same numbers every time. What cc "
              "made is kept in $XDG_CACHE_HOME/nngen or ~/.cache/nngen, 64 MiB of it at most."},
    {"check", "Each gradient is compared with differences in double precision, and an adjoint that was written by hand too."},
    {"bench", "Prints the milliseconds from text to a function that can be called, and the microseconds of a call."},
    {"fmt", "The layout is a matter of the tree alone: formatting twice changes nothing, and comments stay with their lines."},
    {"explain", "An error comes with an example that gives it and its cure, an operation with its formula and derivative."},
    {"size", "Counts are those of the C that would be written."},
    {"graph", "With samples or inputs given, each edge carries its value above and its gradient below."},
    {"weights", "Lines give type, sizes, and the range of the numbers. As C without a model each tensor is an array of its own; with a model "
                "there is one constant of the type that its header declares, to be read where it lies."},
    {"ops", "A line each: name, shapes, and what it is."},
};

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {STATUS_OK, "all is well"},
    {STATUS_MODEL, "the model, its inputs or what a file holds is wrong"},
    {STATUS_USAGE, "an option or a command is"},
    {STATUS_SYSTEM, "the system refused to open, read or write"},
    {STATUS_TEST, "a test or the check of a derivative failed"},
    {STATUS_BUG, "nngen itself is wrong"},
    {STATUS_INTERRUPTED, "interrupted, after what was done had been saved"},
};

static void put_char(char c)
{
    if (c == '\\' || c == '-')
        printf(c == '-' ? "\\-" : "\\e");
    else
        putchar(c);
}

/* Text as mdoc takes it: short lines, a new one for a sentence; none begins like a macro. */
static void put(const char *s)
{
    enum { WIDTH = 72 };
    for (size_t column = 0; *s;) {
        size_t n = strcspn(s, " ");
        if (column == 0 && (*s == '.' || *s == '\'')) printf("\\&");
        for (size_t i = 0; i < n; i++) put_char(s[i]);
        column += n + 1;
        bool sentence = s[n - 1] == '.' && s[n] && s[n + 1] >= 'A' && s[n + 1] <= 'Z';
        s += n + (s[n] == ' ');
        bool ends = !*s || sentence || column + strcspn(s, " ") > WIDTH;
        putchar(ends ? '\n' : ' ');
        if (ends) column = 0;
    }
}

static void put_literal(const char *s)
{
    while (*s) put_char(*s++);
    putchar('\n');
}

static void put_option(const struct option_view *v)
{
    printf(".It Fl ");
    for (const char *s = v->spelling + 1; *s; s++) put_char(*s);
    if (v->value) printf(v->spelling[1] == '-' ? " Ns = Ns Ar %s" : " Ar %s", v->value);
    putchar('\n');
    put(v->help);
}

/* "MODEL.nn --steps COUNT [options]", a macro a word */
static void put_synopsis(const struct command *c)
{
    printf(".Nm nngen%s%s\n", *c->name ? " " : "", c->name);
    for (const char *s = c->arguments; *s; s += strspn(s, " ")) {
        size_t n = strcspn(s, " "), optional = *s == '[';
        printf(".%s", optional ? "Op Ar " : *s == '-' ? "Fl " : "Ar ");
        for (size_t i = optional || *s == '-'; i < n - optional; i++) put_char(s[i]);
        putchar('\n');
        s += n;
    }
}

static void put_others(const struct command *c)
{
    const char *last = "";
    if (*c->name) {
        printf(".Xr nngen 1\n");
        return;
    }
    for (;;) { /* in the order of the alphabet */
        const char *next = NULL;
        for (const struct command *k = c + 1; k->name; k++)
            if (strcmp(k->name, last) > 0 && (!next || strcmp(k->name, next) < 0)) next = k->name;
        if (!next) break;
        printf("%s.Xr nngen-%s 1", *last ? " ,\n" : "", next);
        last = next;
    }
    putchar('\n');
}

void print_manual(const struct command *c)
{
    printf(".Dd %s\n.Dt NNGEN%s", dated, *c->name ? "-" : "");
    for (const char *s = c->name; *s; s++) putchar(*s - 'a' + 'A');
    printf(" 1\n.Os\n.Sh NAME\n.Nm nngen%s%s\n.Nd ", *c->name ? "-" : "", c->name);
    printf("%c%.*s\n.Sh SYNOPSIS\n", c->does[0] - 'A' + 'a', (int)strcspn(c->does + 1, ".:"), c->does + 1);
    put_synopsis(c);
    printf(".Sh DESCRIPTION\n");
    put(c->does);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (!strcmp(more[i].command, c->name)) put(more[i].text);
    if (!*c->name) {
        printf(".Pp\nThe other commands, each with a page of its own:\n.Bl -tag -width explain\n");
        for (const struct command *k = c + 1; k->name; k++) {
            printf(".It Cm %s\n", k->name);
            put(k->does);
        }
        printf(".El\n");
    }
    printf(".Pp\nThe options are:\n.Bl -tag -width Ds\n");
    struct option_view v;
    for (size_t i = 0; options_next(c->bit, &i, &v);) put_option(&v);
    if (!*c->name) printf(".It Fl \\-version\nprint the version\n");
    printf(".El\n.Sh EXIT STATUS\n.Bl -tag -width 130\n");
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) printf(".It %d\n%s\n", statuses[i].status, statuses[i].text);
    printf(".El\n.Sh EXAMPLES\n.Bd -literal\n");
    for (size_t i = 0; i < 3; i++) put_literal(c->examples[i]);
    printf(".Ed\n.Sh SEE ALSO\n");
    put_others(c);
}
