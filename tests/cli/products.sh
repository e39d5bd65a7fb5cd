# What index notation and layers are compiled as: products stay products in the gradient, transposes and outer sums are
# none, and no adjoint of a convolution with stride 1 is put together from overlapping windows.
count() { # TITLE TEXT
  nngen -e "dim N <= 8, T = 6, E = 4, D = 3, A = 2
input x[N, T, E], y[N, T, E], k[E, D], image[N, 3, 8, 8], row[E], wide[E, E]
$2" --dump=plan | awk -v title="$1" '
    function say() { if (entry) printf "  %s: %d products, %d spread", entry, products, spread }
    BEGIN { printf "%s:", title }
    /^(init|forward|grad|step):/ { say(); entry = ""; products = spread = 0 }
    /^(forward|grad):/ { entry = substr($1, 1, length($1) - 1) }
    / group [0-9]+: product/ { products++ }
    / group [0-9]+: spread/ { spread++ }
    END { say(); print "" }'
}
count 'a matrix product' 's[n, t, d] = sum[e](x[n, t, e] * k[e, d])
loss l = sum(s**2)
wrt x, k'
count 'a batched product' 's[n, i, j] = sum[e](x[n, i, e] * y[n, j, e])
loss l = sum(s**2)
wrt x, y'
count 'a sum of three factors' 's[n, j] = sum[i, e](x[n, i, e] * y[n, j, e] * row[e])
loss l = sum(s**2)
wrt x, y, row'
count 'a convolution' 'param w[5, 3, 3, 3] = he
s[n, o, i, j] = sum[c, u, v](image[n, c, i + u, j + v] * w[o, c, u, v])
loss l = sum(s**2)
wrt image'
count 'the same as a layer' 's = conv2d[5, 3](image)
loss l = sum(s**2)
wrt image'
count 'one channel each' 's = depthwise_conv2d[3](image, dilation = 2)
loss l = sum(s**2)
wrt image'
count 'an outer sum' 's[i, j] = row[i] + k[i, j]
loss l = sum(s**2)
wrt row, k'
count 'an outer product' 's[i, e, d] = row[i] * k[e, d]
loss l = sum(s**2)
wrt row, k'
count 'a transpose and a diagonal' 's[j, i] = k[i, j]
z[i] = wide[i, i]
loss l = sum(s**2) + sum(z**2)
wrt k, wide'
count 'attention' 's = attention[A](x, causal = 1)
loss l = sum(s**2)
wrt x'
count 'attention in index notation' 'q[n, t, a, d in 2] = x[n, t, 2*a + d]
s[n, a, i, j] = softmax[j](where(j <= i, sum[d](q[n, i, a, d] * q[n, j, a, d]), -inf))
z[n, i, a, d] = sum[j](s[n, a, i, j] * q[n, j, a, d])
loss l = sum(z**2)
wrt x'
