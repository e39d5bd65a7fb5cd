# The adjoint of a line, derived: numbers from samples, from what is given, or none; what no line of mathematics has.
for name in fruit neuron softmax xor two_layer; do cp "$EXAMPLES/$name.nn" .; done
try nngen explain fruit.nn:9
try nngen explain fruit.nn:6 apple=120
try nngen explain neuron.nn:6
try nngen explain softmax.nn:9
try nngen explain softmax.nn:12
try nngen explain xor.nn:7
try nngen explain xor.nn:8
try nngen explain two_layer.nn:11
cat >all.nn <<'END'
dim N = 2, D = 3
input x[N, D] = [[1, 2, 3], [4, 5, 6]], i[N] in D = [2, 0]
param W[D, D] = ones()
param b = 0.5
u = x.T
v = sum[D](x * W[i]) + max[D](x)
w = concat(v, cumsum(b * v))[1:3]
y = v * v + stop_gradient(v)
y = y / (1 + y)
fn twice(q) = 2 * q adjoint(g) = 2 * g
h = twice(y)
s = v
repeat k in 0..3 { s = s * 0.5 + v }
for t in N carry c = 0 { c = c + v[t] * b }
k = 3
same = v
loss e = sum(h) + sum(w) + sum(s) + c + sum(u)**2
END
for line in 5 6 7 8 9 11 13 14 15 16 17; do try nngen explain all.nn:$line; done
for line in 0 1 2 3 10 99; do try nngen explain all.nn:$line; done
try nngen explain missing.nn:3
echo 'y = x' >wrong.nn
try nngen explain wrong.nn:1
try nngen explain all.nn:6 --error-format short q=3
try nngen explain all.nn:6 -o page.html
try nngen explain fruit.nn --html -o page.html
grep -c 'class=row' page.html
try nngen explain fruit.nn --html -o missing/page.html
try nngen explain wrong.nn --html
# A line of a loop: one turn of it.
cp "$EXAMPLES/kalman.nn" "$EXAMPLES/lstm.nn" .
for line in kalman.nn:10 kalman.nn:14 kalman.nn:15 kalman.nn:16 lstm.nn:13; do try nngen explain $line; done
