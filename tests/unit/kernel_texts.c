/* All texts that emitted C may carry, compiled as it is: C99 or C++17, by every compiler there is. */
#include "runtime/kernels/angles.h"
#include "runtime/kernels/elementary.h"
#include "runtime/kernels/gemm.h"
#include "runtime/kernels/linear.h"
#include "runtime/kernels/ortho.h"
#include "runtime/kernels/powers.h"
#include "runtime/kernels/random.h"
#include "runtime/kernels/rows.h"
#include "runtime/kernels/special.h"
#include "runtime/kernels/sum.h"

int main(void)
{
    double sum[2] = {0, 0};
    nnrt_sum_add(sum, 1);
    float x = nnrt_uniform(nnrt_stream(1, 0), 0), y;
    nnrt_gemm_f32(1, 1, 1, &x, 1, 1, &x, 1, 1, &y, 1, 1, 0);
    const double a[4] = {0, 2, 4, 1}, b[2] = {2, 5};
    double lu[6], z[2];
    nnrt_lu_f64(1, 2, a, lu);
    nnrt_solve_f64(1, 2, 1, 0, lu, b, z);
    return !(z[0] == 1 && z[1] == 1 && x > 0 && y > 0 && nnrt_sum_total(sum) > 0 && nnrt_polygamma_f64(0, 0) < -1e300);
}
