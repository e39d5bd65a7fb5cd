/* Lowering's state, whole: for the files that walk statements, calls and scopes. */
#ifndef NNGEN_LOWER_STATE_H
#define NNGEN_LOWER_STATE_H

#include "codegen/lower/inside.h"
#include "codegen/lower/jacobian.h"

/* A dim of a body: stands for the axis `origin`, which it becomes again when the body is left. */
struct local_dim {
    struct dim dim; /* local = true */
    struct axis origin;
    const struct scope *made_by;
};

enum function_kind { FUNCTION_FN, FUNCTION_LAYER, FUNCTION_OPTIMIZER, FUNCTION_PRIMITIVE };

struct function {
    enum function_kind kind;
    const char *name;
    const struct ast *tree;  /* fn, layer or optimizer; NULL for a primitive, and until the prelude's is first used */
    struct source text;      /* of a definition in the prelude */
    struct scope *home;      /* the file it stands in */
    uint32_t serial;         /* it sees what its file bound up to here */
    primitive *primitive;
    enum { DOTS_UNSEEN, DOTS_NONE, DOTS_USED } dots; /* does its body say `..`? */
    uint32_t active;         /* how many of its bodies are being lowered: a call by its name now would be recursion */
};

/* What a name that can be set or updated stands for. */
enum bound_as { BOUND_VALUE, BOUND_DIM, BOUND_INPUT, BOUND_PARAM, BOUND_STATE, BOUND_STEP /* p, g and the states of an optimizer */ };

struct binding {
    const char *name;
    struct value value;
    struct span at;
    bool declared;          /* bound once */
    enum bound_as as;
    uint32_t index;         /* of the run-time dim, input, param or state */
    uint32_t serial;
    uint32_t updates;       /* how often `<-` was said */
    bool imported;          /* from another file, and not handed on */
    struct binding *older;  /* the same name bound before in this scope */
};

enum scope_kind {
    SCOPE_PRELUDE = 1,
    SCOPE_FILE = 2,
    SCOPE_IMPORT = 4,
    SCOPE_FN = 8,
    SCOPE_LAYER = 16,
    SCOPE_OPTIMIZER = 32,
    SCOPE_TEST = 64,
    SCOPE_INNER = 128,
    SCOPE_LOOP = 256, /* of statements: they may stand in a loop's body; such a body's scope is an inner one */
};

struct scope {
    enum scope_kind kind;
    bool library;           /* its text is the prelude's */
    struct scope *parent;
    uint32_t cut;           /* the parent's bindings with a later serial are out of sight */
    struct binding **slot;  /* open addressing by name */
    uint32_t n, cap;
    const char *path;       /* of the file */
    const struct ast *tree; /* of the file; NULL for other scopes */
    bool loading;           /* an import whose statements are not all read */
    bool has_rest;          /* what `..` holds */
    uint8_t n_rest;
    struct axis rest[RANK_MAX];
    unsigned repeats;       /* how many `repeat` are being turned */
    bool lost; /* a statement in it failed, which may have been the one that returns */
    bool returned;
    struct value result;
};

/* Who owns parameters: the file, or one use of a layer. */
struct member {
    const char *name;
    struct owner *owner;    /* a layer in it, or: */
    enum bound_as as;       /* BOUND_PARAM or BOUND_STATE */
    uint32_t index;
    struct value value;     /* of a param or state, its axes as the file sees them */
    uint32_t run;           /* when it was claimed last: once in a run */
    struct span at;
};
struct count {
    const char *name;
    uint32_t n;
};
struct owner {
    const char *path; /* "" for the file */
    struct owner *parent;
    vec(struct member *) members;
    vec(struct count) counts; /* of unnamed uses in this run, by layer */
    uint32_t run;             /* shared uses run the body again */
    uint32_t streams;         /* random tensors made so far */
};

struct instance {
    const struct function *function;
    struct owner *owner;      /* NULL until it has a name */
    const struct value *statics;
    const struct call_arg *arg;
    uint32_t n_args;
    struct span at;
};

/* While an initialiser is lowered. */
struct init {
    bool on;
    const struct scope *scope; /* in which calls without [ ] take the shape */
    double fan_in, fan_out;
    uint64_t stream;
    uint32_t streams;
};

/* A `for` whose body is being lowered. */
struct for_loop {
    struct for_loop *outer;
    const struct ast *tree;
    const struct scope *scope; /* of the body */
    struct axis axis;          /* the turns */
    ir_size from;              /* what the number of the first turn stands for */
    ir_id leaf;                /* the number of the turn, from 0 */
    ir_id body;                /* the holes of what is carried stand between it and here */
    struct value value;        /* of the name: from + leaf */
};

struct sampled_dim { /* a run-time dim's size in the samples */
    int64_t size;     /* 0: none has it */
    struct span at;
    const char *input;
};

struct layer_result {
    ir_id id;
    const char *path;
};

struct low {
    struct context *c;
    const struct lower_options *options;
    struct ir_program *program;
    struct ir_graph *graph;
    struct ir_sizes *sizes;
    struct scope *scope, *prelude, *file;
    struct span prelude_text; /* the offsets of the prelude's files */
    struct owner *root, *owner;
    struct init init;
    uint32_t serial;
    unsigned nesting; /* levels of the trees of the bodies being lowered */
    uint32_t calls;
    uint32_t level;   /* how many calls are being lowered, one in the other */
    bool too_large;   /* was reported */
    bool lost;        /* some statement or layer failed: paths may be missing that would be there */
    bool lost_result; /* an output or loss did, or a statement of the file that may have been one */
    bool lost_import; /* a file could not be read: nobody knows what it defines */

    const char **wrt; /* the set of names that derivatives divide by; open addressing */
    uint32_t n_wrt, wrt_cap;

    bool *define_used;
    bool redefined; /* -D has changed a dim: samples and tests made for other sizes do not count */
    vec(struct sampled_dim) sampled;
    vec(const struct ast *) samples; /* declarations of inputs with samples, by input; NULL without */
    const struct ast *model, *loss, *train, *wrt_first; /* the statements, if any */
    vec(struct scope *) files; /* imported ones, by path */
    struct test_state *test; /* the block being lowered */
    struct optimizer_state *optimizer;
    uint32_t bindings_cap;
    struct for_loop *loop;     /* the innermost one */
    struct notation *notation; /* the index notation being lowered */
    vec(struct layer_result) made;
    vec(struct blocks) blocks; /* Jacobians that have them */
};

#define ARENA(l) (&(l)->c->arena)
#define DIAGS(l) (&(l)->c->diags)

/* ---- lower.c ---- */
void lower_block(struct low *l, const struct ast *block);
/* A binding of the file, for program->bindings. */
void record_binding(struct low *l, const char *name, const struct value *v, struct span at);
const char *text_of(struct low *l, struct span at); /* the source as written, whitespace runs made one blank */

/* What was reported since `before` is taken back where sizes are not those the file was written for. */
bool forgive(struct low *l, const struct diags *before);

/* ---- scope.c ---- */
struct scope *scope_new(struct low *l, enum scope_kind kind, struct scope *parent);
struct binding *scope_find(const struct scope *s, const char *name, uint32_t cut);
/* The names of a scope, the latest binding of each, in order of binding. */
uint32_t bindings_in_order(struct low *l, const struct scope *s, struct binding ***list);
struct binding *find_binding(struct low *l, const char *name);
/* NULL after a report that the name is taken. */
struct binding *bind(struct low *l, const char *name, struct value v, struct span at, bool declared);
/* For a declaration; false after a report. In every turn of a `repeat`, or in one only. */
bool name_free_in_turn(struct low *l, const char *name, struct span at);
bool name_free(struct low *l, const char *name, struct span at);
struct value number_value(struct low *l, double v, struct span at);
struct scope *frame_of(struct low *l); /* the scope statements run in: not an inner one */
void wrt_collect(struct low *l, const struct ast *tree);
void wrt_add(struct low *l, const char *name);

/* ---- decl.c ---- */
void lower_dim(struct low *l, const struct ast *s);
void lower_const(struct low *l, const struct ast *s);
void lower_input(struct low *l, const struct ast *s);
void lower_param(struct low *l, const struct ast *s);
void lower_state(struct low *l, const struct ast *s);
void lower_update(struct low *l, const struct ast *s);
void fill_array(struct low *l, struct ir_array *a, const struct ast *decl, const struct value *v);
/* The value of exactly that shape; a scalar fills it. Poison after a report. */
struct value fit_value(struct low *l, struct value v, const struct axis *axis, uint8_t rank, const char *what,
                       struct span at);
bool shape_known(struct low *l, const struct axis *axis, uint8_t rank, int64_t *dim);

/* ---- sample.c ---- */
/* The elements of a value that no leaf takes part in; NULL after a report. what: "the sample of 'x'" */
const double *constant_values(struct low *l, const struct value *v, const char *what);
bool constant_only(struct low *l, ir_id root, bool random);
void lower_sample(struct low *l, const struct ast *decl, struct ir_array *a, const struct value *v);
void check_samples(struct low *l);
int run_time_dim_of(struct low *l, ir_size size); /* -1: it is none */

/* ---- init.c ---- */
struct value lower_init(struct low *l, const struct ast *e, const struct axis *axis, uint8_t rank, const char *path);
/* `[..]` for a call without [ ] of what makes tensors, right in an initialiser; else NULL. */
const struct ast *implied_bracket(struct low *l, const struct function *f, struct span at);

/* ---- results.c: output, loss, wrt ---- */
void lower_output(struct low *l, const struct ast *s);
void lower_loss(struct low *l, const struct ast *s);
void lower_wrt(struct low *l, const struct ast *s);
void finish_results(struct low *l);

/* ---- statics.c ---- */
/* One value for each static parameter, evaluated where the call stands; false after a report. */
bool lower_statics(struct low *l, const struct function *f, const struct call *c, struct value **statics);
struct scope *scope_of_function(struct low *l, const struct function *f, enum scope_kind kind);
struct value size_value(struct axis a, struct span at); /* what an upper-case parameter stands for */

/* ---- signature.c: how arguments meet parameters ---- */
/* Which argument goes to which parameter; given[i] says that there is one. false after a report. */
bool place_arguments(struct low *l, const struct call *c, const struct ast *params, struct value *arg, bool *given);
/* Binds static and ordinary parameters in `frame`, and what `..` holds. false after a report. */
bool bind_arguments(struct low *l, const struct function *f, const struct value *statics, const struct call *c,
                    struct scope *frame, struct value *arg);
/* The value as it looks outside the frame. */
struct value leave_frame(struct low *l, struct value v, const struct scope *frame);
/* The axis as the file sees it: no local dims. */
struct axis outer_axis(struct axis a);
const struct ast *nth_kid(const struct ast *t, uint32_t i); /* NULL if absent */

/* ---- call.c ---- */
/* What stands in the ( ) of an AST_call, after what came by a pipe. Either may be NULL. */
void lower_arguments(struct low *l, const struct ast *call, const struct value *first, struct call *c);
struct value call_body(struct low *l, const struct function *f, const struct value *statics, const struct call *c,
                       struct owner *owner);
void relocate_reports(struct low *l, uint32_t from, const struct call *c);

/* ---- layer.c ---- */
/* as: AST_as, or NULL for a numbered use. Without a first argument the result is an instance. */
struct value apply_layer(struct low *l, const struct function *f, const struct call *c, const struct ast *as);
struct value apply_instance(struct low *l, struct instance *i, const struct call *c);
/* Gives an instance the path of the name it is bound to. */
void name_instance(struct low *l, struct instance *i, const char *name, struct span at);
/* The member of this run; NULL after a report that it is there twice. *fresh: not there in an earlier run. */
struct member *claim(struct low *l, struct owner *o, const char *name, struct span at, bool *fresh);
const char *path_in_owner(struct low *l, const struct owner *o, const char *name);
/* The parameter or state that a path of fields names; NULL if there is none. */
const struct member *find_member(struct low *l, const struct ast *field);
void group_params(struct low *l);
/* What layers made is called like them where the user has no name for it. */
void name_layer_results(struct low *l);

/* ---- optimizer.c ---- */
void lower_train(struct low *l);
void lower_slot(struct low *l, const struct ast *decl);
struct value gradient_norm(struct low *l); /* g_norm */

/* ---- turns.c ---- */
void lower_for(struct low *l, const struct ast *s);
bool may_bind_in_loop(struct low *l, const char *name, struct span at); /* false after a report */

/* ---- test.c ---- */
void lower_test(struct low *l, const struct ast *s);
void lower_expect(struct low *l, const struct ast *s);
/* `fc1.W = ...` */
void lower_path_setting(struct low *l, const struct ast *path, const struct ast *value);
bool lower_setting(struct low *l, const struct ast *target, const struct ast *value); /* false: not a setting */

/* ---- import.c ---- */
void load_prelude(struct low *l);
bool parse_definition(struct low *l, struct function *f); /* of the prelude; false after a report */
void lower_import(struct low *l, const struct ast *s);
void define_function(struct low *l, const struct ast *s);

#endif
