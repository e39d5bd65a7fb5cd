#!/bin/sh
# names.sh NM LIBRARY HEADER: what the library defines for others is what the header declares.
set -eu
nm=$1 library=$2 header=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$nm" -g --defined-only "$library" | awk 'NF == 3 { print $3 }' | sort >"$tmp/defined"
sed 's/^ \* .*//; /^typedef/d' "$header" | grep -o 'nngen_[a-z0-9_]*(' | tr -d '(' | sort -u >"$tmp/declared"
[ -s "$tmp/declared" ]
diff "$tmp/declared" "$tmp/defined"
printf '%d names\n' "$(wc -l <"$tmp/defined")"
