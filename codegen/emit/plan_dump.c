/* --dump=plan: groups in order, what each makes, and where that lives. */
#include "codegen/emit/entry.h"
#include "codegen/ir/loop.h"

#include <string.h>

static const char *kind_name(enum group_kind k)
{
    static const char *const name[] = {"loops", "product", "spread", "scan", "call", "turns"};
    return name[k];
}

static void put_sizes(struct unit *u, const ir_size *size, unsigned n, struct text *out)
{
    text_char(out, '[');
    for (unsigned k = 0; k < n; k++) {
        if (k) text_put(out, ", ");
        size_print(u->sizes, size[k], NULL, NULL, out);
    }
    text_char(out, ']');
}

static void put_corner(const struct corner *c, struct text *out)
{
    if (!c->is) return;
    text_printf(out, ", loop %u only to loop %u", c->col, c->row);
    if (c->shift) text_printf(out, " + %lld", (long long)c->shift);
}

/* What a product leaves out. */
static void put_corners(struct unit *u, ir_id id, struct text *out)
{
    static const char *const of[] = {"its first operand", "its second operand", "the result"};
    const struct ir_node *n = ir_at(u->g, id);
    for (unsigned i = 0; i < 3 && u->corner && n->op == OP_contract; i++) {
        const struct corner *c = &u->corner[i < 2 ? n->arg[i] : id];
        if (!c->is || emit_corner_use(u, id, i, c) == CORNER_NONE) continue;
        text_printf(out, ", without blocks of %s", of[i]);
        return;
    }
}

static void put_value(struct unit *u, const struct member *m, struct text *out)
{
    const struct ir_node *n = ir_at(u->g, m->node);
    const struct value *v = &u->value[m->node];
    static const char *const role[] = {"output", "gradient of parameter", "gradient", "parameter", "slot", "state", "next", "row"};
    text_printf(out, "    %%%u = %s", m->node, ir_ops[n->op].name);
    if (m->copy_to >= 0) {
        const struct ir_root *r = &u->entry->root[m->copy_to];
        text_printf(out, ": copied to %s %u\n", role[r->role], r->index);
        return;
    }
    if (n->name) text_printf(out, " %s", n->name);
    text_put(out, " : ");
    put_sizes(u, n->shape->dim, n->shape->rank, out);
    if (v->local) text_put(out, ", variable");
    if (v->root >= 0) text_printf(out, ", %s %u", role[u->entry->root[v->root].role], u->entry->root[v->root].index);
    if (v->reserved) text_printf(out, ", %s[%zu], until group %u", n->type == IR_INT && !v->within ? "whole" : "real", v->offset, v->last);
    if (v->product) text_printf(out, ", within the product %%%u", v->product);
    if (v->takes_over) text_printf(out, ", in place of %%%u", v->takes_over);
    if (u->corner && u->corner[m->node].is)
        text_printf(out, ", axis %u only to axis %u", u->corner[m->node].col, u->corner[m->node].row);
    text_char(out, '\n');
}

static void put_group(struct unit *u, uint32_t i, struct text *out);

/* The body's groups, set in. */
static void put_turns(struct unit *u, const struct turns *t, struct text *out)
{
    struct text body = text_new(u->arena);
    text_printf(out, "    %s in ", t->turn_name);
    size_print(u->sizes, t->loop->turns, NULL, NULL, out);
    text_printf(out, "%s, real[%zu] whole[%zu]", t->loop->backward ? " backwards" : "", t->reals, t->ints);
    if (t->reals) text_printf(out, " from real[%zu]", t->real_at);
    if (t->ints) text_printf(out, " from whole[%zu]", t->int_at);
    text_char(out, '\n');
    for (uint32_t k = 0; k < t->loop->n_carry + t->loop->collect.n; k++)
        if (t->part[k]) put_value(u, &(struct member){t->part[k], -1}, out);
    for (uint32_t i = 0; i < t->body->groups.n; i++) put_group(t->body, i, &body);
    for (const char *line = body.s; *line;) {
        size_t n = strcspn(line, "\n") + 1;
        text_put(out, "    ");
        text_putn(out, line, n);
        line += n;
    }
}

static void put_share(struct unit *u, const struct group *g, struct text *out)
{
    if (g->everywhere) text_put(out, ", everywhere");
    if (!g->share.portions) return;
    text_printf(out, u->shared ? ", round %u, " : ", ", g->round);
    if (g->share.portions > 1)
        size_print(u->sizes, g->share.portions, NULL, NULL, out);
    text_put(out, g->share.portions > 1 ? " portions" : "one thread");
    if (g->share.portions > 1 && g->kind != GROUP_TURNS)
        text_printf(out, " of %lld along %d", (long long)g->share.each, g->share.var);
}

static void put_group(struct unit *u, uint32_t i, struct text *out)
{
    const struct group *g = &u->groups.at[i];
    struct member only = {g->node, -1};
    text_printf(out, "  group %u: %s", i, kind_name(g->kind));
    if (g->kind == GROUP_LOOPS) {
        text_put(out, " over ");
        put_sizes(u, g->outer, g->n_outer, out);
        if (g->phases.n == 1 && !g->phases.at[0].n_inner) put_corner(&g->phases.at[0].corner, out);
    }
    if (g->kind == GROUP_PRODUCT) put_corners(u, g->node, out);
    put_share(u, g, out);
    text_char(out, '\n');
    if (g->kind == GROUP_TURNS) put_turns(u, emit_turns_of(u, g->node), out);
    else if (g->kind != GROUP_LOOPS) put_value(u, &only, out);
    for (uint32_t p = 0; p < g->phases.n; p++) {
        const struct phase *ph = &g->phases.at[p];
        if (ph->n_inner) {
            text_put(out, "   inner ");
            put_sizes(u, ph->inner, ph->n_inner, out);
            put_corner(&ph->corner, out);
            text_char(out, '\n');
        }
        for (uint32_t k = 0; k < ph->members.n; k++) put_value(u, &ph->members.at[k], out);
    }
}

/* ---- what the passes did ---- */

static void count_groups(struct unit *u, uint32_t count[PASS_COUNT])
{
    for (uint32_t i = 0; i < u->groups.n; i++) {
        const struct group *g = &u->groups.at[i];
        for (uint32_t p = 0; p < g->phases.n; p++) count[PASS_fuse] += g->phases.at[p].members.n;
        count[PASS_fuse] -= g->kind == GROUP_LOOPS;
        count[PASS_tiles] += g->kind == GROUP_PRODUCT && emit_is_tiled(u, g->node);
        count[PASS_turned] += emit_is_turned(u, g);
    }
}

static void count_done(struct unit *u, uint32_t count[PASS_COUNT])
{
    for (ir_id id = 1; id < u->g->n; id++) {
        const struct value *v = &u->value[id];
        if (!v->needed) continue;
        bool map = ir_ops[ir_at(u->g, id)->op].class == CLASS_MAP;
        count[PASS_again] += map && !v->held && v->uses > 1;
        count[PASS_update] += v->product != 0;
        count[PASS_corner] += u->corner && u->corner[id].is && v->held;
        count[PASS_reuse] += v->takes_over != 0;
    }
    count[PASS_order] += u->n_earlier;
    count_groups(u, count);
    for (const struct turns *t = u->turns; t; t = t->next) count_done(t->body, count);
}

static void put_done(struct unit *u, struct text *out)
{
    uint32_t count[PASS_COUNT] = {0};
    count[PASS_hoist] = u->entry->hoisted;
    count[PASS_lanes] = u->copies ? u->copies->n : 0;
    count_done(u, count);
    for (int i = 0; i < PASS_COUNT; i++) {
        if (!pass_runs(u->p, (enum pass)i))
            text_printf(out, "  %s: left out\n", pass_infos[i].name);
        else if (count[i])
            text_printf(out, "  %s: %u %s\n", pass_infos[i].name, count[i], pass_infos[i].counted);
    }
}

void emit_plan_dump(const struct ir_program *p, const struct ir_entry entries[ENTRY_KINDS], const struct emit_options *o,
                    struct text *out)
{
    struct abi *abi = abi_new(p, o->single);
    struct calls calls = {.gemm = false};
    struct arena *scratch = p->context->scratch;
    const char *prefix = name_prefix(p->tables->arena, o->prefix ? o->prefix : p->name);
    for (int i = 0; i < 2; i++) scratch[i].oom = p->tables->arena->oom;
    for (int kind = 0; kind < ENTRY_KINDS; kind++) {
        struct arena_mark mark = arena_mark(&scratch[0]);
        if (!entries[kind].present) continue;
        struct unit *u = emit_unit_new(p, &entries[kind], NULL, o, abi, prefix, &calls);
        text_printf(out, "%s: %u groups, %u functions, workspace real[%zu] whole[%zu], %zu bytes, %zu in use at most\n",
                    header_entry_names[kind], u->groups.n, u->n_parts, u->reals, u->ints,
                    u->reals * (o->single ? 4 : 8) + u->ints * 4, u->peak);
        if (u->shared) {
            text_printf(out, "  threads: %u rounds, most in portions of ", u->n_rounds);
            size_print(u->sizes, u->portions, NULL, NULL, out);
            text_char(out, '\n');
        } else if (o->openmp && kind >= ENTRY_FORWARD)
            text_put(out, "  threads: one, more would not pay\n");
        if (u->g) put_done(u, out);
        if (u->in_lanes) text_put(out, "  convolutions with samples side by side, as the last axis\n");
        if (u->in_rows) text_put(out, "  convolutions with the pixels of a row side by side\n");
        for (uint32_t i = 0; i < u->groups.n; i++) put_group(u, i, out);
        arena_rewind(&scratch[0], mark);
    }
}
