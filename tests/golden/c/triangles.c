/* triangles: made by nngen, not by hand. See triangles.h for what it does and how to use it. */
#include "triangles.h"

#include <math.h>

size_t triangles_work_size(void)
{
    return sizeof(triangles_work);
}

triangles_status triangles_forward(const triangles_params *p, const triangles_inputs *in,
                                   triangles_outputs *out, triangles_work *w)
{
    (void)p;
    if (!in || !out || !w) return TRIANGLES_E_NULL;
    if (!in->q) return TRIANGLES_E_NULL;
    const triangles_real *const q = in->q;
    triangles_real *const b = out->b ? out->b : w->real; /* [3][3] */
    triangles_real *const c = out->c ? out->c : w->real + 9; /* [3][3] */
    triangles_real *const e = out->e ? out->e : w->real + 18; /* [3][3] */
    /* output a = tril(q), b = tril(q, k = -1), c = triu(q), e = triu(q, k = 1) */
    if (out->a) {
        for (size_t i = 0; i < 3; i++) {
            for (size_t j = 0; j < 3; j++) {
                const triangles_real x1 = q[i * 3 + j];
                out->a[i * 3 + j] = (int32_t)j <= (int32_t)i ? x1 : 0.0f;
            }
        }
    }
    for (size_t i = 0; i < 3; i++) {
        const triangles_real t3 = (triangles_real)(int32_t)i;
        const triangles_real t1 = t3 + -1.0f;
        for (size_t j = 0; j < 3; j++) {
            const triangles_real t4 = (triangles_real)(int32_t)j;
            const triangles_real x2 = q[i * 3 + j];
            b[i * 3 + j] = t4 <= t1 ? x2 : 0.0f;
            const triangles_real x3 = q[i * 3 + j];
            c[i * 3 + j] = (int32_t)i <= (int32_t)j ? x3 : 0.0f;
        }
        const triangles_real t5 = (triangles_real)(int32_t)i;
        const triangles_real t2 = t5 + 1.0f;
        for (size_t j = 0; j < 3; j++) {
            const triangles_real t6 = (triangles_real)(int32_t)j;
            const triangles_real x4 = q[i * 3 + j];
            e[i * 3 + j] = t2 <= t6 ? x4 : 0.0f;
        }
    }
    return TRIANGLES_OK;
}
