# What is different while training: dropout drops the same elements in the loss and in its gradient, on every backend, and
# other ones for another seed; batchnorm takes the batch's mean and remembers it for later.
cat >drop.nn <<'END'
dim N = 2, K = 6
input x[N, K] = [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]
h = x |> dropout(0.5)
y = h |> dropout(0.25)
output h, y
loss l = sum(y)
wrt x
END
try nngen eval drop.nn --json --backend interp
for backend in interp tcc cc; do
  nngen eval drop.nn --grad --json --seed 3 --dtype f64 --backend $backend >$backend.json || echo $backend failed
done
cmp interp.json tcc.json && cmp interp.json cc.json && cat interp.json
try nngen eval drop.nn --grad --json --seed 4 --backend interp
cat >norm.nn <<'END'
dim N = 4
input x[N, 1] = [[1], [3], [5], [7]]
y = x |> batchnorm(eps = 0) as bn
output y, mean = bn.mean, var = bn.var
loss l = sum(y)
train sgd
END
try nngen eval norm.nn --json --backend interp
try nngen eval norm.nn --grad --json --dtype f64 --backend interp
try nngen train norm.nn --steps 2 --lr 0 --save seen.safetensors --backend interp
try nngen eval norm.nn --params seen.safetensors --json --dtype f64 --backend interp
