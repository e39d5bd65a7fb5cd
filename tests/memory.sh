#!/bin/sh
# memory.sh NNGEN MODEL...: no workspace is more than a tenth larger than what is in use in it at most, in the order in which
# things are done.
set -u
nngen=$1
shift
checked=0 failed=0
for model in "$@"; do
  for dtype in f32 f64; do
    "$nngen" "$model" --dtype $dtype --dump=plan | awk '
      / bytes, .* in use at most$/ && !/^(init|opt_init|state_init):/ {
        for (i = 1; i < NF; i++) if ($(i + 1) == "bytes,") bytes = $i; else if ($(i + 1) == "in") used = $i
        if (bytes > most) { most = bytes; in_use = used }
        entries++
      }
      END { exit !(entries && most <= 1.1 * in_use) }' || {
      echo "FAILED  $model in $dtype"
      failed=$((failed + 1))
    }
    checked=$((checked + 1))
  done
done
printf '%d checked, %d failed\n' $checked $failed
[ $failed = 0 ] && [ $checked -gt 1 ]
