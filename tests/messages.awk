# awk -f messages.awk OUT... CLI/*.c: every text that a command complains with is in some transcript. What cli_fail is given
# counts: strings of some words; between the places that printf fills they must stand on one line, in order.
function check(text,   n, part, i, k, at, rest, found) {
    gsub(/\\"/, "\"", text)
    gsub(/\\n/, "", text)
    gsub(/%[-+0-9.*]*[hlzj]*[a-zA-Z%]/, SUBSEP, text)
    n = split(text, part, SUBSEP)
    for (i = 1; i <= lines && !found; i++) {
        rest = line[i]
        for (k = 1; k <= n; k++) {
            at = part[k] == "" ? 1 : index(rest, part[k])
            if (!at) break
            rest = substr(rest, at + length(part[k]))
        }
        found = k > n
    }
    checked++
    if (found) return
    gsub(SUBSEP, "%", text)
    print "FAILED  no test makes `" text "`"
    failed++
}
FILENAME ~ /\.out$/ {
    if (length($0) > 10) line[++lines] = $0
    next
}
FNR == 1 { gsub(/"[ \t]*\n[ \t]*"/, "", source); all = all source; source = "" }
{ source = source $0 "\n" }
END {
    all = all source
    gsub(/"[ \t]*\n[ \t]*"/, "", all)
    while ((at = index(all, "cli_fail(")) > 0) {
        all = substr(all, at + 9)
        end = index(all, ";\n")
        call = substr(all, 1, end)
        while (match(call, /"([^"\\]|\\.)*"/)) {
            text = substr(call, RSTART + 1, RLENGTH - 2)
            call = substr(call, RSTART + RLENGTH)
            if (length(text) > 12 && text ~ / / && text != "out of memory" && !seen[text]++) check(text)
        }
    }
    printf "%d passed, %d failed\n", checked - failed, failed
    exit failed > 0 || checked < 50
}
