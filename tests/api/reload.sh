#!/bin/sh
# reload.sh PROGRAM EXAMPLES: a layer is added while the model trains, then the text is broken, then made whole again.
set -eu
program=$1 examples=$2
tmp=$(mktemp -d)
child=
trap '[ -z "$child" ] || kill "$child" 2>/dev/null || :; rm -rf "$tmp"' EXIT
cp "$examples/wave.nn" "$tmp/live.nn"

say() { # say TEXT-FILE: the model's file becomes it, whole
  cp "$1" "$tmp/aside"
  mv "$tmp/aside" "$tmp/live.nn"
}
wait_for() { # wait_for COUNT PATTERN: as many lines of what the program printed have it
  tries=0
  until [ "$(grep -c "$2" "$tmp/out")" -ge "$1" ]; do
    tries=$((tries + 1))
    [ $tries -le 300 ] && kill -0 "$child" || { echo "no '$2' in:"; cat "$tmp/out"; exit 1; }
    sleep 0.1
  done
}

"$program" "$tmp/live.nn" 2000000000 >"$tmp/out" 2>&1 &
child=$!
wait_for 1 '^step'
sed '/as fc1/a\
param gate = 0\
h = h + gate * (h |> dense[H](act = tanh) as mid)' "$examples/wave.nn" >"$tmp/deeper.nn"
say "$tmp/deeper.nn"
wait_for 1 '^reloaded'
for name in fc1.W fc1.b out.W out.b; do wait_for 1 "^  $name: kept"; done
for name in gate mid.W mid.b; do wait_for 1 "^  $name: initialised"; done
awk '/^reloaded/ && $6 + 0 != $8 + 0 { print "another loss: " $0; wrong = 1 } END { exit wrong }' "$tmp/out"

echo 'p = nothing_at_all' >"$tmp/broken.nn"
say "$tmp/broken.nn"
wait_for 1 'the old model goes on'
wait_for 1 'error\[E'

sed 's/dim H = 16/dim H = 8/' "$tmp/deeper.nn" >"$tmp/narrower.nn"
say "$tmp/narrower.nn"
wait_for 2 '^reloaded'
wait_for 1 '^  fc1.W: initialised, for its shape is another'
wait_for 1 '^  out.b: kept'
wait_for 1 "^  gate: kept"
