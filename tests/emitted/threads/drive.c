/* drive [SHARE]: runs a model that was emitted with --desc, whose header is MODEL_H and whose description MODEL_DESC, on
 * drawn inputs, run-time dims at that share of their bound, and prints the bits of all that it computes. */
#include MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 1;

static uint32_t drawn(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static void *some(size_t size)
{
    void *p = malloc(size + 1);
    if (!p) exit(2);
    memset(p, 0xa5, size);
    return p;
}

static size_t count(const nngen_array_desc *x)
{
    size_t n = 1;
    for (unsigned k = 0; k < x->rank; k++) n *= x->axis[k].most;
    return n;
}

static size_t element(const nngen_array_desc *x)
{
    return x->type == NNGEN_FLOAT || x->type == NNGEN_INT32 ? 4 : 8;
}

static void draw(const nngen_array_desc *x, void *to)
{
    for (size_t i = 0; i < count(x); i++) {
        uint32_t n = drawn();
        if (x->type == NNGEN_FLOAT) ((float *)to)[i] = (float)n / 8388608.0f - 1;
        if (x->type == NNGEN_DOUBLE) ((double *)to)[i] = (double)n / 8388608.0 - 1;
        if (x->type == NNGEN_INT32) ((int32_t *)to)[i] = (int32_t)(n % (uint32_t)(x->below > 0 ? x->below : 5));
    }
}

static void print(const char *what, const nngen_array_desc *x, const void *at)
{
    uint64_t hash = 14695981039346656037u;
    double sum = 0;
    for (size_t i = 0; i < count(x) * element(x); i++) hash = (hash ^ ((const unsigned char *)at)[i]) * 1099511628211u;
    for (size_t i = 0; i < count(x) && x->type == NNGEN_FLOAT; i++) sum += ((const float *)at)[i];
    for (size_t i = 0; i < count(x) && x->type == NNGEN_DOUBLE; i++) sum += ((const double *)at)[i];
    printf("%s %s %016llx %.5g\n", what, x->name, (unsigned long long)hash, sum);
}

static void print_all(const char *what, const nngen_desc *d, const nngen_call *c)
{
    for (size_t i = 0; i < d->n_arrays; i++) {
        const nngen_array_desc *x = &d->array[i];
        const char *base = (const char *)(x->place == NNGEN_IN_PARAMS ? c->params : x->place == NNGEN_IN_STATE ? c->state :
                           x->place == NNGEN_IN_OPT ? c->opt : x->place == NNGEN_IN_OUTPUTS ? c->outputs : NULL);
        if (!base) continue;
        const void *at = base + x->offset;
        if (x->pointer) memcpy(&at, base + x->offset, sizeof at);
        print(what, x, at);
        if (x->place == NNGEN_IN_PARAMS && c->gradients) print("gradient", x, (const char *)c->gradients + x->offset);
    }
}

static void settle(const nngen_desc *d, char *inputs, char *outputs, size_t share)
{
    for (size_t i = 0; i < d->n_arrays; i++) {
        const nngen_array_desc *x = &d->array[i];
        char *base = x->place == NNGEN_IN_INPUTS ? inputs : x->place == NNGEN_IN_OUTPUTS ? outputs : NULL;
        size_t most = x->below > 0 ? (size_t)x->below - 1 : 1, dim = most * share / 100;
        void *to = some(count(x) * element(x));
        if (base && x->role == NNGEN_IS_DIM)
            memcpy(base + x->offset, dim ? &dim : &most, sizeof dim);
        else if (base) {
            memset(to, 0, count(x) * element(x));
            if (base == inputs) draw(x, to);
            memcpy(base + x->offset, x->pointer ? (void *)&to : to, x->pointer ? sizeof to : count(x) * element(x));
        }
    }
}

static int call(const char *what, nngen_entry *entry, const nngen_desc *d, nngen_call *c)
{
    if (!entry) return 0;
    memset(c->work, 0xa5, d->work_size);
    int status = entry(d, c);
    if (status) printf("%s: status %d\n", what, status);
    print_all(what, d, c);
    return status;
}

int main(int argc, char **argv)
{
    const nngen_desc *d = &MODEL_DESC;
    char *inputs = some(d->inputs_size), *outputs = some(d->outputs_size);
    nngen_call c = {some(d->params_size), some(d->state_size), some(d->opt_size), inputs, outputs, NULL, some(d->work_size), 7};
    memset(c.params, 0, d->params_size);
    settle(d, inputs, outputs, argc > 1 ? (size_t)atoi(argv[1]) : 100);
    int status = (d->init && d->init(d, &c)) || (d->opt_init && d->opt_init(d, &c)) || (d->state_init && d->state_init(d, &c));
    status |= call("forward", d->forward, d, &c);
    c.gradients = some(d->params_size);
    status |= call("grad", d->grad, d, &c);
    for (int i = 0; i < 3; i++) status |= call("step", d->step, d, &c);
    return status;
}
