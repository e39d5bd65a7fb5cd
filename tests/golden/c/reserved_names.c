/* reserved_names: made by nngen, not by hand. See reserved_names.h for what it does and how to use it. */
#include "reserved_names.h"

#include <math.h>

size_t reserved_names_work_size(void)
{
    return sizeof(reserved_names_work);
}

reserved_names_status reserved_names_forward(const reserved_names_params *p, const reserved_names_inputs *in,
                                             reserved_names_outputs *out, reserved_names_work *w)
{
    (void)p;
    (void)w;
    if (!in || !out) return RESERVED_NAMES_E_NULL;
    /* double = int * class + I ** y0 */
    out->double_ = in->int_ * in->class_ + powf(in->I_, in->y0);
    return RESERVED_NAMES_OK;
}

reserved_names_status reserved_names_grad(const reserved_names_params *p, const reserved_names_inputs *in,
                                          reserved_names_outputs *out, reserved_names_params *g,
                                          reserved_names_work *w)
{
    (void)p;
    (void)g;
    (void)w;
    if (!in || !out) return RESERVED_NAMES_E_NULL;
    /* double = int * class + I ** y0 */
    const reserved_names_real t1 = powf(in->I_, in->y0);
    out->double_ = in->int_ * in->class_ + t1;
    /* gradient: double = int * class + I ** y0 */
    out->d_I = in->y0 == 0.0f ? 0.0f : in->y0 * powf(in->I_, in->y0 - 1.0f);
    out->d_y0 = (in->I_ == 0.0f) && (0.0f <= in->y0) ? 0.0f : t1 * logf(in->I_);
    /* input int = 1, class = 2, I = 3, y0 = 4 */
    out->d_int = in->class_;
    out->d_class = in->int_;
    return RESERVED_NAMES_OK;
}
