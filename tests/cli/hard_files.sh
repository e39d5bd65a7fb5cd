# Texts that break other readers.
: >empty.nn
try nngen empty.nn --dump=ast
try nngen empty.nn -o - >c && grep -c empty c
printf '# nothing\n' >comment.nn
try nngen eval comment.nn
printf 'input x = 1\r\noutput y = x\r\n' >crlf.nn
try nngen eval crlf.nn
printf '\357\273\277input x = 1\noutput y = x' >bom.nn
try nngen eval bom.nn
printf 'input x = 1\000\noutput y = x\n' >nul.nn
try nngen eval nul.nn
head -c 17000000 /dev/zero | tr '\0' '#' >large.nn
try nngen eval large.nn
{ printf 'input x = 1\noutput y = x'; head -c 200000 /dev/zero | sed 's/\x00/ + x/g'; echo; } >chain.nn
try nngen eval chain.nn --backend interp
{ printf 'input x = 1\noutput y = '; head -c 100000 /dev/zero | tr '\0' '('; } >open.nn
nngen eval open.nn 2>&1 | cut -c1-80
{ printf 'input x = 1\noutput '; head -c 5000 /dev/zero | tr '\0' 'y'; echo ' = x'; } >name.nn
nngen eval name.nn 2>&1 | cut -c1-80
try nngen eval /dev/zero
mkdir folder.nn
try nngen eval folder.nn
cat >laughs.nn <<'END'
fn a(x) = x + x + x + x + x + x + x + x
fn b(x) = a(a(a(a(x))))
fn c(x) = b(b(b(b(x))))
fn e(x) = c(c(c(c(x))))
input x = 1
output y = e(e(x))
END
try nngen eval laughs.nn --backend interp
