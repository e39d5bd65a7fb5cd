#!/bin/sh
# convolutions.sh NNGEN JSONCMP FOLDER: what convolutions.txt lists is the same from the interpreter and libtcc.
set -u
nngen=$1 jsoncmp=$2 here=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

compare() { # BOUND SIZE SHAPE LAYERS
  printf 'model m\ndim N %s\ninput x[N, %s]\ny = x |> %s\nloss l = mean(y*y)\nwrt x\n' "$1" "$3" "$4" >"$tmp/m.nn"
  printf 'm x=%s\n' "$(printf '%s,%s' "$2" "$3" | tr -d ' ')" >"$tmp/inputs"
  word=$(awk -v model=m -f "$here/draw.awk" "$tmp/inputs")
  for how in 'f32 1e-5' 'f64 1e-12'; do
    for backend in interp tcc; do
      "$nngen" eval "$tmp/m.nn" "$word" --grad --json --seed 3 --backend $backend --dtype "${how% *}" >"$tmp/$backend" 2>"$tmp/why" || {
        echo "FAILED  N $1, $2: $4 on $backend"
        head -n 5 "$tmp/why"
        failed=$((failed + 1))
        continue 2
      }
    done
    if why=$("$jsoncmp" "${how#* }" "$tmp/interp" "$tmp/tcc"); then passed=$((passed + 1)); else
      echo "FAILED  N $1, $2: $4 in ${how% *}: $why"
      failed=$((failed + 1))
    fi
  done
}

while IFS='|' read -r bound size shape layers; do
  case $bound in '#'*) continue ;; esac
  compare "${bound% }" "$(printf %s "$size" | tr -d ' ')" "$shape" "$layers"
done <"$here/convolutions.txt"
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed != 0 ]
