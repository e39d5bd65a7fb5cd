# What files of data and weights hold that cannot be read, each with its reason.
cat >two.nn <<'END'
dim N <= 4, M <= 3
input x[N, 2]
input w[N] in 9
input v[M]
input s = 1
param p[2] = 1
y = mean[N](sum[1](x * p) * w) * s
loss l = y**2
output u = sum(v)
train sgd(lr = 0.1)
END
says() { try nngen eval two.nn "$@"; }
printf '1,2\n3,4,5\n' >wide.csv
says x=wide.csv
awk 'BEGIN { printf "1"; for (i = 0; i < 600000; i++) printf ",1"; print "" }' >long.csv
says x=long.csv
printf '1,2\000\n' >zero.csv
says x=zero.csv
printf '\223NUMPY\001\000\010\000{"a":1}\n' >a.npy
says x=a.npy
printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }" >c.npy
says x=c.npy
printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<f8', 'fortran_order': False, 'shape': (70000, 70000), }" >large.npy
says x=large.npy
printf '\223NUMPY' >cut.npy
says x=cut.npy
printf '\000\000\010\001\000\000' >cut.idx
says w=cut.idx
printf '\000\000\010\001\000\000\000\003\001' >short.idx
says w=short.idx
printf 'PK\003\004 and no more' >cut.npz
says --data cut.npz
says x=cut.npz
printf 'PK\005\006\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000' >empty.npz
says x=empty.npz
printf 'PK\005\006\000\000\000\000\001\000\001\000\000\000\000\000\000\000\000\000\000\000' >none.npz
says --data none.npz
tensors() { # HEADER BYTES: the header filled to 160 bytes
  printf '\240\000\000\000\000\000\000\000%-160s' "$1"
  head -c "$2" /dev/zero
}
t() { echo "\"$1\":{\"dtype\":\"$2\",\"shape\":$3,\"data_offsets\":$4}"; }
refused() { # HEADER BYTES
  tensors "$1" "$2" >t.safetensors
  try nngen eval two.nn --params t.safetensors
}
refused "{$(t p F32 '[2]' '[0,8]'),}" 8
refused "{$(t p F8 '[2]' '[0,8]')}" 8
refused "{$(t p F32 '[2147483647,2147483647,9]' '[0,8]')}" 8
refused "{$(t p F32 '[2]' '[0,12]')}" 12
refused "{$(t p F32 '[2]' '[0,8]'),$(t q U8 '[4]' '[9,13]')}" 13
refused "{$(t p F32 '[2]' '[0,8]')}" 9
refused "{$(t p F32 '[2]' '[0,8]'),$(t p F32 '[2]' '[8,16]')}" 16
refused "{$(t p I32 '[2]' '[0,8]')}" 8
refused "{$(t p BOOL '[8]' '[0,8]')}" 8
# Rows that are none of the inputs'.
printf '1,2\n3,4\n5,6\n' >x.csv
printf '1\n2\n' >v.csv
printf 's\n1\n2\n' >s.csv
printf 'x.0,x.1\n1,2,3\n' >more.csv
printf 'w\n-1\n' >below.csv
printf 'x.0,x.0\n1,2\n' >twice.csv
: >empty.csv
for data in s more below twice empty; do try nngen train two.nn --data $data.csv --epochs 1; done
try nngen train two.nn x=x.csv v=v.csv --epochs 1
try nngen train two.nn --data x.csv --bind x=a:b --epochs 1
try nngen train two.nn --data x.csv --bind x=1:9 --epochs 1
try nngen train two.nn x=x.csv 'w=[1, -2, 3]' --epochs 1
try nngen train two.nn x=x.csv 'w=[1, 2.5, 3]' --epochs 1
try nngen train two.nn x=x.csv 'w=[1, 2, 30]' --epochs 1
try nngen train two.nn --steps 1 --batch 2
try nngen train two.nn --steps 1 --valid 0.5
try nngen train two.nn 'x=[[1, 2]]' 'w=[1]' 'v=[1]' --batch 1 --valid 0.5 --steps 3
# Options and values.
try nngen eval two.nn s=one
try nngen eval two.nn 's=[1, x]'
try nngen test -e 'output y = 1' two.nn
try nngen two.nn -o ''
try nngen help --complete=csh
try nngen help --complete=powershell
