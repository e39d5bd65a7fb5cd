/* Loops: one node OP_loop for all turns, whose body is a graph of its own.
 *
 * The node's arguments are, in this order, what the carried values are before the first turn, arrays of which each turn
 * sees a row (their first axis has one entry a turn), and values that every turn sees whole. What comes out is read by
 * OP_part nodes: part k is carried value k after the last turn, part n_carry + k the rows of collected value k, one a
 * turn, along a new first axis. The loop node's own shape is rank 0 and nobody reads its value.
 *
 * The body's leaves: OP_carry k, OP_row k (rank one less than the array's), OP_outer k, and OP_turn, an INT scalar; besides
 * those only leaves that are the same everywhere (const, tensor, dimval, iota, training, number, tick). The body knows
 * nothing of who uses the loop, so nodes may share it; it only ever grows: differentiation adds what it wants recorded to
 * `collect`, and simplify() drops what an entry does not use. */
#ifndef NNGEN_IR_LOOP_H
#define NNGEN_IR_LOOP_H

#include "codegen/ir/graph.h"

struct ir_loop { /* tables->loops.at[attr 0 of OP_loop] */
    struct ir_graph *body;
    const char *turn_name; /* the user's: "t" */
    ir_size turns;
    ir_size stop;          /* 0, or how many turns all segments have together (checkpoint): those beyond are not run, and
                            * their rows neither read nor written; see ir_turns_run() */
    ir_size each;          /* with `stop`: this is the loop over the segments, of so many turns each; 0: one of them */
    bool backward;         /* turns run from turns - 1 down to 0; rows go with their turn's number, not with the order */
    bool thrifty;          /* the adjoint records carried values alone, and computes all else anew (checkpoint) */
    uint32_t n_carry, n_row, n_outer;
    ir_id *carry, *row, *outer; /* leaves in the body; 0: none reads it */
    ir_id *next;                /* [n_carry] in the body: the carried values after a turn */
    vec(ir_id) collect;         /* in the body: what becomes a row of part n_carry + k */
    const char *const *carry_name; /* the user's, or NULL */
};

/* A loop as lowering sees it: one turn, written in the outer graph over nodes that stand for what is not known yet. */
struct ir_turn {
    const char *name;
    ir_size turns;
    int64_t checkpoint;   /* every so many turns the carried values are stored; 0: every turn */
    ir_id turn;           /* an ir_turn_leaf(): the number of the turn. x[t] is ir_gather(x, turn, axis) */
    uint32_t n_carry, n_collect;
    const ir_id *carry;   /* ir_hole()s of the shapes of init */
    const ir_id *init;
    const ir_id *next;
    const ir_id *collect;
    const char *const *carry_name;
};

/* An INT scalar of its own that stands for the number of a turn. */
ir_id ir_turn_leaf(struct ir_graph *g);
/* Cuts out what depends on the turn and the holes: that is the body; all else is computed once, before. Gathers of rows by
 * the turn alone become rows; gathers by turn + constant become rows of a slice where that stays inside. Returns the loop;
 * with `checkpoint` it is a loop over loops, and what it returns has the same parts. */
void ir_loop(struct ir_graph *g, const struct ir_turn *turn, ir_id *final /* [n_carry] */, ir_id *rows /* [n_collect] */);

/* How many of `turns` are run, in numbers: of a segment, where `around` is the number of the turn of the loop around it. */
static inline int64_t ir_turns_run(const struct ir_loop *l, int64_t turns, int64_t stop, int64_t around)
{
    if (!l->stop) return turns;
    if (l->each) return (stop + l->each - 1) / l->each;
    int64_t left = stop - around * turns;
    return left < turns ? left : turns;
}
/* Part k of a loop. */
ir_id ir_part(struct ir_graph *g, ir_id loop, uint32_t k);
struct ir_loop *ir_loop_of(const struct ir_graph *g, ir_id loop);
static inline bool is_loop(const struct ir_node *n)
{
    return n->op == OP_loop;
}
static inline bool is_part(const struct ir_node *n)
{
    return n->op == OP_part;
}

#endif
