#!/bin/sh
# run.sh NNGEN JSONCMP TESTS-FOLDER: outputs and every gradient of every example and golden .c are the same from the
# interpreter, libtcc and the C compiler: to 1e-5 in float, to 1e-12 in double.
set -u
nngen=$1 jsoncmp=$2 tests=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

evaluate() { # BACKEND DTYPE MODEL: the inputs are the positional words
  backend=$1 dtype=$2 model=$3
  shift 3
  "$nngen" eval "$model" "$@" --grad --json --backend "$backend" --dtype "$dtype" >"$tmp/$backend" 2>"$tmp/why" && return
  # Without one scalar there is no gradient, and the values alone are compared.
  grep -q E0502 "$tmp/why" && "$nngen" eval "$model" "$@" --json --backend "$backend" --dtype "$dtype" >"$tmp/$backend"
}

compare() { # MODEL
  model=$1
  name=$(basename "$model" .nn)
  awk -v model="$name" -f "$tests/agree/draw.awk" "$tests/agree/inputs.txt" >"$tmp/words"
  set --
  while read -r word; do set -- "$@" "$word"; done <"$tmp/words"
  for how in 'f32 1e-5' 'f64 1e-12'; do
    dtype=${how% *} tolerance=${how#* }
    for backend in interp tcc cc; do
      if ! evaluate "$backend" "$dtype" "$model" "$@"; then
        echo "FAILED  $name on $backend in $dtype"
        head -n 5 "$tmp/why"
        failed=$((failed + 1))
        continue 2
      fi
    done
    for backend in tcc cc; do
      if why=$("$jsoncmp" "$tolerance" "$tmp/interp" "$tmp/$backend"); then passed=$((passed + 1)); else
        echo "FAILED  $name on $backend in $dtype: $why"
        failed=$((failed + 1))
      fi
    done
  done
}
for model in "$tests"/../examples/*.nn "$tests"/golden/c/*.nn; do [ ! -f "$model" ] || compare "$model"; done
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed != 0 ]
