/* Rows of JIT text: the loop over a row's blocks, and which of them are a thread's. */
#include "codegen/emit/block_rows.h"

bool rows_begin(struct blocks *s, struct body *b, const struct group *g, unsigned first, const ir_size *size, unsigned n)
{
    *s = (struct blocks){.b = b, .g = g, .first = first, .n_axes = n, .size = size, .wanted = (1u << n) - 1};
    return b->u->o->style == EMIT_JIT && n > 0;
}

void rows_deal(struct blocks *s)
{
    const struct share *share = &s->b->share;
    int k = share->var - (int)s->first;
    s->dealt = share->portions > 1 && k >= (int)(s->n_axes - s->run) && k < (int)s->n_axes && !(s->outside >> k & 1);
    if (!s->dealt) return;
    s->run = s->n_axes - (unsigned)k;
    s->outside &= ~((1u << k) - 1);
}

/* The numbers of the row: all of them, or of its first axis but the thread's portions. */
static void find_ends(struct blocks *s, ir_size all, const char **from, const char **to)
{
    struct unit *u = s->b->u;
    *from = "0";
    *to = s->b->corner.is ? emit_extent(s->b, all, s->b->corner.col) : emit_size(s->b, all, PREC_PLUS); /* beyond a corner the row ends */
    if (!s->dealt) return;
    ir_size portion = size_mul(u->sizes, all, size_const(u->sizes, s->b->share.each));
    const char *each = emit_size(s->b, size_div(u->sizes, portion, s->size[s->n_axes - s->run]), PREC_UNARY);
    *from = arena_printf(u->scratch, "%s * %s", u->from_name, each);
    *to = arena_printf(u->scratch, "%s * %s", u->to_name, each);
}

void rows_open(struct blocks *s)
{
    struct unit *u = s->b->u;
    ir_size all = 1;
    int64_t known;
    int block = rows_block(s);
    const char *from, *to;
    for (unsigned k = s->n_axes - s->run; k < s->n_axes; k++) {
        if (s->outside >> k & 1) continue;
        all = size_mul(u->sizes, all, s->size[k]);
        s->b->var[s->first + k] = "0";
    }
    find_ends(s, all, &from, &to);
    if (!s->dealt && size_known(u->sizes, all, &known) && known <= block) {
        s->n = s->b->corner.is ? scope_numbered(u->scope, "n", &u->next_number[5]) : to;
        s->from = NULL;
        emit_line(s->b, "{");
        if (s->b->corner.is) emit_line(s->b, "    const size_t %s = %s;", s->n, to);
    } else {
        const char *i = u->loop_name[s->last];
        s->n = scope_numbered(u->scope, "n", &u->next_number[5]);
        emit_line(s->b, "for (size_t %s = %s; %s < %s; %s += %d) {", i, from, i, to, i, block);
        emit_line(s->b, "    const size_t %s = %s - %s < %d ? %s - %s : %d;", s->n, to, i, block, to, i, block);
        if (!s->apart) s->b->var[s->last] = i;
        s->from = i;
    }
    s->b->indent++;
    emit_open_block(s->b);
}

void rows_close(struct blocks *s)
{
    s->b->indent--;
    emit_line(s->b, "}");
}
