/* Options are rows of one table: what is parsed, checked and printed by --help. */
#ifndef NNGEN_CLI_OPTIONS_H
#define NNGEN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct words {
    const char **at;
    size_t n;
};

struct options { /* what is not given is NULL, 0, and NaN for a number */
    const struct command *command;
    struct words args;
    const char *output, *depfile, *dump, *text;
    const char *dtype, *prefix, *without, *runtime, *std, *optimizer, *error_format;
    const char *backend, *budget, *params, *save, *resume, *log, *only, *bind;
    struct words defines, includes, data;
    double lr, seed, threads, steps, epochs, batch, valid, patience, depth;
    const char *emit, *plot;
    double save_every;
    int line, blas, desc, selfcheck, trap_nan, openmp, openmp_always, json, grad, second, check, write, plain, backward, html, help;
};

enum command_bit {
    CMD_COMPILE = 1,
    CMD_EVAL = 2,
    CMD_TEST = 4,
    CMD_TRAIN = 8,
    CMD_CHECK = 16,
    CMD_BENCH = 32,
    CMD_FMT = 64,
    CMD_EXPLAIN = 128,
    CMD_OPS = 256,
    CMD_SIZE = 512,
    CMD_GRAPH = 1024,
    CMD_WEIGHTS = 2048,
    CMD_LOADS = CMD_COMPILE | CMD_EVAL | CMD_TEST | CMD_TRAIN | CMD_CHECK | CMD_BENCH | CMD_SIZE |
                CMD_GRAPH, /* compile a model */
    CMD_RUNS = CMD_EVAL | CMD_TRAIN,                                                             /* one model on one backend */
    CMD_ALL = 4095,
};

/* Sorts the words behind the command into options and arguments. Returns a status after saying what is wrong. */
int options_read(struct options *o, const struct command *c, int argc, char **argv);
void options_free(struct options *o);
/* The rows of one command, aligned. */
void options_print(unsigned bit);

struct option_view { /* of a row */
    const char *spelling, *help;
    const char *value;  /* how it is called; NULL: it takes none */
    bool chosen;       /* value is a list of words: "f32|f64" */
};
/* Row *at of the command or the next that is one of its, with *at behind it; false: there is none. */
bool options_next(unsigned bit, size_t *at, struct option_view *v);

#endif
