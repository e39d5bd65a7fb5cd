/* Built without fused multiply-adds, so that the numbers are those of any compiler that makes none.
 * Loops over rows of numbers for JIT text, whose compiler makes no vectors: each operation over n of them, compiled for one
 * instruction set. A step of 0 stands for one number, of 1 for a row; at least one argument is a row. The result may
 * lie where an argument does. */
#include "runtime/kernels/angles.h"
#include "runtime/kernels/elementary.h"
#include "runtime/kernels/isa.h"
#include "runtime/kernels/nnrt.h"
#include "runtime/kernels/powers.h"

#include <math.h>
#include <string.h>

#define JOIN(name, isa) name##_##isa
#define NAME(name, isa) JOIN(name, isa)
#define T float
#define F f32
#include "runtime/kernels/few.h"
#include "runtime/kernels/pairs.h"
#undef T
#undef F
#define T double
#define F f64
#include "runtime/kernels/few.h"
#include "runtime/kernels/pairs.h"
#undef T
#undef F

#define EACH                                                                                                           \
    NNRT_APART for (size_t i = 0; i < n; i++)

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
#define LANES_IN(T) (FEW_BYTES / sizeof(T))
/* Of what takes long the few elements that are left over are a vector too, some of whose lanes are nobody's. A long row has more numbers than small nets have anywhere: there nobody compares roundings. */
enum { LONG_LEAST = 64 };
#define BLOCK1(name, T, f, x) ONE(name##_##f, T, x)
#define BLOCK2(name, x32, x64) TWO(name##_f32, float, x32) TWO(name##_f64, double, x64)
#define BLOCK3(name, x32, x64) THREE(name##_f32, float, x32) THREE(name##_f64, double, x64)
#define LANES1(name, T, f, x)                                                                                          \
    void NAME(nnrt_fused_##name##_##f, ISA)(size_t n, T *y, const T *x0);                                              \
    static T one_##name##_##f(T a)                                                                                     \
    {                                                                                                                  \
        return x;                                                                                                      \
    }                                                                                                                  \
    ONE(each_##name##_##f, T, x)                                                                                       \
    static void short_##name##_##f(size_t n, T *y, const T *x0)                                                        \
    {                                                                                                                  \
        const size_t half = LANES_IN(T) / 2, last = n % LANES_IN(T), rest = last > half ? last : last % half;          \
        const size_t whole = rest > 2 ? n - rest : n;                                                                  \
        if (whole) each_##name##_##f(whole, y, x0);                                                                    \
        if (rest > 2) {                                                                                                \
            T t[LANES_IN(T)];                                                                                          \
            *(few_vec_##f *)t = some_##f(x0 + whole, rest);                                                            \
            for (size_t i = 0; i < LANES_IN(T); i++) {                                                                 \
                const T a = t[i];                                                                                      \
                t[i] = x;                                                                                              \
            }                                                                                                          \
            put_some_##f(y + whole, *(few_vec_##f *)t, rest);                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    static void name##_##f(size_t n, T *y, const T *x0)                                                                \
    {                                                                                                                  \
        (n < LONG_LEAST ? short_##name##_##f : NAME(nnrt_fused_##name##_##f, ISA))(n, y, x0);                          \
    }
#define LANES2(name, x32, x64)                                                                                         \
    static float one_##name##_f32(float a, float b)                                                                    \
    {                                                                                                                  \
        return x32;                                                                                                    \
    }                                                                                                                  \
    static double one_##name##_f64(double a, double b)                                                                 \
    {                                                                                                                  \
        return x64;                                                                                                    \
    }                                                                                                                  \
    BLOCK2(name, x32, x64)
#define ROWS1(name, T, f, x)                                                                                           \
    void NAME(nnrt_fused_##name##_##f, ISA)(size_t n, T *y, const T *x0);                                              \
    static T one_##name##_##f(T a)                                                                                     \
    {                                                                                                                  \
        return nnrt_##name##_##f(a);                                                                                   \
    }                                                                                                                  \
    static void name##_##f(size_t n, T *y, const T *x0)                                                                \
    {                                                                                                                  \
        if (n >= LONG_LEAST) {                                                                                         \
            NAME(nnrt_fused_##name##_##f, ISA)(n, y, x0);                                                              \
            return;                                                                                                    \
        }                                                                                                              \
        if (y != x0) memmove(y, x0, n * sizeof *y);                                                                    \
        nnrt_##name##_row_##f(y, n);                                                                                   \
    }
#include "runtime/kernels/block_ops.h"

/* What is no operation: rows moved, spread and added to sums in double. */
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
    static void column_sums_##f(size_t n, T *y, size_t rows, const T *x, size_t step)                                  \
    {                                                                                                                  \
        enum { WIDE = 16 };                                                                                            \
        for (size_t from = 0; from < n; from += WIDE) {                                                                \
            const size_t some = n - from < WIDE ? n - from : WIDE;                                                     \
            double sum[WIDE] = {0};                                                                                    \
            const T *row = x + from;                                                                                   \
            for (size_t r = 0; r < rows; r++, row += step) {                                                           \
                if (some == WIDE)                                                                                      \
                    for (size_t i = 0; i < WIDE; i++) sum[i] += (double)row[i];                                        \
                else                                                                                                   \
                    for (size_t i = 0; i < some; i++) sum[i] += (double)row[i];                                        \
            }                                                                                                          \
            for (size_t i = 0; i < some; i++) y[from + i] = (T)sum[i];                                                 \
        }                                                                                                              \
    }                                                                                                                  \
    static void gather_sums_##f(size_t n, double *y, const T *x)                                                       \
    {                                                                                                                  \
        EACH y[i] += (double)x[i];                                                                                     \
    }                                                                                                                  \
    static void round_##f##_of(size_t n, T *y, const double *x)                                                        \
    {                                                                                                                  \
        EACH y[i] = (T)x[i];                                                                                           \
    }
MOVES(float, f32)
MOVES(double, f64)

#include "runtime/kernels/views.h"
VIEWS(float, f32)
VIEWS(double, f64)
VIEWS(int32_t, i32)
POOLS(float, f32)
POOLS(double, f64)

/* Products of few elements. */
#define FEW(T, f)                                                                                                      \
    static void gemm_few_##f(NNRT_GEMM_ARGUMENTS(T))                                                                   \
    {                                                                                                                  \
        few_##f((struct few_##f){m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, add ? FEW_ADD : FEW_SET, 0, 0, 0});   \
    }                                                                                                                  \
    static void gemm_few_add_##f(NNRT_GEMM_ADD_ARGUMENTS(T))                                                           \
    {                                                                                                                  \
        few_##f((struct few_##f){m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, FEW_RATED, &rate, 0, 0});             \
    }                                                                                                                  \
    static void gemm_few_plus_##f(NNRT_GEMM_ARGUMENTS_OF(T), const T *with, ptrdiff_t wrs, ptrdiff_t wcs)              \
    {                                                                                                                  \
        few_##f((struct few_##f){m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, FEW_PLUS, with, wrs, wcs});           \
    }
FEW(float, f32)
FEW(double, f64)

#define FUNCTION(name) (void (*)(void))name
#define ENTRY(name) {"nnrt_b_" #name "_f32", FUNCTION(name##_f32)}, {"nnrt_b_" #name "_f64", FUNCTION(name##_f64)},
#undef BLOCK1
#undef BLOCK2
#undef BLOCK3
#undef LANES1
#undef LANES2
#undef ROWS1
#define BLOCK1(name, T, f, x) {"nnrt_b_" #name "_" #f, FUNCTION(name##_##f)},
#define LANES1(name, T, f, x) {"nnrt_" #name "_" #f, FUNCTION(one_##name##_##f)}, BLOCK1(name, T, f, x)
#define ROWS1(name, T, f, x) {"nnrt_" #name "_" #f, FUNCTION(one_##name##_##f)}, BLOCK1(name, T, f, x)
#define LANES2(name, x32, x64) {"nnrt_" #name "_f32", FUNCTION(one_##name##_f32)}, {"nnrt_" #name "_f64", FUNCTION(one_##name##_f64)}, ENTRY(name)
#define BLOCK2(name, x32, x64) ENTRY(name)
#define BLOCK3(name, x32, x64) ENTRY(name)
const struct nnrt_symbol NAME(nnrt_blocks, ISA)[] = {
#include "runtime/kernels/block_ops.h"
    PAIRS(PAIR_ENTRY)
    ENTRY(copy) ENTRY(fill) ENTRY(take) ENTRY(put) ENTRY(gather_sums)
    ENTRY(view) ENTRY(within) ENTRY(lay) ENTRY(lay_sums) ENTRY(same) ENTRY(real_of) ENTRY(above) ENTRY(is) ENTRY(where) ENTRY(top) ENTRY(tops)
    {"nnrt_b_view_i32", FUNCTION(view_i32)}, {"nnrt_b_lay_i32", FUNCTION(lay_i32)}, {"nnrt_b_copy_i32", FUNCTION(copy_i32)},
    {"nnrt_b_places_i32", FUNCTION(places_i32)},
    {"nnrt_b_rounded_f32", FUNCTION(round_f32_of)}, {"nnrt_b_rounded_f64", FUNCTION(round_f64_of)}, 
    ENTRY(column_sums)
    {"nnrt_gemm_few_f32", FUNCTION(gemm_few_f32)}, {"nnrt_gemm_few_f64", FUNCTION(gemm_few_f64)},
    {"nnrt_gemm_few_add_f32", FUNCTION(gemm_few_add_f32)}, {"nnrt_gemm_few_add_f64", FUNCTION(gemm_few_add_f64)},
    {"nnrt_gemm_few_plus_f32", FUNCTION(gemm_few_plus_f32)}, {"nnrt_gemm_few_plus_f64", FUNCTION(gemm_few_plus_f64)},
    {"nnrt_conv_f32", FUNCTION(NAME(nnrt_conv_f32, ISA))}, {"nnrt_conv_f64", FUNCTION(NAME(nnrt_conv_f64, ISA))},
    {"nnrt_conv_back_f32", FUNCTION(NAME(nnrt_conv_back_f32, ISA))},
    {"nnrt_conv_back_f64", FUNCTION(NAME(nnrt_conv_back_f64, ISA))}, {NULL, NULL},
};
