/* both MODEL.nn: the model that is built in here (HEADER, DESC) and the one just compiled from its text are told
 * apart by nothing: what they hold, and every number after the same calls, up to the rounding of two compilers. */
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

static const enum nngen_role roles[] = {NNGEN_INPUT,    NNGEN_PARAM,  NNGEN_STATE, NNGEN_OUTPUT,
                                        NNGEN_GRADIENT, NNGEN_NUMBER, NNGEN_MOMENT};
enum { ROLES = sizeof roles / sizeof *roles };

static void compare_facts(struct nngen_program *a, struct nngen_program *b)
{
    if (nngen_dims(a) != nngen_dims(b) || nngen_parameters(a) != nngen_parameters(b))
        say("dims or parameters", nngen_name(a));
    for (size_t i = 0; i < nngen_dims(a); i++)
        if (strcmp(nngen_dim_name(a, i), nngen_dim_name(b, i)) || nngen_dim_max(a, i) != nngen_dim_max(b, i))
            say("dim", nngen_dim_name(a, i));
    for (int r = 0; r < ROLES; r++) {
        struct nngen_info x, y;
        if (nngen_count(a, roles[r]) != nngen_count(b, roles[r])) say("count of a role", nngen_name(a));
        for (size_t i = 0; !nngen_info(a, roles[r], i, &x) && !nngen_info(b, roles[r], i, &y); i++)
            if (strcmp(x.name, y.name) || x.rank != y.rank || x.is_int != y.is_int || x.below != y.below ||
                x.is_loss != y.is_loss || memcmp(x.most, y.most, sizeof x.most))
                say("facts differ", x.name);
    }
}

/* What is emitted, and what the library says of the text it compiled. */
static void compare_descs(const nngen_desc *a, const nngen_desc *b)
{
    if (strcmp(a->name, b->name) || a->params_size != b->params_size || a->state_size != b->state_size ||
        a->opt_size != b->opt_size || a->inputs_size != b->inputs_size || a->outputs_size != b->outputs_size ||
        a->n_arrays != b->n_arrays || a->loss != b->loss)
        say("descriptions differ", a->name);
    if (!a->init != !b->init || !a->opt_init != !b->opt_init || !a->state_init != !b->state_init ||
        !a->forward != !b->forward || !a->grad != !b->grad || !a->step != !b->step)
        say("entry points differ", a->name);
    for (size_t i = 0; i < a->n_arrays && i < b->n_arrays; i++) {
        const nngen_array_desc *x = &a->array[i], *y = &b->array[i];
        if (strcmp(x->name, y->name) || x->role != y->role || x->type != y->type || x->place != y->place ||
            x->offset != y->offset || x->pointer != y->pointer || x->below != y->below || x->rank != y->rank)
            say("descriptions differ in", x->name);
        for (unsigned k = 0; k < x->rank && k < y->rank; k++)
            if (strcmp(x->axis[k].text, y->axis[k].text) || x->axis[k].most != y->axis[k].most ||
                x->axis[k].dim != y->axis[k].dim)
                say("axes differ in", x->name);
    }
}

/* A host's own loop: the first scalar output after some steps, 0 without steps. Knows nothing but the description. */
static double drive(const nngen_desc *d)
{
    size_t size[] = {d->params_size,  d->state_size,  d->opt_size, d->inputs_size,
                     d->outputs_size, d->params_size, d->work_size};
    char *at[7];
    void *block[64];
    size_t n_blocks = 0;
    double first = 0;
    for (int i = 0; i < 7; i++) {
        block[n_blocks] = calloc(1, size[i] + 64);
        at[i] = (char *)block[n_blocks] + (64 - (uintptr_t)block[n_blocks] % 64);
        n_blocks++;
    }
    nngen_call c = {at[0], at[1], at[2], at[3], at[4], at[5], at[6], 1};
    for (size_t i = 0; i < d->n_arrays; i++) {
        const nngen_array_desc *a = &d->array[i];
        char *to = at[a->place] + a->offset;
        size_t n = 1, most = (size_t)a->below - 1;
        for (unsigned k = 0; k < a->rank; k++) n *= a->axis[k].most;
        if (a->role == NNGEN_IS_DIM) memcpy(to, &most, sizeof most);
        if (a->pointer) {
            void *elements = block[n_blocks++] = calloc(n, 8);
            memcpy(to, &elements, sizeof elements);
            to = elements;
        }
        for (size_t j = 0; a->role == NNGEN_IS_INPUT && j < n; j++) {
            if (a->type == NNGEN_FLOAT) ((float *)(void *)to)[j] = (float)(j % 7) / 7;
            if (a->type == NNGEN_DOUBLE) ((double *)(void *)to)[j] = (double)(j % 7) / 7;
        }
    }
    int failed =
        (d->init && d->init(d, &c)) || (d->state_init && d->state_init(d, &c)) || (d->opt_init && d->opt_init(d, &c));
    for (int i = 0; i < 5 && d->step && !failed; i++) failed = d->step(d, &c);
    for (size_t i = 0; i < d->n_arrays; i++) {
        const nngen_array_desc *a = &d->array[i];
        const char *from = at[a->place] + a->offset;
        if (a->role != NNGEN_IS_OUTPUT || a->pointer || a->type == NNGEN_INT32) continue;
        if (a->type == NNGEN_DOUBLE) memcpy(&first, from, sizeof first);
        if (a->type == NNGEN_FLOAT) first = *(const float *)(const void *)from;
        break;
    }
    while (n_blocks) free(block[--n_blocks]);
    return failed ? NAN : first;
}

static void compare_numbers(struct nngen_program *p, struct nngen_model *a, struct nngen_model *b,
                            enum nngen_role role)
{
    struct nngen_info x;
    for (size_t i = 0; !nngen_info(p, role, i, &x); i++) {
        int64_t dims[NNGEN_RANK_MAX], same[NNGEN_RANK_MAX];
        int rank = nngen_get(a, x.name, one, ROOM, dims);
        if (rank < 0 || nngen_get(b, x.name, other, ROOM, same) != rank ||
            memcmp(dims, same, (size_t)rank * sizeof *dims)) {
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
        if (nngen_set_dim(m, nngen_dim_name(p, d), nngen_dim_max(p, d) > 1 ? nngen_dim_max(p, d) - 1 : 1))
            say(nngen_error(m), "dim");
    for (size_t i = 0; !nngen_info(p, NNGEN_INPUT, i, &x); i++) {
        for (size_t j = 0; j < ROOM; j++)
            one[j] = x.is_int ? (double)(j % (size_t)(x.below ? x.below : 2)) : sin((double)(j * j % 37));
        if (nngen_set(m, x.name, one, NULL, 0)) say(nngen_error(m), x.name);
    }
}

int main(int argc, char **argv)
{
    struct nngen_program *text = nngen_compile_file(argv[argc - 1], NULL), *built = nngen_built(&DESC);
    struct nngen_model *a = nngen_model_new(text, NNGEN_AUTO, F64), *b = nngen_model_new(built, NNGEN_AUTO, 0);
    if (!a || !b) return fputs(nngen_messages(a ? built : text, NNGEN_FULL, 0), stdout), 1;
    compare_facts(text, built);
    const nngen_desc *d = nngen_describe(text, NNGEN_AUTO, F64);
    if (!d || nngen_describe(built, NNGEN_AUTO, 0) != &DESC || nngen_describe(text, NNGEN_INTERP, 0) ||
        nngen_describe(NULL, NNGEN_AUTO, 0))
        say("no description", nngen_name(text));
    else {
        compare_descs(&DESC, d);
        double x = drive(&DESC), y = drive(d);
        if (!(fabs(x - y) <= 1e-3 * (1 + fabs(x)))) say("loops over descriptions differ", nngen_name(text));
    }
    if (nngen_model_backend(b) != NNGEN_BUILT || nngen_is_f64(b) != F64)
        say("backend or precision", nngen_name(built));
    if (nngen_model_new(built, NNGEN_TCC, 0) || nngen_emit_c(built, NULL) || nngen_dump(built, "ir") ||
        nngen_formatted(built) || nngen_run_tests(built, NNGEN_AUTO, NULL, NULL, NULL) ||
        nngen_check_gradients(built, NNGEN_AUTO, 1, NULL, NULL) != -1)
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
    if (nngen_save_params(b, "built.safetensors") || nngen_load_params(a, "built.safetensors"))
        say(nngen_error(a), "files");
    if (nngen_reload(a, built, NULL, NULL) || nngen_model_backend(a) != NNGEN_BUILT || nngen_forward(a))
        say(nngen_error(a), "reload");
    printf("%s: %s\n", nngen_name(built), wrong ? "not the same" : "the same, built in and compiled");
    nngen_model_free(a);
    nngen_model_free(b);
    nngen_program_free(built);
    nngen_program_free(text);
    return wrong != 0;
}
