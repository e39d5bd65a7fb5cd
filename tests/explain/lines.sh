#!/bin/sh
# lines.sh NNGEN MODEL.nn...: every line of these models is derived, or it is said why there is nothing to derive.
set -u
nngen=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0 derived=0
for model; do
  line=0
  while [ "$line" -le "$(wc -l <"$model")" ]; do
    line=$((line + 1))
    "$nngen" explain "$model:$line" --error-format short >"$tmp/out" 2>"$tmp/err"
    status=$?
    if [ $status = 0 ] && grep -q '^Back' "$tmp/out"; then
      passed=$((passed + 1)) derived=$((derived + 1))
    elif [ $status = 1 ] && grep -q 'error\[E0\(502\|205\)\]' "$tmp/err" && [ ! -s "$tmp/out" ]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      echo "FAILED  $model:$line: exit status $status"
      head -n 5 "$tmp/err"
    fi
  done
done
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $derived -gt 50 ]
