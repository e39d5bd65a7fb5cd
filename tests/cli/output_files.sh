# Files appear whole or not at all, and are left alone when nothing changed.
cp "$EXAMPLES/apple.nn" .
try nngen apple.nn -o model.c -MF model.d
ls
cat model.d
grep include model.c
ls -i model.c model.h >before
try nngen apple.nn -o model.c
ls -i model.c model.h | cmp before - && echo 'left alone'
try nngen apple.nn -o model.c --dtype f64
ls -i model.h | cmp - before >/dev/null 2>&1 || echo 'written anew'

cp model.c kept
try nngen -e 'y = nothing' -o model.c
cmp kept model.c && echo 'untouched by an error'
try nngen -e 'y = nothing' -o new.c
mkdir new.h
try nngen apple.nn -o new.c
rmdir new.h
try nngen apple.nn -o nowhere/new.c
ls

ln -s real.c link.c
: >real.c
nngen apple.nn -o link.c
ls -l link.c | grep -c -- '->'
[ -s real.c ] && echo 'a link stays a link'
chmod 640 model.c
nngen apple.nn -o model.c
ls -l model.c | cut -c1-10
nngen apple.nn -o - >/dev/full
echo "= $?"
nngen eval apple.nn --json >/dev/full
echo "= $?"
cp apple.nn 'a #b$.nn'
nngen 'a #b$.nn' -o 'a #b$.c' -MF d
cat d
