/* One loop for models that are built in and models that are compiled while the program runs: the same functions by
 * the same names. Given a text it trains both and compares.
 *
 *     by_name [curve.nn]
 */
#include "curve.h"

#include <nngen.h>

#include <math.h>
#include <stdio.h>

enum { POINTS = 32, STEPS = 500 };

/* The loss after training, NaN after an error. Knows of the model what nngen.h tells. */
static double train(struct nngen_program *p)
{
    double x[POINTS], y[POINTS], loss = NAN;
    const int64_t size[] = {POINTS};
    for (int i = 0; i < POINTS; i++) {
        x[i] = (double)i / (POINTS / 2) - 1;
        y[i] = sin(3 * x[i]);
    }
    struct nngen_model *m = nngen_model_new(p, NNGEN_AUTO, 0);
    if (!m) {
        fputs(nngen_messages(p, NNGEN_FULL, 0), stderr);
        return NAN;
    }
    int failed = nngen_set(m, "x", x, size, 1) || nngen_set(m, "y", y, size, 1) || nngen_init(m, 1);
    for (int i = 0; i < STEPS && !failed; i++) failed = nngen_step(m);
    if (failed)
        fprintf(stderr, "by_name: %s\n", nngen_error(m));
    else
        loss = nngen_scalar(m, "err");
    printf("by_name: %s, %s: loss %.4f, %zu parameters\n", nngen_name(p),
           nngen_model_backend(m) == NNGEN_BUILT ? "built in" : "just compiled", loss, nngen_parameters(p));
    nngen_model_free(m);
    return loss;
}

int main(int argc, char **argv)
{
    struct nngen_program *built = nngen_built(&curve_desc);
    double loss = train(built), other = loss;
    nngen_program_free(built);
    if (argc > 1) {
        struct nngen_program *p = nngen_compile_file(argv[1], NULL);
        other = train(p);
        nngen_program_free(p);
    }
    return !(loss < 0.02 && fabs(loss - other) < 0.002);
}
