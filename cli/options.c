#include "cli/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, WORD, CHOICE, CHOICES, WHOLE, REAL, LIST };

struct option {
    const char *spelling;
    enum kind kind;
    size_t at;         /* of the field in struct options */
    const char *value; /* how the value is called; a CHOICE lists what may be said */
    unsigned commands;
    const char *help;
};

#define AT(field) offsetof(struct options, field)

static const struct option table[] = {
    {"-o", WORD, AT(output), "FILE.c", CMD_COMPILE, "write FILE.c and FILE.h; `-` prints the C"},
    {"-o", WORD, AT(output), "FILE", CMD_GRAPH, "write FILE.svg or FILE.dot; `-` prints the SVG"},
    {"--text", FLAG, AT(plain), NULL, CMD_GRAPH, "lines for a terminal, as without -o"},
    {"--html", FLAG, AT(html), NULL, CMD_EXPLAIN, "the whole model as a page: source, mathematics, C, numbers"},
    {"-o", WORD, AT(output), "FILE.html", CMD_EXPLAIN, "write the page of --html to a file"},
    {"--depth", WHOLE, AT(depth), "COUNT", CMD_GRAPH, "draw calls COUNT deep as one box each (default 1), shallower ones opened"},
    {"--backward", FLAG, AT(backward), NULL, CMD_GRAPH, "draw the gradients' graph too"},
    {"--emit", CHOICE, AT(emit), "c|numpy", CMD_COMPILE, "numpy: a NumPy program, forward and backward, printed without -o"},
    {"--emit", CHOICE, AT(emit), "c", CMD_WEIGHTS, "print C: a struct of the model's, or without MODEL.nn an array a tensor"},
    {"-o", WORD, AT(output), "FILE.c", CMD_WEIGHTS, "write the C to a file"},
    {"--dump", CHOICE, AT(dump), NULL, CMD_COMPILE, "print a stage of the compilation instead"},
    {"--without", CHOICES, AT(without), NULL, CMD_LOADS, "leave out passes that make the code faster or smaller"},
    {"--prefix", WORD, AT(prefix), "NAME", CMD_COMPILE | CMD_WEIGHTS, "begin every C name with NAME instead of the model's"},
    {"--runtime", CHOICE, AT(runtime), "embed|shared", CMD_COMPILE, "carry the kernels inside, or link libnnrt"},
    {"--blas", FLAG, AT(blas), NULL, CMD_COMPILE, "large products are calls of CBLAS: link with one, -lopenblas"},
    {"--std", CHOICE, AT(std), "gnu99|c99", CMD_COMPILE, "c99: nothing but standard C in the text"},
    {"--line", FLAG, AT(line), NULL, CMD_COMPILE, "#line directives that lead back to the model"},
    {"--desc", FLAG, AT(desc), NULL, CMD_COMPILE, "add the descriptor NAME_desc"},
    {"--selfcheck", FLAG, AT(selfcheck), NULL, CMD_COMPILE, "add NAME_selfcheck, the tests on the target itself"},
    {"--trap-nan", FLAG, AT(trap_nan), NULL, CMD_COMPILE, "abort at the first value that is not a number, naming its line"},
    {"--openmp", FLAG, AT(openmp), NULL, CMD_COMPILE | CMD_SIZE, "run on several threads where the C is built with -fopenmp, if that pays"},
    {"--openmp-always", FLAG, AT(openmp_always), NULL, CMD_COMPILE | CMD_SIZE, "the same however little there is to do"},
    {"--budget", WORD, AT(budget), "ram=64K", CMD_COMPILE | CMD_SIZE, "keep to so much memory, computing anew what does not fit"},
    {"-MF", WORD, AT(depfile), "FILE", CMD_COMPILE, "write the files that were read as a make rule"},
    {"-k", WORD, AT(only), "NAME", CMD_TEST, "only tests with NAME in their title"},
    {"--data", LIST, AT(data), "FILE", CMD_RUNS, "rows for the inputs that its columns or arrays are named after"},
    {"--bind", WORD, AT(bind), "x=0:4,y=4", CMD_RUNS, "which columns of --data are which input's, counted from 0"},
    {"--epochs", WHOLE, AT(epochs), "COUNT", CMD_TRAIN, "how often to go through the data"},
    {"--steps", WHOLE, AT(steps), "COUNT", CMD_TRAIN, "how many steps to take"},
    {"--batch", WHOLE, AT(batch), "ROWS", CMD_RUNS, "rows a step (default: the bound of their dim)"},
    {"--valid", REAL, AT(valid), "SHARE", CMD_TRAIN, "hold so many of the rows out and test on them each epoch: 0.2"},
    {"--valid", REAL, AT(valid), "SHARE", CMD_EVAL, "only the rows that train holds out with this share and --seed"},
    {"--patience", WHOLE, AT(patience), "EPOCHS", CMD_TRAIN, "stop after so many without a better loss"},
    {"--lr", REAL, AT(lr), "RATE", CMD_TRAIN, "the optimizer's learning rate"},
    {"--grad", FLAG, AT(grad), NULL, CMD_EVAL, "every derivative too"},
    {"--second", FLAG, AT(second), NULL, CMD_CHECK, "check second derivatives: of the gradient, backwards and forwards"},
    {"--json", FLAG, AT(json), NULL, CMD_EVAL | CMD_BENCH | CMD_SIZE, "print JSON"},
    {"--params", WORD, AT(params), "FILE", CMD_RUNS | CMD_GRAPH | CMD_EXPLAIN, "take the parameters from a .safetensors file"},
    {"--save", WORD, AT(save), "FILE", CMD_EVAL, "write the results to a .safetensors file"},
    {"--save", WORD, AT(save), "FILE", CMD_TRAIN, "write what was learned, and all that --resume needs, to a .safetensors file"},
    {"--save-every", REAL, AT(save_every), "SECONDS", CMD_TRAIN, "write it so often while training too (default 60)"},
    {"--resume", WORD, AT(resume), "FILE", CMD_TRAIN, "go on with the run that such a file holds"},
    {"--log", WORD, AT(log), "FILE.csv", CMD_TRAIN, "write the loss of every step, or the means of every epoch"},
    {"--plot", WORD, AT(plot), "FILE.svg", CMD_TRAIN, "draw the means of training and validation"},
    {"--seed", WHOLE, AT(seed), "NUMBER", CMD_RUNS | CMD_CHECK | CMD_GRAPH | CMD_EXPLAIN, "of initial parameters and random numbers (default 1)"},
    {"--backend", CHOICE, AT(backend), "auto|tcc|cc|interp", CMD_RUNS, "what runs the model"},
    {"--backend", CHOICE, AT(backend), "auto|tcc|cc|interp|all", CMD_TEST | CMD_CHECK | CMD_BENCH,
     "what runs the model; all: each in turn"},
    {"--threads", WHOLE, AT(threads), "COUNT", CMD_RUNS | CMD_BENCH, "of steps that are worth it (default $NNGEN_THREADS, else 1)"},
    {"--dtype", CHOICE, AT(dtype), "f32|f64", (CMD_LOADS | CMD_WEIGHTS) & ~(unsigned)(CMD_TEST | CMD_CHECK | CMD_GRAPH),
     "compute in float or in double (default f32)"},
    {"--dtype", CHOICE, AT(dtype), "f32|f64", CMD_TEST, "compute in float or in double (default f64)"},
    {"--optimizer", WORD, AT(optimizer), "TEXT", CMD_LOADS, "in place of the model's `train`: \"adam(lr = 1e-3)\""},
    {"-D", LIST, AT(defines), "DIM=SIZE", CMD_LOADS | CMD_WEIGHTS | CMD_EXPLAIN, "set a dim; fixes a run-time one"},
    {"-I", LIST, AT(includes), "DIR", CMD_LOADS | CMD_WEIGHTS | CMD_EXPLAIN, "look for imports in DIR too"},
    {"-e", WORD, AT(text), "TEXT", CMD_LOADS | CMD_FMT, "the model itself in place of a file"},
    {"-w", FLAG, AT(write), NULL, CMD_FMT, "rewrite the files in place"},
    {"--check", FLAG, AT(check), NULL, CMD_FMT, "only name the files that would change; exit 1 if there are any"},
    {"--error-format", CHOICE, AT(error_format), "full|short|json", CMD_ALL, "how errors are printed"},
    {"--help", FLAG, AT(help), NULL, CMD_ALL, "this text"},
};
enum { ROWS = sizeof table / sizeof *table };

static void join_names(char *to, size_t size, const char *const *name, const char *between)
{
    for (; *name; name++) {
        size_t n = strlen(to);
        snprintf(to + n, size - n, "%s%s", n ? between : "", *name);
    }
}

/* The choices of --dump are the library's stages, those of --without its passes. */
static const char *value_name(const struct option *row)
{
    static char stages[256], passes[256];
    if (row->value || (row->kind != CHOICE && row->kind != CHOICES)) return row->value;
    if (!*stages) {
        join_names(stages, sizeof stages, nngen_stages(), "|");
        join_names(passes, sizeof passes, nngen_passes(), ",");
    }
    return row->kind == CHOICE ? stages : passes;
}

static const struct option *find(const char *word, size_t size, unsigned bit)
{
    for (size_t i = 0; i < ROWS; i++)
        if ((table[i].commands & bit) && strlen(table[i].spelling) == size && !memcmp(table[i].spelling, word, size))
            return &table[i];
    return NULL;
}

static int unknown(const struct command *c, const char *word, size_t size)
{
    const char *known[ROWS], *help = NULL;
    size_t n = 0;
    char said[64], other[128];
    snprintf(said, sizeof said, "%.*s", (int)(size < 60 ? size : 60), word);
    for (const struct command *k = commands; !help && k->name; k++)
        if (find(word, size, k->bit)) {
            snprintf(other, sizeof other, "it is an option of `nngen%s%s`", *k->name ? " " : "", k->name);
            help = other;
        }
    for (size_t i = 0; i < ROWS; i++)
        if (table[i].commands & c->bit) known[n++] = table[i].spelling;
    if (!help) help = did_you_mean(said, known, n);
    return cli_fail(STATUS_USAGE, help, "unknown option '%s' of `nngen%s%s`", said, *c->name ? " " : "", c->name);
}

static int choose(const struct option *row, const char *value)
{
    const char *list = value_name(row), *known[16];
    static char words[16][16];
    size_t n = 0;
    for (const char *p = list; n < 16; p += strcspn(p, "|,") + 1) {
        snprintf(words[n], sizeof words[n], "%.*s", (int)strcspn(p, "|,"), p);
        known[n] = words[n];
        if (!strcmp(words[n++], value)) return STATUS_OK;
        if (!p[strcspn(p, "|,")]) break;
    }
    return cli_fail(STATUS_USAGE, did_you_mean(value, known, n), "'%s' is no %s: it takes %s", value, row->spelling, list);
}

/* Each of the words between commas. */
static int choose_some(const struct option *row, const char *value)
{
    char word[64];
    for (int status;; value += strcspn(value, ",") + 1) {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(value, ","), value);
        if ((status = choose(row, word)) || !value[strcspn(value, ",")]) return status;
    }
}

static int store(struct options *o, const struct option *row, const char *value)
{
    void *field = (char *)o + row->at;
    double x;
    switch (row->kind) {
    case FLAG:
        *(int *)field = 1;
        return STATUS_OK;
    case CHOICE:
        *(const char **)field = value;
        if (row->at == AT(error_format)) fail_format(*value == 's' ? NNGEN_SHORT : *value == 'j' ? NNGEN_JSON : NNGEN_FULL);
        return choose(row, value);
    case CHOICES:
        *(const char **)field = value;
        return choose_some(row, value);
    case WORD:
        *(const char **)field = value;
        return STATUS_OK;
    case LIST: {
        struct words *w = field;
        w->at = cli_grow(w->at, w->n + 1, sizeof *w->at);
        w->at[w->n++] = value;
        return STATUS_OK;
    }
    case WHOLE:
    case REAL:
        if (!read_number(value, &x) || !isfinite(x))
            return cli_fail(STATUS_USAGE, NULL, "%s takes a number, not '%s'", row->spelling, value);
        if (row->kind == WHOLE && (x < 0 || x > 9007199254740992.0 || x != floor(x)))
            return cli_fail(STATUS_USAGE, NULL, "%s takes a whole number, not '%s'", row->spelling, value);
        *(double *)field = x;
        return STATUS_OK;
    }
    return STATUS_BUG;
}

/* The row that `word` begins, and its value where it is stuck to it: --dtype=f64, -DH=4. */
static const struct option *match(const char *word, unsigned bit, size_t *size, const char **value)
{
    const char *equal = word[1] == '-' ? strchr(word, '=') : NULL;
    *size = equal ? (size_t)(equal - word) : strlen(word);
    *value = equal ? equal + 1 : NULL;
    const struct option *row = find(word, *size, bit);
    if (row || word[1] == '-') return row;
    row = find(word, 2, bit);
    if (!row || row->kind == FLAG) return NULL;
    *value = word + 2;
    return row;
}

int options_read(struct options *o, const struct command *c, int argc, char **argv)
{
    *o = (struct options){.command = c, .lr = NAN, .seed = NAN, .steps = NAN, .epochs = NAN, .batch = NAN, .valid = NAN,
                          .patience = NAN, .save_every = NAN, .depth = 1};
    o->args.at = cli_grow(NULL, (size_t)argc + 1, sizeof *o->args.at);
    bool options_end = false;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i], *value;
        size_t size;
        if (options_end || word[0] != '-' || !word[1]) {
            o->args.at[o->args.n++] = word;
            continue;
        }
        if (!strcmp(word, "--")) {
            options_end = true;
            continue;
        }
        if (!strcmp(word, "-h")) word = "--help";
        const struct option *row = match(word, c->bit, &size, &value);
        if (!row) return unknown(c, word, size);
        if (row->kind == FLAG && value) return cli_fail(STATUS_USAGE, NULL, "%s takes no value", row->spelling);
        if (row->kind != FLAG && !value) {
            if (i + 1 == argc) return cli_fail(STATUS_USAGE, NULL, "%s needs a value: %s", row->spelling, value_name(row));
            value = argv[++i];
        }
        int status = store(o, row, value);
        if (status) return status;
    }
    return STATUS_OK;
}

void options_free(struct options *o)
{
    free(o->args.at);
    free(o->defines.at);
    free(o->includes.at);
    free(o->data.at);
}

bool options_next(unsigned bit, size_t *at, struct option_view *v)
{
    while (*at < ROWS && !(table[*at].commands & bit)) ++*at;
    if (*at == ROWS) return false;
    const struct option *row = &table[(*at)++];
    *v = (struct option_view){row->spelling, row->help, value_name(row), row->kind == CHOICE};
    return true;
}

void options_print(unsigned bit)
{
    enum { COLUMN = 28 };
    struct option_view v;
    for (size_t i = 0; options_next(bit, &i, &v);) {
        const char *between = !v.value ? "" : v.spelling[1] == '-' ? "=" : " ";
        int n = printf("  %s%s%s", v.spelling, between, v.value ? v.value : "");
        if (n > COLUMN - 2) n = (printf("\n"), 0);
        printf("%*s%s\n", COLUMN - n, "", v.help);
    }
}
