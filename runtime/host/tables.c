/* Files whose columns or arrays have names: which input gets which of them. */
#include "runtime/host/host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA_MOST ((size_t)1 << 33)

struct column {
    int input; /* -1: of no input */
    int64_t element;
};

struct mapping {
    struct nngen_model *m;
    const char *path;
    const struct nngen_array *table;
    struct column *column; /* [columns of the table] */
    size_t head_lines;
};

static int input_named(const struct nngen_model *m, const char *name, size_t n)
{
    for (uint32_t i = 0; i < m->program->inputs.n; i++) {
        const char *s = m->program->inputs.at[i].name;
        if (strlen(s) == n && !memcmp(s, name, n)) return (int)i;
    }
    return -1;
}

/* "image.12" is element 12 of a row of image. False if it is neither that nor an input. */
static bool column_named(const struct nngen_model *m, const char *name, struct column *c)
{
    const char *dot = strrchr(name, '.');
    *c = (struct column){input_named(m, name, strlen(name)), 0};
    if (c->input >= 0) return true;
    if (!dot || !dot[1] || strspn(dot + 1, "0123456789") != strlen(dot + 1) || strlen(dot + 1) > 9) return false;
    c->input = input_named(m, name, (size_t)(dot - name));
    c->element = atol(dot + 1);
    return c->input >= 0;
}

/* "; did you mean `label`?", or "". */
static const char *did_you_mean_input(const struct nngen_model *m, const char *name, char *said, size_t room)
{
    const char *known[256];
    size_t n = 0;
    for (; n < m->program->inputs.n && n < 256; n++) known[n] = m->program->inputs.at[n].name;
    const char *near = nearest_name(name, known, n);
    *said = 0;
    if (near) snprintf(said, room, "; did you mean `%s`?", near);
    return said;
}

static int by_head(struct mapping *f, struct csv_head head)
{
    char name[256];
    int64_t k = 0;
    if (!head.at)
        return model_fail(f->m, "%s: its first line names no columns: say which input has which, x=0:4,label=4", f->path);
    for (; csv_name(&head, name, sizeof name) && k < f->table->dims[1]; k++) {
        if (column_named(f->m, name, &f->column[k])) continue;
        char near[128];
        return model_fail(f->m, "%s: column %lld, `%.100s`, is no input of the model%s", f->path, (long long)k + 1, name,
                          did_you_mean_input(f->m, name, near, sizeof near));
    }
    if (k < f->table->dims[1])
        return model_fail(f->m, "%s: %lld columns, names for %lld", f->path, (long long)f->table->dims[1], (long long)k);
    return 0;
}

/* "x=0:4,label=4": columns from 0, the last of a range not included. */
static int by_words(struct mapping *f, const char *words)
{
    for (const char *at = words; *at; at += *at == ',') {
        size_t n = strcspn(at, "=,");
        int input = input_named(f->m, at, n);
        if (at[n] != '=' || input < 0)
            return model_fail(f->m, "`%.60s` in `%.100s` is no input and its columns: x=0:4", at, words);
        char *end;
        const char *from = at + n + 1;
        long lo = strtol(from, &end, 10), hi = lo + 1;
        if (end == from) return model_fail(f->m, "`%.60s`: columns are numbers from 0, as in x=0:4", at);
        if (*end == ':') hi = strtol(end + 1, &end, 10);
        if ((*end && *end != ',') || lo < 0 || hi <= lo || hi > f->table->dims[1])
            return model_fail(f->m, "`%.60s`: %s has columns 0 to %lld", at, f->path, (long long)f->table->dims[1] - 1);
        for (long k = lo; k < hi; k++) {
            if (f->column[k].input >= 0) return model_fail(f->m, "column %ld is given twice in `%.100s`", k, words);
            f->column[k] = (struct column){input, k - lo};
        }
        at = end;
    }
    return 0;
}

/* A class that is none: said with its row and column in the file, which nngen_add_rows cannot know. */
static int check_class(const struct mapping *f, const struct ir_array *a, int64_t row, int64_t column, double x)
{
    int64_t below = a->below ? size_bound(f->m->program->tables->sizes, a->below) : 0;
    bool whole = x >= INT32_MIN && x <= INT32_MAX && x == floor(x);
    if (a->type != IR_INT || (whole && (!below || (x >= 0 && x < (double)below)))) return 0;
    char where[64];
    snprintf(where, sizeof where, "row %lld, column %lld", (long long)row, (long long)column);
    if (!whole) return model_fail(f->m, "%s: %s: %s takes whole numbers", f->path, where, a->name);
    return model_fail(f->m, "%s: %s: %s is %ld, must be 0 to %lld", f->path, where, a->name, (long)x, (long long)below - 1);
}

static int gather(struct mapping *f, uint32_t i)
{
    const struct nngen_array *t = f->table;
    const struct ir_array *a = &f->m->program->inputs.at[i];
    int64_t width = 0, columns = t->dims[1];
    for (int64_t k = 0; k < columns; k++) width += f->column[k].input == (int)i;
    if (!width) return 0;
    double *value = malloc((size_t)(t->dims[0] * width) * sizeof *value);
    bool *seen = calloc((size_t)width, sizeof *seen);
    int done = value && seen ? 0 : model_fail(f->m, "out of memory");
    for (int64_t k = 0; k < columns && !done; k++) {
        int64_t e = f->column[k].element;
        if (f->column[k].input != (int)i) continue;
        if (e >= width || seen[e])
            done = model_fail(f->m, "%s: %s has %lld columns, and among them %s element %lld", f->path, a->name, (long long)width,
                              e < width ? "twice" : "is", (long long)e);
        for (int64_t r = 0; r < t->dims[0] && !done; r++) {
            value[r * width + e] = t->value[r * columns + k];
            done = check_class(f, a, r + 1 + (int64_t)f->head_lines, k + 1, value[r * width + e]);
        }
        if (!done) seen[e] = true;
    }
    const int64_t dims[] = {t->dims[0], width};
    if (!done) done = nngen_add_rows(f->m, a->name, value, dims, 2);
    free(value);
    free(seen);
    return done;
}

static int add_table(struct nngen_model *m, const char *path, const struct bytes *file, const char *columns)
{
    char why[ERROR_ROOM];
    struct nngen_array table;
    struct csv_head head = {0};
    if (!csv_read_head(file, &table, &head, why)) {
        nngen_array_free(&table);
        return model_fail(m, "%s: %s", path, why);
    }
    struct mapping f = {.m = m, .path = path, .table = &table, .head_lines = head.at != NULL};
    f.column = malloc((size_t)table.dims[1] * sizeof *f.column);
    int done = f.column ? 0 : model_fail(m, "out of memory");
    for (int64_t k = 0; k < table.dims[1] && !done; k++) f.column[k] = (struct column){-1, 0};
    if (!done) done = columns ? by_words(&f, columns) : by_head(&f, head);
    for (uint32_t i = 0; i < m->program->inputs.n && !done; i++) done = gather(&f, i);
    free(f.column);
    nngen_array_free(&table);
    return done;
}

/* ---- arrays with names ---- */

struct naming {
    struct nngen_model *m;
    const char *path;
    bool *given; /* [inputs] */
};

/* The model's error, with the file's name before it. */
static bool blame(const struct naming *f, char why[ERROR_ROOM])
{
    snprintf(why, ERROR_ROOM, "%s", f->m->error);
    return false;
}

static bool give(void *with, const char *name, struct nngen_array *a, char why[ERROR_ROOM])
{
    struct naming *f = with;
    struct nngen_model *m = f->m;
    int i = input_named(m, name, strlen(name));
    if (i < 0) {
        char near[128];
        snprintf(why, ERROR_ROOM, "its array `%.100s` is no input of the model%s", name, did_you_mean_input(m, name, near, sizeof near));
        return false;
    }
    snprintf(why, ERROR_ROOM, "it holds %.100s twice", name);
    if (f->given[i]) return false;
    f->given[i] = true;
    const struct ir_array *input = &m->program->inputs.at[i];
    int bad = row_dim(m, input) >= 0 ? nngen_add_rows(m, name, a->value, a->dims, a->rank)
                                     : nngen_set(m, name, a->value, a->dims, a->rank);
    return bad ? blame(f, why) : true;
}

static int add_named(struct nngen_model *m, const char *path, struct bytes *file)
{
    char why[ERROR_ROOM] = "out of memory";
    struct naming f = {m, path, calloc((size_t)m->program->inputs.n + 1, sizeof *f.given)};
    bool ok = f.given && (is_zip(file) ? npz_each(file, give, &f, why) : tensors_each(file, give, &f, why));
    free(f.given);
    return ok ? 0 : model_fail(m, "%.300s: %.600s", path, why);
}

static int add_any(struct nngen_model *m, const char *path, struct bytes *file, const char *columns)
{
    char why[ERROR_ROOM];
    if (!gzip_expand(file, why)) return model_fail(m, "%.300s: %s", path, why);
    bool nameless = file->n >= 4 && (!memcmp(file->at, "\x93NUM", 4) || (!file->at[0] && !file->at[1] && !is_tensors(file)));
    if (nameless) return model_fail(m, "%.300s: it holds one array without a name: say which input it is, NAME=FILE", path);
    if (!is_zip(file) && !is_tensors(file)) return add_table(m, path, file, columns);
    if (columns) return model_fail(m, "%.300s: its arrays have names: columns are those of a table", path);
    return add_named(m, path, file);
}

int nngen_add_data(struct nngen_model *m, const char *path, const char *columns)
{
    struct bytes file;
    const char *why;
    if (!m || !path) return -1;
    if (!file_read(path, DATA_MOST, 0, &file, &why)) return model_fail(m, "%s: %s", path, why);
    int done = add_any(m, path, &file, columns);
    free(file.at);
    return done;
}
