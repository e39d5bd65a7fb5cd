# Every command explains itself, with three examples.
try nngen --version
try nngen --help
for command in eval test train check bench fmt explain size ops; do try nngen $command --help; done
