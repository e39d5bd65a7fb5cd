#!/bin/sh
# linear.sh NNGEN TESTS-FOLDER BENCH-FOLDER: four times the equations, turns or layers take about four times as long to become
# C. What grows with the square takes sixteen times as long; other work on the machine is why the bound is eleven.
set -u
nngen=$1 tests=$2 bench=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
passed=0 failed=0
seconds() { # COMMAND...: of the processor, the least of three
  for _ in 1 2 3; do
    (
      "$@" >/dev/null || exit 1
      times
    ) | awk 'NR == 2 { split($1, t, /[ms]/); print 60 * t[1] + t[2] }'
  done | sort -n | head -n 1
}
claim() { # TITLE LESS MORE
  if awk -v title="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%s: %.2f s and %.2f s\n", title, a, b; exit !(a > 0 && b <= 11 * a) }'
  then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
turns() { # COUNT: names that are bound again and again
  printf 'input a = 0.5, b = -0.25\ny = a * b; z = a + b; w = a - b; v = a * 2\nrepeat i in 0..%s {\n' "$1"
  printf '  y = sin(v) + 0.5 * z\n  z = y * 0.75 - w * a\n  w = tanh(z + y)\n  v = w / (1 + z * z) + b\n}\noutput v\n'
}
for n in 8000 32000; do
  awk -v n=$n -f "$tests/scale/equations.awk" >lines$n.nn
  turns $((n / 2)) >turns$n.nn
done
claim 'equations' "$(seconds "$nngen" lines8000.nn -o -)" "$(seconds "$nngen" lines32000.nn -o -)"
claim 'turns' "$(seconds "$nngen" turns8000.nn -o -)" "$(seconds "$nngen" turns32000.nn -o -)"
claim 'layers' "$(seconds "$nngen" "$bench/gpt.nn" -D L=24 -o -)" "$(seconds "$nngen" "$bench/gpt.nn" -D L=96 -o -)"
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
