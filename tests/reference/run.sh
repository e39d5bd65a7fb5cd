#!/bin/sh
# run.sh NNGEN TESTS-FOLDER: values and gradients of larger examples against programs written by hand in NumPy. Ends with 77
# (skipped) where no Python has NumPy.
set -u
nngen=$1 tests=$2
for python in python3 /usr/bin/python3 none; do
  "$python" -c 'import numpy' 2>/dev/null && break
done
[ "$python" != none ] || { echo 'python3-numpy is not installed'; exit 77; }
passed=0 failed=0
for program in "$tests"/reference/*.py; do
  case $program in */reference.py) continue ;; esac
  if "$python" -B "$program" "$nngen" "$tests/../examples"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed != 0 ]
