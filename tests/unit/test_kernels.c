#include "runtime/kernels/isa.h"
#include "runtime/kernels/nnrt.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

static void test_random_numbers_are_the_formula(void **state)
{
    (void)state;
    /* worked out with whole numbers of any length from the formula in program.h */
    static const double first[4] = {12578688, 6247724, 7353183, 16007422};
    uint64_t s = nnrt_stream(1, 0);
    for (size_t i = 0; i < 4; i++) assert_true((double)nnrt_uniform(s, i) * 16777216 == first[i]);
    s = nnrt_stream(UINT64_MAX, 7);
    assert_true((double)nnrt_uniform(s, 0) * 16777216 == 11593934);
    assert_true((double)nnrt_uniform(s, 1000000) * 16777216 == 3866451);
    assert_true(nnrt_mix(1) == 0x5692161d100b05e5u);
}

static void test_blocks_of_random_numbers_join(void **state)
{
    (void)state;
    float whole[100], part[100];
    double wide[100];
    uint64_t s = nnrt_stream(3, 4);
    nnrt_uniforms_f32(whole, 100, s, 0);
    nnrt_uniforms_f32(part, 33, s, 0);
    nnrt_uniforms_f32(part + 33, 67, s, 33);
    nnrt_uniforms_f64(wide, 100, s, 0);
    assert_memory_equal(whole, part, sizeof whole);
    for (int i = 0; i < 100; i++) assert_true((double)whole[i] == wide[i]);
}

static void test_random_numbers_are_even(void **state)
{
    (void)state;
    enum { N = 100000 };
    uint64_t s = nnrt_stream(12345, 2);
    double mean = 0, square = 0, neighbours = 0, last = 0.5;
    for (size_t i = 0; i < N; i++) {
        double u = (double)nnrt_uniform(s, i);
        assert_true(u >= 0 && u < 1);
        mean += u / N;
        square += (u - 0.5) * (u - 0.5) / N;
        neighbours += (u - 0.5) * (last - 0.5) / N;
        last = u;
    }
    assert_true(fabs(mean - 0.5) < 0.004); /* four deviations */
    assert_true(fabs(square - 1. / 12) < 0.001);
    assert_true(fabs(neighbours) < 0.001);
}

static const struct {
    int n;
    double x, value;
} psi[] = {
    /* from a library of arbitrary precision, 60 digits carried */
    {0, 1, -0.57721566490153286},
    {0, 0.5, -1.9635100260214235},
    {0, 10.25, 2.277704790686724},
    {0, 1e-5, -100000.57719921567},
    {0, 1e10, 23.025850929890457},
    {0, -0.5, 0.036489973978576521},
    {0, -1.75, -2.3226916286143606},
    {0, -20.3, 5.3175499242397496},
    {0, 1.4616321449683622, -9.2412655217294275e-17},
    {0, -1000.25, 10.050097693066706},
    {1, 1, 1.6449340668482264},
    {1, 0.3, 12.245364546107731},
    {1, -0.3, 13.945160267805722},
    {1, -7.5, 9.7447662821704326},
    {1, 1e6, 1.0000005000001667e-6},
    {1, 1e-3, 1000001.6425331958},
    {2, 1, -2.4041138063191886},
    {2, 4.5, -0.061556821321027695},
    {2, -2.5, -0.1082040516417274},
    {2, -0.01, 1999997.5296818326},
    {3, 0.7, 25.879149678427738},
    {3, -3.2, 3768.5777610937342},
    {4, 2.5, -0.31375599950673136},
    {5, -1.1, 120000296.33827108},
    {7, 0.2, 1968751181.8505843},
    {10, 30, -7.2320510345857084e-10},
    {10, -5.5, -0.005321360409182239},
    {20, 3.3, -31551777.702590306},
};

static void test_polygamma_is_right_to_thirteen_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof psi / sizeof *psi; i++) {
        double y = nnrt_polygamma_f64(psi[i].n, psi[i].x), scale = fabs(psi[i].value);
        if (psi[i].n == 0 && scale < 1) scale = 1; /* digamma has a zero, near which only the absolute error counts */
        if (!(fabs(y - psi[i].value) <= 1e-13 * scale)) fail_msg("psi_%d(%g) is %.17g", psi[i].n, psi[i].x, y);
        float f = nnrt_polygamma_f32((float)psi[i].n, 2.5f);
        assert_true(f == (float)nnrt_polygamma_f64(psi[i].n, 2.5));
    }
}

static void test_polygamma_at_its_poles(void **state)
{
    (void)state;
    assert_true(nnrt_polygamma_f64(0, 0) == -INFINITY);
    assert_true(nnrt_polygamma_f64(0, -0.0) == INFINITY);
    assert_true(nnrt_polygamma_f64(1, 0) == INFINITY);
    assert_true(nnrt_polygamma_f64(2, 0) == -INFINITY);
    assert_true(isnan(nnrt_polygamma_f64(0, -3)));
    assert_true(nnrt_polygamma_f64(1, -3) == INFINITY);
    assert_true(nnrt_polygamma_f64(0, INFINITY) == INFINITY);
    assert_true(nnrt_polygamma_f64(3, INFINITY) == 0);
    assert_true(isnan(nnrt_polygamma_f64(0, -INFINITY)));
    assert_true(isnan(nnrt_polygamma_f64(1, -INFINITY)));
    assert_true(isnan(nnrt_polygamma_f64(1, NAN)));
    assert_true(isnan(nnrt_polygamma_f64(0.5, 1)));
    assert_true(isnan(nnrt_polygamma_f64(-1, 1)));
    assert_true(isnan(nnrt_polygamma_f64(101, 1)));
    assert_true(isfinite(nnrt_polygamma_f64(100, 1.5)));
}

/* The largest difference of the short side's Gram matrix from the identity. */
static double departure(size_t rows, size_t cols, const double *y)
{
    double worst = 0;
    size_t count = rows < cols ? rows : cols, length = rows < cols ? cols : rows;
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < count; b++) {
            double s = a == b ? -1 : 0;
            for (size_t i = 0; i < length; i++)
                s += rows < cols ? y[a * cols + i] * y[b * cols + i] : y[i * cols + a] * y[i * cols + b];
            if (fabs(s) > worst) worst = fabs(s);
        }
    return worst;
}

static void test_orthonormal_either_way_up(void **state)
{
    (void)state;
    static const size_t shape[][2] = {{1, 1}, {5, 5}, {40, 7}, {7, 40}, {1, 9}, {9, 1}, {64, 64}};
    for (size_t k = 0; k < sizeof shape / sizeof *shape; k++) {
        size_t rows = shape[k][0], cols = shape[k][1], n = rows * cols;
        double x[4096], y[4096];
        float xf[4096], yf[4096];
        nnrt_uniforms_f64(x, n, nnrt_stream(k, 1), 0);
        for (size_t i = 0; i < n; i++) xf[i] = (float)(x[i] = x[i] - 0.5);
        nnrt_orthonormal_f64(rows, cols, x, y);
        assert_true(departure(rows, cols, y) < 1e-14);
        nnrt_orthonormal_f32(rows, cols, xf, yf);
        for (size_t i = 0; i < n; i++) {
            assert_true(fabs((double)yf[i] - y[i]) < 1e-3); /* the last vectors are ill-conditioned in a square */
            y[i] = (double)yf[i];
        }
        assert_true(departure(rows, cols, y) < 1e-6);
    }
}

static void test_orthonormal_keeps_a_zero_vector(void **state)
{
    (void)state;
    double x[6] = {3, 0, 4, 0, 0, 0}, y[6];
    nnrt_orthonormal_f64(3, 2, x, y);
    static const double want[6] = {.6, 0, .8, 0, 0, 0};
    for (int i = 0; i < 6; i++) assert_true(fabs(y[i] - want[i]) < 1e-15);
}

/* ---- linear algebra ---- */

enum { LARGEST = 65, COLUMNS = 3, BATCH = 2, MATRIX = LARGEST * LARGEST };
static double mat[BATCH * MATRIX], fac[BATCH * (MATRIX + LARGEST)], right[BATCH * LARGEST * COLUMNS], sol[sizeof right / 8];
static float matf[BATCH * MATRIX], facf[BATCH * (MATRIX + LARGEST)], rightf[BATCH * LARGEST * COLUMNS], solf[sizeof right / 8];

static void draw(double *x, float *xf, size_t n, uint64_t stream)
{
    nnrt_uniforms_f64(x, n, nnrt_stream(7, stream), 0);
    for (size_t i = 0; i < n; i++) xf[i] = (float)(x[i] = x[i] - 0.5);
}

/* The largest part of t @ x - b, t only where `part` of 1 (lower) and 2 (upper) says; turned: transposed. */
static double residual(size_t n, int part, int turned, const double *t, const double *x, const double *b)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < COLUMNS; j++) {
            double sum = -b[i * COLUMNS + j];
            for (size_t k = 0; k < n; k++) {
                size_t row = turned ? k : i, col = turned ? i : k;
                if ((col <= row && part & 1) || (col >= row && part & 2)) sum += t[row * n + col] * x[k * COLUMNS + j];
            }
            if (fabs(sum) > worst) worst = fabs(sum);
        }
    return worst;
}

static void check_systems(size_t n, int turned, int part)
{
    draw(mat, matf, BATCH * n * n, n);
    draw(right, rightf, BATCH * n * COLUMNS, 100 + n);
    for (size_t i = 0; part != 3 && i < BATCH * n * n; i += i / n % n == n - 1 ? 1 : n + 1)
        mat[i] = 4, matf[i] = 4; /* triangles of random numbers are nearly singular */
    if (part == 3) {
        nnrt_lu_f64(BATCH, n, mat, fac);
        nnrt_lu_f32(BATCH, n, matf, facf);
        nnrt_solve_f64(BATCH, n, COLUMNS, turned, fac, right, sol);
        nnrt_solve_f32(BATCH, n, COLUMNS, turned, facf, rightf, solf);
    } else {
        nnrt_tri_solve_f64(BATCH, n, COLUMNS, part == 2, turned, mat, right, sol);
        nnrt_tri_solve_f32(BATCH, n, COLUMNS, part == 2, turned, matf, rightf, solf);
    }
    for (size_t k = 0; k < BATCH; k++) {
        const double *a = mat + k * n * n, *b = right + k * n * COLUMNS;
        double *x = sol + k * n * COLUMNS, largest = 1;
        for (size_t i = 0; i < n * COLUMNS; i++)
            if (fabs(x[i]) > largest) largest = fabs(x[i]);
        double exact = residual(n, part, turned, a, x, b);
        for (size_t i = 0; i < n * COLUMNS; i++) x[i] = (double)solf[k * n * COLUMNS + i];
        double single = residual(n, part, turned, a, x, b);
        if (exact > 1e-13 * largest || single > 1e-4 * largest)
            fail_msg("n %zu, turned %d, part %d: off by %g and %g", n, turned, part, exact, single);
    }
}

static void test_systems_are_solved(void **state)
{
    (void)state;
    static const size_t n[] = {1, 2, 3, 8, 17, LARGEST};
    for (size_t k = 0; k < sizeof n / sizeof *n; k++)
        for (int turned = 0; turned < 2; turned++)
            for (int part = 1; part <= 3; part++) check_systems(n[k], turned, part);
}

static void test_cholesky_and_determinant_agree(void **state)
{
    (void)state;
    static const size_t n[] = {1, 2, 3, 8, 17, 40};
    for (size_t k = 0; k < sizeof n / sizeof *n; k++) {
        size_t m = n[k];
        static double spd[MATRIX], low[MATRIX];
        static float spdf[MATRIX], lowf[MATRIX];
        draw(mat, matf, m * m, k);
        for (size_t i = 0; i < m * m; i++) {
            spd[i] = i / m == i % m;
            for (size_t j = 0; j < m; j++) spd[i] += mat[i / m * m + j] * mat[i % m * m + j];
            spdf[i] = (float)spd[i];
        }
        double sum = 0, sumf = 0, det;
        float detf;
        nnrt_cholesky_f64(1, m, spd, low);
        nnrt_cholesky_f32(1, m, spdf, lowf);
        for (size_t i = 0; i < m; i++) {
            sum += 2 * log(low[i * m + i]);
            sumf += 2 * log((double)lowf[i * m + i]);
            for (size_t j = i + 1; j < m; j++) assert_true(low[i * m + j] == 0 && lowf[i * m + j] == 0);
        }
        nnrt_lu_f64(1, m, spd, fac);
        nnrt_logdet_f64(1, m, fac, &det);
        nnrt_lu_f32(1, m, spdf, facf);
        nnrt_logdet_f32(1, m, facf, &detf);
        assert_true(fabs(sum - det) <= 1e-13 * fmax(1, fabs(det)));
        assert_true(fabs(sumf - det) <= 1e-5 * fmax(1, fabs(det)) && fabs((double)detf - det) <= 1e-5 * fmax(1, fabs(det)));
    }
}

static void test_one_bad_matrix_spoils_no_other(void **state)
{
    (void)state;
    const double a[8] = {1, 2, 2, 4, 2, 0, 0, 4}, b[4] = {1, 1, 2, 4};
    double f[12], x[4], y[8], det[2];
    nnrt_lu_f64(2, 2, a, f);
    for (int turned = 0; turned < 2; turned++) {
        nnrt_solve_f64(2, 2, 1, turned, f, b, x);
        assert_true(isnan(x[0]) && isnan(x[1]) && x[2] == 1 && x[3] == 1);
    }
    nnrt_logdet_f64(2, 2, f, det);
    assert_true(det[0] == -INFINITY && fabs(det[1] - log(8)) < 1e-15);
    nnrt_cholesky_f64(2, 2, a, y);
    for (int i = 0; i < 4; i++) assert_true(isnan(y[i]));
    assert_true(y[4] == sqrt(2) && y[5] == 0 && y[6] == 0 && y[7] == 2);
    const double nan[4] = {NAN, 1, 1, NAN};
    nnrt_lu_f64(1, 2, nan, f);
    nnrt_solve_f64(1, 2, 1, 0, f, b, x);
    assert_true(isnan(x[0]) && isnan(x[1]));
}

enum { ROOM = 300 * 80 };
static float af[ROOM], bf[ROOM], cf[ROOM];
static double ad[ROOM], bd[ROOM], cd[ROOM];

/* The products of each instruction set that this machine has. */
struct gemms {
    void (*f32)(NNRT_GEMM_ARGUMENTS(float));
    void (*f64)(NNRT_GEMM_ARGUMENTS(double));
    void (*add_f32)(NNRT_GEMM_ADD_ARGUMENTS(float));
    void (*add_f64)(NNRT_GEMM_ADD_ARGUMENTS(double));
};
#define GEMMS(isa) {nnrt_gemm_f32_##isa, nnrt_gemm_f64_##isa, nnrt_gemm_add_f32_##isa, nnrt_gemm_add_f64_##isa}
static const struct gemms gemms[] = {
    {nnrt_gemm_f32, nnrt_gemm_f64, nnrt_gemm_add_f32, nnrt_gemm_add_f64},
    GEMMS(base),
#ifdef __x86_64__
    GEMMS(v3),
#endif
};

enum { STORES, ADDS, RATED, MODES };

/* Small whole numbers, so that sums are exact and results must be equal. The rows of c are padded, and the pads kept.
 */
static void check_gemm(const struct gemms *g, size_t m, size_t n, size_t k, int at, int bt, int ct, int mode)
{
    ptrdiff_t ars = at ? 1 : (ptrdiff_t)k, acs = at ? (ptrdiff_t)m : 1;
    ptrdiff_t brs = bt ? 1 : (ptrdiff_t)n, bcs = bt ? (ptrdiff_t)k : 1;
    ptrdiff_t crs = ct ? 1 : (ptrdiff_t)n + 3, ccs = ct ? (ptrdiff_t)m + 3 : 1;
    size_t size = (m + 3) * (n + 3);
    for (size_t i = 0; i < m * k; i++) af[i] = (float)(ad[i] = (double)((i * 7 + 3) % 11) - 5);
    for (size_t i = 0; i < k * n; i++) bf[i] = (float)(bd[i] = (double)((i * 5 + 1) % 13) - 6);
    for (size_t i = 0; i < size; i++) cf[i] = (float)(cd[i] = mode ? (double)(i % 9) : NAN);
    if (mode == RATED) {
        g->add_f32(-2, m, n, k, af, ars, acs, bf, brs, bcs, cf, crs, ccs);
        g->add_f64(-2, m, n, k, ad, ars, acs, bd, brs, bcs, cd, crs, ccs);
    } else {
        g->f32(m, n, k, af, ars, acs, bf, brs, bcs, cf, crs, ccs, mode == ADDS);
        g->f64(m, n, k, ad, ars, acs, bd, brs, bcs, cd, crs, ccs, mode == ADDS);
    }
    size_t touched = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            size_t c = i * (size_t)crs + j * (size_t)ccs;
            double want = 0;
            for (size_t p = 0; p < k; p++)
                want += ad[i * (size_t)ars + p * (size_t)acs] * bd[p * (size_t)brs + j * (size_t)bcs];
            want = mode == RATED ? (double)(c % 9) - 2 * want : mode == ADDS ? (double)(c % 9) + want : want;
            if (cd[c] != want || (double)cf[c] != want)
                fail_msg("%zux%zux%zu %d%d%d%d: c[%zu, %zu] is %g and %g, not %g", m, n, k, at, bt, ct, mode, i, j,
                         cd[c], (double)cf[c], want);
            cd[c] = cf[c] = -1e30f;
            touched++;
        }
    assert_true(touched == m * n);
    for (size_t i = 0; i < size; i++) {
        if (cf[i] == -1e30f) continue;
        if (mode)
            assert_true(cf[i] == (float)(i % 9) && cd[i] == (double)(i % 9));
        else
            assert_true(isnan(cf[i]) && isnan(cd[i]));
    }
}

static void test_gemm_of_every_layout_and_edge(void **state)
{
    (void)state;
    static const size_t m[] = {1, 2, 3, 7, 8, 9, 19}, k[] = {0, 1, 2, 64, 257},
                        n[] = {1, 3, 4, 5, 8, 9, 13, 15, 16, 17, 22, 35, 49};
    for (size_t isa = 0; isa < sizeof gemms / sizeof *gemms; isa++) {
#ifdef __x86_64__
        if (isa == 2 && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))) continue;
#endif
        for (size_t a = 0; a < sizeof m / sizeof *m; a++)
            for (size_t b = 0; b < sizeof n / sizeof *n; b++)
                for (size_t c = 0; c < sizeof k / sizeof *k; c++)
                    for (int way = 0; way < 8 * MODES; way++)
                        check_gemm(&gemms[isa], m[a], n[b], k[c], way & 1, way >> 1 & 1, way >> 2 & 1, way >> 3);
        check_gemm(&gemms[isa], 1, 150, 60, 0, 0, 0, STORES); /* a row of many vectors */
        check_gemm(&gemms[isa], 11, 20, 900, 1, 0, 0, RATED); /* in parts along k */
        for (int way = 0; way < MODES; way++) check_gemm(&gemms[isa], 66, 37, 70, way & 1, 0, 0, way); /* copied side by side */
        for (int cols = 1; cols < 9; cols++) check_gemm(&gemms[isa], 2, (size_t)cols, 75, 0, 1, cols & 1, cols % MODES);
        check_gemm(&gemms[isa], 11, 150, 40, 0, 1, 0, ADDS);
    }
}

/* Of few elements, as the JIT calls them. */
static const struct nnrt_symbol *const few_tables[] = {
    nnrt_blocks_base,
#ifdef __x86_64__
    nnrt_blocks_v3, nnrt_blocks_v4,
#endif
};

static bool isa_is_there(size_t isa)
{
#ifdef __x86_64__
    if (isa == 1) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (isa == 2) return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#endif
    return true;
}

static void (*kernel(const struct nnrt_symbol *s, const char *name))(void)
{
    while (s->name && strcmp(s->name, name)) s++;
    assert_non_null(s->name);
    return s->function;
}

/* with: rows of it or one for all, columns or one for all, or columns apart. */
static void check_plus(const struct nnrt_symbol *s, size_t m, size_t n, size_t k, bool column, ptrdiff_t wrs, ptrdiff_t wcs)
{
    typedef void plus(NNRT_GEMM_ARGUMENTS_OF(double), const double *, ptrdiff_t, ptrdiff_t);
    plus *f = (plus *)kernel(s, "nnrt_gemm_few_plus_f64");
    static double with[ROOM];
    ptrdiff_t crs = column ? 1 : (ptrdiff_t)n + 1, ccs = column ? (ptrdiff_t)m + 1 : 1;
    for (size_t i = 0; i < m * k; i++) ad[i] = (double)((i * 7 + 3) % 11) - 5;
    for (size_t i = 0; i < k * n; i++) bd[i] = (double)((i * 5 + 1) % 13) - 6;
    for (size_t i = 0; i < ROOM; i++) with[i] = (double)(i % 17), cd[i] = -7;
    f(m, n, k, ad, (ptrdiff_t)k, 1, bd, (ptrdiff_t)n, 1, cd, crs, ccs, with, wrs, wcs);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double want = with[i * (size_t)wrs + j * (size_t)wcs];
            for (size_t p = 0; p < k; p++) want += ad[i * k + p] * bd[p * n + j];
            double *c = &cd[i * (size_t)crs + j * (size_t)ccs];
            assert_true(*c == want);
            *c = -7;
        }
    for (size_t i = 0; i < ROOM; i++) assert_true(cd[i] == -7);
}

static void test_products_of_few_elements(void **state)
{
    (void)state;
    static const size_t m[] = {1, 2, 3, 4, 5, 10}, n[] = {1, 2, 3, 5, 8, 10, 16, 17, 40, 70}, k[] = {1, 2, 4, 7, 40, 150};
    for (size_t isa = 0; isa < sizeof few_tables / sizeof *few_tables; isa++) {
        if (!isa_is_there(isa)) continue;
        const struct nnrt_symbol *s = few_tables[isa];
        struct gemms few = {
            (void (*)(NNRT_GEMM_ARGUMENTS(float)))kernel(s, "nnrt_gemm_few_f32"),
            (void (*)(NNRT_GEMM_ARGUMENTS(double)))kernel(s, "nnrt_gemm_few_f64"),
            (void (*)(NNRT_GEMM_ADD_ARGUMENTS(float)))kernel(s, "nnrt_gemm_few_add_f32"),
            (void (*)(NNRT_GEMM_ADD_ARGUMENTS(double)))kernel(s, "nnrt_gemm_few_add_f64"),
        };
        for (size_t a = 0; a < sizeof m / sizeof *m; a++)
            for (size_t b = 0; b < sizeof n / sizeof *n; b++)
                for (size_t c = 0; c < sizeof k / sizeof *k; c++) {
                    for (int way = 0; way < 8 * MODES; way++)
                        check_gemm(&few, m[a], n[b], k[c], way & 1, way >> 1 & 1, way >> 2 & 1, way >> 3);
                    for (int way = 0; way < 12; way++)
                        check_plus(s, m[a], n[b], k[c], way & 1, way & 2 ? 0 : 90, way < 4 ? 0 : way < 8 ? 1 : 2);
                }
    }
}

static void test_gemm_of_nothing_touches_nothing(void **state)
{
    (void)state;
    float c = 7;
    nnrt_gemm_f32(0, 5, 3, af, 3, 1, bf, 5, 1, &c, 5, 1, 0);
    nnrt_gemm_f32(5, 0, 3, af, 3, 1, bf, 0, 1, &c, 0, 1, 0);
    assert_true(c == 7);
}

static void test_gemm_passes_on_what_is_not_finite(void **state)
{
    (void)state;
    double a[2] = {INFINITY, 1}, b[2] = {0, 1}, c;
    nnrt_gemm_f64(1, 1, 2, a, 2, 1, b, 1, 1, &c, 1, 1, 0);
    assert_true(isnan(c));
}

/* ---- rows of JIT text ---- */

static void (*row_function(const char *name))(void)
{
    for (const struct nnrt_symbol *s = nnrt_rows(); s->name; s++)
        if (!strcmp(s->name, name)) return s->function;
    fail_msg("%s is not there", name);
    return NULL;
}

static void test_rows_are_summed_and_searched(void **state)
{
    (void)state;
    double (*sum32)(size_t, const float *) = (double (*)(size_t, const float *))row_function("nnrt_b_sum_f32");
    double (*sum64)(size_t, const double *) = (double (*)(size_t, const double *))row_function("nnrt_b_sum_f64");
    float (*most)(size_t, const float *, float) = (float (*)(size_t, const float *, float))row_function("nnrt_b_most_f32");
    double (*least)(size_t, const double *, double) =
        (double (*)(size_t, const double *, double))row_function("nnrt_b_least_f64");
    for (size_t n = 0; n < 100; n++)
        for (size_t at = 0; at <= n; at++) { /* where the extreme is, or what is no number */
            double sum = 0;
            for (size_t i = 0; i < n; i++) sum += ad[i] = af[i] = (float)(i * 7 % 13);
            if (at == 0) assert_true(sum32(n, af) == sum && sum64(n, ad) == sum);
            assert_true(most(n, af, 50) == 50 && least(n, ad, -50) == -50);
            assert_true(isnan(most(n, af, NAN)) && isnan(least(n, ad, NAN)));
            if (at == n) continue;
            af[at] = 40;
            ad[at] = -40;
            assert_true(most(n, af, -1) == 40 && least(n, ad, 1) == -40);
            ad[at] = af[at] = NAN;
            assert_true(isnan(most(n, af, -1)) && isnan(least(n, ad, 1)));
        }
}

static void test_matrices_are_turned_over(void **state)
{
    (void)state;
    typedef void turn(size_t, size_t, const double *, size_t, double *);
    for (size_t n = 1; n < 11; n++)
        for (size_t k = 1; k < 11; k++) {
            for (size_t i = 0; i < n * (k + 2); i++) ad[i] = (double)i;
            cd[n * k] = -1;
            ((turn *)row_function("nnrt_b_turn_f64"))(n, k, ad, k + 2, cd);
            for (size_t i = 0; i < n * k; i++) assert_true(cd[i] == (double)(i % n * (k + 2) + i / n));
            assert_true(cd[n * k] == -1);
        }
}

static void test_whole_numbers_of_rows_are_compared(void **state)
{
    (void)state;
    typedef void compare(size_t, double *, int32_t, int32_t, int32_t, int32_t);
    static const char *const name[] = {"nnrt_b_int_lt_f64", "nnrt_b_int_le_f64", "nnrt_b_int_eq_f64", "nnrt_b_int_ne_f64"};
    for (int k = 0; k < 4; k++)
        for (int32_t step = -2; step < 3; step++) {
            ((compare *)row_function(name[k]))(50, ad, 20, 0, 3, step);
            for (int32_t i = 0; i < 50; i++) {
                const int32_t x = 3 + i * step;
                assert_true(ad[i] == (k == 0 ? 20 < x : k == 1 ? 20 <= x : k == 2 ? 20 == x : 20 != x));
            }
        }
}

static const struct {
    const char *name;
    int one, two; /* 0 adds, 1 subtracts, 2 multiplies, 3 subtracts from */
} pairs[] = {
    {"add_add", 0, 0}, {"add_sub", 0, 1}, {"add_mul", 0, 2}, {"add_minus", 0, 3}, {"sub_add", 1, 0}, {"sub_sub", 1, 1},
    {"sub_mul", 1, 2}, {"sub_minus", 1, 3}, {"mul_add", 2, 0}, {"mul_sub", 2, 1}, {"mul_mul", 2, 2}, {"mul_minus", 2, 3},
};

static double after(int op, double x, double y)
{
    return op == 0 ? x + y : op == 1 ? x - y : op == 2 ? x * y : y - x;
}

static const char *pair_name(const char *name, const char *f)
{
    static char text[64];
    snprintf(text, sizeof text, "nnrt_b_%s_%s", name, f);
    return text;
}

#define CHECK_PAIR(T, f, x, to)                                                                                        \
    {                                                                                                                  \
        typedef void pair(size_t, T *, const T *, size_t, const T *, size_t, const T *, size_t);                       \
        pair *does = (pair *)kernel(s, pair_name(pairs[k].name, #f));                                              \
        for (size_t q = 0; q < 220; q++) x[q] = (T)1 / (T)(3 + q * 7 % 31), to[q] = -7;                               \
        does(n, to, x, way & 1, x + 40, way >> 1 & 1, x + 90, way >> 2 & 1);                                           \
        for (size_t q = 0; q < 130; q++) {                                                                             \
            const T one = (T)after(pairs[k].one, (double)x[way & 1 ? q : 0], (double)x[40 + (way & 2 ? q : 0)]);       \
            const T two = (T)after(pairs[k].two, (double)one, (double)x[90 + (way & 4 ? q : 0)]);                      \
            assert_true(to[q] == (q < n ? two : -7));                                                                  \
        }                                                                                                              \
    }

static void test_pairs_of_operations_are_rounded_twice(void **state)
{
    (void)state;
    static const size_t ns[] = {1, 7, 8, 15, 16, 33, 40};
    for (size_t isa = 0; isa < sizeof few_tables / sizeof *few_tables; isa++) {
        if (!isa_is_there(isa)) continue;
        const struct nnrt_symbol *s = few_tables[isa];
        for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++)
            for (size_t i = 0; i < sizeof ns / sizeof *ns; i++)
                for (int way = 1; way < 8; way++) {
                    const size_t n = ns[i];
                    CHECK_PAIR(float, f32, af, cf)
                    CHECK_PAIR(double, f64, ad, cd)
                }
    }
}

static void test_symbols_are_found_by_name(void **state)
{
    (void)state;
    int gemm = 0;
    for (const struct nnrt_symbol *s = nnrt_symbols; s->name; s++)
        if (strcmp(s->name, "nnrt_gemm_f64") == 0) gemm += s->function == (void (*)(void))nnrt_gemm_f64;
    assert_int_equal(gemm, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_numbers_are_the_formula),
        cmocka_unit_test(test_blocks_of_random_numbers_join),
        cmocka_unit_test(test_random_numbers_are_even),
        cmocka_unit_test(test_polygamma_is_right_to_thirteen_digits),
        cmocka_unit_test(test_polygamma_at_its_poles),
        cmocka_unit_test(test_orthonormal_either_way_up),
        cmocka_unit_test(test_orthonormal_keeps_a_zero_vector),
        cmocka_unit_test(test_systems_are_solved),
        cmocka_unit_test(test_cholesky_and_determinant_agree),
        cmocka_unit_test(test_one_bad_matrix_spoils_no_other),
        cmocka_unit_test(test_gemm_of_every_layout_and_edge),
        cmocka_unit_test(test_products_of_few_elements),
        cmocka_unit_test(test_gemm_of_nothing_touches_nothing),
        cmocka_unit_test(test_gemm_passes_on_what_is_not_finite),
        cmocka_unit_test(test_rows_are_summed_and_searched),
        cmocka_unit_test(test_whole_numbers_of_rows_are_compared),
        cmocka_unit_test(test_matrices_are_turned_over),
        cmocka_unit_test(test_pairs_of_operations_are_rounded_twice),
        cmocka_unit_test(test_symbols_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
