/* The product of matrices compiled for one instruction set: ISA is its name, of the flags that this file is built with. */
#include "runtime/kernels/gemm.h"
#include "runtime/kernels/isa.h"

#define JOIN(name, isa) name##_##isa
#define NAME(name, isa) JOIN(name, isa)

void NAME(nnrt_gemm_f32, ISA)(NNRT_GEMM_ARGUMENTS(float))
{
    nnrt_gemm_f32(m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, add);
}

void NAME(nnrt_gemm_f64, ISA)(NNRT_GEMM_ARGUMENTS(double))
{
    nnrt_gemm_f64(m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, add);
}
