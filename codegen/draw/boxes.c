/* From nodes to boxes. A call's nodes have ids side by side and arguments are below their users, so boxes that fold them
 * never depend on each other in a circle. */
#include "codegen/draw/picture.h"

#include "codegen/ir/grad.h"

static const struct ir_node *node_at(const struct drawing *d, ir_id id)
{
    return ir_at(d->program->graph, id);
}

/* Nobody draws what only renames or stretches its argument. */
static bool is_transparent(const struct ir_node *n)
{
    return n->op == OP_bind || n->op == OP_expand || n->op == OP_real;
}

static bool *needed_by(const struct drawing *d, uint32_t n_roots)
{
    ir_id n = d->program->graph->n;
    bool *needed = arena_many(d->arena, bool, n);
    for (uint32_t i = 0; i < n_roots; i++) needed[d->roots.at[i]] = true;
    for (ir_id id = n; id-- > 1;) {
        const struct ir_node *node = node_at(d, id);
        for (uint32_t i = 0; needed[id] && i < node->n_arg; i++)
            if (ir_reads(node, i)) needed[node->arg[i]] = true;
    }
    return needed;
}

/* What depends on some leaf that is not the same in every program run. */
static void find_varying(struct drawing *d)
{
    ir_id n = d->program->graph->n;
    d->varies = arena_many(d->arena, bool, n);
    for (ir_id id = 1; id < n; id++) {
        const struct ir_node *node = node_at(d, id);
        bool fixed = is_plain(node) || node->op == OP_tensor || node->op == OP_iota;
        d->varies[id] = ir_ops[node->op].class == CLASS_LEAF && !fixed;
        for (uint32_t i = 0; i < node->n_arg; i++) d->varies[id] |= d->varies[node->arg[i]];
    }
}

static void find_names(struct drawing *d)
{
    ir_id n = d->program->graph->n;
    d->stands_for = arena_many(d->arena, ir_id, n);
    d->name_of = arena_many(d->arena, const char *, n);
    for (ir_id id = 1; id < n; id++) {
        const struct ir_node *node = node_at(d, id);
        ir_id what = is_transparent(node) ? d->stands_for[node->arg[0]] : id;
        d->stands_for[id] = what;
        if (d->needed[id] && node->op != OP_expand && !d->name_of[what]) d->name_of[what] = node->name;
    }
}

static enum box_kind kind_of(const struct ir_node *n)
{
    if (ir_ops[n->op].class != CLASS_LEAF) return BOX_OP;
    return n->op == OP_input ? BOX_INPUT : n->op == OP_param ? BOX_PARAM : BOX_LEAF;
}

static uint32_t box_add(struct drawing *d, struct box b)
{
    vec_push(d->arena, &d->boxes, b);
    return d->boxes.n - 1;
}

static uint32_t box_of_call(struct drawing *d, const struct ir_call *c)
{
    return box_add(d, (struct box){.kind = BOX_CALL, .sign = c->name, .caption = c->path, .at = c->at});
}

/* Derivatives of one place stand side by side too; at the first depth they are one box, called after what they are of. */
static uint32_t box_of_adjoint(struct drawing *d, ir_id id, uint32_t last)
{
    const struct ir_node *n = node_at(d, id);
    struct span at = n->at;
    if (d->options.depth == 1 && last != NONE && d->boxes.at[last].at.lo == at.lo && d->boxes.at[last].at.hi == at.hi) return last;
    const char *sign = sign_of(d, id);
    for (uint32_t b = d->boxes.n; d->options.depth == 1 && b-- > 0;)
        if (d->boxes.at[b].kind != BOX_ADJOINT && d->boxes.at[b].at.lo == at.lo && d->boxes.at[b].at.hi == at.hi) {
            sign = arena_printf(d->arena, "d %s", d->boxes.at[b].sign);
            break;
        }
    return box_add(d, (struct box){.kind = BOX_ADJOINT, .sign = sign, .at = at});
}

static uint32_t box_of_node(struct drawing *d, ir_id id)
{
    const struct ir_node *n = node_at(d, id);
    return box_add(d, (struct box){.kind = kind_of(n), .sign = sign_of(d, id), .at = n->at});
}

static void make_boxes(struct drawing *d)
{
    ir_id n = d->program->graph->n;
    uint32_t *fold = folds_of(d), *box = arena_many(d->arena, uint32_t, d->program->calls.n), adjoint = NONE;
    for (uint32_t i = 0; i < d->program->calls.n; i++) box[i] = NONE;
    d->box_of = arena_many(d->arena, uint32_t, n);
    for (ir_id id = 1; id < n && d->boxes.n <= DRAW_BOXES_MOST; id++) {
        const struct ir_node *node = node_at(d, id);
        d->box_of[id] = NONE;
        if (!d->needed[id] || d->stands_for[id] != id || is_plain(node)) continue;
        if (node->op == OP_part)
            d->box_of[id] = d->box_of[node->arg[0]];
        else if (d->forward[id] && fold[id] != NONE) {
            if (box[fold[id]] == NONE) box[fold[id]] = box_of_call(d, &d->program->calls.at[fold[id]]);
            d->box_of[id] = box[fold[id]];
        } else if (!d->forward[id])
            d->box_of[id] = adjoint = box_of_adjoint(d, id, adjoint);
        else
            d->box_of[id] = box_of_node(d, id);
        d->boxes.at[d->box_of[id]].varies |= d->varies[id];
    }
}

/* ---- what goes between them ---- */

static uint32_t port_for(struct drawing *d, ir_id id)
{
    if (d->port_of[id] != NONE) return d->port_of[id];
    struct port p = {.node = id, .box = d->box_of[id], .name = d->name_of[id]};
    d->port_of[id] = d->ports.n;
    vec_push(d->arena, &d->boxes.at[p.box].ports, d->ports.n);
    vec_push(d->arena, &d->ports, p);
    return d->port_of[id];
}

static void wire_up(struct drawing *d, ir_id from, uint32_t to)
{
    uint32_t port = port_for(d, from);
    struct box *b = &d->boxes.at[to];
    for (uint32_t i = 0; i < b->wires.n; i++)
        if (d->wires.at[b->wires.at[i]].port == port) return;
    vec_push(d->arena, &b->wires, d->wires.n);
    vec_push(d->arena, &d->wires, ((struct wire){.port = port, .box = to}));
}

/* Calls of equal sizes share their ones, ranges and masks; who made them first is nobody's business. */
static bool is_shared_constant(const struct drawing *d, ir_id id)
{
    const struct box *b = &d->boxes.at[d->box_of[id]];
    return b->kind == BOX_CALL && b->varies && !d->varies[id];
}

static void make_wires(struct drawing *d)
{
    ir_id n = d->program->graph->n;
    d->port_of = arena_many(d->arena, uint32_t, n);
    for (ir_id id = 0; id < n; id++) d->port_of[id] = NONE;
    for (ir_id id = 1; id < n; id++) {
        const struct ir_node *node = node_at(d, id);
        for (uint32_t i = 0; d->box_of[id] != NONE && i < node->n_arg; i++) {
            ir_id from = d->stands_for[node->arg[i]];
            if (!ir_reads(node, i) || d->box_of[from] == NONE || d->box_of[from] == d->box_of[id]) continue;
            if (!is_shared_constant(d, from)) wire_up(d, from, d->box_of[id]);
        }
    }
    for (uint32_t i = 0; i < d->roots.n; i++) {
        ir_id id = d->stands_for[d->roots.at[i]];
        uint32_t port = d->box_of[id] == NONE ? NONE : port_for(d, id);
        if (port != NONE) d->ports.at[port].output = true;
    }
}

/* A box of one value is captioned with its name; a name that the box bears already is not said again. */
static void make_captions(struct drawing *d)
{
    for (uint32_t i = 0; i < d->boxes.n; i++) {
        struct box *b = &d->boxes.at[i];
        bool leaf = b->kind == BOX_INPUT || b->kind == BOX_PARAM || b->kind == BOX_LEAF;
        for (uint32_t k = 0; k < b->ports.n; k++) {
            struct port *p = &d->ports.at[b->ports.at[k]];
            if (!leaf && !b->caption && p->name && b->ports.n == 1) b->caption = p->name;
        }
    }
}

/* ---- the program's roots ---- */

static void add_root(struct drawing *d, ir_id id)
{
    if (id) vec_push(d->arena, &d->roots, id);
}

/* By what the objective is differentiated: parameters and what `wrt` names, else the inputs. */
static bool add_gradients(struct drawing *d)
{
    struct ir_program *p = d->program;
    vec(ir_id) x = {0};
    for (uint32_t i = 0; i < p->params.n; i++) vec_push(d->arena, &x, p->params.at[i].node);
    for (uint32_t i = 0; i < p->wrt_nodes.n; i++) vec_push(d->arena, &x, p->wrt_nodes.at[i]);
    for (uint32_t i = 0; i < p->inputs.n && !p->params.n && !p->wrt_nodes.n; i++)
        if (p->inputs.at[i].type == IR_REAL) vec_push(d->arena, &x, p->inputs.at[i].node);
    ir_id *dx = arena_many(d->arena, ir_id, x.n);
    if (!p->objective || !x.n || !grad_reverse(p->graph, &p->context->diags, p->objective, 0, x.at, x.n, dx)) return false;
    for (uint32_t i = 0; i < x.n; i++) add_root(d, dx[i]);
    return true;
}

struct drawing *draw_new(struct ir_program *p, const struct draw_options *o)
{
    struct arena *a = p->tables->arena;
    struct drawing *d = arena_new(a, struct drawing);
    *d = (struct drawing){.program = p, .arena = a, .options = *o};
    for (uint32_t i = 0; i < p->outputs.n; i++) add_root(d, p->outputs.at[i].node);
    add_root(d, p->objective);
    uint32_t outputs = d->roots.n;
    if (o->backward && !add_gradients(d)) {
        if (!p->context->diags.errors) diag_error(&p->context->diags, E0502, (struct span){0, 0}, "there is no gradient to draw");
        return NULL;
    }
    d->forward = needed_by(d, outputs);
    d->needed = needed_by(d, d->roots.n);
    find_names(d);
    find_varying(d);
    make_boxes(d);
    if (d->boxes.n > DRAW_BOXES_MOST) {
        diag_error(&p->context->diags, E0601, (struct span){0, 0}, "the picture would have over %d boxes", DRAW_BOXES_MOST);
        return NULL;
    }
    make_wires(d);
    make_captions(d);
    return d;
}
