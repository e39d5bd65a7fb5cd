#include "cli/cli.h"

#include <math.h>
#include <string.h>

static int save(const struct options *o, struct nngen_model *m)
{
    return o->save && nngen_save_params(m, o->save) ? cli_fail(STATUS_SYSTEM, NULL, "%s", nngen_error(m)) : STATUS_OK;
}

/* A stop in the middle is saved like an end. */
static int run(const struct options *o, struct nngen_program *p, struct nngen_model *m)
{
    struct nngen_training how = cli_training(o);
    struct progress *g = progress_new(o, cli_objective(p));
    int end = how.steps || how.epochs ? nngen_train(m, &how, progress_watch, g) : NNGEN_TRAINED, status;
    if (end >= 0) {
        status = save(o, m);
        int other = status ? status : progress_end(g, end);
        if (!status) status = other;
    } else {
        bool wild = strstr(nngen_error(m), "not finite") != NULL;
        status = cli_fail(STATUS_MODEL, wild ? "a smaller learning rate often helps: --lr" : NULL, "%s", nngen_error(m));
    }
    progress_free(g);
    return !status && end == NNGEN_STOPPED ? STATUS_INTERRUPTED : status;
}

static int train(const struct options *o, struct nngen_program *p, struct nngen_model *m)
{
    int status = prepare_model(o, p, m);
    if (!status && !isnan(o->lr) && nngen_set_number(m, "lr", o->lr)) status = model_failed(m);
    if (!status && !isnan(o->epochs) && !nngen_rows(m))
        status = cli_fail(STATUS_USAGE, NULL, "epochs of which rows? --data FILE.csv or NAME=FILE; without them: --steps COUNT");
    if (!status) status = run(o, p, m);
    return status;
}

int cmd_train(struct options *o)
{
    const char *path;
    struct nngen_program *p = NULL;
    struct nngen_model *m = NULL;
    int status = take_model(o, &path);
    if (!status && isnan(o->steps) && isnan(o->epochs))
        return cli_fail(STATUS_USAGE, NULL, "how long? --steps COUNT or, with rows of data, --epochs COUNT");
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
