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

/*@ nnrt_long needs nnrt_inline */
/* Rows that are known to be short are reduced where they are; one function for all others saves compilers much time. */
#ifdef __GNUC__
#define NNRT_IS_SHORT(n) (__builtin_constant_p(n) && (n) < 64)
#define NNRT_LONG_ROW static __attribute__((noinline, unused))
#else
#define NNRT_IS_SHORT(n) 0
#define NNRT_LONG_ROW static inline
#endif

/*@ nnrt_sum_f32 needs nnrt_lanes nnrt_long */
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

/*@ nnrt_sum_f64 needs nnrt_lanes nnrt_long */
NNRT_INLINE double nnrt_sum_row_f64(const double *x, size_t n)
{
    double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0}, rest = 0;
    const size_t whole = n / 8 * 8;
    for (size_t k = 0; k < whole; k += 8)
        NNRT_EACH_LANE lane[i] += x[k + i];
    for (size_t k = whole; k < n; k++) rest += x[k];
    return rest + (((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7])));
}
NNRT_LONG_ROW double nnrt_sum_long_f64(const double *x, size_t n)
{
    return nnrt_sum_row_f64(x, n);
}
NNRT_INLINE double nnrt_sum_f64(const double *x, size_t n)
{
    return NNRT_IS_SHORT(n) ? nnrt_sum_row_f64(x, n) : nnrt_sum_long_f64(x, n);
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

/*@ nnrt_best needs nnrt_lanes nnrt_long */
/* The one of two that is `than` the other. */
#define NNRT_BETTER(than, x, best) ((x) than (best) ? (x) : (best))
/* Of n > 0 numbers the one that is `than` all others, or none if one is none: which is found out beside, as processors
 * know how to choose between numbers alone. */
#define NNRT_BEST(real, type, name, than)                                                                              \
    NNRT_INLINE real nnrt_##name##_row_##type(const real *x, size_t n)                                                 \
    {                                                                                                                  \
        real lane[8], odd[8] = {0, 0, 0, 0, 0, 0, 0, 0}, best = x[0], none = 0;                                        \
        const size_t whole = n / 8 * 8;                                                                                \
        NNRT_EACH_LANE lane[i] = best;                                                                                 \
        for (size_t k = 0; k < whole; k += 8)                                                                          \
            NNRT_EACH_LANE {                                                                                           \
                const real v = x[k + i];                                                                               \
                lane[i] = NNRT_BETTER(than, v, lane[i]);                                                               \
                odd[i] = v != v ? v : odd[i];                                                                          \
            }                                                                                                          \
        for (size_t k = whole; k < n; k++) {                                                                           \
            best = NNRT_BETTER(than, x[k], best);                                                                      \
            none = x[k] != x[k] ? x[k] : none;                                                                         \
        }                                                                                                              \
        for (size_t i = 0; i < 4; i++) lane[i] = NNRT_BETTER(than, lane[i], lane[i + 4]);                              \
        for (size_t i = 0; i < 4; i++) odd[i] += odd[i + 4];                                                           \
        none += (odd[0] + odd[1]) + (odd[2] + odd[3]);                                                                 \
        lane[0] = NNRT_BETTER(than, lane[0], lane[1]);                                                                 \
        lane[2] = NNRT_BETTER(than, lane[2], lane[3]);                                                                 \
        lane[0] = NNRT_BETTER(than, lane[0], lane[2]);                                                                 \
        best = NNRT_BETTER(than, lane[0], best);                                                                       \
        return none != none ? none : best;                                                                             \
    }                                                                                                                  \
    NNRT_LONG_ROW real nnrt_##name##_long_##type(const real *x, size_t n)                                              \
    {                                                                                                                  \
        return nnrt_##name##_row_##type(x, n);                                                                         \
    }                                                                                                                  \
    NNRT_INLINE real nnrt_##name##_##type(const real *x, size_t n)                                                     \
    {                                                                                                                  \
        return NNRT_IS_SHORT(n) ? nnrt_##name##_row_##type(x, n) : nnrt_##name##_long_##type(x, n);                    \
    }

/*@ nnrt_most_f32 needs nnrt_best */
NNRT_BEST(float, f32, most, >)

/*@ nnrt_least_f32 needs nnrt_best */
NNRT_BEST(float, f32, least, <)

/*@ nnrt_most_f64 needs nnrt_best */
NNRT_BEST(double, f64, most, >)

/*@ nnrt_least_f64 needs nnrt_best */
NNRT_BEST(double, f64, least, <)

/*@ end */
#endif
