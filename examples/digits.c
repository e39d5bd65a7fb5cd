/* Trains the convolutional net of digits8.nn on four fifths of the digits, a minibatch at a time, and tests it on the rest.
 * Inputs are bound once: each step reads the numbers that the program copied into its own arrays.
 *
 *     digits [folder of the examples] [epochs]
 */
#include "nngen.h"

#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 64, COLUMNS = 65, BATCH = 64 };

static float image[BATCH][PIXELS];
static int32_t label[BATCH];

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "digits: %s: %s\n", what, why);
    return 1;
}

/* Rows order[0..n-1] of the table become the batch. */
static int fill(struct nngen_model *m, const struct nngen_array *table, const int *order, int n)
{
    const int64_t sizes[] = {n, PIXELS};
    for (int i = 0; i < n; i++) {
        const double *row = table->value + (size_t)order[i] * COLUMNS;
        for (int k = 0; k < PIXELS; k++) image[i][k] = (float)row[k];
        label[i] = (int32_t)row[PIXELS];
    }
    return nngen_bind(m, "image", image, sizes, 2) || nngen_bind(m, "label", label, sizes, 1);
}

static void shuffle(int *order, int n)
{
    static uint64_t state = 1;
    for (int i = n - 1; i > 0; i--) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        int k = (int)((state >> 33) % (uint64_t)(i + 1)), other = order[k];
        order[k] = order[i];
        order[i] = other;
    }
}

/* The share of rows whose digit is told right, -1 after an error. */
static double accuracy(struct nngen_model *m, const struct nngen_array *table, const int *order, int n)
{
    double right = 0;
    for (int i = 0; i < n; i += BATCH) {
        int size = n - i < BATCH ? n - i : BATCH;
        if (fill(m, table, order + i, size) || nngen_forward(m)) return -1;
        right += nngen_scalar(m, "accuracy") * size;
    }
    return right / n;
}

static int train(struct nngen_model *m, const struct nngen_array *table, int epochs)
{
    int n = (int)table->dims[0], n_test = n / 5, n_train = n - n_test;
    int *order = malloc((size_t)n * sizeof *order);
    if (!order || nngen_init(m, 1)) return fail("beginning", nngen_error(m));
    for (int i = 0, train = 0, test = n_train; i < n; i++) order[i % 5 == 4 && test < n ? test++ : train++] = i;
    double share = 0;
    for (int epoch = 1; epoch <= epochs && share >= 0; epoch++) {
        double loss = 0;
        shuffle(order, n_train);
        for (int i = 0; i < n_train; i += BATCH) {
            int size = n_train - i < BATCH ? n_train - i : BATCH;
            if (fill(m, table, order + i, size) || nngen_step(m)) return free(order), fail("a step", nngen_error(m));
            loss += nngen_scalar(m, "nll") * size;
        }
        share = accuracy(m, table, order + n_train, n_test);
        printf("epoch %2d  loss %.4f  right %.2f %% of %d\n", epoch, loss / n_train, 100 * share, n_test);
    }
    free(order);
    return share < 0 ? fail("testing", nngen_error(m)) : 0;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "examples", *why;
    char path[2][4096];
    snprintf(path[0], sizeof path[0], "%s/digits8.nn", folder);
    snprintf(path[1], sizeof path[1], "%s/data/digits.csv", folder);
    struct nngen_array table;
    if (nngen_read_array(path[1], &table, &why)) return fail(path[1], why);
    struct nngen_program *p = nngen_compile_file(path[0], NULL);
    struct nngen_model *m = nngen_model_new(p, NNGEN_AUTO, 0);
    if (!m) fputs(nngen_messages(p, NNGEN_FULL, 0), stderr);
    int status = !m || train(m, &table, argc > 2 ? atoi(argv[2]) : 15);
    nngen_model_free(m);
    nngen_program_free(p);
    nngen_array_free(&table);
    return status;
}
