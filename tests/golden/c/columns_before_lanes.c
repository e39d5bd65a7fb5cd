/* columns_before_lanes: made by nngen, not by hand. See columns_before_lanes.h for what it does and how to use it. */
#include "columns_before_lanes.h"

#include <math.h>

size_t columns_before_lanes_work_size(void)
{
    return sizeof(columns_before_lanes_work);
}

columns_before_lanes_status columns_before_lanes_forward(const columns_before_lanes_params *p,
                                                         const columns_before_lanes_inputs *in,
                                                         columns_before_lanes_outputs *out,
                                                         columns_before_lanes_work *w)
{
    (void)p;
    (void)w;
    if (!in || !out) return COLUMNS_BEFORE_LANES_E_NULL;
    if (!in->x) return COLUMNS_BEFORE_LANES_E_NULL;
    const columns_before_lanes_real *const x = in->x;
    /* output s = sum[0, 1](x) */
    if (out->s) {
        double acc1[8] = {0};
        for (size_t j = 0; j < 16; j++) {
            for (size_t k = 0; k < 16; k++) {
                for (size_t i = 0; i < 8; i++) {
                    acc1[i] += x[j * 128 + k * 8 + i];
                }
            }
        }
        for (size_t i = 0; i < 8; i++) {
            out->s[i] = (columns_before_lanes_real)acc1[i];
        }
    }
    return COLUMNS_BEFORE_LANES_OK;
}
