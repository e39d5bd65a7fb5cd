/* What the commands share. The command line is a user of the public header like any other: nothing of ours but nngen.h
 * is included here. Products go to stdout, talk to stderr. Nobody calls setlocale: numbers are those of the C locale. */
#ifndef NNGEN_CLI_H
#define NNGEN_CLI_H

#include "cli/options.h"
#include "runtime/include/nngen.h"

#include <stdbool.h>
#include <stdio.h>

enum status {
    STATUS_OK = 0,
    STATUS_MODEL = 1,  /* the model, its inputs or what a file holds is wrong */
    STATUS_USAGE = 2,  /* options and commands */
    STATUS_SYSTEM = 3, /* the system refuses to open, read or write */
    STATUS_TEST = 4,   /* a test or derivative check failed */
    STATUS_BUG = 70,
    STATUS_INTERRUPTED = 130, /* by Ctrl-C, after the step was finished and saved */
};

/* ---- the commands: a row each in main.c ---- */

struct command {
    const char *name;       /* "" compiles, the default */
    unsigned bit;           /* which rows of the option table it takes */
    int (*run)(struct options *o);
    const char *arguments;  /* for the usage line: "MODEL.nn [NAME=VALUE...]" */
    const char *does;
    const char *examples[3];
};
extern const struct command commands[]; /* ends with a NULL name */
void print_help(const struct command *c);
void print_manual(const struct command *c);   /* manual.c: its page, in mdoc */
int print_completion(const char *shell);      /* completion.c. Returns a status */

int cmd_compile(struct options *o);
int cmd_eval(struct options *o);
int cmd_test(struct options *o);
int cmd_train(struct options *o);
int cmd_check(struct options *o);
int cmd_bench(struct options *o);
int cmd_fmt(struct options *o);
int cmd_explain(struct options *o);
int cmd_size(struct options *o);
int cmd_graph(struct options *o);
int cmd_ops(struct options *o);
int cmd_weights(struct options *o);

/* ---- talk.c: text and messages ---- */

struct buffer { /* all zero is empty; s ends in NUL once something was put */
    char *s;
    size_t n, cap;
};
void buffer_putn(struct buffer *b, const char *s, size_t n);
void buffer_put(struct buffer *b, const char *s);
void buffer_printf(struct buffer *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The shortest text that reads back as x (as the float x, where single and x is one); NaN, Infinity, -Infinity. */
void buffer_number(struct buffer *b, double x, bool single);
void buffer_json(struct buffer *b, const char *s); /* with its quotes */
void buffer_free(struct buffer *b);

/* More or less room at p, never NULL: without memory the process ends with STATUS_SYSTEM. */
void *cli_grow(void *p, size_t count, size_t size);

/* Says what is wrong on stderr, in the form of --error-format, and returns status. help may be NULL. */
int cli_fail(int status, const char *help, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void fail_format(enum nngen_format format);
/* Whether stderr is a terminal that nobody wants plain: NO_COLOR, TERM=dumb. */
bool cli_colored(void);
/* The same for a file the system refused, with the reason of errno. */
int cli_refused(const char *what, const char *path);
/* "did you mean 'x'?" for the candidate nearest to word, or NULL if none is near; in a static buffer. */
const char *did_you_mean(const char *word, const char *const *candidates, size_t n);

/* ---- disk.c ---- */

struct file_out {
    const char *path;
    const char *text;
    size_t size;
};
/* All of them appear whole or none does; those that hold the same text already are left alone. Returns a status. */
int write_files(const struct file_out *file, size_t n);
/* "-" is stdin. Returns a status. */
int read_whole(const char *path, struct buffer *out);
/* STATUS_SYSTEM after a message if the file cannot be opened for reading. */
int cli_readable(const char *path);
/* Does its folder take a file? Asked before hours of work that would end in it. Returns a status. */
int cli_writable(const char *path);

/* ---- load.c: from options to programs and models ---- */

/* The model among the arguments, or what -e says. Returns a status; the program is freed by the caller in any case. */
int load_program(struct options *o, const char *path, struct nngen_program **p);
/* Takes the model off the front of the arguments, if -e does not stand for it. Returns a status. */
int take_model(struct options *o, const char **path);
void print_messages(const struct options *o, struct nngen_program *p);
enum nngen_backend backend_named(const char *name);
const char *backend_name(enum nngen_backend backend);
int load_model(const struct options *o, struct nngen_program *p, enum nngen_backend backend, struct nngen_model **m);
/* Seeds, loads --params, then sets the NAME=VALUE arguments. Returns a status. */
int prepare_model(const struct options *o, struct nngen_program *p, struct nngen_model *m);
/* Do the inputs come row by row, for minibatches? */
bool cli_has_rows(const struct options *o);
struct nngen_training cli_training(const struct options *o);
int model_failed(const struct nngen_model *m);
/* The loss, or without one the only scalar output; NULL if there is neither. */
const char *cli_objective(const struct nngen_program *p);

/* ---- values.c: numbers, lists and files as arguments ---- */

/* "3", "-1e-3", "[[1, 2], [3, 4]]". False and *why if it is none. value is from malloc. */
bool read_literal(const char *text, struct nngen_array *out, const char **why);
bool read_number(const char *text, double *x);
/* Nested lists, a row a line where `indent` is not negative. */
void buffer_array(struct buffer *b, const double *value, unsigned rank, const int64_t *dims, bool single, int indent);

/* ---- progress.c: how a run of training is going ---- */

/* A line that rewrites itself on a terminal, else a line an epoch, or ten in all without rows; and the files of --log and
 * --plot. */
struct progress;
struct progress *progress_new(const struct options *o, const char *title, const char *objective);
int progress_watch(void *progress, const struct nngen_progress *p); /* an nngen_watch: not 0 after Ctrl-C, SIGTERM or SIGHUP */
double cli_seconds(void); /* of a clock that only goes on */
int progress_signal(void); /* that stopped the run; 0: none */
void progress_break(struct progress *g); /* what is said next stands on a line of its own */
int progress_write(struct progress *g); /* the log and the plot as they are so far; returns a status */
/* The last word, on stdout, and these files. Returns a status. */
int progress_end(struct progress *g, int end);
void progress_free(struct progress *g);

/* ---- tensors.c: a safetensors file of results ---- */

struct tensor_out {
    const char *name;
    bool is_int, f64;
    unsigned rank;
    const int64_t *dims;
    const double *value;
};
void tensors_write(struct buffer *b, const struct tensor_out *t, size_t n);

#endif
