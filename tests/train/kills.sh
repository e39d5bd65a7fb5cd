#!/bin/sh
# kills.sh NNGEN COUNT: a run that saves after every step is killed COUNT times at random moments and goes on each time from
# the file it left. Every file is whole, and the last equals that of a run that was never killed, byte for byte.
set -u
nngen=$1 count=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
cat >net.nn <<'END'
dim N <= 16
input x[N, 4]
input y[N, 1]
p = x |> dense[64](act = tanh) |> dropout(0.1) |> dense[1]
loss err = mse(p, y)
train adam(lr = 0.001)
END
awk 'BEGIN { srand(5); print "x.0,x.1,x.2,x.3,y.0"
  for (i = 0; i < 100; i++) { for (k = 0; k < 5; k++) printf "%s%.4f", k ? "," : "", rand() * 2 - 1; print "" } }' >rows.csv
train() { "$nngen" train net.nn --data rows.csv --valid 0.2 --backend tcc "$@"; }
step() { "$nngen" weights run.safetensors | sed -n 's/^run\/step .* //p'; }

train --steps 1 --save run.safetensors >said 2>&1 || { cat said; exit 1; }
killed=0 unreadable=0 before=$(step)
for moment in $(awk -v n="$count" 'BEGIN { srand(); for (i = 0; i < n; i++) printf "%.3f ", 0.02 + rand() * 0.08 }'); do
  "$nngen" train net.nn --data rows.csv --valid 0.2 --backend tcc --steps 1000000000 --resume run.safetensors \
    --save run.safetensors --save-every 0 >said 2>&1 &
  pid=$!
  sleep "$moment"
  kill -KILL $pid 2>>said && killed=$((killed + 1))
  wait $pid 2>>said
  now=$(step)
  if [ -z "$now" ] || [ "$now" -lt "$before" ]; then
    unreadable=$((unreadable + 1))
    cat said
    "$nngen" weights run.safetensors
    break
  fi
  before=$now
done
last=$((before + 3))
echo "$killed kills, $unreadable unreadable files, step $before, $(find . -name 'run.safetensors.*' | wc -l) files left aside"
[ $unreadable = 0 ] && [ $killed = "$count" ] && train --steps $last --resume run.safetensors --save run.safetensors >said 2>&1 &&
  train --steps $last --save whole.safetensors >said 2>&1 && cmp run.safetensors whole.safetensors && echo 'the same as never killed'
