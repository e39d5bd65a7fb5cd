#include "runtime/kernels/nnrt.h"

#include <math.h>

/* The texts are static where they are carried inside emitted C. Here they are the library. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define static
#include "runtime/kernels/linear.h"
#include "runtime/kernels/ortho.h"
#include "runtime/kernels/random.h"
#include "runtime/kernels/special.h"
#undef static

#define SYMBOL(name)                                                                                                   \
    {                                                                                                                  \
#name, (void (*)(void))name                                                                                    \
    }
const struct nnrt_symbol nnrt_symbols[] = {
    SYMBOL(nnrt_mix),           SYMBOL(nnrt_stream),          SYMBOL(nnrt_uniform),
    SYMBOL(nnrt_uniforms_f32),  SYMBOL(nnrt_uniforms_f64),    SYMBOL(nnrt_polygamma_f32),
    SYMBOL(nnrt_polygamma_f64), SYMBOL(nnrt_orthonormal_f32), SYMBOL(nnrt_orthonormal_f64),
    SYMBOL(nnrt_lu_f32), SYMBOL(nnrt_lu_f64),
    SYMBOL(nnrt_solve_f32), SYMBOL(nnrt_solve_f64),
    SYMBOL(nnrt_logdet_f32), SYMBOL(nnrt_logdet_f64),
    SYMBOL(nnrt_cholesky_f32), SYMBOL(nnrt_cholesky_f64),
    SYMBOL(nnrt_tri_solve_f32), SYMBOL(nnrt_tri_solve_f64),
    SYMBOL(nnrt_gemm_f32),      SYMBOL(nnrt_gemm_f64),
    SYMBOL(nnrt_gemm_add_f32),  SYMBOL(nnrt_gemm_add_f64),    {NULL, NULL},
};
