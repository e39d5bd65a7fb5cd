#include "codegen/teach/spoken.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct adjoint_column {
    const char *adjoint;
} adjoint_columns[OP_COUNT] = {
#define OP(name, arity, class, result, flags, lo, hi, text, prec, adjoint) [OP_##name] = {#adjoint},
#include "codegen/ir/ops.def"
#undef OP
};

enum term_kind { TERM_G, TERM_Y, TERM_X, TERM_NUMBER, TERM_CALL, TERM_WORD };
struct term {
    enum term_kind kind;
    const char *word; /* NUL-terminated: of a call, a number, a word alone */
    unsigned index;   /* TERM_X */
    unsigned n;
    const struct term *kid[3];
};

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    const char *at;
};

static void skip(struct reader *r, char c)
{
    while (*r->at == ' ') r->at++;
    if (*r->at == c) r->at++;
    while (*r->at == ' ') r->at++;
}

static struct term *term_new(struct reader *r, enum term_kind kind, const char *word, size_t n)
{
    struct term *t = arena_new(r->arena, struct term);
    t->kind = kind;
    t->word = arena_strndup(r->arena, word, n);
    return t;
}

static const struct term *read_term(struct reader *r)
{
    while (*r->at == ' ') r->at++;
    const char *word = r->at;
    size_t n = *word == '-' ? 1 : 0;
    n += strspn(word + n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.");
    r->at += n;
    struct term *t = term_new(r, TERM_WORD, word, n);
    if (n == 1 && (*word == 'G' || *word == 'Y')) t->kind = *word == 'G' ? TERM_G : TERM_Y;
    if (*word == '-' || *word == '.' || (*word >= '0' && *word <= '9')) t->kind = TERM_NUMBER;
    if (t->kind != TERM_WORD || *r->at != '(') return t;
    t->kind = TERM_CALL;
    for (skip(r, '('); *r->at && *r->at != ')' && t->n < 3; skip(r, ',')) t->kid[t->n++] = read_term(r);
    skip(r, ')');
    if (!strcmp(t->word, "C")) return t->kid[0]; /* a constant is its number */
    if (!strcmp(t->word, "X")) {
        t->kind = TERM_X;
        t->index = (unsigned)atoi(t->kid[0]->word);
    } else if (!strncmp(t->word, "MAP", 3)) { /* MAP2(row, a, b) is row(a, b) */
        t->word = t->kid[0]->word;
        t->kid[0] = t->kid[1];
        t->kid[1] = t->kid[2];
        t->n--;
    }
    return t;
}

struct spoken speak_adjoint(struct arena *a, enum ir_op op)
{
    const char *column = adjoint_columns[op].adjoint;
    struct spoken s = {.kind = SPOKEN_PARTS};
    struct reader r = {a, column};
    if (!strncmp(column, "ZERO", 4)) s.kind = SPOKEN_ZERO;
    if (!strncmp(column, "BY_HAND", 7)) s.kind = SPOKEN_BY_HAND;
    if (!strncmp(column, "BY_LOOP", 7)) s.kind = SPOKEN_BY_LOOP;
    if (!strncmp(column, "NODIFF", 6)) s.kind = SPOKEN_NONE, s.why_none = ir_ops[op].no_derivative;
    if (!strncmp(column, "EACH(", 5)) {
        s.kind = SPOKEN_EACH;
        r.at += 5;
        s.part[s.n++].receives = read_term(&r);
    }
    for (; !strncmp(r.at, "D(", 2) && s.n < 3; s.n++) {
        r.at += 2;
        s.part[s.n].argument = (unsigned)strtoul(r.at, (char **)&r.at, 10);
        skip(&r, ',');
        s.part[s.n].receives = read_term(&r);
        skip(&r, ')');
    }
    return s;
}

/* ---- saying ---- */

enum { BINDS_REL, BINDS_SUM, BINDS_PRODUCT, BINDS_UNARY, BINDS_POWER, BINDS_ATOM };
static const struct infix {
    const char *word, *sign;
    int binds;
} infixes[] = {{"ADD", " + ", BINDS_SUM},     {"SUB", " - ", BINDS_SUM},   {"MUL", " * ", BINDS_PRODUCT},
               {"DIV", " / ", BINDS_PRODUCT}, {"LE", " <= ", BINDS_REL},   {"LT", " < ", BINDS_REL},
               {"EQ", " == ", BINDS_REL},     {"AND", " and ", BINDS_REL}, {"POW", "**", BINDS_POWER}};

static void say(const struct term *t, const struct term_names *names, int binds, struct text *out);

static void say_word(const char *word, struct text *out)
{
    for (; *word; word++) text_char(out, *word == '_' ? ' ' : (char)tolower((unsigned char)*word));
}

static void say_call(const struct term *t, const struct term_names *names, struct text *out)
{
    say_word(!strcmp(t->word, "SELECT") ? "where" : t->word, out);
    text_char(out, '(');
    for (unsigned i = 0; i < t->n; i++) {
        if (i) text_put(out, ", ");
        say(t->kid[i], names, BINDS_REL, out);
    }
    text_char(out, ')');
}

static void say_infix(const struct infix *f, const struct term *t, const struct term_names *names, int binds,
                      struct text *out)
{
    bool close = f->binds < binds;
    if (close) text_char(out, '(');
    say(t->kid[0], names, f->binds + (f->binds == BINDS_POWER), out);
    text_put(out, f->sign);
    say(t->kid[1], names, f->binds + 1, out);
    if (close) text_char(out, ')');
}

/* A name that is an expression itself is put in parentheses by whoever gives it. */
static void say(const struct term *t, const struct term_names *names, int binds, struct text *out)
{
    if (t->kind == TERM_CALL) {
        for (size_t i = 0; i < sizeof infixes / sizeof *infixes; i++)
            if (!strcmp(infixes[i].word, t->word) && t->n == 2) {
                say_infix(&infixes[i], t, names, binds, out);
                return;
            }
        if (strcmp(t->word, "NEG") && strcmp(t->word, "WHERE") && strcmp(t->word, "WHERE_NOT")) {
            say_call(t, names, out);
        } else if (*t->word == 'N') {
            if (binds > BINDS_SUM) text_char(out, '(');
            text_char(out, '-');
            say(t->kid[0], names, BINDS_UNARY, out);
            if (binds > BINDS_SUM) text_char(out, ')');
        } else { /* WHERE(c, e): e where c holds */
            text_put(out, "where(");
            if (t->word[5]) text_put(out, "not ");
            say(t->kid[0], names, BINDS_REL, out);
            text_put(out, ", ");
            say(t->kid[1], names, BINDS_REL, out);
            text_put(out, ", 0)");
        }
        return;
    }
    if (t->kind == TERM_WORD)
        say_word(t->word, out);
    else
        text_put(out, t->kind == TERM_G   ? names->g
                      : t->kind == TERM_Y ? names->y
                      : t->kind == TERM_X ? names->x[t->index]
                                          : t->word);
}

void say_term(const struct term *t, const struct term_names *names, struct text *out)
{
    say(t, names, BINDS_REL, out);
}

struct term_names plain_names(enum ir_op op)
{
    if (ir_ops[op].arity == 1) return (struct term_names){"g", "y", {"x", "x", "x"}};
    return (struct term_names){"g", "y", {"a", "b", "c"}};
}

bool term_is_received(const struct term *t)
{
    return t->kind == TERM_G;
}

static bool is_one(const struct term *t)
{
    return t->kind == TERM_NUMBER && !strcmp(t->word, "1");
}

const struct term *local_term(struct arena *a, const struct term *t)
{
    static const struct term one = {.kind = TERM_NUMBER, .word = "1"}, minus_one = {.kind = TERM_NUMBER, .word = "-1"};
    if (t->kind == TERM_G) return &one;
    if (t->kind != TERM_CALL) return t;
    struct term *copy = arena_new(a, struct term);
    *copy = *t;
    for (unsigned i = 0; i < t->n; i++) copy->kid[i] = local_term(a, t->kid[i]);
    if (!strcmp(t->word, "MUL") && is_one(copy->kid[0])) return copy->kid[1];
    if (!strcmp(t->word, "MUL") && is_one(copy->kid[1])) return copy->kid[0];
    if (!strcmp(t->word, "NEG") && is_one(copy->kid[0])) return &minus_one;
    return copy;
}

/* ---- rows ---- */

/* " * " of "$0 * $1" and " < " of "($R)($0 < $1)"; NULL where a row is no such operator. */
static const char *sign_between(enum ir_op op, char room[8])
{
    const char *from = strstr(ir_ops[op].text, "$0 "), *to = from ? strstr(from, " $1") : NULL;
    size_t n = to ? (size_t)(to - from) - 2 : 0;
    if (ir_ops[op].arity != 2 || !to || n < 2 || n > 4 || memchr(from + 2, '$', n - 1)) return NULL;
    for (size_t i = 1; i < n; i++)
        if (!strchr("+-*/<=>!", from[2 + i])) return NULL;
    snprintf(room, 8, "%.*s ", (int)n, from + 2);
    return room;
}

void say_row(enum ir_op op, const char *const name[3], struct text *out)
{
    char room[8];
    const char *sign = sign_between(op, room), *word = ir_ops[op].name;
    if (op == OP_pow) sign = "**";
    if (op == OP_and || op == OP_or) sign = op == OP_and ? " and " : " or ";
    if (op == OP_neg || op == OP_not) {
        text_printf(out, "%s%s", op == OP_neg ? "-" : "not ", name[0]);
        return;
    }
    if (sign) {
        text_printf(out, "%s%s%s", name[0], sign, name[1]);
        return;
    }
    if (op == OP_select) word = "where";
    text_printf(out, "%s(", word);
    for (int i = 0; i < ir_ops[op].arity; i++) text_printf(out, "%s%s", i ? ", " : "", name[i]);
    text_char(out, ')');
}
