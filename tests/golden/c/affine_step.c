/* affine_step: made by nngen, not by hand. See affine_step.h for what it does and how to use it. */
#include "affine_step.h"

#include <math.h>

#ifndef NNRT_INLINE
#ifdef __GNUC__
#define NNRT_INLINE static inline __attribute__((always_inline, unused))
#else
#define NNRT_INLINE static inline
#endif
#endif

/* Loops over the lanes stay loops until they become vectors: gcc is better at that than at lanes one by one. */
#if defined __GNUC__ && !defined __clang__ && __GNUC__ >= 8
#define NNRT_EACH_LANE _Pragma("GCC unroll 1") for (size_t i = 0; i < 8; i++)
#else
#define NNRT_EACH_LANE for (size_t i = 0; i < 8; i++)
#endif

/* Rows that are known to be short are reduced where they are; one function for all others saves compilers much time. */
#ifdef __GNUC__
#define NNRT_IS_SHORT(n) (__builtin_constant_p(n) && (n) < 64)
#define NNRT_LONG_ROW static __attribute__((noinline, unused))
#else
#define NNRT_IS_SHORT(n) 0
#define NNRT_LONG_ROW static inline
#endif

NNRT_INLINE double nnrt_sum_row_f32(const float *x, size_t n)
{
    double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0}, rest = 0;
    const size_t whole = n / 8 * 8;
    for (size_t k = 0; k < whole; k += 8)
        NNRT_EACH_LANE lane[i] += (double)x[k + i];
    for (size_t k = whole; k < n; k++) rest += (double)x[k];
    return rest + (((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7])));
}
NNRT_LONG_ROW double nnrt_sum_long_f32(const float *x, size_t n)
{
    return nnrt_sum_row_f32(x, n);
}
NNRT_INLINE double nnrt_sum_f32(const float *x, size_t n)
{
    return NNRT_IS_SHORT(n) ? nnrt_sum_row_f32(x, n) : nnrt_sum_long_f32(x, n);
}


size_t affine_step_work_size(void)
{
    return sizeof(affine_step_work);
}

affine_step_status affine_step_init(affine_step_params *p, uint64_t seed)
{
    (void)seed;
    if (!p) return AFFINE_STEP_E_NULL;
    /* param a = 0, b = 0 */
    p->a = 0.0f;
    p->b = 0.0f;
    return AFFINE_STEP_OK;
}

affine_step_status affine_step_opt_init(affine_step_opt *o)
{
    if (!o) return AFFINE_STEP_E_NULL;
    o->t = 0;
    o->lr = 0.05f;
    return AFFINE_STEP_OK;
}

affine_step_status affine_step_forward(const affine_step_params *p, const affine_step_inputs *in,
                                       affine_step_outputs *out, affine_step_work *w)
{
    if (!p || !in || !out || !w) return AFFINE_STEP_E_NULL;
    if (in->N < 1 || in->N > 16) return AFFINE_STEP_E_DIM;
    if (!in->x) return AFFINE_STEP_E_NULL;
    if (!in->y) return AFFINE_STEP_E_NULL;
    const size_t N = in->N;
    const affine_step_real *const x = in->x;
    affine_step_real *const guess = out->guess ? out->guess : w->real; /* [N] */
    const affine_step_real *const y = in->y;
    /* guess = a * x + b */
    /* loss err = mean[N]((guess - y) ** 2) */
    affine_step_real row1[16];
    for (size_t i = 0; i < N; i++) {
        const affine_step_real guess_i = p->a * x[i] + p->b;
        guess[i] = guess_i;
        const affine_step_real t1 = guess_i - y[i];
        row1[i] = t1 * t1;
    }
    const double acc1 = nnrt_sum_f32(row1, N);
    const affine_step_real sum1 = (affine_step_real)acc1;
    /* loss err = mean[N]((guess - y) ** 2) */
    out->err = sum1 / (affine_step_real)N;
    return AFFINE_STEP_OK;
}

affine_step_status affine_step_grad(const affine_step_params *p, const affine_step_inputs *in,
                                    affine_step_outputs *out, affine_step_params *g, affine_step_work *w)
{
    if (!p || !in || !out || !g || !w) return AFFINE_STEP_E_NULL;
    if (in->N < 1 || in->N > 16) return AFFINE_STEP_E_DIM;
    if (!in->x) return AFFINE_STEP_E_NULL;
    if (!in->y) return AFFINE_STEP_E_NULL;
    const size_t N = in->N;
    const affine_step_real *const x = in->x;
    affine_step_real *const guess = out->guess ? out->guess : w->real; /* [N] */
    const affine_step_real *const y = in->y;
    /* guess = a * x + b */
    /* loss err = mean[N]((guess - y) ** 2) */
    affine_step_real row1[16];
    for (size_t i = 0; i < N; i++) {
        const affine_step_real guess_i = p->a * x[i] + p->b;
        guess[i] = guess_i;
        const affine_step_real t2 = guess_i - y[i];
        row1[i] = t2 * t2;
    }
    const double acc1 = nnrt_sum_f32(row1, N);
    const affine_step_real sum1 = (affine_step_real)acc1;
    /* loss err = mean[N]((guess - y) ** 2) */
    out->err = sum1 / (affine_step_real)N;
    /* gradient: loss err = mean[N]((guess - y) ** 2) */
    const affine_step_real t1 = 1.0f / (affine_step_real)N;
    /* gradient: guess = a * x + b */
    affine_step_real row2[16];
    affine_step_real row3[16];
    for (size_t i = 0; i < N; i++) {
        const affine_step_real t2 = guess[i] - y[i];
        const affine_step_real t3 = t1 * t2;
        const affine_step_real d_guess = t3 + t3;
        row2[i] = d_guess;
        row3[i] = d_guess * x[i];
    }
    const double acc2 = nnrt_sum_f32(row2, N);
    const double acc3 = nnrt_sum_f32(row3, N);
    g->b = (affine_step_real)acc2;
    g->a = (affine_step_real)acc3;
    return AFFINE_STEP_OK;
}

affine_step_status affine_step_step(affine_step_params *p, affine_step_opt *o, const affine_step_inputs *in,
                                    affine_step_outputs *out, affine_step_work *w)
{
    if (!p || !o || !in || !out || !w) return AFFINE_STEP_E_NULL;
    if (in->N < 1 || in->N > 16) return AFFINE_STEP_E_DIM;
    if (!in->x) return AFFINE_STEP_E_NULL;
    if (!in->y) return AFFINE_STEP_E_NULL;
    const size_t N = in->N;
    const affine_step_real *const x = in->x;
    affine_step_real *const guess = out->guess ? out->guess : w->real; /* [N] */
    const affine_step_real *const y = in->y;
    /* guess = a * x + b */
    /* loss err = mean[N]((guess - y) ** 2) */
    affine_step_real row1[16];
    for (size_t i = 0; i < N; i++) {
        const affine_step_real guess_i = p->a * x[i] + p->b;
        guess[i] = guess_i;
        const affine_step_real t2 = guess_i - y[i];
        row1[i] = t2 * t2;
    }
    const double acc1 = nnrt_sum_f32(row1, N);
    const affine_step_real sum1 = (affine_step_real)acc1;
    /* loss err = mean[N]((guess - y) ** 2) */
    out->err = sum1 / (affine_step_real)N;
    /* gradient: loss err = mean[N]((guess - y) ** 2) */
    const affine_step_real t1 = 1.0f / (affine_step_real)N;
    /* gradient: guess = a * x + b */
    affine_step_real row2[16];
    affine_step_real row3[16];
    for (size_t i = 0; i < N; i++) {
        const affine_step_real t2 = guess[i] - y[i];
        const affine_step_real t3 = t1 * t2;
        const affine_step_real d_guess = t3 + t3;
        row2[i] = d_guess;
        row3[i] = d_guess * x[i];
    }
    const double acc2 = nnrt_sum_f32(row2, N);
    const double acc3 = nnrt_sum_f32(row3, N);
    const affine_step_real d_b = (affine_step_real)acc2;
    const affine_step_real d_a = (affine_step_real)acc3;
    /* update: train sgd(lr = 0.05) */
    p->a = p->a - o->lr * d_a;
    p->b = p->b - o->lr * d_b;
    o->t++;
    return AFFINE_STEP_OK;
}
