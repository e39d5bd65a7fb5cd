/* JIT text of few elements without loops: libtcc keeps every counter in memory, so that they would take longer than what
 * is done in them; and a call takes longer than a few multiply-adds. */
#include "codegen/emit/product.h"

/* Of what is done once in a call, and of what loops around it do over and over. */
enum { ELEMENTS_MOST = 4, ELEMENTS_MOST_IN_TURNS = 9, PRODUCTS_MOST = 8, PRODUCTS_MOST_IN_TURNS = 16 };

static const char *const number_text[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"};

/* All numbers along the axes one after the other, the last axis the fastest. False: that were all. */
static bool next(struct written_axis *axis, unsigned n)
{
    while (n-- > 0) {
        if (++axis[n].at < axis[n].size) return true;
        axis[n].at = 0;
    }
    return false;
}

static void set_numbers(struct body *b, const struct written_axis *axis, unsigned n)
{
    for (unsigned k = 0; k < n; k++) b->var[axis[k].var] = number_text[axis[k].at];
}

/* How many elements these axes have in all; more than `most` if so, or if nobody knows. */
static int64_t count(struct unit *u, struct written_axis *axis, const ir_size *size, unsigned n, int64_t most)
{
    int64_t all = 1;
    for (unsigned k = 0; k < n && all <= most; k++) {
        if (!size_known(u->sizes, size[k], &axis[k].size)) return most + 1;
        all *= axis[k].size;
    }
    return all;
}

static void open_one(struct body *b, struct written_out *w)
{
    set_numbers(b, w->axis, w->n);
    emit_line(b, "{");
    b->indent++;
    w->outer = emit_open_block(b);
}

bool emit_write_out(struct body *b, struct written_out *w, const ir_size *size, unsigned n, uint8_t first)
{
    const int64_t most = b->outer || first > 0 ? ELEMENTS_MOST_IN_TURNS : ELEMENTS_MOST;
    *w = (struct written_out){.n = n};
    if (b->u->o->style != EMIT_JIT || b->share.portions > 1 || b->corner.is || !emit_any_loop(size, n)) return false;
    int64_t all = count(b->u, w->axis, size, n, most);
    if (all == 0 || all > most) return false;
    for (unsigned k = 0; k < n; k++) w->axis[k].var = (uint8_t)(first + k);
    open_one(b, w);
    return true;
}

bool emit_write_next(struct body *b, struct written_out *w)
{
    b->serial = w->outer;
    b->indent--;
    emit_line(b, "}");
    if (!next(w->axis, w->n)) return false;
    open_one(b, w);
    return true;
}

/* ---- products ---- */

bool product_written_out(struct body *b, const struct product *p)
{
    struct unit *u = b->u;
    struct written_axis out[RANK_MAX] = {{0}}, sum[LABELS_MAX] = {{0}};
    ir_size size[LABELS_MAX];
    const ir_id conv = u->value[p->id].conv;
    const struct ir_node *plus = conv ? ir_at(u->g, p->id) : NULL;
    const int64_t most = b->outer ? PRODUCTS_MOST_IN_TURNS : PRODUCTS_MOST;
    if (p->rated || p->shared != NO_VAR) return false;
    for (unsigned k = 0; k < p->n_out; k++) size[k] = p->size[p->out[k]], out[k].var = p->out[k];
    int64_t elements = count(u, out, size, p->n_out, most);
    for (unsigned k = 0; k < p->n_sum; k++) size[k] = p->size[p->sum[k]], sum[k].var = p->sum[k];
    int64_t terms = count(u, sum, size, p->n_sum, most);
    if (elements == 0 || terms == 0 || elements * terms > most) return false;
    do {
        struct text *t = emit_begin(u);
        set_numbers(b, out, p->n_out);
        text_printf(t, "%s %s 0", product_result(b, p), p->adds ? "+=" : "="); /* a sum of -0 alone is 0 */
        do {
            set_numbers(b, sum, p->n_sum);
            const char *x = product_operand(b, p, 0);
            text_printf(t, " + %s * %s", x, product_operand(b, p, 1));
        } while (next(sum, p->n_sum));
        if (plus) text_printf(t, " + %s", emit_expression(b, plus->arg[plus->arg[0] == conv], &p->to, PREC_MULT));
        emit_line(b, "%s;", emit_end(u, t));
    } while (next(out, p->n_out));
    return true;
}
