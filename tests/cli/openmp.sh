# --openmp deals a step out to threads: in portions, in rounds with barriers between; what is too little stays with one.
cat >net.nn <<'END'
dim N <= 64, H = 4
input x[N, H]
input y[N, 2]
h = x |> dense[H](act = relu) as a
guess = h |> dense[2] as b
loss sse = mean((guess - y) ** 2)
train sgd(lr = 0.1)
END
nngen net.nn --openmp --dump=plan | grep -A 2 '^step'
nngen net.nn --openmp-always --dump=plan | sed -n '/^step/,$p' | grep -v '%'
nngen net.nn --openmp-always -o net.c
grep omp.h net.c
sed -n '/^NET_APART static void net_step_1/,/^}/p; /^net_status net_step/,/^}/p' net.c
sed -n '/Build with/,/\*\//p' net.h
for how in '' --openmp-always; do nngen size net.nn $how | grep -i work; done
# libtcc's text has the rounds in a function, which the host's threads call, in portions that its products add up alike.
nngen net.nn -D H=96 -D N=60 --dump=jit --openmp-always | sed -n '/^static void net_step_1/,/^}/p; /net_step_rounds(void/,$p'
