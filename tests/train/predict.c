/* The emitted model with the weights in read-only memory: prints p of the rows on stdin (64 pixels and the digit each). */
#include "digits8.h"

#include <stdio.h>

extern const digits8_params digits8_weights;

int main(void)
{
    static digits8_real image[64][64], p[64][10];
    static int32_t label[64];
    static digits8_inputs in;
    static digits8_outputs out;
    static digits8_work work;
    size_t n = 0, read = 65;
    while (n < 64 && read == 65) {
        float x = 0;
        for (read = 0; read < 65 && scanf("%f%*[,]", &x) == 1; read++) {
            if (read < 64) image[n][read] = x;
        }
        label[n] = (int32_t)x;
        if (read == 65) n++;
    }
    in.N = n;
    in.image = &image[0][0];
    in.label = label;
    out.p = &p[0][0];
    if (digits8_forward(&digits8_weights, &in, &out, &work)) return 1;
    printf("{\"outputs\": {\"nll\": %.9g, \"p\": [", (double)out.nll);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 10; k++) printf("%s%.9g%s", k ? ", " : i ? ", [" : "[", (double)p[i][k], k == 9 ? "]" : "");
    printf("], \"accuracy\": %.9g}}\n", (double)out.accuracy);
    return 0;
}
