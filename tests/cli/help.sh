# Every command explains itself, with three examples.
try nngen --version
try nngen --help
for command in eval test train check bench fmt explain size graph weights ops; do try nngen $command --help; done
nngen help | head -n 3
nngen help bench | head -n 3
try nngen help bnech
try nngen help eval train
