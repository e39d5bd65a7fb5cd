# What the command line itself does wrong ends with 2, and nothing runs.
cp "$EXAMPLES/apple.nn" .
try nngen
try nngen paint apple.nn
try nngen evla apple.nn
try nngen eval
try nngen eval apple.nn --jsn
try nngen eval apple.nn -o apple.c
try nngen eval apple.nn --backend gcc
try nngen eval apple.nn --seed one
try nngen eval apple.nn --seed -1
try nngen eval apple.nn --seed
try nngen eval apple.nn --grad=yes
try nngen eval apple.nn apple
try nngen eval apple.nn -D H
try nngen eval apple.nn --json --save out.safetensors
try nngen apple.nn
try nngen apple.nn -o apple.h
try nngen apple.nn other.nn -o apple.c
try nngen apple.nn -o apple.c --dump=ir
try nngen apple.nn -o - -MF apple.d
try nngen apple.nn --dump=irr
try nngen apple.nn --dtype f16 -o apple.c
try nngen train apple.nn
try nngen train apple.nn --steps 1.5
try nngen train apple.nn --steps 10 --lr fast
try nngen fmt -w --check apple.nn
try nngen fmt -w -e 'y = 1'
try nngen bench apple.nn n=3
try nngen ops add
try nngen explain
try nngen explain sotfmax
try nngen eval apple.nn --jsn --error-format=json
try nngen eval apple.nn --error-format=json --jsn
try nngen apple.nn --without=fuse,tile
ls
