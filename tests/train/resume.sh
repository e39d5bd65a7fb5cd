#!/bin/sh
# resume.sh NNGEN: a run that stops, by itself or by Ctrl-C, and goes on from its file comes to the same file, byte for byte,
# as one that never stopped; with everything in it that could differ: dropout, batchnorm, moments, schedules, a last batch
# that is smaller, rows held out.
set -u
nngen=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
cat >net.nn <<'END'
dim N <= 8
input x[N, 3]
input label[N] in 2
h = x |> dense[6](act = relu) |> batchnorm |> dropout(0.25)
z = h |> dense[2] as head
loss nll = mean[N](cross_entropy(z, label))
output accuracy = mean[N](argmax[-1](z) == label)
train clip_norm(1) |> adam(lr = cosine(t, 0.01, 200))
END
awk 'BEGIN { srand(7); print "x.0,x.1,x.2,label"
  for (i = 0; i < 53; i++) { a = rand(); b = rand(); c = rand(); printf "%.6f,%.6f,%.6f,%d\n", a, b, c, (a + b > 2 * c) } }' >rows.csv
passed=0 failed=0
verdict() { # WORDS: of the command before
  if [ $? = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED  $*"; fi
}
train() { "$nngen" train net.nn --data rows.csv "$@" >out 2>err; }

for how in 'tcc f32' 'cc f32' 'interp f64' 'tcc f64'; do
  backend=${how% *} dtype=${how#* }
  common="--valid 0.1 --seed 3 --backend $backend --dtype $dtype"
  # shellcheck disable=SC2086
  train $common --epochs 9 --save whole.safetensors
  verdict "$how: a run"
  tail -n 1 out >whole.out
  for stop in 1 6 7 20 41; do # of six steps an epoch: its first, its last, in the middle
    # shellcheck disable=SC2086
    train $common --steps $stop --save part.safetensors &&
      train --backend "$backend" --dtype "$dtype" --epochs 9 --resume part.safetensors --save part.safetensors &&
      cmp whole.safetensors part.safetensors && tail -n 1 out | cmp - whole.out
    verdict "$how: stopped after step $stop"
  done
done

# Ctrl-C finishes the step, saves, and ends with 130; patience is not forgotten.
stop() { # BACKEND SIGNAL STATUS
  backend=$1
  rm -f cut.safetensors
  "$nngen" train net.nn --data rows.csv --valid 0.1 --backend $backend --steps 100000000 --save cut.safetensors --save-every 0.1 >out 2>err &
  pid=$!
  for i in $(seq 300); do [ -f cut.safetensors ] || sleep 0.1; done # it is under way
  kill -"$2" $pid
  wait $pid
  [ $? = "$3" ]
  verdict "$backend: SIG$2 ends with $3"
  step=$(sed -n 's/^stopped after step //p' err)
  [ "${step:-0}" -gt 0 ] && train --valid 0.1 --backend $backend --steps $((step + 9)) --save whole.safetensors &&
    train --backend $backend --steps $((step + 9)) --resume cut.safetensors --save cut.safetensors && cmp whole.safetensors cut.safetensors
  verdict "$backend: after SIG$2 at step $step"
}
stop tcc INT 130
stop cc INT 130
stop tcc TERM 143
stop tcc HUP 129
train --valid 0.3 --epochs 200 --patience 2 --backend tcc --save whole.safetensors && grep -q '^stopped: no better' err
verdict 'patience ends a run'
train --valid 0.3 --epochs 3 --patience 2 --backend tcc --save part.safetensors &&
  train --epochs 200 --patience 2 --backend tcc --resume part.safetensors --save part.safetensors && cmp whole.safetensors part.safetensors
verdict 'patience over a resume'
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
