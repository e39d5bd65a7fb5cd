/* Systems of equations and factors of matrices, row by row in memory. Each of a batch by itself: what one holds never
 * reaches another. */
#ifndef NNRT_LINEAR_H
#define NNRT_LINEAR_H

#include <math.h>
#include <stddef.h>

/*@ nnrt_lu_f64 */
/* For each of `count` matrices a[n][n] its factors f[n + 1][n]: rows of a, swapped so that the largest element of what
 * is left of a column leads, are L, whose diagonal of ones is not stored, times U. Row n says with which row each was
 * swapped. */
static void nnrt_lu_f64(size_t count, size_t n, const double *a, double *f)
{
    for (; count > 0; count--, a += n * n, f += n * (n + 1)) {
        for (size_t i = 0; i < n * n; i++) f[i] = a[i];
        for (size_t k = 0; k < n; k++) {
            double *top = f + k * n, pivot;
            size_t best = k;
            for (size_t i = k + 1; i < n; i++)
                if (fabs(f[i * n + k]) > fabs(f[best * n + k])) best = i;
            f[n * n + k] = (double)(ptrdiff_t)best;
            for (size_t j = 0; best != k && j < n; j++) {
                const double other = f[best * n + j];
                f[best * n + j] = top[j];
                top[j] = other;
            }
            pivot = top[k];
            for (size_t i = k + 1; pivot != 0 && i < n; i++) {
                double *row = f + i * n;
                const double times = row[k] / pivot;
                row[k] = times;
                for (size_t j = k + 1; j < n; j++) row[j] -= times * top[j];
            }
        }
    }
}

/*@ nnrt_triangle_f64 */
/* y[n][m] = the solution x of t @ x = y, element (i, k) of t at t[i * rs + k * cs]: lower triangular, or upper where
 * up, with a diagonal of ones where unit. All NaN where there is a 0 on the diagonal. */
static void nnrt_triangle_f64(size_t n, size_t m, const double *t, size_t rs, size_t cs, int up, int unit, double *y)
{
    for (size_t s = 0; s < n; s++) {
        const size_t i = up ? n - 1 - s : s;
        double *to = y + i * m;
        for (size_t r = 0; r < s; r++) {
            const size_t k = up ? n - 1 - r : r;
            const double times = t[i * rs + k * cs], *from = y + k * m;
            for (size_t j = 0; j < m; j++) to[j] -= times * from[j];
        }
        for (size_t j = 0; !unit && j < m; j++) to[j] /= t[i * (rs + cs)];
    }
    for (size_t i = 0; !unit && i < n; i++)
        for (size_t j = 0; t[i * (rs + cs)] == 0 && j < n * m; j++) y[j] = (double)NAN;
}

/*@ nnrt_solve_f64 needs nnrt_triangle_f64 */
/* a @ y = b, or the transpose of a, for each of `count` systems of m right sides, by nnrt_lu's factors f of a. y is not
 * b. */
static void nnrt_solve_f64(size_t count, size_t n, size_t m, int transposed, const double *f, const double *b,
                           double *y)
{
    for (; count > 0; count--, f += n * (n + 1), b += n * m, y += n * m) {
        for (size_t i = 0; i < n * m; i++) y[i] = b[i];
        if (transposed) {
            nnrt_triangle_f64(n, m, f, 1, n, 0, 0, y);
            nnrt_triangle_f64(n, m, f, 1, n, 1, 1, y);
        }
        for (size_t s = 0; s < n; s++) {
            const size_t k = transposed ? n - 1 - s : s, with = (size_t)(ptrdiff_t)f[n * n + k];
            for (size_t j = 0; with != k && j < m; j++) {
                const double other = y[with * m + j];
                y[with * m + j] = y[k * m + j];
                y[k * m + j] = other;
            }
        }
        if (!transposed) {
            nnrt_triangle_f64(n, m, f, n, 1, 0, 1, y);
            nnrt_triangle_f64(n, m, f, n, 1, 1, 0, y);
        }
    }
}

/*@ nnrt_logdet_f64 */
/* The logarithm of each determinant, by nnrt_lu's factors: -inf of 0, NaN of what is negative. */
static void nnrt_logdet_f64(size_t count, size_t n, const double *f, double *y)
{
    for (; count > 0; count--, f += n * (n + 1), y++) {
        double sum = 0;
        int negative = 0, singular = 0;
        for (size_t k = 0; k < n; k++) {
            const double pivot = f[k * n + k];
            sum += log(fabs(pivot));
            negative ^= (pivot < 0) ^ ((size_t)(ptrdiff_t)f[n * n + k] != k);
            singular |= pivot == 0;
        }
        *y = negative && !singular ? (double)NAN : sum;
    }
}

/*@ nnrt_cholesky_f64 */
/* The lower triangular L with L @ transpose(L) the symmetric part of a, for each of `count` matrices; all NaN where
 * that is not positive definite. */
static void nnrt_cholesky_f64(size_t count, size_t n, const double *a, double *y)
{
    for (; count > 0; count--, a += n * n, y += n * n) {
        int fine = 1;
        for (size_t i = 0; i < n; i++)
            for (size_t j = i; j < n; j++) y[i * n + j] = 0.5 * (a[i * n + j] + a[j * n + i]);
        for (size_t k = 0; k < n; k++) { /* the transpose of L, row by row, each taken out of what is left */
            double *top = y + k * n;
            const double pivot = top[k], root = sqrt(pivot);
            fine = fine && pivot > 0 && pivot - pivot == 0;
            top[k] = root;
            for (size_t j = k + 1; j < n; j++) top[j] /= root;
            for (size_t i = k + 1; i < n; i++) {
                double *row = y + i * n;
                const double times = top[i];
                for (size_t j = i; j < n; j++) row[j] -= times * top[j];
            }
        }
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++) {
                y[i * n + j] = y[j * n + i];
                y[j * n + i] = 0;
            }
        for (size_t i = 0; !fine && i < n * n; i++) y[i] = (double)NAN;
    }
}

/*@ nnrt_tri_solve_f64 needs nnrt_triangle_f64 */
/* t @ y = b, or the transpose of t, for each of `count` systems of m right sides: t's upper triangle, or its lower one.
 * y is not b. */
static void nnrt_tri_solve_f64(size_t count, size_t n, size_t m, int upper, int transposed, const double *t,
                               const double *b, double *y)
{
    for (; count > 0; count--, t += n * n, b += n * m, y += n * m) {
        for (size_t i = 0; i < n * m; i++) y[i] = b[i];
        nnrt_triangle_f64(n, m, t, transposed ? 1 : n, transposed ? n : 1, upper != transposed, 0, y);
    }
}

/*@ nnrt_lu_f32 */
/* For each of `count` matrices a[n][n] its factors f[n + 1][n]: rows of a, swapped so that the largest element of what
 * is left of a column leads, are L, whose diagonal of ones is not stored, times U. Row n says with which row each was
 * swapped. */
static void nnrt_lu_f32(size_t count, size_t n, const float *a, float *f)
{
    for (; count > 0; count--, a += n * n, f += n * (n + 1)) {
        for (size_t i = 0; i < n * n; i++) f[i] = a[i];
        for (size_t k = 0; k < n; k++) {
            float *top = f + k * n, pivot;
            size_t best = k;
            for (size_t i = k + 1; i < n; i++)
                if (fabsf(f[i * n + k]) > fabsf(f[best * n + k])) best = i;
            f[n * n + k] = (float)(ptrdiff_t)best;
            for (size_t j = 0; best != k && j < n; j++) {
                const float other = f[best * n + j];
                f[best * n + j] = top[j];
                top[j] = other;
            }
            pivot = top[k];
            for (size_t i = k + 1; pivot != 0 && i < n; i++) {
                float *row = f + i * n;
                const float times = row[k] / pivot;
                row[k] = times;
                for (size_t j = k + 1; j < n; j++) row[j] -= times * top[j];
            }
        }
    }
}

/*@ nnrt_triangle_f32 */
/* y[n][m] = the solution x of t @ x = y, element (i, k) of t at t[i * rs + k * cs]: lower triangular, or upper where
 * up, with a diagonal of ones where unit. All NaN where there is a 0 on the diagonal. */
static void nnrt_triangle_f32(size_t n, size_t m, const float *t, size_t rs, size_t cs, int up, int unit, float *y)
{
    for (size_t s = 0; s < n; s++) {
        const size_t i = up ? n - 1 - s : s;
        float *to = y + i * m;
        for (size_t r = 0; r < s; r++) {
            const size_t k = up ? n - 1 - r : r;
            const float times = t[i * rs + k * cs], *from = y + k * m;
            for (size_t j = 0; j < m; j++) to[j] -= times * from[j];
        }
        for (size_t j = 0; !unit && j < m; j++) to[j] /= t[i * (rs + cs)];
    }
    for (size_t i = 0; !unit && i < n; i++)
        for (size_t j = 0; t[i * (rs + cs)] == 0 && j < n * m; j++) y[j] = (float)NAN;
}

/*@ nnrt_solve_f32 needs nnrt_triangle_f32 */
/* a @ y = b, or the transpose of a, for each of `count` systems of m right sides, by nnrt_lu's factors f of a. y is not
 * b. */
static void nnrt_solve_f32(size_t count, size_t n, size_t m, int transposed, const float *f, const float *b, float *y)
{
    for (; count > 0; count--, f += n * (n + 1), b += n * m, y += n * m) {
        for (size_t i = 0; i < n * m; i++) y[i] = b[i];
        if (transposed) {
            nnrt_triangle_f32(n, m, f, 1, n, 0, 0, y);
            nnrt_triangle_f32(n, m, f, 1, n, 1, 1, y);
        }
        for (size_t s = 0; s < n; s++) {
            const size_t k = transposed ? n - 1 - s : s, with = (size_t)(ptrdiff_t)f[n * n + k];
            for (size_t j = 0; with != k && j < m; j++) {
                const float other = y[with * m + j];
                y[with * m + j] = y[k * m + j];
                y[k * m + j] = other;
            }
        }
        if (!transposed) {
            nnrt_triangle_f32(n, m, f, n, 1, 0, 1, y);
            nnrt_triangle_f32(n, m, f, n, 1, 1, 0, y);
        }
    }
}

/*@ nnrt_logdet_f32 */
/* The logarithm of each determinant, by nnrt_lu's factors: -inf of 0, NaN of what is negative. */
static void nnrt_logdet_f32(size_t count, size_t n, const float *f, float *y)
{
    for (; count > 0; count--, f += n * (n + 1), y++) {
        double sum = 0;
        int negative = 0, singular = 0;
        for (size_t k = 0; k < n; k++) {
            const double pivot = (double)f[k * n + k];
            sum += log(fabs(pivot));
            negative ^= (pivot < 0) ^ ((size_t)(ptrdiff_t)f[n * n + k] != k);
            singular |= pivot == 0;
        }
        *y = negative && !singular ? (float)NAN : (float)sum;
    }
}

/*@ nnrt_cholesky_f32 */
/* The lower triangular L with L @ transpose(L) the symmetric part of a, for each of `count` matrices; all NaN where
 * that is not positive definite. */
static void nnrt_cholesky_f32(size_t count, size_t n, const float *a, float *y)
{
    for (; count > 0; count--, a += n * n, y += n * n) {
        int fine = 1;
        for (size_t i = 0; i < n; i++)
            for (size_t j = i; j < n; j++) y[i * n + j] = 0.5f * (a[i * n + j] + a[j * n + i]);
        for (size_t k = 0; k < n; k++) { /* the transpose of L, row by row, each taken out of what is left */
            float *top = y + k * n;
            const float pivot = top[k], root = sqrtf(pivot);
            fine = fine && pivot > 0 && pivot - pivot == 0;
            top[k] = root;
            for (size_t j = k + 1; j < n; j++) top[j] /= root;
            for (size_t i = k + 1; i < n; i++) {
                float *row = y + i * n;
                const float times = top[i];
                for (size_t j = i; j < n; j++) row[j] -= times * top[j];
            }
        }
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++) {
                y[i * n + j] = y[j * n + i];
                y[j * n + i] = 0;
            }
        for (size_t i = 0; !fine && i < n * n; i++) y[i] = (float)NAN;
    }
}

/*@ nnrt_tri_solve_f32 needs nnrt_triangle_f32 */
/* t @ y = b, or the transpose of t, for each of `count` systems of m right sides: t's upper triangle, or its lower one.
 * y is not b. */
static void nnrt_tri_solve_f32(size_t count, size_t n, size_t m, int upper, int transposed, const float *t,
                               const float *b, float *y)
{
    for (; count > 0; count--, t += n * n, b += n * m, y += n * m) {
        for (size_t i = 0; i < n * m; i++) y[i] = b[i];
        nnrt_triangle_f32(n, m, t, transposed ? 1 : n, transposed ? n : 1, upper != transposed, 0, y);
    }
}

/*@ end */
#endif
