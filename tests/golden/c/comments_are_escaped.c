/* comments_are_escaped: made by nngen, not by hand. See comments_are_escaped.h for what it does and how to use it. */
#include "comments_are_escaped.h"

#include <math.h>

size_t comments_are_escaped_work_size(void)
{
    return sizeof(comments_are_escaped_work);
}

comments_are_escaped_status comments_are_escaped_forward(const comments_are_escaped_params *p,
                                                         const comments_are_escaped_inputs *in,
                                                         comments_are_escaped_outputs *out,
                                                         comments_are_escaped_work *w)
{
    (void)p;
    (void)w;
    if (!in || !out) return COMMENTS_ARE_ESCAPED_E_NULL;
    /* y = x + 1 */
    out->y = in->x + 1.0f;
    return COMMENTS_ARE_ESCAPED_OK;
}

comments_are_escaped_status comments_are_escaped_grad(const comments_are_escaped_params *p,
                                                      const comments_are_escaped_inputs *in,
                                                      comments_are_escaped_outputs *out,
                                                      comments_are_escaped_params *g,
                                                      comments_are_escaped_work *w)
{
    (void)p;
    (void)g;
    (void)w;
    if (!in || !out) return COMMENTS_ARE_ESCAPED_E_NULL;
    /* y = x + 1 */
    out->y = in->x + 1.0f;
    /* input x = 1 */
    out->d_x = 1.0f;
    return COMMENTS_ARE_ESCAPED_OK;
}
