/* From one program with gradients to the graphs of its entry points. */
#include "codegen/ir/grad.h"
#include "codegen/ir/hoist.h"
#include "codegen/ir/program.h"
#include "codegen/ir/simplify.h"

#include <string.h>

static const ir_id *array_nodes(struct arena *a, const ir_arrays *list)
{
    ir_id *node = arena_many(a, ir_id, list->n);
    for (uint32_t i = 0; i < list->n; i++) node[i] = list->at[i].node;
    return node;
}

/* The optimizer's roots were lowered over holes: the real gradients take their place. */
static void fill_holes(struct ir_program *p)
{
    struct ir_train *train = &p->train;
    uint32_t n = p->params.n, n_slots = train->slots.n * n, k = 0, m = 0;
    struct arena *a = p->tables->arena;
    ir_id *root = arena_many(a, ir_id, n + n_slots), *from = arena_many(a, ir_id, n), *to = arena_many(a, ir_id, n);
    for (uint32_t i = 0; i < n; i++) root[k++] = train->new_param[i];
    for (uint32_t i = 0; i < n_slots; i++) root[k++] = train->new_slot[i];
    for (uint32_t i = 0; i < n; i++) {
        if (!train->hole[i]) continue;
        from[m] = train->hole[i];
        to[m++] = p->d_param[i];
    }
    ir_id *before = arena_many(a, ir_id, n + n_slots);
    if (k) memcpy(before, root, k * sizeof *root);
    train->param_over_hole = before;
    train->slot_over_hole = before + n;
    ir_substitute_all(p->graph, root, k, from, to, m);
    if (n) memcpy(train->new_param, root, n * sizeof *root);
    if (n_slots) memcpy(train->new_slot, root + n, n_slots * sizeof *root);
}

bool derive(struct ir_program *p)
{
    if (!p->objective) return true;
    struct arena *a = p->tables->arena;
    uint32_t n_params = p->params.n, n = n_params + p->wrt_nodes.n;
    ir_id *x = arena_many(a, ir_id, n), *dx = arena_many(a, ir_id, n);
    const ir_id *param = array_nodes(a, &p->params);
    for (uint32_t i = 0; i < n; i++) x[i] = i < n_params ? param[i] : p->wrt_nodes.at[i - n_params];
    if (!grad_reverse(p->graph, &p->context->diags, p->objective, 0, x, n, dx)) return false;
    p->d_param = dx;
    for (uint32_t i = 0; i < p->wrt_nodes.n; i++) {
        ir_id d = dx[n_params + i];
        struct ir_array w = {.name = arena_printf(a, "d_%s", p->wrt_names.at[i]), .node = d};
        if (i < p->wrt.n) w = p->wrt.at[i];
        w.node = d;
        w.shape = ir_at(p->graph, d)->shape;
        if (i < p->wrt.n)
            p->wrt.at[i] = w;
        else
            vec_push(a, &p->wrt, w);
    }
    if (p->train.present) fill_holes(p);
    return true;
}

/* ---- entry points ---- */

struct roots {
    struct arena *arena;
    vec(struct ir_root) list;
};

static void put(struct roots *r, enum ir_role role, uint32_t index, ir_id node)
{
    if (!node) return;
    struct ir_root x = {role, index, node};
    vec_push(r->arena, &r->list, x);
}

static void put_arrays(struct roots *r, enum ir_role role, const ir_arrays *list)
{
    for (uint32_t i = 0; i < list->n; i++) put(r, role, i, list->at[i].node);
}

static void put_nodes(struct roots *r, enum ir_role role, const ir_id *node, uint32_t n)
{
    for (uint32_t i = 0; node && i < n; i++) put(r, role, i, node[i]);
}

static void put_inits(struct roots *r, enum ir_role role, const ir_arrays *list)
{
    for (uint32_t i = 0; i < list->n; i++) put(r, role, i, list->at[i].init);
}

static void put_updates(struct roots *r, const struct ir_program *p)
{
    for (uint32_t i = 0; i < p->states.n; i++) put(r, ROLE_STATE, i, p->states.at[i].update);
}

static bool has_loops(const struct ir_graph *g)
{
    for (ir_id id = 1; id < g->n; id++)
        if (ir_at(g, id)->op == OP_loop) return true;
    return false;
}

static void cut(struct ir_program *p, struct ir_entry *e, struct roots *r, double training)
{
    ir_id *node = arena_many(r->arena, ir_id, r->list.n);
    for (uint32_t i = 0; i < r->list.n; i++) node[i] = r->list.at[i].node;
    e->present = true;
    e->graph = simplify(p->graph, training, node, r->list.n);
    if (has_loops(e->graph) && pass_runs(p, PASS_hoist)) {
        e->graph = hoist(e->graph, node, r->list.n, HOIST_LEAST, &e->hoisted);
        e->graph = simplify(e->graph, training, node, r->list.n);
    }
    e->root = r->list.at;
    e->n_roots = r->list.n;
    for (uint32_t i = 0; i < r->list.n; i++) e->root[i].node = node[i];
}

void make_entries(struct ir_program *p, struct ir_entry entries[ENTRY_KINDS])
{
    struct roots r[ENTRY_KINDS];
    bool present[ENTRY_KINDS] = {
        [ENTRY_INIT] = p->params.n > 0,
        [ENTRY_OPT_INIT] = p->train.present,
        [ENTRY_STATE_INIT] = p->states.n > 0 || p->has_random,
        [ENTRY_FORWARD] = true,
        [ENTRY_GRAD] = p->objective && p->d_param,
        [ENTRY_STEP] = p->objective && p->d_param && p->train.present,
    };
    for (int k = 0; k < ENTRY_KINDS; k++) r[k] = (struct roots){.arena = p->tables->arena};
    put_inits(&r[ENTRY_INIT], ROLE_PARAM, &p->params);
    put_nodes(&r[ENTRY_OPT_INIT], ROLE_SLOT, p->train.slot_init, p->train.slots.n * p->params.n);
    put_inits(&r[ENTRY_STATE_INIT], ROLE_STATE, &p->states);
    for (int k = ENTRY_FORWARD; k <= ENTRY_STEP; k++) put_arrays(&r[k], ROLE_OUTPUT, &p->outputs);
    put_nodes(&r[ENTRY_GRAD], ROLE_D_PARAM, p->d_param, p->params.n);
    for (int k = ENTRY_GRAD; k <= ENTRY_STEP; k++) put_arrays(&r[k], ROLE_D_WRT, &p->wrt);
    put_nodes(&r[ENTRY_STEP], ROLE_PARAM, p->train.new_param, p->params.n);
    put_nodes(&r[ENTRY_STEP], ROLE_SLOT, p->train.new_slot, p->train.slots.n * p->params.n);
    for (int k = ENTRY_FORWARD; k <= ENTRY_STEP; k++) put_updates(&r[k], p);
    ir_rest(p->graph);
    for (int k = 0; k < ENTRY_KINDS; k++) {
        entries[k] = (struct ir_entry){.kind = (enum ir_entry_kind)k};
        if (present[k]) cut(p, &entries[k], &r[k], k >= ENTRY_GRAD);
    }
}
