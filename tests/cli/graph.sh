# The graph of a model: text for a terminal, SVG, DOT; values above the lines and gradients below where inputs are known.
cp "$EXAMPLES/apple.nn" "$EXAMPLES/fruit.nn" "$EXAMPLES/xor.nn" "$EXAMPLES/lenet.nn" .
try nngen graph apple.nn
try nngen graph fruit.nn
try nngen graph fruit.nn apple=120 tax=1.2
try nngen graph fruit.nn --backward
try nngen graph xor.nn
try nngen graph xor.nn --depth 2 --seed 2
try nngen graph lenet.nn
try nngen graph apple.nn -o apple.svg
try nngen graph fruit.nn -o fruit.dot
try nngen graph fruit.nn -o fruit.svg --text
try cat fruit.dot
sed -e '/^<style>/,/^<.style>/d' -e 's/ \(d\|[xy]\|c[xy]\|r\|rx\|width\|height\|viewBox\)="[^"]*"//g' apple.svg | uniq
nngen graph fruit.nn -o - | sed -n 's/^<text class="\(value\|slope\)[^>]*>\([^<]*\).*/\1 \2/p'
try nngen graph -e 'input x[2, 3]
y = sum(x * x)
output y'
try nngen graph -e 'input x = 2
fn square(v) = v * v
y = square(x) + square(x + 1)
output y'
try nngen graph --depth 2 -e 'input x = 2
fn square(v) = v * v
y = square(x) + square(x + 1)
output y'
# What calls have in common is none of their business.
try nngen graph -e 'input x[4] = [1, 2, 3, 4]
p = softmax(x)
unused = logsumexp(x)
output p, q = sum(log_softmax(x)), m = max(x) * 2'
try nngen graph -e 'input x = 3
output y = sqrt(16) * max(x, 5)'
try nngen graph -e 'input x[4] = [1, -1, 0, 4]
output y = log(x)'
try nngen graph -e 'input x[3] = [1, 2, 3]
for t in 0..3 carry s = 0 { s = s + x[t] ** t }
output s'
