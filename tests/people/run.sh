#!/bin/sh
# run.sh NNGEN ROOT: manual pages are clean, shells complete, editors know every word of the language.
set -u
nngen=$1 root=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
claim() { # STATUS TEXT
  if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED  $2"; fi
}
has() { command -v "$1" >/dev/null 2>&1; }

"$nngen" help --manual >"$tmp/nngen.1"
commands=$(sed -n 's/^\.Xr nngen-\([a-z]*\) .*/\1/p' "$tmp/nngen.1")
for c in '' $commands; do
  page=$tmp/nngen${c:+-$c}.1
  "$nngen" help --manual $c >"$page"
  grep -q '^\.Sh EXAMPLES' "$page"
  claim $? "the page of '$c' has examples"
  ! has mandoc || { ! mandoc -T lint -W style "$page" | grep -v 'referenced manual not found'; }
  claim $? "the page of '$c' is clean"
done
[ "$(echo "$commands" | wc -w)" = "$("$nngen" --help | sed -n '/^Commands/,/^$/p' | grep -c '^  ')" ]
claim $? 'the first page leads to all others'

for shell in bash fish zsh; do
  "$nngen" help --complete=$shell >"$tmp/$shell"
  ! has $shell || $shell -n "$tmp/$shell"
  claim $? "$shell reads what it completes by"
done
completes() { # WHAT IT GIVES, WORDS...
  wanted=$1
  shift
  given=$(bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nngen; echo "${COMPREPLY[*]}"' "$tmp/bash" "$@")
  [ "$given" = "$wanted" ]
  claim $? "bash completes '$*' by '$given', not '$wanted'"
}
completes 'train' nngen tra
completes 'tcc' nngen test --backend = t
completes 'f32 f64' nngen --dtype ''
completes '--epochs --error-format' nngen train --e
completes '' nngen eval xor

words=$(sed -n 's/^WORD(\([a-z]*\),.*/\1/p' "$root/grammar/words.def")
for word in $words; do
  for grammar in vim/syntax/nn.vim vscode/nn.tmLanguage.json; do
    grep -qE "[ (|]$word([ )|]|\$)" "$root/editors/$grammar"
    claim $? "editors/$grammar does not know '$word'"
  done
done
if has python3; then
  for file in "$root"/editors/vscode/*.json; do
    python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$file"
    claim $? "$file is JSON"
  done
fi
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
