# Inputs that do not fit end with 1, what cannot be opened with 3.
for model in apple hinge softmax xor; do cp "$EXAMPLES/$model.nn" .; done
try nngen eval xor.nn 'z=[1]'
try nngen eval xor.nn 'X=[[1, 2]]'
try nngen eval xor.nn 'x=[[1, 2, 3]]'
try nngen eval xor.nn 'x=[[1, 2], [3]]'
try nngen eval xor.nn 'x=[[1, 2], 3]'
try nngen eval xor.nn 'x=[[1, 2]'
try nngen eval xor.nn 'x=[]'
try nngen eval xor.nn 'x=[1 2]'
try nngen eval xor.nn 'x=[[1, 2]]]'
try nngen eval xor.nn 'x=[[[[[[[[[1]]]]]]]]]'
try nngen eval xor.nn x=nowhere.csv
try nngen eval xor.nn x=.
try nngen eval xor.nn N=1.5
try nngen eval xor.nn N=5
try nngen eval xor.nn N=2 
try nngen eval xor.nn 'x=[[0, 1]]'
try nngen eval hinge.nn
try nngen eval softmax.nn 'label=[0, 4]'
try nngen eval softmax.nn 'label=[0, 1.5]'
try nngen eval apple.nn 'apple=[1]'
try nngen eval xor.nn --params nowhere.safetensors
try nngen eval -e 'input x[2] = [1, 2]; output y = x' --grad
try nngen eval nowhere.nn
try nngen eval .
try nngen eval -D Q=3 apple.nn
