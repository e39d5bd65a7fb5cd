# Prints MODEL's words of inputs.txt with numbers in place of shapes: x=[[0.25, ...]]; the same in every run.
function next_number() { r = (r * 1103515245 + 12345) % 2147483648; return r / 2147483648 }
function list(depth, n, ints,    i, s) {
    if (depth > n) return ints ? int(next_number() * ints) : sprintf("%.6f", 2 * next_number() - 1)
    for (i = 0; i < size[depth]; i++) s = s (i ? "," : "") list(depth + 1, n, ints)
    return "[" s "]"
}
BEGIN { r = 1 }
$1 == model {
    for (k = 2; k <= NF; k++) {
        split($k, word, "=")
        split(word[2], kind, ":")
        n = split(kind[1], size, ",")
        print word[1] "=" list(1, n, kind[2])
    }
}
