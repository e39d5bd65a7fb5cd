#include "base/diag.h"

#include <stdio.h>
#include <string.h>

const struct diag_info diag_info[DIAG_CODES] = {
    {"", "", ""},
#define ERROR(code, title, text) {#code, title, text},
#include "base/errors.def"
#undef ERROR
};

void diags_init(struct diags *d, struct arena *a, const struct sources *s)
{
    *d = (struct diags){.arena = a, .sources = s};
}

static const char *format(struct diags *d, const char *fmt, va_list ap)
{
    struct text t = text_new(d->arena);
    text_vprintf(&t, fmt, ap);
    return t.s;
}

static bool same_place(enum diag_code code, struct span at, enum diag_code other, struct span there)
{
    return at.hi && code == other && at.lo == there.lo && at.hi == there.hi;
}

/* Beyond the list errors are only counted; a body that is wrong once and used often is one mistake there too. */
static void count_dropped(struct diags *d, struct diag_key key)
{
    for (uint32_t i = 0; i < d->dropped.n; i++)
        if (same_place(key.code, key.at, d->dropped.at[i].code, d->dropped.at[i].at)) return;
    if (d->dropped.n == DIAG_DROPPED_MOST) return;
    vec_push(d->arena, &d->dropped, key);
    d->errors++;
}

void diag_error(struct diags *d, enum diag_code code, struct span at, const char *fmt, ...)
{
    d->last_dropped = true;
    for (uint32_t i = 0; i < d->list.n; i++)
        if (same_place(code, at, d->list.at[i].code, d->list.at[i].at)) return;
    if (d->list.n == DIAG_MOST) {
        count_dropped(d, (struct diag_key){code, at});
        return;
    }
    d->errors++;
    d->last_dropped = false;
    va_list ap;
    va_start(ap, fmt);
    struct diag e = {.code = code, .at = at, .text = format(d, fmt, ap)};
    va_end(ap);
    vec_push(d->arena, &d->list, e);
}

void diag_note(struct diags *d, struct span at, const char *fmt, ...)
{
    if (d->last_dropped || !d->list.n) return;
    va_list ap;
    va_start(ap, fmt);
    struct diag_note note = {at, format(d, fmt, ap)};
    va_end(ap);
    vec_push(d->arena, &d->list.at[d->list.n - 1].notes, note);
}

void diag_help(struct diags *d, const char *fmt, ...)
{
    if (d->last_dropped || !d->list.n) return;
    va_list ap;
    va_start(ap, fmt);
    d->list.at[d->list.n - 1].help = format(d, fmt, ap);
    va_end(ap);
}

static const char *paint(bool color, const char *escape)
{
    return color ? escape : "";
}

#define RED "\033[1;31m"
#define BLUE "\033[1;34m"
#define BOLD "\033[1m"
#define OFF "\033[0m"

static void put_header(struct text *out, struct place p)
{
    if (p.file) text_printf(out, "%s:%u:%u: ", p.file->path, p.line, p.col);
}

static uint32_t code_points(const char *s, size_t n)
{
    uint32_t k = 0;
    for (size_t i = 0; i < n; i++) k += ((unsigned char)s[i] & 0xC0) != 0x80;
    return k;
}

/* The line and a caret range under it; a range over several lines is drawn on its first. */
static void put_line(struct text *out, struct place p, struct span at, bool color)
{
    enum { WIDEST = 160 };
    if (!p.file) return;
    char number[16];
    snprintf(number, sizeof number, "%u", p.line);
    uint32_t start = at.lo - p.file->base - (uint32_t)(p.line_text - p.file->text), from = 0, size = p.line_size;
    if (start > WIDEST / 2 && size > WIDEST) { /* a window on a long line, begun at a code point */
        from = start - WIDEST / 4;
        while (from < start && ((unsigned char)p.line_text[from] & 0xC0) == 0x80) from++;
    }
    if (size - from > WIDEST) size = from + WIDEST;
    text_printf(out, "%s%5s |%s ", paint(color, BLUE), number, paint(color, OFF));
    for (uint32_t i = from; i < size; i++) {
        unsigned char c = (unsigned char)p.line_text[i];
        text_char(out, c < 32 && c != '\t' ? '?' : (char)c);
    }
    uint32_t end = at.hi - at.lo + start;
    if (end > size) end = size;
    uint32_t wide = end > start ? code_points(p.line_text + start, end - start) : 1;
    text_printf(out, "\n%s      |%s ", paint(color, BLUE), paint(color, OFF));
    for (uint32_t i = from; i < start && i < p.line_size; i++)
        if (((unsigned char)p.line_text[i] & 0xC0) != 0x80) text_char(out, p.line_text[i] == '\t' ? '\t' : ' ');
    text_put(out, paint(color, RED));
    text_char(out, '^');
    while (--wide > 0 && wide < WIDEST) text_char(out, '~');
    text_printf(out, "%s\n", paint(color, OFF));
}

static void print_full(struct diags *d, const struct diag *e, bool color, struct text *out)
{
    struct place p = source_place(d->sources, e->at.lo);
    text_put(out, paint(color, BOLD));
    put_header(out, p);
    text_printf(out, "%serror[%s]:%s %s%s%s\n", paint(color, RED), diag_info[e->code].code, paint(color, OFF),
                paint(color, BOLD), e->text, paint(color, OFF));
    put_line(out, p, e->at, color);
    for (uint32_t i = 0; i < e->notes.n; i++) {
        struct place q = source_place(d->sources, e->notes.at[i].at.lo);
        put_header(out, q);
        text_printf(out, "%snote:%s %s\n", paint(color, BLUE), paint(color, OFF), e->notes.at[i].text);
        put_line(out, q, e->notes.at[i].at, color);
    }
    if (e->help) text_printf(out, "%shelp:%s %s\n", paint(color, BLUE), paint(color, OFF), e->help);
}

static void json_string(struct text *out, const char *s)
{
    text_char(out, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            text_printf(out, "\\%c", c);
        else if (c < 32)
            text_printf(out, "\\u%04x", c);
        else
            text_char(out, (char)c);
    }
    text_char(out, '"');
}

static void json_place(struct text *out, const struct diags *d, struct span at)
{
    struct place p = source_place(d->sources, at.lo), q = source_place(d->sources, at.hi ? at.hi : at.lo);
    text_put(out, "\"file\":");
    if (!p.file) {
        text_put(out, "null");
        return;
    }
    json_string(out, p.file->path);
    text_printf(out, ",\"line\":%u,\"col\":%u,\"end_line\":%u,\"end_col\":%u", p.line, p.col, q.line, q.col);
}

static void print_json(struct diags *d, const struct diag *e, struct text *out)
{
    text_printf(out, "{\"code\":\"%s\",", diag_info[e->code].code);
    json_place(out, d, e->at);
    text_put(out, ",\"message\":");
    json_string(out, e->text);
    text_put(out, ",\"notes\":[");
    for (uint32_t i = 0; i < e->notes.n; i++) {
        text_put(out, i ? ",{" : "{");
        json_place(out, d, e->notes.at[i].at);
        text_put(out, ",\"message\":");
        json_string(out, e->notes.at[i].text);
        text_char(out, '}');
    }
    text_put(out, "],\"help\":");
    if (e->help)
        json_string(out, e->help);
    else
        text_put(out, "null");
    text_put(out, "}\n");
}

void diags_sort(struct diags *d)
{
    for (uint32_t i = 1; i < d->list.n; i++) { /* at most DIAG_MOST, nearly sorted; equal places keep their order */
        struct diag e = d->list.at[i];
        uint32_t j = i;
        for (; j > 0 && d->list.at[j - 1].at.lo > e.at.lo; j--) d->list.at[j] = d->list.at[j - 1];
        d->list.at[j] = e;
    }
}

void diags_print(struct diags *d, enum diag_format how, bool color, struct text *out)
{
    diags_sort(d);
    for (uint32_t i = 0; i < d->list.n; i++) {
        const struct diag *e = &d->list.at[i];
        if (how == DIAG_FULL)
            print_full(d, e, color, out);
        else if (how == DIAG_JSON)
            print_json(d, e, out);
        else {
            put_header(out, source_place(d->sources, e->at.lo));
            text_printf(out, "error[%s]: %s\n", diag_info[e->code].code, e->text);
        }
    }
    if (d->errors > d->list.n && how == DIAG_FULL)
        text_printf(out, "and %s%u more %s\n", d->dropped.n == DIAG_DROPPED_MOST ? "at least " : "", d->errors - d->list.n,
                    d->errors - d->list.n == 1 ? "error" : "errors");
}
