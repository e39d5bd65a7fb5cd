# Derivatives against differences: 4 if one is wrong.
for model in gates quad; do cp "$EXAMPLES/$model.nn" .; done
try nngen check gates.nn --backend interp
try nngen check quad.nn --backend interp
cat >lie.nn <<'END'
fn half(x) = x * x  adjoint(g) = g * x
input a = 3, b = 2
output y = half(a) + b
END
try nngen check lie.nn --backend interp
cat >flat.nn <<'END'
fn cube(x) = x ** 3  adjoint(g) = 3 * g * stop_gradient(x) ** 2
input a = 3, b = 2
output y = cube(a) * b
END
try nngen check flat.nn --backend interp
try nngen check flat.nn --backend interp --second
echo 'input S[2, 2]; y = sum(cholesky(S - 9 * eye[2])); output y' >nowhere.nn
try nngen check nowhere.nn --backend interp
# what the user's stop_gradient hides from the derivative but not from differences; what hides behind the library's own fails
echo 'input a[2] = [1, 2]; input b = 3; loss l = sum(a * stop_gradient(a ** 2)) * b; wrt a, b' >stopped.nn
try nngen check stopped.nn --backend interp
echo 'fn bad(x) = x ** 2 adjoint(g) = g; input a[3] = [1, 2, 3]; loss l = sum(softmax(bad(a)) * [1, 2, 5]); wrt a' >wrong.nn
try nngen check wrong.nn --backend interp
