/* Products in tiles against plain sums: every edge of every tile, for the vectors that the compiler has. With an argument only some of
 * them, for slow machines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef SINGLE
typedef float nnrt_real;
#else
typedef double nnrt_real;
#endif
#include "runtime/kernels/thin.h"

static nnrt_real *fresh(size_t n) /* of its very size, so that sanitizers see who reads beyond it */
{
    nnrt_real *x = (nnrt_real *)malloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (nnrt_real)(rand() % 17 - 8); /* sums of small whole numbers are exact */
    return x;
}

typedef void product(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k, const nnrt_real *b,
                     size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds, nnrt_real rate);
#define PRODUCT(name, does)                                                                                            \
    static void name(size_t m, size_t n, size_t k, const nnrt_real *a, size_t a_row, size_t a_k, const nnrt_real *b,   \
                     size_t b_k, size_t b_n, nnrt_real *c, size_t c_row, int adds, nnrt_real rate)                     \
    {                                                                                                                  \
        does(m, n, k, a, a_row, a_k, b, b_k, b_n, c, c_row, adds, rate);                                               \
    }
PRODUCT(fixed, nnrt_product)
PRODUCT(fixed_turned, nnrt_product_turned)
PRODUCT(some, nnrt_some_product)
PRODUCT(some_turned, nnrt_some_product_turned)
PRODUCT(row, nnrt_row_product)
PRODUCT(row_turned, nnrt_row_product_turned)
PRODUCT(outer, nnrt_outer_product)
PRODUCT(narrow, nnrt_narrow_product)
PRODUCT(some_narrow, nnrt_some_narrow_product)
PRODUCT(even, nnrt_even_product)
PRODUCT(even_turned, nnrt_even_product_turned)

PRODUCT(rows, nnrt_rows_product)
PRODUCT(sums, nnrt_sums_product)
PRODUCT(dots, nnrt_dots_product)

/* Whether one product is right; b and a as they lie or turned over, c with room beside its rows. */
static int is_right(size_t m, size_t n, size_t k, int literal, int a_turned, int b_turned, int adds)
{
    const size_t room = n + 3, a_row = a_turned ? 1 : k, a_k = a_turned ? m : 1, b_k = b_turned ? 1 : n, b_n = b_turned ? k : 1;
    nnrt_real *a = fresh(m * k), *b = fresh(k * n), *c = fresh(m * room), *expected = fresh(m * room);
    memcpy(expected, c, m * room * sizeof *c);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            nnrt_real sum = 0;
            for (size_t p = 0; p < k; p++) sum += a[i * a_row + p * a_k] * b[p * b_k + j * b_n];
            expected[i * room + j] = adds ? c[i * room + j] - 2 * sum : sum;
        }
    const nnrt_real rate = adds ? -2 : 1;
    product *does = literal && n >= 64 && !b_turned && (m == 2 || m == 3) ? rows
                    : literal && n >= 64 && !b_turned && k < 4 ? sums
                    : literal && m < 7 && b_turned && !a_turned && n > 3 ? dots
                    : literal && m == 1 ? b_turned ? row_turned : row : k == 1 && adds && !b_turned ? outer
                    : n < 4 ? literal ? narrow : some_narrow
                    : m % 8 == 0 && n % 16 == 0 && n >= 32 ? b_turned ? even_turned : even
                    : literal ? b_turned ? fixed_turned : fixed : b_turned ? some_turned : some;
    does(m, n, k, a, a_row, a_k, b, b_k, b_n, c, room, adds, rate);
    int right = memcmp(expected, c, m * room * sizeof *c) == 0;
    if (!right)
        printf("%zu x %zu x %zu%s%s%s%s is wrong\n", m, n, k, literal ? ", literal" : "", a_turned ? ", a turned" : "",
               b_turned ? ", b turned" : "", adds ? ", added" : "");
    free(a);
    free(b);
    free(c);
    free(expected);
    return right;
}

int main(int argc, char **argv)
{
    const size_t skip = argc > 1 ? 5 : 1;
    static const size_t ms[] = {1, 2, 3, 5, 8, 12, 13}, high[] = {8, 17, 70, 300}, ks[] = {1, 3, 81, 600};
    int wrong = 0;
    (void)argv;
    for (size_t i = 0; i < sizeof ms / sizeof *ms; i++)
        for (size_t l = 0; l < sizeof ks / sizeof *ks; l++)
            for (size_t n = 4; n < 145; n += skip * (n < 20 ? 1 : n < 70 ? 2 : n < 112 ? 3 : 4))
                for (int way = 0; way < 16; way++)
                    if (l < 2 || way % 3 == 0) wrong += !is_right(ms[i], n, ks[l], way & 1, way & 2, way & 4, way & 8);
    for (size_t i = 0; i < sizeof high / sizeof *high; i++) /* few columns, and few beside whole vectors */
        for (size_t n = 1; n < 36; n += n < 3 ? 1 : 15)
            for (int way = 0; way < 16; way++) wrong += !is_right(high[i], n, 37, way & 1, way & 2, way & 4, way & 8);
    for (int way = 0; way < 16; way++) wrong += !is_right(16, 500, 70, way & 1, way & 2, way & 4, way & 8); /* few rows, many columns */
    for (int way = 0; way < 16; way++) wrong += !is_right(72, 61, 170, way & 1, way & 2, way & 4, way & 8); /* copied side by side */
    for (int way = 1; way < 16; way += 2) wrong += !is_right(64, 512, 170, 1, way & 2, way & 4, way & 8);
    for (size_t m = 1; m < 8; m++) wrong += !is_right(m, 3, 5, 0, 1, 0, 1);
    return wrong != 0;
}
