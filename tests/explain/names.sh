#!/bin/sh
# names.sh NNGEN: whatever `nngen ops` lists is explained with its shapes or derivative and an example that runs.
set -u
nngen=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
for name in $("$nngen" ops | sed 's/[[( ].*//' | sort -u); do
  "$nngen" explain "$name" >"$tmp/page"
  if [ "$name" = file ] || awk '/^gives$/ { on = 1; next } on && /^    / && / = / { n++ } /error\[/ { bad = 1 }
                                on && /^$/ && n { on = 0 } END { exit !(n && !bad) }' "$tmp/page"
  then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED  nngen explain $name has no example that runs"
    head -n 30 "$tmp/page"
  fi
done
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed -gt 100 ]
