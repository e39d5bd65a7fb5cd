#include "codegen/emit/tiled.h"

#include <string.h>

static bool is_same(const struct tiled *a, const struct tiled *b)
{
    return a->m == b->m && a->n == b->n && a->k == b->k && a->a_row == b->a_row && a->a_k == b->a_k && a->b_k == b->b_k &&
           a->b_n == b->b_n && a->c_row == b->c_row && a->adds == b->adds && a->rated == b->rated;
}

static const char *size_text(struct arena *a, int64_t size, const char *name)
{
    return size ? arena_printf(a, "%lld", (long long)size) : name;
}

const char *tiled_name(struct unit *u, const struct tiled *t)
{
    struct calls *calls = u->calls;
    struct arena *a = u->p->tables->arena;
    struct tiled made = *t;
    unsigned like = 0;
    const char *how = t->rated ? "update_" : t->adds ? "add_" : "";
    const char *stem = arena_printf(a, "%s_%s%s%s_%sx%sx%s", u->prefix, how, t->a_k == 1 ? "n" : "t",
                                    t->b_n == 1 ? "n" : "t", size_text(a, t->m, "m"), size_text(a, t->n, "n"),
                                    size_text(a, t->k, "k"));
    size_t length = strlen(stem);
    for (uint32_t i = 0; i < calls->tiled.n; i++) {
        if (is_same(&calls->tiled.at[i], t)) return calls->tiled.at[i].name;
        like += !strncmp(calls->tiled.at[i].name, stem, length);
    }
    made.name = like ? arena_printf(a, "%s_%u", stem, like + 1) : stem;
    vec_push(a, &calls->tiled, made);
    return made.name;
}

static void print_one(const struct header *h, const struct tiled *t, struct text *out)
{
    struct arena *a = out->arena;
    const char *m = size_text(a, t->m, "m"), *n = size_text(a, t->n, "n"), *k = size_text(a, t->k, "k");
    bool at = t->a_k != 1, bt = t->b_n != 1;
    text_printf(out, "/* c[%s][%s] %s= %sa[%s][%s]%s * b[%s][%s]%s */\n", m, n, t->adds ? "+" : "",
                t->rated ? "rate * " : "", at ? k : m, at ? m : k,
                at ? " transposed" : "", bt ? n : k, bt ? k : n, bt ? " transposed" : "");
    text_printf(out, "static %s_APART void %s(", h->upper, t->name);
    if (t->rated) text_printf(out, "%s rate, ", h->real);
    text_printf(out, "%s%sconst %s *a, const %s *b, %s *c)\n{\n", t->m ? "" : "size_t m, ", t->k ? "" : "size_t k, ",
                h->real, h->real, h->real);
    const char *kind = t->thin ? (t->m == 1 ? "row_" : "outer_") : t->m ? "" : "some_";
    text_printf(out, "    nnrt_%sproduct%s(%s, %s, %s, a, %lld, %lld, b, %lld, %lld, c, %lld, %d, %s);\n}\n\n", kind,
                bt ? "_turned" : "", m, n, k, (long long)t->a_row, (long long)t->a_k, (long long)t->b_k,
                (long long)t->b_n, (long long)t->c_row, t->adds, t->rated ? "rate" : "1");
}

void tiled_print(const struct header *h, const struct calls *calls, struct text *out)
{
    for (uint32_t i = 0; i < calls->tiled.n; i++) print_one(h, &calls->tiled.at[i], out);
}
