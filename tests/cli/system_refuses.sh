# What the system refuses to open, read or write ends with 3, whatever the command; what a file holds ends with 1.
cp "$EXAMPLES/xor.nn" .
mkdir folder
echo hello >text
printf 'a,b\n1,x\n' >words.csv
for model in missing.nn folder; do
  try nngen $model -o x.c
  for command in eval test check bench size fmt; do try nngen $command $model; done
  try nngen train $model --steps 1
done
for file in missing folder; do
  try nngen eval xor.nn x=$file
  try nngen eval xor.nn --params $file
done
try nngen eval xor.nn x=text
try nngen eval xor.nn x=words.csv
try nngen eval xor.nn --params text
try nngen xor.nn -o folder
try nngen xor.nn -o missing/x.c
try nngen xor.nn -o x.c -MF folder
try nngen eval xor.nn --save folder
try nngen eval xor.nn --save missing/x.safetensors
try nngen train xor.nn --steps 1 --save folder
try nngen train xor.nn --steps 1 --log folder
# Names and shapes that the model does not have.
try nngen eval xor.nn dense1.w=3
try nngen eval xor.nn dense1.W=3
try nngen eval xor.nn 'x=[[1, 2, 3]]'
try nngen eval xor.nn h=3
try nngen eval xor.nn -D h=3
try nngen eval xor.nn -D H=0
try nngen train xor.nn --steps 1 --optimizer 'adm()'
try nngen train xor.nn --steps 1 --optimizer 'adam(rate = 1)'
try nngen -e 'import "folder"' -o x.c
try nngen -e 'param W[2] = file("missing.npy")' -o x.c
try nngen -e 'param W[2] = file("text")' -o x.c
try nngen xor.nn -o x.c --gpu
ls
