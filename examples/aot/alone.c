/* The emitted C and nothing else: no allocation, no library but libm. All that the model needs is in four static
 * structs. */
#include "curve.h"

#include <math.h>
#include <stdio.h>

enum { N = 32, STEPS = 500 };

static curve_params p;
static curve_opt o;
static curve_work w;

int main(void)
{
    curve_real x[N], y[N], answer[N];
    for (int i = 0; i < N; i++) {
        x[i] = (curve_real)i / (N / 2) - 1;
        y[i] = (curve_real)sin(3 * x[i]);
    }
    curve_inputs in = {N, x, y};
    curve_outputs out = {answer, 0};
    if (curve_init(&p, 1) || curve_opt_init(&o)) return 1;
    for (int i = 0; i < STEPS; i++)
        if (curve_step(&p, &o, &in, &out, &w)) return 1;
    printf("alone: loss %.4f after %d steps, %zu bytes of workspace\n", (double)out.err, STEPS, sizeof w);
    return !(out.err < 0.02);
}
