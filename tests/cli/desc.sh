# --desc: one host program drives models that it knows by their descriptions alone.
cp "$EXAMPLES/xor.nn" "$EXAMPLES/step.nn" .
cat >host.c <<'END'
#include MODEL
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *at(const nngen_desc *d, const nngen_call *c, const nngen_array_desc *a)
{
    const void *place[] = {c->params, c->state, c->opt, c->inputs, c->outputs};
    (void)d;
    return (unsigned char *)place[a->place] + a->offset;
}

int main(void)
{
    const nngen_desc *d = &DESC;
    nngen_call c;
    memset(&c, 0, sizeof c);
    c.params = calloc(1, d->params_size);
    c.state = calloc(1, d->state_size);
    c.opt = calloc(1, d->opt_size);
    c.inputs = calloc(1, d->inputs_size);
    c.outputs = calloc(1, d->outputs_size);
    c.work = calloc(1, d->work_size);
    c.seed = 1;
    float *first = NULL;
    for (size_t i = 0; i < d->n_arrays; i++) {
        const nngen_array_desc *a = &d->array[i];
        size_t n = 1, size = (size_t)a->below - 1;
        for (unsigned k = 0; k < a->rank; k++) n *= a->axis[k].most;
        printf("%s", a->name);
        for (unsigned k = 0; k < a->rank; k++) printf("%s%s", k ? ", " : "[", a->axis[k].text);
        printf("%s\n", a->rank ? "]" : "");
        if (a->role == NNGEN_IS_DIM) memcpy(at(d, &c, a), &size, sizeof size);
        float *x = a->pointer ? calloc(n, sizeof *x) : (float *)(void *)at(d, &c, a);
        for (size_t j = 0; a->role == NNGEN_IS_INPUT && j < n; j++) x[j] = (float)(j * j % 5) / 4;
        if (a->pointer) memcpy(at(d, &c, a), &x, sizeof x);
        if (a->role == NNGEN_IS_OUTPUT && !a->rank && !first) first = x;
    }
    if ((d->init && d->init(d, &c)) || d->opt_init(d, &c) || d->step(d, &c)) return 1;
    float before = *first;
    for (int i = 0; i < 2000; i++) d->step(d, &c);
    printf("%s: %s after 2001 steps\n", d->name, *first < before ? "a smaller loss" : "no smaller loss");
    return 0;
}
END
nngen xor.nn -o xor.c --desc
cc -DMODEL='"xor.h"' -DDESC=xor_desc host.c xor.c -lm -o host && ./host
nngen step.nn -o step.c --desc --optimizer 'adam(lr = 0.01)'
cc -DMODEL='"step.h"' -DDESC=step_desc host.c step.c -lm -o host && ./host
printf '#include "xor.h"\n#include "step.h"\nint n = NNGEN_DESC;\n' >both.c
cc -c both.c && echo 'two headers in one program'
