# Labels and boxes of a picture of `nngen graph`: one element a line. Says which lie on each other; ends with 1 then, or if
# an element is not closed.
function attribute(name) {
  if (!match($0, " " name "=\"[^\"]*\"")) return ""
  return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
}
BEGIN { n = 0 }
function add(l, r, t, b, what) { left[n] = l; right[n] = r; top[n] = t; bottom[n] = b; said[n++] = what }
/^<svg/ { open++ }
/^<\/svg>/ { open-- }
/^<a / { open++; links++ }
/^<\/a>/ { open-- }
/^<text/ {
  words = $0
  sub(/^[^>]*>/, "", words)
  if (!sub(/<\/text>$/, "", words)) { print "not closed: " $0; bad = 1 }
  gsub(/&[a-z]+;/, "x", words)
  inside = attribute("class") == "sign" || (attribute("class") == "caption" && links && open > 1)
  if (inside) next # of a box, which is wide enough by its making
  half = length(words) * 7.8 / 2
  add(attribute("x") - half, attribute("x") + half, attribute("y") - 9, attribute("y") + 2, words)
}
/^<rect class="(box|frame)/ {
  add(attribute("x") + 0, attribute("x") + attribute("width"), attribute("y") + 0, attribute("y") + attribute("height"), "a " attribute("class"))
}
END {
  if (open != 0) { print "elements are left open"; bad = 1 }
  for (i = 0; i < n; i++)
    for (k = 0; k < i; k++)
      if (left[i] < right[k] && left[k] < right[i] && top[i] < bottom[k] && top[k] < bottom[i]) {
        print said[i] " lies on " said[k]
        bad = 1
      }
  exit bad
}
