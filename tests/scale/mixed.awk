# awk -v n=COUNT [-v straight=1] -f mixed.awk: n scalar equations; between them vectors, sums of them, integers and, if not
# straight, loops, all used far below.
BEGIN {
    r = 1
    print "dim K = 5\ninput a = 0.5, b = -0.25\nparam W[K] = normal(0, 1)\nconst q[K] = [1, -2, 3, 0.5, 0.25]"
    print "y0 = a * b\ny1 = a + b\nv0 = W * a\nv1 = q * b\nz0 = a"
    for (i = 2; i < n; i++) {
        r = (r * 1103515245 + 12345) % 2147483648
        j = int(r / 65536) % i
        k = int(i / 5)
        l = straight ? 0 : int(i / 50)
        if (i % 5 == 0) print "y" i " = tanh(y" i - 1 " + 0.5 * y" j ")"
        else if (i % 5 == 1) print "y" i " = y" i - 1 " * 0.5 + tanh(sum(v" k ")) * b"
        else if (i % 5 == 2) print "y" i " = where(argmax[K](v" k ") == 1, y" j ", y" i - 1 ")"
        else if (i % 5 == 3) print "y" i " = sin(y" i - 1 " + y" j " * a) * stop_gradient(z" l ")"
        else print "y" i " = y" i - 1 " / (1 + y" j " * y" j ")\nv" k + 2 " = tanh(v" k + 1 " * y" j " + v" int(j / 5) " * y" i ")"
        if (i % 50 == 49 && !straight) print "for t in K carry z" l + 1 " = y" i " {\n  z" l + 1 " = tanh(z" l + 1 " * y" j " + v" k "[t] * y" i ")\n}"
    }
    print "loss last = y" n - 1 " + sum(v" k ")\nwrt a, b\ntrain sgd(lr = 0.1)"
}
