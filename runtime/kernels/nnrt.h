/* The kernels as a library: what JIT text calls, and emitted C that is built with --runtime=shared. The texts and their
 * comments are in the headers beside this one. */
#ifndef NNRT_H
#define NNRT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint64_t nnrt_mix(uint64_t z);
uint64_t nnrt_stream(uint64_t key, uint64_t stream);
float nnrt_uniform(uint64_t stream, size_t i);
void nnrt_uniforms_f32(float *y, size_t n, uint64_t stream, size_t first);
void nnrt_uniforms_f64(double *y, size_t n, uint64_t stream, size_t first);

float nnrt_polygamma_f32(float order, float x);
double nnrt_polygamma_f64(double order, double x);

void nnrt_orthonormal_f32(size_t rows, size_t cols, const float *x, float *y);
void nnrt_orthonormal_f64(size_t rows, size_t cols, const double *x, double *y);

void nnrt_lu_f64(size_t count, size_t n, const double *a, double *f);
void nnrt_solve_f64(size_t count, size_t n, size_t m, int transposed, const double *f, const double *b, double *y);
void nnrt_logdet_f64(size_t count, size_t n, const double *f, double *y);
void nnrt_cholesky_f64(size_t count, size_t n, const double *a, double *y);
void nnrt_tri_solve_f64(size_t count, size_t n, size_t m, int upper, int transposed, const double *t, const double *b,
                        double *y);
void nnrt_lu_f32(size_t count, size_t n, const float *a, float *f);
void nnrt_solve_f32(size_t count, size_t n, size_t m, int transposed, const float *f, const float *b, float *y);
void nnrt_logdet_f32(size_t count, size_t n, const float *f, float *y);
void nnrt_cholesky_f32(size_t count, size_t n, const float *a, float *y);
void nnrt_tri_solve_f32(size_t count, size_t n, size_t m, int upper, int transposed, const float *t, const float *b,
                        float *y);

void nnrt_gemm_f32(size_t m, size_t n, size_t k, const float *a, ptrdiff_t ars, ptrdiff_t acs, const float *b,
                   ptrdiff_t brs, ptrdiff_t bcs, float *c, ptrdiff_t crs, ptrdiff_t ccs, int add);
void nnrt_gemm_f64(size_t m, size_t n, size_t k, const double *a, ptrdiff_t ars, ptrdiff_t acs, const double *b,
                   ptrdiff_t brs, ptrdiff_t bcs, double *c, ptrdiff_t crs, ptrdiff_t ccs, int add);
/* c += rate * a * b */
void nnrt_gemm_add_f32(float rate, size_t m, size_t n, size_t k, const float *a, ptrdiff_t ars, ptrdiff_t acs,
                       const float *b, ptrdiff_t brs, ptrdiff_t bcs, float *c, ptrdiff_t crs, ptrdiff_t ccs);
void nnrt_gemm_add_f64(double rate, size_t m, size_t n, size_t k, const double *a, ptrdiff_t ars, ptrdiff_t acs,
                       const double *b, ptrdiff_t brs, ptrdiff_t bcs, double *c, ptrdiff_t crs, ptrdiff_t ccs);

/* Every function above by its name, so that a JIT can bind them; the last has no name. */
struct nnrt_symbol {
    const char *name;
    void (*function)(void);
};
extern const struct nnrt_symbol nnrt_symbols[];
/* The loops of blocks_for.c and of rows_for.c, for the machine that this runs on. */
const struct nnrt_symbol *nnrt_blocks(void);
const struct nnrt_symbol *nnrt_rows(void);

#ifdef __cplusplus
}
#endif

#endif
