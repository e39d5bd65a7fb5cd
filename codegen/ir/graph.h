/* The graph: nodes addressed by 32-bit ids, in topological order (arguments below their users), hash-consed: adding a
 * node that is there already gives its id. Nothing is folded or simplified on the way in. */
#ifndef NNGEN_IR_GRAPH_H
#define NNGEN_IR_GRAPH_H

#include "codegen/ir/size.h"

typedef uint32_t ir_id; /* 0 is no node */

enum ir_op {
    OP_none,
#define OP(name, arity, class, result, flags, lo, hi, text, prec, adjoint) OP_##name,
#include "codegen/ir/ops.def"
#undef OP
    OP_COUNT
};

enum ir_class { CLASS_LEAF, CLASS_WRAP, CLASS_MAP, CLASS_REDUCE, CLASS_MOVE, CLASS_CONTRACT, CLASS_CALL };
enum ir_type { IR_REAL, IR_INT, IR_SAME /* in the table only */ };
enum ir_prec { PREC_ATOM, PREC_UNARY, PREC_MULT, PREC_PLUS, PREC_REL, PREC_EQUAL, PREC_COND };
enum { FLAG_COMMUTES = 1, FLAG_FOLDS = 2, FLAG_LANES_F32 = 4, FLAG_LANES_F64 = 8, FLAG_ROWS = 16, ARITY_ANY = -1 };
enum { RANK_MAX = 8, LABELS_MAX = 16, ELEMENTS_MOST_LOG2 = 31, NODES_MAX = 16000000 };

struct ir_op_info {
    const char *name;
    int arity;
    enum ir_class class;
    enum ir_type result;
    unsigned flags;
    double lo, hi;
    const char *text;
    enum ir_prec prec;
    const char *no_derivative; /* NODIFF's reason, or NULL */
};
extern const struct ir_op_info ir_ops[OP_COUNT];

struct ir_node;
/* Whether the value of n is made of argument i; others only matter to derivatives. */
bool ir_reads(const struct ir_node *n, uint32_t i);

struct ir_shape { /* interned in a graph's program: equal shapes are the same pointer */
    uint8_t rank;
    ir_size dim[RANK_MAX];
};

_Static_assert(OP_COUNT <= UINT8_MAX, "there are millions of nodes: each byte counts");
struct ir_node {
    uint8_t op;
    uint8_t type; /* IR_REAL or IR_INT */
    uint16_t n_attr;
    uint32_t n_arg;
    const ir_id *arg;
    const int64_t *attr;
    const struct ir_shape *shape;
    struct span at;   /* the user's text it stands for */
    const char *name; /* the user's name for it, or NULL */
};

/* What graphs of one program share: sizes, shapes, constant data. */
struct ir_tables {
    struct arena *arena;
    struct ir_sizes *sizes;
    struct ir_shape_table *shapes;
    vec(const double *) data; /* OP_tensor's values, row by row */
    vec(struct ir_loop *) loops; /* of OP_loop: see loop.h */
    int64_t next_unique;      /* for bind, hole, turn */
    struct ir_scratch *scratch;
};

enum { IR_CHUNK = 256 };

struct ir_graph {
    struct ir_tables *tables;
    vec(struct ir_node *) chunks; /* of IR_CHUNK nodes each, which stay where they are; see ir_at */
    uint32_t n;                   /* nodes are 1..n-1 */
    uint64_t *bucket;             /* hash << 32 | id, 0 where empty; NULL until the next node is added */
    uint32_t n_bucket;
    struct {
        void *at;
        size_t left;
    } room[2];        /* for arguments, attributes */
    struct span here; /* new nodes get this place */
    bool full;        /* NODES_MAX was hit: memory counts as run out, so constructors never return 0 */
};

struct ir_tables *ir_tables_new(struct arena *a);
struct ir_graph *ir_graph_new(struct ir_tables *t);

const struct ir_shape *ir_shape_of(struct ir_tables *t, unsigned rank, const ir_size *dim);
const struct ir_shape *ir_scalar_shape(struct ir_tables *t);
ir_size ir_elements(struct ir_tables *t, const struct ir_shape *s);

/* A zeroed array of n numbers that passes reuse: it lasts until the same use is asked for again. */
enum ir_scratch_use { SCRATCH_DEPENDS, SCRATCH_ADJOINT, SCRATCH_MAP, SCRATCH_COPIES, SCRATCH_NEEDED, SCRATCH_USES };
uint32_t *ir_scratch(struct ir_tables *t, enum ir_scratch_use use, size_t n);

/* The general constructor; checks arity, and in debug builds everything verify checks. */
ir_id ir_add(struct ir_graph *g, enum ir_op op, enum ir_type type, const struct ir_shape *shape, const ir_id *arg,
             uint32_t n_arg, const int64_t *attr, uint32_t n_attr);

/* That it will have about n nodes: saves growing. */
void ir_expect(struct ir_graph *g, uint32_t n);
/* That it will have no more for some time: others may have the memory that looking for equal ones takes. */
void ir_rest(struct ir_graph *g);

/* The id of such a node, 0 if there is none. */
ir_id ir_find(struct ir_graph *g, enum ir_op op, enum ir_type type, const struct ir_shape *shape, const ir_id *arg,
              uint32_t n_arg, const int64_t *attr, uint32_t n_attr);
/* Drops what the roots do not need and renumbers the rest in the same order; root[] follows. A loop that stays keeps
 * its parts. */
void ir_keep(struct ir_graph *g, ir_id *root, uint32_t n_roots);

/* Constructors by class: they work out type and shape. */
ir_id ir_leaf(struct ir_graph *g, enum ir_op op, enum ir_type type, const struct ir_shape *shape, int64_t a0,
              int64_t a1);
ir_id ir_const(struct ir_graph *g, double v); /* rank 0 */
/* Of a shape known at compile time; the values are not copied. */
ir_id ir_tensor(struct ir_graph *g, const struct ir_shape *s, const double *v);
ir_id ir_dimval(struct ir_graph *g, ir_size s);
ir_id ir_iota(struct ir_graph *g, ir_size n);
ir_id ir_bind(struct ir_graph *g, ir_id x); /* a node of its own, equal to x */
ir_id ir_hole(struct ir_graph *g, const struct ir_shape *s);
ir_id ir_map1(struct ir_graph *g, enum ir_op op, ir_id a);
ir_id ir_map2(struct ir_graph *g, enum ir_op op, ir_id a, ir_id b);
ir_id ir_map3(struct ir_graph *g, enum ir_op op, ir_id a, ir_id b, ir_id c);
/* sum, max_of, min_of: a mask of axes; x itself if it is 0. */
ir_id ir_reduce(struct ir_graph *g, enum ir_op op, ir_id x, unsigned axes);
ir_id ir_argreduce(struct ir_graph *g, enum ir_op op, ir_id x, unsigned axis);
/* Each axis of s comes from axis source[i] of x, or is made where that is -1. */
ir_id ir_expand(struct ir_graph *g, ir_id x, const struct ir_shape *s, const int *source);
ir_id ir_full(struct ir_graph *g, double v, const struct ir_shape *s); /* a constant, expanded where rank > 0 */
ir_id ir_reshape(struct ir_graph *g, ir_id x, const struct ir_shape *s);
ir_id ir_permute(struct ir_graph *g, ir_id x, const int *source);
ir_id ir_slice(struct ir_graph *g, ir_id x, const struct ir_shape *s, const ir_size *start, const int64_t *step);
ir_id ir_place(struct ir_graph *g, ir_id x, const struct ir_shape *s, const ir_size *start, const int64_t *step);
ir_id ir_concat(struct ir_graph *g, const ir_id *x, uint32_t n, unsigned axis);
ir_id ir_gather(struct ir_graph *g, ir_id x, ir_id idx, unsigned axis);
ir_id ir_scatter(struct ir_graph *g, ir_id grad, ir_id idx, const struct ir_shape *s, unsigned axis);
ir_id ir_cumsum(struct ir_graph *g, ir_id x, unsigned axis, bool reverse, bool exclusive);
ir_id ir_window(struct ir_graph *g, ir_id x, unsigned axis, ir_size out, ir_size span, int64_t stride, int64_t dilation,
                int64_t pad);
ir_id ir_overlap(struct ir_graph *g, ir_id x, unsigned axis, ir_size length, int64_t stride, int64_t dilation,
                 int64_t pad);
/* Labels 0..15 an axis; reduces labels found in one operand alone before the product. */
ir_id ir_contract(struct ir_graph *g, ir_id a, const uint8_t *la, ir_id b, const uint8_t *lb, const uint8_t *lout,
                  unsigned n_out);
/* Linear algebra along the last two axes; the axes before are a batch and the same in both arguments. */
ir_id ir_lu(struct ir_graph *g, ir_id a);
ir_id ir_solve(struct ir_graph *g, ir_id a, ir_id b, ir_id lu, bool transposed);
ir_id ir_logdet(struct ir_graph *g, ir_id a, ir_id lu);
ir_id ir_tri_solve(struct ir_graph *g, ir_id t, ir_id b, bool upper, bool transposed);
/* y with a hand-written adjoint: `hole` stands for what comes in, adjoint[i] is what x[i] receives (0: nothing). */
ir_id ir_custom(struct ir_graph *g, ir_id y, const ir_id *x, uint32_t n, ir_id hole, const ir_id *adjoint);

static inline const struct ir_node *ir_at(const struct ir_graph *g, ir_id id)
{
    return &g->chunks.at[id / IR_CHUNK][id % IR_CHUNK];
}
/* To change what a node is beyond its name, only where nobody will ask for an equal one. */
static inline struct ir_node *ir_edit(struct ir_graph *g, ir_id id)
{
    return &g->chunks.at[id / IR_CHUNK][id % IR_CHUNK];
}
double ir_const_value(const struct ir_node *n);

/* Names a node that has none yet: the first name a value got is the one its C bears. */
void ir_name(struct ir_graph *g, ir_id id, const char *name);

/* A copy of `root` in the same graph with each from[i] replaced by to[i]. */
ir_id ir_substitute(struct ir_graph *g, ir_id root, const ir_id *from, const ir_id *to, uint32_t n);
/* The same for many roots in one pass; root[] becomes the copies. Roots that are 0 stay 0. */
void ir_substitute_all(struct ir_graph *g, ir_id *root, uint32_t n_roots, const ir_id *from, const ir_id *to,
                       uint32_t n);

/* Prints nodes 1..n-1 that the roots need (all if n_roots is 0), one a line: %7 = mul %3 %5 : real[N, 10]  # name */
void ir_print(const struct ir_graph *g, const ir_id *root, uint32_t n_roots, struct text *out);
/* One line of that, without the newline. */
void ir_print_node(const struct ir_graph *g, ir_id id, struct text *out);
/* NULL if sound, else what is wrong: order, arity, types, shapes, attributes. */
const char *ir_verify(const struct ir_graph *g);
const char *ir_verify_node(const struct ir_graph *g, const struct ir_node *n);

#endif
