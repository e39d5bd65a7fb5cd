# 1,000 turns: with checkpoint 32 under a tenth of the workspace, and the same bits in every gradient.
model() {
  cat <<EOF
model rnn
dim T = 1000, N = 2, H = 8, I = 3
input x[T, N, I] = 0.5
param W[I, H] = glorot()
param U[H, H] = glorot()
param b[H] = zeros()
for t in T $1 carry h = zeros[N, H], n = 1 {
  h = tanh(x[t] @ W + n * (h @ U) + b)
  n = 0.999 * n + 1e-6 * t
}
loss l = sum(h**2) + n
EOF
}
model '' >plain.nn
model 'checkpoint 32' >thrifty.nn
for f in plain thrifty; do
  nngen eval $f.nn --seed 3 --grad --json >$f.json
  nngen size $f.nn | sed -n 's/^work bytes *//p' >$f.bytes
done
cmp plain.json thrifty.json && echo 'the same gradients'
[ "$(cat thrifty.bytes)" -lt $(($(cat plain.bytes) / 10)) ] && echo 'under a tenth of the workspace'
