# Data that comes packed: gzip of a table, an array, IDX; a safetensors file by the names of inputs; and what is damaged.
cat >sum.nn <<'END'
dim N <= 8
input x[N, 2]
input w[N] in 9
input scale = 1
output y = mean[N](scale * sum[1](x) * w)
END
printf 'x.0,x.1,w\n1,2,3\n4,5,6\n7,8,8\n' >rows.csv
gzip -k rows.csv
try nngen eval sum.nn --data rows.csv --json
try nngen eval sum.nn --data rows.csv.gz --json
cut -d, -f1,2 rows.csv | sed 1d | gzip >x.csv.gz
printf '\000\000\010\001\000\000\000\003\003\006\010' | gzip >w.idx.gz
try nngen eval sum.nn x=x.csv.gz w=w.idx.gz --json
cat x.csv.gz x.csv.gz >twice.gz # one stream after another is one file
try nngen eval sum.nn x=twice.gz 'w=[1, 1, 1, 1, 1, 1]' --json
head -c 30 x.csv.gz >cut.gz
try nngen eval sum.nn x=cut.gz w=w.idx.gz
(cat x.csv.gz; echo more) >longer.gz
try nngen eval sum.nn x=longer.gz w=w.idx.gz
try nngen eval sum.nn --data w.idx.gz
try nngen eval sum.nn --data rows.csv.gz --bind x=1
# safetensors: eight bytes of length, a header, the elements.
header='{"scale":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},"x":{"dtype":"F32","shape":[2,2],"data_offsets":[6,22]}}'
tensors() { # HEADER
  printf '%b' "$(printf '\\%03o\\000\\000\\000\\000\\000\\000\\000' ${#1})"
  printf '%s' "$1"
  printf '\000\000\000\100\001\002\000\000\200\077\000\000\000\100\000\000\100\100\000\000\200\100'
}
tensors "$header" >rows.safetensors
try nngen eval sum.nn --data rows.safetensors --json
try nngen eval sum.nn --data rows.safetensors --bind x=0:2
try nngen eval sum.nn x=rows.safetensors
tensors "$(echo "$header" | sed 's/scale/scales/')" >named.safetensors
try nngen eval sum.nn --data named.safetensors
tensors "$(echo "$header" | sed 's/"w":{"dtype":"U8"/"w":{"dtype":"I8"/; s/\[2,2\]/[4]/')" >flat.safetensors
try nngen eval sum.nn --data flat.safetensors
sed 's/\x01\x02/\x01\x0c/' rows.safetensors >class.safetensors
try nngen eval sum.nn --data class.safetensors
