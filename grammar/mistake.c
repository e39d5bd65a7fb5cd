#include "grammar/filter.h"
#include "grammar/grammar.h"

#include <string.h>

void report_nesting(struct parser *p, struct span at)
{
    if (p->nested) return;
    p->nested = true;
    diag_error(&p->c->diags, E0601, at, "nested deeper than %d", NESTING_MOST);
}

/* A syntax error and what is known of it. */
struct scene {
    struct parser *p;
    struct diags *diags;
    const struct mistake *m;
    const struct open *statement;
    int found;
    struct span at;
    uint32_t depth; /* of the block the statement stands in */
    bool at_start;  /* a statement should begin here */
    bool operand;   /* a value could stand here */
    bool operators; /* an operator could */
    bool binding;   /* `x`, `x[i]` or `f(x)` has been read and `=` should follow */
};

static bool wants(const struct scene *s, int token)
{
    return s->m->wanted[token];
}

static const char *text_of(const struct scene *s, struct span at)
{
    size_t n = at.hi - at.lo;
    if (n > NAME_MOST) n = NAME_MOST;
    return arena_strndup(&s->p->c->arena, s->p->file->text + (at.lo - s->p->file->base), n);
}

static bool is_comparison(int token)
{
    return token == TOK_LESS || token == TOK_LESS_EQUAL || token == TOK_GREATER || token == TOK_GREATER_EQUAL ||
           token == TOK_EQUAL || token == TOK_UNEQUAL;
}

static bool is_operator(int token)
{
    return is_comparison(token) || token == TOK_PLUS || token == TOK_MINUS || token == TOK_TIMES ||
           token == TOK_DIVIDE || token == TOK_MATMUL || token == TOK_POWER || token == TOK_AND || token == TOK_OR;
}

static const char *in_quotes(const struct scene *s)
{
    static const struct {
        int token;
        const char *text;
    } others[] = {
        {TOK_END, "the end of the statement"},
        {TOK_FILE_END, "the end of the file"},
        {TOK_STR, "a string"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].token == s->found) return others[i].text;
    return arena_printf(&s->p->c->arena, "`%s`", text_of(s, s->at));
}

/* How a statement that begins with this token is written; NULL for most. */
static const char *form_of(int first)
{
    static const struct {
        int first;
        const char *form;
    } forms[] = {
        {TOK_MODEL, "model mlp"},
        {TOK_IMPORT, "import \"blocks.nn\""},
        {TOK_DIM, "dim D = 784, N <= 256"},
        {TOK_INPUT, "input x[N, D], label[N] in K, tax = 1.1"},
        {TOK_PARAM, "param W[D, K] = glorot()"},
        {TOK_CONST, "const k = 0.5"},
        {TOK_STATE, "state mu[K] = zeros()"},
        {TOK_OUTPUT, "output p, accuracy = mean(hits)"},
        {TOK_LOSS, "loss nll = mean(e)"},
        {TOK_WRT, "wrt x, fc1.W"},
        {TOK_TRAIN, "train clip_norm(1) |> adam(lr = 1e-3)"},
        {TOK_TEST, "test \"title\" { expect y = 1 +- 1e-6 }"},
        {TOK_FN, "fn f(x, y = 1) = x + y"},
        {TOK_LAYER, "layer dense[O](x[.., I], act = identity) { ... }"},
        {TOK_OPTIMIZER, "optimizer sgd(lr = 0.01) { p <- p - lr * g }"},
        {TOK_REPEAT, "repeat l in 0..4 { ... }"},
        {TOK_FOR, "for t in T carry h = zeros[N, H] collect hs { ... }"},
        {TOK_IF, "if n > 1 { ... } else { ... }"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].first == first) return forms[i].form;
    return NULL;
}

/* -- mistakes with an answer of their own: each says whether it was its case -- */

static bool comparison_chain(const struct scene *s)
{
    if (!is_comparison(s->found) || s->operand || !s->operators) return false;
    diag_error(s->diags, E0103, s->at, "comparisons do not chain");
    diag_help(s->diags, "write `a < b and b < c`");
    return true;
}

static bool operator_after_pipe(const struct scene *s)
{
    if (!is_operator(s->found) || s->operators || !wants(s, TOK_PIPE)) return false;
    const char *op = text_of(s, s->at);
    diag_error(s->diags, E0103, s->at, "`%s` cannot follow a pipe or `as`", op);
    diag_help(s->diags, "use parentheses: `(x |> f) %s ...`", op);
    return true;
}

static bool pipe_after_operator(const struct scene *s)
{
    if (s->found != TOK_PIPE || !s->operators || s->operand) return false;
    diag_error(s->diags, E0103, s->at, "a pipe joins names, calls and parentheses only");
    diag_help(s->diags, "use parentheses: `(a + b) |> f` or `a + (b |> f)`");
    return true;
}

static bool half_a_derivative(const struct scene *s)
{
    bool statement = s->found == TOK_DERIV && s->at_start, numerator = wants(s, TOK_DIVIDE) && !s->operators;
    if (!statement && !numerator && !(wants(s, TOK_DERIV) && !s->operand)) return false;
    diag_error(s->diags, E0103, numerator ? s->p->closed : s->at,
               statement ? "a derivative alone does nothing" : "`d(y)` alone is no derivative");
    diag_help(s->diags, statement ? "bind it: `g = d(y)/d(x)`" : "the derivative of y by x is `d(y)/d(x)`");
    return true;
}

static bool value_alone(const struct scene *s)
{
    if (!s->binding || (s->found != TOK_END && s->found != TOK_PIPE && !is_operator(s->found))) return false;
    struct span all = {s->statement->first_at.lo, s->p->before.at.hi};
    if (s->found == TOK_EQUAL) {
        diag_error(s->diags, E0103, s->at, "`==` compares; a name is bound with `=`");
        return true;
    }
    if (s->found == TOK_END && s->p->before.at.lo == s->statement->first_at.lo && form_of(s->statement->first)) {
        diag_error(s->diags, E0402, all, "`%s` lacks what it declares", text_of(s, all));
        diag_help(s->diags, "the form is `%s`", form_of(s->statement->first));
        return true;
    }
    bool ended = s->found == TOK_END, call = ended && s->p->before.kind == TOK_RPAREN;
    diag_error(s->diags, E0103, ended ? all : span_join(all, s->at), "a %s alone does nothing",
               call ? "call" : "value");
    const char *text = text_of(s, all);
    if (call && !strncmp(text, "print", 5))
        diag_help(s->diags, "what the model gives is declared: `output y`");
    else if (!strcmp(text, "end"))
        diag_help(s->diags, "blocks stand in { }");
    else
        diag_help(s->diags, "bind it to a name: `y = %s%s`", text, ended && strlen(text) < NAME_MOST ? "" : " ...");
    return true;
}

static bool nameless_loss(const struct scene *s)
{
    if (s->found != TOK_ASSIGN || s->p->before.kind != TOK_LOSS || s->statement->count != 2) return false;
    diag_error(s->diags, E0402, s->at, "the loss needs a name");
    diag_help(s->diags, "`loss nll = ...`");
    return true;
}

static bool reserved_word(const struct scene *s)
{
    static const struct {
        const char *word;
        int token;
        bool reserved;
    } words[] = {
#define WORD(word, token, reserved) {#word, TOK_##token, reserved},
#include "grammar/words.def"
#undef WORD
    };
    if (s->at_start || s->operand || !wants(s, TOK_ID)) return false;
    if (s->found == TOK_DERIV) {
        diag_error(s->diags, E0100, s->at, "`d(` begins a derivative; `d` cannot be called");
        return true;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].token == s->found && words[i].reserved) {
            diag_error(s->diags, E0100, s->at, "`%s` is a reserved word and cannot be a name", words[i].word);
            return true;
        }
    return false;
}

static bool colon_block(const struct scene *s)
{
    if (s->found != TOK_COLON || !wants(s, TOK_LBRACE)) return false;
    diag_error(s->diags, E0103, s->at, "a block does not begin with `:`");
    diag_help(s->diags, "write it in { }");
    return true;
}

static bool equals_for_equal(const struct scene *s)
{
    if (s->found != TOK_ASSIGN || !s->operators || s->operand) return false;
    diag_error(s->diags, E0103, s->at, "`=` binds a name and cannot stand in an expression");
    diag_help(s->diags, "`==` compares");
    return true;
}

static bool dots_for_slice(const struct scene *s)
{
    if (s->found != TOK_DOTS || !wants(s, TOK_COLON) || s->operand) return false;
    diag_error(s->diags, E0103, s->at, "a slice is not written with `..`");
    diag_help(s->diags, "write `x[a:b]`");
    return true;
}

static bool else_alone(const struct scene *s)
{
    if (s->found != TOK_ELSE || !s->at_start) return false;
    diag_error(s->diags, E0100, s->at, "this `else` has no `if` before it");
    return true;
}

/* y = if c { a } else { b }: what stands in the blocks are no statements, and need no messages of their own. */
static bool choice_of_values(const struct scene *s)
{
    if (s->found != TOK_IF || !s->operand) return false;
    diag_error(s->diags, E0103, s->at, "`if` chooses between statements, not between values");
    diag_help(s->diags, "write `if c { y = a } else { y = b }`; a choice between tensors is `where(condition, a, b)`");
    const char *text = s->p->file->text;
    uint32_t at = s->at.lo - s->p->file->base;
    for (int depth = 0; text[at] && (text[at] != '\n' || depth > 0); at++) depth += (text[at] == '{') - (text[at] == '}');
    s->p->quiet = s->p->file->base + at;
    return true;
}

/* y = x if x > 0 else -x; x as named after an operator; lambda x: ... */
static bool foreign_expression(const struct scene *s)
{
    if (s->found == TOK_IF && s->operators && !s->operand) {
        diag_error(s->diags, E0103, s->at, "`if` chooses between statements, not between values");
        diag_help(s->diags, "a choice between tensors is `where(condition, a, b)`");
        return true;
    }
    if (s->found == TOK_AS && s->operators && !s->operand) {
        diag_error(s->diags, E0103, s->at, "`as` names the use of a layer, not a sum");
        diag_help(s->diags, "use parentheses: `x + (dense[3](x) as fc)`");
        return true;
    }
    if (s->found == TOK_FOR && s->operators && !s->operand) {
        diag_error(s->diags, E0103, s->at, "tensors are not made by `for` in brackets");
        diag_help(s->diags, "operators work on whole tensors, `[a * 2 for a in x]` is `x * 2`; index notation says the rest");
        return true;
    }
    bool product = s->p->before.kind == TOK_NUM && (s->found == TOK_ID || s->found == TOK_NUM) && !s->at_start;
    if (product && s->operators) {
        diag_error(s->diags, E0100, s->at, "expected an operator, found %s", in_quotes(s));
        diag_help(s->diags, "a product has its `*`: 2 * x");
        return true;
    }
    if (s->p->before.kind != TOK_ID || strcmp(text_of(s, s->p->before.at), "lambda") != 0) return false;
    diag_error(s->diags, E0103, s->p->before.at, "functions are not written in expressions");
    diag_help(s->diags, "%s", foreign_name("lambda"));
    return true;
}

/* input x(3, 4), output x + y */
static bool declaration_unlike_ours(const struct scene *s)
{
    int first = s->statement->first;
    bool shaped = first == TOK_INPUT || first == TOK_PARAM || first == TOK_CONST || first == TOK_STATE;
    if (shaped && s->found == TOK_LPAREN && wants(s, TOK_LBRACKET) && !s->operand) {
        diag_error(s->diags, E0103, s->at, "a shape does not stand in ( )");
        diag_help(s->diags, "sizes stand in [ ]: `%s`", first == TOK_INPUT ? "input x[3, 4]" : "param W[3, 4] = glorot()");
        return true;
    }
    if (shaped && s->found == TOK_LBRACKET && s->p->before.kind == TOK_RBRACKET && !s->operators) {
        diag_error(s->diags, E0103, s->at, "a shape is one [ ]");
        diag_help(s->diags, "the sizes of all axes stand in it: `x[3, 4]`");
        return true;
    }
    if (s->binding && s->found == TOK_COLON && s->p->before.kind == TOK_ID) {
        diag_error(s->diags, E0103, s->at, "a name is bound without a type");
        diag_help(s->diags, "`%s = ...`", text_of(s, s->p->before.at));
        return true;
    }
    if (s->found == TOK_STR && s->at_start) {
        diag_error(s->diags, E0100, s->at, "a string alone does nothing");
        diag_help(s->diags, "a comment goes from `#` to the end of its line");
        return true;
    }
    bool after_name = wants(s, TOK_ASSIGN) && wants(s, TOK_COMMA) && !s->operators;
    bool value = is_operator(s->found) || s->found == TOK_LPAREN || s->found == TOK_LBRACKET || s->found == TOK_DOT ||
                 s->found == TOK_PIPE;
    bool nameless = s->statement->count == 2 && (s->found == TOK_DERIV || s->found == TOK_NUM);
    if (first != TOK_OUTPUT || !(nameless || (after_name && value))) return false;
    diag_error(s->diags, E0402, s->at, "an output needs a name");
    diag_help(s->diags, "`output y = ...`");
    return true;
}

/* A statement that begins with a name which is no word of ours, and goes on like one that is. */
static bool foreign_word(const struct scene *s)
{
    static const struct {
        const char *words, *ours;
    } table[] = {
        {" let var val auto float double int real tensor Tensor ", "a name is bound without a word before it: `y = ...`"},
        {" def function func fun proc define ", "a function is declared with fn: `fn f(x) = ...`"},
        {" with try except raise pass break continue del global async match switch ",
         "a model is made of equations, functions, layers and loops: there is nothing of this kind"},
        {" class module struct ", "a layer is declared with layer: `layer dense[O](x) { ... }`"},
        {" while loop foreach ", "loops are `for t in T carry h = ... { }` and `repeat l in 0..4 { }`"},
        {" elif elseif elsif ", "write `else if`"},
        {" from use using include require ", "`import \"file.nn\"`"},
        {" weight weights parameter variable ", "a trained value is declared with param: `param W[D, K] = glorot()`"},
        {" assert check ", "`test \"title\" { expect a = b }`"},
        {" minimize minimise optimize ", "`loss nll = ...` says what is minimised, `train adam(lr = 1e-3)` how"},
    };
    static const char *const ours[] = {"model",  "import", "dim",  "input",  "param", "const", "state", "output",
                                       "loss",   "wrt",    "train", "test",  "fn",    "layer", "optimizer",
                                       "repeat", "return", "expect", "for"};
    bool beside = s->statement->count == 2 && s->statement->first == TOK_ID && s->found != TOK_END &&
                  (token_roles(s->found) & (BEGINS_OPERAND | STARTS));
    if (!s->binding || !beside) return false;
    const char *word = text_of(s, s->statement->first_at), *answer = NULL;
    const char *padded = arena_printf(&s->p->c->arena, " %s ", word);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strstr(table[i].words, padded)) answer = table[i].ours;
    const char *near = answer ? NULL : nearest_name(word, ours, sizeof ours / sizeof *ours);
    if (near) answer = arena_printf(&s->p->c->arena, "did you mean `%s`?", near);
    if (!answer) return false;
    diag_error(s->diags, E0100, s->statement->first_at, "no statement begins with `%s`", word);
    diag_help(s->diags, "%s", answer);
    return true;
}

/* -- the rest: what was expected, what was found -- */

enum { NEVER, NO_VALUE, NO_OPERATOR, NO_NAME, NO_CLOSER };

/* What can be expected, the telling ones first; `unless` keeps quiet about what a wider word covers. */
static const struct {
    int token, unless;
    const char *text;
} phrases[] = {
    {TOK_NUM, NEVER, "a value"},
    {TOK_PLUS, NO_VALUE, "an operator"},
    {TOK_ID, NO_VALUE, "a name"},
    {TOK_STR, NO_VALUE, "a string"},
    {TOK_LPAREN, NO_OPERATOR, "`(`"},
    {TOK_IN, NO_OPERATOR, "`in`"},
    {TOK_ASSIGN, NO_CLOSER, "`=`"},
    {TOK_LESS_EQUAL, NO_OPERATOR, "`<=`"},
    {TOK_PIPE, NO_OPERATOR, "`|>`"},
    {TOK_COMMA, NEVER, "`,`"},
    {TOK_RPAREN, NEVER, "`)`"},
    {TOK_RBRACKET, NEVER, "`]`"},
    {TOK_LBRACE, NEVER, "`{`"},
    {TOK_CARRY, NO_NAME, "`carry`"},
    {TOK_END, NEVER, "the end of the statement"},
};

static bool is_covered(const struct scene *s, int unless)
{
    switch (unless) {
    case NO_VALUE: return s->operand;
    case NO_OPERATOR: return s->operand || s->operators || s->binding;
    case NO_CLOSER: return wants(s, TOK_RPAREN) || wants(s, TOK_RBRACKET);
    case NO_NAME: return wants(s, TOK_ID);
    default: return false;
    }
}

/* `model "x"`, `test {`: the word of a declaration, and not what it declares. */
static bool after_declaring_word(const struct scene *s)
{
    return s->statement->count == 2 && (token_roles(s->statement->first) & DECLARES) &&
           (wants(s, TOK_ID) || wants(s, TOK_STR));
}

static const char *expectation(const struct scene *s)
{
    enum { MOST = 5 };
    const char *list[MOST];
    size_t n = 0;
    if (s->at_start) return "a statement";
    if (after_declaring_word(s)) return wants(s, TOK_STR) ? "a string" : "a name";
    int first = s->statement->first;
    bool shaped = first == TOK_INPUT || first == TOK_PARAM || first == TOK_CONST || first == TOK_STATE;
    if (wants(s, TOK_LBRACKET) && !s->operand && !s->operators && !s->binding) list[n++] = shaped ? "a shape" : "`[`";
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases && n < MOST; i++)
        if (wants(s, phrases[i].token) && !is_covered(s, phrases[i].unless)) list[n++] = phrases[i].text;
    struct text t = text_new(&s->p->c->arena);
    for (size_t i = 0; i < n; i++) text_printf(&t, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", list[i]);
    return n ? t.s : "something else";
}

static void show_form(const struct scene *s)
{
    bool bound = s->statement->bound && s->found != TOK_ASSIGN, inside = s->p->open.n - 1 > s->depth + (s->found == TOK_LBRACE);
    if (bound || inside || s->at_start || (s->binding && !after_declaring_word(s))) return;
    if (form_of(s->statement->first)) diag_help(s->diags, "the form is `%s`", form_of(s->statement->first));
}

static bool anything_else(const struct scene *s)
{
    diag_error(s->diags, E0100, s->at, "expected %s, found %s", expectation(s), in_quotes(s));
    show_form(s);
    return true;
}

/* What the scanner or filter has already answered. */
static bool was_reported(const struct scene *s)
{
    if (s->p->over || s->at.lo < s->p->quiet) return true;
    bool closer = s->found == TOK_RPAREN || s->found == TOK_RBRACKET || s->found == TOK_RBRACE;
    if (closer && s->at.lo == s->at.hi) return true;
    for (uint32_t i = 0; i < s->diags->list.n; i++)
        if (s->diags->list.at[i].at.lo == s->at.lo) return true;
    return false;
}

void report_mistake(struct parser *p, const struct mistake *m)
{
    static bool (*const answers[])(const struct scene *) = {
        was_reported,     comparison_chain, operator_after_pipe, half_a_derivative, value_alone,
        nameless_loss,    foreign_word,     choice_of_values, foreign_expression,  declaration_unlike_ours,
        pipe_after_operator, colon_block,   equals_for_equal,    dots_for_slice,    else_alone,
        reserved_word,    anything_else,
    };
    struct scene s = {.p = p, .diags = &p->c->diags, .m = m, .found = m->found, .at = p->last.at};
    s.statement = statement_around(p);
    s.depth = (uint32_t)(s.statement - p->open.at);
    s.at_start = m->wanted[TOK_RETURN];
    s.operand = m->wanted[TOK_NUM] && !s.at_start;
    s.operators = m->wanted[TOK_PLUS];
    s.binding = m->wanted[TOK_ASSIGN] && m->wanted[TOK_LPAREN] && m->wanted[TOK_COMMA] && !s.operators;
    for (size_t i = 0; !answers[i](&s); i++) {}
}
