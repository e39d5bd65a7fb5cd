/* Trains a model while you edit its file: what the new text still has by name and shape goes on as it was, a broken
 * text is told and the old one goes on.
 *
 *     reload [model.nn] [steps]
 */
#include "nngen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 64, LOOK_EVERY = 500 };

static void carried(void *user, enum nngen_role role, const char *name, enum nngen_fate fate)
{
    static const char *const word[] = {"kept", "initialised", "initialised, for its shape is another", "dropped"};
    (void)user;
    if (role == NNGEN_PARAM || fate == NNGEN_DROPPED) printf("  %s: %s\n", name, word[fate]);
}

static double loss_now(struct nngen_model *m)
{
    return nngen_forward(m) ? NAN : nngen_scalar(m, "err");
}

/* The program that the model runs from now on. */
static struct nngen_program *look(struct nngen_program *p, struct nngen_model *m)
{
    if (!nngen_changed(p)) return p;
    struct nngen_program *next = nngen_compile_again(p), *over = next;
    double before = loss_now(m);
    if (nngen_reload(m, next, carried, NULL)) {
        printf("%sthe old model goes on\n", nngen_messages(next, NNGEN_FULL, 0));
    } else {
        printf("reloaded: %zu parameters, loss %.9g before, %.9g after\n", nngen_parameters(next), before,
               loss_now(m));
        over = p;
        p = next;
    }
    fflush(stdout);
    nngen_program_free(over);
    return p;
}

static int bind_wave(struct nngen_model *m)
{
    static float x[N], y[N];
    static const int64_t sizes[] = {N, 1};
    for (int i = 0; i < N; i++) {
        x[i] = (float)i / N * 4 - 2;
        y[i] = sinf(3 * x[i]) * 0.5f;
    }
    return nngen_bind(m, "x", x, sizes, 2) || nngen_bind(m, "y", y, sizes, 2);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "examples/wave.nn";
    long steps = argc > 2 ? strtol(argv[2], NULL, 10) : 1000000;
    struct nngen_program *p = nngen_compile_file(path, NULL);
    struct nngen_model *m = nngen_model_new(p, NNGEN_AUTO, 0);
    if (!m) {
        fputs(nngen_messages(p, NNGEN_FULL, 0), stderr);
        nngen_program_free(p);
        return 1;
    }
    int failed = bind_wave(m) || nngen_init(m, 1);
    for (long i = 1; i <= steps && !failed; i++) {
        failed = nngen_step(m);
        if (i % LOOK_EVERY == 0) p = look(p, m);
        if (i % 100000 == 0) printf("step %ld  loss %.9g\n", i, nngen_scalar(m, "err"));
        if (i % 100000 == 0) fflush(stdout);
    }
    if (failed) fprintf(stderr, "reload: %s\n", nngen_error(m));
    nngen_model_free(m);
    nngen_program_free(p);
    return failed;
}
