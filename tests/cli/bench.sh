# Times differ from run to run: only the form is looked at here.
for model in two_layer xor; do cp "$EXAMPLES/$model.nn" .; done
numbers='s/[0-9][0-9.]*/#/g'
nngen bench xor.nn --backend interp --json | sed "$numbers"
nngen bench xor.nn --json | sed "$numbers"
nngen bench two_layer.nn N=2 --backend tcc | sed "$numbers; s/  */ /g"
try nngen bench xor.nn Q=2 --backend interp
nngen size xor.nn | head -n 2
nngen size xor.nn --dtype f64 --json | sed "$numbers"
# Sizes that the samples do not have: inputs are drawn.
try nngen bench xor.nn N=2 --backend tcc | sed "$numbers; s/  */ /g"
try nngen bench xor.nn N=8 --backend tcc
