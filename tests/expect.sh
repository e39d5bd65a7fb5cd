#!/bin/sh
# expect.sh NNGEN TESTS-FOLDER [--bless] KIND...
# Compares what nngen says with the expectation beside each case; --bless writes the expectations instead.
#   ast ir grad opt plan c h jit   golden/KIND/NAME.nn: stdout of `nngen NAME.nn --dump=KIND`
#   err                            err/NAME.nn: stderr of `nngen NAME.nn -o -`, which ends with 1 and prints nothing
#   fmt                            fmt/NAME.nn: stdout of `nngen fmt NAME.nn`; NAME.fmt stays as it is and means the same
#   cli                            cli/NAME.sh: all that the script prints, run in an empty folder
set -u
nngen=$1 tests=$2
shift 2
bless=
[ "$1" != --bless ] || { bless=1; shift; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
export NO_COLOR=1 EXAMPLES="$tests/../examples"

fails() { # NAME WHY: with the difference in $tmp/diff, if any
  failed=$((failed + 1))
  printf 'FAILED  %s: %s\n' "$1" "$2"
  head -n 40 "$tmp/diff"
  : >"$tmp/diff"
}

# What a case printed, in $tmp/out, against its expectation.
judge() { # NAME EXPECTATION
  if [ -n "$bless" ]; then
    cmp -s "$tmp/out" "$2" || cp "$tmp/out" "$2"
  elif [ ! -f "$2" ]; then
    fails "$1" "there is no expectation; look at it and build the target \`bless\`"
    return
  elif ! cmp -s "$tmp/out" "$2"; then
    diff -u "$2" "$tmp/out" >"$tmp/diff"
    fails "$1" 'not what is expected'
    return
  fi
  passed=$((passed + 1))
}

run_dump() { # FILE KIND
  "$nngen" "$1" --dump="$2" >"$tmp/out" 2>"$tmp/diff"
  status=$?
  [ $status = 0 ] || { fails "$1" "exit status $status"; return; }
  judge "$1" "${1%.nn}.$2"
}

run_err() {
  "$nngen" "$1" -o - >"$tmp/stdout" 2>"$tmp/out"
  status=$?
  cp "$tmp/out" "$tmp/diff"
  [ $status = 1 ] || { fails "$1" "exit status $status, not 1"; return; }
  [ ! -s "$tmp/stdout" ] || { fails "$1" 'printed something to stdout'; return; }
  judge "$1" "${1%.nn}.err"
}

run_fmt() {
  for file in "$1" "$tmp/once"; do
    "$nngen" fmt "$file" >"$tmp/out" 2>"$tmp/diff" || { fails "$1" 'is not laid out'; return; }
    [ "$file" = "$tmp/once" ] || cp "$tmp/out" "$tmp/once"
  done
  cmp -s "$tmp/once" "$tmp/out" || { diff -u "$tmp/once" "$tmp/out" >"$tmp/diff"; fails "$1" 'changes when laid out twice'; return; }
  "$nngen" "$1" --dump=ast >"$tmp/tree"
  "$nngen" "$tmp/once" --dump=ast | cmp -s "$tmp/tree" - || { fails "$1" 'means something else once laid out'; return; }
  judge "$1" "${1%.nn}.fmt"
}

run_cli() {
  rm -rf "$tmp/folder"
  mkdir -p "$tmp/folder" "$tmp/bin"
  ln -sf "$nngen" "$tmp/bin/nngen"
  ln -sf "$tests/tools/try.sh" "$tmp/bin/try"
  script=$PWD/$1
  (cd "$tmp/folder" && PATH=$tmp/bin:$PATH sh "$script") >"$tmp/out" 2>&1
  judge "$1" "${1%.sh}.out"
}

: >"$tmp/diff"
for kind; do
  case $kind in
  err | fmt | cli) cd "$tests/$kind" || exit 2 ;;
  *) cd "$tests/golden/$kind" || exit 2 ;;
  esac
  for file in *.nn *.sh; do
    [ -f "$file" ] || continue
    case $kind in
    err) run_err "$file" ;;
    fmt) run_fmt "$file" ;;
    cli) [ "$file" = "${file%.nn}" ] && run_cli "$file" ;;
    *) run_dump "$file" "$kind" ;;
    esac
  done
  # An expectation without its case tests nothing.
  for file in *."$kind" *.out; do
    [ ! -f "$file" ] || [ -f "${file%.*}.nn" ] || [ -f "${file%.*}.sh" ] || fails "$file" 'there is no case of this name'
  done
done
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed != 0 ]
