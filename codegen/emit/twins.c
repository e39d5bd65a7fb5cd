#include "codegen/emit/twins.h"

#include "base/names.h"
#include "codegen/emit/twin_text.h"

#include <stdlib.h>
#include <string.h>

enum {
    MARK = 1,          /* in the text: then the number of a place, and a line's end */
    TEXT_LEAST = 240,  /* shorter ones stay where they are */
    SAVED_LEAST = 8000 /* short programs read best from top to bottom */
};

struct taken { /* a group's text, taken out */
    const char *text;
    struct twin twin;
    uint32_t next; /* of the same form; 0: the last */
    bool stays;    /* nothing else in its function says the name of a value */
};

struct unsaid { /* in a function, as far as it is printed: said in one place alone, which a call would not */
    ir_id id;
    uint32_t place;
};

struct twins {
    struct arena *arena;
    vec(struct taken) places; /* place 0 is none */
    uint32_t *slot;           /* by hash of the key: the first place of a form */
    uint32_t n, cap;
    vec(uint32_t) forms;      /* first places, in order */
    vec(uint32_t) last;       /* by form */
    uint32_t *form_of;        /* by place: the first of its form */
    uint32_t *number;         /* by first place: of the function, or 0 */
    vec(struct unsaid) unsaid;
    struct twin_names names;  /* of the unit at hand; cap 0: not known yet */
};

struct twins *twins_new(struct arena *a)
{
    struct twins *w = arena_new(a, struct twins);
    w->arena = a;
    vec_push(a, &w->places, ((struct taken){0}));
    return w;
}

/* ---- taking ---- */

void twins_begin(struct twins *w, struct unit *u)
{
    u->twins = w;
    w->names.cap = 0;
}

static uint32_t *find_form(struct twins *w, const char *key)
{
    size_t k = hash_bytes(0, key, strlen(key)) & (w->cap - 1);
    while (w->slot[k] && strcmp(w->places.at[w->forms.at[w->slot[k] - 1]].twin.key, key)) k = (k + 1) & (w->cap - 1);
    return &w->slot[k];
}

static void grow(struct twins *w)
{
    if (w->forms.n * 2 < w->cap) return;
    w->cap = w->cap ? w->cap * 2 : 256;
    w->slot = arena_many(w->arena, uint32_t, w->cap);
    for (uint32_t i = 0; i < w->forms.n; i++) *find_form(w, w->places.at[w->forms.at[i]].twin.key) = i + 1;
}

/* Pointers that are new with this place are declared only if another says them. */
static void note_unsaid(struct twins *w, const struct body *b, uint32_t place, uint32_t pointers)
{
    const struct twin *t = &w->places.at[place].twin;
    for (uint32_t i = 0; i < t->unsaid.n; i++)
        for (uint32_t k = pointers; k < b->pointers->n; k++)
            if (b->pointers->at[k] == t->unsaid.at[i]) {
                b->pointers->at[k] = b->pointers->at[--b->pointers->n];
                b->u->pointer_part[t->unsaid.at[i]] = 0;
                vec_push(w->arena, &w->unsaid, ((struct unsaid){t->unsaid.at[i], place}));
            }
}

void twins_end(struct twins *w, const struct body *b)
{
    for (uint32_t i = 0; i < w->unsaid.n; i++) {
        uint32_t *part = &b->u->pointer_part[w->unsaid.at[i].id], here = b->used->part + 1;
        if (*part == here) continue;
        *part = here;
        vec_push(b->u->arena, b->pointers, w->unsaid.at[i].id);
        w->places.at[w->unsaid.at[i].place].stays = true;
    }
    w->unsaid.n = 0;
}

void twins_take(struct twins *w, const struct body *b, struct text *t, size_t from, uint32_t pointers)
{
    struct taken place = {0};
    size_t n = t->n - from;
    if (n < TEXT_LEAST || !strstr(t->s + from, "for (")) return;
    if (!w->names.cap) w->names = twin_names_new(b->u, w->arena);
    if (!twin_read(b, &w->names, w->arena, t->s + from, n, &place.twin)) return;
    uint32_t at = w->places.n;
    grow(w);
    uint32_t *slot = find_form(w, place.twin.key);
    if (*slot) {
        w->places.at[w->last.at[*slot - 1]].next = at;
        w->last.at[*slot - 1] = at;
    } else {
        vec_push(w->arena, &w->forms, at);
        vec_push(w->arena, &w->last, at);
        *slot = w->forms.n;
    }
    place.text = arena_strndup(w->arena, t->s + from, n);
    vec_push(w->arena, &w->places, place);
    note_unsaid(w, b, at, pointers);
    t->n = from;
    text_printf(t, "%c%u\n", MARK, at);
}

/* ---- functions ---- */

static const char *parameter(const struct header *h, struct arena *a, const struct twin_arg *x)
{
    const char *fixed = x->fixed ? "const " : "";
    const char *apart = x->apart && h->o->style == EMIT_FILE ? arena_printf(a, "%s_ALONE ", h->upper) : "";
    if (!x->array) return arena_printf(a, "%s %s", x->type, x->name);
    if (*x->sizes) return arena_printf(a, "%s%s (*%s%s)%s", fixed, x->type, apart, x->name, x->sizes);
    return arena_printf(a, "%s%s *%s%s", fixed, x->type, apart, x->name);
}

static void print_body(const struct twin *t, struct text *out)
{
    for (const char *s = t->body; *s; s++)
        if (*s == TWIN_ARG)
            text_put(out, t->args.at[(unsigned char)*++s - 1].name);
        else
            text_char(out, *s);
}

/* What one of them may not change none may. */
static void settle_const(struct twins *w, uint32_t first)
{
    struct twin *t = &w->places.at[first].twin;
    for (uint32_t k = 0; k < t->args.n; k++) {
        bool fixed = !t->args.at[k].written;
        for (uint32_t i = first; i; i = w->places.at[i].next) fixed = fixed || w->places.at[i].twin.args.at[k].is_const;
        t->args.at[k].fixed = fixed;
    }
}

/* One of a list, on a new line where there is no room left. */
static void put_item(struct text *out, size_t *line, bool first, const char *item)
{
    enum { LINE = 116 };
    size_t n = strlen(item) + 2;
    bool full = *line + n > LINE;
    text_printf(out, "%s%s%s", first ? "" : ",", first ? "" : full ? "\n        " : " ", item);
    *line = full && !first ? n + 8 : *line + n;
}

static void print_function(struct twins *w, const struct header *h, uint32_t first, uint32_t number, struct text *out)
{
    const struct twin *t = &w->places.at[first].twin;
    size_t line = strlen(h->prefix) + 32;
    settle_const(w, first);
    if (h->o->style == EMIT_FILE) text_printf(out, "%s_APART ", h->upper);
    text_printf(out, "static void %s_same%u(", h->prefix, number);
    for (uint32_t i = 0; i < t->args.n; i++) put_item(out, &line, i == 0, parameter(h, out->arena, &t->args.at[i]));
    text_printf(out, "%s)\n{\n", t->args.n ? "" : "void");
    print_body(t, out);
    text_put(out, "}\n\n");
}

/* ---- calls ---- */

static const char *argument(struct arena *a, const struct twin_arg *x, const struct twin_arg *parameter)
{
    if (!*x->sizes || x->is_const || !parameter->fixed) return x->said;
    return arena_printf(a, "(const %s (*)%s)%s", x->type, x->sizes, x->said);
}

static void print_call(const struct twins *w, const struct header *h, uint32_t at, struct text *out)
{
    const struct taken *p = &w->places.at[at];
    const struct twin *form = &w->places.at[w->form_of[at]].twin;
    size_t line = strlen(h->prefix) + 14;
    text_printf(out, "%s    %s_same%u(", p->twin.comment, h->prefix, w->number[w->form_of[at]]);
    for (uint32_t i = 0; i < form->args.n; i++)
        put_item(out, &line, i == 0, argument(out->arena, &p->twin.args.at[i], &form->args.at[i]));
    text_put(out, ");\n");
}

static void fill_marks(const struct twins *w, const struct header *h, struct text *piece)
{
    struct text out = text_new(piece->arena);
    const char *s = piece->s, *end = piece->s + piece->n;
    if (!memchr(s, MARK, piece->n)) return;
    while (s < end) {
        const char *mark = memchr(s, MARK, (size_t)(end - s));
        text_putn(&out, s, (size_t)((mark ? mark : end) - s));
        if (!mark) break;
        char *behind;
        uint32_t at = (uint32_t)strtoul(mark + 1, &behind, 10);
        if (w->number[w->form_of[at]] && !w->places.at[at].stays)
            print_call(w, h, at, &out);
        else
            text_put(&out, w->places.at[at].text);
        s = behind + 1;
    }
    *piece = out;
}

/* How much shorter the text gets with a function for this form. */
static size_t saved(const struct twins *w, uint32_t first)
{
    size_t n = 0, all = 0;
    for (uint32_t i = first; i; i = w->places.at[i].next)
        if (!w->places.at[i].stays) all += (n = strlen(w->places.at[i].text));
    return all - n;
}

void twins_join(struct twins *w, const struct header *h, struct pieces *pieces, struct text *out)
{
    size_t all = 0;
    uint32_t number = 0;
    w->number = arena_many(w->arena, uint32_t, w->places.n);
    w->form_of = arena_many(w->arena, uint32_t, w->places.n);
    for (uint32_t i = 0; i < w->forms.n; i++) {
        all += saved(w, w->forms.at[i]);
        for (uint32_t k = w->forms.at[i]; k; k = w->places.at[k].next) w->form_of[k] = w->forms.at[i];
    }
    for (uint32_t i = 0; all >= SAVED_LEAST && i < w->forms.n; i++)
        if (saved(w, w->forms.at[i])) {
            w->number[w->forms.at[i]] = ++number;
            print_function(w, h, w->forms.at[i], number, out);
        }
    for (uint32_t i = 0; i < pieces->list.n; i++) {
        pieces->n -= pieces->list.at[i].n;
        fill_marks(w, h, &pieces->list.at[i]);
        pieces->n += pieces->list.at[i].n;
    }
}
