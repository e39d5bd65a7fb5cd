# awk -v n=COUNT -f equations.awk: a program of n scalar equations, long chains and names used again far below.
BEGIN {
    r = 1
    print "input a = 0.5, b = -0.25"
    print "y0 = a * b"
    print "y1 = a + b"
    for (i = 2; i < n; i++) {
        r = (r * 1103515245 + 12345) % 2147483648
        j = int(r / 65536) % i
        if (i % 4 == 0) print "y" i " = sin(y" i - 1 ") + 0.5 * y" j
        else if (i % 4 == 1) print "y" i " = y" i - 1 " * 0.75 - y" j " * a"
        else if (i % 4 == 2) print "y" i " = tanh(y" i - 1 " + y" i - 2 ")"
        else print "y" i " = y" i - 1 " / (1 + y" j " * y" j ") + b"
    }
    print "output last = y" n - 1
}
