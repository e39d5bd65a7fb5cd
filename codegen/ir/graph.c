#include "codegen/ir/graph.h"

#include <assert.h>
#include <string.h>

enum { FIRST_BUCKETS = 256, FIRST_SCRATCH = 256, FEW_SCRATCH = 65536, FIRST_SHAPES = 64, ROOM = 4096 };

struct ir_shape_table {
    const struct ir_shape **slot;
    uint32_t n, cap;
    const struct ir_shape *scalar;
};

struct ir_scratch {
    struct {
        uint32_t *at;
        size_t cap;
    } use[SCRATCH_USES];
    uint64_t *bucket; /* the largest that a graph gave back */
    uint32_t n_bucket;
};

struct ir_tables *ir_tables_new(struct arena *a)
{
    struct ir_tables *t = arena_new(a, struct ir_tables);
    t->arena = a;
    t->sizes = sizes_new(a);
    t->scratch = arena_new(a, struct ir_scratch);
    t->shapes = arena_new(a, struct ir_shape_table);
    t->shapes->cap = FIRST_SHAPES;
    t->shapes->slot = arena_many(a, const struct ir_shape *, FIRST_SHAPES);
    t->shapes->scalar = ir_shape_of(t, 0, NULL);
    return t;
}

struct ir_graph *ir_graph_new(struct ir_tables *t)
{
    struct ir_graph *g = arena_new(t->arena, struct ir_graph);
    g->tables = t;
    vec_push(t->arena, &g->chunks, arena_many(t->arena, struct ir_node, IR_CHUNK));
    g->n = 1;
    g->n_bucket = FIRST_BUCKETS;
    g->bucket = arena_many(t->arena, uint64_t, g->n_bucket);
    return g;
}

uint32_t *ir_scratch(struct ir_tables *t, enum ir_scratch_use use, size_t n)
{
    size_t *cap = &t->scratch->use[use].cap;
    if (n > *cap) {
        *cap = n + (n < FEW_SCRATCH ? n : n / 16) + FIRST_SCRATCH;
        t->scratch->use[use].at = arena_many(t->arena, uint32_t, *cap);
    } else {
        memset(t->scratch->use[use].at, 0, n * sizeof(uint32_t));
    }
    return t->scratch->use[use].at;
}

/* ---- shapes ---- */

static const struct ir_shape **shape_slot(const struct ir_shape_table *s, unsigned rank, const ir_size *dim)
{
    uint32_t i = (uint32_t)hash_bytes(rank, dim, rank * sizeof *dim) & (s->cap - 1);
    while (s->slot[i] && (s->slot[i]->rank != rank || memcmp(s->slot[i]->dim, dim, rank * sizeof *dim) != 0))
        i = (i + 1) & (s->cap - 1);
    return &s->slot[i];
}

static void grow_shapes(struct ir_tables *t)
{
    struct ir_shape_table old = *t->shapes;
    t->shapes->cap *= 2;
    t->shapes->slot = arena_many(t->arena, const struct ir_shape *, t->shapes->cap);
    for (uint32_t i = 0; i < old.cap; i++)
        if (old.slot[i]) *shape_slot(t->shapes, old.slot[i]->rank, old.slot[i]->dim) = old.slot[i];
}

const struct ir_shape *ir_shape_of(struct ir_tables *t, unsigned rank, const ir_size *dim)
{
    assert(rank <= RANK_MAX);
    static const ir_size none[1];
    if (rank == 0) dim = none;
    const struct ir_shape **at = shape_slot(t->shapes, rank, dim);
    if (*at) return *at;
    if (t->shapes->n * 2 >= t->shapes->cap) {
        grow_shapes(t);
        at = shape_slot(t->shapes, rank, dim);
    }
    struct ir_shape *s = arena_new(t->arena, struct ir_shape);
    s->rank = (uint8_t)rank;
    memcpy(s->dim, dim, rank * sizeof *dim);
    t->shapes->n++;
    return *at = s;
}

const struct ir_shape *ir_scalar_shape(struct ir_tables *t)
{
    return t->shapes->scalar;
}

ir_size ir_elements(struct ir_tables *t, const struct ir_shape *s)
{
    ir_size n = 1;
    for (unsigned i = 0; i < s->rank; i++) n = size_mul(t->sizes, n, s->dim[i]);
    return n;
}

/* ---- nodes ---- */

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

/* Where equal nodes meet, and those with commuted operands too. It shows nowhere: ids are given in order of arrival. */
static uint32_t hash_node(const struct ir_node *n)
{
    uint64_t h = mix((uint64_t)n->op << 32 ^ n->n_arg, (uint64_t)n->type << 32 ^ (uintptr_t)n->shape);
    if (n->n_arg == 2 && !n->n_attr && n->arg[0] > n->arg[1]) return (uint32_t)mix(mix(h, n->arg[1]), n->arg[0]);
    for (uint32_t i = 0; i < n->n_arg; i++) h = mix(h, n->arg[i]);
    for (uint32_t i = 0; i < n->n_attr; i++) h = mix(h, (uint64_t)n->attr[i]);
    return (uint32_t)h;
}

static bool equal_nodes(const struct ir_node *a, const struct ir_node *b)
{
    return a->op == b->op && a->type == b->type && a->shape == b->shape && a->n_arg == b->n_arg &&
           a->n_attr == b->n_attr && (!a->n_arg || memcmp(a->arg, b->arg, a->n_arg * sizeof *a->arg) == 0) &&
           (!a->n_attr || memcmp(a->attr, b->attr, a->n_attr * sizeof *a->attr) == 0);
}

static uint64_t *find_bucket(const struct ir_graph *g, const struct ir_node *n, uint32_t hash)
{
    uint32_t i = hash & (g->n_bucket - 1);
    while (g->bucket[i] && (g->bucket[i] >> 32 != hash || !equal_nodes(ir_at(g, (ir_id)g->bucket[i]), n)))
        i = (i + 1) & (g->n_bucket - 1);
    return &g->bucket[i];
}

/* As many as g asks for or, given back by another graph, up to four times as many. */
static void take_buckets(struct ir_graph *g)
{
    struct ir_scratch *s = g->tables->scratch;
    if (s->n_bucket < g->n_bucket || s->n_bucket / 4 > g->n_bucket) {
        g->bucket = arena_many(g->tables->arena, uint64_t, g->n_bucket);
        return;
    }
    g->n_bucket = s->n_bucket;
    g->bucket = memset(s->bucket, 0, s->n_bucket * sizeof *s->bucket);
    s->n_bucket = 0;
}

static void give_buckets(struct ir_tables *t, uint64_t *bucket, uint32_t n)
{
    if (!bucket || n <= t->scratch->n_bucket) return;
    t->scratch->bucket = bucket;
    t->scratch->n_bucket = n;
}

static void put_in_bucket(struct ir_graph *g, uint64_t entry)
{
    uint32_t i = (uint32_t)(entry >> 32) & (g->n_bucket - 1);
    while (g->bucket[i]) i = (i + 1) & (g->n_bucket - 1);
    g->bucket[i] = entry;
}

static void grow_buckets(struct ir_graph *g)
{
    uint64_t *old = g->bucket;
    uint32_t n = g->n_bucket;
    g->n_bucket *= 2;
    take_buckets(g);
    for (uint32_t i = 0; i < n; i++)
        if (old[i]) put_in_bucket(g, old[i]);
    give_buckets(g->tables, old, n);
}

void ir_expect(struct ir_graph *g, uint32_t n)
{
    if (n <= g->n_bucket / 4 * 3) return;
    ir_rest(g);
    while (n > g->n_bucket / 4 * 3) g->n_bucket *= 2;
}

void ir_rest(struct ir_graph *g)
{
    give_buckets(g->tables, g->bucket, g->n_bucket);
    g->bucket = NULL;
}

/* Most graphs get no node any more once they were renumbered: only those that do are hashed anew. */
static void refill_buckets(struct ir_graph *g)
{
    take_buckets(g);
    for (ir_id id = 1; id < g->n; id++) put_in_bucket(g, (uint64_t)hash_node(ir_at(g, id)) << 32 | id);
}

/* A copy of n things of that size; small arrays share a block. */
static void *copy_array(struct ir_graph *g, unsigned room, const void *p, size_t n, size_t size)
{
    size_t bytes = n * size;
    if (bytes == 0) return NULL;
    if (bytes > ROOM / 4) return memcpy(arena_alloc(g->tables->arena, bytes), p, bytes);
    if (bytes > g->room[room].left) {
        g->room[room].at = arena_alloc(g->tables->arena, ROOM);
        g->room[room].left = ROOM;
    }
    void *copy = memcpy(g->room[room].at, p, bytes);
    g->room[room].at = (char *)copy + bytes;
    g->room[room].left -= bytes;
    return copy;
}

ir_id ir_add(struct ir_graph *g, enum ir_op op, enum ir_type type, const struct ir_shape *shape, const ir_id *arg,
             uint32_t n_arg, const int64_t *attr, uint32_t n_attr)
{
    struct ir_node n = {.op = (uint8_t)op,
                        .type = (uint8_t)type,
                        .n_arg = n_arg,
                        .n_attr = (uint16_t)n_attr,
                        .arg = arg,
                        .attr = attr,
                        .shape = shape,
                        .at = g->here};
    assert(n_attr <= UINT16_MAX);
    assert(!ir_verify_node(g, &n));
    if (!g->bucket) refill_buckets(g);
    uint32_t hash = hash_node(&n);
    uint64_t *at = find_bucket(g, &n, hash);
    if (*at) return (ir_id)*at;
    struct arena *a = g->tables->arena;
    if (g->n >= NODES_MAX) {
        g->full = true;
        longjmp(*a->oom, 1);
    }
    n.arg = copy_array(g, 0, arg, n_arg, sizeof *arg);
    n.attr = copy_array(g, 1, attr, n_attr, sizeof *attr);
    if (g->n % IR_CHUNK == 0) vec_push(a, &g->chunks, arena_many(a, struct ir_node, IR_CHUNK));
    ir_id id = g->n++;
    *ir_edit(g, id) = n;
    *at = (uint64_t)hash << 32 | id;
    if (g->n > g->n_bucket / 4 * 3) grow_buckets(g);
    return id;
}

ir_id ir_find(struct ir_graph *g, enum ir_op op, enum ir_type type, const struct ir_shape *shape, const ir_id *arg,
              uint32_t n_arg, const int64_t *attr, uint32_t n_attr)
{
    struct ir_node n = {.op = (uint8_t)op,
                        .type = (uint8_t)type,
                        .n_arg = n_arg,
                        .n_attr = (uint16_t)n_attr,
                        .arg = arg,
                        .attr = attr,
                        .shape = shape};
    if (!g->bucket) refill_buckets(g);
    return (ir_id)*find_bucket(g, &n, hash_node(&n));
}

void ir_keep(struct ir_graph *g, ir_id *root, uint32_t n_roots)
{
    uint32_t *map = ir_scratch(g->tables, SCRATCH_MAP, g->n);
    for (uint32_t i = 0; i < n_roots; i++) map[root[i]] = 1;
    for (ir_id id = g->n - 1; id > 0; id--)
        for (uint32_t i = 0; map[id] && i < ir_at(g, id)->n_arg; i++) map[ir_at(g, id)->arg[i]] = 1;
    ir_id next = 1;
    ir_rest(g);
    for (ir_id id = 1; id < g->n; id++) {
        if (!map[id] && ir_at(g, id)->op == OP_part) map[id] = map[ir_at(g, id)->arg[0]] != 0;
        if (!map[id]) continue;
        struct ir_node n = *ir_at(g, id);
        ir_id *arg = (ir_id *)n.arg; /* the graph's own copy, changed in place */
        for (uint32_t i = 0; i < n.n_arg; i++) arg[i] = map[arg[i]];
        map[id] = next;
        *ir_edit(g, next++) = n;
    }
    for (ir_id id = next; id < g->n; id++) *ir_edit(g, id) = (struct ir_node){0};
    g->n = next;
    g->chunks.n = (next - 1) / IR_CHUNK + 1;
    for (uint32_t i = 0; i < n_roots; i++) root[i] = map[root[i]];
}

double ir_const_value(const struct ir_node *n)
{
    assert(n->op == OP_const);
    double v;
    memcpy(&v, &n->attr[0], sizeof v);
    return v;
}

void ir_name(struct ir_graph *g, ir_id id, const char *name)
{
    if (id && !ir_at(g, id)->name) ir_edit(g, id)->name = name;
}

/* ---- substitution ---- */

/* The copy of n with its arguments looked up in map (over ids from `first` on; 0 there: unchanged). */
static ir_id copy_changed(struct ir_graph *g, ir_id id, const uint32_t *map, ir_id first, ir_id *arg)
{
    struct ir_node n = *ir_at(g, id);
    bool changed = false;
    for (uint32_t i = 0; i < n.n_arg; i++) {
        ir_id to = n.arg[i] >= first ? map[n.arg[i] - first] : 0;
        arg[i] = to ? to : n.arg[i];
        changed |= to != 0;
    }
    if (!changed) return 0;
    g->here = n.at;
    ir_id copy = ir_add(g, (enum ir_op)n.op, (enum ir_type)n.type, n.shape, arg, n.n_arg, n.attr, n.n_attr);
    ir_name(g, copy, n.name);
    return copy;
}

void ir_substitute_all(struct ir_graph *g, ir_id *root, uint32_t n_roots, const ir_id *from, const ir_id *to,
                       uint32_t n)
{
    ir_id first = 0, last = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!first || from[i] < first) first = from[i];
    for (uint32_t i = 0; i < n_roots; i++)
        if (root[i] > last) last = root[i];
    if (!first || last < first) return;
    uint32_t *map = ir_scratch(g->tables, SCRATCH_MAP, (size_t)(last - first) + 1);
    uint32_t *needed = ir_scratch(g->tables, SCRATCH_NEEDED, (size_t)(last - first) + 1);
    uint32_t most = 1;
    for (uint32_t i = 0; i < n_roots; i++)
        if (root[i] >= first) needed[root[i] - first] = 1;
    for (ir_id id = last; id >= first; id--) {
        if (!needed[id - first]) continue;
        const struct ir_node *x = ir_at(g, id);
        if (x->n_arg > most) most = x->n_arg;
        for (uint32_t i = 0; i < x->n_arg; i++)
            if (x->arg[i] >= first) needed[x->arg[i] - first] = 1;
    }
    for (uint32_t i = 0; i < n; i++)
        if (from[i] <= last) map[from[i] - first] = to[i];
    ir_id *arg = arena_many(g->tables->arena, ir_id, most);
    struct span here = g->here;
    for (ir_id id = first; id <= last; id++)
        if (needed[id - first] && !map[id - first]) map[id - first] = copy_changed(g, id, map, first, arg);
    g->here = here;
    for (uint32_t i = 0; i < n_roots; i++)
        if (root[i] >= first && map[root[i] - first]) root[i] = map[root[i] - first];
}

ir_id ir_substitute(struct ir_graph *g, ir_id root, const ir_id *from, const ir_id *to, uint32_t n)
{
    ir_substitute_all(g, &root, 1, from, to, n);
    return root;
}
