#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

/* One result of the call. */
struct result {
    struct nngen_info info;
    char *name; /* as printed: without the d_ of a gradient */
    unsigned rank;
    int64_t dims[NNGEN_RANK_MAX];
    double *value;
};

struct results {
    struct result *at;
    size_t n, outputs; /* the gradients stand after the outputs */
};

static size_t elements(const struct result *r)
{
    size_t n = 1;
    for (unsigned i = 0; i < r->rank; i++) n *= (size_t)r->dims[i];
    return n;
}

static bool fetch(struct nngen_model *m, struct result *r)
{
    int rank = nngen_get(m, r->info.name, NULL, 0, r->dims);
    if (rank < 0) return false;
    r->rank = (unsigned)rank;
    size_t n = elements(r);
    r->value = cli_grow(NULL, n, sizeof(double));
    return nngen_get(m, r->info.name, r->value, n, r->dims) >= 0;
}

static int collect(const struct nngen_program *p, struct nngen_model *m, enum nngen_role role, struct results *all)
{
    for (size_t i = 0; i < nngen_count(p, role); i++) {
        all->at = cli_grow(all->at, all->n + 1, sizeof *all->at);
        struct result *r = &all->at[all->n++];
        memset(r, 0, sizeof *r);
        nngen_info(p, role, i, &r->info);
        const char *name = r->info.name + (role == NNGEN_GRADIENT && !strncmp(r->info.name, "d_", 2) ? 2 : 0);
        size_t n = strlen(name) + 1;
        r->name = memcpy(cli_grow(NULL, n, 1), name, n);
        if (!fetch(m, r)) return model_failed(m);
    }
    return STATUS_OK;
}

static void results_free(struct results *all)
{
    for (size_t i = 0; i < all->n; i++) {
        free(all->at[i].name);
        free(all->at[i].value);
    }
    free(all->at);
}

static void put_json(struct buffer *b, const struct results *all, size_t from, size_t to, bool single)
{
    buffer_put(b, "{");
    for (size_t i = from; i < to; i++) {
        const struct result *r = &all->at[i];
        buffer_put(b, i > from ? ", " : "");
        buffer_json(b, r->name);
        buffer_put(b, ": ");
        buffer_array(b, r->value, r->rank, r->dims, single, -1);
    }
    buffer_put(b, "}");
}

static void put_plain(struct buffer *b, const struct results *all, const char *of, bool single)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct result *r = &all->at[i];
        if (i >= all->outputs)
            buffer_printf(b, "d(%s)/d(%s)", of ? of : "", r->name);
        else
            buffer_put(b, r->name);
        if (r->rank) {
            buffer_put(b, "[");
            for (unsigned j = 0; j < r->rank; j++) buffer_printf(b, "%s%lld", j ? ", " : "", (long long)r->dims[j]);
            buffer_put(b, "]");
        }
        buffer_put(b, r->rank > 1 ? " =\n  " : " = ");
        buffer_array(b, r->value, r->rank, r->dims, single, 2);
        buffer_put(b, "\n");
    }
}

static int save(const struct options *o, const struct results *all, bool f64)
{
    struct tensor_out *t = cli_grow(NULL, all->n, sizeof *t);
    struct buffer b = {0};
    for (size_t i = 0; i < all->n; i++) {
        const struct result *r = &all->at[i];
        const char *name = i < all->outputs ? r->name : r->info.name; /* gradients keep their d_ */
        t[i] = (struct tensor_out){name, r->info.is_int, f64, r->rank, r->dims, r->value};
    }
    tensors_write(&b, t, all->n);
    int status = write_files(&(struct file_out){o->save, b.s, b.n}, 1);
    buffer_free(&b);
    free(t);
    return status;
}

static int show(const struct options *o, const struct nngen_program *p, const struct results *all, bool f64)
{
    struct buffer b = {0};
    if (o->save) return save(o, all, f64);
    if (o->json) {
        buffer_put(&b, "{\"outputs\": ");
        put_json(&b, all, 0, all->outputs, !f64);
        if (o->grad) {
            buffer_put(&b, ", \"gradients\": ");
            put_json(&b, all, all->outputs, all->n, !f64);
        }
        buffer_put(&b, "}\n");
    } else
        put_plain(&b, all, cli_objective(p), !f64);
    if (b.n) fwrite(b.s, 1, b.n, stdout);
    buffer_free(&b);
    return STATUS_OK;
}

/* Over all rows: the means of the scalar outputs. */
static int evaluate(const struct options *o, struct nngen_program *p, struct nngen_model *m)
{
    struct nngen_training how = cli_training(o);
    struct results all = {0};
    size_t rows = 0, n = nngen_count(p, NNGEN_OUTPUT);
    double *mean = cli_grow(NULL, n + 1, sizeof *mean);
    int got = nngen_evaluate(m, &how, mean, n, &rows), status = got < 0 ? model_failed(m) : STATUS_OK;
    all.at = memset(cli_grow(NULL, n + 1, sizeof *all.at), 0, (n + 1) * sizeof *all.at);
    for (size_t i = 0; i < n && !status; i++) {
        struct result *r = &all.at[all.n];
        nngen_info(p, NNGEN_OUTPUT, i, &r->info);
        if (r->info.rank) continue;
        r->name = strdup(r->info.name);
        r->value = cli_grow(NULL, 1, sizeof *r->value);
        *r->value = mean[all.n++];
    }
    all.outputs = all.n;
    if (!status) status = show(o, p, &all, true);
    if (!status && !o->json && !o->save) fprintf(stderr, "over %zu rows\n", rows);
    results_free(&all);
    free(mean);
    return status;
}

static int call(const struct options *o, struct nngen_program *p, struct nngen_model *m)
{
    struct results all = {0};
    int status = prepare_model(o, p, m);
    if (!status && cli_has_rows(o)) return evaluate(o, p, m);
    if (!status && (o->grad ? nngen_grad(m) : nngen_forward(m))) status = model_failed(m);
    if (!status) status = collect(p, m, NNGEN_OUTPUT, &all);
    all.outputs = all.n;
    if (!status && o->grad) status = collect(p, m, NNGEN_GRADIENT, &all);
    if (!status) status = show(o, p, &all, o->dtype && !strcmp(o->dtype, "f64"));
    results_free(&all);
    return status;
}

int cmd_eval(struct options *o)
{
    const char *path;
    struct nngen_program *p = NULL;
    struct nngen_model *m = NULL;
    if (o->json && o->save) return cli_fail(STATUS_USAGE, NULL, "--json prints, --save writes: one of them");
    if (o->grad && cli_has_rows(o)) return cli_fail(STATUS_USAGE, NULL, "--grad is of one call: without --data, --batch and --valid");
    int status = take_model(o, &path);
    if (!status && (status = load_program(o, path, &p)) && p) print_messages(o, p);
    if (!status) status = load_model(o, p, backend_named(o->backend), &m);
    if (!status) status = call(o, p, m);
    nngen_model_free(m);
    nngen_program_free(p);
    return status;
}
