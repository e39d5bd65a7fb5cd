/* Scalar functions, one for every elementwise row. */
#include "codegen/ir/interp_inside.h"

#include <math.h>

#define F1(name, e)                                                                                                    \
    static double f_##name(double x, double unused1, double unused2)                                                   \
    {                                                                                                                  \
        (void)unused1, (void)unused2;                                                                                  \
        return e;                                                                                                      \
    }
#define F2(name, e)                                                                                                    \
    static double f_##name(double x, double y, double unused)                                                          \
    {                                                                                                                  \
        (void)unused;                                                                                                  \
        return e;                                                                                                      \
    }

F1(neg, -x)
F1(abs, fabs(x))
F1(sign, (double)((x > 0) - (x < 0)))
F1(floor, floor(x))
F1(ceil, ceil(x))
F1(round, rint(x))
F1(exp, exp(x))
F1(expm1, expm1(x))
F1(log, log(x))
F1(log2, log2(x))
F1(log1p, log1p(x))
F1(sqrt, sqrt(x))
F1(rsqrt, 1 / sqrt(x))
F1(cbrt, cbrt(x))
F1(sin, sin(x))
F1(cos, cos(x))
F1(tan, tan(x))
F1(asin, asin(x))
F1(acos, acos(x))
F1(atan, atan(x))
F1(sinh, sinh(x))
F1(cosh, cosh(x))
F1(tanh, tanh(x))
F1(asinh, asinh(x))
F1(acosh, acosh(x))
F1(atanh, atanh(x))
F1(sigmoid, x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)))
F1(erf, erf(x))
F1(erfc, erfc(x))
F1(lgamma, lgamma(x))
F1(isnan, (double)(x != x))
F1(isfinite, (double)(x - x == 0))
F1(not, (double)(x == 0))
F1(real, x)
F2(polygamma, interp_psi(x, y))
F2(add, x + y)
F2(sub, x - y)
F2(mul, (x) * (y))
F2(div, x / y)
F2(pow, pow(x, y))
F2(atan2, atan2(x, y))
F2(hypot, hypot(x, y))
F2(max, x > y || x != x ? x : y)
F2(min, x < y || x != x ? x : y)
F2(lt, (double)(x < y))
F2(le, (double)(x <= y))
F2(eq, (double)(x == y))
F2(ne, (double)(x != y))
F2(and, (double)(x != 0 && y != 0))
F2(or, (double)(x != 0 || y != 0))

static double f_select(double c, double x, double y)
{
    return c != 0 ? x : y;
}

#undef STEP_LEAF
#undef STEP_REDUCE
#undef STEP_MOVE
#undef STEP_CONTRACT
#undef STEP_CALL
#undef STEP_MAP
#define STEP_LEAF(name)
#define STEP_REDUCE(name)
#define STEP_MOVE(name)
#define STEP_CONTRACT(name)
#define STEP_CALL(name)
#define STEP_MAP(name) [OP_##name] = f_##name,
static double (*const scalar[OP_COUNT])(double, double, double) = {
#define OP(name, arity, class, result, flags, lo, hi, text, prec, adjoint) STEP_##class(name)
#include "codegen/ir/ops.def"
#undef OP
};

double interp_scalar(enum ir_op op, const double *x)
{
    return scalar[op](x[0], x[1], x[2]);
}

bool interp_map(struct interp *in, const struct ir_node *node, const struct tensor *shape, double *y)
{
    static const double zero = 0;
    const double *x[3] = {&zero, &zero, &zero};
    int64_t next[3] = {0, 0, 0};
    for (uint32_t k = 0; k < node->n_arg; k++) {
        x[k] = in->value[node->arg[k]];
        next[k] = 1;
    }
    for (int64_t i = 0; i < shape->n; i++)
        y[i] = scalar[node->op](x[0][i * next[0]], x[1][i * next[1]], x[2][i * next[2]]);
    return true;
}

/* -- psi: psi_0 = digamma, psi_n its n-th derivative ------------------------------------------------------------------
 * Upwards by psi_n(x) = psi_n(x + 1) - (-1)^n n! / x^(n+1) to where the asymptotic series has converged; negative x by
 * reflection, (-1)^n psi_n(1 - x) - psi_n(x) = pi * (d/dx)^n cot(pi x). */
enum { PSI_MOST = 100 };

static double psi_series(int n, double x)
{
    static const double bernoulli[] = {1. / 6,       -1. / 30,       1. / 42,       -1. / 30,
                                       5. / 66,      -691. / 2730,   7. / 6,        -3617. / 510,
                                       43867. / 798, -174611. / 330, 854513. / 138, -236364091. / 2730};
    double fact = 1; /* n! */
    for (int k = 2; k <= n; k++) fact *= k;
    double low = 0; /* sum of (x + k)^-(n+1) */
    for (; x < 16 + n; x += 1) low += pow(x, -(n + 1));
    /* n = 0: log x - 1/2x - sum B2k / 2k x^2k; else the sum of B2k (2k+n-1)! / (2k)! x^(2k+n), (n-1)!/x^n before it */
    double term = n ? fact / n * pow(x, -n) : 1, sum = 0;
    for (int k = 1; k <= 12; k++) {
        int m = 2 * k + n; /* term becomes (m-1)! / (2k)! x^m, of n = 0 with its sign */
        if (n == 0)
            term = pow(x, -2 * k) / (2 * k);
        else
            term *= k == 1 ? (double)(n * (n + 1)) / 2 / (x * x)
                           : (double)(m - 1) * (m - 2) / ((double)(2 * k) * (2 * k - 1)) / (x * x);
        sum += bernoulli[k - 1] * term;
    }
    if (n == 0) return log(x) - 0.5 / x - sum - low;
    double all = fact / n * pow(x, -n) + fact / 2 * pow(x, -(n + 1)) + sum + fact * low;
    return n % 2 ? all : -all;
}

/* (d/dx)^n cot(pi x) = pi^n P(cot pi x), P_0(c) = c, P_(n+1) = -(1 + c^2) P_n' */
static double cot_derivative(int n, double x)
{
    const double pi = 3.14159265358979323846;
    double p[PSI_MOST + 2] = {0, 1}, r = x - rint(x);
    double c = fabs(r) < 0.25 ? 1 / tan(pi * r) : copysign(tan(pi * (0.5 - fabs(r))), r);
    for (int k = 0; k < n; k++) {
        double q[PSI_MOST + 2] = {0};
        for (int j = 1; j <= k + 1; j++) {
            q[j - 1] -= j * p[j];
            q[j + 1] -= j * p[j];
        }
        for (int j = 0; j <= k + 2; j++) p[j] = q[j];
    }
    double y = 0;
    for (int j = n + 1; j >= 0; j--) y = y * c + p[j];
    return y * pow(pi, n);
}

double interp_psi(double order, double x)
{
    if (!(order >= 0 && order <= PSI_MOST && order == floor(order)) || x != x) return NAN;
    int n = (int)order;
    if (x == 0) return n % 2 ? INFINITY : copysign(INFINITY, -x);
    if (x < 0 && x == floor(x)) return n % 2 && x - x == 0 ? INFINITY : NAN;
    if (x == INFINITY) return n ? 0 : x;
    if (x > 0) return psi_series(n, x);
    double up = psi_series(n, 1 - x);
    return (n % 2 ? -up : up) - 3.14159265358979323846 * cot_derivative(n, x);
}
