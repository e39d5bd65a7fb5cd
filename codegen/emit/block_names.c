/* The calls of JIT text over rows, as it declares them. */
#include "codegen/emit/blocks.h"

#include <string.h>

void emit_calls_block(struct unit *u, const char *name)
{
    struct calls *c = u->calls;
    for (uint32_t i = 0; i < c->blocks.n; i++)
        if (!strcmp(c->blocks.at[i], name)) return;
    vec_push(u->p->tables->arena, &c->blocks, name);
}

static const struct {
    const char *name, *result, *arguments;
} others[] = {
    {"copy", "void", "real *, const real *"},
    {"fill", "void", "real *, const real *"},
    {"take", "void", "real *, const real *, size_t"},
    {"put", "void", "real *, size_t, const real *"},
    {"sum", "double", "const real *"},
    {"most", "real", "const real *, real"},
    {"least", "real", "const real *, real"},
    {"first_most", "void", "const real *, real *, int32_t *, int32_t"},
    {"first_least", "void", "const real *, real *, int32_t *, int32_t"},
    {"gather_sums", "void", "double *, const real *"},
    {"rounded", "void", "real *, const double *"},
    {"column_sums", "void", "real *, size_t, const real *, size_t"},
    {"int_lt", "void", "real *, int32_t, int32_t, int32_t, int32_t"},
    {"int_le", "void", "real *, int32_t, int32_t, int32_t, int32_t"},
    {"int_eq", "void", "real *, int32_t, int32_t, int32_t, int32_t"},
    {"int_ne", "void", "real *, int32_t, int32_t, int32_t, int32_t"},
    {"turn", "void", "size_t, const real *, size_t, real *"},
    {"view", "void", "real *, const real *, size_t, const ptrdiff_t *"},
    {"within", "void",
     "real *, const real *, size_t, const ptrdiff_t *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t"},
    {"lay", "void", "real *, size_t, const ptrdiff_t *, const real *"},
    {"lay_sums", "void", "real *, size_t, const ptrdiff_t *, const real *"},
    {"view_i32", "void", "int32_t *, const int32_t *, size_t, const ptrdiff_t *"},
    {"lay_i32", "void", "int32_t *, size_t, const ptrdiff_t *, const int32_t *"},
    {"copy_i32", "void", "int32_t *, const int32_t *"},
    {"places_i32", "void", "int32_t *, size_t, const ptrdiff_t *, ptrdiff_t"},
    {"same", "void", "real *, const int32_t *, size_t, const int32_t *, size_t"},
    {"real_of", "void", "real *, const int32_t *, size_t"},
    {"above", "void", "real *, const real *, const real *"},
    {"is", "void", "real *, const real *, int, const int32_t *, size_t, const ptrdiff_t *, ptrdiff_t"},
    {"where", "void",
     "real *, int, const real *, int, size_t, const ptrdiff_t *, const int32_t *, ptrdiff_t, const int32_t *, "
     "ptrdiff_t, const real *"},
    {"top", "void", "real *, int32_t *, const real *, size_t"},
    {"tops", "void", "real *, int32_t *, const real *, size_t, const ptrdiff_t *, size_t, ptrdiff_t, int"},
};

/* Behind the number of elements. What is neither of the table nor an operation is two of these at once. */
static const char *arguments_of(const char *name, const char **result)
{
    *result = "void";
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (!strcmp(others[k].name, name)) {
            *result = others[k].result;
            return others[k].arguments;
        }
    for (int op = 0; op < OP_COUNT; op++)
        if (!strcmp(ir_ops[op].name, name))
            return ir_ops[op].arity == 1   ? "real *, const real *"
                   : ir_ops[op].arity == 2 ? "real *, const real *, size_t, const real *, size_t"
                                           : "real *, const real *, const real *, const real *";
    return "real *, const real *, size_t, const real *, size_t, const real *, size_t";
}

void blocks_declare(const struct calls *calls, bool single, struct text *out)
{
    const char *f = single ? "f32" : "f64";
    for (int op = 0; op < OP_COUNT; op++)
        if (calls->lanes[op]) text_printf(out, "real nnrt_%s_%s(real%s);\n", ir_ops[op].name, f, ir_ops[op].arity == 2 ? ", real" : "");
    static const char matrices[] =
        "size_t, size_t, size_t, const real *, ptrdiff_t, ptrdiff_t, const real *, ptrdiff_t, "
        "ptrdiff_t, real *, ptrdiff_t, ptrdiff_t";
    for (uint32_t i = 0; i < calls->numbers.n; i++)
        text_printf(out, "static const real nnrt_one%u = %s;\n", i, calls->numbers.at[i]);
    if (calls->uniforms) text_printf(out, "void nnrt_uniforms_%s(real *, size_t, uint64_t, size_t);\n", f);
    if (calls->gemm_few) text_printf(out, "void nnrt_gemm_few_%s(%s, int);\n", f, matrices);
    if (calls->gemm_few_add) text_printf(out, "void nnrt_gemm_few_add_%s(real, %s);\n", f, matrices);
    if (calls->gemm_few_plus)
        text_printf(out, "void nnrt_gemm_few_plus_%s(%s, const real *, ptrdiff_t, ptrdiff_t);\n", f, matrices);
    if (calls->gemm_add) text_printf(out, "void nnrt_gemm_add_%s(real, %s);\n", f, matrices);
    for (uint32_t i = 0; i < calls->blocks.n; i++) {
        const char *name = calls->blocks.at[i], *result, *arguments = arguments_of(name, &result);
        const char *typed = strstr(name, "_i32") ? "" : single ? "_f32" : "_f64";
        text_printf(out, "%s nnrt_b_%s%s(size_t, %s);\n", result, name, typed, arguments);
    }
}
