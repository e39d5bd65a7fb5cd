/* Orthonormal matrices, for initial values. */
#ifndef NNRT_ORTHO_H
#define NNRT_ORTHO_H

#include <math.h>
#include <stddef.h>

/*@ nnrt_orthonormal_f64 */
/* y gets the columns of x (rows, if there are fewer rows than columns) made orthonormal: modified Gram-Schmidt, each
 * vector gone over twice. y may be x. */
static void nnrt_orthonormal_f64(size_t rows, size_t cols, const double *x, double *y)
{
    size_t count = rows < cols ? rows : cols, length = rows < cols ? cols : rows;
    size_t next = rows < cols ? cols : 1, step = rows < cols ? 1 : cols;
    for (size_t i = 0; i < rows * cols; i++) y[i] = x[i];
    for (size_t j = 0; j < count; j++) {
        double *v = y + j * next, s;
        for (size_t k = 0; k < 2 * j; k++) {
            const double *q = y + k % j * next;
            s = 0;
            for (size_t i = 0; i < length; i++) s += q[i * step] * v[i * step];
            for (size_t i = 0; i < length; i++) v[i * step] -= s * q[i * step];
        }
        s = 0;
        for (size_t i = 0; i < length; i++) s += v[i * step] * v[i * step];
        s = sqrt(s);
        for (size_t i = 0; s > 0 && i < length; i++) v[i * step] /= s;
    }
}

/*@ nnrt_orthonormal_f32 */
/* The same in single precision; dot products add up in double. */
static void nnrt_orthonormal_f32(size_t rows, size_t cols, const float *x, float *y)
{
    size_t count = rows < cols ? rows : cols, length = rows < cols ? cols : rows;
    size_t next = rows < cols ? cols : 1, step = rows < cols ? 1 : cols;
    for (size_t i = 0; i < rows * cols; i++) y[i] = x[i];
    for (size_t j = 0; j < count; j++) {
        float *v = y + j * next;
        double s;
        for (size_t k = 0; k < 2 * j; k++) {
            const float *q = y + k % j * next;
            s = 0;
            for (size_t i = 0; i < length; i++) s += (double)q[i * step] * (double)v[i * step];
            for (size_t i = 0; i < length; i++) v[i * step] = (float)((double)v[i * step] - s * (double)q[i * step]);
        }
        s = 0;
        for (size_t i = 0; i < length; i++) s += (double)v[i * step] * (double)v[i * step];
        s = sqrt(s);
        for (size_t i = 0; s > 0 && i < length; i++) v[i * step] = (float)((double)v[i * step] / s);
    }
}

/*@ end */
#endif
