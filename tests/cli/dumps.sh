# Every stage prints, and the tree prints even where the rest fails.
cp "$EXAMPLES/xor.nn" .
for stage in ast ir grad opt plan c h jit; do
  nngen xor.nn --dump=$stage >$stage || echo "$stage failed"
  [ -s $stage ] || echo "$stage is empty"
done
try nngen -e 'y = nope' --dump=ast
try nngen -e 'y = nope' --dump=ir
try nngen -e 'y = (' --dump=ast
nngen xor.nn -o - | cmp - c
