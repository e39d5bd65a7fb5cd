#include "grammar/filter.h"

#include <string.h>

#define ANY_NAME (ENDS_OPERAND | BEGINS_OPERAND | NAME)

static const unsigned char roles[] = {
    [TOK_NNGEN_YYerror] = ENDS_OPERAND,
    [TOK_ID] = ANY_NAME,
    [TOK_NUM] = ENDS_OPERAND | BEGINS_OPERAND,
    [TOK_STR] = ENDS_OPERAND | BEGINS_OPERAND,
    [TOK_ADJOINT] = ANY_NAME,
    [TOK_CARRY] = ANY_NAME,
    [TOK_CHECKPOINT] = ANY_NAME,
    [TOK_COLLECT] = ANY_NAME,
    [TOK_CONST] = ANY_NAME | DECLARES,
    [TOK_DIM] = ANY_NAME | DECLARES,
    [TOK_FN] = ANY_NAME | DECLARES,
    [TOK_IMPORT] = ANY_NAME | DECLARES,
    [TOK_INPUT] = ANY_NAME | DECLARES,
    [TOK_LAYER] = ANY_NAME | DECLARES,
    [TOK_LOSS] = ANY_NAME | DECLARES,
    [TOK_MODEL] = ANY_NAME | DECLARES,
    [TOK_OPTIMIZER] = ANY_NAME | DECLARES,
    [TOK_OUTPUT] = ANY_NAME | DECLARES,
    [TOK_PARAM] = ANY_NAME | DECLARES,
    [TOK_STATE] = ANY_NAME | DECLARES,
    [TOK_TEST] = ANY_NAME | DECLARES,
    [TOK_TRAIN] = ANY_NAME | DECLARES,
    [TOK_WRT] = ANY_NAME | DECLARES,
    [TOK_AND] = JOINS | OPEN_ENDED,
    [TOK_AS] = JOINS | OPEN_ENDED,
    [TOK_ELSE] = 0, /* goes on after a body only */
    [TOK_EXPECT] = STARTS,
    [TOK_FOR] = STARTS,
    [TOK_IF] = 0, /* may follow else */
    [TOK_IN] = OPEN_ENDED,
    [TOK_NOT] = BEGINS_OPERAND | OPEN_ENDED,
    [TOK_OR] = JOINS | OPEN_ENDED,
    [TOK_REPEAT] = STARTS,
    [TOK_RETURN] = STARTS,
    [TOK_DERIV] = BEGINS_OPERAND | OPEN_ENDED,
    [TOK_LPAREN] = OPEN_ENDED,
    [TOK_RPAREN] = ENDS_OPERAND,
    [TOK_LBRACKET] = OPEN_ENDED,
    [TOK_RBRACKET] = ENDS_OPERAND,
    [TOK_LBRACE] = JOINS,
    [TOK_COMMA] = OPEN_ENDED,
    [TOK_ASSIGN] = JOINS | OPEN_ENDED,
    [TOK_UPDATE] = JOINS | OPEN_ENDED,
    [TOK_TOLERANCE] = JOINS | OPEN_ENDED,
    [TOK_ARROW] = JOINS | OPEN_ENDED,
    [TOK_PIPE] = JOINS | OPEN_ENDED,
    [TOK_DOT] = OPEN_ENDED,
    [TOK_DOTS] = ENDS_OPERAND | OPEN_ENDED,
    [TOK_DROP] = ENDS_OPERAND | BEGINS_OPERAND,
    [TOK_PLUS] = JOINS | OPEN_ENDED,
    [TOK_MINUS] = JOINS | OPEN_ENDED,
    [TOK_TIMES] = JOINS | OPEN_ENDED,
    [TOK_DIVIDE] = JOINS | OPEN_ENDED,
    [TOK_MATMUL] = JOINS | OPEN_ENDED,
    [TOK_POWER] = JOINS | OPEN_ENDED,
    [TOK_LESS] = JOINS | OPEN_ENDED,
    [TOK_LESS_EQUAL] = JOINS | OPEN_ENDED,
    [TOK_GREATER] = JOINS | OPEN_ENDED,
    [TOK_GREATER_EQUAL] = JOINS | OPEN_ENDED,
    [TOK_EQUAL] = JOINS | OPEN_ENDED,
    [TOK_UNEQUAL] = JOINS | OPEN_ENDED,
};

unsigned token_roles(int kind)
{
    return kind >= 0 && (size_t)kind < sizeof roles ? roles[kind] : 0;
}

static bool can(int kind, unsigned role)
{
    return (token_roles(kind) & role) != 0;
}

static struct open *inner(struct parser *p)
{
    return &p->open.at[p->open.n - 1];
}

static bool in_statements(struct parser *p)
{
    return inner(p)->as == '{' && !inner(p)->brace;
}

const struct open *statement_around(const struct parser *p)
{
    const struct open *o = &p->open.at[p->open.n - 1];
    if (p->last.kind == TOK_LBRACE && o > p->open.at) o--;
    while (o > p->open.at && (o->as != '{' || o->brace)) o--;
    return o;
}

static struct token next_raw(struct parser *p)
{
    return p->queued ? p->queue[--p->queued] : raw_token(p);
}

static void put_back(struct parser *p, struct token t)
{
    p->queue[p->queued++] = t;
}

/* The token after the one in hand. */
static struct token ahead(struct parser *p)
{
    struct token t = next_raw(p);
    put_back(p, t);
    return t;
}

static struct token token_at(int kind, struct span at)
{
    return (struct token){.kind = kind, .at = at};
}

static struct token deliver(struct parser *p, struct token t)
{
    p->before = p->last;
    p->last = t;
    return t;
}

/* Names that stand where a statement says what it binds: `a, b =`, `let y`, `dim N = 1, K`, `for .. carry h = 0, c`. */
static void note_head(struct parser *p, struct open *o, struct token t)
{
    bool listed = o->first == TOK_INPUT || o->first == TOK_DIM || o->first == TOK_PARAM || o->first == TOK_CONST ||
                  o->first == TOK_STATE || o->first == TOK_OUTPUT || o->first == TOK_FOR;
    bool after = p->last.kind == TOK_COMMA || p->last.kind == TOK_CARRY || p->last.kind == TOK_COLLECT;
    if (!can(t.kind, NAME) || (o->bound && !listed) || (o->count > 1 && !after)) return;
    struct head h = {t.value.TOK_ID, t.at, o->count};
    vec_push(&p->c->arena, &o->heads, h);
}

/* Delivers a token of the current statement. */
static struct token take(struct parser *p, struct token t)
{
    struct open *o = inner(p);
    if (o->count == 0) {
        o->first = t.kind;
        o->first_at = t.at;
        o->body = o->bound = false;
        o->heads.n = 0;
    }
    if (o->as == '{' && !o->brace) note_head(p, o, t);
    o->count++;
    return deliver(p, t);
}

/* -- where statements end -- */

/* `t`, first on its line, begins the next clause of a `for` or `fn`. */
static bool is_clause(struct parser *p, struct token t)
{
    const struct open *o = inner(p);
    if (o->first == TOK_FN) return t.kind == TOK_ADJOINT && ahead(p).kind == TOK_LPAREN;
    return o->first == TOK_FOR && !o->body &&
           (t.kind == TOK_CARRY || t.kind == TOK_COLLECT || t.kind == TOK_CHECKPOINT);
}

/* `t`, first on its line, can only begin a statement of its own. */
static bool begins_statement(struct parser *p, struct token t)
{
    if (can(t.kind, STARTS) || t.kind == TOK_IF) return true;
    if (!can(t.kind, DECLARES)) return false;
    struct token n = ahead(p);
    return !n.fresh && (can(n.kind, NAME) || n.kind == TOK_STR);
}

/* An operator ends the line and `name =` begins the next: the line broke off. A comma promises more of the kind. */
static bool broke_off(struct parser *p, struct token t)
{
    if (begins_statement(p, t)) return true;
    if (p->last.kind == TOK_COMMA || !can(t.kind, NAME)) return false;
    return ahead(p).kind == TOK_ASSIGN && (inner(p)->bound || inner(p)->first != TOK_EXPECT);
}

static bool statement_ends(struct parser *p, struct token t)
{
    if (t.kind == TOK_SEMICOLON || t.kind == TOK_FILE_END || t.kind == TOK_RBRACE) return true;
    bool after_body = p->last.kind == TOK_RBRACE;
    if (!t.fresh && !after_body) return false;
    if (is_clause(p, t)) return false;
    if (t.kind == TOK_ELSE) return !(after_body && inner(p)->first == TOK_IF);
    if (can(t.kind, JOINS)) return after_body;
    return !can(p->last.kind, OPEN_ENDED) || broke_off(p, t);
}

static struct token end_statement(struct parser *p)
{
    inner(p)->count = 0;
    return deliver(p, token_at(TOK_END, (struct span){p->last.at.hi, p->last.at.hi}));
}

/* -- brackets -- */

static void push(struct parser *p, struct token t, int closer, char as, bool brace)
{
    struct open o = {.closer = closer, .as = as, .at = t.at, .brace = brace};
    vec_push(&p->c->arena, &p->open, o);
}

/* Brackets left open are one mistake where one token shows it, and none of their own after a broken token. */
static void never_closed(struct parser *p, struct token shown_by)
{
    if (p->unclosed == shown_by.at.lo || p->last.kind == TOK_NNGEN_YYerror) return;
    p->unclosed = shown_by.at.lo;
    diag_error(&p->c->diags, E0102, inner(p)->at, "this `%c` is never closed", inner(p)->as);
}

/* Closes the innermost bracket where the last token ended; `t` waits. */
static struct token close_here(struct parser *p, struct token t)
{
    int closer = inner(p)->closer;
    put_back(p, t);
    p->closed = span_join(inner(p)->at, p->last.at);
    p->open.n--;
    return take(p, token_at(closer, (struct span){p->last.at.hi, p->last.at.hi}));
}

static struct token too_deep(struct parser *p, struct token t)
{
    report_nesting(p, t.at);
    p->over = true;
    return deliver(p, token_at(TOK_FILE_END, t.at));
}

static struct token open_bracket(struct parser *p, struct token t)
{
    if (p->open.n > NESTING_MOST) return too_deep(p, t);
    take(p, t);
    if (t.kind == TOK_LBRACKET)
        push(p, t, TOK_RBRACKET, '[', false);
    else
        push(p, t, TOK_RPAREN, '(', false);
    return t;
}

/* `{` where a value should stand: [ ] in another language. */
static bool is_brace_literal(struct parser *p)
{
    int last = p->last.kind;
    if (in_statements(p) && inner(p)->count == 0) return false;
    if (!can(last, OPEN_ENDED) || last == TOK_DOTS) return last == TOK_RETURN || last == TOK_EXPECT;
    return !(in_statements(p) && inner(p)->first == TOK_FN && last == TOK_ASSIGN);
}

static struct token open_brace(struct parser *p, struct token t)
{
    if (is_brace_literal(p)) {
        diag_error(&p->c->diags, E0103, t.at, "a tensor is not written in `{ }`");
        diag_help(&p->c->diags, "write [1, 2, 3]");
        t.kind = TOK_LBRACKET;
        if (p->open.n > NESTING_MOST) return too_deep(p, t);
        take(p, t);
        push(p, t, TOK_RBRACKET, '{', true);
        return t;
    }
    if (!in_statements(p)) {
        never_closed(p, t);
        return close_here(p, t);
    }
    if (p->open.n > NESTING_MOST) return too_deep(p, t);
    take(p, t);
    push(p, t, TOK_RBRACE, '{', false);
    return t;
}

/* Whether a bracket of the current statement, further out than the innermost, is closed by `kind`. */
static bool closes_outer(struct parser *p, int kind)
{
    for (uint32_t i = p->open.n - 1; i > 0 && (p->open.at[i].as != '{' || p->open.at[i].brace); i--)
        if (p->open.at[i].closer == kind) return true;
    return false;
}

static struct token stray(struct parser *p, struct token t)
{
    diag_error(&p->c->diags, E0102, t.at, "nothing is open that this `%c` would close", p->file->text[t.at.lo - p->file->base]);
    t.kind = TOK_NNGEN_YYerror;
    return take(p, t);
}

static struct token close_bracket(struct parser *p, struct token t)
{
    struct open *o = inner(p);
    if (in_statements(p) && o->closer != t.kind) return stray(p, t);
    if (o->brace && t.kind == TOK_RBRACE) t.kind = TOK_RBRACKET;
    if (o->closer != t.kind) {
        if (t.kind == TOK_RBRACE || closes_outer(p, t.kind)) {
            never_closed(p, t);
            return close_here(p, t);
        }
        diag_error(&p->c->diags, E0102, t.at, "this closes no `%c`", o->as);
        diag_note(&p->c->diags, o->at, "opened here");
        t.kind = o->closer;
    }
    p->closed = span_join(o->at, t.at);
    p->open.n--;
    if (t.kind == TOK_RBRACE) inner(p)->body = true;
    return take(p, t);
}

/* A line inside ( ) or [ ] that could not follow the last one: the bracket was never closed. Two operands never stand
 * side by side, so this is exact. */
static bool was_left_open(struct parser *p, struct token t)
{
    const struct open *s = statement_around(p);
    bool clause = t.kind == TOK_CARRY || t.kind == TOK_COLLECT || t.kind == TOK_CHECKPOINT;
    if (clause && s->first == TOK_FOR && !s->body && can(p->last.kind, ENDS_OPERAND)) return true;
    if (t.kind == TOK_FILE_END || t.kind == TOK_SEMICOLON) return true;
    if (!t.fresh) return false;
    if (can(p->last.kind, JOINS) && can(t.kind, NAME) && ahead(p).kind == TOK_ASSIGN) return true;
    return begins_statement(p, t) || (can(p->last.kind, ENDS_OPERAND) && can(t.kind, BEGINS_OPERAND));
}

/* -- tokens whose meaning depends on their place -- */

static struct token split(struct parser *p, struct token t, int first, int second)
{
    uint32_t mid = t.at.lo + 1;
    put_back(p, token_at(second, (struct span){mid, t.at.hi}));
    return take(p, token_at(first, (struct span){t.at.lo, mid}));
}

static struct token plain(struct parser *p, struct token t)
{
    struct open *o = inner(p);
    if (t.kind == TOK_UPDATE && !(in_statements(p) && o->count == 1)) return split(p, t, TOK_LESS, TOK_MINUS);
    if (t.kind == TOK_TOLERANCE && !(in_statements(p) && o->first == TOK_EXPECT))
        return split(p, t, TOK_PLUS, TOK_MINUS);
    if (t.kind == TOK_ASSIGN) o->bound = true;
    return take(p, t);
}

/* -- blocks by indentation -- */

static uint32_t column_of(const struct parser *p, uint32_t offset)
{
    uint32_t at = offset - p->file->base, n = 0;
    while (n < at && p->file->text[at - n - 1] != '\n') n++;
    return n;
}

static bool is_word(const struct parser *p, struct token t, const char *word)
{
    size_t n = strlen(word);
    return t.at.hi - t.at.lo == n && !memcmp(p->file->text + (t.at.lo - p->file->base), word, n);
}

/* `if x > 0:` has been reported, or will be. The lines below it that stand further in are part of the mistake, and so is
 * an `else:` with its own; what they bind, the statement binds. */
static struct token skip_indented(struct parser *p, struct token t)
{
    struct open *o = inner(p);
    uint32_t margin = column_of(p, o->first_at.lo);
    const struct diags before = p->c->diags;
    while (t.kind != TOK_FILE_END && t.kind != TOK_RBRACE) {
        bool other = t.kind == TOK_ELSE || is_word(p, t, "elif");
        uint32_t column = column_of(p, t.at.lo);
        if (t.fresh && (column < margin || (column == margin && !other))) break;
        struct token next = next_raw(p);
        if (t.fresh && can(t.kind, NAME) && next.kind == TOK_ASSIGN) {
            struct head h = {t.value.TOK_ID, t.at, 2};
            vec_push(&p->c->arena, &o->heads, h);
            o->bound = true;
        }
        t = next;
    }
    if (p->c->diags.errors > before.errors) { /* and so is what the scanner found in them */
        p->c->diags.errors = before.errors;
        p->c->diags.list.n = before.list.n;
    }
    t.fresh = true;
    return t;
}

/* for (i = 0; i < n; i++): one mistake, brackets and all. */
static struct token counted_loop(struct parser *p, struct token t)
{
    uint32_t depth = 1;
    diag_error(&p->c->diags, E0103, t.at, "a loop does not count in ( )");
    diag_help(&p->c->diags, "loops are `for t in T carry h = ... { }` and `repeat l in 0..4 { }`");
    while (depth && !ahead(p).fresh && ahead(p).kind != TOK_FILE_END) {
        struct token next = next_raw(p);
        depth += next.kind == TOK_LPAREN || next.kind == TOK_DERIV;
        depth -= next.kind == TOK_RPAREN;
    }
    t.kind = TOK_NNGEN_YYerror;
    return take(p, t);
}

static struct token filter(struct parser *p)
{
    if (p->over) return p->last;
    struct token t = next_raw(p);
    if (p->last.kind == TOK_COLON && t.fresh && in_statements(p) && inner(p)->count > 0) t = skip_indented(p, t);
    while (in_statements(p) && inner(p)->count == 0 && t.kind == TOK_SEMICOLON) t = next_raw(p);
    if (!in_statements(p)) {
        if (was_left_open(p, t)) {
            never_closed(p, t);
            return close_here(p, t);
        }
    } else if (inner(p)->count > 0 && statement_ends(p, t)) {
        put_back(p, t);
        return end_statement(p);
    } else if (t.kind == TOK_FILE_END && p->open.n > 1) {
        never_closed(p, t);
        return close_here(p, t);
    }
    if (t.kind == TOK_LPAREN && in_statements(p) && inner(p)->count == 1 && inner(p)->first == TOK_FOR)
        return counted_loop(p, t);
    switch (t.kind) {
    case TOK_LPAREN:
    case TOK_DERIV:
    case TOK_LBRACKET: return open_bracket(p, t);
    case TOK_LBRACE: return open_brace(p, t);
    case TOK_RPAREN:
    case TOK_RBRACKET:
    case TOK_RBRACE: return close_bracket(p, t);
    case TOK_FILE_END: return deliver(p, t);
    default: return plain(p, t);
    }
}

int nngen_yylex(union NNGEN_YYSTYPE *value, struct span *at, struct parser *p)
{
    struct token t = filter(p);
    *value = t.value;
    *at = t.at;
    return t.kind;
}
