/* Rows of JIT text: single numbers that operations over rows read, and rows of random ones. */
#include "codegen/emit/block_rows.h"

#include <math.h>
#include <string.h>

static const struct ir_node *node_of(const struct blocks *s, ir_id id)
{
    return ir_at(s->b->u->g, id);
}

static bool is_name(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') && *c != '_' && (c == text || *c < '0' || *c > '9'))
            return false;
    return *text;
}

/* A number that is known is one of the file's; NULL: it is none of these. */
static const char *shared_number(struct blocks *s, const struct ir_node *n, const char *text)
{
    enum { MOST = 64 };
    struct unit *u = s->b->u;
    struct calls *c = u->calls;
    uint32_t i = 0;
    if (n->op != OP_const || !isfinite(ir_const_value(n))) return NULL;
    while (i < c->numbers.n && strcmp(c->numbers.at[i], text)) i++;
    if (i == MOST) return NULL;
    if (i == c->numbers.n) {
        const char *own = arena_strndup(u->p->tables->arena, text, strlen(text));
        vec_push(u->p->tables->arena, &c->numbers, own);
    }
    return arena_printf(u->scratch, "nnrt_one%u", i);
}

struct row rows_number(struct blocks *s, ir_id id, const struct index *at)
{
    struct unit *u = s->b->u;
    struct access a;
    access_follow(u, id, at, &a);
    const struct ir_node *n = node_of(s, a.base);
    const char *text = emit_expression(s->b, id, at, PREC_COND), *name = n->type == IR_REAL && is_name(text) ? text : NULL;
    if (!name) name = shared_number(s, n, text);
    if (!name) {
        name = scope_numbered(u->scope, "one", &u->next_number[5]);
        emit_line(s->b, "const %s %s = %s;", u->real_type, name, text);
    }
    return (struct row){arena_printf(u->scratch, "&%s", name), true, false};
}

/* ---- random numbers ---- */

bool rows_random(struct blocks *s, const struct access *a, unsigned last)
{
    const struct ir_node *n = node_of(s, a->base);
    if (n->op != OP_random || s->apart || s->chosen || a->n_guards || s->b->u->value[a->base].held) return false;
    struct affine place = rows_place(s, a);
    return rows_step(&place, last) <= 1;
}

struct row rows_draw(struct blocks *s, const struct access *a, const char *to)
{
    struct body *b = s->b;
    const struct ir_node *n = node_of(s, a->base);
    struct row r = to ? (struct row){to, false, false} : rows_new(s, b->u->real_type);
    emit_line(b, "nnrt_uniforms_%s(%s, %s, %s, %s);", b->u->o->single ? "f32" : "f64", r.text, s->n, emit_stream(b, n),
              emit_flat(b, a, n->shape));
    b->u->calls->uniforms = true;
    return r;
}
