#!/bin/sh
# run.sh NNGEN TESTS-FOLDER: XOR by plain gradient descent, 10,001 full-batch steps from seeds 1..10. At least 8 come
# under 0.01, in process and in the emitted program alike, along the same curve to 1e-4.
set -u
nngen=$1 tests=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
"$nngen" "$tests/../examples/xor.nn" -o xor.c || exit 1
gcc -std=c99 -O2 -Wall -Wextra -Werror -I. "$tests/train/xor_emitted.c" xor.c -o xor_emitted -lm 2>said || { head -n 20 said; exit 1; }
passed=0 failed=0 good=0
for seed in 1 2 3 4 5 6 7 8 9 10; do
  "$nngen" train "$tests/../examples/xor.nn" --steps 10001 --seed $seed --log jit.csv >/dev/null 2>said || { cat said; exit 1; }
  ./xor_emitted $seed 10001 >emitted.csv || exit 1
  verdict=$(paste -d, jit.csv emitted.csv | awk -F, '
    NR == 1 { next }
    { n++; d = $2 - $4; if (d < 0) d = -d; if (d > worst) worst = d; if ($1 != $3) worst = 1 }
    END { printf "%s %s %s %s", n == 10001 && worst <= 1e-4 ? "same" : "different", $2 < 0.01 && $4 < 0.01, $2, worst }')
  # shellcheck disable=SC2086
  set -- $verdict
  echo "seed $seed: loss $3, the curves differ by $4"
  if [ "$1" = same ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  good=$((good + $2))
done
if [ $good -ge 8 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
echo "$good of 10 seeds under 0.01"
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
