/* What lowering makes of a file: one graph, and the declarations that give its leaves and roots a meaning. */
#ifndef NNGEN_IR_PROGRAM_H
#define NNGEN_IR_PROGRAM_H

#include "codegen/ir/graph.h"
#include "codegen/ir/passes.h"

/* An input, param, state, output, ... : a named array. */
struct ir_array {
    const char *name;          /* "x", "fc1.W" */
    enum ir_type type;
    const struct ir_shape *shape;
    const char *axis[RANK_MAX]; /* how the user wrote each size ("N", "4*H"), for headers and messages */
    ir_size below;             /* INT: entries are 0..below-1; 0 if unlimited */
    const char *doc;           /* doc comment or NULL */
    struct span at;
    ir_id node;                /* input, param, state: its leaf; output: its value */
    /* a sample (input): values row by row and the sizes they have; run-time dims take their value from these */
    const double *sample;
    int64_t sample_dim[RANK_MAX];
    ir_id init;                /* param: initial value (may use OP_random); state: likewise. Leaves are constants only */
    ir_id update;              /* state: its value after the call, 0 if never updated */
};
typedef vec(struct ir_array) ir_arrays;

struct ir_dim { /* a run-time dim; its index is its number in ir_sizes */
    const char *name;
    int64_t max;
    const char *doc;
    struct span at;
};

struct ir_number { /* a number of the optimizer that the caller may change at run time */
    const char *name;
    double value;
};

struct ir_train {
    bool present;
    const char *text;              /* as written: for the header's comment */
    vec(struct ir_number) numbers; /* OP_number's index */
    vec(const char *) slots;       /* names of the per-parameter states: OP_slot's first index */
    ir_id *slot_init;              /* [slot * n_params + param]: initial value */
    /* The gradients a step uses stand for themselves as holes until derive() puts the real ones in. */
    ir_id *hole;                   /* [param]: stands for d loss / d param */
    ir_id *new_param;              /* [param] */
    ir_id *new_slot;               /* [slot * n_params + param] */
    const ir_id *param_over_hole, *slot_over_hole; /* the same two as they were before derive() */
};

struct ir_setting { /* in a test: sets an input, param or state, or a run-time dim */
    enum { SET_INPUT, SET_PARAM, SET_STATE, SET_DIM } what;
    uint32_t index;
    ir_id value;
    struct span at;
};
struct ir_expect {
    ir_id value, equal, tolerance; /* equal 0: value must be true (not 0) everywhere; tolerance 0: the default */
    struct span at;
    const char *text; /* as written */
};
struct ir_stage { /* settings take effect before the expectations of the same stage; they stay for later stages */
    vec(struct ir_setting) settings;
    vec(struct ir_expect) expects;
};
struct ir_test {
    const char *title;
    struct span at;
    vec(struct ir_stage) stages;
};

/* Of a function or layer: what it was lowered to are the nodes from <= id < to, and those that were there before, of an
 * equal call or another that works out the same on its way. */
struct ir_call {
    const char *name, *path; /* path: of a layer's use, else NULL */
    struct span at;
    ir_id from, to;
    uint32_t level; /* 1: called by the file itself; else how many calls it stands in, and 1 */
    struct ir_ids { ir_id *at; uint32_t n; } given, result; /* tensors */
};

struct ir_program {
    struct context *context;
    const char *name; /* of the model */
    const char *doc;  /* the comment lines that begin the file, or NULL */
    struct ir_tables *tables;
    struct ir_graph *graph;
    vec(struct ir_dim) dims;
    vec(struct ir_number) constants; /* the user's constant dims, for the header: H = 128 */
    ir_arrays inputs, params, states, outputs;  /* outputs hold the loss too, in order of the text; params grouped by owner */
    int loss;                  /* index in outputs, or -1 */
    ir_id objective;           /* what gradients are of: the loss, or the only scalar output; 0: none */
    vec(ir_id) wrt_nodes;      /* whose gradient is returned besides the params' */
    vec(const char *) wrt_names;
    ir_arrays wrt;             /* the same as arrays named d_<name>; node filled by derive() */
    ir_id *d_param;            /* [param]: gradient of the objective, filled by derive() */
    struct ir_train train;
    vec(struct ir_test) tests;
    /* every binding of the file in order, for check, graph, explain and --dump */
    struct { const char *name; ir_id node; struct span at; } *bindings;
    uint32_t n_bindings;
    vec(struct ir_call) calls; /* inner ones first; without primitives of one node */
    unsigned without;          /* passes that are left out, a bit each */
    bool has_random;           /* some OP_random outside the initialisers: state holds a seed and a count of calls */
};

/* One entry point: a graph of its own with roots that go somewhere. */
enum ir_role {
    ROLE_OUTPUT, ROLE_D_PARAM, ROLE_D_WRT, ROLE_PARAM, ROLE_SLOT, ROLE_STATE,
    ROLE_NEXT, ROLE_ROW, /* of a loop's body: a carried value after the turn, a collected one */
};
struct ir_root {
    enum ir_role role;
    uint32_t index; /* output, param, wrt, state, carried or collected value; ROLE_SLOT: slot * n_params + param */
    ir_id node;
};
enum ir_entry_kind { ENTRY_INIT, ENTRY_OPT_INIT, ENTRY_STATE_INIT, ENTRY_FORWARD, ENTRY_GRAD, ENTRY_STEP, ENTRY_KINDS };
struct ir_entry {
    enum ir_entry_kind kind;
    bool present;
    struct ir_graph *graph;
    struct ir_root *root;
    uint32_t n_roots;
    uint32_t hoisted; /* loops with work before or after them */
};

static inline bool pass_runs(const struct ir_program *p, enum pass pass)
{
    return !(p->without >> pass & 1);
}

/* Random numbers are counters put through a mixer, the same on every backend. OP_random's element i is
 *     u = (mix(mix(key + GOLDEN * stream) + GOLDEN * (i + 1)) >> 40) * 2^-24,   GOLDEN = 0x9e3779b97f4a7c15
 *     mix(z): z ^= z >> 30; z *= 0xbf58476d1ce4e5b9; z ^= z >> 27; z *= 0x94d049bb133111eb; z ^= z >> 31
 * In init the key is the seed; elsewhere mix(seed + GOLDEN * calls), where calls counts the calls of forward, grad and
 * step with this state so far.
 *
 * OP_orthonormal reads its argument as a matrix, [first axis, all others together]. Where it has at least as many rows as
 * columns the vectors v_0, v_1, ... are its columns, else its rows. For j = 0, 1, ... in order: twice over, for i = 0 .. j-1
 * in order, s = q_i . v_j and then v_j -= s * q_i; then q_j = v_j / sqrt(v_j . v_j), element by element, or v_j as it is
 * where that is 0. Dot products add up in f64 from the first element on; v_j is kept in the type of the result. */

/* For checks of second derivatives: the objective becomes the sum of its gradients, each times fixed numbers, and the
 * outputs what forward mode makes of the gradient by the k-th parameter (then wrt) along all these numbers: the gradient of
 * the new objective, which reverse mode finds. Comes before derive(). False after a report. */
#define SECOND_ALONG "along_%u"
bool second_order(struct ir_program *p);
/* Fills in gradients: program->d_param, wrt, and the holes of the optimizer. False after a report. */
bool derive(struct ir_program *p);
/* Cuts the program into its entry points, each simplified. Needs derive() for ENTRY_GRAD and ENTRY_STEP. */
void make_entries(struct ir_program *p, struct ir_entry entries[ENTRY_KINDS]);

#endif
