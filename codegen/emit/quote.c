#include "codegen/emit/quote.h"

#include <string.h>

void quotes_init(struct quotes *q, struct arena *a, const struct sources *s)
{
    *q = (struct quotes){.arena = a, .sources = s};
}

static void learn_file(struct quotes *q, const struct source *f)
{
    q->file = f;
    q->starts.n = 0;
    vec_push(q->arena, &q->starts, 0);
    for (uint32_t i = 0; i < f->size; i++)
        if (f->text[i] == '\n') vec_push(q->arena, &q->starts, i + 1);
}

/* Where a comment begins, outside strings. */
static size_t code_length(const char *s, size_t n)
{
    bool string = false;
    size_t i = 0;
    for (; i < n; i++) {
        if (s[i] == '\\' && string) i++;
        else if (s[i] == '"') string = !string;
        else if (s[i] == '#' && !string) break;
    }
    return i < n ? i : n;
}

const char *quote_line(struct quotes *q, uint32_t offset, size_t *size)
{
    *size = 0;
    const struct source *f = q->file;
    if (!offset) return "";
    if (!f || offset < f->base || offset > f->base + f->size) {
        if (!(f = source_of(q->sources, offset))) return "";
        learn_file(q, f);
    }
    uint32_t at = offset - f->base, lo = 0, hi = q->starts.n;
    while (hi - lo > 1) {
        uint32_t mid = (lo + hi) / 2;
        if (q->starts.at[mid] <= at)
            lo = mid;
        else
            hi = mid;
    }
    q->last = lo;
    const char *s = f->text + q->starts.at[lo];
    size_t n = code_length(s, strcspn(s, "\n"));
    while (n && strchr(" \t\r", s[0])) s++, n--;
    while (n && strchr(" \t\r;", s[n - 1])) n--;
    *size = n;
    return s;
}

uint32_t quote_number(const struct quotes *q)
{
    return q->last + 1;
}

void quote_text(struct text *out, const char *s, size_t n, size_t most)
{
    bool cut = n > most;
    if (cut) {
        n = most;
        while (n && ((unsigned char)s[n] & 0xC0) == 0x80) n--; /* not inside a character */
    }
    for (size_t i = 0; i < n; i++) {
        char c = s[i], before = out->n ? out->s[out->n - 1] : 0;
        if ((c == '/' && before == '*') || (c == '*' && before == '/') || (c == '?' && before == '?'))
            text_char(out, ' ');
        text_char(out, (unsigned char)c < ' ' || c == 127 ? ' ' : c);
    }
    if (cut) text_put(out, "...");
}
