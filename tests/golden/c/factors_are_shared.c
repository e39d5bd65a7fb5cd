/* factors_are_shared: made by nngen, not by hand. See factors_are_shared.h for what it does and how to use it. */
#include "factors_are_shared.h"

#include <math.h>

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


size_t factors_are_shared_work_size(void)
{
    return sizeof(factors_are_shared_work);
}

factors_are_shared_status factors_are_shared_forward(const factors_are_shared_params *p,
                                                     const factors_are_shared_inputs *in,
                                                     factors_are_shared_outputs *out,
                                                     factors_are_shared_work *w)
{
    (void)p;
    if (!in || !out || !w) return FACTORS_ARE_SHARED_E_NULL;
    if (in->N < 1 || in->N > 4) return FACTORS_ARE_SHARED_E_DIM;
    if (!in->A) return FACTORS_ARE_SHARED_E_NULL;
    if (!in->b) return FACTORS_ARE_SHARED_E_NULL;
    const size_t N = in->N;
    const factors_are_shared_real *const A = in->A;
    factors_are_shared_real *const t1 = w->real + 20; /* [N][N] */
    factors_are_shared_real *const t2 = w->real; /* [N + 1][N] */
    const factors_are_shared_real *const b = in->b;
    factors_are_shared_real *const t3 = w->real + 20; /* [N][1] */
    factors_are_shared_real *const x = out->x ? out->x : w->real + 24; /* [N] */
    factors_are_shared_real *const t4 = w->real + 20; /* [1] */
    /* x = solve(A + 3 * eye[N], b) */
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            t1[i * N + j] = A[i * N + j] + 3.0f * (factors_are_shared_real)((int32_t)i == (int32_t)j);
        }
    }
    nnrt_lu_f32(1, N, &t1[0], &t2[0]);
    nnrt_solve_f32(1, N, 1, 0, &t2[0], &b[0], &t3[0]);
    /* loss misfit = sum(x ** 2) + logdet(A + 3 * eye[N]) */
    double acc1 = 0;
    for (size_t i = 0; i < N; i++) {
        x[i] = t3[i];
        acc1 += t3[i] * t3[i];
    }
    const factors_are_shared_real sum1 = (factors_are_shared_real)acc1;
    nnrt_logdet_f32(1, N, &t2[0], &t4[0]);
    out->misfit = sum1 + t4[0];
    return FACTORS_ARE_SHARED_OK;
}

factors_are_shared_status factors_are_shared_grad(const factors_are_shared_params *p,
                                                  const factors_are_shared_inputs *in,
                                                  factors_are_shared_outputs *out,
                                                  factors_are_shared_params *g, factors_are_shared_work *w)
{
    (void)p;
    (void)g;
    if (!in || !out || !w) return FACTORS_ARE_SHARED_E_NULL;
    if (in->N < 1 || in->N > 4) return FACTORS_ARE_SHARED_E_DIM;
    if (!in->A) return FACTORS_ARE_SHARED_E_NULL;
    if (!in->b) return FACTORS_ARE_SHARED_E_NULL;
    const size_t N = in->N;
    factors_are_shared_real *const t1 = w->real + 20; /* [N][N] */
    const factors_are_shared_real *const A = in->A;
    factors_are_shared_real *const t2 = w->real + 36; /* [N][N] */
    factors_are_shared_real *const t3 = w->real; /* [N + 1][N] */
    const factors_are_shared_real *const b = in->b;
    factors_are_shared_real *const t4 = w->real + 52; /* [N][1] */
    factors_are_shared_real *const x = out->x ? out->x : w->real + 56; /* [N] */
    factors_are_shared_real *const t5 = w->real + 36; /* [1] */
    factors_are_shared_real *const t6 = w->real + 36; /* [N][N] */
    factors_are_shared_real *const t7 = w->real + 52; /* [N][1] */
    factors_are_shared_real *const t8 = w->real + 20; /* [N][1] */
    factors_are_shared_real *const d_b = out->d_b ? out->d_b : w->real + 16; /* [N] */
    factors_are_shared_real *const d_A = out->d_A ? out->d_A : w->real; /* [N][N] */
    /* x = solve(A + 3 * eye[N], b) */
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            const factors_are_shared_real t1_i = (factors_are_shared_real)((int32_t)i == (int32_t)j);
            t1[i * N + j] = t1_i;
            t2[i * N + j] = A[i * N + j] + 3.0f * t1_i;
        }
    }
    nnrt_lu_f32(1, N, &t2[0], &t3[0]);
    nnrt_solve_f32(1, N, 1, 0, &t3[0], &b[0], &t4[0]);
    /* loss misfit = sum(x ** 2) + logdet(A + 3 * eye[N]) */
    double acc1 = 0;
    for (size_t i = 0; i < N; i++) {
        x[i] = t4[i];
        acc1 += t4[i] * t4[i];
    }
    const factors_are_shared_real sum1 = (factors_are_shared_real)acc1;
    nnrt_logdet_f32(1, N, &t3[0], &t5[0]);
    out->misfit = sum1 + t5[0];
    /* gradient: loss misfit = sum(x ** 2) + logdet(A + 3 * eye[N]) */
    nnrt_solve_f32(1, N, N, 1, &t3[0], &t1[0], &t6[0]);
    for (size_t i = 0; i < N; i++) {
        t7[i] = t4[i] + t4[i];
    }
    /* gradient: x = solve(A + 3 * eye[N], b) */
    nnrt_solve_f32(1, N, 1, 1, &t3[0], &t7[0], &t8[0]);
    for (size_t i = 0; i < N; i++) {
        const factors_are_shared_real d_b_i = t8[i];
        d_b[i] = d_b_i;
        for (size_t j = 0; j < N; j++) {
            d_A[i * N + j] = t6[i * N + j] - d_b_i * x[j];
        }
    }
    return FACTORS_ARE_SHARED_OK;
}
