/* The worked 2-2-2 example, built in by nngen_generate: one step of gradient descent gives the tutorial's weights. */
#include "step.h"

#include <math.h>
#include <stdio.h>

static tutorial_work work;

int main(void)
{
    static const double x[2] = {0.1, 0.2}, target[2] = {0.4, 0.6};
    static const double W[2][2] = {{0.29959556, 0.24919112}, {0.39964496, 0.34928991}};
    static const double V[2][2] = {{0.43703857, 0.38685205}, {0.69629578, 0.59624247}};
    tutorial_params p;
    tutorial_opt o;
    tutorial_inputs in = {x, target};
    tutorial_outputs out = {0};
    if (tutorial_init(&p, 1) || tutorial_opt_init(&o) || tutorial_step(&p, &o, &in, &out, &work)) return 1;
    double worst = fabs(out.E - 0.02397190);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) worst = fmax(worst, fmax(fabs(p.W[i][j] - W[i][j]), fabs(p.V[i][j] - V[i][j])));
    printf("worst difference from the tutorial: %.1e\n", worst);
    return worst > 1e-7;
}
