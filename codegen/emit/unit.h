/* What emission's files share: one entry point on its way from graph to text. Only files of this room include it.
 *
 *     fuse    which nodes are held (computed once and kept), and in which group of loops each is computed
 *     plan    which held values need memory and for how long; where it lies in the workspace
 *     print   groups to C, in order
 */
#ifndef NNGEN_EMIT_UNIT_H
#define NNGEN_EMIT_UNIT_H

#include "codegen/emit/emit.h"
#include "codegen/emit/spelling.h"
#include "codegen/emit/quote.h"

/* ---- access.c: where in memory, seen through moves, an element lies ---- */

enum { VARS = 42, TERMS = 20, GUARDS = 8, NO_VAR = -1, TURN_VAR = VARS - 2 /* the number of a loop's turn */ };

/* plus + the sum of by * var: an index over loop variables, which are small numbers here and have their text in body. */
struct affine {
    ir_size plus;
    uint8_t n;
    struct term {
        uint8_t var;
        ir_size by;
    } term[TERMS]; /* by var */
};

struct index {
    uint8_t rank;
    struct affine at[RANK_MAX];
};

/* The element exists where lo <= at < hi; else it is 0. */
struct guard {
    struct affine at;
    ir_size lo, hi;
    bool below, above; /* can be below lo, above hi */
};

struct access {
    ir_id base;          /* held, a leaf, a map, or a gather */
    bool flat;           /* through a reshape that only memory can follow: `offset` counts elements of base */
    struct index at;
    struct affine offset;
    uint8_t n_guards;
    struct guard guard[GUARDS];
};

struct unit;

struct affine affine_size(ir_size plus);
struct affine affine_var(uint8_t var);
void affine_add(struct unit *u, struct affine *a, const struct affine *b, ir_size by);
void affine_drop(struct affine *a, unsigned term);
bool affine_equal(const struct affine *a, const struct affine *b);
/* Row by row. */
struct affine index_flatten(struct unit *u, const struct index *at, const struct ir_shape *s);
/* The index of each axis is a variable of its own, from `first` on; 0 along axes of one. */
struct index index_own(const struct ir_shape *s, uint8_t first);
/* How many leading axes of `at` are those variables. */
unsigned index_plain_axes(const struct index *at, const struct ir_shape *s, uint8_t first);
/* Through moves that are read in place, down to what they are moves of. */
void access_follow(struct unit *u, ir_id id, const struct index *at, struct access *out);
/* Whether a reshape only splits axes, so that its argument can be indexed through it. */
bool access_splits(struct unit *u, const struct ir_shape *from, const struct ir_shape *to);

/* ---- fuse.c ---- */

enum group_kind {
    GROUP_LOOPS,   /* loops over `outer`, with phases inside */
    GROUP_PRODUCT, /* a contraction */
    GROUP_SPREAD,  /* zero fill, then stores or additions at computed places: place, concat, scatter, overlap */
    GROUP_SCAN,    /* running sums */
    GROUP_CALL,    /* a kernel on whole arrays */
    GROUP_TURNS,   /* a loop of the program: its body, turn by turn */
};

struct member {
    ir_id node;
    int32_t copy_to; /* -1, or the root whose array the node's value is copied to */
};

/* Of a matrix within an array, the elements whose number along the axis `col` is more than along `row` plus shift. */
struct corner {
    bool is;
    uint8_t row, col;
    int64_t shift;
};

/* Loops over `inner`, and in them the members; members without inner loops stand between them. */
struct phase {
    uint8_t n_inner;
    ir_size inner[RANK_MAX];
    vec(struct member) members;
    bool crossed; /* a reduction whose inner axes are not its argument's last ones: its members' own order is another */
    struct corner corner; /* of the loops' variables: left out */
};

/* How something is dealt out to threads, see share.c. Of an array `var` is the axis. */
struct share {
    ir_size portions; /* 0: not at all; 1: one thread has all of it */
    int var;          /* the loop variable, or label, of portions * each steps; NO_VAR */
    int64_t each;
};

struct group {
    enum group_kind kind;
    ir_id node; /* of the kinds with one node alone */
    uint8_t n_outer;
    ir_size outer[RANK_MAX];
    vec(struct phase) phases;
    uint32_t weight; /* statements, about */
    uint32_t part;   /* the function that holds it */
    int32_t guard;   /* an output that is all the group makes: skipped where the caller does not want it. -1: none */
    struct share share;
    uint32_t round;  /* with threads: barriers before it */
    bool everywhere; /* numbers that each function which reads them computes for itself */
};

struct value {
    uint32_t uses;         /* by needed nodes and by roots */
    bool needed : 1;
    bool held : 1;
    bool forward : 1;      /* an output needs it */
    bool after : 1;        /* depends on a value that replaces a parameter or state */
    bool local : 1;        /* read where a C variable of the group holds it */
    bool stored : 1;       /* read from memory */
    bool reserved : 1;     /* has memory in the workspace */
    bool taken : 1;        /* another value takes its memory over */
    bool last_plain : 1;   /* its last readers read it at their own place */
    bool free : 1;         /* a number made of numbers that are given alone, and no root */
    bool within : 1;       /* whole numbers that lie among those of the other kind */
    bool of_rows : 1;      /* a function of whole rows: its arguments come to lie where its values will */
    bool alike : 1;        /* the entry point of outputs computes it too, see alike.c */
    uint8_t depth;         /* operations in the expression that reading it prints */
    uint8_t guards;        /* on the way to its base */
    uint16_t cost;         /* of computing an element anew, about in additions */
    uint32_t group, phase;
    int32_t root;          /* the root in whose array it lives, or -1 */
    uint32_t last;         /* the last group that reads it from memory */
    uint32_t last_at;      /* the last member there that does */
    ir_id conv;            /* a sum of a convolution and a number for each output, or of a product of few elements and an
                            * array, in a file a row: the one or the other, which is not held */
    ir_id takes_over;      /* lives where this value did, which it is the last to read; 0: none */
    ir_id product;         /* an update that rides in this product; 0: none */
    size_t offset;         /* in the workspace, in elements of its type */
    struct share share;
    const char *name;      /* of the C variable */
};

struct root_state { /* of root i */
    bool replaces;     /* writes an array that this entry also reads */
    bool direct;       /* the value is computed into the array; else it is copied there */
    uint32_t read_group; /* the last group so far that reads the old array */
    bool read_plain;   /* only at the place that is written */
    bool read;
};

/* What a product of matrices leaves out: blocks of c right of a diagonal; what it would multiply by blocks of a that are 0,
 * right of one, or below one where a is read with rows and columns exchanged. */
enum corner_use { CORNER_NONE, CORNER_OF_C, CORNER_OF_A, CORNER_OF_A_TURNED };

/* Products that are as fast as one large matrix is read or written: of one row, of a column and a row, of few rows, of sums of few
 * products, of few rows and columns that lie as rows. */
enum thin { THIN_NONE, THIN_ROW, THIN_OUTER, THIN_ROWS, THIN_SUMS, THIN_DOTS };

/* A product of matrices in a file: c[m][n] = a[m][k] * b[k][n], or c += where it adds. Columns of c are neighbours. */
struct tiled {
    const char *name;
    int64_t m, n, k; /* 0: run-time */
    int64_t a_row, a_k, b_k, b_n, c_row;
    bool adds, rated; /* c += rate * a * b */
    bool plus;        /* each row of c is a given one at first */
    bool blas;        /* calls CBLAS */
    enum thin thin;
    enum corner_use corner;
    int64_t shift;
};

/* See nnrt_conv_shape: the numbers are the same, in the same order. */
struct conv_shape {
    int64_t samples, x_b, y_b;
    int64_t outs, w_o, y_o;
    int64_t rows, x_i, y_i;
    int64_t cols, x_j, y_j;
    int64_t nu, x_u, w_u;
    int64_t nc, x_c, w_c;
    int64_t nv, x_v, w_v;
    int64_t first;
    int64_t tall, i_step, u_step, i_first;
    int64_t wide, j_step, v_step, j_first;
};

/* A function of a file for a convolution, or for the sum that is its kernel's gradient. */
struct conv {
    const char *name;
    bool back, adds; /* adds: a number for each output, only without loops around */
    int64_t lanes, pixel;    /* lanes 0: a run-time size */
    struct conv_shape shape;
    unsigned n_around;       /* loops around it: their sizes, and how far apart x, w and y are */
    int64_t around[4], around_by[4][3];
};

enum row_kernel { ROW_SUM, ROW_MOST_OF, ROW_LEAST_OF, ROW_CAREFUL, ROW_KERNELS };
extern const char *const emit_row_kernels[ROW_KERNELS];

/* What the text calls: in a file it is carried along, in JIT text declared. */
struct calls {
    vec(const char *) blocks; /* of JIT text: what is called over rows, "add" */
    vec(const char *) numbers; /* of JIT text: those that it reads in memory, nnrt_one0 and on */
    vec(struct tiled) tiled;
    uint32_t n_blas; /* of these, how many call CBLAS instead */
    bool op[OP_COUNT];
    bool lanes[OP_COUNT]; /* in loops, as elementary.h of the kernels has it */
    bool rows[OP_COUNT];  /* of files: over rows, as angles.h has it */
    bool trap; /* the file's own: a value that is not a number */
    bool row[ROW_KERNELS]; /* of rows.h of the kernels */
    bool uniforms; /* of JIT text: random numbers in rows */
    bool uniform, mix, gemm, sum, sum_apart, turn;
    bool gemm_add; /* of JIT text: rate times a product is added */
    bool gemm_few_add, gemm_few_plus; /* of JIT text, few elements: the same; an array is added to a product */
    bool gemm_few; /* of JIT text: of few elements, rounded as loops of numbers are */
    bool pick, pick_int; /* without branches */
    bool within;  /* of files: whole numbers among the others */
    vec(struct conv) convs;
    uint32_t lane_bytes; /* of vectors in these, at most; 0: none */
    bool threads; /* a function that several threads run */
    bool each;    /* loops over elements of many arrays */
    bool guarded; /* loops with loads on a condition: of elements that may not be there */
};

/* Of JIT text: it calls a loop over rows by this name. */
void emit_calls_block(struct unit *u, const char *name);

struct made { /* a variable made for a node that is not held */
    uint32_t serial; /* of the block that it is in */
    uint32_t group;
    const char *name;
    const struct index *at;
};

enum { POOL = 64 };

struct turns { /* a loop of the program on its way to text, in the unit that it stands in */
    struct turns *next;
    ir_id node;
    const struct ir_loop *loop;
    struct unit *body;
    ir_id *part;              /* by part: the node that reads it, or 0 */
    bool *loose;              /* by row: no stretch of memory */
    bool *adds;               /* by root of the body: a product that is added to what is carried */
    size_t *offset;           /* of carried values that have no part: in the loop's own stretch of the workspace */
    const char **name;        /* by part: of such a carried value; of the pointer to the row of a collected one */
    struct share *carry;      /* of carried values, where threads have their portions all through the loop */
    const char *turn_name;
    uint32_t weight;          /* of the body, in statements */
    size_t reals, ints;       /* what the loop needs of the workspace while it runs, its body included */
    size_t real_at, int_at;   /* where that lies */
};

struct turn_name {
    const char *wish, *name;
    const struct turns *of;
};
typedef vec(struct turn_name) turn_names;

typedef vec(ir_id) ids;

struct unit { /* one entry point, or the body of a loop */
    const struct ir_program *p;
    const struct emit_options *o;
    const struct abi *abi;
    struct arena *arena;
    struct arena *scratch; /* for texts of expressions: rewound after each group */
    struct ir_sizes *sizes;
    const struct ir_entry *entry;
    const struct ir_graph *g;
    bool in_lanes;     /* convolutions have their samples side by side, see lanes.h */
    bool in_rows;      /* or the pixels of a row */
    const ids *copies; /* nodes that are held for that */
    const char *prefix, *upper, *real_type;
    struct calls *calls;
    struct twins *twins; /* what may be shared is taken out of the text; NULL: nothing is */
    struct value *value; /* by node */
    struct corner *corner; /* by node: what nobody reads of it. NULL: all is read */
    struct root_state *root;
    /* The root that replaces a leaf's array, or -1: by index of param, slot and state. */
    int32_t *param_root, *slot_root, *state_root;
    vec(struct group) groups;
    uint32_t n_earlier; /* groups that are done earlier than they were written */
    uint32_t n_parts;
    bool shared;         /* among threads */
    uint32_t n_rounds;
    ir_size portions;    /* of what most of it is dealt out in */
    uint64_t portions_least; /* fewer are not worth a thread */
    const char *from_name, *to_name; /* a thread's portions of the part that is being printed */
    /* Gradients that begin like the outputs alone: the last node these need, and the groups and parts that they are; 0: none. */
    ir_id alike_end;
    uint32_t alike_groups, alike_parts;
    size_t reals, ints;  /* workspace of this entry, in elements */
    size_t peak;         /* bytes of it that are in use at a time, at most */
    uint32_t peak_group; /* when */
    uint64_t multiply_adds, alike_multiply_adds;
    /* names of this entry's functions */
    struct scope *scope;
    uint32_t next_number[9];
    const char **dim_name;     /* by run-time dim */
    const char **loop_name;    /* by depth */
    const char **pointer_name; /* by node: of memory that a local pointer leads to */
    uint32_t *pointer_part;    /* by node: the function, from 1, that mentioned it last */
    const char *tick_name, *stream_stem;
    struct turns *turns;       /* the loops in it */
    struct unit *outer;        /* a body: what the loop stands in, */
    const struct turns *of;    /* and the loop */
    turn_names *turn_names;    /* of the whole entry point */
    const char *kept_name;     /* in parts: the pointer to numbers that go from one to another */
    uint32_t *part_names;      /* by part: how many of its names are used; NULL: values bear their own */
    vec(const char *) short_names; /* what all parts call their variables then */
    /* Expressions are put together in texts that are used again, as deep as expressions are. */
    struct text pool[POOL];
    unsigned in_pool;
    /* printing, function by function */
    struct made *made;         /* by node */
    uint32_t next_serial, next_group;
};

bool emit_is_optional(const struct unit *u, int32_t root);

/* ---- update.c ---- */
struct update { /* param - rate * product, the rate a number */
    ir_id param, rate, product;
};
/* Whether the node has this form. */
bool emit_read_update(const struct unit *u, ir_id id, struct update *out);
/* Once it is known what is held: which of the new parameters ride in the products that they need. */
void emit_find_updates(struct unit *u);
/* And once it is known which are computed in place: the others do not. */
void emit_settle_updates(struct unit *u);

/* ---- fuse.c ---- */
void emit_fuse(struct unit *u, const struct ir_entry *forward);

/* ---- alike.c ---- */
/* Once it is known what is held: whether the entry point of outputs can be made of the first parts of this one. */
void emit_find_alike(struct unit *u, const struct ir_entry *forward);
/* And once it is known where: whether it is the groups before `end`. */
bool emit_is_alike(const struct unit *u, uint32_t end);

/* ---- hold.c ---- */
void emit_hold(struct unit *u);
/* How many of its last axes a function of rows is computed over at once: short ones are taken together. */
unsigned emit_row_axes(const struct unit *u, ir_id id);
/* Every place that a member of the group reads: calls `see` for each held value and leaf. */
typedef void see_read(void *user, struct unit *u, const struct access *a);
void emit_each_read(struct unit *u, ir_id node, const struct index *at, see_read *see, void *user);
void emit_member_reads(struct unit *u, const struct group *g, const struct member *m, see_read *see, void *user);
void index_gather(struct unit *u, const struct ir_node *n, const struct index *at, struct index *idx, struct index *x,
                  uint8_t chosen);
/* Operand i of a contraction, by label: variable l is label l. */
struct index index_operand(struct unit *u, const struct ir_node *n, uint32_t i);
/* Of a reduction's argument: the axes that stay are variables from `first` on, then those that go. */
struct index index_argument(struct unit *u, const struct ir_node *n, uint8_t first);
bool emit_in_memory(const struct unit *u, ir_id id);
/* Of a param, slot or state: the root that replaces it. -1: none. */
int32_t emit_replacing_root(const struct unit *u, const struct ir_node *n);

/* ---- corner.c: once groups are made ---- */
void emit_find_corners(struct unit *u);

/* ---- order.c: before values have their places ---- */
/* By place: which group had better stand there; and by group, which undoes it. NULL: as they are. */
const uint32_t *emit_order(struct unit *u, const uint32_t **back);
void emit_put_in_order(struct unit *u, const uint32_t *order);

/* ---- share.c ---- */
/* Of a spread: the axis of its arguments that is this axis of the result; NO_VAR: none is. */
int emit_spread_var(const struct unit *u, const struct ir_node *n, int axis);

/* ---- offsets.c: once it is known which values are reserved, and which take others' places ---- */
void emit_lay_out(struct unit *u);

/* ---- plan.c ---- */
enum { WHOLE_WEIGHT = 900 }; /* statements of a function that is not cut */
#define EVERY_PART UINT32_MAX /* of groups that are everywhere */
void emit_plan(struct unit *u);
/* Where values live and for how long, anew. */
void emit_place_values(struct unit *u);
size_t emit_work_bytes(const struct unit *u);
/* The values that hold most when most is in use; how many bytes, 0 behind the last. */
void emit_find_holders(const struct unit *u, struct emit_holder holder[HOLDERS]);
/* Once a unit that is no body is planned: what its C, and that of the bodies within, is called. */
void emit_name(struct unit *u);
/* A name that is new in this part: each part uses the same few. */
const char *emit_short_name(struct unit *u, uint32_t part);
/* Whether a reader in this group and phase sees the C variable in which the value was computed. */
bool emit_sees_variable(struct unit *u, const struct access *a, uint32_t group, uint32_t phase);

/* ---- scalar.c ---- */

/* What a function's text mentions, so that its prologue declares just that. */
struct used {
    uint32_t part;
    bool p, o, in, out, g, s, w, seed, key, tick, kept;
    bool *dim;
    vec(int64_t) streams;
};

/* Text being written into one function. */
struct body {
    struct unit *u;
    struct text *out;
    int indent;
    uint32_t group, phase;   /* being printed */
    const char *var[VARS];
    uint8_t n_vars;
    uint32_t serial, function_serial, next_serial; /* blocks */
    uint32_t scalar_serial;  /* the last block that said that it is no vector code */
    struct made *made;       /* by node */
    struct corner corner;    /* of the loops' variables: left out */
    struct most { ir_id of; const char *name; } most; /* of the position found last, if its steps were written out: what is there */
    struct share share;      /* of the group being printed */
    uint32_t joined;         /* of its loops, those that the next one runs, see collapse_joined(); */
    const ir_size *joined_size; /* and the sizes of all */
    bool in_guard;           /* inside a condition: no statement can be put before */
    bool picks;              /* choices are made without branches, see pick.h of the kernels */
    bool in_branch;          /* what is printed is computed on a condition alone */
    struct used *used;
    ids *pointers;           /* values and leaves with a pointer: declared where the function, or the turn, begins */
    const struct body *outer; /* of the loop whose turns it is */
    struct quotes *quotes;
    const char *last_quote, *last_kind; /* the line quoted last, and what was said of it */
};

const char *emit_expression(struct body *b, ir_id id, const struct index *at, enum ir_prec need);
/* Of a held node: how it is computed. */
const char *emit_own_expression(struct body *b, ir_id id, const struct index *at);
/* Where an element of a held node, or of the root it is copied to, lies in memory. */
const char *emit_place(struct body *b, ir_id node, int32_t copy_to, const struct index *at);
const char *emit_memory(struct body *b, const struct access *a);
/* The same of a number in the workspace, to be read or written but not pointed to. */
const char *emit_kept(struct body *b, const struct access *a);
const char *emit_stream(struct body *b, const struct ir_node *random);
const char *emit_affine(struct body *b, const struct affine *a, enum ir_prec need);
const char *emit_size(struct body *b, ir_size s, enum ir_prec need);
const char *emit_literal(struct unit *u, double x);
/* A text to write in, and at the end what was written. They nest. */
struct text *emit_begin(struct unit *u);
const char *emit_end(struct unit *u, struct text *t);
void emit_line(struct body *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

const char *emit_flat(struct body *b, const struct access *a, const struct ir_shape *s);
const char *emit_type(const struct unit *u, unsigned type);
/* A pointer into the workspace. */
const char *emit_stretch(struct body *b, unsigned type, size_t offset);
void emit_declare_pointer(struct body *b, ir_id id);
/* Where a unit's own stretch of the workspace begins. */
size_t emit_base(const struct unit *u, unsigned type);
/* How far a value's place is from the beginning of its kind in the workspace. */
size_t emit_offset(const struct unit *u, ir_id id);

/* ---- comment.c: the user's lines above the code they became ---- */
void emit_comment_group(struct body *b, const struct group *g);
void emit_comment_phase(struct body *b, const struct phase *ph);
void emit_comment_member(struct body *b, const struct member *m);
/* Behind a group: what follows is nobody's line. */
void emit_comment_end(struct body *b);
/* The directives of the whole text of `file`, made right: each line of a group has its own, each other its number there. */
void emit_line_map(struct text *c, const char *file);

/* ---- turned.c ---- */
/* Whether the group is a matrix turned over, square by square. */
bool emit_is_turned(struct unit *u, const struct group *g);
bool emit_turned(struct body *b, const struct group *g);

/* ---- kernel_call.c ---- */
ir_id emit_call_argument(const struct unit *u, ir_id x);   /* what lies in memory as x does: reshapes change nothing there */
void emit_call(struct body *b, const struct group *g);

/* ---- group_c.c, product.c ---- */
void emit_group(struct body *b, const struct group *g);
void emit_product(struct body *b, const struct group *g);
/* Whether it is a function for its very shape. */
bool emit_is_tiled(struct unit *u, ir_id id);
/* Whether an update may ride in this contraction, or in this product of a column and a row: there are calls that do so. */
bool emit_can_ride(struct unit *u, ir_id id);
/* What a call leaves out if in this operand, or in the result (2), nothing matters in the corner. */
enum corner_use emit_corner_use(struct unit *u, ir_id id, unsigned operand, const struct corner *c);
/* The labels of a product that can be dealt out to threads, a mask, and the sizes of all labels. In `outputs`, if the label
 * is of outputs of a convolution, which are made some at a time. */
uint32_t emit_shared_labels(struct unit *u, ir_id id, ir_size size[LABELS_MAX], bool *outputs);
/* The product is dealt out: how many portions a thread must have a multiple of. */
int64_t emit_portions_of_product(struct unit *u, const struct group *g);
/* Of JIT text, a sum: the product of few elements in it to which a call can add the rest, 0: none. */
ir_id emit_product_in_sum(struct unit *u, ir_id id);
/* A block of its own for variables; b->serial is to become what this returns. */
uint32_t emit_open_block(struct body *b);
/* Stores the value of a node, whose text this is, to all places where it is wanted. */
void emit_store(struct body *b, ir_id id, const struct index *at, const char *text);
/* Loops over the sizes that are not 1, whose variables are numbered from `first`. */
/* Whether there is a loop at all: then a block opens with them. */
bool emit_any_loop(const ir_size *size, unsigned n);
/* The bounds of a loop over `size` steps: those of the thread's portions, if it is the one that is dealt out. */
void emit_bounds(struct body *b, uint8_t var, ir_size size, const char **from, const char **to);
void emit_open_loops(struct body *b, const ir_size *size, unsigned n, uint8_t first);
void emit_close_loops(struct body *b, const ir_size *size, unsigned n);
/* How far a loop's variable goes. */
const char *emit_extent(struct body *b, ir_size size, uint8_t var);

void emit_member(struct body *b, const struct member *m);
/* Behind the loops of a phase: its functions of rows. */
void emit_rows(struct body *b, const struct group *g, const struct phase *ph);
/* With --trap-nan: checks what was stored. */
void emit_trap(struct body *b, ir_id id, const char *text);

/* ---- reduce.c ---- */
void emit_loops(struct body *b, const struct group *g);

/* ---- written_out.c ---- */
struct written_axis {
    int64_t size, at;
    uint8_t var;
};
struct written_out {
    struct written_axis axis[RANK_MAX];
    unsigned n;
    uint32_t outer;
};
/* In JIT text, a block for each of few elements instead of loops over them: opens the first one, if they are few. */
bool emit_write_out(struct body *b, struct written_out *w, const ir_size *size, unsigned n, uint8_t first);
/* Closes it and opens the next one, if there is one. */
bool emit_write_next(struct body *b, struct written_out *w);
void emit_phase(struct body *b, const struct group *g, const struct phase *ph);

/* ---- entry.c ---- */
/* Fused and planned, but not yet named. */
struct unit *emit_body_new(struct unit *outer, const struct turns *of, const struct ir_entry *e);

/* ---- bodies.c, group_turns.c: loops of the program ---- */

/* Of the needed loops: their bodies are fused and planned, and what each turn reads of an array is one stretch of memory. */
void emit_turns(struct unit *u);
void emit_turn_reads(struct unit *u, const struct ir_node *n, see_read *see, void *user);
struct turns *emit_turns_of(const struct unit *u, ir_id node);
/* Plans the body again, now that it is dealt out to threads. */
void emit_plan_body(struct unit *u, struct turns *t);
/* After the values of the unit that it stands in. */
void emit_name_turns(struct turns *t);
/* Names, or NULL: of a part that has none; of a carried value after the turn. */
const char *emit_part_name(const struct unit *u, const struct ir_node *part);
const char *emit_next_name(struct unit *body, uint32_t k);
void emit_print_turns(struct body *b, const struct group *g);
/* In a body: what a carried value, a row or an outer value is at this place. */
const char *emit_turn_leaf(struct body *b, const struct access *a, enum ir_prec need);
/* The address of a turn's row. */
const char *emit_turn_row(struct body *b, ir_id id);
/* Whether a product is added to what lies in its place. */
bool emit_adds(const struct unit *u, ir_id id);
/* Where a body's root lies. */
const char *emit_turn_root(struct body *b, const struct ir_root *r, const struct access *a);

#endif
