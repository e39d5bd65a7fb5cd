/* Initial values of parameters and states. An initialiser is a function of a shape: called without [ ] it takes the
 * shape of what is declared, and knows fan_in and fan_out. */
#include "codegen/lower/builtin.h"
#include "codegen/lower/state.h"

#include <string.h>

static void set_fans(struct low *l, const struct axis *axis, uint8_t rank)
{
    int64_t dim[RANK_MAX] = {1, 1};
    double in = 1, out = 1;
    if (!shape_known(l, axis, rank, dim)) return;
    if (rank == 1) in = out = (double)dim[0];
    if (rank == 2) in = (double)dim[0], out = (double)dim[1];
    if (rank > 2) { /* a kernel: [out, in, places...] */
        double places = 1;
        for (uint8_t i = 2; i < rank; i++) places *= (double)dim[i];
        in = (double)dim[1] * places;
        out = (double)dim[0] * places;
    }
    l->init.fan_in = in;
    l->init.fan_out = out;
}

/* file("w.npy"), where no function is called so. */
static bool is_file(struct low *l, const struct ast *e)
{
    return e->kind == AST_call && e->n == 2 && e->kid[0]->kind == AST_name_ref && !strcmp(e->kid[0]->name, "file") &&
           e->kid[1]->kind == AST_string && !find_name(l, e->kid[0]->name);
}

static struct value read_array(struct low *l, const struct ast *e)
{
    const struct lower_options *o = l->options;
    const char *why = "this use of the compiler reads no files", *path = e->kid[1]->name;
    unsigned rank = 0;
    int64_t dim[RANK_MAX] = {0};
    double *at = NULL;
    struct axis axis[RANK_MAX] = {{0}};
    if (!o->array || !o->array(o->user, l->scope->path, path, ARENA(l), &rank, dim, &at, &why))
        return fail(l, E0802, e->kid[1]->span, "cannot take '%s': %s", path, why);
    for (unsigned i = 0; i < rank; i++) axis[i].size = size_const(l->sizes, dim[i]);
    if (!rank) return number_value(l, at[0], e->span);
    return make_tensor(l, ir_tensor(l->graph, shape_for(l, axis, (uint8_t)rank), at), (uint8_t)rank, axis, e->span);
}

/* Does the function make a tensor of the sizes it is given? */
static bool takes_shape(const struct function *f)
{
    static const char *const primitives[] = {"zeros", "ones", "eye", "random"};
    const struct ast *b = f->tree ? nth_kid(f->tree, 0) : NULL;
    if (f->kind == FUNCTION_FN)
        return b && b->n && (b->kid[0]->kind == AST_ellipsis || (b->kid[0]->name && b->kid[0]->name[0] <= 'Z'));
    for (size_t i = 0; f->kind == FUNCTION_PRIMITIVE && i < sizeof primitives / sizeof *primitives; i++)
        if (!strcmp(f->name, primitives[i])) return true;
    return false;
}

const struct ast *implied_bracket(struct low *l, const struct function *f, struct span at)
{
    if (!l->init.on || l->scope != l->init.scope || !takes_shape(f)) return NULL;
    return ast_add(l->c, ast_new(l->c, AST_bracket, at), ast_new(l->c, AST_ellipsis, at));
}

struct value lower_init(struct low *l, const struct ast *e, const struct axis *axis, uint8_t rank, const char *path)
{
    struct init outer = l->init;
    open_scope(l);
    l->scope->has_rest = true;
    l->scope->n_rest = rank;
    memcpy(l->scope->rest, axis, rank * sizeof *axis);
    l->init = (struct init){.on = true, .scope = l->scope, .stream = hash_bytes(1, path, strlen(path))};
    set_fans(l, axis, rank);
    struct value v;
    if (is_file(l, e)) {
        v = read_array(l, e);
    } else {
        v = lower_expr(l, e);
        if (v.kind == VALUE_FUNCTION) v = lower_call(l, e); /* `= zeros`: the parentheses may be left out */
    }
    close_scope(l);
    l->init = outer;
    v = fit_value(l, v, axis, rank, arena_printf(ARENA(l), "the initial value of '%s'", path), e->span);
    if (v.kind == VALUE_TENSOR && !constant_only(l, v.id, true)) {
        fail(l, E0403, e->span, "an initial value is made of constants and random numbers alone");
        return poison(e->span);
    }
    return v;
}

int64_t next_stream(struct low *l)
{
    uint64_t of = l->init.stream;
    uint32_t k = l->init.on ? l->init.streams++ : l->owner->streams++;
    if (!l->init.on) {
        of = hash_bytes(2, l->owner->path, strlen(l->owner->path));
        l->program->has_random = true;
    }
    return (int64_t)(hash_bytes(of, &(uint32_t){k}, sizeof k) & 0x7FFFFFFFFFFFFFFF);
}

/* ---- primitives that initialisers are made of ---- */

struct value lower_random(struct low *l, const struct call *c)
{
    struct axis axis[RANK_MAX];
    uint8_t rank = 0;
    if (c->n) return fail(l, E0304, c->at, "'random' has no arguments: random[N, M]");
    if (c->bracket && !lower_shape(l, c->bracket, axis, &rank)) return poison(c->at);
    ir_id id = ir_leaf(l->graph, OP_random, IR_REAL, shape_for(l, axis, rank), next_stream(l), 0);
    return make_tensor(l, id, rank, axis, c->at);
}

struct value lower_orthonormal(struct low *l, const struct call *c)
{
    if (c->n != 1 || c->bracket) return fail(l, E0304, c->at, "'orthonormal' has one argument");
    struct value v = as_real(l, c->arg[0].value);
    if (v.kind != VALUE_TENSOR) return v;
    if (v.rank < 2)
        return fail(l, E0204, c->at, "an orthogonal matrix has two axes at least, and this is %s",
                    shape_text(l, v.axis, v.rank));
    ir_id id = ir_add(l->graph, OP_orthonormal, IR_REAL, shape_of(l, &v), &v.id, 1, NULL, 0);
    return make_tensor(l, id, v.rank, v.axis, c->at);
}
