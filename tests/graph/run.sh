#!/bin/sh
# run.sh NNGEN TESTS-FOLDER: the pictures of all examples are well-formed, and no label lies on another or on a box.
set -u
nngen=$1 examples=$2/../examples
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

check() { # NAME: of the picture in $tmp/svg
  if awk -f "$2/graph/apart.awk" "$tmp/svg" >"$tmp/said" && { ! command -v xmllint >/dev/null || xmllint --noout "$tmp/svg"; }; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED  %s: %s\n' "$1" "$(head -n 3 "$tmp/said")"
  fi
}

for file in "$examples"/*.nn; do
  for how in '' '--depth 2' '--depth 100' --backward; do
    "$nngen" graph "$file" $how -o "$tmp/picture.svg" 2>"$tmp/said" || [ "$how" = --backward ] || echo broken >"$tmp/picture.svg"
    mv "$tmp/picture.svg" "$tmp/svg" 2>"$tmp/said" || continue
    check "$(basename "$file") $how" "$2"
  done
done
# Graphviz reads what is written for it, where there is one.
if command -v dot >/dev/null; then
  for file in "$examples"/*.nn; do
    "$nngen" graph "$file" -o "$tmp/picture.dot"
    if dot -Tcanon "$tmp/picture.dot" >"$tmp/said" 2>&1; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      printf 'FAILED  %s as DOT: %s\n' "$(basename "$file")" "$(head -n 3 "$tmp/said")"
    fi
  done
fi
# The pictures of the documentation are what is drawn now, but for a pixel.
for name in fruit softmax; do
  "$nngen" graph "$examples/$name.nn" -o - | sed 's/ [a-z0-9]*="[0-9 a-zA-Z]*"//g' >"$tmp/now"
  sed 's/ [a-z0-9]*="[0-9 a-zA-Z]*"//g' "$2/../docs/$name.svg" >"$tmp/then"
  if cmp "$tmp/now" "$tmp/then"; then
    passed=$((passed + 1))
  else
    echo "FAILED  docs/$name.svg is of another time: nngen graph examples/$name.nn -o docs/$name.svg"
    failed=$((failed + 1))
  fi
done
# The check itself: two labels on one place.
printf '%s\n' '<svg>' '<text class="value" x="50" y="20">abc</text>' '<text class="value" x="60" y="25">abc</text>' '</svg>' >"$tmp/svg"
awk -f "$2/graph/apart.awk" "$tmp/svg" >"$tmp/said" && { echo 'FAILED  two labels on one place are not noticed'; failed=$((failed + 1)); }
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed -gt 60 ]
