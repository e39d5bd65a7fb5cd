/* Rows of JIT text whose axes are no neighbours in memory, as samples side by side make them: 16 numbers here, 16
 * there. They are read by views, which say for each axis how long it is and how far apart its elements are. Also what
 * pools do: integers that say where the most was, compared with places along an axis. */
#include "codegen/emit/block_rows.h"

enum {
    TURNS_MOST = 16,
    WAYS_MOST = 5,
    GUARDS_INT = 2,
    GUARDS_MOST = 2,
    VIEW_AXES = 8 /* see views.h of the kernels */
};

struct view { /* innermost axis first; the same axes in all ways */
    unsigned n;
    ir_size size[2 * RANK_MAX], step[2 * RANK_MAX][WAYS_MOST];
};

static const struct ir_node *node_of(const struct blocks *s, ir_id id)
{
    return ir_at(s->b->u->g, id);
}

static const char *f_of(const struct blocks *s)
{
    return s->b->u->o->single ? "f32" : "f64";
}

/* ---- views ---- */

/* Axes along which every way goes on where the one within ends are one. */
static void view_along(const struct blocks *s, const struct affine *const *place, unsigned ways, struct view *v)
{
    struct ir_sizes *t = s->b->u->sizes;
    v->n = 0;
    for (unsigned axis = s->n_axes; axis-- > s->n_axes - s->run;) {
        ir_size step[WAYS_MOST], size = s->size[axis];
        bool joins = v->n > 0;
        if (size == 1 || s->outside >> axis & 1) continue;
        for (unsigned w = 0; w < ways; w++) {
            step[w] = rows_step(place[w], s->first + axis);
            joins = joins && step[w] == size_mul(t, v->step[v->n - 1][w], v->size[v->n - 1]);
        }
        if (joins) {
            v->size[v->n - 1] = size_mul(t, v->size[v->n - 1], size);
            continue;
        }
        for (unsigned w = 0; w < ways; w++) v->step[v->n][w] = step[w];
        v->size[v->n++] = size;
    }
}

static bool is_direct(const struct view *v)
{
    return v->n == 1 && v->step[0][0] == 1;
}

/* The table that the kernels read. */
static const char *table_of(struct blocks *s, const struct view *v, unsigned ways)
{
    struct unit *u = s->b->u;
    bool literal = true;
    int64_t known;
    const char *name = scope_numbered(u->scope, "view", &u->next_number[5]);
    struct text *t = emit_begin(u);
    for (unsigned k = 0; k < v->n; k++)
        for (unsigned w = 0; w <= ways; w++) {
            ir_size x = w ? v->step[k][w - 1] : v->size[k];
            bool is = size_known(u->sizes, x, &known);
            literal = literal && is;
            text_printf(t, ", %s",
                        is ? arena_printf(u->scratch, "%lld", (long long)known) : emit_size(s->b, x, PREC_COND));
        }
    emit_line(s->b, "%sconst ptrdiff_t %s[] = {%u%s};", literal ? "static " : "", name, v->n, emit_end(u, t));
    return name;
}

const char *views_from(const struct blocks *s)
{
    return s->from ? s->from : "0";
}

static const char *behind(struct blocks *s, const char *to)
{
    return s->from ? arena_printf(s->b->u->scratch, "%s + %s", to, s->from) : to;
}

const char *views_direct(struct blocks *s, const char *to, const struct affine *place)
{
    struct view v;
    view_along(s, &place, 1, &v);
    return is_direct(&v) ? behind(s, to) : NULL;
}

void views_put(struct blocks *s, const char *to, const struct affine *place, struct row r, bool whole)
{
    struct view v;
    const char *f = whole ? "i32" : f_of(s);
    if (r.one) r = rows_spread(s, r);
    view_along(s, &place, 1, &v);
    if (is_direct(&v)) {
        emit_line(s->b, "nnrt_b_copy_%s(%s, %s, %s);", f, s->n, behind(s, to), r.text);
        rows_call(s, whole ? "copy_i32" : "copy");
    } else {
        emit_line(s->b, "nnrt_b_lay_%s(%s, %s, %s, %s, %s);", f, s->n, to, views_from(s), table_of(s, &v, 1), r.text);
        rows_call(s, whole ? "lay_i32" : "lay");
    }
}

const char *views_address(struct blocks *s, const struct access *a)
{
    return arena_printf(s->b->u->scratch, "&%s", emit_memory(s->b, a));
}

/* What is read where it may not be there: as many conditions as GUARDS_MOST, each a place along an axis. */
static void print_within(struct blocks *s, const struct access *a, const struct affine *at, const char *to)
{
    struct unit *u = s->b->u;
    struct affine none = affine_size(0), from[GUARDS_MOST];
    const struct affine *way[1 + GUARDS_MOST] = {at};
    const char *plus[GUARDS_MOST] = {"0", "0"}, *size[GUARDS_MOST] = {"0", "0"};
    struct view v;
    for (unsigned i = 0; i < GUARDS_MOST; i++) {
        const struct guard *g = &a->guard[i];
        from[i] = i < a->n_guards ? g->at : none;
        way[1 + i] = &from[i];
        if (i >= a->n_guards) continue;
        from[i].plus = size_sub(u->sizes, from[i].plus, g->lo);
        plus[i] = emit_affine(s->b, &from[i], PREC_COND);
        size[i] = emit_size(s->b, size_sub(u->sizes, g->hi, g->lo), PREC_COND);
    }
    view_along(s, way, 1 + GUARDS_MOST, &v);
    emit_line(s->b, "nnrt_b_within_%s(%s, %s, %s, %s, %s, %s, %s, %s, %s);", f_of(s), s->n, to, views_address(s, a),
              views_from(s), table_of(s, &v, 1 + GUARDS_MOST), plus[0], size[0], plus[1], size[1]);
    rows_call(s, "within");
}

struct row views_read(struct blocks *s, const struct access *a, const char *to)
{
    struct unit *u = s->b->u;
    bool whole = node_of(s, a->base)->type == IR_INT;
    struct affine at = rows_place(s, a);
    const struct affine *place = &at;
    struct view v;
    view_along(s, &place, 1, &v);
    const char *from = views_address(s, a);
    if (is_direct(&v) && !a->n_guards && !to) return (struct row){behind(s, from), false, false};
    struct row r = to ? (struct row){to, false, false} : rows_new(s, whole ? "int32_t" : u->real_type);
    if (a->n_guards) {
        print_within(s, a, &at, r.text);
        return r;
    }
    emit_line(s->b, "nnrt_b_view_%s(%s, %s, %s, %s, %s);", whole ? "i32" : f_of(s), s->n, r.text, from, views_from(s),
              table_of(s, &v, 1));
    rows_call(s, whole ? "view_i32" : "view");
    if (to || a->flat) return r;
    rows_keep(s, a->base, &a->at, r);
    r.spare = false;
    return r;
}

/* The node is what lies elsewhere in memory. */
bool views_moves(struct blocks *s, ir_id id, const struct index *at, struct access *a)
{
    access_follow(s->b->u, id, at, a);
    const struct ir_node *n = node_of(s, a->base);
    return n->type == IR_REAL && n->shape->rank && emit_in_memory(s->b->u, a->base) &&
           (a->n_guards || !rows_made(s, a->base, &a->at));
}

const char *views_table(struct blocks *s, const struct affine *place)
{
    struct view v;
    view_along(s, &place, 1, &v);
    return table_of(s, &v, 1);
}

/* ---- what can be read so ---- */

static bool reads_variable(struct blocks *s, const struct access *a)
{
    return s->b->u->value[a->base].held && emit_sees_variable(s->b->u, a, s->b->group, s->b->phase);
}

static bool has_few_axes(const struct blocks *s)
{
    unsigned n = 0;
    for (unsigned axis = 0; axis < s->n_axes; axis++) n += s->size[axis] != 1;
    return n <= VIEW_AXES;
}

bool views_can(struct blocks *s, ir_id id, const struct index *at)
{
    struct access a;
    access_follow(s->b->u, id, at, &a);
    const struct ir_node *n = node_of(s, a.base);
    bool array = n->type == IR_REAL && n->shape->rank && emit_in_memory(s->b->u, a.base);
    if (n->op == OP_random || !has_few_axes(s) || (a.n_guards && (!array || a.n_guards > GUARDS_MOST))) return false;
    if (s->b->u->value[a.base].held || ir_ops[n->op].class == CLASS_LEAF)
        return n->shape->rank == 0 || n->op == OP_iota || reads_variable(s, &a) || emit_in_memory(s->b->u, a.base);
    if (ir_ops[n->op].class != CLASS_MAP || n->type != IR_REAL) return false;
    for (uint32_t i = 0; i < n->n_arg; i++) {
        if (node_of(s, n->arg[i])->type != IR_REAL && n->op != OP_eq && n->op != OP_real) return false;
        if (!views_can(s, n->arg[i], &a.at)) return false;
    }
    s->calls++;
    return true;
}

uint32_t views_places(struct blocks *s, ir_id id, const struct index *at)
{
    struct access a;
    uint32_t places = 0;
    access_follow(s->b->u, id, at, &a);
    const struct ir_node *n = node_of(s, a.base);
    for (unsigned axis = 0; n->op == OP_iota && axis < s->n_axes; axis++)
        if (rows_step(&a.at.at[0], s->first + axis)) places |= 1u << axis;
    bool map = ir_ops[n->op].class == CLASS_MAP && !s->b->u->value[a.base].held;
    for (uint32_t i = 0; i < n->n_arg && map; i++) places |= views_places(s, n->arg[i], &a.at);
    return places;
}

/* ---- loops around a row ---- */

bool views_can_member(struct blocks *s, const struct member *m)
{
    const struct ir_node *n = node_of(s, m->node);
    struct value *v = &s->b->u->value[m->node];
    bool held = v->held, reduces = reduce_is(s->b, m);
    if (n->type != IR_REAL || (reduces && reduce_is_index(n))) return false;
    struct index at = reduces ? index_argument(s->b->u, n, 0) : index_own(n->shape, 0);
    if (m->copy_to < 0 && !reduces) v->held = false;
    bool can = views_can(s, reduces ? n->arg[0] : m->node, &at);
    v->held = held;
    return can;
}

/* Loops around a row for the axes along which integers are compared with places: within it all is in longer pieces
 * then. */
void views_find_outside(struct blocks *s, const struct phase *ph)
{
    struct unit *u = s->b->u;
    uint32_t places = 0;
    int64_t turns = 1, rest = 1;
    for (uint32_t i = 0; i < ph->members.n; i++) {
        const struct member *m = &ph->members.at[i];
        struct value *v = &u->value[m->node];
        struct index at = index_own(node_of(s, m->node)->shape, 0);
        bool held = v->held;
        if (reduce_is(s->b, m)) return; /* its row is one sum */
        if (m->copy_to < 0) v->held = false;
        places |= views_places(s, m->node, &at);
        v->held = held;
    }
    for (unsigned k = 0; k < s->n_axes; k++) {
        int64_t *all = places >> k & 1 ? &turns : &rest;
        if (*all < INT32_MAX) *all *= size_bound(u->sizes, s->size[k]);
    }
    if (!places || turns > TURNS_MOST || rest < ROW_SHORT) return;
    s->outside = places;
    while (places >> (s->last - s->first) & 1) s->last--; /* whose name the row's loop has */
    for (unsigned k = 0; k < s->n_axes && !(places >> k & 1);
         k++) { /* what each turn goes over again is not too much */
        rest /= size_bound(u->sizes, s->size[k]);
        if (rest < BLOCK_APART) break;
        s->run--;
    }
}

void views_open_outside(struct blocks *s)
{
    bool any = false;
    for (unsigned k = 0; k < s->n_axes; k++) {
        if (!(s->outside >> k & 1)) continue;
        emit_open_loops(s->b, &s->size[k], 1, (uint8_t)(s->first + k));
        any = any || emit_any_loop(&s->size[k], 1);
    }
    if (any) emit_open_block(s->b);
}

void views_close_outside(struct blocks *s)
{
    for (unsigned k = 0; k < s->n_axes; k++)
        if (s->outside >> k & 1) emit_close_loops(s->b, &s->size[k], 1);
}

/* Whether what the sums go over can be made a long row itself. */
bool views_can_go_along(struct body *b, const struct group *g)
{
    bool can = true;
    for (b->phase = 0; b->phase < g->phases.n && can; b->phase++) {
        struct blocks s;
        const struct phase *ph = &g->phases.at[b->phase];
        int64_t all = 1;
        if (!ph->n_inner) continue;
        if (!rows_begin(&s, b, g, g->n_outer, ph->inner, ph->n_inner)) break;
        for (unsigned k = 0; k < ph->n_inner && all < INT32_MAX; k++) all *= size_bound(b->u->sizes, ph->inner[k]);
        can = all >= ROW_SHORT;
        for (uint32_t i = 0; i < ph->members.n && can; i++) can = views_can_member(&s, &ph->members.at[i]);
    }
    b->phase = 0;
    return can;
}

void views_take_part(struct blocks *s, ir_id id, const struct index *at)
{
    int64_t all = 1;
    for (unsigned k = 0; k < s->n_axes && all < INT32_MAX; k++) all *= size_bound(s->b->u->sizes, s->size[k]);
    if (all < ROW_SHORT || !views_can(s, id, at)) return;
    s->apart = true;
    s->run = s->n_axes;
    s->last = s->first + s->n_axes - 1;
    rows_deal(s);
}

/* ---- integers ---- */

static struct row integers(struct blocks *s, ir_id id, const struct index *at)
{
    struct unit *u = s->b->u;
    struct access a;
    access_follow(u, id, at, &a);
    struct row *made = rows_made(s, a.base, &a.at);
    if (made) return *made;
    if (!rows_vary(s, id, at)) {
        const char *text = emit_expression(s->b, id, at, PREC_COND),
                   *name = scope_numbered(u->scope, "one", &u->next_number[5]);
        emit_line(s->b, "const int32_t %s = %s;", name, text);
        return (struct row){arena_printf(u->scratch, "&%s", name), true, false};
    }
    if (node_of(s, a.base)->op != OP_iota) return views_read(s, &a, NULL);
    const struct affine *place = &a.at.at[0];
    struct view v;
    view_along(s, &place, 1, &v);
    struct row r = rows_new(s, "int32_t");
    const char *plus = emit_affine(s->b, &a.at.at[0], PREC_COND);
    emit_line(s->b, "nnrt_b_places_i32(%s, %s, %s, %s, %s);", s->n, r.text, views_from(s), table_of(s, &v, 1), plus);
    rows_call(s, "places_i32");
    return r;
}

/* ---- choices ---- */

bool views_zero(struct blocks *s, ir_id id, const struct index *at)
{
    struct access a;
    access_follow(s->b->u, id, at, &a);
    const struct ir_node *n = node_of(s, a.base);
    return n->op == OP_const && ir_const_value(n) == 0;
}

/* What is read there is this operation, to be computed here. */
const struct ir_node *views_operation(struct blocks *s, ir_id id, const struct index *at, enum ir_op op,
                                      struct access *a)
{
    access_follow(s->b->u, id, at, a);
    const struct ir_node *n = node_of(s, a->base);
    bool here = n->op == op && !s->b->u->value[a->base].held && !a->n_guards && !rows_made(s, a->base, &a->at);
    return here ? n : NULL;
}

/* x <= 0 ? 0 : y, or its opposite the other way round. */
static bool is_above(struct blocks *s, const struct ir_node *n, const struct index *at, ir_id *x, struct access *a,
                     ir_id *y)
{
    struct access inner;
    const struct ir_node *no = views_operation(s, n->arg[0], at, OP_not, a);
    const struct ir_node *le = views_operation(s, no ? no->arg[0] : n->arg[0], no ? &a->at : at, OP_le, &inner);
    if (!le || node_of(s, le->arg[0])->type != IR_REAL) return false;
    *a = inner;
    *x = le->arg[0];
    *y = n->arg[no ? 1 : 2];
    return views_zero(s, le->arg[1], &a->at) && views_zero(s, n->arg[no ? 2 : 1], at);
}

static struct row place_for(struct blocks *s, const char *to)
{
    return to ? (struct row){to, false, false} : rows_new(s, s->b->u->real_type);
}

static bool print_above(struct blocks *s, const struct ir_node *n, const struct index *at, const char *to,
                        struct row *r)
{
    struct access a;
    ir_id x, y;
    if (n->op != OP_select || !is_above(s, n, at, &x, &a, &y)) return false;
    struct row c = rows_spread(s, rows_of(s, x, &a.at)), g = rows_spread(s, rows_of(s, y, at));
    *r = to ? (struct row){to, false, false} : g.spare ? g : c.spare ? c : rows_new(s, s->b->u->real_type);
    emit_line(s->b, "nnrt_b_above_%s(%s, %s, %s, %s);", f_of(s), s->n, r->text, c.text, g.text);
    rows_call(s, "above");
    return true;
}

/* ---- several choices, one in the other ---- */

struct choices {
    struct access which[GUARDS_INT], place[GUARDS_INT],
        above; /* integers that are to be these places, and what is to be above 0 */
    unsigned n_which;
    bool has_above;
};

static bool in_memory(struct blocks *s, const struct access *a)
{
    return node_of(s, a->base)->shape->rank && !a->n_guards && emit_in_memory(s->b->u, a->base) &&
           !rows_made(s, a->base, &a->at);
}

/* where(array of integers == place along an axis, ..., 0). */
static bool is_choice(struct blocks *s, const struct ir_node *n, const struct index *at, struct access *array,
                      struct access *place)
{
    struct access e, side[2];
    if (n->op != OP_select || !views_zero(s, n->arg[2], at)) return false;
    const struct ir_node *eq = views_operation(s, n->arg[0], at, OP_eq, &e);
    if (!eq || node_of(s, eq->arg[0])->type != IR_INT) return false;
    for (unsigned i = 0; i < 2; i++) access_follow(s->b->u, eq->arg[i], &e.at, &side[i]);
    unsigned which = node_of(s, side[0].base)->op == OP_iota;
    *array = side[which];
    *place = side[1 - which];
    return node_of(s, place->base)->op == OP_iota && in_memory(s, array);
}

static bool is_fixed(struct blocks *s, const struct affine *place)
{
    struct view v;
    view_along(s, &place, 1, &v);
    for (unsigned k = 0; k < v.n; k++)
        if (v.step[k][0]) return false;
    return true;
}

/* As many as one call takes; what is chosen is left in `id` at `at`. */
static void find_choices(struct blocks *s, const struct ir_node *n, ir_id *id, struct index *at, struct choices *c)
{
    struct access a, array, place, next;
    ir_id x, y;
    while (n) {
        if (!c->has_above && n->op == OP_select && is_above(s, n, at, &x, &a, &y)) {
            access_follow(s->b->u, x, &a.at, &c->above);
            if (!in_memory(s, &c->above)) return;
            c->has_above = true;
            *id = y;
        } else if (c->n_which < GUARDS_INT && is_choice(s, n, at, &array, &place) && is_fixed(s, &place.at.at[0])) {
            c->which[c->n_which] = array;
            c->place[c->n_which++] = place;
            *id = n->arg[1];
        } else
            return;
        n = views_operation(s, *id, at, OP_select, &next);
        if (n) *at = next.at;
        if (n) *id = next.base;
    }
}

static bool print_choices(struct blocks *s, const struct ir_node *n, const struct index *at, const char *to,
                          const char *dest, struct row *r)
{
    struct unit *u = s->b->u;
    struct choices c; /* it is large: only its counts are set */
    struct index inner = *at;
    struct access x;
    struct affine none = affine_size(0), places[WAYS_MOST];
    const struct affine *way[WAYS_MOST];
    const char *array[GUARDS_INT] = {"0", "0"}, *place[GUARDS_INT] = {"0", "0"};
    ir_id id = 0;
    c.n_which = 0;
    c.has_above = false;
    find_choices(s, n, &id, &inner, &c);
    if (!c.n_which || c.n_which + c.has_above < 2) return false;
    access_follow(u, id, &inner, &x);
    bool direct = in_memory(s, &x);
    struct row g = {"", false, false};
    if (!direct) g = rows_spread(s, rows_of(s, id, &inner));
    places[0] = direct ? rows_place(s, &x) : none;
    for (unsigned i = 0; i < GUARDS_INT; i++) {
        places[1 + i] = i < c.n_which ? rows_place(s, &c.which[i]) : none;
        if (i >= c.n_which) continue;
        array[i] = views_address(s, &c.which[i]);
        place[i] = emit_affine(s->b, &c.place[i].at.at[0], PREC_COND);
    }
    places[3] = c.has_above ? rows_place(s, &c.above) : none;
    places[4] = dest ? *s->dest_place : none;
    for (unsigned w = 0; w < WAYS_MOST; w++) way[w] = &places[w];
    struct view v;
    view_along(s, way, WAYS_MOST, &v);
    *r = dest ? (struct row){dest, false, false} : to || !g.spare ? place_for(s, to) : g;
    s->put = dest != NULL;
    emit_line(s->b, "nnrt_b_where_%s(%s, %s, %d, %s, %d, %s, %s, %s, %s, %s, %s, %s);", f_of(s), s->n, r->text,
              dest != NULL, direct ? views_address(s, &x) : g.text, !direct, views_from(s), table_of(s, &v, WAYS_MOST),
              array[0], place[0], array[1], place[1], c.has_above ? views_address(s, &c.above) : "0");
    rows_call(s, "where");
    return true;
}

/* x where an array of integers says that this is the place along an axis, else 0. */
static bool print_is(struct blocks *s, const struct ir_node *n, const struct index *at, const char *to, struct row *r)
{
    struct unit *u = s->b->u;
    struct access array, place, x;
    struct affine none = affine_size(0), places[2];
    if (!s->apart || !is_choice(s, n, at, &array, &place)) return false;
    access_follow(u, n->arg[1], at, &x);
    bool direct = in_memory(s, &x);
    struct row g = {"", false, false};
    if (!direct) g = rows_spread(s, rows_of(s, n->arg[1], at));
    places[0] = direct ? rows_place(s, &x) : none;
    places[1] = rows_place(s, &array);
    const struct affine *const way[3] = {&places[0], &places[1], &place.at.at[0]};
    struct view v;
    view_along(s, way, 3, &v);
    *r = to || !g.spare ? place_for(s, to) : g;
    const char *plus = emit_affine(s->b, &place.at.at[0], PREC_COND), *from = direct ? views_address(s, &x) : g.text;
    emit_line(s->b, "nnrt_b_is_%s(%s, %s, %s, %d, %s, %s, %s, %s);", f_of(s), s->n, r->text, from, !direct,
              views_address(s, &array), views_from(s), table_of(s, &v, 3), plus);
    rows_call(s, "is");
    return true;
}

bool views_special(struct blocks *s, const struct ir_node *n, const struct index *at, const char *to, struct row *r)
{
    const char *dest = s->dest;
    s->dest = NULL;
    if ((s->apart && print_choices(s, n, at, to, dest, r)) || print_above(s, n, at, to, r) || print_is(s, n, at, to, r)) return true;
    if (n->op == OP_eq && node_of(s, n->arg[0])->type == IR_INT) {
        struct row a = integers(s, n->arg[0], at), b = integers(s, n->arg[1], at);
        *r = place_for(s, to);
        emit_line(s->b, "nnrt_b_same_%s(%s, %s, %s, %d, %s, %d);", f_of(s), s->n, r->text, a.text, !a.one, b.text,
                  !b.one);
        rows_call(s, "same");
        return true;
    }
    if (n->op == OP_real) {
        struct row a = integers(s, n->arg[0], at);
        *r = place_for(s, to);
        emit_line(s->b, "nnrt_b_real_of_%s(%s, %s, %s, %d);", f_of(s), s->n, r->text, a.text, !a.one);
        rows_call(s, "real_of");
        return true;
    }
    return false;
}

bool views_relu(struct blocks *s, const struct ir_node *n, const struct index *at, struct access *x)
{
    struct access a;
    ir_id of, y;
    if (n->op != OP_select || !is_above(s, n, at, &of, &a, &y)) return false;
    struct access own;
    access_follow(s->b->u, of, &a.at, x);
    access_follow(s->b->u, y, at, &own);
    bool same =
        own.base == x->base && own.flat == x->flat && own.at.rank == x->at.rank && !own.n_guards && !x->n_guards;
    for (unsigned k = 0; same && k < own.at.rank; k++) same = affine_equal(&own.at.at[k], &x->at.at[k]);
    return same && (!own.flat || affine_equal(&own.offset, &x->offset));
}
