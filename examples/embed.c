/* A host program that trains a model in its own process: examples/xor.nn by plain gradient descent, through libtcc where
 * libnngen has it. Uses nothing but nngen.h.
 *
 *     embed [model.nn] [steps]
 */
#include "nngen.h"

#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "embed: %s: %s\n", what, why);
    return 1;
}

/* The four rows of truth, as the trained model sees them. */
static int predict(struct nngen_model *m)
{
    static const double rows[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    static const int64_t sizes[] = {4, 2};
    double p[4];
    if (nngen_set(m, "x", rows[0], sizes, 2) || nngen_forward(m) || nngen_get(m, "p", p, 4, NULL) < 0)
        return fail("predicting", nngen_error(m));
    for (int i = 0; i < 4; i++) printf("%g xor %g = %.4f\n", rows[i][0], rows[i][1], p[i]);
    return 0;
}

static int train(struct nngen_model *m, long steps)
{
    if (nngen_init(m, 1)) return fail("initialising", nngen_error(m));
    for (long i = 0; i <= steps; i++) {
        if (nngen_step(m)) return fail("a step", nngen_error(m));
        if (i == 0) printf("a step could be called %.2f ms after its text was read\n", 1e3 * nngen_ready_seconds(m));
        if (i % 2000 == 0) printf("step %5ld  loss %.6f\n", i, nngen_scalar(m, "bce"));
    }
    return predict(m);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "examples/xor.nn";
    long steps = argc > 2 ? strtol(argv[2], NULL, 10) : 10000;
    struct nngen_program *p = nngen_compile_file(path, NULL);
    struct nngen_model *m = nngen_model_new(p, NNGEN_AUTO, 0);
    int status = 1;
    if (m) {
        printf("%s: %zu parameters\n", nngen_name(p), nngen_parameters(p));
        status = train(m, steps);
    } else
        fputs(nngen_messages(p, NNGEN_FULL, 0), stderr);
    nngen_model_free(m);
    nngen_program_free(p);
    return status;
}
