#include "cli/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 10 }; /* of progress in a run, beside the first */

static bool f32(const struct options *o)
{
    return !o->dtype || !strcmp(o->dtype, "f32");
}

static void say_loss(const struct options *o, const char *name, uint64_t step, double loss)
{
    struct buffer b = {0};
    buffer_number(&b, loss, f32(o));
    fprintf(stderr, "step %-8llu %s %s\n", (unsigned long long)step, name, b.s);
    buffer_free(&b);
}

/* The loss of a step is the one before its update. */
static int take_steps(const struct options *o, struct nngen_model *m, const char *name, struct buffer *log, double *loss)
{
    uint64_t steps = (uint64_t)o->steps, every = steps / LINES ? steps / LINES : 1;
    for (uint64_t i = 1; i <= steps; i++) {
        if (nngen_step(m)) return model_failed(m);
        *loss = nngen_scalar(m, name);
        if (i == 1 || i % every == 0) say_loss(o, name, i, *loss);
        if (!isfinite(*loss))
            return cli_fail(STATUS_MODEL, "a smaller learning rate often helps: --lr", "the loss is not finite at step %llu",
                        (unsigned long long)i);
        if (!o->log) continue;
        buffer_printf(log, "%llu,", (unsigned long long)i);
        buffer_number(log, *loss, f32(o));
        buffer_put(log, "\n");
    }
    return STATUS_OK;
}

static int finish(const struct options *o, struct nngen_model *m, const char *name, const struct buffer *log, double loss)
{
    struct buffer b = {0};
    if (o->log) {
        int status = write_files(&(struct file_out){o->log, log->s, log->n}, 1);
        if (status) return status;
    }
    if (o->save && nngen_save_params(m, o->save)) return cli_fail(STATUS_SYSTEM, NULL, "%s", nngen_error(m));
    if (o->steps > 0) {
        buffer_number(&b, loss, f32(o));
        printf("%s = %s after %.0f step%s\n", name, b.s, o->steps, o->steps == 1 ? "" : "s");
        buffer_free(&b);
    }
    return STATUS_OK;
}

static int train(const struct options *o, struct nngen_program *p, struct nngen_model *m)
{
    const char *name = cli_objective(p);
    struct buffer log = {0};
    double loss = NAN;
    int status = prepare_model(o, p, m);
    if (!status && !isnan(o->lr) && nngen_set_number(m, "lr", o->lr)) status = model_failed(m);
    buffer_printf(&log, "step,%s\n", name);
    if (!status) status = take_steps(o, m, name, &log, &loss);
    if (!status) status = finish(o, m, name, &log, loss);
    buffer_free(&log);
    return status;
}

int cmd_train(struct options *o)
{
    const char *path;
    struct nngen_program *p = NULL;
    struct nngen_model *m = NULL;
    int status = take_model(o, &path);
    if (!status && isnan(o->steps)) return cli_fail(STATUS_USAGE, NULL, "how long? --steps COUNT");
    if (!status && (status = load_program(o, path, &p)) && p) print_messages(o, p);
    if (!status && !nngen_has_step(p))
        status = cli_fail(STATUS_MODEL, "add `train sgd(lr = 0.1)` to it, or --optimizer 'sgd(lr = 0.1)'",
                      "model '%s' does not say how it is trained", nngen_name(p));
    if (!status) status = load_model(o, p, backend_named(o->backend), &m);
    if (!status) status = train(o, p, m);
    nngen_model_free(m);
    nngen_program_free(p);
    return status;
}
