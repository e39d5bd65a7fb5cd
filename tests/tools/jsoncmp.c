/* jsoncmp TOLERANCE A.json B.json: the same but for numbers, which may differ by TOLERANCE times the largest magnitude of
 * the named array that they stand in, or times a hundredth of the largest of all arrays beside it: what is 0 but for
 * rounding, as the gradient of a key's bias before a softmax, has no scale of its own. Says the first difference and ends
 * with 1. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t n = 0, cap = 1 << 16;
    char *s = malloc(cap);
    if (!f || !s) return NULL;
    for (size_t k; (k = fread(s + n, 1, cap - n - 1, f)) > 0;) {
        n += k;
        if (cap - n > 1) continue;
        char *more = realloc(s, cap *= 2);
        if (!more) return NULL;
        s = more;
    }
    s[n] = 0;
    fclose(f);
    return s;
}

/* The length of the token at s: a string, a word or number, or one character. */
static size_t token(const char *s)
{
    size_t n = 1;
    if (*s == '"') {
        while (s[n] && s[n] != '"') n += s[n] == '\\' && s[n + 1] ? 2 : 1;
        return n + (s[n] == '"');
    }
    if (strchr("{}[]:,", *s)) return 1;
    while (s[n] && !isspace((unsigned char)s[n]) && !strchr("{}[]:,\"", s[n])) n++;
    return n;
}

static const char *skip(const char *s)
{
    while (isspace((unsigned char)*s)) s++;
    return s;
}

/* The largest finite magnitude in the value at s. */
static double largest(const char *s)
{
    double most = 0;
    int depth = 0;
    for (; *(s = skip(s)); s += token(s)) {
        if (strchr("{[", *s)) depth++;
        if (strchr("}]", *s)) depth--;
        double x = fabs(strtod(s, NULL));
        if (*s != '"' && isfinite(x) && x > most) most = x;
        if (depth <= 0) break;
    }
    return most;
}

static int same_number(const char *a, const char *b, double room)
{
    char *a_end, *b_end;
    double x = strtod(a, &a_end), y = strtod(b, &b_end);
    if (a_end == a || b_end == b) return 0;
    if (isnan(x) || isnan(y)) return isnan(x) && isnan(y);
    return x == y || fabs(x - y) <= room;
}

int main(int argc, char **argv)
{
    if (argc != 4) return fprintf(stderr, "usage: jsoncmp TOLERANCE A.json B.json\n"), 2;
    char *first = read_file(argv[2]), *second = read_file(argv[3]);
    if (!first || !second) return fprintf(stderr, "jsoncmp: cannot read %s\n", first ? argv[3] : argv[2]), 2;
    double tolerance = strtod(argv[1], NULL), room = 0, beside = 0;
    const char *name = "", *a = skip(first), *b = skip(second);
    unsigned numbers = 0;
    while (*a || *b) {
        size_t n = *a ? token(a) : 0, m = *b ? token(b) : 0;
        if (*a == '"' && *skip(a + n) == ':') {
            name = a;
            const char *value = skip(skip(a + n) + 1);
            if (*value == '{') beside = 0.01 * largest(value);
            room = *value == '{' ? 0 : tolerance * fmax(fmax(largest(value), beside), 1e-30);
        }
        int number = n && m && strtod(a, NULL) == strtod(a, NULL) && (isdigit((unsigned char)*a) || *a == '-');
        numbers += (unsigned)number;
        if ((n != m || memcmp(a, b, n)) && !(n && m && same_number(a, b, room)))
            return printf("%.*s: %.*s against %.*s\n", (int)token(name), name, (int)n, a, (int)m, b), 1;
        a = skip(a + n);
        b = skip(b + m);
    }
    if (numbers) return 0; /* two empty answers agree about nothing */
    return printf("there are no numbers to compare\n"), 1;
}
