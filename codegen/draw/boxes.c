/* From nodes to boxes. A call's nodes have ids side by side and arguments are below their users, so boxes that fold
 * them never depend on each other in a circle. */
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

static void find_what_stands(struct drawing *d)
{
    ir_id n = d->program->graph->n;
    d->stands_for = arena_many(d->arena, ir_id, n);
    for (ir_id id = 1; id < n; id++)
        d->stands_for[id] = is_transparent(node_at(d, id)) ? d->stands_for[node_at(d, id)->arg[0]] : id;
}

static void name_node(struct drawing *d, ir_id id, const char *name)
{
    const char **of = &d->name_of[d->stands_for[id]];
    if (d->needed[id] && node_at(d, id)->op != OP_expand && !*of) *of = name;
}

/* The file's names first; those of a body are only for who looks into it. */
static void find_names(struct drawing *d)
{
    const struct ir_program *p = d->program;
    ir_id n = p->graph->n;
    int32_t *opened = arena_many(d->arena, int32_t, n + 1), inside = 0;
    d->name_of = arena_many(d->arena, const char *, n);
    for (uint32_t i = 0; i < p->n_bindings; i++) name_node(d, p->bindings[i].node, p->bindings[i].name);
    for (uint32_t i = 0; i < p->calls.n; i++) {
        const struct ir_call *c = &p->calls.at[i];
        if (c->path && c->result.n == 1) name_node(d, c->result.at[0], c->path);
        if (c->level >= d->options.depth) continue;
        opened[c->from]++;
        opened[c->to]--;
    }
    for (ir_id id = 1; id < n; id++) {
        inside += opened[id];
        bool seen = inside > 0 || !d->forward[id] || ir_ops[node_at(d, id)->op].class == CLASS_LEAF;
        if (seen) name_node(d, id, node_at(d, id)->name);
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
    return box_add(d, (struct box){.kind = BOX_CALL, .sign = c->name, .caption = c->path, .call = c, .at = c->at});
}

/* Derivatives of one place stand side by side too; at the first depth they are one box, called after what they are of.
 */
static uint32_t box_of_adjoint(struct drawing *d, ir_id id, uint32_t last)
{
    const struct ir_node *n = node_at(d, id);
    struct span at = n->at;
    if (d->options.depth == 1 && last != NONE && d->boxes.at[last].at.lo == at.lo && d->boxes.at[last].at.hi == at.hi)
        return last;
    struct box made = {.kind = BOX_ADJOINT, .sign = sign_of(d, id), .at = at};
    for (uint32_t i = d->boxes.n; d->options.depth == 1 && i-- > 0;) {
        const struct box *b = &d->boxes.at[i];
        if (b->kind == BOX_ADJOINT || b->at.lo != at.lo || b->at.hi != at.hi) continue;
        made.sign = arena_printf(d->arena, "d %s", b->sign);
        made.caption = b->caption;
        break;
    }
    return box_add(d, made);
}

static uint32_t box_of_node(struct drawing *d, ir_id id)
{
    const struct ir_node *n = node_at(d, id);
    return box_add(d, (struct box){.kind = kind_of(n), .sign = sign_of(d, id), .at = n->at});
}

static void make_boxes(struct drawing *d)
{
    ir_id n = d->program->graph->n;
    uint32_t *fold = d->fold, *box = arena_many(d->arena, uint32_t, d->program->calls.n), adjoint = NONE;
    d->boxes.n = 0;
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
            if (node->op == OP_param) vec_push(d->arena, &d->boxes.at[box[fold[id]]].params, id);
        } else if (!d->forward[id])
            d->box_of[id] = adjoint = box_of_adjoint(d, id, adjoint);
        else
            d->box_of[id] = box_of_node(d, id);
        d->boxes.at[d->box_of[id]].varies |= d->varies[id];
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
    if (!p->objective || !x.n || !grad_reverse(p->graph, &p->context->diags, p->objective, 0, x.at, x.n, dx))
        return false;
    for (uint32_t i = 0; i < x.n; i++) add_root(d, dx[i]);
    return true;
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

static struct drawing *too_large(struct drawing *d)
{
    struct diags *diags = &d->program->context->diags;
    diag_error(diags, E0601, (struct span){0, 0}, "the picture would have over %d boxes", DRAW_BOXES_MOST);
    diag_help(diags, "at --depth 1 a call of a function or layer is one box, and a `for` is always one");
    return NULL;
}

uint32_t draw_boxes(const struct drawing *d)
{
    return d->boxes.n;
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
        if (p->context->diags.errors) return NULL;
        diag_error(&p->context->diags, E0502, (struct span){0, 0}, "there is no gradient to draw");
        diag_help(&p->context->diags,
                  "add a loss, or make the only output a scalar, of parameters or inputs of floats");
        return NULL;
    }
    d->forward = needed_by(d, outputs);
    d->needed = needed_by(d, d->roots.n);
    find_what_stands(d);
    find_names(d);
    find_varying(d);
    bool whole = false;
    for (int take = 1; take >= 0 && !whole; take--) {
        draw_fold(d, take);
        make_boxes(d);
        if (d->boxes.n > DRAW_BOXES_MOST) return too_large(d);
        whole = draw_wires(d);
    }
    make_captions(d);
    return d;
}
