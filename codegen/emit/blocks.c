/* Loops of JIT text as calls: libtcc makes no vectors, so an operation over a row is a call of a loop that was compiled
 * before, for a block of the row at a time that stays in the cache. A phase is made so where all its reads are rows or
 * numbers along the innermost axes; else it is a loop as in files. */
#include "codegen/emit/blocks.h"

#include <string.h>

enum { BLOCK = 256, ROW_LEAST = 8, MADE_MOST = 48, DOUBLES_MOST = 4 };

struct row { /* n numbers, or one where step is 0 */
    const char *text; /* a pointer */
    bool one, spare;  /* spare: a block that nobody else reads, so that a result may take its place */
};

struct made_row {
    ir_id id;
    const struct index *at;
    struct row row;
};

struct blocks {
    struct body *b;
    const struct group *g;
    unsigned first, n_axes;  /* the variables of the loops whose last `run` are one row */
    const ir_size *size;
    unsigned run, last;      /* `last`: the variable along which the row lies */
    bool dry;                /* nothing is printed: whether it can be, and which axes make a row, is found out */
    bool fails;
    uint32_t wanted;         /* bit k: the last k + 1 axes can be a row, as far as is known */
    const char *n, *from;    /* the numbers in a block, and its beginning */
    vec(struct made_row) made;
    unsigned blocks;         /* in use */
};

static const struct ir_node *node_of(const struct blocks *s, ir_id id)
{
    return ir_at(s->b->u->g, id);
}

static const char *f_of(const struct blocks *s)
{
    return s->b->u->o->single ? "f32" : "f64";
}

/* ---- which axes are a row ---- */

static ir_size step_of(const struct affine *a, unsigned var)
{
    for (unsigned t = 0; t < a->n; t++)
        if (a->term[t].var == var) return a->term[t].by;
    return 0;
}

static struct affine place_of(struct blocks *s, const struct access *a)
{
    return a->flat ? a->offset : index_flatten(s->b->u, &a->at, node_of(s, a->base)->shape);
}

/* Axis k, counted from the last, joins those behind it where steps along it go on where theirs end. */
static void note_axes(struct blocks *s, const struct affine *at)
{
    ir_size all = 1, step = step_of(at, s->first + s->n_axes - 1);
    uint32_t can = 0;
    for (unsigned k = 0; k < s->n_axes; k++) {
        unsigned axis = s->n_axes - 1 - k;
        if (s->size[axis] != 1 && step_of(at, s->first + axis) != size_mul(s->b->u->sizes, step, all)) break;
        all = size_mul(s->b->u->sizes, all, s->size[axis]);
        can |= 1u << k;
    }
    s->wanted &= can;
}

static bool varies(const struct blocks *s, const struct affine *a)
{
    for (unsigned t = 0; t < a->n; t++)
        if (a->term[t].var >= s->first + s->n_axes - s->run && a->term[t].var < s->first + s->n_axes) return true;
    return false;
}

/* ---- rows ---- */

static struct row new_block(struct blocks *s, const char *type)
{
    const char *name = scope_numbered(s->b->u->scope, "row", &s->b->u->next_number[5]);
    emit_line(s->b, "%s %s[%d];", type, name, BLOCK);
    return (struct row){name, false, true};
}

static void call(struct blocks *s, const char *name)
{
    struct calls *c = s->b->u->calls;
    for (uint32_t i = 0; i < c->blocks.n; i++)
        if (!strcmp(c->blocks.at[i], name)) return;
    vec_push(s->b->u->p->tables->arena, &c->blocks, name);
}

/* Numbers of the row's kind: in the text or a variable that lives as long as the block. */
static struct row number(struct blocks *s, ir_id id, const struct index *at)
{
    struct unit *u = s->b->u;
    const char *text = emit_expression(s->b, id, at, PREC_COND), *name = scope_numbered(u->scope, "one", &u->next_number[5]);
    emit_line(s->b, "const %s %s = %s;", u->real_type, name, text);
    return (struct row){arena_printf(u->scratch, "&%s", name), true, false};
}

/* An element with the variables of the row at its beginning. */
static const char *address_of(struct blocks *s, const char *element)
{
    return arena_printf(s->b->u->scratch, "&%s", element);
}

static struct row from_memory(struct blocks *s, const struct access *a)
{
    struct affine at = place_of(s, a);
    ir_size step = step_of(&at, s->last);
    const char *from = address_of(s, emit_memory(s->b, a));
    if (step == 1) return (struct row){from, false, false};
    struct row r = new_block(s, s->b->u->real_type);
    emit_line(s->b, "nnrt_b_take_%s(%s, %s, %s, %s);", f_of(s), s->n, r.text, from, emit_size(s->b, step, PREC_COND));
    call(s, "take");
    return r;
}

static struct row *find_made(struct blocks *s, ir_id id, const struct index *at)
{
    for (uint32_t i = 0; i < s->made.n; i++) {
        struct made_row *m = &s->made.at[i];
        bool same = m->id == id;
        for (unsigned k = 0; same && k < at->rank; k++) same = affine_equal(&m->at->at[k], &at->at[k]);
        if (same) return &m->row;
    }
    return NULL;
}

static void keep_made(struct blocks *s, ir_id id, const struct index *at, struct row r)
{
    struct index *copy = arena_new(s->b->u->arena, struct index);
    *copy = *at;
    r.spare = false;
    vec_push(s->b->u->arena, &s->made, ((struct made_row){id, copy, r}));
}

static bool reads_variable(struct blocks *s, const struct access *a)
{
    return s->b->u->value[a->base].held && emit_sees_variable(s->b->u, a, s->b->group, s->b->phase);
}

static struct row row_of(struct blocks *s, ir_id id, const struct index *at);

/* Whether anything in it changes along the row. */
static bool row_varies(struct blocks *s, ir_id id, const struct index *at)
{
    struct access a;
    access_follow(s->b->u, id, at, &a);
    const struct ir_node *n = node_of(s, a.base);
    if (a.n_guards) return true;
    if (find_made(s, a.base, &a.at)) return !find_made(s, a.base, &a.at)->one;
    if (reads_variable(s, &a)) return false; /* of what is around the row */
    if (s->b->u->value[a.base].held || ir_ops[n->op].class == CLASS_LEAF) {
        if (n->shape->rank == 0) return false;
        struct affine place = place_of(s, &a);
        return varies(s, &place);
    }
    if (n->op == OP_gather) return true;
    for (uint32_t i = 0; i < n->n_arg; i++)
        if (row_varies(s, n->arg[i], &a.at)) return true;
    return false;
}

static const char *step_text(const struct row *r)
{
    return r->one ? "0" : "1";
}

static struct row spread(struct blocks *s, struct row r)
{
    if (!r.one) return r;
    struct row all = new_block(s, s->b->u->real_type);
    emit_line(s->b, "nnrt_b_fill_%s(%s, %s, %s);", f_of(s), s->n, all.text, r.text);
    call(s, "fill");
    return all;
}

/* The operation over rows; `to`: where the result must lie, or NULL. */
static struct row map_row(struct blocks *s, const struct ir_node *n, const struct index *at, const char *to)
{
    struct row x[3];
    struct row y = {to, false, false};
    for (uint32_t i = 0; i < n->n_arg; i++) {
        x[i] = row_of(s, n->arg[i], at);
        if (n->n_arg != 2) x[i] = spread(s, x[i]);
    }
    for (uint32_t i = 0; i < n->n_arg && !y.text; i++)
        if (x[i].spare) y = x[i];
    if (!y.text) y = new_block(s, s->b->u->real_type);
    struct text *t = emit_begin(s->b->u);
    text_printf(t, "nnrt_b_%s_%s(%s, %s", ir_ops[n->op].name, f_of(s), s->n, y.text);
    for (uint32_t i = 0; i < n->n_arg; i++) {
        text_printf(t, ", %s", x[i].text);
        if (n->n_arg == 2) text_printf(t, ", %s", step_text(&x[i]));
    }
    emit_line(s->b, "%s);", emit_end(s->b->u, t));
    call(s, ir_ops[n->op].name);
    return y;
}

/* Dry: whether there are only rows and numbers; notes which axes can be one. */
static void look(struct blocks *s, ir_id id, const struct index *at)
{
    struct access a;
    access_follow(s->b->u, id, at, &a);
    const struct ir_node *n = node_of(s, a.base);
    if (a.n_guards || n->type != IR_REAL || n->op == OP_random || n->op == OP_gather || n->op == OP_real) {
        s->fails = true;
        return;
    }
    if (s->b->u->value[a.base].held || ir_ops[n->op].class == CLASS_LEAF) {
        if (n->shape->rank == 0) return;
        struct affine place = place_of(s, &a);
        note_axes(s, &place);
        s->fails = s->fails || !emit_in_memory(s->b->u, a.base); /* a row whose elements lie apart */
        return;
    }
    if (ir_ops[n->op].class != CLASS_MAP) s->fails = true;
    for (uint32_t i = 0; i < n->n_arg && !s->fails; i++) look(s, n->arg[i], &a.at);
}

static struct row row_of(struct blocks *s, ir_id id, const struct index *at)
{
    struct access a;
    access_follow(s->b->u, id, at, &a);
    const struct ir_node *n = node_of(s, a.base);
    struct row *made = find_made(s, a.base, &a.at);
    if (made) return *made;
    if (!row_varies(s, id, at)) return number(s, id, at);
    if (s->b->u->value[a.base].held || ir_ops[n->op].class == CLASS_LEAF) return from_memory(s, &a);
    struct row r = map_row(s, n, &a.at, NULL);
    if (s->b->u->value[a.base].uses > 1) {
        keep_made(s, a.base, &a.at, r);
        r.spare = false;
    }
    return r;
}

/* ---- members ---- */

static const char *place_text(struct blocks *s, const struct member *m, int32_t root, const struct index *at)
{
    return address_of(s, emit_place(s->b, m->node, root, at));
}

static void put_row(struct blocks *s, const char *to, ir_size step, struct row r)
{
    if (r.one)
        r = spread(s, r);
    if (step == 1) {
        emit_line(s->b, "nnrt_b_copy_%s(%s, %s, %s);", f_of(s), s->n, to, r.text);
        call(s, "copy");
        return;
    }
    emit_line(s->b, "nnrt_b_put_%s(%s, %s, %s, %s);", f_of(s), s->n, to, emit_size(s->b, step, PREC_COND), r.text);
    call(s, "put");
}

/* Puts the row of a member where it is wanted: into the places that a loop would store it to. */
static void store_row(struct blocks *s, const struct member *m, const struct index *at, struct row r)
{
    const struct value *v = &s->b->u->value[m->node];
    struct access own = {.base = m->node, .at = *at};
    struct affine place = place_of(s, &own);
    ir_size step = step_of(&place, s->last);
    bool to_root = v->root >= 0 && !v->reserved;
    if (v->reserved) put_row(s, address_of(s, emit_memory(s->b, &own)), step, r);
    if (to_root) put_row(s, place_text(s, m, v->root, at), step, r);
    if (v->local) keep_made(s, m->node, at, r);
}

static void print_row(struct blocks *s, const struct member *m)
{
    const struct ir_node *n = node_of(s, m->node);
    struct index at = index_own(n->shape, 0);
    if (m->copy_to >= 0) {
        struct access own = {.base = m->node, .at = at};
        struct affine place = place_of(s, &own);
        put_row(s, place_text(s, m, m->copy_to, &at), step_of(&place, s->last), row_of(s, m->node, &at));
        return;
    }
    struct value *v = &s->b->u->value[m->node];
    struct access a = {.base = m->node, .at = at};
    struct affine place = place_of(s, &a);
    bool map = ir_ops[n->op].class == CLASS_MAP, to_root = v->root >= 0 && !v->reserved, direct = step_of(&place, s->last) == 1;
    v->held = false;
    bool constant = !row_varies(s, m->node, &at);
    v->held = true;
    if (map && direct && !constant && (v->reserved != to_root)) { /* right into the one place */
        const char *to = to_root ? place_text(s, m, v->root, &at) : address_of(s, emit_memory(s->b, &a));
        struct row r = map_row(s, n, &at, to);
        if (v->local) keep_made(s, m->node, &at, r);
        return;
    }
    v->held = false;
    struct row r = row_of(s, m->node, &at);
    v->held = true;
    store_row(s, m, &at, r);
}

/* ---- loops ---- */

/* The row's beginning in a block. */
static void open_row(struct blocks *s)
{
    struct unit *u = s->b->u;
    ir_size all = 1;
    int64_t known;
    for (unsigned k = s->n_axes - s->run; k < s->n_axes; k++) {
        all = size_mul(u->sizes, all, s->size[k]);
        s->b->var[s->first + k] = "0";
    }
    const char *total = emit_size(s->b, all, PREC_PLUS);
    if (size_known(u->sizes, all, &known) && known <= BLOCK) {
        s->n = total;
        emit_line(s->b, "{");
    } else {
        const char *i = u->loop_name[s->last];
        s->n = scope_numbered(u->scope, "n", &u->next_number[5]);
        emit_line(s->b, "for (size_t %s = 0; %s < %s; %s += %d) {", i, i, total, i, BLOCK);
        emit_line(s->b, "    const size_t %s = %s - %s < %d ? %s - %s : %d;", s->n, total, i, BLOCK, total, i, BLOCK);
        s->b->var[s->last] = i;
    }
    s->b->indent++;
    emit_open_block(s->b);
}

static void close_row(struct blocks *s)
{
    s->b->indent--;
    emit_line(s->b, "}");
}

static bool begin(struct blocks *s, struct body *b, const struct group *g, unsigned first, const ir_size *size, unsigned n)
{
    *s = (struct blocks){.b = b, .g = g, .first = first, .n_axes = n, .size = size, .wanted = (1u << n) - 1};
    return b->u->o->style == EMIT_JIT && b->u->n_parts == 1 && n > 0;
}

static bool is_reduce(const struct blocks *s, const struct member *m)
{
    return m->copy_to < 0 && ir_ops[node_of(s, m->node)->op].class == CLASS_REDUCE;
}

static void look_at(struct blocks *s, const struct member *m)
{
    const struct ir_node *n = node_of(s, m->node);
    struct value *v = &s->b->u->value[m->node];
    if (n->type != IR_REAL) {
        s->fails = true;
        return;
    }
    if (is_reduce(s, m)) {
        struct index at = index_argument(s->b->u, n, 0);
        s->fails = s->fails || n->op == OP_argmax || n->op == OP_argmin;
        if (!s->fails) look(s, n->arg[0], &at);
        return;
    }
    struct index at = index_own(n->shape, 0);
    struct access own = {.base = m->node, .at = at};
    struct affine place = place_of(s, &own);
    bool held = v->held;
    note_axes(s, &place);
    if (m->copy_to < 0) v->held = false;
    look(s, m->node, &at);
    v->held = held;
}

/* The longest row; false if there is none worth a call. */
static bool settle_row(struct blocks *s)
{
    struct unit *u = s->b->u;
    int64_t most = 1;
    while (s->run < s->n_axes && s->wanted >> s->run & 1) s->run++;
    if (s->fails || !s->run) return false;
    for (unsigned k = s->n_axes - s->run; k < s->n_axes; k++) most *= size_bound(u->sizes, s->size[k]);
    s->last = s->first + s->n_axes - 1;
    while (s->last > s->first + s->n_axes - s->run && s->size[s->last - s->first] == 1) s->last--;
    return most >= ROW_LEAST;
}

bool emit_block_maps(struct body *b, const struct group *g)
{
    struct blocks s;
    const struct phase *ph = &g->phases.at[0];
    if (g->phases.n != 1 || ph->n_inner || !begin(&s, b, g, 0, g->outer, g->n_outer)) return false;
    for (uint32_t i = 0; i < ph->members.n && !s.fails; i++) {
        s.fails = is_reduce(&s, &ph->members.at[i]);
        if (!s.fails) look_at(&s, &ph->members.at[i]);
    }
    if (!settle_row(&s)) return false;
    b->n_vars = g->n_outer;
    uint32_t outer = b->serial;
    emit_open_loops(b, g->outer, g->n_outer - s.run, 0);
    if (emit_any_loop(g->outer, g->n_outer - s.run)) emit_open_block(b);
    open_row(&s);
    for (uint32_t i = 0; i < ph->members.n; i++) print_row(&s, &ph->members.at[i]);
    close_row(&s);
    emit_close_loops(b, g->outer, g->n_outer - s.run);
    b->serial = outer;
    return true;
}

/* Of a reduction: adds the block, or takes its most, into the running variable. */
static void reduce_row(struct blocks *s, const struct member *m, const char *running, bool careful)
{
    const struct ir_node *n = node_of(s, m->node);
    struct index at = index_argument(s->b->u, n, 0);
    struct row r = spread(s, row_of(s, n->arg[0], &at));
    const char *f = f_of(s);
    if (n->op == OP_sum && careful)
        emit_line(s->b, "nnrt_sum_add(%s, nnrt_b_sum_%s(%s, %s));", running, f, s->n, r.text);
    else if (n->op == OP_sum)
        emit_line(s->b, "%s += nnrt_b_sum_%s(%s, %s);", running, f, s->n, r.text);
    else
        emit_line(s->b, "%s = nnrt_b_%s_%s(%s, %s, %s);", running, n->op == OP_max_of ? "most" : "least", f, s->n, r.text, running);
    call(s, n->op == OP_sum ? "sum" : n->op == OP_max_of ? "most" : "least");
}

bool emit_block_phase(struct body *b, const struct group *g, const struct phase *ph, const struct running *r)
{
    struct blocks s;
    if (ph->crossed || !begin(&s, b, g, g->n_outer, ph->inner, ph->n_inner)) return false;
    for (uint32_t i = 0; i < ph->members.n && !s.fails; i++) look_at(&s, &ph->members.at[i]);
    if (!settle_row(&s)) return false;
    uint32_t outer = b->serial;
    emit_open_loops(b, ph->inner, ph->n_inner - s.run, g->n_outer);
    if (emit_any_loop(ph->inner, ph->n_inner - s.run)) emit_open_block(b);
    open_row(&s);
    for (uint32_t i = 0; i < ph->members.n; i++) {
        if (is_reduce(&s, &ph->members.at[i]))
            reduce_row(&s, &ph->members.at[i], r[i].name, r[i].careful);
        else
            print_row(&s, &ph->members.at[i]);
    }
    close_row(&s);
    emit_close_loops(b, ph->inner, ph->n_inner - s.run);
    b->serial = outer;
    return true;
}

/* ---- declarations ---- */

void blocks_declare(const struct calls *calls, bool single, struct text *out)
{
    static const struct {
        const char *name, *result, *arguments;
    } others[] = {
        {"copy", "void", "real *, const real *"},       {"fill", "void", "real *, const real *"},
        {"take", "void", "real *, const real *, size_t"}, {"put", "void", "real *, size_t, const real *"},
        {"sum", "double", "const real *"},              {"most", "real", "const real *, real"},
        {"least", "real", "const real *, real"},        {"gather_sums", "void", "double *, const real *"},
        {"rounded", "void", "real *, const double *"},
    };
    const char *f = single ? "f32" : "f64";
    for (uint32_t i = 0; i < calls->blocks.n; i++) {
        const char *name = calls->blocks.at[i], *result = "void", *arguments = NULL;
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            if (!strcmp(others[k].name, name)) result = others[k].result, arguments = others[k].arguments;
        for (int op = 0; op < OP_COUNT && !arguments; op++)
            if (!strcmp(ir_ops[op].name, name))
                arguments = ir_ops[op].arity == 1   ? "real *, const real *"
                            : ir_ops[op].arity == 2 ? "real *, const real *, size_t, const real *, size_t"
                                                    : "real *, const real *, const real *, const real *";
        text_printf(out, "%s nnrt_b_%s_%s(size_t, %s);\n", result, name, f, arguments);
    }
}
