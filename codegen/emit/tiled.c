#include "codegen/emit/tiled.h"

#include <string.h>

static bool is_same(const struct tiled *a, const struct tiled *b)
{
    return a->m == b->m && a->n == b->n && a->k == b->k && a->a_row == b->a_row && a->a_k == b->a_k &&
           a->b_k == b->b_k && a->b_n == b->b_n && a->c_row == b->c_row && a->adds == b->adds && a->rated == b->rated;
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

/* A transposed operand as high as this is read in parts: each row of tiles reads but some of every line of its memory,
 * and finds the lines again where they are not too many. Parts are alike; 0: there are none such. */
enum { HIGH = 768, PART_LEAST = 256, PART_MOST = 512 };

static int64_t part_of(const struct tiled *t)
{
    if (t->a_k == 1 || t->b_n != 1 || t->thin || t->k < HIGH) return 0;
    for (int64_t n = (t->k + PART_MOST - 1) / PART_MOST; t->k / n >= PART_LEAST; n++)
        if (t->k % n == 0) return t->k / n;
    return 0;
}

static void print_call(const struct tiled *t, const char *m, const char *n, const char *k, struct text *out)
{
    const char *kind = t->thin ? (t->m == 1 ? "row_" : "outer_") : t->m ? "" : "some_";
    const char *turned = t->b_n == 1 ? "" : "_turned", *rate = t->rated ? "rate" : "1", *adds = t->adds ? "1" : "0";
    const char *a = "a", *b = "b";
    int64_t part = part_of(t);
    if (part) {
        text_printf(out, "    for (size_t p = 0; p < %s; p += %lld)\n    ", k, (long long)part);
        k = arena_printf(out->arena, "%lld", (long long)part);
        a = arena_printf(out->arena, "a + p * %lld", (long long)t->a_k);
        b = arena_printf(out->arena, "b + p * %lld", (long long)t->b_k);
        if (!t->adds) adds = "p > 0";
    }
    text_printf(out, "    nnrt_%sproduct%s(%s, %s, %s, %s, %lld, %lld, %s, %lld, %lld, c, %lld, %s, %s);\n", kind,
                turned, m, n, k, a, (long long)t->a_row, (long long)t->a_k, b, (long long)t->b_k, (long long)t->b_n,
                (long long)t->c_row, adds, rate);
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
    print_call(t, m, n, k, out);
    text_put(out, "}\n\n");
}

void tiled_print(const struct header *h, const struct calls *calls, struct text *out)
{
    for (uint32_t i = 0; i < calls->tiled.n; i++) print_one(h, &calls->tiled.at[i], out);
}
