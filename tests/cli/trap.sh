# --trap-nan: the line of the model that makes the first value that is not a number.
cat >root.nn <<'END'
dim N = 3
input x[N]
param a[N] = [4, 1, 9]
y = sqrt(a - x)
z = y * 2
loss l = sum(z)
train sgd(lr = 1)
END
cat >host.c <<'END'
#include "root.h"
#include <stdio.h>
int main(void)
{
    static const root_real x[3] = {0, 0, 0};
    static root_work w;
    root_params p;
    root_opt o;
    root_inputs in;
    root_outputs out;
    in.x = x;
    root_init(&p, 1);
    root_opt_init(&o);
    for (int i = 0; i < 9; i++) {
        printf("step %d\n", i);
        fflush(stdout);
        root_step(&p, &o, &in, &out, &w);
    }
    return 0;
}
END
nngen root.nn -o root.c --trap-nan
cc host.c root.c -lm -o host && sh -c './host; :' 2>&1 | sed '/Abort/d'
cc '-DROOT_TRAP(line)=(printf("line %u\n", line), exit(7))' -include stdlib.h -include stdio.h host.c root.c -lm -o host && try ./host
nngen root.nn -o - | grep -c trap
