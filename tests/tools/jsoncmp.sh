#!/bin/sh
# jsoncmp.sh JSONCMP MEASURE: the tools that judge others say no where they must.
set -u
jsoncmp=$1 measure=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
passed=0 failed=0
expect() { # STATUS COMMAND...
  want=$1
  shift
  "$@" >said 2>&1
  status=$?
  if [ $status = "$want" ]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED  $*: exit status $status, not $want"
    cat said
  fi
}
pair() { # STATUS TOLERANCE A B
  printf '%s\n' "$3" >a
  printf '%s\n' "$4" >b
  expect "$1" "$jsoncmp" "$2" a b
}
pair 0 1e-5 '{"o": {"p": [1, 2]}}' '{"o":{"p":[1.000001,2]}}'
pair 0 0 '{"p": NaN, "q": -Infinity, "r": 0}' '{"p": NaN, "q": -Infinity, "r": 0}'
pair 1 1e-5 '{"p": [1, 2]}' '{"p": [1.001, 2]}'
pair 1 1e-5 '{"p": [1, 2]}' '{"p": [1, 2, 3]}'
pair 1 1e-5 '{"p": [[1], [2]]}' '{"p": [1, 2]}'
pair 0 1e-5 '{"g": {"p": [1], "q": [1e-9]}}' '{"g": {"p": [1], "q": [2e-9]}}'
pair 1 1e-5 '{"g": {"p": [1], "q": [1e-3]}}' '{"g": {"p": [1], "q": [1.001e-3]}}'
pair 1 1e-5 '{"p": 1}' '{"q": 1}'
pair 1 1e-5 '{"p": NaN}' '{"p": 1}'
pair 1 1e-5 '{"p": 1, "q": 1e-3}' '{"p": 1, "q": 1.01e-3}'
pair 0 1e-5 '{"p": [1, 1e-9]}' '{"p": [1, 2e-9]}'
pair 1 1e-5 '{}' '{}'
expect 0 "$measure" 60 1000 true
expect 1 "$measure" 60 1000 false
expect 1 "$measure" 0 1000 true
expect 1 "$measure" 60 0 true
expect 1 "$measure" 60 1000 sh -c 'kill -9 $$'
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
