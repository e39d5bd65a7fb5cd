# One call: values and derivatives, in full precision, for people and for programs.
for model in fruit neuron quad softmax; do cp "$EXAMPLES/$model.nn" .; done
try nngen eval fruit.nn
try nngen eval fruit.nn apple=120 tax=1.2 --grad --dtype f64
try nngen eval neuron.nn 'x=[1, 0.5]' 'w=[1e-1,-.5]' b=0 --grad --json --dtype f64
try nngen eval quad.nn --grad --dtype f64
try nngen eval softmax.nn 'x=[[1, 2, 3]]' 'label=[3.0]' --json --dtype f64 --backend interp
try nngen eval -e 'input a = 0.1; output y = a, z = 1/3' --dtype f64
try nngen eval -e 'input a = 0.1; output y = a, z = 1/3'
try nngen eval -e 'input a = 0; output i = 1/a, j = -1/a, n = a/a, b = a == 0' --json
try nngen eval -e 'dim N <= 4; input x[N]; output y = x * N' 'x=[1, 2]' --dtype f64
try nngen eval -e 'dim N <= 4; output y = 2 * N' N=3
try nngen eval -e 'dim N <= 4; output y = 2 * N' -D N=4
try nngen eval -e 'dim H = 2; input x = 1; output y = x * H' -D H=0x10
printf 'input x = 3\noutput y = x * x\n' >square.nn
try nngen eval - --grad <square.nn
for backend in auto tcc cc interp; do try nngen eval square.nn --backend $backend --grad --json; done
