# Inputs from files: a table, and numpy's own format.
printf 'a,b\n0,0\n0,1\n1,0\n1,1\n' >x.csv
printf '0\n1\n1\n0\n' >y.csv
cat >sum.nn <<'END'
dim N <= 8
input x[N, 2]
input w[N]
output y = sum[1](x) * w
END
printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }" >w.npy
printf '\000\000\000\000\000\000\360\077\000\000\000\000\000\000\000\100\000\000\000\000\000\000\010\100\000\000\000\000\000\000\020\100' >>w.npy
try nngen eval sum.nn x=x.csv w=w.npy --dtype f64
try nngen eval sum.nn x=x.csv w=y.csv --dtype f64
printf '1,2\n3\n' >ragged.csv
try nngen eval sum.nn x=ragged.csv w=w.npy
head -c 140 w.npy >short.npy
try nngen eval sum.nn x=x.csv w=short.npy
: >empty.csv
try nngen eval sum.nn x=empty.csv w=w.npy
