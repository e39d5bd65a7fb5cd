/* Lines of a loop's block: the board is that of one turn, over the loop's body, and has no numbers. */
#include "codegen/teach/board.h"

#include "codegen/ir/loop.h"

#include <string.h>

/* A value of the body that the statement binds to this name: the last one, made there or in a function called there. */
static ir_id bound_in(const struct board *b, const struct ir_graph *body, const char *name)
{
    ir_id found = 0;
    for (ir_id id = 1; id < body->n; id++) {
        const struct ir_node *n = ir_at(body, id);
        uint32_t s = board_statement(b, n->at);
        bool elsewhere = s < b->options->n_statements && s != b->options->which && b->options->statement[s].equation;
        if (n->name && !strcmp(n->name, name) && !elsewhere && ir_ops[n->op].class != CLASS_LEAF) found = id;
    }
    return found;
}

uint32_t turn_count(const struct teach_options *o)
{
    return o->statement[o->which].n_names;
}

bool turn_begin(struct board *b, uint32_t k)
{
    const struct statement *s = &b->options->statement[b->options->which];
    if (k >= s->n_names) return false;
    for (uint32_t i = 0; i < b->program->tables->loops.n; i++) {
        const struct ir_loop *l = b->program->tables->loops.at[i];
        ir_id root = l->backward ? 0 : bound_in(b, l->body, s->names[k]);
        if (!root) continue;
        b->loop = l;
        b->loop_index = i;
        b->graph = l->body;
        b->nodes = l->body->n;
        b->name = s->names[k];
        b->bound = b->root = root;
        return true;
    }
    return false;
}

/* The name of what stands around the loop, as argument k of its node. */
static const char *argument_name(const struct board *b, const struct ir_graph *g, uint32_t k)
{
    for (ir_id id = 1; id < g->n; id++) {
        const struct ir_node *n = ir_at(g, id);
        if (!is_loop(n) || n->attr[0] != b->loop_index) continue;
        n = ir_at(g, n->arg[k]);
        while (!n->name && (n->op == OP_bind || n->op == OP_expand || n->op == OP_reshape || n->op == OP_stop))
            n = ir_at(g, n->arg[0]);
        return n->name ? n->name : "";
    }
    return NULL;
}

static const char *around(struct board *b, uint32_t k)
{
    const struct ir_tables *t = b->program->tables;
    const char *name = argument_name(b, b->program->graph, k);
    for (uint32_t i = 0; i < t->loops.n && !name; i++) name = argument_name(b, t->loops.at[i]->body, k);
    return name && *name ? name : arena_printf(b->arena, "u%u", ++b->temporaries);
}

static void name_leaf(struct board *b, ir_id id, const struct ir_node *n)
{
    const struct ir_loop *l = b->loop;
    uint32_t k = n->n_attr ? (uint32_t)n->attr[0] : 0;
    if (n->op == OP_carry) {
        const char *name = l->carry_name && l->carry_name[k] ? l->carry_name[k] : "carried";
        b->name_of[id] = strcmp(name, b->name) ? name : arena_printf(b->arena, "%s_before", name);
        b->is_of[id] = "as the turn before left it";
    } else if (n->op == OP_row) {
        b->name_of[id] = arena_printf(b->arena, "%s[%s]", around(b, l->n_carry + k), l->turn_name);
        b->is_of[id] = "the turn's row";
    } else if (n->op == OP_outer) {
        b->name_of[id] = around(b, l->n_carry + l->n_row + k);
        b->is_of[id] = "the same in every turn";
    } else if (n->op == OP_turn) {
        b->name_of[id] = l->turn_name;
        b->is_of[id] = "the turn's number";
    }
}

void turn_names(struct board *b)
{
    b->name_of = arena_many(b->arena, const char *, b->nodes);
    b->is_of = arena_many(b->arena, const char *, b->nodes);
    for (ir_id id = 1; id < b->nodes; id++) {
        const struct ir_node *n = ir_at(b->graph, id);
        uint32_t s = board_statement(b, n->at);
        if (ir_ops[n->op].class == CLASS_LEAF) {
            name_leaf(b, id, n);
        } else if (n->name && s < b->options->n_statements && s != b->options->which &&
                   b->options->statement[s].equation) {
            uint32_t line = source_place(&b->program->context->sources, n->at.lo).line;
            b->name_of[id] = strcmp(n->name, b->name) ? n->name : arena_printf(b->arena, "%s_before", n->name);
            b->is_of[id] = arena_printf(b->arena, "line %u", line);
        }
    }
}
