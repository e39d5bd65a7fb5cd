/* The product of matrices compiled for one instruction set: ISA is its name, of the flags that this file is built with. */
#include <stddef.h>

#include "runtime/kernels/isa.h"

#define T float
#define F f32
#include "runtime/kernels/products.h"
#undef T
#undef F
#define T double
#define F f64
#include "runtime/kernels/products.h"
#undef T
#undef F

#define JOIN(name, isa) name##_##isa
#define NAME(name, isa) JOIN(name, isa)
#define BOTH(f, T)                                                                                                     \
    void NAME(nnrt_gemm_##f, ISA)(NNRT_GEMM_ARGUMENTS(T))                                                              \
    {                                                                                                                  \
        product_##f(m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, add, 1);                                           \
    }                                                                                                                  \
    void NAME(nnrt_gemm_add_##f, ISA)(NNRT_GEMM_ADD_ARGUMENTS(T))                                                      \
    {                                                                                                                  \
        product_##f(m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, 1, rate);                                          \
    }                                                                                                                  \
    void NAME(nnrt_turn_##f, ISA)(NNRT_TURN_ARGUMENTS(T))                                                              \
    {                                                                                                                  \
        pack_##f(n, k, from, 1, (ptrdiff_t)apart, to, n);                                                              \
    }
BOTH(f32, float)
BOTH(f64, double)
