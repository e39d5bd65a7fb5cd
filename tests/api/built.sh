#!/bin/sh
# built.sh NNGEN LIBRARY INCLUDE EXAMPLES LIBS...: models with a description against the same models compiled in process.
set -eu
nngen=$1 library=$2 include=$3 examples=$4
shift 4
libs="$* -lm -lpthread -ldl"
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp "$here/both.c" "$examples/digits8.nn" "$examples/vae.nn" "$examples/lstm.nn" "$examples/xor.nn" "$tmp"
cd "$tmp"
cat >sizes.nn <<'EOF'
dim N <= 5, T <= 3
dim K = 4
input x[N, T], y[2*N - 1, K*T], flag[N] in K
input s = 2
param register[K] = normal(0, 1)
state seen = zeros(), run[K] = zeros()
h = x |> dense[K] as fc1 |> batchnorm
run <- run + mean[N](h)
seen <- seen + 1
loss l = s * mean((h * register)**2) + mean(y**2) + mean[N](cross_entropy[K](h, flag))
output h, u = y * 2, half = s / 2
wrt y, s
train clip_norm(1) |> momentum(lr = 0.1)
EOF
sed 's/input x\[N, T\]/input x[N, 3]/' sizes.nn >changed.nn && mv changed.nn sizes.nn
printf 'input a[3] = [1, 2, 3]\noutput y = sum(a**2)\n' >plain.nn
both() { # both NAME F64 OPTIONS...
  name=$1 f64=$2
  shift 2
  "$nngen" "$name.nn" -o "$name.c" --desc "$@"
  cc -O1 -Wall -Wextra -Werror -I"$include" -DHEADER="\"$name.h\"" -DDESC="${name}_desc" -DF64="$f64" both.c "$name.c" "$library" \
    -o "$name" $libs
  "./$name" "$name.nn"
}
both sizes 0
both sizes 1 --dtype f64
both digits8 0
both vae 0
both lstm 1 --dtype f64
both xor 0
both plain 0
# one definition of the description's types, wherever it is read first
block() {
  sed -n '/^#ifndef NNGEN_DESC/,/^#endif/p' "$1"
}
block xor.h >emitted
block "$include/nngen.h" | diff emitted -
[ -s emitted ]
# another version's description is refused
sed 's/sizeof(xor_params)/sizeof(xor_params) + 4/' xor.c >odd.c
cc -I"$include" -DHEADER='"xor.h"' -DDESC=xor_desc -DF64=0 both.c odd.c "$library" -o odd $libs
./odd xor.nn && exit 1
./odd xor.nn | grep 'another version of nngen'
