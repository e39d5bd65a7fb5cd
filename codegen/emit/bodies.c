/* Loops of the program. A body is a unit of its own, in the text of the unit that the loop stands in:
 *
 *     carried    in the memory of the loop's part, or where it has none in the loop's own stretch of the workspace;
 * each turn overwrites it, as a step overwrites parameters; numbers are variables rows       one stretch of memory
 * each, which a pointer leads to outer      read where they lie collected  computed into the rows of the loop's part
 */
#include "codegen/emit/unit.h"
#include "codegen/ir/loop.h"

#include <string.h>

struct turns *emit_turns_of(const struct unit *u, ir_id node)
{
    struct turns *t = u->turns;
    while (t && t->node != node) t = t->next;
    return t;
}

static ir_id argument(const struct unit *u, const struct turns *t, uint32_t i)
{
    return ir_at(u->g, t->node)->arg[i];
}

/* ---- what is handed in ---- */

/* Does the body hand its row on to loops of a segment's turns, and no more? Those read no row that is not there. */
static bool is_cut(const struct ir_loop *l, ir_id row)
{
    if (!l->each || !row) return false;
    for (ir_id id = row + 1; id < l->body->n; id++) {
        const struct ir_node *n = ir_at(l->body, id);
        for (uint32_t i = 0; i < n->n_arg; i++) {
            if (n->arg[i] != row) continue;
            const struct ir_loop *in = n->op == OP_loop ? ir_loop_of(l->body, id) : NULL;
            if (!in || !in->stop || in->each || i < in->n_carry || i >= in->n_carry + in->n_row) return false;
        }
    }
    return true;
}

/* Whether all elements, of each turn where it is read by row, follow one another in memory. */
static bool is_stretch(struct unit *u, ir_id x, bool by_row, bool cut)
{
    const struct ir_shape *s = ir_at(u->g, x)->shape;
    struct access a;
    struct index own = index_own(s, 0);
    access_follow(u, x, &own, &a);
    if ((a.n_guards && !cut) || !emit_in_memory(u, a.base)) return false;
    struct affine flat = a.flat ? a.offset : index_flatten(u, &a.at, ir_at(u->g, a.base)->shape);
    struct affine plain = index_flatten(u, &own, s);
    flat.plus = plain.plus = 0;
    if (by_row && flat.n && flat.term[0].var == 0) affine_drop(&flat, 0); /* rows may be any way apart */
    if (by_row && plain.n && plain.term[0].var == 0) affine_drop(&plain, 0);
    return affine_equal(&flat, &plain);
}

/* A row that is strewn about is read element by element where it lies; a product gets a copy. */
static bool is_loose(struct unit *u, ir_id x)
{
    struct access a;
    struct index own = index_own(ir_at(u->g, x)->shape, 0);
    access_follow(u, x, &own, &a);
    return own.rank > 1 && emit_in_memory(u, a.base) && !a.flat && !a.n_guards;
}

/* Numbers that are not computed need no memory. */
static bool is_plain(struct unit *u, ir_id x)
{
    const struct ir_node *n = ir_at(u->g, x);
    return n->shape->rank == 0 && ir_ops[n->op].class == CLASS_LEAF && n->op != OP_random;
}

static bool hold_handed(struct unit *u, const struct turns *t)
{
    bool changed = false;
    for (uint32_t i = 0; i < t->loop->n_row + t->loop->n_outer; i++) {
        ir_id x = argument(u, t, t->loop->n_carry + i);
        bool row = i < t->loop->n_row, cut = row && is_cut(t->loop, t->loop->row[i]),
             stretch = is_plain(u, x) || is_stretch(u, x, row, cut);
        if (row) t->loose[i] = !stretch && is_loose(u, x);
        if (stretch || (row && t->loose[i])) continue;
        changed = u->value[x].held = true;
    }
    return changed;
}

void emit_turn_reads(struct unit *u, const struct ir_node *n, see_read *see, void *user)
{
    for (uint32_t i = 0; i < n->n_arg; i++) {
        struct index own = index_own(ir_at(u->g, n->arg[i])->shape, 0);
        emit_each_read(u, n->arg[i], &own, see, user);
    }
}

/* ---- bodies ---- */

static uint32_t *count_uses(struct unit *u, const struct turns *t)
{
    const struct ir_loop *l = t->loop;
    uint32_t *uses = arena_many(u->arena, uint32_t, l->body->n);
    for (ir_id id = 1; id < l->body->n; id++)
        for (uint32_t i = 0; i < ir_at(l->body, id)->n_arg; i++) uses[ir_at(l->body, id)->arg[i]]++;
    for (uint32_t k = 0; k < l->n_carry; k++) uses[l->next[k]]++;
    for (uint32_t k = 0; k < l->collect.n; k++)
        if (t->part[l->n_carry + k]) uses[l->collect.at[k]]++;
    return uses;
}

/* The product in carried + product, or 0. Nobody else reads either. */
static ir_id added_product(const struct ir_loop *l, uint32_t k, const uint32_t *uses)
{
    const struct ir_node *n = ir_at(l->body, l->next[k]);
    if (n->op != OP_add || uses[l->next[k]] > 1 || n->shape->rank == 0) return 0;
    for (unsigned i = 0; i < 2; i++)
        if (n->arg[i] == l->carry[k] && ir_at(l->body, n->arg[!i])->op == OP_contract && uses[n->arg[i]] == 1 &&
            uses[n->arg[!i]] == 1)
            return n->arg[!i];
    return 0;
}

static const struct ir_entry *body_entry(struct unit *u, struct turns *t)
{
    const struct ir_loop *l = t->loop;
    struct ir_entry *e = arena_new(u->arena, struct ir_entry);
    uint32_t *uses = count_uses(u, t);
    *e = (struct ir_entry){.kind = u->entry->kind, .present = true, .graph = l->body};
    e->root = arena_many(u->arena, struct ir_root, l->n_carry + l->collect.n + 1);
    t->adds = arena_many(u->arena, bool, l->n_carry + l->collect.n + 1);
    for (uint32_t k = 0; k < l->n_carry; k++) {
        ir_id product = added_product(l, k, uses);
        t->adds[k] = product != 0;
        e->root[e->n_roots++] = (struct ir_root){ROLE_NEXT, k, product ? product : l->next[k]};
    }
    for (uint32_t k = 0; k < l->collect.n; k++)
        if (t->part[l->n_carry + k]) e->root[e->n_roots++] = (struct ir_root){ROLE_ROW, k, l->collect.at[k]};
    return e;
}

bool emit_adds(const struct unit *u, ir_id id)
{
    int32_t root = u->value[id].root;
    return u->of && root >= 0 && u->of->adds[root];
}

/* What the loop needs of the workspace: what its body does, and what is carried and has no place of its own. */
static void count_memory(struct unit *u, struct turns *t)
{
    const struct ir_loop *l = t->loop;
    t->reals = t->body->reals;
    t->ints = t->body->ints;
    for (uint32_t k = 0; k < l->n_carry; k++) {
        const struct ir_node *x = ir_at(l->body, l->next[k]);
        if (t->part[k] || x->shape->rank == 0) continue;
        size_t *end = x->type == IR_INT ? &t->ints : &t->reals;
        t->offset[k] = *end;
        *end += (size_t)size_bound(u->sizes, ir_elements(u->g->tables, x->shape));
    }
}

static void plan_body(struct unit *u, struct turns *t)
{
    t->body = emit_body_new(u, t, body_entry(u, t));
    count_memory(u, t);
    for (uint32_t i = 0; i < t->body->groups.n; i++) t->weight += t->body->groups.at[i].weight;
}

void emit_plan_body(struct unit *u, struct turns *t)
{
    t->body->shared = true;
    emit_place_values(t->body);
    count_memory(u, t);
}

void emit_turns(struct unit *u)
{
    struct turns **end = &u->turns;
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct ir_node *n = ir_at(u->g, id);
        if (!u->value[id].needed || n->op != OP_loop) continue;
        struct turns *t = *end = arena_new(u->arena, struct turns);
        const struct ir_loop *l = ir_loop_of(u->g, id);
        uint32_t n_parts = l->n_carry + l->collect.n;
        *t = (struct turns){.node = id,
                            .loop = l,
                            .part = arena_many(u->arena, ir_id, n_parts + 1),
                            .loose = arena_many(u->arena, bool, l->n_row + 1),
                            .offset = arena_many(u->arena, size_t, l->n_carry + 1),
                            .carry = arena_many(u->arena, struct share, l->n_carry + 1),
                            .name = arena_many(u->arena, const char *, n_parts + 1)};
        end = &t->next;
    }
    if (!u->turns) return;
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct ir_node *n = ir_at(u->g, id);
        if (u->value[id].needed && n->op == OP_part) emit_turns_of(u, n->arg[0])->part[n->attr[0]] = id;
    }
    for (bool again = true; again;) {
        again = false;
        for (struct turns *t = u->turns; t; t = t->next) again = hold_handed(u, t) || again;
    }
    for (struct turns *t = u->turns; t; t = t->next) plan_body(u, t);
}

/* ---- names ---- */

static const char *base_name(struct unit *u, ir_id x)
{
    struct access a;
    const struct ir_node *n = ir_at(u->g, x);
    struct index own = index_own(n->shape, 0);
    if (n->name) return n->name;
    access_follow(u, x, &own, &a);
    n = ir_at(u->g, a.base);
    if (u->pointer_name[a.base]) return u->pointer_name[a.base];
    if (n->op == OP_param) return u->p->params.at[n->attr[0]].name;
    if (n->op == OP_state) return u->p->states.at[n->attr[0]].name;
    return n->name ? n->name : "rows";
}

static bool is_inside(const struct turns *t, const struct turns *of)
{
    while (t != of && t->body->outer->of) t = t->body->outer->of;
    return t == of;
}

/* A name that is free in all blocks around the turn: loops one after the other use the same ones. */
static const char *turn_name(struct turns *t, const char *wish)
{
    struct unit *u = t->body->outer;
    turn_names *all = u->turn_names;
    const char *name = NULL;
    for (uint32_t i = 0; i < all->n && !name; i++) {
        if (strcmp(all->at[i].wish, wish)) continue;
        name = all->at[i].name;
        for (uint32_t k = 0; k < all->n && name; k++)
            if (all->at[k].name == name && is_inside(t, all->at[k].of)) name = NULL;
    }
    struct turn_name own = {wish, name ? name : scope_name(u->scope, wish), t};
    vec_push(u->arena, all, own);
    return own.name;
}

static const char *row_name(struct turns *t, const char *of)
{
    return turn_name(t, arena_printf(t->body->arena, "%s_%s", of, t->turn_name));
}

const char *emit_part_name(const struct unit *u, const struct ir_node *part)
{
    const struct ir_loop *l = ir_loop_of(u->g, part->arg[0]);
    uint32_t k = (uint32_t)part->attr[0];
    if (k < l->n_carry) return l->carry_name ? l->carry_name[k] : NULL;
    const struct ir_node *x = ir_at(l->body, l->collect.at[k - l->n_carry]);
    const char *name = x->op == OP_carry && l->carry_name ? l->carry_name[x->attr[0]] : x->name;
    return name ? arena_printf(u->arena, "%s_rows", name) : NULL;
}

const char *emit_next_name(struct unit *body, uint32_t k)
{
    const struct ir_loop *l = body->of->loop;
    const char *name = l->carry_name ? l->carry_name[k] : NULL;
    if (!name) name = ir_at(l->body, l->next[k])->name;
    return name ? arena_printf(body->arena, "%s_next", name) : NULL;
}

void emit_name_turns(struct turns *t)
{
    struct unit *body = t->body, *u = body->outer;
    const struct ir_loop *l = t->loop;
    t->turn_name = turn_name(t, l->turn_name ? l->turn_name : "turn");
    for (uint32_t k = 0; k < l->n_carry; k++)
        if (!t->part[k])
            t->name[k] = scope_name(u->scope, l->carry_name && l->carry_name[k] ? l->carry_name[k] : "carried");
    for (uint32_t k = l->n_carry; k < l->n_carry + l->collect.n; k++)
        if (t->part[k] && ir_at(u->g, t->part[k])->shape->rank > 1) t->name[k] = row_name(t, base_name(u, t->part[k]));
    for (uint32_t k = 0; k < l->n_row; k++) {
        if (!l->row[k] || !body->value[l->row[k]].needed) continue;
        if (ir_at(l->body, l->row[k])->shape->rank == 0 || t->loose[k]) continue;
        body->pointer_name[l->row[k]] = row_name(t, base_name(u, argument(u, t, l->n_carry + k)));
    }
    emit_name(body);
}
