/* What `nngen ops` and `nngen explain` say: drawn from errors.def, ops.def, lowering's list and the prelude's text. */
#include "runtime/host/host.h"

#include "codegen/teach/spoken.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct word {
    const char *name, *line;  /* line: for the list; NULL: explained, but not in the list */
    const char *head, *tail;  /* what stands before and behind its lesson */
    enum lesson_kind kind;
    void (*make)(int code, struct text *out); /* makes the text of what is no name of the language */
    int code;
    const char *text; /* once it was asked for */
};

struct words {
    struct arena arena;
    vec(struct word) list;
    bool made;
};

/* ---- the adjoint column, as what people write ---- */

/* "dx = g * y" of "D(0, MUL(G, Y))". */
static void say_derivative(struct arena *a, enum ir_op op, struct text *out)
{
    static const char *const whole[] = {[SPOKEN_ZERO] = "the derivative is 0", [SPOKEN_NONE] = "none: ",
                                        [SPOKEN_EACH] = "each argument receives ", [SPOKEN_BY_HAND] = "as the user wrote it",
                                        [SPOKEN_BY_LOOP] = "a loop that runs back"};
    struct spoken s = speak_adjoint(a, op);
    struct term_names names = plain_names(op);
    if (s.kind != SPOKEN_PARTS) text_put(out, whole[s.kind]);
    if (s.kind == SPOKEN_NONE) text_put(out, s.why_none);
    for (unsigned i = 0; i < s.n; i++) {
        if (s.kind == SPOKEN_PARTS) text_printf(out, "%sd%s = ", i ? ", " : "", names.x[s.part[i].argument]);
        say_term(s.part[i].receives, &names, out);
    }
}

/* ---- gathering ---- */

static void add_word(struct words *w, enum lesson_kind kind, const char *name, const char *line, const char *head,
                     const char *tail)
{
    struct word word = {.name = name, .line = line, .head = head, .tail = tail, .kind = kind};
    vec_push(&w->arena, &w->list, word);
}

static void page_of_errors(int code, struct text *out)
{
    (void)code;
    errors_page(out);
}

static void gather_errors(struct words *w)
{
    for (int i = E_NONE + 1; i < DIAG_CODES; i++)
        vec_push(&w->arena, &w->list, ((struct word){.name = diag_info[i].code, .make = error_text, .code = i}));
    vec_push(&w->arena, &w->list, ((struct word){.name = "errors", .make = page_of_errors}));
}

/* The scalar C of a row over the arguments' names, in double precision: "1 / (1 + exp(-x))". */
static const char *formula(struct words *w, enum ir_op op)
{
    struct text t = text_new(&w->arena);
    struct term_names names = plain_names(op);
    for (const char *c = ir_ops[op].text; *c; c++) {
        if (*c != '$')
            text_char(&t, *c);
        else if (*++c >= '0' && *c <= '2')
            text_put(&t, names.x[*c - '0']);
        else if (*c == 'R')
            text_put(&t, "real");
        else if (*c == 'T')
            text_put(&t, "f64");
    }
    return t.s ? t.s : "";
}

/* "elementwise, y = exp(x); dx = g * y" or, of rows without a scalar, the derivative alone. */
static const char *facts(struct words *w, enum ir_op op)
{
    struct text t = text_new(&w->arena);
    const char *scalar = ir_ops[op].class == CLASS_MAP ? formula(w, op) : "";
    if (*scalar) text_printf(&t, "y = %s; ", scalar);
    say_derivative(&w->arena, op, &t);
    return t.s;
}

/* The row's own formula and derivative, unless a lesson has them. */
static const char *row_said(struct words *w, int row)
{
    const struct lesson *l = lesson_of(ir_ops[row].name);
    if (l && *l->math) return "";
    struct text t = text_new(&w->arena);
    text_put(&t, "  ");
    for (const char *s = facts(w, (enum ir_op)row); *s; s++) { /* a line a sentence */
        if (*s == ';') text_put(&t, "\n ");
        else text_char(&t, *s);
    }
    text_put(&t, "\n\ng is what the result y receives.\n\n");
    return t.s;
}

static enum lesson_kind lesson_kind(int row)
{
    return ir_ops[row].class == CLASS_MAP ? LESSON_ELEMENT : LESSON_OTHER;
}

/* Rows of the table by their own names: for who reads a dump. */
static void gather_operations(struct words *w)
{
    static const char *const form[] = {"()", "(x)", "(a, b)", "(a, b, c)"};
    static const char *const class[] = {"leaf", "identity", "elementwise", "reduction", "move", "product", "call"};
    for (int i = 1; i < OP_COUNT; i++) {
        const struct ir_op_info *op = &ir_ops[i];
        if (op->class == CLASS_LEAF) continue;
        const char *f = op->arity >= 0 && op->arity <= 3 ? form[op->arity] : "(x, ...)";
        add_word(w, lesson_kind(i), op->name, NULL,
                 arena_printf(&w->arena, "%s%s: %s%s\n\n%s", op->name, f, class[op->class],
                              op->result == IR_INT ? ", of integers" : "", row_said(w, i)), "");
    }
}

/* The row that the language calls by its own name. */
static int row_called(const char *name)
{
    for (int i = 1; i < OP_COUNT; i++)
        if ((ir_ops[i].class == CLASS_MAP || ir_ops[i].class == CLASS_CALL) && !strcmp(ir_ops[i].name, name)) return i;
    return 0;
}

static void gather_builtins(struct words *w)
{
    for (const struct builtin_info *b = builtin_infos; b->name; b++) {
        int row = row_called(b->name);
        bool whole = row && !strcmp(b->text, "elementwise"); /* the row is all there is to say */
        const char *more = row ? facts(w, (enum ir_op)row) : NULL;
        add_word(w, row ? lesson_kind(row) : LESSON_OTHER, b->name,
                 arena_printf(&w->arena, "%s  %s%s%s", b->form, b->text, whole ? ", " : "", whole ? more : ""),
                 arena_printf(&w->arena, "%s\n\n%s.\n\n%s", b->form, b->text, row ? row_said(w, row) : ""), "");
    }
}

/* Forms that are no calls, so no table has them. */
static void gather_forms(struct words *w)
{
    static const char *const all[][3] = {
        {"d", "d(y)/d(x)", "the derivative of y by the name x: the gradient of a scalar y, else the Jacobian [shape y, shape x]; 0 where y does not use x"},
        {"file", "file(\"w.npy\")", "initial values of a param, from a file beside the model or in a folder of -I"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        add_word(w, LESSON_OTHER, all[i][0], arena_printf(&w->arena, "%s  %s", all[i][1], all[i][2]),
                 arena_printf(&w->arena, "%s\n\n%s.\n\n", all[i][1], all[i][2]), "");
}

/* From `fn name` to the body: `fn softmax[a = -1](x)`; white space becomes single spaces. */
static const char *signature(struct words *w, const char *from)
{
    struct text t = text_new(&w->arena);
    int depth = 0;
    for (const char *c = from; *c; c++) {
        if (*c == '(' || *c == '[') depth++;
        if (*c == ')' || *c == ']') depth--;
        if (depth == 0 && (*c == '{' || *c == '=' || *c == '#' || *c == '\n')) break;
        if (!isspace((unsigned char)*c))
            text_char(&t, *c);
        else if (t.n && t.s[t.n - 1] != ' ')
            text_char(&t, ' ');
    }
    while (t.n && t.s[t.n - 1] == ' ') t.s[--t.n] = 0;
    return t.s ? t.s : "";
}

/* The `##` lines above a declaration, and what follows `##` on its own line. */
static const char *doc_of(struct words *w, const char *text, const char *line)
{
    struct text t = text_new(&w->arena);
    const char *first = line;
    while (first > text) {
        const char *above = first - 1;
        while (above > text && above[-1] != '\n') above--;
        if (strncmp(above, "##", 2)) break;
        first = above;
    }
    const char *end = line + strcspn(line, "\n"), *beside = strstr(line, "##");
    if (beside && beside >= end) beside = NULL;
    for (const char *c = first; c < end;) {
        const char *stop = c + strcspn(c, "\n");
        const char *from = c >= line ? beside : c;
        if (from) {
            from += 2 + strspn(from + 2, " ");
            if (t.n) text_char(&t, ' ');
            text_putn(&t, from, (size_t)(stop - from));
        }
        c = stop + 1;
    }
    return t.s ? t.s : "";
}

static const char *const kind[] = {"fn ", "layer ", "optimizer "};

/* The declaration as it stands, up to an empty line, a comment or the next one. */
static const char *definition(struct words *w, const char *line)
{
    struct text t = text_new(&w->arena);
    for (bool first = true; *line; first = false) {
        bool other = *line == '\n' || *line == '#';
        for (int k = 0; k < 3; k++) other |= !first && !strncmp(line, kind[k], strlen(kind[k]));
        if (other) break;
        size_t n = strcspn(line, "\n");
        text_put(&t, "    ");
        text_putn(&t, line, n);
        text_char(&t, '\n');
        line += n + (line[n] == '\n');
    }
    return t.s ? t.s : "";
}

/* ", W[I, O] b[O], states n": the declarations of a definition. */
static void say_owned(const char *text, const char *word, const char *title, struct text *out)
{
    size_t n = strlen(word), before = out->n;
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *from = line + strspn(line, " ");
        if (strncmp(from, word, n)) continue;
        text_put(out, out->n == before ? title : " ");
        const char *end = strstr(from, " =");
        if (end) text_putn(out, from + n, (size_t)(end - from) - n);
    }
}

/* What a layer owns, or an adjoint written by hand: "layer, W[I, O] b[O]". */
static const char *facts_of(struct words *w, const char *word, const char *text)
{
    struct text t = text_new(&w->arena);
    text_putn(&t, word, strlen(word) - 1);
    say_owned(text, "param ", ", ", &t);
    say_owned(text, "state ", strcmp(word, "layer ") ? ", keeps " : ", states ", &t);
    const char *adjoint = strstr(text, "adjoint(");
    if (adjoint) text_put(&t, ", "), text_putn(&t, adjoint, strcspn(adjoint, "\n"));
    return t.s;
}

static enum lesson_kind kind_of(const struct prelude_file *f, int k)
{
    if (kind[k][0] == 'o') return LESSON_OPTIMIZER;
    if (strstr(f->path, "schedule")) return LESSON_RATE;
    return strstr(f->path, "activation") || strstr(f->path, "elementwise") ? LESSON_ELEMENT : LESSON_OTHER;
}

static void gather_prelude(struct words *w)
{
    for (const struct prelude_file *f = prelude_files; f->path; f++)
        for (const char *line = f->text; *line; line += strcspn(line, "\n"), line += *line == '\n')
            for (int k = 0; k < 3; k++) {
                size_t n = strlen(kind[k]);
                if (strncmp(line, kind[k], n)) continue;
                const char *name = line + n, *form = signature(w, line), *doc = doc_of(w, f->text, line);
                const char *whole = definition(w, line);
                size_t m = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
                const char *listed = arena_printf(&w->arena, "%s  %s; %s", form + n, facts_of(w, kind[k], whole), doc);
                add_word(w, kind_of(f, k), arena_strndup(&w->arena, name, m), *doc ? listed : NULL, /* without: its own */
                         arena_printf(&w->arena, "%s\n\n%s%s", form, doc, *doc ? ".\n\n" : ""),
                         arena_printf(&w->arena, "Written in the language, %s:\n\n%s", f->path, whole));
            }
}

/* What is known is the same in every call: gathered once, kept to the end of the process. */
static bool gather(struct words *w)
{
    jmp_buf oom;
    if (w->made) return true;
    arena_init(&w->arena, &oom);
    w->list.n = w->list.cap = 0;
    if (setjmp(oom)) {
        arena_free(&w->arena);
        return false;
    }
    gather_errors(w);
    gather_prelude(w); /* before the table: a name of both is the user's function */
    gather_builtins(w);
    gather_forms(w);
    gather_operations(w);
    w->arena.oom = NULL;
    return w->made = true;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct words words;

/* NULL without memory. */
static const char *text_of(struct words *w, struct word *word)
{
    jmp_buf oom;
    if (word->text) return word->text;
    w->arena.oom = &oom;
    if (!setjmp(oom)) {
        struct text t = text_new(&w->arena);
        const struct lesson *l = lesson_of(word->name);
        if (word->make) {
            word->make(word->code, &t);
        } else {
            text_put(&t, word->head);
            if (l) lesson_put(&t, l, word->kind);
            text_put(&t, word->tail);
        }
        while (t.n > 1 && t.s[t.n - 1] == '\n' && t.s[t.n - 2] == '\n') t.s[--t.n] = 0;
        word->text = t.s;
    }
    w->arena.oom = NULL;
    return word->text;
}

/* Codes may be written small. */
static bool is_called(const char *name, const char *what)
{
    bool code = name[0] == 'E' && what[0] == 'e' && name[1] >= '0' && name[1] <= '9';
    return !strcmp(name + code, what + code);
}

const char *nngen_explain(const char *what)
{
    const char *text = NULL;
    pthread_mutex_lock(&lock);
    if (what && gather(&words))
        for (uint32_t i = 0; i < words.list.n && !text; i++)
            if (is_called(words.list.at[i].name, what)) text = text_of(&words, &words.list.at[i]);
    pthread_mutex_unlock(&lock);
    return text;
}

char *nngen_operations(void)
{
    char *out = NULL;
    size_t n = 0;
    pthread_mutex_lock(&lock);
    if (gather(&words)) {
        for (uint32_t i = 0; i < words.list.n; i++)
            if (words.list.at[i].line) n += strlen(words.list.at[i].line) + 1;
        char *at = out = malloc(n + 1);
        for (uint32_t i = 0; out && i < words.list.n; i++) {
            const char *line = words.list.at[i].line;
            if (!line) continue;
            size_t size = strlen(line);
            memcpy(at, line, size);
            at[size] = '\n';
            at += size + 1;
        }
        if (out) *at = 0;
    }
    pthread_mutex_unlock(&lock);
    return out;
}
