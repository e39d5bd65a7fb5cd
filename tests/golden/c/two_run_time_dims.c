/* two_run_time_dims: made by nngen, not by hand. See two_run_time_dims.h for what it does and how to use it. */
#include "two_run_time_dims.h"

#include <math.h>

size_t two_run_time_dims_work_size(void)
{
    return sizeof(two_run_time_dims_work);
}

two_run_time_dims_status two_run_time_dims_forward(const two_run_time_dims_params *p,
                                                   const two_run_time_dims_inputs *in,
                                                   two_run_time_dims_outputs *out, two_run_time_dims_work *w)
{
    (void)p;
    if (!in || !out || !w) return TWO_RUN_TIME_DIMS_E_NULL;
    if (in->N < 1 || in->N > 4) return TWO_RUN_TIME_DIMS_E_DIM;
    if (in->T < 1 || in->T > 6) return TWO_RUN_TIME_DIMS_E_DIM;
    if (!in->x) return TWO_RUN_TIME_DIMS_E_NULL;
    const size_t N = in->N;
    const size_t T = in->T;
    const two_run_time_dims_real *const x = in->x;
    two_run_time_dims_real *const y = out->y ? out->y : w->real; /* [N][2] */
    /* y = mean[T](x) / T */
    for (size_t i = 0; i < N; i++) {
        double acc1[2] = {0};
        for (size_t k = 0; k < T; k++) {
            for (size_t j = 0; j < 2; j++) {
                acc1[j] += x[i * (2*T) + k * 2 + j];
            }
        }
        for (size_t j = 0; j < 2; j++) {
            const two_run_time_dims_real sum1 = (two_run_time_dims_real)acc1[j];
            y[i * 2 + j] = sum1 / (two_run_time_dims_real)T / (two_run_time_dims_real)T;
        }
    }
    /* loss s = sum(y ** 2) */
    double acc2 = 0;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc2 += y[i * 2 + j] * y[i * 2 + j];
        }
    }
    out->s = (two_run_time_dims_real)acc2;
    return TWO_RUN_TIME_DIMS_OK;
}

two_run_time_dims_status two_run_time_dims_grad(const two_run_time_dims_params *p,
                                                const two_run_time_dims_inputs *in,
                                                two_run_time_dims_outputs *out, two_run_time_dims_params *g,
                                                two_run_time_dims_work *w)
{
    (void)p;
    (void)g;
    if (!in || !out || !w) return TWO_RUN_TIME_DIMS_E_NULL;
    if (in->N < 1 || in->N > 4) return TWO_RUN_TIME_DIMS_E_DIM;
    if (in->T < 1 || in->T > 6) return TWO_RUN_TIME_DIMS_E_DIM;
    if (!in->x) return TWO_RUN_TIME_DIMS_E_NULL;
    const size_t N = in->N;
    const size_t T = in->T;
    const two_run_time_dims_real *const x = in->x;
    two_run_time_dims_real *const y = out->y ? out->y : w->real; /* [N][2] */
    /* y = mean[T](x) / T */
    for (size_t i = 0; i < N; i++) {
        double acc1[2] = {0};
        for (size_t k = 0; k < T; k++) {
            for (size_t j = 0; j < 2; j++) {
                acc1[j] += x[i * (2*T) + k * 2 + j];
            }
        }
        for (size_t j = 0; j < 2; j++) {
            const two_run_time_dims_real sum1 = (two_run_time_dims_real)acc1[j];
            y[i * 2 + j] = sum1 / (two_run_time_dims_real)T / (two_run_time_dims_real)T;
        }
    }
    /* loss s = sum(y ** 2) */
    double acc2 = 0;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 2; j++) {
            acc2 += y[i * 2 + j] * y[i * 2 + j];
        }
    }
    out->s = (two_run_time_dims_real)acc2;
    return TWO_RUN_TIME_DIMS_OK;
}
