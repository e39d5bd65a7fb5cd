/* Products as loops: sums of one number each, or rows of sums. */
#include "codegen/emit/product.h"

void product_open(struct body *b, const struct product *p, uint8_t l, unsigned depth)
{
    const char *i = b->u->loop_name[depth], *from, *to;
    emit_bounds(b, l, p->size[l], &from, &to);
    b->var[l] = i;
    emit_line(b, "for (size_t %s = %s; %s < %s; %s++) {", i, from, i, to, i);
    b->indent++;
}

void product_close(struct body *b, unsigned n)
{
    while (n--) {
        b->indent--;
        emit_line(b, "}");
    }
}

const char *product_operand(struct body *b, const struct product *p, unsigned i)
{
    struct index at = index_operand(b->u, p->n, i);
    return emit_expression(b, p->n->arg[i], &at, i ? PREC_UNARY : PREC_MULT);
}

const char *product_result(struct body *b, const struct product *p)
{
    struct access a = {.base = p->id, .at = p->to};
    return emit_memory(b, &a);
}

enum { LANES = 16 };

/* Whether the sum is made in sixteen parts side by side: compilers may not change the order of additions, but these they
 * can do at once. */
static bool has_lanes(struct unit *u, const struct product *p)
{
    if (!p->n_sum || u->o->style != EMIT_FILE) return false;
    uint8_t last = p->sum[p->n_sum - 1];
    return p->by[0][last] == 1 && p->by[1][last] == 1 && size_bound(u->sizes, p->size[last]) >= LANES_LEAST;
}

static void print_step(struct body *b, const struct product *p, const char *sum)
{
    const char *x = product_operand(b, p, 0);
    emit_line(b, "%s += %s * %s;", sum, x, product_operand(b, p, 1));
}

/* The innermost sum, whose loops have these names. */
static void print_lanes(struct body *b, const struct product *p, const char *lanes, unsigned depth)
{
    struct unit *u = b->u;
    uint8_t last = p->sum[p->n_sum - 1];
    const char *i = u->loop_name[depth], *lane = u->loop_name[depth + 1], *n = emit_size(b, p->size[last], PREC_PLUS);
    const char *even = arena_printf(u->scratch, "%s / %d * %d", emit_size(b, p->size[last], PREC_UNARY), LANES, LANES);
    int64_t size;
    bool known = size_known(u->sizes, p->size[last], &size);
    if (known) even = arena_printf(u->scratch, "%lld", (long long)(size / LANES * LANES));
    emit_line(b, "for (size_t %s = 0; %s < %s; %s += %d) {", i, i, even, i, LANES);
    b->indent++;
    emit_line(b, "for (size_t %s = 0; %s < %d; %s++) {", lane, lane, LANES, lane);
    b->indent++;
    b->var[last] = arena_printf(u->scratch, "%s + %s", i, lane);
    print_step(b, p, arena_printf(u->scratch, "%s[%s]", lanes, lane));
    product_close(b, 2);
    if (known && size % LANES == 0) return;
    emit_line(b, "for (size_t %s = %s; %s < %s; %s++) {", i, even, i, n, i);
    b->indent++;
    b->var[last] = i;
    print_step(b, p, arena_printf(u->scratch, "%s[0]", lanes));
    product_close(b, 1);
}

/* A result of rank 0, or one whose operands run along memory where they are summed over. */
void product_dots(struct body *b, const struct product *p)
{
    struct unit *u = b->u;
    struct value *v = &u->value[p->id];
    bool scalar = p->n->shape->rank == 0;
    const char *sum = scalar ? v->name : scope_numbered(u->scope, "acc", &u->next_number[4]);
    unsigned depth = 0;
    for (unsigned k = 0; k < p->n_out; k++) product_open(b, p, p->out[k], depth++);
    bool laned = has_lanes(u, p);
    const char *lanes = laned ? scope_numbered(u->scope, "acc", &u->next_number[4]) : NULL;
    unsigned n_plain = p->n_sum - laned;
    if (laned)
        emit_line(b, "%s %s[%d] = {0};", u->real_type, lanes, LANES);
    else
        emit_line(b, "%s %s = 0;", u->real_type, sum);
    for (unsigned k = 0; k < n_plain; k++) product_open(b, p, p->sum[k], depth++);
    if (laned)
        print_lanes(b, p, lanes, depth);
    else
        print_step(b, p, sum);
    product_close(b, n_plain);
    if (laned) {
        const char *i = u->loop_name[depth];
        emit_line(b, "%s %s = 0;", u->real_type, sum);
        emit_line(b, "for (size_t %s = 0; %s < %d; %s++) %s += %s[%s];", i, i, LANES, i, sum, lanes, i);
    }
    if (!scalar || v->reserved) emit_line(b, "%s %s %s;", product_result(b, p), p->adds ? "+=" : "=", sum);
    if (scalar && v->root >= 0) emit_line(b, "%s = %s;", emit_place(b, p->id, v->root, &p->to), sum);
    product_close(b, p->n_out);
}

/* Rows: c[i][..] += a[i][k] * b[k][..], the row innermost. */
void product_rows(struct body *b, const struct product *p)
{
    struct unit *u = b->u;
    uint8_t row = p->out[p->n_out - 1];
    unsigned depth = 0;
    for (unsigned k = 0; k + 1 < p->n_out; k++) product_open(b, p, p->out[k], depth++);
    if (p->n_sum && !p->adds) {
        product_open(b, p, row, depth);
        emit_line(b, "%s = 0;", product_result(b, p));
        product_close(b, 1);
    }
    for (unsigned k = 0; k < p->n_sum; k++) product_open(b, p, p->sum[k], depth++);
    const char *x[2] = {NULL, NULL};
    for (unsigned i = 0; i < 2; i++) {
        if (p->in[i][row]) continue;
        x[i] = scope_numbered(u->scope, "x", &u->next_number[5]);
        emit_line(b, "const %s %s = %s;", u->real_type, x[i], product_operand(b, p, i));
    }
    product_open(b, p, row, depth);
    for (unsigned i = 0; i < 2; i++)
        if (!x[i]) x[i] = product_operand(b, p, i);
    emit_line(b, "%s %s %s * %s;", product_result(b, p), p->n_sum || p->adds ? "+=" : "=", x[0], x[1]);
    product_close(b, p->n_out + p->n_sum);
}

static bool runs_along(const struct product *p, unsigned i, uint8_t l)
{
    return !p->in[i][l] || p->by[i][l] == 1;
}

bool product_rows_are_best(const struct product *p)
{
    if (p->n_out == 0) return false;
    if (p->n_sum == 0) return true;
    uint8_t row = p->out[p->n_out - 1], last = p->sum[p->n_sum - 1];
    if (runs_along(p, 0, row) && runs_along(p, 1, row)) return true;
    return !(p->by[0][last] == 1 && p->by[1][last] == 1);
}

