#!/bin/sh
# run.sh NNGEN JSONCMP TESTS-FOLDER: whichever pass is left out, the C is silent under strict warnings and its steps do the
# same to rounding, as does the text for libtcc; and each pass changes the text of some model.
set -u
nngen=$1 jsoncmp=$2 tests=$3
strict='-O1 -std=gnu99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
failed=0 passed=0
fail() {
  echo "FAILED  $*"
  failed=$((failed + 1))
}
all=$("$nngen" --help | sed -n 's/^  --without=//p' | tr ',' ' ')
[ "$(echo "$all" | wc -w)" -ge 10 ] || fail 'the passes are not listed'
: >useful
for model in attention conv loop blocks; do
  from=$tests/passes/$model.nn passes=
  rm -f ./*.o
  "$nngen" "$from" --dtype f64 --prefix all -o all.c || fail "$model"
  "$nngen" "$from" --dtype f64 --prefix all -o - >whole.c
  gcc $strict -c all.c || fail "$model: is not silent"
  for pass in $all; do
    "$nngen" "$from" --without="$pass" --dump=plan | grep -q "^  $pass: left out" || fail "$model: the plan has $pass"
    "$nngen" "$from" --dtype f64 --prefix all --without="$pass" -o - | cmp -s - whole.c && continue
    "$nngen" "$from" --dtype f64 --prefix "$pass" --without="$pass" -o "$pass.c" || fail "$model without $pass"
    echo "$pass" >>useful
    passes="$passes $pass"
    gcc $strict -c "$pass.c" || fail "$model without $pass: is not silent"
  done
  result=$(sed -n 's/^output \([a-z]*\).*/\1/p' "$from")
  awk -v passes="$passes" -v result="$result" -f "$tests/passes/main.awk" >main.c
  gcc -std=c99 -O1 -Wall -Wextra main.c all.o $(for pass in $passes; do echo "$pass.o"; done) -lm -o main && ./main || fail "$model"
  passed=$((passed + 1))
done
for pass in $all; do grep -qx "$pass" useful || fail "$pass changes nothing"; done

# Text for libtcc, gradients included.
words=$(awk 'BEGIN { for (t = 0; t < 6; t++) { printf t ? ",[" : "x=[["; for (n = 0; n < 8; n++) { printf n ? ",[" : "[";
  for (i = 0; i < 24; i++) printf "%s%.3f", i ? "," : "", sin(t * 31 + n * 7 + i); printf "]" } printf "]" } print "]" }')
"$nngen" eval "$tests/passes/loop.nn" "$words" --grad --json --backend tcc --dtype f64 >whole.json || fail 'loop, libtcc'
for pass in $all; do
  "$nngen" eval "$tests/passes/loop.nn" "$words" --grad --json --backend tcc --dtype f64 --without="$pass" >without.json
  if why=$("$jsoncmp" 1e-11 whole.json without.json); then passed=$((passed + 1)); else fail "libtcc without $pass: $why"; fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ $failed = 0 ]
