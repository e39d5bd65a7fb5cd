# What cannot be drawn is said, and no file appears.
cp "$EXAMPLES/fruit.nn" .
try nngen graph
try nngen graph fruit.nn -o fruit.png
try nngen graph fruit.nn --depth 0
try nngen graph fruit.nn --depth deep
try nngen graph fruit.nn --grad
try nngen graph fruit.nn aple=3
try nngen graph fruit.nn apple=
try nngen graph fruit.nn 'apple=[1, 2]' -o fruit.svg
try nngen graph nowhere.nn
try nngen graph -e 'y = x'
try nngen graph --backward -e 'input x[2]
output y = x + 1'
awk 'BEGIN { print "input x"; print "y = x"; for (i = 0; i < 4100; i++) print "y = sin(y)"; print "output y" }' > long.nn
try nngen graph long.nn -o long.svg
try nngen graph -e 'dim N <= 4
input x[N]
output y = sum(x)' N=9
try nngen graph fruit.nn -o nowhere/fruit.svg
ls
