# A run stops at once when a number is not finite, and names the first one and its line; data and parameters that come so are said.
cat >wild.nn <<'END'
dim N <= 4
input x[N, 2]
input y[N]
param W[2, 3] = [[1, 2, 3], [4, 5, 6]]
param b = 0
h = exp(x @ W)
s = log(sum[1](h)) + b
loss err = mean[N]((s - y)**2)
train sgd(lr = 1)
END
printf 'x.0,x.1,y\n0,1,3\n1,0,2\n1,1,8\n-1,0,4\n2,-1,5\n' >rows.csv
for backend in interp tcc cc; do
  try nngen train wild.nn --data rows.csv --epochs 1 --lr 1000 --dtype f64 --batch 2 --backend $backend --save w.safetensors
done
[ -f w.safetensors ] || echo 'nothing was saved'
sed '4s/,8/,nan/' rows.csv >nan.csv
try nngen train wild.nn --data nan.csv --epochs 1 --backend interp
nngen train wild.nn --data rows.csv --epochs 1 --lr 1e-3 --save good.safetensors >/dev/null 2>&1
# The last step of a run spoils the parameters: nothing is saved either.
sed 's/,8/,800/' rows.csv >far.csv
try nngen train wild.nn --data far.csv --steps 1 --lr 3e38 --backend interp --save w.safetensors
[ -f w.safetensors ] || echo 'nothing was saved'
# A gradient that is not finite where the loss is: the square root of 0.
cat >root.nn <<'END'
param a = 0, c = 1
r = sqrt(a)
loss l = r + c**2
train sgd(lr = 0.1)
END
try nngen train root.nn --steps 5 --dtype f64 --backend interp
# A mask of the text is meant to be infinite.
cat >mask.nn <<'END'
input x[3] = [1, 2, 3]
param w[3] = [1, 1, 1]
z = where(x > 2.5, -inf, w * x)
q = logsumexp(z)
v = log(w)
loss l = (q - 1)**2 + sum(v**2)
train sgd(lr = 2)
END
try nngen train mask.nn --steps 50 --dtype f64 --backend interp
cat >loop.nn <<'END'
param w = 3
for t in 9 carry h = 1. { h = h**2 * w }
loss l = h
train sgd(lr = 1)
END
try nngen train loop.nn --steps 50 --dtype f64 --backend tcc
