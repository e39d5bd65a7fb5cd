# Padding an outer axis: a condition that the innermost loop does not know, which gcc 12 miscompiles under some flags.
cat >pads.nn <<'END'
input m[9, 5] = reshape[9, 5](range[45]), q[3, 11, 7] = reshape[3, 11, 7](range[231])
output y = pad[0](m, 2), z = pad[1](q, 1)
END
for dtype in f64 f32; do
  for backend in interp tcc cc; do
    nngen eval pads.nn --json --dtype $dtype --backend $backend >$backend.json || echo $backend failed
  done
  cmp interp.json tcc.json && cmp interp.json cc.json && echo $dtype: the same
done
cat >net.nn <<'END'
input q[2, 3, 9]
loss l = sum((q |> conv1d[5, 3](pad = 1) |> relu) ** 2)
wrt q
END
nngen check net.nn --backend all | tail -n 1
# Sums of what hangs on a condition, of elements that do not lie side by side: the same compiler, other loops.
cat >sums.nn <<'END'
input x[2, 1, 6, 6]
h = x |> conv2d[4, 3] |> batchnorm |> relu |> conv_transpose2d[1, 3]
loss l = sum(h**2)
wrt x
END
nngen check sums.nn --backend all | tail -n 1
