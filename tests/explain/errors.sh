#!/bin/sh
# errors.sh NNGEN ROOT: every example of `nngen explain CODE` gives that code, every cure ends well, and docs/errors.md is
# what `nngen explain errors` prints (`nngen explain errors >docs/errors.md` writes it).
set -u
nngen=$1 root=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin"
ln -s "$nngen" "$tmp/bin/nngen"
export PATH="$tmp/bin:$PATH" NO_COLOR=1
passed=0 failed=0

claim() { # WHETHER TEXT
  if [ "$1" = 0 ]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED  $2"
    head -n 12 "$tmp/said"
  fi
}
# The indented block behind the line that `pattern` fits.
block() { awk -v pattern="$1" '$0 ~ pattern { on = 1; next } on && /^    / { print substr($0, 5); got = 1; next }
                               on && got && NF { exit } on && got { print "" }' "$tmp/page"; }

try_code() {
  mkdir "$tmp/$1" && cd "$tmp/$1" || exit 2
  nngen explain "$1" >"$tmp/page"
  before=$(sed -n 's/^For example, after `\([^`]*\)`, .*/\1/p' "$tmp/page")
  command=$(sed -n 's/^For example.*`\([^`]*\)` with this in model.nn$/\1/p' "$tmp/page")
  better=$(sed -n 's/^The cure is `\([^`]*\)`:$/\1/p' "$tmp/page")
  [ -z "$before" ] || sh -c "$before"
  case $command in *ulimit*) (ulimit -v 40000 && nngen --version) >/dev/null 2>&1 || return 0 ;; esac
  block '^For example' >model.nn
  sh -c "$command" >"$tmp/said" 2>&1
  [ $? != 0 ] && grep -q "error\[$1\]" "$tmp/said"
  claim $? "$1: the example does not give it"
  block '^The cure' >model.nn
  sh -c "${better:-$command}" >"$tmp/said" 2>&1
  claim $? "$1: the cure does not help"
}

nngen explain errors >"$tmp/errors.md"
cmp "$tmp/errors.md" "$root/docs/errors.md" >"$tmp/said" 2>&1
claim $? 'docs/errors.md is not what `nngen explain errors` prints'
codes=$(sed -n 's/^- \[\(E[0-9]*\)\].*/\1/p' "$tmp/errors.md")
[ "$(echo "$codes" | wc -l)" = "$(grep -c '^ERROR(' "$root/base/errors.def")" ]
claim $? 'the index does not have every code'
for code in $codes; do try_code "$code"; done
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed != 0 ]
