/* The canonical layout: one statement a line, two columns a block, one space around operators (none around arithmetic in
 * [ ]), comments where they were. Works on tokens, so that parentheses, numbers and comments stay as written; lines that
 * the user broke inside a statement stay broken there. A block written on one line stays on it while it fits. */
#include "grammar/filter.h"

#include <assert.h>
#include <string.h>

enum { WIDTH = 110, COMMENT_COLUMN = 34, STEP = 2 };

/* A token as the parser saw it. */
struct piece {
    struct span at;
    int kind;
    bool fresh;      /* the user broke the line before it */
    uint32_t closes; /* of a `{` whose block stands on one line: the index of its `}` */
};

/* An open bracket. */
struct level {
    int kind;
    uint32_t indent; /* of the line it was opened on; for a block, of its statement */
    bool flat;       /* a block on one line */
    bool numerator;  /* d( of the y of d(y)/d(x) */
    bool wide;       /* the statement around a block has clauses that go on over lines: its first token is `for` */
};

struct printer {
    struct parser p;
    const char *text;
    vec(struct piece) pieces;
    vec(struct level) levels;
    struct text *out;
    uint32_t i, comment;     /* the next piece and comment */
    uint32_t column, indent; /* of the current line */
    uint32_t statement;      /* indent of the current statement */
    int first;               /* its first token */
    int last;                /* kind of the piece printed last */
    struct span last_at;
    bool between;            /* statements: a new one begins with the next piece */
    bool unary;              /* the last piece was a sign */
    bool tight;              /* the next piece follows without a space */
    bool numerator_done;     /* the last piece closed a numerator */
    bool must_break;         /* a comment was printed */
};

/* -- reading -- */

static void read_pieces(struct printer *f)
{
    struct arena *a = &f->p.c->arena;
    vec(uint32_t) open = {0};
    uint32_t last_fresh = 0, comments = 0;
    union NNGEN_YYSTYPE value;
    struct span at;
    int kind;
    while ((kind = nngen_yylex(&value, &at, &f->p)) != TOK_FILE_END) {
        struct piece one = {at, kind, f->p.last.fresh, 0};
        uint32_t here = f->pieces.n;
        while (comments < f->p.comments.n && f->p.comments.at[comments].at.lo < at.lo) {
            comments++;
            last_fresh = here;
        }
        if (one.fresh) last_fresh = here;
        if (kind == TOK_LBRACE) vec_push(a, &open, here);
        if (kind == TOK_RBRACE) {
            uint32_t opener = open.at[--open.n];
            if (last_fresh <= opener) f->pieces.at[opener].closes = here;
        }
        vec_push(a, &f->pieces, one);
    }
}

static const char *source_at(const struct printer *f, struct span at)
{
    return f->text + (at.lo - f->p.file->base);
}

static struct level *innermost(struct printer *f)
{
    return &f->levels.at[f->levels.n - 1];
}

static bool in_block(struct printer *f)
{
    return innermost(f)->kind == TOK_LBRACE;
}

/* -- writing -- */

static void put(struct printer *f, struct span at)
{
    const char *s = source_at(f, at);
    uint32_t n = at.hi - at.lo;
    text_putn(f->out, s, n);
    for (uint32_t i = 0; i < n; i++) f->column += ((unsigned char)s[i] & 0xC0) != 0x80;
}

static void spaces(struct printer *f, uint32_t n)
{
    f->column += n;
    while (n--) text_char(f->out, ' ');
}

static void new_line(struct printer *f, uint32_t indent)
{
    if (f->out->n) text_char(f->out, '\n');
    f->column = 0;
    f->indent = indent;
    spaces(f, indent);
}

static bool blank_before(const struct printer *f, struct span at)
{
    uint32_t lines = 0;
    const char *s = source_at(f, at);
    while (s > f->text && strchr(" \t\r\f\v\n;", s[-1]) && lines < 2) lines += *--s == '\n';
    return lines == 2;
}

/* Where a line goes on that is not the first of its statement. */
static uint32_t continued(struct printer *f, int next)
{
    bool closer = next == TOK_RPAREN || next == TOK_RBRACKET;
    if (!in_block(f)) return innermost(f)->indent + (closer ? 0 : STEP);
    if (next == TOK_LBRACE || next == TOK_ELSE || f->last == TOK_RBRACE) return f->statement;
    bool clause = next == TOK_CHECKPOINT || next == TOK_CARRY || next == TOK_COLLECT;
    return f->statement + (f->first != TOK_FOR ? STEP : clause ? 2 * STEP : 3 * STEP);
}

static uint32_t block_indent(struct printer *f)
{
    return f->levels.n == 1 ? 0 : innermost(f)->indent + STEP;
}

static void blank_line(struct printer *f, struct span at)
{
    if (f->out->n && f->last != TOK_LBRACE && blank_before(f, at)) text_char(f->out, '\n');
}

static void put_comment(struct printer *f, const struct comment *c)
{
    if (c->alone || f->must_break || !f->out->n) {
        if (f->between) blank_line(f, c->at);
        new_line(f, f->between ? block_indent(f) : continued(f, TOK_FILE_END));
    } else
        spaces(f, f->column + STEP <= COMMENT_COLUMN ? COMMENT_COLUMN - f->column : STEP);
    put(f, c->at);
    f->must_break = true;
    if (f->last == TOK_LBRACE) f->last = TOK_END; /* a blank line may follow now */
}

static void comments_before(struct printer *f, uint32_t offset)
{
    while (f->comment < f->p.comments.n && f->p.comments.at[f->comment].at.lo < offset)
        put_comment(f, &f->p.comments.at[f->comment++]);
}

/* -- spaces -- */

static bool is_arithmetic(int kind)
{
    return kind == TOK_PLUS || kind == TOK_MINUS || kind == TOK_TIMES || kind == TOK_DIVIDE || kind == TOK_MATMUL ||
           kind == TOK_POWER;
}

static bool after_operand(const struct printer *f)
{
    return !f->between && f->last != TOK_DOTS && (token_roles(f->last) & ENDS_OPERAND);
}

/* Whether `next` stands directly after the last piece, on the same line. */
static bool is_close(struct printer *f, const struct piece *next)
{
    const char *s = source_at(f, next->at), *last = source_at(f, f->last_at);
    bool dotted = last[f->last_at.hi - f->last_at.lo - 1] == '.';
    if (*s == '.' && (dotted || (f->last == TOK_NUM && next->kind == TOK_DOT))) return false; /* 5. .. x.T */
    if (f->tight) return true;
    switch (next->kind) {
    case TOK_COMMA:
    case TOK_RPAREN:
    case TOK_RBRACKET:
    case TOK_DOT: return true;
    case TOK_COLON:
    case TOK_DOTS: return f->last != TOK_COMMA && f->last != TOK_ASSIGN;
    case TOK_LPAREN:
    case TOK_LBRACKET: return after_operand(f);
    default: break;
    }
    return is_arithmetic(next->kind) && innermost(f)->kind == TOK_LBRACKET && after_operand(f);
}

/* Whether what comes after `now` stands directly after it. */
static bool is_tight_after(struct printer *f, const struct piece *now, bool was_close)
{
    switch (now->kind) {
    case TOK_LPAREN:
    case TOK_DERIV:
    case TOK_LBRACKET:
    case TOK_COLON:
    case TOK_DOT:
    case TOK_DOTS: return true;
    default: return is_arithmetic(now->kind) && (f->unary || was_close);
    }
}

/* -- one piece after the other -- */

static void push_level(struct printer *f, const struct piece *now)
{
    struct level one = {.kind = now->kind, .indent = f->indent, .flat = innermost(f)->flat};
    one.numerator = now->kind == TOK_DERIV && !f->tight;
    if (now->kind == TOK_LBRACE) {
        one.indent = f->statement;
        one.wide = f->first == TOK_FOR;
    }
    vec_push(&f->p.c->arena, &f->levels, one);
}

static void pop_level(struct printer *f)
{
    struct level was = *innermost(f);
    f->levels.n--;
    f->numerator_done = was.numerator;
    if (was.kind != TOK_LBRACE) return;
    f->statement = was.indent;
    f->first = was.wide ? TOK_FOR : TOK_IF;
}

static bool opens(int kind)
{
    return kind == TOK_LPAREN || kind == TOK_LBRACKET || kind == TOK_DERIV || kind == TOK_LBRACE;
}

static bool closes(int kind)
{
    return kind == TOK_RPAREN || kind == TOK_RBRACKET || kind == TOK_RBRACE;
}

/* Joined to the line before although the user broke it there. */
static bool joins(const struct printer *f, int kind)
{
    return kind == TOK_LBRACE || (f->last == TOK_RBRACE && (kind == TOK_ELSE || kind == TOK_ADJOINT));
}

static void print_piece(struct printer *f, const struct piece *now)
{
    bool starts = f->between, close = false, slash = false;
    if (now->kind == TOK_RBRACE && !innermost(f)->flat)
        new_line(f, innermost(f)->indent);
    else if (starts && !innermost(f)->flat) {
        blank_line(f, now->at);
        new_line(f, block_indent(f));
    } else if (f->must_break || (now->fresh && !joins(f, now->kind)))
        new_line(f, continued(f, now->kind));
    else {
        slash = now->kind == TOK_DIVIDE && f->numerator_done && f->pieces.at[f->i + 1].kind == TOK_DERIV;
        close = slash || is_close(f, now);
        if (!close) spaces(f, 1);
    }
    if (starts && now->kind != TOK_RBRACE) {
        f->statement = innermost(f)->flat ? f->statement : f->indent;
        f->first = now->kind;
    }
    f->unary = (now->kind == TOK_PLUS || now->kind == TOK_MINUS) && !after_operand(f);
    put(f, now->at);
    f->numerator_done = false;
    if (closes(now->kind)) pop_level(f);
    if (opens(now->kind)) push_level(f, now);
    f->tight = is_tight_after(f, now, close);
    f->between = now->kind == TOK_LBRACE;
    f->must_break = false;
    f->last = now->kind;
    f->last_at = now->at;
}

static void step(struct printer *f)
{
    const struct piece *now = &f->pieces.at[f->i], *next = now + 1;
    if (now->kind == TOK_END) {
        bool more = f->i + 1 < f->pieces.n && next->kind != TOK_RBRACE;
        if (innermost(f)->flat && more) {
            text_char(f->out, ';');
            f->column++;
        }
        f->between = true;
        f->tight = false;
        f->i++;
        return;
    }
    comments_before(f, now->at.lo);
    bool last_comma = now->kind == TOK_COMMA && (next->kind == TOK_END || next->kind == TOK_LBRACE ||
                                                 (closes(next->kind) && !next->fresh));
    if (!last_comma) print_piece(f, now);
    f->i++;
}

/* A block that the user wrote on one line: on one line if it fits. */
static bool print_flat(struct printer *f)
{
    const struct printer before = *f;
    size_t written = f->out->n;
    uint32_t end = f->pieces.at[f->i].closes;
    step(f);
    innermost(f)->flat = true;
    while (f->i <= end && f->column <= WIDTH) step(f);
    if (f->column <= WIDTH) return true;
    f->out->n = written;
    f->out->s[written] = 0;
    uint32_t levels = before.levels.n;
    struct level *at = f->levels.at; /* may have grown */
    uint32_t room = f->levels.cap;
    *f = before;
    f->levels.at = at;
    f->levels.cap = room;
    f->levels.n = levels;
    return false;
}

void ast_format(struct context *c, const struct ast *tree, const struct source *file, struct text *out)
{
    assert(tree->kind == AST_file); /* the text is a program */
    (void)tree;
    struct printer f = {.text = file->text, .out = out, .last = TOK_LBRACE, .between = true};
    parser_init(&f.p, c, file);
    read_pieces(&f);
    struct level whole = {.kind = TOK_LBRACE};
    vec_push(&c->arena, &f.levels, whole);
    while (f.i < f.pieces.n) {
        bool fits = f.pieces.at[f.i].closes && !innermost(&f)->flat && print_flat(&f);
        if (!fits) step(&f);
    }
    comments_before(&f, file->base + file->size + 1);
    if (out->n) text_char(out, '\n');
}
