#!/bin/sh
# run.sh NNGEN TESTS-FOLDER: every example is emitted with --selfcheck, in float and in double, compiled by gcc and
# clang with warnings as errors, and finds itself as right as `nngen test` does; with a sign of a gradient or a number of a test changed it does not.
set -u
nngen=$1 tests=$2
strict='-O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
passed=0 failed=0

says() { # STATUS WHAT: counts
  if [ "$1" = 0 ]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED  $2"
    head -n 12 said
  fi
}

checks() { # COMPILER...: of m.c; 0 if it finds itself right, 1 if not, 2 if it does not compile
  "$@" $strict -c m.c -o m.o >said 2>&1 && "$@" host.c m.o -lm -o host >>said 2>&1 || return 2
  ./host >said
}

cat >host.c <<'END'
#include "m.h"
#include <stdio.h>
#include <string.h>
static m_work w; /* of junk: nothing of it is read before it is written */
int main(void)
{
    int wrong = m_work_size() != sizeof w;
    for (unsigned seed = 1; seed <= 3 && !wrong; seed++) {
        memset(&w, 255, sizeof w);
        wrong = (int)m_selfcheck(seed, &w);
    }
    printf("selfcheck: %d\n", wrong);
    return wrong != 0;
}
END
for model in "$tests"/../examples/*.nn "$tests"/selfcheck/*.nn; do
  [ -f "$model" ] || continue
  name=$(basename "$model" .nn)
  for how in 'f32 gcc -std=c99' 'f64 clang -std=c99'; do
    dtype=${how%% *} compiler=${how#* }
    "$nngen" "$model" -o m.c --prefix m --selfcheck --dtype "$dtype" >said 2>&1 || { says 1 "$name is not emitted"; continue; }
    # shellcheck disable=SC2086
    checks $compiler
    found=$? # some tests hold in double alone: the target must see it too
    "$nngen" test "$model" --dtype "$dtype" --backend interp >/dev/null 2>&1 && expected=0 || expected=1
    [ $found = $expected ]
    says $? "$name in $dtype by $compiler"
  done
done
# shellcheck disable=SC2086
g++ -std=c++17 -x c++ $strict -c m.c -o m.o >said 2>&1
says $? "$name is not C++"

# What is wrong is found.
broken() { # WHAT SED-SCRIPT
  sed -i "$2" m.c
  checks gcc -std=c99 -Wno-error=unused-variable
  [ $? = 1 ]
  says $? "$1 is not noticed"
}
emit() { "$nngen" "$tests/../examples/$1.nn" -o m.c --prefix m --selfcheck --dtype f64; }
emit two_layer
cp m.c right.c
broken 'a gradient twice as large' '/^m_status m_grad(/,/^}/ s/\(d_y_pred\[.*\] = \)\(.*\);/\1 2 * (\2);/'
emit step
broken 'a test that fails' 's/\(q0\[i\] = \)/\1 1e-3 + /'
emit apple
broken 'a gradient of an input with another sign' '/^m_status m_grad(/,/^}/ s/out->d_\([a-z]*\) = /out->d_\1 = -/'
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed != 0 ]
