#include "cli/cli.h"

#include <math.h>
#include <signal.h>
#include <string.h>

struct run {
    const struct options *o;
    struct nngen_model *m;
    struct progress *progress;
    double saved; /* when */
    bool warned;
};

static int save(struct run *r)
{
    r->saved = cli_seconds();
    return nngen_save(r->m, r->o->save) ? cli_fail(STATUS_SYSTEM, NULL, "%s", nngen_error(r->m)) : STATUS_OK;
}

/* A disk that is full for a while does not end the run. */
static int watch(void *with, const struct nngen_progress *p)
{
    struct run *r = with;
    int stop = progress_watch(r->progress, p);
    double every = isnan(r->o->save_every) ? 60 : r->o->save_every;
    if (!stop && r->o->save && !r->warned && cli_seconds() - r->saved >= every) r->warned = save(r) || progress_write(r->progress);
    return stop;
}

/* A stop in the middle is saved like an end. */
static int run(const struct options *o, struct nngen_program *p, struct nngen_model *m)
{
    struct nngen_training how = cli_training(o);
    struct run r = {.o = o, .m = m, .progress = progress_new(o, nngen_name(p), cli_objective(p)), .saved = cli_seconds()};
    int end = how.steps || how.epochs ? nngen_train(m, &how, watch, &r) : NNGEN_TRAINED, status = STATUS_OK;
    if (end >= 0) {
        if (o->save) status = save(&r);
        int other = progress_end(r.progress, end);
        if (!status) status = other;
    } else {
        bool wild = strstr(nngen_error(m), "not finite") != NULL;
        progress_break(r.progress);
        status = cli_fail(STATUS_MODEL, wild ? "a smaller learning rate often helps: --lr" : NULL, "%s", nngen_error(m));
    }
    progress_free(r.progress);
    return !status && end == NNGEN_STOPPED ? STATUS_INTERRUPTED - SIGINT + progress_signal() : status;
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

/* What can be known to go wrong before hours of work. */
static int check_options(const struct options *o)
{
    const char *const written[] = {o->save, o->log, o->plot};
    int status = STATUS_OK;
    if (isnan(o->steps) && isnan(o->epochs))
        return cli_fail(STATUS_USAGE, NULL, "how long? --steps COUNT or, with rows of data, --epochs COUNT");
    if (o->resume && o->params) return cli_fail(STATUS_USAGE, NULL, "--resume brings its parameters with it: without --params");
    if (!isnan(o->save_every) && !o->save) return cli_fail(STATUS_USAGE, NULL, "--save-every needs --save FILE");
    for (unsigned i = 0; i < sizeof written / sizeof *written && !status; i++)
        if (written[i]) status = cli_writable(written[i]);
    return status;
}

int cmd_train(struct options *o)
{
    const char *path;
    struct nngen_program *p = NULL;
    struct nngen_model *m = NULL;
    int status = take_model(o, &path);
    if (!status) status = check_options(o);
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
