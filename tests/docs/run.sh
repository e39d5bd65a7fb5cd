#!/bin/sh
# run.sh NNGEN TESTS-FOLDER FILE.md...: the code in the documentation does what it says.
#   nn    is a whole program: it compiles, its derivatives are right, its tests pass
#   sh    runs in a folder with examples/ and the blocks before it; prints the block of text behind it, if there is one
#   c     with a main() compiles, strictly, and runs beside the last nn block's C, or with $NNGEN_HOST if it includes
#         nngen.h; else each of its lines stands in that C
set -u
nngen=$1 tests=$2
shift 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin"
ln -s "$nngen" "$tmp/bin/nngen"
export PATH="$tmp/bin:$PATH" NO_COLOR=1
passed=0 failed=0

run_nn() { # a first line `# name.nn ...` names the program
  name=$(sed -n '1s/^# \([a-z0-9_]*\)\.nn.*/\1/p' "$1")
  name=${name:-block}
  cp "$1" "$name.nn"
  nngen "$name.nn" -o "$name.c" && nngen test "$name.nn"
}
run_sh() {
  sh -eu "$1" >printed || return 1
  [ ! -f "${1%.sh}.expected" ] || diff -u "${1%.sh}.expected" printed
}
run_c() {
  if grep -q '"nngen.h"' "$1"; then
    # shellcheck disable=SC2086
    gcc -std=c99 -O1 -Wall -Wextra -Werror -x c "$1" -x none $NNGEN_HOST -o program && ./program >printed || return 1
    [ ! -f "${1%.c}.expected" ] || diff -u "${1%.c}.expected" printed
  elif grep -q 'main(' "$1"; then
    gcc -std=c99 -O1 -Wall -Wextra -Werror -I. -x c "$1" "$name.c" -o program -lm && ./program
  else # its lines stand in the C in this order, perhaps with others between
    cat "$name.h" "$name.c" | awk -v want="$1" '
      function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
      BEGIN { while ((getline s < want) > 0) if (trim(s) != "") line[++n] = trim(s) }
      trim($0) == line[at + 1] { at++ }
      END { if (at < n) { print "not in the C: " line[at + 1]; exit 1 } }'
  fi
}

for file; do
  base=$(basename "$file" .md)
  mkdir "$tmp/$base" "$tmp/$base/.blocks"
  cp -r "$tests/../examples" "$tmp/$base/"
  awk -v to="$tmp/$base/.blocks" -f "$tests/docs/blocks.awk" "$file"
  cd "$tmp/$base" || exit 2
  name=block
  for block in .blocks/*; do
    language=${block##*.}
    case $language in nn | sh | c) ;; *) continue ;; esac
    if "run_$language" "$block" >"$tmp/said" 2>&1; then passed=$((passed + 1)); else
      failed=$((failed + 1))
      echo "FAILED  $file, $language block ${block##*/}:"
      head -n 5 "$block"
      echo '--'
      head -n 20 "$tmp/said"
    fi
  done
done
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed != 0 ]
