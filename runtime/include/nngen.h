/* nngen: gradients as C, and the same program at once in process.
 *
 *     struct nngen_program *p = nngen_compile_file("xor.nn", NULL);
 *     struct nngen_model *m = nngen_model_new(p, NNGEN_AUTO, 0);
 *     if (!m) return fputs(nngen_messages(p, NNGEN_FULL, 0), stderr), 1;
 *     nngen_init(m, 1);
 *     for (int i = 0; i < 10001; i++) nngen_step(m);
 *     printf("%g\n", nngen_scalar(m, "bce"));
 *     nngen_model_free(m);
 *     nngen_program_free(p);
 *
 * A program is a compiled .nn file, or a model that is compiled into the host. A model is a program with its
 * numbers: parameters, optimizer, state, inputs, results.
 *
 * Errors are data. What can fail says so by its result, -1 or NULL; the words are the program's (nngen_messages,
 * nngen_diagnostic) where a program is made or made callable, the model's (nngen_error) everywhere else, until the
 * next failure. Functions that take a program or a model take NULL too and fail, so that a chain of calls needs one
 * question at its end. The library never prints, exits, aborts, or changes the locale or the floating-point
 * environment.
 *
 * Memory: what *_new, nngen_compile_* and nngen_built give is freed by *_free, models before their program; texts that
 * are const belong to the program or model, others are freed by nngen_text_free. Arrays that are given are copied, but
 * for nngen_bind's.
 *
 * Threads: a program may be used by all at once. A model belongs to one thread at a time; several models of one
 * program in several threads need no lock. Models that share parameters (nngen_share_params) may call forward and grad
 * at the same time, while nobody steps, applies or sets them.
 *
 * Contents: compiling · text out · what a program holds · models · pictures · several models, one set of gradients
 * · hot reload · training on rows · tests and checks · arrays in files · models compiled into the host.
 * docs/embedding.md shows each at work.
 */
#ifndef NNGEN_H
#define NNGEN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NNGEN_VERSION "0.1.0"
enum { NNGEN_RANK_MAX = 8 };

/* ---- compiling ---- */

struct nngen_define {
    const char *name;
    double value;
};

struct nngen_options { /* all zero is the default */
    const struct nngen_define *defines; /* -D NAME=value: constant dims, or fixes run-time ones */
    size_t n_defines;
    const char *const *include_dirs;    /* where imports are looked for after the file's own folder */
    size_t n_include_dirs;
    const char *optimizer;              /* replaces the model's `train`: "adam(lr = 1e-3)" */
    const char *prefix;                 /* of every C name; the model's name if NULL */
    int f64;                            /* emitted C computes in double */
    int f32;                            /* tests compute in float: tolerances are wider */
    int std_c99;
    int line_directives;
    int shared_runtime;
    int blas;                           /* emitted C calls CBLAS for large products; what runs here does not */
    int desc;
    int selfcheck;
    int trap_nan;
    int openmp;                         /* emitted C runs on several threads when it is built with -fopenmp: 1 if that pays, 2 always */
    unsigned threads;                   /* compiled models run steps that are worth it on so many threads. 0: as many as
                                         * $NNGEN_THREADS says, else 1. The numbers are the same for any number above 1. On
                                         * TCC each model has its own threads, which sleep between steps; on CC they are
                                         * OpenMP's, which sleep where the environment says OMP_WAIT_POLICY=passive */
    size_t ram;                         /* emitted C keeps to so many bytes of work, params, state and optimizer, or is none */
    const char *without;                /* passes that are left out, as "fuse,order": see nngen_passes */
    int second;                         /* of nngen_check_gradients: second derivatives are checked, and only they */
};

struct nngen_program;

/* What options point to is copied. Both always return a program to ask (NULL only without
 * memory); free it in any case. */
struct nngen_program *nngen_compile_file(const char *path, const struct nngen_options *options);
struct nngen_program *nngen_compile_text(const char *text, size_t size, const char *name,
                                         const struct nngen_options *options);
void nngen_program_free(struct nngen_program *p);

int nngen_ok(const struct nngen_program *p);
enum nngen_failure { NNGEN_FINE, NNGEN_BAD_MODEL, NNGEN_BAD_FILE, NNGEN_NO_MEMORY };
enum nngen_failure nngen_failed(const struct nngen_program *p);
enum nngen_format { NNGEN_FULL, NNGEN_SHORT, NNGEN_JSON };
/* The messages in order of place, "" if none; valid until the program is freed. */
const char *nngen_messages(struct nngen_program *p, enum nngen_format format, int color);
/* The same as data: the i-th, and its k-th note; -1 if there is none. Texts last as long as the program. */
struct nngen_diagnostic {
    const char *code;                            /* "E0201"; NULL of a note */
    const char *message, *help;                  /* help: NULL if there is none */
    const char *file;                            /* NULL: it has no place, and what follows is 0 */
    unsigned line, column, end_line, end_column; /* from 1, in characters; the end is the first one behind */
    size_t notes;
};
int nngen_diagnostic(struct nngen_program *p, size_t i, struct nngen_diagnostic *d);
int nngen_diagnostic_note(struct nngen_program *p, size_t i, size_t k, struct nngen_diagnostic *d);
/* Title and text of an error code, an operation or a library function; NULL if there is none. */
const char *nngen_explain(const char *what);
/* Everything the language knows, a line each. Free with nngen_text_free. */
char *nngen_operations(void);
/* The one canonical layout of the program's text; NULL if it does not parse. */
char *nngen_formatted(struct nngen_program *p);
void nngen_text_free(char *text);

/* ---- text out: valid until the program is freed; NULL if the program is not ok or there is no such stage ---- */
const char *nngen_emit_c(struct nngen_program *p, const char *header_name);
const char *nngen_emit_h(struct nngen_program *p);
const char *nngen_dump(struct nngen_program *p, const char *stage); /* one of nngen_stages, or "numpy": a NumPy program */
const char *const *nngen_stages(void); /* ends with NULL */
/* What makes the code faster or smaller, and can be left out: the results are the same, but for rounding. Ends with NULL. */
const char *const *nngen_passes(void);
/* Paths of the files that were read, for dependency files; ends with NULL. */
const char *const *nngen_dependencies(struct nngen_program *p);

/* ---- what a program holds ---- */
enum nngen_role {
    NNGEN_INPUT, NNGEN_PARAM, NNGEN_STATE, NNGEN_OUTPUT,
    NNGEN_GRADIENT, /* "d_fc1.W" of the parameters, then "d_x" of what `wrt` names */
    NNGEN_NUMBER,   /* of the optimizer: "lr" */
    NNGEN_MOMENT,   /* what the optimizer keeps for each parameter: "m.fc1.W" */
};
struct nngen_info {
    const char *name, *doc;
    enum nngen_role role;
    int is_int;
    int64_t below;                     /* integers: entries are 0..below-1; 0 if unlimited */
    unsigned rank;
    int64_t most[NNGEN_RANK_MAX];      /* sizes at the bound of run-time dims */
    const char *axis[NNGEN_RANK_MAX];  /* as the user wrote them */
    int is_loss, has_sample;
};
size_t nngen_count(const struct nngen_program *p, enum nngen_role role);
int nngen_info(const struct nngen_program *p, enum nngen_role role, size_t i, struct nngen_info *info);
const char *nngen_name(const struct nngen_program *p);
size_t nngen_dims(const struct nngen_program *p);                 /* run-time dims */
const char *nngen_dim_name(const struct nngen_program *p, size_t i);
int64_t nngen_dim_max(const struct nngen_program *p, size_t i);
size_t nngen_parameters(const struct nngen_program *p);           /* numbers in all params together */
size_t nngen_work_bytes(struct nngen_program *p);
uint64_t nngen_multiply_adds(struct nngen_program *p);            /* of a step (or gradient, or forward) at the bound */
int nngen_has_gradient(const struct nngen_program *p);
int nngen_has_step(const struct nngen_program *p);

/* ---- models ---- */
enum nngen_backend {
    NNGEN_AUTO,   /* the fastest there is: see below */
    NNGEN_TCC,    /* compiled in process */
    NNGEN_CC,     /* emitted C, built by the system's C compiler */
    NNGEN_INTERP, /* the reference interpreter: slow, exact */
    NNGEN_BUILT,  /* compiled into the host program: see nngen_built. AUTO is this for such a model */
};
/* AUTO begins on libtcc within milliseconds. Once a model has worked for some seconds a thread builds its text with
 * `cc`, compares the two on inputs of its own, and if they agree calls go over to cc's code. Two compilers round
 * differently; therefore the step at which that happens is fixed by the program, never by how long the build took,
 * and a run from one seed has the same numbers every time on one machine, also when it is stopped, saved and
 * resumed. Without libtcc AUTO is CC, without `cc` it stays TCC or is INTERP, and says nothing. TCC starts no
 * thread and no process. Objects of cc are kept in $XDG_CACHE_HOME/nngen or ~/.cache/nngen, 64 MiB of them at most. */
struct nngen_model;
/* f64: compute in double, whatever the program's options say. NULL if the backend fails: nngen_messages says why.
 * The first model of a kind compiles; later ones share its code and cost memory alone. On TCC (and AUTO while it is on
 * that) what initialises is compiled at once, each other entry point when some model calls it first. */
struct nngen_model *nngen_model_new(struct nngen_program *p, enum nngen_backend backend, int f64);
void nngen_model_free(struct nngen_model *m);
enum nngen_backend nngen_model_backend(const struct nngen_model *m); /* of the last call */
int nngen_is_f64(const struct nngen_model *m); /* its elements are double */
/* From the text's arrival to callable code. Code for TCC is made for an entry point when that is called first; the time
 * for what the model called until now is in it. */
double nngen_ready_seconds(const struct nngen_model *m);
/* What the last call that failed said; "" if none. */
const char *nngen_error(const struct nngen_model *m);

/* All return 0 when done, -1 after an error. Numbers are taken and given as double, row by row. */
/* Parameters, optimizer and state afresh. A model that nobody initialises begins with seed 1. */
int nngen_init(struct nngen_model *m, uint64_t seed);
/* A run-time dim. It keeps its size until an array that is set brings another; every input must fit when a call is
 * made. */
int nngen_set_dim(struct nngen_model *m, const char *name, int64_t size);
/* An input, parameter ("fc1.W"), state, moment or parameter's gradient. dims: its sizes; run-time dims take theirs
 * from it. NULL dims: as they are now. Inputs that are never set have their samples, and dims that nothing else
 * says are those of the samples. */
int nngen_set(struct nngen_model *m, const char *name, const double *value, const int64_t *dims, unsigned rank);
/* An input without copying: float, double (f64 models) or int32_t elements that stay where they are while calls are
 * made. They may change between calls. */
int nngen_bind(struct nngen_model *m, const char *name, const void *value, const int64_t *dims, unsigned rank);
int nngen_set_number(struct nngen_model *m, const char *name, double value); /* of the optimizer: "lr" */
/* Outputs alone; outputs and gradients; one training step, whose outputs are those before the update. */
int nngen_forward(struct nngen_model *m);
int nngen_grad(struct nngen_model *m);
int nngen_step(struct nngen_model *m);
/* Anything that has a name: an input, parameter, state, number or moment; an output or gradient ("d_x", "d_fc1.W")
 * after the call that made it. Returns its rank and sizes; value may be NULL to ask for these alone. -1 on error. */
int nngen_get(struct nngen_model *m, const char *name, double *value, size_t room, int64_t dims[NNGEN_RANK_MAX]);
double nngen_scalar(struct nngen_model *m, const char *name);      /* NaN if there is none */

/* ---- pictures and explanations ---- */
/* The computational graph as a picture: calls that deep (1: those of the file itself) are a box each; with a model,
 * of any backend, every line has its value above it and the objective's gradient below it. NULL on error. Free with
 * nngen_text_free. */
enum nngen_picture { NNGEN_SVG, NNGEN_DOT, NNGEN_PLAIN };
char *nngen_graph(struct nngen_program *p, struct nngen_model *m, enum nngen_picture as, unsigned depth, int backward);
/* The adjoint of the statement on a line of the program's own file, derived step by step; with a model, of any
 * backend, in numbers too. NULL on error: nngen_messages, or nngen_error of the model, says why. Free with
 * nngen_text_free. */
char *nngen_explain_line(struct nngen_program *p, struct nngen_model *m, unsigned line);
/* The whole file so, beside its source and its C: a page of HTML. */
char *nngen_explain_page(struct nngen_program *p, struct nngen_model *m);

/* ---- several models, one set of gradients ---- */
/* Elements where they lie, float or in an f64 model double (integers: int32_t), to be read and, but for outputs,
 * written: of a parameter, state, number, moment or parameter's gradient as long as the model is not reloaded; of
 * an output until the next call. NULL on error. */
void *nngen_elements(struct nngen_model *m, const char *name, size_t *count);
/* The calls of m read the parameters of `from`, a model of the same program and precision, where they are: nobody
 * may change them meanwhile, and from is freed later. NULL: m has its own again, as it left them. */
int nngen_share_params(struct nngen_model *m, struct nngen_model *from);
/* The optimizer's update by the gradients that the model holds: those of its last nngen_grad, or what nngen_set or
 * nngen_elements put there ("d_fc1.W"). nngen_grad and nngen_apply do what nngen_step does. */
int nngen_apply(struct nngen_model *m);

/* ---- hot reload: another text for a model that runs ----
 *     if (nngen_changed(p)) {
 *         struct nngen_program *next = nngen_compile_again(p), *old = p;
 *         if (nngen_reload(m, next, NULL, NULL))
 *             fputs(nngen_messages(old = next, NNGEN_FULL, 0), stderr);
 *         else
 *             p = next;
 *         nngen_program_free(old);
 *     }
 */
/* Has a file that the program was read from changed since it was read, or since the last call that said so? */
int nngen_changed(struct nngen_program *p);
/* The program's file compiled afresh, with its options: a program to ask and to free. NULL if it came from text. */
struct nngen_program *nngen_compile_again(const struct nngen_program *p);

enum nngen_fate {
    NNGEN_KEPT,
    NNGEN_INITIALISED, /* it is new */
    NNGEN_RESHAPED,    /* initialised, for its shape or type is another */
    NNGEN_DROPPED,     /* the new program has none of this name */
};
typedef void nngen_carried(void *user, enum nngen_role role, const char *name, enum nngen_fate fate);
/* The model goes over to the program `next`, on the backend it was asked for. Parameters, states, moments, inputs
 * that were set or bound, run-time dims, rows of data and where training stands are carried over by name and shape;
 * a number of the optimizer stays as it was set unless the new text gives it another value; the rest is initialised
 * from the model's seed. told, if not NULL, hears what became of each parameter, state, moment and number, and of
 * each input that was set. Afterwards the model is next's, and its old program may be freed. -1: next is not ok or
 * cannot be made callable; the model is as it was. */
int nngen_reload(struct nngen_model *m, struct nngen_program *next, nngen_carried *told, void *user);

/* ---- training on rows: minibatches of data ---- */
/* Rows of an input whose first axis is a run-time dim: dims[0] of them, as many for every input that gets some.
 * They are copied; minibatches take them from then on. Shapes of as many elements a row will do. */
int nngen_add_rows(struct nngen_model *m, const char *input, const double *value, const int64_t *dims, unsigned rank);
/* Rows from a file that names its columns: a table of text whose first line names inputs ("x", or "x.0" to "x.3"
 * for four elements a row). columns: "x=0:4,label=4" where the file has no such line; else NULL. */
int nngen_add_data(struct nngen_model *m, const char *path, const char *columns);
size_t nngen_rows(const struct nngen_model *m);

struct nngen_training {  /* all zero is the default, but for an end: steps or epochs */
    uint64_t epochs, steps; /* in all, those before a resume included */
    uint64_t batch;         /* rows a step; 0: the bound of their dim */
    double valid;           /* the share of rows that are held out, 0 to below 1 */
    uint64_t patience;      /* stop after so many epochs without a better loss, of the rows held out if there are some */
    uint64_t seed;          /* of which rows are held out and of their order; 0: as in the run resumed, or 1 */
};
struct nngen_progress {
    uint64_t epoch, step;   /* from 1. Without rows every step is an epoch of its own */
    size_t row, rows;       /* of the epoch: done so far, all; 0 without rows */
    int epoch_over;
    size_t n;               /* scalar outputs */
    const char *const *name;
    const double *train, *valid; /* means over the rows so far; of those held out, NULL unless the epoch is over */
};
/* Called after each step; not 0 stops there, where a later call or a resumed one goes on to the same numbers. */
typedef int nngen_watch(void *user, const struct nngen_progress *progress);
enum nngen_end { NNGEN_TRAINED, NNGEN_STOPPED, NNGEN_NO_BETTER };
/* An nngen_end, or -1: among other errors when the loss is not finite. */
int nngen_train(struct nngen_model *m, const struct nngen_training *how, nngen_watch *watch, void *user);
/* Forward over all rows (with valid over those that training with it and this seed holds out): means of the scalar
 * outputs, in the order of the program's, each batch by its rows. Returns how many were written, -1 on error. */
int nngen_evaluate(struct nngen_model *m, const struct nngen_training *how, double *mean, size_t room, size_t *rows);

/* ---- the program's own tests, and its derivatives against differences ---- */
struct nngen_outcome {
    const char *title;   /* of the test, or the name checked */
    int passed;
    const char *message; /* as a diagnostic with its line where it failed, "" else */
};
typedef void nngen_told(void *user, const struct nngen_outcome *outcome);
/* Both return the number of failures, -1 if they could not run: nngen_messages says why. only: a part of the title,
 * or NULL. An outcome and its texts last as long as the call of told, which must not use the program. Tests begin
 * with the initial parameters of seed 1; the check draws inputs that have no sample, and 2 or 3 for run-time dims,
 * from its seed. */
int nngen_run_tests(struct nngen_program *p, enum nngen_backend backend, const char *only, nngen_told *told,
                    void *user);
int nngen_check_gradients(struct nngen_program *p, enum nngen_backend backend, uint64_t seed, nngen_told *told,
                          void *user);

/* ---- arrays in files: .npy, .csv, IDX; .safetensors by name ---- */
struct nngen_array {
    unsigned rank;
    int64_t dims[NNGEN_RANK_MAX];
    double *value;
};
/* -1 and *why (until the thread's next call) on error. Free value with nngen_array_free. A table of text has rank
 * 2. */
int nngen_read_array(const char *path, struct nngen_array *out, const char **why);
void nngen_array_free(struct nngen_array *a);
/* Parameters and states as .safetensors. Loading: every parameter must be there with its shape, as floats of any
 * size, states may be, nothing else but what nngen_save adds; after an error the model is as it was. Saving: the
 * old file or the new one, whole, whenever the process ends. */
int nngen_load_params(struct nngen_model *m, const char *path);
int nngen_save_params(struct nngen_model *m, const char *path);
/* The same with all else that decides what comes next: the optimizer's numbers and state, the random streams, and
 * where nngen_train stands. A model that loads it goes on as one that never stopped, to the last bit. */
int nngen_load(struct nngen_model *m, const char *path);
int nngen_save(struct nngen_model *m, const char *path);
/* The model's parameters (and states) as C: `const NAME_params NAME_weights = {...}`, for what nngen_emit_h
 * declares. Free with nngen_text_free; NULL on error. */
char *nngen_emit_weights(struct nngen_model *m);

/* Any .safetensors file, tensor by tensor in the order of their numbers. NULL and *why (until the thread's next
 * call). */
struct nngen_tensor {
    const char *name, *type; /* "F32", "BF16", "I64" ... */
    unsigned rank;
    int64_t dims[NNGEN_RANK_MAX];
    size_t count;
};
struct nngen_tensors;
struct nngen_tensors *nngen_tensors_read(const char *path, const char **why);
void nngen_tensors_free(struct nngen_tensors *t);
size_t nngen_tensors_count(const struct nngen_tensors *t);
int nngen_tensor(const struct nngen_tensors *t, size_t i, struct nngen_tensor *info);
int nngen_tensor_values(const struct nngen_tensors *t, size_t i, double *value); /* room for count of them */

/* ---- models that are compiled into the host program ----
 * `nngen mlp.nn -o mlp.c --desc` (nngen_generate(host mlp.nn OPTIONS --desc) in CMake) describes what it emits:
 *     #include "mlp.h"
 *     struct nngen_program *p = nngen_built(&mlp_desc);
 * From here on p is as if its text had just been compiled: models of it, their names, rows, training and files are
 * the same. It has no text, though: nothing to emit, print or draw, no tests, no samples, no other backend, and
 * nngen_apply needs the step. Without the library the description is data for a host loop of one's own; then this
 * header is not needed, for the emitted one defines the same types. */
#ifndef NNGEN_DESC
#define NNGEN_DESC 1
/* What a model holds, for hosts that learn it at run time. An array lies in one of the structs NAME_params, _state,
 * _opt, _inputs, _outputs at `offset`: elements row by row, or where `pointer` is set a pointer to them. The
 * gradient of a parameter has the parameter's place in a NAME_params of its own. */
enum nngen_desc_place { NNGEN_IN_PARAMS, NNGEN_IN_STATE, NNGEN_IN_OPT, NNGEN_IN_INPUTS, NNGEN_IN_OUTPUTS };
enum nngen_desc_role {
    NNGEN_IS_DIM, NNGEN_IS_INPUT, NNGEN_IS_OUTPUT, NNGEN_IS_GRADIENT, NNGEN_IS_PARAM, NNGEN_IS_STATE, NNGEN_IS_SEED,
    NNGEN_IS_CALLS, NNGEN_IS_TICK, NNGEN_IS_NUMBER, NNGEN_IS_SLOT
};
enum nngen_desc_type { NNGEN_FLOAT, NNGEN_DOUBLE, NNGEN_INT32, NNGEN_UINT64, NNGEN_SIZE };
typedef struct nngen_axis {
    const char *text; /* as the model says it: "N", "784"; of several dims "2*N - 1" */
    size_t most;      /* its size, or the bound of a size that is known at run time */
    int dim;          /* the array that holds this size (role NNGEN_IS_DIM), -1: fixed, -2: made of several */
} nngen_axis;
typedef struct nngen_array_desc {
    const char *name; /* as the model says it: "fc1.W"; d_x of a gradient */
    enum nngen_desc_role role;
    enum nngen_desc_type type;
    enum nngen_desc_place place;
    size_t offset;
    int pointer;
    int64_t below; /* integers are 0..below-1; a run-time dim is 1..below-1; 0: unlimited */
    unsigned rank;
    const nngen_axis *axis;
} nngen_array_desc;
typedef struct nngen_call { /* what an entry point does not take may be NULL */
    void *params, *state, *opt;
    const void *inputs;
    void *outputs, *gradients, *work;
    uint64_t seed;
} nngen_call;
struct nngen_desc;
typedef int nngen_entry(const struct nngen_desc *d, const nngen_call *c); /* 0 or NAME_status */
typedef struct nngen_desc {
    const char *name;
    size_t params_size, state_size, opt_size, inputs_size, outputs_size, work_size; /* of the structs; 0: there is none */
    size_t n_arrays;
    const nngen_array_desc *array; /* by place, in order of the struct */
    int loss; /* that array is the loss, -1: none */
    nngen_entry *init, *opt_init, *state_init, *forward, *grad, *step; /* given the description they are of; NULL: none */
} nngen_desc;
#endif

/* A program to ask and to free, also where the description does not fit; desc stays where it is meanwhile. */
struct nngen_program *nngen_built(const nngen_desc *desc);
/* The other way: the description of a program that was compiled in process, for a loop over descriptions; its work is
 * aligned to 64 bytes. Lasts as long as the program. NULL, and nngen_messages, if the backend has no code. */
const nngen_desc *nngen_describe(struct nngen_program *p, enum nngen_backend backend, int f64);

#ifdef __cplusplus
}
#endif

#endif
