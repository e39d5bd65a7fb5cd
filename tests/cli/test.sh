# Test blocks: what passed and failed, by backend; 4 if an expectation fails.
for model in apple gates two_layer; do cp "$EXAMPLES/$model.nn" .; done
cat >wrong.nn <<'END'
input x = 2
y = x * x
output y
test "right" { expect y = 4 }
test "off by one" {
  x = 3
  expect y = 10
  expect d(y)/d(x) = 6
}
test "conditions" { expect y > 5 }
END
try nngen test apple.nn gates.nn --backend interp
try nngen test apple.nn --backend all
try nngen test wrong.nn --backend interp
try nngen test wrong.nn apple.nn --backend interp -k right
try nngen test apple.nn -k nothing
try nngen test two_layer.nn
try nngen test nowhere.nn apple.nn --backend interp
echo 'y = nope' >broken.nn
try nngen test broken.nn wrong.nn --backend interp
try nngen test apple.nn --dtype f32 --backend interp
try nngen test -e "const k = 1/3; input x = 1; y = k * x; output y; test \"third\" { expect y = 0.333333333 +- 1e-9 }" --dtype f32 --backend interp
try nngen test -e "input x = 0.1; y = x; output y; test \"tenth\" { expect y = 0.1001 }" --dtype f32 --backend interp
try nngen test -e 'input x[2], y; test "y" { y = 1; expect y = 1; expect sum(x) = 1 }' --backend interp
try nngen test -e 'test "infinite" { expect inf = inf; expect 1 = inf; expect -inf = inf; expect inf = 1; expect 1 = nan }' --backend interp
