/* scalars: made by nngen, not by hand. See scalars.h for what it does and how to use it. */
#include "scalars.h"

#include <math.h>

size_t scalars_work_size(void)
{
    return sizeof(scalars_work);
}

scalars_status scalars_forward(const scalars_params *p, const scalars_inputs *in, scalars_outputs *out,
                               scalars_work *w)
{
    (void)p;
    (void)w;
    if (!in || !out) return SCALARS_E_NULL;
    /* y = a * b + exp(a) */
    out->y = in->a * in->b + expf(in->a);
    return SCALARS_OK;
}

scalars_status scalars_grad(const scalars_params *p, const scalars_inputs *in, scalars_outputs *out,
                            scalars_params *g, scalars_work *w)
{
    (void)p;
    (void)g;
    (void)w;
    if (!in || !out) return SCALARS_E_NULL;
    /* y = a * b + exp(a) */
    const scalars_real t1 = expf(in->a);
    out->y = in->a * in->b + t1;
    /* gradient: y = a * b + exp(a) */
    out->d_a = t1 + in->b;
    /* input a = 2, b = 3 */
    out->d_b = in->a;
    return SCALARS_OK;
}
