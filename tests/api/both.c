/* both MODEL.nn: the model that is built in here (HEADER, DESC) and the one just compiled from its text are told apart by
 * nothing: what they hold, and every number after the same calls, up to the rounding of two compilers. */
#include HEADER

#include "nngen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 20 };

static double one[ROOM], other[ROOM];
static int wrong;

static void say(const char *what, const char *name)
{
    printf("%s: %s\n", what, name);
    wrong++;
}

static const enum nngen_role roles[] = {NNGEN_INPUT, NNGEN_PARAM, NNGEN_STATE, NNGEN_OUTPUT, NNGEN_GRADIENT, NNGEN_NUMBER, NNGEN_MOMENT};
enum { ROLES = sizeof roles / sizeof *roles };

static void compare_facts(struct nngen_program *a, struct nngen_program *b)
{
    if (nngen_dims(a) != nngen_dims(b) || nngen_parameters(a) != nngen_parameters(b)) say("dims or parameters", nngen_name(a));
    for (size_t i = 0; i < nngen_dims(a); i++)
        if (strcmp(nngen_dim_name(a, i), nngen_dim_name(b, i)) || nngen_dim_max(a, i) != nngen_dim_max(b, i))
            say("dim", nngen_dim_name(a, i));
    for (int r = 0; r < ROLES; r++) {
        struct nngen_info x, y;
        if (nngen_count(a, roles[r]) != nngen_count(b, roles[r])) say("count of a role", nngen_name(a));
        for (size_t i = 0; !nngen_info(a, roles[r], i, &x) && !nngen_info(b, roles[r], i, &y); i++)
            if (strcmp(x.name, y.name) || x.rank != y.rank || x.is_int != y.is_int || x.below != y.below || x.is_loss != y.is_loss ||
                memcmp(x.most, y.most, sizeof x.most))
                say("facts differ", x.name);
    }
}

static void compare_numbers(struct nngen_program *p, struct nngen_model *a, struct nngen_model *b, enum nngen_role role)
{
    struct nngen_info x;
    for (size_t i = 0; !nngen_info(p, role, i, &x); i++) {
        int64_t dims[NNGEN_RANK_MAX], same[NNGEN_RANK_MAX];
        int rank = nngen_get(a, x.name, one, ROOM, dims);
        if (rank < 0 || nngen_get(b, x.name, other, ROOM, same) != rank || memcmp(dims, same, (size_t)rank * sizeof *dims)) {
            say(nngen_error(b), x.name);
            continue;
        }
        size_t n = 1;
        for (int k = 0; k < rank; k++) n *= (size_t)dims[k];
        for (size_t j = 0; j < n; j++)
            if (!(fabs(one[j] - other[j]) <= 2e-3 * (1 + fabs(other[j])))) {
                say("numbers differ", x.name);
                break;
            }
    }
}

/* The largest sizes but one, so that run-time dims are not at their bound. */
static void set_inputs(struct nngen_program *p, struct nngen_model *m)
{
    struct nngen_info x;
    for (size_t d = 0; d < nngen_dims(p); d++)
        if (nngen_set_dim(m, nngen_dim_name(p, d), nngen_dim_max(p, d) > 1 ? nngen_dim_max(p, d) - 1 : 1)) say(nngen_error(m), "dim");
    for (size_t i = 0; !nngen_info(p, NNGEN_INPUT, i, &x); i++) {
        for (size_t j = 0; j < ROOM; j++) one[j] = x.is_int ? (double)(j % (size_t)(x.below ? x.below : 2)) : sin((double)(j * j % 37));
        if (nngen_set(m, x.name, one, NULL, 0)) say(nngen_error(m), x.name);
    }
}

int main(int argc, char **argv)
{
    struct nngen_program *text = nngen_compile_file(argv[argc - 1], NULL), *built = nngen_built(&DESC);
    struct nngen_model *a = nngen_model_new(text, NNGEN_AUTO, F64), *b = nngen_model_new(built, NNGEN_AUTO, 0);
    if (!a || !b) return fputs(nngen_messages(a ? built : text, NNGEN_FULL, 0), stdout), 1;
    compare_facts(text, built);
    if (nngen_model_backend(b) != NNGEN_BUILT || nngen_is_f64(b) != F64) say("backend or precision", nngen_name(built));
    if (nngen_model_new(built, NNGEN_TCC, 0) || nngen_emit_c(built, NULL) || nngen_dump(built, "ir") || nngen_formatted(built) ||
        nngen_run_tests(built, NNGEN_AUTO, NULL, NULL, NULL) || nngen_check_gradients(built, NNGEN_AUTO, 1, NULL, NULL) != -1)
        say("a text where there is none", nngen_name(built));
    struct nngen_model *both[] = {a, b};
    for (int k = 0; k < 2; k++) {
        if (nngen_init(both[k], 3)) say(nngen_error(both[k]), "init");
        set_inputs(text, both[k]);
        for (int i = 0; i < 3 && nngen_has_step(text); i++)
            if (nngen_step(both[k])) say(nngen_error(both[k]), "step");
        if (nngen_grad(both[k])) say(nngen_error(both[k]), "grad");
    }
    for (int r = 0; r < ROLES; r++) compare_numbers(text, a, b, roles[r]);
    if (nngen_save_params(b, "built.safetensors") || nngen_load_params(a, "built.safetensors")) say(nngen_error(a), "files");
    if (nngen_reload(a, built, NULL, NULL) || nngen_model_backend(a) != NNGEN_BUILT || nngen_forward(a)) say(nngen_error(a), "reload");
    printf("%s: %s\n", nngen_name(built), wrong ? "not the same" : "the same, built in and compiled");
    nngen_model_free(a);
    nngen_model_free(b);
    nngen_program_free(built);
    nngen_program_free(text);
    return wrong != 0;
}
