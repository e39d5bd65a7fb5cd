#include "codegen/emit/carry.h"

#include <ctype.h>
#include <string.h>

struct section { /* one function of a kernel header */
    const char *name, *needs, *text;
    size_t n_name, n_needs, n_text;
};

/* A section begins with a line as random.h says. */
static bool next_section(const char **at, struct section *s)
{
    const char *mark = strstr(*at, "/*@ ");
    if (!mark) return false;
    const char *close = strstr(mark, " */"), *needs = strstr(mark, " needs ");
    const char *end = strstr(close, "/*@ ");
    s->name = mark + 4;
    s->n_name = strcspn(s->name, " ");
    s->needs = needs && needs < close ? needs + 7 : close;
    s->n_needs = (size_t)(close - s->needs);
    s->text = close + 4;
    *at = s->text;
    if (!end) return false; /* the last mark only ends the one before */
    s->n_text = (size_t)(end - s->text);
    return true;
}

static bool find_section(const char *name, size_t n, struct section *s)
{
    for (const struct kernel_text *k = kernel_texts; k->name; k++)
        for (const char *at = k->text; next_section(&at, s);)
            if (s->n_name == n && !strncmp(s->name, name, n)) return true;
    return false;
}

struct carried {
    struct arena *arena;
    struct text *out;
    vec(const char *) done;
};

/* Kernels need others a few deep. */
static void define(struct carried *c, const char *name, size_t n)
{
    struct section s;
    if (!find_section(name, n, &s)) return;
    for (uint32_t i = 0; i < c->done.n; i++)
        if (c->done.at[i] == s.name) return;
    vec_push(c->arena, &c->done, s.name);
    for (const char *w = s.needs; w < s.needs + s.n_needs;) {
        size_t len = strcspn(w, " *");
        define(c, w, len);
        w += len + 1;
    }
    text_putn(c->out, s.text, s.n_text);
}

static void declare(struct carried *c, const char *name, size_t n)
{
    struct section s;
    if (!find_section(name, n, &s)) return;
    const char *from = s.text;
    while (strncmp(from, "static ", 7)) from = strchr(from, '\n') + 1;
    from += 7;
    text_putn(c->out, from, (size_t)(strstr(from, "\n{") - from));
    text_put(c->out, ";\n");
}

static void bring(struct carried *c, const char *name, bool declares)
{
    if (declares)
        declare(c, name, strlen(name));
    else
        define(c, name, strlen(name));
}

/* The function that an operation's text calls, as $T and $f leave it; false if it calls none. */
static bool function_in(const char *text, const char **name, size_t *n, bool *typed, unsigned *arguments)
{
    for (const char *c = text; *c; c++) {
        if (!isalpha((unsigned char)*c) || (c > text && (c[-1] == '$' || isalnum((unsigned char)c[-1])))) continue;
        *name = c;
        while (isalnum((unsigned char)*c) || *c == '_') c++;
        *n = (size_t)(c - *name);
        *typed = c[0] == '$' && (c[1] == 'T' || c[1] == 'f');
        if (*typed) c += 2;
        if (*c != '(') continue;
        *arguments = 1;
        for (int depth = 0; *c && (*c != ')' || depth > 1); c++) {
            depth += (*c == '(') - (*c == ')');
            *arguments += *c == ',' && depth == 1;
        }
        return true;
    }
    return false;
}

bool carry_any(const struct calls *calls)
{
    bool any = calls->uniform || calls->mix || calls->gemm || calls->sum || calls->sum_apart || calls->turn || calls->tiled.n > calls->n_blas || calls->convs.n;
    any = any || calls->pick || calls->pick_int;
    for (int k = 0; k < ROW_KERNELS; k++) any = any || calls->row[k];
    for (int op = 0; op < OP_COUNT; op++) any = any || calls->lanes[op] || calls->rows[op] || (calls->op[op] && strstr(ir_ops[op].text, "nnrt_"));
    return any;
}

void carry_kernels(const struct calls *calls, bool single, bool declares, struct text *out)
{
    struct carried c = {.arena = out->arena, .out = out};
    const char *f = single ? "f32" : "f64", *name;
    size_t n;
    bool typed;
    unsigned arguments;
    if (calls->mix || calls->uniform) bring(&c, "nnrt_mix", declares);
    if (calls->uniform) {
        bring(&c, "nnrt_stream", declares);
        bring(&c, "nnrt_uniform", declares);
    }
    for (int k = 0; k < ROW_KERNELS; k++)
        if (calls->row[k]) bring(&c, arena_printf(c.arena, "nnrt_%s_%s", emit_row_kernels[k], f), false);
    if (calls->sum) { /* small enough to be in JIT text too */
        bring(&c, "nnrt_sum_add", false);
        bring(&c, "nnrt_sum_total", false);
    }
    if (calls->sum_apart) {
        bring(&c, "nnrt_sum_apart", false);
        bring(&c, "nnrt_total_apart", false);
    }
    if (calls->pick) bring(&c, arena_printf(c.arena, "nnrt_pick_%s", f), false); /* only files have them */
    if (calls->pick_int) bring(&c, "nnrt_pick_i32", false);
    bool tiles = calls->tiled.n > calls->n_blas || calls->turn;
    if (tiles || calls->convs.n) /* only files have them */
        text_printf(out, "typedef %s nnrt_real;\n", single ? "float" : "double");
    if (tiles) bring(&c, "nnrt_product", false);
    for (uint32_t i = 0; i < calls->tiled.n; i++) {
        static const char *const more[] = {[THIN_ROWS] = "nnrt_rows_product", [THIN_SUMS] = "nnrt_sums_product", [THIN_DOTS] = "nnrt_dots_product"};
        if (calls->tiled.at[i].thin >= THIN_ROWS) bring(&c, more[calls->tiled.at[i].thin], false);
    }
    if (calls->convs.n) {
        text_printf(out, "#define NNRT_LANES_BYTES %u\n", calls->lane_bytes);
        bring(&c, "nnrt_conv_back", false);
    }
    for (int op = 0; op < OP_COUNT; op++)
        if (calls->lanes[op]) bring(&c, arena_printf(c.arena, "nnrt_%s_%s", ir_ops[op].name, f), false);
    for (int op = 0; op < OP_COUNT; op++)
        if (calls->rows[op]) bring(&c, arena_printf(c.arena, "nnrt_%s_row_%s", ir_ops[op].name, f), false);
    if (calls->gemm) bring(&c, arena_printf(c.arena, "nnrt_gemm_%s", f), declares);
    for (int op = 0; op < OP_COUNT; op++)
        if (calls->op[op] && function_in(ir_ops[op].text, &name, &n, &typed, &arguments) && !strncmp(name, "nnrt_", 5))
            bring(&c, arena_printf(c.arena, "%.*s%s", (int)n, name, f), declares);
}

void carry_math(const struct calls *calls, bool single, struct text *out)
{
    const char *real = single ? "float" : "double", *name;
    size_t n;
    bool typed;
    unsigned arguments;
    bool said[OP_COUNT] = {false};
    for (int op = 0; op < OP_COUNT; op++) {
        if (!calls->op[op] || !function_in(ir_ops[op].text, &name, &n, &typed, &arguments)) continue;
        if (!strncmp(name, "nnrt_", 5)) continue;
        for (int other = 0; other < op; other++) { /* exp and sigmoid both call exp */
            const char *theirs;
            size_t m;
            unsigned k;
            if (said[other] && function_in(ir_ops[other].text, &theirs, &m, &typed, &k) && m == n && !strncmp(theirs, name, n))
                said[op] = true;
        }
        if (!said[op]) {
            text_printf(out, "%s %.*s%s(%s", real, (int)n, name, single ? "f" : "", real);
            while (--arguments) text_printf(out, ", %s", real);
            text_put(out, ");\n");
        }
        said[op] = true;
    }
}
