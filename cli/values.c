#include "cli/cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A nested list is read in one pass: the first element of each depth fixes its size, the others must have it. */
struct list {
    const char *at;
    struct nngen_array *out;
    size_t n, cap;
    bool sized[NNGEN_RANK_MAX];
    const char *why;
};

static void skip_space(struct list *l)
{
    while (isspace((unsigned char)*l->at)) l->at++;
}

static bool wrong(struct list *l, const char *why)
{
    if (!l->why) l->why = why;
    return false;
}

static bool read_leaf(struct list *l, unsigned depth)
{
    char *end;
    double x = strtod(l->at, &end);
    if (end == l->at) return wrong(l, "expected a number");
    if (l->n && depth != l->out->rank) return wrong(l, "the lists are not equally deep");
    l->out->rank = depth;
    l->at = end;
    if (l->n == l->cap) {
        l->cap = l->cap * 2 + 16;
        l->out->value = cli_grow(l->out->value, l->cap, sizeof(double));
    }
    l->out->value[l->n++] = x;
    return true;
}

static bool read_item(struct list *l, unsigned depth) /* recurses at most NNGEN_RANK_MAX deep */
{
    skip_space(l);
    if (*l->at != '[') return read_leaf(l, depth);
    if (depth == NNGEN_RANK_MAX) return wrong(l, "the list is too deep");
    int64_t n = 0;
    l->at++;
    for (skip_space(l); *l->at != ']'; skip_space(l)) {
        if (!read_item(l, depth + 1)) return false;
        n++;
        skip_space(l);
        if (*l->at == ',')
            l->at++;
        else if (*l->at != ']')
            return wrong(l, *l->at ? "expected a comma or ]" : "the list is not closed");
    }
    l->at++;
    if (!n) return wrong(l, "a list is empty");
    if (l->sized[depth] && l->out->dims[depth] != n) return wrong(l, "the rows have different lengths");
    l->sized[depth] = true;
    l->out->dims[depth] = n;
    return true;
}

bool read_literal(const char *text, struct nngen_array *out, const char **why)
{
    struct list l = {.at = text, .out = out};
    *out = (struct nngen_array){0};
    bool done = read_item(&l, 0);
    skip_space(&l);
    if (done && *l.at) done = wrong(&l, "there is more after the value");
    if (done) return true;
    *why = l.why;
    free(out->value);
    *out = (struct nngen_array){0};
    return false;
}

bool read_number(const char *text, double *x)
{
    char *end;
    if (!*text || isspace((unsigned char)*text)) return false;
    *x = strtod(text, &end);
    return !*end;
}

void buffer_array(struct buffer *b, const double *value, unsigned rank, const int64_t *dims, bool single, int indent)
{
    size_t step[NNGEN_RANK_MAX + 1], n = 1; /* numbers in one item of each depth */
    for (unsigned i = rank; i > 0; i--) {
        step[i] = n;
        n *= (size_t)dims[i - 1];
    }
    if (rank && !n) {
        buffer_put(b, "[]");
        return;
    }
    for (size_t k = 0; k < n; k++) {
        unsigned opening = 0;
        for (unsigned i = rank; i > 0 && k % (step[i] * (size_t)dims[i - 1]) == 0; i--) opening++;
        if (k && opening && indent >= 0)
            buffer_printf(b, ",\n%*s", indent + (int)(rank - opening), "");
        else if (k)
            buffer_put(b, ", ");
        for (unsigned i = 0; i < opening; i++) buffer_put(b, "[");
        buffer_number(b, value[k], single);
        for (unsigned i = rank; i > 0 && (k + 1) % (step[i] * (size_t)dims[i - 1]) == 0; i--) buffer_put(b, "]");
    }
}
