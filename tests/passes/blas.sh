#!/bin/sh
# blas.sh NNGEN TESTS-FOLDER: steps whose products are CBLAS's do the same to rounding. 77 if there is no CBLAS here.
set -u
nngen=$1 tests=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
printf '#include <cblas.h>\nint main(void) { double x = 2; return cblas_ddot(1, &x, 1, &x, 1) != 4; }\n' >try.c
library=
for name in openblas cblas blas; do
  [ -z "$library" ] && gcc try.c -l$name -o try 2>/dev/null && ./try && library=-l$name
done
[ "$library" ] || { echo 'there is no CBLAS'; exit 77; }
failed=0
for model in attention batch; do
  for name in all blas; do
    [ $name = blas ] && option=--blas || option=
    "$nngen" "$tests/passes/$model.nn" --dtype f64 --prefix $name $option -o $name.c || exit 1
    gcc -std=c99 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c $name.c || exit 1
  done
  grep -q 'cblas_dgemm(' blas.c && ! grep -q cblas all.c && grep -q lopenblas blas.h || { echo "FAILED  $model: what is called"; failed=1; }
  [ $model = batch ] && given='in.N = 77; ' || given=
  awk -v passes=blas -v result=y -v given="$given" -f "$tests/passes/main.awk" >main.c
  gcc -std=c99 main.c all.o blas.o $library -lm -o main && ./main || { echo "FAILED  $model"; failed=1; }
done
g++ -std=c++17 -fsyntax-only -x c++ blas.c || failed=1
"$nngen" "$tests/passes/batch.nn" --blas -o - | grep -q 'cblas_sgemm(.*Trans, (int)m' || { echo 'FAILED  run-time sizes'; failed=1; }
[ $failed = 0 ]
