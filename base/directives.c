#include "base/directives.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct out {
    char *at;
    size_t room, n; /* n: of all that is written, in the room or not */
};

struct directive {
    bool left, zero, plus;
    int width, precision; /* precision -1: none is given */
    enum { PLAIN, LONG, LONG_LONG, SIZE } length;
    char kind;
};

struct arguments { /* in a struct a va_list can be handed on by address on every machine */
    va_list ap;
};

static const char none[] = "(null)"; /* texts that are only tried may have names to come */

static void put(struct out *o, const char *s, size_t n)
{
    size_t left = o->n < o->room ? o->room - o->n : 0;
    if (left) memcpy(o->at + o->n, s, n < left ? n : left);
    o->n += n;
}

static void fill(struct out *o, char c, size_t n)
{
    while (n--) put(o, &c, 1);
}

static int read_count(const char **s, struct arguments *a)
{
    int n = 0;
    if (**s == '*') {
        ++*s;
        return va_arg(a->ap, int);
    }
    while (**s >= '0' && **s <= '9' && n < INT_MAX / 10 - 1) n = n * 10 + *(*s)++ - '0';
    return n;
}

/* What stands behind a percent sign. */
static const char *read_directive(const char *s, struct arguments *a, struct directive *d)
{
    *d = (struct directive){.precision = -1};
    for (;; s++) {
        if (*s == '-')
            d->left = true;
        else if (*s == '0')
            d->zero = true;
        else if (*s == '+')
            d->plus = true;
        else
            break;
    }
    d->width = read_count(&s, a);
    if (d->width < 0) d->left = true, d->width = -d->width;
    if (*s == '.') s++, d->precision = read_count(&s, a);
    if (*s == 'z')
        d->length = SIZE, s++;
    else if (*s == 'l')
        d->length = s[1] == 'l' ? LONG_LONG : LONG, s += d->length == LONG_LONG ? 2 : 1;
    d->kind = *s;
    return *s ? s + 1 : s;
}

static uint64_t take_unsigned(const struct directive *d, struct arguments *a)
{
    switch (d->length) {
    case LONG: return va_arg(a->ap, unsigned long);
    case LONG_LONG: return va_arg(a->ap, unsigned long long);
    case SIZE: return va_arg(a->ap, size_t);
    default: return va_arg(a->ap, unsigned);
    }
}

static int64_t take_signed(const struct directive *d, struct arguments *a)
{
    switch (d->length) {
    case LONG: return va_arg(a->ap, long);
    case LONG_LONG: return va_arg(a->ap, long long);
    case SIZE: return (int64_t)va_arg(a->ap, size_t);
    default: return va_arg(a->ap, int);
    }
}

static void put_field(struct out *o, const struct directive *d, const char *sign, const char *s, size_t n)
{
    if (!d->width) { /* nearly all */
        if (*sign) put(o, sign, 1);
        put(o, s, n);
        return;
    }
    size_t signs = strlen(sign), all = signs + n, gap = d->width > 0 && (size_t)d->width > all ? (size_t)d->width - all : 0;
    bool zero = d->zero && !d->left && d->kind != 's' && d->kind != 'c';
    if (!d->left && !zero) fill(o, ' ', gap);
    put(o, sign, signs);
    if (zero) fill(o, '0', gap);
    put(o, s, n);
    if (d->left) fill(o, ' ', gap);
}

static void put_number(struct out *o, const struct directive *d, struct arguments *a)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    char digit[24], *end = digit + sizeof digit, *s = end;
    const char *sign = "";
    uint64_t x;
    if (d->kind == 'd' || d->kind == 'i') {
        int64_t v = take_signed(d, a);
        x = v < 0 ? -(uint64_t)v : (uint64_t)v;
        sign = v < 0 ? "-" : d->plus ? "+" : "";
    } else
        x = take_unsigned(d, a);
    if (d->kind == 'x' || d->kind == 'X')
        do *--s = (d->kind == 'x' ? lower : upper)[x & 15];
        while (x >>= 4);
    else
        do *--s = lower[x % 10];
        while (x /= 10);
    put_field(o, d, sign, s, (size_t)(end - s));
}

static void put_text(struct out *o, const struct directive *d, struct arguments *a)
{
    char c;
    const char *s = &c;
    size_t n = 1;
    if (d->kind == 'c')
        c = (char)va_arg(a->ap, int);
    else {
        s = va_arg(a->ap, const char *);
        if (!s) s = none;
        n = d->precision < 0 ? strlen(s) : strnlen(s, (size_t)d->precision);
    }
    put_field(o, d, "", s, n);
}

/* False at a directive that is not ours. */
static bool print_ours(struct out *o, const char *fmt, struct arguments *a)
{
    for (;;) {
        const char *s = fmt;
        for (; *s && *s != '%' && o->n < o->room; s++) o->at[o->n++] = *s; /* most are a few characters */
        fmt = s;
        while (*s && *s != '%') s++;
        if (s != fmt) put(o, fmt, (size_t)(s - fmt));
        if (!*s) return true;
        if (s[1] == 's') { /* most */
            const char *text = va_arg(a->ap, const char *);
            if (!text) text = none;
            put(o, text, strlen(text));
            fmt = s + 2;
            continue;
        }
        struct directive d;
        fmt = read_directive(s + 1, a, &d);
        switch (d.kind) {
        case 's': case 'c': put_text(o, &d, a); break;
        case 'd': case 'i': case 'u': case 'x': case 'X':
            if (d.precision >= 0) return false;
            put_number(o, &d, a);
            break;
        case '%': put(o, "%", 1); break;
        default: return false;
        }
    }
}

size_t directives_print(char *out, size_t size, const char *fmt, va_list ap)
{
    struct out o = {out, size ? size - 1 : 0, 0};
    struct arguments a;
    va_copy(a.ap, ap);
    bool ours = print_ours(&o, fmt, &a);
    va_end(a.ap);
    if (!ours) {
        va_copy(a.ap, ap);
        int n = vsnprintf(out, size, fmt, a.ap);
        va_end(a.ap);
        return n < 0 ? 0 : (size_t)n;
    }
    if (size) out[o.n < o.room ? o.n : o.room] = 0;
    return o.n;
}
