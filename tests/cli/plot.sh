# The curves of a run: a picture, a sketch at the end on a terminal, a log that a resumed run goes on with.
cat >line.nn <<'END'
dim N <= 4
input x[N]
input y[N]
param a = 0, b = 0
loss err = mean[N]((a * x + b - y)**2)
output near = mean[N](abs(a * x + b - y) < 0.5)
train sgd(lr = 0.02)
END
printf 'x,y\n0,1\n1,3\n2,5\n3,7\n4,9\n5,11\n' >rows.csv
nngen() { command nngen train line.nn --data rows.csv --valid 0.34 --dtype f64 --backend interp "$@"; }
nngen --epochs 5 --plot whole.svg --log whole.csv --save whole.safetensors
cat whole.svg
nngen --epochs 3 --plot part.svg --log part.csv --save part.safetensors 2>/dev/null
nngen --epochs 5 --plot part.svg --log part.csv --resume part.safetensors --save part.safetensors
cmp whole.csv part.csv && cmp whole.svg part.svg && cmp whole.safetensors part.safetensors && echo 'the same after a resume'
nngen --epochs 5 --batch 1 --plot once.svg --log once.csv >/dev/null 2>&1
nngen --epochs 5 --batch 1 --plot often.svg --log often.csv --save often.safetensors --save-every 0 >/dev/null 2>&1
cmp once.csv often.csv && cmp once.svg often.svg && echo 'the same when saved often'
nngen --steps 7 --log cut.csv
cat cut.csv
# On a terminal: the last state of the line, without what time makes of it, and the sketch.
terminal() { script -qec "nngen train line.nn --dtype f64 --backend interp $*" /dev/null | tr '\r' '\n' | sed 's| *[0-9]*/s.*||' | sed '/^$/d'; }
terminal --data rows.csv --valid 0.34 --epochs 30 | tail -n 15
terminal "'x=[1, 2]' 'y=[3, 4]' --steps 40" | tail -n 15
# A narrow one gets no bar, and no more than fits.
script -qec "stty cols 40; nngen train line.nn --dtype f64 --backend interp --data rows.csv --valid 0.34 --epochs 2" /dev/null |
  tr '\r' '\n' | grep '^epoch 2'
# Nothing was learned, a level line, another log.
nngen --epochs 0 --plot none.svg && grep -c line none.svg
nngen --epochs 2 --lr 0 --plot level.svg 2>&1 | tail -n 1
sed -n '/class="line/p' level.svg
echo other >other.csv
nngen --epochs 5 --resume part.safetensors --log other.csv
cat other.csv
nngen --epochs 6 --resume part.safetensors --log other.csv
cat other.csv
nngen --epochs 1 --plot nowhere/a.svg
nngen --epochs 1 --plot
