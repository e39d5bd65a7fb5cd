#!/bin/sh
# elsewhere.sh NNGEN ROOT: on other machines, whose vectors are others: the kernels' texts are right, and the examples find themselves
# so, built by a cross compiler and run in an emulator. 77 if there is none here.
set -u
nngen=$1 root=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
strict='-O1 -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -static'
passed=0 failed=0

right() { # WHAT COMPILER... : what it makes is silent, and ends with 0
  what=$1
  shift
  # shellcheck disable=SC2086
  if "$@" $strict -o run -lm >said 2>&1 && "$emulator" ./run some >>said; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED  $what on $machine"
    head -n 12 said
  fi
}

cat >host.c <<'END'
#include "m.h"
#include <string.h>
static m_work w; /* of junk: nothing of it is read before it is written */
int main(void)
{
    memset(&w, 255, sizeof w);
    return m_selfcheck(1, &w) != M_OK;
}
END
for machine in aarch64; do
  compiler=$machine-linux-gnu-gcc emulator=qemu-$machine
  command -v "$compiler" >/dev/null && command -v "$emulator" >/dev/null || continue
  right 'products in tiles, f32' "$compiler" -I"$root" -DSINGLE "$root/tests/unit/tile_texts.c"
  right 'products in tiles, f64' "$compiler" -I"$root" "$root/tests/unit/tile_texts.c"
  right 'kernels' "$compiler" -I"$root" -Wno-unused-function "$root/tests/unit/kernel_texts.c"
  for model in xor digits8 attention char_lstm kalman; do
    for dtype in f32 f64; do
      "$nngen" "$root/examples/$model.nn" -o m.c --prefix m --selfcheck --dtype $dtype
      "$nngen" test "$root/examples/$model.nn" --dtype $dtype --backend interp >/dev/null 2>&1 || continue # some hold in double alone
      right "$model in $dtype" "$compiler" host.c m.c
    done
  done
done
[ $passed$failed = 00 ] && echo 'no cross compiler and emulator' && exit 77
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
