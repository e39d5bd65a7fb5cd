/* Built without fused multiply-adds, so that the numbers are those of any compiler that makes none.
 * Loops over rows of numbers for JIT text, whose compiler makes no vectors: each operation over n of them, compiled for one
 * instruction set. A step of 0 stands for one number, of 1 for a row; at least one argument is a row. The result may
 * lie where an argument does. */
#include "runtime/kernels/elementary.h"
#include "runtime/kernels/gemm.h"
#include "runtime/kernels/isa.h"
#include "runtime/kernels/nnrt.h"

#include <math.h>

#define JOIN(name, isa) name##_##isa
#define NAME(name, isa) JOIN(name, isa)
#define EACH                                                                                                           \
    _Pragma("GCC ivdep") for (size_t i = 0; i < n; i++)

#define ONE(name, T, x)                                                                                                \
    static void name(size_t n, T *y, const T *x0)                                                                      \
    {                                                                                                                  \
        EACH                                                                                                           \
        {                                                                                                              \
            const T a = x0[i];                                                                                         \
            y[i] = x;                                                                                                  \
        }                                                                                                              \
    }
#define TWO(name, T, x)                                                                                                \
    static void name(size_t n, T *y, const T *x0, size_t s0, const T *x1, size_t s1)                                   \
    {                                                                                                                  \
        if (s0 && s1) {                                                                                                \
            EACH                                                                                                       \
            {                                                                                                          \
                const T a = x0[i], b = x1[i];                                                                          \
                y[i] = x;                                                                                              \
            }                                                                                                          \
        } else if (s0) {                                                                                               \
            const T b = *x1;                                                                                           \
            EACH                                                                                                       \
            {                                                                                                          \
                const T a = x0[i];                                                                                     \
                y[i] = x;                                                                                              \
            }                                                                                                          \
        } else {                                                                                                       \
            const T a = *x0;                                                                                           \
            EACH                                                                                                       \
            {                                                                                                          \
                const T b = x1[i];                                                                                     \
                y[i] = x;                                                                                              \
            }                                                                                                          \
        }                                                                                                              \
    }
#define THREE(name, T, x)                                                                                              \
    static void name(size_t n, T *y, const T *x0, const T *x1, const T *x2)                                            \
    {                                                                                                                  \
        EACH                                                                                                           \
        {                                                                                                              \
            const T a = x0[i], b = x1[i], c = x2[i];                                                                   \
            y[i] = x;                                                                                                  \
        }                                                                                                              \
    }
#define BLOCK1(name, x32, x64) ONE(name##_f32, float, x32) ONE(name##_f64, double, x64)
#define BLOCK2(name, x32, x64) TWO(name##_f32, float, x32) TWO(name##_f64, double, x64)
#define BLOCK3(name, x32, x64) THREE(name##_f32, float, x32) THREE(name##_f64, double, x64)
#define LANES(name, T, f)                                                                                              \
    static T one_##name##_##f(T x)                                                                                     \
    {                                                                                                                  \
        return nnrt_##name##_##f(x);                                                                                   \
    }
#include "runtime/kernels/block_ops.h"

/* What is no operation: rows moved, spread and summed. Sums run in double, in lanes whose number is the same on all machines. */
enum { SUMS = 16 };
#define MOVES(T, f)                                                                                                    \
    static void copy_##f(size_t n, T *y, const T *x)                                                                   \
    {                                                                                                                  \
        EACH y[i] = x[i];                                                                                              \
    }                                                                                                                  \
    static void fill_##f(size_t n, T *y, const T *x)                                                                   \
    {                                                                                                                  \
        const T v = *x;                                                                                                \
        EACH y[i] = v;                                                                                                 \
    }                                                                                                                  \
    static void take_##f(size_t n, T *y, const T *x, size_t step)                                                      \
    {                                                                                                                  \
        EACH y[i] = x[i * step];                                                                                       \
    }                                                                                                                  \
    static void put_##f(size_t n, T *y, size_t step, const T *x)                                                       \
    {                                                                                                                  \
        EACH y[i * step] = x[i];                                                                                       \
    }                                                                                                                  \
    static double sum_##f(size_t n, const T *x)                                                                        \
    {                                                                                                                  \
        double lane[SUMS] = {0}, all = 0;                                                                              \
        size_t i = 0;                                                                                                  \
        for (; i + SUMS <= n; i += SUMS)                                                                               \
            for (int k = 0; k < SUMS; k++) lane[k] += (double)x[i + (size_t)k];                                       \
        for (; i < n; i++) all += (double)x[i];                                                                        \
        for (int k = 0; k < SUMS; k++) all += lane[k];                                                                \
        return all;                                                                                                    \
    }                                                                                                                  \
    static void gather_sums_##f(size_t n, double *y, const T *x)                                                       \
    {                                                                                                                  \
        EACH y[i] += (double)x[i];                                                                                     \
    }                                                                                                                  \
    static void round_##f##_of(size_t n, T *y, const double *x)                                                        \
    {                                                                                                                  \
        EACH y[i] = (T)x[i];                                                                                           \
    }                                                                                                                  \
    static T most_##f(size_t n, const T *x, T best)                                                                    \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++) best = x[i] > best || x[i] != x[i] ? x[i] : best;                               \
        return best;                                                                                                   \
    }                                                                                                                  \
    static T least_##f(size_t n, const T *x, T best)                                                                   \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++) best = x[i] < best || x[i] != x[i] ? x[i] : best;                               \
        return best;                                                                                                   \
    }
MOVES(float, f32)
MOVES(double, f64)

#define FUNCTION(name) (void (*)(void))name
#define ENTRY(name) {"nnrt_b_" #name "_f32", FUNCTION(name##_f32)}, {"nnrt_b_" #name "_f64", FUNCTION(name##_f64)},
#undef BLOCK1
#undef BLOCK2
#undef BLOCK3
#undef LANES
#define LANES(name, T, f) {"nnrt_" #name "_" #f, FUNCTION(one_##name##_##f)},
#define BLOCK1(name, x32, x64) ENTRY(name)
#define BLOCK2(name, x32, x64) ENTRY(name)
#define BLOCK3(name, x32, x64) ENTRY(name)
const struct nnrt_symbol NAME(nnrt_blocks, ISA)[] = {
#include "runtime/kernels/block_ops.h"
    ENTRY(copy) ENTRY(fill) ENTRY(take) ENTRY(put) ENTRY(sum) ENTRY(gather_sums) ENTRY(most) ENTRY(least)
    {"nnrt_b_rounded_f32", FUNCTION(round_f32_of)}, {"nnrt_b_rounded_f64", FUNCTION(round_f64_of)}, 
    {"nnrt_gemm_few_f32", FUNCTION(nnrt_gemm_f32)}, {"nnrt_gemm_few_f64", FUNCTION(nnrt_gemm_f64)},
    {"nnrt_conv_f32", FUNCTION(NAME(nnrt_conv_f32, ISA))}, {"nnrt_conv_f64", FUNCTION(NAME(nnrt_conv_f64, ISA))},
    {"nnrt_conv_back_f32", FUNCTION(NAME(nnrt_conv_back_f32, ISA))},
    {"nnrt_conv_back_f64", FUNCTION(NAME(nnrt_conv_back_f64, ISA))}, {NULL, NULL},
};
