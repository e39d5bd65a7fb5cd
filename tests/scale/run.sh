#!/bin/sh
# run.sh NNGEN MEASURE TESTS-FOLDER JSONCMP [full]: 100,000 scalar equations, from text to a called gradient and to C.
# The bounds of time are five times what is promised, since other work may share the machine. gcc -O2 is given a tenth of
# them, and all of them if asked.
set -u
nngen=$1 measure=$2 tests=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
passed=0 failed=0
claim() { # TITLE SECONDS MEGABYTES COMMAND...
  printf '%s: ' "$1"
  seconds=$2 megabytes=$3
  shift 3
  if "$measure" "$seconds" "$megabytes" "$@" 2>&1 >out; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
awk -v n=100000 -f "$tests/scale/equations.awk" >big.nn
[ "$(wc -l <big.nn)" -gt 100000 ] || exit 1
claim 'text to a gradient through libtcc' 10 500 "$nngen" eval big.nn --grad --json --backend tcc --dtype f64
cp out tcc.json
claim 'the interpreter' 60 1000 "$nngen" eval big.nn --grad --json --backend interp --dtype f64
cp out interp.json
claim 'both agree' 10 500 "$4" 1e-9 interp.json tcc.json
cat out
claim 'text to C' 10 500 "$nngen" big.nn -o big.c
agree() { # TITLE FILE OPTION: all backends
  for backend in interp tcc cc; do
    "$nngen" eval $2 $3 --json --backend $backend --dtype f64 >$backend.json || failed=$((failed + 1))
  done
  for backend in tcc cc; do claim "$1, $backend" 10 500 "$4" 1e-11 interp.json $backend.json; done
}
awk -v n=600 -f "$tests/scale/mixed.awk" >mixed.nn
"$nngen" mixed.nn --dump=c | grep -q 'kept\[' || failed=$((failed + 1)) # it is cut into parts
agree 'numbers and arrays between parts' mixed.nn --grad "$4"
awk -v n=1200 -v straight=1 -f "$tests/scale/mixed.awk" >straight.nn
"$nngen" straight.nn --dump=c | grep -c '^    straight_forward_1(' | grep -qx 2 || failed=$((failed + 1)) # both begin alike
agree 'gradients and outputs' straight.nn --grad "$4"
agree 'outputs alone' straight.nn '' "$4"
equations=10000 bound=60
[ "${5:-}" != full ] || { equations=100000 bound=300; }
awk -v n=$equations -f "$tests/scale/equations.awk" >part.nn
"$nngen" part.nn -o part.c || failed=$((failed + 1))
claim "gcc -O2 of $equations" $bound 4000 gcc -std=c99 -O2 -c part.c -o part.o
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
