#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *cli_grow(void *p, size_t count, size_t size)
{
    void *q = count < (size_t)-1 / 2 / (size + 1) ? realloc(p, count * size + 1) : NULL;
    if (q) return q;
    fputs("nngen: out of memory\n", stderr);
    exit(STATUS_SYSTEM);
}

void buffer_putn(struct buffer *b, const char *s, size_t n)
{
    if (b->n + n + 1 > b->cap) {
        b->cap = b->cap * 2 + n + 256;
        b->s = cli_grow(b->s, b->cap, 1);
    }
    memcpy(b->s + b->n, s, n);
    b->n += n;
    b->s[b->n] = 0;
}

void buffer_put(struct buffer *b, const char *s)
{
    buffer_putn(b, s, strlen(s));
}

static void vprint(struct buffer *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *s = cli_grow(NULL, (size_t)n + 1, 1);
    vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    buffer_putn(b, s, (size_t)n);
    free(s);
}

void buffer_printf(struct buffer *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vprint(b, fmt, ap);
    va_end(ap);
}

void buffer_number(struct buffer *b, double x, bool single)
{
    char s[40];
    if (isnan(x)) {
        buffer_put(b, "NaN");
        return;
    }
    if (isinf(x)) {
        buffer_put(b, x < 0 ? "-Infinity" : "Infinity");
        return;
    }
    single = single && (double)(float)x == x;
    for (int digits = single ? 6 : 15; digits <= 17; digits++) {
        snprintf(s, sizeof s, "%.*g", digits, x);
        if (single ? strtof(s, NULL) == (float)x : strtod(s, NULL) == x) break;
    }
    buffer_put(b, s);
}

void buffer_json(struct buffer *b, const char *s)
{
    buffer_put(b, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            buffer_printf(b, "\\%c", c);
        else if (c < 32)
            buffer_printf(b, "\\u%04x", c);
        else
            buffer_putn(b, s, 1);
    }
    buffer_put(b, "\"");
}

void buffer_free(struct buffer *b)
{
    free(b->s);
    *b = (struct buffer){0};
}

static enum nngen_format error_format;

void fail_format(enum nngen_format format)
{
    error_format = format;
}

bool cli_colored(void)
{
    const char *plain = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && !(plain && *plain) && !(terminal && !strcmp(terminal, "dumb"));
}

/* As the library paints: what is wrong in red, the message bold, help in blue. */
static void put_plain_or_painted(struct buffer *out, const char *before, const char *text, const char *help)
{
    const char *red = "", *blue = "", *bold = "", *off = "";
    if (cli_colored()) red = "\033[1;31m", blue = "\033[1;34m", bold = "\033[1m", off = "\033[0m";
    buffer_printf(out, "%s%s%s%s%s%s\n", *before ? red : "", before, *before ? off : "", bold, text, off);
    if (help && error_format == NNGEN_FULL) buffer_printf(out, "%shelp:%s %s\n", blue, off, help);
}

int cli_fail(int status, const char *help, const char *fmt, ...)
{
    struct buffer text = {0}, out = {0};
    va_list ap;
    va_start(ap, fmt);
    vprint(&text, fmt, ap);
    va_end(ap);
    unsigned code = 0;
    int coded = 0; /* "error[E0502]: " before the text: some messages of the library have a code */
    bool has_code = sscanf(text.s, "error[E%4u]: %n", &code, &coded) == 1 && coded;
    if (error_format == NNGEN_JSON) {
        buffer_printf(&out, has_code ? "{\"code\":\"E%04u\",\"file\":null,\"message\":" : "{\"code\":null,\"file\":null,\"message\":", code);
        buffer_json(&out, text.s + coded);
        buffer_put(&out, ",\"notes\":[],\"help\":");
        if (help)
            buffer_json(&out, help);
        else
            buffer_put(&out, "null");
        buffer_put(&out, "}\n");
    } else {
        put_plain_or_painted(&out, has_code ? "" : "nngen: ", text.s, help);
    }
    fflush(stdout);
    fputs(out.s, stderr);
    buffer_free(&text);
    buffer_free(&out);
    return status;
}

int cli_refused(const char *what, const char *path)
{
    const char *why = strerror(errno);
    return cli_fail(STATUS_SYSTEM, NULL, "cannot %s '%s': %s", what, path, why);
}

/* How many letters must be put in, left out, changed or swapped to make b from a. */
static size_t distance(const char *a, const char *b)
{
    enum { MOST = 63 };
    size_t n = strlen(a), m = strlen(b), row[3][MOST + 1] = {{0}};
    if (n > MOST || m > MOST) return MOST;
    for (size_t j = 0; j <= m; j++) row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *older = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t d = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < d) d = last[j] + 1;
            if (now[j - 1] + 1 < d) d = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && older[j - 2] + 1 < d) d = older[j - 2] + 1;
            now[j] = d;
        }
    }
    return row[n % 3][m];
}

const char *did_you_mean(const char *word, const char *const *candidates, size_t n)
{
    static char said[128];
    const char *best = NULL;
    size_t n_word = strlen(word), least = n_word / 3 + 1 + (n_word > 2); /* as far away as this is another word */
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, candidates[i]);
        if (d >= least || d >= strlen(candidates[i])) continue;
        best = candidates[i];
        least = d;
    }
    if (!best) return NULL;
    snprintf(said, sizeof said, "did you mean '%s'?", best);
    return said;
}
