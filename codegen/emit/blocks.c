/* Loops of JIT text as calls: libtcc makes no vectors, so an operation over a row is a call of a loop that was compiled
 * before, for a block of the row at a time that stays in the cache. A phase is made so where all its reads are rows or
 * numbers along the innermost axes; else it is a loop as in files. */
#include "codegen/emit/block_rows.h"

#include <string.h>

enum { ROW_LEAST = 8, ROW_LEAST_OF_FUNCTIONS = 3, CALLS_A_LOOP = 3 };

static const struct ir_node *node_of(const struct blocks *s, ir_id id)
{
    return ir_at(s->b->u->g, id);
}

static const char *f_of(const struct blocks *s)
{
    return s->b->u->o->single ? "f32" : "f64";
}

/* ---- which axes are a row ---- */

ir_size rows_step(const struct affine *a, unsigned var)
{
    for (unsigned t = 0; t < a->n; t++)
        if (a->term[t].var == var) return a->term[t].by;
    return 0;
}

struct affine rows_place(struct blocks *s, const struct access *a)
{
    return a->flat ? a->offset : index_flatten(s->b->u, &a->at, node_of(s, a->base)->shape);
}

/* Axis k, counted from the last, joins those behind it where steps along it go on where theirs end. */
static void note_axes(struct blocks *s, const struct affine *at)
{
    ir_size all = 1, step = 0;
    uint32_t can = 0;
    for (unsigned k = 0; k < s->n_axes; k++, can = can << 1 | 1) {
        unsigned axis = s->n_axes - 1 - k;
        if (s->size[axis] == 1) continue;
        if (all == 1) step = rows_step(at, s->first + axis);
        if (rows_step(at, s->first + axis) != size_mul(s->b->u->sizes, step, all)) break;
        all = size_mul(s->b->u->sizes, all, s->size[axis]);
    }
    s->wanted &= can;
}

static bool varies(const struct blocks *s, const struct affine *a)
{
    for (unsigned t = 0; t < a->n; t++) {
        unsigned var = a->term[t].var;
        bool in_run = var >= s->first + s->n_axes - s->run && var < s->first + s->n_axes;
        if (in_run && !(s->outside >> (var - s->first) & 1)) return true;
    }
    return false;
}

/* ---- rows ---- */

int rows_block(const struct blocks *s)
{
    return s->apart ? BLOCK_APART : BLOCK;
}

struct row rows_new(struct blocks *s, const char *type)
{
    const char *name = scope_numbered(s->b->u->scope, "row", &s->b->u->next_number[5]);
    emit_line(s->b, "%s %s[%d];", type, name, rows_block(s));
    return (struct row){name, false, true};
}

void rows_call(struct blocks *s, const char *name)
{
    emit_calls_block(s->b->u, name);
}

/* An element with the variables of the row at its beginning. */
static const char *address_of(struct blocks *s, const char *element)
{
    return arena_printf(s->b->u->scratch, "&%s", element);
}

static struct row from_memory(struct blocks *s, const struct access *a)
{
    struct affine at = rows_place(s, a);
    ir_size step = rows_step(&at, s->last);
    if (s->apart) return views_read(s, a, NULL);
    const char *from = address_of(s, emit_memory(s->b, a));
    if (step == 1) return (struct row){from, false, false};
    struct row r = rows_new(s, s->b->u->real_type);
    emit_line(s->b, "nnrt_b_take_%s(%s, %s, %s, %s);", f_of(s), s->n, r.text, from, emit_size(s->b, step, PREC_COND));
    rows_call(s, "take");
    return r;
}

struct row *rows_made(struct blocks *s, ir_id id, const struct index *at)
{
    for (uint32_t i = 0; i < s->made.n; i++) {
        struct made_row *m = &s->made.at[i];
        bool same = m->id == id;
        for (unsigned k = 0; same && k < at->rank; k++) same = affine_equal(&m->at->at[k], &at->at[k]);
        if (same) return &m->row;
    }
    return NULL;
}

void rows_keep(struct blocks *s, ir_id id, const struct index *at, struct row r)
{
    struct index *copy = arena_new(s->b->u->arena, struct index);
    *copy = *at;
    r.spare = false;
    vec_push(s->b->u->arena, &s->made, ((struct made_row){id, copy, r}));
}

bool rows_read_variable(struct blocks *s, const struct access *a)
{
    return s->b->u->value[a->base].held && emit_sees_variable(s->b->u, a, s->b->group, s->b->phase);
}

/* No row and no operation over rows: made element by element. */
static bool is_plain(const struct blocks *s, const struct access *a)
{
    const struct ir_node *n = node_of(s, a->base);
    bool map = !s->b->u->value[a->base].held && ir_ops[n->op].class == CLASS_MAP;
    if (a->n_guards || n->type != IR_REAL || n->op == OP_random) return true;
    for (uint32_t i = 0; i < n->n_arg && map; i++)
        if (node_of(s, n->arg[i])->type != IR_REAL) return true;
    return false;
}

/* Whether anything in it changes along the row. */
bool rows_vary(struct blocks *s, ir_id id, const struct index *at)
{
    struct access a;
    access_follow(s->b->u, id, at, &a);
    const struct ir_node *n = node_of(s, a.base);
    if (a.n_guards) return true;
    if (rows_made(s, a.base, &a.at)) return !rows_made(s, a.base, &a.at)->one;
    if (rows_read_variable(s, &a)) return false; /* of what is around the row */
    if (s->b->u->value[a.base].held || ir_ops[n->op].class == CLASS_LEAF) {
        if (n->shape->rank == 0) return false;
        struct affine place = rows_place(s, &a);
        return varies(s, &place);
    }
    if (n->op == OP_gather) {
        struct index idx, x;
        index_gather(s->b->u, n, &a.at, &idx, &x, VARS - 1);
        return rows_vary(s, n->arg[1], &idx) || rows_vary(s, n->arg[0], &x);
    }
    for (uint32_t i = 0; i < n->n_arg; i++)
        if (rows_vary(s, n->arg[i], &a.at)) return true;
    return false;
}

static const char *step_text(const struct row *r)
{
    return r->one ? "0" : "1";
}

struct row rows_spread(struct blocks *s, struct row r)
{
    if (!r.one) return r;
    struct row all = rows_new(s, s->b->u->real_type);
    emit_line(s->b, "nnrt_b_fill_%s(%s, %s, %s);", f_of(s), s->n, all.text, r.text);
    rows_call(s, "fill");
    return all;
}

/* The operation over rows; `to`: where the result must lie, or NULL. */
static struct row map_row(struct blocks *s, const struct ir_node *n, const struct index *at, const char *to)
{
    struct row x[3];
    struct row y = {to, false, false};
    if (views_special(s, n, at, to, &y) || rows_pair(s, n, at, to, &y)) return y;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        x[i] = rows_of(s, n->arg[i], at);
        if (n->n_arg != 2) x[i] = rows_spread(s, x[i]);
    }
    for (uint32_t i = 0; i < n->n_arg && !y.text; i++)
        if (x[i].spare) y = x[i];
    if (!y.text) y = rows_new(s, s->b->u->real_type);
    struct text *t = emit_begin(s->b->u);
    text_printf(t, "nnrt_b_%s_%s(%s, %s", ir_ops[n->op].name, f_of(s), s->n, y.text);
    for (uint32_t i = 0; i < n->n_arg; i++) {
        text_printf(t, ", %s", x[i].text);
        if (n->n_arg == 2) text_printf(t, ", %s", step_text(&x[i]));
    }
    emit_line(s->b, "%s);", emit_end(s->b->u, t));
    rows_call(s, ir_ops[n->op].name);
    return y;
}

/* Dry: element by element nothing can be read that is in rows alone. */
static void see_plain(void *user, struct unit *u, const struct access *a)
{
    struct blocks *s = user;
    const struct value *v = &u->value[a->base];
    if (v->held && v->group == s->b->group && node_of(s, a->base)->shape->rank && emit_sees_variable(u, a, s->b->group, s->b->phase))
        s->fails = true;
}

static bool chooses_rows(struct blocks *s, const struct ir_node *n, const struct access *a, uint8_t var, struct index *idx, struct index *x)
{
    index_gather(s->b->u, n, &a->at, idx, x, var);
    s->run = 1; /* it makes no longer row */
    bool varies = rows_vary(s, n->arg[1], idx);
    s->run = 0;
    return !varies;
}

/* The variable along which a row lies. */
static unsigned last_axis(const struct blocks *s)
{
    unsigned last = s->n_axes - 1;
    while (last > 0 && s->size[last] == 1) last--;
    return s->first + last;
}

/* Dry: notes which axes can be a row, and how much is calls. */
static void look(struct blocks *s, ir_id id, const struct index *at)
{
    struct access a;
    struct index idx, x;
    access_follow(s->b->u, id, at, &a);
    const struct ir_node *n = node_of(s, a.base);
    if (rows_compare(s, &a) && rows_grow_evenly(s, n, &a.at)) {
        s->calls++;
        s->wanted &= 1;
    } else if (rows_random(s, &a, last_axis(s))) {
        s->calls++;
        s->wanted &= 1; /* short rows are rounded as numbers in files are, and initial values with them */
    } else if (is_plain(s, &a)) {
        s->plain++;
        s->wanted &= 1; /* its indices are those of one axis */
        emit_each_read(s->b->u, id, at, see_plain, s);
    } else if (s->b->u->value[a.base].held || ir_ops[n->op].class == CLASS_LEAF) {
        if (n->shape->rank == 0) return;
        struct affine place = rows_place(s, &a);
        note_axes(s, &place);
        s->skips = s->skips || rows_step(&place, s->first + s->n_axes - 1) > 1;
        s->fails = s->fails || !emit_in_memory(s->b->u, a.base); /* a row whose elements lie apart */
    } else if (n->op == OP_gather) {
        s->wanted &= 1;
        if (chooses_rows(s, n, &a, VARS - 1, &idx, &x))
            look(s, n->arg[0], &x);
        else {
            s->plain++;
            emit_each_read(s->b->u, id, at, see_plain, s);
        }
    } else {
        s->calls++;
        if (ir_ops[n->op].flags & (s->b->u->o->single ? FLAG_LANES_F32 : FLAG_LANES_F64)) s->functions = true;
        s->fails = s->fails || ir_ops[n->op].class != CLASS_MAP;
        for (uint32_t i = 0; i < n->n_arg && !s->fails; i++) look(s, n->arg[i], &a.at);
    }
}

/* A loop for what no call computes. */
static struct row by_elements(struct blocks *s, ir_id id, const struct index *at)
{
    struct body *b = s->b;
    struct row r = rows_new(s, b->u->real_type);
    const char *i = scope_numbered(b->u->scope, "q", &b->u->next_number[5]), *outer = b->var[s->last];
    uint32_t serial = emit_open_block(b);
    emit_line(b, "for (size_t %s = 0; %s < %s; %s++) {", i, i, s->n, i);
    b->indent++;
    b->var[s->last] = strcmp(outer, "0") ? arena_printf(b->u->scratch, "(%s + %s)", outer, i) : i;
    emit_line(b, "%s[%s] = %s;", r.text, i, emit_expression(b, id, at, PREC_COND));
    b->indent--;
    emit_line(b, "}");
    b->var[s->last] = outer;
    b->serial = serial;
    return r;
}

/* Rows of an array, chosen by an integer that is the same all along the row. */
static struct row chosen_row(struct blocks *s, ir_id id, const struct ir_node *n, const struct access *a, const struct index *at)
{
    struct body *b = s->b;
    struct index idx, x;
    uint8_t var = b->n_vars;
    index_gather(b->u, n, &a->at, &idx, &x, var);
    if (rows_vary(s, n->arg[1], &idx)) return by_elements(s, id, at);
    b->var[var] = arena_printf(b->u->scratch, "(size_t)%s", emit_expression(b, n->arg[1], &idx, PREC_UNARY));
    b->n_vars++;
    s->chosen++;
    struct row r = rows_of(s, n->arg[0], &x);
    s->chosen--;
    b->n_vars--;
    return r;
}

struct row rows_of(struct blocks *s, ir_id id, const struct index *at)
{
    struct access a;
    access_follow(s->b->u, id, at, &a);
    const struct ir_node *n = node_of(s, a.base);
    struct row *made = s->chosen || a.n_guards ? NULL : rows_made(s, a.base, &a.at);
    if (made) return *made;
    ir_size by;
    if (!rows_vary(s, id, at)) return rows_number(s, id, at);
    bool whole = !s->apart && rows_compare(s, &a);
    if (whole && rows_growth(s, n->arg[0], &a.at, &by) && rows_growth(s, n->arg[1], &a.at, &by)) return rows_compared(s, n, &a.at);
    if (rows_random(s, &a, s->last)) return rows_draw(s, &a, NULL);
    if (!s->apart && is_plain(s, &a)) return by_elements(s, id, at);
    if (s->b->u->value[a.base].held || ir_ops[n->op].class == CLASS_LEAF) return from_memory(s, &a);
    if (n->op == OP_gather) return chosen_row(s, id, n, &a, at);
    struct row r = map_row(s, n, &a.at, NULL);
    if (s->b->u->value[a.base].uses > 1 && !s->chosen) {
        rows_keep(s, a.base, &a.at, r);
        r.spare = false;
    }
    return r;
}

/* The row right where it is wanted, if it is made by one call; else wherever it is. */
static struct row row_into(struct blocks *s, ir_id id, const struct index *at, const char *to)
{
    struct access a;
    access_follow(s->b->u, id, at, &a);
    bool map = ir_ops[node_of(s, a.base)->op].class == CLASS_MAP && !s->b->u->value[a.base].held;
    bool made = rows_made(s, a.base, &a.at) || !rows_vary(s, id, at) || is_plain(s, &a);
    return map && !made ? map_row(s, node_of(s, a.base), &a.at, to) : rows_of(s, id, at);
}

/* ---- members ---- */

static const char *place_text(struct blocks *s, const struct member *m, int32_t root, const struct index *at)
{
    return address_of(s, emit_place(s->b, m->node, root, at));
}

static void put_row(struct blocks *s, const char *to, const struct affine *place, struct row r)
{
    ir_size step = rows_step(place, s->last);
    if (s->apart) {
        views_put(s, to, place, r, false);
        return;
    }
    if (step == 1 && r.one) {
        emit_line(s->b, "nnrt_b_fill_%s(%s, %s, %s);", f_of(s), s->n, to, r.text);
        rows_call(s, "fill");
        return;
    }
    r = rows_spread(s, r);
    if (step == 1) {
        emit_line(s->b, "nnrt_b_copy_%s(%s, %s, %s);", f_of(s), s->n, to, r.text);
        rows_call(s, "copy");
        return;
    }
    emit_line(s->b, "nnrt_b_put_%s(%s, %s, %s, %s);", f_of(s), s->n, to, emit_size(s->b, step, PREC_COND), r.text);
    rows_call(s, "put");
}

/* Puts the row of a member where it is wanted: into the places that a loop would store it to. */
void rows_store(struct blocks *s, const struct member *m, const struct index *at, struct row r)
{
    const struct value *v = &s->b->u->value[m->node];
    struct access own = {.base = m->node, .at = *at};
    struct affine place = rows_place(s, &own);
    bool to_root = v->root >= 0 && !v->reserved;
    if (v->reserved) put_row(s, address_of(s, emit_memory(s->b, &own)), &place, r);
    if (to_root) put_row(s, place_text(s, m, v->root, at), &place, r);
    if (v->local) rows_keep(s, m->node, at, r);
}

const char *rows_destination(struct blocks *s, const struct member *m)
{
    const struct value *v = &s->b->u->value[m->node];
    struct access own = {.base = m->node, .at = index_own(node_of(s, m->node)->shape, 0)};
    struct affine place = rows_place(s, &own);
    bool to_root = v->root >= 0 && !v->reserved;
    if (s->apart || v->local || v->reserved == to_root || rows_step(&place, s->last) != 1) return NULL;
    return to_root ? place_text(s, m, v->root, &own.at) : address_of(s, emit_memory(s->b, &own));
}

void rows_print(struct blocks *s, const struct member *m)
{
    const struct ir_node *n = node_of(s, m->node);
    struct index at = index_own(n->shape, 0);
    if (m->copy_to >= 0) {
        struct access own = {.base = m->node, .at = at};
        struct affine place = rows_place(s, &own);
        put_row(s, place_text(s, m, m->copy_to, &at), &place, rows_of(s, m->node, &at));
        return;
    }
    struct value *v = &s->b->u->value[m->node];
    struct access a = {.base = m->node, .at = at};
    struct affine place = rows_place(s, &a);
    bool map = ir_ops[n->op].class == CLASS_MAP, to_root = v->root >= 0 && !v->reserved;
    v->held = false;
    bool constant = !rows_vary(s, m->node, &at);
    map = map && (s->apart || !is_plain(s, &a));
    v->held = true;
    const char *to = NULL;
    struct access from;
    v->held = false;
    bool moves = s->apart && !map && views_moves(s, m->node, &at, &from), random = rows_random(s, &a, s->last);
    v->held = true;
    if ((map || moves || random) && !constant && v->reserved != to_root) to = to_root ? place_text(s, m, v->root, &at) : address_of(s, emit_memory(s->b, &a));
    if (to && s->apart)
        to = views_direct(s, to, &place);
    else if (to && rows_step(&place, s->last) != 1)
        to = NULL;
    if (to) { /* right into the one place */
        struct row r = moves ? views_read(s, &from, to) : random ? rows_draw(s, &a, to) : map_row(s, n, &at, to);
        if (v->local) rows_keep(s, m->node, &at, r);
        return;
    }
    v->held = false;
    if (map && s->apart && !constant && v->reserved != to_root && !v->local) {
        s->dest = to_root ? place_text(s, m, v->root, &at) : address_of(s, emit_memory(s->b, &a));
        s->dest_place = &place;
    }
    s->put = false;
    struct row r = rows_of(s, m->node, &at);
    bool put = s->put;
    s->dest = NULL;
    s->put = false;
    v->held = true;
    if (constant && v->local && n->type == IR_REAL && r.one) /* numbers that are made of it know it by its name */
        emit_line(s->b, "const %s %s = %s%s;", s->b->u->real_type, v->name, *r.text == '&' ? "" : "*", r.text + (*r.text == '&'));
    if (!put) rows_store(s, m, &at, r);
}

/* ---- loops ---- */

static bool is_reduce(const struct blocks *s, const struct member *m)
{
    return m->copy_to < 0 && ir_ops[node_of(s, m->node)->op].class == CLASS_REDUCE;
}

static void look_at(struct blocks *s, const struct member *m)
{
    const struct ir_node *n = node_of(s, m->node);
    struct value *v = &s->b->u->value[m->node];
    bool reduces = is_reduce(s, m);
    if ((reduces ? node_of(s, n->arg[0]) : n)->type != IR_REAL) {
        s->fails = true;
        return;
    }
    s->calls++;
    if (reduces) {
        struct index at = index_argument(s->b->u, n, 0);
        if (reduce_is_index(n)) s->wanted &= 1; /* a position is that along one axis */
        look(s, n->arg[0], &at);
        return;
    }
    struct index at = index_own(n->shape, 0);
    struct access own = {.base = m->node, .at = at};
    struct affine place = rows_place(s, &own);
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
    if (s->fails || !s->run || s->calls < CALLS_A_LOOP * s->plain) return false;
    for (unsigned k = s->n_axes - s->run; k < s->n_axes; k++) most *= size_bound(u->sizes, s->size[k]);
    s->last = s->first + s->n_axes - 1;
    while (s->last > s->first + s->n_axes - s->run && s->size[s->last - s->first] == 1) s->last--;
    rows_deal(s);
    return most >= (s->functions ? ROW_LEAST_OF_FUNCTIONS : ROW_LEAST);
}

/* The same where the row's axes are not neighbours everywhere: of all loops, if that makes a longer one. */
static bool settle_apart(struct blocks *s, const struct phase *ph)
{
    struct unit *u = s->b->u;
    bool settled = settle_row(s);
    int64_t run = 1, all = 1;
    for (unsigned k = 0; k < s->n_axes; k++) {
        int64_t size = size_bound(u->sizes, s->size[k]);
        all = all < INT32_MAX ? all * size : all;
        if (settled && k >= s->n_axes - s->run) run = run < INT32_MAX ? run * size : run;
    }
    if (settled && run >= ROW_SHORT && !s->plain) return true;
    if (all < ROW_SHORT || (run >= all && !s->plain)) return settled;
    s->calls = 0;
    for (uint32_t i = 0; i < ph->members.n; i++)
        if (!views_can_member(s, &ph->members.at[i])) return settled;
    s->apart = true;
    s->run = s->n_axes;
    s->last = s->first + s->n_axes - 1;
    views_find_outside(s, ph);
    rows_deal(s);
    return true;
}

bool emit_block_maps(struct body *b, const struct group *g)
{
    struct blocks s;
    const struct phase *ph = &g->phases.at[0];
    if (g->phases.n != 1 || ph->n_inner || !rows_begin(&s, b, g, 0, g->outer, g->n_outer)) return false;
    for (uint32_t i = 0; i < ph->members.n; i++)
        if (is_reduce(&s, &ph->members.at[i])) return false;
    for (uint32_t i = 0; i < ph->members.n && !s.fails; i++) look_at(&s, &ph->members.at[i]);
    if (!settle_apart(&s, ph)) return false;
    b->n_vars = g->n_outer;
    uint32_t outer = b->serial;
    emit_open_loops(b, g->outer, g->n_outer - s.run, 0);
    if (emit_any_loop(g->outer, g->n_outer - s.run)) emit_open_block(b);
    views_open_outside(&s);
    rows_open(&s);
    for (uint32_t i = 0; i < ph->members.n; i++) rows_print(&s, &ph->members.at[i]);
    rows_close(&s);
    views_close_outside(&s);
    emit_close_loops(b, g->outer, g->n_outer - s.run);
    b->serial = outer;
    return true;
}

/* Of a reduction: adds the block, or takes its most, into the running variable. */
static void reduce_row(struct blocks *s, const struct member *m, const struct running *to)
{
    const struct ir_node *n = node_of(s, m->node);
    const char *running = to->name;
    struct index at = index_argument(s->b->u, n, 0);
    struct row r = rows_spread(s, rows_of(s, n->arg[0], &at));
    const char *f = f_of(s);
    if (reduce_is_index(n)) {
        const char *which = n->op == OP_argmax ? "first_most" : "first_least", *from = s->from ? s->b->var[s->last] : "0";
        emit_line(s->b, "nnrt_b_%s_%s(%s, %s, &%s, &%s, (int32_t)%s);", which, f, s->n, r.text, running, to->index, from);
        rows_call(s, which);
        return;
    }
    if (n->op == OP_sum && to->careful)
        emit_line(s->b, "nnrt_sum_add(%s, nnrt_b_sum_%s(%s, %s));", running, f, s->n, r.text);
    else if (n->op == OP_sum)
        emit_line(s->b, "%s += nnrt_b_sum_%s(%s, %s);", running, f, s->n, r.text);
    else
        emit_line(s->b, "%s = nnrt_b_%s_%s(%s, %s, %s);", running, n->op == OP_max_of ? "most" : "least", f, s->n, r.text, running);
    rows_call(s, n->op == OP_sum ? "sum" : n->op == OP_max_of ? "most" : "least");
}

bool emit_block_phase(struct body *b, const struct group *g, const struct phase *ph, const struct running *r)
{
    struct blocks s;
    if (!rows_begin(&s, b, g, g->n_outer, ph->inner, ph->n_inner)) return false;
    for (uint32_t i = 0; i < ph->members.n && !s.fails; i++) look_at(&s, &ph->members.at[i]);
    if (b->corner.is) s.wanted &= (1u << (s.first + s.n_axes - b->corner.col)) - 1; /* the loop that it is left out of is the row */
    if (b->corner.is ? !settle_row(&s) : !settle_apart(&s, ph)) return false;
    uint32_t outer = b->serial;
    emit_open_loops(b, ph->inner, ph->n_inner - s.run, g->n_outer);
    if (emit_any_loop(ph->inner, ph->n_inner - s.run)) emit_open_block(b);
    views_open_outside(&s);
    rows_open(&s);
    for (uint32_t i = 0; i < ph->members.n; i++) {
        if (is_reduce(&s, &ph->members.at[i]))
            reduce_row(&s, &ph->members.at[i], &r[i]);
        else
            rows_print(&s, &ph->members.at[i]);
    }
    rows_close(&s);
    views_close_outside(&s);
    emit_close_loops(b, ph->inner, ph->n_inner - s.run);
    b->serial = outer;
    return true;
}

/* ---- sums across rows ---- */

/* Phases that sum, for each element of a row, the first one among them; the others go on with that. */
static bool look_at_columns(struct blocks *s, const struct group *g)
{
    if (!g->phases.at[0].crossed || !rows_begin(s, s->b, g, 0, g->outer, g->n_outer)) return false;
    for (uint32_t p = 0; p < g->phases.n; p++) {
        const struct phase *ph = &g->phases.at[p];
        s->b->phase = p;
        for (uint32_t i = 0; i < ph->members.n && !s->fails; i++) {
            const struct member *m = &ph->members.at[i];
            bool sum = is_reduce(s, m) && node_of(s, m->node)->op == OP_sum;
            if (ph->crossed ? !sum : is_reduce(s, m) || ph->n_inner) return false;
            look_at(s, m);
            struct index at = index_own(node_of(s, m->node)->shape, 0);
            struct access own = {.base = m->node, .at = at};
            struct affine place = rows_place(s, &own);
            note_axes(s, &place);
        }
    }
    return settle_row(s);
}

/* Numbers in a row, and along the last of the axes that are summed over, as far as these are one in memory. */
static int64_t row_bound(const struct blocks *s)
{
    int64_t all = 1;
    for (unsigned k = s->n_axes - s->run; k < s->n_axes; k++) all *= size_bound(s->b->u->sizes, s->size[k]);
    return all;
}

static int64_t inner_bound(struct body *b, const struct group *g)
{
    struct blocks s;
    const struct phase *ph = &g->phases.at[0];
    if (!rows_begin(&s, b, g, g->n_outer, ph->inner, ph->n_inner)) return 0;
    for (uint32_t i = 0; i < ph->members.n && !s.fails; i++) look_at(&s, &ph->members.at[i]);
    return settle_row(&s) && !s.skips ? row_bound(&s) : 0;
}

static void print_column_sums(struct blocks *s, const struct phase *ph)
{
    struct unit *u = s->b->u;
    const char *f = f_of(s), **acc = arena_many(u->scratch, const char *, ph->members.n);
    if (ph->members.n == 1 && rows_add_columns(s, ph, &ph->members.at[0])) return;
    for (uint32_t i = 0; i < ph->members.n; i++) {
        acc[i] = scope_numbered(u->scope, "acc", &u->next_number[4]);
        emit_line(s->b, "double %s[%d] = {0};", acc[i], BLOCK);
    }
    uint32_t outer = s->b->serial, made = s->made.n;
    emit_open_loops(s->b, ph->inner, ph->n_inner, s->g->n_outer);
    if (emit_any_loop(ph->inner, ph->n_inner)) emit_open_block(s->b);
    for (uint32_t i = 0; i < ph->members.n; i++) {
        const struct ir_node *n = node_of(s, ph->members.at[i].node);
        struct index at = index_argument(u, n, 0);
        struct row r = rows_spread(s, rows_of(s, n->arg[0], &at));
        emit_line(s->b, "nnrt_b_gather_sums_%s(%s, %s, %s);", f, s->n, acc[i], r.text);
        rows_call(s, "gather_sums");
    }
    emit_close_loops(s->b, ph->inner, ph->n_inner);
    s->b->serial = outer;
    s->made.n = made; /* rows of the loops' blocks are gone */
    for (uint32_t i = 0; i < ph->members.n; i++) {
        struct index at = index_own(node_of(s, ph->members.at[i].node)->shape, 0);
        const char *to = rows_destination(s, &ph->members.at[i]);
        struct row r = to ? (struct row){to, false, false} : rows_new(s, u->real_type);
        emit_line(s->b, "nnrt_b_rounded_%s(%s, %s, %s);", f, s->n, r.text, acc[i]);
        rows_call(s, "rounded");
        if (!to) rows_store(s, &ph->members.at[i], &at, r);
    }
}

bool emit_block_columns(struct body *b, const struct group *g)
{
    struct blocks s = {.b = b};
    bool can = look_at_columns(&s, g);
    b->phase = 0;
    if (!can || (row_bound(&s) < ROW_SHORT && inner_bound(b, g) >= ROW_SHORT)) return false;
    if (row_bound(&s) < ROW_SHORT && s.skips && views_can_go_along(b, g)) return false;
    uint32_t outer = b->serial;
    emit_open_loops(b, g->outer, g->n_outer - s.run, 0);
    if (emit_any_loop(g->outer, g->n_outer - s.run)) emit_open_block(b);
    rows_open(&s);
    for (b->phase = 0; b->phase < g->phases.n; b->phase++) {
        const struct phase *ph = &g->phases.at[b->phase];
        b->n_vars = (uint8_t)(g->n_outer + ph->n_inner);
        if (ph->crossed) print_column_sums(&s, ph);
        for (uint32_t i = 0; i < ph->members.n && !ph->crossed; i++) rows_print(&s, &ph->members.at[i]);
    }
    rows_close(&s);
    emit_close_loops(b, g->outer, g->n_outer - s.run);
    b->serial = outer;
    return true;
}

/* ---- whole arrays ---- */

bool emit_block_zero(struct body *b, ir_id id)
{
    struct blocks s = {.b = b};
    const struct ir_shape *shape = node_of(&s, id)->shape;
    struct access a = {.base = id, .at = index_own(shape, 0)};
    if (b->u->o->style != EMIT_JIT || b->share.portions > 1 || node_of(&s, id)->type != IR_REAL || shape->rank == 0) return false;
    for (unsigned k = 0; k < shape->rank; k++) b->var[k] = "0";
    emit_line(b, "{");
    emit_line(b, "    const %s zero = 0;", b->u->real_type);
    emit_line(b, "    nnrt_b_fill_%s(%s, &%s, &zero);", f_of(&s), emit_size(b, ir_elements(b->u->g->tables, shape), PREC_COND), emit_memory(b, &a));
    emit_line(b, "}");
    rows_call(&s, "fill");
    return true;
}

/* Where the part's elements go: for a scatter by an index that `var` stands for. */
static struct index target(struct blocks *s, const struct ir_node *n, ir_size before, const struct index *at, uint8_t var, struct index *idx)
{
    struct unit *u = s->b->u;
    struct index to = *at;
    if (n->op == OP_concat) {
        to.at[n->attr[0]].plus = size_add(u->sizes, to.at[n->attr[0]].plus, before);
        return to;
    }
    index_gather(u, n, at, idx, &to, var);
    to.rank = n->shape->rank;
    for (unsigned i = (unsigned)n->attr[0] + 1; i < to.rank; i++) to.at[i] = at->at[i + idx->rank - 1];
    return to;
}

bool emit_block_part(struct body *b, const struct group *g, uint32_t part, ir_size before)
{
    struct blocks s;
    const struct ir_node *n = ir_at(b->u->g, g->node);
    const struct ir_shape *shape = ir_at(b->u->g, n->arg[part])->shape;
    struct index at = index_own(shape, 0), idx;
    uint8_t var = shape->rank;
    if ((n->op != OP_concat && n->op != OP_scatter) || !rows_begin(&s, b, g, 0, shape->dim, shape->rank)) return false;
    b->n_vars = (uint8_t)(var + 1);
    struct access to = {.base = g->node, .at = target(&s, n, before, &at, var, &idx)};
    struct affine place = rows_place(&s, &to);
    note_axes(&s, &place);
    s.calls = 1;
    look(&s, n->arg[part], &at);
    if (n->op == OP_scatter) s.wanted &= 1, s.run = 1;
    if (n->op == OP_scatter && rows_vary(&s, n->arg[1], &idx)) return false;
    s.run = 0;
    if (n->type != IR_REAL) return false;
    bool settled = settle_row(&s);
    if (n->op == OP_concat && (!settled || row_bound(&s) < ROW_SHORT || s.plain)) views_take_part(&s, n->arg[part], &at);
    if (!settled && !s.apart) return false;
    if (n->op == OP_scatter && rows_step(&place, s.last) != 1) return false;
    uint32_t outer = b->serial;
    emit_open_loops(b, shape->dim, shape->rank - s.run, 0);
    if (emit_any_loop(shape->dim, shape->rank - s.run)) emit_open_block(b);
    rows_open(&s);
    if (n->op == OP_scatter) b->var[var] = arena_printf(b->u->scratch, "(size_t)%s", emit_expression(b, n->arg[1], &idx, PREC_UNARY));
    const char *dest = address_of(&s, emit_memory(b, &to));
    bool right = n->op == OP_concat && !s.apart && rows_step(&place, s.last) == 1;
    struct row r = right ? row_into(&s, n->arg[part], &at, dest) : rows_of(&s, n->arg[part], &at);
    if (n->op == OP_scatter) {
        emit_line(b, "nnrt_b_add_%s(%s, %s, %s, 1, %s, %s);", f_of(&s), s.n, dest, dest, r.text, step_text(&r));
        rows_call(&s, "add");
    } else if (r.text != dest)
        put_row(&s, dest, &place, r);
    rows_close(&s);
    emit_close_loops(b, shape->dim, shape->rank - s.run);
    b->serial = outer;
    return true;
}
