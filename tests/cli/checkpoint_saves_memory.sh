# 1,000 turns, or as many as the call says: with checkpoint 32 under a tenth of the workspace, and the same bits in every
# gradient. There are whole segments and one that ends sooner.
model() {
  cat <<EOM
model rnn
dim T $2 1000, N = 2, H = 8, I = 3
input x[T, N, I] $3
param W[I, H] = glorot()
param U[H, H] = glorot()
param b[H] = zeros()
for t in T $1 carry h = zeros[N, H], n = 1 {
  h = tanh(x[t] @ W + n * (h @ U) + b)
  n = 0.999 * n + 1e-6 * t
}
loss l = sum(h**2) + n
EOM
}
rows() { awk -v n="$1" 'BEGIN { for (t = 0; t < n; t++) printf "%s[[.%d, 1, 0], [0, .5, -.%d]]", t ? ", " : "[", t, t; print "]" }'; }
both() { # how T is said, what x is by itself, in which runs
  runs=$3
  model '' "$1" "$2" >plain.nn
  model 'checkpoint 32' "$1" "$2" >thrifty.nn
  for f in plain thrifty; do
    for n in $runs; do
      [ "$n" = all ] && set -- || set -- "x=$(rows "$n")"
      nngen eval $f.nn "$@" --seed 3 --grad --json
    done >$f.json
    nngen size $f.nn | sed -n 's/^work bytes *//p' >$f.bytes
  done
  cmp plain.json thrifty.json && echo 'the same gradients'
  [ "$(cat thrifty.bytes)" -lt $(($(cat plain.bytes) / 10)) ] && echo 'under a tenth of the workspace'
}
both = '= 0.5' all
both '<=' '' '1 31 32 33 100'
