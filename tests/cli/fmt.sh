# One canonical layout: printed, written in place, or only asked for.
printf 'input x=1\noutput y=x*2\n' >a.nn
printf 'input x = 1\noutput y = x * 2\n' >b.nn
printf 'output y = (\n' >c.nn
try nngen fmt a.nn
try nngen fmt --check a.nn b.nn
try nngen fmt --check b.nn
try nngen fmt -w a.nn b.nn
cmp a.nn b.nn && echo 'both alike'
try nngen fmt c.nn b.nn
try nngen fmt nowhere.nn
try nngen fmt -e 'y=(x)'
nngen fmt - <a.nn
