#!/bin/sh
# predict.sh NNGEN JSONCMP TESTS-FOLDER: emitted C with the weights that were learned, as a constant of its own type, gives the
# predictions that eval gives from the file.
set -u
nngen=$1 jsoncmp=$2 tests=$3
examples=$tests/../examples
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
"$nngen" train "$examples/digits8.nn" --data "$examples/data/digits.csv" --epochs 1 --save w.safetensors >said 2>&1 || { cat said; exit 1; }
sed -n '100,163p' "$examples/data/digits.csv" >rows.csv
cut -d, -f1-64 rows.csv >image.csv
cut -d, -f65 rows.csv >label.csv
"$nngen" eval "$examples/digits8.nn" image=image.csv label=label.csv --params w.safetensors --json >eval.json || exit 1
"$nngen" "$examples/digits8.nn" -o digits8.c && "$nngen" weights w.safetensors "$examples/digits8.nn" --emit=c -o weights.c || exit 1
for cc in 'gcc -std=c99' 'clang -std=c99' 'g++ -std=c++17 -x c++' tcc; do
  # shellcheck disable=SC2086
  $cc -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -O1 -I. "$tests/train/predict.c" digits8.c weights.c -o predict -lm || exit 1
  ./predict <rows.csv >predict.json || exit 1
  "$jsoncmp" 1e-5 eval.json predict.json || exit 1
  echo "$cc: the same predictions"
done
