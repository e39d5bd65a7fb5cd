/* Several models, one set of gradients: each thread has a model of its own that reads the parameters of the first and
 * takes the gradient of its share of the batch; their mean is applied once. Because the shares are equal and are
 * added up in one order, the numbers do not depend on which thread is faster; a single model that steps through the
 * whole batches is trained beside them and ends with the same loss, up to rounding.
 *
 *     data_parallel [folder of the examples] [steps]
 */
#include "nngen.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, BATCH = 64, SHARE = BATCH / THREADS, PIXELS = 64, COLUMNS = PIXELS + 1 };

static float image[BATCH][PIXELS];
static int32_t label[BATCH];

struct worker {
    pthread_t thread;
    struct nngen_model *model;
    int failed;
};

/* n rows of the batch, from the first on, are the model's inputs. They are bound: a new batch needs no call. */
static int bind_rows(struct nngen_model *m, int first, int n)
{
    const int64_t sizes[] = {n, PIXELS};
    return nngen_bind(m, "image", image[first], sizes, 2) || nngen_bind(m, "label", label + first, sizes, 1);
}

static void fill(const struct nngen_array *table, long step)
{
    for (long i = 0; i < BATCH; i++) {
        const double *row = table->value + (step * BATCH + i) % table->dims[0] * COLUMNS;
        for (int k = 0; k < PIXELS; k++) image[i][k] = (float)row[k];
        label[i] = (int32_t)row[PIXELS];
    }
}

static void *take_gradient(void *user)
{
    struct worker *w = user;
    w->failed = nngen_grad(w->model);
    return NULL;
}

/* The mean of the workers' gradients becomes the first one's. */
static int average(const struct nngen_program *p, struct worker *w)
{
    struct nngen_info g;
    for (size_t i = 0; i < nngen_count(p, NNGEN_PARAM); i++) {
        if (nngen_info(p, NNGEN_GRADIENT, i, &g)) return -1;
        size_t n;
        float *sum = nngen_elements(w[0].model, g.name, &n);
        for (int k = 1; k < THREADS && sum; k++) {
            const float *more = nngen_elements(w[k].model, g.name, NULL);
            for (size_t j = 0; j < n; j++) sum[j] += more[j];
        }
        for (size_t j = 0; j < n && sum; j++) sum[j] /= THREADS;
    }
    return 0;
}

static int step(const struct nngen_program *p, struct worker *w)
{
    int failed = 0;
    for (int k = 0; k < THREADS; k++)
        if (pthread_create(&w[k].thread, NULL, take_gradient, &w[k])) return -1;
    for (int k = 0; k < THREADS; k++) pthread_join(w[k].thread, NULL);
    for (int k = 0; k < THREADS; k++) failed |= w[k].failed;
    return failed || average(p, w) || nngen_apply(w[0].model);
}

static int train(const struct nngen_program *p, struct worker *w, struct nngen_model *alone,
                 const struct nngen_array *table, long steps)
{
    for (int k = 0; k < THREADS; k++)
        if (nngen_init(w[k].model, 1) || bind_rows(w[k].model, k * SHARE, SHARE)) return -1;
    for (int k = 1; k < THREADS; k++)
        if (nngen_share_params(w[k].model, w[0].model)) return -1;
    if (nngen_init(alone, 1) || bind_rows(alone, 0, BATCH)) return -1;
    for (long i = 0; i < steps; i++) {
        fill(table, i);
        if (step(p, w) || nngen_step(alone)) return -1;
        double loss = 0;
        for (int k = 0; k < THREADS; k++) loss += nngen_scalar(w[k].model, "nll") / THREADS;
        if (i % 20 == 0 || i == steps - 1)
            printf("step %3ld  loss of %d models %.4f, of one %.4f\n", i + 1, THREADS, loss,
                   nngen_scalar(alone, "nll"));
        if (!(fabs(loss - nngen_scalar(alone, "nll")) < 0.02))
            return fprintf(stderr, "data_parallel: the losses part\n"), -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "examples", *why;
    long steps = argc > 2 ? strtol(argv[2], NULL, 10) : 100;
    char path[2][4096];
    snprintf(path[0], sizeof path[0], "%s/digits8.nn", folder);
    snprintf(path[1], sizeof path[1], "%s/data/digits.csv", folder);
    struct nngen_array table;
    if (nngen_read_array(path[1], &table, &why)) return fprintf(stderr, "data_parallel: %s: %s\n", path[1], why), 1;
    struct nngen_program *p = nngen_compile_file(path[0], NULL);
    struct nngen_model *alone = nngen_model_new(p, NNGEN_AUTO, 0);
    struct worker w[THREADS] = {0};
    int failed = !alone;
    for (int k = 0; k < THREADS && !failed; k++) failed = !(w[k].model = nngen_model_new(p, NNGEN_AUTO, 0));
    if (failed)
        fputs(nngen_messages(p, NNGEN_FULL, 0), stderr);
    else if ((failed = train(p, w, alone, &table, steps) != 0))
        fprintf(stderr, "data_parallel: %s%s\n", nngen_error(w[0].model), nngen_error(alone));
    for (int k = THREADS; k-- > 0;) nngen_model_free(w[k].model);
    nngen_model_free(alone);
    nngen_program_free(p);
    nngen_array_free(&table);
    return failed;
}
