# So much memory and no more: first values are computed anew, then long loops keep every so many turns alone, to the same
# bits. Where nothing helps, the message shows what holds the most.
cat >rnn.nn <<'END'
model rnn
dim T = 200, N = 2, H = 8
input x[T, N, H] = ones[T, N, H]
param U[H, H] = glorot()
for t in T carry h = zeros[N, H] { h = gelu(h @ U + x[t]) }
loss l = sum(h**2)
train adam(lr = 0.01)
END
cat >main.c <<'END'
#include "rnn.h"
#include <stdio.h>
static rnn_params p;
static rnn_opt o;
static rnn_work w;
static float x[200 * 2 * 8];
int main(void)
{
    rnn_inputs in = {x};
    rnn_outputs out;
    for (int i = 0; i < 200 * 2 * 8; i++) x[i] = (float)(i % 7) / 7;
    rnn_init(&p, 1);
    rnn_opt_init(&o);
    for (int i = 0; i < 5; i++) rnn_step(&p, &o, &in, &out, &w);
    printf("%a", out.l);
    for (int i = 0; i < 64; i++) printf(" %a", p.U[i / 8][i % 8]);
    return 0;
}
END
needs() { # NAME KIBIBYTES OPTIONS: whether the workspace in the header is smaller; results in NAME
  name=$1 most=$2
  shift 2
  nngen rnn.nn "$@" -o rnn.c
  [ $(sed -n 's/^ \* workspace *\([0-9,]*\) bytes/\1/p' rnn.h | tr -d ,) -lt $((most * 1024)) ] && echo "under $most K"
  gcc -O1 -ffp-contract=off main.c rnn.c -lm -o main && ./main >$name
}
needs plain 100
needs less 30 --budget ram=30K
needs least 8 --budget ram=8K
cmp plain less && cmp plain least && echo 'the same numbers'
rm rnn.c rnn.h
try nngen rnn.nn -o rnn.c --budget ram=4K
ls rnn.c rnn.h 2>/dev/null
try nngen size rnn.nn --budget ram=8K
try nngen rnn.nn -o rnn.c --budget 64K
try nngen rnn.nn -o rnn.c --budget ram=much
