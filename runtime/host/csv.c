/* A table of numbers as text: fields parted by commas, semicolons, tabs or blanks, one row a line, a header line if its first
 * field is no number. Numbers are read the same in every locale. */
#include "runtime/host/host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 1 << 20 };

struct table {
    const char *at, *end;
    char comma;
    size_t row, columns, rows;
    double *value; /* NULL while counting */
    struct csv_head head;
    char *why;
};

static bool complain(struct table *t, size_t column, const char *what)
{
    char name[64] = "";
    struct csv_head h = t->head;
    for (size_t i = 0; i < column; i++)
        if (!csv_name(&h, name, sizeof name)) *name = 0;
    if (column && *name)
        snprintf(t->why, ERROR_ROOM, "row %zu, column %zu (%s): %s", t->row, column, name, what);
    else if (column)
        snprintf(t->why, ERROR_ROOM, "row %zu, column %zu: %s", t->row, column, what);
    else
        snprintf(t->why, ERROR_ROOM, "row %zu: %s", t->row, what);
    return false;
}

/* A field without the blanks and quotes around it. */
static bool read_field(const char *s, const char *end, double *x)
{
    while (s < end && (*s == ' ' || *s == '\t' || *s == '"')) s++;
    while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '"')) end--;
    static const struct {
        const char *word;
        double value;
    } words[] = {{"nan", NAN}, {"NaN", NAN}, {"inf", INFINITY}, {"-inf", -INFINITY}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    size_t n = (size_t)(end - s);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (n == strlen(words[i].word) && !memcmp(s, words[i].word, n)) {
            *x = words[i].value;
            return true;
        }
    return n && read_real(s, n, x) == n;
}

static const char *field_end(const struct table *t, const char *s, const char *end)
{
    bool quoted = false;
    for (; s < end; s++) {
        if (*s == '"') quoted = !quoted;
        if (!quoted && *s == t->comma) break;
    }
    return s;
}

bool csv_name(struct csv_head *h, char *name, size_t room)
{
    if (!h->at || h->at > h->end) return false;
    const struct table t = {.comma = h->comma};
    const char *s = h->at, *stop = field_end(&t, s, h->end), *end = stop;
    h->at = stop + 1;
    while (h->comma == ' ' && h->at < h->end && *h->at == ' ') h->at++;
    while (s < end && (*s == ' ' || *s == '\t' || *s == '"')) s++;
    while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '"')) end--;
    snprintf(name, room, "%.*s", (int)(end - s < 4096 ? end - s : 4096), s);
    return true;
}

static bool read_row(struct table *t, const char *s, const char *end)
{
    size_t column = 0;
    for (;;) {
        const char *stop = field_end(t, s, end);
        double x;
        if (++column > t->columns && t->columns) return complain(t, column, "more columns than the first row has");
        if (!read_field(s, stop, &x)) return complain(t, column, stop == s ? "no number" : "not a number");
        if (t->value) t->value[t->rows * t->columns + column - 1] = x;
        if (stop == end) break;
        s = stop + 1;
        while (t->comma == ' ' && *s == ' ') s++;
    }
    if (!t->columns) t->columns = column;
    if (column < t->columns) return complain(t, column + 1, "missing: the first row has more columns");
    t->rows++;
    return true;
}

/* One walk over the lines: the first counts, the second fills. */
static bool walk(struct table *t, const char *start)
{
    t->at = start;
    t->row = t->rows = 0;
    while (t->at < t->end) {
        const char *stop = memchr(t->at, '\n', (size_t)(t->end - t->at)), *line = t->at;
        if (!stop) stop = t->end;
        t->at = stop + (stop < t->end);
        t->row++;
        if (stop - line > LINE_MOST) return complain(t, 0, "the line is over 1 MiB long");
        if (stop > line && stop[-1] == '\r') stop--;
        while (stop > line && t->comma == ' ' && stop[-1] == ' ') stop--;
        while (line < stop && t->comma == ' ' && *line == ' ') line++;
        if (stop == line) continue;
        double x;
        if (t->row == 1 && !read_field(line, field_end(t, line, stop), &x)) {
            t->head = (struct csv_head){line, stop, t->comma};
            continue;
        }
        if (!read_row(t, line, stop)) return false;
    }
    return true;
}

bool csv_read(const struct bytes *file, struct nngen_array *out, char why[ERROR_ROOM])
{
    struct csv_head head;
    return csv_read_head(file, out, &head, why);
}

bool csv_read_head(const struct bytes *file, struct nngen_array *out, struct csv_head *head, char why[ERROR_ROOM])
{
    const char *start = (const char *)file->at, *end = start + file->n;
    *out = (struct nngen_array){.rank = 2};
    if (file->n >= 3 && !memcmp(start, "\xef\xbb\xbf", 3)) start += 3;
    if (memchr(start, 0, (size_t)(end - start))) {
        snprintf(why, ERROR_ROOM, "it holds zero bytes: it is neither text nor a format that is read here");
        return false;
    }
    struct table t = {.end = end, .comma = ',', .why = why};
    static const char commas[] = {',', ';', '\t', ' '};
    size_t first = strcspn(start, "\n");
    for (size_t i = 0; i < sizeof commas; i++)
        if (memchr(start, commas[i], first)) {
            t.comma = commas[i];
            break;
        }
    if (!walk(&t, start)) return false;
    *head = t.head;
    snprintf(why, ERROR_ROOM, "it holds no numbers");
    if (!t.rows) return false;
    out->dims[0] = (int64_t)t.rows;
    out->dims[1] = (int64_t)t.columns;
    if (!array_room(out, why)) return false;
    t.value = out->value;
    return walk(&t, start);
}
