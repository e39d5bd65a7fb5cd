#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

const struct command commands[] = {
    {"", CMD_COMPILE, cmd_compile, "MODEL.nn -o MODEL.c [options]", "Compiles a model and its gradients to C.",
     {"nngen xor.nn -o xor.c", "nngen xor.nn -o - --dtype f64 -D H=64", "nngen xor.nn --dump=ir"}},
    {"eval", CMD_EVAL, cmd_eval, "MODEL.nn [NAME=VALUE...] [options]",
     "Runs a model once: its outputs, and with --grad every derivative.",
     {"nngen eval fruit.nn apple=120 --grad", "nngen eval xor.nn 'x=[[0, 1]]' 'y=[[1]]' --params xor.safetensors",
      "nngen eval two_layer.nn x=x.npy y=y.csv --grad --json"}},
    {"test", CMD_TEST, cmd_test, "MODEL.nn... [options]", "Runs the test blocks of models.",
     {"nngen test fruit.nn", "nngen test *.nn --backend all", "nngen test step.nn -k tutorial"}},
    {"train", CMD_TRAIN, cmd_train, "MODEL.nn --epochs|--steps COUNT [NAME=VALUE...] [options]",
     "Trains on rows of data in minibatches, or takes steps on the samples or the inputs given.",
     {"nngen train digits8.nn --data digits.csv --epochs 20 --valid 0.2 --plot loss.svg --save w.safetensors",
      "nngen train hinge.nn x=x.csv label=label.csv --epochs 50 --batch 16 --log run.csv",
      "nngen train xor.nn --steps 2000 --optimizer 'adam(lr = 0.01)' --save xor.safetensors"}},
    {"check", CMD_CHECK, cmd_check, "MODEL.nn... [options]", "Compares every derivative with finite differences.",
     {"nngen check pendulum.nn", "nngen check *.nn --backend all", "nngen check two_layer.nn --second"}},
    {"bench", CMD_BENCH, cmd_bench, "MODEL.nn [DIM=SIZE...] [options]",
     "Measures how soon a model is ready and how fast it runs.",
     {"nngen bench xor.nn", "nngen bench two_layer.nn N=64 --backend cc", "nngen bench xor.nn --json"}},
    {"fmt", CMD_FMT, cmd_fmt, "MODEL.nn... [options]", "Prints models in the one canonical layout.",
     {"nngen fmt xor.nn", "nngen fmt -w *.nn", "nngen fmt --check *.nn"}},
    {"explain", CMD_EXPLAIN, cmd_explain, "CODE|NAME...|MODEL.nn:LINE [INPUT=VALUE...]|MODEL.nn --html",
     "Explains an error code, an operation or library function, or the mathematics of a line or a model.",
     {"nngen explain softmax", "nngen explain fruit.nn:6 apple=120", "nngen explain xor.nn --html -o xor.html"}},
    {"size", CMD_SIZE, cmd_size, "MODEL.nn [options]", "Counts parameters, bytes and multiply-adds.",
     {"nngen size xor.nn", "nngen size two_layer.nn -D N=1", "nngen size xor.nn --dtype f64 --json"}},
    {"graph", CMD_GRAPH, cmd_graph, "MODEL.nn [NAME=VALUE...] [options]",
     "Draws the computational graph, values above and gradients below each line.",
     {"nngen graph fruit.nn -o fruit.svg", "nngen graph xor.nn --depth 2 -o xor.dot", "nngen graph fruit.nn apple=120"}},
    {"weights", CMD_WEIGHTS, cmd_weights, "FILE.safetensors [MODEL.nn] [options]", "Lists what a file of weights holds, or writes it as C.",
     {"nngen weights w.safetensors", "nngen weights w.safetensors --emit=c -o w.h",
      "nngen weights w.safetensors digits8.nn --emit=c -o digits8_weights.c"}},
    {"ops", CMD_OPS, cmd_ops, "", "Lists everything the language knows.",
     {"nngen ops", "nngen ops | grep pool", "nngen ops | wc -l"}},
    {NULL, 0, NULL, NULL, NULL, {NULL, NULL, NULL}},
};

void print_help(const struct command *c)
{
    printf("nngen%s%s%s%s\n%s\n\n", *c->name ? " " : "", c->name, *c->arguments ? " " : "", c->arguments, c->does);
    if (!*c->name) {
        printf("Commands (`nngen COMMAND --help` tells more):\n");
        for (const struct command *k = c + 1; k->name; k++) printf("  %-9s %s\n", k->name, k->does);
        printf("\n");
    }
    printf("Options:\n");
    options_print(c->bit);
    if (!*c->name) printf("  %-26s%s\n", "--version", "print the version");
    printf("\nExamples:\n");
    for (unsigned i = 0; i < 3; i++) printf("  %s\n", c->examples[i]);
}

/* What looks like a file is compiled; any other word must be a command. */
static const struct command *command_named(const char *word)
{
    for (const struct command *c = commands + 1; c->name; c++)
        if (!strcmp(c->name, word)) return c;
    return word[0] == '-' || strpbrk(word, "./") || !access(word, F_OK) ? commands : NULL;
}

static int unknown_command(const char *word)
{
    const char *known[32];
    size_t n = 0;
    for (const struct command *c = commands + 1; c->name; c++) known[n++] = c->name;
    const char *help = did_you_mean(word, known, n);
    return cli_fail(STATUS_USAGE, help ? help : "`nngen --help` lists the commands", "there is no command '%s'", word);
}

/* `nngen help [--manual] [COMMAND]`, `nngen help --complete=bash` */
static int help(int argc, char **argv)
{
    static const char completion[] = "--complete=";
    bool manual = argc && !strcmp(argv[0], "--manual");
    if (argc == 1 && !strncmp(argv[0], completion, sizeof completion - 1)) return print_completion(argv[0] + sizeof completion - 1);
    argc -= manual, argv += manual;
    const struct command *c = argc ? command_named(argv[0]) : commands;
    if (argc > 1) return cli_fail(STATUS_USAGE, NULL, "help on one command at a time: what is '%s'?", argv[1]);
    if (!c || (argc && c == commands)) return unknown_command(argv[0]);
    if (manual)
        print_manual(c);
    else
        print_help(c);
    return STATUS_OK;
}

static int run(int argc, char **argv)
{
    if (argc < 2) return cli_fail(STATUS_USAGE, "`nngen --help` tells more", "which model? `nngen %s`", commands->arguments);
    if (!strcmp(argv[1], "--version")) {
        printf("nngen %s\n", NNGEN_VERSION);
        return STATUS_OK;
    }
    if (!strcmp(argv[1], "help") && access("help", F_OK)) return help(argc - 2, argv + 2);
    const struct command *c = command_named(argv[1]);
    if (!c) return unknown_command(argv[1]);
    int skip = c == commands ? 1 : 2;
    struct options o;
    int status = options_read(&o, c, argc - skip, argv + skip);
    if (!status && o.help)
        print_help(c);
    else if (!status)
        status = c->run(&o);
    options_free(&o);
    return status;
}

static void bug(int number)
{
    static const char text[] = "nngen: this is a bug of nngen, not of your model: please report it with the model\n";
    (void)number;
    ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
    (void)n;
    _exit(STATUS_BUG);
}

int main(int argc, char **argv)
{
    signal(SIGABRT, bug);
#ifndef __SANITIZE_ADDRESS__ /* it tells more of these itself */
    signal(SIGSEGV, bug);
    signal(SIGFPE, bug);
    signal(SIGILL, bug);
#endif
    int status = run(argc, argv);
    if ((fflush(stdout) || ferror(stdout)) && status == STATUS_OK) status = cli_refused("write", "stdout");
    return status;
}
