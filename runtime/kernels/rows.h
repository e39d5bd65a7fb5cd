/* Sums and extremes of rows in lanes, which compilers make vectors of as they do not of one running variable. Always
 * carried inside, never called in the library. */
#ifndef NNRT_ROWS_H
#define NNRT_ROWS_H

#include <stddef.h>

#include "runtime/kernels/elementary.h"
#include "runtime/kernels/sum.h"

/*@ nnrt_lanes needs nnrt_inline */
/* Loops over the lanes stay loops until they become vectors: gcc is better at that than at lanes one by one. */
#if defined __GNUC__ && !defined __clang__ && __GNUC__ >= 8
#define NNRT_EACH_LANE _Pragma("GCC unroll 1") for (size_t i = 0; i < 8; i++)
#else
#define NNRT_EACH_LANE for (size_t i = 0; i < 8; i++)
#endif

/*@ nnrt_sum_f32 needs nnrt_lanes */
NNRT_INLINE double nnrt_sum_f32(const float *x, size_t n)
{
    double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0}, rest = 0;
    const size_t whole = n / 8 * 8;
    for (size_t k = 0; k < whole; k += 8)
        NNRT_EACH_LANE lane[i] += (double)x[k + i];
    for (size_t k = whole; k < n; k++) rest += (double)x[k];
    return rest + (((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7])));
}

/*@ nnrt_sum_f64 needs nnrt_lanes */
NNRT_INLINE double nnrt_sum_f64(const double *x, size_t n)
{
    double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0}, rest = 0;
    const size_t whole = n / 8 * 8;
    for (size_t k = 0; k < whole; k += 8)
        NNRT_EACH_LANE lane[i] += x[k + i];
    for (size_t k = whole; k < n; k++) rest += x[k];
    return rest + (((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7])));
}

/*@ nnrt_careful_f64 needs nnrt_lanes nnrt_sum_add */
/* Adds them all to a sum of two parts. */
NNRT_INLINE void nnrt_careful_f64(double *sum, const double *x, size_t n)
{
    double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0}, lost[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    const size_t whole = n / 8 * 8;
    for (size_t k = 0; k < whole; k += 8)
        NNRT_EACH_LANE {
            const double s = lane[i] + x[k + i], part = s - lane[i];
            lost[i] += (lane[i] - (s - part)) + (x[k + i] - part);
            lane[i] = s;
        }
    for (size_t i = 0; i < 8; i++) {
        nnrt_sum_add(sum, lane[i]);
        sum[1] += lost[i];
    }
    for (size_t k = whole; k < n; k++) nnrt_sum_add(sum, x[k]);
}

/*@ nnrt_more_f32 needs nnrt_inline */
/* The one that is more, or no number. */
NNRT_INLINE float nnrt_more_f32(float best, float x)
{
    return x > best || x != x ? x : best;
}

/*@ nnrt_less_f32 needs nnrt_inline */
NNRT_INLINE float nnrt_less_f32(float best, float x)
{
    return x < best || x != x ? x : best;
}

/*@ nnrt_more_f64 needs nnrt_inline */
NNRT_INLINE double nnrt_more_f64(double best, double x)
{
    return x > best || x != x ? x : best;
}

/*@ nnrt_less_f64 needs nnrt_inline */
NNRT_INLINE double nnrt_less_f64(double best, double x)
{
    return x < best || x != x ? x : best;
}

/*@ nnrt_best needs nnrt_lanes */
/* Of n > 0 numbers the one that is `better` than all; the first that is no number. */
#define NNRT_BEST(real, better)                                                                                        \
    real lane[8], best = x[0];                                                                                         \
    const size_t whole = n / 8 * 8;                                                                                    \
    NNRT_EACH_LANE lane[i] = best;                                                                                     \
    for (size_t k = 0; k < whole; k += 8)                                                                              \
        NNRT_EACH_LANE lane[i] = better(lane[i], x[k + i]);                                                            \
    for (size_t k = whole; k < n; k++) best = better(best, x[k]);                                                      \
    for (size_t i = 0; i < 4; i++) lane[i] = better(lane[i], lane[i + 4]);                                             \
    return better(best, better(better(lane[0], lane[2]), better(lane[1], lane[3])));

/*@ nnrt_most_f32 needs nnrt_best nnrt_more_f32 */
NNRT_INLINE float nnrt_most_f32(const float *x, size_t n)
{
    NNRT_BEST(float, nnrt_more_f32)
}

/*@ nnrt_least_f32 needs nnrt_best nnrt_less_f32 */
NNRT_INLINE float nnrt_least_f32(const float *x, size_t n)
{
    NNRT_BEST(float, nnrt_less_f32)
}

/*@ nnrt_most_f64 needs nnrt_best nnrt_more_f64 */
NNRT_INLINE double nnrt_most_f64(const double *x, size_t n)
{
    NNRT_BEST(double, nnrt_more_f64)
}

/*@ nnrt_least_f64 needs nnrt_best nnrt_less_f64 */
NNRT_INLINE double nnrt_least_f64(const double *x, size_t n)
{
    NNRT_BEST(double, nnrt_less_f64)
}

/*@ end */
#endif
