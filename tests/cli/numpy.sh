# Models as NumPy programs: the user's names and lines, and what cannot be said.
for name in fruit xor; do cp "$EXAMPLES/$name.nn" .; done
try nngen fruit.nn --emit numpy
try nngen xor.nn --emit=numpy -o xor.py
sed -n '/^def grad/,/^def step/p' xor.py
echo 'input x = 2; y = lgamma(x)
output slope = d(y)/d(x)' >slope.nn
try nngen slope.nn --emit numpy -o slope.py
ls
try nngen fruit.nn --emit numpy --dump ir
try nngen fruit.nn --emit java
