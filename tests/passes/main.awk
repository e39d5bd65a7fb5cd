# awk -v passes="fuse order" -f main.awk: a program that takes three steps with what was emitted without each of the passes,
# [-v given="in.N = 3; "] and compares parameters, outputs and the loss with those of `all`.
BEGIN {
    n = split(passes, pass, " ")
    print "#include <math.h>\n#include <stdio.h>\n#include <string.h>\n#include \"all.h\""
    for (i = 1; i <= n; i++) print "#include \"" pass[i] ".h\""
    print "\nstatic double x[100000], y[100000], base[200000], own[200000];"
    print "static int wrong;\n"
    print "static void compare(const char *name, size_t n)\n{"
    print "    double most = 0;"
    print "    for (size_t i = 0; i < n; i++)"
    print "        if (!(fabs(own[i] - base[i]) <= 1e-11 * (1 + fabs(base[i])))) most = fmax(most, fabs(own[i] - base[i]));"
    print "    if (!(most > 0)) return;"
    print "    printf(\"FAILED  without %s: off by %g\\n\", name, most);\n    wrong = 1;\n}\n"
    for (i = 0; i <= n; i++) {
        p = i ? pass[i] : "all"
        print "static size_t run_" p "(void)\n{\n    static " p "_params p;\n    static " p "_opt o;\n    static " p "_work w;"
        print "    static " p "_outputs out;\n    static " p "_inputs in;\n    size_t n = sizeof p / sizeof(double);"
        print "    " given "in.x = x;\n    out." result " = y;\n    memset(y, 0, sizeof y);"
        print "    if (" p "_init(&p, 1) || " p "_opt_init(&o)) wrong = 1;"
        print "    for (int k = 0; k < 3; k++)\n        if (" p "_step(&p, &o, &in, &out, &w)) wrong = 1;"
        print "    memcpy(own, &p, sizeof p);\n    memcpy(own + n, y, 5000 * sizeof *y);\n    own[n + 5000] = out.l;\n    return n + 5001;\n}\n"
    }
    print "int main(void)\n{\n    size_t n;"
    print "    for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = sin((double)(i * i % 1000));"
    print "    n = run_all();\n    memcpy(base, own, sizeof base);\n    if (!(fabs(base[n - 1]) > 1e-3)) wrong = 1;"
    for (i = 1; i <= n; i++) print "    compare(\"" pass[i] "\", run_" pass[i] "());"
    print "    return wrong;\n}"
}
