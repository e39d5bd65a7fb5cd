/* Rows of numbers for JIT text, for one instruction set, where no other compiler's rounding has to be met: sums and
 * extremes in lanes, comparisons of whole numbers, and functions of long rows, here with fused multiply-adds. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "runtime/kernels/angles.h"
#include "runtime/kernels/elementary.h"
#include "runtime/kernels/isa.h"
#include "runtime/kernels/nnrt.h"

#define JOIN(name, isa) name##_##isa
#define NAME(name, isa) JOIN(name, isa)
#define FUNCTION(name) (void (*)(void))name
#define ENTRY(name) {"nnrt_b_" #name "_f32", FUNCTION(name##_f32)}, {"nnrt_b_" #name "_f64", FUNCTION(name##_f64)}

/* ---- functions ---- */

#define BLOCK1(name, T, f, x)
#define BLOCK2(name, x32, x64)
#define BLOCK3(name, x32, x64)
#define LANES2(name, x32, x64)
#define ROWS1(name, T, f, x)                                                                                           \
    void NAME(nnrt_fused_##name##_##f, ISA)(size_t n, T *y, const T *x0);                                              \
    void NAME(nnrt_fused_##name##_##f, ISA)(size_t n, T *y, const T *x0)                                               \
    {                                                                                                                  \
        if (y != x0) memmove(y, x0, n * sizeof *y);                                                                    \
        nnrt_##name##_row_##f(y, n);                                                                                   \
    }
#define LANES1(name, T, f, x)                                                                                          \
    void NAME(nnrt_fused_##name##_##f, ISA)(size_t n, T *y, const T *x0);                                              \
    void NAME(nnrt_fused_##name##_##f, ISA)(size_t n, T *y, const T *x0)                                               \
    {                                                                                                                  \
        NNRT_APART for (size_t i = 0; i < n; i++)                                                            \
        {                                                                                                              \
            const T a = x0[i];                                                                                         \
            y[i] = x;                                                                                                  \
        }                                                                                                              \
    }
#include "runtime/kernels/block_ops.h"

/* ---- sums and extremes ---- */

/* Sums run in double, in lanes whose number is the same on all machines. */
typedef double sums __attribute__((vector_size(64)));
enum { SUMS = 8 };
#define ADD_EIGHT(s, x)                                                                                                \
    {                                                                                                                  \
        sums y;                                                                                                        \
        for (int k = 0; k < SUMS; k++) y[k] = (double)(x)[k];                                                          \
        s += y;                                                                                                        \
    }
#define SUM(T, f)                                                                                                      \
    static double sum_##f(size_t n, const T *x)                                                                        \
    {                                                                                                                  \
        sums s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};                                                                   \
        double rest = 0;                                                                                               \
        size_t i = 0;                                                                                                  \
        for (; i + 4 * SUMS <= n; i += 4 * SUMS) {                                                                     \
            ADD_EIGHT(s0, x + i)                                                                                       \
            ADD_EIGHT(s1, x + i + SUMS)                                                                                \
            ADD_EIGHT(s2, x + i + 2 * SUMS)                                                                            \
            ADD_EIGHT(s3, x + i + 3 * SUMS)                                                                            \
        }                                                                                                              \
        s0 = (s0 + s1) + (s2 + s3);                                                                                    \
        for (; i + SUMS <= n; i += SUMS) ADD_EIGHT(s0, x + i)                                                          \
        for (; i < n; i++) rest += (double)x[i];                                                                       \
        return rest + (((s0[0] + s0[4]) + (s0[1] + s0[5])) + ((s0[2] + s0[6]) + (s0[3] + s0[7])));                     \
    }
SUM(float, f32)
SUM(double, f64)

/* The one that is better than all, and than `best`; or what is no number. */
typedef float sixteen_f32 __attribute__((vector_size(64), aligned(4), may_alias));
typedef double sixteen_f64 __attribute__((vector_size(128), aligned(8), may_alias));
typedef float quarter_f32 __attribute__((vector_size(16), may_alias));
typedef double quarter_f64 __attribute__((vector_size(32), may_alias));
#define PICK(best, x, better) ((x) better(best) || (x) != (x) ? (x) : (best))
#define PICK_ALL(V, best, x, better)                                                                                   \
    {                                                                                                                  \
        const V v = x;                                                                                                 \
        const __typeof__(v != v) yes = (v better best) | (v != v);                                                     \
        best = (V)(((__typeof__(yes))v & yes) | ((__typeof__(yes))best & ~yes));                                       \
    }
#define EXTREME(name, T, f, better)                                                                                    \
    static T name##_##f(size_t n, const T *x, T best)                                                                  \
    {                                                                                                                  \
        size_t i = 0;                                                                                                  \
        if (n >= 16) {                                                                                                 \
            sixteen_##f b0 = *(const sixteen_##f *)x, b1 = b0;                                                         \
            for (; i + 32 <= n; i += 32) {                                                                             \
                PICK_ALL(sixteen_##f, b0, *(const sixteen_##f *)(x + i), better)                                       \
                PICK_ALL(sixteen_##f, b1, *(const sixteen_##f *)(x + i + 16), better)                                  \
            }                                                                                                          \
            if (i + 16 <= n) {                                                                                         \
                PICK_ALL(sixteen_##f, b0, *(const sixteen_##f *)(x + i), better)                                       \
                i += 16;                                                                                               \
            }                                                                                                          \
            PICK_ALL(sixteen_##f, b0, b1, better)                                                                      \
            const quarter_##f q1 = {b0[4], b0[5], b0[6], b0[7]}, q2 = {b0[8], b0[9], b0[10], b0[11]};                  \
            const quarter_##f q3 = {b0[12], b0[13], b0[14], b0[15]};                                                   \
            quarter_##f q = {b0[0], b0[1], b0[2], b0[3]};                                                              \
            PICK_ALL(quarter_##f, q, q1, better)                                                                       \
            PICK_ALL(quarter_##f, q, q2, better)                                                                       \
            PICK_ALL(quarter_##f, q, q3, better)                                                                       \
            for (int k = 0; k < 4; k++) best = PICK(best, q[k], better);                                               \
        }                                                                                                              \
        for (; i < n; i++) best = PICK(best, x[i], better);                                                            \
        return best;                                                                                                   \
    }
EXTREME(most, float, f32, >)
EXTREME(least, float, f32, <)
EXTREME(most, double, f64, >)
EXTREME(least, double, f64, <)

/* The same in *best, and where the first such element is, if any is better than what was there; elements are counted from
 * `from` on. */
#define FIRST(name, T, f, better)                                                                                      \
    static void first_##name##_##f(size_t n, const T *x, T *best, int32_t *place, int32_t from)                        \
    {                                                                                                                  \
        const T all = name##_##f(n, x, *best);                                                                         \
        size_t i = 0;                                                                                                  \
        if (*best != *best || !(all better *best || all != all)) return;                                               \
        for (int found = 0; i + 16 <= n; i += 16) {                                                                    \
            for (size_t k = 0; k < 16; k++) found |= (x[i + k] == all) | (x[i + k] != x[i + k]);                       \
            if (found) break;                                                                                          \
        }                                                                                                              \
        while (x[i] != all && x[i] == x[i]) i++;                                                                       \
        *best = all;                                                                                                   \
        *place = from + (int32_t)i;                                                                                    \
    }
FIRST(most, float, f32, >)
FIRST(least, float, f32, <)
FIRST(most, double, f64, >)
FIRST(least, double, f64, <)

/* ---- whole numbers ---- */

/* y[i] = (a + i * a_step) compared with (b + i * b_step). */
#define COMPARE(name, T, f, is)                                                                                        \
    static void name##_##f(size_t n, T *y, int32_t a, int32_t a_step, int32_t b, int32_t b_step)                       \
    {                                                                                                                  \
        for (uint32_t i = 0; i < (uint32_t)n; i++) {                                                                   \
            const int32_t x0 = (int32_t)((uint32_t)a + i * (uint32_t)a_step);                                          \
            const int32_t x1 = (int32_t)((uint32_t)b + i * (uint32_t)b_step);                                          \
            y[i] = (T)(x0 is x1);                                                                                      \
        }                                                                                                              \
    }
#define COMPARES(T, f)                                                                                                 \
    COMPARE(int_lt, T, f, <) COMPARE(int_le, T, f, <=) COMPARE(int_eq, T, f, ==) COMPARE(int_ne, T, f, !=)
COMPARES(float, f32)
COMPARES(double, f64)

const struct nnrt_symbol NAME(nnrt_rows, ISA)[] = {
    ENTRY(sum), ENTRY(most), ENTRY(least), ENTRY(first_most), ENTRY(first_least), ENTRY(int_lt), ENTRY(int_le), ENTRY(int_eq), ENTRY(int_ne),
    {"nnrt_b_turn_f32", FUNCTION(NAME(nnrt_turn_f32, ISA))}, {"nnrt_b_turn_f64", FUNCTION(NAME(nnrt_turn_f64, ISA))},
    {NULL, NULL},
};
