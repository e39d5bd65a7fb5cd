/* What the files of this room share: programs, models, and the backends that run them. */
#ifndef NNGEN_HOST_HOST_H
#define NNGEN_HOST_HOST_H

#include "codegen/compile.h"
#include "codegen/ir/interp.h"
#include "runtime/include/nngen.h"

#include <pthread.h>

enum { ERROR_ROOM = 1024, BACKENDS = NNGEN_BUILT + 1 };

/* ---- code: a program's entry points made callable by one backend in one precision, shared by models ---- */

struct code {
    const struct backend *backend;
    const struct ir_program *program;
    const struct ir_entry *entries;
    const struct abi *abi;
    size_t work_bytes;
    unsigned kinds;                   /* the entry points that are asked of the backend, as bits */
    void (*entry[ENTRY_KINDS])(void); /* NULL where the program has none, and in the interpreter */
    struct later *later;              /* tcc: how the others come when they are called first. NULL: there are none */
    void *map;                        /* tcc: the read-execute mapping */
    size_t map_bytes;
    void *library;                    /* cc: of dlopen */
    void (*set_threads)(int);         /* cc: of OpenMP, how many the calling thread may use. NULL: there is none */
    int (*get_threads)(void);
    unsigned threads;                 /* of a call */
    struct stop *stop;                /* cc: how another thread ends the build; NULL: nobody does */
    double seconds;                   /* emission and compilation */
};

struct later {
    struct nngen_program *owner;
    bool single;
    struct code *part[ENTRY_KINDS]; /* with one entry point each; it stays once it is there */
};

struct stop {
    pthread_mutex_t lock;
    bool asked;
    long child; /* process id of the compiler while it runs, 0: none */
};

struct backend {
    enum nngen_backend kind;
    const char *name;
    bool emits;
    enum emit_style style; /* of the text it compiles, where it emits */
    bool in_parts;         /* entry points are made when they are called first */
    /* Fills entry and what release needs. False, with a sentence in why, if it cannot. Never jumps out. */
    bool (*build)(struct code *c, const struct emitted *text, char why[ERROR_ROOM]);
    void (*release)(struct code *c);
    /* Runs one entry over the model's images; seed is for the initialisers. An nngen_status. */
    int (*call)(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed);
};

extern const struct backend backend_tcc, backend_cc, backend_interp, backend_built;

/* What emitted entry points return: NAME_OK ... of the emitted header. The last is the interpreter's own. */
enum status { STATUS_OK, STATUS_NULL, STATUS_DIM, STATUS_RANGE, STATUS_SAID /* m->error is set already */ };

/* The names of every emitted text of this room begin so. */
#define HOST_PREFIX "m"
/* "forward" of "m_forward", by kind. */
extern const char *const entry_word[ENTRY_KINDS];
/* For backends whose code has addresses: looks every present entry up. False if one is missing. */
bool code_find(struct code *c, void *(*find)(void *user, const char *name), void *user, char why[ERROR_ROOM]);
int code_call(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed);
/* Which are present, as bits. */
unsigned code_kinds(const struct ir_entry *entries);
/* The code that has this entry point, itself or a part. NULL: it is not made yet. */
const struct code *code_there(const struct code *c, enum ir_entry_kind kind);
/* The same, made if need be. NULL and why. */
const struct code *code_with(const struct code *c, enum ir_entry_kind kind, char why[ERROR_ROOM]);

/* ---- programs ---- */

struct file_text { /* a text that was emitted, kept: models and questions share it */
    bool made;
    const char *header;
    struct emitted text;
};

struct stamp { /* tells one content of a file from the next */
    bool missing;
    uint64_t node;
    int64_t size, seconds, nanoseconds;
};
struct dependency { /* a file that the program was read from, as it was just before */
    const char *path;
    struct stamp stamp;
};

struct update { /* the optimizer alone (apply.c) */
    bool made;
    struct ir_program *program; /* NULL: it cannot stand alone */
    struct ir_entry entries[ENTRY_KINDS];
    struct code *code[BACKENDS][2];
};

struct tier { /* of a program in one precision: faster code for models that ask for any (tier.c) */
    struct nngen_program *owner;
    bool single;
    const struct code *first;
    uint64_t begin_at, swap_at; /* steps; 0: not planned */
    struct stop stop;           /* its lock is around what follows */
    pthread_cond_t change;
    pthread_t thread;
    bool begun, threaded, finished;
    long process;               /* whose thread it is */
    struct code *fast;          /* NULL although finished: there is none */
};

struct nngen_program {
    unsigned thrift;             /* of the text for people: what its budget of memory asks for */
    struct context context;
    pthread_mutex_t lock; /* recursive: around everything that allocates in the context */
    pthread_rwlock_t tables; /* sizes and shapes: models read them, emission and tests add to them */
    bool changing;           /* the lock of the tables is ours to write */
    struct compilation k;
    struct lower_options lower;
    struct nngen_options options; /* with copies of its strings */
    const nngen_desc *built;      /* compiled into the host: there is no text and no graph. NULL: a text was compiled */
    struct abi *built_abi;
    const char *path;             /* NULL: compiled from text */
    vec(struct dependency) dependencies;
    bool ok;
    enum nngen_failure failed;
    bool ran_out;                 /* the last try ran out of memory: there may be no room for a message */
    uint32_t n_diags;             /* of the compilation; later ones of backends follow */
    double seconds;               /* of the compilation */
    const char **gradient_name;   /* [params]: "d_fc1.W" */
    ir_arrays numbers, moments;   /* of the optimizer: "lr"; "m.fc1.W", by index of ABI_NUMBER and ABI_SLOT */
    ir_size *dim_size;            /* [run-time dims] */
    struct file_text file, jit[2][ENTRY_KINDS], file_for_cc[2]; /* the pairs by `single`; jit by its first entry point */
    struct code *code[BACKENDS][2];
    struct update update;
    struct described *described[BACKENDS][2];
    struct tier tier[2];
    const bool *any_dim;          /* [run-time dims]: all true */
    void *held;                   /* a malloc that a jump out of memory must not lose */
};

struct nngen_program *program_empty(void); /* NULL without memory */
/* Once its arrays are known: the names that the text does not say. */
void program_name_the_rest(struct nngen_program *p);
/* Runs work(p, with) with the lock held and running out of memory caught: false then. May nest. */
bool program_try(struct nngen_program *p, void (*work)(struct nngen_program *p, void *with), void *with);
bool program_is_tried(void); /* does this thread have some program's lock? */
/* Around what adds to the program's tables, inside a try. */
void program_change(struct nngen_program *p);
void program_changed(struct nngen_program *p);
/* The message of a backend that failed takes the place of the one before. */
void program_complain(struct nngen_program *p, const char *why);
double seconds_now(void);
/* The stages of the program's tests and the point of its derivative, worked out for --selfcheck. False after a message. */
struct stages {
    vec(struct emit_stage) list;
    struct emit_stage point;
    bool has_point;
};
bool program_stages(struct nngen_program *p, struct stages *all);
/* Emission options of the program, for this style and precision. */
struct emit_options program_emission(const struct nngen_program *p, enum emit_style style, bool single);

/* Makes code of a program (the compiled one, or a test's) for a backend, NNGEN_AUTO included. NULL and why. */
/* The text that a backend compiles: kept by the program for its own entries, made afresh for a test's. In a try. `kinds`:
 * the entry points in it, as bits. */
const struct emitted *code_text(struct nngen_program *owner, const struct ir_program *p, const struct ir_entry *entries,
                                const struct backend *b, bool single, unsigned kinds);
/* When faster code takes over, by the size of the program; once. */
void tier_plan(struct nngen_program *p, const struct code *first, bool single);
void tier_end(struct tier *t);
struct code *code_new(struct nngen_program *owner, const struct ir_program *p, const struct ir_entry *entries,
                      enum nngen_backend backend, bool single, char why[ERROR_ROOM]);
void code_free(struct code *c);

/* ---- models ---- */

enum where_from { FROM_NOWHERE, FROM_SAMPLE, FROM_CALLER };

struct held { /* an input or an output buffer */
    void *own;   /* malloc */
    size_t room; /* bytes of own */
    const void *at; /* own, or what the caller bound */
    int64_t dim[RANK_MAX];
    enum where_from from;
};

struct image {
    void *block; /* calloc */
    unsigned char *at;
};
enum { IMAGES = 7 };

struct rows { /* what nngen_add_rows was given (rows.c) */
    int dim;  /* the run-time dim along which they lie, plus 1; 0: no row yet */
    size_t n;
    struct input_rows {
        unsigned char *at; /* malloc: elements as the inputs' image has them; NULL: not given */
        size_t bytes;      /* of a row */
        int64_t dim[RANK_MAX];
    } *input;              /* [inputs] */
};

/* Where training stands: with the numbers of the model all that a run needs to go on (training.c). */
struct course {
    uint64_t seed, epoch, at, steps;          /* epochs done; rows of this one done */
    uint64_t batch, rows, held_out, waited;   /* epochs without a better loss */
    double best;
    double *sum;                              /* [outputs]: of this epoch so far, each batch by its rows */
};

struct nngen_model {
    struct nngen_program *owner;
    const struct ir_program *program;
    const struct code *code;
    struct nngen_model *updater; /* works on this model's params and opt; NULL until nngen_apply */
    struct team *team;     /* tcc: NULL until something is dealt out */
    struct tier *tier;     /* NULL: one code for all calls */
    const struct code *first, *fast; /* of which code is one */
    uint64_t calls, first_tick; /* forward and gradient calls since initialised; steps done before it came to this program */
    bool began, knows_fast;
    struct code *own_code; /* freed with the model; NULL where the program keeps it */
    enum nngen_backend asked;
    bool single;
    size_t real_bytes;
    int64_t *dim;          /* run-time dims as the caller set them, 0: not yet */
    int64_t *now;          /* of the current or last call */
    struct held *input;    /* [inputs] */
    struct held *output;   /* [outputs + wrt]: rank > 0 only */
    struct image images[IMAGES];
    unsigned char *params, *gradients, *inputs, *outputs, *opt, *state, *work; /* images as abi.h lays them out */
    size_t work_bytes;     /* of work */
    int last;              /* entry called last, -1: none */
    bool ready;            /* initialised */
    uint64_t seed;         /* with that */
    bool training;         /* nngen_train is on the way */
    bool laid;             /* inputs, outputs and dims are as the last call left them */
    bool bound;            /* some input is the caller's memory */
    const bool *idle_input, *idle_dim; /* of a test's stage: read by nothing in it, so no value is asked for. NULL: none */
    struct rows rows;
    struct course course;
    double seconds; /* until its code was callable, that of later calls included */
    char error[ERROR_ROOM];
};

/* Sets m->code for a call. */
void tier_choose(struct nngen_model *m, enum ir_entry_kind kind);
uint64_t model_ticks(const struct nngen_model *m); /* steps done */
bool model_work_room(struct nngen_model *m, size_t bytes);
/* Around what reads the program's tables; nests. */
void model_reads(const struct nngen_model *m);
void model_has_read(const struct nngen_model *m);
struct nngen_model *model_make(struct nngen_program *owner, const struct code *code, bool single);
/* Always -1. */
int model_fail(struct nngen_model *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Works the run-time dims out into m->now: as set, else of samples. False after model_fail. */
bool model_dims(struct nngen_model *m);
/* The same, and every input is checked against them; inputs and outputs are laid ready for a call. */
bool model_prepare(struct nngen_model *m);
int model_call(struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed);
/* A model that nobody initialised begins with seed 1. */
int model_wake(struct nngen_model *m);
/* The first entry of an INT input that is out of range becomes m->error. True if there is one. */
bool model_range_error(struct nngen_model *m);
/* Takes an input with these sizes; copies. value[] are doubles. */
int model_set_input(struct nngen_model *m, uint32_t index, const double *value, const int64_t *dims);
int model_set_dim(struct nngen_model *m, uint32_t index, int64_t size);
bool model_load_samples(struct nngen_model *m);
/* Run-time dims: as set or sampled, else small. */
bool model_choose_dims(struct nngen_model *m);
/* Room for so many bytes in own, and at there; the old content may be lost. */
int held_room(struct nngen_model *m, struct held *h, size_t bytes);

/* ---- numbers in images (image.c) ---- */
size_t abi_bytes(const struct nngen_model *m, enum abi_type type); /* of one element */
void numbers_in(enum abi_type type, bool single, void *to, const double *from, size_t n);
void numbers_out(enum abi_type type, bool single, const void *from, double *to, size_t n);
int64_t shape_count(const struct ir_tables *t, const struct ir_shape *s, const int64_t *dims);
/* "[N, 28, 4*H]" of an array; "[2, 28]" of sizes. */
void axes_text(const struct ir_array *a, char *out, size_t room);
void sizes_text(unsigned rank, const int64_t *dim, char *out, size_t room);
/* How messages say an element: "it", "row 3", "[3, 1]". */
void entry_text(unsigned rank, const int64_t *dim, int64_t flat, char *out, size_t room);

/* ---- rows and training ---- */
void rows_free(struct nngen_model *m);
/* The run-time dim that is the input's first axis, -1 if that is something else. */
int row_dim(const struct nngen_model *m, const struct ir_array *a);
/* The rows of these numbers become the minibatch. */
int rows_fill(struct nngen_model *m, const uint32_t *row, size_t n);
/* Another seed and sizes come with the next training; what was summed goes. */
void course_begin(struct nngen_model *m);
/* Scalars among the outputs: their numbers; n of them. list may be NULL. */
uint32_t scalar_outputs(const struct nngen_model *m, uint32_t *list);
double scalar_output(const struct nngen_model *m, uint32_t output);

/* ---- wild.c: what was not finite ---- */
struct moment { /* a model between two steps */
    unsigned char *at; /* malloc: params, opt, state, sums */
    struct course course;
};
bool moment_take(struct nngen_model *m, struct moment *t); /* false without memory */
void moment_return(struct nngen_model *m, const struct moment *t);
bool params_finite(const struct nngen_model *m);
/* Always -1, with the first value of the coming step that is not finite in m->error. row: of the data, by row of the batch. */
int blame_step(struct nngen_model *m, const uint32_t *row);

/* ---- the interpreter's view of a model ---- */
/* Fills env with doubles of all leaves, allocated in a. The model must be prepared. */
void model_env(const struct nngen_model *m, enum ir_entry_kind kind, uint64_t seed, struct arena *a, struct interp_env *env);

/* ---- errors and names explained (cures.c, lessons.c) ---- */
void error_text(int code, struct text *out);
void errors_page(struct text *out); /* docs/errors.md */
struct lesson {
    const char *name, *math, *shapes, *edges, *example;
    bool teaches; /* its math is a rule that one step of a derivation may follow */
};
enum lesson_kind { LESSON_OTHER, LESSON_ELEMENT, LESSON_OPTIMIZER, LESSON_RATE };
const struct lesson *lesson_of(const char *name); /* NULL if there is none */
void lesson_put(struct text *out, const struct lesson *l, enum lesson_kind kind);
void put_indented(struct text *out, const char *s);

/* ---- objects of cc, kept on disk (cache.c) ---- */
enum { CACHE_PATH_ROOM = 512 };
struct hash {
    uint64_t lane[2];
};
void hash_add(struct hash *h, const void *bytes, size_t n);
void hash_text(struct hash *h, const char *s);
/* The folder, made if need be; false if there is none that may be used. */
bool cache_folder(char out[CACHE_PATH_ROOM]);
/* The entry of this key, checked. */
bool cache_find(const struct hash *key, char path[CACHE_PATH_ROOM]);
/* Keeps a copy of the object if it can. */
void cache_keep(const struct hash *key, const char *object);
extern size_t cache_most; /* bytes of all entries */
/* Removes a folder of a build with what is in it. */
void cc_remove_folder(const char *folder);

/* ---- files (files.c, npy.c ...) ---- */

struct bytes {
    unsigned char *at; /* malloc, a NUL after the last */
    size_t n;
};
enum { FILE_REGULAR = 1 };
enum { TEXT_MOST = 16 << 20 };
struct stamp file_stamp(const char *path);
bool stamps_equal(const struct stamp *a, const struct stamp *b);
/* Whole file of at most `most` bytes. False and why (static text); file_too_large if there are more. */
extern const char file_too_large[];
bool file_read(const char *path, size_t most, int flags, struct bytes *out, const char **why);
/* Writes aside and renames: the old file or the new one, whole. */
bool file_write(const char *path, const void *bytes, size_t n, const char **why);
/* For lower_options. user: the program. */
bool import_read(void *user, const char *from, const char *path, struct text *out, const char **found, const char **why);
bool import_array(void *user, const char *from, const char *path, struct arena *a, unsigned *rank, int64_t *dim,
                  double **value, const char **why);

/* Readers of one format: a whole file in memory to an array; false and a sentence. */
typedef bool array_reader(const struct bytes *file, struct nngen_array *out, char why[ERROR_ROOM]);
array_reader npy_read, csv_read, idx_read;
/* Files of named arrays: each is given in turn; what take leaves in a is freed. False stops. */
typedef bool array_taker(void *with, const char *name, struct nngen_array *a, char why[ERROR_ROOM]);
bool npz_each(const struct bytes *file, array_taker *take, void *with, char why[ERROR_ROOM]);
bool tensors_each(struct bytes *file, array_taker *take, void *with, char why[ERROR_ROOM]); /* takes the bytes over */
bool is_zip(const struct bytes *file);
bool is_tensors(const struct bytes *file);
/* A file of gzip becomes what it holds, any other stays. */
bool gzip_expand(struct bytes *file, char why[ERROR_ROOM]);
/* Raw deflate into to->n bytes at to->at. */
bool inflate_member(const unsigned char *from, size_t n, struct bytes *to, char why[ERROR_ROOM]);
bool checksum_is(const struct bytes *b, uint32_t sum);
/* A table's line of names, the file in memory; at is NULL if it has none. */
struct csv_head {
    const char *at, *end;
    char comma;
};
bool csv_read_head(const struct bytes *file, struct nngen_array *out, struct csv_head *head, char why[ERROR_ROOM]);
bool csv_name(struct csv_head *h, char *name, size_t room); /* the next one */
/* Room for the sizes in a, counted with overflow checked; false and why if too large or there is no memory. */
bool array_room(struct nngen_array *a, char why[ERROR_ROOM]);
/* kind: 'f', 'i' or 'u'; size: 1 2 4 8, for f 2 (half precision) 4 or 8. */
double number_from_bytes(const unsigned char *at, char kind, unsigned size, bool big_endian);

#endif
