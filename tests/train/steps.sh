#!/bin/sh
# steps.sh NNGEN JSONCMP: a few steps of training from one seed come to the same outputs by the interpreter, libtcc and
# the C compiler, of nets whose products are large enough for functions of their own, and its updates to ride in them.
set -u
nngen=$1 jsoncmp=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
cat >net.nn <<'NET'
dim N <= 16
input x[N, 20]
input y[N, 7]
guess = x |> dense[37](act = tanh) |> dense[21](act = tanh) |> dense[7]
loss e = mean((guess - y) ** 2)
output guess
train sgd(lr = 0.2)
NET
awk 'BEGIN { srand(5); for (k = 0; k < 27; k++) printf "%s%s", k < 20 ? "x." k : "y." k - 20, k < 26 ? "," : "\n"
  for (i = 0; i < 45; i++) for (k = 0; k < 27; k++) printf "%.4f%s", 2 * rand() - 1, k < 26 ? "," : "\n" }' >rows.csv
cat >one.nn <<'NET'
input x[40]
input y[9]
param A[40, 60] = normal(0, 0.2)
param B[60, 33] = normal(0, 0.2)
param C[33, 9] = normal(0, 0.2)
loss e = mean((tanh(tanh(x @ A) @ B) @ C - y) ** 2)
train sgd(lr = 0.2)
NET
x=$(awk 'BEGIN { srand(2); for (k = 0; k < 40; k++) printf "%s%.3f", k ? "," : "", 2 * rand() - 1 }')
passed=0 failed=0
for how in 'f32 1e-4' 'f64 1e-12'; do
  dtype=${how% *} tolerance=${how#* }
  for backend in interp tcc cc; do
    "$nngen" train net.nn --data rows.csv --batch 16 --epochs 3 --backend $backend --dtype "$dtype" --save $backend.safetensors >out 2>&1 &&
      "$nngen" eval net.nn --data rows.csv N=16 --params $backend.safetensors --json --backend interp --dtype f64 >$backend.json 2>out ||
      { cat out; failed=$((failed + 1)); }
    "$nngen" train one.nn "x=[$x]" 'y=[1,2,3,4,-1,-2,-3,0,0.5]' --steps 9 --backend $backend --dtype "$dtype" >out 2>one.$backend
    awk '/^step/ { print (NR > 1 ? ", " : "{") "\"" $2 "\": " $4 } END { print "}" }' one.$backend >one.$backend.json
    for net in '' one.; do
      if [ -s ${net}interp.json ] && why=$("$jsoncmp" "$tolerance" ${net}interp.json $net$backend.json); then
        passed=$((passed + 1))
      else
        failed=$((failed + 1))
        echo "FAILED  $net$backend in $dtype: $why"
      fi
    done
  done
done
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed = 12 ]
