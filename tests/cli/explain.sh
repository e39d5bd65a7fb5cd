# Errors, operations and library functions.
try nngen explain E0201
try nngen explain tanh
try nngen explain softmax adam
try nngen explain E9999
nngen ops | grep -c '^tanh\|^softmax\|^dense\|^adam\|^concat'
