# Other files: beside the model, then in -I; the depfile names what was read.
mkdir lib sub
printf 'fn twice(x) = 2 * x\n' >beside.nn
printf 'import "deeper.nn"\nfn thrice(x) = 3 * one(x)\n' >lib/far.nn
printf 'fn one(x) = x\n' >lib/deeper.nn
printf 'import "beside.nn"\nimport "far.nn"\ninput x = 1\noutput y = twice(x) + thrice(x)\n' >m.nn
try nngen eval m.nn
try nngen eval m.nn -I lib
try nngen m.nn -I lib -o m.c -MF m.d
cat m.d
printf 'import "a.nn"\ninput x = 1\noutput x\n' >b.nn
printf 'import "b.nn"\n' >a.nn
try nngen eval b.nn
printf 'fn twice(x) = x\n' >clash.nn
try nngen eval -e 'import "beside.nn"
import "clash.nn"
input x = 1
output y = twice(x)'
