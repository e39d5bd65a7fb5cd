#!/bin/sh
# run.sh NNGEN TESTS-FOLDER: every example and every golden .c, in float and in double, is compiled by four compilers
# with warnings as errors, and by each of them linked with all the others into one program that calls them.
set -u
nngen=$1 tests=$2
strict='-O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'

one() { # KEY COMMAND...: says nothing, or why it is not silent
  key=$1
  shift
  "$@" >"$key.log" 2>&1 && [ ! -s "$key.log" ] && return
  echo "FAILED  $key"
  head -n 12 "$key.log"
  touch "$key.failed"
}
if [ "${3:-}" = one ]; then # by xargs below, in the same folder
  cd "$4" || exit 2
  name=$5
  case $6 in
  gcc) one "gcc_$name" gcc -std=c99 $strict -c "$name.c" -o "gcc_$name.o" ;;
  clang) one "clang_$name" clang -std=c99 $strict -c "$name.c" -o "clang_$name.o" ;;
  g++) one "g++_$name" g++ -std=c++17 -x c++ $strict -c "$name.c" -o "g++_$name.o" ;;
  tcc) one "tcc_$name" tcc -Wall -c "$name.c" -o "tcc_$name.o" ;;
  esac
  exit 0
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
self=$(cd "$(dirname "$0")" && pwd)/run.sh
cd "$tmp" || exit 2
passed=0 failed=0

emit() { # MODEL NAME OPTIONS...: NAME.c, whose every name begins with NAME
  from=$1 as=$2
  shift 2
  if "$nngen" "$from" -o "$as.c" --prefix "$as" "$@"; then echo "$as" >>names; else
    echo "FAILED  $from: is not emitted"
    failed=$((failed + 1))
  fi
}
: >names
for model in "$tests"/../examples/*.nn; do
  name=$(basename "$model" .nn)
  emit "$model" "ex_$name"
  emit "$model" "f64_$name" --std=c99 --dtype f64 --desc --line
done
for model in "$tests"/golden/c/*.nn; do emit "$model" "gold_$(basename "$model" .nn)"; done

# A program of all: every entry point is there, and every model that has parameters is initialised.
{
  sed 's/.*/#include "&.h"/' names
  echo '#include <stdio.h>'
  echo 'typedef void (*entry)(void);'
  echo 'static const entry entries[] = {'
  while read -r name; do
    for word in init forward grad step; do
      if grep -q "${name}_$word *(" "$name.h"; then echo "(entry)${name}_$word,"; fi
    done
  done <names
  echo '};'
  while read -r name; do
    if grep -q "${name}_init *(" "$name.h"; then echo "static ${name}_params ${name}_p;"; fi
  done <names
  echo 'int main(void) { unsigned missing = 0;'
  echo 'for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) missing += !entries[i];'
  while read -r name; do
    if grep -q "${name}_init *(" "$name.h"; then echo "missing += ${name}_init(&${name}_p, 1) != 0;"; fi
  done <names
  echo 'return printf("%u ", missing) < 0; }'
} >main.c
echo main >>names

while read -r name; do for compiler in gcc clang g++ tcc; do echo "$name $compiler"; done; done <names |
  xargs -P "$(nproc)" -L 1 sh "$self" "$nngen" "$tests" one "$tmp"
for compiler in gcc clang g++ tcc; do
  one "link_$compiler" "$compiler" "${compiler}"_*.o -o "all_$compiler" -lm
  one "run_$compiler" sh -c "[ \"\$(./all_$compiler)\" = '0 ' ]"
done
failed=$((failed + $(ls | grep -c '\.failed$')))
passed=$(($(ls | grep -c '\.log$') - $(ls | grep -c '\.failed$')))
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed -gt 8 ]
