#!/bin/sh
# run.sh NNGEN TESTS-FOLDER [one FOLDER MODEL OPTIONS]: models emitted with --openmp-always are silent under strict
# warnings without OpenMP, and give the same bits without it and on 1, 2, 3 and 5 threads; run-time dims at their bounds,
# at odd numbers, and at 1.
set -u
nngen=$1 tests=$2
strict='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'
fast='-O2 -march=native -fno-trapping-math'

if [ "${3:-}" = one ]; then # by xargs below
  cd "$4" || exit 2
  name=$(basename "$5" .nn)${6:-}
  short=$(basename "$5" .nn)
  fail() { echo "FAILED  $name: $1"; exit 0; }
  "$nngen" "$5" -o "$name.c" --prefix m --desc --openmp-always ${6:-} >"$name.log" 2>&1 || fail "is not emitted: $(head -n 3 "$name.log")"
  driver="-I. -DMODEL_DESC=m_desc -DMODEL_H=\"$name.h\" $tests/emitted/threads/drive.c"
  # shellcheck disable=SC2086
  gcc -std=gnu99 -O2 $strict -c "$name.c" -o "$name.o" >"$name.log" 2>&1 || fail "warns: $(head -n 5 "$name.log")"
  grep -q '^#pragma omp parallel' "$name.c" || { echo "passed $name 0"; exit 0; } # there is nothing to compare
  for how in "-w one" "-fopenmp many"; do
    # shellcheck disable=SC2086
    gcc -std=gnu99 $fast -w ${how% *} $driver "$name.c" -o "$name.${how#* }" -lm || fail 'is not built'
  done
  shares=100
  grep -q IS_DIM "$name.c" && shares='100 37 1'
  for share in $shares; do
    "./$name.one" $share >"$name.want" || fail "status of one thread"
    for threads in 1 2 3 5; do
      OMP_WAIT_POLICY=passive OMP_DYNAMIC=false OMP_NUM_THREADS=$threads "./$name.many" $share >"$name.got"
      cmp -s "$name.want" "$name.got" || fail "$threads threads give something else at $share %: $(diff "$name.want" "$name.got" | head -n 4)"
    done
  done
  echo "passed $name $(grep -c '^#pragma omp parallel' "$name.c")"
  exit 0
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
self=$(cd "$(dirname "$0")" && pwd)/run.sh
tests=$(cd "$tests" && pwd)
for model in "$tests"/golden/c/*.nn "$tests"/emitted/threads/*.nn; do
  echo "$model"
  case $model in */threads/*) echo "$model --dtype=f64"; echo "$model --std=c99" ;; esac
done | xargs -P "$(nproc)" -L 1 sh "$self" "$nngen" "$tests" one "$tmp" >"$tmp/said"
grep '^FAILED' "$tmp/said"
passed=$(grep -c '^passed' "$tmp/said") failed=$(grep -c '^FAILED' "$tmp/said")
shared=$(awk '/^passed/ && $NF > 0' "$tmp/said" | wc -l)
printf '%d passed, %d of them on several threads, %d failed\n' "$passed" "$shared" "$failed"
[ "$failed" = 0 ] && [ "$shared" -gt 15 ]
