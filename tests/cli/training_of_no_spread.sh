# Layers as they are in training, at the points where libraries differ: a batch without spread, a batch of one, no
# element kept. Of all the gradients what stands in the table of hard points: +-158.11388300841895, then zeros.
echo 'dim N <= 4; input x[N, 1, 1]; y = x |> batchnorm; loss first = y[0, 0, 0]; wrt x' >norm.nn
echo 'dim N <= 4; input x[N, 1, 2]; y = x |> batchnorm; loss first = y[0, 0, 0]; wrt x' >wide.nn
echo 'input x[2]; y = x |> dropout(p = 1); z = x |> dropout(p = 0); loss all = sum(y) + sum(z); wrt x' >drop.nn
for backend in interp tcc; do
  try nngen eval norm.nn 'x=[[[3]], [[3]]]' --grad --dtype f64 --backend $backend
  try nngen eval norm.nn 'x=[[[7]]]' --grad --dtype f64 --backend $backend
  try nngen eval drop.nn 'x=[1, 2]' --grad --dtype f64 --backend $backend
done
try nngen eval wide.nn 'x=[[[3, 4]]]' --grad --dtype f64 --backend interp
