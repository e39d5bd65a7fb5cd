/* The library's products of matrices, once for each instruction set; which one runs is found out when the first is called. */
#ifndef NNRT_ISA_H
#define NNRT_ISA_H

#include "runtime/kernels/nnrt.h"

/* Before a loop: what one turn writes no other reads. */
#ifdef __clang__
#define NNRT_APART _Pragma("clang loop vectorize(assume_safety)")
#else
#define NNRT_APART _Pragma("GCC ivdep")
#endif

#define NNRT_GEMM_ARGUMENTS_OF(T)                                                                                      \
    size_t m, size_t n, size_t k, const T *a, ptrdiff_t ars, ptrdiff_t acs, const T *b, ptrdiff_t brs, ptrdiff_t bcs,  \
        T *c, ptrdiff_t crs, ptrdiff_t ccs
#define NNRT_GEMM_ARGUMENTS(T) NNRT_GEMM_ARGUMENTS_OF(T), int add
#define NNRT_GEMM_ADD_ARGUMENTS(T) T rate, NNRT_GEMM_ARGUMENTS_OF(T)

/* to[k][n] = from[n][k], rows of from being `apart`. */
#define NNRT_TURN_ARGUMENTS(T) size_t n, size_t k, const T *from, size_t apart, T *to

/* See convolve.h: the shape's numbers in their order. */
#define NNRT_CONV_ARGUMENTS(T)                                                                                         \
    const ptrdiff_t *shape, ptrdiff_t n, ptrdiff_t p, const T *x, const T *w, const T *bias, T *y
#define NNRT_CONV_BACK_ARGUMENTS(T)                                                                                    \
    const ptrdiff_t *shape, ptrdiff_t n, ptrdiff_t p, const T *x, const T *y, T *w

#define NNRT_ISA(isa)                                                                                                  \
    void nnrt_gemm_f32_##isa(NNRT_GEMM_ARGUMENTS(float));                                                              \
    void nnrt_gemm_f64_##isa(NNRT_GEMM_ARGUMENTS(double));                                                             \
    void nnrt_gemm_add_f32_##isa(NNRT_GEMM_ADD_ARGUMENTS(float));                                                      \
    void nnrt_gemm_add_f64_##isa(NNRT_GEMM_ADD_ARGUMENTS(double));                                                     \
    void nnrt_turn_f32_##isa(NNRT_TURN_ARGUMENTS(float));                                                              \
    void nnrt_turn_f64_##isa(NNRT_TURN_ARGUMENTS(double));                                                             \
    void nnrt_conv_f32_##isa(NNRT_CONV_ARGUMENTS(float));                                                              \
    void nnrt_conv_f64_##isa(NNRT_CONV_ARGUMENTS(double));                                                             \
    void nnrt_conv_back_f32_##isa(NNRT_CONV_BACK_ARGUMENTS(float));                                                    \
    void nnrt_conv_back_f64_##isa(NNRT_CONV_BACK_ARGUMENTS(double));                                                   \
    extern const struct nnrt_symbol nnrt_blocks_##isa[], nnrt_rows_##isa[];
NNRT_ISA(base)
NNRT_ISA(v3)
NNRT_ISA(v4)

#endif
