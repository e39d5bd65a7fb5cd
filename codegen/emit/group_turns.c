/* Loops of the program as loops of C. */
#include "codegen/emit/unit.h"
#include "codegen/ir/loop.h"

#include <string.h>

/* ---- where the loop stands, seen from its body ---- */

static ir_id argument(const struct unit *u, const struct turns *t, uint32_t i)
{
    return ir_at(u->g, t->node)->arg[i];
}

/* As if the text stood outside, at the place of the body's. */
static struct body from_inside(const struct body *b)
{
    struct body out = *b->outer;
    memcpy(out.var, b->var, sizeof out.var); /* the turn's among them */
    out.in_guard = true;
    return out;
}

/* Of an array by row: the first index is the turn, the others are those in the row, or 0. */
static struct index index_turn(struct body *out, const struct turns *t, const struct ir_shape *s,
                               const struct index *row)
{
    struct index at = {.rank = s->rank};
    for (unsigned k = 0; k < s->rank; k++) at.at[k] = k && row ? row->at[k - 1] : affine_size(0);
    if (s->dim[0] != 1) at.at[0] = affine_var(TURN_VAR);
    out->var[TURN_VAR] = t->turn_name;
    return at;
}

/* An element of a stretch of memory. */
static const char *stretch_element(struct body *out, ir_id x, const struct access *in, const struct ir_shape *s)
{
    struct unit *u = out->u;
    struct access a = *in;
    a.base = x;
    if (emit_in_memory(u, x)) return emit_memory(out, &a);
    struct index zero = {.rank = s->rank};
    struct affine at = in->flat ? in->offset : index_flatten(u, &in->at, s);
    access_follow(u, x, &zero, &a);
    struct affine from = a.flat ? a.offset : index_flatten(u, &a.at, ir_at(u->g, a.base)->shape);
    affine_add(u, &at, &from, 1);
    a.flat = true;
    a.offset = at;
    return emit_memory(out, &a);
}

/* Of carried value k, as the unit sees it that the loop stands in. */
static const char *carried_text(struct body *out, const struct turns *t, uint32_t k, const struct access *in)
{
    struct unit *u = out->u;
    const struct ir_shape *s = ir_at(t->loop->body, t->loop->next[k])->shape;
    struct access a = *in;
    a.base = t->part[k];
    if (s->rank == 0) return t->part[k] ? u->value[t->part[k]].name : t->name[k];
    if (t->part[k]) return emit_memory(out, &a);
    return arena_printf(u->scratch, "%s[%s]", t->name[k], emit_flat(out, in, s));
}

const char *emit_turn_leaf(struct body *b, const struct access *a, enum ir_prec need)
{
    const struct ir_node *n = ir_at(b->u->g, a->base);
    const struct turns *t = b->u->of;
    struct body out = from_inside(b);
    uint32_t k = (uint32_t)n->attr[0];
    if (n->op == OP_carry) return carried_text(&out, t, k, a);
    ir_id x = argument(out.u, t, t->loop->n_carry + k + (n->op == OP_outer ? t->loop->n_row : 0));
    if (n->op == OP_outer && n->shape->rank) return stretch_element(&out, x, a, n->shape);
    struct index at = {.rank = 0};
    if (n->op == OP_row) at = index_turn(&out, t, ir_at(out.u->g, x)->shape, &a->at);
    return emit_expression(&out, x, &at, need);
}

const char *emit_turn_row(struct body *b, ir_id id)
{
    struct body out = from_inside(b);
    const struct turns *t = b->u->of;
    struct access a;
    ir_id x = argument(out.u, t, t->loop->n_carry + (uint32_t)ir_at(b->u->g, id)->attr[0]);
    struct index at = index_turn(&out, t, ir_at(out.u->g, x)->shape, NULL);
    access_follow(out.u, x, &at, &a);
    return arena_printf(b->u->scratch, "&%s", emit_memory(&out, &a));
}

const char *emit_turn_root(struct body *b, const struct ir_root *r, const struct access *a)
{
    struct body out = from_inside(b);
    const struct turns *t = b->u->of;
    if (r->role == ROLE_NEXT) return carried_text(&out, t, r->index, a);
    uint32_t k = t->loop->n_carry + r->index;
    const struct ir_shape *s = ir_at(out.u->g, t->part[k])->shape;
    struct access row = {.base = t->part[k], .at = index_turn(&out, t, s, NULL)};
    if (s->rank == 1) return emit_memory(&out, &row);
    return arena_printf(b->u->scratch, "%s[%s]", t->name[k], emit_flat(b, a, ir_at(b->u->g, r->node)->shape));
}

/* ---- before, in and after the turns ---- */

/* For libtcc: all elements of one number, or of an array in their order, are one call. */
static bool first_row(struct body *b, const struct turns *t, uint32_t k, ir_id x)
{
    struct unit *u = b->u;
    const struct ir_node *n = ir_at(u->g, x);
    struct index own = index_own(n->shape, 0);
    struct access a, to = {.at = {.rank = n->shape->rank}};
    if (u->o->style != EMIT_JIT || n->type != IR_REAL) return false;
    const struct share *share = b->share.portions > 1 ? &t->carry[k] : NULL; /* a thread has its portions of all turns */
    if (share && share->var != 0) return false;
    access_follow(u, x, &own, &a);
    const struct ir_node *base = ir_at(u->g, a.base);
    bool number = base->shape->rank == 0 && !a.n_guards, memory = base->shape->rank && !a.n_guards && emit_in_memory(u, a.base);
    struct affine all = index_flatten(u, &own, n->shape), flat = a.flat ? a.offset : index_flatten(u, &a.at, base->shape);
    if (!number && !(memory && affine_equal(&all, &flat))) return false;
    for (unsigned i = 0; i < n->shape->rank; i++) to.at.at[i] = affine_size(0);
    const char *y = carried_text(b, t, k, &to), *f = u->o->single ? "f32" : "f64", *call = number ? "fill" : "copy";
    ir_size elements = ir_elements(u->g->tables, n->shape);
    const char *size = emit_size(b, elements, PREC_COND), *from, *behind = "";
    emit_calls_block(u, call);
    if (share) {
        ir_size each = size_div(u->sizes, size_mul(u->sizes, elements, size_const(u->sizes, share->each)), n->shape->dim[0]);
        const char *portion = emit_size(b, each, PREC_UNARY);
        size = arena_printf(u->scratch, "(%s - %s) * %s", u->to_name, u->from_name, portion);
        behind = arena_printf(u->scratch, " + %s * %s", u->from_name, portion);
    }
    if (number) {
        from = scope_numbered(u->scope, "one", &u->next_number[5]);
        emit_line(b, "const %s %s = %s;", u->real_type, from, emit_expression(b, a.base, &(struct index){.rank = 0}, PREC_COND));
    } else {
        a.flat = true;
        a.offset = affine_size(0);
        from = emit_memory(b, &a);
    }
    emit_line(b, "nnrt_b_%s_%s(%s, &%s%s, &%s%s);", call, f, size, y, behind, from, number ? "" : behind);
    return true;
}

static void print_first(struct body *b, const struct turns *t, uint32_t k)
{
    struct unit *u = b->u;
    ir_id x = argument(u, t, k);
    const struct ir_node *n = ir_at(u->g, x);
    const struct ir_shape *s = n->shape;
    struct access a = {.at = index_own(s, 0)};
    if (s->rank == 0) {
        const char *text = emit_expression(b, x, &a.at, PREC_COND);
        emit_line(b, "%s %s = %s;", emit_type(u, n->type), carried_text(b, t, k, &a), text);
        return;
    }
    if (!t->part[k]) {
        size_t at = t->offset[k] + (n->type == IR_INT ? t->int_at : t->real_at) + emit_base(u, n->type);
        emit_line(b, "%s *const %s = %s;", emit_type(u, n->type), t->name[k], emit_stretch(b, n->type, at));
    }
    if (first_row(b, t, k, x)) return;
    uint32_t outer = b->serial;
    struct share share = b->share;
    if (share.portions > 1) b->share = t->carry[k];
    emit_open_loops(b, s->dim, s->rank, 0);
    if (emit_any_loop(s->dim, s->rank)) emit_open_block(b);
    const char *text = emit_expression(b, x, &a.at, PREC_COND);
    emit_line(b, "%s = %s;", carried_text(b, t, k, &a), text);
    emit_close_loops(b, s->dim, s->rank);
    b->share = share;
    b->serial = outer;
}

/* How many turns are run; `stop`, or no more than the turns of a segment, is what is left of all turns there. */
static const char *turns_text(struct body *b, const struct ir_loop *l, const char **left)
{
    struct unit *u = b->u;
    const char *n = emit_size(b, l->turns, PREC_PLUS);
    int64_t stop;
    *left = NULL;
    if (!l->stop || (l->each && size_known(u->sizes, l->stop, &stop))) return n; /* as many segments as it takes */
    if (l->each)
        return arena_printf(u->scratch, "%s / %u", emit_size(b, size_add(u->sizes, l->stop, l->each - 1), PREC_UNARY), l->each);
    *left = arena_printf(u->scratch, "%s - %s * %s", emit_size(b, l->stop, PREC_PLUS), u->of->turn_name, n);
    return n;
}

static void open_turns(struct body *b, const struct turns *t)
{
    const char *i = t->turn_name, *left, *n = turns_text(b, t->loop, &left);
    if (t->loop->backward && left)
        emit_line(b, "for (size_t %s = %s < %s ? %s : %s; %s-- > 0;) {", i, left, n, left, n, i);
    else if (t->loop->backward)
        emit_line(b, "for (size_t %s = %s; %s-- > 0;) {", i, n, i);
    else if (left)
        emit_line(b, "for (size_t %s = 0; %s < %s && %s < %s; %s++) {", i, i, n, i, left, i);
    else
        emit_line(b, "for (size_t %s = 0; %s < %s; %s++) {", i, i, n, i);
    b->indent++;
}

static void declare_rows(struct body *in, const struct turns *t)
{
    struct body out = from_inside(in);
    const struct ir_loop *l = t->loop;
    for (uint32_t i = 0; i < in->pointers->n; i++) emit_declare_pointer(in, in->pointers->at[i]);
    for (uint32_t k = l->n_carry; k < l->n_carry + l->collect.n; k++) {
        if (!t->name[k]) continue;
        const struct ir_node *n = ir_at(out.u->g, t->part[k]);
        struct access a = {.base = t->part[k], .at = index_turn(&out, t, n->shape, NULL)};
        emit_line(in, "%s *const %s = &%s;", emit_type(out.u, n->type), t->name[k], emit_memory(&out, &a));
    }
}

static void print_body(struct body *b, const struct turns *t)
{
    struct unit *u = b->u, *body = t->body;
    struct text *text = emit_begin(u);
    ids pointers = {0};
    struct body in = {.u = body,
                      .out = text,
                      .indent = b->indent,
                      .made = body->made,
                      .used = b->used,
                      .pointers = &pointers,
                      .quotes = b->quotes,
                      .last_quote = b->last_quote,
                      .last_kind = b->last_kind,
                      .outer = b};
    in.var[TURN_VAR] = t->turn_name;
    in.serial = in.function_serial = in.next_serial = 1;
    for (uint32_t i = 0; i < body->groups.n; i++) emit_group(&in, &body->groups.at[i]);
    in.out = b->out;
    declare_rows(&in, t);
    text_putn(b->out, text->s, text->n);
    u->in_pool--;
    u->multiply_adds += body->multiply_adds * (uint64_t)size_bound(u->sizes, t->loop->turns);
}

/* Carried numbers go where they are wanted. */
static void print_last(struct body *b, const struct turns *t, uint32_t k)
{
    struct value *v = &b->u->value[t->part[k]];
    const struct index none = {.rank = 0};
    if (!t->part[k] || ir_at(b->u->g, t->part[k])->shape->rank) return;
    v->local = false; /* its variable is there */
    emit_store(b, t->part[k], &none, v->name);
    v->local = true;
}

void emit_print_turns(struct body *b, const struct group *g)
{
    const struct turns *t = emit_turns_of(b->u, g->node);
    for (uint32_t k = 0; k < t->loop->n_carry; k++) print_first(b, t, k);
    open_turns(b, t);
    print_body(b, t);
    b->indent--;
    emit_line(b, "}");
    for (uint32_t k = 0; k < t->loop->n_carry; k++) print_last(b, t, k);
    b->last_quote = NULL;
}
