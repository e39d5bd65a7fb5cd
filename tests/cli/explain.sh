# Errors, operations and library functions.
try nngen explain E0201
try nngen explain tanh
try nngen explain softmax adam
try nngen explain solve
try nngen explain E9999
for name in tanh softmax dense adam concat; do nngen ops | grep "^$name[[(]"; done
