#!/bin/sh
# run.sh NNGEN JSONCMP TESTS-FOLDER MODEL.nn...: the NumPy program of each model computes what the interpreter does, values
# and every derivative, to 1e-9; what NumPy cannot say is refused where it stands. Ends with 77 (skipped) without NumPy.
set -u
nngen=$1 jsoncmp=$2 tests=$3
shift 3
for python in python3 /usr/bin/python3 none; do
  "$python" -c 'import numpy' 2>/dev/null && break
done
[ "$python" != none ] || { echo 'python3-numpy is not installed'; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

fails() { # NAME WHY
  failed=$((failed + 1))
  echo "FAILED  $1: $2"
  head -n 8 "$tmp/why"
}

compare() { # MODEL
  model=$1
  name=$(basename "$model" .nn)
  awk -v model="$name" -f "$tests/agree/draw.awk" "$tests/agree/inputs.txt" >"$tmp/words"
  set --
  while read -r word; do set -- "$@" "$word"; done <"$tmp/words"
  if ! "$nngen" "$model" --emit numpy -o "$tmp/$name.py" 2>"$tmp/why"; then
    if grep -q "^$model:[0-9]*:[0-9]*: error\[E0701\]" "$tmp/why"; then passed=$((passed + 1)); else fails "$name" 'is not emitted'; fi
    return
  fi
  if ! "$nngen" eval "$model" "$@" --grad --json --backend interp --dtype f64 >"$tmp/want" 2>"$tmp/why"; then
    grep -q E0502 "$tmp/why" || return # inputs are wanting: agree/ has none for it
    "$nngen" eval "$model" "$@" --json --backend interp --dtype f64 >"$tmp/want" 2>"$tmp/why" || return
  fi
  "$python" -B -W error::SyntaxWarning "$tmp/$name.py" "$@" >"$tmp/got" 2>"$tmp/why" || { tail -n 3 "$tmp/why" >"$tmp/end"; mv "$tmp/end" "$tmp/why"; fails "$name" 'does not run'; return; }
  if "$jsoncmp" 1e-9 "$tmp/want" "$tmp/got" >"$tmp/why" 2>&1; then passed=$((passed + 1)); else fails "$name" 'computes something else'; fi
}

# Three steps of training leave the parameters where nngen's leave them.
steps() { # MODEL
  name=$(basename "$1" .nn)
  "$nngen" train "$1" --steps 3 --dtype f64 --save "$tmp/w.safetensors" >"$tmp/why" 2>&1 &&
    "$nngen" eval "$1" --params "$tmp/w.safetensors" --json --dtype f64 --backend interp >"$tmp/want" 2>"$tmp/why" &&
    "$nngen" "$1" --emit numpy -o "$tmp/$name.py" 2>"$tmp/why" &&
    (cd "$tmp" && "$python" -B -c "
import json, numpy as np, $name as m
params, opt = m.init(), m.opt_init()
for _ in range(3): m.step(params, opt, m.SAMPLES)
print(json.dumps({'outputs': {k: np.asarray(v).tolist() for k, v in m.forward(params, m.SAMPLES).items()}}))") >"$tmp/got" 2>"$tmp/why" &&
    "$jsoncmp" 1e-9 "$tmp/want" "$tmp/got" >"$tmp/why" 2>&1
  if [ $? = 0 ]; then passed=$((passed + 1)); else fails "$name" 'is trained to something else'; fi
}
for model; do compare "$model"; done
sed 's/^train .*/train clip_norm(1) |> adam(lr = cosine(t, 0.1, 5))/' "$tests/../examples/xor.nn" >"$tmp/xor_adam.nn"
steps "$tests/../examples/xor.nn"
steps "$tmp/xor_adam.nn"
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed != 0 ]
