#include "base/text.h"

#include "base/directives.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text text_new(struct arena *a)
{
    struct text t = {.arena = a, .cap = 256};
    t.s = arena_alloc(a, t.cap);
    return t;
}

/* Room for n more bytes and the NUL. */
static void make_room(struct text *t, size_t n)
{
    size_t cap = t->cap * 2;
    if (t->n + n + 1 <= t->cap) return;
    while (cap < t->n + n + 1) cap *= 2;
    char *p = arena_alloc(t->arena, cap);
    memcpy(p, t->s, t->n);
    t->s = p;
    t->cap = cap;
}

void text_putn(struct text *t, const char *s, size_t n)
{
    make_room(t, n);
    memcpy(t->s + t->n, s, n);
    t->n += n;
    t->s[t->n] = 0;
}

void text_put(struct text *t, const char *s)
{
    text_putn(t, s, strlen(s));
}

void text_char(struct text *t, char c)
{
    text_putn(t, &c, 1);
}

void text_vprintf(struct text *t, const char *fmt, va_list ap)
{
    size_t room = t->cap - t->n, n = directives_print(t->s + t->n, room, fmt, ap);
    if (n >= room) {
        make_room(t, n);
        directives_print(t->s + t->n, n + 1, fmt, ap);
    }
    t->n += n;
}

void text_printf(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    text_vprintf(t, fmt, ap);
    va_end(ap);
}

/* printf writes the locale's radix character, of one or more bytes; ours is always a point. */
static void fix_radix(char *s)
{
    static const char plain[] = "+-0123456789e.";
    char *bad = s + strspn(s, plain);
    if (!*bad) return;
    char *rest = bad + strcspn(bad, plain);
    *bad = '.';
    memmove(bad + 1, rest, strlen(rest) + 1);
}

static void shortest(char *out, size_t size, double x, bool single)
{
    for (int digits = single ? 6 : 15;; digits++) {
        snprintf(out, size, "%.*g", digits, x);
        if (single ? strtof(out, NULL) == (float)x : strtod(out, NULL) == x) break;
        if (digits >= 17) break;
    }
    fix_radix(out);
}

void text_number(struct text *t, double x, bool single)
{
    char s[64];
    if (isnan(x))
        text_put(t, "nan");
    else if (isinf(x))
        text_put(t, x < 0 ? "-inf" : "inf");
    else {
        shortest(s, sizeof s, x, single);
        text_put(t, s);
    }
}

void text_real(struct text *t, double x, bool single)
{
    size_t before = t->n;
    text_number(t, x, single);
    if (isfinite(x) && !strpbrk(t->s + before, ".e")) text_put(t, ".0");
}

void text_short(struct text *t, double x)
{
    if (isfinite(x) && x != 0) {
        int e = (int)floor(log10(fabs(x))), digits = e >= 3 && e < 6 ? 0 : 3 - e;
        double unit = pow(10, digits < 0 ? -digits : digits);
        if (digits < 300) x = digits < 0 ? rint(x / unit) * unit : rint(x * unit) / unit;
    }
    text_number(t, x == 0 ? 0 : x, false);
}

void text_hex(struct text *t, double x)
{
    int e;
    double m = frexp(fabs(x), &e) * 2; /* in [1, 2), or 0 */
    if (x == 0) {
        text_put(t, signbit(x) ? "-0x0p+0" : "0x0p+0");
        return;
    }
    uint64_t frac = (uint64_t)ldexp(m - 1, 52);
    char digits[13];
    int n = 0;
    for (; frac; frac = frac << 4 & (((uint64_t)1 << 52) - 1)) digits[n++] = "0123456789abcdef"[frac >> 48];
    text_printf(t, "%s0x1%s%.*sp%+d", x < 0 ? "-" : "", n ? "." : "", n, digits, e - 1);
}

size_t read_real(const char *s, size_t n, double *x)
{
    char buf[512];
    size_t i = 0, digits = 0;
    if (i < n && (s[i] == '-' || s[i] == '+')) i++;
    if (i + 1 < n && s[i] == '0' && (s[i + 1] == 'x' || s[i + 1] == 'X')) {
        uint64_t v = 0;
        double sign = s[0] == '-' ? -1 : 1;
        size_t from = i += 2;
        for (; i < n; i++) {
            int c = s[i], d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
            if (d < 0 || v >> 60) break;
            v = v * 16 + (uint64_t)d;
        }
        *x = sign * (double)v;
        return i > from ? i : 0;
    }
    for (; i < n && s[i] >= '0' && s[i] <= '9'; i++) digits++;
    if (i < n && s[i] == '.')
        for (i++; i < n && s[i] >= '0' && s[i] <= '9'; i++) digits++;
    if (!digits) return 0;
    size_t exponent = i;
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        i++;
        if (i < n && (s[i] == '-' || s[i] == '+')) i++;
        if (i < n && s[i] >= '0' && s[i] <= '9')
            while (i < n && s[i] >= '0' && s[i] <= '9') i++;
        else
            i = exponent;
    }
    if (i >= sizeof buf - 8) return 0;
    memcpy(buf, s, i);
    buf[i] = 0;
    char *point = strchr(buf, '.'), radix[8];
    if (point) { /* strtod reads the host's radix character, of one or more bytes */
        snprintf(radix, sizeof radix, "%.1f", 0.5);
        size_t r = strlen(radix) - 2;
        memmove(point + r, point + 1, strlen(point + 1) + 1);
        memcpy(point, radix + 1, r);
    }
    *x = strtod(buf, NULL);
    return i;
}
