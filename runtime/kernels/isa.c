#include "runtime/kernels/isa.h"
#include "runtime/kernels/nnrt.h"

/* 4: AVX-512, 3: AVX2 with fused multiply-adds, 0: what every machine of the kind has. */
static int best(void)
{
#ifdef NNRT_X86_64
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) return 4;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 3;
#endif
    return 0;
}

#ifdef NNRT_X86_64
#define CHOOSE(name) best() == 4 ? name##_v4 : best() == 3 ? name##_v3 : name##_base
#else
#define CHOOSE(name) (best(), name##_base)
#endif

/* Threads that come at the same time store the same. */
#define DISPATCHED(name, parameters, arguments)                                                                        \
    void name parameters                                                                                               \
    {                                                                                                                  \
        static void(*chosen) parameters;                                                                               \
        void(*f) parameters = __atomic_load_n(&chosen, __ATOMIC_RELAXED);                                              \
        if (!f) __atomic_store_n(&chosen, f = CHOOSE(name), __ATOMIC_RELAXED);                                         \
        f arguments;                                                                                                   \
    }
#define GEMM(name, T) DISPATCHED(name, (NNRT_GEMM_ARGUMENTS(T)), (m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, add))
#define GEMM_ADD(name, T)                                                                                              \
    DISPATCHED(name, (NNRT_GEMM_ADD_ARGUMENTS(T)), (rate, m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs))
GEMM(nnrt_gemm_f32, float)
GEMM(nnrt_gemm_f64, double)
GEMM_ADD(nnrt_gemm_add_f32, float)
GEMM_ADD(nnrt_gemm_add_f64, double)

const struct nnrt_symbol *nnrt_blocks(void)
{
    return CHOOSE(nnrt_blocks);
}

const struct nnrt_symbol *nnrt_rows(void)
{
    return CHOOSE(nnrt_rows);
}
