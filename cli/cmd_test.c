#include "cli/cli.h"

#include <string.h>

/* `nngen test` and `nngen check` alike: outcomes by file and backend, counted. */
struct tally {
    const char *file, *backend;
    unsigned passed, failed;
};

static void told(void *user, const struct nngen_outcome *outcome)
{
    struct tally *t = user;
    outcome->passed ? t->passed++ : t->failed++;
    printf("%-6s  %s: %s [%s]\n", outcome->passed ? "ok" : "FAILED", t->file, outcome->title, t->backend);
    if (outcome->passed || !outcome->message || !*outcome->message) return;
    size_t n = strlen(outcome->message);
    fflush(stdout);
    fprintf(stderr, "%s%s", outcome->message, outcome->message[n - 1] == '\n' ? "" : "\n");
}

typedef int runner(const struct options *o, struct nngen_program *p, enum nngen_backend backend, struct tally *t);

static int run_tests(const struct options *o, struct nngen_program *p, enum nngen_backend backend, struct tally *t)
{
    return nngen_run_tests(p, backend, o->only, told, t);
}

static int run_checks(const struct options *o, struct nngen_program *p, enum nngen_backend backend, struct tally *t)
{
    return nngen_check_gradients(p, backend, o->seed >= 0 ? (uint64_t)o->seed : 1, told, t);
}

/* A line an array: input x[N, 2] */
static void print_shapes(const struct options *o, const struct nngen_program *p)
{
    static const struct {
        enum nngen_role role;
        const char *word;
    } roles[] = {{NNGEN_INPUT, "input"}, {NNGEN_PARAM, "param"}, {NNGEN_STATE, "state"}, {NNGEN_OUTPUT, "output"}};
    for (unsigned r = 0; r < (o->second ? 3 : 4); r++) /* whose outputs are not the user's */
        for (size_t i = 0; i < nngen_count(p, roles[r].role); i++) {
            struct nngen_info info;
            nngen_info(p, roles[r].role, i, &info);
            printf("        %-6s %s", info.is_loss ? "loss" : roles[r].word, info.name);
            for (unsigned j = 0; j < info.rank; j++) printf("%s%s", j ? ", " : "[", info.axis[j]);
            printf("%s\n", info.rank ? "]" : "");
        }
}

/* The worse of two outcomes: what could not run at all says more than what ran and failed. */
static int worse(int a, int b)
{
    if (a == STATUS_OK || b == STATUS_OK) return a + b;
    return a == STATUS_TEST ? b : a;
}

/* What could not run at all is a failure like others, and the messages behind it say why. */
static int unable(const struct options *o, struct nngen_program *p, struct tally *t, const char *why, int status)
{
    t->failed++;
    printf("FAILED  %s: %s%s%s%s\n", t->file, why, t->backend ? " [" : "", t->backend ? t->backend : "", t->backend ? "]" : "");
    if (p) print_messages(o, p);
    return status;
}

static int run_file(struct options *o, const char *path, runner *run, struct tally *t)
{
    static const enum nngen_backend each[] = {NNGEN_INTERP, NNGEN_TCC, NNGEN_CC};
    struct nngen_program *p = NULL;
    bool all = o->backend && !strcmp(o->backend, "all");
    int status = load_program(o, path, &p);
    t->file = path ? path : "text";
    t->backend = NULL;
    if (status) status = unable(o, p, t, "it does not compile", status);
    if (!status && run == run_checks) {
        printf("%s\n", t->file);
        print_shapes(o, p);
    }
    for (unsigned i = 0; nngen_ok(p) && i < (all ? 3 : 1); i++) {
        enum nngen_backend backend = all ? each[i] : backend_named(o->backend);
        t->backend = backend_name(backend);
        int failures = run(o, p, backend, t);
        int outcome = failures < 0 ? unable(o, p, t, "it does not run", STATUS_MODEL) : failures ? STATUS_TEST : STATUS_OK;
        status = worse(status, outcome);
    }
    nngen_program_free(p);
    return status;
}

static int run_all(struct options *o, runner *run, struct tally *t)
{
    const char *path;
    int status = take_model(o, &path);
    if (status) return status;
    if (o->text && o->args.n) return cli_fail(STATUS_USAGE, NULL, "-e stands for the model: what is '%s'?", o->args.at[0]);
    status = run_file(o, path, run, t);
    for (size_t i = 0; i < o->args.n; i++) status = worse(status, run_file(o, o->args.at[i], run, t));
    printf("%u passed, %u failed\n", t->passed, t->failed);
    return status;
}

int cmd_test(struct options *o)
{
    struct tally t = {0};
    int status = run_all(o, run_tests, &t);
    if (!status && o->only && !t.passed) return cli_fail(STATUS_MODEL, NULL, "no test has '%s' in its title", o->only);
    return status;
}

int cmd_check(struct options *o)
{
    struct tally t = {0};
    return run_all(o, run_checks, &t);
}
