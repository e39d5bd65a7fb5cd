# Rows from a table: its first line names inputs, or --bind does; the last minibatch is smaller; the held-out rows of the
# same seed are those that eval is asked about; what does not fit says where.
cat >classes.nn <<'END'
dim N <= 4
input x[N, 2]
input label[N] in 3
z = x |> dense[3] as fc
loss nll = mean[N](cross_entropy(z, label))
output accuracy = mean[N](argmax[-1](z) == label)
train adam(lr = 0.1)
END
cat >points.csv <<'END'
x.0,x.1,label
1,0,0
2,0.5,0
1.5,-0.5,0
0,1,1
0.5,2,1
-0.5,1.5,1
-1,-1,2
-2,-1.5,2
-1,-2,2
2,0,0
END
try nngen train classes.nn --data points.csv --epochs 30 --valid 0.3 --save w.safetensors --log run.csv --dtype f64 --backend interp >said
sed -n '1,2p;$p' said
sed -n '1,2p;$p' run.csv
wc -l <run.csv
try nngen eval classes.nn --data points.csv --valid 0.3 --params w.safetensors --dtype f64 --backend interp
try nngen eval classes.nn --data points.csv --params w.safetensors --json --dtype f64 --backend interp
sed 1d points.csv >bare.csv
try nngen eval classes.nn --data bare.csv --bind x=0:2,label=2 --params w.safetensors --json --dtype f64 --backend interp
cut -d, -f1,2 bare.csv >x.csv
cut -d, -f3 bare.csv >label.csv
try nngen eval classes.nn x=x.csv label=label.csv --batch 4 --params w.safetensors --json --dtype f64 --backend interp
nngen train classes.nn x=x.csv label=label.csv --epochs 30 --valid 0.3 --save v.safetensors --dtype f64 --backend interp >/dev/null 2>&1
cmp w.safetensors v.safetensors && echo 'columns or arrays: the same numbers'
try nngen train classes.nn --data points.csv --epochs 100 --valid 0.3 --patience 2 --lr 0.5 --batch 2 --dtype f64 --backend interp
# What does not fit.
try nngen train classes.nn --data bare.csv --epochs 1
try nngen train classes.nn --data bare.csv --bind x=0:2,label=3 --epochs 1
try nngen train classes.nn --data bare.csv --bind x=0:3,label=2 --epochs 1
try nngen train classes.nn --data bare.csv --bind y=0 --epochs 1
try nngen train classes.nn --data bare.csv --bind x=0:1,label=2 --epochs 1
sed 's/label/labels/' points.csv >misspelt.csv
try nngen train classes.nn --data misspelt.csv --epochs 1
sed '5s/1$/3/' points.csv >class.csv
try nngen train classes.nn --data class.csv --epochs 1
sed '5s/1$/0.5/' points.csv >half.csv
try nngen train classes.nn --data half.csv --epochs 1
sed '7s/,.*,/,wide,/' points.csv >word.csv
try nngen train classes.nn --data word.csv --epochs 1
sed '7s/,2$//' points.csv | sed '6s/,1$//' >ragged.csv
try nngen train classes.nn --data ragged.csv --epochs 1
sed 's/x.1/x.2/' points.csv >hole.csv
try nngen train classes.nn --data hole.csv --epochs 1
sed 4q bare.csv | cut -d, -f3 >few.csv
try nngen train classes.nn x=x.csv label=few.csv --epochs 1
try nngen train classes.nn x=x.csv --epochs 1
try nngen train classes.nn --data points.csv --epochs 1 --batch 5
try nngen train classes.nn --data points.csv --epochs 1 --valid 1
try nngen train classes.nn --data nowhere.csv --epochs 1
try nngen train classes.nn --epochs 1
try nngen eval classes.nn --data points.csv --grad
# Runs that go on must be the same run.
nngen train classes.nn --data points.csv --epochs 1 --valid 0.3 --seed 2 --save run.safetensors >/dev/null 2>&1
try nngen train classes.nn --epochs 2 --resume run.safetensors
try nngen train classes.nn --steps 9 --resume run.safetensors
try nngen train classes.nn --data few.csv --bind label=0 --epochs 2 --resume run.safetensors
try nngen train classes.nn --data points.csv --epochs 2 --resume run.safetensors --seed 3
try nngen train classes.nn --data points.csv --epochs 2 --resume run.safetensors --batch 2
try nngen train classes.nn --data points.csv --epochs 2 --resume run.safetensors --valid 0.2
try nngen train classes.nn --data points.csv --epochs 2 --resume run.safetensors --dtype f64
try nngen train classes.nn --data points.csv --epochs 2 --resume run.safetensors --optimizer 'sgd(lr = 0.1)'
try nngen train classes.nn --data points.csv --epochs 2 --resume run.safetensors --params run.safetensors
try nngen train classes.nn --data points.csv --epochs 2 --resume nowhere.safetensors
try nngen train classes.nn --data points.csv --epochs 2 --save-every 1
try nngen train classes.nn --data points.csv --epochs 1 --resume run.safetensors
nngen eval classes.nn --data points.csv --save results.safetensors
try nngen train classes.nn --data points.csv --epochs 2 --resume results.safetensors
sed 's/dense\[3\] as fc/dense[4] as f |> dense[3] as fc/' classes.nn >deeper.nn
try nngen eval deeper.nn --data points.csv --params run.safetensors
try nngen eval classes.nn --data points.csv --params results.safetensors
try nngen eval classes.nn --data points.csv --params points.csv
