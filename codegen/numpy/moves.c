/* Moves, reductions, products and calls in NumPy. */
#include "codegen/numpy/maker.h"

#include <string.h>

static const struct ir_node *node_at(const struct maker *m, ir_id id)
{
    return ir_at(m->scope->graph, id);
}

const char *python_size(struct maker *m, ir_size s)
{
    struct text t = text_new(m->arena);
    size_print(m->program->tables->sizes, s, NULL, NULL, &t);
    return t.s;
}

const char *shape_tuple(struct maker *m, const struct ir_shape *s)
{
    struct text t = text_new(m->arena);
    text_char(&t, '(');
    for (unsigned i = 0; i < s->rank; i++) text_printf(&t, "%s%s", i ? ", " : "", python_size(m, s->dim[i]));
    text_put(&t, s->rank == 1 ? ",)" : ")");
    return t.s;
}

const char *operand_text(struct maker *m, ir_id id)
{
    const struct said *s = &m->scope->said[id];
    if (!s->thin) return s->text;
    return arena_printf(m->arena, "np.broadcast_to(%s, %s)", s->text, shape_tuple(m, node_at(m, id)->shape));
}

const char *atom_text(struct maker *m, ir_id id)
{
    const char *s = operand_text(m, id);
    return m->scope->said[id].prec == PREC_ATOM || m->scope->said[id].thin ? s : arena_printf(m->arena, "(%s)", s);
}

typedef const char *move_printer(struct maker *m, const struct ir_node *n, ir_id id);

static const char *axes_of_mask(struct maker *m, int64_t mask)
{
    struct text t = text_new(m->arena);
    unsigned k = 0;
    for (unsigned i = 0; i < RANK_MAX; i++)
        if (mask >> i & 1) text_printf(&t, "%s%u", k++ ? ", " : "", i);
    return k == 1 ? t.s : arena_printf(m->arena, "(%s)", t.s);
}

static const char *say_reduction(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    const char *word = n->op == OP_sum ? "np.sum" : n->op == OP_max_of ? "np.max" : "np.min";
    unsigned rank = node_at(m, n->arg[0])->shape->rank;
    if (n->attr[0] == (1ll << rank) - 1) return arena_printf(m->arena, "%s(%s)", word, operand_text(m, n->arg[0]));
    return arena_printf(m->arena, "%s(%s, axis=%s)", word, operand_text(m, n->arg[0]), axes_of_mask(m, n->attr[0]));
}

static const char *say_argreduction(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    return arena_printf(m->arena, "np.%s(%s, axis=%lld)", ir_ops[n->op].name, operand_text(m, n->arg[0]),
                        (long long)n->attr[0]);
}

static const char *say_reshape(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    return arena_printf(m->arena, "np.reshape(%s, %s)", operand_text(m, n->arg[0]), shape_tuple(m, n->shape));
}

static const char *say_permute(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    struct text t = text_new(m->arena);
    if (n->shape->rank == 2 && n->attr[0] == 1) return arena_printf(m->arena, "%s.T", atom_text(m, n->arg[0]));
    for (unsigned i = 0; i < n->shape->rank; i++) text_printf(&t, "%s%lld", i ? ", " : "", (long long)n->attr[i]);
    return arena_printf(m->arena, "np.transpose(%s, (%s))", operand_text(m, n->arg[0]), t.s);
}

/* "2:5, ::-1" of starts and steps; `small` is what is taken, `whole` where from. NULL: it cannot be said. */
static const char *slices(struct maker *m, const struct ir_node *n, const struct ir_shape *small,
                          const struct ir_shape *whole)
{
    struct ir_sizes *sizes = m->program->tables->sizes;
    struct text t = text_new(m->arena);
    for (unsigned i = 0; i < small->rank; i++) {
        ir_size start = (ir_size)n->attr[2 * i], size = small->dim[i];
        int64_t step = n->attr[2 * i + 1], from, count;
        if (i) text_put(&t, ", ");
        bool known = size_known(sizes, start, &from), counted = size_known(sizes, size, &count);
        if (known && from == 0 && step == 1 && size == whole->dim[i]) {
            text_char(&t, ':');
        } else if (step > 0) {
            ir_size last = size_add(sizes, start, size_mul(sizes, size_sub(sizes, size, 1), size_const(sizes, step)));
            text_printf(&t, "%s:%s", python_size(m, start), python_size(m, size_add(sizes, last, 1)));
            if (step != 1) text_printf(&t, ":%lld", (long long)step);
        } else if (step == -1 && size == whole->dim[i] && start == size_sub(sizes, size, 1)) {
            text_put(&t, "::-1");
        } else if (known && counted) {
            int64_t stop = from + step * count;
            text_printf(&t, "%lld:", (long long)from);
            if (stop >= 0) text_printf(&t, "%lld", (long long)stop);
            text_printf(&t, ":%lld", (long long)step);
        } else {
            return NULL;
        }
    }
    return t.n ? t.s : "()";
}

static const char *say_slice(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    const char *at = slices(m, n, n->shape, node_at(m, n->arg[0])->shape);
    return at ? arena_printf(m->arena, "%s[%s]", atom_text(m, n->arg[0]), at) : NULL;
}

static const char *say_place(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    const char *at = slices(m, n, node_at(m, n->arg[0])->shape, n->shape);
    return at ? arena_printf(m->arena, "place(%s, %s, np.s_[%s])", operand_text(m, n->arg[0]), shape_tuple(m, n->shape),
                             at)
              : NULL;
}

static const char *say_concat(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    struct text t = text_new(m->arena);
    for (uint32_t i = 0; i < n->n_arg; i++) text_printf(&t, "%s%s", i ? ", " : "", operand_text(m, n->arg[i]));
    return arena_printf(m->arena, "np.concatenate([%s], axis=%lld)", t.s, (long long)n->attr[0]);
}

static const char *say_gather(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    if (n->attr[0] == 0) return arena_printf(m->arena, "%s[%s]", atom_text(m, n->arg[0]), operand_text(m, n->arg[1]));
    return arena_printf(m->arena, "np.take(%s, %s, axis=%lld)", operand_text(m, n->arg[0]), operand_text(m, n->arg[1]),
                        (long long)n->attr[0]);
}

static const char *say_scatter(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    return arena_printf(m->arena, "scatter(%s, %s, %s, %lld)", operand_text(m, n->arg[0]), operand_text(m, n->arg[1]),
                        shape_tuple(m, n->shape), (long long)n->attr[0]);
}

static const char *say_window(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    unsigned axis = (unsigned)n->attr[0];
    const char *steps =
        arena_printf(m->arena, "%lld, %lld, %lld", (long long)n->attr[1], (long long)n->attr[2], (long long)n->attr[3]);
    if (n->op == OP_overlap)
        return arena_printf(m->arena, "overlap(%s, %u, %s, %s)", operand_text(m, n->arg[0]), axis,
                            python_size(m, n->shape->dim[axis]), steps);
    return arena_printf(m->arena, "windows(%s, %u, %s, %s, %s)", operand_text(m, n->arg[0]), axis,
                        python_size(m, n->shape->dim[axis]), python_size(m, n->shape->dim[axis + 1]), steps);
}

static const char *say_cumsum(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    if (!n->attr[1] && !n->attr[2])
        return arena_printf(m->arena, "np.cumsum(%s, axis=%lld)", operand_text(m, n->arg[0]), (long long)n->attr[0]);
    return arena_printf(m->arena, "cumsum(%s, %lld, %s, %s)", operand_text(m, n->arg[0]), (long long)n->attr[0],
                        n->attr[1] ? "True" : "False", n->attr[2] ? "True" : "False");
}

/* x @ W, x.T @ g, g @ W.T, v @ w: where no side has more than two axes and one is summed over. */
static const char *as_matrices(struct maker *m, const struct ir_node *n)
{
    const int64_t *a = n->attr + 3, na = n->attr[0], *b = a + na, nb = n->attr[1], *z = b + nb, nz = n->attr[2];
    if (na < 1 || nb < 1 || na > 2 || nb > 2 || na + nb != nz + 2) return NULL;
    for (int ta = 0; ta < na; ta++)
        for (int tb = 0; tb < nb; tb++) {
            int64_t in_a = a[na - 1 - ta], in_b = b[tb], k = 0;
            if (in_a != in_b || (na == 2 && z[k++] != a[ta]) || (nb == 2 && z[k++] != b[1 - tb])) continue;
            return arena_printf(m->arena, "%s%s @ %s%s", atom_text(m, n->arg[0]), ta ? ".T" : "",
                                atom_text(m, n->arg[1]), tb ? ".T" : "");
        }
    return NULL;
}

static const char *say_contract(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    const char *matrices = as_matrices(m, n);
    if (matrices) return matrices;
    struct text t = text_new(m->arena);
    static const char *const between[] = {",", "->", ""};
    unsigned k = 3;
    for (unsigned side = 0; side < 3; side++) {
        for (int64_t i = 0; i < n->attr[side]; i++) text_char(&t, (char)('a' + n->attr[k++]));
        text_put(&t, between[side]);
    }
    return arena_printf(m->arena, "np.einsum(\"%s\", %s, %s, optimize=True)", t.s, operand_text(m, n->arg[0]),
                        operand_text(m, n->arg[1]));
}

/* NumPy factorises where it solves: of factors that are at hand the matrix itself is taken; where a loop keeps them, it
 * stands in their shape. */
static const char *say_lu(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    return arena_printf(m->arena, "factors(%s)", operand_text(m, n->arg[0]));
}

static const char *matrix_text(struct maker *m, ir_id factors)
{
    ir_id matrix = numpy_reads(m, factors);
    return matrix == factors ? arena_printf(m->arena, "%s[..., :-1, :]", atom_text(m, factors))
                             : operand_text(m, matrix);
}

static const char *turned(struct maker *m, const char *matrix, bool transposed)
{
    return transposed ? arena_printf(m->arena, "np.swapaxes(%s, -1, -2)", matrix) : matrix;
}

static const char *say_solve(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    return arena_printf(m->arena, "solve(%s, %s)", turned(m, matrix_text(m, n->arg[2]), n->attr[0]),
                        operand_text(m, n->arg[1]));
}

static const char *say_tri_solve(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    const char *half = arena_printf(m->arena, "np.%s(%s)", n->attr[0] ? "triu" : "tril", operand_text(m, n->arg[0]));
    return arena_printf(m->arena, "solve(%s, %s)", turned(m, half, n->attr[1]), operand_text(m, n->arg[1]));
}

static const char *say_logdet(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    return arena_printf(m->arena, "logdet(%s)", matrix_text(m, n->arg[1]));
}

static const char *say_call(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    return arena_printf(m->arena, "%s(%s)", ir_ops[n->op].name, operand_text(m, n->arg[0]));
}

static const char *say_same(struct maker *m, const struct ir_node *n, ir_id id)
{
    (void)id;
    return operand_text(m, n->arg[0]);
}

static move_printer *const printer[OP_COUNT] = {
    [OP_sum] = say_reduction,
    [OP_max_of] = say_reduction,
    [OP_min_of] = say_reduction,
    [OP_argmax] = say_argreduction,
    [OP_argmin] = say_argreduction,
    [OP_reshape] = say_reshape,
    [OP_permute] = say_permute,
    [OP_slice] = say_slice,
    [OP_place] = say_place,
    [OP_concat] = say_concat,
    [OP_gather] = say_gather,
    [OP_scatter] = say_scatter,
    [OP_window] = say_window,
    [OP_overlap] = say_window,
    [OP_cumsum] = say_cumsum,
    [OP_contract] = say_contract,
    [OP_lu] = say_lu,
    [OP_solve] = say_solve,
    [OP_tri_solve] = say_tri_solve,
    [OP_logdet] = say_logdet,
    [OP_cholesky] = say_call,
    [OP_orthonormal] = say_call,
    [OP_bind] = say_same,
    [OP_stop] = say_same,
    [OP_custom] = say_same,
};

struct said say_move(struct maker *m, ir_id id)
{
    const struct ir_node *n = node_at(m, id);
    struct said s = {.prec = n->op == OP_contract ? PREC_MULT : PREC_ATOM};
    s.text = printer[n->op] ? printer[n->op](m, n, id) : NULL;
    if (!s.text) {
        numpy_refuse(m, n, ir_ops[n->op].name);
        s.text = "None";
    }
    if (n->op == OP_contract && s.text[0] == 'n' && !strncmp(s.text, "np.einsum", 9)) s.prec = PREC_ATOM;
    if (printer[n->op] == say_same) s.prec = m->scope->said[n->arg[0]].prec;
    return s;
}
