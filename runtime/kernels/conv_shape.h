/* What a convolution is like, for the kernels that are carried inside emitted C and for those in the library. */
#ifndef NNRT_CONV_SHAPE_H
#define NNRT_CONV_SHAPE_H

#include <stddef.h>

/*@ nnrt_conv_shape */
/* y[b][o][i][j] is the sum over u, c and v of x[b][c][i, u][j, v] * w[o][c][u][v], with bias[o] where there is one. How far apart
 * neighbours are is said for each array and index: in numbers for w, in pixels for x and y. x's first pixel is `first` behind
 * the pointer. Rows of x exist where 0 <= i * i_step + u * u_step + i_first < tall, all of them where tall is 0; columns
 * likewise by j and v. What does not exist counts as 0. */
struct nnrt_conv_shape {
    ptrdiff_t samples, x_b, y_b;
    ptrdiff_t outs, w_o, y_o;
    ptrdiff_t rows, x_i, y_i;
    ptrdiff_t cols, x_j, y_j;
    ptrdiff_t nu, x_u, w_u;
    ptrdiff_t nc, x_c, w_c;
    ptrdiff_t nv, x_v, w_v;
    ptrdiff_t first;
    ptrdiff_t tall, i_step, u_step, i_first;
    ptrdiff_t wide, j_step, v_step, j_first;
};

/*@ end */
#endif
