# --line: what is made of a line of the model has that line's number, all else its own.
cp "$EXAMPLES/xor.nn" .
nngen xor.nn -o xor.c --line
sed -n '/^xor_status xor_forward/,/XOR_OK/p' xor.c | sed -n '16,40p'
awk '/^#line [0-9]+ "xor.c"$/ { if ($2 != NR + 1) print "wrong at " NR; n++ } END { print (n > 10) }' xor.c
# The compiler's own view of where each statement stands.
cc -E -o xor.i xor.c
awk -F'"' '/^# [0-9]+ "/ { split($1, w, " "); line = w[2]; file = $2; next }
  file == "xor.nn" && NF { if (line != 7 && line != 8 && line != 10 && line != 5) print "line " line ": " $0 }
  file == "xor.c" && /return XOR_E_DIM/ { checks++ }
  { line++ } END { print checks " checks of a dim are nobody'\''s line" }' xor.i | sort | uniq -c | sort -rn | head -n 5
