#include "codegen/emit/tiled.h"
#include "codegen/emit/corner.h"

#include <string.h>

static bool is_same(const struct tiled *a, const struct tiled *b)
{
    return a->m == b->m && a->n == b->n && a->k == b->k && a->a_row == b->a_row && a->a_k == b->a_k &&
           a->b_k == b->b_k && a->b_n == b->b_n && a->c_row == b->c_row && a->adds == b->adds && a->rated == b->rated &&
           a->plus == b->plus && a->corner == b->corner && (a->corner == CORNER_NONE || a->shift == b->shift);
}

/* ---- CBLAS ---- */

enum { BLAS_LEAST = 65536, UNKNOWN = 64 }; /* multiply-adds worth a call; what a run-time size counts */

/* Both matrices have neighbours along one of their axes, and nothing is left out. */
static bool by_blas(const struct emit_options *o, const struct tiled *t)
{
    double m = (double)(t->m ? t->m : UNKNOWN), k = (double)(t->k ? t->k : UNKNOWN);
    if (!o->blas || t->thin || t->corner != CORNER_NONE || m * k * (double)t->n < BLAS_LEAST) return false;
    bool a = t->a_k == 1 ? t->k && t->a_row >= t->k : t->a_row == 1 && t->m && t->a_k >= t->m;
    bool b = t->b_n == 1 ? t->b_k >= t->n : t->b_k == 1 && t->k && t->b_n >= t->k;
    return a && b && t->c_row >= t->n;
}

static void print_blas(const struct header *h, const struct tiled *t, const char *m, const char *k, struct text *out)
{
    bool at = t->a_k != 1, bt = t->b_n != 1;
    text_printf(out, "    cblas_%cgemm(CblasRowMajor, Cblas%sTrans, Cblas%sTrans, %s%s, %lld, %s%s, %s, a, %lld, b, %lld,\n"
                     "                %d, c, %lld);\n",
                h->o->single ? 's' : 'd', at ? "" : "No", bt ? "" : "No", t->m ? "" : "(int)", m, (long long)t->n,
                t->k ? "" : "(int)", k, t->rated ? "rate" : "1", (long long)(at ? t->a_k : t->a_row),
                (long long)(bt ? t->b_n : t->b_k), t->adds, (long long)t->c_row);
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
    static const char *const corner[] = {"", "below_", "low_", "low_"};
    const char *how = t->rated ? "update_" : t->plus ? "plus_" : t->adds ? "add_" : corner[t->corner];
    const char *stem = arena_printf(a, "%s_%s%s%s_%sx%sx%s", u->prefix, how, t->a_k == 1 ? "n" : "t",
                                    t->b_n == 1 ? "n" : "t", size_text(a, t->m, "m"), size_text(a, t->n, "n"),
                                    size_text(a, t->k, "k"));
    size_t length = strlen(stem);
    for (uint32_t i = 0; i < calls->tiled.n; i++) {
        if (is_same(&calls->tiled.at[i], t)) return calls->tiled.at[i].name;
        like += !strncmp(calls->tiled.at[i].name, stem, length);
    }
    made.blas = by_blas(u->o, t);
    calls->n_blas += made.blas;
    made.name = like ? arena_printf(a, "%s_%u", stem, like + 1) : stem;
    vec_push(a, &calls->tiled, made);
    return made.name;
}

/* A transposed operand as high as this is read in parts: each row of tiles reads but some of every line of its memory,
 * and finds the lines again where they are not too many. Parts are alike; 0: there are none such. */
enum { HIGH = 768, PART_LEAST = 256, PART_MOST = 512, NARROW = 4 };

static int64_t part_of(const struct tiled *t)
{
    if (t->a_k == 1 || t->b_n != 1 || t->thin || t->n < NARROW || t->k < HIGH) return 0;
    for (int64_t n = (t->k + PART_MOST - 1) / PART_MOST; t->k / n >= PART_LEAST; n++)
        if (t->k % n == 0) return t->k / n;
    return 0;
}

/* Whether tiles are all of whole vectors, and so of two kinds at most. */
static bool is_even(int64_t m, int64_t n)
{
    return m && m % 8 == 0 && n % 16 == 0 && n >= 32;
}

/* Whether the kernel turns over the result and not b: see nnrt_product_turned, which does so for the same shapes. */
static bool crosses(const struct tiled *t)
{
    return t->b_n != 1 && t->k && t->m >= 8 && t->m <= 32 && t->n >= 4 * t->m && t->k >= 4 * t->m;
}

static void print_call(const struct tiled *t, const char *m, const char *n, const char *k, struct text *out)
{
    const char *kind = is_even(t->m, t->n) && !crosses(t) ? "even_" : t->m ? "" : "some_";
    static const char *const thin[] = {"", "row_", "outer_", "rows_", "sums_", "dots_"};
    if (t->thin) kind = thin[t->thin];
    const char *turned = t->n < NARROW || t->b_n == 1 || t->thin == THIN_DOTS ? "" : "_turned", *rate = t->rated ? "rate" : "1", *adds = t->adds ? "1" : "0";
    const char *a = "a", *b = "b";
    int64_t part = part_of(t);
    if (part) {
        text_printf(out, "    for (size_t p = 0; p < %s; p += %lld)\n    ", k, (long long)part);
        k = arena_printf(out->arena, "%lld", (long long)part);
        a = arena_printf(out->arena, "a + p * %lld", (long long)t->a_k);
        b = arena_printf(out->arena, "b + p * %lld", (long long)t->b_k);
        if (!t->adds) adds = "p > 0";
    }
    if (t->n < NARROW) kind = t->m ? "narrow_" : "some_narrow_";
    text_printf(out, "    nnrt_%sproduct%s(%s, %s, %s, %s, %lld, %lld, %s, %lld, %lld, c, %lld, %s, %s);\n", kind,
                turned, m, n, k, a, (long long)t->a_row, (long long)t->a_k, b, (long long)t->b_k, (long long)t->b_n,
                (long long)t->c_row, adds, rate);
}

/* ---- without a corner: blocks of rows, or of columns, each as far as the diagonal ---- */

static void put_step(const char *i, int64_t by, struct text *out)
{
    if (*i) text_printf(out, by == 1 ? " + %s" : " + %s * %lld", i, (long long)by);
}

/* nnrt_product of so many rows and columns, from `i` on in a's and c's rows, `j` in b's and c's columns, `p` in k. */
static void print_block(const struct tiled *t, const struct corner_text *x, const char *kind, const char *m, const char *n,
                        const char *k, const char *i, const char *j, const char *p, struct text *out)
{
    const char *turned = t->b_n == 1 ? "" : "_turned";
    if (x->kernel)
        text_printf(out, "%s(", x->kernel);
    else
        text_printf(out, "nnrt_%sproduct%s(", kind, turned);
    text_printf(out, "%s, %s, %s, %s", m, n, k, x->a);
    put_step(i, t->a_row, out);
    put_step(p, t->a_k, out);
    text_printf(out, ", %lld, %lld, %s", (long long)t->a_row, (long long)t->a_k, x->b);
    put_step(p, t->b_k, out);
    put_step(j, t->b_n, out);
    text_printf(out, ", %lld, %lld, %s", (long long)t->b_k, (long long)t->b_n, x->c);
    put_step(i, t->c_row, out);
    put_step(j, 1, out);
    text_printf(out, x->kernel ? ", %lld, 1, %d);\n" : ", %lld, %d, 1);\n", (long long)t->c_row, t->adds);
}

static const char *number(struct arena *a, int64_t x)
{
    return x ? arena_printf(a, "%lld", (long long)x) : "";
}

/* Columns j to j + 16 of c in the rows from j - shift on. */
static void print_corner_of_c(const struct tiled *t, const struct corner_text *x, struct text *out)
{
    struct arena *a = out->arena;
    const char *k = number(a, t->k);
    int64_t n = t->n < t->m + t->shift ? t->n : t->m + t->shift, full = n / CORNER_BLOCK * CORNER_BLOCK, from;
    long long shift = t->shift;
    if (n > full && n - full < 4) full -= CORNER_BLOCK;
    const char *m = number(a, t->m), *i = t->shift ? "i" : "j", *block = number(a, CORNER_BLOCK);
    text_printf(out, "    for (size_t j = 0; j < %lld; j += %d)", (long long)full, CORNER_BLOCK);
    if (shift) text_printf(out, " {\n        const size_t i = j < %lld ? 0 : j - %lld;", shift, shift);
    text_put(out, "\n        ");
    print_block(t, x, "some_", arena_printf(a, "%s - %s", m, i), block, k, i, "j", "", out);
    if (t->shift) text_put(out, "    }\n");
    if (n == full) return;
    from = full > t->shift ? full - t->shift : 0;
    text_put(out, "    ");
    const char *left = number(a, t->m - from);
    print_block(t, x, "", left, number(a, n - full), k, number(a, from), number(a, full), "", out);
}

/* Rows i to i + 16 of a and c: a's columns end at i + 16 + shift, or where rows and columns are exchanged begin at
 * i - shift. */
static void print_corner_of_a(const struct tiled *t, const struct corner_text *x, struct text *out)
{
    struct arena *a = out->arena;
    const char *n = number(a, t->n), *k = number(a, t->k);
    bool turned = t->corner == CORNER_OF_A_TURNED;
    int64_t rows = turned || t->m < t->k - t->shift ? t->m : t->k - t->shift, from;
    int64_t full = rows / CORNER_BLOCK * CORNER_BLOCK;
    long long shift = t->shift;
    const char *block = number(a, CORNER_BLOCK), *p = !turned ? "" : shift ? "p" : "i";
    if (full > 0) text_printf(out, "    for (size_t i = 0; i < %lld; i += %d)", (long long)full, CORNER_BLOCK);
    if (full > 0 && *p == 'p')
        text_printf(out, " {\n        const size_t p = i < %lld ? 0 : i - %lld;", shift, shift);
    text_put(out, full > 0 ? "\n        " : "");
    const char *part = turned ? arena_printf(a, "%s - %s", k, p) : arena_printf(a, "i + %lld", shift + CORNER_BLOCK);
    if (full > 0) print_block(t, x, is_even(CORNER_BLOCK, t->n) ? "even_" : "", block, n, part, "i", "", p, out);
    if (full > 0 && *p == 'p') text_put(out, "    }\n");
    if (full == t->m) return;
    from = turned && full > t->shift ? full - t->shift : 0;
    text_put(out, "    ");
    const char *left = number(a, t->m - full);
    print_block(t, x, "", left, n, number(a, t->k - from), number(a, full), "", number(a, from), out);
}

void tiled_print_corner(const struct tiled *t, const struct corner_text *x, struct text *out)
{
    if (t->corner == CORNER_OF_C) print_corner_of_c(t, x, out);
    else print_corner_of_a(t, x, out);
}

/* ---- functions for several shapes ---- */

/* Shapes whose tiles are alike but for what is no literal in them: how many there are, how long they are, and how far apart
 * in memory their rows are. */
struct shared {
    const struct tiled *first;
    const char *name;
    uint32_t n;
    bool adds; /* it is said at run time whether they do */
};

typedef vec(struct shared) shared_list;

static bool can_share(const struct tiled *t)
{
    bool along = (t->a_k == 1 || t->a_row == 1) && (t->b_n == 1 || t->b_k == 1);
    return !t->blas && !t->plus && t->k && is_even(t->m, t->n) && !crosses(t) && along && !t->thin && t->corner == CORNER_NONE && !part_of(t);
}

static bool is_alike(const struct tiled *a, const struct tiled *b)
{
    bool rows = a->a_k == 1;
    return rows == (b->a_k == 1) && (!rows || a->a_row == b->a_row) && (a->b_n == 1) == (b->b_n == 1);
}

/* Of this shape. NULL: none. */
static struct shared *find_shared(const shared_list *all, const struct tiled *t)
{
    for (uint32_t i = 0; can_share(t) && i < all->n; i++)
        if (is_alike(all->at[i].first, t)) return &all->at[i];
    return NULL;
}

static shared_list find_all_shared(const struct header *h, const struct calls *calls, struct arena *a)
{
    shared_list all = {0};
    for (uint32_t i = 0; i < calls->tiled.n; i++) {
        const struct tiled *t = &calls->tiled.at[i];
        struct shared *s = find_shared(&all, t), one = {t, NULL, 1, t->adds};
        const char *kind = t->b_n == 1 ? "n" : "t";
        if (s) s->n++, s->adds = s->adds || t->adds;
        if (s || !can_share(t)) continue;
        if (t->a_k == 1) one.name = arena_printf(a, "%s_n%s_rows_of_%lld", h->prefix, kind, (long long)t->a_row);
        else one.name = arena_printf(a, "%s_t%s_columns", h->prefix, kind);
        vec_push(a, &all, one);
    }
    return all;
}

static void print_shared(const struct header *h, const struct shared *s, struct text *out)
{
    const struct tiled *t = s->first;
    bool at = t->a_k != 1, bt = t->b_n != 1;
    text_printf(out, "/* c[m][n] = a[m][k]%s * b[k][n]%s, m a multiple of 8 and n of 16", at ? ", read by columns," : "",
                bt ? ", read by columns" : "");
    text_put(out, s->adds ? "; or c += rate * a * b */\n" : " */\n");
    text_printf(out, "static %s_APART void %s(size_t m, size_t n, size_t k, const %s *a, ", h->upper, s->name, h->real);
    text_printf(out, "%sconst %s *b, size_t b_%s, %s *c, size_t c_row%s", at ? "size_t a_k, " : "", h->real,
                bt ? "n" : "k", h->real, s->adds ? ", int adds, " : "");
    text_printf(out, s->adds ? "%s rate)\n{\n" : ")\n{\n", h->real);
    text_printf(out, "    nnrt_even_product%s(m, n, k, a, ", bt ? "_turned" : "");
    text_put(out, at ? "1, a_k" : arena_printf(out->arena, "%lld, 1", (long long)t->a_row));
    text_printf(out, ", b, %s, c, c_row, %s);\n}\n\n", bt ? "1, b_n" : "b_k, 1", s->adds ? "adds, rate" : "0, 1");
}

static void print_shared_call(const struct shared *s, const struct tiled *t, struct text *out)
{
    text_printf(out, "    %s(%lld, %lld, %lld, a, ", s->name, (long long)t->m, (long long)t->n, (long long)t->k);
    if (t->a_k != 1) text_printf(out, "%lld, ", (long long)t->a_k);
    text_printf(out, "b, %lld, c, %lld", (long long)(t->b_n == 1 ? t->b_k : t->b_n), (long long)t->c_row);
    if (s->adds) text_printf(out, ", %d, %s", t->adds, t->rated ? "rate" : "1");
    text_put(out, ");\n");
}

static void print_one(const struct header *h, const struct tiled *t, const struct shared *s, struct text *out)
{
    struct arena *a = out->arena;
    const char *m = size_text(a, t->m, "m"), *n = size_text(a, t->n, "n"), *k = size_text(a, t->k, "k");
    bool at = t->a_k != 1, bt = t->b_n != 1;
    static const char *const corner[] = {"", "; row i of c up to column i", "; row i of a up to column i",
                                         "; row i of a from column i"};
    text_printf(out, "/* c[%s][%s] %s= %sa[%s][%s]%s * b[%s][%s]%s%s", m, n, t->adds && !t->plus ? "+" : "",
                t->rated ? "rate * " : "", at ? k : m, at ? m : k,
                at ? " transposed" : "", bt ? n : k, bt ? k : n, bt ? " transposed" : "", corner[t->corner]);
    if (t->corner != CORNER_NONE && t->shift)
        text_printf(out, t->corner == CORNER_OF_A_TURNED ? " - %lld" : " + %lld", (long long)t->shift);
    if (t->corner != CORNER_NONE) text_printf(out, ", in blocks of %d", CORNER_BLOCK);
    if (t->plus) text_printf(out, ", and row[%s] to each row", n);
    text_put(out, " */\n");
    text_printf(out, s ? "static void %s%s(" : "static %s_APART void %s(", s ? "" : h->upper, t->name);
    if (t->rated) text_printf(out, "%s rate, ", h->real);
    text_printf(out, "%s%sconst %s *a, const %s *b, ", t->m ? "" : "size_t m, ", t->k ? "" : "size_t k, ", h->real, h->real);
    if (t->plus) text_printf(out, "const %s *row, ", h->real);
    text_printf(out, "%s *c)\n{\n", h->real);
    if (t->plus)
        text_printf(out, "    for (size_t i = 0; i < %s; i++) memcpy(c + i * %lld, row, %s * sizeof *c);\n", m, (long long)t->c_row, n);
    if (s) print_shared_call(s, t, out);
    else if (t->blas) print_blas(h, t, m, k, out);
    else if (t->corner == CORNER_NONE) print_call(t, m, n, k, out);
    else tiled_print_corner(t, &(struct corner_text){"a", "b", "c", NULL}, out);
    text_put(out, "}\n\n");
}

void tiled_print(const struct header *h, const struct calls *calls, struct text *out)
{
    shared_list all = find_all_shared(h, calls, out->arena);
    for (uint32_t i = 0; i < all.n; i++)
        if (all.at[i].n > 1) print_shared(h, &all.at[i], out);
    for (uint32_t i = 0; i < calls->tiled.n; i++) {
        const struct shared *s = find_shared(&all, &calls->tiled.at[i]);
        print_one(h, &calls->tiled.at[i], s && s->n > 1 ? s : NULL, out);
    }
}
