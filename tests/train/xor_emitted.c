/* The emitted XOR program, trained: xor_emitted SEED STEPS prints the loss of every step as `nngen train --log` does. */
#include "xor.h"

#include <stdio.h>
#include <stdlib.h>

static xor_work work;

int main(int argc, char **argv)
{
    static const xor_real x[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, y[4][1] = {{0}, {1}, {1}, {0}};
    if (argc != 3) return 2;
    xor_params p;
    xor_opt o;
    xor_inputs in = {0};
    xor_outputs out = {0};
    in.N = 4;
    in.x = &x[0][0];
    in.y = &y[0][0];
    if (xor_init(&p, strtoull(argv[1], NULL, 10)) || xor_opt_init(&o)) return 1;
    printf("step,bce\n");
    for (int i = 1; i <= atoi(argv[2]); i++) {
        if (xor_step(&p, &o, &in, &out, &work)) return 1;
        printf("%d,%.9g\n", i, (double)out.bce);
    }
    return 0;
}
