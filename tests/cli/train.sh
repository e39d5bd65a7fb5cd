# A line has a slope: the loss goes down, the parameters are saved and used again.
cp "$EXAMPLES/apple.nn" .
cat >line.nn <<'END'
dim N <= 8
input x[N] = [0, 1, 2, 3]
input y[N] = [1, 3, 5, 7]
param a = 0, b = 0
guess = a * x + b
loss err = mean[N]((guess - y) ** 2)
output guess
train sgd(lr = 0.1)
END
try nngen train line.nn --steps 200 --dtype f64 --backend interp --save line.safetensors
try nngen eval line.nn 'x=[10]' 'y=[21]' --params line.safetensors --json --backend interp
try nngen train line.nn --steps 3 --lr 0.01 --log run.csv --dtype f64 --backend interp
cat run.csv
try nngen train line.nn --steps 0
try nngen train line.nn --steps 400 --lr 10 --backend interp
try nngen train line.nn --steps 2 'x=[1, 2]' 'y=[2, 4]' --optimizer 'momentum(lr = 0.01)' --dtype f64 --backend interp
try nngen train line.nn --steps 2 --optimizer 'sgd(lr = cosine(t, 0.1, 10))' --lr 1
try nngen train apple.nn --steps 2
try nngen train line.nn --steps 2 --log nowhere/run.csv --backend interp
try nngen train line.nn --steps 2 --save nowhere/p.safetensors --backend interp
ls
try nngen train line.nn --steps 1 --save /dev/full --backend interp
try nngen train line.nn --steps 1 --save /dev/null --backend interp
try nngen train line.nn --steps 1 --save . --backend interp
[ -c /dev/null ] && echo 'a device stays a device'
