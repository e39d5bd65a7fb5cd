/* given FILE: a model that was emitted with --desc and --prefix=m is run on inputs from a file, a line each of a name,
 * how many numbers, and those: forward, gradients, three steps, each from the same beginning and in a workspace full of
 * NaN. Prints every array with as many digits as it has. MODEL_H is the header of any such model. */
#include MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const nngen_desc m_desc;
static const nngen_desc *const d = &m_desc;
static size_t dims[1024];

static void *some(size_t size)
{
    void *p = malloc(size);
    if (!p && size) exit(2);
    if (size) memset(p, 0xff, size);
    return p;
}

static size_t element(const nngen_array_desc *x)
{
    return x->type == NNGEN_FLOAT || x->type == NNGEN_INT32 ? 4 : 8;
}

static size_t most(const nngen_array_desc *x)
{
    size_t n = 1;
    for (unsigned k = 0; k < x->rank; k++) n *= x->axis[k].most;
    return n;
}

/* How many numbers of it there are in this call: where sizes are made of several dims, all that fit. */
static size_t count(const nngen_array_desc *x)
{
    size_t n = 1;
    for (unsigned k = 0; k < x->rank; k++) n *= x->axis[k].dim >= 0 ? dims[x->axis[k].dim] : x->axis[k].most;
    return n;
}

static void put(const nngen_array_desc *x, void *to, size_t i, double v)
{
    if (x->type == NNGEN_FLOAT) ((float *)to)[i] = (float)v;
    if (x->type == NNGEN_DOUBLE) ((double *)to)[i] = v;
    if (x->type == NNGEN_INT32) ((int32_t *)to)[i] = (int32_t)v;
    if (x->type == NNGEN_SIZE) ((size_t *)to)[i] = (size_t)v;
}

static void print(const char *what, const nngen_array_desc *x, const void *at)
{
    if (x->type == NNGEN_UINT64 || x->type == NNGEN_SIZE) return;
    printf("%s %s", what, x->name);
    for (size_t i = 0; i < count(x); i++) {
        if (x->type == NNGEN_FLOAT) printf(" %.9g", (double)((const float *)at)[i]);
        if (x->type == NNGEN_DOUBLE) printf(" %.17g", ((const double *)at)[i]);
        if (x->type == NNGEN_INT32) printf(" %d", (int)((const int32_t *)at)[i]);
    }
    printf("\n");
}

static void print_all(const char *stage, const nngen_call *c)
{
    char what[64];
    for (size_t i = 0; i < d->n_arrays; i++) {
        const nngen_array_desc *x = &d->array[i];
        const char *base = NULL;
        const void *at;
        snprintf(what, sizeof what, "%s", stage);
        if (x->place == NNGEN_IN_OUTPUTS) base = c->outputs;
        if (x->place == NNGEN_IN_PARAMS && !strcmp(stage, "grad")) base = c->gradients;
        if (!strcmp(stage, "step") && (x->place == NNGEN_IN_PARAMS || x->place == NNGEN_IN_STATE)) {
            base = x->place == NNGEN_IN_STATE ? c->state : c->params;
            snprintf(what, sizeof what, "param");
        }
        if (!base || (x->role == NNGEN_IS_GRADIENT && strcmp(stage, "grad") != 0)) continue;
        at = base + x->offset;
        if (x->pointer) memcpy(&at, base + x->offset, sizeof at);
        print(what, x, at);
    }
}

static const nngen_array_desc *find(const char *name, enum nngen_desc_place place)
{
    for (size_t i = 0; i < d->n_arrays; i++)
        if (d->array[i].place == place && !strcmp(d->array[i].name, name)) return &d->array[i];
    return NULL;
}

static void read_inputs(const char *path, char *inputs)
{
    char name[128];
    size_t n;
    FILE *f = fopen(path, "r");
    if (!f) exit(2);
    while (fscanf(f, "%127s %zu", name, &n) == 2) {
        const nngen_array_desc *x = find(name, NNGEN_IN_INPUTS);
        void *to = x && x->pointer ? some(n * element(x)) : x ? inputs + x->offset : NULL;
        if (x && x->pointer) memcpy(inputs + x->offset, &to, sizeof to);
        for (size_t i = 0; i < n; i++) {
            double v = 0;
            if (fscanf(f, "%lf", &v) != 1) exit(2);
            if (x) put(x, to, i, v);
            if (x && x->role == NNGEN_IS_DIM) dims[x - d->array] = (size_t)v;
        }
    }
    fclose(f);
}

static int run(const char *stage, nngen_entry *entry, nngen_call *c, int times)
{
    int status = 0;
    if (!entry) return 0;
    if (d->init && d->init(d, c)) return 1;
    if (d->opt_init && d->opt_init(d, c)) return 1;
    if (d->state_init && d->state_init(d, c)) return 1;
    for (int i = 0; i < times; i++) {
        if (d->work_size) memset(c->work, 0xff, d->work_size);
        if (d->params_size) memset(c->gradients, 0xff, d->params_size);
        status |= entry(d, c);
    }
    print_all(stage, c);
    if (status) printf("%s status %d\n", stage, status);
    return status;
}

int main(int argc, char **argv)
{
    char *inputs = some(d->inputs_size), *outputs = some(d->outputs_size);
    nngen_call c = {some(d->params_size), some(d->state_size), some(d->opt_size), inputs, outputs,
                    some(d->params_size), some(d->work_size), 1};
    if (argc != 2 || d->n_arrays > sizeof dims / sizeof *dims) return 2;
    read_inputs(argv[1], inputs);
    for (size_t i = 0; i < d->n_arrays; i++) {
        const nngen_array_desc *x = &d->array[i];
        if (x->place != NNGEN_IN_OUTPUTS || !x->pointer) continue;
        void *to = some(most(x) * element(x));
        memcpy(outputs + x->offset, &to, sizeof to);
    }
    return run("forward", d->forward, &c, 1) | run("grad", d->grad, &c, 1) | run("step", d->step, &c, 3);
}
