# What a file of weights holds, as a list and as C.
cat >net.nn <<'END'
dim N <= 2
input x[N, 2]
param double[2] = [0.5, 3]
z = x |> dense[3] as fc |> batchnorm as bn
y = sum[1](z) * double[0]
loss l = mean[N](y**2)
train sgd(lr = 0)
END
nngen train net.nn 'x=[[1, 2], [3, 5]]' --steps 2 --save w.safetensors --backend interp >/dev/null 2>&1
nngen eval net.nn 'x=[[1, 2], [3, 5]]' --params w.safetensors --save results.safetensors --dtype f64 --backend interp
try nngen weights w.safetensors
try nngen weights results.safetensors
try nngen weights w.safetensors --emit=c
try nngen weights results.safetensors --emit=c --prefix net
try nngen weights w.safetensors net.nn --emit=c
nngen weights w.safetensors net.nn --emit=c -o w.c && nngen weights w.safetensors net.nn --emit=c | cmp - w.c
nngen net.nn -o net.c && cc -std=c99 -Wall -Wextra -Werror -c w.c && echo compiled
nngen weights w.safetensors --emit=c -o w.h && echo '#include "w.h"
int main(void) { return fc_W[1][2] == 0 || double_[1] != 3; }' >main.c && cc -std=c99 -Wall -Wextra -Wno-unused -Werror main.c -o main && ./main && echo read
printf '\117\000\000\000\000\000\000\000{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} %24s\000\000\200\177\000\000\300\177' '' >wild.safetensors
try nngen weights wild.safetensors
try nngen weights wild.safetensors --emit=c
sed 's/input x.*/input x[N, 2]\nparam a[2] = 1/; /param double/d; s/ \* double\[0\]/ * a[0]/; s/ as fc.*//; s/z = .*/z = x/' net.nn >a.nn
try nngen weights wild.safetensors a.nn --emit=c
try nngen weights w.safetensors a.nn --emit=c
try nngen weights
try nngen weights w.safetensors net.nn
try nngen weights w.safetensors -o w.c
try nngen weights w.safetensors net.nn more --emit=c
try nngen weights w.safetensors --emit=rust
try nngen weights nowhere.safetensors
try nngen weights net.nn
try nngen weights w.safetensors --emit=c -o nowhere/w.c
