#!/bin/sh
# pages.sh NNGEN MODEL.nn...: the page of each model holds every line of it, is balanced, and loads nothing.
set -u
nngen=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
claim() { # WHETHER TEXT
  if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED  $2"; fi
}
for model; do
  "$nngen" explain "$model" --html -o "$tmp/page.html"
  claim $? "$model: no page"
  sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' "$model" | awk '{ print "<b>" NR "</b>" $0 }' >"$tmp/want"
  sed 's/^.*<pre class=src>//' "$tmp/page.html" | sed -n 's/^<b id=L[0-9]*>/<b>/p' | sed 's/<\/pre>$//' | cmp -s "$tmp/want" -
  claim $? "$model: the source is not what stands in the file"
  for tag in div ul li pre span sub sup i b p; do
    open=$(grep -oE "<$tag[ >]" "$tmp/page.html" | wc -l)
    [ "$open" = "$(grep -oE "</$tag>" "$tmp/page.html" | wc -l)" ]
    claim $? "$model: <$tag> is opened $open times and not closed as often"
  done
  for line in $(grep -oE 'href="#L[0-9]+"' "$tmp/page.html" | tr -dc '0-9\n' | sort -u); do
    grep -q "<b id=L$line>" "$tmp/page.html"
    claim $? "$model: the picture links to line $line, which is not there"
  done
  grep -q '<svg class="nngen" width' "$tmp/page.html"
  claim $? "$model: no picture"
  ! grep -qiE '<script|https?:|src=|@import|url\([^#]' "$tmp/page.html"
  claim $? "$model: the page loads something"
done
"$nngen" explain "$1" --html >"$tmp/a" && "$nngen" explain "$1" --html | cmp -s - "$tmp/a"
claim $? 'the same model has two pages'
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed -gt 20 ]
